/* smtp/reply_wish.h - a table of sayings and the word that each stands for: how a patient's and a physician's words are read. Private to smtp/reply_*. */
#ifndef RELAIS_SMTP_REPLY_WISH_H
#define RELAIS_SMTP_REPLY_WISH_H

#include "smtp/reply_token.h"
#include "smtp/reply_word.h"

enum {
	WISH_FIRST = 1,       /* a bare word: only as the first of the sentence, and not in a question */
	WISH_ASKED = 2,       /* may be a question: "pouvez-vous m'appeler ?" */
	WISH_DENYING = 4,     /* has its denial in it: one before it does not turn it round */
	WISH_ANYBODY = 8,     /* said of somebody else it counts, too: "le patient est d'accord" */
	WISH_ENDS = 16,       /* nothing but politeness may follow in the clause: "j'ai fini" but not "j'ai fini ma chimiothérapie" */
};

struct reply_wish {
	const char *phrase;       /* smtp/reply_token.h */
	enum reply_word word;
	unsigned how;
};

/* The set of words (1u << word) found in the first lines of text; REPLY_UNCLEAR among them when a saying is denied, asked or said of somebody else. */
uint32_t reply_wishes(struct arena *arena, struct bytes text, const struct reply_wish *list, size_t n);

/* The one word of a set; UNCLEAR for several, NONE for none. */
enum reply_word reply_wish_only(uint32_t set);

#endif

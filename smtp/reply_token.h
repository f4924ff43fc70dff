/* smtp/reply_token.h - what a person wrote, cut into sentences and words, folded (base/fold.h).
 *
 * A line end closes a sentence, since answers are written in lines; a line that was only wrapped by the mail program goes on in the next. */
#ifndef RELAIS_SMTP_REPLY_TOKEN_H
#define RELAIS_SMTP_REPLY_TOKEN_H

#include "base/arena.h"

struct reply_token {
	struct bytes word;        /* letters and digits; "can't" is one word, "j'ai" two */
	bool opens;               /* first of a clause: behind a comma, a colon, a bracket or a dash, or a conjunction */
};

struct reply_sentence {
	struct bytes text;        /* folded, with its signs */
	const struct reply_token *tokens;
	size_t n;
	bool question;
	bool cut;                 /* longer than REPLY_TOKENS: the next one is its rest */
	unsigned line;            /* line of the text it begins on, from 0; only lines with words are counted */
};

enum { REPLY_TOKENS = 120 };

/* The sentences with words of a text, in the arena; how many. */
size_t reply_sentences(struct arena *arena, struct bytes text, const struct reply_sentence **out);
/* The same, but only an empty line ends a sentence as a sign does: for words that must not be missed because a line ends among them. */
size_t reply_sentences_across(struct arena *arena, struct bytes text, const struct reply_sentence **out);

/* Length in words of a phrase at a place of a sentence; 0 when it does not stand there. A phrase is words with blanks between: "a|b" either,
 * "abc*" any word that begins so, "?a" or "?a|?b" may be missing, "_" any word, "$" at its end: the clause ends there, too. No phrase goes over the border of a clause. */
size_t reply_phrase(const struct reply_sentence *sentence, size_t at, const char *phrase);
/* The phrases of a list by the first byte of the words that they can begin with, so that only those are tried at a word. */
struct reply_index {
	const uint16_t *of[256];  /* numbers of phrases, rising */
	uint16_t n[256];
};

/* phrase(list, i) gives the i-th of n phrases. The index lies in the arena. */
void reply_index_make(struct arena *arena, const char *(*phrase)(const void *list, size_t i), const void *list, size_t n, struct reply_index *out);

/* Does it stand anywhere in the sentence? */
bool reply_phrase_anywhere(const struct reply_sentence *sentence, const char *phrase);

#endif

/* smtp/reply_word.h - the expert's answer to an offer: one word on the first lines of what he wrote.
 *
 * ACCEPTE, REFUSE, CONFLIT, ABSENT jusqu'au DATE, and their French and English kin. A negation turns an acceptance
 * into a refusal; two different answers, or a doubt, are unclear: the offer is asked again, nothing is guessed. */
#ifndef RELAIS_SMTP_REPLY_WORD_H
#define RELAIS_SMTP_REPLY_WORD_H

#include "base/arena.h"
#include "base/instant.h"

enum reply_word {
	REPLY_NONE,       /* nothing was written, or nothing that looks like an answer */
	REPLY_ACCEPT,
	REPLY_REFUSE,
	REPLY_CONFLICT,
	REPLY_ABSENT,
	REPLY_UNCLEAR,
};

struct reply {
	enum reply_word word;
	bool has_until;        /* with REPLY_ABSENT (or a refusal that names it): last day of absence */
	struct date until;
};

/* new_text as smtp/new_text gives it. written is the day on which the reply was written: a date without
 * a year is the next such day from there; with written.year 0 a date without a year is not read. */
void reply_word_read(struct arena *arena, struct bytes new_text, struct date written, struct reply *out);
/* "accept", "refuse", "conflict", "absent", "unclear", "none". */
const char *reply_word_name(enum reply_word word);

#endif

/* smtp/reply_judge.h - one sentence of an expert's answer: what it says of the offer. Private to smtp/reply_word.
 *
 * A verb counts when it opens the clause or when the writer says it of himself; a denial counts within its clause. Whatever stands beside an
 * acceptance and is not politeness makes a doubt of it. */
#ifndef RELAIS_SMTP_REPLY_JUDGE_H
#define RELAIS_SMTP_REPLY_JUDGE_H

#include "smtp/reply_token.h"
#include "smtp/reply_word.h"

struct reply_found {
	bool greeting;                /* nothing but politeness */
	bool accept;
	bool yes, yes_doubt;          /* a polite word for it, and whether something stands beside it */
	bool refuse;
	bool weak;                    /* a reason that refuses by itself: not my field, no time */
	bool file;                    /* what there is does not suffice */
	bool conflict, absent, doubt;
	bool more, back, opinion, delegate, behalf;
	bool back_word;               /* it opens with the word that gives a dossier back: what follows is why */
	enum reply_motive motive;     /* the first that is told */
};

/* index: reply_sense_index(). */
void reply_judge(struct arena *arena, const struct reply_index *index, const struct reply_sentence *sentence, struct reply_found *out);

#endif

/* smtp/reply_sense.h - the senses of the words in an expert's answer: the lexicon of smtp/reply_word, as data. */
#ifndef RELAIS_SMTP_REPLY_SENSE_H
#define RELAIS_SMTP_REPLY_SENSE_H

#include "smtp/reply_token.h"
#include "smtp/reply_word.h"

enum reply_sense {
	SENSE_NONE,
	SENSE_SELF,           /* je, I */
	SENSE_OTHER,          /* the patient, she, a colleague */
	SENSE_NOT,
	SENSE_CAN,            /* peux, can, souhaite: a denial of it refuses */
	SENSE_CANNOT,         /* both in one: cannot, unable, impossible */
	SENSE_ACCEPT,         /* accepte */
	SENSE_TO_ACCEPT,      /* accepter: says nothing alone */
	SENSE_TO_DO,          /* m'en charger: says less, a doubt alone is none */
	SENSE_YES,            /* oui, avec plaisir */
	SENSE_REFUSE,
	SENSE_TO_REFUSE,
	SENSE_NO,             /* non, when it opens */
	SENSE_CONFLICT,
	SENSE_ABSENT,
	SENSE_THERE,          /* disponible */
	SENSE_MOTIVE,         /* with its motive */
	SENSE_IF,             /* a condition */
	SENSE_BUT,
	SENSE_DOUBT,          /* neither yes nor no */
	SENSE_MORE,
	SENSE_RETURN,
	SENSE_TO_RETURN,
	SENSE_OPINION,
	SENSE_DELEGATE,
	SENSE_BEHALF,
	SENSE_FILLER,         /* says nothing: politeness, adverbs */
	SENSE_IDLE,           /* a saying whose "no" or "accept" is none */
};

struct reply_said {
	enum reply_sense sense;
	enum reply_motive motive;
	size_t at;            /* first word of it in the sentence */
	bool opens;           /* a clause begins there */
};

/* The index of the lexicon, for reply_senses. */
void reply_sense_index(struct arena *arena, struct reply_index *out);

/* The senses of a sentence in their order: the longest reading at each place; words without one are SENSE_NONE. Room for n of the sentence. */
size_t reply_senses(const struct reply_index *index, const struct reply_sentence *sentence, struct reply_said out[]);

#endif

/* smtp/reply_word.h - what a mail answers, by its words: the expert's answer to an offer, the patient's wish, the physician's preference.
 *
 * Natural French and English, with or without accents, capitals and politeness. The same text is read for each of the three, since only the
 * shell knows whose relay address it came to. A negation turns an acceptance into a refusal; two different answers, a condition, a question or
 * words about somebody else are a doubt: the word is unclear and a person is asked, nothing is guessed. A false acceptance would send a whole
 * dossier, so that every doubt goes against it. Only the writer's new text may be given, and never that of an automatic answer. */
#ifndef RELAIS_SMTP_REPLY_WORD_H
#define RELAIS_SMTP_REPLY_WORD_H

#include "base/arena.h"
#include "base/instant.h"

enum reply_word {
	REPLY_NONE,       /* nothing was written, or nothing that looks like an answer */
	REPLY_ACCEPT,     /* expert */
	REPLY_REFUSE,     /* expert; physician: the patient does not agree */
	REPLY_CONFLICT,   /* expert */
	REPLY_ABSENT,     /* expert */
	REPLY_UNCLEAR,    /* any: words of an answer, but not which */
	REPLY_MORE,       /* expert: COMPLÉMENT, he needs something more */
	REPLY_RETURN,     /* expert: RENDRE, he gives the dossier back */
	REPLY_OPINION,    /* expert: AVIS, this is his opinion */
	REPLY_DELEGATE,   /* expert: somebody else will answer, or should be asked */
	REPLY_SHARE,      /* patient: PARTAGER, the report to a physician */
	REPLY_UNSHARE,    /* patient: no sharing, or no longer */
	REPLY_CORRECT,    /* patient: CORRIGER, something about her is wrong */
	REPLY_STOP,       /* patient: STOP, no more messages or no more of the request: which of them, a person asks */
	REPLY_CALL,       /* patient: APPELEZ-MOI */
	REPLY_WITHDRAW,   /* patient: the consent to the service is withdrawn */
	REPLY_NO_EXAM,    /* patient: the exam that is asked for does not exist */
	REPLY_WAIT,       /* patient: wait for me */
	REPLY_DONE,       /* patient: no further question */
	REPLY_PDF_ONLY,   /* physician */
	REPLY_PAPER,      /* physician */
	REPLY_ADDRESS,    /* physician: another address, told in reply.address */
	REPLY_AGREE,      /* physician: the patient's agreement is confirmed (M60) */
	REPLY_WORDS
};

/* Why an expert declines (product.md E15). */
enum reply_motive {
	REPLY_MOTIVE_UNSAID,
	REPLY_MOTIVE_FIELD,       /* not my field */
	REPLY_MOTIVE_TIME,
	REPLY_MOTIVE_CONFLICT,
	REPLY_MOTIVE_FILE,        /* the dossier does not suffice */
	REPLY_MOTIVES
};

struct reply {
	enum reply_word word;
	enum reply_motive motive;   /* with REPLY_REFUSE, REPLY_CONFLICT and REPLY_RETURN */
	bool has_from, has_until;   /* with REPLY_ABSENT, or a refusal that names it: first and last day of absence */
	struct date from, until;
	bool delegate;              /* he names somebody else to ask, whatever the word is */
	bool on_behalf;             /* written for him: by his secretary, "p/o", "pour le Pr" */
	bool more;                  /* beside an acceptance: he asks for something too */
	struct bytes address;       /* the only mail address in the text, with REPLY_DELEGATE, delegate or REPLY_ADDRESS; borrowed, else empty */
	struct bytes rest;          /* the text behind the word when it opens with it ("REFUSE : trop de dossiers"), else all of it; borrowed */
};

/* new_text as smtp/new_text gives it. written is the day on which the reply was written: a date without
 * a year is the next such day from there; with written.year 0 a date without a year is not read. */
void reply_word_read(struct arena *arena, struct bytes new_text, struct date written, struct reply *out);
/* The same text as a patient's, as a physician's. Of *out word, address and rest are filled. */
void reply_patient_read(struct arena *arena, struct bytes new_text, struct reply *out);
void reply_physician_read(struct arena *arena, struct bytes new_text, struct reply *out);

/* "accept", "refuse", "conflict", "absent", "unclear", "none", "more", "return"... */
const char *reply_word_name(enum reply_word word);
/* "field", "time", "conflict", "file"; "unsaid". */
const char *reply_motive_name(enum reply_motive motive);

#endif

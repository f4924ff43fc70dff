/* gateway/work_shield.h - what a composed mail is held against before it is stored for its seal: the people of other open dossiers
 * (policy/shield.h), and the virus scanner. */
#ifndef RELAIS_GATEWAY_WORK_SHIELD_H
#define RELAIS_GATEWAY_WORK_SHIELD_H

#include "gateway/shield_mail.h"
#include "gateway/work.h"

/* A mail that is being composed. */
struct work_mail_row {
	int64_t outbox, dossier;     /* dossier 0: of none */
	bool sealed;                 /* no report: it gets a seal */
	bool files;                  /* it has some, or may have: nobody's word but that of the request and of what was gathered for it */
	const json_t *passed;        /* whom it may name, and whether it may be unread, by a person's word: {"people": [dossier…], "unread"}; may be NULL */
};

/* What was found. stop: NONE, or why it must not leave before a person has looked. */
struct work_look {
	enum reason stop;
	json_t *note;                /* what is kept with the row; owned (work_look_free) */
	bool searched;               /* by the shield: the lists below are what its verdict rests on */
	const struct bytes *numbers, *days, *seen;   /* seen: numbers of the dossiers that it was held against */
	size_t n_numbers, n_days, n_seen;
};

/* mail: head and entity; head: bytes of it that are the head. answer: compose's JSON, whose "shield" is believed of a mail without files alone.
 * IO and other troubles of our own: try again later. */
MUST_USE enum reason work_look(struct work *work, const struct work_mail_row *row, const json_t *answer, struct bytes mail, size_t head,
			       struct work_look *out);
void work_look_free(struct work_look *look);

/* In the transaction that stores the mail: STORE_CONFLICT when other dossiers are to be held against by now. */
MUST_USE enum reason work_look_keep(struct work *work, const struct work_mail_row *row, const struct work_look *look);

/* Its own transaction: the dossier knows, a person has a task, nobody composes it before. */
MUST_USE enum reason work_look_stop(struct work *work, const struct work_mail_row *row, const struct work_look *look);

#endif

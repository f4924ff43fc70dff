/* gateway/keeper_work.h - what the keeper does with its keys, the database and its journal (keeper.c has the sockets).
 *
 * Invariants:
 *  1. a key is given only for a body that the database says is in the hands of who asks, and only after the line that says so is written;
 *  2. a body is put under another key only after that key is on disk, in the folder and in its copy;
 *  3. a private half of intake, and the key of a day, is destroyed only when nothing in the database is under it and nothing can come under it;
 *  4. a dossier's key is destroyed only when nothing of the dossier is under a key that stays. */
#ifndef RELAIS_GATEWAY_KEEPER_WORK_H
#define RELAIS_GATEWAY_KEEPER_WORK_H

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/keeper_keys.h"
#include "gateway/store.h"

enum keeper_role { KEEPER_ROLE_OPERATOR, KEEPER_ROLE_WORKER, KEEPER_ROLE_SIGNER, KEEPER_ROLE_DELIVERER, KEEPER_ROLE_OPENER, KEEPER_ROLES };
const char *keeper_role_name(enum keeper_role role);

/* Letters, digits, blanks, points and hyphens pass, anything else is a question mark: it goes into a line of JSON. */
void keeper_plain(struct bytes text, char out[KEEPER_PURPOSE + 1]);

struct keeper_work {
	struct store *store;
	struct keeper_keys *keys;
	struct chain_journal journal;
	uint64_t opened, refused;                /* since the start */
	uint64_t rewrapped;
	int64_t after;                           /* the body with which the next batch of settle goes on; 0: from the first */
	struct instant told;                     /* when a body that stays under its key of intake was logged last */
	struct keeper_refusals {
		struct instant since;            /* of the minute that is counted */
		uint64_t lines, more;            /* written in it; refused beyond them */
	} refusals[KEEPER_ROLES];
};

struct keeper_question {
	enum keeper_role role;
	int64_t body, mail;
	char purpose[KEEPER_PURPOSE + 1];        /* plain ASCII */
	enum reason reason;                      /* the answer */
	struct body_key key;
};

/* What follows KEEPER_OPEN (keeper_wire.h). False: it is no such question, or an operator's without a purpose. */
MUST_USE bool keeper_question_read(struct bytes text, enum keeper_role role, struct keeper_question *out);
/* At most LIMIT_KEEPER_BATCH of them together. */
void keeper_work_open(struct keeper_work *work, struct arena *arena, struct keeper_question *questions, size_t n);
/* Some of the bodies whose place is decided go under their key; true: there may be more. One that cannot keeps none behind it waiting. */
MUST_USE bool keeper_work_settle(struct keeper_work *work);
/* Once a while: a pair of intake is made when the day is over (or none is there), idle ones and idle days' keys are destroyed, refusals that were only
 * counted are told, and the database hears that we live. */
MUST_USE enum reason keeper_work_tend(struct keeper_work *work, struct instant now);
/* What the operator may ask besides (keeper_wire.h); the answers are added to out. Names and who asks: what is no such thing is USAGE. */
void keeper_work_state(const struct keeper_work *work, struct buf *out);
MUST_USE enum reason keeper_work_known(struct keeper_work *work, struct bytes names, struct buf *out);
MUST_USE enum reason keeper_work_try(struct keeper_work *work, struct bytes after, struct buf *out);
/* What is still to be put under that key is first, so that it goes with it; while something of it cannot be, nothing is destroyed. */
MUST_USE enum reason keeper_work_destroy(struct keeper_work *work, struct bytes asked, struct buf *out);

#endif

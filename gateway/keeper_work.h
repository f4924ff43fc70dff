/* gateway/keeper_work.h - what the keeper does with its keys, the database and its journal (keeper.c has the sockets).
 *
 * Invariants:
 *  1. a key is given only for a body that the database says is in the hands of who asks, and only after the line that says so is written;
 *  2. a body is put under another key only after that key is on disk, in the folder and in its copy;
 *  3. a private half of intake is destroyed only when nothing in the database is under it and nothing can come in under it. */
#ifndef RELAIS_GATEWAY_KEEPER_WORK_H
#define RELAIS_GATEWAY_KEEPER_WORK_H

#include "base/limits.h"
#include "gateway/keeper_keys.h"
#include "gateway/store.h"

enum keeper_role { KEEPER_ROLE_OPERATOR, KEEPER_ROLE_WORKER, KEEPER_ROLE_SIGNER, KEEPER_ROLE_DELIVERER, KEEPER_ROLES };
const char *keeper_role_name(enum keeper_role role);

struct keeper_work {
	struct store *store;
	struct keeper_keys *keys;
	struct chain_journal journal;
	uint64_t opened, refused;                /* since the start */
};

struct keeper_question {
	enum keeper_role role;
	int64_t body, mail;
	char purpose[KEEPER_PURPOSE + 1];        /* plain ASCII */
	enum reason reason;                      /* the answer */
	struct body_key key;
};

/* At most LIMIT_KEEPER_BATCH of them together. */
void keeper_work_open(struct keeper_work *work, struct arena *arena, struct keeper_question *questions, size_t n);
/* Bodies whose place is decided go under their key; true when there may be more. */
MUST_USE bool keeper_work_rewrap(struct keeper_work *work, struct arena *arena);
/* Once a while: a pair of intake is made when the day is over (or none is there), idle ones are destroyed, and the database hears that we live. */
MUST_USE enum reason keeper_work_tend(struct keeper_work *work, struct instant now);
#endif

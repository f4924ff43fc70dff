/* gateway/retention_plan.h - what of the database is over its time, and what stays although it is: the rows to the policy's facts (policy/retention.h).
 * For the command line. */
#ifndef RELAIS_GATEWAY_RETENTION_PLAN_H
#define RELAIS_GATEWAY_RETENTION_PLAN_H

#include "gateway/store.h"
#include "policy/retention.h"

struct retention_item {
	char kind;                   /* 'D' a dossier, 'R' a message, 'S' a mail */
	int64_t id;
	const char *ref;             /* "A-2026-000001-KF", "R12", "S34" */
	struct retention_answer answer;
	bool begun;                  /* its erasure was begun and cut off: it goes on, unless it is held or shared with one that stays */
	const int64_t *shares;       /* dossiers that rest on the same messages: erased with it or not at all */
	size_t n_shares;
};

struct retention_plan {
	struct retention_item *items;      /* over their time, due or waiting; and of dossiers every one when all was asked for */
	size_t n, room;
	size_t kept[RETENTION_RULES];      /* that are not over yet, by the rule under which they will be */
};

/* now: the dossiers' clock. only: the reference of one dossier, and all others stay; or NULL. FRAME: a row that cannot be read. */
MUST_USE enum reason retention_plan_make(struct store *store, struct arena *arena, const struct retention_settings *settings, struct instant now, const char *only,
					 bool all, struct retention_plan *out);
/* Of one rule: how many are due, and how many are over their time and wait. */
size_t retention_plan_due(const struct retention_plan *plan, enum retention_rule rule);
size_t retention_plan_waiting(const struct retention_plan *plan, enum retention_rule rule);
bool retention_item_goes(const struct retention_item *item);
/* That dossier and all that go with it because they rest on the same messages, in the arena; how many. */
size_t retention_plan_group(const struct retention_plan *plan, struct arena *arena, const struct retention_item *item, const struct retention_item ***out);

#endif

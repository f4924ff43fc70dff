/* gateway/rehearse.h - the past decided again: what would have differed under other rules?
 *
 *  1. Each input of the past (messages with the facts that were kept, acts of people, timers, what became of mails) is decided on the dossier as it
 *     stood then, by the same functions as it was then.
 *  2. With a change: under the rules of today and under the changed ones; what differs is the change's doing. Without: under the rules of today,
 *     against what was done.
 *  3. After the first difference a dossier would have been another: only that one is told of it, and the rest is counted.
 *  4. Nothing is written. What an expert had in hand at the time is not known any more: nobody has anything. A message that a person filed or gave
 *     back is her word, and is not decided again. */
#ifndef RELAIS_GATEWAY_REHEARSE_H
#define RELAIS_GATEWAY_REHEARSE_H

#include "gateway/rules_all.h"

struct rehearse_difference {
	int64_t dossier;                 /* 0: of a message that belongs to none */
	const char *subject;             /* "A-2026-000001-KQ", or "R12" */
	struct instant at;
	const char *input;               /* "message R12 (record)", "act triage", "timer day_5", "mail M10" */
	const char *was, *would;         /* "applied: triaged, offered; M10 expert", "refused pieces.missing" */
};

struct rehearse_result {
	long dossiers, decisions;        /* looked at */
	long dossiers_differ, decisions_differ;
	struct rehearse_difference *differences;   /* the first of each dossier, and each message's, by time; in cli's arena */
	size_t n, room;
};

/* changed may be NULL. STORE_… */
MUST_USE enum reason rehearse(struct cli *cli, const struct rules_all *today, const struct rules_all *changed, struct rehearse_result *out);

#endif

/* policy/route.h - which expert is asked, and why the others are not.
 *
 * The shell hands in the experts of one pathology and those whom the dossier names, with what it counted of each: the cost of a decision
 * does not grow with the register. */
#ifndef RELAIS_POLICY_ROUTE_H
#define RELAIS_POLICY_ROUTE_H

#include "base/arena.h"
#include "policy/expert.h"

struct dossier;

/* In the order in which they are looked for: the first that holds is told. */
enum exclusion {
	EXCLUSION_NONE,             /* eligible */
	EXCLUSION_PATHOLOGY,        /* does not know it */
	EXCLUSION_STATE,            /* candidate, suspended, ended; about: which */
	EXCLUSION_VALIDITY,         /* not yet, or no more; about: since or until when */
	EXCLUSION_MAILBOX,          /* has none that could be written to */
	EXCLUSION_DIRECTORY,        /* his mailbox has ended */
	EXCLUSION_PHYSICIAN,        /* conflict: attending, first_opinion or operating in this dossier; about: which */
	EXCLUSION_AUTHOR,           /* conflict: wrote a document; about: its title or number */
	EXCLUSION_ESTABLISHMENT,    /* conflict: works where a document was written, is kept or came from, or where the patient is to be operated */
	EXCLUSION_DECLARED,         /* conflict: he said so; about: when */
	EXCLUSION_ASKED,            /* was already asked in this dossier; about: when */
	EXCLUSION_LEAVE,            /* about: until when */
	EXCLUSION_PROBATION,        /* has as many at once as one in probation may; about: "1/1" */
	EXCLUSION_CAPACITY,         /* has taken as many this week as he takes; about: "3/3" */
	EXCLUSIONS
};

struct route_exclusion {
	const struct expert *expert;
	enum exclusion why;
	struct bytes about;         /* days as YYYY-MM-DD in Paris; may be empty */
};

const char *exclusion_name(enum exclusion why);   /* "pathology", "state", "validity"...; "none" */
/* "est absent", "is away". */
const char *exclusion_label(enum exclusion why, const char *language);
bool exclusion_is_conflict(enum exclusion why);
/* What an operator is told who asks for that expert; REASON_NONE for EXCLUSION_NONE. */
enum reason exclusion_reason(enum exclusion why);

/* One expert for one dossier. about (may be NULL) in the arena. */
enum exclusion route_judge(struct arena *arena, const struct expert *expert, const struct dossier *dossier, struct instant now, struct bytes *about);
/* What not even a person can overrule who asks for him by name: all but that he was asked before, and what he takes at once and in a week. */
enum exclusion route_barred(const struct expert *expert, const struct dossier *dossier, struct instant now);
/* His conflict of interest alone, EXCLUSION_NONE without one: what may come to light after he was asked. */
enum exclusion route_conflict(struct arena *arena, const struct expert *expert, const struct dossier *dossier, struct bytes *about);
/* The same without a dossier: could he be asked about that pathology today? */
enum exclusion route_available(struct arena *arena, const struct expert *expert, struct bytes pathology, struct instant now, struct bytes *about);

/*
 * The eligible expert with the lowest load for his capacity, then the one whose last offer is longest ago, then the lowest RPPS: the order of
 * the list does not matter. REASON_EXPERT_NONE leaves *chosen NULL. *excluded (may be NULL): one row for each expert left out, in the arena.
 */
MUST_USE enum reason route_choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *dossier,
				  struct instant now, const struct expert **chosen,
				  struct route_exclusion **excluded, size_t *n_excluded);

#endif

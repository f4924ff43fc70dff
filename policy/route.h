/* policy/route.h - which expert is asked. */
#ifndef RELAIS_POLICY_ROUTE_H
#define RELAIS_POLICY_ROUTE_H

#include "base/arena.h"
#include "policy/facts.h"

struct dossier;

struct expert_leave {
	struct instant from, until;       /* away from <= now < until */
};

struct expert {
	struct bytes rpps, name, mailbox;
	struct bytes organisation;        /* structure id */
	struct policy_texts pathologies;  /* codes */
	struct policy_texts fingerprints; /* of registered certificates, SHA-256 hex; none: opinions cannot be signed */
	unsigned capacity;                /* dossiers a week; 0 takes none */
	unsigned load;                    /* dossiers open with this expert now */
	const struct expert_leave *leave;
	size_t n_leave;
};

enum exclusion {
	EXCLUSION_NONE,        /* eligible */
	EXCLUSION_PATHOLOGY,
	EXCLUSION_CAPACITY,
	EXCLUSION_LEAVE,
	EXCLUSION_ASKED,       /* was already asked in this dossier */
	EXCLUSION_CONFLICT     /* wrote a document of the dossier, same organisation, or is one of its physicians */
};

struct route_exclusion {
	const struct expert *expert;
	enum exclusion why;
};

const char *exclusion_name(enum exclusion why);   /* "pathology", "capacity", "leave", "asked", "conflict"; "none" */

const struct expert *expert_find(const struct expert *list, size_t n, struct bytes rpps);
/* Is that certificate registered for him? False for no expert and for an empty fingerprint. */
bool expert_has_certificate(const struct expert *expert, struct bytes fingerprint);
/* Two RPPS, with or without the leading 8 of the national identifier and with or without "root^". */
bool expert_same_rpps(struct bytes a, struct bytes b);

/*
 * The eligible expert with the lowest load for his capacity, then the lowest RPPS: the order of the list does not matter.
 * REASON_EXPERT_NONE leaves *chosen NULL. *excluded (may be NULL): one row for each expert left out, in the arena.
 */
MUST_USE enum reason route_choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *dossier,
				  struct instant now, const struct expert **chosen,
				  struct route_exclusion **excluded, size_t *n_excluded);

#endif

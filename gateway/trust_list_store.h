/* gateway/trust_list_store.h - the white list into the database, by the same guarded way for the command line and the refresher. */
#ifndef RELAIS_GATEWAY_TRUST_LIST_STORE_H
#define RELAIS_GATEWAY_TRUST_LIST_STORE_H

#include <jansson.h>

#include "gateway/config.h"
#include "gateway/store.h"
#include "gateway/trust_list.h"

/* Memory that the largest list may take: the file, its texts, and what goes to the database. */
#define TRUST_LIST_MEMORY (3u * LIMIT_TRUST_LIST)

/* The whole file. NOT_FOUND; TRUST_SIZE; IO. */
MUST_USE enum reason trust_list_load(struct arena *arena, const char *path, struct bytes *out);

struct trust_list_order {
	const char *source;      /* file or address, for the history */
	const char *actor;       /* who: "operator:NAME", "refresher" */
	bool force;              /* past the guards; the database lets operators only */
};

/*
 * Puts the list into force by what differs from the one before, or not at all. *answer is what relais.trust_replace gave
 * (owned by the caller; NULL when there is none): "same", "import", "pairs", "domains", "added", "removed", "domains_added",
 * "domains_removed", "domains_before", "in_use": [{"domain", "by"}…].
 * TRUST_OLDER, TRUST_SHRINKS, TRUST_IN_USE: a guard held it back; *answer says what it would have done. STORE_….
 */
MUST_USE enum reason trust_list_replace(struct store *store, struct arena *arena, const struct config *config, const struct trust_list *list,
					struct bytes xml, const struct trust_list_order *order, json_t **answer);

/* What it would change: {"in_force", "domains", "in_use", "changes": [{"domain", "shown", "operator", "added", "whole"}…]}. */
MUST_USE enum reason trust_list_diff(struct store *store, struct arena *arena, const struct config *config, const struct trust_list *list,
				     json_t **answer);

#endif

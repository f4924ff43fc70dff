/* gateway/restore_destroyed.h - after keys were put back from a copy: what was destroyed since is destroyed again.
 *
 * Three know what the keeper destroyed, besides its own list: the list that stood in the folder before, its journal, and the database with its erasures
 * and the days and pairs of intake whose key is gone. A name that the restored list lacks is added to it, and the keeper takes its key away at its next
 * start (gateway/keeper_keys.h). */
#ifndef RELAIS_GATEWAY_RESTORE_DESTROYED_H
#define RELAIS_GATEWAY_RESTORE_DESTROYED_H

#include <jansson.h>

#include "base/instant.h"
#include "gateway/store.h"

/* Adds to the object the names in FOLDER/destroyed.jsonl, and those that the journal has as destroyed; a file that is not there has none. IO. */
MUST_USE enum reason restore_destroyed_read(struct arena *arena, const char *folder, const char *journal, json_t *names);
/* The same of the database; number 0: it does not know that. */
MUST_USE enum reason restore_destroyed_known(struct store *store, struct arena *arena, json_t *names);
/* Adds to FOLDER/destroyed.jsonl what it lacks of them; *added: how many. IO, STORE_FULL. */
MUST_USE enum reason restore_destroyed_add(struct arena *arena, const char *folder, const json_t *names, struct instant now, size_t *added);

#endif

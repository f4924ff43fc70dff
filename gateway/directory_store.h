/* gateway/directory_store.h - the extract of the directory into the database: in batches, then put into force by what differs.
 *
 * Memory does not grow with the extract: a piece of the file, and one batch of lines (LIMIT_DIRECTORY_BATCH). */
#ifndef RELAIS_GATEWAY_DIRECTORY_STORE_H
#define RELAIS_GATEWAY_DIRECTORY_STORE_H

#include <jansson.h>

#include "gateway/directory_extract.h"
#include "gateway/store.h"

struct directory_order {
	const char *path;
	const char *source;      /* for the history */
	const char *actor;       /* "operator:NAME" */
	struct instant day;      /* of the extract */
	bool force;              /* past the guards */
	bool compare;            /* nothing is put into force: what it would change */
};

/*
 * Reads the file and puts it into force, or not at all. *told (the caller's) has what was read, whatever came; *answer (owned by the caller; NULL
 * when there is none) is what the database gave: "same", "import", "entries", "before", "added", "removed", "changed", "touched"; of a comparison
 * "in_use": [{"address", "person", "by_what"}…].
 * DIRECTORY_FORM, DIRECTORY_UNREADABLE, DIRECTORY_SIZE; DIRECTORY_OLDER, DIRECTORY_SHRINKS: a guard held it back, *answer says what it would
 * have done; NOT_FOUND, IO; STORE_….
 */
MUST_USE enum reason directory_import(struct store *store, const struct directory_order *order, struct directory_extract *told, json_t **answer);

#endif

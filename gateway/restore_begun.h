/* gateway/restore_begun.h - run/restoring: which backup is being restored into which database, and whether that database has it.
 *
 * "MANIFEST SYSTEM DATABASE\n": the digest of the backup's manifest, PostgreSQL's system identifier, the database's name; "brought\n" follows once all of
 * the backup is in the database, which one transaction does. A restore that was broken off goes on with a database that holds anything only when both
 * lines say so, and does not write it again: what came in meanwhile (another node's receiver) stays. */
#ifndef RELAIS_GATEWAY_RESTORE_BEGUN_H
#define RELAIS_GATEWAY_RESTORE_BEGUN_H

#include <jansson.h>

#include "gateway/instance.h"
#include "gateway/store.h"

struct restore_begun {
	const char *line;   /* of this backup and this database; in the instance's arena */
	bool brought;       /* the file says that this database has this backup */
	bool other;         /* there is a file, and it does not */
};

/* *empty: no message, dossier or mail is in the database. */
MUST_USE enum reason restore_begun_look(struct store *store, const struct instance *instance, const json_t *manifest, struct restore_begun *out, bool *empty);
/* The file, whole and synced before it returns. IO. */
MUST_USE enum reason restore_begun_write(const struct instance *instance, const struct restore_begun *begun, bool brought);

#endif

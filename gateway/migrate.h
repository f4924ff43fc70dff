/* gateway/migrate.h - the numbered files of the schema, applied once each.
 *
 * schema/NNNN_name.sql, in the order of their numbers, one transaction each, under one advisory lock. What was
 * applied stands in relais.migration with its SHA-256; a file that changed since, or a database that knows files
 * which we do not, is refused (STORE_MIGRATION). */
#ifndef RELAIS_GATEWAY_MIGRATE_H
#define RELAIS_GATEWAY_MIGRATE_H

#include "gateway/store.h"

struct migrate_report {
	size_t applied, present;    /* now; before */
	const char *file;           /* of the trouble, or NULL */
	const char *message;        /* what the server said, or NULL */
};

/* The connection's role must be able to become relais_owner. Texts are in the arena. */
MUST_USE enum reason migrate_run(struct store *store, struct arena *arena, const char *folder,
				 struct migrate_report *report);

#endif

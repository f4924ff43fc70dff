/* gateway/erasure_key.h - what the keeper destroyed, and of which of it this database knows nothing.
 *
 * The keeper's list (destroyed.jsonl in its folder) lies outside the database and its backups. A database that was restored from a backup older than an
 * erasure knows fewer of them: until it was told (relais retention again) nothing that reads or sends may start (the fence, gateway/master.c). */
#ifndef RELAIS_GATEWAY_ERASURE_KEY_H
#define RELAIS_GATEWAY_ERASURE_KEY_H

#include "gateway/store.h"

struct erasure_key {
	uint64_t n;              /* number of the keeper's record */
	const char *ref;         /* of the dossier */
	struct bytes record;     /* {"n", "at"}: what the certificate says */
};

/* The dossiers in the keeper's list; no file is an empty list. Later lines of the same dossier are the same destruction. IO, FRAME: it cannot be read. */
MUST_USE enum reason erasure_key_list(struct arena *arena, const char *folder, struct erasure_key **out, size_t *n);
/* Those of them that the database does not know as erased. */
MUST_USE enum reason erasure_key_unknown(struct store *store, struct arena *arena, const char *folder, struct erasure_key **out, size_t *n);

#endif

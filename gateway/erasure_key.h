/* gateway/erasure_key.h - what the keeper destroyed, and of which of it this database knows nothing.
 *
 * The keeper's list (destroyed.jsonl in its folder) lies outside the database and its backups. A database that was restored from a backup older than an
 * erasure knows fewer of them: until it was told (relais retention again) nothing that reads or sends may start (the gate, gateway/gate.h). */
#ifndef RELAIS_GATEWAY_ERASURE_KEY_H
#define RELAIS_GATEWAY_ERASURE_KEY_H

#include "gateway/store.h"

/* How many lines about dossiers the keeper's list has; no file is an empty list. A line that a crash cut short named nothing destroyed. IO, FRAME, MEMORY:
 * it cannot be read. */
MUST_USE enum reason erasure_key_count(const char *folder, size_t *n);
/* Their references, in the arena. */
MUST_USE enum reason erasure_key_refs(struct arena *arena, const char *folder, struct bytes **refs, size_t *n);
/* The dossiers in it that the database does not know as erased: rows (ref, record), each dossier once, NULL for none; record is {"n", "at"}, what the
 * certificate says. The caller frees them. begun: one whose erasure was begun counts as known: it is being erased now, or somebody goes on with it. */
MUST_USE enum reason erasure_key_unknown(struct store *store, const char *folder, bool begun, struct store_rows **rows);

#endif

/* gateway/dossier_snapshots.h - every dossier in turn, each as it stood at one instant: its row, its events, its documents. For the command line. */
#ifndef RELAIS_GATEWAY_DOSSIER_SNAPSHOTS_H
#define RELAIS_GATEWAY_DOSSIER_SNAPSHOTS_H

#include <jansson.h>

#include "gateway/store.h"
#include "policy/event.h"

/* Lives until the visitor returns. Texts that SQL has as NULL are empty, instants 0. */
struct dossier_snapshot {
	struct arena *arena;
	int64_t id;
	struct bytes reference, pathology, state, expert, asked;
	bool open;
	struct instant complete_at, due_at, next_due, now;
	int64_t fee_event;               /* of its line in the ledger; 0: it has none */
	struct bytes fee_rpps;
	const struct dossier_event *events;
	size_t n_events;
	const json_t *documents;         /* [{"document", "current", "withdrawn"}…]; NULL from dossier_snapshot_read */
};

typedef enum reason dossier_visitor(void *context, const struct dossier_snapshot *snapshot);

/* One of them, in the caller's arena. NOT_FOUND, FRAME, STORE_… */
MUST_USE enum reason dossier_snapshot_read(struct store *store, struct arena *arena, int64_t id, struct dossier_snapshot *out);

/* In the order of their numbers. Ends with the first reason of a visitor, or STORE_…; FRAME: an event cannot be read. */
MUST_USE enum reason dossier_snapshots(struct store *store, dossier_visitor *visit, void *context);
/* The same, of those alone that had an event at or after one instant and before another. For the worker, too. */
MUST_USE enum reason dossier_snapshots_between(struct store *store, struct instant from, struct instant until, dossier_visitor *visit, void *context);

#endif

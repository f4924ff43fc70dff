/* gateway/dossier_snapshots.c - see dossier_snapshots.h. */
#include "gateway/dossier_snapshots.h"

#include "gateway/event_json.h"
#include "gateway/json_view.h"

enum { BATCH = 50, DOSSIER_MEMORY = 256 * 1024 * 1024 };

enum { ID, REF, PATHOLOGY, STATE, OPEN, EXPERT, ASKED, COMPLETE_AT, DUE_AT, NEXT_DUE, NOW, EVENTS, DOCUMENTS, FEE_EVENT, FEE_RPPS };
#define COLUMNS "id, ref, pathology, state, open, expert, asked, complete_at, due_at, next_due, now, events, documents, fee_event, fee_rpps"

static struct bytes text(struct arena *arena, const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : arena_copy(arena, store_bytes(rows, row, column));
}

static struct instant instant(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? (struct instant){0} : store_instant(rows, row, column);
}

static bool read_event(struct arena *arena, const json_t *o, struct dossier_event *out)
{
	*out = (struct dossier_event){
		.kind = dossier_event_of_name(json_view(o, "kind")), .seq = json_integer_value(json_object_get(o, "seq")),
		.inbox = json_integer_value(json_object_get(o, "inbox")), .actor = arena_copy(arena, json_view(o, "actor")),
		.rule = arena_copy(arena, json_view(o, "rule"))};
	if (!json_instant(o, "at", &out->at))
		return false;
	event_read(arena, json_object_get(o, "data"), out);
	return true;
}

static enum reason read_events(struct arena *arena, const json_t *list, struct dossier_snapshot *out)
{
	struct dossier_event *events = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *events);
	size_t i;
	const json_t *o;

	json_array_foreach(list, i, o) {
		if (!read_event(arena, o, &events[i]))
			return REASON_FRAME;
	}
	out->events = events;
	out->n_events = json_array_size(list);
	return REASON_NONE;
}

static enum reason read_row(struct arena *arena, const struct store_rows *rows, size_t row, struct dossier_snapshot *out)
{
	json_t *events = json_read(store_bytes(rows, row, EVENTS));

	*out = (struct dossier_snapshot){
		.arena = arena, .id = store_int(rows, row, ID), .reference = text(arena, rows, row, REF), .pathology = text(arena, rows, row, PATHOLOGY),
		.state = text(arena, rows, row, STATE), .expert = text(arena, rows, row, EXPERT), .asked = text(arena, rows, row, ASKED),
		.open = store_int(rows, row, OPEN) != 0, .complete_at = instant(rows, row, COMPLETE_AT), .due_at = instant(rows, row, DUE_AT),
		.next_due = instant(rows, row, NEXT_DUE), .now = instant(rows, row, NOW),
		.fee_event = store_is_null(rows, row, FEE_EVENT) ? 0 : store_int(rows, row, FEE_EVENT), .fee_rpps = text(arena, rows, row, FEE_RPPS)};
	enum reason reason = read_events(arena, events, out);
	json_decref(events);
	return reason;
}

static enum reason visit_row(const struct store_rows *rows, size_t row, dossier_visitor *visit, void *context)
{
	struct arena *arena = arena_create(DOSSIER_MEMORY);
	json_t *documents = json_read(store_bytes(rows, row, DOCUMENTS));
	struct dossier_snapshot s;
	enum reason reason = read_row(arena, rows, row, &s);

	s.documents = documents;
	if (reason == REASON_NONE)
		reason = visit(context, &s);
	json_decref(documents);
	arena_destroy(&arena);
	return reason;
}

enum reason dossier_snapshot_read(struct store *store, struct arena *arena, int64_t id, struct dossier_snapshot *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select " COLUMNS " from relais.reconcile_dossiers($1, $2)", P_INT(id - 1), P_INT(1));

	if (reason == REASON_NONE && (store_count(rows) != 1 || store_int(rows, 0, ID) != id))
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE)
		reason = read_row(arena, rows, 0, out);
	store_free(&rows);
	return reason;
}

/* Whole, or with an event between two instants. */
static enum reason batch(struct store *store, int64_t after, const struct instant *between, struct store_rows **rows)
{
	if (between == NULL)
		return STORE_RUN(store, rows, "select " COLUMNS " from relais.reconcile_dossiers($1, $2)", P_INT(after), P_INT(BATCH));
	return STORE_RUN(store, rows, "select " COLUMNS " from relais.figures_dossiers($1, $2, $3, $4)", P_INT(after), P_INT(BATCH), P_INSTANT(between[0]),
			 P_INSTANT(between[1]));
}

static enum reason visit_all(struct store *store, const struct instant *between, dossier_visitor *visit, void *context)
{
	enum reason reason = REASON_NONE;
	int64_t after = 0;
	size_t n = BATCH;

	while (reason == REASON_NONE && n == BATCH) {
		struct store_rows *rows = NULL;
		reason = batch(store, after, between, &rows);
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
			after = store_int(rows, i, ID);
			reason = visit_row(rows, i, visit, context);
		}
		store_free(&rows);
	}
	return reason;
}

enum reason dossier_snapshots(struct store *store, dossier_visitor *visit, void *context)
{
	return visit_all(store, NULL, visit, context);
}

enum reason dossier_snapshots_between(struct store *store, struct instant from, struct instant until, dossier_visitor *visit, void *context)
{
	return visit_all(store, (const struct instant[]){from, until}, visit, context);
}

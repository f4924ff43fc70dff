/* gateway/dossier_rows.c - see dossier_rows.h. */
#include "gateway/dossier_rows.h"

#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/rules_json.h"

static struct bytes copy(struct arena *arena, const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : arena_copy(arena, store_bytes(rows, row, column));
}

static void event_of(struct arena *arena, const struct store_rows *rows, size_t row, struct dossier_event *event)
{
	*event = (struct dossier_event){
		.seq = store_int(rows, row, 0), .at = store_instant(rows, row, 1),
		.kind = dossier_event_of_name(store_bytes(rows, row, 2)),
		.actor = copy(arena, rows, row, 4), .rule = copy(arena, rows, row, 5),
		.inbox = store_is_null(rows, row, 6) ? 0 : store_int(rows, row, 6),
	};
	json_t *data = json_read(store_bytes(rows, row, 3));
	event_read(arena, data, event);
	json_decref(data);
}

enum reason dossier_rows(const struct store_rows *rows, struct dossier *dossier)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct dossier_event *event = arena_alloc(dossier->arena, sizeof *event);
		event_of(dossier->arena, rows, i, event);
		reason = dossier_apply(dossier, event);
	}
	return reason;
}

struct expert *expert_rows(struct arena *arena, json_t *kept, const struct store_rows *rows, size_t *n)
{
	struct expert *experts = arena_alloc(arena, (store_count(rows) + 1) * sizeof *experts);

	*n = 0;
	for (size_t i = 0; i < store_count(rows); i++) {
		struct expert *e = &experts[*n];
		json_t *item = json_read(store_bytes(rows, i, 2));
		const char *wrong = rules_expert(arena, item, e);
		json_array_append_new(kept, item);
		if (wrong != NULL) {
			log_event("rule-unreadable", LOG_TEXT("what", wrong), LOG_NUMBER("version", store_int(rows, i, 1)), LOG_END);
			continue;
		}
		e->load = (unsigned)store_int(rows, i, 3);
		e->asked = (unsigned)store_int(rows, i, 4);
		e->week = (unsigned)store_int(rows, i, 5);
		if (!store_is_null(rows, i, 6))
			e->offered_at = store_instant(rows, i, 6);
		e->ended = store_int(rows, i, 7) != 0;
		(*n)++;
	}
	return experts;
}

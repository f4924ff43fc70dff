/* gateway/reconcile_keys.c - see reconcile_keys.h. */
#include "gateway/reconcile_keys.h"

#include "base/buf.h"
#include "gateway/json_view.h"

enum { NAMES = 400, ANSWER_MEMORY = 1024 * 1024 };

/* A batch of names from that row on. */
static enum reason ask_names(struct cli *cli, const struct store_rows *rows, size_t from, size_t n, json_t **out)
{
	struct arena *arena = arena_create(ANSWER_MEMORY);
	struct buf names = buf_make(KEEPER_ASKED_MAX - 1);
	struct bytes json;

	for (size_t i = 0; i < n; i++) {
		buf_add(&names, store_bytes(rows, from + i, 0));
		buf_text(&names, "\n");
	}
	enum reason reason = buf_ok(&names) ? keeper_client_ask(store_keeper(cli->store), arena, KEEPER_KNOWN, buf_bytes(&names), &json) : REASON_MEMORY;
	if (reason == REASON_NONE)
		*out = json_read(json);
	if (reason == REASON_NONE && json_array_size(*out) != n)
		reason = REASON_FRAME;
	buf_free(&names);
	arena_destroy(&arena);
	return reason;
}

static void count(const struct store_rows *rows, size_t row, const json_t *said, struct reconcile_keys *out)
{
	long n = (long)store_int(rows, row, 1);

	out->bodies += n;
	if (bytes_equal_text(json_text_view(said), "missing"))
		out->missing += n;
	if (bytes_equal_text(json_text_view(said), "destroyed"))
		out->destroyed += n;
}

static enum reason known(struct cli *cli, struct reconcile_keys *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select key_name, bodies from relais.reconcile_keys() where $1", P_BOOL(true));

	for (size_t from = 0; reason == REASON_NONE && from < store_count(rows); from += NAMES) {
		size_t left = store_count(rows) - from, n = left < NAMES ? left : NAMES;
		json_t *said = NULL;
		reason = ask_names(cli, rows, from, n, &said);
		for (size_t i = 0; reason == REASON_NONE && i < n; i++)
			count(rows, from + i, json_array_get(said, i), out);
		json_decref(said);
	}
	store_free(&rows);
	return reason;
}

/* The keeper goes through them, a batch an answer. */
static enum reason try_all(struct cli *cli, struct reconcile_keys *out)
{
	enum reason reason = REASON_NONE;

	for (int64_t after = 0; reason == REASON_NONE && after >= 0;) {
		struct arena *arena = arena_create(ANSWER_MEMORY);
		struct bytes json, from = bytes_of_text(arena_printf(arena, "%lld", (long long)after));
		reason = keeper_client_ask(store_keeper(cli->store), arena, KEEPER_TRY, from, &json);
		json_t *said = reason == REASON_NONE ? json_read(json) : NULL;
		out->tried += (long)json_integer_value(json_object_get(said, "tried"));
		out->closed += (long)json_integer_value(json_object_get(said, "closed"));
		after = json_is_integer(json_object_get(said, "last")) ? json_integer_value(json_object_get(said, "last")) : -1;
		json_decref(said);
		arena_destroy(&arena);
	}
	return reason;
}

enum reason reconcile_keys(struct cli *cli, bool deep, struct reconcile_keys *out)
{
	*out = (struct reconcile_keys){0};
	enum reason reason = known(cli, out);
	if (reason == REASON_NONE && out->missing + out->destroyed > 0) {       /* what is erased between the two questions is no trouble: it is not there a second time */
		*out = (struct reconcile_keys){0};
		reason = known(cli, out);
	}
	return reason == REASON_NONE && deep ? try_all(cli, out) : reason;
}

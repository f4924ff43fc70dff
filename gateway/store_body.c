/* gateway/store_body.c - bodies, row by row, so that memory does not grow with them. */
#include "gateway/store_private.h"

#include <string.h>

static const char sql[] = "select * from relais.body_read($1)";

/* One row in hand. Both ends of the loop are libpq's: it must be asked until it has nothing more to say. */
static enum reason take(struct store *store, PGresult *result, store_sink *sink, void *context, bool *stopped,
			size_t *rows)
{
	switch (PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		++*rows;
		struct bytes chunk = {(const unsigned char *)PQgetvalue(result, 0, 0),
				      (size_t)PQgetlength(result, 0, 0)};
		if (!*stopped && !sink(context, chunk))
			*stopped = true;
		return REASON_NONE;
	case PGRES_TUPLES_OK:
		return REASON_NONE;
	default:
		return store_failed(store, result, sql);
	}
}

static enum reason stream(struct store *store, store_sink *sink, void *context)
{
	enum reason reason = REASON_NONE;
	bool stopped = false;
	size_t rows = 0;

	while (store->conn != NULL) {
		PGresult *result = PQgetResult(store->conn);
		if (result == NULL)
			break;
		enum reason now = take(store, result, sink, context, &stopped, &rows);
		PQclear(result);
		if (reason == REASON_NONE)
			reason = now;
	}
	if (reason == REASON_NONE && stopped)
		return REASON_IO;
	if (reason == REASON_NONE && rows == 0)
		return REASON_NOT_FOUND;
	return reason;
}

enum reason store_body(struct store *store, int64_t body, store_sink *sink, void *context)
{
	struct store_wire wire;
	char name[STORE_NAME];
	struct store_param id = P_INT(body);

	enum reason reason = store_ready(store);
	if (reason == REASON_NONE && !store_encode(store, &id, 1, &wire))
		reason = REASON_MEMORY;
	if (reason == REASON_NONE)
		reason = store_prepare(store, sql, &wire, name);
	if (reason != REASON_NONE)
		return reason;
	if (PQsendQueryPrepared(store->conn, name, 1, wire.values, wire.lengths, wire.formats, 1) == 0 ||
	    PQsetSingleRowMode(store->conn) == 0)
		return store_failed(store, NULL, sql);
	return stream(store, sink, context);
}

/* Two passes: the first measures, so that the second has one place of the right size (bodies never change). A body of
 * one row, as nearly all are, is whole after the first. */
struct whole {
	struct arena *arena;
	struct bytes first;  /* row */
	unsigned char *at;   /* NULL in the first pass */
	size_t size, len;
};

static bool add(void *context, struct bytes chunk)
{
	struct whole *w = context;
	if (w->at == NULL && w->len == 0)
		w->first = arena_copy(w->arena, chunk);
	if (w->at != NULL && chunk.len > w->size - w->len)
		return false;
	if (w->at != NULL && chunk.len > 0)
		memcpy(w->at + w->len, chunk.at, chunk.len);
	w->len += chunk.len;
	return true;
}

enum reason store_body_read(struct store *store, struct arena *arena, int64_t body, struct bytes *out)
{
	struct whole w = {.arena = arena};
	enum reason reason = store_body(store, body, add, &w);

	if (reason != REASON_NONE)
		return reason;
	if (w.first.len == w.len) {
		*out = w.first;
		return REASON_NONE;
	}
	w = (struct whole){.at = arena_alloc(arena, w.len + 1), .size = w.len};
	reason = store_body(store, body, add, &w);
	if (reason == REASON_NONE && w.len != w.size)
		reason = REASON_STORE_REFUSED;
	if (reason == REASON_NONE)
		*out = (struct bytes){w.at, w.len};
	return reason;
}

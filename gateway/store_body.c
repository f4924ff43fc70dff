/* gateway/store_body.c - bodies, row by row, so that memory does not grow with them. */
#include "gateway/store_private.h"

#include <string.h>

static const char sql[] = "select size, data from relais.body_read($1)";

/* Who takes the rows. */
struct taker {
	store_sink *sink;
	void *context;
	int64_t *size;       /* NULL, or where the size of the whole is told before the first row */
	bool stopped;
	size_t rows;
};

/* One row in hand. Both ends of the loop are libpq's: it must be asked until it has nothing more to say. */
static enum reason take(struct store *store, PGresult *result, struct taker *t)
{
	switch (PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		if (t->rows++ == 0 && t->size != NULL)
			*t->size = store_int((const struct store_rows *)result, 0, 0);
		struct bytes chunk = {(const unsigned char *)PQgetvalue(result, 0, 1),
				      (size_t)PQgetlength(result, 0, 1)};
		if (!t->stopped && !t->sink(t->context, chunk))
			t->stopped = true;
		return REASON_NONE;
	case PGRES_TUPLES_OK:
		return REASON_NONE;
	default:
		return store_failed(store, result, sql);
	}
}

static enum reason stream(struct store *store, struct taker *t)
{
	enum reason reason = REASON_NONE;

	while (store->conn != NULL) {
		PGresult *result = PQgetResult(store->conn);
		if (result == NULL)
			break;
		enum reason now = take(store, result, t);
		PQclear(result);
		if (reason == REASON_NONE)
			reason = now;
	}
	if (reason == REASON_NONE && t->stopped)
		return REASON_IO;
	if (reason == REASON_NONE && t->rows == 0)
		return REASON_NOT_FOUND;
	return reason;
}

static enum reason read_body(struct store *store, int64_t body, struct taker *t)
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
	return stream(store, t);
}

enum reason store_body(struct store *store, int64_t body, store_sink *sink, void *context)
{
	struct taker t = {.sink = sink, .context = context};
	return read_body(store, body, &t);
}

/* One place of the right size, made when the first row has told it. */
struct whole {
	struct arena *arena;
	unsigned char *at;
	int64_t size;
	size_t len;
};

static bool add(void *context, struct bytes chunk)
{
	struct whole *w = context;
	if (w->at == NULL && w->size >= 0)
		w->at = arena_try(w->arena, (size_t)w->size + 1);
	if (w->at == NULL || chunk.len > (size_t)w->size - w->len)
		return false;
	if (chunk.len > 0)
		memcpy(w->at + w->len, chunk.at, chunk.len);
	w->len += chunk.len;
	return true;
}

enum reason store_body_read(struct store *store, struct arena *arena, int64_t body, struct bytes *out)
{
	struct whole w = {.arena = arena};
	struct taker t = {.sink = add, .context = &w, .size = &w.size};
	enum reason reason = read_body(store, body, &t);

	if (reason == REASON_IO)
		return w.at == NULL ? REASON_MEMORY : REASON_STORE_REFUSED;
	if (reason == REASON_NONE && w.len != (size_t)w.size)
		reason = REASON_STORE_REFUSED;
	if (reason == REASON_NONE)
		*out = (struct bytes){w.at, w.len};
	return reason;
}

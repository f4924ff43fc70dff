/* gateway/store_body.c - bodies, row by row, so that memory does not grow with them. They are kept sealed (certs/body_seal.h): the
 * keeper gives the key of a body that is in our hands, and what is read is opened here. */
#include "gateway/store_private.h"

#include <string.h>

#include "base/limits.h"
#include "base/secret.h"

static const char sql[] = "select size, data from relais.body_read($1)";

/* Who takes the rows. */
struct taker {
	store_sink *sink;
	void *context;
	int64_t body, size;
	int64_t *told;       /* NULL, or where the size of the whole is told before the first chunk */
	struct body_key key;
	struct buf plain;
	uint64_t rows, at;
	enum reason trouble; /* of the keeper or of the bytes: nothing more is given on */
	bool stopped;
};

/* Before the first chunk. */
static enum reason begin(struct store *store, PGresult *result, struct taker *t)
{
	t->size = store_int((const struct store_rows *)result, 0, 0);
	if (t->told != NULL)
		*t->told = t->size;
	return t->size < 0 ? REASON_STORE_REFUSED : keeper_client_open(&store->keeper, t->body, &t->key);
}

/* The chunk's place and its being the last follow from the size of the whole, which the key is bound to. */
static enum reason open_chunk(struct taker *t, struct bytes stored)
{
	uint64_t left = (uint64_t)t->size - t->at, len = left < LIMIT_CHUNK ? left : LIMIT_CHUNK;

	if (stored.len != len + BODY_TAG || (t->rows > 0 && left == 0))
		return REASON_BODY_SEAL;
	buf_clear(&t->plain);
	buf_add(&t->plain, stored);
	if (!buf_ok(&t->plain))
		return REASON_MEMORY;
	enum reason reason = body_chunk_open(&t->key, t->rows, left <= LIMIT_CHUNK, stored, t->plain.data);
	t->rows++;
	t->at += len;
	if (reason == REASON_NONE && !t->sink(t->context, (struct bytes){t->plain.data, (size_t)len}))
		t->stopped = true;
	return reason;
}

/* One row in hand. Both ends of the loop are libpq's: it must be asked until it has nothing more to say. */
static enum reason take(struct store *store, PGresult *result, struct taker *t)
{
	switch (PQresultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
		if (t->rows == 0 && t->trouble == REASON_NONE)
			t->trouble = begin(store, result, t);
		if (t->trouble == REASON_NONE && !t->stopped)
			t->trouble = open_chunk(t, (struct bytes){(const unsigned char *)PQgetvalue(result, 0, 1), (size_t)PQgetlength(result, 0, 1)});
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
	if (reason == REASON_NONE)
		reason = t->trouble;
	if (reason == REASON_NONE && t->stopped)
		return REASON_IO;
	if (reason == REASON_NONE && t->rows == 0)
		return REASON_NOT_FOUND;
	return reason == REASON_NONE && t->at != (uint64_t)t->size ? REASON_BODY_SEAL : reason;
}

static enum reason read_body(struct store *store, struct taker *t)
{
	struct store_wire wire;
	char name[STORE_NAME];
	struct store_param id = P_INT(t->body);

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
	t->plain = buf_make(LIMIT_CHUNK + BODY_TAG);
	reason = stream(store, t);
	if (t->plain.data != NULL)
		secret_wipe(t->plain.data, t->plain.len);
	buf_free(&t->plain);
	body_key_wipe(&t->key);
	return reason;
}

enum reason store_body(struct store *store, int64_t body, store_sink *sink, void *context)
{
	struct taker t = {.sink = sink, .context = context, .body = body};
	return read_body(store, &t);
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
	struct taker t = {.sink = add, .context = &w, .body = body, .told = &w.size};
	enum reason reason = read_body(store, &t);

	if (reason == REASON_IO)
		return w.at == NULL ? REASON_MEMORY : REASON_STORE_REFUSED;
	if (reason == REASON_NONE)
		*out = (struct bytes){w.at, w.len};
	return reason;
}

struct keeper_client *store_keeper(struct store *store)
{
	return &store->keeper;
}

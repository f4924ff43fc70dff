/* gateway/store_value.c - parameters and results in PostgreSQL's binary form. */
#include "gateway/store_private.h"

#include <assert.h>
#include <string.h>

/* Object numbers of built-in types never change (catalog/pg_type.dat). */
enum {
	TYPE_BOOL = 16,
	TYPE_BYTEA = 17,
	TYPE_INT8 = 20,
	TYPE_TEXT = 25,
	TYPE_TEXTS = 1009,
	TYPE_TIMESTAMPTZ = 1184,
	TYPE_JSONB = 3802,
};

/* PostgreSQL counts from 2000-01-01. */
static const int64_t EPOCH_US = INT64_C(946684800) * 1000000;
static const unsigned char JSONB_VERSION = 1;

/* --- parameters ---------------------------------------------------------------- */

static const Oid types[] = {
	[STORE_NULL] = 0,           [STORE_INT] = TYPE_INT8,
	[STORE_BOOL] = TYPE_BOOL,   [STORE_TEXT] = TYPE_TEXT,
	[STORE_BYTES] = TYPE_BYTEA, [STORE_JSON] = TYPE_JSONB,
	[STORE_INSTANT] = TYPE_TIMESTAMPTZ, [STORE_TEXTS] = TYPE_TEXTS,
};

static bool is_null(const struct store_param *p)
{
	return p->kind == STORE_NULL || (p->kind == STORE_TEXT && p->number == 1 && p->bytes.at == NULL) ||
	       (p->kind == STORE_JSON && p->bytes.len == 0);
}

/* Texts and bytes are sent from where they lie; the rest is built here. */
static bool is_borrowed(const struct store_param *p)
{
	return p->kind == STORE_TEXT || p->kind == STORE_BYTES;
}

static void build_texts(struct buf *b, const struct store_param *p)
{
	buf_u32(b, p->number > 0 ? 1 : 0);   /* dimensions */
	buf_u32(b, 0);                       /* no NULL inside */
	buf_u32(b, TYPE_TEXT);
	if (p->number > 0) {
		buf_u32(b, (uint32_t)p->number);
		buf_u32(b, 1);               /* first index */
	}
	for (int64_t i = 0; i < p->number; i++) {
		buf_u32(b, (uint32_t)p->list[i].len);
		buf_add(b, p->list[i]);
	}
}

static void build(struct buf *b, const struct store_param *p)
{
	switch (p->kind) {
	case STORE_INT:
		buf_u64(b, (uint64_t)p->number);
		break;
	case STORE_BOOL:
		buf_u8(b, p->number != 0);
		break;
	case STORE_JSON:
		buf_u8(b, JSONB_VERSION);
		buf_add(b, p->bytes);
		break;
	case STORE_INSTANT:
		/* The two ends of time are PostgreSQL's infinities. */
		buf_u64(b, (uint64_t)(p->number == INT64_MIN || p->number == INT64_MAX ? p->number
										       : p->number - EPOCH_US));
		break;
	case STORE_TEXTS:
		build_texts(b, p);
		break;
	case STORE_NULL:
	case STORE_TEXT:
	case STORE_BYTES:
		break;
	}
}

bool store_encode(struct store *store, const struct store_param *params, size_t n, struct store_wire *out)
{
	size_t starts[STORE_PARAMS_MAX + 1] = {0};

	assert(n <= STORE_PARAMS_MAX);
	buf_clear(&store->params);
	for (size_t i = 0; i < n; i++) {
		starts[i] = store->params.len;
		if (!is_null(&params[i]) && !is_borrowed(&params[i]))
			build(&store->params, &params[i]);
		if (params[i].bytes.len > STORE_PARAMS_ROOM)
			return false;
	}
	starts[n] = store->params.len;
	if (!buf_ok(&store->params))
		return false;

	/* Only now: the buffer has stopped moving. */
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		const struct store_param *p = &params[i];
		bool own = is_borrowed(p);
		const char *at = (const char *)(own ? p->bytes.at : store->params.data + starts[i]);
		out->types[i] = types[p->kind];
		out->values[i] = is_null(p) ? NULL : at != NULL ? at : "";
		out->lengths[i] = (int)(own ? p->bytes.len : starts[i + 1] - starts[i]);
		out->formats[i] = 1;
	}
	return true;
}

/* --- results --------------------------------------------------------------------- */

/* struct store_rows is libpq's result by another name. */
static const PGresult *result(const struct store_rows *rows)
{
	return (const PGresult *)rows;
}

static struct bytes cell(const struct store_rows *rows, size_t row, size_t column)
{
	assert(rows != NULL && row < store_count(rows) && column < (size_t)PQnfields(result(rows)));
	return (struct bytes){(const unsigned char *)PQgetvalue(result(rows), (int)row, (int)column),
			      (size_t)PQgetlength(result(rows), (int)row, (int)column)};
}

size_t store_count(const struct store_rows *rows)
{
	return rows == NULL ? 0 : (size_t)PQntuples(result(rows));
}

bool store_is_null(const struct store_rows *rows, size_t row, size_t column)
{
	cell(rows, row, column);
	return PQgetisnull(result(rows), (int)row, (int)column) == 1;
}

int64_t store_int(const struct store_rows *rows, size_t row, size_t column)
{
	struct bytes value = cell(rows, row, column);
	struct cursor c = cursor_on(value);

	switch (value.len) {
	case 8:
		return (int64_t)cursor_u64(&c);
	case 4:
		return (int32_t)cursor_u32(&c);
	case 1:
		return cursor_u8(&c);
	default:
		assert(value.len == 0);   /* NULL */
		return 0;
	}
}

struct bytes store_bytes(const struct store_rows *rows, size_t row, size_t column)
{
	struct bytes value = cell(rows, row, column);
	if (store_is_null(rows, row, column))
		return BYTES_NONE;
	if (PQftype(result(rows), (int)column) == TYPE_JSONB)
		return bytes_from(value, 1);
	return value;
}

const char *store_text(const struct store_rows *rows, size_t row, size_t column)
{
	/* libpq puts a NUL behind every value. */
	return store_is_null(rows, row, column) ? NULL : (const char *)store_bytes(rows, row, column).at;
}

struct instant store_instant(const struct store_rows *rows, size_t row, size_t column)
{
	int64_t us = store_int(rows, row, column);
	if (us == INT64_MIN || us == INT64_MAX || store_is_null(rows, row, column))
		return (struct instant){us};
	return (struct instant){us + EPOCH_US};
}

size_t store_texts(const struct store_rows *rows, struct arena *arena, size_t row, size_t column, struct bytes **out)
{
	struct cursor c = cursor_on(cell(rows, row, column));

	*out = NULL;
	if (store_is_null(rows, row, column) || cursor_u32(&c) == 0)
		return 0;
	cursor_u32(&c);
	cursor_u32(&c);
	size_t n = cursor_u32(&c);
	cursor_u32(&c);
	/* Each element has at least its length: a number that lies is not allocated. */
	if (c.failed || n > c.left.len / 4)
		return 0;
	*out = arena_alloc(arena, n * sizeof **out);
	for (size_t i = 0; i < n; i++) {
		uint32_t len = cursor_u32(&c);
		(*out)[i] = len == UINT32_MAX ? BYTES_NONE : arena_copy(arena, cursor_take(&c, len));
	}
	assert(cursor_done(&c));
	return n;
}

void store_free(struct store_rows **rows)
{
	PQclear((PGresult *)*rows);
	*rows = NULL;
}

/* gateway/store.h - one connection to PostgreSQL: prepared statements, typed parameters, binary results.
 *
 * Only store*.c include libpq. A statement is text known at compile time; everything else is a
 * parameter. After STORE_DOWN the next call tries to connect again. */
#ifndef RELAIS_GATEWAY_STORE_H
#define RELAIS_GATEWAY_STORE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "gateway/keeper_client.h"

struct store;

/* conninfo as libpq takes it; user=relais_<process> is added unless it names a user. The connection is made at the
 * first use; application_name is the process. */
struct store *store_open(const char *conninfo, const char *process);
void store_close(struct store **store);
/* Each TCP port by which this conninfo may reach its server, for the walls of who connects; none for local sockets. */
void store_ports(const char *conninfo, void (*port)(int number));
/* The connection's descriptor for poll, or -1; store_notified() drains what came: true when a notification did. */
int store_descriptor(struct store *store);
bool store_notified(struct store *store);

/* A number that no other live connection has, kept under an advisory lock for as long as this connection lives
 * (claims are made in its name); another after a reconnect. 0 when the database is down. */
int64_t store_session(struct store *store);

struct store_param {
	enum { STORE_NULL, STORE_INT, STORE_BOOL, STORE_TEXT, STORE_BYTES, STORE_JSON, STORE_INSTANT, STORE_TEXTS } kind;
	int64_t number;
	struct bytes bytes;
	const struct bytes *list;   /* STORE_TEXTS: number elements */
};
#define P_NULL        ((struct store_param){.kind = STORE_NULL})
/* A bigint: write $n::integer where less is wanted. */
#define P_INT(v)      ((struct store_param){.kind = STORE_INT, .number = (int64_t)(v)})
#define P_BOOL(v)     ((struct store_param){.kind = STORE_BOOL, .number = (v)})
/* A text that is NULL gives SQL NULL. A view (P_TEXT_B, P_BYTES) that is empty gives an empty value, never NULL. */
#define P_TEXT(v)     ((struct store_param){.kind = STORE_TEXT, .bytes = bytes_of_text(v), .number = 1})
#define P_TEXT_OR_NULL(v) ((v).at == NULL ? P_NULL : P_TEXT_B(v))                           /* of a view */
#define P_TEXT_B(v)   ((struct store_param){.kind = STORE_TEXT, .bytes = (v)})
#define P_BYTES(v)    ((struct store_param){.kind = STORE_BYTES, .bytes = (v)})             /* bytea */
#define P_JSON(v)     ((struct store_param){.kind = STORE_JSON, .bytes = (v)})              /* jsonb; empty gives NULL */
#define P_INSTANT(v)  ((struct store_param){.kind = STORE_INSTANT, .number = (v).us})       /* timestamptz */
#define P_TEXTS(v, n) ((struct store_param){.kind = STORE_TEXTS, .list = (v), .number = (int64_t)(n)})

/* Result rows; owned by the caller until store_free. Values are borrowed from them. */
struct store_rows;
size_t store_count(const struct store_rows *rows);
bool store_is_null(const struct store_rows *rows, size_t row, size_t column);
int64_t store_int(const struct store_rows *rows, size_t row, size_t column);      /* bigint, integer, boolean */
struct bytes store_bytes(const struct store_rows *rows, size_t row, size_t column); /* bytea, text, jsonb (its text) */
const char *store_text(const struct store_rows *rows, size_t row, size_t column); /* NUL-terminated; NULL for SQL NULL */
struct instant store_instant(const struct store_rows *rows, size_t row, size_t column);
/* text[]: copies into the arena; *out has the return value's number of elements. */
size_t store_texts(const struct store_rows *rows, struct arena *arena, size_t row, size_t column, struct bytes **out);
void store_free(struct store_rows **rows);

/*
 * Inside a transaction that the loss of the connection ended, every call gives STORE_DOWN until store_rollback.
 * store_commit: NONE means committed and nothing else does; STORE_DOWN: it may or may not have been.
 *
 * Runs one statement, prepared at its first use on this connection. rows may be NULL when none are wanted.
 * STORE_DOWN, STORE_FULL (SQLSTATE 53100), STORE_CONFLICT (40001, 40P01, 55P03), STORE_REFUSED (all else;
 * the SQLSTATE is logged, never the parameters).
 * The database functions raise a named refusal as SQLSTATE 'RL001' with a reason code as message: that reason is returned.
 */
MUST_USE enum reason store_run(struct store *store, const char *sql, const struct store_param *params, size_t n,
			       struct store_rows **rows);
#define STORE_RUN(store, rows, sql, ...)                                                         \
	store_run((store), (sql), (const struct store_param[]){__VA_ARGS__},                      \
		  sizeof((const struct store_param[]){__VA_ARGS__}) / sizeof(struct store_param), (rows))

MUST_USE enum reason store_begin(struct store *store);
MUST_USE enum reason store_commit(struct store *store);
void store_rollback(struct store *store);

/* A text of several statements of our own, for migrations. *message (may be NULL) is what the server said, in the arena. */
MUST_USE enum reason store_script(struct store *store, struct arena *arena, const char *sql, const char **message);

/* LISTEN on a channel, kept across reconnects. */
MUST_USE enum reason store_listen(struct store *store, const char *channel);
/* True when a notification came since the last call. Waits at most wait_ms, less when also_fd (or -1) is readable.
 * Notifications are for those who wait only: the first call after work returns at once, so that its caller looks once more
 * for what went untold; the next one waits. */
bool store_wait(struct store *store, int also_fd, unsigned wait_ms);
/* Work was found: until the next store_wait nobody needs to tell us of more. */
void store_busy(struct store *store);

/* Who gives the keys of bodies; set it up (keeper_client_make) before a body is read. Closed with the store. */
struct keeper_client *store_keeper(struct store *store);

/* Bodies: the bytes of one body row, opened, in order, streamed (single-row mode). IO when the sink returned false: it gets no
 * more then. NOT_FOUND when there is no such body. KEEPER_… what the keeper says; BODY_SEAL: they are not what was sealed. */
typedef bool store_sink(void *context, struct bytes chunk);
MUST_USE enum reason store_body(struct store *store, int64_t body, store_sink *sink, void *context);
/* The same, whole, in the arena. */
MUST_USE enum reason store_body_read(struct store *store, struct arena *arena, int64_t body, struct bytes *out);

#endif

/* gateway/store_private.h - what store*.c share. Includes libpq: for them alone. */
#ifndef RELAIS_GATEWAY_STORE_PRIVATE_H
#define RELAIS_GATEWAY_STORE_PRIVATE_H

#include "base/buf.h"
#include "gateway/store.h"

#include <libpq-fe.h>

enum {
	STORE_PARAMS_MAX = 40,
	STORE_STATEMENTS_MAX = 256,   /* prepared on one connection; beyond, statements are run unprepared */
	STORE_CHANNELS_MAX = 4,
	STORE_PARAMS_ROOM = 64 * 1024 * 1024,
};

struct store {
	struct arena *arena;          /* holds this structure and its texts */
	const char *conninfo, *user, *process, *options;
	PGconn *conn;                 /* NULL = never connected or given up */
	bool local;                   /* the database is reached by local sockets alone */
	bool transaction;             /* begun and neither committed nor rolled back */
	bool lost;                    /* the transaction's connection is gone */
	bool notified;
	bool dozing;                  /* those who have something to tell know that we wait */
	int64_t session;              /* 0 = not taken on this connection */
	const char *channels[STORE_CHANNELS_MAX];
	size_t n_channels;
	uint64_t prepared[STORE_STATEMENTS_MAX];
	size_t n_prepared;
	struct buf params;            /* the bytes of one call's parameters */
	struct keeper_client keeper;
};

/* Parameters as libpq takes them. Pointers are into the store's params and the caller's bytes. */
struct store_wire {
	Oid types[STORE_PARAMS_MAX];
	const char *values[STORE_PARAMS_MAX];
	int lengths[STORE_PARAMS_MAX], formats[STORE_PARAMS_MAX];
	size_t n;
};

/* False when they are too many or too long. */
MUST_USE bool store_encode(struct store *store, const struct store_param *params, size_t n, struct store_wire *out);

/* Connected, and inside the transaction that the caller believes in. */
MUST_USE enum reason store_ready(struct store *store);
/* The reason of a result that failed (result may be NULL); logs it, never its parameters. */
enum reason store_failed(struct store *store, const PGresult *result, const char *sql);
/* Prepared at its first use; name "" when the cache is full. */
enum { STORE_NAME = 20 };
MUST_USE enum reason store_prepare(struct store *store, const char *sql, const struct store_wire *wire,
				   char name[STORE_NAME]);

#endif

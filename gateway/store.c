/* gateway/store.c - see store.h.
 *
 * 1. A transaction never crosses connections: when its connection is lost, nothing runs until store_rollback.
 * 2. A statement is never sent twice by us; a connection that died while idle is noticed before anything is sent.
 * 3. Neither parameters nor messages that may quote them are logged. */
#include "gateway/store.h"

#include "base/fault.h"
#include "gateway/log.h"
#include "gateway/store_private.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define USUAL_PORT "5432"

enum { OWN_MEMORY = 64 * 1024, STATUS_RESTART = 75 /* sysexits: EX_TEMPFAIL */, SQL_SHOWN = 60 };

/* --- connecting -------------------------------------------------------------------- */

/* libpq would print notices, which may quote data. */
static void silence(void *nothing, const PGresult *notice)
{
	(void)nothing;
	(void)notice;
}

static void drop(struct store *store)
{
	PQfinish(store->conn);
	store->conn = NULL;
	store->session = 0;
	store->dozing = false;
	store->n_prepared = 0;
	store->lost = store->transaction;
}

/* A worker's jail lets it make local sockets only; a fresh process connects before it enters its jail. */
static bool jailed_from_network(const struct store *store)
{
	if (store->local)
		return false;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s >= 0)
		close(s);
	return s < 0 && errno == EACCES;
}

static enum reason down(struct store *store)
{
	const char *text = store->conn == NULL ? "no memory" : PQerrorMessage(store->conn);
	log_event("store-down", LOG_TEXT("error", text), LOG_END);
	drop(store);
	if (jailed_from_network(store)) {
		log_event("store-needs-restart", LOG_END);
		_exit(STATUS_RESTART);
	}
	return REASON_STORE_DOWN;
}

static bool listen_again(struct store *store)
{
	for (size_t i = 0; i < store->n_channels; i++) {
		char sql[80];
		snprintf(sql, sizeof sql, "listen %.60s", store->channels[i]);
		PGresult *result = PQexec(store->conn, sql);
		bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
		if (!done)
			return false;
	}
	/* What came while we were away came unheard. */
	store->notified = store->n_channels > 0;
	return true;
}

static enum reason connect_now(struct store *store)
{
	/* A server that has gone silent (its machine, the cable) is given up within half a minute, not after the two hours of the system: what
	 * stands before dbname the operator's conninfo may say otherwise. */
	const char *keys[] = {"keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "dbname", "user",
			      "application_name", "client_encoding", "options", "connect_timeout", "gssencmode", NULL};
	const char *values[] = {"10", "5", "3", "25000", store->conninfo, store->user, store->process, "UTF8",
				store->options,  "5",         "disable",      NULL};

	store->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(store->conn) != CONNECTION_OK)
		return down(store);
	PQsetNoticeReceiver(store->conn, silence, NULL);
	if (!listen_again(store))
		return down(store);
	return REASON_NONE;
}

/* True when the server has hung up since we last looked. */
static bool died_idle(struct store *store)
{
	struct pollfd ready = {.fd = PQsocket(store->conn), .events = POLLIN};
	/* A last word of the server may stand before the end: look again. */
	for (int i = 0; i < 4 && poll(&ready, 1, 0) > 0; i++)
		if (PQconsumeInput(store->conn) == 0 || PQstatus(store->conn) != CONNECTION_OK)
			return true;
	return false;
}

enum reason store_ready(struct store *store)
{
	if (store->lost)
		return REASON_STORE_DOWN;
	if (store->conn != NULL && (PQstatus(store->conn) != CONNECTION_OK || died_idle(store)))
		drop(store);
	if (store->lost)
		return REASON_STORE_DOWN;
	return store->conn != NULL ? REASON_NONE : connect_now(store);
}

/* --- failures -------------------------------------------------------------------------- */

static enum reason reason_of_state(const char *state, const char *message)
{
	static const struct {
		const char *state;
		enum reason reason;
	} known[] = {
		{"53100", REASON_STORE_FULL},     {"40001", REASON_STORE_CONFLICT}, {"40P01", REASON_STORE_CONFLICT},
		{"55P03", REASON_STORE_CONFLICT}, {"57P01", REASON_STORE_DOWN},     {"57P02", REASON_STORE_DOWN},
		{"57P03", REASON_STORE_DOWN},     {"25P03", REASON_STORE_DOWN},     {"53300", REASON_STORE_DOWN},
		{"58030", REASON_STORE_DOWN},     {"53200", REASON_MEMORY},         {"57014", REASON_STORE_CONFLICT},
	};
	if (strcmp(state, "RL001") == 0) {
		enum reason named = reason_of_code(bytes_of_text(message));
		return named == REASONS || named == REASON_NONE ? REASON_STORE_REFUSED : named;
	}
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(state, known[i].state) == 0)
			return known[i].reason;
	return REASON_STORE_REFUSED;
}

enum reason store_failed(struct store *store, const PGresult *result, const char *sql)
{
	const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (PQstatus(store->conn) != CONNECTION_OK)
		return down(store);
	enum reason reason = reason_of_state(state == NULL ? "" : state, message);
	/* Class 42 (syntax, names, rights) speaks of the schema only: its message holds no data. */
	bool schema = state != NULL && strncmp(state, "42", 2) == 0;
	if (reason == REASON_STORE_REFUSED || reason == REASON_STORE_FULL)
		log_event("store-refused", LOG_TEXT("sqlstate", state), LOG_TEXT("detail", schema ? message : ""),
			  LOG_BYTES("sql", bytes_slice(bytes_of_text(sql), 0, SQL_SHOWN)), LOG_END);
	return reason;
}

/* --- statements ---------------------------------------------------------------------------- */

/* FNV-1a over the text and the types: a parameter that is NULL has none, and is another statement. */
static uint64_t statement_key(const char *sql, const struct store_wire *wire)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (const char *c = sql; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	for (size_t i = 0; i < wire->n; i++)
		hash = (hash ^ wire->types[i]) * UINT64_C(1099511628211);
	return hash;
}

enum reason store_prepare(struct store *store, const char *sql, const struct store_wire *wire, char name[STORE_NAME])
{
	uint64_t key = statement_key(sql, wire);

	snprintf(name, STORE_NAME, "s%016llx", (unsigned long long)key);
	for (size_t i = 0; i < store->n_prepared; i++)
		if (store->prepared[i] == key)
			return REASON_NONE;
	if (store->n_prepared == STORE_STATEMENTS_MAX)
		name[0] = '\0';   /* the unnamed statement, prepared each time */
	PGresult *result = PQprepare(store->conn, name, sql, (int)wire->n, wire->types);
	enum reason reason =
		PQresultStatus(result) == PGRES_COMMAND_OK ? REASON_NONE : store_failed(store, result, sql);
	PQclear(result);
	if (reason == REASON_NONE && name[0] != '\0')
		store->prepared[store->n_prepared++] = key;
	return reason;
}

/* Outside a transaction a statement is one: what it did is committed when its answer is here. With faults built in, the connection may be lost
 * before, on the way, or the process may die behind it. */
static PGresult *execute(struct store *store, const char *name, size_t n, const struct store_wire *wire)
{
#ifdef RELAIS_FAULTS
	if (!store->transaction && FAULT(FAULT_COMMIT_BEFORE)) {
		shutdown(PQsocket(store->conn), SHUT_RDWR);
	} else if (!store->transaction && PQsendQueryPrepared(store->conn, name, (int)n, wire->values, wire->lengths, wire->formats, 1) == 1) {
		while (PQflush(store->conn) > 0)
			;
		if (FAULT(FAULT_COMMIT_SENT))
			shutdown(PQsocket(store->conn), SHUT_RD);
		PGresult *first = PQgetResult(store->conn), *more = first;
		while (more != NULL && (more = PQgetResult(store->conn)) != NULL)
			PQclear(more);
		(void)FAULT(FAULT_COMMIT_DONE);
		return first;
	}
#endif
	return PQexecPrepared(store->conn, name, (int)n, wire->values, wire->lengths, wire->formats, 1);
}

enum reason store_run(struct store *store, const char *sql, const struct store_param *params, size_t n,
		      struct store_rows **rows)
{
	struct store_wire wire;
	char name[STORE_NAME];

	if (rows != NULL)
		*rows = NULL;
	enum reason reason = store_ready(store);
	if (reason == REASON_NONE && !store_encode(store, params, n, &wire))
		reason = REASON_MEMORY;
	if (reason == REASON_NONE)
		reason = store_prepare(store, sql, &wire, name);
	if (reason != REASON_NONE)
		return reason;
	PGresult *result = execute(store, name, n, &wire);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
		reason = store_failed(store, result, sql);
	if (reason == REASON_NONE && rows != NULL)
		*rows = (struct store_rows *)result;
	else
		PQclear(result);
	return reason;
}

/* --- transactions ------------------------------------------------------------------------------ */

/* The command tag is compared: COMMIT of a failed transaction "succeeds" with the tag ROLLBACK. */
static enum reason command(struct store *store, const char *sql, const char *tag)
{
	PGresult *result = PQexec(store->conn, sql);
	enum reason reason = REASON_NONE;
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		reason = store_failed(store, result, sql);
	else if (strcmp(PQcmdStatus(result), tag) != 0)
		reason = REASON_STORE_REFUSED;
	PQclear(result);
	return reason;
}

static enum reason commit_sent(struct store *store)
{
#ifdef RELAIS_FAULTS
	if (PQsendQuery(store->conn, "commit") == 1) {
		while (PQflush(store->conn) > 0)
			;
		if (FAULT(FAULT_COMMIT_SENT))
			shutdown(PQsocket(store->conn), SHUT_RD);
		PGresult *first = PQgetResult(store->conn), *more = first;
		while (more != NULL && (more = PQgetResult(store->conn)) != NULL)
			PQclear(more);
		enum reason reason = PQresultStatus(first) != PGRES_COMMAND_OK ? store_failed(store, first, "commit")
				     : strcmp(PQcmdStatus(first), "COMMIT") != 0 ? REASON_STORE_REFUSED : REASON_NONE;
		PQclear(first);
		(void)FAULT(FAULT_COMMIT_DONE);
		return reason;
	}
#endif
	return command(store, "commit", "COMMIT");
}

enum reason store_begin(struct store *store)
{
	assert(!store->transaction);
	enum reason reason = store_ready(store);
	if (reason == REASON_NONE)
		reason = command(store, "begin", "BEGIN");
	store->transaction = reason == REASON_NONE;
	return reason;
}

enum reason store_commit(struct store *store)
{
	enum reason reason = REASON_STORE_DOWN;
	if (!store->lost && store->conn != NULL && FAULT(FAULT_COMMIT_BEFORE))
		shutdown(PQsocket(store->conn), SHUT_RDWR);
	if (!store->lost && store->conn != NULL)
		reason = commit_sent(store);
	store->transaction = false;
	store->lost = false;
	return reason;
}

void store_rollback(struct store *store)
{
	bool open = store->transaction && !store->lost && store->conn != NULL;
	store->transaction = false;
	store->lost = false;
	/* A connection that cannot roll back is not used again. */
	if (open && command(store, "rollback", "ROLLBACK") != REASON_NONE && store->conn != NULL)
		drop(store);
}

enum reason store_script(struct store *store, struct arena *arena, const char *sql, const char **message)
{
	enum reason reason = store_ready(store);
	if (message != NULL)
		*message = NULL;
	if (reason != REASON_NONE)
		return reason;
	PGresult *result = PQexec(store->conn, sql);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		if (message != NULL)
			*message = arena_text(arena, bytes_of_text(PQresultErrorMessage(result)));
		reason = store_failed(store, result, sql);
	}
	PQclear(result);
	return reason;
}

/* --- notifications -------------------------------------------------------------------------------- */

enum reason store_listen(struct store *store, const char *channel)
{
	char sql[80];

	if (store->n_channels == STORE_CHANNELS_MAX)
		return REASON_MEMORY;
	store->channels[store->n_channels++] = arena_text(store->arena, bytes_of_text(channel));
	bool fresh = store->conn == NULL;   /* then it listens as it connects */
	enum reason reason = store_ready(store);
	if (reason != REASON_NONE || fresh)
		return reason;
	snprintf(sql, sizeof sql, "listen %.60s", channel);
	return command(store, sql, "LISTEN");
}

bool store_notified(struct store *store)
{
	bool came = store->notified;
	store->notified = false;
	if (store->conn == NULL)
		return came;
	if (PQconsumeInput(store->conn) == 0 && PQstatus(store->conn) != CONNECTION_OK) {
		drop(store);
		return came;
	}
	for (PGnotify *n; (n = PQnotifies(store->conn)) != NULL; PQfreemem(n))
		came = true;
	return came;
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* On all our channels. */
static enum reason say(struct store *store, const char *sql)
{
	struct bytes channels[STORE_CHANNELS_MAX];

	for (size_t i = 0; i < store->n_channels; i++)
		channels[i] = bytes_of_text(store->channels[i]);
	return STORE_RUN(store, NULL, sql, P_TEXTS(channels, store->n_channels));
}

/* True when it has just been said that we wait: what was done before went untold, so the caller must look again.
 * When it cannot be said we wait all the same, and look again when the time is over. */
static bool doze(struct store *store)
{
	if (store->dozing || store->n_channels == 0 || store->transaction)
		return false;
	store->dozing = say(store, "select relais.doze($1)") == REASON_NONE;
	return store->dozing;
}

void store_busy(struct store *store)
{
	if (store->dozing && !store->transaction)
		store->dozing = say(store, "select relais.awake($1)") != REASON_NONE;
}

static bool awoken(struct store *store)
{
	bool came = store_notified(store);
	if (came)
		store_busy(store);
	return came;
}

bool store_wait(struct store *store, int also_fd, unsigned wait_ms)
{
	int64_t until = now_ms() + wait_ms;

	/* A lost connection hears nothing; outside a transaction it is made again. */
	if (!store->transaction && store_ready(store) != REASON_NONE)
		store->notified = false;
	else if (doze(store))
		return store_notified(store);
	for (;;) {
		if (awoken(store))
			return true;
		int64_t left = until - now_ms();
		struct pollfd ready[2] = {{.fd = store_descriptor(store), .events = POLLIN},
					  {.fd = also_fd, .events = POLLIN}};
		if (left <= 0)
			return false;
		int n = poll(ready, 2, (int)left);
		if (n == 0 || ready[1].revents != 0 || (n < 0 && errno == EINTR))
			return awoken(store);
	}
}

/* --- one store ---------------------------------------------------------------------------------------- */

int store_descriptor(struct store *store)
{
	return store->conn == NULL ? -1 : PQsocket(store->conn);
}

int64_t store_session(struct store *store)
{
	struct store_rows *rows;
	if (store_ready(store) != REASON_NONE)
		return 0;
	if (store->session == 0 && store_run(store, "select relais.session_start()", NULL, 0, &rows) == REASON_NONE) {
		store->session = store_int(rows, 0, 0);
		store_free(&rows);
	}
	return store->session;
}

/* What the operator's conninfo says of one key; NULL when it does not speak of it. */
static const char *said(struct arena *arena, const char *conninfo, const char *key)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
	const char *value = NULL;
	for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, key) == 0 && o->val != NULL && o->val[0] != '\0')
			value = arena_text(arena, bytes_of_text(o->val));
	PQconninfoFree(options);
	return value;
}

/* By local sockets alone: only then can a jailed worker connect anew. Known from the start, since a first connection may fail. */
static bool all_local(struct arena *arena, const char *conninfo)
{
	const char *host = said(arena, conninfo, "host");
	struct cursor c = cursor_on(bytes_of_text(host == NULL ? "" : host));
	bool local = said(arena, conninfo, "hostaddr") == NULL;

	while (c.left.len > 0) {
		struct bytes one = cursor_until(&c, ',');
		local = local && (one.len == 0 || one.at[0] == '/');
	}
	return local;
}

struct store *store_open(const char *conninfo, const char *process)
{
	struct arena *arena = arena_create(OWN_MEMORY);
	struct store *store = arena_alloc(arena, sizeof *store);
	const char *options = said(arena, conninfo, "options");

	store->arena = arena;
	store->conninfo = arena_text(arena, bytes_of_text(conninfo));
	store->process = arena_text(arena, bytes_of_text(process));
	store->user = said(arena, conninfo, "user");
	if (store->user == NULL)
		store->user = arena_printf(arena, "relais_%s", process);
	store->options = arena_printf(arena,
				      "-c search_path=relais,pg_temp -c timezone=UTC -c statement_timeout=60s "
				      "-c lock_timeout=15s -c idle_in_transaction_session_timeout=60s %s",
				      options == NULL ? "" : options);
	store->params = buf_make(STORE_PARAMS_ROOM);
	store->keeper = keeper_client_make(NULL, "");
	store->local = all_local(arena, conninfo);
	return store;
}

void store_ports(const char *conninfo, void (*port)(int number))
{
	struct arena *arena = arena_create(OWN_MEMORY);
	const char *host = said(arena, conninfo, "host"), *address = said(arena, conninfo, "hostaddr"), *list = said(arena, conninfo, "port");
	bool local = address == NULL && (host == NULL || host[0] == '/' || host[0] == '@');
	struct cursor ports = cursor_on(bytes_of_text(list == NULL ? USUAL_PORT : list));
	uint64_t number;

	while (!local && !cursor_done(&ports))
		if (bytes_number(cursor_until(&ports, ','), 65535, &number))
			port((int)number);
	arena_destroy(&arena);
}

void store_close(struct store **store)
{
	if (*store == NULL)
		return;
	PQfinish((*store)->conn);
	keeper_client_close(&(*store)->keeper);
	buf_free(&(*store)->params);
	struct arena *arena = (*store)->arena;
	*store = NULL;
	arena_destroy(&arena);
}

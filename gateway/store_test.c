/* gateway/store_test.c - against a private PostgreSQL: values there and back, refusals, transactions, lost connections. */
#include "gateway/store.h"

#include "base/limits.h"
#include "gateway/body_writer.h"
#include "gateway/jail.h"
#include "gateway/scratch_test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* The database functions of the schema, as far as store*.c call them. */
static const char schema[] =
	"create schema if not exists relais; create sequence relais.n;"
	"create function relais.session_start() returns bigint language plpgsql as $$"
	" declare n bigint := nextval('relais.n'); begin perform pg_advisory_lock(4711, n::integer); return n; end $$;"
	"create table relais.chunk (body bigint, number integer, data bytea);"
	"create function relais.body_read(body bigint) returns table (size bigint, data bytea) language sql as $$"
	" select sum(length(c.data) - 16) over (), c.data from relais.chunk c where c.body = body_read.body order by number $$;"
	"create function relais.doze(channels text[]) returns void language sql as '';"
	"create function relais.awake(channels text[]) returns void language sql as '';"
	"create table relais.t (id bigint primary key, note text);"
	"create function relais.refuse(code text) returns void language plpgsql as $$"
	" begin raise exception using errcode = 'RL001', message = code; end $$;";

static struct scratch scratch;
static const char *absent;

static int set_up(void **state)
{
	(void)state;
	absent = scratch_open(&scratch);
	if (absent != NULL) {
		print_message("skipped: %s\n", absent);
		return 0;
	}
	struct store *s = store_open(cluster_conninfo(&scratch.instance, "relais"), "test");
	const char *message;
	if (store_script(s, scratch.arena, schema, &message) != REASON_NONE)
		print_error("%s\n", message);
	store_close(&s);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static struct store *open_store(void)
{
	if (absent != NULL)
		skip();
	return store_open(cluster_conninfo(&scratch.instance, "relais"), "test");
}

static void test_values(void **state)
{
	(void)state;
	struct store *s = open_store();
	struct store_rows *rows;
	const struct bytes texts[] = {BYTES_OF("a"), BYTES_OF(""), BYTES_OF("é \"},{")};
	struct instant now = {INT64_C(1795212345123456)};

	assert_int_equal(STORE_RUN(s, &rows,
				   "select $1, $2, $3, $4, $5, $6, $7, $8::text[], $9::integer, $10::text, $11::bytea, "
				   "$12::text, $13::jsonb",
				   P_INT(INT64_MIN), P_BOOL(true), P_TEXT("é'; drop table t"), P_BYTES(BYTES("\0\xff")),
				   P_JSON(BYTES("{\"a\": [1]}")), P_INSTANT(now), P_TEXTS(texts, 3), P_TEXTS(NULL, 0),
				   P_INT(-7), P_NULL, P_BYTES(BYTES_NONE), P_TEXT(NULL), P_JSON(BYTES_NONE)),
			 REASON_NONE);
	assert_int_equal(store_count(rows), 1);
	assert_true(store_int(rows, 0, 0) == INT64_MIN);
	assert_int_equal(store_int(rows, 0, 1), 1);
	assert_string_equal(store_text(rows, 0, 2), "é'; drop table t");
	assert_true(bytes_equal(store_bytes(rows, 0, 3), BYTES("\0\xff")));
	assert_string_equal(store_text(rows, 0, 4), "{\"a\": [1]}");
	assert_true(store_instant(rows, 0, 5).us == now.us);
	struct bytes *got;
	assert_int_equal(store_texts(rows, scratch.arena, 0, 6, &got), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(bytes_equal(got[i], texts[i]));
	assert_int_equal(store_texts(rows, scratch.arena, 0, 7, &got), 0);
	assert_false(store_is_null(rows, 0, 7));
	assert_int_equal(store_int(rows, 0, 8), -7);
	assert_true(store_is_null(rows, 0, 9));
	assert_false(store_is_null(rows, 0, 10));   /* empty is not NULL */
	assert_int_equal(store_bytes(rows, 0, 10).len, 0);
	assert_null(store_text(rows, 0, 11));
	assert_true(store_is_null(rows, 0, 12));
	store_free(&rows);
	assert_null(rows);

	/* The server agrees on what time that is, and an empty view is an empty text. */
	assert_int_equal(
		STORE_RUN(s, &rows,
			  "select $1 = '2026-11-20 20:45:45.123456+00'::timestamptz, $2 = '', $3 = '-infinity'",
			  P_INSTANT(((struct instant){INT64_C(1795207545123456)})), P_TEXT_B(BYTES_NONE),
			  P_INSTANT(((struct instant){INT64_MIN}))),
		REASON_NONE);
	assert_int_equal(store_int(rows, 0, 0), 1);
	assert_int_equal(store_int(rows, 0, 1), 1);
	assert_int_equal(store_int(rows, 0, 2), 1);
	store_free(&rows);
	store_close(&s);
	assert_null(s);
}

/* NULL and not NULL at one place of one statement, many statements, beyond the cache. */
static void test_statements(void **state)
{
	(void)state;
	struct store *s = open_store();
	struct store_rows *rows;
	char sql[64];

	for (int i = 0; i < 3; i++) {
		assert_int_equal(STORE_RUN(s, &rows, "select coalesce($1::bigint, 5)", i % 2 == 0 ? P_INT(9) : P_NULL),
				 REASON_NONE);
		assert_int_equal(store_int(rows, 0, 0), i % 2 == 0 ? 9 : 5);
		store_free(&rows);
	}
	for (int i = 0; i < 300; i++) {
		snprintf(sql, sizeof sql, "select %d + $1", i);
		assert_int_equal(STORE_RUN(s, &rows, sql, P_INT(i)), REASON_NONE);
		assert_int_equal(store_int(rows, 0, 0), 2 * i);
		store_free(&rows);
	}
	store_close(&s);
}

static void test_refusals(void **state)
{
	(void)state;
	struct store *s = open_store();
	struct store_rows *rows = (struct store_rows *)(uintptr_t)1;
	static const struct {
		const char *what, *sql;
		enum reason reason;
	} cases[] = {
		{"a named refusal", "select relais.refuse('smtp.recipient.unknown')", REASON_SMTP_RECIPIENT_UNKNOWN},
		{"a named refusal nobody knows", "select relais.refuse('no.such')", REASON_STORE_REFUSED},
		{"a refusal named none is no success", "select relais.refuse('none')", REASON_STORE_REFUSED},
		{"no such function", "select relais.nothing()", REASON_STORE_REFUSED},
		{"a syntax error", "selec", REASON_STORE_REFUSED},
		{"a full disk", "do $$ begin raise exception using errcode = '53100'; end $$", REASON_STORE_FULL},
		{"a deadlock", "do $$ begin raise exception using errcode = '40P01'; end $$", REASON_STORE_CONFLICT},
		{"a lock not had in time", "do $$ begin raise exception using errcode = '55P03'; end $$",
		 REASON_STORE_CONFLICT},
		{"two statements in one", "select 1; select 2", REASON_STORE_REFUSED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum reason got = store_run(s, cases[i].sql, NULL, 0, &rows);
		if (got != cases[i].reason)
			fail_msg("%s: %s", cases[i].what, reason_code(got));
		assert_null(rows);
	}
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1, $2)", P_INT(1), P_TEXT("a")),
			 REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1, $2)", P_INT(1), P_TEXT("b")),
			 REASON_STORE_REFUSED);
	store_close(&s);
}

/* An error that quotes a value leaves it neither in our log nor in the server's. */
static void test_nothing_personal_is_logged(void **state)
{
	(void)state;
	struct store *s = open_store();
	char text[65536] = "";
	int kept = dup(STDERR_FILENO), own = memfd_create("log", MFD_CLOEXEC);

	dup2(own, STDERR_FILENO);
	enum reason reason = STORE_RUN(s, NULL, "select $1::integer", P_TEXT("INS 279035121518989"));
	enum reason twice =
		STORE_RUN(s, NULL, "insert into relais.t values (279, $1), (279, $1)", P_TEXT("279035121518989"));
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_int_equal(reason, REASON_STORE_REFUSED);
	assert_int_equal(twice, REASON_STORE_REFUSED);
	assert_true(pread(own, text, sizeof text - 1, 0) > 0);
	close(own);
	assert_non_null(strstr(text, "22P02"));
	assert_null(strstr(text, "279035121518989"));

	int server = open(instance_path(&scratch.instance, "log/postgresql.log"), O_RDONLY | O_CLOEXEC);
	memset(text, 0, sizeof text);
	assert_true(read(server, text, sizeof text - 1) > 0);
	close(server);
	assert_non_null(strstr(text, "ready to accept"));
	assert_null(strstr(text, "279"));
	store_close(&s);
}

static int64_t count(struct store *s)
{
	struct store_rows *rows;
	assert_int_equal(store_run(s, "select count(*) from relais.t", NULL, 0, &rows), REASON_NONE);
	int64_t n = store_int(rows, 0, 0);
	store_free(&rows);
	return n;
}

static void test_transactions(void **state)
{
	(void)state;
	struct store *s = open_store();
	int64_t before = count(s);

	assert_int_equal(store_begin(s), REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(100)), REASON_NONE);
	store_rollback(s);
	assert_int_equal(count(s), before);

	assert_int_equal(store_begin(s), REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(100)), REASON_NONE);
	assert_int_equal(store_commit(s), REASON_NONE);
	assert_int_equal(count(s), before + 1);

	/* A commit that the server turns into a rollback is no success. */
	assert_int_equal(store_begin(s), REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(101)), REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(100)), REASON_STORE_REFUSED);
	assert_int_equal(store_commit(s), REASON_STORE_REFUSED);
	assert_int_equal(count(s), before + 1);
	store_close(&s);
}

static void end_backends(void)
{
	struct store *other = open_store();
	struct store_rows *rows;
	assert_int_equal(STORE_RUN(other, &rows,
				   "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where pid <> pg_backend_pid() and datname = $1",
				   P_TEXT("relais")), REASON_NONE);
	store_free(&rows);
	store_close(&other);
}

static void test_lost_connection(void **state)
{
	(void)state;
	struct store *s = open_store();
	int64_t before = count(s);

	/* Idle: noticed before anything is sent. */
	end_backends();
	assert_int_equal(count(s), before);

	/* In a transaction: nothing runs outside it by mistake. */
	assert_int_equal(store_begin(s), REASON_NONE);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(200)), REASON_NONE);
	end_backends();
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(201)), REASON_STORE_DOWN);
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(202)), REASON_STORE_DOWN);
	assert_int_equal(store_commit(s), REASON_STORE_DOWN);
	assert_int_equal(count(s), before);

	assert_int_equal(store_begin(s), REASON_NONE);
	end_backends();
	assert_int_equal(STORE_RUN(s, NULL, "insert into relais.t values ($1)", P_INT(203)), REASON_STORE_DOWN);
	store_rollback(s);
	assert_int_equal(count(s), before);
	store_close(&s);
}

static void test_no_server(void **state)
{
	(void)state;
	struct store *s = store_open("host=/tmp/no-such-folder dbname=relais user=x", "test");
	struct store_rows *rows;
	assert_int_equal(store_run(s, "select 1", NULL, 0, &rows), REASON_STORE_DOWN);
	assert_int_equal(store_begin(s), REASON_STORE_DOWN);
	assert_int_equal(store_session(s), 0);
	assert_false(store_wait(s, -1, 10));
	store_close(&s);
	store_close(&s);
}

static void test_session(void **state)
{
	(void)state;
	struct store *a = open_store(), *b = open_store();
	int64_t first = store_session(a);

	assert_true(first > 0);
	assert_true(store_session(a) == first);
	assert_true(store_session(b) > 0 && store_session(b) != first);
	end_backends();
	assert_true(store_session(a) > 0 && store_session(a) != first);
	store_close(&a);
	store_close(&b);
}

static void test_notifications(void **state)
{
	(void)state;
	struct store *a = open_store(), *b = open_store();

	assert_int_equal(store_listen(a, "inbox"), REASON_NONE);
	(void)store_notified(a);
	assert_false(store_wait(a, -1, 50));
	assert_int_equal(store_run(b, "notify inbox", NULL, 0, NULL), REASON_NONE);
	assert_true(store_wait(a, -1, 5000));
	assert_false(store_wait(a, -1, 10));

	/* What may have come while we were away counts as come, and the channel is heard again. */
	end_backends();
	assert_true(store_wait(a, -1, 5000));
	assert_int_equal(store_run(b, "notify inbox", NULL, 0, NULL), REASON_NONE);
	assert_true(store_wait(a, -1, 5000));

	/* Another descriptor ends the wait. */
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	alarm(30);
	assert_false(store_wait(a, ends[0], 60000));   /* look again… */
	assert_false(store_wait(a, ends[0], 60000));   /* …and wait */
	alarm(0);
	close(ends[0]);
	close(ends[1]);
	store_close(&a);
	store_close(&b);
}

/* Inside the jails of those who have a database: a statement, and a new connection after a lost one. */
static void test_jailed(void **state)
{
	(void)state;
	static const enum jail jails[] = {JAIL_WORKER, JAIL_SIGNER, JAIL_NETWORK, JAIL_PARENT, JAIL_CLIENT};
	if (absent != NULL)
		skip();
	for (size_t i = 0; i < sizeof jails / sizeof jails[0]; i++) {
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			struct store *s = open_store();
			alarm(30);
			bool good = store_listen(s, "inbox") == REASON_NONE;
			jail_enter(jails[i]);
			good = good && store_run(s, "select 1", NULL, 0, NULL) == REASON_NONE && store_session(s) > 0;
			/* It ends its own connection. */
			enum reason lost = store_run(s, "select pg_terminate_backend(pg_backend_pid())", NULL, 0, NULL);
			good = good && lost == REASON_STORE_DOWN && store_run(s, "select 1", NULL, 0, NULL) == REASON_NONE;
			good = good && store_wait(s, -1, 1000) && !store_wait(s, -1, 10);
			store_close(&s);
			_exit(good ? 0 : 1);
		}
		waitpid(pid, &status, 0);
		assert_int_equal(status, 0);
	}
}

/* A keeper that has one key for all, none for body 10, and nothing to say of body 11. */
static pid_t fake_keeper(const char *path, const struct body_key *key)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(s, 4), 0);
	pid_t pid = fork();
	while (pid == 0) {
		unsigned char asked[256], given[1 + BODY_KEY] = {KEEPER_GIVEN};
		int c = accept(s, NULL, NULL);
		for (ssize_t n; (n = recv(c, asked, sizeof asked, 0)) > 0 && asked[8] != 11;) {
			memcpy(given + 1, key->at, BODY_KEY);
			bool erased = asked[8] == 10;
			(void)!send(c, erased ? "-keeper.erased" : (const char *)given, erased ? 14 : sizeof given, MSG_NOSIGNAL);
		}
		close(c);
	}
	close(s);
	return pid;
}

static void put_sealed(struct store *s, const struct body_key *key, int64_t body, struct bytes data)
{
	unsigned char *room = malloc(BODY_ROOM);
	uint64_t number = 0;

	for (size_t at = 0; at == 0 || at < data.len; at += LIMIT_CHUNK) {
		struct bytes chunk = bytes_slice(data, at, LIMIT_CHUNK);
		assert_int_equal(body_chunk_seal(key, number, at + chunk.len == data.len, chunk, room), REASON_NONE);
		assert_int_equal(STORE_RUN(s, NULL, "insert into relais.chunk values ($1, $2::integer, $3)", P_INT(body), P_INT(number++),
					   P_BYTES(((struct bytes){room, chunk.len + BODY_TAG}))), REASON_NONE);
	}
	free(room);
}

static int ports_seen[4];
static size_t n_ports_seen;

static void see_port(int number)
{
	ports_seen[n_ports_seen++] = number;
}

static void test_ports(void **state)
{
	static const struct {
		const char *conninfo;
		size_t n;
		int first, last;
	} rows[] = {
		{"host=/run/db dbname=relais", 0, 0, 0},    {"dbname=relais port=5433", 0, 0, 0},
		{"host=db.example dbname=relais", 1, 5432, 5432}, {"host=a,b port=5433,5434 dbname=relais", 2, 5433, 5434},
		{"hostaddr=192.0.2.1 port=6000", 1, 6000, 6000},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		n_ports_seen = 0;
		store_ports(rows[i].conninfo, see_port);
		assert_int_equal(n_ports_seen, rows[i].n);
		assert_true(n_ports_seen == 0 || (ports_seen[0] == rows[i].first && ports_seen[n_ports_seen - 1] == rows[i].last));
	}
}

static bool stop_early(void *context, struct bytes chunk)
{
	(void)chunk;
	return ++*(int *)context < 2;
}

static void test_bodies(void **state)
{
	(void)state;
	struct store *s = open_store();
	struct arena *arena = arena_create(64u << 20);
	unsigned char *data = malloc(3 * LIMIT_CHUNK);
	const struct body_key key = {{1, 2, 3}};
	const char *path = arena_printf(arena, "%s/k.sock", scratch.folder);
	pid_t keeper = fake_keeper(path, &key);
	struct bytes out;
	int calls = 0;

	for (size_t i = 0; i < 3 * LIMIT_CHUNK; i++)
		data[i] = (unsigned char)(i * 31 + i / 997);
	put_sealed(s, &key, 7, (struct bytes){data, 2 * LIMIT_CHUNK + 10});
	put_sealed(s, &key, 8, BYTES_NONE);
	put_sealed(s, &key, 10, BYTES("gone"));
	put_sealed(s, &key, 12, (struct bytes){data, 3 * LIMIT_CHUNK});
	/* Nobody gives keys. */
	assert_int_equal(store_body_read(s, arena, 7, &out), REASON_KEEPER_AWAY);
	*store_keeper(s) = keeper_client_make(path, "test");
	assert_int_equal(store_body_read(s, arena, 7, &out), REASON_NONE);
	assert_true(bytes_equal(out, (struct bytes){data, 2 * LIMIT_CHUNK + 10}));
	assert_int_equal(store_body_read(s, arena, 8, &out), REASON_NONE);
	assert_int_equal(out.len, 0);
	assert_int_equal(store_body_read(s, arena, 9, &out), REASON_NOT_FOUND);
	assert_int_equal(store_body(s, 7, stop_early, &calls), REASON_IO);
	assert_int_equal(calls, 2);
	assert_int_equal(store_body_read(s, arena, 12, &out), REASON_NONE);
	assert_true(bytes_equal(out, (struct bytes){data, 3 * LIMIT_CHUNK}));
	assert_int_equal(store_body_read(s, arena, 10, &out), REASON_KEEPER_ERASED);
	/* Cut at the end, and two rows that have changed places: the size that the database tells fits, the bytes do not. */
	count(s);
	assert_int_equal(store_run(s, "delete from relais.chunk where body = 12 and number = 2", NULL, 0, NULL), REASON_NONE);
	assert_int_equal(store_body_read(s, arena, 12, &out), REASON_BODY_SEAL);
	assert_int_equal(store_run(s, "update relais.chunk set number = 1 - number where body = 7 and number < 2", NULL, 0, NULL), REASON_NONE);
	assert_int_equal(store_body_read(s, arena, 7, &out), REASON_BODY_SEAL);
	/* A keeper that ends in the middle of each question is asked until the patience is over. */
	put_sealed(s, &key, 11, BYTES("never"));
	assert_int_equal(store_body_read(s, arena, 11, &out), REASON_KEEPER_AWAY);
	assert_true(count(s) >= 0);   /* the connection is fit for the next statement */
	kill(keeper, SIGKILL);
	waitpid(keeper, NULL, 0);
	free(data);
	arena_destroy(&arena);
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),       cmocka_unit_test(test_statements),
		cmocka_unit_test(test_refusals),     cmocka_unit_test(test_nothing_personal_is_logged),
		cmocka_unit_test(test_transactions), cmocka_unit_test(test_lost_connection),
		cmocka_unit_test(test_no_server),    cmocka_unit_test(test_session),
		cmocka_unit_test(test_notifications), cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_jailed),
		cmocka_unit_test(test_ports),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

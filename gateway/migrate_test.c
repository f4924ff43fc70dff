/* gateway/migrate_test.c - files in order, once, unchanged; and the schema of the gateway itself. */
#include "gateway/migrate.h"

#include "gateway/scratch_test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static struct scratch scratch;
static const char *absent;

static int set_up(void **state)
{
	(void)state;
	absent = scratch_open(&scratch);
	if (absent != NULL)
		print_message("skipped: %s\n", absent);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static void put(const char *folder, const char *name, const char *text)
{
	const char *path = arena_printf(scratch.arena, "%s/%s", folder, name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
}

static const char *fresh_folder(const char *name)
{
	const char *folder = instance_path(&scratch.instance, name);
	assert_int_equal(mkdir(folder, 0700), 0);
	return folder;
}

static const char *fresh_database(const char *name)
{
	struct store *s = store_open(cluster_conninfo(&scratch.instance, "postgres"), "test");
	assert_int_equal(store_script(s, scratch.arena, arena_printf(scratch.arena, "create database %s", name), NULL),
			 REASON_NONE);
	store_close(&s);
	return cluster_conninfo(&scratch.instance, name);
}

static enum reason run(const char *conninfo, const char *folder, struct migrate_report *report)
{
	struct store *s = store_open(conninfo, "migrate");
	enum reason reason = migrate_run(s, scratch.arena, folder, report);
	store_close(&s);
	return reason;
}

static int64_t ask(const char *conninfo, const char *sql)
{
	struct store *s = store_open(conninfo, "test");
	struct store_rows *rows;
	if (store_run(s, sql, NULL, 0, &rows) != REASON_NONE) {
		store_close(&s);
		return -1;
	}
	int64_t n = store_int(rows, 0, 0);
	store_free(&rows);
	store_close(&s);
	return n;
}

static void test_order_and_once(void **state)
{
	(void)state;
	struct migrate_report r;
	if (absent != NULL)
		skip();
	const char *db = fresh_database("one"), *folder = fresh_folder("one");

	assert_int_equal(run(db, folder, &r), REASON_NOT_FOUND);
	put(folder, "0002_b.sql", "insert into a values (2); insert into a values (3);");
	put(folder, "0001_a.sql", "create table a (n bigint);");
	put(folder, "README", "no migration");
	put(folder, "0003_c.sql.orig", "broken");
	assert_int_equal(run(db, folder, &r), REASON_NONE);
	assert_int_equal(r.applied, 2);
	assert_int_equal(run(db, folder, &r), REASON_NONE);
	assert_int_equal(r.applied, 0);
	assert_int_equal(r.present, 2);
	assert_int_equal(ask(db, "select count(*) from relais.a"), 2);
	assert_int_equal(
		ask(db, "select count(*) from pg_class where relname = 'a' and relowner = 'relais_owner'::regrole"), 1);

	/* One that fails leaves nothing of itself, and what stood before it stands. */
	put(folder, "0003_c.sql", "create table c (n bigint); insert into c values (1); select 1/0;");
	assert_int_equal(run(db, folder, &r), REASON_STORE_REFUSED);
	assert_string_equal(r.file, "0003_c.sql");
	assert_non_null(strstr(r.message, "division by zero"));
	assert_int_equal(ask(db, "select count(*) from relais.c"), -1);
	put(folder, "0003_c.sql", "create table c (n bigint);");
	assert_int_equal(run(db, folder, &r), REASON_NONE);
	assert_int_equal(r.applied, 1);

	/* A file that was applied may not change. */
	put(folder, "0001_a.sql", "create table a (n bigint); -- better");
	assert_int_equal(run(db, folder, &r), REASON_STORE_MIGRATION);
	assert_string_equal(r.file, "0001_a.sql");
	put(folder, "0001_a.sql", "create table a (n bigint);");

	/* A database from a later version. */
	assert_int_equal(unlink(arena_printf(scratch.arena, "%s/0003_c.sql", folder)), 0);
	assert_int_equal(run(db, folder, &r), REASON_STORE_MIGRATION);
	assert_string_equal(r.file, "0003_c.sql");

	/* A gap in the numbers, and a number twice. */
	put(folder, "0004_d.sql", "select 1;");
	assert_int_equal(run(db, folder, &r), REASON_STORE_MIGRATION);
	put(folder, "0002_bb.sql", "select 1;");
	assert_int_equal(run(db, folder, &r), REASON_STORE_MIGRATION);
	assert_int_equal(run(db, "/no/such/folder", &r), REASON_IO);
}

/* Two at once: each file is applied by one of them. */
static void test_two_at_once(void **state)
{
	(void)state;
	if (absent != NULL)
		skip();
	const char *db = fresh_database("two"), *folder = fresh_folder("two");
	pid_t pids[2];
	int status, applied = 0;

	put(folder, "0001_a.sql", "create table a (n bigint); select pg_sleep(0.2);");
	put(folder, "0002_b.sql", "insert into a values (1);");
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct migrate_report r;
			_exit(run(db, folder, &r) == REASON_NONE ? (int)r.applied : 99);
		}
	}
	for (int i = 0; i < 2; i++) {
		waitpid(pids[i], &status, 0);
		assert_true(WIFEXITED(status));
		applied += WEXITSTATUS(status);
	}
	assert_int_equal(applied, 2);
	assert_int_equal(ask(db, "select count(*) from relais.a"), 1);
}

/* The gateway's own files, and what the roles may then do. */
static void test_own_schema(void **state)
{
	(void)state;
	struct migrate_report r;
	if (absent != NULL)
		skip();
	const char *folder = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);
	if (access(folder, F_OK) != 0) {
		print_message("skipped: %s is not there\n", folder);
		skip();
	}
	const char *db = cluster_conninfo(&scratch.instance, "relais");
	enum reason reason = run(db, folder, &r);
	if (reason != REASON_NONE)
		fail_msg("%s: %s: %s", reason_code(reason), r.file, r.message);
	assert_true(r.applied > 0);
	assert_int_equal(ask(db, "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
				 " where nspname = 'relais' and relowner <> 'relais_owner'::regrole"), 0);
	assert_int_equal(ask(db, "select count(*) from unnest(array['relais_receiver', 'relais_collector', "
				 "'relais_worker', 'relais_signer',"
				 " 'relais_deliverer', 'relais_opener', 'relais_operator']) r, pg_class c join pg_namespace n on n.oid "
				 "= c.relnamespace"
				 " where nspname = 'relais' and relkind in ('r', 'v') and has_table_privilege(r, "
				 "c.oid, 'select,insert,update,delete')"),
			 0);
	assert_int_equal(ask(db, "select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
				 " where nspname = 'relais' and has_function_privilege('relais_receiver', p.oid, 'execute') and proname like 'sign%'"), 0);
	assert_true(ask(db, "select relais.session_start()") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_once),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_own_schema),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

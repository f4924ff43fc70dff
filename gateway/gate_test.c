/* gateway/gate_test.c - which program may work on which database, and when nothing may. */
#include "gateway/gate.h"

#include <time.h>

#include "gateway/erasure_key.h"
#include "gateway/schema_test.h"

static void test_the_range(void **state)
{
	static const struct {
		const char *what;
		int64_t schema, oldest, program;
		size_t erasures;
		enum gate_state state;
	} rows[] = {
		{"the same on both sides", 3, 1, 3, 0, GATE_OPEN},
		{"another node has migrated, and we may go on", 4, 3, 3, 0, GATE_OPEN},
		{"several releases ahead, and we may go on", 9, 3, 3, 0, GATE_OPEN},
		{"the last that may", 4, 4, 4, 0, GATE_OPEN},
		{"we may not any more", 4, 4, 3, 0, GATE_PROGRAM_OLD},
		{"the program is new, the database is not", 3, 1, 4, 0, GATE_SCHEMA_OLD},
		{"no tables at all", 0, 0, 3, 0, GATE_SCHEMA_OLD},
		{"erasures that it does not know", 3, 1, 3, 1, GATE_ERASURES},
		{"too old a program does not even erase", 4, 4, 3, 1, GATE_PROGRAM_OLD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum gate_state got = gate_judge(rows[i].schema, rows[i].oldest, rows[i].program, rows[i].erasures);
		if (got != rows[i].state)
			fail_msg("%s: %s", rows[i].what, gate_name(got));
		assert_true((gate_words(got, "fr")[0] == '\0') == (got == GATE_OPEN) && (gate_words(got, "en")[0] == '\0') == (got == GATE_OPEN));
	}
}

static FILE *list_in(const char *folder)
{
	FILE *file;

	assert_int_equal(mkdir(folder, 0700), 0);
	file = fopen(arena_printf(scratch.arena, "%s/destroyed.jsonl", folder), "we");
	assert_non_null(file);
	return file;
}

static size_t counted(const char *folder)
{
	size_t n;

	assert_int_equal(erasure_key_count(folder, &n), REASON_NONE);
	return n;
}

static void test_the_keepers_list(void **state)
{
	struct store *store = open_store();
	struct store_rows *rows;
	const char *folder = instance_path(&scratch.instance, "keeper"), *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);
	FILE *file = list_in(folder);

	(void)state;
	fputs("{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A-1\",\"by\":\"dpo\",\"previous\":\"0\"}\n"
	      "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":2,\"name\":\"intake:3\",\"by\":\"keeper\",\"previous\":\"0\"}\n"
	      "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":3,\"name\":\"dossier:A-2\",\"by\":\"dpo\",\"previous\":\"0\"}\n"
	      "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A-1\",\"by\":\"again\",\"previous\":\"0\"}\n"
	      "{\"at\":\"2026-11-22T10:00:00.0000", file);
	fclose(file);
	assert_int_equal(counted(folder), 3);
	assert_int_equal(counted("/no/such/folder"), 0);
	assert_int_equal(erasure_key_unknown(store, folder, false, &rows), REASON_NONE);
	assert_int_equal(store_count(rows), 2);
	assert_string_equal(store_text(rows, 1, 0), "A-2");
	assert_true(bytes_equal_text(store_bytes(rows, 1, 1), "{\"n\": 3, \"at\": \"2026-11-22T10:00:00.000000Z\"}"));
	store_free(&rows);

	struct gate gate = gate_look(store, schema, folder, false);
	assert_int_equal(gate.state, GATE_ERASURES);
	assert_int_equal(gate.erasures, 2);
	assert_int_equal(gate.program, gate.schema);
	assert_int_equal(count(store, "select relais.erasure_again('A-1', 'dpo', '{\"n\": 1}')"), 1);
	/* The key is gone and the rows are not yet: while all runs, that is how it goes; a start waits. */
	assert_int_equal(store_run(store, "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open) values ('A-2', '', '', '', now(), 'archived', false)", NULL, 0, NULL), REASON_NONE);
	assert_int_equal(gate_look(store, schema, folder, true).state, GATE_ERASURES);
	assert_int_equal(count(store, "select relais.erasure_begin(array(select id from relais.dossier where ref = 'A-2'), '{r/1}', 'dpo')"), 2);
	assert_int_equal(gate_look(store, schema, folder, true).state, GATE_OPEN);
	assert_int_equal(gate_look(store, schema, folder, false).state, GATE_ERASURES);
	assert_int_equal(count(store, "select relais.erasure_again('A-2', 'dpo', '{\"n\": 3}')"), 2);
	assert_int_equal(gate_look(store, schema, folder, false).state, GATE_OPEN);
	/* A medium that is not there has no list; the database knows that there was one. */
	assert_int_equal(gate_look(store, schema, "/no/such/folder", false).state, GATE_UNKNOWN);
	store_close(&store);
}

/* Nobody knows what it would say: closed. */
static void test_a_list_that_cannot_be_read(void **state)
{
	struct store *store = open_store();
	const char *bad = instance_path(&scratch.instance, "bad"), *odd = instance_path(&scratch.instance, "odd"), *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);
	FILE *file = list_in(odd);

	(void)state;
	assert_int_equal(mkdir(bad, 0700), 0);
	assert_int_equal(mkdir(arena_printf(scratch.arena, "%s/destroyed.jsonl", bad), 0700), 0);
	assert_int_equal(gate_look(store, schema, bad, false).state, GATE_UNKNOWN);
	fputs("{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A-1\\\",x\"}\n", file);
	fclose(file);
	assert_int_equal(gate_look(store, schema, odd, false).state, GATE_UNKNOWN);
	store_close(&store);
}

static int64_t ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The years of a large service: looked at each half minute by the process that watches all others. */
static void test_many(void **state)
{
	enum { MANY = 50000, MOST_MS = 15000 };
	struct store *store = open_store();
	const char *folder = instance_path(&scratch.instance, "many"), *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);
	FILE *file = list_in(folder);

	(void)state;
	for (int i = 0; i < MANY; i++)
		fprintf(file, "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":%d,\"name\":\"dossier:B-2026-%06d-KF\",\"by\":\"dpo\",\"previous\":\"0\"}\n", i + 1, i);
	fclose(file);
	assert_int_equal(counted(folder), MANY);
	int64_t from = ms();
	assert_int_equal(gate_look(store, schema, folder, true).erasures, MANY);
	assert_int_equal(store_run(store, "insert into relais.erasure (number, ref, rule, actor, done_at) select 100 + i, 'B-2026-' || lpad(i::text, 6, '0') || '-KF', 'r', 'x', now() from generate_series(0, 49998) i", NULL, 0, NULL), REASON_NONE);
	assert_int_equal(gate_look(store, schema, folder, false).erasures, 1);
	int64_t took = ms() - from;
	print_message("%d erasures, two looks: %lld ms\n", MANY, (long long)took);
	assert_true(took < MOST_MS);
	store_close(&store);
}

static void test_the_database(void **state)
{
	struct store *store = open_store();
	const char *none = "/no/such/folder", *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);

	(void)state;
	assert_int_equal(count(store, "with u as (delete from relais.erasure returning 1) select count(*) from u"), 2);
	assert_int_equal(store_begin(store), REASON_NONE);
	assert_int_equal(count(store, "with u as (update relais.schema_range set oldest = oldest + 100 returning 1) select count(*) from u"), 1);
	assert_int_equal(gate_look(store, schema, none, false).state, GATE_PROGRAM_OLD);
	store_rollback(store);
	assert_int_equal(gate_look(store, schema, none, false).state, GATE_OPEN);
	struct store *nowhere = store_open("host=/no/such/socket dbname=relais", "test");
	assert_int_equal(gate_look(nowhere, schema, none, false).state, GATE_UNKNOWN);
	store_close(&nowhere);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_range), cmocka_unit_test(test_the_keepers_list), cmocka_unit_test(test_a_list_that_cannot_be_read),
				       cmocka_unit_test(test_the_database), cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

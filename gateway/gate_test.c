/* gateway/gate_test.c - which program may work on which database, and when nothing may. */
#include "gateway/gate.h"

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

static const char *folder_with(const char *name, const char *list)
{
	const char *folder = instance_path(&scratch.instance, name);
	FILE *file;

	assert_int_equal(mkdir(folder, 0700), 0);
	file = fopen(arena_printf(scratch.arena, "%s/destroyed.jsonl", folder), "we");
	assert_non_null(file);
	fputs(list, file);
	fclose(file);
	return folder;
}

static void test_the_keepers_list(void **state)
{
	struct store *store = open_store();
	struct erasure_key *list;
	size_t n;
	const char *folder = folder_with("keeper", "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A-1\",\"by\":\"dpo\",\"previous\":\"0\"}\n"
						   "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":2,\"name\":\"intake:3\",\"by\":\"keeper\",\"previous\":\"0\"}\n"
						   "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":3,\"name\":\"dossier:A-2\",\"by\":\"dpo\",\"previous\":\"0\"}\n"
						   "{\"at\":\"2026-11-22T10:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A-1\",\"by\":\"again\",\"previous\":\"0\"}\n"
						   "{\"at\":\"2026-11-22T10:00:00.0000");

	(void)state;
	assert_int_equal(erasure_key_list(scratch.arena, folder, &list, &n), REASON_NONE);
	assert_int_equal(n, 2);
	assert_string_equal(list[1].ref, "A-2");
	assert_int_equal(list[1].n, 3);
	assert_true(bytes_equal_text(list[1].record, "{\"n\":3,\"at\":\"2026-11-22T10:00:00.000000Z\"}"));
	assert_int_equal(erasure_key_list(scratch.arena, "/no/such/folder", &list, &n), REASON_NONE);
	assert_int_equal(n, 0);

	const char *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);
	struct gate gate = gate_look(store, scratch.arena, schema, folder);
	assert_int_equal(gate.state, GATE_ERASURES);
	assert_int_equal(gate.erasures, 2);
	assert_int_equal(gate.program, gate.schema);
	assert_int_equal(count(store, "select relais.erasure_again('A-1', 'dpo', '{\"n\": 1}') + relais.erasure_again('A-2', 'dpo', '{\"n\": 3}')"), 3);
	assert_int_equal(gate_look(store, scratch.arena, schema, folder).state, GATE_OPEN);
	assert_int_equal(gate_look(store, scratch.arena, schema, "/no/such/folder").state, GATE_OPEN);
	/* A list that is no file cannot be read: nobody knows what it would say. */
	const char *bad = instance_path(&scratch.instance, "bad");
	assert_int_equal(mkdir(bad, 0700), 0);
	assert_int_equal(mkdir(arena_printf(scratch.arena, "%s/destroyed.jsonl", bad), 0700), 0);
	assert_int_equal(gate_look(store, scratch.arena, schema, bad).state, GATE_UNKNOWN);
	store_close(&store);
}

static void test_the_database(void **state)
{
	struct store *store = open_store();
	const char *none = "/no/such/folder", *schema = arena_printf(scratch.arena, "%s/schema", scratch.instance.share);

	(void)state;
	assert_int_equal(store_begin(store), REASON_NONE);
	assert_int_equal(count(store, "with u as (update relais.schema_range set oldest = oldest + 100 returning 1) select count(*) from u"), 1);
	assert_int_equal(gate_look(store, scratch.arena, schema, none).state, GATE_PROGRAM_OLD);
	store_rollback(store);
	assert_int_equal(gate_look(store, scratch.arena, schema, none).state, GATE_OPEN);
	struct store *nowhere = store_open("host=/no/such/socket dbname=relais", "test");
	assert_int_equal(gate_look(nowhere, scratch.arena, schema, none).state, GATE_UNKNOWN);
	store_close(&nowhere);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_range), cmocka_unit_test(test_the_keepers_list), cmocka_unit_test(test_the_database)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

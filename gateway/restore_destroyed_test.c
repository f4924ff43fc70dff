/* gateway/restore_destroyed_test.c - what was destroyed since a copy of the keys was made is in the list again, once, with the number that it had. */
#include "gateway/restore_destroyed.h"

#include "gateway/json_view.h"
#include "gateway/schema_test.h"

static const char *fresh(const char *name)
{
	const char *folder = instance_path(&scratch.instance, name);
	assert_int_equal(mkdir(folder, 0700), 0);
	return folder;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int64_t number_in(const json_t *names, const char *name)
{
	return json_integer_value(json_object_get(names, name));
}

static void test_all_that_know(void **state)
{
	struct store *store = open_store();
	const char *folder = fresh("keys"), *list = arena_printf(scratch.arena, "%s/destroyed.jsonl", folder), *journal = instance_path(&scratch.instance, "k.jsonl");
	json_t *names = json_object();
	size_t added;

	(void)state;
	assert_int_equal(restore_destroyed_read(scratch.arena, "/no/such/folder", "/no/such/journal", names), REASON_NONE);
	assert_int_equal(json_object_size(names), 0);
	put(list, "{\"at\":\"x\",\"n\":4,\"name\":\"dossier:A-4\",\"by\":\"dpo\",\"previous\":\"0\"}\n{\"at\":\"x\",\"n\":5,\"na");
	put(journal, "{\"event\":\"opened\",\"key\":\"dossier:A-1\"}\n{\"event\":\"destroyed\",\"key\":\"dossier:A-3\",\"n\":3}\nodd\n{\"event\":\"destroyed\",\"key\":\"apart:2026-11-01\",\"n\":2}\n");
	assert_int_equal(restore_destroyed_read(scratch.arena, folder, journal, names), REASON_NONE);
	assert_int_equal(count(store, "select relais.erasure_again('A-6', 'dpo', '{\"n\": 6}')"), 1);
	run(store, "insert into relais.keeper_day values ('2026-11-01', now()), ('2026-11-02', now()), ('2026-11-03', null); insert into relais.keeper_intake (n, destroyed_at) values (7, now()), (8, null)");
	assert_int_equal(restore_destroyed_known(store, scratch.arena, names), REASON_NONE);
	assert_int_equal(json_object_size(names), 6);
	assert_true(json_object_get(names, "apart:2026-11-02") != NULL && json_object_get(names, "intake:7") != NULL);
	assert_true(number_in(names, "dossier:A-4") == 4 && number_in(names, "dossier:A-3") == 3 && number_in(names, "apart:2026-11-01") == 2 && number_in(names, "dossier:A-6") == 6);
	/* Over it came the copy, which knew of one. */
	put(list, "{\"at\":\"2026-11-01T00:00:00.000000Z\",\"n\":1,\"name\":\"intake:1\",\"by\":\"keeper\",\"previous\":\"0\"}\n");
	assert_int_equal(restore_destroyed_add(scratch.arena, folder, names, (struct instant){INT64_C(1795262400000000)}, &added), REASON_NONE);
	assert_int_equal(added, 6);
	assert_int_equal(restore_destroyed_add(scratch.arena, folder, names, (struct instant){INT64_C(1795262400000000)}, &added), REASON_NONE);
	assert_int_equal(added, 0);
	json_t *now = json_object();
	assert_int_equal(restore_destroyed_read(scratch.arena, folder, "/no/such/journal", now), REASON_NONE);
	assert_int_equal(json_object_size(now), 7);
	assert_true(number_in(now, "apart:2026-11-02") + number_in(now, "intake:7") == 7 + 8);
	assert_true(number_in(now, "intake:1") == 1 && number_in(now, "dossier:A-6") == 6 && number_in(now, "dossier:A-3") == 3);
	json_decref(now);
	json_decref(names);
	store_close(&store);
}

/* A number that the copy gave to another is not taken from it. */
static void test_numbers(void **state)
{
	const char *folder = fresh("numbers");
	json_t *names = json_pack("{s:i, s:i}", "dossier:A-2", 2, "dossier:A-9", 9), *now = json_object();
	size_t added;

	(void)state;
	put(arena_printf(scratch.arena, "%s/destroyed.jsonl", folder), "{\"at\":\"2026-11-01T00:00:00.000000Z\",\"n\":2,\"name\":\"intake:2\",\"by\":\"keeper\",\"previous\":\"0\"}\n");
	assert_int_equal(restore_destroyed_add(scratch.arena, folder, names, (struct instant){0}, &added), REASON_NONE);
	assert_int_equal(added, 2);
	assert_int_equal(restore_destroyed_read(scratch.arena, folder, "", now), REASON_NONE);
	assert_true(number_in(now, "intake:2") == 2 && number_in(now, "dossier:A-9") == 9 && number_in(now, "dossier:A-2") == 10);
	assert_int_equal(restore_destroyed_add(scratch.arena, "/no/such/folder", names, (struct instant){0}, &added), REASON_IO);
	json_decref(now);
	json_decref(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_that_know), cmocka_unit_test(test_numbers)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

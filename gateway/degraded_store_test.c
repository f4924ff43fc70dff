/* gateway/degraded_store_test.c - the degraded mode ends by itself, and relais status tells it while it lasts. */
#include "gateway/cli_degraded.h"
#include "gateway/schema_test.h"

static void held(struct store *store, const char *reason)
{
	run(store, arena_printf(scratch.arena,
		"with b as (insert into relais.body (size, digest, sealed_key, key_name) values (0, sha256(''), decode(repeat('00', 60), 'hex'), 'apart:2026-11-22') returning id) insert into relais.inbox (body, source, mail_from, recipients, received_at, complete, state, outcome, owner,"
		" reason, facts, decided_at) select id, 'smtp', 'a@b.fr', '{}', now(), true, 'done', 'held', 'nurses', '%s', '{\"notices\": 0}', now() from b", reason));
}

static void test_it_ends_by_itself(void **state)
{
	struct store *store = open_store();

	(void)state;
	held(store, "sig.crl.none");
	held(store, "sig.revoked");
	/* Not while it lasts, nor when another alarm ends. */
	run(store, "select relais.alarm_raise('crl.stale', 'critical', '{}'), relais.alarm_raise('crl.fetch', 'warning', '{}'), relais.alarm_clear('crl.fetch')");
	assert_int_equal(count(store, "select count(*) from relais.inbox where outcome = 'held'"), 2);
	assert_int_equal(count(store, "select relais.alarm_clear('crl.stale')::int"), 1);
	assert_int_equal(count(store, "select count(*) from relais.inbox where state = 'received' and not_before > now() + interval '60 seconds' and reason is null"), 1);
	assert_int_equal(count(store, "select count(*) from relais.inbox where outcome = 'held' and reason = 'sig.revoked'"), 1);
	/* It was over: nothing more. */
	run(store, "update relais.inbox set state = 'done', outcome = 'held', owner = 'nurses', reason = 'sig.crl.none' where state = 'received'");
	assert_int_equal(count(store, "select relais.alarm_clear('crl.stale')::int"), 0);
	assert_int_equal(count(store, "select count(*) from relais.inbox where outcome = 'held'"), 2);
	/* One of which a mail was sent is closed by its own mail later, and is over for this all the same. */
	run(store, "select relais.alarm_raise('crl.stale', 'critical', '{}'), relais.alarm_mailed('crl.stale', now(), 1)");
	assert_int_equal(count(store, "select relais.alarm_clear('crl.stale')::int"), 1);
	assert_int_equal(count(store, "select count(*) from relais.inbox where state = 'received'"), 1);
	store_close(&store);
}

static size_t size_of(const json_t *list, size_t i, const char *key)
{
	return json_array_size(json_object_get(json_array_get(list, i), key));
}

static void test_told(void **state)
{
	json_t *alarms = json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "crl.stale", "severity", "critical", "since", "2026-11-22T10:00:00Z", "name", "machine.disk",
				   "severity", "critical", "since", "2026-11-22T10:00:00Z", "name", "directory.stale", "severity", "critical", "since", "2026-11-22T10:00:00Z");
	json_t *list = cli_degraded(alarms, false);

	(void)state;
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(size_of(list, 0, "waits"), 3);
	assert_int_equal(size_of(list, 0, "goes_on"), 4);
	assert_int_equal(size_of(list, 1, "waits"), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "alarm")), "directory.stale");
	json_decref(list);
	/* A warning: told, and nothing waits. */
	json_object_set_new(json_array_get(alarms, 0), "severity", json_string("warning"));
	list = cli_degraded(alarms, true);
	assert_int_equal(size_of(list, 0, "waits"), 0);
	json_decref(list);
	json_decref(alarms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_ends_by_itself), cmocka_unit_test(test_told)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* gateway/cli_clock_test.c - the clock of a rehearsal: who makes one, who moves it, and that nobody turns it back. */
#include "gateway/cli_clock.h"

#include "gateway/schema_test.h"

enum { DAY = 86400 };

static void test_spans(void **state)
{
	static const struct {
		const char *text, *what;
		int64_t seconds;   /* -1: refused */
	} rows[] = {
		{"12h", "hours", 43200},
		{"3d", "days", 259200},
		{"2d6h30m5s", "all units in their order", 2 * DAY + 6 * 3600 + 30 * 60 + 5},
		{"90m", "more minutes than an hour has", 5400},
		{"0s", "nothing at all", 0},
		{"10950d", "thirty years", 10950LL * DAY},
		{"10950d1s", "a second more", -1},
		{"", "no word", -1},
		{"12", "no unit", -1},
		{"-3d", "backwards", -1},
		{"6h2d", "out of order", -1},
		{"3d3d", "a unit twice", -1},
		{"d", "no number", -1},
		{"1.5d", "a fraction", -1},
		{"3d ", "a space", -1},
		{"99999999999999999999d", "no number of ours", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span span = {-1};
		bool good = cli_clock_span(bytes_of_text(rows[i].text), &span);
		if (good != (rows[i].seconds >= 0) || (good && span.us != rows[i].seconds * 1000000))
			fail_msg("%s (%s): %d, %lld", rows[i].text, rows[i].what, good, (long long)span.us);
	}
}

static enum reason try(struct store *store, const char *sql)
{
	return store_run(store, sql, NULL, 0, NULL);
}

static void become(struct store *store, const char *role)
{
	assert_int_equal(store_script(store, scratch.arena, arena_printf(scratch.arena, "reset role; set role %s", role), NULL), REASON_NONE);
}

/* The schema in a database of its own, made as `relais init --rehearsal` makes it. */
static struct store *rehearsal(const char *name)
{
	struct migrate_report report;

	if (absent != NULL)
		skip();
	struct store *store = store_open(cluster_conninfo(&scratch.instance, "postgres"), "test");
	assert_int_equal(store_script(store, scratch.arena, arena_printf(scratch.arena, "create database %s owner relais_owner", name), NULL), REASON_NONE);
	store_close(&store);
	const char *conninfo = arena_printf(scratch.arena, "%s options='-c relais.rehearsal=yes'", cluster_conninfo(&scratch.instance, name));
	store = store_open(conninfo, "migrate");
	assert_int_equal(migrate_run(store, scratch.arena, arena_printf(scratch.arena, "%s/schema", scratch.instance.share), &report), REASON_NONE);
	store_close(&store);
	return store_open(cluster_conninfo(&scratch.instance, name), "test");
}

static const char *const roles[] = {"relais_receiver", "relais_collector", "relais_worker", "relais_signer", "relais_deliverer", "relais_refresher", "relais_opener"};

static const char *const moves[] = {"select relais.clock_forward(1)", "select relais.clock_until(now() + interval '1 day')",
				    "select relais.clock_move(1)", "update relais.rehearsal set ahead = 1", "insert into relais.rehearsal default values"};

static void test_the_real_clock_stays(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_int_equal(count(store, "select count(*) from relais.clock_state() where not rehearsal and ahead_seconds = 0 and made_at is null"), 1);
	assert_int_equal(count(store, "select count(*) from relais.clock_read() where ahead = 0 and instant - clock_timestamp() between '-1 s' and '0'"), 1);
	/* Whoever he is: the operator, the owner of the tables, the superuser, with the word of init or without. */
	static const char *const people[] = {"relais_operator", "relais_owner", "postgres"};
	for (size_t p = 0; p < sizeof people / sizeof people[0]; p++) {
		become(store, people[p]);
		assert_int_equal(try(store, "select relais.clock_forward(60)"), REASON_CLOCK_REAL);
		assert_int_equal(try(store, "select relais.clock_until(now() + interval '1 day')"), REASON_CLOCK_REAL);
		assert_int_equal(try(store, "insert into relais.rehearsal default values"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_REAL);
		assert_int_equal(try(store, "set relais.rehearsal = 'yes'"), REASON_NONE);
		assert_int_equal(try(store, "insert into relais.rehearsal (ahead) values (1)"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_REAL);
	}
	for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
		become(store, roles[r]);
		for (size_t m = 0; m < sizeof moves / sizeof moves[0]; m++)
			assert_int_equal(try(store, moves[m]), REASON_STORE_REFUSED);
	}
	become(store, "postgres");
	assert_int_equal(count(store, "select count(*) from relais.rehearsal"), 0);
	assert_int_equal(count(store, "select (relais.instant() - clock_timestamp() between '-1 s' and '1 s')::integer"), 1);
	store_close(&store);
}

static void test_forward_by_the_operator_alone(void **state)
{
	struct store *store = rehearsal("forward");

	(void)state;
	assert_int_equal(count(store, "select count(*) from relais.clock_state() where rehearsal and ahead_seconds = 0 and made_at is not null"), 1);
	for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
		become(store, roles[r]);
		for (size_t m = 0; m < sizeof moves / sizeof moves[0]; m++)
			assert_int_equal(try(store, moves[m]), REASON_STORE_REFUSED);
	}
	become(store, "relais_operator");
	assert_int_equal(try(store, "update relais.rehearsal set ahead = 1"), REASON_STORE_REFUSED);
	assert_int_equal(try(store, "select relais.clock_forward(3 * 86400)"), REASON_NONE);
	assert_int_equal(count(store, "select ahead_seconds from relais.clock_state()"), 3 * DAY);
	assert_int_equal(try(store, "select relais.clock_until(clock_timestamp() + interval '5 days')"), REASON_NONE);
	assert_in_range(count(store, "select ahead_seconds from relais.clock_state()"), 5 * DAY, 5 * DAY);
	become(store, "postgres");
	assert_int_equal(count(store, "select (relais.instant() - clock_timestamp() between '4 days 23:59:58' and '5 days 1 s')::integer"), 1);
	assert_int_equal(count(store, "select (instant - clock_timestamp() between '4 days 23:59:59' and '5 days' and ahead = 432000)::integer from relais.clock_read()"), 1);
	store_close(&store);
}

static void test_never_back(void **state)
{
	struct store *store = rehearsal("back");

	(void)state;
	assert_int_equal(try(store, "select relais.clock_forward(86400)"), REASON_NONE);
	static const char *const people[] = {"relais_operator", "relais_owner", "postgres"};
	for (size_t p = 0; p < sizeof people / sizeof people[0]; p++) {
		become(store, people[p]);
		assert_int_equal(try(store, "select relais.clock_forward(-1)"), REASON_CLOCK_BACK);
		assert_int_equal(try(store, "select relais.clock_forward(null)"), REASON_CLOCK_BACK);
		assert_int_equal(try(store, "select relais.clock_until(now())"), REASON_CLOCK_BACK);
		assert_int_equal(try(store, "select relais.clock_forward(10950 * 86400)"), REASON_CLOCK_FAR);
		assert_int_equal(try(store, "update relais.rehearsal set ahead = 0"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_BACK);
		assert_int_equal(try(store, "update relais.rehearsal set made_at = now()"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_BACK);
		assert_int_equal(try(store, "delete from relais.rehearsal"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_REAL);
		assert_int_equal(try(store, "truncate relais.rehearsal"), p == 0 ? REASON_STORE_REFUSED : REASON_CLOCK_REAL);
	}
	become(store, "postgres");
	assert_int_equal(count(store, "select ahead from relais.rehearsal"), DAY);
	store_close(&store);
}

/* What is being decided is written before the clock moves: no event stands behind a later one. */
static void test_waits_for_who_decides(void **state)
{
	struct store *worker = rehearsal("waits"), *operator = store_open(cluster_conninfo(&scratch.instance, "waits"), "test");

	(void)state;
	assert_int_equal(store_begin(worker), REASON_NONE);
	assert_int_equal(try(worker, "select relais.clock_read()"), REASON_NONE);
	assert_int_equal(try(operator, "set lock_timeout = '200ms'"), REASON_NONE);
	assert_int_equal(try(operator, "select relais.clock_forward(1)"), REASON_STORE_CONFLICT);
	assert_int_equal(store_commit(worker), REASON_NONE);
	assert_int_equal(try(operator, "select relais.clock_forward(1)"), REASON_NONE);
	store_close(&worker);
	store_close(&operator);
}

/* Moving the clock writes nothing else: what fell due is found by the worker. */
static void test_dossiers_are_untouched(void **state)
{
	struct store *store = rehearsal("untouched");
	static const char dossier[] =
		"insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, next_due) values ('A-1', '1', '2', 'p', now(), 'offered', now() + interval '12 hours');"
		" insert into relais.dossier_event (dossier, seq, at, kind, actor, rule) select id, 1, now(), 'requested', 'relais', 'r' from relais.dossier";
	static const char all[] = "select hashtextextended((select string_agg(d::text, '') from relais.dossier d) || (select string_agg(e::text, '') from relais.dossier_event e), 0)";

	(void)state;
	assert_int_equal(store_script(store, scratch.arena, dossier, NULL), REASON_NONE);
	int64_t before = count(store, all);
	assert_int_equal(count(store, "select timers::integer from relais.work_due(1, 3600)"), 0);
	assert_int_equal(try(store, "select relais.clock_forward(43200)"), REASON_NONE);
	assert_int_equal(count(store, "select timers::integer from relais.work_due(1, 3600)"), 1);
	assert_int_equal(count(store, all), before);
	assert_int_equal(count(store, "select count(*) from relais.outbox"), 0);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_the_real_clock_stays),
		cmocka_unit_test(test_forward_by_the_operator_alone),
		cmocka_unit_test(test_never_back),
		cmocka_unit_test(test_waits_for_who_decides),
		cmocka_unit_test(test_dossiers_are_untouched),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

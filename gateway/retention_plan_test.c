/* gateway/retention_plan_test.c - the plan over the rows of years: what goes together, what one that stays keeps back, and that it ends in time. */
#include "gateway/retention_plan.h"

#include <string.h>
#include <time.h>

#include "gateway/schema_test.h"

enum { DOSSIERS = 2000, APART = 20000, PLAN_MS = 30000, ONE_MS = 3000 };

static const struct instant far = {INT64_C(4102444800) * 1000000};   /* 2100 */

static struct retention_plan made(struct store *store, const char *only)
{
	struct retention_plan plan;

	assert_int_equal(retention_plan_make(store, scratch.arena, NULL, far, only, true, &plan), REASON_NONE);
	return plan;
}

static const struct retention_item *item_of(const struct retention_plan *plan, const char *ref)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->items[i].ref, ref) == 0)
			return &plan->items[i];
	fail_msg("%s is not in the plan", ref);
	return NULL;
}

/* Closed dossiers with an opinion, each with an address of its own; P-1, P-2, P-3 rest on one message, two by two. */
static void some_dossiers(struct store *store, int n)
{
	run(store, arena_printf(scratch.arena,
		"insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open, events) select 'P-' || i, '2790351215' || lpad(i::text, 5, '0'), '', '', now(), 'archived', false, 1 from generate_series(1, %d) i;"
		" insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, 1, now(), 'released', '{}', 'relais', 'r' from relais.dossier;"
		" insert into relais.relay (local, dossier, party, mailbox) select 'd-' || id || '-x', id, 'patient', 'patient' || id || '@p.fr' from relais.dossier;", n));
}

static void shared_by(struct store *store, const char *one, const char *two)
{
	run(store, arena_printf(scratch.arena,
		"with b as (insert into relais.body (size, digest, sealed_key, key_name) values (1, sha256('x'), decode(repeat('00', 60), 'hex'), 'dossier:P-1') returning id),"
		" i as (insert into relais.inbox (body, source, account, mail_from, recipients, received_at, complete, state, outcome, reason, rule, dossier, decided_at)"
		"  select b.id, 'submission', 'a', 'a@b', '{}', now(), true, 'done', 'filed', 'none', 'r', d.id, now() from b, relais.dossier d where d.ref = '%s' returning id)"
		" insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule, inbox) select d.id, (select max(e.seq) + 1 from relais.dossier_event e where e.dossier = d.id), now(), 'linked', '{}', 'relais', 'r', i.id from i, relais.dossier d where d.ref = '%s'", one, two));
}

static void test_together(void **state)
{
	struct store *store = open_store();
	const struct retention_item **group;

	(void)state;
	some_dossiers(store, 4);
	shared_by(store, "P-1", "P-2");
	shared_by(store, "P-3", "P-2");
	struct retention_plan plan = made(store, NULL);
	for (int i = 1; i <= 4; i++)
		assert_true(retention_item_goes(item_of(&plan, arena_printf(scratch.arena, "P-%d", i))));
	assert_int_equal(retention_plan_group(&plan, scratch.arena, item_of(&plan, "P-3"), &group), 3);
	assert_int_equal(retention_plan_group(&plan, scratch.arena, item_of(&plan, "P-4"), &group), 1);

	/* Alone the others stay, and keep it. */
	plan = made(store, "P-3");
	assert_int_equal(item_of(&plan, "P-3")->answer.wait, RETENTION_SHARED);
	plan = made(store, "P-4");
	assert_true(retention_item_goes(item_of(&plan, "P-4")));

	/* Begun, and then a hold on the last of them: none goes on. */
	run(store, "select relais.erasure_begin(array(select id from relais.dossier where ref in ('P-1', 'P-2', 'P-3') order by id), '{r,r,r}', 'x');"
		   " select relais.hold_set((select id from relais.dossier where ref = 'P-3'), null, 'litige', 'un')");
	plan = made(store, NULL);
	assert_int_equal(item_of(&plan, "P-3")->answer.wait, RETENTION_HELD);
	assert_int_equal(item_of(&plan, "P-1")->answer.wait, RETENTION_SHARED);
	for (int i = 1; i <= 3; i++)
		assert_false(retention_item_goes(item_of(&plan, arena_printf(scratch.arena, "P-%d", i))));
	run(store, "select relais.hold_lift((select id from relais.dossier where ref = 'P-3'), null, 'fini', 'deux')");
	plan = made(store, NULL);
	assert_true(retention_item_goes(item_of(&plan, "P-1")) && item_of(&plan, "P-1")->begun);
	store_close(&store);
}

static struct instant ends_for(struct store *store, const char *birth)
{
	run(store, arena_printf(scratch.arena, "update relais.dossier_event e set data = '{\"patient\": {\"birth_time\": \"%s\"}}', kind = 'requested' from relais.dossier d where d.id = e.dossier and d.ref = 'P-4' and e.seq = 2", birth));
	struct retention_plan plan = made(store, "P-4");
	return item_of(&plan, "P-4")->answer.ends;
}

/* Of a child whose day of birth is not known the file stays as if it were the last that it can be. */
static void test_born_some_day(void **state)
{
	static const struct {
		const char *said, *as;
	} rows[] = {{"2020", "20201231"}, {"202002", "20200229"}, {"202102", "20210228"}, {"202012", "20201231"}, {"202004", "20200430"}};
	struct store *store = open_store();

	(void)state;
	run(store, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, 2, now(), 'requested', '{}', 'relais', 'r' from relais.dossier where ref = 'P-4'");
	assert_true(ends_for(store, "20200101").us < ends_for(store, "20200102").us);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (ends_for(store, rows[i].said).us != ends_for(store, rows[i].as).us)
			fail_msg("%s", rows[i].said);
	store_close(&store);
}

static int64_t ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The statements' own time limit stands: the plan does not come near it. */
static void test_many(void **state)
{
	struct store *store = open_store();

	(void)state;
	run(store, "truncate relais.hold, relais.erasure, relais.relay, relais.dossier_event, relais.dossier, relais.inbox, relais.body cascade");
	some_dossiers(store, DOSSIERS);
	run(store, arena_printf(scratch.arena,
		"insert into relais.body (size, digest, sealed_key, key_name) select 1, sha256('x'), decode(repeat('00', 60), 'hex'), 'apart:2026-11-22' from generate_series(1, %d);"
		" insert into relais.inbox (body, source, account, mail_from, recipients, received_at, complete, state, from_address, class, facts, outcome, reason, rule, decided_at)"
		"  select b.id, 'submission', 'a', 'x@y.fr', '{avis@d.fr}', now(), true, 'done', 'patient' || (b.id %% %d) * 7 || '@p.fr', 'record',"
		"  jsonb_build_object('text', (select string_agg('mot' || n || ' ', '') from generate_series(1, 150) n), 'patient', b.id), 'refused', 'none', 'r', now() from relais.body b", APART, DOSSIERS));
	run(store, "analyze relais.inbox, relais.dossier, relais.dossier_event, relais.relay");   /* as the server does by itself, within minutes */
	int64_t from = ms();
	struct retention_plan plan = made(store, NULL);
	int64_t planned = ms() - from;
	assert_int_equal(plan.n, DOSSIERS + APART);
	assert_true(retention_item_goes(item_of(&plan, "P-1")));

	/* One whose patient wrote ten messages that no dossier has. */
	from = ms();
	run(store, "select relais.erasure_end(n, '{}') from relais.erasure_begin(array(select dossier from relais.relay where mailbox in (select from_address from relais.inbox) order by 1 limit 1), '{r}', 'x') n");
	int64_t erased = ms() - from;
	assert_int_equal(count(store, "select messages from relais.erasure"), APART / DOSSIERS);
	print_message("a plan over %d dossiers and %d messages: %lld ms; one erased: %lld ms\n", DOSSIERS, APART, (long long)planned, (long long)erased);
	assert_true(planned < PLAN_MS && erased < ONE_MS);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_together), cmocka_unit_test(test_born_some_day), cmocka_unit_test(test_many)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

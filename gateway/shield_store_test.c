/* gateway/shield_store_test.c - what the database knows for the identity shield: whose dossier is open, by number and by birth date; that nobody
 * who came meanwhile is missed; what becomes of a stopped mail. */
#include <string.h>

#include "gateway/schema_test.h"

static enum reason tried(struct store *store, const char *sql)
{
	return store_run(store, sql, NULL, 0, NULL);
}

static struct store *begin(void)
{
	struct store *store = open_store();
	assert_int_equal(tried(store, "select 1 from relais.clock_state()"), REASON_NONE);
	const char *said = NULL;
	assert_int_equal(store_script(store, scratch.arena, "delete from relais.outbox; delete from relais.dossier_event; delete from relais.dossier", &said), REASON_NONE);
	return store;
}

/* As the worker opens one: its first event gives the birth date. */
static int64_t dossier(struct store *store, const char *ins, const char *born)
{
	int64_t id = count(store, arena_printf(scratch.arena, "select id from relais.dossier_create('%s', '1.2.250.1.213.1.4.10', 'x', now())", ins));
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.dossier_append(%lld, 1, now(), 'requested', '{\"patient\": {\"ins\": \"%s\", \"birth_time\": \"%s\"}}', 'relais', 'r', null)",
						 (long long)id, ins, born)), REASON_NONE);
	return id;
}

static int64_t found(struct store *store, int64_t own, const char *numbers, const char *days)
{
	return count(store, arena_printf(scratch.arena, "select count(*) from relais.shield_people(%lld, '{%s}', '{%s}', 1001)", (long long)own, numbers, days));
}

static void open_dossiers_are_found(void **state)
{
	struct store *store = begin();
	int64_t own = dossier(store, "279035121518989", "19790328"), twin = dossier(store, "279035121519089", "197903281230"), other = dossier(store, "2790320A2345678", "19600101");

	(void)state;
	assert_int_equal(found(store, own, "", ""), 0);
	assert_int_equal(found(store, own, "2790351215189", ""), 0);
	assert_int_equal(found(store, own, "2790351215190", ""), 1);
	assert_int_equal(found(store, own, "2790320a23456", ""), 1);
	assert_int_equal(found(store, own, "", "19790328"), 1);
	assert_int_equal(found(store, own, "", "19600101,19790328"), 2);
	assert_int_equal(found(store, own, "2790351215190", "19790328"), 1);
	assert_int_equal(found(store, twin, "", "19790328"), 1);
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.dossier_fold(%lld, 'x', 'closed', false, null, null, null, null, null)", (long long)other)), REASON_NONE);
	assert_int_equal(found(store, own, "2790320a23456", "19600101"), 0);
	store_close(&store);
}

/* The plan names the indexes over open dossiers: the past costs nothing. */
static void found_by_index(void **state)
{
	struct store *store = begin();
	const char *said = NULL;
	struct store_rows *rows = NULL;

	(void)state;
	assert_int_equal(store_script(store, scratch.arena,
				      "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open, born) select 'B-' || n, lpad(n::text, 15, '1'), '1', 'x', now(), 'closed', n % 50 = 0,"
				      " to_char(date '1930-01-01' + n % 30000, 'YYYYMMDD') from generate_series(1, 50000) n; analyze relais.dossier", &said), REASON_NONE);
	assert_int_equal(tried(store, "set enable_seqscan = on"), REASON_NONE);
	const char *plans[] = {"explain (costs off) select id from relais.dossier where open and born = any ('{19600101,19610101}')",
			       "explain (costs off) select id from relais.dossier where open and lower(left(ins, 13)) = any ('{1111111112345,1111111112346}')"};
	for (size_t i = 0; i < 2; i++) {
		bool index = false;
		assert_int_equal(store_run(store, plans[i], NULL, 0, &rows), REASON_NONE);
		for (size_t r = 0; r < store_count(rows); r++)
			index |= bytes_contains(store_bytes(rows, r, 0), i == 0 ? BYTES("dossier_born") : BYTES("dossier_number13"));
		store_free(&rows);
		assert_true(index);
	}
	store_close(&store);
}

/* A mail of that dossier, claimed by a session of ours. */
static int64_t mail(struct store *store, int64_t own, int64_t session)
{
	int64_t id = count(store, arena_printf(scratch.arena, "select relais.outbox_add('e%lld', %lld, 1, null, 'M21', 'patient', 'a@b.fr', 'x@y.fr', '<%lld@y.fr>', 'r/1', '{}', '{}', now())",
					       (long long)own, (long long)own, (long long)own));
	assert_int_equal(count(store, arena_printf(scratch.arena, "select outbox from relais.compose_claim(%lld)", (long long)session)), id);
	return id;
}

static enum reason clear(struct store *store, int64_t outbox, int64_t own, const char *days, const char *seen)
{
	return tried(store, arena_printf(scratch.arena, "select relais.shield_clear(%lld, %lld, '{}', '{%s}', 1001, '{%s}', '{\"rule\": \"r\"}', true)", (long long)outbox, (long long)own, days, seen));
}

static bool is(struct store *store, int64_t outbox, const char *what)
{
	return count(store, arena_printf(scratch.arena, "select count(*) from relais.outbox where id = %lld and %s", (long long)outbox, what)) == 1;
}

static void who_came_meanwhile_is_not_missed(void **state)
{
	struct store *store = begin();
	int64_t own = dossier(store, "279035121518989", "19790328"), outbox = mail(store, own, store_session(store));

	(void)state;
	assert_int_equal(clear(store, outbox, own, "19600101", ""), REASON_NONE);
	int64_t other = dossier(store, "160013912345604", "19600101");
	assert_int_equal(clear(store, outbox, own, "19600101", ""), REASON_STORE_CONFLICT);
	assert_int_equal(clear(store, outbox, own, "19610101", ""), REASON_NONE);
	assert_int_equal(clear(store, outbox, own, "19600101", arena_printf(scratch.arena, "%lld", (long long)other)), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'clear'"));
	/* One whose opening another session has not committed is not seen, and counts from its commit on: before the mail's, it is looked again. */
	struct store *beside = open_store();
	assert_int_equal(store_begin(beside), REASON_NONE);
	int64_t late = dossier(beside, "162013912345604", "19620202");
	assert_int_equal(clear(store, outbox, own, "19620202", ""), REASON_NONE);
	assert_int_equal(store_commit(beside), REASON_NONE);
	assert_int_equal(clear(store, outbox, own, "19620202", ""), REASON_STORE_CONFLICT);
	assert_int_equal(clear(store, outbox, own, "19620202", arena_printf(scratch.arena, "%lld", (long long)late)), REASON_NONE);
	store_close(&beside);
	store_close(&store);
}

static void a_stopped_mail_is_a_persons(void **state)
{
	struct store *store = begin();
	int64_t session = store_session(store), own = dossier(store, "279035121518989", "19790328"), outbox = mail(store, own, session);
	const char *stop = arena_printf(scratch.arena, "select relais.shield_stop(%lld, %lld, 'shield.identity', '{}')", (long long)outbox, (long long)session);
	const char *let_go = arena_printf(scratch.arena, "select relais.shield_let_go(%lld, %lld)", (long long)outbox, (long long)own);
	const char *drop = arena_printf(scratch.arena, "select relais.shield_drop(%lld, %lld)", (long long)outbox, (long long)own);
	const char *claim = arena_printf(scratch.arena, "select count(*) from relais.compose_claim(%lld)", (long long)session);
	const char *claimed = arena_printf(scratch.arena, "select outbox from relais.compose_claim(%lld)", (long long)session);

	(void)state;
	assert_int_equal(tried(store, let_go), REASON_OUTBOX_OVER);
	assert_int_equal(tried(store, stop), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'held' and state = 'decided' and session is null"));
	assert_int_equal(count(store, claim), 0);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.outbox_retry(%lld)::int", (long long)outbox)), 0);
	assert_int_equal(count(store, claim), 0);
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.shield_let_go(%lld, %lld)", (long long)outbox, (long long)own + 1)), REASON_OUTBOX_OVER);
	assert_int_equal(tried(store, let_go), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'let-go'"));
	assert_int_equal(count(store, claimed), outbox);
	assert_int_equal(tried(store, stop), REASON_NONE);
	assert_int_equal(tried(store, drop), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'dropped' and state = 'cancelled' and reason = 'shield.dropped' and told"));
	assert_int_equal(tried(store, drop), REASON_OUTBOX_OVER);
	assert_int_equal(count(store, claim), 0);
	store_close(&store);
}

/* What a person lets go is what was shown: these people, or that the mail could not be read. Nothing else passes with it. */
static void a_let_go_is_of_what_was_shown(void **state)
{
	static const struct {
		const char *reason, *look, *is;
	} steps[] = {
		/* What the scanner found says nothing of others: it is searched as any mail. */
		{"mail.virus", "{\"virus\": \"x\"}", "looked is null and look->'passed' is null"},
		{"shield.identity", "{\"people\": [7, 8], \"ref\": \"A-7 A-8\"}", "looked = 'let-go' and look->'passed' = '{\"people\": [7, 8], \"unread\": false}'"},
		{"shield.identity", "{\"people\": [9]}", "looked = 'let-go' and look->'passed' = '{\"people\": [7, 8, 9], \"unread\": false}'"},
		{"mail.virus", "{\"virus\": \"x\"}", "looked = 'let-go' and look->'passed' = '{\"people\": [7, 8, 9], \"unread\": false}'"},
		{"shield.unread", "{\"people\": []}", "looked = 'let-go' and look->'passed' = '{\"people\": [7, 8, 9], \"unread\": true}'"},
	};
	struct store *store = begin();
	int64_t session = store_session(store), own = dossier(store, "279035121518989", "19790328"), outbox = mail(store, own, session);

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.shield_stop(%lld, %lld, '%s', '%s')", (long long)outbox, (long long)session, steps[i].reason, steps[i].look)), REASON_NONE);
		assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.shield_let_go(%lld, %lld)", (long long)outbox, (long long)own)), REASON_NONE);
		if (!is(store, outbox, steps[i].is))
			fail_msg("step %zu: %s", i, steps[i].is);
		assert_int_equal(count(store, arena_printf(scratch.arena, "select count(*) from relais.compose_claim(%lld) c where c.passed is not distinct from (select look->'passed' from relais.outbox where id = %lld)",
							   (long long)session, (long long)outbox)), 1);
	}
	/* That a person had to let it go stays written. */
	assert_int_equal(clear(store, outbox, own, "", ""), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'let-go' and look->>'rule' = 'r'"));
	store_close(&store);
}

static int64_t claimed_by(struct store *store, int64_t session)
{
	assert_int_equal(tried(store, "update relais.outbox set next_at = now()"), REASON_NONE);
	return count(store, arena_printf(scratch.arena, "select outbox from relais.compose_claim(%lld)", (long long)session));
}

/* A scanner, keeper or opener that is away for days ends no mail; a trouble that the mail may bring about itself does after a day; each wait is longer. */
static void who_is_away_ends_nothing(void **state)
{
	struct store *store = begin();
	int64_t session = store_session(store), own = dossier(store, "279035121518989", "19790328"), outbox = mail(store, own, session);
	const char *away = arena_printf(scratch.arena, "select relais.compose_failed(%lld, %lld, 'antivirus.away', false, true, true)", (long long)outbox, (long long)session);
	const char *ours = arena_printf(scratch.arena, "select relais.compose_failed(%lld, %lld, 'local.io', false, true, false)", (long long)outbox, (long long)session);
	static const unsigned pauses[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};

	(void)state;
	assert_int_equal(tried(store, "update relais.outbox set created_at = now() - interval '2 days'"), REASON_NONE);
	for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
		/* One transaction has one now(), however long this machine stands still. */
		assert_int_equal(store_begin(store), REASON_NONE);
		assert_int_equal(tried(store, away), REASON_NONE);
		const char *so = arena_printf(scratch.arena, "state = 'decided' and tries = 0 and next_at between now() + interval '%u s' - interval '1 s' and now() + interval '%u s'", pauses[i], pauses[i]);
		if (!is(store, outbox, so))
			fail_msg("wait %zu: %s", i, so);
		assert_int_equal(store_commit(store), REASON_NONE);
		assert_int_equal(claimed_by(store, session), outbox);
	}
	assert_int_equal(tried(store, ours), REASON_NONE);
	assert_true(is(store, outbox, "tries = 1"));
	assert_int_equal(tried(store, "update relais.outbox set created_at = now() - interval '2 hours'"), REASON_NONE);
	assert_int_equal(claimed_by(store, session), outbox);
	assert_int_equal(tried(store, ours), REASON_NONE);
	assert_true(is(store, outbox, "tries = 1"));
	store_close(&store);
}

/* The same of what came in. */
static void who_is_away_holds_nothing(void **state)
{
	struct store *store = begin();
	const char *said = NULL;
	int64_t session = store_session(store);
	static const struct {
		const char *ours_away, *then;
	} steps[] = {
		{"true, true", "tries = 0 and waits = 1"}, {"true, true", "tries = 0 and waits = 2"},
		{"true, false", "tries = 1 and waits = 3 and not_before > now() + interval '3 s'"}, {"false, false", "tries = 2 and waits = 3 and not_before > now() + interval '1 s'"},
		{"true, true", "tries = 2 and waits = 4 and not_before > now() + interval '7 s'"},
	};

	(void)state;
	assert_int_equal(store_script(store, scratch.arena,
				      "with b as (insert into relais.body (size, digest, sealed_key, key_name) values (0, sha256(''), decode(repeat('00', 60), 'hex'), 'apart:2026-11-22') returning id)"
				      " insert into relais.inbox (body, source, mail_from, recipients, received_at, complete) select id, 'smtp', 'h@x.fr', '{}', now() - interval '2 days', true from b", &said), REASON_NONE);
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		assert_int_equal(tried(store, "update relais.inbox set not_before = now()"), REASON_NONE);
		int64_t inbox = count(store, arena_printf(scratch.arena, "select inbox from relais.work_claim(%lld, 1)", (long long)session));
		assert_int_equal(store_begin(store), REASON_NONE);
		assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.work_release(%lld, %lld, %s)", (long long)inbox, (long long)session, steps[i].ours_away)), REASON_NONE);
		if (count(store, arena_printf(scratch.arena, "select count(*) from relais.inbox where id = %lld and state = 'received' and %s", (long long)inbox, steps[i].then)) != 1)
			fail_msg("step %zu: %s", i, steps[i].then);
		assert_int_equal(store_commit(store), REASON_NONE);
	}
	/* What was claimed behind it, and not tried, stands as it stood. */
	assert_int_equal(tried(store, "update relais.inbox set not_before = now() - interval '1 s'"), REASON_NONE);
	int64_t inbox = count(store, arena_printf(scratch.arena, "select inbox from relais.work_claim(%lld, 1)", (long long)session));
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.work_return(%lld, %lld)", (long long)inbox, (long long)session)), REASON_NONE);
	assert_int_equal(count(store, "select count(*) from relais.inbox where state = 'received' and tries = 2 and waits = 4 and not_before <= now() and session is null"), 1);
	assert_int_equal(store_script(store, scratch.arena, "delete from relais.inbox; delete from relais.body", &said), REASON_NONE);
	store_close(&store);
}

/* A person's act that cannot be done now waits aside: others pass it, each pause is longer, and nobody answers for whoever has it in hand. */
static void an_act_waits_aside(void **state)
{
	struct store *store = begin();
	const char *said = NULL;
	int64_t session = store_session(store);
	const char *claim = arena_printf(scratch.arena, "select coalesce((select c.args->>'n' from relais.command_claim(%lld) c)::bigint, 0)", (long long)session);

	(void)state;
	assert_int_equal(store_script(store, scratch.arena, "insert into relais.command (actor, kind, args) values ('infirmiere', 'return', '{\"n\": 1}'), ('infirmiere', 'return', '{\"n\": 2}')", &said), REASON_NONE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tried(store, "update relais.command set not_before = '-infinity' where args->>'n' = '1'"), REASON_NONE);
		assert_int_equal(count(store, claim), 1);
		assert_int_equal(count(store, "select count(*) from relais.command where args->>'n' = '1' and session is not null"), 1);
		assert_int_equal(store_begin(store), REASON_NONE);
		assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.command_later(c.id, %lld) from relais.command c where args->>'n' = '1'", (long long)session)), REASON_NONE);
		assert_int_equal(count(store, arena_printf(scratch.arena, "select count(*) from relais.command where session is null and waits = %d and not_before between now() + interval '%d s' - interval '1 s' and now() + interval '%d s'",
							   i + 1, 1 << i, 1 << i)), 1);
		assert_int_equal(store_commit(store), REASON_NONE);
	}
	assert_int_equal(count(store, claim), 2);
	/* Who could neither answer nor give it back comes to it again. */
	assert_int_equal(count(store, claim), 2);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select commands::integer from relais.work_due(%lld, 0)", (long long)session)), 0);
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.command_done(c.id, %lld, 'none') from relais.command c where args->>'n' = '1'", (long long)session)), REASON_STORE_CONFLICT);
	assert_int_equal(tried(store, arena_printf(scratch.arena, "select relais.command_done(c.id, %lld, 'none') from relais.command c where args->>'n' = '2'", (long long)session)), REASON_NONE);
	assert_int_equal(count(store, "select count(*) from relais.command where state = 'done' and args->>'n' = '2'"), 1);
	/* Whose connection is gone has it in hand no more. */
	assert_int_equal(tried(store, "update relais.command set session = 2147483646, not_before = '-infinity' where state = 'asked'"), REASON_NONE);
	assert_int_equal(count(store, claim), 1);
	assert_int_equal(store_script(store, scratch.arena, "truncate relais.command", &said), REASON_NONE);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_dossiers_are_found), cmocka_unit_test(found_by_index), cmocka_unit_test(who_came_meanwhile_is_not_missed),
		cmocka_unit_test(a_stopped_mail_is_a_persons), cmocka_unit_test(a_let_go_is_of_what_was_shown), cmocka_unit_test(who_is_away_ends_nothing),
		cmocka_unit_test(who_is_away_holds_nothing), cmocka_unit_test(an_act_waits_aside),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

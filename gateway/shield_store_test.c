/* gateway/shield_store_test.c - what the database knows for the identity shield: whose dossier is open, by number and by birth date; that nobody
 * who came meanwhile is missed; what becomes of a stopped mail. */
#include <string.h>

#include "gateway/schema_test.h"

static enum reason run(struct store *store, const char *sql)
{
	return store_run(store, sql, NULL, 0, NULL);
}

static struct store *begin(void)
{
	struct store *store = open_store();
	assert_int_equal(run(store, "select 1 from relais.clock_state()"), REASON_NONE);
	const char *said = NULL;
	assert_int_equal(store_script(store, scratch.arena, "delete from relais.outbox; delete from relais.dossier_event; delete from relais.dossier", &said), REASON_NONE);
	return store;
}

/* As the worker opens one: its first event gives the birth date. */
static int64_t dossier(struct store *store, const char *ins, const char *born)
{
	int64_t id = count(store, arena_printf(scratch.arena, "select id from relais.dossier_create('%s', '1.2.250.1.213.1.4.10', 'x', now())", ins));
	assert_int_equal(run(store, arena_printf(scratch.arena, "select relais.dossier_append(%lld, 1, now(), 'requested', '{\"patient\": {\"ins\": \"%s\", \"birth_time\": \"%s\"}}', 'relais', 'r', null)",
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
	assert_int_equal(run(store, arena_printf(scratch.arena, "select relais.dossier_fold(%lld, 'x', 'closed', false, null, null, null, null, null)", (long long)other)), REASON_NONE);
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
	assert_int_equal(run(store, "set enable_seqscan = on"), REASON_NONE);
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
	return run(store, arena_printf(scratch.arena, "select relais.shield_clear(%lld, %lld, '{}', '{%s}', 1001, '{%s}', '{\"rule\": \"r\"}', true)", (long long)outbox, (long long)own, days, seen));
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
	store_close(&store);
}

static void a_stopped_mail_is_a_persons(void **state)
{
	struct store *store = begin();
	int64_t session = store_session(store), own = dossier(store, "279035121518989", "19790328"), outbox = mail(store, own, session);
	const char *stop = arena_printf(scratch.arena, "select relais.shield_stop(%lld, %lld, 'shield.identity', '{}')", (long long)outbox, (long long)session);
	const char *infected = arena_printf(scratch.arena, "select relais.shield_stop(%lld, %lld, 'mail.virus', '{}')", (long long)outbox, (long long)session);
	const char *let_go = arena_printf(scratch.arena, "select relais.shield_let_go(%lld, %lld)", (long long)outbox, (long long)own);
	const char *drop = arena_printf(scratch.arena, "select relais.shield_drop(%lld, %lld)", (long long)outbox, (long long)own);
	const char *claim = arena_printf(scratch.arena, "select count(*) from relais.compose_claim(%lld)", (long long)session);
	const char *claimed = arena_printf(scratch.arena, "select outbox from relais.compose_claim(%lld)", (long long)session);

	(void)state;
	assert_int_equal(run(store, let_go), REASON_OUTBOX_OVER);
	assert_int_equal(run(store, stop), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'held' and state = 'decided' and session is null"));
	assert_int_equal(count(store, claim), 0);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.outbox_retry(%lld)::int", (long long)outbox)), 0);
	assert_int_equal(count(store, claim), 0);
	assert_int_equal(run(store, arena_printf(scratch.arena, "select relais.shield_let_go(%lld, %lld)", (long long)outbox, (long long)own + 1)), REASON_OUTBOX_OVER);
	assert_int_equal(run(store, let_go), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'let-go'"));
	assert_int_equal(count(store, claimed), outbox);
	/* What a person lets go of the scanner's finds was not searched for others: it is, as any mail. */
	assert_int_equal(run(store, infected), REASON_NONE);
	assert_int_equal(run(store, let_go), REASON_NONE);
	assert_true(is(store, outbox, "looked is null"));
	assert_int_equal(count(store, claimed), outbox);
	assert_int_equal(run(store, stop), REASON_NONE);
	assert_int_equal(run(store, drop), REASON_NONE);
	assert_true(is(store, outbox, "looked = 'dropped' and state = 'cancelled' and reason = 'shield.dropped' and told"));
	assert_int_equal(run(store, drop), REASON_OUTBOX_OVER);
	assert_int_equal(count(store, claim), 0);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_dossiers_are_found), cmocka_unit_test(found_by_index), cmocka_unit_test(who_came_meanwhile_is_not_missed),
		cmocka_unit_test(a_stopped_mail_is_a_persons),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* gateway/service_store_test.c - the figures of a day and the list for the telephone: what they count, and that a long past is not read for them. */
#include "gateway/schema_test.h"

/* Dossiers, their first and last events, messages and mails of a day that lies so long ago; one in a hundred is open and late. */
#define DAY(from, until, ago)                                                                                                                       \
	"insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open, due_at) select 'X' || n, n::text, '1', 'p', now() - interval '" ago "'," \
	" 'closed', n % 100 = 0, now() - interval '" ago "' + interval '1 hour' from generate_series(" #from ", " #until ") n;"                           \
	"insert into relais.dossier_event (dossier, seq, at, kind, actor, rule) select d.id, k, now() - interval '" ago "',"                                 \
	" (array['requested', 'triaged', 'released'])[k], 'relais', 'r' from relais.dossier d, generate_series(1, 3) k where substr(d.ref, 2)::integer between " \
	#from " and " #until ";"                                                                                                                             \
	"insert into relais.body (sealed_key, key_name, size, digest) select decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1, sha256(('m' || n)::bytea) from generate_series(" #from ", " #until ") n;"                         \
	"insert into relais.inbox (body, source, mail_from, recipients, received_at, complete, state, outcome) select b.id, 'smtp', 'a@b.fr', '{}',"         \
	" now() - interval '" ago "', true, 'done', case when b.id % 2 = 0 then 'refused' else 'applied' end from relais.body b"                              \
	" where not exists (select from relais.inbox i where i.body = b.id);"                                                                                \
	"insert into relais.outbox (effect, dossier, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, created_at, state," \
	" ended_at) select 'e' || n, n, 1, 'M17', 'patient', 'a@b.fr', 'b.fr', 'x@y.fr', 'm' || n, 'v' || n, 'r', '{}', now(), 'failed', now() - interval '" ago "'" \
	" from generate_series(" #from ", " #until ") n;"

static int64_t rows_read(struct store *store)
{
	run(store, "select pg_stat_force_next_flush()");
	return count(store, "select sum(idx_tup_fetch + seq_tup_read)::bigint from pg_stat_user_tables where schemaname = 'relais'");
}

static void a_long_past_is_not_read(void **state)
{
	struct store *store = open_store();
	(void)state;

	run(store, DAY(1, 20000, "100 days"));
	run(store, DAY(20001, 20050, "3 hours"));
	run(store, "insert into relais.outbox (effect, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, created_at, state, warned_at)"
		   " select 'w' || n, 'M95', 'operator', 'a@b.fr', 'b.fr', 'x@y.fr', 'w' || n, 'w' || n, 'r', '{}', now() - n * interval '1 hour', 'decided',"
		   " case when n > 2 then now() end from generate_series(1, 5) n;"
		   "analyze relais.dossier, relais.dossier_event, relais.inbox, relais.outbox");
	int64_t before = rows_read(store);
#define FIGURES(what) count(store, "select (" what ")::bigint from relais.service_figures(now() - interval '1 day', now()) f")
	assert_int_equal(FIGURES("f.received"), 50);
	assert_int_equal(FIGURES("f.refused"), 25);
	assert_int_equal(FIGURES("f.failed"), 50);
	assert_int_equal(FIGURES("f.sent"), 0);
	assert_int_equal(FIGURES("f.waiting"), 5);
	assert_int_equal(FIGURES("round(extract(epoch from now() - f.oldest) / 3600)"), 5);
	assert_int_equal(FIGURES("f.opened"), 50);
	assert_int_equal(FIGURES("f.released"), 50);
	assert_int_equal(FIGURES("f.open_dossiers"), 200);
	assert_int_equal(FIGURES("f.late"), 200);
	assert_int_equal(count(store, "select count(*) from relais.phone_list()"), 200);
	int64_t read = rows_read(store) - before;
	if (read > 11 * 2000)
		fail_msg("%lld rows were read for eleven looks at one day of 50", (long long)read);
	before = rows_read(store);
	assert_int_equal(count(store, "select count(*) from relais.figures_dossiers(0, 1000, now() - interval '1 day', now())"), 50);
	read = rows_read(store) - before;
	/* Each dossier is asked once whether anything happened in it then: not each event of each. */
	if (read > 20050 + 50 * 100)
		fail_msg("%lld rows were read for 50 dossiers of 20050", (long long)read);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_long_past_is_not_read)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

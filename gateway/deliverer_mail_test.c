/* gateway/deliverer_mail_test.c - which mail is claimed next, by which domain it goes, and how long a server's refusal of us is told. */
#include "gateway/deliverer_mail.h"

#include "gateway/schema_test.h"

/* Numbers from..until-1 to "a@<domain>", sealed; the lower the number, the longer due. */
#define SEALED                                                                                                                              \
	"with b as (insert into relais.body (sealed_key, key_name, size, digest) select decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1, sha256(g::text::bytea) from generate_series(%d, %d) g returning id)"    \
	" insert into relais.outbox (effect, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request,"           \
	" created_at, state, next_at, head, entity, seal, sent_digest) select 'e' || n, 'M95', 'operator', 'a@%s', '%s', 'x@y.fr', 'm' || n,"   \
	" 'v' || n, 'r', '{}', now(), 'sealed', now() - interval '1 day' + n * interval '1 second', 'h', id, 's', 'd'"                       \
	" from (select id, row_number() over (order by id) + %d - 1 as n from b) x"

static void fill(struct store *store, int from, int until, const char *domain)
{
	run(store, arena_printf(scratch.arena, SEALED, from, until - 1, domain, domain, from));
}

/* The number in the Message-ID; 0: nothing is due. */
static uint64_t claim(struct store *store, const struct bytes *domains, size_t n)
{
	struct arena *arena = arena_create(1 << 20);
	struct deliverer_mail mail;
	uint64_t number = 0;
	bool found;

	assert_int_equal(deliverer_mail_claim(store, arena, domains, n, &mail, &found), REASON_NONE);
	assert_true(!found || bytes_number(bytes_from(mail.message_id, 1), INT64_MAX, &number));
	arena_destroy(&arena);
	return number;
}

/* Over all domains of a hop, the longest due first; each once. */
static void test_order(void **state)
{
	const struct bytes domains[] = {BYTES("b.fr"), BYTES("a.fr"), BYTES("none.fr")};
	struct store *store = open_store();

	(void)state;
	fill(store, 10, 12, "a.fr");
	fill(store, 9, 10, "b.fr");
	fill(store, 12, 13, "b.fr");
	fill(store, 1, 2, "another.fr");
	for (uint64_t n = 9; n < 13; n++)
		assert_int_equal(claim(store, domains, 3), n);
	assert_int_equal(claim(store, domains, 3), 0);
	store_close(&store);
	run(store = open_store(), "delete from relais.outbox_attempt; delete from relais.outbox");
	store_close(&store);
}

/* The mail with which a process died is due at once, but behind the others: it must not stop them for ever. */
static void test_died(void **state)
{
	const struct bytes domain = BYTES("a.fr");
	struct store *store = open_store();

	(void)state;
	fill(store, 20, 23, "a.fr");
	assert_int_equal(claim(store, &domain, 1), 20);
	store_close(&store);
	store = open_store();
	assert_int_equal(claim(store, &domain, 1), 21);
	assert_int_equal(claim(store, &domain, 1), 22);
	assert_int_equal(claim(store, &domain, 1), 20);
	run(store, "delete from relais.outbox_attempt; delete from relais.outbox");
	store_close(&store);
}

/* What is asked for each mail must not grow with the mails that wait. */
static void test_many(void **state)
{
	const struct bytes domain = BYTES("a.fr");
	struct store *store = open_store();

	(void)state;
	fill(store, 1000, 21000, "a.fr");
	run(store, "analyze relais.outbox; set statement_timeout = '4s'");
	for (uint64_t n = 1000; n < 1005; n++)
		assert_int_equal(claim(store, &domain, 1), n);
	run(store, "select pg_stat_force_next_flush()");
	int64_t before = count(store, "select idx_tup_fetch + seq_tup_read from pg_stat_user_tables where relname = 'outbox'");
	for (uint64_t n = 1005; n < 1025; n++)
		assert_int_equal(claim(store, &domain, 1), n);
	run(store, "select pg_stat_force_next_flush()");
	int64_t read = count(store, "select idx_tup_fetch + seq_tup_read from pg_stat_user_tables where relname = 'outbox'") - before;
	if (read > 20 * 200)
		fail_msg("%lld rows were read for 20 mails", (long long)read);
	run(store, "delete from relais.outbox_attempt; delete from relais.outbox");
	store_close(&store);
}

static void test_domain(void **state)
{
	static const struct {
		const char *recipient, *domain;
	} cases[] = {{"a@B.fr", "b.fr"}, {"\"x@evil.fr\"@b.fr", "b.fr"}, {"\"x@evil.fr@\"@B.fr", "b.fr"}};
	struct store *store = open_store();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		run(store, arena_printf(scratch.arena, "select relais.outbox_add('q%zu', null, null, null, 'M95', 'operator', '%s', 'x@y.fr', 'q%zu', 'r', '{}', '{}', now())",
					i, cases[i].recipient, i));
		assert_int_equal(count(store, arena_printf(scratch.arena, "select count(*) from relais.outbox where effect = 'q%zu' and domain = '%s'", i, cases[i].domain)), 1);
	}
	run(store, "delete from relais.outbox");
	store_close(&store);
}

/* Over when that host takes a mail, or when nobody was refused for a day: its mail was given up, or goes elsewhere. */
static void test_refused_by_a_host(void **state)
{
	static const char open[] = "select count(*) from relais.alarm where name = 'deliver.ours'";
	struct store *store = open_store();

	(void)state;
	run(store, "select relais.deliver_ours('mx.a.fr', 'deliver.ours')");
	run(store, "select relais.deliver_ours('mx.b.fr', 'none')");
	assert_int_equal(count(store, open), 1);
	run(store, "select relais.deliver_ours('mx.a.fr', 'none')");
	assert_int_equal(count(store, open), 0);
	run(store, "select relais.deliver_ours('mx.a.fr', 'deliver.peer')");
	run(store, "update relais.alarm set seen_at = now() - interval '25 hours'");
	run(store, "select relais.deliver_ours('mx.b.fr', 'none')");
	assert_int_equal(count(store, open), 0);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),  cmocka_unit_test(test_died),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_domain), cmocka_unit_test(test_refused_by_a_host),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

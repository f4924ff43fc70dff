/* gateway/work_apply_test.c - mails that may leave no more: a consent that ended, a version of the report that another took the place of. */
#include "gateway/schema_test.h"

static const char dossier[] = "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state) values ('A-1', '1', '2', 'p', now(), 'released');"
			      " insert into relais.dossier_event (dossier, seq, at, kind, actor, rule) select id, n, now(), 'opened', 'relais', 'r'"
			      " from relais.dossier, generate_series(1, 9) n";

/* One to a party in a state, with a version of the report. */
#define MAIL                                                                                                                                         \
	"with b as (insert into relais.body (size, digest) values (1, sha256('%s%s%d'::bytea)) returning id)"                                         \
	" insert into relais.outbox (effect, dossier, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request,"     \
	" created_at, state, next_at, session, head, entity, seal, sent_digest, reason) select '%s%s%d', d.id, 1, 'M64', '%s', 'a@b.fr', 'b.fr',"       \
	" 'x@y.fr', '%s%s%d', '%s%s%d', 'r', '{\"report\": {\"version\": %d}}', now(), '%s', now() - interval '1 minute',"                              \
	" case when '%s' = 'sending' then 7 end, 'h', b.id, 's', 'd', case when '%s' = 'failed' then 'deliver.refused' end from relais.dossier d, b"

static void run(struct store *store, const char *sql)
{
	assert_int_equal(store_script(store, scratch.arena, sql, NULL), REASON_NONE);
}

static void add(struct store *store, const char *party, const char *state, int version)
{
	run(store, arena_printf(scratch.arena, MAIL, party, state, version, party, state, version, party, party, state, version, party, state, version, version, state, state,
				state));
}

static struct store *begin(void)
{
	struct store *store = open_store();
	run(store, "delete from relais.outbox_attempt; delete from relais.sign_journal; delete from relais.outbox; delete from relais.dossier_event; delete from relais.dossier");
	run(store, dossier);
	return store;
}

static int64_t cancelled(struct store *store, const char *party, int version)
{
	return count(store, arena_printf(scratch.arena, "select count(*) from relais.outbox where state = 'cancelled' and told and party = '%s' and message_id like '%%%d'",
					 party, version));
}

static void cancel_reports(struct store *store, int version)
{
	run(store, arena_printf(scratch.arena, "select relais.report_cancel(id, %d, now()) from relais.dossier", version));
}

/* The second version goes to the patient once more; to the physician it is still on its way. */
static void test_the_same_version_goes_on(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "attending", "sealed", 2);
	add(store, "attending", "sealed", 1);
	cancel_reports(store, 2);
	assert_int_equal(cancelled(store, "attending", 2), 0);
	assert_int_equal(cancelled(store, "attending", 1), 1);
	store_close(&store);
}

/* Nobody sends the older version behind the newer by trying a failed mail again. */
static void test_a_failed_older_version_stays(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "attending", "failed", 1);
	cancel_reports(store, 2);
	assert_int_equal(cancelled(store, "attending", 1), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where reason = 'deliver.refused' and not relais.outbox_retry(id)"), 1);
	store_close(&store);
}

static void result(struct store *store, const char *party, const char *what)
{
	run(store, arena_printf(scratch.arena, "insert into relais.outbox_attempt (outbox, number) select id, 0 from relais.outbox where party = '%s'", party));
	run(store, arena_printf(scratch.arena,
				"select relais.deliver_result(id, 7, '%s', 'none', 250, '', '', null, null, '', now(), false) from relais.outbox where party = '%s'", what, party));
}

/* A mail is in a session while its consent ends: accepted there, it has left; put off there, it is not tried again. */
static void test_a_consent_that_ends_during_a_session(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "attending", "sending", 1);
	add(store, "first-opinion", "sending", 1);
	run(store, "update relais.outbox set proof = 2");
	run(store, "select relais.outbox_cancel(id, null, now()) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sending'"), 2);
	result(store, "attending", "later");
	result(store, "first-opinion", "accepted");
	assert_int_equal(cancelled(store, "attending", 1), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where reason = 'consent.none' and ended_at is not null"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'accepted'"), 1);
	store_close(&store);
}

/* The deliverer dies in that session: its mail is not claimed again, and the next one is. */
static void test_a_consent_that_ends_before_a_crash(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "attending", "sending", 1);
	run(store, "select relais.outbox_cancel(id, null, now()) from relais.dossier");
	add(store, "patient", "sealed", 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr']) where message_id like 'patient%'"), 1);
	assert_int_equal(cancelled(store, "attending", 1), 1);
	store_close(&store);
}

/* Who acts for the patient is asked for again at the second of sending. */
static void test_a_mandate_at_the_second_of_sending(void **state)
{
	static const struct {
		const char *what, *events;
		int64_t sent;
	} rows[] = {
		{"named, without an end", "('representative_named', '{\"id\": \"r1\", \"mailbox\": \"a@b.fr\", \"informed_only\": false}')", 1},
		{"named, and the end is to come", "('representative_named', jsonb_build_object('id', 'r1', 'mailbox', 'A@b.fr', 'until', relais.instant() + interval '1 minute'))", 1},
		{"its end has passed meanwhile", "('representative_named', jsonb_build_object('id', 'r1', 'mailbox', 'a@b.fr', 'until', relais.instant() - interval '1 second'))", 0},
		{"it has not begun", "('representative_named', jsonb_build_object('id', 'r1', 'mailbox', 'a@b.fr', 'from', relais.instant() + interval '1 hour'))", 0},
		{"ended by a person", "('representative_named', '{\"id\": \"r1\", \"mailbox\": \"a@b.fr\"}'), ('representative_ended', '{\"id\": \"r1\"}')", 0},
		{"another has ended", "('representative_named', '{\"id\": \"r1\", \"mailbox\": \"a@b.fr\"}'), ('representative_ended', '{\"id\": \"r2\"}')", 1},
		{"he has another mailbox since", "('representative_named', '{\"id\": \"r1\", \"mailbox\": \"a@b.fr\"}'), ('representative_named', '{\"id\": \"r1\", \"mailbox\": \"c@b.fr\"}')", 0},
		{"told of the request alone", "('representative_named', '{\"id\": \"r1\", \"mailbox\": \"a@b.fr\", \"informed_only\": true}')", 0},
		{"nobody", "('opened', '{}')", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct store *store = begin();
		run(store, arena_printf(scratch.arena, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select d.id, 10 + x.n, now(), x.k, x.d::jsonb, 'relais', 'r'"
							" from relais.dossier d, (select v.*, row_number() over () from (values %s) v) x (k, d, n)", rows[i].events));
		add(store, "representative", "sealed", 1);
		int64_t sent = count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])");
		if (sent != rows[i].sent || cancelled(store, "representative", 1) != 1 - rows[i].sent)
			fail_msg("%s", rows[i].what);
		store_close(&store);
	}
}

#define CHANNEL                                                                                                             \
	"insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, %d, now(), 'channel_changed'," \
	" '{\"party\": \"patient\", \"channel\": \"%s\"}', 'relais', 'r' from relais.dossier"

/* The print station is for who is reached on paper, and as long as he is. */
static void test_letters(void **state)
{
	(void)state;
	struct store *store = begin();
	const char *asked = "select coalesce(sum((relais.sign_letter(id, 'patient'))::integer), 0) from relais.dossier";

	assert_int_equal(count(store, asked), 0);
	run(store, arena_printf(scratch.arena, CHANNEL, 10, "paper"));
	assert_int_equal(count(store, asked), 1);
	assert_int_equal(count(store, "select coalesce(sum((relais.sign_letter(id, 'attending'))::integer), 0) from relais.dossier"), 0);
	run(store, arena_printf(scratch.arena, CHANNEL, 11, "mail"));
	assert_int_equal(count(store, asked), 0);
	store_close(&store);
}

static int64_t due(struct store *store)
{
	return count(store, "select coalesce(sum(mails), 0)::bigint from relais.deliver_due(9)");
}

/* A dossier is frozen while one of its mails is in a session and another is being sealed: put off, sealed and tried again by hand they stay,
 * and open again each leaves once. Whom to call in an emergency waits for nothing. */
static void test_a_freeze_holds_whatever_happens_meanwhile(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "attending", "sending", 1);
	add(store, "first-opinion", "composed", 1);
	add(store, "expert", "failed", 1);
	add(store, "requester", "sealed", 1);
	add(store, "patient", "sealed", 1);
	run(store, "update relais.outbox set code = 'M33' where party = 'patient'; update relais.outbox set sent_digest = null, seal = null where state = 'composed'");
	assert_int_equal(count(store, "select count(*) from relais.sign_claim(7)"), 1);
	run(store, "select relais.outbox_freeze(id, true) from relais.dossier");
	result(store, "attending", "later");
	run(store, "select relais.sign_done(id, 7, 's', 'd', 'f') from relais.outbox where party = 'first-opinion'");
	run(store, "select relais.outbox_retry(id) from relais.outbox where party in ('expert', 'requester')");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed'"), 5);
	assert_int_equal(due(store), 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr']) where message_id like 'patient%'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])"), 0);
	run(store, "update relais.outbox set state = 'accepted', proof = 2, reply_code = 250, told = true where party = 'patient'");
	run(store, "select relais.outbox_freeze(id, true) from relais.dossier; select relais.outbox_freeze(id, false) from relais.dossier");
	assert_int_equal(due(store), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])"), 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])"), 0);
	store_close(&store);
}

/* An expert who lost the dossier is asked to delete it, though his mailbox was away when the next one lost it too. */
static void test_a_demand_to_delete_stands(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "expert", "sealed", 1);
	run(store, "update relais.outbox set code = 'M18'");
	add(store, "expert", "sealed", 2);
	add(store, "patient", "sealed", 1);
	run(store, "update relais.outbox set code = 'M33' where party = 'patient'");
	run(store, "select relais.outbox_cancel(id, 'expert', now()), relais.outbox_cancel_mailbox(id, 'a@b.fr', now()), relais.outbox_cancel(id, null, now()) from relais.dossier");
	assert_int_equal(cancelled(store, "expert", 2), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed'"), 2);
	run(store, "update relais.dossier_event set kind = 'died' where seq = 9");
	run(store, "select relais.outbox_cancel(id, null, now()) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed' and code = 'M18'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed'"), 1);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_version_goes_on),
		cmocka_unit_test(test_a_failed_older_version_stays),
		cmocka_unit_test(test_a_consent_that_ends_during_a_session),
		cmocka_unit_test(test_a_consent_that_ends_before_a_crash),
		cmocka_unit_test(test_a_mandate_at_the_second_of_sending),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_a_freeze_holds_whatever_happens_meanwhile),
		cmocka_unit_test(test_a_demand_to_delete_stands),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

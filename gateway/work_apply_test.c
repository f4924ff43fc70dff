/* gateway/work_apply_test.c - mails that may leave no more: a consent that ended, a version of the report that another took the place of; and what is
 * proved of those that left. */
#include "gateway/schema_test.h"

static const char dossier[] = "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state) values ('A-1', '1', '2', 'p', now(), 'released');"
			      " insert into relais.dossier_event (dossier, seq, at, kind, actor, rule) select id, n, now(), 'opened', 'relais', 'r'"
			      " from relais.dossier, generate_series(1, 9) n";

/* One to a party in a state, with a version of the report. */
#define MAIL                                                                                                                                         \
	"with b as (insert into relais.body (sealed_key, key_name, size, digest) values (decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1, sha256('%s%s%d'::bytea)) returning id)"                                         \
	" insert into relais.outbox (effect, dossier, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request,"     \
	" created_at, state, next_at, session, head, entity, seal, sent_digest, reason) select '%s%s%d', d.id, 1, 'M64', '%s', 'a@b.fr', 'b.fr',"       \
	" 'x@y.fr', '%s%s%d', '%s%s%d', 'r', '{\"report\": {\"version\": %d}}', now(), '%s', now() - interval '1 minute',"                              \
	" case when '%s' = 'sending' then 7 end, 'h', b.id, 's', 'd', case when '%s' = 'failed' then 'deliver.refused' end from relais.dossier d, b"

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
	run(store, "select relais.sign_done(id, 7, 's', 'd', 'f', null, null, null, null, null) from relais.outbox where party = 'first-opinion'");
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

/* Whom the patient takes the report from he is still the physician who asked: what his request lacks, and the expert's question, go on. */
static void test_the_physician_who_asked_loses_the_report_alone(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "requester", "sealed", 1);
	run(store, "update relais.outbox set code = 'M63'");
	add(store, "requester", "sealed", 2);
	run(store, "update relais.outbox set code = 'M64' where code <> 'M63'");
	run(store, "select relais.outbox_cancel(id, 'requester', now()) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed' and code = 'M63'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'cancelled' and code = 'M64'"), 1);
	run(store, "select relais.outbox_cancel(id, null, now()) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed'"), 0);
	store_close(&store);
}

#define DOCUMENT                                                                                                                                     \
	"with b as (insert into relais.body (sealed_key, key_name, size, digest) values (decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1, sha256('doc%d'::bytea)) returning id),"                                         \
	" i as (insert into relais.inbox (body, source, mail_from, recipients, received_at, complete) select id, 'smtp', 'h@x.fr', '{}', now(), true from b returning id)" \
	" insert into relais.dossier_document (dossier, document, inbox, digest) select d.id, 'doc-%d', i.id, 'h%d' from relais.dossier d, i"

/* A mail to a party carries those documents, and the PDF of its dossier tells of the others. */
static void carry(struct store *store, const char *party, const char *key, int document)
{
	run(store, arena_printf(scratch.arena,
				"update relais.outbox o set attach = jsonb_build_object('%s', jsonb_build_array(jsonb_build_object('inbox', d.inbox, 'digest', d.digest)))"
				" from relais.dossier_document d where d.document = 'doc-%d' and o.party = '%s'", key, document, party));
}

static void withdraw(struct store *store, int document)
{
	run(store, arena_printf(scratch.arena, "select relais.document_withdraw(id, 'doc-%d'), relais.outbox_cancel_document(id, 'doc-%d', now()) from relais.dossier", document, document));
}

static int64_t to_decide(struct store *store, const char *party)
{
	return count(store, arena_printf(scratch.arena, "select count(*) from relais.outbox where state = 'cancelled' and not told and reason = 'dossier.document.stopped' and party = '%s'", party));
}

/* Whatever carries it, or tells of it, stays, wherever it is on its way; the dossier hears of each, and of nothing else. */
static void test_a_document_that_is_taken_back(void **state)
{
	static const char *const parties[] = {"expert", "standby", "attending", "requester", "first_opinion"};
	static const char *const states[] = {"sealed", "failed", "sealed", "sealed", "sending"};
	struct store *store = begin();

	(void)state;
	run(store, "delete from relais.dossier_document");
	for (int i = 1; i <= 2; i++)
		run(store, arena_printf(scratch.arena, DOCUMENT, i, i, i));
	for (size_t i = 0; i < 5; i++) {
		add(store, parties[i], states[i], 1);
		carry(store, parties[i], i == 2 ? "elsewhere" : "documents", i == 3 ? 2 : 1);
	}
	withdraw(store, 1);
	assert_int_equal(to_decide(store, "expert"), 1);
	assert_int_equal(to_decide(store, "standby"), 1);
	assert_int_equal(to_decide(store, "attending"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed' and party = 'requester'"), 1);
	/* In a session it is past stopping; put off there, it is decided again at once. */
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sending'"), 1);
	result(store, "first_opinion", "later");
	assert_int_equal(to_decide(store, "first_opinion"), 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])"), 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(count(store, "select count(*) from relais.work_due(9, 3600) where outcomes"), 1);
		assert_int_equal(count(store, "select count(*) from relais.outcome_claim(now() - interval '1 hour') c, lateral (select relais.outcome_told(c.outbox)) t"
					       " where c.state = 'cancelled' and jsonb_typeof(c.carried) = 'object'"), 1);
	}
	assert_int_equal(count(store, "select count(*) from relais.outcome_claim(now() - interval '1 hour')"), 0);
	run(store, "delete from relais.outbox_attempt; delete from relais.outbox; delete from relais.dossier_document");
	store_close(&store);
}

/* While a dossier is frozen nothing is decided again; then it is. */
static void test_a_document_that_is_taken_back_in_a_freeze(void **state)
{
	struct store *store = begin();

	(void)state;
	run(store, "delete from relais.dossier_document");
	run(store, arena_printf(scratch.arena, DOCUMENT, 1, 1, 1));
	add(store, "expert", "sealed", 1);
	carry(store, "expert", "documents", 1);
	run(store, "select relais.outbox_freeze(id, true) from relais.dossier");
	withdraw(store, 1);
	assert_int_equal(count(store, "select count(*) from relais.outcome_claim(now() - interval '1 hour')"), 0);
	run(store, "select relais.outbox_freeze(id, false) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outcome_claim(now() - interval '1 hour') where state = 'cancelled'"), 1);
	run(store, "delete from relais.outbox; delete from relais.dossier_document");
	store_close(&store);
}

/* A deliverer dies with a mail whose document was taken back: it is not sent again, and its dossier decides. */
static void test_a_document_that_is_taken_back_before_a_crash(void **state)
{
	struct store *store = begin();

	(void)state;
	run(store, "delete from relais.dossier_document");
	run(store, arena_printf(scratch.arena, DOCUMENT, 1, 1, 1));
	add(store, "expert", "sending", 1);
	carry(store, "expert", "documents", 1);
	withdraw(store, 1);
	assert_int_equal(count(store, "select count(*) from relais.deliver_claim(8, array['b.fr'])"), 0);
	assert_int_equal(to_decide(store, "expert"), 1);
	run(store, "delete from relais.outbox; delete from relais.dossier_document");
	store_close(&store);
}

/* Two experts never hold one offer: what was offered to the first and has not left stays, and says why. */
static void test_an_offer_that_is_over(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "expert", "sealed", 1);
	add(store, "standby", "sealed", 1);
	add(store, "attending", "sealed", 1);
	run(store, "update relais.outbox set code = 'M10' where party = 'expert'; update relais.outbox set code = 'M10', recipient = 'c@b.fr' where party = 'standby'");
	add(store, "expert", "failed", 2);
	run(store, "update relais.outbox set code = 'M11' where message_id like 'expertfailed%'");
	run(store, "select relais.outbox_cancel_offer(id, 'A@b.fr', now()) from relais.dossier");
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'cancelled' and told and reason = 'dossier.offer.over' and code = 'M10' and party = 'expert'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'cancelled' and code = 'M11' and reason = 'deliver.refused'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'sealed'"), 2);
	store_close(&store);
}

/* A report on a mail holds its dossier and is about to write on the mail, while another worker looks for mails that ended: he takes what is free and
 * waits for nothing, and neither stands in the other's way. */
static void test_an_outcome_and_a_report_meet(void **state)
{
	struct store *report = begin(), *outcome = open_store();

	(void)state;
	add(report, "patient", "sealed", 1);
	run(report, "update relais.outbox set state = 'accepted', proof = 2, reply_code = 250");
	assert_int_equal(store_begin(report), REASON_NONE);
	assert_int_equal(count(report, "select count(*) from (select from relais.dossier for update) d"), 1);
	assert_int_equal(store_begin(outcome), REASON_NONE);
	assert_int_equal(count(outcome, "select count(*) from relais.outcome_claim(now() - interval '1 hour')"), 0);
	assert_int_equal(count(report, "select count(*) from (select set_config('lock_timeout', '2s', true)) s"), 1);
	assert_int_equal(count(report, "select count(*) from (select relais.outbox_proof(id, 3, null) from relais.outbox) p"), 1);
	assert_int_equal(store_commit(report), REASON_NONE);
	store_rollback(outcome);
	/* Claimed, the mail's dossier is held with it: a second worker finds nothing to do. */
	assert_int_equal(store_begin(outcome), REASON_NONE);
	assert_int_equal(count(outcome, "select count(*) from relais.outcome_claim(now() - interval '1 hour') where proof = 3"), 1);
	assert_int_equal(count(report, "select count(*) from relais.outcome_claim(now() - interval '1 hour')"), 0);
	assert_int_equal(count(report, "select count(*) from (select from relais.dossier for update skip locked) d"), 0);
	store_rollback(outcome);
	store_close(&outcome);
	store_close(&report);
}

/* The report was read to him on the telephone: shown is what is proved, of the mail that it was about. */
static void test_what_a_call_proves(void **state)
{
	struct store *store = begin();

	(void)state;
	add(store, "patient", "sealed", 1);
	add(store, "patient", "sealed", 2);
	add(store, "attending", "sealed", 1);
	run(store, "update relais.outbox set proof = 2; update relais.outbox set event = 5 where message_id = 'patientsealed2'");
	run(store, "update relais.dossier_event set kind = 'mail_proof', data = '{\"code\": \"M64\", \"party\": \"patient\", \"level\": 4}' where seq = 3");
	run(store, "update relais.dossier_event set kind = 'mail_proof', data = '{\"code\": \"M64\", \"party\": \"patient\", \"level\": 5}' where seq = 7");
	run(store, "update relais.dossier_event set kind = 'mail_proof', data = '{\"code\": \"M64\", \"party\": \"attending\", \"level\": 3, \"outbox\": 1}' where seq = 8");
	assert_int_equal(count(store, "select m.proof from relais.dossier d, relais.dossier_mails(d.id) m where m.message_id = 'patientsealed1'"), 4);
	assert_int_equal(count(store, "select m.proof from relais.dossier d, relais.dossier_mails(d.id) m where m.message_id = 'patientsealed2'"), 5);
	assert_int_equal(count(store, "select m.proof from relais.dossier d, relais.dossier_mails(d.id) m where m.message_id = 'attendingsealed1'"), 2);
	store_close(&store);
}

static void staff_mail(struct store *store, const char *mailbox, const char *occasion, const char *state)
{
	run(store, arena_printf(scratch.arena, "select relais.service_add('M80', 'nurses', '%s', '%s', 'x@y.fr', '<%s%s>', 'digest/1', '{}', now());"
				" with b as (insert into relais.body (sealed_key, key_name, size, digest) values (decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1, sha256('%s%s'::bytea)) returning id)"
				" update relais.outbox set head = 'h', entity = b.id, seal = 's', sent_digest = 'd', reply_code = 250, proof = 2, state = '%s', reason = case when '%s' = 'failed' then 'deliver.refused' end from b where message_id = '<%s%s>';"
				" select relais.outcome_told(id) from relais.outbox where message_id = '<%s%s>'", mailbox, occasion, mailbox, occasion, mailbox,
				occasion, state, state, mailbox, occasion, mailbox, occasion));
}

/* Two mailboxes that take nothing are one alarm that names both; what arrives in one ends nothing of the other. */
static void test_every_mailbox_that_takes_nothing(void **state)
{
	static const struct {
		const char *mailbox, *state;
		int64_t named;           /* mailboxes that the alarm names; 0: there is none */
	} steps[] = {
		{"a@equipe.fr", "failed", 1}, {"b@experts.fr", "failed", 2}, {"a@equipe.fr", "failed", 2}, {"a@equipe.fr", "accepted", 1}, {"c@equipe.fr", "accepted", 1},
		{"b@experts.fr", "cancelled", 1}, {"b@experts.fr", "accepted", 0}, {"b@experts.fr", "accepted", 0},
	};
	struct store *store = begin();

	(void)state;
	run(store, "delete from relais.alarm");
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		staff_mail(store, steps[i].mailbox, arena_printf(scratch.arena, "d%zu", i), steps[i].state);
		int64_t named = count(store, "select count(*) from relais.alarm a, jsonb_object_keys(a.detail->'mailboxes') k where a.name = 'staff.failed' and a.cleared_at is null");
		if (named != steps[i].named || count(store, "select count(*) from relais.alarm where name = 'staff.failed' and cleared_at is null") != (named > 0))
			fail_msg("%zu: %s %s: %lld", i, steps[i].mailbox, steps[i].state, (long long)named);
	}
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
		cmocka_unit_test(test_a_demand_to_delete_stands), cmocka_unit_test(test_the_physician_who_asked_loses_the_report_alone),
		cmocka_unit_test(test_a_document_that_is_taken_back),
		cmocka_unit_test(test_a_document_that_is_taken_back_in_a_freeze),
		cmocka_unit_test(test_a_document_that_is_taken_back_before_a_crash),
		cmocka_unit_test(test_an_offer_that_is_over),
		cmocka_unit_test(test_what_a_call_proves),
		cmocka_unit_test(test_an_outcome_and_a_report_meet),
		cmocka_unit_test(test_every_mailbox_that_takes_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* gateway/encrypt_store_test.c - what the database does for mail that leaves encrypted, and for mail that cannot be sealed: whose certificate the signer
 * is given, who may read an entity, what waits while others go on, and that a mail is sealed anew for a new certificate alone. */
#include <string.h>

#include "gateway/schema_test.h"

/* SHA-256 of these bytes stands for that of a certificate: what is in it is the signer's affair. */
#define FIRST "MIIBAQID"
#define SECOND "MIIBAQIE"
#define PEM(base64) "-----BEGIN CERTIFICATE-----\\n" base64 "\\n-----END CERTIFICATE-----\\n"
#define MAILBOX "dr.martin@hopital.fr"

static enum reason try(struct store *store, const char *sql)
{
	return store_run(store, sql, NULL, 0, NULL);
}

static struct store *begin(void)
{
	struct store *store = open_store();
	run(store, "delete from relais.outbox_attempt; delete from relais.sign_journal; delete from relais.outbox_envelope; delete from relais.outbox; delete from relais.recipient;"
		   " delete from relais.dossier_event; delete from relais.dossier;"
		   " insert into relais.dossier (ref, ins, oid, pathology, opened_at, state) values ('A-1', '1', '2', 'p', now(), 'released');"
		   " insert into relais.dossier_event (dossier, seq, at, kind, actor, rule) select id, 1, now(), 'opened', 'relais', 'r' from relais.dossier");
	return store;
}

/* One to that mailbox, waiting for its seal. */
static int64_t composed(struct store *store)
{
	run(store, "with b as (insert into relais.body (sealed_key, key_name, size, digest) values (decode(repeat('00', 60), 'hex'), 'apart:2026-01-01', 1,"
		   " sha256(gen_random_uuid()::text::bytea)) returning id)"
		   " insert into relais.outbox (effect, dossier, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, created_at, state, head, entity)"
		   " select 'e' || b.id, d.id, 1, 'M64', 'attending', '" MAILBOX "', 'hopital.fr', 'x@y.fr', 'm' || b.id, 'v' || b.id, 'r', '{}', now(), 'composed', 'h', b.id from relais.dossier d, b");
	return count(store, "select max(id) from relais.outbox");
}

static void rule(struct store *store, const char *encrypt, const char *certificate)
{
	run(store, arena_printf(scratch.arena, "select relais.rule_import('recipient', jsonb_build_object('recipient', '" MAILBOX "', 'encrypt', '%s', 'certificate', e'%s'))", encrypt, certificate));
}

static int64_t claim(struct store *store)
{
	return count(store, "select coalesce((select outbox from relais.sign_claim(7)), 0)");
}

/* As the signer ends it; content: the object. */
static void seal(struct store *store, int64_t outbox, const char *certificate, const char *object)
{
	run(store, arena_printf(scratch.arena, "select relais.sign_envelope(%lld, 7, 0, '%s'); select relais.sign_done(%lld, 7, 's', sha256('%s'), 'f', 'authenticated', sha256('in %s'), %zu,"
						" sha256(decode('%s', 'base64')), null)", (long long)outbox, object, (long long)outbox, object, object, strlen(object), certificate));
}

/* In clear. */
static void seal_clear(struct store *store, int64_t outbox)
{
	run(store, arena_printf(scratch.arena, "select relais.sign_done(%lld, 7, 's', sha256('clear %lld'), 'f', null, null, null, null, null)", (long long)outbox, (long long)outbox));
}

static int64_t due(struct store *store)
{
	return count(store, "select coalesce((select outbox from relais.deliver_claim(9, '{hopital.fr}')), 0)");
}

static bool holds(struct store *store, const char *condition)
{
	return count(store, arena_printf(scratch.arena, "select count(*) from relais.outbox o where %s", condition)) == 1;
}

/* Mails of the cases before are gone, too. */
static int64_t gone(struct store *store)
{
	return count(store, "select bad from relais.audit_reconcile(false) where name = 'mails of the trail that are gone'");
}

static void the_signer_gets_what_is_a_certificate(void **state)
{
	struct store *store = begin();

	(void)state;
	assert_int_not_equal(try(store, "select relais.rule_import('recipient', jsonb_build_object('recipient', '" MAILBOX "', 'encrypt', 'never', 'certificate', e'Bag Attributes\\n" PEM(FIRST) "'))"),
			     REASON_NONE);
	assert_int_not_equal(try(store, "select relais.rule_import('recipient', jsonb_build_object('recipient', '" MAILBOX "', 'certificate', 'x'))"), REASON_NONE);
	rule(store, "held", PEM(FIRST) PEM(SECOND));
	assert_int_equal(count(store, "select (certificate = decode('" FIRST "', 'base64'))::integer from relais.sign_encrypt('" MAILBOX "')"), 1);
	rule(store, "never", PEM(FIRST));
	assert_int_equal(count(store, "select (certificate is null)::integer from relais.sign_encrypt('" MAILBOX "')"), 1);
	store_close(&store);
}

static void one_mail_does_not_stop_the_others(void **state)
{
	struct store *store = begin();
	int64_t first = composed(store), second = composed(store);

	(void)state;
	assert_int_equal(claim(store), first);
	assert_int_equal(count(store, "select tries from relais.outbox order by id limit 1"), 1);
	run(store, arena_printf(scratch.arena, "select relais.sign_wait(%lld, 7, 'keeper.key', 60, 1, '')", (long long)first));
	assert_int_equal(claim(store), second);
	assert_int_equal(claim(store), 0);
	assert_int_equal(count(store, "select count(*) from relais.task_list('operator')"), 0);
	/* Given to a person, who has it tried again. */
	run(store, arena_printf(scratch.arena, "update relais.outbox set next_at = now() where id = %lld", (long long)first));
	assert_int_equal(claim(store), first);
	run(store, arena_printf(scratch.arena, "select relais.sign_wait(%lld, 7, 'sign.tries', 3600, 4, '')", (long long)first));
	assert_int_equal(count(store, "select count(*) from relais.task_list('operator') t where t.name = 'sign.tries'"), 1);
	assert_int_equal(claim(store), 0);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.outbox_retry(%lld)::integer", (long long)first)), 1);
	assert_int_equal(claim(store), first);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select tries from relais.outbox where id = %lld", (long long)first)), 1);
	store_close(&store);
}

static void of_an_encrypted_mail_the_deliverer_has_the_object_alone(void **state)
{
	struct store *store = begin();

	(void)state;
	rule(store, "required", PEM(FIRST));
	for (int encrypted = 0; encrypted < 2; encrypted++) {
		int64_t outbox = composed(store);
		int64_t entity = count(store, arena_printf(scratch.arena, "insert into relais.body_chunk select o.entity, 0, repeat('x', 17)::bytea, sha256('x') from relais.outbox o where o.id = %lld returning body", (long long)outbox));
		assert_int_equal(claim(store), outbox);
		if (encrypted)
			seal(store, outbox, FIRST, "object");
		else
			run(store, arena_printf(scratch.arena, "select relais.sign_done(%lld, 7, 's', sha256('clear'), 'f', null, null, null, null, 'the certificate has ended, or is not valid yet')", (long long)outbox));
		struct store *other = open_store();    /* in whose hands it is */
		assert_int_equal(count(other, "select pg_try_advisory_lock(4711, 77)::integer"), 1);
		run(store, arena_printf(scratch.arena, "update relais.outbox set state = 'sending', session = 77 where id = %lld", (long long)outbox));
		assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.keeper_may('deliverer', %lld, 0)::integer", (long long)entity)), !encrypted);
		store_close(&other);
		assert_int_equal(store_begin(store), REASON_NONE);
		assert_int_equal(try(store, "set local session authorization relais_deliverer"), REASON_NONE);
		assert_int_equal(count(store, arena_printf(scratch.arena, "select count(*) from relais.body_read(%lld)", (long long)entity)), !encrypted);
		store_rollback(store);
	}
	assert_true(holds(store, "o.clear_why like 'the certificate has ended%' and o.encrypted is null"));
	assert_int_equal(count(store, "select count(*) from relais.audit_entry a where a.what = 'mail.sealed' and a.detail->>'clear' like 'the certificate has ended%'"), 1);
	store_close(&store);
}

static void sealed_anew_for_another_certificate(void **state)
{
	struct store *store = begin();
	int64_t outbox = composed(store);
	const char *retry = arena_printf(scratch.arena, "select relais.outbox_retry(%lld)::integer", (long long)outbox);

	(void)state;
	rule(store, "required", PEM(FIRST));
	assert_int_equal(claim(store), outbox);
	seal(store, outbox, FIRST, "object one");
	int64_t before = gone(store);
	run(store, arena_printf(scratch.arena, "create temp table said as select a.*, relais.audit_evidence(a.what, a.ref, a.event, a.inbox, a.outbox, a.detail) as text from relais.audit_entry a where a.outbox = %lld;"
						" insert into relais.outbox_attempt (outbox, number, ended_at, result) values (%lld, 1, now(), 'later'); update relais.outbox set tries = 1 where id = %lld",
				(long long)outbox, (long long)outbox, (long long)outbox));
	assert_int_equal(count(store, retry), 1);
	assert_true(holds(store, "o.state = 'sealed' and o.encrypted is not null and o.tries = 1"));
	rule(store, "required", PEM(SECOND));
	assert_int_equal(count(store, retry), 1);
	assert_int_equal(gone(store), before);
	assert_true(holds(store, "o.state = 'composed' and o.encrypted is null and o.seal is null and o.sent_digest is null"));
	assert_int_equal(count(store, "select count(*) from relais.outbox_envelope"), 0);
	assert_int_equal(claim(store), outbox);
	seal(store, outbox, SECOND, "object two");
	/* Its next attempt is the second; both seals are known, and the trail says of the first what it said. */
	assert_true(holds(store, "o.state = 'sealed' and o.tries = 1 and o.sealed_to = sha256(decode('" SECOND "', 'base64'))"));
	assert_int_equal(count(store, "select count(*) from relais.sign_journal"), 2);
	assert_int_equal(count(store, "select count(*) from said s where s.text is not null and s.text = relais.audit_evidence(s.what, s.ref, s.event, s.inbox, s.outbox, s.detail)"), 1);
	assert_int_equal(count(store, "select count(*) from relais.audit_entry a where a.what = 'mail.sealed' and a.outbox = (select max(id) from relais.outbox)"), 2);
	assert_int_equal(count(store, "select sum(bad) from relais.reconcile(false) where name in ('sealed mail against the signer''s journal', 'encrypted mail without its whole envelope',"
				      " 'sealed mail against its attempts')"), 0);
	run(store, "delete from relais.sign_journal where sent_digest = sha256('object one')");
	assert_int_equal(gone(store), before + 1);
	/* Taken by a server, it is over. */
	run(store, "update relais.outbox set state = 'accepted', reply_code = 250, proof = 2");
	rule(store, "required", PEM(FIRST));
	assert_int_equal(count(store, retry), 0);
	store_close(&store);
}

/* The rule of the second at which it leaves, not of the seal's: by the import, for what waits; by the claim, for what was in hand. */
static void a_rule_after_the_seal_counts(void **state)
{
	static const struct {
		const char *what, *before, *encrypt, *certificate, *as;   /* before: of the rule it was encrypted under, "" in clear */
		bool anew;
	} rows[] = {
		{"in clear, and nobody may write in clear any more", "", "required", PEM(FIRST), "true", true},
		{"the same, and there is no certificate", "", "required", "", "true", true},
		{"a word that the signer takes for the same", "", "", "", "true", true},
		{"encrypted where it can be, from the next one on", "", "held", PEM(FIRST), "true", false},
		{"the same rule", FIRST, "required", PEM(FIRST), "true", false},
		{"another certificate", FIRST, "required", PEM(SECOND), "true", true},
		{"its certificate is taken away", FIRST, "required", "", "true", true},
		{"nothing is encrypted to it any more", FIRST, "never", "", "true", true},
		{"a letter is not encrypted", "", "required", PEM(FIRST), "set channel = 'paper'", false},
		{"a report is not encrypted", "", "required", PEM(FIRST), "set form = 'report', return_path = '', seal = null, party = 'sender', code = 'M70'", false},
		{"it waits for a person", "", "required", PEM(FIRST), "set next_at = 'infinity', reason = 'sent.before'", false},
		{"in the hands of who died, once his journal was asked", "", "required", PEM(FIRST), "set state = 'sending', session = 77, tries = 1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct store *store = begin();
		int64_t outbox = composed(store);
		bool clear = rows[i].before[0] == '\0', changed = strcmp(rows[i].as, "true") != 0;

		rule(store, clear ? "never" : "required", clear ? "" : PEM(FIRST));
		assert_int_equal(claim(store), outbox);
		if (clear)
			seal_clear(store, outbox);
		else
			seal(store, outbox, FIRST, "object");
		if (changed)
			run(store, arena_printf(scratch.arena, "update relais.outbox %s", rows[i].as));
		/* Where the server is away: due later. */
		run(store, "update relais.outbox set next_at = greatest(next_at, now() + interval '1 hour')");
		rule(store, rows[i].encrypt, rows[i].certificate);
		if (strstr(rows[i].as, "sending") != NULL) {
			run(store, "update relais.outbox set next_at = now(); insert into relais.outbox_attempt (outbox, number) select id, 1 from relais.outbox");
			assert_int_equal(due(store), outbox);
			assert_int_equal(claim(store), 0);
			/* It had not left, as the journal says: the next try is one more. */
			run(store, "update relais.outbox_attempt set result = 'deferred', ended_at = now() where number > 1; update relais.outbox set state = 'sealed', session = null, next_at = now()");
			assert_int_equal(due(store), 0);
		}
		if ((claim(store) == outbox) != rows[i].anew)
			fail_msg("%s", rows[i].what);
		store_close(&store);
	}
}

static void a_clear_mail_sealed_anew_leaves_encrypted(void **state)
{
	struct store *store = begin();
	int64_t outbox = composed(store), before = gone(store);

	(void)state;
	assert_int_equal(claim(store), outbox);
	seal_clear(store, outbox);
	run(store, arena_printf(scratch.arena, "create temp table said_clear as select a.*, relais.audit_evidence(a.what, a.ref, a.event, a.inbox, a.outbox, a.detail) as text from relais.audit_entry a where a.outbox = %lld"
						" and a.what = 'mail.sealed'", (long long)outbox));
	/* By a person's word, too: the rule stood there already. Not of one that a server took before the database was set back: its seal is the evidence. */
	run(store, "insert into relais.recipient (address, version, data, active) values ('@hopital.fr', 1, '{\"recipient\": \"@hopital.fr\", \"encrypt\": \"required\"}', true)");
	run(store, "insert into relais.sent_before (message_id, taken, at, outbox, code, party, ref, cause, effect, actor) select message_id, true, now(), id, code, party, '', '', '', 'un' from relais.outbox");
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.outbox_unseal(%lld)::integer", (long long)outbox)), 0);
	/* One that may have left a person sends again, as the rule of today wants it. */
	run(store, "update relais.sent_before set taken = false, held = outbox");
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.outbox_retry(%lld)::integer", (long long)outbox)), 1);
	assert_true(holds(store, "o.state = 'composed' and o.seal is null and o.sent_digest is null"));
	assert_int_equal(gone(store), before);
	assert_int_equal(claim(store), outbox);
	rule(store, "required", PEM(FIRST));
	seal(store, outbox, FIRST, "object");
	/* The same in other words. */
	run(store, "select relais.rule_import('recipient', (select r.data || '{\"content\": \"\"}' from relais.recipient r where r.active and r.address = '" MAILBOX "'))");
	assert_int_equal(due(store), outbox);
	assert_true(holds(store, "o.encrypted is not null and o.clear_why is null"));
	assert_int_equal(count(store, "select count(*) from relais.sign_journal"), 2);
	assert_int_equal(count(store, "select count(*) from said_clear s where s.text = relais.audit_evidence(s.what, s.ref, s.event, s.inbox, s.outbox, s.detail)"), 1);
	assert_int_equal(count(store, "select sum(bad)::bigint from relais.reconcile(false) where name in ('sealed mail against the signer''s journal', 'encrypted mail without its whole envelope')"), 0);
	store_close(&store);
}

/* The certificate came in between the claim and the word that there is none. */
static void a_certificate_that_comes_meanwhile(void **state)
{
	struct store *store = begin();
	int64_t outbox = composed(store);
	const char *wait = arena_printf(scratch.arena, "select relais.sign_wait(%lld, 7, 'sign.certificate', 3600, 0, '')", (long long)outbox);

	(void)state;
	rule(store, "required", "");
	assert_int_equal(claim(store), outbox);
	run(store, wait);
	assert_int_equal(claim(store), 0);
	run(store, "update relais.outbox set next_at = now()");
	assert_int_equal(claim(store), outbox);
	rule(store, "required", PEM(FIRST));
	run(store, wait);
	assert_int_equal(claim(store), outbox);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_signer_gets_what_is_a_certificate), cmocka_unit_test(one_mail_does_not_stop_the_others),
					   cmocka_unit_test(of_an_encrypted_mail_the_deliverer_has_the_object_alone), cmocka_unit_test(sealed_anew_for_another_certificate),
					   cmocka_unit_test(a_rule_after_the_seal_counts), cmocka_unit_test(a_clear_mail_sealed_anew_leaves_encrypted),
					   cmocka_unit_test(a_certificate_that_comes_meanwhile)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

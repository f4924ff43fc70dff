/* gateway/erasure_store_test.c - after an erasure nothing of the dossier is in any column of any table, and all that counts still counts; what must not be
 * erased is not; and what a restored database brought back goes again. */
#include "gateway/schema_test.h"

#include <sys/wait.h>

/* Stands wherever content can stand. */
#define CANARY "CANARI"
#define BYTEA "convert_to('" CANARY "', 'UTF8')"
#define JSON "'{\"notices\": 0, \"x\": \"" CANARY "\", \"signature\": {\"verdict\": \"valid\", \"signer\": \"" CANARY "\"}}'"

static struct store *begin(void)
{
	struct store *store = open_store();
	run(store, "truncate relais.fence_history, relais.outbox_attempt, relais.sign_journal, relais.outbox, relais.command, relais.hold, relais.erasure, relais.dossier_document, relais.dossier_task, relais.relay,"
		   " relais.directory_touched, relais.dossier_event, relais.dossier, relais.inbox, relais.body_chunk, relais.body, relais.tally, relais.fee cascade");
	return store;
}

/* A message: of that dossier, or of none when it is empty. */
static void message(struct store *store, const char *ref, const char *outcome)
{
	run(store, arena_printf(scratch.arena,
		"with b as (insert into relais.body (size, digest, sealed_key, key_name) values (6, sha256(" BYTEA "), decode(repeat('00', 60), 'hex'), 'dossier:A-1') returning id), c as (insert into relais.body_chunk select id, 0, " BYTEA " || decode(repeat('00', 16), 'hex'), sha256(" BYTEA " || decode(repeat('00', 16), 'hex')) from b)"
		" insert into relais.inbox (body, source, account, peer_name, peer_address, helo, mail_from, recipients, params, received_at, complete, state, message_id, from_address, entity_digest,"
		" class, facts, outcome, owner, reason, rule, dossier, decided_at) select b.id, 'submission', '" CANARY "', '" CANARY "', '" CANARY "', '" CANARY "', '" CANARY "@p.fr', '{" CANARY "}', " JSON ", now(),"
		" true, 'done', '" CANARY "', 'ins@p.fr', '" CANARY "', 'record', " JSON ", '%s', case when '%s' = 'held' then 'nurses' end, 'none', 'r/1',"
		" (select id from relais.dossier where ref = '%s'), now() from b", outcome, outcome, ref));
	if (ref[0] != '\0')
		run(store, arena_printf(scratch.arena, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule, inbox) select d.id, d.events + 1, now(), 'document_filed',"
					" '{\"id\": \"" CANARY "\", \"mails\": 0}', 'delegate:" CANARY "@x.fr', 'r/1', (select max(id) from relais.inbox) from relais.dossier d where ref = '%s';"
					" insert into relais.dossier_document (dossier, document, inbox, digest, type, title) select d.id, '" CANARY "' || d.events, (select max(id) from relais.inbox), '" CANARY "',"
					" '" CANARY "', '" CANARY "' from relais.dossier d where ref = '%s'; update relais.dossier set events = events + 1 where ref = '%s'", ref, ref, ref));
}

static void mail(struct store *store, const char *ref, const char *state)
{
	run(store, arena_printf(scratch.arena,
		"with b as (insert into relais.body (size, digest, sealed_key, key_name) values (6, sha256(" BYTEA "), decode(repeat('00', 60), 'hex'), 'dossier:A-1') returning id), c as (insert into relais.body_chunk select id, 0, " BYTEA " || decode(repeat('00', 16), 'hex'), sha256(" BYTEA " || decode(repeat('00', 16), 'hex')) from b)"
		" insert into relais.outbox (effect, dossier, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, attach, created_at, state, head, entity,"
		" seal, sent_digest, fingerprint, reply_code, reply_text, host, queue_id, proof, told, ended_at, session, looked, look) select '" CANARY "' || b.id, d.id, 1, 'M21', 'patient', '" CANARY "@p.fr', 'p.fr',"
		" 'avis@x.fr', 'm' || b.id, 'e' || b.id, 'r/1', " JSON ", " JSON ", now(), '%s', " BYTEA ", b.id, " BYTEA ", sha256('x'), 'f', 250, '" CANARY "', 'mx.p.fr', '" CANARY "', 2, true, now(), null, 'clear', " JSON ""
		" from b, relais.dossier d where d.ref = '%s'", state, ref));
	run(store, "insert into relais.sign_journal (outbox, entity_digest, sent_digest, fingerprint) select o.id, b.digest, o.sent_digest, 'f' from relais.outbox o"
		   " join relais.body b on b.id = o.entity where o.id = (select max(id) from relais.outbox);"
		   " insert into relais.outbox_attempt (outbox, number, ended_at, result) select max(id), 1, now(), 'accepted' from relais.outbox;"
		   " update relais.outbox set tries = 1 where id = (select max(id) from relais.outbox)");
	run(store, "update relais.dossier_event e set data = e.data || jsonb_build_object('mails', (select count(*) from relais.outbox o where o.dossier = e.dossier)) where e.seq = 1");
	run(store, arena_printf(scratch.arena, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select d.id, d.events + 1, now(), 'mail_proof',"
				" jsonb_build_object('outbox', (select max(id) from relais.outbox), 'code', 'M21', 'party', 'patient', 'words', '" CANARY "'), 'relais', 'r/1'"
				" from relais.dossier d where ref = '%s'; update relais.dossier set events = events + 1 where ref = '%s'", ref, ref));
}

/* A dossier with content in every column that can have any; mails: how many its first event decided. */
static void dossier(struct store *store, const char *ref, bool open)
{
	run(store, arena_printf(scratch.arena, "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open, expert, events) values ('%s', '" CANARY "-%s', '" CANARY "', '" CANARY "', now(),"
				" 'archived', %s, '" CANARY "', 1); insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, 1, now(), 'requested',"
				" '{\"mails\": 0, \"patient\": {\"birth_time\": \"19790328\", \"ins\": \"" CANARY "\"}}', 'patient', 'r/1' from relais.dossier where ref = '%s';"
				" insert into relais.relay (local, dossier, party, mailbox) select 'd-' || id, id, 'patient', 'ins@p.fr' from relais.dossier where ref = '%s';"
				" insert into relais.dossier_task (dossier, name, since, late, owners, rank) select id, '" CANARY "', now(), false, '{nurses}', 1 from relais.dossier where ref = '%s';"
				" insert into relais.directory_touched (dossier) select id from relais.dossier where ref = '%s';"
				" select relais.command_ask('nurse', 'answer', id, null, null, '{\"text\": \"" CANARY "\"}') from relais.dossier where ref = '%s';"
				" update relais.command set state = 'done', reason = 'none'",
				ref, ref, open ? "true" : "false", ref, ref, ref, ref, ref));
}

/* Rows of all tables in which the canary stands, as text or as bytes. */
static int64_t canaries(struct store *store)
{
	run(store, "create or replace function pg_temp.canaries() returns bigint language plpgsql as $$ declare t text; n bigint; sum bigint := 0; begin"
		   " for t in select relname from pg_class where relnamespace = 'relais'::regnamespace and relkind = 'r' loop"
		   "  execute format('select count(*) from relais.%I x where position(''" CANARY "'' in x::text) > 0 or position(encode(convert_to(''" CANARY "'', ''UTF8''), ''hex'') in x::text) > 0', t) into n;"
		   "  if n > 0 then raise notice '% %', t, n; end if; sum := sum + n; end loop; return sum; end $$");
	return count(store, "select pg_temp.canaries()");
}

/* How many checks of reconcile do not hold; quietly: it is meant so. */
static int64_t checks(struct store *store, bool quietly)
{
	struct store_rows *rows = NULL;

	assert_int_equal(STORE_RUN(store, &rows, "select name from relais.reconcile($1) where bad <> 0", P_BOOL(true)), REASON_NONE);
	int64_t n = (int64_t)store_count(rows);
	for (size_t i = 0; !quietly && i < store_count(rows); i++)
		print_message("does not hold: %s\n", store_text(rows, i, 0));
	store_free(&rows);
	return n;
}

static int64_t wrong(struct store *store)
{
	return checks(store, false);
}

static void erase(struct store *store, const char *ref)
{
	run(store, arena_printf(scratch.arena, "select relais.erasure_end(n, '{\"number\": 1}') from relais.erasure_begin(array[(select id from relais.dossier where ref = '%s')], '{retention.opinion/1}', 'dpo') n", ref));
}

static void test_nothing_is_left(void **state)
{
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	message(store, "A-1", "filed");
	message(store, "A-1", "applied");
	message(store, "", "refused");        /* from the patient's mailbox: ins@p.fr is in From */
	mail(store, "A-1", "accepted");
	mail(store, "A-1", "failed");
	run(store, "select relais.hold_set((select id from relais.dossier), null, '" CANARY "', 'un'); select relais.hold_lift((select id from relais.dossier), null, '" CANARY "', 'deux')");
	/* One left encrypted: to whom tells the certificate, which the table of recipients has with the address. */
	run(store, "update relais.outbox set encrypted = 'authenticated', sealed_digest = sha256('c'), envelope_size = 1, sealed_to = sha256('who'), seal = 'x' where state = 'accepted';"
		   " insert into relais.outbox_envelope select id, 1, 'x' from relais.outbox where state = 'accepted'");
	assert_int_equal(wrong(store), 0);
	assert_true(canaries(store) > 12);
	erase(store, "A-1");
	assert_int_equal(count(store, "select count(*) from relais.outbox where sealed_to = sha256('who')"), 0);
	assert_int_equal(canaries(store), 0);
	assert_int_equal(wrong(store), 0);

	/* The evidence. */
	assert_int_equal(count(store, "select count(*) from relais.inbox where erased = 1 and state = 'done' and decided_at is not null and rule = 'r/1'"), 3);
	assert_int_equal(count(store, "select count(*) from relais.outbox where erased = 1 and code = 'M21' and party = 'patient' and host = 'mx.p.fr' and sent_digest = sha256('x') and recipient = '@p.fr'"), 2);
	assert_int_equal(count(store, "select count(*) from relais.body where digest = sha256(" BYTEA ") and size = 6"), 5);
	assert_int_equal(count(store, "select count(*) from relais.dossier_event where kind = 'mail_proof' and data->>'code' = 'M21' and data ? 'outbox'"), 2);
	assert_int_equal(count(store, "select count(*) from relais.dossier_event where actor = 'delegate'"), 2);
	assert_int_equal(count(store, "select count(*) from relais.dossier_event where kind = 'erased' and seq = 6 and rule = 'retention.opinion/1' and actor = 'operator:dpo'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.erasure where number = 1 and ref = 'A-1' and done_at is not null and messages = 3 and mails = 2 and documents = 2 and bytes = 110"), 1);
	assert_string_equal(refused(store, "select relais.command_ask('n', 'release', (select id from relais.dossier), null, null, '{}')"), "dossier.erased");
	assert_string_equal(refused(store, "select relais.dossier_load((select id from relais.dossier))"), "dossier.erased");
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r}', 'x')"), "dossier.erased");
	assert_int_equal(count(store, "select relais.outbox_retry(max(id))::int from relais.outbox where state = 'failed'"), 0);
	store_close(&store);
}

/* Each column that stays is known to this list: one that is added later must be looked at, or this fails. */
static void test_every_column_was_judged(void **state)
{
	static const char judged[] =
		"inbox.account inbox.class inbox.entity_digest inbox.facts inbox.from_address inbox.helo inbox.mail_from inbox.mailbox inbox.message_id inbox.outcome inbox.owner inbox.params"
		" inbox.peer_address inbox.peer_name inbox.reason inbox.recipients inbox.rule inbox.source inbox.state inbox.uid_digest"
		" outbox.attach outbox.channel outbox.look outbox.looked outbox.code outbox.domain outbox.effect outbox.clear_why outbox.encrypted outbox.sealed_digest outbox.sealed_to outbox_envelope.data outbox.enhanced outbox.envelope_id outbox.fingerprint outbox.form outbox.head outbox.host outbox.message_id"
		" outbox.party outbox.queue_id outbox.reason outbox.recipient outbox.reply_text outbox.request outbox.return_path outbox.rule outbox.seal outbox.sent_digest outbox.state outbox.stop"
		" outbox.tls outbox_attempt.enhanced outbox_attempt.host outbox_attempt.reason outbox_attempt.result"
		" dossier.asked dossier.born dossier.expert dossier.ins dossier.oid dossier.pathology dossier.ref dossier.state dossier_event.actor dossier_event.data dossier_event.kind dossier_event.rule"
		" dossier_document.digest dossier_document.document dossier_document.title dossier_document.type dossier_document.version_of"
		" body.digest body.key_name body.sealed_key body_chunk.data body_chunk.digest command.actor command.args command.kind command.reason command.state hold.actor hold.lift_reason hold.lifted_by hold.reason relay.local relay.mailbox relay.party"
		" sign_journal.entity_digest sign_journal.fingerprint sign_journal.sealed_digest sign_journal.sent_digest fee.payee fee.payee_id fee.payee_name fee.rpps dossier_task.name dossier_task.owners"
		" sent_before.actor sent_before.cause sent_before.code sent_before.effect sent_before.enhanced sent_before.host sent_before.message_id sent_before.party sent_before.queue_id sent_before.ref"
		" fence_history.actor fence_history.confirmed_by fence_history.lifted_by fence_history.why missing_note.actor missing_note.digest missing_note.words expert_leave.actor expert_leave.ended_by expert_leave.rpps expert_leave.source erasure.actor erasure.key erasure.ref erasure.rule"
		" audit.actor audit.detail audit.kind audit.link audit.proof audit.reason audit.ref audit.rule audit.what audit_entry.actor audit_entry.detail audit_entry.kind audit_entry.reason audit_entry.ref audit_entry.rule audit_entry.what";
	struct store *store = begin();
	struct store_rows *rows = NULL;

	(void)state;
	/* Of the tables that lead to a dossier, a message, a mail or a body. */
	assert_int_equal(STORE_RUN(store, &rows,
		"with leads (oid) as (select c.oid from pg_class c where c.relnamespace = 'relais'::regnamespace and c.relname in ('dossier', 'inbox', 'outbox', 'body', 'erasure')"
		" union select k.conrelid from pg_constraint k join pg_class c on c.oid = k.confrelid where k.contype = 'f' and c.relname in ('dossier', 'inbox', 'outbox', 'body')"
		" union select a.attrelid from pg_attribute a join pg_class c on c.oid = a.attrelid where c.relnamespace = 'relais'::regnamespace and a.attname in ('dossier', 'inbox', 'outbox', 'body'))"
		" select c.relname || '.' || a.attname from leads l join pg_class c on c.oid = l.oid join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
		" where $1 and c.relkind = 'r' and a.atttypid::regtype::text in ('text', 'text[]', 'jsonb', 'bytea') order by 1", P_BOOL(true)), REASON_NONE);
	assert_true(store_count(rows) > 80);
	for (size_t i = 0; i < store_count(rows); i++) {
		struct cursor c = cursor_on(bytes_of_text(judged));
		bool known = false;
		while (!cursor_done(&c) && !known)
			known = bytes_equal(cursor_until(&c, ' '), store_bytes(rows, i, 0));
		if (!known)
			fail_msg("%s: does an erasure take it, or may it stay? (erase_rows, erasure_end, erasure_left)", store_text(rows, i, 0));
	}
	store_free(&rows);
	store_close(&store);
}

static void test_what_is_not_erased(void **state)
{
	static const struct {
		const char *what, *before, *code;
	} rows[] = {
		{"open", "update relais.dossier set open = true", "dossier.order"},
		{"under a hold", "select relais.hold_set((select id from relais.dossier), null, 'litige', 'un')", "hold.stands"},
		{"a message of it under a hold", "select relais.hold_set(null, (select id from relais.inbox), 'litige', 'un')", "hold.stands"},
		{"a mail that has not left", "update relais.outbox set state = 'sealed'", "store.conflict"},
		{"a mail whose end it does not know yet", "update relais.outbox set told = false", "store.conflict"},
		{"a message that a person must see", "update relais.inbox set outcome = 'held', owner = 'nurses'", "store.conflict"},
		{"a message of the patient that no dossier has, and a person must see", "update relais.inbox set dossier = null; delete from relais.dossier_document; delete from relais.dossier_event where inbox is not null;"
			" update relais.inbox set outcome = 'held', owner = 'nurses'", "store.conflict"},
		{"an act that was asked", "select relais.command_ask('n', 'release', (select id from relais.dossier), null, null, '{}')", "store.conflict"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct store *store = begin();
		dossier(store, "A-1", false);
		message(store, "A-1", "filed");
		mail(store, "A-1", "accepted");
		run(store, rows[i].before);
		const char *said = refused(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r}', 'x')");
		if (strcmp(said, rows[i].code) != 0)
			fail_msg("%s: %s", rows[i].what, said);
		assert_int_equal(count(store, "select count(*) from relais.erasure"), 0);
		store_close(&store);
	}
}

static void test_a_hold_wants_two_persons(void **state)
{
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	run(store, "select relais.hold_set((select id from relais.dossier), null, 'litige', 'un')");
	assert_string_equal(refused(store, "select relais.hold_set((select id from relais.dossier), null, 'encore', 'deux')"), "hold.stands");
	assert_string_equal(refused(store, "select relais.hold_lift((select id from relais.dossier), null, 'fini', 'un')"), "hold.same-person");
	assert_string_equal(refused(store, "select relais.hold_lift((select id from relais.dossier), null, ' ', 'deux')"), "local.usage");
	assert_string_equal(refused(store, "select relais.command_ask('n', 'erase', (select id from relais.dossier), null, null, '{}')"), "hold.stands");
	run(store, "select relais.hold_lift((select id from relais.dossier), null, 'jugé', 'deux')");
	assert_string_equal(refused(store, "select relais.hold_lift((select id from relais.dossier), null, 'fini', 'deux')"), "local.not-found");
	assert_int_equal(count(store, "select count(*) from relais.hold_list(true)"), 0);
	assert_int_equal(count(store, "select count(*) from relais.hold_list(false) where actor = 'un' and lifted_by = 'deux' and lift_reason = 'jugé'"), 1);
	run(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r}', 'x')");
	store_close(&store);
}

/* A-1, to which it was filed, and A-2, which came to it later. */
static void two_on_one_message(struct store *store)
{
	dossier(store, "A-1", false);
	dossier(store, "A-2", false);
	message(store, "A-1", "filed");
	run(store, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule, inbox) select d.id, 2, now(), 'linked', '{}', 'relais', 'r', (select id from relais.inbox)"
		   " from relais.dossier d where ref = 'A-2'; update relais.dossier set events = 2 where ref = 'A-2'");
}

/* What two dossiers rest on stays with the second. */
static void test_shared(void **state)
{
	struct store *store = begin();

	(void)state;
	two_on_one_message(store);
	assert_int_equal(count(store, "select cardinality(shares) from relais.retention_dossiers(0, 10) where ref = 'A-1'"), 1);
	/* The message is under the key of the first: the second would be left with rows that nobody can open. */
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier where ref = 'A-1'), '{r}', 'x')"), "dossier.shared");
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier where ref = 'A-2'), '{r}', 'x')"), "dossier.shared");
	run(store, "select relais.hold_set((select id from relais.dossier where ref = 'A-2'), null, 'litige', 'un')");
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier where ref = 'A-1'), '{r}', 'x')"), "hold.stands");
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r,r}', 'x')"), "hold.stands");
	assert_int_equal(count(store, "select count(*) from relais.erasure"), 0);
	run(store, "select relais.hold_lift((select id from relais.dossier where ref = 'A-2'), null, 'jugé', 'deux')");
	assert_int_equal(count(store, "select sum(n)::bigint from relais.erasure_begin(array(select id from relais.dossier order by id), '{r/1,r/2}', 'x') n"), 3);
	run(store, "select relais.erasure_end(1, '{}')");
	assert_int_equal(count(store, "select count(*) from relais.inbox where erased is null"), 1);
	run(store, "select relais.erasure_end(2, '{}')");
	assert_int_equal(count(store, "select count(*) from relais.erasure where rule = 'r/' || number and ref = 'A-' || number"), 2);
	assert_int_equal(canaries(store), 0);
	assert_int_equal(wrong(store), 0);
	store_close(&store);
}

/* The database is older than the erasure: the dossier is open in it, a mail is on its way, a message waits. */
static void test_a_restored_database(void **state)
{
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", true);
	message(store, "A-1", "held");
	mail(store, "A-1", "accepted");
	run(store, "update relais.outbox set state = 'sealed', told = false");
	assert_int_equal(count(store, "select relais.erasure_again('A-1', 'dpo', '{\"number\": 7}')"), 1);
	assert_int_equal(canaries(store), 0);
	assert_int_equal(wrong(store), 0);
	assert_int_equal(count(store, "select count(*) from relais.outbox where state = 'cancelled' and reason = 'dossier.erased'"), 1);
	assert_int_equal(count(store, "select count(*) from relais.inbox where outcome = 'ignored'"), 1);
	assert_int_equal(count(store, "select relais.erasure_again('A-1', 'dpo', '{\"number\": 7}')"), 1);
	assert_int_equal(count(store, "select relais.erasure_again('A-9', 'dpo', '{\"number\": 8}')"), 2);   /* one it never knew */
	assert_int_equal(count(store, "select relais.erasure_again('A-9', 'dpo', '{\"number\": 8}')"), 2);
	assert_int_equal(count(store, "select count(*) from relais.erasure where done_at is not null"), 2);
	assert_int_equal(wrong(store), 0);
	store_close(&store);
}

/* From the moment on that its key may be gone nothing finds it any more: mail about the patient is mail about somebody new. */
static void test_begun(void **state)
{
	static const char *const finds[] = {
		"select count(*) from relais.dossier_of_patient('" CANARY "-A-1')", "select count(*) from relais.relay_find((select local from relais.relay), 'ins@p.fr')",
		"select count(*) from relais.relay_by_thread((select array[message_id] from relais.outbox), '" CANARY "@p.fr')",
		"select count(*) from relais.report_match((select envelope_id from relais.outbox), null, '" CANARY "@p.fr')",
	};
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	mail(store, "A-1", "accepted");
	for (int begun = 0; begun < 2; begun++) {
		for (size_t i = 0; i < sizeof finds / sizeof finds[0]; i++)
			if (count(store, finds[i]) != !begun)
				fail_msg("%s: begun %d", finds[i], begun);
		if (!begun)
			assert_int_equal(count(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')"), 1);
	}
	assert_int_equal(count(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')"), 1);
	assert_string_equal(refused(store, "select relais.command_ask('n', 'release', (select id from relais.dossier), null, null, '{}')"), "dossier.erased");
	/* A hold that came in between, before the key was destroyed: asked again, as the run does. */
	run(store, "select relais.hold_set((select id from relais.dossier), null, 'litige', 'un')");
	assert_string_equal(refused(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')"), "hold.stands");
	assert_int_equal(count(store, "select count(*) from relais.retention_dossiers(0, 10) where held and begun"), 1);
	run(store, "select relais.hold_lift((select id from relais.dossier), null, 'jugé', 'deux')");
	assert_int_equal(count(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')"), 1);
	store_close(&store);
}

/* Waits as a session of its own for what that one does; 0: it was refused, since it is erased. */
static pid_t hold_beside(struct store *store, const char *call)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct store *own = open_store();
		enum reason reason = store_run(own, call, NULL, 0, NULL);
		store_close(&own);
		_exit(reason == REASON_DOSSIER_ERASED ? 0 : 1);
	}
	assert_true(pid > 0);
	for (int i = 0; count(store, "select count(*) from pg_locks where locktype = 'advisory' and objid = 4721 and not granted") == 0; i++) {
		assert_true(i < 1000);
		usleep(10000);
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Between the last look at the holds and the end of the rows nobody sets one; who waited for it hears that it is over. */
static void test_no_hold_beside_the_end(void **state)
{
	static const char set[] = "select relais.hold_set((select id from relais.dossier), null, 'litige', 'un')", of_message[] = "select relais.hold_set(null, (select id from relais.inbox), 'litige', 'un')";
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	run(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')");
	assert_int_equal(store_begin(store), REASON_NONE);
	run(store, "select relais.erasure_begin(array(select id from relais.dossier), '{r/1}', 'x')");
	pid_t waiting = hold_beside(store, set);
	run(store, "select relais.erasure_end(1, '{}')");
	assert_int_equal(store_commit(store), REASON_NONE);
	assert_int_equal(status_of(waiting), 0);
	assert_string_equal(refused(store, set), "dossier.erased");
	message(store, "", "refused");
	assert_int_equal(store_begin(store), REASON_NONE);
	assert_int_equal(count(store, "select relais.erasure_apart(array(select id from relais.inbox), '{}', 'retention.apart/1', 'dpo')"), 1);
	waiting = hold_beside(store, of_message);
	assert_int_equal(store_commit(store), REASON_NONE);
	assert_int_equal(status_of(waiting), 0);
	assert_int_equal(count(store, "select count(*) from relais.hold"), 0);
	store_close(&store);
}

/* Whose key a hold asks for: of what was begun, and of all that rests on the same messages, though it is ended. */
static void test_begun_beside(void **state)
{
	static const char of_second[] = "select count(*) from relais.hold_asks((select id from relais.dossier where ref = 'A-2'), null) r where r = 'A-1'";
	struct store *store = begin();

	(void)state;
	two_on_one_message(store);
	assert_int_equal(count(store, of_second), 0);
	run(store, "select relais.erasure_begin(array(select id from relais.dossier order by id), '{r/1,r/2}', 'x')");
	assert_int_equal(count(store, of_second), 1);
	run(store, "select relais.erasure_end(1, '{}')");
	assert_int_equal(count(store, of_second), 1);
	assert_int_equal(count(store, "select count(*) from relais.hold_asks(null, (select id from relais.inbox))"), 2);
	run(store, "select relais.erasure_end(2, '{}')");
	assert_int_equal(count(store, of_second), 0);
	store_close(&store);
}

/* Messages of no dossier: those of the patient, and of nobody whose name only contains his. */
/* As many words as the longest text has are read in one pass: once each took a copy of all before it, and a minute was not enough. */
static void test_many_names(void **state)
{
	struct store *store = begin();

	(void)state;
	run(store, "set statement_timeout = '20s'");
	assert_int_equal(count(store, "select cardinality(relais.message_names('x@y.fr', null, '{}', jsonb_build_object('text', repeat('a@b ', 65536))))"), 4);
	store_close(&store);
}

static void test_whole_names(void **state)
{
	static const struct {
		const char *what, *from, *facts;
		bool his;
	} rows[] = {
		{"from his mailbox", "INS@p.fr", "{}", true},
		{"of one whose mailbox ends like his", "ma.ins@p.fr", "{}", false},
		{"of one whose domain begins like his", "ins@p.france", "{}", false},
		{"that names his mailbox among words", "x@y.fr", "{\"text\": [\"Bonjour,\\nins@p.fr vous écrit.\"]}", true},
		{"that names it at the end of a sentence", "x@y.fr", "{\"a\": {\"b\": \"Son adresse est ins@p.fr.\"}}", true},
		{"that names it in a link", "x@y.fr", "{\"telecom\": \"mailto:ins@p.fr\"}", true},
		{"that names another with & before it", "x@y.fr", "{\"telecom\": \"a&ins@p.fr\"}", false},
		{"with his number", "x@y.fr", "{\"patient\": {\"ids\": [{\"extension\": \"279035121518989\"}]}}", true},
		{"with his number in a field of a record", "x@y.fr", "{\"cx\": \"279035121518989^^^&1.2.250.1.213.1.4.8&ISO^NH\"}", true},
		{"with his number at the end of a sentence", "x@y.fr", "{\"text\": \"Son matricule est 279035121518989.\"}", true},
		{"with a number that begins like his", "x@y.fr", "{\"patient\": {\"ids\": [{\"extension\": \"2790351215189899\"}]}}", false},
		{"to an address of his dossier", "x@y.fr", "{\"to\": [\"d-1@avis.fr\"]}", true},
		{"to an address that begins like it", "x@y.fr", "{\"to\": [\"d-12@avis.fr\"]}", false},
	};
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	run(store, "update relais.relay set local = 'd-1'; update relais.dossier set ins = '279035121518989'");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		message(store, "", "refused");
		assert_int_equal(STORE_RUN(store, NULL, "update relais.inbox set mail_from = '', recipients = '{}', from_address = $1, facts = $2 where id = (select max(id) from relais.inbox)",
					   P_TEXT(rows[i].from), P_JSON(bytes_of_text(rows[i].facts))), REASON_NONE);
	}
	erase(store, "A-1");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *sql = arena_printf(scratch.arena, "select (erased is not null)::int::bigint from relais.inbox order by id offset %zu limit 1", i);
		if (count(store, sql) != rows[i].his)
			fail_msg("a message %s: %s", rows[i].what, rows[i].his ? "left" : "erased");
	}
	assert_int_equal(wrong(store), 0);
	store_close(&store);
}

static void test_apart(void **state)
{
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", true);
	message(store, "A-1", "filed");
	message(store, "", "refused");
	message(store, "", "held");
	message(store, "", "duplicate");
	message(store, "", "duplicate");
	run(store, "select relais.hold_set(null, (select max(id) from relais.inbox), 'litige', 'un')");
	/* Whatever is asked for, only what is of no dossier and free; and that is what is counted. */
	assert_int_equal(count(store, "select relais.erasure_apart(array(select id from relais.inbox), '{}', 'retention.apart/1', 'dpo')"), 2);
	assert_int_equal(count(store, "select count(*) from relais.inbox where erased = 1 and outcome in ('refused', 'duplicate')"), 2);
	assert_int_equal(count(store, "select count(*) from relais.inbox where erased is not null"), 2);
	assert_int_equal(count(store, "select relais.erasure_apart(array(select id from relais.inbox), '{}', 'retention.apart/1', 'dpo')"), 0);
	assert_int_equal(wrong(store), 0);
	store_close(&store);
}

/* As the linker does, with a key of nothing. */
static void chain(struct store *store)
{
	run(store, "insert into relais.audit select coalesce((select max(position) from relais.audit), 0) + row_number() over (order by e.id), e.id, e.at, e.kind, e.what, e.actor, e.rule, e.reason, e.ref,"
		   " e.event, e.inbox, e.outbox, e.detail, sha256(convert_to(relais.audit_evidence(e.what, e.ref, e.event, e.inbox, e.outbox, e.detail), 'UTF8')), sha256('') from relais.audit_entry e;"
		   " delete from relais.audit_entry");
}

/* Rows of the trail that do not fit what they stand for, and no erasure of which the trail tells says why: what audit verify finds. */
static int64_t found(struct store *store)
{
	return count(store, "select count(*) from relais.audit a where a.proof is not null and not relais.audit_erased(a.position)"
			    " and a.proof is distinct from sha256(convert_to(relais.audit_evidence(a.what, a.ref, a.event, a.inbox, a.outbox, a.detail), 'UTF8'))");
}

/* What was erased fits no more, and the trail says so itself; a number written into the tables silences nothing. */
static void test_the_trail_tells(void **state)
{
	static const char *const acts[] = {
		/* Of the erasure that there was. */
		"update relais.inbox set erased = 1, mail_from = 'x' where erased is null", "update relais.inbox set erased = 1 where erased is null", "update relais.outbox set erased = 1 where erased is null",
		"update relais.dossier set erased = 1 where ref = 'A-2'; update relais.dossier_event set data = '{}' where dossier = (select id from relais.dossier where ref = 'A-2')",
		/* Of one that nobody has heard of. */
		"update relais.inbox set erased = 9, mail_from = 'x' where erased is null",
		"alter table relais.erasure disable trigger all; insert into relais.erasure (number, ref, rule, actor, done_at) values (2, 'apart', 'r', 'x', now()); update relais.inbox set erased = 2, mail_from = 'x' where erased is null",
		"update relais.inbox set erased = null where erased = 1", "update relais.erasure set rule = 'r/9'", "update relais.erasure set actor = 'un'", "delete from relais.erasure",
		"update relais.hold set reason = 'x' where dossier = (select id from relais.dossier where ref = 'A-2')", "update relais.hold set actor = 'x' where dossier = (select id from relais.dossier where ref = 'A-2')",
		"update relais.hold set lifted_by = 'x' where dossier = (select id from relais.dossier where ref = 'A-2')", "delete from relais.hold where dossier = (select id from relais.dossier where ref = 'A-2')",
		/* An attempt is what an erasure leaves. */
		"update relais.outbox_attempt set host = 'x' where outbox = (select id from relais.outbox where erased = 1)",
		"update relais.fence_history set confirmed_by = 'x'", "delete from relais.fence_history", "update relais.missing_note set words = 'x'", "delete from relais.missing_note",
	};
	struct store *store = begin();

	(void)state;
	run(store, "alter table relais.audit disable trigger all; alter table relais.audit_entry disable trigger all; delete from relais.audit; delete from relais.audit_entry; delete from relais.missing_note");
	dossier(store, "A-1", false);
	dossier(store, "A-2", true);
	message(store, "A-1", "filed");
	message(store, "A-2", "filed");
	run(store, "update relais.inbox set outcome = 'ignored'; update relais.inbox set outcome = 'filed'");
	mail(store, "A-1", "accepted");
	mail(store, "A-2", "accepted");
	for (int i = 1; i <= 2; i++)
		run(store, arena_printf(scratch.arena, "select relais.hold_set((select id from relais.dossier where ref = 'A-%d'), null, '" CANARY "', 'un');"
					" select relais.hold_lift((select id from relais.dossier where ref = 'A-%d'), null, '" CANARY "', 'deux')", i, i));
	run(store, "select relais.missing_noted(77, repeat('00', 32), 'un', 'redemandé'); select relais.missing_noted(77, repeat('00', 32), 'un', 'revenu');"
		   " select relais.fence_close('essai', 'un'); select relais.fence_lift('[]', 0, 0, '{}', 'deux'); select relais.hold_confirm(0, 'trois'); update relais.fence_history set erasures = 0");
	chain(store);
	assert_int_equal(found(store), 0);
	assert_int_equal(count(store, "select count(*) from relais.audit where what = 'hold.set' and actor = 'un' and ref like 'A-%'") + count(store, "select count(*) from relais.audit where what = 'hold.lifted' and actor = 'deux'"), 4);
	assert_int_equal(count(store, "select count(*) from relais.audit where what = 'missing.noted' and inbox = 77 and actor = 'un'"), 2);
	assert_int_equal(count(store, "select count(*) from relais.audit where (what, actor) in (('fence.closed', 'un'), ('fence.lifted', 'deux'), ('holds.confirmed', 'trois'))"), 3);
	erase(store, "A-1");
	chain(store);
	assert_int_equal(count(store, "select count(*) from relais.audit where what = 'erasure.done' and actor = 'dpo' and ref = 'A-1' and rule = 'retention.opinion/1' and detail->>'erasure' = '1'"), 1);
	assert_int_equal(found(store), 0);
	assert_true(count(store, "select count(*) from relais.audit a where relais.audit_erased(a.position)") > 5);
	assert_int_equal(count(store, "select coalesce(sum(bad), 0)::bigint from relais.audit_reconcile(false) where name ~ 'erasures|holds|losses'"), 0);
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		assert_int_equal(store_begin(store), REASON_NONE);
		run(store, acts[i]);
		if (found(store) == 0)
			fail_msg("unseen: %s", acts[i]);
		store_rollback(store);
	}
	run(store, "alter table relais.audit enable trigger all; alter table relais.audit_entry enable trigger all");
	store_close(&store);
}

/* Whoever puts something back, or takes a certificate away, is found. */
static void test_reconcile_sees_it(void **state)
{
	static const char *const acts[] = {
		"update relais.inbox set from_address = 'x' where erased = 1", "update relais.inbox set facts = '{\"x\": 1}' where erased = 1", "update relais.outbox set request = '{\"x\": 1}' where erased = 1",
		"update relais.outbox set head = 'x' where erased = 1", "update relais.outbox set encrypted = 'authenticated', sealed_digest = sha256('c'), envelope_size = 1, sealed_to = sha256('x') where erased = 1",
		"insert into relais.body_chunk select entity, 0, 'x', sha256('x') from relais.outbox where erased = 1", "update relais.dossier set ins = '1'",
		"update relais.dossier_event set data = '{\"text\": \"x\"}' where seq = 1", "update relais.dossier_document set title = 'x'", "delete from relais.erasure",
		"update relais.hold set reason = 'x'", "update relais.erasure set number = 2", "insert into relais.relay values ('d-x', (select id from relais.dossier), 'patient', 'x')", "delete from relais.hold",
		"update relais.command set args = '{\"x\": 1}'", "update relais.inbox set erased = 9",
	};
	struct store *store = begin();

	(void)state;
	dossier(store, "A-1", false);
	message(store, "A-1", "filed");
	mail(store, "A-1", "accepted");
	run(store, "select relais.hold_set((select id from relais.dossier), null, 'x', 'un'); select relais.hold_lift((select id from relais.dossier), null, 'y', 'deux')");
	erase(store, "A-1");
	assert_int_equal(wrong(store), 0);
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		assert_int_equal(store_begin(store), REASON_NONE);
		run(store, acts[i]);
		if (checks(store, true) == 0)
			fail_msg("unseen: %s", acts[i]);
		store_rollback(store);
	}
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left), cmocka_unit_test(test_every_column_was_judged), cmocka_unit_test(test_what_is_not_erased), cmocka_unit_test(test_a_hold_wants_two_persons),
		cmocka_unit_test(test_shared), cmocka_unit_test(test_a_restored_database), cmocka_unit_test(test_begun), cmocka_unit_test(test_no_hold_beside_the_end), cmocka_unit_test(test_begun_beside), cmocka_unit_test(test_whole_names), cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_apart), cmocka_unit_test(test_the_trail_tells), cmocka_unit_test(test_reconcile_sees_it),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* gateway/fence_store_test.c - a database that was set back: when it is noticed, that nothing is done until a person has lifted the fence, and that no number
 * is given a second time. */
#include "base/digest.h"
#include "gateway/fence.h"
#include "gateway/schema_test.h"

static struct store *begin(void)
{
	struct store *store = open_store();
	run(store, "truncate relais.outbox_attempt, relais.outbox, relais.command, relais.hold, relais.erasure, relais.dossier_event, relais.dossier, relais.inbox, relais.body_chunk, relais.body,"
		   " relais.tally, relais.fence, relais.fence_history, relais.sent_before cascade");
	return store;
}

/* attempts: of which the last was accepted. */
static void mail(struct store *store, const char *id, const char *state, int attempts)
{
	run(store, arena_printf(scratch.arena,
		"with b as (insert into relais.body (size, digest, sealed_key, key_name) values (1, sha256('x'), decode(repeat('00', 60), 'hex'), 'apart:2026-11-22') returning id)"
		" insert into relais.outbox (effect, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, attach, created_at, state, head, entity, seal, sent_digest,"
		" fingerprint, ended_at, tries, reply_code, proof) select '%s', 1, 'M21', 'patient', 'p@p.fr', 'p.fr', 'avis@x.fr', '%s', '%s', 'r/1', '{}', '{}', now(), '%s', 'x', b.id, 'x', sha256('x'), 'f',"
		" case when '%s' in ('accepted', 'failed') then now() end, %d, 250, 2 from b", id, id, id, state, state, attempts));
	for (int i = 1; i <= attempts; i++)
		run(store, arena_printf(scratch.arena, "insert into relais.outbox_attempt (outbox, number, ended_at, result) select id, %d, now(), '%s' from relais.outbox where message_id = '%s'", i,
					i == attempts ? "accepted" : "deferred", id));
}

static void message(struct store *store)
{
	run(store, "with b as (insert into relais.body (size, digest, sealed_key, key_name) values (1, sha256('x'), decode(repeat('00', 80), 'hex'), 'intake:1') returning id)"
		   " insert into relais.inbox (body, source, mail_from, recipients, received_at, complete) select b.id, 'smtp', 'a@b.fr', '{c@d.fr}', now(), true from b");
}

#define LINE(id, attempt, event) "{\"at\": \"2096-11-22T10:00:00Z\", \"outbox\": 70, \"attempt\": " attempt ", \"message_id\": \"" id "\", \"event\": \"" event "\"}"

/* The line of a message in the journal of what was accepted: bytes is what its digest is of. */
static const char *accepted(int64_t inbox, const char *bytes)
{
	char hex[DIGEST_SHA256_TEXT];

	digest_sha256_text(bytes_of_text(bytes), hex);
	return arena_printf(scratch.arena, "[{\"inbox\": %lld, \"digest\": \"%s\"}]", (long long)inbox, hex);
}

static bool looked(struct store *store, const char *lines, const char *accepted)
{
	return count(store, arena_printf(scratch.arena, "select relais.fence_look('%s', '%s')", lines, accepted)) != 0;
}

static void test_what_it_does_not_know(void **state)
{
	static const struct {
		const char *what, *lines;
		bool closed;
	} rows[] = {
		{"no journal", "[]", false},
		{"all is known", "[" LINE("m2", "1", "taken") "," LINE("m3", "2", "taken") "]", false},
		{"an attempt less than the journal has", "[" LINE("m3", "3", "begun") "]", true},
		{"the last line is known, the one before it is not", "[" LINE("m2", "1", "taken") "," LINE("m1", "1", "taken") "]", true},
		{"a mail that it never had", "[" LINE("m9", "1", "begun") "," LINE("m2", "1", "taken") "]", true},
		{"however old, by our clock of that day", "[{\"at\": \"1999-01-01T00:00:00Z\", \"outbox\": 1, \"attempt\": 1, \"message_id\": \"m0\"}]", true},
		{"old, and known", "[{\"at\": \"1999-01-01T00:00:00Z\", \"outbox\": 1, \"attempt\": 1, \"message_id\": \"m2\"}]", false},
	};
	struct store *store = begin();

	(void)state;
	mail(store, "m1", "sealed", 0);
	mail(store, "m2", "accepted", 1);
	mail(store, "m3", "failed", 2);
	/* The clock had jumped ahead for one of them: that says nothing of the others. */
	run(store, "update relais.outbox_attempt set started_at = started_at + interval '100 years' where number = 2");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((count(store, arena_printf(scratch.arena, "select relais.deliver_fence('%s')", rows[i].lines)) != 0) != rows[i].closed)
			fail_msg("%s", rows[i].what);
		run(store, "delete from relais.fence; delete from relais.fence_history");
	}
	store_close(&store);
}

/* Taken by a server, and a report said later that it reached nobody: it left, and is no stranger to us. */
static void test_a_bounced_mail_is_known(void **state)
{
	struct store *store = begin();
	const char *lines = "[" LINE("m1", "1", "taken") "," LINE("m2", "2", "taken") "]";

	(void)state;
	mail(store, "m1", "failed", 1);
	mail(store, "m2", "accepted", 1);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select count(*) from relais.fence_unknown('%s', true)", lines)), 1);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.fence_lift('%s', 1, 1, '{}', 'op')", lines)), 1);
	assert_int_equal(count(store, "select count(*) from relais.sent_before where message_id = 'm1'"), 0);
	/* Asked for again by a person, it is sent. */
	run(store, "update relais.outbox set state = 'sealed', ended_at = null, next_at = now() where message_id = 'm1'");
	assert_int_equal(count(store, "select relais.sent_settle((select id from relais.outbox where message_id = 'm1'))"), 0);
	store_close(&store);
}

/* Asked on each connection: what it reads must not grow with all that ever left. */
static void test_many(void **state)
{
	static const char *const looks[] = {"select relais.deliver_fence(l) from lines", "select relais.fence_look(l, '[]') from lines"};
	static const char read[] = "select sum(idx_tup_fetch + seq_tup_read)::bigint from pg_stat_user_tables where relname in ('outbox', 'outbox_attempt')";
	struct store *store = begin();

	(void)state;
	run(store, "with b as (insert into relais.body (size, digest, sealed_key, key_name) select 1, sha256('x'), decode(repeat('00', 60), 'hex'), 'apart:2026-11-22' from generate_series(1, 20000) returning id)"
		   " insert into relais.outbox (effect, event, code, party, recipient, domain, return_path, message_id, envelope_id, rule, request, created_at, state, head, entity, seal, sent_digest, ended_at,"
		   " reply_code, proof) select 'e' || b.id, 1, 'M21', 'patient', 'p@p.fr', 'p.fr', 'avis@x.fr', '<' || b.id || '@x.fr>', 'v' || b.id, 'r/1', '{}', now(), 'accepted', 'x', b.id, 'x', sha256('x'), now(),"
		   " 250, 2 from b; insert into relais.outbox_attempt (outbox, number, ended_at, result) select id, 1, now(), 'accepted' from relais.outbox; analyze relais.outbox, relais.outbox_attempt;"
		   " create temp table lines as select jsonb_agg(jsonb_build_object('at', now(), 'outbox', x.id, 'attempt', 1, 'message_id', x.message_id)) as l"
		   " from (select o.id, o.message_id from relais.outbox o order by o.id desc limit 400) x");
	for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
		run(store, "select pg_stat_force_next_flush()");
		int64_t before = count(store, read);
		assert_int_equal(count(store, looks[i]), 0);
		run(store, "select pg_stat_force_next_flush()");
		if (count(store, read) - before > 400 * 4)
			fail_msg("%s: %lld rows were read for 400 lines", looks[i], (long long)(count(store, read) - before));
	}
	store_close(&store);
}

static void test_nothing_is_taken_up(void **state)
{
	static const char *const takes[] = {
		"select count(*) from relais.work_claim(1, 9)", "select count(*) from relais.timer_claim(now() + interval '1 day')", "select count(*) from relais.command_claim(1)",
		"select count(*) from relais.service_claim(now() + interval '40 days')", "select count(*) from relais.directory_claim() c where c is not null",
		"select count(*) from relais.outcome_claim(now())", "select count(*) from relais.deliver_due(9)", "select count(*) from relais.deliver_claim(1, '{p.fr}')",
		"select count(*) from relais.compose_claim(1)", "select count(*) from relais.sign_claim(1)",
		"select count(*) from relais.work_due(1, 0) w where w.commands or w.messages or w.timers or w.directory or w.services or w.outcomes or w.composes",
	};
	struct store *store = begin();

	(void)state;
	run(store, "select relais.dossier_create('1', 'o', 'p', now()); update relais.dossier set next_due = now(); insert into relais.directory_touched (dossier) select id from relais.dossier;"
		   " select relais.command_ask('nurse', 'answer', id, null, null, '{}') from relais.dossier; insert into relais.service_timer (name, due) values ('x', now()) on conflict do nothing");
	mail(store, "m1", "sealed", 0);
	mail(store, "m2", "accepted", 1);
	mail(store, "m3", "decided", 0);
	mail(store, "m4", "composed", 0);
	message(store);
	run(store, "select relais.fence_close('restore', 'op')");
	for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++)
		if (count(store, takes[i]) != 0)
			fail_msg("taken up: %s", takes[i]);
	message(store);
	assert_string_equal(refused(store, "select relais.command_ask('nurse', 'triage', id, null, null, '{}') from relais.dossier"), "store.earlier");
	run(store, "select relais.fence_lift('[]', 0, 0, '{}', 'op')");
	for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++) {
		assert_int_equal(store_begin(store), REASON_NONE);
		if (count(store, takes[i]) == 0)
			fail_msg("not taken up any more: %s", takes[i]);
		store_rollback(store);
	}
	run(store, "delete from relais.directory_touched; delete from relais.service_timer where name = 'x'");
	store_close(&store);
}

static void test_no_number_comes_twice(void **state)
{
	struct store *store = begin();

	(void)state;
	message(store);
	mail(store, "m1", "accepted", 1);
	int64_t inbox = count(store, "select max(id) from relais.inbox");
	assert_false(looked(store, "[]", accepted(inbox, "x")));
	/* One more was accepted than there is: what comes in from now on has a number of its own, before anybody lifted anything. */
	assert_true(looked(store, "[]", accepted(inbox + 1, "x")));
	message(store);
	assert_true(count(store, "select max(id) from relais.inbox") > inbox + 1000);
	assert_int_equal(count(store, arena_printf(scratch.arena, "select relais.fence_lift('[" "{\"at\": \"2096-11-22T10:00:00Z\", \"outbox\": 70, \"attempt\": 1, \"message_id\": \"m8\", \"event\": \"taken\","
				     " \"about\": {\"ref\": \"A-2026-004000-XY\"}}" "]', %lld, 90000, '{A-2025-007000-AB,odd}', 'op')", (long long)inbox + 9000)), 1);
	assert_true(count(store, "select nextval('relais.dossier_number')") > 8000);
	assert_true(count(store, "select nextval(pg_get_serial_sequence('relais.outbox', 'id'))") > 91000);
	assert_true(count(store, "select nextval(pg_get_serial_sequence('relais.inbox', 'id'))") > inbox + 10000);
	/* What is lost stays lost, and closes nothing again. */
	assert_false(looked(store, "[" LINE("m8", "1", "taken") "]", accepted(inbox + 9000, "x")));
	assert_true(looked(store, "[]", accepted(inbox + 9001, "x")));
	store_close(&store);
}

/* What came in before anybody looked has the number of what is lost, or a higher one. */
static void test_it_goes_by_bytes(void **state)
{
	struct store *store = begin();

	(void)state;
	message(store);
	message(store);
	int64_t inbox = count(store, "select max(id) from relais.inbox");
	assert_false(looked(store, "[]", accepted(inbox - 1, "x")));
	assert_true(looked(store, "[]", accepted(inbox - 1, "y")));
	store_close(&store);
}

/* Another server, which may be a standby that was behind: nothing is taken up before a master has held the journals against it. */
static void test_another_server_is_looked_at_first(void **state)
{
	static const char due[] = "select count(*) from relais.deliver_due(9)", claim[] = "select count(*) from relais.work_claim(1, 9)";
	struct store *store = begin();

	(void)state;
	mail(store, "m1", "sealed", 0);
	message(store);
	assert_int_equal(count(store, due), 1);
	run(store, "update relais.fence_server set started_at = started_at - interval '1 second'");
	assert_int_equal(count(store, due) + count(store, claim), 0);
	/* Not closed, and all the same nothing goes: that is told apart. */
	static const char alarms[] = "select count(*) from relais.alarm_list() where name = 'fence.unlooked' and severity = 'critical' and detail->>'see' = 'journal/x'";
	run(store, "select relais.fence_unlooked('journal/x')");
	assert_int_equal(count(store, "select count(*) from relais.fence_state() where not closed and not looked") + count(store, alarms), 2);
	assert_false(looked(store, "[]", "[]"));
	assert_int_equal(count(store, "select count(*) from relais.fence_state() where not closed and looked") + count(store, alarms), 1);
	assert_int_equal(count(store, due) + count(store, claim), 2);
	store_close(&store);
}

/* The master cannot look: which file it is stands in its alarm. */
static void test_what_cannot_be_read(void **state)
{
	static const struct {
		const char *what, *name;
		bool read;
	} rows[] = {
		{"another file is nobody's journal", "signer-2025.jsonl", true},
		{"a journal that is a link", "deliverer-2025.jsonl", false},
		{"of what was accepted", "receiver-2025.jsonl", false},
	};
	struct store *store = begin();
	const char *folder = instance_path(&scratch.instance, "linked");

	(void)state;
	assert_int_equal(mkdir(folder, 0700), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *path = arena_printf(scratch.arena, "%s/%s", folder, rows[i].name);
		struct fence_looked looked;
		assert_int_equal(symlink("/dev/null", path), 0);
		enum reason reason = fence_look(store, scratch.arena, folder, &looked);
		if ((reason == REASON_NONE) != rows[i].read || strcmp(looked.unread == NULL ? "" : looked.unread, rows[i].read ? "" : path) != 0)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (!rows[i].read)
			assert_int_equal(unlink(path), 0);
	}
	store_close(&store);
}

/* What reconcile and the fence say of a line of the receivers' journals. */
static void test_lines_against_rows(void **state)
{
	struct store *store = begin();
	struct store_rows *rows = NULL;

	(void)state;
	message(store);
	run(store, "update relais.inbox set message_id = '<a@b>'; delete from relais.missing_note; insert into relais.missing_note (inbox, digest, actor, words) values (9000000, sha256('n'), 'op', 'w')");
	assert_int_equal(count(store, "select relais.reconcile_rows()"), 1);
	assert_int_equal(store_run(store, "with line (inbox, size, of, message_id) as (select i.id + k.up, k.size, k.of, k.id from relais.inbox i, (values (0, 1, 'x', ''), (0, 2, 'x', ''), (0, 1, 'y', ''),"
		" (7, 1, 'x', ''), (7, 1, 'y', '<a@b>'), (7, 1, 'y', '<c@d>')) k (up, size, of, id) union all values (9000000, 1, 'n', ''))"
		" select relais.reconcile_inbox(jsonb_agg(jsonb_build_object('inbox', inbox, 'size', size, 'digest', encode(sha256(of::bytea), 'hex'), 'message_id', message_id)) || '{\"inbox\": 1, \"size\": 1, \"digest\": \"odd\"}')::text from line", NULL, 0, &rows), REASON_NONE);
	assert_string_equal(store_text(rows, 0, 0), "[\"here\", \"again\", \"lost!\", \"again\", \"again\", \"lost\", \"noted\", \"lost\"]");
	store_free(&rows);
	store_close(&store);
}

static void test_holds_are_looked_at(void **state)
{
	static const char *const erasures[] = {"select relais.erasure_begin(array[(select min(id) from relais.dossier)], '{r/1}', 'x')", "select relais.erasure_apart('{}', '{}', 'r/1', 'x')"};
	struct store *store = begin();

	(void)state;
	run(store, "select relais.dossier_create('1', 'o', 'p', now()); select relais.dossier_create('2', 'o', 'p', now()); update relais.dossier set open = false");
	assert_int_equal(count(store, erasures[0]), 1);
	run(store, "select relais.fence_close('restore', 'op')");
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(refused(store, erasures[i]), "store.earlier");
	assert_string_equal(refused(store, "select relais.hold_confirm(0, 'dpo')"), "store.earlier");
	run(store, "select relais.fence_lift('[]', 0, 0, '{}', 'op')");
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(refused(store, erasures[i]), "hold.unseen");
	run(store, "select relais.hold_set((select min(id) from relais.dossier), null, 'litige', 'dpo')");
	assert_string_equal(refused(store, "select relais.hold_confirm(0, 'dpo')"), "hold.unseen");
	run(store, "select relais.hold_confirm(1, 'dpo')");
	/* A certificate that was handed out after the point is nobody else's. */
	assert_int_equal(count(store, "select relais.erasure_begin(array[(select max(id) from relais.dossier)], '{r/1}', 'x')"), 1002);
	assert_int_equal(count(store, "select bad from relais.erasure_left() where name = 'erasures, each with its number'"), 0);
	run(store, "update relais.erasure set number = 1003 where number = 1002");
	assert_true(count(store, "select bad from relais.erasure_left() where name = 'erasures, each with its number'") > 0);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_it_does_not_know), cmocka_unit_test(test_a_bounced_mail_is_known), cmocka_unit_test(test_many), cmocka_unit_test(test_nothing_is_taken_up),
		cmocka_unit_test(test_no_number_comes_twice), cmocka_unit_test(test_it_goes_by_bytes), cmocka_unit_test(test_another_server_is_looked_at_first), cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_lines_against_rows), cmocka_unit_test(test_holds_are_looked_at),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

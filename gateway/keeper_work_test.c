/* gateway/keeper_work_test.c - the keeper between its keys and the database: where bodies go, what must not be made anew, what ends when, and what is
 * not destroyed while something of it is elsewhere. */
#include "gateway/keeper_work.h"

#include <fcntl.h>

#include "gateway/schema_test.h"

struct lab {
	struct store *store;
	struct keeper_work work;
	char root[64];
	struct instant now;
};

static void put(const char *path, const void *at, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0400);
	assert_true(fd >= 0 && write(fd, at, len) == (ssize_t)len && close(fd) == 0);
}

/* With a pair of intake, number 1, in use; dossier A-1. */
static struct lab lab_make(void)
{
	struct lab l = {.root = "/tmp/relais-work-XXXXXX", .store = open_store(), .now = {INT64_C(1795262400000000)}};
	unsigned char key[BODY_KEY] = {7};
	const char *detail;

	assert_non_null(mkdtemp(l.root));
	const char *folder = arena_printf(scratch.arena, "%s/keys", l.root), *master = arena_printf(scratch.arena, "%s/master", l.root);
	assert_int_equal(mkdir(folder, 0711), 0);
	put(master, key, sizeof key);
	run(l.store, "truncate relais.dossier, relais.inbox, relais.body_chunk, relais.body, relais.keeper_intake, relais.keeper_day, relais.keeper_state cascade;"
		" insert into relais.dossier (ref, ins, oid, pathology, opened_at, state, open, events) values ('A-1', '1', 'o', 'p', now(), 'archived', false, 0)");
	l.work = (struct keeper_work){.store = l.store};
	assert_int_equal(keeper_keys_open(scratch.arena, folder, "", master, &l.work.keys, &detail), REASON_NONE);
	assert_int_equal(chain_journal_open(arena_printf(scratch.arena, "%s/journal", l.root), &l.work.journal), REASON_NONE);
	assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_NONE);
	return l;
}

static void lab_end(struct lab *l)
{
	chain_journal_close(&l->work.journal);
	keeper_keys_close(&l->work.keys);
	store_close(&l->store);
	nftw(l->root, scratch_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A message whose body is sealed to the pair of intake, as it came in; name: under which its row says it is. Gives the body. */
static int64_t message(struct lab *l, const char *name, const char *ref, const char *outcome)
{
	unsigned char sealed[BODY_TO_PUBLIC], digest[DIGEST_SHA256] = {1};
	const struct body_bound bound = body_bound(digest, 6);
	struct body_key key;
	struct store_rows *rows = NULL;

	assert_int_equal(body_key_make(&key), REASON_NONE);
	assert_int_equal(body_key_seal(&key, keeper_keys_intake(l->work.keys)->key.at, &bound, sealed), REASON_NONE);
	assert_int_equal(STORE_RUN(l->store, &rows, "with b as (insert into relais.body (size, digest, sealed_key, key_name) values (6, $1, $2, $3) returning id),"
		" c as (insert into relais.body_chunk select id, 0, 'x', sha256('x') from b)"
		" insert into relais.inbox (body, source, account, mail_from, recipients, params, received_at, complete, state, class, facts, outcome, owner, reason, rule, dossier, decided_at)"
		" select b.id, 'submission', 'x', 'a@b', '{c}', '{}', now(), true, 'done', 'record', '{}', $4, case when $4 = 'held' then 'nurses' end, 'none', 'r/1',"
		" (select id from relais.dossier where ref = $5), now() from b returning body", P_BYTES(((struct bytes){digest, sizeof digest})),
		P_BYTES(((struct bytes){sealed, sizeof sealed})), P_TEXT(name), P_TEXT(outcome), P_TEXT(ref)), REASON_NONE);
	int64_t body = store_int(rows, 0, 0);
	store_free(&rows);
	return body;
}

static bool is_under(struct lab *l, int64_t body, const char *name)
{
	return count(l->store, arena_printf(scratch.arena, "select count(*) from relais.body where id = %lld and key_name = '%s'", (long long)body, name)) == 1;
}

static void settle(struct lab *l)
{
	for (int i = 0; keeper_work_settle(&l->work); i++)
		assert_true(i < 100);
}

static const char *today(struct lab *l)
{
	struct store_rows *rows = NULL;
	assert_int_equal(STORE_RUN(l->store, &rows, "select 'apart:' || to_char(now() at time zone 'UTC', 'YYYY-MM-DD') where $1", P_BOOL(true)), REASON_NONE);
	const char *name = arena_text(scratch.arena, store_bytes(rows, 0, 0));
	store_free(&rows);
	return name;
}

/* The file of a key is gone: an older folder was put back. */
static void lose(struct lab *l, const char *name)
{
	char hex[DIGEST_SHA256_TEXT];
	digest_sha256_text(bytes_of_text(name), hex);
	assert_int_equal(unlink(arena_printf(scratch.arena, "%s/keys/%.2s/%.32s.key", l->root, hex, hex)), 0);
}

static size_t lines(struct lab *l, const char *with)
{
	unsigned char text[65536];
	int fd = open(arena_printf(scratch.arena, "%s/journal", l->root), O_RDONLY);
	ssize_t len = read(fd, text, sizeof text);
	size_t n = 0;

	close(fd);
	for (struct cursor c = cursor_on((struct bytes){text, len < 0 ? 0 : (size_t)len}); c.left.len > 0;)
		n += bytes_contains(cursor_until(&c, '\n'), bytes_of_text(with));
	return n;
}

static enum reason found(struct lab *l, const char *name)
{
	struct body_key key;
	return keeper_keys_find(l->work.keys, name, &key);
}

/* --- where bodies go ------------------------------------------------------------------ */

static void test_homes(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t filed = message(&l, "intake:1", "A-1", "filed"), held = message(&l, "intake:1", "", "held"), refused = message(&l, "intake:1", "", "ignored");

	settle(&l);
	assert_true(is_under(&l, filed, "dossier:A-1") && is_under(&l, held, "intake:1") && is_under(&l, refused, today(&l)));
	lab_end(&l);
}

/* A key that bodies lie under and that is missing is not made anew: what comes waits for it. */
static void test_missing_is_not_made(void **state)
{
	(void)state;
	struct lab l = lab_make();

	message(&l, "intake:1", "A-1", "filed");
	message(&l, "intake:1", "", "ignored");
	settle(&l);
	lose(&l, "dossier:A-1");
	lose(&l, today(&l));
	int64_t filed = message(&l, "intake:1", "A-1", "filed"), apart = message(&l, "intake:1", "", "ignored");
	settle(&l);
	assert_true(is_under(&l, filed, "intake:1") && is_under(&l, apart, "intake:1"));
	assert_int_equal(found(&l, "dossier:A-1"), REASON_KEEPER_KEY);
	assert_int_equal(found(&l, today(&l)), REASON_KEEPER_KEY);
	lab_end(&l);
}

/* Many that stay keep nobody behind them waiting. */
static void test_stuck(void **state)
{
	(void)state;
	struct lab l = lab_make();

	for (int i = 0; i < 201; i++)
		message(&l, "intake:999", "A-1", "filed");
	int64_t good = message(&l, "intake:1", "A-1", "filed");
	settle(&l);
	assert_true(is_under(&l, good, "dossier:A-1"));
	/* The round begins anew. */
	run(l.store, "update relais.body set key_name = 'intake:1' where key_name = 'intake:999'");
	settle(&l);
	assert_int_equal(count(l.store, "select count(*) from relais.body where key_name = 'intake:1'"), 0);
	lab_end(&l);
}

/* --- what ends by itself ----------------------------------------------------------------- */

/* A backup of last night has what was decided today under its key of intake, however long ago that ended. */
static void test_held_long(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t body = message(&l, "intake:1", "A-1", "filed");

	run(l.store, "update relais.keeper_intake set ended_at = now() - interval '20 days'");
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_over(604800) name where name like 'intake:%'"), 0);
	settle(&l);
	assert_true(is_under(&l, body, "dossier:A-1"));
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_over(604800) name where name like 'intake:%'"), 0);
	run(l.store, "update relais.keeper_intake set left_at = now() - interval '8 days'");
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_over(604800) name where name like 'intake:%'"), 1);
	/* In use: whatever left it. */
	run(l.store, "update relais.keeper_intake set ended_at = null");
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_over(604800) name where name like 'intake:%'"), 0);
	lab_end(&l);
}

/* The day's key goes when the last message of that day is erased, and the day is over since a day. */
static void test_days(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t old = message(&l, "intake:1", "", "ignored"), new = message(&l, "intake:1", "", "ignored");

	settle(&l);
	run(l.store, "insert into relais.keeper_day values ('2026-01-01')");
	struct body_key key;
	assert_int_equal(keeper_keys_make(l.work.keys, "apart:2026-01-01", &key), REASON_NONE);
	run(l.store, arena_printf(scratch.arena, "update relais.body set key_name = 'apart:2026-01-01' where id = %lld", (long long)old));
	assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_NONE);
	assert_int_equal(found(&l, "apart:2026-01-01"), REASON_NONE);
	run(l.store, "delete from relais.body_chunk");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_NONE);
		assert_int_equal(found(&l, "apart:2026-01-01"), REASON_KEEPER_ERASED);
		assert_int_equal(found(&l, today(&l)), REASON_NONE);
		assert_int_equal(keeper_keys_destroyed(l.work.keys), 1);
		assert_int_equal(count(l.store, "select count(*) from relais.keeper_day where destroyed_at is not null"), 1);
	}
	assert_int_equal(lines(&l, "\"event\":\"destroyed\",\"key\":\"apart:2026-01-01\",\"n\":1"), 1);
	assert_true(is_under(&l, new, today(&l)));
	/* A backup of before is put back: destroyed it stays. */
	run(l.store, "update relais.keeper_day set destroyed_at = null");
	assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_NONE);
	assert_int_equal(keeper_keys_destroyed(l.work.keys), 1);
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_day where destroyed_at is not null"), 1);
	lab_end(&l);
}

/* A file that cannot be taken away keeps no other key, and the keeper is not told of as silent. */
static void test_one_cannot_be_removed(void **state)
{
	(void)state;
	struct lab l = lab_make();
	char hex[DIGEST_SHA256_TEXT];

	digest_sha256_text(BYTES("apart:2026-01-01"), hex);
	const char *file = arena_printf(scratch.arena, "%s/keys/%.2s/%.32s.key", l.root, hex, hex);
	assert_int_equal(mkdir(file, 0700), 0);
	run(l.store, "insert into relais.keeper_day values ('2026-01-01'), ('2026-01-02'); delete from relais.keeper_state");
	assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_IO);
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_day where destroyed_at is not null and day = '2026-01-02'"), 1);
	assert_int_equal(count(l.store, "select destroyed from relais.keeper_state"), 2);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(keeper_work_tend(&l.work, l.now), REASON_NONE);
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_day where destroyed_at is not null"), 2);
	lab_end(&l);
}

/* --- a dossier's end ------------------------------------------------------------------------- */

static enum reason destroy(struct lab *l)
{
	struct buf out = buf_make(4096);
	enum reason reason = keeper_work_destroy(&l->work, BYTES("dossier:A-1 dpo"), &out);
	buf_free(&out);
	return reason;
}

/* Nothing of the dossier may be left under a key that stays. */
static void test_destroyed_as_a_whole(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t body = message(&l, "intake:1", "A-1", "filed");

	run(l.store, "alter function relais.keeper_rewrap rename to keeper_away");
	assert_int_not_equal(destroy(&l), REASON_NONE);
	assert_int_equal(keeper_keys_destroyed(l.work.keys), 0);
	run(l.store, "alter function relais.keeper_away rename to keeper_rewrap");
	int64_t closed = message(&l, "intake:999", "A-1", "filed");
	assert_int_equal(destroy(&l), REASON_KEEPER_KEY);
	assert_int_equal(keeper_keys_destroyed(l.work.keys), 0);
	assert_int_equal(found(&l, "dossier:A-1"), REASON_NONE);
	/* What is under a destroyed key is closed as it is. */
	struct keeper_record record;
	assert_int_equal(keeper_keys_destroy(l.work.keys, "intake:999", "keeper", l.now, &record), REASON_NONE);
	assert_int_equal(destroy(&l), REASON_NONE);
	assert_true(is_under(&l, body, "dossier:A-1") && is_under(&l, closed, "intake:999"));
	assert_int_equal(found(&l, "dossier:A-1"), REASON_KEEPER_ERASED);
	/* A body of it that comes after stays under a key that ends a week after nothing lies under it any more, and again is the same. */
	int64_t late = message(&l, "intake:1", "A-1", "filed");
	settle(&l);
	assert_true(is_under(&l, late, "intake:1"));
	assert_int_equal(destroy(&l), REASON_NONE);
	assert_int_equal(keeper_keys_destroyed(l.work.keys), 2);
	lab_end(&l);
}

/* Rows that are erased have nothing to be put under a key, and hold no key of intake. */
static void test_erased_rows(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t body = message(&l, "intake:1", "A-1", "filed");

	run(l.store, "insert into relais.erasure (number, ref, rule, actor, done_at) values (1, 'A-1', 't', 't', now()); update relais.inbox set erased = 1; delete from relais.body_chunk;"
		" update relais.keeper_intake set ended_at = now() - interval '20 days'");
	settle(&l);
	assert_true(is_under(&l, body, "intake:1"));
	assert_int_equal(count(l.store, "select bad from relais.reconcile(false) where name like 'body of a dossier%'"), 0);
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_over(604800) name where name like 'intake:%'"), 1);
	run(l.store, "update relais.inbox set erased = null; delete from relais.erasure");
	lab_end(&l);
}

/* --- who asks too much ------------------------------------------------------------------------- */

static void test_refusals_are_counted(void **state)
{
	(void)state;
	struct lab l = lab_make();
	int64_t body = message(&l, "intake:1", "A-1", "filed");

	for (int i = 0; i < LIMIT_KEEPER_REFUSED_LINES + 50; i++) {
		struct keeper_question q = {.role = KEEPER_ROLE_SIGNER, .body = body};
		keeper_work_open(&l.work, scratch.arena, &q, 1);
		assert_int_equal(q.reason, REASON_KEEPER_REFUSED);
	}
	assert_int_equal(lines(&l, "\"event\":\"refused\",\"role\":\"signer\",\"body\":"), LIMIT_KEEPER_REFUSED_LINES);
	/* Another's are told as ever, and so is what is opened. */
	struct keeper_question other = {.role = KEEPER_ROLE_WORKER, .body = body}, good = {.role = KEEPER_ROLE_OPERATOR, .body = body, .purpose = "test"};
	keeper_work_open(&l.work, scratch.arena, &other, 1);
	keeper_work_open(&l.work, scratch.arena, &good, 1);
	assert_true(other.reason == REASON_KEEPER_REFUSED && good.reason == REASON_NONE);
	assert_int_equal(lines(&l, "\"role\":\"worker\""), 1);
	assert_int_equal(lines(&l, "\"event\":\"opened\""), 1);
	/* The minute is not over, and then it is. */
	struct instant now = l.work.refusals[KEEPER_ROLE_SIGNER].since;
	assert_int_equal(keeper_work_tend(&l.work, instant_plus(now, SPAN_SECONDS(59))), REASON_NONE);
	assert_int_equal(lines(&l, "\"more\":"), 0);
	assert_int_equal(keeper_work_tend(&l.work, instant_plus(now, SPAN_SECONDS(60))), REASON_NONE);
	assert_int_equal(lines(&l, "\"event\":\"refused\",\"role\":\"signer\",\"more\":50,"), 1);
	lab_end(&l);
}

/* A folder that is empty where the database knows keys: a medium that is not there. Nothing is begun in it, until somebody says that they are lost for good. */
static void test_another_folder(void **state)
{
	(void)state;
	struct lab l = lab_make();
	const char *detail, *folder = arena_printf(scratch.arena, "%s/empty", l.root);
	struct keeper_work other = {.store = l.store};

	assert_int_equal(mkdir(folder, 0711), 0);
	assert_int_equal(keeper_keys_open(scratch.arena, folder, "", arena_printf(scratch.arena, "%s/master", l.root), &other.keys, &detail), REASON_NONE);
	assert_int_equal(keeper_work_tend(&other, l.now), REASON_KEEPER_KEY);
	assert_int_equal(keeper_keys_intake(other.keys)->number, 0);
	assert_int_equal(count(l.store, "select count(*) from relais.keeper_intake"), 1);
	run(l.store, "update relais.keeper_intake set destroyed_at = now()");
	assert_int_equal(keeper_work_tend(&other, l.now), REASON_NONE);
	assert_int_equal(keeper_keys_intake(other.keys)->number, 2);
	keeper_keys_close(&other.keys);
	lab_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_homes),        cmocka_unit_test(test_missing_is_not_made), cmocka_unit_test(test_stuck),       cmocka_unit_test(test_held_long),
		cmocka_unit_test(test_days),         cmocka_unit_test(test_destroyed_as_a_whole), cmocka_unit_test(test_erased_rows), cmocka_unit_test(test_refusals_are_counted),
		cmocka_unit_test(test_another_folder), cmocka_unit_test(test_one_cannot_be_removed),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

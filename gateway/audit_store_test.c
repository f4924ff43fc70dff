/* gateway/audit_store_test.c - the trail in the database: what is linked, in which order, what nobody may do, and what the signer is given. */
#include "gateway/audit_key.h"
#include "gateway/schema_test.h"

#include <string.h>
#include <time.h>

static struct audit_key key;

static enum reason tried(struct store *store, const char *sql)
{
	return store_run(store, sql, NULL, 0, NULL);
}

enum { MOST = 6000 };

/* As relais-refresher does it. */
static enum reason link_rows(struct store *store, const unsigned char secret[AUDIT_KEY], int64_t most, int64_t *n)
{
	static unsigned char keys[MOST * DIGEST_SHA256];
	static struct bytes ids[MOST];
	struct store_rows *rows = NULL, *given = NULL;
	char name[DIGEST_SHA256_TEXT];

	audit_key_make(secret, &key);
	audit_key_name(&key, name);
	assert_int_equal(STORE_RUN(store, &rows, "select id, id::text from relais.audit_wait($1::integer)", P_INT(most)), REASON_NONE);
	size_t waiting = store_count(rows);
	for (size_t i = 0; i < waiting; i++) {
		audit_row_key(&key, store_int(rows, i, 0), keys + i * DIGEST_SHA256);
		ids[i] = store_bytes(rows, i, 1);
	}
	enum reason reason = STORE_RUN(store, &given, "select relais.audit_link($1, $2::text[]::bigint[], $3)", P_TEXT(name), P_TEXTS(ids, waiting),
				       P_BYTES(((struct bytes){keys, waiting * DIGEST_SHA256})));
	*n = reason == REASON_NONE ? store_int(given, 0, 0) : 0;
	store_free(&rows);
	store_free(&given);
	return reason;
}

static const unsigned char secret[AUDIT_KEY] = {1, 2, 3};

static int64_t linked(struct store *store, int64_t most)
{
	int64_t n;
	assert_int_equal(link_rows(store, secret, most, &n), REASON_NONE);
	return n;
}

static void write_row(struct store *store, const char *what)
{
	assert_int_equal(STORE_RUN(store, NULL, "select relais.audit_add('act', $1, null, null, null, null, null, null, null)", P_TEXT(what)), REASON_NONE);
}

static int64_t position_of(struct store *store, const char *what)
{
	struct store_rows *rows = NULL;
	assert_int_equal(STORE_RUN(store, &rows, "select coalesce(max(position), 0) from relais.audit where what = $1", P_TEXT(what)), REASON_NONE);
	int64_t n = store_int(rows, 0, 0);
	store_free(&rows);
	return n;
}

/* The first pass names its key in a row; another key binds nothing, whatever waits. */
static void the_trail_knows_its_key(void **state)
{
	(void)state;
	static const unsigned char other[AUDIT_KEY] = {4};
	struct store *store = open_store();
	char name[DIGEST_SHA256_TEXT];
	int64_t n;

	write_row(store, "before any key");
	while (linked(store, 1000) > 0)
		;
	audit_key_name(&key, name);
	assert_int_equal(STORE_RUN(store, NULL, "select 1 / (relais.audit_key_name() = $1)::integer", P_TEXT(name)), REASON_NONE);
	assert_int_equal(count(store, "select count(*) from relais.audit where what = 'trail.key'"), 1);
	write_row(store, "under another key");
	assert_int_equal(link_rows(store, other, 1000, &n), REASON_AUDIT_KEY);
	assert_int_equal(position_of(store, "under another key"), 0);
	assert_int_equal(linked(store, 1000), 1);
	store_close(&store);
}

/* Who is in the middle of a transaction keeps nobody waiting, and is linked once he has committed; who gave up is nowhere. */
static void rows_are_linked_as_they_are_committed(void **state)
{
	(void)state;
	struct store *slow = open_store(), *quick = open_store();

	while (linked(quick, 1000) > 0)
		;
	assert_int_equal(store_begin(slow), REASON_NONE);
	write_row(slow, "slow");
	write_row(quick, "quick");
	assert_int_equal(linked(quick, 1000), 1);
	assert_int_equal(store_commit(slow), REASON_NONE);
	assert_int_equal(store_begin(slow), REASON_NONE);
	write_row(slow, "given up");
	store_rollback(slow);
	assert_int_equal(linked(quick, 1000), 1);
	assert_int_equal(position_of(quick, "slow"), position_of(quick, "quick") + 1);
	assert_int_equal(position_of(quick, "given up"), 0);
	assert_int_equal(count(quick, "select count(*) from relais.audit_entry"), 0);
	store_close(&slow);
	store_close(&quick);
}

/* One linker at a time; a second one finds nothing to do and does not wait. */
static void there_is_one_linker(void **state)
{
	(void)state;
	struct store *one = open_store(), *other = open_store();

	write_row(one, "both");
	assert_int_equal(store_begin(one), REASON_NONE);
	assert_int_equal(linked(one, 1000), 1);
	write_row(other, "later");
	assert_int_equal(linked(other, 1000), 0);
	assert_int_equal(store_commit(one), REASON_NONE);
	assert_int_equal(linked(other, 1000), 1);
	store_close(&one);
	store_close(&other);
}

/* A row without a key would be bound to nothing for ever; one that is passed over, too. */
static void a_linker_chooses_nothing(void **state)
{
	(void)state;
	static const struct {
		const char *what, *ids, *keys;
		bool taken;
	} cases[] = {
		{"no keys", "array(select id from relais.audit_entry order by 1)", "null", false},
		{"no rows", "null", "''", false},
		{"a key less than rows", "array(select id from relais.audit_entry order by 1)", "decode(repeat('00', 32), 'hex')", false},
		{"the last one first", "array(select id from relais.audit_entry order by 1 desc)", "decode(repeat('00', 64), 'hex')", false},
		{"one twice", "array(select min(id) from relais.audit_entry) || array(select min(id) from relais.audit_entry)", "decode(repeat('00', 64), 'hex')", false},
		{"an old one passed over", "array(select max(id) from relais.audit_entry)", "decode(repeat('00', 32), 'hex')", false},
		{"the old one alone", "array(select min(id) from relais.audit_entry)", "decode(repeat('00', 32), 'hex')", true},
		{"both", "array(select id from relais.audit_entry order by 1)", "decode(repeat('00', 64), 'hex')", true},
	};
	struct store *store = open_store();

	while (linked(store, 1000) > 0)
		;
	run(store, "insert into relais.audit_entry (kind, what, at) values ('act', 'old', now() - interval '2 minutes'), ('act', 'new', now())");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(store_begin(store), REASON_NONE);
		enum reason reason = tried(store, arena_printf(scratch.arena, "select relais.audit_link(relais.audit_key_name(), %s, %s)", cases[i].ids, cases[i].keys));
		store_rollback(store);
		if (reason != (cases[i].taken ? REASON_NONE : REASON_STORE_REFUSED))
			fail_msg("%s: %s", cases[i].what, reason_code(reason));
	}
	/* What is young may be passed over: it was committed after the linker had asked. */
	run(store, "select relais.audit_add('act', 'newer', null, null, null, null, null, null, null)");
	assert_int_equal(store_begin(store), REASON_NONE);
	assert_int_equal(tried(store, "select relais.audit_link(relais.audit_key_name(), array(select id from relais.audit_entry where what <> 'new' order by 1), decode(repeat('00', 64), 'hex'))"), REASON_NONE);
	store_rollback(store);
	assert_int_equal(linked(store, 1000), 3);
	store_close(&store);
}

/* Each link is what a stranger computes from the line before and the line. */
static void links_are_made_as_it_is_written(void **state)
{
	(void)state;
	struct store *store = open_store();
	struct store_rows *rows = NULL;
	char before[DIGEST_SHA256_TEXT], digest[DIGEST_SHA256_TEXT], link[DIGEST_SHA256_TEXT];

	for (int i = 0; i < 5; i++)
		write_row(store, "a row");
	linked(store, 3);
	linked(store, 1000);
	memset(before, '0', sizeof before - 1);
	before[sizeof before - 1] = '\0';
	assert_int_equal(STORE_RUN(store, &rows, "select position, line, link from relais.audit_read($1, 1000)", P_INT(0)), REASON_NONE);
	assert_true(store_count(rows) >= 5);
	for (size_t i = 0; i < store_count(rows); i++) {
		digest_sha256_text(store_bytes(rows, i, 1), digest);
		digest_sha256_text(bytes_of_text(arena_printf(scratch.arena, "%s %s", before, digest)), link);
		assert_int_equal(store_int(rows, i, 0), i + 1);
		assert_true(bytes_equal_text(store_bytes(rows, i, 2), link));
		strcpy(before, link);
	}
	store_free(&rows);
	store_close(&store);
}

/* The digest under the row's key is the one that C makes of the same evidence; and the sentence about who is named holds. */
static void a_row_names_what_it_stands_for(void **state)
{
	(void)state;
	struct store *store = open_store();
	struct store_rows *rows = NULL;
	char proof[DIGEST_SHA256_TEXT];

	run(store, "insert into relais.command (actor, kind, args) values ('infirmiere', 'triage', '{\"text\": \"Éléonore PAT-TROIS\"}')");
	run(store, "insert into relais.command (actor, kind) values ('eleonore@patient.mssante.fr', 'triage'), ('279035121518989', 'triage')");
	linked(store, 1000);
	assert_int_equal(STORE_RUN(store, &rows, "select id, line, proof, evidence from relais.audit_read($1, 1000) where line like '%asked.triage%' order by position", P_INT(0)), REASON_NONE);
	assert_int_equal(store_count(rows), 3);
	audit_row_proof(&key, store_int(rows, 0, 0), store_bytes(rows, 0, 3), proof);
	assert_true(bytes_equal_text(store_bytes(rows, 0, 2), proof));
	assert_true(bytes_contains(store_bytes(rows, 0, 3), BYTES("PAT-TROIS")));
	assert_true(bytes_contains(store_bytes(rows, 0, 1), BYTES("\"actor\":\"infirmiere\"")));
	for (size_t i = 0; i < 3; i++) {
		struct bytes line = store_bytes(rows, i, 1);
		assert_false(bytes_contains(line, BYTES("PAT")) || bytes_contains(line, BYTES("@")) || bytes_contains(line, BYTES("279035121518989")));
		assert_true(i == 0 || bytes_contains(line, BYTES("\"actor\":\"somebody\"")));
	}
	store_free(&rows);
	store_close(&store);
}

static void nobody_changes_a_row(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"update relais.audit set kind = 'access'", "delete from relais.audit", "truncate relais.audit", "update relais.audit_entry set kind = 'access'",
		"delete from relais.audit_entry", "truncate relais.audit_entry",
	};
	struct store *store = open_store();

	linked(store, 1000);
	write_row(store, "waits");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (tried(store, wrong[i]) != REASON_AUDIT_FIXED)
			fail_msg("%s", wrong[i]);
	assert_int_equal(linked(store, 1000), 1);
	store_close(&store);
}

static int64_t ask(struct store *store)
{
	return count(store, "select relais.checkpoint_ask('officer')");
}

static void a_checkpoint_is_sealed_once(void **state)
{
	(void)state;
	struct store *store = open_store();
	struct store_rows *rows = NULL;
	int64_t number = ask(store), session = store_session(store);

	assert_int_equal(ask(store), number);   /* one that waits is as good */
	for (int i = 0; i < 2; i++) {           /* what the signer refused it is told again */
		assert_int_equal(STORE_RUN(store, &rows, "select checkpoint, position, length(link), before, waiting from relais.checkpoint_claim($1)", P_INT(session)), REASON_NONE);
		assert_int_equal(store_count(rows), 1);
		assert_int_equal(store_int(rows, 0, 0), number);
		assert_int_equal(store_int(rows, 0, 1), count(store, "select max(position) from relais.audit"));
		store_free(&rows);
	}
	assert_int_equal(STORE_RUN(store, NULL, "select relais.checkpoint_done($1, $2, '{}', 'seal', 'ab')", P_INT(number), P_INT(session + 1)), REASON_STORE_CONFLICT);
	assert_int_equal(STORE_RUN(store, NULL, "select relais.checkpoint_done($1, $2, '{}', 'seal', 'ab')", P_INT(number), P_INT(session)), REASON_NONE);
	assert_int_equal(STORE_RUN(store, NULL, "select relais.checkpoint_done($1, $2, '{}', 'seal', 'ab')", P_INT(number), P_INT(session)), REASON_STORE_CONFLICT);
	assert_int_equal(tried(store, "update relais.checkpoint set statement = 'x'"), REASON_AUDIT_FIXED);
	assert_int_equal(tried(store, "update relais.checkpoint set seal = 'x'"), REASON_AUDIT_FIXED);
	assert_int_equal(tried(store, "delete from relais.checkpoint"), REASON_AUDIT_FIXED);
	assert_int_equal(tried(store, "truncate relais.checkpoint"), REASON_AUDIT_FIXED);
	assert_int_equal(STORE_RUN(store, NULL, "select relais.checkpoint_stamp($1, 'stamp')", P_INT(number)), REASON_NONE);
	assert_int_equal(STORE_RUN(store, NULL, "select relais.checkpoint_stamp($1, 'other')", P_INT(number)), REASON_STORE_CONFLICT);
	assert_int_equal(tried(store, "update relais.checkpoint set stamp = 'x'"), REASON_AUDIT_FIXED);
	/* The daily one: not before its time. */
	assert_int_equal(count(store, "select relais.checkpoint_due(24)::integer"), 0);
	assert_int_equal(count(store, "select relais.checkpoint_late(24)::integer"), 0);
	/* Rows that no linker takes are under no checkpoint either. */
	while (linked(store, 1000) > 0)
		;
	assert_int_equal(store_begin(store), REASON_NONE);
	run(store, "insert into relais.audit_entry (kind, what, at) values ('act', 'old', now() - interval '6 minutes')");
	assert_int_equal(count(store, "select relais.checkpoint_late(24)::integer"), 1);
	store_rollback(store);
	store_close(&store);
}

static void what_was_looked_at_keeps_numbers_alone(void **state)
{
	(void)state;
	static const struct {
		const char *kind, *what, *wanted;
		enum reason reason;
	} cases[] = {
		{"access", "relais dossier show", "A-2026-000001-KF", REASON_NONE},
		{"access", "relais trace", "R12", REASON_NONE},
		{"access", "relais directory find", "Éléonore PAT-TROIS", REASON_NONE},
		{"access", "relais trace", "R99999999999999999999999", REASON_NONE},
		{"act", "relais retry", "s1", REASON_NONE},
		{"decision", "relais dossier show", "", REASON_STORE_REFUSED},
		{"access", "PAT-TROIS was here", "", REASON_STORE_REFUSED},
		{"access", "relais dossier show PAT", "", REASON_STORE_REFUSED},
	};
	struct store *store = open_store();

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (STORE_RUN(store, NULL, "select relais.audit_access('infirmiere', $1, $2, $3)", P_TEXT(cases[i].kind), P_TEXT(cases[i].what), P_TEXT(cases[i].wanted)) != cases[i].reason)
			fail_msg("%s %s", cases[i].what, cases[i].wanted);
	linked(store, 1000);
	assert_int_equal(count(store, "select count(*) from relais.audit_read(0, 100000) where line ilike '%PAT-TROIS%' or line like '%999999999%'"), 0);
	assert_int_equal(count(store, "select count(*) from relais.audit where kind = 'access'"), 4);
	store_close(&store);
}

/* What a restore lost is told behind a closed fence alone, and no more than a journal can have. */
static void a_restore_is_told_behind_a_fence(void **state)
{
	(void)state;
	static const struct {
		const char *what, *given;
		enum reason reason;
	} cases[] = {
		{"no line for the seal", "'n', 0, 0, 40000, '[[77, \"00\"]]'", REASON_NONE},
		{"a checkpoint of the folder's", "'n', 900000, 5000000, 0, '[]'", REASON_NONE},
		{"nothing was lost", "'n', 0, 0, 9000000000000000000, '[]'", REASON_NONE},
		{"a size for what is sealed later", "'n', 0, 0, 9000000000000000000, '[[77, \"00\"]]'", REASON_STORE_REFUSED},
		{"a checkpoint beyond all others", "'n', 1000000000, 0, 0, '[]'", REASON_STORE_REFUSED},
		{"numbers to the end", "'n', 100, 9223372036854000000, 0, '[]'", REASON_STORE_REFUSED},
		{"below nothing", "'n', 100, -1, 0, '[]'", REASON_STORE_REFUSED},
		{"no number", "'n', 100, null, 0, '[]'", REASON_STORE_REFUSED},
	};
	struct store *store = open_store();

	for (int closed = 0; closed < 2; closed++)
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			assert_int_equal(store_begin(store), REASON_NONE);
			if (closed)
				run(store, "select relais.fence_close('essai', 'un')");
			enum reason reason = tried(store, arena_printf(scratch.arena, "select relais.audit_restored(%s, 'un')", cases[i].given));
			store_rollback(store);
			if (reason != (closed ? cases[i].reason : REASON_FENCE_OPEN))
				fail_msg("%s: %s", cases[i].what, reason_code(reason));
		}
	assert_int_equal(store_begin(store), REASON_NONE);
	run(store, "select relais.fence_close('essai', 'un'); select relais.audit_restored('n', 0, 0, 40000, '[[77, \"00\"]]', 'un')");
	assert_int_equal(count(store, "select fenced::integer from relais.audit_restores()"), 1);
	run(store, "select relais.fence_lift('[]', 0, 0, '{}', 'un')");
	assert_int_equal(count(store, "select fenced::integer from relais.audit_restores()"), 1);
	run(store, "insert into relais.audit_entry (kind, what, detail) select 'act', what, detail from relais.audit_entry where what = 'trail.restored'");
	assert_int_equal(count(store, "select count(*) from relais.audit_restores() where fenced"), 1);
	assert_int_equal(count(store, "select count(*) from relais.audit_restores() where not fenced"), 1);
	store_rollback(store);
	store_close(&store);
}

/* The linker asks for the key's name each second, whatever the trail's length. */
static void the_key_is_found_by_index(void **state)
{
	(void)state;
	static const char *const functions[] = {"audit_key_name", "audit_restores"};
	struct store *store = open_store();

	run(store, "analyze relais.audit; set search_path = relais");
	for (size_t f = 0; f < sizeof functions / sizeof functions[0]; f++) {
		struct store_rows *rows = NULL;
		bool index = false;
		assert_int_equal(STORE_RUN(store, &rows, "select 'explain (costs off) ' || prosrc from pg_proc where proname = $1", P_TEXT(functions[f])), REASON_NONE);
		const char *explain = arena_printf(scratch.arena, "%s", store_text(rows, 0, 0));
		store_free(&rows);
		assert_int_equal(store_run(store, explain, NULL, 0, &rows), REASON_NONE);
		for (size_t i = 0; i < store_count(rows); i++)
			index = index || bytes_contains(store_bytes(rows, i, 0), BYTES("audit_trail"));
		store_free(&rows);
		if (!index)
			fail_msg("%s reads the whole trail", functions[f]);
	}
	store_close(&store);
}

/* Not a judgement, a figure: how long a flood keeps the linker. */
static void a_flood_is_linked(void **state)
{
	(void)state;
	struct store *store = open_store();
	struct timespec from, to;
	int64_t n = 0, more;

	run(store, "select relais.audit_add('act', 'flood', null, null, null, null, null, null, null) from generate_series(1, 5000)");
	clock_gettime(CLOCK_MONOTONIC, &from);
	while ((more = linked(store, 1000)) > 0)
		n += more;
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(n >= 5000);
	print_message("%lld rows linked in %.3f s\n", (long long)n, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_trail_knows_its_key),
		cmocka_unit_test(rows_are_linked_as_they_are_committed),
		cmocka_unit_test(there_is_one_linker),
		cmocka_unit_test(a_linker_chooses_nothing),
		cmocka_unit_test(links_are_made_as_it_is_written),
		cmocka_unit_test(a_row_names_what_it_stands_for),
		cmocka_unit_test(nobody_changes_a_row),
		cmocka_unit_test(a_checkpoint_is_sealed_once),
		cmocka_unit_test(what_was_looked_at_keeps_numbers_alone),
		cmocka_unit_test(a_restore_is_told_behind_a_fence),
		cmocka_unit_test(a_flood_is_linked),
		cmocka_unit_test(the_key_is_found_by_index),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

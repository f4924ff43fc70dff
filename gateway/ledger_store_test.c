/* gateway/ledger_store_test.c - what the database keeps of money and of the questionnaire: whose statement is still to be made, who wants no mail. */
#include "gateway/schema_test.h"

static struct store *begin(void)
{
	struct store *store = open_store();
	run(store, "delete from relais.fee; delete from relais.outbox; delete from relais.dossier_event; delete from relais.dossier; delete from relais.expert");
	return store;
}

/* A dossier of that person, opened so many days ago, with what its request answers. */
static void dossier(struct store *store, const char *ref, const char *ins, int days, const char *answers)
{
	run(store, arena_printf(scratch.arena, "insert into relais.dossier (ref, ins, oid, pathology, opened_at, state) values ('%s', '%s', '2', 'x', now() - %d * interval '1 day', 'closed');"
				" insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, 1, opened_at, 'requested', '{\"answers\": [%s]}', 'relais', 'r'"
				" from relais.dossier where ref = '%s'", ref, ins, days, answers, ref));
}

static void expert(struct store *store, const char *rpps, const char *mailbox)
{
	run(store, arena_printf(scratch.arena, "insert into relais.expert (rpps, version, data, active, pathologies, mailbox, delegates)"
				" values ('%s', 1, '{\"family\": \"E%s\"}', true, '{x}', '%s', '{}')", rpps, rpps, mailbox));
}

/* Two experts read one mailbox: each has his statement of the month, once, and again only what was not made. */
static void test_statements_to_one_mailbox(void **state)
{
	static const char unmade[] = "select count(*) from relais.fee_statements(now() - interval '1 day', now() + interval '1 day', '2026-02')";
	static const char make[] = "select relais.service_add('M17', 'expert', mailbox, occasion, 'x@y.fr', '<s' || rpps || '@y.fr>', 'statement/1', '{}', now())"
				   " from relais.fee_statements(now() - interval '1 day', now() + interval '1 day', '2026-02') limit 1";
	struct store *store = begin();

	(void)state;
	expert(store, "1", "pool@experts.fr");
	expert(store, "2", "pool@experts.fr");
	dossier(store, "F-1", "1", 9, "");
	dossier(store, "F-2", "2", 9, "");
	run(store, "select relais.fee_book(id, 1, now(), ins, 12000) from relais.dossier");
	assert_int_equal(count(store, unmade), 2);
	assert_int_not_equal(count(store, make), 0);
	assert_int_equal(count(store, unmade), 1);
	assert_int_not_equal(count(store, make), 0);
	assert_int_equal(count(store, unmade), 0);
	/* Neither another mailbox of his makes it twice, nor is the next month made by this one. */
	run(store, "update relais.expert set mailbox = 'un@experts.fr'");
	assert_int_equal(count(store, unmade), 0);
	assert_int_equal(count(store, "select count(*) from relais.fee_statements(now() - interval '1 day', now() + interval '1 day', '2026-03')"), 2);
	store_close(&store);
}

/* A contract's figures for two mailboxes: that one has them says nothing of the other. */
static void test_made_for_a_mailbox(void **state)
{
	static const struct {
		const char *recipient, *occasion;
		bool made;
	} rows[] = {{"un@a.fr", "2026-02 7", true}, {"UN@a.fr", "2026-02 7", true}, {"deux@a.fr", "2026-02 7", false}, {"un@a.fr", "2026-03 7", false}, {"un@a.fr", "7", false}};
	struct store *store = begin();

	(void)state;
	run(store, "select relais.service_add('M99', 'insurer', 'Un@a.fr', '2026-02 7', 'x@y.fr', '<p@y.fr>', 'partner/1', '{}', now())");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((count(store, arena_printf(scratch.arena, "select relais.service_made('M99', '%s', '%s')::int", rows[i].recipient, rows[i].occasion)) != 0) != rows[i].made)
			fail_msg("%s %s", rows[i].recipient, rows[i].occasion);
	store_close(&store);
}

static void test_who_wants_no_questionnaire(void **state)
{
	static const char yes[] = "{\"question\": \"consent.study\", \"value\": \"true\"}", no[] = "{\"question\": \"consent.study\", \"value\": \"false\"}";
	static const struct {
		const char *what, *kind, *data, *before, *after;   /* an event of another dossier of his; what it and a later one answered */
		bool stopped;
	} rows[] = {
		{"nothing was said", "closed", "{}", yes, yes, false},
		{"a later request does not say", "closed", "{}", yes, "", false},
		{"STOP in another", "study_stopped", "{}", yes, yes, true},
		{"he died, as another knows", "died", "{}", yes, yes, true},
		{"written down for him in another", "answer_told", "{\"id\": \"consent.study\", \"text\": \"false\"}", yes, yes, true},
		{"a later request says no", "closed", "{}", yes, no, true},
		{"an earlier one said no", "closed", "{}", no, yes, false},
	};
	struct store *store = begin();

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run(store, "delete from relais.dossier_event; delete from relais.dossier");
		dossier(store, "S-0", "1", 300, rows[i].before);
		dossier(store, "S-1", "1", 200, yes);
		dossier(store, "S-2", "1", 100, rows[i].after);
		dossier(store, "S-3", "9", 100, no);             /* another person */
		run(store, arena_printf(scratch.arena, "insert into relais.dossier_event (dossier, seq, at, kind, data, actor, rule) select id, 2, now(), '%s', '%s', 'relais', 'r'"
					" from relais.dossier where ref = 'S-0'", rows[i].kind, rows[i].data));
		if ((count(store, "select relais.study_stopped(id)::int from relais.dossier where ref = 'S-1'") != 0) != rows[i].stopped)
			fail_msg("%s", rows[i].what);
	}
	store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_statements_to_one_mailbox), cmocka_unit_test(test_made_for_a_mailbox), cmocka_unit_test(test_who_wants_no_questionnaire)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

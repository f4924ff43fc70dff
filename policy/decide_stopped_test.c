/* policy/decide_stopped_test.c - a mail is stopped before its seal: what the dossier knows, who has to look, and what a person may do. */
#include "policy/test_world.h"

#include "policy/shield.h"
#include "policy/worklist.h"

static bool has_task(struct world *w)
{
	struct work_task tasks[WORK_TASKS];
	size_t n = worklist(w->rules.settings, w->dossier, tasks);

	for (size_t i = 0; i < n; i++)
		if (strcmp(tasks[i].name, "mail_stopped") == 0)
			return tasks[i].rank == WORK_HARM && (tasks[i].owners & ALERT_NURSES) != 0;
	return false;
}

static void stop(struct world *w, const char *id, enum reason why)
{
	policy_decide_stopped(w->arena, &w->rules, w->dossier, bytes_of_text(id), why, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "mail_stopped");
	assert_string_equal(mails_of(w), "");
}

static void a_stopped_mail_waits_for_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	enum dossier_state before = w->dossier->state;
	assert_false(has_task(w));
	stop(w, "S12", REASON_SHIELD_IDENTITY);
	assert_true(bytes_equal_text(w->last.events[0].rule, SHIELD_RULE));
	assert_true(has_task(w) && w->dossier->state == before && w->dossier->n_stopped == 1);
	stop(w, "S13", REASON_MAIL_VIRUS);
	assert_true(bytes_equal_text(w->last.events[0].rule, "antivirus.found/1"));
	command(w, POLICY_ACT_LET_GO, "S12", "vu avec l'expert");
	assert_string_equal(events_of(w), "mail_let_go");
	assert_string_equal(mails_of(w), "");
	assert_true(has_task(w) && w->dossier->n_stopped == 1);
	command(w, POLICY_ACT_DROP, "S13", "à redemander");
	assert_string_equal(events_of(w), "mail_dropped");
	assert_true(!has_task(w) && w->dossier->n_stopped == 0 && w->dossier->state == before);
	world_free(w);
}

static void stopped_again_it_is_one(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	stop(w, "S12", REASON_MAIL_VIRUS);
	pass(w, SPAN_HOURS(1));
	stop(w, "S12", REASON_SHIELD_IDENTITY);
	assert_int_equal(w->dossier->n_stopped, 1);
	assert_int_equal(dossier_find_stopped(w->dossier, BYTES("S12"))->reason, REASON_SHIELD_IDENTITY);
	world_free(w);
}

static void what_a_person_may_not(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum policy_act act;
		const char *id, *why;
		enum reason reason;
	} rows[] = {
		{"let go without a reason", POLICY_ACT_LET_GO, "S12", "", REASON_USAGE},   {"a reason of blanks", POLICY_ACT_LET_GO, "S12", " \t", REASON_USAGE},
		{"drop without a reason", POLICY_ACT_DROP, "S12", "", REASON_USAGE},       {"another mail", POLICY_ACT_LET_GO, "S13", "vu", REASON_NOT_FOUND},
		{"no mail", POLICY_ACT_DROP, "", "vu", REASON_NOT_FOUND},
	};
	struct world *w = world_make();

	to_released(w);
	stop(w, "S12", REASON_SHIELD_IDENTITY);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		command(w, rows[i].act, rows[i].id, rows[i].why);
		if (w->last.reason != rows[i].reason || w->last.n_events != 0 || w->dossier->n_stopped != 1)
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
	}
	command(w, POLICY_ACT_DROP, "S12", "vu");
	command(w, POLICY_ACT_DROP, "S12", "vu");
	assert_int_equal(w->last.reason, REASON_NOT_FOUND);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stopped_mail_waits_for_a_person), cmocka_unit_test(stopped_again_it_is_one), cmocka_unit_test(what_a_person_may_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

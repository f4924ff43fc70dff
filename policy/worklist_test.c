/* policy/worklist_test.c - a task for everything that waits for a person, until it is done. */
#include "policy/worklist.h"
#include "policy/test_world.h"

static const struct work_task *task(struct world *w, const char *name)
{
	static struct work_task tasks[WORK_TASKS];
	size_t n = worklist(NULL, w->dossier, tasks);

	assert_true(n <= WORK_TASKS);
	for (size_t i = 0; i < n; i++)
		if (strcmp(tasks[i].name, name) == 0)
			return &tasks[i];
	return NULL;
}

/* No alert fires into the void: whoever it is for finds it in his list, with what to do. */
static void every_alert_has_words(void **state)
{
	(void)state;
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++) {
		const struct deadline_row *row = deadline_row(k);
		bool of_message = k == DEADLINE_QUARANTINE_OWNER || k == DEADLINE_QUARANTINE_MANAGER;
		if (row->alerts == 0 || of_message)
			continue;
		if (worklist_do(T(row->name), "fr")[0] == '\0' || worklist_do(T(row->name), "en")[0] == '\0')
			fail_msg("%s: nothing to do", row->name);
		assert_string_equal(worklist_what(T(row->name), "fr"), row->fr);
	}
	assert_string_equal(worklist_do(BYTES("nothing"), "fr"), "");
	assert_string_equal(worklist_what(BYTES("nothing"), "en"), "");
}

static void a_state_that_waits_is_a_task(void **state)
{
	(void)state;
	static const struct {
		void (*road)(struct world *);
		const char *name;
	} rows[] = {{to_triage, "triage_waits"}, {to_checked, "release_waits"}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		rows[i].road(w);
		const struct work_task *t = task(w, rows[i].name);
		assert_non_null(t);
		assert_true(!t->late && t->due.us > t->since.us && t->owners == ALERT_NURSES && t->since.us == w->dossier->changed_at.us);
		world_free(w);
	}
	struct world *w = world_make();
	to_offered(w);
	assert_null(task(w, "triage_waits"));
	world_free(w);
}

/* Late once its alert has fired; gone with what was done, and never before. */
static void late_then_done(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	pass(w, SPAN_DAYS(4));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_TRIAGE_WAITS, w->now, &w->last);
	world_store(w);
	assert_true(task(w, "triage_waits")->late);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_null(task(w, "triage_waits"));
	world_free(w);
}

static void an_emergency_stands_first(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct work_task tasks[WORK_TASKS];

	to_triage(w);
	command(w, POLICY_ACT_URGENT, "", "douleur dans la poitrine");
	assert_true(worklist(NULL, w->dossier, tasks) >= 2);
	assert_string_equal(tasks[0].name, "urgent_call");
	assert_int_equal(tasks[0].rank, WORK_HARM);
	assert_true((tasks[0].owners & ALERT_NURSES) != 0);
	pass(w, SPAN_MINUTES(5));
	const struct policy_command call = {
		.act = POLICY_ACT_CONTACT, .actor = BYTES("n"), .party = PARTY_PATIENT, .id = BYTES("call"), .how = BYTES("no_answer"), .text = BYTES("-")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &call, w->now, &w->last);
	world_store(w);
	assert_non_null(task(w, "urgent_call"));   /* nobody answered */
	struct policy_command reached = call;
	reached.how = BYTES("reached");
	policy_decide_command(w->arena, &w->rules, w->dossier, &reached, w->now, &w->last);
	world_store(w);
	assert_null(task(w, "urgent_call"));
	world_free(w);
}

static void what_no_clock_watches(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	const struct policy_delivery failed = {.code = MAIL_M64, .party = PARTY_ATTENDING, .mailbox = dossier_mailbox(w->dossier, PARTY_ATTENDING), .reason = REASON_DELIVER_REFUSED};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &failed, w->now, &w->last);
	world_store(w);
	assert_non_null(task(w, "mail_failed"));
	command(w, POLICY_ACT_CLOSE, "", "");
	pass(w, SPAN_DAYS(1));
	send(w, patient_message(w, "Une dernière question"));
	assert_non_null(task(w, "question_after_end"));
	const struct policy_command call = {
		.act = POLICY_ACT_CONTACT, .actor = BYTES("n"), .party = PARTY_PATIENT, .id = BYTES("call"), .how = BYTES("reached"), .text = BYTES("-")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &call, w->now, &w->last);
	world_store(w);
	assert_null(task(w, "question_after_end"));
	world_free(w);
}

static void proved(struct world *w, enum mail_code code, enum party party)
{
	const struct policy_delivery d = {.code = code, .party = party, .mailbox = dossier_mailbox(w->dossier, party), .accepted = true};
	policy_decide_outcome(w->arena, &w->rules, w->dossier, &d, w->now, &w->last);
	world_store(w);
}

static void called(struct world *w, enum party party, const char *how)
{
	const struct policy_command call = {.act = POLICY_ACT_CONTACT, .actor = BYTES("n"), .party = party, .id = BYTES("call"), .how = T(how), .text = BYTES("-")};
	policy_decide_command(w->arena, &w->rules, w->dossier, &call, w->now, &w->last);
	world_store(w);
}

/* A consent that ends after the report went out recalls nothing: the patient is told who has it, and since when (E30). */
static void who_has_it_already(void **state)
{
	(void)state;
	for (int arrived = 0; arrived < 2; arrived++)
		for (int by_word = 0; by_word < 2; by_word++) {
			struct world *w = world_make();
			to_released(w);
			if (arrived)
				proved(w, MAIL_M64, PARTY_ATTENDING);
			assert_null(task(w, "had_report"));
			pass(w, SPAN_DAYS(1));
			struct policy_message m = patient_message(w, "NE PAS TRANSMETTRE");
			m.reply.patient = POLICY_WORD_UNSHARE;
			const struct policy_command no = {.act = POLICY_ACT_CONSENT, .actor = BYTES("n"), .party = PARTY_ATTENDING};
			if (by_word) {
				send(w, m);
			} else {
				policy_decide_command(w->arena, &w->rules, w->dossier, &no, w->now, &w->last);
				world_store(w);
			}
			/* What had not left was stopped: nobody has it. */
			assert_true((task(w, "had_report") != NULL) == arrived);
			called(w, PARTY_PATIENT, "no_answer");
			assert_true((task(w, "had_report") != NULL) == arrived);
			called(w, PARTY_PATIENT, "reached");
			assert_null(task(w, "had_report"));
			world_free(w);
		}
}

/* Given again he may have it: there is nothing to tell. */
static void who_may_have_it_again(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_command c = {.act = POLICY_ACT_CONSENT, .actor = BYTES("n"), .party = PARTY_ATTENDING};

	to_released(w);
	proved(w, MAIL_M64, PARTY_ATTENDING);
	pass(w, SPAN_DAYS(1));
	for (int given = 0; given < 2; given++) {
		c.given = given;
		policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
		world_store(w);
		assert_true((task(w, "had_report") != NULL) == !given);
	}
	world_free(w);
}

/* One answer to two questions: until a person has looked it is a task, and each question keeps its clock. */
static void an_answer_in_doubt(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	send(w, patient_message(w, "Une question"));
	send(w, patient_message(w, "Une autre"));
	assert_null(task(w, "answer_doubted"));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_NONE));
	assert_non_null(task(w, "answer_doubted"));
	command(w, POLICY_ACT_ANSWERED, "", "Elle a tout.");
	assert_null(task(w, "answer_doubted"));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_alert_has_words),
		cmocka_unit_test(a_state_that_waits_is_a_task),
		cmocka_unit_test(late_then_done),
		cmocka_unit_test(an_emergency_stands_first),
		cmocka_unit_test(what_no_clock_watches),
		cmocka_unit_test(an_answer_in_doubt),
		cmocka_unit_test(who_has_it_already),
		cmocka_unit_test(who_may_have_it_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

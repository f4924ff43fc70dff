/* policy/redflag_test.c - what alarms, in the order of urgency, and that no machine lets it through. */
#include "policy/test_world.h"

#include "policy/redflag.h"

static const struct pathology_answer QUESTIONS[] = {
	{.id = BYTES_OF("fever"), .kind = POLICY_ANSWER_TRUTH, .label_fr = BYTES_OF("Fièvre"), .label_en = BYTES_OF("Fever")},
	{.id = BYTES_OF("psa"), .kind = POLICY_ANSWER_NUMBER, .has_high = true, .high = {50 * INT64_C(1000000)}},
};
static const struct enable_condition IF_FEVER = {.question = 0, .operator = ENABLE_EQUAL, .text = BYTES_OF("true")};
static const struct enable_condition IF_HIGH = {.question = 1, .operator = ENABLE_AT_LEAST, .number = {100 * INT64_C(1000000)}};
static const struct pathology_redflag FLAGS[] = {
	{BYTES_OF("psa"), BYTES_OF("PSA très haut"), BYTES_OF("Very high PSA"), REDFLAG_TODAY, {&IF_HIGH, 1, false}},
	{BYTES_OF("sepsis"), BYTES_OF("Infection possible"), BYTES_OF("Possible infection"), REDFLAG_NOW, {&IF_FEVER, 1, false}},
};
static const struct pathology FLAGGED = {
	.code = BYTES_OF("cancer-sein"), .version = BYTES_OF("1"), .answers = QUESTIONS, .n_answers = 2, .redflags = FLAGS, .n_redflags = 2,
};

#define G(q, v) {.question = BYTES_OF(q), .kind = POLICY_ANSWER_TEXT, .value = BYTES_OF(v)}

/* "sepsis! decision.near": a mark for what cannot wait. */
static const char *flags(struct arena *arena, const struct policy_answer *answers, size_t n, struct instant now)
{
	struct dossier d = {.request = {.answers = answers, .n_answers = n}};
	struct redflag *list;
	const char *all = "";
	size_t count = redflag_list(arena, &d, &FLAGGED, now, &list);

	for (size_t i = 0; i < count; i++) {
		assert_true(list[i].label_fr.len > 0 && list[i].label_en.len > 0);
		all = arena_printf(arena, "%s%s%.*s%s", all, i > 0 ? " " : "", (int)list[i].code.len, (const char *)list[i].code.at,
				   list[i].urgency == REDFLAG_NOW ? "!" : "");
	}
	return all;
}

static void what_alarms(void **state)
{
	(void)state;
	/* MORNING is 2 March 2026, ten o'clock in Paris. */
	static const struct {
		const char *what;
		struct policy_answer answers[3];
		const char *flags;
	} rows[] = {
		{"nothing", {G("other", "x")}, ""},
		{"an answer that does not alarm", {G("fever", "false"), G("psa", "4,2")}, ""},
		{"fever", {G("fever", "true")}, "sepsis!"},
		{"the most urgent first", {G("psa", "250"), G("fever", "true")}, "sepsis! psa"},
		{"out of its bounds it alarms still", {G("psa", "100")}, "psa"},
		{"what is no number does not", {G("psa", "très haut")}, ""},
		{"an operation today", {G("decision.date", "02/03/2026")}, "decision.near"},
		{"in seven days", {G("decision.date", "2026-03-09")}, "decision.near"},
		{"in eight days", {G("decision.date", "20260310")}, ""},
		{"long past", {G("decision.date", "01/01/2026")}, "decision.near"},
		{"one of two dates", {G("decision.date", "01/06/2026"), G("decision.date", "03/03/2026")}, "decision.near"},
		{"no date", {G("decision.date", "bientôt")}, ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		const char *found = flags(arena, rows[i].answers, 3, MORNING);
		if (strcmp(found, rows[i].flags) != 0)
			fail_msg("%s: \"%s\"", rows[i].what, found);
		arena_destroy(&arena);
	}
}

/* 23:30 UTC on 1 March is the 2nd in Paris: the week ends on the 9th. */
static void today_is_in_paris(void **state)
{
	(void)state;
	static const struct policy_answer answers[] = {G("decision.date", "09/03/2026")};
	struct arena *arena = arena_create(1 << 20);

	assert_string_equal(flags(arena, answers, 1, (struct instant){MORNING.us - SPAN_MINUTES(570).us}), "decision.near");
	assert_string_equal(flags(arena, answers, 1, (struct instant){MORNING.us - SPAN_MINUTES(630).us}), "");
	arena_destroy(&arena);
}

/* A request that is complete and alarms stays in the nurses' hands even where no nurse is asked for triage. */
static void no_machine_lets_it_through(void **state)
{
	(void)state;
	static const struct {
		const char *value;
		bool alarms;
	} rows[] = {{"true", true}, {"false", false}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct policy_message m = request_message(w);
		struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];
		memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
		answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("fever"), .value = T(rows[i].value)};
		m.answers = answers;
		m.n_answers = COUNT(answers);
		w->rules.triage_by_nurse = false;
		w->rules.pathologies = &FLAGGED;
		w->rules.n_pathologies = 1;
		answers[0].value = FLAGGED.code;
		answers[COUNT(REQUEST_ANSWERS) - 2] = (struct policy_answer){.question = BYTES("psa"), .value = BYTES("4")};
		const struct policy_decision *d = send(w, m);
		assert_int_equal(d->outcome, POLICY_APPLIED);
		assert_int_equal(d->reason, rows[i].alarms ? REASON_RED_FLAG : REASON_NONE);
		assert_int_equal(w->dossier->state == DOSSIER_TRIAGE, rows[i].alarms);
		if (rows[i].alarms) {
			assert_string_equal(d->owner, "nurses");
			/* One that cannot wait: he has the numbers to call, once, and the nurses' clock runs. */
			assert_non_null(mail_of(&w->last, MAIL_M33));
			assert_int_equal(w->dossier->urgent_at.us, w->now.us);
			command(w, POLICY_ACT_TRIAGE, "", "");
		}
		assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
		world_free(w);
	}
}

/* An alarm does not wait for what is missing. */
static void at_once(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m = request_message(w);
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];

	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("decision.date"), .value = BYTES("05/03/2026")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	const struct policy_decision *d = send(w, m);
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
	assert_int_equal(d->reason, REASON_RED_FLAG);
	assert_string_equal(d->owner, "nurses");
	/* Today is soon enough: no 15 for a date. */
	assert_int_equal(w->dossier->urgent_at.us, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_alarms),
		cmocka_unit_test(today_is_in_paris),
		cmocka_unit_test(no_machine_lets_it_through),
		cmocka_unit_test(at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

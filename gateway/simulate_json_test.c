/* gateway/simulate_json_test.c - scenarios as people write them; and dossiers of the past as delays. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "gateway/simulate_json.h"
#include "gateway/simulate_past.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *read_text(struct arena *arena, const char *text, json_t **kept, struct simulate_population *out)
{
	*kept = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(*kept);
	*out = simulate_default(arena);
	return simulate_json_read(arena, *kept, out);
}

static void a_scenario_takes_the_place_of_the_default(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 26);
	struct simulate_population p;
	json_t *kept;

	assert_null(read_text(arena, "{\"seed\": 7, \"from\": \"2026-09-07\", \"days\": 5, \"requests\": {\"per_day\": 3, \"weekend\": 0.5, \"bursts\": [{\"day\": 2, \"requests\": 9}]},"
				     "\"pathologies\": [{\"code\": \"rachis\", \"weight\": 3, \"exams\": 2}],"
				     "\"experts\": [{\"count\": 4, \"pathologies\": [\"rachis\"], \"capacity\": 3, \"accepts\": 0.9, \"answer\": [\"30 min\", \"2 h\", \"1 d\"],"
				     "\"leave\": [{\"day\": 1, \"days\": 2}]}], \"patients\": {\"reads\": 1}, \"gates\": {\"release_by_nurse\": false}}", &kept, &p));
	assert_int_equal(p.seed, 7);
	assert_int_equal(p.from.us, INT64_C(1788732000000000));   /* midnight in France */
	assert_int_equal(p.per_day, 3);
	assert_int_equal(p.weekend, 500);
	assert_int_equal(p.bursts[0].requests, 9);
	assert_int_equal(p.n_pathologies, 1);
	assert_int_equal(p.pathologies[0].rule->n_exams, 2);
	assert_int_equal(p.n_experts, 4);
	assert_int_equal(p.experts[3].rule.capacity, 3);
	assert_int_equal(p.experts[0].accepts, 900);
	assert_int_equal(p.experts[0].answer.p10.us, SPAN_MINUTES(30).us);
	assert_int_equal(p.experts[0].answer.p90.us, SPAN_DAYS(1).us);
	assert_int_equal(p.experts[0].rule.leave[0].until.us - p.from.us, SPAN_DAYS(3).us);
	assert_int_equal(p.patients.reads, 1000);
	assert_true(p.rules.triage_by_nurse && !p.rules.release_by_nurse);
	/* What was not said stays. */
	assert_int_equal(p.patients.complete, 600);
	json_decref(kept);
	arena_destroy(&arena);
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
	} rows[] = {
		{"[]", "scenario"}, {"{\"day\": 1}", "\"day\""}, {"{\"days\": -1}", "\"days\""}, {"{\"days\": 367}", "\"days\""}, {"{\"days\": 0}", "lasts"},
		{"{\"days\": \"5\"}", "\"days\""}, {"{\"seed\": 1.5}", "\"seed\""}, {"{\"from\": \"07/09/2026\"}", "\"from\""}, {"{\"from\": \"2026-13-01\"}", "\"from\""},
		{"{\"requests\": {\"weekend\": 2}}", "\"weekend\""}, {"{\"requests\": {\"bursts\": {}}}", "\"bursts\""}, {"{\"requests\": {\"bursts\": [3]}}", "\"bursts\""},
		{"{\"pathologies\": []}", "\"pathologies\""}, {"{\"pathologies\": [{\"weight\": 1}]}", "\"code\""}, {"{\"pathologies\": [{\"code\": \"a\", \"x\": 1}]}", "\"x\""},
		{"{\"pathologies\": [{\"code\": \"a\", \"weight\": 0}]}", "pathology"}, {"{\"experts\": 5}", "\"experts\""},
		{"{\"experts\": [{\"count\": 2}]}", "\"pathologies\""}, {"{\"experts\": [{\"pathologies\": [\"a\"], \"accepts\": 1.5}]}", "\"accepts\""},
		{"{\"experts\": [{\"pathologies\": [\"a\"], \"answer\": [\"1 h\", \"2 h\"]}]}", "\"answer\""},
		{"{\"experts\": [{\"pathologies\": [\"a\"], \"answer\": [\"1 h\", \"2 h\", \"3 w\"]}]}", "\"answer\""},
		{"{\"experts\": [{\"pathologies\": [\"a\"], \"answer\": [\"9 h\", \"2 h\", \"3 h\"]}]}", "delay"},
		{"{\"experts\": [{\"pathologies\": [\"a\"], \"count\": 5001}]}", "\"count\""},
		{"{\"experts\": [{\"pathologies\": [\"a\"], \"count\": 3000}, {\"pathologies\": [\"a\"], \"count\": 3000}]}", "experts"},
		{"{\"gates\": {\"triage_by_nurse\": 1}}", "gates"}, {"{\"patients\": {\"reads\": \"all\"}}", "\"reads\""}, {"{\"nurses\": {\"lunch\": []}}", "\"lunch\""},
		{"{\"requests\": {\"per_day\": 90000}}", "requests"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1u << 26);
		struct simulate_population p;
		json_t *kept;
		const char *wrong = read_text(arena, rows[i].text, &kept, &p);
		if (wrong == NULL || strstr(wrong, rows[i].name) == NULL)
			fail_msg("%s: %s", rows[i].text, wrong == NULL ? "taken" : wrong);
		json_decref(kept);
		arena_destroy(&arena);
	}
}

static void a_result_is_told(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 28);
	struct simulate_population p = simulate_default(arena);
	struct simulate_result result;

	p.days = 3;
	simulate_run(arena, &p, &result);
	json_t *o = simulate_json_write(&result);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "requests")), result.requests);
	assert_int_equal(json_array_size(json_object_get(o, "pathologies")), p.n_pathologies);
	assert_int_equal(json_array_size(json_object_get(o, "experts")), p.n_experts);
	assert_true(json_number_value(json_object_get(json_object_get(o, "from_complete"), "median_h")) > 24);
	json_decref(o);
	arena_destroy(&arena);
}

static struct dossier_event at(enum dossier_event_kind kind, int hours)
{
	return (struct dossier_event){.kind = kind, .at = {SPAN_HOURS(1000 + hours).us}};
}

static void a_past_is_read_as_delays(void **state)
{
	(void)state;
	struct dossier_event offered = at(EVENT_OFFERED, 52), accepted = at(EVENT_OFFER_ACCEPTED, 55), proof = at(EVENT_MAIL_PROOF, 130);

	offered.offer.rpps = accepted.offer.rpps = BYTES("1");
	proof.mail = (struct dossier_mail_data){.code = MAIL_M21, .party = PARTY_PATIENT, .level = 2};
	const struct dossier_event events[] = {
		at(EVENT_REQUESTED, 0), at(EVENT_PIECES_MISSING, 0), at(EVENT_PIECES_COMPLETE, 50), at(EVENT_TRIAGED, 52), offered, accepted,
		at(EVENT_OPINION_RECEIVED, 125), at(EVENT_OPINION_CHECKED, 125), at(EVENT_RELEASED, 129), proof, at(EVENT_REPORT_READ, 140),
	};
	struct simulate_past past = simulate_past_of(events, COUNT(events));
	assert_int_equal(past.pieces.us, SPAN_HOURS(50).us);
	assert_int_equal(past.triage.us, SPAN_HOURS(2).us);
	assert_int_equal(past.answer.us, SPAN_HOURS(3).us);
	assert_int_equal(past.opinion.us, SPAN_HOURS(70).us);
	assert_int_equal(past.check.us, SPAN_HOURS(4).us);
	assert_int_equal(past.read.us, SPAN_HOURS(10).us);
	assert_true(past.mailbox && !past.never);
	/* Nothing but the request and what is missing. */
	past = simulate_past_of(events, 2);
	assert_true(past.never && past.triage.us < 0 && past.answer.us < 0 && past.read.us < 0);
	/* Another expert's yes is not the first one's. */
	struct dossier_event others[COUNT(events)];
	memcpy(others, events, sizeof events);
	others[5].offer.rpps = BYTES("2");
	assert_true(simulate_past_of(others, COUNT(others)).answer.us < 0);
	others[9].kind = EVENT_MAIL_FAILED;
	assert_false(simulate_past_of(others, COUNT(others)).mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scenario_takes_the_place_of_the_default), cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(a_result_is_told),
		cmocka_unit_test(a_past_is_read_as_delays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

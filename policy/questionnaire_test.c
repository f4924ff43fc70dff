/* policy/questionnaire_test.c - what fits a question, and why not. */
#include "policy/test_world.h"

static void numbers(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
		int64_t millionths;
	} rows[] = {
		{"0", true, 0}, {"7", true, 7000000}, {"-0.5", true, -500000}, {"+1,25", true, 1250000}, {"61.5", true, 61500000},
		{"999999999.999999", true, 999999999999999}, {"0.000001", true, 1},
		{"", false, 0}, {"-", false, 0}, {".5", false, 0}, {"5.", false, 0}, {"1e3", false, 0}, {"1 000", false, 0},
		{"1234567890", false, 0}, {"0.1234567", false, 0}, {"0x10", false, 0}, {"12 ans", false, 0}, {"1.2.3", false, 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct questionnaire_number n = {42};
		bool good = questionnaire_read_number(T(rows[i].text), &n);
		if (good != rows[i].good || n.millionths != (good ? rows[i].millionths : 42))
			fail_msg("\"%s\": %d %lld", rows[i].text, good, (long long)n.millionths);
	}
}

static void dates(void **state)
{
	(void)state;
	static const char *const good[] = {"12/12/2026", "2026-12-12", "20261212", "20261212093000+0100", "29/02/2024", " 01/01/1900 "};
	static const char *const bad[] = {"", "demain", "32/12/2026", "12/13/2026", "29/02/2026", "1/1/2026", "2026/12/12", "12-12-2026", "202612",
					  "00000000", "12/12/2026 vers midi", "2026-12-12T09:00:00", "20261312", "12/12/0026"};
	struct date date = {0};

	for (size_t i = 0; i < COUNT(good); i++)
		if (!questionnaire_read_date(T(good[i]), &date))
			fail_msg("no date: \"%s\"", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (questionnaire_read_date(T(bad[i]), &date))
			fail_msg("a date: \"%s\"", bad[i]);
}

static const struct questionnaire_choice SIDES[] = {
	{BYTES_OF("left"), BYTES_OF("Gauche"), BYTES_OF("Left")}, {BYTES_OF("right"), BYTES_OF("Droite"), BYTES_OF("Right")},
	{BYTES_OF("both"), BYTES_OF("Les deux"), BYTES_OF("Both")},
};

#define Q(...) {.id = BYTES_OF("q"), __VA_ARGS__}
#define A(k, v) {.question = BYTES_OF("q"), .kind = POLICY_ANSWER_##k, .value = BYTES_OF(v)}
static const struct pathology_answer
	ANY = Q(.kind = POLICY_ANSWER_UNSAID), WORDS = Q(.kind = POLICY_ANSWER_TEXT), DAY = Q(.kind = POLICY_ANSWER_DATE),
	TRUTH = Q(.kind = POLICY_ANSWER_TRUTH), MAYBE = Q(.kind = POLICY_ANSWER_DATE, .optional = true),
	SLEEP = Q(.kind = POLICY_ANSWER_NUMBER, .has_low = true, .has_high = true, .high = {24000000}, .unit = BYTES_OF("h")),
	PAIN = Q(.kind = POLICY_ANSWER_SLIDER, .has_low = true, .has_high = true, .high = {10000000}),
	SIDE = Q(.kind = POLICY_ANSWER_CHOICE, .choices = SIDES, .n_choices = 3),
	SEVERAL = Q(.kind = POLICY_ANSWER_CHOICE, .choices = SIDES, .n_choices = 3, .repeats = true, .least = 2, .most = 2),
	MANY = Q(.kind = POLICY_ANSWER_CHOICE, .choices = SIDES, .n_choices = 3, .repeats = true),
	YEARS = Q(.kind = POLICY_ANSWER_NUMBER, .whole = true, .repeats = true, .most = 2),
	/* From 2000-01-01 (10957 days since 1970) to 2000-12-31. */
	MILLENNIUM = Q(.kind = POLICY_ANSWER_DATE, .has_low = true, .low = {INT64_C(10957000000)}, .has_high = true, .high = {INT64_C(11322000000)}),
	SCALE = Q(.kind = POLICY_ANSWER_SLIDER, .choices = SIDES, .n_choices = 3);

static void answers_are_weighed(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		const struct pathology_answer *question;
		struct policy_answer answers[3];
		enum reason reason;
	} rows[] = {
		{"nothing", &ANY, {{.value = {NULL, 0}}}, REASON_NOT_FOUND},
		{"another question's answer", &ANY, {{.question = BYTES_OF("p"), .value = BYTES_OF("x")}}, REASON_NOT_FOUND},
		{"blanks are no answer", &ANY, {A(TEXT, " \t ")}, REASON_NOT_FOUND},
		{"a null flavour is no answer", &ANY, {{.question = BYTES_OF("q"), .null = BYTES_OF("declined")}}, REASON_NOT_FOUND},
		{"anything will do", &ANY, {A(CHOICE, "x")}, REASON_NONE},
		{"words", &WORDS, {A(TEXT, "oui")}, REASON_NONE},
		{"a number is read as words", &WORDS, {A(NUMBER, "7")}, REASON_NONE},
		{"two pieces of words", &WORDS, {A(TEXT, "a"), A(TEXT, "b")}, REASON_NONE},
		{"optional and not answered", &MAYBE, {{.value = {NULL, 0}}}, REASON_NONE},
		{"optional, answered, and no date", &MAYBE, {A(TEXT, "un jour")}, REASON_ANSWER_KIND},
		{"a date as text", &DAY, {A(TEXT, "12/12/2026")}, REASON_NONE},
		{"a date as HL7 time", &DAY, {A(DATE, "20261212")}, REASON_NONE},
		{"a date that is none", &DAY, {A(DATE, "20261399")}, REASON_ANSWER_KIND},
		{"a date as a number", &DAY, {A(NUMBER, "20261212")}, REASON_ANSWER_KIND},
		{"two dates", &DAY, {A(TEXT, "12/12/2026"), A(TEXT, "13/12/2026")}, REASON_ANSWER_COUNT},
		{"a truth", &TRUTH, {A(TRUTH, "false")}, REASON_NONE},
		{"a truth in French", &TRUTH, {A(TEXT, "oui")}, REASON_ANSWER_KIND},
		{"a number within", &SLEEP, {A(NUMBER, "7.5")}, REASON_NONE},
		{"its bounds are within", &SLEEP, {A(NUMBER, "24")}, REASON_NONE},
		{"just outside", &SLEEP, {A(NUMBER, "24.000001")}, REASON_ANSWER_RANGE},
		{"below", &SLEEP, {A(NUMBER, "-1")}, REASON_ANSWER_RANGE},
		{"a number as text", &SLEEP, {A(TEXT, "7,5")}, REASON_NONE},
		{"no number", &SLEEP, {A(TEXT, "peu")}, REASON_ANSWER_KIND},
		{"a code is no number", &SLEEP, {A(CHOICE, "7")}, REASON_ANSWER_KIND},
		{"its unit", &SLEEP, {{.question = BYTES_OF("q"), .kind = POLICY_ANSWER_NUMBER, .value = BYTES_OF("7"), .unit = BYTES_OF("h")}}, REASON_NONE},
		{"another unit", &SLEEP, {{.question = BYTES_OF("q"), .kind = POLICY_ANSWER_NUMBER, .value = BYTES_OF("7"), .unit = BYTES_OF("min")}}, REASON_ANSWER_UNIT},
		{"an analog slider", &PAIN, {A(SLIDER, "3")}, REASON_NONE},
		{"an analog slider too far", &PAIN, {A(SLIDER, "11")}, REASON_ANSWER_RANGE},
		{"a discrete slider", &SCALE, {A(SLIDER, "both")}, REASON_NONE},
		{"a discrete slider nowhere", &SCALE, {A(SLIDER, "4")}, REASON_ANSWER_CHOICE},
		{"a choice", &SIDE, {A(CHOICE, "left")}, REASON_NONE},
		{"a choice by its words", &SIDE, {A(CHOICE, "Gauche")}, REASON_ANSWER_CHOICE},
		{"a truth is no choice", &SIDE, {A(TRUTH, "true")}, REASON_ANSWER_KIND},
		{"two where one is allowed", &SIDE, {A(CHOICE, "left"), A(CHOICE, "right")}, REASON_ANSWER_COUNT},
		{"as many as are asked for", &SEVERAL, {A(CHOICE, "left"), A(CHOICE, "right")}, REASON_NONE},
		{"too few", &SEVERAL, {A(CHOICE, "left")}, REASON_ANSWER_COUNT},
		{"too many", &SEVERAL, {A(CHOICE, "left"), A(CHOICE, "right"), A(CHOICE, "both")}, REASON_ANSWER_COUNT},
		{"as many as there are", &MANY, {A(CHOICE, "left"), A(CHOICE, "right"), A(CHOICE, "both")}, REASON_NONE},
		{"a whole number", &YEARS, {A(NUMBER, "1998")}, REASON_NONE},
		{"a whole number with a fraction of nothing", &YEARS, {A(NUMBER, "1998.0")}, REASON_NONE},
		{"a part of a number", &YEARS, {A(NUMBER, "1998.5")}, REASON_ANSWER_KIND},
		{"a number that repeats", &YEARS, {A(NUMBER, "1998"), A(NUMBER, "1999")}, REASON_NONE},
		{"a number that repeats too often", &YEARS, {A(NUMBER, "1998"), A(NUMBER, "1999"), A(NUMBER, "2000")}, REASON_ANSWER_COUNT},
		{"the first day", &MILLENNIUM, {A(TEXT, "01/01/2000")}, REASON_NONE},
		{"the last day", &MILLENNIUM, {A(DATE, "20001231")}, REASON_NONE},
		{"the day before", &MILLENNIUM, {A(TEXT, "1999-12-31")}, REASON_ANSWER_RANGE},
		{"the day after", &MILLENNIUM, {A(TEXT, "01/01/2001")}, REASON_ANSWER_RANGE},
		{"a day that is none", &MILLENNIUM, {A(TEXT, "30/02/2000")}, REASON_ANSWER_KIND},
		{"one good and one bad", &SEVERAL, {A(CHOICE, "left"), A(CHOICE, "up")}, REASON_ANSWER_CHOICE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum reason reason = questionnaire_check(rows[i].question, rows[i].answers, 3);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
	}
}

static void forms(void **state)
{
	(void)state;
	static const struct bytes first[] = {BYTES_OF("1.2^form"), BYTES_OF("1.2^both")}, second[] = {BYTES_OF("1.2^form#2"), BYTES_OF("1.2^both")};
	static const struct pathology list[] = {
		{.code = BYTES_OF("x"), .version = BYTES_OF("1"), .forms = {first, 2}},
		{.code = BYTES_OF("x"), .version = BYTES_OF("2"), .forms = {second, 2}},
	};
	static const struct {
		const char *form;
		int version;   /* 0: none */
	} rows[] = {
		{"1.2^form#2", 2}, {"1.2^form", 1}, {"1.2^form#7", 1}, {"1.2^both", 0}, {"1.2^other", 0}, {"", 0},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct pathology *p = pathology_of_form(list, 2, T(rows[i].form));
		if (p != (rows[i].version == 0 ? NULL : &list[rows[i].version - 1]))
			fail_msg("%s", rows[i].form);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(dates),
		cmocka_unit_test(answers_are_weighed),
		cmocka_unit_test(forms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

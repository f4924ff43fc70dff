/* policy/enable_test.c - which questions are asked: each operator in a table, and what must hold of any questionnaire. */
#include "policy/test_world.h"

#include "policy/enable.h"

enum { MILLION = 1000000 };

/* The questions that conditions are about, one of each kind. */
enum { TRUTH, CHOICE, NUMBER, DATE, WORDS, KINDS };
static const struct questionnaire_choice CODES[] = {
	{BYTES_OF("a"), BYTES_OF("A"), BYTES_OF("A")}, {BYTES_OF("b"), BYTES_OF("B"), BYTES_OF("B")}, {BYTES_OF("c"), BYTES_OF("C"), BYTES_OF("C")},
};
static const struct pathology_answer ASKED[KINDS] = {
	[TRUTH] = {.id = BYTES_OF("truth"), .kind = POLICY_ANSWER_TRUTH},
	[CHOICE] = {.id = BYTES_OF("choice"), .kind = POLICY_ANSWER_CHOICE, .choices = CODES, .n_choices = 3, .repeats = true},
	[NUMBER] = {.id = BYTES_OF("number"), .kind = POLICY_ANSWER_NUMBER, .unit = BYTES_OF("kg"), .has_high = true, .high = {10 * MILLION}},
	[DATE] = {.id = BYTES_OF("date"), .kind = POLICY_ANSWER_DATE},
	[WORDS] = {.id = BYTES_OF("words"), .kind = POLICY_ANSWER_TEXT},
};

#define G(q, v) {.question = BYTES_OF(q), .kind = POLICY_ANSWER_TEXT, .value = BYTES_OF(v)}
#define C(q, o, ...) {.question = q, .operator = ENABLE_##o, __VA_ARGS__}
#define CODE(v) .text = BYTES_OF(v)
#define VALUE(v) .number = {(int64_t)(v) * MILLION}

static void each_operator(void **state)
{
	(void)state;
	/* 2000-01-01 is day 10957. */
	static const struct {
		const char *what;
		struct enable_condition condition;
		struct policy_answer answers[2];
		bool holds;
	} rows[] = {
		{"answered", C(WORDS, EXISTS, .answered = true), {G("words", "x")}, true},
		{"not answered", C(WORDS, EXISTS, .answered = true), {G("other", "x")}, false},
		{"blanks answer nothing", C(WORDS, EXISTS, .answered = true), {G("words", "  ")}, false},
		{"wanted unanswered, and it is", C(WORDS, EXISTS, .answered = false), {G("other", "x")}, true},
		{"wanted unanswered, and it is not", C(WORDS, EXISTS, .answered = false), {G("words", "x")}, false},
		{"a truth", C(TRUTH, EQUAL, CODE("true")), {G("truth", "true")}, true},
		{"another truth", C(TRUTH, EQUAL, CODE("true")), {G("truth", "false")}, false},
		{"a code", C(CHOICE, EQUAL, CODE("a")), {G("choice", "a")}, true},
		{"one of two codes", C(CHOICE, EQUAL, CODE("a")), {G("choice", "b"), G("choice", "a")}, true},
		{"no answer is equal to nothing", C(CHOICE, EQUAL, CODE("a")), {G("other", "a")}, false},
		{"another code", C(CHOICE, UNEQUAL, CODE("a")), {G("choice", "b")}, true},
		{"one of two codes is the one", C(CHOICE, UNEQUAL, CODE("a")), {G("choice", "b"), G("choice", "a")}, false},
		{"no answer is unequal to all", C(CHOICE, UNEQUAL, CODE("a")), {G("other", "a")}, true},
		{"a number", C(NUMBER, EQUAL, VALUE(7)), {G("number", "7.0")}, true},
		{"above", C(NUMBER, ABOVE, VALUE(7)), {G("number", "7.000001")}, true},
		{"not above itself", C(NUMBER, ABOVE, VALUE(7)), {G("number", "7")}, false},
		{"at least itself", C(NUMBER, AT_LEAST, VALUE(7)), {G("number", "7")}, true},
		{"below", C(NUMBER, BELOW, VALUE(7)), {G("number", "-3")}, true},
		{"not below itself", C(NUMBER, BELOW, VALUE(7)), {G("number", "7")}, false},
		{"at most itself", C(NUMBER, AT_MOST, VALUE(7)), {G("number", "7")}, true},
		{"out of its bounds it is a number still", C(NUMBER, AT_LEAST, VALUE(7)), {G("number", "70")}, true},
		{"words are no number", C(NUMBER, AT_LEAST, VALUE(7)), {G("number", "beaucoup")}, false},
		{"words are not equal to a number", C(NUMBER, UNEQUAL, VALUE(7)), {G("number", "sept")}, true},
		{"another unit is no number", C(NUMBER, AT_LEAST, VALUE(7)), {{.question = BYTES_OF("number"), .value = BYTES_OF("9"), .unit = BYTES_OF("g")}}, false},
		{"a day", C(DATE, EQUAL, VALUE(10957)), {G("date", "01/01/2000")}, true},
		{"a later day", C(DATE, ABOVE, VALUE(10957)), {G("date", "2000-01-02")}, true},
		{"no earlier day", C(DATE, BELOW, VALUE(10957)), {G("date", "20000101")}, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct enable_rule rule = {&rows[i].condition, 1, false}, any = {&rows[i].condition, 1, true};
		if (enable_holds(&rule, ASKED, NULL, rows[i].answers, 2) != rows[i].holds || enable_holds(&any, ASKED, NULL, rows[i].answers, 2) != rows[i].holds)
			fail_msg("%s", rows[i].what);
	}
}

static void all_and_any(void **state)
{
	(void)state;
	static const struct enable_condition two[] = {C(TRUTH, EQUAL, CODE("true")), C(CHOICE, EQUAL, CODE("a"))};
	static const struct policy_answer answers[] = {G("truth", "true"), G("choice", "a")};
	const struct enable_rule all = {two, 2, false}, any = {two, 2, true}, none = {NULL, 0, false}, none_of_any = {NULL, 0, true};

	assert_true(enable_holds(&all, ASKED, NULL, answers, 2));
	assert_false(enable_holds(&all, ASKED, NULL, answers, 1));
	assert_true(enable_holds(&any, ASKED, NULL, answers, 1));
	assert_false(enable_holds(&any, ASKED, NULL, answers, 0));
	assert_true(enable_holds(&none, ASKED, NULL, answers, 0));
	assert_true(enable_holds(&none_of_any, ASKED, NULL, answers, 0));
}

/* What is not asked counts for no condition, however it was answered. */
static void through_others(void **state)
{
	(void)state;
	static const struct enable_condition if_a = C(0, EQUAL, CODE("true")), if_b = C(1, EQUAL, CODE("true")), if_not_b = C(1, EXISTS, .answered = false);
	static const struct enable_rule when_a = {&if_a, 1, false}, when_b = {&if_b, 1, false}, when_not_b = {&if_not_b, 1, false};
	static const struct pathology_answer chain[] = {
		{.id = BYTES_OF("a"), .kind = POLICY_ANSWER_TRUTH}, {.id = BYTES_OF("b"), .kind = POLICY_ANSWER_TRUTH, .asked_when = &when_a, .n_asked_when = 1},
		{.id = BYTES_OF("c"), .asked_when = &when_b, .n_asked_when = 1}, {.id = BYTES_OF("d"), .asked_when = &when_not_b, .n_asked_when = 1},
	};
	static const struct policy_answer answers[] = {G("b", "true"), G("a", "true")};
	struct arena *arena = arena_create(1 << 20);
	const bool *asked = enable_questions(arena, chain, 4, answers, 1);

	assert_true(asked[0] && !asked[1] && !asked[2] && asked[3]);
	asked = enable_questions(arena, chain, 4, answers, 2);
	assert_true(asked[0] && asked[1] && asked[2] && !asked[3]);
	arena_destroy(&arena);
}

/* --- any questionnaire: made at random, held against evaluations that are slow and plain --- */

enum { QUESTIONS = 14, RULES_EACH = 2, CONDITIONS = 3, GIVEN = 24, ROUNDS = 8000 };

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % below;
}

struct made {
	char ids[QUESTIONS][4];
	struct pathology_answer questions[QUESTIONS];
	struct enable_rule rules[QUESTIONS][RULES_EACH];
	struct enable_condition conditions[QUESTIONS][RULES_EACH][CONDITIONS];
	struct policy_answer answers[GIVEN];
	size_t n_answers;
};

static struct enable_condition make_condition(uint64_t *seed, const struct made *m, size_t question)
{
	static const struct bytes codes[] = {BYTES_OF("a"), BYTES_OF("b"), BYTES_OF("c")};
	bool number = m->questions[question].kind == POLICY_ANSWER_NUMBER;
	enum enable_operator o = draw(seed, number ? ENABLE_OPERATORS : ENABLE_ABOVE);

	return (struct enable_condition){question, o, draw(seed, 2) == 1, codes[draw(seed, 3)], {(int64_t)draw(seed, 4) * MILLION}};
}

/* Conditions look back, or, to have circles, anywhere. */
static void make(uint64_t *seed, struct made *m, bool circles)
{
	static const struct bytes values[] = {BYTES_OF("a"), BYTES_OF("b"), BYTES_OF("c"), BYTES_OF("0"), BYTES_OF("1"), BYTES_OF("2"), BYTES_OF("3"), BYTES_OF(" ")};

	*m = (struct made){.n_answers = draw(seed, GIVEN + 1)};
	for (size_t i = 0; i < QUESTIONS; i++) {
		m->ids[i][0] = (char)('A' + i);
		m->questions[i] = (struct pathology_answer){.id = T(m->ids[i]), .kind = draw(seed, 2) ? POLICY_ANSWER_NUMBER : POLICY_ANSWER_CHOICE, .repeats = true};
	}
	for (size_t i = 0; i < QUESTIONS; i++) {
		size_t far = circles ? QUESTIONS : i;
		m->questions[i].asked_when = m->rules[i];
		m->questions[i].n_asked_when = far == 0 ? 0 : draw(seed, RULES_EACH + 1);
		for (size_t r = 0; r < m->questions[i].n_asked_when; r++) {
			m->rules[i][r] = (struct enable_rule){m->conditions[i][r], 1 + draw(seed, CONDITIONS), draw(seed, 2) == 1};
			for (size_t c = 0; c < m->rules[i][r].n; c++)
				m->conditions[i][r][c] = make_condition(seed, m, draw(seed, far));
		}
	}
	for (size_t a = 0; a < m->n_answers; a++)
		m->answers[a] = (struct policy_answer){.question = T(m->ids[draw(seed, QUESTIONS)]), .value = values[draw(seed, COUNT(values))]};
}

/* FHIR's sentences, word by word, with floats and nothing remembered. */
static bool plain_condition(const struct made *m, const struct enable_condition *c, bool counts)
{
	const struct pathology_answer *q = &m->questions[c->question];
	bool answered = false, equal = false, above = false, below = false;

	for (size_t i = 0; counts && i < m->n_answers; i++) {
		struct bytes value = m->answers[i].value;
		if (!bytes_equal(m->answers[i].question, q->id) || value.at[0] == ' ')
			continue;
		answered = true;
		if (q->kind == POLICY_ANSWER_CHOICE) {
			equal |= bytes_equal(value, c->text);
		} else if (value.at[0] <= '9') {
			double v = value.at[0] - '0', w = (double)c->number.millionths / MILLION;
			equal |= v == w;
			above |= v > w;
			below |= v < w;
		}
	}
	const bool results[ENABLE_OPERATORS] = {
		[ENABLE_EXISTS] = answered == c->answered, [ENABLE_EQUAL] = equal, [ENABLE_UNEQUAL] = !equal, [ENABLE_ABOVE] = above,
		[ENABLE_BELOW] = below, [ENABLE_AT_LEAST] = above || equal, [ENABLE_AT_MOST] = below || equal,
	};
	return results[c->operator];
}

/* Without a memory: as often as it is asked. Only where there is no circle. */
static bool plain_asked(const struct made *m, size_t at)
{
	for (size_t r = 0; r < m->questions[at].n_asked_when; r++) {
		const struct enable_rule *rule = &m->questions[at].asked_when[r];
		size_t held = 0;
		for (size_t c = 0; c < rule->n; c++)
			held += plain_condition(m, &rule->at[c], plain_asked(m, rule->at[c].question));
		if (rule->any ? held == 0 : held < rule->n)
			return false;
	}
	return true;
}

static void as_the_standard_says(void **state)
{
	(void)state;
	uint64_t seed = 0x5eed1;
	size_t total = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_create(1 << 20);
		struct made m;
		make(&seed, &m, false);
		assert_int_equal(enable_cycle(arena, m.questions, QUESTIONS), QUESTIONS);
		const bool *asked = enable_questions(arena, m.questions, QUESTIONS, m.answers, m.n_answers);
		for (size_t i = 0; i < QUESTIONS; i++) {
			if (asked[i] != plain_asked(&m, i))
				fail_msg("round %d, question %zu", round, i);
			total += asked[i];
		}
		arena_destroy(&arena);
	}
	/* Some are asked and some are not, or the rounds were worth nothing. */
	assert_true(total > (size_t)ROUNDS * QUESTIONS / 5 && total < (size_t)ROUNDS * QUESTIONS * 4 / 5);
}

/* The order of answers, and answers to what is not asked, change nothing. */
static void nothing_else_counts(void **state)
{
	(void)state;
	uint64_t seed = 0x5eed2;

	for (int round = 0; round < ROUNDS / 4; round++) {
		struct arena *arena = arena_create(1 << 20);
		struct made m;
		struct policy_answer kept[GIVEN];
		size_t n = 0;
		make(&seed, &m, false);
		const bool *asked = enable_questions(arena, m.questions, QUESTIONS, m.answers, m.n_answers);
		for (size_t i = m.n_answers; i-- > 0;)
			if (asked[m.answers[i].question.at[0] - 'A'])
				kept[n++] = m.answers[i];
		const bool *again = enable_questions(arena, m.questions, QUESTIONS, kept, n);
		assert_memory_equal(asked, again, QUESTIONS * sizeof *asked);
		arena_destroy(&arena);
	}
}

/* Warshall's closure: a question that reaches itself. */
static bool plain_circle(const struct made *m)
{
	bool reaches[QUESTIONS][QUESTIONS] = {0}, found = false;

	for (size_t i = 0; i < QUESTIONS; i++)
		for (size_t r = 0; r < m->questions[i].n_asked_when; r++)
			for (size_t c = 0; c < m->rules[i][r].n; c++)
				reaches[i][m->conditions[i][r][c].question] = true;
	for (size_t k = 0; k < QUESTIONS; k++)
		for (size_t i = 0; i < QUESTIONS; i++)
			for (size_t j = 0; j < QUESTIONS; j++)
				reaches[i][j] |= reaches[i][k] && reaches[k][j];
	for (size_t i = 0; i < QUESTIONS; i++)
		found |= reaches[i][i];
	return found;
}

/* Found where there is one and only there; and the evaluation ends all the same. */
static void circles(void **state)
{
	(void)state;
	uint64_t seed = 0x5eed3;
	size_t with = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_create(1 << 20);
		struct made m;
		make(&seed, &m, true);
		/* Few conditions, so that many have no circle. */
		for (size_t i = 0; i < QUESTIONS; i++)
			m.questions[i].n_asked_when = draw(&seed, 4) == 0 ? m.questions[i].n_asked_when : 0;
		bool circle = enable_cycle(arena, m.questions, QUESTIONS) < QUESTIONS;
		assert_int_equal(circle, plain_circle(&m));
		assert_non_null(enable_questions(arena, m.questions, QUESTIONS, m.answers, m.n_answers));
		with += circle;
		arena_destroy(&arena);
	}
	assert_true(with > ROUNDS / 20 && with < ROUNDS - ROUNDS / 20);
}

static void names(void **state)
{
	(void)state;
	static const char *const all[] = {"exists", "=", "!=", ">", "<", ">=", "<="};

	for (enum enable_operator o = 0; o < ENABLE_OPERATORS; o++)
		assert_int_equal(enable_operator_of_name(T(all[o])), o);
	assert_int_equal(enable_operator_of_name(T("==")), ENABLE_OPERATORS);
	assert_int_equal(enable_operator_of_name(T("")), ENABLE_OPERATORS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operator),
		cmocka_unit_test(all_and_any),
		cmocka_unit_test(through_others),
		cmocka_unit_test(as_the_standard_says),
		cmocka_unit_test(nothing_else_counts),
		cmocka_unit_test(circles),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* policy/enable.c - see enable.h. */
#include "policy/enable.h"

static bool is_number(const struct pathology_answer *q)
{
	return q->kind == POLICY_ANSWER_NUMBER || q->kind == POLICY_ANSWER_DATE || (q->kind == POLICY_ANSWER_SLIDER && q->n_choices == 0);
}

/* Does one answer fit the operator? UNEQUAL is asked as EQUAL, and turned round by its caller. */
static bool fits(const struct enable_condition *c, const struct pathology_answer *q, const struct policy_answer *a)
{
	struct questionnaire_number number;

	if (c->operator == ENABLE_EXISTS)
		return true;
	if (!is_number(q))
		return (c->operator == ENABLE_EQUAL || c->operator == ENABLE_UNEQUAL) && bytes_equal(bytes_trim(a->value), c->text);
	if (!questionnaire_read_value(q, a, &number))
		return false;
	switch (c->operator) {
	case ENABLE_EQUAL:
	case ENABLE_UNEQUAL:
		return number.millionths == c->number.millionths;
	case ENABLE_ABOVE:
		return number.millionths > c->number.millionths;
	case ENABLE_BELOW:
		return number.millionths < c->number.millionths;
	case ENABLE_AT_LEAST:
		return number.millionths >= c->number.millionths;
	case ENABLE_AT_MOST:
		return number.millionths <= c->number.millionths;
	case ENABLE_EXISTS:
	case ENABLE_OPERATORS:
		break;
	}
	return false;
}

static bool condition_holds(const struct enable_condition *c, const struct pathology_answer *q, bool asked,
			    const struct policy_answer *answers, size_t n)
{
	bool found = false;

	for (size_t i = 0; asked && !found && i < n; i++)
		found = bytes_equal(answers[i].question, q->id) && bytes_trim(answers[i].value).len > 0 && fits(c, q, &answers[i]);
	if (c->operator == ENABLE_EXISTS)
		return found == c->answered;
	return found != (c->operator == ENABLE_UNEQUAL);
}

bool enable_holds(const struct enable_rule *rule, const struct pathology_answer *questions, const bool *asked,
		  const struct policy_answer *answers, size_t n_answers)
{
	for (size_t i = 0; i < rule->n; i++) {
		const struct enable_condition *c = &rule->at[i];
		bool counts = asked == NULL || asked[c->question];
		if (condition_holds(c, &questions[c->question], counts, answers, n_answers) == rule->any)
			return rule->any;
	}
	return rule->n == 0 || !rule->any;
}

/* What every question of a list is reached with: UNSEEN, then BUSY while those it depends on are looked at, then DONE. */
enum mark { UNSEEN, BUSY, DONE };

struct walk {
	const struct pathology_answer *questions;
	size_t n;
	const struct policy_answer *answers;
	size_t n_answers;
	enum mark *marks;
	bool *asked;                     /* NULL: only circles are looked for */
	size_t circle;                   /* n: none yet */
};

/* As deep as there are questions at most: LIMIT_QUESTIONS. */
static void visit(struct walk *w, size_t at)
{
	const struct pathology_answer *q = &w->questions[at];
	bool all = true;

	if (w->marks[at] == BUSY)
		w->circle = at;
	if (w->marks[at] != UNSEEN)
		return;
	w->marks[at] = BUSY;
	for (size_t i = 0; i < q->n_asked_when; i++)
		for (size_t k = 0; k < q->asked_when[i].n; k++)
			visit(w, q->asked_when[i].at[k].question);
	for (size_t i = 0; w->asked != NULL && all && i < q->n_asked_when; i++)
		all = enable_holds(&q->asked_when[i], w->questions, w->asked, w->answers, w->n_answers);
	w->marks[at] = DONE;
	if (w->asked != NULL)
		w->asked[at] = all;
}

static struct walk walk_all(struct arena *arena, const struct pathology_answer *questions, size_t n, const struct policy_answer *answers,
			    size_t n_answers, bool *asked)
{
	struct walk w = {questions, n, answers, n_answers, arena_alloc(arena, (n + 1) * sizeof(enum mark)), asked, n};

	for (size_t i = 0; i < n; i++)
		visit(&w, i);
	return w;
}

size_t enable_cycle(struct arena *arena, const struct pathology_answer *questions, size_t n)
{
	return walk_all(arena, questions, n, NULL, 0, NULL).circle;
}

const bool *enable_questions(struct arena *arena, const struct pathology_answer *questions, size_t n, const struct policy_answer *answers,
			     size_t n_answers)
{
	bool *asked = arena_alloc(arena, (n + 1) * sizeof *asked);

	(void)walk_all(arena, questions, n, answers, n_answers, asked);
	return asked;
}

enum enable_operator enable_operator_of_name(struct bytes name)
{
	static const char *const names[ENABLE_OPERATORS] = {"exists", "=", "!=", ">", "<", ">=", "<="};
	enum enable_operator o = 0;

	while (o < ENABLE_OPERATORS && !bytes_equal_text(name, names[o]))
		o++;
	return o;
}

/* tests/fuzz/fuzz_questionnaire.c - any bytes as a file of rules: a Questionnaire, or a list of a pathology and the Questionnaire that it names.
 *
 * Whatever comes: no crash, and an end. What is refused has a reason, a place and no word that a terminal could take for an order; what is taken
 * is within its bounds, has no circle, and weighs a dossier: nothing that is not asked is missing, and each missing thing has words. */
#include <assert.h>

#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/pathology_json.h"
#include "gateway/questionnaire_json.h"
#include "policy/dossier.h"
#include "policy/redflag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct instant now = {INT64_C(1795168800000000)};

static void check_fault(const struct rules_reader *r)
{
	assert(r->reason != REASON_NONE && r->place != NULL && reason_entry(r->reason)->fr[0] != '\0');
	assert(bytes_of_text(r->place).len < 64 * 1024 && (bytes_of_text(r->place).len == 0 || bytes_one_line(bytes_of_text(r->place), 64 * 1024)));
	assert(r->detail == NULL || bytes_one_line(bytes_of_text(r->detail), LIMIT_RULES_URL));
}

static void check_questions(struct arena *arena, const struct pathology_answer *questions, size_t n)
{
	assert(n > 0 && n <= LIMIT_QUESTIONS && enable_cycle(arena, questions, n) == n);
	for (size_t i = 0; i < n; i++) {
		const struct pathology_answer *q = &questions[i];
		assert(q->id.len > 0 && q->id.len <= LIMIT_RULES_TOKEN && q->label_fr.len > 0 && q->label_en.len > 0);
		assert(q->n_choices <= LIMIT_QUESTION_CHOICES && q->n_asked_when <= LIMIT_QUESTION_GROUPS + 1);
		assert(!q->has_low || !q->has_high || q->low.millionths <= q->high.millionths);
		for (size_t k = 0; k < q->n_asked_when; k++)
			for (size_t c = 0; c < q->asked_when[k].n; c++)
				assert(q->asked_when[k].at[c].question < n && q->asked_when[k].at[c].question != i);
	}
}

/* A dossier that answers each question with the first of its choices, or with a word: what is missing is told, and once. */
static void weigh(struct arena *arena, const struct pathology *p)
{
	struct policy_answer *answers = arena_alloc(arena, (p->n_answers + 1) * sizeof *answers);
	struct dossier d = {.arena = arena, .request = {.consent_processing = true, .consent_expert = true, .answers = answers, .n_answers = p->n_answers}};
	struct missing *list;
	struct redflag *flags;

	for (size_t i = 0; i < p->n_answers; i++)
		answers[i] = (struct policy_answer){.question = p->answers[i].id, .value = p->answers[i].n_choices > 0 ? p->answers[i].choices[0].code : BYTES("7")};
	const bool *asked = enable_questions(arena, p->answers, p->n_answers, answers, p->n_answers);
	size_t n = complete_missing(arena, &d, p, now, &list);
	assert(n <= p->n_answers + p->n_exams);
	for (size_t i = 0; i < n; i++) {
		assert(list[i].label_fr.len > 0 && list[i].label_en.len > 0 && list[i].id.len > 0);
		for (size_t k = 0; k < p->n_answers; k++)
			assert(asked[k] || !bytes_equal(list[i].id, p->answers[k].id));
	}
	assert(redflag_list(arena, &d, p, now, &flags) <= p->n_redflags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_reader r = {.arena = arena_create(64u << 20)};
	json_t *value = rules_parse(&r, (struct bytes){data, size});
	struct questionnaire q;
	struct pathology p;

	if (json_is_array(value)) {
		if (pathology_read(&r, json_array_get(value, 0), json_array_get(value, 1), &p)) {
			check_questions(r.arena, p.answers, p.n_answers);
			weigh(r.arena, &p);
		} else {
			check_fault(&r);
		}
	} else if (value == NULL || !questionnaire_read(&r, value, &q)) {
		check_fault(&r);
	} else {
		p = (struct pathology){.answers = q.questions, .n_answers = q.n};
		check_questions(r.arena, p.answers, p.n_answers);
		weigh(r.arena, &p);
	}
	json_decref(value);
	arena_destroy(&r.arena);
	return 0;
}

/* gateway/enable_json.c - see enable_json.h. */
#include "gateway/enable_json.h"

#include "base/limits.h"
#include "gateway/json_view.h"
#include "policy/enable.h"

static const struct rules_key condition_keys[] = {
	{"question", RULES_TOKEN, true}, {"operator", RULES_TEXT, true},
	{"answerBoolean", RULES_TRUTH, false}, {"answerInteger", RULES_NUMBER, false}, {"answerDecimal", RULES_NUMBER, false},
	{"answerDate", RULES_DATE, false}, {"answerCoding", RULES_OBJECT, false}, {"id", RULES_IGNORED, false},
};
static const struct rules_key coding_keys[] = {
	{"system", RULES_URL, false}, {"code", RULES_TOKEN, true}, {"display", RULES_TEXT, false},
};

/* The one answer that is compared with; NULL when there is none, or more than one. */
static const json_t *only_answer(const json_t *object, const char **key)
{
	static const char *const keys[] = {"answerBoolean", "answerInteger", "answerDecimal", "answerDate", "answerCoding"};
	const json_t *found = NULL;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const json_t *value = json_object_get(object, keys[i]);
		if (value == NULL)
			continue;
		if (found != NULL)
			return NULL;
		found = value;
		*key = keys[i];
	}
	return found;
}

static bool read_coding(struct rules_reader *r, const struct rules_place *at, const json_t *value, const struct pathology_answer *q,
			struct enable_condition *out)
{
	const struct rules_place here = {.up = at, .name = "answerCoding"};

	if (!RULES_SHAPE(r, &here, value, coding_keys))
		return false;
	out->text = json_view(value, "code");
	for (size_t i = 0; i < q->n_choices; i++)
		if (bytes_equal(q->choices[i].code, out->text))
			return true;
	return rules_fault_at(r, &here, "code", REASON_RULE_REFERENCE, arena_text(r->arena, out->text));
}

static bool read_number(struct rules_reader *r, const struct rules_place *at, const char *key, const json_t *value, const struct pathology_answer *q,
			struct enable_condition *out)
{
	bool date = bytes_equal_text(bytes_of_text(key), "answerDate");

	out->number = rules_number(value);
	if (date != (q->kind == POLICY_ANSWER_DATE) || (q->whole && out->number.millionths % 1000000 != 0))
		return rules_fault_at(r, at, key, REASON_RULE_VALUE, NULL);
	if ((q->has_low && out->number.millionths < q->low.millionths) || (q->has_high && out->number.millionths > q->high.millionths))
		return rules_fault_at(r, at, key, REASON_RULE_RANGE, NULL);
	return true;
}

/* What the answer is compared with has the shape of the question. */
static bool read_answer(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct pathology_answer *q,
			struct enable_condition *out)
{
	const char *key = NULL;
	const json_t *value = only_answer(object, &key);

	if (value == NULL)
		return rules_fault(r, at, REASON_RULE_KEY_MISSING, "answer[x]");
	bool truth = json_is_boolean(value), coding = json_is_object(value), equality = out->operator <= ENABLE_UNEQUAL;

	if (out->operator == ENABLE_EXISTS) {
		out->answered = json_is_true(value);
		return truth ? true : rules_fault_at(r, at, key, REASON_RULE_VALUE, NULL);
	}
	if (q->kind == POLICY_ANSWER_TRUTH && truth && equality) {
		out->text = json_is_true(value) ? BYTES("true") : BYTES("false");
		return true;
	}
	if (q->n_choices > 0 && coding && equality)
		return read_coding(r, at, value, q, out);
	if (q->n_choices == 0 && !truth && !coding &&
	    (q->kind == POLICY_ANSWER_NUMBER || q->kind == POLICY_ANSWER_SLIDER || q->kind == POLICY_ANSWER_DATE))
		return read_number(r, at, key, value, q, out);
	return rules_fault_at(r, at, key, REASON_RULE_VALUE, NULL);
}

static bool read_condition(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct pathology_answer *questions,
			   size_t n, bool positive, struct enable_condition *out)
{
	if (!RULES_SHAPE(r, at, object, condition_keys))
		return false;
	struct bytes name = json_view(object, "question");
	*out = (struct enable_condition){.operator = enable_operator_of_name(json_view(object, "operator"))};
	while (out->question < n && !bytes_equal(questions[out->question].id, name))
		out->question++;
	if (out->question == n)
		return rules_fault_at(r, at, "question", REASON_RULE_REFERENCE, arena_text(r->arena, name));
	if (out->operator == ENABLE_OPERATORS)
		return rules_fault_at(r, at, "operator", REASON_RULE_VALUE, NULL);
	if (!read_answer(r, at, object, &questions[out->question], out))
		return false;
	if (positive && (out->operator == ENABLE_UNEQUAL || (out->operator == ENABLE_EXISTS && !out->answered)))
		return rules_fault_at(r, at, "operator", REASON_RULE_VALUE, NULL);
	return true;
}

/* FHIR's que-12: more than one condition, and how they go together is said. */
static bool read_behaviour(struct rules_reader *r, const struct rules_place *at, const json_t *object, size_t n, bool *any)
{
	struct bytes word = json_view(object, "enableBehavior");

	*any = bytes_equal_text(word, "any");
	if (word.len > 0 && !*any && !bytes_equal_text(word, "all"))
		return rules_fault_at(r, at, "enableBehavior", REASON_RULE_VALUE, NULL);
	return word.len > 0 || n < 2 ? true : rules_fault(r, at, REASON_RULE_KEY_MISSING, "enableBehavior");
}

bool enable_read(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct pathology_answer *questions, size_t n,
		 bool positive, struct enable_rule *out)
{
	const json_t *list = json_object_get(object, "enableWhen");
	const struct rules_place here = {.up = at, .name = "enableWhen"};
	struct enable_condition *conditions = arena_alloc(r->arena, (json_array_size(list) + 1) * sizeof *conditions);
	size_t i;
	json_t *one;

	*out = (struct enable_rule){conditions, json_array_size(list), false};
	if (!rules_at_most(r, at, object, "enableWhen", LIMIT_QUESTION_CONDITIONS) || !read_behaviour(r, at, object, out->n, &out->any))
		return false;
	json_array_foreach(list, i, one) {
		const struct rules_place place = {.up = &here, .index = i};
		if (!read_condition(r, &place, one, questions, n, positive, &conditions[i]))
			return false;
	}
	return true;
}

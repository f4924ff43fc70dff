/* gateway/question_json.c - see question_json.h. */
#include "gateway/question_json.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/enable_json.h"
#include "gateway/json_view.h"

#define EXTENSION "http://hl7.org/fhir/StructureDefinition/"

/* ---------------------------------------------------------------- words in two languages */

static const struct rules_key element_keys[] = {{"extension", RULES_OBJECTS, true}, {"id", RULES_IGNORED, false}};
static const struct rules_key translation_keys[] = {{"url", RULES_URL, true}, {"extension", RULES_OBJECTS, true}};
static const struct rules_key part_keys[] = {
	{"url", RULES_TOKEN, true}, {"valueCode", RULES_TOKEN, false}, {"valueString", RULES_TEXT, false}, {"valueMarkdown", RULES_TEXT, false},
};

/* One translation extension: its language and its words. */
static bool translation(struct rules_reader *r, const struct rules_place *at, const json_t *extension, struct bytes *language, struct bytes *words)
{
	const struct rules_place here = {.up = at, .name = "extension"};
	size_t i;
	json_t *part;

	if (!RULES_SHAPE(r, at, extension, translation_keys))
		return false;
	if (!bytes_equal_text(json_view(extension, "url"), EXTENSION "translation"))
		return rules_fault_at(r, at, "url", REASON_RULE_KEY_UNKNOWN, json_string_value(json_object_get(extension, "url")));
	json_array_foreach(json_object_get(extension, "extension"), i, part) {
		const struct rules_place place = {.up = &here, .index = i};
		if (!RULES_SHAPE(r, &place, part, part_keys))
			return false;
		if (bytes_equal_text(json_view(part, "url"), "lang"))
			*language = json_view(part, "valueCode");
		else if (bytes_equal_text(json_view(part, "url"), "content"))
			*words = json_view(part, json_object_get(part, "valueString") != NULL ? "valueString" : "valueMarkdown");
		else
			return rules_fault_at(r, &place, "url", REASON_RULE_KEY_UNKNOWN, NULL);
	}
	return true;
}

bool question_words(struct rules_reader *r, const struct rules_place *at, const json_t *object, const char *key, struct bytes *fr, struct bytes *en)
{
	const char *sibling = arena_printf(r->arena, "_%s", key);
	const json_t *element = json_object_get(object, sibling);
	const struct rules_place place = {.up = at, .name = sibling}, list = {.up = &place, .name = "extension"};
	size_t i;
	json_t *one;

	*fr = json_view(object, key);
	*en = BYTES_NONE;
	if (fr->len == 0)
		return rules_fault(r, at, REASON_RULE_KEY_MISSING, key);
	if (element != NULL && !RULES_SHAPE(r, &place, element, element_keys))
		return false;
	json_array_foreach(json_object_get(element, "extension"), i, one) {
		const struct rules_place here = {.up = &list, .index = i};
		struct bytes language = BYTES_NONE, words = BYTES_NONE;
		if (!translation(r, &here, one, &language, &words))
			return false;
		bool english = bytes_equal_text(language, "en");
		if (english && en->len > 0)
			return rules_fault(r, &here, REASON_RULE_DUPLICATE, "en");
		*en = english ? words : *en;
	}
	return en->len > 0 ? true : rules_fault_at(r, at, key, REASON_RULE_TRANSLATION, NULL);
}

/* ---------------------------------------------------------------- options */

static const struct rules_key option_keys[] = {{"valueCoding", RULES_OBJECT, true}, {"id", RULES_IGNORED, false}};
static const struct rules_key coding_keys[] = {
	{"system", RULES_URL, false}, {"version", RULES_TEXT, false}, {"code", RULES_TOKEN, true}, {"display", RULES_TEXT, true},
	{"_display", RULES_OBJECT, true}, {"id", RULES_IGNORED, false},
};
static const struct rules_key set_keys[] = {
	{"resourceType", RULES_TEXT, true}, {"id", RULES_TOKEN, true}, {"compose", RULES_OBJECT, true}, {"status", RULES_TEXT, false},
	{"url", RULES_IGNORED, false}, {"name", RULES_IGNORED, false}, {"title", RULES_IGNORED, false}, {"version", RULES_IGNORED, false},
};
static const struct rules_key compose_keys[] = {{"include", RULES_OBJECTS, true}};
static const struct rules_key include_keys[] = {{"system", RULES_URL, true}, {"version", RULES_TEXT, false}, {"concept", RULES_OBJECTS, true}};
static const struct rules_key concept_keys[] = {{"code", RULES_TOKEN, true}, {"display", RULES_TEXT, true}, {"designation", RULES_OBJECTS, true}};
static const struct rules_key designation_keys[] = {{"language", RULES_TOKEN, true}, {"value", RULES_TEXT, true}, {"use", RULES_IGNORED, false}};

struct choices {
	struct questionnaire_choice at[LIMIT_QUESTION_CHOICES];
	size_t n;
};

static bool add_choice(struct rules_reader *r, const struct rules_place *at, struct choices *list, struct questionnaire_choice choice)
{
	for (size_t i = 0; i < list->n; i++)
		if (bytes_equal(list->at[i].code, choice.code))
			return rules_fault_at(r, at, "code", REASON_RULE_DUPLICATE, arena_text(r->arena, choice.code));
	if (list->n == LIMIT_QUESTION_CHOICES)
		return rules_fault(r, at, REASON_RULE_SIZE, NULL);
	list->at[list->n++] = choice;
	return true;
}

static bool read_options(struct rules_reader *r, const struct rules_place *at, const json_t *options, struct choices *out)
{
	size_t i;
	json_t *one;

	json_array_foreach(options, i, one) {
		const struct rules_place place = {.up = at, .index = i}, coding = {.up = &place, .name = "valueCoding"};
		const json_t *value = json_object_get(one, "valueCoding");
		struct questionnaire_choice choice = {.code = json_view(value, "code")};
		if (!RULES_SHAPE(r, &place, one, option_keys) || !RULES_SHAPE(r, &coding, value, coding_keys) ||
		    !question_words(r, &coding, value, "display", &choice.label_fr, &choice.label_en) || !add_choice(r, &coding, out, choice))
			return false;
	}
	return true;
}

static bool read_concept(struct rules_reader *r, const struct rules_place *at, const json_t *concept, struct choices *out)
{
	const struct rules_place list = {.up = at, .name = "designation"};
	struct questionnaire_choice choice = {.code = json_view(concept, "code"), .label_fr = json_view(concept, "display")};
	size_t i;
	json_t *one;

	if (!RULES_SHAPE(r, at, concept, concept_keys))
		return false;
	json_array_foreach(json_object_get(concept, "designation"), i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!RULES_SHAPE(r, &place, one, designation_keys))
			return false;
		if (bytes_equal_text(json_view(one, "language"), "en"))
			choice.label_en = json_view(one, "value");
	}
	if (choice.label_en.len == 0)
		return rules_fault_at(r, at, "display", REASON_RULE_TRANSLATION, NULL);
	return add_choice(r, at, out, choice);
}

static bool read_set(struct rules_reader *r, const struct rules_place *at, const json_t *set, struct choices *out)
{
	const struct rules_place compose = {.up = at, .name = "compose"}, list = {.up = &compose, .name = "include"};
	const json_t *composed = json_object_get(set, "compose");
	size_t i, k;
	json_t *include, *concept;

	if (!RULES_SHAPE(r, at, set, set_keys) || !RULES_SHAPE(r, &compose, composed, compose_keys))
		return false;
	if (!bytes_equal_text(json_view(set, "resourceType"), "ValueSet"))
		return rules_fault_at(r, at, "resourceType", REASON_RULE_VALUE, NULL);
	json_array_foreach(json_object_get(composed, "include"), i, include) {
		const struct rules_place place = {.up = &list, .index = i}, concepts = {.up = &place, .name = "concept"};
		if (!RULES_SHAPE(r, &place, include, include_keys))
			return false;
		json_array_foreach(json_object_get(include, "concept"), k, concept) {
			const struct rules_place here = {.up = &concepts, .index = k};
			if (!read_concept(r, &here, concept, out))
				return false;
		}
	}
	return true;
}

/* Only a value set that the questionnaire itself holds: "#id". */
static bool read_value_set(struct rules_reader *r, const struct rules_place *at, struct bytes name, const json_t *contained, struct choices *out)
{
	static const struct rules_place list = {.name = "contained"};
	size_t i;
	json_t *one;

	json_array_foreach(contained, i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (bytes_starts(name, BYTES("#")) && bytes_equal(json_view(one, "id"), bytes_from(name, 1)))
			return read_set(r, &place, one, out);
	}
	return rules_fault_at(r, at, "answerValueSet", REASON_RULE_REFERENCE, arena_text(r->arena, name));
}

static bool read_choices(struct rules_reader *r, const struct rules_place *at, const json_t *item, const json_t *contained, struct pathology_answer *q)
{
	const struct rules_place place = {.up = at, .name = "answerOption"};
	const json_t *options = json_object_get(item, "answerOption");
	struct bytes set = json_view(item, "answerValueSet");
	struct choices list = {.n = 0};
	bool choice = bytes_equal_text(json_view(item, "type"), "choice");

	if (options == NULL && set.len == 0)
		return choice ? rules_fault(r, at, REASON_RULE_KEY_MISSING, "answerOption") : true;
	/* FHIR's que-4 and que-5: one of the two, and only where there is a choice. */
	if (!choice || (options != NULL && set.len > 0))
		return rules_fault_at(r, at, options != NULL ? "answerOption" : "answerValueSet", REASON_RULE_VALUE, NULL);
	if (options != NULL ? !read_options(r, &place, options, &list) : !read_value_set(r, at, set, contained, &list))
		return false;
	struct questionnaire_choice *choices = arena_alloc(r->arena, list.n * sizeof *choices);
	memcpy(choices, list.at, list.n * sizeof *choices);
	q->choices = choices;
	q->n_choices = list.n;
	return true;
}

/* ---------------------------------------------------------------- extensions: bounds, unit, how often, slider */

enum extension { MIN_VALUE, MAX_VALUE, UNIT, MIN_OCCURS, MAX_OCCURS, CONTROL, EXTENSIONS };

static const char *const extension_urls[EXTENSIONS] = {
	EXTENSION "minValue", EXTENSION "maxValue", EXTENSION "questionnaire-unit", EXTENSION "questionnaire-minOccurs",
	EXTENSION "questionnaire-maxOccurs", EXTENSION "questionnaire-itemControl",
};
static const struct rules_key extension_keys[] = {
	{"url", RULES_URL, true}, {"valueInteger", RULES_NUMBER, false}, {"valueDecimal", RULES_NUMBER, false}, {"valueDate", RULES_DATE, false},
	{"valueCoding", RULES_OBJECT, false}, {"valueCodeableConcept", RULES_OBJECT, false}, {"id", RULES_IGNORED, false},
};
static const struct rules_key unit_keys[] = {{"system", RULES_URL, true}, {"code", RULES_TEXT, true}, {"display", RULES_TEXT, false}};
static const struct rules_key concept_of_control_keys[] = {{"coding", RULES_OBJECTS, true}, {"text", RULES_IGNORED, false}};

static bool is_number(const struct pathology_answer *q)
{
	return q->kind == POLICY_ANSWER_NUMBER || q->kind == POLICY_ANSWER_SLIDER;
}

/* A bound is of its question's kind. */
static bool read_bound(struct rules_reader *r, const struct rules_place *at, const json_t *extension, const struct pathology_answer *q, bool *has,
		       struct questionnaire_number *out)
{
	const json_t *whole = json_object_get(extension, "valueInteger"), *part = json_object_get(extension, "valueDecimal");
	const json_t *value = q->kind == POLICY_ANSWER_DATE ? json_object_get(extension, "valueDate") : whole != NULL ? whole : part;

	if (value == NULL || q->n_choices > 0 || (q->kind != POLICY_ANSWER_DATE && !is_number(q)) || (whole != NULL && !json_is_integer(whole)))
		return rules_fault(r, at, REASON_RULE_VALUE, NULL);
	*has = true;
	*out = rules_number(value);
	return true;
}

static bool read_count(struct rules_reader *r, const struct rules_place *at, const json_t *extension, size_t *out)
{
	const json_t *value = json_object_get(extension, "valueInteger");

	if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > LIMIT_QUESTIONS)
		return rules_fault_at(r, at, "valueInteger", REASON_RULE_VALUE, NULL);
	*out = (size_t)json_integer_value(value);
	return true;
}

static bool read_unit(struct rules_reader *r, const struct rules_place *at, const json_t *extension, struct pathology_answer *q)
{
	const struct rules_place place = {.up = at, .name = "valueCoding"};
	const json_t *value = json_object_get(extension, "valueCoding");

	if (!RULES_SHAPE(r, &place, value, unit_keys))
		return false;
	if (!bytes_equal_text(json_view(value, "system"), "http://unitsofmeasure.org") || !is_number(q) || q->n_choices > 0)
		return rules_fault(r, &place, REASON_RULE_VALUE, NULL);
	q->unit = json_view(value, "code");
	return true;
}

/* How a platform shows it. Of the controls only the slider makes another kind of answer (docs/request.md). */
static bool read_control(struct rules_reader *r, const struct rules_place *at, const json_t *extension, struct pathology_answer *q)
{
	const struct rules_place place = {.up = at, .name = "valueCodeableConcept"};
	const json_t *value = json_object_get(extension, "valueCodeableConcept");

	if (!RULES_SHAPE(r, &place, value, concept_of_control_keys))
		return false;
	if (!bytes_equal_text(json_view(json_array_get(json_object_get(value, "coding"), 0), "code"), "slider"))
		return true;
	if (q->kind != POLICY_ANSWER_NUMBER && q->kind != POLICY_ANSWER_CHOICE)
		return rules_fault(r, &place, REASON_RULE_VALUE, "slider");
	q->kind = POLICY_ANSWER_SLIDER;
	return true;
}

static bool read_extension(struct rules_reader *r, const struct rules_place *at, const json_t *extension, unsigned *seen, struct pathology_answer *q)
{
	enum extension e = 0;

	if (!RULES_SHAPE(r, at, extension, extension_keys))
		return false;
	while (e < EXTENSIONS && !bytes_equal_text(json_view(extension, "url"), extension_urls[e]))
		e++;
	if (e == EXTENSIONS)
		return rules_fault_at(r, at, "url", REASON_RULE_KEY_UNKNOWN, json_string_value(json_object_get(extension, "url")));
	if ((*seen & 1u << e) != 0)
		return rules_fault_at(r, at, "url", REASON_RULE_DUPLICATE, NULL);
	*seen |= 1u << e;
	switch (e) {
	case MIN_VALUE:
		return read_bound(r, at, extension, q, &q->has_low, &q->low);
	case MAX_VALUE:
		return read_bound(r, at, extension, q, &q->has_high, &q->high);
	case UNIT:
		return read_unit(r, at, extension, q);
	case MIN_OCCURS:
		return read_count(r, at, extension, &q->least);
	case MAX_OCCURS:
		return read_count(r, at, extension, &q->most);
	case CONTROL:
		return read_control(r, at, extension, q);
	case EXTENSIONS:
		break;
	}
	return false;
}

/* ---------------------------------------------------------------- the whole */

static const struct rules_key question_keys[] = {
	{"linkId", RULES_TOKEN, true}, {"text", RULES_TEXT, true}, {"_text", RULES_OBJECT, false}, {"type", RULES_TOKEN, true},
	{"required", RULES_TRUTH, false}, {"repeats", RULES_TRUTH, false}, {"answerOption", RULES_OBJECTS, false}, {"answerValueSet", RULES_TEXT, false},
	{"code", RULES_OBJECTS, false}, {"extension", RULES_OBJECTS, false}, ENABLE_KEYS,
	{"id", RULES_IGNORED, false}, {"prefix", RULES_IGNORED, false}, {"_prefix", RULES_IGNORED, false},
};
static const struct rules_key code_keys[] = {
	{"system", RULES_URL, true}, {"version", RULES_TEXT, false}, {"code", RULES_TEXT, true}, {"display", RULES_TEXT, false},
};

static const struct type {
	const char *name;
	enum policy_answer_kind kind;
	bool whole;
} types[] = {
	{"boolean", POLICY_ANSWER_TRUTH, false},   {"decimal", POLICY_ANSWER_NUMBER, false}, {"integer", POLICY_ANSWER_NUMBER, true},
	{"quantity", POLICY_ANSWER_NUMBER, false}, {"date", POLICY_ANSWER_DATE, false},      {"string", POLICY_ANSWER_TEXT, false},
	{"text", POLICY_ANSWER_TEXT, false},       {"choice", POLICY_ANSWER_CHOICE, false},
};

bool question_is_one(const json_t *item)
{
	struct bytes type = json_view(item, "type");

	return !bytes_equal_text(type, "group") && !bytes_equal_text(type, "display");
}

static bool read_type(struct rules_reader *r, const struct rules_place *at, struct bytes name, struct pathology_answer *q)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (!bytes_equal_text(name, types[i].name))
			continue;
		q->kind = types[i].kind;
		q->whole = types[i].whole;
		return true;
	}
	return rules_fault_at(r, at, "type", REASON_RULE_VALUE, arena_text(r->arena, name));
}

/* Some answer can meet it. */
static bool check_sense(struct rules_reader *r, const struct rules_place *at, const struct pathology_answer *q)
{
	if (q->has_low && q->has_high && q->low.millionths > q->high.millionths)
		return rules_fault(r, at, REASON_RULE_RANGE, "minValue, maxValue");
	if (!q->repeats && (q->least > 1 || q->most > 1))
		return rules_fault(r, at, REASON_RULE_RANGE, "repeats");
	if ((q->most > 0 && q->least > q->most) || (q->n_choices > 0 && (q->least > q->n_choices || q->most > q->n_choices)))
		return rules_fault(r, at, REASON_RULE_RANGE, "minOccurs, maxOccurs");
	return true;
}

static bool check_codes(struct rules_reader *r, const struct rules_place *at, const json_t *item)
{
	const struct rules_place list = {.up = at, .name = "code"};
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(item, "code"), i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!RULES_SHAPE(r, &place, one, code_keys))
			return false;
	}
	return true;
}

bool question_read(struct rules_reader *r, const struct rules_place *at, const json_t *item, const json_t *contained, struct pathology_answer *out)
{
	const struct rules_place list = {.up = at, .name = "extension"};
	unsigned seen = 0;
	size_t i;
	json_t *one;

	if (!RULES_SHAPE(r, at, item, question_keys))
		return false;
	*out = (struct pathology_answer){
		.id = json_view(item, "linkId"), .optional = !json_truth(item, "required"), .repeats = json_truth(item, "repeats"),
	};
	if (!question_words(r, at, item, "text", &out->label_fr, &out->label_en) || !read_type(r, at, json_view(item, "type"), out) ||
	    !check_codes(r, at, item) || !read_choices(r, at, item, contained, out))
		return false;
	json_array_foreach(json_object_get(item, "extension"), i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!read_extension(r, &place, one, &seen, out))
			return false;
	}
	return check_sense(r, at, out);
}

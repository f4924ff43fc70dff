/* gateway/questionnaire_json.c - see questionnaire_json.h. */
#include "gateway/questionnaire_json.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/enable_json.h"
#include "gateway/json_view.h"
#include "gateway/question_json.h"
#include "policy/enable.h"

/* Keys that change no answer are ignored by name; modifierExtension, implicitRules, derivedFrom would, and are refused like any other. */
static const struct rules_key resource_keys[] = {
	{"resourceType", RULES_TEXT, true}, {"url", RULES_URL, true}, {"version", RULES_TOKEN, true}, {"status", RULES_TOKEN, true},
	{"language", RULES_TOKEN, true}, {"title", RULES_TEXT, true}, {"_title", RULES_OBJECT, false}, {"item", RULES_OBJECTS, true},
	{"contained", RULES_OBJECTS, false},
	{"id", RULES_IGNORED, false}, {"meta", RULES_IGNORED, false}, {"text", RULES_IGNORED, false}, {"identifier", RULES_IGNORED, false},
	{"name", RULES_IGNORED, false}, {"subjectType", RULES_IGNORED, false}, {"experimental", RULES_IGNORED, false}, {"date", RULES_IGNORED, false},
	{"publisher", RULES_IGNORED, false}, {"contact", RULES_IGNORED, false}, {"description", RULES_IGNORED, false},
	{"purpose", RULES_IGNORED, false}, {"copyright", RULES_IGNORED, false}, {"useContext", RULES_IGNORED, false},
	{"jurisdiction", RULES_IGNORED, false}, {"approvalDate", RULES_IGNORED, false}, {"lastReviewDate", RULES_IGNORED, false},
	{"effectivePeriod", RULES_IGNORED, false}, {"code", RULES_IGNORED, false},
};
static const struct rules_key group_keys[] = {
	{"linkId", RULES_TOKEN, true}, {"text", RULES_TEXT, false}, {"_text", RULES_OBJECT, false}, {"type", RULES_TOKEN, true},
	{"item", RULES_OBJECTS, true}, ENABLE_KEYS, {"id", RULES_IGNORED, false}, {"prefix", RULES_IGNORED, false}, {"_prefix", RULES_IGNORED, false},
	{"code", RULES_IGNORED, false},
};
static const struct rules_key display_keys[] = {
	{"linkId", RULES_TOKEN, true}, {"text", RULES_TEXT, true}, {"_text", RULES_OBJECT, false}, {"type", RULES_TOKEN, true}, ENABLE_KEYS,
	{"id", RULES_IGNORED, false}, {"prefix", RULES_IGNORED, false}, {"_prefix", RULES_IGNORED, false},
};

/* An item where it stands; questions have a place in the list of questions. */
struct item {
	const json_t *json;
	const struct rules_place *place;
	const struct item *group;        /* that it is in; NULL at the top */
	struct bytes id;
	bool asks;
	size_t question;
	struct enable_rule rule;
};

struct reading {
	struct rules_reader *r;
	const json_t *contained;
	struct item items[LIMIT_QUESTIONS];
	size_t n_items;
	struct pathology_answer questions[LIMIT_QUESTIONS];
	size_t n;
};

/* What the request itself tells (docs/request.md) is asked by no questionnaire. */
static bool is_reserved(struct bytes id)
{
	static const struct bytes prefixes[] = {BYTES_OF("relais."), BYTES_OF("consent."), BYTES_OF("physician."), BYTES_OF("patient.")};

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (bytes_starts(id, prefixes[i]))
			return true;
	return false;
}

static bool check_id(struct reading *q, const struct item *item)
{
	if (is_reserved(item->id))
		return rules_fault_at(q->r, item->place, "linkId", REASON_RULE_VALUE, NULL);
	for (const struct item *other = q->items; other < item; other++)
		if (bytes_equal(other->id, item->id))
			return rules_fault_at(q->r, item->place, "linkId", REASON_RULE_DUPLICATE, arena_text(q->r->arena, item->id));
	return true;
}

static bool read_heading(struct reading *q, const struct item *item)
{
	struct bytes fr, en;
	bool group = bytes_equal_text(json_view(item->json, "type"), "group");

	if (!(group ? RULES_SHAPE(q->r, item->place, item->json, group_keys) : RULES_SHAPE(q->r, item->place, item->json, display_keys)))
		return false;
	return json_object_get(item->json, "text") == NULL || question_words(q->r, item->place, item->json, "text", &fr, &en);
}

static bool read_item(struct reading *q, struct item *item)
{
	if (!question_is_one(item->json))
		return read_heading(q, item);
	item->asks = true;
	item->question = q->n;
	return question_read(q->r, item->place, item->json, q->contained, &q->questions[q->n++]);
}

/* First all items in their order; conditions may name one that comes later. */
static bool read_items(struct reading *q, const struct rules_place *at, const struct item *group, const json_t *list, size_t depth)
{
	size_t i;
	json_t *one;

	if (depth > LIMIT_QUESTION_GROUPS)
		return rules_fault(q->r, at, REASON_RULE_SIZE, NULL);
	json_array_foreach(list, i, one) {
		struct rules_place *place = arena_alloc(q->r->arena, sizeof *place), *below = arena_alloc(q->r->arena, sizeof *below);
		*place = (struct rules_place){.up = at, .index = i};
		if (q->n_items == LIMIT_QUESTIONS)
			return rules_fault(q->r, place, REASON_RULE_SIZE, NULL);
		struct item *item = &q->items[q->n_items++];
		*item = (struct item){.json = one, .place = place, .group = group, .id = json_view(one, "linkId")};
		if (!read_item(q, item) || !check_id(q, item))
			return false;
		place->label = item->id;
		*below = (struct rules_place){.up = place, .name = "item"};
		if (!item->asks && json_object_get(one, "item") != NULL && !read_items(q, below, item, json_object_get(one, "item"), depth + 1))
			return false;
	}
	return true;
}

/* A question is asked under its own conditions and those of each group around it. */
static void gather_rules(struct reading *q, const struct item *item)
{
	struct enable_rule *rules = arena_alloc(q->r->arena, (LIMIT_QUESTION_GROUPS + 2) * sizeof *rules);
	struct pathology_answer *question = &q->questions[item->question];

	question->asked_when = rules;
	for (const struct item *at = item; at != NULL; at = at->group)
		if (at->rule.n > 0)
			rules[question->n_asked_when++] = at->rule;
}

static bool read_conditions(struct reading *q)
{
	for (size_t i = 0; i < q->n_items; i++)
		if (!enable_read(q->r, q->items[i].place, q->items[i].json, q->questions, q->n, false, &q->items[i].rule))
			return false;
	for (size_t i = 0; i < q->n_items; i++)
		if (q->items[i].asks)
			gather_rules(q, &q->items[i]);
	size_t circle = enable_cycle(q->r->arena, q->questions, q->n);
	for (size_t i = 0; i < q->n_items; i++)
		if (q->items[i].asks && q->items[i].question == circle)
			return rules_fault_at(q->r, q->items[i].place, "enableWhen", REASON_RULE_CYCLE, NULL);
	return true;
}

/* The questions to the expert are what the dossier is for: the first is always asked, in words. */
static bool check_question(struct reading *q)
{
	static const struct rules_place at = {.name = "item"};

	for (size_t i = 0; i < q->n; i++) {
		const struct pathology_answer *a = &q->questions[i];
		if (bytes_equal_text(a->id, "question.1") && a->kind == POLICY_ANSWER_TEXT && !a->optional && a->n_asked_when == 0)
			return true;
	}
	return rules_fault(q->r, &at, REASON_RULE_QUESTION, NULL);
}

bool questionnaire_read(struct rules_reader *r, const json_t *resource, struct questionnaire *out)
{
	static const struct rules_place items = {.name = "item"};
	struct reading q = {.r = r, .contained = json_object_get(resource, "contained")};

	if (!RULES_SHAPE(r, NULL, resource, resource_keys))
		return false;
	if (!bytes_equal_text(json_view(resource, "resourceType"), "Questionnaire"))
		return rules_fault_at(r, NULL, "resourceType", REASON_RULE_VALUE, NULL);
	if (!bytes_equal_text(json_view(resource, "status"), "active"))
		return rules_fault_at(r, NULL, "status", REASON_RULE_VALUE, NULL);
	if (!bytes_equal_text(json_view(resource, "language"), "fr"))
		return rules_fault_at(r, NULL, "language", REASON_RULE_VALUE, NULL);
	*out = (struct questionnaire){.url = json_view(resource, "url"), .version = json_view(resource, "version")};
	if (!question_words(r, NULL, resource, "title", &out->title_fr, &out->title_en) ||
	    !read_items(&q, &items, NULL, json_object_get(resource, "item"), 0) || !read_conditions(&q) || !check_question(&q))
		return false;
	struct pathology_answer *questions = arena_alloc(r->arena, q.n * sizeof *questions);
	memcpy(questions, q.questions, q.n * sizeof *questions);
	out->questions = questions;
	out->n = q.n;
	return true;
}

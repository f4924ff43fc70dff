/* gateway/pathology_json.c - see pathology_json.h. */
#include "gateway/pathology_json.h"

#include "base/limits.h"
#include "gateway/enable_json.h"
#include "gateway/json_view.h"
#include "gateway/questionnaire_json.h"

static const struct rules_key pathology_keys[] = {
	{"code", RULES_TOKEN, true}, {"version", RULES_TOKEN, true}, {"family", RULES_TOKEN, true}, {"title_fr", RULES_TEXT, true},
	{"title_en", RULES_TEXT, true}, {"questionnaire", RULES_TEXT, true}, {"exams", RULES_OBJECTS, false}, {"red_flags", RULES_OBJECTS, false},
	{"forms", RULES_TEXTS, false}, {"act", RULES_TOKEN, false}, {"sources", RULES_TEXTS, false}, {"validated_by", RULES_TEXT, false},
	{"validated_on", RULES_DATE, false}, {"valid_from", RULES_DATE, false}, {"valid_until", RULES_DATE, false},
};
static const struct rules_key exam_keys[] = {
	{"code", RULES_TOKEN, true}, {"label_fr", RULES_TEXT, true}, {"label_en", RULES_TEXT, true}, {"types", RULES_TOKENS, true},
	{"max_age_days", RULES_COUNT, false}, {"alternatives", RULES_OBJECTS, false}, {"given_by", RULES_TOKENS, true},
	{"ask_fr", RULES_TEXT, true}, {"ask_en", RULES_TEXT, true}, ENABLE_KEYS,
};
static const struct rules_key alternative_keys[] = {
	{"label_fr", RULES_TEXT, true}, {"label_en", RULES_TEXT, true}, {"types", RULES_TOKENS, true}, {"max_age_days", RULES_COUNT, false},
};
static const struct rules_key redflag_keys[] = {
	{"code", RULES_TOKEN, true}, {"label_fr", RULES_TEXT, true}, {"label_en", RULES_TEXT, true}, {"urgency", RULES_TOKEN, true},
	ENABLE_KEYS,
};

/* ---------------------------------------------------------------- documents */

/* A LOINC code ends in the check digit of what stands before the hyphen (modulus 10); any other code has another shape. */
static bool is_type(struct bytes code)
{
	size_t hyphen = bytes_find_byte(code, '-', 0);
	uint64_t number, check, sum = 0;

	if (!bytes_number(bytes_slice(code, 0, hyphen), UINT64_MAX / 10, &number) || hyphen + 2 != code.len)
		return true;
	if (!bytes_number(bytes_from(code, hyphen + 1), 9, &check))
		return false;
	for (bool twice = true; number > 0; number /= 10, twice = !twice) {
		uint64_t digit = number % 10 * (twice ? 2 : 1);
		sum += digit / 10 + digit % 10;
	}
	return (10 - sum % 10) % 10 == check;
}

static bool read_choice(struct rules_reader *r, const struct rules_place *at, const json_t *object, struct pathology_choice *out)
{
	*out = (struct pathology_choice){
		.label_fr = json_view(object, "label_fr"), .label_en = json_view(object, "label_en"),
		.max_age_days = (unsigned)json_integer_value(json_object_get(object, "max_age_days")),
	};
	out->types.n = json_views(r->arena, object, "types", &out->types.at);
	if (!rules_at_most(r, at, object, "types", LIMIT_PATHOLOGY_TEXTS))
		return false;
	for (size_t i = 0; i < out->types.n; i++)
		if (!is_type(out->types.at[i]))
			return rules_fault_at(r, at, "types", REASON_RULE_VALUE, arena_text(r->arena, out->types.at[i]));
	return true;
}

static bool read_alternatives(struct rules_reader *r, const struct rules_place *at, const json_t *item, struct pathology_exam *out)
{
	const struct rules_place list = {.up = at, .name = "alternatives"};
	const json_t *all = json_object_get(item, "alternatives");
	struct pathology_choice *choices = arena_alloc(r->arena, (json_array_size(all) + 1) * sizeof *choices);
	size_t i;
	json_t *one;

	if (!rules_at_most(r, at, item, "alternatives", LIMIT_PATHOLOGY_TEXTS))
		return false;
	json_array_foreach(all, i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!RULES_SHAPE(r, &place, one, alternative_keys) || !read_choice(r, &place, one, &choices[i]))
			return false;
	}
	out->alternatives = choices;
	out->n_alternatives = json_array_size(all);
	return true;
}

/* Who can give it: for the platform and for people; nothing is decided by it. */
static bool check_givers(struct rules_reader *r, const struct rules_place *at, const json_t *item)
{
	static const char *const words[] = {"patient", "attending", "specialist", "hospital", "imaging", "laboratory", "pathology-laboratory"};
	const struct bytes *givers;
	size_t n = json_views(r->arena, item, "given_by", &givers);

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < sizeof words / sizeof words[0] && !bytes_equal_text(givers[i], words[k]))
			k++;
		if (k == sizeof words / sizeof words[0])
			return rules_fault_at(r, at, "given_by", REASON_RULE_VALUE, arena_text(r->arena, givers[i]));
	}
	return true;
}

static bool read_exam(struct rules_reader *r, const struct rules_place *at, const json_t *item, const struct pathology *p, struct pathology_exam *out)
{
	if (!RULES_SHAPE(r, at, item, exam_keys) || !read_choice(r, at, item, &out->wanted) || !read_alternatives(r, at, item, out) ||
	    !check_givers(r, at, item))
		return false;
	out->code = json_view(item, "code");
	out->ask_fr = json_view(item, "ask_fr");
	out->ask_en = json_view(item, "ask_en");
	return enable_read(r, at, item, p->answers, p->n_answers, false, &out->needed_when);
}

/* What is missing is waived by its id: no exam may be called as a question or as another exam, nor as a consent. */
static bool check_code(struct rules_reader *r, const struct rules_place *at, const struct pathology *p, const struct pathology_exam *exams, size_t n)
{
	struct bytes code = exams[n].code;
	bool taken = bytes_starts(code, BYTES("consent.")) || bytes_starts(code, BYTES("physician."));

	for (size_t i = 0; i < p->n_answers; i++)
		taken |= bytes_equal(p->answers[i].id, code);
	for (size_t i = 0; i < n; i++)
		taken |= bytes_equal(exams[i].code, code);
	return taken ? rules_fault_at(r, at, "code", REASON_RULE_DUPLICATE, arena_text(r->arena, code)) : true;
}

static bool read_exams(struct rules_reader *r, const json_t *item, struct pathology *out)
{
	static const struct rules_place list = {.name = "exams"};
	const json_t *all = json_object_get(item, "exams");
	struct pathology_exam *exams = arena_alloc(r->arena, (json_array_size(all) + 1) * sizeof *exams);
	size_t i;
	json_t *one;

	if (!rules_at_most(r, NULL, item, "exams", LIMIT_PATHOLOGY_EXAMS))
		return false;
	json_array_foreach(all, i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!read_exam(r, &place, one, out, &exams[i]) || !check_code(r, &place, out, exams, i))
			return false;
	}
	out->exams = exams;
	out->n_exams = json_array_size(all);
	return true;
}

/* ---------------------------------------------------------------- red flags */

static bool read_redflag(struct rules_reader *r, const struct rules_place *at, const json_t *item, const struct pathology *p,
			 struct pathology_redflag *out)
{
	if (!RULES_SHAPE(r, at, item, redflag_keys))
		return false;
	struct bytes urgency = json_view(item, "urgency");
	*out = (struct pathology_redflag){
		.code = json_view(item, "code"), .label_fr = json_view(item, "label_fr"), .label_en = json_view(item, "label_en"),
		.urgency = bytes_equal_text(urgency, "now") ? REDFLAG_NOW : REDFLAG_TODAY,
	};
	if (out->urgency == REDFLAG_TODAY && !bytes_equal_text(urgency, "today"))
		return rules_fault_at(r, at, "urgency", REASON_RULE_VALUE, NULL);
	/* Without a condition it would be raised for everybody. */
	if (json_object_get(item, "enableWhen") == NULL)
		return rules_fault(r, at, REASON_RULE_KEY_MISSING, "enableWhen");
	return enable_read(r, at, item, p->answers, p->n_answers, true, &out->when);
}

static bool read_redflags(struct rules_reader *r, const json_t *item, struct pathology *out)
{
	static const struct rules_place list = {.name = "red_flags"};
	const json_t *all = json_object_get(item, "red_flags");
	struct pathology_redflag *flags = arena_alloc(r->arena, (json_array_size(all) + 1) * sizeof *flags);
	size_t i, k;
	json_t *one;

	if (!rules_at_most(r, NULL, item, "red_flags", LIMIT_PATHOLOGY_REDFLAGS))
		return false;
	json_array_foreach(all, i, one) {
		const struct rules_place place = {.up = &list, .index = i};
		if (!read_redflag(r, &place, one, out, &flags[i]))
			return false;
		for (k = 0; k < i; k++)
			if (bytes_equal(flags[k].code, flags[i].code))
				return rules_fault_at(r, &place, "code", REASON_RULE_DUPLICATE, arena_text(r->arena, flags[i].code));
	}
	out->redflags = flags;
	out->n_redflags = json_array_size(all);
	return true;
}

/* ---------------------------------------------------------------- the whole */

static int64_t day_of(const json_t *item, const char *key)
{
	struct date date;

	return questionnaire_read_date(json_view(item, key), &date) ? date_days(date) : 0;
}

/* The act that its report documents (NGAP: teleexpertise of level 1 or 2); the council's word and its day come together; dates in order. */
static bool check_head(struct rules_reader *r, const json_t *item, const struct pathology *p)
{
	struct bytes act = json_view(item, "act");
	bool by = json_object_get(item, "validated_by") != NULL, on = json_object_get(item, "validated_on") != NULL;

	if (act.len > 0 && !bytes_equal_text(act, "TE1") && !bytes_equal_text(act, "TE2"))
		return rules_fault_at(r, NULL, "act", REASON_RULE_VALUE, NULL);
	if (by != on)
		return rules_fault(r, NULL, REASON_RULE_KEY_MISSING, by ? "validated_on" : "validated_by");
	if (p->until_day != 0 && p->from_day > p->until_day)
		return rules_fault_at(r, NULL, "valid_until", REASON_RULE_RANGE, NULL);
	return rules_at_most(r, NULL, item, "forms", LIMIT_PATHOLOGY_TEXTS) && rules_at_most(r, NULL, item, "sources", LIMIT_PATHOLOGY_TEXTS);
}

/* The questionnaire's own reader begins at its root: where it stands is said here. */
static bool read_questionnaire(struct rules_reader *r, const json_t *resource, struct pathology *out)
{
	struct questionnaire q;

	if (resource == NULL)
		return rules_fault_at(r, NULL, "questionnaire", REASON_RULE_REFERENCE, arena_text(r->arena, out->questionnaire));
	if (!questionnaire_read(r, resource, &q)) {
		r->place = arena_printf(r->arena, "questionnaire: %s", r->place);
		return false;
	}
	const char *canonical = arena_printf(r->arena, "%.*s|%.*s", (int)q.url.len, (const char *)q.url.at, (int)q.version.len,
					     (const char *)q.version.at);
	if (!bytes_equal_text(out->questionnaire, canonical))
		return rules_fault_at(r, NULL, "questionnaire", REASON_RULE_REFERENCE, arena_text(r->arena, out->questionnaire));
	out->answers = q.questions;
	out->n_answers = q.n;
	return true;
}

bool pathology_read(struct rules_reader *r, const json_t *item, const json_t *questionnaire, struct pathology *out)
{
	if (!RULES_SHAPE(r, NULL, item, pathology_keys))
		return false;
	*out = (struct pathology){
		.code = json_view(item, "code"), .version = json_view(item, "version"), .family = json_view(item, "family"),
		.title_fr = json_view(item, "title_fr"), .title_en = json_view(item, "title_en"), .questionnaire = json_view(item, "questionnaire"),
		.validated = json_object_get(item, "validated_on") != NULL,
		.from_day = day_of(item, "valid_from"), .until_day = day_of(item, "valid_until"),
	};
	out->forms.n = json_views(r->arena, item, "forms", &out->forms.at);
	return check_head(r, item, out) && read_questionnaire(r, questionnaire, out) && read_exams(r, item, out) && read_redflags(r, item, out);
}

const char *pathology_read_stored(struct arena *arena, const json_t *item, const json_t *questionnaire, struct pathology *out)
{
	struct rules_reader r = {.arena = arena};

	if (pathology_read(&r, item, questionnaire, out))
		return NULL;
	return arena_printf(arena, "%s: %s%s%s", r.place, reason_code(r.reason), r.detail != NULL ? ": " : "", r.detail != NULL ? r.detail : "");
}

/* gateway/questionnaire_json_test.c - a FHIR Questionnaire read: what is in it, and each fault with its place. A row changes one text of a good one. */
#include "gateway/questionnaire_json.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "policy/enable.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define EN(text) "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/translation\",\"extension\":[{\"url\":\"lang\",\"valueCode\":\"en\"},{\"url\":\"content\",\"valueString\":\"" text "\"}]}]}"
#define X "http://hl7.org/fhir/StructureDefinition/"

static const char good[] =
	"{\"resourceType\":\"Questionnaire\",\"id\":\"q\",\"url\":\"https://a.fr/Questionnaire/q\",\"version\":\"1\",\"status\":\"active\",\"language\":\"fr\","
	"\"title\":\"Essai\",\"_title\":" EN("Trial") ",\"purpose\":\"rien\","
	"\"contained\":[{\"resourceType\":\"ValueSet\",\"id\":\"on\",\"compose\":{\"include\":[{\"system\":\"https://a.fr/on\",\"concept\":["
	"{\"code\":\"yes\",\"display\":\"Oui\",\"designation\":[{\"language\":\"en\",\"value\":\"Yes\"}]},"
	"{\"code\":\"no\",\"display\":\"Non\",\"designation\":[{\"language\":\"en\",\"value\":\"No\"}]}]}]}}],"
	"\"item\":["
	"{\"linkId\":\"question.1\",\"text\":\"Question\",\"_text\":" EN("Question") ",\"type\":\"text\",\"required\":true},"
	"{\"linkId\":\"operated\",\"text\":\"Opéré ?\",\"_text\":" EN("Operated?") ",\"type\":\"boolean\",\"required\":true,"
	"\"code\":[{\"system\":\"http://loinc.org\",\"code\":\"1234-5\"}]},"
	"{\"linkId\":\"g\",\"text\":\"Groupe\",\"_text\":" EN("Group") ",\"type\":\"group\",\"enableWhen\":[{\"question\":\"operated\",\"operator\":\"=\",\"answerBoolean\":true}],\"item\":["
	"{\"linkId\":\"said\",\"text\":\"Un mot\",\"_text\":" EN("A word") ",\"type\":\"display\"},"
	"{\"linkId\":\"pain\",\"text\":\"Douleur\",\"_text\":" EN("Pain") ",\"type\":\"integer\",\"extension\":[{\"url\":\"" X "minValue\",\"valueInteger\":0},"
	"{\"url\":\"" X "maxValue\",\"valueInteger\":10},{\"url\":\"" X "questionnaire-itemControl\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"slider\"}]}}]},"
	"{\"linkId\":\"weight\",\"text\":\"Poids\",\"_text\":" EN("Weight") ",\"type\":\"decimal\",\"extension\":[{\"url\":\"" X "minValue\",\"valueDecimal\":2.5},"
	"{\"url\":\"" X "questionnaire-unit\",\"valueCoding\":{\"system\":\"http://unitsofmeasure.org\",\"code\":\"kg\"}}]},"
	"{\"linkId\":\"day\",\"text\":\"Jour\",\"_text\":" EN("Day") ",\"type\":\"date\",\"extension\":[{\"url\":\"" X "maxValue\",\"valueDate\":\"2030-01-01\"}],"
	"\"enableWhen\":[{\"question\":\"pain\",\"operator\":\">=\",\"answerInteger\":7},{\"question\":\"side\",\"operator\":\"!=\",\"answerCoding\":{\"code\":\"left\"}}],\"enableBehavior\":\"any\"}]},"
	"{\"linkId\":\"side\",\"text\":\"Côté\",\"_text\":" EN("Side") ",\"type\":\"choice\",\"repeats\":true,\"answerOption\":["
	"{\"valueCoding\":{\"code\":\"left\",\"display\":\"Gauche\",\"_display\":" EN("Left") "}},{\"valueCoding\":{\"code\":\"right\",\"display\":\"Droite\",\"_display\":" EN("Right") "}}],"
	"\"extension\":[{\"url\":\"" X "questionnaire-minOccurs\",\"valueInteger\":1},{\"url\":\"" X "questionnaire-maxOccurs\",\"valueInteger\":2}]},"
	"{\"linkId\":\"fever\",\"text\":\"Fièvre\",\"_text\":" EN("Fever") ",\"type\":\"choice\",\"answerValueSet\":\"#on\",\"required\":true}]}";

/* The first place of from in the good one becomes to. */
static const char *changed(struct arena *arena, const char *from, const char *to)
{
	struct bytes all = bytes_of_text(good), what = bytes_of_text(from);
	size_t at = bytes_find(all, what, 0);
	struct buf text = buf_make(1 << 20);

	if (at == all.len && what.len > 0)
		fail_msg("the good one has no: %s", from);
	buf_add(&text, bytes_slice(all, 0, at));
	buf_text(&text, to);
	buf_add(&text, bytes_from(all, at + what.len));
	const char *out = arena_text(arena, buf_bytes(&text));
	buf_free(&text);
	return out;
}

/* false: *r says why. *keep is what the views are borrowed from. */
static bool read_text(struct rules_reader *r, struct bytes text, json_t **keep, struct questionnaire *out)
{
	*keep = rules_parse(r, text);
	return *keep != NULL && questionnaire_read(r, *keep, out);
}

static void what_is_in_it(void **state)
{
	(void)state;
	struct rules_reader r = {.arena = arena_create(1 << 20)};
	struct questionnaire q;
	json_t *keep;

	if (!read_text(&r, bytes_of_text(good), &keep, &q))
		fail_msg("%s: %s", r.place, reason_code(r.reason));
	assert_true(bytes_equal_text(q.url, "https://a.fr/Questionnaire/q") && bytes_equal_text(q.version, "1"));
	assert_true(bytes_equal_text(q.title_fr, "Essai") && bytes_equal_text(q.title_en, "Trial"));
	assert_int_equal(q.n, 7);
	const struct pathology_answer *a = q.questions;
	assert_true(bytes_equal_text(a[0].id, "question.1") && a[0].kind == POLICY_ANSWER_TEXT && !a[0].optional && a[0].n_asked_when == 0);
	assert_true(a[1].kind == POLICY_ANSWER_TRUTH && bytes_equal_text(a[1].label_fr, "Opéré ?") && bytes_equal_text(a[1].label_en, "Operated?"));
	assert_true(a[2].kind == POLICY_ANSWER_SLIDER && a[2].whole && a[2].has_low && a[2].has_high && a[2].high.millionths == 10000000 && a[2].optional);
	assert_true(a[2].n_asked_when == 1 && a[2].asked_when[0].at[0].question == 1 && bytes_equal_text(a[2].asked_when[0].at[0].text, "true"));
	assert_true(a[3].kind == POLICY_ANSWER_NUMBER && !a[3].whole && a[3].low.millionths == 2500000 && !a[3].has_high && bytes_equal_text(a[3].unit, "kg"));
	assert_true(a[4].kind == POLICY_ANSWER_DATE && a[4].has_high && a[4].high.millionths == INT64_C(21915) * 1000000);
	assert_int_equal(a[4].n_asked_when, 2);
	assert_true(a[4].asked_when[0].any && a[4].asked_when[0].n == 2 && !a[4].asked_when[1].any);
	assert_true(a[4].asked_when[0].at[0].question == 2 && a[4].asked_when[0].at[0].operator == ENABLE_AT_LEAST && a[4].asked_when[0].at[0].number.millionths == 7000000);
	assert_true(a[4].asked_when[0].at[1].question == 5 && a[4].asked_when[0].at[1].operator == ENABLE_UNEQUAL);
	assert_true(a[5].kind == POLICY_ANSWER_CHOICE && a[5].repeats && a[5].least == 1 && a[5].most == 2 && a[5].n_choices == 2);
	assert_true(bytes_equal_text(a[5].choices[1].label_en, "Right"));
	assert_true(!a[6].repeats && a[6].n_choices == 2 && bytes_equal_text(a[6].choices[0].code, "yes") && bytes_equal_text(a[6].choices[0].label_en, "Yes"));
	json_decref(keep);
	arena_destroy(&r.arena);
}

#define TEXT_OF(id) "\"linkId\":\"" id "\""
static const struct {
	const char *what, *from, *to;
	enum reason reason;
	const char *place;
} faults[] = {
	{"another resource", "\"Questionnaire\",\"id\"", "\"Patient\",\"id\"", REASON_RULE_VALUE, "resourceType"},
	{"a draft", "active", "draft", REASON_RULE_VALUE, "status"},
	{"another language", "\"fr\",\"title\"", "\"en\",\"title\"", REASON_RULE_VALUE, "language"},
	{"no version", "\"version\":\"1\",", "", REASON_RULE_KEY_MISSING, ""},
	{"a relative url", "https://a.fr/Questionnaire/q", "Questionnaire/q", REASON_RULE_VALUE, "url"},
	{"a url with a version in it", "Questionnaire/q\"", "Questionnaire/q|1\"", REASON_RULE_VALUE, "url"},
	{"a modifier", "\"purpose\"", "\"modifierExtension\"", REASON_RULE_KEY_UNKNOWN, ""},
	{"items elsewhere", "\"purpose\"", "\"derivedFrom\"", REASON_RULE_KEY_UNKNOWN, ""},
	{"no English title", "\"_title\":" EN("Trial") ",", "", REASON_RULE_TRANSLATION, "title"},
	{"a title in German", EN("Trial"), "{\"extension\":[{\"url\":\"" X "translation\",\"extension\":[{\"url\":\"lang\",\"valueCode\":\"de\"},{\"url\":\"content\",\"valueString\":\"Versuch\"}]}]}", REASON_RULE_TRANSLATION, "title"},
	{"another extension of a text", X "translation", X "rendering-style", REASON_RULE_KEY_UNKNOWN, "_title.extension[0].url"},
	{"an unknown key of an item", "\"type\":\"boolean\",", "\"type\":\"boolean\",\"maxLength\":4,", REASON_RULE_KEY_UNKNOWN, "item[1]"},
	{"an initial answer", "\"type\":\"boolean\",", "\"type\":\"boolean\",\"initial\":[{\"valueBoolean\":true}],", REASON_RULE_KEY_UNKNOWN, "item[1]"},
	{"an item under a question", "\"type\":\"boolean\",", "\"type\":\"boolean\",\"item\":[{\"linkId\":\"z\"}],", REASON_RULE_KEY_UNKNOWN, "item[1]"},
	{"an item under a display", "\"type\":\"display\"", "\"type\":\"display\",\"item\":[{\"linkId\":\"z\"}]", REASON_RULE_KEY_UNKNOWN, "item[2](g).item[0]"},
	{"a group that repeats", "\"type\":\"group\",", "\"type\":\"group\",\"repeats\":true,", REASON_RULE_KEY_UNKNOWN, "item[2]"},
	{"an open choice", "\"type\":\"choice\",\"repeats\"", "\"type\":\"open-choice\",\"repeats\"", REASON_RULE_VALUE, "item[3].type"},
	{"a moment", "\"type\":\"date\"", "\"type\":\"dateTime\"", REASON_RULE_VALUE, "item[2](g).item[3].type"},
	{"a linkId with a comma", TEXT_OF("fever"), TEXT_OF("fever,38"), REASON_RULE_VALUE, "item[4].linkId"},
	{"a linkId twice", TEXT_OF("fever"), TEXT_OF("pain"), REASON_RULE_DUPLICATE, "item[4].linkId"},
	{"a group's linkId again", TEXT_OF("fever"), TEXT_OF("g"), REASON_RULE_DUPLICATE, "item[4].linkId"},
	{"what the request tells itself", TEXT_OF("fever"), TEXT_OF("consent.expert"), REASON_RULE_VALUE, "item[4].linkId"},
	{"text that hides", "Fièvre", "Fi\\u202evre", REASON_RULE_VALUE, "item[4].text"},
	{"text of two lines", "Fièvre", "Fi\\nvre", REASON_RULE_VALUE, "item[4].text"},
	{"words for truth", "\"required\":true},{", "\"required\":\"true\"},{", REASON_RULE_VALUE, "item[0].required"},
	{"no question to the expert", TEXT_OF("question.1"), TEXT_OF("question.2"), REASON_RULE_QUESTION, "item"},
	{"a question that need not be answered", "\"type\":\"text\",\"required\":true", "\"type\":\"text\"", REASON_RULE_QUESTION, "item"},
	{"a condition on nothing", "\"question\":\"operated\"", "\"question\":\"opere\"", REASON_RULE_REFERENCE, "item[2](g).enableWhen[0].question"},
	{"a condition on a group", "\"question\":\"operated\"", "\"question\":\"g\"", REASON_RULE_REFERENCE, "item[2](g).enableWhen[0].question"},
	{"a group asked by what is in it", "\"question\":\"operated\",\"operator\":\"=\",\"answerBoolean\":true", "\"question\":\"pain\",\"operator\":\"exists\",\"answerBoolean\":true", REASON_RULE_CYCLE, "item[2](g).item[1](pain).enableWhen"},
	{"a question asked by itself", "\"question\":\"pain\",\"operator\":\">=\",\"answerInteger\":7", "\"question\":\"day\",\"operator\":\"exists\",\"answerBoolean\":true", REASON_RULE_CYCLE, "item[2](g).item[3](day).enableWhen"},
	{"no such operator", "\"operator\":\">=\"", "\"operator\":\"=>\"", REASON_RULE_VALUE, "item[2](g).item[3](day).enableWhen[0].operator"},
	{"a truth that is greater", "\"operator\":\"=\",\"answerBoolean\"", "\"operator\":\">\",\"answerBoolean\"", REASON_RULE_VALUE, "item[2](g).enableWhen[0].answerBoolean"},
	{"a truth that is a number", "\"answerBoolean\":true", "\"answerInteger\":1", REASON_RULE_VALUE, "item[2](g).enableWhen[0].answerInteger"},
	{"a code that is none of them", "\"answerCoding\":{\"code\":\"left\"}", "\"answerCoding\":{\"code\":\"up\"}", REASON_RULE_REFERENCE, "item[2](g).item[3](day).enableWhen[1].answerCoding.code"},
	{"a number that cannot be", "\"answerInteger\":7", "\"answerInteger\":70", REASON_RULE_RANGE, "item[2](g).item[3](day).enableWhen[0].answerInteger"},
	{"part of a whole number", "\"answerInteger\":7", "\"answerDecimal\":7.5", REASON_RULE_VALUE, "item[2](g).item[3](day).enableWhen[0].answerDecimal"},
	{"no answer to compare with", ",\"answerInteger\":7", "", REASON_RULE_KEY_MISSING, "item[2](g).item[3](day).enableWhen[0]"},
	{"two answers", ",\"answerInteger\":7", ",\"answerInteger\":7,\"answerDecimal\":7", REASON_RULE_KEY_MISSING, "item[2](g).item[3](day).enableWhen[0]"},
	{"two conditions and no word", ",\"enableBehavior\":\"any\"", "", REASON_RULE_KEY_MISSING, "item[2](g).item[3](day)"},
	{"another word", "\"enableBehavior\":\"any\"", "\"enableBehavior\":\"one\"", REASON_RULE_VALUE, "item[2](g).item[3](day).enableBehavior"},
	{"bounds that cross", "\"valueInteger\":0", "\"valueInteger\":11", REASON_RULE_RANGE, "item[2](g).item[1]"},
	{"a bound of another kind", "\"valueDate\":\"2030-01-01\"", "\"valueInteger\":2030", REASON_RULE_VALUE, "item[2](g).item[3].extension[0]"},
	{"a day that is none", "2030-01-01", "2030-02-30", REASON_RULE_VALUE, "item[2](g).item[3].extension[0].valueDate"},
	{"a bound too fine", "2.5}", "2.5000001}", REASON_RULE_VALUE, "item[2](g).item[2].extension[0].valueDecimal"},
	{"a bound too far", "2.5}", "2e12}", REASON_RULE_VALUE, "item[2](g).item[2].extension[0].valueDecimal"},
	{"a unit of no system", "http://unitsofmeasure.org", "http://unit.org", REASON_RULE_VALUE, "item[2](g).item[2].extension[1].valueCoding"},
	{"an extension unknown", X "minValue", X "minLength", REASON_RULE_KEY_UNKNOWN, "item[2](g).item[1].extension[0].url"},
	{"an extension twice", X "maxValue\",\"valueInteger", X "minValue\",\"valueInteger", REASON_RULE_DUPLICATE, "item[2](g).item[1].extension[1].url"},
	{"a slider of days", "\"extension\":[{\"url\":\"" X "maxValue\",\"valueDate\":\"2030-01-01\"}]", "\"extension\":[{\"url\":\"" X "questionnaire-itemControl\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"slider\"}]}}]", REASON_RULE_VALUE, "item[2](g).item[3].extension[0].valueCodeableConcept"},
	{"more than there are", "\"valueInteger\":2", "\"valueInteger\":3", REASON_RULE_RANGE, "item[3]"},
	{"often, and it does not repeat", "\"repeats\":true,\"answerOption\"", "\"repeats\":false,\"answerOption\"", REASON_RULE_RANGE, "item[3]"},
	{"a code twice", "\"code\":\"right\"", "\"code\":\"left\"", REASON_RULE_DUPLICATE, "item[3].answerOption[1].valueCoding.code"},
	{"a number as an option", "\"valueCoding\":{\"code\":\"left\"", "\"valueInteger\":{\"code\":\"left\"", REASON_RULE_KEY_UNKNOWN, "item[3].answerOption[0]"},
	{"an option without English", ",\"_display\":" EN("Left"), "", REASON_RULE_KEY_MISSING, "item[3].answerOption[0].valueCoding"},
	{"a choice of nothing", ",\"answerValueSet\":\"#on\"", "", REASON_RULE_KEY_MISSING, "item[4]"},
	{"a value set that is not here", "\"#on\"", "\"#off\"", REASON_RULE_REFERENCE, "item[4].answerValueSet"},
	{"a value set of another place", "\"#on\"", "\"http://hl7.org/fhir/ValueSet/yesnodontknow\"", REASON_RULE_REFERENCE, "item[4].answerValueSet"},
	{"options of a date", "\"type\":\"choice\",\"answerValueSet\"", "\"type\":\"date\",\"answerValueSet\"", REASON_RULE_VALUE, "item[4].answerValueSet"},
	{"a concept without English", "\"language\":\"en\",\"value\":\"No\"", "\"language\":\"de\",\"value\":\"Nein\"", REASON_RULE_TRANSLATION, "contained[0].compose.include[0].concept[1].display"},
	{"a value set by rule", "\"concept\":[", "\"filter\":[", REASON_RULE_KEY_UNKNOWN, "contained[0].compose.include[0]"},
	{"a key twice", "\"id\":\"q\",", "\"id\":\"q\",\"id\":\"r\",", REASON_RULE_SYNTAX, "line 1"},
	{"no JSON", "{\"resourceType\"", "{resourceType", REASON_RULE_SYNTAX, "line 1"},
	{"something behind", "", "", REASON_NONE, ""},
};

static void faults_have_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct rules_reader r = {.arena = arena_create(4 << 20)};
		struct questionnaire q;
		json_t *keep;
		bool fine = read_text(&r, bytes_of_text(changed(r.arena, faults[i].from, faults[i].to)), &keep, &q);
		if (r.reason != faults[i].reason || fine != (r.reason == REASON_NONE))
			fail_msg("%s: %s at %s", faults[i].what, reason_code(r.reason), r.place);
		if (!fine && strcmp(r.place, faults[i].place) != 0)
			fail_msg("%s: at %s", faults[i].what, r.place);
		assert_true(fine || (reason_entry(r.reason)->fr[0] != '\0' && reason_entry(r.reason)->en[0] != '\0'));
		json_decref(keep);
		arena_destroy(&r.arena);
	}
}

/* n times each, with its number at the mark #. */
static struct bytes big(struct buf *text, const char *before, const char *each, const char *behind, size_t n)
{
	buf_clear(text);
	buf_text(text, before);
	struct bytes one = bytes_of_text(each);
	size_t mark = bytes_find_byte(one, '#', 0);
	for (size_t i = 0; i < n; i++) {
		buf_add(text, bytes_slice(one, 0, mark));
		if (mark < one.len)
			buf_printf(text, "%zu", i);
		buf_add(text, bytes_from(one, mark + 1));
	}
	buf_text(text, behind);
	return buf_bytes(text);
}

#define HEAD "{\"resourceType\":\"Questionnaire\",\"url\":\"https://a.fr/q\",\"version\":\"1\",\"status\":\"active\",\"language\":\"fr\",\"title\":\"T\",\"_title\":" EN("T") ",\"item\":["
#define FIRST "{\"linkId\":\"question.1\",\"text\":\"Q\",\"_text\":" EN("Q") ",\"type\":\"text\",\"required\":true}"
#define LAST "{\"linkId\":\"h\",\"type\":\"display\",\"text\":\"x\",\"_text\":" EN("x") "}"

static void sizes(void **state)
{
	(void)state;
	static const struct {
		const char *what, *before, *each, *behind;
		size_t n;
		enum reason reason;
	} rows[] = {
		{"as many questions as there may be", HEAD FIRST, ",{\"linkId\":\"q#\",\"text\":\"Q\",\"_text\":" EN("Q") ",\"type\":\"date\"}", "]}", LIMIT_QUESTIONS - 1, REASON_NONE},
		{"one too many", HEAD FIRST, ",{\"linkId\":\"q#\",\"text\":\"Q\",\"_text\":" EN("Q") ",\"type\":\"date\"}", "]}", LIMIT_QUESTIONS, REASON_RULE_SIZE},
		{"as many options as there may be", HEAD FIRST ",{\"linkId\":\"c\",\"text\":\"Q\",\"_text\":" EN("Q") ",\"type\":\"choice\",\"answerOption\":[{\"valueCoding\":{\"code\":\"x\",\"display\":\"x\",\"_display\":" EN("x") "}}",
		 ",{\"valueCoding\":{\"code\":\"c#\",\"display\":\"x\",\"_display\":" EN("x") "}}", "]}]}", LIMIT_QUESTION_CHOICES - 1, REASON_NONE},
		{"one option too many", HEAD FIRST ",{\"linkId\":\"c\",\"text\":\"Q\",\"_text\":" EN("Q") ",\"type\":\"choice\",\"answerOption\":[{\"valueCoding\":{\"code\":\"x\",\"display\":\"x\",\"_display\":" EN("x") "}}",
		 ",{\"valueCoding\":{\"code\":\"c#\",\"display\":\"x\",\"_display\":" EN("x") "}}", "]}]}", LIMIT_QUESTION_CHOICES, REASON_RULE_SIZE},
		{"groups as deep as they may be", HEAD FIRST ",", "{\"linkId\":\"g#\",\"type\":\"group\",\"item\":[", LAST "]}]}]}]}]}]}]}]}]}", LIMIT_QUESTION_GROUPS, REASON_NONE},
		{"groups too deep", HEAD FIRST ",", "{\"linkId\":\"g#\",\"type\":\"group\",\"item\":[", LAST "]}]}]}]}]}]}]}]}]}]}", LIMIT_QUESTION_GROUPS + 1, REASON_RULE_SIZE},
		{"JSON too deep", "", "[", "", LIMIT_RULES_DEPTH + 1, REASON_RULE_SIZE},
		{"depth in a text is no depth", "[\"", "[[[[[[[[[[[[", "\"", 20, REASON_RULE_SYNTAX},
		{"a file too long", "\"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "\"", LIMIT_RULES_FILE / 64, REASON_RULE_SIZE},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rules_reader r = {.arena = arena_create(16 << 20)};
		struct buf text = buf_make(LIMIT_RULES_FILE + 4096);
		struct questionnaire q;
		json_t *keep;
		(void)read_text(&r, big(&text, rows[i].before, rows[i].each, rows[i].behind, rows[i].n), &keep, &q);
		if (r.reason != rows[i].reason)
			fail_msg("%s: %s at %s", rows[i].what, reason_code(r.reason), r.place);
		json_decref(keep);
		buf_free(&text);
		arena_destroy(&r.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it),
		cmocka_unit_test(faults_have_their_place),
		cmocka_unit_test(sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

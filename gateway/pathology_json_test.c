/* gateway/pathology_json_test.c - a pathology read beside its questionnaire: what is in it, and each fault with its place. A row changes one
 * text of a good one. */
#include "gateway/pathology_json.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define EN "{\"extension\":[{\"url\":\"http://hl7.org/fhir/StructureDefinition/translation\",\"extension\":[{\"url\":\"lang\",\"valueCode\":\"en\"},{\"url\":\"content\",\"valueString\":\"x\"}]}]}"

static const char asked[] =
	"{\"resourceType\":\"Questionnaire\",\"url\":\"https://a.fr/q\",\"version\":\"7\",\"status\":\"active\",\"language\":\"fr\",\"title\":\"T\",\"_title\":" EN ",\"item\":["
	"{\"linkId\":\"question.1\",\"text\":\"Q\",\"_text\":" EN ",\"type\":\"text\",\"required\":true},"
	"{\"linkId\":\"operated\",\"text\":\"Q\",\"_text\":" EN ",\"type\":\"boolean\"},"
	"{\"linkId\":\"pain\",\"text\":\"Q\",\"_text\":" EN ",\"type\":\"integer\"}]}";

static const char good[] =
	"{\"code\":\"dos\",\"version\":\"2\",\"family\":\"rachis\",\"title_fr\":\"Dos\",\"title_en\":\"Back\",\"questionnaire\":\"https://a.fr/q|7\","
	"\"forms\":[\"1.2^f\"],\"act\":\"TE1\",\"sources\":[\"HAS, 2019\"],\"validated_by\":\"Conseil\",\"validated_on\":\"2026-01-10\",\"valid_from\":\"2026-02-01\",\"valid_until\":\"2027-01-31\","
	"\"exams\":[{\"code\":\"irm\",\"label_fr\":\"IRM\",\"label_en\":\"MRI\",\"types\":[\"18748-4\",\"IMG-KOS\"],\"max_age_days\":365,\"given_by\":[\"imaging\",\"patient\"],"
	"\"ask_fr\":\"Demandez.\",\"ask_en\":\"Ask.\",\"alternatives\":[{\"label_fr\":\"le scanner\",\"label_en\":\"the CT\",\"types\":[\"18748-4\"],\"max_age_days\":90}]},"
	"{\"code\":\"cro\",\"label_fr\":\"CRO\",\"label_en\":\"OR\",\"types\":[\"34874-8\"],\"given_by\":[\"hospital\"],\"ask_fr\":\"Demandez.\",\"ask_en\":\"Ask.\","
	"\"enableWhen\":[{\"question\":\"operated\",\"operator\":\"=\",\"answerBoolean\":true}]}],"
	"\"red_flags\":[{\"code\":\"douleur\",\"label_fr\":\"Forte\",\"label_en\":\"Strong\",\"urgency\":\"now\",\"enableWhen\":[{\"question\":\"pain\",\"operator\":\">=\",\"answerInteger\":9}]},"
	"{\"code\":\"autre\",\"label_fr\":\"A\",\"label_en\":\"B\",\"urgency\":\"today\",\"enableWhen\":[{\"question\":\"operated\",\"operator\":\"exists\",\"answerBoolean\":true}]}]}";

static json_t *json(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, 0, &error);

	if (value == NULL)
		fail_msg("%d: %s", error.position, error.text);
	return value;
}

static const char *changed(struct arena *arena, const char *whole, const char *from, const char *to)
{
	struct bytes all = bytes_of_text(whole), what = bytes_of_text(from);
	size_t at = bytes_find(all, what, 0);

	if (at == all.len)
		fail_msg("the good one has no: %s", from);
	return arena_printf(arena, "%.*s%s%s", (int)at, whole, to, whole + at + what.len);
}

static void what_is_in_it(void **state)
{
	(void)state;
	struct rules_reader r = {.arena = arena_create(1 << 20)};
	json_t *item = json(good), *resource = json(asked);
	struct pathology p;

	if (!pathology_read(&r, item, resource, &p))
		fail_msg("%s: %s", r.place, reason_code(r.reason));
	assert_true(bytes_equal_text(p.code, "dos") && bytes_equal_text(p.version, "2") && bytes_equal_text(p.family, "rachis"));
	assert_true(bytes_equal_text(p.title_fr, "Dos") && bytes_equal_text(p.title_en, "Back") && bytes_equal_text(p.questionnaire, "https://a.fr/q|7"));
	assert_true(p.validated && p.from_day == 20485 && p.until_day == 20849 && p.forms.n == 1 && p.n_answers == 3);
	assert_int_equal(p.n_exams, 2);
	const struct pathology_exam *e = p.exams;
	assert_true(bytes_equal_text(e->code, "irm") && bytes_equal_text(e->wanted.label_fr, "IRM") && e->wanted.types.n == 2 && e->wanted.max_age_days == 365);
	assert_true(bytes_equal_text(e->ask_fr, "Demandez.") && bytes_equal_text(e->ask_en, "Ask.") && e->needed_when.n == 0);
	assert_true(e->n_alternatives == 1 && bytes_equal_text(e->alternatives[0].label_en, "the CT") && e->alternatives[0].max_age_days == 90);
	assert_true(e[1].needed_when.n == 1 && e[1].needed_when.at[0].question == 1 && e[1].wanted.max_age_days == 0 && e[1].n_alternatives == 0);
	assert_int_equal(p.n_redflags, 2);
	assert_true(p.redflags[0].urgency == REDFLAG_NOW && p.redflags[0].when.at[0].question == 2 && bytes_equal_text(p.redflags[0].label_en, "Strong"));
	assert_true(p.redflags[1].urgency == REDFLAG_TODAY && p.redflags[1].when.at[0].answered);
	json_decref(item);
	json_decref(resource);
	arena_destroy(&r.arena);
}

static const struct {
	const char *what, *from, *to;
	enum reason reason;
	const char *place;
} faults[] = {
	{"an unknown key", "\"forms\"", "\"form\"", REASON_RULE_KEY_UNKNOWN, ""},
	{"no family", "\"family\":\"rachis\",", "", REASON_RULE_KEY_MISSING, ""},
	{"a title of blanks", "\"Back\"", "\" \"", REASON_RULE_VALUE, "title_en"},
	{"an act that is none", "TE1", "TE3", REASON_RULE_VALUE, "act"},
	{"validated by somebody, on no day", ",\"validated_on\":\"2026-01-10\"", "", REASON_RULE_KEY_MISSING, ""},
	{"validated on a day, by nobody", "\"validated_by\":\"Conseil\",", "", REASON_RULE_KEY_MISSING, ""},
	{"a day in the French way", "2026-01-10", "10/01/2026", REASON_RULE_VALUE, "validated_on"},
	{"closed before it opens", "2027-01-31", "2026-01-31", REASON_RULE_RANGE, "valid_until"},
	{"another version of the questionnaire", "q|7", "q|8", REASON_RULE_REFERENCE, "questionnaire"},
	{"a questionnaire without version", "q|7", "q", REASON_RULE_REFERENCE, "questionnaire"},
	{"a LOINC code with a slip", "34874-8", "34847-8", REASON_RULE_VALUE, "exams[1].types"},
	{"a type twice", "\"IMG-KOS\"", "\"18748-4\"", REASON_RULE_VALUE, "exams[0].types"},
	{"no types", "[\"34874-8\"]", "[]", REASON_RULE_VALUE, "exams[1].types"},
	{"an age below nothing", "365", "-1", REASON_RULE_VALUE, "exams[0].max_age_days"},
	{"nobody we know gives it", "\"hospital\"", "\"neighbour\"", REASON_RULE_VALUE, "exams[1].given_by"},
	{"no word where to ask", ",\"ask_en\":\"Ask.\",\"alternatives\"", ",\"alternatives\"", REASON_RULE_KEY_MISSING, "exams[0]"},
	{"an alternative with a condition", "\"max_age_days\":90", "\"enableWhen\":[{\"question\":\"operated\",\"operator\":\"=\",\"answerBoolean\":true}]", REASON_RULE_KEY_UNKNOWN, "exams[0].alternatives[0]"},
	{"an exam twice", "\"cro\"", "\"irm\"", REASON_RULE_DUPLICATE, "exams[1].code"},
	{"an exam called as a question", "\"cro\"", "\"operated\"", REASON_RULE_DUPLICATE, "exams[1].code"},
	{"an exam called as a consent", "\"cro\"", "\"consent.expert\"", REASON_RULE_DUPLICATE, "exams[1].code"},
	{"needed when nothing we ask", "\"question\":\"operated\",\"operator\":\"=\"", "\"question\":\"opere\",\"operator\":\"=\"", REASON_RULE_REFERENCE, "exams[1].enableWhen[0].question"},
	{"needed when words are equal", "\"question\":\"operated\",\"operator\":\"=\"", "\"question\":\"question.1\",\"operator\":\"=\"", REASON_RULE_VALUE, "exams[1].enableWhen[0].answerBoolean"},
	{"an urgency that is none", "\"now\"", "\"soon\"", REASON_RULE_VALUE, "red_flags[0].urgency"},
	{"an alarm without a reason", ",\"enableWhen\":[{\"question\":\"pain\",\"operator\":\">=\",\"answerInteger\":9}]", "", REASON_RULE_KEY_MISSING, "red_flags[0]"},
	{"an alarm by silence", "\"exists\",\"answerBoolean\":true", "\"exists\",\"answerBoolean\":false", REASON_RULE_VALUE, "red_flags[1].enableWhen[0].operator"},
	{"an alarm by another answer", "\"exists\",\"answerBoolean\":true", "\"!=\",\"answerBoolean\":true", REASON_RULE_VALUE, "red_flags[1].enableWhen[0].operator"},
	{"an alarm twice", "\"autre\"", "\"douleur\"", REASON_RULE_DUPLICATE, "red_flags[1].code"},
};

static void faults_have_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct rules_reader r = {.arena = arena_create(1 << 20)};
		json_t *item = json(changed(r.arena, good, faults[i].from, faults[i].to)), *resource = json(asked);
		struct pathology p;
		if (pathology_read(&r, item, resource, &p) || r.reason != faults[i].reason || strcmp(r.place, faults[i].place) != 0)
			fail_msg("%s: %s at %s", faults[i].what, reason_code(r.reason), r.place == NULL ? "-" : r.place);
		json_decref(item);
		json_decref(resource);
		arena_destroy(&r.arena);
	}
}

static void the_questionnaire_is_read_too(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	json_t *item = json(good), *bad = json(changed(arena, asked, "\"boolean\"", "\"url\""));
	struct rules_reader r = {.arena = arena}, s = {.arena = arena};
	struct pathology p;

	assert_false(pathology_read(&r, item, NULL, &p));
	assert_true(r.reason == REASON_RULE_REFERENCE && strcmp(r.place, "questionnaire") == 0 && strcmp(r.detail, "https://a.fr/q|7") == 0);
	assert_false(pathology_read(&s, item, bad, &p));
	assert_true(s.reason == REASON_RULE_VALUE && strcmp(s.place, "questionnaire: item[1].type") == 0);
	assert_string_equal(pathology_read_stored(arena, item, bad, &p), "questionnaire: item[1].type: rule.value: url");
	json_decref(item);
	json_decref(bad);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_it),
		cmocka_unit_test(faults_have_their_place),
		cmocka_unit_test(the_questionnaire_is_read_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

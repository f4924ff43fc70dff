/* gateway/compose_request_test.c - one good request, and one thing wrong at a time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "gateway/compose_request.h"
#include "gateway/compose_words.h"

#define PATIENT                                                                                                            \
	"{\"ins\":\"279035121518989\",\"oid\":\"1.2.250.1.213.1.4.10\",\"family_birth\":\"PAT-TROIS\",\"given_birth_first\":\"DOMINIQUE\"," \
	"\"given_birth_all\":\"DOMINIQUE MARIE-LOUISE\",\"birth_time\":\"197903280000\",\"sex\":\"F\",\"birth_place\":\"51215\"}"
#define CUSTODIAN "{\"id\":\"1750000001\",\"name\":\"Service\"}"

static const char good[] =
	"{\"code\":\"M21\",\"language\":\"fr\",\"message_id\":\"<m@a>\",\"in_reply_to\":null,\"references\":[\"<a@b>\"],\"date\":\"2026-11-21T21:55:00Z\","
	"\"from\":{\"address\":\"a@b\",\"name\":\"N\"},\"reply_to\":\"r@b\",\"to\":\"t@b\",\"notification_to\":null,\"subject\":null,"
	"\"fields\":{\"reference\":\"A-1\",\"summary\":\"un\\r\\ndeux\\ttrois\",\"help\":null},\"mss\":{\"ins\":\"O\",\"nil\":\"D1\",\"end\":true},"
	"\"report\":{\"reference\":\"A-1\",\"id\":\"2.25.1\",\"set_id\":\"2.25.2\",\"version\":1,\"replaces\":null,\"patient\":" PATIENT ","
	"\"expert\":{\"rpps\":\"801234567123\",\"given\":\"G\",\"family\":\"F\",\"organisation\":\"O\",\"organisation_id\":\"1750000002\","
	"\"specialty_code\":\"G15_10\"},\"custodian\":" CUSTODIAN ",\"request_id\":\"2.25.3\",\"time\":\"2026-11-21T21:50:00Z\","
	"\"service_time\":\"2026-07-20T08:00:00Z\",\"title\":\"T\",\"sections\":[{\"heading\":\"H\",\"text\":\"a\\r\\n\\r\\nb\"}]},"
	"\"attachments\":[{\"name\":\"a.pdf\",\"media\":\"application/pdf\",\"offset\":1,\"length\":3,\"xdm\":null},"
	"{\"name\":\"c.xml\",\"media\":\"text/xml\",\"offset\":4,\"length\":2,\"xdm\":{\"id\":\"1.2^X\",\"type\":\"11488-4\",\"title\":\"CR\","
	"\"time\":\"2026-10-20T10:00:00+02:00\",\"level\":3,\"authors\":[{\"id\":\"1.2.250.1.71.4.2.1^801234567123\",\"name\":\"DR Anne Marie DE LA TOUR\"}],"
	"\"legal_authenticator\":{\"name\":\"Dupont\"}}}]}";

static enum reason read(struct arena *arena, struct bytes request, struct compose_request *out, const char **field)
{
	return compose_request_read(arena, request, BYTES("0123456789"), out, field);
}

static void reads_a_whole_request(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct compose_request r;
	const char *field = "";
	(void)state;
	enum reason reason = read(arena, BYTES(good), &r, &field);
	assert_string_equal(field, "");
	assert_int_equal(reason, REASON_NONE);
	assert_true(bytes_equal_text(r.code, "M21") && bytes_equal_text(r.mail.to, "t@b") && r.mail.mss_end);
	assert_int_equal(r.mail.subject.len, 0);
	assert_int_equal(r.mail.offset_minutes, 60);
	assert_int_equal(r.field_count, 2);
	for (size_t i = 0; i < r.field_count; i++)
		if (bytes_equal_text(r.fields[i].name, "summary"))
			assert_true(bytes_equal_text(r.fields[i].value, "un\ndeux trois"));
	assert_true(r.has_report && !r.has_dossier);
	assert_true(bytes_equal_text(r.report.cda.patient.birth_time, "19790328"));
	assert_true(bytes_equal_text(r.report.cda.expert.rpps, "01234567123"));
	assert_int_equal(r.report.cda.service_time.offset_minutes, 120);
	assert_true(bytes_equal_text(r.report.sections[0].text, "a\n\nb"));
	assert_int_equal(r.attachment_count, 2);
	assert_true(bytes_equal_text(r.attachments[0].content, "123") && !r.attachments[0].packed);
	assert_true(bytes_equal_text(r.attachments[1].content, "45") && r.attachments[1].packed);
	const struct xdm_write_document *d = &r.attachments[1].document;
	assert_true(bytes_equal_text(d->author.family, "DE LA TOUR") && bytes_equal_text(d->author.given, "Anne Marie"));
	assert_true(bytes_equal_text(d->author.id, "801234567123") && bytes_equal_text(d->author.id_root, "1.2.250.1.71.4.2.1"));
	assert_true(bytes_equal_text(d->legal_authenticator.family, "Dupont"));
	arena_destroy(&arena);
}

/* The good request with its first "from" replaced. */
static struct bytes changed(struct arena *arena, const char *from, const char *to)
{
	struct bytes all = BYTES(good);
	size_t at = bytes_find(all, bytes_of_text(from), 0), len = bytes_of_text(from).len;
	assert_true(at < all.len);
	return bytes_of_text(arena_printf(arena, "%.*s%s%s", (int)at, good, to, good + at + len));
}

static void refuses_one_thing_wrong(void **state)
{
	static const struct {
		const char *what, *from, *to, *field;
	} cases[] = {
		{"no JSON", "{\"code\"", "code", "request"},
		{"an unknown key", "\"code\"", "\"x\":1,\"code\"", "x"},
		{"an unknown key inside", "\"ins\":\"O\"", "\"x\":\"O\"", "mss.x"},
		{"a key twice", "\"code\"", "\"code\":\"M01\",\"code\"", "request"},
		{"text after the end", "\"Dupont\"}}}]}", "\"Dupont\"}}}]} {}", "request"},
		{"no recipient", "\"to\":\"t@b\"", "\"to\":null", "to"},
		{"a blank recipient", "\"to\":\"t@b\"", "\"to\":\" \"", "to"},
		{"a number for a text", "\"to\":\"t@b\"", "\"to\":7", "to"},
		{"CRLF in a name", "\"name\":\"N\"", "\"name\":\"N\\r\\nBcc: x@y\"", "from.name"},
		{"a NUL", "\"name\":\"N\"", "\"name\":\"N\\u0000\"", "request"},
		{"a lone surrogate", "\"name\":\"N\"", "\"name\":\"\\ud800\"", "request"},
		{"a date that is none", "2026-11-21T21:55:00Z", "hier", "date"},
		{"an unknown field", "\"help\":null", "\"mailbox\":\"x\"", "fields.mailbox"},
		{"a line end in a field of one line", "\"A-1\",\"summary\"", "\"A\\n1\",\"summary\"", "fields.reference"},
		{"an escape in a field of several lines", "un\\r\\n", "\\u001b[0m", "fields.summary"},
		{"fields that are a list", "\"fields\":{", "\"fields\":[],\"subject\":{", "request"},
		{"a sex that is none", "\"sex\":\"F\"", "\"sex\":\"X\"", "report.patient.sex"},
		{"an INS too short", "279035121518989", "27903512151898", "report.patient.ins"},
		{"no birth place", ",\"birth_place\":\"51215\"", "", "report.patient.birth_place"},
		{"a birth place that is a name", "\"51215\"", "\"PARIS\"", "report.patient.birth_place"},
		{"a birth order beyond nine", "\"sex\":\"F\"", "\"sex\":\"F\",\"birth_order\":10", "report.patient.birth_order"},
		{"a guardian without a family name", "\"sex\":\"F\"", "\"sex\":\"F\",\"guardian\":{\"given\":\"J\"}", "report.patient.guardian.family"},
		{"a level beyond three", "\"version\":1", "\"version\":1,\"level\":4", "report.level"},
		{"a recipient without a name", "\"version\":1", "\"version\":1,\"recipients\":[{\"rpps\":\"01234567890\"}]", "report.recipients.name"},
		{"a section of no kind", "\"heading\":\"H\"", "\"heading\":\"H\",\"kind\":\"x\"", "report.sections.kind"},
		{"version as text", "\"version\":1", "\"version\":\"1\"", "report.version"},
		{"a negative version", "\"version\":1", "\"version\":-1", "report.version"},
		{"sections absent", "\"sections\":[{\"heading\":\"H\",\"text\":\"a\\r\\n\\r\\nb\"}]", "\"summary\":\"s\"", "report.sections"},
		{"a section without text", "\"heading\":\"H\",\"text\"", "\"heading\"", "report.sections.text"},
		{"an offset behind the payload", "\"offset\":1", "\"offset\":11", "attachments.offset"},
		{"a length behind the payload", "\"length\":2", "\"length\":7", "attachments.length"},
		{"a document without authors", "\"authors\":[{\"id\":\"1.2.250.1.71.4.2.1^801234567123\",\"name\":\"DR Anne Marie DE LA TOUR\"}]", "\"authors\":[]",
		 "attachments.xdm.authors"},
		{"end that is no truth", "\"end\":true", "\"end\":1", "mss.end"},
		{"a reference with a line end", "\"<a@b>\"", "\"<a@b>\\r\\n\"", "references"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct compose_request r;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		assert_int_equal(read(arena, changed(arena, cases[i].from, cases[i].to), &r, &field), REASON_COMPOSE_FIELD);
		if (strcmp(cases[i].what, "a section without text") != 0 && strcmp(cases[i].what, "fields that are a list") != 0)
			assert_string_equal(field, cases[i].field);
		arena_destroy(&arena);
	}
}

/* Each optional key of a report, there. */
static void reads_what_a_report_may_have(void **state)
{
	static const char more[] =
		"\"version\":2,\"replaces\":\"2.25.0\",\"replaced_time\":\"2026-11-20T21:50:00Z\",\"level\":3,\"act\":\"TE1\","
		"\"signed_time\":\"2026-11-21T20:00:00Z\",\"service_end\":\"2026-11-21T20:00:00Z\","
		"\"recipients\":[{\"rpps\":\"801234567890\",\"name\":\"Dr Paul GARNIER\"},{\"name\":\"MG DUPONT\"}]";
	struct arena *arena = arena_create(1 << 20);
	struct compose_request r;
	const char *field = "";
	(void)state;
	struct bytes request = changed(arena, "\"version\":1,\"replaces\":null", more);
	assert_int_equal(read(arena, request, &r, &field), REASON_NONE);
	const struct cda_write_report *c = &r.report.cda;
	assert_true(c->version == 2 && c->level == 3 && bytes_equal_text(c->act, "TE1") && bytes_equal_text(c->replaces, "2.25.0"));
	assert_true(r.report.replaced.at.us == 1795211400000000 && c->signed_time.at.us == 1795291200000000 && c->service_end.at.us == c->signed_time.at.us);
	assert_int_equal(c->recipient_count, 2);
	assert_true(bytes_equal_text(c->recipients[0].rpps, "01234567890") && bytes_equal_text(c->recipients[0].person.title, "DR"));
	assert_true(bytes_equal_text(c->recipients[0].person.given, "Paul") && bytes_equal_text(c->recipients[0].person.family, "GARNIER"));
	/* Initials are no title. */
	assert_true(c->recipients[1].person.title.len == 0 && bytes_contains(c->recipients[1].person.family, BYTES("DUPONT")));
	arena_destroy(&arena);
}

/* And what stands for each when it is not. */
static void knows_what_a_report_is_without_them(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct compose_request r;
	const char *field = "";
	(void)state;
	assert_int_equal(read(arena, BYTES(good), &r, &field), REASON_NONE);
	const struct cda_write_report *c = &r.report.cda;
	assert_true(c->level == 1 && bytes_equal_text(c->act, "TE2") && c->recipient_count == 0 && r.report.replaced.at.us == 0);
	assert_true(c->signed_time.at.us == c->time.at.us && c->service_end.at.us == c->time.at.us && c->patient.birth_order == 0);
	arena_destroy(&arena);
}

static void a_package_needs_its_patient(void **state)
{
	static const char alone[] =
		"{\"code\":\"M13\",\"language\":\"fr\",\"message_id\":\"<m@a>\",\"date\":\"2026-11-21T21:55:00Z\",\"from\":{\"address\":\"a@b\"},\"to\":\"t@b\","
		"\"fields\":{},%s\"attachments\":[{\"name\":\"c.xml\",\"media\":\"text/xml\",\"offset\":4,\"length\":2,\"xdm\":{\"id\":\"1.2^X\",\"type\":\"11488-4\","
		"\"title\":\"CR\",\"time\":\"2026-10-20T10:00:00+02:00\",\"level\":3,\"authors\":[{\"name\":\"X\"}]}}]}";
	static const char xdm[] = "\"xdm\":{\"patient\":" PATIENT ",\"custodian\":" CUSTODIAN "},";
	struct arena *arena = arena_create(1 << 20);
	struct compose_request r;
	const char *field = "";
	struct buf without = buf_make(8192), with = buf_make(8192);
	size_t hole = bytes_find(BYTES(alone), BYTES("%s"), 0);
	(void)state;
	buf_add(&without, bytes_slice(BYTES(alone), 0, hole));
	buf_add(&with, buf_bytes(&without));
	buf_text(&with, xdm);
	buf_text(&without, alone + hole + 2);
	buf_text(&with, alone + hole + 2);
	assert_int_equal(read(arena, buf_bytes(&without), &r, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "xdm");
	assert_int_equal(read(arena, buf_bytes(&with), &r, &field), REASON_NONE);
	assert_true(bytes_equal_text(r.xdm_patient.family_birth, "PAT-TROIS"));
	buf_free(&without);
	buf_free(&with);
	arena_destroy(&arena);
}

static void knows_the_hours_of_paris(void **state)
{
	static const struct {
		const char *what, *time;
		int offset;
	} cases[] = {
		{"winter", "2026-01-15T12:00:00Z", 60},
		{"summer", "2026-07-15T12:00:00Z", 120},
		{"the last second of winter", "2026-03-29T00:59:59Z", 60},
		{"the first of summer", "2026-03-29T01:00:00Z", 120},
		{"the last of summer", "2026-10-25T00:59:59Z", 120},
		{"the first of winter", "2026-10-25T01:00:00Z", 60},
		{"a year whose March ends on a Sunday", "2024-03-31T01:00:00Z", 120},
		{"the second before", "2024-03-31T00:59:59Z", 60},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct instant at;
		print_message("%s\n", cases[i].what);
		assert_true(instant_read(bytes_of_text(cases[i].time), &at));
		assert_int_equal(calendar_offset(CALENDAR_FRANCE, at), cases[i].offset);
	}
}

static void says_values_in_words(void **state)
{
	static const struct {
		const char *name, *value, *fr, *en;
	} cases[] = {
		{"sex", "F", "Femme", "Woman"}, {"sex", "Femme", "Femme", "Femme"}, {"age", "44", "44 ans", "44 years old"},
		{"age", "1", "1 an", "1 year old"}, {"age", "44 ans", "44 ans", "44 ans"}, {"convergence", "partly", "partielle", "partly"},
		{"missing_count", "1", "1 document", "1 document"}, {"missing_count", "2", "2 documents", "2 documents"},
		{"documents_count", "11 pièces, 38 pages", "11 pièces, 38 pages", "11 pièces, 38 pages"}, {"documents_count", "0", "0 pièce", "0 documents"},
		{"phone", "15", "15", "15"},
	};
	struct arena *arena = arena_create(1 << 16);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes name = bytes_of_text(cases[i].name), value = bytes_of_text(cases[i].value);
		assert_true(bytes_equal_text(compose_words_field(arena, false, name, value), cases[i].fr));
		assert_true(bytes_equal_text(compose_words_field(arena, true, name, value), cases[i].en));
	}
	struct cda_write_time day = {{1795303800000000}, 60};
	assert_true(bytes_equal_text(compose_words_time(arena, false, day), "22/11/2026 à 00 h 30"));
	assert_true(bytes_equal_text(compose_words_file(arena, day, BYTES("CR d'imagerie / IRM"), BYTES("LE GALL"), BYTES("Zoé"), BYTES("A-1")),
				     "20261122_CR-d-imagerie-IRM_LE-GALL_Zoé_A-1.pdf"));
	assert_true(bytes_equal_text(compose_words_file(arena, day, BYTES("ééééééééééééééééééééééééééééééééééééééééééé"), BYTES_NONE, BYTES("../x"), BYTES("_")),
				     "20261122_éééééééééééééééééééééééééééééééééééééééé_..-x_.pdf"));
	assert_true(bytes_equal_text(compose_words_file(arena, day, BYTES("a\u202eb\u2028\xc2\x85" "c"), BYTES_NONE, BYTES_NONE, BYTES_NONE),
				     "20261122_abc.pdf"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_request),
		cmocka_unit_test(reads_what_a_report_may_have), cmocka_unit_test(knows_what_a_report_is_without_them),
		cmocka_unit_test(refuses_one_thing_wrong),
		cmocka_unit_test(a_package_needs_its_patient),
		cmocka_unit_test(knows_the_hours_of_paris),
		cmocka_unit_test(says_values_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/compose_build_test.c - a whole mail from its request, and what the experts' form becomes when it comes back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/digest.h"
#include "cda/read.h"
#include "cda/xdm_read.h"
#include "gateway/compose_build.h"
#include "smtp/mime_read.h"
#include "smtp/notice_read.h"

#define PATIENT                                                                                                            \
	"{\"ins\":\"279035121518989\",\"oid\":\"1.2.250.1.213.1.4.10\",\"family_birth\":\"PAT-TROIS\",\"given_birth_first\":\"DOMINIQUE\"," \
	"\"given_birth_all\":\"DOMINIQUE MARIE-LOUISE\",\"birth_time\":\"19790328\",\"sex\":\"F\",\"birth_place\":\"51215\"}"
#define CUSTODIAN "{\"id\":\"1750000001\",\"name\":\"Service de deuxième avis\"}"
#define ENVELOPE                                                                                                           \
	"\"language\":\"fr\",\"message_id\":\"<m1@avis.example>\",\"date\":\"2026-11-21T21:55:00Z\",\"from\":{\"address\":\"avis@avis.example\","     \
	"\"name\":\"Service de deuxième avis\"},\"to\":\"t@b.example\",\"mss\":{\"nil\":\"DEV000000\"},"
#define FIELDS                                                                                                             \
	"\"fields\":{\"reference\":\"A-2026-000123-KQ\",\"phone\":\"01 02 03 04 05\",\"organisation\":\"Service\",\"patient_name\":\"Dominique PAT-TROIS\"," \
	"\"patient_birth\":\"28/03/1979\",\"expert_name\":\"Dr Hélène EXEMPLE\",\"due_date\":\"28 novembre 2026\",\"summary\":\"Tout va bien.\","  \
	"\"questions\":\"1. Opérer ?\",\"documents_count\":\"2\",\"exams_list\":\"- Mammographie\",\"sex\":\"F\",\"age\":\"47\",\"form\":\"Référence : A-2026-000123-KQ\\n\\nAvis motivé [avec vos raisons] :\\n\\n\\n"\
	"Fin du formulaire\"},"

static const char report_request[] =
	"{\"code\":\"M21\"," ENVELOPE FIELDS
	"\"report\":{\"reference\":\"A-2026-000123-KQ\",\"id\":\"2.25.1001\",\"set_id\":\"2.25.1000\",\"version\":1,\"patient\":" PATIENT ","
	"\"expert\":{\"rpps\":\"01234567123\",\"given\":\"Hélène\",\"family\":\"EXEMPLE\",\"organisation\":\"CHU de démonstration\","
	"\"organisation_id\":\"1750000002\",\"specialty_code\":\"G15_10/SM26\"},\"custodian\":" CUSTODIAN ",\"request_id\":\"2.25.900\","
	"\"time\":\"2026-11-21T21:50:00Z\",\"service_time\":\"2026-11-20T08:00:00Z\",\"title\":\"Deuxième avis médical\",\"summary\":\"Tout va bien.\","
	"\"sections\":[{\"heading\":\"Avis motivé\",\"text\":\"Parce que.\"},{\"heading\":\"Convergence\",\"text\":\"yes\"}]}}";

static const char dossier_request[] =
	"{\"code\":\"M13\",\"subject\":\"XDM/1.0/DDM+Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979\"," ENVELOPE FIELDS
	"\"dossier_pdf\":{\"title\":\"Dossier d'avis\",\"reference\":\"A-2026-000123-KQ\",\"sections\":[{\"heading\":\"Questions\",\"text\":\"1. Opérer ?\"}]},"
	"\"xdm\":{\"patient\":" PATIENT ",\"custodian\":" CUSTODIAN "},"
	"\"attachments\":[{\"name\":\"Écho.pdf\",\"media\":\"application/pdf\",\"offset\":0,\"length\":4},"
	"{\"name\":\"CR.xml\",\"media\":\"text/xml\",\"offset\":4,\"length\":7,\"xdm\":{\"id\":\"1.2.3^A\",\"type\":\"18748-4\",\"title\":\"Mammographie\","
	"\"time\":\"2026-10-20T10:00:00+02:00\",\"level\":3,\"authors\":[{\"name\":\"DR Olivier DUMAS\"}]}}]}";

struct fixture {
	struct arena *arena;
	struct template_set *templates;
};

static int open_fixture(void **state)
{
	static struct fixture f;
	const char *file = __FILE__, *slash = strrchr(file, '/'), *where = "";
	char path[1024];
	snprintf(path, sizeof path, "%.*s/templates", slash == NULL ? 1 : (int)(slash - file), slash == NULL ? "." : file);
	f.arena = arena_create(256u << 20);
	assert_int_equal(template_load(f.arena, path, &f.templates, &where), REASON_NONE);
	assert_true(compose_warm(f.templates));
	*state = &f;
	return 0;
}

static int close_fixture(void **state)
{
	arena_destroy(&((struct fixture *)*state)->arena);
	return 0;
}

static void read_mail(struct fixture *f, const struct compose_mail *mail, struct mime_message *out)
{
	struct buf whole = buf_make(32u << 20);
	buf_add(&whole, mail->head);
	buf_add(&whole, mail->entity);
	assert_int_equal(mime_read(f->arena, BYTES_NONE, arena_copy(f->arena, buf_bytes(&whole)), out), REASON_NONE);
	buf_free(&whole);
	assert_int_equal(out->n_anomalies, 0);
}

static void builds_the_report(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail, again;
	struct mime_message read;
	struct xdm_archive archive;
	struct cda_document document;
	const struct cda_options options = {.keep_embedded = true};
	const char *field = "";
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(report_request), BYTES_NONE, &mail, &field), REASON_NONE);
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(report_request), BYTES_NONE, &again, &field), REASON_NONE);
	assert_true(bytes_equal(mail.entity, again.entity) && bytes_equal(mail.head, again.head));
	read_mail(f, &mail, &read);
	assert_true(bytes_equal_text(read.head.subject, "Votre deuxième avis est arrivé"));
	assert_true(bytes_equal(read.head.subject, mail.subject));
	assert_true(bytes_contains(read.text, BYTES("Bonjour Dominique PAT-TROIS,")) && bytes_contains(read.text, BYTES("Tout va bien.")));
	assert_int_equal(read.n, 4);
	assert_true(bytes_equal_text(read.parts[2].name, "20261120_Deuxième-avis-médical_PAT-TROIS_DOMINIQUE_A-2026-000123-KQ.pdf"));
	assert_true(bytes_equal_text(read.parts[3].name, "IHE_XDM.zip"));
	assert_int_equal(xdm_read(f->arena, read.parts[3].content, &archive), REASON_NONE);
	assert_int_equal(archive.count, 1);
	assert_int_equal(cda_read(f->arena, archive.documents[0].content, &options, &document), REASON_NONE);
	/* The PDF beside the package is the one inside the document (referential 2, ECO.2.1.5). */
	assert_true(bytes_equal(document.embedded[0].content, read.parts[2].content));
	assert_true(bytes_equal_text(document.time, "20261121225000+0100"));
}

static void answers_what_it_built(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	const char *field = "";
	char digest[DIGEST_SHA256_TEXT];
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(report_request), BYTES_NONE, &mail, &field), REASON_NONE);
	struct bytes answer = compose_answer(f->arena, &mail);
	json_t *json = json_loadb((const char *)answer.at, answer.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	digest_sha256_text(mail.entity, digest);
	assert_string_equal(json_string_value(json_object_get(json, "digest")), digest);
	assert_string_equal(json_string_value(json_object_get(json, "subject")), "Votre deuxième avis est arrivé");
	assert_int_equal(json_array_size(json_object_get(json, "documents")), 3);
	json_t *last = json_array_get(json_object_get(json, "documents"), 2);
	assert_string_equal(json_string_value(json_object_get(last, "id")), "2.25.1001");
	assert_string_equal(json_string_value(json_object_get(last, "name")), "IHE_XDM/SUBSET01/DOC0001.XML");
	json_decref(json);
	assert_true(bytes_equal_text(compose_failure(f->arena, REASON_COMPOSE_FIELD, "a\"b"), "{\"detail\":\"a\\\"b\",\"error\":\"compose.field\"}"));
}

static void builds_the_dossier(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	struct mime_message read;
	struct xdm_archive archive;
	const char *field = "";
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(dossier_request), BYTES("%PDF<a>x</"), &mail, &field), REASON_COMPOSE_FIELD);
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(dossier_request), BYTES("%PDF<a>x</a"), &mail, &field), REASON_NONE);
	read_mail(f, &mail, &read);
	assert_int_equal(read.n, 5);
	assert_true(bytes_equal_text(read.head.subject, "XDM/1.0/DDM+Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979"));
	assert_true(bytes_equal_text(read.parts[2].name, "20261121_Dossier-d-avis_PAT-TROIS_DOMINIQUE_A-2026-000123-KQ.pdf"));
	assert_true(bytes_equal_text(read.parts[3].name, "Écho.pdf") && bytes_equal_text(read.parts[3].content, "%PDF"));
	assert_true(bytes_equal_text(read.parts[4].name, "IHE_XDM.zip"));
	assert_int_equal(xdm_read(f->arena, read.parts[4].content, &archive), REASON_NONE);
	assert_true(bytes_equal_text(archive.documents[0].content, "<a>x</a"));
	assert_true(bytes_contains(read.text, BYTES("Femme, 47 ans")));
}

#define M71_FIELDS "\"fields\":{\"phone\":\"1\",\"organisation\":\"O\",\"code\":\"archive.broken\",\"sentence\":\"L'archive ZIP est abîmée.\"}"
#define DSN "\"notice\":{\"kind\":\"dsn\",\"agent\":\"mx.a.fr\",\"recipients\":[{\"final\":\"depot@a.fr\",\"original\":\"rfc822;depot@a.fr\"}]," \
	"\"arrival\":\"2026-11-21T21:50:00Z\",\"failed\":true,\"status\":\"5.6.0\",\"diagnostic\":\"550 5.6.0 x (archive.broken)\","        \
	"\"original\":{\"message_id\":\"<1@h.fr>\",\"date\":\"2026-11-21T21:49:00Z\",\"from\":\"pfi@h.fr\",\"to\":[\"depot@a.fr\"]}}"

/* A report has the words of its code for people, the fields for machines, and says that it answers by itself. */
static void builds_a_report_of_delivery(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	struct mime_message read;
	struct notice notice;
	const char *field = "";

	assert_int_equal(compose_build(f->arena, f->templates, BYTES("{\"code\":\"M71\"," ENVELOPE M71_FIELDS "," DSN "}"), BYTES_NONE, &mail, &field), REASON_NONE);
	assert_true(bytes_starts(mail.entity, BYTES("Content-Type: multipart/report;")));
	assert_true(bytes_contains(mail.head, BYTES("Auto-Submitted: auto-replied\r\n")));
	read_mail(f, &mail, &read);
	notice_read(f->arena, &read, &notice);
	assert_int_equal(notice.type, NOTICE_DSN);
	assert_true(notice.n == 1 && bytes_equal_text(notice.recipients[0].action, "failed") && bytes_equal_text(notice.recipients[0].status, "5.6.0"));
	assert_true(bytes_equal_text(notice.original_message_id, "<1@h.fr>"));
	assert_true(bytes_contains(read.text, BYTES("L'archive ZIP est abîmée.")));
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *what, *request, *field;
		enum reason reason;
	} cases[] = {
		{"an unknown code", "{\"code\":\"M999\"," ENVELOPE "\"fields\":{}}", "M999", REASON_COMPOSE_TEMPLATE},
		{"a field is absent", "{\"code\":\"M06\"," ENVELOPE "\"fields\":{\"reference\":\"A\",\"phone\":\"1\",\"organisation\":\"O\",\"patient_name\":\"P\"}}",
		 "due_date", REASON_COMPOSE_TEMPLATE},
		{"a field holds a line end", "{\"code\":\"M06\"," ENVELOPE "\"fields\":{\"patient_name\":\"P\\r\\nBcc: x\"}}", "fields.patient_name", REASON_COMPOSE_FIELD},
		{"a report of another kind", "{\"code\":\"M71\"," ENVELOPE M71_FIELDS ",\"notice\":{\"kind\":\"arf\",\"agent\":\"mx\",\"arrival\":\"2026-11-21T21:50:00Z\",\"status\":\"5.0.0\"}}",
		 "notice.kind", REASON_COMPOSE_FIELD},
		{"a report about nobody", "{\"code\":\"M71\"," ENVELOPE M71_FIELDS ",\"notice\":{\"kind\":\"mdn\",\"agent\":\"mx\"}}", "notice.recipients", REASON_COMPOSE_FIELD},
		{"a key that no report has", "{\"code\":\"M71\"," ENVELOPE M71_FIELDS ",\"notice\":{\"kind\":\"mdn\",\"agent\":\"mx\",\"subject\":\"x\"}}", "notice.subject", REASON_COMPOSE_FIELD},
		{"no request", "", "request", REASON_COMPOSE_FIELD},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct compose_mail mail;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		assert_int_equal(compose_build(f->arena, f->templates, bytes_of_text(cases[i].request), BYTES_NONE, &mail, &field), cases[i].reason);
		assert_string_equal(field, cases[i].field);
	}
}

static void names_a_mail_that_is_too_big(void **state)
{
	struct fixture *f = *state;
	size_t len = 20u * 1024 * 1024;
	struct compose_mail mail;
	const char *field = "x";
	struct bytes request = BYTES(dossier_request), four = BYTES("\"length\":4");
	size_t at = bytes_find(request, four, 0);
	const char *big = arena_printf(f->arena, "%.*s\"length\":%zu%s", (int)at, dossier_request, len, dossier_request + at + four.len);
	struct bytes payload = {arena_alloc(f->arena, len), len};
	enum reason reason = compose_build(f->arena, f->templates, bytes_of_text(big), payload, &mail, &field);
	assert_int_equal(reason, REASON_COMPOSE_SIZE);
	assert_true(bytes_equal_text(compose_failure(f->arena, reason, field), "{\"detail\":\"\",\"error\":\"compose.size\"}"));
}

#define LETTER_M02(letter) \
	"{\"code\":\"M02\"," ENVELOPE letter "\"fields\":{\"reference\":\"A-2026-000123-KQ\",\"phone\":\"01 02 03 04 05\",\"organisation\":\"Service\"," \
	"\"patient_name\":\"Dominique PAT-TROIS\",\"missing_count\":\"1\",\"missing_list\":\"- Mammographie\"}}"
#define TO "\"to\":[\"Mme DOMINIQUE PAT-TROIS\",\"12 RUE DES EXEMPLES\",\"51100 REIMS\"]"

/* Alone: the PDF, and nothing of a mail around it. */
static void draws_a_letter(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail, again;
	const char *field = "";
	static const char request[] = LETTER_M02("\"letter\":{" TO ",\"from\":[\"1 place du Modèle\",\"75000 Paris\"],\"alone\":true},");
	static const char easy[] = LETTER_M02("\"easy\":true,\"letter\":{" TO ",\"alone\":true},");
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(request), BYTES_NONE, &mail, &field), REASON_NONE);
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(request), BYTES_NONE, &again, &field), REASON_NONE);
	assert_int_equal(mail.head.len, 0);
	assert_true(bytes_starts(mail.entity, BYTES("%PDF-1.4")) && bytes_equal(mail.entity, again.entity));
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(easy), BYTES_NONE, &again, &field), REASON_NONE);
	assert_false(bytes_equal(mail.entity, again.entity));
}

/* To who prints it: the letter first, the report behind it, no package, and nothing of the message in the mail's own words. */
static void sends_a_letter_to_be_printed(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	struct mime_message read;
	const char *field = "";
	const char *request = arena_printf(f->arena, "{\"letter\":{" TO "},%s", report_request + 1);
	assert_int_equal(compose_build(f->arena, f->templates, bytes_of_text(request), BYTES_NONE, &mail, &field), REASON_NONE);
	read_mail(f, &mail, &read);
	assert_true(bytes_equal_text(read.head.subject, "Lettre à imprimer\u00a0: M21 A-2026-000123-KQ"));
	assert_int_equal(read.n, 4);
	assert_true(bytes_equal_text(read.parts[2].name, "20261121_Lettre_M21_A-2026-000123-KQ.pdf"));
	assert_true(bytes_starts(read.parts[2].content, BYTES("%PDF-")) && bytes_starts(read.parts[3].content, BYTES("%PDF-")));
	assert_true(bytes_contains(read.text, BYTES("A-2026-000123-KQ/M21")));
	assert_false(bytes_contains(read.text, BYTES("PAT-TROIS")) || bytes_contains(read.text, BYTES("Tout va bien")));
}

static void easy_texts_are_chosen(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	struct mime_message read;
	const char *field = "";
	static const char easy[] = LETTER_M02("\"easy\":true,");
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(easy), BYTES_NONE, &mail, &field), REASON_NONE);
	read_mail(f, &mail, &read);
	assert_true(bytes_contains(read.text, BYTES("Ce que vous faites")));
	/* What goes to an expert has one text. */
	const char *offer = arena_printf(f->arena, "{\"easy\":true,%s", dossier_request + 1);
	assert_int_equal(compose_build(f->arena, f->templates, bytes_of_text(offer), BYTES("%PDF<a>x</a"), &mail, &field), REASON_NONE);
}

static void letters_that_cannot_be_posted(void **state)
{
	static const struct {
		const char *what, *request, *field;
	} cases[] = {
		{"to nobody", LETTER_M02("\"letter\":{\"to\":[],\"alone\":true},"), "letter.to"},
		{"without a window", LETTER_M02("\"letter\":{\"alone\":true},"), "letter.to"},
		{"seven lines", LETTER_M02("\"letter\":{\"to\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"]},"), "letter.to"},
		{"a line of 39 signs", LETTER_M02("\"letter\":{\"to\":[\"123456789012345678901234567890123456789\"]},"), "letter.to"},
		{"an empty line", LETTER_M02("\"letter\":{\"to\":[\"A\",\"\",\"B\"]},"), "letter.to"},
		{"a line end in a line", LETTER_M02("\"letter\":{\"to\":[\"A\\nB\"]},"), "letter.to"},
		{"a key that no letter has", LETTER_M02("\"letter\":{" TO ",\"stamp\":1},"), "letter.stamp"},
	};
	struct fixture *f = *state;
	struct compose_mail mail;
	const char *field = "";
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		print_message("%s\n", cases[i].what);
		assert_int_equal(compose_build(f->arena, f->templates, bytes_of_text(cases[i].request), BYTES_NONE, &mail, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, cases[i].field);
	}
	/* A line of 38 signs is no longer for its accents. */
	static const char longest[] = LETTER_M02("\"letter\":{\"to\":[\"éééééééééééééééééééééééééééééééééééééé\"],\"alone\":true},");
	assert_int_equal(compose_build(f->arena, f->templates, BYTES(longest), BYTES_NONE, &mail, &field), REASON_NONE);
	/* The expert's dossier has a package and originals, which paper cannot carry. */
	const char *dossier = arena_printf(f->arena, "{\"letter\":{" TO "},%s", dossier_request + 1);
	assert_int_equal(compose_build(f->arena, f->templates, bytes_of_text(dossier), BYTES("%PDF<a>x</a"), &mail, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "letter");
}

#define EDITED(f, request, from, to) edited(f, request, BYTES(from), to)

static struct bytes edited(struct fixture *f, struct bytes request, struct bytes from, const char *to)
{
	size_t at = bytes_find(request, from, 0);
	assert_true(at < request.len);
	return bytes_of_text(arena_printf(f->arena, "%.*s%s%.*s", (int)at, (const char *)request.at, to, (int)(request.len - at - from.len),
					  (const char *)request.at + at + from.len));
}

/* Who takes no package has every document by itself, and no word of a package: neither in the text nor in the subject and the headers. */
static void without_a_package(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	struct mime_message read;
	const char *field = "";
	struct bytes request = EDITED(f, BYTES(dossier_request), "\"xdm\":{\"patient", "\"pdf_only\":true,\"xdm\":{\"patient");
	request = EDITED(f, request, "\"nil\":\"DEV000000\"", "\"nil\":\"DEV000000\",\"ins\":\"O\",\"codes\":\"18748-4\"");
	assert_int_equal(compose_build(f->arena, f->templates, request, BYTES("%PDF<a>x</a"), &mail, &field), REASON_NONE);
	read_mail(f, &mail, &read);
	assert_true(read.n > 0 && bytes_equal_text(read.parts[read.n - 1].name, "CR.xml") && bytes_equal_text(read.parts[read.n - 1].content, "<a>x</a"));
	assert_false(bytes_contains(read.text, BYTES("IHE_XDM")));
	assert_true(bytes_contains(read.text, BYTES("un PDF en ordre et les documents d’origine.")));
	assert_true(bytes_equal_text(read.head.subject, "Dossier d'avis A-2026-000123-KQ"));
	assert_false(bytes_contains(mail.head, BYTES("X-MSS-INS")) || bytes_contains(mail.head, BYTES("X-MSS-CODECDA")));
}

/* The documents' texts make the PDF larger than the recipient's mailbox takes: it tells of them, and the mail goes. */
static void a_dossier_larger_than_the_mailbox(void **state)
{
	struct fixture *f = *state;
	struct compose_mail mail;
	const char *field = "", *list = "";
	enum { LINE = 60, LINES = 700, SHEETS = 8, LIMIT = 2000000, ORIGINAL = 800000 };
	unsigned char *payload = arena_alloc(f->arena, LINE * LINES + ORIGINAL);
	uint32_t random = 1;
	for (size_t i = 0; i < LINE * LINES + ORIGINAL; i++) {
		random = random * 1664525u + 1013904223u;
		payload[i] = i >= LINE * LINES ? (unsigned char)(random >> 24) : i % LINE == LINE - 1 ? '\n' : (unsigned char)('0' + (random >> 24) % 75);
	}
	for (int i = 0; i < SHEETS; i++)
		list = arena_printf(f->arena, "%s%s{\"name\":\"%d.txt\",\"text\":{\"offset\":0,\"length\":%d}}", list, i > 0 ? "," : "", i, LINE * LINES);
	struct bytes request = EDITED(f, BYTES(dossier_request), "\"offset\":0,\"length\":4", arena_printf(f->arena, "\"offset\":%d,\"length\":%d", LINE * LINES, ORIGINAL));
	request = EDITED(f, request, "\"dossier_pdf\":{", arena_printf(f->arena, "\"limit\":%d,\"dossier_pdf\":{\"documents\":[%s],", LIMIT, list));
	assert_int_equal(compose_build(f->arena, f->templates, request, (struct bytes){payload, LINE * LINES + ORIGINAL}, &mail, &field), REASON_NONE);
	assert_true(mail.head.len + mail.entity.len <= LIMIT);
}

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_the_report), cmocka_unit_test(answers_what_it_built), cmocka_unit_test(builds_the_dossier),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(draws_a_letter), cmocka_unit_test(sends_a_letter_to_be_printed), cmocka_unit_test(easy_texts_are_chosen),
		cmocka_unit_test(letters_that_cannot_be_posted),
		cmocka_unit_test(builds_a_report_of_delivery),
		cmocka_unit_test(names_a_mail_that_is_too_big), cmocka_unit_test(without_a_package), cmocka_unit_test(a_dossier_larger_than_the_mailbox),
	};
	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}

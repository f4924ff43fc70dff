/* gateway/inspect_read_test.c - what a message, an archive or a document is said to be, and the JSON that says it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "gateway/inspect_facts.h"
#include "gateway/json_view.h"

#define FROM "From: a@example.org\r\nSubject: x\r\n"
#define XML(content) MIXED "--B\r\nContent-Type: text/xml; name=a.xml\r\n\r\n" content "\r\n--B--\r\n"
#define FRENCH "<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='FR'/><templateId root='1.2.250.1.213.1.1.1.1'/><id root='1.2'/><code code='x'/>" \
	"<recordTarget><patientRole><id root='1.2.3' extension='A'/><patient/></patientRole></recordTarget></ClinicalDocument>"
#define MIXED FROM "Content-Type: multipart/mixed; boundary=B\r\n\r\n"

static int group_setup(void **state)
{
	static struct mime_charsets charsets;
	mime_open(&charsets);
	*state = &charsets;
	return 0;
}

static int group_teardown(void **state)
{
	mime_close(*state);
	return 0;
}

static void read_mail(struct arena *arena, struct bytes mail, struct inspection *out)
{
	inspect_read(arena, &(struct inspect_request){.kind = INSPECT_MAIL, .range = mail}, out);
}

static const struct row {
	const char *what, *mail, *class;
	bool automatic;
	size_t documents;
	const char *kind;            /* of the first document */
	enum reason reason;
} rows[] = {
	{"a letter", FROM "\r\nHello there", "unknown", false, 0, "", REASON_NONE},
	{"an answer by its header", FROM "In-Reply-To: <1@us>\r\n\r\nHello", "reply", false, 0, "", REASON_NONE},
	{"an answer by its word", FROM "\r\nACCEPTE", "reply", false, 0, "", REASON_NONE},
	{"an opinion by its form", FROM "In-Reply-To: <1@us>\r\n\r\nAvis motive : x\r\nConvergence : oui\r\n", "opinion", false, 0, "", REASON_NONE},
	{"an automatic answer", FROM "Auto-Submitted: auto-replied\r\n\r\nACCEPTE", "report", true, 0, "", REASON_NONE},
	{"a list's mail is automatic", FROM "List-Id: <x.y>\r\n\r\nHello", "unknown", true, 0, "", REASON_NONE},
	{"what a report returns is no document", "From: <>\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B\r\n"
	 "Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@x\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B\r\n"
	 "Content-Type: application/pdf\r\n\r\n%PDF-1.4\r\n--B--\r\n", "report", true, 0, "", REASON_NONE},
	{"an attachment by its bytes", MIXED "--B\r\nContent-Type: image/jpeg; name=a.jpg\r\n\r\n%PDF-1.4 x\r\n--B--\r\n", "unknown", false, 1, "pdf", REASON_NONE},
	{"nothing is taken from an open multipart", MIXED "--B\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4 x\r\n", "unknown", false, 0, "", REASON_MAIL_BOUNDARY},
	{"nothing is read from a bad encoding", MIXED "--B\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=!\r\n--B--\r\n", "unknown",
	 false, 1, "other", REASON_MAIL_BAD_ENCODING},
	{"a document with a DOCTYPE", MIXED "--B\r\nContent-Type: text/xml; name=a.xml\r\n\r\n<?xml version=\"1.0\"?><!DOCTYPE a><a/>\r\n--B--\r\n", "unknown", false, 1,
	 "other", REASON_DOCUMENT_DOCTYPE},
	{"another XML file is a file", MIXED "--B\r\nContent-Type: text/xml; name=a.xml\r\n\r\n<?xml version=\"1.0\"?><a/>\r\n--B--\r\n", "unknown", false, 1, "other",
	 REASON_DOCUMENT_NOT_CDA},
	{"a French document", XML(FRENCH), "record", false, 1, "cda", REASON_NONE},
	{"a French document in its style sheet", XML("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform' version='1.0'>" FRENCH "</xsl:stylesheet>"),
	 "record", false, 1, "cda", REASON_DOCUMENT_SELF_DISPLAYING},
	{"a document of another country", XML("<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='US'/></ClinicalDocument>"), "unknown", false, 1, "cda",
	 REASON_DOCUMENT_FOREIGN},
	{"another country's in its style sheet", XML("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><ClinicalDocument xmlns='urn:hl7-org:v3'/></xsl:stylesheet>"),
	 "unknown", false, 1, "cda", REASON_DOCUMENT_FOREIGN},
	{"the American kin of a CDA", XML("<ContinuityOfCareRecord xmlns='urn:astm-org:CCR'/>"), "unknown", false, 1, "ccr", REASON_DOCUMENT_FOREIGN},
	{"a ZIP that is none", MIXED "--B\r\nContent-Type: application/zip; name=IHE_XDM.zip\r\n\r\nPK\3\4 broken\r\n--B--\r\n", "unknown", false, 0, "",
	 REASON_ARCHIVE_BROKEN},
	{"a mail within stays closed, and its sender is told", MIXED "--B\r\nContent-Type: message/rfc822\r\n\r\n" FROM "\r\nACCEPTE\r\n--B--\r\n", "unknown", false,
	 1, "other", REASON_ATTACHMENT_MESSAGE},
	{"a photograph of a telephone", MIXED "--B\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAAGGZ0eXBoZWljAAAAAA==\r\n--B--\r\n",
	 "unknown", false, 1, "other", REASON_ATTACHMENT_HEIC},
	{"a page under the name of a PDF", MIXED "--B\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n<!DOCTYPE html><script>1</script>\r\n--B--\r\n", "unknown",
	 false, 1, "other", REASON_ATTACHMENT_ACTIVE},
	{"a text that a machine would run", MIXED "--B\r\nContent-Type: text/plain; name=resultats.JS\r\n\r\nrun()\r\n--B--\r\n", "unknown", false, 1, "other",
	 REASON_ATTACHMENT_ACTIVE},
	{"bytes that nobody knows", MIXED "--B\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAwQFBgc=\r\n--B--\r\n", "unknown",
	 false, 1, "other", REASON_ATTACHMENT_FORMAT},
	{"a winmail.dat that is broken", MIXED "--B\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEAAg==\r\n--B--\r\n",
	 "unknown", false, 1, "other", REASON_ATTACHMENT_TNEF},
	{"a winmail.dat of layout alone is nothing", MIXED "--B\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgEA\r\n"
	 "--B--\r\n", "unknown", false, 0, "", REASON_NONE},
};

static void mails_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(64 << 20);
		struct inspection in;
		read_mail(arena, bytes_of_text(rows[i].mail), &in);
		if (!bytes_equal_text(bytes_of_text(in.class), rows[i].class) || in.automatic != rows[i].automatic || in.n != rows[i].documents ||
		    in.reason != rows[i].reason)
			fail_msg("%s: %s, automatic %d, %zu documents, %s", rows[i].what, in.class, in.automatic, in.n, reason_code(in.reason));
		if (in.n > 0 && !bytes_equal_text(bytes_of_text(inspect_document_kind(&in.documents[0])), rows[i].kind))
			fail_msg("%s: %s", rows[i].what, inspect_document_kind(&in.documents[0]));
		arena_destroy(&arena);
	}
}

/* Each has a place in the worker or on the command line that leans on it. */
static void facts_have_their_members(void **state)
{
	static const char *const keys[] = {
		"kind", "verdict", "reason", "class", "auto", "report", "documents", "archive", "anomalies", "new_text", "mail", "text",
		"reply", "emergency", "absence", "folded", "relayed", "form",
	};
	static const char *const of_document[] = {
		"name", "kind", "type", "title", "realm", "id", "set_id", "version", "replaces", "time", "level", "patient", "authors",
		"data_enterer", "legal_authenticator", "custodian", "orders", "embedded", "answers", "definition", "sections", "schema", "schematron", "findings", "action", "masking", "foreign",
		"aside", "reason", "size", "digest",
	};
	struct arena *arena = arena_create(64 << 20);
	struct inspection in;

	(void)state;
	read_mail(arena, BYTES(MIXED "--B\r\n\r\nbonjour\r\n--B\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4 x\r\n--B--\r\n"), &in);
	json_t *facts = inspect_facts_json(arena, &in), *document = json_array_get(json_object_get(facts, "documents"), 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(facts, keys[i]) == NULL)
			fail_msg("no %s", keys[i]);
	for (size_t i = 0; i < sizeof(of_document) / sizeof(of_document[0]); i++)
		if (json_object_get(document, of_document[i]) == NULL)
			fail_msg("no %s of a document", of_document[i]);
	assert_true(bytes_equal_text(json_view(facts, "text"), "bonjour"));
	assert_true(bytes_equal_text(json_view(document, "name"), "a.pdf"));
	json_t *extract = inspect_extract_json(arena, &in);
	assert_int_equal(json_array_size(json_object_get(extract, "documents")), 1);
	assert_true(bytes_equal_text(json_view(json_array_get(json_object_get(extract, "documents"), 0), "media"), "application/pdf"));
	json_decref(extract);
	json_decref(facts);
	arena_destroy(&arena);
}

/* --- what the text says --------------------------------------------------------------- */

static json_t *said_facts(struct arena *arena, const char *mail)
{
	struct inspect_request request = {.kind = INSPECT_MAIL, .range = bytes_of_text(mail), .own = {BYTES("01 00 00 00 00"), BYTES("avis.example")}, .n_own = 2};
	struct inspection in;

	inspect_read(arena, &request, &in);
	return inspect_facts_json(arena, &in);
}

#define DATED FROM "Date: Sat, 21 Nov 2026 10:12:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n"

static const struct said {
	const char *what, *mail, *word, *patient, *from, *until, *motive;
	const char *emergency;       /* kind of the first; "" for none */
	const char *absent_until;    /* of the suggestion */
	const char *relayed;         /* "" when nothing was masked */
	int quoted;
} saids[] = {
	{"leave, by the day of the mail", DATED "\r\nABSENT du 3 au 20\r\n", "absent", "none", "2026-12-03", "2026-12-20", "unsaid", "", "", "", 0},
	{"a refusal with its reason", DATED "\r\nREFUSE : ce n'est pas mon domaine\r\n", "refuse", "none", "", "", "field", "", "", "", 0},
	{"an automatic answer has no word, and may suggest", DATED "Auto-Submitted: auto-replied\r\n\r\nACCEPTE. Je suis absent jusqu'au 20/12.\r\n", "none", "none", "", "", "unsaid", "",
	 "2026-12-20", "", 0},
	{"a patient's wish", DATED "\r\nPARTAGER\r\n", "none", "share", "", "", "unsaid", "", "", "", 0},
	{"an emergency, and a quote that has one, too", DATED "\r\nJe suis essouffl\xc3\xa9" "e.\r\n\r\nLe 21/11/2026 \xc3\xa0 10:00, A a \xc3\xa9" "crit :\r\n> douleur thoracique ?\r\n", "none", "none", "", "",
	 "unsaid", "breath", "", "", 2},
	{"a private number, and the service's own", DATED "\r\nAppelez le 06 12 34 56 78, pas le 01 00 00 00 00.\r\n", "none", "none", "", "", "unsaid", "", "",
	 "Appelez le [num\xc3\xa9ro masqu\xc3\xa9], pas le 01 00 00 00 00.", 0},
};

static void words_become_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof saids / sizeof saids[0]; i++) {
		const struct said *row = &saids[i];
		struct arena *arena = arena_create(64 << 20);
		json_t *facts = said_facts(arena, row->mail);
		const json_t *reply = json_object_get(facts, "reply"), *sign = json_array_get(json_object_get(facts, "emergency"), 0);
		if (!bytes_equal_text(json_view(reply, "word"), row->word) || !bytes_equal_text(json_view(reply, "patient"), row->patient) ||
		    !bytes_equal_text(json_view(reply, "from"), row->from) || !bytes_equal_text(json_view(reply, "until"), row->until) ||
		    !bytes_equal_text(json_view(reply, "motive"), row->motive) || !bytes_equal_text(json_view(sign, "kind"), row->emergency) ||
		    !bytes_equal_text(json_view(json_object_get(facts, "absence"), "until"), row->absent_until) ||
		    !bytes_equal_text(json_view(json_object_get(facts, "relayed"), "text"), row->relayed) ||
		    json_integer_value(json_object_get(json_object_get(facts, "folded"), "quoted")) != row->quoted)
			fail_msg("%s: %s", row->what, json_dumps(facts, 0));
		json_decref(facts);
		arena_destroy(&arena);
	}
}

/* What a finding tells, of the reader's rules and of the gateway's reasons alike. */
static void findings_have_their_members(void **state)
{
	static const char *const keys[] = {"rule", "level", "text", "text_fr", "source"};
	static const char *const mails[] = {XML(FRENCH), XML("<a/>")};
	struct arena *arena = arena_create(64 << 20);

	(void)state;
	for (size_t m = 0; m < sizeof mails / sizeof mails[0]; m++) {
		struct inspection in;
		read_mail(arena, bytes_of_text(mails[m]), &in);
		json_t *facts = inspect_facts_json(arena, &in), *finding;
		json_t *findings = json_object_get(json_array_get(json_object_get(facts, "documents"), 0), "findings");
		size_t i;
		assert_true(json_array_size(findings) > 0);
		json_array_foreach(findings, i, finding)
			for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
				assert_true(json_view(finding, keys[k]).len > 0);
		json_decref(facts);
	}
	arena_destroy(&arena);
}

static const struct request {
	const char *what, *json;
	bool good;
} requests[] = {
	{"facts of a mail", "{\"op\":\"facts\",\"kind\":\"mail\",\"name\":null,\"head\":null,\"range\":[0,10],\"signed\":false,\"schema\":false}", true},
	{"extract with a head", "{\"op\":\"extract\",\"kind\":\"mail\",\"head\":[0,4],\"range\":[4,6]}", true},
	{"normalise one document", "{\"op\":\"normalise\",\"kind\":\"other\",\"range\":[0,10]}", true},
	{"another operation", "{\"op\":\"delete\",\"kind\":\"mail\",\"range\":[0,10]}", false},
	{"another kind", "{\"op\":\"facts\",\"kind\":\"tar\",\"range\":[0,10]}", false},
	{"a range behind the end", "{\"op\":\"facts\",\"kind\":\"mail\",\"range\":[5,6]}", false},
	{"a length that overflows", "{\"op\":\"facts\",\"kind\":\"mail\",\"range\":[5,9223372036854775807]}", false},
	{"a range before the start", "{\"op\":\"facts\",\"kind\":\"mail\",\"range\":[-1,5]}", false},
	{"a head behind the end", "{\"op\":\"facts\",\"kind\":\"mail\",\"head\":[11,0],\"range\":[0,10]}", false},
	{"no range", "{\"op\":\"facts\",\"kind\":\"mail\"}", false},
	{"no object", "[]", false},
};

static void requests_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct inspect_request request;
		bool schema;
		json_t *json = json_read(bytes_of_text(requests[i].json));
		if (inspect_request_read(json, BYTES("0123456789"), &request, &schema) != requests[i].good)
			fail_msg("%s", requests[i].what);
		json_decref(json);
	}
}

static const struct document {
	const char *file, *class;
} documents[] = {
	{"TLM-CR_2022.01.xml", "opinion"},
	{"CANCER-D2LM-FIN_2022.01.xml", "record"},
	{"DOC_NON_STRUCTURE_CDA-R2-N1.xml", "record"},
	{"BIO-CR-BIO_2024.01_CRP_non_LOINC.xml", "record"},
};

static void documents_give_the_class(void **state)
{
	const char *root = getenv("RELAIS_CORPUS");

	(void)state;
	if (root == NULL) {
		print_message("RELAIS_CORPUS is unset: no document of the corpus is read\n");
		skip();
	}
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		struct arena *arena = arena_create(64 << 20);
		unsigned char *data = arena_alloc(arena, 4 << 20);
		FILE *file = fopen(arena_printf(arena, "%s/cda/fr-testcontenu-3.0/%s", root, documents[i].file), "rb");
		assert_non_null(file);
		struct bytes content = {data, fread(data, 1, 4 << 20, file)};
		struct inspection in;
		fclose(file);
		inspect_read(arena, &(struct inspect_request){.kind = INSPECT_CDA, .range = content}, &in);
		if (!bytes_equal_text(bytes_of_text(in.class), documents[i].class) || in.n != 1 || !in.documents[0].is_cda)
			fail_msg("%s: %s (%s)", documents[i].file, in.class, reason_code(in.reason));
		arena_destroy(&arena);
	}
}

#define DOCUMENT(type, body) "<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><realmCode code='FR'/>" \
	"<templateId root='2.16.840.1.113883.2.8.2.1'/><templateId root='1.2.250.1.213.1.1.1.1'/><id root='1.2.3'/><code code='" type "'/><recordTarget><patientRole>" \
	"<id root='1.2.250.1.213.1.4.10' extension='279035121518989'/><patient><name><family qualifier='BR'>PAT-TROIS</family></name></patient></patientRole></recordTarget>" \
	"<component>" body "</component></ClinicalDocument>"
#define SECTIONS(body) "<structuredBody>" body "</structuredBody>"
#define ANSWER "<entry><organizer><templateId root='2.16.840.1.113883.10.20.33.4.1'/><component><observation><code code='q'/><value xsi:type='INT' value='7'/>" \
	"</observation></component></organizer></entry>"
#define MEDIA(content) "<entry><observationMedia><value mediaType='application/pdf' representation='B64'>" content "</value></observationMedia></entry>"
#define PDF_IN_BASE64 "JVBERi0xLjQgeA=="

/* What asks and what is kept: questionnaires, forms, a physician's request and what it carries. */
static const struct {
	const char *what, *xml, *class, *kinds;   /* kinds: of the documents, in order */
	size_t answers, sections;
	enum reason reason;
} asked[] = {
	{"a questionnaire with answers", DOCUMENT("74465-6", SECTIONS("<component><section>" ANSWER "</section></component>")), "request", "cda", 1, 0, REASON_NONE},
	{"a questionnaire as a PDF", DOCUMENT("74465-6", "<nonXMLBody><text mediaType='application/pdf' representation='B64'>" PDF_IN_BASE64 "</text></nonXMLBody>"),
	 "request", "cda", 0, 0, REASON_NONE},
	{"what a patient deposits", DOCUMENT("DOCPAT03", "<nonXMLBody><text mediaType='application/pdf' representation='B64'>" PDF_IN_BASE64 "</text></nonXMLBody>"),
	 "record", "cda", 0, 0, REASON_NONE},
	{"a form is kept and asks for nothing", DOCUMENT("74468-0", SECTIONS("<component><section>" ANSWER "</section></component>")), "record", "cda", 0, 0,
	 REASON_DOCUMENT_DEFINITION},
	{"a physician's request", DOCUMENT("75496-0", SECTIONS("<component><section><code code='10160-0'/><title>T</title><text>a</text></section></component>")),
	 "request", "cda", 0, 1, REASON_NONE},
	{"its attached files are documents", DOCUMENT("75496-0", SECTIONS("<component><section><code code='55107-7'/>" MEDIA(PDF_IN_BASE64) MEDIA("UEsDBAo=") MEDIA(PDF_IN_BASE64)
		"</section></component>")), "request", "cda pdf other pdf", 0, 0, REASON_ATTACHMENT_NESTED},
	{"a file that is none stays where it is", DOCUMENT("75496-0", SECTIONS("<component><section><code code='55107-7'/>" MEDIA("JVBERi0!!") "</section></component>")),
	 "request", "cda", 0, 0, REASON_NONE},
	{"so does one in another section", DOCUMENT("75496-0", SECTIONS("<component><section><code code='30954-2'/>" MEDIA(PDF_IN_BASE64) "</section></component>")),
	 "request", "cda", 0, 0, REASON_NONE},
	{"and one of another kind of document", DOCUMENT("11488-4", SECTIONS("<component><section><code code='55107-7'/><title>T</title><text>a</text>" MEDIA(PDF_IN_BASE64)
		"</section></component>")), "record", "cda", 0, 0, REASON_NONE},
};

static void requests_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		struct arena *arena = arena_create(64 << 20);
		struct inspection in;
		const char *kinds = "";
		inspect_read(arena, &(struct inspect_request){.kind = INSPECT_CDA, .name = BYTES("a.xml"), .range = bytes_of_text(asked[i].xml)}, &in);
		for (size_t k = 0; k < in.n; k++)
			kinds = arena_printf(arena, "%s%s%s", kinds, k > 0 ? " " : "", inspect_document_kind(&in.documents[k]));
		if (!bytes_equal_text(bytes_of_text(in.class), asked[i].class) || !bytes_equal_text(bytes_of_text(kinds), asked[i].kinds) || in.reason != asked[i].reason ||
		    in.documents[0].cda.answer_count != asked[i].answers || in.documents[0].cda.section_count != asked[i].sections)
			fail_msg("%s: %s, %s, %s", asked[i].what, in.class, kinds, reason_code(in.reason));
		if (in.n > 1)
			assert_true(bytes_equal(in.documents[1].part_of.root, in.documents[0].cda.id.root) &&
				    bytes_equal(in.documents[1].name, BYTES("a-1.pdf")) && in.documents[1].content.len == 10);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_are_told_apart),
		cmocka_unit_test(facts_have_their_members),
		cmocka_unit_test(words_become_facts),
		cmocka_unit_test(findings_have_their_members),
		cmocka_unit_test(requests_are_checked),
		cmocka_unit_test(documents_give_the_class),
		cmocka_unit_test(requests_are_told_apart),
	};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

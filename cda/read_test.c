/* cda/read_test.c - the published documents against the table of their README, then documents made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/corpus_test.h"
#include "cda/read.h"

static bool is(struct bytes a, const char *text)
{
	return bytes_equal_text(a, text);
}

/* --- the README's tables -------------------------------------------------------------- */

struct counts {
	struct arena *arena;
	struct schema *schema;
	const char *root;
	int french, schema_valid, schema_invalid, replaced, level_1, same_traits, other_traits, without_set, answers, foreign, refused;
	int embedded, mismatched, unclean, errors, warnings;
	double ms, worst;
};

/* The test identity of first-day.md, with all its traits. */
static bool is_test_identity(const struct cda_patient *p)
{
	return is(p->family_birth, "PAT-TROIS") && is(p->given_birth_first, "DOMINIQUE") &&
	       is(p->given_birth_all, "DOMINIQUE MARIE-LOUISE") && is(p->birth_time, "19790328") && is(p->sex, "F") &&
	       is(p->birth_place, "51215");
}

static bool has_id(const struct cda_patient *p, const char *root, const char *extension)
{
	for (size_t i = 0; i < p->id_count; i++)
		if (is(p->ids[i].root, root) && is(p->ids[i].extension, extension))
			return true;
	return false;
}

static bool may_differ(struct bytes folder, struct bytes file)
{
	return bytes_starts(folder, BYTES("fr-hl7v2-exemples/mss")) || is(folder, "fr-hl7v2-exemples/oru-v2.1") ||
	       is(file, "BIO-CR-BIO_2023.01_Electrophorese.xml");
}

static void check_french(struct counts *c, struct bytes folder, struct bytes file, const struct cda_document *d,
			 struct bytes type)
{
	assert_true(d->french);
	assert_true(is(d->realm, "FR"));
	assert_true(bytes_equal(d->type, type));
	assert_true(d->id.root.len > 0 && d->version.len > 0);
	c->without_set += d->set_id.root.len == 0;
	assert_true(d->title.len > 0 && d->time.len >= 14);
	assert_true(d->patient.id_count > 0 && d->patient.family_birth.len > 0 && d->patient.birth_time.len == 8);
	assert_true(d->author_count > 0 && d->authors[0].id.root.len > 0 && d->authors[0].name.len > 0);
	assert_true(d->legal_authenticator.id.root.len > 0 && d->legal_authenticator.name.len > 0);
	assert_true(is(d->custodian.id.root, "1.2.250.1.71.4.2.2") || is(d->custodian.id.root, "1.2.250.1.213.4.1"));
	c->french++;
	c->level_1 += d->level == 1;
	for (size_t i = 0; i < d->embedded_count; i++) {
		c->embedded++;
		c->mismatched += !sniff_agrees(d->embedded[i].detected, d->embedded[i].media);
		c->unclean += !d->embedded[i].clean;
	}
	if (has_id(&d->patient, "1.2.250.1.213.1.4.10", "279035121518989")) {
		bool same = is_test_identity(&d->patient);
		c->same_traits += same && bytes_starts(folder, BYTES("fr-testcontenu-3.0"));
		c->other_traits += !same;
		assert_int_equal(same, !may_differ(folder, file));
	}
}

static struct bytes cell(struct cursor *row)
{
	return bytes_trim(cursor_until(row, '|'));
}

static void check_document(struct counts *c, struct bytes folder, struct bytes row_text)
{
	struct cursor row = cursor_on(row_text);
	struct arena *arena = arena_create(256u << 20);
	struct cda_options options = {.schema = c->schema};
	struct cda_document d = {0};

	cursor_until(&row, '|');
	struct bytes file = cell(&row);
	cell(&row), cell(&row);
	struct bytes type = cell(&row), level = cell(&row), replaces = cell(&row), xsd = cell(&row);
	type = bytes_slice(type, 0, bytes_find_byte(type, ' ', 0));
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/%.*s/%.*s", c->root, (int)folder.len, folder.at,
							    (int)file.len, file.at));
	double begin = cpu_ms();
	enum reason reason = cda_read(arena, data, &options, &d);
	double took = cpu_ms() - begin;
	c->ms += took;
	c->worst = took > c->worst ? took : c->worst;
	if (bytes_starts(xsd, BYTES("not well-formed"))) {
		assert_int_equal(reason, REASON_DOCUMENT_MALFORMED);
		c->refused++;
	} else {
		bool french = bytes_starts(folder, BYTES("fr-"));
		if (reason != (french ? REASON_NONE : REASON_DOCUMENT_FOREIGN))
			fail_msg("%.*s: %s", (int)file.len, file.at, reason_code(reason));
		if (d.schema != (is(xsd, "XSD ok") ? CDA_SCHEMA_VALID : CDA_SCHEMA_INVALID))
			fail_msg("%.*s: schema %s", (int)file.len, file.at, cda_schema_name(d.schema));
		assert_int_equal(d.level, is(level, "N1") ? 1 : 3);
		assert_int_equal(d.replaces.root.len > 0, is(replaces, "RPLC"));
		c->schema_valid += d.schema == CDA_SCHEMA_VALID;
		c->schema_invalid += d.schema == CDA_SCHEMA_INVALID;
		c->replaced += french && d.replaces.root.len > 0;
		c->answers += (int)d.answer_count;
		c->foreign += !french;
		if (french)
			check_french(c, folder, file, &d, type);
	}
	for (size_t i = 0; i < d.finding_count; i++)
		if (d.french && d.findings[i].level == CDA_LEVEL_ERROR)
			print_message("  %.*s: %s\n", (int)file.len, file.at, d.findings[i].rule);
	for (size_t i = 0; i < d.finding_count; i++) {
		c->errors += d.findings[i].level == CDA_LEVEL_ERROR;
		c->warnings += d.findings[i].level == CDA_LEVEL_WARNING;
	}
	arena_destroy(&arena);
}

static void check_tables(struct counts *c, struct bytes readme)
{
	struct cursor lines = cursor_on(readme);
	struct bytes folder = BYTES_NONE;

	while (lines.left.len > 0) {
		struct bytes line = cursor_until(&lines, '\n');
		if (bytes_starts(line, BYTES("## ")))
			folder = bytes_from(line, 3);
		bool documents = bytes_starts(folder, BYTES("fr-")) || bytes_starts(folder, BYTES("questionnaire/")) ||
				 bytes_starts(folder, BYTES("intl-"));
		if (documents && !is(folder, "fr-value-sets") && bytes_starts(line, BYTES("| ")) &&
		    !bytes_starts(line, BYTES("| file |")))
			check_document(c, folder, line);
	}
}

static void test_corpus(void **state)
{
	(void)state;
	struct counts c = {.root = corpus_root()};
	c.arena = arena_create(1u << 20);
	assert_int_equal(schema_load(arena_printf(c.arena, "%s/cda-schema", c.root), &c.schema), REASON_NONE);
	struct bytes readme = corpus_file(c.arena, arena_printf(c.arena, "%s/cda/README.md", c.root));
	check_tables(&c, readme);
	print_message("%d French documents read, %d level 1, %d replacements; schema valid %d, invalid %d (all countries); "
		      "%d foreign, %d refused\n", c.french, c.level_1, c.replaced, c.schema_valid, c.schema_invalid,
		      c.foreign, c.refused);
	print_message("identity: %d identical, %d with other traits; %d embedded files, %d of another type, %d unclean\n",
		      c.same_traits, c.other_traits, c.embedded, c.mismatched, c.unclean);
	print_message("findings in French documents: %d errors, %d warnings\n", c.errors, c.warnings);
	print_message("read with schema: %.2f ms a document, %.1f ms worst; peak %ld KB\n",
		      c.ms / (c.french + c.foreign + c.refused), c.worst, peak_kb());
	assert_int_equal(c.french, 73);
	assert_int_equal(c.replaced, 9);
	assert_int_equal(c.errors, 6);   /* of five documents, named above: sound rules, broken by older samples */
	assert_int_equal(c.warnings, 99);
	assert_int_equal(c.embedded, 50);
	assert_int_equal(c.mismatched, 4);   /* PNG that is called JPEG */
	assert_int_equal(c.refused, 2);
	assert_int_equal(c.same_traits, 37);
	assert_int_equal(c.other_traits, 5);   /* first-day.md: both CR_Radio, both of oru-v2.1, BIO 2023 Electrophorese */
	schema_close(&c.schema);
	arena_destroy(&c.arena);
}

/* --- one document in depth ---------------------------------------------------------------- */

static void test_report(void **state)
{
	(void)state;
	const char *root = corpus_root();
	struct arena *arena = arena_create(64u << 20);
	struct cda_options options = {.keep_embedded = true};
	struct cda_document d;
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/fr-testcontenu-3.0/TLM-CR_2022.01.xml", root));
	assert_int_equal(cda_read(arena, data, &options, &d), REASON_NONE);
	assert_true(is(cda_id_text(arena, d.id), "1.3.6.1.4.1.19376.1.2.20.2022.1.1"));
	assert_true(is(cda_id_text(arena, d.authors[0].id), "1.2.250.1.71.4.2.1^801234567123"));
	assert_true(is(d.authors[0].rpps, "01234567123"));
	assert_true(is(d.authors[0].name, "Olivier DUMAS"));
	assert_true(is(d.authors[0].organization_id.extension, "1750803447"));
	assert_true(bytes_starts(d.authors[0].organization, BYTES("GRP HOSP")));
	assert_true(is(d.custodian.id.extension, "1750803447"));
	assert_true(is(d.language, "fr-FR") && is(d.confidentiality, "N") && is(d.version, "1"));
	assert_true(is(d.patient.family_used, "PAT-TROIS") && is(d.patient.given_used, "DOMINIQUE"));
	assert_int_equal(d.patient.id_count, 2);
	assert_int_equal(d.schema, CDA_SCHEMA_NOT_CHECKED);
	assert_int_equal(d.embedded_count, 1);
	assert_true(d.embedded[0].body && d.embedded[0].detected == SNIFF_PDF);
	assert_int_equal(d.embedded[0].size, d.embedded[0].content.len);
	assert_int_equal(d.finding_count, 0);
	struct bytes pdf;
	assert_int_equal(cda_read_pdf(arena, data, &pdf), REASON_NONE);
	assert_true(bytes_equal(pdf, d.embedded[0].content) && bytes_starts(pdf, BYTES("%PDF-")));
	assert_int_equal(cda_read_narrative(arena, data, &pdf), REASON_NOT_FOUND);
	arena_destroy(&arena);
}

static bool found(const struct cda_document *d, const char *rule)
{
	for (size_t i = 0; i < d->finding_count; i++)
		if (strcmp(d->findings[i].rule, rule) == 0)
			return true;
	return false;
}

static void test_narrative(void **state)
{
	(void)state;
	const char *root = corpus_root();
	struct arena *arena = arena_create(64u << 20);
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/fr-testcontenu-3.0/CANCER-FRCP_2022.01_Appareil.xml", root));
	struct bytes text;
	assert_int_equal(cda_read_narrative(arena, data, &text), REASON_NONE);
	assert_true(bytes_utf8(text) && text.len > 1000 && text.len <= LIMIT_CDA_NARRATIVE + 1000);
	assert_false(bytes_contains(text, BYTES("\n\n\n\n")));
	assert_true(bytes_contains(text, BYTES(" | ")));
	print_message("narrative of the meeting report: %zu bytes\n", text.len);
	arena_destroy(&arena);
}

static void test_questionnaire(void **state)
{
	(void)state;
	const char *root = corpus_root();
	struct arena *arena = arena_create(16u << 20);
	static const struct cda_options options = {0};
	struct cda_document d;
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/questionnaire/QRD/QRD.sample.xml", root));
	assert_int_equal(cda_read(arena, data, &options, &d), REASON_DOCUMENT_FOREIGN);
	assert_true(d.answer_count >= 9);
	assert_true(is(d.answers[0].question, "q1") && is(d.answers[0].value, "A1"));
	assert_true(is(d.answers[1].question, "q2") && is(d.answers[1].value, "A1"));
	assert_true(is(d.answers[2].question, "q2") && is(d.answers[2].value, "A3"));
	assert_true(is(d.answers[3].value, "I drink too much coffee"));
	assert_true(is(d.answers[4].value, "7") && is(d.answers[4].text, "How many hours did you sleep last night?"));
	print_message("%zu answers in the Danish sample\n", d.answer_count);
	arena_destroy(&arena);
}

/* --- hostile and foreign documents ----------------------------------------------------------- */

struct foreign {
	const char *root;
	int documents, foreign, ccr, other;
};

static void check_foreign(void *context, struct bytes file, struct bytes expected)
{
	struct foreign *f = context;
	struct cda_document d;
	static const struct cda_options options = {0};

	if (!bytes_contains(expected, BYTES("classify foreign")))
		return;
	struct arena *arena = arena_create(64u << 20);
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/hostile/xdm/%.*s", f->root, (int)file.len, file.at));
	enum reason reason = cda_read(arena, data, &options, &d);
	f->documents++;
	f->foreign += reason == REASON_DOCUMENT_FOREIGN && !d.french;
	f->ccr += reason == REASON_DOCUMENT_NOT_CDA && d.kind == SNIFF_CCR;
	if (reason != REASON_DOCUMENT_FOREIGN && reason != REASON_DOCUMENT_NOT_CDA) {
		f->other++;
		print_message("%.*s: %s\n", (int)file.len, file.at, reason_code(reason));
	}
	arena_destroy(&arena);
}

static void test_foreign(void **state)
{
	(void)state;
	struct foreign f = {.root = corpus_root()};
	struct arena *arena = arena_create(1u << 20);
	struct bytes table = corpus_file(arena, arena_printf(arena, "%s/hostile/xdm/expectations.tsv", f.root));
	corpus_expectations(table, check_foreign, &f);
	print_message("foreign documents: %d, told foreign %d, CCR %d, other %d\n", f.documents, f.foreign, f.ccr, f.other);
	assert_int_equal(f.foreign + f.ccr, f.documents);
	assert_true(f.ccr >= 2);
	arena_destroy(&arena);
}

/* --- documents made here ----------------------------------------------------------------------- */

#define HEAD "<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>" \
	"<realmCode code='FR'/><templateId root='1.2.250.1.213.1.1.1.1'/><templateId root='2.16.840.1.113883.2.8.2.1'/>"
#define NAMED "<id root='1.2.3' extension='A'/><code code='85208-7' codeSystem='2.16.840.1.113883.6.1' displayName='x'/>"
#define TARGET "<recordTarget><patientRole><id root='1.2.250.1.213.1.4.10' extension='279035121518989'/><patient><name>" \
	"<family qualifier='BR'>PAT-TROIS</family></name></patient></patientRole></recordTarget>"
#define TAIL "</ClinicalDocument>"

static const struct {
	const char *what;
	struct bytes document;
	enum reason reason;
} made[] = {
	{"the least that has a name and a patient", BYTES_OF(HEAD NAMED TARGET TAIL), REASON_NONE},
	{"two patients", BYTES_OF(HEAD NAMED TARGET TARGET TAIL), REASON_DOCUMENT_PATIENTS},
	{"no id", BYTES_OF(HEAD "<code code='x'/>" TARGET TAIL), REASON_DOCUMENT_HEADER},
	{"no type", BYTES_OF(HEAD "<id root='1.2'/>" TARGET TAIL), REASON_DOCUMENT_HEADER},
	{"no patient", BYTES_OF(HEAD NAMED TAIL), REASON_DOCUMENT_HEADER},
	{"another realm", BYTES_OF("<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='US'/></ClinicalDocument>"),
	 REASON_DOCUMENT_FOREIGN},
	{"realm FR without the French templates",
	 BYTES_OF("<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='FR'/></ClinicalDocument>"),
	 REASON_DOCUMENT_FOREIGN},
	{"the right name in no namespace", BYTES_OF("<ClinicalDocument><realmCode code='FR'/></ClinicalDocument>"),
	 REASON_DOCUMENT_NOT_CDA},
	{"inside another root", BYTES_OF("<a>" HEAD NAMED TARGET TAIL "</a>"), REASON_DOCUMENT_NOT_CDA},
	{"inside a style sheet",
	 BYTES_OF("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform' version='1.0'>"
		  "<xsl:template match='/'><xsl:value-of select=\"document('/etc/passwd')\"/></xsl:template>" HEAD NAMED TARGET TAIL
		  "</xsl:stylesheet>"),
	 REASON_DOCUMENT_SELF_DISPLAYING},
	{"two documents with a patient each inside a style sheet",
	 BYTES_OF("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'>" HEAD NAMED TARGET TAIL HEAD NAMED TARGET TAIL
		  "</xsl:stylesheet>"),
	 REASON_DOCUMENT_PATIENTS},
	{"a style sheet without document",
	 BYTES_OF("<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>"), REASON_DOCUMENT_NOT_CDA},
	{"CCR", BYTES_OF("<ContinuityOfCareRecord xmlns='urn:astm-org:CCR'/>"), REASON_DOCUMENT_NOT_CDA},
	{"DOCTYPE", BYTES_OF("<!DOCTYPE ClinicalDocument>" HEAD NAMED TARGET TAIL), REASON_DOCUMENT_DOCTYPE},
	{"cut", BYTES_OF(HEAD NAMED TARGET), REASON_DOCUMENT_MALFORMED},
};

static void test_made(void **state)
{
	(void)state;
	static const struct cda_options options = {.keep_embedded = true, .narrative = true};
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct cda_document d = {.version = BYTES("untouched")};
		enum reason reason = cda_read(arena, made[i].document, &options, &d);
		if (reason != made[i].reason)
			fail_msg("%s: %s", made[i].what, reason_code(reason));
		if (reason_entry(reason)->class == REASON_CLASS_REFUSED)
			assert_true(is(d.version, "untouched"));
		arena_destroy(&arena);
	}
}

#define STRUCTURED(body) HEAD NAMED TARGET "<component><structuredBody><component><section>" body \
	"</section></component></structuredBody></component>" TAIL
#define ORGANIZER(parts) "<entry><organizer><templateId root='2.16.840.1.113883.10.20.33.4.1'/>" parts "</organizer></entry>"
#define ANSWER(code, value) "<component><observation><code code='" code "' displayName='D'><originalText>  a \n b </originalText></code>" \
	value "</observation></component>"

static void test_answers(void **state)
{
	(void)state;
	static const struct cda_options options = {0};
	static const struct bytes document = BYTES_OF(STRUCTURED(
		ORGANIZER(ANSWER("relais.pathology", "<value xsi:type='CE' code='cancer-sein' displayName='no'/>")
			  ANSWER("consent.expert", "<value xsi:type='BL' value='true'/>")
			  ANSWER("question.1", "<value xsi:type='ST'> Faut-il &amp; op\xc3\xa9rer ?</value>")
			  ANSWER("weight", "<value xsi:type='PQ' value='61.5' unit='kg'/>")
			  ANSWER("none", "")
			  ANSWER("many", "<value xsi:type='CD' code='A'/><value xsi:type='CD' code='B'/>"
				 "<entryRelationship><observation><code code='inner'/><value xsi:type='ST'>no</value></observation></entryRelationship>"))
		"<entry><organizer><component><observation><code code='loose'/><value xsi:type='ST'>no</value></observation></component></organizer></entry>"));
	static const struct { const char *question, *value; } expected[] = {
		{"relais.pathology", "cancer-sein"}, {"consent.expert", "true"}, {"question.1", "Faut-il & op\xc3\xa9rer ?"},
		{"weight", "61.5"}, {"none", ""}, {"many", "A"}, {"many", "B"},
	};
	struct arena *arena = arena_create(1u << 20);
	struct cda_document d;
	assert_int_equal(cda_read(arena, document, &options, &d), REASON_NONE);
	assert_int_equal(d.answer_count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < d.answer_count; i++) {
		assert_true(is(d.answers[i].question, expected[i].question));
		assert_true(is(d.answers[i].value, expected[i].value));
		assert_true(is(d.answers[i].text, "a b"));
	}
	arena_destroy(&arena);
}

static void test_text(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 20);
	struct bytes text;
	static const struct bytes document = BYTES_OF(STRUCTURED("<title>Avis &amp; suite</title><text><paragraph>Un <content styleCode='Bold'>deux</content>.</paragraph>"
		"<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td> 2\n3 </td></tr></table>"
		"<list><item>x</item><item> y</item></list><linkHtml href='javascript:z'>lien</linkHtml></text>"));
	assert_int_equal(cda_read_narrative(arena, document, &text), REASON_NONE);
	if (!is(text, "\n\nAvis & suite\nUn deux.\nA | B\n1 | 2 3\n- x\n- y\nlien\n"))
		fail_msg("[%.*s]", (int)text.len, text.at);
	arena_destroy(&arena);
}

static void test_embedded(void **state)
{
	(void)state;
	static const struct cda_options options = {.keep_embedded = true};
	static const struct bytes document = BYTES_OF(STRUCTURED(
		"<entry><observationMedia><value mediaType='image/jpeg' representation='B64'>iVBO\nRw0K GgoAAAAN</value></observationMedia></entry>"
		"<entry><observationMedia><value mediaType='application/pdf' representation='B64'>JVBERi0x*LjQK</value></observationMedia></entry>"));
	struct arena *arena = arena_create(1u << 20);
	struct cda_document d;
	struct bytes pdf;
	assert_int_equal(cda_read(arena, document, &options, &d), REASON_NONE);
	assert_int_equal(d.embedded_count, 2);
	assert_int_equal(d.embedded[0].detected, SNIFF_PNG);
	assert_true(d.embedded[0].clean && d.embedded[0].size == 12);
	assert_true(d.embedded[1].detected == SNIFF_PDF && !d.embedded[1].clean);
	assert_int_equal(cda_read_pdf(arena, document, &pdf), REASON_NOT_FOUND);   /* a broken PDF stands for nothing */
	assert_true(found(&d, "embedded.type") && found(&d, "embedded.base64"));
	arena_destroy(&arena);
}

/* A PDF of 10 MB inside takes none of the reader's memory: it is decoded, looked at and counted as it goes by. */
static void test_flat_memory(void **state)
{
	(void)state;
	static const struct cda_options options = {0};
	struct arena *arena = arena_create(512u << 10);
	struct buf b = buf_make(16u << 20);
	struct cda_document d;

	buf_text(&b, HEAD NAMED TARGET "<component><nonXMLBody><text mediaType='application/pdf' representation='B64'>JVBERi0x");
	while (b.len < (14u << 20))
		buf_text(&b, "AAAA BBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMMNNNNOOOO\n");
	buf_text(&b, "</text></nonXMLBody></component>" TAIL);
	assert_int_equal(cda_read(arena, buf_bytes(&b), &options, &d), REASON_NONE);
	assert_int_equal(d.embedded_count, 1);
	assert_true(d.embedded[0].detected == SNIFF_PDF && d.embedded[0].clean && d.embedded[0].size > (10u << 20) - (1u << 18));
	assert_true(d.embedded[0].content.len == 0 && arena_used(arena) < (256u << 10));
	buf_free(&b);
	arena_destroy(&arena);
}

/* The name in use is the one called so, wherever it stands; without it, another that is not of birth. */
static void test_names(void **state)
{
#define NAMES(names) BYTES_OF(HEAD NAMED "<recordTarget><patientRole><patient><name>" names "</name></patient></patientRole></recordTarget>" TAIL)
	static const struct {
		struct bytes document;
		const char *family, *given;
	} cases[] = {
		{NAMES("<family qualifier='SP'>A</family><family qualifier='CL'>B</family><given qualifier='SP'>c</given><given qualifier='CL'>d</given>"), "B", "d"},
		{NAMES("<family qualifier='CL'>B</family><family qualifier='SP'>A</family><family qualifier='CL'>C</family>"), "B", ""},
		{NAMES("<family qualifier='BR'>A</family><family>B</family><given>c</given>"), "B", ""},
		{NAMES("<family qualifier='SP'>A</family><family qualifier='CL'/>"), "A", ""},
	};
	static const struct cda_options options = {0};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct cda_document d;
		assert_int_equal(cda_read(arena, cases[i].document, &options, &d), REASON_NONE);
		assert_true(is(d.patient.family_used, cases[i].family) && is(d.patient.given_used, cases[i].given));
		arena_destroy(&arena);
	}
}

/* What is kept of one document is bounded, item by item and together. */
static void test_bounds(void **state)
{
	(void)state;
	static const struct cda_options options = {0};
	struct arena *arena = arena_create(64u << 20);
	struct cda_document d;
	struct buf b = buf_make(32u << 20);
	buf_text(&b, HEAD NAMED TARGET "<title>");
	for (size_t i = 0; i < LIMIT_XML_TEXT; i++)
		buf_text(&b, "x");
	buf_text(&b, "</title>" TAIL);
	assert_int_equal(cda_read(arena, buf_bytes(&b), &options, &d), REASON_NONE);
	assert_int_equal(d.title.len, LIMIT_XML_TEXT);
	buf_clear(&b);
	buf_text(&b, HEAD NAMED TARGET "<title>");
	for (size_t i = 0; i <= LIMIT_XML_TEXT; i++)
		buf_text(&b, "x");
	buf_text(&b, "</title>" TAIL);
	assert_int_equal(cda_read(arena, buf_bytes(&b), &options, &d), REASON_DOCUMENT_LIMIT);
	buf_clear(&b);
	buf_text(&b, HEAD NAMED TARGET);
	for (size_t i = 0; i <= LIMIT_CDA_AUTHORS; i++)
		buf_text(&b, "<author/>");
	buf_text(&b, TAIL);
	assert_int_equal(cda_read(arena, buf_bytes(&b), &options, &d), REASON_DOCUMENT_LIMIT);
	buf_clear(&b);
	buf_text(&b, HEAD NAMED TARGET);
	for (size_t i = 0; i < 40; i++) {
		buf_text(&b, "<inFulfillmentOf><order><id root='1' extension='");
		for (size_t n = 0; n < 60000; n++)
			buf_text(&b, "x");
		buf_text(&b, "'/></order></inFulfillmentOf>");
	}
	buf_text(&b, TAIL);
	assert_int_equal(cda_read(arena, buf_bytes(&b), &options, &d), REASON_DOCUMENT_LIMIT);
	buf_free(&b);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),        cmocka_unit_test(test_report),  cmocka_unit_test(test_narrative),
		cmocka_unit_test(test_questionnaire), cmocka_unit_test(test_foreign), cmocka_unit_test(test_made),
		cmocka_unit_test(test_answers),       cmocka_unit_test(test_text),    cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_flat_memory),   cmocka_unit_test(test_names),         cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

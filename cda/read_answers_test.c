/* cda/read_answers_test.c - answers of questionnaires in every form, forms that are not answers, and a physician's request. */
#include "cda/corpus_test.h"
#include "cda/read.h"

#include <string.h>

#define HL7 "<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>"
#define DOCUMENT(type, body) HL7 "<id root='1.2'/><code code='" type "'/><component><structuredBody>" body "</structuredBody></component></ClinicalDocument>"
#define SECTION(title, body) "<component><section><title>" title "</title>" body "</section></component>"
#define QRD "2.16.840.1.113883.10.20.33"
#define ORGANIZER(body) "<entry><organizer classCode='BATTERY'><templateId root='" QRD ".4.1'/>" body "</organizer></entry>"
#define ITEM(n, body) "<component><sequenceNumber value='" n "'/>" body "</component>"
#define OBSERVATION(template, id, body) "<observation moodCode='EVN'><templateId root='" QRD template "'/><code code='" id "' displayName='shown'>" \
	"<originalText> the \n words </originalText></code>" body "</observation>"
#define OPTIONS(low, high) "<entryRelationship typeCode='SUBJ'><observation><code code='74467-2'/><value xsi:type='IVL_INT'><low value='" low \
	"'/><high value='" high "'/></value></observation></entryRelationship>"
#define RANGE(low, high) "<referenceRange typeCode='REFV'><templateId root='" QRD ".4.3'/><observationRange><value xsi:type='IVL_INT'><low value='" low \
	"'/><high value='" high "'/></value></observationRange></referenceRange>"
#define REFERENCE(body) "<reference typeCode='REFR'><externalDocument>" body "</externalDocument></reference>"

static bool is(struct bytes a, const char *text)
{
	return bytes_equal_text(a, text);
}

static void read_made(struct arena *arena, const char *xml, struct cda_document *out)
{
	static const struct cda_options options = {0};
	enum reason reason = cda_read(arena, bytes_of_text(xml), &options, out);
	if (reason != REASON_DOCUMENT_FOREIGN)
		fail_msg("%s", reason_code(reason));
}

/* One observation, and what its only answer says; "" where nothing is said. */
static const struct {
	const char *what, *observation;
	enum cda_answer_kind kind;
	const char *value, *label, *unit, *low, *high;
	enum cda_null null;
} kinds[] = {
	{"an integer with its range", OBSERVATION(".4.4", "q", "<value xsi:type='INT' value='7'/>" RANGE("0", "24")), CDA_ANSWER_NUMBER, "7", "", "", "0", "24", CDA_NULL_NONE},
	{"a real", OBSERVATION(".4.4", "q", "<value xsi:type='REAL' value='0.5'/>"), CDA_ANSWER_NUMBER, "0.5", "", "", "", "", CDA_NULL_NONE},
	{"a quantity with its unit", OBSERVATION(".4.4", "q", "<value xsi:type='PQ' value='61.5' unit='kg'/>"), CDA_ANSWER_NUMBER, "61.5", "", "kg", "", "", CDA_NULL_NONE},
	{"a choice with its words and how many", OBSERVATION(".4.5", "q", "<value xsi:type='CE' code='A1' displayName='Yes'/>" OPTIONS("1", "3")),
	 CDA_ANSWER_CHOICE, "A1", "Yes", "", "1", "3", CDA_NULL_NONE},
	{"a choice whose words are below", OBSERVATION(".4.5", "q", "<value xsi:type='CD' code='A1'><originalText>Oui</originalText></value>"),
	 CDA_ANSWER_CHOICE, "A1", "Oui", "", "", "", CDA_NULL_NONE},
	{"text", OBSERVATION(".4.6", "q", "<value xsi:type='ST'> a \n b </value>"), CDA_ANSWER_TEXT, "a b", "", "", "", "", CDA_NULL_NONE},
	{"a type with a prefix", OBSERVATION(".4.6", "q", "<value xmlns:h='urn:hl7-org:v3' xsi:type='h:ST'>x</value>"), CDA_ANSWER_TEXT, "x", "", "", "", "", CDA_NULL_NONE},
	{"a time", OBSERVATION(".4.6", "q", "<value xsi:type='TS' value='20261212'/>"), CDA_ANSWER_DATE, "20261212", "", "", "", "", CDA_NULL_NONE},
	{"a truth", OBSERVATION(".4.6", "q", "<value xsi:type='BL' value='false'/>"), CDA_ANSWER_TRUTH, "false", "", "", "", "", CDA_NULL_NONE},
	{"an analog slider", OBSERVATION(".4.7", "q", "<value xsi:type='INT' value='3'/>" RANGE("0", "10")), CDA_ANSWER_SLIDER, "3", "", "", "0", "10", CDA_NULL_NONE},
	{"an analog slider on a list", OBSERVATION(".4.7", "q", "<value xsi:type='INT' value='3'/><referenceRange><observationRange>"
	 "<value xsi:type='GLIST_INT' denominator='10'><head value='1'/><increment value='1'/></value></observationRange></referenceRange>"),
	 CDA_ANSWER_SLIDER, "3", "", "", "1", "10", CDA_NULL_NONE},
	{"a discrete slider beside a choice", OBSERVATION(".4.5", "q", "<templateId root='" QRD ".4.8'/><value xsi:type='CE' code='A3' displayName='Much'/>"),
	 CDA_ANSWER_SLIDER, "A3", "Much", "", "", "", CDA_NULL_NONE},
	{"not asked", OBSERVATION(".4.4", "q", "<value xsi:type='INT' nullFlavor='NASK'/>"), CDA_ANSWER_NUMBER, "", "", "", "", "", CDA_NULL_NOT_ASKED},
	{"asked, and no answer given", OBSERVATION(".4.6", "q", "<value xsi:type='ST' nullFlavor='ASKU'/>"), CDA_ANSWER_TEXT, "", "", "", "", "", CDA_NULL_DECLINED},
	{"unknown", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='UNK'/>"), CDA_ANSWER_CHOICE, "", "", "", "", "", CDA_NULL_UNKNOWN},
	{"a null flavour that nobody knows", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='X'/>"), CDA_ANSWER_CHOICE, "", "", "", "", "", CDA_NULL_UNKNOWN},
	{"kept back", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='MSK'/>"), CDA_ANSWER_CHOICE, "", "", "", "", "", CDA_NULL_MASKED},
	{"does not apply", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='NA'/>"), CDA_ANSWER_CHOICE, "", "", "", "", "", CDA_NULL_NOT_APPLICABLE},
	{"none of the choices, in words", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='OTH'><originalText>mauve</originalText></value>"),
	 CDA_ANSWER_CHOICE, "", "mauve", "", "", "", CDA_NULL_OTHER},
	{"a null with a code is no answer", OBSERVATION(".4.5", "q", "<value xsi:type='CE' nullFlavor='UNK' code='A1'/>"), CDA_ANSWER_CHOICE, "", "", "", "", "", CDA_NULL_UNKNOWN},
	{"no value at all", OBSERVATION(".4.4", "q", ""), CDA_ANSWER_NUMBER, "", "", "", "", "", CDA_NULL_NONE},
	{"the whole observation not asked", "<observation nullFlavor='NASK'><code code='q'><originalText>the words</originalText></code></observation>",
	 CDA_ANSWER_UNSAID, "", "", "", "", "", CDA_NULL_NOT_ASKED},
	{"a range within the options is theirs alone", OBSERVATION(".4.4", "q", "<value xsi:type='INT' value='7'/><entryRelationship><observation><code code='x'/>"
	 "<value xsi:type='IVL_INT'><low value='1'/></value></observation></entryRelationship>"), CDA_ANSWER_NUMBER, "7", "", "", "", "", CDA_NULL_NONE},
};

static void every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct cda_document d;
		read_made(arena, arena_printf(arena, DOCUMENT("74465-6", SECTION("S", "%s")), arena_printf(arena, ORGANIZER(ITEM("4", "%s")), kinds[i].observation)), &d);
		const struct cda_answer *a = d.answers;
		if (d.answer_count != 1 || a->kind != kinds[i].kind || a->null != kinds[i].null || !is(a->value, kinds[i].value) ||
		    !is(a->label, kinds[i].label) || !is(a->unit, kinds[i].unit) || !is(a->low, kinds[i].low) || !is(a->high, kinds[i].high))
			fail_msg("%s", kinds[i].what);
		if (!is(a->question, "q") || !is(a->text, "the words") || !is(a->section, "S") || !is(a->sequence, "4"))
			fail_msg("%s: what it shares", kinds[i].what);
		arena_destroy(&arena);
	}
}

static void nested(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1u << 20);
	struct cda_document d;
	static const struct {
		const char *question, *section, *sequence, *value;
	} expected[] = {
		{"a", "Outer", "1", "1"}, {"b", "Outer", "2.1", "2"}, {"b", "Outer", "2.1", "3"}, {"c", "Inner", "", "4"}, {"d", "Outer", "1", "5"},
	};
	read_made(arena, DOCUMENT("74465-6", "<component><section><title>Outer</title>"
		ORGANIZER(ITEM("1", OBSERVATION(".4.4", "a", "<value xsi:type='INT' value='1'/>"))
			  ITEM("2", "<organizer>" ITEM("1", OBSERVATION(".4.5", "b", "<value xsi:type='CE' code='2'/><value xsi:type='CE' code='3'/>")) "</organizer>"))
		"<component><section>" SECTION("Inner", ORGANIZER("<component>" OBSERVATION(".4.6", "c", "<value xsi:type='ST'>4</value>") "</component>")) "</section></component>"
		ORGANIZER(ITEM("1", OBSERVATION(".4.6", "d", "<value xsi:type='ST'>5</value>")))
		"</section></component>"
		SECTION("Foreign", "<entry><organizer>" ITEM("1", OBSERVATION(".4.6", "e", "<value xsi:type='ST'>no</value>")) "</organizer></entry>")), &d);
	assert_int_equal(d.answer_count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < d.answer_count; i++)
		if (!is(d.answers[i].question, expected[i].question) || !is(d.answers[i].section, expected[i].section) ||
		    !is(d.answers[i].sequence, expected[i].sequence) || !is(d.answers[i].value, expected[i].value))
			fail_msg("answer %zu", i);
	arena_destroy(&arena);
}

static void references(void **state)
{
	(void)state;
	static const struct {
		const char *what, *references, *root, *extension, *version;
	} rows[] = {
		{"none", "", "", "", ""},
		{"the first without a code", REFERENCE("<id root='1.2' extension='f'/>") REFERENCE("<id root='1.2' extension='m'/>"), "1.2", "f", ""},
		{"with its version", REFERENCE("<id root='1.2'/><setId root='1.3'/><versionNumber value='3'/>"), "1.2", "", "3"},
		{"the one that says it is a form", REFERENCE("<id root='1.2' extension='m'/>") REFERENCE("<id root='1.2' extension='f'/><code code='74468-0'/>"), "1.2", "f", ""},
		{"one that is another document", REFERENCE("<id root='1.2' extension='m'/><code code='53576-5'/>"), "", "", ""},
		{"its first id", REFERENCE("<id root='1.2' extension='f'/><id root='1.4' extension='3'/>"), "1.2", "f", ""},
		{"another relation", "<reference typeCode='SPRT'><externalDocument><id root='1.2'/></externalDocument></reference>", "", "", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct cda_document d;
		read_made(arena, arena_printf(arena, DOCUMENT("74465-6", SECTION("S", "%s")), arena_printf(arena, ORGANIZER("<component><observation><code code='q'/>"
			  "<value xsi:type='CE' code='1'/><value xsi:type='CE' code='2'/>%s</observation></component>"), rows[i].references)), &d);
		assert_int_equal(d.answer_count, 2);
		for (size_t k = 0; k < 2; k++)
			if (!is(d.answers[k].form.root, rows[i].root) || !is(d.answers[k].form.extension, rows[i].extension) || !is(d.answers[k].form.version, rows[i].version))
				fail_msg("%s", rows[i].what);
		arena_destroy(&arena);
	}
}

/* A form is recognised by its type, or by the code of a section; a question that is defined is no answer anywhere. */
static void definitions(void **state)
{
	(void)state;
	static const struct {
		const char *what, *xml;
		bool definition;
		size_t answers;
	} rows[] = {
		{"answers", DOCUMENT("74465-6", SECTION("S", ORGANIZER("<component>" OBSERVATION(".4.6", "q", "<value xsi:type='ST'>x</value>") "</component>"))), false, 1},
		{"a form by its type", DOCUMENT("74468-0", SECTION("S", ORGANIZER("<component>" OBSERVATION(".4.6", "q", "<value xsi:type='ST'>x</value>") "</component>"))), true, 0},
		{"a form by its section", DOCUMENT("74465-6", SECTION("S", ORGANIZER("<component>" OBSERVATION(".4.6", "q", "<value xsi:type='ST'>x</value>") "</component>"))
			"<component><section><code code='74468-0'/></section></component>"), true, 0},
		{"a question among the answers", DOCUMENT("74465-6", SECTION("S", ORGANIZER("<component><observation moodCode='DEF'><code code='q'/><value xsi:type='CE' code='A'/>"
			"</observation></component><component>" OBSERVATION(".4.6", "q", "<value xsi:type='ST'>x</value>") "</component>"))), false, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1u << 20);
		struct cda_document d;
		read_made(arena, rows[i].xml, &d);
		if (d.definition != rows[i].definition || d.answer_count != rows[i].answers)
			fail_msg("%s", rows[i].what);
		arena_destroy(&arena);
	}
}

static void forms_of_the_corpus(void **state)
{
	(void)state;
	static const char *const names[] = {"QFDD.sample.xml", "QFD_Example_1_Numeric_Question.xml", "QFD_Example_2_Multiple_Choise_Question.xml",
					    "QFD_Example_4_Text_Question.xml", "QFD_Example_5_Discrete_Slider.xml"};
	static const struct cda_options options = {0};
	const char *root = corpus_root();   /* first: without the corpus it does not come back */

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct arena *arena = arena_create(16u << 20);
		struct cda_document d;
		struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/questionnaire/QFDD/%s", root, names[i]));
		assert_int_equal(cda_read(arena, data, &options, &d), REASON_DOCUMENT_FOREIGN);
		if (!d.definition || d.answer_count > 0)
			fail_msg("%s", names[i]);
		arena_destroy(&arena);
	}
}

/* The agency's own sample: nine sections with text, one PDF in the section of attached documents. */
static void physicians_request(void **state)
{
	(void)state;
	static const struct {
		const char *code, *title, *words;
	} expected[] = {
		{"34117-2", "Anamnèse", "pathologies actives"}, {"29762-2", "Habitus, Mode de vie", "tabagisme"},
		{"10161-8", "Facteurs de risques professionnels", "risques professionnels"}, {"10160-0", "Traitements", "PLAVIX 75mg"},
		{"46264-8", "Dispositifs médicaux", "STENTS CORONAIRES"}, {"8716-3", "Signes vitaux", "59 kg"},
		{"30954-2", "Résultats d'examens", "Échographie-doppler"}, {"10162-6", "Obstétrique", "enceinte"},
		{"55107-7", "Documents complémentaires", "CR Echo-Doppler veineux du 15/12/2019"},
	};
	static const struct cda_options options = {.keep_attached = true};
	const char *root = corpus_root();   /* first: without the corpus it does not come back */
	struct arena *arena = arena_create(64u << 20);
	struct cda_document d;
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/cda/fr-testcontenu-3.0/TLM-DA_2022.01_TE1_anamnèse-non-structurée.xml", root));

	assert_int_equal(cda_read(arena, data, &options, &d), REASON_NONE);
	assert_int_equal(d.section_count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < d.section_count; i++)
		if (!is(d.sections[i].code, expected[i].code) || !is(d.sections[i].title, expected[i].title) ||
		    !bytes_contains(d.sections[i].text, bytes_of_text(expected[i].words)) || !bytes_utf8(d.sections[i].text))
			fail_msg("section %zu: %.*s", i, (int)d.sections[i].text.len, (const char *)d.sections[i].text.at);
	assert_int_equal(d.narrative.len + d.answer_count, 0);   /* nobody asked for the one, and it has none of the other */
	assert_int_equal(d.embedded_count, 1);
	assert_true(d.embedded[0].attached && !d.embedded[0].body && d.embedded[0].detected == SNIFF_PDF);
	assert_int_equal(d.embedded[0].content.len, d.embedded[0].size);
	assert_true(is(d.authors[0].name, "Bernard VACQUIER"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),  cmocka_unit_test(nested),              cmocka_unit_test(references),
		cmocka_unit_test(definitions), cmocka_unit_test(forms_of_the_corpus), cmocka_unit_test(physicians_request),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

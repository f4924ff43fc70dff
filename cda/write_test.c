/* cda/write_test.c - the report: what is demanded, what is written, and that the schema and our own reader agree with it. */
#include "cda/corpus_test.h"
#include "cda/read.h"
#include "cda/schema.h"
#include "cda/write.h"
#include "cda/write_codes.h"

#define PDF "%PDF-1.4\n%\xe2\xe3\xcf\xd3\nnot quite\n%%EOF\n"

static struct cda_write_report sample(void)
{
	return (struct cda_write_report){
		.level = 1, .id = BYTES("2.25.1001"), .set_id = BYTES("2.25.1000"), .version = 1, .request_id = BYTES("2.25.900^Q-1"),
		.title = BYTES("Deuxième avis médical"),
		.time = {{1795297800000000}, 60}, .signed_time = {{1795290000000000}, 60}, .act = BYTES("TE2"),
		.service_time = {{1795200000000000}, 60}, .service_end = {{1795290000000000}, 60},
		.patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
			    .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE MARIE-LOUISE"),
			    .birth_time = BYTES("19790328"), .sex = BYTES("F"), .birth_place = BYTES("51215")},
		.expert = {.rpps = BYTES("01234567123"), .title = BYTES("PR"), .given = BYTES("Hélène"), .family = BYTES("D'EXEMPLE & Cie <x>"),
			   .organisation = BYTES("CHU de démonstration"), .organisation_id = BYTES("1750000002"), .specialty_code = BYTES("G15_10/SM26")},
		.custodian = {.id = BYTES("1750000001"), .name = BYTES("Service de deuxième avis")},
		.pdf = BYTES(PDF),
	};
}

static void refuses_what_is_incomplete(void **state)
{
	static const struct {
		const char *what;
		size_t field;               /* offset of a struct bytes in the report */
		struct bytes value;
		const char *named;
	} cases[] = {
#define F(member) offsetof(struct cda_write_report, member)
		{"no INS", F(patient.ins), BYTES_OF(""), "patient.ins"},
		{"an INS of 13 digits", F(patient.ins), BYTES_OF("2790351215189"), "patient.ins"},
		{"an INS with a letter", F(patient.ins), BYTES_OF("27903512151898X"), "patient.ins"},
		{"a local identifier's root", F(patient.oid), BYTES_OF("1.2.3.4"), "patient.oid"},
		{"no birth name", F(patient.family_birth), BYTES_OF(" "), "patient.family_birth"},
		{"a line end in a name", F(patient.given_birth_all), BYTES_OF("A\nB"), "patient.given_birth_all"},
		{"a birth date with time", F(patient.birth_time), BYTES_OF("197903280000"), "patient.birth_time"},
		{"another sex code", F(patient.sex), BYTES_OF("X"), "patient.sex"},
		{"no place of birth", F(patient.birth_place), BYTES_OF(""), "patient.birth_place"},
		{"an id that is no OID", F(id), BYTES_OF("A-2026-1"), "id"},
		{"an arc with a leading zero", F(id), BYTES_OF("1.2.03"), "id"},
		{"an arc that no OID begins with", F(id), BYTES_OF("6.2"), "id"},
		{"a first arc of two digits", F(set_id), BYTES_OF("12.3"), "set_id"},
		{"an id with an empty extension", F(id), BYTES_OF("1.2.3^"), "id"},
		{"no request", F(request_id), BYTES_OF(""), "request_id"},
		{"an RPPS of 12 digits", F(expert.rpps), BYTES_OF("801234567123"), "expert.rpps"},
		{"broken UTF-8", F(title), BYTES_OF("\xc3"), "title"},
		{"no body", F(pdf), BYTES_OF(""), "pdf"},
		{"a place of birth that is a name", F(patient.birth_place), BYTES_OF("PARIS"), "patient.birth_place"},
		{"a name in use of blanks", F(patient.family_used), BYTES_OF("  "), "patient.family_used"},
		{"a guardian without a family name", F(patient.guardian.given), BYTES_OF("Jeanne"), "patient.guardian"},
		{"a title that is none", F(expert.title), BYTES_OF("MME"), "expert.title"},
		{"a setting that is none", F(expert.practice_code), BYTES_OF("HOPITAL"), "expert.practice"},
		{"a facility that is none", F(custodian.facility_code), BYTES_OF("SA99"), "custodian.facility"},
		{"a teleconsultation", F(act), BYTES_OF("TCG"), "act"},
		{"no act", F(act), BYTES_OF(""), "act"},
		{"a first version that replaces", F(replaces), BYTES_OF("2.25.7"), "version"},
		{"a version that replaces itself", F(replaces), BYTES_OF("2.25.1001"), "replaces"},
#undef F
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct cda_write_report report = sample();
		struct bytes out = BYTES_NONE;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		memcpy((char *)&report + cases[i].field, &cases[i].value, sizeof(struct bytes));
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, cases[i].named);
		assert_null(out.at);
		arena_destroy(&arena);
	}
}

static const struct cda_write_section sections[] = {
	{CDA_WRITE_SUMMARY, BYTES_OF("En clair"), BYTES_OF("Tout va bien.\n\nParlez-en.")},
	{CDA_WRITE_OPINION, BYTES_OF("Avis motivé"), BYTES_OF("Deux raisons :\n- la taille < 2 cm\n- & l'âge\nDonc non.")},
	{CDA_WRITE_HELP, BYTES_OF("Aide utilisée"), BYTES_OF("Aucune.")},
};
static const struct cda_write_recipient recipients[] = {
	{BYTES_OF("01234567890"), {BYTES_OF("DR"), BYTES_OF("Bernard"), BYTES_OF("VACQUIER")}},
	{BYTES_OF(""), {BYTES_OF(""), BYTES_OF(""), BYTES_OF("Cabinet du Belvédère")}},
};

/* Everything that a report can have. */
static struct cda_write_report full(unsigned level)
{
	struct cda_write_report report = sample();
	report.level = level;
	report.sections = sections;
	report.section_count = sizeof sections / sizeof sections[0];
	report.recipients = recipients;
	report.recipient_count = sizeof recipients / sizeof recipients[0];
	report.replaces = BYTES("2.25.1000.1");
	report.version = 2;
	report.patient.family_used = BYTES("NOUVEAU-NOM");
	report.patient.given_used = BYTES("Dominique");
	report.patient.birth_order = 2;
	report.patient.guardian = (struct cda_write_person){BYTES_NONE, BYTES("Jeanne"), BYTES("NESSI")};
	return report;
}

static void reads_back_the_same(void **state)
{
	const struct cda_options options = {.keep_embedded = true, .narrative = true};
	(void)state;
	for (unsigned level = 1; level <= 3; level += 2) {
		struct arena *arena = arena_create(8 << 20);
		struct cda_write_report report = full(level);
		struct bytes out, again;
		const char *field = "";
		struct cda_document read;
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
		assert_int_equal(cda_write_report(arena, &report, &again, &field), REASON_NONE);
		assert_true(bytes_equal(out, again));
		assert_int_equal(cda_read(arena, out, &options, &read), REASON_NONE);
		assert_true(read.french);
		assert_int_equal(read.level, level);
		assert_int_equal(read.finding_count, 0);
		assert_true(bytes_equal_text(read.type, CDA_WRITE_TYPE));
		assert_true(bytes_equal_text(cda_id_text(arena, read.id), "2.25.1001"));
		assert_true(bytes_equal_text(cda_id_text(arena, read.set_id), "2.25.1000"));
		assert_true(bytes_equal_text(cda_id_text(arena, read.replaces), "2.25.1000.1"));
		assert_true(bytes_equal_text(read.version, "2") && bytes_equal_text(read.time, "20261121225000+0100"));
		assert_true(bytes_equal_text(read.patient.ids[0].extension, "279035121518989"));
		assert_true(bytes_equal_text(read.patient.family_used, "NOUVEAU-NOM") && bytes_equal_text(read.patient.given_used, "Dominique"));
		assert_true(bytes_equal_text(read.patient.given_birth_first, "DOMINIQUE"));
		assert_true(bytes_equal_text(read.patient.given_birth_all, "DOMINIQUE MARIE-LOUISE"));
		assert_true(bytes_equal_text(read.patient.birth_place, "51215"));
		assert_int_equal(read.author_count, 1);
		assert_true(bytes_equal_text(read.authors[0].rpps, "01234567123"));
		assert_true(bytes_contains(read.authors[0].name, BYTES("D'EXEMPLE & Cie <x>")));
		assert_true(bytes_equal_text(read.legal_authenticator.rpps, "01234567123"));
		assert_int_equal(read.order_count, 1);
		assert_true(bytes_equal_text(cda_id_text(arena, read.orders[0]), "2.25.900^Q-1"));
		assert_int_equal(read.embedded_count, 1);
		assert_true(bytes_equal(read.embedded[0].content, BYTES(PDF)));
		arena_destroy(&arena);
	}
}

/* What the typed view does not show: each as it must stand in the document. */
static void writes_what_nobody_reads_back(void **state)
{
	static const struct {
		const char *what, *text;
		unsigned level;   /* 0: both */
	} cases[] = {
		{"twins", "<sdtc:multipleBirthInd value=\"true\"/>\n        <sdtc:multipleBirthOrderNumber value=\"2\"/>", 0},
		{"the guardian", "<guardian>", 0},
		{"and her name", "<given>Jeanne</given>", 0},
		{"the expert's title behind his name", "<suffix>PR</suffix>", 0},
		{"his specialty by its name", "displayName=\"Médecin - Qualifié en Médecine Générale (SM)\"", 0},
		{"a recipient by his number", "extension=\"801234567890\"", 0},
		{"one without", "<family>Cabinet du Belvédère</family>", 0},
		{"the act", "code=\"TE2\" displayName=\"Acte de téléexpertise de niveau 2", 0},
		{"when it began", "<low value=\"20261120194000+0100\"/>", 0},
		{"when it ended", "<high value=\"20261121204000+0100\"/>", 0},
		{"when he signed", "<time value=\"20261121204000+0100\"/>", 0},
		{"the number of the version replaced", "<versionNumber value=\"1\"/>", 0},
		{"the model of level 1", "<templateId root=\"1.3.6.1.4.1.19376.1.2.20\"/>", 1},
		{"a section by its code", "<code code=\"51848-0\"", 3},
		{"an item", "<item>la taille &lt; 2 cm</item>", 3},
		{"the copy of the document", "<templateId root=\"1.2.250.1.213.1.1.2.243\"/>", 3},
		{"which is shown", "<renderMultiMedia referencedObject=\"PDF1\"/>", 3},
		{"our model of level 3", "<templateId root=\"" CDA_WRITE_TEMPLATE_LEVEL_3 "\"/>", 3},
	};
	struct arena *arena = arena_create(8 << 20);
	(void)state;
	for (unsigned level = 1; level <= 3; level += 2) {
		struct cda_write_report report = full(level);
		struct bytes out;
		const char *field = "";
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			print_message("level %u: %s\n", level, cases[i].what);
			assert_int_equal(bytes_contains(out, bytes_of_text(cases[i].text)), cases[i].level == 0 || cases[i].level == level);
		}
	}
	arena_destroy(&arena);
}

static void shows_the_text_of_level_3(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct cda_write_report report = full(3);
	struct bytes out, text, pdf;
	const char *field = "";
	(void)state;
	assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
	assert_int_equal(cda_read_narrative(arena, out, &text), REASON_NONE);
	assert_true(bytes_contains(text, BYTES("Avis motivé\nDeux raisons :\n- la taille < 2 cm\n- & l'âge\nDonc non.")));
	assert_true(bytes_contains(text, BYTES("En clair\nTout va bien.\nParlez-en.")));
	assert_int_equal(cda_read_pdf(arena, out, &pdf), REASON_NONE);
	assert_true(bytes_equal_text(pdf, PDF));
	arena_destroy(&arena);
}

static void refuses_bad_sections_and_recipients(void **state)
{
	static const struct cda_write_section bad_sections[] = {
		{CDA_WRITE_OTHER, BYTES_OF(""), BYTES_OF("text")},         {CDA_WRITE_OTHER, BYTES_OF("T"), BYTES_OF("  \n ")},
		{CDA_WRITE_OTHER, BYTES_OF("T"), BYTES_OF("a\x1b[0m")},    {CDA_WRITE_OTHER, BYTES_OF("T"), BYTES_OF("a\xc3")},
		{CDA_WRITE_KINDS, BYTES_OF("T"), BYTES_OF("a")},           {CDA_WRITE_OTHER, BYTES_OF("T\nU"), BYTES_OF("a")},
	};
	static const struct cda_write_recipient bad_recipients[] = {
		{BYTES_OF("1"), {BYTES_OF("DR"), BYTES_OF("B"), BYTES_OF("V")}}, {BYTES_OF(""), {BYTES_OF("DR"), BYTES_OF("B"), BYTES_OF("")}},
		{BYTES_OF(""), {BYTES_OF("Dr"), BYTES_OF("B"), BYTES_OF("V")}},  {BYTES_OF(""), {BYTES_OF(""), BYTES_OF("\x7f"), BYTES_OF("V")}},
	};
	struct arena *arena = arena_create(8 << 20);
	struct bytes out = BYTES_NONE;
	const char *field = "";
	(void)state;
	for (size_t i = 0; i < sizeof bad_sections / sizeof bad_sections[0]; i++) {
		struct cda_write_report report = full(3);
		report.sections = &bad_sections[i];
		report.section_count = 1;
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, "sections");
	}
	for (size_t i = 0; i < sizeof bad_recipients / sizeof bad_recipients[0]; i++) {
		struct cda_write_report report = full(1);
		report.recipients = &bad_recipients[i];
		report.recipient_count = 1;
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, "recipients");
	}
	struct cda_write_report empty = full(3);
	empty.section_count = 0;
	assert_int_equal(cda_write_report(arena, &empty, &out, &field), REASON_COMPOSE_FIELD);
	static const struct cda_write_time times[] = {
		{{INT64_MIN}, 0}, {{INT64_MAX}, 60}, {{0}, 15 * 60}, {{0}, -13 * 60}, {{-2208988800000000}, 0}, {{253402300800000000}, 0},
	};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct cda_write_report report = full(1);
		report.time = times[i];
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, "time");
	}
	empty = full(2);
	assert_int_equal(cda_write_report(arena, &empty, &out, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "level");
	assert_null(out.at);
	arena_destroy(&arena);
}

static void follows_the_schema(void **state)
{
	struct schema *schema = NULL;
	char path[512];
	(void)state;
	snprintf(path, sizeof path, "%s/cda-schema", corpus_root());
	assert_int_equal(schema_load(path, &schema), REASON_NONE);
	for (unsigned i = 0; i < 4; i++) {
		struct arena *arena = arena_create(8 << 20);
		struct cda_write_report report = full(i % 2 == 0 ? 1 : 3);
		struct bytes out;
		const char *field = "";
		struct cda_document read;
		const struct cda_options options = {.schema = schema};
		if (i >= 2) {
			struct cda_write_report plain = sample();
			plain.level = report.level;
			plain.sections = sections;
			plain.section_count = 1;
			plain.id = BYTES("11111111-2222-3333-4444-555555555555^Q");
			report = plain;
		}
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
		assert_int_equal(cda_read(arena, out, &options, &read), REASON_NONE);
		assert_int_equal(read.schema, CDA_SCHEMA_VALID);
		assert_int_equal(read.finding_count, 0);
		arena_destroy(&arena);
	}
	schema_close(&schema);
}

/* code="SA01" … displayName="…" of one Concept. */
static struct bytes name_in_set(struct arena *arena, struct bytes file, struct bytes code)
{
	size_t at = bytes_find(file, bytes_of_text(arena_printf(arena, "code=\"%s\"", arena_text(arena, code))), 0);
	if (at == file.len)
		return BYTES_NONE;
	at = bytes_find(file, BYTES("displayName=\""), at) + sizeof "displayName=\"" - 1;
	return bytes_slice(file, at, bytes_find_byte(file, '"', at) - at);
}

static void names_codes_as_the_value_sets_do(void **state)
{
	static const char *const files[WRITE_SETS] = {
		[WRITE_SET_FACILITY] = "JDV_J02_XdsHealthcareFacilityTypeCode_CISIS.xml",
		[WRITE_SET_PRACTICE] = "JDV_J04_XdsPracticeSettingCode_CISIS.xml",
	};
	const char *root = corpus_root();
	struct arena *arena = arena_create(8 << 20);
	enum write_set set;
	struct bytes code, name;
	size_t compared = 0;
	(void)state;
	for (size_t i = 0; write_code_row(i, &set, &code, &name); i++) {
		if (files[set] == NULL)
			continue;
		struct bytes file = corpus_file(arena, arena_printf(arena, "%s/cda/fr-value-sets/%s", root, files[set]));
		struct bytes theirs = name_in_set(arena, file, code);
		assert_true(bytes_equal(theirs, name));
		compared++;
	}
	assert_true(compared > 20);
	struct bytes types = corpus_file(arena, arena_printf(arena, "%s/cda/fr-value-sets/JDV_J07_XdsTypeCode_CISIS.xml", root));
	assert_true(bytes_equal_text(name_in_set(arena, types, BYTES(CDA_WRITE_TYPE)), CDA_WRITE_TYPE_NAME));
	arena_destroy(&arena);
}

static void knows_titles_as_people_write_them(void **state)
{
	static const struct {
		const char *words, *code;
	} cases[] = {{"Pr", "PR"}, {"dr.", "DR"}, {"Professeur", "PR"}, {" DOCTEUR ", "DR"}, {"Mme", ""}, {"", ""}, {".", ""}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_true(bytes_equal_text(write_code_title(bytes_of_text(cases[i].words)), cases[i].code));
}

static void writes_times_in_their_zone(void **state)
{
	static const struct {
		const char *what;
		int64_t us;
		int offset;
		const char *text;
	} cases[] = {
		{"winter evening in Paris", 1795297800000000, 60, "20261121225000+0100"},
		{"the day changes with the zone", 1795303800000000, 60, "20261122003000+0100"},
		{"west of Greenwich", 1795297800000000, -210, "20261121182000-0330"},
		{"before 1970", -1000000, 0, "19691231235959+0000"},
	};
	struct arena *arena = arena_create(1 << 16);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes text = cda_write_time_text(arena, (struct cda_write_time){{cases[i].us}, cases[i].offset});
		print_message("%s\n", cases[i].what);
		assert_string_equal((const char *)text.at, cases[i].text);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_incomplete),
		cmocka_unit_test(reads_back_the_same),
		cmocka_unit_test(writes_what_nobody_reads_back),
		cmocka_unit_test(shows_the_text_of_level_3),
		cmocka_unit_test(refuses_bad_sections_and_recipients),
		cmocka_unit_test(follows_the_schema),
		cmocka_unit_test(names_codes_as_the_value_sets_do),
		cmocka_unit_test(knows_titles_as_people_write_them),
		cmocka_unit_test(writes_times_in_their_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

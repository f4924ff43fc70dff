/* cda/write_test.c - the report: what is demanded, what is written, and that the schema and our own reader agree with it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cda/read.h"
#include "cda/schema.h"
#include "cda/write.h"

#define PDF "%PDF-1.4\n%\xe2\xe3\xcf\xd3\nnot quite\n%%EOF\n"

static struct cda_write_report sample(void)
{
	return (struct cda_write_report){
		.id = BYTES("2.25.1001"), .set_id = BYTES("2.25.1000"), .version = 1, .request_id = BYTES("2.25.900^Q-1"),
		.title = BYTES("Deuxième avis médical"),
		.time = {{1795297800000000}, 60}, .service_time = {{1795200000000000}, 60},
		.patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
			    .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE MARIE-LOUISE"),
			    .birth_time = BYTES("19790328"), .sex = BYTES("F"), .birth_place = BYTES("51215")},
		.expert = {.rpps = BYTES("01234567123"), .given = BYTES("Hélène"), .family = BYTES("D'EXEMPLE & Cie <x>"),
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
		{"an id with an empty extension", F(id), BYTES_OF("1.2.3^"), "id"},
		{"no request", F(request_id), BYTES_OF(""), "request_id"},
		{"an RPPS of 12 digits", F(expert.rpps), BYTES_OF("801234567123"), "expert.rpps"},
		{"broken UTF-8", F(title), BYTES_OF("\xc3"), "title"},
		{"no body", F(pdf), BYTES_OF(""), "pdf"},
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

static void reads_back_the_same(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct cda_write_report report = sample();
	struct bytes out, again;
	const char *field = "";
	struct cda_document read;
	const struct cda_options options = {.keep_embedded = true};
	(void)state;

	report.replaces = BYTES("2.25.1000.1");
	report.version = 2;
	assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
	assert_int_equal(cda_write_report(arena, &report, &again, &field), REASON_NONE);
	assert_true(bytes_equal(out, again));
	assert_int_equal(cda_read(arena, out, &options, &read), REASON_NONE);
	assert_true(read.french);
	assert_int_equal(read.level, 1);
	assert_true(bytes_equal_text(read.type, CDA_WRITE_TYPE));
	assert_true(bytes_equal_text(cda_id_text(arena, read.id), "2.25.1001"));
	assert_true(bytes_equal_text(cda_id_text(arena, read.replaces), "2.25.1000.1"));
	assert_true(bytes_equal_text(read.version, "2"));
	assert_true(bytes_equal_text(read.patient.ids[0].extension, "279035121518989"));
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
	for (size_t i = 0; i < read.finding_count; i++)
		assert_int_not_equal(read.findings[i].level, CDA_LEVEL_ERROR);
	arena_destroy(&arena);
}

static void follows_the_schema(void **state)
{
	const char *corpus = getenv("RELAIS_CORPUS");
	struct schema *schema = NULL;
	char path[512];
	(void)state;
	if (corpus == NULL) {
		print_message("RELAIS_CORPUS is not set: the schema is not tried\n");
		skip();
		return;
	}
	snprintf(path, sizeof path, "%s/cda-schema", corpus);
	assert_int_equal(schema_load(path, &schema), REASON_NONE);
	for (int version = 1; version <= 2; version++) {
		struct arena *arena = arena_create(8 << 20);
		struct cda_write_report report = sample();
		struct bytes out;
		const char *field = "";
		struct cda_document read;
		const struct cda_options options = {.schema = schema};
		report.version = (unsigned)version;
		if (version == 2) {
			report.replaces = BYTES("11111111-2222-3333-4444-555555555555");
			report.patient.family_used = BYTES("NOUVEAU-NOM");
			report.patient.given_used = BYTES("Dominique");
		}
		assert_int_equal(cda_write_report(arena, &report, &out, &field), REASON_NONE);
		assert_int_equal(cda_read(arena, out, &options, &read), REASON_NONE);
		assert_int_equal(read.schema, CDA_SCHEMA_VALID);
		arena_destroy(&arena);
	}
	schema_close(&schema);
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
		cmocka_unit_test(follows_the_schema),
		cmocka_unit_test(writes_times_in_their_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cda/xdm_write_test.c - the package: our own strict reader and the ZIP's other readers must agree with it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cda/xdm_read.h"
#include "cda/xdm_write.h"

static struct xdm_write_document document(struct bytes id, struct bytes content)
{
	return (struct xdm_write_document){
		.content = content, .id = id, .title = BYTES("CR d'imagerie & <suite>"), .type_code = BYTES("18748-4"), .level = 3,
		.time = {1795297800000000}, .author = {.id = BYTES("801234567123"), .family = BYTES("DUMAS^X"), .given = BYTES("Olivier"),
						      .organisation = BYTES("CH de démonstration")},
	};
}

static struct xdm_write_set sample(const struct xdm_write_document *documents, size_t count)
{
	return (struct xdm_write_set){
		.unique = BYTES("<m-1@avis.example>"), .title = BYTES("Dossier d'avis"), .time = {1795298100000000},
		.patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
			    .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE MARIE-LOUISE"),
			    .birth_time = BYTES("19790328"), .sex = BYTES("F"), .birth_place = BYTES("51215")},
		.sender_id = BYTES("1750000001"), .sender_name = BYTES("Service <de> deuxième avis"),
		.documents = documents, .count = count,
	};
}

static void reads_back_the_same(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct xdm_write_document documents[2] = {document(BYTES("1.2.3^A1"), BYTES("<a/>")), document(BYTES("2.25.77"), BYTES("<b>é</b>"))};
	struct bytes out = BYTES_NONE, again;
	const char *field = "";
	struct xdm_archive archive;
	(void)state;

	documents[1].replaces = BYTES("2.25.76");
	documents[1].confidentiality[0] = BYTES("N");
	documents[1].confidentiality[1] = BYTES("INVISIBLE_PATIENT");
	struct xdm_write_set set = sample(documents, 2);
	assert_int_equal(xdm_write(arena, &set, &out, &field), REASON_NONE);
	assert_int_equal(xdm_write(arena, &set, &again, &field), REASON_NONE);
	assert_true(bytes_equal(out, again));
	assert_int_equal(xdm_read(arena, out, &archive), REASON_NONE);
	assert_true(archive.conformant);
	assert_int_equal(archive.count, 2);
	assert_true(bytes_equal_text(archive.patient_value, "279035121518989"));
	assert_true(bytes_equal_text(archive.patient_root, "1.2.250.1.213.1.4.10"));
	assert_true(bytes_equal_text(archive.source_id, "1.2.250.1.71.4.2.2.1750000001"));
	assert_true(bytes_starts(archive.submission_id, BYTES("2.25.")));
	for (size_t i = 0; i < 2; i++) {
		assert_true(bytes_equal(archive.documents[i].content, documents[i].content));
		assert_true(archive.documents[i].hash_told && archive.documents[i].size_told);
		assert_true(bytes_equal(archive.documents[i].unique_id, documents[i].id));
		assert_true(bytes_equal(archive.documents[i].title, documents[i].title));
		assert_true(bytes_equal_text(archive.documents[i].type_code, "18748-4"));
		assert_true(bytes_equal_text(archive.documents[i].format_code, "urn:ihe:rad:CDA:ImagingReportStructuredHeadings:2013"));
		assert_true(bytes_equal_text(archive.documents[i].creation_time, "20261121215000"));
		assert_true(bytes_equal(archive.documents[i].name, xdm_write_path(arena, i)));
	}
	assert_int_equal(archive.documents[0].action, XDM_ACTION_NEW);
	assert_int_equal(archive.documents[1].action, XDM_ACTION_REPLACE);
	assert_true(bytes_equal_text(archive.documents[1].action_target, "2.25.76"));
	assert_false(archive.documents[0].masked_patient);
	assert_true(archive.documents[1].masked_patient);
	arena_destroy(&arena);
}

static void does_not_depend_on_the_zone_of_the_machine(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct xdm_write_document documents[1] = {document(BYTES("1.2.3^A1"), BYTES("<a/>"))};
	struct xdm_write_set set = sample(documents, 1);
	struct bytes here, there;
	const char *field = "";
	(void)state;
	setenv("TZ", "UTC", 1);
	assert_int_equal(xdm_write(arena, &set, &here, &field), REASON_NONE);
	setenv("TZ", "Indian/Reunion", 1);
	assert_int_equal(xdm_write(arena, &set, &there, &field), REASON_NONE);
	assert_true(bytes_equal(here, there));
	arena_destroy(&arena);
}

static void refuses_what_is_incomplete(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct bytes out = BYTES_NONE;
	const char *field = "";
	static const struct {
		const char *what;
		size_t field;
		struct bytes value;
		const char *named;
	} cases[] = {
#define F(member) offsetof(struct xdm_write_document, member)
		{"an empty document", F(content), BYTES_OF(""), "xdm.content"},
		{"no id", F(id), BYTES_OF(""), "xdm.id"},
		{"a line end in a title", F(title), BYTES_OF("a\r\nb"), "xdm.title"},
		{"no type", F(type_code), BYTES_OF(" "), "xdm.type"},
		{"a control character in an author", F(author.family), BYTES_OF("A\x01"), "xdm.authors"},
		{"broken UTF-8 in a code", F(class_code), BYTES_OF("\xff"), "xdm.class"},
#undef F
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct xdm_write_document documents[1] = {document(BYTES("1.2.3^A1"), BYTES("<a/>"))};
		struct xdm_write_set set = sample(documents, 1);
		print_message("%s\n", cases[i].what);
		memcpy((char *)&documents[0] + cases[i].field, &cases[i].value, sizeof(struct bytes));
		assert_int_equal(xdm_write(arena, &set, &out, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, cases[i].named);
	}
	struct xdm_write_set none = sample(NULL, 0);
	assert_int_equal(xdm_write(arena, &none, &out, &field), REASON_COMPOSE_FIELD);
	assert_null(out.at);
	arena_destroy(&arena);
}

static void other_readers_agree(void **state)
{
	struct arena *arena = arena_create(16 << 20);
	struct xdm_write_document documents[1] = {document(BYTES("1.2.3^A1"), BYTES("<a/>"))};
	struct xdm_write_set set = sample(documents, 1);
	struct bytes out;
	const char *field = "";
	char path[] = "/tmp/xdm-write-XXXXXX", command[200];
	(void)state;
	if (system("command -v unzip >/dev/null 2>&1") != 0) {
		print_message("no unzip here: its opinion is not asked\n");
		skip();
	}
	assert_int_equal(xdm_write(arena, &set, &out, &field), REASON_NONE);
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, out.at, out.len), (ssize_t)out.len);
	close(file);
	snprintf(command, sizeof command, "unzip -tqq %s", path);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof command, "unzip -p %s INDEX.HTM | grep -q \"CR d&#39;imagerie &amp; &lt;suite&gt;\"", path);
	assert_int_equal(system(command), 0);
	unlink(path);
	arena_destroy(&arena);
}

static void makes_oids(void **state)
{
	struct arena *arena = arena_create(1 << 16);
	struct bytes a = xdm_write_oid(arena, BYTES("a")), b = xdm_write_oid(arena, BYTES("b"));
	(void)state;
	assert_true(bytes_starts(a, BYTES("2.25.")));
	assert_true(a.len > 30 && a.len <= 5 + 39);
	assert_int_not_equal(a.at[5], '0');
	assert_false(bytes_equal(a, b));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_the_same),
		cmocka_unit_test(does_not_depend_on_the_zone_of_the_machine),
		cmocka_unit_test(refuses_what_is_incomplete),
		cmocka_unit_test(other_readers_agree),
		cmocka_unit_test(makes_oids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

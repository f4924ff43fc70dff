/* gateway/directory_answer_test.c - what a directory answers about one person: nothing of it is believed about another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "gateway/directory_answer.h"

#define RPPS "10101010101"
#define METADATA "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
#define SECURE "{\"url\":\"x\",\"valueCoding\":{\"system\":\"y\",\"code\":\"MSSANTE\"}}"
#define KIND(kind, red)                                                                                                                 \
	"{\"url\":\"" METADATA "\",\"extension\":[{\"url\":\"type\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"" kind "\"}]}},"       \
	"{\"url\":\"listeRouge\",\"valueBoolean\":" red "}]}"
#define BOX(address, more) "{\"system\":\"email\",\"value\":\"" address "\",\"extension\":[" SECURE "]" more "}"
#define PERSON_OF(id, number, telecoms, more)                                                                                             \
	"{\"resource\":{\"resourceType\":\"Practitioner\",\"id\":\"" id "\",\"identifier\":[{\"value\":\"" number "\"}],"                     \
	"\"name\":[{\"family\":\"GARNIER\",\"given\":[\"Paul\",\"Louis\"]}],\"telecom\":[" telecoms "]" more "}}"
#define PERSON(telecoms, more) PERSON_OF("003-1", RPPS, telecoms, more)
#define ROLE(reference, telecoms, more)                                                                                                    \
	",{\"resource\":{\"resourceType\":\"PractitionerRole\",\"practitioner\":{\"reference\":\"" reference "\"},"                           \
	"\"organization\":{\"display\":\"CABINET\",\"identifier\":{\"value\":\"1690000099\"}},\"telecom\":[" telecoms "]" more "}}"
#define BUNDLE(entries) "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"entry\":[" entries "]}"

/* "address kind rank red structure; …" */
static const char *text_of(struct arena *arena, const struct directory_answer *a)
{
	const char *all = "";
	for (size_t i = 0; i < a->n; i++) {
		const struct directory_mailbox *m = &a->list[i];
		all = arena_printf(arena, "%s%s%.*s %.*s %u %d %.*s", all, i > 0 ? "; " : "", (int)m->address.len, (const char *)m->address.at, (int)m->kind.len,
				   (const char *)m->kind.at, m->rank, m->red, (int)m->structure.len, (const char *)m->structure.at);
	}
	return all;
}

static void bundles(void **state)
{
	static const struct {
		const char *what, *json, *found;
		enum reason reason;
		bool known, inactive;
	} rows[] = {
		{"nobody", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"total\":0}", "", REASON_NONE, false, false},
		{"one mailbox", BUNDLE(PERSON(BOX("A@B.fr", ""), "")), "a@b.fr PER 0 0 ", REASON_NONE, true, false},
		{"by the number with its 8", BUNDLE(PERSON_OF("1", "8" RPPS, BOX("a@b.fr", ""), "")), "a@b.fr PER 0 0 ", REASON_NONE, true, false},
		{"another person", BUNDLE(PERSON_OF("1", "10999999999", BOX("a@b.fr", ""), "")), "", REASON_NONE, false, false},
		{"a number that only ends so", BUNDLE(PERSON_OF("1", "9" RPPS, BOX("a@b.fr", ""), "")), "", REASON_NONE, false, false},
		{"his role", BUNDLE(PERSON("", "") ROLE("Practitioner/003-1", BOX("a@b.fr", ""), "")), "a@b.fr PER 0 0 1690000099", REASON_NONE, true, false},
		{"his role by a whole address", BUNDLE(PERSON("", "") ROLE("https://h/fhir/Practitioner/003-1", BOX("a@b.fr", ""), "")), "a@b.fr PER 0 0 1690000099",
		 REASON_NONE, true, false},
		{"another's role", BUNDLE(PERSON("", "") ROLE("Practitioner/1003-1", BOX("a@b.fr", ""), "")), "", REASON_NONE, true, false},
		{"a role that is over", BUNDLE(PERSON("", "") ROLE("Practitioner/003-1", BOX("a@b.fr", ""), ",\"active\":false")), "", REASON_NONE, true, false},
		{"a role of nobody", BUNDLE(PERSON_OF("", RPPS, "", "") ROLE("Practitioner/", BOX("a@b.fr", ""), "")), "", REASON_NONE, true, false},
		{"his registration has ended", BUNDLE(PERSON(BOX("a@b.fr", ""), ",\"active\":false")), "", REASON_NONE, true, true},
		{"rank and red list", BUNDLE(PERSON("{\"system\":\"email\",\"value\":\"a@b.fr\",\"rank\":2,\"extension\":[" KIND("CAB", "true") "]}", "")), "a@b.fr CAB 2 1 ",
		 REASON_NONE, true, false},
		{"a rank that is none", BUNDLE(PERSON(BOX("a@b.fr", ",\"rank\":-1") "," BOX("b@b.fr", ",\"rank\":99999999"), "")), "a@b.fr PER 0 0 ; b@b.fr PER 0 0 ",
		 REASON_NONE, true, false},
		{"an ordinary address", BUNDLE(PERSON("{\"system\":\"email\",\"value\":\"a@b.fr\"}", "")), "", REASON_NONE, true, false},
		{"a telephone", BUNDLE(PERSON("{\"system\":\"phone\",\"value\":\"a@b.fr\",\"extension\":[" SECURE "]}", "")), "", REASON_NONE, true, false},
		{"no address", BUNDLE(PERSON(BOX("a b@c.fr", "") "," BOX("a", "") "," BOX("", "") "," BOX("<a@b>", ""), "")), "", REASON_NONE, true, false},
		{"the same twice", BUNDLE(PERSON(BOX("a@b.fr", "") "," BOX("A@B.FR", ""), "")), "a@b.fr PER 0 0 ", REASON_NONE, true, false},
		{"shapes that are none", BUNDLE("{\"resource\":7},{\"resource\":{\"resourceType\":\"Practitioner\",\"identifier\":7,\"telecom\":{}}},[]"), "", REASON_NONE, false, false},
		{"no Bundle", "{\"resourceType\":\"OperationOutcome\"}", "", REASON_DIRECTORY_ANSWER, false, false},
		{"a list", "[]", "", REASON_DIRECTORY_ANSWER, false, false},
		{"nothing", "", "", REASON_DIRECTORY_ANSWER, false, false},
		{"a name twice", "{\"resourceType\":\"Bundle\",\"resourceType\":\"Bundle\"}", "", REASON_DIRECTORY_ANSWER, false, false},
		{"cut off", "{\"resourceType\":\"Bundle\",\"entry\":[", "", REASON_DIRECTORY_ANSWER, false, false},
	};
	(void)state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		struct directory_answer *answer = arena_alloc(arena, sizeof *answer);
		enum reason reason = directory_answer_fhir(arena, bytes_of_text(rows[i].json), BYTES(RPPS), answer);
		if (reason != rows[i].reason || strcmp(text_of(arena, answer), rows[i].found) != 0 || answer->known != rows[i].known || answer->inactive != rows[i].inactive)
			fail_msg("%s: %s \"%s\" %d %d", rows[i].what, reason_code(reason), text_of(arena, answer), answer->known, answer->inactive);
		arena_destroy(&arena);
	}
}

static void names_go_along(void **state)
{
	struct arena *arena = arena_create(8u << 20);
	struct directory_answer *answer = arena_alloc(arena, sizeof *answer);
	(void)state;

	assert_int_equal(directory_answer_fhir(arena, BYTES(BUNDLE(PERSON(BOX("a@b.fr", ""), ",\"qualification\":[{\"code\":{\"coding\":[{\"system\":\"https://x/TRE_R38-SpecialiteOrdinale\","
							    "\"display\":\"Cardiologie\"},{\"system\":\"https://x/TRE_G15-ProfessionSante\",\"display\":\"Médecin\"}]}}]"))),
					       BYTES(RPPS), answer), REASON_NONE);
	assert_true(bytes_equal(answer->list[0].family, BYTES("GARNIER")) && bytes_equal(answer->list[0].given, BYTES("Paul")));
	assert_true(bytes_equal(answer->list[0].profession, BYTES("Médecin")) && bytes_equal(answer->list[0].speciality, BYTES("Cardiologie")));
	arena_destroy(&arena);
}

/* More than anybody has: nothing of it is taken, and what was known before it counts. */
static void too_many(void **state)
{
	struct arena *arena = arena_create(16u << 20);
	struct directory_answer *answer = arena_alloc(arena, sizeof *answer);
	struct buf json = buf_make(LIMIT_DIRECTORY_ANSWER);
	const struct directory_mailbox one = {.address = BYTES("x@y.fr"), .kind = BYTES("PER"), .structure = BYTES("")};
	(void)state;

	buf_text(&json, "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Practitioner\",\"id\":\"1\",\"identifier\":[{\"value\":\"" RPPS "\"}],\"telecom\":[");
	for (int i = 0; i <= LIMIT_DIRECTORY_FOUND; i++)
		buf_printf(&json, "%s" BOX("a%d@b.fr", ""), i > 0 ? "," : "", i);
	buf_text(&json, "]}}]}");
	assert_true(buf_ok(&json));
	assert_int_equal(directory_answer_add(arena, &one, answer), REASON_NONE);
	assert_int_equal(directory_answer_fhir(arena, buf_bytes(&json), BYTES(RPPS), answer), REASON_DIRECTORY_SIZE);
	assert_int_equal(answer->n, 1);
	assert_false(answer->known);
	buf_free(&json);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bundles),
		cmocka_unit_test(names_go_along),
		cmocka_unit_test(too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

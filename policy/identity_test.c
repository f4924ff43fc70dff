/* policy/identity_test.c - near twins, and everything that must not be taken for the same person. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/identity.h"

#define OID_TEST "1.2.250.1.213.1.4.10"

static const struct policy_patient BASE = {
	.ins = BYTES_OF("279035121518989"), .oid = BYTES_OF(OID_TEST), .family_birth = BYTES_OF("PAT-TROIS"),
	.given_birth_first = BYTES_OF("DOMINIQUE"), .birth_time = BYTES_OF("19790328"), .sex = BYTES_OF("F"),
	.birth_place = BYTES_OF("51215"),
};

static void compares(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct policy_patient other;
		enum identity identity;
	} rows[] = {
#define P(ins_, oid_, family, given, birth, sex_, place) \
	{.ins = BYTES_OF(ins_), .oid = BYTES_OF(oid_), .family_birth = BYTES_OF(family), .given_birth_first = BYTES_OF(given), \
	 .birth_time = BYTES_OF(birth), .sex = BYTES_OF(sex_), .birth_place = BYTES_OF(place)}
		{"the same", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_SAME},
		{"other case", P("279035121518989", OID_TEST, "Pat-Trois", "dominique", "19790328", "f", "51215"), IDENTITY_SAME},
		{"space for hyphen", P("279035121518989", OID_TEST, "PAT TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_SAME},
		{"two spaces, and at the ends", P("279035121518989", OID_TEST, " PAT - TROIS ", "DOMINIQUE ", "19790328", "F", "51215"), IDENTITY_SAME},
		{"no-break hyphen", P("279035121518989", OID_TEST, "PAT\xe2\x80\x91TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_SAME},
		{"an hour in the birth time", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "197903280400+0100", "F", "51215"), IDENTITY_SAME},
		{"hyphen left out", P("279035121518989", OID_TEST, "PATTROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"an accent more", P("279035121518989", OID_TEST, "PÂT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"twin by first name", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMITILLE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"first name cut short", P("279035121518989", OID_TEST, "PAT-TROIS", "DOM", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"first name longer", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE MARIE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"married name", P("279035121518989", OID_TEST, "DUPONT", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"wrong sex", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "M", "51215"), IDENTITY_DOUBT},
		{"a day later", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790329", "F", "51215"), IDENTITY_DOUBT},
		{"day and month swapped", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19792803", "F", "51215"), IDENTITY_DOUBT},
		{"only a year", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "1979", "F", "51215"), IDENTITY_DOUBT},
		{"other birth place", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51454"), IDENTITY_DOUBT},
		{"no birth place", P("279035121518989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", ""), IDENTITY_DOUBT},
		{"no name", P("279035121518989", OID_TEST, "", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"a name of hyphens", P("279035121518989", OID_TEST, "--", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"broken UTF-8", P("279035121518989", OID_TEST, "PAT-TROIS\xc3", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"NUL inside", P("279035121518989", OID_TEST, "PAT-TROIS\0X", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"the real number, not the test one", P("279035121518989", "1.2.250.1.213.1.4.8", "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DOUBT},
		{"one digit of the number", P("279035121518988", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DIFFERENT},
		{"two digits swapped", P("279035121581989", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DIFFERENT},
		{"number without key", P("2790351215189", OID_TEST, "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_DIFFERENT},
		{"no number", P("", "", "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_ABSENT},
		{"local number only", P("279035121518989", "1.2.3.4", "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_ABSENT},
		{"old INS-C", P("279035121518989", "1.2.250.1.213.1.4.2", "PAT-TROIS", "DOMINIQUE", "19790328", "F", "51215"), IDENTITY_ABSENT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (identity_compare(&BASE, &rows[i].other) != rows[i].identity ||
		    identity_compare(&rows[i].other, &BASE) != rows[i].identity)
			fail_msg("%s", rows[i].what);
	}
}

static void folds_case_of_accents(void **state)
{
	(void)state;
	struct policy_patient a = BASE, b = BASE;

	a.family_birth = BYTES("ÉLOÏSE-ŒUVRÉ");
	b.family_birth = BYTES("éloïse œuvré");
	assert_int_equal(identity_compare(&a, &b), IDENTITY_SAME);
	b.family_birth = BYTES("eloise oeuvre");
	assert_int_equal(identity_compare(&a, &b), IDENTITY_DOUBT);
	/* E and a combining accent look the same and are not the same bytes: for a person. */
	b.family_birth = BYTES("E\xcc\x81LOÏSE-ŒUVRÉ");
	assert_int_equal(identity_compare(&a, &b), IDENTITY_DOUBT);
}

static void incomplete_on_both_sides_is_doubt(void **state)
{
	(void)state;
	struct policy_patient a = BASE;

	a.birth_place = BYTES_NONE;
	assert_int_equal(identity_compare(&a, &a), IDENTITY_DOUBT);
	assert_false(identity_complete(&a));
	assert_true(identity_complete(&BASE));
}

static void matricules(void **state)
{
	(void)state;
	struct policy_patient p = BASE;

	p.ins = BYTES("279032A21518989");
	assert_true(identity_complete(&p));
	p.ins = BYTES("27903X121518989");
	assert_false(identity_complete(&p));
	p.ins = BYTES("2790351215189891");
	assert_false(identity_complete(&p));
	p.ins = BYTES("279035121518 89");
	assert_false(identity_complete(&p));
}

static void chooses_the_ins_among_ids(void **state)
{
	(void)state;
	const struct policy_id one[] = {{BYTES("1.2.3"), BYTES("IPP")}, {BYTES(OID_TEST), BYTES("279035121518989")}};
	const struct policy_id twice[] = {{BYTES(OID_TEST), BYTES("279035121518989")}, {BYTES(OID_TEST), BYTES("279035121518989")}};
	const struct policy_id two[] = {{BYTES(OID_TEST), BYTES("279035121518989")}, {BYTES(OID_TEST), BYTES("179035121518989")}};
	const struct policy_id both[] = {{BYTES("1.2.250.1.213.1.4.8"), BYTES("279035121518989")}, {BYTES(OID_TEST), BYTES("279035121518989")}};
	struct policy_patient p = BASE;

	identity_from_ids(one, 2, &p);
	assert_true(bytes_equal(p.ins, BASE.ins) && bytes_equal(p.oid, BASE.oid));
	identity_from_ids(twice, 2, &p);
	assert_true(bytes_equal(p.ins, BASE.ins));
	identity_from_ids(two, 2, &p);
	assert_int_equal(p.ins.len, 0);
	identity_from_ids(both, 2, &p);
	assert_int_equal(p.ins.len, 0);
	identity_from_ids(one, 1, &p);
	assert_int_equal(p.ins.len, 0);
}

static void ages(void **state)
{
	(void)state;
	struct policy_patient p = BASE;
	const struct instant day_before = {1774569600000000}, birthday = {1774656000000000};   /* 27 and 28 March 2026 */

	assert_int_equal(identity_age(&p, day_before), 46);
	assert_int_equal(identity_age(&p, birthday), 47);
	p.birth_time = BYTES("197");
	assert_int_equal(identity_age(&p, birthday), -1);
	p.birth_time = BYTES("20990101");
	assert_int_equal(identity_age(&p, birthday), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(folds_case_of_accents),
		cmocka_unit_test(incomplete_on_both_sides_is_doubt),
		cmocka_unit_test(matricules),
		cmocka_unit_test(chooses_the_ins_among_ids),
		cmocka_unit_test(ages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cda/barcode_test.c - bars as ISO/IEC 15417 wants them. tests/catalogue.py reads them back from the drawn page. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cda/barcode.h"

static void known_bars(void **state)
{
	/* "A": start B, A (value 33), check (104 + 33) mod 103 = 34, stop. */
	static const char wanted[] = "211214" "111323" "131123" "2331112";
	struct arena *arena = arena_create(1 << 16);
	struct bytes widths;
	(void)state;
	assert_true(barcode_write(arena, BYTES("A"), &widths));
	assert_int_equal(widths.len, sizeof wanted - 1);
	for (size_t i = 0; i < widths.len; i++)
		assert_int_equal(widths.at[i], wanted[i] - '0');
	assert_int_equal(barcode_modules(widths), 3 * BARCODE_MODULE_SUM + BARCODE_MODULE_SUM + 2);
	arena_destroy(&arena);
}

/* Every sign is eleven modules, its bars an even number of them, and no two are alike: what lets a scanner know them apart. */
static void every_sign_is_one_of_its_kind(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct bytes widths, seen[95];
	(void)state;
	for (unsigned char c = 0x20; c <= 0x7e; c++) {
		assert_true(barcode_write(arena, (struct bytes){&c, 1}, &widths));
		struct bytes sign = bytes_slice(widths, 6, 6);
		assert_int_equal(barcode_modules(sign), BARCODE_MODULE_SUM);
		assert_int_equal((sign.at[0] + sign.at[2] + sign.at[4]) % 2, 0);
		for (unsigned i = 0; i < c - 0x20u; i++)
			assert_false(bytes_equal(sign, seen[i]));
		seen[c - 0x20] = sign;
	}
	arena_destroy(&arena);
}

static void what_cannot_be_written_is_refused(void **state)
{
	static const struct {
		const char *what;
		struct bytes text;
		bool good;
	} cases[] = {
		{"a sheet's code", BYTES_OF("A-2026-000123-KQ/M02B"), true},
		{"as long as may be", BYTES_OF("0123456789012345678901234567890123456789"), true},
		{"one sign longer", BYTES_OF("01234567890123456789012345678901234567890"), false},
		{"nothing", BYTES_OF(""), false},
		{"a control character", BYTES_OF("A\n"), false},
		{"DEL", BYTES_OF("A\x7f"), false},
		{"a letter that is not ASCII", BYTES_OF("É"), false},
	};
	struct arena *arena = arena_create(1 << 20);
	struct bytes widths;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		print_message("%s\n", cases[i].what);
		assert_int_equal(barcode_write(arena, cases[i].text, &widths), cases[i].good);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_bars),
		cmocka_unit_test(every_sign_is_one_of_its_kind),
		cmocka_unit_test(what_cannot_be_written_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

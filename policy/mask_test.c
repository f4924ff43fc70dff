/* policy/mask_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/mask.h"

static void masks_the_matricule(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes text, masked;
	} rows[] = {
		{"alone", BYTES_OF("279035121518989"), BYTES_OF("[...]")},
		{"in a sentence", BYTES_OF("n\xc2\xb0 279035121518989, merci"), BYTES_OF("n\xc2\xb0 [...], merci")},
		{"spaced as on the card", BYTES_OF("2 79 03 51 215 189 89."), BYTES_OF("[...].")},
		{"without its key", BYTES_OF("2790351215189"), BYTES_OF("[...]")},
		{"no-break spaces", BYTES_OF("2\xc2\xa0" "79\xe2\x80\xaf" "03 51 215 189 89"), BYTES_OF("[...]")},
		{"over two lines", BYTES_OF("27903\r\n5121518989"), BYTES_OF("[...]")},
		{"as an address", BYTES_OF("279035121518989@patient.mssante.fr"), BYTES_OF("[...]@patient.mssante.fr")},
		{"twice", BYTES_OF("279035121518989 279035121518989"), BYTES_OF("[...] [...]")},
		{"after a false start", BYTES_OF("27279035121518989"), BYTES_OF("27[...]")},
		{"another number", BYTES_OF("279035121518"), BYTES_OF("279035121518")},
		{"nothing", BYTES_OF(""), BYTES_OF("")},
	};
	struct arena *arena = arena_create(1 << 20);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!bytes_equal(mask_matricule(arena, rows[i].text, BYTES("279035121518989")), rows[i].masked))
			fail_msg("%s", rows[i].what);
	assert_true(bytes_equal(mask_matricule(arena, BYTES("abc"), BYTES_NONE), BYTES("abc")));
	arena_destroy(&arena);
}

static void masks_an_address(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct bytes out = mask_address(arena, BYTES("Mr@X.fr, mr@x.fr; mr@y.fr"), BYTES("mr@x.fr"));

	assert_true(bytes_equal(out, BYTES("[...], [...]; mr@y.fr")));
	assert_true(bytes_equal(mask_address(arena, BYTES("abc"), BYTES_NONE), BYTES("abc")));
	arena_destroy(&arena);
}

/* A long run of separators after each false start must not cost a square. */
static void stays_linear(void **state)
{
	(void)state;
	struct arena *arena = arena_create(8 << 20);
	unsigned char *text = arena_alloc(arena, 1 << 20);

	for (size_t i = 0; i < 1 << 20; i++)
		text[i] = i % 2 == 0 ? '2' : ' ';
	struct bytes out = mask_matricule(arena, (struct bytes){text, 1 << 20}, BYTES("279035121518989"));
	assert_int_equal(out.len, 1 << 20);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_the_matricule),
		cmocka_unit_test(masks_an_address),
		cmocka_unit_test(stays_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* smtp/reply_private_test.c - what a relay masks, and what it must leave (product.md E42). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/reply_private.h"

static const struct row {
	const char *text, *shown;
} rows[] = {
	{"Mon mail : marie.dupont@example.fr, merci", "Mon mail : [adresse masquée], merci"},
	{"<a@b.fr>", "<[adresse masquée]>"},
	{"mailto:a@b.fr.", "mailto:[adresse masquée]."},
	{"Appelez-moi au 06 12 34 56 78 !", "Appelez-moi au [numéro masqué] !"},
	{"06.12.34.56.78.", "[numéro masqué]."},
	{"0612345678", "[numéro masqué]"},
	{"06-12-34-56-78", "[numéro masqué]"},
	{"06\u00a012\u202f34\u00a056\u00a078", "[numéro masqué]"},
	{"+33 6 12 34 56 78", "[numéro masqué]"},
	{"+33 (0)6 12 34 56 78", "[numéro masqué]"},
	{"0033 6 12345678", "[numéro masqué]"},
	{"(06) 12 34 56 78", "[numéro masqué]"},
	{"+44 20 7946 0958", "[numéro masqué]"},
	{"+1 (555) 123-4567", "[numéro masqué]"},
	{"Tel.:0612345678", "Tel.:[numéro masqué]"},
	{"06 12 34 56 78 2 fois", "[numéro masqué] 2 fois"},
	{"a@b.fr et c@d.fr", "[adresse masquée] et [adresse masquée]"},
	{"06 12 34 56 78/marie@b.fr", "[numéro masqué][adresse masquée]"},
	{"06 12 34 56 78.00.marie@b.fr", "[numéro masqué][adresse masquée]"},
	{"06 12 34 56 78/x@avis.example", "[numéro masqué]/x@avis.example"},
	/* Never masked. */
	{"Appelez le 15, le 112, le 114, le 3114 ou le 116 117", "Appelez le 15, le 112, le 114, le 3114 ou le 116 117"},
	{"notre numéro : 01 00 00 00 00", "notre numéro : 01 00 00 00 00"},
	{"+33 1 00 00 00 00", "+33 1 00 00 00 00"},
	{"01.00.00.00.00", "01.00.00.00.00"},
	{"d-0612345678@avis.example", "d-0612345678@avis.example"},
	{"x@sous.avis.example", "x@sous.avis.example"},
	{"0800 123 456", "0800 123 456"},
	{"le 12/03/2026 à 10:30", "le 12/03/2026 à 10:30"},
	{"A-2026-000123-KQ", "A-2026-000123-KQ"},
	{"279032800000016", "279032800000016"},
	{"2 79 03 28 000 000 16", "2 79 03 28 000 000 16"},
	{"IRM du 2024-03-02, dose 1000 mg", "IRM du 2024-03-02, dose 1000 mg"},
	{"né le 06 12 1979", "né le 06 12 1979"},
	{"x@y n'est pas une adresse", "x@y n'est pas une adresse"},
	{"", ""},
	/* A domain that only ends like ours is another's. */
	{"a@fauxavis.example", "[adresse masquée]"},
};

static void private_ways_are_masked(void **state)
{
	const struct bytes own[] = {BYTES("01 00 00 00 00"), BYTES("avis.example")};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(4 << 20);
		struct reply_private masked;
		reply_private_mask(arena, bytes_of_text(rows[i].text), own, 2, false, &masked);
		if (!bytes_equal_text(masked.text, rows[i].shown))
			fail_msg("%s: %.*s", rows[i].text, (int)masked.text.len, masked.text.len > 0 ? (const char *)masked.text.at : "");
		assert_true((masked.addresses + masked.numbers > 0) == !bytes_equal_text(bytes_of_text(rows[i].text), rows[i].shown));
		arena_destroy(&arena);
	}
}

static void english_has_its_own_words(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	struct reply_private masked;

	(void)state;
	reply_private_mask(arena, BYTES("a@b.fr, 0612345678"), NULL, 0, true, &masked);
	assert_true(bytes_equal_text(masked.text, "[address masked], [number masked]"));
	assert_int_equal(masked.addresses, 1);
	assert_int_equal(masked.numbers, 1);
	arena_destroy(&arena);
}

/* A service without a help line has a domain all the same. */
static void what_is_not_configured_hides_nothing_of_ours(void **state)
{
	const struct bytes own[] = {BYTES_NONE, BYTES("avis.example")};
	struct arena *arena = arena_create(4 << 20);
	struct reply_private masked;

	(void)state;
	reply_private_mask(arena, BYTES("d-1@avis.example, a@b.fr"), own, 2, false, &masked);
	assert_true(bytes_equal_text(masked.text, "d-1@avis.example, [adresse masquée]"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_ways_are_masked),
		cmocka_unit_test(english_has_its_own_words),
		cmocka_unit_test(what_is_not_configured_hides_nothing_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cda/pdf_words_test.c - sentences as they are written and as a page sets them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cda/pdf_words.h"

#define N "\u202f"
#define F "\u00a0"

struct setting {
	const char *what, *written, *french, *english;
};

static const struct setting settings[] = {
	{"a sign of two parts is held by a narrow space", "Bien : oui ; non ! Vrai ?", "Bien" N ": oui" N "; non" N "! Vrai" N "?", NULL},
	{"guillemets hold what they enclose", "dit « oui »", "dit «" N "oui" N "»", NULL},
	{"a space that was left out is put in", "Bien: oui; non! Vrai?", "Bien" N ": oui" N "; non" N "! Vrai" N "?", NULL},
	{"guillemets written tight", "«Été»", "«" N "Été" N "»", NULL},
	{"a space that holds already is left", "Bien" F ": oui" N "!", "Bien" F ": oui" N "!", "Bien" F ": oui" N "!"},
	{"an hour and an address are no sentence", "à 10:30, https://a.test/?b=c;d", "à 10:30, https://a.test/?b=c;d", NULL},
	{"two signs in a row", "Quoi ?! Non !", "Quoi" N "?! Non" N "!", NULL},
	{"a unit stays with its number", "37 °C, 5 µg, 12 mmHg.", "37" F "°C, 5" F "µg, 12" F "mmHg.", "37" F "°C, 5" F "µg, 12" F "mmHg."},
	{"a word after a number is no unit", "3 mois, 2 malades", "3 mois, 2 malades", "3 mois, 2 malades"},
	{"thousands stay together", "10 000 pas", "10" F "000 pas", "10" F "000 pas"},
	{"a doctor stays with his name", "le Dr EXEMPLE, n° 3", "le Dr" F "EXEMPLE, n°" F "3", "le Dr" F "EXEMPLE, n°" F "3"},
	{"the end of a word is no title", "cadr vide", "cadr vide", "cadr vide"},
	{"a dash does not begin a line", "soir – matin", "soir" F "– matin", "soir" F "– matin"},
	{"a tab is a space", "a\tb", "a b", "a b"},
	{"a letter and its mark are one sign", "e\u0301te\u0301", "été", "été"},
	{"marks of direction and joiners are dropped", "a\u202eb\u200dc\u00ad", "abc", "abc"},
	{"a sign that no font has is a box", "x日x", "x□x", "x□x"},
	{"nothing", "", "", ""},
};

static struct pdf_input dressed(struct arena *arena, const char *text, bool english)
{
	struct pdf_section *section = arena_alloc(arena, sizeof *section);
	*section = (struct pdf_section){.text = bytes_of_text(text)};
	const struct pdf_input input = {.english = english, .sections = section, .section_count = 1};
	PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	struct pdf_font font;
	assert_true(pdf_font_open(&font, context));
	struct pdf_input out = pdf_words_dress(arena, &font, &input);
	pdf_font_close(&font);
	g_object_unref(context);
	return out;
}

static void assert_set(const struct setting *setting, bool english)
{
	struct arena *arena = arena_create(1 << 20);
	const char *wanted = !english ? setting->french : setting->english != NULL ? setting->english : setting->written;
	struct bytes got = dressed(arena, setting->written, english).sections[0].text;
	if (!bytes_equal_text(got, wanted)) {
		print_message("%s (%s): got \"%.*s\"\n", setting->what, english ? "English" : "French", (int)got.len, (const char *)got.at);
		fail();
	}
	arena_destroy(&arena);
}

static void sentences_are_set(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		assert_set(&settings[i], false);
		assert_set(&settings[i], true);
	}
}

static void missing_signs_are_named_once(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	(void)state;
	struct pdf_input out = dressed(arena, "日本日", true);
	assert_int_equal(out.section_count, 2);
	assert_true(bytes_contains(out.sections[1].text, BYTES("(Unicode: U+65E5, U+672C).")));
	out = dressed(arena, "一二三四五六七八九十百千万", false);
	assert_true(bytes_contains(out.sections[1].text, BYTES("U+5343, …)")));
	assert_int_equal(dressed(arena, "rien", false).section_count, 1);
	arena_destroy(&arena);
}

static void properties_hold_signs_only(void **state)
{
	struct arena *arena = arena_create(1 << 16);
	(void)state;
	assert_true(bytes_equal_text(pdf_words_plain(arena, BYTES("a\ufdd0b\uffffc\U0001fffe\u202ed\u2066é日")), "a\ufffdb\ufffdc\ufffddé日"));
	assert_int_equal(pdf_words_plain(arena, BYTES_NONE).len, 0);
	arena_destroy(&arena);
}

static void marks_of_lists(void **state)
{
	(void)state;
	assert_int_equal(pdf_words_number(BYTES("12. x")), 4);
	assert_int_equal(pdf_words_number(BYTES("3) x")), 3);
	assert_int_equal(pdf_words_number(BYTES("1234. x")), 0);
	assert_int_equal(pdf_words_number(BYTES("3.x")), 0);
	assert_int_equal(pdf_words_number(BYTES("3")), 0);
	assert_int_equal(pdf_words_dash(BYTES("- x")), 2);
	assert_int_equal(pdf_words_dash(BYTES("– x")), 4);
	assert_int_equal(pdf_words_dash(BYTES("-x")), 0);
	assert_int_equal(pdf_words_dash(BYTES_NONE), 0);
}

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sentences_are_set),
		cmocka_unit_test(missing_signs_are_named_once),
		cmocka_unit_test(properties_hold_signs_only),
		cmocka_unit_test(marks_of_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

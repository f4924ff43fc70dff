/* smtp/mime_flowed_test.c - paragraphs of format=flowed, read and written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/mime_flowed.h"

static void lines_are_joined(void **state)
{
	static const struct {
		const char *what, *text, *want;
		bool delsp;
	} rows[] = {
		{"a paragraph of two lines", "un \ndeux\ntrois\n", "un deux\ntrois\n", false},
		{"DelSp", "un \ndeux\n", "undeux\n", true},
		{"stuffing falls away", " From ici\n > pas une citation\n", "From ici\n> pas une citation\n", false},
		{"a quote is joined at its own depth", "> un \n> deux\n>> trois \n>> quatre\n", "> un deux\n>> trois quatre\n", false},
		{"a paragraph ends where the depth changes", "> un \ndeux\n", "> un \ndeux\n", false},
		{"the mark of a signature is no soft break", "fin\n-- \nDr X\n", "fin\n-- \nDr X\n", false},
		{"a soft line before a signature", "fin \n-- \nDr X\n", "fin \n-- \nDr X\n", false},
		{"an empty quoted line", "> a\n>\n> b\n", "> a\n>\n> b\n", false},
		{"a last line without its end", "un \ndeux", "un deux\n", false},
		{"nothing", "", "", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct bytes got = mime_flowed_join(arena, bytes_of_text(rows[i].text), rows[i].delsp);
		if (!bytes_equal_text(got, rows[i].want))
			fail_msg("%s: \"%s\"", rows[i].what, arena_text(arena, got));
		arena_destroy(&arena);
	}
}

/* No line over 78 characters, and the reader has every word again. */
static void what_is_cut_is_joined_again(void **state)
{
	static const char *const texts[] = {
		"court\n",
		"Une phrase assez longue pour être coupée à la fin de la ligne, puis encore une autre, et une troisième qui la suit de près.\n\nFin\n",
		"Des accents é è à ç partout éééééééééééééééééé éééééééééééééééééééééé éééééééééééééééééééééé éééééééééééé ééééé ééé\n",
		" une espace devant\n> un chevron devant\nFrom ici\n-- \nsignature\n",
		"Deux  blancs  qui  se  suivent  dans  une  ligne  qui  est  assez  longue  pour  être  coupée  au  moins  une  fois\n",
		"Unmotquineseterminepasavantquatrevingtsignesetquineseraitcoupénullepartmêmesilefallaitvraiment puis la suite\n",
		"-- unmotquineseterminepasavantquatrevingtsignesetquiviendraitseulsousuneligneprisepourunesignaturedemessage\n",
		"Avant les deux-points\u00a0: une espace qui ne se coupe pas, même quand elle tombe exactement au bord de la lig\u00a0: ne\n",
	};
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct bytes cut = mime_flowed_cut(arena, bytes_of_text(texts[i]));
		struct cursor lines = cursor_on(cut);
		while (lines.left.len > 0) {
			struct bytes line = cursor_until(&lines, '\n');
			size_t characters = 0;
			for (size_t k = 0; k < line.len; k++)
				characters += (line.at[k] & 0xc0) != 0x80;
			if (characters > 78 && i != 5 && i != 6)
				fail_msg("a line of %zu characters: %s", characters, arena_text(arena, line));
		}
		struct bytes joined = mime_flowed_join(arena, cut, false);
		if (!bytes_equal_text(joined, texts[i]))
			fail_msg("\"%s\" came back as \"%s\"", texts[i], arena_text(arena, joined));
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines_are_joined), cmocka_unit_test(what_is_cut_is_joined_again)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

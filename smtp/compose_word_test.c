/* smtp/compose_word_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/compose_word.h"

static void encodes_what_needs_it(void **state)
{
	static const struct {
		const char *what, *text, *as_text, *as_phrase;
	} cases[] = {
		{"plain words", "Votre demande", "Votre demande", "Votre demande"},
		{"the national prefix stays readable", "XDM/1.0/DDM+CR NOM", "XDM/1.0/DDM+CR NOM", "\"XDM/1.0/DDM+CR NOM\""},
		{"a name with a dot is quoted", "Dr. Who", "Dr. Who", "\"Dr. Who\""},
		{"a quote inside a name", "A \"B\"", "A \"B\"", "\"A \\\"B\\\"\""},
		{"accents", "été 1", "=?UTF-8?Q?=C3=A9t=C3=A9_1?=", "=?UTF-8?Q?=C3=A9t=C3=A9_1?="},
		{"a dot beside accents", "é.", "=?UTF-8?Q?=C3=A9.?=", "=?UTF-8?Q?=C3=A9=2E?="},
		{"what looks like an encoded word", "=?utf-8?q?x?=", "=?UTF-8?Q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=", "=?UTF-8?Q?=3D=3Futf-8=3Fq=3Fx=3F=3D?="},
		{"two spaces are kept", "a  b", "=?UTF-8?Q?a__b?=", "=?UTF-8?Q?a__b?="},
		{"an underscore beside accents", "é_", "=?UTF-8?Q?=C3=A9=5F?=", "=?UTF-8?Q?=C3=A9=5F?="},
	};
	struct arena *arena = arena_create(1 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes text = bytes_of_text(cases[i].text);
		print_message("%s\n", cases[i].what);
		assert_true(bytes_equal_text(compose_word_text(arena, text), cases[i].as_text));
		assert_true(bytes_equal_text(compose_word_phrase(arena, text), cases[i].as_phrase));
	}
	arena_destroy(&arena);
}

static void words_are_short_and_whole(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	struct buf text = buf_make(4096);
	(void)state;
	for (int i = 0; i < 100; i++)
		buf_text(&text, i % 3 == 0 ? "é" : i % 3 == 1 ? "\U0001f600" : "ab ");
	struct cursor words = cursor_on(compose_word_text(arena, buf_bytes(&text)));
	size_t count = 0;
	while (words.left.len > 0) {
		struct bytes word = cursor_until(&words, ' ');
		assert_true(word.len <= 75);
		assert_true(bytes_starts(word, BYTES("=?UTF-8?Q?")) && bytes_ends(word, BYTES("?=")));
		/* A word never begins in the middle of a character: continuation bytes are 80 to BF. */
		bool inside = word.at[10] == '=' && word.at[11] >= '8' && (word.at[11] <= '9' || word.at[11] == 'A' || word.at[11] == 'B');
		assert_false(inside);
		count++;
	}
	assert_true(count > 10);
	buf_free(&text);
	arena_destroy(&arena);
}

static void folds_at_spaces(void **state)
{
	struct buf out = buf_make(4096), value = buf_make(4096);
	(void)state;
	for (int i = 0; i < 30; i++)
		buf_printf(&value, "%s<id-%02d@example.org>", i > 0 ? " " : "", i);
	compose_word_fold(&out, "References", buf_bytes(&value));
	struct cursor lines = cursor_on(buf_bytes(&out));
	while (lines.left.len > 0) {
		struct bytes line = cursor_until(&lines, '\n');
		assert_true(line.len <= 79 && line.at[line.len - 1] == '\r');
		assert_true(bytes_trim(line).len > 0);
	}
	buf_clear(&out);
	compose_word_fold(&out, "To", BYTES("a@b"));
	assert_true(bytes_equal_text(buf_bytes(&out), "To: a@b\r\n"));
	buf_free(&out);
	buf_free(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encodes_what_needs_it),
		cmocka_unit_test(words_are_short_and_whole),
		cmocka_unit_test(folds_at_spaces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cda/schematron_regex_test.c - the regular expressions of XPath: what matches, where, what is no expression, and that a search ends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>

#include "cda/schematron_regex.h"

static void matches_as_xpath_says(void **state)
{
	static const struct {
		const char *what, *pattern, *flags, *text, *group0, *group1; /* group0 NULL: no match */
	} cases[] = {
		{"a part of the text is enough", "fr-FR", "", "xfr-FRx", "fr-FR", NULL},
		{"anchors", "^a$", "", "aa", NULL, NULL},
		{"an OID", "^[0-2](\\.(0|[1-9]\\d*))*$", "", "1.2.250.1.213", "1.2.250.1.213", ".213"},
		{"an OID with a leading zero", "^[0-2](\\.(0|[1-9]\\d*))*$", "", "1.2.03", NULL, NULL},
		{"a UUID", "^[A-Fa-f\\d]{8}-[A-Fa-f\\d]{4}$", "", "0aBc9F10-12ef", "0aBc9F10-12ef", NULL},
		{"a bound from below", "^a{2,}$", "", "aaaa", "aaaa", NULL},
		{"a bound on both sides", "^a{2,3}$", "", "aaaa", NULL, NULL},
		{"a zone is what the group takes", "-?[^+-]+([+-].*)?$", "", "20240101+0100", "20240101+0100", "+0100"},
		{"greedy", "a.*b", "", "aXbXb", "aXbXb", NULL},
		{"reluctant", "a.*?b", "", "aXbXb", "aXb", NULL},
		{"the first alternative that holds", "(a|ab)(c|bcd)?", "", "abcd", "abcd", "a"},
		{"without case", "^été$", "i", "ÉTÉ", "ÉTÉ", NULL},
		{"a dot is no line end", "a.b", "", "a\nb", NULL, NULL},
		{"but with s", "a.b", "s", "a\nb", "a\nb", NULL},
		{"lines with m", "^b$", "m", "a\nb\nc", "b", NULL},
		{"blanks do not count with x", "a b", "x", "ab", "ab", NULL},
		{"a class by what it is not", "[^\\d\\s]+", "", " 1é2", "é", NULL},
		{"a class less another", "[a-z-[aeiou]]+", "", "aebcd", "bcd", NULL},
		{"a category", "\\p{Lu}+", "", "aÉTb", "ÉT", NULL},
		{"not a category", "^\\P{L}+$", "", "12-", "12-", NULL},
		{"a group again", "(a+)-\\1", "", "aa-aa", "aa-aa", "aa"},
		{"a group without number", "(?:a)(b)", "", "ab", "ab", "b"},
		{"digits of other scripts", "^\\d$", "", "\xd9\xa3", "\xd9\xa3", NULL},
		{"a loop over nothing ends", "(a*)*b", "", "b", "b", NULL},
		{"empty alternatives", "^(us|ms|)$", "", "", "", ""},
		{"a hyphen at the end of a class", "^[0-9()\\.-]+$", "", "01-23.(4)", "01-23.(4)", NULL},
		{"escapes", "\\$\\^\\\\\\.", "", "a$^\\.", "$^\\.", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		struct bytes text = bytes_of_text(cases[i].text);
		unsigned long steps = 100000;
		struct regex_match match;
		print_message("%s\n", cases[i].what);
		const struct regex *regex = regex_compile(arena, bytes_of_text(cases[i].pattern), bytes_of_text(cases[i].flags));
		assert_non_null(regex);
		assert_int_equal(regex_search(regex, text, 0, &steps, &match), cases[i].group0 != NULL ? REGEX_YES : REGEX_NO);
		if (cases[i].group0 != NULL)
			assert_true(bytes_equal_text(bytes_slice(text, match.from[0], match.to[0] - match.from[0]), cases[i].group0));
		if (cases[i].group1 != NULL)
			assert_true(bytes_equal_text(bytes_slice(text, match.from[1], match.to[1] - match.from[1]), cases[i].group1));
		arena_destroy(&arena);
	}
}

static void refuses_what_is_no_expression(void **state)
{
	static const char *const cases[] = {"(", ")", "a)", "[", "[a", "a{", "a{2", "a{3,2}", "a{1000}", "*a", "a**b(", "\\", "\\y", "\\p{Zzz}", "[z-a]", "(((((((((((((((((((((((((((((((((((((((((((((a",
					    "(a{500}){500}"};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(8u << 20);
		print_message("%s\n", cases[i]);
		assert_null(regex_compile(arena, bytes_of_text(cases[i]), BYTES_NONE));
		arena_destroy(&arena);
	}
	struct arena *arena = arena_create(8u << 20);
	assert_null(regex_compile(arena, BYTES("a"), BYTES("q")));
	arena_destroy(&arena);
}

static void ends_on_a_hostile_pair(void **state)
{
	struct arena *arena = arena_create(8u << 20);
	unsigned long steps = 1000000;
	struct regex_match match;
	(void)state;
	const struct regex *regex = regex_compile(arena, BYTES("^(a+)+$"), BYTES_NONE);
	assert_non_null(regex);
	assert_int_equal(regex_search(regex, BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), 0, &steps, &match), REGEX_LIMIT);
	assert_int_equal(steps, 0);
	arena_destroy(&arena);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_as_xpath_says),
		cmocka_unit_test(refuses_what_is_no_expression),
		cmocka_unit_test(ends_on_a_hostile_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

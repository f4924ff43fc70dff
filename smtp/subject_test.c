/* smtp/subject_test.c - the national subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/subject.h"

#define TEN "abcdefghij"

static const struct {
	const char *what;
	struct bytes label, family, given, birth;
	const char *subject;
} rows[] = {
	{"plain", BYTES_OF("Dossier d'avis"), BYTES_OF("PAT-TROIS"), BYTES_OF("DOMINIQUE"), BYTES_OF("19790328"), "XDM/1.0/DDM+Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979"},
	{"with a time", BYTES_OF("A"), BYTES_OF("B"), BYTES_OF("C"), BYTES_OF("197903281200"), "XDM/1.0/DDM+A B C 28/03/1979"},
	{"no date", BYTES_OF("A"), BYTES_OF("B"), BYTES_OF("C"), BYTES_OF("1979"), "XDM/1.0/DDM+A B C"},
	{"letters for a date", BYTES_OF("A"), BYTES_OF("B"), BYTES_OF("C"), BYTES_OF("1979AB28"), "XDM/1.0/DDM+A B C"},
	{"accents stay", BYTES_OF("Deuxième avis"), BYTES_OF("ÉTÉ"), BYTES_OF("ZOË"), BYTES_OF(""), "XDM/1.0/DDM+Deuxième avis ÉTÉ ZOË"},
	{"line ends and tabs become one blank", BYTES_OF("A\r\nBcc: x@y"), BYTES_OF("\tB \n C"), BYTES_OF(""), BYTES_OF(""), "XDM/1.0/DDM+A Bcc: x@y B C"},
	{"marks of direction are left out", BYTES_OF("A"), BYTES_OF("B\xe2\x80\xae" "C"), BYTES_OF(""), BYTES_OF(""), "XDM/1.0/DDM+A BC"},
	{"what is not UTF-8", BYTES_OF("A"), BYTES_OF("B\xe9" "C"), BYTES_OF(""), BYTES_OF(""), "XDM/1.0/DDM+A B?C"},
	{"a label is cut at 40", BYTES_OF(TEN TEN TEN TEN "X"), BYTES_OF("B"), BYTES_OF(""), BYTES_OF(""), "XDM/1.0/DDM+" TEN TEN TEN TEN " B"},
	{"no label", BYTES_OF(""), BYTES_OF("B"), BYTES_OF("C"), BYTES_OF(""), "XDM/1.0/DDM+B C"},
};

static void test_rows(void **state)
{
	(void)state;
	struct arena *arena = arena_create(100000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bytes subject = subject_national(arena, rows[i].label, rows[i].family, rows[i].given, rows[i].birth);
		if (!bytes_equal_text(subject, rows[i].subject))
			fail_msg("%s: %.*s", rows[i].what, (int)subject.len, (const char *)subject.at);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

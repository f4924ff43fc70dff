/* gateway/log_test.c - what a log line says, and what it must never say. */
#include "gateway/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* Runs body with standard error in a memfd and gives back what it wrote. */
#define CAPTURE(into, body)                                                       \
	do {                                                                      \
		int kept = dup(STDERR_FILENO), file = memfd_create("log", 0);     \
		dup2(file, STDERR_FILENO);                                        \
		body;                                                             \
		dup2(kept, STDERR_FILENO);                                        \
		ssize_t len = pread(file, (into), sizeof(into) - 1, 0);           \
		(into)[len < 0 ? 0 : len] = '\0';                                 \
		close(kept);                                                      \
		close(file);                                                      \
	} while (0)

static void test_line(void **state)
{
	(void)state;
	char out[8192];
	log_open("worker");
	CAPTURE(out, log_event("accepted", LOG_NUMBER("inbox", 12), LOG_TEXT("peer", "a\"b\\c\n\x01"),
			       LOG_REASON(REASON_IO), LOG_END));
	assert_non_null(strstr(out, "\"process\":\"worker\""));
	assert_non_null(strstr(out, ",\"event\":\"accepted\",\"inbox\":12,\"peer\":\"a\\\"b\\\\c\\u000a\\u0001\","
				    "\"reason\":\"local.io\"}\n"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

static void test_long_value_is_cut(void **state)
{
	(void)state;
	char out[8192], text[1000];
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i + 1 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);   /* two bytes a character: the cut must not split one */
	text[0] = 'a';
	text[1] = 'b';
	CAPTURE(out, log_event("e", LOG_BYTES("v", ((struct bytes){(unsigned char *)text + 1, 999 - 2})), LOG_END));
	assert_true(bytes_utf8(bytes_of_text(out)));
	assert_true(strlen(out) < 500);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

static void test_bad_utf8_and_many_fields(void **state)
{
	(void)state;
	char out[8192];
	CAPTURE(out, log_event("e", LOG_BYTES("v", BYTES("\xff\xfeok\0z")), LOG_END));
	assert_non_null(strstr(out, "\"v\":\"??ok\\u0000z\"}"));

	char big[301];
	memset(big, '\x01', 300);   /* six characters each in JSON */
	big[300] = '\0';
	CAPTURE(out, log_event("e", LOG_TEXT("a", big), LOG_TEXT("b", big), LOG_TEXT("c", big), LOG_TEXT("d", big),
			       LOG_END));
	assert_true(strlen(out) <= 4096);
	assert_string_equal(out + strlen(out) - 2, "}\n");
}

static void test_mailbox(void **state)
{
	(void)state;
	static const struct {
		const char *what, *address, *logged;
	} cases[] = {
		{"an expert is shown", "expert@hopital.mssante.fr", "expert@hopital.mssante.fr"},
		{"a patient is hidden", "279035121518989@patient.mssante.fr", "@patient.mssante.fr"},
		{"a patient by another name is hidden", "dominique@Patient.MSSante.fr", "@Patient.MSSante.fr"},
		{"a domain below is hidden", "x@b.patient.mssante.fr", "@b.patient.mssante.fr"},
		{"another domain with that end is not", "x@impatient.mssante.fr", "x@impatient.mssante.fr"},
		{"an identifier elsewhere is hidden", "279035121518989@example.fr", "@example.fr"},
		{"the last @ counts", "\"a@b\"@patient.mssante.fr", "@patient.mssante.fr"},
		{"no @ at all", "279035121518989", "?"},
		{"nothing", "", "?"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes got = log_mailbox(bytes_of_text(cases[i].address), "patient.mssante.fr");
		if (!bytes_equal_text(got, cases[i].logged))
			fail_msg("%s: %.*s", cases[i].what, (int)got.len, (const char *)got.at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_long_value_is_cut),
		cmocka_unit_test(test_bad_utf8_and_many_fields),
		cmocka_unit_test(test_mailbox),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

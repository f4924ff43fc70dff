/* gateway/intake_journal_test.c - one line a message, appended; a full disk is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/intake_journal.h"

static const unsigned char digest[32] = {0xab, 0xcd, [31] = 0xff};

static void test_lines(void **state)
{
	(void)state;
	char path[] = "/tmp/journal_testXXXXXX", text[1024];
	const struct bytes d = {digest, sizeof digest};
	struct instant at = {INT64_C(1795297800000001)};
	int made = mkstemp(path), first, second;

	assert_true(made >= 0);
	close(made);
	assert_int_equal(intake_journal_open(path, &first), REASON_NONE);
	assert_int_equal(intake_journal_open(path, &second), REASON_NONE);
	assert_int_equal(intake_journal_add(first, at, 7, 123, d, "smtp"), REASON_NONE);
	assert_int_equal(intake_journal_add(second, at, INT64_MAX, UINT64_MAX, d, "imap"), REASON_NONE);
	assert_int_equal(intake_journal_add(first, at, 9, 0, d, "smtp"), REASON_NONE);
	close(first);
	close(second);

	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	assert_string_equal(text, "{\"at\":\"2026-11-21T21:50:00.000001Z\",\"inbox\":7,\"size\":123,\"digest\":\""
				  "abcd0000000000000000000000000000000000000000000000000000000000ff\",\"source\":\"smtp\"}\n");
	assert_non_null(fgets(text, sizeof text, file));
	assert_non_null(strstr(text, "\"inbox\":9223372036854775807,\"size\":18446744073709551615,"));
	assert_non_null(fgets(text, sizeof text, file));
	assert_non_null(strstr(text, "\"inbox\":9,"));
	assert_null(fgets(text, sizeof text, file));
	fclose(file);
	unlink(path);
}

static void test_full_and_absent(void **state)
{
	(void)state;
	const struct bytes d = {digest, sizeof digest};
	int fd;

	assert_int_equal(intake_journal_open("/dev/full", &fd), REASON_NONE);
	assert_int_equal(intake_journal_add(fd, (struct instant){0}, 1, 1, d, "smtp"), REASON_STORE_FULL);
	close(fd);
	assert_int_equal(intake_journal_add(-1, (struct instant){0}, 1, 1, d, "smtp"), REASON_IO);
	assert_int_equal(intake_journal_open("/nowhere/journal", &fd), REASON_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_full_and_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

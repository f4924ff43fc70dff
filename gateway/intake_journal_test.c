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
	struct intake_entry entry = {.at = at, .inbox = 7, .size = 123, .digest = d, .source = "smtp", .from = BYTES("pfi@chu-exemple.mssante.fr"),
				     .message_id = BYTES("<1@chu-exemple.mssante.fr>")};
	assert_int_equal(intake_journal_add(first, &entry), REASON_NONE);
	entry = (struct intake_entry){.at = at, .inbox = INT64_MAX, .size = UINT64_MAX, .digest = d, .source = "imap", .from = BYTES("a\"b\\c\n\xc3\xa9@d.fr")};
	assert_int_equal(intake_journal_add(second, &entry), REASON_NONE);
	entry = (struct intake_entry){.at = at, .inbox = 9, .digest = d, .source = "smtp"};
	assert_int_equal(intake_journal_add(first, &entry), REASON_NONE);
	close(first);
	close(second);

	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	assert_string_equal(text, "{\"at\":\"2026-11-21T21:50:00.000001Z\",\"inbox\":7,\"size\":123,\"digest\":\""
				  "abcd0000000000000000000000000000000000000000000000000000000000ff\",\"source\":\"smtp\",\"from\":\"pfi@chu-exemple.mssante.fr\","
				  "\"message_id\":\"<1@chu-exemple.mssante.fr>\"}\n");
	assert_non_null(fgets(text, sizeof text, file));
	assert_non_null(strstr(text, "\"inbox\":9223372036854775807,\"size\":18446744073709551615,"));
	assert_non_null(strstr(text, "\"from\":\"a?b?c???@d.fr\",\"message_id\":\"\"}\n"));
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
	const struct intake_entry entry = {.inbox = 1, .size = 1, .digest = d, .source = "smtp"};
	assert_int_equal(intake_journal_add(fd, &entry), REASON_STORE_FULL);
	close(fd);
	assert_int_equal(intake_journal_add(-1, &entry), REASON_IO);
	assert_int_equal(intake_journal_open("/nowhere/journal", &fd), REASON_IO);
}

/* A crash in the middle of a line, or a disk that was full there. */
static void test_torn(void **state)
{
	(void)state;
	char path[] = "/tmp/journal_testXXXXXX", text[1024];
	const struct bytes d = {digest, sizeof digest};
	const struct intake_entry entry = {.inbox = 8, .size = 1, .digest = d, .source = "smtp"};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"at\":\"2026", 11), 11);
	close(fd);
	assert_int_equal(intake_journal_open(path, &fd), REASON_NONE);
	assert_int_equal(intake_journal_add(fd, &entry), REASON_NONE);
	close(fd);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof text, file));
	assert_string_equal(text, "{\"at\":\"2026\n");
	assert_non_null(fgets(text, sizeof text, file));
	assert_non_null(strstr(text, "\"inbox\":8,"));
	fclose(file);
	unlink(path);
}

static void test_message_id(void **state)
{
	(void)state;
	static const struct {
		const char *what, *head, *id;
	} cases[] = {
		{"a plain one", "From: a@b.fr\r\nMessage-ID: <1@b.fr>\r\n\r\n", "<1@b.fr>"},
		{"in any case, folded, with a comment", "MESSAGE-id:\r\n (x) <1@b.fr> (y)\r\nTo: c\r\n\r\n", "<1@b.fr>"},
		{"the first of two", "Message-ID: <1@b.fr>\r\nMessage-ID: <2@b.fr>\r\n\r\n", "<1@b.fr>"},
		{"none", "From: a@b.fr\r\n\r\nMessage-ID: <1@b.fr>\r\n", ""},
		{"in a folded field of another name", "Subject: a\r\n Message-ID: <1@b.fr>\r\n\r\n", ""},
		{"with what would end our text", "Message-ID: <1\"@b.fr>\r\n\r\n", ""},
		{"with a blank", "Message-ID: <1 2@b.fr>\r\n\r\n", ""},
		{"with bytes that are none of ASCII", "Message-ID: <\xc3\xa9@b.fr>\r\n\r\n", ""},
		{"without its end", "Message-ID: <1@b.fr", ""},
		{"with the brackets turned", "Message-ID: >1@b.fr<\r\n\r\n", ""},
		{"nothing at all", "", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes id = intake_message_id(bytes_of_text(cases[i].head));
		if (!bytes_equal_text(id, cases[i].id))
			fail_msg("%s: %.*s", cases[i].what, (int)id.len, (const char *)id.at);
	}
	char big[2048];
	snprintf(big, sizeof big, "Message-ID: <%01000d@b.fr>\r\n\r\n", 1);
	assert_int_equal(intake_message_id(bytes_of_text(big)).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_full_and_absent),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_message_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

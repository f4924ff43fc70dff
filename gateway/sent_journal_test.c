/* gateway/sent_journal_test.c - what was taken is found again, what was not is not, whatever stands around it. */
#include "gateway/sent_journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/journal_file.h"
#include "gateway/json_view.h"

static const struct smtp_client_result taken = {.status = {.code = 250, .enhanced = "2.0.0"}, .queue_id = "4Xy\"Z"};

static struct sent_entry entry(int64_t outbox, unsigned attempt, const char *id)
{
	return (struct sent_entry){{INT64_C(1795297800000001)}, outbox, attempt, bytes_of_text(id), BYTES("{\"code\":\"M70\",\"ref\":\"\"}")};
}

static void add(int fd, enum sent_event event, int64_t outbox, unsigned attempt, const char *id)
{
	struct sent_entry e = entry(outbox, attempt, id);
	assert_int_equal(sent_journal_add(fd, event, &e, event == SENT_BEGUN ? NULL : &taken, "mx.a.fr"), REASON_NONE);
}

static int fresh(char path[])
{
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(journal_file_open(path, &fd), REASON_NONE);
	return fd;
}

static void test_taken(void **state)
{
	(void)state;
	static const struct {
		const char *what, *id;
		bool taken;
	} cases[] = {
		{"taken", "<1@a.fr>", true},          {"begun, and nobody knows", "<2@a.fr>", false},
		{"put off", "<3@a.fr>", false},       {"refused", "<4@a.fr>", false},
		{"never begun", "<5@a.fr>", false},   {"taken at the second try", "<6@a.fr>", true},
		{"named in another's queue id", "4Xy", false},
	};
	char path[] = "/tmp/sent_testXXXXXX";
	int fd = fresh(path);
	struct arena *arena = arena_create(8 << 20);

	add(fd, SENT_BEGUN, 1, 1, "<1@a.fr>");
	add(fd, SENT_TAKEN, 1, 1, "<1@a.fr>");
	add(fd, SENT_BEGUN, 2, 1, "<2@a.fr>");
	add(fd, SENT_LATER, 3, 1, "<3@a.fr>");
	add(fd, SENT_REFUSED, 4, 1, "<4@a.fr>");
	add(fd, SENT_LATER, 6, 1, "<6@a.fr>");
	add(fd, SENT_TAKEN, 6, 2, "<6@a.fr>");
	assert_int_equal(write(fd, "{\"torn\n", 7), 7);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct smtp_client_result found = {0};
		const char *host = "";
		if (sent_journal_taken(fd, arena, bytes_of_text(cases[i].id), &found, &host) != cases[i].taken)
			fail_msg("%s", cases[i].what);
		if (cases[i].taken) {
			assert_int_equal(found.reason, REASON_NONE);
			assert_int_equal(found.status.code, 250);
			assert_string_equal(found.status.enhanced, "2.0.0");
			assert_string_equal(found.queue_id, "4Xy\"Z");
			assert_string_equal(host, "mx.a.fr");
		}
	}
	arena_destroy(&arena);
	close(fd);
	unlink(path);
}

/* By the last line of each: what is known to have arrived, or may have. */
static void test_left(void **state)
{
	(void)state;
	char path[] = "/tmp/sent_testXXXXXX";
	int fd = fresh(path);
	struct arena *arena = arena_create(8 << 20);

	json_t *left = sent_journal_left(fd, arena);
	assert_int_equal(json_array_size(left), 0);
	json_decref(left);
	add(fd, SENT_BEGUN, 2, 1, "<2@a.fr>");
	add(fd, SENT_BEGUN, 1, 1, "<1@a.fr>");
	add(fd, SENT_BEGUN, 3, 1, "<3@a.fr>");
	add(fd, SENT_TAKEN, 1, 1, "<1@a.fr>");
	add(fd, SENT_LATER, 3, 1, "<3@a.fr>");
	add(fd, SENT_BEGUN, 7, 3, "<7@a.fr>");
	assert_int_equal(write(fd, "{\"at\":\"20", 9), 9);
	left = sent_journal_left(fd, arena);
	assert_int_equal(json_array_size(left), 3);
	static const char *const ids[] = {"<7@a.fr>", "<1@a.fr>", "<2@a.fr>"};
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_object_get(json_array_get(left, i), "message_id")), ids[i]);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(left, 0), "attempt")), 3);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(left, 0), "outbox")), 7);
	json_decref(left);
	arena_destroy(&arena);
	close(fd);
	unlink(path);
}

/* Only the end of a long journal is read, from the start of a line. */
static void test_long(void **state)
{
	(void)state;
	char path[] = "/tmp/sent_testXXXXXX", id[32];
	int fd = fresh(path);
	struct arena *arena = arena_create(16 << 20);
	struct smtp_client_result found;
	const char *host;

	for (int i = 0; i < 8000; i++) {
		snprintf(id, sizeof id, "<%d@a.fr>", i);
		struct sent_entry e = entry(i, 1, id);
		assert_int_equal(sent_journal_add(fd, i == 0 || i > 7990 ? SENT_TAKEN : SENT_LATER, &e, &taken, "mx.a.fr"), REASON_NONE);
	}
	assert_true(lseek(fd, 0, SEEK_END) > SENT_TAIL);
	assert_true(sent_journal_taken(fd, arena, BYTES("<7999@a.fr>"), &found, &host));
	assert_true(sent_journal_taken(fd, arena, BYTES("<7991@a.fr>"), &found, &host));
	assert_false(sent_journal_taken(fd, arena, BYTES("<7990@a.fr>"), &found, &host));
	assert_false(sent_journal_taken(fd, arena, BYTES("<0@a.fr>"), &found, &host));
	arena_destroy(&arena);
	close(fd);
	unlink(path);
}

static void test_full(void **state)
{
	(void)state;
	struct sent_entry e = entry(1, 1, "<1@a.fr>");
	int fd;

	assert_int_equal(journal_file_open("/dev/full", &fd), REASON_NONE);
	assert_int_equal(sent_journal_add(fd, SENT_BEGUN, &e, NULL, ""), REASON_STORE_FULL);
	close(fd);
	assert_int_equal(sent_journal_add(-1, SENT_TAKEN, &e, &taken, "h"), REASON_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

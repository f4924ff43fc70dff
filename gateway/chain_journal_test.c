/* gateway/chain_journal_test.c - the chain of lines, on a real file. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gateway/chain_journal.h"

struct file {
	char path[64];
};

static int make_file(void **state)
{
	static struct file file;
	strcpy(file.path, "/tmp/relais-journal-XXXXXX");
	int fd = mkstemp(file.path);
	*state = &file;
	return fd < 0 ? -1 : close(fd);
}

static int drop_file(void **state)
{
	return unlink(((struct file *)*state)->path);
}

static void add(const char *path, int n)
{
	struct chain_journal j;
	char members[32];

	snprintf(members, sizeof members, "\"n\":%d", n);
	assert_int_equal(chain_journal_open(path, &j), REASON_NONE);
	assert_int_equal(chain_journal_add(&j, (struct instant){0}, bytes_of_text(members)), REASON_NONE);
	assert_int_equal(chain_journal_sync(&j), REASON_NONE);
	chain_journal_close(&j);
}

static struct bytes slurp(const char *path, unsigned char *to, size_t room)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, to, room);
	close(fd);
	assert_true(n >= 0);
	return (struct bytes){to, (size_t)n};
}

/* Each line names the digest of the one before it, across restarts. */
static void lines_form_a_chain(void **state)
{
	const char *path = ((struct file *)*state)->path;
	unsigned char data[8192];
	char previous[DIGEST_SHA256_TEXT];

	for (int i = 1; i <= 3; i++)
		add(path, i);
	struct cursor c = cursor_on(slurp(path, data, sizeof(data)));
	memset(previous, '0', sizeof(previous) - 1);
	previous[sizeof(previous) - 1] = 0;
	for (int i = 1; i <= 3; i++) {
		struct bytes line = cursor_until(&c, '\n');
		char members[32];
		snprintf(members, sizeof(members), ",\"n\":%d,", i);
		assert_true(bytes_contains(line, bytes_of_text(members)));
		assert_true(bytes_contains(line, bytes_of_text(previous)));
		digest_sha256_text(line, previous);
	}
	assert_true(cursor_done(&c));
}

/* A crash in the middle of a line: the torn part stands alone and is part of the chain. */
static void a_torn_line_stands_alone(void **state)
{
	const char *path = ((struct file *)*state)->path;
	unsigned char data[8192];
	char digest[DIGEST_SHA256_TEXT];

	add(path, 1);
	int fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"at\":\"20", 9), 9);
	close(fd);
	add(path, 2);
	struct cursor c = cursor_on(slurp(path, data, sizeof(data)));
	(void)cursor_until(&c, '\n');
	struct bytes torn = cursor_until(&c, '\n');
	assert_true(bytes_equal(torn, BYTES("{\"at\":\"20")));
	digest_sha256_text(torn, digest);
	struct bytes last = cursor_until(&c, '\n');
	assert_true(bytes_contains(last, bytes_of_text(digest)));
	assert_true(cursor_done(&c));
}

static void one_writer_only(void **state)
{
	const char *path = ((struct file *)*state)->path;
	struct chain_journal one, two;
	assert_int_equal(chain_journal_open(path, &one), REASON_NONE);
	assert_int_equal(chain_journal_open(path, &two), REASON_IO);
	chain_journal_close(&one);
	assert_int_equal(chain_journal_open("/nowhere/journal", &one), REASON_IO);
}

static void a_full_disk_is_told(void **state)
{
	(void)state;
	struct chain_journal j = {.fd = open("/dev/full", O_WRONLY)};
	memset(j.previous, '0', sizeof(j.previous) - 1);
	assert_int_equal(chain_journal_add(&j, (struct instant){0}, BYTES("\"n\":1")), REASON_STORE_FULL);
	chain_journal_close(&j);
}

/* What stands at the end after a failure cannot be read: nothing is added, since nobody knows what it has to name. */
static void an_unread_end_is_not_built_on(void **state)
{
	const char *path = ((struct file *)*state)->path;
	unsigned char before[8192], after[8192];
	struct rlimit most, small;

	add(path, 1);
	size_t size = slurp(path, before, sizeof before).len;
	struct chain_journal j = {.fd = open(path, O_WRONLY | O_APPEND)};
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &most), 0);
	small = (struct rlimit){size, most.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(chain_journal_add(&j, (struct instant){0}, BYTES("\"n\":2")), REASON_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &most), 0);
	assert_int_equal(chain_journal_add(&j, (struct instant){0}, BYTES("\"n\":2")), REASON_IO);
	chain_journal_close(&j);
	assert_true(bytes_equal(slurp(path, after, sizeof after), (struct bytes){before, size}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_form_a_chain, make_file, drop_file),
		cmocka_unit_test_setup_teardown(a_torn_line_stands_alone, make_file, drop_file),
		cmocka_unit_test_setup_teardown(one_writer_only, make_file, drop_file),
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test_setup_teardown(an_unread_end_is_not_built_on, make_file, drop_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

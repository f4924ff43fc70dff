/* gateway/signer_journal_test.c - the two kinds of line; that they form a chain: chain_journal_test.c. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/signer_journal.h"

#define ONE "0101010101010101010101010101010101010101010101010101010101010101"
#define TWO "0202020202020202020202020202020202020202020202020202020202020202"

static void digest_of(unsigned char value, unsigned char out[DIGEST_SHA256])
{
	for (size_t i = 0; i < DIGEST_SHA256; i++)
		out[i] = value;
}

/* Without their ends, which name the line before. */
static void both_kinds_of_line(void **state)
{
	(void)state;
	char path[] = "/tmp/relais-journal-XXXXXX";
	unsigned char one[DIGEST_SHA256], two[DIGEST_SHA256], data[4096];
	int fd = mkstemp(path);
	struct chain_journal j;

	digest_of(1, one);
	digest_of(2, two);
	assert_int_equal(chain_journal_open(path, &j), REASON_NONE);
	const struct signer_entry seal = {{0}, 7, one, two, BYTES("ab12")};
	const struct signer_checkpoint_entry point = {{1000000}, 3, 812, two, BYTES("ab12")};
	assert_int_equal(signer_journal_add(&j, &seal), REASON_NONE);
	assert_int_equal(signer_journal_add_checkpoint(&j, &point), REASON_NONE);
	chain_journal_close(&j);
	ssize_t n = read(fd, data, sizeof data);
	close(fd);
	unlink(path);
	assert_true(n > 0);
	struct cursor c = cursor_on((struct bytes){data, (size_t)n});
	assert_true(bytes_starts(cursor_until(&c, '\n'), BYTES("{\"at\":\"1970-01-01T00:00:00.000000Z\",\"outbox\":7,\"entity\":\"" ONE "\",\"sent\":\"" TWO "\",\"fingerprint\":\"ab12\",\"previous\":\"0000")));
	assert_true(bytes_starts(cursor_until(&c, '\n'), BYTES("{\"at\":\"1970-01-01T00:00:01.000000Z\",\"checkpoint\":3,\"position\":812,\"statement\":\"" TWO "\",\"fingerprint\":\"ab12\",\"previous\":\"")));
	assert_true(cursor_done(&c));
}

/* A line that may not be on the disk is none: a pipe takes it and has nothing to sync. */
static void a_sync_that_fails_is_told(void **state)
{
	(void)state;
	int ends[2];
	unsigned char digest[DIGEST_SHA256] = {1};
	const struct signer_entry entry = {{0}, 1, digest, digest, BYTES("ab")};

	assert_int_equal(pipe(ends), 0);
	struct chain_journal j = {.fd = ends[1], .previous = "00"};
	assert_int_equal(signer_journal_add(&j, &entry), REASON_STORE_FULL);
	chain_journal_close(&j);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_kinds_of_line),
		cmocka_unit_test(a_sync_that_fails_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/receiver_spool_test.c - bodies of all sizes come back byte for byte; room is counted and given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/receiver_spool.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct setting {
	struct arena *arena;
	struct spool *spool;
	unsigned char *scratch;
};

static int set_up(void **state)
{
	static struct setting s;
	s.arena = arena_create(4 * 1024 * 1024);
	s.scratch = arena_alloc(s.arena, LIMIT_CHUNK);
	assert_int_equal(spool_open(s.arena, "/nowhere", &s.spool), REASON_NONE);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct setting *s = *state;
	spool_close(s->spool);
	arena_destroy(&s->arena);
	return 0;
}

/* A byte that tells its offset and whose body it is. */
static unsigned char mark(uint64_t offset, unsigned seed)
{
	return (unsigned char)(offset * 31 + offset / 251 + seed);
}

static void fill(struct setting *s, struct spool_body *body, uint64_t size, size_t step, unsigned seed)
{
	unsigned char piece[5000];
	for (uint64_t at = 0; at < size;) {
		size_t len = size - at < step ? (size_t)(size - at) : step;
		for (size_t i = 0; i < len; i++)
			piece[i] = mark(at + i, seed);
		assert_int_equal(spool_add(s->spool, body, (struct bytes){piece, len}), REASON_NONE);
		at += len;
	}
	assert_int_equal(spool_finish(s->spool, body), REASON_NONE);
	assert_int_equal(body->size, size);
}

static void check(struct setting *s, const struct spool_body *body, unsigned seed)
{
	for (uint64_t at = 0; at < body->size; at += LIMIT_CHUNK) {
		size_t len = body->size - at < LIMIT_CHUNK ? (size_t)(body->size - at) : LIMIT_CHUNK;
		struct bytes out;
		assert_int_equal(spool_read(s->spool, body, at, len, s->scratch, &out), REASON_NONE);
		assert_int_equal(out.len, len);
		for (size_t i = 0; i < len; i++)
			if (out.at[i] != mark(at + i, seed))
				fail_msg("byte %llu", (unsigned long long)(at + i));
	}
}

static void test_sizes(void **state)
{
	static const uint64_t sizes[] = {0, 1, LIMIT_SMTP_MEMORY - 1, LIMIT_SMTP_MEMORY, LIMIT_SMTP_MEMORY + 1,
					 3 * LIMIT_SMTP_MEMORY, 3 * LIMIT_SMTP_MEMORY + 17, 2 * LIMIT_CHUNK + 1};
	struct setting *s = *state;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct spool_body body = spool_body_make();
		struct bytes out;
		fill(s, &body, sizes[i], 4096, (unsigned)i);
		check(s, &body, (unsigned)i);
		assert_int_equal(spool_read(s->spool, &body, sizes[i], 1, s->scratch, &out), REASON_IO);
		assert_int_equal(body.place != 0, sizes[i] > LIMIT_SMTP_MEMORY);
		spool_release(s->spool, &body);
	}
}

static void test_side_by_side(void **state)
{
	struct setting *s = *state;
	struct spool_body bodies[5];

	for (unsigned i = 0; i < COUNT(bodies); i++) {
		bodies[i] = spool_body_make();
		fill(s, &bodies[i], 200000 + i, 4999, i);
	}
	spool_release(s->spool, &bodies[2]);
	fill(s, &bodies[2], 300000, 777, 99);   /* takes a place that another has left */
	for (unsigned i = 0; i < COUNT(bodies); i++)
		check(s, &bodies[i], i == 2 ? 99 : i);
	for (unsigned i = 0; i < COUNT(bodies); i++)
		spool_release(s->spool, &bodies[i]);
}

/* The spool's file, by the descriptor that it is: the last one opened. */
static int spool_file(void)
{
	int fd = open("/dev/null", O_RDONLY);
	close(fd);
	return fd - 1;
}

/* Nothing of a message stands in the file, and what the disk gives back altered is not taken. */
static void test_sealed(void **state)
{
	(void)state;
	struct arena *arena = arena_create(4 * 1024 * 1024);
	struct spool *spool;
	unsigned char *scratch = arena_alloc(arena, LIMIT_CHUNK), *file = arena_alloc(arena, 400000);
	struct spool_body body = spool_body_make();
	static const char text[] = "a line of a message, again and again\r\n";
	struct bytes out;

	assert_int_equal(spool_open(arena, "/nowhere", &spool), REASON_NONE);
	int fd = spool_file();
	for (int i = 0; i < 6000; i++)
		assert_int_equal(spool_add(spool, &body, BYTES(text)), REASON_NONE);
	assert_int_equal(spool_finish(spool, &body), REASON_NONE);
	ssize_t n = pread(fd, file, 400000, 0);
	assert_true(n > (ssize_t)body.size);
	assert_int_equal(bytes_find((struct bytes){file, (size_t)n}, BYTES("a line"), 0), n);
	assert_int_equal(spool_read(spool, &body, 0, 1000, scratch, &out), REASON_NONE);
	assert_memory_equal(out.at, text, sizeof text - 1);
	file[70000] ^= 1;
	assert_int_equal(pwrite(fd, file + 70000, 1, 70000), 1);
	assert_int_equal(spool_read(spool, &body, 0, 1000, scratch, &out), REASON_NONE);
	assert_int_equal(spool_read(spool, &body, LIMIT_SMTP_MEMORY, 1000, scratch, &out), REASON_BODY_SEAL);
	spool_release(spool, &body);
	spool_close(spool);
	arena_destroy(&arena);
}

/* One body may fill its place and no more: the next place is another's. */
static void test_place_is_bounded(void **state)
{
	struct setting *s = *state;
	static unsigned char piece[LIMIT_CHUNK];
	struct spool_body body = spool_body_make();
	enum reason reason = REASON_NONE;

	for (uint64_t at = 0; at < LIMIT_MESSAGE; at += sizeof piece)
		assert_int_equal(spool_add(s->spool, &body, (struct bytes){piece, sizeof piece}), REASON_NONE);
	for (int i = 0; i < 3 && reason == REASON_NONE; i++)
		reason = spool_add(s->spool, &body, (struct bytes){piece, sizeof piece});
	assert_int_equal(reason, REASON_STORE_FULL);
	spool_release(s->spool, &body);
}

/* A full disk ends the message that finds it so; when there is room again, the next one goes through, without a restart. */
static void test_full_and_again(void **state)
{
	struct setting *s = *state;
	static unsigned char piece[3 * LIMIT_SMTP_MEMORY];
	struct spool_body body = spool_body_make();
	struct rlimit before, none = {LIMIT_SMTP_MEMORY / 2, 0};

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(spool_add(s->spool, &body, (struct bytes){piece, sizeof piece}), REASON_STORE_FULL);
		spool_release(s->spool, &body);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	fill(s, &body, 3 * LIMIT_SMTP_MEMORY, 4096, 5);
	check(s, &body, 5);
	spool_release(s->spool, &body);
}

/* All messages together: who comes when the budget is spent waits for others to be done. */
static void test_budget_and_again(void **state)
{
	struct setting *s = *state;
	struct spool_body bodies[LIMIT_SMTP_SPOOLED + 1];
	static unsigned char piece[LIMIT_SMTP_MEMORY + 1];

	for (size_t i = 0; i < LIMIT_SMTP_SPOOLED; i++) {
		bodies[i] = spool_body_make();
		assert_int_equal(spool_add(s->spool, &bodies[i], (struct bytes){piece, sizeof piece}), REASON_NONE);
	}
	bodies[LIMIT_SMTP_SPOOLED] = spool_body_make();
	assert_int_equal(spool_add(s->spool, &bodies[LIMIT_SMTP_SPOOLED], (struct bytes){piece, LIMIT_SMTP_MEMORY}), REASON_NONE);
	assert_int_equal(spool_add(s->spool, &bodies[LIMIT_SMTP_SPOOLED], (struct bytes){piece, 1}), REASON_STORE_FULL);
	spool_release(s->spool, &bodies[LIMIT_SMTP_SPOOLED]);
	spool_release(s->spool, &bodies[7]);
	fill(s, &bodies[7], 2 * LIMIT_SMTP_MEMORY, 4096, 1);
	check(s, &bodies[7], 1);
	for (size_t i = 0; i < LIMIT_SMTP_SPOOLED; i++)
		spool_release(s->spool, &bodies[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_place_is_bounded),
		cmocka_unit_test(test_full_and_again),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_budget_and_again),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

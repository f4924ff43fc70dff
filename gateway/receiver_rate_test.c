/* gateway/receiver_rate_test.c - a minute's worth at once, then as it fills; peers do not count for one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limits.h"
#include "gateway/receiver_rate.h"

enum { PER_MINUTE = 120, ROOM = 1024 * 1024 };

static struct rate *open_rate(struct arena *arena, unsigned per_minute)
{
	struct rate *rate;
	assert_int_equal(rate_open(arena, per_minute, 4711, &rate), REASON_NONE);
	return rate;
}

/* How many of n are taken at that moment. */
static unsigned taken(struct rate *rate, const char *peer, unsigned n, uint64_t at)
{
	unsigned good = 0;
	for (unsigned i = 0; i < n; i++)
		good += rate_take(rate, bytes_of_text(peer), at);
	return good;
}

static void test_burst_and_flow(void **state)
{
	(void)state;
	struct arena *arena = arena_create(ROOM);
	struct rate *rate = open_rate(arena, PER_MINUTE);

	assert_int_equal(taken(rate, "a", 500, 1000), PER_MINUTE);
	assert_int_equal(taken(rate, "a", 10, 1499), 0);
	assert_int_equal(taken(rate, "a", 10, 1500), 1);        /* one each half second */
	assert_int_equal(taken(rate, "a", 10, 1999), 0);
	assert_int_equal(taken(rate, "a", 10, 3500), 4);
	assert_int_equal(taken(rate, "a", 500, 63500), PER_MINUTE);
	assert_int_equal(taken(rate, "a", 500, UINT64_MAX / 2), PER_MINUTE);   /* however long it stayed away */
	assert_int_equal(taken(rate, "a", 10, 5), 0);           /* a clock that goes back gives nothing */
	arena_destroy(&arena);
}

/* Who keeps asking while he is refused gets what he would get anyway: no less, no more. */
static void test_refusals_cost_nothing(void **state)
{
	(void)state;
	struct arena *arena = arena_create(ROOM);
	struct rate *rate = open_rate(arena, PER_MINUTE);
	unsigned good = taken(rate, "a", 500, 0);

	for (uint64_t at = 1; at <= 60000; at++)
		good += taken(rate, "a", 3, at);
	assert_int_equal(good, 2 * PER_MINUTE);
	arena_destroy(&arena);
}

static void test_peers_apart(void **state)
{
	(void)state;
	struct arena *arena = arena_create(ROOM);
	struct rate *rate = open_rate(arena, PER_MINUTE);

	assert_int_equal(taken(rate, "a", 500, 0), PER_MINUTE);
	assert_int_equal(taken(rate, "b", 500, 0), PER_MINUTE);
	assert_int_equal(taken(rate, "a", 1, 0), 0);
	assert_int_equal(taken(rate, "ab", 1, 0), 1);
	assert_int_equal(taken(rate, "", 1, 0), 1);
	arena_destroy(&arena);
}

/* Ten times more peers than the table holds come once each: who is at his limit stays there. */
static void test_full_table(void **state)
{
	(void)state;
	struct arena *arena = arena_create(ROOM);
	struct rate *rate = open_rate(arena, PER_MINUTE);

	assert_int_equal(taken(rate, "busy", 500, 0), PER_MINUTE);
	for (uint32_t i = 0; i < 10 * LIMIT_SMTP_RATE_PEERS; i++)
		assert_true(rate_take(rate, (struct bytes){(unsigned char *)&i, sizeof i}, 0));
	assert_int_equal(taken(rate, "busy", 1, 0), 0);
	arena_destroy(&arena);
}

static void test_none(void **state)
{
	(void)state;
	struct arena *arena = arena_create(ROOM);

	assert_null(open_rate(arena, 0));
	assert_int_equal(taken(NULL, "a", 100000, 0), 100000);
	struct arena *small = arena_create(1024);
	struct rate *rate;
	assert_int_equal(rate_open(small, 1, 0, &rate), REASON_MEMORY);
	arena_destroy(&small);
	arena_destroy(&arena);
}

static void test_slow(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		uint64_t received;
		int64_t at;
	} rows[] = {
		{"nothing came", 0, 60},
		{"a byte a second", 60, 60},
		{"just enough for the first minute", 59 * 1024, 60},
		{"a minute's worth and one more", 61 * 1024, 62},
		{"all of it at once", LIMIT_MESSAGE, 25601},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rate_slow_at(1000, rows[i].received) != 1000 + rows[i].at)
			fail_msg("%s: %lld", rows[i].what, (long long)rate_slow_at(1000, rows[i].received));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_and_flow),
		cmocka_unit_test(test_refusals_cost_nothing),
		cmocka_unit_test(test_peers_apart),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_slow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* policy/retry_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/retry.h"

static const struct retry_rules RULES = {.first = {60000000}, .longest = {3600000000}, .expire = {86400000000}};

static void pauses_double_up_to_the_longest(void **state)
{
	(void)state;
	static const struct {
		unsigned tries;
		int64_t minutes;
	} rows[] = {{1, 1}, {2, 2}, {3, 4}, {6, 32}, {7, 60}, {8, 60}, {1000, 60}, {UINT32_MAX, 60}};
	const struct instant queued = {1000000}, now = {5000000};
	struct instant next;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(retry_next(&RULES, rows[i].tries, queued, now, &next));
		assert_int_equal(instant_since(now, next).us, SPAN_MINUTES(rows[i].minutes).us);
	}
}

static void the_last_try_is_at_the_end(void **state)
{
	(void)state;
	const struct instant queued = {0}, late = {SPAN_HOURS(23).us + SPAN_MINUTES(30).us}, end = {SPAN_HOURS(24).us};
	struct instant next = {42};

	assert_true(retry_next(&RULES, 20, queued, late, &next));
	assert_int_equal(next.us, end.us);
	next.us = 42;
	assert_false(retry_next(&RULES, 21, queued, end, &next));
	assert_int_equal(next.us, 42);
}

/* However it goes, the number of tries in a day is bounded and the pauses never shrink to nothing. */
static void a_day_of_failures(void **state)
{
	(void)state;
	struct instant now = {0}, next;
	unsigned tries = 1;

	while (retry_next(&RULES, tries, (struct instant){0}, now, &next)) {
		assert_true(next.us > now.us);
		now = next;
		tries++;
	}
	assert_int_equal(now.us, SPAN_HOURS(24).us);
	assert_in_range(tries, 24, 40);
}

static void classes(void **state)
{
	(void)state;
	assert_int_equal(retry_class(REASON_DELIVER_REFUSED), RETRY_REFUSED);
	assert_int_equal(retry_class(REASON_DELIVER_TOO_BIG), RETRY_REFUSED);
	assert_int_equal(retry_class(REASON_DELIVER_LATER), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_NO_STARTTLS), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_ROUTE), RETRY_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_double_up_to_the_longest),
		cmocka_unit_test(the_last_try_is_at_the_end),
		cmocka_unit_test(a_day_of_failures),
		cmocka_unit_test(classes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/collector_mailbox_test.c - how long one message may stand in the way of all others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "gateway/collector_mailbox.h"

static void a_message_that_breaks_every_session_is_passed_over(void **state)
{
	struct collector_try last = {0};
	(void)state;

	for (unsigned i = 0; i < LIMIT_COLLECT_TRIES; i++)
		assert_true(collector_try(&last, 7, 42));
	assert_false(collector_try(&last, 7, 42));
	/* the next one has all its tries, and so has the same number in another folder of the server's making */
	assert_true(collector_try(&last, 7, 43));
	for (unsigned i = 0; i < LIMIT_COLLECT_TRIES; i++)
		assert_true(collector_try(&last, 7, 42));
	assert_true(collector_try(&last, 8, 42));
}

static void one_that_came_is_not_counted(void **state)
{
	struct collector_try last = {0};
	(void)state;

	for (unsigned i = 0; i < 3 * LIMIT_COLLECT_TRIES; i++) {
		assert_true(collector_try(&last, 7, 42));
		last.n = 0;   /* it came whole; the database was away */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_that_breaks_every_session_is_passed_over),
		cmocka_unit_test(one_that_came_is_not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* policy/retry_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/retry.h"

static const struct retry_rules RULES = {.first = {60000000}, .expire = {86400000000}};

static void pauses_by_kind_of_failure(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum reason failure;
		unsigned tries;
		int64_t seconds;
	} rows[] = {
		{"the first pause", REASON_DELIVER_LATER, 1, 60},
		{"doubles", REASON_DELIVER_LATER, 2, 120},
		{"and again", REASON_DELIVER_LATER, 3, 240},
		{"the last below an hour", REASON_DELIVER_LATER, 6, 1920},
		{"never over an hour", REASON_DELIVER_LATER, 7, 3600},
		{"however often", REASON_DELIVER_LATER, UINT32_MAX, 3600},
		{"a host that does not answer", REASON_DELIVER_CONNECT, 2, 120},
		{"greylisting: soon", REASON_DELIVER_GREYLIST, 1, 60},
		{"greylisting: still soon", REASON_DELIVER_GREYLIST, 3, 135},
		{"greylisting: never over ten minutes", REASON_DELIVER_GREYLIST, 50, 600},
		{"a full mailbox: not so soon", REASON_DELIVER_MAILBOX_LATER, 1, 600},
		{"our own certificate: not so soon", REASON_DELIVER_OURS, 2, 1200},
		{"a token may be fresh in a minute", REASON_DELIVER_AUTH, 1, 60},
	};
	const struct instant queued = {1000000}, now = {5000000};
	struct instant next;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_true(retry_next(&RULES, rows[i].failure, rows[i].tries, queued, now, 0, &next));
		if (instant_since(now, next).us != SPAN_SECONDS(rows[i].seconds).us)
			fail_msg("%s: %lld s", rows[i].what, (long long)(instant_since(now, next).us / 1000000));
	}
}

static void jitter_lengthens_by_a_quarter_at_most(void **state)
{
	(void)state;
	const struct instant queued = {0}, now = {0};
	struct instant none, half, all;

	assert_true(retry_next(&RULES, REASON_DELIVER_LATER, 3, queued, now, 0, &none));
	assert_true(retry_next(&RULES, REASON_DELIVER_LATER, 3, queued, now, 500, &half));
	assert_true(retry_next(&RULES, REASON_DELIVER_LATER, 3, queued, now, 1000, &all));
	assert_int_equal(none.us, SPAN_SECONDS(240).us);
	assert_int_equal(half.us, SPAN_SECONDS(270).us);
	assert_int_equal(all.us, SPAN_SECONDS(300).us);
}

static void a_first_pause_over_the_longest_stays(void **state)
{
	(void)state;
	const struct retry_rules slow = {.first = SPAN_HOURS(2), .expire = SPAN_HOURS(24)};
	struct instant next;

	for (unsigned tries = 1; tries < 5; tries++) {
		assert_true(retry_next(&slow, REASON_DELIVER_LATER, tries, (struct instant){0}, (struct instant){0}, 0, &next));
		assert_int_equal(next.us, SPAN_HOURS(2).us);
	}
}

static void the_last_try_is_at_the_end(void **state)
{
	(void)state;
	const struct instant queued = {0}, late = {SPAN_HOURS(23).us + SPAN_MINUTES(30).us}, end = {SPAN_HOURS(24).us};
	struct instant next = {42};

	assert_true(retry_next(&RULES, REASON_DELIVER_LATER, 20, queued, late, 1000, &next));
	assert_int_equal(next.us, end.us);
	next.us = 42;
	assert_false(retry_next(&RULES, REASON_DELIVER_LATER, 21, queued, end, 0, &next));
	assert_int_equal(next.us, 42);
}

/* A clock of our own: however it goes, the number of tries in a day is bounded, the pauses never shrink to nothing, and the
 * last falls on the end. */
static void a_day_of_failures(void **state)
{
	(void)state;
	static const struct {
		enum reason failure;
		unsigned least, most;
	} rows[] = {
		{REASON_DELIVER_CONNECT, 24, 40}, {REASON_DELIVER_GREYLIST, 100, 160}, {REASON_DELIVER_MAILBOX_LATER, 20, 32},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct instant now = {0}, next;
		unsigned tries = 1;
		while (retry_next(&RULES, rows[i].failure, tries, (struct instant){0}, now, tries * 37 % 1001, &next)) {
			assert_true(next.us > now.us);
			now = next;
			tries++;
		}
		assert_int_equal(now.us, SPAN_HOURS(24).us);
		assert_in_range(tries, rows[i].least, rows[i].most);
	}
}

static void classes(void **state)
{
	(void)state;
	assert_int_equal(retry_class(REASON_DELIVER_REFUSED), RETRY_REFUSED);
	assert_int_equal(retry_class(REASON_DELIVER_TOO_BIG), RETRY_REFUSED);
	assert_int_equal(retry_class(REASON_DELIVER_MAILBOX_NONE), RETRY_REFUSED);
	assert_int_equal(retry_class(REASON_DELIVER_LATER), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_OURS), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_PEER), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_NO_STARTTLS), RETRY_LATER);
	assert_int_equal(retry_class(REASON_DELIVER_ROUTE), RETRY_LATER);
}

static void whom_a_failure_speaks_of(void **state)
{
	(void)state;
	assert_int_equal(retry_about(REASON_DELIVER_MAILBOX_NONE), RETRY_ABOUT_MAIL);
	assert_int_equal(retry_about(REASON_DELIVER_LATER), RETRY_ABOUT_MAIL);
	assert_int_equal(retry_about(REASON_DELIVER_BUSY), RETRY_ABOUT_HOST);
	assert_int_equal(retry_about(REASON_DELIVER_CERTIFICATE), RETRY_ABOUT_HOST);
	assert_int_equal(retry_about(REASON_DELIVER_OURS), RETRY_ABOUT_US);
	assert_int_equal(retry_about(REASON_DELIVER_AUTH), RETRY_ABOUT_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pauses_by_kind_of_failure),
		cmocka_unit_test(jitter_lengthens_by_a_quarter_at_most),
		cmocka_unit_test(a_first_pause_over_the_longest_stays),
		cmocka_unit_test(the_last_try_is_at_the_end),
		cmocka_unit_test(a_day_of_failures),
		cmocka_unit_test(classes),
		cmocka_unit_test(whom_a_failure_speaks_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* policy/degraded_test.c - what waits and what goes on, told a second time; and the rest of the policy does as it says. */
#include "policy/degraded.h"

#include "base/reason.h"

#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void ages(void **state)
{
	static const struct {
		const char *what;
		int64_t hours;
		int limit;
		enum degraded_level level;
	} rows[] = {
		{"of today", 1, 4, DEGRADED_FRESH},       {"on its last hour", 96, 4, DEGRADED_FRESH}, {"an hour over", 97, 4, DEGRADED_AGEING},
		{"twice its time", 192, 4, DEGRADED_AGEING}, {"beyond", 193, 4, DEGRADED_OLD},         {"of the future", -5, 4, DEGRADED_FRESH},
		{"another limit", 97, 7, DEGRADED_FRESH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (degraded_age(SPAN_HOURS(rows[i].hours), rows[i].limit) != rows[i].level)
			fail_msg("%s", rows[i].what);
	struct instant now = {SPAN_DAYS(20000).us}, oldest = degraded_oldest(now, 7);
	assert_int_equal(degraded_age(instant_since(oldest, now), 7), DEGRADED_AGEING);
	assert_int_equal(degraded_age(instant_since((struct instant){oldest.us - 1}, now), 7), DEGRADED_OLD);
}

/* Nothing ever keeps us from keeping what comes in; a warning makes nothing wait. */
static void what_waits(void **state)
{
	/* A letter an activity, in their order: w waits, . goes on. */
	static const char *const told[DEGRADED_SOURCES] = {
		[DEGRADED_LISTS] = ".ww..w.", [DEGRADED_OPERATORS] = ".......", [DEGRADED_DIRECTORY] = "......w", [DEGRADED_LOOKUP] = "......w", [DEGRADED_KEEPER] = "..wwwww",
	};

	(void)state;
	for (enum degraded_source s = 0; s < DEGRADED_SOURCES; s++) {
		assert_int_equal(strlen(told[s]), DEGRADED_ACTIVITIES);
		for (enum degraded_activity a = 0; a < DEGRADED_ACTIVITIES; a++) {
			if (degraded_waits(s, DEGRADED_OLD, a) != (told[s][a] == 'w'))
				fail_msg("%s: %s", degraded_alarm(s), degraded_activity_words(a, "en"));
			assert_false(degraded_waits(s, DEGRADED_AGEING, a) || degraded_waits(s, DEGRADED_FRESH, a));
			assert_true(degraded_activity_words(a, "fr")[0] != '\0');
		}
		assert_false(degraded_waits(s, DEGRADED_OLD, DEGRADED_KEEPING));
		assert_int_equal(degraded_of_alarm(bytes_of_text(degraded_alarm(s))), s);
		assert_true(degraded_end_words(s, "fr")[0] != '\0' && strcmp(degraded_end_words(s, "fr"), degraded_end_words(s, "en")) != 0);
	}
	assert_int_equal(degraded_of_alarm(BYTES("machine.disk")), DEGRADED_SOURCES);
}

/* What the table calls waiting is a reason that holds or puts off, and never one that refuses. */
static void nothing_is_refused(void **state)
{
	(void)state;
	assert_int_equal(reason_entry(reason_of_code(BYTES("sig.crl.none")))->class, REASON_CLASS_HELD);
	assert_int_equal(reason_entry(reason_of_code(BYTES("peer.revocation.unknown")))->class, REASON_CLASS_LATER);
	assert_int_equal(reason_entry(reason_of_code(BYTES("peer.revocation.unknown")))->smtp, 451);
	assert_int_equal(reason_entry(reason_of_code(BYTES("deliver.revocation.unknown")))->class, REASON_CLASS_LATER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ages), cmocka_unit_test(what_waits), cmocka_unit_test(nothing_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

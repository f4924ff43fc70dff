/* policy/service_day_test.c - eight in the morning of Paris, whatever UTC makes of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/service_day.h"

enum { EIGHT = 480 };

static struct instant at(const char *text)
{
	struct instant out;
	assert_true(instant_read(bytes_of_text(text), &out));
	return out;
}

static void the_next_morning(void **state)
{
	static const struct {
		const char *what, *now, *next;
		bool working;
	} rows[] = {
		{"before eight of a Monday in winter", "2026-03-02T06:59:59Z", "2026-03-02T07:00:00Z", true},
		{"at eight it is done, and the next is tomorrow's", "2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z", true},
		{"on Friday noon it is Monday's", "2026-03-06T11:00:00Z", "2026-03-09T07:00:00Z", true},
		{"on Friday noon, every day: Saturday's", "2026-03-06T11:00:00Z", "2026-03-07T07:00:00Z", false},
		{"over the change of hour: an hour sooner by UTC", "2026-03-27T12:00:00Z", "2026-03-30T06:00:00Z", true},
		{"and back in autumn", "2026-10-23T12:00:00Z", "2026-10-26T07:00:00Z", true},
		{"Easter Monday is none", "2026-04-03T12:00:00Z", "2026-04-07T06:00:00Z", true},
		{"the first of May, a Friday, is none", "2026-04-30T06:00:00Z", "2026-05-04T06:00:00Z", true},
		{"a night that is tomorrow in Paris already", "2026-06-30T22:30:00Z", "2026-07-01T06:00:00Z", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (service_day_next(at(rows[i].now), EIGHT, rows[i].working).us != at(rows[i].next).us)
			fail_msg("%s", rows[i].what);
}

static void todays(void **state)
{
	static const struct {
		const char *what, *now;
		bool working, is;
	} rows[] = {
		{"a second before", "2026-03-02T06:59:59Z", true, false}, {"at eight", "2026-03-02T07:00:00Z", true, true},
		{"late, at ten", "2026-03-02T09:00:00Z", true, true},     {"on a Saturday", "2026-03-07T09:00:00Z", true, false},
		{"on a Saturday, every day", "2026-03-07T09:00:00Z", false, true}, {"on a holiday", "2026-05-01T09:00:00Z", true, false},
		{"at three in the night yesterday's is over", "2026-03-03T02:00:00Z", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (service_day_is(at(rows[i].now), EIGHT, rows[i].working) != rows[i].is)
			fail_msg("%s", rows[i].what);
}

/* Each span begins where the one before ended, on whatever day and however late it was made. */
static void a_day_meets_the_next(void **state)
{
	static const struct {
		const char *what, *now, *from, *until;
	} rows[] = {
		{"on time", "2026-03-02T07:00:00Z", "2026-03-01T07:00:00Z", "2026-03-02T07:00:00Z"},
		{"five hours late, the same", "2026-03-02T12:00:00Z", "2026-03-01T07:00:00Z", "2026-03-02T07:00:00Z"},
		{"23 hours in spring", "2026-03-29T06:00:30Z", "2026-03-28T07:00:00Z", "2026-03-29T06:00:00Z"},
		{"25 in autumn", "2026-10-25T07:00:30Z", "2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct instant from, until;
		service_day_span(at(rows[i].now), EIGHT, &from, &until);
		if (from.us != at(rows[i].from).us || until.us != at(rows[i].until).us)
			fail_msg("%s", rows[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_next_morning), cmocka_unit_test(todays), cmocka_unit_test(a_day_meets_the_next)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

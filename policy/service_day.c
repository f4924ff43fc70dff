/* policy/service_day.c - see service_day.h. */
#include "policy/service_day.h"

struct instant service_day_next(struct instant now, int minute, bool working)
{
	struct instant day = now;

	for (;;) {
		struct date date = calendar_date(CALENDAR_FRANCE, day);
		struct instant at = calendar_instant(CALENDAR_FRANCE, date, minute);
		if (instant_before(now, at) && (!working || calendar_working_day(CALENDAR_FRANCE, date)))
			return at;
		day = calendar_plus_days(CALENDAR_FRANCE, day, 1);
	}
}

bool service_day_is(struct instant now, int minute, bool working)
{
	struct date today = calendar_date(CALENDAR_FRANCE, now);

	return !instant_before(now, calendar_instant(CALENDAR_FRANCE, today, minute)) && (!working || calendar_working_day(CALENDAR_FRANCE, today));
}

void service_day_span(struct instant now, int minute, struct instant *from, struct instant *until)
{
	*until = calendar_instant(CALENDAR_FRANCE, calendar_date(CALENDAR_FRANCE, now), minute);
	*from = calendar_plus_days(CALENDAR_FRANCE, *until, -1);
}

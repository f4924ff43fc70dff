/* policy/service_day.h - when what comes once a day comes: a minute of the day in Paris, on every day or on working days. Pure. */
#ifndef RELAIS_POLICY_SERVICE_DAY_H
#define RELAIS_POLICY_SERVICE_DAY_H

#include "base/calendar.h"

/* The first such time after now. */
struct instant service_day_next(struct instant now, int minute, bool working);
/* Has today's come? Late on its own day it is done all the same; of a day that is over nothing is told: the next one comes in its time. */
bool service_day_is(struct instant now, int minute, bool working);

/* What today's tells of: from yesterday's time to today's, of 23 and 25 hours where the clock changes. Whenever it is made, it meets the one before. */
void service_day_span(struct instant now, int minute, struct instant *from, struct instant *until);

#endif

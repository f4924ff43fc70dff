/* smtp/reply_date.h - dates in what people write, French and English: 20/03, 20.03.2026, 20 mars, March 20th, 2026-03-20, lundi, demain. */
#ifndef RELAIS_SMTP_REPLY_DATE_H
#define RELAIS_SMTP_REPLY_DATE_H

#include "base/bytes.h"
#include "base/instant.h"

/* A date as it was written: what was left out is 0. */
struct reply_day {
	struct date date;
	size_t len;               /* of text that it takes */
};

/* The day that folded text begins with: a date, with day alone ("3") when bare is set, a day of the week ("lundi 3 mars", "next monday"), "demain".
 * Days that are told from today are counted from written, and not read with written.year 0. len 0: none. */
struct reply_day reply_day_take(struct bytes folded, struct date written, bool bare);

/* Completes month and year of what was left out: the first such day at or after floor. False: there is none, as for 31/02. */
bool reply_day_complete(struct date *date, struct date floor);
/* The number of the month that folded text begins with, by its name; 0: none. */
int reply_month_take(struct bytes folded);
/* The day n days after. */
struct date reply_day_plus(struct date date, int64_t days);

#endif

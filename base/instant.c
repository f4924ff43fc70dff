/* base/instant.c - see instant.h. Calendar arithmetic on days since 1970, without the C library's time zones. */
#include "base/instant.h"

#include <stdio.h>

int64_t date_days(struct date d)
{
	/* Years start in March, so that the leap day is the last day of a year. */
	int64_t year = d.month <= 2 ? d.year - 1 : d.year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

struct date date_of_days(int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t m = (5 * day_of_year + 2) / 153;
	int month = (int)(m < 10 ? m + 3 : m - 9);
	return (struct date){
		.year = (int)(year_of_era + era * 400 + (month <= 2)),
		.month = month,
		.day = (int)(day_of_year - (153 * m + 2) / 5 + 1),
	};
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

struct date instant_date(struct instant at, int offset_minutes)
{
	return date_of_days(floor_div(at.us + (int64_t)offset_minutes * 60000000, 86400000000));
}

static bool digits(struct cursor *c, size_t n, int max, int *out)
{
	uint64_t value;
	if (!bytes_number(cursor_take(c, n), (uint64_t)max, &value))
		return false;
	*out = (int)value;
	return true;
}

static bool literal(struct cursor *c, const char *allowed)
{
	struct bytes one = cursor_take(c, 1);
	return one.len == 1 && bytes_contains(bytes_of_text(allowed), one);
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

struct civil {
	int year, month, day, hour, minute, second, micro, offset;
};

static bool civil_instant(const struct civil *t, struct instant *out)
{
	if (t->month < 1 || t->day < 1 || t->day > days_in_month(t->year, t->month))
		return false;
	int64_t seconds = date_days((struct date){t->year, t->month, t->day}) * 86400 + t->hour * 3600 +
			  (t->minute - t->offset) * 60 + t->second;
	out->us = seconds * 1000000 + t->micro;
	return true;
}

static bool fraction(struct cursor *c, int *micro)
{
	int scale = 100000;
	size_t n = 0;
	for (; c->left.len > 0 && c->left.at[0] >= '0' && c->left.at[0] <= '9'; n++, scale /= 10)
		*micro += (cursor_u8(c) - '0') * scale;
	return n > 0;
}

/* +HH:MM, -HH:MM (RFC 3339) or +HHMM (HL7). */
static bool offset(struct cursor *c, bool colon, int *minutes)
{
	int h, m;
	bool west = c->left.len > 0 && c->left.at[0] == '-';
	if (!literal(c, "+-") || !digits(c, 2, 14, &h) || (colon && !literal(c, ":")) || !digits(c, 2, 59, &m))
		return false;
	*minutes = (west ? -1 : 1) * (h * 60 + m);
	return true;
}

bool instant_read(struct bytes text, struct instant *out)
{
	struct cursor c = cursor_on(text);
	struct civil t = {0};

	if (!digits(&c, 4, 9999, &t.year) || !literal(&c, "-") || !digits(&c, 2, 12, &t.month) ||
	    !literal(&c, "-") || !digits(&c, 2, 31, &t.day) || !literal(&c, "Tt ") ||
	    !digits(&c, 2, 23, &t.hour) || !literal(&c, ":") || !digits(&c, 2, 59, &t.minute) ||
	    !literal(&c, ":") || !digits(&c, 2, 60, &t.second))
		return false;
	if (c.left.len > 0 && c.left.at[0] == '.') {
		cursor_u8(&c);
		if (!fraction(&c, &t.micro))
			return false;
	}
	if (c.left.len == 1) {
		if (!literal(&c, "Zz"))
			return false;
	} else if (!offset(&c, true, &t.offset)) {
		return false;
	}
	return cursor_done(&c) && civil_instant(&t, out);
}

static bool more_digits(const struct cursor *c)
{
	return c->left.len > 0 && c->left.at[0] >= '0' && c->left.at[0] <= '9';
}

bool instant_read_hl7(struct bytes text, struct instant *out)
{
	struct cursor c = cursor_on(text);
	struct civil t = {.month = 1, .day = 1};

	if (!digits(&c, 4, 9999, &t.year))
		return false;
	if (more_digits(&c) && !digits(&c, 2, 12, &t.month))
		return false;
	if (more_digits(&c) && !digits(&c, 2, 31, &t.day))
		return false;
	if (more_digits(&c) && !digits(&c, 2, 23, &t.hour))
		return false;
	if (more_digits(&c) && !digits(&c, 2, 59, &t.minute))
		return false;
	if (more_digits(&c) && !digits(&c, 2, 60, &t.second))
		return false;
	if (c.left.len > 0 && c.left.at[0] == '.') {
		cursor_u8(&c);
		if (!fraction(&c, &t.micro))
			return false;
	}
	if (c.left.len > 0 && !offset(&c, false, &t.offset))
		return false;
	return cursor_done(&c) && civil_instant(&t, out);
}

void instant_write(struct instant at, char out[INSTANT_TEXT])
{
	struct date d = instant_date(at, 0);
	int64_t us = at.us - date_days(d) * 86400000000;
	snprintf(out, INSTANT_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", d.year % 10000, d.month, d.day,
		 (int)(us / 3600000000), (int)(us / 60000000 % 60), (int)(us / 1000000 % 60), (int)(us % 1000000));
}

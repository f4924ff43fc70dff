/* base/calendar_test.c - public holidays of twenty years, windows, spans of days and of working hours, the change of hour. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/calendar.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct instant at(const char *text)
{
	struct instant i;
	assert_true(instant_read(bytes_of_text(text), &i));
	return i;
}

static void same(const char *what, struct instant got, const char *wanted)
{
	char text[INSTANT_TEXT];
	if (got.us == at(wanted).us)
		return;
	instant_write(got, text);
	fail_msg("%s: %s, not %s", what, text, wanted);
}

/* Easter Sundays as printed in almanacs. 2008 is nearly the earliest possible, 2038 the latest. */
static void holidays_of_years(void **state)
{
	static const struct date easters[] = {
		{2008, 3, 23}, {2011, 4, 24}, {2016, 3, 27}, {2017, 4, 16}, {2018, 4, 1}, {2019, 4, 21}, {2020, 4, 12}, {2021, 4, 4}, {2022, 4, 17},
		{2023, 4, 9}, {2024, 3, 31}, {2025, 4, 20}, {2026, 4, 5}, {2027, 3, 28}, {2028, 4, 16}, {2029, 4, 1}, {2030, 4, 21}, {2031, 4, 13},
		{2032, 3, 28}, {2033, 4, 17}, {2034, 4, 9}, {2035, 3, 25}, {2036, 4, 13}, {2037, 4, 5}, {2038, 4, 25},
	};
	static const int fixed[][2] = {{1, 1}, {5, 1}, {5, 8}, {7, 14}, {8, 15}, {11, 1}, {11, 11}, {12, 25}};
	static const int moving[] = {1, 39, 50};
	(void)state;

	for (size_t i = 0; i < COUNT(easters); i++) {
		int64_t first = date_days((struct date){easters[i].year, 1, 1}), last = date_days((struct date){easters[i].year + 1, 1, 1});
		for (int64_t day = first; day < last; day++) {
			struct date d = date_of_days(day);
			bool kept = false;
			for (size_t k = 0; k < COUNT(fixed); k++)
				kept |= d.month == fixed[k][0] && d.day == fixed[k][1];
			for (size_t k = 0; k < COUNT(moving); k++)
				kept |= day == date_days(easters[i]) + moving[k];
			if (kept != (calendar_holiday(CALENDAR_FRANCE, d) != NULL))
				fail_msg("%d-%02d-%02d", d.year, d.month, d.day);
		}
	}
}

static void holidays_of_places(void **state)
{
	static const struct {
		enum calendar_place place;
		struct date date;
		bool kept, kept_in_france;
	} rows[] = {
		{CALENDAR_ALSACE_MOSELLE, {2026, 4, 3}, true, false},   {CALENDAR_ALSACE_MOSELLE, {2026, 12, 26}, true, false},
		{CALENDAR_GUADELOUPE, {2026, 5, 27}, true, false},      {CALENDAR_MARTINIQUE, {2026, 5, 22}, true, false},
		{CALENDAR_GUYANE, {2026, 6, 10}, true, false},          {CALENDAR_REUNION, {2026, 12, 20}, true, false},
		{CALENDAR_MAYOTTE, {2026, 4, 27}, true, false},         {CALENDAR_SAINT_BARTHELEMY, {2026, 10, 9}, true, false},
		{CALENDAR_SAINT_MARTIN, {2026, 5, 28}, true, false},    {CALENDAR_MARTINIQUE, {2026, 5, 27}, false, false},
		{CALENDAR_REUNION, {2026, 7, 14}, true, true},          {CALENDAR_POLYNESIE, {2026, 4, 6}, true, true},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(calendar_holiday(rows[i].place, rows[i].date) != NULL, rows[i].kept);
		assert_int_equal(calendar_holiday(CALENDAR_FRANCE, rows[i].date) != NULL, rows[i].kept_in_france);
	}
	assert_string_equal(calendar_holiday(CALENDAR_FRANCE, (struct date){2026, 5, 14}), "Ascension");
}

static void places(void **state)
{
	static const struct {
		const char *code;
		int place;   /* -1: none */
	} rows[] = {
		{"75", CALENDAR_FRANCE}, {"01", CALENDAR_FRANCE}, {"95", CALENDAR_FRANCE}, {"2A", CALENDAR_FRANCE}, {"2b", CALENDAR_FRANCE}, {"20090", CALENDAR_FRANCE},
		{"67", CALENDAR_ALSACE_MOSELLE}, {"57000", CALENDAR_ALSACE_MOSELLE}, {"68", CALENDAR_ALSACE_MOSELLE}, {"33000", CALENDAR_FRANCE},
		{"971", CALENDAR_GUADELOUPE}, {"97110", CALENDAR_GUADELOUPE}, {"97133", CALENDAR_SAINT_BARTHELEMY}, {"97150", CALENDAR_SAINT_MARTIN},
		{"977", CALENDAR_SAINT_BARTHELEMY}, {"978", CALENDAR_SAINT_MARTIN}, {"97200", CALENDAR_MARTINIQUE}, {"973", CALENDAR_GUYANE}, {"97400", CALENDAR_REUNION},
		{"97500", CALENDAR_SAINT_PIERRE}, {"97600", CALENDAR_MAYOTTE}, {"98600", CALENDAR_WALLIS}, {"98713", CALENDAR_POLYNESIE},
		{"988", CALENDAR_NOUVELLE_CALEDONIE}, {"98000", CALENDAR_FRANCE},
		{"", -1}, {"7", -1}, {"00", -1}, {"96", -1}, {"97", -1}, {"570", -1}, {"750", -1}, {"2C", -1}, {"7500", -1}, {"750011", -1}, {"7501a", -1}, {"98999", -1}, {"00100", -1},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum calendar_place place = CALENDAR_PLACES;
		bool found = calendar_place_of_code(bytes_of_text(rows[i].code), &place);
		if (found != (rows[i].place >= 0) || (found ? place != (enum calendar_place)rows[i].place : place != CALENDAR_PLACES))
			fail_msg("%s", rows[i].code);
	}
	assert_string_equal(calendar_zone(CALENDAR_SAINT_PIERRE), "America/Miquelon");
}

static void civil_times(void **state)
{
	static const struct {
		const char *what;
		enum calendar_place place;
		struct date date;
		int minute;
		const char *utc;
	} rows[] = {
		{"winter", CALENDAR_FRANCE, {2026, 1, 15}, 12 * 60, "2026-01-15T11:00:00Z"},
		{"the last minute before summer", CALENDAR_FRANCE, {2026, 3, 29}, 119, "2026-03-29T00:59:00Z"},
		{"left out: the offset before", CALENDAR_FRANCE, {2026, 3, 29}, 150, "2026-03-29T01:30:00Z"},
		{"the first of summer", CALENDAR_FRANCE, {2026, 3, 29}, 180, "2026-03-29T01:00:00Z"},
		{"twice: the first", CALENDAR_FRANCE, {2026, 10, 25}, 150, "2026-10-25T00:30:00Z"},
		{"behind what comes twice", CALENDAR_FRANCE, {2026, 10, 25}, 180, "2026-10-25T02:00:00Z"},
		{"the end of the day is the next one's begin", CALENDAR_FRANCE, {2026, 10, 25}, 1440, "2026-10-25T23:00:00Z"},
		{"left out overseas", CALENDAR_SAINT_PIERRE, {2026, 3, 8}, 150, "2026-03-08T05:30:00Z"},
		{"twice overseas", CALENDAR_SAINT_PIERRE, {2026, 11, 1}, 90, "2026-11-01T03:30:00Z"},
		{"ahead of UTC by half a day", CALENDAR_WALLIS, {2026, 1, 1}, 0, "2025-12-31T12:00:00Z"},
		{"behind it by ten hours", CALENDAR_POLYNESIE, {2026, 1, 1}, 0, "2026-01-01T10:00:00Z"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].what, calendar_instant(rows[i].place, rows[i].date, rows[i].minute), rows[i].utc);
	assert_int_equal(calendar_minute(CALENDAR_FRANCE, at("2026-07-01T22:30:59Z")), 30);
	assert_int_equal(calendar_date(CALENDAR_FRANCE, at("2026-07-01T22:30:00Z")).day, 2);
	assert_int_equal(calendar_minute(CALENDAR_FRANCE, at("1965-07-01T22:30:00Z")), 23 * 60 + 30);
	assert_int_equal(calendar_weekday((struct date){2026, 11, 22}), 0);
	assert_int_equal(calendar_weekday((struct date){1969, 12, 31}), 3);
}

static void days(void **state)
{
	static const struct {
		const char *what, *from;
		int days;
		const char *to;
	} rows[] = {
		{"seven plain days", "2026-03-02T22:30:00Z", 7, "2026-03-09T22:30:00Z"},
		{"over the beginning of summer", "2026-03-24T08:00:00Z", 7, "2026-03-31T07:00:00Z"},
		{"over its end", "2026-10-20T07:00:00Z", 7, "2026-10-27T08:00:00Z"},
		{"into what is left out", "2026-03-22T01:30:00Z", 7, "2026-03-29T01:30:00Z"},
		{"into what comes twice", "2026-10-18T00:30:00Z", 7, "2026-10-25T00:30:00Z"},
		{"back", "2026-03-31T07:00:00Z", -7, "2026-03-24T08:00:00Z"},
		{"over the year and a leap day", "2027-12-31T23:30:00Z", 60, "2028-02-29T23:30:00Z"},
		{"to the microsecond", "2026-03-24T08:00:00.000001Z", 7, "2026-03-31T07:00:00.000001Z"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].what, calendar_plus_days(CALENDAR_FRANCE, at(rows[i].from), rows[i].days), rows[i].to);
}

static void working_days(void **state)
{
	static const struct {
		const char *what, *from;
		int days;
		const char *to;
	} rows[] = {
		{"Tuesday", "2026-11-17T10:00:00Z", 1, "2026-11-18T10:00:00Z"},
		{"Friday to Monday", "2026-11-20T10:00:00Z", 1, "2026-11-23T10:00:00Z"},
		{"Saturday to Monday", "2026-11-21T10:00:00Z", 1, "2026-11-23T10:00:00Z"},
		{"over the eleventh of November", "2026-11-10T10:00:00Z", 1, "2026-11-12T10:00:00Z"},
		{"over Christmas and the week-end", "2026-12-24T10:00:00Z", 1, "2026-12-28T10:00:00Z"},
		{"over Easter, which changes the hour too", "2027-03-26T10:00:00Z", 2, "2027-03-31T09:00:00Z"},
		{"over Ascension, Friday counts", "2026-05-13T08:00:00Z", 1, "2026-05-15T08:00:00Z"},
	};
	static const struct {
		const char *what;
		enum calendar_place place;
		const char *from, *to;
	} back[] = {
		{"within the week it stays", CALENDAR_FRANCE, "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
		{"Saturday", CALENDAR_FRANCE, "2026-11-21T10:00:00Z", "2026-11-20T10:00:00Z"},
		{"Sunday", CALENDAR_FRANCE, "2026-11-22T10:00:00Z", "2026-11-20T10:00:00Z"},
		{"Easter Monday, over Alsace's Good Friday", CALENDAR_ALSACE_MOSELLE, "2026-04-06T10:00:00Z", "2026-04-02T10:00:00Z"},
		{"Easter Monday elsewhere", CALENDAR_FRANCE, "2026-04-06T10:00:00Z", "2026-04-03T10:00:00Z"},
		{"the Sunday on which summer begins", CALENDAR_FRANCE, "2026-03-29T10:00:00Z", "2026-03-27T11:00:00Z"},
		{"New Year's Day", CALENDAR_FRANCE, "2027-01-01T10:00:00Z", "2026-12-31T10:00:00Z"},
		{"early on a working day", CALENDAR_FRANCE, "2026-11-20T05:00:00Z", "2026-11-20T07:00:00Z"},
		{"late on a working day", CALENDAR_FRANCE, "2026-11-20T21:00:00Z", "2026-11-20T17:00:00Z"},
		{"in the last hour of the window it stays", CALENDAR_FRANCE, "2026-11-20T17:30:00Z", "2026-11-20T17:30:00Z"},
		{"the night before Monday", CALENDAR_FRANCE, "2026-11-22T23:30:00Z", "2026-11-23T07:00:00Z"},
		{"late on Sunday", CALENDAR_FRANCE, "2026-11-22T21:00:00Z", "2026-11-20T17:00:00Z"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].what, calendar_plus_working_days(CALENDAR_FRANCE, at(rows[i].from), rows[i].days), rows[i].to);
	for (size_t i = 0; i < COUNT(back); i++)
		same(back[i].what, calendar_last_inside(back[i].place, &calendar_professionals, at(back[i].from)), back[i].to);
	assert_false(calendar_working_day(CALENDAR_FRANCE, (struct date){2026, 7, 14}));
}

static void windows(void **state)
{
	static const struct {
		const char *what;
		enum calendar_place place;
		const struct calendar_window *window;
		const char *from, *next;
	} rows[] = {
		{"inside", CALENDAR_FRANCE, &calendar_professionals, "2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"},
		{"at the opening", CALENDAR_FRANCE, &calendar_professionals, "2026-11-20T07:00:00Z", "2026-11-20T07:00:00Z"},
		{"before it", CALENDAR_FRANCE, &calendar_professionals, "2026-11-20T06:59:59Z", "2026-11-20T07:00:00Z"},
		{"the last second", CALENDAR_FRANCE, &calendar_professionals, "2026-11-20T17:59:59Z", "2026-11-20T17:59:59Z"},
		{"Friday evening", CALENDAR_FRANCE, &calendar_professionals, "2026-11-20T18:00:00Z", "2026-11-23T07:00:00Z"},
		{"the eve of a bridge", CALENDAR_FRANCE, &calendar_professionals, "2026-12-24T20:00:00Z", "2026-12-28T07:00:00Z"},
		{"patients have mail on Sundays", CALENDAR_FRANCE, &calendar_patients, "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"},
		{"not late", CALENDAR_FRANCE, &calendar_patients, "2026-11-22T19:00:00Z", "2026-11-23T08:00:00Z"},
		{"noon in France is early in Martinique", CALENDAR_MARTINIQUE, &calendar_patients, "2026-11-20T11:00:00Z", "2026-11-20T13:00:00Z"},
		{"and late in La Réunion in the evening", CALENDAR_REUNION, &calendar_patients, "2026-11-20T16:00:00Z", "2026-11-21T05:00:00Z"},
		{"it is tomorrow in Nouvelle-Calédonie", CALENDAR_NOUVELLE_CALEDONIE, &calendar_patients, "2026-11-20T11:00:00Z", "2026-11-20T22:00:00Z"},
		{"the opening after the change of hour", CALENDAR_FRANCE, &calendar_patients, "2026-03-28T20:00:00Z", "2026-03-29T07:00:00Z"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		same(rows[i].what, calendar_next(rows[i].place, rows[i].window, at(rows[i].from)), rows[i].next);
		assert_int_equal(calendar_inside(rows[i].place, rows[i].window, at(rows[i].from)), at(rows[i].from).us == at(rows[i].next).us);
	}
}

static void working_hours(void **state)
{
	static const struct calendar_window night = {0, 1440, false};
	static const struct {
		const char *what;
		const struct calendar_window *window;
		const char *from;
		int hours;
		const char *to;
	} rows[] = {
		{"within the day", &calendar_nurses, "2026-11-19T09:00:00Z", 4, "2026-11-19T13:00:00Z"},
		{"over the night", &calendar_nurses, "2026-11-19T15:00:00Z", 4, "2026-11-20T09:00:00Z"},
		{"from the evening", &calendar_nurses, "2026-11-19T20:00:00Z", 4, "2026-11-20T11:00:00Z"},
		{"over the week-end", &calendar_nurses, "2026-11-20T15:00:00Z", 4, "2026-11-23T09:00:00Z"},
		{"over a public holiday", &calendar_nurses, "2026-11-10T16:00:00Z", 4, "2026-11-12T10:00:00Z"},
		{"over the change of hour", &calendar_nurses, "2026-03-27T15:00:00Z", 4, "2026-03-30T08:00:00Z"},
		{"to the closing", &calendar_nurses, "2026-11-19T13:00:00Z", 4, "2026-11-19T17:00:00Z"},
		{"days", &calendar_nurses, "2026-11-16T07:00:00Z", 50, "2026-11-20T17:00:00Z"},
		{"all day, the day of change has 23 hours", &night, "2026-03-28T23:00:00Z", 24, "2026-03-29T23:00:00Z"},
	};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++)
		same(rows[i].what, calendar_plus_working(CALENDAR_FRANCE, rows[i].window, at(rows[i].from), SPAN_HOURS(rows[i].hours)), rows[i].to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holidays_of_years), cmocka_unit_test(holidays_of_places), cmocka_unit_test(places), cmocka_unit_test(civil_times),
		cmocka_unit_test(days), cmocka_unit_test(working_days), cmocka_unit_test(windows), cmocka_unit_test(working_hours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

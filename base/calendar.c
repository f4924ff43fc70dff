/* base/calendar.c - see calendar.h. */
#include "base/calendar.h"

#include <assert.h>

enum { SUNDAY_LAST = 5 };
static const int64_t MINUTE = 60000000, DAY = 86400000000;

/* From the first to the last of these years the zone has this offset since the week-th Sunday of the month, at so many minutes UTC. */
struct change {
	int from, to, month, week, at, offset;
};

/* Directive 2000/84/EC and those before it; until 1995 summer ended in September. */
static const struct change paris[] = {
	{1981, 9999, 3, SUNDAY_LAST, 60, 120}, {1979, 1995, 9, SUNDAY_LAST, 60, 60}, {1996, 9999, 10, SUNDAY_LAST, 60, 60}, {0},
};
/* The rule of its Canadian neighbours, two hours after midnight on their clocks. */
static const struct change saint_pierre[] = {
	{1987, 2006, 4, 1, 300, -120}, {1987, 2006, 10, SUNDAY_LAST, 240, -180}, {2007, 9999, 3, 2, 300, -120}, {2007, 9999, 11, 1, 240, -180}, {0},
};
/* One summer alone; 02:00 of the Sunday there is nine hours before the Sunday begins in UTC. */
static const struct change noumea[] = {
	{1996, 1996, 12, 1, -540, 720}, {1997, 1997, 3, 1, -540, 660}, {0},
};
static const struct change none[] = {{0}};

static const struct {
	const char *zone;
	int offset;
	const struct change *changes;
} places[CALENDAR_PLACES] = {
	[CALENDAR_FRANCE] = {"Europe/Paris", 60, paris},
	[CALENDAR_ALSACE_MOSELLE] = {"Europe/Paris", 60, paris},
	[CALENDAR_GUADELOUPE] = {"America/Guadeloupe", -240, none},
	[CALENDAR_MARTINIQUE] = {"America/Martinique", -240, none},
	[CALENDAR_GUYANE] = {"America/Cayenne", -180, none},
	[CALENDAR_REUNION] = {"Indian/Reunion", 240, none},
	[CALENDAR_MAYOTTE] = {"Indian/Mayotte", 180, none},
	[CALENDAR_SAINT_BARTHELEMY] = {"America/St_Barthelemy", -240, none},
	[CALENDAR_SAINT_MARTIN] = {"America/Marigot", -240, none},
	[CALENDAR_SAINT_PIERRE] = {"America/Miquelon", -180, saint_pierre},
	[CALENDAR_WALLIS] = {"Pacific/Wallis", 720, none},
	[CALENDAR_POLYNESIE] = {"Pacific/Tahiti", -600, none},
	[CALENDAR_NOUVELLE_CALEDONIE] = {"Pacific/Noumea", 660, noumea},
};

static const struct {
	const char *code;
	enum calendar_place place;
} codes[] = {
	{"97133", CALENDAR_SAINT_BARTHELEMY}, {"97150", CALENDAR_SAINT_MARTIN}, {"971", CALENDAR_GUADELOUPE}, {"972", CALENDAR_MARTINIQUE},
	{"973", CALENDAR_GUYANE}, {"974", CALENDAR_REUNION}, {"975", CALENDAR_SAINT_PIERRE}, {"976", CALENDAR_MAYOTTE},
	{"977", CALENDAR_SAINT_BARTHELEMY}, {"978", CALENDAR_SAINT_MARTIN}, {"980", CALENDAR_FRANCE}, {"986", CALENDAR_WALLIS},
	{"987", CALENDAR_POLYNESIE}, {"988", CALENDAR_NOUVELLE_CALEDONIE}, {"57", CALENDAR_ALSACE_MOSELLE}, {"67", CALENDAR_ALSACE_MOSELLE},
	{"68", CALENDAR_ALSACE_MOSELLE},
};

/* A fixed day, or with month 0 so many days after Easter; there alone, or with CALENDAR_PLACES everywhere. */
static const struct {
	int month, day;
	enum calendar_place where;
	const char *name;
} holidays[] = {
	{1, 1, CALENDAR_PLACES, "1er janvier"},
	{0, 1, CALENDAR_PLACES, "lundi de Pâques"},
	{5, 1, CALENDAR_PLACES, "1er mai"},
	{5, 8, CALENDAR_PLACES, "8 mai"},
	{0, 39, CALENDAR_PLACES, "Ascension"},
	{0, 50, CALENDAR_PLACES, "lundi de Pentecôte"},
	{7, 14, CALENDAR_PLACES, "14 juillet"},
	{8, 15, CALENDAR_PLACES, "Assomption"},
	{11, 1, CALENDAR_PLACES, "Toussaint"},
	{11, 11, CALENDAR_PLACES, "11 novembre"},
	{12, 25, CALENDAR_PLACES, "Noël"},
	{0, -2, CALENDAR_ALSACE_MOSELLE, "vendredi saint"},
	{12, 26, CALENDAR_ALSACE_MOSELLE, "26 décembre"},
	{4, 27, CALENDAR_MAYOTTE, "abolition de l'esclavage"},
	{5, 22, CALENDAR_MARTINIQUE, "abolition de l'esclavage"},
	{5, 27, CALENDAR_GUADELOUPE, "abolition de l'esclavage"},
	{5, 28, CALENDAR_SAINT_MARTIN, "abolition de l'esclavage"},
	{6, 10, CALENDAR_GUYANE, "abolition de l'esclavage"},
	{10, 9, CALENDAR_SAINT_BARTHELEMY, "abolition de l'esclavage"},
	{12, 20, CALENDAR_REUNION, "abolition de l'esclavage"},
};

const struct calendar_window calendar_professionals = {8 * 60, 19 * 60, true};
const struct calendar_window calendar_patients = {9 * 60, 20 * 60, false};
const struct calendar_window calendar_nurses = {8 * 60, 18 * 60, true};

const char *calendar_zone(enum calendar_place place)
{
	return places[place].zone;
}

bool calendar_place_of_code(struct bytes code, enum calendar_place *out)
{
	uint64_t number;

	/* Corsica's départements; its postcodes begin with 20. */
	if (bytes_equal_nocase(code, BYTES("2A")) || bytes_equal_nocase(code, BYTES("2B"))) {
		*out = CALENDAR_FRANCE;
		return true;
	}
	if ((code.len != 2 && code.len != 3 && code.len != 5) || !bytes_number(code, 99999, &number))
		return false;
	/* A code of three digits is one of overseas: "570" is none. */
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		struct bytes known = bytes_of_text(codes[i].code);
		if (bytes_starts(code, known) && (code.len != 3 || known.len == 3)) {
			*out = codes[i].place;
			return true;
		}
	}
	if (code.len == 3 || !bytes_number(bytes_slice(code, 0, 2), 95, &number) || number == 0)
		return false;
	*out = CALENDAR_FRANCE;
	return true;
}

int calendar_weekday(struct date date)
{
	/* 1970-01-01, day 0, was a Thursday. */
	return (int)(((date_days(date) + 4) % 7 + 7) % 7);
}

/* When a rule takes effect in a year. */
static int64_t change_us(const struct change *c, int year)
{
	/* The last Sunday is looked for from the first of the next month. */
	struct date first = c->week == SUNDAY_LAST ? (struct date){year + c->month / 12, c->month % 12 + 1, 1} : (struct date){year, c->month, 1};
	int64_t sunday = date_days(first) + (7 - calendar_weekday(first)) % 7;
	sunday += c->week == SUNDAY_LAST ? -7 : 7 * (c->week - 1);
	return sunday * DAY + c->at * MINUTE;
}

int calendar_offset(enum calendar_place place, struct instant at)
{
	int year = instant_date(at, 0).year, offset = places[place].offset;
	int64_t latest = INT64_MIN;

	for (const struct change *c = places[place].changes; c->month > 0; c++)
		for (int y = year - 1; y <= year; y++) {
			if (y < c->from || y > c->to)
				continue;
			int64_t us = change_us(c, y);
			if (us <= at.us && us > latest) {
				latest = us;
				offset = c->offset;
			}
		}
	return offset;
}

struct date calendar_date(enum calendar_place place, struct instant at)
{
	return instant_date(at, calendar_offset(place, at));
}

/* Microseconds of the civil day. */
static int64_t of_day(enum calendar_place place, struct instant at)
{
	int64_t local = at.us + calendar_offset(place, at) * MINUTE;
	return (local % DAY + DAY) % DAY;
}

int calendar_minute(enum calendar_place place, struct instant at)
{
	return (int)(of_day(place, at) / MINUTE);
}

/* The offsets a day and a half before and after: no zone changes twice in three days. */
static struct instant civil(enum calendar_place place, struct date date, int64_t us)
{
	int64_t local = date_days(date) * DAY + us;
	int before = calendar_offset(place, (struct instant){local - DAY * 3 / 2}), after = calendar_offset(place, (struct instant){local + DAY * 3 / 2});
	struct instant first = {local - before * MINUTE}, second = {local - after * MINUTE};

	if (calendar_offset(place, first) != before && calendar_offset(place, second) == after)
		return second;
	return first;
}

struct instant calendar_instant(enum calendar_place place, struct date date, int minute)
{
	return civil(place, date, minute * MINUTE);
}

/* Days from 1970-01-01 to Easter Sunday: the computus of Meeus, Jones and Butcher. */
static int64_t easter(int year)
{
	int moon = year % 19, century = year / 100, of_century = year % 100;
	int epact = (19 * moon + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
	int sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
	int late = (moon + 11 * epact + 22 * sunday) / 451;
	int march = epact + sunday - 7 * late + 114;
	return date_days((struct date){year, march / 31, march % 31 + 1});
}

const char *calendar_holiday(enum calendar_place place, struct date date)
{
	int64_t after_easter = date_days(date) - easter(date.year);

	for (size_t i = 0; i < sizeof holidays / sizeof holidays[0]; i++) {
		bool day = holidays[i].month == 0 ? after_easter == holidays[i].day : date.month == holidays[i].month && date.day == holidays[i].day;
		if (day && (holidays[i].where == CALENDAR_PLACES || holidays[i].where == place))
			return holidays[i].name;
	}
	return NULL;
}

bool calendar_working_day(enum calendar_place place, struct date date)
{
	int weekday = calendar_weekday(date);
	return weekday != 0 && weekday != 6 && calendar_holiday(place, date) == NULL;
}

static struct date next_day(struct date date, int days)
{
	return date_of_days(date_days(date) + days);
}

struct instant calendar_plus_days(enum calendar_place place, struct instant at, int days)
{
	return civil(place, next_day(calendar_date(place, at), days), of_day(place, at));
}

struct instant calendar_plus_working_days(enum calendar_place place, struct instant at, int days)
{
	struct date date = calendar_date(place, at);

	for (assert(days > 0); days > 0; days -= calendar_working_day(place, date))
		date = next_day(date, 1);
	return civil(place, date, of_day(place, at));
}

static bool open_on(enum calendar_place place, const struct calendar_window *window, struct date date)
{
	return !window->working_days || calendar_working_day(place, date);
}

bool calendar_inside(enum calendar_place place, const struct calendar_window *window, struct instant at)
{
	int minute = calendar_minute(place, at);
	return minute >= window->from && minute < window->to && open_on(place, window, calendar_date(place, at));
}

struct instant calendar_next(enum calendar_place place, const struct calendar_window *window, struct instant at)
{
	struct date date = calendar_date(place, at);

	assert(window->from >= 0 && window->from < window->to && window->to <= 1440);
	if (calendar_inside(place, window, at))
		return at;
	if (calendar_minute(place, at) >= window->from)
		date = next_day(date, 1);
	while (!open_on(place, window, date))
		date = next_day(date, 1);
	return calendar_instant(place, date, window->from);
}

struct instant calendar_last_inside(enum calendar_place place, const struct calendar_window *window, struct instant at)
{
	struct date date = calendar_date(place, at);
	int64_t us = of_day(place, at), from = window->from * MINUTE, to = (window->to - 60) * MINUTE;

	if (calendar_inside(place, window, at))
		return at;
	while (!open_on(place, window, date))
		date = next_day(date, -1);
	if (us < window->from * MINUTE || us >= window->to * MINUTE)
		us = us < from || to < from ? from : to;
	return civil(place, date, us);
}

struct instant calendar_plus_working(enum calendar_place place, const struct calendar_window *window, struct instant at, struct span span)
{
	for (;;) {
		at = calendar_next(place, window, at);
		struct instant end = calendar_instant(place, calendar_date(place, at), window->to);
		int64_t room = end.us - at.us;
		if (span.us <= room)
			return instant_plus(at, span);
		span.us -= room;
		at = end;
	}
}

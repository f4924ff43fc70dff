/* base/calendar.h - civil time of France and its overseas places: zones, public holidays, windows of the day.
 *
 * Pure: no clock, no time zone files; the rules stand in tables (calendar.c) and are held against the machine's own by tests/calendar_zones.py.
 *  1. Zones are right from 1990 on. Polynésie is Tahiti: the Marquesas are half an hour, the Gambier one hour ahead of it.
 *  2. A civil time that the change of hour leaves out is read with the offset before it (02:30 becomes 03:30); one that it brings twice is
 *     the first of the two (RFC 5545 3.3.5). So adding days never fails and never goes back.
 *  3. Public holidays: Code du travail L3133-1; the abolition of slavery overseas L3422-2; Alsace and Moselle L3134-13, where Good Friday is
 *     kept by the communes that have a Protestant church and is counted for all. What the Pacific places keep of their own is not known here. */
#ifndef RELAIS_BASE_CALENDAR_H
#define RELAIS_BASE_CALENDAR_H

#include "base/instant.h"

/* A place has a zone and its public holidays. */
enum calendar_place {
	CALENDAR_FRANCE,
	CALENDAR_ALSACE_MOSELLE,
	CALENDAR_GUADELOUPE,
	CALENDAR_MARTINIQUE,
	CALENDAR_GUYANE,
	CALENDAR_REUNION,
	CALENDAR_MAYOTTE,
	CALENDAR_SAINT_BARTHELEMY,
	CALENDAR_SAINT_MARTIN,
	CALENDAR_SAINT_PIERRE,
	CALENDAR_WALLIS,
	CALENDAR_POLYNESIE,
	CALENDAR_NOUVELLE_CALEDONIE,
	CALENDAR_PLACES
};

/* "Europe/Paris": the name of the place's zone in the time zone database. */
const char *calendar_zone(enum calendar_place place);
/* The place of a département ("75", "2A", "974") or of a postcode of five digits (Monaco is in France). False: it is none. */
MUST_USE bool calendar_place_of_code(struct bytes code, enum calendar_place *out);

/* Minutes that the place is ahead of UTC at an instant. */
int calendar_offset(enum calendar_place place, struct instant at);
struct date calendar_date(enum calendar_place place, struct instant at);
/* Minute of the civil day, 0 to 1439. */
int calendar_minute(enum calendar_place place, struct instant at);
/* The instant of a civil date and a minute of its day (invariant 2); 1440 is the end of the day. */
struct instant calendar_instant(enum calendar_place place, struct date date, int minute);
/* 0 is Sunday. */
int calendar_weekday(struct date date);

/* What is kept on that day, in French; NULL when it is no public holiday there. */
const char *calendar_holiday(enum calendar_place place, struct date date);
/* Monday to Friday and no public holiday. */
bool calendar_working_day(enum calendar_place place, struct date date);

/* The same civil time so many days later; a negative count goes back. */
struct instant calendar_plus_days(enum calendar_place place, struct instant at, int days);
/* The same civil time on the n-th working day behind that of at; n is at least 1. */
struct instant calendar_plus_working_days(enum calendar_place place, struct instant at, int days);

/* When people may be written to, or are at work: minutes of the civil day, from included, to not. from < to <= 1440. */
struct calendar_window {
	int from, to;
	bool working_days;
};
extern const struct calendar_window calendar_professionals;   /* Monday to Friday without public holidays, 8:00-19:00 */
extern const struct calendar_window calendar_patients;        /* every day, 9:00-20:00, in their own zone */
extern const struct calendar_window calendar_nurses;          /* their working hours: Monday to Friday without public holidays, 8:00-18:00 */

bool calendar_inside(enum calendar_place place, const struct calendar_window *window, struct instant at);
/* at itself when it is inside, else when the window opens next. */
struct instant calendar_next(enum calendar_place place, const struct calendar_window *window, struct instant at);
/* at itself when it is inside; else on its day, or on the last day before on which the window opens, at the civil time nearest to at's from the
 * opening to an hour before the closing (the opening, in a window that is shorter). What is to be said at the latest is said then. */
struct instant calendar_last_inside(enum calendar_place place, const struct calendar_window *window, struct instant at);
/* When so much time inside the window has passed since at. What would end at an opening ends at the closing before. */
struct instant calendar_plus_working(enum calendar_place place, const struct calendar_window *window, struct instant at, struct span span);

#endif

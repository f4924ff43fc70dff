/* gateway/day_words.c - see day_words.h. */
#include "gateway/day_words.h"

#include "base/calendar.h"

static const char *month_name(bool english, int month)
{
	static const char *const fr[] = {"", "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"};
	static const char *const en[] = {"", "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
	return (english ? en : fr)[month];
}

const char *day_words_date(struct arena *arena, bool english, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	return arena_printf(arena, "%d%s %s %d", d.day, d.day == 1 && !english ? "er" : "", month_name(english, d.month), d.year);
}

const char *day_words_month(struct arena *arena, bool english, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	return arena_printf(arena, "%s %d", month_name(english, d.month), d.year);
}

const char *day_words_day(struct arena *arena, bool english, struct instant at)
{
	static const char *const fr[] = {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"};
	static const char *const en[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
	int day = calendar_weekday(calendar_date(CALENDAR_FRANCE, at));
	return arena_printf(arena, "%s %s", (english ? en : fr)[day], day_words_date(arena, english, at));
}

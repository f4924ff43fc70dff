/* smtp/reply_date.c - see reply_date.h. */
#include "smtp/reply_date.h"

static const struct month {
	const char *name;
	int number;
} months[] = {
	{"janv", 1}, {"jan", 1}, {"fev", 2}, {"feb", 2}, {"mars", 3}, {"march", 3}, {"mar", 3}, {"avr", 4}, {"apr", 4},
	{"mai", 5}, {"may", 5}, {"juin", 6}, {"june", 6}, {"jun", 6}, {"juil", 7}, {"july", 7}, {"jul", 7}, {"aou", 8},
	{"aug", 8}, {"sept", 9}, {"sep", 9}, {"oct", 10}, {"nov", 11}, {"dec", 12},
};

static const struct weekday {
	const char *name, *short_name;
	int number;                       /* Monday is 0 */
} weekdays[] = {
	{"lundi", "lun", 0}, {"mardi", "mar", 1}, {"mercredi", "mer", 2}, {"jeudi", "jeu", 3}, {"vendredi", "ven", 4}, {"samedi", "sam", 5},
	{"dimanche", "dim", 6}, {"monday", "mon", 0}, {"tuesday", "tue", 1}, {"wednesday", "wed", 2}, {"thursday", "thu", 3}, {"friday", "fri", 4},
	{"saturday", "sat", 5}, {"sunday", "sun", 6},
};

/* What is counted from today. */
static const struct near {
	struct bytes text;
	int days;
} nears[] = {
	{BYTES_OF("aujourd'hui"), 0}, {BYTES_OF("apres-demain"), 2}, {BYTES_OF("apres demain"), 2}, {BYTES_OF("demain"), 1},
	{BYTES_OF("today"), 0},       {BYTES_OF("tomorrow"), 1},     {BYTES_OF("the day after tomorrow"), 2}, {BYTES_OF("ce soir"), 0},
};

/* Behind a bare number these make it something else than a day. */
static const char *const units[] = {
	"jour", "semaine", "mois", "an", "ans", "annee", "heure", "h", "min", "minute", "day", "week", "month", "year", "hour", "am", "pm", "dossier",
	"case", "file", "piece", "patient", "mg", "mm", "cm", "ml", "kg", "fois", "time", "euro",
};

struct reader {
	struct bytes left;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}

/* One to max digits that are not part of a longer number. */
static bool take_number(struct reader *r, size_t max, int *out)
{
	size_t n = 0;
	int value = 0;

	while (n < r->left.len && n < max && is_digit(r->left.at[n]))
		value = value * 10 + (r->left.at[n++] - '0');
	if (n == 0 || (n < r->left.len && is_digit(r->left.at[n])))
		return false;
	r->left = bytes_from(r->left, n);
	*out = value;
	return true;
}

static bool take_sign(struct reader *r, const char *signs)
{
	if (r->left.len == 0 || bytes_find_byte(bytes_of_text(signs), r->left.at[0], 0) == bytes_of_text(signs).len)
		return false;
	r->left = bytes_from(r->left, 1);
	return true;
}

static void skip_blanks(struct reader *r)
{
	while (r->left.len > 0 && (r->left.at[0] == ' ' || r->left.at[0] == '\t'))
		r->left = bytes_from(r->left, 1);
}

static bool take_month_name(struct reader *r, int *out)
{
	size_t len = 0;
	while (len < r->left.len && is_letter(r->left.at[len]))
		len++;
	struct bytes word = bytes_slice(r->left, 0, len);
	for (size_t i = 0; len <= 9 && i < sizeof(months) / sizeof(months[0]); i++) {
		if (!bytes_starts(word, bytes_of_text(months[i].name)))
			continue;
		*out = months[i].number;
		r->left = bytes_from(r->left, len);
		return true;
	}
	return false;
}

static int month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

/* "/2026", " 2026", or nothing. */
static int optional_year(struct reader *r, const char *signs)
{
	struct reader at = *r;
	int year = 0;

	if (take_sign(&at, signs) && take_number(&at, 4, &year) && (year >= 2000 || (signs[0] != ' ' && year >= 20 && year < 100))) {
		*r = at;
		return year;
	}
	return 0;
}

static bool numeric(struct reader *r, struct date *out)
{
	struct reader at = *r;
	int first, second, third;

	if (!take_number(&at, 4, &first))
		return false;
	if (first >= 2000) {
		if (!take_sign(&at, "-/") || !take_number(&at, 2, &second) || !take_sign(&at, "-/") || !take_number(&at, 2, &third))
			return false;
		*out = (struct date){first, second, third};
		*r = at;
		return true;
	}
	if (first > 31 || !take_sign(&at, "/-.") || !take_number(&at, 2, &second))
		return false;
	/* "3-20 mars" is two days of March. */
	struct reader behind = at;
	int month;
	skip_blanks(&behind);
	if (take_month_name(&behind, &month))
		return false;
	/* "3/20" can only be March the 20th. */
	bool american = second > 12 && first <= 12;
	*out = (struct date){optional_year(&at, "/-."), american ? first : second, american ? second : first};
	*r = at;
	return true;
}

/* "20 mars 2026", "1er mars", "20th of March" */
static bool day_first(struct reader *r, struct date *out)
{
	struct reader at = *r;
	int day, month;

	if (!take_number(&at, 2, &day))
		return false;
	for (size_t i = 0; i < 2 && at.left.len > 1 && is_letter(at.left.at[0]) && is_letter(at.left.at[1]); i++) {
		/* er, st, nd, rd, th */
		if (at.left.len > 2 && is_letter(at.left.at[2]))
			break;
		at.left = bytes_from(at.left, 2);
	}
	skip_blanks(&at);
	if (bytes_starts(at.left, BYTES("of ")))
		at.left = bytes_from(at.left, 3);
	if (!take_month_name(&at, &month))
		return false;
	*out = (struct date){optional_year(&at, " "), month, day};
	*r = at;
	return true;
}

/* "March 20, 2026" */
static bool month_first(struct reader *r, struct date *out)
{
	struct reader at = *r;
	int day, month;

	if (!take_month_name(&at, &month))
		return false;
	skip_blanks(&at);
	if (!take_number(&at, 2, &day))
		return false;
	(void)take_sign(&at, ",");
	*out = (struct date){optional_year(&at, " "), month, day};
	*r = at;
	return true;
}

/* "3" of "du 3 au 20": a number that counts nothing. */
static bool bare_day(struct reader *r, struct date *out)
{
	struct reader at = *r;
	int day;

	if (!take_number(&at, 2, &day) || day < 1 || day > 31)
		return false;
	for (size_t i = 0; i < 2 && at.left.len > 1 && is_letter(at.left.at[0]) && is_letter(at.left.at[1]); i++)
		at.left = bytes_from(at.left, 2);           /* 1er, 20th */
	if (at.left.len > 0 && (is_letter(at.left.at[0]) || bytes_find_byte(BYTES("/.:%'"), at.left.at[0], 0) < 5) &&
	    !(at.left.at[0] == '.' && (at.left.len == 1 || at.left.at[1] <= ' ')))
		return false;
	struct reader behind = at;
	skip_blanks(&behind);
	if (behind.left.len > 0 && is_digit(behind.left.at[0]))
		return false;                     /* of a telephone number */
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct bytes unit = bytes_of_text(units[i]);
		struct bytes rest = bytes_from(behind.left, unit.len);
		if (bytes_starts(behind.left, unit) && (rest.len == 0 || !is_letter(rest.at[0]) || rest.at[0] == 's'))
			return false;
	}
	*out = (struct date){0, 0, day};
	*r = at;
	return true;
}

static bool take_word(struct reader *r, struct bytes word)
{
	if (!bytes_starts(r->left, word) || (r->left.len > word.len && is_letter(r->left.at[word.len])))
		return false;
	r->left = bytes_from(r->left, word.len);
	return true;
}

static bool take_weekday(struct reader *r, int *out, bool *whole)
{
	for (size_t i = 0; i < sizeof(weekdays) / sizeof(weekdays[0]); i++) {
		*whole = take_word(r, bytes_of_text(weekdays[i].name));
		if (!*whole && !take_word(r, bytes_of_text(weekdays[i].short_name)))
			continue;
		(void)take_sign(r, ".");
		(void)take_sign(r, ",");
		skip_blanks(r);
		*out = weekdays[i].number;
		return true;
	}
	return false;
}

static struct date day_of(int64_t days)
{
	return instant_date((struct instant){days * SPAN_DAYS(1).us}, 0);
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(struct date date)
{
	return (int)(((date_days(date) + 3) % 7 + 7) % 7);
}

/* The coming day of that name, never today; "next friday" said on a Monday is that of the week after. */
static struct date coming(struct date written, int weekday, bool next)
{
	int today = weekday_of(written), ahead = (weekday - today + 6) % 7 + 1;

	if (next && today + ahead < 7)
		ahead += 7;
	return day_of(date_days(written) + ahead);
}

static bool near_day(struct reader *r, struct date written, struct date *out)
{
	for (size_t i = 0; i < sizeof(nears) / sizeof(nears[0]) && written.year != 0; i++) {
		if (!take_word(r, nears[i].text))
			continue;
		*out = day_of(date_days(written) + nears[i].days);
		return true;
	}
	return false;
}

static bool dated(struct reader *r, struct date *out, bool bare)
{
	return numeric(r, out) || day_first(r, out) || month_first(r, out) || (bare && bare_day(r, out));
}

/* "lundi", "lundi 3 mars", "monday the 3rd of march", "next monday": the date counts, where there is one. */
static bool weekday_first(struct reader *r, struct date written, bool bare, struct date *out)
{
	struct reader at = *r;
	int weekday;
	bool next = take_word(&at, BYTES("next")), whole;

	if (next)
		skip_blanks(&at);
	if (!take_weekday(&at, &weekday, &whole))
		return false;
	struct reader date_at = at;
	(void)(take_word(&date_at, BYTES("le")) || take_word(&date_at, BYTES("the")));
	skip_blanks(&date_at);
	if (dated(&date_at, out, bare)) {
		*r = date_at;
		return true;
	}
	if (written.year == 0 || !whole)
		return false;                     /* "mon" is a French word, too */
	*out = coming(written, weekday, next);
	*r = at;
	return true;
}

struct reply_day reply_day_take(struct bytes folded, struct date written, bool bare)
{
	struct reader r = {folded};
	struct date date = {0};

	if (!near_day(&r, written, &date) && !weekday_first(&r, written, bare, &date) && !dated(&r, &date, bare))
		return (struct reply_day){.len = 0};
	if (date.year > 0 && date.year < 100)
		date.year += 2000;
	return (struct reply_day){date, folded.len - r.left.len};
}

bool reply_day_complete(struct date *date, struct date floor)
{
	struct date tried = *date;
	bool given = date->year != 0;

	if (date->month < 0 || date->month > 12 || date->day < 1 || date->day > 31 || (!given && floor.year == 0))
		return false;
	if (given && (date->month == 0 || date->year < 2000 || date->year > 2200))
		return false;
	/* Month by month, or year by year: a 29 February is at most eight years away. */
	tried.year = given ? date->year : floor.year;
	tried.month = date->month != 0 ? date->month : floor.month;
	for (int step = 0; step < 13; step++) {
		if (tried.day <= month_days(tried.year, tried.month) && (given || date_days(tried) >= date_days(floor))) {
			*date = tried;
			return true;
		}
		if (given)
			return false;
		if (date->month != 0)
			tried.year++;
		else if (++tried.month > 12)
			tried = (struct date){tried.year + 1, 1, tried.day};
	}
	return false;
}

int reply_month_take(struct bytes folded)
{
	struct reader r = {folded};
	int month = 0;

	return take_month_name(&r, &month) ? month : 0;
}

struct date reply_day_plus(struct date date, int64_t days)
{
	return day_of(date_days(date) + days);
}

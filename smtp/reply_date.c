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

/* Year 0: none was written. */
static bool complete(struct date *date, struct date written)
{
	bool given = date->year != 0;

	if (date->month < 1 || date->month > 12 || date->day < 1)
		return false;
	if (!given && written.year == 0)
		return false;
	if (!given)
		date->year = written.year;
	else if (date->year < 100)
		date->year += 2000;
	if (date->year < 2000 || date->year > 2200)
		return false;
	if (!given && date_days((struct date){date->year, date->month, 1}) + date->day - 1 < date_days(written))
		date->year++;
	return date->day <= month_days(date->year, date->month);
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
	*out = (struct date){optional_year(&at, "/-."), second, first};
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

bool reply_date_last(struct bytes folded, struct date written, struct date *out)
{
	struct reader r = {folded};
	unsigned char before = ' ';
	bool found = false;

	while (r.left.len > 0) {
		bool word_starts = !is_digit(before) && !is_letter(before);
		struct date date;
		if (word_starts && (numeric(&r, &date) || day_first(&r, &date) || month_first(&r, &date))) {
			if (complete(&date, written)) {
				*out = date;
				found = true;
			}
			before = '0';
			continue;
		}
		before = r.left.at[0];
		r.left = bytes_from(r.left, 1);
	}
	return found;
}

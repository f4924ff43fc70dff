/* gateway/cli_month.c - see cli_month.h. */
#include "gateway/cli_month.h"

#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "gateway/cli_view.h"

enum { YEAR_FIRST = 2000, YEAR_LAST = 2199 };

static struct instant midnight(int year, int month, int day)
{
	return calendar_instant(CALENDAR_FRANCE, (struct date){year, month, day}, 0);
}

struct instant cli_year_begin(int year)
{
	return midnight(year, 1, 1);
}

static bool number(struct bytes text, size_t digits, int least, int most, int *out)
{
	uint64_t n;

	if (text.len != digits || !bytes_number(text, (uint64_t)most, &n) || n < (uint64_t)least)
		return false;
	*out = (int)n;
	return true;
}

bool cli_year(struct bytes text, int *year, struct instant *from, struct instant *until)
{
	if (!number(text, 4, YEAR_FIRST, YEAR_LAST, year))
		return false;
	*from = midnight(*year, 1, 1);
	*until = midnight(*year + 1, 1, 1);
	return true;
}

bool cli_month(struct bytes text, struct instant *from, struct instant *until)
{
	struct cursor c = cursor_on(text);
	int year, month;

	if (text.len != 7 || !number(cursor_until(&c, '-'), 4, YEAR_FIRST, YEAR_LAST, &year) || !number(c.left, 2, 1, 12, &month))
		return false;
	*from = midnight(year, month, 1);
	*until = month == 12 ? midnight(year + 1, 1, 1) : midnight(year, month + 1, 1);
	return true;
}

bool cli_day(struct bytes text, struct instant *from, struct instant *until)
{
	struct cursor c = cursor_on(text);
	struct date d;

	if (text.len != 10 || !number(cursor_until(&c, '-'), 4, YEAR_FIRST, YEAR_LAST, &d.year) || !number(cursor_until(&c, '-'), 2, 1, 12, &d.month) ||
	    !number(c.left, 2, 1, 31, &d.day))
		return false;
	struct date next = date_of_days(date_days(d) + 1);
	*from = midnight(d.year, d.month, d.day);
	*until = midnight(next.year, next.month, next.day);
	return next.day == d.day + 1 || next.day == 1;
}

static void field(const char *text)
{
	bool formula = text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL, quoted = formula || strpbrk(text, ";\"\r\n") != NULL;

	if (!quoted) {
		fputs(text, stdout);
		return;
	}
	fputs(formula ? "\"'" : "\"", stdout);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

static void line(const json_t *row, const char *columns)
{
	struct cursor c = cursor_on(bytes_of_text(columns));
	bool first = true;

	while (c.left.len > 0) {
		struct bytes key = cursor_until(&c, ' ');
		char name[64], buffer[64];
		snprintf(name, sizeof name, "%.*s", (int)key.len, (const char *)key.at);
		if (!first)
			putchar(';');
		first = false;
		field(row == NULL ? name : cli_value(row, name, buffer));
	}
	fputs("\r\n", stdout);
}

int cli_show_csv(json_t *rows, const char *columns)
{
	size_t i;
	const json_t *row;

	line(NULL, columns);
	json_array_foreach(rows, i, row) {
		line(row, columns);
	}
	json_decref(rows);
	return CLI_OK;
}

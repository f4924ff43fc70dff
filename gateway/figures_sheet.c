/* gateway/figures_sheet.c - see figures_sheet.h. */
#include "gateway/figures_sheet.h"

#include "base/calendar.h"
#include "gateway/json_view.h"

struct sheet sheet_begin(struct arena *arena, bool french, bool open)
{
	return (struct sheet){.arena = arena, .french = french, .open = open, .rows = json_array(), .gaps = json_array(), .section = ""};
}

const char *sheet_say(const struct sheet *s, const char *french, const char *english)
{
	return s->french ? french : english;
}

static const char *day_of(const struct sheet *s, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);

	return arena_printf(s->arena, "%04d-%02d-%02d", d.year, d.month, d.day);
}

json_t *sheet_end(struct sheet *s, const char *title, struct instant from, struct instant until, struct instant now)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:i}", "title", title, "first_day", day_of(s, from), "last_day",
			 day_of(s, (struct instant){until.us - 1}), "from", json_of_instant(from), "until", json_of_instant(until), "partial",
			 instant_before(now, until), "rows", s->rows, "gaps", s->gaps, "hidden", (int)s->hidden);
}

void sheet_row(struct sheet *s, const char *indicator, const char *value, const char *before, const char *definition)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "section", s->section, "indicator", indicator, "value", value, "definition", definition);

	if (before != NULL)
		json_object_set_new(row, "before", json_string(before));
	json_array_append_new(s->rows, row);
}

void sheet_unmeasured(struct sheet *s, const char *indicator, const char *why)
{
	sheet_row(s, indicator, sheet_say(s, "non mesuré", "not measured"), NULL, why);
	json_array_append_new(s->gaps, json_string(indicator));
}

const char *sheet_hidden(struct sheet *s)
{
	s->hidden++;
	return sheet_say(s, "masqué", "hidden");
}

const char *sheet_count(struct sheet *s, uint64_t n)
{
	return s->open || smallcell_may_show(n) ? arena_printf(s->arena, "%llu", (unsigned long long)n) : sheet_hidden(s);
}

const char *sheet_share(struct sheet *s, uint64_t part, uint64_t whole)
{
	if (!s->open && !smallcell_may_share(part, whole))
		return sheet_hidden(s);
	if (whole == 0)
		return "-";
	return arena_printf(s->arena, s->french ? "%llu %% (%llu sur %llu)" : "%llu%% (%llu of %llu)", (unsigned long long)((part * 200 + whole) / (2 * whole)),
			    (unsigned long long)part, (unsigned long long)whole);
}

/* Days with one decimal, of hours. */
static const char *days(const struct sheet *s, int64_t hours, uint64_t n)
{
	int64_t tenths = n == 0 ? 0 : (hours * 10 + (int64_t)n * 12) / ((int64_t)n * 24);

	return arena_printf(s->arena, s->french ? "%lld,%lld j" : "%lld.%lld d", (long long)(tenths / 10), (long long)(tenths % 10));
}

const char *sheet_delay(struct sheet *s, const struct figures_delays *d)
{
	if (!s->open && !smallcell_may_show(d->n))
		return sheet_hidden(s);
	if (d->n == 0)
		return "-";
	return arena_printf(s->arena, s->french ? "moyenne %s, médiane %s, 9 sur 10 en %s" : "mean %s, median %s, 9 in 10 within %s", days(s, d->hours, d->n),
			    days(s, figures_within(d, 50), 1), days(s, figures_within(d, 90), 1));
}

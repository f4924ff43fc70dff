/* policy/deadline_settings.c - what an operator sets otherwise than the table: spans and windows, as texts and as values. */
#include "policy/deadline.h"

static const char *const units[DEADLINE_UNITS] = {
	[UNIT_MINUTES] = "min", [UNIT_HOURS] = "h", [UNIT_DAYS] = "d", [UNIT_WORKING_HOURS] = "wh", [UNIT_WORKING_DAYS] = "wd",
};

static const struct {
	const char *name;
	const struct calendar_window *window;
} windows[DEADLINE_WINDOWS] = {
	[WINDOW_PATIENTS] = {"window.patients", &calendar_patients},
	[WINDOW_PROFESSIONALS] = {"window.professionals", &calendar_professionals},
	[WINDOW_NURSES] = {"window.nurses", &calendar_nurses},
};

/* Working time is counted day by day, so that its spans have a lower bound; and never back from an end. */
static enum reason read_span(enum deadline_kind kind, struct bytes value, struct deadline_span *out)
{
	enum { MOST = 36500, MOST_WORKING = 5000 };
	struct cursor c = cursor_on(value);
	struct bytes number = cursor_until(&c, ' ');
	enum deadline_unit unit = 0;
	uint64_t count;

	while (unit < DEADLINE_UNITS && !bytes_equal_text(c.left, units[unit]))
		unit++;
	bool working = unit == UNIT_WORKING_HOURS || unit == UNIT_WORKING_DAYS;
	if (unit == DEADLINE_UNITS || !bytes_number(number, working ? MOST_WORKING : MOST, &count))
		return REASON_USAGE;
	/* Whose default is the end itself may stay there; everything else takes time. */
	if (count == 0 && deadline_row(kind)->span.count != 0)
		return REASON_USAGE;
	if (working && (deadline_row(kind)->back || count == 0))
		return REASON_USAGE;
	*out = (struct deadline_span){(int)count, unit};
	return REASON_NONE;
}

static bool read_minute(struct bytes text, int *out)
{
	struct cursor c = cursor_on(text);
	uint64_t hours, minutes;

	if (!bytes_number(cursor_until(&c, ':'), 24, &hours) || c.left.len != 2 || !bytes_number(c.left, 59, &minutes) || hours * 60 + minutes > 1440)
		return false;
	*out = (int)(hours * 60 + minutes);
	return true;
}

static enum reason read_window(enum deadline_window which, struct bytes value, struct calendar_window *out)
{
	struct cursor c = cursor_on(value);
	struct calendar_window window = {.working_days = windows[which].window->working_days};

	if (!read_minute(cursor_until(&c, '-'), &window.from) || !read_minute(c.left, &window.to) || window.to - window.from < 60)
		return REASON_USAGE;
	*out = window;
	return REASON_NONE;
}

static enum reason set_window(struct deadline_settings *settings, enum deadline_window which, struct bytes value)
{
	struct calendar_window window = {0};
	bool given_back = bytes_equal_text(value, "default");
	enum reason reason = given_back ? REASON_NONE : read_window(which, value, &window);

	if (reason != REASON_NONE)
		return reason;
	settings->windows[which].told = !given_back;
	settings->windows[which].window = window;
	return REASON_NONE;
}

static enum reason set_fee(struct deadline_settings *settings, struct bytes value)
{
	enum { MOST = 1000000 };
	bool given_back = bytes_equal_text(value, "default");
	uint64_t cents = 0;

	if (!given_back && !bytes_number(value, MOST, &cents))
		return REASON_USAGE;
	settings->fee.told = !given_back;
	settings->fee.cents = (unsigned)cents;
	return REASON_NONE;
}

enum reason deadline_settings_set(struct deadline_settings *settings, struct bytes name, struct bytes value, int version)
{
	enum deadline_kind kind = deadline_of_name(name);
	struct deadline_span span = {0};

	for (enum deadline_window w = 0; w < DEADLINE_WINDOWS; w++)
		if (bytes_equal_text(name, windows[w].name))
			return set_window(settings, w, value);
	if (bytes_equal_text(name, "fee.cents"))
		return set_fee(settings, value);
	if (kind == DEADLINE_NONE)
		return retention_settings_set(&settings->retention, name, value);
	bool given_back = bytes_equal_text(value, "default");
	enum reason reason = given_back ? REASON_NONE : read_span(kind, value, &span);
	if (reason != REASON_NONE)
		return reason;
	settings->spans[kind].told = !given_back;
	settings->spans[kind].span = span;
	settings->versions[kind] = given_back ? 0 : version;
	return REASON_NONE;
}

const char *deadline_span_text(struct arena *arena, const struct deadline_settings *settings, enum deadline_kind kind)
{
	bool told = settings != NULL && settings->spans[kind].told;
	struct deadline_span span = told ? settings->spans[kind].span : deadline_row(kind)->span;
	return arena_printf(arena, "%d %s", span.count, units[span.unit]);
}

struct calendar_window deadline_window_of(const struct deadline_settings *settings, enum deadline_window window)
{
	return settings != NULL && settings->windows[window].told ? settings->windows[window].window : *windows[window].window;
}

const char *deadline_window_text(struct arena *arena, const struct deadline_settings *settings, enum deadline_window window)
{
	struct calendar_window w = deadline_window_of(settings, window);
	return arena_printf(arena, "%d:%02d-%d:%02d", w.from / 60, w.from % 60, w.to / 60, w.to % 60);
}

const char *deadline_window_name(enum deadline_window window)
{
	return windows[window].name;
}

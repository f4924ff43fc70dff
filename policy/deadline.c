/* policy/deadline.c - see deadline.h. */
#include "policy/deadline.h"

#include <stdlib.h>

#include "policy/promise.h"
#include "policy/rules.h"

static struct deadline_span span_of(const struct deadline_settings *settings, enum deadline_kind kind)
{
	return settings != NULL && settings->spans[kind].told ? settings->spans[kind].span : deadline_row(kind)->span;
}

static struct instant moved(const struct deadline_settings *settings, struct instant from, struct deadline_span span, bool back)
{
	int sign = back ? -1 : 1;
	struct calendar_window nurses = deadline_window_of(settings, WINDOW_NURSES);

	switch (span.unit) {
	case UNIT_MINUTES:
		return instant_plus(from, SPAN_MINUTES(sign * span.count));
	case UNIT_HOURS:
		return instant_plus(from, SPAN_HOURS(sign * span.count));
	case UNIT_DAYS:
		return calendar_plus_days(CALENDAR_FRANCE, from, sign * span.count);
	case UNIT_WORKING_HOURS:
		return calendar_plus_working(CALENDAR_FRANCE, &nurses, from, SPAN_HOURS(span.count));
	case UNIT_WORKING_DAYS:
		return calendar_plus_working_days(CALENDAR_FRANCE, from, span.count);
	case DEADLINE_UNITS:
		break;
	}
	return from;
}

/* Quiet hours: a reminder waits for them to end. */
static struct instant in_hours(const struct deadline_settings *settings, const struct dossier *d, enum deadline_hours hours, struct instant at)
{
	struct calendar_window patients = deadline_window_of(settings, WINDOW_PATIENTS);
	struct calendar_window professionals = deadline_window_of(settings, WINDOW_PROFESSIONALS);

	if (hours == HOURS_ASKED)
		hours = d->request.requester == REQUESTER_PHYSICIAN ? HOURS_PROFESSIONAL : HOURS_PATIENT;
	if (hours == HOURS_PATIENT)
		return calendar_next(deadline_place(d), &patients, at);
	return hours == HOURS_PROFESSIONAL ? calendar_next(CALENDAR_FRANCE, &professionals, at) : at;
}

/* A late alert comes before quiet hours begin, and never behind the end that it warns of (end: 0, none); but not before what it counts from: then it
 * waits for the next working hours. */
static struct instant before_quiet(const struct deadline_settings *settings, struct instant start, struct instant end, struct instant at)
{
	struct calendar_window window = deadline_window_of(settings, WINDOW_PROFESSIONALS);
	struct instant inside = calendar_last_inside(CALENDAR_FRANCE, &window, at);

	if (end.us == 0 && !instant_before(start, inside))
		return calendar_next(CALENDAR_FRANCE, &window, at);
	if (end.us == 0 || instant_before(inside, end))
		return inside;
	struct instant midnight = calendar_instant(CALENDAR_FRANCE, calendar_date(CALENDAR_FRANCE, inside), 0);
	return calendar_last_inside(CALENDAR_FRANCE, &window, (struct instant){midnight.us - 1});
}

/* What was paused since a row began to count puts it off. */
static struct instant put_off(const struct dossier *d, const struct deadline_run *run, struct instant at)
{
	return instant_plus(at, promise_paused(d, run->base, (struct instant){INT64_MAX}));
}

static bool runs(const struct dossier *d, const struct deadline_row *row)
{
	if ((row->states >> d->state & 1) == 0 || (dossier_stands_still(d) && !row->always))
		return false;
	return !(row->promise && dossier_paused(d) != NULL);
}

static bool has_fired(const struct dossier_passed *passed, const struct deadline_run *run)
{
	return passed != NULL && instant_before(run->start, passed->at);
}

static int by_time(const void *left, const void *right)
{
	const struct deadline *a = left, *b = right;

	if (a->at.us != b->at.us)
		return a->at.us < b->at.us ? -1 : 1;
	return a->kind < b->kind ? -1 : a->kind > b->kind;
}

bool deadline_next(const struct deadline_settings *settings, const struct dossier *dossier, enum deadline_kind kind, struct instant *at)
{
	const struct deadline_row *row = deadline_row(kind);
	struct deadline_run run = {0};

	if (!runs(dossier, row) || !row->from(dossier, &run) || (row->holds != NULL && !row->holds(dossier)))
		return false;
	const struct dossier_passed *passed = dossier_passed(dossier, row->name);
	struct instant due;
	if (has_fired(passed, &run)) {
		if (row->again.count == 0)
			return false;
		due = moved(settings, passed->at, row->again, false);
	} else {
		due = moved(settings, run.base, span_of(settings, kind), row->back);
		if (row->promise && !run.paused)
			due = put_off(dossier, &run, due);
	}
	due = row->hours == HOURS_BEFORE ? before_quiet(settings, run.start, row->back ? run.base : (struct instant){0}, due)
					 : in_hours(settings, dossier, row->hours, due);
	/* A firing is known by its being later than what it counts from. */
	*at = instant_before(run.start, due) ? due : (struct instant){run.start.us + 1};
	return true;
}

bool deadline_stands(const struct dossier *dossier, enum deadline_kind kind, struct instant *since, bool *fired)
{
	const struct deadline_row *row = deadline_row(kind);
	struct deadline_run run = {0};

	if ((row->states >> dossier->state & 1) == 0 || (dossier_stands_still(dossier) && !row->always))
		return false;
	if (!row->from(dossier, &run) || (row->holds != NULL && !row->holds(dossier)))
		return false;
	*fired = has_fired(dossier_passed(dossier, row->name), &run);
	*since = run.start;
	return true;
}

size_t deadline_list(const struct deadline_settings *settings, const struct dossier *dossier, struct deadline out[DEADLINES])
{
	size_t n = 0;

	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++) {
		struct instant at;
		if (deadline_next(settings, dossier, k, &at))
			out[n++] = (struct deadline){k, at};
	}
	qsort(out, n, sizeof *out, by_time);
	return n;
}

struct instant deadline_after(const struct deadline_settings *settings, enum deadline_kind kind, struct instant from)
{
	return moved(settings, from, span_of(settings, kind), false);
}

enum calendar_place deadline_place(const struct dossier *dossier)
{
	enum calendar_place place = CALENDAR_FRANCE;
	struct bytes told;

	if (dossier_answer(dossier, BYTES("patient.place"), 0, &told) && !calendar_place_of_code(bytes_trim(told), &place))
		return CALENDAR_FRANCE;
	return place;
}

/* What came about an earlier version began that version's exchange: with a correction the fifteen days begin anew. */
bool deadline_exchange_from(const struct dossier *dossier, struct instant *out)
{
	struct instant released = {0}, first = {INT64_MAX};

	for (size_t i = 0; i < dossier->n_releases; i++)
		if ((dossier->releases[i].to & dossier_party_bit(PARTY_PATIENT)) != 0)
			released = dossier->releases[i].at;
	if (released.us == 0)
		return false;
	if (dossier->read_at.us != 0 && !instant_before(dossier->read_at, released))
		first = dossier->read_at;
	for (size_t i = 0; i < dossier->n_questions; i++)
		if (!instant_before(dossier->questions[i].at, released) && instant_before(dossier->questions[i].at, first))
			first = dossier->questions[i].at;
	struct instant unread = calendar_plus_days(CALENDAR_FRANCE, released, POLICY_READ_DAYS);
	*out = instant_before(first, unread) ? first : unread;
	return true;
}

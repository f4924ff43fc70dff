/* policy/promise.c - see promise.h. */
#include "policy/promise.h"

#include "base/calendar.h"
#include "policy/rules.h"

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Pauses begin in order, so that what the ones before covered ends at one instant. */
struct span promise_paused(const struct dossier *dossier, struct instant from, struct instant until)
{
	struct span all = {0};
	int64_t covered = from.us;

	for (size_t i = 0; i < dossier->n_pauses; i++) {
		const struct dossier_pause *p = &dossier->pauses[i];
		int64_t end = p->until.us == 0 || p->until.us > until.us ? until.us : p->until.us;
		int64_t begin = larger(p->from.us, covered);
		if (end <= begin)
			continue;
		all.us += end - begin;
		covered = end;
	}
	return all;
}

static struct instant due_after(const struct dossier *d, struct span paused)
{
	return instant_plus(calendar_plus_days(CALENDAR_FRANCE, d->complete_at, POLICY_PROMISE_DAYS), paused);
}

struct instant promise_due(const struct dossier *dossier)
{
	struct instant known = {INT64_MAX};

	/* While one lasts, what is behind its beginning is not known yet. */
	for (size_t i = 0; i < dossier->n_pauses; i++)
		if (dossier->pauses[i].until.us == 0 && instant_before(dossier->pauses[i].from, known))
			known = dossier->pauses[i].from;
	return due_after(dossier, promise_paused(dossier, dossier->complete_at, known));
}

struct promise promise_of(const struct dossier *dossier, struct instant now)
{
	struct promise p = {.begun = dossier->complete_at.us != 0, .kept = dossier->kept_at.us != 0, .from = dossier->complete_at};

	if (!p.begun)
		return p;
	struct instant end = p.kept ? dossier->kept_at : now;
	p.paused = promise_paused(dossier, p.from, end);
	p.gross = instant_since(p.from, end);
	p.net.us = p.gross.us - p.paused.us;
	p.held = dossier->held;
	if (dossier->held_at.us != 0)
		p.held.us += instant_since(dossier->held_at, now).us;
	p.due = due_after(dossier, p.paused);
	p.late = instant_before(p.due, end);
	return p;
}

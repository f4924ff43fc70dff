/* gateway/simulate_past.c - see simulate_past.h. */
#include "gateway/simulate_past.h"

#include <string.h>

#include "base/calendar.h"
#include "gateway/dossier_snapshots.h"
#include "policy/deadline.h"

static const struct span untold = {-1};

/* The first event of that kind at or after a place; n when there is none. */
static size_t find(const struct dossier_event *events, size_t n, enum dossier_event_kind kind, size_t from)
{
	while (from < n && events[from].kind != kind)
		from++;
	return from;
}

/* From one event to another that follows it. */
static struct span between(const struct dossier_event *events, size_t n, size_t from, enum dossier_event_kind to)
{
	size_t end = from < n ? find(events, n, to, from) : n;

	return end < n ? instant_since(events[from].at, events[end].at) : untold;
}

static bool is_report(const struct dossier_event *e)
{
	return e->mail.code == MAIL_M21 && e->mail.party == PARTY_PATIENT;
}

/* No report of this patient is known to have failed. */
static bool has_mailbox(const struct dossier_event *events, size_t n)
{
	bool failed = false, arrived = false;

	for (size_t i = 0; i < n; i++) {
		failed |= events[i].kind == EVENT_MAIL_FAILED && is_report(&events[i]);
		arrived |= events[i].kind == EVENT_MAIL_PROOF && is_report(&events[i]);
	}
	return arrived || !failed;
}

/* The first expert's yes, when it was his that counted. */
static struct span first_answer(const struct dossier_event *events, size_t n)
{
	size_t offered = find(events, n, EVENT_OFFERED, 0), accepted = find(events, n, EVENT_OFFER_ACCEPTED, offered);
	bool his = accepted < n && bytes_equal(events[offered].offer.rpps, events[accepted].offer.rpps);

	return his ? instant_since(events[offered].at, events[accepted].at) : untold;
}

static struct span first_reading(const struct dossier_event *events, size_t n)
{
	size_t arrived = find(events, n, EVENT_MAIL_PROOF, find(events, n, EVENT_RELEASED, 0));

	while (arrived < n && !is_report(&events[arrived]))
		arrived = find(events, n, EVENT_MAIL_PROOF, arrived + 1);
	return between(events, n, arrived, EVENT_REPORT_READ);
}

struct simulate_past simulate_past_of(const struct dossier_event *events, size_t n)
{
	size_t missing = find(events, n, EVENT_PIECES_MISSING, 0), complete = find(events, n, EVENT_PIECES_COMPLETE, 0);
	bool incomplete = missing < complete;
	struct simulate_past past = {.at = n > 0 ? events[0].at : (struct instant){0}, .never = incomplete && complete == n, .mailbox = has_mailbox(events, n)};

	past.pieces = incomplete && complete < n ? instant_since(past.at, events[complete].at) : (struct span){0};
	past.triage = between(events, n, complete, EVENT_TRIAGED);
	past.answer = first_answer(events, n);
	past.opinion = between(events, n, find(events, n, EVENT_OFFER_ACCEPTED, 0), EVENT_OPINION_RECEIVED);
	past.check = between(events, n, find(events, n, EVENT_OPINION_CHECKED, 0), EVENT_RELEASED);
	past.read = first_reading(events, n);
	return past;
}

/* --- the population ----------------------------------------------------------------- */

struct reading {
	struct arena *arena;
	const struct simulate_population *population;
	struct simulate_past *list;
	size_t n, room, left;
};

static size_t pathology_of(const struct simulate_population *p, const struct dossier_snapshot *s)
{
	size_t i = 0;

	while (i < p->n_pathologies && !bytes_equal(p->pathologies[i].rule->code, s->pathology))
		i++;
	return i;
}

static enum reason add(void *context, const struct dossier_snapshot *s)
{
	struct reading *r = context;
	size_t pathology = pathology_of(r->population, s);

	if (pathology == r->population->n_pathologies || s->n_events == 0 || r->n == SIMULATE_REQUESTS_MOST) {
		r->left++;
		return REASON_NONE;
	}
	if (r->n == r->room) {
		r->room = r->room == 0 ? 256 : r->room * 2;
		struct simulate_past *larger = arena_alloc(r->arena, r->room * sizeof *larger);
		if (r->n > 0)
			memcpy(larger, r->list, r->n * sizeof *larger);
		r->list = larger;
	}
	r->list[r->n] = simulate_past_of(s->events, s->n_events);
	r->list[r->n++].pathology = pathology;
	return REASON_NONE;
}

/* The newest version of each code counts: it is what a request of today would be weighed by. */
static void take_rules(struct arena *arena, const struct rules_all *rules, struct simulate_population *out)
{
	struct simulate_pathology *pathologies = arena_alloc(arena, (rules->policy.n_pathologies + 1) * sizeof *pathologies);
	struct simulate_expert *experts = arena_alloc(arena, (rules->policy.n_experts + 1) * sizeof *experts);
	size_t n = 0;

	for (size_t i = 0; i < rules->policy.n_pathologies; i++) {
		const struct pathology *p = &rules->policy.pathologies[i];
		bool newer = n > 0 && bytes_equal(pathologies[n - 1].rule->code, p->code);
		pathologies[newer ? n - 1 : n++] = (struct simulate_pathology){p, 1};
	}
	for (size_t i = 0; i < rules->policy.n_experts; i++) {
		experts[i] = simulate_expert_default();
		experts[i].rule = rules->policy.experts[i];
	}
	out->pathologies = pathologies;
	out->n_pathologies = n;
	out->experts = experts;
	out->n_experts = rules->policy.n_experts;
	out->rules = rules->policy;
}

static unsigned days_between(struct instant from, struct instant until)
{
	int64_t days = instant_since(from, until).us / SPAN_DAYS(1).us + 1;
	return days < 1 ? 1 : days > SIMULATE_DAYS_MOST ? SIMULATE_DAYS_MOST : (unsigned)days;
}

enum reason simulate_past(struct store *store, struct arena *arena, const struct rules_all *rules, struct simulate_population *out, size_t *left)
{
	struct reading r = {.arena = arena, .population = out};

	take_rules(arena, rules, out);
	enum reason reason = dossier_snapshots(store, add, &r);
	if (reason != REASON_NONE)
		return reason;
	*left = r.left;
	if (r.n == 0)
		return REASON_NOT_FOUND;
	out->past = r.list;
	out->n_past = r.n;
	out->from = calendar_instant(CALENDAR_FRANCE, calendar_date(CALENDAR_FRANCE, r.list[0].at), 0);
	/* They came in the order of their numbers, or nearly. */
	struct instant last = r.list[0].at;
	for (size_t i = 0; i < r.n; i++) {
		last = instant_before(last, r.list[i].at) ? r.list[i].at : last;
		out->from = instant_before(r.list[i].at, out->from) ? r.list[i].at : out->from;
	}
	out->days = days_between(out->from, last);
	return REASON_NONE;
}

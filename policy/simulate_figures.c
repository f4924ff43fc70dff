/* policy/simulate_figures.c - a run in figures. */
#include <stdlib.h>

#include "policy/simulate_run.h"

static int compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	return x->us < y->us ? -1 : x->us > y->us;
}

/* The promise in days, as the product states it: T0 and seven calendar days of France. */
static struct instant due(const struct simulate_dossier *d, struct span paused)
{
	return instant_plus(calendar_plus_days(CALENDAR_FRANCE, d->complete_at, POLICY_PROMISE_DAYS), paused);
}

static bool has_arrived(const struct simulate_dossier *d)
{
	return d->arrived_at.us != 0 && d->complete_at.us != 0;
}

/* One whose seven days are over, or whose report has arrived, is decided; what stopped before is nobody's failure. */
static void count_promise(const struct simulate_run *run, const struct simulate_dossier *d, struct span paused, size_t *kept, size_t *missed, size_t *undecided)
{
	struct instant until = due(d, paused);

	if (d->complete_at.us == 0)
		return;
	if (has_arrived(d))
		*(instant_before(until, d->arrived_at) ? missed : kept) += 1;
	else if (dossier_is_over(d->state))
		(*undecided)++;
	else
		*(instant_before(until, run->end) ? missed : undecided) += 1;
}

static void count_dossiers(struct simulate_run *run)
{
	struct simulate_result *r = run->result;
	size_t undecided_net = 0;

	for (size_t i = 0; i < run->n_dossiers; i++) {
		const struct simulate_dossier *d = &run->dossiers[i];
		r->complete += d->complete_at.us != 0;
		r->released += d->released_at.us != 0;
		r->delivered += has_arrived(d);
		count_promise(run, d, (struct span){0}, &r->kept, &r->missed, &r->undecided);
		count_promise(run, d, d->paused, &r->kept_net, &r->missed_net, &undecided_net);
	}
}

/* One figure over all dossiers: of some it tells a time. */
static struct simulate_figure over_all(const struct simulate_run *run, struct span *list, bool (*tell)(const struct simulate_dossier *d, struct span *out))
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_dossiers; i++)
		n += tell(&run->dossiers[i], &list[n]);
	return simulate_figure(list, n);
}

static bool tell_promise(const struct simulate_dossier *d, struct span *out)
{
	*out = instant_since(d->complete_at, d->arrived_at);
	return has_arrived(d);
}

static bool tell_net(const struct simulate_dossier *d, struct span *out)
{
	bool told = tell_promise(d, out);
	out->us -= d->paused.us;
	return told;
}

static bool tell_request(const struct simulate_dossier *d, struct span *out)
{
	*out = instant_since(d->plan.at, d->arrived_at);
	return has_arrived(d);
}

static bool tell_acceptance(const struct simulate_dossier *d, struct span *out)
{
	*out = instant_since(d->complete_at, d->accepted_at);
	return d->complete_at.us != 0 && d->accepted_at.us != 0;
}

static struct simulate_figure state_figure(const struct simulate_run *run, struct span *list, enum dossier_state s)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_dossiers; i++)
		if (run->dossiers[i].passed[s])
			list[n++] = run->dossiers[i].spent[s];
	return simulate_figure(list, n);
}

/* --- pathologies -------------------------------------------------------------------- */

static bool knows(const struct expert *e, struct bytes code)
{
	for (size_t i = 0; i < e->pathologies.n; i++)
		if (bytes_equal(e->pathologies.at[i], code))
			return true;
	return false;
}

static void pathology(const struct simulate_run *run, size_t number, struct span *list, struct simulate_pathology_result *out)
{
	size_t n = 0, undecided = 0;

	*out = (struct simulate_pathology_result){.code = run->population->pathologies[number].rule->code};
	for (size_t i = 0; i < run->rules.n_experts; i++)
		out->experts += knows(&run->experts[i], out->code);
	for (size_t i = 0; i < run->n_dossiers; i++) {
		const struct simulate_dossier *d = &run->dossiers[i];
		if (d->plan.pathology != number || d->since.us == 0)
			continue;
		out->requests++;
		out->complete += d->complete_at.us != 0;
		out->accepted += d->accepted_at.us != 0;
		out->no_expert += d->passed[DOSSIER_NO_EXPERT];
		count_promise(run, d, (struct span){0}, &out->kept, &out->missed, &undecided);
		n += tell_acceptance(d, &list[n]);
	}
	out->acceptance = simulate_figure(list, n);
	/* One in ten without anybody to ask, or half of them waiting a day for a yes. */
	out->lacks = out->no_expert * 10 > out->complete || (n > 0 && out->acceptance.median.us >= SPAN_HOURS(24).us);
}

struct simulate_figure simulate_figure(struct span *list, size_t n)
{
	struct simulate_figure f = {.n = n};
	int64_t all = 0;

	if (n == 0)
		return f;
	qsort(list, n, sizeof *list, compare);
	for (size_t i = 0; i < n; i++)
		all += list[i].us / (int64_t)n;
	f.mean.us = all;
	f.median = list[(n - 1) / 2];
	f.p90 = list[(n * 9 + 9) / 10 - 1];
	f.most = list[n - 1];
	return f;
}

void simulate_figures(struct simulate_run *run)
{
	const struct simulate_population *p = run->population;
	struct simulate_result *r = run->result;
	struct span *list = arena_alloc(run->arena, (run->n_dossiers + 1) * sizeof *list);
	struct simulate_pathology_result *pathologies = arena_alloc(run->arena, (p->n_pathologies + 1) * sizeof *pathologies);
	struct simulate_expert_result *experts = arena_alloc(run->arena, (p->n_experts + 1) * sizeof *experts);

	count_dossiers(run);
	r->promise = over_all(run, list, tell_promise);
	r->promise_net = over_all(run, list, tell_net);
	r->request = over_all(run, list, tell_request);
	r->acceptance = over_all(run, list, tell_acceptance);
	for (enum dossier_state s = DOSSIER_NEW; s < DOSSIER_STATES; s++)
		r->states[s] = state_figure(run, list, s);
	for (size_t i = 0; i < p->n_pathologies; i++)
		pathology(run, i, list, &pathologies[i]);
	for (size_t i = 0; i < p->n_experts; i++)
		experts[i] = run->tallies[i].result;
	r->pathologies = pathologies;
	r->n_pathologies = p->n_pathologies;
	r->experts = experts;
	r->n_experts = p->n_experts;
}

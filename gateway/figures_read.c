/* gateway/figures_read.c - see figures_read.h. */
#include "gateway/figures_read.h"

#include "gateway/dossier_snapshots.h"
#include "gateway/log.h"

struct reading {
	const struct store_rows *families;
	struct bytes contract;
	struct figures *figures;
	size_t n;
};

static struct bytes family_of(const struct store_rows *rows, struct bytes pathology)
{
	for (size_t i = 0; i < store_count(rows); i++)
		if (bytes_equal(store_bytes(rows, i, 0), pathology))
			return store_is_null(rows, i, 1) ? BYTES_NONE : store_bytes(rows, i, 1);
	return BYTES_NONE;
}

static void expect(struct figures *figures, const struct store_rows *rows, size_t row)
{
	if (!store_is_null(rows, row, 1))
		figures_expect(figures, store_bytes(rows, row, 1));
}

static bool is_of(const struct dossier *d, struct bytes contract)
{
	struct bytes named;

	return contract.len == 0 || (dossier_answer(d, BYTES("relais.contract"), 0, &named) && bytes_equal_nocase(bytes_trim(named), contract));
}

/* What the gate refuses `relais reconcile` tells; here it is counted as far as it goes. */
static enum reason visit(void *context, const struct dossier_snapshot *s)
{
	struct reading *r = context;
	struct dossier d = dossier_begin(s->arena, s->id, s->reference);
	size_t n = s->n_events;

	if (dossier_fold(&d, s->events, s->n_events, &n) != REASON_NONE)
		log_event("figures-fold", LOG_NUMBER("dossier", s->id), LOG_END);
	for (size_t i = 0; i < r->n && is_of(&d, r->contract); i++)
		figures_add(&r->figures[i], s->events, n, &d, family_of(r->families, d.request.pathology));
	return REASON_NONE;
}

enum reason figures_read(struct store *store, struct bytes contract, struct figures *figures, size_t n)
{
	struct store_rows *families = NULL;
	struct reading r = {.contract = bytes_trim(contract), .figures = figures, .n = n};
	struct instant from = figures[0].from, until = figures[0].until;
	enum reason reason = STORE_RUN(store, &families, "select code, family from relais.figures_families() where $1", P_BOOL(true));

	for (size_t i = 1; i < n; i++) {
		from = instant_before(figures[i].from, from) ? figures[i].from : from;
		until = instant_before(until, figures[i].until) ? figures[i].until : until;
	}
	for (size_t k = 0; reason == REASON_NONE && k < n * store_count(families); k++)
		expect(&figures[k / store_count(families)], families, k % store_count(families));
	r.families = families;
	if (reason == REASON_NONE)
		reason = dossier_snapshots_between(store, from, until, visit, &r);
	store_free(&families);
	return reason;
}

/* policy/route.c - see route.h. */
#include "policy/route.h"

#include "policy/dossier.h"
#include "policy/sender.h"

/* The extension of "root^extension", or the whole. */
static struct bytes extension(struct bytes id)
{
	size_t at = bytes_find_byte(id, '^', 0);
	return at < id.len ? bytes_from(id, at + 1) : id;
}

/* PS_IdNat is 8 and the eleven digits of the RPPS. */
static struct bytes bare_rpps(struct bytes id)
{
	struct bytes e = bytes_trim(extension(id));
	return e.len == 12 && e.at[0] == '8' ? bytes_from(e, 1) : e;
}

static bool same_organisation(struct bytes a, struct bytes b)
{
	return b.len > 0 && bytes_equal_nocase(bytes_trim(extension(a)), bytes_trim(extension(b)));
}

static bool is_skilled(const struct expert *e, struct bytes pathology)
{
	for (size_t i = 0; i < e->pathologies.n; i++)
		if (bytes_equal(e->pathologies.at[i], pathology))
			return true;
	return false;
}

static bool is_away(const struct expert *e, struct instant now)
{
	for (size_t i = 0; i < e->n_leave; i++)
		if (!instant_before(now, e->leave[i].from) && instant_before(now, e->leave[i].until))
			return true;
	return false;
}

static bool was_asked(const struct expert *e, const struct dossier *d)
{
	for (size_t i = 0; i < d->n_offers; i++)
		if (expert_same_rpps(d->offers[i].rpps, e->rpps))
			return true;
	return false;
}

static bool wrote(const struct expert *e, const struct policy_document *d)
{
	for (size_t i = 0; i < d->n_authors; i++)
		if (expert_same_rpps(d->authors[i].id, e->rpps) || same_organisation(d->authors[i].organisation, e->organisation))
			return true;
	return same_organisation(d->custodian.id, e->organisation);
}

/* Replaced documents count too: who wrote the first version is no stranger to the case. */
static bool has_conflict(const struct expert *e, const struct dossier *d)
{
	if (sender_same_address(d->request.attending.mailbox, e->mailbox) ||
	    sender_same_address(d->request.first_opinion.mailbox, e->mailbox))
		return true;
	for (size_t i = 0; i < d->n_documents; i++)
		if (wrote(e, &d->documents[i].filing.document))
			return true;
	return false;
}

static enum exclusion judge(const struct expert *e, const struct dossier *d, struct instant now)
{
	if (!is_skilled(e, d->request.pathology))
		return EXCLUSION_PATHOLOGY;
	if (e->capacity == 0 || !sender_address_ok(e->mailbox) || e->rpps.len == 0)
		return EXCLUSION_CAPACITY;
	if (is_away(e, now))
		return EXCLUSION_LEAVE;
	if (was_asked(e, d))
		return EXCLUSION_ASKED;
	return has_conflict(e, d) ? EXCLUSION_CONFLICT : EXCLUSION_NONE;
}

static int compare_bytes(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.at[i] != b.at[i])
			return a.at[i] < b.at[i] ? -1 : 1;
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* load/capacity compared crosswise, so that nothing is rounded. */
static bool is_better(const struct expert *a, const struct expert *b)
{
	uint64_t left = (uint64_t)a->load * b->capacity, right = (uint64_t)b->load * a->capacity;

	return left != right ? left < right : compare_bytes(a->rpps, b->rpps) < 0;
}

const char *exclusion_name(enum exclusion why)
{
	static const char *const names[] = {
		[EXCLUSION_NONE] = "none",   [EXCLUSION_PATHOLOGY] = "pathology", [EXCLUSION_CAPACITY] = "capacity",
		[EXCLUSION_LEAVE] = "leave", [EXCLUSION_ASKED] = "asked",         [EXCLUSION_CONFLICT] = "conflict",
	};
	return names[why];
}

const struct expert *expert_find(const struct expert *list, size_t n, struct bytes rpps)
{
	for (size_t i = 0; i < n; i++)
		if (expert_same_rpps(list[i].rpps, rpps))
			return &list[i];
	return NULL;
}

bool expert_has_certificate(const struct expert *expert, struct bytes fingerprint)
{
	for (size_t i = 0; expert != NULL && fingerprint.len > 0 && i < expert->fingerprints.n; i++)
		if (bytes_equal_nocase(expert->fingerprints.at[i], fingerprint))
			return true;
	return false;
}

bool expert_same_rpps(struct bytes a, struct bytes b)
{
	struct bytes x = bare_rpps(a);
	return x.len > 0 && bytes_equal(x, bare_rpps(b));
}

enum reason route_choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *dossier,
			 struct instant now, const struct expert **chosen, struct route_exclusion **excluded,
			 size_t *n_excluded)
{
	struct route_exclusion *left_out = excluded == NULL ? NULL : arena_alloc(arena, (n + 1) * sizeof *left_out);
	size_t n_left_out = 0;

	*chosen = NULL;
	for (size_t i = 0; i < n; i++) {
		enum exclusion why = judge(&list[i], dossier, now);
		if (why == EXCLUSION_NONE && (*chosen == NULL || is_better(&list[i], *chosen)))
			*chosen = &list[i];
		if (why != EXCLUSION_NONE && left_out != NULL)
			left_out[n_left_out++] = (struct route_exclusion){&list[i], why};
	}
	if (excluded != NULL) {
		*excluded = left_out;
		*n_excluded = n_left_out;
	}
	return *chosen == NULL ? REASON_EXPERT_NONE : REASON_NONE;
}

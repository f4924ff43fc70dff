/* policy/match.c - see match.h. */
#include "policy/match.h"

#include "policy/given.h"

static bool has_type(const struct pathology_choice *choice, struct bytes type)
{
	for (size_t i = 0; i < choice->types.n; i++)
		if (bytes_equal(choice->types.at[i], type))
			return true;
	return false;
}

/* NONE: it will do. NOT_FOUND: it is something else. */
static enum reason weigh(const struct policy_document *doc, const struct pathology_choice *choice, struct instant now)
{
	if (!has_type(choice, doc->type))
		return REASON_NOT_FOUND;
	if (choice->max_age_days == 0)
		return REASON_NONE;
	/* A day of grace for clocks and zones. */
	if (!doc->timed || instant_since(doc->time, now).us < -SPAN_DAYS(1).us)
		return REASON_EXAM_UNDATED;
	return instant_since(doc->time, now).us <= SPAN_DAYS(choice->max_age_days).us ? REASON_NONE : REASON_EXAM_OLD;
}

/* By the choice that it does best for. Only what names the patient counts as his exam: a loose file has no type to trust. What the
 * expert may not have is not there. */
static enum reason weigh_all(const struct dossier_document *d, const struct pathology_exam *exam, struct instant now)
{
	const struct policy_document *doc = &d->filing.document;

	if (!given_allowed(d, PARTY_EXPERT) || !doc->has_patient)
		return REASON_NOT_FOUND;
	enum reason best = weigh(doc, &exam->wanted, now);
	for (size_t i = 0; best != REASON_NONE && i < exam->n_alternatives; i++) {
		enum reason reason = weigh(doc, &exam->alternatives[i], now);
		if (reason == REASON_NONE || best == REASON_NOT_FOUND)
			best = reason;
	}
	return best;
}

struct match {
	const bool *does;                /* exam by exam, document by document */
	size_t n_documents;
	size_t *holder;                  /* of each document: the exam that it stands for, counted from 1; 0: none yet */
	bool *seen;                      /* of each document, while one exam is tried */
};

/* Kuhn's way: take a free document, or one whose exam can take another. As deep as there are exams (LIMIT_PATHOLOGY_EXAMS). */
static bool find(struct match *m, size_t exam)
{
	for (size_t d = 0; d < m->n_documents; d++) {
		if (!m->does[exam * m->n_documents + d] || m->seen[d])
			continue;
		m->seen[d] = true;
		if (m->holder[d] == 0 || find(m, m->holder[d] - 1)) {
			m->holder[d] = exam + 1;
			return true;
		}
	}
	return false;
}

const bool *match_exams(struct arena *arena, const struct dossier *dossier, const struct pathology_exam *const *exams, size_t n,
			struct instant now)
{
	const size_t docs = dossier->n_documents;
	bool *met = arena_alloc(arena, n + 1), *does = arena_alloc(arena, n * docs + 1);
	struct match m = {does, docs, arena_alloc(arena, (docs + 1) * sizeof(size_t)), arena_alloc(arena, docs + 1)};

	for (size_t e = 0; e < n; e++)
		for (size_t d = 0; d < docs; d++)
			does[e * docs + d] = weigh_all(&dossier->documents[d], exams[e], now) == REASON_NONE;
	for (size_t e = 0; e < n; e++) {
		for (size_t d = 0; d < docs; d++)
			m.seen[d] = false;
		met[e] = find(&m, e);
	}
	return met;
}

enum reason match_trouble(const struct dossier *dossier, const struct pathology_exam *exam, struct instant now,
			  const struct policy_document **out)
{
	enum reason found = REASON_NONE;

	*out = NULL;
	for (size_t i = 0; i < dossier->n_documents; i++) {
		const struct policy_document *doc = &dossier->documents[i].filing.document;
		enum reason reason = weigh_all(&dossier->documents[i], exam, now);
		if (reason != REASON_EXAM_OLD && reason != REASON_EXAM_UNDATED)
			continue;
		/* One that is dated and too old says more than one without a date. */
		if (*out != NULL && !(reason == REASON_EXAM_OLD && (found != REASON_EXAM_OLD || instant_before((*out)->time, doc->time))))
			continue;
		*out = doc;
		found = reason;
	}
	return found;
}

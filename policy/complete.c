/* policy/complete.c - see complete.h. */
#include "policy/complete.h"

#include "base/calendar.h"
#include "policy/match.h"
#include "policy/sender.h"

struct list {
	struct missing *at;
	size_t n;
};

static bool is_waived(const struct dossier *d, struct bytes id)
{
	for (size_t i = 0; i < d->n_waived; i++)
		if (bytes_equal(d->waived[i].id, id))
			return true;
	return false;
}

static void need(struct list *list, const struct dossier *d, enum missing_kind kind, struct bytes id, struct bytes fr,
		 struct bytes en)
{
	if (is_waived(d, id) && kind != MISSING_CONSENT)
		return;
	list->at[list->n++] = (struct missing){.kind = kind, .id = id, .label_fr = fr, .label_en = en};
}

static void need_consents(struct list *list, const struct dossier *d)
{
	if (!d->request.consent_processing)
		need(list, d, MISSING_CONSENT, BYTES("consent.processing"), BYTES("Votre accord pour demander un deuxième avis"),
		     BYTES("Your consent to asking for a second opinion"));
	if (!d->request.consent_expert)
		need(list, d, MISSING_CONSENT, BYTES("consent.expert"), BYTES("Votre accord pour montrer le dossier à l'expert"),
		     BYTES("Your consent to showing the dossier to the expert"));
}

/* A consent to tell a physician is worth nothing without a mailbox to tell him at. */
static void need_mailboxes(struct list *list, const struct dossier *d)
{
	if (d->attending.given && !sender_address_ok(d->request.attending.mailbox))
		need(list, d, MISSING_ANSWER, BYTES("physician.attending.mailbox"),
		     BYTES("La messagerie sécurisée de votre médecin traitant"),
		     BYTES("The secure mailbox of your attending physician"));
	if (d->first_opinion.given && !sender_address_ok(d->request.first_opinion.mailbox))
		need(list, d, MISSING_ANSWER, BYTES("physician.first-opinion.mailbox"),
		     BYTES("La messagerie sécurisée du médecin du premier avis"),
		     BYTES("The secure mailbox of the doctor of the first opinion"));
}

/* What was answered and does not fit is kept in the dossier, and asked for again with what is wrong with it. */
static void need_answer(struct list *list, const struct dossier *d, const struct pathology_answer *question)
{
	enum reason reason = questionnaire_check(question, d->request.answers, d->request.n_answers);
	size_t before = list->n;

	if (reason == REASON_NONE)
		return;
	need(list, d, MISSING_ANSWER, question->id, question->label_fr, question->label_en);
	if (reason == REASON_NOT_FOUND || list->n == before)
		return;
	struct missing *m = &list->at[before];
	m->why = reason;
	m->question = question;
	(void)dossier_answer(d, question->id, 0, &m->value);
}

/* Those that are needed and not waived compete for the documents. */
static void need_exams(struct list *list, struct arena *arena, const struct dossier *d, const struct pathology *p, const bool *asked,
		       struct instant now)
{
	const struct pathology_exam **wanted = arena_alloc(arena, (p->n_exams + 1) * sizeof *wanted);
	size_t n = 0;

	for (size_t i = 0; i < p->n_exams; i++)
		if (!is_waived(d, p->exams[i].code) &&
		    enable_holds(&p->exams[i].needed_when, p->answers, asked, d->request.answers, d->request.n_answers))
			wanted[n++] = &p->exams[i];
	const bool *met = match_exams(arena, d, wanted, n, now);
	for (size_t i = 0; i < n; i++) {
		if (met[i])
			continue;
		struct missing *m = &list->at[list->n];
		need(list, d, MISSING_EXAM, wanted[i]->code, wanted[i]->wanted.label_fr, wanted[i]->wanted.label_en);
		m->exam = wanted[i];
		m->why = match_trouble(d, wanted[i], now, &m->document);
	}
}

const char *missing_kind_name(enum missing_kind kind)
{
	static const char *const names[] = {
		[MISSING_EXAM] = "exam", [MISSING_ANSWER] = "answer", [MISSING_CONSENT] = "consent",
	};
	return names[kind];
}

const struct pathology *pathology_find(const struct pathology *list, size_t n, struct bytes code, struct bytes version)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal(list[i].code, code) && bytes_equal(list[i].version, version))
			return &list[i];
	return NULL;
}

static bool has_form(const struct pathology *p, struct bytes form)
{
	for (size_t i = 0; i < p->forms.n; i++)
		if (bytes_equal(p->forms.at[i], form))
			return true;
	return false;
}

static const struct pathology *only_form(const struct pathology *list, size_t n, struct bytes form, size_t *found)
{
	const struct pathology *one = NULL;

	*found = 0;
	for (size_t i = 0; i < n; i++)
		if (has_form(&list[i], form)) {
			one = &list[i];
			++*found;
		}
	return *found == 1 ? one : NULL;
}

const struct pathology *pathology_of_form(const struct pathology *list, size_t n, struct bytes form)
{
	struct bytes bare = bytes_slice(form, 0, bytes_find_byte(form, '#', 0));
	size_t found;
	const struct pathology *p = form.len == 0 ? NULL : only_form(list, n, form, &found);

	if (p == NULL && form.len > 0 && found == 0)
		p = only_form(list, n, bare, &found);
	return p;
}

enum reason pathology_open(const struct pathology *pathology, bool test_identities, struct instant now)
{
	int64_t today = date_days(calendar_date(CALENDAR_FRANCE, now));

	if (today < pathology->from_day || (pathology->until_day != 0 && today > pathology->until_day))
		return REASON_PATHOLOGY_CLOSED;
	return pathology->validated || test_identities ? REASON_NONE : REASON_PATHOLOGY_UNVALIDATED;
}

size_t complete_missing(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology,
			struct instant now, struct missing **out)
{
	const size_t most = 4 + pathology->n_answers + pathology->n_exams;
	struct list list = {arena_alloc(arena, most * sizeof(struct missing)), 0};
	const bool *asked = enable_questions(arena, pathology->answers, pathology->n_answers, dossier->request.answers, dossier->request.n_answers);

	need_consents(&list, dossier);
	need_mailboxes(&list, dossier);
	for (size_t i = 0; i < pathology->n_answers; i++)
		if (asked[i])
			need_answer(&list, dossier, &pathology->answers[i]);
	need_exams(&list, arena, dossier, pathology, asked, now);
	*out = list.at;
	return list.n;
}

/* policy/complete.c - see complete.h. */
#include "policy/complete.h"

#include "policy/given.h"
#include "policy/sender.h"

struct list {
	struct missing *at;
	size_t n;
};

static bool is_waived(const struct dossier *d, struct bytes id)
{
	for (size_t i = 0; i < d->n_waived; i++)
		if (bytes_equal(d->waived[i], id))
			return true;
	return false;
}

static void need(struct list *list, const struct dossier *d, enum missing_kind kind, struct bytes id, struct bytes fr,
		 struct bytes en)
{
	if (is_waived(d, id) && kind != MISSING_CONSENT)
		return;
	list->at[list->n++] = (struct missing){kind, id, fr, en};
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

static bool is_answered(const struct dossier *d, struct bytes question)
{
	struct bytes value;

	for (size_t nth = 0; dossier_answer(d, question, nth, &value); nth++)
		if (bytes_trim(value).len > 0)
			return true;
	return false;
}

static bool has_type(const struct pathology_exam *exam, struct bytes type)
{
	for (size_t i = 0; i < exam->types.n; i++)
		if (bytes_equal(exam->types.at[i], type))
			return true;
	return false;
}

/* Only what names the patient counts as his exam: a loose file has no type to trust. What the expert may not have is not there. */
static bool meets(const struct dossier_document *d, const struct pathology_exam *exam, struct instant now)
{
	const struct policy_document *doc = &d->filing.document;

	if (!given_allowed(d, PARTY_EXPERT) || !doc->has_patient || !has_type(exam, doc->type))
		return false;
	if (exam->max_age_days == 0)
		return true;
	return doc->timed && instant_since(doc->time, now).us <= SPAN_DAYS(exam->max_age_days).us;
}

static bool has_exam(const struct dossier *d, const struct pathology_exam *exam, struct instant now)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (meets(&d->documents[i], exam, now))
			return true;
	return false;
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

size_t complete_missing(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology,
			struct instant now, struct missing **out)
{
	const size_t most = 4 + pathology->n_answers + pathology->n_exams;
	struct list list = {arena_alloc(arena, most * sizeof(struct missing)), 0};

	need_consents(&list, dossier);
	need_mailboxes(&list, dossier);
	for (size_t i = 0; i < pathology->n_answers; i++) {
		const struct pathology_answer *a = &pathology->answers[i];
		if (!is_answered(dossier, a->id))
			need(&list, dossier, MISSING_ANSWER, a->id, a->label_fr, a->label_en);
	}
	for (size_t i = 0; i < pathology->n_exams; i++) {
		const struct pathology_exam *e = &pathology->exams[i];
		if (!has_exam(dossier, e, now))
			need(&list, dossier, MISSING_EXAM, e->code, e->label_fr, e->label_en);
	}
	*out = list.at;
	return list.n;
}

/* policy/decide_delete.c - an organisation orders documents that it sent out of their dossier (mssante.md M78, "D").
 *
 *  1. Only the organisation that sent a document, with the right to delete, has it withdrawn; the gate sees to it too.
 *  2. Withdrawn is not erased: message, filing and order stay as evidence; the document is given to nobody and meets no requirement.
 *     So are the loose files that say the same: what lay in the document, and its copies beside it.
 *  3. All documents of an order, or none.
 *  4. From the moment that sender and order are in order, the receipt reads the same whether we have the document or not. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/given.h"
#include "policy/identity.h"

static bool is_order(const struct policy_document *d)
{
	return d->action == POLICY_ACTION_DELETE;
}

static bool same_number(const struct policy_patient *a, const struct policy_patient *b)
{
	return bytes_equal(a->ins, b->ins) && bytes_equal(a->oid, b->oid);
}

/* An order names its document and, by the matricule alone, the patient: the document itself need not come again. */
static enum reason check_orders(struct build *b, const struct sender *sender, const struct policy_patient **patient)
{
	const struct policy_message *m = b->message;

	*patient = NULL;
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		if (!is_order(d))
			continue;
		if (d->id.len == 0)
			return REASON_ORDER_TARGET;
		if (!d->has_patient || d->patient.ins.len == 0 || !identity_is_ins(d->patient.oid))
			return REASON_IDENTITY_NONE;
		if (*patient != NULL && !same_number(*patient, &d->patient))
			return REASON_ARCHIVE_PATIENTS;
		*patient = &d->patient;
	}
	return sender_check_identity(b->rules, sender->organisation, *patient);
}

static enum reason check_message(struct build *b, struct sender *sender, const struct policy_patient **patient)
{
	enum reason reason = sender_check(b->rules, b->message, SENDER_DELETION, sender);

	if (reason == REASON_NONE)
		reason = step_refused_piece(b->message);
	return reason == REASON_NONE ? check_orders(b, sender, patient) : reason;
}

/* What the orders mean in one dossier. */
struct meant {
	size_t present, withdrawn, absent;
};

static struct meant look_at(const struct dossier *d, const struct policy_message *m)
{
	struct meant meant = {0};

	for (size_t i = 0; i < m->n_documents; i++) {
		if (!is_order(&m->documents[i]))
			continue;
		const struct dossier_document *known = dossier_find_document(d, m->documents[i].id, BYTES_NONE);
		if (known == NULL)
			meant.absent++;
		else if (known->withdrawn)
			meant.withdrawn++;
		else
			meant.present++;
	}
	return meant;
}

/* The one living dossier of that patient that has them; DOCUMENT_DUPLICATE: they are withdrawn already. */
static enum reason choose(const struct dossier *const *candidates, size_t n, const struct policy_message *m,
			  const struct policy_patient *patient, const struct dossier **out)
{
	size_t living = 0;
	bool over = false, withdrawn = false;

	for (size_t i = 0; i < n; i++) {
		const struct dossier *d = candidates[i];
		if (!same_number(&d->request.patient, patient))
			continue;
		struct meant meant = look_at(d, m);
		withdrawn |= meant.absent == 0 && meant.present == 0;
		over |= meant.present > 0 && dossier_is_over(d->state);
		if (meant.present == 0 || dossier_is_over(d->state))
			continue;
		*out = d;
		living++;
	}
	if (living == 1)
		return look_at(*out, m).absent == 0 ? REASON_NONE : REASON_ORDER_UNKNOWN;
	if (living > 1)
		return REASON_DOSSIER_SEVERAL;
	return over ? REASON_DOSSIER_ORDER : withdrawn ? REASON_DOCUMENT_DUPLICATE : REASON_ORDER_UNKNOWN;
}

static bool all_withdrawn(const struct dossier *d, int64_t inbox)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (d->documents[i].inbox == inbox && d->documents[i].filing.document.id.len > 0 && !d->documents[i].withdrawn)
			return false;
	return true;
}

/* A loose file that says the same: it lay in the document, has its bytes, or came as a copy beside it and nothing else. */
static bool goes_along(const struct dossier *d, const struct dossier_document *file, const struct dossier_document *gone)
{
	const struct policy_document *a = &file->filing.document, *b = &gone->filing.document;

	if (a->id.len > 0 || a->digest.len == 0 || file->withdrawn || !bytes_equal(file->filing.organisation, gone->filing.organisation))
		return false;
	return bytes_equal(a->part_of, b->id) || bytes_equal_nocase(a->digest, b->digest) ||
	       (a->part_of.len == 0 && file->inbox == gone->inbox && all_withdrawn(d, gone->inbox));
}

static enum reason withdraw_files(struct build *b, struct bytes id)
{
	const struct dossier_document *gone = dossier_find_document(b->after, id, BYTES_NONE);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; gone != NULL && reason == REASON_NONE && i < b->after->n_documents; i++) {
		const struct dossier_document *file = &b->after->documents[i];
		if (goes_along(b->after, file, gone))
			reason = build_text(b, EVENT_DOCUMENT_WITHDRAWN, file->filing.document.digest, file->filing.organisation);
	}
	return reason;
}

static enum reason withdraw_all(struct build *b, struct bytes organisation)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < b->message->n_documents; i++) {
		const struct policy_document *d = &b->message->documents[i];
		const struct dossier_document *known = dossier_find_document(b->after, d->id, BYTES_NONE);
		if (is_order(d) && (known == NULL || !known->withdrawn))
			reason = build_text(b, EVENT_DOCUMENT_WITHDRAWN, d->id, organisation);
	}
	for (size_t i = 0; reason == REASON_NONE && i < b->message->n_documents; i++)
		if (is_order(&b->message->documents[i]))
			reason = withdraw_files(b, b->message->documents[i].id);
	return reason;
}

/* Who was given it is told that it is withdrawn, by its title. */
static void tell_expert(struct build *b, const struct dossier *before)
{
	const char *titles = "";

	if (dossier_accepted_offer(before) == NULL)
		return;
	for (size_t i = 0; i < before->n_documents; i++) {
		struct bytes line = text_document(b, &before->documents[i].filing.document);
		if (given_allowed(&before->documents[i], PARTY_EXPERT) && b->after->documents[i].withdrawn)
			titles = arena_printf(b->arena, "%s%s- %.*s%s", titles, titles[0] == '\0' ? "" : "\n", (int)line.len, (const char *)line.at,
					      build_english(b) ? ": deleted" : " : supprimé");
	}
	if (titles[0] != '\0')
		step_tell_withdrawn(b, bytes_of_text(titles));
}

/* Whether a given opinion stands without it is a person's to ask. */
static bool was_shown(const struct dossier *before)
{
	return before->opinion.present || before->delivered.present;
}

/* What the request says stands in the dossier as answers, too: a person must see to them, and to the dossier. */
static bool has_request(const struct dossier *d, const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct dossier_document *known = dossier_find_document(d, m->documents[i].id, BYTES_NONE);
		if (is_order(&m->documents[i]) && known != NULL && known->inbox == d->documents[0].inbox &&
		    (bytes_equal_text(known->filing.document.type, "74465-6") || bytes_equal_text(known->filing.document.type, "75496-0")))
			return true;
	}
	return false;
}

static void withdraw(struct build *b, const struct dossier *dossier, struct bytes organisation)
{
	build_dossier(b, dossier);
	enum reason reason = withdraw_all(b, organisation);
	if (reason == REASON_NONE)
		tell_expert(b, dossier);
	if (reason == REASON_NONE)
		reason = step_reassess(b);
	if (reason == REASON_NONE && b->n_events == 0)
		build_done(b, POLICY_DUPLICATE, REASON_DOCUMENT_DUPLICATE, NULL);
	else if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason,
			   was_shown(dossier) || has_request(dossier, b->message) ? "nurses" : b->owner);
	else
		build_hold(b, reason);
}

bool step_has_order(const struct policy_message *message)
{
	for (size_t i = 0; i < message->n_documents; i++)
		if (is_order(&message->documents[i]))
			return true;
	return false;
}

void decide_delete(struct build *b, const struct dossier *const *candidates, size_t n)
{
	const struct policy_patient *patient;
	const struct dossier *dossier = NULL;
	struct sender sender;
	enum reason reason = check_message(b, &sender, &patient);

	b->rule = "record.delete/1";
	if (reason != REASON_NONE) {
		build_settle(b, reason);
		build_notice(b, reason);
		return;
	}
	reason = choose(candidates, n, b->message, patient, &dossier);
	if (reason == REASON_NONE)
		withdraw(b, dossier, sender.organisation->id);
	else if (reason == REASON_DOCUMENT_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else
		build_hold(b, reason);
	build_received(b);
}

void decide_delete_in(struct build *b, const struct dossier *dossier)
{
	const struct policy_patient *patient;
	struct sender sender;
	enum reason reason = check_message(b, &sender, &patient);

	if (reason == REASON_NONE && !same_number(&dossier->request.patient, patient))
		reason = REASON_IDENTITY_OTHER_PATIENT;
	if (reason == REASON_NONE)
		withdraw(b, dossier, sender.organisation->id);
	else
		build_hold(b, reason);
}

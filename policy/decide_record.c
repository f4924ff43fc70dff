/* policy/decide_record.c - a document from a hospital finds its dossier, or is kept apart.
 *
 * From the moment the sender and the message itself are in order, the answer is M70 and reads the same whatever
 * dossiers there are: it must not tell who is a patient here. */
#include "policy/decide_step.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "policy/pieces.h"

/* The patient whom the message is about: the first one named. */
static const struct policy_patient *patient_of(const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_documents; i++)
		if (m->documents[i].has_patient)
			return &m->documents[i].patient;
	return NULL;
}

static enum reason check_message(struct build *b, struct sender *sender, const struct policy_patient **patient)
{
	enum reason reason = sender_check(b->rules, b->message, SENDER_RECORD, sender);

	if (reason == REASON_NONE)
		reason = step_refused_piece(b->message);
	if (reason != REASON_NONE)
		return reason;
	*patient = patient_of(b->message);
	if (*patient == NULL || !identity_complete(*patient))
		return REASON_IDENTITY_NONE;
	reason = sender_check_identity(b->rules, sender->organisation, *patient);
	return reason == REASON_NONE ? step_one_patient(b->message, *patient) : reason;
}

static bool has_all(const struct dossier *d, const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *doc = &m->documents[i];
		const struct dossier_document *known = dossier_find_document(d, doc->id, doc->digest);
		if (doc->aside)
			continue;
		if (known == NULL || known->withdrawn || !bytes_equal_nocase(known->filing.document.digest, doc->digest))
			return false;
		struct policy_document copy = given_as_copy(m, doc);
		if (given_hides_more(&copy, &known->filing.document))
			return false;
	}
	return m->n_documents > 0;
}

/* What the candidates say about one message. */
struct choice {
	const struct dossier *open, *known;   /* an open dossier of the patient; one that has all of it already */
	size_t matches, lacking;              /* open dossiers, and those of them that lack something */
	bool doubt;
};

static void look_at(struct choice *c, const struct dossier *d, const struct policy_message *m,
		    const struct policy_patient *patient)
{
	enum identity identity = identity_compare(&d->request.patient, patient);
	bool open = dossier_awaits_documents(d->state);

	c->doubt |= open && identity == IDENTITY_DOUBT;
	if (identity != IDENTITY_SAME)
		return;
	bool all = has_all(d, m);
	if (all)
		c->known = d;
	if (!open)
		return;
	c->matches++;
	c->lacking += !all;
	c->open = d;
}

/* The one open dossier of that patient. A closed one that has the document does not stand in an open one's way. */
static enum reason choose(const struct dossier *const *candidates, size_t n, const struct policy_message *m,
			  const struct policy_patient *patient, const struct dossier **out)
{
	struct choice c = {0};

	for (size_t i = 0; i < n; i++)
		look_at(&c, candidates[i], m, patient);
	*out = c.lacking > 0 ? c.open : c.known;
	if (c.doubt)
		return REASON_IDENTITY_DIFFERS;
	if (c.lacking == 0)
		return c.known == NULL ? REASON_DOSSIER_NONE : REASON_DOCUMENT_DUPLICATE;
	return c.matches > 1 ? REASON_DOSSIER_SEVERAL : REASON_NONE;
}

/* Replacing needs its own right; that only the sender of the old version has it, the gate sees to. */
static enum reason check_replacement(const struct build *b, const struct organisation *o, const struct policy_document *d)
{
	if (d->replaces.len == 0 || dossier_find_document(b->after, d->replaces, BYTES_NONE) == NULL)
		return REASON_NONE;
	return (o->classes & SENDER_REPLACEMENT) != 0 ? REASON_NONE : REASON_SENDER_CLASS;
}

static bool everything_is_aside(const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_documents; i++)
		if (!m->documents[i].aside)
			return false;
	return m->n_documents > 0;
}

static enum reason file_all(struct build *b, const struct organisation *o, bool confirmed)
{
	for (size_t i = 0; i < b->message->n_documents; i++) {
		const struct policy_document *d = &b->message->documents[i];
		if (d->aside)
			continue;
		enum reason reason = check_replacement(b, o, d);
		if (reason == REASON_NONE)
			reason = step_file(b, d, o->id, false, confirmed);
		if (reason != REASON_NONE && reason != REASON_DOCUMENT_DUPLICATE)
			return reason;
	}
	if (b->n_events > 0)
		return REASON_NONE;
	return everything_is_aside(b->message) ? pieces_reason(b->message) : REASON_DOCUMENT_DUPLICATE;
}

/* A new version of what the expert was given goes to him at once; what is new goes once a day (DEADLINE_ADDENDUM). */
static enum reason pass_on(struct build *b)
{
	for (size_t i = 0; i < b->n_events; i++) {
		const struct dossier_event *e = &b->events[i];
		if (e->kind == EVENT_DOCUMENT_FILED && e->document.document.replaces.len > 0)
			return step_addendum(b, MAIL_M73);
	}
	return REASON_NONE;
}

static void attach(struct build *b, const struct dossier *d, const struct organisation *o, bool confirmed)
{
	/* Masked for professionals it is of no use to an opinion: a nurse looks before anything is filed, and what she files stays masked. */
	enum reason reason = confirmed ? REASON_NONE : step_masked(b->message, PARTY_EXPERT);

	build_dossier(b, d);
	if (reason == REASON_NONE)
		reason = file_all(b, o, confirmed);
	if (reason == REASON_NONE)
		reason = step_reassess(b);
	/* Who wrote it, or works where it comes from, may be the one who was asked. */
	if (reason == REASON_NONE && d->n_offers > 0)
		reason = step_conflicts(b);
	if (reason == REASON_NONE)
		reason = pass_on(b);
	step_tell_aside(b);
	if (reason == REASON_NONE)
		build_done(b, POLICY_FILED, b->reason, b->owner);
	else if (reason == REASON_DOCUMENT_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else
		build_hold(b, reason);
}

/* The patient's own reply, or a record of an organisation that may send it. */
static enum reason attach_sender(struct build *b, const struct dossier *d, struct organisation *out)
{
	struct sender sender;

	if (b->message->party == PARTY_PATIENT) {
		*out = (struct organisation){.id = BYTES("patient")};
		return sender_same_address(b->message->from, d->request.mailbox) && sender_linked(b->message)
			       ? REASON_NONE
			       : REASON_REPLY_PARTY;
	}
	enum reason reason = sender_check(b->rules, b->message, SENDER_RECORD, &sender);
	if (reason == REASON_NONE)
		*out = *sender.organisation;
	return reason;
}

void decide_record(struct build *b, const struct dossier *const *candidates, size_t n)
{
	const struct policy_patient *patient = NULL;
	const struct dossier *dossier;
	struct sender sender;

	if (step_has_order(b->message)) {
		decide_delete(b, candidates, n);
		return;
	}
	enum reason reason = check_message(b, &sender, &patient);
	b->rule = "record.attach/1";
	if (reason != REASON_NONE) {
		build_settle(b, reason);
		build_notice(b, reason);
		return;
	}
	reason = choose(candidates, n, b->message, patient, &dossier);
	if (reason == REASON_DOCUMENT_DUPLICATE) {
		b->before = dossier;
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	} else if (reason != REASON_NONE) {
		build_hold(b, reason);
	} else {
		attach(b, dossier, sender.organisation, false);
	}
	build_received(b);
}

void policy_decide_attach(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			  const struct policy_message *message, struct bytes actor, struct instant now,
			  struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, message, now);
	struct organisation sender;
	enum reason reason = sender_verdict(&message->signature);

	b.rule = "operator.attach/1";
	build_operator(&b, actor);
	if (message->scan != POLICY_SCAN_ACCEPT)
		reason = message->scan_reason;
	if (reason == REASON_NONE && step_has_order(message)) {
		decide_delete_in(&b, dossier);
		build_end(&b, out);
		return;
	}
	if (reason == REASON_NONE)
		reason = attach_sender(&b, dossier, &sender);
	if (reason == REASON_NONE)
		reason = step_refused_piece(message);
	if (reason == REASON_NONE && message->n_documents == 0)
		reason = REASON_MAIL_UNKNOWN_CLASS;
	if (reason == REASON_NONE)
		attach(&b, dossier, &sender, true);
	else
		build_hold(&b, reason);
	build_end(&b, out);
}

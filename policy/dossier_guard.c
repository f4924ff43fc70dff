/* policy/dossier_guard.c - what the gate asks beyond the table; see dossier.h for the invariants. */
#include "policy/dossier_guard.h"

#include "base/limits.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "policy/people.h"
#include "policy/sender.h"
#include "policy/study.h"

/* All that must be known before a request can be weighed against its pathology's demands. */
static bool is_whole(const struct dossier_request *r)
{
	return r->pathology.len > 0 && r->consent_processing && r->consent_expert;
}

static enum reason guard_request(const struct dossier_request *r)
{
	if (!identity_complete(&r->patient))
		return REASON_IDENTITY_NONE;
	if ((!is_whole(r) && !r->unqualified) || r->n_answers > LIMIT_REQUEST_ANSWERS)
		return REASON_REQUEST_INCOMPLETE;
	return REASON_NONE;
}

/* The two consents of the request may be given to a person; to take them back is to withdraw from the whole. */
static enum reason guard_consent(const struct dossier *d, const struct dossier_consent_data *c)
{
	bool asked = c->party == PARTY_REQUESTER && d->request.requester == REQUESTER_PHYSICIAN;
	bool other = c->party == PARTY_ATTENDING || c->party == PARTY_FIRST_OPINION || c->party == PARTY_REPRESENTATIVE || asked;
	bool own = c->party == PARTY_PATIENT || c->party == PARTY_EXPERT;

	return other || (own && c->given) ? REASON_NONE : REASON_DOSSIER_ORDER;
}

static bool is_prefixed(struct bytes id, const char *prefix)
{
	return bytes_starts(id, bytes_of_text(prefix));
}

/* What the gateway itself reads has events of its own. */
static enum reason guard_told(const struct dossier *d, const struct dossier_text_data *t)
{
	if (t->id.len == 0 || is_prefixed(t->id, "relais.") || is_prefixed(t->id, "consent.") || is_prefixed(t->id, "section."))
		return REASON_USAGE;
	return d->request.n_answers >= LIMIT_REQUEST_ANSWERS ? REASON_DOSSIER_FULL : REASON_NONE;
}

static enum reason guard_identity(const struct dossier *d, const struct dossier_filing *f)
{
	enum identity labelled = identity_compare_number(&d->request.patient, f->document.labelled);

	if (labelled == IDENTITY_DIFFERENT)
		return REASON_IDENTITY_OTHER_PATIENT;
	if (labelled == IDENTITY_DOUBT && !f->confirmed)
		return REASON_IDENTITY_DIFFERS;
	if (!f->document.has_patient)
		return REASON_NONE;
	/* Test and real identities are never mixed, not even by hand. */
	if (identity_is_ins(f->document.patient.oid) &&
	    identity_is_test(f->document.patient.oid) != identity_is_test(d->request.patient.oid))
		return REASON_SENDER_TEST_IDENTITY;
	switch (identity_compare(&d->request.patient, &f->document.patient)) {
	case IDENTITY_SAME:
		return REASON_NONE;
	case IDENTITY_DIFFERENT:
		return REASON_IDENTITY_OTHER_PATIENT;
	case IDENTITY_DOUBT:
		return f->confirmed ? REASON_NONE : REASON_IDENTITY_DIFFERS;
	case IDENTITY_ABSENT:
		break;
	}
	return f->confirmed ? REASON_NONE : REASON_IDENTITY_NONE;
}

static const struct dossier_document *find_id(const struct dossier *d, struct bytes id)
{
	for (size_t i = 0; id.len > 0 && i < d->n_documents; i++)
		if (bytes_equal(d->documents[i].filing.document.id, id))
			return &d->documents[i];
	return NULL;
}

static enum reason guard_document(const struct dossier *d, const struct dossier_filing *f)
{
	const struct dossier_document *known = dossier_find_document(d, f->document.id, f->document.digest);

	if (d->n_documents >= LIMIT_DOSSIER_DOCUMENTS)
		return REASON_DOSSIER_FULL;
	if (known != NULL && known->withdrawn)
		return REASON_DOCUMENT_WITHDRAWN;
	if (known != NULL && !bytes_equal_nocase(known->filing.document.digest, f->document.digest))
		return REASON_DOCUMENT_CONFLICT;
	/* The same again, hidden from somebody who may have it by now: not done with "we have it". */
	if (known != NULL)
		return given_hides_more(&f->document, &known->filing.document) ? REASON_DOCUMENT_MASKED : REASON_DOCUMENT_DUPLICATE;
	/* Only the organisation that sent a document may replace it. */
	const struct dossier_document *old = find_id(d, f->document.replaces);
	if (old != NULL && !bytes_equal(old->filing.organisation, f->organisation))
		return REASON_SENDER_CLASS;
	return guard_identity(d, f);
}

static enum reason guard_withdrawal(const struct dossier *d, const struct dossier_text_data *order)
{
	const struct dossier_document *known = NULL;

	for (size_t i = 0; order->id.len > 0 && i < d->n_documents && known == NULL; i++)
		if (bytes_equal(dossier_document_key(&d->documents[i].filing.document), order->id))
			known = &d->documents[i];
	if (known == NULL)
		return REASON_ORDER_UNKNOWN;
	if (known->withdrawn)
		return REASON_DOCUMENT_WITHDRAWN;
	return bytes_equal(known->filing.organisation, order->text) ? REASON_NONE : REASON_SENDER_CLASS;
}

/* The patient's own pause, whatever the expert waits for beside it. */
static bool has_patient_wait(const struct dossier *d)
{
	for (size_t i = 0; i < d->n_pauses; i++)
		if (d->pauses[i].until.us == 0 && !d->pauses[i].by_expert)
			return true;
	return false;
}

static enum reason guard_answered(const struct dossier *d, struct bytes id)
{
	uint64_t number;
	bool known = id.len == 0 || bytes_equal_text(id, "all") || (bytes_number(id, d->n_questions, &number) && number > 0);

	return known && dossier_awaits_answer(d) ? REASON_NONE : REASON_DOSSIER_ORDER;
}

static enum reason guard_life(const struct dossier *d, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_QUESTION_ANSWERED:
		return guard_answered(d, e->text.id);
	case EVENT_DEADLINE_PASSED:
	case EVENT_LINKED:
	case EVENT_EXPORTED:
		return e->text.id.len > 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_PAUSED:
		return dossier_paused(d) == NULL ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_RESUMED:
		return has_patient_wait(d) ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_MAILBOX_AWAITED:
		return party_of_name(e->text.id) != PARTY_NONE && reason_of_code(e->text.text) != REASONS ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_MAIL_STOPPED:
		return e->text.id.len > 0 && reason_of_code(e->text.text) != REASONS ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_MAIL_LET_GO:
	case EVENT_MAIL_DROPPED:
		return dossier_find_stopped(d, e->text.id) != NULL ? REASON_NONE : REASON_NOT_FOUND;
	case EVENT_ERASURE_ANSWERED:
		return d->erasure_at.us != 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_IDENTITY_CONFIRMED:
		return d->state == DOSSIER_IDENTITY || d->unknown_at.us != 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_OPINION_ALERT:
		return d->opinion.present && !d->opinion.checked ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_UNFROZEN:
		return d->frozen_at.us != 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	case EVENT_REPRESENTATIVE_ENDED: {
		const struct dossier_representative *r = dossier_find_representative(d, e->text.id);
		return r != NULL && r->ended_at.us == 0 ? REASON_NONE : REASON_NOT_FOUND;
	}
	default:
		return REASON_NONE;
	}
}

static enum reason guard_text(const struct dossier *d, const struct dossier_event *e)
{
	if (e->kind == EVENT_DOCUMENT_WITHDRAWN)
		return guard_withdrawal(d, &e->text);
	if (e->kind == EVENT_ANSWER_TOLD)
		return guard_told(d, &e->text);
	if (e->kind == EVENT_QUALIFICATION_AWAITED)
		return d->request.unqualified ? REASON_NONE : REASON_DOSSIER_ORDER;
	if (e->kind == EVENT_QUALIFIED)
		return e->text.id.len > 0 && e->text.text.len > 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	if (e->kind == EVENT_PIECES_MISSING && d->request.pathology.len == 0)
		return REASON_DOSSIER_ORDER;
	return guard_life(d, e);
}

static enum reason guard_channel(const struct dossier *d, const struct dossier_channel_data *c)
{
	/* The patient's mailbox is his number's. */
	struct bytes local = bytes_slice(c->address, 0, bytes_find_byte(c->address, '@', 0));
	if (c->channel == CHANNEL_MAIL && c->party == PARTY_PATIENT && c->address.len > 0 && !bytes_equal_nocase(local, d->request.patient.ins))
		return REASON_DOSSIER_ORDER;
	if (c->channel == CHANNEL_PAPER && (!people_address_ok(c->address) || dossier_was_returned(d, c->address)))
		return dossier_was_returned(d, c->address) ? REASON_CHANNEL_RETURNED : REASON_CHANNEL_ADDRESS;

	/* A mailbox that mail can go to, when another is told. */
	if (c->channel == CHANNEL_MAIL && c->address.len > 0 && !sender_address_ok(c->address))
		return REASON_DOSSIER_ORDER;
	return c->party > PARTY_NONE && c->party < PARTIES && c->party != PARTY_SENDER && c->channel < CHANNELS ? REASON_NONE : REASON_DOSSIER_ORDER;
}

static enum reason guard_representative(const struct dossier_representative_data *r)
{
	bool dated = !r->timed_from || !r->timed_until || instant_before(r->from, r->until);

	return r->id.len > 0 && r->role != ROLE_NONE && r->role < ROLES && dated ? REASON_NONE : REASON_DOSSIER_ORDER;
}

/* Of who has a mailbox in the dossier, and of that one alone. */
static enum reason guard_profile(const struct dossier *d, const struct dossier_profile_data *p)
{
	bool named = p->party > PARTY_NONE && p->party < PARTIES && p->form < PROFILE_FORMS && p->why < PROFILE_WHYS;
	bool told = p->form != PROFILE_ADDRESS || sender_address_ok(p->address);

	return named && told && p->mailbox.len > 0 && sender_same_address(dossier_mailbox(d, p->party), p->mailbox) ? REASON_NONE : REASON_DOSSIER_ORDER;
}

static enum reason guard_offer(const struct dossier *d, const struct dossier_event *e)
{
	const struct dossier_offer *live = dossier_live_offer(d), *holder = dossier_accepted_offer(d);

	if (e->kind == EVENT_ABSENCE_TOLD)
		return holder != NULL && bytes_equal(holder->rpps, e->offer.rpps) ? REASON_NONE : REASON_DOSSIER_ORDER;
	if (e->kind == EVENT_REASSIGNED)
		return holder != NULL && live == NULL && bytes_equal(holder->rpps, e->offer.rpps) ? REASON_NONE : REASON_DOSSIER_ORDER;
	/* Another than who holds it. */
	if ((e->kind == EVENT_STANDBY_CHOSEN || e->kind == EVENT_STANDBY_OFFERED) && (holder == NULL || bytes_equal(holder->rpps, e->offer.rpps)))
		return REASON_DOSSIER_ORDER;
	if (e->kind == EVENT_OFFERED || e->kind == EVENT_STANDBY_CHOSEN || e->kind == EVENT_STANDBY_OFFERED)
		return live == NULL && e->offer.rpps.len > 0 && e->offer.mailbox.len > 0 ? REASON_NONE
											  : REASON_DOSSIER_ORDER;
	return live != NULL && bytes_equal(live->rpps, e->offer.rpps) ? REASON_NONE : REASON_DOSSIER_ORDER;
}

/* One that came too late is evidence only, and of who held the dossier once. */
static enum reason guard_late_opinion(const struct dossier *d, const struct dossier_opinion_data *o)
{
	bool held = false;

	for (size_t i = 0; i < d->n_offers; i++)
		held = held || (d->offers[i].answer == OFFER_ENDED && bytes_equal(d->offers[i].rpps, o->rpps));
	if (!held)
		return REASON_OPINION_SIGNER;
	return dossier_find_late_opinion(d, o->digest) == NULL ? REASON_NONE : REASON_MESSAGE_DUPLICATE;
}

static enum reason guard_opinion(const struct dossier *d, const struct dossier_opinion_data *o)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);

	if (holder == NULL || !bytes_equal(holder->rpps, o->rpps))
		return REASON_OPINION_SIGNER;
	for (size_t i = 0; i < d->n_digests; i++)
		if (bytes_equal_nocase(d->digests[i], o->digest))
			return REASON_MESSAGE_DUPLICATE;
	return REASON_NONE;
}

/* An opinion is released once as a version of its own, and that version may be sent again. */
static enum reason guard_release(const struct dossier *d, const struct dossier_event *e)
{
	const struct dossier_release_data *r = &e->release;
	bool again = d->state == DOSSIER_UNDELIVERABLE || d->state == DOSSIER_RELEASED;

	/* Shared later is what was released, with who did not have it. */
	if (e->kind == EVENT_SHARED)
		return r->version > 0 && r->version == dossier_version(d) && r->to != 0 ? REASON_NONE : REASON_DOSSIER_ORDER;
	/* Unread, it goes once more to who wants it on paper. */
	if (d->state == DOSSIER_RELEASED && d->channels[PARTY_PATIENT].channel != CHANNEL_PAPER)
		return REASON_DOSSIER_ORDER;
	if (!d->opinion.present || !d->opinion.checked || r->version != dossier_version(d) + (again ? 0 : 1))
		return REASON_DOSSIER_ORDER;
	return REASON_NONE;
}

/* A list that an event makes longer has an end; what lengthens nothing is never refused for it. */
static bool is_full(const struct dossier *d, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_OFFERED:
	case EVENT_STANDBY_OFFERED:
		return d->n_offers >= LIMIT_DOSSIER_ITEMS;
	case EVENT_PIECE_WAIVED:
		return d->n_waived >= LIMIT_DOSSIER_ITEMS;
	case EVENT_OPINION_RECEIVED:
		return d->n_digests >= LIMIT_DOSSIER_ITEMS || e->opinion.n_annexes > LIMIT_DOSSIER_DOCUMENTS - d->draft.n_annexes;
	case EVENT_OPINION_LATE:
		return d->n_late_opinions >= LIMIT_DOSSIER_ITEMS || e->opinion.n_annexes > LIMIT_DOSSIER_DOCUMENTS;
	case EVENT_QUESTION_RECEIVED:
		return d->n_questions >= LIMIT_DOSSIER_ITEMS;
	case EVENT_RELEASED:
	case EVENT_SHARED:
		return d->n_releases >= LIMIT_DOSSIER_ITEMS;
	case EVENT_MORE_ASKED:
	case EVENT_PAUSED:
		return d->n_pauses >= LIMIT_DOSSIER_ITEMS;
	case EVENT_CONTACT_MADE:
		return d->n_contacts >= LIMIT_DOSSIER_ITEMS;
	case EVENT_REPRESENTATIVE_NAMED:
		return d->n_representatives >= LIMIT_DOSSIER_ITEMS;
	case EVENT_COMPLAINED:
		return d->n_complaints >= LIMIT_DOSSIER_ITEMS;
	case EVENT_LINKED:
		return d->n_links >= LIMIT_DOSSIER_ITEMS;
	case EVENT_MAIL_STOPPED:
		return d->n_stopped >= LIMIT_DOSSIER_ITEMS;
	default:
		return false;
	}
}

/* What somebody is told by mail: he would wait for an answer to what he never heard. */
static bool is_told_by_mail(enum dossier_event_kind kind)
{
	static const enum dossier_event_kind told[] = {
		EVENT_OFFERED, EVENT_STANDBY_OFFERED, EVENT_OFFER_REMINDED, EVENT_OFFER_ACCEPTED, EVENT_MORE_ASKED, EVENT_MORE_ANSWERED, EVENT_OPINION_RETURNED,
		EVENT_OPINION_UNSIGNED, EVENT_RELEASED, EVENT_SHARED, EVENT_QUESTION_RECEIVED, EVENT_QUESTION_ANSWERED,
		EVENT_CLOSED,
	};
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		if (told[i] == kind)
			return true;
	return false;
}

enum reason dossier_guard(const struct dossier *d, const struct dossier_event *e)
{
	if (dossier_next(d->state, e->kind) == DOSSIER_NOWHERE || (e->seq != 0 && e->seq != d->seq + 1))
		return REASON_DOSSIER_ORDER;
	if (d->frozen_at.us != 0 && is_told_by_mail(e->kind))
		return REASON_DOSSIER_FROZEN;
	if (is_full(d, e))
		return REASON_DOSSIER_FULL;
	switch (dossier_event_data(e->kind)) {
	case EVENT_DATA_REQUEST:
		return guard_request(&e->request);
	case EVENT_DATA_DOCUMENT:
		return guard_document(d, &e->document);
	case EVENT_DATA_OFFER:
		return guard_offer(d, e);
	case EVENT_DATA_OPINION:
		return e->kind == EVENT_OPINION_LATE ? guard_late_opinion(d, &e->opinion) : guard_opinion(d, &e->opinion);
	case EVENT_DATA_CONSENT:
		return guard_consent(d, &e->consent);
	case EVENT_DATA_RELEASE:
		return guard_release(d, e);
	case EVENT_DATA_CHANNEL:
		return guard_channel(d, &e->channel);
	case EVENT_DATA_REPRESENTATIVE:
		return guard_representative(&e->representative);
	case EVENT_DATA_PROFILE:
		return guard_profile(d, &e->profile);
	case EVENT_DATA_TEXT:
		return guard_text(d, e);
	case EVENT_DATA_MAIL:
	case EVENT_DATA_CONTACT:
	case EVENT_DATA_NONE:
		break;
	}
	if ((e->kind == EVENT_STUDY_ANSWERED && !study_awaits(d)) || (e->kind == EVENT_STUDY_STOPPED && d->study_stopped_at.us != 0))
		return REASON_DOSSIER_ORDER;
	if ((e->kind == EVENT_OPINION_CHECKED && !d->opinion.present) || (e->kind == EVENT_PIECES_COMPLETE && !is_whole(&d->request)) || (e->kind == EVENT_TRIAGED && !d->pieces_complete))
		return REASON_DOSSIER_ORDER;
	return REASON_NONE;
}

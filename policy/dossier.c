/* policy/dossier.c - the gate and the fold; see dossier.h for the invariants. */
#include "policy/dossier_guard.h"

#include <string.h>

#include "policy/fee.h"
#include "policy/opinion.h"
#include "policy/promise.h"

static void *duplicate(struct arena *arena, const void *list, size_t n, size_t *room, size_t size)
{
	*room = n;
	if (n == 0)
		return NULL;
	return memcpy(arena_alloc(arena, n * size), list, n * size);
}

/* --- what an event leaves behind --- */

static void keep_request(struct dossier *d, const struct dossier_event *e)
{
	d->request = e->request;
	d->opened_at = e->at;
	d->attending = (struct dossier_consent){e->request.attending.consent, e->at};
	d->first_opinion = (struct dossier_consent){e->request.first_opinion.consent, e->at};
	d->requester = (struct dossier_consent){e->request.requester == REQUESTER_PHYSICIAN, e->at};
}

static void keep_document(struct dossier *d, const struct dossier_event *e)
{
	const struct policy_document *doc = &e->document.document;
	bool replaced = false;

	for (size_t i = 0; i < d->n_documents; i++) {
		struct dossier_document *other = &d->documents[i];
		const struct policy_document *o = &other->filing.document;
		if (o->id.len > 0 && bytes_equal(o->id, doc->replaces))
			other->replaced = true;
		/* The new version may have come before the one it replaces. */
		if (doc->id.len > 0 && bytes_equal(o->replaces, doc->id) &&
		    bytes_equal(other->filing.organisation, e->document.organisation))
			replaced = true;
	}
	d->documents = dossier_grow(d->arena, d->documents, d->n_documents, &d->room_documents, sizeof *d->documents);
	d->documents[d->n_documents++] = (struct dossier_document){
		.filing = e->document,
		.at = e->at,
		.inbox = e->inbox,
		.replaced = replaced,
		.shared = doc->has_patient || e->document.vouched || e->document.confirmed,
	};
}

static void keep_withdrawal(struct dossier *d, struct bytes id)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal(dossier_document_key(&d->documents[i].filing.document), id))
			d->documents[i].withdrawn = true;
}

static void keep_offer(struct dossier *d, const struct dossier_event *e)
{
	d->offers = dossier_grow(d->arena, d->offers, d->n_offers, &d->room_offers, sizeof *d->offers);
	d->offers[d->n_offers++] = (struct dossier_offer){
		.rpps = e->offer.rpps,
		.name = e->offer.name,
		.mailbox = e->offer.mailbox,
		.organisation = e->offer.organisation,
		.at = e->at,
		.answer = OFFER_LIVE,
	};
}

/* The live offer is always the last one: no other is made before it was answered. */
static void keep_answer(struct dossier *d, const struct dossier_event *e, enum offer_answer answer)
{
	struct dossier_offer *offer = &d->offers[d->n_offers - 1];

	offer->answer = answer;
	offer->answered_at = e->at;
	offer->word = e->offer.word;
	offer->why = e->offer.why;
}

/* The parts of a dossier were not written at all, and now one has arrived: what failed as a whole is over. */
static void keep_written(struct dossier *d, const struct dossier_mail_data *m)
{
	for (size_t i = 0; i < d->n_proofs; i++)
		if (d->proofs[i].code == m->code && d->proofs[i].party == m->party && d->proofs[i].part == 0 && bytes_equal_nocase(d->proofs[i].mailbox, m->mailbox))
			d->proofs[i].failed = false;
}

static void keep_proof(struct dossier *d, const struct dossier_event *e, bool failed)
{
	const struct dossier_mail_data *m = &e->mail;
	struct dossier_proof *p = NULL;

	if (!failed && m->part != 0)
		keep_written(d, m);

	for (size_t i = 0; i < d->n_proofs && p == NULL; i++)
		if (d->proofs[i].code == m->code && d->proofs[i].party == m->party && d->proofs[i].part == m->part &&
		    bytes_equal_nocase(d->proofs[i].mailbox, m->mailbox))
			p = &d->proofs[i];
	if (p == NULL) {
		d->proofs = dossier_grow(d->arena, d->proofs, d->n_proofs, &d->room_proofs, sizeof *d->proofs);
		p = &d->proofs[d->n_proofs++];
		*p = (struct dossier_proof){.code = m->code, .party = m->party, .mailbox = m->mailbox, .part = m->part};
	}
	/* A proof never sinks by an older, lower one; a failure is told beside it. */
	if (!failed && m->level > p->level)
		p->level = m->level;
	/* What never was released keeps no promise, whatever is told of a mail. */
	if (!failed && m->code == MAIL_M21 && m->party == PARTY_PATIENT && m->level >= 2 && d->released_at.us != 0 && d->kept_at.us == 0)
		d->kept_at = e->at;
	if (failed && m->party == PARTY_PATIENT && dossier_is_unknown(m))
		d->unknown_at = e->at;
	p->failed = failed;
	p->reason = failed ? m->reason : REASON_NONE;
	p->at = e->at;
}

static bool has_annex(const struct dossier_opinion *o, struct bytes digest)
{
	for (size_t i = 0; i < o->n_annexes; i++)
		if (bytes_equal_nocase(o->annexes[i].digest, digest))
			return true;
	return false;
}

/* Lists are made anew for each mail: the draft and what was delivered have their own. */
static void add_annexes(struct arena *arena, const struct dossier_opinion *draft, const struct dossier_event *e, struct dossier_opinion *out)
{
	struct dossier_annex *list = arena_alloc(arena, (draft->n_annexes + e->opinion.n_annexes + 1) * sizeof *list);

	out->annexes = list;
	for (size_t i = 0; i < draft->n_annexes; i++)
		list[out->n_annexes++] = draft->annexes[i];
	for (size_t i = 0; i < e->opinion.n_annexes; i++) {
		if (has_annex(out, e->opinion.annexes[i].digest))
			continue;
		list[out->n_annexes] = e->opinion.annexes[i];
		list[out->n_annexes++].inbox = e->inbox;
	}
}

static void add_opinion_mail(struct arena *arena, const struct dossier_opinion *draft, const struct dossier_event *e, struct dossier_opinion *out)
{
	struct dossier_opinion_mail *list = arena_alloc(arena, (draft->n_mails + 1) * sizeof *list);

	out->mails = list;
	for (size_t i = 0; i < draft->n_mails; i++)
		list[out->n_mails++] = draft->mails[i];
	list[out->n_mails++] = (struct dossier_opinion_mail){
		.inbox = e->inbox, .at = e->at, .digest = e->opinion.digest, .fingerprint = e->opinion.fingerprint,
		.is_signed = e->opinion.is_signed, .timed = e->opinion.timed, .signed_at = e->opinion.signed_at,
	};
}

/* The mail completes the draft, if there is one; one unsigned mail makes the whole unsigned. */
static void keep_opinion(struct dossier *d, const struct dossier_event *e)
{
	struct dossier_opinion opinion = {.present = true, .inbox = e->inbox, .at = e->at, .data = e->opinion};

	d->digests = dossier_grow(d->arena, d->digests, d->n_digests, &d->room_digests, sizeof *d->digests);
	d->digests[d->n_digests++] = e->opinion.digest;
	d->alert_at = (struct instant){0};
	add_opinion_mail(d->arena, &d->draft, e, &opinion);
	add_annexes(d->arena, &d->draft, e, &opinion);
	opinion.data.form = opinion_merge(d->arena, &d->draft.data.form, &e->opinion.form);
	opinion.data.is_signed = e->opinion.is_signed && (d->draft.n_mails == 0 || d->draft.data.is_signed);
	d->opinion = opinion;
}

/* Incomplete, it waits for what it lacks. What a person found wrong is not to survive in a part that the next mail leaves out. */
static void return_opinion(struct dossier *d, const struct dossier_event *e)
{
	d->draft = e->text.id.len > 0 ? d->opinion : (struct dossier_opinion){0};
	d->opinion = d->delivered;
	d->alert_at = (struct instant){0};
}

/* What is proved of the mails of before says nothing about those that leave now: their events stay. The same version goes to the patient alone. */
static void forget_report_proofs(struct dossier *d, bool again)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_proofs; i++)
		if (d->proofs[i].code != MAIL_M21 && (again || d->proofs[i].code != MAIL_M64))
			d->proofs[n++] = d->proofs[i];
	d->n_proofs = n;
}

static void keep_release(struct dossier *d, const struct dossier_event *e)
{
	if (d->released_at.us == 0)
		d->released_at = e->at;
	if ((e->release.to & dossier_party_bit(PARTY_REQUESTER)) != 0)
		d->awaited[PARTY_REQUESTER] = REASON_NONE;
	if (d->n_releases > 0)
		forget_report_proofs(d, e->release.version == dossier_version(d));
	d->releases = dossier_grow(d->arena, d->releases, d->n_releases, &d->room_releases, sizeof *d->releases);
	d->releases[d->n_releases++] = (struct dossier_release){e->release.version, e->at, e->release.to};
	d->delivered = d->opinion;
}

static void keep_shared(struct dossier *d, const struct dossier_event *e)
{
	if ((e->release.to & dossier_party_bit(PARTY_REQUESTER)) != 0)
		d->awaited[PARTY_REQUESTER] = REASON_NONE;
	d->releases = dossier_grow(d->arena, d->releases, d->n_releases, &d->room_releases, sizeof *d->releases);
	d->releases[d->n_releases++] = (struct dossier_release){e->release.version, e->at, e->release.to};
}

static void keep_question(struct dossier *d, const struct dossier_event *e)
{
	d->questions = dossier_grow(d->arena, d->questions, d->n_questions, &d->room_questions, sizeof *d->questions);
	d->questions[d->n_questions++] = (struct dossier_question){.inbox = e->inbox, .at = e->at};
}

/* One that names none of several open questions answers none for certain: a person reads it. */
static void keep_answered(struct dossier *d, const struct dossier_event *e)
{
	uint64_t number;

	if (bytes_number(e->text.id, d->n_questions, &number) && number > 0)
		d->questions[number - 1].answered = true;
	for (size_t i = 0; bytes_equal_text(e->text.id, "all") && i < d->n_questions; i++)
		d->questions[i].answered = true;
	if (dossier_open_questions(d, NULL) == 0)
		d->answer_doubted_at = (struct instant){0};
	else if (e->text.id.len == 0)
		d->answer_doubted_at = e->at;
}

static void keep_waived(struct dossier *d, const struct dossier_event *e)
{
	d->waived = dossier_grow(d->arena, d->waived, d->n_waived, &d->room_waived, sizeof *d->waived);
	d->waived[d->n_waived++] = (struct dossier_waiver){e->text.id, e->text.text};
}

static void keep_consent(struct dossier *d, const struct dossier_event *e)
{
	if (e->consent.party == PARTY_PATIENT || e->consent.party == PARTY_EXPERT) {
		*(e->consent.party == PARTY_PATIENT ? &d->request.consent_processing : &d->request.consent_expert) = true;
		return;
	}
	struct dossier_consent *c = e->consent.party == PARTY_ATTENDING	       ? &d->attending
				    : e->consent.party == PARTY_FIRST_OPINION ? &d->first_opinion
				    : e->consent.party == PARTY_REQUESTER     ? &d->requester
									      : &d->representatives_consent;
	/* Said again it is as old as it was. */
	if (c->given != e->consent.given)
		*c = (struct dossier_consent){e->consent.given, e->at};
}

static void keep_qualified(struct dossier *d, const struct dossier_event *e)
{
	d->request.pathology = e->text.id;
	d->request.version = e->text.text;
	d->missing = BYTES_NONE;
}

/* The four ids that name a physician are read where they are used. */
static void keep_physician(struct dossier_request *r, struct bytes id, struct bytes value)
{
	const struct {
		const char *id;
		struct bytes *value;
	} places[] = {
		{"physician.attending.name", &r->attending.name},
		{"physician.attending.mailbox", &r->attending.mailbox},
		{"physician.first-opinion.name", &r->first_opinion.name},
		{"physician.first-opinion.mailbox", &r->first_opinion.mailbox},
	};
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (bytes_equal_text(id, places[i].id))
			*places[i].value = value;
}

/* One answer in the place of those there were; the question keeps its words. */
static void keep_told(struct dossier *d, const struct dossier_event *e)
{
	struct dossier_request *r = &d->request;
	struct policy_answer *answers = arena_alloc(d->arena, (r->n_answers + 1) * sizeof *answers);
	struct policy_answer told = {.question = e->text.id, .value = e->text.text, .kind = POLICY_ANSWER_TEXT};
	size_t n = 0;

	for (size_t i = 0; i < r->n_answers; i++) {
		if (bytes_equal(r->answers[i].question, told.question))
			told.text = r->answers[i].text;
		else
			answers[n++] = r->answers[i];
	}
	answers[n++] = told;
	r->answers = answers;
	r->n_answers = n;
	keep_physician(r, told.question, told.value);
}

/* Long because it is a list: one case an event and no default, so that the compiler names the event that somebody forgets. */
static void keep(struct dossier *d, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_REQUESTED:
		keep_request(d, e);
		break;
	case EVENT_QUALIFICATION_AWAITED:
		d->missing = e->text.id;
		break;
	case EVENT_QUALIFIED:
		keep_qualified(d, e);
		break;
	case EVENT_ANSWER_TOLD:
		keep_told(d, e);
		break;
	case EVENT_DOCUMENT_FILED:
		keep_document(d, e);
		break;
	case EVENT_DOCUMENT_WITHDRAWN:
		keep_withdrawal(d, e->text.id);
		break;
	case EVENT_PIECES_MISSING:
		d->pieces_complete = false;
		d->missing = e->text.id;
		d->misfits = e->text.text;
		break;
	case EVENT_PIECES_COMPLETE:
		d->pieces_complete = true;
		d->missing = d->misfits = BYTES_NONE;
		break;
	case EVENT_PIECE_WAIVED:
		keep_waived(d, e);
		break;
	case EVENT_TRIAGED:
		d->complete_at = e->at;
		d->due_at = promise_due(d);
		break;
	case EVENT_OFFERED:
		keep_offer(d, e);
		break;
	case EVENT_OFFER_REMINDED:
		d->offers[d->n_offers - 1].reminded_at = e->at;
		break;
	case EVENT_OFFER_DECLINED:
		keep_answer(d, e, OFFER_DECLINED);
		break;
	case EVENT_OFFER_EXPIRED:
		keep_answer(d, e, OFFER_EXPIRED);
		break;
	case EVENT_OFFER_ACCEPTED:
		dossier_keep_holder(d, e);
		keep_answer(d, e, OFFER_ACCEPTED);
		break;
	case EVENT_OPINION_RECEIVED:
		dossier_keep_holder(d, e);
		keep_opinion(d, e);
		break;
	case EVENT_OPINION_RETURNED:
		return_opinion(d, e);
		break;
	case EVENT_OPINION_CHECKED:
		d->opinion.checked = true;
		d->draft = (struct dossier_opinion){0};
		break;
	case EVENT_RELEASED:
		keep_release(d, e);
		break;
	case EVENT_MAIL_PROOF:
	case EVENT_MAIL_FAILED:
		keep_proof(d, e, e->kind == EVENT_MAIL_FAILED);
		break;
	case EVENT_REPORT_READ:
		d->read_at = e->at;
		if (d->kept_at.us == 0)
			d->kept_at = e->at;
		break;
	case EVENT_QUESTION_RECEIVED:
		keep_question(d, e);
		break;
	case EVENT_QUESTION_ANSWERED:
		keep_answered(d, e);
		break;
	case EVENT_CONSENT_CHANGED:
		keep_consent(d, e);
		break;
	case EVENT_WITHDRAWN:
		d->withdrawn_at = e->at;
		break;
	case EVENT_REASSIGNED:
	case EVENT_STANDBY_CHOSEN:
	case EVENT_STANDBY_OFFERED:
	case EVENT_MORE_ASKED:
	case EVENT_MORE_ANSWERED:
	case EVENT_PAUSED:
	case EVENT_RESUMED:
	case EVENT_OPINION_LATE:
	case EVENT_QUESTION_LATE:
	case EVENT_URGENT:
	case EVENT_CLOSED:
	case EVENT_DEADLINE_PASSED:
	case EVENT_CONTACT_MADE:
	case EVENT_CHANNEL_CHANGED:
	case EVENT_MAILBOX_AWAITED:
	case EVENT_PROFILE_TOLD:
	case EVENT_REPRESENTATIVE_NAMED:
	case EVENT_REPRESENTATIVE_ENDED:
	case EVENT_FROZEN:
	case EVENT_UNFROZEN:
	case EVENT_COMPLAINED:
	case EVENT_COMPLAINT_SETTLED:
	case EVENT_MAIL_STOPPED:
	case EVENT_MAIL_LET_GO:
	case EVENT_MAIL_DROPPED:
	case EVENT_LINKED:
	case EVENT_DIED:
	case EVENT_ERASURE_ASKED:
	case EVENT_ERASURE_ANSWERED:
	case EVENT_ERASED:
	case EVENT_STUDY_ANSWERED:
	case EVENT_STUDY_STOPPED:
		dossier_keep_life(d, e);
		break;
	case EVENT_SHARED:
		keep_shared(d, e);
		break;
	case EVENT_HELD:
		dossier_keep_hold(d, e);
		break;
	case EVENT_IDENTITY_CONFIRMED:
		d->unknown_at = (struct instant){0};
		break;
	case EVENT_OPINION_ALERT:
		d->alert_at = e->at;
		break;
	case EVENT_NOTHING:
	case EVENT_IDENTITY_DOUBTED:
	case EVENT_EXPIRED:
	case EVENT_ARCHIVED:
	case EVENT_EXPORTED:
	case EVENT_REDIRECTED:
	case EVENT_REPLY_UNCLEAR:
	case EVENT_OPINION_UNSIGNED:
	case EVENT_MAIL_LATE:
	case EVENT_ABSENCE_TOLD:
	case EVENT_EXPERT_NONE:
	case EVENT_REPORT_UNDELIVERED:
	case EVENT_CANCELLED:
	case DOSSIER_EVENTS:
		break;
	}
}

/* What happens to the released version while its correction waits moves the state that a return leads back to. */
static void note_interrupted(struct dossier *d, enum dossier_event_kind kind, enum dossier_state to)
{
	if (to != DOSSIER_REVISION)
		return;
	enum dossier_state next = d->state == DOSSIER_REVISION ? dossier_next(d->interrupted, kind) : d->state;
	if (next != DOSSIER_NOWHERE)
		d->interrupted = next;
}

void *dossier_grow(struct arena *arena, void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room == 0 ? 8 : *room * 2;
	void *larger = arena_alloc(arena, *room * size);
	if (n > 0)
		memcpy(larger, list, n * size);
	return larger;
}

struct dossier dossier_begin(struct arena *arena, int64_t id, struct bytes reference)
{
	return (struct dossier){.arena = arena, .id = id, .reference = reference, .state = DOSSIER_NEW};
}

struct dossier dossier_copy(struct arena *arena, const struct dossier *from)
{
	struct dossier d = *from;

	d.arena = arena;
	d.documents = duplicate(arena, from->documents, d.n_documents, &d.room_documents, sizeof *d.documents);
	d.waived = duplicate(arena, from->waived, d.n_waived, &d.room_waived, sizeof *d.waived);
	d.offers = duplicate(arena, from->offers, d.n_offers, &d.room_offers, sizeof *d.offers);
	d.proofs = duplicate(arena, from->proofs, d.n_proofs, &d.room_proofs, sizeof *d.proofs);
	d.questions = duplicate(arena, from->questions, d.n_questions, &d.room_questions, sizeof *d.questions);
	d.releases = duplicate(arena, from->releases, d.n_releases, &d.room_releases, sizeof *d.releases);
	d.pauses = duplicate(arena, from->pauses, d.n_pauses, &d.room_pauses, sizeof *d.pauses);
	d.passed = duplicate(arena, from->passed, d.n_passed, &d.room_passed, sizeof *d.passed);
	d.contacts = duplicate(arena, from->contacts, d.n_contacts, &d.room_contacts, sizeof *d.contacts);
	d.representatives = duplicate(arena, from->representatives, d.n_representatives, &d.room_representatives, sizeof *d.representatives);
	d.returned = duplicate(arena, from->returned, d.n_returned, &d.room_returned, sizeof *d.returned);
	d.complaints = duplicate(arena, from->complaints, d.n_complaints, &d.room_complaints, sizeof *d.complaints);
	d.late_opinions = duplicate(arena, from->late_opinions, d.n_late_opinions, &d.room_late_opinions, sizeof *d.late_opinions);
	d.stopped = duplicate(arena, from->stopped, d.n_stopped, &d.room_stopped, sizeof *d.stopped);
	d.links = duplicate(arena, from->links, d.n_links, &d.room_links, sizeof *d.links);
	d.digests = duplicate(arena, from->digests, d.n_digests, &d.room_digests, sizeof *d.digests);
	return d;
}

enum reason dossier_apply(struct dossier *dossier, const struct dossier_event *event)
{
	enum reason reason = dossier_guard(dossier, event);

	if (reason != REASON_NONE)
		return reason;
	enum dossier_state to = dossier_next(dossier->state, event->kind);
	if (to == DOSSIER_BEFORE)
		to = dossier->interrupted;
	note_interrupted(dossier, event->kind, to);
	keep(dossier, event);
	if (dossier->state == DOSSIER_HOLD && to != DOSSIER_HOLD)
		dossier_end_hold(dossier, event);
	if (to != dossier->state)
		dossier->changed_at = event->at;
	dossier->state = to;
	dossier->seq++;
	fee_keep(dossier, event);
	return REASON_NONE;
}

enum reason dossier_fold(struct dossier *dossier, const struct dossier_event *events, size_t n, size_t *failed)
{
	for (size_t i = 0; i < n; i++) {
		enum reason reason = dossier_apply(dossier, &events[i]);
		if (reason == REASON_NONE)
			continue;
		if (failed != NULL)
			*failed = i;
		return reason;
	}
	return REASON_NONE;
}

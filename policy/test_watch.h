/* policy/test_watch.h - what must be true of any dossier, said a second time and in another way than policy/ does it.
 *
 * One pass over events and mails in their order, with a memory of its own: it asks neither the transition table nor the fold nor
 * consent_check, and it names in a sentence what it finds broken. The switches over kinds and states have no default: who adds an event or a
 * state is told by the compiler to say here when it may come, and who looks after the dossier then. */
#ifndef RELAIS_POLICY_TEST_WATCH_H
#define RELAIS_POLICY_TEST_WATCH_H

#include "policy/test_world.h"

enum { WATCH_OFFERS = 256, WATCH_DOCUMENTS = 256, WATCH_DIGESTS = 256, WATCH_ACTING = 64, WATCH_STOPPED = 8 };

struct watch_document {
	struct bytes key, organisation;
	bool withdrawn;
};

struct watch {
	struct arena *arena;
	bool gate;                       /* the events were made up: only what the gate promises by itself holds */
	const char *broken;              /* the first sentence that does not hold; NULL while all do */
	unsigned counts[DOSSIER_EVENTS];
	struct instant at;
	int64_t seq;
	struct policy_patient patient;
	bool by_physician;                   /* a physician asked for the opinion */
	bool unknown;                        /* the patient's operator does not know him, and nobody has compared since */
	bool processing, sharing, attending, first_opinion, requester, representatives;   /* consents, as of now */
	struct dossier_representative_data acting[WATCH_ACTING];   /* who acts for him, by the last that was told of each; no id: ended */
	size_t n_acting;
	bool awaited, doubted, missing, pieces, triaged, no_expert;
	const struct dossier_offer_data *live, *holder;
	const struct dossier_offer_data *expired;             /* the last offer that ran out, */
	struct instant expired_at;                            /* and when */
	struct bytes conflicts[WATCH_OFFERS];                 /* RPPS of who declared one */
	size_t n_conflicts;
	bool live_standby, reminded, taken, more, waits;      /* taken: from its expert, nobody asked yet; waits: the patient asked us to */
	struct bytes asked[WATCH_OFFERS];
	struct watch_document documents[WATCH_DOCUMENTS];
	struct bytes digests[WATCH_DIGESTS];
	size_t n_asked, n_documents, n_digests;
	bool pending, checked, held;     /* an opinion that no release carries yet */
	size_t mails;                    /* of the opinion that is under way: what the expert was asked to complete counts on */
	unsigned version;
	bool undelivered, exchange, closed;   /* of the last release */
	bool erasure;                    /* asked for, not answered */
	struct bytes earned;             /* whose the fee is, once it is somebody's */
	bool frozen, secret, paper;      /* secret: a minor's, from who acts for her; paper: he is written letters */
	struct bytes stopped[WATCH_STOPPED];   /* mails that wait for a person's look */
	size_t n_stopped;
	enum dossier_state over;         /* how it ended for good; NOWHERE while it lives or is only closed */
};

static UNUSED void watch_need(struct watch *w, bool holds, const char *sentence)
{
	if (!holds && w->broken == NULL)
		w->broken = sentence;
}

static UNUSED struct watch_document *watch_find(struct watch *w, struct bytes key)
{
	for (size_t i = 0; i < w->n_documents; i++)
		if (bytes_equal(w->documents[i].key, key))
			return &w->documents[i];
	return NULL;
}

static UNUSED bool watch_has(const struct bytes *list, size_t n, struct bytes what)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal(list[i], what))
			return true;
	return false;
}

static UNUSED void watch_looked(struct watch *w, struct bytes id)
{
	size_t n = 0;

	watch_need(w, watch_has(w->stopped, w->n_stopped, id), "a person looked at a mail that was not stopped");
	for (size_t i = 0; i < w->n_stopped; i++)
		if (!bytes_equal(w->stopped[i], id))
			w->stopped[n++] = w->stopped[i];
	w->n_stopped = n;
}

static UNUSED void watch_requested(struct watch *w, const struct dossier_request *r)
{
	bool named = r->pathology.len > 0 && r->version.len > 0;

	w->patient = r->patient;
	w->processing = r->consent_processing;
	w->sharing = r->consent_expert;
	w->attending = r->attending.consent;
	w->first_opinion = r->first_opinion.consent;
	w->requester = w->by_physician = r->requester == REQUESTER_PHYSICIAN;
	watch_need(w, r->unqualified || (named && w->processing && w->sharing) || w->gate, "a request was opened without what it must tell");
}

static UNUSED void watch_filed(struct watch *w, const struct dossier_filing *f)
{
	struct bytes key = f->document.id.len > 0 ? f->document.id : f->document.digest;
	struct watch_document *old = f->document.replaces.len > 0 ? watch_find(w, f->document.replaces) : NULL;

	watch_need(w, w->version == 0 && !w->pending, "a document was filed after the opinion had come");
	watch_need(w, watch_find(w, key) == NULL, "a document was filed twice");
	watch_need(w, !f->document.has_patient || bytes_equal(f->document.patient.ins, w->patient.ins) || f->document.patient.ins.len == 0,
		   "a document of another patient was filed");
	watch_need(w, old == NULL || bytes_equal(old->organisation, f->organisation), "a document was replaced by somebody who had not sent it");
	if (w->n_documents < WATCH_DOCUMENTS)
		w->documents[w->n_documents++] = (struct watch_document){key, f->organisation, false};
}

static UNUSED void watch_document_withdrawn(struct watch *w, const struct dossier_text_data *t)
{
	struct watch_document *d = watch_find(w, t->id);

	watch_need(w, d != NULL && !d->withdrawn, "a document was withdrawn that is not there");
	watch_need(w, d == NULL || bytes_equal(d->organisation, t->text), "a document was withdrawn by somebody who had not sent it");
	if (d != NULL)
		d->withdrawn = true;
}

/* Twice only by a person's word, or when the stand-by who was asked is asked for the dossier itself. */
static UNUSED bool watch_may_ask(const struct watch *w, const struct dossier_event *e)
{
	bool carried = w->expired != NULL && w->expired_at.us == e->at.us && bytes_equal(w->expired->rpps, e->offer.rpps);

	return w->gate || carried || bytes_starts(e->actor, BYTES("operator:")) || !watch_has(w->asked, w->n_asked, e->offer.rpps);
}

static UNUSED void watch_conflict(struct watch *w, const struct dossier_offer_data *o)
{
	if (o->word == POLICY_WORD_CONFLICT && w->n_conflicts < WATCH_OFFERS)
		w->conflicts[w->n_conflicts++] = o->rpps;
}

static UNUSED void watch_offered(struct watch *w, const struct dossier_event *e, bool standby)
{
	const struct dossier_offer_data *o = &e->offer;

	watch_need(w, w->triaged, "an expert was asked before the dossier was complete");
	watch_need(w, w->live == NULL, "a second expert was asked while the first had not answered");
	watch_need(w, (w->holder != NULL) == standby, "an expert was asked though another holds the dossier, or as a stand-by of nobody");
	watch_need(w, watch_may_ask(w, e), "an expert was asked twice");
	watch_need(w, w->gate || !watch_has(w->conflicts, w->n_conflicts, o->rpps), "an expert was asked who had declared a conflict");
	watch_need(w, w->holder == NULL || !bytes_equal(w->holder->rpps, o->rpps), "an expert was asked to stand in for himself");
	if (w->n_asked < WATCH_OFFERS)
		w->asked[w->n_asked++] = o->rpps;
	w->live = o;
	w->live_standby = standby;
	w->reminded = w->no_expert = w->taken = false;
}

static UNUSED void watch_answered(struct watch *w, const struct dossier_offer_data *o, bool over)
{
	watch_need(w, w->live != NULL && bytes_equal(w->live->rpps, o->rpps), "an offer was answered that is not under way");
	w->live = over ? NULL : w->live;
}

/* Whatever an expert had begun to write is his: the next one's opinion is not made of it. */
static UNUSED void watch_accepted(struct watch *w, const struct dossier_offer_data *o)
{
	const struct dossier_offer_data *live = w->live;

	watch_answered(w, o, true);
	w->holder = live;
	w->more = false;
	w->mails = 0;
}

static UNUSED void watch_taken(struct watch *w, const struct dossier_offer_data *o)
{
	watch_need(w, w->holder != NULL && bytes_equal(w->holder->rpps, o->rpps) && !w->pending && w->version == 0, "a dossier was taken from somebody who does not hold it");
	watch_need(w, w->live == NULL, "a dossier was taken from its expert while another was asked");
	w->holder = NULL;
	w->taken = true;
	w->more = false;
	w->mails = 0;
}

static UNUSED void watch_opinion(struct watch *w, const struct dossier_opinion_data *o)
{
	watch_need(w, w->holder != NULL && bytes_equal(w->holder->rpps, o->rpps), "an opinion came from somebody who does not hold the dossier");
	watch_need(w, !w->pending, "an opinion came while another waited for its release");
	watch_need(w, !watch_has(w->digests, w->n_digests, o->digest), "one mail was taken for two opinions");
	if (w->n_digests < WATCH_DIGESTS)
		w->digests[w->n_digests++] = o->digest;
	w->pending = true;
	w->checked = w->held = w->more = false;
	w->mails++;
}

static UNUSED void watch_released(struct watch *w, const struct dossier_release_data *r)
{
	/* The same once more: it reached nobody, or he has not read it and wants it on paper. */
	bool again = w->version > 0 && !w->pending && (w->undelivered || (w->paper && !w->exchange && !w->closed));

	watch_need(w, again || (w->pending && w->checked), "a report was released without a checked opinion");
	watch_need(w, r->version == w->version + (again ? 0 : 1), "the versions of the report have a gap");
	watch_need(w, w->gate || (r->to & dossier_party_bit(PARTY_ATTENDING)) == 0 || w->attending, "a release names a physician without consent");
	watch_need(w, w->gate || (r->to & dossier_party_bit(PARTY_FIRST_OPINION)) == 0 || w->first_opinion, "a release names a physician without consent");
	watch_need(w, w->gate || (r->to & dossier_party_bit(PARTY_REQUESTER)) == 0 || w->requester, "a release names a physician without consent");
	w->version = r->version;
	/* Sent once more it takes nothing away from a correction that waits to be completed. */
	w->mails = again ? w->mails : 0;
	w->pending = w->checked = w->held = w->undelivered = w->exchange = w->closed = false;
}

/* What a minor keeps secret is ended by the act of that name alone. */
static UNUSED void watch_channel(struct watch *w, const struct dossier_event *e)
{
	if (e->channel.party != PARTY_PATIENT)
		return;
	bool secret = e->channel.channel == CHANNEL_PHYSICIAN && bytes_equal_text(e->channel.why, "secret");
	watch_need(w, w->gate || !w->secret || secret || bytes_starts(e->rule, BYTES("operator.unsecret/")), "a minor's secret ended without the act that ends it");
	w->secret = secret;
	w->paper = e->channel.channel == CHANNEL_PAPER;
}

static UNUSED void watch_consent(struct watch *w, const struct dossier_consent_data *c)
{
	bool *const places[PARTIES] = {
		[PARTY_PATIENT] = &w->processing, [PARTY_EXPERT] = &w->sharing,
		[PARTY_ATTENDING] = &w->attending, [PARTY_FIRST_OPINION] = &w->first_opinion, [PARTY_REQUESTER] = w->by_physician ? &w->requester : NULL,
		[PARTY_REPRESENTATIVE] = &w->representatives,
	};
	watch_need(w, c->party < PARTIES && places[c->party] != NULL, "a consent is about nobody");
	watch_need(w, c->given || c->party == PARTY_ATTENDING || c->party == PARTY_FIRST_OPINION || c->party == PARTY_REPRESENTATIVE || c->party == PARTY_REQUESTER, "a consent of the request ended without a withdrawal");
	if (c->party < PARTIES && places[c->party] != NULL)
		*places[c->party] = c->given;
}

static UNUSED void watch_ended(struct watch *w, struct bytes id)
{
	for (size_t i = 0; i < w->n_acting; i++)
		if (bytes_equal(w->acting[i].id, id))
			w->acting[i] = (struct dossier_representative_data){0};
}

static UNUSED void watch_named(struct watch *w, const struct dossier_representative_data *r)
{
	watch_ended(w, r->id);
	if (w->n_acting < WATCH_ACTING)
		w->acting[w->n_acting++] = *r;
}

static UNUSED void watch_doubted(struct watch *w)
{
	watch_need(w, !w->triaged && !w->awaited, "an identity was doubted after the dossier was complete");
	w->doubted = true;
	w->pieces = w->missing = false;
}

/* An offer of before the end is nobody's any more. */
static UNUSED void watch_over(struct watch *w, enum dossier_state state)
{
	w->over = state;
}

/* Before anything was released, and before it ended. */
static UNUSED bool watch_running(const struct watch *w)
{
	return w->version == 0 && w->over == DOSSIER_NOWHERE;
}

/* Long because it is a list: one case an event and no default. */
static UNUSED void watch_one(struct watch *w, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_NOTHING:
	case DOSSIER_EVENTS:
		watch_need(w, false, "an event of no kind was kept");
		break;
	case EVENT_REQUESTED:
		watch_need(w, w->seq == 0, "a request came into the middle of a dossier");
		watch_requested(w, &e->request);
		break;
	case EVENT_QUALIFICATION_AWAITED:
		watch_need(w, !w->awaited && !w->missing && !w->pieces && !w->doubted, "a person was asked out of turn what the request is about");
		w->awaited = true;
		break;
	case EVENT_QUALIFIED:
		watch_need(w, w->awaited, "a request was qualified that nobody waited for");
		w->awaited = false;
		break;
	case EVENT_IDENTITY_DOUBTED:
		watch_doubted(w);
		break;
	case EVENT_IDENTITY_CONFIRMED:
		watch_need(w, w->doubted || w->unknown, "an identity was confirmed that nobody doubted");
		w->doubted = w->unknown = false;
		break;
	case EVENT_ANSWER_TOLD:
		watch_need(w, !w->triaged && (w->awaited || w->missing || w->pieces), "an answer was told out of turn");
		watch_need(w, !bytes_starts(e->text.id, BYTES("consent.")), "a consent was told as an answer");
		break;
	case EVENT_DOCUMENT_FILED:
		watch_filed(w, &e->document);
		break;
	case EVENT_DOCUMENT_WITHDRAWN:
		watch_document_withdrawn(w, &e->text);
		break;
	case EVENT_PIECES_MISSING:
		watch_need(w, !w->triaged && !w->awaited && !w->doubted, "pieces were found missing out of turn");
		w->missing = true;
		w->pieces = false;
		break;
	case EVENT_PIECES_COMPLETE:
		watch_need(w, !w->triaged && !w->awaited && !w->doubted && !w->pieces, "pieces were found complete out of turn");
		watch_need(w, w->processing && w->sharing, "a dossier is complete without its two consents");
		w->pieces = true;
		w->missing = false;
		break;
	case EVENT_PIECE_WAIVED:
		watch_need(w, w->missing, "a piece was waived that nobody missed");
		break;
	case EVENT_TRIAGED:
		watch_need(w, w->pieces && !w->triaged && !w->doubted, "the clock started without all pieces, in doubt of the identity, or twice");
		w->triaged = true;
		break;
	case EVENT_REDIRECTED:
		watch_need(w, watch_running(w) && w->live == NULL && w->holder == NULL && !w->taken, "a dossier was redirected that an expert had in hand");
		watch_over(w, DOSSIER_REDIRECTED);
		break;
	case EVENT_EXPIRED:
		watch_need(w, w->missing && !w->triaged && !w->doubted, "a dossier expired that misses nothing");
		watch_over(w, DOSSIER_EXPIRED);
		break;
	case EVENT_OFFERED:
		watch_offered(w, e, false);
		break;
	case EVENT_STANDBY_CHOSEN:
		watch_need(w, w->holder != NULL && w->live == NULL && !w->pending && w->version == 0, "a stand-by was chosen out of turn");
		watch_need(w, w->holder == NULL || !bytes_equal(w->holder->rpps, e->offer.rpps), "an expert was chosen to stand in for himself");
		break;
	case EVENT_STANDBY_OFFERED:
		watch_offered(w, e, true);
		break;
	case EVENT_OFFER_REMINDED:
		watch_answered(w, &e->offer, false);
		watch_need(w, w->gate || !w->reminded, "an expert was reminded twice of one offer");
		w->reminded = true;
		break;
	case EVENT_OFFER_DECLINED:
		watch_answered(w, &e->offer, true);
		watch_conflict(w, &e->offer);
		break;
	case EVENT_OFFER_EXPIRED:
		watch_answered(w, &e->offer, true);
		w->expired = &e->offer;
		w->expired_at = e->at;
		break;
	case EVENT_ABSENCE_TOLD:
		watch_need(w, w->holder != NULL && bytes_equal(w->holder->rpps, e->offer.rpps) && !w->pending && w->version == 0, "an absence was told by nobody who holds the dossier");
		break;
	case EVENT_OFFER_ACCEPTED:
		watch_accepted(w, &e->offer);
		break;
	case EVENT_REPLY_UNCLEAR:
		watch_answered(w, &e->offer, false);
		break;
	case EVENT_EXPERT_NONE:
		watch_need(w, w->triaged && w->live == NULL && w->holder == NULL && !w->no_expert, "no expert is said to be there out of turn");
		w->no_expert = true;
		w->taken = false;
		break;
	case EVENT_REASSIGNED:
		watch_conflict(w, &e->offer);
		watch_taken(w, &e->offer);
		break;
	case EVENT_MORE_ASKED:
		watch_need(w, w->holder != NULL && !w->pending && w->version == 0, "more was asked for by nobody who holds the dossier");
		w->more = true;
		break;
	case EVENT_MORE_ANSWERED:
		watch_need(w, w->more, "more was answered that nobody had asked for");
		w->more = false;
		break;
	case EVENT_PAUSED:
		watch_need(w, watch_running(w) && !w->waits, "a dossier was paused out of turn");
		w->waits = true;
		break;
	case EVENT_RESUMED:
		watch_need(w, watch_running(w) && w->waits, "a dossier was resumed that did not wait");
		w->waits = false;
		break;
	case EVENT_OPINION_RECEIVED:
		watch_opinion(w, &e->opinion);
		break;
	case EVENT_OPINION_UNSIGNED:
		watch_need(w, w->holder != NULL && !w->pending, "an unsigned opinion was asked for again out of turn");
		break;
	case EVENT_OPINION_RETURNED:
		watch_need(w, w->pending, "an opinion was given back that is not there");
		w->pending = w->checked = w->held = false;
		w->mails = e->text.id.len > 0 ? w->mails : 0;
		break;
	case EVENT_OPINION_CHECKED:
		watch_need(w, w->pending, "an opinion was checked that is not there");
		w->checked = true;
		break;
	case EVENT_OPINION_LATE:
		watch_need(w, w->gate || w->holder == NULL || !bytes_equal(w->holder->rpps, e->opinion.rpps), "an opinion is called late of who holds the dossier");
		break;
	case EVENT_HELD:
		watch_need(w, w->pending && !w->held, "a release was held back that nobody was about to make");
		w->held = w->version == 0;
		break;
	case EVENT_RELEASED:
		watch_released(w, &e->release);
		break;
	case EVENT_SHARED:
		watch_need(w, w->version > 0 && !w->pending && e->release.version == w->version, "a report was shared that does not stand");
		break;
	case EVENT_MAIL_PROOF:
		watch_need(w, e->mail.level >= 0 && e->mail.level <= 5, "a proof of no level");
		break;
	case EVENT_MAIL_FAILED:
		w->unknown |= e->mail.party == PARTY_PATIENT && dossier_is_unknown(&e->mail);
		break;
	case EVENT_MAIL_LATE:
		break;
	case EVENT_MAIL_STOPPED:
		if (!watch_has(w->stopped, w->n_stopped, e->text.id) && w->n_stopped < WATCH_STOPPED)
			w->stopped[w->n_stopped++] = e->text.id;
		break;
	case EVENT_MAIL_LET_GO:
	case EVENT_MAIL_DROPPED:
		watch_looked(w, e->text.id);
		break;
	case EVENT_REPORT_UNDELIVERED:
		watch_need(w, w->version > 0, "a report did not arrive that never left");
		w->undelivered |= !w->exchange && !w->closed;
		break;
	case EVENT_REPORT_READ:
		watch_need(w, w->version > 0, "a report was read that never left");
		w->exchange |= !w->closed;
		w->undelivered &= w->closed;
		break;
	case EVENT_QUESTION_RECEIVED:
	case EVENT_QUESTION_ANSWERED:
		watch_need(w, w->version > 0, "a question or its answer passed before the report");
		w->exchange |= !w->undelivered && !w->closed;
		break;
	case EVENT_STUDY_ANSWERED:
		watch_need(w, w->counts[EVENT_STUDY_ANSWERED] == 0, "the questionnaire is answered twice");
		break;
	case EVENT_STUDY_STOPPED:
		watch_need(w, w->counts[EVENT_STUDY_STOPPED] == 0, "the questionnaire is stopped twice");
		break;
	case EVENT_QUESTION_LATE:
		watch_need(w, w->over != DOSSIER_NOWHERE || w->closed, "a question is called late while the dossier is open");
		break;
	case EVENT_CONSENT_CHANGED:
		watch_consent(w, &e->consent);
		break;
	case EVENT_CANCELLED:
		watch_need(w, watch_running(w), "a request was cancelled after its report had left");
		watch_over(w, DOSSIER_CANCELLED);
		break;
	case EVENT_WITHDRAWN:
		w->processing = w->sharing = w->attending = w->first_opinion = w->requester = false;
		watch_over(w, DOSSIER_WITHDRAWN);
		break;
	case EVENT_CLOSED:
		watch_need(w, w->version > 0 && !w->pending && !w->closed, "a dossier was closed before its report, over an opinion that waits, or twice");
		w->closed = true;
		break;
	case EVENT_FROZEN:
		w->frozen = true;
		break;
	case EVENT_UNFROZEN:
		watch_need(w, w->frozen, "a freeze was lifted that was not there");
		w->frozen = false;
		break;
	case EVENT_DIED:
		watch_need(w, w->over != DOSSIER_DECEASED && w->over != DOSSIER_ARCHIVED && w->over != DOSSIER_ERASED, "a patient died twice, or after all was put away");
		watch_over(w, DOSSIER_DECEASED);
		break;
	case EVENT_ARCHIVED:
		watch_need(w, (w->over != DOSSIER_NOWHERE || w->closed) && w->over != DOSSIER_ARCHIVED && w->over != DOSSIER_ERASED, "a dossier was put away that is not over, or twice");
		watch_over(w, DOSSIER_ARCHIVED);
		break;
	case EVENT_ERASED:
		watch_need(w, (w->over != DOSSIER_NOWHERE || w->closed) && w->over != DOSSIER_ERASED, "a dossier was erased that is not over, or twice");
		w->erasure = false;
		watch_over(w, DOSSIER_ERASED);
		break;
	case EVENT_REPRESENTATIVE_NAMED:
		watch_named(w, &e->representative);
		break;
	case EVENT_REPRESENTATIVE_ENDED:
		watch_ended(w, e->text.id);
		break;
	case EVENT_PROFILE_TOLD:
		watch_need(w, e->profile.form != PROFILE_ADDRESS || e->profile.address.len > 0, "another address is told, and which is not");
		break;
	case EVENT_OPINION_ALERT:
		watch_need(w, w->pending && !w->checked, "an alert of an opinion that did not come, or was checked");
		break;
	case EVENT_CHANNEL_CHANGED:
		watch_channel(w, e);
		break;
	case EVENT_MAILBOX_AWAITED:
	case EVENT_URGENT:
	case EVENT_DEADLINE_PASSED:
	case EVENT_CONTACT_MADE:
	case EVENT_COMPLAINED:
	case EVENT_COMPLAINT_SETTLED:
	case EVENT_LINKED:
	case EVENT_EXPORTED:
		break;
	case EVENT_ERASURE_ASKED:
		w->erasure = true;
		break;
	case EVENT_ERASURE_ANSWERED:
		watch_need(w, w->erasure, "a request of erasure was answered that nobody made");
		w->erasure = false;
		break;
	}
}

/* What may still come when all is over: what becomes of the mail that had left, and what people do and say. */
static UNUSED bool watch_after_end(const struct watch *w, enum dossier_event_kind kind)
{
	static const enum dossier_event_kind always[] = {
		EVENT_MAIL_PROOF, EVENT_MAIL_FAILED, EVENT_MAIL_LATE, EVENT_MAIL_STOPPED, EVENT_MAIL_LET_GO, EVENT_MAIL_DROPPED, EVENT_CONTACT_MADE, EVENT_COMPLAINED, EVENT_COMPLAINT_SETTLED, EVENT_LINKED,
		EVENT_FROZEN, EVENT_UNFROZEN, EVENT_DEADLINE_PASSED, EVENT_OPINION_LATE, EVENT_ARCHIVED, EVENT_ERASED, EVENT_QUESTION_LATE, EVENT_DIED,
		EVENT_ERASURE_ASKED, EVENT_ERASURE_ANSWERED, EVENT_EXPORTED,
		EVENT_STUDY_ANSWERED, EVENT_STUDY_STOPPED,
	};
	static const enum dossier_event_kind closed[] = {
		EVENT_CONSENT_CHANGED, EVENT_CHANNEL_CHANGED, EVENT_MAILBOX_AWAITED, EVENT_REPRESENTATIVE_ENDED, EVENT_SHARED, EVENT_OPINION_RECEIVED,
		EVENT_OPINION_UNSIGNED, EVENT_PROFILE_TOLD,
	};
	/* An emergency that a living patient writes of is answered wherever it is read. */
	if (kind == EVENT_URGENT)
		return w->over != DOSSIER_DECEASED && w->over != DOSSIER_ERASED;
	for (size_t i = 0; i < COUNT(always); i++)
		if (always[i] == kind)
			return true;
	for (size_t i = 0; w->over == DOSSIER_NOWHERE && i < COUNT(closed); i++)
		if (closed[i] == kind)
			return true;
	return false;
}

static UNUSED void watch_event(struct watch *w, const struct dossier_event *e)
{
	bool over = w->over != DOSSIER_NOWHERE || (w->closed && !w->pending);

	watch_need(w, e->seq == w->seq + 1, "the events are not numbered one after the other");
	watch_need(w, w->gate || !instant_before(e->at, w->at), "time goes backwards");
	watch_need(w, w->gate || (bytes_find_byte(e->rule, '/', 0) < e->rule.len && e->actor.len > 0), "an event does not say which rule spoke, or who acted");
	watch_need(w, w->seq > 0 || e->kind == EVENT_REQUESTED, "a dossier began without a request");
	watch_need(w, !over || watch_after_end(w, e->kind), "something was done to a dossier that had ended");
	watch_one(w, e);
	w->counts[e->kind]++;
	w->seq = e->seq;
	w->at = e->at;
}

/* --- where it stands ------------------------------------------------------------------- */

/* After the report: what was put away, what waits, what came of the mail. */
static UNUSED enum dossier_state watch_released_state(const struct watch *w)
{
	if (w->pending)
		return DOSSIER_REVISION;
	if (w->closed)
		return DOSSIER_CLOSED;
	return w->undelivered ? DOSSIER_UNDELIVERABLE : w->exchange ? DOSSIER_EXCHANGE : DOSSIER_RELEASED;
}

/* The furthest thing that holds is the state. */
static UNUSED enum dossier_state watch_state(const struct watch *w)
{
	if (w->over != DOSSIER_NOWHERE)
		return w->over;
	if (w->version > 0)
		return watch_released_state(w);
	if (w->pending)
		return w->held ? DOSSIER_HOLD : w->checked ? DOSSIER_CHECKED : DOSSIER_OPINION;
	if (w->holder != NULL)
		return w->more ? DOSSIER_MORE_INFO : DOSSIER_ACCEPTED;
	if (w->live != NULL)
		return DOSSIER_OFFERED;
	if (w->triaged)
		return w->taken ? DOSSIER_REASSIGNED : w->no_expert ? DOSSIER_NO_EXPERT : DOSSIER_COMPLETE;
	if (w->pieces || w->missing)
		return w->pieces ? DOSSIER_TRIAGE : DOSSIER_INCOMPLETE;
	if (w->doubted)
		return DOSSIER_IDENTITY;
	return w->awaited ? DOSSIER_UNQUALIFIED : w->seq > 0 ? DOSSIER_REQUESTED : DOSSIER_NEW;
}

/* Offers and opinions of the fold against the events'. */
static UNUSED void watch_fold_experts(struct watch *w, const struct dossier *d)
{
	size_t live = 0, holders = 0;

	for (size_t i = 0; i < d->n_offers; i++) {
		live += d->offers[i].answer == OFFER_LIVE;
		holders += d->offers[i].answer == OFFER_ACCEPTED;
	}
	watch_need(w, live == (w->live != NULL ? 1u : 0u), "the fold has another live offer than the events, or two");
	watch_need(w, holders == (w->holder != NULL ? 1u : 0u), "the fold has another holder than the events, or two");
	watch_need(w, d->n_offers == w->counts[EVENT_OFFERED] + w->counts[EVENT_STANDBY_OFFERED], "the fold counts other offers than the events");
	watch_need(w, w->earned.len == 0 || bytes_equal(w->earned, d->fee.rpps), "a fee that was earned is another's now, or nobody's");
	watch_need(w, d->fee.rpps.len == 0 || d->n_digests > 0, "a fee was earned without an opinion");
	watch_need(w, d->kept_at.us == 0 || d->n_releases == 0 || d->fee.rpps.len > 0, "a report was handed over, and nobody earned anything");
	w->earned = d->fee.rpps;
	watch_need(w, d->n_digests == w->counts[EVENT_OPINION_RECEIVED], "the fold counts other opinions than the events");
	watch_need(w, d->n_late_opinions == w->counts[EVENT_OPINION_LATE], "the fold counts other late opinions than the events");
	watch_need(w, w->pending || d->draft.n_mails == w->mails, "what waits to be completed is made of other mails than the holder's own");
	watch_need(w, !w->pending || d->opinion.n_mails == w->mails, "an opinion is made of other mails than the holder's own");
}

/* The fold's view and the events' view, counted against one another. */
static UNUSED void watch_fold(struct watch *w, const struct dossier *d)
{
	size_t withdrawn = 0, pauses = 0;

	for (size_t i = 0; i < d->n_documents; i++)
		withdrawn += d->documents[i].withdrawn;
	for (size_t i = 0; i < d->n_pauses; i++)
		pauses += d->pauses[i].until.us == 0;
	watch_fold_experts(w, d);
	watch_need(w, d->state == watch_state(w), "the fold says another state than the events");
	watch_need(w, d->seq == w->seq, "the fold has another number of events");
	watch_need(w, d->n_documents == w->counts[EVENT_DOCUMENT_FILED], "the fold counts other documents than the events");
	watch_need(w, withdrawn == w->counts[EVENT_DOCUMENT_WITHDRAWN], "the fold counts other withdrawn documents than the events");
	watch_need(w, d->n_waived == w->counts[EVENT_PIECE_WAIVED], "the fold counts other waivers than the events");
	watch_need(w, d->n_questions == w->counts[EVENT_QUESTION_RECEIVED], "the fold counts other questions than the events");
	watch_need(w, d->n_late_questions == w->counts[EVENT_QUESTION_LATE], "the fold counts other late questions than the events");
	watch_need(w, d->n_releases == w->counts[EVENT_RELEASED] + w->counts[EVENT_SHARED], "the fold counts other releases than the events");
	watch_need(w, d->n_contacts == w->counts[EVENT_CONTACT_MADE], "the fold counts other contacts than the events");
	watch_need(w, d->n_complaints == w->counts[EVENT_COMPLAINED], "the fold counts other complaints than the events");
	watch_need(w, d->n_stopped == w->n_stopped, "the fold knows other stopped mails than the events");
	watch_need(w, d->n_links == w->counts[EVENT_LINKED], "the fold counts other links than the events");
	watch_need(w, pauses == (size_t)w->waits + (size_t)w->more, "the fold knows other pauses than the events");
	watch_need(w, dossier_stands_still(d) == (w->frozen || w->counts[EVENT_DIED] > 0), "the fold stands still otherwise than the events say");
	watch_need(w, dossier_version(d) == w->version, "the fold has another version of the report than the events");
	watch_need(w, (d->complete_at.us != 0) == w->triaged, "the fold knows no T0, or one too early");
	watch_need(w, d->due_at.us == 0 || d->due_at.us > d->complete_at.us, "the answer is due before the clock starts");
}

/* --- who looks after it ------------------------------------------------------------------ */

enum watch_keeper {
	KEEPER_NOBODY,     /* it is over, or not begun */
	KEEPER_TIMER,      /* a deadline must run, or have called a person */
	KEEPER_PERSON,     /* it stands in a person's list by its state */
};

static UNUSED enum watch_keeper watch_keeper(enum dossier_state state)
{
	switch (state) {
	case DOSSIER_NOWHERE:
	case DOSSIER_NEW:
	case DOSSIER_BEFORE:
	case DOSSIER_STATES:
	case DOSSIER_CLOSED:
	case DOSSIER_REDIRECTED:
	case DOSSIER_CANCELLED:
	case DOSSIER_EXPIRED:
	case DOSSIER_WITHDRAWN:
	case DOSSIER_DECEASED:
	case DOSSIER_ARCHIVED:
	case DOSSIER_ERASED:
		return KEEPER_NOBODY;
	case DOSSIER_UNQUALIFIED:
	case DOSSIER_IDENTITY:
	case DOSSIER_TRIAGE:
	case DOSSIER_NO_EXPERT:
	case DOSSIER_CHECKED:
	case DOSSIER_HOLD:
	case DOSSIER_UNDELIVERABLE:
	case DOSSIER_REVISION:
		return KEEPER_PERSON;
	case DOSSIER_REQUESTED:
	case DOSSIER_INCOMPLETE:
	case DOSSIER_COMPLETE:
	case DOSSIER_OFFERED:
	case DOSSIER_ACCEPTED:
	case DOSSIER_MORE_INFO:
	case DOSSIER_REASSIGNED:
	case DOSSIER_OPINION:
	case DOSSIER_RELEASED:
	case DOSSIER_EXCHANGE:
		return KEEPER_TIMER;
	}
	return KEEPER_TIMER;
}

/* --- mails ------------------------------------------------------------------------------- */

#define PATIENT_IS 1u << PARTY_PATIENT
#define HIS (1u << PARTY_PATIENT | 1u << PARTY_REPRESENTATIVE)   /* and who acts for him, with a copy */
#define EXPERT_IS 1u << PARTY_EXPERT
#define ASKED_IS (1u << PARTY_EXPERT | 1u << PARTY_STANDBY)
#define PHYSICIAN_IS (1u << PARTY_ATTENDING | 1u << PARTY_FIRST_OPINION | 1u << PARTY_REQUESTER)
#define ENDS EVENT_WITHDRAWN, EVENT_CANCELLED, EVENT_REDIRECTED, EVENT_EXPIRED

/* Which event stands behind which mail to whom. What has no row may not be sent to a party at all. By name: a code that the catalogue does
 * not have is no trouble here. */
static const struct watch_warrant {
	const char *code;
	unsigned parties;                /* set of parties */
	enum dossier_event_kind by[8];
} WATCH_WARRANTS[] = {
	{"M01", HIS, {EVENT_IDENTITY_CONFIRMED, EVENT_REQUESTED, EVENT_QUALIFIED, EVENT_CONSENT_CHANGED}},
	{"M02", HIS, {EVENT_PIECES_MISSING, EVENT_CONSENT_CHANGED}},
	{"M02B", HIS, {EVENT_MORE_ASKED, EVENT_DEADLINE_PASSED}},
	{"M03", HIS, {EVENT_DEADLINE_PASSED}},
	{"M05", PATIENT_IS, {EVENT_IDENTITY_DOUBTED}},
	{"M06", HIS, {EVENT_TRIAGED}},
	{"M07", HIS, {EVENT_OFFER_ACCEPTED}},
	{"M08", HIS, {EVENT_REASSIGNED, EVENT_OFFER_ACCEPTED}},
	{"M09", HIS, {EVENT_DEADLINE_PASSED}},
	{"M10", ASKED_IS, {EVENT_OFFERED, EVENT_STANDBY_OFFERED, EVENT_CHANNEL_CHANGED}},
	{"M11", ASKED_IS, {EVENT_OFFER_REMINDED}},
	{"M12", ASKED_IS, {EVENT_REPLY_UNCLEAR}},
	{"M13", EXPERT_IS, {EVENT_OFFER_ACCEPTED, EVENT_CHANNEL_CHANGED, EVENT_PROFILE_TOLD, EVENT_MAIL_FAILED}},
	{"M13B", EXPERT_IS, {EVENT_OFFER_ACCEPTED, EVENT_CHANNEL_CHANGED, EVENT_PROFILE_TOLD, EVENT_MORE_ANSWERED, EVENT_DEADLINE_PASSED, EVENT_MAIL_FAILED}},
	{"M14", EXPERT_IS, {EVENT_DEADLINE_PASSED}},
	{"M13C", EXPERT_IS, {EVENT_MORE_ANSWERED, EVENT_DEADLINE_PASSED, EVENT_DOCUMENT_FILED, EVENT_MAIL_FAILED}},
	{"M15", EXPERT_IS, {EVENT_OPINION_RETURNED, EVENT_OPINION_UNSIGNED}},
	{"M16", EXPERT_IS, {EVENT_RELEASED}},
	{"M18", ASKED_IS, {ENDS, EVENT_DIED, EVENT_REASSIGNED, EVENT_OFFER_ACCEPTED, EVENT_OFFER_EXPIRED}},
	{"M19", HIS, {EVENT_HELD, EVENT_DEADLINE_PASSED}},
	{"M21", HIS, {EVENT_RELEASED}},
	{"M22", HIS, {EVENT_DEADLINE_PASSED}},
	{"M30", EXPERT_IS, {EVENT_QUESTION_RECEIVED}},
	{"M31", HIS, {EVENT_QUESTION_ANSWERED}},
	{"M33", HIS, {EVENT_URGENT}},
	{"M34", HIS, {EVENT_DEADLINE_PASSED}},
	{"M35", HIS | EXPERT_IS, {EVENT_CLOSED}},
	{"M36", HIS, {EVENT_QUESTION_LATE}},
	{"M37", PATIENT_IS | EXPERT_IS, {EVENT_CLOSED, EVENT_DEADLINE_PASSED}},
	{"M40", PATIENT_IS, {EVENT_DEADLINE_PASSED}},
	{"M42", HIS, {EVENT_REDIRECTED}},
	{"M43", HIS, {EVENT_CANCELLED, EVENT_WITHDRAWN}},
	{"M44", HIS, {EVENT_EXPIRED}},
	{"M45", HIS, {EVENT_DEADLINE_PASSED}},
	{"M50", 1u << PARTY_REPRESENTATIVE, {EVENT_REPRESENTATIVE_NAMED}},
	{"M51", 1u << PARTY_OTHER_PARENT, {EVENT_REPRESENTATIVE_NAMED}},
	{"M52", PATIENT_IS, {EVENT_DEADLINE_PASSED}},
	{"M60", 1u << PARTY_REQUESTER, {EVENT_QUALIFICATION_AWAITED}},
	{"M61", 1u << PARTY_REQUESTER, {EVENT_REQUESTED, EVENT_CONSENT_CHANGED, EVENT_QUALIFIED, EVENT_TRIAGED}},
	{"M62", 1u << PARTY_REQUESTER, {EVENT_REQUESTED}},
	{"M63", 1u << PARTY_REQUESTER, {EVENT_MORE_ASKED, EVENT_DEADLINE_PASSED}},
	{"M64", PHYSICIAN_IS, {EVENT_RELEASED, EVENT_SHARED, EVENT_PROFILE_TOLD}},
	{"M73", EXPERT_IS, {EVENT_DOCUMENT_WITHDRAWN, EVENT_DEADLINE_PASSED, EVENT_MAIL_FAILED}},
};

/* What may leave in spite of an end, a death or a freeze: what makes others stop, the numbers to call in an emergency, the word to her who
 * withdrew that it was done; what she may have, who acts for her may. */
static const struct {
	const char *code;
	unsigned parties;
	bool dead_too;
} WATCH_LAST_WORDS[] = {{"M18", ASKED_IS, true}, {"M33", HIS, false}, {"M43", HIS, false}};

/* Events of which somebody is told by mail: without the mail the dossier waits for an answer to what nobody was told, unless a person has it. */
static const struct {
	enum dossier_event_kind kind;
	const char *codes[2];
} WATCH_TOLD[] = {
	{EVENT_OFFERED, {"M10"}}, {EVENT_STANDBY_OFFERED, {"M10"}}, {EVENT_OFFER_REMINDED, {"M11"}}, {EVENT_OFFER_ACCEPTED, {"M13"}},
	{EVENT_MORE_ASKED, {"M02B", "M63"}}, {EVENT_OPINION_RETURNED, {"M15"}}, {EVENT_OPINION_UNSIGNED, {"M15"}}, {EVENT_RELEASED, {"M21"}},
	{EVENT_SHARED, {"M64"}}, {EVENT_QUESTION_RECEIVED, {"M30"}}, {EVENT_QUESTION_ANSWERED, {"M31"}},
};

static UNUSED bool watch_warranted(const struct policy_decision *d, const struct policy_mail *m)
{
	for (size_t i = 0; i < COUNT(WATCH_WARRANTS); i++) {
		const struct watch_warrant *r = &WATCH_WARRANTS[i];
		if (strcmp(r->code, mail_code_name(m->code)) != 0 || (r->parties & dossier_party_bit(m->party)) == 0)
			continue;
		for (size_t k = 0; k < d->n_events; k++)
			for (size_t b = 0; b < COUNT(r->by); b++)
				if (r->by[b] != EVENT_NOTHING && d->events[k].kind == r->by[b])
					return true;
	}
	return false;
}

/* Whom a minor's secret keeps mails from: whose mailbox, or whose letters, those around her see. */
static UNUSED bool watch_is_hers(enum party party)
{
	return party == PARTY_PATIENT || party == PARTY_REPRESENTATIVE || party == PARTY_OTHER_PARENT;
}

static UNUSED bool watch_is_last_word(const struct watch *w, const struct policy_mail *m)
{
	for (size_t i = 0; i < COUNT(WATCH_LAST_WORDS); i++)
		if (strcmp(WATCH_LAST_WORDS[i].code, mail_code_name(m->code)) == 0 && m->attach == POLICY_ATTACH_NONE &&
		    (WATCH_LAST_WORDS[i].parties & dossier_party_bit(m->party)) != 0)
			return (w->counts[EVENT_DIED] == 0 || WATCH_LAST_WORDS[i].dead_too) && !(w->secret && watch_is_hers(m->party));
	return false;
}

static UNUSED bool watch_sends(const struct policy_decision *d, const char *const codes[2])
{
	for (size_t i = 0; i < d->n_mails; i++)
		for (size_t k = 0; k < 2 && codes[k] != NULL; k++)
			if (strcmp(mail_code_name(d->mails[i].code), codes[k]) == 0)
				return true;
	return false;
}

static UNUSED bool watch_decides(const struct policy_decision *d, enum dossier_event_kind kind, struct bytes rpps)
{
	for (size_t i = 0; i < d->n_events; i++)
		if (d->events[i].kind == kind && (rpps.len == 0 || bytes_equal(d->events[i].offer.rpps, rpps)))
			return true;
	return false;
}

/* He knows already: he was asked as a stand-by, or his own opinion is what he is given the dossier back for. */
static UNUSED bool watch_knows(const struct policy_decision *d, const struct dossier_event *e)
{
	bool offer = e->kind == EVENT_OFFERED || e->kind == EVENT_OFFER_ACCEPTED;

	return offer && (watch_decides(d, EVENT_OPINION_RECEIVED, BYTES_NONE) ||
			 (e->kind == EVENT_OFFERED && watch_decides(d, EVENT_OFFER_EXPIRED, e->offer.rpps)));
}

static UNUSED void watch_told(struct watch *w, const struct policy_decision *d)
{
	for (size_t i = 0; i < d->n_events && d->owner == NULL; i++)
		for (size_t k = 0; k < COUNT(WATCH_TOLD); k++)
			if (WATCH_TOLD[k].kind == d->events[i].kind && !watch_sends(d, WATCH_TOLD[k].codes) && !watch_knows(d, &d->events[i]))
				watch_need(w, false, arena_printf(w->arena, "\"%s\" is to be told by %s, which was not sent, and nobody has it in hand",
								  dossier_event_name(d->events[i].kind), WATCH_TOLD[k].codes[0]));
}

/* Consent as the watcher remembers it, at the instant of the decision. */
static UNUSED bool watch_consents(const struct watch *w, enum party party)
{
	bool both = w->processing && w->sharing;

	if (w->frozen || w->counts[EVENT_DIED] > 0 || w->over == DOSSIER_WITHDRAWN || (w->secret && watch_is_hers(party)))
		return false;
	if (party == PARTY_REPRESENTATIVE || party == PARTY_OTHER_PARENT)
		return both && w->n_acting > 0;
	if (party == PARTY_ATTENDING)
		return both && w->attending;
	if (party == PARTY_FIRST_OPINION)
		return both && w->first_opinion;
	return both;
}

static UNUSED void watch_sender_mail(struct watch *w, const struct policy_mail *m)
{
	watch_need(w, m->code == MAIL_M70 || m->code == MAIL_M71, "the sender of a message was told something about a dossier");
	watch_need(w, m->attach == POLICY_ATTACH_NONE, "the sender of a message was sent documents");
}

/* Somebody of that mailbox acts now; with a proof, unless it is what asks for one; the report not to whom the steps are enough. */
static UNUSED bool watch_acts(const struct watch *w, const struct policy_mail *m)
{
	bool clinical = m->code == MAIL_M21 || m->code == MAIL_M31 || m->code == MAIL_M02B;

	for (size_t i = 0; i < w->n_acting; i++) {
		const struct dossier_representative_data *r = &w->acting[i];
		bool his = r->id.len > 0 && (m->channel == CHANNEL_PAPER || bytes_equal_nocase(r->mailbox, m->to));
		bool dated = !(r->timed_until && !instant_before(w->at, r->until)) && !(r->timed_from && instant_before(w->at, r->from));
		bool whole = r->role == ROLE_PARENT || r->role == ROLE_GUARDIAN || r->role == ROLE_FAMILY || (w->representatives && r->role != ROLE_HELPER);
		if (!his || !dated || r->informed_only != (m->party == PARTY_OTHER_PARENT))
			continue;
		if (m->code == MAIL_M50 || m->code == MAIL_M51 || (r->proof.len > 0 && r->role != ROLE_HELPER && (whole || !clinical)))
			return true;
	}
	return false;
}

static UNUSED void watch_mail(struct watch *w, const struct policy_decision *d, size_t i)
{
	const struct policy_mail *m = &d->mails[i];

	watch_need(w, m->to.len > 0, "a mail has no recipient");
	for (size_t k = 0; k < i; k++)
		watch_need(w, d->mails[k].code != m->code || d->mails[k].part != m->part || d->mails[k].form != m->form || d->mails[k].party == PARTY_SENDER ||
				      !bytes_equal_nocase(d->mails[k].to, m->to) || m->channel == CHANNEL_PAPER,
			   "one decision sends the same mail twice");
	if (m->party == PARTY_SENDER) {
		watch_sender_mail(w, m);
		return;
	}
	watch_need(w, m->code != MAIL_M64 || m->party != PARTY_REQUESTER || w->requester, "the report goes to the physician who asked, without consent");
	/* Whether there is a consent is what he is asked. */
	bool asks = m->code == MAIL_M60 && m->party == PARTY_REQUESTER && m->attach == POLICY_ATTACH_NONE && w->by_physician && !w->frozen;
	watch_need(w, watch_consents(w, m->party) || asks || watch_is_last_word(w, m), "a mail goes to somebody without consent, or while nothing may leave");
	if (!watch_warranted(d, m))
		watch_need(w, false, arena_printf(w->arena, "%s goes to the %s, and no event stands behind it (or test_watch.h has no row for it)",
						  mail_code_name(m->code), party_name(m->party)));
	watch_need(w, (m->party != PARTY_REPRESENTATIVE && m->party != PARTY_OTHER_PARENT) || watch_acts(w, m), "a mail goes to somebody who does not act for the patient, or may not have it");
	watch_need(w, m->party == PARTY_PATIENT || !names_patient_of(w->patient.ins, m->to), "a mail to somebody else has the patient's number in its address");
	watch_need(w, m->attach != POLICY_ATTACH_DOSSIER || m->party == PARTY_EXPERT, "a dossier goes to somebody who is no expert");
	for (size_t k = 0; k < m->n_documents; k++)
		watch_need(w, m->documents[k] < w->n_documents && !w->documents[m->documents[k]].withdrawn, "a mail carries a document that was withdrawn");
	watch_need(w, m->attach != POLICY_ATTACH_REPORT || w->version > 0, "a report goes before it was released");
	for (size_t f = 0; f < m->n_fields; f++)
		watch_need(w, m->party == PARTY_PATIENT || !names_patient_of(w->patient.ins, m->fields[f].text), "a mail to somebody else tells the patient's number");
}

/* What every decision owes whoever asked for it; after its events were watched. */
static UNUSED void watch_decision(struct watch *w, const struct policy_decision *d)
{
	watch_need(w, d->rule != NULL && strchr(d->rule, '/') != NULL, "a decision names no rule");
	watch_need(w, d->outcome != POLICY_HELD || d->owner != NULL, "a message is held and nobody has it");
	watch_need(w, (d->outcome != POLICY_REFUSED && d->outcome != POLICY_IGNORED && d->outcome != POLICY_DUPLICATE) || d->n_events == 0,
		   "something was refused, ignored or known, and done all the same");
	watch_need(w, (d->n_events > 0) == (d->after != NULL), "a decision without events changed a dossier");
	watch_told(w, d);
	for (size_t i = 0; i < d->n_mails; i++)
		watch_mail(w, d, i);
}

#endif

/* policy/dossier_life.c - what the events around the straight line leave behind: pauses, contacts, representatives, ends. */
#include "policy/dossier_guard.h"

#include <string.h>

#include "base/calendar.h"
#include "policy/promise.h"
#include "policy/rules.h"

/* The first expert's rights end when he loses the dossier, or when the stand-by takes it; and what he had begun to write is no part of what
 * the next one writes. */
static void end_holder(struct dossier *d, const struct dossier_event *e, enum policy_word word, enum taken_back why)
{
	for (size_t i = 0; i < d->n_offers; i++) {
		if (d->offers[i].answer != OFFER_ACCEPTED)
			continue;
		d->draft = (struct dossier_opinion){0};
		d->offers[i].answer = OFFER_ENDED;
		d->offers[i].ended_at = e->at;
		d->offers[i].word = word;
		d->offers[i].why = why;
	}
}

static void begin_pause(struct dossier *d, const struct dossier_event *e, bool by_expert)
{
	d->pauses = dossier_grow(d->arena, d->pauses, d->n_pauses, &d->room_pauses, sizeof *d->pauses);
	d->pauses[d->n_pauses++] = (struct dossier_pause){.from = e->at, .by_expert = by_expert};
}

static void end_pauses(struct dossier *d, const struct dossier_event *e, bool by_expert)
{
	for (size_t i = 0; i < d->n_pauses; i++)
		if (d->pauses[i].until.us == 0 && d->pauses[i].by_expert == by_expert)
			d->pauses[i].until = e->at;
	if (d->complete_at.us != 0)
		d->due_at = promise_due(d);
}

static void keep_passed(struct dossier *d, const struct dossier_event *e)
{
	size_t i = 0;

	while (i < d->n_passed && !bytes_equal(d->passed[i].name, e->text.id))
		i++;
	if (i == d->n_passed) {
		d->passed = dossier_grow(d->arena, d->passed, d->n_passed, &d->room_passed, sizeof *d->passed);
		d->passed[d->n_passed++] = (struct dossier_passed){.name = e->text.id};
	}
	d->passed[i].at = e->at;
	d->passed[i].times++;
}

/* Nothing goes to the wrong address a second time: another must be told. */
static void keep_returned(struct dossier *d, enum party party)
{
	struct dossier_channel_data *c = &d->channels[party];

	if (c->channel != CHANNEL_PAPER || c->address.len == 0)
		return;
	d->returned = dossier_grow(d->arena, d->returned, d->n_returned, &d->room_returned, sizeof *d->returned);
	d->returned[d->n_returned++] = c->address;
	c->address = BYTES_NONE;
	c->why = BYTES("returned");
}

static void keep_contact(struct dossier *d, const struct dossier_event *e)
{
	d->contacts = dossier_grow(d->arena, d->contacts, d->n_contacts, &d->room_contacts, sizeof *d->contacts);
	d->contacts[d->n_contacts++] = (struct dossier_contact){e->contact, e->at};
	/* A letter that was handed to the post, or the report told, keeps the promise as a mail does. */
	bool arrived = e->contact.result == CONTACT_REACHED || e->contact.result == CONTACT_POSTED || e->contact.result == CONTACT_SIGNED;
	if (arrived && e->contact.party == PARTY_PATIENT && e->contact.code == MAIL_M21 && d->released_at.us != 0 && d->kept_at.us == 0)
		d->kept_at = e->at;
	if (e->contact.result == CONTACT_RETURNED && e->contact.party < PARTIES)
		keep_returned(d, e->contact.party);
}

/* Another mailbox of a professional is where his mails go from now on: an expert's is that of the offer that he holds. */
static void keep_channel(struct dossier *d, const struct dossier_event *e)
{
	const struct dossier_channel_data *c = &e->channel;
	enum offer_answer held = dossier_accepted_offer(d) != NULL ? OFFER_ACCEPTED : OFFER_LIVE;

	d->channels[c->party] = *c;
	/* He has another mailbox, or is reached otherwise: what he wrote of it is settled. */
	d->wishes[c->party] = (struct dossier_wish){0};
	d->awaited[c->party] = REASON_NONE;
	if (c->channel != CHANNEL_MAIL || c->address.len == 0)
		return;
	/* Only ever the one of his qualified number. */
	if (c->party == PARTY_PATIENT)
		d->request.mailbox = c->address;
	if (c->party == PARTY_ATTENDING)
		d->request.attending.mailbox = c->address;
	if (c->party == PARTY_FIRST_OPINION)
		d->request.first_opinion.mailbox = c->address;
	for (size_t i = 0; i < d->n_offers; i++) {
		bool his = c->party == PARTY_STANDBY ? d->offers[i].answer == OFFER_LIVE && d->offers[i].standby
						      : c->party == PARTY_EXPERT && d->offers[i].answer == held;
		if (his)
			d->offers[i].mailbox = c->address;
	}
}

/* What a machine can follow stands in the rules; what is kept here a person has to carry out. */
static void keep_profile(struct dossier *d, const struct dossier_event *e)
{
	struct dossier_wish *w = &d->wishes[e->profile.party];

	if (e->profile.form == PROFILE_ADDRESS) {
		w->address = e->profile.address;
		w->address_at = e->at;
	} else {
		w->paper_at = e->profile.form == PROFILE_PAPER ? e->at : (struct instant){0};
	}
}

static void keep_representative(struct dossier *d, const struct dossier_event *e)
{
	size_t i = 0;

	while (i < d->n_representatives && !bytes_equal(d->representatives[i].data.id, e->representative.id))
		i++;
	if (i == d->n_representatives) {
		d->representatives = dossier_grow(d->arena, d->representatives, d->n_representatives, &d->room_representatives,
						  sizeof *d->representatives);
		d->n_representatives++;
	}
	d->representatives[i] = (struct dossier_representative){.data = e->representative, .at = e->at};
}

static void end_representative(struct dossier *d, const struct dossier_event *e)
{
	for (size_t i = 0; i < d->n_representatives; i++)
		if (bytes_equal(d->representatives[i].data.id, e->text.id))
			d->representatives[i].ended_at = e->at;
}

static void keep_complaint(struct dossier *d, const struct dossier_event *e)
{
	d->complaints = dossier_grow(d->arena, d->complaints, d->n_complaints, &d->room_complaints, sizeof *d->complaints);
	d->complaints[d->n_complaints++] = (struct dossier_complaint){.at = e->at};
}

static void settle_complaints(struct dossier *d, const struct dossier_event *e)
{
	for (size_t i = 0; i < d->n_complaints; i++)
		if (d->complaints[i].settled_at.us == 0)
			d->complaints[i].settled_at = e->at;
}

/* Stopped once more it waits since then. */
static void keep_stopped(struct dossier *d, const struct dossier_event *e)
{
	size_t i = 0;

	while (i < d->n_stopped && !bytes_equal(d->stopped[i].id, e->text.id))
		i++;
	if (i == d->n_stopped) {
		d->stopped = dossier_grow(d->arena, d->stopped, d->n_stopped, &d->room_stopped, sizeof *d->stopped);
		d->n_stopped++;
	}
	d->stopped[i] = (struct dossier_stopped){e->text.id, reason_of_code(e->text.text), e->at};
}

static void end_stopped(struct dossier *d, const struct dossier_event *e)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_stopped; i++)
		if (!bytes_equal(d->stopped[i].id, e->text.id))
			d->stopped[n++] = d->stopped[i];
	d->n_stopped = n;
}

static void keep_link(struct dossier *d, const struct dossier_event *e)
{
	d->links = dossier_grow(d->arena, d->links, d->n_links, &d->room_links, sizeof *d->links);
	d->links[d->n_links++] = e->text.id;
}

/* Frozen anew for something else, a suspected breach keeps its reason and its clock (GDPR 33(1)). */
static void keep_freeze(struct dossier *d, const struct dossier_event *e)
{
	if (d->frozen_at.us != 0 && bytes_equal_text(d->frozen_why, "breach"))
		return;
	d->frozen_at = e->at;
	d->frozen_why = e->text.id;
}

static struct dossier_offer standby_of(const struct dossier_event *e)
{
	return (struct dossier_offer){
		.rpps = e->offer.rpps, .name = e->offer.name, .mailbox = e->offer.mailbox, .organisation = e->offer.organisation, .at = e->at,
		.standby = true};
}

static void keep_standby_offer(struct dossier *d, const struct dossier_event *e)
{
	d->offers = dossier_grow(d->arena, d->offers, d->n_offers, &d->room_offers, sizeof *d->offers);
	d->offers[d->n_offers++] = standby_of(e);
	d->standby = (struct dossier_offer){0};
}

void dossier_keep_hold(struct dossier *d, const struct dossier_event *e)
{
	struct instant until, last = calendar_plus_days(CALENDAR_FRANCE, e->at, POLICY_HOLD_DAYS);

	/* A correction that waits holds back nothing that was promised. */
	if (d->state != DOSSIER_CHECKED)
		return;
	d->held_at = e->at;
	d->held_until = instant_read(e->text.id, &until) && instant_before(e->at, until) && instant_before(until, last) ? until : last;
}

void dossier_end_hold(struct dossier *d, const struct dossier_event *e)
{
	d->held.us += instant_since(d->held_at, e->at).us;
	d->held_at = d->held_until = (struct instant){0};
}

static void keep_late_opinion(struct dossier *d, const struct dossier_event *e)
{
	d->late_opinions = dossier_grow(d->arena, d->late_opinions, d->n_late_opinions, &d->room_late_opinions, sizeof *d->late_opinions);
	d->late_opinions[d->n_late_opinions++] = (struct dossier_late_opinion){e->opinion, e->at, e->inbox};
}

void dossier_keep_holder(struct dossier *d, const struct dossier_event *e)
{
	if (e->kind == EVENT_OFFER_ACCEPTED)
		end_holder(d, e, POLICY_WORD_NONE, TAKEN_STANDBY);
	if (e->kind == EVENT_OFFER_ACCEPTED || e->kind == EVENT_OPINION_RECEIVED)
		end_pauses(d, e, true);
}

/* A list like keep() in dossier.c: the events of the straight line are that one's. */
void dossier_keep_life(struct dossier *d, const struct dossier_event *e)
{
	switch (e->kind) {
	case EVENT_REASSIGNED:
		end_holder(d, e, e->offer.word, e->offer.why);
		end_pauses(d, e, true);
		break;
	case EVENT_STANDBY_CHOSEN:
		d->standby = standby_of(e);
		break;
	case EVENT_STANDBY_OFFERED:
		keep_standby_offer(d, e);
		break;
	case EVENT_MORE_ASKED:
		d->more = e->text.text;
		if (d->state != DOSSIER_MORE_INFO)
			begin_pause(d, e, true);
		break;
	case EVENT_MORE_ANSWERED:
		end_pauses(d, e, true);
		break;
	case EVENT_PAUSED:
		begin_pause(d, e, false);
		break;
	case EVENT_RESUMED:
		end_pauses(d, e, false);
		break;
	case EVENT_DEADLINE_PASSED:
		keep_passed(d, e);
		break;
	case EVENT_CONTACT_MADE:
		keep_contact(d, e);
		break;
	case EVENT_CHANNEL_CHANGED:
		keep_channel(d, e);
		break;
	case EVENT_PROFILE_TOLD:
		keep_profile(d, e);
		break;
	case EVENT_MAILBOX_AWAITED:
		d->awaited[party_of_name(e->text.id)] = reason_of_code(e->text.text);
		break;
	case EVENT_REPRESENTATIVE_NAMED:
		keep_representative(d, e);
		break;
	case EVENT_REPRESENTATIVE_ENDED:
		end_representative(d, e);
		break;
	case EVENT_FROZEN:
		keep_freeze(d, e);
		break;
	case EVENT_UNFROZEN:
		d->frozen_at = (struct instant){0};
		d->frozen_why = BYTES_NONE;
		break;
	case EVENT_COMPLAINED:
		keep_complaint(d, e);
		break;
	case EVENT_COMPLAINT_SETTLED:
		settle_complaints(d, e);
		break;
	case EVENT_LINKED:
		keep_link(d, e);
		break;
	case EVENT_MAIL_STOPPED:
		keep_stopped(d, e);
		break;
	case EVENT_MAIL_LET_GO:
	case EVENT_MAIL_DROPPED:
		end_stopped(d, e);
		break;
	/* Asked again, the first month goes on. */
	case EVENT_ERASURE_ASKED:
		d->erasure_at = d->erasure_at.us != 0 ? d->erasure_at : e->at;
		break;
	case EVENT_ERASURE_ANSWERED:
	case EVENT_ERASED:
		d->erasure_at = (struct instant){0};
		break;
	case EVENT_URGENT:
		d->urgent_at = e->at;
		break;
	case EVENT_DIED:
		d->died_at = e->at;
		break;
	case EVENT_STUDY_ANSWERED:
		d->study_at = e->at;
		break;
	case EVENT_STUDY_STOPPED:
		d->study_stopped_at = e->at;
		break;
	case EVENT_CLOSED:
		d->closed_at = e->at;
		break;
	case EVENT_QUESTION_LATE:
		d->n_late_questions++;
		d->late_question_at = e->at;
		break;
	case EVENT_OPINION_LATE:
		keep_late_opinion(d, e);
		break;
	default:
		break;
	}
}

const struct dossier_stopped *dossier_find_stopped(const struct dossier *dossier, struct bytes id)
{
	for (size_t i = 0; i < dossier->n_stopped; i++)
		if (bytes_equal(dossier->stopped[i].id, id))
			return &dossier->stopped[i];
	return NULL;
}

bool dossier_stands_still(const struct dossier *dossier)
{
	return dossier->frozen_at.us != 0 || dossier->died_at.us != 0;
}

const struct dossier_pause *dossier_paused(const struct dossier *dossier)
{
	for (size_t i = dossier->n_pauses; i > 0; i--)
		if (dossier->pauses[i - 1].until.us == 0)
			return &dossier->pauses[i - 1];
	return NULL;
}

const struct dossier_passed *dossier_passed(const struct dossier *dossier, const char *name)
{
	for (size_t i = 0; i < dossier->n_passed; i++)
		if (bytes_equal_text(dossier->passed[i].name, name))
			return &dossier->passed[i];
	return NULL;
}

const struct dossier_late_opinion *dossier_find_late_opinion(const struct dossier *dossier, struct bytes digest)
{
	for (size_t i = 0; i < dossier->n_late_opinions; i++)
		if (bytes_equal_nocase(dossier->late_opinions[i].data.digest, digest))
			return &dossier->late_opinions[i];
	return NULL;
}

const struct dossier_representative *dossier_find_representative(const struct dossier *dossier, struct bytes id)
{
	for (size_t i = 0; i < dossier->n_representatives; i++)
		if (bytes_equal(dossier->representatives[i].data.id, id))
			return &dossier->representatives[i];
	return NULL;
}

bool dossier_represents(const struct dossier_representative *representative, struct instant now)
{
	const struct dossier_representative_data *r = &representative->data;

	return representative->ended_at.us == 0 && !(r->timed_from && instant_before(now, r->from)) &&
	       !(r->timed_until && !instant_before(now, r->until));
}

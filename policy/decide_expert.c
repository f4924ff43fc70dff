/* policy/decide_expert.c - experts change hands: the next one, a stand-by, a dossier that is taken back, and what a person decides of it.
 *
 *  1. One live offer at a time, whatever happens; the promise to the patient is never moved.
 *  2. Nobody is asked who has a conflict: what comes to light later takes the offer or the dossier back.
 *  3. Who loses the dossier is told to delete it, and what he sends afterwards is kept as evidence or refused, never used by the machine. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"

static struct dossier_offer_data data_of(const struct dossier_offer *o)
{
	return (struct dossier_offer_data){.rpps = o->rpps, .name = o->name, .mailbox = o->mailbox, .organisation = o->organisation};
}

static enum reason nobody(struct build *b, enum reason why)
{
	b->owner = "nurses";
	b->reason = why;
	return REASON_NONE;
}

static const struct expert *find(const struct build *b, struct bytes rpps)
{
	return expert_find(b->rules->experts, b->rules->n_experts, rpps);
}

static enum reason expire(struct build *b, enum taken_back why)
{
	struct dossier_offer_data lost = data_of(dossier_live_offer(b->after));

	lost.why = why;
	return build_event(b, (struct dossier_event){.kind = EVENT_OFFER_EXPIRED, .offer = lost});
}

static struct dossier_offer_data offer_to(const struct expert *e)
{
	return (struct dossier_offer_data){
		.rpps = e->rpps, .name = e->name, .mailbox = e->mailbox, .organisation = e->organisation, .load = e->load, .taken = e->week + e->asked};
}

static enum reason offer(struct build *b, const struct expert *e, enum dossier_event_kind kind)
{
	enum reason reason = build_event(b, (struct dossier_event){.kind = kind, .offer = offer_to(e)});

	if (reason == REASON_NONE)
		step_mail_offer(b, kind == EVENT_STANDBY_OFFERED ? PARTY_STANDBY : PARTY_EXPERT);
	return reason;
}

/* --- the stand-by ------------------------------------------------------------------ */

/* Prepared earlier and still to be asked; else the next best. */
static const struct expert *choose_standby(struct build *b)
{
	const struct expert *e = b->after->standby.rpps.len > 0 ? find(b, b->after->standby.rpps) : NULL;

	if (e != NULL && route_judge(b->arena, e, b->after, b->now, NULL) == EXCLUSION_NONE)
		return e;
	enum reason none = route_choose(b->arena, b->rules->experts, b->rules->n_experts, b->after, b->now, &e, NULL, NULL);
	return none == REASON_NONE ? e : NULL;
}

enum reason step_standby_choose(struct build *b)
{
	if (dossier_next(b->after->state, EVENT_STANDBY_CHOSEN) == DOSSIER_NOWHERE || dossier_live_offer(b->after) != NULL)
		return REASON_DOSSIER_ORDER;
	const struct expert *e = choose_standby(b);
	if (e == NULL)
		return nobody(b, REASON_EXPERT_NONE);
	return build_event(b, (struct dossier_event){.kind = EVENT_STANDBY_CHOSEN, .offer = offer_to(e)});
}

enum reason step_standby_offer(struct build *b)
{
	if (dossier_next(b->after->state, EVENT_STANDBY_OFFERED) == DOSSIER_NOWHERE || dossier_live_offer(b->after) != NULL)
		return REASON_DOSSIER_ORDER;
	const struct expert *e = choose_standby(b);
	return e == NULL ? nobody(b, REASON_EXPERT_NONE) : offer(b, e, EVENT_STANDBY_OFFERED);
}

/* --- the next one -------------------------------------------------------------------- */

enum reason step_next(struct build *b)
{
	if (dossier_accepted_offer(b->after) != NULL)
		return step_standby_offer(b);
	/* Two experts who say no may know something that the next one would say, too. */
	if (dossier_refusals(b->after) >= POLICY_REFUSALS)
		return nobody(b, REASON_EXPERT_REFUSED);
	return step_offer(b);
}

enum reason step_expire(struct build *b, enum taken_back why)
{
	enum reason reason = expire(b, why);
	return reason == REASON_NONE ? step_next(b) : reason;
}

/* --- taken back ------------------------------------------------------------------------- */

/* To who holds it, while he still does: his mailbox is that of the party. */
static void dismiss(struct build *b)
{
	if (build_mail(b, MAIL_M18, PARTY_EXPERT, POLICY_ATTACH_NONE))
		build_field_text(b, "why", build_english(b) ? "another expert answers this request." : "un autre expert répond à cette demande.");
}

/* The date stays; the name comes with the next acceptance. */
static void tell_patient(struct build *b)
{
	if (build_mail(b, MAIL_M08, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "due", text_date(b, b->after->due_at));
}

/* A stand-by who was asked is the next one: his offer goes on as one for the dossier itself, and he is not written to twice. */
static enum reason carry_on(struct build *b, const struct expert *standby)
{
	if (standby == NULL)
		return step_next(b);
	return build_event(b, (struct dossier_event){.kind = EVENT_OFFERED, .offer = offer_to(standby)});
}

/* what->rpps and the rest of who holds it are filled in here. */
static enum reason take_back(struct build *b, struct dossier_offer_data what)
{
	struct dossier_offer_data lost = data_of(dossier_accepted_offer(b->after));

	lost.word = what.word;
	lost.motive = what.motive;
	lost.from = what.from;
	lost.until = what.until;
	lost.why = what.why;
	lost.text = what.text;
	/* To a mailbox that has ended nothing more is sent: the nurses telephone. */
	if (what.why == TAKEN_MAILBOX)
		b->owner = "nurses";
	else
		dismiss(b);
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_REASSIGNED, .offer = lost});
	if (reason == REASON_NONE && what.why != TAKEN_LATE_OPINION)
		tell_patient(b);
	return reason;
}

enum reason step_reassign(struct build *b, struct dossier_offer_data what)
{
	const struct dossier_offer *live = dossier_live_offer(b->after);
	const struct expert *standby = live == NULL ? NULL : find(b, live->rpps);
	enum reason reason = REASON_NONE;

	if (dossier_accepted_offer(b->after) == NULL || dossier_next(b->after->state, EVENT_REASSIGNED) == DOSSIER_NOWHERE)
		return REASON_DOSSIER_ORDER;
	if (live != NULL)
		reason = expire(b, TAKEN_STANDBY);
	if (reason == REASON_NONE)
		reason = take_back(b, what);
	return reason == REASON_NONE ? carry_on(b, standby) : reason;
}

enum reason step_taken_over(struct build *b, struct dossier_event accepted)
{
	dismiss(b);
	enum reason reason = build_event(b, accepted);
	if (reason == REASON_NONE)
		tell_patient(b);
	return reason;
}

/* --- conflict that comes to light ------------------------------------------------------------ */

static bool in_conflict(const struct build *b, const struct dossier_offer *o)
{
	const struct expert *e = o == NULL ? NULL : find(b, o->rpps);
	return e != NULL && route_conflict(b->arena, e, b->after, NULL) != EXCLUSION_NONE;
}

enum reason step_conflicts(struct build *b)
{
	enum reason reason = REASON_NONE;

	if (in_conflict(b, dossier_live_offer(b->after)) && dossier_next(b->after->state, EVENT_OFFER_EXPIRED) != DOSSIER_NOWHERE)
		reason = step_expire(b, TAKEN_CONFLICT);
	if (reason == REASON_NONE && in_conflict(b, dossier_accepted_offer(b->after)) && dossier_next(b->after->state, EVENT_REASSIGNED) != DOSSIER_NOWHERE)
		reason = step_reassign(b, (struct dossier_offer_data){.why = TAKEN_CONFLICT});
	return reason;
}

/* --- the word of who holds it ------------------------------------------------------------------ */

/* Back a day before the promise at the latest, he can still keep it. */
static bool is_back_in_time(const struct build *b, const struct policy_reply *r)
{
	struct expert_leave leave;

	return expert_leave_told(r->from, r->until, b->now, &leave) &&
	       !instant_before(b->after->due_at, instant_plus(leave.until, SPAN_DAYS(1)));
}

static enum reason tell_absence(struct build *b, struct dossier_offer_data told)
{
	b->owner = "nurses";
	return build_event(b, (struct dossier_event){.kind = EVENT_ABSENCE_TOLD, .offer = told});
}

enum reason step_holder_word(struct build *b, const struct dossier_offer *holder)
{
	const struct policy_reply *r = &b->message->reply;
	struct dossier_offer_data said = data_of(holder);

	said.word = r->word;
	said.motive = r->motive;
	said.from = r->from;
	said.until = r->until;
	if (dossier_next(b->after->state, EVENT_REASSIGNED) == DOSSIER_NOWHERE)
		return REASON_REPLY_NOT_AWAITED;
	switch (r->word) {
	case POLICY_WORD_RETURN:
		said.why = TAKEN_RETURNED;
		return step_reassign(b, said);
	case POLICY_WORD_CONFLICT:
		said.why = TAKEN_CONFLICT;
		return step_reassign(b, said);
	case POLICY_WORD_ABSENT:
		said.why = TAKEN_LEAVE;
		/* From when to when is for a person to ask: he may mean tomorrow. */
		if (r->until.len == 0)
			return REASON_REPLY_NOT_AWAITED;
		return is_back_in_time(b, r) ? tell_absence(b, said) : step_reassign(b, said);
	default:
		return REASON_REPLY_NOT_AWAITED;
	}
}

/* --- what a person decides ------------------------------------------------------------------------ */

/* The one she names: overruled is what is a matter of load, and nothing else. */
static enum reason named(const struct build *b, struct bytes rpps, const struct expert **out)
{
	*out = find(b, rpps);
	return *out == NULL ? REASON_NOT_FOUND : exclusion_reason(route_barred(*out, b->after, b->now));
}

static enum reason assign(struct build *b, const struct policy_command *c)
{
	const struct expert *e;
	enum reason reason = named(b, c->id, &e);
	const struct dossier_offer *live = dossier_live_offer(b->after);

	if (reason != REASON_NONE)
		return reason;
	if (live != NULL && expert_same_rpps(live->rpps, e->rpps))
		return REASON_EXPERT_ASKED;
	if (live != NULL && b->after->state == DOSSIER_OFFERED)
		reason = expire(b, TAKEN_PERSON);
	return reason == REASON_NONE ? offer(b, e, EVENT_OFFERED) : reason;
}

static enum reason reassign(struct build *b, const struct policy_command *c)
{
	const struct expert *e = NULL;
	enum taken_back why = taken_back_of_name(c->how);
	struct dossier_offer_data what = {.why = why, .text = c->text, .word = why == TAKEN_CONFLICT ? POLICY_WORD_CONFLICT : POLICY_WORD_NONE};
	enum reason reason = REASON_NONE;

	if (why == TAKEN_UNSAID || why == TAKEN_STANDBY || why == TAKEN_LATE_OPINION)
		return REASON_USAGE;
	if (c->id.len == 0)
		return step_reassign(b, what);
	/* Who holds it now is never the next one. */
	if (dossier_accepted_offer(b->after) == NULL || expert_same_rpps(dossier_accepted_offer(b->after)->rpps, c->id))
		return REASON_DOSSIER_ORDER;
	reason = named(b, c->id, &e);
	if (reason == REASON_NONE && dossier_live_offer(b->after) != NULL)
		reason = expire(b, TAKEN_PERSON);
	if (reason == REASON_NONE)
		reason = take_back(b, what);
	return reason == REASON_NONE ? offer(b, e, EVENT_OFFERED) : reason;
}

/* Who lost it holds it again: no mail, he has done his part. */
static enum reason give_again(struct build *b, const struct dossier_late_opinion *late)
{
	struct dossier_offer_data first = {.rpps = late->data.rpps};
	const struct expert *e = find(b, first.rpps);

	for (size_t i = 0; i < b->after->n_offers; i++)
		if (bytes_equal(b->after->offers[i].rpps, first.rpps))
			first = data_of(&b->after->offers[i]);
	/* What he has in hand does not matter any more, and is not asked of one who is registered no longer. */
	first.load = e != NULL ? e->load : INT32_MAX;
	first.taken = e != NULL ? e->week + e->asked : INT32_MAX;
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_OFFERED, .offer = first});
	if (reason == REASON_NONE)
		reason = build_event(b, (struct dossier_event){.kind = EVENT_OFFER_ACCEPTED, .offer = first});
	if (reason != REASON_NONE)
		return reason;
	return build_event(b, (struct dossier_event){.kind = EVENT_OPINION_RECEIVED, .inbox = late->inbox, .opinion = late->data});
}

/* The late opinion that came last, as long as nobody else has answered. */
static enum reason take(struct build *b, const struct policy_command *c)
{
	const struct dossier *d = b->after;
	enum reason reason = REASON_NONE;

	if (d->n_late_opinions == 0)
		return REASON_NOT_FOUND;
	/* What he told, or a document shows, since he wrote it: nobody overrules that. */
	const struct expert known = {.rpps = d->late_opinions[d->n_late_opinions - 1].data.rpps}, *e = find(b, known.rpps);
	if (route_conflict(b->arena, e != NULL ? e : &known, d, NULL) != EXCLUSION_NONE)
		return REASON_EXPERT_CONFLICT;
	if (dossier_live_offer(d) != NULL)
		reason = expire(b, TAKEN_LATE_OPINION);
	if (reason == REASON_NONE && dossier_accepted_offer(d) != NULL)
		reason = dossier_next(d->state, EVENT_REASSIGNED) == DOSSIER_NOWHERE ? REASON_DOSSIER_ORDER
										     : take_back(b, (struct dossier_offer_data){.why = TAKEN_LATE_OPINION, .text = c->text});
	if (reason == REASON_NONE)
		reason = give_again(b, &d->late_opinions[d->n_late_opinions - 1]);
	return reason == REASON_NONE ? step_judge_opinion(b) : reason;
}

enum reason expert_command(struct build *b, const struct policy_command *c)
{
	switch (c->act) {
	case POLICY_ACT_ASSIGN:
		return assign(b, c);
	case POLICY_ACT_REASSIGN:
		return reassign(b, c);
	default:
		return c->act == POLICY_ACT_TAKE ? take(b, c) : REASON_USAGE;
	}
}

/* policy/decide_reply.c - what comes to a relay address, and what the experts answer; the others are decide_exchange.c's.
 *
 * A relay address is good only from the party it was made for. An automatic answer never counts. */
#include "policy/decide_form.h"
#include "policy/decide_parts.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"

static struct dossier_offer_data offer_answer(const struct build *b, const struct dossier_offer *offer)
{
	return (struct dossier_offer_data){
		.rpps = offer->rpps,
		.name = offer->name,
		.mailbox = offer->mailbox,
		.organisation = offer->organisation,
		.word = b->message->reply.word,
		.motive = b->message->reply.motive,
		.from = b->message->reply.from,
		.until = b->message->reply.until,
	};
}

static void finish(struct build *b, enum reason reason)
{
	if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else
		build_hold(b, reason);
}

void step_mail_part(struct build *b, const struct decide_parts *parts, size_t part)
{
	const struct policy_patient *p = &b->after->request.patient;

	if (!build_mail(b, MAIL_M13B, PARTY_EXPERT, POLICY_ATTACH_DOSSIER))
		return;
	decide_parts_carry(b, parts, part);
	build_field(b, "family_name", p->family_birth);
	build_field(b, "given_name", p->given_birth_first);
	build_field(b, "birth_date", text_birth_date(b));
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "exams", decide_parts_text(b, parts, part));
}

/* What one mail cannot hold follows in others. */
static void mail_rest(struct build *b, const struct decide_parts *parts)
{
	for (size_t part = 2; part <= parts->mails; part++)
		step_mail_part(b, parts, part);
}

/* He is the first, or the stand-by: then it is taken from who holds it. */
static enum reason accept_offer(struct build *b, const struct dossier_offer *offer)
{
	struct dossier_event accepted = {.kind = EVENT_OFFER_ACCEPTED, .offer = offer_answer(b, offer)};
	bool first = dossier_accepted_offer(b->after) == NULL;
	enum reason reason = first ? build_event(b, accepted) : step_taken_over(b, accepted);

	if (reason != REASON_NONE)
		return reason;
	if (build_mail(b, MAIL_M07, PARTY_PATIENT, POLICY_ATTACH_NONE)) {
		build_field(b, "expert", offer->name);
		build_field(b, "due", text_date(b, b->after->due_at));
	}
	step_mail_dossier(b);
	return REASON_NONE;
}

static enum reason decline_offer(struct build *b, const struct dossier_offer *offer)
{
	enum reason reason = build_event(b, (struct dossier_event){
		.kind = EVENT_OFFER_DECLINED, .offer = offer_answer(b, offer)});

	return reason == REASON_NONE ? step_next(b) : reason;
}

static enum reason ask_again(struct build *b, const struct dossier_offer *offer)
{
	enum reason reason = build_event(b, (struct dossier_event){
		.kind = EVENT_REPLY_UNCLEAR, .offer = offer_answer(b, offer)});

	b->reason = REASON_REPLY_UNCLEAR;
	if (reason == REASON_NONE && build_mail(b, MAIL_M12, offer->standby ? PARTY_STANDBY : PARTY_EXPERT, POLICY_ATTACH_NONE)) {
		b->mails[b->n_mails - 1].in_reply_to = true;
		build_field(b, "due", text_date(b, b->after->due_at));
	}
	return reason;
}

/* Which of the dossier's experts wrote, by himself or through a delegate: who is asked, who holds it, who lost it. */
struct writer {
	const struct dossier_offer *offer;   /* NULL: none of them */
	bool delegate;
};

static void answer_offer(struct build *b, struct writer w)
{
	const struct dossier_offer *offer = w.offer;
	enum reason reason = step_writer(b, w.delegate ? b->message->from : offer->mailbox, offer->rpps);

	b->rule = "offer.reply/1";
	if (reason != REASON_NONE) {
		build_hold(b, reason);
		return;
	}
	switch (b->message->reply.word) {
	case POLICY_WORD_ACCEPT:
		finish(b, accept_offer(b, offer));
		return;
	case POLICY_WORD_REFUSE:
	case POLICY_WORD_CONFLICT:
	case POLICY_WORD_ABSENT:
		finish(b, decline_offer(b, offer));
		return;
	default:
		finish(b, ask_again(b, offer));
	}
}

static void answer_question(struct build *b, const struct dossier_offer *expert)
{
	enum reason reason = step_writer(b, expert->mailbox, expert->rpps);

	b->rule = "exchange.answer/1";
	finish(b, reason == REASON_NONE ? exchange_answer(b, expert) : reason);
}

/* He asks for more before he answers. */
static bool asks_more(const struct build *b)
{
	return b->message->reply.word == POLICY_WORD_MORE && dossier_next(b->after->state, EVENT_MORE_ASKED) != DOSSIER_NOWHERE;
}

static void ask_more(struct build *b, const struct dossier_offer *expert)
{
	enum reason reason = step_writer(b, expert->mailbox, expert->rpps);

	b->rule = "exchange.more/1";
	finish(b, reason == REASON_NONE ? exchange_more(b) : reason);
}

static bool was_asked(const struct dossier *d, struct bytes mailbox)
{
	for (size_t i = 0; i < d->n_offers; i++)
		if (sender_same_address(d->offers[i].mailbox, mailbox))
			return true;
	return false;
}

/* A second "yes" to an offer that he already holds changes nothing and harms nobody. */
static void accepted_again(struct build *b, const struct dossier_offer *holder)
{
	enum reason reason = step_writer(b, holder->mailbox, holder->rpps);

	if (reason == REASON_NONE && b->message->reply.word == POLICY_WORD_ACCEPT && b->after->state == DOSSIER_ACCEPTED)
		build_done(b, POLICY_DUPLICATE, REASON_MESSAGE_DUPLICATE, NULL);
	else
		build_hold(b, reason == REASON_NONE ? REASON_REPLY_NOT_AWAITED : reason);
}

/* The file that was asked back, and no word beside it: the words were kept (EVENT_OPINION_RETURNED). */
static bool completes_draft(const struct build *b)
{
	bool annexes = false;
	for (size_t i = 0; i < b->message->n_documents; i++)
		annexes = annexes || b->message->documents[i].is_annex;
	return annexes && b->after->draft.n_mails > 0;
}

static bool speaks_for(const struct build *b, const struct dossier_offer *offer, struct writer *out)
{
	if (offer == NULL)
		return false;
	bool himself = sender_same_address(offer->mailbox, b->message->from);
	if (!himself && !expert_is_delegate(expert_find(b->rules->experts, b->rules->n_experts, offer->rpps), b->message->from))
		return false;
	*out = (struct writer){offer, !himself};
	return true;
}

static struct writer writer_of(const struct build *b)
{
	struct writer w = {0};

	if (speaks_for(b, dossier_live_offer(b->after), &w) || speaks_for(b, dossier_accepted_offer(b->after), &w))
		return w;
	for (size_t i = b->after->n_offers; w.offer == NULL && i > 0; i--)
		if (dossier_has_lost(b->after, &b->after->offers[i - 1]))
			(void)speaks_for(b, &b->after->offers[i - 1], &w);
	return w;
}

static bool is_opinion(const struct policy_message *m)
{
	return m->class == POLICY_CLASS_OPINION || m->form.found;
}

/* Nothing is done, and who wrote learns at once what to do instead. */
static void refuse_and_tell(struct build *b, enum reason reason)
{
	build_refuse(b, reason);
	build_notice(b, reason);
}

static void from_asked(struct build *b, struct writer w)
{
	if (w.delegate && is_opinion(b->message))
		refuse_and_tell(b, REASON_REPLY_DELEGATE);
	else
		answer_offer(b, w);
}

/* One of the words that a dossier is given back by, while it can be. */
static bool gives_back(const struct build *b)
{
	enum policy_word word = b->message->reply.word;

	return (word == POLICY_WORD_RETURN || word == POLICY_WORD_CONFLICT || word == POLICY_WORD_ABSENT) && !is_opinion(b->message) &&
	       dossier_next(b->after->state, EVENT_REASSIGNED) != DOSSIER_NOWHERE;
}

static void give_back(struct build *b, struct writer w)
{
	enum reason reason = step_writer(b, w.delegate ? b->message->from : w.offer->mailbox, w.offer->rpps);

	b->rule = "dossier.give-back/1";
	finish(b, reason == REASON_NONE ? step_holder_word(b, w.offer) : reason);
}

static void from_holder(struct build *b, struct writer w)
{
	if (gives_back(b))
		give_back(b, w);
	else if (w.delegate)
		refuse_and_tell(b, REASON_REPLY_DELEGATE);
	else if (is_opinion(b->message))
		decide_opinion(b);
	else if (asks_more(b))
		ask_more(b, w.offer);
	else if (dossier_awaits_answer(b->after))
		answer_question(b, w.offer);
	else if (completes_draft(b))
		decide_opinion(b);
	else
		accepted_again(b, w.offer);
}

/* He had the dossier and lost it. An opinion may still come where he never said that none would. */
static void from_ended(struct build *b, struct writer w)
{
	struct dossier_event lost = {.kind = EVENT_REASSIGNED, .offer = {.why = w.offer->why}};

	b->rule = "relay.closed/1";
	if (is_opinion(b->message) && !w.delegate && !event_closes(&lost))
		decide_late_opinion(b, w.offer);
	else
		refuse_and_tell(b, REASON_EXPERT_CLOSED);
}

static void from_expert(struct build *b)
{
	struct writer w = writer_of(b);

	b->actor = bytes_of_text("expert");
	if (w.delegate)
		b->actor = bytes_of_text(arena_printf(b->arena, "delegate:%s", arena_text(b->arena, b->message->from)));
	if (w.offer == NULL)
		/* Too late, or a stranger: neither is an answer. */
		build_hold(b, was_asked(b->after, b->message->from) ? REASON_REPLY_NOT_AWAITED : REASON_REPLY_PARTY);
	else if (w.offer->answer == OFFER_LIVE)
		from_asked(b, w);
	else if (w.offer->answer == OFFER_ACCEPTED)
		from_holder(b, w);
	else
		from_ended(b, w);
}

bool step_mail_first(struct build *b, const struct decide_parts *parts)
{
	const struct policy_patient *p = &b->after->request.patient;
	struct decide_parts all;
	size_t count;
	struct bytes exams = text_exams(b, &count);

	if (!build_mail(b, MAIL_M13, PARTY_EXPERT, POLICY_ATTACH_DOSSIER))
		return false;
	decide_parts_carry(b, parts, 1);
	decide_parts(b, b->mails[b->n_mails - 1].profile, &all);
	struct bytes heavy = decide_parts_text(b, &all, 0);
	build_field(b, "family_name", p->family_birth);
	build_field(b, "given_name", p->given_birth_first);
	build_field(b, "birth_date", text_birth_date(b));
	build_field(b, "age", text_age(b));
	build_field(b, "sex", p->sex);
	build_field(b, "pathology", text_pathology(b));
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "questions", text_questions(b));
	build_field(b, "answers", text_answers(b));
	build_field(b, "exam_count", text_number(b, count));
	build_field(b, "exams", exams);
	build_field(b, "waived", text_waived(b));
	build_field(b, "form", form_blank(b, NULL, 0));
	build_field(b, "heavy", heavy);
	if (heavy.len > 0) {
		/* He is told what he lacks; a person finds another way for it. */
		b->reason = REASON_COMPOSE_SIZE;
		b->owner = "nurses";
	}
	return true;
}

void step_mail_dossier(struct build *b)
{
	struct decide_parts parts;

	decide_parts(b, recipient_profile(b->rules, PARTY_EXPERT, dossier_mailbox(b->after, PARTY_EXPERT)), &parts);
	if (step_mail_first(b, &parts))
		mail_rest(b, &parts);
}

void decide_relay(struct build *b)
{
	b->rule = "relay.party/1";
	if (step_is_automatic(b->message)) {
		step_hold(b, REASON_REPLY_AUTOMATIC);
		return;
	}
	if (b->after == NULL) {
		step_hold(b, REASON_DOSSIER_NONE);
		return;
	}
	if (b->message->party == PARTY_EXPERT || b->message->party == PARTY_STANDBY)
		from_expert(b);
	else if (b->message->party == PARTY_PATIENT)
		decide_patient(b);
	else if (b->message->party == PARTY_REQUESTER)
		decide_requester(b);
	else if (b->message->party == PARTY_ATTENDING || b->message->party == PARTY_FIRST_OPINION)
		decide_physician(b);
	else if (b->message->party == PARTY_REPRESENTATIVE || b->message->party == PARTY_OTHER_PARENT)
		decide_representative(b);
	else
		build_hold(b, REASON_REPLY_NOT_AWAITED);
}

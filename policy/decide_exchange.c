/* policy/decide_exchange.c - what patient, physician and expert write to one another through the dossier's addresses.
 *
 *  1. Nobody is believed but the holder of the mailbox that the address was made for.
 *  2. Signs of an emergency are answered at once, whatever else the text says, and a person is called.
 *  3. Neither side learns the other's address or number: what is passed on has none.
 *  4. What no rule can carry out with certainty waits for a person, with the word that was read; nothing is dropped. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"

enum reason step_writer(const struct build *b, struct bytes mailbox, struct bytes rpps)
{
	const struct policy_message *m = b->message;
	const struct expert *expert = expert_find(b->rules->experts, b->rules->n_experts, rpps);

	if (!sender_same_address(m->from, mailbox))
		return REASON_REPLY_PARTY;
	enum reason unlinked = sender_unlinked(m);
	if (unlinked != REASON_NONE)
		return unlinked;
	if (m->signature.verdict == POLICY_VERDICT_NONE)
		return sender_linked(m) ? REASON_NONE : REASON_SIG_NONE;
	if (expert_has_certificate(expert, m->signature.fingerprint) ||
	    (m->signature.bound == POLICY_BOUND_FROM && sender_same_address(m->signature.email, m->from)))
		return REASON_NONE;
	return REASON_SIG_NOT_BOUND;
}

/* What is written, without the writer's own addresses and numbers. */
static struct bytes passed_on(const struct policy_message *m)
{
	return bytes_trim(m->masked > 0 ? m->relayed : m->text);
}

/* May it go to that party as it is? Documents without a word are no question and no answer, but may be what was asked for. */
static enum reason check_content(const struct build *b, enum party party, bool documents_do)
{
	bool empty = passed_on(b->message).len == 0 && !(documents_do && b->message->n_documents > 0);
	enum reason reason = step_refused_piece(b->message);

	if (reason == REASON_NONE)
		reason = step_masked(b->message, party);
	if (reason == REASON_NONE)
		reason = step_one_patient(b->message, &b->after->request.patient);
	return reason == REASON_NONE && empty ? REASON_REPLY_NOT_AWAITED : reason;
}

static enum policy_attach attached(const struct policy_message *m)
{
	return m->n_documents > 0 ? POLICY_ATTACH_MESSAGE : POLICY_ATTACH_NONE;
}

/* --- from the expert --- */

/* By the mail that he answers; else the one question that is open. Empty where several are and he names none: they stay open, and a person reads it. */
static struct bytes question_of(struct build *b)
{
	size_t last = 0, open = dossier_open_questions(b->after, &last);

	for (size_t i = 0; b->message->question != 0 && i < b->after->n_questions; i++)
		if (b->after->questions[i].inbox == b->message->question)
			return bytes_of_text(arena_printf(b->arena, "%zu", i + 1));
	if (open > 1)
		b->owner = "nurses";
	return open == 1 ? bytes_of_text(arena_printf(b->arena, "%zu", last)) : BYTES_NONE;
}

enum reason exchange_answer(struct build *b, const struct dossier_offer *expert)
{
	enum reason reason = check_content(b, PARTY_PATIENT, false);

	if (reason == REASON_NONE)
		reason = build_text(b, EVENT_QUESTION_ANSWERED, question_of(b), BYTES_NONE);
	step_tell_aside(b);
	if (reason == REASON_NONE && build_mail(b, MAIL_M31, PARTY_PATIENT, attached(b->message))) {
		build_field(b, "expert", expert->name);
		build_field(b, "answer", passed_on(b->message));
	}
	return reason;
}

enum reason exchange_more(struct build *b)
{
	enum reason reason = check_content(b, b->after->request.requester == REQUESTER_PHYSICIAN ? PARTY_REQUESTER : PARTY_PATIENT, false);

	step_tell_aside(b);
	return reason == REASON_NONE ? step_ask_more(b, passed_on(b->message)) : reason;
}

/* --- from the patient, or the physician who asked --- */

static enum reason ask_expert(struct build *b)
{
	enum reason reason = check_content(b, PARTY_EXPERT, false);

	if (reason == REASON_NONE)
		reason = build_plain(b, EVENT_QUESTION_RECEIVED);
	/* A question is a reading, too: who was to wait for the patient has the report now. */
	if (reason == REASON_NONE)
		reason = step_share_due(b);
	step_tell_aside(b);
	if (reason == REASON_NONE && build_mail(b, MAIL_M30, PARTY_EXPERT, attached(b->message)))
		build_field(b, "question", passed_on(b->message));
	return reason;
}

static enum reason file_pieces(struct build *b, struct bytes organisation)
{
	for (size_t i = 0; i < b->message->n_documents; i++) {
		if (b->message->documents[i].aside)
			continue;
		enum reason reason = step_file(b, &b->message->documents[i], organisation, true, false);
		if (reason != REASON_NONE && reason != REASON_DOCUMENT_DUPLICATE)
			return reason;
	}
	return REASON_NONE;
}

/* What the expert asked for: words and documents go to him together, and the documents stay in the dossier. */
static enum reason answer_more(struct build *b, struct bytes organisation)
{
	enum reason reason = check_content(b, PARTY_EXPERT, true);

	if (reason == REASON_NONE)
		reason = file_pieces(b, organisation);
	if (reason == REASON_NONE)
		reason = build_text(b, EVENT_MORE_ANSWERED, BYTES("answered"), BYTES_NONE);
	step_tell_aside(b);
	return reason == REASON_NONE ? step_more_came(b, passed_on(b->message)) : reason;
}

/* Two known physicians: the one who follows him. No mailbox: a person finds one. */
static enum party share_with(const struct dossier *d)
{
	if (sender_address_ok(d->request.attending.mailbox))
		return PARTY_ATTENDING;
	return sender_address_ok(d->request.first_opinion.mailbox) ? PARTY_FIRST_OPINION : PARTY_NONE;
}

static enum reason change_consent(struct build *b, enum party party, bool given)
{
	return build_event(b, (struct dossier_event){.kind = EVENT_CONSENT_CHANGED, .consent = {party, given}});
}

/* His word is the consent, and the order to send. */
static enum reason share(struct build *b)
{
	enum party party = share_with(b->after);

	if (party == PARTY_NONE || dossier_version(b->after) == 0)
		return REASON_REPLY_WISH;
	enum reason reason = change_consent(b, party, true);
	if (reason == REASON_NONE)
		reason = step_share(b, party);
	return reason == REASON_MESSAGE_DUPLICATE ? REASON_NONE : reason;   /* the physician has it already */
}

/* To be on the safe side nobody more has it; who has it already is told to him by a person (the task had_report). */
static enum reason unshare(struct build *b)
{
	enum reason reason = change_consent(b, PARTY_ATTENDING, false);

	if (reason == REASON_NONE)
		reason = change_consent(b, PARTY_FIRST_OPINION, false);
	if (reason == REASON_NONE && b->after->request.requester == REQUESTER_PHYSICIAN)
		reason = change_consent(b, PARTY_REQUESTER, false);
	b->owner = "nurses";
	return reason;
}

/* Nothing more leaves from this second on; a person makes sure of what he wants, and ends it. Frozen already, nothing leaves as it is: his word
 * is not to take the place of what froze it, and waits for her. */
static enum reason withdraw(struct build *b)
{
	if (b->after->frozen_at.us != 0)
		return REASON_REPLY_WISH;
	b->owner = "nurses";
	return build_text(b, EVENT_FROZEN, BYTES("withdrawal"), BYTES_NONE);
}

enum reason step_close(struct build *b)
{
	(void)build_mail(b, MAIL_M35, PARTY_PATIENT, POLICY_ATTACH_NONE);
	(void)build_mail(b, MAIL_M37, PARTY_EXPERT, POLICY_ATTACH_NONE);
	return build_plain(b, EVENT_CLOSED);
}

/* The exchange is over, or the dossier: never lost (product E41). */
static enum reason ask_late(struct build *b)
{
	enum reason reason = build_plain(b, EVENT_QUESTION_LATE);

	if (reason == REASON_NONE)
		(void)build_mail(b, MAIL_M36, PARTY_PATIENT, POLICY_ATTACH_NONE);
	b->owner = "nurses";
	return reason;
}

static enum reason plain_words(struct build *b, struct bytes organisation)
{
	enum dossier_state state = b->after->state;

	if (state == DOSSIER_MORE_INFO)
		return answer_more(b, organisation);
	if (dossier_next(state, EVENT_QUESTION_RECEIVED) != DOSSIER_NOWHERE)
		return ask_expert(b);
	if (dossier_next(state, EVENT_QUESTION_LATE) != DOSSIER_NOWHERE)
		return ask_late(b);
	return state == DOSSIER_INCOMPLETE ? REASON_REPLY_PIECES : REASON_REPLY_NOT_AWAITED;
}

static bool may_close(const struct dossier *d)
{
	return d->state == DOSSIER_EXCHANGE && dossier_open_questions(d, NULL) == 0;
}

/* With a word that is carried out at once nobody reads what came beside it. */
static bool is_alone(const struct policy_message *m)
{
	return m->n_documents == 0 && m->archive == REASON_NONE;
}

/* The questionnaire after six months: its answers leave no trace in the dossier but that they came. */
static enum reason answer_study(struct build *b, struct study_answers answers)
{
	struct study_answers *kept = arena_alloc(b->arena, sizeof *kept);
	enum reason reason = build_plain(b, EVENT_STUDY_ANSWERED);

	*kept = answers;
	b->study = kept;
	return reason == REASON_NONE && (answers.more || b->message->n_documents > 0) ? ask_late(b) : reason;
}

/* STOP after the questionnaire can mean nothing else; beside it answers may stand. */
static enum reason study_words(struct build *b, bool *read)
{
	bool asked = dossier_passed(b->after, deadline_name(DEADLINE_SIX_MONTHS)) != NULL;
	bool over = b->after->state == DOSSIER_CLOSED || b->after->state == DOSSIER_ARCHIVED;
	bool stop = asked && over && b->message->reply.patient == POLICY_WORD_STOP && b->after->study_stopped_at.us == 0;
	struct study_answers answers;
	enum reason reason = REASON_NONE;

	*read = stop;
	if (study_awaits(b->after) && study_read(b->message->text, &answers)) {
		*read = true;
		reason = answer_study(b, answers);
	}
	if (reason == REASON_NONE && stop)
		reason = build_plain(b, EVENT_STUDY_STOPPED);
	return reason;
}

static enum reason patient_words(struct build *b)
{
	bool study;
	enum reason reason = study_words(b, &study);

	if (study)
		return reason;
	switch (b->message->reply.patient) {
	case POLICY_WORD_SHARE:
		return is_alone(b->message) ? share(b) : REASON_REPLY_WISH;
	case POLICY_WORD_UNSHARE:
		return unshare(b);
	case POLICY_WORD_WITHDRAW:
		return withdraw(b);
	case POLICY_WORD_DONE:
		return may_close(b->after) && is_alone(b->message) ? step_close(b) : REASON_REPLY_WISH;
	case POLICY_WORD_CORRECT:
	case POLICY_WORD_STOP:
	case POLICY_WORD_CALL:
	case POLICY_WORD_NO_EXAM:
	case POLICY_WORD_WAIT:
		return REASON_REPLY_WISH;
	default:
		return plain_words(b, BYTES("patient"));
	}
}

static struct bytes emergency_words(const struct build *b)
{
	const char *all = "";

	for (size_t i = 0; i < b->message->n_emergencies; i++) {
		struct bytes w = b->message->emergencies[i].words;
		all = arena_printf(b->arena, "%s%s%.*s", all, i > 0 ? ", " : "", (int)w.len, (const char *)w.at);
	}
	return bytes_of_text(all);
}

/* Words that say nothing but what is to be passed on: a question, or what the expert asked for. */
static bool may_pass_on(const struct build *b)
{
	enum dossier_state state = b->after->state;
	bool open = state == DOSSIER_MORE_INFO || dossier_next(state, EVENT_QUESTION_RECEIVED) != DOSSIER_NOWHERE;
	return open && b->message->reply.patient == POLICY_WORD_NONE;
}

/* The numbers to call leave whatever becomes of the rest: where no rule can carry that out, it waits for the nurse who was called. */
static enum reason with_emergency(struct build *b, enum reason (*rest)(struct build *))
{
	enum reason reason = step_urgent(b, "exchange", emergency_words(b));

	if (reason == REASON_NONE && may_pass_on(b)) {
		struct build urgent = *b;
		struct dossier after = dossier_copy(b->arena, b->after);
		if (rest(b) != REASON_NONE) {
			*b = urgent;
			*b->after = after;
		}
	}
	b->owner = "nurses";
	b->reason = REASON_REPLY_URGENT;
	return reason;
}

enum reason exchange_patient(struct build *b)
{
	bool urgent = b->message->n_emergencies > 0 && dossier_next(b->after->state, EVENT_URGENT) != DOSSIER_NOWHERE;
	return urgent ? with_emergency(b, patient_words) : patient_words(b);
}

static void settle(struct build *b, enum reason reason)
{
	if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else
		build_hold(b, reason);
}

void decide_patient(struct build *b)
{
	enum reason reason = step_writer(b, b->after->request.mailbox, BYTES_NONE);

	b->rule = "exchange.question/2";
	b->actor = bytes_of_text("patient");
	/* Not surely his: it moves nothing, and still a person reads it first. */
	if (reason != REASON_NONE && b->message->n_emergencies > 0)
		reason = REASON_REPLY_URGENT;
	else if (reason == REASON_NONE)
		reason = exchange_patient(b);
	settle(b, reason);
}

/* The patient told him yes: his word opens what his request did not say, and stands behind the consent as its proof. What else the request does
 * not tell is a nurse's to tell; nothing else, and it goes on as if it had come so. */
static enum reason agree(struct build *b)
{
	const struct dossier_request *r = &b->after->request;
	enum reason reason = change_consent(b, PARTY_PATIENT, true);

	if (reason == REASON_NONE)
		reason = change_consent(b, PARTY_EXPERT, true);
	bool known = r->pathology.len > 0 && r->version.len > 0;
	if (reason != REASON_NONE)
		return reason;
	if (b->after->state == DOSSIER_UNQUALIFIED && !known)
		b->owner = "nurses";
	else if (b->after->state == DOSSIER_UNQUALIFIED)
		reason = step_qualify(b, r->pathology, r->version);
	else
		reason = step_welcome_after(b);
	if (reason == REASON_NONE)
		step_mail_received(b);
	return reason;
}

/* No agreement, no request: nobody but him was ever told of it. */
static enum reason disagree(struct build *b)
{
	b->owner = "nurses";
	return build_text(b, EVENT_CANCELLED, BYTES("refused"), BYTES_NONE);
}

static bool awaits_agreement(const struct dossier *d)
{
	return (d->state == DOSSIER_UNQUALIFIED || d->state == DOSSIER_INCOMPLETE) && !(d->request.consent_processing && d->request.consent_expert);
}

/* What the words of a physician change by themselves; all others are a person's to read. */
static enum reason requester_words(struct build *b)
{
	enum policy_word word = b->message->reply.physician;

	if (step_says_unfiled(b->message))
		return step_unfiled(b, &(struct dossier_mail_data){.code = MAIL_M64, .party = PARTY_REQUESTER, .mailbox = b->message->from});
	if (step_is_profile_word(word))
		return step_profile_word(b);
	if ((word == POLICY_WORD_AGREE || word == POLICY_WORD_REFUSE) && awaits_agreement(b->after))
		return !is_alone(b->message) ? REASON_REPLY_WISH : word == POLICY_WORD_AGREE ? agree(b) : disagree(b);
	return word != POLICY_WORD_NONE && word != POLICY_WORD_UNCLEAR ? REASON_REPLY_WISH : plain_words(b, b->after->request.organisation);
}

void decide_requester(struct build *b)
{
	enum reason reason = step_writer(b, dossier_mailbox(b->after, PARTY_REQUESTER), BYTES_NONE);

	b->rule = "exchange.requester/2";
	b->actor = bytes_of_text("requester");
	/* A physician who writes of an emergency knows whom to call: a person reads it first, and nobody is sent the numbers for it. */
	if (b->message->n_emergencies > 0)
		reason = REASON_REPLY_URGENT;
	if (reason == REASON_NONE)
		reason = requester_words(b);
	settle(b, reason);
}

void decide_physician(struct build *b)
{
	enum party party = b->message->party;
	enum reason reason = step_writer(b, dossier_mailbox(b->after, party), BYTES_NONE);

	b->rule = "exchange.physician/1";
	b->actor = bytes_of_text("physician");
	if (b->message->n_emergencies > 0)
		reason = REASON_REPLY_URGENT;
	if (reason == REASON_NONE && step_says_unfiled(b->message))
		reason = step_unfiled(b, &(struct dossier_mail_data){.code = MAIL_M64, .party = party, .mailbox = b->message->from});
	else if (reason == REASON_NONE)
		reason = step_is_profile_word(b->message->reply.physician) ? step_profile_word(b) : REASON_REPLY_NOT_AWAITED;
	settle(b, reason);
}

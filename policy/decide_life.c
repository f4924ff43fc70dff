/* policy/decide_life.c - what a person does to a dossier around the straight line: identity, pauses, calls, freezes, ends. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/export.h"

/* A sentence that the nurse adds for who reads it; why she does it stays in the event. */
static void tell(struct build *b, enum mail_code code, enum party party, const struct policy_command *c)
{
	if (build_mail(b, code, party, POLICY_ATTACH_NONE))
		build_field(b, "why", c->say);
}

/* Whoever holds or was offered the dossier is asked to delete what he has: written while he still is its expert. */
void life_dismiss_experts(struct build *b, bool ended)
{
	const char *fr = ended ? "la demande est close." : "un autre expert répond à cette demande.", *en = ended ? "the request is closed." : "another expert answers this request.";
	static const enum party experts[] = {PARTY_EXPERT, PARTY_STANDBY};

	for (size_t i = 0; i < sizeof experts / sizeof experts[0]; i++)
		if (build_mail(b, MAIL_M18, experts[i], POLICY_ATTACH_NONE))
			build_field_text(b, "why", build_english(b) ? en : fr);
}

static enum reason end(struct build *b, enum dossier_event_kind kind, enum mail_code code, const struct policy_command *c)
{
	life_dismiss_experts(b, true);
	enum reason reason = build_text(b, kind, BYTES_NONE, c->text);

	if (reason == REASON_NONE)
		tell(b, code, PARTY_PATIENT, c);
	if (reason == REASON_NONE && code == MAIL_M42)
		build_field_text(b, "places_list", build_english(b) ? "- the doctor who follows you\n- the hospital team who proposed your treatment" : "- le médecin qui vous suit\n- l’équipe de l’hôpital qui vous a proposé le traitement");
	/* Who cannot be written to is called. */
	b->owner = "nurses";
	return reason;
}

/* All that is automatic stops; nothing goes to the patient or the family. */
static enum reason die(struct build *b, const struct policy_command *c)
{
	life_dismiss_experts(b, true);
	b->owner = "nurses";
	return build_text(b, EVENT_DIED, BYTES_NONE, c->text);
}

static enum reason doubt(struct build *b, const struct policy_command *c)
{
	enum reason reason = build_text(b, EVENT_IDENTITY_DOUBTED, bytes_of_text(reason_code(REASON_IDENTITY_DIFFERS)), c->text);

	if (reason == REASON_NONE)
		tell(b, MAIL_M05, PARTY_PATIENT, c);
	return reason;
}

/* Compared, the number is qualified: it has a mailbox from now on, unless he has chosen another way; and he may be written to for the first time. What
 * the request does not tell is asked for as if it had come so. */
static enum reason qualify_number(struct build *b)
{
	const struct dossier_channel_data mailbox = {
		.party = PARTY_PATIENT, .address = text_patient_mailbox(b, &b->after->request.patient), .why = BYTES("qualified")};
	const struct dossier_request *r = &b->after->request;
	enum reason reason = REASON_NONE;

	if (b->after->channels[PARTY_PATIENT].channel == CHANNEL_MAIL)
		reason = build_event(b, (struct dossier_event){.kind = EVENT_CHANNEL_CHANGED, .channel = mailbox});
	if (reason != REASON_NONE)
		return reason;
	if (r->unqualified && (r->pathology.len == 0 || r->version.len == 0 || !r->consent_processing || !r->consent_expert))
		return step_await_qualification(b);
	if (build_mail(b, MAIL_M01, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "pathology", text_pathology(b));
	return REASON_NONE;
}

static enum reason confirm_identity(struct build *b, const struct policy_command *c)
{
	enum reason reason = build_text(b, EVENT_IDENTITY_CONFIRMED, BYTES("compared"), c->text);

	if (reason == REASON_NONE && b->after->request.mailbox.len == 0)
		reason = qualify_number(b);
	return reason == REASON_NONE ? step_reassess(b) : reason;
}

/* The expert asked on the telephone, or the nurse puts his question in words. */
static enum reason ask_more(struct build *b, const struct policy_command *c)
{
	return c->text.len > 0 ? step_ask_more(b, c->text) : REASON_USAGE;
}

/* What came goes to him with it; without, he answers on what he has. Of the patient's own questions: a person has seen that he has his answers. */
static enum reason answer_more(struct build *b, const struct policy_command *c, const char *how)
{
	if (b->after->state != DOSSIER_MORE_INFO && c->act == POLICY_ACT_ANSWERED && dossier_open_questions(b->after, NULL) > 0) {
		b->owner = "nurses";
		return build_text(b, EVENT_QUESTION_ANSWERED, BYTES("all"), c->text);
	}
	enum reason reason = build_text(b, EVENT_MORE_ANSWERED, bytes_of_text(how), c->text);

	return reason == REASON_NONE ? step_more_came(b, c->text) : reason;
}

/* A letter came back: the fold forgets the address; what it held is told anew, when there is another. */
static enum reason letter_returned(struct build *b, const struct dossier_contact_data *data)
{
	const struct dossier_mail_data mail = {
		.code = data->code, .party = data->party, .mailbox = dossier_mailbox(b->after, data->party), .reason = REASON_CHANNEL_RETURNED};

	b->owner = "nurses";
	if (data->code == MAIL_NONE)
		return REASON_NONE;
	if (data->party == PARTY_PATIENT)
		return step_failed(b, &mail);
	return build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = mail});
}

static enum reason contact(struct build *b, const struct policy_command *c)
{
	struct dossier_contact_data data = {
		.party = c->party, .means = contact_means_of_name(c->id), .result = contact_result_of_name(c->how), .code = mail_code_of_name(c->mail),
		.text = c->text};

	if (data.party == PARTY_NONE || data.means == CONTACT_NONE || data.result == CONTACT_UNSAID || (c->mail.len > 0 && data.code == MAIL_NONE))
		return REASON_USAGE;
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_CONTACT_MADE, .contact = data});
	bool known = data.result == CONTACT_REACHED || data.result == CONTACT_SIGNED;
	const struct dossier_mail_data heard = {
		.code = data.code, .party = data.party, .mailbox = dossier_mailbox(b->after, data.party), .level = PROOF_ANSWERED};
	if (reason == REASON_NONE && data.result == CONTACT_RETURNED)
		return letter_returned(b, &data);
	if (reason != REASON_NONE || !known || data.code == MAIL_NONE)
		return reason;
	/* Read aloud, or a letter signed for: the highest proof there is. */
	reason = build_event(b, (struct dossier_event){.kind = EVENT_MAIL_PROOF, .mail = heard});
	return reason == REASON_NONE && data.code == MAIL_M21 && data.party == PARTY_PATIENT ? step_read(b, &heard) : reason;
}

static enum reason link(struct build *b, const struct policy_command *c)
{
	return c->id.len > 0 && !bytes_equal_nocase(c->id, b->after->reference) ? build_text(b, EVENT_LINKED, c->id, c->text) : REASON_USAGE;
}

/* An emergency: the patient has the numbers to call within the minute, and a person is called. */
static enum reason urgent(struct build *b, const struct policy_command *c)
{
	return step_urgent(b, "person", c->text);
}

static enum reason share(struct build *b, const struct policy_command *c)
{
	return step_share(b, c->party);
}

/* What the patient read while nothing could leave opens it for his physician now. */
static enum reason unfreeze(struct build *b, const struct policy_command *c)
{
	enum reason reason = build_text(b, EVENT_UNFROZEN, BYTES_NONE, c->text);

	return reason == REASON_NONE && b->after->state == DOSSIER_EXCHANGE ? step_share_due(b) : reason;
}

/* Written down before the copy is made: nobody reads a whole dossier without a trace. */
static enum reason export_copy(struct build *b, const struct policy_command *c)
{
	enum export_for whom = export_for_of_name(c->id);

	if (whom == EXPORT_NOBODY)
		return REASON_USAGE;
	enum reason reason = export_check(b->after, whom);
	return reason == REASON_NONE ? build_text(b, EVENT_EXPORTED, bytes_of_text(export_for_name(whom)), BYTES_NONE) : reason;
}

/* Whoever lets a stopped mail go, or keeps it, says why: it may be asked for years later. */
static enum reason look(struct build *b, enum dossier_event_kind kind, const struct policy_command *c)
{
	return bytes_trim(c->text).len > 0 ? build_text(b, kind, c->id, c->text) : REASON_USAGE;
}

enum reason life_command(struct build *b, const struct policy_command *c)
{
	switch (c->act) {
	case POLICY_ACT_REDIRECT:
		return end(b, EVENT_REDIRECTED, MAIL_M42, c);
	case POLICY_ACT_WITHDRAW:
		return end(b, EVENT_WITHDRAWN, MAIL_M43, c);
	case POLICY_ACT_CANCEL:
		return end(b, EVENT_CANCELLED, MAIL_M43, c);
	case POLICY_ACT_EXPIRE:
		return end(b, EVENT_EXPIRED, MAIL_M44, c);
	case POLICY_ACT_DIED:
		return die(b, c);
	case POLICY_ACT_DOUBT:
		return doubt(b, c);
	case POLICY_ACT_IDENTITY:
		return confirm_identity(b, c);
	case POLICY_ACT_PAUSE:
		return build_text(b, EVENT_PAUSED, BYTES_NONE, c->text);
	case POLICY_ACT_RESUME:
		return build_text(b, EVENT_RESUMED, BYTES_NONE, c->text);
	case POLICY_ACT_MORE:
		return ask_more(b, c);
	case POLICY_ACT_ANSWERED:
		return answer_more(b, c, "answered");
	case POLICY_ACT_WITHOUT:
		return answer_more(b, c, "without");
	case POLICY_ACT_CONTACT:
		return contact(b, c);
	case POLICY_ACT_FREEZE:
		return c->id.len > 0 ? build_text(b, EVENT_FROZEN, c->id, c->text) : REASON_USAGE;
	case POLICY_ACT_UNFREEZE:
		return unfreeze(b, c);
	case POLICY_ACT_COMPLAINT:
		return build_text(b, EVENT_COMPLAINED, BYTES_NONE, c->text);
	case POLICY_ACT_SETTLE:
		return build_text(b, EVENT_COMPLAINT_SETTLED, BYTES_NONE, c->text);
	case POLICY_ACT_LINK:
		return link(b, c);
	case POLICY_ACT_URGENT:
		return urgent(b, c);
	case POLICY_ACT_SHARE:
		return share(b, c);
	case POLICY_ACT_STUDY_ANSWERED:
		return build_plain(b, EVENT_STUDY_ANSWERED);
	case POLICY_ACT_STUDY_STOP:
		return build_plain(b, EVENT_STUDY_STOPPED);
	case POLICY_ACT_ARCHIVE:
		return build_plain(b, EVENT_ARCHIVED);
	case POLICY_ACT_ERASE:
		return build_text(b, EVENT_ERASED, BYTES_NONE, c->text);
	case POLICY_ACT_ERASE_ASKED:
		return build_text(b, EVENT_ERASURE_ASKED, BYTES_NONE, c->text);
	case POLICY_ACT_ERASE_ANSWERED:
		return build_text(b, EVENT_ERASURE_ANSWERED, BYTES_NONE, c->text);
	case POLICY_ACT_LET_GO:
		return look(b, EVENT_MAIL_LET_GO, c);
	case POLICY_ACT_DROP:
		return look(b, EVENT_MAIL_DROPPED, c);
	case POLICY_ACT_EXPORT:
		return export_copy(b, c);
	default:
		return REASON_USAGE;
	}
}

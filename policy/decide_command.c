/* policy/decide_command.c - what an operator asks for. */
#include "policy/decide_form.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"

static const struct {
	const char *name, *rule;
} acts[POLICY_ACTS] = {
	[POLICY_ACT_TRIAGE] = {"triage", "operator.triage/1"},
	[POLICY_ACT_REDIRECT] = {"redirect", "operator.redirect/1"},
	[POLICY_ACT_WAIVE] = {"waive", "operator.waive/1"},
	[POLICY_ACT_OFFER] = {"offer", "operator.offer/1"},
	[POLICY_ACT_ASSIGN] = {"assign", "operator.assign/1"},
	[POLICY_ACT_REASSIGN] = {"reassign", "operator.reassign/1"},
	[POLICY_ACT_TAKE] = {"take", "operator.take/1"},
	[POLICY_ACT_RELEASE] = {"release", "operator.release/1"},
	[POLICY_ACT_HOLD] = {"hold", "operator.hold/1"},
	[POLICY_ACT_RETURN] = {"return", "operator.return/1"},
	[POLICY_ACT_CONSENT] = {"consent", "operator.consent/1"},
	[POLICY_ACT_ANSWER] = {"answer", "operator.answer/1"},
	[POLICY_ACT_WITHDRAW] = {"withdraw", "operator.withdraw/1"},
	[POLICY_ACT_CANCEL] = {"cancel", "operator.cancel/1"},
	[POLICY_ACT_MAILBOX] = {"mailbox", "operator.mailbox/1"},
	[POLICY_ACT_CLOSE] = {"close", "operator.close/1"},
	[POLICY_ACT_EXPIRE] = {"expire", "operator.expire/1"},
	[POLICY_ACT_DIED] = {"died", "operator.died/1"},
	[POLICY_ACT_DOUBT] = {"doubt", "operator.doubt/1"},
	[POLICY_ACT_IDENTITY] = {"identity", "operator.identity/1"},
	[POLICY_ACT_PAUSE] = {"pause", "operator.pause/1"},
	[POLICY_ACT_RESUME] = {"resume", "operator.resume/1"},
	[POLICY_ACT_MORE] = {"more", "operator.more/1"},
	[POLICY_ACT_ANSWERED] = {"answered", "operator.answered/1"},
	[POLICY_ACT_WITHOUT] = {"without", "operator.without/1"},
	[POLICY_ACT_CONTACT] = {"contact", "operator.contact/1"},
	[POLICY_ACT_FREEZE] = {"freeze", "operator.freeze/1"},
	[POLICY_ACT_UNFREEZE] = {"unfreeze", "operator.unfreeze/1"},
	[POLICY_ACT_COMPLAINT] = {"complaint", "operator.complaint/1"},
	[POLICY_ACT_SETTLE] = {"settle", "operator.settle/1"},
	[POLICY_ACT_LINK] = {"link", "operator.link/1"},
	[POLICY_ACT_URGENT] = {"urgent", "operator.urgent/1"},
	[POLICY_ACT_SHARE] = {"share", "operator.share/1"},
	[POLICY_ACT_REPRESENT] = {"represent", "operator.represent/1"},
	[POLICY_ACT_REPRESENT_END] = {"represent-end", "operator.represent-end/1"},
	[POLICY_ACT_CHANNEL] = {"channel", "operator.channel/1"},
	[POLICY_ACT_PROFILE] = {"profile", "operator.profile/1"},
	[POLICY_ACT_SECRET] = {"secret", "operator.secret/1"},
	[POLICY_ACT_UNSECRET] = {"unsecret", "operator.unsecret/1"},
	[POLICY_ACT_STUDY_ANSWERED] = {"study-answered", "operator.study-answered/1"},
	[POLICY_ACT_STUDY_STOP] = {"study-stop", "operator.study-stop/1"},
	[POLICY_ACT_ARCHIVE] = {"archive", "operator.archive/1"},
	[POLICY_ACT_ERASE] = {"erase", "operator.erase/1"},
	[POLICY_ACT_ERASE_ASKED] = {"erase-asked", "operator.erase-asked/1"},
	[POLICY_ACT_ERASE_ANSWERED] = {"erase-answered", "operator.erase-answered/1"},
	[POLICY_ACT_LET_GO] = {"let-go", "operator.let-go/1"},
	[POLICY_ACT_DROP] = {"drop", "operator.drop/1"},
	[POLICY_ACT_EXPORT] = {"export", "operator.export/1"},
};

/* A waiver is for a piece that is missing now, and no consent can be waived. */
static enum reason waive(struct build *b, const struct policy_command *c)
{
	struct missing *missing;
	size_t n;
	enum reason reason = step_missing(b, &missing, &n);

	if (reason != REASON_NONE)
		return reason;
	reason = REASON_NOT_FOUND;
	for (size_t i = 0; i < n; i++)
		if (missing[i].kind != MISSING_CONSENT && bytes_equal(missing[i].id, c->id))
			reason = build_text(b, EVENT_PIECE_WAIVED, c->id, c->text);
	return reason == REASON_NONE ? step_reassess(b) : reason;
}

static enum reason return_opinion(struct build *b, const struct policy_command *c)
{
	enum reason reason = build_text(b, EVENT_OPINION_RETURNED, BYTES_NONE, c->text);

	if (reason == REASON_NONE && build_mail(b, MAIL_M15, PARTY_EXPERT, POLICY_ATTACH_NONE)) {
		build_field(b, "missing", c->text);
		build_field(b, "form_whole", form_blank(b, NULL, 0));
	}
	/* Of a correction: what was released stands again, and the patient may have read it meanwhile. */
	return reason == REASON_NONE && b->after->state == DOSSIER_EXCHANGE ? step_share_due(b) : reason;
}

static enum reason offer_again(struct build *b)
{
	return dossier_next(b->after->state, EVENT_OFFERED) != DOSSIER_NOWHERE ? step_offer(b) : REASON_DOSSIER_ORDER;
}

/* With the second of the request's two consents the patient may be written to for the first time. */
static enum reason change_consent(struct build *b, const struct policy_command *c)
{
	bool told = consent_check(b->after, PARTY_PATIENT, b->now) == REASON_NONE;
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_CONSENT_CHANGED, .consent = {c->party, c->given}});

	if (reason != REASON_NONE || (c->party != PARTY_PATIENT && c->party != PARTY_EXPERT))
		return reason;
	bool first = !told && consent_check(b->after, PARTY_PATIENT, b->now) == REASON_NONE;
	if (!first || b->after->state == DOSSIER_UNQUALIFIED)
		return step_reassess(b);
	reason = step_welcome_after(b);
	if (reason == REASON_NONE)
		step_mail_received(b);
	return reason;
}

enum reason step_qualify(struct build *b, struct bytes pathology, struct bytes version)
{
	enum reason reason = step_questionnaire(b->rules, pathology, version, b->now);
	if (reason == REASON_NONE)
		reason = build_text(b, EVENT_QUALIFIED, pathology, version);
	if (reason != REASON_NONE)
		return reason;
	if (build_mail(b, MAIL_M01, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "pathology", text_pathology(b));
	b->owner = consent_check(b->after, PARTY_PATIENT, b->now) == REASON_NONE ? b->owner : "nurses";
	reason = step_reassess(b);
	if (reason == REASON_NONE && b->after->state == DOSSIER_INCOMPLETE)
		step_mail_received(b);
	return reason;
}

/* A person says what the request does not: its pathology, and the version of the questionnaire that it is weighed by. */
static enum reason qualify(struct build *b, const struct policy_command *c)
{
	const struct dossier_request *r = &b->after->request;
	struct bytes pathology = c->id.len > 0 ? c->id : r->pathology, version = c->text.len > 0 ? c->text : r->version;

	return pathology.len == 0 || version.len == 0 ? REASON_REQUEST_UNQUALIFIED : step_qualify(b, pathology, version);
}

static enum reason triage(struct build *b, const struct policy_command *c)
{
	if (b->after->state == DOSSIER_UNQUALIFIED)
		return qualify(b, c);
	return b->after->state == DOSSIER_TRIAGE && c->id.len == 0 ? step_triage(b) : REASON_DOSSIER_ORDER;
}

static enum reason tell_answer(struct build *b, const struct policy_command *c)
{
	enum reason reason = build_text(b, EVENT_ANSWER_TOLD, c->id, c->text);
	return reason == REASON_NONE ? step_reassess(b) : reason;
}

static enum reason carry_out(struct build *b, const struct policy_command *c)
{
	switch (c->act) {
	case POLICY_ACT_TRIAGE:
		return triage(b, c);
	case POLICY_ACT_WAIVE:
		return waive(b, c);
	case POLICY_ACT_OFFER:
		return offer_again(b);
	case POLICY_ACT_RELEASE:
		/* Released, it is on its way. */
		return b->after->state == DOSSIER_RELEASED ? REASON_DOSSIER_ORDER : step_release(b);
	case POLICY_ACT_HOLD:
		return build_text(b, EVENT_HELD, c->id, c->text);
	case POLICY_ACT_RETURN:
		return return_opinion(b, c);
	case POLICY_ACT_CONSENT:
		return change_consent(b, c);
	case POLICY_ACT_ANSWER:
		return tell_answer(b, c);
	case POLICY_ACT_MAILBOX:
		return step_choose_mailbox(b, c->party, c->id);
	case POLICY_ACT_PROFILE:
		return profile_command(b, c);
	case POLICY_ACT_CLOSE:
		return step_close(b);
	case POLICY_ACT_ASSIGN:
	case POLICY_ACT_REASSIGN:
	case POLICY_ACT_TAKE:
		return expert_command(b, c);
	case POLICY_ACT_REPRESENT:
	case POLICY_ACT_REPRESENT_END:
	case POLICY_ACT_CHANNEL:
	case POLICY_ACT_SECRET:
	case POLICY_ACT_UNSECRET:
		return people_command(b, c);
	default:
		return life_command(b, c);
	}
}

const char *policy_act_name(enum policy_act act)
{
	return acts[act].name;
}

enum policy_act policy_act_of_name(struct bytes name)
{
	enum policy_act act = 0;
	while (act < POLICY_ACTS && !bytes_equal_text(name, acts[act].name))
		act++;
	return act;
}

void policy_decide_command(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct policy_command *command, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);

	b.rule = command->act < POLICY_ACTS ? acts[command->act].rule : "operator.unknown/1";
	build_operator(&b, command->actor);
	build_dossier(&b, dossier);
	enum reason reason = carry_out(&b, command);
	if (reason == REASON_NONE)
		build_done(&b, POLICY_APPLIED, b.reason, b.owner);
	else
		build_refuse(&b, reason);
	build_end(&b, out);
}

void policy_decide_decline(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message, struct bytes actor,
			   struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, message, message->received);

	b.rule = "operator.decline/1";
	build_operator(&b, actor);
	build_refuse(&b, REASON_CONTENT_DECLINED);
	build_declined(&b, REASON_CONTENT_DECLINED);
	build_done(&b, POLICY_REFUSED, REASON_CONTENT_DECLINED, NULL);
	build_end(&b, out);
}

void policy_decide_return(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message,
			  enum reason reason, struct bytes actor, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, message, message->received);

	b.rule = "operator.give-back/1";
	build_operator(&b, actor);
	build_refuse(&b, reason);
	build_notice(&b, reason);
	/* A person has seen it: this is its end even where the sender may not be told. */
	build_done(&b, POLICY_REFUSED, reason, NULL);
	build_end(&b, out);
}

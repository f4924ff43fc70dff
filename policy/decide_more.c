/* policy/decide_more.c - what the expert lacks and gets later: his questions before he answers, documents that come meanwhile. */
#include "policy/decide_parts.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/given.h"

/* Since when what comes is new to him: his acceptance, or the last time that he was sent what had come. */
static struct instant sent_until(const struct dossier *d)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);
	const struct dossier_passed *sent = dossier_passed(d, STEP_ADDENDUM);

	return sent != NULL && instant_before(holder->answered_at, sent->at) ? sent->at : holder->answered_at;
}

static void mail_addendum(struct build *b, const struct decide_parts *parts, size_t part, enum mail_code code, struct bytes words)
{
	const struct policy_patient *p = &b->after->request.patient;

	if (!build_mail(b, code, PARTY_EXPERT, parts->n > 0 ? POLICY_ATTACH_DOSSIER : POLICY_ATTACH_NONE))
		return;
	if (parts->n > 0)
		decide_parts_carry(b, parts, part);
	build_field(b, "family_name", p->family_birth);
	build_field(b, "given_name", p->given_birth_first);
	build_field(b, "birth_date", text_birth_date(b));
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "answer", words);
	build_field(b, code == MAIL_M73 ? "changes_list" : "exams", decide_parts_text(b, parts, part));
}

/* His mailbox is in doubt: nothing is noted as sent, and a person finds another. What waits goes there with the whole (decide_directory.c). */
static enum reason not_sent(struct build *b, enum mail_code code)
{
	const struct dossier_mail_data data = {
		.code = code, .party = PARTY_EXPERT, .mailbox = dossier_mailbox(b->after, PARTY_EXPERT), .reason = build_mailbox(b, PARTY_EXPERT)};
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data});

	return reason == REASON_NONE ? step_await_mailbox(b, PARTY_EXPERT, data.reason) : reason;
}

/* A mail each part, the first with the words; then what was sent is noted. */
static enum reason send_on(struct build *b, enum mail_code code, struct bytes words)
{
	struct decide_parts parts;
	bool doubted = build_way(b, PARTY_EXPERT).none;

	/* What does not leave is not noted as sent: once the dossier is open again its timer finds it. */
	if (b->after->frozen_at.us != 0)
		return REASON_NONE;
	decide_parts_since(b, recipient_profile(b->rules, PARTY_EXPERT, dossier_mailbox(b->after, PARTY_EXPERT)), sent_until(b->after), &parts);
	if (doubted && (parts.n > 0 || words.len > 0))
		return not_sent(b, code);
	for (size_t part = 1; part <= parts.mails || (part == 1 && words.len > 0); part++)
		mail_addendum(b, &parts, part, code, part == 1 ? words : BYTES_NONE);
	for (size_t i = 0; i < parts.n; i++)
		if (parts.part[i] == 0) {
			b->reason = REASON_COMPOSE_SIZE;
			b->owner = "nurses";
		}
	return parts.n > 0 ? build_text(b, EVENT_DEADLINE_PASSED, BYTES(STEP_ADDENDUM), BYTES_NONE) : REASON_NONE;
}

bool step_has_addendum(const struct dossier *d)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);

	if (holder == NULL || (d->state != DOSSIER_ACCEPTED && d->state != DOSSIER_MORE_INFO))
		return false;
	struct instant since = sent_until(d);
	for (size_t i = 0; i < d->n_documents; i++)
		if (given_allowed(&d->documents[i], PARTY_EXPERT) && instant_before(since, d->documents[i].at))
			return true;
	return false;
}

enum reason step_addendum(struct build *b, enum mail_code code)
{
	return step_has_addendum(b->after) ? send_on(b, code, BYTES_NONE) : REASON_NONE;
}

enum reason step_more_came(struct build *b, struct bytes words)
{
	return send_on(b, MAIL_M13C, words);
}

/* --- a mail that was stopped --- */

static bool was_carried(const struct dossier_document *doc, const struct policy_stopped *stopped)
{
	for (size_t i = 0; i < stopped->n; i++)
		if (stopped->documents[i].inbox == doc->inbox && bytes_equal_nocase(stopped->documents[i].digest, doc->filing.document.digest))
			return true;
	return false;
}

/* Of what the mail carried, what may still be given; in its place among the parts. */
static struct decide_parts left_of(const struct build *b, const struct policy_stopped *stopped)
{
	const struct dossier *d = b->after;
	struct decide_parts left = {
		.documents = arena_alloc(b->arena, (d->n_documents + 1) * sizeof *left.documents),
		.part = arena_alloc(b->arena, (d->n_documents + 1) * sizeof *left.part), .mails = stopped->parts > 0 ? stopped->parts : 1,
	};

	for (size_t i = 0; i < d->n_documents; i++) {
		if (!given_allowed(&d->documents[i], PARTY_EXPERT) || !was_carried(&d->documents[i], stopped))
			continue;
		left.part[left.n] = stopped->part > 0 ? stopped->part : 1;
		left.documents[left.n++] = i;
	}
	return left;
}

/* To one who lost it, or has answered meanwhile, nothing more is owed. */
static bool awaits(const struct dossier *d, struct bytes mailbox)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);

	return (d->state == DOSSIER_ACCEPTED || d->state == DOSSIER_MORE_INFO) && bytes_equal_nocase(holder->mailbox, mailbox);
}

enum reason step_stopped(struct build *b, const struct policy_delivery *delivery)
{
	const struct policy_stopped *stopped = delivery->stopped;
	const struct dossier_mail_data data = {
		.code = delivery->code, .party = delivery->party, .mailbox = delivery->mailbox, .part = delivery->part, .reason = REASON_DOCUMENT_STOPPED};
	struct decide_parts left = left_of(b, stopped);
	size_t part = stopped->part > 0 ? stopped->part : 1;

	if (delivery->party != PARTY_EXPERT || !awaits(b->after, delivery->mailbox) || (delivery->code != MAIL_M13 && left.n == 0 && stopped->words.len == 0))
		return REASON_DOSSIER_ORDER;
	/* Until the one in its place has arrived it counts as a mail that failed. */
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data});
	if (reason != REASON_NONE)
		return reason;
	if (delivery->code == MAIL_M13)
		(void)step_mail_first(b, &left);
	else if (delivery->code == MAIL_M13B)
		step_mail_part(b, &left, part);
	else
		mail_addendum(b, &left, part, delivery->code, stopped->words);
	if (b->n_mails == 0)
		b->owner = "nurses";
	return build_way(b, PARTY_EXPERT).none ? step_await_mailbox(b, PARTY_EXPERT, build_mailbox(b, PARTY_EXPERT)) : REASON_NONE;
}

void step_tell_withdrawn(struct build *b, struct bytes titles)
{
	if (!build_mail(b, MAIL_M73, PARTY_EXPERT, POLICY_ATTACH_NONE))
		return;
	build_field(b, "changes_list", titles);
	if (b->after->opinion.present)
		build_field(b, "opinion_at", text_date(b, b->after->opinion.at));
}

enum reason step_ask_more(struct build *b, struct bytes question)
{
	const struct dossier_offer *holder = dossier_accepted_offer(b->after);
	enum reason reason = build_text(b, EVENT_MORE_ASKED, BYTES_NONE, question);

	if (reason != REASON_NONE)
		return reason;
	bool physician = b->after->request.requester == REQUESTER_PHYSICIAN;
	if (build_mail(b, physician ? MAIL_M63 : MAIL_M02B, physician ? PARTY_REQUESTER : PARTY_PATIENT, POLICY_ATTACH_NONE)) {
		build_field(b, "expert", holder->name);
		build_field(b, "question", question);
	} else {
		b->owner = "nurses";   /* nobody to write to: she calls */
	}
	return REASON_NONE;
}

enum reason step_urgent(struct build *b, const char *where, struct bytes words)
{
	enum reason reason = build_text(b, EVENT_URGENT, bytes_of_text(where), words);

	if (reason == REASON_NONE)
		(void)build_mail(b, MAIL_M33, PARTY_PATIENT, POLICY_ATTACH_NONE);
	b->owner = "nurses";
	return reason;
}

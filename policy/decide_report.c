/* policy/decide_report.c - delivery and reading reports, and what the operator of a recipient said.
 *
 * A report is believed only about a recipient whose domain the peer's certificate speaks for, and only when it
 * names a mail of ours: what one of our own correspondents submits can only be his own reading receipt. By IMAP no
 * certificate speaks: it must name our envelope id, and lie in a mailbox whose operator answers for what it puts there.
 * Nothing that a machine wrote is ever answered. */
#include "policy/decide_step.h"
#include "policy/shield.h"

static bool speaks_for(const struct policy_message *m, const struct policy_report *r)
{
	struct bytes domain = sender_domain(r->mailbox);

	if (m->source == POLICY_SOURCE_IMAP)
		return r->by_envelope && sender_linked(m);
	/* A mail program says what was read; what was delivered is a server's to say. */
	if (m->source == POLICY_SOURCE_SUBMISSION)
		return r->kind == POLICY_REPORT_MDN && sender_same_address(m->account, r->mailbox) && sender_same_address(m->account, m->from);
	for (size_t i = 0; m->source == POLICY_SOURCE_SMTP && domain.len > 0 && i < m->peer_domains.n; i++)
		if (bytes_equal_nocase(m->peer_domains.at[i], domain))
			return true;
	return false;
}

/* The line about our recipient. A forwarded mail is reported under another address: one line alone is ours. */
static const struct policy_report_recipient *our_line(const struct policy_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (sender_same_address(r->recipients[i].address, r->mailbox))
			return &r->recipients[i];
	return r->n == 1 ? &r->recipients[0] : NULL;
}

static struct dossier_mail_data data_of(const struct policy_report *r, int level, enum reason reason, struct bytes status)
{
	return (struct dossier_mail_data){
		.code = r->code, .party = r->party, .mailbox = r->mailbox, .part = r->part, .level = level, .reason = reason, .status = status};
}

static enum reason prove(struct build *b, const struct dossier_mail_data *data)
{
	return build_event(b, (struct dossier_event){.kind = EVENT_MAIL_PROOF, .mail = *data});
}

/* The word after "manual-action/MDN-sent-manually;" (RFC 8098 3.2.6). */
static struct bytes disposition_type(struct bytes disposition)
{
	for (size_t i = disposition.len; i > 0; i--)
		if (disposition.at[i - 1] == ';')
			return bytes_trim(bytes_from(disposition, i));
	return bytes_trim(disposition);
}

/* Delayed is late, never lost: nothing changes. */
static int dsn_level(const struct policy_report_recipient *line)
{
	struct bytes action = bytes_trim(line->action);

	if (bytes_equal_nocase(action, BYTES("delivered")))
		return PROOF_DELIVERED;
	if (bytes_equal_nocase(action, BYTES("relayed")) || bytes_equal_nocase(action, BYTES("expanded")))
		return PROOF_ACCEPTED;
	return bytes_equal_nocase(action, BYTES("failed")) ? PROOF_FAILED : PROOF_NONE;
}

/* The recipient's software could not file it (product E51): it arrived, and no more. */
static bool not_filed(struct bytes type)
{
	return bytes_contains_nocase(type, BYTES("error")) || bytes_starts_nocase(type, BYTES("failed"));
}

static int mdn_level(const struct policy_report_recipient *line)
{
	struct bytes type = disposition_type(line->disposition);

	if (not_filed(type))
		return PROOF_ACCEPTED;
	return bytes_starts_nocase(type, BYTES("displayed")) ? PROOF_READ : PROOF_DELIVERED;
}

static enum reason apply_dsn(struct build *b, const struct policy_report *r, const struct policy_report_recipient *line)
{
	struct dossier_mail_data data = data_of(r, dsn_level(line), REASON_NONE, line->status);

	if (data.level == PROOF_NONE)
		return REASON_NONE;
	if (data.level != PROOF_FAILED)
		return prove(b, &data);
	data.level = 0;
	data.reason = REASON_DELIVER_REFUSED;
	return step_failed(b, &data);
}

static enum reason apply_read(struct build *b, const struct dossier_mail_data *data)
{
	enum reason reason = prove(b, data);

	if (reason != REASON_NONE || data->code != MAIL_M21 || data->party != PARTY_PATIENT)
		return reason;
	return step_read(b, data);
}

static enum reason apply_mdn(struct build *b, const struct policy_report *r, const struct policy_report_recipient *line)
{
	struct dossier_mail_data data = data_of(r, mdn_level(line), REASON_NONE, line->disposition);

	if (data.level == PROOF_READ)
		return apply_read(b, &data);
	enum reason reason = prove(b, &data);
	if (reason != REASON_NONE || !not_filed(disposition_type(line->disposition)))
		return reason;
	return step_unfiled(b, &data);
}

/* A notice stands behind no dossier: what is proved of it is kept on the mail alone. */
static void apply_notice(struct build *b, const struct policy_report *r)
{
	const struct policy_report_recipient *line = our_line(r);

	b->proof = line == NULL ? PROOF_NONE : r->kind == POLICY_REPORT_DSN ? dsn_level(line) : mdn_level(line);
	if (line == NULL)
		build_done(b, POLICY_IGNORED, REASON_REPORT_UNMATCHED, NULL);
	else
		build_done(b, POLICY_APPLIED, REASON_NONE, NULL);
}

/* What the print station has or reads the patient has not: that a letter left is a person's to tell (contact). */
static bool is_station(const struct build *b, struct bytes mailbox)
{
	return b->rules->print_mailbox.len > 0 && sender_same_address(b->rules->print_mailbox, mailbox);
}

static void apply(struct build *b, const struct policy_report *r)
{
	const struct policy_report_recipient *line = is_station(b, r->mailbox) ? NULL : our_line(r);
	enum reason reason = REASON_REPORT_UNMATCHED;

	if (line != NULL)
		reason = r->kind == POLICY_REPORT_DSN ? apply_dsn(b, r, line) : apply_mdn(b, r, line);
	if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else
		build_ignore(b, reason);
}

void decide_report(struct build *b)
{
	const struct policy_report *r = b->message->report;
	bool counts = r != NULL && (r->kind == POLICY_REPORT_DSN || r->kind == POLICY_REPORT_MDN);

	b->rule = "report.match/1";
	/* An absence notice to a relay address may hold dates that a nurse wants to see. */
	if (!counts && b->message->party != PARTY_NONE)
		step_hold(b, REASON_REPLY_AUTOMATIC);
	/* Machines report under an empty return path and send no documents: this only looks like a report, and is never dropped. */
	else if (!(counts && r->matched) && b->message->n_documents > 0 && b->message->mail_from.len > 0)
		build_hold(b, REASON_MAIL_UNKNOWN_CLASS);
	else if (!counts || !r->matched || !speaks_for(b->message, r))
		build_done(b, POLICY_IGNORED, REASON_REPORT_UNMATCHED, NULL);
	/* Free text never decides alone: it may quote what somebody else wrote. */
	else if (r->worded)
		build_hold(b, REASON_REPORT_WORDED);
	else if (b->after == NULL)
		apply_notice(b, r);
	else
		apply(b, r);
}

static void decide_delivery(struct build *b, const struct dossier *dossier, const struct policy_delivery *delivery, bool late)
{
	bool letter = dossier != NULL && is_station(b, delivery->mailbox);
	struct dossier_mail_data data = {
		.code = delivery->code,
		.party = delivery->party,
		.part = delivery->part,
		.mailbox = letter ? dossier_mailbox(dossier, delivery->party) : delivery->mailbox,
		.level = !delivery->accepted || late ? 0 : letter ? PROOF_LEFT : PROOF_ACCEPTED,
		.reason = delivery->accepted && !late ? REASON_NONE : delivery->reason,
		.status = letter ? BYTES_NONE : delivery->status,
	};
	enum reason reason = REASON_DOSSIER_NONE;

	/* What the print station's server says of its own mailbox says nothing of who the letter is for. */
	if (letter && data.level == 0 && data.reason == REASON_DELIVER_MAILBOX_NONE)
		data.reason = REASON_DELIVER_REFUSED;
	if (dossier != NULL) {
		build_dossier(b, dossier);
		reason = delivery->stopped != NULL ? step_stopped(b, delivery)
			 : late		      ? build_event(b, (struct dossier_event){.kind = EVENT_MAIL_LATE, .mail = data})
			 : delivery->accepted ? prove(b, &data)
					      : step_failed(b, &data);
	}
	if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else
		build_ignore(b, reason);
}

void policy_decide_outcome(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct policy_delivery *delivery, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);

	b.rule = "delivery.outcome/1";
	decide_delivery(&b, dossier, delivery, false);
	build_end(&b, out);
}

void policy_decide_stopped(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier, struct bytes id,
			   enum reason why, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);

	b.rule = why == REASON_SHIELD_IDENTITY || why == REASON_SHIELD_UNREAD ? SHIELD_RULE : "antivirus.found/1";
	b.owner = "nurses";
	build_dossier(&b, dossier);
	enum reason reason = build_text(&b, EVENT_MAIL_STOPPED, id, bytes_of_text(reason_code(why)));
	if (reason == REASON_NONE)
		build_done(&b, POLICY_APPLIED, why, b.owner);
	else
		build_ignore(&b, reason);
	build_end(&b, out);
}

void policy_decide_late(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			const struct policy_delivery *delivery, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);

	b.rule = "delivery.late/1";
	b.owner = "nurses";
	decide_delivery(&b, dossier, delivery, true);
	build_end(&b, out);
}

/* policy/decide_opinion.c - an opinion counts only from the expert who holds the accepted offer, signed by him after he
 * accepted, naming this dossier, whole, and new. */
#include "base/buf.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"

enum { HEADINGS = 5 };

static const struct {
	const char *id, *fr, *en;
} headings[HEADINGS] = {
	{"answer", "Réponse aux questions", "Answer to the questions"},
	{"opinion", "Avis", "Opinion"},
	{"convergence", "Convergence avec le premier avis", "Convergence with the first opinion"},
	{"advice", "Conduite conseillée", "Advice"},
	{"summary", "Résumé pour le patient", "Summary for the patient"},
};

static struct bytes heading(const struct policy_form *form, size_t i)
{
	const struct bytes values[HEADINGS] = {form->answer, form->opinion, form->convergence, form->advice, form->summary};
	return bytes_trim(values[i]);
}

/* Ids with commas for the event, or lines for the mail; empty when nothing is missing. */
static struct bytes missing_headings(const struct build *b, bool as_lines)
{
	struct buf buf = buf_make(1024);

	for (size_t i = 0; i < HEADINGS; i++) {
		if (heading(&b->message->form, i).len > 0)
			continue;
		if (buf.len > 0)
			buf_text(&buf, as_lines ? "\n" : ",");
		if (as_lines)
			buf_text(&buf, "- ");
		buf_text(&buf, !as_lines ? headings[i].id : build_english(b) ? headings[i].en : headings[i].fr);
	}
	struct bytes text = arena_copy(b->arena, buf_bytes(&buf));
	buf_free(&buf);
	return text;
}

/* *is_signed says on what the opinion rests. Only an expert without any registered certificate may ever be believed
 * unsigned, and only where the rules allow it. */
static enum reason check_signer(const struct build *b, const struct expert *expert, bool *is_signed)
{
	const struct policy_message *m = b->message;

	*is_signed = m->signature.verdict == POLICY_VERDICT_VALID;
	if (expert == NULL)
		return REASON_OPINION_SIGNER;
	if (*is_signed)
		return expert_has_certificate(expert, m->signature.fingerprint) ? REASON_NONE : REASON_OPINION_SIGNER;
	if (expert->fingerprints.n > 0 || !b->rules->opinion_unsigned || !sender_linked(m))
		return REASON_OPINION_SIGNER;
	return REASON_NONE;
}

/* A signing time has whole seconds: an opinion of the same second is not early. */
static bool is_early(const struct policy_signature *s, struct instant since)
{
	return !s->timed || s->time.us < since.us - since.us % 1000000;
}

/* What it must come after: the acceptance, and of a correction the opinion that it corrects. An older one that comes late
 * corrects nothing. */
static struct instant signed_since(const struct dossier *d, const struct dossier_offer *holder)
{
	const struct dossier_opinion *before = &d->delivered;

	if (!before->present || !before->data.timed || instant_before(before->data.signed_at, holder->answered_at))
		return holder->answered_at;
	return before->data.signed_at;
}

static bool same_words(struct bytes a, struct bytes b)
{
	return bytes_equal(bytes_trim(a), bytes_trim(b));
}

/* The form as it was delivered, in a mail that quotes it: what he says beside it is for a person to read. */
static bool corrects_nothing(const struct build *b)
{
	const struct policy_form *x = &b->message->form, *y = &b->after->delivered.data.form;

	return b->after->delivered.present && b->message->n_documents == 0 && same_words(x->answer, y->answer) &&
	       same_words(x->opinion, y->opinion) && same_words(x->convergence, y->convergence) && same_words(x->advice, y->advice) &&
	       same_words(x->summary, y->summary) && same_words(x->help, y->help) && same_words(x->interests, y->interests);
}

static bool came_before(const struct build *b)
{
	for (size_t i = 0; i < b->after->n_digests; i++)
		if (bytes_equal_nocase(b->after->digests[i], b->message->digest))
			return true;
	return false;
}

static enum reason check_opinion(const struct build *b, const struct dossier_offer *holder, bool *is_signed)
{
	const struct policy_message *m = b->message;
	const struct expert *expert = expert_find(b->rules->experts, b->rules->n_experts, holder->rpps);

	if (dossier_next(b->after->state, EVENT_OPINION_RECEIVED) == DOSSIER_NOWHERE)
		return REASON_REPLY_NOT_AWAITED;
	enum reason reason = sender_unlinked(m);
	if (reason != REASON_NONE)
		return reason;
	reason = check_signer(b, expert, is_signed);
	if (reason != REASON_NONE)
		return reason;
	if (came_before(b))
		return REASON_MESSAGE_DUPLICATE;
	if (*is_signed && is_early(&m->signature, signed_since(b->after, holder)))
		return REASON_OPINION_EARLY;
	if (!bytes_equal_nocase(bytes_trim(m->form.reference), bytes_trim(b->after->reference)))
		return REASON_OPINION_DOSSIER;
	if (corrects_nothing(b))
		return REASON_REPLY_NOT_AWAITED;
	reason = step_refused_piece(m);
	return reason == REASON_NONE ? step_one_patient(m, &b->after->request.patient) : reason;
}

static enum reason receive(struct build *b, const struct dossier_offer *holder, bool is_signed)
{
	const struct policy_message *m = b->message;

	return build_event(b, (struct dossier_event){
		.kind = EVENT_OPINION_RECEIVED,
		.opinion = {
			.rpps = holder->rpps,
			.digest = m->digest,
			.is_signed = is_signed,
			.fingerprint = is_signed ? m->signature.fingerprint : BYTES_NONE,
			.timed = is_signed && m->signature.timed,
			.signed_at = m->signature.time,
			.form = m->form,
		}});
}

static void mail_return(struct build *b, struct bytes missing)
{
	if (!build_mail(b, MAIL_M15, PARTY_EXPERT, POLICY_ATTACH_NONE))
		return;
	b->mails[b->n_mails - 1].in_reply_to = true;
	build_field(b, "missing", missing);
}

/* Received, then given back or found whole; released at once where no nurse has to look. */
static enum reason judge(struct build *b, const struct dossier_offer *holder, bool is_signed)
{
	struct bytes missing = missing_headings(b, false);
	enum reason reason = receive(b, holder, is_signed);

	if (reason != REASON_NONE)
		return reason;
	if (missing.len > 0) {
		reason = build_text(b, EVENT_OPINION_RETURNED, missing, BYTES_NONE);
		b->reason = REASON_OPINION_INCOMPLETE;
		mail_return(b, missing_headings(b, true));
		return reason;
	}
	reason = build_plain(b, EVENT_OPINION_CHECKED);
	if (reason != REASON_NONE || b->rules->release_by_nurse)
		return reason;
	/* Automatic release that finds a doubt leaves the checked opinion to a person. */
	b->reason = step_release(b);
	b->owner = b->reason == REASON_NONE ? NULL : "nurses";
	return REASON_NONE;
}

/* Received and given back like one that lacks a heading: he learns at once what cannot go to the patient, and what else is missing. The
 * message stays with a nurse, too: what he attached may matter for the patient all the same. */
static enum reason return_annexes(struct build *b, const struct dossier_offer *holder, bool is_signed, struct bytes annexes)
{
	struct bytes ids = missing_headings(b, false), lines = missing_headings(b, true);
	const char *comma = ids.len > 0 ? "," : "", *line = lines.len > 0 ? "\n" : "";
	enum reason reason = receive(b, holder, is_signed);

	if (reason == REASON_NONE)
		reason = build_text(b, EVENT_OPINION_RETURNED, bytes_of_text(arena_printf(b->arena, "%.*s%sannex", (int)ids.len, (const char *)ids.at, comma)),
				    BYTES_NONE);
	if (reason == REASON_NONE)
		mail_return(b, bytes_of_text(arena_printf(b->arena, "%.*s%s%.*s", (int)lines.len, (const char *)lines.at, line, (int)annexes.len,
							  (const char *)annexes.at)));
	return reason;
}

/* What he can mend by sending it again, he learns; what nobody awaits, a person reads first. */
static void hold_and_tell(struct build *b, enum reason reason)
{
	build_hold(b, reason);
	if (reason != REASON_REPLY_NOT_AWAITED)
		build_notice(b, reason);
}

void decide_opinion(struct build *b)
{
	const struct dossier_offer *holder = dossier_accepted_offer(b->after);
	bool is_signed;
	enum reason reason = check_opinion(b, holder, &is_signed);

	b->rule = "opinion.check/1";
	b->actor = bytes_of_text("expert");
	if (reason == REASON_OPINION_SIGNER && b->message->signature.verdict == POLICY_VERDICT_NONE &&
	    sender_linked(b->message)) {
		build_hold(b, reason);
		/* He forgot to sign, or his software cannot: he learns it now, not tomorrow. */
		mail_return(b, build_english(b) ? BYTES("- Your electronic signature") : BYTES("- Votre signature électronique"));
		return;
	}
	struct bytes annexes = text_annexes(b);
	if (reason == REASON_NONE)
		reason = annexes.len > 0 ? return_annexes(b, holder, is_signed, annexes) : judge(b, holder, is_signed);
	if (reason == REASON_NONE && annexes.len > 0)
		build_done(b, POLICY_HELD, REASON_OPINION_ANNEX, "nurses");
	else if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else if (reason == REASON_MESSAGE_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else
		hold_and_tell(b, reason);
}

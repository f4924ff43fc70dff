/* policy/decide_opinion.c - an opinion counts only from the expert who holds the accepted offer, signed by him after he
 * accepted, naming this dossier, and new. What it lacks is asked back at once, by heading and number of the question; the mail that
 * answers need hold no more than that, and is judged like the first. */
#include "policy/decide_form.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"

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
	if (expert_has_certificates(expert) || expert->n_members > 0 || !b->rules->opinion_unsigned || !sender_linked(m))
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

static bool same_answers(const struct policy_form *x, const struct policy_form *y)
{
	bool same = x->n_answers == y->n_answers;
	for (size_t i = 0; same && i < x->n_answers; i++)
		same = x->answers[i].number == y->answers[i].number && same_words(x->answers[i].text, y->answers[i].text);
	return same;
}

/* The form as it was delivered, in a mail that quotes it: what he says beside it is for a person to read. */
static bool corrects_nothing(const struct build *b)
{
	const struct policy_form *x = &b->message->form, *y = &b->after->delivered.data.form;

	return b->after->delivered.present && b->message->n_documents == 0 && same_answers(x, y) && same_words(x->opinion, y->opinion) &&
	       same_words(x->convergence, y->convergence) && same_words(x->remark, y->remark) && same_words(x->advice, y->advice) &&
	       same_words(x->delay, y->delay) && same_words(x->limits, y->limits) && same_words(x->summary, y->summary) &&
	       same_words(x->help, y->help) && same_words(x->interests, y->interests);
}

static bool came_before(const struct build *b)
{
	for (size_t i = 0; i < b->after->n_digests; i++)
		if (bytes_equal_nocase(b->after->digests[i], b->message->digest))
			return true;
	return false;
}

static const struct policy_document *report_of(const struct policy_message *m)
{
	for (size_t i = 0; m->form.document.len > 0 && i < m->n_documents; i++)
		if (bytes_equal_nocase(m->documents[i].digest, m->form.document))
			return &m->documents[i];
	return NULL;
}

static bool is_author(const struct policy_document *report, struct bytes rpps)
{
	for (size_t i = 0; i < report->n_authors; i++)
		if (expert_same_rpps(report->authors[i].id, rpps))
			return true;
	return false;
}

static bool is_request(struct bytes type)
{
	return bytes_equal(type, BYTES("74465-6")) || bytes_equal(type, BYTES("75496-0"));
}

/* inFulfillmentOf: the document that asked, or an order that is numbered as the dossier is. */
static bool fulfils(const struct dossier *d, struct bytes order)
{
	size_t caret = bytes_find_byte(order, '^', 0);

	if (bytes_equal_nocase(bytes_from(order, caret + 1), d->reference))
		return true;
	for (size_t i = 0; i < d->n_documents; i++) {
		const struct policy_document *doc = &d->documents[i].filing.document;
		if (is_request(doc->type) && doc->id.len > 0 && bytes_equal(doc->id, order))
			return true;
	}
	return false;
}

static bool names_request(const struct dossier *d, const struct policy_document *report)
{
	for (size_t i = 0; i < report->orders.n; i++)
		if (fulfils(d, report->orders.at[i]))
			return true;
	return false;
}

/* The RPPS of the person who gives the opinion: of a team, of who signed. */
static struct bytes author_of(const struct build *b, const struct dossier_offer *holder)
{
	const struct expert *expert = expert_find(b->rules->experts, b->rules->n_experts, holder->rpps);
	struct bytes signer = expert_signer(expert, b->message->signature.fingerprint);

	return signer.len > 0 ? signer : holder->rpps;
}

/* The signed bytes name the dossier: by the reference in the text, or by the order that the report of his software fulfils.
 * A text that names another one is never made good by the report. */
static enum reason check_named(const struct build *b, const struct dossier_offer *holder)
{
	const struct policy_message *m = b->message;
	const struct policy_document *report = report_of(m);
	struct bytes reference = bytes_trim(m->form.reference);
	bool named = bytes_equal_nocase(reference, bytes_trim(b->after->reference));

	if (report == NULL)
		return named && m->form.document.len == 0 ? REASON_NONE : REASON_OPINION_DOSSIER;
	if (!is_author(report, author_of(b, holder)))
		return REASON_OPINION_SIGNER;
	if (!report->has_patient)
		return REASON_IDENTITY_NONE;
	return named || (reference.len == 0 && names_request(b->after, report)) ? REASON_NONE : REASON_OPINION_DOSSIER;
}

static enum reason check_opinion(const struct build *b, const struct dossier_offer *holder, bool *is_signed)
{
	const struct policy_message *m = b->message;
	const struct expert *expert = expert_find(b->rules->experts, b->rules->n_experts, holder->rpps);

	if (holder->answer == OFFER_ACCEPTED && dossier_next(b->after->state, EVENT_OPINION_RECEIVED) == DOSSIER_NOWHERE)
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
	reason = step_refused_piece(m);
	/* What lies beside an opinion goes with the report, to the patient and to his physicians. */
	for (enum party p = PARTY_NONE; reason == REASON_NONE && p < PARTIES; p++)
		if (p == PARTY_PATIENT || p == PARTY_ATTENDING || p == PARTY_FIRST_OPINION)
			reason = step_masked(m, p);
	if (reason == REASON_NONE)
		reason = step_one_patient(m, &b->after->request.patient);
	if (reason == REASON_NONE)
		reason = check_named(b, holder);
	return reason == REASON_NONE && corrects_nothing(b) ? REASON_REPLY_NOT_AWAITED : reason;
}

/* What is set aside is given to nobody, and an order to delete is no file. */
static size_t annexes_of(const struct build *b, struct dossier_annex **out)
{
	const struct policy_message *m = b->message;
	size_t n = 0;

	*out = arena_alloc(b->arena, (m->n_documents + 1) * sizeof **out);
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		if (!d->aside && d->action != POLICY_ACTION_DELETE)
			(*out)[n++] = (struct dossier_annex){.kind = d->kind, .name = d->name, .digest = d->digest, .type = d->type, .title = d->title,
							     .size = d->size};
	}
	return n;
}

static struct dossier_opinion_data opinion_data(struct build *b, const struct dossier_offer *holder, bool is_signed)
{
	const struct policy_message *m = b->message;
	struct policy_form form = m->form;
	struct bytes author = author_of(b, holder);
	struct dossier_annex *annexes;
	size_t n = annexes_of(b, &annexes);

	/* Named by the order: the reference is the dossier's own from here on. */
	form.reference = b->after->reference;
	return (struct dossier_opinion_data){
		.rpps = holder->rpps,
		.signer = expert_same_rpps(author, holder->rpps) ? BYTES_NONE : author,
		.digest = m->digest,
		.is_signed = is_signed,
		.fingerprint = is_signed ? m->signature.fingerprint : BYTES_NONE,
		.timed = is_signed && m->signature.timed,
		.signed_at = m->signature.time,
		.form = form,
		.annexes = annexes,
		.n_annexes = n,
	};
}

static enum reason receive(struct build *b, const struct dossier_offer *holder, bool is_signed)
{
	return build_event(b, (struct dossier_event){.kind = EVENT_OPINION_RECEIVED, .opinion = opinion_data(b, holder, is_signed)});
}

static bool mail_return(struct build *b, struct bytes missing)
{
	if (!build_mail(b, MAIL_M15, PARTY_EXPERT, POLICY_ATTACH_NONE))
		return false;
	b->mails[b->n_mails - 1].in_reply_to = b->message != NULL;
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "missing", missing);
	return true;
}

static enum reason ask_back(struct build *b, const struct opinion_gap *gaps, size_t n)
{
	enum reason reason = build_text(b, EVENT_OPINION_RETURNED, form_gap_ids(b, gaps, n), BYTES_NONE);

	b->reason = REASON_OPINION_INCOMPLETE;
	if (reason == REASON_NONE && mail_return(b, form_gap_lines(b, gaps, n)))
		build_field(b, "form", form_blank(b, gaps, n));
	return reason;
}

/* The dossier is answered: the stand-by need not any more. What he had was an offer without a name. */
static enum reason end_standby(struct build *b)
{
	const struct dossier_offer *live = dossier_live_offer(b->after);

	if (live == NULL)
		return REASON_NONE;
	if (build_mail(b, MAIL_M18, PARTY_STANDBY, POLICY_ATTACH_NONE))
		build_field_text(b, "why", build_english(b) ? "the first expert has answered." : "le premier expert a répondu.");
	return build_event(b, (struct dossier_event){
		.kind = EVENT_OFFER_EXPIRED,
		.offer = {.rpps = live->rpps, .name = live->name, .mailbox = live->mailbox, .organisation = live->organisation, .why = TAKEN_STANDBY}});
}

/* Completed by another mail, or found whole; released at once where no nurse has to look. */
enum reason step_judge_opinion(struct build *b)
{
	struct opinion_gap *gaps;
	size_t n = opinion_gaps(b->arena, b->after, &gaps);

	if (n > 0)
		return ask_back(b, gaps, n);
	enum reason reason = end_standby(b);
	/* The nurses have it in their list from this second, whoever releases (E22). */
	if (reason == REASON_NONE && opinion_is_urgent(&b->after->opinion.data.form))
		reason = build_text(b, EVENT_OPINION_ALERT, BYTES("delay"), BYTES_NONE);
	if (reason == REASON_NONE)
		reason = build_plain(b, EVENT_OPINION_CHECKED);
	if (reason != REASON_NONE || b->rules->release_by_nurse)
		return reason;
	/* Automatic release that finds a doubt leaves the checked opinion to a person. */
	b->reason = step_release(b);
	b->owner = b->reason == REASON_NONE ? NULL : "nurses";
	return REASON_NONE;
}

static enum reason judge(struct build *b, const struct dossier_offer *holder, bool is_signed)
{
	enum reason reason = receive(b, holder, is_signed);
	return reason == REASON_NONE ? step_judge_opinion(b) : reason;
}

/* Received and given back like one that lacks a heading: he learns at once what cannot go to the patient, and what else is missing. The
 * message stays with a nurse, too: what he attached may matter for the patient all the same. */
static enum reason return_annexes(struct build *b, const struct dossier_offer *holder, bool is_signed, struct bytes annexes)
{
	struct opinion_gap *gaps;
	enum reason reason = receive(b, holder, is_signed);

	if (reason != REASON_NONE)
		return reason;
	size_t n = opinion_gaps(b->arena, b->after, &gaps);
	struct bytes ids = form_gap_ids(b, gaps, n), lines = form_gap_lines(b, gaps, n);
	reason = build_text(b, EVENT_OPINION_RETURNED,
			    bytes_of_text(arena_printf(b->arena, "%.*s%sannex", (int)ids.len, (const char *)ids.at, ids.len > 0 ? "," : "")), BYTES_NONE);
	if (reason == REASON_NONE && mail_return(b, bytes_of_text(arena_printf(b->arena, "%.*s%s%.*s", (int)lines.len, (const char *)lines.at,
									       lines.len > 0 ? "\n" : "", (int)annexes.len, (const char *)annexes.at))))
		build_field(b, "form", form_blank(b, gaps, n));
	return reason;
}

/* He forgot to sign, or his software cannot: he learns it now, not tomorrow. The event is what the signer wants to see behind the mail. */
static void return_unsigned(struct build *b)
{
	build_hold(b, REASON_OPINION_SIGNER);
	if (build_plain(b, EVENT_OPINION_UNSIGNED) == REASON_NONE)
		(void)mail_return(b, build_english(b) ? BYTES("- your electronic signature: send the same opinion again, signed with your certificate")
						      : BYTES("- votre signature électronique\u00a0: renvoyez le même avis, signé avec votre certificat"));
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
		return_unsigned(b);
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

/* Checked as if he still held the dossier: only what a person could take is called an opinion. */
void decide_late_opinion(struct build *b, const struct dossier_offer *ended)
{
	bool is_signed;
	enum reason reason = check_opinion(b, ended, &is_signed);

	b->rule = "opinion.late/1";
	b->actor = bytes_of_text("expert");
	if (reason == REASON_NONE)
		reason = build_event(b, (struct dossier_event){.kind = EVENT_OPINION_LATE, .opinion = opinion_data(b, ended, is_signed)});
	if (reason == REASON_NONE)
		build_done(b, POLICY_HELD, REASON_OPINION_LATE, "nurses");
	else if (reason == REASON_MESSAGE_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else
		build_hold(b, reason);
}

/* policy/decide.c - the first questions about any message, then its subject. */
#include "policy/decide.h"

#include "policy/decide_step.h"

static bool is_report(const struct policy_message *m)
{
	return m->report != NULL || m->class == POLICY_CLASS_REPORT;
}

/* Our own mail comes back: a loop, or somebody's forwarding. Nothing is done with it, and nobody is answered. */
static void decide_own(struct build *b)
{
	b->rule = "message.loop/1";
	build_hold(b, REASON_MAIL_LOOP);
}

/* A party to the dossier wrote from his own mailbox: the mail that he answers was read by a person. */
static bool is_answer(const struct policy_message *m)
{
	return !m->seen && !m->own && m->scan == POLICY_SCAN_ACCEPT && !is_report(m) && !step_is_automatic(m) &&
	       m->party != PARTY_NONE && sender_linked(m);
}

static void decide_scan(struct build *b)
{
	b->rule = "message.scan/1";
	/* Whatever is said into a loop goes round with it. */
	if (b->message->scan_reason == REASON_MAIL_LOOP) {
		build_hold(b, REASON_MAIL_LOOP);
		return;
	}
	if (b->message->scan == POLICY_SCAN_REFUSE)
		step_refuse(b, b->message->scan_reason);
	else
		step_hold(b, b->message->scan_reason);
	build_notice(b, b->message->scan_reason);
}

/* Somebody was authenticated and writes in another's name: a person must know, whatever the message says. */
static void decide_account(struct build *b)
{
	b->rule = "message.account/1";
	step_hold(b, REASON_AUTH_FROM);
}

static void decide_verdict(struct build *b, enum reason reason)
{
	b->rule = "message.signature/1";
	step_settle(b, reason);
	build_notice(b, reason);
}

static void decide_intake(struct build *b, const struct dossier *const *candidates, size_t n)
{
	/* What came to an intake address speaks for no dossier yet. */
	b->before = NULL;
	b->after = NULL;
	if (b->message->class == POLICY_CLASS_REQUEST) {
		decide_request(b, candidates, n);
		return;
	}
	if (b->message->class == POLICY_CLASS_RECORD) {
		decide_record(b, candidates, n);
		return;
	}
	/* A piece that cannot be read hides what the message was meant to be: its sender can mend that. */
	enum reason reason = step_refused_piece(b->message);
	b->rule = "message.class/1";
	if (reason == REASON_NONE) {
		step_hold(b, REASON_MAIL_UNKNOWN_CLASS);
		return;
	}
	step_settle(b, reason);
	build_notice(b, reason);
}

const char *policy_outcome_name(enum policy_outcome outcome)
{
	static const char *const names[POLICY_OUTCOMES] = {
		[POLICY_APPLIED] = "applied", [POLICY_FILED] = "filed",         [POLICY_REFUSED] = "refused",
		[POLICY_HELD] = "held",       [POLICY_DUPLICATE] = "duplicate", [POLICY_IGNORED] = "ignored",
	};
	return names[outcome];
}

const char *policy_attach_name(enum policy_attach attach)
{
	static const char *const names[POLICY_ATTACHES] = {
		[POLICY_ATTACH_NONE] = "none",
		[POLICY_ATTACH_DOSSIER] = "dossier",
		[POLICY_ATTACH_REPORT] = "report",
		[POLICY_ATTACH_MESSAGE] = "message",
	};
	return names[attach];
}

void policy_decide_message(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			   const struct dossier *const *candidates, size_t n_candidates,
			   const struct policy_message *message, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, message, now);
	enum reason verdict = sender_verdict(&message->signature);

	b.rule = "message.once/1";
	if (dossier != NULL)
		build_dossier(&b, dossier);
	if (message->seen)
		build_done(&b, POLICY_DUPLICATE, REASON_MESSAGE_DUPLICATE, NULL);
	else if (message->own)
		decide_own(&b);
	else if (message->scan != POLICY_SCAN_ACCEPT)
		decide_scan(&b);
	else if (is_report(message))
		decide_report(&b);
	else if (sender_unlinked(message) == REASON_AUTH_FROM)
		decide_account(&b);
	else if (verdict != REASON_NONE)
		decide_verdict(&b, verdict);
	else if (message->party != PARTY_NONE)
		decide_relay(&b);
	else
		decide_intake(&b, candidates, n_candidates);
	if (!message->seen)
		build_delivered(&b);
	if (is_answer(message))
		b.proof = PROOF_ANSWERED;
	build_end(&b, out);
}

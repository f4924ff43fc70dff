/* policy/decide_share.c - the report to a physician after the patient has it: when he chose "after me", or asks for it later. */
#include "policy/decide_step.h"

/* What a consent that ended had stopped on its way (outbox_cancel) has not arrived: given again, it goes again, unless the mail was quicker. */
static bool was_stopped(const struct dossier *d, enum party party, struct instant released)
{
	const struct dossier_consent *c = party == PARTY_ATTENDING ? &d->attending : party == PARTY_FIRST_OPINION ? &d->first_opinion : NULL;
	const struct dossier_proof *p = dossier_find_proof(d, MAIL_M64, party);
	bool arrived = p != NULL && p->level >= 2 && !p->failed && !instant_before(p->at, released);

	return c != NULL && instant_before(released, c->at) && !arrived;
}

static bool has_version(const struct dossier *d, enum party party, unsigned version)
{
	for (size_t i = 0; i < d->n_releases; i++)
		if (d->releases[i].version == version && (d->releases[i].to & dossier_party_bit(party)) != 0 && !was_stopped(d, party, d->releases[i].at))
			return true;
	return false;
}

/* Under another role he may have it already: one doctor has it once. */
static bool has_report(const struct dossier *d, enum party party, unsigned version)
{
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if (has_version(d, p, version) && (p == party || sender_same_address(dossier_mailbox(d, p), dossier_mailbox(d, party))))
			return true;
	return false;
}

bool step_requester_owed(const struct build *b)
{
	const struct dossier *d = b->after;
	struct bytes mailbox = dossier_mailbox(d, PARTY_REQUESTER);

	if (d->request.requester != REQUESTER_PHYSICIAN || !step_may_have(b, PARTY_REQUESTER) ||
	    consent_check_mail(d, MAIL_M64, PARTY_REQUESTER, b->now) != REASON_NONE)
		return false;
	/* The patient said of this doctor, under another role, when he is to have it: once, and then. */
	for (enum party p = PARTY_ATTENDING; p <= PARTY_FIRST_OPINION; p++)
		if (sender_same_address(dossier_mailbox(d, p), mailbox) && consent_check(d, p, b->now) == REASON_NONE)
			return false;
	return true;
}

/* CONSENT_NONE, DIRECTORY_UNKNOWN. */
static enum reason check_requester(const struct build *b)
{
	enum reason reason = consent_check_mail(b->after, MAIL_M64, PARTY_REQUESTER, b->now);

	return reason != REASON_NONE || step_requester_vouched(b) ? reason : REASON_DIRECTORY_UNKNOWN;
}

enum reason step_share(struct build *b, enum party party)
{
	unsigned version = dossier_version(b->after);

	if ((party != PARTY_ATTENDING && party != PARTY_FIRST_OPINION && party != PARTY_REQUESTER) || version == 0)
		return REASON_DOSSIER_ORDER;
	enum reason reason = party == PARTY_REQUESTER ? check_requester(b) : step_mailbox(b, party);
	if (reason == REASON_NONE && build_mailbox(b, party) != REASON_NONE && consent_check(b->after, party, b->now) == REASON_NONE)
		reason = build_mailbox(b, party);
	if (reason != REASON_NONE)
		return reason;
	if (!step_may_have(b, party))
		return REASON_CONSENT_NONE;
	if (has_report(b->after, party, version))
		return REASON_MESSAGE_DUPLICATE;
	struct dossier_release_data release = {.version = version, .to = dossier_party_bit(party)};
	reason = build_event(b, (struct dossier_event){.kind = EVENT_SHARED, .release = release});
	if (reason == REASON_NONE)
		step_mail_report(b, party, version);
	return reason;
}

enum reason step_share_due(struct build *b)
{
	const struct dossier_request *r = &b->after->request;
	const struct {
		enum party party;
		enum share_when when;
	} physicians[] = {{PARTY_ATTENDING, r->attending.when}, {PARTY_FIRST_OPINION, r->first_opinion.when}};
	enum reason reason = REASON_NONE;

	/* A corrected opinion waits: what goes now would be out of date tomorrow. */
	if (dossier_next(b->after->state, EVENT_SHARED) == DOSSIER_NOWHERE)
		return REASON_NONE;
	for (size_t i = 0; reason == REASON_NONE && i < sizeof physicians / sizeof physicians[0]; i++) {
		if (physicians[i].when != SHARE_AFTER_READING)
			continue;
		reason = step_share(b, physicians[i].party);
		/* A mailbox that is in doubt waits for a person by itself. */
		if (reason == REASON_CONSENT_NONE || reason == REASON_MESSAGE_DUPLICATE || build_mailbox(b, physicians[i].party) == reason)
			reason = REASON_NONE;
	}
	return reason;
}

enum reason step_read(struct build *b, const struct dossier_mail_data *data)
{
	if (dossier_next(b->after->state, EVENT_REPORT_READ) == DOSSIER_NOWHERE)
		return REASON_NONE;
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_REPORT_READ, .mail = *data});

	return reason == REASON_NONE ? step_share_due(b) : reason;
}

/* policy/decide_directory.c - to which mailbox a professional of the dossier is written to, and what is done when that mailbox ends.
 *
 * 1. Nothing goes to a mailbox that the directory does not vouch for (directory.h); build_mail asks here.
 * 2. Only what the directory answers without a doubt is chosen without a person; every choice is an event.
 * 3. A mailbox that a request tells and the directory does not know is never silently replaced by another. */
#include "base/limits.h"
#include "policy/decide_step.h"
#include "policy/sender.h"

/* What makes him the dossier's expert, or its stand-by; NULL when he is not. */
static const struct dossier_offer *offer_of(const struct dossier *d, enum party party)
{
	const struct dossier_offer *held = dossier_accepted_offer(d), *live = dossier_live_offer(d);

	if (party == PARTY_STANDBY)
		return live != NULL && live->standby ? live : NULL;
	return held != NULL ? held : live;
}

/* Who asked for the opinion wrote from his mailbox, and is vouched for by that. */
static bool is_professional(enum party party)
{
	return party == PARTY_EXPERT || party == PARTY_STANDBY || party == PARTY_ATTENDING || party == PARTY_FIRST_OPINION;
}

static bool is_expert(enum party party)
{
	return party == PARTY_EXPERT || party == PARTY_STANDBY;
}

/* By the request; an expert's by his offer. */
static struct bytes rpps_of(const struct dossier *d, enum party party)
{
	struct bytes rpps = BYTES_NONE;

	if (party == PARTY_EXPERT || party == PARTY_STANDBY)
		return offer_of(d, party) == NULL ? BYTES_NONE : offer_of(d, party)->rpps;
	if (party == PARTY_ATTENDING)
		(void)dossier_answer(d, BYTES("physician.attending.rpps"), 0, &rpps);
	if (party == PARTY_FIRST_OPINION)
		(void)dossier_answer(d, BYTES("physician.first-opinion.rpps"), 0, &rpps);
	return bytes_trim(rpps);
}

static struct directory_person person_of(const struct build *b, enum party party, struct bytes mailbox)
{
	const struct dossier *d = b->after;
	struct directory_person p = {.rpps = rpps_of(d, party), .mailbox = mailbox};

	if (is_expert(party)) {
		const struct expert *e = expert_find(b->rules->experts, b->rules->n_experts, p.rpps);
		bool his = offer_of(d, party) != NULL && sender_same_address(offer_of(d, party)->mailbox, mailbox);
		p.registered = his && !(e != NULL && e->ended && sender_same_address(e->mailbox, mailbox));
	}
	p.name = party == PARTY_ATTENDING ? d->request.attending.name : party == PARTY_FIRST_OPINION ? d->request.first_opinion.name : BYTES_NONE;
	return p;
}

/* He was told of with a mailbox that nothing vouches for: it is not replaced without a person. */
static bool is_unproven(enum reason why)
{
	return why == REASON_DIRECTORY_UNKNOWN || why == REASON_DIRECTORY_OLD;
}

enum reason build_mailbox(const struct build *b, enum party party)
{
	const struct directory *directory = b->rules->directory;

	if (directory == NULL || !directory->used || !is_professional(party))
		return REASON_NONE;
	struct directory_person p = person_of(b, party, dossier_mailbox(b->after, party));
	enum reason reason = directory_check(directory, &p);
	/* What an import vouched for, and does not any more. */
	return is_unproven(reason) && is_expert(party) ? REASON_DIRECTORY_ENDED : reason;
}

/* --- choosing -------------------------------------------------------------------- */

/* Another mailbox of the same person than those that this party has had in vain, and than the one he has. */
static enum reason choose_other(const struct build *b, enum party party, struct bytes *out)
{
	const struct dossier *d = b->after;
	struct bytes *not = arena_alloc(b->arena, (d->n_proofs + 1) * sizeof *not);
	size_t n = 0;

	if (dossier_mailbox(d, party).len > 0)
		not[n++] = dossier_mailbox(d, party);
	for (size_t i = 0; i < d->n_proofs; i++)
		if (d->proofs[i].party == party && d->proofs[i].failed)
			not[n++] = d->proofs[i].mailbox;
	return directory_choose(b->rules->directory, rpps_of(d, party), not, n, out);
}

/* Another mailbox of his in *found, or why there is none: what a person can do about it comes first. */
static enum reason other_or_why(const struct build *b, enum party party, enum reason why, struct bytes *found)
{
	enum reason answer = choose_other(b, party, found);
	return answer == REASON_DIRECTORY_SEVERAL || answer == REASON_DIRECTORY_OLD ? answer : why;
}

static bool may_happen(const struct build *b, enum dossier_event_kind kind)
{
	return dossier_next(b->after->state, kind) != DOSSIER_NOWHERE;
}

/* The patient chose when he is to have it. */
static bool is_time(const struct dossier *d, enum party party)
{
	enum share_when when = party == PARTY_ATTENDING ? d->request.attending.when : d->request.first_opinion.when;
	return when == SHARE_AT_ONCE || (when == SHARE_AFTER_READING && d->read_at.us != 0);
}

/* Does the version that stands have to go to this physician now? */
static bool is_owed(const struct build *b, enum party party)
{
	const struct dossier *d = b->after;
	unsigned version = dossier_version(d);

	if (is_expert(party) || version == 0 || !is_time(d, party) || !may_happen(b, EVENT_SHARED) || consent_check(d, party, b->now) != REASON_NONE)
		return false;
	for (size_t i = 0; i < d->n_releases; i++)
		if (d->releases[i].version == version && (d->releases[i].to & dossier_party_bit(party)) != 0)
			return false;
	return true;
}

/* Once for each reason: what goes on waiting is not told again. */
enum reason step_await_mailbox(struct build *b, enum party party, enum reason why)
{
	b->owner = "nurses";
	if (b->after->awaited[party] == why || !may_happen(b, EVENT_MAILBOX_AWAITED))
		return REASON_NONE;
	return build_text(b, EVENT_MAILBOX_AWAITED, bytes_of_text(party_name(party)), bytes_of_text(reason_code(why)));
}

bool step_requester_vouched(const struct build *b)
{
	const struct directory *d = b->rules->directory;
	struct bytes mailbox = dossier_mailbox(b->after, PARTY_REQUESTER);
	bool found = d == NULL || !d->used;

	for (size_t i = 0; !found && i < d->n_entries; i++)
		found = sender_same_address(d->entries[i].address, mailbox);
	for (size_t i = 0; !found && i < d->n_confirmations; i++)
		found = sender_same_address(d->confirmations[i].address, mailbox);
	return found;
}

static enum reason share(struct build *b, enum party party)
{
	unsigned version = dossier_version(b->after);
	enum reason reason = build_event(b, (struct dossier_event){
		.kind = EVENT_SHARED, .release = {.version = version, .to = dossier_party_bit(party)}});

	if (reason == REASON_NONE)
		step_mail_report(b, party, version);
	return reason;
}

/* All that came since goes along with the dossier, and is noted as sent. */
static enum reason send_whole(struct build *b)
{
	size_t before = b->n_mails;

	step_mail_dossier(b);
	return b->n_mails > before && step_has_addendum(b->after) ? build_text(b, EVENT_DEADLINE_PASSED, BYTES(STEP_ADDENDUM), BYTES_NONE) : REASON_NONE;
}

/* From now on he is written to there; what he lacks goes there: the offer or the dossier to an expert, the report to a physician who is owed
 * it, or whose copy came back. */
static enum reason turn_to(struct build *b, enum party party, struct bytes mailbox, enum reason why, bool report)
{
	enum reason reason = build_event(b, (struct dossier_event){
		.kind = EVENT_CHANNEL_CHANGED,
		.channel = {.party = party, .channel = CHANNEL_MAIL, .address = mailbox, .why = bytes_of_text(reason_code(why))}});
	bool holds = party == PARTY_EXPERT && dossier_accepted_offer(b->after) != NULL;

	if (reason != REASON_NONE || !is_expert(party))
		return reason == REASON_NONE && report ? share(b, party) : reason;
	if (!holds && dossier_live_offer(b->after) != NULL)
		step_mail_offer(b, party);
	else if (holds && (b->after->state == DOSSIER_ACCEPTED || b->after->state == DOSSIER_MORE_INFO))
		return send_whole(b);
	return REASON_NONE;
}

size_t step_left_missing(const struct build *b, struct missing *missing, size_t n)
{
	static const struct {
		const char *id;
		enum party party;
	} places[] = {{"physician.attending.mailbox", PARTY_ATTENDING}, {"physician.first-opinion.mailbox", PARTY_FIRST_OPINION}};
	bool used = b->rules->directory != NULL && b->rules->directory->used;
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		bool found = false;
		for (size_t k = 0; used && k < sizeof places / sizeof places[0]; k++)
			found |= bytes_equal_text(missing[i].id, places[k].id) && rpps_of(b->after, places[k].party).len > 0;
		if (!found)
			missing[left++] = missing[i];
	}
	return left;
}

enum reason step_mailbox(struct build *b, enum party party)
{
	const struct dossier *d = b->after;
	struct bytes found = BYTES_NONE;

	if (b->rules->directory == NULL || !b->rules->directory->used || consent_check(d, party, b->now) != REASON_NONE ||
	    d->channels[party].channel != CHANNEL_MAIL)
		return REASON_NONE;
	bool unknown = dossier_mailbox(d, party).len == 0;
	/* Neither number nor mailbox: the request tells of nobody who could be written to. */
	if (unknown && rpps_of(d, party).len == 0)
		return REASON_NONE;
	enum reason why = unknown ? REASON_DIRECTORY_NONE : build_mailbox(b, party);
	if (why == REASON_NONE)
		return REASON_NONE;
	if (!is_unproven(why))
		why = other_or_why(b, party, why, &found);
	return found.len > 0 ? turn_to(b, party, found, why, false) : step_await_mailbox(b, party, why);
}

/* --- a mailbox that does not exist --------------------------------------------------- */

/* Bad address, moved, no such system, or a mailbox that is shut (RFC 3463 3.2, 3.3). */
static bool is_address_failure(struct bytes status)
{
	return bytes_starts(status, BYTES("5.1.")) || bytes_equal(status, BYTES("5.2.1"));
}

enum reason step_other_mailbox(struct build *b, const struct dossier_mail_data *mail, bool *turned)
{
	struct bytes found;

	*turned = false;
	if (b->rules->directory == NULL || !b->rules->directory->used || !is_professional(mail->party) || !is_address_failure(mail->status) ||
	    !sender_same_address(dossier_mailbox(b->after, mail->party), mail->mailbox) || !may_happen(b, EVENT_CHANNEL_CHANGED))
		return REASON_NONE;
	enum reason why = choose_other(b, mail->party, &found);
	/* An offer goes on to the next expert. */
	if (why != REASON_NONE && mail->code == MAIL_M10)
		return REASON_NONE;
	if (why != REASON_NONE)
		return step_await_mailbox(b, mail->party, why);
	*turned = true;
	bool came_back = mail->code == MAIL_M64 && may_happen(b, EVENT_SHARED) && consent_check(b->after, mail->party, b->now) == REASON_NONE;
	return turn_to(b, mail->party, found, mail->reason, came_back);
}

/* --- the directory has changed ----------------------------------------------------------- */

/* A stand-by who cannot be asked any more: another is. */
static enum reason look_at_standby(struct build *b)
{
	if (offer_of(b->after, PARTY_STANDBY) == NULL || build_mailbox(b, PARTY_STANDBY) == REASON_NONE || !may_happen(b, EVENT_OFFER_EXPIRED))
		return REASON_NONE;
	return step_expire(b, TAKEN_MAILBOX);
}

/* Who cannot be asked, or answered to, any more: the next one now, and the promise runs on. */
static enum reason next_expert(struct build *b, const struct dossier_offer *lost, enum reason why)
{
	bool holds = lost->answer == OFFER_ACCEPTED;

	if (!may_happen(b, holds ? EVENT_REASSIGNED : EVENT_OFFER_EXPIRED))
		return step_await_mailbox(b, PARTY_EXPERT, why);
	return holds ? step_reassign(b, (struct dossier_offer_data){.why = TAKEN_MAILBOX}) : step_expire(b, TAKEN_MAILBOX);
}

static enum reason look_at_expert(struct build *b)
{
	const struct dossier_offer *offer = offer_of(b->after, PARTY_EXPERT);
	struct bytes found;

	if (offer == NULL)
		return REASON_NONE;
	enum reason why = build_mailbox(b, PARTY_EXPERT);
	if (why == REASON_NONE)
		return b->after->awaited[PARTY_EXPERT] == REASON_NONE ? REASON_NONE : turn_to(b, PARTY_EXPERT, offer->mailbox, REASON_NONE, false);
	if (choose_other(b, PARTY_EXPERT, &found) == REASON_NONE)
		return turn_to(b, PARTY_EXPERT, found, why, false);
	return next_expert(b, offer, why);
}

static enum reason look_at_physician(struct build *b, enum party party)
{
	bool waits = b->after->awaited[party] != REASON_NONE;
	struct bytes found = BYTES_NONE, now = dossier_mailbox(b->after, party);

	/* Who is reached by paper or telephone has a person's care. */
	if (consent_check(b->after, party, b->now) != REASON_NONE || b->after->channels[party].channel != CHANNEL_MAIL)
		return REASON_NONE;
	enum reason why = now.len == 0 ? REASON_DIRECTORY_NONE : build_mailbox(b, party);
	if (why == REASON_NONE)
		return waits ? turn_to(b, party, now, REASON_NONE, is_owed(b, party)) : REASON_NONE;
	if (!waits && why != REASON_DIRECTORY_ENDED)
		return REASON_NONE;   /* the release will ask */
	if (!is_unproven(why))
		why = other_or_why(b, party, why, &found);
	return found.len > 0 ? turn_to(b, party, found, why, is_owed(b, party)) : step_await_mailbox(b, party, why);
}

void policy_decide_directory(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier, struct instant now,
			     struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);
	enum reason reason = REASON_NONE;

	b.rule = "directory.changed/1";
	build_dossier(&b, dossier);
	if (!dossier_is_over(dossier->state) && !dossier_stands_still(dossier) && rules->directory != NULL && rules->directory->used) {
		reason = look_at_standby(&b);
		if (reason == REASON_NONE)
			reason = look_at_expert(&b);
		if (reason == REASON_NONE)
			reason = look_at_physician(&b, PARTY_ATTENDING);
		if (reason == REASON_NONE)
			reason = look_at_physician(&b, PARTY_FIRST_OPINION);
	}
	if (reason != REASON_NONE)
		build_refuse(&b, reason);   /* what was added is dropped */
	build_done(&b, b.n_events > 0 ? POLICY_APPLIED : POLICY_IGNORED, reason != REASON_NONE ? reason : b.reason, b.n_events > 0 ? b.owner : NULL);
	build_end(&b, out);
}

/* --- a person's choice -------------------------------------------------------------------- */

enum reason step_choose_mailbox(struct build *b, enum party party, struct bytes mailbox)
{
	if (!is_professional(party) || !sender_address_ok(mailbox))
		return REASON_USAGE;
	struct directory_person p = person_of(b, party, mailbox);
	struct directory strict = b->rules->directory == NULL ? (struct directory){0} : *b->rules->directory;
	/* Also where the directory is not used: the signer asks for a confirmation as well. */
	strict.used = true;
	enum reason reason = directory_check(&strict, &p);
	return reason == REASON_NONE ? turn_to(b, party, mailbox, REASON_NONE, is_owed(b, party)) : reason;
}

/* policy/deadline_table.c - the timers of a dossier's life, a row each. Sources: product 3.2 (states), 3.3 (late alerts), 3.4 (events); (A): an assumption. */
#include "policy/deadline.h"

#include "policy/given.h"
#include "policy/identity.h"
#include "policy/promise.h"
#include "policy/rules.h"

#define IN(state)  (UINT64_C(1) << DOSSIER_##state)
#define NO_OPINION (IN(COMPLETE) | IN(OFFERED) | IN(NO_EXPERT) | IN(ACCEPTED) | IN(MORE_INFO) | IN(REASSIGNED))
#define UNRELEASED (NO_OPINION | IN(OPINION) | IN(CHECKED) | IN(HOLD))
#define OPEN       (IN(REQUESTED) | IN(UNQUALIFIED) | IN(IDENTITY) | IN(INCOMPLETE) | IN(TRIAGE) | UNRELEASED)
#define AFTER      (IN(RELEASED) | IN(UNDELIVERABLE) | IN(EXCHANGE) | IN(REVISION) | IN(CLOSED))
#define STOPPED    (IN(REDIRECTED) | IN(CANCELLED) | IN(EXPIRED) | IN(WITHDRAWN))
#define ANY        (OPEN | AFTER | STOPPED | IN(DECEASED) | IN(ARCHIVED))
#define MIN(n)     {n, UNIT_MINUTES}
#define HOURS(n)   {n, UNIT_HOURS}
#define DAYS(n)    {n, UNIT_DAYS}
#define W_HOURS(n) {n, UNIT_WORKING_HOURS}
#define W_DAYS(n)  {n, UNIT_WORKING_DAYS}

/* --- what a row counts from --- */

static bool since(struct deadline_run *run, struct instant at)
{
	run->start = run->base = at;
	return at.us != 0;
}

static bool from_opening(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->opened_at);
}

static bool from_state(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->changed_at);
}

static bool from_t0(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->complete_at);
}

/* Beside the end: a span back from it, or none. */
static bool to_end(const struct dossier *d, struct deadline_run *run)
{
	*run = (struct deadline_run){.start = d->complete_at, .base = d->due_at, .paused = true};
	return d->complete_at.us != 0;
}

static bool to_end_in_hold(const struct dossier *d, struct deadline_run *run)
{
	bool begun = to_end(d, run);
	run->start = d->held_at;
	return begun && d->held_at.us != 0;
}

static bool to_hold_end(const struct dossier *d, struct deadline_run *run)
{
	*run = (struct deadline_run){.start = d->held_at, .base = d->held_until};
	return d->held_at.us != 0;
}

static bool from_offer(const struct dossier *d, struct deadline_run *run)
{
	const struct dossier_offer *offer = dossier_live_offer(d);
	return offer != NULL && since(run, offer->at);
}

static bool from_acceptance(const struct dossier *d, struct deadline_run *run)
{
	const struct dossier_offer *offer = dossier_accepted_offer(d);
	return offer != NULL && since(run, offer->answered_at);
}

/* The first document that he has not: not earlier than a day after he was sent what had come before (E39: once a day, not ten times). */
static bool from_addendum(const struct dossier *d, struct deadline_run *run)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);
	const struct dossier_passed *sent = dossier_passed(d, "addendum");

	/* Where his mailbox is in doubt a person finds another, and all goes there. */
	if (holder == NULL || d->awaited[PARTY_EXPERT] != REASON_NONE)
		return false;
	bool again = sent != NULL && instant_before(holder->answered_at, sent->at);
	*run = (struct deadline_run){.start = again ? sent->at : holder->answered_at, .base = {INT64_MAX}};
	for (size_t i = 0; i < d->n_documents; i++)
		if (given_allowed(&d->documents[i], PARTY_EXPERT) && instant_before(run->start, d->documents[i].at) && instant_before(d->documents[i].at, run->base))
			run->base = d->documents[i].at;
	if (run->base.us == INT64_MAX)
		return false;
	struct instant day = again ? calendar_plus_days(CALENDAR_FRANCE, sent->at, 1) : run->start;
	if (instant_before(run->base, day))
		run->base = day;
	return true;
}

static bool from_pause(const struct dossier *d, struct deadline_run *run, bool by_expert)
{
	for (size_t i = d->n_pauses; i > 0; i--)
		if (d->pauses[i - 1].until.us == 0 && d->pauses[i - 1].by_expert == by_expert)
			return since(run, d->pauses[i - 1].from);
	return false;
}

static bool from_more(const struct dossier *d, struct deadline_run *run)
{
	return from_pause(d, run, true);
}

static bool from_wait(const struct dossier *d, struct deadline_run *run)
{
	return from_pause(d, run, false);
}

static bool from_release(const struct dossier *d, struct deadline_run *run)
{
	return d->n_releases > 0 && since(run, d->releases[d->n_releases - 1].at);
}

/* What is sent to a physician later begins nothing anew for the patient. */
static bool from_report(const struct dossier *d, struct deadline_run *run)
{
	for (size_t i = d->n_releases; i > 0; i--)
		if ((d->releases[i - 1].to & dossier_party_bit(PARTY_PATIENT)) != 0)
			return since(run, d->releases[i - 1].at);
	return false;
}

static bool from_exchange(const struct dossier *d, struct deadline_run *run)
{
	return from_report(d, run) && deadline_exchange_from(d, &run->base);
}

static bool from_question(const struct dossier *d, struct deadline_run *run)
{
	for (size_t i = 0; i < d->n_questions; i++)
		if (!d->questions[i].answered)
			return since(run, d->questions[i].at);
	return false;
}

static bool from_close(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->closed_at);
}

static bool from_urgency(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->urgent_at);
}

static bool from_freeze(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->frozen_at);
}

static bool from_complaint(const struct dossier *d, struct deadline_run *run)
{
	for (size_t i = 0; i < d->n_complaints; i++)
		if (d->complaints[i].settled_at.us == 0)
			return since(run, d->complaints[i].at);
	return false;
}

static bool from_erasure(const struct dossier *d, struct deadline_run *run)
{
	return since(run, d->erasure_at);
}

/* The next day on which somebody's right to act ends. */
static bool from_representative_end(const struct dossier *d, struct deadline_run *run)
{
	struct instant first = {0};

	for (size_t i = 0; i < d->n_representatives; i++) {
		const struct dossier_representative *r = &d->representatives[i];
		if (r->ended_at.us == 0 && r->data.timed_until && (first.us == 0 || instant_before(r->data.until, first)))
			first = r->data.until;
	}
	/* At that very instant: a firing is later than its start. */
	*run = (struct deadline_run){.start = {first.us - 1}, .base = first};
	return first.us != 0;
}

/* Who was told of the request alone never had anything that ends. */
static bool from_representative_ended(const struct dossier *d, struct deadline_run *run)
{
	struct instant last = {0};

	for (size_t i = 0; i < d->n_representatives; i++) {
		const struct dossier_representative *r = &d->representatives[i];
		if (!r->data.informed_only && r->data.proof.len > 0 && instant_before(last, r->ended_at))
			last = r->ended_at;
	}
	return since(run, last);
}

/* At the print station (level 1), and nobody has told what became of it. */
static bool from_letter(const struct dossier *d, struct deadline_run *run)
{
	struct instant first = {0};

	for (size_t i = 0; i < d->n_proofs; i++) {
		const struct dossier_proof *p = &d->proofs[i];
		bool told = p->level != 1 || p->failed;
		for (size_t k = 0; k < d->n_contacts && !told; k++)
			told = d->contacts[k].data.party == p->party && d->contacts[k].data.code == p->code && !instant_before(d->contacts[k].at, p->at);
		if (!told && (first.us == 0 || instant_before(p->at, first)))
			first = p->at;
	}
	return since(run, first);
}

/* --- conditions --- */

/* Somebody helps him, he is elderly, or he has no mailbox of his own: he is called and not only written to (product 1.4, F72). */
static bool is_assisted(const struct dossier *d)
{
	struct bytes value;
	bool told = dossier_answer(d, BYTES("patient.assisted"), 0, &value) && bytes_equal_text(value, "true");
	return told || d->channels[PARTY_PATIENT].channel != CHANNEL_MAIL || identity_age(&d->request.patient, d->changed_at) >= POLICY_ELDERLY;
}

static bool is_unreminded(const struct dossier *d)
{
	return dossier_live_offer(d)->reminded_at.us == 0;
}

static bool was_never_accepted(const struct dossier *d)
{
	for (size_t i = 0; i < d->n_offers; i++)
		if (d->offers[i].answer == OFFER_ACCEPTED || d->offers[i].answer == OFFER_ENDED)
			return false;
	return true;
}

/* Taken by his operator, or told by another way. */
static bool arrived(const struct dossier_proof *p)
{
	return p->level >= 2 && !p->failed;
}

/* The dossier itself and each further mail of it, to the expert who holds it. */
static bool parts_are_missing(const struct dossier *d)
{
	const struct dossier_offer *offer = dossier_accepted_offer(d);
	bool whole = false, failed = false;

	for (size_t i = 0; offer != NULL && i < d->n_proofs; i++) {
		const struct dossier_proof *p = &d->proofs[i];
		if ((p->code != MAIL_M13 && p->code != MAIL_M13B && p->code != MAIL_M13C) || !bytes_equal_nocase(p->mailbox, offer->mailbox))
			continue;
		whole |= p->code == MAIL_M13 && arrived(p);
		failed |= !arrived(p);
	}
	return offer != NULL && (!whole || failed);
}

static bool is_unkept(const struct dossier *d)
{
	return d->kept_at.us == 0;
}

static bool is_unchecked(const struct dossier *d)
{
	return !d->opinion.checked;
}

static bool is_checked(const struct dossier *d)
{
	return d->opinion.checked;
}

/* He was reached, or signed for it, since. */
static bool was_reached(const struct dossier *d, enum mail_code code, struct instant since_when)
{
	for (size_t i = 0; i < d->n_contacts; i++) {
		const struct dossier_contact *c = &d->contacts[i];
		bool reached = c->data.result == CONTACT_REACHED || c->data.result == CONTACT_SIGNED;
		if (reached && c->data.party == PARTY_PATIENT && (code == MAIL_NONE || c->data.code == code) && !instant_before(c->at, since_when))
			return true;
	}
	return false;
}

static bool letter_was_posted(const struct dossier *d, enum party party, enum mail_code code, struct instant since_when)
{
	for (size_t i = 0; i < d->n_contacts; i++)
		if (d->contacts[i].data.party == party && d->contacts[i].data.code == code && d->contacts[i].data.result == CONTACT_POSTED &&
		    !instant_before(d->contacts[i].at, since_when))
			return true;
	return false;
}

/* On paper a reminder to look into a mailbox reminds of nothing, and a day is the post's. */
static bool is_by_mail(const struct dossier *d)
{
	return d->channels[PARTY_PATIENT].channel == CHANNEL_MAIL;
}

static bool report_has_not_arrived(const struct dossier *d)
{
	const struct dossier_proof *p = dossier_find_proof(d, MAIL_M21, PARTY_PATIENT);
	struct deadline_run run;

	bool printed = p != NULL && p->level == 1 && !p->failed && !is_by_mail(d);

	return from_report(d, &run) && !(p != NULL && arrived(p)) && !printed && !was_reached(d, MAIL_M21, run.base) &&
	       !letter_was_posted(d, PARTY_PATIENT, MAIL_M21, run.base);
}

static bool report_is_unread(const struct dossier *d)
{
	const struct dossier_proof *p = dossier_find_proof(d, MAIL_M21, PARTY_PATIENT);
	struct deadline_run run;

	return from_report(d, &run) && !(p != NULL && p->level >= 4) && !was_reached(d, MAIL_M21, run.base);
}

static bool no_letter_yet(const struct dossier *d)
{
	struct deadline_run run;
	return report_is_unread(d) && from_report(d, &run) && !letter_was_posted(d, PARTY_PATIENT, MAIL_M21, run.base);
}

static bool mailbox_is_unread(const struct dossier *d)
{
	return is_by_mail(d) && report_is_unread(d);
}

/* A physician to whom the version that stands went has not got it. */
static bool physician_lacks_report(const struct dossier *d)
{
	static const enum party parties[] = {PARTY_ATTENDING, PARTY_FIRST_OPINION};
	unsigned to = 0;

	for (size_t i = 0; i < d->n_releases; i++)
		to |= d->releases[i].version == dossier_version(d) ? d->releases[i].to : 0;
	for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++) {
		const struct dossier_proof *p = dossier_find_proof(d, MAIL_M64, parties[i]);
		bool posted = letter_was_posted(d, parties[i], MAIL_M64, d->releases[d->n_releases - 1].at);
		if ((to & dossier_party_bit(parties[i])) != 0 && !(p != NULL && arrived(p)) && !posted)
			return true;
	}
	return false;
}

/* Somebody is to have the version that stands after the patient, who has not read it. Closed, no reading opens anything any more. */
static bool physician_waits_for_reading(const struct dossier *d)
{
	const struct {
		enum party party;
		bool consent;
		enum share_when when;
	} physicians[] = {{PARTY_ATTENDING, d->attending.given, d->request.attending.when},
			  {PARTY_FIRST_OPINION, d->first_opinion.given, d->request.first_opinion.when}};
	unsigned to = 0;

	for (size_t i = 0; i < d->n_releases; i++)
		to |= d->releases[i].version == dossier_version(d) ? d->releases[i].to : 0;
	for (size_t i = 0; i < sizeof physicians / sizeof physicians[0]; i++)
		if (physicians[i].consent && physicians[i].when == SHARE_AFTER_READING && (to & dossier_party_bit(physicians[i].party)) == 0)
			return d->state == DOSSIER_CLOSED || report_is_unread(d);
	return false;
}

/* A question that waits would lose its answer. */
static bool nothing_waits(const struct dossier *d)
{
	struct deadline_run run;
	return !from_question(d, &run);
}

static bool takes_part_in_study(const struct dossier *d)
{
	struct bytes value;
	return d->study_stopped_at.us == 0 && dossier_answer(d, BYTES("consent.study"), 0, &value) && bytes_equal_text(value, "true");
}

/* What a complaint, a freeze or an urgent word is about is not put away. */
static bool may_be_archived(const struct dossier *d)
{
	struct deadline_run run;
	return d->frozen_at.us == 0 && !from_complaint(d, &run);
}

static bool was_complete(const struct dossier *d)
{
	return d->complete_at.us != 0;
}

static bool was_never_complete(const struct dossier *d)
{
	return d->complete_at.us == 0;
}

static bool patient_was_not_called(const struct dossier *d)
{
	return !was_reached(d, MAIL_NONE, d->changed_at);
}

static bool urgency_is_unheard(const struct dossier *d)
{
	return !was_reached(d, MAIL_NONE, d->urgent_at);
}

/* Who held the dossier, or holds it, has not been asked to delete it: M18 has not arrived. */
static bool holder_was_not_told(const struct dossier *d)
{
	for (size_t i = 0; i < d->n_offers; i++) {
		bool told = d->offers[i].answer != OFFER_ACCEPTED && d->offers[i].answer != OFFER_ENDED;
		for (size_t k = 0; k < d->n_proofs && !told; k++)
			told = d->proofs[k].code == MAIL_M18 && arrived(&d->proofs[k]) && bytes_equal_nocase(d->proofs[k].mailbox, d->offers[i].mailbox);
		if (!told)
			return true;
	}
	return false;
}

static bool is_breach(const struct dossier *d)
{
	return bytes_equal_text(d->frozen_why, "breach");
}

/* --- the table --- */

static const struct deadline_row rows[DEADLINES] = {
	[DEADLINE_NONE] = {.name = "none", .fr = "", .en = "", .source = ""},
	[DEADLINE_REQUEST_WAITS] = {"request_waits", "Demande sans suite depuis un jour ouvré", "Request untouched for a working day",
		.states = IN(REQUESTED) | IN(UNQUALIFIED), .from = from_state, .span = W_DAYS(1), .alerts = ALERT_NURSES, .source = "3.2 REQUESTED"},
	[DEADLINE_IDENTITY_WAITS] = {"identity_waits", "Identité à vérifier", "Identity to check",
		.states = IN(IDENTITY), .from = from_state, .span = W_DAYS(1), .alerts = ALERT_NURSES, .source = "3.2 IDENTITY"},
	[DEADLINE_IDENTITY_CALL] = {"identity_call", "Identité toujours à vérifier : appeler le patient", "Identity still to check: call the patient",
		.states = IN(IDENTITY), .from = from_state, .span = DAYS(3), .alerts = ALERT_NURSES, .source = "3.2 IDENTITY"},
	[DEADLINE_PIECES_FIRST] = {"pieces_first", "Pièces manquantes : premier rappel", "Missing pieces: first reminder",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(2), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M03, .party = PARTY_PATIENT, .source = "3.2 INCOMPLETE"},
	[DEADLINE_PIECES_SECOND] = {"pieces_second", "Pièces manquantes : deuxième rappel", "Missing pieces: second reminder",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(5), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M03, .party = PARTY_PATIENT, .source = "3.2 INCOMPLETE"},
	[DEADLINE_PIECES_CALL] = {"pieces_call", "Pièces manquantes : appeler le patient", "Missing pieces: call the patient",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(5), .promise = true, .holds = is_assisted,
		.alerts = ALERT_NURSES, .source = "3.2 INCOMPLETE: assisted or elderly"},
	[DEADLINE_PIECES_THIRD] = {"pieces_third", "Pièces manquantes : troisième rappel", "Missing pieces: third reminder",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(10), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M03, .party = PARTY_PATIENT, .source = "3.2 INCOMPLETE"},
	[DEADLINE_PIECES_FOURTH] = {"pieces_fourth", "Pièces manquantes : dernier rappel", "Missing pieces: last reminder",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(20), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M03, .party = PARTY_PATIENT, .source = "3.2 INCOMPLETE"},
	[DEADLINE_PIECES_EXPIRE] = {"pieces_expire", "Pièces jamais venues : demande sans suite", "The pieces never came: the request ends",
		.states = IN(INCOMPLETE), .from = from_state, .span = DAYS(30), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M44, .party = PARTY_PATIENT, .act = ACT_EXPIRE, .source = "3.2 INCOMPLETE (A)"},
	[DEADLINE_TRIAGE_WAITS] = {"triage_waits", "Contrôle infirmier en attente", "Nurse's check waits",
		.states = IN(TRIAGE), .from = from_state, .span = W_HOURS(4), .alerts = ALERT_NURSES, .source = "3.2 TRIAGE"},
	[DEADLINE_OFFER_WAITS] = {"offer_waits", "Complet, non proposé", "Complete, not offered",
		.states = IN(COMPLETE) | IN(REASSIGNED), .from = from_state, .span = HOURS(2), .alerts = ALERT_NURSES, .source = "3.3 T0 + 2 h"},
	[DEADLINE_OFFER_REMINDER] = {"offer_reminder", "Proposition sans réponse : rappel", "Offer without an answer: reminder",
		.states = IN(OFFERED) | IN(ACCEPTED) | IN(MORE_INFO), .from = from_offer, .span = HOURS(12), .hours = HOURS_PROFESSIONAL,
		.holds = is_unreminded, .mail = MAIL_M11, .party = PARTY_EXPERT, .act = ACT_REMIND, .source = "3.2 OFFERED"},
	[DEADLINE_OFFER_SILENCE] = {"offer_silence", "Proposition sans réponse : expert suivant", "Offer without an answer: next expert",
		.states = IN(OFFERED) | IN(ACCEPTED) | IN(MORE_INFO), .from = from_offer, .span = HOURS(24), .act = ACT_NEXT_EXPERT, .source = "3.2 OFFERED"},
	[DEADLINE_UNACCEPTED] = {"unaccepted", "Sans expert depuis 24 h", "Without an expert for 24 h",
		.states = IN(COMPLETE) | IN(OFFERED) | IN(NO_EXPERT), .from = from_t0, .span = HOURS(24), .hours = HOURS_PROFESSIONAL, .promise = true,
		.holds = was_never_accepted, .alerts = ALERT_NURSES, .source = "3.3 + 24 h"},
	[DEADLINE_NO_EXPERT_MANAGER] = {"no_expert_manager", "Aucun expert disponible", "No expert available",
		.states = IN(NO_EXPERT), .from = from_state, .span = HOURS(1), .alerts = ALERT_MANAGER, .source = "3.2 NO_EXPERT: same day (A)"},
	[DEADLINE_NO_EXPERT_PATIENT] = {"no_expert_patient", "Aucun expert disponible : le patient est prévenu", "No expert available: the patient is told",
		.states = IN(NO_EXPERT), .from = from_state, .span = HOURS(4), .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M45, .party = PARTY_PATIENT, .source = "3.2 NO_EXPERT: same day (A)"},
	[DEADLINE_PARTS_LATE] = {"parts_late", "Dossier non parvenu à l'expert", "The dossier has not reached the expert",
		.states = IN(ACCEPTED) | IN(MORE_INFO), .from = from_acceptance, .span = HOURS(4), .holds = parts_are_missing,
		.alerts = ALERT_NURSES | ALERT_OPERATOR, .source = "3.2 ACCEPTED"},
	[DEADLINE_ADDENDUM] = {"addendum", "Documents arrivés depuis : à l'expert", "Documents that came since: to the expert",
		.states = IN(ACCEPTED) | IN(MORE_INFO), .from = from_addendum, .span = HOURS(2), .hours = HOURS_PROFESSIONAL,
		.act = ACT_ADDENDUM, .source = "3.4 E39 (A)"},
	[DEADLINE_DAY_3] = {"day_3", "Jour 3, rappel à l'expert", "Day 3, reminder to the expert",
		.states = IN(ACCEPTED), .from = from_t0, .span = DAYS(3), .hours = HOURS_BEFORE, .promise = true,
		.mail = MAIL_M14, .party = PARTY_EXPERT, .source = "3.3 + 72 h"},
	[DEADLINE_DAY_5] = {"day_5", "Jour 5", "Day 5",
		.states = NO_OPINION, .from = from_t0, .span = DAYS(5), .hours = HOURS_BEFORE, .promise = true, .alerts = ALERT_NURSES,
		.mail = MAIL_M14, .party = PARTY_EXPERT, .act = ACT_STANDBY_CHOOSE, .source = "3.3 day 5"},
	[DEADLINE_DAY_6] = {"day_6", "Jour 6", "Day 6",
		.states = NO_OPINION, .from = from_t0, .span = DAYS(6), .hours = HOURS_BEFORE, .promise = true, .alerts = ALERT_NURSES | ALERT_MANAGER,
		.mail = MAIL_M14, .party = PARTY_EXPERT, .act = ACT_STANDBY_OFFER, .source = "3.3 day 6"},
	[DEADLINE_DUE_SOON] = {"due_soon", "Échéance dans 4 h", "Due in 4 h",
		.states = UNRELEASED | IN(RELEASED) | IN(UNDELIVERABLE), .from = to_end, .span = HOURS(4), .back = true, .hours = HOURS_BEFORE, .promise = true,
		.holds = is_unkept, .alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.3 day 7 - 4 h"},
	[DEADLINE_OVERDUE] = {"overdue", "En retard", "Late",
		.states = UNRELEASED | IN(RELEASED) | IN(UNDELIVERABLE), .from = to_end, .span = MIN(0), .back = true, .promise = true,
		.holds = is_unkept, .alerts = ALERT_MANAGER, .again = W_DAYS(1), .source = "3.3 day 7"},
	[DEADLINE_OVERDUE_PATIENT] = {"overdue_patient", "En retard : le patient est prévenu", "Late: the patient is told",
		.states = UNRELEASED, .from = to_end, .span = MIN(0), .back = true, .hours = HOURS_PATIENT, .promise = true,
		.mail = MAIL_M09, .party = PARTY_PATIENT, .source = "3.3 day 7"},
	[DEADLINE_MORE_FIRST] = {"more_first", "Complément demandé : premier rappel", "More asked for: first reminder",
		.states = IN(MORE_INFO), .from = from_more, .span = DAYS(1), .hours = HOURS_ASKED,
		.mail = MAIL_M02B, .party = PARTY_PATIENT, .source = "3.2 MORE_INFO"},
	[DEADLINE_MORE_SECOND] = {"more_second", "Complément demandé : second rappel", "More asked for: second reminder",
		.states = IN(MORE_INFO), .from = from_more, .span = DAYS(3), .hours = HOURS_ASKED,
		.mail = MAIL_M02B, .party = PARTY_PATIENT, .source = "3.2 MORE_INFO"},
	[DEADLINE_MORE_DECIDE] = {"more_decide", "Complément non venu : répondre sans ?", "What was asked for did not come: answer without?",
		.states = IN(MORE_INFO), .from = from_more, .span = DAYS(5), .alerts = ALERT_NURSES, .source = "3.2 MORE_INFO"},
	[DEADLINE_PAUSE_WAITS] = {"pause_waits", "En pause à la demande du patient", "Paused at the patient's wish",
		.states = OPEN, .from = from_wait, .span = DAYS(14), .again = DAYS(14), .alerts = ALERT_NURSES, .source = "3.1 pauses (A)"},
	[DEADLINE_OPINION_WAITS] = {"opinion_waits", "Avis à contrôler", "Opinion to check",
		.states = IN(OPINION) | IN(REVISION), .from = from_state, .span = W_HOURS(4), .holds = is_unchecked,
		.alerts = ALERT_NURSES, .source = "3.2 OPINION"},
	[DEADLINE_RELEASE_WAITS] = {"release_waits", "Avis contrôlé, non remis", "Opinion checked, not released",
		.states = IN(CHECKED) | IN(REVISION), .from = from_state, .span = W_HOURS(4), .holds = is_checked,
		.alerts = ALERT_NURSES, .source = "3.2 CHECKED: at once (A)"},
	[DEADLINE_HOLD_PATIENT] = {"hold_patient", "Remise différée : le patient est prévenu", "Release held back: the patient is told",
		.states = IN(HOLD), .from = to_end_in_hold, .span = DAYS(1), .back = true, .hours = HOURS_PATIENT,
		.mail = MAIL_M19, .party = PARTY_PATIENT, .source = "3.2 HOLD: before day 7"},
	[DEADLINE_HOLD_ENDS] = {"hold_ends", "Remise différée : un jour encore", "Release held back: one day left",
		.states = IN(HOLD), .from = to_hold_end, .span = DAYS(1), .back = true, .alerts = ALERT_NURSES, .source = "3.2 HOLD"},
	[DEADLINE_HOLD_OVER] = {"hold_over", "Remise différée trop longtemps", "Release held back for too long",
		.states = IN(HOLD), .from = to_hold_end, .span = MIN(0), .back = true, .again = DAYS(1), .alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.2 HOLD"},
	[DEADLINE_REPORT_WARN] = {"report_warn", "Rapport non remis depuis 1 h", "Report not delivered for 1 h",
		.states = IN(RELEASED), .from = from_report, .span = HOURS(1), .holds = report_has_not_arrived,
		.alerts = ALERT_OPERATOR, .source = "3.2 RELEASED, 3.3 DSN"},
	[DEADLINE_REPORT_LATE] = {"report_late", "Rapport non remis depuis 4 h", "Report not delivered for 4 h",
		.states = IN(RELEASED), .from = from_report, .span = HOURS(4), .holds = report_has_not_arrived,
		.alerts = ALERT_NURSES | ALERT_OPERATOR, .source = "3.3 DSN"},
	[DEADLINE_REPORT_FALLBACK] = {"report_fallback", "Rapport non remis depuis 24 h : autre voie", "Report not delivered for 24 h: another way",
		.states = IN(RELEASED), .from = from_report, .span = HOURS(24), .holds = report_has_not_arrived,
		.alerts = ALERT_NURSES, .act = ACT_FALL_BACK, .source = "3.1, 3.2 RELEASED, 3.3 DSN"},
	[DEADLINE_SHARE_LATE] = {"share_late", "Copie au médecin non remise depuis 4 h", "Physician's copy not delivered for 4 h",
		.states = AFTER, .from = from_release, .span = HOURS(4), .holds = physician_lacks_report,
		.alerts = ALERT_OPERATOR, .source = "3.2 SHARED, 3.3 DSN"},
	[DEADLINE_SHARE_PAPER] = {"share_paper", "Copie au médecin non remise : papier au cabinet", "Physician's copy not delivered: paper to the practice",
		.states = AFTER, .from = from_release, .span = HOURS(24), .holds = physician_lacks_report,
		.alerts = ALERT_NURSES, .source = "3.2 SHARED"},
	[DEADLINE_SHARE_DUE] = {"share_due", "Médecin en attente : le patient n'a pas lu son rapport", "A physician waits: the patient has not read the report",
		.states = IN(RELEASED) | IN(UNDELIVERABLE) | IN(EXCHANGE) | IN(CLOSED), .from = from_report, .span = DAYS(7), .holds = physician_waits_for_reading,
		.alerts = ALERT_NURSES, .source = "3.7 (A)"},
	[DEADLINE_UNREAD_NOTICE] = {"unread_notice", "Rapport non lu : rappel au patient", "Report unread: reminder to the patient",
		.states = IN(RELEASED), .from = from_report, .span = HOURS(48), .hours = HOURS_PATIENT, .holds = mailbox_is_unread,
		.mail = MAIL_M22, .party = PARTY_PATIENT, .source = "3.2 RELEASED"},
	[DEADLINE_UNREAD_CALL] = {"unread_call", "Rapport non lu : appeler le patient", "Report unread: call the patient",
		.states = IN(RELEASED), .from = from_report, .span = DAYS(4), .holds = report_is_unread, .alerts = ALERT_NURSES, .source = "3.2 RELEASED (A)"},
	[DEADLINE_UNREAD_LETTER] = {"unread_letter", "Rapport non lu : lettre suivie", "Report unread: tracked letter",
		.states = IN(RELEASED), .from = from_report, .span = DAYS(7), .holds = no_letter_yet, .alerts = ALERT_NURSES, .source = "3.2 RELEASED (A)"},
	[DEADLINE_UNDELIVERABLE_WAITS] = {"undeliverable_waits", "Remise impossible", "Undeliverable",
		.states = IN(UNDELIVERABLE), .from = from_state, .span = W_DAYS(1), .again = W_DAYS(1),
		.alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.2 UNDELIVERABLE"},
	[DEADLINE_QUESTION_WAITS] = {"question_waits", "Question du patient sans réponse depuis 48 h", "Patient's question unanswered for 48 h",
		.states = AFTER, .from = from_question, .span = HOURS(48), .alerts = ALERT_NURSES, .source = "3.2 EXCHANGE: < 72 h (A)"},
	[DEADLINE_QUESTION_LATE] = {"question_late", "Question du patient sans réponse depuis 72 h", "Patient's question unanswered for 72 h",
		.states = AFTER, .from = from_question, .span = HOURS(72), .again = W_DAYS(1),
		.alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.2 EXCHANGE"},
	[DEADLINE_EXCHANGE_SOON] = {"exchange_soon", "Échange : encore trois jours", "Exchange: three days left",
		.states = IN(RELEASED) | IN(EXCHANGE), .from = from_exchange, .span = DAYS(12), .hours = HOURS_PATIENT,
		.mail = MAIL_M34, .party = PARTY_PATIENT, .source = "3.2 EXCHANGE"},
	[DEADLINE_EXCHANGE_END] = {"exchange_end", "Fin de l'échange", "End of the exchange",
		.states = IN(RELEASED) | IN(EXCHANGE), .from = from_exchange, .span = DAYS(15), .hours = HOURS_PATIENT, .holds = nothing_waits,
		.mail = MAIL_M35, .party = PARTY_PATIENT, .act = ACT_CLOSE, .source = "3.1 C15"},
	[DEADLINE_SIX_MONTHS] = {"six_months", "Six mois après", "Six months later",
		.states = IN(CLOSED) | IN(ARCHIVED), .from = from_close, .span = DAYS(182), .hours = HOURS_PATIENT, .holds = takes_part_in_study,
		.mail = MAIL_M40, .party = PARTY_PATIENT, .source = "3.2 CLOSED"},
	[DEADLINE_ARCHIVE] = {"archive", "Mise en archive", "To the archive",
		.states = IN(CLOSED) | STOPPED | IN(DECEASED), .from = from_state, .span = DAYS(30), .always = true, .holds = may_be_archived,
		.act = ACT_ARCHIVE, .source = "3.2 ARCHIVED (A)"},
	[DEADLINE_RETENTION] = {"retention", "Fin de conservation : vingt ans", "End of retention: twenty years",
		.states = IN(ARCHIVED), .from = from_state, .span = DAYS(7305), .always = true, .holds = was_complete,
		.alerts = ALERT_OFFICER, .source = "3.8, Code de la santé publique R1112-7"},
	[DEADLINE_RETENTION_SHORT] = {"retention_short", "Fin de conservation : demande jamais complète", "End of retention: request never complete",
		.states = IN(ARCHIVED), .from = from_opening, .span = DAYS(183), .always = true, .holds = was_never_complete,
		.alerts = ALERT_OFFICER, .source = "3.8 (A)"},
	[DEADLINE_REDIRECT_CALL] = {"redirect_call", "Réorienté : parler au patient", "Redirected: speak to the patient",
		.states = IN(REDIRECTED), .from = from_state, .span = W_HOURS(4), .holds = patient_was_not_called,
		.alerts = ALERT_NURSES, .source = "3.2 REDIRECTED: same working day (A)"},
	[DEADLINE_URGENT_CALL] = {"urgent_call", "Mots d'urgence : personne n'a encore joint le patient", "Words of urgency: nobody has reached the patient yet",
		.states = OPEN | AFTER | STOPPED | IN(ARCHIVED), .from = from_urgency, .span = MIN(10), .again = MIN(30), .always = true, .holds = urgency_is_unheard,
		.alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.2 REDIRECTED: minutes (A), 3.4 E40"},
	[DEADLINE_ENDED_UNTOLD] = {"ended_untold", "Dossier fini, l'expert n'a pas encore été prié d'effacer", "The dossier ended, the expert was not asked to erase it yet",
		.states = STOPPED | IN(DECEASED), .from = from_state, .span = HOURS(1), .always = true,
		.holds = holder_was_not_told, .alerts = ALERT_NURSES, .source = "3.2 CANCELLED"},
	[DEADLINE_DEATH_WAITS] = {"death_waits", "Décès : à suivre par une infirmière", "Death: a nurse to follow up",
		.states = IN(DECEASED), .from = from_state, .span = W_DAYS(1), .always = true, .alerts = ALERT_NURSES, .source = "3.2 DECEASED"},
	[DEADLINE_COMPLAINT_WAITS] = {"complaint_waits", "Réclamation sans réponse", "Complaint without an answer",
		.states = ANY, .from = from_complaint, .span = W_DAYS(2), .again = W_DAYS(1), .always = true, .alerts = ALERT_MANAGER, .source = "3.4 E48"},
	[DEADLINE_ERASURE_WAITS] = {"erasure_waits", "Effacement demandé, sans réponse depuis 30 jours", "Erasure asked for, unanswered for 30 days",
		.states = ANY, .from = from_erasure, .span = DAYS(30), .again = W_DAYS(1), .always = true, .alerts = ALERT_OFFICER, .source = "3.4 E32, GDPR 12(3) (A)"},
	[DEADLINE_FROZEN_WAITS] = {"frozen_waits", "Dossier gelé", "Dossier frozen",
		.states = ANY, .from = from_freeze, .span = W_DAYS(1), .again = W_DAYS(2), .always = true, .alerts = ALERT_NURSES | ALERT_MANAGER, .source = "3.4 E35 (A)"},
	[DEADLINE_BREACH_CLOCK] = {"breach_clock", "Violation présumée : 24 h avant la fin des 72 h", "Suspected breach: 24 h before the 72 h end",
		.states = ANY, .from = from_freeze, .span = HOURS(48), .always = true, .holds = is_breach,
		.alerts = ALERT_OFFICER | ALERT_MANAGER, .source = "3.4 E44, GDPR 33(1) (A)"},
	[DEADLINE_REPRESENTATIVE_END] = {"representative_end", "Fin des droits d'un représentant", "End of a representative's rights",
		.states = OPEN | AFTER, .from = from_representative_end, .span = MIN(0), .back = true, .always = true,
		.act = ACT_END_REPRESENTATIVES, .source = "3.4 E34, 2.2"},
	[DEADLINE_REPRESENTATIVE_TOLD] = {"representative_told", "Fin des droits d'un représentant : le patient est prévenu", "End of a representative's rights: the patient is told",
		.states = OPEN | AFTER, .from = from_representative_ended, .span = MIN(0), .hours = HOURS_PATIENT,
		.mail = MAIL_M52, .party = PARTY_PATIENT, .source = "3.4 E34"},
	[DEADLINE_LETTER_WAITS] = {"letter_waits", "Lettre imprimée : partie ou revenue ?", "Printed letter: posted, or returned?",
		.states = ANY, .from = from_letter, .span = W_DAYS(2), .again = W_DAYS(2), .alerts = ALERT_NURSES, .source = "2.3 (A)"},
	[DEADLINE_QUARANTINE_OWNER] = {"quarantine_owner", "Quarantaine : à décider", "Quarantine: to decide",
		.span = HOURS(4), .alerts = ALERT_NURSES | ALERT_OPERATOR, .source = "3.2 QUARANTINE"},
	[DEADLINE_QUARANTINE_MANAGER] = {"quarantine_manager", "Quarantaine depuis 24 h", "In quarantine for 24 h",
		.span = HOURS(24), .alerts = ALERT_MANAGER, .source = "3.2 QUARANTINE"},
};

const struct deadline_row *deadline_row(enum deadline_kind kind)
{
	return &rows[kind];
}

const char *deadline_name(enum deadline_kind kind)
{
	return rows[kind].name;
}

enum deadline_kind deadline_of_name(struct bytes name)
{
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++)
		if (bytes_equal_text(name, rows[k].name))
			return k;
	return DEADLINE_NONE;
}

unsigned deadline_alerts(const struct dossier *dossier, enum deadline_kind kind)
{
	bool mail = kind == DEADLINE_DUE_SOON && (parts_are_missing(dossier) || dossier->released_at.us != 0);
	return rows[kind].alerts | (mail ? ALERT_OPERATOR : 0);
}

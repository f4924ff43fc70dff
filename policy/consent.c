/* policy/consent.c - see consent.h. */
#include "policy/consent.h"

#include "policy/people.h"

static bool is_given(const struct dossier_consent *consent, struct instant now)
{
	return consent->given && !instant_before(now, consent->at);
}

/* Somebody with a right to that mail acts for the patient at that instant; the other parent is told of the request alone. */
static bool is_represented(const struct dossier *d, enum party party, enum mail_code code, struct instant now)
{
	for (size_t i = 0; i < d->n_representatives; i++) {
		const struct dossier_representative *r = &d->representatives[i];
		bool other = r->data.informed_only;
		if (other == (party == PARTY_OTHER_PARENT) && people_check(d, r, code, now) == REASON_NONE)
			return true;
	}
	return false;
}

enum reason consent_check(const struct dossier *dossier, enum party party, struct instant now)
{
	const struct dossier_request *r = &dossier->request;

	if (party == PARTY_SENDER)
		return REASON_NONE;
	if (dossier->frozen_at.us != 0)
		return REASON_DOSSIER_FROZEN;
	if (!r->consent_processing || !r->consent_expert || dossier->withdrawn_at.us != 0 || dossier->died_at.us != 0)
		return REASON_CONSENT_NONE;
	switch (party) {
	case PARTY_PATIENT:
		return people_is_secret(dossier) ? REASON_REPRESENTATIVE_SECRET : REASON_NONE;
	case PARTY_EXPERT:
	case PARTY_STANDBY:
		return REASON_NONE;
	case PARTY_REQUESTER:
		return r->requester == REQUESTER_PHYSICIAN ? REASON_NONE : REASON_CONSENT_NONE;
	case PARTY_ATTENDING:
		return is_given(&dossier->attending, now) ? REASON_NONE : REASON_CONSENT_NONE;
	case PARTY_FIRST_OPINION:
		return is_given(&dossier->first_opinion, now) ? REASON_NONE : REASON_CONSENT_NONE;
	case PARTY_REPRESENTATIVE:
	case PARTY_OTHER_PARENT:
		return is_represented(dossier, party, party == PARTY_OTHER_PARENT ? MAIL_M51 : MAIL_M01, now) ? REASON_NONE : REASON_CONSENT_NONE;
	default:
		return REASON_CONSENT_NONE;
	}
}

enum reason consent_check_mail(const struct dossier *dossier, enum mail_code code, enum party party, struct instant now)
{
	/* The demand to delete holds nothing of the patient, and serves him most when all else has ended. */
	if (code == MAIL_M18 && (party == PARTY_EXPERT || party == PARTY_STANDBY))
		return REASON_NONE;
	/* Whom to call in an emergency waits for nothing; that his request ended is told to who ended it. */
	bool alive = party == PARTY_PATIENT && dossier->died_at.us == 0 && !people_is_secret(dossier);
	if (alive && (code == MAIL_M33 || (dossier->state == DOSSIER_WITHDRAWN && code == MAIL_M43)))
		return REASON_NONE;
	/* What the patient agreed to is what M60 asks the physician who wrote to us. */
	bool live = dossier->frozen_at.us == 0 && dossier->withdrawn_at.us == 0 && dossier->died_at.us == 0;
	if (code == MAIL_M60 && party == PARTY_REQUESTER && dossier->request.requester == REQUESTER_PHYSICIAN && live)
		return REASON_NONE;
	/* He was told that his request came, and is asked for what it lacks; the report is the patient's to give. */
	if (code == MAIL_M64 && party == PARTY_REQUESTER && !is_given(&dossier->requester, now))
		return REASON_CONSENT_NONE;
	if ((party == PARTY_REPRESENTATIVE || party == PARTY_OTHER_PARENT) && dossier->frozen_at.us == 0)
		return is_represented(dossier, party, code, now) ? REASON_NONE : REASON_CONSENT_NONE;
	return consent_check(dossier, party, now);
}

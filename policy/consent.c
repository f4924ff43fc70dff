/* policy/consent.c - see consent.h. */
#include "policy/consent.h"

static bool is_given(const struct dossier_consent *consent, struct instant now)
{
	return consent->given && !instant_before(now, consent->at);
}

enum reason consent_check(const struct dossier *dossier, enum party party, struct instant now)
{
	const struct dossier_request *r = &dossier->request;

	if (party == PARTY_SENDER)
		return REASON_NONE;
	if (!r->consent_processing || !r->consent_expert || dossier->state == DOSSIER_WITHDRAWN)
		return REASON_CONSENT_NONE;
	if (party == PARTY_PATIENT || party == PARTY_EXPERT)
		return REASON_NONE;
	if (party == PARTY_ATTENDING && is_given(&dossier->attending, now))
		return REASON_NONE;
	if (party == PARTY_FIRST_OPINION && is_given(&dossier->first_opinion, now))
		return REASON_NONE;
	return REASON_CONSENT_NONE;
}

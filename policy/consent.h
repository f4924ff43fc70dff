/* policy/consent.h - may this party have mail about the dossier at this instant? */
#ifndef RELAIS_POLICY_CONSENT_H
#define RELAIS_POLICY_CONSENT_H

#include "policy/dossier.h"

/* REASON_NONE or REASON_CONSENT_NONE. The patient and the expert need the two consents of the request; a physician
 * needs his own, given and not withdrawn at that instant. PARTY_SENDER is answered about its message, never about
 * the dossier, and needs none. */
MUST_USE enum reason consent_check(const struct dossier *dossier, enum party party, struct instant now);

#endif

/* policy/consent.h - may this party have mail about the dossier at this instant? */
#ifndef RELAIS_POLICY_CONSENT_H
#define RELAIS_POLICY_CONSENT_H

#include "policy/dossier.h"

/* REASON_NONE, REASON_CONSENT_NONE, REASON_DOSSIER_FROZEN, or REASON_REPRESENTATIVE_SECRET. The patient and the expert need the two consents of
 * the request; a physician needs his own, given and not withdrawn at that instant. PARTY_SENDER is answered about its message, never about
 * the dossier, and needs none. What a minor keeps secret goes neither to who acts for him nor to his mailbox, which they read (REPRESENTATIVE_SECRET:
 * it is brought to him; people.h). */
MUST_USE enum reason consent_check(const struct dossier *dossier, enum party party, struct instant now);

/* The same for one mail: the demand to delete (M18), whom to call in an emergency (M33) and the word that a withdrawal was
 * done (M43) go where nothing else does. */
MUST_USE enum reason consent_check_mail(const struct dossier *dossier, enum mail_code code, enum party party, struct instant now);

#endif

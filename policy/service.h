/* policy/service.h - service mails: what goes to our own people, to experts and to partners without being mail of one dossier. Who has which.
 *
 * Pure. The signer holds a mail against this table (gateway/service_mail.h); whoever sends one asks it too. */
#ifndef RELAIS_POLICY_SERVICE_H
#define RELAIS_POLICY_SERVICE_H

#include "policy/mail.h"

enum service_party {
	SERVICE_NURSES,
	SERVICE_DUTY,        /* the nurse on duty */
	SERVICE_OPERATOR,
	SERVICE_OFFICER,     /* security and privacy */
	SERVICE_MANAGER,
	SERVICE_EXPERT,      /* of the registry */
	SERVICE_INSURER,     /* a partner: figures only */
	SERVICE_PARTIES
};

/* "nurses", "duty", "operator", "officer", "manager", "expert", "insurer": of the configuration, of relais tasks and of outbox rows. */
const char *service_party_name(enum service_party party);
/* SERVICE_PARTIES for any other word. */
enum service_party service_party_of_name(struct bytes name);
/* May that party have that mail without a dossier? */
bool service_may(enum service_party party, enum mail_code code);

#endif

/* gateway/service_mail.h - to which mailboxes a service mail may go, by this configuration. For the signer, and for who sends one. */
#ifndef RELAIS_GATEWAY_SERVICE_MAIL_H
#define RELAIS_GATEWAY_SERVICE_MAIL_H

#include "gateway/config.h"
#include "policy/service.h"

/* The mailbox of one of our own people; "" when nobody has that part, and for experts and insurers. */
const char *service_mailbox(const struct config *config, enum service_party party);

/* The mailboxes to which a service mail of that party and code may go; returns how many, the list is in the arena. None for a code that is not
 * the party's, or for a word that is no party. registry: what the registry has for the party (experts). */
size_t service_mail_allowed(struct arena *arena, const struct config *config, struct bytes party, struct bytes code, const struct bytes *registry,
			    size_t n_registry, const struct bytes **out);

#endif

/* gateway/deliverer_child.h - the child that carries the mail of one next hop.
 *
 * It lives while there is mail for its hop, keeps the connection between two mails, and ends after
 * LIMIT_DELIVER_SESSION_MAILS mails or LIMIT_DELIVER_IDLE_SECONDS without one; at once without one when others wait for its
 * place. */
#ifndef RELAIS_GATEWAY_DELIVERER_CHILD_H
#define RELAIS_GATEWAY_DELIVERER_CHILD_H

#include <stdatomic.h>

#include "gateway/deliverer_route.h"
#include "gateway/service.h"
#include "gateway/smtp_client.h"

/* Shared by the parent with all children: true while more destinations have mail than there are places. */
struct deliverer_share {
	atomic_bool crowded;
};

/* Returns an exit status. */
int deliverer_child(struct service *service, const struct deliverer_key *key, const struct deliverer_share *share, struct tls_context *tls,
		    const struct smtp_client_limits *limits);

#endif

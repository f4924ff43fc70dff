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
#include "gateway/store.h"

/* Shared by the parent with all children: true while more destinations have mail than there are places. */
struct deliverer_share {
	atomic_bool crowded;
	int journal;              /* of what is sent (gateway/sent_journal.h), opened before the children are born */
};

/* May anything leave? Asked once on each connection, with the end of our journal: a database that does not know all of it was set back to an
 * earlier point. *asked: the session for which it was asked last. NONE, STORE_EARLIER, or the store's reason. */
MUST_USE enum reason deliverer_fence(struct store *store, int journal, int64_t *asked);

/* Returns an exit status. */
int deliverer_child(struct service *service, const struct deliverer_key *key, const struct deliverer_share *share, struct tls_context *tls,
		    const struct smtp_client_limits *limits);

#endif

/* gateway/deliverer_child.h - the child that carries the mail of one next hop.
 *
 * It lives while there is mail for its hop, keeps the connection between two mails, and ends after
 * LIMIT_DELIVER_SESSION_MAILS mails or LIMIT_DELIVER_IDLE_SECONDS without one. */
#ifndef RELAIS_GATEWAY_DELIVERER_CHILD_H
#define RELAIS_GATEWAY_DELIVERER_CHILD_H

#include "gateway/service.h"
#include "gateway/smtp_client.h"

/* route: its number in the configuration; deliverer.n for mail that no route takes. Returns an exit status. */
int deliverer_child(struct service *service, size_t route, struct tls_context *tls,
		    const struct smtp_client_limits *limits);

#endif

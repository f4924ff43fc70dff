/* gateway/collector_mailbox.h - the child that collects one mailbox. */
#ifndef RELAIS_GATEWAY_COLLECTOR_MAILBOX_H
#define RELAIS_GATEWAY_COLLECTOR_MAILBOX_H

#include "gateway/collector_imap.h"
#include "gateway/service.h"

/* One session: runs until it is told to stop or the session ends; returns an exit status, SERVICE_FINE when the session was of use (the
 * next one may come at once). To be called in a process of its own, before its jail. number: of the mailbox in the configuration; journal: descriptor of
 * the collector's journal. */
int collector_mailbox(struct service *service, size_t number, struct tls_context *tls, int journal,
		      const struct collector_imap_limits *limits);

#endif

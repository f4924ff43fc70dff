/* gateway/collector_mailbox.h - the child that collects one mailbox. */
#ifndef RELAIS_GATEWAY_COLLECTOR_MAILBOX_H
#define RELAIS_GATEWAY_COLLECTOR_MAILBOX_H

#include "gateway/collector_imap.h"
#include "gateway/service.h"

/* Runs until it is told to stop; returns an exit status. number: of the mailbox in the configuration; journal: descriptor of
 * the collector's journal. */
int collector_mailbox(struct service *service, size_t number, struct tls_context *tls, int journal,
		      const struct collector_imap_limits *limits);

#endif

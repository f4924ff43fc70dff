/* gateway/collector_mailbox.h - the child that collects one mailbox. */
#ifndef RELAIS_GATEWAY_COLLECTOR_MAILBOX_H
#define RELAIS_GATEWAY_COLLECTOR_MAILBOX_H

#include "gateway/collector_imap.h"
#include "gateway/service.h"

/* How often sessions broke while one message was fetched. Lies in memory that all sessions of a mailbox share. */
struct collector_try {
	uint32_t uidvalidity, uid;
	unsigned n;
};
/* A fetch begins. False: as many sessions as LIMIT_COLLECT_TRIES broke at this very message; it would stand before all others for ever. */
bool collector_try(struct collector_try *last, uint32_t uidvalidity, uint32_t uid);

/* One session: runs until it is told to stop or the session ends; returns an exit status, SERVICE_FINE when the session was of use (the
 * next one may come at once). To be called in a process of its own, before its jail. number: of the mailbox in the configuration; journal: descriptor of
 * the collector's journal. */
int collector_mailbox(struct service *service, size_t number, struct tls_context *tls, int journal, struct collector_try *last,
		      const struct collector_imap_limits *limits);

#endif

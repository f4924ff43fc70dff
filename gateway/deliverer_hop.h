/* gateway/deliverer_hop.h - the hosts of one next hop, and the session that a child has with one of them.
 *
 * 1. A host that did not answer, or refused every session, is not asked again for a while; the next one is.
 * 2. No mail is given to a server that the white list does not name for the mail's domain, by its certificate. Routes with a login
 *    lead to our own operator, LMTP to our own mailbox server: their certificate's chain and name are enough. */
#ifndef RELAIS_GATEWAY_DELIVERER_HOP_H
#define RELAIS_GATEWAY_DELIVERER_HOP_H

#include "gateway/deliverer_route.h"
#include "gateway/resolve.h"
#include "gateway/smtp_client.h"
#include "gateway/store.h"

struct deliverer_host {
	const char *name;
	int64_t down_until;
	struct smtp_client_result down;   /* why */
};

struct deliverer_hop {
	const struct config *config;
	const struct config_route *route; /* NULL: by DNS, or nowhere */
	struct deliverer_key key;
	struct store *store;
	struct resolve *resolve;
	struct smtp_client_hop session;
	struct smtp_client_limits limits;
	struct resolve_hosts found;
	struct smtp_client_result unknown;   /* why DNS named no host */
	int64_t unknown_until;
	struct deliverer_host hosts[LIMIT_MX];
	size_t n, at;                     /* at: the host of the session, or the one asked last */
	struct smtp_client *client;
	char asked[LIMIT_SMTP_DOMAIN + 1];   /* the domain that the white list was asked for in this session */
	bool listed;
};

/* Before the jail. Everything given outlives the hop. CONFIG_VALUE, MEMORY. */
MUST_USE enum reason deliverer_hop_open(const struct config *config, const struct deliverer_key *key, struct store *store,
					struct tls_context *tls, const struct smtp_client_limits *limits, struct deliverer_hop *out);
void deliverer_hop_close(struct deliverer_hop *hop);

/* A session that may carry mail for the domain: the one that is open, or a new one with the first host that gives one before the
 * deadline (stream_now). Otherwise result says why not, and its reason is returned; STORE_…: the white list could not be asked. */
MUST_USE enum reason deliverer_hop_reach(struct deliverer_hop *hop, struct bytes domain, int64_t deadline,
					 struct smtp_client_result *result);
/* The session's host failed with this: another is to be tried. */
void deliverer_hop_down(struct deliverer_hop *hop, const struct smtp_client_result *why);
/* A session that lasts from an earlier mail. */
bool deliverer_hop_is_open(const struct deliverer_hop *hop);
/* The host asked last; "" when none was. */
const char *deliverer_hop_host(const struct deliverer_hop *hop);

#endif

/* gateway/deliverer_route.h - which next hop takes the mail of a domain. Pure. */
#ifndef RELAIS_GATEWAY_DELIVERER_ROUTE_H
#define RELAIS_GATEWAY_DELIVERER_ROUTE_H

#include "base/limits.h"
#include "gateway/config.h"

/* The number of the route: one with exactly this domain (case does not count), else the route "*", else n (no route). */
size_t deliverer_route(const struct config_route *routes, size_t n, struct bytes domain);

/* A next hop: all domains of one route; or one domain, by DNS; or neither: mail that cannot go anywhere. */
struct deliverer_key {
	size_t route;                          /* the number of routes when there is none */
	char domain[LIMIT_SMTP_DOMAIN + 1];    /* by DNS; "" otherwise */
};

struct deliverer_key deliverer_key(const struct config *config, struct bytes domain);
bool deliverer_key_equal(const struct deliverer_key *a, const struct deliverer_key *b);

#endif

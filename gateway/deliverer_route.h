/* gateway/deliverer_route.h - which next hop takes the mail of a domain. Pure. */
#ifndef RELAIS_GATEWAY_DELIVERER_ROUTE_H
#define RELAIS_GATEWAY_DELIVERER_ROUTE_H

#include "gateway/config.h"

/* The number of the route: one with exactly this domain (case does not count), else the route "*", else n (no route). */
size_t deliverer_route(const struct config_route *routes, size_t n, struct bytes domain);

#endif

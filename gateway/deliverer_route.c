/* gateway/deliverer_route.c - see deliverer_route.h. */
#include "gateway/deliverer_route.h"

#include <string.h>

#include "policy/mx.h"

size_t deliverer_route(const struct config_route *routes, size_t n, struct bytes domain)
{
	size_t rest = n;

	for (size_t i = 0; i < n; i++) {
		struct bytes name = bytes_of_text(routes[i].domain);
		if (bytes_equal_nocase(name, domain))
			return i;
		if (rest == n && bytes_equal(name, BYTES("*")))
			rest = i;
	}
	return rest;
}

struct deliverer_key deliverer_key(const struct config *config, struct bytes domain)
{
	struct deliverer_key key = {.route = deliverer_route(config->deliverer.routes, config->deliverer.n, domain)};

	/* What is no name of DNS (a literal, letters beyond ASCII) needs a route. */
	if (key.route == config->deliverer.n && config->deliverer.mx && mx_is_host(domain))
		memcpy(key.domain, domain.at, domain.len);
	return key;
}

bool deliverer_key_equal(const struct deliverer_key *a, const struct deliverer_key *b)
{
	return a->route == b->route && bytes_equal_nocase(bytes_of_text(a->domain), bytes_of_text(b->domain));
}

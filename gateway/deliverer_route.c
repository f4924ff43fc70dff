/* gateway/deliverer_route.c - see deliverer_route.h. */
#include "gateway/deliverer_route.h"

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

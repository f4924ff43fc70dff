/* gateway/deliverer_route_test.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/deliverer_route.h"

static void routes_are_chosen(void **state)
{
	(void)state;
	static const struct config_route with_rest[] = {{.domain = "*"}, {.domain = "hopital.exemple.mssante.fr"}, {.domain = "*"}};
	static const struct config_route without[] = {{.domain = "hopital.exemple.mssante.fr"}};
	static const struct {
		const char *what;
		const struct config_route *routes;
		size_t n;
		struct bytes domain;
		size_t route;
	} rows[] = {
		{"exact wins over the rest, whatever the order", with_rest, 3, BYTES_OF("hopital.exemple.mssante.fr"), 1},
		{"case does not count", with_rest, 3, BYTES_OF("HOPITAL.exemple.mssante.fr"), 1},
		{"the first rest", with_rest, 3, BYTES_OF("ailleurs.fr"), 0},
		{"a domain below is another", without, 1, BYTES_OF("a.hopital.exemple.mssante.fr"), 1},
		{"no route", without, 1, BYTES_OF("ailleurs.fr"), 1},
		{"no routes at all", NULL, 0, BYTES_OF("ailleurs.fr"), 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t route = deliverer_route(rows[i].routes, rows[i].n, rows[i].domain);
		if (route != rows[i].route)
			fail_msg("%s: %zu", rows[i].what, route);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_chosen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

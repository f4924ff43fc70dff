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

static void hops(void **state)
{
	(void)state;
	static struct config_route routes[] = {{.domain = "hopital.exemple.mssante.fr"}};
	struct config config = {.deliverer = {.routes = routes, .n = 1, .mx = true}};
	static const struct {
		const char *what;
		struct bytes domain;
		bool mx;
		size_t route;
		const char *by_dns;
	} rows[] = {
		{"a route wins", BYTES_OF("hopital.exemple.mssante.fr"), true, 0, ""},
		{"without one DNS says", BYTES_OF("ailleurs.fr"), true, 1, "ailleurs.fr"},
		{"unless it is not asked", BYTES_OF("ailleurs.fr"), false, 1, ""},
		{"letters beyond ASCII need a route", BYTES_OF("caf\xc3\xa9.fr"), true, 1, ""},
		{"so does a literal address", BYTES_OF("[192.0.2.1]"), true, 1, ""},
		{"and a bare address", BYTES_OF("192.0.2.1"), true, 1, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		config.deliverer.mx = rows[i].mx;
		struct deliverer_key key = deliverer_key(&config, rows[i].domain), again = deliverer_key(&config, rows[i].domain);
		if (key.route != rows[i].route || !bytes_equal_text(bytes_of_text(key.domain), rows[i].by_dns) || !deliverer_key_equal(&key, &again))
			fail_msg("%s: %zu %s", rows[i].what, key.route, key.domain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_chosen),
		cmocka_unit_test(hops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

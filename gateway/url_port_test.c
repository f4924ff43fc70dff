/* gateway/url_port_test.c - which port an address leads to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gateway/url_port.h"

static void test_ports(void **state)
{
	static const struct {
		const char *url;
		int port;
	} rows[] = {
		{"https://a.example/list.xml", 443}, {"http://a.example/a.crl", 80}, {"ldaps://a.example", 636}, {"https://a.example:8443/x", 8443},
		{"https://a.example:8443", 8443},    {"https://[2001:db8::1]/x", 443}, {"https://[2001:db8::1]:99/x", 99}, {"https://a.example/x:7", 443},
		{"https://a.example:65536/x", 0},    {"https://a.example:/x", 0},     {"ftp://a.example", 0},  {"a.example:25", 0}, {"", 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (url_port(bytes_of_text(rows[i].url)) != rows[i].port)
			fail_msg("%s: %d, not %d", rows[i].url, url_port(bytes_of_text(rows[i].url)), rows[i].port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_ports)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

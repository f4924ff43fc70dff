/* policy/mx_test.c - what DNS may answer, honest or not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "policy/mx.h"

#define DOMAIN BYTES("hopital.exemple.fr")
#define OWN BYTES("mx.avis.exemple.fr")
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void choices(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct mx_record records[4];
		size_t n;
		enum reason reason;
		const char *hosts[4];
	} rows[] = {
		{"sorted", {{20, BYTES_OF("b.fr.test")}, {10, BYTES_OF("a.fr.test")}}, 2, REASON_NONE, {"a.fr.test", "b.fr.test"}},
		{"no MX: the domain itself", {{0, BYTES_OF("")}}, 0, REASON_NONE, {"hopital.exemple.fr"}},
		{"null MX", {{0, BYTES_OF("")}}, 1, REASON_DELIVER_DOMAIN_NO_MAIL, {NULL}},
		{"a null MX among others is none", {{0, BYTES_OF("")}, {5, BYTES_OF("a.fr.test")}}, 2, REASON_NONE, {"a.fr.test"}},
		{"we alone", {{10, BYTES_OF("MX.avis.exemple.fr")}}, 1, REASON_DELIVER_MX, {NULL}},
		{"we first", {{10, BYTES_OF("mx.avis.exemple.fr")}, {20, BYTES_OF("b.fr.test")}}, 2, REASON_DELIVER_MX, {NULL}},
		{"we second: who is before us", {{20, BYTES_OF("mx.avis.exemple.fr")}, {20, BYTES_OF("c.fr.test")}, {10, BYTES_OF("a.fr.test")}}, 3,
		 REASON_NONE, {"a.fr.test"}},
		{"twice the same", {{10, BYTES_OF("a.fr.test")}, {20, BYTES_OF("A.fr.test")}}, 2, REASON_NONE, {"a.fr.test"}},
		{"an address for a name", {{10, BYTES_OF("127.0.0.1")}}, 1, REASON_DELIVER_MX, {NULL}},
		{"a name of one label", {{10, BYTES_OF("localhost")}}, 1, REASON_DELIVER_MX, {NULL}},
		{"what is no name", {{10, BYTES_OF("a b.fr")}, {10, BYTES_OF("-a.fr")}, {10, BYTES_OF("a..fr")}, {10, BYTES_OF("a.fr\0.b")}}, 4,
		 REASON_DELIVER_MX, {NULL}},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mx_host hosts[LIMIT_MX];
		size_t n, wanted = 0;
		enum reason reason = mx_choose(rows[i].records, rows[i].n, DOMAIN, OWN, i, hosts, &n);
		while (wanted < 4 && rows[i].hosts[wanted] != NULL)
			wanted++;
		if (reason != rows[i].reason || n != wanted)
			fail_msg("%s: %s, %zu hosts", rows[i].what, reason_code(reason), n);
		for (size_t k = 0; k < n; k++)
			if (strcmp(hosts[k].name, rows[i].hosts[k]) != 0)
				fail_msg("%s: %s", rows[i].what, hosts[k].name);
	}
}

/* Each of the equals comes first for some seed, and the order of preference never breaks. */
static void equals_are_shuffled(void **state)
{
	(void)state;
	static const struct mx_record records[] = {
		{10, BYTES_OF("a.fr.test")}, {10, BYTES_OF("b.fr.test")}, {10, BYTES_OF("c.fr.test")}, {5, BYTES_OF("first.fr.test")}};
	unsigned second[3] = {0};

	for (uint64_t seed = 0; seed < 300; seed++) {
		struct mx_host hosts[LIMIT_MX];
		size_t n;
		assert_int_equal(mx_choose(records, 4, DOMAIN, OWN, seed * 0x9e3779b97f4a7c15ull, hosts, &n), REASON_NONE);
		assert_int_equal(n, 4);
		assert_string_equal(hosts[0].name, "first.fr.test");
		second[hosts[1].name[0] - 'a']++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_in_range(second[i], 50, 150);
}

static void thousands_are_cut(void **state)
{
	(void)state;
	static char names[5000][16];
	static struct mx_record records[5000];
	struct mx_host hosts[LIMIT_MX];
	size_t n;

	for (unsigned i = 0; i < COUNT(records); i++) {
		snprintf(names[i], sizeof names[i], "h%u.fr.test", i);
		records[i] = (struct mx_record){5000 - i, bytes_of_text(names[i])};
	}
	assert_int_equal(mx_choose(records, COUNT(records), DOMAIN, OWN, 7, hosts, &n), REASON_NONE);
	assert_int_equal(n, LIMIT_MX);
	assert_string_equal(hosts[0].name, "h99.fr.test");   /* the lowest of the first LIMIT_MX_RECORDS */
}

static void names_of_hosts(void **state)
{
	(void)state;
	char longest[260];

	assert_true(mx_is_host(BYTES("mx1.exemple.fr")));
	assert_true(mx_is_host(BYTES("3com.com")));
	assert_true(mx_is_host(BYTES("xn--caf-dma.fr")));
	assert_false(mx_is_host(BYTES("")));
	assert_false(mx_is_host(BYTES("exemple.fr.")));
	assert_false(mx_is_host(BYTES("10.0.0.1")));
	assert_false(mx_is_host(BYTES("_smtp.exemple.fr")));
	assert_false(mx_is_host(BYTES("caf\xc3\xa9.fr")));
	memset(longest, 'a', sizeof longest);
	assert_false(mx_is_host((struct bytes){(unsigned char *)longest, 255}));
	for (size_t i = 60; i < sizeof longest; i += 60)
		longest[i] = '.';
	assert_true(mx_is_host((struct bytes){(unsigned char *)longest, 255}));
	assert_false(mx_is_host((struct bytes){(unsigned char *)longest, 256}));
}

static void addresses_of_strangers(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes address;
		bool is_public;
	} rows[] = {
		{"an ordinary one", BYTES_OF("\x08\x08\x08\x08"), true},
		{"just before 10/8", BYTES_OF("\x09\xff\xff\xff"), true},
		{"10/8", BYTES_OF("\x0a\x01\x02\x03"), false},
		{"this host", BYTES_OF("\x00\x00\x00\x00"), false},
		{"loopback", BYTES_OF("\x7f\x00\x00\x01"), false},
		{"link-local: where clouds keep their secrets", BYTES_OF("\xa9\xfe\xa9\xfe"), false},
		{"172.16/12, its end", BYTES_OF("\xac\x1f\xff\xff"), false},
		{"behind it", BYTES_OF("\xac\x20\x00\x00"), true},
		{"192.168/16", BYTES_OF("\xc0\xa8\x00\x01"), false},
		{"carrier-grade", BYTES_OF("\x64\x40\x00\x01"), false},
		{"multicast", BYTES_OF("\xe0\x00\x00\x01"), false},
		{"broadcast", BYTES_OF("\xff\xff\xff\xff"), false},
		{"IPv6, ordinary", BYTES_OF("\x2a\x01\x04\xf8\0\0\0\0\0\0\0\0\0\0\0\x01"), true},
		{"IPv6 loopback", BYTES_OF("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), false},
		{"an IPv4 address in disguise", BYTES_OF("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01"), false},
		{"through a translator", BYTES_OF("\0\x64\xff\x9b\0\0\0\0\0\0\0\0\x7f\0\0\x01"), false},
		{"6to4", BYTES_OF("\x20\x02\x7f\0\0\x01\0\0\0\0\0\0\0\0\0\x01"), false},
		{"unique local", BYTES_OF("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), false},
		{"link-local IPv6", BYTES_OF("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), false},
		{"documentation", BYTES_OF("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), false},
		{"no address at all", BYTES_OF("\x08\x08\x08"), false},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (mx_is_public(rows[i].address) != rows[i].is_public)
			fail_msg("%s", rows[i].what);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(equals_are_shuffled),
		cmocka_unit_test(thousands_are_cut),
		cmocka_unit_test(names_of_hosts),
		cmocka_unit_test(addresses_of_strangers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/resolve_answer_test.c - answers written by hand, byte by byte: honest ones and such as a liar sends. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "gateway/resolve_answer.h"

#define NAME "\x01" "a\x02" "fr\0"          /* a.fr, at offset 12 */
#define QUESTION(type) NAME "\0" type "\0\x01"
#define HEAD(flags, answers) "\x12\x34" flags "\0\x01\0" answers "\0\0\0\0"
#define FINE "\x81\x80"
#define OF "\xc0\x0c"                       /* a pointer to the question's name */
#define TTL "\0\0\0\x3c"
#define MX "\0\x0f\0\x01" TTL
#define A "\0\x01\0\x01" TTL
#define CNAME "\0\x05\0\x01" TTL
#define TEN "\0\x0a"
/* mx.a.fr as a name that ends in a pointer: five bytes */
#define MX_HOST "\x02mx" OF
#define B_FR "\x01" "b\xc0\x0e"             /* b.fr: "b" and a pointer to "fr" */

static void answers(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes packet;
		enum resolve_type type;
		enum reason reason;
		size_t n;
		const char *first;
	} rows[] = {
		{"one MX", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF MX "\0\x07" TEN MX_HOST), RESOLVE_MX, REASON_NONE, 1, "mx.a.fr"},
		{"null MX", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF MX "\0\x03" "\0\0" "\0"), RESOLVE_MX, REASON_NONE, 1, ""},
		{"no such record", BYTES_OF(HEAD(FINE, "\0") QUESTION("\x0f")), RESOLVE_MX, REASON_NONE, 0, NULL},
		{"no such name", BYTES_OF(HEAD("\x81\x83", "\0") QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DOMAIN_NONE, 0, NULL},
		{"server in trouble", BYTES_OF(HEAD("\x81\x82", "\0") QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"refused", BYTES_OF(HEAD("\x81\x85", "\0") QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"cut", BYTES_OF(HEAD("\x83\x80", "\x01") QUESTION("\x0f") OF MX "\0\x07" TEN MX_HOST), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"a question, not an answer", BYTES_OF(HEAD("\x01\0", "\0") QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"another question answered", BYTES_OF(HEAD(FINE, "\0") "\x01" "b\x02" "fr\0" "\0\x0f\0\x01"), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"another type answered", BYTES_OF(HEAD(FINE, "\0") QUESTION("\x01")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"a record of another name is not believed", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") B_FR MX "\0\x07" TEN MX_HOST), RESOLVE_MX,
		 REASON_NONE, 0, NULL},
		{"an alias is followed", BYTES_OF(HEAD(FINE, "\x02") QUESTION("\x0f") OF CNAME "\0\x04" B_FR B_FR MX "\0\x07" TEN MX_HOST), RESOLVE_MX,
		 REASON_NONE, 1, "mx.a.fr"},
		{"in whatever order", BYTES_OF(HEAD(FINE, "\x02") QUESTION("\x0f") B_FR MX "\0\x07" TEN MX_HOST OF CNAME "\0\x04" B_FR), RESOLVE_MX,
		 REASON_NONE, 1, "mx.a.fr"},
		{"an alias of itself", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF CNAME "\0\x02" OF), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"a name that points at itself", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") "\xc0\x16" MX "\0\x07" TEN MX_HOST), RESOLVE_MX,
		 REASON_DELIVER_DNS, 0, NULL},
		{"a host behind the end", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF MX "\0\x09" TEN MX_HOST), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"a host that leaves bytes over", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF MX "\0\x08" TEN MX_HOST "x"), RESOLVE_MX,
		 REASON_DELIVER_DNS, 0, NULL},
		{"more records than there are", BYTES_OF(HEAD(FINE, "\x02") QUESTION("\x0f") OF MX "\0\x07" TEN MX_HOST), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"a count that lies", BYTES_OF("\x12\x34" FINE "\0\x01\xff\xff\0\0\0\0" QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"two questions", BYTES_OF("\x12\x34" FINE "\0\x02\0\0\0\0\0\0" QUESTION("\x0f") QUESTION("\x0f")), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"an address", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x01") OF A "\0\x04\x08\x08\x08\x08"), RESOLVE_A, REASON_NONE, 1, NULL},
		{"an address of five bytes", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x01") OF A "\0\x05\x08\x08\x08\x08\x08"), RESOLVE_A, REASON_DELIVER_DNS, 0, NULL},
		{"an MX of another class", BYTES_OF(HEAD(FINE, "\x01") QUESTION("\x0f") OF "\0\x0f\0\x03" TTL "\0\x07" TEN MX_HOST), RESOLVE_MX, REASON_NONE, 0, NULL},
		{"nothing", BYTES_OF(""), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
		{"half a header", BYTES_OF("\x12\x34" FINE), RESOLVE_MX, REASON_DELIVER_DNS, 0, NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1024 * 1024);
		struct resolve_answer out;
		enum reason reason = resolve_answer_read(arena, rows[i].packet, BYTES("A.fr"), rows[i].type, &out);
		if (reason != rows[i].reason || (reason == REASON_NONE && out.n != rows[i].n))
			fail_msg("%s: %s, %zu", rows[i].what, reason_code(reason), out.n);
		if (rows[i].first != NULL && !bytes_equal_text(out.mx[0].host, rows[i].first))
			fail_msg("%s: %.*s", rows[i].what, (int)out.mx[0].host.len, (const char *)out.mx[0].host.at);
		arena_destroy(&arena);
	}
}

/* Ten aliases one behind the other; eight are followed. */
static void long_chain(void **state)
{
	(void)state;
	unsigned char packet[1024];
	size_t at = 0;
	static const unsigned char head[] = HEAD(FINE, "\x0a") QUESTION("\x0f");
	memcpy(packet, head, sizeof head - 1);
	at = sizeof head - 1;
	for (unsigned i = 0; i < 10; i++) {
		const unsigned char owner[] = {1, (unsigned char)('a' + i), 0xc0, 0x0e}, target[] = {1, (unsigned char)('b' + i), 0xc0, 0x0e};
		memcpy(packet + at, owner, 4);
		memcpy(packet + at + 4, CNAME "\0\x04", 10);
		memcpy(packet + at + 14, target, 4);
		at += 18;
	}
	struct arena *arena = arena_create(1024 * 1024);
	struct resolve_answer out;
	assert_int_equal(resolve_answer_read(arena, (struct bytes){packet, at}, BYTES("a.fr"), RESOLVE_MX, &out), REASON_DELIVER_DNS);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(long_chain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

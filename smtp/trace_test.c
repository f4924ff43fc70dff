/* smtp/trace_test.c - who received last: the forms that servers write, and those that strangers make up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtp/trace.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define R "Received: "

static void topmost_by(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes head;
		const char *by;
	} rows[] = {
		{"Postfix", BYTES_OF(R "from mx.a.fr (mx.a.fr [192.0.2.1])\r\n\t(using TLSv1.3 with cipher X (256/256 bits))\r\n"
				     "\t(Client CN \"mx.a.fr\", Issuer \"A\" (verified OK))\r\n\tby mx.b.fr (Postfix) with ESMTPS id 4Q\r\n"
				     "\tfor <x@b.fr>; Sat, 21 Nov 2026 22:00:00 +0100 (CET)\r\nFrom: x@a.fr\r\n"), "mx.b.fr"},
		{"Dovecot over LMTP", BYTES_OF("Return-Path: <x@a.fr>\r\n" R "from mx.b.fr\r\n\tby imap.b.fr with LMTP\r\n\tid 6K\r\n"
					       "\t(envelope-from <x@a.fr>)\r\n"), "imap.b.fr"},
		{"without from", BYTES_OF(R "by mx.b.fr (Postfix, from userid 0) id 4Q; Sat\r\n"), "mx.b.fr"},
		{"an address literal", BYTES_OF(R "from [192.0.2.1] (helo=x)\r\n by mx.b.fr with esmtp\r\n"), "mx.b.fr"},
		{"folded at once", BYTES_OF("RECEIVED:\r\n from a\r\n by\r\n B.fr\r\n"), "B.fr"},
		{"the topmost of two", BYTES_OF(R "by one.fr; x\r\n" R "by two.fr; x\r\n"), "one.fr"},
		{"a stranger's below ours", BYTES_OF(R "from evil.fr by real.fr; x\r\n" R "by mx.b.fr; x\r\n"), "real.fr"},
		{"a greeting that holds words", BYTES_OF(R "from a b by mx.b.fr; x\r\n"), ""},
		{"a greeting in a comment", BYTES_OF(R "from a (by mx.b.fr) by real.fr; x\r\n"), "real.fr"},
		{"a comment that never ends", BYTES_OF(R "from a (( by mx.b.fr; x\r\n"), ""},
		{"an address, no host", BYTES_OF(R "from a by [192.0.2.1]; x\r\n"), ""},
		{"bytes that no host has", BYTES_OF(R "from a by mx\xff.b.fr; x\r\n"), ""},
		{"nothing behind by", BYTES_OF(R "from a by ; x\r\n"), ""},
		{"another field", BYTES_OF("X-Received: by mx.b.fr\r\nReceived-SPF: pass by mx.b.fr\r\n"), ""},
		{"no field", BYTES_OF(""), ""},
		{"cut short", BYTES_OF("Received:"), ""},
		{"the next field is not its fold", BYTES_OF(R "from a\r\nby: mx.b.fr\r\n"), ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!bytes_equal_text(trace_by(rows[i].head), rows[i].by))
			fail_msg("%s: \"%.*s\"", rows[i].what, (int)trace_by(rows[i].head).len, (const char *)trace_by(rows[i].head).at);
}

static void under_a_domain(void **state)
{
	(void)state;
	static const struct {
		struct bytes host, domain;
		bool under;
	} rows[] = {
		{BYTES_OF("b.fr"), BYTES_OF("b.fr"), true},       {BYTES_OF("mx.B.fr"), BYTES_OF("b.FR"), true},
		{BYTES_OF("mx.b.fr"), BYTES_OF("mx.b.fr"), true}, {BYTES_OF("ab.fr"), BYTES_OF("b.fr"), false},
		{BYTES_OF(".b.fr"), BYTES_OF("b.fr"), false},     {BYTES_OF("b.fr.evil.fr"), BYTES_OF("b.fr"), false},
		{BYTES_OF("b.fr"), BYTES_OF("mx.b.fr"), false},   {BYTES_OF(""), BYTES_OF("b.fr"), false},
		{BYTES_OF("b.fr"), BYTES_OF(""), false},          {BYTES_OF("b.fr."), BYTES_OF("b.fr"), false},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		if (trace_is_under(rows[i].host, rows[i].domain) != rows[i].under)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(topmost_by), cmocka_unit_test(under_a_domain)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* smtp/scan_test.c - From grammar, signed ranges, structure, limits; the corpus with RELAIS_CORPUS. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "smtp/scan.h"

/* --- From ------------------------------------------------------------------- */

static const struct {
	const char *what;
	struct bytes value;
	enum reason reason;
	struct bytes address;
} froms[] = {
	{"bare address", BYTES_OF(" a@b.fr"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"name and angle", BYTES_OF(" Jean Doe <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"quoted name", BYTES_OF(" \"Doe, Jean\" <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"folded after the name", BYTES_OF(" Jean\r\n <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"comment with a name", BYTES_OF(" a@b.fr (Jean Doe)"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"comment in a comment", BYTES_OF(" (x(y)z) a@b.fr"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"encoded-word as name", BYTES_OF(" =?utf-8?Q?Ren=C3=A9?= <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"dots in the name", BYTES_OF(" Dr. J. Doe <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"8-bit name", BYTES_OF(" Ren\xc3\xa9 <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"own address as name", BYTES_OF(" \"A@b.fr\" <a@b.fr>"), REASON_NONE, BYTES_OF("a@b.fr")},
	{"marks in the local part", BYTES_OF(" <a+b'c_d%e@b.fr>"), REASON_NONE, BYTES_OF("a+b'c_d%e@b.fr")},
	{"one label", BYTES_OF(" a@localhost"), REASON_NONE, BYTES_OF("a@localhost")},

	{"nothing", BYTES_OF(""), REASON_MAIL_NO_FROM, BYTES_OF("")},
	{"blanks", BYTES_OF(" \r\n "), REASON_MAIL_NO_FROM, BYTES_OF("")},
	{"empty angle", BYTES_OF(" MAILER DAEMON <>"), REASON_MAIL_NO_FROM, BYTES_OF("")},
	{"two bare", BYTES_OF(" a@b.fr, c@d.fr"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"two angles", BYTES_OF(" <a@b.fr>, <c@d.fr>"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"two angles, no comma", BYTES_OF(" <a@b.fr><c@d.fr>"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"bare then angle", BYTES_OF(" a@b.fr,<c@d.fr>"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"address as name", BYTES_OF(" a@b.fr <c@d.fr>"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"empty angle then bare", BYTES_OF(" <>a@b.fr"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"empty angle then angle", BYTES_OF(" <> <a@b.fr>"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"group", BYTES_OF(" g: a@b.fr;"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"empty group", BYTES_OF(" undisclosed:;"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},
	{"trailing comma", BYTES_OF(" a@b.fr,"), REASON_MAIL_SEVERAL_FROM, BYTES_OF("")},

	{"unquoted comma in the name", BYTES_OF(" Doe, Jean <a@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"route", BYTES_OF(" <@x.fr,@y.fr:a@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"quoted local part", BYTES_OF(" \"a b\"@b.fr"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"quoted local part in angle", BYTES_OF(" <\"a\"@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"blank in angle", BYTES_OF(" < a@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"address literal", BYTES_OF(" a@[192.0.2.1]"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"another's address as quoted name", BYTES_OF(" \"x@y.fr\" <a@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"address in a comment", BYTES_OF(" a@b.fr (x@y.fr)"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"angle in a comment", BYTES_OF(" (<x>) a@b.fr"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"escape in the name", BYTES_OF(" \"a\\\"b\" <a@b.fr>"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"word before a bare address", BYTES_OF(" Jean a@b.fr"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"word after the address", BYTES_OF(" a@b.fr Jean"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"word after the angle", BYTES_OF(" <a@b.fr> Jean"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"two at signs", BYTES_OF(" a@b@c.fr"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},
	{"bare backslash", BYTES_OF(" a\\b@c.fr"), REASON_MAIL_AMBIGUOUS, BYTES_OF("")},

	{"name alone", BYTES_OF(" Jean"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"no domain", BYTES_OF(" <a@>"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"no local part", BYTES_OF(" <@b.fr>"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"no at sign", BYTES_OF(" <root>"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"open angle", BYTES_OF(" <a@b.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"open quote", BYTES_OF(" \"Jean <a@b.fr>"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"encoded-word in the address", BYTES_OF(" =?x?q?a=40b.c=3e=00?=foo@d.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"8-bit in the domain", BYTES_OF(" a@b\xc3\xa9.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"two dots", BYTES_OF(" a..b@c.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"dot first", BYTES_OF(" .a@c.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"hyphen at a label's end", BYTES_OF(" a@b-.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"underscore in the domain", BYTES_OF(" a@b_c.fr"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
	{"NUL", BYTES_OF(" a@b.fr\0"), REASON_MAIL_FROM_SYNTAX, BYTES_OF("")},
};

static void test_from(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof froms / sizeof froms[0]; i++) {
		struct bytes address = BYTES_NONE, domain = BYTES_NONE;
		enum reason reason = scan_from(froms[i].value, &address, &domain);
		if (reason != froms[i].reason || !bytes_equal(address, froms[i].address))
			fail_msg("%s: %s, \"%.*s\"", froms[i].what, reason_code(reason), (int)address.len,
				 address.at == NULL ? "" : (const char *)address.at);
		if (reason == REASON_NONE)
			assert_true(address.at + address.len == domain.at + domain.len);
	}
}

/* --- signed ranges ------------------------------------------------------------ */

#define HEAD "From: a@b.fr\r\nMIME-Version: 1.0\r\n"
#define SIGNED "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=b\r\n\r\n"
#define P7S "Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n"
#define ENTITY "Content-Type: text/plain\r\n\r\ntext\r\n"

static const struct {
	const char *what;
	struct bytes body;              /* after HEAD SIGNED */
	enum scan_layer layer;
	struct bytes entity;            /* SIGNED only */
	enum scan_verdict verdict;
} ranges[] = {
	{"plain", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n"), SCAN_LAYER_SIGNED, BYTES_OF(ENTITY), SCAN_ACCEPT},
	{"no newline at the entity's end", BYTES_OF("--b\r\nContent-Type: text/plain\r\n\r\nt\r\n--b\r\n" P7S "--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: text/plain\r\n\r\nt"), SCAN_ACCEPT},
	{"no header in the entity", BYTES_OF("--b\r\n\r\nt\r\n\r\n--b\r\n" P7S "--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF("\r\nt\r\n"), SCAN_ACCEPT},
	{"header only", BYTES_OF("--b\r\nSubject: x\r\n\r\n--b\r\n" P7S "--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF("Subject: x\r\n"), SCAN_ACCEPT},
	{"blanks after the delimiters", BYTES_OF("--b \t\r\n" ENTITY "\r\n--b  \r\n" P7S "\r\n--b-- \r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF(ENTITY), SCAN_ACCEPT},
	{"no line end at the very end", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--"), SCAN_LAYER_SIGNED, BYTES_OF(ENTITY),
	 SCAN_ACCEPT},
	{"blank lines at the end of the entity", BYTES_OF("--b\r\n" ENTITY "\r\n\r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF(ENTITY "\r\n\r\n"), SCAN_ACCEPT},
	{"trailing blanks in the entity", BYTES_OF("--b\r\n" ENTITY "x \t \r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF(ENTITY "x \t \r\n"), SCAN_ACCEPT},
	{"nested multipart", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n\r\n--b\r\n" P7S
				      "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n"), SCAN_ACCEPT},
	{"nested with epilogue", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\nepi\r\n--b\r\n" P7S
					  "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\nepi"), SCAN_ACCEPT},
	{"nested without newline after its end", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n--b\r\n" P7S
							  "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--i--"), SCAN_ACCEPT},
	{"nested with blanks after its boundary", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i  \r\n\r\nx\r\n--i-- \r\n\r\n--b\r\n" P7S
							   "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: multipart/mixed; boundary=i\r\n\r\n--i  \r\n\r\nx\r\n--i-- \r\n"), SCAN_ACCEPT},
	{"nested unclosed", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nx"), SCAN_TOLERANT},
	{"line that is no field in the entity", BYTES_OF("--b\r\nContent-Type: text/plain\r\nnot a field\r\n\r\nt\r\n\r\n--b\r\n" P7S "--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: text/plain\r\nnot a field\r\n\r\nt\r\n"), SCAN_TOLERANT},
	{"dashes in the entity", BYTES_OF("--b\r\n" ENTITY "--\r\n--c\r\n-- \r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF(ENTITY "--\r\n--c\r\n-- \r\n"), SCAN_ACCEPT},
	{"boundary not at a line's beginning", BYTES_OF("--b\r\n" ENTITY " --b\r\nx--b--\r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF(ENTITY " --b\r\nx--b--\r\n"), SCAN_ACCEPT},
	{"embedded message", BYTES_OF("--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: x@y.fr\r\n\r\nhi\r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF("Content-Type: message/rfc822\r\n\r\nFrom: x@y.fr\r\n\r\nhi\r\n"), SCAN_ACCEPT},
	{"short preamble", BYTES_OF("This is an S/MIME signed message\r\n\r\n--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF(ENTITY), SCAN_ACCEPT},
	{"blank epilogue", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n\r\n \r\n"), SCAN_LAYER_SIGNED, BYTES_OF(ENTITY),
	 SCAN_ACCEPT},
	{"signature in an octet-stream named .p7s", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\nContent-Type: application/octet-stream; name=smime.p7s\r\n\r\nx\r\n--b--\r\n"),
	 SCAN_LAYER_SIGNED, BYTES_OF(ENTITY), SCAN_ACCEPT},
	{"8-bit text", BYTES_OF("--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9\r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF("Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa9\r\n"), SCAN_ACCEPT},
	{"blank line first in the entity's text", BYTES_OF("--b\r\n\r\n\r\n\r\nt\r\n--b\r\n" P7S "--b--\r\n"), SCAN_LAYER_SIGNED,
	 BYTES_OF("\r\n\r\n\r\nt"), SCAN_ACCEPT},

	{"list footer after the end", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\nunsubscribe\r\n"), SCAN_LAYER_PARTIAL,
	 BYTES_OF(""), SCAN_ACCEPT},
	{"a third part", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b\r\n\r\nfooter\r\n--b--\r\n"), SCAN_LAYER_PARTIAL, BYTES_OF(""),
	 SCAN_ACCEPT},
	{"parts after the end", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n--b\r\n\r\nmore\r\n"), SCAN_LAYER_PARTIAL,
	 BYTES_OF(""), SCAN_QUARANTINE},
	{"one part", BYTES_OF("--b\r\n" ENTITY "\r\n--b--\r\n"), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_ACCEPT},
	{"no part", BYTES_OF("--b--\r\n"), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_TOLERANT},
	{"no delimiter", BYTES_OF("text\r\n"), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_TOLERANT},
	{"not closed", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_TOLERANT},
	{"empty entity", BYTES_OF("--b\r\n--b\r\n" P7S "\r\n--b--\r\n"), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_ACCEPT},
	{"signature first", BYTES_OF("--b\r\n" P7S "\r\n--b\r\n" ENTITY "\r\n--b--\r\n"), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_ACCEPT},
	{"a PGP signature", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n"),
	 SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_ACCEPT},
	{"signature part without a body", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n--b--\r\n"),
	 SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_ACCEPT},
	{"closed before it began", BYTES_OF("--b--\r\n--b\r\n" ENTITY "\r\n--b\r\n" P7S), SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_QUARANTINE},
	{"a line that only begins like the boundary", BYTES_OF("--b\r\n" ENTITY "--bx\r\n\r\n--b\r\n" P7S "\r\n--b--\r\n"),
	 SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_QUARANTINE},
	{"blank between boundary and its end mark", BYTES_OF("--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b --\r\n"), SCAN_LAYER_MALFORMED,
	 BYTES_OF(""), SCAN_QUARANTINE},
	{"inner multipart that closes and opens at once", BYTES_OF("--b\r\nContent-Type: multipart/mixed; boundary=\"b--\"\r\n\r\n--b--\r\n\r\nx\r\n--b\r\n" P7S
								   "\r\n--b--\r\n"),
	 SCAN_LAYER_MALFORMED, BYTES_OF(""), SCAN_QUARANTINE},
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		struct buf mail = buf_make(1 << 16);
		struct scan scan;
		buf_text(&mail, HEAD SIGNED);
		buf_add(&mail, ranges[i].body);
		scan_message(buf_bytes(&mail), false, &scan);
		struct bytes entity = scan.layer == SCAN_LAYER_SIGNED ? bytes_slice(buf_bytes(&mail), scan.entity.at, scan.entity.len) : BYTES("");
		if (scan.layer != ranges[i].layer || scan.verdict != ranges[i].verdict || !bytes_equal(entity, ranges[i].entity))
			fail_msg("%s: layer %d, %s (%s), entity \"%.*s\"", ranges[i].what, scan.layer, scan_verdict_name(scan.verdict),
				 reason_code(scan.reason), (int)entity.len, (const char *)entity.at);
		buf_free(&mail);
	}
}

/* --- structure ----------------------------------------------------------------- */

static const struct {
	const char *what;
	struct bytes raw;
	enum scan_verdict verdict;
	enum reason reason;
	enum scan_layer layer;
	enum scan_cms inner;
} shapes[] = {
	{"plain", BYTES_OF("From: a@b.fr\r\n\r\nx\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"bare LF", BYTES_OF("From: a@b.fr\r\n\r\nx\ny\r\n"), SCAN_REFUSE, REASON_SMTP_BARE_NEWLINE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"bare CR", BYTES_OF("From: a@b.fr\r\n\r\nx\ry\r\n"), SCAN_REFUSE, REASON_SMTP_BARE_NEWLINE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"CR at the end", BYTES_OF("From: a@b.fr\r\n\r\nx\r"), SCAN_REFUSE, REASON_SMTP_BARE_NEWLINE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"NUL", BYTES_OF("From: a@b.fr\r\n\r\nx\0\r\n"), SCAN_REFUSE, REASON_SMTP_NUL, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"nothing at all", BYTES_OF(""), SCAN_TOLERANT, REASON_MAIL_HEADER_ODD, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"no From", BYTES_OF("To: a@b.fr\r\n\r\nx\r\n"), SCAN_REFUSE, REASON_MAIL_NO_FROM, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two From fields", BYTES_OF("From: a@b.fr\r\nFrom: a@b.fr\r\n\r\n"), SCAN_REFUSE, REASON_MAIL_SEVERAL_FROM, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"blank before the colon", BYTES_OF("From : a@b.fr\r\n\r\n"), SCAN_REFUSE, REASON_MAIL_NO_FROM, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"a lax From beside a From", BYTES_OF("From : x@y.fr\r\nFrom: a@b.fr\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"From after a line that is no field", BYTES_OF("To: x@y.fr\r\nhello\r\nFrom: a@b.fr\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"From after a line of blanks", BYTES_OF("To: x@y.fr\r\n \r\nFrom: a@b.fr\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two Content-Type", BYTES_OF(HEAD "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"the same Content-Type twice", BYTES_OF(HEAD "Content-Type: text/plain\r\nContent-Type: text/plain\r\n\r\n"), SCAN_TOLERANT, REASON_MAIL_HEADER_ODD, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two encodings", BYTES_OF(HEAD "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two boundaries", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"boundary in pieces", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary*0=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"escape in the boundary", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=\"a\\b\"\r\n\r\n--ab--\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two names", BYTES_OF(HEAD "Content-Type: application/zip; name=a.zip; name=b.exe\r\n\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"two names in a part", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Disposition: attachment; filename=a; filename=b\r\n\r\nx\r\n--a--\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"foreign parameter name", BYTES_OF(HEAD "Content-Type: multipart/mixed; \xe9\xe9\xe9=x; boundary=a\r\n\r\n--a--\r\n"), SCAN_QUARANTINE, REASON_MAIL_AMBIGUOUS, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"8-bit header", BYTES_OF(HEAD "Subject: \xe9\r\n\r\n"), SCAN_TOLERANT, REASON_MAIL_HEADER_ODD, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"boundary never seen", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\nx\r\n"), SCAN_TOLERANT, REASON_MAIL_BOUNDARY, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"no boundary parameter", BYTES_OF(HEAD "Content-Type: multipart/mixed\r\n\r\nx\r\n"), SCAN_TOLERANT, REASON_MAIL_BOUNDARY, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"multipart in base64", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: base64\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"), SCAN_TOLERANT, REASON_MAIL_BAD_ENCODING, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"report from nobody", BYTES_OF("From: <>\r\nContent-Type: multipart/report; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"mail from nobody", BYTES_OF("From: <>\r\n\r\nx\r\n"), SCAN_REFUSE, REASON_MAIL_NO_FROM, SCAN_LAYER_NONE, SCAN_CMS_NOT},

	{"opaque signed", BYTES_OF(HEAD "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_OPAQUE, SCAN_CMS_NOT},
	{"octet-stream that is a CMS object", BYTES_OF(HEAD "Content-Type: application/octet-stream; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_OPAQUE, SCAN_CMS_NOT},
	{"octet-stream named so that is none", BYTES_OF(HEAD "Content-Type: application/octet-stream; name=smime.p7m\r\n\r\nhello\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"encrypted within", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_ENCRYPTED},
	{"signed branch", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" SIGNED "--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n\r\n--a\r\n\r\nfooter\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_SIGNED},
	{"signed mail as attachment", BYTES_OF(HEAD "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n" HEAD SIGNED "--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_SIGNED},
	{"signed mail returned in a report", BYTES_OF(HEAD "Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n" HEAD SIGNED "--b\r\n" ENTITY "\r\n--b\r\n" P7S "\r\n--b--\r\n\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_NOT},
	{"multipart/encrypted", BYTES_OF(HEAD "Content-Type: multipart/encrypted; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_ENCRYPTED, SCAN_CMS_NOT},
	{"digest parts are messages", BYTES_OF(HEAD "Content-Type: multipart/digest; boundary=a\r\n\r\n--a\r\n\r\nContent-Type: application/pkcs7-mime\r\n\r\nx\r\n--a--\r\n"), SCAN_ACCEPT, REASON_NONE, SCAN_LAYER_NONE, SCAN_CMS_SIGNED},
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct scan scan;
		scan_message(shapes[i].raw, false, &scan);
		if (scan.verdict != shapes[i].verdict || scan.reason != shapes[i].reason || scan.layer != shapes[i].layer ||
		    scan.inner != shapes[i].inner)
			fail_msg("%s: %s (%s), layer %d, inner %d", shapes[i].what, scan_verdict_name(scan.verdict), reason_code(scan.reason),
				 scan.layer, scan.inner);
	}
}

static void test_null_sender(void **state)
{
	struct scan scan;

	(void)state;
	scan_message(BYTES("To: a@b.fr\r\n\r\nx\r\n"), true, &scan);
	assert_int_equal(scan.verdict, SCAN_TOLERANT);
	assert_int_equal(scan.address.len, 0);
	scan_message(BYTES("From: a@b.fr, c@d.fr\r\n\r\nx\r\n"), true, &scan);
	assert_int_equal(scan.verdict, SCAN_REFUSE);
}

/* --- limits ----------------------------------------------------------------------- */

static void repeat(struct buf *to, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_text(to, text);
}

static void expect(struct buf *mail, const char *what, enum scan_verdict verdict, enum reason reason, bool unsafe)
{
	struct scan scan;

	scan_message(buf_bytes(mail), false, &scan);
	if (scan.verdict != verdict || scan.reason != reason || scan.unsafe != unsafe)
		fail_msg("%s: %s (%s), unsafe %d", what, scan_verdict_name(scan.verdict), reason_code(scan.reason), scan.unsafe);
	buf_clear(mail);
}

static void nested(struct buf *to, size_t depth)
{
	buf_text(to, HEAD);
	for (size_t i = 0; i < depth; i++)
		buf_printf(to, "Content-Type: multipart/mixed; boundary=b%zu.\r\n\r\n--b%zu.\r\n", i, i);
	buf_text(to, "\r\nx\r\n");
	for (size_t i = depth; i-- > 0;)
		buf_printf(to, "--b%zu.--\r\n", i);
}

static void test_limits(void **state)
{
	struct buf mail = buf_make(16 << 20);

	(void)state;
	buf_text(&mail, HEAD);
	repeat(&mail, "X: y\r\n", LIMIT_HEADER_FIELDS - 2);
	buf_text(&mail, "\r\n");
	expect(&mail, "as many fields as allowed", SCAN_ACCEPT, REASON_NONE, false);
	buf_text(&mail, HEAD);
	repeat(&mail, "X: y\r\n", LIMIT_HEADER_FIELDS - 1);
	buf_text(&mail, "\r\n");
	expect(&mail, "one field more", SCAN_REFUSE, REASON_MAIL_HEADERS_LIMIT, true);

	buf_text(&mail, HEAD "Content-Type: text/plain");
	repeat(&mail, "; a=b", LIMIT_HEADER_PARAMETERS + 1);
	buf_text(&mail, "\r\n\r\n");
	expect(&mail, "too many parameters", SCAN_REFUSE, REASON_MAIL_HEADERS_LIMIT, true);

	buf_text(&mail, HEAD "To: ");
	repeat(&mail, "g:", 50000);
	buf_text(&mail, "\r\n\r\n");
	expect(&mail, "nested groups", SCAN_TOLERANT, REASON_MAIL_LONG_LINE, true);

	buf_text(&mail, HEAD "To: ");
	repeat(&mail, "a@b.fr,\r\n ", LIMIT_HEADER_ADDRESSES + 1);
	buf_text(&mail, "a@b.fr\r\n\r\n");
	expect(&mail, "too many addresses", SCAN_TOLERANT, REASON_MAIL_HEADERS_LIMIT, true);

	buf_text(&mail, HEAD);
	repeat(&mail, "X: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n\t0123456789\r\n", 900);
	expect(&mail, "a block over the first limit, not ended", SCAN_REFUSE, REASON_MAIL_HEADERS_LIMIT, true);

	buf_text(&mail, "From: ");
	repeat(&mail, "a\r\n ", LIMIT_HEADER_FIELD);
	buf_text(&mail, "<a@b.fr>\r\n\r\n");
	expect(&mail, "huge From", SCAN_REFUSE, REASON_MAIL_HEADERS_LIMIT, true);

	nested(&mail, LIMIT_MIME_DEPTH);
	expect(&mail, "as deep as allowed", SCAN_ACCEPT, REASON_NONE, false);
	nested(&mail, LIMIT_MIME_DEPTH + 1);
	expect(&mail, "one level deeper", SCAN_REFUSE, REASON_MAIL_PARTS_LIMIT, true);

	buf_text(&mail, HEAD);
	repeat(&mail, "Content-Type: message/rfc822\r\n\r\n", 10000);
	expect(&mail, "messages in messages", SCAN_REFUSE, REASON_MAIL_PARTS_LIMIT, true);

	buf_text(&mail, HEAD "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	repeat(&mail, "--b\r\n", 100000);
	expect(&mail, "empty parts", SCAN_REFUSE, REASON_MAIL_PARTS_LIMIT, true);

	buf_text(&mail, HEAD "\r\n");
	repeat(&mail, "x", LIMIT_LINE);
	buf_text(&mail, "\r\n");
	expect(&mail, "as long a line as allowed", SCAN_ACCEPT, REASON_NONE, false);
	buf_text(&mail, HEAD "\r\n");
	repeat(&mail, "x", LIMIT_LINE + 1);
	buf_text(&mail, "\r\n");
	expect(&mail, "one byte more", SCAN_TOLERANT, REASON_MAIL_LONG_LINE, false);

	buf_text(&mail, HEAD);
	repeat(&mail, "Received: x\r\n", LIMIT_RECEIVED + 1);
	buf_text(&mail, "\r\n");
	expect(&mail, "a loop", SCAN_QUARANTINE, REASON_MAIL_LOOP, false);
	buf_free(&mail);
}

/* --- decoding ------------------------------------------------------------------------ */

static const struct {
	const char *what;
	struct bytes text;
	enum reason reason;
	struct bytes out;
} encodings[] = {
	{"padded", BYTES_OF("aGVsbG8=\r\n"), REASON_NONE, BYTES_OF("hello")},
	{"without padding", BYTES_OF("aGVs\r\nbG8"), REASON_NONE, BYTES_OF("hello")},
	{"nothing", BYTES_OF(""), REASON_NONE, BYTES_OF("")},
	{"foreign byte", BYTES_OF("aGVs-bG8="), REASON_MAIL_BAD_ENCODING, BYTES_OF("")},
	{"text after the padding", BYTES_OF("aGVsbG8=aGVs"), REASON_MAIL_BAD_ENCODING, BYTES_OF("")},
	{"one character left over", BYTES_OF("aGVsb"), REASON_MAIL_BAD_ENCODING, BYTES_OF("")},
};

static void test_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
		struct arena *arena = arena_create(1 << 16);
		struct bytes out = BYTES("");
		enum reason reason = scan_decode(arena, encodings[i].text, SCAN_BASE64, &out);
		if (reason != encodings[i].reason || (reason == REASON_NONE && !bytes_equal(out, encodings[i].out)))
			fail_msg("%s: %s", encodings[i].what, reason_code(reason));
		arena_fail_at(arena, 1);
		assert_int_equal(scan_decode(arena, encodings[i].text, SCAN_BASE64, &out), REASON_MEMORY);
		arena_destroy(&arena);
	}
}

static void test_normalise(void **state)
{
	struct arena *arena = arena_create(1 << 16);
	struct bytes out, same = BYTES("From: a\r\n\r\nx\r\n");

	(void)state;
	assert_true(scan_normalise(arena, same, &out));
	assert_ptr_equal(out.at, same.at);
	assert_true(scan_normalise(arena, BYTES("From x Mon\nFrom: a\n\nx\r\ny"), &out));
	assert_true(bytes_equal(out, BYTES("From: a\r\n\r\nx\r\ny")));
	assert_true(scan_normalise(arena, BYTES("From x"), &out));
	assert_int_equal(out.len, 0);
	arena_fail_at(arena, 1);
	assert_false(scan_normalise(arena, BYTES("a\nb"), &out));
	arena_destroy(&arena);
}

static void test_entity(void **state)
{
	struct scan scan;

	(void)state;
	scan_entity(BYTES("Content-Type: text/plain\n\nhi\n"), &scan);
	assert_int_equal(scan.verdict, SCAN_TOLERANT);
	assert_int_equal(scan.reason, REASON_SMTP_BARE_NEWLINE);
	scan_entity(BYTES("Content-Type: text/plain\r\n\r\nhi\r\n"), &scan);
	assert_int_equal(scan.verdict, SCAN_ACCEPT);
}

/* --- corpus ---------------------------------------------------------------------------- */

static struct bytes read_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes out = BYTES_NONE;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		fail_msg("%s cannot be read", path);
	long len = ftell(file);
	rewind(file);
	unsigned char *data = arena_alloc(arena, (size_t)len + 1);
	out = (struct bytes){data, fread(data, 1, (size_t)len, file)};
	fclose(file);
	return out;
}

/* The word before the first blank or semicolon of `expected` is the verdict. */
static bool agrees(const char *folder, struct bytes name, struct bytes expected)
{
	struct arena *arena = arena_create(64 << 20);
	struct bytes raw;
	struct scan scan;
	size_t end = 0;

	while (end < expected.len && expected.at[end] != ' ' && expected.at[end] != ';')
		end++;
	const char *path = arena_printf(arena, "%s/hostile/mime/%.*s", folder, (int)name.len, (const char *)name.at);
	assert_true(scan_normalise(arena, read_file(arena, path), &raw));
	scan_message(raw, false, &scan);
	bool same = bytes_equal_text(bytes_slice(expected, 0, end), scan_verdict_name(scan.verdict));
	if (!same)
		print_message("%.*s: expected %.*s, is %s (%s)\n", (int)name.len, (const char *)name.at, (int)end, (const char *)expected.at,
			      scan_verdict_name(scan.verdict), reason_code(scan.reason));
	arena_destroy(&arena);
	return same;
}

static void test_corpus(void **state)
{
	const char *folder = getenv("RELAIS_CORPUS");
	struct arena *arena = arena_create(64 << 20);
	size_t rows = 0, same = 0;

	(void)state;
	if (folder == NULL) {
		print_message("RELAIS_CORPUS is not set: the corpus is not read\n");
		arena_destroy(&arena);
		skip();
	}
	struct cursor lines = cursor_on(read_file(arena, arena_printf(arena, "%s/hostile/mime/expectations.tsv", folder)));
	(void)cursor_until(&lines, '\n');
	while (lines.left.len > 0) {
		struct cursor row = cursor_on(cursor_until(&lines, '\n'));
		struct bytes name = cursor_until(&row, '\t');
		/* winmail.dat itself is no message: relais-verify passes it over before the scan. */
		if (bytes_starts(name, BYTES("tnef/")))
			continue;
		rows++;
		same += agrees(folder, name, cursor_until(&row, '\t'));
	}
	print_message("corpus/hostile/mime: %zu of %zu rows agree\n", same, rows);
	assert_int_equal(same, rows);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from),	  cmocka_unit_test(test_ranges),  cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_null_sender), cmocka_unit_test(test_limits),  cmocka_unit_test(test_decode),
		cmocka_unit_test(test_normalise), cmocka_unit_test(test_entity),  cmocka_unit_test(test_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* smtp/address_test.c - the grammar by table, and each line of the corpus of hostile addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "smtp/address.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define S16 "aaaaaaaaaaaaaaaa"
#define S63 S16 S16 S16 "aaaaaaaaaaaaaaa"
#define D252 S63 "." S63 "." S63 "." S16 S16 S16 "aaaaaaaaaaaa"

static void test_read(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes text;
		enum reason reason;
		const char *written;
	} rows[] = {
		{"plain", BYTES_OF("jean@exemple.mssante.fr"), REASON_NONE, "jean@exemple.mssante.fr"},
		{"domain loses its case, local part keeps it", BYTES_OF("Jean@EXEMPLE.fr"), REASON_NONE, "Jean@exemple.fr"},
		{"INS mailbox", BYTES_OF("279035121518989@patient.mssante.fr"), REASON_NONE, "279035121518989@patient.mssante.fr"},
		{"needless quotes go", BYTES_OF("\"a.b\"@c.fr"), REASON_NONE, "a.b@c.fr"},
		{"needed quotes stay", BYTES_OF("\"a b\"@c.fr"), REASON_NONE, "\"a b\"@c.fr"},
		{"quoted pair", BYTES_OF("\"a\\\"b\\c\"@c.fr"), REASON_NONE, "\"a\\\"bc\"@c.fr"},
		{"quoted at sign", BYTES_OF("\"a@b\"@c.fr"), REASON_NONE, "\"a@b\"@c.fr"},
		{"empty quotes", BYTES_OF("\"\"@c.fr"), REASON_NONE, "\"\"@c.fr"},
		{"literal", BYTES_OF("a@[192.0.2.1]"), REASON_NONE, "a@[192.0.2.1]"},
		{"literal of version 6 with version 4", BYTES_OF("a@[IPv6:2001:db8::192.0.2.1]"), REASON_NONE, "a@[ipv6:2001:db8::192.0.2.1]"},
		{"eight groups", BYTES_OF("a@[IPv6:1:2:3:4:5:6:7:8]"), REASON_NONE, "a@[ipv6:1:2:3:4:5:6:7:8]"},
		{"seven groups", BYTES_OF("a@[IPv6:1:2:3:4:5:6:7]"), REASON_SMTP_ADDRESS, NULL},
		{"seven groups and a gap", BYTES_OF("a@[IPv6:1:2:3:4:5:6:7::]"), REASON_SMTP_ADDRESS, NULL},
		{"two gaps", BYTES_OF("a@[IPv6:1::2::3]"), REASON_SMTP_ADDRESS, NULL},
		{"lone colon at the end", BYTES_OF("a@[IPv6:1::2:]"), REASON_SMTP_ADDRESS, NULL},
		{"five hex digits", BYTES_OF("a@[IPv6:12345::]"), REASON_SMTP_ADDRESS, NULL},
		{"octet over 255", BYTES_OF("a@[192.0.2.256]"), REASON_SMTP_ADDRESS, NULL},
		{"three octets", BYTES_OF("a@[192.0.2]"), REASON_SMTP_ADDRESS, NULL},
		{"octet missing at the end", BYTES_OF("a@[192.0.2.]"), REASON_SMTP_ADDRESS, NULL},
		{"dot behind the literal's address", BYTES_OF("a@[192.0.2.1.]"), REASON_SMTP_ADDRESS, NULL},
		{"empty literal", BYTES_OF("a@[]"), REASON_SMTP_ADDRESS, NULL},
		{"literal of another tag", BYTES_OF("a@[x-tag:abc]"), REASON_SMTP_ADDRESS, NULL},
		{"longest local part", BYTES_OF(S63 "b@c.fr"), REASON_NONE, S63 "b@c.fr"},
		{"local part one too long", BYTES_OF(S63 "bb@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"longest label", BYTES_OF("a@" S63 ".fr"), REASON_NONE, "a@" S63 ".fr"},
		{"label one too long", BYTES_OF("a@" S63 "b.fr"), REASON_SMTP_ADDRESS, NULL},
		{"path of 256 with its brackets", BYTES_OF("a@" D252), REASON_NONE, "a@" D252},
		{"path one longer", BYTES_OF("aa@" D252), REASON_SMTP_ADDRESS, NULL},
		{"no domain", BYTES_OF("jean"), REASON_SMTP_ADDRESS, NULL},
		{"nothing", BYTES_OF(""), REASON_SMTP_ADDRESS, NULL},
		{"empty local part", BYTES_OF("@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"empty domain", BYTES_OF("a@"), REASON_SMTP_ADDRESS, NULL},
		{"dot first", BYTES_OF(".a@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"dot last", BYTES_OF("a.@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"two dots", BYTES_OF("a..b@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"domain ends with a dot", BYTES_OF("a@c.fr."), REASON_SMTP_ADDRESS, NULL},
		{"label begins with a hyphen", BYTES_OF("a@-c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"underscore in a domain", BYTES_OF("a@c_d.fr"), REASON_SMTP_ADDRESS, NULL},
		{"two at signs", BYTES_OF("a@b@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"a space before", BYTES_OF(" a@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"a comment", BYTES_OF("a(b)@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"NUL inside", BYTES_OF("a\0b@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"NUL in quotes", BYTES_OF("\"a\0b\"@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"line end in quotes", BYTES_OF("\"a\r\nb\"@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"quote not closed", BYTES_OF("\"a@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"backslash at the end", BYTES_OF("\"a\\"), REASON_SMTP_ADDRESS, NULL},
		{"UTF-8 local part", BYTES_OF("h\303\251l\303\250ne@c.fr"), REASON_SMTP_UTF8, NULL},
		{"8-bit byte that is no UTF-8", BYTES_OF("h\351@c.fr"), REASON_SMTP_ADDRESS, NULL},
		{"U-label", BYTES_OF("a@\303\251.fr"), REASON_SMTP_UTF8, NULL},
		{"UTF-8 that would be no mailbox either", BYTES_OF("\303\251@@c.fr"), REASON_SMTP_ADDRESS, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_address found = {.local = BYTES("untouched")};
		enum reason reason = smtp_address_read(rows[i].text, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason != REASON_NONE) {
			assert_true(bytes_equal_text(found.local, "untouched"));
			continue;
		}
		struct buf written = buf_make(512);
		smtp_address_write(&written, &found);
		if (!bytes_equal_text(buf_bytes(&written), rows[i].written))
			fail_msg("%s: written as %.*s", rows[i].what, (int)written.len, (const char *)written.data);
		buf_free(&written);
	}
}

#define E31 "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251" \
	    "\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251\303\251"

static void test_utf8(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes text;
		const char *written;      /* NULL: refused */
	} rows[] = {
		{"plain", BYTES_OF("A@B.fr"), "A@b.fr"},
		{"local part", BYTES_OF("H\303\211l\303\250ne@c.fr"), "H\303\211l\303\250ne@c.fr"},
		{"U-label keeps its bytes, ASCII beside it loses its case", BYTES_OF("a@\303\211A.FR"), "a@\303\211a.fr"},
		{"needless quotes go here too", BYTES_OF("\"\303\251\"@c.fr"), "\303\251@c.fr"},
		{"needed quotes stay", BYTES_OF("\"\303\251 b\"@c.fr"), "\"\303\251 b\"@c.fr"},
		{"four bytes", BYTES_OF("\360\237\230\200@c.fr"), "\360\237\230\200@c.fr"},
		{"local part of 64 octets", BYTES_OF("bb" E31 "@c.fr"), "bb" E31 "@c.fr"},
		{"local part of 65 octets, of fewer letters", BYTES_OF("bbb" E31 "@c.fr"), NULL},
		{"label of 63 octets", BYTES_OF("a@b" E31 ".fr"), "a@b" E31 ".fr"},
		{"label of 64 octets, of fewer letters", BYTES_OF("a@bb" E31 ".fr"), NULL},
		{"overlong slash", BYTES_OF("\300\257@c.fr"), NULL},
		{"surrogate", BYTES_OF("\355\240\200@c.fr"), NULL},
		{"letter cut at the at sign", BYTES_OF("\303@c.fr"), NULL},
		{"letter cut at the end", BYTES_OF("a@c.\303"), NULL},
		{"C1 control", BYTES_OF("a\302\205b@c.fr"), NULL},
		{"C1 control in a label", BYTES_OF("a@\302\237c.fr"), NULL},
		{"NUL", BYTES_OF("\303\251\0@c.fr"), NULL},
		{"line end", BYTES_OF("\"\303\251\r\n\"@c.fr"), NULL},
		{"DEL in quotes", BYTES_OF("\"\303\251\177\"@c.fr"), NULL},
		{"UTF-8 in a literal", BYTES_OF("a@[\303\251]"), NULL},
		{"empty label", BYTES_OF("a@\303\251..fr"), NULL},
		{"hyphen first", BYTES_OF("a@-\303\251.fr"), NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_address found = {.local = BYTES("untouched")};
		enum reason reason = smtp_address_read_utf8(rows[i].text, &found);
		struct buf written = buf_make(512);
		if (reason != (rows[i].written ? REASON_NONE : REASON_SMTP_ADDRESS))
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason != REASON_NONE) {
			assert_true(bytes_equal_text(found.local, "untouched"));
			continue;
		}
		smtp_address_write(&written, &found);
		if (!bytes_equal_text(buf_bytes(&written), rows[i].written) || found.utf8 != (i > 0))
			fail_msg("%s: written as %.*s", rows[i].what, (int)written.len, (const char *)written.data);
		buf_free(&written);
	}
	struct smtp_address plain;
	assert_int_not_equal(smtp_address_read(BYTES("a@\303\251.fr"), &plain), REASON_NONE);
}

static void test_path(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes text;
		enum reason reason;
		const char *local, *rest;
	} rows[] = {
		{"path", BYTES_OF("<a@b.fr>"), REASON_NONE, "a", ""},
		{"what follows", BYTES_OF("<a@b.fr> SIZE=1"), REASON_NONE, "a", " SIZE=1"},
		{"empty path", BYTES_OF("<> X"), REASON_NONE, "", " X"},
		{"bracket in quotes", BYTES_OF("<\"a>b\"@b.fr>"), REASON_NONE, "\"a>b\"", ""},
		{"source route", BYTES_OF("<@x.fr,@y.fr:a@b.fr>"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"no brackets", BYTES_OF("a@b.fr"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"not closed", BYTES_OF("<a@b.fr"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"text in the empty path", BYTES_OF("< >"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"twice opened", BYTES_OF("<<a@b.fr>>"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"bracket alone", BYTES_OF("<"), REASON_SMTP_ADDRESS, NULL, NULL},
		{"literal not closed", BYTES_OF("<a@[1.2.3.4>"), REASON_SMTP_ADDRESS, NULL, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_address found;
		struct bytes rest;
		enum reason reason = smtp_address_read_path(rows[i].text, &found, &rest);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason == REASON_NONE &&
		    (!bytes_equal_text(found.local, rows[i].local) || !bytes_equal_text(rest, rows[i].rest)))
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_equal(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes a, b;
		bool same;
	} rows[] = {
		{"same", BYTES_OF("a@b.fr"), BYTES_OF("a@b.fr"), true},
		{"case of the domain", BYTES_OF("a@B.fr"), BYTES_OF("a@b.FR"), true},
		{"case of the local part", BYTES_OF("A@b.fr"), BYTES_OF("a@b.fr"), false},
		{"quoted and not", BYTES_OF("\"a\"@b.fr"), BYTES_OF("a@b.fr"), true},
		{"another domain", BYTES_OF("a@b.fr"), BYTES_OF("a@c.fr"), false},
		{"longer", BYTES_OF("a@b.fr"), BYTES_OF("aa@b.fr"), false},
		{"the same U-label", BYTES_OF("a@\303\251.FR"), BYTES_OF("a@\303\251.fr"), true},
		{"a U-label in capitals: other bytes", BYTES_OF("a@\303\211.fr"), BYTES_OF("a@\303\251.fr"), false},
		{"a U-label composed otherwise: other bytes", BYTES_OF("a@e\314\201.fr"), BYTES_OF("a@\303\251.fr"), false},
		{"a U-label and its A-label", BYTES_OF("a@xn--9ca.fr"), BYTES_OF("a@\303\251.fr"), false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_address a, b;
		assert_int_equal(smtp_address_read_utf8(rows[i].a, &a), REASON_NONE);
		assert_int_equal(smtp_address_read_utf8(rows[i].b, &b), REASON_NONE);
		if (smtp_address_equal(&a, &b) != rows[i].same)
			fail_msg("%s", rows[i].what);
	}
}

/* One line of the corpus: id, address in hex, "envelope=…; header=…", diagnosis, note. */
static bool check_line(struct bytes line, unsigned *agreed)
{
	struct cursor c = cursor_on(line);
	struct bytes id = cursor_until(&c, '\t'), hex = cursor_until(&c, '\t'), expected = cursor_until(&c, '\t');
	unsigned char raw[1024];
	struct smtp_address found;

	if (hex.len == 0 || hex.len % 2 != 0 || hex.len / 2 > sizeof raw)
		return false;
	for (size_t i = 0; i < hex.len / 2; i++) {
		char two[3] = {(char)hex.at[2 * i], (char)hex.at[2 * i + 1], 0};
		raw[i] = (unsigned char)strtoul(two, NULL, 16);
	}
	bool accepted = smtp_address_read((struct bytes){raw, hex.len / 2}, &found) == REASON_NONE;
	bool either = bytes_starts(expected, BYTES("envelope=accept or refuse"));
	bool wanted = bytes_starts(expected, BYTES("envelope=accept"));
	if (either || accepted == wanted)
		(*agreed)++;
	else
		print_message("differs: %.*s %s, expected %.*s\n", (int)id.len, (const char *)id.at,
			      accepted ? "accepted" : "refused", (int)expected.len, (const char *)expected.at);
	return true;
}

/* An address for which there is no room is not written as another one. */
static void test_no_room(void **state)
{
	unsigned char local[LIMIT_SMTP_LOCAL_PART + 1];
	const struct smtp_address address = {.local = {local, sizeof local}, .domain = BYTES("a.fr")};
	struct buf written = buf_make(512);

	(void)state;
	memset(local, 'a', sizeof local);
	smtp_address_write(&written, &address);
	assert_false(buf_ok(&written));
	buf_free(&written);
}

static void test_corpus(void **state)
{
	(void)state;
	char path[1024];
	unsigned lines = 0, agreed = 0;
	const char *corpus = getenv("RELAIS_CORPUS");

	if (corpus == NULL) {
		print_message("RELAIS_CORPUS is unset: corpus of addresses skipped\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/hostile/smtp/isemail/addresses.tsv", corpus);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t len; (len = getline(&line, &room, file)) > 0;)
		if (strncmp(line, "id\t", 3) != 0 && check_line(bytes_trim((struct bytes){(unsigned char *)line, (size_t)len}), &agreed))
			lines++;
	free(line);
	fclose(file);
	print_message("addresses of the corpus: %u of %u agree\n", agreed, lines);
	assert_true(lines > 100);
	assert_int_equal(agreed, lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

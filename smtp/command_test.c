/* smtp/command_test.c - lines split into verbs, MAIL and RCPT read, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/command.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define A25 "aaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_command(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes line;
		enum reason reason;
		enum smtp_verb verb;
		const char *argument;
	} rows[] = {
		{"any case", BYTES_OF("mail FROM:<>"), REASON_NONE, SMTP_MAIL, "FROM:<>"},
		{"no argument", BYTES_OF("DATA"), REASON_NONE, SMTP_DATA, ""},
		{"blanks at the end", BYTES_OF("QUIT   "), REASON_NONE, SMTP_QUIT, ""},
		{"two blanks between", BYTES_OF("EHLO  x"), REASON_NONE, SMTP_EHLO, " x"},
		{"longer word", BYTES_OF("QUITS"), REASON_SMTP_VERB_UNKNOWN, 0, NULL},
		{"shorter word", BYTES_OF("QUI"), REASON_SMTP_VERB_UNKNOWN, 0, NULL},
		{"empty line", BYTES_OF(""), REASON_SMTP_VERB_UNKNOWN, 0, NULL},
		{"blank first", BYTES_OF(" QUIT"), REASON_SMTP_VERB_UNKNOWN, 0, NULL},
		{"bare LF inside", BYTES_OF("NOOP\nMAIL"), REASON_SMTP_LINE_CONTROL, 0, NULL},
		{"bare CR inside", BYTES_OF("NOOP\rMAIL"), REASON_SMTP_LINE_CONTROL, 0, NULL},
		{"NUL inside", BYTES_OF("QUIT\0x"), REASON_SMTP_LINE_CONTROL, 0, NULL},
		{"tab for a blank", BYTES_OF("MAIL\tFROM:<>"), REASON_SMTP_LINE_CONTROL, 0, NULL},
		{"DEL inside", BYTES_OF("NOOP \177"), REASON_SMTP_LINE_CONTROL, 0, NULL},
		{"known elsewhere", BYTES_OF("EXPN list"), REASON_SMTP_VERB_REFUSED, 0, NULL},
		{"AUTH", BYTES_OF("AUTH PLAIN x"), REASON_NONE, SMTP_AUTH, "PLAIN x"},
		{"BDAT", BYTES_OF("BDAT 10 LAST"), REASON_NONE, SMTP_BDAT, "10 LAST"},
		{"a message by reference", BYTES_OF("BURL imap://x LAST"), REASON_SMTP_VERB_REFUSED, 0, NULL},
		{"a browser", BYTES_OF("POST / HTTP/1.1"), REASON_SMTP_FOREIGN, 0, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_command found = {.argument = BYTES("untouched")};
		enum reason reason = smtp_command_read(rows[i].line, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason != REASON_NONE)
			assert_true(bytes_equal_text(found.argument, "untouched"));
		else if (found.verb != rows[i].verb || !bytes_equal_text(found.argument, rows[i].argument))
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_mail(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes argument;
		enum reason reason;
		const char *local;
		uint64_t size;
		enum smtp_body body;
		enum smtp_ret ret;
		const char *envid;
	} rows[] = {
		{"path alone", BYTES_OF("FROM:<a@b.fr>"), REASON_NONE, "a", 0, 0, 0, ""},
		{"empty path", BYTES_OF("from:<>"), REASON_NONE, "", 0, 0, 0, ""},
		{"all parameters", BYTES_OF("FROM:<a@b.fr> SIZE=26214400 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1"), REASON_NONE, "a",
		 26214400, SMTP_BODY_8BITMIME, SMTP_RET_HDRS, "QQ+2B1"},
		{"lower case", BYTES_OF("FROM:<a@b.fr> body=7bit ret=full"), REASON_NONE, "a", 0, SMTP_BODY_7BIT, SMTP_RET_FULL, ""},
		{"one byte too big", BYTES_OF("FROM:<a@b.fr> SIZE=26214401"), REASON_SMTP_SIZE, NULL, 0, 0, 0, NULL},
		{"20 digits", BYTES_OF("FROM:<a@b.fr> SIZE=99999999999999999999"), REASON_SMTP_SIZE, NULL, 0, 0, 0, NULL},
		{"21 digits", BYTES_OF("FROM:<a@b.fr> SIZE=999999999999999999999"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"sign", BYTES_OF("FROM:<a@b.fr> SIZE=-1"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"no digits", BYTES_OF("FROM:<a@b.fr> SIZE="), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"no value", BYTES_OF("FROM:<a@b.fr> SIZE"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"twice", BYTES_OF("FROM:<a@b.fr> SIZE=1 SIZE=2"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"other body", BYTES_OF("FROM:<a@b.fr> BODY=BINARYMIME"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"SMTPUTF8", BYTES_OF("FROM:<a@b.fr> smtputf8"), REASON_NONE, "a", 0, 0, 0, ""},
		{"SMTPUTF8 has no value", BYTES_OF("FROM:<a@b.fr> SMTPUTF8=1"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"SMTPUTF8 has no empty value", BYTES_OF("FROM:<a@b.fr> SMTPUTF8="), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"SMTPUTF8 twice", BYTES_OF("FROM:<a@b.fr> SMTPUTF8 SMTPUTF8"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"8-bit with SMTPUTF8", BYTES_OF("FROM:<\303\251@b.fr> SIZE=1 SMTPUTF8"), REASON_NONE, "\303\251", 1, 0, 0, ""},
		{"U-label with SMTPUTF8", BYTES_OF("FROM:<a@\303\251.fr> SMTPUTF8"), REASON_NONE, "a", 0, 0, 0, ""},
		{"8-bit that is no UTF-8", BYTES_OF("FROM:<\351@b.fr> SMTPUTF8"), REASON_SMTP_ADDRESS, NULL, 0, 0, 0, NULL},
		{"8-bit in ENVID, even with SMTPUTF8", BYTES_OF("FROM:<a@b.fr> SMTPUTF8 ENVID=\303\251"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"AUTH of nobody", BYTES_OF("FROM:<a@b.fr> AUTH=<>"), REASON_NONE, "a", 0, 0, 0, ""},
		{"AUTH in xtext", BYTES_OF("FROM:<a@b.fr> AUTH=a+3Db@c.fr"), REASON_NONE, "a", 0, 0, 0, ""},
		{"AUTH not encoded", BYTES_OF("FROM:<a@b.fr> AUTH=a=b@c.fr"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"AUTH without a value", BYTES_OF("FROM:<a@b.fr> AUTH"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"RET twice", BYTES_OF("FROM:<a@b.fr> RET=HDRS RET=FULL"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"RET otherwise", BYTES_OF("FROM:<a@b.fr> RET=BODY"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"ENVID twice", BYTES_OF("FROM:<a@b.fr> ENVID=a ENVID=a"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"ENVID empty", BYTES_OF("FROM:<a@b.fr> ENVID="), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"NUL hidden in ENVID", BYTES_OF("FROM:<a@b.fr> ENVID=a+00"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"RCPT's ORCPT", BYTES_OF("FROM:<a@b.fr> ORCPT=rfc822;a@b.fr"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"RCPT's parameter", BYTES_OF("FROM:<a@b.fr> NOTIFY=NEVER"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"line end hidden in ENVID", BYTES_OF("FROM:<a@b.fr> ENVID=a+0D+0Ab"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"small hex digits", BYTES_OF("FROM:<a@b.fr> ENVID=a+2b"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"hex cut", BYTES_OF("FROM:<a@b.fr> ENVID=a+2"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"longest ENVID", BYTES_OF("FROM:<a@b.fr> ENVID=" A25 A25 A25 A25), REASON_NONE, "a", 0, 0, 0, A25 A25 A25 A25},
		{"ENVID too long", BYTES_OF("FROM:<a@b.fr> ENVID=" A25 A25 A25 A25 "b"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"parameter glued to the path", BYTES_OF("FROM:<a@b.fr>SIZE=1"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"two blanks", BYTES_OF("FROM:<a@b.fr>  SIZE=1"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"blank before the path", BYTES_OF("FROM: <a@b.fr>"), REASON_SMTP_ADDRESS, NULL, 0, 0, 0, NULL},
		{"no brackets", BYTES_OF("FROM:a@b.fr"), REASON_SMTP_ADDRESS, NULL, 0, 0, 0, NULL},
		{"not FROM", BYTES_OF("TO:<a@b.fr>"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"nothing", BYTES_OF(""), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
		{"8-bit", BYTES_OF("FROM:<\303\251@b.fr>"), REASON_SMTP_UTF8, NULL, 0, 0, 0, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_mail found;
		enum reason reason = smtp_mail_read(rows[i].argument, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason == REASON_NONE &&
		    (!bytes_equal_text(found.from.local, rows[i].local) || found.size != rows[i].size ||
		     found.smtputf8 != bytes_contains_nocase(rows[i].argument, BYTES("SMTPUTF8")) ||
		     found.auth != bytes_contains(rows[i].argument, BYTES(" AUTH=")) || found.body != rows[i].body || found.ret != rows[i].ret || !bytes_equal_text(found.envid, rows[i].envid)))
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_recipient(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes argument;
		enum reason reason;
		const char *local, *domain;
		unsigned notify;
		const char *orcpt;
		bool smtputf8;
	} rows[] = {
		{"path alone", BYTES_OF("TO:<a@b.fr>"), REASON_NONE, "a", "b.fr", 0, "", false},
		{"postmaster without a domain", BYTES_OF("TO:<Postmaster>"), REASON_NONE, "Postmaster", "", 0, "", false},
		{"postmaster with one", BYTES_OF("TO:<postmaster@b.fr>"), REASON_NONE, "postmaster", "b.fr", 0, "", false},
		{"reports wanted", BYTES_OF("TO:<a@b.fr> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;x+40b.fr"), REASON_NONE, "a", "b.fr",
		 SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY, "rfc822;x+40b.fr", false},
		{"none wanted", BYTES_OF("TO:<a@b.fr> NOTIFY=never"), REASON_NONE, "a", "b.fr", SMTP_NOTIFY_NEVER, "", false},
		{"never and more", BYTES_OF("TO:<a@b.fr> NOTIFY=NEVER,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"the same twice", BYTES_OF("TO:<a@b.fr> NOTIFY=DELAY,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"comma at the end", BYTES_OF("TO:<a@b.fr> NOTIFY=DELAY,"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"no word", BYTES_OF("TO:<a@b.fr> NOTIFY="), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"ORCPT without type", BYTES_OF("TO:<a@b.fr> ORCPT=;x"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"ORCPT without address", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"ORCPT not encoded", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;a=b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"empty path", BYTES_OF("TO:<>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL, false},
		{"no domain", BYTES_OF("TO:<jean>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL, false},
		{"percent hack is a local part", BYTES_OF("TO:<a%x.fr@b.fr>"), REASON_NONE, "a%x.fr", "b.fr", 0, "", false},
		{"bang path", BYTES_OF("TO:<x!a>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL, false},
		{"source route", BYTES_OF("TO:<@x.fr:a@b.fr>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL, false},
		{"8-bit", BYTES_OF("TO:<\303\251@b.fr>"), REASON_SMTP_UTF8, NULL, NULL, 0, NULL, false},
		{"ORCPT twice", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;a@b.fr ORCPT=rfc822;a@b.fr"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"NOTIFY twice", BYTES_OF("TO:<a@b.fr> NOTIFY=DELAY NOTIFY=FAILURE"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"an unknown word", BYTES_OF("TO:<a@b.fr> NOTIFY=ALWAYS"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"never at the end", BYTES_OF("TO:<a@b.fr> NOTIFY=SUCCESS,NEVER"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"two commas", BYTES_OF("TO:<a@b.fr> NOTIFY=SUCCESS,,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"comma first", BYTES_OF("TO:<a@b.fr> NOTIFY=,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"ORCPT without semicolon", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"a strange type of ORCPT", BYTES_OF("TO:<a@b.fr> ORCPT=rfc 822;a"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"8-bit in ORCPT of rfc822", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;\303\251@b.fr"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, true},
		{"an X.400 ORCPT", BYTES_OF("TO:<a@b.fr> ORCPT=x400;/C+3DFR/"), REASON_NONE, "a", "b.fr", 0, "x400;/C+3DFR/", false},
		{"utf-8 in seven bits", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\\x{E9}t\\x{E9}@b.fr"), REASON_NONE, "a", "b.fr", 0, "utf-8;\\x{E9}t\\x{E9}@b.fr", false},
		{"its type in any case", BYTES_OF("TO:<a@b.fr> ORCPT=UTF-8;\\x{1F600}@b.fr"), REASON_NONE, "a", "b.fr", 0, "UTF-8;\\x{1F600}@b.fr", false},
		{"specials escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{2B}\\x{3D}\\x{20}\\x{5C}@b.fr"), REASON_NONE, "a", "b.fr", 0, "utf-8;a\\x{2B}\\x{3D}\\x{20}\\x{5C}@b.fr", false},
		{"utf-8 as it is", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\303\251@b.fr"), REASON_NONE, "a", "b.fr", 0, "utf-8;\303\251@b.fr", true},
		{"utf-8 as it is, without SMTPUTF8", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\303\251@b.fr"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"8-bit that is no UTF-8 in ORCPT", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\351@b.fr"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, true},
		{"C1 control in ORCPT", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\302\205@b.fr"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, true},
		{"line end escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{D}\\x{A}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"line end escaped in four digits", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{000D}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"NUL escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{00}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"DEL escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{7F}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"C1 control escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{85}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"surrogate escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{D800}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"beyond Unicode", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{110000}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"seven digits", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{1000000}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"a zero before", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{0E9}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"a letter that needs no escape", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\\x{61}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"small hex digits escaped", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;\\x{e9}b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"escape not closed", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{E9"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"empty escape", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\x{}"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"backslash alone", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a\\b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"plus in utf-8", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;a+2Bb"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"nothing behind utf-8", BYTES_OF("TO:<a@b.fr> ORCPT=utf-8;"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
		{"8-bit with SMTPUTF8", BYTES_OF("TO:<\303\251@b.fr>"), REASON_NONE, "\303\251", "b.fr", 0, "", true},
		{"U-label with SMTPUTF8", BYTES_OF("TO:<a@\303\251.fr>"), REASON_NONE, "a", "\303\251.fr", 0, "", true},
		{"8-bit that is no UTF-8, with SMTPUTF8", BYTES_OF("TO:<\351@b.fr>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL, true},
		{"MAIL's parameter", BYTES_OF("TO:<a@b.fr> SIZE=1"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_recipient found;
		enum reason reason = smtp_recipient_read(rows[i].argument, rows[i].smtputf8, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason == REASON_NONE &&
		    (!bytes_equal_text(found.to.local, rows[i].local) || !bytes_equal_text(found.to.domain, rows[i].domain) ||
		     found.notify != rows[i].notify || !bytes_equal_text(found.orcpt, rows[i].orcpt)))
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_chunk(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes argument;
		enum reason reason;
		uint64_t size;
		bool last;
	} rows[] = {
		{"a size", BYTES_OF("10"), REASON_NONE, 10, false},
		{"the last one", BYTES_OF("10 LAST"), REASON_NONE, 10, true},
		{"in any case", BYTES_OF("0 last"), REASON_NONE, 0, true},
		{"zeros before", BYTES_OF("00000000000000000000000010"), REASON_NONE, 10, false},
		{"the most", BYTES_OF("52428800"), REASON_NONE, 52428800, false},
		{"one more", BYTES_OF("52428801"), REASON_SMTP_SIZE, 0, false},
		{"more than 64 bits", BYTES_OF("18446744073709551626"), REASON_SMTP_SIZE, 0, false},
		{"nothing", BYTES_OF(""), REASON_SMTP_CHUNKING, 0, false},
		{"LAST alone", BYTES_OF("LAST"), REASON_SMTP_CHUNKING, 0, false},
		{"a sign", BYTES_OF("-10"), REASON_SMTP_CHUNKING, 0, false},
		{"another sign", BYTES_OF("+10"), REASON_SMTP_CHUNKING, 0, false},
		{"another word", BYTES_OF("10 MORE"), REASON_SMTP_CHUNKING, 0, false},
		{"two blanks", BYTES_OF("10  LAST"), REASON_SMTP_CHUNKING, 0, false},
		{"a word more", BYTES_OF("10 LAST 10"), REASON_SMTP_CHUNKING, 0, false},
		{"hexadecimal", BYTES_OF("0x10"), REASON_SMTP_CHUNKING, 0, false},
		{"a digit of another alphabet", BYTES_OF("\331\241"), REASON_SMTP_CHUNKING, 0, false},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_chunk found = {.size = 77};
		enum reason reason = smtp_chunk_read(rows[i].argument, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason != REASON_NONE ? found.size != 77 : found.size != rows[i].size || found.last != rows[i].last)
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_auth(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes argument;
		enum reason reason;
		const char *mechanism, *initial;   /* NULL: none */
	} rows[] = {
		{"mechanism alone", BYTES_OF("XOAUTH2"), REASON_NONE, "XOAUTH2", NULL},
		{"with a response", BYTES_OF("PLAIN AGE="), REASON_NONE, "PLAIN", "AGE="},
		{"with an empty response", BYTES_OF("PLAIN ="), REASON_NONE, "PLAIN", "="},
		{"nothing", BYTES_OF(""), REASON_SMTP_ARGUMENT, NULL, NULL},
		{"blank first", BYTES_OF(" PLAIN"), REASON_SMTP_ARGUMENT, NULL, NULL},
		{"blank and nothing", BYTES_OF("PLAIN "), REASON_SMTP_ARGUMENT, NULL, NULL},
		{"two responses", BYTES_OF("PLAIN a b"), REASON_SMTP_ARGUMENT, NULL, NULL},
		{"a name too long", BYTES_OF("ABCDEFGHIJKLMNOPQRSTU"), REASON_SMTP_ARGUMENT, NULL, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_auth found;
		enum reason reason = smtp_auth_read(rows[i].argument, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason == REASON_NONE && (!bytes_equal_text(found.mechanism, rows[i].mechanism) ||
					      found.has_initial != (rows[i].initial != NULL) ||
					      (found.has_initial && !bytes_equal_text(found.initial, rows[i].initial))))
			fail_msg("%s: read otherwise", rows[i].what);
	}
}

static void test_orcpt(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes orcpt;
		const char *plain;
	} rows[] = {
		{"xtext", BYTES_OF("rfc822;a+2Bb@c.fr"), "rfc822;a+b@c.fr"},
		{"an escape of the other form stays in xtext", BYTES_OF("rfc822;\\x{E9}"), "rfc822;\\x{E9}"},
		{"two bytes", BYTES_OF("utf-8;\\x{E9}@c.fr"), "utf-8;\303\251@c.fr"},
		{"three", BYTES_OF("utf-8;\\x{20AC}"), "utf-8;\342\202\254"},
		{"four", BYTES_OF("UTF-8;\\x{1F600}"), "UTF-8;\360\237\230\200"},
		{"specials", BYTES_OF("utf-8;a\\x{2B}b\\x{5C}"), "utf-8;a+b\\"},
		{"as it is", BYTES_OF("utf-8;\303\251@c.fr"), "utf-8;\303\251@c.fr"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = buf_make(64);
		smtp_orcpt_decode(&out, rows[i].orcpt);
		if (!bytes_equal_text(buf_bytes(&out), rows[i].plain))
			fail_msg("%s: %.*s", rows[i].what, (int)out.len, (const char *)out.data);
		buf_free(&out);
	}
}

static void test_xtext(void **state)
{
	(void)state;
	struct buf out = buf_make(64);
	smtp_xtext_decode(&out, BYTES("a+2Bb+20c"));
	assert_true(bytes_equal_text(buf_bytes(&out), "a+b c"));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_recipient),
		cmocka_unit_test(test_chunk),
		cmocka_unit_test(test_auth),
		cmocka_unit_test(test_xtext),
		cmocka_unit_test(test_orcpt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

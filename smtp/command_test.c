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
		{"passwords are not asked for", BYTES_OF("AUTH PLAIN x"), REASON_SMTP_VERB_REFUSED, 0, NULL},
		{"content follows", BYTES_OF("BDAT 10 LAST"), REASON_SMTP_CHUNKING, 0, NULL},
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
		{"SMTPUTF8 is not offered", BYTES_OF("FROM:<a@b.fr> SMTPUTF8"), REASON_SMTP_ARGUMENT, NULL, 0, 0, 0, NULL},
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
		     found.body != rows[i].body || found.ret != rows[i].ret || !bytes_equal_text(found.envid, rows[i].envid)))
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
	} rows[] = {
		{"path alone", BYTES_OF("TO:<a@b.fr>"), REASON_NONE, "a", "b.fr", 0, ""},
		{"postmaster without a domain", BYTES_OF("TO:<Postmaster>"), REASON_NONE, "Postmaster", "", 0, ""},
		{"postmaster with one", BYTES_OF("TO:<postmaster@b.fr>"), REASON_NONE, "postmaster", "b.fr", 0, ""},
		{"reports wanted", BYTES_OF("TO:<a@b.fr> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;x+40b.fr"), REASON_NONE, "a", "b.fr",
		 SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_FAILURE | SMTP_NOTIFY_DELAY, "rfc822;x+40b.fr"},
		{"none wanted", BYTES_OF("TO:<a@b.fr> NOTIFY=never"), REASON_NONE, "a", "b.fr", SMTP_NOTIFY_NEVER, ""},
		{"never and more", BYTES_OF("TO:<a@b.fr> NOTIFY=NEVER,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"the same twice", BYTES_OF("TO:<a@b.fr> NOTIFY=DELAY,DELAY"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"comma at the end", BYTES_OF("TO:<a@b.fr> NOTIFY=DELAY,"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"no word", BYTES_OF("TO:<a@b.fr> NOTIFY="), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"ORCPT without type", BYTES_OF("TO:<a@b.fr> ORCPT=;x"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"ORCPT without address", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"ORCPT not encoded", BYTES_OF("TO:<a@b.fr> ORCPT=rfc822;a=b"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
		{"empty path", BYTES_OF("TO:<>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL},
		{"no domain", BYTES_OF("TO:<jean>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL},
		{"percent hack is a local part", BYTES_OF("TO:<a%x.fr@b.fr>"), REASON_NONE, "a%x.fr", "b.fr", 0, ""},
		{"bang path", BYTES_OF("TO:<x!a>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL},
		{"source route", BYTES_OF("TO:<@x.fr:a@b.fr>"), REASON_SMTP_RECIPIENT_SYNTAX, NULL, NULL, 0, NULL},
		{"8-bit", BYTES_OF("TO:<\303\251@b.fr>"), REASON_SMTP_UTF8, NULL, NULL, 0, NULL},
		{"MAIL's parameter", BYTES_OF("TO:<a@b.fr> SIZE=1"), REASON_SMTP_ARGUMENT, NULL, NULL, 0, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct smtp_recipient found;
		enum reason reason = smtp_recipient_read(rows[i].argument, &found);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (reason == REASON_NONE &&
		    (!bytes_equal_text(found.to.local, rows[i].local) || !bytes_equal_text(found.to.domain, rows[i].domain) ||
		     found.notify != rows[i].notify || !bytes_equal_text(found.orcpt, rows[i].orcpt)))
			fail_msg("%s: read otherwise", rows[i].what);
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
		cmocka_unit_test(test_xtext),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

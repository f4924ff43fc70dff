/* smtp/status_test.c - replies of servers, good and bad. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "smtp/status.h"

static void replies(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes reply;
		enum reason reason;
		int code;
		enum status_class class;
		const char *enhanced, *text;
	} rows[] = {
		{"plain accept", BYTES_OF("250 2.0.0 Ok: queued as 4F1A2\r\n"), REASON_NONE, 250, STATUS_POSITIVE, "2.0.0", "Ok: queued as 4F1A2"},
		{"LF alone", BYTES_OF("354 go on\n"), REASON_NONE, 354, STATUS_CONTINUE, "", "go on"},
		{"bare code", BYTES_OF("250\r\n"), REASON_NONE, 250, STATUS_POSITIVE, "", ""},
		{"code and a space", BYTES_OF("250 \r\n"), REASON_NONE, 250, STATUS_POSITIVE, "", ""},
		{"two lines, each with its status", BYTES_OF("550-5.1.1 no\r\n550 5.1.1 such box\r\n"), REASON_NONE, 550, STATUS_REFUSED, "5.1.1", "no such box"},
		{"status of another class is text", BYTES_OF("450 5.7.1 wait\r\n"), REASON_NONE, 450, STATUS_LATER, "", "5.7.1 wait"},
		{"a version number is text", BYTES_OF("250 2.0 ok\r\n"), REASON_NONE, 250, STATUS_POSITIVE, "", "2.0 ok"},
		{"longest status", BYTES_OF("550 5.999.999\r\n"), REASON_NONE, 550, STATUS_REFUSED, "5.999.999", ""},
		{"status with four digits is text", BYTES_OF("550 5.1.1000 x\r\n"), REASON_NONE, 550, STATUS_REFUSED, "", "5.1.1000 x"},
		{"control bytes are hidden", BYTES_OF("550 5.1.1 a\x1b[2Jb\xc3\xa9\0c\r\n"), REASON_NONE, 550, STATUS_REFUSED, "5.1.1", "a?[2Jb???c"},
		{"last line without an end", BYTES_OF("250 ok"), REASON_NONE, 250, STATUS_POSITIVE, "", "ok"},
		{"nothing", BYTES_OF(""), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"no code", BYTES_OF("hello\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"code too low", BYTES_OF("150 hm\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"code too high", BYTES_OF("600 hm\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"code glued to text", BYTES_OF("250ok\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"lines of different codes", BYTES_OF("250-ok\r\n550 no\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"a last line that goes on", BYTES_OF("250-ok\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
		{"more behind the last line", BYTES_OF("250 ok\r\n550 no\r\n"), REASON_DELIVER_PROTOCOL, 0, 0, "", ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct status s = {.code = -1};
		enum reason reason = status_read(rows[i].reply, &s);
		if (reason != rows[i].reason)
			fail_msg("%s: reason %s", rows[i].what, reason_code(reason));
		if (reason != REASON_NONE) {
			assert_int_equal(s.code, -1);
			continue;
		}
		if (s.code != rows[i].code || s.class != rows[i].class || strcmp(s.enhanced, rows[i].enhanced) != 0 ||
		    strcmp(s.text, rows[i].text) != 0)
			fail_msg("%s: %d class %d [%s] [%s]", rows[i].what, s.code, s.class, s.enhanced, s.text);
	}
}

static void long_text_is_cut(void **state)
{
	(void)state;
	char reply[2000];
	memset(reply, 'x', sizeof(reply));
	memcpy(reply, "550 5.1.1 ", 10);
	struct status s;
	assert_int_equal(status_read((struct bytes){(unsigned char *)reply, sizeof(reply)}, &s), REASON_NONE);
	assert_int_equal(bytes_of_text(s.text).len, STATUS_TEXT - 1);
}

static void queue_ids(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes reply;
		const char *id;
	} rows[] = {
		{"Postfix", BYTES_OF("250 2.0.0 Ok: queued as 4QcF2k1z3Sz9sW\r\n"), "4QcF2k1z3Sz9sW"},
		{"Exim", BYTES_OF("250 OK id=1qX-0001-2\r\n"), "1qX-0001-2"},
		{"Dovecot over LMTP", BYTES_OF("250 2.0.0 <a@b.fr> 8hXe+/wPaGUaAAAA Saved\r\n"), "8hXe+/wPaGUaAAAA"},
		{"Dovecot with the session's part", BYTES_OF("250 2.0.0 a8:b Saved\r\n"), ""},
		{"none", BYTES_OF("250 2.0.0 thanks\r\n"), ""},
		{"not an address", BYTES_OF("250 queued as a@b.fr\r\n"), ""},
		{"too long", BYTES_OF("250 queued as aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), ""},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct status s;
		char id[STATUS_QUEUE_ID];
		assert_int_equal(status_read(rows[i].reply, &s), REASON_NONE);
		status_queue_id(&s, id);
		if (strcmp(id, rows[i].id) != 0)
			fail_msg("%s: [%s]", rows[i].what, id);
	}
}

static void offers(void **state)
{
	(void)state;
	static const struct bytes reply = BYTES_OF("250-DSN.example.fr\r\n250-size 1024\r\n250-8BITMIME\r\n250-STARTTLS\r\n"
						   "250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES\r\n");
	struct status_offer o;
	status_offer_read(reply, &o);
	assert_true(o.starttls && o.eight_bit && o.enhanced && o.size_given);
	assert_int_equal(o.size, 1024);
	assert_false(o.dsn);           /* it is in the server's name only */
	assert_false(o.pipelining);

	status_offer_read(BYTES("250-STARTTLS\r\n250-SIZE 99999999999999999999999\r\n250 DSN\r\n"), &o);
	assert_false(o.starttls);      /* the first line is a greeting */
	assert_true(o.dsn && o.size_given);
	assert_int_equal(o.size, 0);
	assert_false(o.utf8 || o.plain || o.external);

	status_offer_read(BYTES("250-a\r\n250-SMTPUTF8\r\n250-auth  plain XOAUTH2\r\n250 AUTH=EXTERNAL\r\n"), &o);
	assert_true(o.utf8 && o.plain && o.xoauth2);
	assert_false(o.external || o.oauthbearer);   /* "AUTH=" is another, older keyword */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(long_text_is_cut),
		cmocka_unit_test(queue_ids),
		cmocka_unit_test(offers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

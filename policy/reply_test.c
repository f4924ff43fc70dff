/* policy/reply_test.c - each row is what a server says, and what that means. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/reply.h"

static void replies_mean(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum reply_stage stage;
		int code;
		struct bytes enhanced;
		enum reason reason;
	} rows[] = {
		{"closing, at the greeting", REPLY_GREETING, 421, BYTES_OF("4.3.2"), REASON_DELIVER_BUSY},
		{"closing, in the middle of a mail", REPLY_RECIPIENT, 421, BYTES_OF(""), REASON_DELIVER_BUSY},
		{"closing, after the message", REPLY_END, 421, BYTES_OF("4.7.0"), REASON_DELIVER_BUSY},
		{"not taking mail now", REPLY_SENDER, 450, BYTES_OF("4.3.2"), REASON_DELIVER_BUSY},
		{"its disk is full", REPLY_END, 452, BYTES_OF("4.3.1"), REASON_DELIVER_BUSY},
		{"a greeting that refuses", REPLY_GREETING, 554, BYTES_OF(""), REASON_DELIVER_HOST},
		{"a greeting that refuses us", REPLY_GREETING, 554, BYTES_OF("5.7.1"), REASON_DELIVER_OURS},
		{"EHLO refused", REPLY_HELLO, 550, BYTES_OF("5.5.1"), REASON_DELIVER_HOST},
		{"a greeting that waits", REPLY_GREETING, 450, BYTES_OF(""), REASON_DELIVER_LATER},
		{"STARTTLS not now", REPLY_STARTTLS, 454, BYTES_OF("4.7.0"), REASON_DELIVER_TLS},
		{"STARTTLS never", REPLY_STARTTLS, 502, BYTES_OF("5.5.1"), REASON_DELIVER_TLS},
		{"our token is refused", REPLY_AUTH, 535, BYTES_OF("5.7.8"), REASON_DELIVER_AUTH},
		{"a stronger login is wanted", REPLY_AUTH, 534, BYTES_OF(""), REASON_DELIVER_AUTH},
		{"its own login is down", REPLY_AUTH, 454, BYTES_OF("4.7.0"), REASON_DELIVER_LATER},
		{"our certificate, at MAIL", REPLY_SENDER, 550, BYTES_OF("5.7.1"), REASON_DELIVER_OURS},
		{"our return path", REPLY_SENDER, 550, BYTES_OF("5.1.8"), REASON_DELIVER_OURS},
		{"our certificate, kept by Postfix for RCPT", REPLY_RECIPIENT, 554, BYTES_OF("5.7.1"), REASON_DELIVER_OURS},
		{"a login is needed", REPLY_RECIPIENT, 530, BYTES_OF("5.7.0"), REASON_DELIVER_OURS},
		{"the mailbox does not want us", REPLY_RECIPIENT, 550, BYTES_OF("5.7.1"), REASON_DELIVER_POLICY},
		{"the contents", REPLY_END, 554, BYTES_OF("5.7.1"), REASON_DELIVER_POLICY},
		{"no such mailbox", REPLY_RECIPIENT, 550, BYTES_OF("5.1.1"), REASON_DELIVER_MAILBOX_NONE},
		{"no such mailbox, in one word", REPLY_RECIPIENT, 550, BYTES_OF(""), REASON_DELIVER_MAILBOX_NONE},
		{"moved", REPLY_RECIPIENT, 551, BYTES_OF(""), REASON_DELIVER_MAILBOX_NONE},
		{"closed", REPLY_RECIPIENT, 550, BYTES_OF("5.2.1"), REASON_DELIVER_MAILBOX_NONE},
		{"a recipient with a null MX", REPLY_RECIPIENT, 556, BYTES_OF("5.1.10"), REASON_DELIVER_MAILBOX_NONE},
		{"full for good", REPLY_RECIPIENT, 552, BYTES_OF("5.2.2"), REASON_DELIVER_MAILBOX_FULL},
		{"full, in one word", REPLY_RECIPIENT, 552, BYTES_OF(""), REASON_DELIVER_MAILBOX_FULL},
		{"full for now", REPLY_RECIPIENT, 452, BYTES_OF("4.2.2"), REASON_DELIVER_MAILBOX_LATER},
		{"too big for the server", REPLY_SENDER, 552, BYTES_OF("5.3.4"), REASON_DELIVER_TOO_BIG},
		{"too big for the mailbox", REPLY_END, 552, BYTES_OF("5.2.3"), REASON_DELIVER_TOO_BIG},
		{"too big, in one word", REPLY_END, 552, BYTES_OF(""), REASON_DELIVER_TOO_BIG},
		{"greylisted", REPLY_RECIPIENT, 451, BYTES_OF("4.7.1"), REASON_DELIVER_GREYLIST},
		{"greylisted as Postfix's helpers say it", REPLY_RECIPIENT, 450, BYTES_OF("4.2.0"), REASON_DELIVER_GREYLIST},
		{"4.7.1 after the message is no greylisting", REPLY_END, 451, BYTES_OF("4.7.1"), REASON_DELIVER_LATER},
		{"a loop", REPLY_END, 554, BYTES_OF("5.4.6"), REASON_DELIVER_LOOP},
		{"no SMTPUTF8 further on", REPLY_RECIPIENT, 553, BYTES_OF("5.6.7"), REASON_DELIVER_SMTPUTF8},
		{"it does not know DATA", REPLY_MESSAGE, 500, BYTES_OF(""), REASON_DELIVER_PROTOCOL},
		{"a bad sequence", REPLY_RECIPIENT, 503, BYTES_OF(""), REASON_DELIVER_PROTOCOL},
		{"what nobody knows, later", REPLY_RECIPIENT, 499, BYTES_OF("4.9.9"), REASON_DELIVER_LATER},
		{"what nobody knows, for good", REPLY_END, 599, BYTES_OF("5.9.9"), REASON_DELIVER_REFUSED},
		{"5.1.10 is not 5.1.1", REPLY_RECIPIENT, 554, BYTES_OF("5.1.11"), REASON_DELIVER_REFUSED},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum reason reason = reply_reason(rows[i].stage, rows[i].code, rows[i].enhanced);
		if (reason != rows[i].reason)
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
	}
}

/* 4yz is never final and 5yz about a recipient always: a table that says otherwise loses mail or asks for ever. */
static void the_class_holds(void **state)
{
	(void)state;
	static const struct bytes enhanced[] = {BYTES_OF(""), BYTES_OF("1.1"), BYTES_OF("2.2"), BYTES_OF("3.4"), BYTES_OF("7.1"), BYTES_OF("6.7")};

	for (enum reply_stage stage = REPLY_GREETING; stage < REPLY_STAGES; stage++)
		for (int code = 400; code < 600; code++)
			for (size_t i = 0; i < sizeof enhanced / sizeof enhanced[0]; i++) {
				unsigned char whole[8] = {(unsigned char)('0' + code / 100), '.'};
				for (size_t k = 0; k < enhanced[i].len; k++)
					whole[2 + k] = enhanced[i].at[k];
				struct bytes e = {whole, enhanced[i].len == 0 ? 0 : enhanced[i].len + 2};
				enum reason_class class = reason_entry(reply_reason(stage, code, e))->class;
				if (class != REASON_CLASS_LATER && (code < 500 || stage < REPLY_SENDER))
					fail_msg("stage %d, %d: final", (int)stage, code);
				if (class != REASON_CLASS_LATER && class != REASON_CLASS_REFUSED)
					fail_msg("stage %d, %d: neither later nor refused", (int)stage, code);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_mean),
		cmocka_unit_test(the_class_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

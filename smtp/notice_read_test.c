/* smtp/notice_read_test.c - reports of delivery, of reading, of abuse, and automatic replies. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/notice_read.h"

#define REPORT(kind) "From: MAILER-DAEMON@example.org\r\nContent-Type: multipart/report; report-type=" kind "; boundary=B\r\n\r\n--B\r\n\r\nwords\r\n--B\r\n"
#define DSN REPORT("delivery-status") "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n"
#define END "\r\n--B--\r\n"
#define WORDS "From: Mailer-Daemon <mailer-daemon@example.org>\r\nSubject: Undelivered mail returned to sender\r\n\r\n"

static int group_setup(void **state)
{
	static struct mime_charsets charsets;
	mime_open(&charsets);
	*state = &charsets;
	return 0;
}

static int group_teardown(void **state)
{
	mime_close(*state);
	return 0;
}

static const struct row {
	const char *what, *mail;
	enum notice_type type;
	bool worded;
	size_t n;
	struct {
		const char *address, *original, *action, *status, *disposition;
	} last;
	const char *message_id, *envelope_id;
} rows[] = {
	{"delivery status",
	 DSN "Original-Envelope-Id: S34+2Bx\r\n\r\nOriginal-Recipient: rfc822;a+2Bb@example.org\r\nFinal-Recipient: RFC822; <c@example.org>\r\n"
	 "Action: Failed (no mailbox)\r\nStatus: 5.1.1 (bad)\r\n\r\n--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@us>\r\n" END,
	 NOTICE_DSN, false, 1, {"c@example.org", "a+b@example.org", "failed", "5.1.1", ""}, "<1@us>", "S34+x"},
	{"two recipients, no empty line between", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: failed\r\nStatus: 5.1.1\r\nFinal-Recipient: rfc822; b@x.org\r\n"
	 "Action: delayed\r\nStatus: 4.4.1\r\n" END, NOTICE_DSN, false, 2, {"b@x.org", "", "delayed", "4.4.1", ""}, "", ""},
	{"delivered", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: delivered\r\nStatus: 2.0.0\r\n" END, NOTICE_DSN, false, 1,
	 {"a@x.org", "", "delivered", "2.0.0", ""}, "", ""},
	{"the server's words say more than 5.0.0", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550 5.2.1 off\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "failed", "5.2.1", ""}, "", ""},
	{"but not of another class", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: delayed\r\nStatus: 4.5.0\r\nDiagnostic-Code: smtp; 550 5.2.1 off\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "delayed", "4.5.0", ""}, "", ""},
	{"no status, no action", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nDiagnostic-Code: smtp; 550 5.5.1 off\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "", "5.5.1", ""}, "", ""},
	{"a failure is not temporary when the server says 5", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: failed\r\nStatus: 4.5.0\r\nDiagnostic-Code: smtp; 550 5.5.0 off\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "failed", "5.5.0", ""}, "", ""},
	{"a status that says something stands against the words", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.7.1 no\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "failed", "5.1.1", ""}, "", ""},
	{"addresses in UTF-8 (RFC 6533)", REPORT("delivery-status") "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\nReporting-MTA: dns; x\r\n"
	 "\r\nOriginal-Recipient: utf-8; d\xc3\xa9p\xc3\xb4t@x.org\r\nFinal-Recipient: utf-8; d\xc3\xa9p\xc3\xb4t@x.org\r\nAction: delivered\r\nStatus: 2.1.5\r\n" "\r\n--B\r\nContent-Type: message/global-headers\r\n\r\n"
	 "Message-ID: <1@us>\r\nTo: d\xc3\xa9p\xc3\xb4t@x.org\r\n" END, NOTICE_DSN, false, 1, {"d\xc3\xa9p\xc3\xb4t@x.org", "d\xc3\xa9p\xc3\xb4t@x.org", "delivered", "2.1.5", ""}, "<1@us>", ""},
	{"an address in UTF-8 written in ASCII (RFC 6533 3)", DSN "\r\nFinal-Recipient: utf-8; d\\x{E9}p\\x{F4}t@x.org\r\nAction: delivered\r\nStatus: 2.0.0\r\n" END, NOTICE_DSN, false, 1,
	 {"d\xc3\xa9p\xc3\xb4t@x.org", "", "delivered", "2.0.0", ""}, "", ""},
	{"an address of the network is no status", DSN "\r\nFinal-Recipient: rfc822; a@x.org\r\nAction: failed\r\nDiagnostic-Code: smtp; host 5.6.7.8 said 554 no\r\n" END,
	 NOTICE_DSN, false, 1, {"a@x.org", "", "failed", "5.0.0", ""}, "", ""},
	{"reading", REPORT("disposition-notification") "Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; a@x.org\r\n"
	 "Original-Message-ID: <1@us>\r\nDisposition: manual-action/MDN-sent-manually; Displayed\r\n" END, NOTICE_MDN, false, 1,
	 {"a@x.org", "", "", "", "displayed"}, "<1@us>", ""},
	{"abuse: no failure is recorded", REPORT("feedback-report") "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: a@x.org\r\n"
	 "Status: 5.1.1\r\n" END, NOTICE_ARF, false, 1, {"a@x.org", "", "", "", ""}, "", ""},
	{"words only", WORDS "Your mail to the following recipient failed:\r\n\r\n<a@x.org>: 550 5.1.1 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n"
	 "Message-ID: <1@us>\r\nTo: other@x.org\r\n", NOTICE_DSN, true, 1, {"a@x.org", "", "failed", "5.1.1", ""}, "<1@us>", ""},
	{"words of a delay", WORDS "<a@x.org>: 421 busy. Delivery will be retried.\r\n", NOTICE_DSN, true, 1, {"a@x.org", "", "delayed", "4.0.0", ""}, "", ""},
	{"a person who writes of a failure", "From: a@x.org\r\nSubject: Re: Undelivered mail\r\n\r\n<b@x.org>: 550 5.1.1\r\n", NOTICE_NONE, false, 0,
	 {"", "", "", "", ""}, "", ""},
	{"the postmaster who writes of something else", "From: postmaster@x.org\r\nSubject: meeting\r\n\r\nhello b@x.org\r\n", NOTICE_NONE, false, 0,
	 {"", "", "", "", ""}, "", ""},
	{"out of office", "From: a@x.org\r\nAuto-Submitted: auto-replied\r\nSubject: x\r\n\r\nACCEPTE\r\n", NOTICE_AUTO_REPLY, false, 0, {"", "", "", "", ""}, "", ""},
	{"out of office by its subject", "From: a@x.org\r\nSubject: =?utf-8?q?R=C3=A9ponse_automatique_:_x?=\r\n\r\nabsent\r\n", NOTICE_AUTO_REPLY, false, 0,
	 {"", "", "", "", ""}, "", ""},
	{"an ordinary mail", "From: a@x.org\r\nSubject: x\r\n\r\nhello\r\n", NOTICE_NONE, false, 0, {"", "", "", "", ""}, "", ""},
};

static void same(const char *what, struct bytes got, const char *want)
{
	if (!bytes_equal_text(got, want))
		fail_msg("%s: \"%.*s\" is not \"%s\"", what, (int)got.len, got.len > 0 ? (const char *)got.at : "", want);
}

static void reports_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(8 << 20);
		const struct row *row = &rows[i];
		struct mime_message message;
		struct notice notice;
		assert_int_equal(mime_read(arena, BYTES_NONE, bytes_of_text(row->mail), &message), REASON_NONE);
		notice_read(arena, &message, &notice);
		if (notice.type != row->type || notice.n != row->n || notice.worded != row->worded)
			fail_msg("%s: type %d, %zu recipients, worded %d", row->what, notice.type, notice.n, notice.worded);
		same(row->what, notice.original_message_id, row->message_id == NULL ? "" : row->message_id);
		same(row->what, notice.envelope_id, row->envelope_id == NULL ? "" : row->envelope_id);
		if (notice.n > 0) {
			const struct notice_recipient *last = &notice.recipients[notice.n - 1];
			same(row->what, last->address, row->last.address);
			same(row->what, last->original, row->last.original);
			same(row->what, last->action, row->last.action);
			same(row->what, last->status, row->last.status);
			same(row->what, last->disposition, row->last.disposition);
		}
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reports_are_read)};
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

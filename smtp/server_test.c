/* smtp/server_test.c - whole sessions as tables: what the peer writes, which replies and events come out.
 *
 * The test stands in for the gateway: senders of refused.fr are refused, the recipient "nobody" too,
 * and a message that holds "DATABASE DOWN" cannot be kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "smtp/server_private.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define W(text) BYTES_OF(text)
#define SECURE W("EHLO x\r\n"), W("STARTTLS\r\n"), W("EHLO x\r\n")
#define SECURE_CODES "220 250 220 "
#define OPEN SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n")
#define OPEN_CODES SECURE_CODES "250 250 250 "
/* user=a@b.fr ^A auth=Bearer … ^A ^A, and the same as RFC 7628 writes it */
#define XGOOD "dXNlcj1hQGIuZnIBYXV0aD1CZWFyZXIgZ29vZAEB"
#define XBAD "dXNlcj1hQGIuZnIBYXV0aD1CZWFyZXIgYmFkAQE="
#define XOTHER "dXNlcj1hQGIuZnIBYXV0aD1CZWFyZXIgb3RoZXIBAQ=="
#define XLATER "dXNlcj1hQGIuZnIBYXV0aD1CZWFyZXIgbGF0ZXIBAQ=="
#define OGOOD "bixhPWFAYi5mciwBaG9zdD1teAFwb3J0PTU4NwFhdXRoPUJlYXJlciBnb29kAQE="
#define OBAD "bixhPWFAYi5mciwBaG9zdD1teAFwb3J0PTU4NwFhdXRoPUJlYXJlciBiYWQBAQ=="

struct session {
	struct arena *arena;
	struct smtp_server *server;
	struct buf codes, events, body, text;   /* codes of the replies, letters of the events, accepted message, all replies */
	uint64_t offered;              /* bytes of all bodies */
	bool spoil, certificate, big;
};

static struct session session_open_as(enum smtp_mode mode)
{
	struct session s = {.arena = arena_create(4096), .codes = buf_make(65536), .events = buf_make(65536),
			    .body = buf_make(65536), .text = buf_make(262144)};
	s.server = smtp_server_open(s.arena, "mx.exemple.fr", mode);
	smtp_server_greet(s.server, false);
	return s;
}

static struct session session_open(void)
{
	return session_open_as(SMTP_MODE_TRANSFER);
}

static void session_close(struct session *s)
{
	smtp_server_close(s->server);
	arena_destroy(&s->arena);
	buf_free(&s->codes);
	buf_free(&s->events);
	buf_free(&s->body);
	buf_free(&s->text);
}

static void take_replies(struct session *s)
{
	struct buf *replies = smtp_server_replies(s->server);
	assert_true(buf_ok(replies));
	buf_add(&s->text, buf_bytes(replies));
	for (struct cursor c = cursor_on(buf_bytes(replies)); c.left.len > 0;) {
		struct bytes line = cursor_until(&c, '\n');
		assert_true(line.len >= 5 && line.len < LIMIT_REPLY_LINE && line.at[line.len - 1] == '\r');
		if (line.at[3] == ' ') {
			buf_add(&s->codes, bytes_slice(line, 0, 4));
		}
	}
	buf_clear(replies);
}

static enum reason identity(struct bytes token)
{
	if (bytes_equal_text(token, "good"))
		return REASON_NONE;
	if (bytes_equal_text(token, "later"))
		return REASON_AUTH_LATER;
	return bytes_equal_text(token, "other") ? REASON_AUTH_ACCOUNT : REASON_AUTH_TOKEN;
}

static void handle(struct session *s, const struct smtp_event *event)
{
	static const char letters[] = {
		[SMTP_EVENT_STARTTLS] = 'T', [SMTP_EVENT_AUTH] = 'A', [SMTP_EVENT_SENDER] = 'S', [SMTP_EVENT_RECIPIENT] = 'R', [SMTP_EVENT_DATA] = 'D',
		[SMTP_EVENT_MESSAGE] = 'M', [SMTP_EVENT_RESET] = 'X', [SMTP_EVENT_CLOSE] = 'C'};
	enum reason reason = REASON_NONE;

	/* Bodies come in as many pieces as the bytes do: not told. */
	if (event->kind != SMTP_EVENT_BODY)
		buf_u8(&s->events, (uint8_t)letters[event->kind]);
	take_replies(s);
	switch (event->kind) {
	case SMTP_EVENT_STARTTLS:
		smtp_server_answer(s->server, REASON_NONE, NULL);
		take_replies(s);
		smtp_server_secured(s->server, s->certificate);
		break;
	case SMTP_EVENT_AUTH:
		assert_true(bytes_equal_text(event->auth.user, "a@b.fr"));
		smtp_server_answer(s->server, identity(event->auth.token), NULL);
		break;
	case SMTP_EVENT_SENDER:
		if (bytes_equal_text(event->mail.from.domain, "refused.fr"))
			reason = REASON_PEER_DOMAIN;
		smtp_server_answer(s->server, reason, NULL);
		break;
	case SMTP_EVENT_RECIPIENT:
		if (bytes_equal_text(event->recipient.to.local, "nobody"))
			reason = REASON_SMTP_RECIPIENT_UNKNOWN;
		smtp_server_answer(s->server, reason, NULL);
		break;
	case SMTP_EVENT_DATA:
		buf_clear(&s->body);
		if (s->spoil)
			smtp_server_spoil(s->server, REASON_STORE_FULL);
		break;
	case SMTP_EVENT_BODY:
		s->offered += event->body.len;
		buf_add(&s->body, event->body);
		break;
	case SMTP_EVENT_MESSAGE:
		if (!s->big)
			assert_int_equal(event->size, s->body.len);
		if (bytes_contains(buf_bytes(&s->body), BYTES("DATABASE DOWN")))
			reason = REASON_STORE_DOWN;
		smtp_server_answer(s->server, reason, "R7");
		break;
	default:
		break;
	}
}

static void write_bytes(struct session *s, struct bytes in, bool more)
{
	for (size_t at = 0;;) {
		struct smtp_event event;
		struct bytes left = bytes_from(in, at);
		size_t used = smtp_server_read(s->server, left, more, &event);
		assert_true(used <= left.len);
		at += used;
		if (event.kind != SMTP_EVENT_NONE)
			handle(s, &event);
		else if (used == 0)
			break;
	}
	take_replies(s);
}

struct row {
	const char *what;
	struct bytes writes[14];
	const char *codes, *events;
};

static const struct row rows[] = {
	{"a message", {SECURE, W("MAIL FROM:<a@b.fr>\r\n"), W("RCPT TO:<c@d.fr>\r\n"), W("DATA\r\n"), W("x\r\n.\r\n"), W("QUIT\r\n")},
	 SECURE_CODES "250 250 250 354 250 221 ", "TSRDMC"},
	{"pipelined as RFC 2920 allows", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("x\r\n.\r\nQUIT\r\n")},
	 SECURE_CODES "250 250 250 354 250 221 ", "TSRDMC"},
	{"two messages", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("y\r\n.\r\n")},
	 SECURE_CODES "250 250 250 354 250 250 250 354 250 ", "TSRDMSRDM"},
	{"empty message", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W(".\r\n")},
	 SECURE_CODES "250 250 250 354 250 ", "TSRDM"},
	{"HELO has no extensions, so no pipelining", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("HELO x\r\n"), W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n")},
	 SECURE_CODES "250 503 ", "TC"},
	{"nothing but a few commands in clear", {W("EHLO x\r\n"), W("MAIL FROM:<a@b.fr>\r\n"), W("RCPT TO:<a@b.fr>\r\n"), W("DATA\r\n"), W("RSET\r\n"), W("VRFY a\r\n"), W("HELP\r\n"), W("NOOP\r\n"), W("QUIT\r\n")},
	 "220 250 530 530 530 530 530 530 250 221 ", "C"},
	{"no mail before EHLO or after HELO in clear", {W("MAIL FROM:<>\r\n"), W("HELO x\r\n"), W("MAIL FROM:<>\r\n"), W("DATA\r\n")}, "220 530 250 530 530 ", ""},
	{"STARTTLS before EHLO", {W("STARTTLS\r\n")}, "220 503 ", ""},
	{"STARTTLS after HELO", {W("HELO x\r\n"), W("STARTTLS\r\n")}, "220 250 503 ", ""},
	{"STARTTLS with an argument", {W("EHLO x\r\n"), W("STARTTLS now\r\n")}, "220 250 501 ", ""},
	{"STARTTLS twice", {SECURE, W("STARTTLS\r\n")}, SECURE_CODES "250 503 ", "T"},
	{"bytes behind STARTTLS", {W("EHLO x\r\n"), W("STARTTLS\r\nNOOP\r\n")}, "220 250 501 ", "C"},
	{"bytes behind EHLO in clear", {W("EHLO x\r\nSTARTTLS\r\n")}, "220 503 ", "C"},
	{"bytes behind EHLO in TLS", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("EHLO x\r\nMAIL FROM:<>\r\n")}, "220 250 220 503 ", "TC"},
	{"bytes behind DATA", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\nx\r\n.\r\n")}, SECURE_CODES "250 250 250 503 ", "TSRC"},
	{"MAIL before EHLO in TLS", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("MAIL FROM:<>\r\n")}, "220 250 220 503 ", "T"},
	{"MAIL twice", {SECURE, W("MAIL FROM:<>\r\n"), W("MAIL FROM:<>\r\n")}, SECURE_CODES "250 250 503 ", "TS"},
	{"RCPT first", {SECURE, W("RCPT TO:<c@d.fr>\r\n")}, SECURE_CODES "250 503 ", "T"},
	{"DATA without a recipient", {SECURE, W("MAIL FROM:<>\r\n"), W("DATA\r\n")}, SECURE_CODES "250 250 503 ", "TS"},
	{"DATA when all recipients were refused", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<nobody@d.fr>\r\nDATA\r\n")}, SECURE_CODES "250 250 550 503 ", "TSR"},
	{"one recipient of two", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<nobody@d.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("x\r\n.\r\n")},
	 SECURE_CODES "250 250 550 250 354 250 ", "TSRRDM"},
	{"sender refused, then another", {SECURE, W("MAIL FROM:<a@refused.fr>\r\n"), W("RCPT TO:<c@d.fr>\r\n"), W("MAIL FROM:<a@b.fr>\r\n")},
	 SECURE_CODES "250 550 503 250 ", "TSS"},
	{"RSET forgets", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nRSET\r\nDATA\r\n")}, SECURE_CODES "250 250 250 250 503 ", "TSRX"},
	{"EHLO forgets", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n"), W("EHLO y\r\n"), W("DATA\r\n")}, SECURE_CODES "250 250 250 250 503 ", "TSRX"},
	{"RSET of nothing", {SECURE, W("RSET\r\n")}, SECURE_CODES "250 250 ", "T"},
	{"the message cannot be kept", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("DATABASE DOWN\r\n.\r\n"), W("MAIL FROM:<>\r\n")},
	 SECURE_CODES "250 250 250 354 451 250 ", "TSRDMS"},
	{"bare LF in the message", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("x\n.\r\nMAIL FROM:<evil@b.fr>\r\n"), W(".\r\n"), W("NOOP\r\n")},
	 SECURE_CODES "250 250 250 354 550 250 ", "TSRDX"},
	{"NUL in the message", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W("\0\r\n.\r\n")},
	 SECURE_CODES "250 250 250 354 550 ", "TSRDX"},
	{"unknown, not offered, badly written", {SECURE, W("FOO\r\n"), W("AUTH PLAIN\r\n"), W("MAIL FROM:a@b.fr\r\n"), W("NOOP\r\n")},
	 SECURE_CODES "250 500 502 501 250 ", "T"},
	{"bare LF ends no command", {SECURE, W("NOOP\nQUIT\r\n")}, SECURE_CODES "250 500 ", "TC"},
	{"bare CR ends no command", {SECURE, W("NOOP\rQUIT\r\n")}, SECURE_CODES "250 500 ", "TC"},
	{"NUL in a command", {SECURE, W("NO\0OP\r\n")}, SECURE_CODES "250 500 ", "TC"},
	{"tab in a command", {SECURE, W("NOOP\t\r\n"), W("NOOP\r\n")}, SECURE_CODES "250 500 250 ", "T"},
	{"TLS hello on the clear port", {W("\026\003\001\002\000\001")}, "220 500 ", "C"},
	{"HTTP request", {W("POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n")}, "220 500 ", "C"},
	{"not between operators", {SECURE, W("AUTH XOAUTH2 " XGOOD "\r\n"), W("MAIL FROM:<a@b.fr> AUTH=<>\r\n")}, SECURE_CODES "250 502 501 ", "T"},
	{"EHLO without a name", {W("EHLO\r\n"), W("EHLO \001\r\n")}, "220 501 500 ", "C"},
	{"EHLO with a strange name", {W("EHLO [127.0.0.1]\r\n"), W("EHLO some_host\r\n")}, "220 250 250 ", ""},
	{"QUIT at once", {W("QUIT\r\n")}, "220 221 ", "C"},
};

static const struct row chunk_rows[] = {
	{"one chunk", {OPEN, W("BDAT 3 LAST\r\nx\r\n"), W("NOOP\r\n")}, OPEN_CODES "250 250 ", "TSRDM"},
	{"all pipelined, and a command behind", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nBDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\nMAIL FROM:<>\r\n")},
	 OPEN_CODES "250 250 250 ", "TSRDMS"},
	{"commands and dots within a chunk are content", {OPEN, W("BDAT 26 LAST\r\nx\r\n.\r\nMAIL FROM:<e@b.fr>\r\nNOOP\r\n")}, OPEN_CODES "250 250 ", "TSRDM"},
	{"a line end in two chunks", {OPEN, W("BDAT 2\r\nx\rBDAT 1 LAST\r\n\n")}, OPEN_CODES "250 250 ", "TSRDM"},
	{"the end alone", {OPEN, W("BDAT 3\r\nx\r\n"), W("BDAT 0 LAST\r\n")}, OPEN_CODES "250 250 ", "TSRDM"},
	{"an empty message", {OPEN, W("BDAT 0 LAST\r\n")}, OPEN_CODES "250 ", "TSRDM"},
	{"an empty chunk", {OPEN, W("BDAT 0\r\nBDAT 3 LAST\r\nx\r\n")}, OPEN_CODES "250 250 ", "TSRDM"},
	{"small letters, zeros before", {OPEN, W("bdat 003 last\r\nx\r\n")}, OPEN_CODES "250 ", "TSRDM"},
	{"two messages", {OPEN, W("BDAT 3 LAST\r\nx\r\nMAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nBDAT 3 LAST\r\ny\r\n")}, OPEN_CODES "250 250 250 250 ", "TSRDMSRDM"},
	{"one with BDAT, one with DATA", {OPEN, W("BDAT 3 LAST\r\nx\r\n"), W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), W(".\r\n")}, OPEN_CODES "250 250 250 354 250 ", "TSRDMSRDM"},
	{"bare LF", {OPEN, W("BDAT 4 LAST\r\nx\n\r\nNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"bare CR", {OPEN, W("BDAT 5 LAST\r\nx\ry\r\nNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"bare CR over the border", {OPEN, W("BDAT 2\r\nx\rBDAT 3 LAST\r\ny\r\nNOOP\r\n")}, OPEN_CODES "250 550 250 ", "TSRDX"},
	{"CR at the end", {OPEN, W("BDAT 2 LAST\r\nx\rNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"NUL", {OPEN, W("BDAT 4 LAST\r\nx\0\r\nNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"NUL behind a bare LF", {OPEN, W("BDAT 5 LAST\r\nx\n\0\r\nNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"the last line is not ended", {OPEN, W("BDAT 4 LAST\r\nx\r\nyNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"the end of data of DATA", {OPEN, W("BDAT 5 LAST\r\nx\n.\r\nNOOP\r\n")}, OPEN_CODES "550 250 ", "TSRDX"},
	{"a refused chunk and those behind it", {OPEN, W("BDAT 2\r\nx\nBDAT 6\r\nRSET\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")}, OPEN_CODES "550 503 503 250 ", "TSRDXDXDX"},
	{"the message cannot be kept", {OPEN, W("BDAT 15 LAST\r\nDATABASE DOWN\r\nMAIL FROM:<>\r\n")}, OPEN_CODES "451 250 ", "TSRDMS"},
	{"DATA between chunks", {OPEN, W("BDAT 3\r\nx\r\n"), W("DATA\r\n"), W("BDAT 3 LAST\r\ny\r\n")}, OPEN_CODES "250 503 250 ", "TSRDM"},
	{"DATA behind a chunk with its content", {OPEN, W("BDAT 3\r\nx\r\nDATA\r\ny\r\n.\r\n")}, OPEN_CODES "250 503 ", "TSRDC"},
	{"RCPT and MAIL between chunks", {OPEN, W("BDAT 3\r\nx\r\nRCPT TO:<c@d.fr>\r\nMAIL FROM:<>\r\nBDAT 0 LAST\r\n")}, OPEN_CODES "250 503 503 250 ", "TSRDM"},
	{"NOOP between chunks", {OPEN, W("BDAT 3\r\nx\r\nNOOP\r\nBDAT 0 LAST\r\n")}, OPEN_CODES "250 250 250 ", "TSRDM"},
	{"RSET between chunks forgets", {OPEN, W("BDAT 3\r\nx\r\nRSET\r\nBDAT 3 LAST\r\ny\r\nNOOP\r\n")}, OPEN_CODES "250 250 503 250 ", "TSRDXDX"},
	{"EHLO between chunks forgets", {OPEN, W("BDAT 3\r\nx\r\n"), W("EHLO y\r\n"), W("BDAT 0 LAST\r\n")}, OPEN_CODES "250 250 503 ", "TSRDXDX"},
	{"QUIT between chunks", {OPEN, W("BDAT 3\r\nx\r\nQUIT\r\n")}, OPEN_CODES "250 221 ", "TSRDC"},
	{"LAST twice", {OPEN, W("BDAT 3 LAST\r\nx\r\nBDAT 6 LAST\r\nRSET\r\nNOOP\r\n")}, OPEN_CODES "250 503 250 ", "TSRDMDX"},
	{"no recipient", {SECURE, W("MAIL FROM:<>\r\nBDAT 6 LAST\r\nRSET\r\nNOOP\r\n")}, SECURE_CODES "250 250 503 250 ", "TSDX"},
	{"no recipient was good", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<nobody@d.fr>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")}, SECURE_CODES "250 250 550 503 250 ", "TSRDX"},
	{"no sender", {SECURE, W("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")}, SECURE_CODES "250 503 250 ", "TDX"},
	{"in clear", {W("EHLO x\r\n"), W("BDAT 6 LAST\r\n"), W("QUIT\r\n")}, "220 250 501 ", "C"},
	{"in TLS before EHLO", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("BDAT 6 LAST\r\n"), W("QUIT\r\n")}, "220 250 220 501 ", "TC"},
	{"after HELO, which offers none", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("HELO x\r\n"), W("MAIL FROM:<>\r\n"), W("RCPT TO:<c@d.fr>\r\n"), W("BDAT 6 LAST\r\n"), W("RSET\r\n")},
	 SECURE_CODES "250 250 250 501 ", "TSRC"},
};

static const struct row utf8_rows[] = {
	{"both addresses", {SECURE, W("MAIL FROM:<h\303\251l\303\250ne@b.fr> SMTPUTF8\r\nRCPT TO:<\303\251@\303\251.fr>\r\nDATA\r\n"), W("x\r\n.\r\n")}, SECURE_CODES "250 250 250 354 250 ", "TSRDM"},
	{"without the parameter", {SECURE, W("MAIL FROM:<h\303\251@b.fr>\r\n"), W("MAIL FROM:<a@b.fr>\r\n"), W("RCPT TO:<\303\251@d.fr>\r\n")}, SECURE_CODES "250 553 250 553 ", "TS"},
	{"the parameter is of one transaction", {SECURE, W("MAIL FROM:<> SMTPUTF8\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<\303\251@d.fr>\r\n")}, SECURE_CODES "250 250 250 250 553 ", "TSXS"},
	{"no UTF-8 at all", {SECURE, W("MAIL FROM:<h\351@b.fr> SMTPUTF8\r\n")}, SECURE_CODES "250 501 ", "T"},
	{"ORCPT of RFC 6533", {SECURE, W("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<c@d.fr> ORCPT=utf-8;\303\251@d.fr\r\n")}, SECURE_CODES "250 250 250 ", "TSR"},
	{"ORCPT of RFC 6533 without SMTPUTF8", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr> ORCPT=utf-8;\303\251@d.fr\r\nRCPT TO:<c@d.fr> ORCPT=utf-8;\\x{E9}@d.fr\r\n")}, SECURE_CODES "250 250 501 250 ", "TSR"},
};

/* P9: nothing before TLS, one text for each failure, three tries, strict base64, no bytes ahead. */
static const struct row person_rows[] = {
	{"nothing before AUTH", {SECURE, W("MAIL FROM:<a@b.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n")}, SECURE_CODES "250 530 503 503 ", "T"},
	{"no chunk either", {SECURE, W("MAIL FROM:<a@b.fr>\r\nBDAT 6 LAST\r\nRSET\r\nNOOP\r\n")}, SECURE_CODES "250 530 503 250 ", "TDX"},
	{"XOAUTH2 at once", {SECURE, W("AUTH XOAUTH2 " XGOOD "\r\n"), W("MAIL FROM:<a@b.fr> AUTH=<>\r\n")}, SECURE_CODES "250 235 250 ", "TAS"},
	{"OAUTHBEARER at once", {SECURE, W("auth oauthbearer " OGOOD "\r\n"), W("MAIL FROM:<a@b.fr> AUTH=a+40b.fr\r\n")}, SECURE_CODES "250 235 250 ", "TAS"},
	{"in two steps", {SECURE, W("AUTH OAUTHBEARER\r\n"), W(OGOOD "\r\n"), W("MAIL FROM:<a@b.fr>\r\n")}, SECURE_CODES "250 334 235 250 ", "TAS"},
	{"cancelled", {SECURE, W("AUTH XOAUTH2\r\n"), W("*\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, SECURE_CODES "250 334 501 235 ", "TA"},
	{"twice", {SECURE, W("AUTH XOAUTH2 " XGOOD "\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n"), W("EHLO x\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, SECURE_CODES "250 235 503 250 503 ", "TA"},
	{"in clear", {W("EHLO x\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, "220 250 530 ", ""},
	{"before EHLO", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, "220 250 220 503 ", "T"},
	{"after HELO", {W("EHLO x\r\n"), W("STARTTLS\r\n"), W("HELO x\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, SECURE_CODES "250 503 ", "T"},
	{"mechanisms that are not offered", {SECURE, W("AUTH PLAIN AGEAYg==\r\n"), W("AUTH LOGIN\r\n"), W("AUTH\r\n"), W("AUTH XOAUTH2 a b\r\n")}, SECURE_CODES "250 504 504 501 501 ", "T"},
	{"no base64", {SECURE, W("AUTH XOAUTH2 !\r\n"), W("AUTH XOAUTH2\r\n"), W(XGOOD "=\r\n")}, SECURE_CODES "250 501 334 501 ", "T"},
	{"an empty message", {SECURE, W("AUTH XOAUTH2 =\r\n"), W("\r\n")}, SECURE_CODES "250 334 535 ", "T"},
	{"denied, with any answer to the challenge", {SECURE, W("AUTH OAUTHBEARER " OBAD "\r\n"), W("AQ==\r\n"), W("AUTH XOAUTH2 " XOTHER "\r\n"), W("\r\n"), W("AUTH XOAUTH2 " XBAD "\r\n"), W("*\r\n"), W("NOOP\r\n")},
	 SECURE_CODES "250 334 535 334 535 334 535 250 ", "TAAA"},
	{"the fourth try", {SECURE, W("AUTH XOAUTH2 =\r\n"), W("\r\n"), W("AUTH XOAUTH2 !\r\n"), W("AUTH XOAUTH2 =\r\n"), W("\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")},
	 SECURE_CODES "250 334 535 501 334 535 421 ", "TC"},
	{"denied, then good", {SECURE, W("AUTH XOAUTH2 " XBAD "\r\n"), W("\r\n"), W("MAIL FROM:<a@b.fr>\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n"), W("MAIL FROM:<a@b.fr>\r\n")}, SECURE_CODES "250 334 535 530 235 250 ", "TAAS"},
	{"the identity server is away", {SECURE, W("AUTH XOAUTH2 " XLATER "\r\n"), W("MAIL FROM:<a@b.fr>\r\n")}, SECURE_CODES "250 454 530 ", "TA"},
	{"bytes behind AUTH", {SECURE, W("AUTH XOAUTH2 " XGOOD "\r\nNOOP\r\n")}, SECURE_CODES "250 503 ", "TC"},
	{"bytes behind its response", {SECURE, W("AUTH XOAUTH2\r\n"), W(XGOOD "\r\nNOOP\r\n")}, SECURE_CODES "250 334 503 ", "TC"},
};

/* The peer has a certificate. */
static const struct row certificate_rows[] = {
	{"a certificate is enough", {OPEN, W("BDAT 3 LAST\r\nx\r\n")}, OPEN_CODES "250 ", "TSRDM"},
	{"with a certificate too", {SECURE, W("AUTH XOAUTH2 " XGOOD "\r\n")}, SECURE_CODES "250 235 ", "TA"},
	{"in a transaction", {OPEN, W("AUTH XOAUTH2 " XGOOD "\r\n"), W("BDAT 3\r\nx\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")}, OPEN_CODES "503 250 503 ", "TSRD"},
};

/* Each write whole, in pieces of five and of one byte as a slow net would bring it: the replies and events are the same. */
static void play(const struct row *table, size_t n, enum smtp_mode mode, bool certificate)
{
	static const size_t steps[] = {SIZE_MAX, 5, 1};
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < COUNT(steps); k++) {
			struct session s = session_open_as(mode);
			s.certificate = certificate;
			for (size_t w = 0; w < COUNT(table[i].writes); w++)
				for (struct bytes in = table[i].writes[w]; in.len > 0; in = bytes_from(in, steps[k]))
					write_bytes(&s, bytes_slice(in, 0, steps[k]), in.len > steps[k]);
			if (!bytes_equal_text(buf_bytes(&s.codes), table[i].codes))
				fail_msg("%s (%zu): %.*s", table[i].what, k, (int)s.codes.len, (const char *)s.codes.data);
			if (!bytes_equal_text(buf_bytes(&s.events), table[i].events))
				fail_msg("%s (%zu): events %.*s", table[i].what, k, (int)s.events.len, (const char *)s.events.data);
			session_close(&s);
		}
}

static void test_sessions(void **state)
{
	(void)state;
	play(rows, COUNT(rows), SMTP_MODE_TRANSFER, true);
}

static void test_chunks(void **state)
{
	(void)state;
	play(chunk_rows, COUNT(chunk_rows), SMTP_MODE_TRANSFER, true);
}

static void test_utf8(void **state)
{
	(void)state;
	play(utf8_rows, COUNT(utf8_rows), SMTP_MODE_TRANSFER, true);
}

static void test_submission(void **state)
{
	(void)state;
	play(person_rows, COUNT(person_rows), SMTP_MODE_SUBMISSION, false);
	play(certificate_rows, COUNT(certificate_rows), SMTP_MODE_SUBMISSION, true);
}

static void secure(struct session *s)
{
	write_bytes(s, BYTES("EHLO x\r\n"), false);
	write_bytes(s, BYTES("STARTTLS\r\n"), false);
	write_bytes(s, BYTES("EHLO x\r\n"), false);
}

static bool told(struct session *s, const char *text)
{
	return bytes_contains(buf_bytes(&s->text), bytes_of_text(text));
}

static void test_offers(void **state)
{
	(void)state;
	static const char *const offers[] = {"250-PIPELINING\r\n", "250-SIZE 26214400\r\n", "250-8BITMIME\r\n", "250-SMTPUTF8\r\n",
					     "250-DSN\r\n", "250-CHUNKING\r\n", "250 ENHANCEDSTATUSCODES\r\n"};
	for (enum smtp_mode mode = SMTP_MODE_TRANSFER; mode <= SMTP_MODE_SUBMISSION; mode++) {
		struct session s = session_open_as(mode);
		write_bytes(&s, BYTES("EHLO x\r\n"), false);
		assert_true(told(&s, "250 STARTTLS\r\n"));
		for (size_t i = 0; i < COUNT(offers); i++)
			assert_false(told(&s, offers[i]));
		assert_false(told(&s, "AUTH"));
		write_bytes(&s, BYTES("STARTTLS\r\n"), false);
		buf_clear(&s.text);
		write_bytes(&s, BYTES("EHLO x\r\n"), false);
		assert_false(told(&s, "STARTTLS"));
		for (size_t i = 0; i < COUNT(offers); i++)
			assert_true(told(&s, offers[i]));
		assert_int_equal(told(&s, "250-AUTH OAUTHBEARER XOAUTH2\r\n"), mode == SMTP_MODE_SUBMISSION);
		assert_false(told(&s, "BINARYMIME"));
		session_close(&s);
	}
}

/* A size that is not read as one leaves the session: nobody knows how many bytes follow. */
static void test_chunk_sizes(void **state)
{
	(void)state;
	static const char *const sizes[] = {"BDAT", "BDAT LAST", "BDAT -1", "BDAT +1", "BDAT 0x10", "BDAT 1.5", "BDAT 1,5", "BDAT 5 FIRST", "BDAT 5 LAST LAST",
		"BDAT 5  LAST", "BDAT  5", "BDAT5", "BDAT 5LAST", "BDATA 5", "BDAT 5\tLAST", "BDAT 5\177", "BDAT 4294967296", "BDAT 18446744073709551616",
		"BDAT 99999999999999999999999999999999", "BDAT 52428801 LAST", "bdat \303\251"};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct session s = session_open();
		secure(&s);
		write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n"), false);
		buf_clear(&s.codes);
		write_bytes(&s, bytes_of_text(sizes[i]), false);
		write_bytes(&s, BYTES("\r\nQUIT\r\n"), false);
		if (!bytes_equal_text(buf_bytes(&s.events), "TSRC") || s.codes.len != 4)
			fail_msg("%s: %.*s", sizes[i], (int)s.codes.len, (const char *)s.codes.data);
		session_close(&s);
	}
	/* A line that is too long, whatever it says behind its first word. */
	static char line[LIMIT_SMTP_COMMAND * 2];
	memset(line, '0', sizeof line);
	memcpy(line, "BDAT ", 5);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	struct session s = session_open();
	secure(&s);
	write_bytes(&s, (struct bytes){(unsigned char *)line, sizeof line}, false);
	assert_int_equal(smtp_server_phase(s.server), SMTP_PHASE_CLOSED);
	assert_true(told(&s, "smtp.chunking"));
	session_close(&s);
}

/* Feeds size bytes of x lines (the last two bytes are CRLF) as one chunk. */
static void feed_chunk(struct session *s, uint64_t size, bool last)
{
	static char block[65536];
	char command[64];
	for (size_t i = 0; i < sizeof block; i += 64) {
		memset(block + i, 'x', 62);
		memcpy(block + i + 62, "\r\n", 2);
	}
	snprintf(command, sizeof command, "BDAT %llu%s\r\n", (unsigned long long)size, last ? " LAST" : "");
	write_bytes(s, bytes_of_text(command), false);
	for (uint64_t left = size % 64; left > 0; left--)   /* what is no whole line stands before them */
		write_bytes(s, BYTES("y"), false);
	for (uint64_t left = size - size % 64; left > 0;) {
		size_t n = left < sizeof block ? (size_t)left : sizeof block;
		write_bytes(s, (struct bytes){(unsigned char *)block, n}, false);
		left -= n;
	}
}

static void test_chunk_limit(void **state)
{
	(void)state;
	static const struct {
		uint64_t first, last, offered;   /* nothing of a chunk that is known to be too big goes to the spool */
		const char *codes, *events;
	} cases[] = {
		{LIMIT_MESSAGE / 2, LIMIT_MESSAGE / 2, LIMIT_MESSAGE, "250 250 250 ", "DM"},
		{LIMIT_MESSAGE / 2, LIMIT_MESSAGE / 2 + 1, LIMIT_MESSAGE / 2, "250 552 250 ", "DX"},
		{LIMIT_MESSAGE, 0, LIMIT_MESSAGE, "250 250 250 ", "DM"},
		{LIMIT_MESSAGE + 64, 64, 0, "552 503 250 ", "DXDX"},
		{LIMIT_SMTP_DRAIN, 64, 0, "552 503 250 ", "DXDX"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session s = session_open();
		secure(&s);
		s.body.ceiling = 0;   /* counted by the server; the test keeps none of it */
		s.big = true;
		write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n"), false);
		buf_clear(&s.codes);
		buf_clear(&s.events);
		feed_chunk(&s, cases[i].first, false);
		feed_chunk(&s, cases[i].last, true);
		write_bytes(&s, BYTES("NOOP\r\n"), false);
		if (!bytes_equal_text(buf_bytes(&s.codes), cases[i].codes) || !bytes_equal_text(buf_bytes(&s.events), cases[i].events) ||
		    s.offered != cases[i].offered)
			fail_msg("%zu: %.*s %.*s", i, (int)s.codes.len, (const char *)s.codes.data, (int)s.events.len, (const char *)s.events.data);
		session_close(&s);
	}
}

/* Empty and tiny chunks are commands without a message: they end. Great ones are not counted. */
static void test_chunks_without_end(void **state)
{
	(void)state;
	static const struct {
		uint64_t size;
		bool closed;
	} cases[] = {{0, true}, {1, true}, {LIMIT_SMTP_CHUNK_SMALL - 1, true}, {LIMIT_SMTP_CHUNK_SMALL, false}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session s = session_open();
		secure(&s);
		write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n"), false);
		for (int k = 0; k < LIMIT_SMTP_IDLE_COMMANDS && smtp_server_phase(s.server) != SMTP_PHASE_CLOSED; k++)
			feed_chunk(&s, cases[i].size, false);
		assert_int_equal(smtp_server_phase(s.server) == SMTP_PHASE_CLOSED, cases[i].closed);
		assert_int_equal(told(&s, "smtp.commands.many"), cases[i].closed);
		session_close(&s);
	}
}

/* No dot is taken away, no byte added: what was counted is the message. */
static void test_chunk_bytes(void **state)
{
	(void)state;
	struct session s = session_open();
	secure(&s);
	write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nBDAT 5\r\n..a\r\nBDAT 6 LAST\r\n.\r\n.\r\n"), false);
	assert_true(bytes_equal(buf_bytes(&s.body), BYTES("..a\r\n.\r\n.\r\n")));
	assert_true(told(&s, "250 2.0.0 5 octets so far\r\n"));
	assert_true(told(&s, "250 2.0.0 accepted as R7\r\n"));
	session_close(&s);
}

/* A bad token, an identity without account and a message that is none get the same words. */
static void test_one_denial(void **state)
{
	(void)state;
	static const char *const tries[] = {"AUTH XOAUTH2 " XBAD "\r\n", "AUTH XOAUTH2 " XOTHER "\r\n", "AUTH XOAUTH2 =\r\n"};
	struct buf first = buf_make(4096);
	for (size_t i = 0; i < COUNT(tries); i++) {
		struct session s = session_open_as(SMTP_MODE_SUBMISSION);
		secure(&s);
		buf_clear(&s.text);
		write_bytes(&s, bytes_of_text(tries[i]), false);
		assert_true(told(&s, "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n"));
		write_bytes(&s, BYTES("\r\n"), false);
		assert_true(told(&s, "535 5.7.8 "));
		if (i == 0)
			buf_add(&first, buf_bytes(&s.text));
		assert_true(bytes_equal(buf_bytes(&s.text), buf_bytes(&first)));
		session_close(&s);
	}
	buf_free(&first);
}

/* What a client says with AUTH is wiped with the reply: a refused mechanism's password, too, and an answer that is given up. */
static void test_auth_wiped(void **state)
{
	(void)state;
	static char long_line[LIMIT_SMTP_AUTH_LINE + 2];
	const struct bytes tries[][2] = {
		{W("AUTH PLAIN AHNlY3JldAo=\r\n")}, {W("AUTH XOAUTH2 AHNlY3JldAo= \tx\r\n")}, {W("AUTH XOAUTH2 " XBAD "\r\n")},
		{W("AUTH XOAUTH2\r\n"), W("AHNlY3JldAo=\r\n")}, {W("AUTH XOAUTH2\r\n"), {(unsigned char *)long_line, sizeof long_line}},
		{W("AUTH XOAUTH2 " XBAD "\r\n"), W("AHNlY3JldAo=\r\n")}, {W("MAIL FROM:<>\r\n"), W("AUTH XOAUTH2 " XGOOD "\r\n")},
	};

	memset(long_line, 'A', sizeof long_line - 2);
	memcpy(long_line + sizeof long_line - 2, "\r\n", 2);
	for (size_t i = 0; i < COUNT(tries); i++) {
		struct session s = session_open_as(SMTP_MODE_SUBMISSION);
		s.certificate = true;
		const struct bytes before[] = {SECURE};
		for (size_t k = 0; k < COUNT(before); k++)
			write_bytes(&s, before[k], false);
		for (size_t k = 0; k < 2 && tries[i][k].len > 0; k++)
			write_bytes(&s, tries[i][k], false);
		if (s.server->line.room > 0 || s.server->secret.room > 0 || s.server->user.room > 0)
			fail_msg("try %zu is still there", i);
		session_close(&s);
	}
}

/* RFC 4954 4: 12,288 bytes with the CRLF for what belongs to AUTH; a command keeps its own limit. */
static void test_auth_line(void **state)
{
	(void)state;
	static char line[LIMIT_SMTP_AUTH_LINE + 1];
	static const struct {
		const char *before, *after;
		size_t len;
		const char *codes;
	} cases[] = {
		{"AUTH XOAUTH2 ", "\r\n", LIMIT_SMTP_AUTH_LINE, "501 "},      /* read: its base64 is wrong */
		{"AUTH XOAUTH2 ", "x\r\n", LIMIT_SMTP_AUTH_LINE + 1, "500 "},
		{"NOOP ", "\r\n", LIMIT_SMTP_COMMAND, "250 "},
		{"NOOP ", "x\r\n", LIMIT_SMTP_COMMAND + 1, "500 "},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct session s = session_open_as(SMTP_MODE_SUBMISSION);
		secure(&s);
		buf_clear(&s.codes);
		memset(line, 'x', sizeof line);
		memcpy(line, cases[i].before, bytes_of_text(cases[i].before).len);
		struct bytes after = bytes_of_text(cases[i].after);
		memcpy(line + cases[i].len - after.len, after.at, after.len);
		write_bytes(&s, (struct bytes){(unsigned char *)line, cases[i].len}, false);
		if (!bytes_equal_text(buf_bytes(&s.codes), cases[i].codes))
			fail_msg("%zu: %.*s", i, (int)s.codes.len, (const char *)s.codes.data);
		session_close(&s);
	}
	struct session s = session_open_as(SMTP_MODE_SUBMISSION);
	secure(&s);
	write_bytes(&s, BYTES("AUTH XOAUTH2\r\n"), false);
	buf_clear(&s.codes);
	memset(line, 'A', sizeof line);
	memcpy(line + LIMIT_SMTP_AUTH_LINE - 1, "\r\n", 2);
	write_bytes(&s, (struct bytes){(unsigned char *)line, sizeof line}, false);
	write_bytes(&s, BYTES("NOOP\r\n"), false);
	assert_true(bytes_equal_text(buf_bytes(&s.codes), "500 250 "));
	session_close(&s);
}

/* No room for a handshake: the session goes on in clear, and may ask again. */
static void test_tls_refused(void **state)
{
	(void)state;
	struct smtp_event event;
	struct session s = session_open();
	write_bytes(&s, BYTES("EHLO x\r\n"), false);
	smtp_server_read(s.server, BYTES("STARTTLS\r\n"), false, &event);
	assert_int_equal(event.kind, SMTP_EVENT_STARTTLS);
	smtp_server_answer(s.server, REASON_SMTP_TLS_BUSY, NULL);
	take_replies(&s);
	assert_true(told(&s, "454 4.7.0"));
	write_bytes(&s, BYTES("MAIL FROM:<>\r\n"), false);
	assert_true(told(&s, "530 5.7.0"));
	write_bytes(&s, BYTES("STARTTLS\r\n"), false);
	assert_true(told(&s, "220 2.0.0"));
	assert_true(bytes_equal_text(buf_bytes(&s.events), "T"));
	session_close(&s);
}

static void test_texts(void **state)
{
	(void)state;
	struct session s;
	for (size_t step = 1; step <= 2; step++) {   /* the first byte of a line is that, however it comes */
		s = session_open();
		for (struct bytes in = BYTES("\r\026"); in.len > 0; in = bytes_from(in, step))
			write_bytes(&s, bytes_slice(in, 0, step), in.len > step);
		assert_true(told(&s, "(smtp.line.control)"));
		session_close(&s);
	}
	s = session_open();
	secure(&s);
	write_bytes(&s, BYTES("MAIL FROM:<a@refused.fr>\r\n"), false);
	assert_true(told(&s, "550 5.7.1 Your certificate does not speak for the sender's domain. Check the white list. (peer.domain)\r\n"));
	write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), false);
	write_bytes(&s, BYTES("..x\r\n.\r\n"), false);
	assert_true(told(&s, "250 2.0.0 accepted as R7\r\n"));
	assert_true(bytes_equal_text(buf_bytes(&s.body), ".x\r\n"));
	session_close(&s);
}

/* Each reason that can be said: one line, ASCII, within the limit, code and enhanced code of one class. */
static void test_every_reason(void **state)
{
	(void)state;
	for (enum reason r = 1; r < REASONS; r++) {
		const struct reason_entry *e = reason_entry(r);
		if (e->smtp == 0)
			continue;
		struct session s = session_open();
		secure(&s);
		struct smtp_event event;
		smtp_server_read(s.server, BYTES("MAIL FROM:<>\r\n"), false, &event);
		assert_int_equal(event.kind, SMTP_EVENT_SENDER);
		smtp_server_answer(s.server, r, "unable to get local issuer certificate");
		struct bytes reply = buf_bytes(smtp_server_replies(s.server));
		if (reply.len > LIMIT_REPLY_LINE || e->enhanced[0] != '0' + e->smtp / 100)
			fail_msg("%s: %d %s, %zu bytes", e->code, e->smtp, e->enhanced, reply.len);
		for (size_t i = 0; i < reply.len; i++)
			if (reply.at[i] > 126 || (reply.at[i] < 32 && i + 2 < reply.len))
				fail_msg("%s: not ASCII", e->code);
		session_close(&s);
	}
}

static void test_waits_for_the_answer(void **state)
{
	(void)state;
	struct session s = session_open();
	struct smtp_event event;
	secure(&s);
	assert_int_equal(smtp_server_read(s.server, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\n"), false, &event), 14);
	assert_int_equal(event.kind, SMTP_EVENT_SENDER);
	assert_int_equal(smtp_server_phase(s.server), SMTP_PHASE_ANSWER);
	assert_int_equal(smtp_server_read(s.server, BYTES("RCPT TO:<c@d.fr>\r\n"), false, &event), 0);
	assert_int_equal(event.kind, SMTP_EVENT_NONE);
	smtp_server_answer(s.server, REASON_NONE, NULL);
	assert_int_equal(smtp_server_phase(s.server), SMTP_PHASE_COMMAND);
	assert_int_equal(smtp_server_read(s.server, BYTES("RCPT TO:<c@d.fr>\r\n"), false, &event), 18);
	assert_int_equal(event.kind, SMTP_EVENT_RECIPIENT);
	session_close(&s);
}

static void repeat(struct session *s, const char *line, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		write_bytes(s, bytes_of_text(line), false);
}

static void test_caps(void **state)
{
	(void)state;
	static const struct {
		const char *what, *first, *line;
		unsigned n;
		const char *before, *reply;   /* not said after n lines, said after two more */
	} caps[] = {
		{"errors", "NOOP\r\n", "FOO\r\n", LIMIT_SMTP_ERRORS, "421", "421 4.7.0 Too many errors"},
		{"idle commands", "NOOP\r\n", "NOOP\r\n", LIMIT_SMTP_IDLE_COMMANDS - 4, "421", "421 4.7.0 Too many commands"},
		{"recipients", "MAIL FROM:<>\r\n", "RCPT TO:<c@d.fr>\r\n", LIMIT_SMTP_RECIPIENTS, "452", "452 4.5.3"},
	};
	for (size_t i = 0; i < COUNT(caps); i++) {
		struct session s = session_open();
		secure(&s);
		write_bytes(&s, bytes_of_text(caps[i].first), false);
		repeat(&s, caps[i].line, caps[i].n);
		if (told(&s, caps[i].before))
			fail_msg("%s: too early", caps[i].what);
		repeat(&s, caps[i].line, 2);
		if (!told(&s, caps[i].reply))
			fail_msg("%s: never", caps[i].what);
		session_close(&s);
	}
}

/* Guessing recipients ends in the closing of the session, though no single refusal is an error. */
static void test_guessing(void **state)
{
	(void)state;
	struct session s = session_open();
	secure(&s);
	for (int i = 0; i < 4; i++) {
		write_bytes(&s, BYTES("MAIL FROM:<>\r\n"), false);
		repeat(&s, "RCPT TO:<nobody@d.fr>\r\n", 60);
		write_bytes(&s, BYTES("RSET\r\n"), false);
	}
	assert_int_equal(smtp_server_phase(s.server), SMTP_PHASE_CLOSED);
	session_close(&s);
}

static void test_messages_cap(void **state)
{
	(void)state;
	struct session s = session_open();
	secure(&s);
	for (unsigned i = 0; i < LIMIT_SMTP_MESSAGES; i++) {
		write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), false);
		write_bytes(&s, BYTES("x\r\n.\r\n"), false);
		buf_clear(&s.codes);
		buf_clear(&s.text);
		buf_clear(&s.events);
	}
	write_bytes(&s, BYTES("MAIL FROM:<>\r\n"), false);
	assert_true(told(&s, "421 4.7.0"));
	assert_true(bytes_equal_text(buf_bytes(&s.events), "C"));
	session_close(&s);
}

static void test_long_line(void **state)
{
	(void)state;
	static char line[LIMIT_SMTP_COMMAND * 2];
	struct session s = session_open();
	secure(&s);
	memset(line, 'x', sizeof line);
	memcpy(line, "NOOP ", 5);
	memcpy(line + LIMIT_SMTP_COMMAND - 2, "\r\n", 2);
	buf_clear(&s.codes);
	write_bytes(&s, (struct bytes){(unsigned char *)line, LIMIT_SMTP_COMMAND}, false);
	assert_true(bytes_equal_text(buf_bytes(&s.codes), "250 "));
	memcpy(line + LIMIT_SMTP_COMMAND - 2, "xx\r\n", 4);
	write_bytes(&s, (struct bytes){(unsigned char *)line, LIMIT_SMTP_COMMAND + 2}, false);
	write_bytes(&s, BYTES("NOOP\r\n"), false);
	assert_true(bytes_equal_text(buf_bytes(&s.codes), "250 500 250 "));
	memset(line, 'x', sizeof line);
	for (size_t i = 0; i <= LIMIT_SMTP_LINE_DRAIN / sizeof line + 1; i++)
		write_bytes(&s, (struct bytes){(unsigned char *)line, sizeof line}, false);
	assert_int_equal(smtp_server_phase(s.server), SMTP_PHASE_CLOSED);
	session_close(&s);
}

/* Just within, one byte over, and without end. */
static void test_size(void **state)
{
	(void)state;
	static char block[65536];
	static const struct {
		size_t size;
		const char *codes;
	} sizes[] = {
		{LIMIT_MESSAGE, "250 250 354 250 "},
		{LIMIT_MESSAGE + 1, "250 250 354 552 "},
		{LIMIT_SMTP_DRAIN + 1, "250 250 354 552 "},
	};
	for (size_t i = 0; i < sizeof block; i += 64) {
		memset(block + i, 'x', 62);
		memcpy(block + i + 62, "\r\n", 2);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct session s = session_open();
		secure(&s);
		s.body.ceiling = 0;   /* counted by the server; the test keeps none of it */
		buf_clear(&s.codes);
		write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), false);
		struct smtp_event event = {0};
		for (size_t sent = 0; sent + 2 < sizes[i].size && smtp_server_phase(s.server) == SMTP_PHASE_DATA;) {
			size_t step = sizes[i].size - 2 - sent < sizeof block ? sizes[i].size - 2 - sent : sizeof block;
			step = step < sizeof block ? step % 64 == 63 ? step - 1 : step : step;
			smtp_server_read(s.server, (struct bytes){(unsigned char *)block, step}, false, &event);
			sent += step;
			if (step < sizeof block) {   /* the rest byte by byte, so that no line end is cut */
				for (; sent + 2 < sizes[i].size; sent++)
					smtp_server_read(s.server, BYTES("x"), false, &event);
			}
		}
		struct bytes end = BYTES("\r\n.\r\n");
		while (end.len > 0 && smtp_server_phase(s.server) == SMTP_PHASE_DATA)
			end = bytes_from(end, smtp_server_read(s.server, end, false, &event));
		if (event.kind != SMTP_EVENT_MESSAGE && smtp_server_phase(s.server) == SMTP_PHASE_DATA)
			smtp_server_read(s.server, end, false, &event);
		if (event.kind == SMTP_EVENT_MESSAGE) {
			assert_int_equal(event.size, sizes[i].size);
			smtp_server_answer(s.server, REASON_NONE, "R1");
		}
		take_replies(&s);
		if (!bytes_equal_text(buf_bytes(&s.codes), sizes[i].codes))
			fail_msg("%zu: %.*s", sizes[i].size, (int)s.codes.len, (const char *)s.codes.data);
		session_close(&s);
	}
}

static void test_spoil(void **state)
{
	(void)state;
	struct session s = session_open();
	secure(&s);
	s.spoil = true;
	write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n"), false);
	write_bytes(&s, BYTES("x\r\n.\r\n"), false);
	assert_true(told(&s, "452 4.3.1"));
	write_bytes(&s, BYTES("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nBDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\n"), false);
	assert_true(bytes_equal_text(buf_bytes(&s.codes), OPEN_CODES "354 452 250 250 452 503 "));
	assert_true(bytes_equal_text(buf_bytes(&s.events), "TSRDXSRDXDX"));
	session_close(&s);
}

static void test_end_and_early_bytes(void **state)
{
	(void)state;
	struct smtp_event event;
	struct session s = session_open();
	secure(&s);
	smtp_server_end(s.server, REASON_SMTP_TIME);
	assert_int_equal(smtp_server_read(s.server, BYTES("NOOP\r\n"), false, &event), 0);
	assert_int_equal(event.kind, SMTP_EVENT_NONE);
	take_replies(&s);
	assert_true(told(&s, "421 4.4.2"));
	session_close(&s);

	struct arena *arena = arena_create(4096);
	struct smtp_server *server = smtp_server_open(arena, "mx.exemple.fr", SMTP_MODE_TRANSFER);
	assert_true(smtp_server_greet(server, true));
	assert_true(bytes_starts(buf_bytes(smtp_server_replies(server)), BYTES("503 5.5.0")));
	smtp_server_close(server);
	arena_destroy(&arena);
}

/* --- corpus ------------------------------------------------------------------- */

/* Before anything is made: skip() leaves at once. */
static void needs_corpus(void)
{
	if (getenv("RELAIS_CORPUS") != NULL)
		return;
	print_message("RELAIS_CORPUS is unset: corpus skipped\n");
	skip();
}

static struct bytes corpus_file(struct arena *arena, const char *name)
{
	FILE *file = fopen(arena_printf(arena, "%s/hostile/smtp/%s", getenv("RELAIS_CORPUS"), name), "rb");
	assert_non_null(file);
	unsigned char *data = arena_alloc(arena, 65536);
	size_t len = fread(data, 1, 65536, file);
	fclose(file);
	return (struct bytes){data, len};
}

/* Nothing that was written before the handshake is answered within it. */
static void test_corpus_injection(void **state)
{
	(void)state;
	needs_corpus();
	struct arena *arena = arena_create(1 << 20);
	struct cursor lines = cursor_on(corpus_file(arena, "starttls-injection/payloads.tsv"));
	unsigned rows_read = 0;

	while (lines.left.len > 0) {
		struct cursor c = cursor_on(cursor_until(&lines, '\n'));
		struct bytes name = cursor_until(&c, '\t'), hex = cursor_until(&c, '\t');
		if (bytes_equal_text(name, "name") || hex.len == 0)
			continue;
		struct buf in = buf_make(1024);
		for (size_t i = 0; i + 1 < hex.len; i += 2) {
			char two[3] = {(char)hex.at[i], (char)hex.at[i + 1], 0};
			buf_u8(&in, (uint8_t)strtoul(two, NULL, 16));
		}
		struct session s = session_open();
		if (bytes_equal_text(name, "smtp-sanity")) {   /* the control: one write a line */
			for (struct cursor l = cursor_on(buf_bytes(&in)); l.left.len > 0;) {
				struct bytes line = cursor_until(&l, '\n');
				write_bytes(&s, (struct bytes){line.at, line.len + 1}, false);
			}
			assert_true(bytes_equal_text(buf_bytes(&s.codes), "220 250 250 220 "));
			assert_true(bytes_equal_text(buf_bytes(&s.events), "T"));
		} else {
			write_bytes(&s, buf_bytes(&in), false);
			if (!bytes_equal_text(buf_bytes(&s.events), "C") || told(&s, "220 2.0.0"))
				fail_msg("%.*s", (int)name.len, (const char *)name.at);
		}
		session_close(&s);
		buf_free(&in);
		rows_read++;
	}
	print_message("injections of the corpus: %u\n", rows_read);
	assert_int_equal(rows_read, 3);
	arena_destroy(&arena);
}

/* The envelope is good grammar; who may use it is the white list's question, and the From fields are for the scan. */
static void test_corpus_espoofer(void **state)
{
	(void)state;
	static const char *const names[] = {"espoofer/server_a1.smtp.txt", "espoofer/server_a12.smtp.txt",
					    "espoofer/server_a14.smtp.txt", "espoofer/server_a18.smtp.txt"};
	needs_corpus();
	struct arena *arena = arena_create(1 << 20);

	for (size_t i = 0; i < COUNT(names); i++) {
		struct bytes all = corpus_file(arena, names[i]);
		size_t body = bytes_find(all, BYTES("\r\n\r\n"), 0);
		assert_true(body < all.len);
		struct session s = session_open();
		secure(&s);
		write_bytes(&s, bytes_slice(all, 0, body + 2), false);
		write_bytes(&s, BYTES("DATA\r\n"), false);
		write_bytes(&s, bytes_from(all, body + 4), false);
		write_bytes(&s, BYTES(".\r\n"), false);
		if (!bytes_equal_text(buf_bytes(&s.codes), SECURE_CODES "250 250 250 354 250 "))
			fail_msg("%s: %.*s", names[i], (int)s.codes.len, (const char *)s.codes.data);
		assert_true(bytes_equal(buf_bytes(&s.body), bytes_from(all, body + 4)));
		session_close(&s);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_chunk_sizes),
		cmocka_unit_test(test_chunk_limit),
		cmocka_unit_test(test_chunks_without_end),
		cmocka_unit_test(test_chunk_bytes),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_submission),
		cmocka_unit_test(test_one_denial),
		cmocka_unit_test(test_auth_wiped),
		cmocka_unit_test(test_auth_line),
		cmocka_unit_test(test_tls_refused),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_every_reason),
		cmocka_unit_test(test_waits_for_the_answer),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_guessing),
		cmocka_unit_test(test_messages_cap),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_spoil),
		cmocka_unit_test(test_end_and_early_bytes),
		cmocka_unit_test(test_corpus_injection),
		cmocka_unit_test(test_corpus_espoofer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
#include "smtp/server.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define W(text) BYTES_OF(text)
#define SECURE W("EHLO x\r\n"), W("STARTTLS\r\n"), W("EHLO x\r\n")
#define SECURE_CODES "220 250 220 "

struct session {
	struct arena *arena;
	struct smtp_server *server;
	struct buf codes, events, body, text;   /* codes of the replies, letters of the events, accepted message, all replies */
	bool spoil;
};

static struct session session_open(void)
{
	struct session s = {.arena = arena_create(4096), .codes = buf_make(65536), .events = buf_make(65536),
			    .body = buf_make(65536), .text = buf_make(262144)};
	s.server = smtp_server_open(s.arena, "mx.exemple.fr");
	smtp_server_greet(s.server, false);
	return s;
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

static void handle(struct session *s, const struct smtp_event *event)
{
	static const char letters[] = {
		[SMTP_EVENT_STARTTLS] = 'T', [SMTP_EVENT_SENDER] = 'S', [SMTP_EVENT_RECIPIENT] = 'R', [SMTP_EVENT_DATA] = 'D',
		[SMTP_EVENT_MESSAGE] = 'M', [SMTP_EVENT_RESET] = 'X', [SMTP_EVENT_CLOSE] = 'C'};
	enum reason reason = REASON_NONE;

	/* Bodies come in as many pieces as the bytes do: not told. */
	if (event->kind != SMTP_EVENT_BODY)
		buf_u8(&s->events, (uint8_t)letters[event->kind]);
	take_replies(s);
	switch (event->kind) {
	case SMTP_EVENT_STARTTLS:
		smtp_server_secured(s->server);
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
		buf_add(&s->body, event->body);
		break;
	case SMTP_EVENT_MESSAGE:
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
	struct bytes writes[10];
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
	{"BDAT's content is no command", {SECURE, W("MAIL FROM:<>\r\nRCPT TO:<c@d.fr>\r\nBDAT 6 LAST\r\nRSET\r\n")}, SECURE_CODES "250 250 250 502 ", "TSRC"},
	{"EHLO without a name", {W("EHLO\r\n"), W("EHLO \001\r\n")}, "220 501 500 ", "C"},
	{"EHLO with a strange name", {W("EHLO [127.0.0.1]\r\n"), W("EHLO some_host\r\n")}, "220 250 250 ", ""},
	{"QUIT at once", {W("QUIT\r\n")}, "220 221 ", "C"},
};

/* Whole writes, the whole cut into two reads that know of each other, and byte by byte as a slow net would. */
static void test_sessions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int way = 0; way < 2; way++) {
			struct session s = session_open();
			for (size_t w = 0; w < COUNT(rows[i].writes); w++) {
				struct bytes in = rows[i].writes[w];
				for (size_t cut = 0; way == 1 && in.len > 0 && cut < in.len; cut++)
					write_bytes(&s, bytes_slice(in, cut, 1), cut + 1 < in.len);
				if (way == 0)
					write_bytes(&s, in, false);
			}
			if (!bytes_equal_text(buf_bytes(&s.codes), rows[i].codes))
				fail_msg("%s (%d): %.*s", rows[i].what, way, (int)s.codes.len, (const char *)s.codes.data);
			if (!bytes_equal_text(buf_bytes(&s.events), rows[i].events))
				fail_msg("%s (%d): events %.*s", rows[i].what, way, (int)s.events.len, (const char *)s.events.data);
			session_close(&s);
		}
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
	static const char *const offers[] = {"250-PIPELINING\r\n", "250-SIZE 26214400\r\n", "250-8BITMIME\r\n",
					     "250 ENHANCEDSTATUSCODES\r\n"};
	struct session s = session_open();

	write_bytes(&s, BYTES("EHLO x\r\n"), false);
	assert_true(told(&s, "250 STARTTLS\r\n"));
	for (size_t i = 0; i < COUNT(offers); i++)
		assert_false(told(&s, offers[i]));
	write_bytes(&s, BYTES("STARTTLS\r\n"), false);
	buf_clear(&s.text);
	write_bytes(&s, BYTES("EHLO x\r\n"), false);
	assert_false(told(&s, "STARTTLS"));
	for (size_t i = 0; i < COUNT(offers); i++)
		assert_true(told(&s, offers[i]));
	session_close(&s);
}

static void test_texts(void **state)
{
	(void)state;
	struct session s = session_open();
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
	assert_true(bytes_equal_text(buf_bytes(&s.events), "TSRDX"));
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
	struct smtp_server *server = smtp_server_open(arena, "mx.exemple.fr");
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

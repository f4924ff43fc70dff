/* tests/fuzz/fuzz_smtp_server.c - a whole session. The first byte says how the questions are answered, the second into what pieces
 * the rest is cut, the third the mode: 1 = submission, 2 = the peer has a certificate. A byte FF ends a write: what stands before
 * the next one is there at once, and the peer waits for our replies in between.
 *
 * Holds always: no mail before TLS, in submission none before AUTH or without a certificate; a message follows a good sender
 * and recipient; its body is offered whole, in the order of the input, free of NUL and bare newlines, its last line ended;
 * replies are lines of ASCII. Writes that arrive whole or
 * byte by byte get the same replies and events. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct smtp_server *server;
	unsigned ways;               /* bits taken one after the other decide what is answered */
	enum smtp_mode mode;
	bool certificate, secure, known, sender, recipient, message;
	unsigned denied;
	const unsigned char *offered;   /* behind the last byte that was offered */
	struct buf body, told;       /* of the message; replies and events */
};

static void check_replies(struct peer *p)
{
	struct buf *replies = smtp_server_replies(p->server);

	assert(buf_ok(replies));
	for (struct cursor c = cursor_on(buf_bytes(replies)); c.left.len > 0;) {
		struct bytes line = cursor_until(&c, '\n');
		assert(line.len >= 5 && line.len < LIMIT_REPLY_LINE && line.at[line.len - 1] == '\r');
		for (size_t i = 0; i + 1 < line.len; i++)
			assert(line.at[i] >= 32 && line.at[i] <= 126);
	}
	buf_add(&p->told, buf_bytes(replies));
	buf_clear(replies);
}

static enum reason decide(struct peer *p, enum reason refusal)
{
	p->ways = p->ways << 1 | p->ways >> 7;
	return (p->ways & 1) != 0 ? refusal : REASON_NONE;
}

static void check_message(const struct peer *p, const struct smtp_event *event)
{
	struct bytes body = buf_bytes(&p->body);

	assert(p->message && p->sender && p->recipient);
	assert(event->size == body.len && body.len <= LIMIT_MESSAGE);
	assert(body.len == 0 || bytes_ends(body, BYTES("\r\n")));
	for (size_t i = 0; i < body.len; i++) {
		assert(body.at[i] != 0);
		assert(body.at[i] != '\n' || (i > 0 && body.at[i - 1] == '\r'));
		assert(body.at[i] != '\r' || (i + 1 < body.len && body.at[i + 1] == '\n'));
	}
}

static void forget(struct peer *p)
{
	p->sender = p->recipient = p->message = false;
}

static void take_body(struct peer *p, const struct smtp_event *event, struct bytes input)
{
	assert(p->message && p->sender && p->recipient && event->body.len > 0);
	assert(event->body.at >= input.at && event->body.at + event->body.len <= input.at + input.len);
	assert(event->body.at >= p->offered);
	p->offered = event->body.at + event->body.len;
	buf_add(&p->body, event->body);
}

static void identify(struct peer *p, const struct smtp_event *event)
{
	assert(p->mode == SMTP_MODE_SUBMISSION && p->secure && !p->known && !p->sender && p->denied < LIMIT_SMTP_AUTH_FAILURES);
	assert(event->auth.token.len > 0 && bytes_one_line(event->auth.user, LIMIT_SMTP_PATH));
	enum reason reason = decide(p, REASON_AUTH_ACCOUNT);
	p->known = reason == REASON_NONE;
	p->denied += !p->known;
	smtp_server_answer(p->server, reason, NULL);
}

static void handle(struct peer *p, const struct smtp_event *event, struct bytes input)
{
	enum smtp_event_kind kind = event->kind;
	enum reason reason;

	check_replies(p);
	if (kind == SMTP_EVENT_SENDER || kind == SMTP_EVENT_RECIPIENT || kind == SMTP_EVENT_MESSAGE)
		assert(p->secure && smtp_server_phase(p->server) == SMTP_PHASE_ANSWER);
	if (kind != SMTP_EVENT_NONE && kind != SMTP_EVENT_BODY)
		buf_printf(&p->told, "<%d>", kind);
	switch (kind) {
	case SMTP_EVENT_STARTTLS:
		assert(!p->secure);
		reason = decide(p, REASON_SMTP_TLS_BUSY);
		smtp_server_answer(p->server, reason, NULL);
		check_replies(p);
		p->secure = reason == REASON_NONE;
		if (p->secure)
			smtp_server_secured(p->server, p->certificate);
		break;
	case SMTP_EVENT_AUTH:
		identify(p, event);
		break;
	case SMTP_EVENT_SENDER:
		assert(!p->sender && (p->mode == SMTP_MODE_TRANSFER || p->known || p->certificate));
		reason = decide(p, REASON_PEER_DOMAIN);
		p->sender = reason == REASON_NONE;
		smtp_server_answer(p->server, reason, NULL);
		break;
	case SMTP_EVENT_RECIPIENT:
		assert(p->sender && !p->message);
		reason = decide(p, REASON_SMTP_RECIPIENT_UNKNOWN);
		p->recipient = p->recipient || reason == REASON_NONE;
		smtp_server_answer(p->server, reason, "detail");
		break;
	case SMTP_EVENT_DATA:
		assert(!p->message);
		p->message = true;
		buf_clear(&p->body);
		if (decide(p, REASON_STORE_FULL) != REASON_NONE && decide(p, REASON_STORE_FULL) != REASON_NONE)
			smtp_server_spoil(p->server, REASON_STORE_FULL);
		break;
	case SMTP_EVENT_BODY:
		take_body(p, event, input);
		break;
	case SMTP_EVENT_MESSAGE:
		check_message(p, event);
		forget(p);
		smtp_server_answer(p->server, decide(p, REASON_STORE_DOWN), "R1");
		break;
	case SMTP_EVENT_RESET:
	case SMTP_EVENT_CLOSE:
		forget(p);
		break;
	default:
		break;
	}
}

/* One write in pieces of step bytes. pause: nobody knows that more waits behind a piece. */
static void write_in(struct peer *p, struct bytes in, size_t step, bool pause, struct bytes input)
{
	for (; in.len > 0; in = bytes_from(in, step)) {
		struct smtp_event event;
		struct bytes part = bytes_slice(in, 0, step);
		for (size_t used = 1; used > 0 || event.kind != SMTP_EVENT_NONE; part = bytes_from(part, used)) {
			used = smtp_server_read(p->server, part, !pause && in.len > step, &event);
			assert(used <= part.len);
			handle(p, &event, input);
			check_replies(p);
		}
	}
}

static struct buf session(const uint8_t *data, size_t size, size_t step, bool pause)
{
	struct arena *arena = arena_create(4096);
	enum smtp_mode mode = data[2] & 1 ? SMTP_MODE_SUBMISSION : SMTP_MODE_TRANSFER;
	struct peer p = {.server = smtp_server_open(arena, "mx.exemple.fr", mode), .ways = data[0], .mode = mode,
			 .certificate = (data[2] & 2) != 0, .body = buf_make(size), .told = buf_make(512 * (size + 4))};
	struct bytes input = {data + 3, size - 3};

	smtp_server_greet(p.server, false);
	for (struct cursor c = cursor_on(input); c.left.len > 0;)
		write_in(&p, cursor_until(&c, 0xff), step, pause, input);
	assert(buf_ok(&p.told));
	smtp_server_close(p.server);
	buf_free(&p.body);
	arena_destroy(&arena);
	return p.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || size > 65536)
		return 0;
	struct buf cut = session(data, size, data[1] == 0 ? size : data[1], true);
	struct buf whole = session(data, size, size, false), bytes = session(data, size, 1, false);

	assert(bytes_equal(buf_bytes(&whole), buf_bytes(&bytes)));
	buf_free(&cut);
	buf_free(&whole);
	buf_free(&bytes);
	return 0;
}

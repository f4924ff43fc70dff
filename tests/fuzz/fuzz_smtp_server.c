/* tests/fuzz/fuzz_smtp_server.c - a whole session: the first byte says how the rest is cut and answered.
 *
 * Holds always: no mail before TLS; a body is offered whole, free of NUL and bare newlines; replies are lines of ASCII. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct smtp_server *server;
	unsigned ways;               /* bits taken one after the other decide what is answered */
	bool secure;
	struct buf body;
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

	assert(event->size == body.len);
	for (size_t i = 0; i < body.len; i++) {
		assert(body.at[i] != 0);
		assert(body.at[i] != '\n' || (i > 0 && body.at[i - 1] == '\r'));
		assert(body.at[i] != '\r' || (i + 1 < body.len && body.at[i + 1] == '\n'));
	}
}

static void handle(struct peer *p, const struct smtp_event *event)
{
	if (event->kind == SMTP_EVENT_SENDER || event->kind == SMTP_EVENT_RECIPIENT || event->kind == SMTP_EVENT_MESSAGE)
		assert(p->secure && smtp_server_phase(p->server) == SMTP_PHASE_ANSWER);
	switch (event->kind) {
	case SMTP_EVENT_STARTTLS:
		assert(!p->secure);
		p->secure = true;
		smtp_server_secured(p->server);
		break;
	case SMTP_EVENT_SENDER:
		smtp_server_answer(p->server, decide(p, REASON_PEER_DOMAIN), NULL);
		break;
	case SMTP_EVENT_RECIPIENT:
		smtp_server_answer(p->server, decide(p, REASON_SMTP_RECIPIENT_UNKNOWN), "detail");
		break;
	case SMTP_EVENT_DATA:
		buf_clear(&p->body);
		break;
	case SMTP_EVENT_BODY:
		buf_add(&p->body, event->body);
		break;
	case SMTP_EVENT_MESSAGE:
		check_message(p, event);
		smtp_server_answer(p->server, decide(p, REASON_STORE_DOWN), "R1");
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct arena *arena = arena_create(4096);
	struct peer p = {.server = smtp_server_open(arena, "mx.exemple.fr"), .ways = data[0], .body = buf_make(size)};
	struct bytes in = {data + 2, size - 2};
	size_t step = data[1] == 0 ? size : data[1];

	smtp_server_greet(p.server, false);
	while (in.len > 0) {
		struct smtp_event event;
		struct bytes part = bytes_slice(in, 0, step);
		/* A cut is a pause of the peer: nothing waits behind it. */
		for (size_t used = 1; used > 0 || event.kind != SMTP_EVENT_NONE; part = bytes_from(part, used)) {
			used = smtp_server_read(p.server, part, false, &event);
			assert(used <= part.len);
			handle(&p, &event);
			check_replies(&p);
		}
		in = bytes_from(in, step);
	}
	smtp_server_close(p.server);
	buf_free(&p.body);
	arena_destroy(&arena);
	return 0;
}

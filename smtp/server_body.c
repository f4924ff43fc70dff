/* smtp/server_body.c - a message's bytes: DATA and BDAT, judged alike. See server.h.
 *
 * A refused message is read to its end all the same (RFC 3030 2 demands it, RFC 5321 4.5.3.1.10 for DATA): up to LIMIT_SMTP_DRAIN. */
#include "base/limits.h"
#include "smtp/server_private.h"

static void begin(struct smtp_server *s, struct smtp_event *event)
{
	s->data = (struct smtp_data){0};
	s->spoiled = REASON_NONE;
	event->kind = SMTP_EVENT_DATA;
}

/* A defect of the bytes themselves is told before their number, and always the same one: in however many pieces they came. */
static void judge(struct smtp_server *s)
{
	if (s->spoiled != REASON_NONE && s->spoiled != REASON_SMTP_BARE_NEWLINE && s->spoiled != REASON_SMTP_SIZE)
		return;
	if (s->data.nul)
		s->spoiled = REASON_SMTP_NUL;
	else if (s->data.bare_newline)
		s->spoiled = REASON_SMTP_BARE_NEWLINE;
	else if (s->data.size > LIMIT_MESSAGE)
		s->spoiled = REASON_SMTP_SIZE;
}

static void message_end(struct smtp_server *s, struct smtp_event *event)
{
	s->state = STATE_READY;
	if (s->spoiled != REASON_NONE) {
		event->kind = SMTP_EVENT_RESET;
		event->reason = s->spoiled;
		server_refuse(s, s->spoiled, NULL);
		return;
	}
	event->kind = s->awaiting = SMTP_EVENT_MESSAGE;
	event->size = s->data.size;
	event->eight_bit = s->data.eight_bit;
}

static void offer(struct smtp_server *s, struct bytes piece, struct smtp_event *event)
{
	if (s->spoiled != REASON_NONE || piece.len == 0)
		return;
	event->kind = SMTP_EVENT_BODY;
	event->body = piece;
}

void server_data(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (argument.len > 0) {
		server_refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	server_say(s, "354 End with CRLF.CRLF");
	s->state = STATE_DATA;
	begin(s, event);
}

size_t server_read_data(struct smtp_server *s, struct bytes in, struct smtp_event *event)
{
	struct bytes piece;

	if (s->data.state == SMTP_DATA_END) {
		message_end(s, event);
		return 0;
	}
	size_t used = smtp_data_read(&s->data, in, &piece);
	if (s->data.size > LIMIT_SMTP_DRAIN) {
		server_fatal(s, REASON_SMTP_SIZE);
		return used;
	}
	judge(s);
	offer(s, piece, event);
	if (event->kind == SMTP_EVENT_NONE && s->data.state == SMTP_DATA_END)
		message_end(s, event);
	return used;
}

/* RFC 3030 2: without a recipient the chunk is read and then refused; so is what follows a chunk that was refused. */
void server_bdat(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	struct smtp_chunk chunk;
	enum reason reason = smtp_chunk_read(argument, &chunk);

	if (reason != REASON_NONE) {
		server_fatal(s, reason);
		return;
	}
	bool first = s->state != STATE_CHUNKS, deaf = first && s->state != STATE_RCPT;
	if (first)
		begin(s, event);
	if (deaf)
		s->spoiled = REASON_SMTP_SEQUENCE;
	else if (s->spoiled == REASON_NONE && chunk.size > LIMIT_MESSAGE - s->data.size)
		s->spoiled = REASON_SMTP_SIZE;
	if (!deaf && (chunk.last || chunk.size >= LIMIT_SMTP_CHUNK_SMALL))
		s->idle--;
	s->chunk_left = chunk.size;
	s->chunk_last = chunk.last;
	s->state = STATE_CHUNK;
}

void server_chunk_end(struct smtp_server *s, struct smtp_event *event)
{
	bool ended = !s->chunk_last || smtp_data_chunks_end(&s->data);

	judge(s);
	if (!ended && s->spoiled == REASON_NONE)
		s->spoiled = REASON_SMTP_LAST_LINE;
	if (s->chunk_last || s->spoiled != REASON_NONE) {
		message_end(s, event);
		return;
	}
	s->state = STATE_CHUNKS;
	buf_printf(&s->replies, "250 2.0.0 %llu octets so far\r\n", (unsigned long long)s->data.size);
}

size_t server_read_chunk(struct smtp_server *s, struct bytes in, struct smtp_event *event)
{
	struct bytes piece = in.len > s->chunk_left ? bytes_slice(in, 0, (size_t)s->chunk_left) : in;

	s->chunk_left -= piece.len;
	smtp_data_chunk(&s->data, piece);
	judge(s);
	offer(s, piece, event);
	return piece.len;
}

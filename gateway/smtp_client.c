/* gateway/smtp_client.c - see smtp_client.h.
 *
 * 1. Nothing but EHLO, STARTTLS and QUIT is said before the peer is verified (hop on this machine excepted).
 * 2. After a reply that could not be read the session is not usable: the next reply might be this one's. */
#include "gateway/smtp_client_private.h"

#include <libetpan/mailstream_helper.h>
#include <stdio.h>

#include "base/limits.h"

enum { QUIT_MS = 1000 };

const struct smtp_client_limits smtp_client_limits_default = {
	.connect_ms = LIMIT_DELIVER_CONNECT_SECONDS * 1000,
	.handshake_ms = LIMIT_SMTP_HANDSHAKE_SECONDS * 1000,
	.command_ms = LIMIT_DELIVER_COMMAND_SECONDS * 1000,
	.write_ms = LIMIT_SMTP_DATA_IDLE_SECONDS * 1000,
	.data_ms = LIMIT_SMTP_DATA_SECONDS * 1000,
	.final_ms = LIMIT_DELIVER_DATA_SECONDS * 1000,
	.reply_bytes = LIMIT_REPLY,
};

/* --- one command, one reply ------------------------------------------------- */

enum reason smtp_client_trouble(const struct smtp_client *c)
{
	switch (stream_trouble(c->stream)) {
	case STREAM_TIME:
		return REASON_DELIVER_TIME;
	case STREAM_CLOSED:
	case STREAM_FAILED:
		return REASON_DELIVER_DROPPED;
	default:
		return REASON_DELIVER_PROTOCOL;
	}
}

enum reason smtp_client_say(struct smtp_client *c, enum reply_stage stage, struct bytes line)
{
	mailstream *mail = stream_mail(c->stream);

	c->stage = stage;
	/* A reply before its command would be taken for the answer to the next one, and so on to the end. */
	if (mail && mail->read_buffer_len > 0) {
		c->broken = true;
		return REASON_DELIVER_PROTOCOL;
	}
	stream_arm(c->stream, c->hop->limits.reply_bytes, c->hop->limits.command_ms);
	if (mailstream_write(mail, line.at, line.len) == (ssize_t)line.len && mailstream_flush(mail) == 0)
		return REASON_NONE;
	c->broken = true;
	return smtp_client_trouble(c);
}

/* One line more; false when there is none or it has no end. */
static bool hear_line(struct smtp_client *c, struct bytes *line)
{
	size_t from = c->reply->len;
	if (!mailstream_read_line_append(stream_mail(c->stream), c->reply))
		return false;
	*line = (struct bytes){(unsigned char *)c->reply->str + from, c->reply->len - from};
	return line->len > 0 && line->at[line->len - 1] == '\n';
}

enum reason smtp_client_hear(struct smtp_client *c, unsigned ms, struct status *out)
{
	struct bytes line;

	mmap_string_truncate(c->reply, 0);
	stream_arm(c->stream, c->hop->limits.reply_bytes, ms);
	do {
		if (!hear_line(c, &line)) {
			c->broken = true;
			return smtp_client_trouble(c);
		}
	} while (line.len > 3 && line.at[3] == '-');

	enum reason reason = status_read((struct bytes){(unsigned char *)c->reply->str, c->reply->len}, out);
	/* A server that says 421 is closing (RFC 5321 3.8); one that cannot be read is not to be followed. */
	if (reason != REASON_NONE || out->code == 421)
		c->broken = true;
	return reason;
}

/* NONE when the reply's code is the one wanted, else what its class says. */
enum reason smtp_client_judge(struct smtp_client *c, const struct status *status, enum status_class wanted)
{
	if (status->class == wanted)
		return REASON_NONE;
	if (status->class == STATUS_LATER || status->class == STATUS_REFUSED)
		return reply_reason(c->stage, status->code, bytes_of_text(status->enhanced));
	c->broken = true;
	return REASON_DELIVER_PROTOCOL;
}

enum reason smtp_client_ask(struct smtp_client *c, enum reply_stage stage, struct bytes line, enum status_class wanted,
			    struct status *status)
{
	*status = (struct status){0};
	enum reason reason = smtp_client_say(c, stage, line);
	if (reason == REASON_NONE)
		reason = smtp_client_hear(c, c->hop->limits.command_ms, status);
	return reason == REASON_NONE ? smtp_client_judge(c, status, wanted) : reason;
}

/* --- opening ---------------------------------------------------------------- */

static enum reason greet(struct smtp_client *c, struct status *status)
{
	struct buf line = buf_make(LIMIT_REPLY_LINE);
	buf_printf(&line, "%s %s\r\n", c->hop->lmtp ? "LHLO" : "EHLO", c->hop->own_name);
	enum reason reason = buf_ok(&line) ? smtp_client_ask(c, REPLY_HELLO, buf_bytes(&line), STATUS_POSITIVE, status)
					   : buf_reason(&line, REASON_SMTP_LINE_LONG);
	buf_free(&line);
	if (reason == REASON_NONE)
		status_offer_read((struct bytes){(unsigned char *)c->reply->str, c->reply->len}, &c->offer);
	return reason;
}

static enum reason handshake(struct smtp_client *c, struct status *status)
{
	*status = (struct status){0};
	enum reason reason = stream_secure(c->stream, c->hop->tls, c->hop->server_name, c->hop->limits.handshake_ms);
	if (reason == REASON_DELIVER_CERTIFICATE || reason == REASON_DELIVER_CRL)
		snprintf(status->text, sizeof(status->text), "%s", stream_verify_text(c->stream));
	c->broken = c->broken || reason != REASON_NONE;
	return reason;
}

static enum reason secure(struct smtp_client *c, struct status *status)
{
	enum reason reason = smtp_client_ask(c, REPLY_STARTTLS, BYTES("STARTTLS\r\n"), STATUS_POSITIVE, status);
	if (reason == REASON_NONE)
		reason = handshake(c, status);
	/* What was offered in clear is forgotten (RFC 3207 4.2). */
	return reason == REASON_NONE ? greet(c, status) : reason;
}

static enum reason begin(struct smtp_client *c, struct status *status)
{
	enum reason reason = REASON_NONE;

	if (c->hop->implicit)
		reason = handshake(c, status);
	c->stage = REPLY_GREETING;
	if (reason == REASON_NONE)
		reason = smtp_client_hear(c, c->hop->limits.command_ms, status);
	if (reason == REASON_NONE)
		reason = smtp_client_judge(c, status, STATUS_POSITIVE);
	return reason == REASON_NONE ? greet(c, status) : reason;
}

static enum reason talk(struct smtp_client *c, struct status *status)
{
	enum reason reason = stream_open(&c->hop->target, c->hop->limits.connect_ms, &c->stream);
	if (reason == REASON_NONE)
		reason = begin(c, status);
	if (reason == REASON_NONE && !c->hop->implicit && c->offer.starttls)
		reason = secure(c, status);
	if (reason != REASON_NONE)
		return reason;
	if (stream_is_secure(c->stream))
		return smtp_client_log_in(c, status);
	/* Mail to a mailbox server on this machine does not leave it. */
	return c->hop->lmtp && c->hop->target.local ? REASON_NONE : REASON_DELIVER_NO_STARTTLS;
}

enum reason smtp_client_open(const struct smtp_client_hop *hop, struct smtp_client **out,
			     struct smtp_client_result *result)
{
	struct arena *arena = arena_create(sizeof(struct smtp_client) + 4096);
	struct smtp_client *c = arena ? arena_try(arena, sizeof(*c)) : NULL;
	MMAPString *reply = c ? mmap_string_new("") : NULL;

	*out = NULL;
	*result = (struct smtp_client_result){.reason = REASON_MEMORY};
	if (!reply) {
		arena_destroy(&arena);
		return result->reason;
	}
	*c = (struct smtp_client){.arena = arena, .hop = hop, .reply = reply};
	result->reason = talk(c, &result->status);
	if (result->reason == REASON_NONE) {
		*out = c;
		return REASON_NONE;
	}
	result->stage = c->stage;
	smtp_client_close(&c);
	return result->reason;
}

/* --- public ----------------------------------------------------------------- */

enum reason smtp_client_send(struct smtp_client *c, const struct smtp_client_mail *mail,
			     struct smtp_client_result *result)
{
	*result = (struct smtp_client_result){0};
	result->reason =
		smtp_client_usable(c) ? smtp_client_transact(c, mail, &result->status) : REASON_DELIVER_DROPPED;
	result->stage = c->stage;
	result->reports = c->offer.dsn && mail->return_path.len > 0;
	if (result->reason == REASON_NONE)
		status_queue_id(&result->status, result->queue_id);
	return result->reason;
}

bool smtp_client_usable(const struct smtp_client *c)
{
	return !c->broken && stream_trouble(c->stream) == STREAM_FINE;
}

bool smtp_client_begun(const struct smtp_client *c)
{
	return c->begun;
}

struct bytes smtp_client_tls(const struct smtp_client *c)
{
	return stream_tls_facts(c->stream);
}

struct bytes smtp_client_peer(const struct smtp_client *c)
{
	return stream_peer_name(c->stream);
}

/* A courtesy, worth a second. The answer is read, because a socket closed before it takes the QUIT away with it. */
static void quit(struct smtp_client *c)
{
	mailstream *mail = stream_mail(c->stream);

	stream_arm(c->stream, c->hop->limits.reply_bytes, QUIT_MS);
	if (mailstream_write(mail, "QUIT\r\n", 6) == 6 && mailstream_flush(mail) == 0)
		(void)mailstream_read_line_append(mail, c->reply);
}

void smtp_client_close(struct smtp_client **at)
{
	struct smtp_client *c = *at;
	if (!c)
		return;
	*at = NULL;
	if (c->stream && smtp_client_usable(c) && (stream_is_secure(c->stream) || !c->offer.starttls))
		quit(c);
	stream_close(&c->stream);
	mmap_string_free(c->reply);
	struct arena *arena = c->arena;
	arena_destroy(&arena);
}

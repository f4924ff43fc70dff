/* gateway/smtp_client_mail.c - one mail within a session; see smtp_client.h.
 *
 * The final dot leaves only when the source gave the whole message; otherwise the connection is cut. */
#include <stdio.h>

#include "base/limits.h"
#include "gateway/smtp_client_private.h"
#include "smtp/address.h"

enum { BLOCK = 64 * 1024 };

/* --- envelope --------------------------------------------------------------- */

/* RFC 3461 4: what is not printable, and '+' and '=', as '+' and two hexadecimal digits. */
static void add_xtext(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char b = text.at[i];
		if (b > 0x20 && b < 0x7f && b != '+' && b != '=')
			buf_u8(out, b);
		else
			buf_printf(out, "+%02X", b);
	}
}

/* Nobody would receive a report on a mail without a return path. */
static bool wants_reports(const struct smtp_client *c, const struct smtp_client_mail *mail)
{
	return c->offer.dsn && mail->return_path.len > 0;
}

static enum reason say_from(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct buf line = buf_make(LIMIT_SMTP_COMMAND);

	buf_text(&line, "MAIL FROM:<");
	buf_add(&line, mail->return_path);
	buf_text(&line, ">");
	if (c->offer.size_given)
		buf_printf(&line, " SIZE=%llu", (unsigned long long)mail->size);
	if (mail->eight_bit)
		buf_text(&line, " BODY=8BITMIME");
	if (wants_reports(c, mail)) {
		buf_text(&line, " RET=HDRS");
		if (mail->envelope_id.len > 0) {
			buf_text(&line, " ENVID=");
			add_xtext(&line, mail->envelope_id);
		}
	}
	buf_text(&line, "\r\n");
	return smtp_client_ask_buf(c, &line, STATUS_POSITIVE, status);
}

static enum reason say_to(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct buf line = buf_make(LIMIT_SMTP_COMMAND);

	buf_text(&line, "RCPT TO:<");
	buf_add(&line, mail->recipient);
	buf_text(&line, ">");
	if (wants_reports(c, mail)) {
		buf_text(&line, " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;");
		add_xtext(&line, mail->recipient);
	}
	buf_text(&line, "\r\n");
	return smtp_client_ask_buf(c, &line, STATUS_POSITIVE, status);
}

/* What can be refused before a word is said. An address that is not exactly one would be a second command. */
static enum reason check(const struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct smtp_address address;
	enum reason reason = smtp_address_read(mail->recipient, &address);

	if (reason == REASON_SMTP_ADDRESS)
		return REASON_SMTP_RECIPIENT_SYNTAX;
	if (reason == REASON_NONE && mail->return_path.len > 0)
		reason = smtp_address_read(mail->return_path, &address);
	if (reason != REASON_NONE)
		return reason;
	if (mail->envelope_id.len > LIMIT_SMTP_ENVID)
		return REASON_SMTP_ARGUMENT;
	if (c->offer.size_given && c->offer.size > 0 && mail->size > c->offer.size) {
		snprintf(status->text, sizeof(status->text), "SIZE %llu is announced, the mail has %llu",
			 (unsigned long long)c->offer.size, (unsigned long long)mail->size);
		return REASON_DELIVER_TOO_BIG;
	}
	if (mail->eight_bit && !c->offer.eight_bit) {
		snprintf(status->text, sizeof(status->text), "8BITMIME is not offered");
		return REASON_DELIVER_REFUSED;
	}
	return REASON_NONE;
}

/* --- message ---------------------------------------------------------------- */

struct data {
	struct smtp_client *client;
	int64_t end; /* monotonic, milliseconds: for all of it */
	bool line_start, cr;
	enum reason reason;
};

static bool data_write(struct data *d, struct bytes part)
{
	struct smtp_client *c = d->client;

	for (size_t at = 0; at < part.len; at += BLOCK) {
		struct bytes block = bytes_slice(part, at, BLOCK);
		int64_t left = d->end - stream_now();
		unsigned ms = left <= 0 ? 0 : left < c->hop->limits.write_ms ? (unsigned)left : c->hop->limits.write_ms;
		stream_arm(c->stream, c->hop->limits.reply_bytes, ms);
		if (mailstream_write(stream_mail(c->stream), block.at, block.len) != (ssize_t)block.len) {
			d->reason = smtp_client_trouble(c);
			return false;
		}
	}
	return true;
}

/* Dots doubled at the start of a line (RFC 5321 4.5.2). A bare CR or LF or a NUL never leaves this house: next to a dot
 * it would be the end of the message to one server and not to another. */
static bool data_sink(void *context, struct bytes piece)
{
	struct data *d = context;
	size_t from = 0;

	for (size_t i = 0; i < piece.len; i++) {
		unsigned char b = piece.at[i];
		if ((b == '\n') != d->cr || b == 0) {
			d->reason = b == 0 ? REASON_SMTP_NUL : REASON_SMTP_BARE_NEWLINE;
			return false;
		}
		if (d->line_start && b == '.') {
			if (!data_write(d, bytes_slice(piece, from, i - from)) || !data_write(d, BYTES(".")))
				return false;
			from = i;
		}
		d->line_start = b == '\n';
		d->cr = b == '\r';
	}
	return data_write(d, bytes_from(piece, from));
}

static enum reason data_end(struct data *d, struct status *status)
{
	struct smtp_client *c = d->client;

	if (d->cr)
		return REASON_SMTP_BARE_NEWLINE;
	if (!d->line_start && !data_write(d, BYTES("\r\n")))
		return d->reason;
	if (!data_write(d, BYTES(".\r\n")))
		return d->reason;
	if (mailstream_flush(stream_mail(c->stream)) != 0)
		return smtp_client_trouble(c);
	enum reason reason = smtp_client_hear(c, c->hop->limits.final_ms, status);
	return reason == REASON_NONE ? smtp_client_judge(c, status, STATUS_POSITIVE) : reason;
}

static enum reason send_message(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct data d = {.client = c, .end = stream_now() + c->hop->limits.data_ms, .line_start = true};
	enum reason reason = smtp_client_ask(c, BYTES("DATA\r\n"), STATUS_CONTINUE, status);
	if (reason != REASON_NONE)
		return reason;
	*status = (struct status){0};
	reason = mail->source(mail->source_context, data_sink, &d);
	if (d.reason != REASON_NONE)
		reason = d.reason;
	if (reason == REASON_NONE)
		reason = data_end(&d, status);
	/* Within the message there is no other way out than to cut. */
	if (reason != REASON_NONE && status->code == 0) {
		c->broken = true;
		stream_abandon(c->stream);
	}
	return reason;
}

enum reason smtp_client_transact(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	enum reason reason = check(c, mail, status);
	c->begun = false;
	if (reason != REASON_NONE)
		return reason;
	if (c->used) {
		reason = smtp_client_ask(c, BYTES("RSET\r\n"), STATUS_POSITIVE, status);
		c->begun = status->code != 0 && status->code != 421;
		/* A server that does not even take RSET says nothing about the mail. */
		if (reason != REASON_NONE) {
			c->broken = true;
			return reason == REASON_DELIVER_REFUSED ? REASON_DELIVER_LATER : reason;
		}
	}
	c->used = true;
	reason = say_from(c, mail, status);
	c->begun = c->begun || status->code != 0;
	if (reason == REASON_NONE)
		reason = say_to(c, mail, status);
	return reason == REASON_NONE ? send_message(c, mail, status) : reason;
}

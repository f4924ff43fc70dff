/* gateway/smtp_client_mail.c - one mail within a session; see smtp_client.h.
 *
 * The final dot leaves only when the source gave the whole message; otherwise the connection is cut. */
#include <stdio.h>

#include "base/fault.h"
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

static bool is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] > 0x7f)
			return false;
	return true;
}

/* One character of well-formed UTF-8. */
static uint32_t take_character(struct cursor *c)
{
	uint32_t first = cursor_u8(c), value;
	unsigned more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;

	value = more == 0 ? first : first & (0x3fu >> more);
	for (; more > 0; more--)
		value = value << 6 | (cursor_u8(c) & 0x3fu);
	return value;
}

/* RFC 6533 3, utf-8-addr-xtext: in 7 bits, so that any hop may hand it on. */
static void add_utf8_xtext(struct buf *out, struct bytes text)
{
	for (struct cursor c = cursor_on(text); c.left.len > 0;) {
		uint32_t b = take_character(&c);
		if (b > 0x20 && b < 0x7f && b != '+' && b != '=' && b != '\\')
			buf_u8(out, (uint8_t)b);
		else
			buf_printf(out, "\\x{%X}", b);
	}
}

/* Nobody would receive a report on a mail without a return path. */
static bool wants_reports(const struct smtp_client *c, const struct smtp_client_mail *mail)
{
	return c->offer.dsn && mail->return_path.len > 0;
}

static bool needs_utf8(const struct smtp_client_mail *mail)
{
	return mail->utf8 || !is_ascii(mail->recipient) || !is_ascii(mail->return_path);
}

static void write_from(const struct smtp_client *c, const struct smtp_client_mail *mail, struct buf *line)
{
	buf_text(line, "MAIL FROM:<");
	buf_add(line, mail->return_path);
	buf_text(line, ">");
	if (c->offer.size_given)
		buf_printf(line, " SIZE=%llu", (unsigned long long)mail->size);
	if (mail->eight_bit)
		buf_text(line, " BODY=8BITMIME");
	if (needs_utf8(mail))
		buf_text(line, " SMTPUTF8");
	if (wants_reports(c, mail)) {
		buf_text(line, " RET=HDRS");
		if (mail->envelope_id.len > 0) {
			buf_text(line, " ENVID=");
			add_xtext(line, mail->envelope_id);
		}
	}
	buf_text(line, "\r\n");
}

static void write_to(const struct smtp_client *c, const struct smtp_client_mail *mail, struct buf *line)
{
	buf_text(line, "RCPT TO:<");
	buf_add(line, mail->recipient);
	buf_text(line, ">");
	if (wants_reports(c, mail) && is_ascii(mail->recipient)) {
		buf_text(line, " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;");
		add_xtext(line, mail->recipient);
	} else if (wants_reports(c, mail)) {
		buf_text(line, " NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=utf-8;");
		add_utf8_xtext(line, mail->recipient);
	}
	buf_text(line, "\r\n");
}

/* --- what can be refused before a word is said -------------------------------- */

/* An address that is not exactly one would be a second command. A letter beyond ASCII stands where a letter may (RFC 6531 3.3):
 * the grammar is asked with such letters replaced. */
static enum reason check_address(struct bytes text)
{
	unsigned char plain[LIMIT_SMTP_PATH];
	struct smtp_address address;

	if (text.len > sizeof plain || !bytes_utf8(text))
		return REASON_SMTP_ADDRESS;
	for (size_t i = 0; i < text.len; i++)
		plain[i] = text.at[i] > 0x7f ? 'x' : text.at[i];
	return smtp_address_read((struct bytes){plain, text.len}, &address);
}

static enum reason check_addresses(const struct smtp_client_mail *mail)
{
	enum reason reason = check_address(mail->recipient);

	if (reason == REASON_SMTP_ADDRESS)
		return REASON_SMTP_RECIPIENT_SYNTAX;
	if (reason == REASON_NONE && mail->return_path.len > 0)
		reason = check_address(mail->return_path);
	if (reason == REASON_NONE && mail->envelope_id.len > LIMIT_SMTP_ENVID)
		reason = REASON_SMTP_ARGUMENT;
	return reason;
}

/* A refusal of our own has no code; its enhanced status is the one that the server would have said. */
static enum reason own_refusal(struct status *status, enum reason reason, const char *enhanced, const char *text)
{
	snprintf(status->enhanced, sizeof status->enhanced, "%s", enhanced);
	snprintf(status->text, sizeof status->text, "%s", text);
	return reason;
}

/* Nothing is rewritten to fit: neither a sealed body nor an address (RFC 6531 3.6). */
static enum reason check_offer(const struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	char sizes[96];

	if (c->offer.size_given && c->offer.size > 0 && mail->size > c->offer.size) {
		snprintf(sizes, sizeof sizes, "SIZE %llu is announced, the mail has %llu", (unsigned long long)c->offer.size,
			 (unsigned long long)mail->size);
		return own_refusal(status, REASON_DELIVER_TOO_BIG, "5.3.4", sizes);
	}
	if (needs_utf8(mail) && !c->offer.utf8)
		return own_refusal(status, REASON_DELIVER_SMTPUTF8, "5.6.7", "SMTPUTF8 is not offered");
	if (mail->eight_bit && !c->offer.eight_bit)
		return own_refusal(status, REASON_DELIVER_EIGHT_BIT, "5.6.3", "8BITMIME is not offered");
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
	if (FAULT(FAULT_SENT)) {
		*status = (struct status){0};
		reason = REASON_DELIVER_DROPPED;
	}
	return reason == REASON_NONE ? smtp_client_judge(c, status, STATUS_POSITIVE) : reason;
}

/* After 354. */
static enum reason send_message(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct data d = {.client = c, .end = stream_now() + c->hop->limits.data_ms, .line_start = true};
	mailstream *stream = stream_mail(c->stream);

	*status = (struct status){0};
	/* An answer to the message before the message: what comes after it would be taken for the answer to something else. */
	if (stream == NULL || stream->read_buffer_len > 0) {
		c->broken = true;
		return REASON_DELIVER_PROTOCOL;
	}
	c->stage = REPLY_END;
	enum reason reason = mail->source(mail->source_context, data_sink, &d);
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

/* --- one mail ----------------------------------------------------------------- */

/* The commands before the message, in order. */
enum { STEPS_MAX = 4 };
struct steps {
	struct {
		enum reply_stage stage;
		enum status_class wanted;
		size_t from, to; /* of the text */
	} at[STEPS_MAX];
	size_t n;
	struct buf text;
};

static void step(struct steps *s, enum reply_stage stage, enum status_class wanted, size_t from)
{
	s->at[s->n].stage = stage;
	s->at[s->n].wanted = wanted;
	s->at[s->n].from = from;
	s->at[s->n++].to = s->text.len;
}

static void write_steps(const struct smtp_client *c, const struct smtp_client_mail *mail, struct steps *s)
{
	size_t from = 0;

	if (c->used) {
		buf_text(&s->text, "RSET\r\n");
		step(s, REPLY_SENDER, STATUS_POSITIVE, from);
		from = s->text.len;
	}
	write_from(c, mail, &s->text);
	step(s, REPLY_SENDER, STATUS_POSITIVE, from);
	from = s->text.len;
	write_to(c, mail, &s->text);
	step(s, REPLY_RECIPIENT, STATUS_POSITIVE, from);
	from = s->text.len;
	buf_text(&s->text, "DATA\r\n");
	step(s, REPLY_MESSAGE, STATUS_CONTINUE, from);
}

/* One answer; the first that is not the wanted one decides, and *status keeps it. */
static enum reason hear_step(struct smtp_client *c, const struct steps *s, size_t i, struct status *status)
{
	bool reset = c->used && i == 0;
	struct status heard = {0};

	c->stage = s->at[i].stage;
	enum reason reason = smtp_client_hear(c, c->hop->limits.command_ms, &heard);
	if (reason == REASON_NONE)
		reason = smtp_client_judge(c, &heard, s->at[i].wanted);
	c->begun = c->begun || (heard.code != 0 && !(reset && heard.code == 421));
	*status = heard;
	/* A server that does not even take RSET says nothing about the mail. */
	if (reset && reason != REASON_NONE) {
		c->broken = true;
		return reason_entry(reason)->class == REASON_CLASS_REFUSED ? REASON_DELIVER_HOST : reason;
	}
	return reason;
}

static enum reason one_by_one(struct smtp_client *c, const struct steps *s, struct status *status)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < s->n && reason == REASON_NONE; i++) {
		*status = (struct status){0};
		reason = smtp_client_say(c, s->at[i].stage, bytes_slice(buf_bytes(&s->text), s->at[i].from, s->at[i].to - s->at[i].from));
		if (reason == REASON_NONE)
			reason = hear_step(c, s, i, status);
	}
	return reason;
}

/* RFC 2920: DATA ends the group. After a refusal the other answers are read, so that the session can go on. */
static enum reason all_at_once(struct smtp_client *c, const struct steps *s, struct status *status)
{
	enum reason reason = smtp_client_say(c, s->at[0].stage, buf_bytes(&s->text));
	struct status rest;
	enum reply_stage stage;

	if (reason != REASON_NONE)
		return reason;
	size_t i = 0;
	while (i < s->n && reason == REASON_NONE)
		reason = hear_step(c, s, i++, status);
	stage = c->stage;
	while (i < s->n && !c->broken)
		/* 354 for a recipient that was refused: nothing is sent, and there is no other way out than to cut. */
		if (hear_step(c, s, i++, &rest) == REASON_NONE && i == s->n)
			c->broken = true;
	c->stage = stage;
	return reason;
}

enum reason smtp_client_transact(struct smtp_client *c, const struct smtp_client_mail *mail, struct status *status)
{
	struct steps steps = {.text = buf_make(4 * LIMIT_SMTP_COMMAND)};
	enum reason reason = check_addresses(mail);

	c->begun = false;
	c->stage = REPLY_SENDER;
	if (reason == REASON_NONE)
		reason = check_offer(c, mail, status);
	if (reason != REASON_NONE)
		return reason;
	write_steps(c, mail, &steps);
	if (!buf_ok(&steps.text))
		reason = buf_reason(&steps.text, REASON_SMTP_LINE_LONG);
	else if (c->offer.pipelining)
		reason = all_at_once(c, &steps, status);
	else
		reason = one_by_one(c, &steps, status);
	c->used = true;
	buf_free(&steps.text);
	return reason == REASON_NONE ? send_message(c, mail, status) : reason;
}

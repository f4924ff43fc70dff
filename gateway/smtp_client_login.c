/* gateway/smtp_client_login.c - the login of a submission (RFC 4954, 4616, 7628); see smtp_client.h.
 *
 * The secret lies in three buffers while it is sent: the file's bytes, the answer made of them, and its base64. They and what
 * libetpan kept of the line are overwritten before this returns, whatever it returns. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "cda/base64.h"
#include "gateway/smtp_client_private.h"

enum { ROOM = LIMIT_DELIVER_SECRET + 1024, LINE = ROOM * 4 / 3 + 64 };

struct secret {
	struct buf file, answer, line;
};

/* All of its room at once: a buffer that grows leaves what it held behind. */
static struct buf whole_buf(size_t room)
{
	struct buf b = buf_make(room);
	for (size_t i = 0; i < room; i++)
		buf_u8(&b, 0);
	buf_clear(&b);
	return b;
}

static void wipe_buf(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->room);
	buf_free(b);
}

static bool is_printable(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x21 || text.at[i] > 0x7e)
			return false;
	return text.len > 0;
}

/* NULL when it was read. */
static const char *read_file(const char *path, struct buf *out)
{
	unsigned char block[512];
	struct stat about;
	ssize_t n = 0;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (file < 0)
		return "the file of the secret cannot be opened";
	if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
		close(file);
		return "the file of the secret is no file";
	}
	while (buf_ok(out) && (n = read(file, block, sizeof block)) > 0)
		buf_add(out, (struct bytes){block, (size_t)n});
	close(file);
	secret_wipe(block, sizeof block);
	return n < 0 || !buf_ok(out) ? "the file of the secret cannot be read, or is too long" : NULL;
}

/* --- what is said ------------------------------------------------------------ */

static const char *mechanism(enum smtp_client_auth kind)
{
	static const char *const names[] = {
		[SMTP_CLIENT_AUTH_NONE] = "", [SMTP_CLIENT_AUTH_CERTIFICATE] = "EXTERNAL", [SMTP_CLIENT_AUTH_XOAUTH2] = "XOAUTH2",
		[SMTP_CLIENT_AUTH_OAUTHBEARER] = "OAUTHBEARER", [SMTP_CLIENT_AUTH_PLAIN] = "PLAIN",
	};
	return names[kind];
}

static bool is_offered(const struct smtp_client *c)
{
	switch (c->hop->login.kind) {
	case SMTP_CLIENT_AUTH_CERTIFICATE:
		return c->offer.external;
	case SMTP_CLIENT_AUTH_XOAUTH2:
		return c->offer.xoauth2;
	case SMTP_CLIENT_AUTH_OAUTHBEARER:
		return c->offer.oauthbearer;
	case SMTP_CLIENT_AUTH_PLAIN:
		return c->offer.plain;
	case SMTP_CLIENT_AUTH_NONE:
		break;
	}
	return false;
}

/* RFC 5801 4: a comma or an equals sign would end the name. */
static void add_name(struct buf *out, struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == ',' || name.at[i] == '=')
			buf_printf(out, "=%02X", name.at[i]);
		else
			buf_u8(out, name.at[i]);
}

static void add_login(struct buf *out, const struct smtp_client_login *login, struct bytes secret)
{
	struct bytes user = bytes_of_text(login->user);

	if (login->kind == SMTP_CLIENT_AUTH_PLAIN) {
		buf_u8(out, 0);
		buf_add(out, user);
		buf_u8(out, 0);
		buf_add(out, secret);
		return;
	}
	if (login->kind == SMTP_CLIENT_AUTH_XOAUTH2) {
		buf_text(out, "user=");
		buf_add(out, user);
	} else {
		buf_text(out, "n,a=");
		add_name(out, user);
		buf_printf(out, ",\x01host=%s\x01port=%d", login->host, login->port);
	}
	buf_text(out, "\x01" "auth=Bearer ");
	buf_add(out, secret);
	buf_text(out, "\x01\x01");
}

/* NULL when the answer stands in s->answer. */
static const char *make_answer(const struct smtp_client_login *login, struct secret *s)
{
	if (login->kind == SMTP_CLIENT_AUTH_CERTIFICATE) {
		buf_text(&s->answer, login->user);
		return NULL;
	}
	const char *trouble = read_file(login->secret_file, &s->file);
	struct bytes secret = bytes_trim(buf_bytes(&s->file));
	if (trouble != NULL)
		return trouble;
	bool fine = login->kind == SMTP_CLIENT_AUTH_PLAIN ? secret.len > 0 && bytes_one_line(secret, LIMIT_DELIVER_SECRET) : is_printable(secret);
	if (!fine)
		return "the secret has bytes that cannot be";
	add_login(&s->answer, login, secret);
	return buf_ok(&s->answer) ? NULL : "the login is too long";
}

static enum reason exchange(struct smtp_client *c, struct secret *s, struct status *status)
{
	struct bytes answer = buf_bytes(&s->answer);

	buf_printf(&s->line, "AUTH %s ", mechanism(c->hop->login.kind));
	if (answer.len == 0)
		buf_text(&s->line, "=");   /* RFC 4954 4: an initial response that is empty */
	else
		base64_encode(&s->line, answer, 0);
	buf_text(&s->line, "\r\n");
	if (!buf_ok(&s->line))
		return REASON_DELIVER_AUTH;
	enum reason reason = smtp_client_say(c, REPLY_AUTH, buf_bytes(&s->line));
	if (reason == REASON_NONE)
		reason = smtp_client_hear(c, c->hop->limits.command_ms, status);
	if (reason != REASON_NONE || status->class != STATUS_CONTINUE)
		return reason == REASON_NONE ? smtp_client_judge(c, status, STATUS_POSITIVE) : reason;
	/* It tells in 334 what is wrong with the token, and waits for a line before it says 535 (RFC 7628 3.2.3). */
	bool bearer = c->hop->login.kind == SMTP_CLIENT_AUTH_OAUTHBEARER;
	reason = smtp_client_ask(c, REPLY_AUTH, bearer ? BYTES("AQ==\r\n") : BYTES("\r\n"), STATUS_POSITIVE, status);
	return reason == REASON_NONE ? REASON_DELIVER_AUTH : reason;
}

enum reason smtp_client_log_in(struct smtp_client *c, struct status *status)
{
	const struct smtp_client_login *login = &c->hop->login;

	if (login->kind == SMTP_CLIENT_AUTH_NONE)
		return REASON_NONE;
	c->stage = REPLY_AUTH;
	*status = (struct status){0};
	if (!is_offered(c)) {
		/* The certificate was shown in the handshake: most servers need no more. */
		if (login->kind == SMTP_CLIENT_AUTH_CERTIFICATE)
			return REASON_NONE;
		snprintf(status->text, sizeof status->text, "AUTH %s is not offered", mechanism(login->kind));
		return REASON_DELIVER_AUTH;
	}
	struct secret s = {whole_buf(LIMIT_DELIVER_SECRET), whole_buf(ROOM), whole_buf(LINE)};
	enum reason reason = REASON_DELIVER_AUTH;
	const char *trouble = make_answer(login, &s);
	if (trouble == NULL)
		reason = exchange(c, &s, status);
	else
		snprintf(status->text, sizeof status->text, "%s", trouble);
	mailstream *mail = stream_mail(c->stream);
	if (mail != NULL)
		secret_wipe(mail->write_buffer, mail->buffer_max_size);
	wipe_buf(&s.file);
	wipe_buf(&s.answer);
	wipe_buf(&s.line);
	return reason;
}

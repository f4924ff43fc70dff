/* gateway/collector_imap.c - see collector_imap.h.
 *
 * libetpan keeps the session's state and parses; what it returns is looked at again, because a server may send what
 * was not asked for. Its stream is ours (mailstream.h): it is taken away before the library could speak on it by
 * itself. */
#include "gateway/collector_imap_private.h"

#include "base/buf.h"
#include "base/limits.h"

enum { LOGOUT_MS = 1000 };

const struct collector_imap_limits collector_imap_limits_default = {
	.connect_ms = LIMIT_DELIVER_CONNECT_SECONDS * 1000,
	.handshake_ms = LIMIT_SMTP_HANDSHAKE_SECONDS * 1000,
	.command_ms = LIMIT_COLLECT_COMMAND_SECONDS * 1000,
	.fetch_ms = LIMIT_COLLECT_FETCH_SECONDS * 1000,
	.reply_bytes = LIMIT_COLLECT_REPLY,
	.message_bytes = LIMIT_MESSAGE,
};

/* --- helpers ---------------------------------------------------------------- */

void collector_imap_arm(struct collector_imap *imap)
{
	stream_arm(imap->stream, imap->limits.reply_bytes, imap->limits.command_ms);
}

bool collector_imap_fine(int result)
{
	return result == MAILIMAP_NO_ERROR || result == MAILIMAP_NO_ERROR_AUTHENTICATED ||
	       result == MAILIMAP_NO_ERROR_NON_AUTHENTICATED;
}

enum reason collector_imap_broken(const struct collector_imap *imap)
{
	enum stream_trouble trouble = stream_trouble(imap->stream);
	return trouble == STREAM_FINE || trouble == STREAM_FLOOD ? REASON_COLLECT_PROTOCOL : REASON_COLLECT_CONNECT;
}

/* --- opening ---------------------------------------------------------------- */

static enum reason secure(struct collector_imap *imap, const struct collector_imap_server *server)
{
	enum reason reason = stream_secure(imap->stream, server->tls, server->server_name, imap->limits.handshake_ms);

	if (reason == REASON_DELIVER_PROTOCOL)
		return REASON_COLLECT_PROTOCOL;
	if (reason == REASON_DELIVER_CRL)
		return REASON_COLLECT_CRL;
	return reason == REASON_NONE || reason == REASON_MEMORY ? reason : REASON_COLLECT_TLS;
}

/* A command that the library has not, or has with a trust that we have not. Its state is left as it is. */
static int command(struct collector_imap *imap, struct bytes line)
{
	mailstream *mail = stream_mail(imap->stream);
	struct mailimap_response *response;

	collector_imap_arm(imap);
	int result = mailimap_send_current_tag(imap->session);
	if (result != MAILIMAP_NO_ERROR)
		return result;
	if (mailstream_write(mail, line.at, line.len) != (ssize_t)line.len || mailstream_flush(mail) != 0 ||
	    !mailimap_read_line(imap->session))
		return MAILIMAP_ERROR_STREAM;
	result = mailimap_parse_response(imap->session, &response);
	if (result != MAILIMAP_NO_ERROR)
		return result;
	bool ok = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type == MAILIMAP_RESP_COND_STATE_OK;
	mailimap_response_free(response);
	return ok ? MAILIMAP_NO_ERROR : MAILIMAP_ERROR_CUSTOM_COMMAND;
}

static enum reason greet(struct collector_imap *imap)
{
	collector_imap_arm(imap);
	return collector_imap_fine(mailimap_connect(imap->session, stream_mail(imap->stream)))
		       ? REASON_NONE
		       : collector_imap_broken(imap);
}

/* What the server said in clear, PREAUTH and capabilities included, is not believed: after STARTTLS the library's
 * session begins anew. */
static enum reason start_tls(struct collector_imap *imap, const struct collector_imap_server *server)
{
	enum reason reason = greet(imap);
	if (reason != REASON_NONE)
		return reason;
	collector_imap_arm(imap);
	int result = mailimap_starttls(imap->session);
	if (!collector_imap_fine(result))
		return stream_trouble(imap->stream) == STREAM_FINE ? REASON_COLLECT_TLS : collector_imap_broken(imap);
	reason = secure(imap, server);
	imap->session->imap_state = MAILIMAP_STATE_NON_AUTHENTICATED;
	return reason;
}

static void add_base64(struct buf *out, struct bytes from)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < from.len; i += 3) {
		uint32_t word = (uint32_t)from.at[i] << 16;
		if (i + 1 < from.len)
			word |= (uint32_t)from.at[i + 1] << 8;
		if (i + 2 < from.len)
			word |= from.at[i + 2];
		for (unsigned k = 0; k < 4; k++)
			buf_u8(out, i + k > from.len ? '=' : (unsigned char)letters[word >> (18 - 6 * k) & 63]);
	}
}

/* RFC 4422 appendix A with RFC 4959: the certificate says who we are, the user names the mailbox. */
static bool login_external(struct collector_imap *imap, const char *user)
{
	struct buf line = buf_make(1024);

	buf_text(&line, "AUTHENTICATE EXTERNAL ");
	if (user[0])
		add_base64(&line, bytes_of_text(user));
	else
		buf_text(&line, "=");
	buf_text(&line, "\r\n");
	bool done = buf_ok(&line) && collector_imap_fine(command(imap, buf_bytes(&line)));
	buf_free(&line);
	if (done)
		imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return done;
}

static enum reason login(struct collector_imap *imap, const struct collector_imap_server *server)
{
	bool done = imap->session->imap_state == MAILIMAP_STATE_AUTHENTICATED;

	collector_imap_arm(imap);
	if (!done)
		done = server->password
			       ? collector_imap_fine(mailimap_login(imap->session, server->user, server->password))
			       : login_external(imap, server->user);
	if (!done)
		return stream_trouble(imap->stream) == STREAM_FINE ? REASON_COLLECT_LOGIN : collector_imap_broken(imap);
	imap->ready = true;
	/* What it can do after login. The library's own call dies when no capability is told. */
	return collector_imap_fine(command(imap, BYTES("CAPABILITY\r\n"))) ? REASON_NONE : collector_imap_broken(imap);
}

static enum reason begin(struct collector_imap *imap, const struct collector_imap_server *server)
{
	enum reason reason = stream_open(&server->target, imap->limits.connect_ms, &imap->stream);
	if (reason != REASON_NONE)
		return reason == REASON_MEMORY ? reason : REASON_COLLECT_CONNECT;
	if (server->starttls)
		reason = start_tls(imap, server);
	else
		reason = secure(imap, server);
	if (reason == REASON_NONE && !server->starttls)
		reason = greet(imap);
	return reason == REASON_NONE ? login(imap, server) : reason;
}

enum reason collector_imap_open(const struct collector_imap_server *server, struct collector_imap **out)
{
	struct arena *arena = arena_create(sizeof(struct collector_imap) + 4096);
	struct collector_imap *imap = arena ? arena_try(arena, sizeof(*imap)) : NULL;
	mailimap *session = imap ? mailimap_new(0, NULL) : NULL;

	*out = NULL;
	if (!session) {
		arena_destroy(&arena);
		return REASON_MEMORY;
	}
	*imap = (struct collector_imap){.arena = arena, .limits = server->limits, .session = session};
	enum reason reason = begin(imap, server);
	if (reason == REASON_NONE)
		*out = imap;
	else
		collector_imap_close(&imap);
	return reason;
}

/* A courtesy, worth a second; the server's BYE is read before the socket goes. */
static void logout(struct collector_imap *imap)
{
	mailstream *mail = stream_mail(imap->stream);

	stream_arm(imap->stream, imap->limits.reply_bytes, LOGOUT_MS);
	if (mailstream_write(mail, "X LOGOUT\r\n", 10) == 10 && mailstream_flush(mail) == 0)
		(void)mailimap_read_line(imap->session);
}

void collector_imap_close(struct collector_imap **at)
{
	struct collector_imap *imap = *at;
	if (!imap)
		return;
	*at = NULL;
	if (imap->ready && stream_trouble(imap->stream) == STREAM_FINE)
		logout(imap);
	/* With a stream the library would say LOGOUT, in clear if need be, and wait for the answer. */
	imap->session->imap_stream = NULL;
	mailimap_free(imap->session);
	stream_close(&imap->stream);
	struct arena *arena = imap->arena;
	arena_destroy(&arena);
}

/* --- waiting ---------------------------------------------------------------- */

bool collector_imap_has_idle(const struct collector_imap *imap)
{
	return mailimap_has_idle(imap->session) != 0;
}

enum reason collector_imap_idle(struct collector_imap *imap, int also_fd, unsigned ms)
{
	collector_imap_arm(imap);
	if (!collector_imap_fine(mailimap_idle(imap->session)))
		return collector_imap_broken(imap);
	(void)stream_wait(imap->stream, also_fd, ms);
	collector_imap_arm(imap);
	return collector_imap_fine(mailimap_idle_done(imap->session)) ? REASON_NONE : collector_imap_broken(imap);
}

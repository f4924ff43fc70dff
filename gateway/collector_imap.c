/* gateway/collector_imap.c - see collector_imap.h.
 *
 * libetpan keeps the session's state and parses; what it returns is looked at again, because a server may send what
 * was not asked for. Its stream is ours (mailstream.h): it is taken away before the library could speak on it by
 * itself. */
#include "gateway/collector_imap_private.h"

#include "base/limits.h"
#include "gateway/log.h"

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

bool collector_imap_sayable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

enum reason collector_imap_broken(const struct collector_imap *imap)
{
	enum stream_trouble trouble = stream_trouble(imap->stream);
	return trouble == STREAM_FINE || trouble == STREAM_FLOOD ? REASON_COLLECT_PROTOCOL : REASON_COLLECT_CONNECT;
}

/* A session that logs each word of a server's would let it fill our disk. */
void collector_imap_hear(struct collector_imap *imap)
{
	const struct mailimap_response_info *said = imap->session->imap_response_info;
	bool alert = said && said->rsp_alert, other = said && said->rsp_atom;

	if (alert && !imap->told_alert)
		log_event("server-told", LOG_TEXT("what", "alert"), LOG_END);
	if (other && !imap->told_other)
		log_event("server-told", LOG_TEXT("what", "other"), LOG_END);
	imap->told_alert = imap->told_alert || alert;
	imap->told_other = imap->told_other || other;
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

static enum reason greet(struct collector_imap *imap)
{
	collector_imap_arm(imap);
	return collector_imap_fine(mailimap_connect(imap->session, stream_mail(imap->stream)))
		       ? REASON_NONE
		       : collector_imap_broken(imap);
}

/* What the server said in clear, capabilities included, is not believed: after STARTTLS the library's session begins
 * anew. One that says PREAUTH in clear would have us go on without TLS (CVE-2020-15953 and its kin): nothing is said to it. */
static enum reason start_tls(struct collector_imap *imap, const struct collector_imap_server *server)
{
	enum reason reason = greet(imap);
	if (reason != REASON_NONE)
		return reason;
	if (imap->session->imap_state != MAILIMAP_STATE_NON_AUTHENTICATED)
		return REASON_COLLECT_TLS;
	collector_imap_arm(imap);
	int result = mailimap_starttls(imap->session);
	if (!collector_imap_fine(result))
		return stream_trouble(imap->stream) == STREAM_FINE ? REASON_COLLECT_TLS : collector_imap_broken(imap);
	reason = secure(imap, server);
	imap->session->imap_state = MAILIMAP_STATE_NON_AUTHENTICATED;
	return reason;
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
	return reason == REASON_NONE ? collector_login(imap, server) : reason;
}

enum collector_imap_auth collector_imap_auth_of(struct bytes word)
{
	if (bytes_equal_text(word, "certificate"))
		return COLLECTOR_IMAP_CERTIFICATE;
	if (bytes_equal_text(word, "xoauth2"))
		return COLLECTOR_IMAP_XOAUTH2;
	return bytes_equal_text(word, "oauthbearer") ? COLLECTOR_IMAP_OAUTHBEARER : COLLECTOR_IMAP_PASSWORD;
}

enum reason collector_imap_open(const struct collector_imap_server *server, struct collector_imap **out)
{
	*out = NULL;
	if (!collector_imap_sayable(server->user) || !collector_imap_sayable(server->secret))
		return REASON_COLLECT_LOGIN;
	struct arena *arena = arena_create(sizeof(struct collector_imap) + 4096);
	struct collector_imap *imap = arena ? arena_try(arena, sizeof(*imap)) : NULL;
	mailimap *session = imap ? mailimap_new(0, NULL) : NULL;

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

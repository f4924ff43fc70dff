/* gateway/collector_login.c - who we are, said to a server whose certificate was found good. See collector_imap.h.
 *
 * 1. Only what the server tells within TLS counts: capabilities are forgotten and asked again before and after the login (I5).
 * 2. A password or a token is never sent where the mechanism was not offered, and lies in no buffer once it was.
 * 3. COMPRESS (RFC 4978) is never asked for: what comes is what the budgets count. */
#include "gateway/collector_imap_private.h"

enum { SASL_MEMORY = 64 * 1024 };

/* --- lines ---------------------------------------------------------------------- */

static bool send_line(struct collector_imap *imap, const char *text)
{
	mailstream *mail = stream_mail(imap->stream);
	struct bytes line = bytes_of_text(text);

	return mailstream_write(mail, line.at, line.len) == (ssize_t)line.len && mailstream_flush(mail) == 0;
}

static bool tagged_ok(struct collector_imap *imap)
{
	struct mailimap_response *response;

	if (mailimap_parse_response(imap->session, &response) != MAILIMAP_NO_ERROR)
		return false;
	bool ok = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type == MAILIMAP_RESP_COND_STATE_OK;
	mailimap_response_free(response);
	collector_imap_hear(imap);
	return ok;
}

/* --- what the server can do --------------------------------------------------- */

/* The library's own call dies when no capability is told, and keeps the old ones. */
static bool ask_capabilities(struct collector_imap *imap)
{
	struct mailimap_connection_info *known = imap->session->imap_connection_info;

	if (known && known->imap_capability) {
		mailimap_capability_data_free(known->imap_capability);
		known->imap_capability = NULL;
	}
	collector_imap_arm(imap);
	return mailimap_send_current_tag(imap->session) == MAILIMAP_NO_ERROR && send_line(imap, "CAPABILITY\r\n") &&
	       mailimap_read_line(imap->session) && tagged_ok(imap);
}

/* type: MAILIMAP_CAPABILITY_AUTH_TYPE for "AUTH=name", else MAILIMAP_CAPABILITY_NAME. */
static bool offers(const struct collector_imap *imap, int type, const char *name)
{
	const struct mailimap_connection_info *known = imap->session->imap_connection_info;

	if (!known || !known->imap_capability)
		return false;
	for (clistiter *at = clist_begin(known->imap_capability->cap_list); at; at = clist_next(at)) {
		const struct mailimap_capability *one = clist_content(at);
		const char *text = type == MAILIMAP_CAPABILITY_AUTH_TYPE ? one->cap_data.cap_auth_type : one->cap_data.cap_name;
		if (one->cap_type == type && text && bytes_equal_nocase(bytes_of_text(text), bytes_of_text(name)))
			return true;
	}
	return false;
}

/* --- SASL (RFC 4422, RFC 3501 6.2.2) -------------------------------------------- */

static const char *base64(struct arena *arena, struct bytes from)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = arena_alloc(arena, (from.len + 2) / 3 * 4 + 1), *out = to;

	for (size_t i = 0; i < from.len; i += 3) {
		uint32_t word = (uint32_t)from.at[i] << 16;
		if (i + 1 < from.len)
			word |= (uint32_t)from.at[i + 1] << 8;
		if (i + 2 < from.len)
			word |= from.at[i + 2];
		for (unsigned k = 0; k < 4; k++)
			*out++ = i + k > from.len ? '=' : letters[word >> (18 - 6 * k) & 63];
	}
	return to;
}

/* Up to the tagged answer. later: the line for the first "+", NULL when it was said already. Any further challenge is an
 * error in disguise (RFC 7628 3.2.3): it is cancelled. */
static bool converse(struct collector_imap *imap, const char *later)
{
	for (;;) {
		const char *line = mailimap_read_line(imap->session);
		if (!line)
			return false;
		if (line[0] == '*')
			continue; /* of no use before the login; the budget bounds them */
		if (line[0] != '+')
			return tagged_ok(imap);
		if (!send_line(imap, later ? later : "*\r\n"))
			return false;
		later = NULL;
	}
}

/* first: the initial response. Told at once where the server takes that (RFC 4959), else when it asks. */
static bool authenticate(struct collector_imap *imap, struct arena *arena, const char *mechanism, struct bytes first)
{
	const char *text = base64(arena, first), *later = NULL;
	const char *line = arena_printf(arena, "AUTHENTICATE %s %s\r\n", mechanism, text[0] ? text : "=");

	if (!offers(imap, MAILIMAP_CAPABILITY_NAME, "SASL-IR")) {
		line = arena_printf(arena, "AUTHENTICATE %s\r\n", mechanism);
		later = arena_printf(arena, "%s\r\n", text);
	}
	collector_imap_arm(imap);
	if (mailimap_send_current_tag(imap->session) != MAILIMAP_NO_ERROR || !send_line(imap, line) || !converse(imap, later))
		return false;
	imap->session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return true;
}

/* --- the ways in ------------------------------------------------------------------ */

static bool log_in(struct collector_imap *imap, const char *user, const char *password)
{
	if (offers(imap, MAILIMAP_CAPABILITY_NAME, "LOGINDISABLED"))
		return false;
	collector_imap_arm(imap);
	bool done = collector_imap_fine(mailimap_login(imap->session, user, password));
	collector_imap_hear(imap);
	return done;
}

/* RFC 4422 appendix A: the certificate says who we are, the user names the mailbox. A server that knows no EXTERNAL but takes
 * the name from the certificate answers LOGIN with any password: an empty one tells nobody anything. */
static bool by_certificate(struct collector_imap *imap, struct arena *arena, const char *user)
{
	if (offers(imap, MAILIMAP_CAPABILITY_AUTH_TYPE, "EXTERNAL"))
		return authenticate(imap, arena, "EXTERNAL", bytes_of_text(user));
	return log_in(imap, user, "");
}

static bool by_xoauth2(struct collector_imap *imap, struct arena *arena, const struct collector_imap_server *server)
{
	const char *text = arena_printf(arena, "user=%s\1auth=Bearer %s\1\1", server->user, server->secret);
	return offers(imap, MAILIMAP_CAPABILITY_AUTH_TYPE, "XOAUTH2") && authenticate(imap, arena, "XOAUTH2", bytes_of_text(text));
}

/* RFC 5801 4: a name in the header has no comma and no equals sign of its own. */
static const char *gs2_name(struct arena *arena, const char *user)
{
	char *to = arena_alloc(arena, 3 * bytes_of_text(user).len + 1), *out = to;

	for (; *user; user++) {
		const char *escaped = *user == ',' ? "=2C" : *user == '=' ? "=3D" : NULL;
		if (!escaped)
			*out++ = *user;
		for (; escaped && *escaped; escaped++)
			*out++ = *escaped;
	}
	return to;
}

static bool by_bearer(struct collector_imap *imap, struct arena *arena, const struct collector_imap_server *server)
{
	const char *text = arena_printf(arena, "n,a=%s,\1host=%s\1port=%d\1auth=Bearer %s\1\1", gs2_name(arena, server->user),
					server->server_name, server->port, server->secret);
	return offers(imap, MAILIMAP_CAPABILITY_AUTH_TYPE, "OAUTHBEARER") &&
	       authenticate(imap, arena, "OAUTHBEARER", bytes_of_text(text));
}

static bool prove(struct collector_imap *imap, struct arena *arena, const struct collector_imap_server *server)
{
	/* PREAUTH: whose mailbox it is, only a certificate can have told the server. */
	if (imap->session->imap_state == MAILIMAP_STATE_AUTHENTICATED)
		return server->auth == COLLECTOR_IMAP_CERTIFICATE;
	switch (server->auth) {
	case COLLECTOR_IMAP_PASSWORD:
		return log_in(imap, server->user, server->secret);
	case COLLECTOR_IMAP_CERTIFICATE:
		return by_certificate(imap, arena, server->user);
	case COLLECTOR_IMAP_XOAUTH2:
		return by_xoauth2(imap, arena, server);
	case COLLECTOR_IMAP_OAUTHBEARER:
		return by_bearer(imap, arena, server);
	}
	return false;
}

enum reason collector_login(struct collector_imap *imap, const struct collector_imap_server *server)
{
	struct arena *arena = arena_create(SASL_MEMORY);

	if (!arena)
		return REASON_MEMORY;
	/* A server may tell none: then nothing but LOGIN can be tried. */
	if (!ask_capabilities(imap)) {
		arena_destroy(&arena);
		return collector_imap_broken(imap);
	}
	bool done = prove(imap, arena, server);
	arena_wipe(&arena);
	stream_forget(imap->stream);
	if (!done)
		return stream_trouble(imap->stream) == STREAM_FINE ? REASON_COLLECT_LOGIN : collector_imap_broken(imap);
	imap->ready = true;
	return ask_capabilities(imap) ? REASON_NONE : collector_imap_broken(imap);
}

/* smtp/server_auth.c - AUTH in submission (RFC 4954, RFC 7628). See server.h.
 *
 * 1. Every refused identity gets the same challenge and the same 535, whatever was wrong with it.
 * 2. What the client said is wiped when it was answered: here by server_auth_answer, else by who read the line (server.c). */
#include <string.h>

#include "base/limits.h"
#include "base/secret.h"
#include "smtp/server_private.h"

static void wipe(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->room);
	buf_free(b);
}

void server_auth_forget(struct smtp_server *s)
{
	wipe(&s->secret);
	wipe(&s->user);
	wipe(&s->line);
}

static void failed(struct smtp_server *s, enum reason reason)
{
	s->state = STATE_READY;
	s->auth_failures++;
	server_refuse(s, reason, NULL);
}

/* RFC 7628 3.2.3: the error goes to the client as a challenge; its answer to that says nothing. */
static void deny(struct smtp_server *s)
{
	s->state = STATE_AUTH_DENIED;
	buf_printf(&s->replies, "334 %s\r\n", smtp_sasl_challenge(s->mechanism));
}

static void respond(struct smtp_server *s, struct bytes text, struct smtp_event *event)
{
	struct bytes token;
	enum reason reason = smtp_sasl_decode(&s->secret, text);

	if (reason == REASON_NONE)
		reason = smtp_sasl_read(s->mechanism, buf_bytes(&s->secret), &s->user, &token);
	if (reason == REASON_AUTH_TOKEN) {
		deny(s);
	} else if (reason != REASON_NONE) {
		failed(s, reason);
	} else {
		event->auth = (struct smtp_identity){s->mechanism, buf_bytes(&s->user), token};
		event->kind = s->awaiting = SMTP_EVENT_AUTH;
	}
}

void server_auth(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	struct smtp_auth auth;
	enum reason reason = REASON_SMTP_SEQUENCE;   /* RFC 4954 4: once; and only who said EHLO knows of it */

	if (s->auth_failures >= LIMIT_SMTP_AUTH_FAILURES) {
		server_fatal(s, REASON_SMTP_AUTH_MANY);
		return;
	}
	if (s->extended && !s->authenticated)
		reason = smtp_auth_read(argument, &auth);
	if (reason == REASON_NONE) {
		s->mechanism = smtp_sasl_of(auth.mechanism);
		reason = s->mechanism == SMTP_SASL_NONE ? REASON_SMTP_AUTH_MECHANISM : REASON_NONE;
	}
	if (reason != REASON_NONE) {
		server_refuse(s, reason, NULL);
	} else if (auth.has_initial) {
		respond(s, bytes_equal_text(auth.initial, "=") ? BYTES_NONE : auth.initial, event);
	} else {
		s->state = STATE_AUTH;
		server_say(s, "334 ");
	}
}

void server_auth_line(struct smtp_server *s, bool more, struct smtp_event *event)
{
	struct bytes line = buf_bytes(&s->line);

	if (more) {
		server_fatal(s, REASON_SMTP_PIPELINING);
	} else if (s->state == STATE_AUTH_DENIED) {
		failed(s, REASON_AUTH_TOKEN);
	} else if (!buf_ok(&s->line)) {
		failed(s, buf_reason(&s->line, REASON_SMTP_LINE_LONG));
	} else if (bytes_equal_text(line, "*")) {
		s->state = STATE_READY;
		server_refuse(s, REASON_SMTP_AUTH_CANCELLED, NULL);
	} else {
		respond(s, line, event);
	}
}

void server_auth_answer(struct smtp_server *s, enum reason reason)
{
	server_auth_forget(s);
	s->state = STATE_READY;
	if (reason == REASON_NONE) {
		s->authenticated = true;
		server_say(s, "235 2.7.0 Authenticated");
	} else if (reason_entry(reason)->smtp == 535) {
		deny(s);
	} else {
		server_refuse(s, reason, NULL);
	}
}

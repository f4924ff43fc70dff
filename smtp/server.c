/* smtp/server.c - see server.h.
 *
 * What may be said when is one table (handlers, at the end of the helpers): a state's row names the commands that it
 * hears, and what nobody wrote is refused. */
#include "smtp/server_private.h"

#include "base/limits.h"

void server_say(struct smtp_server *s, const char *text)
{
	buf_text(&s->replies, text);
	buf_text(&s->replies, "\r\n");
}

static void add_refusal(struct buf *out, enum reason reason, const char *detail)
{
	const struct reason_entry *entry = reason_entry(reason);
	/* A reason that is never said in SMTP is our own trouble: try again later. */
	int code = entry->smtp != 0 ? entry->smtp : 451;
	const char *enhanced = entry->smtp != 0 ? entry->enhanced : "4.3.0";

	if (detail == NULL)
		buf_printf(out, "%d %s %s (%s)\r\n", code, enhanced, entry->en, entry->code);
	else
		buf_printf(out, "%d %s %s [%.80s] (%s)\r\n", code, enhanced, entry->en, detail, entry->code);
}

static void say_reason(struct smtp_server *s, enum reason reason, const char *detail)
{
	add_refusal(&s->replies, reason, detail);
}

static void close_with(struct smtp_server *s, enum reason reason)
{
	s->state = STATE_CLOSED;
	s->awaiting = SMTP_EVENT_NONE;
	s->close_due = true;
	s->close_reason = reason;
}

void server_fatal(struct smtp_server *s, enum reason reason)
{
	say_reason(s, reason, NULL);
	close_with(s, reason);
}

void server_refuse(struct smtp_server *s, enum reason reason, const char *detail)
{
	if (reason_entry(reason)->smtp >= 500 && ++s->errors > LIMIT_SMTP_ERRORS) {
		server_fatal(s, REASON_SMTP_ERRORS_MANY);
		return;
	}
	say_reason(s, reason, detail);
	if (reason_entry(reason)->smtp == 421)
		close_with(s, reason);
}

static bool in_transaction(const struct smtp_server *s)
{
	return s->state == STATE_MAIL || s->state == STATE_RCPT || s->state == STATE_CHUNKS;
}

/* --- commands ---------------------------------------------------------------- */

typedef void handler(struct smtp_server *s, struct bytes argument, struct smtp_event *event);

/* RFC 5321 4.1.4: a name that is wrong is no ground for refusal; one that could not be logged or stored is. */
static bool is_name(struct bytes text)
{
	if (text.len == 0 || text.len > LIMIT_SMTP_DOMAIN)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > 126)
			return false;
	return true;
}

static bool take_name(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (!is_name(argument)) {
		server_refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return false;
	}
	if (in_transaction(s))
		event->kind = SMTP_EVENT_RESET;
	buf_clear(&s->helo);
	buf_add(&s->helo, argument);
	return true;
}

static void on_ehlo(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (!take_name(s, argument, event))
		return;
	s->extended = true;
	s->state = s->secure ? STATE_READY : STATE_CLEAR_EHLO;
	buf_printf(&s->replies, "250-%s\r\n", s->hostname);
	if (!s->secure) {
		server_say(s, "250 STARTTLS");
		return;
	}
	if (s->mode == SMTP_MODE_SUBMISSION)
		server_say(s, "250-AUTH " SMTP_SASL_OFFERED);
	buf_printf(&s->replies, "250-PIPELINING\r\n250-SIZE %u\r\n", LIMIT_MESSAGE);
	server_say(s, "250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n250 ENHANCEDSTATUSCODES");
}

static void on_helo(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (!take_name(s, argument, event))
		return;
	s->extended = false;
	s->state = s->secure ? STATE_READY : STATE_CLEAR;
	buf_printf(&s->replies, "250 %s\r\n", s->hostname);
}

static void on_starttls(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (argument.len > 0) {
		server_refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	event->kind = s->awaiting = SMTP_EVENT_STARTTLS;
}

static void on_mail(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (s->messages >= LIMIT_SMTP_MESSAGES) {
		server_fatal(s, REASON_SMTP_MESSAGES_MANY);
		return;
	}
	bool submission = s->mode == SMTP_MODE_SUBMISSION;
	enum reason reason = smtp_mail_read(argument, &event->mail);
	if (submission && !s->authenticated && !s->certificate)
		reason = REASON_AUTH_NEEDED;
	if (reason == REASON_NONE && event->mail.auth && !submission)
		reason = REASON_SMTP_ARGUMENT;   /* not offered here */
	if (reason != REASON_NONE) {
		server_refuse(s, reason, NULL);
		return;
	}
	s->recipients_tried = 0;
	s->smtputf8 = event->mail.smtputf8;
	event->kind = s->awaiting = SMTP_EVENT_SENDER;
}

static void on_rcpt(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	enum reason reason = REASON_SMTP_RECIPIENTS_MANY;
	/* Refused ones count too: guessing mailboxes must not be free. */
	if (++s->recipients_tried <= LIMIT_SMTP_RECIPIENTS)
		reason = smtp_recipient_read(argument, s->smtputf8, &event->recipient);
	if (reason != REASON_NONE) {
		server_refuse(s, reason, NULL);
		return;
	}
	event->kind = s->awaiting = SMTP_EVENT_RECIPIENT;
}

static void on_rset(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (argument.len > 0) {
		server_refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	if (in_transaction(s)) {
		event->kind = SMTP_EVENT_RESET;
		s->state = STATE_READY;
	}
	server_say(s, "250 2.0.0 Forgotten");
}

static void on_noop(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	server_say(s, "250 2.0.0 OK");
}

static void on_quit(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	server_say(s, "221 2.0.0 Goodbye");
	close_with(s, REASON_NONE);
}

/* RFC 5321 3.5.3: neither yes nor no, which keeps mailboxes from being listed. */
static void on_vrfy(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	server_say(s, "252 2.0.0 Send mail and see");
}

static void on_help(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	server_say(s, "214 2.0.0 RFC 5321, with STARTTLS and a client certificate");
}

#define ALWAYS_SECURE                                                                              \
	[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop, [SMTP_QUIT] = on_quit, \
	[SMTP_VRFY] = on_vrfy, [SMTP_HELP] = on_help, [SMTP_RSET] = on_rset

static handler *const handlers[STATES][SMTP_VERBS] = {
	[STATE_CLEAR] = {[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop, [SMTP_QUIT] = on_quit},
	[STATE_CLEAR_EHLO] = {[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop,
			      [SMTP_QUIT] = on_quit, [SMTP_STARTTLS] = on_starttls},
	[STATE_SECURE] = {ALWAYS_SECURE},
	[STATE_READY] = {ALWAYS_SECURE, [SMTP_MAIL] = on_mail, [SMTP_AUTH] = server_auth, [SMTP_BDAT] = server_bdat},
	[STATE_MAIL] = {ALWAYS_SECURE, [SMTP_RCPT] = on_rcpt, [SMTP_BDAT] = server_bdat},
	[STATE_RCPT] = {ALWAYS_SECURE, [SMTP_RCPT] = on_rcpt, [SMTP_DATA] = server_data, [SMTP_BDAT] = server_bdat},
	[STATE_CHUNKS] = {ALWAYS_SECURE, [SMTP_BDAT] = server_bdat},
};

/* Commands after which the peer must wait for our reply (RFC 2920 3.1, RFC 4954 4), as all do that were not told of
 * PIPELINING. BDAT is none of them (RFC 3030 4.2). */
static bool must_wait(const struct smtp_server *s, enum smtp_verb verb)
{
	static const bool last[SMTP_VERBS] = {[SMTP_EHLO] = true, [SMTP_HELO] = true, [SMTP_DATA] = true,
					      [SMTP_STARTTLS] = true, [SMTP_AUTH] = true};
	return !s->secure || !s->extended || last[verb];
}

/* What the line says, or why it says nothing. Behind a BDAT that is not understood, too long or with a control character,
 * come octets that must not be taken for commands. */
static enum reason read_command(const struct smtp_server *s, struct smtp_command *out)
{
	struct bytes line = buf_bytes(&s->line);
	enum reason reason = buf_ok(&s->line) ? smtp_command_read(line, out) : buf_reason(&s->line, REASON_SMTP_LINE_LONG);

	if (reason == REASON_NONE && out->verb != SMTP_AUTH && line.len > LIMIT_SMTP_COMMAND - 2)
		reason = REASON_SMTP_LINE_LONG;
	if (reason == REASON_NONE && out->verb == SMTP_AUTH && s->mode != SMTP_MODE_SUBMISSION)
		reason = REASON_SMTP_VERB_REFUSED;
	if (reason == REASON_NONE && out->verb == SMTP_BDAT && (!s->extended || handlers[s->state][SMTP_BDAT] == NULL))
		reason = REASON_SMTP_CHUNKING;
	if (reason != REASON_NONE && bytes_starts_nocase(line, BYTES("BDAT")))
		reason = REASON_SMTP_CHUNKING;
	return reason;
}

static void command(struct smtp_server *s, bool more, struct smtp_event *event)
{
	struct smtp_command command = {.verb = SMTP_NOOP};
	enum reason reason = read_command(s, &command);

	if (reason == REASON_SMTP_FOREIGN || reason == REASON_SMTP_CHUNKING) {
		server_fatal(s, reason);
	} else if (more && must_wait(s, command.verb)) {
		server_fatal(s, command.verb == SMTP_STARTTLS ? REASON_SMTP_STARTTLS_INJECTION : REASON_SMTP_PIPELINING);
	} else if (++s->idle > LIMIT_SMTP_IDLE_COMMANDS && command.verb != SMTP_QUIT) {
		server_fatal(s, REASON_SMTP_COMMANDS_MANY);
	} else if (reason != REASON_NONE) {
		server_refuse(s, reason, NULL);
	} else if (handlers[s->state][command.verb] == NULL) {
		server_refuse(s, !s->secure && command.verb != SMTP_STARTTLS ? REASON_SMTP_STARTTLS_FIRST : REASON_SMTP_SEQUENCE, NULL);
	} else {
		handlers[s->state][command.verb](s, command.argument, event);
	}
}

/* --- bytes ------------------------------------------------------------------- */

/* One byte of a command line. False: it can stand in none (RFC 5321 2.3.8), and guessing where the line ends is how
 * commands are smuggled. */
static bool line_byte(struct smtp_server *s, unsigned char c)
{
	if (s->cr != (c == '\n'))
		return false;
	if (c == '\r')
		s->cr = true;
	else if (c == '\n')
		s->line_done = true;
	else if (c < ' ' && c != '\t')
		return false;
	else
		buf_u8(&s->line, c);
	return true;
}

static size_t read_line(struct smtp_server *s, struct bytes in, bool more, struct smtp_event *event)
{
	size_t at = 0;

	if (s->line_done) {
		buf_clear(&s->line);
		s->line_done = s->cr = false;
		s->dropped = 0;
	}
	while (at < in.len && !s->line_done) {
		bool first = s->line.len == 0 && !s->cr;
		if (!line_byte(s, in.at[at])) {
			server_fatal(s, first && in.at[at] == 0x16 ? REASON_SMTP_FOREIGN : REASON_SMTP_LINE_CONTROL);
			return in.len;
		}
		at++;
		if (!buf_ok(&s->line) && ++s->dropped > LIMIT_SMTP_LINE_DRAIN) {
			server_fatal(s, buf_reason(&s->line, REASON_SMTP_LINE_LONG));
			return in.len;
		}
	}
	if (!s->line_done)
		return at;
	more = more || at < in.len;
	bool answer = s->state == STATE_AUTH || s->state == STATE_AUTH_DENIED;
	bool secret = answer || bytes_starts_nocase(buf_bytes(&s->line), BYTES("AUTH"));
	if (answer)
		server_auth_line(s, more, event);
	else
		command(s, more, event);
	if (secret && s->awaiting == SMTP_EVENT_NONE)
		server_auth_forget(s);
	return at;
}

static size_t read_on(struct smtp_server *s, struct bytes in, bool more, struct smtp_event *event)
{
	switch (s->state) {
	case STATE_TLS:
	case STATE_CLOSED:
		return 0;
	case STATE_DATA:
		return server_read_data(s, in, event);
	case STATE_CHUNK:
		return server_read_chunk(s, in, event);
	default:
		return read_line(s, in, more, event);
	}
}

/* --- public ------------------------------------------------------------------- */

struct smtp_server *smtp_server_open(struct arena *arena, const char *hostname, enum smtp_mode mode)
{
	struct smtp_server *s = arena_try(arena, sizeof *s);
	if (s == NULL)
		return NULL;
	s->hostname = hostname;
	s->mode = mode;
	s->line = buf_make((mode == SMTP_MODE_SUBMISSION ? LIMIT_SMTP_AUTH_LINE : LIMIT_SMTP_COMMAND) - 2);
	s->secret = buf_make(LIMIT_SMTP_AUTH_LINE);
	s->user = buf_make(LIMIT_SMTP_PATH);
	s->helo = buf_make(LIMIT_SMTP_DOMAIN);
	s->replies = buf_make(LIMIT_SMTP_UNSENT);
	return s;
}

void smtp_server_close(struct smtp_server *s)
{
	if (s == NULL)
		return;
	server_auth_forget(s);
	buf_free(&s->helo);
	buf_free(&s->replies);
}

bool smtp_server_greet(struct smtp_server *s, bool waiting)
{
	if (waiting)
		server_fatal(s, REASON_SMTP_PIPELINING);
	else
		buf_printf(&s->replies, "220 %s ESMTP\r\n", s->hostname);
	return waiting;
}

size_t smtp_server_read(struct smtp_server *s, struct bytes in, bool more, struct smtp_event *event)
{
	size_t used = 0;

	*event = (struct smtp_event){0};
	if (s->state == STATE_CHUNK && s->chunk_left == 0)
		server_chunk_end(s, event);
	if (event->kind == SMTP_EVENT_NONE && s->awaiting == SMTP_EVENT_NONE)
		used = read_on(s, in, more, event);
	if (s->close_due) {
		*event = (struct smtp_event){.kind = SMTP_EVENT_CLOSE, .reason = s->close_reason};
		s->close_due = false;
	}
	return used;
}

void smtp_server_answer(struct smtp_server *s, enum reason reason, const char *detail)
{
	enum smtp_event_kind asked = s->awaiting;

	s->awaiting = SMTP_EVENT_NONE;
	if (asked == SMTP_EVENT_NONE)
		return;
	if (asked == SMTP_EVENT_AUTH) {
		server_auth_answer(s, reason);
	} else if (reason != REASON_NONE && asked == SMTP_EVENT_RECIPIENT) {
		say_reason(s, reason, detail);   /* bounded by the recipients and the commands, not by the errors */
	} else if (reason != REASON_NONE) {
		server_refuse(s, reason, detail);
	} else if (asked == SMTP_EVENT_STARTTLS) {
		s->state = STATE_TLS;
		server_say(s, "220 2.0.0 Ready to start TLS");
	} else if (asked == SMTP_EVENT_SENDER) {
		s->state = STATE_MAIL;
		server_say(s, "250 2.1.0 Sender accepted");
	} else if (asked == SMTP_EVENT_RECIPIENT) {
		s->state = STATE_RCPT;
		s->idle--;   /* it is on the way to a message */
		server_say(s, "250 2.1.5 Recipient accepted");
	} else {
		s->errors = s->idle = 0;
		s->messages++;
		buf_printf(&s->replies, "250 2.0.0 accepted as %s\r\n", detail ? detail : "-");
	}
}

void smtp_server_spoil(struct smtp_server *s, enum reason reason)
{
	if (s->spoiled == REASON_NONE)
		s->spoiled = reason;
}

void smtp_server_secured(struct smtp_server *s, bool certificate)
{
	s->secure = true;
	s->certificate = certificate;
	s->extended = false;
	s->state = STATE_SECURE;
	buf_clear(&s->helo);
	buf_clear(&s->line);
	s->cr = s->line_done = false;
}

void smtp_server_end(struct smtp_server *s, enum reason reason)
{
	if (s->state == STATE_CLOSED)
		return;
	server_fatal(s, reason);
	s->close_due = false;   /* the caller closes by itself */
}

enum smtp_phase smtp_server_phase(const struct smtp_server *s)
{
	if (s->state == STATE_CLOSED)
		return SMTP_PHASE_CLOSED;
	if (s->awaiting != SMTP_EVENT_NONE)
		return SMTP_PHASE_ANSWER;
	if (s->state == STATE_TLS)
		return SMTP_PHASE_TLS;
	bool message = s->state == STATE_DATA || s->state == STATE_CHUNK || s->state == STATE_CHUNKS;
	return message ? SMTP_PHASE_DATA : SMTP_PHASE_COMMAND;
}

void smtp_server_refusal(struct buf *out, enum reason reason)
{
	add_refusal(out, reason, NULL);
}

struct bytes smtp_server_helo(const struct smtp_server *s)
{
	return buf_bytes(&s->helo);
}

struct buf *smtp_server_replies(struct smtp_server *s)
{
	return &s->replies;
}

/* smtp/server.c - see server.h.
 *
 * What may be said when is one table (handlers, at the end of the helpers): a state's row names the commands that it
 * hears, and what nobody wrote is refused. */
#include "smtp/server.h"

#include "base/limits.h"
#include "smtp/data.h"

enum state {
	STATE_CLEAR,          /* no TLS; nothing or HELO said */
	STATE_CLEAR_EHLO,     /* no TLS; EHLO said: STARTTLS may come */
	STATE_TLS,            /* 220 said: the handshake is under way */
	STATE_SECURE,         /* TLS; nothing said yet */
	STATE_READY,          /* TLS and a name */
	STATE_MAIL,           /* a sender */
	STATE_RCPT,           /* and a recipient */
	STATE_DATA,           /* 354 said: bytes are the message's */
	STATE_CLOSED,
	STATES,
};

struct smtp_server {
	const char *hostname;
	enum state state;
	enum smtp_event_kind awaiting;   /* SENDER, RECIPIENT or MESSAGE: an answer is due */
	bool secure, extended;           /* EHLO was said since the last start: PIPELINING is known when secure, too */
	bool cr, line_done;              /* the line so far ends in CR; the line was read and its views may be in use */
	bool close_due;
	enum reason close_reason;
	struct buf line, helo, replies;
	size_t dropped;                  /* bytes of a line beyond its limit */
	unsigned errors, idle, recipients_tried, messages;
	struct smtp_data data;
	enum reason spoiled;
};

static void say(struct smtp_server *s, const char *text)
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

static void fatal(struct smtp_server *s, enum reason reason)
{
	say_reason(s, reason, NULL);
	close_with(s, reason);
}

/* A refusal that goes against the peer's account when it is a lasting one. */
static void refuse(struct smtp_server *s, enum reason reason, const char *detail)
{
	if (reason_entry(reason)->smtp >= 500 && ++s->errors > LIMIT_SMTP_ERRORS) {
		fatal(s, REASON_SMTP_ERRORS_MANY);
		return;
	}
	say_reason(s, reason, detail);
	if (reason_entry(reason)->smtp == 421)
		close_with(s, reason);
}

static bool in_transaction(const struct smtp_server *s)
{
	return s->state == STATE_MAIL || s->state == STATE_RCPT;
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
		refuse(s, REASON_SMTP_ARGUMENT, NULL);
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
		say(s, "250 STARTTLS");
		return;
	}
	/* DSN (RFC 3461) is not announced: its parameters are read and kept, but no report is made yet. Whoever asks for one then
	 * gets it from the operator before us. */
	buf_printf(&s->replies, "250-PIPELINING\r\n250-SIZE %u\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n", LIMIT_MESSAGE);
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
		refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	say(s, "220 2.0.0 Ready to start TLS");
	s->state = STATE_TLS;
	event->kind = SMTP_EVENT_STARTTLS;
}

static void on_mail(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (s->messages >= LIMIT_SMTP_MESSAGES) {
		fatal(s, REASON_SMTP_MESSAGES_MANY);
		return;
	}
	enum reason reason = smtp_mail_read(argument, &event->mail);
	if (reason != REASON_NONE) {
		refuse(s, reason, NULL);
		return;
	}
	s->recipients_tried = 0;
	event->kind = s->awaiting = SMTP_EVENT_SENDER;
}

static void on_rcpt(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	enum reason reason = REASON_SMTP_RECIPIENTS_MANY;
	/* Refused ones count too: guessing mailboxes must not be free. */
	if (++s->recipients_tried <= LIMIT_SMTP_RECIPIENTS)
		reason = smtp_recipient_read(argument, &event->recipient);
	if (reason != REASON_NONE) {
		refuse(s, reason, NULL);
		return;
	}
	event->kind = s->awaiting = SMTP_EVENT_RECIPIENT;
}

static void on_data(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (argument.len > 0) {
		refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	say(s, "354 End with CRLF.CRLF");
	s->state = STATE_DATA;
	s->data = (struct smtp_data){0};
	s->spoiled = REASON_NONE;
	event->kind = SMTP_EVENT_DATA;
}

static void on_rset(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	if (argument.len > 0) {
		refuse(s, REASON_SMTP_ARGUMENT, NULL);
		return;
	}
	if (in_transaction(s)) {
		event->kind = SMTP_EVENT_RESET;
		s->state = STATE_READY;
	}
	say(s, "250 2.0.0 Forgotten");
}

static void on_noop(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	say(s, "250 2.0.0 OK");
}

static void on_quit(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	say(s, "221 2.0.0 Goodbye");
	close_with(s, REASON_NONE);
}

/* RFC 5321 3.5.3: neither yes nor no, which keeps mailboxes from being listed. */
static void on_vrfy(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	say(s, "252 2.0.0 Send mail and see");
}

static void on_help(struct smtp_server *s, struct bytes argument, struct smtp_event *event)
{
	(void)argument;
	(void)event;
	say(s, "214 2.0.0 RFC 5321, with STARTTLS and a client certificate");
}

#define ALWAYS_SECURE                                                                              \
	[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop, [SMTP_QUIT] = on_quit, \
	[SMTP_VRFY] = on_vrfy, [SMTP_HELP] = on_help, [SMTP_RSET] = on_rset

static handler *const handlers[STATES][SMTP_VERBS] = {
	[STATE_CLEAR] = {[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop, [SMTP_QUIT] = on_quit},
	[STATE_CLEAR_EHLO] = {[SMTP_EHLO] = on_ehlo, [SMTP_HELO] = on_helo, [SMTP_NOOP] = on_noop,
			      [SMTP_QUIT] = on_quit, [SMTP_STARTTLS] = on_starttls},
	[STATE_SECURE] = {ALWAYS_SECURE},
	[STATE_READY] = {ALWAYS_SECURE, [SMTP_MAIL] = on_mail},
	[STATE_MAIL] = {ALWAYS_SECURE, [SMTP_RCPT] = on_rcpt},
	[STATE_RCPT] = {ALWAYS_SECURE, [SMTP_RCPT] = on_rcpt, [SMTP_DATA] = on_data},
};

/* Commands after which the peer must wait for our reply (RFC 2920 3.1), as all do that were not told of PIPELINING. */
static bool must_wait(const struct smtp_server *s, enum smtp_verb verb)
{
	static const bool last[SMTP_VERBS] = {
		[SMTP_EHLO] = true, [SMTP_HELO] = true, [SMTP_DATA] = true, [SMTP_STARTTLS] = true};
	return !s->secure || !s->extended || last[verb];
}

static void command(struct smtp_server *s, bool more, struct smtp_event *event)
{
	struct smtp_command command = {.verb = SMTP_NOOP};
	enum reason reason = REASON_SMTP_LINE_LONG;

	if (buf_ok(&s->line))
		reason = smtp_command_read(buf_bytes(&s->line), &command);
	if (reason == REASON_SMTP_FOREIGN || reason == REASON_SMTP_CHUNKING) {
		fatal(s, reason);
	} else if (more && must_wait(s, command.verb)) {
		fatal(s, command.verb == SMTP_STARTTLS ? REASON_SMTP_STARTTLS_INJECTION : REASON_SMTP_PIPELINING);
	} else if (++s->idle > LIMIT_SMTP_IDLE_COMMANDS && command.verb != SMTP_QUIT) {
		fatal(s, REASON_SMTP_COMMANDS_MANY);
	} else if (reason != REASON_NONE) {
		refuse(s, reason, NULL);
	} else if (handlers[s->state][command.verb] == NULL) {
		refuse(s, !s->secure && command.verb != SMTP_STARTTLS ? REASON_SMTP_STARTTLS_FIRST : REASON_SMTP_SEQUENCE, NULL);
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
		if (!line_byte(s, in.at[at])) {
			bool first = at == 0 && s->line.len == 0;
			fatal(s, first && in.at[0] == 0x16 ? REASON_SMTP_FOREIGN : REASON_SMTP_LINE_CONTROL);
			return in.len;
		}
		at++;
		if (!buf_ok(&s->line) && ++s->dropped > LIMIT_SMTP_LINE_DRAIN) {
			fatal(s, REASON_SMTP_LINE_LONG);
			return in.len;
		}
	}
	if (s->line_done)
		command(s, more || at < in.len, event);
	return at;
}

static void message_end(struct smtp_server *s, struct smtp_event *event)
{
	s->state = STATE_READY;
	if (s->spoiled != REASON_NONE) {
		event->kind = SMTP_EVENT_RESET;
		event->reason = s->spoiled;
		refuse(s, s->spoiled, NULL);
		return;
	}
	event->kind = s->awaiting = SMTP_EVENT_MESSAGE;
	event->size = s->data.size;
	event->eight_bit = s->data.eight_bit;
}

static size_t read_body(struct smtp_server *s, struct bytes in, struct smtp_event *event)
{
	struct bytes piece;

	if (s->data.state == SMTP_DATA_END) {
		message_end(s, event);
		return 0;
	}
	size_t used = smtp_data_read(&s->data, in, &piece);
	if (s->data.size > LIMIT_SMTP_DRAIN) {
		fatal(s, REASON_SMTP_SIZE);
		return used;
	}
	if (s->spoiled == REASON_NONE && s->data.nul)
		s->spoiled = REASON_SMTP_NUL;
	if (s->spoiled == REASON_NONE && s->data.bare_newline)
		s->spoiled = REASON_SMTP_BARE_NEWLINE;
	if (s->spoiled == REASON_NONE && s->data.size > LIMIT_MESSAGE)
		s->spoiled = REASON_SMTP_SIZE;
	if (s->spoiled == REASON_NONE && piece.len > 0) {
		event->kind = SMTP_EVENT_BODY;
		event->body = piece;
	} else if (s->data.state == SMTP_DATA_END) {
		message_end(s, event);
	}
	return used;
}

/* --- public ------------------------------------------------------------------- */

struct smtp_server *smtp_server_open(struct arena *arena, const char *hostname)
{
	struct smtp_server *s = arena_try(arena, sizeof *s);
	if (s == NULL)
		return NULL;
	s->hostname = hostname;
	s->line = buf_make(LIMIT_SMTP_COMMAND - 2);
	s->helo = buf_make(LIMIT_SMTP_DOMAIN);
	s->replies = buf_make(LIMIT_SMTP_UNSENT);
	return s;
}

void smtp_server_close(struct smtp_server *s)
{
	if (s == NULL)
		return;
	buf_free(&s->line);
	buf_free(&s->helo);
	buf_free(&s->replies);
}

bool smtp_server_greet(struct smtp_server *s, bool waiting)
{
	if (waiting)
		fatal(s, REASON_SMTP_PIPELINING);
	else
		buf_printf(&s->replies, "220 %s ESMTP\r\n", s->hostname);
	return waiting;
}

size_t smtp_server_read(struct smtp_server *s, struct bytes in, bool more, struct smtp_event *event)
{
	size_t used = 0;

	*event = (struct smtp_event){0};
	if (s->awaiting == SMTP_EVENT_NONE && s->state == STATE_DATA)
		used = read_body(s, in, event);
	else if (s->awaiting == SMTP_EVENT_NONE && s->state != STATE_TLS && s->state != STATE_CLOSED)
		used = read_line(s, in, more, event);
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
	if (reason != REASON_NONE && asked == SMTP_EVENT_RECIPIENT) {
		say_reason(s, reason, detail);   /* bounded by the recipients and the commands, not by the errors */
	} else if (reason != REASON_NONE) {
		refuse(s, reason, detail);
	} else if (asked == SMTP_EVENT_SENDER) {
		s->state = STATE_MAIL;
		say(s, "250 2.1.0 Sender accepted");
	} else if (asked == SMTP_EVENT_RECIPIENT) {
		s->state = STATE_RCPT;
		s->idle--;   /* it is on the way to a message */
		say(s, "250 2.1.5 Recipient accepted");
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

void smtp_server_secured(struct smtp_server *s)
{
	s->secure = true;
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
	fatal(s, reason);
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
	return s->state == STATE_DATA ? SMTP_PHASE_DATA : SMTP_PHASE_COMMAND;
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

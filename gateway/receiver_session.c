/* gateway/receiver_session.c - see receiver_session.h. */
#include "gateway/receiver_session.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "base/limits.h"
#include "gateway/log.h"
#include "gateway/receiver_mail.h"
#include "gateway/service.h"
#include "smtp/server.h"

enum { SESSION_ROOM = 4096, PEER_ROOM = 256 * 1024, ADDRESS_TEXT = INET6_ADDRSTRLEN + 1 };

struct session {
	struct session_host *host;
	struct session *next, **link;
	struct arena *arena, *peer_arena;
	struct smtp_server *server;
	struct bufferevent *stream;
	SSL *tls;                         /* owned by the stream */
	struct event *timer;
	char address[ADDRESS_TEXT];
	struct tls_peer peer;
	struct mail mail;
	struct pool_job job;
	struct smtp_mail sender;          /* while its job is under way; views into the machine's line */
	struct smtp_recipient recipient;
	struct buf asked_domain, asked_local;
	time_t ends, data_ends;           /* monotonic seconds */
	bool busy, gone;                  /* a job is with the pool; the peer has left meanwhile */
	bool closing, upgrading;          /* after what is to be written: close; speak TLS */
	bool refusing, lingering;         /* closes with a refusal; said the last word: what still comes is thrown away */
	size_t thrown;
};

_Static_assert(sizeof(struct session) < SESSION_ROOM / 2, "a session and its machine fit in their arena");

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec;
}

/* --- life ---------------------------------------------------------------------- */

static void session_free(struct session *s)
{
	struct session_host *host = s->host;

	if (s->busy) {
		s->gone = true;
		bufferevent_disable(s->stream, EV_READ | EV_WRITE);
		event_del(s->timer);
		return;
	}
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
	host->n--;
	mail_clear(&s->mail, host->spool);
	buf_free(&s->asked_domain);
	buf_free(&s->asked_local);
	smtp_server_close(s->server);
	event_free(s->timer);
	if (s->tls != NULL)
		tls_goodbye(s->tls);
	bufferevent_free(s->stream);
	arena_destroy(&s->peer_arena);
	struct arena *arena = s->arena;   /* holds the session itself */
	arena_destroy(&arena);
	if (host->stopping && host->n == 0)
		host->empty(host->context);
}

static void wait_for(struct session *s, time_t seconds)
{
	struct timeval span = {.tv_sec = seconds > 0 ? seconds : 0};
	event_add(s->timer, &span);
}

/* The deadline of what is awaited. It is set when something was completed; single bytes do not move it, but in DATA
 * where they move the idle deadline and never the message's. */
static void set_deadline(struct session *s)
{
	time_t left = s->ends - now(), span = LIMIT_SMTP_COMMAND_SECONDS;

	if (s->lingering)
		span = LIMIT_SMTP_LINGER_SECONDS;
	else if (s->closing)
		span = LIMIT_SMTP_HANDSHAKE_SECONDS;
	else if (smtp_server_phase(s->server) == SMTP_PHASE_TLS)
		span = LIMIT_SMTP_HANDSHAKE_SECONDS;
	else if (smtp_server_phase(s->server) == SMTP_PHASE_DATA) {
		span = LIMIT_SMTP_DATA_IDLE_SECONDS;
		left = s->data_ends - now();
	}
	if (s->busy)
		event_del(s->timer);   /* the database has its own time limits */
	else
		wait_for(s, span < left ? span : left);
}

static void send_replies(struct session *s)
{
	struct buf *replies = smtp_server_replies(s->server);

	if (replies->len > 0)
		bufferevent_write(s->stream, replies->data, replies->len);
	/* A reply that did not fit would set all later ones off by one. */
	if (!buf_ok(replies))
		s->closing = true;
	buf_clear(replies);
}

/* All is said. Closing a socket that has bytes unread resets the connection, and the peer's system may then throw our
 * last reply away: after a refusal the rest is read for a moment. */
static void last_word_said(struct session *s)
{
	evutil_socket_t fd = bufferevent_getfd(s->stream);

	if (!s->refusing || s->lingering || s->host->stopping) {
		session_free(s);
		return;
	}
	if (s->tls != NULL)
		tls_goodbye(s->tls);
	shutdown(fd, SHUT_WR);
	s->lingering = true;
	bufferevent_enable(s->stream, EV_READ);
	set_deadline(s);
}

/* Writes what is there, then closes; nothing is taken any more. */
static void close_after_replies(struct session *s, bool refusing)
{
	send_replies(s);
	s->closing = true;
	s->refusing = refusing;
	if (!s->busy)
		mail_clear(&s->mail, s->host->spool);
	bufferevent_disable(s->stream, EV_READ);
	set_deadline(s);
	if (evbuffer_get_length(bufferevent_get_output(s->stream)) == 0)
		last_word_said(s);
}

static void throw_away(struct session *s)
{
	struct evbuffer *input = bufferevent_get_input(s->stream);

	s->thrown += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
	if (s->thrown > LIMIT_MESSAGE)
		session_free(s);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
	struct session *s = context;
	(void)fd;
	(void)what;

	if (!s->lingering)
		log_event("timeout", LOG_TEXT("peer", s->address), LOG_NUMBER("phase", smtp_server_phase(s->server)), LOG_END);
	if (s->closing || smtp_server_phase(s->server) == SMTP_PHASE_TLS) {
		session_free(s);
		return;
	}
	smtp_server_end(s->server, REASON_SMTP_TIME);
	close_after_replies(s, true);
}

/* --- what the machine asks ------------------------------------------------------- */

static void submit(struct session *s)
{
	s->busy = true;
	s->job.owner = s;
	pool_submit(s->host->pool, &s->job);
}

static void refused(struct session *s, const char *step, enum reason reason)
{
	log_event("refused", LOG_TEXT("step", step), LOG_REASON(reason), LOG_TEXT("peer", s->address),
		  LOG_BYTES("name", s->peer.name), LOG_TEXT("why", s->peer.why), LOG_END);
}

static void lower_into(struct buf *out, struct bytes text)
{
	buf_clear(out);
	for (size_t i = 0; i < text.len; i++)
		buf_u8(out, text.at[i] >= 'A' && text.at[i] <= 'Z' ? (uint8_t)(text.at[i] + 32) : text.at[i]);
}

static void ask_sender(struct session *s, const struct smtp_event *event)
{
	enum reason reason = REASON_NONE;
	const char *detail = NULL;

	/* design.md, decisions, TLS: the handshake is completed; the refusal and its reason come here. */
	if (s->peer.status == TLS_PEER_NONE)
		reason = REASON_PEER_NO_CERTIFICATE;
	if (s->peer.status == TLS_PEER_UNTRUSTED) {
		reason = REASON_PEER_CERTIFICATE_UNTRUSTED;
		detail = s->peer.why;
	}
	if (s->host->stopping)
		reason = REASON_SMTP_STOPPING;
	if (reason != REASON_NONE) {
		refused(s, "sender", reason);
		smtp_server_answer(s->server, reason, reason == REASON_SMTP_STOPPING ? NULL : detail);
		return;
	}
	s->sender = event->mail;
	lower_into(&s->asked_domain, event->mail.from.domain);
	s->job = (struct pool_job){.work = POOL_SENDER, .peer_name = s->peer.name, .domain = buf_bytes(&s->asked_domain)};
	submit(s);
}

static void ask_recipient(struct session *s, const struct smtp_event *event)
{
	struct bytes domain = event->recipient.to.domain;

	s->recipient = event->recipient;
	lower_into(&s->asked_domain, domain.len > 0 ? domain : bytes_of_text(s->host->domain));
	buf_clear(&s->asked_local);
	smtp_address_write_local(&s->asked_local, &event->recipient.to);
	s->job = (struct pool_job){.work = POOL_RECIPIENT,
				   .local = buf_bytes(&s->asked_local),
				   .domain = buf_bytes(&s->asked_domain),
				   .mail_from = buf_bytes(&s->mail.from)};
	submit(s);
}

static void keep_message(struct session *s)
{
	s->job = (struct pool_job){.message = {.peer_name = s->peer.name,
					       .peer_address = bytes_of_text(s->address),
					       .helo = smtp_server_helo(s->server),
					       .received_at = service_now()}};
	enum reason reason = mail_job(&s->mail, s->host->spool, &s->job);
	if (reason == REASON_NONE) {
		submit(s);
		return;
	}
	refused(s, "message", reason);
	mail_clear(&s->mail, s->host->spool);
	smtp_server_answer(s->server, reason, NULL);
}

static void take_body(struct session *s, struct bytes piece)
{
	enum reason reason = spool_add(s->host->spool, &s->mail.body, piece);
	if (reason == REASON_NONE)
		return;
	refused(s, "body", reason);
	smtp_server_spoil(s->server, reason);
	spool_release(s->host->spool, &s->mail.body);
}

/* False: the session is gone or will be, or speaks TLS from here on; nothing more is to be read now. */
static bool handle(struct session *s, const struct smtp_event *event)
{
	switch (event->kind) {
	case SMTP_EVENT_NONE:
	case SMTP_EVENT_BODY:
		break;
	case SMTP_EVENT_STARTTLS:
		bufferevent_disable(s->stream, EV_READ);
		s->upgrading = true;
		send_replies(s);
		set_deadline(s);
		return false;
	case SMTP_EVENT_SENDER:
		ask_sender(s, event);
		break;
	case SMTP_EVENT_RECIPIENT:
		ask_recipient(s, event);
		break;
	case SMTP_EVENT_DATA:
		s->data_ends = now() + LIMIT_SMTP_DATA_SECONDS;
		break;
	case SMTP_EVENT_MESSAGE:
		keep_message(s);
		break;
	case SMTP_EVENT_RESET:
		if (event->reason != REASON_NONE)
			refused(s, "message", event->reason);
		mail_clear(&s->mail, s->host->spool);
		break;
	case SMTP_EVENT_CLOSE:
		if (event->reason != REASON_NONE)
			refused(s, "session", event->reason);
		close_after_replies(s, event->reason != REASON_NONE);
		return false;
	}
	return true;
}

/* --- bytes ----------------------------------------------------------------------- */

static size_t feed(struct session *s, struct evbuffer *input, struct smtp_event *event)
{
	size_t n = evbuffer_get_contiguous_space(input);
	bool more = evbuffer_get_length(input) > n;
	struct bytes in = {n > 0 ? evbuffer_pullup(input, (ev_ssize_t)n) : NULL, n};
	size_t used = smtp_server_read(s->server, in, more, event);

	if (event->kind == SMTP_EVENT_BODY)
		take_body(s, event->body);
	evbuffer_drain(input, used);
	return used;
}

/* Reads while there is something to read and somebody takes our replies. */
static void pump(struct session *s)
{
	struct evbuffer *input = bufferevent_get_input(s->stream), *output = bufferevent_get_output(s->stream);
	bool moved = false;

	while (!s->closing && !s->upgrading && !s->busy) {
		struct smtp_event event;
		size_t used = feed(s, input, &event);
		if (!handle(s, &event))
			return;
		bool said = smtp_server_replies(s->server)->len > 0;
		send_replies(s);
		moved = moved || said || (used > 0 && smtp_server_phase(s->server) == SMTP_PHASE_DATA);
		if (used == 0 && event.kind == SMTP_EVENT_NONE)
			break;
		if (evbuffer_get_length(output) > LIMIT_SMTP_UNSENT) {
			bufferevent_disable(s->stream, EV_READ);
			break;
		}
	}
	if (s->closing) {
		close_after_replies(s, true);
		return;
	}
	if (s->host->stopping && !s->busy && smtp_server_phase(s->server) == SMTP_PHASE_COMMAND) {
		smtp_server_end(s->server, REASON_SMTP_STOPPING);
		close_after_replies(s, true);
		return;
	}
	if (moved || s->busy)
		set_deadline(s);
}

static void on_read(struct bufferevent *stream, void *context)
{
	struct session *s = context;
	(void)stream;

	if (s->lingering)
		throw_away(s);
	else
		pump(s);
}

static void on_event(struct bufferevent *stream, short what, void *context);
static void on_written(struct bufferevent *stream, void *context);

/* The 220 is out: from the next byte on it is TLS. */
static void upgrade(struct session *s)
{
	evutil_socket_t fd = bufferevent_getfd(s->stream);

	if (evbuffer_get_length(bufferevent_get_input(s->stream)) > 0) {
		refused(s, "session", REASON_SMTP_STARTTLS_INJECTION);
		session_free(s);
		return;
	}
	SSL *tls = tls_server_session(s->host->tls);
	struct bufferevent *secure = NULL;
	if (tls != NULL)   /* no memory: whether it has freed the session then depends on libevent's version */
		secure = bufferevent_openssl_socket_new(s->host->base, fd, tls, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (secure == NULL) {
		session_free(s);
		return;
	}
	bufferevent_setfd(s->stream, -1);
	bufferevent_free(s->stream);
	s->stream = secure;
	s->tls = tls;
	s->upgrading = false;
	bufferevent_setcb(secure, on_read, on_written, on_event, s);
	bufferevent_setwatermark(secure, EV_READ, 0, LIMIT_SMTP_MEMORY);
	bufferevent_enable(secure, EV_READ | EV_WRITE);
	set_deadline(s);
}

/* Called when all replies are out. */
static void on_written(struct bufferevent *stream, void *context)
{
	struct session *s = context;

	if (evbuffer_get_length(bufferevent_get_output(stream)) > 0)
		return;
	if (s->closing) {
		last_word_said(s);
	} else if (s->upgrading) {
		upgrade(s);
	} else if ((bufferevent_get_enabled(stream) & EV_READ) == 0) {
		bufferevent_enable(stream, EV_READ);
		pump(s);
	}
}

static struct bytes keep(struct arena *arena, struct bytes text)
{
	return text.len > 0 ? arena_copy(arena, text) : BYTES_NONE;
}

/* Who is there is kept in an arena cut to measure: a thousand sessions may wait with it. */
static void secured(struct session *s)
{
	struct arena *wide = arena_create(PEER_ROOM);

	tls_peer_read(wide, s->tls, &s->peer);
	size_t room = s->peer.name.len + s->peer.serial.len + s->peer.fingerprint.len + 256;
	s->peer_arena = arena_create(room);
	s->peer.name = keep(s->peer_arena, s->peer.name);
	s->peer.serial = keep(s->peer_arena, s->peer.serial);
	s->peer.fingerprint = keep(s->peer_arena, s->peer.fingerprint);
	arena_destroy(&wide);
	smtp_server_secured(s->server);
	if (s->peer.status != TLS_PEER_GOOD)
		refused(s, "certificate", s->peer.status == TLS_PEER_NONE ? REASON_PEER_NO_CERTIFICATE
									  : REASON_PEER_CERTIFICATE_UNTRUSTED);
	set_deadline(s);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
	struct session *s = context;
	(void)stream;

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		secured(s);
		return;
	}
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
		return;
	if (smtp_server_phase(s->server) == SMTP_PHASE_TLS && s->tls != NULL)
		refused(s, "handshake", REASON_SMTP_TLS_FAILED);
	session_free(s);
}

/* --- public ---------------------------------------------------------------------- */

static void address_text(const struct sockaddr *address, char out[ADDRESS_TEXT])
{
	const void *raw = NULL;

	if (address->sa_family == AF_INET)
		raw = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	if (address->sa_family == AF_INET6)
		raw = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (raw == NULL || inet_ntop(address->sa_family, raw, out, ADDRESS_TEXT) == NULL)
		memcpy(out, "local", sizeof "local");
}

static bool too_many(const struct session_host *host, const char *address)
{
	size_t same = 0;
	for (const struct session *s = host->first; s != NULL; s = s->next)
		same += strcmp(s->address, address) == 0;
	return host->n >= LIMIT_SMTP_CONNECTIONS || same >= LIMIT_SMTP_CONNECTIONS_PEER;
}

static void turn_away(int fd, const char *address, enum reason reason)
{
	struct buf line = buf_make(LIMIT_REPLY_LINE);

	smtp_server_refusal(&line, reason);
	ssize_t n = send(fd, line.data, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)n;   /* a peer that does not listen is turned away all the same */
	buf_free(&line);
	close(fd);
	log_event("refused", LOG_TEXT("step", "connection"), LOG_REASON(reason), LOG_TEXT("peer", address), LOG_END);
}

static struct session *session_new(struct session_host *host, int fd)
{
	struct arena *arena = arena_create(SESSION_ROOM);
	struct session *s = arena_alloc(arena, sizeof *s);

	*s = (struct session){.host = host, .arena = arena, .mail = mail_make(), .asked_domain = buf_make(LIMIT_SMTP_DOMAIN),
			      .asked_local = buf_make(LIMIT_SMTP_LOCAL_PART), .ends = now() + LIMIT_SMTP_SESSION_SECONDS};
	s->server = smtp_server_open(arena, host->hostname);
	s->timer = event_new(host->base, -1, 0, on_timer, s);
	/* Last: from here on the descriptor is the stream's. */
	if (s->server != NULL && s->timer != NULL)
		s->stream = bufferevent_socket_new(host->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (s->stream != NULL)
		return s;
	smtp_server_close(s->server);
	if (s->timer != NULL)
		event_free(s->timer);
	arena_destroy(&arena);
	return NULL;
}

void session_open(struct session_host *host, int fd, const struct sockaddr *address)
{
	char text[ADDRESS_TEXT], early;

	address_text(address, text);
	if (host->stopping || too_many(host, text)) {
		turn_away(fd, text, host->stopping ? REASON_SMTP_STOPPING : REASON_SMTP_BUSY);
		return;
	}
	struct session *s = session_new(host, fd);
	if (s == NULL) {
		turn_away(fd, text, REASON_MEMORY);
		return;
	}
	memcpy(s->address, text, sizeof text);
	s->next = host->first;
	s->link = &host->first;
	if (s->next != NULL)
		s->next->link = &s->next;
	host->first = s;
	host->n++;
	const int on = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	bufferevent_setcb(s->stream, on_read, on_written, on_event, s);
	bufferevent_setwatermark(s->stream, EV_READ, 0, LIMIT_SMTP_MEMORY);
	bufferevent_enable(s->stream, EV_READ | EV_WRITE);
	if (smtp_server_greet(s->server, recv(fd, &early, 1, MSG_PEEK | MSG_DONTWAIT) > 0)) {
		refused(s, "session", REASON_SMTP_PIPELINING);
		close_after_replies(s, true);
		return;
	}
	send_replies(s);
	set_deadline(s);
}

/* What the job was about, told to the machine and to the log. */
static void answer(struct session *s, enum reason reason)
{
	static const char *const steps[] = {
		[POOL_SENDER] = "sender", [POOL_RECIPIENT] = "recipient", [POOL_MESSAGE] = "message"};
	char id[32] = "";

	if (reason != REASON_NONE)
		refused(s, steps[s->job.work], reason);
	if (s->job.work == POOL_SENDER && reason == REASON_NONE)
		mail_begin(&s->mail, &s->sender, &s->peer);
	if (s->job.work == POOL_RECIPIENT && reason == REASON_NONE)
		mail_recipient(&s->mail, &s->recipient, s->host->domain);
	if (s->job.work == POOL_MESSAGE && reason == REASON_NONE) {
		struct buf text = buf_make(sizeof id - 1);
		buf_printf(&text, "R%lld", (long long)s->job.inbox);
		memcpy(id, text.data, text.len);
		buf_free(&text);
		log_event("accepted", LOG_NUMBER("inbox", s->job.inbox), LOG_NUMBER("size", s->mail.body.size),
			  LOG_NUMBER("recipients", s->mail.n), LOG_TEXT("peer", s->address), LOG_BYTES("name", s->peer.name), LOG_END);
	}
	if (s->job.work == POOL_MESSAGE)
		mail_clear(&s->mail, s->host->spool);
	smtp_server_answer(s->server, reason, id[0] != '\0' ? id : NULL);
}

void session_job_done(struct pool_job *job)
{
	struct session *s = job->owner;

	s->busy = false;
	answer(s, job->reason);
	if (s->gone) {
		session_free(s);
		return;
	}
	send_replies(s);
	set_deadline(s);
	pump(s);
}

void sessions_stop(struct session_host *host)
{
	host->stopping = true;
	for (struct session *s = host->first, *next; s != NULL; s = next) {
		next = s->next;
		enum smtp_phase phase = smtp_server_phase(s->server);
		if (s->closing || s->busy || phase == SMTP_PHASE_DATA)
			continue;
		if (phase == SMTP_PHASE_TLS) {
			session_free(s);
			continue;
		}
		smtp_server_end(s->server, REASON_SMTP_STOPPING);
		close_after_replies(s, true);
	}
}

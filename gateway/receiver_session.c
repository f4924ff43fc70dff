/* gateway/receiver_session.c - see receiver_session.h. */
#include "gateway/receiver_session_private.h"

#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "base/fault.h"
#include "base/limits.h"
#include "gateway/log.h"

enum { SESSION_ROOM = 4096, PEER_ROOM = 256 * 1024 };

_Static_assert(sizeof(struct session) < SESSION_ROOM / 2, "a session and its machine fit in their arena");

uint64_t session_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static time_t now(void)
{
	return (time_t)(session_now_ms() / 1000);
}

void session_refused(const struct session *s, const char *step, enum reason reason)
{
	log_event("refused", LOG_TEXT("step", step), LOG_REASON(reason), LOG_TEXT("peer", s->address),
		  LOG_BYTES("name", s->peer.name), LOG_TEXT("why", s->peer.why), LOG_END);
	told_add(&s->host->told, s->mode == SMTP_MODE_TRANSFER ? s->address : NULL, step, reason);
}

/* --- life ---------------------------------------------------------------------- */

static void handshake_over(struct session *s)
{
	s->host->handshakes -= s->shaking;
	s->shaking = false;
}

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
	handshake_over(s);
	mail_clear(&s->mail, host->spool);
	buf_free(&s->asked_domain);
	buf_free(&s->asked_local);
	smtp_server_close(s->server);
	event_free(s->timer);
	if (s->tls != NULL)
		tls_goodbye(s->tls);
	bufferevent_free(s->stream);
	arena_destroy(&s->peer_arena);
	arena_wipe(&s->person_arena);
	arena_wipe(&s->job_arena);
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

/* When the message under way has taken too long, or comes too slowly. */
static time_t data_ends(const struct session *s)
{
	time_t whole = s->data_began + LIMIT_SMTP_DATA_SECONDS, slow = rate_slow_at(s->data_began, s->data_received);
	return slow < whole ? slow : whole;
}

/* The deadline of what is awaited. It is set when something was completed; single bytes do not move it, but in a message,
 * where they move the idle deadline, and the one of its rate by what they weigh. */
static void set_deadline(struct session *s)
{
	time_t left = s->ends - now(), span = LIMIT_SMTP_COMMAND_SECONDS;

	if (s->lingering)
		span = s->host->stopping ? 1 : LIMIT_SMTP_LINGER_SECONDS;   /* a command that was on its way is told 421, too */
	else if (s->closing)
		span = LIMIT_SMTP_HANDSHAKE_SECONDS;
	else if (smtp_server_phase(s->server) == SMTP_PHASE_TLS)
		span = LIMIT_SMTP_HANDSHAKE_SECONDS;
	else if (smtp_server_phase(s->server) == SMTP_PHASE_DATA) {
		span = LIMIT_SMTP_DATA_IDLE_SECONDS;
		left = data_ends(s) - now();
	}
	if (s->busy)
		event_del(s->timer);   /* the database has its own time limits */
	else
		wait_for(s, span < left ? span : left);
}

static void send_replies(struct session *s)
{
	struct buf *replies = smtp_server_replies(s->server);

	if (replies->len > 0 && FAULT(FAULT_SEND))
		s->closing = true;
	else if (replies->len > 0)
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

	if (!s->refusing || s->lingering) {
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
	bool slow = smtp_server_phase(s->server) == SMTP_PHASE_DATA && now() >= rate_slow_at(s->data_began, s->data_received);
	smtp_server_end(s->server, slow ? REASON_SMTP_SLOW : REASON_SMTP_TIME);
	close_after_replies(s, true);
}

/* --- what the machine asks ------------------------------------------------------- */

static void take_body(struct session *s, struct bytes piece)
{
	enum reason reason = spool_add(s->host->spool, &s->mail.body, piece);
	if (reason == REASON_NONE)
		return;
	session_refused(s, "body", reason);
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
		if (s->host->handshakes >= LIMIT_SMTP_HANDSHAKES) {
			session_refused(s, "handshake", REASON_SMTP_TLS_BUSY);
			smtp_server_answer(s->server, REASON_SMTP_TLS_BUSY, NULL);
			break;
		}
		smtp_server_answer(s->server, REASON_NONE, NULL);
		s->shaking = true;
		s->host->handshakes++;
		bufferevent_disable(s->stream, EV_READ);
		s->upgrading = true;
		send_replies(s);
		set_deadline(s);
		return false;
	case SMTP_EVENT_AUTH:
	case SMTP_EVENT_SENDER:
	case SMTP_EVENT_RECIPIENT:
	case SMTP_EVENT_MESSAGE:
		session_ask(s, event);
		break;
	case SMTP_EVENT_DATA:
		s->data_began = now();
		s->data_received = 0;
		break;
	case SMTP_EVENT_RESET:
		if (event->reason != REASON_NONE)
			session_refused(s, "message", event->reason);
		mail_clear(&s->mail, s->host->spool);
		break;
	case SMTP_EVENT_CLOSE:
		if (event->reason != REASON_NONE)
			session_refused(s, "session", event->reason);
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

	s->data_received += used;
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
		session_refused(s, "session", REASON_SMTP_STARTTLS_INJECTION);
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

	handshake_over(s);
	tls_peer_read(wide, s->tls, &s->peer);
	size_t room = s->peer.name.len + s->peer.serial.len + s->peer.fingerprint.len + s->peer.path.len + s->peer.crls.len + 256;
	s->peer_arena = arena_create(room);
	s->peer.name = keep(s->peer_arena, s->peer.name);
	s->peer.serial = keep(s->peer_arena, s->peer.serial);
	s->peer.fingerprint = keep(s->peer_arena, s->peer.fingerprint);
	s->peer.path = keep(s->peer_arena, s->peer.path);
	s->peer.crls = keep(s->peer_arena, s->peer.crls);
	arena_destroy(&wide);
	smtp_server_secured(s->server, s->peer.status == TLS_PEER_GOOD);
	/* Persons who submit have none. */
	if (s->peer.status == TLS_PEER_UNTRUSTED || (s->peer.status == TLS_PEER_NONE && s->mode == SMTP_MODE_TRANSFER))
		session_refused(s, "certificate", s->peer.reason);
	/* Who submits by token may show a certificate of whatever authority: its words are no evidence, and are not kept. */
	if (s->peer.status != TLS_PEER_GOOD && s->mode == SMTP_MODE_SUBMISSION)
		s->peer.name = s->peer.serial = s->peer.fingerprint = s->peer.path = s->peer.crls = BYTES_NONE;
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
		session_refused(s, "handshake", REASON_SMTP_TLS_FAILED);
	session_free(s);
}

/* --- public ---------------------------------------------------------------------- */

static struct session *session_new(struct session_host *host, int fd, enum smtp_mode mode)
{
	struct arena *arena = arena_create(SESSION_ROOM);
	struct session *s = arena_alloc(arena, sizeof *s);

	*s = (struct session){.host = host, .mode = mode, .arena = arena, .mail = mail_make(), .asked_domain = buf_make(LIMIT_SMTP_DOMAIN),
			      .asked_local = buf_make(LIMIT_SMTP_LOCAL_PART), .ends = now() + LIMIT_SMTP_SESSION_SECONDS};
	s->server = smtp_server_open(arena, host->hostname, mode);
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

void session_open(struct session_host *host, int fd, const struct sockaddr *address, enum smtp_mode mode)
{
	char text[ADDRESS_TEXT], early;
	unsigned char network[NETWORK_MAX] = {0};
	size_t len = door_network(address, network);

	door_address(address, text);
	enum reason reason = door_closed(host, text, (struct bytes){network, len});
	if (reason != REASON_NONE) {
		door_turn_away(fd, text, reason);
		told_add(&host->told, mode == SMTP_MODE_TRANSFER ? text : NULL, "connection", reason);
		return;
	}
	struct session *s = session_new(host, fd, mode);
	if (s == NULL) {
		door_turn_away(fd, text, REASON_MEMORY);
		return;
	}
	memcpy(s->network_bytes, network, len);
	s->network = (struct bytes){s->network_bytes, len};
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
		session_refused(s, "session", REASON_SMTP_PIPELINING);
		close_after_replies(s, true);
		return;
	}
	send_replies(s);
	set_deadline(s);
}

void session_job_done(struct pool_job *job)
{
	struct session *s = job->owner;

	s->busy = false;
	session_answer(s, job->reason);
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

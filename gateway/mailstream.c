/* gateway/mailstream.c - see mailstream.h.
 *
 * 1. One gate for trouble: fail(). The first trouble stays; after it nothing is read or written.
 * 2. Every wait ends at the armed deadline, whatever trickles in.
 * 3. At the end of the connection the library is told -1, never 0: a 0 makes its literal reader turn for ever. */
#include "gateway/mailstream.h"

#include "base/fault.h"
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small, because the library reads two buffers of a body before it hands any of it on (and out of the budget). */
enum { STREAM_BUFFER = 4096, STREAM_FACTS = 64 * 1024, STREAM_FACTS_MEMORY = 2 * 1024 * 1024 };

struct stream {
	int fd;
	SSL *tls;         /* NULL while in clear */
	mailstream *mail; /* NULL once closed */
	enum stream_trouble trouble;
	size_t budget;
	int64_t deadline;    /* monotonic, milliseconds */
	bool secure;         /* the handshake is done and the peer is who we asked for */
	struct arena *arena; /* of facts and peer_name */
	struct bytes facts, peer_name;
};

static void fail(struct stream *s, enum stream_trouble trouble)
{
	if (s->trouble == STREAM_FINE)
		s->trouble = trouble;
}

/* --- waiting --------------------------------------------------------------- */

static bool ready(struct stream *s, short events)
{
	int on = 1;

	/* A server that answers piece by piece may wait for our acknowledgement of one before it sends the next: a twenty-fifth of a
	 * second for each. The kernel forgets this after some packets; it does no harm on a local socket. */
	if (events == POLLIN)
		(void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
	if (stream_poll(s->fd, events, s->deadline))
		return true;
	fail(s, STREAM_TIME);
	return false;
}

/* What an input or output that did not succeed means. True: try again, the descriptor is ready. */
static bool again(struct stream *s, enum tls_step step)
{
	switch (step) {
	case TLS_WANT_READ:
		return ready(s, POLLIN);
	case TLS_WANT_WRITE:
		return ready(s, POLLOUT);
	case TLS_CLOSED:
		fail(s, STREAM_CLOSED);
		return false;
	default:
		fail(s, STREAM_FAILED);
		return false;
	}
}

static enum tls_step plain_trouble(enum tls_step want)
{
	if (errno == EAGAIN || errno == EINTR)
		return want;
	return errno == ECONNRESET || errno == EPIPE ? TLS_CLOSED : TLS_FAILED;
}

static enum tls_step read_some(struct stream *s, void *to, size_t room, size_t *got)
{
	if (s->tls)
		return tls_read(s->tls, to, room, got);
	ssize_t n = recv(s->fd, to, room, 0);
	if (n < 0)
		return plain_trouble(TLS_WANT_READ);
	*got = (size_t)n;
	return n == 0 ? TLS_CLOSED : TLS_DONE;
}

static enum tls_step write_some(struct stream *s, const void *from, size_t len, size_t *gone)
{
	if (s->tls)
		return tls_write(s->tls, from, len, gone);
	ssize_t n = send(s->fd, from, len, MSG_NOSIGNAL);
	if (n < 0)
		return plain_trouble(TLS_WANT_WRITE);
	*gone = (size_t)n;
	return TLS_DONE;
}

/* --- the library's driver -------------------------------------------------- */

static ssize_t driver_read(mailstream_low *low, void *to, size_t room)
{
	struct stream *s = low->data;
	size_t got = 0;

	if (s->trouble == STREAM_FINE && s->budget == 0)
		fail(s, STREAM_FLOOD);
	if (s->trouble != STREAM_FINE || room == 0)
		return -1;
	if (room > s->budget)
		room = s->budget;
	/* Looked at before each read: a peer that sends a byte a second is always ready. */
	if (stream_now() >= s->deadline) {
		fail(s, STREAM_TIME);
		return -1;
	}
	for (;;) {
		enum tls_step step = read_some(s, to, room, &got);
		if (step == TLS_DONE)
			break;
		if (!again(s, step))
			return -1;
	}
	s->budget -= got;
	return (ssize_t)got;
}

static ssize_t driver_write(mailstream_low *low, const void *from, size_t len)
{
	struct stream *s = low->data;
	size_t gone = 0;

	if (s->trouble != STREAM_FINE)
		return -1;
	if (FAULT(FAULT_SEND)) {
		fail(s, STREAM_CLOSED);
		return -1;
	}
	if (stream_now() >= s->deadline) {
		fail(s, STREAM_TIME);
		return -1;
	}
	for (;;) {
		enum tls_step step = write_some(s, from, len, &gone);
		if (step == TLS_DONE)
			return (ssize_t)gone;
		if (!again(s, step))
			return -1;
	}
}

/* The library may close the stream by itself: then it frees its part, and ours must know. */
static int driver_close(mailstream_low *low)
{
	struct stream *s = low->data;
	fail(s, STREAM_CLOSED);
	s->mail = NULL;
	return 0;
}

static int driver_fd(mailstream_low *low)
{
	return ((struct stream *)low->data)->fd;
}

/* mailstream_low_free() hands the whole structure to the driver, which was made with malloc by mailstream_low_new. */
static void driver_free(mailstream_low *low)
{
	free(low);
}

static void driver_cancel(mailstream_low *low)
{
	stream_abandon(low->data);
}

static struct mailstream_cancel *driver_no_cancel(mailstream_low *low)
{
	(void)low;
	return NULL;
}

static carray *driver_no_chain(mailstream_low *low)
{
	(void)low;
	return NULL;
}

static int driver_no_idle(mailstream_low *low)
{
	(void)low;
	return -1;
}

static const mailstream_low_driver driver = {
	.mailstream_read = driver_read,
	.mailstream_write = driver_write,
	.mailstream_close = driver_close,
	.mailstream_get_fd = driver_fd,
	.mailstream_free = driver_free,
	.mailstream_cancel = driver_cancel,
	.mailstream_get_cancel = driver_no_cancel,
	.mailstream_get_certificate_chain = driver_no_chain,
	.mailstream_setup_idle = driver_no_idle,
	.mailstream_unsetup_idle = driver_no_idle,
	.mailstream_interrupt_idle = driver_no_idle,
};

/* --- connecting ------------------------------------------------------------ */

/* Takes the descriptor; NULL without memory, and the descriptor is closed then. */
static struct stream *stream_on(int fd)
{
	struct arena *arena = arena_create(STREAM_FACTS_MEMORY);
	struct stream *s = arena ? arena_try(arena, sizeof(*s)) : NULL;
	mailstream_low *low = s ? mailstream_low_new(s, (mailstream_low_driver *)&driver) : NULL;
	mailstream *mail = low ? mailstream_new(low, STREAM_BUFFER) : NULL;

	if (!mail) {
		free(low);
		arena_destroy(&arena);
		close(fd);
		return NULL;
	}
	*s = (struct stream){.fd = fd, .mail = mail, .deadline = stream_now(), .arena = arena};
	return s;
}

enum reason stream_open(const struct stream_target *target, unsigned connect_ms, struct stream **out)
{
	int fd = stream_connect(target, connect_ms);
	if (fd < 0)
		return REASON_DELIVER_CONNECT;
	*out = stream_on(fd);
	return *out ? REASON_NONE : REASON_MEMORY;
}

void stream_close(struct stream **at)
{
	struct stream *s = *at;
	if (!s)
		return;
	*at = NULL;
	if (s->secure && s->trouble == STREAM_FINE)
		tls_goodbye(s->tls);
	/* What the library still holds in its buffer must not leave: a dead stream refuses to write. */
	fail(s, STREAM_CLOSED);
	if (s->mail)
		mailstream_close(s->mail);
	tls_session_close(&s->tls);
	close(s->fd);
	struct arena *arena = s->arena;
	arena_destroy(&arena); /* s lies in it */
}

mailstream *stream_mail(struct stream *s)
{
	return s->mail;
}

void stream_arm(struct stream *s, size_t budget, unsigned ms)
{
	s->budget = budget;
	s->deadline = stream_now() + ms;
}

void stream_refund(struct stream *s, size_t n)
{
	s->budget += n;
}

void stream_forget(struct stream *s)
{
	if (s->mail && s->mail->write_buffer_len == 0)
		secret_wipe(s->mail->write_buffer, s->mail->buffer_max_size);
}

enum stream_trouble stream_trouble(const struct stream *s)
{
	return s->trouble;
}

void stream_abandon(struct stream *s)
{
	fail(s, STREAM_FAILED);
}

/* --- TLS ------------------------------------------------------------------- */

static enum reason handshake(struct stream *s)
{
	for (;;) {
		enum tls_step step = tls_handshake(s->tls);
		if (step == TLS_DONE)
			return REASON_NONE;
		if (step == TLS_UNVERIFIED) {
			fail(s, STREAM_FAILED);
			return tls_verify_reason(s->tls) == REASON_PEER_CRL ? REASON_DELIVER_CRL : REASON_DELIVER_CERTIFICATE;
		}
		if (!again(s, step))
			return s->trouble == STREAM_CLOSED ? REASON_DELIVER_DROPPED : REASON_DELIVER_TLS;
	}
}

enum reason stream_secure(struct stream *s, struct tls_context *context, const char *server_name, unsigned ms)
{
	assert(!s->tls);
	if (s->trouble != STREAM_FINE || !s->mail)
		return REASON_DELIVER_DROPPED;
	/* RFC 3207 6: what came before the handshake is not to be believed, let alone be read after it. */
	if (s->mail->read_buffer_len > 0) {
		fail(s, STREAM_FAILED);
		return REASON_DELIVER_PROTOCOL;
	}
	enum reason reason = tls_client_prepare(context, s->fd, server_name, &s->tls);
	if (reason != REASON_NONE) {
		fail(s, STREAM_FAILED);
		return reason;
	}
	s->deadline = stream_now() + ms;
	reason = handshake(s);
	if (reason != REASON_NONE)
		return reason;
	struct tls_peer peer;
	tls_peer_read(s->arena, s->tls, &peer);
	s->secure = true;
	s->facts = tls_facts(s->arena, s->tls);
	s->peer_name = peer.status == TLS_PEER_GOOD ? peer.name : BYTES_NONE;
	return REASON_NONE;
}

const char *stream_verify_text(const struct stream *s)
{
	return s->tls ? tls_verify_text(s->tls) : "";
}

bool stream_is_secure(const struct stream *s)
{
	return s->secure;
}

struct bytes stream_tls_facts(const struct stream *s)
{
	return s->facts.len == 0 || s->facts.len > STREAM_FACTS ? BYTES_NONE : s->facts;
}

struct bytes stream_peer_name(const struct stream *s)
{
	return s->peer_name;
}

bool stream_wait(struct stream *s, int also_fd, unsigned ms)
{
	int64_t deadline = stream_now() + ms;

	/* Bytes already decrypted or already in the library's buffer never wake a poll. */
	if (s->trouble != STREAM_FINE || !s->mail || s->mail->read_buffer_len > 0 ||
	    (s->tls && tls_pending(s->tls) > 0))
		return true;
	for (;;) {
		struct pollfd p[2] = {{.fd = s->fd, .events = POLLIN}, {.fd = also_fd, .events = POLLIN}};
		int64_t left = deadline - stream_now();
		int n = poll(p, 2, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return p[0].revents != 0;
		if (n == 0 || errno != EINTR)
			return n != 0;
	}
}

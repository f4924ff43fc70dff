/* gateway/clamd.c - see clamd.h. */
#include "gateway/clamd.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"

/* --- the answer --------------------------------------------------------------------------- */

static bool is_name(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.at[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '/' || c == ':';
		if (!good)
			return false;
	}
	return name.len > 0 && name.len <= CLAMD_NAME;
}

struct clamd_verdict clamd_answer(struct bytes answer)
{
	static const struct bytes stream = BYTES_OF("stream: "), found = BYTES_OF(" FOUND");
	struct clamd_verdict v = {.reason = REASON_ANTIVIRUS_ERROR};

	if (bytes_equal_text(answer, "INSTREAM size limit exceeded. ERROR")) {
		v.reason = REASON_ANTIVIRUS_SIZE;
	} else if (bytes_equal_text(answer, "stream: OK")) {
		v.reason = REASON_NONE;
	} else if (bytes_starts(answer, stream) && bytes_ends(answer, found) && answer.len > stream.len + found.len) {
		struct bytes name = bytes_slice(answer, stream.len, answer.len - stream.len - found.len);
		/* With AlertExceedsMax clamd "finds" what it did not scan to its end. */
		v.reason = bytes_starts(name, BYTES("Heuristics.Limits.Exceeded")) ? REASON_ANTIVIRUS_SIZE : REASON_MAIL_VIRUS;
		/* Found is found, whatever it is called. */
		if (is_name(name))
			memcpy(v.name, name.at, name.len);
	}
	return v;
}

/* --- the conversation ------------------------------------------------------------------------ */

struct talk {
	int socket;
	int64_t due_ms;
	unsigned char answer[LIMIT_CLAMD_ANSWER];
	size_t n;
	bool ended;                  /* the answer is whole */
	bool broken;                 /* it never will be */
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void receive(struct talk *t)
{
	ssize_t got = recv(t->socket, t->answer + t->n, sizeof t->answer - t->n, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		t->broken = true;
		return;
	}
	t->n += (size_t)got;
	t->ended = memchr(t->answer, 0, t->n) != NULL;
	/* One answer and nothing behind it; one that fills the room is none. */
	t->broken = t->ended ? t->answer[t->n - 1] != 0 || memchr(t->answer, 0, t->n) != t->answer + t->n - 1 : t->n == sizeof t->answer;
}

/* Until it can be written to, or has answered; false when it is over. */
static bool wait(struct talk *t, short events)
{
	int64_t left = t->due_ms - now_ms();
	struct pollfd p = {.fd = t->socket, .events = events};

	if (left <= 0)
		return false;
	int ready = poll(&p, 1, (int)left);
	if (ready < 0 && errno != EINTR)
		return false;
	if ((p.revents & POLLIN) != 0 || (p.revents & (POLLHUP | POLLERR)) != 0)
		receive(t);
	return true;
}

/* False when nothing more can be written: it has answered, hung up, or time is over. */
static bool put(struct talk *t, struct bytes piece)
{
	while (piece.len > 0) {
		if (t->ended || t->broken || !wait(t, POLLIN | POLLOUT) || t->ended || t->broken)
			return false;
		ssize_t sent = send(t->socket, piece.at, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		piece = bytes_from(piece, sent > 0 ? (size_t)sent : 0);
	}
	return true;
}

static bool put_chunk(struct talk *t, struct bytes chunk)
{
	const unsigned char head[4] = {(unsigned char)(chunk.len >> 24), (unsigned char)(chunk.len >> 16), (unsigned char)(chunk.len >> 8), (unsigned char)chunk.len};

	return put(t, (struct bytes){head, sizeof head}) && put(t, chunk);
}

static bool answered(struct talk *t)
{
	while (!t->ended && !t->broken && wait(t, POLLIN))
		;
	return t->ended && !t->broken;
}

bool clamd_ping(int socket, unsigned deadline_ms)
{
	struct talk t = {.socket = socket, .due_ms = now_ms() + deadline_ms};

	return put(&t, BYTES("zPING\0")) && answered(&t) && bytes_equal_text((struct bytes){t.answer, t.n - 1}, "PONG");
}

struct clamd_verdict clamd_scan(int socket, struct bytes content, unsigned deadline_ms)
{
	struct talk t = {.socket = socket, .due_ms = now_ms() + deadline_ms};
	bool more = put(&t, BYTES("zINSTREAM\0"));

	for (size_t i = 0; more && i < content.len; i += LIMIT_CHUNK)
		more = put_chunk(&t, bytes_slice(content, i, LIMIT_CHUNK));
	if (more)
		more = put_chunk(&t, BYTES_NONE);
	/* Whoever was cut short may have been told why. One that does not take all of it in time is silent: only who hangs up in the middle is away. */
	if (!answered(&t))
		return (struct clamd_verdict){.reason = more || !t.broken ? REASON_ANTIVIRUS_SILENT : REASON_ANTIVIRUS_AWAY};
	struct clamd_verdict v = clamd_answer((struct bytes){t.answer, t.n - 1});
	/* Clean is only what was looked at whole. */
	if (!more && v.reason == REASON_NONE)
		v.reason = REASON_ANTIVIRUS_ERROR;
	return v;
}

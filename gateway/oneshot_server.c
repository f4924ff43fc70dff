/* gateway/oneshot_server.c - the server of oneshot.h.
 *
 * 1. One loop, no thread: the listening socket, the clients and a signal descriptor are polled together.
 * 2. A client has at most one child; its next request is not read before the status of the last was sent.
 * 3. A client that hangs up has its child killed: the deadline is the client's.
 * 4. After a child that a signal ended (other than ours of point 3) nothing new is begun; the children under way
 *    end, their statuses are sent, and the server exits 1.
 * 5. The parent keeps nothing of a request: its buffer is wiped and its copies of the descriptors are closed
 *    before the next is read. */
#include "gateway/oneshot.h"

#include "base/buf.h"
#include "base/fault.h"
#include "base/secret.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/oneshot_wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, STATUS_BAD_PAYLOAD = 65, STATUS_NO_READER = 74 };

struct client {
	int socket;      /* -1: the place is free, unless a child is still to be reaped */
	pid_t child;     /* 0 = none */
	bool killed;     /* by us, because the client hung up */
};

struct server {
	const struct oneshot_server *given;
	struct client clients[CLIENTS_MAX];
	int signals;
	sigset_t before;
	bool finishing;
	int status;
	size_t request_len;
	unsigned char request[ONESHOT_REQUEST];
};

struct taken {
	int payload, answer;
};

static void forget(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

static void hang_up(struct client *c)
{
	forget(&c->socket);
	if (c->child > 0) {
		c->killed = true;
		kill(c->child, SIGKILL);
	}
}

/* --- the child ------------------------------------------------------------ */

static void child_alone(const struct server *s)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(s->given->socket);
	close(s->signals);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s->clients[i].socket >= 0 && s->clients[i].socket != s->given->socket)
			close(s->clients[i].socket);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
}

/* The payload, mapped; the child ends when it is not what oneshot.h promises. */
static struct bytes child_payload(int file)
{
	struct stat about;
	int seals = fcntl(file, F_GET_SEALS);

	if (seals < 0 || (seals & WIRE_SEALS) != WIRE_SEALS || fstat(file, &about) != 0 || about.st_size < 0)
		_exit(STATUS_BAD_PAYLOAD);
	if (about.st_size == 0)
		return BYTES_NONE;
	void *at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (at == MAP_FAILED)
		_exit(STATUS_BAD_PAYLOAD);
	return (struct bytes){at, (size_t)about.st_size};
}

_Noreturn static void child_main(const struct server *s, struct taken t)
{
	struct bytes request = {s->request, s->request_len};

	child_alone(s);
	struct bytes payload = child_payload(t.payload);
	close(t.payload);
	jail_limits(s->given->cpu_seconds, s->given->memory);
	if (s->given->narrow != NULL)
		s->given->narrow();
	s->given->handler(s->given->warm, request, payload, t.answer);
	_exit(0);
}

/* --- requests -------------------------------------------------------------- */

static struct taken take_descriptors(struct msghdr *message)
{
	struct taken t = {-1, -1};
	int got[WIRE_DESCRIPTORS] = {-1, -1};
	size_t n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int), n++) {
			int descriptor;
			memcpy(&descriptor, CMSG_DATA(c) + at, sizeof descriptor);
			if (n < WIRE_DESCRIPTORS)
				got[n] = descriptor;
			else
				close(descriptor);
		}
	}
	t.payload = got[WIRE_PAYLOAD];
	t.answer = got[WIRE_ANSWER];
	return t;
}

/* False when the client must be hung up: it closed, or it does not speak our language. */
static bool receive(struct server *s, int from, struct taken *t)
{
	union wire_control control;
	struct iovec piece = {s->request, sizeof s->request};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room,
				 .msg_controllen = sizeof control.room};

	ssize_t len = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	*t = take_descriptors(&message);
	s->request_len = (size_t)len;
	bool good = t->payload >= 0 && t->answer >= 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
	if (!good && len > 0)
		log_event("request-refused", LOG_NUMBER("size", len), LOG_END);
	return good;
}

static void begin(struct server *s, struct client *c)
{
	struct taken t = {-1, -1};

	if (!receive(s, c->socket, &t)) {
		hang_up(c);
	} else if (t.answer >= 0) {
		pid_t pid = fork();
		if (pid == 0)
			child_main(s, t);
		if (pid > 0)
			c->child = pid;
		else
			hang_up(c);   /* the client sees no status and tries again */
	}
	secret_wipe(s->request, s->request_len);
	s->request_len = 0;
	forget(&t.payload);
	forget(&t.answer);
}

/* --- children that ended ------------------------------------------------------ */

static void send_status(struct client *c, int status)
{
	uint32_t value = (uint32_t)status;
	unsigned char wire[WIRE_STATUS] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
					   (unsigned char)(value >> 8), (unsigned char)value};
	if (send(c->socket, wire, sizeof wire, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof wire)
		forget(&c->socket);
}

static void ended(struct server *s, struct client *c, int status)
{
	if (WIFSIGNALED(status) && !c->killed) {
		log_event("child-killed", LOG_NUMBER("child", c->child), LOG_NUMBER("signal", WTERMSIG(status)),
			  LOG_END);
		s->finishing = true;
		s->status = 1;
	}
	if (c->socket >= 0)
		send_status(c, status);
	c->child = 0;
	c->killed = false;
}

static void reap(struct server *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (s->clients[i].child == pid)
				ended(s, &s->clients[i], status);
}

static void signalled(struct server *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info)
		if (info.ssi_signo != SIGCHLD)
			s->finishing = true;   /* asked to stop or to reload: end what is under way, exit 0 */
	reap(s);
}

/* --- the loop ------------------------------------------------------------------ */

static struct client *free_place(struct server *s)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s->clients[i].socket < 0 && s->clients[i].child == 0)
			return &s->clients[i];
	return NULL;
}

static void welcome(struct server *s)
{
	struct client *c = free_place(s);
	if (c == NULL)
		return;
	c->socket = accept4(s->given->socket, NULL, NULL, SOCK_CLOEXEC);
}

/* A free place costs nothing: poll ignores descriptor -1. */
static void wanted(struct server *s, struct pollfd polled[CLIENTS_MAX + 2])
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *c = &s->clients[i];
		polled[i] = (struct pollfd){.fd = c->socket, .events = c->child > 0 ? 0 : POLLIN};
	}
	polled[CLIENTS_MAX] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	bool take = s->given->listening && !s->finishing && free_place(s) != NULL;
	polled[CLIENTS_MAX + 1] = (struct pollfd){.fd = take ? s->given->socket : -1, .events = POLLIN};
}

static void attend(struct server *s, struct client *c, short events)
{
	if (c->socket < 0 || events == 0)
		return;
	if (c->child > 0) {
		if ((events & (POLLHUP | POLLERR)) != 0)
			hang_up(c);
	} else if ((events & POLLIN) != 0 && !s->finishing) {
		begin(s, c);
	} else {
		hang_up(c);
	}
}

static bool busy(const struct server *s)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s->clients[i].child > 0)
			return true;
	return false;
}

/* Those without a child are told at once, so that they turn to our successor. */
static void close_idle(struct server *s)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s->clients[i].child == 0)
			forget(&s->clients[i].socket);
}

static bool over(struct server *s)
{
	if (s->finishing)
		close_idle(s);
	if (busy(s))
		return false;
	return s->finishing || (!s->given->listening && s->clients[0].socket < 0);
}

static void serve(struct server *s)
{
	struct pollfd polled[CLIENTS_MAX + 2];

	while (!over(s)) {
		wanted(s, polled);
		if (poll(polled, CLIENTS_MAX + 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			log_event("poll-failed", LOG_TEXT("error", strerror(errno)), LOG_END);
			s->status = 1;
			return;
		}
		/* Signals first: a client whose child has ended is then attended as idle. */
		if (polled[CLIENTS_MAX].revents != 0)
			signalled(s);
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			attend(s, &s->clients[i], polled[i].revents);
		if (polled[CLIENTS_MAX + 1].revents != 0)
			welcome(s);
	}
}

static bool prepare(struct server *s)
{
	sigset_t ours;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		s->clients[i].socket = -1;
	if (!s->given->listening)
		s->clients[0].socket = s->given->socket;
	else if (fcntl(s->given->socket, F_SETFL, O_NONBLOCK) != 0)
		return false;
	/* A client that hung up must not kill a child: its write fails instead. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return false;
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGHUP);
	sigaddset(&ours, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &ours, &s->before) != 0)
		return false;
	s->signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals >= 0;
}

void oneshot_write(int answer_fd, struct bytes data)
{
	while (data.len > 0) {
		if (FAULT(FAULT_WRITE))
			_exit(STATUS_NO_READER);
		ssize_t n = write(answer_fd, data.at, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(STATUS_NO_READER);
		data = bytes_from(data, (size_t)n);
	}
}

int oneshot_serve(const struct oneshot_server *server)
{
	static struct server s;   /* 200 KB: too much for a stack; one server a process */

	memset(&s, 0, sizeof s);
	s.given = server;
	s.signals = -1;
	if (!prepare(&s)) {
		log_event("serve-failed", LOG_TEXT("error", strerror(errno)), LOG_END);
		return 1;
	}
	serve(&s);
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s.clients[i].socket != server->socket)
			forget(&s.clients[i].socket);
	close(s.signals);
	sigprocmask(SIG_SETMASK, &s.before, NULL);
	return s.status;
}

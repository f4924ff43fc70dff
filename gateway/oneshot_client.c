/* gateway/oneshot_client.c - the client of oneshot.h.
 *
 * 1. A request may be sent twice (its server was being replaced); reading has no effects, so that is harmless.
 * 2. The answer is read while the child writes it, and counts only with status 0.
 * 3. After anything but a whole exchange the connection is closed: the server then kills the child. */
#include "gateway/oneshot.h"

#include "base/fault.h"
#include "base/frame.h"
#include "gateway/local.h"
#include "gateway/oneshot_wire.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECT_MS = 5000,
	RETRY_MS = 20,
	STOP_MS = 2000,
	BIG_PAYLOAD = 64 * 1024,
	PIPE_ROOM = 1024 * 1024,
	OWN_MEMORY = 64 * 1024,
	SPAWN_DESCRIPTOR = 3,
};

struct oneshot {
	struct arena *arena;      /* holds this structure and its texts */
	const char *path;         /* NULL: spawned */
	const char *executable;
	char **argv;
	pid_t pid;                /* of what was spawned; 0 = none */
	int socket;               /* -1 = not connected */
};

/* How one exchange ended. */
enum ending { WHOLE, LOST, LATE, TOO_LONG, UNREACHABLE };

struct exchange {
	int64_t until;            /* monotonic milliseconds */
	int pipe;                 /* reading end; -1 after its end */
	bool told;                /* the status has come */
	uint32_t status;
	struct buf answer;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_ms(int64_t ms)
{
	struct timespec span = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&span, NULL);
}

/* --- connecting -------------------------------------------------------------- */

static void disconnect(struct oneshot *o)
{
	if (o->socket >= 0)
		close(o->socket);
	o->socket = -1;
}

static void reap(struct oneshot *o, int64_t until)
{
	if (o->pid == 0)
		return;
	while (waitpid(o->pid, NULL, WNOHANG) == 0) {
		if (now_ms() >= until)
			kill(o->pid, SIGKILL);
		pause_ms(2);
	}
	o->pid = 0;
}

static bool connect_path(struct oneshot *o, int64_t until)
{
	while ((o->socket = local_connect(o->path, SOCK_SEQPACKET, CONNECT_MS)) < 0) {
		if (now_ms() + RETRY_MS >= until)
			return false;
		pause_ms(RETRY_MS);
	}
	return true;
}

_Noreturn static void exec_server(const struct oneshot *o, int s)
{
	if (s == SPAWN_DESCRIPTOR)
		fcntl(s, F_SETFD, 0);
	else
		dup2(s, SPAWN_DESCRIPTOR);
	close_range(SPAWN_DESCRIPTOR + 1, ~0U, 0);
	execv(o->executable, o->argv);
	_exit(127);
}

static bool connect_spawned(struct oneshot *o, int64_t until)
{
	int pair[2];

	reap(o, until < now_ms() + STOP_MS ? until : now_ms() + STOP_MS);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		exec_server(o, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	o->pid = pid;
	o->socket = pair[0];
	return true;
}

static bool connected(struct oneshot *o, int64_t deadline)
{
	int64_t until = now_ms() + CONNECT_MS < deadline ? now_ms() + CONNECT_MS : deadline;
	if (o->socket >= 0)
		return true;
	if (!(o->path != NULL ? connect_path(o, until) : connect_spawned(o, until)))
		return false;
	int room = 2 * ONESHOT_REQUEST;
	setsockopt(o->socket, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	return true;
}

/* --- sending -------------------------------------------------------------------- */

static bool write_all(int file, struct bytes data)
{
	while (data.len > 0) {
		ssize_t n = FAULT(FAULT_WRITE) ? -1 : write(file, data.at, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = bytes_from(data, (size_t)n);
	}
	return true;
}

/* A descriptor, or -1. */
static int sealed(struct bytes payload)
{
	int file = memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (file < 0)
		return -1;
	if (write_all(file, payload) && fcntl(file, F_ADD_SEALS, WIRE_SEALS) == 0)
		return file;
	close(file);
	return -1;
}

static bool send_request(int s, struct bytes request, int payload, int answer)
{
	union wire_control control = {0};
	struct iovec piece = {(void *)(uintptr_t)request.at, request.len};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room,
				 .msg_controllen = sizeof control.room};
	const int descriptors[WIRE_DESCRIPTORS] = {[WIRE_PAYLOAD] = payload, [WIRE_ANSWER] = answer};

	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof descriptors);
	memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
	return !FAULT(FAULT_SEND) && sendmsg(s, &message, MSG_NOSIGNAL) == (ssize_t)request.len;
}

/* Leaves the reading end in *reading. */
static bool begin(struct oneshot *o, struct bytes request, int payload, bool big, int *reading)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	/* A long answer then needs few turns; when the system's budget for pipes is spent it is only slower. */
	if (big)
		fcntl(ends[0], F_SETPIPE_SZ, PIPE_ROOM);
	bool sent = send_request(o->socket, request, payload, ends[1]);
	close(ends[1]);
	if (!sent) {
		close(ends[0]);
		return false;
	}
	*reading = ends[0];
	return true;
}

/* --- receiving --------------------------------------------------------------------- */

static bool take_answer(struct exchange *x)
{
	unsigned char piece[64 * 1024];
	ssize_t n = read(x->pipe, piece, sizeof piece);
	if (n < 0)
		return errno == EINTR;
	if (n == 0) {
		close(x->pipe);
		x->pipe = -1;
	}
	buf_add(&x->answer, (struct bytes){piece, (size_t)n});
	return true;
}

static bool take_status(struct exchange *x, int s)
{
	unsigned char wire[WIRE_STATUS + 1];
	ssize_t n = recv(s, wire, sizeof wire, MSG_DONTWAIT);
	if (n != WIRE_STATUS)
		return false;
	struct cursor c = cursor_on((struct bytes){wire, WIRE_STATUS});
	x->status = cursor_u32(&c);
	x->told = true;
	return true;
}

static enum ending converse(struct exchange *x, int s)
{
	/* A bad status ends it at once; a good one still has the rest of the pipe to come. */
	while (!x->told || (x->status == 0 && x->pipe >= 0)) {
		struct pollfd ready[2] = {{.fd = x->pipe, .events = POLLIN},
					  {.fd = x->told ? -1 : s, .events = POLLIN}};
		int64_t left = x->until - now_ms();
		if (left <= 0)
			return LATE;
		int n = poll(ready, 2, left > 60000 ? 60000 : (int)left);
		if (n < 0 && errno != EINTR)
			return LOST;
		if (n <= 0)
			continue;
		if (ready[0].revents != 0 && !take_answer(x))
			return LOST;
		if (!buf_ok(&x->answer))
			return TOO_LONG;
		if (ready[1].revents != 0 && !take_status(x, s))
			return LOST;
	}
	return WHOLE;
}

static enum reason judge(const struct exchange *x, struct arena *arena, struct bytes *answer)
{
	int status = (int)x->status;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return REASON_MAIL_TIME;
	if (status != 0)
		return REASON_MAIL_UNREADABLE;

	struct bytes all = buf_bytes(&x->answer);
	struct cursor c = cursor_on(all);
	struct frame frame;
	size_t frames = 0;
	while (frame_next(&c, &frame))
		frames++;
	if (frames == 0 || !cursor_done(&c))
		return REASON_FRAME;
	*answer = arena_copy(arena, all);
	return REASON_NONE;
}

static enum ending attempt(struct oneshot *o, struct exchange *x, struct bytes request, int payload, bool big)
{
	if (!connected(o, x->until))
		return UNREACHABLE;
	if (!begin(o, request, payload, big, &x->pipe)) {
		disconnect(o);
		return LOST;
	}
	enum ending ending = converse(x, o->socket);
	if (x->pipe >= 0)
		close(x->pipe);
	x->pipe = -1;
	if (ending != WHOLE)
		disconnect(o);
	return ending;
}

/* --- public -------------------------------------------------------------------------- */

static struct oneshot *make(void)
{
	struct arena *arena = arena_create(OWN_MEMORY);
	struct oneshot *o = arena_alloc(arena, sizeof *o);
	o->arena = arena;
	o->socket = -1;
	return o;
}

struct oneshot *oneshot_connect(const char *socket_path)
{
	struct oneshot *o = make();
	o->path = arena_text(o->arena, bytes_of_text(socket_path));
	return o;
}

struct oneshot *oneshot_spawn(const char *executable, char *const argv[])
{
	struct oneshot *o = make();
	size_t n = 0;
	while (argv[n] != NULL)
		n++;
	o->executable = arena_text(o->arena, bytes_of_text(executable));
	o->argv = arena_alloc(o->arena, (n + 3) * sizeof *o->argv);
	for (size_t i = 0; i < n; i++)
		o->argv[i] = arena_text(o->arena, bytes_of_text(argv[i]));
	o->argv[n] = arena_text(o->arena, BYTES("--socket"));
	o->argv[n + 1] = arena_printf(o->arena, "%d", SPAWN_DESCRIPTOR);
	return o;
}

void oneshot_close(struct oneshot **o)
{
	if (*o == NULL)
		return;
	disconnect(*o);
	reap(*o, now_ms() + STOP_MS);
	struct arena *arena = (*o)->arena;
	*o = NULL;
	arena_destroy(&arena);
}

enum reason oneshot_call(struct oneshot *o, struct arena *arena, struct bytes request, struct bytes payload,
			 size_t answer_max, unsigned deadline_ms, struct bytes *answer)
{
	struct exchange x = {.until = now_ms() + deadline_ms, .pipe = -1, .answer = buf_make(answer_max)};
	enum ending ending = LOST;
	enum reason reason = REASON_IO;

	int file = request.len > 0 && request.len <= ONESHOT_REQUEST ? sealed(payload) : -1;
	if (file < 0)
		return REASON_IO;
	/* Twice: the first may meet a server that is being replaced. */
	for (int i = 0; i < 2 && ending == LOST; i++) {
		buf_clear(&x.answer);
		x.told = false;
		ending = attempt(o, &x, request, file, payload.len > BIG_PAYLOAD);
	}
	if (ending == WHOLE)
		reason = judge(&x, arena, answer);
	else if (ending == LATE && o->path == NULL)
		reason = REASON_MAIL_TIME;   /* its server is ours alone: it is there, and it is slow */
	else if (ending == TOO_LONG)
		reason = REASON_FRAME;
	buf_free(&x.answer);
	close(file);
	return reason;
}

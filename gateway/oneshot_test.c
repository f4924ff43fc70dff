/* gateway/oneshot_test.c - both ends against each other: answers, crashes, deadlines, replacement of the parent.
 *
 * The server is this very program, supervised as relais-master does it, with the jails in force unless sanitized. */
#include "gateway/oneshot.h"

#include "base/frame.h"
#include "gateway/jail.h"
#include "gateway/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* A deadline that is not tried: two seconds of work may take many on a machine that does much else. */
enum { BIG = 24 * 1024 * 1024, PATIENCE_MS = 60000 };

/* --- the server's side ------------------------------------------------------ */

static int left_behind;

struct warm {
	const char *text;
	pid_t parent;
};

static void answer(int fd, struct bytes payload)
{
	struct buf out = buf_make(64);
	frame_head(&out, FRAME_JSON, payload.len);
	oneshot_write(fd, buf_bytes(&out));
	oneshot_write(fd, payload);
	buf_free(&out);
}

static void spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

/* In the jail the call itself is deadly; outside, the signal is. */
static void crash(void)
{
	kill(getpid(), SIGKILL);
}

static void handle(const void *loaded, struct bytes request, struct bytes payload, int fd)
{
	const struct warm *warm = loaded;
	char text[64];

	if (bytes_equal_text(request, "echo"))
		answer(fd, payload);
	else if (bytes_equal_text(request, "warm"))
		answer(fd, bytes_of_text(warm->text));
	else if (bytes_equal_text(request, "left"))
		answer(fd,
		       (struct bytes){(unsigned char *)text, (size_t)snprintf(text, sizeof text, "%d", left_behind++)});
	else if (bytes_equal_text(request, "crash"))
		crash();
	else if (bytes_equal_text(request, "crash after answer"))
		answer(fd, payload), crash();
	else if (bytes_equal_text(request, "exit"))
		answer(fd, payload), _exit(3);
	else if (bytes_equal_text(request, "spin"))
		spin();
	else if (bytes_equal_text(request, "open"))
		answer(fd, open("/etc/passwd", O_RDONLY) < 0 ? BYTES("no") : BYTES("yes"));
	else if (bytes_equal_text(request, "broken"))
		oneshot_write(fd, BYTES("JSON\0\0\0\x05only"));
	else if (bytes_equal_text(request, "parent"))
		answer(fd,
		       (struct bytes){(unsigned char *)text, (size_t)snprintf(text, sizeof text, "%d", warm->parent)});
}

static void narrow(void)
{
	jail_enter(JAIL_READER_CHILD);
}

static int serve(int s, bool listening)
{
	struct warm warm = {"loaded", getpid()};
	struct oneshot_server server = {.socket = s, .listening = listening, .warm = &warm, .handler = handle,
					.cpu_seconds = 2};
#ifndef RELAIS_SANITIZED
	server.memory = 64u << 20;
	server.narrow = narrow;
#else
	(void)narrow;
#endif
	jail_enter(JAIL_READER_PARENT);
	return oneshot_serve(&server);
}

/* As the master does: a fresh server each time one ends, on the same listening socket. */
static void supervise(int s)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int status;
		pid_t pid = fork();
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(serve(s, true));
		}
		waitpid(pid, &status, 0);
		log_event("server-ended", LOG_NUMBER("status", status), LOG_END);
	}
}

/* --- the client's side --------------------------------------------------------- */

struct scene {
	char folder[64], path[96];
	pid_t supervisor;
	struct arena *arena;
	struct oneshot *o;
};

static int set_up(void **state)
{
	static struct scene s;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(s.folder, sizeof s.folder, "/tmp/oneshot-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	snprintf(s.path, sizeof s.path, "%s/s", s.folder);
	memcpy(address.sun_path, s.path, strlen(s.path) + 1);
	int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listening, 16), 0);
	s.supervisor = fork();
	if (s.supervisor == 0)
		supervise(listening);
	close(listening);
	s.arena = arena_create(256u << 20);
	s.o = oneshot_connect(s.path);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	oneshot_close(&s->o);
	assert_null(s->o);
	arena_destroy(&s->arena);
	kill(s->supervisor, SIGKILL);
	waitpid(s->supervisor, NULL, 0);
	unlink(s->path);
	rmdir(s->folder);
	return 0;
}

/* The payload of the single JSON frame. */
static enum reason ask_of(struct oneshot *o, struct arena *arena, const char *request, struct bytes payload, size_t max,
			  unsigned ms, struct bytes *json)
{
	struct bytes all;
	struct frame frame;
	enum reason reason = oneshot_call(o, arena, bytes_of_text(request), payload, max, ms, &all);
	if (reason != REASON_NONE)
		return reason;
	struct cursor c = cursor_on(all);
	assert_true(frame_next(&c, &frame));
	assert_true(cursor_done(&c));
	*json = frame.payload;
	return REASON_NONE;
}

static enum reason ask(struct scene *s, const char *request, struct bytes *json)
{
	return ask_of(s->o, s->arena, request, BYTES("payload"), 4096, PATIENCE_MS, json);
}

static void test_answers(void **state)
{
	struct scene *s = *state;
	struct bytes json;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(ask(s, "echo", &json), REASON_NONE);
		assert_true(bytes_equal_text(json, "payload"));
	}
	assert_int_equal(ask(s, "warm", &json), REASON_NONE);
	assert_true(bytes_equal_text(json, "loaded"));
	assert_int_equal(ask_of(s->o, s->arena, "echo", BYTES_NONE, 4096, PATIENCE_MS, &json), REASON_NONE);
	assert_int_equal(json.len, 0);
}

static void test_nothing_is_left_behind(void **state)
{
	struct bytes json;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(*state, "left", &json), REASON_NONE);
		assert_true(bytes_equal_text(json, "0"));
	}
}

static void test_big(void **state)
{
	struct scene *s = *state;
	struct bytes json;
	unsigned char *big = malloc(BIG);
	for (size_t i = 0; i < BIG; i++)
		big[i] = (unsigned char)(i * 7 + i / 251);
	assert_int_equal(ask_of(s->o, s->arena, "echo", (struct bytes){big, BIG}, BIG + 100, PATIENCE_MS, &json),
			 REASON_NONE);
	assert_true(bytes_equal(json, (struct bytes){big, BIG}));
	assert_int_equal(ask_of(s->o, s->arena, "echo", (struct bytes){big, BIG}, BIG, PATIENCE_MS, &json), REASON_FRAME);
	free(big);

	/* The longest request, and one byte more. */
	char *request = calloc(1, ONESHOT_REQUEST + 2);
	memset(request, 'x', ONESHOT_REQUEST);
	assert_int_equal(ask_of(s->o, s->arena, request, BYTES("p"), 100, PATIENCE_MS, &json), REASON_FRAME); /* no answer */
	request[ONESHOT_REQUEST] = 'x';
	assert_int_equal(ask_of(s->o, s->arena, request, BYTES("p"), 100, PATIENCE_MS, &json), REASON_IO);
	free(request);
	assert_int_equal(ask(s, "echo", &json), REASON_NONE);
}

static void test_bad_children(void **state)
{
	struct scene *s = *state;
	static const struct {
		const char *what, *request;
		enum reason expected;
	} cases[] = {
		{"a crash", "crash", REASON_MAIL_UNREADABLE},
		{"a whole answer and then a kill", "crash after answer", REASON_MAIL_UNREADABLE},
		{"a whole answer and a bad exit", "exit", REASON_MAIL_UNREADABLE},
		{"frames that do not end", "broken", REASON_FRAME},
		{"no answer at all", "unknown", REASON_FRAME},
		{"too much work", "spin", REASON_MAIL_TIME},
	};
	struct bytes json;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum reason got = ask(s, cases[i].request, &json);
		if (got != cases[i].expected)
			fail_msg("%s: %s", cases[i].what, reason_code(got));
		/* The next message is read, whatever became of the last. */
		assert_int_equal(ask(s, "echo", &json), REASON_NONE);
	}
}

static void test_parent_is_replaced(void **state)
{
	struct scene *s = *state;
	struct bytes first, same, other;

	assert_int_equal(ask(s, "parent", &first), REASON_NONE);
	assert_int_equal(ask(s, "exit", &same), REASON_MAIL_UNREADABLE);
	assert_int_equal(ask(s, "parent", &same), REASON_NONE);
	assert_true(bytes_equal(first, same));
	assert_int_equal(ask(s, "crash", &other), REASON_MAIL_UNREADABLE);
	assert_int_equal(ask(s, "parent", &other), REASON_NONE);
	assert_false(bytes_equal(first, other));
}

static void test_deadline(void **state)
{
	struct scene *s = *state;
	struct bytes json, first, same;
	assert_int_equal(ask(s, "parent", &first), REASON_NONE);
	/* Behind a socket that another holds, slow and away look the same: it says nothing about the message. */
	assert_int_equal(ask_of(s->o, s->arena, "spin", BYTES("p"), 100, 200, &json), REASON_IO);
	assert_int_equal(ask(s, "parent", &same), REASON_NONE);
	assert_true(bytes_equal(first, same));   /* we had it killed: no reason to replace the parent */
}

static void test_jailed(void **state)
{
	struct bytes json;
	assert_int_equal(ask(*state, "open", &json), REASON_NONE);
#ifdef RELAIS_SANITIZED
	skip();
#endif
	assert_true(bytes_equal_text(json, "no"));
}

/* One client's crash must not take the answer of another that is under way. */
static void test_several_clients(void **state)
{
	struct scene *s = *state;
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct arena *arena = arena_create(1u << 20);
			struct oneshot *o = oneshot_connect(s->path);
			struct bytes json;
			bool good = true;
			for (int n = 0; n < 15; n++) {
				bool crash = i == 0 && n % 5 == 4;
				enum reason r =
					ask_of(o, arena, crash ? "crash" : "echo", BYTES("x"), 4096, PATIENCE_MS, &json);
				good = good && r == (crash ? REASON_MAIL_UNREADABLE : REASON_NONE);
			}
			_exit(good ? 0 : 1);
		}
	}
	for (int i = 0; i < 4; i++) {
		int status;
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
	}
}

/* What speaks another language is hung up on, and the server lives. */
static void test_foreign_client(void **state)
{
	struct scene *s = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct bytes json;
	char reply[8];

	memcpy(address.sun_path, s->path, strlen(s->path) + 1);
	int foreign = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(foreign, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(send(foreign, "echo", 4, MSG_NOSIGNAL), 4);   /* without descriptors */
	assert_true(recv(foreign, reply, sizeof reply, 0) <= 0);
	close(foreign);
	assert_int_equal(ask(s, "echo", &json), REASON_NONE);
}

/* A payload that its sender could still change is not read. */
static void test_unsealed_payload(void **state)
{
	struct scene *s = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec piece = {(char *)(uintptr_t)"echo", 4};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room,
				 .msg_controllen = sizeof control.room};
	int ends[2], descriptors[2];
	unsigned char status[8];

	memcpy(address.sun_path, s->path, strlen(s->path) + 1);
	int own = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(own, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(pipe(ends), 0);
	descriptors[0] = memfd_create("open", MFD_ALLOW_SEALING);
	descriptors[1] = ends[1];
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	*rights = (struct cmsghdr){CMSG_LEN(sizeof descriptors), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
	assert_int_equal(sendmsg(own, &message, 0), 4);
	assert_int_equal(recv(own, status, sizeof status, 0), 4);
	assert_int_equal(status[2], 65);   /* exit status in the second byte of a wait status */
	close(own);
	close(ends[0]);
	close(ends[1]);
	close(descriptors[0]);
}

static void test_unreachable(void **state)
{
	struct scene *s = *state;
	struct bytes json;
	struct oneshot *o = oneshot_connect("/nowhere/socket");
	assert_int_equal(ask_of(o, s->arena, "echo", BYTES("x"), 100, 300, &json), REASON_IO);
	oneshot_close(&o);
}

static void test_spawned(void **state)
{
	struct scene *s = *state;
	char *argv[] = {(char *)(uintptr_t)"oneshot_test", (char *)(uintptr_t)"--serve", NULL};
	struct oneshot *o = oneshot_spawn("/proc/self/exe", argv);
	struct bytes json;

	assert_int_equal(ask_of(o, s->arena, "echo", BYTES("x"), 100, PATIENCE_MS, &json), REASON_NONE);
	assert_int_equal(ask_of(o, s->arena, "crash", BYTES("x"), 100, PATIENCE_MS, &json), REASON_MAIL_UNREADABLE);
	assert_int_equal(ask_of(o, s->arena, "echo", BYTES("x"), 100, PATIENCE_MS, &json), REASON_NONE);
	oneshot_close(&o);

	o = oneshot_spawn("/no/such/program", argv);
	assert_int_equal(ask_of(o, s->arena, "echo", BYTES("x"), 100, PATIENCE_MS, &json), REASON_IO);
	oneshot_close(&o);
}

/* As the worker calls: from inside its own jail. */
static void test_from_the_workers_jail(void **state)
{
	struct scene *s = *state;
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		static unsigned char big[300000];
		struct arena *arena = arena_create(4u << 20);
		struct oneshot *o = oneshot_connect(s->path);
		struct bytes json;
		jail_enter(JAIL_WORKER);
		enum reason whole = ask_of(o, arena, "echo", (struct bytes){big, sizeof big}, 400000, PATIENCE_MS, &json);
		enum reason crashed = ask_of(o, arena, "crash", BYTES("x"), 100, PATIENCE_MS, &json);
		enum reason again = ask_of(o, arena, "echo", BYTES("x"), 100, PATIENCE_MS, &json);
		oneshot_close(&o);
		_exit(whole == REASON_NONE && crashed == REASON_MAIL_UNREADABLE && again == REASON_NONE ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void test_cost(void **state)
{
	struct scene *s = *state;
	struct timespec a, b;
	struct bytes json;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int i = 0; i < 200; i++)
		assert_int_equal(ask(s, "echo", &json), REASON_NONE);
	clock_gettime(CLOCK_MONOTONIC, &b);
	print_message("one exchange: %.3f ms\n",
		      ((double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6) / 200);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--serve") == 0)
		return serve(3, false);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nothing_is_left_behind),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_bad_children),
		cmocka_unit_test(test_parent_is_replaced),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_jailed),
		cmocka_unit_test(test_several_clients),
		cmocka_unit_test(test_foreign_client),
		cmocka_unit_test(test_unsealed_payload),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_spawned),
		cmocka_unit_test(test_from_the_workers_jail),
		cmocka_unit_test(test_cost),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

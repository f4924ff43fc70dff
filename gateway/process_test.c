/* gateway/process_test.c - pauses, real children, their surroundings. */
#include "gateway/process.h"

#include "gateway/privilege.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct scene {
	struct arena *arena;
	struct instance instance;
	char folder[64];
};

static int set_up(void **state)
{
	static struct scene s;
	snprintf(s.folder, sizeof s.folder, "/tmp/process-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	s.arena = arena_create(1u << 20);
	assert_null(instance_open(s.arena, s.folder, &s.instance));
	s.instance.root = false;   /* the children keep our user, so that the test needs no rights */
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;
	unlink(instance_path(&s->instance, "out"));
	rmdir(s->folder);
	arena_destroy(&s->arena);
	return 0;
}

static void test_pauses(void **state)
{
	(void)state;
	static const struct {
		unsigned failures;
		int64_t ms;
	} cases[] = {
		{0, 0}, {1, 0}, {2, 250}, {3, 500}, {4, 1000}, {7, 8000}, {8, 10000}, {9, 10000}, {4000000000u, 10000}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(process_pause_ms(cases[i].failures, 10000), cases[i].ms);
}

#define WORD(text) ((char *)(uintptr_t)(text))

static struct process shell(const char *script, int handed)
{
	static char *argv[4];
	argv[0] = WORD("/bin/sh");
	argv[1] = WORD("-c");
	argv[2] = WORD(script);
	argv[3] = NULL;
	return (struct process){.name = "test", .argv = argv, .handed = {handed, -1, -1, -1, -1}, .pause_max_ms = 10000};
}

static int run_once(const struct scene *s, struct process *p, int64_t at)
{
	int status;
	process_start(&s->instance, p, at);
	assert_true(p->pid > 0);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	return status;
}

static void test_restarts(void **state)
{
	struct scene *s = *state;
	struct process p = shell("exit 3", -1);

	process_ended(&p, run_once(s, &p, 1000), 1100);
	assert_int_equal(p.pid, 0);
	assert_int_equal(p.failures, 1);
	assert_int_equal(p.due_ms, 1100);   /* at once the first time */
	process_ended(&p, run_once(s, &p, 1100), 1200);
	assert_int_equal(p.due_ms, 1450);
	assert_int_equal(p.restarts, 1);
	process_ended(&p, run_once(s, &p, 1450), 1500);
	assert_int_equal(p.due_ms, 2000);
	/* Half a minute of life makes the next failure a first one again. */
	process_ended(&p, run_once(s, &p, 2000), 33000);
	assert_int_equal(p.failures, 1);
	assert_int_equal(p.due_ms, 33000);

	p = shell("exit 0", -1);
	process_ended(&p, run_once(s, &p, 1000), 5000);
	assert_int_equal(p.failures, 0);    /* a reload */
	assert_int_equal(p.due_ms, 5000);
	process_ended(&p, run_once(s, &p, 5000), 5010);
	process_ended(&p, run_once(s, &p, 5010), 5020);
	assert_int_equal(p.due_ms, 5270);   /* but not an endless one */
}

static void test_missing(void **state)
{
	struct scene *s = *state;
	char *argv[] = {WORD("/no/such/program"), NULL};
	struct process p = {.name = "test", .argv = argv, .handed = {-1, -1, -1, -1, -1}, .pause_max_ms = 10000};

	process_start(&s->instance, &p, 1000);
	assert_int_equal(p.pid, 0);
	assert_true(p.missing);
	process_start(&s->instance, &p, 1000);
	assert_int_equal(p.due_ms, 1250);
}

static size_t read_out(const struct scene *s, char *text, size_t room)
{
	int file = open(instance_path(&s->instance, "out"), O_RDONLY | O_CLOEXEC);
	ssize_t len = read(file, text, room - 1);
	close(file);
	text[len < 0 ? 0 : len] = '\0';
	return len < 0 ? 0 : (size_t)len;
}

/* The handed descriptor is 3, nothing else of ours is open, our environment and our blocked signals do not pass. */
static void test_surroundings(void **state)
{
	struct scene *s = *state;
	char text[8192];
	int extra = open("/dev/null", O_RDONLY), pair[2];
	sigset_t blocked, before;

	setenv("SECRET", "x", 1);
	setenv("GLIBC_TUNABLES", "glibc.malloc.check=0", 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	struct process p =
		shell("exec >out; env; ls -l /proc/$$/fd; grep SigBlk /proc/self/status; pwd; echo hello >&3", pair[1]);
	assert_int_equal(run_once(s, &p, 1), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(recv(pair[0], text, sizeof text, MSG_DONTWAIT), 6);

	assert_true(read_out(s, text, sizeof text) > 0);
	assert_null(strstr(text, "SECRET"));
	assert_non_null(strstr(text, "GLIBC_TUNABLES=glibc.malloc.check=0\n"));
	assert_non_null(strstr(text, "LC_ALL=C.UTF-8\n"));
	assert_non_null(strstr(text, " 3 -> socket"));
	assert_non_null(strstr(text, " 0 -> /dev/null"));
	assert_null(strstr(text, " 4 ->"));
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(text, s->folder));
	close(extra);
	close(pair[0]);
	close(pair[1]);
}

/* Two descriptors become 3 and 4 in their order, whatever numbers they have here: even each other's. */
static void test_two_descriptors(void **state)
{
	struct scene *s = *state;
	int first[2], second[2], kept[2] = {fcntl(3, F_DUPFD_CLOEXEC, 60), fcntl(4, F_DUPFD_CLOEXEC, 60)};
	char text[8];

	while (open("/dev/null", O_RDONLY | O_CLOEXEC) < 4)   /* so that the pairs stand elsewhere */
		;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second), 0);
	for (int i = 0; i < 2; i++) {
		int a = fcntl(first[1], F_DUPFD_CLOEXEC, 70), b = fcntl(second[1], F_DUPFD_CLOEXEC, 70);
		if (i == 1) {   /* crossed */
			a = dup3(a, 4, O_CLOEXEC);
			b = dup3(b, 3, O_CLOEXEC);
		}
		struct process p = shell("echo one >&3; echo two >&4; test ! -e /proc/$$/fd/5", a);
		p.handed[1] = b;
		assert_int_equal(run_once(s, &p, 1), 0);
		assert_int_equal(recv(first[0], text, sizeof text, MSG_DONTWAIT), 4);
		assert_memory_equal(text, "one\n", 4);
		assert_int_equal(recv(second[0], text, sizeof text, MSG_DONTWAIT), 4);
		assert_memory_equal(text, "two\n", 4);
	}
	for (int i = 0; i < 2; i++) {
		close(3 + i);
		if (kept[i] >= 0) {
			dup2(kept[i], 3 + i);
			close(kept[i]);
		}
	}
}

static void test_stop(void **state)
{
	struct scene *s = *state;
	struct process p = shell("exec sleep 60", -1);

	process_start(&s->instance, &p, 1);
	process_stop(&p, 5000);
	assert_int_equal(p.pid, 0);
	p = shell("trap '' TERM; while :; do sleep 1; done", -1);
	process_start(&s->instance, &p, 1);
	usleep(200000);
	process_stop(&p, 200);
	assert_int_equal(p.pid, 0);
	process_stop(&p, 200);
}

/* Whoever is orphaned before he could ask for the signal is told so: nobody would end him. */
static void test_orphan(void **state)
{
	(void)state;
	int ends[2];
	char told = '?';

	assert_int_equal(pipe(ends), 0);
	pid_t middle = fork();
	if (middle == 0) {
		pid_t parent = getpid();
		if (!privilege_dies_with(getppid(), SIGTERM) || fork() > 0)
			_exit(0);
		while (getppid() == parent)
			usleep(1000);
		told = privilege_dies_with(parent, SIGTERM) ? 'y' : 'n';
		_exit(write(ends[1], &told, 1) != 1);
	}
	close(ends[1]);
	assert_int_equal(waitpid(middle, NULL, 0), middle);
	assert_int_equal(read(ends[0], &told, 1), 1);
	assert_int_equal(told, 'n');
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses),  cmocka_unit_test(test_restarts), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_surroundings), cmocka_unit_test(test_two_descriptors), cmocka_unit_test(test_stop), cmocka_unit_test(test_orphan),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

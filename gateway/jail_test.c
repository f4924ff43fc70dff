/* gateway/jail_test.c - real system calls inside real jails, each in a child of its own. */
#include "gateway/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* Each act gives 0 when it worked, else errno. */
static int result(int value)
{
	return value < 0 ? errno : 0;
}

static int act_open(void)
{
	return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int act_write_file(void)
{
	return result(open("/tmp/jail-test-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int act_write_elsewhere(void)
{
	return result(open("/var/tmp/jail-test-file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int act_fopen_missing(void)
{
	return fopen("/no/such/locale", "r") == NULL ? errno : 0;
}

static int act_stat(void)
{
	struct stat s;
	return result(stat("/etc/passwd", &s));
}

static int act_fstat(void)
{
	struct stat s;
	return result(fstat(STDERR_FILENO, &s));
}

static int act_socket_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int act_socket_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int act_fork(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : result(waitpid(pid, NULL, 0));
}

static int act_exec(void)
{
	char *argv[] = {(char *)(uintptr_t)"true", NULL};
	execv("/bin/true", argv);
	return errno;
}

static int act_ptrace(void)
{
	return result((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int act_kill(void)
{
	return result(kill(getpid(), 0));
}

static int act_memory(void)
{
	for (size_t size = 16; size < 8u << 20; size *= 4) {
		char *block = malloc(size);
		if (block == NULL)
			return ENOMEM;
		block[size - 1] = 1;
		block = realloc(block, size * 3);
		free(block);
	}
	return 0;
}

static int act_executable_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? errno : 0;
}

static int act_make_executable(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page == MAP_FAILED ? errno : result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static int act_print(void)
{
	FILE *out = fdopen(STDERR_FILENO, "w");
	return out == NULL || fprintf(out, "%s", "") < 0 || fflush(out) != 0 ? errno : 0;
}

static int act_clone_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static void *thread_body(void *nothing)
{
	return nothing;
}

static int act_thread(void)
{
	pthread_t thread;
	int failed = pthread_create(&thread, NULL, thread_body, NULL);
	return failed != 0 ? failed : pthread_join(thread, NULL);
}

/* A conversation over a socket pair made before the jail would hide accept: this listens after it. */
static int listener = -1;

static int act_accept_receive(void)
{
	struct pollfd ready = {.fd = listener, .events = POLLIN};
	char text[8] = {0};
	struct iovec piece = {text, sizeof text};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

	if (poll(&ready, 1, 5000) != 1)
		return ETIMEDOUT;
	int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		return errno;
	if (recvmsg(peer, &message, 0) < 0)
		return errno;
	return strcmp(text, "hello") == 0 ? 0 : EPROTO;
}

static int act_spool(void)
{
	int file = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	return file < 0 ? errno : result((int)write(file, "x", 1));
}

static void spool_folder(void)
{
	jail_folder("/tmp");
}

#define TRUST "/var/tmp/jail-test-trust"

static void make_file(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file >= 0)
		close(file);
}

static void make_trust(void)
{
	mkdir(TRUST, 0700);
	make_file(TRUST "/anchors.pem");
	make_file(TRUST "/anchors.pem.new");
	make_file("/var/tmp/jail-test-other");
}

/* A file is named; it will be another one under the same name some day. */
static void trust_file(void)
{
	make_trust();
	jail_reading(TRUST "/anchors.pem");
	jail_reading("");
}

static void trust_folder(void)
{
	make_trust();
	jail_reading(TRUST);
}

static int act_read_trust(void)
{
	return result(open(TRUST "/anchors.pem", O_RDONLY | O_CLOEXEC));
}

static int act_read_new_trust(void)
{
	return result(open(TRUST "/anchors.pem.new", O_RDONLY | O_CLOEXEC));
}

static int act_list_trust(void)
{
	return result(open(TRUST, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int act_write_trust(void)
{
	return result(open(TRUST "/anchors.pem", O_WRONLY | O_CLOEXEC));
}

static int act_read_beside_trust(void)
{
	return result(open("/var/tmp/jail-test-other", O_RDONLY | O_CLOEXEC));
}

enum { KILLED = 1000 };

struct act {
	const char *what;
	enum jail outer, inner;   /* inner is entered inside outer, as a reader's child does */
	int (*run)(void);
	int expected;             /* 0, an errno, or KILLED (SIGSYS) */
	void (*before)(void);
};

#define CHILD JAIL_READER_PARENT, JAIL_READER_CHILD
#define ONLY(jail) jail, jail

static const struct act acts[] = {
	{"a reader's child cannot open a file", CHILD, act_open, EACCES, NULL},
	{"nor make one", CHILD, act_write_file, EACCES, NULL},
	{"a missing locale is refused, not deadly", CHILD, act_fopen_missing, EACCES, NULL},
	{"nor look at a file's name", CHILD, act_stat, EACCES, NULL},
	{"but at its own descriptors", CHILD, act_fstat, 0, NULL},
	{"nor make a socket", CHILD, act_socket_unix, KILLED, NULL},
	{"nor a network socket", CHILD, act_socket_inet, KILLED, NULL},
	{"nor fork", CHILD, act_fork, KILLED, NULL},
	{"nor make a thread", CHILD, act_thread, KILLED, NULL},
	{"nor run a program", CHILD, act_exec, KILLED, NULL},
	{"nor trace", CHILD, act_ptrace, KILLED, NULL},
	{"nor signal another", CHILD, act_kill, KILLED, NULL},
	{"nor accept", CHILD, act_accept_receive, KILLED, NULL},
	{"nor make a page executable", CHILD, act_executable_page, EACCES, NULL},
	{"nor turn one executable", CHILD, act_make_executable, EACCES, NULL},
	{"it has memory", CHILD, act_memory, 0, NULL},
	{"and prints", CHILD, act_print, 0, NULL},
	{"the parent accepts and receives", ONLY(JAIL_READER_PARENT), act_accept_receive, 0, NULL},
	{"the parent forks and waits", ONLY(JAIL_READER_PARENT), act_fork, 0, NULL},
	{"the parent opens no file", ONLY(JAIL_READER_PARENT), act_open, EACCES, NULL},
	{"the parent makes no socket", ONLY(JAIL_READER_PARENT), act_socket_unix, KILLED, NULL},
	{"the parent runs nothing", ONLY(JAIL_READER_PARENT), act_exec, KILLED, NULL},
	{"the network jail makes sockets", ONLY(JAIL_NETWORK), act_socket_inet, 0, NULL},
	{"the network jail forks", ONLY(JAIL_NETWORK), act_fork, 0, NULL},
	{"the network jail makes threads", ONLY(JAIL_NETWORK), act_thread, 0, NULL},
	{"the network jail reads what names need", ONLY(JAIL_NETWORK), act_open, 0, NULL},
	{"the network jail makes no file", ONLY(JAIL_NETWORK), act_write_file, EACCES, NULL},
	{"but in the folder that was named", ONLY(JAIL_NETWORK), act_spool, 0, spool_folder},
	{"and nowhere else", ONLY(JAIL_NETWORK), act_write_elsewhere, EACCES, spool_folder},
	{"a file that was named is read again", ONLY(JAIL_NETWORK), act_read_trust, 0, trust_file},
	{"and the one that will take its place", ONLY(JAIL_NETWORK), act_read_new_trust, 0, trust_file},
	{"a folder that was named, too", ONLY(JAIL_NETWORK), act_read_trust, 0, trust_folder},
	{"and its names", ONLY(JAIL_NETWORK), act_list_trust, 0, trust_folder},
	{"nothing is written there", ONLY(JAIL_NETWORK), act_write_trust, EACCES, trust_folder},
	{"nor read beside it", ONLY(JAIL_NETWORK), act_read_beside_trust, EACCES, trust_folder},
	{"nor beside the folder of a file", ONLY(JAIL_NETWORK), act_read_beside_trust, EACCES, trust_file},
	{"a reader reads it no more", ONLY(JAIL_READER_PARENT), act_read_trust, EACCES, trust_file},
	{"the signer runs nothing there either", ONLY(JAIL_SIGNER), act_exec, KILLED, spool_folder},
	{"the network jail runs nothing", ONLY(JAIL_NETWORK), act_exec, KILLED, NULL},
	{"the network jail traces nothing", ONLY(JAIL_NETWORK), act_ptrace, KILLED, NULL},
	{"the network jail enters no namespace", ONLY(JAIL_NETWORK), act_clone_namespace, KILLED, NULL},
	{"the network jail makes no page executable", ONLY(JAIL_NETWORK), act_executable_page, EACCES, NULL},
	{"the worker makes local sockets", ONLY(JAIL_WORKER), act_socket_unix, 0, NULL},
	{"the worker makes no network socket", ONLY(JAIL_WORKER), act_socket_inet, EACCES, NULL},
	{"the worker opens no file", ONLY(JAIL_WORKER), act_open, EACCES, NULL},
	{"the worker runs nothing", ONLY(JAIL_WORKER), act_exec, KILLED, NULL},
	{"the signer makes local sockets", ONLY(JAIL_SIGNER), act_socket_unix, 0, NULL},
	{"the signer makes no network socket", ONLY(JAIL_SIGNER), act_socket_inet, EACCES, NULL},
	{"the signer opens no file", ONLY(JAIL_SIGNER), act_open, EACCES, NULL},
	{"the signer does not fork", ONLY(JAIL_SIGNER), act_fork, EACCES, NULL},
	{"the signer runs nothing", ONLY(JAIL_SIGNER), act_exec, KILLED, NULL},
};

static void run_act(const struct act *act)
{
	alarm(20);
	if (act->before != NULL)
		act->before();
	if (!jail_enter(act->outer) || (act->inner != act->outer && !jail_enter(act->inner)))
		_exit(255);
	_exit(act->run());
}

static int outcome(const struct act *act)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		run_act(act);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : KILLED + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static int greet(struct sockaddr_un *address, socklen_t len)
{
	int peer = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(peer, (struct sockaddr *)address, len) != 0 || send(peer, "hello", 6, 0) != 6)
		fail_msg("connect: %s", strerror(errno));
	return peer;
}

static void test_acts(void **state)
{
	(void)state;
#ifdef RELAIS_SANITIZED
	assert_false(jail_enter(JAIL_READER_PARENT));
	print_message("sanitized: the filters are not in force, so not tested\n");
	skip();
#endif
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)snprintf(address.sun_path + 1, 60, "relais-jail-test-%d", getpid()));
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 64), 0);

	int wrong = 0;
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		int peer = acts[i].run == act_accept_receive ? greet(&address, len) : -1;
		int got = outcome(&acts[i]);
		if (got != acts[i].expected) {
			print_error("%s: %d, not %d\n", acts[i].what, got, acts[i].expected);
			wrong++;
		}
		if (peer >= 0)
			close(peer);
	}
	close(listener);
	unlink("/tmp/jail-test-file");
	unlink("/var/tmp/jail-test-other");
	unlink(TRUST "/anchors.pem");
	unlink(TRUST "/anchors.pem.new");
	rmdir(TRUST);
	assert_int_equal(wrong, 0);
}

static int status_of(void (*body)(void))
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		alarm(30);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void spin(void)
{
	jail_limits(1, 0);
	for (volatile unsigned long n = 0;; n++)
		;
}

static void grab(void)
{
	jail_limits(0, 8u << 20);
	void *volatile block = malloc(64u << 20);   /* volatile: a compiler may leave an unused malloc out */
	_exit(block == NULL ? 9 : 0);
}

static void no_core(void)
{
	struct rlimit core;
	jail_limits(0, 0);
	getrlimit(RLIMIT_CORE, &core);
	_exit(core.rlim_max == 0 ? 9 : 0);
}

static void test_limits(void **state)
{
	(void)state;
	int status = status_of(spin);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXCPU);
	assert_int_equal(WEXITSTATUS(status_of(no_core)), 9);
#ifndef RELAIS_SANITIZED
	assert_int_equal(WEXITSTATUS(status_of(grab)), 9);
#else
	(void)grab;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_acts), cmocka_unit_test(test_limits)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

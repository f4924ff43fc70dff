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
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
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

/* As the keeper does it: beside, renamed into its place, taken away. */
static int act_make_key(void)
{
	int file = open("/tmp/jail-test-file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || fchmod(file, 0400) != 0 || rename("/tmp/jail-test-file", "/tmp/jail-test-key") != 0)
		return errno;
	return result(unlink("/tmp/jail-test-key"));
}

enum { WORKS = -1, FOUL = 255, KILLED = 1000 };   /* else an errno */

/* --- each jail and each attempt ------------------------------------------------------------------------------- */

static int act_socket_packet(void) { return result(socket(AF_PACKET, SOCK_RAW, 0)); }
static int act_socket_raw(void) { return result(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }
static int act_socket_kernel(void) { return result(socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)); }
static int act_set_limit(void)
{
	struct rlimit core = {0, 0};
	return result(setrlimit(RLIMIT_CORE, &core));
}
static int act_limit_other(void) { return result(prlimit(getppid(), RLIMIT_NOFILE, NULL, &(struct rlimit){0, 0})); }
static int act_dumpable(void) { return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }
static int act_signal_parent(void) { return result(kill(getppid(), 0)); }
static int act_signal_thread(void) { return result((int)syscall(SYS_tgkill, getppid(), getppid(), 0)); }
static int act_setuid(void) { return result(setuid(65534)); }
static int act_chroot(void) { return result(chroot("/")); }
static int act_mkdir(void) { return result(mkdir("/tmp/jail-test-folder", 0700)); }
static int act_chmod(void) { return result(chmod("/tmp", 01777)); }
static int act_symlink(void) { return result(symlink("/etc/passwd", "/tmp/jail-test-link")); }
static int act_link(void) { return result(link("/etc/hostname", "/tmp/jail-test-link")); }
static int act_keys(void) { return result((int)syscall(SYS_add_key, "user", "x", "x", 1, -3)); }
static int act_key_read(void) { return result((int)syscall(SYS_keyctl, 0, -3, 0)); }
static int act_inotify(void) { return result(inotify_init1(IN_CLOEXEC)); }
static int act_pidfd(void) { return result((int)syscall(SYS_pidfd_open, getppid(), 0)); }
static int act_memory_of_parent(void)
{
	char there, here[1];
	struct iovec from = {&there, 1}, to = {here, 1};
	return result((int)process_vm_readv(getppid(), &to, 1, &from, 1, 0));
}
static int act_attach(void) { return result((int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL)); }
static int act_mount(void) { return result(mount("none", "/mnt", "tmpfs", 0, NULL)); }
static int act_bpf(void) { return result((int)syscall(SYS_bpf, 0, NULL, 0)); }
static int act_uring(void) { return result((int)syscall(SYS_io_uring_setup, 1, NULL)); }
static int act_perf(void) { return result((int)syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0)); }
static int act_userfault(void) { return result((int)syscall(SYS_userfaultfd, O_CLOEXEC)); }
static int act_exec_file(void) { return result((int)syscall(SYS_execveat, STDIN_FILENO, "", NULL, NULL, AT_EMPTY_PATH)); }
static int act_setns(void) { return result(setns(STDIN_FILENO, 0)); }
static int act_reboot(void) { return result((int)syscall(SYS_reboot, 0, 0, 0, NULL)); }
static int act_clock(void) { return result(clock_settime(CLOCK_REALTIME, &(struct timespec){.tv_sec = -1})); }
static int act_old_calls(void) { return result((int)syscall(SYS_modify_ldt, 0, NULL, 0)); }

/* A port on which somebody listens: what answers a connection that may be made. */
static int open_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(s, (struct sockaddr *)&at, sizeof at) != 0 || listen(s, 8) != 0 || getsockname(s, (struct sockaddr *)&at, &len) != 0)
		fail_msg("listen: %s", strerror(errno));
	return ntohs(at.sin_port);
}

static int named_port, other_port;

static int connect_to(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return s < 0 ? errno : result(connect(s, (struct sockaddr *)&to, sizeof to));
}

static int act_connect_named(void) { return connect_to(named_port); }
static int act_connect_other(void) { return connect_to(other_port); }
static int act_bind(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return s < 0 ? errno : result(bind(s, (struct sockaddr *)&to, sizeof to));
}
static int act_listen(void)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return s < 0 ? errno : result(listen(s, 1));
}

#define A EACCES
#define P EPERM
#define K KILLED
#define Y WORKS
static const struct attempt {
	const char *what;
	int (*run)(void);
	int expected[JAILS];   /* 0 = nobody has thought of it: fails */
	int without;           /* from this version of Landlock on; before, the row is told as not tried */
} attempts[] = {
	/* readers: parent, child; receiver; parents; their children; worker; keeper; signer; the scanner's */
	{"read a file that is everybody's", act_open, {A, A, Y, Y, Y, A, A, A, A}, 0},
	{"read a file beside", act_read_beside_trust, {A, A, A, A, A, A, A, A, A}, 1},
	{"make a file", act_write_file, {A, A, A, A, A, A, A, A, A}, 1},
	{"make a folder", act_mkdir, {K, K, A, A, A, A, A, A, A}, 0},
	{"change a file's mode", act_chmod, {K, K, A, A, A, A, A, A, A}, 0},
	{"make a symbolic link", act_symlink, {K, K, A, A, A, A, A, A, A}, 0},
	{"make a link", act_link, {K, K, A, A, A, A, A, A, A}, 0},
	{"watch files", act_inotify, {K, K, A, A, A, A, A, A, A}, 0},
	{"a local socket", act_socket_unix, {K, K, Y, Y, Y, Y, Y, Y, Y}, 0},
	{"a network socket", act_socket_inet, {K, K, Y, Y, Y, A, A, A, A}, 0},
	{"a socket for raw packets", act_socket_packet, {K, K, A, A, A, A, A, A, A}, 0},
	{"a raw socket of IP", act_socket_raw, {K, K, A, A, A, A, A, A, A}, 0},
	{"the kernel's audit", act_socket_kernel, {K, K, A, A, A, A, A, A, A}, 0},
	{"connect to a port that was named", act_connect_named, {K, K, Y, Y, Y, A, A, A, A}, 0},
	{"connect to another port", act_connect_other, {K, K, A, Y, A, A, A, A, A}, 4},
	{"bind a port", act_bind, {K, K, A, A, A, A, A, A, A}, 4},
	{"listen", act_listen, {K, K, A, A, A, A, A, A, A}, 0},
	{"a child", act_fork, {Y, K, A, Y, A, A, A, A, Y}, 0},
	{"a thread", act_thread, {Y, K, Y, Y, Y, A, A, A, Y}, 0},
	{"signal another process", act_signal_parent, {P, K, A, P, A, A, A, A, P}, 6},
	{"signal a thread of another process", act_signal_thread, {K, K, A, A, A, A, A, A, A}, 0},
	{"a descriptor of another process", act_pidfd, {K, K, A, A, A, A, A, A, A}, 0},
	{"another process's limits", act_limit_other, {K, K, A, A, A, A, A, A, A}, 0},
	{"lower its own limits", act_set_limit, {Y, P, Y, Y, Y, Y, Y, Y, Y}, 0},
	{"be dumped and attached to again", act_dumpable, {K, K, A, A, A, A, A, A, A}, 0},
	{"another user", act_setuid, {K, K, A, A, A, A, A, A, A}, 0},
	{"another root", act_chroot, {K, K, A, A, A, A, A, A, A}, 0},
	{"the kernel's key rings", act_keys, {K, K, A, A, A, A, A, A, A}, 0},
	{"a key of a key ring", act_key_read, {K, K, A, A, A, A, A, A, A}, 0},
	{"set the clock", act_clock, {K, K, A, A, A, A, A, A, A}, 0},
	{"restart the machine", act_reboot, {K, K, A, A, A, A, A, A, A}, 0},
	{"a call that nobody needs", act_old_calls, {K, K, A, A, A, A, A, A, A}, 0},
	{"a page to write and run", act_executable_page, {A, A, A, A, A, A, A, A, A}, 0},
	{"make a page run", act_make_executable, {A, A, A, A, A, A, A, A, A}, 0},
	{"run a program", act_exec, {K, K, K, K, K, K, K, K, K}, 0},
	{"run an open file", act_exec_file, {K, K, K, K, K, K, K, K, K}, 0},
	{"be traced", act_ptrace, {K, K, K, K, K, K, K, K, K}, 0},
	{"trace another", act_attach, {K, K, K, K, K, K, K, K, K}, 0},
	{"read another's memory", act_memory_of_parent, {K, K, K, K, K, K, K, K, K}, 0},
	{"a namespace", act_clone_namespace, {K, K, K, K, K, K, K, K, K}, 0},
	{"another's namespace", act_setns, {K, K, K, K, K, K, K, K, K}, 0},
	{"mount", act_mount, {K, K, K, K, K, K, K, K, K}, 0},
	{"a program for the kernel", act_bpf, {K, K, K, K, K, K, K, K, K}, 0},
	{"a queue of calls", act_uring, {K, K, K, K, K, K, K, K, K}, 0},
	{"measure the kernel", act_perf, {K, K, K, K, K, K, K, K, K}, 0},
	{"handle its own page faults", act_userfault, {K, K, K, K, K, K, K, K, K}, 0},
	/* what each must be able to do */
	{"have memory", act_memory, {Y, Y, Y, Y, Y, Y, Y, Y, Y}, 0},
	{"print", act_print, {Y, Y, Y, Y, Y, Y, Y, Y, Y}, 0},
	{"look at its own descriptors", act_fstat, {Y, Y, Y, Y, Y, Y, Y, Y, Y}, 0},
};
#undef A
#undef P
#undef K
#undef Y

/* --- places --------------------------------------------------------------------------------------------------- */

struct act {
	const char *what;
	enum jail outer, inner;   /* inner is entered inside outer, as a child does */
	int (*run)(void);
	int expected;             /* WORKS, an errno, or KILLED (SIGSYS) */
	void (*before)(void);
};

#define READER JAIL_READER_PARENT, JAIL_READER_CHILD
#define CLIENT JAIL_PARENT, JAIL_CLIENT
#define ONLY(jail) jail, jail

static const struct act acts[] = {
	{"a missing locale is refused, not deadly", READER, act_fopen_missing, EACCES, NULL},
	{"nor look at a file's name", READER, act_stat, EACCES, NULL},
	{"nor accept", READER, act_accept_receive, KILLED, NULL},
	{"the parent accepts and receives", ONLY(JAIL_READER_PARENT), act_accept_receive, WORKS, NULL},
	{"the receiver, too", ONLY(JAIL_NETWORK), act_accept_receive, WORKS, NULL},
	{"a client does not", CLIENT, act_accept_receive, EACCES, NULL},
	{"but in the folder that was named", ONLY(JAIL_NETWORK), act_spool, WORKS, spool_folder},
	{"and nowhere else", ONLY(JAIL_NETWORK), act_write_elsewhere, EACCES, spool_folder},
	{"a file that was named is read again", ONLY(JAIL_NETWORK), act_read_trust, WORKS, trust_file},
	{"and the one that will take its place", ONLY(JAIL_NETWORK), act_read_new_trust, WORKS, trust_file},
	{"a folder that was named, too", ONLY(JAIL_NETWORK), act_read_trust, WORKS, trust_folder},
	{"and its names", ONLY(JAIL_NETWORK), act_list_trust, WORKS, trust_folder},
	{"nothing is written there", ONLY(JAIL_NETWORK), act_write_trust, EACCES, trust_folder},
	{"nor read beside it", ONLY(JAIL_NETWORK), act_read_beside_trust, EACCES, trust_folder},
	{"nor beside the folder of a file", ONLY(JAIL_NETWORK), act_read_beside_trust, EACCES, trust_file},
	{"a reader reads it no more", ONLY(JAIL_READER_PARENT), act_read_trust, EACCES, trust_file},
	{"a parent reads what was named for it", ONLY(JAIL_PARENT), act_read_trust, WORKS, trust_file},
	{"its child has what is named for the child alone", CLIENT, act_read_trust, EACCES, trust_file},
	{"the keeper makes keys in its folder", ONLY(JAIL_KEEPER), act_make_key, WORKS, spool_folder},
	{"and nowhere else", ONLY(JAIL_KEEPER), act_write_elsewhere, EACCES, spool_folder},
	{"who asks it comes by a socket of before", ONLY(JAIL_KEEPER), act_accept_receive, WORKS, NULL},
	{"who has a message scanned comes so, too", ONLY(JAIL_SCANNER), act_accept_receive, WORKS, NULL},
	{"the signer runs nothing there either", ONLY(JAIL_SIGNER), act_exec, KILLED, spool_folder},
};

static void run_act(const struct act *act)
{
	alarm(20);
	if (act->before != NULL)
		act->before();
	if (!jail_enter(act->outer) || (act->inner != act->outer && !jail_enter(act->inner)))
		_exit(FOUL);
	_exit(act->run());
}

static int ended(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : KILLED + WTERMSIG(status);
	return WEXITSTATUS(status) == 0 ? WORKS : WEXITSTATUS(status);
}

static int outcome(const struct act *act)
{
	int status;
	pid_t pid = fork();
	if (pid == 0)
		run_act(act);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return ended(status);
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

/* As its process enters it: a child inside its parent's; one port is named. */
static void try_in(enum jail jail, int (*run)(void))
{
	static const enum jail outer[JAILS] = {
		[JAIL_READER_PARENT] = JAIL_READER_PARENT, [JAIL_READER_CHILD] = JAIL_READER_PARENT, [JAIL_NETWORK] = JAIL_NETWORK,
		[JAIL_PARENT] = JAIL_PARENT, [JAIL_CLIENT] = JAIL_PARENT, [JAIL_WORKER] = JAIL_WORKER, [JAIL_KEEPER] = JAIL_KEEPER,
		[JAIL_SIGNER] = JAIL_SIGNER, [JAIL_SCANNER] = JAIL_SCANNER};

	alarm(20);
	jail_begin();
	if (outer[jail] != jail && !jail_enter(outer[jail]))
		_exit(FOUL);
	jail_connecting(named_port);
	if (!jail_enter(jail))
		_exit(FOUL);
	_exit(run());
}

static int landlock_here(void)
{
	const char *lacks[JAIL_LACKS_MAX];
	static const int versions[] = {6, 5, 4, 3, 2, 0};
	return versions[jail_lacks(lacks)];
}

static void test_each_jail(void **state)
{
	(void)state;
#ifdef RELAIS_SANITIZED
	skip();
#endif
	int wrong = 0, tried = 0, version = landlock_here();

	make_trust();
	named_port = open_port();
	other_port = open_port();
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		for (enum jail jail = 0; jail < JAILS; jail++) {
			int status, wanted = attempts[i].expected[jail];
			if (wanted == 0)
				print_error("%s: jail %u has no cell in the table\n", attempts[i].what, jail);
			wrong += wanted == 0;
			if (version < attempts[i].without)
				continue;
			pid_t pid = fork();
			if (pid == 0)
				try_in(jail, attempts[i].run);
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (ended(status) != wanted)
				print_error("%s: jail %u: %d, not %d\n", attempts[i].what, jail, ended(status), wanted);
			wrong += ended(status) != wanted;
			tried++;
		}
	print_message("%d attempts in %d jails agree, Landlock %d or later\n", tried, (int)JAILS, version);
	assert_int_equal(wrong, 0);
}

/* The table must be able to fail: outside of any jail most of it works. */
static void test_the_attempts_work_outside(void **state)
{
	(void)state;
	static int (*const harmless[])(void) = {act_open, act_socket_inet, act_connect_named, act_connect_other, act_bind, act_listen, act_fork, act_thread,
						 act_signal_parent, act_executable_page, act_make_executable, act_dumpable, act_pidfd, act_inotify};
	named_port = open_port();
	other_port = open_port();
	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
		assert_int_equal(harmless[i](), 0);
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
	jail_begin();
	getrlimit(RLIMIT_CORE, &core);
	_exit(core.rlim_max == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 9 : 0);
}

/* Whatever the limit: cores that the kernel hands to a program know none. */
static void crash_begun(void)
{
	const struct rlimit much = {RLIM_INFINITY, RLIM_INFINITY};
	jail_begin();
	setrlimit(RLIMIT_CORE, &much);   /* root may raise it again; then it is not the limit that holds */
	abort();
}

static void crash_before(void)
{
	const struct rlimit much = {RLIM_INFINITY, RLIM_INFINITY};
	if (setrlimit(RLIMIT_CORE, &much) != 0)
		_exit(0);
	abort();
}

static void test_no_core(void **state)
{
	char folder[] = "/tmp/jail-test-XXXXXX", line[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	int status = status_of(crash_begun), before = status_of(crash_before);
	assert_int_equal(chdir("/"), 0);
	snprintf(line, sizeof line, "rm -r '%s'", folder);
	assert_int_equal(system(line), 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#ifndef RELAIS_SANITIZED
	assert_false(WCOREDUMP(status));
#endif
	print_message("without jail_begin a core is %s\n", WIFSIGNALED(before) && WCOREDUMP(before) ? "written: it is what holds" : "not written on this machine either");
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
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_acts), cmocka_unit_test(test_each_jail), cmocka_unit_test(test_the_attempts_work_outside),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_no_core)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/jail_filter.c - see jail_filter.h.
 *
 * Lists of what a duty needs, from runs under strace of what the libraries do at run time. Three answers:
 *  - named here: allowed;
 *  - named in `quiet`: refused with an error that the libraries know how to live with;
 *  - anything else: readers are killed (a parser that asks for more is no longer ours), the others get EACCES,
 *    except execve, ptrace and their kin, which kill everywhere. */
#include "gateway/jail_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Memory, time and the descriptors that one has. mmap, mprotect and fstat have rules of their own. */
static const int everyone[] = {
	SCMP_SYS(read),          SCMP_SYS(write),         SCMP_SYS(lseek),       SCMP_SYS(fstat),
	SCMP_SYS(close),         SCMP_SYS(munmap),        SCMP_SYS(mremap),      SCMP_SYS(madvise),
	SCMP_SYS(brk),           SCMP_SYS(futex),         SCMP_SYS(getrandom),   SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),  SCMP_SYS(time),          SCMP_SYS(writev),      SCMP_SYS(getpid),
	SCMP_SYS(gettid),        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),
	SCMP_SYS(exit_group),    SCMP_SYS(restart_syscall),
};

/* A process that lives on: signals, waiting, descriptors. */
static const int lasting[] = {
	SCMP_SYS(poll),          SCMP_SYS(ppoll),         SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack),
	SCMP_SYS(fcntl),         SCMP_SYS(recvmsg),       SCMP_SYS(sendmsg),     SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),        SCMP_SYS(getsockopt),    SCMP_SYS(setsockopt),  SCMP_SYS(getppid),
	SCMP_SYS(getuid),        SCMP_SYS(geteuid),       SCMP_SYS(getgid),      SCMP_SYS(getegid),
	SCMP_SYS(nanosleep),     SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_getres), SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),          SCMP_SYS(sched_yield),   SCMP_SYS(getrusage),   SCMP_SYS(uname),
	SCMP_SYS(dup),           SCMP_SYS(dup2),          SCMP_SYS(dup3),        SCMP_SYS(pipe2),
	SCMP_SYS(pipe),          SCMP_SYS(shutdown),      SCMP_SYS(times),       SCMP_SYS(readv),
	SCMP_SYS(pread64),       SCMP_SYS(pwrite64),      SCMP_SYS(getpgrp),
	SCMP_SYS(getpgid),       SCMP_SYS(getpeername),   SCMP_SYS(getsockname), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sysinfo),       SCMP_SYS(signalfd4),     SCMP_SYS(alarm),       SCMP_SYS(setitimer),
};

static const int forks[] = {
	SCMP_SYS(fork),          SCMP_SYS(vfork),         SCMP_SYS(wait4),       SCMP_SYS(waitid),
	SCMP_SYS(kill),          SCMP_SYS(set_tid_address),
};

/* The warm parent of readers: takes connections, and gives its children a narrower filter. */
static const int reader_parent[] = {
	SCMP_SYS(accept4),       SCMP_SYS(accept),        SCMP_SYS(seccomp),
};

/* A parent's child enters a jail of its own: places by Landlock, then the filter. */
static const int narrower[] = {
	SCMP_SYS(seccomp),       SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self),
};

/* A client of the database and of the readers. */
static const int client[] = {
	SCMP_SYS(connect),       SCMP_SYS(socketpair),    SCMP_SYS(memfd_create), SCMP_SYS(ftruncate),
	SCMP_SYS(fsync),         SCMP_SYS(fdatasync),     SCMP_SYS(select),      SCMP_SYS(pselect6),
	SCMP_SYS(eventfd2),      SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),   SCMP_SYS(epoll_create),  SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(recvmmsg),      SCMP_SYS(sendmmsg),      SCMP_SYS(fallocate),   SCMP_SYS(flock),
	SCMP_SYS(getdents64),    SCMP_SYS(preadv),      SCMP_SYS(pwritev),
	SCMP_SYS(readahead),     SCMP_SYS(fadvise64),     SCMP_SYS(sendfile),    SCMP_SYS(copy_file_range),
	SCMP_SYS(sched_setaffinity), SCMP_SYS(membarrier), SCMP_SYS(fstatfs),    SCMP_SYS(getcwd),
};

/* Looking at names only; what may be opened is Landlock's to say. */
static const int names[] = {
	SCMP_SYS(stat),          SCMP_SYS(lstat),         SCMP_SYS(newfstatat),  SCMP_SYS(statx),
	SCMP_SYS(access),        SCMP_SYS(faccessat),     SCMP_SYS(faccessat2),  SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
};

/* bind: what name resolution asks the kernel of its addresses, and the resolver's own end of UDP; Landlock refuses it for TCP. */
static const int receives[] = {SCMP_SYS(bind), SCMP_SYS(accept4), SCMP_SYS(accept)};

/* What is fetched is put in place by renaming it. */
static const int connects[] = {
	SCMP_SYS(bind),          SCMP_SYS(unlink),        SCMP_SYS(unlinkat),    SCMP_SYS(rename),
	SCMP_SYS(renameat),      SCMP_SYS(renameat2),
};

/* Those who ask come by sockets that were opened before; keys are written beside their place, renamed, and taken away. */
static const int keeper[] = {
	SCMP_SYS(accept4),       SCMP_SYS(unlink),        SCMP_SYS(rename),      SCMP_SYS(fchmod),
};

/* Files are answered EACCES, so that a library that looks for a charset or a locale goes on without it. */
static const int files[] = {
	SCMP_SYS(open),          SCMP_SYS(openat),        SCMP_SYS(openat2),     SCMP_SYS(creat),
	SCMP_SYS(stat),          SCMP_SYS(lstat),         SCMP_SYS(newfstatat),  SCMP_SYS(statx),
	SCMP_SYS(access),        SCMP_SYS(faccessat),     SCMP_SYS(faccessat2),  SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),    SCMP_SYS(getcwd),
};

/* Questions that libraries ask in passing and live without. */
static const int quiet[] = {
	SCMP_SYS(prctl),         SCMP_SYS(prlimit64),     SCMP_SYS(getrlimit),   SCMP_SYS(sysinfo),
	SCMP_SYS(uname),         SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(getrusage),
	SCMP_SYS(sigaltstack),   SCMP_SYS(rt_sigaction),  SCMP_SYS(getuid),      SCMP_SYS(geteuid),
	SCMP_SYS(getgid),        SCMP_SYS(getegid),       SCMP_SYS(membarrier),  SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list), SCMP_SYS(fadvise64),   SCMP_SYS(clock_getres),
};

static const int deadly[] = {
	SCMP_SYS(execve),        SCMP_SYS(execveat),      SCMP_SYS(ptrace),      SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(bpf),       SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
	SCMP_SYS(init_module),   SCMP_SYS(finit_module),  SCMP_SYS(kexec_load),  SCMP_SYS(mount),
	SCMP_SYS(unshare),       SCMP_SYS(setns),         SCMP_SYS(pivot_root),  SCMP_SYS(perf_event_open),
};

/* One filter being built; a failed rule stays failed. */
struct builder {
	scmp_filter_ctx context;
	uint32_t otherwise;
	bool failed;
};

static void rule(struct builder *b, uint32_t action, int call)
{
	if (action == b->otherwise || b->failed)
		return;
	if (seccomp_rule_add(b->context, action, call, 0) != 0)
		b->failed = true;
}

static void rule_when(struct builder *b, uint32_t action, int call, struct scmp_arg_cmp when)
{
	if (action != b->otherwise && !b->failed && seccomp_rule_add(b->context, action, call, 1, when) != 0)
		b->failed = true;
}

static void rules(struct builder *b, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rule(b, action, calls[i]);
}

/* No page becomes executable once a jail is entered: what runs was loaded before. */
static void memory_rules(struct builder *b)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	for (size_t i = 0; i < COUNT(calls); i++) {
		rule_when(b, SCMP_ACT_ALLOW, calls[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		rule_when(b, SCMP_ACT_ERRNO(EACCES), calls[i], SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	}
}

static void ioctl_rules(struct builder *b)
{
	static const uint64_t harmless[] = {FIONREAD, FIONBIO};
	for (size_t i = 0; i < COUNT(harmless); i++)
		rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, harmless[i], 0));
	/* isatty() asks TCGETS of any descriptor before a first print. */
	rule_when(b, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, 0x5401, 0));
}

/* Threads, or children as well, but no namespaces; glibc falls back from clone3, whose flags cannot be seen, to clone. */
static void clone_rules(struct builder *b, bool children)
{
	const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
				    CLONE_NEWPID | CLONE_NEWNET;
	const uint64_t looked_at = children ? namespaces : namespaces | CLONE_THREAD;
	rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, looked_at, children ? 0 : CLONE_THREAD));
	rule(b, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
	if (children)
		rules(b, SCMP_ACT_ALLOW, forks, COUNT(forks));
	else
		rule(b, SCMP_ACT_ALLOW, SCMP_SYS(set_tid_address));
}

/* abort() and an assert that fails end the process by a signal to its own thread; no other signal goes that way. */
static void abort_rules(struct builder *b)
{
	rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), SCMP_A2(SCMP_CMP_EQ, SIGABRT, 0));
}

/* Limits of its own, not of another process of its user. */
static void limit_rules(struct builder *b)
{
	rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_EQ, 0, 0));
}

static void socket_rule(struct builder *b, int family, struct scmp_arg_cmp kind)
{
	if (!b->failed && seccomp_rule_add(b->context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0), kind) != 0)
		b->failed = true;
}

/* Of the network: TCP and UDP, and the kernel's list of addresses, which name resolution asks for. */
static void socket_rules(struct builder *b, bool network)
{
	static const int families[] = {AF_INET, AF_INET6};
	const uint64_t type = 0xf;   /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

	rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
	for (size_t i = 0; network && i < COUNT(families); i++) {
		socket_rule(b, families[i], SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_STREAM));
		socket_rule(b, families[i], SCMP_A1(SCMP_CMP_MASKED_EQ, type, SOCK_DGRAM));
	}
	if (network)
		socket_rule(b, AF_NETLINK, SCMP_A2(SCMP_CMP_EQ, NETLINK_ROUTE, 0));
}

/* Takes requests as readers do, a child for each; which port may be connected to is Landlock's to say. */
static void scanner_rules(struct builder *b)
{
	rule(b, SCMP_ACT_ALLOW, SCMP_SYS(accept4));
	rule(b, SCMP_ACT_ALLOW, SCMP_SYS(accept));
	clone_rules(b, true);
}

static void prctl_rules(struct builder *b)
{
	static const uint64_t own[] = {PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_NAME, PR_GET_NAME};
	for (size_t i = 0; i < COUNT(own); i++)
		rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, own[i], 0));
}

static void reader_rules(struct builder *b, bool child)
{
	if (!child) {
		rules(b, SCMP_ACT_ALLOW, lasting, COUNT(lasting));
		rules(b, SCMP_ACT_ALLOW, reader_parent, COUNT(reader_parent));
		abort_rules(b);
		limit_rules(b);
		clone_rules(b, true);
		prctl_rules(b);
	} else {
		rules(b, SCMP_ACT_ERRNO(EPERM), quiet, COUNT(quiet));
		/* fdopen() asks how its descriptor was opened. */
		rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0));
		rule_when(b, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_NE, F_GETFL, 0));
	}
	/* fstat(fd) of today's C library is newfstatat(fd, "", AT_EMPTY_PATH). */
	rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH, 0));
	for (size_t i = 0; i < COUNT(files); i++)
		if (files[i] == SCMP_SYS(newfstatat))
			rule_when(b, SCMP_ACT_ERRNO(EACCES), files[i], SCMP_A3(SCMP_CMP_NE, AT_EMPTY_PATH, 0));
		else
			rule(b, SCMP_ACT_ERRNO(EACCES), files[i]);
}

/* Flags stand second in open and third in openat. What is not allowed here meets the default, EACCES. */
static void open_rules(struct builder *b, enum jail_open open)
{
	const uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

	if (open == JAIL_OPEN_ASK) {
		rule(b, SCMP_ACT_ALLOW, SCMP_SYS(openat));
		rule(b, SCMP_ACT_ALLOW, SCMP_SYS(open));
	} else if (open == JAIL_OPEN_TO_READ) {
		rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
		rule_when(b, SCMP_ACT_ALLOW, SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	}
}

static void client_rules(struct builder *b, enum jail jail, enum jail_open open)
{
	rules(b, SCMP_ACT_ALLOW, lasting, COUNT(lasting));
	rules(b, SCMP_ACT_ALLOW, client, COUNT(client));
	rules(b, SCMP_ACT_ALLOW, names, COUNT(names));
	open_rules(b, open);
	prctl_rules(b);
	if (jail == JAIL_KEEPER)
		rules(b, SCMP_ACT_ALLOW, keeper, COUNT(keeper));
	abort_rules(b);
	limit_rules(b);
	socket_rules(b, jail == JAIL_NETWORK || jail == JAIL_PARENT || jail == JAIL_CLIENT);
	if (jail == JAIL_NETWORK)
		rules(b, SCMP_ACT_ALLOW, receives, COUNT(receives));
	if (jail == JAIL_PARENT || jail == JAIL_CLIENT)
		rules(b, SCMP_ACT_ALLOW, connects, COUNT(connects));
	if (jail == JAIL_PARENT)
		rules(b, SCMP_ACT_ALLOW, narrower, COUNT(narrower));
	if (jail == JAIL_NETWORK || jail == JAIL_PARENT || jail == JAIL_CLIENT)
		clone_rules(b, jail == JAIL_PARENT);
	if (jail == JAIL_SCANNER)
		scanner_rules(b);
}

/* The program leaves libseccomp through a descriptor only. */
static bool export_to(scmp_filter_ctx context, struct jail_filter *out)
{
	int file = memfd_create("filter", MFD_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t len = -1;
	if (seccomp_export_bpf(context, file) == 0)
		len = pread(file, out->code, sizeof out->code, 0);
	bool whole = len > 0 && lseek(file, 0, SEEK_END) == len;
	close(file);
	out->len = whole ? (unsigned short)((size_t)len / sizeof out->code[0]) : 0;
	return whole;
}

bool jail_filter_compile(enum jail jail, enum jail_open open, struct jail_filter *out)
{
	bool reader = jail == JAIL_READER_PARENT || jail == JAIL_READER_CHILD;
	struct builder b = {.otherwise = reader ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EACCES)};

	b.context = seccomp_init(b.otherwise);
	if (b.context == NULL)
		return false;
	seccomp_attr_set(b.context, SCMP_FLTATR_CTL_OPTIMIZE, 2);   /* a tree: libseccomp >= 2.5 */
	rules(&b, SCMP_ACT_ALLOW, everyone, COUNT(everyone));
	memory_rules(&b);
	ioctl_rules(&b);
	if (reader)
		reader_rules(&b, jail == JAIL_READER_CHILD);
	else
		client_rules(&b, jail, open);
	rules(&b, SCMP_ACT_KILL_PROCESS, deadly, COUNT(deadly));
	bool done = !b.failed && export_to(b.context, out);
	seccomp_release(b.context);
	return done;
}

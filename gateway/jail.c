/* gateway/jail.c - see jail.h. */
#include "gateway/jail.h"

#include "gateway/jail_filter.h"
#include "gateway/jail_landlock.h"
#include "gateway/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STATUS_JAIL_FAILED = 71 /* sysexits: EX_OSERR */ };

/* What must be known after files can no longer be opened: set before the first jail, read afterwards.
 * A child's program is compiled by its parent, so that a child costs one system call and not a compiler run. */
static struct {
	bool begun;
	size_t mapped;
	struct jail_places places;   /* of the next jail */
	enum jail child_jail;
	struct jail_filter child;
} prepared;

_Noreturn static void refused(const char *step)
{
	log_event("jail-failed", LOG_TEXT("step", step), LOG_TEXT("error", strerror(errno)), LOG_END);
	_exit(STATUS_JAIL_FAILED);
}

/* Bytes of address space now; 0 when /proc cannot be read. */
static size_t mapped_now(void)
{
	char text[64];
	uint64_t pages = 0;
	int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return 0;
	ssize_t len = read(file, text, sizeof text);
	close(file);
	if (len <= 0)
		return 0;
	struct bytes all = {(unsigned char *)text, (size_t)len};
	if (!bytes_number(bytes_slice(all, 0, bytes_find_byte(all, ' ', 0)), SIZE_MAX / 65536, &pages))
		return 0;
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit now, wanted = {soft, hard};
	if (getrlimit(which, &now) == 0 && now.rlim_max != RLIM_INFINITY) {
		if (wanted.rlim_max > now.rlim_max)
			wanted.rlim_max = now.rlim_max;
		if (wanted.rlim_cur > wanted.rlim_max)
			wanted.rlim_cur = wanted.rlim_max;
	}
	if (setrlimit(which, &wanted) != 0)
		refused("limit");
}

#ifndef RELAIS_SANITIZED

static void load(const struct jail_filter *filter, unsigned flags)
{
	struct sock_fprog program = {.len = filter->len, .filter = (struct sock_filter *)(uintptr_t)filter->code};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
		refused("seccomp");
}

static enum jail_open may_open(enum jail jail, int landlock)
{
	bool network = jail == JAIL_NETWORK || jail == JAIL_PARENT || jail == JAIL_CLIENT;

	if (prepared.places.n > 0 || (network && landlock > 0))
		return JAIL_OPEN_ASK;
	return network ? JAIL_OPEN_TO_READ : JAIL_OPEN_NEVER;
}

static void compile(enum jail jail, int landlock, struct jail_filter *out)
{
	if (!jail_filter_compile(jail, may_open(jail, landlock), out))
		refused("filter");
}

/* Without Landlock the filter of a client depends on the places that it will name itself: it compiles its own. */
static void prepare_child(enum jail jail, int landlock)
{
	if (jail != JAIL_READER_PARENT && (jail != JAIL_PARENT || landlock == 0))
		return;
	prepared.child_jail = jail == JAIL_PARENT ? JAIL_CLIENT : JAIL_READER_CHILD;
	compile(prepared.child_jail, landlock, &prepared.child);
}

static bool enter(enum jail jail)
{
	bool child = prepared.child.len > 0 && jail == prepared.child_jail;
	static struct jail_filter filter;

	jail_begin();
	if (jail == JAIL_READER_CHILD && child) {
		load(&prepared.child, 0);   /* inside the parent's jail already */
		return true;
	}
	int landlock = landlock_version();
	if (!child)
		compile(jail, landlock, &filter);
	prepare_child(jail, landlock);
	const char *step = landlock > 0 ? landlock_enter(landlock, jail, &prepared.places) : NULL;
	if (step != NULL)
		refused(step);
	prepared.places.n = prepared.places.n_ports = 0;
	load(child ? &prepared.child : &filter, SECCOMP_FILTER_FLAG_TSYNC);
	return true;
}

#endif

static void add_folder(const char *path, bool read_only)
{
	struct jail_places *places = &prepared.places;

	if (places->n == JAIL_PLACES_MAX) {
		errno = E2BIG;
		refused("folder");
	}
	places->folders[places->n].path = path;
	places->folders[places->n++].read_only = read_only;
}

void jail_begin(void)
{
	if (prepared.begun)
		return;   /* a child has it from its parent, whose jail would refuse the asking */
	limit(RLIMIT_CORE, 0, 0);
#ifndef RELAIS_SANITIZED   /* the leak checker attaches to its own process */
	/* A kernel that hands cores to a program does so whatever RLIMIT_CORE says; not of a process that is not dumpable. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		refused("dumpable");
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		refused("no-new-privileges");
	prepared.begun = true;
}

void jail_folder(const char *path)
{
	add_folder(path, false);
}

void jail_reading(const char *path)
{
	if (path[0] != '\0')
		add_folder(path, true);
}

void jail_connecting(int port)
{
	struct jail_places *places = &prepared.places;

	if (places->n_ports == JAIL_PORTS_MAX) {
		errno = E2BIG;
		refused("port");
	}
	if (port > 0)
		places->ports[places->n_ports++] = port;
}

bool jail_enter(enum jail jail)
{
	if (prepared.mapped == 0)
		prepared.mapped = mapped_now();
#ifdef RELAIS_SANITIZED
	(void)jail;
	jail_begin();
	prepared.places.n = prepared.places.n_ports = 0;
	return false;
#else
	return enter(jail);
#endif
}

size_t jail_lacks(const char *out[JAIL_LACKS_MAX])
{
#ifdef RELAIS_SANITIZED
	out[0] = "filters: a build with sanitizers has none";
	return 1;
#else
	static const struct {
		int since;
		const char *what;
	} parts[] = {
		{1, "landlock: files are behind users and filters alone"},
		{3, "landlock.truncate: a file that may be read of our own user may be cut"},
		{4, "landlock.network: ports are not held"},
		{5, "landlock.devices: devices are not held"},
		{6, "landlock.signals: a process may signal another of its own user, and reach abstract sockets"},
	};
	_Static_assert(sizeof parts / sizeof parts[0] <= JAIL_LACKS_MAX, "room for all");
	int version = landlock_version();
	size_t n = 0;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (version < parts[i].since)
			out[n++] = parts[i].what;
	return n;
#endif
}

void jail_limits(unsigned cpu_seconds, size_t memory)
{
	/* The soft limit sends SIGXCPU, which says why; the hard one a second later cannot be caught. */
	if (cpu_seconds > 0)
		limit(RLIMIT_CPU, cpu_seconds, cpu_seconds + 1);
#ifndef RELAIS_SANITIZED   /* the sanitizers map terabytes */
	size_t mapped = prepared.mapped > 0 ? prepared.mapped : mapped_now();
	if (memory > 0 && mapped == 0)
		refused("mapped");
	if (memory > 0)
		limit(RLIMIT_AS, mapped + memory, mapped + memory);
#else
	(void)memory;
#endif
}

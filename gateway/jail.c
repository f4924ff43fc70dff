/* gateway/jail.c - see jail.h. */
#include "gateway/jail.h"

#include "gateway/jail_filter.h"
#include "gateway/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FOLDERS_MAX = 16, STATUS_JAIL_FAILED = 71 /* sysexits: EX_OSERR */ };

/* What must be known after files can no longer be opened: set before the first jail, read afterwards.
 * The child's program is compiled by the parent, so that a child costs one system call and not a compiler run. */
static struct {
	size_t mapped;
	struct {
		const char *path;
		bool read_only;
	} folders[FOLDERS_MAX];
	size_t n;
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

/* The header of Debian 12 stops at an early version of the interface; these are the kernel's later fields and bits.
 * A kernel takes a longer structure when what it does not know is zero. */
struct landlock_rules {
	uint64_t files, network, scoped;
};
enum {
	LANDLOCK_FILES_1 = (1 << 13) - 1,
	LANDLOCK_REFER_2 = 1 << 13,
	LANDLOCK_TRUNCATE_3 = 1 << 14,
	LANDLOCK_DEVICES_5 = 1 << 15,
	LANDLOCK_TCP_4 = 3,
	LANDLOCK_SCOPES_6 = 3,
};

static long landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return version < 0 ? 0 : version;
}

static struct landlock_rules landlock_handled(long version, enum jail jail)
{
	struct landlock_rules r = {.files = LANDLOCK_FILES_1};
	if (version >= 2)
		r.files |= LANDLOCK_REFER_2;
	if (version >= 3)
		r.files |= LANDLOCK_TRUNCATE_3;
	if (version >= 5)
		r.files |= LANDLOCK_DEVICES_5;
	if (version >= 4 && jail != JAIL_NETWORK)
		r.network = LANDLOCK_TCP_4;
	if (version >= 6)
		r.scoped = LANDLOCK_SCOPES_6;
	return r;
}

static void landlock_below(int rules, const char *path, uint64_t access)
{
	int folder = open(path, O_PATH | O_CLOEXEC);
	if (folder < 0)
		return;   /* not there: nothing to allow */
	struct landlock_path_beneath_attr below = {.allowed_access = access, .parent_fd = folder};
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) != 0)
		refused("landlock-rule");
	close(folder);
}

/* The folder itself, or that of a file. */
static void landlock_reading(int rules, const char *path, uint64_t access)
{
	char folder[PATH_MAX];
	struct stat about;

	if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
		return;
	char *slash = strrchr(folder, '/');
	if ((stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) && slash != NULL)
		*(slash == folder ? slash + 1 : slash) = '\0';
	landlock_below(rules, folder, access);
}

static void landlock_allow(int rules, uint64_t handled, enum jail jail)
{
	/* What name resolution reads each time; files here that are secret are not ours to read anyway. */
	static const char *const resolver[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf", "/lib", "/usr/lib"};
	const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

	if (jail == JAIL_READER_PARENT || jail == JAIL_READER_CHILD)
		return;
	for (size_t i = 0; jail == JAIL_NETWORK && i < sizeof resolver / sizeof resolver[0]; i++)
		landlock_below(rules, resolver[i], reading & handled);
	for (size_t i = 0; i < prepared.n; i++)
		if (prepared.folders[i].read_only)
			landlock_reading(rules, prepared.folders[i].path, reading & handled);
		else
			landlock_below(rules, prepared.folders[i].path, handled & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
}

/* False when the kernel has no Landlock: an older kernel is no error. */
static bool landlock_enter(enum jail jail)
{
	long version = landlock_version();
	if (version < 1)
		return false;
	struct landlock_rules handled = landlock_handled(version, jail);
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules < 0)
		refused("landlock");
	landlock_allow(rules, handled.files, jail);
	if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		refused("landlock-enter");
	close(rules);
	return true;
}

static void load(const struct jail_filter *filter, unsigned flags)
{
	struct sock_fprog program = {.len = filter->len, .filter = (struct sock_filter *)(uintptr_t)filter->code};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0)
		refused("seccomp");
}

static bool enter(enum jail jail)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		refused("no-new-privileges");
	if (jail == JAIL_READER_CHILD && prepared.child.len > 0) {
		load(&prepared.child, 0);   /* inside the parent's jail already */
		return true;
	}
	/* No attaching debugger and no core, even for another process of the same user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		refused("dumpable");
	bool landlock = landlock_enter(jail);
	enum jail_open open = landlock ? JAIL_OPEN_ASK : prepared.n > 0 ? JAIL_OPEN_ASK : JAIL_OPEN_TO_READ;
	if (jail != JAIL_NETWORK && prepared.n == 0)
		open = JAIL_OPEN_NEVER;
	static struct jail_filter filter;
	if (!jail_filter_compile(jail, open, &filter))
		refused("filter");
	if (jail == JAIL_READER_PARENT && !jail_filter_compile(JAIL_READER_CHILD, JAIL_OPEN_NEVER, &prepared.child))
		refused("filter");
	load(&filter, SECCOMP_FILTER_FLAG_TSYNC);
	return true;
}

#endif

static void add_folder(const char *path, bool read_only)
{
	if (prepared.n == FOLDERS_MAX) {
		errno = E2BIG;
		refused("folder");
	}
	prepared.folders[prepared.n].path = path;
	prepared.folders[prepared.n++].read_only = read_only;
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

bool jail_enter(enum jail jail)
{
	limit(RLIMIT_CORE, 0, 0);
	if (prepared.mapped == 0)
		prepared.mapped = mapped_now();
#ifdef RELAIS_SANITIZED
	(void)jail;
	return false;
#else
	return enter(jail);
#endif
}

void jail_limits(unsigned cpu_seconds, size_t memory)
{
	limit(RLIMIT_CORE, 0, 0);
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

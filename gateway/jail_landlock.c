/* gateway/jail_landlock.c - see jail_landlock.h. */
#include "gateway/jail_landlock.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The header of Debian 12 stops at an early version of the interface; these are the kernel's later fields and bits.
 * A kernel takes a longer structure when what it does not know is zero. */
struct landlock_rules {
	uint64_t files, network, scoped;
};
struct landlock_port {
	uint64_t allowed_access, port;
};
enum {
	LANDLOCK_RULE_PORT_4 = 2,
	LANDLOCK_FILES_1 = (1 << 13) - 1,
	LANDLOCK_REFER_2 = 1 << 13,
	LANDLOCK_TRUNCATE_3 = 1 << 14,
	LANDLOCK_DEVICES_5 = 1 << 15,
	LANDLOCK_BIND_4 = 1,
	LANDLOCK_CONNECT_4 = 2,
	LANDLOCK_SCOPES_6 = 3,   /* abstract sockets and signals of others */
	PORT_DNS = 53,
};

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return version < 0 ? 0 : (int)version;
}

static struct landlock_rules handled_by(int version, enum jail jail)
{
	struct landlock_rules r = {.files = LANDLOCK_FILES_1};
	if (version >= 2)
		r.files |= LANDLOCK_REFER_2;
	if (version >= 3)
		r.files |= LANDLOCK_TRUNCATE_3;
	if (version >= 5)
		r.files |= LANDLOCK_DEVICES_5;
	/* A parent connects to its database only; but what it may not, its children may not either. */
	if (version >= 4)
		r.network = jail == JAIL_PARENT ? LANDLOCK_BIND_4 : LANDLOCK_BIND_4 | LANDLOCK_CONNECT_4;
	if (version >= 6)
		r.scoped = LANDLOCK_SCOPES_6;
	return r;
}

/* False when the kernel refuses. A place that is not there allows nothing. */
static bool allow_below(int rules, const char *path, uint64_t access)
{
	int folder = open(path, O_PATH | O_CLOEXEC);
	if (folder < 0)
		return true;
	struct landlock_path_beneath_attr below = {.allowed_access = access, .parent_fd = folder};
	bool taken = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) == 0;
	close(folder);
	return taken;
}

/* The folder itself, or that of a file. */
static bool allow_reading(int rules, const char *path, uint64_t access)
{
	char folder[PATH_MAX];
	struct stat about;

	if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
		return true;
	char *slash = strrchr(folder, '/');
	if ((stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) && slash != NULL)
		*(slash == folder ? slash + 1 : slash) = '\0';
	return allow_below(rules, folder, access);
}

static bool allow_files(int rules, uint64_t handled, enum jail jail, const struct jail_places *places)
{
	/* What name resolution reads each time; files here that are secret are not ours to read anyway. */
	static const char *const resolver[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf", "/lib", "/usr/lib"};
	const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	bool network = jail == JAIL_NETWORK || jail == JAIL_PARENT || jail == JAIL_CLIENT, done = true;

	if (jail == JAIL_READER_PARENT || jail == JAIL_READER_CHILD)
		return true;
	for (size_t i = 0; network && done && i < sizeof resolver / sizeof resolver[0]; i++)
		done = allow_below(rules, resolver[i], reading & handled);
	for (size_t i = 0; done && i < places->n; i++)
		if (places->folders[i].read_only)
			done = allow_reading(rules, places->folders[i].path, reading & handled);
		else
			done = allow_below(rules, places->folders[i].path, handled & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
	return done;
}

static bool allow_port(int rules, int port)
{
	struct landlock_port to = {LANDLOCK_CONNECT_4, (uint64_t)port};
	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PORT_4, &to, 0) == 0;
}

static bool allow_ports(int rules, uint64_t handled, enum jail jail, const struct jail_places *places)
{
	bool done = true;

	if ((handled & LANDLOCK_CONNECT_4) == 0 || (jail != JAIL_NETWORK && jail != JAIL_CLIENT))
		return true;
	if (places->n_ports > 0)
		done = allow_port(rules, PORT_DNS);
	for (size_t i = 0; done && i < places->n_ports; i++)
		done = allow_port(rules, places->ports[i]);
	return done;
}

const char *landlock_enter(int version, enum jail jail, const struct jail_places *places)
{
	struct landlock_rules handled = handled_by(version, jail);
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);

	if (rules < 0)
		return "landlock";
	if (!allow_files(rules, handled.files, jail, places) || !allow_ports(rules, handled.network, jail, places))
		return "landlock-rule";
	if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
		return "landlock-enter";
	close(rules);
	return NULL;
}

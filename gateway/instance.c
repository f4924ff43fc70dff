/* gateway/instance.c - see instance.h. */
#include "gateway/instance.h"

#include "gateway/privilege.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Numbers that neither Debian nor systemd gives to anybody (systemd's "Users, Groups, UIDs and GIDs": unused). */
enum { UID_BASE = 60700 };

static const char *const names[INSTANCE_USERS] = {
	[INSTANCE_POSTGRES] = "relais-postgres",   [INSTANCE_RECEIVER] = "relais-receiver",
	[INSTANCE_COLLECTOR] = "relais-collector", [INSTANCE_WORKER] = "relais-worker",
	[INSTANCE_SIGNER] = "relais-signer",       [INSTANCE_DELIVERER] = "relais-deliverer",
	[INSTANCE_VERIFY] = "relais-verify",       [INSTANCE_INSPECT] = "relais-inspect",
	[INSTANCE_COMPOSE] = "relais-compose",     [INSTANCE_REFRESHER] = "relais-refresher",
	[INSTANCE_KEEPER] = "relais-keeper",
	[INSTANCE_SHIELD] = "relais-shield",       [INSTANCE_ANTIVIRUS] = "relais-antivirus",
	[INSTANCE_OPENER] = "relais-opener",
};

static const char *own_folder(struct arena *arena)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	if (len <= 0)
		return ".";
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	*(slash == path ? slash + 1 : slash) = '\0';
	return arena_text(arena, bytes_of_text(path));
}

const char *instance_open(struct arena *arena, const char *folder, struct instance *out)
{
	char real[PATH_MAX];
	struct stat about;

	if (realpath(folder, real) == NULL || stat(real, &about) != 0)
		return arena_printf(arena, "%s: %s", folder, strerror(errno));
	if (!S_ISDIR(about.st_mode))
		return arena_printf(arena, "%s is not a folder", folder);
	if (about.st_uid != geteuid())
		return arena_printf(arena, "%s belongs to user %u: run this as that user", folder,
				    (unsigned)about.st_uid);
	*out = (struct instance){.arena = arena, .root = about.st_uid == 0};
	out->folder = arena_text(arena, bytes_of_text(real));
	out->executables = own_folder(arena);
	out->share = arena_printf(arena, "%s/../share/relais", out->executables);
	return NULL;
}

const char *instance_path(const struct instance *instance, const char *name)
{
	return arena_printf(instance->arena, "%s/%s", instance->folder, name);
}

const char *instance_user_name(enum instance_user user)
{
	return names[user];
}

uid_t instance_uid(const struct instance *instance, enum instance_user user)
{
	return instance->root ? UID_BASE + (uid_t)user : geteuid();
}

bool instance_give(const struct instance *instance, const char *path, enum instance_user user, mode_t mode)
{
	uid_t uid = instance_uid(instance, user);
	if (instance->root && chown(path, uid, uid) != 0)
		return false;
	return chmod(path, mode) == 0;
}

bool instance_become(const struct instance *instance, enum instance_user user)
{
	uid_t uid = instance_uid(instance, user);
	if (!instance->root)
		return true;
	return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 && privilege_bound(0) && setresuid(uid, uid, uid) == 0;
}

/* gateway/cluster.c - see cluster.h. */
#include "gateway/cluster.h"

#include "base/buf.h"
#include "gateway/log.h"
#include "gateway/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SOCKET_PATH_MAX = 107, FILE_MAX = 64 * 1024, STATUS_NO_NAMES = 70, STATUS_NO_PARENT = 71, STATUS_NO_PROGRAM = 127 };

/* Nothing that could quote a patient is ever written to the log: no statement, no parameter, no error's text. */
static const char settings[] =
	"\n# --- Relais ---\n"
	"listen_addresses = ''\n"
	"unix_socket_permissions = 0777        # the kernel says who connects; pg_ident.conf maps it to one role\n"
	"max_connections = 120\n"
	"shared_buffers = 64MB\n"
	"wal_compression = on\n"
	"jit = off                             # no page of the server becomes executable (share/systemd)\n"
	"timezone = 'UTC'\n"
	"log_timezone = 'UTC'\n"
	"log_statement = none\n"
	"log_min_duration_statement = -1\n"
	"log_parameter_max_length = 0\n"
	"log_parameter_max_length_on_error = 0\n"
	"log_min_error_statement = panic\n"
	"log_min_messages = log\n"
	"log_error_verbosity = terse\n";

static const char access_rules[] = "# Local connections only; the kernel names the user (pg_ident.conf).\n"
				   "local all all peer map=relais\n"
				   "local replication postgres peer map=relais   # a base backup, a standby, an archive of the log\n";

/* --- files --------------------------------------------------------------------------- */

static bool write_file(const struct instance *instance, const char *path, int flags, struct bytes text,
		       enum instance_user owner, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, mode);
	if (file < 0)
		return false;
	bool whole = write(file, text.at, text.len) == (ssize_t)text.len;
	if (close(file) != 0)
		whole = false;
	return whole && instance_give(instance, path, owner, mode);
}

static bool read_file(const char *path, char *text, size_t room)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t len = read(file, text, room - 1);
	close(file);
	text[len < 0 ? 0 : len] = '\0';
	return len >= 0;
}

/* --- names of users ---------------------------------------------------------------------- */

/* What the server takes for /etc/passwd and /etc/group: itself, our processes, root, and the user without root. */
static bool write_names(const struct instance *instance)
{
	struct buf passwd = buf_make(FILE_MAX), group = buf_make(FILE_MAX);

	buf_text(&passwd, "root:x:0:0:root:/:/usr/sbin/nologin\n");
	buf_text(&group, "root:x:0:\n");
	for (enum instance_user u = 0; u < INSTANCE_USERS && instance->root; u++) {
		unsigned uid = (unsigned)instance_uid(instance, u);
		buf_printf(&passwd, "%s:x:%u:%u::/:/usr/sbin/nologin\n", instance_user_name(u), uid, uid);
		buf_printf(&group, "%s:x:%u:\n", instance_user_name(u), uid);
	}
	if (!instance->root) {
		buf_printf(&passwd, "relais:x:%u:%u::/:/usr/sbin/nologin\n", (unsigned)geteuid(), (unsigned)getegid());
		buf_printf(&group, "relais:x:%u:\n", (unsigned)getegid());
	}
	bool done = write_file(instance, instance_path(instance, "run/passwd"), O_TRUNC, buf_bytes(&passwd),
			       INSTANCE_POSTGRES, 0644) &&
		    write_file(instance, instance_path(instance, "run/group"), O_TRUNC, buf_bytes(&group),
			       INSTANCE_POSTGRES, 0644);
	buf_free(&passwd);
	buf_free(&group);
	return done;
}

/* Without root a name must be there already, or a user namespace must give us the right to bind one. */
static bool has_name(const struct instance *instance)
{
	return !instance->root && getpwuid(geteuid()) != NULL;
}

static bool map_self(const char *file, unsigned id)
{
	char line[64];
	int len = snprintf(line, sizeof line, "%u %u 1", id, id);
	int map = open(file, O_WRONLY | O_CLOEXEC);
	if (map < 0)
		return false;
	bool done = write(map, line, (size_t)len) == len;
	close(map);
	return done;
}

static bool user_namespace(void)
{
	unsigned uid = (unsigned)geteuid(), gid = (unsigned)getegid();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	int deny = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	bool denied = deny >= 0 && write(deny, "deny", 4) == 4;
	if (deny >= 0)
		close(deny);
	return denied && map_self("/proc/self/gid_map", gid) && map_self("/proc/self/uid_map", uid);
}

/* In the child that becomes initdb or the server. */
static bool private_names(const struct instance *instance)
{
	if (has_name(instance))
		return true;
	if (instance->root ? unshare(CLONE_NEWNS) != 0 : !user_namespace())
		return false;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(instance_path(instance, "run/passwd"), "/etc/passwd", NULL, MS_BIND, NULL) == 0 &&
	       mount(instance_path(instance, "run/group"), "/etc/group", NULL, MS_BIND, NULL) == 0;
}

static const char *own_name(const struct instance *instance)
{
	const struct passwd *entry = has_name(instance) ? getpwuid(geteuid()) : NULL;
	return entry == NULL ? "relais" : arena_text(instance->arena, bytes_of_text(entry->pw_name));
}

static void add_map(struct buf *b, const char *who, const char *role)
{
	buf_printf(b, "relais\t%s\t%s\n", who, role);
}

/* One OS user, one role. Without root one user has them all: development only. */
static bool write_map(const struct instance *instance)
{
	static const struct {
		enum instance_user user;
		const char *role;
	} roles[] = {
		{INSTANCE_POSTGRES, "postgres"},         {INSTANCE_RECEIVER, "relais_receiver"},
		{INSTANCE_COLLECTOR, "relais_collector"}, {INSTANCE_WORKER, "relais_worker"},
		{INSTANCE_SIGNER, "relais_signer"},      {INSTANCE_DELIVERER, "relais_deliverer"},
		{INSTANCE_REFRESHER, "relais_refresher"}, {INSTANCE_KEEPER, "relais_keeper"}, {INSTANCE_OPENER, "relais_opener"},
	};
	const char *self = instance->root ? "root" : own_name(instance);
	struct buf b = buf_make(FILE_MAX);

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		add_map(&b, instance->root ? instance_user_name(roles[i].user) : self, roles[i].role);
	add_map(&b, self, "relais_operator");
	if (instance->root)
		add_map(&b, self, "postgres");   /* migrate, by the command line */
	bool done = write_file(instance, instance_path(instance, "data/pg_ident.conf"), O_TRUNC, buf_bytes(&b),
			       INSTANCE_POSTGRES, 0600);
	buf_free(&b);
	return done;
}

/* --- programs of PostgreSQL ------------------------------------------------------------------ */

/* Version of the cluster, "" when there is none yet. */
static void version_of(const struct instance *instance, char version[16])
{
	version[0] = '\0';
	if (read_file(instance_path(instance, "data/PG_VERSION"), version, 16))
		version[strcspn(version, "\n")] = '\0';
}

static bool runs(const char *path)
{
	return access(path, X_OK) == 0;
}

/* Debian keeps each version in a folder of its own: that of the cluster, or the highest. */
const char *cluster_program(const struct instance *instance, const char *name)
{
	char version[16];
	version_of(instance, version);
	const char *pattern = arena_printf(instance->arena, "/usr/lib/postgresql/%s/bin/%s",
					   version[0] == '\0' ? "[1-9][0-9]" : version, name);
	const char *found = NULL;
	glob_t hits;

	if (glob(pattern, 0, NULL, &hits) == 0) {
		found = arena_text(instance->arena, bytes_of_text(hits.gl_pathv[hits.gl_pathc - 1]));
		globfree(&hits);
	}
	return found != NULL && runs(found) ? found : NULL;
}

/* In a child: as the server's user, with its names, its output in a file. */
_Noreturn static void become_program(const struct instance *instance, const char *program, char *const argv[],
				     const char *log, pid_t parent)
{
	char *const environment[] = {(char *)(uintptr_t) "PATH=/usr/bin:/bin", (char *)(uintptr_t) "LC_ALL=C.UTF-8",
				     NULL};
	sigset_t none;

	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (out < 0 || in < 0 || !private_names(instance) || !instance_become(instance, INSTANCE_POSTGRES))
		_exit(STATUS_NO_NAMES);
	if (!privilege_dies_with(parent, SIGINT))   /* fast shutdown when the master is killed */
		_exit(STATUS_NO_PARENT);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close_range(3, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	if (chdir(instance->folder) != 0)
		_exit(STATUS_NO_NAMES);
	execve(program, argv, environment);
	_exit(STATUS_NO_PROGRAM);
}

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

static const char *run_initdb(const struct instance *instance)
{
	const char *program = cluster_program(instance, "initdb");
	const char *log = instance_path(instance, "log/initdb.log");
	int status;

	if (program == NULL)
		return "PostgreSQL (15 or later) is not installed: initdb was found neither below /usr/lib/postgresql "
		       "nor by pg_config";
	/* The programs of PostgreSQL find one another by the path in argv[0]. */
	char *argv[] = {word(program),
			word("-D"),
			word(instance_path(instance, "data")),
			word("-U"),
			word("postgres"),
			word("-E"),
			word("UTF8"),
			word("--locale=C.UTF-8"),
			word("--data-checksums"),
			word("--auth-local=peer"),
			word("--auth-host=reject"),
			word("--no-instructions"),
			NULL};
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		become_program(instance, program, argv, log, parent);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return "initdb could not be started";
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NO_NAMES)
		return instance->root
			       ? "the mount namespace for PostgreSQL was refused: this container lacks CAP_SYS_ADMIN, or / is no mount point (a "
				 "plain chroot: bind the folder onto itself first)"
			       : "your user has no name in /etc/passwd and user namespaces are refused: use a user "
				 "that has one";
	return status == 0 ? NULL : arena_printf(instance->arena, "initdb failed: see %s", log);
}

/* --- public --------------------------------------------------------------------------------------- */

bool cluster_exists(const struct instance *instance)
{
	return access(instance_path(instance, "data/PG_VERSION"), F_OK) == 0;
}

const char *cluster_make(const struct instance *instance)
{
	const char *socket = instance_path(instance, "run/db/.s.PGSQL.5432");
	const char *data = instance_path(instance, "data"), *db = instance_path(instance, "run/db");

	/* The .lock file beside the socket is no socket: only the socket's own path counts. */
	if (bytes_of_text(socket).len > SOCKET_PATH_MAX)
		return arena_printf(instance->arena,
				    "the folder's path is too long: sockets may have %d bytes, %s has %zu",
				    SOCKET_PATH_MAX, socket, bytes_of_text(socket).len);
	if ((mkdir(data, 0700) != 0 && errno != EEXIST) || (mkdir(db, 0711) != 0 && errno != EEXIST) ||
	    !instance_give(instance, data, INSTANCE_POSTGRES, 0700) ||
	    !instance_give(instance, db, INSTANCE_POSTGRES, 0711) || !write_names(instance))
		return arena_printf(instance->arena, "%s: %s", data, strerror(errno));
	const char *trouble = run_initdb(instance);
	if (trouble != NULL)
		return trouble;
	if (!write_file(instance, instance_path(instance, "data/postgresql.conf"), O_APPEND, bytes_of_text(settings),
			INSTANCE_POSTGRES, 0600) ||
	    !write_file(instance, instance_path(instance, "data/pg_hba.conf"), O_TRUNC, bytes_of_text(access_rules),
			INSTANCE_POSTGRES, 0600) ||
	    !write_map(instance))
		return arena_printf(instance->arena, "the settings of PostgreSQL: %s", strerror(errno));
	return NULL;
}

pid_t cluster_start(const struct instance *instance)
{
	const char *program = cluster_program(instance, "postgres");
	if (program == NULL || !write_names(instance)) {
		log_event("postgresql-not-started",
			  LOG_TEXT("error", program == NULL ? "not installed" : strerror(errno)), LOG_END);
		return -1;
	}
	char *argv[] = {word(program),
			word("-D"),
			word(instance_path(instance, "data")),
			word("-k"),
			word(instance_path(instance, "run/db")),
			NULL};
	const char *log = instance_path(instance, "log/postgresql.log");
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		become_program(instance, program, argv, log, parent);
	return pid;
}

/* The eighth line of its file says so; unlike a connection this needs no libpq in the master. The first line tells
 * its file from one that a killed server left behind. */
bool cluster_ready(const struct instance *instance, pid_t pid)
{
	char text[1024];
	uint64_t number;
	if (!read_file(instance_path(instance, "data/postmaster.pid"), text, sizeof text))
		return false;
	struct cursor c = cursor_on(bytes_of_text(text));
	if (!bytes_number(cursor_until(&c, '\n'), INT32_MAX, &number) || (pid_t)number != pid)
		return false;
	for (int line = 2; line < 8; line++)
		cursor_until(&c, '\n');
	return bytes_equal_text(bytes_trim(cursor_until(&c, '\n')), "ready");
}

bool cluster_wait(const struct instance *instance, pid_t pid, unsigned ms)
{
	for (unsigned waited = 0; waited < ms; waited += 10) {
		if (cluster_ready(instance, pid))
			return true;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
	}
	return false;
}

void cluster_stop(pid_t pid)
{
	kill(pid, SIGINT);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

const char *cluster_conninfo(const struct instance *instance, const char *database)
{
	return arena_printf(instance->arena, "host='%s' dbname=%s user=postgres", instance_path(instance, "run/db"),
			    database);
}

/* gateway/master_status.c - see master_status.h. */
#include "gateway/master_status.h"

#include "gateway/jail.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static json_t *describe(const struct process *p)
{
	char since[INSTANT_TEXT];
	instant_write(p->since, since);
	const char *state = p->pid > 0 ? "running" : p->missing ? "missing" : "waiting";
	return json_pack("{s:s, s:i, s:o, s:i, s:s}", "name", p->name, "pid", (int)p->pid, "since",
			 p->pid > 0 ? json_string(since) : json_null(), "restarts", (int)p->restarts, "state", state);
}

static json_t *missing_walls(void)
{
	const char *lacks[JAIL_LACKS_MAX];
	size_t n = jail_lacks(lacks);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(lacks[i]));
	return list;
}

static bool write_aside(const struct instance *instance, const json_t *status)
{
	const char *aside = instance_path(instance, "run/status.json.new"),
		   *path = instance_path(instance, "run/status.json");
	FILE *file = fopen(aside, "we");
	if (file == NULL)
		return false;
	bool whole = json_dumpf(status, file, JSON_INDENT(1)) == 0;
	if (fputc('\n', file) == EOF || fchmod(fileno(file), 0644) != 0)
		whole = false;
	if (fclose(file) != 0)
		whole = false;
	return whole && rename(aside, path) == 0;
}

bool master_status_write(const struct instance *instance, const char *state, struct instant since,
			 const struct process *processes, size_t n, const char *gate)
{
	char text[INSTANT_TEXT];
	json_t *list = json_array();

	instant_write(since, text);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, describe(&processes[i]));
	json_t *status = json_pack("{s:i, s:s, s:s, s:s, s:o, s:o}", "pid", (int)getpid(), "state", state, "since", text,
				   "gate", gate, "processes", list, "walls_missing", missing_walls());
	bool done = status != NULL && write_aside(instance, status);
	json_decref(status);
	return done;
}

/* A record lock: it names its holder, and the kernel takes it back from the dead. */
bool master_lock(const struct instance *instance)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int file = open(instance_path(instance, "run/relais.pid"), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file < 0 || fcntl(file, F_SETLK, &whole) != 0) {
		if (file >= 0)
			close(file);
		return false;
	}
	/* For people; the lock is what counts. The descriptor stays open: closing it would give the lock back. */
	return ftruncate(file, 0) == 0 && dprintf(file, "%d\n", (int)getpid()) > 0;
}

pid_t master_running(const struct instance *instance)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int file = open(instance_path(instance, "run/relais.pid"), O_RDWR | O_CLOEXEC);
	if (file < 0)
		return 0;
	bool asked = fcntl(file, F_GETLK, &whole) == 0;
	close(file);
	return asked && whole.l_type != F_UNLCK ? whole.l_pid : 0;
}

bool master_restoring(const struct instance *instance)
{
	return access(instance_path(instance, MASTER_RESTORING), F_OK) == 0;
}

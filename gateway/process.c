/* gateway/process.c - see process.h. */
#include "gateway/process.h"

#include "base/limits.h"
#include "gateway/log.h"
#include "gateway/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	HANDED = 3,
	PAUSE_FIRST_MS = 250,
	HEALTHY_MS = 30000,
	RELOAD_MS = 1000,
	STEP_MS = 5,
	STATUS_NO_START = 126,
	TUNABLES_MAX = 512,
};

int64_t process_pause_ms(unsigned failures, int64_t most_ms)
{
	if (failures <= 1)
		return 0;
	int64_t pause = PAUSE_FIRST_MS;
	for (unsigned i = 2; i < failures && pause < most_ms; i++)
		pause *= 2;
	return pause < most_ms ? pause : most_ms;
}

static void failed(struct process *p, int64_t now_ms)
{
	p->failures++;
	p->due_ms = now_ms + process_pause_ms(p->failures, p->pause_max_ms);
}

/* Who holds keys, tokens or passwords has a heap that overwrites what is freed: the copies that libraries made of them do not stay.
 * The schema that relais-inspect keeps is inherited by a child a message: in large pages a fork copies it by the
 * table, not by the page (bench: some 0.8 ms a message). */
static void tune_heap(enum instance_user user)
{
#define WIPING "glibc.malloc.perturb=90:glibc.malloc.tcache_count=0"
	static const char *const tuned[INSTANCE_USERS] = {
		[INSTANCE_INSPECT] = "glibc.malloc.hugetlb=1", [INSTANCE_RECEIVER] = WIPING, [INSTANCE_COLLECTOR] = WIPING,
		[INSTANCE_SIGNER] = WIPING, [INSTANCE_DELIVERER] = WIPING, [INSTANCE_REFRESHER] = WIPING, [INSTANCE_WORKER] = WIPING,
		[INSTANCE_KEEPER] = WIPING, [INSTANCE_OPENER] = WIPING,
	};
	const char *before = getenv("GLIBC_TUNABLES");
	char all[TUNABLES_MAX];

	if (tuned[user] == NULL)
		return;
	int len = snprintf(all, sizeof all, "%s%s%s", tuned[user], before == NULL ? "" : ":", before == NULL ? "" : before);
	setenv("GLIBC_TUNABLES", len < (int)sizeof all ? all : tuned[user], 1);
}

/* What a test or an operator sets for all processes passes; nothing else of our environment does. */
static void clean_environment(const struct instance *instance, enum instance_user user)
{
	static const char *const passed[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "GLIBC_TUNABLES", "SOFTHSM2_CONF",
#ifdef RELAIS_FAULTS
						   "RELAIS_FAULTS",
#endif
	};
	const char *kept[sizeof passed / sizeof passed[0]];

	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		kept[i] = getenv(passed[i]);
	clearenv();
	for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
		if (kept[i] != NULL)
			setenv(passed[i], kept[i], 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", "/nonexistent", 1);
	setenv("RELAIS_DIR", instance->folder, 1);
	setenv("TMPDIR", instance_path(instance, "spool"), 1);
	tune_heap(user);
}

/* The handed descriptors become 3 and following, everything above is closed; standard error is the log, and so is output. First they
 * move out of each other's way: the one that becomes 3 may stand at 4. */
static bool arrange_descriptors(const int handed[PROCESS_HANDED])
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC), next = HANDED, n = 0, moved[PROCESS_HANDED];

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return false;
	for (; n < PROCESS_HANDED && handed[n] >= 0; n++)
		if ((moved[n] = fcntl(handed[n], F_DUPFD, HANDED + PROCESS_HANDED)) < 0)
			return false;
	for (int i = 0; i < n; i++)
		if (dup2(moved[i], next++) < 0)
			return false;
	return close_range((unsigned)next, ~0U, 0) == 0;
}

_Noreturn static void become(const struct instance *instance, const struct process *p, pid_t master)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	clean_environment(instance, p->user);
	if (!arrange_descriptors(p->handed) || !privilege_limits(p->user == INSTANCE_RECEIVER ? LIMIT_RECEIVER_FILES : LIMIT_PROCESS_FILES) ||
	    !instance_become(instance, p->user) || chdir(instance->folder) != 0 || !privilege_dies_with(master, SIGTERM))
		_exit(STATUS_NO_START);
	execv(p->argv[0], p->argv);
	log_event("exec-failed", LOG_TEXT("file", p->argv[0]), LOG_TEXT("error", strerror(errno)), LOG_END);
	_exit(STATUS_NO_START);
}

static struct instant wall(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

void process_start(const struct instance *instance, struct process *p, int64_t now_ms)
{
	bool again = p->started_ms > 0;

	if (access(p->argv[0], X_OK) != 0) {
		if (!p->missing)
			log_event("executable-missing", LOG_TEXT("name", p->name), LOG_TEXT("file", p->argv[0]),
				  LOG_END);
		p->missing = true;
		failed(p, now_ms);
		return;
	}
	p->missing = false;
	pid_t master = getpid(), pid = fork();
	if (pid == 0)
		become(instance, p, master);
	if (pid < 0) {
		log_event("fork-failed", LOG_TEXT("name", p->name), LOG_TEXT("error", strerror(errno)), LOG_END);
		failed(p, now_ms);
		return;
	}
	p->pid = pid;
	p->started_ms = now_ms;
	p->since = wall();
	p->restarts += again;
	log_event("started", LOG_TEXT("name", p->name), LOG_NUMBER("child", pid), LOG_NUMBER("restarts", p->restarts),
		  LOG_END);
}

void process_ended(struct process *p, int status, int64_t now_ms)
{
	int64_t lived = now_ms - p->started_ms;

	log_event("ended", LOG_TEXT("name", p->name), LOG_NUMBER("child", p->pid),
		  LOG_NUMBER("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		  LOG_NUMBER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
		  LOG_NUMBER("core", WIFSIGNALED(status) && WCOREDUMP(status)), LOG_NUMBER("lived_ms", lived), LOG_END);
	p->pid = 0;
	if (lived >= HEALTHY_MS || (status == 0 && lived >= RELOAD_MS)) {
		p->failures = 0;
		p->due_ms = now_ms;
	}
	if (status != 0 || lived < RELOAD_MS)
		failed(p, now_ms);
}

static bool reaped(struct process *p, unsigned patience_ms)
{
	for (unsigned waited = 0; waited < patience_ms; waited += STEP_MS) {
		if (waitpid(p->pid, NULL, WNOHANG) == p->pid)
			return true;
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
	}
	return false;
}

void process_stop(struct process *p, unsigned patience_ms)
{
	if (p->pid == 0)
		return;
	kill(p->pid, SIGTERM);
	if (!reaped(p, patience_ms)) {
		log_event("killed", LOG_TEXT("name", p->name), LOG_NUMBER("child", p->pid), LOG_END);
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	p->pid = 0;
}

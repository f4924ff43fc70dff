/* gateway/service.c - see service.h. */
#include "gateway/service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/jail.h"
#include "gateway/log.h"

enum { CONFIG_MEMORY = 4 * 1024 * 1024 };

static bool read_config(struct service *s, const char *path)
{
	struct config_problem problem = {0};
	struct config *config = NULL;
	enum reason reason = config_read(s->arena, path, &config, &problem);

	if (reason != REASON_NONE) {
		log_event("config-refused", LOG_REASON(reason), LOG_TEXT("file", path),
			  LOG_NUMBER("line", problem.line), LOG_TEXT("key", problem.key ? problem.key : ""),
			  LOG_TEXT("detail", problem.detail ? problem.detail : ""), LOG_END);
		return false;
	}
	s->config = config;
	return true;
}

static bool take_signals(struct service *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return s->signals >= 0;
}

bool service_start(const char *name, int argc, char **argv, struct service *out, int *status)
{
	*out = (struct service){.name = name, .signals = -1};
	jail_begin();
	log_open(name);
	if (argc != 3 || strcmp(argv[1], "--config") != 0) {
		fprintf(stderr, "usage: %s --config FILE\n", argc > 0 ? argv[0] : name);
		*status = SERVICE_USAGE;
		return false;
	}
	*status = SERVICE_CONFIG;
	out->arena = arena_create(CONFIG_MEMORY);
	if (!out->arena || !read_config(out, argv[2]))
		return false;
	*status = SERVICE_TEMPORARY;
	if (!take_signals(out)) {
		log_event("signals-failed", LOG_NUMBER("errno", errno), LOG_END);
		return false;
	}
	return true;
}

bool service_stopping(struct service *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->stop = true;
		if (info.ssi_signo == SIGHUP)
			s->renew = true;
	}
	return s->stop;
}

bool service_renews(struct service *s)
{
	bool renew = s->renew;

	s->renew = false;
	return renew;
}

void service_pause(struct service *s, unsigned ms)
{
	struct pollfd p = {.fd = s->signals, .events = POLLIN};
	(void)poll(&p, 1, (int)ms);
}

pid_t service_fork(struct service *s)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		log_event("fork-failed", LOG_NUMBER("errno", errno), LOG_END);
	if (pid != 0)
		return pid;
	/* The parent's death is a TERM for the child; it may have died before this line. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	s->stop = getppid() != parent;
	return 0;
}

pid_t service_reap(bool *fine)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid <= 0)
		return 0;
	*fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFSIGNALED(status))
		log_event("child-killed", LOG_NUMBER("pid", pid), LOG_NUMBER("signal", WTERMSIG(status)), LOG_END);
	return pid;
}

struct instant service_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

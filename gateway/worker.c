/* gateway/worker.c - relais-worker: claims work, has it read, decides, writes. Any number of them may run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/work.h"

enum { POLL_MS = 2000 };

static volatile sig_atomic_t stopping;

static void stop(int signal)
{
	(void)signal;
	stopping = 1;
}

/* The mailboxes that mail is taken for, beside the relay addresses. */
static enum reason announce_mailboxes(struct work *work)
{
	const char *seal = work->config->signer.mailbox, *at = strchr(seal, '@');
	struct bytes locals[] = {BYTES("depot"), BYTES("equipe"), BYTES("exploitation"), BYTES("postmaster"),
				 {(const unsigned char *)seal, at == NULL ? 0 : (size_t)(at - seal)}};
	return STORE_RUN(work->store, NULL, "select relais.mailbox_set($1, $2)", P_TEXT(work->config->domain),
			 P_TEXTS(locals, sizeof locals / sizeof locals[0]));
}

/* Everything that stands ready, in the order of who waits: a person at the command line first. */
static bool work_once(struct work *work)
{
	bool busy = work_commands(work);
	busy = work_messages(work) || busy;
	busy = work_composes(work) || busy;
	busy = work_outcomes(work) || busy;
	return work_timers(work) || busy;
}

static void run(struct work *work)
{
	bool announced = false;
	log_event("started", LOG_END);
	while (!stopping) {
		work->session = store_session(work->store);
		if (work->session > 0 && !announced)
			announced = announce_mailboxes(work) == REASON_NONE && store_listen(work->store, "inbox") == REASON_NONE;
		if (work->session > 0 && announced && work_once(work))
			continue;
		store_wait(work->store, -1, POLL_MS);
	}
	log_event("stopped", LOG_END);
}

static const char *option(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return argv[i + 1];
	return NULL;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create(4u * 1024 * 1024);
	struct config *config = NULL;
	struct config_problem problem;
	const char *path = option(argc, argv, "--config");

	log_open("worker");
	if (path == NULL || config_read(arena, path, &config, &problem) != REASON_NONE) {
		log_event("configuration-unreadable", LOG_END);
		return EXIT_FAILURE;
	}
	struct sigaction action = {.sa_handler = stop};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	struct work work = {
		.config = config,
		.store = store_open(config->database, "worker"),
		.verify = oneshot_connect(arena_printf(arena, "%s/verify.sock", config->run_folder)),
		.inspect = oneshot_connect(arena_printf(arena, "%s/inspect.sock", config->run_folder)),
		.compose = oneshot_connect(arena_printf(arena, "%s/compose.sock", config->run_folder)),
	};
	jail_enter(JAIL_WORKER);
	run(&work);
	oneshot_close(&work.verify);
	oneshot_close(&work.inspect);
	oneshot_close(&work.compose);
	store_close(&work.store);
	arena_destroy(&arena);
	return EXIT_SUCCESS;
}

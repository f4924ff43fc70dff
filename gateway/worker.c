/* gateway/worker.c - relais-worker: claims work, has it read, decides, writes. Any number of them may run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/work_antivirus.h"
#include "gateway/work_opener.h"
#include "gateway/work_service.h"
#include "policy/retry.h"

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

/* Of a rehearsal nothing is decided with real people: it works with test identities, or not at all. */
static enum reason learn_rehearsal(struct work *work)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select rehearsal from relais.clock_state() where $1", P_BOOL(true));

	work->rehearsal = reason == REASON_NONE && store_count(rows) == 1 && store_int(rows, 0, 0) != 0;
	store_free(&rows);
	if (!work->rehearsal || work->config->test_identities)
		return reason;
	log_event("rehearsal-refused", LOG_REASON(REASON_CLOCK_REHEARSAL), LOG_END);
	exit(EXIT_FAILURE);
}

/* In the order of who waits: a person at the command line first. The columns of work_due are in this order. */
enum { STEPS = 7 };
static const struct {
	bool (*take)(struct work *work);
	int times;        /* before the next kind has its turn; messages are taken by the batch */
} steps[STEPS] = {
	{work_commands, LIMIT_CLAIM_BATCH}, {work_messages, 1},                 {work_composes, LIMIT_CLAIM_BATCH},
	{work_outcomes, LIMIT_CLAIM_BATCH}, {work_timers, LIMIT_CLAIM_BATCH},
	{work_directory, LIMIT_CLAIM_BATCH}, {work_services, LIMIT_CLAIM_BATCH},
};

/* What stands ready is asked at once, so that an item costs its own statements and few others. */
static bool work_once(struct work *work)
{
	struct store_rows *rows = NULL;

	work_begin(work);
	enum reason reason = STORE_RUN(work->store, &rows, "select commands, messages, composes, outcomes, timers, directory, services from relais.work_due($1, $2)",
				       P_INT(work->session), P_INT(RETRY_LATE.us / 1000000));
	bool due[STEPS] = {false}, busy = false;

	for (size_t i = 0; i < STEPS && reason == REASON_NONE; i++)
		due[i] = store_int(rows, 0, i) != 0;
	store_free(&rows);
	work_end(work);
	for (size_t i = 0; i < STEPS; i++)
		for (int n = 0; due[i] && n < steps[i].times && steps[i].take(work); n++)
			busy = true;
	return busy;
}

static void run(struct work *work)
{
	bool announced = false;
	log_event("started", LOG_END);
	while (!stopping) {
		work->session = store_session(work->store);
		if (work->session > 0 && !announced)
			announced = learn_rehearsal(work) == REASON_NONE && announce_mailboxes(work) == REASON_NONE &&
				    store_listen(work->store, "inbox") == REASON_NONE;
		if (work->session > 0 && announced && work_once(work)) {
			store_busy(work->store);
		} else {
			work_antivirus_watch(work);
			work_opener_watch(work);
			store_wait(work->store, -1, POLL_MS);
		}
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

	jail_begin();
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
		.shield = oneshot_connect(arena_printf(arena, "%s/shield.sock", config->run_folder)),
		.antivirus = config->antivirus.clamd[0] == '\0' ? NULL : oneshot_connect(arena_printf(arena, "%s/antivirus.sock", config->run_folder)),
	};
	*store_keeper(work.store) = keeper_client_make(arena_printf(arena, "%s/keeper-worker.sock", config->run_folder), "work");
	if (!body_seal_ready()) {
		log_event("crypto-failed", LOG_END);
		return EXIT_FAILURE;
	}
	/* Connected before the jail, which lets nobody reach a database on another machine: who loses that one starts anew (gateway/store.c). */
	work.session = store_session(work.store);
	struct opener_client opener = opener_client_make(opener_socket(arena, config));
	work.opener = &opener;
	(void)jail_enter(JAIL_WORKER);
	run(&work);
	opener_client_close(&opener);
	oneshot_close(&work.verify);
	oneshot_close(&work.inspect);
	oneshot_close(&work.compose);
	oneshot_close(&work.shield);
	oneshot_close(&work.antivirus);
	store_close(&work.store);
	arena_destroy(&arena);
	return EXIT_SUCCESS;
}

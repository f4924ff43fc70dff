/* gateway/collector.c - relais-collector: fetches the service's mailboxes at other operators by IMAP.
 *
 * The parent starts one child a mailbox and session, and the next when it ends: what one server sends can spoil that session
 * only, and no server makes another wait. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/collector_mailbox.h"
#include "gateway/intake_journal.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/tls_renew.h"

enum { WAIT_MS = 1000, FIRST_MS = 1000, LONGEST_MS = 300000, STOP_MS = 3000 };

struct slot {
	pid_t pid;
	int64_t not_before;
	unsigned pause_ms;
};

struct collector {
	struct service service;
	struct tls_context *tls;
	int journal;
	struct slot *slots; /* one a mailbox */
	struct collector_try *tries; /* the same, in memory shared with the children */
	size_t n;
};

static void start(struct collector *c, size_t i)
{
	struct slot *slot = &c->slots[i];

	if (slot->pid != 0 || stream_now() < slot->not_before)
		return;
	slot->pid = service_fork(&c->service);
	if (slot->pid < 0)
		slot->pid = 0;
	else if (slot->pid == 0)
		_exit(collector_mailbox(&c->service, i, c->tls, c->journal, &c->tries[i], &collector_imap_limits_default));
}

/* After a session that was of use the next begins at once; after failures later each time, up to five minutes. */
static void reap(struct collector *c)
{
	bool fine;

	for (pid_t pid = service_reap(&fine); pid > 0; pid = service_reap(&fine))
		for (size_t i = 0; i < c->n; i++) {
			struct slot *slot = &c->slots[i];
			if (slot->pid != pid)
				continue;
			slot->pid = 0;
			slot->pause_ms = fine || slot->pause_ms == 0 ? FIRST_MS : slot->pause_ms * 2;
			if (slot->pause_ms > LONGEST_MS)
				slot->pause_ms = LONGEST_MS;
			slot->not_before = stream_now() + slot->pause_ms;
		}
}

static size_t children(const struct collector *c, int signal)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		if (c->slots[i].pid != 0) {
			n++;
			if (signal != 0)
				kill(c->slots[i].pid, signal);
		}
	return n;
}

/* What a killed child had not committed is fetched again. */
static void stop(struct collector *c)
{
	int64_t until = stream_now() + STOP_MS;

	children(c, SIGTERM);
	for (reap(c); children(c, 0) > 0 && stream_now() < until; reap(c)) {
		service_pause(&c->service, 200);
		(void)service_stopping(&c->service);
	}
	children(c, SIGKILL);
}

static struct tls_files files_of(const struct config *config)
{
	return (struct tls_files){.certificate = config->collector.certificate, .key = config->collector.key,
				  .anchors = config->collector.anchors, .crls = config->collector.crls};
}

/* Children have the trust of their birth: each ends after the message in hand, and is born anew. */
static void renew(struct collector *c)
{
	struct tls_files files = files_of(c->service.config);

	tls_renew(c->tls, &files);
	children(c, SIGTERM);
}

static bool prepare(struct collector *c, int *status)
{
	const struct config *config = c->service.config;
	struct tls_files files = files_of(config);
	char detail[TLS_DETAIL] = "";

	*status = SERVICE_CONFIG;
	enum reason reason = tls_client_context(&files, &c->tls, detail);
	if (reason != REASON_NONE) {
		log_event("tls-refused", LOG_REASON(reason), LOG_TEXT("detail", detail), LOG_END);
		return false;
	}
	const char *path = arena_printf(c->service.arena, "%s/journal/collector.jsonl", config->folder);
	reason = intake_journal_open(path, &c->journal);
	if (reason != REASON_NONE) {
		log_event("journal-refused", LOG_REASON(reason), LOG_TEXT("file", path), LOG_END);
		return false;
	}
	c->n = config->collector.n;
	c->slots = arena_alloc(c->service.arena, (c->n + 1) * sizeof(*c->slots));
	void *shared = mmap(NULL, (c->n + 1) * sizeof(*c->tries), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	c->tries = shared;
	return true;
}

/* What it and its children still read, and where these put a message while it comes. */
static void allow(struct collector *c)
{
	const struct config *config = c->service.config;
	const char *files[] = {config->collector.certificate, config->collector.key, config->collector.anchors, config->collector.crls};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		jail_reading(files[i]);
	for (size_t i = 0; i < c->n; i++) {
		jail_reading(config->collector.mailboxes[i].password_file);
		jail_reading(config->collector.mailboxes[i].token_file);
	}
	jail_reading(config->keeper.folder);   /* its public key: a child has nothing that its parent has not */
	jail_folder(arena_printf(c->service.arena, "%s/fetch", config->folder));
}

int main(int argc, char **argv)
{
	struct collector c = {.journal = -1};
	int status;

	if (!service_start("collector", argc, argv, &c.service, &status))
		return status;
	if (prepare(&c, &status)) {
		allow(&c);
		bool jailed = jail_enter(JAIL_PARENT);
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_NUMBER("mailboxes", c.n), LOG_END);
		while (!service_stopping(&c.service)) {
			if (service_renews(&c.service))
				renew(&c);
			reap(&c);
			for (size_t i = 0; i < c.n; i++)
				start(&c, i);
			service_pause(&c.service, c.n > 0 ? WAIT_MS : 60 * WAIT_MS);
		}
		stop(&c);
		status = SERVICE_FINE;
	}
	if (c.journal >= 0)
		close(c.journal);
	tls_context_close(&c.tls);
	arena_destroy(&c.service.arena);
	return status;
}

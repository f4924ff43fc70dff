/* gateway/deliverer.c - relais-deliverer: sealed mail out, by SMTP or LMTP.
 *
 * The parent only watches which domains have due mail and starts children for their next hops (gateway/deliverer_pool.h); it
 * speaks to nobody but the database. A hop whose child failed by our own trouble rests, longer each time, up to a minute. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/deliverer_child.h"
#include "gateway/deliverer_pool.h"
#include "gateway/jail.h"
#include "gateway/journal_file.h"
#include "gateway/log.h"
#include "gateway/mailstream_connect.h"
#include "gateway/resolve.h"
#include "gateway/service.h"
#include "gateway/store.h"
#include "gateway/tls_renew.h"

enum { POLL_MS = 5000, LOOK_MS = 100, FRESH_MS = 2000, DUE_MEMORY = 8 * 1024 * 1024, STOP_MS = 20000 };

struct deliverer {
	struct service service;
	struct store *store;
	struct tls_context *tls;
	struct deliverer_share *share;
	struct deliverer_pool pool;
	struct arena *due_arena;     /* what was due at the last look */
	struct deliverer_due *due;
	size_t n_due;
	int64_t looked_at;
	int64_t fenced;
};

static void start(struct deliverer *d, const struct deliverer_key *key)
{
	pid_t pid = service_fork(&d->service);

	if (pid == 0) {
		/* The parent's connection is the parent's: not a word on it, not even a farewell. */
		close(store_descriptor(d->store));
		_exit(deliverer_child(&d->service, key, d->share, d->tls, &smtp_client_limits_default));
	}
	if (pid > 0)
		deliverer_pool_started(&d->pool, pid, key);
}

static void reap(struct deliverer *d)
{
	bool fine;

	for (pid_t pid = service_reap(&fine); pid > 0; pid = service_reap(&fine))
		(void)deliverer_pool_ended(&d->pool, pid, fine, stream_now());
}

static enum reason look(struct deliverer *d)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(d->store, &rows, "select domain, mails from relais.deliver_due($1::bigint::integer)", P_INT(LIMIT_DELIVER_DUE));

	arena_destroy(&d->due_arena);
	d->n_due = 0;
	d->due_arena = arena_create(DUE_MEMORY);
	if (!d->due_arena)
		reason = REASON_MEMORY;
	if (reason == REASON_NONE) {
		d->due = arena_alloc(d->due_arena, (store_count(rows) + 1) * sizeof(*d->due));
		for (; d->n_due < store_count(rows); d->n_due++)
			d->due[d->n_due] = (struct deliverer_due){arena_copy(d->due_arena, store_bytes(rows, d->n_due, 0)),
								  (uint64_t)store_int(rows, d->n_due, 1)};
	}
	store_free(&rows);
	d->looked_at = stream_now();
	return reason;
}

static bool may_leave(struct deliverer *d)
{
	enum reason reason = deliverer_fence(d->store, d->share->journal, &d->fenced);

	if (reason == REASON_STORE_EARLIER)
		log_event("fenced", LOG_REASON(reason), LOG_END);
	return reason == REASON_NONE;
}

/* With thousands of destinations a look costs: what was found serves until it is old, while places become free one by one. */
static size_t plan(struct deliverer *d, struct deliverer_key keys[LIMIT_DELIVER_CHILDREN])
{
	size_t n = 0, waiting = 0;

	if (atomic_load(&d->share->crowded) && stream_now() - d->looked_at < FRESH_MS)
		n = deliverer_pool_plan(&d->pool, d->due, d->n_due, stream_now(), keys, &waiting);
	else if (may_leave(d) && look(d) == REASON_NONE)
		n = deliverer_pool_plan(&d->pool, d->due, d->n_due, stream_now(), keys, &waiting);
	else
		service_pause(&d->service, POLL_MS);
	atomic_store(&d->share->crowded, waiting > 0);
	return n;
}

static void watch(struct deliverer *d)
{
	struct deliverer_key keys[LIMIT_DELIVER_CHILDREN];

	/* Every sealed mail is told of, and the children take theirs: one look does for all that came meanwhile. */
	if (d->pool.n > 0 && !atomic_load(&d->share->crowded))
		service_pause(&d->service, LOOK_MS);
	size_t n = plan(d, keys);
	for (size_t i = 0; i < n; i++)
		start(d, &keys[i]);
	/* Nobody can be started before somebody ends. */
	if (d->pool.n == LIMIT_DELIVER_CHILDREN)
		service_pause(&d->service, POLL_MS);
	else
		(void)store_wait(d->store, d->service.signals, POLL_MS);
}

static void signal_children(const struct deliverer *d, int signal)
{
	for (size_t i = 0; i < d->pool.n; i++)
		kill(d->pool.children[i].pid, signal);
}

/* Children end between two mails; one that hangs on a slow peer is not waited for: its mail is due again. */
static void stop(struct deliverer *d)
{
	int64_t until = stream_now() + STOP_MS;

	signal_children(d, SIGTERM);
	for (reap(d); d->pool.n > 0 && stream_now() < until; reap(d)) {
		service_pause(&d->service, 200);
		(void)service_stopping(&d->service);
	}
	signal_children(d, SIGKILL);
}

static struct tls_files files_of(const struct config *config)
{
	return (struct tls_files){.certificate = config->deliverer.certificate, .key = config->deliverer.key,
				  .anchors = config->deliverer.anchors, .crls = config->deliverer.crls};
}

/* Children have the trust of their birth: each ends after the mail in hand, and the next is born with the new one. */
static void renew(struct deliverer *d)
{
	struct tls_files files = files_of(d->service.config);

	tls_renew(d->tls, &files);
	signal_children(d, SIGTERM);
}

static bool prepare(struct deliverer *d, int *status)
{
	const struct config *config = d->service.config;
	struct tls_files files = files_of(config);
	struct resolve *resolve = NULL;
	char detail[TLS_DETAIL] = "";

	*status = SERVICE_CONFIG;
	enum reason reason = tls_client_context(&files, &d->tls, detail);
	if (reason != REASON_NONE) {
		log_event("tls-refused", LOG_REASON(reason), LOG_TEXT("detail", detail), LOG_END);
		return false;
	}
	/* Each child opens its own; what is wrong with the servers is told here. */
	reason = resolve_open(config->deliverer.dns_servers, true, &resolve);
	resolve_close(&resolve);
	if (reason != REASON_NONE) {
		log_event("config-refused", LOG_REASON(reason), LOG_TEXT("key", "deliverer.dns_servers"), LOG_END);
		return false;
	}
	*status = SERVICE_TEMPORARY;
	d->pool.config = config;
	void *shared = mmap(NULL, sizeof(*d->share), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	d->share = shared;
	const char *path = arena_printf(d->service.arena, "%s/journal/deliverer.jsonl", config->folder);
	reason = journal_file_open(path, &d->share->journal);
	if (reason != REASON_NONE) {
		log_event("journal-refused", LOG_REASON(reason), LOG_TEXT("file", path), LOG_END);
		return false;
	}
	d->store = store_open(config->database, "deliverer");
	if (!d->store)
		return false;
	/* When the database is not there yet, the loop waits for it. */
	if (store_listen(d->store, "outbox") != REASON_NONE)
		log_event("waiting", LOG_REASON(REASON_STORE_DOWN), LOG_END);
	return true;
}

/* What it and its children still read. */
static void allow(const struct config *config)
{
	const char *files[] = {config->deliverer.certificate, config->deliverer.key, config->deliverer.anchors, config->deliverer.crls};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		jail_reading(files[i]);
	for (size_t i = 0; i < config->deliverer.n; i++)
		jail_reading(config->deliverer.routes[i].token_file);
}

int main(int argc, char **argv)
{
	struct deliverer d = {0};
	int status;

	if (!service_start("deliverer", argc, argv, &d.service, &status))
		return status;
	if (prepare(&d, &status)) {
		allow(d.service.config);
		bool jailed = jail_enter(JAIL_PARENT);
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_NUMBER("routes", d.service.config->deliverer.n), LOG_END);
		while (!service_stopping(&d.service)) {
			if (service_renews(&d.service))
				renew(&d);
			reap(&d);
			watch(&d);
		}
		stop(&d);
		status = SERVICE_FINE;
	}
	arena_destroy(&d.due_arena);
	store_close(&d.store);
	tls_context_close(&d.tls);
	arena_destroy(&d.service.arena);
	return status;
}

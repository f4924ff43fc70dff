/* gateway/deliverer.c - relais-deliverer: sealed mail out, by SMTP or LMTP.
 *
 * The parent only watches which domains have due mail and starts a child for each next hop that has none; it speaks to
 * nobody but the database. A child that failed is started again later and later, up to a minute. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/deliverer_child.h"
#include "gateway/deliverer_route.h"
#include "gateway/log.h"
#include "gateway/mailstream_connect.h"
#include "gateway/service.h"
#include "gateway/store.h"
#include "gateway/tls_renew.h"

enum { POLL_MS = 5000, LOOK_MS = 100, DUE_MEMORY = 8 * 1024 * 1024, LONGEST_MS = 60000, STOP_MS = 20000 };

struct hop {
	pid_t pid; /* 0: no child */
	int64_t not_before;
	unsigned pause_ms; /* after the last failure */
};

struct deliverer {
	struct service service;
	struct store *store;
	struct tls_context *tls;
	struct hop *hops; /* one a route, and one for mail without a route */
	size_t n;
};

static void start(struct deliverer *d, size_t i)
{
	struct hop *hop = &d->hops[i];

	if (hop->pid != 0 || stream_now() < hop->not_before)
		return;
	hop->pid = service_fork(&d->service);
	if (hop->pid < 0)
		hop->pid = 0;
	else if (hop->pid == 0) {
		/* The parent's connection is the parent's: not a word on it, not even a farewell. */
		close(store_descriptor(d->store));
		_exit(deliverer_child(&d->service, i, d->tls, &smtp_client_limits_default));
	}
}

static void reap(struct deliverer *d)
{
	bool fine;

	for (pid_t pid = service_reap(&fine); pid > 0; pid = service_reap(&fine))
		for (size_t i = 0; i < d->n; i++) {
			struct hop *hop = &d->hops[i];
			if (hop->pid != pid)
				continue;
			hop->pid = 0;
			hop->pause_ms = fine ? 0 : hop->pause_ms == 0 ? 1000 : hop->pause_ms * 2;
			if (hop->pause_ms > LONGEST_MS)
				hop->pause_ms = LONGEST_MS;
			hop->not_before = stream_now() + hop->pause_ms;
		}
}

static bool any_child(const struct deliverer *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->hops[i].pid != 0)
			return true;
	return false;
}

static void watch(struct deliverer *d)
{
	struct store_rows *rows = NULL;
	const struct config *config = d->service.config;

	/* Every sealed mail is told of, and the children take theirs: one look does for all that came meanwhile. */
	if (any_child(d))
		service_pause(&d->service, LOOK_MS);
	enum reason reason = store_run(d->store, "select relais.deliver_due()", NULL, 0, &rows);

	if (reason != REASON_NONE) {
		service_pause(&d->service, POLL_MS);
		return;
	}
	for (size_t i = 0; i < store_count(rows); i++)
		start(d, deliverer_route(config->deliverer.routes, config->deliverer.n, store_bytes(rows, i, 0)));
	store_free(&rows);
	(void)store_wait(d->store, d->service.signals, POLL_MS);
}

static void signal_children(const struct deliverer *d, int signal)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->hops[i].pid != 0)
			kill(d->hops[i].pid, signal);
}

/* Children end between two mails; one that hangs on a slow peer is not waited for: its mail is due again. */
static void stop(struct deliverer *d)
{
	int64_t until = stream_now() + STOP_MS;

	signal_children(d, SIGTERM);
	for (reap(d); any_child(d) && stream_now() < until; reap(d)) {
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
	char detail[TLS_DETAIL] = "";

	*status = SERVICE_CONFIG;
	enum reason reason = tls_client_context(&files, &d->tls, detail);
	if (reason != REASON_NONE) {
		log_event("tls-refused", LOG_REASON(reason), LOG_TEXT("detail", detail), LOG_END);
		return false;
	}
	*status = SERVICE_TEMPORARY;
	d->n = config->deliverer.n + 1;
	d->hops = arena_alloc(d->service.arena, d->n * sizeof(*d->hops));
	d->store = store_open(config->database, "deliverer");
	if (!d->store)
		return false;
	/* When the database is not there yet, the loop waits for it. */
	if (store_listen(d->store, "outbox") != REASON_NONE)
		log_event("waiting", LOG_REASON(REASON_STORE_DOWN), LOG_END);
	return true;
}

int main(int argc, char **argv)
{
	struct deliverer d = {0};
	int status;

	if (!service_start("deliverer", argc, argv, &d.service, &status))
		return status;
	if (prepare(&d, &status)) {
		log_event("ready", LOG_NUMBER("routes", d.n - 1), LOG_END);
		while (!service_stopping(&d.service)) {
			if (service_renews(&d.service))
				renew(&d);
			reap(&d);
			watch(&d);
		}
		stop(&d);
		status = SERVICE_FINE;
	}
	store_close(&d.store);
	tls_context_close(&d.tls);
	arena_destroy(&d.service.arena);
	return status;
}

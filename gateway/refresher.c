/* gateway/refresher.c - relais-refresher: brings the white list and the revocation lists of today, and looks after what ends.
 *
 * 1. The parent speaks to the database alone. Each fetch has a child of its own, one at a time.
 * 2. The list goes the same guarded way as an operator's import; a list that a guard holds back raises an alarm, the old one stays.
 * 3. It runs always: without any address it still tells of certificates, revocation lists and a white list that grow old.
 * 4. It links the trail, once a second, and asks for its checkpoints (refresher_audit.c).
 * 5. SIGHUP: everything is fetched and looked at now. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "gateway/directory_ask.h"
#include "gateway/fetch.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/refresher.h"
#include "gateway/trust_list_store.h"
#include "gateway/url_port.h"

enum { TICK_MS = 1000, CHECK_MS = 3600 * 1000, STALE_MS = 60 * 1000, ASK_MS = 2000, CODE_MAX = 64, CPU_SECONDS = 120 };

static int64_t clock_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint32_t noise(void)
{
	uint32_t value = 0;
	(void)!getrandom(&value, sizeof value, 0);
	return value;
}

/* --- walls ---------------------------------------------------------------------- */

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? "." : slash == path ? "/" : arena_text(arena, (struct bytes){(const unsigned char *)path, (size_t)(slash - path)});
}

/* Each folder once; those of lists may be written when lists are fetched. The same for a child as for its parent. */
static void allow(struct refresher *r)
{
	const struct config *c = r->service.config;
	const char *files[] = {c->receiver.certificate, c->receiver.client_anchors, c->collector.certificate, c->collector.anchors, c->deliverer.certificate,
			       c->deliverer.anchors, c->signer.certificate, c->signer.certificate_next, c->opener.certificate, c->opener.certificate_next, c->inspect.anchors, c->audit.tsa_anchors, c->trust.list_anchors, c->identity.anchors,
			       directory_asks(c) ? c->directory.anchors : "", c->directory.fhir_key_file};
	const char *told[sizeof files / sizeof files[0]];
	const char *lists[] = {c->inspect.crls, c->receiver.crls, c->collector.crls, c->deliverer.crls};
	size_t n = 0;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		if (files[i][0] == '\0')
			continue;   /* its folder would be the one that we stand in: the instance's, whole */
		const char *folder = folder_of(r->service.arena, files[i]);
		size_t k = 0;
		while (k < n && strcmp(told[k], folder) != 0)
			k++;
		if (k == n)
			jail_reading(told[n++] = folder);
	}
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		bool again = lists[i][0] == '\0';
		for (size_t k = 0; k < i; k++)
			again = again || strcmp(lists[k], lists[i]) == 0;
		if (!again && c->trust.crl_urls[0] != '\0')
			jail_folder(lists[i]);
		else if (!again)
			jail_reading(lists[i]);
	}
}

/* --- jobs ---------------------------------------------------------------------- */

static int hours_of(const struct refresher *r, const struct refresher_job *job)
{
	return job->kind == REFRESHER_LIST ? r->service.config->trust.list_hours : r->service.config->trust.crl_hours;
}

_Noreturn static void child(struct refresher *r, const struct refresher_job *job, int answer)
{
	jail_limits(CPU_SECONDS, 4 * (size_t)TRUST_LIST_MEMORY);
	secret_wipe(r->key, sizeof *r->key);
	allow(r);
	const struct config *config = r->service.config;
	bool person = job->kind == REFRESHER_LOOKUP;
	jail_connecting(url_port(bytes_of_text(person ? config->directory.fhir_url : job->url)));
	jail_connecting(url_port(bytes_of_text(person ? config->directory.ldap_url : "")));
	store_ports(config->database, jail_connecting);
	(void)jail_enter(JAIL_CLIENT);
	enum reason reason = r->service.stop ? REASON_IO : refresher_job_run(config, job);
	struct bytes code = bytes_of_text(reason_code(reason));
	(void)!write(answer, code.at, code.len);
	_exit(0);
}

static void start(struct refresher *r, size_t i)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	pid_t pid = service_fork(&r->service);
	if (pid == 0)
		child(r, &r->jobs[i], ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return;
	}
	r->child = pid;
	r->kill_ms = clock_ms() + 2 * LIMIT_FETCH_SECONDS * INT64_C(1000);
	r->running = i;
	r->answer = ends[0];
}

/* A child that was killed has said nothing. */
static enum reason answer_of(int pipe)
{
	char text[CODE_MAX];
	ssize_t n = read(pipe, text, sizeof text);
	enum reason reason = n > 0 ? reason_of_code((struct bytes){(unsigned char *)text, (size_t)n}) : REASONS;

	close(pipe);
	return reason == REASONS ? REASON_FRAME : reason;
}

static void finish(struct refresher *r)
{
	struct refresher_job *job = &r->jobs[r->running];

	job->reason = answer_of(r->answer);
	job->failures = job->reason == REASON_NONE ? 0 : job->failures + 1;
	job->due_ms = clock_ms() + refresher_pause_ms(hours_of(r, job), job->failures, noise());
	/* Each who is asked for has a pause of his own in the database: a person at the command line waits for nobody else's. */
	if (job->kind == REFRESHER_LOOKUP)
		job->due_ms = clock_ms() + (job->failures == 0 ? 0 : ASK_MS);
	if (job->again || (job->kind == REFRESHER_STAMP && job->failures == 0))
		job->due_ms = 0;
	job->again = false;
	r->child = 0;
	refresher_alarms_fetch(r);
	refresher_alarms_list(r);
	refresher_alarms_directory(r);
	if (job->kind == REFRESHER_CRL) {
		refresher_alarms_files(r);
		refresher_alarms_recipients(r);
	}
}

static void reap(struct refresher *r)
{
	bool fine;

	for (pid_t pid = service_reap(&fine); pid > 0; pid = service_reap(&fine))
		if (pid == r->child)
			finish(r);
}

/* --- the loop -------------------------------------------------------------------- */

static void reload(struct refresher *r)
{
	r->check_ms = 0;
	for (size_t i = 0; i < r->n; i++)
		r->jobs[i].due_ms = 0;
	/* What it brings may be of before. */
	if (r->child > 0)
		r->jobs[r->running].again = true;
}

/* A look-up is wanted when somebody is asked for: then he is claimed. */
static bool is_wanted(struct refresher *r, struct refresher_job *job, int64_t now)
{
	struct store_rows *rows = NULL;

	if (job->kind != REFRESHER_LOOKUP && job->kind != REFRESHER_STAMP)
		return true;
	job->due_ms = now + ASK_MS;
	if (job->kind == REFRESHER_STAMP)
		return refresher_stamp_wanted(r);
	job->person[0] = '\0';
	if (STORE_RUN(r->store, &rows, "select p from relais.directory_ask_claim() p where $1", P_BOOL(true)) == REASON_NONE && store_count(rows) == 1 &&
	    !store_is_null(rows, 0, 0))
		snprintf(job->person, sizeof job->person, "%s", store_text(rows, 0, 0));
	store_free(&rows);
	return job->person[0] != '\0';
}

static void work(struct refresher *r, int64_t *stale_ms)
{
	int64_t now = clock_ms();

	if (r->check_ms <= now) {
		refresher_alarms_files(r);
		refresher_alarms_recipients(r);
		if (directory_asks(r->service.config))
			(void)!STORE_RUN(r->store, NULL, "select relais.directory_ask_experts() where $1", P_BOOL(true));
		r->check_ms = now + CHECK_MS;
		*stale_ms = 0;
	}
	refresher_audit_link(r);
	if (*stale_ms <= now) {
		refresher_audit_checkpoint(r);
		refresher_alarms_list(r);
		refresher_alarms_disks(r);
		refresher_alarms_keeper(r);
		refresher_alarms_directory(r);
		*stale_ms = now + STALE_MS;
	}
	refresher_audit_copy(r);
	/* A database that hangs must not hold all that is to be fetched. */
	if (r->child > 0 && r->kill_ms <= now)
		kill(r->child, SIGKILL);
	for (size_t i = 0; r->child == 0 && i < r->n; i++)
		if (r->jobs[i].due_ms <= now && is_wanted(r, &r->jobs[i], now))
			start(r, i);
}

static void serve(struct refresher *r)
{
	int64_t stale_ms = 0;

	while (!service_stopping(&r->service)) {
		reap(r);
		if (service_renews(&r->service))
			reload(r);
		work(r, &stale_ms);
		service_pause(&r->service, TICK_MS);
	}
	if (r->child > 0) {
		kill(r->child, SIGKILL);   /* what it had not committed or renamed is as if it had not been */
		waitpid(r->child, NULL, 0);
	}
}

/* --- start ------------------------------------------------------------------------ */

/* A list that was confirmed within its hours need not be asked for again at once: a gateway that restarts does not hammer. */
static int64_t first_list_ms(struct refresher *r)
{
	struct store_rows *rows = NULL;
	int64_t due = 0;

	if (STORE_RUN(r->store, &rows, "select confirmed_at from relais.trust_state() where $1", P_BOOL(true)) == REASON_NONE && store_count(rows) == 1)
		due = (store_instant(rows, 0, 0).us + SPAN_HOURS(r->service.config->trust.list_hours).us - service_now().us) / 1000;
	store_free(&rows);
	return due > 0 ? clock_ms() + due : 0;
}

static void add_job(struct refresher *r, enum refresher_kind kind, struct bytes url)
{
	if (url.len > 0)
		r->jobs[r->n++] = (struct refresher_job){.kind = kind, .url = arena_text(r->service.arena, url)};
}

static void plan(struct refresher *r)
{
	const struct config *config = r->service.config;
	struct cursor urls = cursor_on(bytes_of_text(config->trust.crl_urls));

	r->jobs = arena_alloc(r->service.arena, (urls.left.len + 4) * sizeof *r->jobs);
	add_job(r, REFRESHER_LIST, bytes_trim(bytes_of_text(config->trust.list_url)));
	if (r->n > 0)
		r->jobs[0].due_ms = first_list_ms(r);
	while (!cursor_done(&urls))
		add_job(r, REFRESHER_CRL, cursor_until(&urls, ' '));
	add_job(r, REFRESHER_STAMP, bytes_of_text(config->audit.tsa_url));
	if (directory_asks(config))
		r->jobs[r->n++] = (struct refresher_job){
			.kind = REFRESHER_LOOKUP, .url = config->directory.fhir_url[0] != '\0' ? config->directory.fhir_url : config->directory.ldap_url};
}

int main(int argc, char **argv)
{
	struct refresher r = {.answer = -1};
	int status;

	if (!service_start("refresher", argc, argv, &r.service, &status))
		return status;
	umask(022);   /* what is put in place is for all to read */
	r.store = store_open(r.service.config->database, "refresher");
	if (!refresher_audit_open(&r)) {
		status = SERVICE_CONFIG;
	} else if (fetch_start() && r.store != NULL) {
		plan(&r);
		allow(&r);
		jail_folder(r.service.config->audit.folder);   /* the parent's alone, as the key of the trail is */
		refresher_disks_open(&r);
		bool jailed = jail_enter(JAIL_PARENT);
		log_event("ready", LOG_NUMBER("jailed", jailed), LOG_NUMBER("jobs", r.n), LOG_END);
		serve(&r);
		status = SERVICE_FINE;
	} else {
		log_event("refresher-stops", LOG_TEXT("error", "libcurl is not the OpenSSL flavour"), LOG_END);
		status = SERVICE_CONFIG;
	}
	secret_room_free(r.key, sizeof *r.key);
	store_close(&r.store);
	arena_destroy(&r.service.arena);
	return status;
}

/* gateway/receiver.c - relais-receiver: ESMTP in, mutual TLS; 250 after COMMIT.
 *
 * One thread speaks with the peers, POOL_THREADS with the database. All files are opened before the jail. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/limits.h"
#include "gateway/identity.h"
#include "gateway/intake_journal.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/receiver_session.h"
#include "gateway/service.h"
#include "gateway/store.h"
#include "gateway/tls_renew.h"
#include "gateway/url_port.h"

enum { BACKLOG = 512, PORT_TEXT = 16, PORTS = 2, RATES_ROOM = 1024 * 1024, TELL_ROOM = 16 * 1024 };

/* A port, and what is spoken there. */
struct port {
	struct receiver *receiver;
	enum smtp_mode mode;
	int fd;
	struct evconnlistener *listener;
};

struct receiver {
	struct service service;
	struct session_host host;
	struct port ports[PORTS];     /* of operators; of submission, fd -1 without one */
	struct identity *identity;
	struct arena *rates;
	struct event *on_signal, *on_job, *pause, *stop, *tell;
	struct told telling;          /* what the trail is being told now: job */
	struct pool_job job;
	struct arena *job_arena;      /* NULL: nothing is */
	int journal;
	bool stopping;
};

struct arguments {
	const char *config, *listen, *submission, *journal;
};

static bool read_arguments(int argc, char **argv, struct arguments *out)
{
	*out = (struct arguments){0};
	for (int i = 1; i < argc; i += 2) {
		const char **to = strcmp(argv[i], "--config") == 0	 ? &out->config
				  : strcmp(argv[i], "--listen") == 0	 ? &out->listen
				  : strcmp(argv[i], "--submission") == 0 ? &out->submission
				  : strcmp(argv[i], "--journal") == 0	 ? &out->journal
									 : NULL;
		if (to == NULL || i + 1 == argc || *to != NULL)
			return false;
		*to = argv[i + 1];
	}
	return out->config != NULL;
}

/* --- set-up ---------------------------------------------------------------------- */

/* The buffers of messages go back to the system when they are freed, and each thread of the pool shares one heap:
 * after a rush the process is as small as before. */
static void tame_heap(void)
{
	mallopt(M_MMAP_THRESHOLD, LIMIT_SMTP_MEMORY);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
	mallopt(M_ARENA_MAX, 2);
}

static void raise_files(void)
{
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max < LIMIT_RECEIVER_FILES ? files.rlim_max : LIMIT_RECEIVER_FILES;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		log_event("files-limit", LOG_NUMBER("errno", errno), LOG_END);
}

/* A listening socket that relais-master has bound for us. */
static int inherited(const char *number)
{
	uint64_t fd;
	int listening = 0;
	socklen_t len = sizeof listening;

	if (!bytes_number(bytes_of_text(number), LIMIT_RECEIVER_FILES, &fd) ||
	    getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !listening)
		return -1;
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) != 0 || evutil_make_socket_nonblocking((int)fd) != 0)
		return -1;
	return (int)fd;
}

static int bound(const char *host, int port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
	char service[PORT_TEXT];
	const int on = 1;
	int fd = -1;

	snprintf(service, sizeof service, "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return -1;
	for (struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
			break;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static bool open_tls(struct receiver *r)
{
	const struct config *c = r->service.config;
	const struct tls_files files = {.certificate = c->receiver.certificate, .key = c->receiver.key,
					.anchors = c->receiver.client_anchors, .crls = c->receiver.crls,
					.staple = c->receiver.ocsp_staple};
	char detail[TLS_DETAIL];
	enum reason reason = tls_server_context(&files, &r->host.tls, detail);

	if (reason != REASON_NONE) {
		log_event("tls-refused", LOG_REASON(reason), LOG_TEXT("file", detail), LOG_END);
		return false;
	}
	if (c->receiver.ocsp_staple[0] != '\0' && !tls_context_staples(r->host.tls))
		log_event("staple-not-sent", LOG_TEXT("file", c->receiver.ocsp_staple), LOG_END);
	return true;
}

/* What may be read again behind the jail: lists, anchors, staple. A new certificate comes with a new process (relais-master).
 * Who comes to us needs no connection of ours; the identity provider does. */
static void open_places(const struct config *c)
{
	jail_connecting(url_port(bytes_of_text(c->identity.introspection)));
	store_ports(c->database, jail_connecting);
	jail_reading(c->receiver.client_anchors);
	jail_reading(c->receiver.crls);
	jail_reading(c->receiver.ocsp_staple);
	jail_reading(c->keeper.folder);   /* its public key changes each day; all else there is closed to our user */
}

static void renew_tls(struct receiver *r)
{
	const struct config *c = r->service.config;
	const struct tls_files files = {
		.anchors = c->receiver.client_anchors, .crls = c->receiver.crls, .staple = c->receiver.ocsp_staple};

	tls_renew(r->host.tls, &files);
}

/* Before the jail: it reads the secret and the anchors. */
static bool open_identity(struct receiver *r)
{
	char detail[IDENTITY_DETAIL];
	enum reason reason = identity_open(r->service.arena, r->service.config, &r->identity, detail);

	if (reason != REASON_NONE)
		log_event("identity-refused", LOG_REASON(reason), LOG_TEXT("detail", detail), LOG_END);
	return reason == REASON_NONE;
}

static bool open_rates(struct receiver *r)
{
	const struct config *c = r->service.config;
	uint64_t seed;

	r->rates = arena_create(RATES_ROOM);
	return getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed &&
	       rate_open(r->rates, (unsigned)c->receiver.peer_connections_minute, seed, &r->host.connections) == REASON_NONE &&
	       rate_open(r->rates, (unsigned)c->receiver.peer_messages_minute, seed, &r->host.messages) == REASON_NONE;
}

static bool open_port(struct receiver *r, struct port *port, enum smtp_mode mode, const char *handed, int number)
{
	const char *host = r->service.config->receiver.listen_host;

	*port = (struct port){.receiver = r, .mode = mode, .fd = handed ? inherited(handed) : bound(host, number)};
	if (port->fd < 0)
		log_event("listen-failed", LOG_TEXT("host", host), LOG_NUMBER("port", number), LOG_NUMBER("errno", errno), LOG_END);
	return port->fd >= 0;
}

static bool open_files(struct receiver *r, const struct arguments *arguments)
{
	const struct config *c = r->service.config;

	if (!open_port(r, &r->ports[0], SMTP_MODE_TRANSFER, arguments->listen, c->receiver.listen_port))
		return false;
	if (c->receiver.submission_port != 0 &&
	    !open_port(r, &r->ports[1], SMTP_MODE_SUBMISSION, arguments->submission, c->receiver.submission_port))
		return false;
	r->journal = -1;
	if (arguments->journal != NULL && intake_journal_open(arguments->journal, &r->journal) != REASON_NONE) {
		log_event("journal-failed", LOG_TEXT("file", arguments->journal), LOG_NUMBER("errno", errno), LOG_END);
		return false;
	}
	if (spool_open(r->service.arena, c->run_folder, &r->host.spool) != REASON_NONE) {
		log_event("spool-failed", LOG_TEXT("folder", c->run_folder), LOG_NUMBER("errno", errno), LOG_END);
		return false;
	}
	return true;
}

/* --- in the loop ------------------------------------------------------------------- */

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len, void *context)
{
	struct port *port = context;
	(void)listener;
	(void)len;
	session_open(&port->receiver->host, (int)fd, address, port->mode);
}

/* Out of descriptors or memory: a short pause, else the loop would spin on a connection that it cannot take. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	struct port *port = context;
	struct receiver *r = port->receiver;
	const struct timeval second = {.tv_sec = 1};

	log_event("accept-failed", LOG_NUMBER("errno", errno), LOG_NUMBER("sessions", r->host.n), LOG_END);
	evconnlistener_disable(listener);
	event_add(r->pause, &second);
}

static void on_pause(evutil_socket_t fd, short what, void *context)
{
	struct receiver *r = context;
	(void)fd;
	(void)what;
	for (size_t i = 0; i < PORTS; i++)
		if (r->ports[i].listener != NULL)
			evconnlistener_enable(r->ports[i].listener);
}

static void close_port(struct port *port)
{
	if (port->listener != NULL)
		evconnlistener_free(port->listener);   /* closes the descriptor */
	else if (port->fd >= 0)
		close(port->fd);
	port->listener = NULL;
	port->fd = -1;
}

/* What was refused since the last time, to the trail. */
static void tell(struct receiver *r)
{
	if (r->job_arena != NULL || told_nothing(&r->host.told) || (r->job_arena = arena_create(TELL_ROOM)) == NULL)
		return;
	r->telling = r->host.told;
	r->host.told = (struct told){0};
	r->job = (struct pool_job){.work = POOL_TOLD, .told = told_json(&r->telling, r->job_arena)};
	pool_submit(r->host.pool, &r->job);
}

/* A database that is away hears of it later. */
static void was_told(struct receiver *r)
{
	if (r->job.reason != REASON_NONE)
		told_merge(&r->host.told, &r->telling);
	arena_destroy(&r->job_arena);
}

static void on_tell(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	tell(context);
}

static void on_job(evutil_socket_t fd, short what, void *context)
{
	struct receiver *r = context;
	(void)fd;
	(void)what;
	for (struct pool_job *job; (job = pool_take(r->host.pool)) != NULL;)
		if (job == &r->job)
			was_told(r);
		else
			session_job_done(job);
}

static void on_empty(void *context)
{
	struct receiver *r = context;
	event_base_loopbreak(r->host.base);
}

static void on_stop(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	on_empty(context);
}

static void on_signal(evutil_socket_t fd, short what, void *context)
{
	struct receiver *r = context;
	const struct timeval grace = {.tv_sec = LIMIT_SMTP_STOP_SECONDS}, second = {.tv_sec = 1};
	(void)fd;
	(void)what;

	bool stopping = service_stopping(&r->service);
	if (service_renews(&r->service))
		renew_tls(r);
	if (!stopping || r->stopping)
		return;
	r->stopping = true;
	log_event("stopping", LOG_NUMBER("sessions", r->host.n), LOG_END);
	for (size_t i = 0; i < PORTS; i++)
		close_port(&r->ports[i]);
	event_add(r->stop, &grace);
	sessions_stop(&r->host);
	/* Not only at the end: whoever still has a message under way may outlast the grace. */
	tell(r);
	event_add(r->tell, &second);
	if (r->host.n == 0)
		on_empty(r);
}

static bool listen_on(struct receiver *r, struct port *port)
{
	if (port->fd < 0)
		return true;
	port->listener = evconnlistener_new(r->host.base, on_accept, port, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, port->fd);
	if (port->listener != NULL)
		evconnlistener_set_error_cb(port->listener, on_accept_error);
	return port->listener != NULL;
}

static bool start_loop(struct receiver *r)
{
	const struct pool_setup setup = {.conninfo = r->service.config->database, .keeper_folder = r->service.config->keeper.folder, .spool = r->host.spool, .identity = r->identity,
					 .journal = r->journal, .patient_domain = r->service.config->patient_domain};
	struct event_base *base = r->host.base;

	if (pool_open(r->service.arena, &setup, &r->host.pool) != REASON_NONE)
		return false;
	r->on_signal = event_new(base, r->service.signals, EV_READ | EV_PERSIST, on_signal, r);
	r->on_job = event_new(base, pool_descriptor(r->host.pool), EV_READ | EV_PERSIST, on_job, r);
	r->pause = event_new(base, -1, 0, on_pause, r);
	r->stop = event_new(base, -1, 0, on_stop, r);
	r->tell = event_new(base, -1, EV_PERSIST, on_tell, r);
	if (r->on_signal == NULL || r->on_job == NULL || r->pause == NULL || r->stop == NULL || r->tell == NULL)
		return false;
	if (!listen_on(r, &r->ports[0]) || !listen_on(r, &r->ports[1]))
		return false;
	const struct timeval often = {.tv_sec = TOLD_SECONDS};
	return event_add(r->on_signal, NULL) == 0 && event_add(r->on_job, NULL) == 0 && event_add(r->tell, &often) == 0;
}

static void close_all(struct receiver *r)
{
	struct event *events[] = {r->on_signal, r->on_job, r->pause, r->stop, r->tell};

	if (r->host.pool != NULL) {
		tell(r);
		pool_close(r->host.pool);
	}
	arena_destroy(&r->job_arena);
	for (size_t i = 0; i < PORTS; i++)
		close_port(&r->ports[i]);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	if (r->host.base != NULL)
		event_base_free(r->host.base);
	tls_context_close(&r->host.tls);
	identity_close(&r->identity);
	arena_destroy(&r->rates);
	spool_close(r->host.spool);
	if (r->journal >= 0)
		close(r->journal);
	arena_destroy(&r->service.arena);
}

/* An exit status. */
static int serve(struct receiver *r, const struct arguments *arguments)
{
	tame_heap();
	raise_files();
	if (!open_tls(r) || !open_identity(r))
		return SERVICE_CONFIG;
	if (!open_files(r, arguments) || !open_rates(r))
		return SERVICE_TEMPORARY;
	r->host.hostname = r->service.config->hostname;
	r->host.domain = r->service.config->domain;
	r->host.empty = on_empty;
	r->host.context = r;
	r->host.base = event_base_new();
	if (r->host.base == NULL)
		return SERVICE_TEMPORARY;
	open_places(r->service.config);
	bool jailed = jail_enter(JAIL_NETWORK);
	if (!start_loop(r))
		return SERVICE_TEMPORARY;
	log_event("started", LOG_NUMBER("jailed", jailed), LOG_NUMBER("journal", r->journal >= 0), LOG_END);
	event_base_dispatch(r->host.base);
	log_event("stopped", LOG_NUMBER("sessions", r->host.n), LOG_END);
	return SERVICE_FINE;
}

int main(int argc, char **argv)
{
	struct receiver r = {.ports = {{.fd = -1}, {.fd = -1}}, .journal = -1};
	struct arguments arguments;
	int status;

	if (!read_arguments(argc, argv, &arguments)) {
		fprintf(stderr, "usage: relais-receiver --config FILE [--listen DESCRIPTOR] [--submission DESCRIPTOR] [--journal FILE]\n");
		return SERVICE_USAGE;
	}
	char *only_config[] = {argv[0], (char[]){"--config"}, (char *)(uintptr_t)arguments.config, NULL};
	if (!service_start("receiver", 3, only_config, &r.service, &status)) {
		arena_destroy(&r.service.arena);
		return status;
	}
	status = serve(&r, &arguments);
	/* A transaction that is still under way has had its time; its sender was told nothing and will come again. */
	if (r.host.n > 0)
		_exit(status);
	close_all(&r);
	return status;
}

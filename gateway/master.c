/* gateway/master.c - relais-master: PostgreSQL when it is the instance's own, the sockets, the processes.
 *
 *   relais-master --instance DIR      in the foreground; `relais start` puts it in the background
 *
 * 1. It reads nothing from strangers and holds no key; it alone keeps the right to change user.
 * 2. PostgreSQL starts before all and stops after all.
 * 3. SIGTERM stops, in the reverse order of the start.
 * 4. Nothing but PostgreSQL runs while the gate is closed (gateway/gate.h): the database is not what this program, or the keeper, knows.
 * 5. SIGHUP, or a change of the files of trust, has every process that holds them take the new ones (gateway/master_watch.h). */
#include "gateway/cluster.h"
#include "gateway/config.h"
#include "gateway/fence.h"
#include "gateway/gate.h"
#include "gateway/jail.h"
#include "gateway/log.h"
#include "gateway/master_sockets.h"
#include "gateway/master_status.h"
#include "gateway/master_watch.h"
#include "gateway/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	OWN_MEMORY = 4 * 1024 * 1024,
	PROCESSES_MAX = 80,
	DATABASE_MS = 60000,
	STOP_MS = 10000,
	WORDS_MAX = 14,
	WATCH_MS = 30000,
	SETTLE_MS = 2000,
	GATE_MS = 1000,       /* at least, between two looks at a gate that is closed, or at a database that is away */
	STATUS_CONFIG = 78,   /* sysexits: EX_CONFIG */
};

struct master {
	struct arena *arena;
	struct instance instance;
	const struct config *config;
	const char *config_path;
	struct process processes[PROCESSES_MAX];   /* in the order of their start */
	size_t n;
	bool own_database;
	pid_t database;
	int64_t database_due_ms;
	unsigned database_failures;
	int signals;
	struct instant since;
	struct watch watch;
	int64_t watch_due_ms;
	struct store *store;      /* for the gate alone */
	struct gate gate;
	int64_t gate_due_ms;
	struct instant server;    /* the start of the server that the journals were held against */
	bool unlooked;            /* and not against the one that runs now */
	bool stopping, changed;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what is to run ------------------------------------------------------------------------ */

struct words {
	char **list;
	size_t n;
};

static void word(struct words *w, const char *text)
{
	w->list[w->n++] = (char *)(uintptr_t)text;
}

static struct words command(struct master *m, const char *executable)
{
	struct words w = {.list = arena_alloc(m->arena, (WORDS_MAX + 1) * sizeof(char *))};
	word(&w, arena_printf(m->arena, "%s/%s", m->instance.executables, executable));
	return w;
}

static void option(struct words *w, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	word(w, name);
	word(w, value);
}

static void add(struct master *m, const char *name, enum instance_user user, struct words w, int handed)
{
	m->processes[m->n++] = (struct process){.name = name, .user = user, .argv = w.list, .handed = {handed, -1, -1, -1, -1},
						 .pause_max_ms = m->config->restart_pause_ms};
}

/* A reader that one user alone may ask. */
static bool add_reader_of(struct master *m, const char *name, enum instance_user user, struct words w, enum instance_user asking)
{
	int s = master_local_socket(&m->instance, arena_printf(m->arena, "%s/%s.sock", m->config->run_folder, name), asking);
	word(&w, "--listen");
	word(&w, "3");
	add(m, name, user, w, s);
	return s >= 0;
}

static bool add_reader(struct master *m, const char *name, enum instance_user user, struct words w)
{
	return add_reader_of(m, name, user, w, INSTANCE_WORKER);
}

static bool add_readers(struct master *m)
{
	const struct config *c = m->config;
	struct words verify = command(m, "relais-verify"), inspect = command(m, "relais-inspect"),
		     compose = command(m, "relais-compose"), shield = command(m, "relais-shield"), antivirus = command(m, "relais-antivirus");

	option(&verify, "--anchors", c->inspect.anchors);
	option(&verify, "--crls", c->inspect.crls);
	option(&verify, "--digests", c->inspect.digests);
	option(&inspect, "--schema", c->inspect.schema);
	option(&inspect, "--schematron", c->inspect.schematron);
	option(&compose, "--templates", arena_printf(m->arena, "%s/templates", m->instance.share));
	option(&antivirus, "--clamd", c->antivirus.clamd);
	if (c->antivirus.clamd[0] != '\0' && !add_reader(m, "antivirus", INSTANCE_ANTIVIRUS, antivirus))
		return false;
	return add_reader(m, "shield", INSTANCE_SHIELD, shield) && add_reader(m, "verify", INSTANCE_VERIFY, verify) &&
	       add_reader(m, "inspect", INSTANCE_INSPECT, inspect) &&
	       add_reader(m, "compose", INSTANCE_COMPOSE, compose);
}

static struct words configured(struct master *m, const char *executable)
{
	struct words w = command(m, executable);
	option(&w, "--config", m->config_path);
	return w;
}

/* With a verify of its own: strangers' objects are read there, and never by who holds the key. */
static bool add_opener(struct master *m)
{
	struct words verify = command(m, "relais-verify");

	if (m->config->opener.certificate[0] == '\0')
		return true;
	option(&verify, "--anchors", m->config->inspect.anchors);
	int s = master_local_socket(&m->instance, arena_printf(m->arena, "%s/opener.sock", m->config->run_folder), INSTANCE_WORKER);
	add(m, "opener", INSTANCE_OPENER, configured(m, "relais-opener"), s);
	return add_reader_of(m, "opener-verify", INSTANCE_VERIFY, verify, INSTANCE_OPENER) && s >= 0;
}

static void add_workers(struct master *m)
{
	for (int i = 1; i <= m->config->workers; i++) {
		struct words w = configured(m, "relais-worker");
		option(&w, "--number", arena_printf(m->arena, "%d", i));
		add(m, arena_printf(m->arena, "worker-%d", i), INSTANCE_WORKER, w, -1);
	}
}

/* One socket for each that may ask, in the order of gateway/keeper.c. */
static bool add_keeper(struct master *m)
{
	static const struct {
		const char *name;
		enum instance_user user;
	} asking[] = {{"worker", INSTANCE_WORKER}, {"signer", INSTANCE_SIGNER}, {"deliverer", INSTANCE_DELIVERER}, {"opener", INSTANCE_OPENER}};
	struct words w = configured(m, "relais-keeper");
	int own = master_own_socket(arena_printf(m->arena, "%s/keeper-operator.sock", m->config->run_folder));

	add(m, "keeper", INSTANCE_KEEPER, w, own);
	int *handed = m->processes[m->n - 1].handed;
	for (size_t i = 0; i < sizeof asking / sizeof asking[0] && handed[i] >= 0; i++)
		handed[i + 1] = master_local_socket(&m->instance, arena_printf(m->arena, "%s/keeper-%s.sock", m->config->run_folder, asking[i].name), asking[i].user);
	return handed[PROCESS_HANDED - 1] >= 0;
}

static bool add_receiver(struct master *m)
{
	struct words w = configured(m, "relais-receiver");
	const char *host = m->config->receiver.listen_host;
	int port = m->config->receiver.submission_port, transfer = master_tcp_socket(host, m->config->receiver.listen_port);
	int submission = port != 0 ? master_tcp_socket(host, port) : -1;

	option(&w, "--listen", "3");
	option(&w, "--submission", submission >= 0 ? "4" : "");
	option(&w, "--journal", instance_path(&m->instance, "journal/receiver.jsonl"));
	add(m, "receiver", INSTANCE_RECEIVER, w, transfer);
	m->processes[m->n - 1].handed[1] = submission;
	return transfer >= 0 && (port == 0 || submission >= 0);
}

/* It may read how far the journals of the others have come (signer_checkpoint.h): the descriptor is the permission, the files stay theirs. */
static void add_signer(struct master *m)
{
	const char *const journals[] = {"receiver", "collector", "keeper", "deliverer", "opener"}, *const files[] = {
		instance_path(&m->instance, "journal/receiver.jsonl"), instance_path(&m->instance, "journal/collector.jsonl"), m->config->keeper.journal,
		instance_path(&m->instance, "journal/deliverer.jsonl"), instance_path(&m->instance, "journal/opener.jsonl")};
	struct words w = configured(m, "relais-signer");
	struct process *p = &m->processes[m->n];
	size_t n = 0;

	add(m, "signer", INSTANCE_SIGNER, w, -1);
	for (size_t i = 0; i < sizeof journals / sizeof journals[0]; i++) {
		int file = open(files[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (file < 0)
			continue;
		option(&w, "--journal", journals[i]);
		p->handed[n++] = file;
	}
}

/* Readers first, strangers last. */
static bool add_all(struct master *m)
{
	if (!add_keeper(m) || !add_readers(m) || !add_opener(m))
		return false;
	add_workers(m);
	add_signer(m);
	add(m, "deliverer", INSTANCE_DELIVERER, configured(m, "relais-deliverer"), -1);
	add(m, "refresher", INSTANCE_REFRESHER, configured(m, "relais-refresher"), -1);
	if (m->config->collector.n > 0) {
		struct words w = configured(m, "relais-collector");
		add(m, "collector", INSTANCE_COLLECTOR, w, -1);
	}
	/* A client of another operator hears no strangers (docs/operators.md, client mode). */
	return m->config->receiver.listen_port == 0 || add_receiver(m);
}

/* --- the database ------------------------------------------------------------------------------ */

static void database_failed(struct master *m)
{
	m->database = 0;
	m->database_failures++;
	m->database_due_ms = now_ms() + process_pause_ms(m->database_failures, m->config->restart_pause_ms);
}

/* The instance with an arena of its own, so that years of restarts take no memory. */
static struct instance borrowed(const struct master *m)
{
	struct instance instance = m->instance;
	instance.arena = arena_create(OWN_MEMORY);
	return instance;
}

/* Waits: nothing else can work before. */
static void database_start(struct master *m)
{
	int64_t from = now_ms();
	struct instance instance = borrowed(m);

	m->database = cluster_start(&instance);
	bool serves = m->database > 0 && cluster_wait(&instance, m->database, DATABASE_MS);
	arena_destroy(&instance.arena);
	if (!serves) {
		log_event("database-failed", LOG_TEXT("see", "log/postgresql.log"), LOG_END);
		/* One that neither serves nor ends is ended, so that the next can have its files. */
		if (m->database > 0 && waitpid(m->database, NULL, WNOHANG) == 0)
			cluster_stop(m->database);
		database_failed(m);
		return;
	}
	log_event("database-started", LOG_NUMBER("child", m->database), LOG_NUMBER("ms", now_ms() - from), LOG_END);
}

/* --- the gate -------------------------------------------------------------------------------------------- */

static void stop_all(struct master *m)
{
	for (size_t i = m->n; i > 0; i--)
		process_stop(&m->processes[i - 1], STOP_MS);
}

/* Closed or not, the processes start: they receive, and decide nothing while it is closed. *unread: what to see when it gives UNKNOWN. */
static enum gate_state fenced(const struct master *m, struct arena *arena, const char **unread)
{
	struct fence_looked looked;
	enum reason reason = fence_look(m->store, arena, arena_printf(arena, "%s/journal", m->instance.folder), &looked);

	*unread = looked.unread == NULL ? "log/relais.log" : looked.unread;
	if (reason != REASON_NONE)
		return GATE_UNKNOWN;
	if (looked.closed)
		log_event("fence", LOG_NUMBER("closed", true), LOG_END);
	return GATE_OPEN;
}

/* On a server that was not looked at nothing is taken up (relais.fenced), though all runs: who cannot look says so. One that is away says nothing new. */
static void tell_unlooked(struct master *m, const struct gate *gate, const char *unread)
{
	bool unlooked = gate->state == GATE_UNKNOWN && gate->server.us != m->server.us;

	if (gate->server.us == 0)
		return;
	if (unlooked)
		(void)!STORE_RUN(m->store, NULL, "select relais.fence_unlooked($1)", P_TEXT(unread));
	if (unlooked && !m->unlooked)
		log_event("fence-unlooked", LOG_TEXT("see", unread), LOG_END);
	m->changed |= unlooked != m->unlooked;
	m->unlooked = unlooked;
}

/* To connect in vain may take seconds, in which no process is started or stopped: at most a quarter of the time goes into that. */
static int64_t gate_pause_ms(const struct gate *gate, int64_t took_ms)
{
	int64_t pause = 3 * took_ms;

	if (gate->state == GATE_OPEN || pause > WATCH_MS)
		return WATCH_MS;
	return pause < GATE_MS ? GATE_MS : pause;
}

/* A database that is away closes no gate that was open: the processes wait for it themselves. */
static void look_at_gate(struct master *m)
{
	int64_t from = now_ms();
	struct arena *arena = arena_create(OWN_MEMORY);
	const char *schema = arena_printf(arena, "%s/schema", m->instance.share);
	struct gate gate = gate_look(m->store, schema, m->config->keeper.folder, m->gate.state == GATE_OPEN);
	const char *unread = m->config->keeper.folder;

	if (gate.state == GATE_OPEN && (m->gate.state != GATE_OPEN || gate.server.us != m->server.us))
		gate.state = fenced(m, arena, &unread);
	tell_unlooked(m, &gate, unread);
	if (gate.state == GATE_OPEN)
		m->server = gate.server;
	m->gate_due_ms = now_ms() + gate_pause_ms(&gate, now_ms() - from);
	if (gate.state != m->gate.state && !(gate.state == GATE_UNKNOWN && m->gate.state == GATE_OPEN)) {
		log_event(gate.state == GATE_OPEN ? "gate-open" : "gate-closed", LOG_TEXT("why", gate_name(gate.state)), LOG_NUMBER("schema", gate.schema),
			  LOG_NUMBER("oldest", gate.oldest), LOG_NUMBER("program", gate.program), LOG_NUMBER("erasures", (int64_t)gate.erasures), LOG_END);
		if (m->gate.state == GATE_OPEN)
			stop_all(m);
		m->gate = gate;
		m->changed = true;
	}
	arena_destroy(&arena);
}

/* --- the loop ---------------------------------------------------------------------------------------- */

/* The first start of the others waits for the database; later they wait for it themselves. */
static bool held_back(const struct master *m)
{
	return m->gate.state != GATE_OPEN || (m->own_database && m->database == 0 && m->processes[0].started_ms == 0);
}

static void start_due(struct master *m)
{
	int64_t now = now_ms();

	if (m->own_database && m->database == 0 && m->database_due_ms <= now) {
		database_start(m);
		m->gate_due_ms = now;
		m->changed = true;
	}
	if (m->gate_due_ms <= now)
		look_at_gate(m);
	for (size_t i = 0; i < m->n && !held_back(m); i++)
		if (m->processes[i].pid == 0 && m->processes[i].due_ms <= now) {
			process_start(&m->instance, &m->processes[i], now);
			m->changed = true;
		}
}

static int wait_ms(const struct master *m)
{
	int64_t now = now_ms(), next = m->watch_due_ms;

	if (m->own_database && m->database == 0 && m->database_due_ms < next)
		next = m->database_due_ms;
	if (m->gate_due_ms < next)
		next = m->gate_due_ms;
	for (size_t i = 0; i < m->n && !held_back(m); i++)
		if (m->processes[i].pid == 0 && m->processes[i].due_ms < next)
			next = m->processes[i].due_ms;
	return next <= now ? 0 : (int)(next - now);
}

static void reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		m->changed = true;
		if (pid == m->database) {
			log_event("database-ended", LOG_NUMBER("status", status), LOG_END);
			database_failed(m);
			continue;
		}
		for (size_t i = 0; i < m->n; i++)
			if (m->processes[i].pid == pid)
				process_ended(&m->processes[i], status, now_ms());
	}
}

/* The readers end what they have in hand, exit 0 and are started at once; the others read what they trust again. */
static bool takes_hangup(enum instance_user user)
{
	return user == INSTANCE_VERIFY || user == INSTANCE_INSPECT || user == INSTANCE_RECEIVER || user == INSTANCE_COLLECTOR ||
	       user == INSTANCE_DELIVERER || user == INSTANCE_REFRESHER;
}

/* A restart reads everything, so that no renewal is needed beside it. */
static void renew(struct master *m, bool everything)
{
	struct watch_due due = watch_take(&m->watch);

	if (!everything && due.first == NULL)
		return;
	log_event("reload", LOG_TEXT("changed", due.first == NULL ? "" : due.first), LOG_END);
	for (size_t i = 0; i < m->n; i++) {
		const struct process *p = &m->processes[i];
		if (p->pid <= 0)
			continue;
		if (due.restart[p->user])
			kill(p->pid, SIGTERM);
		else if (due.renew[p->user] || (everything && takes_hangup(p->user)))
			kill(p->pid, SIGHUP);
	}
}

/* Files that are being changed are looked at again until they rest. */
static void look(struct master *m)
{
	bool moving = watch_look(&m->watch);

	m->watch_due_ms = now_ms() + (moving ? SETTLE_MS : WATCH_MS);
	if (!moving)
		renew(m, false);
}

static void take_signals(struct master *m)
{
	struct signalfd_siginfo info;

	while (read(m->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			m->stopping = true;
		if (info.ssi_signo == SIGHUP) {
			(void)watch_look(&m->watch);
			renew(m, true);
		}
	}
	reap(m);
}

static void publish(struct master *m, const char *state)
{
	struct instance instance = borrowed(m);
	if (!master_status_write(&instance, state, m->since, m->processes, m->n, gate_name(m->unlooked ? GATE_UNKNOWN : m->gate.state)))
		log_event("status-not-written", LOG_TEXT("error", strerror(errno)), LOG_END);
	arena_destroy(&instance.arena);
	m->changed = false;
}

static void run(struct master *m)
{
	publish(m, "starting");
	while (!m->stopping) {
		start_due(m);
		if (m->changed)
			publish(m, "running");
		struct pollfd ready[] = {{.fd = m->signals, .events = POLLIN}, {.fd = store_descriptor(m->store), .events = POLLIN}};
		(void)poll(ready, 2, wait_ms(m));
		take_signals(m);
		if (ready[1].revents != 0)       /* the database hung up */
			m->gate_due_ms = 0;
		if (!m->stopping && m->watch_due_ms <= now_ms())
			look(m);
	}
	log_event("stopping", LOG_END);
	publish(m, "stopping");
	stop_all(m);
	store_close(&m->store);
	if (m->database > 0)
		cluster_stop(m->database);
	unlink(instance_path(&m->instance, "run/status.json"));
	log_event("stopped", LOG_END);
}

/* --- walls ------------------------------------------------------------------------------------------------- */

/* Other users' processes and files, the ports below 1024, and the private names of a PostgreSQL of its own. */
static bool give_up_rights(const struct master *m)
{
	const uint64_t kept = PRIVILEGE(CAP_SETUID) | PRIVILEGE(CAP_SETGID) | PRIVILEGE(CAP_SETPCAP) | PRIVILEGE(CAP_KILL) | PRIVILEGE(CAP_CHOWN) |
			      PRIVILEGE(CAP_FOWNER) | PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_NET_BIND_SERVICE);

	return privilege_keep(m->own_database ? kept | PRIVILEGE(CAP_SYS_ADMIN) : kept);
}

static void tell_walls(void)
{
	const char *lacks[JAIL_LACKS_MAX];
	size_t n = jail_lacks(lacks);

	for (size_t i = 0; i < n; i++)
		log_event("wall-missing", LOG_TEXT("what", lacks[i]), LOG_END);
}

/* --- start -------------------------------------------------------------------------------------------------- */

static bool read_config(struct master *m)
{
	struct config_problem problem;
	struct config *config;

	m->config_path = instance_path(&m->instance, "relais.conf");
	enum reason reason = config_read(m->arena, m->config_path, &config, &problem);
	if (reason != REASON_NONE) {
		log_event("config-refused", LOG_REASON(reason), LOG_NUMBER("line", problem.line),
			  LOG_TEXT("key", problem.key), LOG_TEXT("detail", problem.detail), LOG_END);
		return false;
	}
	m->config = config;
	return true;
}

static bool block_signals(struct master *m)
{
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ours, NULL) != 0)
		return false;
	m->signals = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return m->signals >= 0;
}

static struct instant wall(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

static int prepare(struct master *m, const char *folder)
{
	const char *trouble = instance_open(m->arena, folder, &m->instance);

	if (trouble != NULL) {
		log_event("instance-refused", LOG_TEXT("error", trouble), LOG_END);
		return EXIT_FAILURE;
	}
	if (master_restoring(&m->instance)) {
		log_event("restore-unfinished", LOG_END);
		return STATUS_CONFIG;
	}
	if (!read_config(m))
		return STATUS_CONFIG;
	if (!master_lock(&m->instance)) {
		log_event("already-running", LOG_NUMBER("master", master_running(&m->instance)), LOG_END);
		return EXIT_FAILURE;
	}
	m->since = wall();
	m->own_database = cluster_exists(&m->instance);
	m->store = store_open(m->config->database, "operator");
	m->gate.state = GATE_UNKNOWN;
	watch_open(m->config, &m->watch);
	m->watch_due_ms = now_ms() + WATCH_MS;
	if (!give_up_rights(m)) {
		log_event("privileges-not-dropped", LOG_TEXT("error", strerror(errno)), LOG_END);
		return EXIT_FAILURE;
	}
	tell_walls();
	return block_signals(m) && add_all(m) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	static struct master m;

	jail_begin();
	log_open("master");
	if (argc != 3 || strcmp(argv[1], "--instance") != 0) {
		fprintf(stderr, "usage: relais-master --instance DIR\n");
		return 2;
	}
	umask(022);
	m.arena = arena_create(OWN_MEMORY);
	int status = prepare(&m, argv[2]);
	if (status == EXIT_SUCCESS)
		run(&m);
	arena_destroy(&m.arena);
	return status;
}

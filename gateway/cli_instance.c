/* gateway/cli_instance.c - relais start, stop, reload, status, migrate, config check. */
#include "gateway/cli_instance.h"

#include "gateway/cli_instance_private.h"
#include "gateway/cli_alarms.h"
#include "gateway/cli_clock.h"
#include "gateway/cli_degraded.h"
#include "gateway/cluster.h"
#include "gateway/config.h"
#include "gateway/gate.h"
#include "gateway/json_view.h"
#include "gateway/master_status.h"
#include "gateway/migrate.h"
#include "gateway/store.h"

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
	OWN_MEMORY = 16 * 1024 * 1024,
	START_MS = 15000,
	STOP_MS = 120000,
	STEP_MS = 20,
	CLI_PARTLY = 3,       /* not all of it runs */
};

/* --- words ---------------------------------------------------------------------------------- */

static void take_out(struct cli_words *words, int at, int width)
{
	for (int i = at; i + width < words->n; i++)
		words->list[i] = words->list[i + width];
	words->n -= width;
}

const char *cli_take_value(struct cli_words *words, const char *name, bool *good)
{
	for (int i = 0; i < words->n; i++) {
		if (strcmp(words->list[i], name) != 0)
			continue;
		const char *value = i + 1 < words->n ? words->list[i + 1] : NULL;
		if (value == NULL)
			*good = false;
		take_out(words, i, value == NULL ? 1 : 2);
		return value;
	}
	return NULL;
}

bool cli_take_flag(struct cli_words *words, const char *name)
{
	for (int i = 0; i < words->n; i++)
		if (strcmp(words->list[i], name) == 0) {
			take_out(words, i, 1);
			return true;
		}
	return false;
}

struct verb {
	struct arena *arena;
	struct instance instance;
	const struct config *config;
};

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static int config_refused(const char *path, enum reason reason, const struct config_problem *p)
{
	fprintf(stderr, "%s", path);
	if (p->line > 0)
		fprintf(stderr, ":%d", p->line);
	fprintf(stderr, ": %s %s [%s]\n", p->key, p->detail, reason_code(reason));
	return CLI_CONFIG;
}

/* DIR as a word, --dir DIR, RELAIS_DIR, or the current folder. */
static int open_instance(struct verb *v, struct cli_words *words, const char *usage)
{
	struct config_problem problem;
	struct config *config;
	bool good = true;

	*v = (struct verb){.arena = arena_create(OWN_MEMORY)};
	const char *folder = cli_take_value(words, "--dir", &good);
	if (folder == NULL && words->n == 1 && words->list[0][0] != '-') {
		folder = words->list[0];
		words->n = 0;
	}
	if (!good || words->n != 0) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	if (folder == NULL)
		folder = getenv("RELAIS_DIR");
	const char *trouble = instance_open(v->arena, folder == NULL ? "." : folder, &v->instance);
	if (trouble != NULL) {
		fprintf(stderr, "relais: %s\n", trouble);
		return CLI_NOT_FOUND;
	}
	const char *path = instance_path(&v->instance, "relais.conf");
	enum reason reason = config_read(v->arena, path, &config, &problem);
	if (reason != REASON_NONE)
		return config_refused(path, reason, &problem);
	v->config = config;
	return CLI_OK;
}

static int done(struct verb *v, int status)
{
	arena_destroy(&v->arena);
	return status;
}

/* --- status ------------------------------------------------------------------------------------ */

static json_t *read_status(const struct verb *v)
{
	return json_load_file(instance_path(&v->instance, "run/status.json"), JSON_REJECT_DUPLICATES, NULL);
}

static json_t *ask(struct store *store, const char *sql)
{
	struct store_rows *rows = NULL;
	json_t *answer = NULL;

	if (STORE_RUN(store, &rows, sql, P_BOOL(true)) == REASON_NONE && store_count(rows) == 1)
		answer = json_read(store_bytes(rows, 0, 0));
	store_free(&rows);
	return answer;
}

/* The open alarms and the clock; NULL when the database does not answer. */
static void ask_database(const struct verb *v, json_t **alarms, json_t **clock)
{
	struct store *store = store_open(v->config->database, "operator");
	int kept = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Its absence is an answer here, not an event. */
	dup2(nothing, STDERR_FILENO);
	*alarms = ask(store, CLI_ALARMS_SQL);
	*clock = ask(store, CLI_CLOCK_SQL);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(nothing);
	store_close(&store);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text == NULL ? "" : text;
}

static bool all_run(const json_t *status)
{
	const json_t *list = json_object_get(status, "processes");
	if (strcmp(text_of(status, "state"), "running") != 0 || json_array_size(list) == 0)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(text_of(json_array_get(list, i), "state"), "running") != 0)
			return false;
	return true;
}

/* What keeps all of it from running, or from working; GATE_OPEN: nothing. */
static enum gate_state closed_gate(const json_t *status)
{
	for (enum gate_state s = GATE_UNKNOWN; s < GATE_STATES; s++)
		if (strcmp(text_of(status, "gate"), gate_name(s)) == 0)
			return s;
	return GATE_OPEN;
}

/* Would the keys outlive this disk? The loss of all of them is the loss of every body, whatever copy of the database there is. */
static const char *keys_copy(const struct config *config)
{
	struct stat folder, copy;

	if (config->keeper.copy[0] == '\0')
		return "none";
	bool apart = stat(config->keeper.folder, &folder) == 0 && stat(config->keeper.copy, &copy) == 0 && folder.st_dev != copy.st_dev;
	return apart ? "other-disk" : "same-disk";
}

static void tell_copy(const char *copy, bool french)
{
	if (strcmp(copy, "none") == 0)
		puts(french ? "copie des clés des corps : aucune (keeper.copy) ; avec ce disque, tous les messages sont perdus, quelle que soit la sauvegarde de la base"
			    : "copy of the bodies' keys: none (keeper.copy); with this disk all messages are lost, whatever backup of the database there is");
	else if (strcmp(copy, "same-disk") == 0)
		puts(french ? "copie des clés des corps : sur le même disque que les clés (keeper.copy) ; elle n'en empêche pas la perte"
			    : "copy of the bodies' keys: on the same disk as the keys (keeper.copy); it does not keep them from being lost with it");
	else
		puts(french ? "copie des clés des corps : sur un autre disque" : "copy of the bodies' keys: on another disk");
}

static void show_status(const json_t *status, bool database)
{
	const json_t *list = json_object_get(status, "processes");

	printf("%-10s %8s %-10s %8s  %s\n", "process", "pid", "state", "restarts", "since");
	printf("%-10s %8lld %-10s %8s  %.19s\n", "master",
	       (long long)json_integer_value(json_object_get(status, "pid")), text_of(status, "state"), "",
	       text_of(status, "since"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = json_array_get(list, i);
		printf("%-10s %8lld %-10s %8lld  %.19s\n", text_of(p, "name"),
		       (long long)json_integer_value(json_object_get(p, "pid")), text_of(p, "state"),
		       (long long)json_integer_value(json_object_get(p, "restarts")), text_of(p, "since"));
	}
	printf("database: %s\n", database ? "answers" : "does not answer");
	const json_t *missing = json_object_get(status, "walls_missing");
	for (size_t i = 0; i < json_array_size(missing); i++)
		printf("wall missing: %s\n", json_string_value(json_array_get(missing, i)));
}

int cli_status(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool json = cli_take_flag(&words, "--json");
	struct verb v;
	int status = open_instance(&v, &words, "status [DIR] [--json]");

	if (status != CLI_OK)
		return done(&v, status);
	bool runs = master_running(&v.instance) != 0;
	json_t *alarms, *clock;
	ask_database(&v, &alarms, &clock);
	bool database = alarms != NULL;
	json_t *report = runs ? read_status(&v) : NULL;
	if (report == NULL)
		report = json_pack("{s:n, s:s, s:[]}", "pid", "state", "stopped", "processes");
	json_object_set_new(report, "database", json_boolean(database));
	status = all_run(report) && database ? CLI_OK : CLI_PARTLY;
	json_object_set_new(report, "all", json_boolean(status == CLI_OK));
	bool rehearsal = json_is_true(json_object_get(clock, "rehearsal"));
	json_object_set_new(report, "rehearsal", rehearsal ? json_incref(clock) : json_null());
	json_t *degraded = cli_degraded(alarms, cli_speaks_french(v.config));
	json_object_set(report, "degraded", degraded);
	json_object_set_new(report, "alarms", database ? json_incref(alarms) : json_array());
	const char *clamd = v.config == NULL ? "" : v.config->antivirus.clamd;
	const char *copy = keys_copy(v.config);
	json_object_set_new(report, "keys_copy", json_string(copy));
	json_object_set_new(report, "antivirus", clamd[0] == '\0' ? json_null() : json_string(clamd));
	if (status == CLI_OK && cli_alarms_critical(alarms))
		status = CLI_ALARM;
	if (json) {
		json_dumpf(report, stdout, JSON_INDENT(1));
		putchar('\n');
	} else if (runs) {
		show_status(report, database);
		printf("antivirus: %s\n", clamd[0] == '\0' ? "not configured, nothing is scanned" : clamd);
		tell_copy(copy, cli_speaks_french(v.config));
	} else {
		printf("%s is stopped\n", v.instance.folder);
	}
	if (!json && closed_gate(report) != GATE_OPEN)
		printf("%s\n", gate_words(closed_gate(report), cli_speaks_french(v.config) ? "fr" : "en"));
	if (!json)
		cli_clock_tell(clock, cli_speaks_french(v.config));
	if (!json)
		cli_degraded_tell(degraded, cli_speaks_french(v.config));
	if (!json && database)
		cli_alarms_tell(alarms, cli_speaks_french(v.config));
	json_decref(degraded);
	json_decref(alarms);
	json_decref(clock);
	json_decref(report);
	return done(&v, status);
}

/* --- start --------------------------------------------------------------------------------------------- */

_Noreturn static void become_master(const struct verb *v, bool foreground)
{
	const char *program = arena_printf(v->arena, "%s/relais-master", v->instance.executables);
	const char *log = instance_path(&v->instance, "log/relais.log");

	if (!foreground) {
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640),
		    in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (out < 0 || in < 0 || setsid() < 0)
			_exit(EXIT_FAILURE);
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		close_range(3, ~0U, 0);
	}
	execl(program, "relais-master", "--instance", v->instance.folder, (char *)NULL);
	dprintf(STDERR_FILENO, "relais: %s: %s\n", program, strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Whatever does not run has no executable: waiting longer would change nothing. */
static bool only_missing(const json_t *status)
{
	const json_t *list = json_object_get(status, "processes");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(text_of(json_array_get(list, i), "state"), "waiting") == 0)
			return false;
	return strcmp(text_of(status, "state"), "running") == 0;
}

static int told(const struct verb *v, json_t *status)
{
	bool all = all_run(status);
	if (closed_gate(status) != GATE_OPEN)
		fprintf(stderr, "relais: %s\n", gate_words(closed_gate(status), cli_speaks_french(v->config) ? "fr" : "en"));
	if (all)
		printf("%s runs: %zu processes\n", v->instance.folder,
		       json_array_size(json_object_get(status, "processes")));
	else
		fprintf(stderr, "%s: not all processes run; see `relais status %s` and %s/log/relais.log\n",
			v->instance.folder, v->instance.folder, v->instance.folder);
	json_decref(status);
	return all ? CLI_OK : CLI_PARTLY;
}

/* UNKNOWN is how each start begins, and may pass. */
static int watch_start(const struct verb *v, pid_t master)
{
	json_t *status = NULL;

	for (long waited = 0; waited < START_MS; waited += STEP_MS) {
		if (waitpid(master, NULL, WNOHANG) == master) {
			fprintf(stderr, "relais-master ended at once: see %s/log/relais.log\n", v->instance.folder);
			return CLI_FAILED;
		}
		json_decref(status);
		status = read_status(v);
		if (json_integer_value(json_object_get(status, "pid")) == master &&
		    (all_run(status) || only_missing(status) || closed_gate(status) > GATE_UNKNOWN))
			break;
		pause_ms(STEP_MS);
	}
	return told(v, status);
}

int cli_start(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool foreground = cli_take_flag(&words, "--foreground");
	struct verb v;
	int status = open_instance(&v, &words, "start [DIR] [--foreground]");

	if (status != CLI_OK)
		return done(&v, status);
	pid_t running = master_running(&v.instance);
	if (running != 0) {
		fprintf(stderr, "relais: %s runs already (relais-master is process %d)\n", v.instance.folder,
			(int)running);
		return done(&v, CLI_FAILED);
	}
	if (master_restoring(&v.instance)) {
		const struct reason_entry *half = reason_entry(REASON_BACKUP_HALF);
		fprintf(stderr, "relais: %s [%s]\n  %s\n", cli_speaks_french(v.config) ? half->fr : half->en, half->code, half->hint);
		return done(&v, CLI_FAILED);
	}
	if (foreground)
		become_master(&v, true);
	pid_t pid = fork();
	if (pid == 0)
		become_master(&v, false);
	return done(&v, pid < 0 ? CLI_FAILED : watch_start(&v, pid));
}

/* --- stop -------------------------------------------------------------------------------------------------- */

int cli_stop(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	struct verb v;
	int status = open_instance(&v, &words, "stop [DIR]");

	if (status != CLI_OK)
		return done(&v, status);
	pid_t master = master_running(&v.instance);
	if (master == 0) {
		printf("%s is stopped already\n", v.instance.folder);
		return done(&v, CLI_OK);
	}
	if (kill(master, SIGTERM) != 0) {
		fprintf(stderr, "relais: process %d: %s\n", (int)master, strerror(errno));
		return done(&v, CLI_FAILED);
	}
	/* The lock tells the end, whoever reaps the master. */
	for (long waited = 0; waited < STOP_MS && master_running(&v.instance) == master; waited += STEP_MS)
		pause_ms(STEP_MS);
	bool gone = master_running(&v.instance) != master;
	if (gone)
		printf("%s is stopped\n", v.instance.folder);
	else
		fprintf(stderr, "relais: relais-master (process %d) has not ended yet\n", (int)master);
	return done(&v, gone ? CLI_OK : CLI_FAILED);
}

/* --- reload ------------------------------------------------------------------------------------------------- */

int cli_reload(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	struct verb v;
	int status = open_instance(&v, &words, "reload [DIR]");

	if (status != CLI_OK)
		return done(&v, status);
	pid_t master = master_running(&v.instance);
	if (master == 0 || kill(master, SIGHUP) != 0) {
		fprintf(stderr, "relais: %s does not run\n", v.instance.folder);
		return done(&v, CLI_FAILED);
	}
	printf("%s reads its anchors, lists and certificates again; log/relais.log says what came of it\n", v.instance.folder);
	return done(&v, CLI_OK);
}

/* --- migrate ---------------------------------------------------------------------------------------------------- */

int cli_apply_schema(const struct instance *instance, const char *conninfo)
{
	const char *folder = arena_printf(instance->arena, "%s/schema", instance->share);
	struct store *store = store_open(conninfo, "migrate");
	struct migrate_report report;

	enum reason reason = migrate_run(store, instance->arena, folder, &report);
	store_close(&store);
	if (reason == REASON_NONE) {
		printf("schema: %zu files applied, %zu were there\n", report.applied, report.present);
		return CLI_OK;
	}
	fprintf(stderr, "relais: the schema was not applied: %s [%s]\n", reason_entry(reason)->en, reason_code(reason));
	if (report.file != NULL || report.message != NULL)
		fprintf(stderr, "  %s: %s\n", report.file == NULL ? "" : report.file,
			report.message == NULL ? "" : report.message);
	return CLI_FAILED;
}

/* A stopped instance's own server is started for the time of the work. */
static int migrate(struct verb *v, const char *database)
{
	if (database != NULL)
		return cli_apply_schema(&v->instance, database);
	if (!cluster_exists(&v->instance)) {
		fprintf(stderr, "relais: the database is not this instance's own: give --database CONNINFO with a role "
				"that may become relais_owner\n");
		return CLI_USAGE;
	}
	const char *conninfo = cluster_conninfo(&v->instance, "relais");
	if (master_running(&v->instance) != 0)
		return cli_apply_schema(&v->instance, conninfo);
	pid_t server = cluster_start(&v->instance);
	if (server < 0 || !cluster_wait(&v->instance, server, START_MS)) {
		fprintf(stderr, "relais: PostgreSQL did not start: see %s/log/postgresql.log\n", v->instance.folder);
		return CLI_FAILED;
	}
	int status = cli_apply_schema(&v->instance, conninfo);
	cluster_stop(server);
	return status;
}

int cli_migrate(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool good = true;
	const char *database = cli_take_value(&words, "--database", &good);
	struct verb v;
	int status = open_instance(&v, &words, "migrate [DIR] [--database CONNINFO]");
	if (status == CLI_OK && !good)
		status = CLI_USAGE;
	return done(&v, status == CLI_OK ? migrate(&v, database) : status);
}

/* --- config check ------------------------------------------------------------------------------------------- */

int cli_config(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool print = cli_take_flag(&words, "--print"), good = true;
	const char *folder = cli_take_value(&words, "--dir", &good);
	struct config_problem problem;
	struct config *config;

	if (!good || words.n < 1 || words.n > 2 || strcmp(words.list[0], "check") != 0) {
		fprintf(stderr, "usage: relais config check [FILE] [--print]\n");
		return CLI_USAGE;
	}
	struct arena *arena = arena_create(OWN_MEMORY);
	if (folder == NULL)
		folder = getenv("RELAIS_DIR");
	const char *path =
		words.n == 2 ? words.list[1] : arena_printf(arena, "%s/relais.conf", folder == NULL ? "." : folder);
	enum reason reason = config_read(arena, path, &config, &problem);
	int status = reason == REASON_NONE ? CLI_OK : config_refused(path, reason, &problem);
	if (status == CLI_OK && print) {
		struct bytes text = config_print(arena, config);
		fwrite(text.at, 1, text.len, stdout);
	} else if (status == CLI_OK) {
		printf("%s is good\n", path);
	}
	arena_destroy(&arena);
	return status;
}

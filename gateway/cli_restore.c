/* gateway/cli_restore.c - relais restore: a backup into an instance that relais init has just made, erasures applied again before anything may start. */
#include "gateway/cli_backup.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/backup_manifest.h"
#include "gateway/backup_stream.h"
#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/cluster.h"
#include "gateway/instance.h"
#include "gateway/json_view.h"
#include "gateway/master_status.h"

enum { DATABASE_MS = 60000 };

static const char usage[] = "restore FOLDER [--key KEY] [--keys FOLDER] [--database CONNINFO]";

struct restoring {
	struct cli *cli;
	struct instance instance;
	const char *folder, *keys, *key, *conninfo;
	bool own;                    /* the database is the instance's own: started here */
	json_t *manifest, *keys_manifest;
};

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

bool cli_backup_run(char *const argv[])
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(EXIT_FAILURE);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* --- what must be so before anything is touched -------------------------------------------------------- */

static enum reason read_manifest(struct restoring *r, const char *folder, const char *kind, json_t **out)
{
	const char *what;
	enum reason reason = backup_manifest_read(r->cli->arena, folder, out, &what);

	if (reason != REASON_NONE) {
		cli_refuse(r->cli, reason, what);
		return reason;
	}
	if (!bytes_equal_text(json_view(*out, "kind"), kind) || json_truth(*out, "encrypted") != (r->key[0] != '\0')) {
		cli_refuse(r->cli, REASON_BACKUP_KIND, folder);
		return REASON_BACKUP_KIND;
	}
	return REASON_NONE;
}

/* The tables are those of init, and nothing is in them. */
static enum reason look_at_database(const struct restoring *r)
{
	struct store *store = store_open(r->conninfo, "restore");
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select (select count(*) from relais.inbox) + (select count(*) from relais.dossier) + (select count(*) from relais.outbox) where $1", P_BOOL(true));

	if (reason == REASON_NONE && store_int(rows, 0, 0) != 0)
		reason = REASON_BACKUP_NOT_EMPTY;
	store_free(&rows);
	store_close(&store);
	return reason;
}

/* --- the work ---------------------------------------------------------------------------------------------- */

static enum reason stream(const struct restoring *r, const char *folder, const json_t *manifest, const char *name, char *const argv[])
{
	struct backup_stream s = {.arena = r->cli->arena, .folder = folder, .certificate = "", .key = r->key};
	const json_t *parts = json_object_get(json_object_get(manifest, "streams"), name);

	return json_is_integer(parts) ? backup_stream_read(&s, name, (unsigned)json_integer_value(parts), argv) : REASON_BACKUP_KIND;
}

static enum reason restore_database(const struct restoring *r)
{
	const char *program = cluster_program(&r->instance, "pg_restore");
	char *argv[] = {word(program != NULL ? program : "pg_restore"), word("--clean"), word("--if-exists"), word("--single-transaction"), word("--exit-on-error"), word("-d"), word(r->conninfo),
			NULL};

	return stream(r, r->folder, r->manifest, "database", argv);
}

/* Configuration, certificates and journals with their owners. Journals that were kept from the lost instance are newer and stay. */
static enum reason restore_files(const struct restoring *r)
{
	char *argv[] = {word("tar"), word("--numeric-owner"), word("-C"), word(r->instance.folder), word("-xpf"), word("-"), NULL};

	return stream(r, r->folder, r->manifest, "files", argv);
}

/* Where the restored configuration says that they are. */
static enum reason restore_keys(const struct restoring *r)
{
	struct config_problem problem;
	struct config *config;
	enum reason reason = config_read(r->cli->arena, instance_path(&r->instance, "relais.conf"), &config, &problem);

	if (reason != REASON_NONE)
		return reason;
	char *folder[] = {word("mkdir"), word("-p"), word("-m"), word("0711"), word(config->keeper.folder), NULL};
	char *argv[] = {word("tar"), word("--numeric-owner"), word("-C"), word(config->keeper.folder), word("-xpf"), word("-"), NULL};
	char *master[] = {word("dd"), word("status=none"), word(arena_printf(r->cli->arena, "of=%s", config->keeper.master)), NULL};
	if (!cli_backup_run(folder))
		return REASON_IO;
	reason = stream(r, r->keys, r->keys_manifest, "keys", argv);
	if (reason == REASON_NONE)
		reason = stream(r, r->keys, r->keys_manifest, "master", master);
	char *audit[] = {word("dd"), word("status=none"), word(arena_printf(r->cli->arena, "of=%s", config->audit.key)), NULL};
	if (reason == REASON_NONE)
		reason = stream(r, r->keys, r->keys_manifest, "audit", audit);
	return reason == REASON_NONE && (!instance_give(&r->instance, config->keeper.master, INSTANCE_KEEPER, 0400) ||
					 !instance_give(&r->instance, config->audit.key, INSTANCE_REFRESHER, 0400)) ? REASON_IO : reason;
}

/* The database last: an instance that was restored by halves has no messages, and does not start as if it were whole. */
static enum reason restore_all(const struct restoring *r)
{
	enum reason reason = look_at_database(r);

	if (reason == REASON_NONE)
		reason = restore_files(r);
	if (reason == REASON_NONE && r->keys != NULL)
		reason = restore_keys(r);
	return reason == REASON_NONE ? restore_database(r) : reason;
}

/* --- afterwards ------------------------------------------------------------------------------------------------ */

/* Every byte and every row of the database against the rest of it. Journals and keys are compared by relais reconcile once it runs. */
static int count_all(const struct restoring *r)
{
	struct store *store = store_open(r->conninfo, "restore");
	struct store_rows *rows = NULL;
	enum reason reason = store_script(store, r->cli->arena, "set statement_timeout = 0", NULL);

	if (reason == REASON_NONE)
		reason = STORE_RUN(store, &rows, "select name, bad from relais.reconcile($1) where bad <> 0", P_BOOL(true));
	size_t bad = reason == REASON_NONE ? store_count(rows) : 0;
	for (size_t i = 0; i < bad; i++)
		fprintf(stderr, "relais: %s: %lld\n", store_text(rows, i, 0), (long long)store_int(rows, i, 1));
	store_free(&rows);
	store_close(&store);
	if (reason != REASON_NONE)
		return cli_refuse(r->cli, reason, NULL);
	return bad == 0 ? CLI_OK : CLI_FAILED;
}

/* Whatever the backup brought back of what was erased goes before the server stops. */
static int settle(const struct restoring *r)
{
	char *argv[] = {word("retention"), word("again"), word("--dir"), word(r->instance.folder), NULL};
	int status = cli_retention(4, argv), agrees = count_all(r);

	return status != CLI_OK ? status : agrees;
}

static void tell(const struct restoring *r, int status)
{
	const char *dir = r->instance.folder, *at = json_string_value(json_object_get(r->manifest, "at"));

	if (r->cli->french) {
		printf("%s : restauré de la sauvegarde du %s.\n", dir, at);
		printf(status == CLI_OK ? "La base s'accorde. Ensuite : relais start %s, puis relais reconcile\n" : "Lisez ce qui ne s'accorde pas avant relais start %s (docs/restauration-3h.md)\n", dir);
	} else {
		printf("%s: restored from the backup of %s.\n", dir, at);
		printf(status == CLI_OK ? "The database agrees. Then: relais start %s, and relais reconcile\n" : "Read what does not agree before relais start %s (docs/restore-at-3am.md)\n", dir);
	}
	if (r->keys == NULL)
		fputs(r->cli->french ? "Les clés du gardien n'ont pas été restaurées : le dossier keeper.folder doit être celui d'avant.\n"
				     : "The keeper's keys were not restored: keeper.folder must be the folder from before.\n", stderr);
}

static int with_server(struct restoring *r)
{
	pid_t server = r->own ? cluster_start(&r->instance) : 0;

	if (server < 0 || (r->own && !cluster_wait(&r->instance, server, DATABASE_MS)))
		return cli_refuse(r->cli, REASON_STORE_DOWN, NULL);
	enum reason reason = restore_all(r);
	int status = reason == REASON_NONE ? settle(r) : cli_refuse(r->cli, reason, r->folder);
	if (r->own)
		cluster_stop(server);
	if (reason == REASON_NONE)
		tell(r, status);
	return status;
}

static int restore(struct restoring *r)
{
	const char *trouble = instance_open(r->cli->arena, r->cli->dir, &r->instance);

	if (trouble != NULL) {
		fprintf(stderr, "relais: %s\n", trouble);
		return CLI_NOT_FOUND;
	}
	if (master_running(&r->instance) != 0)
		return cli_refuse(r->cli, REASON_BACKUP_RUNNING, r->instance.folder);
	if (r->own && !cluster_exists(&r->instance))
		return cli_refuse(r->cli, REASON_USAGE, "--database");
	if (r->own)
		r->conninfo = cluster_conninfo(&r->instance, "relais");
	if (read_manifest(r, r->folder, "instance", &r->manifest) != REASON_NONE || (r->keys != NULL && read_manifest(r, r->keys, "keys", &r->keys_manifest) != REASON_NONE))
		return CLI_FAILED;
	return with_server(r);
}

int cli_restore(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 7, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	struct restoring r = {.cli = &cli, .keys = cli_option(&cli, "--keys", true), .key = cli_option(&cli, "--key", true), .conninfo = cli_option(&cli, "--database", true)};
	r.key = r.key != NULL ? r.key : "";
	r.own = r.conninfo == NULL;
	r.folder = cli.arguments[0];
	if (cli.n != 1) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return cli_close(&cli, CLI_USAGE);
	}
	status = restore(&r);
	json_decref(r.manifest);
	json_decref(r.keys_manifest);
	return cli_close(&cli, status);
}

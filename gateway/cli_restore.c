/* gateway/cli_restore.c - relais restore: a backup into an instance that relais init has just made, erasures applied again before anything may start. */
#include "gateway/cli_backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup_manifest.h"
#include "gateway/backup_stream.h"
#include "gateway/cli_erasure.h"
#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/cluster.h"
#include "gateway/instance.h"
#include "gateway/json_view.h"
#include "gateway/master_status.h"
#include "gateway/restore_begun.h"
#include "gateway/restore_destroyed.h"

enum { DATABASE_MS = 60000, WORDS_MAX = 4096 };

static const char usage[] = "restore FOLDER [--key KEY] [--keys FOLDER] [--database CONNINFO]";

struct restoring {
	struct cli *cli;
	struct instance instance;
	const char *folder, *keys, *key, *conninfo;
	bool own;                    /* the database is the instance's own: started here */
	struct restore_begun begun;  /* this backup into this database */
	const char *about;           /* what a refusal is about; NULL: the backup's folder */
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

static enum reason stream(const struct restoring *r, const char *folder, const json_t *manifest, const char *name, char *const argv[])
{
	struct backup_stream s = {.arena = r->cli->arena, .folder = folder, .certificate = "", .key = r->key};
	const json_t *parts = json_object_get(json_object_get(manifest, "streams"), name);

	return json_is_integer(parts) ? backup_stream_read(&s, name, (unsigned)json_integer_value(parts), argv) : REASON_BACKUP_KIND;
}

/* A database that holds anything stays as it is: only one that this very restore has brought whole is gone on with. */
static enum reason look_at_database(struct restoring *r)
{
	struct store *store = store_open(r->conninfo, "restore");
	bool empty = false;
	enum reason reason = restore_begun_look(store, &r->instance, r->manifest, &r->begun, &empty);

	store_close(&store);
	if (reason != REASON_NONE || r->begun.brought || empty)
		return reason;
	if (!r->begun.other)
		return REASON_BACKUP_NOT_EMPTY;
	r->about = r->instance.folder;
	fputs(r->cli->french ? "relais: cette base n'est pas vide, et cette restauration-ci n'y a rien apporté en entier (run/restoring) : elle reste comme elle est. Nommez la sauvegarde et la base d'alors, ou une instance neuve (relais init)\n"
			     : "relais: this database is not empty, and not by all of this very restore (run/restoring): it stays as it is. Name the backup and the database of then, or a new instance (relais init)\n", stderr);
	return REASON_BACKUP_HALF;
}

/* The backup's configuration, beside the instance's own: relative paths are of that folder. */
static enum reason read_config(const struct restoring *r, struct config **out)
{
	struct config_problem problem;
	const char *path = instance_path(&r->instance, "relais.conf.backup");
	char *argv[] = {word("tar"), word("-C"), word(r->instance.folder), word("-xf"), word("-"), word("--transform=s,$,.backup,"), word("relais.conf"), NULL};
	enum reason reason = stream(r, r->folder, r->manifest, "files", argv);

	if (reason == REASON_NONE)
		reason = config_read(r->cli->arena, path, out, &problem);
	unlink(path);
	return reason;
}

/* It may name the folder of an instance that runs: its keeper holds the list for as long as it lives. */
static enum reason keeper_is_away(struct restoring *r)
{
	struct config *config = NULL;
	enum reason reason = read_config(r, &config);

	if (reason != REASON_NONE)
		return reason;
	int list = open(arena_printf(r->cli->arena, "%s/destroyed.jsonl", config->keeper.folder), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool held = list >= 0 && flock(list, LOCK_EX | LOCK_NB) != 0;
	if (list >= 0)
		close(list);
	if (!held)
		return REASON_NONE;
	r->about = config->keeper.folder;
	fprintf(stderr, r->cli->french ? "relais: un gardien travaille dans %s, que nomme la configuration de la sauvegarde : c'est son instance qu'il faut arrêter. Rien n'a été touché\n"
				       : "relais: a keeper works in %s, which the backup's configuration names: its instance is the one to stop. Nothing was touched\n", r->about);
	return REASON_BACKUP_RUNNING;
}

/* --- the work ---------------------------------------------------------------------------------------------- */

static enum reason restore_database(const struct restoring *r)
{
	const char *program = cluster_program(&r->instance, "pg_restore");
	char *argv[] = {word(program != NULL ? program : "pg_restore"), word("--clean"), word("--if-exists"), word("--single-transaction"), word("--exit-on-error"), word("-d"), word(r->conninfo),
			NULL};

	return stream(r, r->folder, r->manifest, "database", argv);
}

struct words {
	char *list[WORDS_MAX + 1];
	size_t n;
};

/* Files of that folder which have content, by name. */
static bool keep_files(const struct restoring *r, const char *folder, struct words *out)
{
	DIR *entries = opendir(instance_path(&r->instance, folder));
	struct stat about;

	for (struct dirent *e; entries != NULL && out->n < WORDS_MAX && (e = readdir(entries)) != NULL;)
		if (fstatat(dirfd(entries), e->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) && about.st_size > 0)
			out->list[out->n++] = word(arena_printf(r->cli->arena, "--exclude=%s/%s", folder, e->d_name));
	if (entries != NULL)
		closedir(entries);
	return out->n < WORDS_MAX;
}

/* Configuration, certificates and journals with their owners. Journals and checkpoints that were kept from the lost instance, and put here before, are newer
 * and stay. */
static enum reason restore_files(const struct restoring *r)
{
	struct words *w = arena_alloc(r->cli->arena, sizeof *w);
	const char *const begin[] = {"tar", "--numeric-owner", "-C", r->instance.folder, "-xpf", "-", "--anchored", "--no-wildcards"};

	*w = (struct words){.n = sizeof begin / sizeof begin[0]};
	for (size_t i = 0; i < w->n; i++)
		w->list[i] = word(begin[i]);
	if (!keep_files(r, "journal", w) || !keep_files(r, "checkpoints", w))
		return REASON_IO;
	return stream(r, r->folder, r->manifest, "files", w->list);
}

/* The folder of the keys and that of their copy, on whatever disk is there now: without one of them the keeper does not start. */
static enum reason make_folder(const struct restoring *r, const char *path)
{
	char *argv[] = {word("mkdir"), word("-p"), word("-m"), word("0711"), word(path), NULL};

	if (path[0] == '\0' || access(path, F_OK) == 0)
		return REASON_NONE;
	return cli_backup_run(argv) && instance_give(&r->instance, path, INSTANCE_KEEPER, 0711) ? REASON_NONE : REASON_IO;
}

/* Where the restored configuration says that they are. */
static enum reason restore_keys(const struct restoring *r, const struct config *config)
{
	char *argv[] = {word("tar"), word("--numeric-owner"), word("-C"), word(config->keeper.folder), word("-xpf"), word("-"), NULL};
	char *master[] = {word("dd"), word("status=none"), word(arena_printf(r->cli->arena, "of=%s", config->keeper.master)), NULL};
	enum reason reason = stream(r, r->keys, r->keys_manifest, "keys", argv);
	if (reason == REASON_NONE)
		reason = stream(r, r->keys, r->keys_manifest, "master", master);
	char *audit[] = {word("dd"), word("status=none"), word(arena_printf(r->cli->arena, "of=%s", config->audit.key)), NULL};
	if (reason == REASON_NONE)
		reason = stream(r, r->keys, r->keys_manifest, "audit", audit);
	return reason == REASON_NONE && (!instance_give(&r->instance, config->keeper.master, INSTANCE_KEEPER, 0400) ||
					 !instance_give(&r->instance, config->audit.key, INSTANCE_REFRESHER, 0400)) ? REASON_IO : reason;
}

static struct instant wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

/* Keys of a copy that is older than an erasure do not live again. */
static enum reason destroy_again(const struct restoring *r, const struct config *config, const json_t *names)
{
	size_t added = 0;
	enum reason reason = REASON_NONE;

	if (json_object_size(names) > 0)
		reason = restore_destroyed_add(r->cli->arena, config->keeper.folder, names, wall(), &added);
	if (reason == REASON_NONE && added > 0) {
		fprintf(stderr, r->cli->french ? "relais: %zu clés détruites depuis la copie le seront de nouveau\n" : "relais: %zu keys destroyed since the copy are destroyed again\n", added);
		if (!instance_give(&r->instance, arena_printf(r->cli->arena, "%s/destroyed.jsonl", config->keeper.folder), INSTANCE_KEEPER, 0640))
			reason = REASON_IO;
	}
	return reason;
}

/* What left after the backup, it does not know: nothing leaves, is decided or erased before a person has looked. */
static enum reason close_fence(const struct restoring *r)
{
	struct store *store = store_open(r->conninfo, "restore");
	const char *why = arena_printf(r->cli->arena, "restore of %s", json_string_value(json_object_get(r->manifest, "at")));
	enum reason reason = STORE_RUN(store, NULL, "select relais.fence_close($1, $2)", P_TEXT(why), P_TEXT(cli_actor()));

	store_close(&store);
	return reason;
}

static enum reason known_to_database(const struct restoring *r, json_t *names)
{
	struct store *store = store_open(r->conninfo, "restore");
	enum reason reason = restore_destroyed_known(store, r->cli->arena, names);

	store_close(&store);
	return reason;
}

/* names: what was destroyed, by the list in the folder and by the journal. They are in the list again before anything else can fail: the copy's lies over it. */
static enum reason restore_rest(const struct restoring *r, json_t *names)
{
	struct config_problem problem;
	struct config *config;
	enum reason reason = config_read(r->cli->arena, instance_path(&r->instance, "relais.conf"), &config, &problem);

	if (reason == REASON_NONE)
		reason = make_folder(r, config->keeper.folder);
	if (reason == REASON_NONE)
		reason = make_folder(r, config->keeper.copy);
	if (reason == REASON_NONE)
		reason = restore_destroyed_read(r->cli->arena, config->keeper.folder, config->keeper.journal, names);
	if (reason == REASON_NONE && r->keys != NULL)
		reason = restore_keys(r, config);
	if (reason == REASON_NONE && r->keys != NULL)
		reason = destroy_again(r, config, names);
	if (reason == REASON_NONE && !r->begun.brought)
		reason = restore_database(r);
	if (reason == REASON_NONE)
		reason = restore_begun_write(&r->instance, &r->begun, true);
	if (reason == REASON_NONE)
		reason = close_fence(r);
	if (reason == REASON_NONE)
		reason = known_to_database(r, names);
	return reason == REASON_NONE ? destroy_again(r, config, names) : reason;
}

/* Once it is begun nothing starts before it has come to its end (master_restoring): keys, database and fence belong together. */
static enum reason restore_all(struct restoring *r)
{
	enum reason reason = look_at_database(r);
	json_t *names = json_object();

	if (reason == REASON_NONE)
		reason = keeper_is_away(r);
	if (reason == REASON_NONE)
		reason = restore_begun_write(&r->instance, &r->begun, r->begun.brought);
	if (reason == REASON_NONE)
		reason = restore_files(r);
	if (reason == REASON_NONE)
		reason = restore_rest(r, names);
	json_decref(names);
	if (reason == REASON_NONE && unlink(instance_path(&r->instance, MASTER_RESTORING)) != 0)
		reason = REASON_IO;
	return reason;
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

/* In the database that was restored, which need not be the one that the configuration of the backup names. */
static enum reason erase_again(const struct restoring *r, size_t *done)
{
	struct cli restored = *r->cli;
	struct config_problem problem;
	enum reason reason = config_read(r->cli->arena, instance_path(&r->instance, "relais.conf"), &restored.config, &problem);

	if (reason != REASON_NONE)
		return reason;
	restored.store = store_open(r->conninfo, "restore");
	reason = cli_erasure_again(&restored, done);
	store_close(&restored.store);
	return reason;
}

/* Whatever the backup brought back of what was erased goes before the server stops. */
static int settle(const struct restoring *r)
{
	size_t done = 0;
	enum reason reason = erase_again(r, &done);

	if (reason == REASON_NONE)
		printf(r->cli->french ? "%zu effacements appliqués de nouveau\n" : "%zu erasures applied again\n", done);
	int status = reason == REASON_NONE ? CLI_OK : cli_refuse(r->cli, reason, NULL), agrees = count_all(r);
	return status != CLI_OK ? status : agrees;
}

static void tell(const struct restoring *r, int status)
{
	const char *dir = r->instance.folder, *at = json_string_value(json_object_get(r->manifest, "at"));

	if (r->cli->french) {
		printf("%s : restauré de la sauvegarde du %s.\n", dir, at);
		printf(status == CLI_OK ? "La base s'accorde. Ensuite : relais start %s\n" : "Lisez ce qui ne s'accorde pas avant relais start %s (docs/restauration-3h.md)\n", dir);
		printf("Rien ne part et rien n'est décidé avant relais fence, puis relais fence lift ; rien n'est effacé avant relais hold confirm\n");
	} else {
		printf("%s: restored from the backup of %s.\n", dir, at);
		printf(status == CLI_OK ? "The database agrees. Then: relais start %s\n" : "Read what does not agree before relais start %s (docs/restore-at-3am.md)\n", dir);
		printf("Nothing leaves and nothing is decided before relais fence, and relais fence lift; nothing is erased before relais hold confirm\n");
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
	int status = reason == REASON_NONE ? settle(r) : cli_refuse(r->cli, reason, r->about != NULL ? r->about : r->folder);
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

/* gateway/cli_backup.c - relais backup: the database, the configuration, certificates and journals of a running instance, and apart from them the keeper's keys. */
#include "gateway/cli_backup.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup_manifest.h"
#include "gateway/backup_stream.h"
#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/cluster.h"
#include "gateway/erasure_key.h"
#include "gateway/instance.h"
#include "gateway/json_view.h"

static const char usage[] = "backup FOLDER --to CERTIFICATE|--plain [--keys FOLDER] [--database CONNINFO] | verify FOLDER [--key KEY]";

static int wrong_words(void)
{
	fprintf(stderr, "usage: relais %s\n", usage);
	return CLI_USAGE;
}

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

struct making {
	struct cli *cli;
	struct instance instance;
	const char *certificate;     /* "" = plain */
	const char *conninfo;
	const char *place, *partial;
	json_t *streams;
};

/* --- folders --------------------------------------------------------------------------------- */

/* Where a folder that may not exist yet will be, absolute; NULL: its parent is not there. */
static const char *place_of(struct arena *arena, const char *given)
{
	char real[PATH_MAX];
	struct bytes text = bytes_of_text(given);

	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	size_t slash = text.len;
	while (slash > 0 && text.at[slash - 1] != '/')
		slash--;
	struct bytes name = bytes_from(text, slash);
	const char *parent = slash == 0 ? "." : arena_text(arena, bytes_slice(text, 0, slash));
	if (name.len == 0 || bytes_equal_text(name, ".") || bytes_equal_text(name, "..") || realpath(parent, real) == NULL)
		return NULL;
	return arena_printf(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, arena_text(arena, name));
}

/* One of the two is the other, or in it. */
static bool are_together(const char *a, const char *b)
{
	size_t n = bytes_of_text(a).len, m = bytes_of_text(b).len, less = n < m ? n : m;

	return strncmp(a, b, less) == 0 && (a[less] == '\0' || a[less] == '/') && (b[less] == '\0' || b[less] == '/');
}

/* Grows beside its place and takes its name when it is whole; never over anything. */
static enum reason open_folder(struct making *m, const char *place)
{
	struct stat about;

	m->place = place;
	m->partial = arena_printf(m->cli->arena, "%s.partial", place);
	m->streams = json_object();
	if (lstat(place, &about) == 0)
		return REASON_EXPORT_THERE;
	return mkdir(m->partial, 0700) == 0 ? REASON_NONE : errno == EEXIST ? REASON_EXPORT_THERE : REASON_IO;
}

static enum reason stream(struct making *m, const char *name, char *const argv[])
{
	struct backup_stream s = {.arena = m->cli->arena, .folder = m->partial, .certificate = m->certificate, .key = "", .moving = strcmp(argv[0], "tar") == 0};
	unsigned parts;
	enum reason reason = backup_stream_write(&s, name, argv, &parts);

	json_object_set_new(m->streams, name, json_integer((json_int_t)parts));
	return reason;
}

/* --- what goes in ---------------------------------------------------------------------------------- */

/* The keeper's master key is no part of it. */
static enum reason add_files(struct making *m)
{
	char *argv[] = {word("tar"), word("--numeric-owner"), word("--warning=no-file-changed"), word("--warning=no-file-removed"), word("-C"), word(m->instance.folder),
			word("--exclude=pki/keeper.key"), word("-cf"), word("-"), word("relais.conf"), word("pki"), word("journal"), word("checkpoints"), NULL};

	return stream(m, "files", argv);
}

static enum reason add_database(struct making *m)
{
	const char *program = cluster_program(&m->instance, "pg_dump");
	char *argv[] = {word(program != NULL ? program : "pg_dump"), word("-Fc"), word("-Z1"), word("-n"), word("relais"), word("-d"), word(m->conninfo), NULL};

	return stream(m, "database", argv);
}

static enum reason add_keys(struct making *m)
{
	const char *folder = m->cli->config->keeper.folder;
	/* A key takes its name when it is whole. The public half first: the private one of what it names was there before it. */
	bool named = access(arena_printf(m->cli->arena, "%s/intake.pub", folder), F_OK) == 0;
	char *argv[] = {word("tar"), word("--numeric-owner"), word("--warning=no-file-changed"), word("--warning=no-file-removed"), word("-C"), word(folder), word("--exclude=*.new"),
			word("--anchored"), word("--exclude=./intake.pub"), word("-cf"), word("-"), word(named ? "intake.pub" : "."), named ? word(".") : NULL, NULL};
	char *master[] = {word("cat"), word(m->cli->config->keeper.master), NULL};
	enum reason reason = stream(m, "keys", argv);

	/* What the rows of the trail stand for is named under it: no part of what holds the database. */
	char *audit[] = {word("cat"), word(m->cli->config->audit.key), NULL};
	if (reason == REASON_NONE)
		reason = stream(m, "master", master);
	return reason == REASON_NONE ? stream(m, "audit", audit) : reason;
}

static enum reason add_counts(struct making *m, json_t *manifest)
{
	json_t *counts = CLI_QUERY(m->cli, "select coalesce(jsonb_object_agg(r.name, r.counted), '{}') from relais.reconcile(false) r where $1", P_BOOL(true));
	struct store_rows *rows = NULL;
	size_t destroyed = 0;
	enum reason reason = counts == NULL ? REASON_STORE_REFUSED : STORE_RUN(m->cli->store, &rows, "select version::bigint from relais.schema_state() where $1", P_BOOL(true));

	if (reason == REASON_NONE)
		json_object_set_new(manifest, "schema", json_integer(store_int(rows, 0, 0)));
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = erasure_key_count(m->cli->config->keeper.folder, &destroyed);
	if (reason == REASON_NONE)
		json_object_set_new(manifest, "destroyed", json_integer((json_int_t)destroyed));
	json_object_set_new(manifest, "counts", counts);
	return reason;
}

/* --- a folder, whole ------------------------------------------------------------------------------------ */

static struct instant wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct instant){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

static void remove_partial(const struct making *m)
{
	char *argv[] = {word("rm"), word("-rf"), word("--"), word(m->partial), NULL};

	(void)!cli_backup_run(argv);
}

static enum reason make(struct making *m, const char *place, const char *kind, char digest[DIGEST_SHA256_TEXT])
{
	bool keys = strcmp(kind, "keys") == 0;
	enum reason reason = open_folder(m, place);

	if (reason != REASON_NONE) {
		json_decref(m->streams);
		return reason;
	}
	json_t *manifest = json_pack("{s:i, s:s, s:s, s:b, s:o}", "backup", 1, "kind", kind, "release", RELAIS_VERSION, "encrypted", m->certificate[0] != '\0', "at", json_of_instant(wall()));
	if (!keys) {
		/* The journals after the database: what was accepted, sealed or sent between the two is in them, and is named as missing when it is restored. */
		reason = add_counts(m, manifest);
		if (reason == REASON_NONE)
			reason = add_database(m);
		if (reason == REASON_NONE)
			reason = add_files(m);
	} else {
		reason = add_keys(m);
	}
	json_object_set_new(manifest, "streams", m->streams);
	if (reason == REASON_NONE)
		reason = backup_manifest_write(m->cli->arena, m->partial, manifest, digest);
	json_decref(manifest);
	if (reason == REASON_NONE && rename(m->partial, m->place) != 0)
		reason = REASON_IO;
	if (reason != REASON_NONE)
		remove_partial(m);
	return reason;
}

static int made(const struct making *m, enum reason reason, const char *digest)
{
	if (reason != REASON_NONE)
		return cli_refuse(m->cli, reason, m->place);
	if (m->cli->json)
		printf("{\"backup\": \"%s\", \"manifest\": \"%s\"}\n", m->place, digest);
	else
		printf(m->cli->french ? "%s : complet\nempreinte de " BACKUP_MANIFEST " (à noter) : %s\n" : "%s: whole\ndigest of " BACKUP_MANIFEST " (write it down): %s\n", m->place, digest);
	return CLI_OK;
}

static int back_up(struct cli *cli, const char *folder, const char *to, const char *keys, const char *database)
{
	struct making m = {.cli = cli, .certificate = to == NULL ? "" : to};
	char digest[DIGEST_SHA256_TEXT];
	const char *trouble = instance_open(cli->arena, cli->dir, &m.instance), *place = place_of(cli->arena, folder), *apart = keys == NULL ? "" : place_of(cli->arena, keys);

	if (trouble != NULL) {
		fprintf(stderr, "relais: %s\n", trouble);
		return CLI_NOT_FOUND;
	}
	if (place == NULL || apart == NULL)
		return cli_refuse(cli, REASON_NOT_FOUND, place == NULL ? folder : keys);
	if (keys != NULL && are_together(place, apart))
		return cli_refuse(cli, REASON_BACKUP_TOGETHER, keys);
	if (to != NULL && access(to, R_OK) != 0)
		return cli_refuse(cli, REASON_IO, to);
	m.conninfo = database != NULL ? database : cluster_conninfo(&m.instance, "relais");
	if (database == NULL && !cluster_exists(&m.instance))
		return cli_refuse(cli, REASON_USAGE, "--database");
	umask(077);
	int status = made(&m, make(&m, place, "instance", digest), digest);
	/* After the database: every key that its rows need was made by then. */
	if (status == CLI_OK && keys != NULL)
		status = made(&m, make(&m, apart, "keys", digest), digest);
	if (status == CLI_OK && keys == NULL && !cli->json)
		fprintf(stderr, cli->french ? "relais: les clés du gardien n'y sont pas : sans elles aucun contenu ne se lit (--keys DOSSIER)\n"
					    : "relais: the keeper's keys are not in it: without them no content can be read (--keys FOLDER)\n");
	return status;
}

/* --- verify ----------------------------------------------------------------------------------------------- */

/* Each stream is read to its end by the program that would restore it. */
static enum reason read_streams(struct cli *cli, const char *folder, const json_t *manifest, const char *key)
{
	struct instance instance = {.arena = cli->arena, .folder = cli->dir};
	const char *pg_restore = cluster_program(&instance, "pg_restore"), *name;
	char *database[] = {word(pg_restore != NULL ? pg_restore : "pg_restore"), word("-f"), word("/dev/null"), NULL}, *archive[] = {word("tar"), word("-tf"), word("-"), NULL},
	     *any[] = {word("cat"), NULL};
	struct backup_stream s = {.arena = cli->arena, .folder = folder, .certificate = "", .key = key};
	enum reason reason = REASON_NONE;
	json_t *parts;

	json_object_foreach(json_object_get(manifest, "streams"), name, parts) {
		char *const *argv = strcmp(name, "database") == 0 ? database : strcmp(name, "master") == 0 || strcmp(name, "audit") == 0 ? any : archive;
		if (reason == REASON_NONE)
			reason = backup_stream_read(&s, name, (unsigned)json_integer_value(parts), argv);
	}
	return reason;
}

static int verify(struct cli *cli, const char *folder, const char *key)
{
	json_t *manifest;
	const char *what;
	enum reason reason = backup_manifest_read(cli->arena, folder, &manifest, &what);

	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, what);
	bool encrypted = json_truth(manifest, "encrypted");
	if (encrypted == (key[0] != '\0') )
		reason = read_streams(cli, folder, manifest, key);
	else if (!encrypted)
		reason = REASON_BACKUP_KIND;
	if (reason != REASON_NONE) {
		json_decref(manifest);
		return cli_refuse(cli, reason, folder);
	}
	bool deep = !encrypted || key[0] != '\0';
	if (cli->json) {
		json_object_set_new(manifest, "read", json_boolean(deep));
		return cli_show(cli, manifest, "");
	}
	printf(cli->french ? "%s : du %s, %zu fichiers, %s\n" : "%s: of %s, %zu files, %s\n", folder, json_string_value(json_object_get(manifest, "at")),
	       json_array_size(json_object_get(manifest, "files")),
	       deep ? (cli->french ? "tout a été lu jusqu'au bout" : "all of it was read to its end") : (cli->french ? "empreintes exactes ; --key le lirait" : "digests agree; --key would read it"));
	json_decref(manifest);
	return CLI_OK;
}

/* --- the verb ------------------------------------------------------------------------------------------------ */

int cli_backup(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 9, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *to = cli_option(&cli, "--to", true), *keys = cli_option(&cli, "--keys", true), *database = cli_option(&cli, "--database", true), *key = cli_option(&cli, "--key", true);
	bool plain = cli_option(&cli, "--plain", false) != NULL;
	if (cli.n == 2 && strcmp(cli.arguments[0], "verify") == 0 && to == NULL && keys == NULL && !plain)
		status = verify(&cli, cli.arguments[1], key != NULL ? key : "");
	else if (cli.n == 1 && (to != NULL) != plain && key == NULL)
		status = back_up(&cli, cli.arguments[0], to, keys, database);
	else
		status = wrong_words();
	return cli_close(&cli, status);
}

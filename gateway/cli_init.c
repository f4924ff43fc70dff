/* gateway/cli_init.c - relais init: folders, certificates, configuration, database. Nothing of the machine is touched. */
#include "base/buf.h"
#include "base/secret.h"
#include "certs/body_seal.h"
#include "gateway/audit_key.h"
#include "gateway/cli_instance.h"
#include "gateway/cli_instance_private.h"
#include "gateway/cluster.h"
#include "gateway/config.h"
#include "gateway/master_status.h"
#include "gateway/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OWN_MEMORY = 16 * 1024 * 1024, CONFIG_MAX = 64 * 1024, DATABASE_MS = 60000 };

struct init {
	struct arena *arena;
	struct instance instance;
	const char *folder, *domain, *hostname, *listen_host;
	int listen_port;
	bool force;
	bool rehearsal;   /* asked for; after make_database: what the database is */
};

static int fail(const char *sentence)
{
	fprintf(stderr, "relais init: %s\n", sentence);
	return CLI_FAILED;
}

static int failed(const struct init *init, const char *path)
{
	return fail(arena_printf(init->arena, "%s: %s", path, strerror(errno)));
}

/* --- the command line --------------------------------------------------------------------- */

static const char usage[] =
	"usage: relais init DIR [--domain DOMAIN] [--hostname NAME] [--listen HOST:PORT] [--rehearsal] [--force]\n";

/* HOST:PORT; the host may be an IPv6 address in brackets. */
static bool read_listen(struct init *init, const char *text)
{
	struct bytes all = bytes_of_text(text);
	uint64_t port;
	size_t colon = all.len;
	while (colon > 0 && all.at[colon - 1] != ':')
		colon--;
	if (colon < 2 || !bytes_number(bytes_from(all, colon), 65535, &port) || port == 0)
		return false;
	struct bytes host = bytes_slice(all, 0, colon - 1);
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		host = bytes_slice(host, 1, host.len - 2);
	init->listen_host = arena_text(init->arena, host);
	init->listen_port = (int)port;
	return true;
}

/* They are written between quotes into the configuration, which then judges them. */
static bool is_name(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' ||
		      *c == '-' || *c == ':'))
			return false;
	return text[0] != '\0';
}

static bool read_options(struct init *init, int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool good = true;

	const char *listen = cli_take_value(&words, "--listen", &good);
	init->domain = cli_take_value(&words, "--domain", &good);
	init->hostname = cli_take_value(&words, "--hostname", &good);
	init->force = cli_take_flag(&words, "--force");
	init->rehearsal = cli_take_flag(&words, "--rehearsal");
	if (!good || words.n != 1 || words.list[0][0] == '-')
		return false;
	init->folder = words.list[0];
	if (init->domain == NULL)
		init->domain = "avis.exemple.mssante.fr";
	if (init->hostname == NULL)
		init->hostname = arena_printf(init->arena, "mx.%s", init->domain);
	return read_listen(init, listen == NULL ? "127.0.0.1:2525" : listen) && is_name(init->domain) &&
	       is_name(init->hostname) && is_name(init->listen_host);
}

/* --- folders ----------------------------------------------------------------------------------- */

static bool is_empty(const char *folder)
{
	DIR *entries = opendir(folder);
	bool empty = true;
	if (entries == NULL)
		return false;
	for (struct dirent *e; (e = readdir(entries)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			empty = false;
	closedir(entries);
	return empty;
}

/* Every process must be able to pass through, each as its own user. */
static const char *closed_above(const struct init *init)
{
	struct stat about;
	char *path = arena_text(init->arena, bytes_of_text(init->instance.folder));

	while (init->instance.root) {
		if (stat(path, &about) != 0 || (about.st_mode & S_IXOTH) == 0)
			return path;
		char *slash = strrchr(path, '/');
		if (slash == path)
			return NULL;
		*slash = '\0';
	}
	return NULL;
}

static int make_folder(struct init *init)
{
	if (mkdir(init->folder, 0711) != 0 && errno != EEXIST)
		return failed(init, init->folder);
	if (!init->force && !is_empty(init->folder))
		return fail(arena_printf(init->arena,
					 "%s is not empty (--force continues there; a database that is there stays)",
					 init->folder));
	const char *trouble = instance_open(init->arena, init->folder, &init->instance);
	if (trouble != NULL)
		return fail(trouble);
	if (master_running(&init->instance) != 0)
		return fail("this instance runs: stop it first");
	if (chmod(init->folder, 0711) != 0)
		return failed(init, init->folder);
	if (strpbrk(init->instance.folder, "'\\\"\n") != NULL)
		return fail("the folder's path may not hold quotes, backslashes or line ends");
	const char *closed = closed_above(init);
	if (closed != NULL)
		return fail(arena_printf(
			init->arena,
			"%s is closed to other users: the processes, each a user of its own, could not reach "
			"their files; choose a folder such as /srv/relais, or chmod o+x",
			closed));
	return CLI_OK;
}

/* Made once: what the rows of the trail stand for could not be shown under another. */
static int make_audit_key(struct init *init)
{
	const char *path = instance_path(&init->instance, "audit.key");
	unsigned char key[AUDIT_KEY];
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (file < 0)
		return errno == EEXIST ? CLI_OK : CLI_FAILED;
	bool whole = getrandom(key, sizeof key, 0) == sizeof key && write(file, key, sizeof key) == sizeof key && fsync(file) == 0;
	secret_wipe(key, sizeof key);
	close(file);
	return whole && instance_give(&init->instance, path, INSTANCE_REFRESHER, 0400) ? CLI_OK : CLI_FAILED;
}

static int make_folders(struct init *init)
{
	static const char *const names[] = {"run", "journal", "log", "pki", "spool", "fetch", "checkpoints"};
	static const struct {
		const char *name;
		enum instance_user user;
	} journals[] = {
		{"journal/receiver.jsonl", INSTANCE_RECEIVER},
		{"journal/collector.jsonl", INSTANCE_COLLECTOR},
		{"journal/signer.jsonl", INSTANCE_SIGNER},
		{"journal/keeper.jsonl", INSTANCE_KEEPER},
		{"journal/deliverer.jsonl", INSTANCE_DELIVERER},
		{"journal/opener.jsonl", INSTANCE_OPENER},
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *path = instance_path(&init->instance, names[i]);
		if ((mkdir(path, 0711) != 0 && errno != EEXIST) || chmod(path, 0711) != 0)
			return failed(init, path);
	}
	for (size_t i = 0; i < sizeof journals / sizeof journals[0]; i++) {
		const char *path = instance_path(&init->instance, journals[i].name);
		int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (file < 0 || close(file) != 0 || !instance_give(&init->instance, path, journals[i].user, 0600))
			return failed(init, path);
	}
	if (!instance_give(&init->instance, instance_path(&init->instance, "checkpoints"), INSTANCE_REFRESHER, 0755))
		return failed(init, "checkpoints");
	if (make_audit_key(init) != CLI_OK)
		return failed(init, "audit.key");
	/* Where messages wait while they come in. */
	const char *spool = instance_path(&init->instance, "spool"), *fetch = instance_path(&init->instance, "fetch");
	if (!instance_give(&init->instance, spool, INSTANCE_RECEIVER, 0700))
		return failed(init, spool);
	return instance_give(&init->instance, fetch, INSTANCE_COLLECTOR, 0700) ? CLI_OK : failed(init, fetch);
}

/* --- certificates -------------------------------------------------------------------------------------- */

static int run_pki(struct init *init, const char *script)
{
	const char *log = instance_path(&init->instance, "log/pki.log");
	char *argv[] = {(char *)(uintptr_t) "bash",
			(char *)(uintptr_t)script,
			(char *)(uintptr_t)instance_path(&init->instance, "pki"),
			arena_printf(init->arena, "dns=%s", init->hostname),
			arena_printf(init->arena, "seal=avis@%s", init->domain),
			(char *)(uintptr_t) "o=AVIS EXEMPLE",
			NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execvp("bash", argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return fail(arena_printf(init->arena, "the test certificates could not be made: see %s", log));
	return CLI_OK;
}

static bool copy_file(const char *from, const char *to)
{
	char text[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t len = in < 0 ? -1 : read(in, text, sizeof text);
	bool whole = len >= 0 && out >= 0 && write(out, text, (size_t)len) == len;
	secret_wipe(text, sizeof text);
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) != 0)
		whole = false;
	return whole;
}

/* What is public can be read by all: certificates, anchors, lists. */
static bool open_public(const struct init *init, const char *folder, bool *lists)
{
	DIR *entries = opendir(folder);
	bool good = entries != NULL;

	for (struct dirent *e; good && (e = readdir(entries)) != NULL;) {
		struct bytes name = bytes_of_text(e->d_name);
		const char *path = arena_printf(init->arena, "%s/%s", folder, e->d_name);
		if (bytes_ends(name, BYTES(".pem")))
			good = chmod(path, 0644) == 0;
		if (lists != NULL && bytes_equal_text(name, "crls"))
			*lists = chmod(path, 0755) == 0;
	}
	if (entries != NULL)
		closedir(entries);
	return good;
}

/* Each key belongs to the one process that uses it; two use the client's, so each has a copy. */
static int give_keys(struct init *init)
{
	static const struct {
		const char *from, *to;
		enum instance_user user;
	} keys[] = {
		{NULL, "pki/relais-server.key", INSTANCE_RECEIVER},
		{NULL, "pki/relais-seal.key", INSTANCE_SIGNER},
		{"pki/relais-client.key", "pki/deliverer.key", INSTANCE_DELIVERER},
		{"pki/relais-client.key", "pki/collector.key", INSTANCE_COLLECTOR},
	};
	bool lists = false;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		const char *to = instance_path(&init->instance, keys[i].to);
		if ((keys[i].from != NULL && !copy_file(instance_path(&init->instance, keys[i].from), to)) ||
		    !instance_give(&init->instance, to, keys[i].user, 0400))
			return failed(init, to);
	}
	const char *pki = instance_path(&init->instance, "pki");
	const char *crls = instance_path(&init->instance, "pki/crls");
	/* The refresher puts fetched lists there. */
	if (!open_public(init, pki, &lists) ||
	    (lists && (!open_public(init, crls, NULL) || !instance_give(&init->instance, crls, INSTANCE_REFRESHER, 0755))) ||
	    chmod(pki, 0711) != 0)
		return failed(init, pki);
	return CLI_OK;
}

/* A key that is there is the process's already: remade by --force, it must be writable for a moment. */
static int make_pki(struct init *init, bool *made)
{
	const char *script = arena_printf(init->arena, "%s/make-test-pki.sh", init->instance.share);

	*made = access(script, R_OK) == 0;
	if (!*made)
		return CLI_OK;
	unlink(instance_path(&init->instance, "pki/deliverer.key"));
	unlink(instance_path(&init->instance, "pki/collector.key"));
	int status = run_pki(init, script);
	return status == CLI_OK ? give_keys(init) : status;
}

/* --- the keeper's keys ------------------------------------------------------------------------------------- */

/* What lies under a key that is made anew can never be opened: one that is there stays, whatever is forced. */
static int make_keeper(struct init *init)
{
	const char *folder = instance_path(&init->instance, "keeper"), *path = instance_path(&init->instance, "pki/keeper.key");
	struct body_key key;

	if ((mkdir(folder, 0711) != 0 && errno != EEXIST) || !instance_give(&init->instance, folder, INSTANCE_KEEPER, 0711))
		return failed(init, folder);
	if (access(path, F_OK) == 0)
		return instance_give(&init->instance, path, INSTANCE_KEEPER, 0400) ? CLI_OK : failed(init, path);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool whole = file >= 0 && body_key_make(&key) == REASON_NONE && write(file, key.at, sizeof key.at) == (ssize_t)sizeof key.at && fsync(file) == 0;
	body_key_wipe(&key);
	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole && instance_give(&init->instance, path, INSTANCE_KEEPER, 0400) ? CLI_OK : failed(init, path);
}

/* --- the configuration -------------------------------------------------------------------------------------- */

static const char config_head[] =
	"# Relais: configuration of this instance. Every key: docs/configuration.md.\n"
	"# Relative paths are taken from this folder. `relais config check FILE` before a restart.\n\n";

static const char config_body[] =
	"\torganisation = \"Avis Exemple\";               # name that people read\n"
	"\tstructure_id = \"1750000000\";                 # 1 + FINESS or 3 + SIRET\n"
	"\toid = \"1.2.250.1.999.1\";                     # under which documents are numbered\n"
	"\tphone = \"01 00 00 00 00\";                    # the patients' help line\n"
	"\ttest_identities = true;                      # the test OIDs are taken: never for real patients\n"
	"\tlanguage = \"fr\";\n"
	"};\n\n"
	"# database = \"host=... dbname=relais\";        # without it: the private cluster in data/\n"
	"workers = 2;\n\n";

static const char config_tail[] =
	"\tcrls = \"pki/crls\";\n"
	"};\n\n"
	"# Mailboxes of the service at other operators, fetched by IMAP.\n"
	"collector = {\n"
	"\tcrls = \"pki/crls\";\n"
	"#\tmailboxes = ( { name = \"hopital\"; host = \"192.0.2.10\"; server_name = \"imap.hopital.mssante.fr\";\n"
	"#\t\tauth = \"certificate\"; user = \"avis@hopital.mssante.fr\"; origin = \"hopital.mssante.fr\"; } );\n"
	"};\n\n"
	"inspect = {\n"
	"\tcrls = \"pki/crls\";\n"
	"#\tschema = \"schema\";                          # folder of the CDA schema\n"
	"};\n\n"
	"# Where mail goes: by route, \"*\" is every domain that is not named; without one where DNS says.\n"
	"deliverer = {\n"
	"\tcrls = \"pki/crls\";\n"
	"\troutes = (\n"
	"#\t\t{ domain = \"hopital.mssante.fr\"; host = \"192.0.2.10\"; server_name = \"mx.hopital.mssante.fr\"; port = 25; },\n"
	"#\t\t{ domain = \"*\"; host = \"192.0.2.20\"; server_name = \"relais.operateur.mssante.fr\"; }\n"
	"\t);\n"
	"};\n\n"
	"# What is fetched: the white list once a day, revocation lists every six hours. Without addresses nothing is.\n"
	"# trust = {\n"
	"#\tlist_url = \"https://espacedeconfiance.mssante.fr/listeblanchemssante.xml\";\n"
	"#\tlist_anchors = \"pki/anchors-tls.pem\";       # authorities of that server\n"
	"#\tcrl_urls = \"http://crl.autorite.example/a.crl http://crl.autorite.example/b.crl\";\n"
	"# };\n\n"
	"# Our own people: who has the digest of 8:00, emergencies, alarms. Mailboxes of the trusted space, none of service.domain.\n"
	"# staff = {\n"
	"#\tnurses = \"equipe@service.mssante.fr\";\n"
	"#\tduty = \"garde@service.mssante.fr\";          # the nurse on duty\n"
	"#\toperator = \"astreinte@service.mssante.fr\";\n"
	"#\tofficer = \"dpo@service.mssante.fr\";         # security and privacy\n"
	"#\tmanager = \"direction@service.mssante.fr\";\n"
	"# };\n\n"
	"# What a person decides.\n"
	"gates = {\n"
	"\ttriage_by_nurse = true;\n"
	"\trelease_by_nurse = true;\n"
	"};\n";

static int write_config(struct init *init)
{
	const char *path = instance_path(&init->instance, "relais.conf");
	struct buf b = buf_make(CONFIG_MAX);
	struct config_problem problem;
	struct config *config;

	if (access(path, F_OK) == 0 && rename(path, instance_path(&init->instance, "relais.conf.old")) != 0)
		return failed(init, path);
	buf_text(&b, config_head);
	buf_printf(&b, "service = {\n\tdomain = \"%s\";\n\thostname = \"%s\";\n", init->domain, init->hostname);
	buf_text(&b, config_body);
	buf_printf(&b, "signer = {\n\tmailbox = \"avis@%s\";\n};\n\n", init->domain);
	buf_printf(&b, "receiver = {\n\tlisten_host = \"%s\";\n\tlisten_port = %d;\n", init->listen_host,
		   init->listen_port);
	buf_text(&b, config_tail);
	struct bytes text = buf_bytes(&b);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool whole = buf_ok(&b) && file >= 0 && write(file, text.at, text.len) == (ssize_t)text.len &&
		     fchmod(file, 0644) == 0;
	if (file >= 0 && close(file) != 0)
		whole = false;
	buf_free(&b);
	if (!whole)
		return failed(init, path);
	if (config_read(init->arena, path, &config, &problem) != REASON_NONE)
		return fail(arena_printf(init->arena, "%s:%d: %s %s", path, problem.line, problem.key, problem.detail));
	return CLI_OK;
}

/* --- the database --------------------------------------------------------------------------------------------- */

/* The database is a rehearsal from the making of its tables, or never. */
static int check_rehearsal(struct init *init)
{
	struct store *store = store_open(cluster_conninfo(&init->instance, "relais"), "init");
	struct store_rows *rows = NULL;
	bool asked = init->rehearsal;
	enum reason reason = STORE_RUN(store, &rows, "select rehearsal from relais.clock_state() where $1", P_BOOL(true));

	init->rehearsal = reason == REASON_NONE && store_count(rows) == 1 && store_int(rows, 0, 0) != 0;
	store_free(&rows);
	store_close(&store);
	if (reason == REASON_NONE && asked && !init->rehearsal)
		return fail("the database that is there is no rehearsal's, and cannot become one: choose another folder");
	return reason == REASON_NONE ? CLI_OK : fail("the database does not answer");
}

static int make_database(struct init *init)
{
	int status = CLI_FAILED;
	const char *database = cluster_conninfo(&init->instance, "relais");

	if (init->rehearsal)
		database = arena_printf(init->arena, "%s options='-c relais.rehearsal=yes'", database);
	if (!cluster_exists(&init->instance)) {
		const char *trouble = cluster_make(&init->instance);
		if (trouble != NULL)
			return fail(trouble);
	}
	pid_t server = cluster_start(&init->instance);
	if (server < 0 || !cluster_wait(&init->instance, server, DATABASE_MS))
		return fail(arena_printf(init->arena, "PostgreSQL did not start: see %s",
					 instance_path(&init->instance, "log/postgresql.log")));
	if (cluster_roles(&init->instance) == REASON_NONE)
		status = cli_apply_schema(&init->instance, database);
	if (status == CLI_OK)
		status = check_rehearsal(init);
	cluster_stop(server);
	return status;
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static void say_next(const struct init *init, bool pki, double seconds)
{
	const char *dir = init->instance.folder;

	printf("%s is ready (%.1f s): PostgreSQL in data/, %s, relais.conf for %s on %s port %d.\n", dir, seconds,
	       pki ? "test certificates in pki/" : "no certificates", init->domain, init->listen_host,
	       init->listen_port);
	if (init->rehearsal)
		printf("It is a REHEARSAL: test identities only, every mail says so, and `relais clock forward SPAN` moves its clock.\n");
	if (!init->instance.root)
		printf("All processes will run as this one user: for development only. Run as root to give each a user "
		       "of its own.\n");
	if (!pki)
		printf("Put the certificates and keys into pki/ under the names of docs/configuration.md.\n");
	printf("\nNext:\n  edit %s/relais.conf        organisation, phone, routes\n  relais start %s\n  relais status "
	       "%s\n",
	       dir, dir, dir);
}

static int run(struct init *init, bool *pki)
{
	int status = make_folder(init);
	if (status == CLI_OK)
		status = make_folders(init);
	if (status == CLI_OK)
		status = make_pki(init, pki);
	if (status == CLI_OK)
		status = make_keeper(init);
	if (status == CLI_OK)
		status = write_config(init);
	return status == CLI_OK ? make_database(init) : status;
}

int cli_init(int argc, char **argv)
{
	struct init init = {.arena = arena_create(OWN_MEMORY)};
	struct timespec from, to;
	bool pki = false;

	umask(022);
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (!read_options(&init, argc, argv)) {
		fputs(usage, stderr);
		arena_destroy(&init.arena);
		return CLI_USAGE;
	}
	int status = run(&init, &pki);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (status == CLI_OK)
		say_next(&init, pki, (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	arena_destroy(&init.arena);
	return status;
}

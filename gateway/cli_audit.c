/* gateway/cli_audit.c - relais audit verify | list | checkpoint | export FOLDER. */
#include "gateway/cli_audit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/audit_export.h"
#include "gateway/audit_verify.h"
#include "gateway/cli_verbs.h"
#include "gateway/json_view.h"

enum { WAIT_STEPS = 150, STEP_MS = 100, LIST_MOST = 1000 };

static const char usage[] = "audit verify | list [--kind access|act|decision|refusal|failure|outcome|checkpoint] [--actor NAME] [--ref REF] [--since TIME] [--until TIME] [--most N] | "
			    "checkpoint | export FOLDER";

/* --- a checkpoint on demand ------------------------------------------------------- */

static enum reason number_of(struct cli *cli, const char *sql, int64_t given, int64_t *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = store_run(cli->store, sql, (const struct store_param[]){P_INT(given)}, 1, &rows);

	*out = reason == REASON_NONE && store_count(rows) == 1 ? store_int(rows, 0, 0) : 0;
	store_free(&rows);
	return reason;
}

/* Asks until the answer is not 0. */
static enum reason wait_for(struct cli *cli, const char *sql, int64_t given, int64_t *out)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
	enum reason reason = number_of(cli, sql, given, out);

	for (int i = 0; reason == REASON_NONE && *out == 0 && i < WAIT_STEPS; i++) {
		nanosleep(&step, NULL);
		reason = number_of(cli, sql, given, out);
	}
	return reason;
}

/* All that waits is linked, then the trail's last position. */
static enum reason wait_linked(struct cli *cli, int64_t *position)
{
	int64_t last, linked = 0;
	enum reason reason = number_of(cli, "select coalesce(max(id), 0) from relais.audit_waiting() where $1 = 0", 0, &last);

	*position = 0;
	if (reason == REASON_NONE)
		reason = wait_for(cli, "select (not exists (select from relais.audit_waiting() w where w.id <= $1))::integer::bigint", last, &linked);
	return reason != REASON_NONE || linked == 0 ? reason
						   : number_of(cli, "select position from relais.audit_list(null, null, null, null, null, $1)", 1, position);
}

/* One that had been asked for before may be sealed without the newest rows: then another is. */
enum reason cli_checkpoint(struct cli *cli, int64_t *number)
{
	int64_t wanted, reached = 0, sealed = 1;
	enum reason reason = wait_linked(cli, &wanted);

	*number = 0;
	while (reason == REASON_NONE && wanted > 0 && sealed != 0 && reached < wanted) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(cli->store, &rows, "select relais.checkpoint_ask($1)", P_TEXT(cli_actor()));
		int64_t asked = reason == REASON_NONE ? store_int(rows, 0, 0) : 0;
		store_free(&rows);
		if (reason == REASON_NONE)
			reason = wait_for(cli, "select count(*) from relais.checkpoint_list() where checkpoint = $1", asked, &sealed);
		if (reason == REASON_NONE && sealed != 0)
			reason = number_of(cli, "select (statement::jsonb->'trail'->>'position')::bigint from relais.checkpoint_list() where checkpoint = $1", asked, &reached);
		*number = reached >= wanted ? asked : 0;
	}
	return reason;
}

static int checkpoint(struct cli *cli)
{
	int64_t number;
	enum reason reason = cli_checkpoint(cli, &number);

	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, NULL);
	if (number == 0) {
		fprintf(stderr, "%s\n", cli->french ? "relais: aucun point de contrôle scellé à temps : le signataire ou relais-refresher est-il arrêté ? (relais status, relais alarms)"
						    : "relais: no checkpoint was sealed in time: is the signer or relais-refresher away? (relais status, relais alarms)");
		return CLI_FAILED;
	}
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from (select checkpoint, sealed_at, statement::jsonb->'trail'->'position' as position "
				      "from relais.checkpoint_list() where checkpoint = $1) t", P_INT(number));
	return rows == NULL ? CLI_FAILED : cli_show(cli, rows, "checkpoint sealed_at position");
}

/* --- verify, list, export ------------------------------------------------------------ */

static int verify(struct cli *cli)
{
	json_t *checks = json_array(), *check;
	size_t i;
	int status = CLI_OK;

	/* As long as it takes. When this is refused, so is what follows. */
	(void)!store_script(cli->store, cli->arena, "set statement_timeout = 0", NULL);
	enum reason reason = audit_verify(cli, checks);
	if (reason != REASON_NONE) {
		json_decref(checks);
		return cli_refuse(cli, reason, NULL);
	}
	json_t *both = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.audit_reconcile($1) t", P_BOOL(true));
	if (both == NULL) {
		json_decref(checks);
		return CLI_FAILED;
	}
	json_array_extend(checks, both);
	json_decref(both);
	json_array_foreach(checks, i, check) {
		if (json_integer_value(json_object_get(check, "bad")) != 0)
			status = CLI_FAILED;
	}
	cli_show(cli, checks, "counted bad name where");
	if (!cli->json)
		printf("%s\n", status == CLI_OK ? (cli->french ? "audit : tout concorde" : "audit: everything agrees")
						: (cli->french ? "audit : NE CONCORDE PAS" : "audit: DOES NOT AGREE"));
	return status;
}

static bool read_time(struct cli *cli, const char *option, struct store_param *out)
{
	const char *text = cli_option(cli, option, true);
	struct instant at;

	*out = P_NULL;
	if (text == NULL)
		return true;
	if (!instant_read(bytes_of_text(text), &at))
		return false;
	*out = P_INSTANT(at);
	return true;
}

static int list(struct cli *cli)
{
	const char *kind = cli_option(cli, "--kind", true), *actor = cli_option(cli, "--actor", true), *ref = cli_option(cli, "--ref", true),
		   *most = cli_option(cli, "--most", true);
	struct store_param since, until;
	uint64_t n = LIST_MOST;

	if (!read_time(cli, "--since", &since) || !read_time(cli, "--until", &until) || (most != NULL && !bytes_number(bytes_of_text(most), 1000000, &n)) || cli->n != 1) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return CLI_USAGE;
	}
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t order by t.position), '[]') from relais.audit_list($1, $2, $3, $4, $5, $6) t", P_TEXT(kind), P_TEXT(actor), P_TEXT(ref),
				 since, until, P_INT((int64_t)n));
	return rows == NULL ? CLI_FAILED : cli_show(cli, rows, "position at kind what actor ref inbox outbox reason rule");
}

static int export(struct cli *cli, const char *to)
{
	char digest[DIGEST_SHA256_TEXT];
	size_t files = 0;
	int64_t number = 0;
	enum reason reason = cli_checkpoint(cli, &number);

	if (reason == REASON_NONE)
		reason = audit_export(cli, to, &files, digest);
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, to);
	if (cli->json)
		return cli_show(cli, json_pack("{s:s, s:I, s:s, s:I}", "export", to, "files", (json_int_t)files, "sums", digest, "checkpoint", (json_int_t)number), "");
	printf(cli->french ? "%s : %zu fichiers, jusqu'au point de contrôle %lld\nempreinte de " EXPORT_SUMS " : %s\n"
			   : "%s: %zu files, up to checkpoint %lld\ndigest of " EXPORT_SUMS ": %s\n", to, files, (long long)number, digest);
	return CLI_OK;
}

int cli_audit(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 13, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *verb = cli.arguments[0];
	if (strcmp(verb, "list") == 0)
		status = list(&cli);
	else if (strcmp(verb, "verify") == 0 && cli.n == 1)
		status = verify(&cli);
	else if (strcmp(verb, "checkpoint") == 0 && cli.n == 1)
		status = checkpoint(&cli);
	else if (strcmp(verb, "export") == 0 && cli.n == 2)
		status = export(&cli, cli.arguments[1]);
	else
		fprintf(stderr, "usage: relais %s\n", usage), status = CLI_USAGE;
	return cli_close(&cli, status);
}

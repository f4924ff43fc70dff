/* gateway/cli_trace.c - relais trace REF|MESSAGE-ID|R<number>|S<number>: a message's path, or a dossier's.
 * relais reconcile: every count, and the comparison with the receivers' own journals. */
#include "gateway/cli_journals.h"
#include "gateway/cli_verbs.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"
#include "gateway/reconcile_fold.h"
#include "gateway/reconcile_keys.h"

static void line(const json_t *row, const char *const keys[], size_t n)
{
	char buffer[64];
	for (size_t i = 0; i < n; i++) {
		const char *value = cli_value(row, keys[i], buffer);
		if (value[0] != '\0')
			printf("  %-18s %s\n", keys[i], value);
	}
}

static void trace_print(const char *title, json_t *rows, const char *id, const char *const keys[], size_t n)
{
	size_t i;
	json_t *row;
	char buffer[64];

	json_array_foreach(rows, i, row) {
		printf("%s %s\n", title, cli_value(row, id, buffer));
		line(row, keys, n);
	}
}

static const char *const inbox_keys[] = {"received_at", "source", "account", "peer_name", "size", "state", "class", "outcome", "reason",
					 "owner", "rule", "erased", "ref", "message_id", "tries", "trust",
					 "trust_generated_at", "trust_digest", "antivirus", "virus"};
static const char *const outbox_keys[] = {"code", "party", "state", "proof", "created_at", "composed_at", "sealed_at", "ended_at",
					  "host", "reply_code", "enhanced", "queue_id", "attempts", "reason", "erased", "ref", "message_id",
					  "looked", "names", "unread", "antivirus", "virus"};
/* Message-IDs are kept with their angle brackets; a person may leave them out. */
static const char *wanted(struct cli *cli, const char *given)
{
	return strchr(given, '@') != NULL && given[0] != '<' ? arena_printf(cli->arena, "<%s>", given) : given;
}

int cli_trace(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 1, "trace REF|MESSAGE-ID|R<number>|S<number>");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (strncmp(cli.arguments[0], "A-", 2) == 0) {
		char verb[] = "dossier", show[] = "show", dir[] = "--dir", json[] = "--json";
		char *again[] = {verb, show, cli.arguments[0], dir, arena_text(cli.arena, bytes_of_text(cli.dir)), json, NULL};
		int dossier = cli_dossier(cli.json ? 6 : 5, again);
		return cli_close(&cli, dossier);
	}
	const char *what = wanted(&cli, cli.arguments[0]);
	json_t *in = CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.trace_inbox($1) t", P_TEXT(what));
	json_t *out = CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.trace_outbox($1) t", P_TEXT(what));
	if (in == NULL || out == NULL || json_array_size(in) + json_array_size(out) == 0) {
		status = in == NULL || out == NULL ? CLI_FAILED : cli_refuse(&cli, REASON_NOT_FOUND, what);
	} else if (cli.json) {
		json_t *whole = json_pack("{s:O, s:O}", "inbox", in, "outbox", out);
		status = cli_show(&cli, whole, "");
	} else {
		cli_plain(&cli, in);
		cli_plain(&cli, out);
		trace_print("received R", in, "inbox", inbox_keys, sizeof inbox_keys / sizeof inbox_keys[0]);
		cli_proof_words(&cli, out);
		trace_print("sent S", out, "outbox", outbox_keys, sizeof outbox_keys / sizeof outbox_keys[0]);
	}
	json_decref(in);
	json_decref(out);
	return cli_close(&cli, status);
}

/* ---------------------------------------------------------------- reconcile */

static void add_check(json_t *checks, const char *name, long counted, long bad)
{
	json_array_append_new(checks, json_pack("{s:s, s:I, s:I}", "name", name, "counted", (json_int_t)counted, "bad", (json_int_t)bad));
}

/* Each line of the receivers' journals has its row, or is named. */
static void add_missing(json_t *checks, const struct cli_missing *m)
{
	long lost = (long)json_array_size(m->lost);

	add_check(checks, "receivers' journal lines without their row", m->lines, lost);
	json_object_set(json_array_get(checks, json_array_size(checks) - 1), "missing", m->lost);
	add_check(checks, "receivers' journal lines that differ from their row", m->lines, m->differs);
	add_check(checks, "lost messages that came again (told, not counted as wrong)", m->again, 0);
	add_check(checks, "lost messages that a person has settled (told, not counted as wrong)", m->noted, 0);
	add_check(checks, "lines that a crash or a full disk cut off (told, not counted as wrong)", m->torn, 0);
	add_check(checks, "rows that no receiver's journal knows (told, not counted as wrong)", m->unknown, 0);
}

static const char reconcile_usage[] = "reconcile [--quick]";

int cli_reconcile(int argc, char **argv)
{
	struct cli cli;
	struct cli_missing missing = {0};
	struct cli_journals journals;
	int status = cli_open(&cli, argc, argv, 0, 1, reconcile_usage);
	if (status != CLI_OK)
		return cli_close(&cli, status);
	bool quick = cli.n == 1 && strcmp(cli.arguments[0], "--quick") == 0;
	if (cli.n == 1 && !quick) {
		fprintf(stderr, "usage: relais %s\n", reconcile_usage);
		return cli_close(&cli, CLI_USAGE);
	}
	if (!cli_journals_find(&cli, CLI_JOURNAL_ACCEPTED, &journals))
		return cli_close(&cli, CLI_FAILED);
	/* It reads every byte kept: as long as it takes. When this is refused, so is what follows. */
	(void)!store_script(cli.store, cli.arena, "set statement_timeout = 0", NULL);
	json_t *checks = CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from (select * from relais.reconcile($1) union all select * from relais.audit_reconcile($1)) t",
				   P_BOOL(!quick));
	if (checks == NULL || !cli_missing_find(&cli, &journals, &missing)) {
		json_decref(checks);
		json_decref(missing.lost);
		return cli_close(&cli, CLI_FAILED);
	}
	struct reconcile_folds folds;
	struct reconcile_keys keys = {0};
	enum reason reason = reconcile_folds(&cli, &folds);
	if (reason == REASON_NONE)
		reason = reconcile_keys(&cli, !quick, &keys);
	if (reason != REASON_NONE)
		status = cli_refuse(&cli, reason, NULL);
	add_check(checks, "dossiers whose row is not the fold of their events", folds.dossiers, folds.differ);
	add_check(checks, "fees in the ledger against what the events earned", folds.fees, folds.fees_differ);
	add_check(checks, "timers of dossiers that the database would forget", folds.timers, folds.forgotten);
	add_check(checks, "bodies whose key the keeper does not have", keys.bodies, keys.missing);
	add_check(checks, "bodies still here whose key was destroyed", keys.bodies, keys.destroyed);
	if (!quick)
		add_check(checks, "bodies whose own key does not come out of its row", keys.tried, keys.closed);
	add_missing(checks, &missing);
	size_t i;
	json_t *check;
	json_array_foreach(checks, i, check) {
		if (json_integer_value(json_object_get(check, "bad")) != 0)
			status = CLI_FAILED;
	}
	cli_show(&cli, checks, "counted bad name");
	if (!cli.json)
		cli_missing_tell(&cli, &missing);
	json_decref(missing.lost);
	if (!cli.json)
		printf(status == CLI_OK ? "reconcile: everything agrees\n" : "reconcile: DOES NOT AGREE\n");
	return cli_close(&cli, status);
}

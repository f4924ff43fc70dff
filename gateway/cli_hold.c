/* gateway/cli_hold.c - relais hold: what must not be erased, since when, by whom and why. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"

static const char usage[] = "hold list [--all] | set REF|R<number> --reason TEXT | lift REF|R<number> --reason TEXT | confirm NUMBER";

static int wrong_words(struct cli *cli)
{
	fprintf(stderr, "usage: relais %s\n", usage);
	return cli_close(cli, CLI_USAGE);
}

static int list(struct cli *cli, bool all)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.hold_list($1) t", P_BOOL(!all)),
			all ? "of set_at actor reason lifted_at lifted_by lift_reason" : "of set_at actor reason");
}

/* A message by its number, a dossier by its reference. NOT_FOUND: there is none. */
static enum reason find(struct cli *cli, const char *name, struct store_param *dossier, struct store_param *inbox)
{
	struct bytes text = bytes_of_text(name);
	struct store_rows *rows = NULL;
	uint64_t number;

	*dossier = *inbox = P_NULL;
	if (text.len > 1 && (text.at[0] == 'R' || text.at[0] == 'r') && bytes_number(bytes_from(text, 1), INT64_MAX, &number)) {
		enum reason reason = STORE_RUN(cli->store, &rows, "select inbox from relais.trace_inbox($1)", P_TEXT(name));
		if (reason == REASON_NONE && store_count(rows) == 0)
			reason = REASON_NOT_FOUND;
		*inbox = P_INT(number);
		store_free(&rows);
		return reason;
	}
	enum reason reason = STORE_RUN(cli->store, &rows, "select id from relais.dossier_find($1)", P_TEXT(name));
	if (reason == REASON_NONE && (store_count(rows) != 1 || store_is_null(rows, 0, 0)))
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE)
		*dossier = P_INT(store_int(rows, 0, 0));
	store_free(&rows);
	return reason;
}

/* An erasure that was begun and one of whose keys is gone is over, whatever the rows still show. */
static enum reason refuse_destroyed(struct cli *cli, struct store_param dossier, struct store_param inbox)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select ref from relais.hold_asks($1, $2) ref", dossier, inbox);

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct bytes answer;
		reason = keeper_client_ask(store_keeper(cli->store), cli->arena, KEEPER_KNOWN, bytes_of_text(arena_printf(cli->arena, "dossier:%s", store_text(rows, i, 0))), &answer);
		if (reason == REASON_NONE && bytes_equal_text(answer, "[\"destroyed\"]"))
			reason = REASON_DOSSIER_ERASED;
	}
	store_free(&rows);
	return reason;
}

/* The keeper is asked behind hold_set, from where on no key is destroyed before this is committed. */
static enum reason set_hold(struct cli *cli, struct store_param dossier, struct store_param inbox, const char *why)
{
	enum reason reason = store_begin(cli->store);

	if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, NULL, "select relais.hold_set($1, $2, $3, $4)", dossier, inbox, P_TEXT(why), P_TEXT(cli_actor()));
	if (reason == REASON_NONE)
		reason = refuse_destroyed(cli, dossier, inbox);
	if (reason == REASON_NONE)
		return store_commit(cli->store);
	store_rollback(cli->store);
	return reason;
}

static int act(struct cli *cli, const char *name, const char *why, bool set)
{
	struct store_param dossier, inbox;
	enum reason reason = find(cli, name, &dossier, &inbox);

	if (reason == REASON_NONE && set)
		reason = set_hold(cli, dossier, inbox, why);
	else if (reason == REASON_NONE)
		reason = STORE_RUN(cli->store, NULL, "select relais.hold_lift($1, $2, $3, $4)", dossier, inbox, P_TEXT(why), P_TEXT(cli_actor()));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, name);
	if (cli->json)
		printf("{\"%s\": \"%s\"}\n", set ? "held" : "lifted", name);
	else if (cli->french)
		printf(set ? "%s : gel posé, rien n'en sera effacé\n" : "%s : gel levé\n", name);
	else
		printf(set ? "%s: held, nothing of it will be erased\n" : "%s: lifted\n", name);
	return CLI_OK;
}

/* After a restore: these are all, says who knows of them. */
static int confirm(struct cli *cli, const char *number)
{
	uint64_t standing;

	if (!bytes_number(bytes_of_text(number), INT64_MAX, &standing))
		return cli_refuse(cli, REASON_USAGE, number);
	enum reason reason = STORE_RUN(cli->store, NULL, "select relais.hold_confirm($1, $2)", P_INT((int64_t)standing), P_TEXT(cli_actor()));
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, number);
	if (!cli->json)
		printf(cli->french ? "%llu gels posés, relus : l'effacement est de nouveau permis\n" : "%llu holds stand, looked at: erasure is allowed again\n", (unsigned long long)standing);
	return CLI_OK;
}

int cli_hold(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 4, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *why = cli_option(&cli, "--reason", true);
	bool all = cli_option(&cli, "--all", false) != NULL, set = cli.n == 2 && strcmp(cli.arguments[0], "set") == 0;
	if (cli.n == 1 && strcmp(cli.arguments[0], "list") == 0 && why == NULL)
		return cli_close(&cli, list(&cli, all));
	if (cli.n == 2 && strcmp(cli.arguments[0], "confirm") == 0 && why == NULL && !all)
		return cli_close(&cli, confirm(&cli, cli.arguments[1]));
	if (cli.n != 2 || all || why == NULL || why[0] == '\0' || (!set && strcmp(cli.arguments[0], "lift") != 0))
		return wrong_words(&cli);
	return cli_close(&cli, act(&cli, cli.arguments[1], why, set));
}

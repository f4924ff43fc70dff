/* gateway/cli_trust.c - relais trust import FILE | diff FILE | list [TEXT] | history | explain DOMAIN. */
#include "gateway/cli_trust.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/cli_verbs.h"
#include "gateway/json_view.h"
#include "gateway/trust_list_store.h"

/* A list under the command line's hands: read, with what it says. */
struct opened {
	struct arena *arena;
	struct bytes xml;
	struct trust_list *list;
};

static void tell_unread(const struct cli *cli, const char *path, const struct trust_list *list)
{
	for (size_t i = 0; i < list->bad && i < TRUST_LIST_TOLD; i++)
		fprintf(stderr, cli->french ? "%s : entrée %zu passée : %s\n" : "%s: entry %zu passed over: %s\n", path, list->told[i].entry,
			list->told[i].why);
	if (list->bad > TRUST_LIST_TOLD)
		fprintf(stderr, cli->french ? "%s : et %zu autres\n" : "%s: and %zu others\n", path, list->bad - TRUST_LIST_TOLD);
}


/* CLI_OK, or everything was said. */
static int open_list(struct cli *cli, const char *path, struct opened *out)
{
	*out = (struct opened){.arena = arena_create(TRUST_LIST_MEMORY)};
	out->list = arena_alloc(out->arena, sizeof *out->list);
	enum reason reason = trust_list_load(out->arena, path, &out->xml);
	if (reason == REASON_NONE)
		reason = trust_list_read(out->arena, out->xml, out->list);
	tell_unread(cli, path, out->list);
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, path);
}

static long long number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void tell_in_use(const struct cli *cli, const json_t *answer)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(answer, "in_use"), i, one)
		printf(cli->french ? "  en usage : %s (%s)\n" : "  in use: %s (%s)\n", json_string_value(json_object_get(one, "domain")),
		       json_string_value(json_object_get(one, "by")));
}

static void tell_import(const struct cli *cli, const struct trust_list *list, const json_t *answer, enum reason reason)
{
	if (json_truth(answer, "same")) {
		printf(cli->french ? "liste %lld : c'est celle en vigueur, confirmée maintenant (%lld paires, %lld domaines)\n"
				   : "list %lld: it is the one in force, confirmed now (%lld pairs, %lld domains)\n",
		       number(answer, "import"), number(answer, "pairs"), number(answer, "domains"));
		return;
	}
	if (reason == REASON_NONE)
		printf(cli->french ? "liste %lld en vigueur : %lld paires de %lld domaines, %zu entrées lues, %zu passées\n"
				   : "list %lld in force: %lld pairs of %lld domains, %zu entries read, %zu passed over\n",
		       number(answer, "import"), number(answer, "pairs"), number(answer, "domains"), list->entries, list->bad);
	printf(cli->french ? "  paires : %lld ajoutées, %lld retirées ; domaines : %lld ajoutés, %lld retirés sur %lld\n"
			   : "  pairs: %lld added, %lld removed; domains: %lld added, %lld removed of %lld\n",
	       number(answer, "added"), number(answer, "removed"), number(answer, "domains_added"), number(answer, "domains_removed"),
	       number(answer, "domains_before"));
	tell_in_use(cli, answer);
}

static int import(struct cli *cli, const char *path, bool force)
{
	const struct trust_list_order order = {.source = path, .actor = arena_printf(cli->arena, "operator:%s", cli_actor()), .force = force};
	struct opened opened;
	json_t *answer = NULL;
	int status = open_list(cli, path, &opened);

	if (status == CLI_OK) {
		enum reason reason = trust_list_replace(cli->store, opened.arena, cli->config, opened.list, opened.xml, &order, &answer);
		if (answer != NULL && !cli->json)
			tell_import(cli, opened.list, answer, reason);
		if (answer != NULL && cli->json) {
			json_object_set_new(answer, "entries", json_integer((json_int_t)opened.list->entries));
			json_object_set_new(answer, "unread", json_integer((json_int_t)opened.list->bad));
			cli_show(cli, json_incref(answer), "");
		}
		status = reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, path);
	}
	json_decref(answer);
	arena_destroy(&opened.arena);
	return status;
}

/* --- diff ----------------------------------------------------------------------- */

/* By operator, as the database has ordered them. */
static void tell_diff(const struct cli *cli, const json_t *diff)
{
	struct bytes operator = BYTES_NONE;
	size_t i;
	json_t *change;

	json_array_foreach(json_object_get(diff, "changes"), i, change) {
		struct bytes its = json_view(change, "operator");
		if (i == 0 || !bytes_equal(its, operator))
			printf("%.*s\n", (int)its.len, (const char *)its.at);
		operator = its;
		bool whole = json_truth(change, "whole");
		printf("  %c %s%s\n      %s\n", json_truth(change, "added") ? '+' : '-', json_string_value(json_object_get(change, "domain")),
		       !whole ? "" : json_truth(change, "added") ? (cli->french ? " (domaine nouveau)" : " (new domain)")
								  : (cli->french ? " (le domaine disparaît)" : " (the domain goes)"),
		       json_string_value(json_object_get(change, "shown")));
	}
	if (i == 0)
		printf(cli->french ? "aucun changement\n" : "no change\n");
	tell_in_use(cli, diff);
}

static int diff(struct cli *cli, const char *path)
{
	struct opened opened;
	json_t *answer = NULL;
	int status = open_list(cli, path, &opened);

	if (status == CLI_OK) {
		enum reason reason = trust_list_diff(cli->store, opened.arena, cli->config, opened.list, &answer);
		if (reason != REASON_NONE)
			status = cli_refuse(cli, reason, path);
		else if (cli->json)
			status = cli_show(cli, json_incref(answer), "");
		else
			tell_diff(cli, answer);
	}
	json_decref(answer);
	arena_destroy(&opened.arena);
	return status;
}

/* --- the verb ---------------------------------------------------------------------- */

static const char usage[] = "trust import FILE [--force] | diff FILE | list [TEXT] | history | explain DOMAIN [--certificate FILE|NAME]";

static int misunderstood(void)
{
	fprintf(stderr, "usage: relais %s [--dir DIR] [--json]\n", usage);
	return CLI_USAGE;
}

static int list(struct cli *cli)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.trust_list($1) t", P_TEXT(cli->n == 2 ? cli->arguments[1] : "")),
			"domain operator shown listed_at");
}

static int history(struct cli *cli)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.trust_history() t where $1", P_BOOL(true)),
			"import at generated_at confirmed_at entries unread pairs domains added removed forced actor source");
}

static int run(struct cli *cli)
{
	const char *verb = cli->arguments[0];
	bool force = cli_option(cli, "--force", false) != NULL;
	const char *certificate = cli_option(cli, "--certificate", true);
	bool importing = strcmp(verb, "import") == 0, explaining = strcmp(verb, "explain") == 0;

	if ((force && !importing) || (certificate != NULL && !explaining))
		return misunderstood();
	if (importing && cli->n == 2)
		return import(cli, cli->arguments[1], force);
	if (explaining && cli->n == 2)
		return cli_trust_explain(cli, cli->arguments[1], certificate);
	if (strcmp(verb, "diff") == 0 && cli->n == 2)
		return diff(cli, cli->arguments[1]);
	if (strcmp(verb, "list") == 0 && cli->n <= 2)
		return list(cli);
	if (strcmp(verb, "history") == 0 && cli->n == 1)
		return history(cli);
	return misunderstood();
}

int cli_trust(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 4, usage);
	return cli_close(&cli, status == CLI_OK ? run(&cli) : status);
}

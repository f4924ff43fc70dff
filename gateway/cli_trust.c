/* gateway/cli_trust.c - relais trust import FILE | list | explain DOMAIN. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/trust_list.h"

enum { LIST_MAX = 32 * 1024 * 1024 };

static enum reason read_whole(struct arena *arena, const char *path, struct bytes *out)
{
	FILE *file = fopen(path, "re");
	unsigned char *data = arena_alloc(arena, LIST_MAX);
	if (file == NULL)
		return REASON_NOT_FOUND;
	size_t n = fread(data, 1, LIST_MAX, file);
	bool whole = feof(file) && !ferror(file);
	fclose(file);
	*out = (struct bytes){data, n};
	return whole ? REASON_NONE : REASON_DOCUMENT_LIMIT;
}

static int import(struct cli *cli, const char *path)
{
	struct bytes xml;
	json_t *pairs = NULL;
	struct store_rows *rows = NULL;
	size_t entry = 0;
	enum reason reason = read_whole(cli->arena, path, &xml);

	if (reason == REASON_NONE)
		reason = trust_list_read(cli->arena, xml, &pairs, &entry);
	if (reason != REASON_NONE)
		return cli_refuse(cli, reason, arena_printf(cli->arena, "%s (after %zu entries; the list in force is kept)", path, entry));
	reason = STORE_RUN(cli->store, &rows, "select relais.trust_replace($1)", P_JSON(json_write(cli->arena, pairs)));
	if (reason == REASON_NONE)
		printf("trust: %lld pairs of domain and certificate from %zu entries\n", (long long)store_int(rows, 0, 0), entry);
	store_free(&rows);
	return reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, path);
}

static int explain(struct cli *cli, const char *domain)
{
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.trust_names($1) t", P_TEXT(domain));
	if (rows == NULL)
		return CLI_FAILED;
	if (json_array_size(rows) == 0 && !cli->json)
		printf(cli->french ? "%s n'est pas dans la liste blanche : son courrier serait refusé (550 5.7.1, peer.domain).\n"
				   : "%s is not in the white list: its mail would be refused (550 5.7.1, peer.domain).\n", domain);
	else if (!cli->json)
		printf(cli->french ? "%s : un certificat client à l'un de ces noms, émis par une autorité de confiance, peut envoyer pour ce domaine.\n"
				   : "%s: a client certificate with one of these names, issued by a trusted authority, may send for this domain.\n", domain);
	return cli_show(cli, rows, "shown listed_at");
}

int cli_trust(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 2, "trust list | import FILE | explain DOMAIN");
	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *verb = cli.arguments[0];
	if (strcmp(verb, "list") == 0 && cli.n == 1)
		return cli_close(&cli, cli_show(&cli, CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.trust_list() t where $1", P_BOOL(true)),
						"domain shown listed_at"));
	if (strcmp(verb, "import") == 0 && cli.n == 2)
		return cli_close(&cli, import(&cli, cli.arguments[1]));
	if (strcmp(verb, "explain") == 0 && cli.n == 2)
		return cli_close(&cli, explain(&cli, cli.arguments[1]));
	fprintf(stderr, "usage: relais trust list | import FILE | explain DOMAIN\n");
	return cli_close(&cli, CLI_USAGE);
}

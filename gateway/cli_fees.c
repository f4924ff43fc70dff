/* gateway/cli_fees.c - relais fees: the ledger, line by line. */
#include "gateway/cli_verbs.h"

#include <stdio.h>

#include "base/calendar.h"
#include "gateway/cli_month.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"

static const char usage[] = "fees [--month YYYY-MM] [--expert RPPS] [--csv]";

static void add_euros(const struct cli *cli, json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		json_int_t cents = json_integer_value(json_object_get(row, "cents"));
		json_object_set_new(row, "amount", json_string(arena_printf(cli->arena, cli->french ? "%lld,%02lld" : "%lld.%02lld", (long long)(cents / 100),
									    (long long)(cents % 100))));
	}
}

static json_int_t total_of(const json_t *rows)
{
	json_int_t total = 0;
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		total += json_integer_value(json_object_get(row, "cents"));
	}
	return total;
}

static int show(struct cli *cli, json_t *rows, bool csv)
{
	static const char columns[] = "ref at rpps payee payee_id payee_name amount";
	size_t n = json_array_size(rows);
	json_int_t total = total_of(rows);

	add_euros(cli, rows);
	if (csv && !cli->json)
		return cli_show_csv(rows, columns);
	bool json = cli->json;
	int status = cli_show(cli, rows, columns);
	if (!json)
		printf(cli->french ? "%zu avis, %lld,%02lld EUR\n" : "%zu opinions, %lld.%02lld EUR\n", n, (long long)(total / 100), (long long)(total % 100));
	return status;
}

int cli_fees(int argc, char **argv)
{
	struct cli cli;
	struct instant from, until;
	int status = cli_open(&cli, argc, argv, 0, 5, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *month = cli_option(&cli, "--month", true), *expert = cli_option(&cli, "--expert", true);
	bool csv = cli_option(&cli, "--csv", false) != NULL;
	if (cli.n > 0 || (month != NULL && !cli_month(bytes_of_text(month), &from, &until))) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return cli_close(&cli, CLI_USAGE);
	}
	json_t *rows = CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.fee_list($1, $2, $3) t", month != NULL ? P_INSTANT(from) : P_NULL,
				 month != NULL ? P_INSTANT(until) : P_NULL, expert != NULL ? P_TEXT(expert) : P_NULL);
	return cli_close(&cli, rows == NULL ? CLI_FAILED : show(&cli, rows, csv));
}

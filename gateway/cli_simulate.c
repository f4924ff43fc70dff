/* gateway/cli_simulate.c - relais simulate [SCENARIO]: the service played ahead, without an instance.
 * relais simulate past | replay: this database's own dossiers (simulate_past.c, rehearse.c). */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/simulate_json.h"
#include "gateway/simulate_print.h"

enum { MEMORY = 1u << 30 };

static const char usage[] = "simulate [SCENARIO] [--seed N] | past | replay [--rules FILE] [--settings FILE]";

/* A run needs neither database nor configuration: cli has its arena and its options only. */
static int open_alone(struct cli *cli, int argc, char **argv)
{
	*cli = (struct cli){.arena = arena_create(MEMORY), .n = argc - 1, .arguments = argv + 1};
	cli->json = cli_option(cli, "--json", false) != NULL;
	cli->french = cli_speaks_french(NULL);
	return CLI_OK;
}

static int tell_usage(void)
{
	fprintf(stderr, "usage: relais %s [--json]\n", usage);
	return CLI_USAGE;
}

static int tell(const struct cli *cli, const struct simulate_population *population)
{
	struct simulate_result result;

	simulate_run(cli->arena, population, &result);
	if (cli->json) {
		json_t *whole = simulate_json_write(&result);
		json_dumpf(whole, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
		putchar('\n');
		json_decref(whole);
	} else {
		simulate_print(stdout, population, &result, cli->french);
	}
	return CLI_OK;
}

static int play_scenario(struct cli *cli, const char *path, const char *seed)
{
	struct simulate_population population = simulate_default(cli->arena);
	json_error_t error;
	json_t *scenario = path == NULL ? json_object() : json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	int status = CLI_FAILED;

	if (scenario == NULL) {
		fprintf(stderr, "relais: %s:%d: %s\n", path, error.line, error.text);
		return CLI_FAILED;
	}
	const char *wrong = simulate_json_read(cli->arena, scenario, &population);
	if (wrong == NULL && seed != NULL && !bytes_number(bytes_of_text(seed), UINT32_MAX, &population.seed))
		wrong = "\"--seed\" is no whole number";
	if (wrong != NULL)
		fprintf(stderr, "relais: %s: %s\n", path == NULL ? "simulate" : path, wrong);
	else
		status = tell(cli, &population);
	json_decref(scenario);
	return status;
}

int cli_simulate(int argc, char **argv)
{
	struct cli cli;
	int status = open_alone(&cli, argc, argv);
	const char *seed = cli_option(&cli, "--seed", true);

	status = cli.n > 1 || (cli.n == 1 && cli.arguments[0][0] == '-') ? tell_usage() : play_scenario(&cli, cli.n == 1 ? cli.arguments[0] : NULL, seed);
	return cli_close(&cli, status);
}

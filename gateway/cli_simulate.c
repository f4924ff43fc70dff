/* gateway/cli_simulate.c - relais simulate [SCENARIO]: the service played ahead, without an instance.
 * relais simulate past | replay: this database's own dossiers (simulate_past.c, rehearse.c). */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/rehearse.h"
#include "gateway/simulate_json.h"
#include "gateway/simulate_past.h"
#include "gateway/simulate_print.h"

enum { MEMORY = 1u << 30 };

static const char usage[] = "simulate [SCENARIO] [--seed N] | past | replay [--rules FILE] [--settings FILE]";

static int tell_usage(void)
{
	fprintf(stderr, "usage: relais %s [--json]\n", usage);
	return CLI_USAGE;
}

static int tell(const struct cli *cli, struct arena *arena, const struct simulate_population *population)
{
	struct simulate_result result;

	simulate_run(arena, population, &result);
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
		status = tell(cli, cli->arena, &population);
	json_decref(scenario);
	return status;
}

/* --- this database's own past -------------------------------------------------------- */

static int refuse(const char *what, const char *wrong)
{
	fprintf(stderr, "relais: %s: %s\n", what, wrong);
	return CLI_FAILED;
}

static int play_past(struct cli *cli)
{
	struct arena *arena = arena_create(MEMORY);
	struct simulate_population population = simulate_default(arena);
	struct rules_all rules;
	size_t left = 0;
	const char *wrong = rules_all_read(cli, NULL, NULL, &rules);
	int status = CLI_FAILED;

	enum reason reason = wrong == NULL ? simulate_past(cli->store, arena, &rules, &population, &left) : REASON_NONE;
	if (wrong == NULL && reason == REASON_NONE)
		wrong = simulate_check(&population);
	if (wrong != NULL)
		refuse("past", wrong);
	else if (reason != REASON_NONE)
		status = cli_refuse(cli, reason, "past");
	else
		status = tell(cli, arena, &population);
	if (left > 0 && status == CLI_OK)
		fprintf(stderr, cli->french ? "relais: %zu dossiers d'une pathologie qui n'existe plus n'ont pas été rejoués\n"
					    : "relais: %zu dossiers of a pathology that is there no more were not played\n", left);
	rules_all_free(&rules);
	arena_destroy(&arena);
	return status;
}

static json_t *load(const char *path, bool *good)
{
	json_error_t error;
	json_t *value = path == NULL ? NULL : json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	*good = path == NULL || value != NULL;
	if (!*good)
		fprintf(stderr, "relais: %s:%d: %s\n", path, error.line, error.text);
	return value;
}

static void print_differences(const struct cli *cli, const struct rehearse_result *r, bool changed)
{
	char at[INSTANT_TEXT];

	printf(cli->french ? "%ld dossiers, %ld décisions reprises\n" : "%ld dossiers, %ld decisions taken again\n", r->dossiers, r->decisions);
	if (changed)
		printf(cli->french ? "Avec le changement, %ld décisions seraient autres, dans %ld dossiers\n" : "With the change %ld decisions would be others, in %ld dossiers\n",
		       r->decisions_differ, r->dossiers_differ);
	else
		printf(cli->french ? "Les règles d'aujourd'hui décideraient autrement %ld fois, dans %ld dossiers\n" : "Today's rules would decide otherwise %ld times, in %ld dossiers\n",
		       r->decisions_differ, r->dossiers_differ);
	for (size_t i = 0; i < r->n; i++) {
		const struct rehearse_difference *d = &r->differences[i];
		instant_write(d->at, at);
		printf("\n%s  %.16sZ  %s\n", d->subject, at, d->input);
		printf(cli->french ? "  %s : %s\n" : "  %s: %s\n", changed ? (cli->french ? "aujourd'hui" : "today") : (cli->french ? "ce fut" : "it was"), d->was);
		printf(cli->french ? "  %s : %s\n" : "  %s: %s\n", changed ? (cli->french ? "changé" : "changed") : (cli->french ? "aujourd'hui" : "today"), d->would);
	}
}

static void tell_differences(const struct cli *cli, const struct rehearse_result *r, bool changed)
{
	json_t *list = json_array();

	if (!cli->json) {
		json_decref(list);
		print_differences(cli, r, changed);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct rehearse_difference *d = &r->differences[i];
		json_array_append_new(list, json_pack("{s:s, s:o, s:s, s:s, s:s}", "subject", d->subject, "at", json_of_instant(d->at), "input", d->input, "was",
						      d->was, "would", d->would));
	}
	json_t *whole = json_pack("{s:I, s:I, s:I, s:I, s:b, s:o}", "dossiers", (json_int_t)r->dossiers, "decisions", (json_int_t)r->decisions, "dossiers_differ",
				  (json_int_t)r->dossiers_differ, "decisions_differ", (json_int_t)r->decisions_differ, "changed", changed, "differences", list);
	json_dumpf(whole, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(whole);
}

static int replay_with(struct cli *cli, const json_t *change, const json_t *settings)
{
	struct rules_all today, changed = {0};
	struct rehearse_result result;
	bool changes = change != NULL || settings != NULL;
	const char *wrong = rules_all_read(cli, NULL, NULL, &today);
	int status = CLI_FAILED;

	if (wrong == NULL && changes)
		wrong = rules_all_read(cli, change, settings, &changed);
	if (wrong != NULL) {
		refuse("replay", wrong);
	} else {
		enum reason reason = rehearse(cli, &today, changes ? &changed : NULL, &result);
		status = reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, "replay");
		if (reason == REASON_NONE)
			tell_differences(cli, &result, changes);
	}
	rules_all_free(&today);
	rules_all_free(&changed);
	return status;
}

static int replay(struct cli *cli, const char *rules, const char *settings)
{
	bool good_rules, good_settings;
	json_t *change = load(rules, &good_rules), *told = load(settings, &good_settings);
	int status = good_rules && good_settings ? replay_with(cli, change, told) : CLI_FAILED;

	json_decref(change);
	json_decref(told);
	return status;
}

/* --- the verb ---------------------------------------------------------------------- */

static int of_database(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 5, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	const char *rules = cli_option(&cli, "--rules", true), *settings = cli_option(&cli, "--settings", true);
	bool past = cli.n == 1 && strcmp(cli.arguments[0], "past") == 0 && rules == NULL && settings == NULL;
	bool again = cli.n == 1 && strcmp(cli.arguments[0], "replay") == 0;
	status = past ? play_past(&cli) : again ? replay(&cli, rules, settings) : tell_usage();
	return cli_close(&cli, status);
}

static bool asks_database(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "past") == 0 || strcmp(argv[i], "replay") == 0)
			return true;
	return false;
}

int cli_simulate(int argc, char **argv)
{
	struct cli cli;

	if (asks_database(argc, argv))
		return of_database(argc, argv);
	/* A run needs neither database nor configuration. */
	cli = (struct cli){.arena = arena_create(MEMORY), .n = argc - 1, .arguments = argv + 1};
	cli.json = cli_option(&cli, "--json", false) != NULL;
	cli.french = cli_speaks_french(NULL);
	const char *seed = cli_option(&cli, "--seed", true);
	bool good = cli.n == 0 || (cli.n == 1 && cli.arguments[0][0] != '-');
	return cli_close(&cli, good ? play_scenario(&cli, cli.n == 1 ? cli.arguments[0] : NULL, seed) : tell_usage());
}

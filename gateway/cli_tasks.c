/* gateway/cli_tasks.c - relais tasks: what people have to do, most pressing first; and whom to call when the gateway is down. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "base/reason.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "policy/worklist.h"

static const char usage[] = "tasks [nurses|manager|operator|officer|phone]";

static bool is_owner(const char *word)
{
	static const char *const owners[] = {"nurses", "manager", "operator", "officer"};

	for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++)
		if (strcmp(word, owners[i]) == 0)
			return true;
	return false;
}

/* A held message's task is its reason: what happened, and what to do. */
static void words_of(struct bytes name, const char *language, const char **what, const char **todo)
{
	enum reason reason = reason_of_code(name);

	*what = worklist_what(name, language);
	*todo = worklist_do(name, language);
	if ((*what)[0] != '\0' || reason == REASONS)
		return;
	*what = strcmp(language, "en") == 0 ? reason_entry(reason)->en : reason_entry(reason)->fr;
	*todo = reason_entry(reason)->hint;
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));
	return text != NULL ? text : "";
}

static void tell(const json_t *row, const char *language)
{
	static const char *const ranks[2][4] = {{"patient", "promesse", "courrier", "suivi"}, {"patient", "promise", "mail", "follow-up"}};
	const char *what, *todo;
	bool en = strcmp(language, "en") == 0;
	json_int_t rank = json_integer_value(json_object_get(row, "rank"));

	words_of(json_view(row, "name"), language, &what, &todo);
	printf("%s  [%s%s]  %s\n", text_of(row, "ref"), ranks[en][rank >= 0 && rank < 4 ? rank : 3], json_is_true(json_object_get(row, "late")) ? (en ? ", late" : ", en retard") : "", what);
	printf("  %s %.16s", en ? "since" : "depuis le", text_of(row, "since"));
	if (text_of(row, "due")[0] != '\0')
		printf("%s %.16s", en ? ", before" : ", avant le", text_of(row, "due"));
	printf("\n  %s\n", todo);
}

/* On paper beside the telephone, when the gateway does not answer. */
static int phone(struct cli *cli)
{
	return cli_show(cli, CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.phone_list() t where $1", P_BOOL(true)),
			"promised_at ref state expert organisation");
}

int cli_tasks(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 0, 1, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (cli.n == 1 && strcmp(cli.arguments[0], "phone") == 0)
		return cli_close(&cli, phone(&cli));
	if (cli.n == 1 && !is_owner(cli.arguments[0])) {
		fprintf(stderr, "usage: relais %s\n", usage);
		return cli_close(&cli, CLI_USAGE);
	}
	json_t *rows = CLI_QUERY(&cli, "select coalesce(jsonb_agg(t), '[]') from relais.task_list($1) t", cli.n == 1 ? P_TEXT(cli.arguments[0]) : P_NULL);
	if (rows == NULL)
		return cli_close(&cli, CLI_FAILED);
	if (cli.json)
		return cli_close(&cli, cli_show(&cli, rows, ""));
	size_t i;
	const json_t *row;
	if (json_array_size(rows) == 0)
		printf(cli.french ? "rien à faire\n" : "nothing to do\n");
	json_array_foreach(rows, i, row) {
		tell(row, cli.french ? "fr" : "en");
	}
	json_decref(rows);
	return cli_close(&cli, CLI_OK);
}

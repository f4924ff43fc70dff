/* gateway/cli_alarms.c - relais alarms; see cli_alarms.h. */
#include "gateway/cli_alarms.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/alarm.h"
#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"

void cli_alarms_tell(const json_t *alarms, bool french)
{
	size_t i;
	const json_t *row;

	json_array_foreach(alarms, i, row) {
		const struct alarm_entry *entry = alarm_entry(json_view(row, "name"));
		bool critical = bytes_equal_text(json_view(row, "severity"), ALARM_CRITICAL);
		printf("%s %s, %s %.19s\n", french ? (critical ? "ALARME" : "avertissement") : critical ? "ALARM" : "warning",
		       json_string_value(json_object_get(row, "name")), french ? "depuis le" : "since", json_string_value(json_object_get(row, "since")));
		if (entry != NULL)
			printf("  %s\n  %s\n", french ? entry->fr : entry->en, french ? entry->fr_do : entry->en_do);
		char *detail = json_dumps(json_object_get(row, "detail"), JSON_COMPACT);
		printf("  %s\n", detail != NULL ? detail : "");
		free(detail);
	}
}

bool cli_alarms_critical(const json_t *alarms)
{
	size_t i;
	const json_t *row;

	json_array_foreach(alarms, i, row) {
		if (bytes_equal_text(json_view(row, "severity"), ALARM_CRITICAL))
			return true;
	}
	return false;
}

int cli_alarms(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 0, 0, "alarms");
	json_t *alarms = status == CLI_OK ? CLI_QUERY(&cli, CLI_ALARMS_SQL, P_BOOL(true)) : NULL;

	if (status == CLI_OK && alarms == NULL)
		status = CLI_FAILED;
	if (alarms != NULL) {
		status = cli_alarms_critical(alarms) ? CLI_ALARM : CLI_OK;
		if (cli.json)
			cli_show(&cli, json_incref(alarms), "");
		else if (json_array_size(alarms) == 0)
			printf(cli.french ? "aucune alarme\n" : "no alarm\n");
		else
			cli_alarms_tell(alarms, cli.french);
	}
	json_decref(alarms);
	return cli_close(&cli, status);
}

/* gateway/cli_alarms.h - open alarms as a person reads them: relais alarms, and relais status. */
#ifndef RELAIS_GATEWAY_CLI_ALARMS_H
#define RELAIS_GATEWAY_CLI_ALARMS_H

#include <jansson.h>
#include <stdbool.h>

/* One jsonb value; $1 is true. */
#define CLI_ALARMS_SQL "select coalesce(jsonb_agg(t), '[]') from relais.alarm_list() t where $1"

/* Prints each: since when, what is the matter, what to do. Borrowed. */
void cli_alarms_tell(const json_t *alarms, bool french);
bool cli_alarms_critical(const json_t *alarms);

#endif

/* gateway/cli_degraded.h - the degraded mode as relais status tells it: out of the open alarms, by the policy's table (policy/degraded.h). */
#ifndef RELAIS_GATEWAY_CLI_DEGRADED_H
#define RELAIS_GATEWAY_CLI_DEGRADED_H

#include <jansson.h>

#include <stdbool.h>

/* [{"alarm", "since", "waits": [TEXT…], "goes_on": [TEXT…], "ends"}…] of the open alarms. The caller owns it. */
json_t *cli_degraded(const json_t *alarms, bool french);
/* For people; nothing when the list is empty. */
void cli_degraded_tell(const json_t *list, bool french);

#endif

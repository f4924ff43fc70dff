/* gateway/simulate_json.h - a population to be played (policy/simulate.h) out of a scenario file, and a run's result as JSON.
 *
 * docs/simulation.md is the manual of the file. Every key may be left out: then the default stands. Unknown ones are refused by name. */
#ifndef RELAIS_GATEWAY_SIMULATE_JSON_H
#define RELAIS_GATEWAY_SIMULATE_JSON_H

#include <jansson.h>

#include "policy/simulate.h"

/* *out begins as the caller's (simulate_default); what the file says takes its place. NULL, or what is wrong with it: a sentence with the key,
 * in the arena. Texts are borrowed from the JSON. */
const char *simulate_json_read(struct arena *arena, const json_t *scenario, struct simulate_population *out);

/* A new object; times in hours. */
json_t *simulate_json_write(const struct simulate_result *result);

#endif

/* gateway/inspect_facts.h - what was read, as the JSON that ARCHITECTURE.md fixes ("inspect"). */
#ifndef RELAIS_GATEWAY_INSPECT_FACTS_H
#define RELAIS_GATEWAY_INSPECT_FACTS_H

#include <jansson.h>

#include "gateway/inspect_read.h"

/* A request's JSON, checked against its payload: ranges must lie within it. False: it is not one of ours.
 * *schema tells whether the schema is wanted. */
MUST_USE bool inspect_request_read(const json_t *json, struct bytes payload, struct inspect_request *out, bool *schema);

/* The answer to "facts": the object of `relais inspect --json` without its signature, and what the worker needs more. */
json_t *inspect_facts_json(struct arena *arena, const struct inspection *inspection);
/* The answer to "extract", without the BLOBs. */
json_t *inspect_extract_json(struct arena *arena, const struct inspection *inspection);

#endif

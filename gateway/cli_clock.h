/* gateway/cli_clock.h - the clock of a rehearsal as a person reads it: relais clock, and relais status. */
#ifndef RELAIS_GATEWAY_CLI_CLOCK_H
#define RELAIS_GATEWAY_CLI_CLOCK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/instant.h"

/* One jsonb value: {"rehearsal", "instant", "ahead_seconds", "made_at"}; $1 is true. */
#define CLI_CLOCK_SQL "select to_jsonb(t) from relais.clock_state() t where $1"

/* Prints what a rehearsal is and where its clock stands; nothing when the instance is none. Borrowed. */
void cli_clock_tell(const json_t *clock, bool french);

/* "12h", "3d", "2d6h30m": days, hours, minutes, seconds, each at most once and in this order. False: it is none, or over thirty years. */
MUST_USE bool cli_clock_span(struct bytes text, struct span *out);

#endif

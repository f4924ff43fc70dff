/* gateway/cli_inspect_print.h - what `relais inspect` saw, for people. */
#ifndef RELAIS_GATEWAY_CLI_INSPECT_PRINT_H
#define RELAIS_GATEWAY_CLI_INSPECT_PRINT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"

/* An object of cli_inspect_merge() on standard output, its words and findings in French or English. */
void cli_inspect_print(const json_t *merged, bool french);
/* Of a reply what its writer says: his own words, with what was folded away counted in its place. facts: the reader's answer. */
void cli_inspect_print_said(struct arena *arena, const json_t *facts, bool french);

#endif

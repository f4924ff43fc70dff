/* gateway/cli_inspect_print.h - what `relais inspect` saw, for people. */
#ifndef RELAIS_GATEWAY_CLI_INSPECT_PRINT_H
#define RELAIS_GATEWAY_CLI_INSPECT_PRINT_H

#include <jansson.h>
#include <stdbool.h>

/* An object of cli_inspect_merge() on standard output, its words and findings in French or English. */
void cli_inspect_print(const json_t *merged, bool french);

#endif

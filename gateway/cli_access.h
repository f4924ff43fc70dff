/* gateway/cli_access.h - who looked at what: each verb that opens an instance leaves a row in the trail before it shows anything.
 *
 * The row has the verb, its second word, who asked, and the dossier, message or mail that was named; no other argument. Only verbs that show
 * no more than states, counts and public things leave none (cli_access.c lists them): a new verb is told unless somebody writes it down there. */
#ifndef RELAIS_GATEWAY_CLI_ACCESS_H
#define RELAIS_GATEWAY_CLI_ACCESS_H

#include "gateway/cli_view.h"

/* CLI_OK, or the status to end with: what cannot be told is not shown. */
MUST_USE int cli_access(const struct cli *cli, const char *verb);

#endif

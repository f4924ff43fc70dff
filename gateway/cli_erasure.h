/* gateway/cli_erasure.h - the keeper's side of an erasure, for the command line. */
#ifndef RELAIS_GATEWAY_CLI_ERASURE_H
#define RELAIS_GATEWAY_CLI_ERASURE_H

#include "gateway/cli_view.h"

/* The dossier's key, for good. *record: {"n", "at"} of the keeper's own list, in the arena. */
MUST_USE enum reason cli_erasure_destroy(struct cli *cli, const char *ref, struct bytes *record);
/* Erases anew what the database has of all that the keeper destroyed and it does not know of; how many these were. */
MUST_USE enum reason cli_erasure_again(struct cli *cli, size_t *done);

#endif

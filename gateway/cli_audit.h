/* gateway/cli_audit.h - what relais audit and relais proof share: a checkpoint on demand. */
#ifndef RELAIS_GATEWAY_CLI_AUDIT_H
#define RELAIS_GATEWAY_CLI_AUDIT_H

#include "gateway/cli_view.h"

/* Waits until all that was committed by now is linked, and a checkpoint over it is sealed: its number, or 0 when linker or signer did not
 * come to it within some seconds. */
MUST_USE enum reason cli_checkpoint(struct cli *cli, int64_t *number);

#endif

/* gateway/cli_trust.h - relais trust explain, which has a file of its own. */
#ifndef RELAIS_GATEWAY_CLI_TRUST_H
#define RELAIS_GATEWAY_CLI_TRUST_H

#include "gateway/cli_view.h"

/* certificate: PEM file or printed name, NULL = none is judged. Gives an exit status: 1 when it would not be accepted. */
int cli_trust_explain(struct cli *cli, const char *domain, const char *certificate);

#endif

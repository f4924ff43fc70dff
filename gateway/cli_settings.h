/* gateway/cli_settings.h - relais settings list: every span and window of the policy, with what the operator set otherwise. */
#ifndef RELAIS_GATEWAY_CLI_SETTINGS_H
#define RELAIS_GATEWAY_CLI_SETTINGS_H

#include "gateway/cli_view.h"

/* Gives an exit status. */
int cli_settings_list(struct cli *cli);

#endif

/* gateway/cli_expert.h - what the verbs share about experts. */
#ifndef RELAIS_GATEWAY_CLI_EXPERT_H
#define RELAIS_GATEWAY_CLI_EXPERT_H

#include "gateway/cli_view.h"

/* relais dossier experts REF: a table of who could be asked for that dossier, and why the others not. Gives an exit status. */
int cli_dossier_experts(struct cli *cli, int64_t id, const char *ref);
/* relais pathology|expert|sender|recipient|account list | import FILE (gateway/cli_rules.c). */
int cli_rules(const char *kind, int argc, char **argv);

#endif

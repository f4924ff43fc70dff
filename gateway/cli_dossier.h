/* gateway/cli_dossier.h - what the verbs of `relais dossier` share. */
#ifndef RELAIS_GATEWAY_CLI_DOSSIER_H
#define RELAIS_GATEWAY_CLI_DOSSIER_H

#include "gateway/cli_view.h"

/* Asks the worker for an act on a dossier (policy_act_name) and waits for its answer; takes the reference to args. The policy's reason;
 * STORE_CONFLICT: no worker answered. */
MUST_USE enum reason cli_dossier_ask(struct cli *cli, const char *act, int64_t dossier, json_t *args);

/* What relais dossier list is asked for; NULL: any. */
struct cli_dossier_wish {
	bool all, late;              /* those that are over, too; those alone whose promise is missed */
	const char *state, *expert, *pathology;
};
int cli_dossier_list(struct cli *cli, const struct cli_dossier_wish *wish);
/* Where it stands, its dates and what people have to do, as JSON or for people; NULL after a failure, which was told. The caller owns it. */
json_t *cli_dossier_head(struct cli *cli, int64_t id);
void cli_dossier_print_head(const struct cli *cli, const json_t *head);

/* relais dossier export REF --to PLACE --for WHOM (cli_export.c); seen REF [--document N] [--mailbox M] (cli_seen.c). Each gives an exit status. */
int cli_dossier_export(struct cli *cli, int64_t id, const char *to, const char *whom);
int cli_dossier_seen(struct cli *cli, int64_t id, const char *document, const char *mailbox);

/* True: it was erased (or that cannot be told), and *status is what the verb ends with. show and history tell what is left; all else is DOSSIER_ERASED (cli_erased.c). */
MUST_USE bool cli_dossier_erased(struct cli *cli, int64_t id, const char *ref, const char *verb, int *status);

#endif

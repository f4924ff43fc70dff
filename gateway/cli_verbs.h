/* gateway/cli_verbs.h - one function a verb of `relais`; argv[0] is the verb; each gives an exit status (cli_view.h). */
#ifndef RELAIS_GATEWAY_CLI_VERBS_H
#define RELAIS_GATEWAY_CLI_VERBS_H

int cli_dossier(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_proof(int argc, char **argv);
int cli_recheck(int argc, char **argv);
int cli_queue(int argc, char **argv);
int cli_retry(int argc, char **argv);
int cli_quarantine(int argc, char **argv);
int cli_expert(int argc, char **argv);
int cli_pathology(int argc, char **argv);
int cli_questionnaire(int argc, char **argv);
int cli_sender(int argc, char **argv);
int cli_account(int argc, char **argv);
int cli_recipient(int argc, char **argv);
int cli_settings(int argc, char **argv);
int cli_trust(int argc, char **argv);
int cli_directory(int argc, char **argv);
int cli_certificate(int argc, char **argv);
int cli_clock(int argc, char **argv);
int cli_alarms(int argc, char **argv);
int cli_tasks(int argc, char **argv);
int cli_template(int argc, char **argv);
int cli_schematron(int argc, char **argv);
int cli_reconcile(int argc, char **argv);
int cli_drill(int argc, char **argv);
int cli_fence(int argc, char **argv);
int cli_fees(int argc, char **argv);
int cli_retention(int argc, char **argv);
int cli_hold(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_restore(int argc, char **argv);
int cli_stats(int argc, char **argv);
int cli_simulate(int argc, char **argv);

#endif

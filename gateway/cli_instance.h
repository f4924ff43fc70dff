/* gateway/cli_instance.h - the verbs that make, start, stop and check an instance.
 *
 * argv[0] is the verb. Each prints for people (or --json where it says so) and returns an exit status:
 * that of cli_view.h, and 3 (start, status) when not all of it runs,
 * 6 (status) when all runs and a critical alarm is open. DIR may also be given as --dir DIR or RELAIS_DIR. */
#ifndef RELAIS_GATEWAY_CLI_INSTANCE_H
#define RELAIS_GATEWAY_CLI_INSTANCE_H

int cli_init(int argc, char **argv);      /* init DIR [--domain D] [--hostname H] [--listen HOST:PORT] [--force] */
int cli_start(int argc, char **argv);     /* start [DIR] [--foreground]; 0 once every process was started */
int cli_stop(int argc, char **argv);      /* stop [DIR] */
int cli_reload(int argc, char **argv);    /* reload [DIR] */
int cli_status(int argc, char **argv);    /* status [DIR] [--json] */
int cli_migrate(int argc, char **argv);   /* migrate [DIR] [--database CONNINFO] */
int cli_config(int argc, char **argv);    /* config check [FILE] [--print] */

#endif

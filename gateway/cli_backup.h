/* gateway/cli_backup.h - what relais backup and relais restore share. */
#ifndef RELAIS_GATEWAY_CLI_BACKUP_H
#define RELAIS_GATEWAY_CLI_BACKUP_H

#include <stdbool.h>
#include <sys/types.h>

/* Runs a program to its end, with our own outputs; false: it could not, or did not end well. */
bool cli_backup_run(char *const argv[]);

#endif

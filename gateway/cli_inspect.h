/* gateway/cli_inspect.h - relais inspect [--json] [--anchors FILE] [--crls DIR] [--time RFC3339] [--digests LIST]
 *                                        [--mail-from ADDR] [--schema DIR] [--html DIR] FILE...
 *
 * What the gateway sees in a mail, a ZIP, a CDA or a bare CMS, without a database; with --html also each CDA as a page in DIR: starts relais-verify and
 * relais-inspect that stand beside the executable, jailed as in the service. */
#ifndef RELAIS_GATEWAY_CLI_INSPECT_H
#define RELAIS_GATEWAY_CLI_INSPECT_H

/* argv[0] is the verb. Exit status: 0 every file was read to a verdict, 1 a file could not be read, 2 usage. */
int cli_inspect(int argc, char **argv);

#endif

/* gateway/cli_opinion.h - what an opinion rests on, out of a dossier's events. */
#ifndef RELAIS_GATEWAY_CLI_OPINION_H
#define RELAIS_GATEWAY_CLI_OPINION_H

#include <jansson.h>

/* {"mails": [{"inbox", "at", "digest", "signed", "signed_at"}…], "annexes": [{"inbox", "name", "digest", "type", "title", "size"}…]}: of the
 * last opinion that was found whole, else of what has come so far; out of the events (relais.dossier_history). Both lists may be empty.
 * The caller owns it. */
json_t *cli_opinion(const json_t *events);

#endif

/* gateway/cli_letter.h - a letter of the catalogue as a PDF: relais-compose makes it, jailed as ever. */
#ifndef RELAIS_GATEWAY_CLI_LETTER_H
#define RELAIS_GATEWAY_CLI_LETTER_H

#include <jansson.h>

#include "base/arena.h"

/* request: as compose_request.h has it, with the letter "alone"; takes the reference. False: why was said on standard error. */
MUST_USE bool cli_letter(struct arena *arena, const char *templates, json_t *request, struct bytes *pdf);

#endif

/* gateway/erasure_certificate.h - the certificate of an erasure: what an auditor reads, and the letter of the same to the patient (M41). No content, no
 * name: its number, the reference, the rule, the times, counts, the keeper's own record of the key that it destroyed, and what backups made before still hold. */
#ifndef RELAIS_GATEWAY_ERASURE_CERTIFICATE_H
#define RELAIS_GATEWAY_ERASURE_CERTIFICATE_H

#include <jansson.h>

#include "base/arena.h"
#include "gateway/config.h"

/* row: of relais.erasure_list(). Text of lines, in the arena. */
const char *erasure_certificate_text(struct arena *arena, const struct config *config, const json_t *row, bool french);
/* compose's request for the letter: to whom, lines separated by |; "" = our own address. The caller owns it. NULL: an address that no letter has,
 * or the erasure is not of a dossier, or has not ended. */
json_t *erasure_certificate_letter(struct arena *arena, const struct config *config, const json_t *row, const char *to, bool french);

#endif

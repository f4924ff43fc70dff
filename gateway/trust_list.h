/* gateway/trust_list.h - the trust space's white list (national XML form): which certificate may speak for which domain.
 *
 * Source: root ListeBlancheMSSante, namespace https://listeblanche.mssante.fr/schema, one Domaine an entry with Nom and
 * DNCertificatOperateur; a domain may stand several times, each time with another certificate name. */
#ifndef RELAIS_GATEWAY_TRUST_LIST_H
#define RELAIS_GATEWAY_TRUST_LIST_H

#include <jansson.h>

#include "base/arena.h"
#include "base/reason.h"

/*
 * [{"domain", "name" (canonical), "shown"}…] in *pairs, owned by the caller. A list that ends too early, holds a DOCTYPE, has another root,
 * no entry or a name that cannot be read is refused whole: *entry then counts the entries read before.
 */
MUST_USE enum reason trust_list_read(struct arena *arena, struct bytes xml, json_t **pairs, size_t *entry);

#endif

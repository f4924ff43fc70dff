/* gateway/directory_ask.h - one look-up of one person, in the FHIR interface and the LDAP directory that the configuration names. For a process
 * that may speak to the outside (relais-refresher), in a child of its own. */
#ifndef RELAIS_GATEWAY_DIRECTORY_ASK_H
#define RELAIS_GATEWAY_DIRECTORY_ASK_H

#include "gateway/config.h"
#include "gateway/directory_answer.h"

bool directory_asks(const struct config *config);
/*
 * Both are asked; the answer has what both know. rpps: eleven digits (USAGE otherwise: nothing else ever leaves). FETCH_…, DIRECTORY_AWAY,
 * DIRECTORY_ANSWER, DIRECTORY_SIZE, IO (the key's file): one of them gave none, and *answer is not to be used: what was known stands.
 */
MUST_USE enum reason directory_ask(struct arena *arena, const struct config *config, struct bytes rpps, struct directory_answer *answer);

/* The LDAP half (directory_ldap.c). */
MUST_USE enum reason directory_ask_ldap(struct arena *arena, const struct config *config, struct bytes rpps, struct directory_answer *answer);

#endif

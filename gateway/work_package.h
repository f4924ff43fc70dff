/* gateway/work_package.h - how a document of a dossier is described in the package that carries it on. */
#ifndef RELAIS_GATEWAY_WORK_PACKAGE_H
#define RELAIS_GATEWAY_WORK_PACKAGE_H

#include <jansson.h>

/*
 * The DOCUMENT of gateway/compose_request.h from the facts that inspect gave of a CDA: what the CDA says of itself (HL7v2 transmission
 * volet 2.1, mapping). NULL for what is no CDA, or has no id, type, time or author: it stays a loose file. What is too long or odd for
 * an attribute is left out, so that a sender's slip never keeps a dossier from its expert. Owned by the caller.
 */
json_t *work_package_entry(const json_t *facts);

#endif

/* gateway/verify_material.h - what relais-verify hands out of its trust: the certificate or list that a verdict named.
 *
 * The contract of request and answer is in ARCHITECTURE.md ("verify"). */
#ifndef RELAIS_GATEWAY_VERIFY_MATERIAL_H
#define RELAIS_GATEWAY_VERIFY_MATERIAL_H

#include "gateway/verify_message.h"

/* Is it a request of this kind? */
bool verify_material_asked(struct bytes request);

/* The answer's JSON is {"kind": "certificate"|"crl"|null}; with a kind, the DER is the first BLOB. FRAME: no digest; MEMORY. */
MUST_USE enum reason verify_material(struct arena *arena, const struct verify_warm *warm, struct bytes request,
				     struct verify_answer *out);

#endif

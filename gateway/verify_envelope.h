/* gateway/verify_envelope.h - encrypted mail in relais-verify: for whom it is, and, once its key was had elsewhere, what it says.
 *
 * Each question has a child of its own, which holds no private key. The contract of requests and answers is in ARCHITECTURE.md ("verify").
 * What comes out is a message again: the outer fields but those of its content, then the inner entity with its Content-* fields and no
 * other, so that nothing inside speaks for the sender, the recipient or the date. It goes through verify and inspect as any message. */
#ifndef RELAIS_GATEWAY_VERIFY_ENVELOPE_H
#define RELAIS_GATEWAY_VERIFY_ENVELOPE_H

#include "gateway/verify_message.h"

/* Is it a request of this kind? */
bool verify_envelope_asked(struct bytes request);

/* FRAME: the request is not to be read; MEMORY. Anything in the payload itself is an answer with a reason. */
MUST_USE enum reason verify_envelope(struct arena *arena, struct bytes request, struct bytes payload, struct verify_answer *out);

#endif

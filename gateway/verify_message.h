/* gateway/verify_message.h - what relais-verify does with one message: own scan, signed range, signature verdict.
 *
 * The contract of request and answer is in ARCHITECTURE.md ("verify"). Beyond it the answer of a mail has
 * "head": [OFFSET, LENGTH], the outer header block, and a message that no library may be given has the range [0, 0].
 * "bound" is told for a valid signature only. mail_from: "" or "<>" is the null sender; null is so too for source "mail". */
#ifndef RELAIS_GATEWAY_VERIFY_MESSAGE_H
#define RELAIS_GATEWAY_VERIFY_MESSAGE_H

#include "base/arena.h"
#include "base/reason.h"
#include "certs/trust.h"

struct verify_warm {
	const struct trust *trust;
	unsigned digests;              /* when the request names none */
};

struct verify_answer {
	struct bytes json;             /* in the arena, like the blobs */
	struct bytes blobs[2];
	size_t n;
};

/* FRAME: the request is not to be read; MEMORY. Anything in the payload itself is a verdict. */
MUST_USE enum reason verify_message(struct arena *arena, const struct verify_warm *warm, struct bytes request,
				    struct bytes payload, struct verify_answer *out);

#endif

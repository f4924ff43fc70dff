/* gateway/open_message.h - an encrypted message made readable: its key from relais-opener, its content from relais-verify.
 *
 * Nothing of it is stored: whoever needs the content again asks again, and the opener's journal has a line for each time. */
#ifndef RELAIS_GATEWAY_OPEN_MESSAGE_H
#define RELAIS_GATEWAY_OPEN_MESSAGE_H

#include <jansson.h>

#include "gateway/oneshot.h"
#include "gateway/opener_client.h"

/* Does verify's answer say that the message is encrypted, and of a shape that can be opened (RFC 8551 3.3)? */
bool open_message_wanted(const json_t *verified);

/*
 * raw: the message of that body, as it came; mail as in opener_client.h. *message is in the arena. *authenticated: by the encryption itself;
 * without it only a good signature inside says anything about the content.
 * SIG_ENCRYPTED, SIG_MALFORMED, OPEN_OTHER, OPEN_ALGORITHM, OPEN_FAILED: of the message. OPEN_AWAY and the reasons of oneshot.h: try again.
 */
MUST_USE enum reason open_message(struct oneshot *verify, struct opener_client *opener, struct arena *arena, int64_t body, int64_t mail, struct bytes raw,
				  struct bytes *message, bool *authenticated);

#endif

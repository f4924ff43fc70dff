/* gateway/envelope_answer.h - what relais-verify says of a recipient, as JSON: written there, read by who holds the private key.
 *
 * Apart from the rest of verify, so that the holder of the key links none of what reads an object. */
#ifndef RELAIS_GATEWAY_ENVELOPE_ANSWER_H
#define RELAIS_GATEWAY_ENVELOPE_ANSWER_H

#include "certs/envelope.h"

struct bytes envelope_answer_write(struct arena *arena, const struct envelope_recipient *recipient);

/* Bytes of a child that has read a stranger's: everything is checked once more. ids: how many were asked for. FRAME: it is no such answer; else the
 * reason that it names, OPEN_OTHER, OPEN_ALGORITHM or SIG_MALFORMED, or NONE. */
MUST_USE enum reason envelope_answer_read(struct arena *arena, struct bytes json, size_t ids, struct envelope_recipient *out);

/* Lower-case hexadecimal of at most that many bytes, in the arena. */
MUST_USE bool envelope_hex_read(struct arena *arena, struct bytes text, size_t most, struct bytes *out);

#endif

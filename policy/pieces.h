/* policy/pieces.h - the attachments of a message that were set aside, as its sender is told of them. Pure: the text depends on the message
 * alone, so that a receipt with it still tells nothing of dossiers. */
#ifndef RELAIS_POLICY_PIECES_H
#define RELAIS_POLICY_PIECES_H

#include "base/arena.h"
#include "policy/facts.h"

/* A line a piece, with its number in the message, the ending of its name, what is wrong and what to do; a name itself may be a person's.
 * At most ten, then how many more. Empty when none was set aside. */
struct bytes pieces_text(struct arena *arena, const struct policy_message *message, bool english);
/* The reason of the first of them; NONE. */
enum reason pieces_reason(const struct policy_message *message);

#endif

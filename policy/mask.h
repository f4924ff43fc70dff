/* policy/mask.h - takes what must not travel out of a text: a matricule, a mailbox. */
#ifndef RELAIS_POLICY_MASK_H
#define RELAIS_POLICY_MASK_H

#include "base/arena.h"

/* Every occurrence of the matricule's 13 first characters, with or without its key, with spaces, dots, hyphens or
 * no-break spaces between its characters, becomes "[...]". An empty matricule masks nothing. Result in the arena. */
struct bytes mask_matricule(struct arena *arena, struct bytes text, struct bytes matricule);
/* Every occurrence of an address or of another word, ASCII case-blind. */
struct bytes mask_address(struct arena *arena, struct bytes text, struct bytes address);

#endif

/* smtp/reply_private.h - mail addresses and telephone numbers in a text that goes through the relay: found, and masked (product.md E42).
 *
 * French numbers in all their spellings, foreign ones with + or 00. Never an emergency number or a short one of public service, never those
 * that are given as the service's own. A date, a dossier's reference, a dose or a matricule is none. */
#ifndef RELAIS_SMTP_REPLY_PRIVATE_H
#define RELAIS_SMTP_REPLY_PRIVATE_H

#include "base/arena.h"

struct reply_private {
	struct bytes text;         /* with "[adresse masquée]", "[numéro masqué]" (or in English) in their place; in the arena */
	size_t addresses, numbers; /* how many were masked */
};

/* own: the service's telephone numbers as they are written, its addresses, or its domains ("avis.example", the ones below it too). */
void reply_private_mask(struct arena *arena, struct bytes text, const struct bytes *own, size_t n_own, bool english, struct reply_private *out);

#endif

/* gateway/compose_links.h - what may be touched in a mail: the words of an answer, ready to be sent, and the telephone. */
#ifndef RELAIS_GATEWAY_COMPOSE_LINKS_H
#define RELAIS_GATEWAY_COMPOSE_LINKS_H

#include "smtp/compose_html.h"

/* For the code's mail; words need reply_to (a relay address: the answer is known by it, whatever the client does with the thread). In the arena. */
const struct compose_link *compose_links(struct arena *arena, bool english, struct bytes code, struct bytes reply_to, struct bytes subject,
					 struct bytes phone, size_t *count);

#endif

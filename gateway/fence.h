/* gateway/fence.h - before anything starts, and whenever the server is another: does the database know what the journals outside it know?
 *
 * One that was set back to an earlier point, by a restore or a standby that was behind, would give numbers and references a second time and let mail leave
 * again. The fence (gateway/schema/0001_mail.sql) closes then, and nothing is decided or sent before `relais fence lift`. Nor is anything between the start
 * of a server and the first look at it. */
#ifndef RELAIS_GATEWAY_FENCE_H
#define RELAIS_GATEWAY_FENCE_H

#include "gateway/store.h"

struct fence_looked {
	bool closed;           /* nothing may be decided or sent; true when it could not be found out */
	const char *unread;    /* the path of what cannot be read, in the arena; NULL: it is not that */
};

/* Holds the ends of the journals in that folder (receiver*, collector*: what was accepted; deliverer*: what was sent) against the database, as the operator's
 * role. IO: a journal is there and cannot be read; or the store's reason. */
MUST_USE enum reason fence_look(struct store *store, struct arena *arena, const char *folder, struct fence_looked *looked);

#endif

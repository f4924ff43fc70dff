/* gateway/receiver_told.h - what is refused before a message is taken in (at the door, in TLS, AUTH, MAIL, RCPT, DATA), for the trail: counted by
 * peer, step and reason, and written every TOLD_SECONDS. A flood is TOLD_MOST rows and one more at a time, however many peers it has.
 *
 * A row names the address of an operator's server, never that of a person who submits. */
#ifndef RELAIS_GATEWAY_RECEIVER_TOLD_H
#define RELAIS_GATEWAY_RECEIVER_TOLD_H

#include <netinet/in.h>

#include "base/arena.h"
#include "base/reason.h"

enum { TOLD_MOST = 16, TOLD_SECONDS = 30 };

/* Starts as zeros. */
struct told {
	struct {
		char peer[INET6_ADDRSTRLEN + 1];   /* "" of who submits */
		const char *step;                  /* a constant */
		enum reason reason;
		uint64_t count;
	} list[TOLD_MOST];
	size_t n;
	uint64_t others;                           /* what found no room */
};

/* peer: NULL of who submits. */
void told_add(struct told *told, const char *peer, const char *step, enum reason reason);
/* What could not be written, back to what came meanwhile. */
void told_merge(struct told *told, const struct told *more);
bool told_nothing(const struct told *told);
/* For relais.audit_refused, in the arena: [{"peer"?,"step"?,"reason"?,"count"}…]; the one of all others has its count alone. */
struct bytes told_json(const struct told *told, struct arena *arena);

#endif

/* gateway/identity_private.h - the question itself: one POST over TLS. For identity.c and identity_ask.c. */
#ifndef RELAIS_GATEWAY_IDENTITY_PRIVATE_H
#define RELAIS_GATEWAY_IDENTITY_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/reason.h"

struct identity_server {
	const char *address;
	char *user, *secret;         /* as they stand in Basic authentication */
	struct bytes anchors;        /* PEM: the only authorities that may vouch for the server */
};

/* Starts the library, once a process and before its threads. NULL, or what is wrong with the library that was found. */
const char *identity_library(void);
void identity_library_end(void);
/* A half of Basic authentication is form-encoded first (RFC 6749 2.3.1). NULL when memory is short. */
char *identity_encoded(struct arena *arena, struct bytes text);
/* RFC 6750 2.1: b64token. Whatever else a client sends is no token, and goes nowhere. */
bool identity_is_token(struct bytes token);
/* The body of a 200 answer, else AUTH_LATER (logged); MEMORY. The question is wiped. */
MUST_USE enum reason identity_ask(const struct identity_server *server, struct bytes token, struct buf *answer);

#endif

/* gateway/identity.h - whose token is this? OAuth 2.0 token introspection (RFC 7662) for our own correspondents' software.
 *
 * The token is a secret of the person who was given it: it is sent to the configured server over TLS, is kept nowhere and
 * stands in no log. What is remembered, for LIMIT_IDENTITY_REMEMBER_SECONDS at most, is the answer, under the SHA-256 of the token. */
#ifndef RELAIS_GATEWAY_IDENTITY_H
#define RELAIS_GATEWAY_IDENTITY_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "gateway/config.h"

enum { IDENTITY_DETAIL = 256 };

struct identity;

struct identity_person {
	struct bytes subject;         /* the value of the configured claim; in the caller's arena */
	struct instant expires;       /* of the token */
};

/* What an answer must say. Empty texts are not asked for, but the subject's claim always is. */
struct identity_settings {
	const char *issuer, *audience, *scope;
	const char *subject_claim;    /* "" = SubjectNameID when the answer has it, else sub */
};

/* Reads the secret and the anchors: before the jail, once a process. *out is NULL when no introspection is configured.
 * CONFIG_VALUE (an address that is not https, an empty client or issuer, a library without TLS by OpenSSL) or IO, with what
 * is wrong in detail. The settings are borrowed: arena and config must outlive it. */
MUST_USE enum reason identity_open(struct arena *arena, const struct config *config, struct identity **out,
				   char detail[IDENTITY_DETAIL]);
void identity_close(struct identity **identity);

/*
 * Asks the server, or remembers. Blocks for at most LIMIT_IDENTITY_SECONDS; may be called by several threads at once.
 * REASON_AUTH_TOKEN: not active, expired, of another issuer or audience, or no token at all (RFC 6750 2.1 b64token).
 * REASON_AUTH_LATER: the server is away, slow, does not prove its name, or answers what is no introspection; or
 * LIMIT_IDENTITY_ASKING threads are asking already: the others have mail to take. MEMORY: no room in the arena.
 * The caller wipes its own copy of the token.
 */
MUST_USE enum reason identity_check(struct identity *identity, struct arena *arena, struct bytes token,
				    struct identity_person *out);

/*
 * The judgement alone, without network or clock: the body of a 200 answer, what is wanted, now.
 * AUTH_LATER when it is no introspection answer (RFC 7662 2.2: one JSON object with a boolean "active"; a name twice is none),
 * AUTH_TOKEN when it says no, or lacks what we ask for. *claim names what was wrong, "" when it is no answer at all.
 */
MUST_USE enum reason identity_judge(struct arena *arena, struct bytes answer, const struct identity_settings *settings,
				    struct instant now, struct identity_person *out, const char **claim);

#endif

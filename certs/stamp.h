/* certs/stamp.h - a time-stamping authority's word on when something existed (RFC 3161), and the seal of a checkpoint.
 *
 * Stamped is the SHA-256 of the whole data. What the authority answers is kept as it came (TimeStampResp, DER): that is what
 * `openssl ts -verify -in` reads. */
#ifndef RELAIS_CERTS_STAMP_H
#define RELAIS_CERTS_STAMP_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

struct stamp_query {
	struct bytes der;            /* TimeStampReq: SHA-256, a nonce of 128 bits, the authority's certificate asked for */
};

/* In the arena. MEMORY. */
MUST_USE enum reason stamp_query(struct arena *arena, struct bytes data, struct stamp_query *out);
/*
 * The answer to that query, about that data. STAMP_ANSWER: it is no answer, it refuses, or it speaks of other data or of another
 * query; STAMP_UNTRUSTED: no certificate for time-stamping under these anchors (PEM file) has signed it; CONFIG_VALUE: the anchors cannot be
 * read; MEMORY. *at (may be NULL): the time that it tells.
 */
MUST_USE enum reason stamp_read(const char *anchors, struct bytes data, const struct stamp_query *query, struct bytes answer, struct instant *at);
/* The same years later, when the query is gone: query NULL. The chain is judged as of the time of the stamp. */
MUST_USE enum reason stamp_check(const char *anchors, struct bytes data, struct bytes answer, struct instant *at);

/* Is the detached CMS signature over these bytes right, by one signer? The chain is not asked here. fingerprint: SHA-256 of his
 * certificate, hexadecimal. SIGN_REFUSED: no. */
enum { STAMP_FINGERPRINT = 65 };
MUST_USE enum reason seal_check(struct bytes content, struct bytes seal, char fingerprint[STAMP_FINGERPRINT]);

#endif

/* certs/sign.h - the seal: a detached CMS signature over exact bytes (RFC 5652, 8551). Linked by the signer only. */
#ifndef RELAIS_CERTS_SIGN_H
#define RELAIS_CERTS_SIGN_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "certs/key.h"

struct sign;

enum { SIGN_DETAIL = 256 };

/*
 * certificate: PEM, the seal's own first, then its chain; key: a file or a token. The pair must fit, the
 * certificate must be made for signing mail and name one mailbox. CONFIG_VALUE otherwise (detail says what); *out is NULL.
 */
MUST_USE enum reason sign_open(const char *certificate, const struct key_source *key, struct sign **out, char detail[SIGN_DETAIL]);
/* Accepts NULL, leaves NULL behind. */
void sign_close(struct sign **sign);

/* Borrowed: the only rfc822Name of the certificate, and the SHA-256 of the certificate in hexadecimal. */
struct bytes sign_mailbox(const struct sign *sign);
struct bytes sign_fingerprint(const struct sign *sign);
/* Is the certificate within its dates then? */
bool sign_current(const struct sign *sign, struct instant at);
/* During a rollover two seals are valid side by side: of those current then, the one whose dates begin last; NULL: none is. Entries
 * of the list may be NULL. */
const struct sign *sign_newest(struct sign *const *list, size_t n, struct instant at);

/*
 * Over the entity where it lies; SHA-256, signed attributes contentType, signingTime (= at), messageDigest and
 * signingCertificateV2. *der is in the arena. SIGN_REFUSED: the certificate is not current at that time, the entity is empty
 * or over LIMIT_MESSAGE, or OpenSSL failed; MEMORY.
 */
MUST_USE enum reason sign_detached(struct arena *arena, const struct sign *sign, struct bytes entity, struct instant at,
				   struct bytes *der);

#endif

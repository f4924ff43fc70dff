/* certs/opening.h - the private key for mail that is encrypted to us: what a recipient's words (certs/envelope.h) hide is made readable.
 *
 * It reads no object of a stranger: numbers of bounded size, that a child without the key has taken out. Linked by relais-opener only. */
#ifndef RELAIS_CERTS_OPENING_H
#define RELAIS_CERTS_OPENING_H

#include "base/instant.h"
#include "certs/envelope.h"
#include "certs/key.h"

struct opening;
enum { OPENING_IDS = 2, OPENING_DETAIL = 256 };

/*
 * certificate: PEM, our own first; key: a file or a token. The pair must fit, the certificate must be made for encrypting mail, the key RSA of
 * LIMIT_RSA_BITS_MIN to _MAX or EC on P-256, P-384, P-521. CONFIG_VALUE otherwise (detail says what); *out is NULL. An ended certificate is taken: mail
 * encrypted to it may be under way, or held.
 */
MUST_USE enum reason opening_open(const char *certificate, const struct key_source *key, struct opening **out, char detail[OPENING_DETAIL]);
/* Accepts NULL, leaves NULL behind. */
void opening_close(struct opening **opening);

/* Borrowed: the SHA-256 of the certificate in hexadecimal, and its names as recipients use them (the second is empty without a key identifier). */
struct bytes opening_fingerprint(const struct opening *opening);
struct bytes opening_id(const struct opening *opening, size_t i);

/*
 * The content's key, key_bits of it. False: it could not be had; out then holds random bytes, so that who goes on with them meets the same
 * failure at the same place as with a wrong key, whatever was wrong here (RFC 3218 2.3, Manger 2001).
 */
bool opening_unwrap(const struct opening *opening, const struct envelope_recipient *recipient, unsigned char out[ENVELOPE_KEY_MAX]);

#endif

/* certs/encrypt.h - mail encrypted to a recipient whose certificate we hold (RFC 5083 and 5084, RFC 5652 6).
 *
 * The key for an RSA certificate goes by OAEP with SHA-256, for one on a curve by ephemeral ECDH with the X9.63 derivation over SHA-256 and the
 * AES-256 key wrap; the content by AES-256. Authenticated (AES-256-GCM, AuthEnvelopedData) is what we send unless the operator knows
 * that the recipient's program reads EnvelopedData (AES-256-CBC) alone; the signature inside is what proves the content then. */
#ifndef RELAIS_CERTS_ENCRYPT_H
#define RELAIS_CERTS_ENCRYPT_H

#include "base/arena.h"
#include "base/reason.h"

enum encrypt_content { ENCRYPT_AUTHENTICATED, ENCRYPT_ENVELOPED };

/* The entity inside an object for that certificate (DER, which recipient.h judges); *out in the arena. SIGN_REFUSED: OpenSSL failed, or it is empty or over LIMIT_MESSAGE; MEMORY. */
MUST_USE enum reason encrypt_entity(struct arena *arena, struct bytes der, enum encrypt_content content, struct bytes entity, struct bytes *out);

#endif

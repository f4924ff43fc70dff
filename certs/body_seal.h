/* certs/body_seal.h - how the bytes of a message are kept: each body under a key of its own, that key sealed to the keeper.
 *
 * A body is cut into chunks of LIMIT_CHUNK bytes, the last one shorter (an empty body has one empty chunk). A chunk is kept as
 *     AES-256-GCM(key, nonce, chunk) || 16-byte tag          nonce: chunk number, big-endian, 11 bytes || 1 if it is the last, else 0
 * so that a chunk cut off, moved, repeated or put into another body does not open. A key seals one body, once.
 *
 * The key itself is kept in one of two forms, both bound to the body by what is authenticated beside it: SHA-256 of the plain
 * bytes || their size as 8 bytes, big-endian.
 *     to a public key (80 bytes): ephemeral X25519 public key (RFC 7748) || AES-256-GCM(k, nonce of zeros, key) || tag, with
 *         k = HKDF-SHA256 (RFC 5869; salt: ephemeral || recipient's public key, info: "relais intake 1") of the shared secret
 *     under a key of the keeper (60 bytes): random nonce of 12 bytes || AES-256-GCM(that key, nonce, key) || tag
 *
 * All functions: BODY_SEAL when the bytes are not what was sealed (or the key is another's), MEMORY when OpenSSL has none. */
#ifndef RELAIS_CERTS_BODY_SEAL_H
#define RELAIS_CERTS_BODY_SEAL_H

#include "base/bytes.h"
#include "base/reason.h"

enum { BODY_KEY = 32, BODY_TAG = 16, BODY_DIGEST = 32, BODY_TO_PUBLIC = 80, BODY_UNDER_KEY = 60 };

struct body_key {
	unsigned char at[BODY_KEY];
};

/* Once before a jail, where no library's settings can be read any more: true when a key sealed and opened is itself. */
MUST_USE bool body_seal_ready(void);

/* Random; for a body, for a dossier. */
MUST_USE enum reason body_key_make(struct body_key *out);
void body_key_wipe(struct body_key *key);

/* out has plain.len + BODY_TAG bytes; the two may be the same place. */
MUST_USE enum reason body_chunk_seal(const struct body_key *key, uint64_t number, bool last, struct bytes plain, unsigned char *out);
/* out has stored.len - BODY_TAG bytes; the two may be the same place. On failure what stands in out means nothing. */
MUST_USE enum reason body_chunk_open(const struct body_key *key, uint64_t number, bool last, struct bytes stored, unsigned char *out);

/* What a sealed key is bound to: of the plain body. */
struct body_bound {
	unsigned char at[BODY_DIGEST + 8];
};
struct body_bound body_bound(const unsigned char digest[BODY_DIGEST], uint64_t size);

/* X25519. */
MUST_USE enum reason body_pair_make(struct body_key *private_half, unsigned char public_half[BODY_KEY]);
MUST_USE enum reason body_key_seal(const struct body_key *key, const unsigned char public_half[BODY_KEY], const struct body_bound *bound,
				   unsigned char out[BODY_TO_PUBLIC]);
MUST_USE enum reason body_key_open(struct bytes sealed, const struct body_key *private_half, const struct body_bound *bound, struct body_key *out);

/* The same under a key of the keeper; bound: any text that names what is wrapped. */
MUST_USE enum reason body_key_wrap(const struct body_key *key, const struct body_key *by, struct bytes bound, unsigned char out[BODY_UNDER_KEY]);
MUST_USE enum reason body_key_unwrap(struct bytes wrapped, const struct body_key *by, struct bytes bound, struct body_key *out);

#endif

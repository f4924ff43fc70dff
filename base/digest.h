/* base/digest.h - SHA-1 and SHA-256 (FIPS 180-4), for the processes that must not link a crypto library.
 *
 * They name documents and compare packages with what their metadata say (IHE XDM asks for SHA-1).
 * They take no part in any signature: certs/ has OpenSSL for that. */
#ifndef RELAIS_BASE_DIGEST_H
#define RELAIS_BASE_DIGEST_H

#include "base/bytes.h"

enum { DIGEST_SHA1 = 20, DIGEST_SHA256 = 32, DIGEST_BLOCK = 64 };
enum { DIGEST_SHA1_TEXT = 2 * DIGEST_SHA1 + 1, DIGEST_SHA256_TEXT = 2 * DIGEST_SHA256 + 1 };

void digest_sha1(struct bytes data, unsigned char out[DIGEST_SHA1]);
void digest_sha256(struct bytes data, unsigned char out[DIGEST_SHA256]);

/* SHA-256 of bytes that come in pieces. */
struct digest_run {
	uint32_t state[8];
	uint64_t len;
	unsigned char part[DIGEST_BLOCK];   /* what does not fill a block yet */
};
struct digest_run digest_start(void);
void digest_add(struct digest_run *run, struct bytes piece);
/* The run is spent. */
void digest_end(struct digest_run *run, unsigned char out[DIGEST_SHA256]);

/* The same in lower-case hexadecimal, with a NUL. */
void digest_sha1_text(struct bytes data, char out[DIGEST_SHA1_TEXT]);
void digest_sha256_text(struct bytes data, char out[DIGEST_SHA256_TEXT]);
void digest_text(const unsigned char raw[DIGEST_SHA256], char out[DIGEST_SHA256_TEXT]);

#endif

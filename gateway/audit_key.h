/* gateway/audit_key.h - the key under which the rows of the trail name what they stand for; a file outside the database.
 *
 * The key of one row is HMAC-SHA-256(key, its number in decimal); what the row carries is SHA-256(key of the row, evidence). Who is shown one
 * row's key can check that row, and learns nothing of another. */
#ifndef RELAIS_GATEWAY_AUDIT_KEY_H
#define RELAIS_GATEWAY_AUDIT_KEY_H

#include "base/digest.h"
#include "base/reason.h"

enum { AUDIT_KEY = 32 };

struct audit_key {
	unsigned char inner[DIGEST_BLOCK], outer[DIGEST_BLOCK];   /* RFC 2104: the key, padded and masked */
};

/* AUDIT_KEY_…: it is not there, cannot be read, or has not 32 bytes. */
MUST_USE enum reason audit_key_read(const char *path, struct audit_key *out);
void audit_key_make(const unsigned char key[AUDIT_KEY], struct audit_key *out);
/* What the trail knows of the key (relais.audit_key_name): HMAC-SHA-256 of a constant, in hexadecimal. */
void audit_key_name(const struct audit_key *key, char out[DIGEST_SHA256_TEXT]);

/* Of one row. */
void audit_row_key(const struct audit_key *key, int64_t row, unsigned char out[DIGEST_SHA256]);
void audit_row_proof(const struct audit_key *key, int64_t row, struct bytes evidence, char out[DIGEST_SHA256_TEXT]);

#endif

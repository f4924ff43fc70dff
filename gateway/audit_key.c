/* gateway/audit_key.c - see audit_key.h. */
#include "gateway/audit_key.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

void audit_key_make(const unsigned char key[AUDIT_KEY], struct audit_key *out)
{
	for (size_t i = 0; i < DIGEST_BLOCK; i++) {
		unsigned char byte = i < AUDIT_KEY ? key[i] : 0;
		out->inner[i] = byte ^ 0x36;
		out->outer[i] = byte ^ 0x5c;
	}
}

enum reason audit_key_read(const char *path, struct audit_key *out)
{
	unsigned char key[AUDIT_KEY + 1];
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = file < 0 ? -1 : read(file, key, sizeof key);

	if (file >= 0)
		close(file);
	if (n == AUDIT_KEY)
		audit_key_make(key, out);
	secret_wipe(key, sizeof key);
	return n == AUDIT_KEY ? REASON_NONE : REASON_AUDIT_KEY;
}

/* HMAC-SHA-256 (RFC 2104). */
static void keyed(const struct audit_key *key, struct bytes text, unsigned char out[DIGEST_SHA256])
{
	struct digest_run run = digest_start();
	unsigned char inner[DIGEST_SHA256];

	digest_add(&run, (struct bytes){key->inner, sizeof key->inner});
	digest_add(&run, text);
	digest_end(&run, inner);
	run = digest_start();
	digest_add(&run, (struct bytes){key->outer, sizeof key->outer});
	digest_add(&run, (struct bytes){inner, sizeof inner});
	digest_end(&run, out);
}

void audit_key_name(const struct audit_key *key, char out[DIGEST_SHA256_TEXT])
{
	unsigned char raw[DIGEST_SHA256];

	keyed(key, BYTES("the key of a trail"), raw);
	digest_text(raw, out);
}

void audit_row_key(const struct audit_key *key, int64_t row, unsigned char out[DIGEST_SHA256])
{
	char number[24];
	int n = snprintf(number, sizeof number, "%lld", (long long)row);

	keyed(key, (struct bytes){(const unsigned char *)number, (size_t)n}, out);
}

void audit_row_proof(const struct audit_key *key, int64_t row, struct bytes evidence, char out[DIGEST_SHA256_TEXT])
{
	struct digest_run run = digest_start();
	unsigned char raw[DIGEST_SHA256];

	audit_row_key(key, row, raw);
	digest_add(&run, (struct bytes){raw, sizeof raw});
	digest_add(&run, evidence);
	digest_end(&run, raw);
	digest_text(raw, out);
}

/* tests/fuzz/fuzz_stamp.c - any bytes as a time-stamping authority's answer, and as the seal of a checkpoint.
 *
 * Whatever comes: no crash, and no trust: no fuzzer signs under an authority. The first byte says which of the two it is. */
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "certs/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An authority whose key is gone with this function: whatever is judged under it goes through the whole judgement. */
static void make_anchor(char path[64])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *root = X509_new();
	int file = memfd_create("root", 0);
	FILE *out = fdopen(file, "w");
	X509_NAME *name = X509_get_subject_name(root);

	assert(key != NULL && out != NULL && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Horodatage", -1, -1, 0) == 1);
	X509_gmtime_adj(X509_getm_notBefore(root), 0);
	X509_gmtime_adj(X509_getm_notAfter(root), 86400L * 36500);
	assert(X509_set_issuer_name(root, name) == 1 && X509_set_pubkey(root, key) == 1 && X509_sign(root, key, EVP_sha256()) > 0);
	assert(PEM_write_X509(out, root) == 1 && fflush(out) == 0);
	snprintf(path, 64, "/proc/self/fd/%d", file);
	X509_free(root);
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes all = {data, size}, rest = bytes_from(all, 1);
	char fingerprint[STAMP_FINGERPRINT];
	static char anchor[64];
	struct instant at;

	if (size == 0)
		return 0;
	if (anchor[0] == '\0')
		make_anchor(anchor);
	if (data[0] & 1) {
		enum reason reason = stamp_check(anchor, BYTES("what was sealed"), rest, &at);
		assert(reason == REASON_STAMP_ANSWER || reason == REASON_STAMP_UNTRUSTED);
	} else {
		assert(seal_check(BYTES("{\"checkpoint\":1}\n"), rest, fingerprint) == REASON_SIGN_REFUSED);
	}
	return 0;
}

/* tests/fuzz/fuzz_cms.c - CMS objects, certificates and names: any bytes; without an anchor nothing is ever valid. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/limits.h"
#include "certs/name.h"
#include "certs/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A throw-away anchor: its key is never kept, so nobody can have signed under it. */
static struct trust *make_trust(void)
{
	char path[] = "/tmp/relais-fuzz-XXXXXX", detail[TRUST_DETAIL];
	struct trust *trust = NULL;
	X509 *certificate = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int file = mkstemp(path);
	BIO *bio = file < 0 ? NULL : BIO_new_fd(file, BIO_CLOSE);

	X509_set_version(certificate, 2);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)"FUZZ", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_set_pubkey(certificate, key);
	if (bio == NULL || X509_sign(certificate, key, EVP_sha256()) <= 0 || i2d_X509_bio(bio, certificate) != 1)
		abort();
	BIO_free(bio);
	if (trust_load(path, NULL, &trust, detail) != REASON_NONE)
		abort();
	remove(path);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return trust;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct trust *trust;
	struct arena *arena = arena_create(LIMIT_MESSAGE);
	struct bytes raw = {data, size}, name;
	struct verify_facts facts;

	if (trust == NULL)
		trust = make_trust();
	for (int detached = 0; detached < 2; detached++) {
		struct verify_request request = {raw, detached == 1, BYTES("x\r\n"), BYTES("a@b.fr"), {1700000000000000},
						 VERIFY_DIGESTS | VERIFY_SHA1};
		if (verify_cms(arena, trust, &request, &facts) == REASON_NONE && facts.verdict == VERIFY_VALID)
			abort();
	}
	(void)verify_certificate_usable(raw);
	if (name_of_text(arena, raw, &name) == REASON_NONE && name.len == 0)
		abort();
	arena_destroy(&arena);
	return 0;
}

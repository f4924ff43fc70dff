/* tests/fuzz/fuzz_staple.c - OCSP answers: any bytes, and our own answer with bytes of it changed; without the issuer's key
 * nothing but our own, unchanged, is good. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ocsp.h>

#include "base/limits.h"
#include "certs/staple.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct setting {
	struct trust *trust;
	X509 *issuer, *leaf;
	unsigned char *answer;
	int len;
} setting;

static X509 *make(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by)
{
	X509 *certificate = X509_new();

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), issuer == NULL ? 1 : 2);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer == NULL ? certificate : issuer));
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400 * 30);
	X509_set_pubkey(certificate, key);
	if (X509_sign(certificate, by, EVP_sha256()) <= 0)
		abort();
	return certificate;
}

static void make_answer(EVP_PKEY *key)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), setting.leaf, setting.issuer);
	ASN1_TIME *from = X509_gmtime_adj(NULL, -60), *to = X509_gmtime_adj(NULL, 86400 * 5);

	OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, to);
	if (OCSP_basic_sign(basic, setting.issuer, key, EVP_sha256(), NULL, OCSP_NOCERTS) != 1)
		abort();
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	setting.len = i2d_OCSP_RESPONSE(response, &setting.answer);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
}

static void set_up(void)
{
	char path[] = "/tmp/relais-fuzz-XXXXXX", detail[TRUST_DETAIL];
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	int file = mkstemp(path);
	BIO *bio = file < 0 ? NULL : BIO_new_fd(file, BIO_CLOSE);

	setting.issuer = make("FUZZ", key, NULL, key);
	setting.leaf = make("LEAF", other, setting.issuer, key);
	make_answer(key);
	if (bio == NULL || i2d_X509_bio(bio, setting.issuer) != 1)
		abort();
	BIO_free(bio);
	if (trust_load(path, NULL, &setting.trust, detail) != REASON_NONE)
		abort();
	remove(path);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

static enum reason judge(const unsigned char *at, size_t len)
{
	return staple_judge(setting.trust, setting.leaf, setting.issuer, (struct bytes){at, len}, time(NULL), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (setting.trust == NULL)
		set_up();
	if (judge(data, size) == REASON_NONE && (size != (size_t)setting.len || memcmp(data, setting.answer, size) != 0))
		abort();
	/* Pairs of place and value. */
	unsigned char *bent = malloc((size_t)setting.len);
	memcpy(bent, setting.answer, (size_t)setting.len);
	for (size_t i = 0; i + 2 < size && i < 24; i += 3)
		bent[((size_t)data[i] << 8 | data[i + 1]) % (size_t)setting.len] = data[i + 2];
	if ((judge(bent, (size_t)setting.len) == REASON_NONE) != (memcmp(bent, setting.answer, (size_t)setting.len) == 0))
		abort();
	free(bent);
	return 0;
}

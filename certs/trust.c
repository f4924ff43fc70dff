/* certs/trust.c - see trust.h. */
#include "certs/trust_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/limits.h"

/* A folder of lists is ours; these bounds only keep a mistake (a home folder, a disk image) from eating the memory. */
enum { FILES_MAX = 10000 };

static bool is_self_issued(X509 *certificate)
{
	return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

static bool add_certificate(struct trust *trust, X509 *certificate)
{
	bool ok = X509_STORE_add_cert(trust->store, certificate) == 1;

	/* What a fork inherits it need not find again: the extensions as read, the algorithms as fetched. */
	(void)X509_check_purpose(certificate, -1, 0);
	(void)X509_verify(certificate, X509_get0_pubkey(certificate));

	trust->anchors += ok && is_self_issued(certificate);
	X509_free(certificate);
	return ok;
}

static BIO *open_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > LIMIT_CRL)
		return NULL;
	return BIO_new_file(path, "rb");
}

static bool load_anchors(struct trust *trust, const char *path)
{
	BIO *bio = open_file(path);
	X509 *certificate;
	size_t n = 0;
	bool ok = bio != NULL;

	while (ok && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		ok = add_certificate(trust, certificate);
		n++;
	}
	if (ok && n == 0 && BIO_reset(bio) == 0 && (certificate = d2i_X509_bio(bio, NULL)) != NULL)
		ok = add_certificate(trust, certificate);
	BIO_free(bio);
	ERR_clear_error();
	return ok && trust->anchors > 0;
}

static bool add_crl(struct trust *trust, X509_CRL *crl)
{
	if (sk_X509_CRL_push(trust->crls, crl) > 0)
		return true;
	X509_CRL_free(crl);
	return false;
}

/* A file may hold one DER list or any number of PEM ones; what is neither is passed over. */
static bool load_crl_file(struct trust *trust, const char *path)
{
	BIO *bio = open_file(path);
	X509_CRL *crl;
	size_t n = 0;
	bool ok = true;

	if (bio == NULL)
		return true;
	while (ok && (crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		ok = add_crl(trust, crl);
		n++;
	}
	if (ok && n == 0 && BIO_reset(bio) == 0 && (crl = d2i_X509_CRL_bio(bio, NULL)) != NULL)
		ok = add_crl(trust, crl);
	BIO_free(bio);
	ERR_clear_error();
	return ok;
}

static bool load_crls(struct trust *trust, const char *folder)
{
	DIR *dir = opendir(folder);
	bool ok = dir != NULL;
	size_t n = 0;

	for (struct dirent *entry; ok && (entry = readdir(dir)) != NULL;) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		ok = len > 0 && len < (int)sizeof path && ++n <= FILES_MAX && load_crl_file(trust, path);
	}
	if (dir != NULL)
		closedir(dir);
	return ok;
}

static bool hex_digest(const unsigned char *raw, unsigned len, char out[TRUST_DIGEST_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned i = 0; i < len && 2 * i + 2 < TRUST_DIGEST_TEXT; i++) {
		out[2 * i] = digits[raw[i] >> 4];
		out[2 * i + 1] = digits[raw[i] & 15];
	}
	out[TRUST_DIGEST_TEXT - 1] = '\0';
	return 2 * len + 1 == TRUST_DIGEST_TEXT;
}

/* Once for all: a list may have megabytes. */
static bool name_lists(struct trust *trust)
{
	size_t n = trust_crls(trust);
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	bool ok = true;

	trust->digests = OPENSSL_zalloc((n + 1) * sizeof *trust->digests);
	for (size_t i = 0; trust->digests != NULL && ok && i < n; i++)
		ok = X509_CRL_digest(sk_X509_CRL_value(trust->crls, (int)i), EVP_sha256(), raw, &len) == 1 &&
		     hex_digest(raw, len, trust->digests[i]);
	return trust->digests != NULL && ok;
}

/* OpenSSL tells its own check of a list only through a context. */
static bool watch_lists(struct trust *trust)
{
	X509_STORE_CTX *plain = X509_STORE_CTX_new();
	bool ok = plain != NULL && X509_STORE_CTX_init(plain, trust->store, NULL, NULL) == 1 &&
		  X509_STORE_set_ex_data(trust->store, 0, trust) == 1;

	if (ok) {
		trust->check_list = X509_STORE_CTX_get_check_crl(plain);
		X509_STORE_set_check_crl(trust->store, chain_check_list);
	}
	X509_STORE_CTX_free(plain);
	return ok;
}

/* NULL, or the path that is no good. */
static const char *read_all(struct trust *trust, const char *anchors, const char *crls)
{
	if (anchors[0] != '\0' && !load_anchors(trust, anchors))
		return anchors;
	return trust->revocation && !load_crls(trust, crls) ? crls : NULL;
}

enum reason trust_load(const char *anchors, const char *crls, struct trust **out, char detail[TRUST_DETAIL])
{
	struct trust *trust = OPENSSL_zalloc(sizeof *trust);
	enum reason reason = REASON_MEMORY;

	*out = NULL;
	detail[0] = '\0';
	if (trust == NULL)
		return REASON_MEMORY;
	trust->store = X509_STORE_new();
	trust->crls = sk_X509_CRL_new_null();
	trust->revocation = crls != NULL && crls[0] != '\0';
	if (trust->store == NULL || trust->crls == NULL || !watch_lists(trust))
		goto out;
	const char *bad = read_all(trust, anchors, crls);

	reason = REASON_CONFIG_VALUE;
	snprintf(detail, TRUST_DETAIL, "%s", bad == NULL ? "" : bad);
	if (bad != NULL)
		goto out;
	reason = REASON_MEMORY;
	if (!name_lists(trust))
		goto out;
	*out = trust;
	trust = NULL;
	reason = REASON_NONE;
out:
	trust_free(&trust);
	return reason;
}

void trust_free(struct trust **trust)
{
	if (*trust == NULL)
		return;
	sk_X509_CRL_pop_free((*trust)->crls, X509_CRL_free);
	X509_STORE_free((*trust)->store);
	OPENSSL_free((*trust)->digests);
	OPENSSL_free(*trust);
	*trust = NULL;
}

bool trust_checks_revocation(const struct trust *trust)
{
	return trust->revocation;
}

struct x509_store_st *trust_store(const struct trust *trust)
{
	return trust->store;
}

size_t trust_anchors(const struct trust *trust)
{
	return trust->anchors;
}

size_t trust_crls(const struct trust *trust)
{
	return (size_t)sk_X509_CRL_num(trust->crls);
}

struct X509_crl_st *trust_crl(const struct trust *trust, size_t n)
{
	return sk_X509_CRL_value(trust->crls, (int)n);
}

/* --- what a verdict rested on ------------------------------------------------- */

const char *trust_crl_digest(const struct trust *trust, const struct X509_crl_st *crl)
{
	for (size_t i = 0; i < trust_crls(trust); i++)
		if (sk_X509_CRL_value(trust->crls, (int)i) == crl)
			return trust->digests[i];
	return "";
}

/* The certificate of the store that has this digest, or NULL. */
static X509 *find_certificate(const struct trust *trust, struct bytes digest)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust->store);

	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		unsigned char raw[EVP_MAX_MD_SIZE];
		char text[TRUST_DIGEST_TEXT];
		unsigned len = 0;
		if (one != NULL && X509_digest(one, EVP_sha256(), raw, &len) == 1 && hex_digest(raw, len, text) &&
		    bytes_equal_text(digest, text))
			return one;
	}
	return NULL;
}

bool trust_holds(const struct trust *trust, const struct x509_st *certificate)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust->store);

	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		const X509 *one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		if (one != NULL && X509_cmp(one, certificate) == 0)
			return true;
	}
	return false;
}

static enum reason copy_out(struct arena *arena, unsigned char *der, int len, struct bytes *out)
{
	unsigned char *copy = der == NULL || len <= 0 ? NULL : arena_try(arena, (size_t)len);

	if (copy != NULL) {
		memcpy(copy, der, (size_t)len);
		*out = (struct bytes){copy, (size_t)len};
	}
	OPENSSL_free(der);
	return copy == NULL ? REASON_MEMORY : REASON_NONE;
}

enum reason trust_material(struct arena *arena, const struct trust *trust, struct bytes digest, const char **kind,
			   struct bytes *der)
{
	X509 *certificate = find_certificate(trust, digest);
	unsigned char *at = NULL;
	int len;

	if (certificate != NULL) {
		*kind = "certificate";
		len = i2d_X509(certificate, &at);
		return copy_out(arena, at, len, der);
	}
	for (size_t i = 0; i < trust_crls(trust); i++) {
		if (!bytes_equal_text(digest, trust->digests[i]))
			continue;
		*kind = "crl";
		len = i2d_X509_CRL(sk_X509_CRL_value(trust->crls, (int)i), &at);
		return copy_out(arena, at, len, der);
	}
	return REASON_NOT_FOUND;
}

/* certs/trust.c - see trust.h. */
#include "certs/trust.h"

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

/* A folder of lists is ours; these bounds only keep a mistake (a home folder, a disk image) from eating the memory. */
enum { FILES_MAX = 10000, FILE_MAX = 64 * 1024 * 1024 };

struct trust {
	X509_STORE *store;
	STACK_OF(X509_CRL) *crls;
	size_t anchors;
	bool revocation;
};

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

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
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
	/* The store keeps a reference of its own. */
	if (X509_STORE_add_crl(trust->store, crl) == 1 && sk_X509_CRL_push(trust->crls, crl) > 0)
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

enum reason trust_load(const char *anchors, const char *crls, struct trust **out, char detail[TRUST_DETAIL])
{
	struct trust *trust = OPENSSL_zalloc(sizeof *trust);
	const char *bad = NULL;

	*out = NULL;
	detail[0] = '\0';
	if (trust == NULL)
		return REASON_MEMORY;
	trust->store = X509_STORE_new();
	trust->crls = sk_X509_CRL_new_null();
	trust->revocation = crls != NULL && crls[0] != '\0';
	if (trust->store == NULL || trust->crls == NULL) {
		trust_free(&trust);
		return REASON_MEMORY;
	}
	if (anchors[0] != '\0' && !load_anchors(trust, anchors))
		bad = anchors;
	else if (trust->revocation && !load_crls(trust, crls))
		bad = crls;
	if (bad != NULL) {
		snprintf(detail, TRUST_DETAIL, "%s", bad);
		trust_free(&trust);
		return REASON_CONFIG_VALUE;
	}
	*out = trust;
	return REASON_NONE;
}

void trust_free(struct trust **trust)
{
	if (*trust == NULL)
		return;
	sk_X509_CRL_pop_free((*trust)->crls, X509_CRL_free);
	X509_STORE_free((*trust)->store);
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

struct stack_st_X509_CRL *trust_crl_stack(const struct trust *trust)
{
	return trust->crls;
}

struct X509_crl_st *trust_crl(const struct trust *trust, size_t n)
{
	return sk_X509_CRL_value(trust->crls, (int)n);
}

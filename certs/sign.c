/* certs/sign.c - see sign.h.
 *
 * 1. The bytes are hashed where they lie: no copy is canonicalised, no line end is touched.
 * 2. The key is held by this object alone and is never given out. */
#include "certs/sign.h"

#include <stdio.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/limits.h"

enum { FINGERPRINT_TEXT = 64 };

struct sign {
	X509 *certificate;
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	unsigned char *mailbox;   /* not a C string */
	size_t mailbox_len;
	char fingerprint[FINGERPRINT_TEXT];
};

static const char *load_certificates(struct sign *sign, const char *path)
{
	BIO *bio = BIO_new_file(path, "rb");
	X509 *one;

	if (bio == NULL)
		return "the certificate cannot be opened";
	sign->certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	while (sign->certificate != NULL && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(sign->chain, one) <= 0) {
			X509_free(one);
			break;
		}
	BIO_free(bio);
	return sign->certificate == NULL ? "the certificate is not PEM" : NULL;
}

static const char *load_key(struct sign *sign, const struct key_source *source)
{
	const char *why;

	sign->key = key_open(source, &why);
	if (sign->key == NULL)
		return why;
	return X509_check_private_key(sign->certificate, sign->key) == 1 ? NULL : "the key is not that of the certificate";
}

/* The one rfc822Name: a seal speaks for one mailbox. */
static const char *find_mailbox(struct sign *sign)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(sign->certificate, NID_subject_alt_name, NULL, NULL);
	const ASN1_IA5STRING *mailbox = NULL;
	size_t n = 0;

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_EMAIL) {
			mailbox = name->d.rfc822Name;
			n++;
		}
	}
	bool odd = false;
	if (n == 1) {
		sign->mailbox_len = (size_t)ASN1_STRING_length(mailbox);
		sign->mailbox = OPENSSL_memdup(ASN1_STRING_get0_data(mailbox), sign->mailbox_len);
		for (size_t i = 0; i < sign->mailbox_len; i++)
			odd |= ASN1_STRING_get0_data(mailbox)[i] <= ' ' || ASN1_STRING_get0_data(mailbox)[i] > '~';
	}
	GENERAL_NAMES_free(names);
	if (n != 1)
		return "the certificate names no mailbox or several";
	return sign->mailbox == NULL || odd || sign->mailbox_len == 0 ? "the mailbox of the certificate is odd" : NULL;
}

static const char *check_certificate(struct sign *sign)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	if (X509_check_purpose(sign->certificate, X509_PURPOSE_SMIME_SIGN, 0) != 1 ||
	    (X509_get_key_usage(sign->certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
		return "the certificate is not made for signing mail";
	if (X509_digest(sign->certificate, EVP_sha256(), digest, &len) != 1 || 2 * len != FINGERPRINT_TEXT)
		return "the certificate cannot be read";
	for (unsigned i = 0; i < len; i++) {
		sign->fingerprint[2 * i] = digits[digest[i] >> 4];
		sign->fingerprint[2 * i + 1] = digits[digest[i] & 15];
	}
	return find_mailbox(sign);
}

/* signingTime is ours to say: the caller's instant, not OpenSSL's clock. */
static bool add_time(CMS_SignerInfo *signer, struct instant at)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(at.us / 1000000));
	bool ok = time != NULL && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, time->type, time, -1) == 1;

	ASN1_TIME_free(time);
	return ok;
}

static CMS_ContentInfo *make(const struct sign *sign, BIO *content, struct instant at)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, sign->chain, NULL, flags);
	CMS_SignerInfo *signer = NULL;

	if (cms != NULL)
		signer = CMS_add1_signer(cms, sign->certificate, sign->key, EVP_sha256(), flags | CMS_CADES | CMS_NOSMIMECAP);
	if (signer == NULL || !add_time(signer, at) || CMS_final(cms, content, NULL, CMS_BINARY | CMS_DETACHED) != 1) {
		CMS_ContentInfo_free(cms);
		return NULL;
	}
	return cms;
}

/* A machine short of memory for a moment says nothing about the mail. OpenSSL names what is wrong; where it has no name, it had no memory for one. */
static enum reason why_not_made(void)
{
	enum reason reason = ERR_peek_error() == 0 ? REASON_MEMORY : REASON_SIGN_REFUSED;

	for (unsigned long error = ERR_get_error(); error != 0; error = ERR_get_error())
		if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
			reason = REASON_MEMORY;
	return reason;
}

static enum reason write_der(struct arena *arena, CMS_ContentInfo *cms, struct bytes *der)
{
	int len = i2d_CMS_ContentInfo(cms, NULL);

	if (len <= 0)
		return why_not_made();
	if (len > (int)LIMIT_CMS)
		return REASON_SIGN_REFUSED;
	unsigned char *data = arena_try(arena, (size_t)len), *to = data;

	if (data == NULL)
		return REASON_MEMORY;
	if (i2d_CMS_ContentInfo(cms, &to) != len)
		return why_not_made();
	*der = (struct bytes){data, (size_t)len};
	return REASON_NONE;
}

enum reason sign_open(const char *certificate, const struct key_source *key, struct sign **out, char detail[SIGN_DETAIL])
{
	struct sign *sign = OPENSSL_zalloc(sizeof *sign);
	const char *wrong;

	*out = NULL;
	detail[0] = '\0';
	if (sign == NULL || (sign->chain = sk_X509_new_null()) == NULL) {
		OPENSSL_free(sign);
		return REASON_MEMORY;
	}
	wrong = load_certificates(sign, certificate);
	if (wrong == NULL)
		wrong = check_certificate(sign);
	if (wrong == NULL)
		wrong = load_key(sign, key);
	ERR_clear_error();
	if (wrong != NULL) {
		snprintf(detail, SIGN_DETAIL, "%s", wrong);
		sign_close(&sign);
		return REASON_CONFIG_VALUE;
	}
	*out = sign;
	return REASON_NONE;
}

void sign_close(struct sign **sign)
{
	if (*sign == NULL)
		return;
	key_close((*sign)->key);
	X509_free((*sign)->certificate);
	sk_X509_pop_free((*sign)->chain, X509_free);
	OPENSSL_free((*sign)->mailbox);
	OPENSSL_clear_free(*sign, sizeof **sign);
	*sign = NULL;
}

struct bytes sign_mailbox(const struct sign *sign)
{
	return (struct bytes){sign->mailbox, sign->mailbox_len};
}

struct bytes sign_fingerprint(const struct sign *sign)
{
	return (struct bytes){(const unsigned char *)sign->fingerprint, FINGERPRINT_TEXT};
}

bool sign_current(const struct sign *sign, struct instant at)
{
	time_t then = (time_t)(at.us / 1000000);

	/* X509_cmp_time gives 0 on an error, -1 when the certificate's time is earlier or the same. */
	return then != 0 && X509_cmp_time(X509_get0_notBefore(sign->certificate), &then) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(sign->certificate), &then) > 0;
}

const struct sign *sign_newest(struct sign *const *list, size_t n, struct instant at)
{
	const struct sign *newest = NULL;

	for (size_t i = 0; i < n; i++)
		if (list[i] != NULL && sign_current(list[i], at) &&
		    (newest == NULL || ASN1_TIME_compare(X509_get0_notBefore(list[i]->certificate), X509_get0_notBefore(newest->certificate)) > 0))
			newest = list[i];
	return newest;
}

enum reason sign_detached(struct arena *arena, const struct sign *sign, struct bytes entity, struct instant at,
			  struct bytes *der)
{
	if (entity.len == 0 || entity.len > LIMIT_MESSAGE || !sign_current(sign, at))
		return REASON_SIGN_REFUSED;
	BIO *content = BIO_new_mem_buf(entity.at, (int)entity.len);

	if (content == NULL)
		return REASON_MEMORY;
	ERR_clear_error();
	CMS_ContentInfo *cms = make(sign, content, at);
	enum reason reason = cms == NULL ? why_not_made() : write_der(arena, cms, der);

	CMS_ContentInfo_free(cms);
	BIO_free(content);
	ERR_clear_error();
	return reason;
}

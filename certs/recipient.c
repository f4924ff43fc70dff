/* certs/recipient.c - see recipient.h. */
#include "certs/recipient.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "certs/chain.h"
#include "certs/strength.h"

static bool within(const X509 *certificate, struct instant at)
{
	time_t then = (time_t)(at.us / 1000000);

	return then != 0 && X509_cmp_time(X509_get0_notBefore(certificate), &then) < 0 && X509_cmp_time(X509_get0_notAfter(certificate), &then) > 0;
}

/* One of its rfc822Names, upper and lower case alike, as mailboxes are compared everywhere here. */
static bool names_mailbox(X509 *certificate, struct bytes mailbox)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; names != NULL && mailbox.len > 0 && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_EMAIL && ASN1_STRING_length(name->d.rfc822Name) > 0)
			found = found || bytes_equal_nocase((struct bytes){ASN1_STRING_get0_data(name->d.rfc822Name), (size_t)ASN1_STRING_length(name->d.rfc822Name)}, mailbox);
	}
	GENERAL_NAMES_free(names);
	return found;
}

static const char *judge(X509 *certificate, struct bytes mailbox, struct instant at)
{
	const EVP_PKEY *key = X509_get0_pubkey(certificate);
	bool rsa = key != NULL && EVP_PKEY_is_a(key, "RSA"), ec = key != NULL && EVP_PKEY_is_a(key, "EC");
	uint32_t flags = X509_get_extension_flags(certificate), usage = X509_get_key_usage(certificate);

	if ((flags & (EXFLAG_INVALID | EXFLAG_CA)) != 0 || (X509_get_extended_key_usage(certificate) & XKU_SMIME) == 0 ||
	    (usage & (rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)) == 0)
		return "the certificate is not made for mail to be encrypted to it";
	if ((!rsa && !ec) || !strength_key(key, false))
		return "the certificate's key is too weak, or of a kind that is not used here";
	if (!names_mailbox(certificate, mailbox))
		return "the certificate is of another mailbox";
	return within(certificate, at) ? NULL : "the certificate has ended, or is not valid yet";
}

X509 *recipient_read(struct bytes der)
{
	const unsigned char *at = der.at;
	X509 *certificate = der.len > 0 && der.len <= LIMIT_CMS ? d2i_X509(NULL, &at, (long)der.len) : NULL;

	if (certificate != NULL && at == der.at + der.len)
		return certificate;
	X509_free(certificate);
	return NULL;
}

const char *recipient_check(struct bytes der, struct bytes mailbox, struct instant at)
{
	X509 *certificate = recipient_read(der);
	const char *why = certificate == NULL ? "the certificate cannot be read" : judge(certificate, mailbox, at);

	X509_free(certificate);
	ERR_clear_error();
	return why;
}

/* --- brought in --------------------------------------------------------------------- */

static const char *judge_path(X509 *certificate, STACK_OF(X509) *others, const struct trust *trust, struct instant at)
{
	const struct chain_rules rules = {
		.purpose = X509_PURPOSE_ANY, .extended = XKU_SMIME, .use = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT, .at = (time_t)(at.us / 1000000)};
	struct chain_lists used;
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	const char *why = "the certificate cannot be read";

	if (context != NULL && X509_STORE_CTX_init(context, trust_store(trust), certificate, others) == 1) {
		int error = chain_judge(context, trust, &rules, &used);
		why = error == X509_V_OK ? NULL : X509_verify_cert_error_string(error);
	}
	X509_STORE_CTX_free(context);
	return why;
}

static bool write_pem(struct arena *arena, X509 *certificate, STACK_OF(X509) *others, struct bytes *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	bool good = bio != NULL && PEM_write_bio_X509(bio, certificate) == 1;

	for (int i = 0; good && i < sk_X509_num(others); i++)
		good = PEM_write_bio_X509(bio, sk_X509_value(others, i)) == 1;
	long len = good ? BIO_get_mem_data(bio, &text) : 0;
	if (len > 0)
		*out = arena_copy(arena, (struct bytes){(const unsigned char *)text, (size_t)len});
	BIO_free(bio);
	return len > 0;
}

static bool keep(struct arena *arena, X509 *certificate, STACK_OF(X509) *others, struct recipient_certificate *out)
{
	unsigned char *raw = NULL;
	int len = i2d_X509(certificate, &raw);
	struct tm tm;
	bool good = len > 0 && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1 && write_pem(arena, certificate, others, &out->pem);

	if (good) {
		out->der = arena_copy(arena, (struct bytes){raw, (size_t)len});
		out->until = (struct instant){(int64_t)timegm(&tm) * 1000000};
	}
	OPENSSL_free(raw);
	return good;
}

const char *recipient_import(struct arena *arena, struct bytes pem, struct bytes mailbox, const struct trust *trust, struct instant at, struct recipient_certificate *out)
{
	BIO *bio = pem.len > 0 && pem.len <= LIMIT_CMS ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
	X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL, *one;
	STACK_OF(X509) *others = sk_X509_new_null();
	const char *why = certificate == NULL || others == NULL ? "the certificate cannot be read" : judge(certificate, mailbox, at);

	while (why == NULL && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(others, one) <= 0) {
			X509_free(one);
			why = "the certificate cannot be read";
		}
	if (why == NULL)
		why = judge_path(certificate, others, trust, at);
	if (why == NULL && !keep(arena, certificate, others, out))
		why = "the certificate cannot be read";
	sk_X509_pop_free(others, X509_free);
	X509_free(certificate);
	BIO_free(bio);
	ERR_clear_error();
	return why;
}

/* certs/verify.c - see verify.h. The order of judgement, and the chain.
 *
 * 1. Every step gives a reason; the verdict is a function of the reason alone (verdict_of).
 * 2. What is hashed is the caller's bytes (detached) or the octets inside the object: never a rewritten copy.
 * 3. Nothing of the message's own revocation lists is believed: those of the snapshot count. */
#include "certs/verify.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "base/limits.h"
#include "certs/name.h"
#include "certs/verify_signer.h"

struct work {
	struct arena *arena;
	const struct trust *trust;
	const struct verify_request *request;
	struct verify_facts *out;
	CMS_ContentInfo *cms;
	STACK_OF(X509) *certificates;
	struct bytes content;
};

static enum verify_verdict verdict_of(enum reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return VERIFY_VALID;
	case REASON_SIG_NONE:
		return VERIFY_NONE;
	case REASON_SIG_ENCRYPTED:
		return VERIFY_ENCRYPTED;
	case REASON_SIG_INVALID:
	case REASON_SIG_ATTRIBUTES:
		return VERIFY_INVALID;
	case REASON_SIG_MALFORMED:
		return VERIFY_MALFORMED;
	default:
		return VERIFY_UNTRUSTED;
	}
}

/* --- opening ---------------------------------------------------------------- */

static enum reason open_cms(struct work *w)
{
	const unsigned char *at = w->request->cms.at;
	size_t len = w->request->cms.len;

	if (len == 0 || len > (w->request->detached ? LIMIT_CMS : LIMIT_MESSAGE))
		return REASON_SIG_MALFORMED;
	w->cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
	if (w->cms == NULL)
		return REASON_SIG_MALFORMED;
	switch (OBJ_obj2nid(CMS_get0_type(w->cms))) {
	case NID_pkcs7_signed:
		break;
	case NID_pkcs7_enveloped:
	case NID_pkcs7_encrypted:
	case NID_pkcs7_signedAndEnveloped:
	case NID_id_smime_ct_authEnvelopedData:
		return REASON_SIG_ENCRYPTED;
	default:
		return REASON_SIG_NONE;
	}
	/* Nothing may follow the object: what is not read is not signed, and might be read by another. */
	if (at != w->request->cms.at + len)
		return REASON_SIG_MALFORMED;
	return REASON_NONE;
}

static enum reason open_content(struct work *w)
{
	ASN1_OCTET_STRING **inside = CMS_get0_content(w->cms);

	if (inside == NULL)
		return REASON_SIG_MALFORMED;
	if (w->request->detached) {
		/* Two contents, one shown and one signed (attacks S1). */
		w->content = w->request->content;
		return *inside == NULL ? REASON_NONE : REASON_SIG_INVALID;
	}
	if (*inside == NULL)
		return REASON_SIG_MALFORMED;
	size_t len = (size_t)ASN1_STRING_length(*inside);
	unsigned char *copy = arena_try(w->arena, len + 1);

	if (copy == NULL)
		return REASON_MEMORY;
	memcpy(copy, ASN1_STRING_get0_data(*inside), len);
	w->content = (struct bytes){copy, len};
	w->out->content = w->content;
	return REASON_NONE;
}

static enum reason count(struct work *w)
{
	w->certificates = CMS_get1_certs(w->cms);
	if (w->certificates != NULL && sk_X509_num(w->certificates) > LIMIT_CMS_CERTIFICATES)
		return REASON_SIG_MALFORMED;
	const STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(w->cms);
	int n = signers == NULL ? 0 : sk_CMS_SignerInfo_num(signers);

	if (n <= 0)
		return REASON_SIG_NONE;
	if (n > LIMIT_CMS_SIGNERS)
		return REASON_SIG_MALFORMED;
	/* A mail is data; a time stamp or a receipt signed by the same key is not a mail. */
	if (OBJ_obj2nid(CMS_get0_eContentType(w->cms)) != NID_pkcs7_data)
		return REASON_SIG_INVALID;
	return REASON_NONE;
}

/* --- signers ---------------------------------------------------------------- */

static X509 *certificate_of(CMS_SignerInfo *signer)
{
	X509 *certificate = NULL;

	CMS_SignerInfo_get0_algs(signer, NULL, &certificate, NULL, NULL);
	return certificate;
}

/* Identity is the one signer's; of several who differ, nobody is bound (attacks S3). */
static enum reason identify(struct work *w, STACK_OF(CMS_SignerInfo) *signers)
{
	X509 *first = certificate_of(sk_CMS_SignerInfo_value(signers, 0));

	if (first == NULL)
		return REASON_NONE;
	enum reason reason = verify_signer_facts(w->arena, first, w->request->from, w->out);

	for (int i = 1; i < sk_CMS_SignerInfo_num(signers); i++) {
		X509 *other = certificate_of(sk_CMS_SignerInfo_value(signers, i));
		if (other == NULL || X509_cmp(first, other) != 0)
			w->out->bound = false;
	}
	return reason;
}

static enum reason strengths(struct work *w, STACK_OF(CMS_SignerInfo) *signers)
{
	enum reason reason = REASON_NONE;

	for (int i = 0; i < sk_CMS_SignerInfo_num(signers) && reason == REASON_NONE; i++) {
		CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, i);
		const char *name = NULL;
		reason = verify_signer_strength(signer, certificate_of(signer), w->request->digests, &name);
		if (i == 0 || reason != REASON_NONE)
			w->out->digest = name;
	}
	return reason;
}

static enum reason unknown_signers(struct work *w, STACK_OF(CMS_SignerInfo) *signers)
{
	enum reason reason = REASON_NONE;

	for (int i = 0; i < sk_CMS_SignerInfo_num(signers); i++) {
		CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, i);
		if (certificate_of(signer) == NULL && reason != REASON_SIG_INVALID)
			reason = verify_signer_unknown(signer, w->content);
	}
	return reason;
}

/* Signature and messageDigest of every signer over the content. */
static enum reason mathematics(struct work *w)
{
	const unsigned flags = CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY;
	BIO *bio = NULL;

	if (w->content.len > INT32_MAX)
		return REASON_SIG_MALFORMED;
	if (w->request->detached) {
		bio = BIO_new_mem_buf(w->content.len == 0 ? (const void *)"" : w->content.at, (int)w->content.len);
		if (bio == NULL)
			return REASON_MEMORY;
	}
	bool good = CMS_verify(w->cms, NULL, trust_store(w->trust), bio, NULL, flags) == 1;

	BIO_free(bio);
	return good ? REASON_NONE : REASON_SIG_INVALID;
}

static enum reason attributes(struct work *w, STACK_OF(CMS_SignerInfo) *signers)
{
	enum reason reason = REASON_NONE;

	for (int i = sk_CMS_SignerInfo_num(signers) - 1; i >= 0 && reason == REASON_NONE; i--)
		reason = verify_signer_attributes(sk_CMS_SignerInfo_value(signers, i), CMS_get0_eContentType(w->cms),
						  w->content, w->request, w->out);
	return reason;
}

/* --- chain ------------------------------------------------------------------- */

static enum reason reason_of_chain(int error)
{
	switch (error) {
	case X509_V_OK:
		return REASON_NONE;
	case X509_V_ERR_OUT_OF_MEM:
		return REASON_MEMORY;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return REASON_SIG_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return REASON_SIG_REVOKED;
	case X509_V_ERR_INVALID_PURPOSE:
		return REASON_SIG_USAGE;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return REASON_SIG_DIGEST;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
		return REASON_SIG_NO_CRL;
	default:
		return REASON_SIG_UNTRUSTED;
	}
}

/* Full path of RFC 5280 6: use, policies, names, lengths, revocation at every level. */
static bool set_rules(const struct work *w, X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_POLICY_CHECK;

	if (trust_checks_revocation(w->trust))
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_USE_DELTAS |
			 X509_V_FLAG_EXTENDED_CRL_SUPPORT;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_depth(param, LIMIT_CHAIN_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, (w->request->digests & VERIFY_SHA1) != 0 ? 0 : 2);
	int64_t seconds = w->request->at.us / 1000000;
	X509_VERIFY_PARAM_set_time(param, (time_t)(seconds == 0 ? 1 : seconds));   /* 0 would mean the clock's now */
	/* RFC 5280 6.1.1 (c): any policy will do, unless the path itself demands one. OpenSSL takes an empty set for none. */
	return X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) == 1;
}

static bool known_crl(const struct verify_facts *out, struct verify_crl crl)
{
	for (size_t i = 0; i < out->n_crls; i++)
		if (bytes_equal(out->crls[i].issuer, crl.issuer) && bytes_equal(out->crls[i].number, crl.number))
			return true;
	return false;
}

static struct bytes crl_number(struct arena *arena, X509_CRL *crl)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	struct bytes out = BYTES("");

	if (number != NULL && ASN1_STRING_length(number) <= 20)   /* RFC 5280 5.2.3 */
		out = verify_hex(arena, ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number));
	ASN1_INTEGER_free(number);
	return out;
}

/* What the chain was held against: the lists of its issuers. */
static enum reason take_crls(struct work *w, const STACK_OF(X509) *chain)
{
	for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
		const X509_NAME *issuer = X509_get_issuer_name(sk_X509_value(chain, i));
		for (size_t n = 0; n < trust_crls(w->trust) && w->out->n_crls < VERIFY_CRLS; n++) {
			X509_CRL *crl = trust_crl(w->trust, n);
			struct verify_crl one;
			if (X509_NAME_cmp(X509_CRL_get_issuer(crl), issuer) != 0)
				continue;
			enum reason reason = name_of_x509(w->arena, issuer, &one.issuer);
			if (reason != REASON_NONE)
				return reason;
			one.number = crl_number(w->arena, crl);
			if (one.number.at == NULL)
				return REASON_MEMORY;
			if (!known_crl(w->out, one))
				w->out->crls[w->out->n_crls++] = one;
		}
	}
	return REASON_NONE;
}

static enum reason chain(struct work *w, X509 *certificate)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum reason reason = REASON_MEMORY;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, trust_store(w->trust), certificate, w->certificates) != 1 ||
	    X509_STORE_CTX_set_default(ctx, "smime_sign") != 1 || !set_rules(w, ctx))
		goto out;
	X509_STORE_CTX_set0_crls(ctx, trust_crl_stack(w->trust));
	reason = REASON_NONE;
	if (X509_verify_cert(ctx) != 1) {
		reason = reason_of_chain(X509_STORE_CTX_get_error(ctx));
		if (reason == REASON_NONE)
			reason = REASON_SIG_UNTRUSTED;
	}
	if (reason == REASON_NONE && !verify_signer_usable(certificate))
		reason = REASON_SIG_USAGE;
	enum reason lists = take_crls(w, X509_STORE_CTX_get0_chain(ctx));
	if (reason == REASON_NONE || lists == REASON_MEMORY)
		reason = lists;
out:
	X509_STORE_CTX_free(ctx);
	return reason;
}

/* --- the whole ---------------------------------------------------------------- */

static enum reason judge(struct work *w)
{
	enum reason reason = open_cms(w);

	if (reason == REASON_NONE)
		reason = count(w);
	if (reason == REASON_NONE)
		reason = open_content(w);
	if (reason != REASON_NONE)
		return reason;
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(w->cms);

	(void)CMS_set1_signers_certs(w->cms, NULL, 0);
	reason = identify(w, signers);
	if (reason == REASON_NONE)
		reason = strengths(w, signers);
	if (reason == REASON_NONE)
		reason = unknown_signers(w, signers);
	if (reason == REASON_NONE)
		reason = mathematics(w);
	if (reason == REASON_NONE)
		reason = attributes(w, signers);
	for (int i = 0; i < sk_CMS_SignerInfo_num(signers) && reason == REASON_NONE; i++)
		reason = chain(w, certificate_of(sk_CMS_SignerInfo_value(signers, i)));
	return reason;
}

const char *verify_verdict_name(enum verify_verdict verdict)
{
	static const char *const names[] = {"none", "valid", "invalid", "malformed", "untrusted", "partial", "encrypted"};

	return names[verdict];
}

bool verify_digests_read(struct bytes list, unsigned *out)
{
	struct cursor c = cursor_on(list);
	unsigned digests = 0;

	while (c.left.len > 0) {
		struct bytes word = bytes_trim(cursor_until(&c, ','));
		if (bytes_equal_nocase(word, BYTES("sha256")))
			digests |= VERIFY_SHA256;
		else if (bytes_equal_nocase(word, BYTES("sha384")))
			digests |= VERIFY_SHA384;
		else if (bytes_equal_nocase(word, BYTES("sha512")))
			digests |= VERIFY_SHA512;
		else if (bytes_equal_nocase(word, BYTES("sha1")))
			digests |= VERIFY_SHA1;
		else
			return false;
	}
	if (digests != 0)
		*out = digests;
	return digests != 0;
}

enum reason verify_cms(struct arena *arena, const struct trust *trust, const struct verify_request *request,
		       struct verify_facts *out)
{
	struct verify_facts facts = {0};
	struct work w = {.arena = arena, .trust = trust, .request = request, .out = &facts};

	ERR_clear_error();
	facts.reason = judge(&w);
	facts.verdict = verdict_of(facts.reason);
	sk_X509_pop_free(w.certificates, X509_free);
	CMS_ContentInfo_free(w.cms);
	ERR_clear_error();
	if (facts.reason == REASON_MEMORY)
		return REASON_MEMORY;
	*out = facts;
	return REASON_NONE;
}

void verify_digest(struct bytes data, char out[VERIFY_DIGEST_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	/* SHA-256 of bytes in memory has no way to fail but a broken library. */
	if (EVP_Digest(data.at, data.len, digest, &len, EVP_sha256(), NULL) != 1 || 2 * len + 1 != VERIFY_DIGEST_TEXT)
		abort();
	for (unsigned i = 0; i < len; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * len] = '\0';
}

bool verify_certificate_usable(struct bytes der)
{
	const unsigned char *at = der.at;
	X509 *certificate = der.len > INT32_MAX ? NULL : d2i_X509(NULL, &at, (long)der.len);
	bool usable = certificate != NULL && verify_signer_usable(certificate);

	X509_free(certificate);
	ERR_clear_error();
	return usable;
}

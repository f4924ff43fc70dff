/* certs/verify.c - see verify.h. The order of judgement, and the chain.
 *
 * 1. Every step gives a reason; the verdict is a function of the reason alone (verdict_of).
 * 2. What is hashed is the caller's bytes (detached) or the octets inside the object: never a rewritten copy.
 * 3. Nothing of the message's own revocation lists is believed: those of the snapshot count.
 * 4. A step is taken for every signer before the next begins: who signed well is told even where another did not. */
#include "certs/verify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "certs/chain.h"
#include "certs/verify_signer.h"

struct work {
	struct arena *arena;
	const struct trust *trust;
	const struct verify_request *request;
	struct verify_facts *out;
	CMS_ContentInfo *cms;
	STACK_OF(X509) *certificates;
	STACK_OF(CMS_SignerInfo) *signers;
	struct bytes content;
	enum reason reason;          /* of the first signer who failed */
	enum reason math;            /* of all signers together, once it was asked */
	bool math_done;
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
static enum reason identify(struct work *w)
{
	X509 *first = certificate_of(sk_CMS_SignerInfo_value(w->signers, 0));
	enum reason reason = REASON_NONE;

	for (int i = 0; i < sk_CMS_SignerInfo_num(w->signers) && reason == REASON_NONE; i++) {
		X509 *one = certificate_of(sk_CMS_SignerInfo_value(w->signers, i));
		struct verify_facts facts = {0};
		if (one != NULL)
			reason = verify_signer_facts(w->arena, one, w->request->from, &facts);
		w->out->signers[w->out->n_signers++] = (struct verify_signer){.subject = facts.subject, .fingerprint = facts.fingerprint};
	}
	if (reason != REASON_NONE || first == NULL)
		return reason;
	reason = verify_signer_facts(w->arena, first, w->request->from, w->out);
	for (int i = 1; i < sk_CMS_SignerInfo_num(w->signers); i++) {
		X509 *other = certificate_of(sk_CMS_SignerInfo_value(w->signers, i));
		if (other == NULL || X509_cmp(first, other) != 0)
			w->out->bound = false;
	}
	return reason;
}

/* --- steps of judgement: each for one signer ------------------------------------ */

typedef enum reason step(struct work *w, size_t i, CMS_SignerInfo *signer);

static enum reason strength(struct work *w, size_t i, CMS_SignerInfo *signer)
{
	const char *name = NULL;
	enum reason reason = verify_signer_strength(signer, certificate_of(signer), w->request->digests, &name);

	if (i == 0 || (reason != REASON_NONE && w->reason == REASON_NONE))
		w->out->digest = name;
	return reason;
}

static enum reason known(struct work *w, size_t i, CMS_SignerInfo *signer)
{
	(void)i;
	return certificate_of(signer) == NULL ? verify_signer_unknown(signer, w->content) : REASON_NONE;
}

/* Signature and messageDigest of every signer over the content. */
static enum reason mathematics_of_all(struct work *w)
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

static enum reason mathematics(struct work *w, size_t i, CMS_SignerInfo *signer)
{
	(void)i;
	if (!w->math_done)
		w->math = mathematics_of_all(w);
	w->math_done = true;
	/* Who of several is to blame: a blameless one stays so in the facts, and the whole is refused all the same. */
	if (w->math == REASON_SIG_INVALID && sk_CMS_SignerInfo_num(w->signers) > 1)
		return verify_signer_mathematics(signer, w->content);
	return w->math;
}

static enum reason attributes(struct work *w, size_t i, CMS_SignerInfo *signer)
{
	struct verify_facts facts = {0};
	enum reason reason = verify_signer_attributes(signer, CMS_get0_eContentType(w->cms), w->content, w->request, &facts);

	if (i == 0) {
		w->out->time = facts.time;
		w->out->has_time = facts.has_time;
	}
	return reason;
}

/* --- chain ------------------------------------------------------------------- */

static enum reason reason_of_chain(int error)
{
	switch (chain_trouble(error)) {
	case CHAIN_GOOD:
		return REASON_NONE;
	case CHAIN_MEMORY:
		return REASON_MEMORY;
	case CHAIN_EXPIRED:
		return REASON_SIG_EXPIRED;
	case CHAIN_REVOKED:
		return REASON_SIG_REVOKED;
	case CHAIN_USAGE:
		return REASON_SIG_USAGE;
	case CHAIN_WEAK:
		return REASON_SIG_DIGEST;
	case CHAIN_UNJUDGED:
		return REASON_SIG_NO_CRL;
	case CHAIN_UNTRUSTED:
		break;
	}
	return REASON_SIG_UNTRUSTED;
}

static enum reason chain(struct work *w, size_t i, CMS_SignerInfo *signer)
{
	X509 *certificate = certificate_of(signer);
	int64_t seconds = w->request->at.us / 1000000;
	const struct chain_rules rules = {
		.purpose = X509_PURPOSE_SMIME_SIGN,
		.extended = XKU_SMIME,
		.use = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION,
		.at = (time_t)(seconds == 0 ? 1 : seconds),   /* 0 would mean the clock's now */
		.old = (w->request->digests & VERIFY_SHA1) != 0,
	};
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct chain_lists lists;
	enum reason reason = REASON_MEMORY;

	if (ctx == NULL || X509_STORE_CTX_init(ctx, trust_store(w->trust), certificate, w->certificates) != 1)
		goto out;
	reason = reason_of_chain(chain_judge(ctx, w->trust, &rules, &lists));
	enum reason kept = verify_signer_path(w->arena, w->trust, X509_STORE_CTX_get0_chain(ctx), &lists, i == 0, w->out);

	if (reason == REASON_NONE || kept == REASON_MEMORY)
		reason = kept;
out:
	X509_STORE_CTX_free(ctx);
	return reason;
}

/* --- the whole ---------------------------------------------------------------- */

/* One step for every signer who is good so far; the first that fails speaks for the whole, unless another's signature is false:
 * the order of signers changes no verdict (attacks S3). */
static enum reason each(struct work *w, step *judge_one)
{
	bool spoken = w->reason != REASON_NONE;

	for (size_t i = 0; i < w->out->n_signers; i++) {
		struct verify_signer *one = &w->out->signers[i];
		if (one->reason == REASON_NONE)
			one->reason = judge_one(w, i, sk_CMS_SignerInfo_value(w->signers, (int)i));
		if (one->reason == REASON_MEMORY)
			return REASON_MEMORY;
		if (!spoken && (w->reason == REASON_NONE || one->reason == REASON_SIG_INVALID))
			w->reason = one->reason;
	}
	return REASON_NONE;
}

static enum reason judge_signers(struct work *w)
{
	static step *const steps[] = {strength, known, mathematics, attributes, chain};
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0] && reason == REASON_NONE; i++)
		reason = each(w, steps[i]);
	for (size_t i = 0; i < w->out->n_signers; i++)
		w->out->signers[i].verdict = verdict_of(w->out->signers[i].reason);
	if (reason == REASON_NONE && w->reason == REASON_NONE)
		w->reason = w->math;   /* each by himself, but not all together: never */
	return reason == REASON_NONE ? w->reason : reason;
}

static enum reason judge(struct work *w)
{
	enum reason reason = open_cms(w);

	if (reason == REASON_NONE)
		reason = count(w);
	if (reason == REASON_NONE)
		reason = open_content(w);
	if (reason != REASON_NONE)
		return reason;
	w->signers = CMS_get0_SignerInfos(w->cms);
	(void)CMS_set1_signers_certs(w->cms, NULL, 0);
	reason = identify(w);
	return reason == REASON_NONE ? judge_signers(w) : reason;
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

const char *verify_digests_name(unsigned digests)
{
	static const char *const names[16] = {
		[1] = "sha1", [2] = "sha256", [3] = "sha1,sha256", [4] = "sha384", [5] = "sha1,sha384", [6] = "sha256,sha384",
		[7] = "sha1,sha256,sha384", [8] = "sha512", [9] = "sha1,sha512", [10] = "sha256,sha512", [11] = "sha1,sha256,sha512",
		[12] = "sha384,sha512", [13] = "sha1,sha384,sha512", [14] = "sha256,sha384,sha512", [15] = "sha1,sha256,sha384,sha512",
	};

	assert(digests > 0 && digests < sizeof names / sizeof names[0]);
	return names[digests];
}

enum reason verify_cms(struct arena *arena, const struct trust *trust, const struct verify_request *request,
		       struct verify_facts *out)
{
	struct verify_facts facts = {.revocation = trust_checks_revocation(trust)};
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

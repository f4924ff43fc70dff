/* certs/stamp.c - see stamp.h. */
#include "certs/stamp.h"

#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/limits.h"

enum { NONCE = 16 };

/* --- the question ------------------------------------------------------------ */

static bool set_imprint(TS_REQ *request, struct bytes data)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char digest[DIGEST_SHA256];

	digest_sha256(data, digest);
	bool good = imprint != NULL && algorithm != NULL && X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		    TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 && TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof digest) == 1 &&
		    TS_REQ_set_msg_imprint(request, imprint) == 1;
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return good;
}

static bool set_nonce(TS_REQ *request)
{
	unsigned char random[NONCE];
	BIGNUM *number = NULL;
	ASN1_INTEGER *nonce = NULL;

	if (RAND_bytes(random, sizeof random) == 1)
		number = BN_bin2bn(random, sizeof random, NULL);
	if (number != NULL)
		nonce = BN_to_ASN1_INTEGER(number, NULL);
	bool good = nonce != NULL && TS_REQ_set_nonce(request, nonce) == 1;
	ASN1_INTEGER_free(nonce);
	BN_free(number);
	return good;
}

enum reason stamp_query(struct arena *arena, struct bytes data, struct stamp_query *out)
{
	TS_REQ *request = TS_REQ_new();
	unsigned char *der = NULL;
	int len = -1;

	if (request != NULL && TS_REQ_set_version(request, 1) == 1 && set_imprint(request, data) && set_nonce(request) &&
	    TS_REQ_set_cert_req(request, 1) == 1)
		len = i2d_TS_REQ(request, &der);
	if (len > 0)
		out->der = arena_copy(arena, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	TS_REQ_free(request);
	ERR_clear_error();
	return len > 0 ? REASON_NONE : REASON_MEMORY;
}

/* --- the answer -------------------------------------------------------------- */

static TS_RESP *read_answer(struct bytes der)
{
	const unsigned char *p = der.at;
	TS_RESP *answer = der.len > LIMIT_STAMP ? NULL : d2i_TS_RESP(NULL, &p, (long)der.len);

	if (answer != NULL && p != der.at + der.len) {
		TS_RESP_free(answer);
		return NULL;
	}
	return answer;
}

/* 0 granted, 1 granted with modifications (RFC 3161 2.4.2). */
static bool is_granted(TS_RESP *answer)
{
	const ASN1_INTEGER *status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(answer));
	int64_t value = -1;
	return ASN1_INTEGER_get_int64(&value, status) == 1 && (value == 0 || value == 1) && TS_RESP_get_tst_info(answer) != NULL;
}

static bool read_time(TS_RESP *answer, struct instant *at)
{
	const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(TS_RESP_get_tst_info(answer));
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool good = time != NULL && epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	if (good)
		at->us = ((int64_t)days * 86400 + seconds) * 1000000;
	ASN1_TIME_free(epoch);
	return good;
}

/* Judged as of the stamp's own time: an authority's certificate ends long before its stamps do. */
static X509_STORE *load_store(const char *anchors, struct instant at)
{
	X509_STORE *store = X509_STORE_new();

	if (store != NULL && X509_STORE_load_file(store, anchors) != 1) {
		X509_STORE_free(store);
		return NULL;
	}
	if (store != NULL)
		X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)(at.us / 1000000));
	return store;
}

/* The context owns what it is given, but not the request. */
static TS_VERIFY_CTX *make_context(struct bytes data, const struct stamp_query *query, X509_STORE *store)
{
	TS_REQ *request = NULL;
	TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
	unsigned char *digest = OPENSSL_malloc(DIGEST_SHA256);
	int flags = TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_SIGNATURE;

	if (query != NULL) {
		const unsigned char *p = query->der.at;
		request = d2i_TS_REQ(NULL, &p, (long)query->der.len);
		if (request != NULL && context != NULL && TS_REQ_to_TS_VERIFY_CTX(request, context) == NULL)
			flags = 0;
		flags |= TS_VFY_NONCE;
	}
	bool good = context != NULL && digest != NULL && (query == NULL || request != NULL);
	TS_REQ_free(request);
	if (!good) {
		OPENSSL_free(digest);
		TS_VERIFY_CTX_free(context);
		X509_STORE_free(store);
		return NULL;
	}
	digest_sha256(data, digest);
	TS_VERIFY_CTX_set_flags(context, flags);
	TS_VERIFY_CTX_set_imprint(context, digest, DIGEST_SHA256);
	TS_VERIFY_CTX_set_store(context, store);
	return context;
}

static enum reason judge(TS_VERIFY_CTX *context, TS_RESP *answer)
{
	if (TS_RESP_verify_response(context, answer) == 1)
		return REASON_NONE;
	/* Whose word it is, or what it says: the last error tells which. */
	int why = ERR_GET_REASON(ERR_peek_last_error());
	bool signer = why == TS_R_CERTIFICATE_VERIFY_ERROR || why == TS_R_SIGNATURE_FAILURE || why == TS_R_THERE_MUST_BE_ONE_SIGNER ||
		      why == TS_R_INVALID_SIGNER_CERTIFICATE_PURPOSE || why == TS_R_ESS_SIGNING_CERTIFICATE_ERROR;
	return signer ? REASON_STAMP_UNTRUSTED : REASON_STAMP_ANSWER;
}

enum reason stamp_read(const char *anchors, struct bytes data, const struct stamp_query *query, struct bytes answer, struct instant *at)
{
	struct instant told = {0};
	TS_RESP *read = read_answer(answer);
	enum reason reason = read != NULL && is_granted(read) && read_time(read, &told) ? REASON_NONE : REASON_STAMP_ANSWER;
	X509_STORE *store = reason == REASON_NONE ? load_store(anchors, told) : NULL;
	TS_VERIFY_CTX *context = NULL;

	ERR_clear_error();
	if (reason == REASON_NONE)
		reason = store == NULL ? REASON_CONFIG_VALUE : (context = make_context(data, query, store)) == NULL ? REASON_MEMORY : judge(context, read);
	if (reason == REASON_NONE && at != NULL)
		*at = told;
	TS_VERIFY_CTX_free(context);
	TS_RESP_free(read);
	ERR_clear_error();
	return reason;
}

enum reason stamp_check(const char *anchors, struct bytes data, struct bytes answer, struct instant *at)
{
	return stamp_read(anchors, data, NULL, answer, at);
}

/* --- the seal ---------------------------------------------------------------- */

static bool fingerprint_of(CMS_ContentInfo *cms, char fingerprint[STAMP_FINGERPRINT])
{
	STACK_OF(X509) *signers = CMS_get0_signers(cms);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool good = signers != NULL && sk_X509_num(signers) == 1 && X509_digest(sk_X509_value(signers, 0), EVP_sha256(), digest, &len) == 1 && len == DIGEST_SHA256;

	if (good)
		digest_text(digest, fingerprint);
	sk_X509_free(signers);
	return good;
}

enum reason seal_check(struct bytes content, struct bytes seal, char fingerprint[STAMP_FINGERPRINT])
{
	const unsigned char *p = seal.at;
	CMS_ContentInfo *cms = seal.len > LIMIT_CMS ? NULL : d2i_CMS_ContentInfo(NULL, &p, (long)seal.len);
	BIO *data = content.len > LIMIT_STAMP ? NULL : BIO_new_mem_buf(content.at, (int)content.len);
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY;
	bool good = cms != NULL && data != NULL && p == seal.at + seal.len && CMS_verify(cms, NULL, NULL, data, NULL, flags) == 1 && fingerprint_of(cms, fingerprint);

	BIO_free(data);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good ? REASON_NONE : REASON_SIGN_REFUSED;
}

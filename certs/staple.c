/* certs/staple.c - see staple.h. What is not signed by the right hand is not looked at. */
#include "certs/staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "certs/chain.h"
#include "certs/strength.h"

enum { STATUS_REQUEST = 5 };   /* TLS extension number, RFC 6066 8 */

struct work {
	const struct trust *trust;
	X509 *certificate, *issuer;
	time_t now;
	OCSP_BASICRESP *basic;
};

/* OpenSSL reads more forms than DER and verifies what it would write itself: only these very bytes are what is signed (RFC 6960 4.2.1). */
static bool is_der(OCSP_RESPONSE *response, OCSP_BASICRESP *basic, struct bytes der)
{
	unsigned char *whole = NULL, *inner = NULL;
	int n = i2d_OCSP_RESPONSE(response, &whole), m = i2d_OCSP_BASICRESP(basic, &inner);
	bool same = n > 0 && m > 0 && m < n && bytes_equal(der, (struct bytes){whole, (size_t)n}) &&
		    bytes_ends(der, (struct bytes){inner, (size_t)m});

	OPENSSL_free(whole);
	OPENSSL_free(inner);
	return same;
}

static OCSP_BASICRESP *open_answer(struct bytes der)
{
	const unsigned char *at = der.at;
	OCSP_RESPONSE *response = NULL;
	OCSP_BASICRESP *basic = NULL;

	if (der.len > 0 && der.len <= LIMIT_STAPLE)
		response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	if (response != NULL && at == der.at + der.len && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
		basic = OCSP_response_get1_basic(response);
	if (basic != NULL && !is_der(response, basic, der)) {
		OCSP_BASICRESP_free(basic);
		basic = NULL;
	}
	OCSP_RESPONSE_free(response);
	return basic;
}

/* --- who signed --------------------------------------------------------------- */

static bool within_dates(const X509 *certificate, time_t now)
{
	return X509_cmp_time(X509_get0_notBefore(certificate), &now) < 0 && X509_cmp_time(X509_get0_notAfter(certificate), &now) > 0;
}

/* The lists judge a responder that does not say that it need not be judged (RFC 6960 4.2.2.2.1). */
static bool not_revoked(const struct work *w, X509 *responder)
{
	static const struct chain_rules rules = {
		.purpose = X509_PURPOSE_OCSP_HELPER, .extended = XKU_OCSP_SIGN, .use = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION};
	STACK_OF(X509) *between = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct chain_lists lists;
	bool good = false;

	if (between != NULL && ctx != NULL && sk_X509_push(between, w->issuer) > 0 &&
	    X509_STORE_CTX_init(ctx, trust_store(w->trust), responder, between) == 1)
		good = chain_judge(ctx, w->trust, &rules, &lists) == X509_V_OK;
	X509_STORE_CTX_free(ctx);
	sk_X509_free(between);
	return good;
}

/* Made by the very issuer for this very use (RFC 6960 4.2.2.2): who else it was made for does not count. */
static bool may_answer(const struct work *w, X509 *responder)
{
	uint32_t flags = X509_get_extension_flags(responder);

	if ((flags & (EXFLAG_INVALID | EXFLAG_CRITICAL)) != 0 || (flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(responder) & XKU_OCSP_SIGN) == 0 ||
	    (X509_get_key_usage(responder) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0 ||
	    !within_dates(responder, w->now) || !strength_key(X509_get0_pubkey(responder), false) ||
	    !strength_signature(X509_get0_tbs_sigalg(responder), false) ||
	    X509_check_issued(w->issuer, responder) != X509_V_OK || X509_verify(responder, X509_get0_pubkey(w->issuer)) != 1)
		return false;
	return X509_get_ext_by_NID(responder, NID_id_pkix_OCSP_noCheck, -1) >= 0 || !trust_checks_revocation(w->trust) ||
	       not_revoked(w, responder);
}

static bool signed_rightly(const struct work *w)
{
	STACK_OF(X509) *issuers = sk_X509_new_null();
	X509 *signer = NULL;
	bool good = false;

	if (issuers == NULL || sk_X509_push(issuers, w->issuer) <= 0)
		goto out;
	/* The signer is looked for by name among the issuer and the answer's own certificates; only mathematics here. */
	if (OCSP_basic_verify(w->basic, issuers, NULL, OCSP_NOVERIFY) != 1 ||
	    OCSP_resp_get0_signer(w->basic, &signer, issuers) != 1)
		goto out;
	good = strength_signature(OCSP_resp_get0_tbs_sigalg(w->basic), false) &&
	       (X509_cmp(signer, w->issuer) == 0 ? strength_key(X509_get0_pubkey(signer), false) : may_answer(w, signer));
out:
	sk_X509_free(issuers);
	return good;
}

/* --- what it says ---------------------------------------------------------------- */

/* The answer names the certificate by its serial and by digests of its issuer, with whichever digest it likes. */
static bool is_about(const struct work *w, OCSP_SINGLERESP *single)
{
	const OCSP_CERTID *said = OCSP_SINGLERESP_get0_id(single);
	ASN1_OBJECT *digest = NULL;

	if (OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)(uintptr_t)said) != 1)
		return false;
	const EVP_MD *md = EVP_get_digestbyobj(digest);
	OCSP_CERTID *ours = md == NULL ? NULL : OCSP_cert_to_id(md, w->certificate, w->issuer);
	bool same = ours != NULL && OCSP_id_cmp(ours, said) == 0;

	OCSP_CERTID_free(ours);
	return same;
}

static bool seconds_of(const ASN1_GENERALIZEDTIME *time, time_t *out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

static bool is_current(const struct work *w, const ASN1_GENERALIZEDTIME *made, const ASN1_GENERALIZEDTIME *next, time_t *until)
{
	time_t from, to;

	if (!seconds_of(made, &from) || !seconds_of(next, &to))
		return false;
	*until = to;
	return from <= w->now + LIMIT_STAPLE_SKEW_SECONDS && to > w->now - LIMIT_STAPLE_SKEW_SECONDS && from < to &&
	       to - from <= LIMIT_STAPLE_AGE_SECONDS;
}

static enum reason read_answer(const struct work *w, time_t *until)
{
	for (int i = 0; i < OCSP_resp_count(w->basic); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(w->basic, i);
		ASN1_GENERALIZEDTIME *made = NULL, *next = NULL;
		if (!is_about(w, single))
			continue;
		int status = OCSP_single_get0_status(single, NULL, NULL, &made, &next);
		if (!is_current(w, made, next, until))
			return REASON_PEER_CRL;
		return status == V_OCSP_CERTSTATUS_GOOD ? REASON_NONE
		       : status == V_OCSP_CERTSTATUS_REVOKED ? REASON_PEER_REVOKED
							     : REASON_PEER_CRL;
	}
	return REASON_PEER_CRL;
}

enum reason staple_judge(const struct trust *trust, struct x509_st *certificate, struct x509_st *issuer, struct bytes der,
			 time_t now, time_t *until)
{
	struct work w = {.trust = trust, .certificate = certificate, .issuer = issuer, .now = now, .basic = open_answer(der)};
	enum reason reason = REASON_PEER_CRL;
	time_t end = 0;

	if (w.basic != NULL && signed_rightly(&w))
		reason = read_answer(&w, &end);
	if (until != NULL)
		*until = end;
	OCSP_BASICRESP_free(w.basic);
	ERR_clear_error();
	return reason;
}

bool staple_promised(struct x509_st *certificate)
{
	TLS_FEATURE *features = X509_get_ext_d2i(certificate, NID_tlsfeature, NULL, NULL);
	bool promised = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		promised = promised || ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
	TLS_FEATURE_free(features);
	return promised;
}

/* certs/verify_signer.c - see verify_signer.h. Strength and signed attributes. */
#include "certs/verify_signer.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "certs/strength.h"

/* Clocks of senders run ahead; beyond this the signature was not made yet (attacks S23). */
#define CLOCK_SKEW SPAN_HOURS(24)

static const struct {
	int nid;
	unsigned bit;
	const char *name;
} digests_known[] = {
	{NID_sha256, VERIFY_SHA256, "sha256"},
	{NID_sha384, VERIFY_SHA384, "sha384"},
	{NID_sha512, VERIFY_SHA512, "sha512"},
	{NID_sha1, VERIFY_SHA1, "sha1"},
	{NID_md5, 0, "md5"},
	{NID_sha224, 0, "sha224"},
};

static int algorithm_nid(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object = NULL;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return OBJ_obj2nid(object);
}

static bool algorithms_agree(const X509_ALGOR *signature, int digest)
{
	int nid = algorithm_nid(signature), md = NID_undef;

	if (nid == NID_rsaEncryption || nid == NID_X9_62_id_ecPublicKey || nid == NID_dsa)
		return true;
	if (nid == NID_rsassaPss)
		return strength_pss(signature, digest);
	return OBJ_find_sigid_algs(nid, &md, NULL) == 1 && md == digest;
}

enum reason verify_signer_strength(CMS_SignerInfo *signer, X509 *certificate, unsigned digests, const char **name)
{
	X509_ALGOR *digest = NULL, *signature = NULL;
	bool allowed = false;

	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &signature);
	int nid = algorithm_nid(digest);

	for (size_t i = 0; i < sizeof digests_known / sizeof digests_known[0]; i++)
		if (digests_known[i].nid == nid) {
			*name = digests_known[i].name;
			allowed = (digests_known[i].bit & digests) != 0;
		}
	if (!allowed || !algorithms_agree(signature, nid))
		return REASON_SIG_DIGEST;
	if (certificate != NULL && !strength_key(X509_get0_pubkey(certificate), (digests & VERIFY_SHA1) != 0))
		return REASON_SIG_DIGEST;
	return REASON_NONE;
}

/* --- signed attributes ------------------------------------------------------ */

/* -3: exactly one attribute of the kind, with exactly one value; else NULL. */
static void *only_value(CMS_SignerInfo *signer, int nid, int type)
{
	return CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(nid), -3, type);
}

static bool take_time(CMS_SignerInfo *signer, struct verify_facts *out)
{
	const ASN1_TIME *time = only_value(signer, NID_pkcs9_signingTime, V_ASN1_UTCTIME);
	struct tm tm;

	if (time == NULL)
		time = only_value(signer, NID_pkcs9_signingTime, V_ASN1_GENERALIZEDTIME);
	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	out->time = (struct instant){(int64_t)timegm(&tm) * 1000000};
	out->has_time = true;
	return true;
}

enum reason verify_signer_attributes(CMS_SignerInfo *signer, const ASN1_OBJECT *type, struct bytes content,
				     const struct verify_request *request, struct verify_facts *out)
{
	bool old = (request->digests & VERIFY_SHA1) != 0;

	if (CMS_signed_get_attr_count(signer) < 0) {
		/* The DER of signed attributes (SET OF) as content is how one signature is turned into another. */
		if (content.len > 0 && content.at[0] == (V_ASN1_SET | V_ASN1_CONSTRUCTED))
			return REASON_SIG_INVALID;
		return old ? REASON_NONE : REASON_SIG_ATTRIBUTES;
	}
	const ASN1_OBJECT *said = only_value(signer, NID_pkcs9_contentType, V_ASN1_OBJECT);

	if (said == NULL || OBJ_cmp(said, type) != 0 ||
	    only_value(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING) == NULL)
		return REASON_SIG_ATTRIBUTES;
	if (!take_time(signer, out))
		return old ? REASON_NONE : REASON_SIG_ATTRIBUTES;
	if (instant_before(instant_plus(request->at, CLOCK_SKEW), out->time))
		return REASON_SIG_UNTRUSTED;
	return REASON_NONE;
}

/* Does the content have the digest that the attributes name? UNTRUSTED: cannot be told. */
static enum reason compare_digest(CMS_SignerInfo *signer, struct bytes content)
{
	const ASN1_OCTET_STRING *said = only_value(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	X509_ALGOR *digest = NULL;

	if (said == NULL)
		return REASON_SIG_UNTRUSTED;
	CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
	const EVP_MD *md = EVP_get_digestbynid(algorithm_nid(digest));

	if (md == NULL || EVP_Digest(content.at, content.len, value, &len, md, NULL) != 1)
		return REASON_SIG_UNTRUSTED;
	bool same = (unsigned)ASN1_STRING_length(said) == len && memcmp(ASN1_STRING_get0_data(said), value, len) == 0;
	return same ? REASON_NONE : REASON_SIG_INVALID;
}

enum reason verify_signer_unknown(CMS_SignerInfo *signer, struct bytes content)
{
	enum reason reason = compare_digest(signer, content);

	return reason == REASON_NONE ? REASON_SIG_UNTRUSTED : reason;
}

enum reason verify_signer_mathematics(CMS_SignerInfo *signer, struct bytes content)
{
	if (compare_digest(signer, content) != REASON_NONE)
		return REASON_SIG_INVALID;
	return CMS_SignerInfo_verify(signer) == 1 ? REASON_NONE : REASON_SIG_INVALID;
}

bool verify_signer_usable(X509 *certificate)
{
	/* Purpose covers extendedKeyUsage; a keyUsage that is there must allow one of the two (RFC 8550 4.4.2). */
	uint32_t usage = X509_get_key_usage(certificate);

	return X509_check_purpose(certificate, X509_PURPOSE_SMIME_SIGN, 0) == 1 &&
	       (usage == UINT32_MAX || (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0);
}

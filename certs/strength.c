/* certs/strength.c - see strength.h. */
#include "certs/strength.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509_vfy.h>

#include "base/limits.h"

static const int digests[] = {NID_sha256, NID_sha384, NID_sha512};

static int algorithm_nid(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object = NULL;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	return OBJ_obj2nid(object);
}

static bool pss_parameters_good(const RSA_PSS_PARAMS *pss, int digest)
{
	const EVP_MD *md = EVP_get_digestbynid(digest);
	bool good = false;

	if (md == NULL || pss->hashAlgorithm == NULL || algorithm_nid(pss->hashAlgorithm) != digest ||
	    pss->maskGenAlgorithm == NULL || algorithm_nid(pss->maskGenAlgorithm) != NID_mgf1 || pss->saltLength == NULL)
		return false;
	const ASN1_TYPE *parameter = pss->maskGenAlgorithm->parameter;

	if (parameter == NULL || parameter->type != V_ASN1_SEQUENCE)
		return false;
	const unsigned char *at = ASN1_STRING_get0_data(parameter->value.sequence);
	X509_ALGOR *mask = d2i_X509_ALGOR(NULL, &at, ASN1_STRING_length(parameter->value.sequence));

	if (mask != NULL)
		good = algorithm_nid(mask) == digest && ASN1_INTEGER_get(pss->saltLength) >= EVP_MD_get_size(md);
	X509_ALGOR_free(mask);
	return good;
}

static bool curve_good(const EVP_PKEY *key)
{
	char group[32];
	size_t len;
	int explicit = 0;

	if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1)
		return false;
	(void)EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
	return explicit == 0 && (strcmp(group, SN_X9_62_prime256v1) == 0 || strcmp(group, SN_secp384r1) == 0);
}

bool strength_pss(const X509_ALGOR *algorithm, int digest)
{
	const void *value = NULL;
	int type = V_ASN1_UNDEF;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return false;
	const unsigned char *at = ASN1_STRING_get0_data(value);
	RSA_PSS_PARAMS *pss = d2i_RSA_PSS_PARAMS(NULL, &at, ASN1_STRING_length(value));
	bool good = pss != NULL && pss_parameters_good(pss, digest);

	RSA_PSS_PARAMS_free(pss);
	return good;
}

bool strength_key(const EVP_PKEY *key, bool old)
{
	int bits = key == NULL ? 0 : EVP_PKEY_get_bits(key);

	if (bits == 0 || bits > LIMIT_RSA_BITS_MAX)
		return false;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return bits >= (old ? 1024 : LIMIT_RSA_BITS_MIN);
	case EVP_PKEY_EC:
		return curve_good(key);
	case EVP_PKEY_DSA:
		return old && bits >= 1024;
	default:
		return false;
	}
}

bool strength_signature(const X509_ALGOR *algorithm, bool old)
{
	int nid = algorithm_nid(algorithm), digest = NID_undef, key = NID_undef;
	bool pss = nid == NID_rsassaPss, known = !pss && OBJ_find_sigid_algs(nid, &digest, &key) == 1;

	if (old)
		return true;
	for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++)
		if (pss ? strength_pss(algorithm, digests[i])
			: known && digest == digests[i] && (key == NID_rsaEncryption || key == NID_X9_62_id_ecPublicKey))
			return true;
	return false;
}

int strength_path(const STACK_OF(X509) *path, bool old)
{
	int n = sk_X509_num(path);

	for (int i = 0; i < n; i++) {
		const X509 *one = sk_X509_value(path, i);
		if (!strength_key(X509_get0_pubkey(one), old))
			return i == 0 ? X509_V_ERR_EE_KEY_TOO_SMALL : X509_V_ERR_CA_KEY_TOO_SMALL;
		if (i + 1 < n && !strength_signature(X509_get0_tbs_sigalg(one), old))
			return X509_V_ERR_CA_MD_TOO_WEAK;
	}
	return X509_V_OK;
}

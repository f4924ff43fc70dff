/* certs/chain.c - see chain.h. */
#include "certs/chain.h"

#include <openssl/x509v3.h>

#include "base/limits.h"
#include "certs/strength.h"
#include "certs/trust_private.h"

/* Place 0 of an object's extra data is its user's own (app_data). */
enum { OWN_DATA = 0 };

static bool old_measure(const X509_STORE_CTX *ctx)
{
	/* The parameter is only read. */
	return X509_VERIFY_PARAM_get_auth_level(X509_STORE_CTX_get0_param((X509_STORE_CTX *)(uintptr_t)ctx)) == 0;
}

/* Called for each list that is taken for a certificate, before its own checks. The path of a list's issuer is judged in a
 * context of OpenSSL's own: its lists are checked, but not noted. */
int chain_check_list(X509_STORE_CTX *ctx, X509_CRL *list)
{
	const struct trust *trust = X509_STORE_get_ex_data(X509_STORE_CTX_get0_store(ctx), OWN_DATA);
	struct chain_lists *used = X509_STORE_CTX_get_ex_data(ctx, OWN_DATA);
	const X509_ALGOR *algorithm = NULL;
	bool noted = used == NULL;

	for (size_t i = 0; !noted && i < used->n; i++)
		noted = used->list[i] == list;
	if (!noted && used->n < CHAIN_LISTS)
		used->list[used->n++] = list;
	X509_CRL_get0_signature(list, NULL, &algorithm);
	if (!strength_signature(algorithm, old_measure(ctx))) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_CRL_SIGNATURE_FAILURE);
		return 0;
	}
	return trust->check_list(ctx, list);
}

static bool set_rules(X509_STORE_CTX *ctx, const struct trust *trust, const struct chain_rules *rules)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_POLICY_CHECK;

	if (trust_checks_revocation(trust))
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_USE_DELTAS |
			 X509_V_FLAG_EXTENDED_CRL_SUPPORT;
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_depth(param, LIMIT_CHAIN_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, rules->old ? 0 : 2);
	if (rules->at != 0)
		X509_VERIFY_PARAM_set_time(param, rules->at);
	X509_STORE_CTX_set0_crls(ctx, trust->crls);
	/* OpenSSL takes an empty set of policies for none. */
	return X509_VERIFY_PARAM_set_purpose(param, rules->purpose) == 1 &&
	       X509_VERIFY_PARAM_add0_policy(param, OBJ_nid2obj(NID_any_policy)) == 1;
}

/* OpenSSL lets a certificate without extended use pass for any. */
static int judge_use(X509 *leaf, const struct chain_rules *rules)
{
	bool named = (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0;

	if (!named ? !rules->old : (X509_get_extended_key_usage(leaf) & rules->extended) == 0)
		return X509_V_ERR_INVALID_PURPOSE;
	return (X509_get_key_usage(leaf) & rules->use) != 0 ? X509_V_OK : X509_V_ERR_INVALID_PURPOSE;
}

struct chain_rules chain_rules_client(X509 *leaf)
{
	bool named = leaf == NULL || (X509_get_extended_key_usage(leaf) & XKU_SSL_CLIENT) != 0;

	return (struct chain_rules){.purpose = named ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER,
				    .extended = XKU_SSL_CLIENT | XKU_SSL_SERVER,
				    .use = KU_DIGITAL_SIGNATURE};
}

struct chain_rules chain_rules_server(void)
{
	return (struct chain_rules){.purpose = X509_PURPOSE_SSL_SERVER, .extended = XKU_SSL_SERVER, .use = KU_DIGITAL_SIGNATURE};
}

int chain_judge(X509_STORE_CTX *ctx, const struct trust *trust, const struct chain_rules *rules, struct chain_lists *used)
{
	int error = X509_V_ERR_OUT_OF_MEM;

	*used = (struct chain_lists){.n = 0};
	if (!set_rules(ctx, trust, rules) || X509_STORE_CTX_set_ex_data(ctx, OWN_DATA, used) != 1)
		goto out;
	error = X509_V_OK;
	if (X509_verify_cert(ctx) != 1) {
		error = X509_STORE_CTX_get_error(ctx);
		if (error == X509_V_OK)
			error = X509_V_ERR_UNSPECIFIED;
	}
	if (error == X509_V_OK)
		error = judge_use(X509_STORE_CTX_get0_cert(ctx), rules);
	if (error == X509_V_OK)
		error = strength_path(X509_STORE_CTX_get0_chain(ctx), rules->old);
	X509_STORE_CTX_set_ex_data(ctx, OWN_DATA, NULL);
out:
	X509_STORE_CTX_set_error(ctx, error);
	return error;
}

enum chain_trouble chain_trouble(long error)
{
	switch (error) {
	case X509_V_OK:
		return CHAIN_GOOD;
	case X509_V_ERR_OUT_OF_MEM:
		return CHAIN_MEMORY;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return CHAIN_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return CHAIN_REVOKED;
	case X509_V_ERR_INVALID_PURPOSE:
		return CHAIN_USAGE;
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return CHAIN_WEAK;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
	case X509_V_ERR_OCSP_VERIFY_NEEDED:
	case X509_V_ERR_OCSP_VERIFY_FAILED:
	case X509_V_ERR_OCSP_CERT_UNKNOWN:
		return CHAIN_UNJUDGED;
	default:
		return CHAIN_UNTRUSTED;
	}
}

enum reason chain_peer_reason(long error)
{
	switch (chain_trouble(error)) {
	case CHAIN_GOOD:
		return REASON_NONE;
	case CHAIN_REVOKED:
		return REASON_PEER_REVOKED;
	case CHAIN_UNJUDGED:
		return REASON_PEER_CRL;
	default:
		return REASON_PEER_CERTIFICATE_UNTRUSTED;
	}
}

/* gateway/tls_judge.c - see tls_private.h. Whether a peer is believed, and our own staple. */
#include "gateway/tls_private.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/chain.h"
#include "certs/staple.h"

enum { CRL_NUMBER_MAX = 20 /* RFC 5280 5.2.3 */ };

static void free_evidence(void *parent, void *text, CRYPTO_EX_DATA *data, int place, long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)place;
	(void)argl;
	(void)argp;
	OPENSSL_free(text);
}

static const char *number_of(X509_CRL *list, char *room, size_t size)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
	BIGNUM *value = number == NULL || ASN1_STRING_length(number) > CRL_NUMBER_MAX ? NULL : ASN1_INTEGER_to_BN(number, NULL);
	char *hex = value == NULL ? NULL : BN_bn2hex(value);

	snprintf(room, size, "%s", hex == NULL ? "" : hex);
	OPENSSL_free(hex);
	BN_free(value);
	ASN1_INTEGER_free(number);
	return room;
}

/* As text at once: the trust may be another by the time it is asked for. */
static void keep_evidence(const struct tls_context *context, SSL *session, const struct chain_lists *lists)
{
	json_t *crls = json_array();
	char room[2 * CRL_NUMBER_MAX + 4];

	for (size_t i = 0; i < lists->n; i++)
		json_array_append_new(crls, json_pack("{s:s, s:s}", "number", number_of(lists->list[i], room, sizeof room), "digest",
						      trust_crl_digest(context->trust, lists->list[i])));
	char *text = json_dumps(crls, JSON_COMPACT | JSON_ENSURE_ASCII), *kept = text == NULL ? NULL : OPENSSL_strdup(text);

	OPENSSL_free(SSL_get_ex_data(session, context->evidence));
	if (SSL_set_ex_data(session, context->evidence, kept) != 1)
		OPENSSL_free(kept);
	free(text);
	json_decref(crls);
}

static int judge(X509_STORE_CTX *store, void *context_of)
{
	const struct tls_context *context = context_of;
	SSL *session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	bool server = SSL_is_server(session);
	const struct chain_rules rules = server ? chain_rules_client(X509_STORE_CTX_get0_cert(store)) : chain_rules_server();
	struct chain_lists lists;
	int error = chain_judge(store, context->trust, &rules, &lists);

	keep_evidence(context, session, &lists);
	/* A server's handshake goes on whatever is found; tls_peer_read tells it. */
	return server || error == X509_V_OK;
}

/* Client: the server's certificate was judged good before. 1 goes on, 0 ends with an alert. */
static int judge_staple(SSL *session, void *context_of)
{
	const struct tls_context *context = context_of;
	STACK_OF(X509) *path = SSL_get0_verified_chain(session);
	const unsigned char *at = NULL;
	long len = SSL_get_tlsext_status_ocsp_resp(session, &at);

	if (sk_X509_num(path) < 2)
		return 1;   /* an anchor of ours: nobody answers for it */
	X509 *leaf = sk_X509_value(path, 0);

	if (at == NULL || len <= 0) {
		if (!staple_promised(leaf))
			return 1;
		SSL_set_verify_result(session, X509_V_ERR_OCSP_VERIFY_NEEDED);
		return 0;
	}
	enum reason reason = staple_judge(context->trust, leaf, sk_X509_value(path, 1), (struct bytes){at, (size_t)len}, time(NULL), NULL);

	if (reason != REASON_NONE)
		SSL_set_verify_result(session, reason == REASON_PEER_REVOKED ? X509_V_ERR_CERT_REVOKED : X509_V_ERR_OCSP_VERIFY_FAILED);
	return reason == REASON_NONE;
}

/* --- our own staple ------------------------------------------------------------ */

static int send_staple(SSL *session, void *context_of)
{
	const struct tls_context *context = context_of;

	if (!tls_context_staples(context))
		return SSL_TLSEXT_ERR_NOACK;
	unsigned char *copy = OPENSSL_memdup(context->staple.at, context->staple.len);

	if (copy == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(session, copy, (int)context->staple.len);   /* takes the copy */
	return SSL_TLSEXT_ERR_OK;
}

/* From what we send along, else from the trust; owned by the caller. */
static X509 *issuer_of(SSL_CTX *ctx, const struct trust *trust, X509 *certificate)
{
	STACK_OF(X509) *chain = NULL;
	X509_STORE_CTX *store = NULL;
	X509 *issuer = NULL;

	SSL_CTX_get0_chain_certs(ctx, &chain);
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (X509_check_issued(sk_X509_value(chain, i), certificate) == X509_V_OK && X509_up_ref(sk_X509_value(chain, i)) == 1)
			return sk_X509_value(chain, i);
	store = X509_STORE_CTX_new();
	if (store == NULL || X509_STORE_CTX_init(store, trust_store(trust), certificate, NULL) != 1 ||
	    X509_STORE_CTX_get1_issuer(&issuer, store, certificate) != 1)
		issuer = NULL;
	X509_STORE_CTX_free(store);
	return issuer;
}

static void drop_staple(struct tls_context *context)
{
	OPENSSL_free((unsigned char *)(uintptr_t)context->staple.at);
	context->staple = BYTES_NONE;
	context->staple_until = 0;
}

void tls_judge_load_staple(struct tls_context *context, const char *path)
{
	unsigned char room[LIMIT_STAPLE + 1];
	time_t until = 0;

	drop_staple(context);
	if (path == NULL || path[0] == '\0')
		return;
	X509 *certificate = SSL_CTX_get0_certificate(context->ctx);
	X509 *issuer = certificate == NULL ? NULL : issuer_of(context->ctx, context->trust, certificate);
	FILE *file = fopen(path, "rbe");
	size_t len = file == NULL ? 0 : fread(room, 1, sizeof room, file);

	if (issuer != NULL && staple_judge(context->trust, certificate, issuer, (struct bytes){room, len}, time(NULL), &until) == REASON_NONE) {
		context->staple.at = OPENSSL_memdup(room, len);
		context->staple.len = context->staple.at == NULL ? 0 : len;
		context->staple_until = until;
	}
	if (file != NULL)
		fclose(file);
	X509_free(issuer);
	ERR_clear_error();
}

/* --- installed ------------------------------------------------------------------- */

bool tls_judge_install(struct tls_context *context, bool server)
{
	context->evidence = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_evidence);
	SSL_CTX_set_app_data(context->ctx, context);
	SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context->ctx, judge, context);
	SSL_CTX_set_tlsext_status_arg(context->ctx, context);
	SSL_CTX_set_tlsext_status_cb(context->ctx, (server ? send_staple : judge_staple));
	return context->evidence >= 0 && (server || SSL_CTX_set_tlsext_status_type(context->ctx, TLSEXT_STATUSTYPE_ocsp) == 1);
}

const char *tls_judge_lists(const SSL *session)
{
	const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));
	const char *text = SSL_get_ex_data(session, context->evidence);

	return text == NULL ? "[]" : text;
}

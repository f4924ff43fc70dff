/* gateway/tls_context.c - see tls.h. Keys, trust and protocol; made once, renewed while sessions live. */
#include "gateway/tls_private.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/private_key.h"

/* Who offers protocols must offer ours: a TLS session of another service is not to be led here (ALPACA, 2021). */
static int choose_protocol(SSL *session, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
			   unsigned in_len, void *unused)
{
	static const unsigned char ours[] = "\4smtp";
	(void)session;
	(void)unused;
	unsigned char *chosen;
	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 9325. Early data is off in OpenSSL unless it is asked for (3.3); with TLS 1.3 there is no renegotiation (3.5). */
static bool set_protocol(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_max_cert_list(ctx, LIMIT_TLS_CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* 4.2: forward secrecy and AEAD only; TLS 1.3 has nothing else. 4.2.1, 4.5: groups; signatures as in certs/strength.h. */
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 && SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") == 1 &&
	       SSL_CTX_set1_sigalgs_list(ctx, "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
					      "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512") == 1;
}

static const char *load_identity(SSL_CTX *ctx, const struct tls_files *files)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		return files->certificate;
	EVP_PKEY *key = private_key_read(files->key);
	bool taken = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	return taken ? NULL : files->key;
}

/* Names for the certificate request, so that a client with several certificates takes the right one. */
static bool ask_for_issuers(SSL_CTX *ctx, const struct trust *trust)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust_store(trust));
	bool ok = names != NULL;

	for (int i = 0; ok && i < sk_X509_OBJECT_num(objects); i++) {
		X509 *anchor = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		X509_NAME *name = anchor ? X509_NAME_dup(X509_get_subject_name(anchor)) : NULL;
		if (anchor == NULL)
			continue;
		ok = name != NULL && sk_X509_NAME_push(names, name) > 0;
		if (!ok)
			X509_NAME_free(name);
	}
	if (!ok) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return false;
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	return true;
}

static bool set_server(struct tls_context *context)
{
	SSL_CTX_set_alpn_select_cb(context->ctx, choose_protocol, NULL);
	return SSL_CTX_set_num_tickets(context->ctx, 0) == 1;
}

/* The trust in force from now on; the old one goes. */
static enum reason take_trust(struct tls_context *context, bool server, struct trust **trust, const char *staple)
{
	SSL_CTX_set1_cert_store(context->ctx, trust_store(*trust));
	trust_free(&context->trust);
	context->trust = *trust;
	*trust = NULL;
	tls_judge_load_staple(context, server ? staple : NULL);
	return !server || ask_for_issuers(context->ctx, context->trust) ? REASON_NONE : REASON_MEMORY;
}

static bool is_named(const char *file)
{
	return file != NULL && file[0] != '\0';
}

static enum reason context_open(const SSL_METHOD *method, bool server, const struct tls_files *files,
				struct tls_context **out, char detail[TLS_DETAIL])
{
	_Static_assert((int)TLS_DETAIL >= (int)TRUST_DETAIL, "the detail of trust_load must fit");
	struct tls_context *context = OPENSSL_zalloc(sizeof *context);
	struct trust *trust = NULL;
	enum reason reason = REASON_MEMORY;

	*out = NULL;
	detail[0] = '\0';
	if (context == NULL || (context->ctx = SSL_CTX_new(method)) == NULL || !set_protocol(context->ctx) ||
	    !tls_judge_install(context, server) || (server && !set_server(context)))
		goto out;
	if (server || is_named(files->certificate)) {
		const char *bad = load_identity(context->ctx, files);
		reason = REASON_CONFIG_VALUE;
		snprintf(detail, TLS_DETAIL, "%s", bad ? bad : "");
		if (bad != NULL)
			goto out;
	}
	reason = trust_load(files->anchors, files->crls, &trust, detail);
	if (reason == REASON_NONE)
		reason = take_trust(context, server, &trust, files->staple);
	if (reason != REASON_NONE)
		goto out;
	*out = context;
	context = NULL;
out:
	ERR_clear_error();
	tls_context_close(&context);
	return reason;
}

/* A pair is looked at in a place of its own first: half of a new one with half of the old would serve nobody. */
static enum reason renew_identity(struct tls_context *context, const struct tls_files *files, SSL_CTX **aside, char detail[TLS_DETAIL])
{
	if (!is_named(files->certificate))
		return REASON_NONE;
	*aside = SSL_CTX_new(SSL_CTX_get_ssl_method(context->ctx));
	if (*aside == NULL || !set_protocol(*aside))
		return REASON_MEMORY;
	const char *bad = load_identity(*aside, files);

	snprintf(detail, TLS_DETAIL, "%s", bad ? bad : "");
	return bad == NULL ? REASON_NONE : REASON_CONFIG_VALUE;
}

static bool take_identity(struct tls_context *context, SSL_CTX *aside)
{
	STACK_OF(X509) *chain = NULL;

	if (aside == NULL)
		return true;
	SSL_CTX_get0_chain_certs(aside, &chain);
	return SSL_CTX_use_cert_and_key(context->ctx, SSL_CTX_get0_certificate(aside), SSL_CTX_get0_privatekey(aside), chain, 1) == 1;
}

enum reason tls_context_renew(struct tls_context *context, const struct tls_files *files, char detail[TLS_DETAIL])
{
	bool server = SSL_CTX_get_ssl_method(context->ctx) == TLS_server_method();
	struct trust *trust = NULL;
	SSL_CTX *aside = NULL;

	detail[0] = '\0';
	enum reason reason = renew_identity(context, files, &aside, detail);
	if (reason == REASON_NONE)
		reason = trust_load(files->anchors, files->crls, &trust, detail);
	if (reason == REASON_NONE && !take_identity(context, aside))
		reason = REASON_MEMORY;
	if (reason == REASON_NONE)
		reason = take_trust(context, server, &trust, files->staple);
	trust_free(&trust);
	SSL_CTX_free(aside);
	ERR_clear_error();
	return reason;
}

bool tls_context_staples(const struct tls_context *context)
{
	return context->staple.len > 0 && context->staple_until > time(NULL);
}

enum reason tls_server_context(const struct tls_files *files, struct tls_context **out, char detail[TLS_DETAIL])
{
	return context_open(TLS_server_method(), true, files, out, detail);
}

enum reason tls_client_context(const struct tls_files *files, struct tls_context **out, char detail[TLS_DETAIL])
{
	return context_open(TLS_client_method(), false, files, out, detail);
}

void tls_context_close(struct tls_context **context)
{
	if (*context == NULL)
		return;
	tls_judge_load_staple(*context, NULL);
	SSL_CTX_free((*context)->ctx);
	trust_free(&(*context)->trust);
	OPENSSL_free(*context);
	*context = NULL;
}

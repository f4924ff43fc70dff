/* gateway/tls.c - see tls.h. */
#include "gateway/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "certs/name.h"
#include "certs/trust.h"

enum { NAMES_MAX = 8, SUBJECT_MAX = 1024, ALERT_FIRST = 1000, ALERT_LAST = 1255 };

struct tls_context {
	SSL_CTX *ctx;
	struct trust *trust;
};

/* --- judging a certificate ------------------------------------------------- */

/* A list that is missing spoils the judgement of the leaf, not of an intermediate: roots seldom publish a fresh one.
 * An intermediate that a list names as revoked is refused all the same. */
static int bear_missing_list(int ok, X509_STORE_CTX *store)
{
	if (ok || X509_STORE_CTX_get_error(store) != X509_V_ERR_UNABLE_TO_GET_CRL ||
	    X509_STORE_CTX_get_error_depth(store) == 0)
		return ok;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

/* Operators hold one certificate for both directions, so server use counts like client use; mail use does not. */
static bool may_identify(X509 *leaf)
{
	return leaf != NULL && (X509_get_extended_key_usage(leaf) & (XKU_SSL_CLIENT | XKU_SSL_SERVER)) != 0 &&
	       (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0;
}

/* The handshake goes on whatever is found; tls_peer_read tells it. */
static int judge_client(X509_STORE_CTX *store, void *unused)
{
	(void)unused;
	X509_VERIFY_PARAM_set_purpose(X509_STORE_CTX_get0_param(store), X509_PURPOSE_ANY);
	int good = X509_verify_cert(store);
	if (good == 1 && !may_identify(X509_STORE_CTX_get0_cert(store)))
		X509_STORE_CTX_set_error(store, X509_V_ERR_INVALID_PURPOSE);
	if (good != 1 && X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
	return 1;
}

/* --- contexts ---------------------------------------------------------------- */

/* A key with a passphrase is refused; nobody is asked at a terminal. */
static int no_passphrase(char *to, int room, int writing, void *unused)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)unused;
	return -1;
}

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

static bool set_protocol(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_security_level(ctx, 2);
	SSL_CTX_set_max_cert_list(ctx, LIMIT_TLS_CHAIN);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* RFC 9325 4.2: forward secrecy and AEAD only. TLS 1.3 has nothing else. */
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

static const char *load_identity(SSL_CTX *ctx, const struct tls_files *files)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, files->certificate) != 1)
		return files->certificate;
	if (SSL_CTX_use_PrivateKey_file(ctx, files->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return files->key;
	return NULL;
}

static bool set_trust(SSL_CTX *ctx, const struct trust *trust)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	SSL_CTX_set1_cert_store(ctx, trust_store(trust));
	X509_VERIFY_PARAM_set_depth(param, LIMIT_CHAIN_DEPTH);
	return !trust_checks_revocation(trust) ||
	       X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_USE_DELTAS) == 1;
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

static bool set_server(SSL_CTX *ctx, const struct trust *trust)
{
	static const unsigned char id[] = "relais-smtp";

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, bear_missing_list);
	SSL_CTX_set_cert_verify_callback(ctx, judge_client, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
	SSL_CTX_set_timeout(ctx, LIMIT_TLS_TICKET_SECONDS);
	return SSL_CTX_set_num_tickets(ctx, 1) == 1 && SSL_CTX_set_session_id_context(ctx, id, sizeof id - 1) == 1 &&
	       ask_for_issuers(ctx, trust);
}

static enum reason context_open(const SSL_METHOD *method, bool server, const struct tls_files *files,
				struct tls_context **out, char detail[TLS_DETAIL])
{
	_Static_assert((int)TLS_DETAIL >= (int)TRUST_DETAIL, "the detail of trust_load must fit");
	struct tls_context *context = OPENSSL_zalloc(sizeof *context);
	enum reason reason = REASON_MEMORY;

	*out = NULL;
	detail[0] = '\0';
	if (context == NULL || (context->ctx = SSL_CTX_new(method)) == NULL || !set_protocol(context->ctx))
		goto out;
	if (server || (files->certificate != NULL && files->certificate[0] != '\0')) {
		const char *bad = load_identity(context->ctx, files);
		reason = REASON_CONFIG_VALUE;
		snprintf(detail, TLS_DETAIL, "%s", bad ? bad : "");
		if (bad != NULL)
			goto out;
	}
	reason = trust_load(files->anchors, files->crls, &context->trust, detail);
	if (reason != REASON_NONE)
		goto out;
	reason = REASON_MEMORY;
	if (!set_trust(context->ctx, context->trust))
		goto out;
	if (!server)
		SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER, bear_missing_list);
	else if (!set_server(context->ctx, context->trust))
		goto out;
	*out = context;
	context = NULL;
	reason = REASON_NONE;
out:
	ERR_clear_error();
	tls_context_close(&context);
	return reason;
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
	SSL_CTX_free((*context)->ctx);
	trust_free(&(*context)->trust);
	OPENSSL_free(*context);
	*context = NULL;
}

/* --- sessions ---------------------------------------------------------------- */

SSL *tls_server_session(struct tls_context *context)
{
	SSL *session = SSL_new(context->ctx);
	if (session != NULL)
		SSL_set_accept_state(session);
	return session;
}

static bool demand_name(SSL *session, const char *server_name)
{
	ASN1_OCTET_STRING *literal = a2i_IPADDRESS(server_name);

	ERR_clear_error();
	SSL_set_hostflags(session, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (literal != NULL) {
		ASN1_OCTET_STRING_free(literal);
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server_name) == 1;
	}
	return server_name[0] != '\0' && SSL_set1_host(session, server_name) == 1 &&
	       SSL_set_tlsext_host_name(session, server_name) == 1;
}

enum reason tls_client_prepare(struct tls_context *context, int fd, const char *server_name, SSL **out)
{
	SSL *session = SSL_new(context->ctx);

	*out = NULL;
	if (session == NULL || SSL_set_fd(session, fd) != 1) {
		SSL_free(session);
		return REASON_MEMORY;
	}
	/* Without a name to demand, any certificate of the trust space would do: never. */
	if (!demand_name(session, server_name)) {
		SSL_free(session);
		return REASON_CONFIG_VALUE;
	}
	SSL_set_connect_state(session);
	*out = session;
	return REASON_NONE;
}

/* An alert or an unclean end is the peer's way of leaving. */
static enum tls_step step_of(SSL *session, int result)
{
	int why = errno;

	switch (SSL_get_error(session, result)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		return why == 0 || why == EPIPE || why == ECONNRESET ? TLS_CLOSED : TLS_FAILED;
	default:
		break;
	}
	int reason = ERR_GET_REASON(ERR_peek_error());
	bool left = reason == SSL_R_UNEXPECTED_EOF_WHILE_READING || (reason > ALERT_FIRST && reason <= ALERT_LAST);
	return left ? TLS_CLOSED : TLS_FAILED;
}

static void before_call(void)
{
	ERR_clear_error();
	errno = 0;
}

enum tls_step tls_handshake(SSL *session)
{
	before_call();
	int result = SSL_do_handshake(session);
	if (result == 1)
		return TLS_DONE;
	enum tls_step step = step_of(session, result);
	return step == TLS_FAILED && SSL_get_verify_result(session) != X509_V_OK ? TLS_UNVERIFIED : step;
}

enum tls_step tls_read(SSL *session, void *to, size_t len, size_t *n)
{
	before_call();
	*n = 0;
	int result = SSL_read_ex(session, to, len, n);
	return result == 1 ? TLS_DONE : step_of(session, result);
}

enum tls_step tls_write(SSL *session, const void *from, size_t len, size_t *n)
{
	before_call();
	*n = 0;
	int result = SSL_write_ex(session, from, len, n);
	return result == 1 ? TLS_DONE : step_of(session, result);
}

size_t tls_pending(const SSL *session)
{
	int n = SSL_pending(session);
	return n > 0 ? (size_t)n : 0;
}

void tls_goodbye(SSL *session)
{
	before_call();
	if (SSL_is_init_finished(session))
		(void)SSL_shutdown(session);
}

void tls_session_close(SSL **session)
{
	SSL_free(*session);
	*session = NULL;
}

/* --- who is there ------------------------------------------------------------ */

static struct bytes hex_of(struct arena *arena, const unsigned char *raw, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(arena, 2 * len + 1);
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[raw[i] >> 4];
		text[2 * i + 1] = digits[raw[i] & 15];
	}
	return (struct bytes){(unsigned char *)text, 2 * len};
}

static struct bytes fingerprint_of(struct arena *arena, X509 *certificate)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
		return BYTES_NONE;
	return hex_of(arena, digest, len);
}

static struct bytes serial_of(struct arena *arena, X509 *certificate)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	int len = ASN1_STRING_length(serial);
	return hex_of(arena, ASN1_STRING_get0_data(serial), len > 0 ? (size_t)len : 0);
}

/* A ticket may be older than the certificate's last day; the chain was judged when the ticket was made. */
static long verdict_of(const SSL *session, X509 *certificate)
{
	long verdict = SSL_get_verify_result(session);
	if (verdict == X509_V_OK && X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return X509_V_ERR_CERT_HAS_EXPIRED;
	return verdict;
}

void tls_peer_read(struct arena *arena, const SSL *session, struct tls_peer *out)
{
	X509 *certificate = SSL_get0_peer_certificate(session);

	*out = (struct tls_peer){
		.status = TLS_PEER_NONE, .why = "", .version = SSL_get_version(session), .cipher = SSL_get_cipher_name(session)};
	if (certificate == NULL)
		return;
	out->serial = serial_of(arena, certificate);
	out->fingerprint = fingerprint_of(arena, certificate);
	long verdict = verdict_of(session, certificate);
	if (name_of_x509(arena, X509_get_subject_name(certificate), &out->name) != REASON_NONE) {
		out->name = BYTES_NONE;
		verdict = verdict == X509_V_OK ? X509_V_ERR_UNSPECIFIED : verdict;
	}
	out->status = verdict == X509_V_OK ? TLS_PEER_GOOD : TLS_PEER_UNTRUSTED;
	out->why = verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict);
}

const char *tls_verify_text(const SSL *session)
{
	return X509_verify_cert_error_string(SSL_get_verify_result(session));
}

static json_t *names_of(X509 *certificate)
{
	json_t *list = json_array();
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && json_array_size(list) < NAMES_MAX; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_DNS)
			continue;
		int len = ASN1_STRING_length(name->d.dNSName);
		if (len > 0 && len <= LIMIT_SMTP_DOMAIN)   /* NULL, not added, when it is no UTF-8 */
			json_array_append_new(list, json_stringn((const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)len));
	}
	GENERAL_NAMES_free(names);
	return list;
}

struct bytes tls_facts(struct arena *arena, const SSL *session)
{
	X509 *certificate = SSL_get0_peer_certificate(session);
	struct bytes subject = BYTES_NONE;
	json_t *facts = json_object();

	json_object_set_new(facts, "version", json_string(SSL_get_version(session)));
	json_object_set_new(facts, "cipher", json_string(SSL_get_cipher_name(session)));
	if (certificate != NULL) {
		struct bytes fingerprint = fingerprint_of(arena, certificate);
		if (name_of_x509(arena, X509_get_subject_name(certificate), &subject) == REASON_NONE && subject.len <= SUBJECT_MAX)
			json_object_set_new(facts, "subject", json_stringn((const char *)subject.at, subject.len));
		json_object_set_new(facts, "fingerprint", json_stringn((const char *)fingerprint.at, fingerprint.len));
		json_object_set_new(facts, "names", names_of(certificate));
	}
	char *text = json_dumps(facts, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct bytes out = arena_copy(arena, text ? bytes_of_text(text) : BYTES("{}"));
	free(text);
	json_decref(facts);
	return out;
}

/* gateway/tls_peer.c - see tls.h. Who is there, and what it rests on. */
#include "gateway/tls_private.h"

#include <stdlib.h>

#include <jansson.h>
#include <openssl/x509v3.h>

#include "certs/chain.h"
#include "certs/name.h"

enum { NAMES_MAX = 8, SUBJECT_MAX = 1024 };

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

static json_t *path_of(struct arena *arena, const SSL *session)
{
	STACK_OF(X509) *path = SSL_get0_verified_chain(session);
	json_t *list = json_array();

	for (int i = 0; i < sk_X509_num(path); i++) {
		struct bytes digest = fingerprint_of(arena, sk_X509_value(path, i));
		json_array_append_new(list, json_stringn((const char *)digest.at, digest.len));
	}
	return list;
}

static struct bytes text_of(struct arena *arena, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
	struct bytes out = text == NULL ? BYTES_NONE : arena_copy(arena, bytes_of_text(text));

	free(text);
	json_decref(value);
	return out;
}

void tls_peer_read(struct arena *arena, const SSL *session, struct tls_peer *out)
{
	X509 *certificate = SSL_get0_peer_certificate(session);

	*out = (struct tls_peer){
		.status = TLS_PEER_NONE, .reason = REASON_PEER_NO_CERTIFICATE, .why = "", .version = SSL_get_version(session),
		.cipher = SSL_get_cipher_name(session)};
	if (certificate == NULL)
		return;
	out->serial = serial_of(arena, certificate);
	out->fingerprint = fingerprint_of(arena, certificate);
	out->path = text_of(arena, path_of(arena, session));
	out->crls = arena_copy(arena, bytes_of_text(tls_judge_lists(session)));
	long verdict = SSL_get_verify_result(session);
	if (name_of_x509(arena, X509_get_subject_name(certificate), &out->name) != REASON_NONE) {
		out->name = BYTES_NONE;
		verdict = verdict == X509_V_OK ? X509_V_ERR_UNSPECIFIED : verdict;
	}
	out->status = verdict == X509_V_OK ? TLS_PEER_GOOD : TLS_PEER_UNTRUSTED;
	out->reason = chain_peer_reason(verdict);
	out->why = verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict);
}

size_t tls_peer_path(struct arena *arena, const SSL *session, struct bytes out[TLS_PATH])
{
	STACK_OF(X509) *path = SSL_get0_verified_chain(session);
	size_t n = 0;

	for (int i = 0; i < sk_X509_num(path) && n < TLS_PATH; i++) {
		int len = i2d_X509(sk_X509_value(path, i), NULL);
		unsigned char *at = len <= 0 ? NULL : arena_try(arena, (size_t)len), *to = at;
		if (at == NULL || i2d_X509(sk_X509_value(path, i), &to) != len)
			return 0;
		out[n++] = (struct bytes){at, (size_t)len};
	}
	return n;
}

enum reason tls_verify_reason(const SSL *session)
{
	return chain_peer_reason(SSL_get_verify_result(session));
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

static bool has_staple(const SSL *session)
{
	const unsigned char *at = NULL;

	return SSL_get_tlsext_status_ocsp_resp((SSL *)(uintptr_t)session, &at) > 0;
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
		json_object_set_new(facts, "path", path_of(arena, session));
		json_object_set_new(facts, "crls", json_loads(tls_judge_lists(session), 0, NULL));
		json_object_set_new(facts, "staple", json_boolean(has_staple(session)));
	}
	struct bytes out = text_of(arena, facts);
	return out.len > 0 ? out : BYTES("{}");
}

/* certs/opening.c - see opening.h. */
#include "certs/opening.h"

#include <stdio.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "base/secret.h"
#include "certs/envelope_asn1.h"

enum { FINGERPRINT_TEXT = 64, SHARED_MAX = 66 /* P-521 */ };

struct opening {
	X509 *certificate;
	EVP_PKEY *key;
	char ids[OPENING_IDS][ENVELOPE_ID];
	char fingerprint[FINGERPRINT_TEXT + 1];
};

static const EVP_MD *digest_of(enum envelope_hash hash)
{
	return hash == ENVELOPE_SHA1 ? EVP_sha1() : hash == ENVELOPE_SHA224 ? EVP_sha224() : hash == ENVELOPE_SHA256 ? EVP_sha256() :
	       hash == ENVELOPE_SHA384 ? EVP_sha384() : EVP_sha512();
}

/* --- opening --------------------------------------------------------------------- */

static void hex_of(const unsigned char *raw, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static bool name_it(struct opening *o)
{
	unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
	unsigned len = 0;
	ENVELOPE_ISSUER issuer = {X509_get_issuer_name(o->certificate), X509_get_serialNumber(o->certificate)};
	const ASN1_OCTET_STRING *identifier = X509_get0_subject_key_id(o->certificate);
	int n = i2d_ENVELOPE_ISSUER(&issuer, &der);
	bool good = n > 0 && EVP_Digest(der, (size_t)n, digest, &len, EVP_sha256(), NULL) == 1;

	memcpy(o->ids[0], "i:", 3);
	if (good)
		hex_of(digest, len, o->ids[0] + 2);
	OPENSSL_free(der);
	if (identifier != NULL && ASN1_STRING_length(identifier) > 0 && ASN1_STRING_length(identifier) <= (ENVELOPE_ID - 3) / 2) {
		memcpy(o->ids[1], "k:", 3);
		hex_of(ASN1_STRING_get0_data(identifier), (size_t)ASN1_STRING_length(identifier), o->ids[1] + 2);
	}
	if (!good || X509_digest(o->certificate, EVP_sha256(), digest, &len) != 1 || 2 * len != FINGERPRINT_TEXT)
		return false;
	hex_of(digest, len, o->fingerprint);
	return true;
}

/* RSA encrypts the key, EC agrees on one: the certificate must be for that (RFC 8550 4.4.2). */
static const char *check_certificate(struct opening *o)
{
	const EVP_PKEY *key = X509_get0_pubkey(o->certificate);
	uint32_t usage = X509_get_key_usage(o->certificate);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	bool rsa = key != NULL && EVP_PKEY_is_a(key, "RSA"), ec = key != NULL && EVP_PKEY_is_a(key, "EC");

	if (X509_check_purpose(o->certificate, X509_PURPOSE_SMIME_ENCRYPT, 0) != 1 && !(ec && (X509_get_extended_key_usage(o->certificate) & XKU_SMIME) != 0))
		return "the certificate is not made for encrypting mail";
	if (rsa ? (usage & KU_KEY_ENCIPHERMENT) == 0 || bits < LIMIT_RSA_BITS_MIN || bits > LIMIT_RSA_BITS_MAX
		: !ec || (usage & KU_KEY_AGREEMENT) == 0 || (bits != 256 && bits != 384 && bits != 521))
		return "the certificate's key cannot be encrypted to";
	return name_it(o) ? NULL : "the certificate cannot be read";
}

static const char *load(struct opening *o, const char *path, const struct key_source *source)
{
	BIO *bio = BIO_new_file(path, "rb");
	const char *why = "the certificate cannot be opened";

	if (bio != NULL) {
		o->certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		BIO_free(bio);
		why = o->certificate == NULL ? "the certificate is not PEM" : check_certificate(o);
	}
	if (why == NULL)
		o->key = key_open(source, &why);
	if (o->key != NULL && X509_check_private_key(o->certificate, o->key) != 1)
		why = "the key is not that of the certificate";
	return why;
}

enum reason opening_open(const char *certificate, const struct key_source *key, struct opening **out, char detail[OPENING_DETAIL])
{
	struct opening *o = OPENSSL_zalloc(sizeof *o);

	*out = NULL;
	detail[0] = '\0';
	if (o == NULL)
		return REASON_MEMORY;
	const char *why = load(o, certificate, key);
	ERR_clear_error();
	if (why != NULL) {
		snprintf(detail, OPENING_DETAIL, "%s", why);
		opening_close(&o);
		return REASON_CONFIG_VALUE;
	}
	*out = o;
	return REASON_NONE;
}

void opening_close(struct opening **opening)
{
	if (*opening == NULL)
		return;
	key_close((*opening)->key);
	X509_free((*opening)->certificate);
	OPENSSL_clear_free(*opening, sizeof **opening);
	*opening = NULL;
}

struct bytes opening_fingerprint(const struct opening *opening)
{
	return bytes_of_text(opening->fingerprint);
}

struct bytes opening_id(const struct opening *opening, size_t i)
{
	return i < OPENING_IDS ? bytes_of_text(opening->ids[i]) : BYTES_NONE;
}

/* --- RSA ------------------------------------------------------------------------------ */

static bool unwrap_oaep(const struct opening *o, const struct envelope_recipient *r, unsigned char out[ENVELOPE_KEY_MAX])
{
	EVP_PKEY_CTX *context = EVP_PKEY_is_a(o->key, "RSA") ? EVP_PKEY_CTX_new(o->key, NULL) : NULL;
	unsigned char plain[LIMIT_RSA_BITS_MAX / 8];
	size_t len = sizeof plain;
	bool good = context != NULL && EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_rsa_oaep_md(context, digest_of(r->hash)) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest_of(r->mask)) == 1 &&
		    EVP_PKEY_decrypt(context, plain, &len, r->secret.at, r->secret.len) == 1 && len * 8 == r->key_bits;

	if (good)
		memcpy(out, plain, len);
	secret_wipe(plain, sizeof plain);
	EVP_PKEY_CTX_free(context);
	return good;
}

/* --- ECDH ----------------------------------------------------------------------------- */

/* The shared secret with a point of theirs, which must lie on our curve: OpenSSL checks it as it reads it. */
static bool agree(const struct opening *o, struct bytes point, unsigned char shared[SHARED_MAX], size_t *len)
{
	EVP_PKEY *peer = EVP_PKEY_new();
	EVP_PKEY_CTX *context = EVP_PKEY_is_a(o->key, "EC") ? EVP_PKEY_CTX_new(o->key, NULL) : NULL;
	bool good = peer != NULL && context != NULL && EVP_PKEY_copy_parameters(peer, X509_get0_pubkey(o->certificate)) == 1 &&
		    EVP_PKEY_set1_encoded_public_key(peer, point.at, point.len) == 1 && EVP_PKEY_derive_init(context) == 1 &&
		    EVP_PKEY_derive_set_peer(context, peer) == 1;

	*len = SHARED_MAX;
	good = good && EVP_PKEY_derive(context, shared, len) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	return good;
}

/* ECC-CMS-SharedInfo (RFC 5753 7.2), in DER. */
static int shared_info(const struct envelope_recipient *r, unsigned char **der)
{
	X509_ALGOR *wrap = X509_ALGOR_new();
	ASN1_OCTET_STRING *ukm = r->ukm.at != NULL ? ASN1_OCTET_STRING_new() : NULL;
	int nid = r->wrap_bits == 128 ? NID_id_aes128_wrap : r->wrap_bits == 192 ? NID_id_aes192_wrap : NID_id_aes256_wrap, len = -1;

	if (wrap != NULL && X509_ALGOR_set0(wrap, OBJ_nid2obj(nid), r->wrap_null ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1 &&
	    (r->ukm.at == NULL || (ukm != NULL && ASN1_OCTET_STRING_set(ukm, r->ukm.at, (int)r->ukm.len) == 1)))
		len = CMS_SharedInfo_encode(der, wrap, ukm, (int)r->wrap_bits / 8);
	X509_ALGOR_free(wrap);
	ASN1_OCTET_STRING_free(ukm);
	return len;
}

static bool derive(const struct envelope_recipient *r, unsigned char *shared, size_t shared_len, unsigned char kek[ENVELOPE_KEY_MAX])
{
	unsigned char *info = NULL;
	int info_len = shared_info(r, &info);
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_X963KDF, NULL);
	EVP_KDF_CTX *context = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(digest_of(r->hash)), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, shared, shared_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len > 0 ? (size_t)info_len : 0),
		OSSL_PARAM_construct_end(),
	};
	bool good = info_len > 0 && context != NULL && EVP_KDF_derive(context, kek, r->wrap_bits / 8, params) == 1;

	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	OPENSSL_free(info);
	return good;
}

static bool unwrap_key(const struct envelope_recipient *r, const unsigned char *kek, unsigned char out[ENVELOPE_KEY_MAX])
{
	const EVP_CIPHER *cipher = r->wrap_bits == 128 ? EVP_aes_128_wrap() : r->wrap_bits == 192 ? EVP_aes_192_wrap() : EVP_aes_256_wrap();
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	unsigned char plain[ENVELOPE_SECRET_MAX];
	int n = 0, last = 0;

	if (context != NULL)
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	bool good = context != NULL && r->secret.len == r->key_bits / 8 + 8 && EVP_DecryptInit_ex(context, cipher, NULL, kek, NULL) == 1 &&
		    EVP_DecryptUpdate(context, plain, &n, r->secret.at, (int)r->secret.len) == 1 && EVP_DecryptFinal_ex(context, plain + n, &last) == 1 &&
		    (size_t)(n + last) * 8 == r->key_bits;
	if (good)
		memcpy(out, plain, (size_t)(n + last));
	secret_wipe(plain, sizeof plain);
	EVP_CIPHER_CTX_free(context);
	return good;
}

static bool unwrap_ecdh(const struct opening *o, const struct envelope_recipient *r, unsigned char out[ENVELOPE_KEY_MAX])
{
	unsigned char shared[SHARED_MAX], kek[ENVELOPE_KEY_MAX];
	size_t len;
	bool good = agree(o, r->point, shared, &len) && derive(r, shared, len, kek) && unwrap_key(r, kek, out);

	secret_wipe(shared, sizeof shared);
	secret_wipe(kek, sizeof kek);
	return good;
}

bool opening_unwrap(const struct opening *opening, const struct envelope_recipient *recipient, unsigned char out[ENVELOPE_KEY_MAX])
{
	unsigned char found[ENVELOPE_KEY_MAX];

	/* Made first and always: neither time nor a failing source of chance tells what happened below. */
	if (RAND_bytes(out, ENVELOPE_KEY_MAX) != 1)
		memset(out, 0, ENVELOPE_KEY_MAX);
	bool sizes = (recipient->key_bits == 128 || recipient->key_bits == 192 || recipient->key_bits == 256) && recipient->hash < ENVELOPE_HASHES &&
		     recipient->mask < ENVELOPE_HASHES && recipient->secret.len <= ENVELOPE_SECRET_MAX;
	bool agreed = recipient->wrap_bits == 128 || recipient->wrap_bits == 192 || recipient->wrap_bits == 256;
	bool good = sizes && (recipient->kind == ENVELOPE_OAEP ? unwrap_oaep(opening, recipient, found) : agreed && unwrap_ecdh(opening, recipient, found));
	if (good)
		memcpy(out, found, recipient->key_bits / 8);
	secret_wipe(found, sizeof found);
	ERR_clear_error();
	return good;
}

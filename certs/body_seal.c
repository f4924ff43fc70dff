/* certs/body_seal.c - see body_seal.h. */
#include "certs/body_seal.h"

#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "base/secret.h"

enum { NONCE = 12, SHARED = 32 };

static const struct bytes label = BYTES_OF("relais intake 1");

enum reason body_key_make(struct body_key *out)
{
	return RAND_priv_bytes(out->at, BODY_KEY) == 1 ? REASON_NONE : REASON_MEMORY;
}

void body_key_wipe(struct body_key *key)
{
	secret_wipe(key, sizeof *key);
}

struct body_bound body_bound(const unsigned char digest[BODY_DIGEST], uint64_t size)
{
	struct body_bound b;

	memcpy(b.at, digest, BODY_DIGEST);
	for (int i = 0; i < 8; i++)
		b.at[BODY_DIGEST + i] = (unsigned char)(size >> (56 - 8 * i));
	return b;
}

/* --- AES-256-GCM ------------------------------------------------------------ */

/* out: the ciphertext, then the tag. */
static enum reason gcm_seal(const unsigned char *key, const unsigned char nonce[NONCE], struct bytes bound, struct bytes plain, unsigned char *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	unsigned char none;
	int n = 0, end = 0;

	bool done = c != NULL && plain.len <= INT_MAX && bound.len <= INT_MAX &&
		    EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
		    (bound.len == 0 || EVP_EncryptUpdate(c, NULL, &n, bound.at, (int)bound.len) == 1) &&
		    (plain.len == 0 || EVP_EncryptUpdate(c, out, &n, plain.at, (int)plain.len) == 1) &&
		    EVP_EncryptFinal_ex(c, &none, &end) == 1 && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, BODY_TAG, out + plain.len) == 1;
	EVP_CIPHER_CTX_free(c);
	return done ? REASON_NONE : REASON_MEMORY;
}

static enum reason gcm_open(const unsigned char *key, const unsigned char nonce[NONCE], struct bytes bound, struct bytes sealed, unsigned char *out)
{
	unsigned char tag[BODY_TAG], none;
	int n = 0, end = 0;

	if (sealed.len < BODY_TAG || sealed.len > INT_MAX)
		return REASON_BODY_SEAL;
	size_t len = sealed.len - BODY_TAG;
	memcpy(tag, sealed.at + len, BODY_TAG);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	if (c == NULL)
		return REASON_MEMORY;
	bool done = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
		    (bound.len == 0 || EVP_DecryptUpdate(c, NULL, &n, bound.at, (int)bound.len) == 1) &&
		    (len == 0 || EVP_DecryptUpdate(c, out, &n, sealed.at, (int)len) == 1) &&
		    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, BODY_TAG, tag) == 1 && EVP_DecryptFinal_ex(c, &none, &end) == 1;
	EVP_CIPHER_CTX_free(c);
	return done ? REASON_NONE : REASON_BODY_SEAL;
}

/* --- chunks ------------------------------------------------------------------ */

static void chunk_nonce(uint64_t number, bool last, unsigned char out[NONCE])
{
	memset(out, 0, NONCE);
	for (int i = 0; i < 8; i++)
		out[3 + i] = (unsigned char)(number >> (56 - 8 * i));
	out[NONCE - 1] = last;
}

enum reason body_chunk_seal(const struct body_key *key, uint64_t number, bool last, struct bytes plain, unsigned char *out)
{
	unsigned char nonce[NONCE];

	chunk_nonce(number, last, nonce);
	return gcm_seal(key->at, nonce, BYTES_NONE, plain, out);
}

enum reason body_chunk_open(const struct body_key *key, uint64_t number, bool last, struct bytes stored, unsigned char *out)
{
	unsigned char nonce[NONCE];

	chunk_nonce(number, last, nonce);
	return gcm_open(key->at, nonce, BYTES_NONE, stored, out);
}

/* --- keys to a public key -------------------------------------------------------- */

enum reason body_pair_make(struct body_key *private_half, unsigned char public_half[BODY_KEY])
{
	EVP_PKEY *pair = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	size_t n = BODY_KEY, m = BODY_KEY;

	bool done = pair != NULL && EVP_PKEY_get_raw_private_key(pair, private_half->at, &n) == 1 &&
		    EVP_PKEY_get_raw_public_key(pair, public_half, &m) == 1 && n == BODY_KEY && m == BODY_KEY;
	EVP_PKEY_free(pair);
	return done ? REASON_NONE : REASON_MEMORY;
}

/* False for a peer's point of small order, whose secret would be known to all (RFC 7748 6.1). */
static bool agree(EVP_PKEY *own, EVP_PKEY *peer, unsigned char shared[SHARED])
{
	EVP_PKEY_CTX *c = own == NULL || peer == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);
	size_t n = SHARED;

	bool done = c != NULL && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, shared, &n) == 1 && n == SHARED;
	EVP_PKEY_CTX_free(c);
	return done;
}

static bool expand(unsigned char shared[SHARED], const unsigned char salt[2 * BODY_KEY], unsigned char out[BODY_KEY])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, SHARED),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, 2 * BODY_KEY),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)label.at, label.len),
		OSSL_PARAM_construct_end(),
	};
	bool done = c != NULL && EVP_KDF_derive(c, out, BODY_KEY, params) == 1;
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return done;
}

/* The key between two halves; salt is both public keys, the ephemeral one first. */
static bool between(EVP_PKEY *own, EVP_PKEY *peer, const unsigned char *ephemeral, const unsigned char *recipient, struct body_key *out)
{
	unsigned char shared[SHARED], salt[2 * BODY_KEY];

	memcpy(salt, ephemeral, BODY_KEY);
	memcpy(salt + BODY_KEY, recipient, BODY_KEY);
	bool done = agree(own, peer, shared) && expand(shared, salt, out->at);
	secret_wipe(shared, sizeof shared);
	return done;
}

enum reason body_key_seal(const struct body_key *key, const unsigned char public_half[BODY_KEY], const struct body_bound *bound,
			  unsigned char out[BODY_TO_PUBLIC])
{
	static const unsigned char nonce[NONCE] = {0};   /* its key is made for this one sealing */
	EVP_PKEY *ephemeral = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_half, BODY_KEY);
	struct body_key k;
	size_t n = BODY_KEY;

	bool done = ephemeral != NULL && EVP_PKEY_get_raw_public_key(ephemeral, out, &n) == 1 && between(ephemeral, peer, out, public_half, &k);
	EVP_PKEY_free(ephemeral);
	EVP_PKEY_free(peer);
	if (!done)
		return REASON_BODY_SEAL;
	enum reason reason = gcm_seal(k.at, nonce, (struct bytes){bound->at, sizeof bound->at}, (struct bytes){key->at, BODY_KEY}, out + BODY_KEY);
	body_key_wipe(&k);
	return reason;
}

enum reason body_key_open(struct bytes sealed, const struct body_key *private_half, const struct body_bound *bound, struct body_key *out)
{
	static const unsigned char nonce[NONCE] = {0};
	unsigned char recipient[BODY_KEY];
	struct body_key k;
	size_t n = BODY_KEY;

	if (sealed.len != BODY_TO_PUBLIC)
		return REASON_BODY_SEAL;
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_half->at, BODY_KEY);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, sealed.at, BODY_KEY);
	bool done = own != NULL && EVP_PKEY_get_raw_public_key(own, recipient, &n) == 1 && between(own, peer, sealed.at, recipient, &k);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	if (!done)
		return REASON_BODY_SEAL;
	enum reason reason = gcm_open(k.at, nonce, (struct bytes){bound->at, sizeof bound->at}, bytes_from(sealed, BODY_KEY), out->at);
	body_key_wipe(&k);
	return reason;
}

/* --- keys under a key ---------------------------------------------------------------- */

enum reason body_key_wrap(const struct body_key *key, const struct body_key *by, struct bytes bound, unsigned char out[BODY_UNDER_KEY])
{
	if (RAND_bytes(out, NONCE) != 1)
		return REASON_MEMORY;
	return gcm_seal(by->at, out, bound, (struct bytes){key->at, BODY_KEY}, out + NONCE);
}

enum reason body_key_unwrap(struct bytes wrapped, const struct body_key *by, struct bytes bound, struct body_key *out)
{
	if (wrapped.len != BODY_UNDER_KEY)
		return REASON_BODY_SEAL;
	return gcm_open(by->at, wrapped.at, bound, bytes_from(wrapped, NONCE), out->at);
}

bool body_seal_ready(void)
{
	struct body_key key, half, again;
	unsigned char public_half[BODY_KEY], sealed[BODY_TO_PUBLIC];
	const struct body_bound bound = {{0}};

	return body_key_make(&key) == REASON_NONE && body_pair_make(&half, public_half) == REASON_NONE &&
	       body_key_seal(&key, public_half, &bound, sealed) == REASON_NONE &&
	       body_key_open((struct bytes){sealed, sizeof sealed}, &half, &bound, &again) == REASON_NONE && CRYPTO_memcmp(&key, &again, sizeof key) == 0;
}

/* certs/envelope.c - see envelope.h. */
#include "certs/envelope.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "base/limits.h"
#include "base/secret.h"
#include "certs/envelope_asn1.h"

enum { GCM_NONCE = 12, GCM_TAG_MIN = 12, GCM_TAG_MAX = 16, CBC_IV = 16, POINT_MAX = 133 /* uncompressed P-521 */ };

/* --- pieces ----------------------------------------------------------------------- */

static struct bytes bytes_of(const ASN1_STRING *text)
{
	int len = text != NULL ? ASN1_STRING_length(text) : 0;

	return len > 0 ? (struct bytes){ASN1_STRING_get0_data(text), (size_t)len} : BYTES_NONE;
}

static struct bytes kept(struct arena *arena, const ASN1_STRING *text)
{
	return arena_copy(arena, bytes_of(text));
}

static int nid_of(const X509_ALGOR *algorithm, int *type, const void **value)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, type, value, algorithm);
	return OBJ_obj2nid(object);
}

/* The whole object or nothing: bytes behind it are nobody's. */
static ENVELOPE_OBJECT *read_object(struct bytes cms, bool *authenticated)
{
	const unsigned char *at = cms.at;
	ENVELOPE_OBJECT *object = cms.len > 0 && cms.len <= LIMIT_MESSAGE ? d2i_ENVELOPE_OBJECT(NULL, &at, (long)cms.len) : NULL;
	int kind = object != NULL ? OBJ_obj2nid(object->type) : NID_undef;

	*authenticated = kind == NID_id_smime_ct_authEnvelopedData;
	if (at == cms.at + cms.len && (kind == NID_pkcs7_enveloped || *authenticated) && object->d.data != NULL && object->d.data->content->content != NULL &&
	    sk_ENVELOPE_RECIPIENT_num(object->d.data->recipients) <= LIMIT_CMS_RECIPIENTS)
		return object;
	ENVELOPE_OBJECT_free(object);
	return NULL;
}

/* --- the content's algorithm --------------------------------------------------------- */

struct cipher {
	const EVP_CIPHER *cipher;
	unsigned bits;
	struct bytes iv;
	size_t tag;                  /* 0: CBC */
};

/* GCMParameters (RFC 5084 3.2): nonce, length of the tag, 12 when it is not said. */
static bool read_gcm(const ASN1_STRING *text, struct arena *arena, struct cipher *out)
{
	const unsigned char *at = ASN1_STRING_get0_data(text);
	ASN1_SEQUENCE_ANY *list = d2i_ASN1_SEQUENCE_ANY(NULL, &at, ASN1_STRING_length(text));
	int n = list != NULL ? sk_ASN1_TYPE_num(list) : 0;
	const ASN1_TYPE *nonce = n > 0 ? sk_ASN1_TYPE_value(list, 0) : NULL, *tag = n > 1 ? sk_ASN1_TYPE_value(list, 1) : NULL;
	bool good = nonce != NULL && n <= 2 && nonce->type == V_ASN1_OCTET_STRING && (tag == NULL || tag->type == V_ASN1_INTEGER);

	if (good) {
		long len = tag != NULL ? ASN1_INTEGER_get(tag->value.integer) : GCM_TAG_MIN;
		out->iv = kept(arena, nonce->value.octet_string);
		out->tag = len >= GCM_TAG_MIN && len <= GCM_TAG_MAX ? (size_t)len : 0;
	}
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return good && out->iv.len == GCM_NONCE && out->tag > 0;
}

static bool read_cipher(struct arena *arena, const X509_ALGOR *algorithm, bool authenticated, struct cipher *out)
{
	static const struct {
		int nid;
		unsigned bits;
		bool authenticated;
		const EVP_CIPHER *(*cipher)(void);
	} taken[] = {
		{NID_aes_128_gcm, 128, true, EVP_aes_128_gcm}, {NID_aes_192_gcm, 192, true, EVP_aes_192_gcm}, {NID_aes_256_gcm, 256, true, EVP_aes_256_gcm},
		{NID_aes_128_cbc, 128, false, EVP_aes_128_cbc}, {NID_aes_192_cbc, 192, false, EVP_aes_192_cbc}, {NID_aes_256_cbc, 256, false, EVP_aes_256_cbc},
	};
	int type, nid;
	const void *value;

	nid = nid_of(algorithm, &type, &value);
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
		if (taken[i].nid != nid || taken[i].authenticated != authenticated)
			continue;
		*out = (struct cipher){.cipher = taken[i].cipher(), .bits = taken[i].bits};
		if (authenticated)
			return type == V_ASN1_SEQUENCE && read_gcm(value, arena, out);
		out->iv = type == V_ASN1_OCTET_STRING ? kept(arena, value) : BYTES_NONE;
		return out->iv.len == CBC_IV;
	}
	return false;
}

/* --- recipients ------------------------------------------------------------------------- */

static void hex_of(struct bytes raw, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < raw.len; i++) {
		*out++ = digits[raw.at[i] >> 4];
		*out++ = digits[raw.at[i] & 15];
	}
	*out = '\0';
}

static void id_of_issuer(ENVELOPE_ISSUER *issuer, char out[ENVELOPE_ID])
{
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int n = i2d_ENVELOPE_ISSUER(issuer, &der);

	memcpy(out, "i:", 3);
	if (n > 0 && EVP_Digest(der, (size_t)n, digest, &len, EVP_sha256(), NULL) == 1)
		hex_of((struct bytes){digest, len}, out + 2);
	OPENSSL_free(der);
}

static void id_of_key(const ASN1_OCTET_STRING *identifier, char out[ENVELOPE_ID])
{
	struct bytes raw = bytes_of(identifier);

	memcpy(out, "k:", 3);
	if (raw.len <= (ENVELOPE_ID - 3) / 2)
		hex_of(raw, out + 2);
}

static bool is_one_of(const char *id, const struct bytes *ids, size_t n, size_t *which)
{
	for (size_t i = 0; i < n && id[2] != '\0'; i++)
		if (bytes_equal_text(ids[i], id)) {
			*which = i;
			return true;
		}
	return false;
}

static bool hash_of(int nid, enum envelope_hash *out)
{
	static const int nids[ENVELOPE_HASHES] = {NID_sha1, NID_sha224, NID_sha256, NID_sha384, NID_sha512};

	for (size_t i = 0; i < ENVELOPE_HASHES; i++)
		if (nids[i] == nid) {
			*out = (enum envelope_hash)i;
			return true;
		}
	return false;
}

/* The hash of MGF1, SHA-1 when nothing is said (RFC 8017 A.2.1). */
static bool mask_of(const X509_ALGOR *mask, enum envelope_hash *out)
{
	const void *value;
	int type;
	bool good = false;

	if (mask == NULL)
		return true;
	if (nid_of(mask, &type, &value) == NID_mgf1 && mask->parameter != NULL) {
		X509_ALGOR *hash = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), mask->parameter);
		good = hash != NULL && hash_of(nid_of(hash, &type, &value), out);
		X509_ALGOR_free(hash);
	}
	return good;
}

/* A label would have to be told to the holder of the key; nobody sends one. */
static bool no_label(const X509_ALGOR *source)
{
	const void *value;
	int type;

	return source == NULL || (nid_of(source, &type, &value) == NID_pSpecified && type == V_ASN1_OCTET_STRING && ASN1_STRING_length(value) == 0);
}

static bool read_transport(struct arena *arena, const ENVELOPE_TRANSPORT *from, struct envelope_recipient *out)
{
	const void *value;
	int type;
	bool good = nid_of(from->algorithm, &type, &value) == NID_rsaesOaep;

	out->kind = ENVELOPE_OAEP;
	if (good && type != V_ASN1_UNDEF && type != V_ASN1_NULL) {
		RSA_OAEP_PARAMS *said = type == V_ASN1_SEQUENCE ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_OAEP_PARAMS), from->algorithm->parameter) : NULL;
		good = said != NULL && (said->hashFunc == NULL || hash_of(nid_of(said->hashFunc, &type, &value), &out->hash)) &&
		       mask_of(said->maskGenFunc, &out->mask) && no_label(said->pSourceFunc);
		RSA_OAEP_PARAMS_free(said);
	}
	out->secret = kept(arena, from->key);
	return good && out->secret.len > 0 && out->secret.len <= ENVELOPE_SECRET_MAX;
}

static bool read_scheme(const X509_ALGOR *algorithm, struct envelope_recipient *out)
{
	static const struct {
		int nid;
		enum envelope_hash hash;
	} schemes[] = {
		{NID_dhSinglePass_stdDH_sha1kdf_scheme, ENVELOPE_SHA1}, {NID_dhSinglePass_stdDH_sha224kdf_scheme, ENVELOPE_SHA224},
		{NID_dhSinglePass_stdDH_sha256kdf_scheme, ENVELOPE_SHA256}, {NID_dhSinglePass_stdDH_sha384kdf_scheme, ENVELOPE_SHA384},
		{NID_dhSinglePass_stdDH_sha512kdf_scheme, ENVELOPE_SHA512},
	};
	static const struct {
		int nid;
		unsigned bits;
	} wraps[] = {{NID_id_aes128_wrap, 128}, {NID_id_aes192_wrap, 192}, {NID_id_aes256_wrap, 256}};
	const void *value;
	int type;
	int nid = nid_of(algorithm, &type, &value);
	bool good = false;

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (schemes[i].nid == nid) {
			out->hash = schemes[i].hash;
			good = type == V_ASN1_SEQUENCE;
		}
	X509_ALGOR *wrap = good ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), algorithm->parameter) : NULL;
	nid = wrap != NULL ? nid_of(wrap, &type, &value) : NID_undef;
	for (size_t i = 0; i < sizeof wraps / sizeof wraps[0]; i++)
		if (wraps[i].nid == nid && (type == V_ASN1_UNDEF || type == V_ASN1_NULL))
			out->wrap_bits = wraps[i].bits;
	out->wrap_null = type == V_ASN1_NULL;
	X509_ALGOR_free(wrap);
	return out->wrap_bits > 0;
}

static bool read_agreement(struct arena *arena, const ENVELOPE_AGREEMENT *from, const ENVELOPE_AGREED *agreed, struct envelope_recipient *out)
{
	out->kind = ENVELOPE_ECDH;
	if (from->origin->type != ENVELOPE_FROM_KEY || !read_scheme(from->algorithm, out))
		return false;
	out->point = kept(arena, from->origin->d.key->point);
	out->secret = kept(arena, agreed->key);
	if (from->ukm != NULL)
		out->ukm = kept(arena, from->ukm);
	return out->point.len > 0 && out->point.len <= POINT_MAX && out->secret.len > 0 && out->secret.len <= ENVELOPE_SECRET_MAX &&
	       out->ukm.len <= ENVELOPE_UKM_MAX;
}

/* What a search has come to. */
struct search {
	struct arena *arena;
	const struct bytes *ids;
	size_t n;
	bool named;                  /* one of ours, taken or not */
	bool found;
	struct envelope_recipient recipient;
};

static void look_transport(struct search *s, ENVELOPE_TRANSPORT *one)
{
	struct envelope_recipient r = {0};
	char id[ENVELOPE_ID];

	if (one->name->type == ENVELOPE_BY_ISSUER)
		id_of_issuer(one->name->d.issuer, id);
	else
		id_of_key(one->name->d.identifier, id);
	if (!is_one_of(id, s->ids, s->n, &r.which))
		return;
	s->named = true;
	s->found = read_transport(s->arena, one, &r);
	s->recipient = r;
}

static void look_agreement(struct search *s, const ENVELOPE_AGREEMENT *one)
{
	for (int i = 0; i < sk_ENVELOPE_AGREED_num(one->keys) && i < LIMIT_CMS_RECIPIENTS && !s->found; i++) {
		const ENVELOPE_AGREED *agreed = sk_ENVELOPE_AGREED_value(one->keys, i);
		struct envelope_recipient r = {0};
		char id[ENVELOPE_ID];
		if (agreed->name->type == ENVELOPE_BY_ISSUER)
			id_of_issuer(agreed->name->d.issuer, id);
		else
			id_of_key(agreed->name->d.identifier->identifier, id);
		if (!is_one_of(id, s->ids, s->n, &r.which))
			continue;
		s->named = true;
		s->found = read_agreement(s->arena, one, agreed, &r);
		s->recipient = r;
	}
}

enum reason envelope_find(struct arena *arena, struct bytes cms, const struct bytes *ids, size_t n, struct envelope_recipient *out)
{
	bool authenticated;
	ENVELOPE_OBJECT *object = read_object(cms, &authenticated);
	struct search s = {.arena = arena, .ids = ids, .n = n};
	struct cipher cipher = {0};

	if (object == NULL) {
		ERR_clear_error();
		return REASON_SIG_MALFORMED;
	}
	const ENVELOPE_DATA *data = object->d.data;
	for (int i = 0; i < sk_ENVELOPE_RECIPIENT_num(data->recipients) && !s.found; i++) {
		const ENVELOPE_RECIPIENT *one = sk_ENVELOPE_RECIPIENT_value(data->recipients, i);
		if (one->type == ENVELOPE_TRANSPORTED)
			look_transport(&s, one->d.transport);
		else if (one->type == ENVELOPE_AGREEING)
			look_agreement(&s, one->d.agreement);
	}
	bool taken = s.found && read_cipher(arena, data->content->algorithm, authenticated, &cipher);
	ENVELOPE_OBJECT_free(object);
	ERR_clear_error();
	if (!taken)
		return s.named ? REASON_OPEN_ALGORITHM : REASON_OPEN_OTHER;
	*out = s.recipient;
	out->key_bits = cipher.bits;
	return REASON_NONE;
}

/* --- content ---------------------------------------------------------------------------------- */

/* What the tag is over beside the content: the attributes as a SET OF in DER (RFC 5083 2.2); nothing without any. */
static bool add_attributes(EVP_CIPHER_CTX *context, const ENVELOPE_DATA *data)
{
	unsigned char *der = NULL;
	int len, unused;

	if (data->attributes == NULL)
		return true;
	len = ASN1_item_i2d((const ASN1_VALUE *)data->attributes, &der, ASN1_ITEM_rptr(ENVELOPE_ATTRIBUTES));
	bool good = len > 0 && EVP_DecryptUpdate(context, NULL, &unused, der, len) == 1;
	OPENSSL_free(der);
	return good;
}

static bool decrypt(const struct cipher *cipher, const ENVELOPE_DATA *data, struct bytes key, unsigned char *to, size_t *len)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	struct bytes text = bytes_of(data->content->content), tag = bytes_of(data->mac);
	int n = 0, last = 0;
	bool good = context != NULL && key.len * 8 == cipher->bits && (cipher->tag == 0 || tag.len == cipher->tag) &&
		    EVP_DecryptInit_ex(context, cipher->cipher, NULL, key.at, cipher->iv.at) == 1;

	if (good && cipher->tag > 0)
		good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)tag.len, (void *)(uintptr_t)tag.at) == 1 && add_attributes(context, data);
	good = good && EVP_DecryptUpdate(context, to, &n, text.at, (int)text.len) == 1 && EVP_DecryptFinal_ex(context, to + n, &last) == 1;
	EVP_CIPHER_CTX_free(context);
	*len = (size_t)n + (size_t)last;
	return good;
}

enum reason envelope_open(struct arena *arena, struct bytes cms, struct bytes key, struct bytes *content, bool *authenticated)
{
	ENVELOPE_OBJECT *object = read_object(cms, authenticated);
	struct cipher cipher;
	size_t len = 0;
	enum reason reason = REASON_OPEN_FAILED;

	if (object == NULL) {
		ERR_clear_error();
		return REASON_SIG_MALFORMED;
	}
	size_t room = bytes_of(object->d.data->content->content).len + EVP_MAX_BLOCK_LENGTH;
	unsigned char *to = arena_try(arena, room);
	if (!read_cipher(arena, object->d.data->content->algorithm, *authenticated, &cipher))
		reason = REASON_OPEN_ALGORITHM;
	else if (to == NULL)
		reason = REASON_MEMORY;
	else if (decrypt(&cipher, object->d.data, key, to, &len))
		reason = REASON_NONE;
	/* Of a text whose tag is wrong nothing is left to anybody. */
	if (reason == REASON_NONE)
		*content = (struct bytes){to, len};
	else if (to != NULL)
		secret_wipe(to, room);
	ENVELOPE_OBJECT_free(object);
	ERR_clear_error();
	return reason;
}

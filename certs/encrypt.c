/* certs/encrypt.c - see encrypt.h. */
#include "certs/encrypt.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/limits.h"
#include "certs/recipient.h"

/* Before the key is encrypted: CMS_final does that. */
static bool settle_key(CMS_RecipientInfo *recipient, bool rsa)
{
	EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(recipient);

	if (context == NULL)
		return false;
	if (!rsa)
		return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

static CMS_ContentInfo *make(X509 *certificate, enum encrypt_content content, BIO *entity)
{
	const EVP_CIPHER *cipher = content == ENCRYPT_AUTHENTICATED ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, cipher, CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *recipient = cms != NULL ? CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM) : NULL;

	if (recipient != NULL && settle_key(recipient, EVP_PKEY_is_a(X509_get0_pubkey(certificate), "RSA")) && CMS_final(cms, entity, NULL, CMS_BINARY) == 1)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

enum reason encrypt_entity(struct arena *arena, struct bytes der, enum encrypt_content content, struct bytes entity, struct bytes *out)
{
	X509 *certificate = recipient_read(der);
	BIO *in = entity.len > 0 && entity.len <= LIMIT_MESSAGE ? BIO_new_mem_buf(entity.at, (int)entity.len) : NULL;
	CMS_ContentInfo *cms = certificate != NULL && in != NULL ? make(certificate, content, in) : NULL;
	int len = cms != NULL ? i2d_CMS_ContentInfo(cms, NULL) : -1;
	unsigned char *data = len > 0 ? arena_try(arena, (size_t)len) : NULL, *to = data;
	enum reason reason = len <= 0 ? REASON_SIGN_REFUSED : data == NULL ? REASON_MEMORY : REASON_NONE;

	if (reason == REASON_NONE && i2d_CMS_ContentInfo(cms, &to) != len)
		reason = REASON_SIGN_REFUSED;
	if (reason == REASON_NONE)
		*out = (struct bytes){data, (size_t)len};
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	X509_free(certificate);
	ERR_clear_error();
	return reason;
}

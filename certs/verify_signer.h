/* certs/verify_signer.h - one SignerInfo, one certificate: is it strong enough, and what does it say? For verify.c only. */
#ifndef RELAIS_CERTS_VERIFY_SIGNER_H
#define RELAIS_CERTS_VERIFY_SIGNER_H

#include <openssl/cms.h>
#include <openssl/x509.h>

#include "certs/chain.h"
#include "certs/verify.h"

/* Digest, signature algorithm and key against the allowed measure. *name is set as soon as the digest is known by name.
 * SIG_DIGEST when too weak or when the parts contradict one another (RFC 8933, 6211). certificate may be NULL. */
MUST_USE enum reason verify_signer_strength(CMS_SignerInfo *signer, X509 *certificate, unsigned digests, const char **name);

/* contentType, messageDigest and signingTime: each once, with one value (RFC 5652 11, attacks S2). SIG_ATTRIBUTES;
 * SIG_INVALID: no signed attributes, over a content that looks like them; SIG_UNTRUSTED: signed after `at`. */
MUST_USE enum reason verify_signer_attributes(CMS_SignerInfo *signer, const ASN1_OBJECT *type, struct bytes content,
					      const struct verify_request *request, struct verify_facts *out);

/* The signature over the attributes, and the content's digest among them; for one of several signers. SIG_INVALID, SIG_ATTRIBUTES. */
MUST_USE enum reason verify_signer_mathematics(CMS_SignerInfo *signer, struct bytes content);

/* For a signer whose certificate we do not have: does at least the digest of the content agree? SIG_INVALID, SIG_UNTRUSTED. */
MUST_USE enum reason verify_signer_unknown(CMS_SignerInfo *signer, struct bytes content);

/* Made for signing mail, by its own extensions. */
bool verify_signer_usable(X509 *certificate);

/* Who the certificate speaks of: names, serial, fingerprint, address; sets bound. */
MUST_USE enum reason verify_signer_facts(struct arena *arena, X509 *certificate, struct bytes from, struct verify_facts *out);

/* What a judgement rested on: the path, when it is the first signer's; the lists; and of both what the object itself has not.
 * MEMORY; SIG_MALFORMED: a list whose issuer has no readable name. */
MUST_USE enum reason verify_signer_path(struct arena *arena, const struct trust *trust, const STACK_OF(X509) *path,
					const struct chain_lists *lists, bool first, struct verify_facts *out);

/* Lower case, in the arena; without memory an empty view with no address. */
struct bytes verify_hex(struct arena *arena, const unsigned char *from, size_t len);

#endif

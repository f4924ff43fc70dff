/* certs/verify.h - one CMS object over exact bytes: who signed, and may we believe it (RFC 5652, 8550, 8551, 5280).
 *
 * The content is hashed where it lies. Order of judgement, the first that fails speaks: readable (malformed), one of the
 * forms that we take, digest and keys strong enough (untrusted), mathematics (invalid), signed attributes (invalid), then the
 * chain (untrusted) by the rules of certs/chain.h: dates, use, names, policies, keys and digests, revocation, at every
 * level. Every signer is judged for himself and must be good; with several signers who are not one and the same certificate
 * nobody is bound.
 *
 * "sha1" among the digests puts the reading into the measure of old test suites (NIST PKITS, 2001): SHA-1 and 1024-bit
 * keys and DSA pass, and signed attributes may be absent. It is for `relais inspect --digests`, never for the service. */
#ifndef RELAIS_CERTS_VERIFY_H
#define RELAIS_CERTS_VERIFY_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/limits.h"
#include "base/reason.h"
#include "certs/trust.h"

enum verify_verdict {
	VERIFY_NONE,        /* signed by nobody, or not signed-data at all */
	VERIFY_VALID,
	VERIFY_INVALID,
	VERIFY_MALFORMED,
	VERIFY_UNTRUSTED,
	VERIFY_PARTIAL,     /* never given by verify_cms: for the one who knows the message */
	VERIFY_ENCRYPTED,
};
const char *verify_verdict_name(enum verify_verdict verdict);

/* A set of digests; verify_digests_read takes "sha256,sha384,sha512" (and sha1). False: an unknown or empty list. */
enum { VERIFY_SHA1 = 1, VERIFY_SHA256 = 2, VERIFY_SHA384 = 4, VERIFY_SHA512 = 8 };
#define VERIFY_DIGESTS (VERIFY_SHA256 | VERIFY_SHA384 | VERIFY_SHA512)
MUST_USE bool verify_digests_read(struct bytes list, unsigned *out);

struct verify_request {
	struct bytes cms;        /* BER or DER */
	bool detached;
	struct bytes content;    /* detached: the exact signed bytes */
	struct bytes from;       /* the single From address, or empty */
	struct instant at;       /* chain, revocation and signing time are judged as of then */
	unsigned digests;
};

struct verify_crl {
	struct bytes issuer;     /* canonical name */
	struct bytes number;     /* hexadecimal, empty when the list has none */
	struct bytes digest;     /* SHA-256 of its DER, hexadecimal */
};
/* One SignerInfo, judged by itself. */
struct verify_signer {
	enum verify_verdict verdict;
	enum reason reason;
	struct bytes subject, fingerprint;   /* canonical name, SHA-256 in hexadecimal; empty when the certificate is not there */
};
enum { VERIFY_CRLS = 16, VERIFY_CHAIN = LIMIT_CHAIN_DEPTH + 2, VERIFY_MATERIAL = 32 };

/* All bytes in the arena; empty where not known. What stands here when verdict is not VALID is told, not believed. */
struct verify_facts {
	enum verify_verdict verdict;
	enum reason reason;              /* NONE when valid */
	bool bound;                      /* an rfc822Name of the signer (or, without any, its emailAddress) equals from */
	struct bytes signer;             /* subject as people read it */
	struct bytes email;              /* the rfc822Name that is bound, else the first */
	const char *digest;              /* "sha256"… or NULL */
	struct bytes fingerprint;        /* SHA-256 of the certificate, hexadecimal */
	struct bytes subject, issuer;    /* canonical (certs/name.h) */
	struct bytes serial;             /* hexadecimal */
	bool has_time;
	struct instant time;             /* signingTime */
	struct bytes content;            /* not detached: the signed content */
	bool revocation;                 /* lists were wanted */
	struct verify_crl crls[VERIFY_CRLS];   /* the lists that were taken, of all signers */
	size_t n_crls;
	/* SHA-256 in hexadecimal of the first signer's path, leaf first, anchor last; of what was found, when it does not end. */
	struct bytes chain[VERIFY_CHAIN];
	size_t n_chain;
	/* Of what the verdict rests on, that which is not in the object itself: certificates of the trust, and the lists. Whoever
	 * wants to judge again keeps these beside the message (trust_material gives them). */
	struct bytes material[VERIFY_MATERIAL];
	size_t n_material;
	struct verify_signer signers[LIMIT_CMS_SIGNERS];
	size_t n_signers;
};

/* The set as verify_digests_read takes it. A static text. */
const char *verify_digests_name(unsigned digests);

/* Never fails but by verdict, save MEMORY (*out is then untouched). */
MUST_USE enum reason verify_cms(struct arena *arena, const struct trust *trust, const struct verify_request *request,
				struct verify_facts *out);

/* SHA-256 in lower-case hexadecimal, with a NUL, by OpenSSL (ten times as fast as base/digest on most machines). */
enum { VERIFY_DIGEST_TEXT = 65 };
void verify_digest(struct bytes data, char out[VERIFY_DIGEST_TEXT]);

/* May this certificate (DER) sign mail by its own extensions: use, extended use (RFC 8550 4.4)? Chain and key are not asked. */
bool verify_certificate_usable(struct bytes der);

#endif

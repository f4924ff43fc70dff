/* certs/envelope.h - encrypted CMS objects of strangers: EnvelopedData (RFC 5652 6) and AuthEnvelopedData (RFC 5083), read without any
 * private key.
 *
 * Two questions, each for a child of its own: for which of our certificates is there an encrypted key, and how was it encrypted (the holder of
 * the private key is told nothing else); and, with the content's key in hand, what is the content. Everything is bounded by the
 * object itself: nothing is decompressed, and content that is encrypted once more stays so.
 *
 * Taken: RSA-OAEP with SHA-1 to SHA-512 and no label (RFC 4056, 8017); ephemeral-static ECDH on P-256, P-384, P-521 with the X9.63
 * derivation and the AES key wrap (RFC 5753); content AES-CBC (EnvelopedData) and AES-GCM (AuthEnvelopedData, RFC 5084) of 128, 192, 256 bits.
 * Refused, before any key is touched: RSA with PKCS#1 v1.5, which makes of its holder an oracle for whoever may send us mail and see an
 * answer (Bleichenbacher 1998); 3DES, RC2; passwords, pre-shared keys. */
#ifndef RELAIS_CERTS_ENVELOPE_H
#define RELAIS_CERTS_ENVELOPE_H

#include "base/arena.h"
#include "base/reason.h"

/* How a recipient is named: "i:" and the SHA-256 of its IssuerAndSerialNumber (DER), or "k:" and its key identifier; hexadecimal. */
enum { ENVELOPE_ID = 2 + 2 * 64 + 1, ENVELOPE_KEY_MAX = 32, ENVELOPE_SECRET_MAX = 1024, ENVELOPE_UKM_MAX = 256 };

enum envelope_kind { ENVELOPE_OAEP, ENVELOPE_ECDH };
enum envelope_hash { ENVELOPE_SHA1, ENVELOPE_SHA224, ENVELOPE_SHA256, ENVELOPE_SHA384, ENVELOPE_SHA512, ENVELOPE_HASHES };

/* What the holder of the private key must know. Views on the object, or in the arena. */
struct envelope_recipient {
	size_t which;                /* of the ids that were given */
	enum envelope_kind kind;
	enum envelope_hash hash;     /* OAEP: of the label; ECDH: of the derivation */
	enum envelope_hash mask;     /* OAEP: of MGF1 */
	struct bytes secret;         /* the encrypted or wrapped key, at most ENVELOPE_SECRET_MAX */
	struct bytes point;          /* ECDH: the sender's public point, uncompressed or compressed */
	struct bytes ukm;            /* ECDH: user keying material, at.at == NULL for none */
	unsigned wrap_bits;          /* ECDH: of the AES key wrap */
	bool wrap_null;              /* ECDH: its parameters are NULL and not absent: they go into the derivation as they are */
	unsigned key_bits;           /* of the content's key */
};

/*
 * The first recipient that one of these names. OPEN_OTHER: there is none; OPEN_ALGORITHM: there is one, and what was done for it or to the content
 * is not among what is taken above; SIG_MALFORMED: no such object; MEMORY.
 */
MUST_USE enum reason envelope_find(struct arena *arena, struct bytes cms, const struct bytes *ids, size_t n, struct envelope_recipient *out);

/*
 * The content, in the arena. *authenticated: by GCM; otherwise nothing says that it is what was encrypted (RFC 8551 6), and only a
 * good signature inside does. OPEN_FAILED for every failure of the decryption, whatever it was; the others as above.
 */
MUST_USE enum reason envelope_open(struct arena *arena, struct bytes cms, struct bytes key, struct bytes *content, bool *authenticated);

#endif

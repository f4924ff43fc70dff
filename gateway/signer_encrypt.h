/* gateway/signer_encrypt.h - a sealed mail inside an encrypted one, when the rule of its recipient wants that (`relais recipient`).
 *
 * It is done where the seal is made: who sends it cannot read it, and nobody between the two sees it in clear. The key of its content is made here,
 * for one mail, and kept by nobody; what is sent again is the object as it was made. */
#ifndef RELAIS_GATEWAY_SIGNER_ENCRYPT_H
#define RELAIS_GATEWAY_SIGNER_ENCRYPT_H

#include "base/digest.h"
#include "base/instant.h"
#include "certs/encrypt.h"
#include "smtp/assemble.h"

/* As relais.sign_encrypt gives it. */
struct signer_rule {
	struct bytes encrypt;        /* never, held, required */
	struct bytes content;        /* authenticated, enveloped */
	struct bytes certificate;    /* DER; empty when we hold none */
};

enum signer_way { SIGNER_PLAIN, SIGNER_ENCRYPTED, SIGNER_WAITS };
/* Only a mail that is sealed and goes by mail is encrypted. A word that is not known waits; so does "required" without a certificate that is good
 * for that mailbox now; with "held" it waits for a second look (again), then leaves in clear. *why, of what is not encrypted though the rule says more
 * than never: a sentence, else NULL. */
enum signer_way signer_way(const struct signer_rule *rule, struct bytes recipient, struct instant now, bool again, const char **why);

/* What leaves, and the digest of the signed mail that is inside. */
struct signer_envelope {
	struct assemble mail;
	unsigned char sealed[DIGEST_SHA256];
};
/* signed_mail: as it would leave in clear. COMPOSE_SIZE: encrypted it is over the size of a message; SIGN_REFUSED; MEMORY. */
MUST_USE enum reason signer_encrypt(struct arena *arena, const struct signer_rule *rule, const struct assemble *signed_mail, struct signer_envelope *out);

#endif

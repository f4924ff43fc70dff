/* certs/recipient.h - certificates to which mail is encrypted: whose they are, and whether they are good (RFC 5280, RFC 8551 4.4). */
#ifndef RELAIS_CERTS_RECIPIENT_H
#define RELAIS_CERTS_RECIPIENT_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/instant.h"

struct trust;

/* The certificate of a DER text that is nothing else; NULL: it is none. X509_free. */
X509 *recipient_read(struct bytes der);

/* May mail for that mailbox be encrypted to this certificate (DER) then? Made for it, of that mailbox, a key that counts, within its dates. NULL,
 * or why not, in English, without content. Its path is not asked: that is recipient_import's, when it comes in and every hour after. */
const char *recipient_check(struct bytes der, struct bytes mailbox, struct instant at);

struct recipient_certificate {
	struct bytes der;
	struct bytes pem;            /* written anew: the certificate and the intermediates behind it, nothing of what stood around them */
	struct instant until;
};

/*
 * The same of a PEM text, with its path under that trust (certs/trust.h), as of that instant. NULL: *out is set, in the arena; or why not. What is kept is
 * out->pem: it reads the same whatever program wrote the text, and is judged so again on any later day.
 */
const char *recipient_import(struct arena *arena, struct bytes pem, struct bytes mailbox, const struct trust *trust, struct instant at, struct recipient_certificate *out);

#endif

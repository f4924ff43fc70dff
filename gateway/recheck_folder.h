/* gateway/recheck_folder.h - the pieces of an old verdict, laid out as files that relais-verify and the openssl command read.
 *
 *   message.eml            the message as it came
 *   anchors.pem            the certificates that were trusted, or helped
 *   crls/DIGEST.pem        the revocation lists
 *   trust.pem              both together, for openssl -CAfile */
#ifndef RELAIS_GATEWAY_RECHECK_FOLDER_H
#define RELAIS_GATEWAY_RECHECK_FOLDER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/reason.h"

/* DER as PEM (RFC 7468); label: "CERTIFICATE", "X509 CRL". */
void recheck_pem(struct buf *out, const char *label, struct bytes der);

struct recheck_folder {
	const char *path;
	bool temporary;              /* goes when it is closed */
	size_t certificates, lists;  /* put in so far */
};

/* NULL: a new folder of its own below TMPDIR (or /tmp), mode 0700. Otherwise that one, made when it is not there and empty when it is.
 * IO. */
MUST_USE enum reason recheck_folder_open(struct arena *arena, const char *path, struct recheck_folder *out);
MUST_USE enum reason recheck_folder_message(struct arena *arena, const struct recheck_folder *folder, struct bytes raw);
/* kind: "certificate" or "crl"; digest: the name under which it was kept, hexadecimal. *altered: the DER has another digest, and is not
 * put in. IO, MEMORY. */
MUST_USE enum reason recheck_folder_piece(struct arena *arena, struct recheck_folder *folder, struct bytes digest, struct bytes kind,
					  struct bytes der, bool *altered);
/* Removes a temporary one with what was put in. */
void recheck_folder_close(struct arena *arena, struct recheck_folder *folder);

#endif

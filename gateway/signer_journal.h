/* gateway/signer_journal.h - the signer's own list of what it has sealed, outside the database.
 *
 * One JSON line for each seal, written and on disk before the database is told:
 * {"at","outbox","entity","sent","fingerprint","previous"}: instants and SHA-256 in hexadecimal; "previous" is the digest of
 * the line before it (zeros for the first), so that a line taken out or changed is noticed. A checkpoint of the trail
 * (signer_checkpoint.h) is a line of the same chain: {"at","checkpoint","position","statement","fingerprint","previous"}. */
#ifndef RELAIS_GATEWAY_SIGNER_JOURNAL_H
#define RELAIS_GATEWAY_SIGNER_JOURNAL_H

#include "base/digest.h"
#include "base/instant.h"
#include "base/reason.h"

struct signer_journal {
	int fd;
	bool torn;                                  /* the file does not end with a line end */
	char previous[DIGEST_SHA256_TEXT];
};

struct signer_entry {
	struct instant at;
	int64_t outbox;
	const unsigned char *entity, *sent;         /* DIGEST_SHA256 bytes each */
	struct bytes fingerprint;                   /* hexadecimal */
};

/* Opens or makes the file (0640), alone, before the jail. IO: it cannot be opened or another signer has it. */
MUST_USE enum reason signer_journal_open(const char *path, struct signer_journal *out);
/* On disk when it returns. STORE_FULL: no room; IO: any other failure; what was half written is made a line of its own. */
MUST_USE enum reason signer_journal_add(struct signer_journal *journal, const struct signer_entry *entry);
/* The same for a checkpoint: its number, the position it speaks of, the SHA-256 of its statement. */
struct signer_checkpoint_entry {
	struct instant at;
	int64_t checkpoint, position;
	const unsigned char *statement;
	struct bytes fingerprint;
};
MUST_USE enum reason signer_journal_add_checkpoint(struct signer_journal *journal, const struct signer_checkpoint_entry *entry);
void signer_journal_close(struct signer_journal *journal);

#endif

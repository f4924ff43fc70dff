/* gateway/signer_journal.h - the signer's own list of what it has sealed, outside the database: the lines that it adds to its chain_journal.h.
 *
 * One line for each seal, written and on disk before the database is told:
 * {"at","outbox","entity","sent","fingerprint","previous"}: instants and SHA-256 in hexadecimal. A checkpoint of the trail
 * (signer_checkpoint.h) is a line of the same chain: {"at","checkpoint","position","statement","fingerprint","previous"}. */
#ifndef RELAIS_GATEWAY_SIGNER_JOURNAL_H
#define RELAIS_GATEWAY_SIGNER_JOURNAL_H

#include "gateway/chain_journal.h"

struct signer_entry {
	struct instant at;
	int64_t outbox;
	const unsigned char *entity, *sent;         /* DIGEST_SHA256 bytes each */
	struct bytes fingerprint;                   /* hexadecimal */
};

/* On disk when it returns. STORE_FULL: no room, or it may not be on disk; IO: any other failure. */
MUST_USE enum reason signer_journal_add(struct chain_journal *journal, const struct signer_entry *entry);
/* The same for a checkpoint: its number, the position it speaks of, the SHA-256 of its statement. */
struct signer_checkpoint_entry {
	struct instant at;
	int64_t checkpoint, position;
	const unsigned char *statement;
	struct bytes fingerprint;
};
MUST_USE enum reason signer_journal_add_checkpoint(struct chain_journal *journal, const struct signer_checkpoint_entry *entry);

#endif

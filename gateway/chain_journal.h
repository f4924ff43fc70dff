/* gateway/chain_journal.h - a file of JSON lines that is only added to, each with the digest of the one before.
 *
 * {"at":…,<members>,"previous":…}: "previous" is the SHA-256 in hexadecimal of the line before it without its line end (zeros for the
 * first), so that a line taken out, put in or changed is noticed. */
#ifndef RELAIS_GATEWAY_CHAIN_JOURNAL_H
#define RELAIS_GATEWAY_CHAIN_JOURNAL_H

#include "base/digest.h"
#include "base/instant.h"
#include "base/reason.h"

struct chain_journal {
	int fd;
	bool torn;                                  /* the file does not end with a line end */
	bool unread;                                /* its end could not be read after a failure: it is before anything is added */
	char previous[DIGEST_SHA256_TEXT];
};

/* Opens or makes the file (0640), alone, before the jail. IO: it cannot be opened or another process has it. */
MUST_USE enum reason chain_journal_open(const char *path, struct chain_journal *out);
/* members: of a JSON object, without braces. In the file when it returns, on disk after the sync.
 * STORE_FULL: no room; IO: any other failure; what was half written is made a line of its own. */
MUST_USE enum reason chain_journal_add(struct chain_journal *journal, struct instant at, struct bytes members);
MUST_USE enum reason chain_journal_sync(struct chain_journal *journal);
void chain_journal_close(struct chain_journal *journal);

#endif

/* gateway/intake_journal.h - the receiver's own list of what it has accepted, outside the database.
 *
 * One JSON line for each message between COMMIT and 250: {"at","inbox","size","digest","source"}; never content or
 * addresses. `relais reconcile` compares it with the inbox, so that a row lost from the database is noticed. */
#ifndef RELAIS_GATEWAY_INTAKE_JOURNAL_H
#define RELAIS_GATEWAY_INTAKE_JOURNAL_H

#include "base/instant.h"
#include "base/reason.h"

/* Opens or makes the file (0640), before the jail. *fd is the caller's to close. IO when it cannot be. */
MUST_USE enum reason intake_journal_open(const char *path, int *fd);
/* One line with one write (O_APPEND), so that threads and processes may share the file. digest: 32 bytes; source: "smtp",
 * "submission" or "imap". STORE_FULL: no room; IO: any other failure. A torn line is ended so that the next one stands alone. */
MUST_USE enum reason intake_journal_add(int fd, struct instant at, int64_t inbox, uint64_t size, struct bytes digest,
					const char *source);

#endif

/* gateway/intake_journal.h - the receiver's own list of what it has accepted, outside the database.
 *
 * One JSON line for each message between COMMIT and 250: {"at","inbox","size","digest","source","from","message_id"}; never content, a
 * subject or the address of a patient. It is on the disk when the call returns. `relais reconcile` compares it with the inbox, so that a row
 * lost from the database is noticed, and named by what its sender needs to find it. */
#ifndef RELAIS_GATEWAY_INTAKE_JOURNAL_H
#define RELAIS_GATEWAY_INTAKE_JOURNAL_H

#include "base/instant.h"
#include "base/limits.h"
#include "base/reason.h"

struct intake_entry {
	struct instant at;
	int64_t inbox;
	uint64_t size;
	struct bytes digest;      /* 32 bytes */
	const char *source;       /* "smtp", "submission" or "imap" */
	struct bytes from;        /* as the logs name a mailbox (log_mailbox); what could end the text is replaced */
	struct bytes message_id;  /* of intake_message_id; may be empty */
};

/* Opens or makes the file (0640), before the jail. *fd is the caller's to close. IO when it cannot be. */
MUST_USE enum reason intake_journal_open(const char *path, int *fd);
/* One line (gateway/journal_file.h), on the disk. STORE_FULL: no room; IO: any other failure. */
MUST_USE enum reason intake_journal_add(int fd, const struct intake_entry *entry);

/* The Message-ID as it stands in the header (RFC 5322 3.6.4), with its brackets: the first field of that name, printable ASCII without quotes,
 * at most LIMIT_MESSAGE_ID bytes. Anything else is empty: it is a name to search for, and nothing is decided by it. A view into head. */
struct bytes intake_message_id(struct bytes head);

#endif

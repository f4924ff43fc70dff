/* gateway/sent_journal.h - the deliverer's own list of what it has sent, outside the database.
 *
 * A line when a mail's first byte is about to leave ("begun"), one when a server has answered for it ("taken", on the disk before the database
 * hears of it; "later"; "refused"). A mail begun and never answered may have arrived. Each has the Message-ID, which is never given twice, and
 * what the mail is about in words that outlive the database's numbers: code, party, reference of the dossier, digest of the message that it
 * answers; never an address, a subject or content.
 *
 * Two lean on it: a child that takes up a mail again after a crash does not send what was taken; after a restore to an earlier point nothing
 * that left before leaves again (the fence in gateway/schema/0001_mail.sql, relais fence). */
#ifndef RELAIS_GATEWAY_SENT_JOURNAL_H
#define RELAIS_GATEWAY_SENT_JOURNAL_H

#include <jansson.h>

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "gateway/smtp_client.h"

enum sent_event { SENT_BEGUN, SENT_TAKEN, SENT_LATER, SENT_REFUSED };

struct sent_entry {
	struct instant at;
	int64_t outbox;
	unsigned attempt;
	struct bytes message_id;
	struct bytes about;       /* JSON object (relais.deliver_claim); may be empty */
};

/* One line. result and host: what the server said, NULL and "" of BEGUN. TAKEN is on the disk when this returns. STORE_FULL, IO, MEMORY. */
MUST_USE enum reason sent_journal_add(int fd, enum sent_event event, const struct sent_entry *entry, const struct smtp_client_result *result,
				      const char *host);
/* Among the last SENT_TAIL bytes: was this mail taken? Then what the server said; *host is in the arena. */
enum { SENT_TAIL = 1024 * 1024 };
MUST_USE bool sent_journal_taken(int fd, struct arena *arena, struct bytes message_id, struct smtp_client_result *out, const char **host);
/* Among the last SENT_LEFT_TAIL bytes, the mails that left or may have left, by the last line of each: [{"outbox", "attempt", "message_id"}…], the
 * caller's. A database that was set back does not know those at the end; what children write side by side lies within so many bytes. */
enum { SENT_LEFT_TAIL = 128 * 1024 };
json_t *sent_journal_left(int fd, struct arena *arena);

#endif

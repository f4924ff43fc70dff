/* gateway/intake.h - into the inbox: the few statements that receiver and collector may run.
 *
 * A message goes in whole or not at all: up to 256 KiB as one statement, else as one transaction of 256 KiB rows,
 * read from the caller piece by piece and sealed one by one, so that memory stays flat. REASON_NONE means committed. */
#ifndef RELAIS_GATEWAY_INTAKE_H
#define RELAIS_GATEWAY_INTAKE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"
#include "gateway/body_writer.h"
#include "gateway/store.h"

enum {
	INTAKE_DIGEST = 32,       /* SHA-256 */
	INTAKE_SCRATCH = LIMIT_CHUNK + BODY_ROOM,
};

/* Gives len bytes of the message from offset: into scratch, or as a view of its own. IO or STORE_FULL when it cannot. */
typedef enum reason intake_source(void *context, uint64_t offset, size_t len, unsigned char *scratch, struct bytes *out);

struct intake_body {
	uint64_t size;
	struct bytes digest;          /* INTAKE_DIGEST bytes */
	intake_source *source;
	void *context;
	unsigned char *scratch;       /* room for INTAKE_SCRATCH bytes; the caller's */
	const char *keeper_folder;    /* where the public key is to which it is sealed (keeper_client.h) */
};

struct intake_message {
	struct bytes account;         /* the mailbox of ours that was authenticated; empty = an operator's link */
	struct bytes peer_name;       /* canonical subject of the peer's certificate */
	struct bytes peer_address, helo;
	struct bytes mail_from;       /* local@domain; empty for <> */
	const struct bytes *recipients;
	size_t n;
	struct bytes params;          /* JSON, see receiver_params.h */
	struct instant received_at;
	struct intake_body body;
};

/* May this certificate speak for the domain? PEER_DOMAIN when not; an empty domain asks for any. */
MUST_USE enum reason intake_sender(struct store *store, struct bytes peer_name, struct bytes domain);
/* May this mailbox receive from mail_from? NONE, a refusal of the database, or STORE_…. */
MUST_USE enum reason intake_recipient(struct store *store, struct bytes local, struct bytes domain, struct bytes mail_from);
/* The mailbox of ours that who proved to be value may submit for. kind: "certificate" (value is a canonical subject name) or
 * "person" (value is the subject of a token). wanted: the mailbox asked for; empty: then the only one. AUTH_ACCOUNT when none. */
MUST_USE enum reason intake_account(struct store *store, struct bytes kind, struct bytes value, struct bytes wanted, struct arena *arena,
				    struct bytes *mailbox);
MUST_USE enum reason intake_message(struct store *store, const struct intake_message *message, int64_t *inbox);

/* Where the collector stands; all 0 when the mailbox was never read. */
struct intake_cursor {
	uint32_t uidvalidity, uid;    /* the last that was taken */
	uint32_t uidnext;             /* as the server told them at the last look that left nothing behind; 0: not told */
	uint64_t modseq;
};
MUST_USE enum reason intake_cursor(struct store *store, struct bytes mailbox, struct intake_cursor *out);
/* After a look that left nothing behind. */
MUST_USE enum reason intake_looked(struct store *store, struct bytes mailbox, const struct intake_cursor *cursor);
/* The server counts its UIDs again under the same UIDVALIDITY: the cursor goes back to 0. */
MUST_USE enum reason intake_again(struct store *store, struct bytes mailbox);
/* Whether the mailbox can be looked into (NONE), for the alarm of operators. */
MUST_USE enum reason intake_state(struct store *store, struct bytes mailbox, enum reason state);
/* A collected message; the cursor moves in the same transaction. *inbox is 0 when it was already here
 * (the same UIDVALIDITY, UID and digest). */
MUST_USE enum reason intake_collect(struct store *store, struct bytes mailbox, uint32_t uidvalidity, uint32_t uid,
				    struct instant received_at, const struct intake_body *body, int64_t *inbox);
/* A message that is too big to be taken: counted, and the cursor moves past it. */
MUST_USE enum reason intake_skip(struct store *store, struct bytes mailbox, uint32_t uidvalidity, uint32_t uid,
				 uint64_t size);

#endif

/* gateway/receiver_account.h - whose mailbox a submission speaks for: by token or by client certificate (RFC 6409 6.1).
 *
 * The two that ask are run by a thread of the pool; they may block. */
#ifndef RELAIS_GATEWAY_RECEIVER_ACCOUNT_H
#define RELAIS_GATEWAY_RECEIVER_ACCOUNT_H

#include "gateway/identity.h"
#include "gateway/store.h"

/* Who is there, once it is known. Texts in the caller's arena. */
struct account {
	const char *kind;             /* "certificate" or "person"; NULL = nobody yet */
	struct bytes value;           /* canonical subject name, or the token's subject */
	struct instant expires;       /* of a person's token */
	struct bytes mailbox;         /* of ours, lower case */
};

/* A person by his token; wanted: the mailbox that he asks for, empty = his only one. AUTH_TOKEN (also when no identity server is
 * configured: identity NULL), AUTH_ACCOUNT, AUTH_LATER, MEMORY, STORE_…. */
MUST_USE enum reason account_person(struct identity *identity, struct store *store, struct arena *arena, struct bytes token,
				    struct bytes wanted, struct account *out);
/* May who is known send from this address now? Asked at each MAIL: accounts end while sessions last. Fills in *mailbox.
 * from empty: <>, for reading receipts. AUTH_SENDER: from is not the mailbox; AUTH_NEEDED: no account, or the token has expired. */
MUST_USE enum reason account_sender(struct store *store, struct arena *arena, const struct account *account, struct bytes from,
				    struct instant now, struct bytes *mailbox);
/* The same mailbox, ours being in lower case whatever the client writes. */
bool account_is_mailbox(struct bytes mailbox, struct bytes from);

#endif

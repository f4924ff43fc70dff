/* gateway/receiver_account.c - see receiver_account.h. */
#include "gateway/receiver_account.h"

#include "base/limits.h"
#include "gateway/intake.h"
#include "smtp/address.h"

enum reason account_person(struct identity *identity, struct store *store, struct arena *arena, struct bytes token,
			   struct bytes wanted, struct account *out)
{
	struct identity_person person;
	struct bytes mailbox;

	if (identity == NULL)
		return REASON_AUTH_TOKEN;
	enum reason reason = identity_check(identity, arena, token, &person);
	if (reason == REASON_NONE)
		reason = intake_account(store, BYTES("person"), person.subject, wanted, arena, &mailbox);
	if (reason == REASON_NONE)
		*out = (struct account){.kind = "person", .value = person.subject, .expires = person.expires, .mailbox = mailbox};
	return reason;
}

bool account_is_mailbox(struct bytes mailbox, struct bytes from)
{
	struct smtp_address ours, theirs;
	struct buf lower = buf_make(LIMIT_SMTP_PATH);

	for (size_t i = 0; i < from.len; i++)
		buf_u8(&lower, from.at[i] >= 'A' && from.at[i] <= 'Z' ? (uint8_t)(from.at[i] + 32) : from.at[i]);
	bool same = buf_ok(&lower) && smtp_address_read_utf8(mailbox, &ours) == REASON_NONE &&
		    smtp_address_read_utf8(buf_bytes(&lower), &theirs) == REASON_NONE && smtp_address_equal(&ours, &theirs);
	buf_free(&lower);
	return same;
}

/* A certificate may be registered for several mailboxes: the one that is named decides. One that has another mailbox than
 * that is told so; one that has none is a stranger. Under <>, as a reading receipt comes (RFC 8098 3), it must have one alone. */
enum reason account_sender(struct store *store, struct arena *arena, const struct account *account, struct bytes from,
			   struct instant now, struct bytes *mailbox)
{
	struct bytes kind = bytes_of_text(account->kind), any;
	/* A person stays with the mailbox that AUTH was for. */
	struct bytes wanted = account->mailbox.len > 0 ? account->mailbox : from;

	if (account->mailbox.len > 0 && !instant_before(now, account->expires))
		return REASON_AUTH_NEEDED;
	enum reason reason = intake_account(store, kind, account->value, wanted, arena, mailbox);
	if (reason == REASON_NONE)
		return from.len == 0 || account_is_mailbox(*mailbox, from) ? REASON_NONE : REASON_AUTH_SENDER;
	if (reason != REASON_AUTH_ACCOUNT)
		return reason;
	reason = intake_account(store, kind, account->value, BYTES_NONE, arena, &any);
	return reason == REASON_NONE ? REASON_AUTH_SENDER : reason == REASON_AUTH_ACCOUNT ? REASON_AUTH_NEEDED : reason;
}

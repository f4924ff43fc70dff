/* gateway/signer_journal.c - see signer_journal.h. */
#include "gateway/signer_journal.h"

#include "base/buf.h"

enum { LINE = 1024 };

static void add_digest(struct buf *members, const char *key, const unsigned char *raw)
{
	char text[DIGEST_SHA256_TEXT];

	digest_text(raw, text);
	buf_printf(members, "\"%s\":\"%s\",", key, text);
}

/* What both kinds of line end with, and onto the disk. */
static enum reason finish(struct chain_journal *journal, struct instant at, struct buf *members, struct bytes fingerprint)
{
	buf_text(members, "\"fingerprint\":\"");
	buf_add(members, fingerprint);
	buf_text(members, "\"");
	enum reason reason = buf_ok(members) ? chain_journal_add(journal, at, buf_bytes(members)) : REASON_MEMORY;
	buf_free(members);
	if (reason != REASON_NONE)
		return reason;
	/* Whether the line is on the disk nobody knows: nothing is sealed until the disk takes lines again. */
	return chain_journal_sync(journal) == REASON_NONE ? REASON_NONE : REASON_STORE_FULL;
}

enum reason signer_journal_add(struct chain_journal *journal, const struct signer_entry *entry)
{
	struct buf members = buf_make(LINE);

	buf_printf(&members, "\"outbox\":%lld,", (long long)entry->outbox);
	add_digest(&members, "entity", entry->entity);
	add_digest(&members, "sent", entry->sent);
	return finish(journal, entry->at, &members, entry->fingerprint);
}

enum reason signer_journal_add_checkpoint(struct chain_journal *journal, const struct signer_checkpoint_entry *entry)
{
	struct buf members = buf_make(LINE);

	buf_printf(&members, "\"checkpoint\":%lld,\"position\":%lld,", (long long)entry->checkpoint, (long long)entry->position);
	add_digest(&members, "statement", entry->statement);
	return finish(journal, entry->at, &members, entry->fingerprint);
}

/* gateway/export_sent.c - the mails of a dossier as they left, and the report's files. */
#include "gateway/export_private.h"

#include "gateway/json_view.h"
#include "smtp/assemble.h"

enum { S_OUTBOX, S_CODE, S_PARTY, S_TO, S_CHANNEL, S_FORM, S_STATE, S_PROOF, S_CREATED, S_ENDED, S_MESSAGE_ID, S_HOST, S_QUEUE, S_REPLY, S_REPLY_TEXT, S_TLS, S_REASON, S_EVENT,
       S_ATTACH, S_HEAD, S_ENTITY, S_SEAL, S_SENT_DIGEST, S_ATTEMPTS, S_PROVED };
#define SENT "outbox, code, party, recipient, channel, form, state, proof, created_at, ended_at, message_id, host, queue_id, reply_code, reply_text, tls, reason, event, " \
	     "attach, head, entity, seal, sent_digest, attempts, proved"

static json_t *about_mail(const struct export_copy *c, const struct store_rows *rows, size_t row)
{
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mail", arena_printf(c->arena, "S%lld", (long long)store_int(rows, row, S_OUTBOX)), "code",
			      export_text(rows, row, S_CODE), "party", export_text(rows, row, S_PARTY), "channel", export_text(rows, row, S_CHANNEL), "state", export_text(rows, row, S_STATE), "proof",
			      export_number(rows, row, S_PROVED), "decided_at", export_instant(rows, row, S_CREATED), "ended_at", export_instant(rows, row, S_ENDED), "message_id",
			      export_text(rows, row, S_MESSAGE_ID));

	json_object_set_new(o, "host", export_text(rows, row, S_HOST));
	json_object_set_new(o, "reply_code", export_number(rows, row, S_REPLY));
	json_object_set_new(o, "queue_id", export_text(rows, row, S_QUEUE));
	json_object_set_new(o, "reason", export_text(rows, row, S_REASON));
	if (c->wish->whom == EXPORT_OFFICER) {
		json_object_set_new(o, "recipient", export_text(rows, row, S_TO));
		json_object_set_new(o, "reply_text", export_text(rows, row, S_REPLY_TEXT));
		json_object_set_new(o, "tls", export_tree(rows, row, S_TLS));
		json_object_set_new(o, "event", export_number(rows, row, S_EVENT));
		json_object_set_new(o, "attempts", export_tree(rows, row, S_ATTEMPTS));
	}
	return o;
}

/* The bytes that left, put together again as the deliverer did. */
static enum reason whole_mail(struct export_copy *c, struct arena *arena, const struct store_rows *rows, size_t row, struct buf *out)
{
	char digest[DIGEST_SHA256_TEXT];
	struct bytes entity;
	enum reason reason = store_body_read(c->wish->store, arena, store_int(rows, row, S_ENTITY), &entity);

	if (reason != REASON_NONE)
		return reason;
	digest_sha256_text(entity, digest);
	const struct assemble mail = {export_view(rows, row, S_HEAD), entity, export_view(rows, row, S_SEAL), bytes_of_text(digest),
				      bytes_equal_text(export_view(rows, row, S_FORM), "report") ? ASSEMBLE_REPORT : ASSEMBLE_SIGNED};
	return assemble_message(&mail, out);
}

/* Each file of it once, whoever it went to. */
static enum reason put_report(struct export_copy *c, struct arena *arena, int64_t outbox, struct bytes raw)
{
	json_t *list = NULL;
	struct work_file *files = NULL;
	size_t n = 0;
	enum reason reason = export_extract(c, arena, 0, raw, "outbox", outbox, &files, &n, &list);

	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		const char *digest = arena_text(arena, json_view(files[i].facts, "digest"));
		if (json_object_get(c->reports, digest) != NULL)
			continue;
		json_object_set_new(c->reports, digest, json_true());
		reason = export_put_file(c, "reports", "report", "outbox", outbox, i, &files[i]);
	}
	json_decref(list);
	return reason;
}

static enum reason put_mail(struct export_copy *c, struct arena *arena, const struct store_rows *rows, size_t row, bool given, bool report)
{
	struct buf whole = buf_make(2 * (size_t)LIMIT_MESSAGE);
	int64_t outbox = store_int(rows, row, S_OUTBOX);
	struct bytes code = export_view(rows, row, S_CODE), party = export_view(rows, row, S_PARTY);
	enum reason reason = whole_mail(c, arena, rows, row, &whole);
	bool opens = reason != REASON_BODY_SEAL, same = reason == REASON_NONE && export_is_same(buf_bytes(&whole), export_view(rows, row, S_SENT_DIGEST));

	/* As in export_received.c: what does not come out of its seal is an empty file, which is not intact. */
	if (!opens)
		reason = REASON_NONE;
	if (reason == REASON_NONE && given) {
		c->result->altered += !same;
		reason = export_put(c, arena_printf(c->arena, "sent/S%lld-%.*s-%.*s.eml", (long long)outbox, (int)code.len, (const char *)code.at, (int)party.len, (const char *)party.at),
			     buf_bytes(&whole), json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:b}", "what", "sent", "outbox", (json_int_t)outbox, "code", export_text(rows, row, S_CODE),
			     "party", export_text(rows, row, S_PARTY), "at", export_instant(rows, row, S_ENDED), "proof", export_number(rows, row, S_PROVED), "intact", same));
	}
	if (reason == REASON_NONE && report && opens)
		reason = put_report(c, arena, outbox, buf_bytes(&whole));
	buf_free(&whole);
	return reason;
}

/* Who did what it was decided with; nobody of a mail of no event. */
static struct bytes actor_of(const struct export_copy *c, const struct store_rows *rows, size_t row)
{
	int64_t seq = store_is_null(rows, row, S_EVENT) ? 0 : store_int(rows, row, S_EVENT);

	for (size_t i = 0; i < c->about.n_events; i++)
		if (c->about.events[i].seq == seq)
			return c->about.events[i].actor;
	return BYTES_NONE;
}

static enum reason one_mail(struct export_copy *c, const struct store_rows *rows, size_t row)
{
	json_t *attach = export_tree(rows, row, S_ATTACH);
	const struct export_mail mail = {.code = mail_code_of_name(export_view(rows, row, S_CODE)), .party = party_of_name(export_view(rows, row, S_PARTY)),
					 .mailbox = export_view(rows, row, S_TO), .actor = actor_of(c, rows, row)};
	bool given = export_sent(c->about.dossier, c->wish->whom, &mail);
	bool report = (given || c->wish->whom == EXPORT_EXPERT) && bytes_equal_text(json_view(attach, "kind"), "report");
	bool left = store_int(rows, row, S_PROOF) > 0 && !store_is_null(rows, row, S_SENT_DIGEST);
	enum reason reason = REASON_NONE;

	json_decref(attach);
	if (given)
		json_array_append_new(c->mails, about_mail(c, rows, row));
	if (left && (given || report)) {
		struct arena *arena = arena_create(EXPORT_MESSAGE_MEMORY);
		reason = put_mail(c, arena, rows, row, given, report);
		arena_destroy(&arena);
	}
	return reason;
}

enum reason export_put_sent(struct export_copy *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(c->wish->store, &rows, "select " SENT " from relais.dossier_sent($1)", P_INT(c->wish->dossier));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = one_mail(c, rows, i);
	store_free(&rows);
	return reason;
}

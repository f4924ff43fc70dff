/* gateway/export_received.c - the messages of a dossier as they came, and the documents in them. */
#include "gateway/export_private.h"

#include "gateway/json_view.h"
#include "policy/given.h"

enum { R_INBOX, R_AT, R_SOURCE, R_MAIL_FROM, R_PEER, R_FROM, R_MESSAGE_ID, R_CLASS, R_OUTCOME, R_REASON, R_RULE, R_BODY, R_DIGEST, R_ACTOR, R_DOCUMENTS, R_SIGNATURE };
#define RECEIVED "inbox, received_at, source, mail_from, peer_name, from_address, message_id, class, outcome, reason, rule, body, decode(digest, 'hex'), actor, documents, signature"

static bool is_masked(const json_t *o, enum export_for whom)
{
	static const char *const words[] = {"patient", "professionals", "representatives"};
	struct policy_document d = {0};
	bool *const masks[] = {&d.masked_patient, &d.masked_professionals, &d.masked_representatives};
	size_t i;
	const json_t *name;

	json_array_foreach(json_object_get(o, "masking"), i, name) {
		for (size_t k = 0; k < 3; k++)
			*masks[k] |= bytes_equal_text(json_text_view(name), words[k]);
	}
	return whom != EXPORT_OFFICER && !given_unmasked(&d, whom == EXPORT_EXPERT ? PARTY_EXPERT : PARTY_PATIENT);
}

/* By its own mask, or by that of the dossier's document that it is. */
static bool hides(const struct export_copy *c, const json_t *documents)
{
	size_t i;
	const json_t *o;

	json_array_foreach(documents, i, o) {
		struct bytes digest = json_view(o, "digest");
		if (is_masked(o, c->wish->whom) || (export_find_document(c, digest) != NULL && !export_is_given(c, digest, true)))
			return true;
	}
	return false;
}

/* Set aside, or a kind that is not filed. */
static bool brought_more(const struct export_copy *c, const json_t *documents)
{
	size_t i;
	const json_t *o;

	json_array_foreach(documents, i, o) {
		if (export_find_document(c, json_view(o, "digest")) == NULL)
			return true;
	}
	return false;
}

static json_t *about_message(const struct export_copy *c, const struct store_rows *rows, size_t row)
{
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "message", arena_printf(c->arena, "R%lld", (long long)store_int(rows, row, R_INBOX)), "received_at",
			      export_instant(rows, row, R_AT), "class", export_text(rows, row, R_CLASS), "outcome", export_text(rows, row, R_OUTCOME), "reason", export_text(rows, row, R_REASON),
			      "message_id", export_text(rows, row, R_MESSAGE_ID), "signature", export_tree(rows, row, R_SIGNATURE));

	if (c->wish->whom == EXPORT_OFFICER) {
		json_object_set_new(o, "source", export_text(rows, row, R_SOURCE));
		json_object_set_new(o, "mail_from", export_text(rows, row, R_MAIL_FROM));
		json_object_set_new(o, "peer", export_text(rows, row, R_PEER));
		json_object_set_new(o, "from", export_text(rows, row, R_FROM));
		json_object_set_new(o, "rule", export_text(rows, row, R_RULE));
		json_object_set_new(o, "documents", export_tree(rows, row, R_DOCUMENTS));
	}
	return o;
}

static enum reason put_documents(struct export_copy *c, struct arena *arena, int64_t inbox, int64_t body, struct bytes raw, bool whole)
{
	json_t *list = NULL;
	struct work_file *files = NULL;
	size_t n = 0;
	enum reason reason = export_extract(c, arena, body, raw, "inbox", inbox, &files, &n, &list);

	for (size_t i = 0; reason == REASON_NONE && i < n; i++)
		if (export_is_given(c, json_view(files[i].facts, "digest"), whole))
			reason = export_put_file(c, "documents", "document", "inbox", inbox, i, &files[i]);
	json_decref(list);
	return reason;
}

static enum reason put_message(struct export_copy *c, struct arena *arena, const struct store_rows *rows, size_t row, const json_t *documents, bool whole)
{
	struct bytes raw = BYTES_NONE;
	int64_t inbox = store_int(rows, row, R_INBOX);
	enum reason reason = store_body_read(c->wish->store, arena, store_int(rows, row, R_BODY), &raw);
	bool opens = reason != REASON_BODY_SEAL, same = reason == REASON_NONE && export_is_same(raw, export_view(rows, row, R_DIGEST));

	/* Bytes that were altered do not come out of their seal: an empty file in their place, which is not intact. */
	if (reason != REASON_NONE && opens)
		return reason;
	reason = REASON_NONE;
	c->result->altered += !same;
	if (whole) {
		json_array_append_new(c->messages, about_message(c, rows, row));
		reason = export_put(c, arena_printf(c->arena, "received/R%lld.eml", (long long)inbox), raw,
			     json_pack("{s:s, s:I, s:o, s:b}", "what", "received", "inbox", (json_int_t)inbox, "at", export_instant(rows, row, R_AT), "intact", same));
	}
	return reason == REASON_NONE && opens && json_array_size(documents) > 0 ? put_documents(c, arena, inbox, store_int(rows, row, R_BODY), raw, whole) : reason;
}

static bool holds_given(const struct export_copy *c, const json_t *documents)
{
	size_t i;
	const json_t *o;

	json_array_foreach(documents, i, o) {
		if (export_is_given(c, json_view(o, "digest"), false))
			return true;
	}
	return false;
}

/* By what became of it: a reply with the form in it is one, too. */
static bool is_opinion(const struct export_copy *c, int64_t inbox)
{
	for (size_t i = 0; i < c->about.n_events; i++) {
		const struct dossier_event *e = &c->about.events[i];
		if (e->inbox == inbox && (e->kind == EVENT_OPINION_RECEIVED || e->kind == EVENT_OPINION_LATE || e->kind == EVENT_OPINION_UNSIGNED))
			return true;
	}
	return false;
}

static enum reason one_message(struct export_copy *c, const struct store_rows *rows, size_t row)
{
	json_t *documents = export_tree(rows, row, R_DOCUMENTS);
	struct bytes outcome = export_view(rows, row, R_OUTCOME);
	const struct export_message m = {
		.actor = export_view(rows, row, R_ACTOR), .from = export_view(rows, row, R_FROM), .hides = hides(c, documents), .unfiled = brought_more(c, documents),
		.inbox = store_int(rows, row, R_INBOX), .opinion = is_opinion(c, store_int(rows, row, R_INBOX)),
		.report = bytes_equal_text(export_view(rows, row, R_CLASS), "report"), .settled = bytes_equal_text(outcome, "filed") || bytes_equal_text(outcome, "applied")};
	bool whole = export_received(c->about.dossier, c->wish->whom, &m);
	enum reason reason = REASON_NONE;

	if (whole || (m.settled && holds_given(c, documents))) {
		struct arena *arena = arena_create(EXPORT_MESSAGE_MEMORY);
		reason = put_message(c, arena, rows, row, documents, whole);
		arena_destroy(&arena);
	}
	json_decref(documents);
	return reason;
}

enum reason export_put_received(struct export_copy *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(c->wish->store, &rows, "select " RECEIVED " from relais.dossier_received($1)", P_INT(c->wish->dossier));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = one_message(c, rows, i);
	store_free(&rows);
	return reason;
}

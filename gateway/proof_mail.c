/* gateway/proof_mail.c - see proof.h: messages as they came, mails as they left, and what the verdicts rested on. */
#include <string.h>

#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/proof.h"
#include "gateway/recheck_folder.h"
#include "smtp/assemble.h"

/* Of one message: its bytes, whole and in parts. */
#define MAIL_MEMORY (4 * (size_t)LIMIT_MESSAGE + ((size_t)16 << 20))
#define TRUST_MAX ((size_t)64 << 20)

/* --- what a verdict rested on --------------------------------------------------------- */

/* The pieces with those names as PEM, one behind the other; what is gone is missed by whoever checks. */
static enum reason add_material(struct proof *p, const struct bytes *digests, size_t n, struct buf *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select kind, der from relais.material_get($1)", P_TEXTS(digests, n));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		recheck_pem(out, bytes_equal_text(store_bytes(rows, i, 0), "crl") ? "X509 CRL" : "CERTIFICATE", store_bytes(rows, i, 1));
	store_free(&rows);
	return reason == REASON_NONE && !buf_ok(out) ? REASON_ARCHIVE_LIMIT : reason;
}

static enum reason put_trust(struct proof *p, const json_t *signature, const char *name)
{
	struct buf pem = buf_make(TRUST_MAX);
	const struct bytes *digests;
	size_t n = json_views(p->arena, signature, "material", &digests);
	enum reason reason = add_material(p, digests, n, &pem);

	if (reason == REASON_NONE && pem.len > 0)
		reason = proof_put(p, name, "certificates and revocation lists that the verdict rested on", buf_bytes(&pem));
	buf_free(&pem);
	return reason;
}

/* --- what came ------------------------------------------------------------------------ */

static void note_received(struct proof *p, const json_t *about)
{
	const json_t *signature = json_object_get(json_object_get(about, "facts"), "signature");

	json_array_append_new(p->received, json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "inbox", json_object_get(about, "inbox"), "at", json_object_get(about, "received_at"),
						     "from", json_object_get(about, "mail_from"), "source", json_object_get(about, "source"), "class", json_object_get(about, "class"),
						     "outcome", json_object_get(about, "outcome"), "verdict", json_object_get(signature, "verdict"), "signer",
						     json_object_get(signature, "signer")));
}

/* Its bytes were taken by order, and its rows say that it was here; the key alone went, or the rows with it. */
static bool was_erased(const json_t *about, enum reason reason)
{
	return reason == REASON_KEEPER_ERASED || (reason == REASON_NOT_FOUND && json_is_integer(json_object_get(about, "erased")));
}

static enum reason put_message(struct proof *p, struct arena *arena, const struct store_rows *rows, size_t i)
{
	const char *id = arena_printf(p->arena, "R%lld", (long long)store_int(rows, i, 0));
	json_t *about = json_read(store_bytes(rows, i, 3));
	char digest[DIGEST_SHA256_TEXT];
	struct bytes raw;
	enum reason reason = about == NULL ? REASON_FRAME : store_body_read(p->cli->store, arena, store_int(rows, i, 1), &raw);

	if (reason == REASON_NONE || was_erased(about, reason))
		note_received(p, about);
	if (reason == REASON_NONE) {
		digest_sha256_text(raw, digest);
		p->altered += !bytes_equal_text(store_bytes(rows, i, 2), digest);
		json_object_set_new(p->there, id, json_true());
		reason = proof_put(p, arena_printf(p->arena, "received/%s.eml", id), "a message as it came", raw);
	} else if (was_erased(about, reason)) {
		reason = REASON_NONE;
	}
	if (reason == REASON_NONE)
		reason = put_trust(p, json_object_get(json_object_get(about, "facts"), "signature"), arena_printf(p->arena, "trust/%s.pem", id));
	if (reason == REASON_NONE)
		reason = proof_put(p, arena_printf(p->arena, "received/%s.json", id), "how it came, the verdict on it, what was found and decided", json_write(arena, json_incref(about)));
	json_decref(about);
	return reason;
}

/* Of the servers that brought them: each certificate once. */
static enum reason put_peers(struct proof *p)
{
	struct store_rows *rows = NULL;
	struct bytes *digests = NULL;
	struct buf pem = buf_make(TRUST_MAX);
	enum reason reason = STORE_RUN(p->cli->store, &rows,
		"select coalesce(array_agg(distinct x), '{}')::text[] from relais.proof_received($1::text[]::bigint[]) r, "
		"jsonb_array_elements_text(case jsonb_typeof(r.params #> '{tls,path}') when 'array' then r.params #> '{tls,path}' else '[]' end) x",
		P_TEXTS(p->inboxes, p->n_inboxes));
	size_t n = reason == REASON_NONE ? store_texts(rows, p->arena, 0, 0, &digests) : 0;

	store_free(&rows);
	if (reason == REASON_NONE && n > 0)
		reason = add_material(p, digests, n, &pem);
	if (reason == REASON_NONE && pem.len > 0)
		reason = proof_put(p, "trust/tls.pem", "certificates of the servers that brought them", buf_bytes(&pem));
	buf_free(&pem);
	return reason;
}

enum reason proof_put_received(struct proof *p)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select inbox, body, digest, to_jsonb(t) - 'body' from relais.proof_received($1::text[]::bigint[]) t",
				       P_TEXTS(p->inboxes, p->n_inboxes));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct arena *arena = arena_create(MAIL_MEMORY);
		reason = arena == NULL ? REASON_MEMORY : put_message(p, arena, rows, i);
		arena_destroy(&arena);
	}
	store_free(&rows);
	return reason == REASON_NONE ? put_peers(p) : reason;
}

/* --- what left -------------------------------------------------------------------------- */

/* The bytes that left, put together again as the deliverer did. */
static enum reason whole_mail(struct proof *p, struct arena *arena, const struct store_rows *rows, size_t i, struct buf *out)
{
	char digest[DIGEST_SHA256_TEXT];
	struct bytes entity;
	enum reason reason = store_body_read(p->cli->store, arena, store_int(rows, i, 2), &entity);

	if (reason != REASON_NONE)
		return reason;
	digest_sha256_text(entity, digest);
	const struct assemble mail = {store_bytes(rows, i, 1), entity, store_is_null(rows, i, 3) ? BYTES_NONE : store_bytes(rows, i, 3), bytes_of_text(digest),
				      bytes_equal_text(store_bytes(rows, i, 5), "report") ? ASSEMBLE_REPORT : ASSEMBLE_SIGNED};
	return assemble_message(&mail, out);
}

static enum reason put_whole(struct proof *p, struct arena *arena, const struct store_rows *rows, size_t i, const char *id, const json_t *about)
{
	struct buf whole = buf_make(2 * (size_t)LIMIT_MESSAGE);
	unsigned char now[DIGEST_SHA256];
	enum reason reason = whole_mail(p, arena, rows, i, &whole);

	if (reason == REASON_NONE) {
		digest_sha256(buf_bytes(&whole), now);
		p->altered += !bytes_equal((struct bytes){now, sizeof now}, store_bytes(rows, i, 4));
		json_object_set_new(p->there, id, json_true());
		reason = proof_put(p, arena_printf(p->arena, "sent/%s.eml", id), "a mail as it left", buf_bytes(&whole));
	}
	buf_free(&whole);
	return was_erased(about, reason) ? REASON_NONE : reason;
}

static void note_sent(struct proof *p, const json_t *about)
{
	json_array_append_new(p->sent, json_pack("{s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?, s:O?}", "outbox", json_object_get(about, "outbox"), "code", json_object_get(about, "code"),
						 "to", json_object_get(about, "recipient"), "state", json_object_get(about, "state"), "at", json_object_get(about, "ended_at"), "host",
						 json_object_get(about, "host"), "reply", json_object_get(about, "reply_code"), "proof", json_object_get(about, "proof"), "sealed_at",
						 json_object_get(about, "sealed_at")));
}

enum reason proof_put_sent(struct proof *p)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select outbox, head, entity, seal, sent_digest, form, "
							     "to_jsonb(t) - array['head', 'entity', 'seal', 'sent_digest'] || jsonb_build_object('sent', encode(sent_digest, 'hex')) "
							     "from relais.proof_sent($1::text[]::bigint[]) t", P_TEXTS(p->outboxes, p->n_outboxes));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		const char *id = arena_printf(p->arena, "S%lld", (long long)store_int(rows, i, 0));
		struct arena *arena = arena_create(MAIL_MEMORY);
		json_t *about = json_read(store_bytes(rows, i, 6));
		reason = arena == NULL || about == NULL ? REASON_MEMORY : REASON_NONE;
		/* What was decided and never sealed has no bytes that left. */
		if (reason == REASON_NONE && !store_is_null(rows, i, 4))
			reason = put_whole(p, arena, rows, i, id, about);
		if (reason == REASON_NONE) {
			note_sent(p, about);
			reason = proof_put(p, arena_printf(p->arena, "sent/%s.json", id), "a mail's attempts and the answers of the other side", store_bytes(rows, i, 6));
		}
		json_decref(about);
		arena_destroy(&arena);
	}
	store_free(&rows);
	return reason;
}

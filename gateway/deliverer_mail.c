/* gateway/deliverer_mail.c - see deliverer_mail.h. */
#include "gateway/deliverer_mail.h"

#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "policy/retry.h"
#include "smtp/assemble.h"

/* --- claiming --------------------------------------------------------------- */

static struct bytes copy(struct arena *arena, const struct store_rows *rows, size_t column)
{
	return arena_copy(arena, store_bytes(rows, 0, column));
}

static void read_row(struct arena *arena, const struct store_rows *rows, struct deliverer_mail *out)
{
	out->outbox = store_int(rows, 0, 0);
	out->recipient = copy(arena, rows, 1);
	out->message_id = copy(arena, rows, 2);
	out->return_path = copy(arena, rows, 3);
	out->envelope_id = copy(arena, rows, 4);
	out->head = copy(arena, rows, 5);
	out->entity_body = store_int(rows, 0, 6);
	out->entity_size = (uint64_t)store_int(rows, 0, 7);
	out->digest = copy(arena, rows, 8);
	out->seal = copy(arena, rows, 9);
	out->attempt = (unsigned)store_int(rows, 0, 10);
	out->created_at = store_instant(rows, 0, 11);
	out->about = copy(arena, rows, 12);
	out->encrypted = store_is_null(rows, 0, 13) ? BYTES_NONE : copy(arena, rows, 13);
	out->sent_digest = copy(arena, rows, 14);
	out->envelope_size = store_is_null(rows, 0, 15) ? 0 : (uint64_t)store_int(rows, 0, 15);
	size_t at = bytes_find_byte(out->recipient, '@', 0);
	for (size_t next = at; next < out->recipient.len; next = bytes_find_byte(out->recipient, '@', next + 1))
		at = next;
	out->domain = bytes_from(out->recipient, at + 1);
}

enum reason deliverer_mail_claim(struct store *store, struct arena *arena, const struct bytes *domains, size_t n,
				 struct deliverer_mail *out, bool *found)
{
	struct store_rows *rows = NULL;

	*found = false;
	*out = (struct deliverer_mail){.session = store_session(store)};
	if (out->session == 0)
		return REASON_STORE_DOWN;
	enum reason reason = STORE_RUN(
		store, &rows,
		"select outbox, recipient, message_id, return_path, envelope_id, head, entity_body, entity_size, "
		"entity_digest, seal, attempt, created_at, about, encrypted, sent_digest, envelope_size from relais.deliver_claim($1, $2)",
		P_INT(out->session), P_TEXTS(domains, n));
	if (reason == REASON_NONE && store_count(rows) == 1) {
		read_row(arena, rows, out);
		*found = true;
	}
	store_free(&rows);
	return reason;
}

/* --- sending ---------------------------------------------------------------- */

static enum reason give_pieces(void *context, smtp_client_sink *sink, void *sink_context)
{
	return assemble_pieces(context, sink, sink_context);
}

static bool digest_sink(void *context, struct bytes piece)
{
	digest_add(context, piece);
	return true;
}

static struct assemble pieces_of(const struct deliverer_mail *mail, struct bytes digest)
{
	/* Reports, and nothing else, leave under the empty return path (outbox_form in 0001). */
	enum assemble_form form = mail->encrypted.len > 0 ? assemble_encrypted_form(mail->encrypted) : mail->return_path.len == 0 ? ASSEMBLE_REPORT : ASSEMBLE_SIGNED;
	return (struct assemble){mail->head, mail->entity, mail->seal, digest, form};
}

/* The object as the signer made it, whole or not at all: no row of it is somebody else's, and it is sent again byte for byte. */
static enum reason read_envelope(struct store *store, struct arena *arena, struct deliverer_mail *mail)
{
	unsigned char *object = mail->envelope_size <= LIMIT_MESSAGE ? arena_try(arena, mail->envelope_size + 1) : NULL, digest[DIGEST_SHA256];
	enum reason reason = object == NULL ? REASON_DELIVER_SEAL : REASON_NONE;
	struct digest_run run = digest_start();
	size_t len = 0;

	for (size_t i = 0; reason == REASON_NONE && len < mail->envelope_size; i++) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(store, &rows, "select data from relais.deliver_envelope($1, $2, $3::bigint::integer) as data", P_INT(mail->outbox), P_INT(mail->session), P_INT(i));
		struct bytes piece = reason == REASON_NONE && store_count(rows) == 1 && !store_is_null(rows, 0, 0) ? store_bytes(rows, 0, 0) : BYTES_NONE;
		if (reason == REASON_NONE && (piece.len == 0 || piece.len > mail->envelope_size - len))
			reason = REASON_DELIVER_SEAL;
		if (reason == REASON_NONE)
			memcpy(object + len, piece.at, piece.len);
		len += piece.len;
		store_free(&rows);
	}
	if (reason != REASON_NONE)
		return reason;
	mail->seal = (struct bytes){object, len};
	const struct assemble whole = pieces_of(mail, BYTES_NONE);
	reason = assemble_pieces(&whole, digest_sink, &run);
	digest_end(&run, digest);
	return reason == REASON_NONE && bytes_equal((struct bytes){digest, sizeof digest}, mail->sent_digest) ? REASON_NONE : REASON_DELIVER_SEAL;
}

enum reason deliverer_mail_read(struct store *store, struct arena *arena, struct deliverer_mail *mail)
{
	unsigned char digest[DIGEST_SHA256];

	if (mail->encrypted.len > 0)
		return read_envelope(store, arena, mail);
	if (mail->entity_size > LIMIT_MESSAGE)
		return REASON_DELIVER_SEAL;
	enum reason reason = store_body_read(store, arena, mail->entity_body, &mail->entity);
	if (reason == REASON_BODY_SEAL || reason == REASON_KEEPER_ERASED)
		return REASON_DELIVER_SEAL;
	if (reason != REASON_NONE)
		return reason;
	/* The peer would find the signature broken; better that we do. */
	digest_sha256(mail->entity, digest);
	if (mail->entity.len != mail->entity_size || !bytes_equal((struct bytes){digest, sizeof(digest)}, mail->digest))
		return REASON_DELIVER_SEAL;
	return REASON_NONE;
}

static bool has_eight_bit(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] > 0x7f)
			return true;
	return false;
}

enum reason deliverer_mail_send(struct smtp_client *client, struct deliverer_mail *mail,
				struct smtp_client_result *result)
{
	char digest[DIGEST_SHA256_TEXT];

	digest_text(mail->digest.at, digest);
	struct assemble pieces = pieces_of(mail, bytes_of_text(digest));
	struct smtp_client_mail out = {
		.return_path = mail->return_path,
		.recipient = mail->recipient,
		.envelope_id = mail->envelope_id,
		.size = assemble_size(&pieces),
		.eight_bit = has_eight_bit(mail->head) || has_eight_bit(mail->entity),
		.utf8 = has_eight_bit(mail->head),
		.source = give_pieces,
		.source_context = &pieces,
	};
	return smtp_client_send(client, &out, result);
}

/* --- outcome ---------------------------------------------------------------- */

bool deliverer_mail_is_own(enum reason reason)
{
	return reason == REASON_STORE_DOWN || reason == REASON_STORE_REFUSED || reason == REASON_STORE_CONFLICT || reason == REASON_STORE_FULL ||
	       reason == REASON_MEMORY || reason == REASON_KEEPER_AWAY || reason == REASON_KEEPER_KEY;
}

struct deliverer_verdict deliverer_mail_judge(const struct config *config, const struct deliverer_mail *mail,
					      enum reason reason, struct instant now, unsigned jitter)
{
	const struct retry_rules rules = {
		.first = SPAN_SECONDS(config->deliverer.retry_seconds),
		.expire = SPAN_HOURS(config->deliverer.expire_hours),
	};
	struct deliverer_verdict verdict = {DELIVERER_ACCEPTED, reason, now};

	if (reason == REASON_NONE)
		return verdict;
	verdict.outcome = DELIVERER_REFUSED;
	if (retry_class(reason) == RETRY_REFUSED)
		return verdict;
	if (retry_next(&rules, reason, mail->attempt, mail->created_at, now, jitter, &verdict.next_at))
		verdict.outcome = DELIVERER_LATER;
	else
		verdict.reason = REASON_DELIVER_EXPIRED;
	return verdict;
}

/* No text is SQL's NULL. */
static struct store_param text(const char *value)
{
	return P_TEXT(value[0] ? value : NULL);
}

enum reason deliverer_mail_keep(struct store *store, const struct deliverer_mail *mail,
				const struct deliverer_verdict *verdict, const struct smtp_client_result *result,
				const char *host, struct bytes tls)
{
	static const char *const names[] = {"accepted", "later", "refused"};
	const struct status *status = &result->status;
	bool later = verdict->outcome == DELIVERER_LATER;

	return STORE_RUN(
		store, NULL,
		"select relais.deliver_result($1, $2, $3, $4, nullif($5, 0)::integer, $6, $7, $8, $9, $10, $11, $12)",
		P_INT(mail->outbox), P_INT(mail->session), P_TEXT(names[verdict->outcome]),
		P_TEXT(reason_code(verdict->reason)), P_INT(status->code), text(status->enhanced), text(status->text),
		text(host), P_JSON(tls), text(result->queue_id), later ? P_INSTANT(verdict->next_at) : P_NULL,
		P_BOOL(result->reports));
}

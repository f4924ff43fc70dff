/* gateway/intake.c - see intake.h. */
#include "gateway/intake.h"

#include <string.h>
#include <time.h>

#include "base/limits.h"

enum { STEP_MS = 20 };

#define ONE(rows) (store_count(rows) == 1)

static enum reason chunk_of(const struct intake_body *body, uint64_t offset, struct bytes *out)
{
	uint64_t left = body->size - offset;
	return body->source(body->context, offset, left < LIMIT_CHUNK ? (size_t)left : LIMIT_CHUNK, body->scratch, out);
}

static enum reason one_number(struct store_rows **rows, int64_t *out)
{
	enum reason reason = ONE(*rows) && !store_is_null(*rows, 0, 0) ? REASON_NONE : REASON_STORE_REFUSED;
	if (reason == REASON_NONE)
		*out = store_int(*rows, 0, 0);
	store_free(rows);
	return reason;
}

/* The chunk as it is kept. */
static enum reason sealed_chunk(const struct intake_body *body, struct body_writer *writer, uint64_t offset, struct bytes *out)
{
	struct bytes plain;
	enum reason reason = chunk_of(body, offset, &plain);

	return reason == REASON_NONE ? body_writer_chunk(writer, plain, out) : reason;
}

/* The rows behind the first one, and the check that all is there. */
static enum reason put_rest(struct store *store, const struct intake_body *body, struct body_writer *writer, int64_t inbox)
{
	enum reason reason = REASON_NONE;
	int64_t number = 1;

	for (uint64_t at = LIMIT_CHUNK; reason == REASON_NONE && at < body->size; at += LIMIT_CHUNK) {
		struct bytes chunk;
		reason = sealed_chunk(body, writer, at, &chunk);
		if (reason == REASON_NONE)
			reason = STORE_RUN(store, NULL, "select relais.intake_chunk($1, $2::bigint::integer, $3)", P_INT(inbox),
					   P_INT(number++), P_BYTES(chunk));
	}
	if (reason == REASON_NONE)
		reason = STORE_RUN(store, NULL, "select relais.intake_done($1)", P_INT(inbox));
	return reason;
}

typedef enum reason put_first(struct store *store, const void *what, const struct body_writer *writer, struct bytes first, int64_t *inbox);

/* One statement for a small message, one transaction for a big one. put: the statement with the first chunk. */
static enum reason put_chunks(struct store *store, const struct intake_body *body, struct body_writer *writer, put_first *put, const void *what, int64_t *inbox)
{
	struct bytes first;
	enum reason reason = sealed_chunk(body, writer, 0, &first);

	if (reason != REASON_NONE)
		return reason;
	if (body->size <= LIMIT_CHUNK)
		return put(store, what, writer, first, inbox);

	reason = store_begin(store);
	if (reason != REASON_NONE)
		return reason;
	reason = put(store, what, writer, first, inbox);
	if (reason == REASON_NONE && *inbox != 0)
		reason = put_rest(store, body, writer, *inbox);
	if (reason == REASON_NONE)
		return store_commit(store);
	store_rollback(store);
	return reason;
}

/* At the very first start of an instance the keeper may need a moment to make its first key. */
static enum reason seal_to(const char *folder, struct keeper_public *out)
{
	enum reason reason = keeper_public_read(folder, out);

	for (int waited = 0; reason == REASON_KEEPER_KEY && waited < LIMIT_KEEPER_SECONDS * 1000; waited += STEP_MS) {
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000}, NULL);
		reason = keeper_public_read(folder, out);
	}
	return reason;
}

static enum reason put_all(struct store *store, const struct intake_body *body, put_first *put, const void *what, int64_t *inbox)
{
	struct body_writer writer;
	struct keeper_public to;
	enum reason reason = seal_to(body->keeper_folder, &to);

	if (reason == REASON_NONE)
		reason = body_writer_begin(&writer, &to, body->digest, body->size, body->scratch + LIMIT_CHUNK);
	if (reason != REASON_NONE)
		return reason;
	reason = put_chunks(store, body, &writer, put, what, inbox);
	body_writer_end(&writer);
	return reason;
}

static enum reason put_message(struct store *store, const void *what, const struct body_writer *writer, struct bytes first, int64_t *inbox)
{
	const struct intake_message *m = what;
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(
		store, &rows, "select relais.intake_message($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		P_TEXT_B(m->account), P_TEXT_B(m->peer_name), P_TEXT_B(m->peer_address), P_TEXT_B(m->helo), P_TEXT_B(m->mail_from),
		P_TEXTS(m->recipients, m->n), P_JSON(m->params), P_INSTANT(m->received_at), P_INT(m->body.size),
		P_BYTES(m->body.digest), P_BYTES(((struct bytes){writer->sealed, sizeof writer->sealed})), P_TEXT(writer->name), P_BYTES(first));

	return reason == REASON_NONE ? one_number(&rows, inbox) : reason;
}

struct collected {
	struct bytes mailbox;
	uint32_t uidvalidity, uid;
	struct instant received_at;
	const struct intake_body *body;
};

static enum reason put_collected(struct store *store, const void *what, const struct body_writer *writer, struct bytes first, int64_t *inbox)
{
	const struct collected *c = what;
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.collect_message($1, $2, $3, $4, $5, $6, $7, $8, $9)",
				       P_TEXT_B(c->mailbox), P_INT(c->uidvalidity), P_INT(c->uid), P_INSTANT(c->received_at),
				       P_INT(c->body->size), P_BYTES(c->body->digest),
				       P_BYTES(((struct bytes){writer->sealed, sizeof writer->sealed})), P_TEXT(writer->name), P_BYTES(first));

	return reason == REASON_NONE ? one_number(&rows, inbox) : reason;
}

enum reason intake_sender(struct store *store, struct bytes peer_name, struct bytes domain)
{
	struct store_rows *rows = NULL;
	int64_t may = 0;
	enum reason reason = STORE_RUN(store, &rows, "select relais.intake_sender($1, $2)", P_TEXT_B(peer_name), P_TEXT_B(domain));

	if (reason == REASON_NONE)
		reason = one_number(&rows, &may);
	return reason == REASON_NONE && !may ? REASON_PEER_DOMAIN : reason;
}

enum reason intake_recipient(struct store *store, struct bytes local, struct bytes domain, struct bytes mail_from)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.intake_recipient($1, $2, $3)", P_TEXT_B(local),
				       P_TEXT_B(domain), P_TEXT_B(mail_from));

	if (reason != REASON_NONE)
		return reason;
	reason = ONE(rows) ? reason_of_code(store_bytes(rows, 0, 0)) : REASON_STORE_REFUSED;
	store_free(&rows);
	/* A code that we do not know comes from another version of the schema: nothing is accepted on a guess. */
	return reason == REASONS ? REASON_STORE_REFUSED : reason;
}

/* The caller lives on when its arena is full. */
static enum reason keep_text(struct arena *arena, struct bytes text, struct bytes *out)
{
	unsigned char *kept = arena_try(arena, text.len);

	if (kept == NULL)
		return REASON_MEMORY;
	*out = (struct bytes){memcpy(kept, text.at, text.len), text.len};
	return REASON_NONE;
}

enum reason intake_account(struct store *store, struct bytes kind, struct bytes value, struct bytes wanted, struct arena *arena,
			   struct bytes *mailbox)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.intake_account($1, $2, $3)", P_TEXT_B(kind), P_TEXT_B(value),
				       P_TEXT_B(wanted));

	if (reason != REASON_NONE)
		return reason;
	if (!ONE(rows))
		reason = REASON_STORE_REFUSED;
	else if (store_is_null(rows, 0, 0))
		reason = REASON_AUTH_ACCOUNT;
	else
		reason = keep_text(arena, store_bytes(rows, 0, 0), mailbox);
	store_free(&rows);
	return reason;
}

enum reason intake_message(struct store *store, const struct intake_message *message, int64_t *inbox)
{
	return put_all(store, &message->body, put_message, message, inbox);
}

enum reason intake_cursor(struct store *store, struct bytes mailbox, struct intake_cursor *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select uidvalidity, uid, uidnext, modseq from relais.collect_cursor($1)",
				       P_TEXT_B(mailbox));

	if (reason != REASON_NONE)
		return reason;
	*out = (struct intake_cursor){0};
	if (ONE(rows) && !store_is_null(rows, 0, 0))
		*out = (struct intake_cursor){(uint32_t)store_int(rows, 0, 0), (uint32_t)store_int(rows, 0, 1),
					      (uint32_t)store_int(rows, 0, 2), (uint64_t)store_int(rows, 0, 3)};
	store_free(&rows);
	return REASON_NONE;
}

enum reason intake_looked(struct store *store, struct bytes mailbox, const struct intake_cursor *cursor)
{
	return STORE_RUN(store, NULL, "select relais.collect_looked($1, $2, $3, $4)", P_TEXT_B(mailbox), P_INT(cursor->uidvalidity),
			 P_INT(cursor->uidnext), P_INT(cursor->modseq));
}

enum reason intake_again(struct store *store, struct bytes mailbox)
{
	return STORE_RUN(store, NULL, "select relais.collect_again($1)", P_TEXT_B(mailbox));
}

enum reason intake_state(struct store *store, struct bytes mailbox, enum reason state)
{
	return STORE_RUN(store, NULL, "select relais.collect_state($1, $2)", P_TEXT_B(mailbox), P_TEXT(reason_code(state)));
}

enum reason intake_collect(struct store *store, struct bytes mailbox, uint32_t uidvalidity, uint32_t uid,
			   struct instant received_at, const struct intake_body *body, int64_t *inbox)
{
	struct collected c = {mailbox, uidvalidity, uid, received_at, body};
	return put_all(store, body, put_collected, &c, inbox);
}

enum reason intake_skip(struct store *store, struct bytes mailbox, uint32_t uidvalidity, uint32_t uid, uint64_t size)
{
	return STORE_RUN(store, NULL, "select relais.collect_skipped($1, $2, $3, $4)", P_TEXT_B(mailbox), P_INT(uidvalidity),
			 P_INT(uid), P_INT(size));
}

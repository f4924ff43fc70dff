/* gateway/keeper_work.c - see keeper_work.h. */
#include "gateway/keeper_private.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/service.h"

enum { LINE_ROOM = 1024, TRY_BATCH = 200, MINUTE_US = 60 * 1000000 };

const char *keeper_role_name(enum keeper_role role)
{
	static const char *const names[KEEPER_ROLES] = {
		[KEEPER_ROLE_OPERATOR] = "operator", [KEEPER_ROLE_WORKER] = "worker", [KEEPER_ROLE_SIGNER] = "signer", [KEEPER_ROLE_DELIVERER] = "deliverer",
		[KEEPER_ROLE_OPENER] = "opener"};
	return names[role];
}

void keeper_plain(struct bytes text, char out[KEEPER_PURPOSE + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < text.len && n < KEEPER_PURPOSE; i++) {
		unsigned char c = text.at[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '.' || c == '-';
		out[n++] = plain ? (char)c : '?';
	}
	out[n] = '\0';
}

bool keeper_question_read(struct bytes text, enum keeper_role role, struct keeper_question *out)
{
	struct cursor c = cursor_on(text);
	uint64_t body = cursor_u64(&c), mail = cursor_u64(&c);

	if (c.failed || body > INT64_MAX || mail > INT64_MAX)
		return false;
	*out = (struct keeper_question){.role = role, .body = (int64_t)body, .mail = (int64_t)mail};
	keeper_plain(c.left, out->purpose);
	return role != KEEPER_ROLE_OPERATOR || out->purpose[0] != '\0';
}

struct bytes keeper_number(struct arena *arena, int64_t n)
{
	return bytes_of_text(arena_printf(arena, "%lld", (long long)n));
}

/* --- opening ------------------------------------------------------------------ */

enum reason keeper_unseal(struct keeper_work *w, struct bytes sealed, const char *name, struct bytes digest, uint64_t size, struct body_key *out)
{
	struct body_key by;

	if (digest.len != BODY_DIGEST)
		return REASON_BODY_SEAL;
	const struct body_bound bound = body_bound(digest.at, size);
	enum reason reason = keeper_keys_find(w->keys, name, &by);
	if (reason != REASON_NONE)
		return reason;
	if (bytes_starts(bytes_of_text(name), BYTES("intake:")))
		reason = body_key_open(sealed, &by, &bound, out);
	else
		reason = body_key_unwrap(sealed, &by, (struct bytes){bound.at, sizeof bound.at}, out);
	body_key_wipe(&by);
	return reason;
}

static enum reason add_line(struct keeper_work *w, const struct buf *members, struct instant now)
{
	return buf_ok(members) ? chain_journal_add(&w->journal, now, buf_bytes(members)) : REASON_MEMORY;
}

static enum reason journal(struct keeper_work *w, const struct keeper_question *q, const char *name, struct instant now)
{
	struct buf members = buf_make(LINE_ROOM);

	buf_printf(&members, "\"event\":\"%s\",\"role\":\"%s\",\"body\":%lld,\"mail\":%lld,\"key\":\"%s\",\"purpose\":\"%s\",\"reason\":\"%s\"",
		   q->reason == REASON_NONE ? "opened" : "refused", keeper_role_name(q->role), (long long)q->body, (long long)q->mail, name, q->purpose,
		   reason_code(q->reason));
	enum reason reason = add_line(w, &members, now);
	buf_free(&members);
	return reason;
}

bool keeper_minute_over(struct instant since, struct instant now)
{
	return instant_before(now, since) || instant_since(since, now).us >= MINUTE_US;
}

/* Who asks for what he may not have, again and again, does not fill the disk with it: the rest of a minute is counted. */
static bool is_told(struct keeper_refusals *r, struct instant now)
{
	if (r->more == 0 && keeper_minute_over(r->since, now))
		*r = (struct keeper_refusals){.since = now};
	if (r->lines < LIMIT_KEEPER_REFUSED_LINES) {
		r->lines++;
		return true;
	}
	r->more++;
	return false;
}

/* What was counted, once its minute is over. */
enum reason keeper_tell_refusals(struct keeper_work *w, struct instant now)
{
	enum reason reason = REASON_NONE;

	for (int role = 0; role < KEEPER_ROLES && reason == REASON_NONE; role++) {
		struct keeper_refusals *r = &w->refusals[role];
		if (r->more == 0 || !keeper_minute_over(r->since, now))
			continue;
		struct buf members = buf_make(LINE_ROOM);
		buf_printf(&members, "\"event\":\"refused\",\"role\":\"%s\",\"more\":%llu", keeper_role_name((enum keeper_role)role), (unsigned long long)r->more);
		reason = add_line(w, &members, now);
		if (reason == REASON_NONE)
			reason = chain_journal_sync(&w->journal);
		log_event("not-opened", LOG_TEXT("role", keeper_role_name((enum keeper_role)role)), LOG_NUMBER("more", r->more), LOG_REASON(reason), LOG_END);
		if (reason == REASON_NONE)
			*r = (struct keeper_refusals){.since = now};
		buf_free(&members);
	}
	return reason;
}

static void answer_row(struct keeper_work *w, struct arena *arena, const struct store_rows *rows, size_t row, struct keeper_question *q, struct instant now)
{
	const char *name = arena_text(arena, store_bytes(rows, row, 4));

	q->reason = REASON_KEEPER_REFUSED;
	if (store_int(rows, row, 5) != 0)
		q->reason = keeper_unseal(w, store_bytes(rows, row, 3), name, store_bytes(rows, row, 2), (uint64_t)store_int(rows, row, 1), &q->key);
	bool told = q->reason == REASON_NONE || is_told(&w->refusals[q->role], now);
	enum reason written = told ? journal(w, q, name, now) : REASON_NONE;
	if (written != REASON_NONE)
		q->reason = written;
	if (q->reason != REASON_NONE)
		body_key_wipe(&q->key);
	w->opened += q->reason == REASON_NONE;
	w->refused += q->reason != REASON_NONE;
	if (q->reason != REASON_NONE && told)
		log_event("not-opened", LOG_TEXT("role", keeper_role_name(q->role)), LOG_NUMBER("body", q->body), LOG_REASON(q->reason), LOG_END);
}

static enum reason ask_database(struct keeper_work *w, struct arena *arena, const struct keeper_question *questions, size_t n, struct store_rows **rows)
{
	struct bytes *roles = arena_alloc(arena, 3 * n * sizeof *roles), *bodies = roles + n, *mails = bodies + n;

	for (size_t i = 0; i < n; i++) {
		roles[i] = bytes_of_text(keeper_role_name(questions[i].role));
		bodies[i] = keeper_number(arena, questions[i].body);
		mails[i] = keeper_number(arena, questions[i].mail);
	}
	return STORE_RUN(w->store, rows, "select n, size, digest, sealed_key, key_name, may from relais.keeper_open($1, $2::text[]::bigint[], $3::text[]::bigint[])",
			 P_TEXTS(roles, n), P_TEXTS(bodies, n), P_TEXTS(mails, n));
}

void keeper_work_open(struct keeper_work *w, struct arena *arena, struct keeper_question *questions, size_t n)
{
	struct store_rows *rows = NULL;
	struct instant now = service_now();
	enum reason reason = ask_database(w, arena, questions, n, &rows);

	for (size_t i = 0; i < n; i++)
		questions[i].reason = reason == REASON_NONE ? REASON_NOT_FOUND : reason;
	for (size_t row = 0; reason == REASON_NONE && row < store_count(rows); row++) {
		size_t i = (size_t)store_int(rows, row, 0) - 1;
		if (i < n)
			answer_row(w, arena, rows, row, &questions[i], now);
	}
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = chain_journal_sync(&w->journal);
	for (size_t i = 0; reason != REASON_NONE && i < n; i++) {
		questions[i].reason = reason;
		body_key_wipe(&questions[i].key);
	}
}

/* --- what the operator asks -------------------------------------------------------------------- */

/* A name that may be one of a key: it goes into paths and into lines of JSON. */
static bool is_name(struct bytes text, char out[KEEPER_NAME])
{
	static const struct bytes kinds[] = {BYTES_OF("intake:"), BYTES_OF("dossier:"), BYTES_OF("apart:")};
	bool known = false;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		known = known || (bytes_starts(text, kinds[i]) && text.len > kinds[i].len);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		known = known && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '-' || c == '_' || c == '.' || c == '/');
	}
	if (!known || text.len >= KEEPER_NAME)
		return false;
	memcpy(out, text.at, text.len);
	out[text.len] = '\0';
	return true;
}

void keeper_work_state(const struct keeper_work *w, struct buf *out)
{
	const struct keeper_intake *intake = keeper_keys_intake(w->keys);
	char at[INSTANT_TEXT];

	instant_write(intake->made, at);
	buf_printf(out, "{\"intake\":\"%s\",\"since\":\"%s\",\"destroyed\":%llu,\"opened\":%llu,\"refused\":%llu,\"rewrapped\":%llu}", intake->key.name, at,
		   (unsigned long long)keeper_keys_destroyed(w->keys), (unsigned long long)w->opened, (unsigned long long)w->refused, (unsigned long long)w->rewrapped);
}

enum reason keeper_work_known(struct keeper_work *w, struct bytes names, struct buf *out)
{
	struct cursor c = cursor_on(names);
	char name[KEEPER_NAME];
	struct body_key key;

	buf_text(out, "[");
	for (bool first = true; c.left.len > 0; first = false) {
		if (!is_name(cursor_until(&c, '\n'), name))
			return REASON_USAGE;
		enum reason reason = keeper_keys_find(w->keys, name, &key);
		buf_printf(out, "%s\"%s\"", first ? "" : ",", reason == REASON_NONE ? "there" : reason == REASON_KEEPER_ERASED ? "destroyed" : "missing");
	}
	buf_text(out, "]");
	body_key_wipe(&key);
	return REASON_NONE;
}

enum reason keeper_work_try(struct keeper_work *w, struct bytes after, struct buf *out)
{
	struct store_rows *rows = NULL;
	struct body_key key;
	uint64_t from;
	size_t closed = 0;

	if (!bytes_number(after, INT64_MAX, &from))
		return REASON_USAGE;
	enum reason reason = STORE_RUN(w->store, &rows, "select body, size, digest, sealed_key, key_name from relais.keeper_bodies($1, $2)", P_INT(from), P_INT(TRY_BATCH));
	for (size_t row = 0; reason == REASON_NONE && row < store_count(rows); row++) {
		enum reason one = keeper_unseal(w, store_bytes(rows, row, 3), store_text(rows, row, 4), store_bytes(rows, row, 2), (uint64_t)store_int(rows, row, 1), &key);
		/* What was destroyed or is missing is counted by its name. */
		if (one != REASON_NONE && one != REASON_KEEPER_ERASED && one != REASON_KEEPER_KEY)
			closed++;
	}
	size_t n = reason == REASON_NONE ? store_count(rows) : 0;
	buf_printf(out, "{\"tried\":%zu,\"closed\":%zu,\"last\":", n, closed);
	if (n > 0)
		buf_printf(out, "%lld}", (long long)store_int(rows, n - 1, 0));
	else
		buf_text(out, "null}");
	body_key_wipe(&key);
	store_free(&rows);
	return reason;
}

enum reason keeper_destroy(struct keeper_work *w, const char *name, const char *by, struct instant now, struct keeper_record *out)
{
	struct buf members = buf_make(LINE_ROOM);
	enum reason reason = keeper_keys_destroy(w->keys, name, by, now, out);

	buf_printf(&members, "\"event\":\"destroyed\",\"key\":\"%s\",\"n\":%llu", name, (unsigned long long)out->n);
	if (reason == REASON_NONE)
		reason = add_line(w, &members, now);
	if (reason == REASON_NONE)
		reason = chain_journal_sync(&w->journal);
	buf_free(&members);
	log_event("key-destroyed", LOG_TEXT("key", name), LOG_NUMBER("record", out->n), LOG_REASON(reason), LOG_END);
	return reason;
}

enum reason keeper_work_destroy(struct keeper_work *w, struct bytes asked, struct buf *out)
{
	const struct bytes kind = BYTES("dossier:");
	struct cursor c = cursor_on(asked);
	char name[KEEPER_NAME], by[KEEPER_PURPOSE + 1], at[INSTANT_TEXT];
	struct keeper_record record = {.n = 0};
	struct body_key key;
	struct instant now = service_now();

	if (!is_name(cursor_until(&c, ' '), name) || !bytes_starts(bytes_of_text(name), kind) || c.left.len == 0)
		return REASON_USAGE;
	keeper_plain(c.left, by);
	bool before = keeper_keys_find(w->keys, name, &key) == REASON_KEEPER_ERASED;
	body_key_wipe(&key);
	enum reason reason = before ? REASON_NONE : keeper_gather(w, name + kind.len);
	if (reason == REASON_NONE)
		reason = keeper_destroy(w, name, by, now, &record);
	else
		log_event("key-not-destroyed", LOG_TEXT("key", name), LOG_REASON(reason), LOG_END);
	instant_write(record.at, at);
	buf_printf(out, "{\"n\":%llu,\"name\":\"%s\",\"at\":\"%s\"}", (unsigned long long)record.n, name, at);
	return reason;
}

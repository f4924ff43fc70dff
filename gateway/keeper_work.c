/* gateway/keeper_work.c - see keeper_work.h. */
#include "gateway/keeper_work.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/service.h"

enum { LINE_ROOM = 1024, NUMBER_ROOM = 24, REWRAP_BATCH = 200, BATCH_MEMORY = 4 * 1024 * 1024 };

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

static struct bytes number(struct arena *arena, int64_t n)
{
	return bytes_of_text(arena_printf(arena, "%lld", (long long)n));
}

/* --- opening ------------------------------------------------------------------ */

/* A body's key by what stands in its row. */
static enum reason unseal(struct keeper_work *w, struct bytes sealed, const char *name, struct bytes digest, uint64_t size, struct body_key *out)
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

static enum reason journal(struct keeper_work *w, const struct keeper_question *q, const char *name, struct instant now)
{
	struct buf members = buf_make(LINE_ROOM);

	buf_printf(&members, "\"event\":\"%s\",\"role\":\"%s\",\"body\":%lld,\"mail\":%lld,\"key\":\"%s\",\"purpose\":\"%s\",\"reason\":\"%s\"",
		   q->reason == REASON_NONE ? "opened" : "refused", keeper_role_name(q->role), (long long)q->body, (long long)q->mail, name, q->purpose,
		   reason_code(q->reason));
	enum reason reason = buf_ok(&members) ? chain_journal_add(&w->journal, now, buf_bytes(&members)) : REASON_MEMORY;
	buf_free(&members);
	return reason;
}

static void answer_row(struct keeper_work *w, struct arena *arena, const struct store_rows *rows, size_t row, struct keeper_question *q, struct instant now)
{
	const char *name = arena_text(arena, store_bytes(rows, row, 4));

	q->reason = REASON_KEEPER_REFUSED;
	if (store_int(rows, row, 5) != 0)
		q->reason = unseal(w, store_bytes(rows, row, 3), name, store_bytes(rows, row, 2), (uint64_t)store_int(rows, row, 1), &q->key);
	enum reason written = journal(w, q, name, now);
	if (written != REASON_NONE)
		q->reason = written;
	if (q->reason != REASON_NONE)
		body_key_wipe(&q->key);
	w->opened += q->reason == REASON_NONE;
	w->refused += q->reason != REASON_NONE;
	if (q->reason != REASON_NONE)
		log_event("not-opened", LOG_TEXT("role", keeper_role_name(q->role)), LOG_NUMBER("body", q->body), LOG_REASON(q->reason), LOG_END);
}

static enum reason ask_database(struct keeper_work *w, struct arena *arena, const struct keeper_question *questions, size_t n, struct store_rows **rows)
{
	struct bytes *roles = arena_alloc(arena, 3 * n * sizeof *roles), *bodies = roles + n, *mails = bodies + n;

	for (size_t i = 0; i < n; i++) {
		roles[i] = bytes_of_text(keeper_role_name(questions[i].role));
		bodies[i] = number(arena, questions[i].body);
		mails[i] = number(arena, questions[i].mail);
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

/* --- putting under another key ------------------------------------------------------- */

struct move {
	struct bytes body, before, sealed, name;
};

/* Where it belongs, or, when that key is destroyed, with what belongs to no dossier. */
static enum reason new_key(struct keeper_work *w, const char **name, const char *day, struct body_key *out)
{
	enum reason reason = *name != NULL ? keeper_keys_make(w->keys, *name, out) : REASON_KEEPER_ERASED;

	if (reason != REASON_KEEPER_ERASED)
		return reason;
	*name = day;
	return keeper_keys_make(w->keys, day, out);
}

static struct bytes hex(struct arena *arena, const unsigned char *at, size_t n)
{
	char *text = arena_alloc(arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", at[i]);
	return bytes_of_text(text);
}

static enum reason move_one(struct keeper_work *w, struct arena *arena, const struct store_rows *rows, size_t row, struct move *out)
{
	const char *before = arena_text(arena, store_bytes(rows, row, 4)), *name = store_is_null(rows, row, 5) ? NULL : store_text(rows, row, 5);
	struct bytes digest = store_bytes(rows, row, 2);
	uint64_t size = (uint64_t)store_int(rows, row, 1);
	unsigned char sealed[BODY_UNDER_KEY];
	struct body_key key, by;

	enum reason reason = unseal(w, store_bytes(rows, row, 3), before, digest, size, &key);
	if (reason == REASON_NONE)
		reason = new_key(w, &name, store_text(rows, row, 6), &by);
	if (reason == REASON_NONE) {
		const struct body_bound bound = body_bound(digest.at, size);
		reason = body_key_wrap(&key, &by, (struct bytes){bound.at, sizeof bound.at}, sealed);
		body_key_wipe(&by);
	}
	body_key_wipe(&key);
	if (reason == REASON_NONE)
		*out = (struct move){number(arena, store_int(rows, row, 0)), bytes_of_text(before), hex(arena, sealed, sizeof sealed),
				     bytes_of_text(arena_text(arena, bytes_of_text(name)))};
	return reason;
}

static enum reason write_moves(struct keeper_work *w, struct arena *arena, const struct move *moves, size_t n)
{
	struct bytes *bodies = arena_alloc(arena, 4 * n * sizeof *bodies), *befores = bodies + n, *sealed = befores + n, *names = sealed + n;

	for (size_t i = 0; i < n; i++) {
		bodies[i] = moves[i].body;
		befores[i] = moves[i].before;
		sealed[i] = moves[i].sealed;
		names[i] = moves[i].name;
	}
	return STORE_RUN(w->store, NULL, "select relais.keeper_rewrap($1::text[]::bigint[], $2, $3, $4)", P_TEXTS(bodies, n), P_TEXTS(befores, n), P_TEXTS(sealed, n),
			 P_TEXTS(names, n));
}

static bool rewrap(struct keeper_work *w, struct arena *arena)
{
	struct store_rows *rows = NULL;
	struct move *moves = arena_alloc(arena, REWRAP_BATCH * sizeof *moves);
	size_t n = 0;
	enum reason reason = STORE_RUN(w->store, &rows, "select body, size, digest, sealed_key, key_name, belongs, day from relais.keeper_pending($1)", P_INT(REWRAP_BATCH));

	for (size_t row = 0; reason == REASON_NONE && row < store_count(rows); row++) {
		enum reason one = move_one(w, arena, rows, row, &moves[n]);
		if (one == REASON_NONE)
			n++;
		else
			log_event("not-rewrapped", LOG_NUMBER("body", store_int(rows, row, 0)), LOG_REASON(one), LOG_END);
	}
	bool full = reason == REASON_NONE && store_count(rows) == REWRAP_BATCH && n > 0;
	store_free(&rows);
	if (n > 0)
		reason = write_moves(w, arena, moves, n);
	w->rewrapped += reason == REASON_NONE ? n : 0;
	return full && reason == REASON_NONE;
}

/* All that is ready, a batch at a time. */
void keeper_work_settle(struct keeper_work *w)
{
	for (bool more = true; more;) {
		struct arena *arena = arena_create(BATCH_MEMORY);
		more = rewrap(w, arena);
		arena_destroy(&arena);
	}
}

/* --- the pair of intake ------------------------------------------------------------------ */

/* Written in the database before anybody seals to it. */
static enum reason rotate(struct keeper_work *w, struct instant now)
{
	struct store_rows *rows = NULL;
	struct keeper_intake next;
	enum reason reason = STORE_RUN(w->store, &rows, "select relais.keeper_highest() where $1", P_BOOL(true));
	uint64_t above = reason == REASON_NONE && store_count(rows) == 1 ? (uint64_t)store_int(rows, 0, 0) : 0;

	store_free(&rows);
	if (reason == REASON_NONE)
		reason = keeper_keys_intake_make(w->keys, above, now, &next);
	if (reason == REASON_NONE)
		reason = STORE_RUN(w->store, NULL, "select relais.keeper_begins($1)", P_INT(next.number));
	if (reason == REASON_NONE)
		reason = keeper_keys_intake_publish(w->keys, &next);
	log_event("intake-key", LOG_NUMBER("number", next.number), LOG_REASON(reason), LOG_END);
	return reason;
}

/* Under those nothing is left, and nothing can come in any more. */
static enum reason destroy_idle(struct keeper_work *w, struct instant now)
{
	struct store_rows *rows = NULL;
	struct keeper_record record;
	char name[KEEPER_NAME];
	enum reason reason = STORE_RUN(w->store, &rows, "select n from relais.keeper_idle($1) n", P_INT(LIMIT_KEEPER_INTAKE_KEPT_SECONDS));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		int64_t n = store_int(rows, i, 0);
		snprintf(name, sizeof name, "intake:%lld", (long long)n);
		if ((uint64_t)n != keeper_keys_intake(w->keys)->number)
			reason = keeper_keys_destroy(w->keys, name, "keeper", now, &record);
		if (reason == REASON_NONE)
			reason = STORE_RUN(w->store, NULL, "select relais.keeper_ended($1)", P_INT(n));
		log_event("intake-key-destroyed", LOG_TEXT("key", name), LOG_REASON(reason), LOG_END);
	}
	store_free(&rows);
	return reason;
}

enum reason keeper_work_tend(struct keeper_work *w, struct instant now)
{
	const struct keeper_intake *intake = keeper_keys_intake(w->keys);
	bool over = intake->number == 0 || instant_since(intake->made, now).us > SPAN_SECONDS(LIMIT_KEEPER_INTAKE_SECONDS).us;
	enum reason reason = over ? rotate(w, now) : STORE_RUN(w->store, NULL, "select relais.keeper_begins($1)", P_INT(intake->number));

	if (reason == REASON_NONE)
		reason = destroy_idle(w, now);
	if (reason == REASON_NONE)
		reason = STORE_RUN(w->store, NULL, "select relais.keeper_lives($1)", P_INT(keeper_keys_destroyed(w->keys)));
	return reason;
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
	enum reason reason = STORE_RUN(w->store, &rows, "select body, size, digest, sealed_key, key_name from relais.keeper_bodies($1, $2)", P_INT(from), P_INT(REWRAP_BATCH));
	for (size_t row = 0; reason == REASON_NONE && row < store_count(rows); row++) {
		enum reason one = unseal(w, store_bytes(rows, row, 3), store_text(rows, row, 4), store_bytes(rows, row, 2), (uint64_t)store_int(rows, row, 1), &key);
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

static enum reason journal_destroyed(struct keeper_work *w, const char *name, const struct keeper_record *record, struct instant now)
{
	struct buf members = buf_make(LINE_ROOM);

	buf_printf(&members, "\"event\":\"destroyed\",\"key\":\"%s\",\"n\":%llu", name, (unsigned long long)record->n);
	enum reason reason = chain_journal_add(&w->journal, now, buf_bytes(&members));
	buf_free(&members);
	return reason == REASON_NONE ? chain_journal_sync(&w->journal) : reason;
}

enum reason keeper_work_destroy(struct keeper_work *w, struct bytes asked, struct buf *out)
{
	struct cursor c = cursor_on(asked);
	char name[KEEPER_NAME], by[KEEPER_PURPOSE + 1], at[INSTANT_TEXT];
	struct keeper_record record;
	struct instant now = service_now();

	if (!is_name(cursor_until(&c, ' '), name) || !bytes_starts(bytes_of_text(name), BYTES("dossier:")) || c.left.len == 0)
		return REASON_USAGE;
	keeper_plain(c.left, by);
	keeper_work_settle(w);
	enum reason reason = keeper_keys_destroy(w->keys, name, by, now, &record);
	if (reason == REASON_NONE)
		reason = journal_destroyed(w, name, &record, now);
	log_event("key-destroyed", LOG_TEXT("key", name), LOG_NUMBER("record", record.n), LOG_REASON(reason), LOG_END);
	instant_write(record.at, at);
	buf_printf(out, "{\"n\":%llu,\"name\":\"%s\",\"at\":\"%s\"}", (unsigned long long)record.n, name, at);
	return reason;
}

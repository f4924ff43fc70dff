/* gateway/keeper_settle.c - see keeper_work.h: where bodies go once it is decided, and the keys that begin and end by themselves. */
#include "gateway/keeper_private.h"

#include <stdio.h>

#include "gateway/log.h"
#include "gateway/service.h"

enum { REWRAP_BATCH = 50, BATCH_MEMORY = 4 * 1024 * 1024 };

/* --- putting under another key ------------------------------------------------------- */

struct move {
	struct bytes body, before, sealed, name;
};

static struct bytes hex(struct arena *arena, const unsigned char *at, size_t n)
{
	char *text = arena_alloc(arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", at[i]);
	return bytes_of_text(text);
}

/* A key that has bodies already is found or missing: made anew, the real one could never be put back. Of a destroyed one the body stays where it is. */
static enum reason move_one(struct keeper_work *w, struct arena *arena, const struct store_rows *rows, size_t row, struct move *out)
{
	const char *before = arena_text(arena, store_bytes(rows, row, 4)), *home = arena_text(arena, store_bytes(rows, row, 5));
	bool in_use = store_int(rows, row, 6) != 0;
	struct bytes digest = store_bytes(rows, row, 2);
	uint64_t size = (uint64_t)store_int(rows, row, 1);
	unsigned char sealed[BODY_UNDER_KEY];
	struct body_key key, by;

	enum reason reason = keeper_unseal(w, store_bytes(rows, row, 3), before, digest, size, &key);
	if (reason == REASON_NONE)
		reason = in_use ? keeper_keys_find(w->keys, home, &by) : keeper_keys_make(w->keys, home, &by);
	if (reason == REASON_NONE) {
		const struct body_bound bound = body_bound(digest.at, size);
		reason = body_key_wrap(&key, &by, (struct bytes){bound.at, sizeof bound.at}, sealed);
		body_key_wipe(&by);
	}
	body_key_wipe(&key);
	if (reason == REASON_NONE)
		*out = (struct move){keeper_number(arena, store_int(rows, row, 0)), bytes_of_text(before), hex(arena, sealed, sizeof sealed), bytes_of_text(home)};
	return reason;
}

static enum reason write_moves(struct keeper_work *w, struct arena *arena, const struct move *moves, size_t n)
{
	struct bytes *bodies = arena_alloc(arena, 4 * n * sizeof *bodies), *befores = bodies + n, *sealed = befores + n, *names = sealed + n;
	struct store_rows *rows = NULL;

	for (size_t i = 0; i < n; i++) {
		bodies[i] = moves[i].body;
		befores[i] = moves[i].before;
		sealed[i] = moves[i].sealed;
		names[i] = moves[i].name;
	}
	enum reason reason = STORE_RUN(w->store, &rows, "select relais.keeper_rewrap($1::text[]::bigint[], $2, $3, $4)", P_TEXTS(bodies, n), P_TEXTS(befores, n),
				       P_TEXTS(sealed, n), P_TEXTS(names, n));
	if (reason == REASON_NONE && (store_count(rows) != 1 || store_int(rows, 0, 0) != (int64_t)n))
		reason = REASON_STORE_CONFLICT;
	store_free(&rows);
	return reason;
}

struct batch {
	size_t seen, stayed;
	int64_t last;
	enum reason why;         /* of one that stayed: KEEPER_ERASED only when it is so of all, since what is closed for ever need not move */
	int64_t body;
};

static void stays(struct batch *b, int64_t body, enum reason why)
{
	if (b->stayed++ > 0 && b->why != REASON_KEEPER_ERASED)
		return;
	b->why = why;
	b->body = body;
}

/* The next bodies after that one, of all or of one dossier. */
static enum reason rewrap(struct keeper_work *w, int64_t after, const char *ref, struct batch *out)
{
	struct arena *arena = arena_create(BATCH_MEMORY);
	struct store_rows *rows = NULL;
	struct move *moves = arena_alloc(arena, REWRAP_BATCH * sizeof *moves);
	size_t n = 0;
	enum reason reason = STORE_RUN(w->store, &rows, "select body, size, digest, sealed_key, key_name, home, in_use::integer from relais.keeper_pending($1, $2, $3)",
				       P_INT(after), P_INT(REWRAP_BATCH), ref == NULL ? P_NULL : P_TEXT(ref));

	*out = (struct batch){.seen = reason == REASON_NONE ? store_count(rows) : 0};
	for (size_t row = 0; row < out->seen; row++) {
		enum reason one = move_one(w, arena, rows, row, &moves[n]);
		out->last = store_int(rows, row, 0);
		if (one == REASON_NONE)
			n++;
		else
			stays(out, out->last, one);
	}
	store_free(&rows);
	if (n > 0)
		reason = write_moves(w, arena, moves, n);
	w->rewrapped += reason == REASON_NONE ? n : 0;
	arena_destroy(&arena);
	return reason;
}

/* Those that stay are met again in each round: one line a minute says so. */
static void tell_stuck(struct keeper_work *w, const struct batch *batch, struct instant now)
{
	if (batch->stayed == 0 || !keeper_minute_over(w->told, now))
		return;
	w->told = now;
	log_event("not-rewrapped", LOG_NUMBER("body", batch->body), LOG_NUMBER("bodies", batch->stayed), LOG_REASON(batch->why), LOG_END);
}

bool keeper_work_settle(struct keeper_work *w)
{
	struct batch batch;
	bool more = rewrap(w, w->after, NULL, &batch) == REASON_NONE && batch.seen == REWRAP_BATCH;

	tell_stuck(w, &batch, service_now());
	w->after = more ? batch.last : 0;
	return more;
}

enum reason keeper_gather(struct keeper_work *w, const char *ref)
{
	struct batch batch = {.seen = REWRAP_BATCH};
	enum reason reason = REASON_NONE;

	while (reason == REASON_NONE && batch.seen == REWRAP_BATCH) {
		reason = rewrap(w, batch.last, ref, &batch);
		if (reason == REASON_NONE && batch.stayed > 0 && batch.why != REASON_KEEPER_ERASED)
			reason = batch.why;
	}
	return reason;
}

/* --- the pair of intake ------------------------------------------------------------------ */

/* The database knows of pairs that live, and none is here: another folder, or a medium that is not there. A pair made now would begin a second set of keys
 * under the same names. What a crash cut short between the two has its private half. */
static enum reason look_for_strangers(struct keeper_work *w, uint64_t above, bool living)
{
	struct body_key half;
	char name[KEEPER_NAME];

	if (!living || keeper_keys_intake(w->keys)->number != 0)
		return REASON_NONE;
	snprintf(name, sizeof name, "intake:%llu", (unsigned long long)above);
	enum reason reason = keeper_keys_find(w->keys, name, &half);
	body_key_wipe(&half);
	return reason == REASON_KEEPER_KEY ? reason : REASON_NONE;
}

/* Written in the database before anybody seals to it. */
static enum reason rotate(struct keeper_work *w, struct instant now)
{
	struct store_rows *rows = NULL;
	struct keeper_intake next = {0};
	enum reason reason = STORE_RUN(w->store, &rows, "select highest, living from relais.keeper_highest() where $1", P_BOOL(true));
	uint64_t above = reason == REASON_NONE ? (uint64_t)store_int(rows, 0, 0) : 0;

	if (reason == REASON_NONE)
		reason = look_for_strangers(w, above, store_int(rows, 0, 1) != 0);
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

/* Keys under which nothing is left, and nothing can come any more. One that cannot be destroyed keeps no other. */
static enum reason destroy_over(struct keeper_work *w, struct instant now)
{
	struct store_rows *rows = NULL;
	struct keeper_record record;
	enum reason reason = STORE_RUN(w->store, &rows, "select name from relais.keeper_over($1) name", P_INT(LIMIT_KEEPER_INTAKE_KEPT_SECONDS));
	size_t n = reason == REASON_NONE ? store_count(rows) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *name = store_text(rows, i, 0);
		if (bytes_equal_text(store_bytes(rows, i, 0), keeper_keys_intake(w->keys)->key.name))
			continue;
		enum reason one = keeper_destroy(w, name, "keeper", now, &record);
		if (one == REASON_NONE)
			one = STORE_RUN(w->store, NULL, "select relais.keeper_ended($1)", P_TEXT(name));
		reason = reason == REASON_NONE ? one : reason;
	}
	store_free(&rows);
	return reason;
}

enum reason keeper_work_tend(struct keeper_work *w, struct instant now)
{
	const struct keeper_intake *intake = keeper_keys_intake(w->keys);
	bool over = intake->number == 0 || instant_since(intake->made, now).us > SPAN_SECONDS(LIMIT_KEEPER_INTAKE_SECONDS).us;
	enum reason reason = over ? rotate(w, now) : STORE_RUN(w->store, NULL, "select relais.keeper_begins($1)", P_INT(intake->number));

	if (reason != REASON_NONE)
		return reason;
	/* From here on it serves: that is told, whatever cannot be done. */
	const enum reason destroyed = destroy_over(w, now), told = keeper_tell_refusals(w, now);
	reason = STORE_RUN(w->store, NULL, "select relais.keeper_lives($1)", P_INT(keeper_keys_destroyed(w->keys)));
	return destroyed != REASON_NONE ? destroyed : told != REASON_NONE ? told : reason;
}

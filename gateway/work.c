/* gateway/work.c - the life of one item of work: an arena, a transaction, and the clock read once. */
#include "gateway/work.h"

enum { ITEM_MEMORY = 256 * 1024 * 1024 };

void work_begin(struct work *work)
{
	work->arena = arena_create(ITEM_MEMORY);
	work->kept = json_array();
	work->settings_known = work->last_try = false;
	work->now = (struct instant){0};
}

void work_end(struct work *work)
{
	json_decref(work->kept);
	arena_destroy(&work->arena);
}

enum reason work_transaction(struct work *work)
{
	struct store_rows *rows = NULL;
	enum reason reason = store_begin(work->store);

	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select instant, ahead from relais.clock_read() where $1", P_BOOL(true));
	if (reason == REASON_NONE && store_count(rows) != 1)
		reason = REASON_STORE_REFUSED;
	if (reason == REASON_NONE) {
		work->now = store_instant(rows, 0, 0);
		work->ahead = SPAN_SECONDS(store_int(rows, 0, 1));
	}
	store_free(&rows);
	return reason;
}

struct instant work_real(const struct work *work)
{
	return (struct instant){work->now.us - work->ahead.us};
}

struct instant work_lived(const struct work *work, struct instant at)
{
	return instant_plus(at, work->ahead);
}

/* gateway/retention_plan.c - see retention_plan.h. */
#include "gateway/retention_plan.h"

#include <string.h>

#include "gateway/json_view.h"

enum { BATCH = 1000, FIRST_ROOM = 64 };

struct planning {
	struct store *store;
	struct arena *arena;
	const struct retention_settings *settings;
	struct instant now;
	const char *only;
	bool all;
	struct retention_plan *out;
};

/* --- the list ------------------------------------------------------------------------------ */

static void keep(struct planning *p, const struct retention_item *item)
{
	struct retention_plan *plan = p->out;

	if (plan->n == plan->room) {
		size_t room = plan->room == 0 ? FIRST_ROOM : plan->room * 2;
		struct retention_item *more = arena_alloc(p->arena, room * sizeof *more);
		for (size_t i = 0; i < plan->n; i++)
			more[i] = plan->items[i];
		plan->items = more;
		plan->room = room;
	}
	plan->items[plan->n++] = *item;
}

static bool is_over(const struct planning *p, const struct retention_answer *a)
{
	return !instant_before(p->now, a->ends);
}

/* --- dossiers --------------------------------------------------------------------------------- */

enum { D_ID, D_REF, D_OPEN, D_OPINION, D_LAST, D_DIED, D_ORDERED, D_BORN, D_HELD, D_UNDER_WAY, D_SHARES, D_BEGUN };
#define D_COLUMNS "id, ref, open, opinion, last, died, ordered, born, held, under_way, to_jsonb(shares), begun"

static struct instant instant_or_none(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? (struct instant){0} : store_instant(rows, row, column);
}

/* YYYYMMDD…, as the request has it; a year or a month alone is its last day, so that a child is not taken for older. */
static struct date birth_of(struct bytes text)
{
	uint64_t year, month = 12, day = 0;

	if (text.len < 4 || !bytes_number(bytes_slice(text, 0, 4), 9999, &year))
		return (struct date){0};
	if (text.len >= 6 && (!bytes_number(bytes_slice(text, 4, 2), 12, &month) || month == 0))
		return (struct date){0};
	if (text.len >= 8 && (!bytes_number(bytes_slice(text, 6, 2), 31, &day) || day == 0))
		return (struct date){0};
	if (day > 0)
		return date_of_days(date_days((struct date){(int)year, (int)month, (int)day}));
	return date_of_days(date_days((struct date){(int)(year + month / 12), (int)(month % 12 + 1), 1}) - 1);
}

static enum reason read_shares(struct arena *arena, struct bytes text, struct retention_item *item)
{
	json_t *list = json_read(text);
	int64_t *ids = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *ids);
	size_t i;
	const json_t *id;

	if (!json_is_array(list)) {
		json_decref(list);
		return REASON_FRAME;
	}
	json_array_foreach(list, i, id) {
		ids[i] = json_integer_value(id);
	}
	item->shares = ids;
	item->n_shares = json_array_size(list);
	json_decref(list);
	return REASON_NONE;
}

static enum reason read_dossier(struct planning *p, const struct store_rows *rows, size_t i)
{
	struct retention_item item = {.kind = 'D', .id = store_int(rows, i, D_ID), .begun = store_int(rows, i, D_BEGUN) != 0};
	struct retention_facts f = {
		.kind = store_int(rows, i, D_OPINION) != 0 ? RETENTION_OPINION : RETENTION_ENDED, .last = store_instant(rows, i, D_LAST),
		.died = instant_or_none(rows, i, D_DIED), .ordered = instant_or_none(rows, i, D_ORDERED), .open = store_int(rows, i, D_OPEN) != 0,
		.held = store_int(rows, i, D_HELD) != 0, .under_way = store_int(rows, i, D_UNDER_WAY) != 0};

	if (!store_is_null(rows, i, D_BORN))
		f.born = birth_of(store_bytes(rows, i, D_BORN));
	item.ref = arena_text(p->arena, store_bytes(rows, i, D_REF));
	item.answer = retention_of(p->settings, &f, p->now);
	enum reason reason = read_shares(p->arena, store_bytes(rows, i, D_SHARES), &item);
	if (reason == REASON_NONE)
		keep(p, &item);
	return reason;
}

static enum reason read_dossiers(struct planning *p)
{
	enum reason reason = REASON_NONE;
	int64_t after = 0;
	size_t n = BATCH;

	while (reason == REASON_NONE && n == BATCH) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(p->store, &rows, "select " D_COLUMNS " from relais.retention_dossiers($1, $2)", P_INT(after), P_INT(BATCH));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
			after = store_int(rows, i, D_ID);
			reason = read_dossier(p, rows, i);
		}
		store_free(&rows);
	}
	return reason;
}

/* Dossiers come first, in the order of their numbers. */
static const struct retention_item *find(const struct retention_plan *plan, int64_t id)
{
	size_t from = 0, to = plan->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		const struct retention_item *item = &plan->items[at];
		if (item->kind == 'D' && item->id == id)
			return item;
		if (item->kind == 'D' && item->id < id)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

static bool shares_with_one_that_stays(const struct planning *p, const struct retention_item *item)
{
	for (size_t i = 0; i < item->n_shares; i++) {
		const struct retention_item *other = find(p->out, item->shares[i]);
		if (other == NULL || !retention_item_goes(other) || p->only != NULL)
			return true;
	}
	return false;
}

/* One that stays keeps its neighbours, and these theirs. */
static void hold_back_shared(struct planning *p)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (size_t i = 0; i < p->out->n; i++) {
			struct retention_item *item = &p->out->items[i];
			if (!retention_item_goes(item) || !shares_with_one_that_stays(p, item))
				continue;
			item->answer.due = false;
			item->answer.wait = RETENTION_SHARED;
			changed = true;
		}
	}
}

/* What is not over its time is counted, and told only when all was asked for. */
static void sift(struct planning *p)
{
	struct retention_plan *plan = p->out;
	size_t left = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct retention_item *item = &plan->items[i];
		if (p->only != NULL && strcmp(item->ref, p->only) != 0)
			continue;
		bool over = item->begun || is_over(p, &item->answer);
		if (!over)
			plan->kept[item->answer.rule]++;
		if (over || p->all || p->only != NULL)
			plan->items[left++] = *item;
	}
	plan->n = left;
}

/* --- messages and mails of no dossier ------------------------------------------------------------ */

enum { A_KIND, A_ID, A_LAST, A_HELD, A_OPEN, A_UNDER_WAY };
#define A_COLUMNS "kind, id, last, held, open, under_way"

static void read_apart_row(struct planning *p, const struct store_rows *rows, size_t i, int64_t after[2])
{
	bool mail = bytes_equal_text(store_bytes(rows, i, A_KIND), "S");
	struct retention_item item = {.kind = mail ? 'S' : 'R', .id = store_int(rows, i, A_ID)};
	struct retention_facts f = {.kind = mail ? RETENTION_SERVICE : RETENTION_APART, .last = store_instant(rows, i, A_LAST), .held = store_int(rows, i, A_HELD) != 0,
				    .open = store_int(rows, i, A_OPEN) != 0, .under_way = store_int(rows, i, A_UNDER_WAY) != 0};

	after[mail] = item.id;
	item.answer = retention_of(p->settings, &f, p->now);
	if (!is_over(p, &item.answer)) {
		p->out->kept[item.answer.rule]++;
		return;
	}
	item.ref = arena_printf(p->arena, "%c%lld", item.kind, (long long)item.id);
	keep(p, &item);
}

static enum reason read_apart(struct planning *p)
{
	enum reason reason = REASON_NONE;
	int64_t after[2] = {0, 0};
	size_t n = 1;

	while (reason == REASON_NONE && n > 0) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(p->store, &rows, "select " A_COLUMNS " from relais.retention_apart($1, $2, $3)", P_INT(after[0]), P_INT(after[1]), P_INT(BATCH));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; i < n; i++)
			read_apart_row(p, rows, i, after);
		store_free(&rows);
	}
	return reason;
}

/* --- public ---------------------------------------------------------------------------------------- */

bool retention_item_goes(const struct retention_item *item)
{
	return item->begun ? item->answer.wait != RETENTION_HELD && item->answer.wait != RETENTION_SHARED : item->answer.due;
}

static bool is_among(const struct retention_item **list, size_t n, const struct retention_item *item)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == item)
			return true;
	return false;
}

size_t retention_plan_group(const struct retention_plan *plan, struct arena *arena, const struct retention_item *item, const struct retention_item ***out)
{
	size_t n = 1, room = 1 + item->n_shares;
	const struct retention_item **list = arena_alloc(arena, room * sizeof *list);

	list[0] = item;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < list[i]->n_shares; k++) {
			const struct retention_item *other = find(plan, list[i]->shares[k]);
			if (other == NULL || is_among(list, n, other))
				continue;
			if (n == room) {
				const struct retention_item **more = arena_alloc(arena, (room *= 2) * sizeof *more);
				memcpy(more, list, n * sizeof *more);
				list = more;
			}
			list[n++] = other;
		}
	}
	*out = list;
	return n;
}

size_t retention_plan_due(const struct retention_plan *plan, enum retention_rule rule)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += plan->items[i].answer.rule == rule && retention_item_goes(&plan->items[i]);
	return n;
}

size_t retention_plan_waiting(const struct retention_plan *plan, enum retention_rule rule)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct retention_item *item = &plan->items[i];
		n += item->answer.rule == rule && !retention_item_goes(item) && item->answer.wait != RETENTION_FREE;
	}
	return n;
}

enum reason retention_plan_make(struct store *store, struct arena *arena, const struct retention_settings *settings, struct instant now, const char *only, bool all,
				struct retention_plan *out)
{
	struct planning p = {.store = store, .arena = arena, .settings = settings, .now = now, .only = only, .all = all, .out = out};

	*out = (struct retention_plan){0};
	enum reason reason = read_dossiers(&p);
	if (reason != REASON_NONE)
		return reason;
	hold_back_shared(&p);
	sift(&p);
	return only == NULL ? read_apart(&p) : REASON_NONE;
}

/* gateway/work_digest.c - the morning digest of the team (M80) and the day in figures (M95). */
#include "gateway/work_service.h"

#include <stdlib.h>

#include "base/calendar.h"
#include "gateway/day_words.h"
#include "gateway/json_view.h"
#include "gateway/work_report.h"
#include "policy/service_day.h"
#include "policy/worklist.h"

enum { LINES = 40 };   /* on a phone nobody reads more; relais tasks has all */

struct entry {
	struct bytes ref, name;
	struct instant since;
	enum work_place place;
	bool late;
	size_t order;            /* as the list of tasks gives it */
};

static int by_place(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static size_t entries_of(struct work *work, const struct store_rows *rows, struct entry **out)
{
	size_t n = store_count(rows);
	struct entry *list = arena_alloc(work->arena, (n + 1) * sizeof *list);

	for (size_t i = 0; i < n; i++) {
		int64_t rank = store_int(rows, i, 4);
		struct bytes name = arena_copy(work->arena, store_bytes(rows, i, 1));
		list[i] = (struct entry){
			.ref = bytes_trim(arena_copy(work->arena, store_bytes(rows, i, 0))), .name = name, .since = store_instant(rows, i, 2), .late = store_int(rows, i, 3) != 0,
			.place = worklist_place(name, rank < 0 || rank > WORK_COMFORT ? WORK_COMFORT : (enum work_rank)rank), .order = i,
		};
	}
	qsort(list, n, sizeof *list, by_place);
	*out = list;
	return n;
}

/* What it is, in words without a point; of a held message the sentence of its reason. */
static const char *what_of(struct bytes name, const char *language)
{
	const char *what = worklist_what(name, language);
	enum reason reason = reason_of_code(name);

	if (what[0] != '\0' || reason == REASONS)
		return what;
	return bytes_equal_text(BYTES("en"), language) ? "Message kept apart" : "Message mis à part";
}

static const char *since_of(struct work *work, struct instant at)
{
	struct date day = calendar_date(CALENDAR_FRANCE, at), today = calendar_date(CALENDAR_FRANCE, work->now);
	int minute = calendar_minute(CALENDAR_FRANCE, at);

	if (day.year == today.year && day.month == today.month && day.day == today.day)
		return arena_printf(work->arena, "%d:%02d", minute / 60, minute % 60);
	return arena_printf(work->arena, "%02d/%02d", day.day, day.month);
}

static const char *one_line(struct work *work, size_t number, const struct entry *e)
{
	bool en = work_english(work);
	return arena_printf(work->arena, "%zu. %.*s : %s%s, %s %s", number, (int)e->ref.len, (const char *)e->ref.at, what_of(e->name, work->config->language),
			    e->late ? (en ? " (late)" : " (en retard)") : "", en ? "since" : "depuis", since_of(work, e->since));
}

/* Their lines go on counting from one list to the other. */
static void put_lists(struct work *work, const struct entry *list, size_t n, json_t *fields)
{
	struct buf urgent = buf_make(LINES * 512), rest = buf_make(LINES * 512);
	size_t told = n < LINES ? n : LINES;

	for (size_t i = 0; i < told; i++) {
		struct buf *b = list[i].place == WORK_PLACE_URGENT ? &urgent : &rest;
		buf_printf(b, "%s%s", buf_bytes(b).len > 0 ? "\n" : "", one_line(work, i + 1, &list[i]));
	}
	if (told < n)
		buf_printf(&rest, "%s%s", buf_bytes(&rest).len > 0 ? "\n" : "",
			   arena_printf(work->arena, work_english(work) ? "and %zu more: relais tasks" : "et %zu autres : relais tasks", n - told));
	if (buf_bytes(&urgent).len > 0)
		json_object_set_new(fields, "urgent_list", json_of(buf_bytes(&urgent)));
	if (buf_bytes(&rest).len > 0)
		json_object_set_new(fields, "tasks_list", json_of(buf_bytes(&rest)));
	buf_free(&urgent);
	buf_free(&rest);
}

/* The day of Paris that it is of, for its name. */
static const char *day_of(struct work *work, struct instant at)
{
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	return arena_printf(work->arena, "%04d-%02d-%02d", d.year, d.month, d.day);
}

enum reason work_digest(struct work *work)
{
	struct store_rows *rows = NULL;
	struct entry *list = NULL;

	enum reason reason = STORE_RUN(work->store, &rows, "select ref, name, since, late, rank::bigint from relais.task_list($1)", P_TEXT("nurses"));
	if (reason != REASON_NONE)
		return reason;
	size_t n = entries_of(work, rows, &list);
	store_free(&rows);
	json_t *fields = json_object();
	json_object_set_new(fields, "today", json_string(day_words_day(work->arena, work_english(work), work->now)));
	json_object_set_new(fields, "tasks_count", json_string(n > 0 ? arena_printf(work->arena, "%zu", n) : work_english(work) ? "nothing" : "rien"));
	put_lists(work, list, n, fields);
	struct work_service mail = {.code = MAIL_M80, .party = SERVICE_NURSES, .occasion = day_of(work, work->now), .rule = "digest/1", .fields = fields};
	return work_service_add(work, &mail, NULL);
}

/* ---------------------------------------------------------------- the day in figures */

static void figure(struct work *work, struct buf *b, const char *fr, const char *en, int64_t n)
{
	buf_printf(b, "%s- %s : %lld", buf_bytes(b).len > 0 ? "\n" : "", work_english(work) ? en : fr, (long long)n);
}

static void put_figures(struct work *work, const struct store_rows *rows, json_t *fields)
{
	static const struct {
		const char *fr, *en;
	} names[] = {
		{"messages reçus", "messages received"}, {"dont refusés", "of these refused"}, {"messages remis à l'opérateur du destinataire", "messages taken by the recipient's operator"},
		{"messages qui n'ont pas pu l'être", "messages that could not be"}, {"messages en attente", "messages waiting"}, {"messages en quarantaine", "messages in quarantine"},
		{"demandes ouvertes ce jour", "requests opened today"}, {"avis remis ce jour", "opinions released today"}, {"dossiers ouverts", "open files"},
		{"dossiers hors délai", "files past their promise"}, {"alarmes en cours", "alarms that stand"},
	};
	struct buf b = buf_make(8192);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		figure(work, &b, names[i].fr, names[i].en, store_int(rows, 0, i));
	if (!store_is_null(rows, 0, sizeof names / sizeof names[0])) {
		int64_t minutes = instant_since(store_instant(rows, 0, sizeof names / sizeof names[0]), work_real(work)).us / SPAN_MINUTES(1).us;
		figure(work, &b, "minutes d'attente du plus ancien", "minutes that the oldest has waited", minutes);
	}
	json_object_set_new(fields, "figures_list", json_of(buf_bytes(&b)));
	buf_free(&b);
}

enum reason work_figures(struct work *work)
{
	struct store_rows *rows = NULL;
	struct instant from, until;
	struct span back = {-work->ahead.us};            /* in a rehearsal mail has the real clock */

	service_day_span(work->now, WORK_FIGURES_MINUTE, &from, &until);
	enum reason reason = STORE_RUN(work->store, &rows,
				       "select received, refused, sent, failed, waiting, held, opened, released, open_dossiers, late, alarms, oldest from relais.service_figures($1, $2)",
				       P_INSTANT(instant_plus(from, back)), P_INSTANT(instant_plus(until, back)));
	if (reason != REASON_NONE || store_count(rows) != 1) {
		store_free(&rows);
		return reason != REASON_NONE ? reason : REASON_STORE_REFUSED;
	}
	json_t *fields = json_object();
	json_object_set_new(fields, "today", json_string(day_words_day(work->arena, work_english(work), work->now)));
	put_figures(work, rows, fields);
	store_free(&rows);
	struct work_service mail = {.code = MAIL_M95, .party = SERVICE_OPERATOR, .occasion = day_of(work, work->now), .rule = "figures/1", .fields = fields};
	return work_service_add(work, &mail, NULL);
}

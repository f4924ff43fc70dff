/* gateway/work_monthly.c - what goes out when a month is over: each expert's statement (M17), each partner's figures (M99).
 *
 * Asked for on every working day, so that a gateway that was down on the first one does it on the next; done once for a month and an expert or contract,
 * all of a kind in one transaction. An expert who left the register has no mailbox that the signer would let it go to: `relais fees` has his lines, and
 * the log says so each time. */
#include "gateway/work_service.h"

#include "base/calendar.h"
#include "base/limits.h"
#include "gateway/day_words.h"
#include "gateway/figures_read.h"
#include "gateway/figures_rows.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_report.h"

struct month {
	struct instant from, until;
	const char *name;            /* "2026-02" */
};

/* The last one that is over. */
static struct month month_of(struct work *work)
{
	struct date d = calendar_date(CALENDAR_FRANCE, work->now);
	struct month m = {.until = calendar_instant(CALENDAR_FRANCE, (struct date){d.year, d.month, 1}, 0)};
	struct date before = d.month == 1 ? (struct date){d.year - 1, 12, 1} : (struct date){d.year, d.month - 1, 1};

	m.from = calendar_instant(CALENDAR_FRANCE, before, 0);
	m.name = arena_printf(work->arena, "%04d-%02d", before.year, before.month);
	return m;
}

/* ---------------------------------------------------------------- experts */

static const char *euros(struct work *work, int64_t cents)
{
	bool en = work_english(work);

	if (cents % 100 == 0)
		return arena_printf(work->arena, en ? "€%lld" : "%lld\u00a0€", (long long)(cents / 100));
	return arena_printf(work->arena, en ? "€%lld.%02lld" : "%lld,%02lld\u00a0€", (long long)(cents / 100), (long long)(cents % 100));
}

static const char *opinions(struct work *work, size_t n)
{
	if (work_english(work))
		return arena_printf(work->arena, "%zu opinion%s", n, n == 1 ? "" : "s");
	return arena_printf(work->arena, "%zu avis", n);
}

enum { RPPS, MAILBOX, NAME, REF, AT, CENTS, OCCASION };

/* "- A-2026-000123-KQ, 14 mars 2026 : 120 €" */
static void put_line(struct work *work, struct buf *b, const struct store_rows *rows, size_t row)
{
	struct bytes ref = store_bytes(rows, row, REF);

	buf_printf(b, "%s- %.*s, %s : %s", buf_bytes(b).len > 0 ? "\n" : "", (int)ref.len, (const char *)ref.at,
		   day_words_date(work->arena, work_english(work), store_instant(rows, row, AT)), euros(work, store_int(rows, row, CENTS)));
}

/* His rows, from the one given to before the one returned. */
static enum reason statement(struct work *work, const struct month *month, const struct store_rows *rows, size_t *row)
{
	struct bytes rpps = store_bytes(rows, *row, RPPS), name = store_bytes(rows, *row, NAME);
	struct bytes mailbox = store_is_null(rows, *row, MAILBOX) ? BYTES_NONE : store_bytes(rows, *row, MAILBOX);
	const char *occasion = arena_text(work->arena, store_bytes(rows, *row, OCCASION));
	struct buf lines = buf_make(LIMIT_TEXT);
	int64_t cents = 0;
	size_t n = 0;

	for (; *row < store_count(rows) && bytes_equal(store_bytes(rows, *row, RPPS), rpps); (*row)++, n++) {
		cents += store_int(rows, *row, CENTS);
		put_line(work, &lines, rows, *row);
	}
	if (mailbox.len == 0) {
		log_event("statement-unsent", LOG_TEXT("month", month->name), LOG_BYTES("rpps", rpps), LOG_END);
		buf_free(&lines);
		return REASON_NONE;
	}
	json_t *fields = json_pack("{s:s, s:s, s:s, s:o}", "month", day_words_month(work->arena, work_english(work), month->from), "opinions_count", opinions(work, n),
				   "amount", euros(work, cents), "lines_list", json_of(buf_bytes(&lines)));
	if (name.len > 0)
		json_object_set_new(fields, "expert_name", json_of(name));
	buf_free(&lines);
	struct work_service mail = {
		.code = MAIL_M17, .party = SERVICE_EXPERT, .to = arena_copy(work->arena, mailbox), .occasion = occasion, .rule = "statement/1", .fields = fields};
	return work_service_add(work, &mail, NULL);
}

enum reason work_statements(struct work *work)
{
	struct month month = month_of(work);
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select rpps, mailbox, name, ref, at, cents::bigint, occasion from relais.fee_statements($1, $2, $3)",
				       P_INSTANT(month.from), P_INSTANT(month.until), P_TEXT(month.name));

	for (size_t row = 0; reason == REASON_NONE && row < store_count(rows);)
		reason = statement(work, &month, rows, &row);
	store_free(&rows);
	return reason;
}

/* ---------------------------------------------------------------- partners */

static enum reason was_made(struct work *work, const char *mailbox, const char *occasion, bool *made)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.service_made($1, $2, $3)", P_TEXT(mail_code_name(MAIL_M99)), P_TEXT(mailbox), P_TEXT(occasion));

	*made = reason == REASON_NONE && store_int(rows, 0, 0) != 0;
	store_free(&rows);
	return reason;
}

static enum reason partner(struct work *work, const struct month *month, const struct config_insurer *insurer)
{
	const char *occasion = arena_printf(work->arena, "%s %s", month->name, insurer->contract);
	struct figures *f = arena_alloc(work->arena, sizeof *f);
	bool made;
	enum reason reason = was_made(work, insurer->mailbox, occasion, &made);

	*f = figures_begin(month->from, month->until);
	if (reason == REASON_NONE && !made)
		reason = figures_read(work->store, bytes_of_text(insurer->contract), f, 1);
	if (reason != REASON_NONE || made)
		return reason;
	json_t *sheet = figures_partner(work->arena, !work_english(work), bytes_of_text(insurer->contract), f, work->now);
	json_t *fields = json_pack("{s:s, s:s, s:o}", "month", day_words_month(work->arena, work_english(work), month->from), "contract", insurer->contract,
				   "figures_list", json_of(figures_lines(work->arena, !work_english(work), sheet)));
	json_decref(sheet);
	struct work_service mail = {
		.code = MAIL_M99, .party = SERVICE_INSURER, .to = bytes_of_text(insurer->mailbox), .occasion = occasion, .rule = "partner/1", .fields = fields};
	return work_service_add(work, &mail, NULL);
}

enum reason work_partners(struct work *work)
{
	struct month month = month_of(work);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < work->config->partners.n; i++)
		reason = partner(work, &month, &work->config->partners.insurers[i]);
	return reason;
}

/* gateway/work_daily.c - services that no dossier and no message calls for: each at its time, once, whichever worker takes it.
 *
 * A row of relais.service_timer holds when each is next. Who takes it locks it, does it and writes the next time in one transaction: a worker that
 * dies has done nothing, and a gateway that was down does once, late, what it missed on that day. */
#include "gateway/work_service.h"

#include "gateway/log.h"
#include "policy/service_day.h"

static const struct service {
	const char *name;
	int minute;              /* of the day in Paris; 0: every minute */
	bool working;            /* on working days alone */
	enum reason (*run)(struct work *work);
} services[] = {
	{"digest", 8 * 60, true, work_digest},
	{"figures", WORK_FIGURES_MINUTE, false, work_figures},
	{"statements", 8 * 60 + 30, true, work_statements},
	{"partners", 9 * 60, true, work_partners},
	{"watch", 0, false, work_watch},
};

static struct instant next_of(const struct service *service, struct instant now)
{
	return service->minute == 0 ? instant_plus(now, SPAN_MINUTES(1)) : service_day_next(now, service->minute, service->working);
}

static const struct service *service_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		if (bytes_equal_text(name, services[i].name))
			return &services[i];
	return NULL;
}

static enum reason set_next(struct work *work, struct bytes name, struct instant at)
{
	return STORE_RUN(work->store, NULL, "select relais.service_next($1, $2)", P_TEXT_B(name), P_INSTANT(at));
}

/* One that was never due yet has its first time found, and does nothing: a gateway that is new at noon has no morning behind it. */
static enum reason serve(struct work *work, struct bytes name, bool first)
{
	const struct service *service = service_of(name);
	enum reason reason = REASON_NONE;

	if (service == NULL)
		return REASON_NOT_FOUND;
	if (!first && service_day_is(work->now, service->minute, service->working))
		reason = service->run(work);
	return reason == REASON_NONE ? set_next(work, name, next_of(service, work->now)) : reason;
}

bool work_services(struct work *work)
{
	struct store_rows *rows = NULL;

	work_begin(work);
	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select name, due = '-infinity' from relais.service_claim($1)", P_INSTANT(work->now));
	bool found = reason == REASON_NONE && store_count(rows) == 1;
	struct bytes name = found ? arena_copy(work->arena, store_bytes(rows, 0, 0)) : BYTES_NONE;
	bool first = found && store_int(rows, 0, 1) != 0;
	store_free(&rows);
	if (found)
		reason = serve(work, name, first);
	if (found && reason == REASON_NONE)
		reason = store_commit(work->store);
	if (!found || reason != REASON_NONE)
		store_rollback(work->store);
	if (found && reason != REASON_NONE) {
		log_event("not-done", LOG_TEXT("what", "service"), LOG_BYTES("name", name), LOG_REASON(reason), LOG_END);
		/* It must not stand in the way of the others; it is tried again. */
		(void)!set_next(work, name, instant_plus(work->now, SPAN_MINUTES(1)));
	}
	work_end(work);
	return found && reason == REASON_NONE;
}

/* gateway/work_acts.c - what moves a dossier besides messages: the end of a mail, a timer, a person's word. */
#include "gateway/work.h"

#include "base/calendar.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "policy/retry.h"

/* Rules for a dossier that stands already. */
static enum reason rules_for(struct work *work, const struct dossier *dossier, struct policy_rules *rules)
{
	return work_rules(work, BYTES_NONE, dossier->request.pathology, dossier, BYTES_NONE, rules);
}

static enum reason apply(struct work *work, const struct policy_decision *decision, const char *effect, int64_t outbox)
{
	struct work_cause cause = {.outbox = outbox, .effect = effect};
	int64_t dossier;
	int notices;
	return work_apply(work, decision, &cause, &dossier, &notices);
}

/* Seconds until what could not be done is tried again: it must not stand in the way of the others. Whoever met another's transaction is decided
 * anew on what that one left. */
static int64_t wait_after(enum reason reason, int64_t otherwise)
{
	return reason == REASON_STORE_CONFLICT ? 1 : otherwise;
}

/* Ends the transaction; REASON_NONE when it was committed. */
static enum reason settle(struct work *work, enum reason reason, const char *what, int64_t id)
{
	if (reason == REASON_NONE)
		reason = store_commit(work->store);
	if (reason == REASON_NONE)
		return REASON_NONE;
	store_rollback(work->store);
	log_event("not-done", LOG_TEXT("what", what), LOG_NUMBER("id", id), LOG_REASON(reason), LOG_END);
	return reason;
}

/* ---------------------------------------------------------------- the end of a mail, and that it does not come */

int work_part(struct bytes text, size_t *parts)
{
	struct cursor part = cursor_on(text);
	uint64_t number = 0, all = 0;
	bool told = bytes_number(cursor_until(&part, '/'), LIMIT_DOSSIER_DOCUMENTS, &number) && bytes_number(part.left, LIMIT_DOSSIER_DOCUMENTS, &all);

	if (parts != NULL)
		*parts = told ? (size_t)all : 0;
	return told ? (int)number : 0;
}

struct instant work_late(const struct work *work)
{
	return (struct instant){work_real(work).us - RETRY_LATE.us};
}

static bool is_late(const struct store_rows *rows)
{
	return bytes_equal_text(store_bytes(rows, 0, 5), "late");
}

/* Stopped for a document that its sender took back: what the mail carried beside it is to be decided again. */
static const struct policy_stopped *stopped_of(struct work *work, const struct store_rows *rows)
{
	struct policy_stopped *out = arena_alloc(work->arena, sizeof *out);
	json_t *carried = json_read(store_bytes(rows, 0, 8));
	const json_t *list = json_object_get(carried, "documents");
	struct policy_place *places = arena_alloc(work->arena, (json_array_size(list) + 1) * sizeof *places);

	*out = (struct policy_stopped){.documents = places, .words = arena_copy(work->arena, json_view(carried, "words"))};
	for (size_t i = 0; i < json_array_size(list); i++)
		places[out->n++] = (struct policy_place){json_integer_value(json_object_get(json_array_get(list, i), "inbox")),
							  arena_copy(work->arena, json_view(json_array_get(list, i), "digest"))};
	if (!store_is_null(rows, 0, 9))
		out->part = (size_t)work_part(store_bytes(rows, 0, 9), &out->parts);
	json_decref(carried);
	return out;
}

static enum reason outcome(struct work *work, const struct store_rows *rows)
{
	struct policy_rules rules;
	struct policy_decision decision = {0};
	struct dossier *dossier = NULL;
	int64_t outbox = store_int(rows, 0, 0);
	enum reason failure = store_is_null(rows, 0, 6) ? REASON_NONE : reason_of_code(store_bytes(rows, 0, 6));
	struct policy_delivery delivery = {
		.code = mail_code_of_name(store_bytes(rows, 0, 2)), .party = party_of_name(store_bytes(rows, 0, 3)),
		.mailbox = store_bytes(rows, 0, 4), .accepted = bytes_equal_text(store_bytes(rows, 0, 5), "accepted"),
		.reason = failure != REASONS ? failure : is_late(rows) ? REASON_NONE : REASON_DELIVER_REFUSED,
		.status = store_is_null(rows, 0, 7) ? BYTES_NONE : store_bytes(rows, 0, 7),
		.part = store_is_null(rows, 0, 9) ? 0 : work_part(store_bytes(rows, 0, 9), NULL),
		.stopped = bytes_equal_text(store_bytes(rows, 0, 5), "cancelled") ? stopped_of(work, rows) : NULL,
	};
	enum reason reason = work_load(work, store_int(rows, 0, 1), &dossier);

	if (reason == REASON_NONE)
		reason = rules_for(work, dossier, &rules);
	if (reason != REASON_NONE)
		return reason;
	if (is_late(rows))
		policy_decide_late(work->arena, &rules, dossier, &delivery, work->now, &decision);
	else
		policy_decide_outcome(work->arena, &rules, dossier, &delivery, work->now, &decision);
	return apply(work, &decision, arena_printf(work->arena, "o%lld", (long long)outbox), outbox);
}

static enum reason told(struct work *work, const struct store_rows *rows)
{
	return is_late(rows) ? STORE_RUN(work->store, NULL, "select relais.mail_late($1)", P_INT(store_int(rows, 0, 0)))
			     : STORE_RUN(work->store, NULL, "select relais.outcome_told($1)", P_INT(store_int(rows, 0, 0)));
}

bool work_outcomes(struct work *work)
{
	struct store_rows *rows = NULL;

	work_begin(work);
	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select outbox, dossier, code, party, recipient, state, reason, enhanced, carried, part from relais.outcome_claim($1)",
				   P_INSTANT(work_late(work)));
	int64_t outbox = reason == REASON_NONE && store_count(rows) == 1 ? store_int(rows, 0, 0) : 0;
	if (outbox != 0 && !store_is_null(rows, 0, 1))
		reason = outcome(work, rows);
	if (outbox != 0 && reason == REASON_NONE)
		reason = told(work, rows);
	if (outbox != 0)
		reason = settle(work, reason, "outcome", outbox);
	else
		store_rollback(work->store);
	if (outbox != 0 && reason == REASON_NONE && is_late(rows))
		log_event("mail-late", LOG_NUMBER("outbox", outbox), LOG_TEXT("code", store_text(rows, 0, 2)), LOG_END);
	if (outbox != 0 && reason != REASON_NONE)
		(void)!STORE_RUN(work->store, NULL, "select relais.outcome_later($1, $2)", P_INT(outbox), P_INT(wait_after(reason, 10)));
	store_free(&rows);
	work_end(work);
	return outbox != 0 && reason == REASON_NONE;
}

/* ---------------------------------------------------------------- timers */

/* A timer that changed nothing would be due again at once, and for ever. */
static enum reason later(struct work *work, int64_t dossier, int64_t seconds)
{
	return STORE_RUN(work->store, NULL, "select relais.timer_later($1, $2, $3)", P_INT(dossier), P_INSTANT(work->now), P_INT(seconds));
}

/* Who said STOP in one dossier has the questionnaire in none. */
static enum reason ask_stopped(struct work *work, int64_t dossier, bool *stopped)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.study_stopped($1)", P_INT(dossier));

	*stopped = reason == REASON_NONE && store_int(rows, 0, 0) != 0;
	store_free(&rows);
	return reason;
}

/* Every deadline of the dossier that has passed, one after the other on the fold that the one before left. */
static enum reason timer(struct work *work, int64_t id)
{
	struct dossier *dossier = NULL;
	struct policy_rules rules;
	struct deadline due[DEADLINES];
	enum reason reason = work_load(work, id, &dossier);

	if (reason == REASON_NONE)
		reason = rules_for(work, dossier, &rules);
	if (reason != REASON_NONE)
		return reason;
	size_t n = deadline_list(rules.settings, dossier, due);
	/* The settings have changed since: its timer is another. */
	if (n == 0 || instant_before(work->now, due[0].at))
		return STORE_RUN(work->store, NULL, "select relais.timer_set($1, $2)", P_INT(id), n > 0 ? P_INSTANT(due[0].at) : P_NULL);
	if (due[0].kind == DEADLINE_SIX_MONTHS)
		reason = ask_stopped(work, id, &rules.study_stopped);
	if (reason != REASON_NONE)
		return reason;
	struct policy_decision decision = {0};
	policy_decide_timer(work->arena, &rules, dossier, due[0].kind, work->now, &decision);
	if (decision.n_events == 0)
		return later(work, id, 60);
	log_event("deadline", LOG_TEXT("name", deadline_name(due[0].kind)), LOG_NUMBER("dossier", id), LOG_TEXT("owner", decision.owner != NULL ? decision.owner : ""), LOG_END);
	return apply(work, &decision, arena_printf(work->arena, "t%s%lld", deadline_name(due[0].kind), (long long)dossier->seq), 0);
}

bool work_timers(struct work *work)
{
	struct store_rows *rows = NULL;

	work_begin(work);
	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select d from relais.timer_claim($1) d", P_INSTANT(work->now));
	int64_t dossier = reason == REASON_NONE && store_count(rows) == 1 ? store_int(rows, 0, 0) : 0;
	if (dossier != 0)
		reason = settle(work, timer(work, dossier), "timer", dossier);
	else
		store_rollback(work->store);
	if (dossier != 0 && reason != REASON_NONE)
		(void)!later(work, dossier, wait_after(reason, 60));
	store_free(&rows);
	work_end(work);
	return dossier != 0 && reason == REASON_NONE;
}

/* ---------------------------------------------------------------- a person's word */

struct asked {
	int64_t id, dossier, inbox;
	struct bytes actor, kind;
	json_t *args;                /* the words that go with it */
};

static bool names_expert(enum policy_act act)
{
	return act == POLICY_ACT_ASSIGN || act == POLICY_ACT_REASSIGN;
}

/* A day, from its first midnight or until its last; false when it is none. */
static bool day_of(const json_t *args, const char *key, bool last, bool *timed, struct instant *out)
{
	struct bytes text = json_view(args, key);
	uint64_t year, month, day;

	*timed = text.len > 0;
	if (text.len == 0)
		return true;
	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !bytes_number(bytes_slice(text, 0, 4), 9999, &year) ||
	    !bytes_number(bytes_slice(text, 5, 2), 12, &month) || !bytes_number(bytes_slice(text, 8, 2), 31, &day) || year < 1900 || month == 0 || day == 0)
		return false;
	const struct date date = {.year = (int)year, .month = (int)month, .day = (int)day};
	*out = calendar_instant(CALENDAR_FRANCE, date, last ? 1440 : 0);
	/* The 31st of a month of thirty is no day. */
	struct date back = calendar_date(CALENDAR_FRANCE, calendar_instant(CALENDAR_FRANCE, date, 720));
	return back.year == date.year && back.month == date.month && back.day == date.day;
}

static bool representative_of(const json_t *args, struct dossier_representative_data *out)
{
	*out = (struct dossier_representative_data){
		.role = representative_role_of_name(json_view(args, "role")), .name = json_view(args, "name"), .mailbox = json_view(args, "mailbox"),
		.proof = json_view(args, "proof"), .informed_only = json_truth(args, "informed_only")};
	return day_of(args, "from", false, &out->timed_from, &out->from) && day_of(args, "until", true, &out->timed_until, &out->until);
}

static enum reason act_on_dossier(struct work *work, const struct asked *asked, struct policy_decision *decision)
{
	struct dossier *dossier = NULL;
	struct policy_rules rules;
	struct policy_command command = {
		.act = policy_act_of_name(asked->kind), .actor = asked->actor, .id = json_view(asked->args, "id"),
		.text = json_view(asked->args, "text"), .party = party_of_name(json_view(asked->args, "party")),
		.given = json_truth(asked->args, "given"), .how = json_view(asked->args, "how"), .mail = json_view(asked->args, "mail"),
		.say = json_view(asked->args, "say"),
	};

	enum reason reason = work_load(work, asked->dossier, &dossier);

	if (command.act == POLICY_ACT_REPRESENT && !representative_of(asked->args, &command.representative)) {
		decision->reason = REASON_USAGE;
		return reason;
	}
	/* The pathology that a person tells is the one that counts. */
	if (reason == REASON_NONE && command.act == POLICY_ACT_TRIAGE && command.id.len > 0)
		reason = work_rules(work, BYTES_NONE, command.id, dossier, BYTES_NONE, &rules);
	else if (reason == REASON_NONE)
		reason = work_rules(work, BYTES_NONE, dossier->request.pathology, dossier, names_expert(command.act) ? command.id : BYTES_NONE, &rules);
	if (reason == REASON_NONE && command.act == POLICY_ACT_MAILBOX)
		reason = work_directory_facts(work, dossier, command.id, &rules.directory);
	if (reason != REASON_NONE)
		return reason;
	policy_decide_command(work->arena, &rules, dossier, &command, work->now, decision);
	return apply(work, decision, arena_printf(work->arena, "c%lld", (long long)asked->id), 0);
}

static bool is_again(const struct asked *asked)
{
	return asked->inbox != 0 && bytes_equal_text(asked->kind, "again");
}

static enum reason read_again(struct work *work, const struct asked *asked, struct policy_decision *decision)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.held_again($1)", P_INT(asked->inbox));
	if (reason == REASON_NONE)
		decision->reason = store_int(rows, 0, 0) ? REASON_NONE : REASON_NOT_FOUND;
	store_free(&rows);
	return reason;
}

static enum reason act(struct work *work, const struct asked *asked, const struct work_facts *facts, enum reason *answer)
{
	struct policy_decision decision = {.reason = REASON_USAGE};
	enum reason reason = REASON_NONE;

	if (is_again(asked))
		reason = read_again(work, asked, &decision);
	else if (asked->inbox != 0)
		reason = work_held(work, facts, asked->inbox, asked->dossier, asked->kind, asked->actor, arena_printf(work->arena, "c%lld", (long long)asked->id), &decision);
	else if (asked->dossier != 0 && policy_act_of_name(asked->kind) != POLICY_ACTS)
		reason = act_on_dossier(work, asked, &decision);
	*answer = decision.reason;
	log_event("command", LOG_NUMBER("command", asked->id), LOG_NUMBER("dossier", asked->dossier), LOG_REASON(decision.reason), LOG_END);
	return reason;
}

static enum reason answer(struct work *work, const struct asked *asked, enum reason what)
{
	return STORE_RUN(work->store, NULL, "select relais.command_done($1, $2, $3)", P_INT(asked->id), P_INT(work->session), P_TEXT(reason_code(what)));
}

/* What it is about is read before its transaction: readers and the virus scanner take their time. */
static enum reason perform(struct work *work, const struct asked *asked)
{
	struct work_facts facts = {0};
	enum reason said = REASON_NONE, reason = asked->inbox != 0 && !is_again(asked) ? work_held_read(work, asked->inbox, &facts) : REASON_NONE;

	if (reason == REASON_NONE)
		reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = act(work, asked, &facts, &said);
	if (reason == REASON_NONE)
		reason = answer(work, asked, said);
	work_facts_free(&facts);
	return settle(work, reason, "command", asked->id);
}

/* What cannot be done now, or ever, must not stand in the way of what others ask. A key that is gone is no matter of waiting: whoever asks is told. */
static void put_aside(struct work *work, const struct asked *asked, enum reason reason)
{
	if (reason_entry(reason)->class != REASON_CLASS_LATER || reason == REASON_KEEPER_KEY)
		(void)!answer(work, asked, reason);
	else
		(void)!STORE_RUN(work->store, NULL, "select relais.command_later($1, $2)", P_INT(asked->id), P_INT(work->session));
}

bool work_commands(struct work *work)
{
	struct store_rows *rows = NULL;

	work_begin(work);
	enum reason reason = STORE_RUN(work->store, &rows, "select command, actor, kind, dossier, inbox, args from relais.command_claim($1)", P_INT(work->session));
	bool found = reason == REASON_NONE && store_count(rows) == 1;
	if (found) {
		struct asked asked = {
			.id = store_int(rows, 0, 0), .actor = store_bytes(rows, 0, 1), .kind = store_bytes(rows, 0, 2),
			.dossier = store_is_null(rows, 0, 3) ? 0 : store_int(rows, 0, 3), .inbox = store_is_null(rows, 0, 4) ? 0 : store_int(rows, 0, 4),
			.args = json_read(store_bytes(rows, 0, 5)),
		};
		reason = perform(work, &asked);
		if (reason != REASON_NONE)
			put_aside(work, &asked, reason);
		json_decref(asked.args);
	}
	store_free(&rows);
	work_end(work);
	return found;
}

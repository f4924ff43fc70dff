/* gateway/rehearse.c - see rehearse.h. Here: dossiers with their acts, timers and outcomes; and the comparison. */
#include "gateway/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/dossier_snapshots.h"
#include "gateway/json_view.h"
#include "gateway/rehearse_private.h"

enum { INPUT_MEMORY = 256 * 1024 * 1024 };

/* --- a decision in words -------------------------------------------------------------- */

static const char *join(struct arena *arena, const char *a, const char *separator, const char *b)
{
	return a[0] == '\0' ? b : arena_printf(arena, "%s%s%s", a, separator, b);
}

/* An offer names who is asked. */
static const char *event_word(struct arena *arena, const struct dossier_event *e)
{
	if (e->kind != EVENT_OFFERED && e->kind != EVENT_STANDBY_OFFERED)
		return dossier_event_name(e->kind);
	return arena_printf(arena, "%s %.*s", dossier_event_name(e->kind), (int)e->offer.rpps.len, (const char *)e->offer.rpps.at);
}

static const char *events_words(struct arena *arena, const struct dossier_event *events, size_t n, bool who)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = join(arena, all, ", ", who ? event_word(arena, &events[i]) : dossier_event_name(events[i].kind));
	return all;
}

/* What the sender of a message is told depends on what he was told that day: it is no part of the comparison. */
static const char *mails_words(struct arena *arena, const struct policy_decision *d)
{
	const char *all = "";

	for (size_t i = 0; i < d->n_mails; i++)
		if (d->mails[i].party != PARTY_SENDER)
			all = join(arena, all, ", ", arena_printf(arena, "%s %s", mail_code_name(d->mails[i].code), party_name(d->mails[i].party)));
	return all;
}

static const char *outcome_words(struct arena *arena, const char *outcome, const char *reason)
{
	bool plain = reason[0] == '\0' || strcmp(reason, reason_code(REASON_NONE)) == 0;

	return plain ? outcome : arena_printf(arena, "%s %s", outcome, reason);
}

/* Of a decision; whole: with whom it asks and what it sends, as the past does not tell. */
static const char *decision_words(struct arena *arena, const struct policy_decision *d, bool whole)
{
	const char *words = outcome_words(arena, policy_outcome_name(d->outcome), reason_code(d->reason));

	words = join(arena, words, ": ", events_words(arena, d->events, d->n_events, whole));
	if (d->n_events == 0)
		words = outcome_words(arena, policy_outcome_name(d->outcome), reason_code(d->reason));
	const char *mails = whole ? mails_words(arena, d) : "";
	return mails[0] != '\0' ? join(arena, words, "; ", mails) : words;
}

static bool same_events(const struct dossier_event *a, size_t n_a, const struct dossier_event *b, size_t n_b)
{
	for (size_t i = 0; i < n_a && i < n_b; i++)
		if (a[i].kind != b[i].kind)
			return false;
	return n_a == n_b;
}

/* --- what differs ------------------------------------------------------------------------ */

static struct rehearse_difference *known(struct rehearse_result *out, int64_t dossier)
{
	for (size_t i = 0; dossier != 0 && i < out->n; i++)
		if (out->differences[i].dossier == dossier)
			return &out->differences[i];
	return NULL;
}

static struct rehearse_difference *room(struct rehearsal *r)
{
	struct rehearse_result *out = r->out;

	if (out->n == out->room) {
		out->room = out->room == 0 ? 64 : out->room * 2;
		struct rehearse_difference *larger = arena_alloc(r->cli->arena, out->room * sizeof *larger);
		if (out->n > 0)
			memcpy(larger, out->differences, out->n * sizeof *larger);
		out->differences = larger;
	}
	return &out->differences[out->n++];
}

static const char *kept(struct rehearsal *r, const char *text)
{
	return arena_text(r->cli->arena, bytes_of_text(text));
}

/* The earliest of each dossier stands. */
static void note(struct rehearsal *r, const struct rehearse_input *in, const char *was, const char *would)
{
	struct rehearse_difference *d = known(r->out, in->id);

	r->out->decisions_differ++;
	if (d != NULL && !instant_before(in->at, d->at))
		return;
	if (d == NULL) {
		d = room(r);
		r->out->dossiers_differ += in->id != 0;
	}
	*d = (struct rehearse_difference){.dossier = in->id, .subject = kept(r, in->subject), .at = in->at, .input = kept(r, in->name), .was = kept(r, was),
					  .would = kept(r, would)};
}

static void decide(struct arena *arena, const struct rules_all *rules, const struct rehearse_input *in, struct policy_decision *out)
{
	const struct policy_rules *policy = &rules->policy;

	switch (in->kind) {
	case REHEARSE_MESSAGE:
		policy_decide_message(arena, policy, in->dossier, in->candidates, in->n_candidates, in->message, in->at, out);
		return;
	case REHEARSE_ATTACH:
		policy_decide_attach(arena, policy, in->dossier, in->message, in->actor, in->at, out);
		return;
	case REHEARSE_COMMAND:
		policy_decide_command(arena, policy, in->dossier, in->command, in->at, out);
		return;
	case REHEARSE_TIMER:
		policy_decide_timer(arena, policy, in->dossier, in->deadline, in->at, out);
		return;
	case REHEARSE_OUTCOME:
		policy_decide_outcome(arena, policy, in->dossier, in->delivery, in->at, out);
		return;
	case REHEARSE_LATE:
		policy_decide_late(arena, policy, in->dossier, in->delivery, in->at, out);
		return;
	}
}

/* Against what was done: kinds of events; and where nothing was done, the outcome and its reason. */
static void against_past(struct rehearsal *r, struct arena *arena, const struct rehearse_input *in, const struct policy_decision *today)
{
	bool same = same_events(in->events, in->n_events, today->events, today->n_events);
	const char *outcome = arena_text(arena, in->outcome), *reason = arena_text(arena, in->reason);

	if (in->n_events == 0 && outcome[0] != '\0')
		same = same && strcmp(outcome, policy_outcome_name(today->outcome)) == 0 && strcmp(reason, reason_code(today->reason)) == 0;
	if (same)
		return;
	const char *was = in->n_events > 0 ? events_words(arena, in->events, in->n_events, false) : outcome_words(arena, outcome, reason);
	note(r, in, was[0] != '\0' ? was : "-", decision_words(arena, today, false));
}

void rehearse_input(struct rehearsal *r, struct arena *arena, const struct rehearse_input *in)
{
	struct policy_decision today, changed;

	r->out->decisions++;
	decide(arena, r->today, in, &today);
	if (r->changed == NULL) {
		against_past(r, arena, in, &today);
		return;
	}
	decide(arena, r->changed, in, &changed);
	const char *was = decision_words(arena, &today, true), *would = decision_words(arena, &changed, true);
	if (strcmp(was, would) != 0)
		note(r, in, was, would);
}

/* What one decision made is of one instant, one rule and one message. Of the end of a mail it is of that mail alone: the ends of two are told
 * at the same instant when the dossier's last event was later than the clock. */
static bool same_decision(const struct dossier_event *a, const struct dossier_event *b)
{
	bool of_mails = bytes_starts(a->rule, BYTES("delivery.")) && dossier_event_data(a->kind) == EVENT_DATA_MAIL && dossier_event_data(b->kind) == EVENT_DATA_MAIL;

	return a->at.us == b->at.us && bytes_equal(a->rule, b->rule) && a->inbox == b->inbox &&
	       (!of_mails || (a->mail.code == b->mail.code && a->mail.party == b->mail.party && a->mail.part == b->mail.part && bytes_equal(a->mail.mailbox, b->mail.mailbox)));
}

size_t rehearse_decision_end(const struct dossier_event *events, size_t n, size_t from)
{
	size_t i = from;

	while (i < n && same_decision(&events[from], &events[i]))
		i++;
	return i;
}

const struct dossier *rehearse_fold(struct arena *arena, int64_t id, struct bytes reference, const struct dossier_event *events, size_t n, struct instant before)
{
	struct dossier *d = arena_alloc(arena, sizeof *d);

	*d = dossier_begin(arena, id, arena_copy(arena, reference));
	for (size_t i = 0; i < n && instant_before(events[i].at, before); i++)
		if (dossier_apply(d, &events[i]) != REASON_NONE)
			return NULL;
	return d->seq > 0 ? d : NULL;
}

/* --- one dossier --------------------------------------------------------------------------- */

static struct rehearse_input input_of(const struct dossier_snapshot *s, enum rehearse_kind kind, struct instant at)
{
	return (struct rehearse_input){
		.kind = kind, .subject = arena_text(s->arena, s->reference), .id = s->id, .at = at,
		.dossier = rehearse_fold(s->arena, s->id, s->reference, s->events, s->n_events, at)};
}

static void take_events(struct rehearse_input *in, const struct dossier_snapshot *s, size_t from, size_t to)
{
	in->events = s->events + from;
	in->n_events = to - from;
}

/* "deadline.day_5/1" */
static enum deadline_kind timer_of(struct bytes rule)
{
	size_t dot = bytes_find_byte(rule, '.', 0), slash = bytes_find_byte(rule, '/', 0);

	if (!bytes_starts(rule, BYTES("deadline.")) || slash <= dot)
		return DEADLINE_NONE;
	return deadline_of_name(bytes_slice(rule, dot + 1, slash - dot - 1));
}

static void rehearse_timer(struct rehearsal *r, const struct dossier_snapshot *s, size_t from, size_t to)
{
	struct rehearse_input in = input_of(s, REHEARSE_TIMER, s->events[from].at);

	in.deadline = timer_of(s->events[from].rule);
	in.name = arena_printf(s->arena, "timer %s", deadline_name(in.deadline));
	take_events(&in, s, from, to);
	if (in.deadline != DEADLINE_NONE && in.dossier != NULL)
		rehearse_input(r, s->arena, &in);
}

static void rehearse_mail(struct rehearsal *r, const struct dossier_snapshot *s, size_t from, size_t to)
{
	const struct dossier_event *e = &s->events[from];
	bool late = bytes_starts(e->rule, BYTES("delivery.late/"));
	struct rehearse_input in = input_of(s, late ? REHEARSE_LATE : REHEARSE_OUTCOME, e->at);
	const struct policy_delivery delivery = {.code = e->mail.code, .party = e->mail.party, .mailbox = e->mail.mailbox, .part = e->mail.part,
						 .accepted = e->kind == EVENT_MAIL_PROOF, .reason = e->mail.reason, .status = e->mail.status};

	in.name = arena_printf(s->arena, "mail %s", mail_code_name(e->mail.code));
	in.delivery = &delivery;
	take_events(&in, s, from, to);
	if (in.dossier != NULL)
		rehearse_input(r, s->arena, &in);
}

/* Which timer would be the first to fall due before the next thing happened, and when. */
static struct deadline first_due(const struct rules_all *rules, const struct dossier *d, struct instant until)
{
	struct deadline due[DEADLINES];
	size_t n = deadline_list(&rules->settings, d, due);

	return n > 0 && instant_before(due[0].at, until) ? due[0] : (struct deadline){.kind = DEADLINE_NONE};
}

static const char *due_words(struct arena *arena, struct deadline due)
{
	char at[INSTANT_TEXT];

	if (due.kind == DEADLINE_NONE)
		return "no timer";
	instant_write(due.at, at);
	return arena_printf(arena, "%s %.16s", deadline_name(due.kind), at);
}

/* Between one decision and the next the timers of the two settings may be others. */
static void rehearse_gap(struct rehearsal *r, const struct dossier_snapshot *s, size_t done)
{
	struct instant from = s->events[done - 1].at, until = done < s->n_events ? s->events[done].at : s->now;
	const struct dossier *d = rehearse_fold(s->arena, s->id, s->reference, s->events, done, (struct instant){INT64_MAX});

	if (r->changed == NULL || d == NULL)
		return;
	struct deadline was = first_due(r->today, d, until), would = first_due(r->changed, d, until);
	if (was.kind == would.kind && was.at.us == would.at.us)
		return;
	struct rehearse_input in = {.name = "timers", .subject = arena_text(s->arena, s->reference), .id = s->id,
				    .at = would.kind != DEADLINE_NONE && instant_before(from, would.at) ? would.at : from};
	note(r, &in, due_words(s->arena, was), due_words(s->arena, would));
}

/* --- acts of people --------------------------------------------------------------------------- */

/* The decision that the act made: by that actor and rule, the first behind the act before it. The database's clock and the worker's may
 * be a moment apart. */
static bool find_act(const struct dossier_snapshot *s, struct bytes actor, struct bytes kind, struct instant asked, size_t *from, size_t *to)
{
	const char *who = arena_printf(s->arena, "operator:%.*s", (int)actor.len, (const char *)actor.at);
	const char *rule = arena_printf(s->arena, "operator.%.*s/", (int)kind.len, (const char *)kind.at);
	const struct instant since = {asked.us - SPAN_SECONDS(5).us};

	for (size_t i = *to; i < s->n_events; i = rehearse_decision_end(s->events, s->n_events, i)) {
		const struct dossier_event *e = &s->events[i];
		if (instant_before(e->at, since) || !bytes_equal_text(e->actor, who) || !bytes_starts(e->rule, bytes_of_text(rule)))
			continue;
		*from = i;
		*to = rehearse_decision_end(s->events, s->n_events, i);
		return true;
	}
	return false;
}

static struct policy_command command_of(struct bytes kind, struct bytes actor, const json_t *args)
{
	return (struct policy_command){
		.act = policy_act_of_name(kind), .actor = actor, .id = json_view(args, "id"), .text = json_view(args, "text"), .how = json_view(args, "how"),
		.mail = json_view(args, "mail"), .say = json_view(args, "say"), .party = party_of_name(json_view(args, "party")), .given = json_truth(args, "given")};
}

/* *done: the end of the last act's events; it moves on. */
static void rehearse_act(struct rehearsal *r, const struct dossier_snapshot *s, const struct store_rows *rows, size_t row, size_t *done)
{
	struct bytes actor = store_bytes(rows, row, 2), kind = store_bytes(rows, row, 3);
	struct bytes reason = store_is_null(rows, row, 5) ? BYTES_NONE : store_bytes(rows, row, 5);
	json_t *args = json_read(store_bytes(rows, row, 4));
	const struct policy_command command = command_of(kind, actor, args);
	bool applied = bytes_equal_text(reason, reason_code(REASON_NONE));
	size_t from = *done;

	if (command.act != POLICY_ACTS && (!applied || find_act(s, actor, kind, store_instant(rows, row, 0), &from, done))) {
		struct rehearse_input in = input_of(s, REHEARSE_COMMAND, applied ? s->events[from].at : store_instant(rows, row, 1));
		in.name = arena_printf(s->arena, "act %.*s", (int)kind.len, (const char *)kind.at);
		in.command = &command;
		in.outcome = applied ? BYTES("applied") : BYTES("refused");
		in.reason = reason;
		if (applied)
			take_events(&in, s, from, *done);
		if (in.dossier != NULL)
			rehearse_input(r, s->arena, &in);
	}
	json_decref(args);
}

static enum reason rehearse_acts(struct rehearsal *r, const struct dossier_snapshot *s)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(r->cli->store, &rows, "select asked_at, done_at, actor, kind, args, reason from relais.rehearse_commands($1)", P_INT(s->id));
	size_t done = 0;

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		rehearse_act(r, s, rows, i, &done);
	store_free(&rows);
	return reason;
}

static enum reason rehearse_dossier(void *context, const struct dossier_snapshot *s)
{
	struct rehearsal *r = context;

	r->out->dossiers++;
	for (size_t from = 0, to; from < s->n_events; from = to) {
		const struct dossier_event *e = &s->events[from];
		to = rehearse_decision_end(s->events, s->n_events, from);
		if (e->inbox == 0 && bytes_starts(e->rule, BYTES("delivery.")) && dossier_event_data(e->kind) == EVENT_DATA_MAIL)
			rehearse_mail(r, s, from, to);
		else if (e->inbox == 0 && bytes_starts(e->rule, BYTES("deadline.")))
			rehearse_timer(r, s, from, to);
		rehearse_gap(r, s, to);
	}
	return rehearse_acts(r, s);
}

/* --- all of it ------------------------------------------------------------------------------------ */

static int earlier(const void *a, const void *b)
{
	const struct rehearse_difference *x = a, *y = b;
	return x->at.us < y->at.us ? -1 : x->at.us > y->at.us;
}

enum reason rehearse(struct cli *cli, const struct rules_all *today, const struct rules_all *changed, struct rehearse_result *out)
{
	struct rehearsal r = {.cli = cli, .today = today, .changed = changed, .out = out};

	*out = (struct rehearse_result){0};
	enum reason reason = dossier_snapshots(cli->store, rehearse_dossier, &r);
	if (reason == REASON_NONE)
		reason = rehearse_messages(&r);
	if (out->n > 0)
		qsort(out->differences, out->n, sizeof *out->differences, earlier);
	return reason;
}

/* policy/decide_timer.c - what a timer brings: its row of the table, carried out. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/promise.h"

/* "2 jours", "5 heures": whole days from a day on; at least an hour. */
static struct bytes time_left(const struct build *b, struct instant until)
{
	int64_t hours = (instant_since(b->now, until).us + SPAN_MINUTES(30).us) / SPAN_HOURS(1).us;
	bool days = hours >= 24;
	int64_t n = days ? (hours + 12) / 24 : hours < 1 ? 1 : hours;
	const char *word = build_english(b) ? (days ? "day" : "hour") : (days ? "jour" : "heure");

	return bytes_of_text(arena_printf(b->arena, "%lld %s%s", (long long)n, word, n > 1 ? "s" : ""));
}

static void field_due(struct build *b)
{
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "due_day", text_date_day(b, b->after->due_at));
}

static enum reason field_missing(struct build *b, enum mail_code code)
{
	struct missing *missing;
	struct instant ends;
	size_t n;
	enum reason reason = step_missing(b, &missing, &n);

	if (reason != REASON_NONE)
		return reason;
	build_field(b, "count", text_number(b, n));
	build_field(b, "missing", text_missing(b, missing, n));
	if (code == MAIL_M03 && deadline_next(b->rules->settings, b->after, DEADLINE_PIECES_EXPIRE, &ends))
		build_field(b, "close_date", text_date(b, ends));
	return REASON_NONE;
}

static void field_exchange(struct build *b)
{
	struct instant from, until;

	if (!deadline_exchange_from(b->after, &from))
		return;
	until = deadline_after(b->rules->settings, DEADLINE_EXCHANGE_END, from);
	build_field(b, "exchange_until", text_date(b, until));
	build_field(b, "time_left", time_left(b, until));
}

/* Whose rights ended last. */
static void field_ended(struct build *b)
{
	const struct dossier_representative *last = NULL;

	for (size_t i = 0; i < b->after->n_representatives; i++) {
		const struct dossier_representative *r = &b->after->representatives[i];
		if (r->ended_at.us != 0 && !r->data.informed_only && r->data.proof.len > 0 && (last == NULL || instant_before(last->ended_at, r->ended_at)))
			last = r;
	}
	if (last != NULL)
		build_field(b, "representative_name", last->data.name);
}

static enum reason fill(struct build *b, enum mail_code code)
{
	switch (code) {
	case MAIL_M03:
	case MAIL_M44:
		return field_missing(b, code);
	case MAIL_M09:
		field_due(b);
		build_field(b, "new_date", text_date(b, calendar_plus_days(CALENDAR_FRANCE, b->now, POLICY_LATE_DAYS)));
		return REASON_NONE;
	case MAIL_M14:
		field_due(b);
		build_field(b, "time_left", time_left(b, b->after->due_at));
		return REASON_NONE;
	case MAIL_M02B:
	case MAIL_M63:
		build_field(b, "question", b->after->more);
		return REASON_NONE;
	case MAIL_M34:
		field_exchange(b);
		return REASON_NONE;
	case MAIL_M52:
		field_ended(b);
		return REASON_NONE;
	case MAIL_M40:
		build_field_text(b, "questions", study_question_more(build_english(b)));
		return REASON_NONE;
	case MAIL_M11:
		field_due(b);
		step_field_offer_until(b);
		return REASON_NONE;
	default:
		return REASON_NONE;
	}
}

/* Two days' alerts may fall on the Friday before, and who has just said yes has the date before his eyes: one word is enough. */
static bool was_reminded(const struct build *b)
{
	static const enum deadline_kind days[] = {DEADLINE_DAY_3, DEADLINE_DAY_5};
	const struct dossier_offer *holder = dossier_accepted_offer(b->after);

	if (holder != NULL && instant_since(holder->answered_at, b->now).us < SPAN_HOURS(12).us)
		return true;

	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		const struct dossier_passed *p = dossier_passed(b->before, deadline_name(days[i]));
		if (p != NULL && instant_since(p->at, b->now).us < SPAN_HOURS(12).us)
			return true;
	}
	return false;
}

/* Before the acceptance nobody holds the dossier who could be told of it; a stand-by's offer is reminded of to him. */
static enum reason mail(struct build *b, const struct deadline_row *row)
{
	enum mail_code code = row->mail;
	enum party party = row->party;
	const struct dossier_offer *live = dossier_live_offer(b->after);

	if (code == MAIL_M14 && (dossier_accepted_offer(b->after) == NULL || was_reminded(b)))
		return REASON_NONE;
	if (code == MAIL_M40 && b->rules->study_stopped)
		return REASON_NONE;
	if (code == MAIL_M11 && live != NULL && live->standby)
		party = PARTY_STANDBY;
	if (row->hours == HOURS_ASKED && b->after->request.requester == REQUESTER_PHYSICIAN) {
		code = MAIL_M63;
		party = PARTY_REQUESTER;
	}
	if (build_mail(b, code, party, POLICY_ATTACH_NONE))
		return fill(b, code);
	/* What no mail may say is a person's to say. */
	b->owner = "nurses";
	return REASON_NONE;
}

static struct dossier_offer_data offer_of(const struct dossier_offer *offer)
{
	return (struct dossier_offer_data){.rpps = offer->rpps, .name = offer->name, .mailbox = offer->mailbox, .organisation = offer->organisation};
}

/* Somebody is to be prepared, or asked, while another holds the dossier; where that is not so any more nothing is left to do. */
static enum reason standby(struct build *b, enum reason (*what)(struct build *))
{
	enum reason reason = what(b);

	return reason == REASON_DOSSIER_ORDER ? REASON_NONE : reason;
}

static enum reason fall_back(struct build *b)
{
	const struct dossier_proof *p = dossier_find_proof(b->after, MAIL_M21, PARTY_PATIENT);

	return build_event(b, (struct dossier_event){
		.kind = EVENT_REPORT_UNDELIVERED,
		.mail = {.code = MAIL_M21, .party = PARTY_PATIENT, .mailbox = dossier_mailbox(b->after, PARTY_PATIENT),
			 .reason = p != NULL && p->failed ? p->reason : REASON_DELIVER_EXPIRED}});
}

/* The right to reply ends for both. */
static enum reason close_exchange(struct build *b)
{
	(void)build_mail(b, MAIL_M37, PARTY_EXPERT, POLICY_ATTACH_NONE);
	return build_plain(b, EVENT_CLOSED);
}

static enum reason carry_out(struct build *b, const struct deadline_row *row)
{
	switch (row->act) {
	case ACT_NONE:
		return REASON_NONE;
	case ACT_REMIND:
		return build_event(b, (struct dossier_event){.kind = EVENT_OFFER_REMINDED, .offer = offer_of(dossier_live_offer(b->after))});
	case ACT_NEXT_EXPERT:
		return step_expire(b, TAKEN_SILENCE);
	case ACT_EXPIRE:
		return build_text(b, EVENT_EXPIRED, b->after->missing, BYTES_NONE);
	case ACT_STANDBY_CHOOSE:
		return standby(b, step_standby_choose);
	case ACT_STANDBY_OFFER:
		return standby(b, step_standby_offer);
	case ACT_FALL_BACK:
		return fall_back(b);
	case ACT_CLOSE:
		return close_exchange(b);
	case ACT_ARCHIVE:
		return build_plain(b, EVENT_ARCHIVED);
	case ACT_END_REPRESENTATIVES:
		return step_end_representatives(b);
	case ACT_ADDENDUM:
		return step_addendum(b, MAIL_M13C);
	}
	return REASON_DOSSIER_ORDER;
}

static const char *owner_of(unsigned alerts)
{
	return alerts & ALERT_NURSES ? "nurses" : alerts & ALERT_MANAGER ? "manager" : alerts & ALERT_OPERATOR ? "operator" : alerts & ALERT_OFFICER ? "officer" : NULL;
}

/* That it passed, with when it was due and by which setting; then its mail, while what the mail tells is still so; then its act. */
static enum reason fire(struct build *b, enum deadline_kind kind, struct instant due)
{
	const struct deadline_row *row = deadline_row(kind);
	int version = b->rules->settings != NULL ? b->rules->settings->versions[kind] : 0;
	char at[INSTANT_TEXT];

	instant_write(due, at);
	b->owner = owner_of(deadline_alerts(b->after, kind));
	if (row->act == ACT_ADDENDUM)
		return carry_out(b, row);
	enum reason reason = build_text(b, EVENT_DEADLINE_PASSED, bytes_of_text(row->name),
					bytes_of_text(version > 0 ? arena_printf(b->arena, "%s setting/%d", at, version) : arena_printf(b->arena, "%s", at)));
	if (reason == REASON_NONE && row->mail != MAIL_NONE)
		reason = mail(b, row);
	return reason == REASON_NONE ? carry_out(b, row) : reason;
}

void policy_decide_timer(struct arena *arena, const struct policy_rules *rules, const struct dossier *dossier,
			 enum deadline_kind kind, struct instant now, struct policy_decision *out)
{
	struct build b = build_begin(arena, rules, NULL, now);
	enum reason reason = REASON_DOSSIER_ORDER;
	struct instant due;

	b.rule = arena_printf(arena, "deadline.%s/1", deadline_name(kind));
	build_dossier(&b, dossier);
	if (kind != DEADLINE_NONE && deadline_next(rules->settings, b.after, kind, &due) && !instant_before(now, due))
		reason = fire(&b, kind, due);
	if (reason == REASON_NONE) {
		build_done(&b, POLICY_APPLIED, b.reason, b.owner);
	} else {
		build_refuse(&b, reason);
		build_ignore(&b, reason);
	}
	build_end(&b, out);
}

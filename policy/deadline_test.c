/* policy/deadline_test.c - when each timer is due, and that it is carried out once: early, in time, again, after a restart. */
#include "policy/test_world.h"
#include "policy/promise.h"

/* --- a dossier by its events, beside the messages of test_world.h --- */

static void refold(struct world *w)
{
	struct dossier *d = arena_alloc(w->arena, sizeof *d);
	*d = dossier_begin(w->arena, 7, T(REFERENCE));
	size_t failed = 0;
	if (dossier_fold(d, w->log, w->n_log, &failed) != REASON_NONE)
		fail_msg("event %zu (%s) is refused", failed, dossier_event_name(w->log[failed].kind));
	w->dossier = d;
}

static void add(struct world *w, struct dossier_event event)
{
	event.at = w->now;
	event.seq = (int64_t)w->n_log + 1;
	event.actor = BYTES("test");
	event.rule = BYTES("test/1");
	w->log[w->n_log++] = event;
	refold(w);
}

static void plain(struct world *w, enum dossier_event_kind kind)
{
	add(w, (struct dossier_event){.kind = kind});
}

static void text(struct world *w, enum dossier_event_kind kind, const char *id, const char *words)
{
	add(w, (struct dossier_event){.kind = kind, .text = {T(id), T(words)}});
}

static void cut(struct world *w, size_t events)
{
	w->n_log -= events;
	refold(w);
}

static void proof(struct world *w, enum mail_code code, enum party party, int level)
{
	struct bytes mailbox = dossier_mailbox(w->dossier, party);
	add(w, (struct dossier_event){.kind = EVENT_MAIL_PROOF, .mail = {.code = code, .party = party, .mailbox = mailbox, .level = level}});
}

static void reached(struct world *w, enum mail_code code)
{
	add(w, (struct dossier_event){.kind = EVENT_CONTACT_MADE,
				      .contact = {.party = PARTY_PATIENT, .means = CONTACT_CALL, .result = CONTACT_REACHED, .code = code}});
}

/* --- the stages, from the world's instant on --- */

static void requested(struct world *w)
{
	send(w, request_message(w));
	w->n_log = 1;
	refold(w);
}

static void doubted(struct world *w)
{
	requested(w);
	text(w, EVENT_IDENTITY_DOUBTED, "identity.differs", "");
}

static void incomplete(struct world *w)
{
	send(w, request_message(w));
	assert_int_equal(w->dossier->state, DOSSIER_INCOMPLETE);
}

static void assisted(struct world *w)
{
	incomplete(w);
	text(w, EVENT_ANSWER_TOLD, "patient.assisted", "true");
}

static void complete(struct world *w)
{
	to_offered(w);
	cut(w, 1);
	assert_int_equal(w->dossier->state, DOSSIER_COMPLETE);
}

static void nobody(struct world *w)
{
	complete(w);
	plain(w, EVENT_EXPERT_NONE);
}

static void delivered_to_expert(struct world *w)
{
	to_accepted(w);
	proof(w, MAIL_M13, PARTY_EXPERT, 2);
}

static void added(struct world *w)
{
	delivered_to_expert(w);
	pass(w, SPAN_HOURS(1));
	send(w, record_message(w, "irm-1", "18755-9", "i1"));
}

static void more(struct world *w)
{
	delivered_to_expert(w);
	text(w, EVENT_MORE_ASKED, "", "Quel traitement ?");
}

static void paused(struct world *w)
{
	incomplete(w);
	text(w, EVENT_PAUSED, "", "vacances");
}

static void opinion(struct world *w)
{
	to_checked(w);
	cut(w, 1);
	assert_int_equal(w->dossier->state, DOSSIER_OPINION);
}

static void held(struct world *w)
{
	to_checked(w);
	text(w, EVENT_HELD, "", "annoncer d'abord");
}

static void read_by_patient(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M21, PARTY_PATIENT, 2);
	pass(w, SPAN_HOURS(24));
	add(w, (struct dossier_event){.kind = EVENT_REPORT_READ, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}});
}

static void taken(struct world *w)
{
	to_released(w);
	proof(w, MAIL_M21, PARTY_PATIENT, 2);
}

static void shared(struct world *w)
{
	read_by_patient(w);
	add(w, (struct dossier_event){.kind = EVENT_SHARED, .release = {.version = 1, .to = 1u << PARTY_ATTENDING}});
}

/* Both physicians are to have it after the patient, and he does not read it. */
static void unread_for_two(struct world *w)
{
	taken(w);
	w->log[0].request.attending.when = w->log[0].request.first_opinion.when = SHARE_AFTER_READING;
	w->log[0].request.first_opinion.consent = true;
	for (size_t i = 0; i < w->n_log; i++)
		if (w->log[i].kind == EVENT_RELEASED)
			w->log[i].release.to = dossier_party_bit(PARTY_PATIENT);
	refold(w);
}

static void undeliverable(struct world *w)
{
	to_released(w);
	add(w, (struct dossier_event){.kind = EVENT_REPORT_UNDELIVERED, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}});
}

static void asked(struct world *w)
{
	read_by_patient(w);
	plain(w, EVENT_QUESTION_RECEIVED);
}

static void closed(struct world *w)
{
	struct policy_answer *answers = arena_alloc(w->arena, (COUNT(REQUEST_ANSWERS) + 1) * sizeof *answers);
	read_by_patient(w);
	memcpy(answers, w->log[0].request.answers, w->log[0].request.n_answers * sizeof *answers);
	answers[w->log[0].request.n_answers] = (struct policy_answer){.question = BYTES("consent.study"), .value = BYTES("true")};
	w->log[0].request.answers = answers;
	w->log[0].request.n_answers++;
	plain(w, EVENT_CLOSED);
}

static void archived(struct world *w)
{
	closed(w);
	plain(w, EVENT_ARCHIVED);
}

static void archived_early(struct world *w)
{
	incomplete(w);
	text(w, EVENT_CANCELLED, "", "");
	plain(w, EVENT_ARCHIVED);
}

static void redirected(struct world *w)
{
	to_triage(w);
	text(w, EVENT_REDIRECTED, "", "urgence");
}

static void urgent(struct world *w)
{
	incomplete(w);
	text(w, EVENT_URGENT, "request", "je saigne");
}

static void cancelled(struct world *w)
{
	to_accepted(w);
	text(w, EVENT_CANCELLED, "", "");
}

static void died(struct world *w)
{
	to_accepted(w);
	text(w, EVENT_DIED, "", "famille");
}

static void complained(struct world *w)
{
	incomplete(w);
	text(w, EVENT_COMPLAINED, "", "trop long");
}

static void erasure(struct world *w)
{
	incomplete(w);
	text(w, EVENT_ERASURE_ASKED, "", "par téléphone");
}

static void frozen(struct world *w)
{
	incomplete(w);
	text(w, EVENT_FROZEN, "breach", "autre destinataire");
}

/* A guardian whose mandate ends with the 3rd, another with the 31st. */
static void represented(struct world *w)
{
	struct instant until[2];
	assert_true(instant_read(T("2026-03-03T23:00:00Z"), &until[0]) && instant_read(T("2026-03-31T22:00:00Z"), &until[1]));
	to_triage(w);
	for (size_t i = 0; i < 2; i++)
		add(w, (struct dossier_event){.kind = EVENT_REPRESENTATIVE_NAMED,
					      .representative = {.id = i == 0 ? BYTES("r1") : BYTES("r2"), .role = ROLE_GUARDIAN, .name = BYTES("A B"), .proof = BYTES("jugement"),
								 .timed_until = true, .until = until[i]}});
}

static void unrepresented(struct world *w)
{
	represented(w);
	text(w, EVENT_REPRESENTATIVE_ENDED, "r1", "mandat rendu");
}

/* At the print station. */
static void printed(struct world *w)
{
	to_triage(w);
	add(w, (struct dossier_event){.kind = EVENT_CHANNEL_CHANGED, .channel = {.party = PARTY_PATIENT, .channel = CHANNEL_PAPER, .address = BYTES("Mme X\n75001 PARIS")}});
	proof(w, MAIL_M01, PARTY_PATIENT, 1);
}

/* From Monday, 2 March 2026, 10:00 in Paris, unless a row says otherwise. */
static const struct row {
	enum deadline_kind kind;
	void (*stage)(struct world *w);
	const char *due, *mails, *events, *owner;
	const char *begin, *again;   /* NULL: MORNING; fires once */
} rows[] = {
	{DEADLINE_REQUEST_WAITS, requested, "2026-03-03T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_REQUEST_WAITS, requested, "2026-05-04T08:00:00Z", "", "deadline_passed", "nurses", "2026-04-30T08:00:00Z", NULL},
	{DEADLINE_IDENTITY_WAITS, doubted, "2026-03-03T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_IDENTITY_CALL, doubted, "2026-03-05T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_PIECES_FIRST, incomplete, "2026-03-04T09:00:00Z", "M03 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_PIECES_FIRST, incomplete, "2026-03-30T07:00:00Z", "M03 patient", "deadline_passed", NULL, "2026-03-27T22:00:00Z", NULL},
	{DEADLINE_PIECES_SECOND, incomplete, "2026-03-07T09:00:00Z", "M03 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_PIECES_CALL, assisted, "2026-03-07T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_PIECES_THIRD, incomplete, "2026-03-12T09:00:00Z", "M03 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_PIECES_FOURTH, incomplete, "2026-03-22T09:00:00Z", "M03 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_PIECES_EXPIRE, incomplete, "2026-04-01T08:00:00Z", "M44 patient", "deadline_passed, expired", NULL, NULL, NULL},
	{DEADLINE_TRIAGE_WAITS, to_triage, "2026-03-02T13:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_TRIAGE_WAITS, to_triage, "2026-04-07T08:00:00Z", "", "deadline_passed", "nurses", "2026-04-03T14:00:00Z", NULL},   /* over Easter */
	{DEADLINE_OFFER_WAITS, complete, "2026-03-02T11:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_OFFER_REMINDER, to_offered, "2026-03-03T07:00:00Z", "M11 expert", "deadline_passed, offer_reminded", NULL, NULL, NULL},
	{DEADLINE_OFFER_SILENCE, to_offered, "2026-03-03T09:00:00Z", "M10 expert", "deadline_passed, offer_expired, offered", NULL, NULL, NULL},
	{DEADLINE_UNACCEPTED, to_offered, "2026-03-03T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_NO_EXPERT_MANAGER, nobody, "2026-03-02T10:00:00Z", "", "deadline_passed", "manager", NULL, NULL},
	{DEADLINE_NO_EXPERT_PATIENT, nobody, "2026-03-02T13:00:00Z", "M45 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_NO_EXPERT_PATIENT, nobody, "2026-03-03T08:00:00Z", "M45 patient", "deadline_passed", NULL, "2026-03-02T16:00:00Z", NULL},
	{DEADLINE_PARTS_LATE, to_accepted, "2026-03-02T14:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_ADDENDUM, added, "2026-03-02T13:00:00Z", "M13C expert", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_DAY_3, to_accepted, "2026-03-05T09:00:00Z", "M14 expert", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_DAY_5, to_accepted, "2026-03-06T09:00:00Z", "M14 expert", "deadline_passed, standby_chosen", "nurses", NULL, NULL},   /* Saturday: Friday */
	{DEADLINE_DAY_5, to_accepted, "2026-04-03T08:00:00Z", "M14 expert", "deadline_passed, standby_chosen", "nurses", "2026-04-01T08:00:00Z", NULL},   /* Easter Monday */
	{DEADLINE_DAY_5, to_accepted, "2026-03-27T11:00:00Z", "M14 expert", "deadline_passed, standby_chosen", "nurses", "2026-03-24T11:00:00Z", NULL},   /* the Sunday of the change */
	{DEADLINE_DAY_6, to_accepted, "2026-03-06T09:00:00Z", "M14 expert, M10 standby", "deadline_passed, standby_offered", "nurses", NULL, NULL},
	{DEADLINE_DAY_6, nobody, "2026-03-06T09:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_DUE_SOON, to_accepted, "2026-03-09T07:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_DUE_SOON, to_accepted, "2026-03-06T17:00:00Z", "", "deadline_passed", "nurses", "2026-03-02T05:00:00Z", NULL},   /* due on Monday at 6 */
	{DEADLINE_OVERDUE, to_accepted, "2026-03-09T09:00:00Z", "", "deadline_passed", "manager", NULL, "2026-03-10T09:00:00Z"},
	{DEADLINE_OVERDUE, to_accepted, "2026-03-31T07:00:00Z", "", "deadline_passed", "manager", "2026-03-24T08:00:00Z", "2026-04-01T07:00:00Z"},
	{DEADLINE_OVERDUE, to_released, "2026-03-09T09:00:00Z", "", "deadline_passed", "manager", NULL, "2026-03-10T09:00:00Z"},   /* released, and nobody took it */
	{DEADLINE_OVERDUE_PATIENT, to_accepted, "2026-03-09T09:00:00Z", "M09 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_MORE_FIRST, more, "2026-03-03T10:00:00Z", "M02B patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_MORE_SECOND, more, "2026-03-05T10:00:00Z", "M02B patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_MORE_DECIDE, more, "2026-03-07T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_PAUSE_WAITS, paused, "2026-03-16T09:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-30T08:00:00Z"},
	{DEADLINE_OPINION_WAITS, opinion, "2026-03-04T14:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_RELEASE_WAITS, to_checked, "2026-03-04T14:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_HOLD_PATIENT, held, "2026-03-08T09:00:00Z", "M19 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_HOLD_ENDS, held, "2026-03-10T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_HOLD_OVER, held, "2026-03-11T10:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-12T10:00:00Z"},
	{DEADLINE_REPORT_WARN, to_released, "2026-03-04T11:00:00Z", "", "deadline_passed", "operator", NULL, NULL},
	{DEADLINE_REPORT_LATE, to_released, "2026-03-04T14:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_REPORT_FALLBACK, to_released, "2026-03-05T10:00:00Z", "", "deadline_passed, report_undelivered", "nurses", NULL, NULL},
	{DEADLINE_SHARE_LATE, shared, "2026-03-05T14:00:00Z", "", "deadline_passed", "operator", NULL, NULL},
	{DEADLINE_SHARE_PAPER, shared, "2026-03-06T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_SHARE_DUE, unread_for_two, "2026-03-11T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_UNREAD_NOTICE, taken, "2026-03-06T10:00:00Z", "M22 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_UNREAD_CALL, taken, "2026-03-08T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_UNREAD_LETTER, taken, "2026-03-11T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_REPRESENTATIVE_END, represented, "2026-03-03T23:00:00Z", "", "deadline_passed, representative_ended", NULL, NULL, "2026-03-31T22:00:00Z"},
	{DEADLINE_REPRESENTATIVE_TOLD, unrepresented, "2026-03-03T08:00:00Z", "M52 patient", "deadline_passed", NULL, "2026-03-02T21:00:00Z", NULL},
	{DEADLINE_LETTER_WAITS, printed, "2026-03-04T09:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-06T09:00:00Z"},
	{DEADLINE_UNDELIVERABLE_WAITS, undeliverable, "2026-03-05T10:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-06T10:00:00Z"},
	{DEADLINE_QUESTION_WAITS, asked, "2026-03-07T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_QUESTION_LATE, asked, "2026-03-08T10:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-09T10:00:00Z"},
	{DEADLINE_EXCHANGE_SOON, read_by_patient, "2026-03-17T10:00:00Z", "M34 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_EXCHANGE_END, read_by_patient, "2026-03-20T10:00:00Z", "M35 patient, M37 expert", "deadline_passed, closed", NULL, NULL, NULL},
	{DEADLINE_EXCHANGE_END, taken, "2026-03-29T09:00:00Z", "M35 patient, M37 expert", "deadline_passed, closed", NULL, NULL, NULL},   /* nobody read it */
	{DEADLINE_SIX_MONTHS, closed, "2026-09-03T09:00:00Z", "M40 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_SIX_MONTHS, archived, "2026-09-03T09:00:00Z", "M40 patient", "deadline_passed", NULL, NULL, NULL},
	{DEADLINE_ARCHIVE, closed, "2026-04-04T09:00:00Z", "", "deadline_passed, archived", NULL, NULL, NULL},
	{DEADLINE_ARCHIVE, died, "2026-04-01T09:00:00Z", "", "deadline_passed, archived", NULL, NULL, NULL},
	{DEADLINE_RETENTION, archived, "2046-03-05T10:00:00Z", "", "deadline_passed", "officer", NULL, NULL},
	{DEADLINE_RETENTION_SHORT, archived_early, "2026-09-01T08:00:00Z", "", "deadline_passed", "officer", NULL, NULL},
	{DEADLINE_REDIRECT_CALL, redirected, "2026-03-02T13:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_URGENT_CALL, urgent, "2026-03-02T09:10:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-02T09:40:00Z"},
	{DEADLINE_ENDED_UNTOLD, cancelled, "2026-03-02T11:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_ENDED_UNTOLD, died, "2026-03-02T11:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_DEATH_WAITS, died, "2026-03-03T10:00:00Z", "", "deadline_passed", "nurses", NULL, NULL},
	{DEADLINE_COMPLAINT_WAITS, complained, "2026-03-04T09:00:00Z", "", "deadline_passed", "manager", NULL, "2026-03-05T09:00:00Z"},
	{DEADLINE_ERASURE_WAITS, erasure, "2026-04-01T08:00:00Z", "", "deadline_passed", "officer", NULL, "2026-04-02T08:00:00Z"},
	{DEADLINE_FROZEN_WAITS, frozen, "2026-03-03T09:00:00Z", "", "deadline_passed", "nurses", NULL, "2026-03-05T09:00:00Z"},
	{DEADLINE_BREACH_CLOCK, frozen, "2026-03-04T09:00:00Z", "", "deadline_passed", "manager", NULL, NULL},
};

static struct world *at_stage(const struct row *row)
{
	struct world *w = world_make();
	if (row->begin != NULL)
		assert_true(instant_read(T(row->begin), &w->now));
	row->stage(w);
	return w;
}

static const char *said(struct world *w, struct instant at)
{
	char *out = arena_alloc(w->arena, INSTANT_TEXT);
	instant_write(at, out);
	return out;
}

static void is_due(struct world *w, enum deadline_kind kind, const char *wanted)
{
	struct instant at, want;
	assert_true(instant_read(T(wanted), &want));
	if (!deadline_next(w->rules.settings, w->dossier, kind, &at))
		fail_msg("%s does not run", deadline_name(kind));
	if (at.us != want.us)
		fail_msg("%s: %s, not %s", deadline_name(kind), said(w, at), wanted);
}

static bool runs(struct world *w, enum deadline_kind kind)
{
	struct instant at;
	return deadline_next(w->rules.settings, w->dossier, kind, &at);
}

static enum policy_outcome fire(struct world *w, enum deadline_kind kind)
{
	policy_decide_timer(w->arena, &w->rules, w->dossier, kind, w->now, &w->last);
	world_store(w);
	return w->last.outcome;
}

static void at_due(struct world *w, enum deadline_kind kind)
{
	assert_true(deadline_next(w->rules.settings, w->dossier, kind, &w->now));
	assert_int_equal(fire(w, kind), POLICY_APPLIED);
}

static void same_text(const char *what, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", what, got, wanted);
}

static void check_row(const struct row *row)
{
	struct world *w = at_stage(row);
	const char *name = deadline_name(row->kind);
	struct instant due;

	is_due(w, row->kind, row->due);
	assert_true(instant_read(T(row->due), &due));
	w->now = (struct instant){due.us - 1};
	if (fire(w, row->kind) != POLICY_IGNORED || w->last.n_events + w->last.n_mails > 0)
		fail_msg("%s came too early", name);
	/* After a restart there is nothing but the events. */
	refold(w);
	is_due(w, row->kind, row->due);
	w->now = due;
	if (fire(w, row->kind) != POLICY_APPLIED)
		fail_msg("%s did not come", name);
	same_text(name, mails_of(w), row->mails);
	same_text(name, events_of(w), row->events);
	same_text(name, w->last.owner == NULL ? "" : w->last.owner, row->owner == NULL ? "" : row->owner);
	assert_string_equal(w->last.rule, arena_printf(w->arena, "deadline.%s/1", name));
	/* Neither at once nor later, and after another restart no more than before. */
	refold(w);
	if (fire(w, row->kind) != POLICY_IGNORED || w->last.n_events > 0)
		fail_msg("%s came twice", name);
	if (row->again != NULL)
		is_due(w, row->kind, row->again);
	else if (row->kind != DEADLINE_OFFER_SILENCE && runs(w, row->kind))
		fail_msg("%s runs again", name);
	/* A worker that slept for a week does it then, once. */
	struct world *late = at_stage(row);
	late->now = instant_plus(due, SPAN_DAYS(7));
	assert_int_equal(fire(late, row->kind), POLICY_APPLIED);
	assert_int_equal(fire(late, row->kind), POLICY_IGNORED);
	world_free(late);
	world_free(w);
}

static void each_row(void **state)
{
	bool covered[DEADLINES] = {[DEADLINE_QUARANTINE_OWNER] = true, [DEADLINE_QUARANTINE_MANAGER] = true};
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		check_row(&rows[i]);
		covered[rows[i].kind] = true;
	}
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++)
		if (!covered[k])
			fail_msg("no row tries %s", deadline_name(k));
}

/* What every row says of itself. */
static void the_table(void **state)
{
	(void)state;
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++) {
		const struct deadline_row *row = deadline_row(k);
		bool message = k == DEADLINE_QUARANTINE_OWNER || k == DEADLINE_QUARANTINE_MANAGER;
		assert_true(row->name[0] != '\0' && row->fr[0] != '\0' && row->en[0] != '\0' && row->source[0] != '\0');
		assert_int_equal(deadline_of_name(T(row->name)), k);
		assert_int_equal(message, row->from == NULL);
		assert_int_equal(message, row->states == 0);
		assert_true(row->alerts != 0 || row->mail != MAIL_NONE || row->act != ACT_NONE);
		assert_int_equal(row->mail == MAIL_NONE, row->party == PARTY_NONE);
		/* Nothing is said to the patient or an expert at night. */
		if (row->mail != MAIL_NONE)
			assert_true(row->hours != HOURS_ANY);
	}
	assert_int_equal(deadline_of_name(BYTES("none")), DEADLINE_NONE);
	assert_int_equal(deadline_of_name(BYTES("x")), DEADLINE_NONE);
}

static void the_list_is_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = at_stage(&rows[i]);
		struct deadline list[DEADLINES];
		size_t n = deadline_list(NULL, w->dossier, list), found = 0;
		for (size_t k = 0; k < n; k++) {
			assert_true(k == 0 || !instant_before(list[k].at, list[k - 1].at));
			found += list[k].kind == rows[i].kind;
		}
		assert_int_equal(found, 1);
		world_free(w);
	}
}

/* In a place overseas the patient's hours are his own. */
static void the_patients_zone(void **state)
{
	static const struct {
		const char *place, *due;
	} cases[] = {
		{"", "2026-03-04T09:00:00Z"}, {"75", "2026-03-04T09:00:00Z"}, {"x", "2026-03-04T09:00:00Z"},
		{"972", "2026-03-04T13:00:00Z"},      /* it is five in the morning in Martinique: nine there */
		{"97400", "2026-03-04T09:00:00Z"},    /* one in the afternoon in La Réunion */
		{"98713", "2026-03-04T19:00:00Z"},    /* the evening before in Polynésie */
		{"988", "2026-03-04T22:00:00Z"},      /* eight in the evening in Nouvelle-Calédonie: tomorrow there */
		{"975", "2026-03-04T12:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *w = world_make();
		incomplete(w);
		if (cases[i].place[0] != '\0')
			text(w, EVENT_ANSWER_TOLD, "patient.place", cases[i].place);
		is_due(w, DEADLINE_PIECES_FIRST, cases[i].due);
		world_free(w);
	}
}

/* What the expert asked a physician for is reminded of in a physician's hours, to him. */
static void asked_of_a_physician(void **state)
{
	struct world *w = world_make();
	(void)state;
	w->now = (struct instant){MORNING.us + SPAN_DAYS(3).us};   /* Thursday; asked an hour later, reminded on Friday and on Monday */
	more(w);
	w->log[0].request.requester = REQUESTER_PHYSICIAN;
	refold(w);
	is_due(w, DEADLINE_MORE_FIRST, "2026-03-06T10:00:00Z");
	is_due(w, DEADLINE_MORE_SECOND, "2026-03-09T07:00:00Z");
	at_due(w, DEADLINE_MORE_FIRST);
	assert_string_equal(mails_of(w), "M63 requester");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M63, "question"), BYTES("Quel traitement ?")));
	world_free(w);
}

/* Pauses put the promise off, and what counts with it; the rest goes on. */
static void pauses(void **state)
{
	struct world *w = world_make();
	(void)state;

	to_accepted(w);
	text(w, EVENT_PAUSED, "", "hospitalisé");
	assert_false(runs(w, DEADLINE_DAY_5));
	assert_false(runs(w, DEADLINE_OVERDUE));
	assert_true(runs(w, DEADLINE_PARTS_LATE));
	assert_true(runs(w, DEADLINE_PAUSE_WAITS));
	pass(w, SPAN_DAYS(2));
	text(w, EVENT_RESUMED, "", "");
	is_due(w, DEADLINE_DAY_3, "2026-03-06T09:00:00Z");   /* Saturday, the seventh: Friday */
	is_due(w, DEADLINE_OVERDUE, "2026-03-11T09:00:00Z");
	/* The expert asks within another, and waits for longer: what overlaps counts once. */
	text(w, EVENT_PAUSED, "", "");
	pass(w, SPAN_DAYS(1));
	text(w, EVENT_MORE_ASKED, "", "?");
	pass(w, SPAN_DAYS(1));
	text(w, EVENT_RESUMED, "", "");
	assert_false(runs(w, DEADLINE_OVERDUE));
	pass(w, SPAN_DAYS(1));
	text(w, EVENT_MORE_ANSWERED, "answered", "");
	is_due(w, DEADLINE_OVERDUE, "2026-03-14T09:00:00Z");
	struct promise p = promise_of(w->dossier, w->now);
	assert_int_equal(p.gross.us, instant_since(w->dossier->complete_at, w->now).us);
	assert_int_equal(p.paused.us, SPAN_DAYS(5).us);
	assert_int_equal(p.net.us, p.gross.us - SPAN_DAYS(5).us);
	assert_true(p.begun && !p.kept && !p.late);
	assert_int_equal(p.due.us, w->dossier->due_at.us);
	world_free(w);
}

static void the_promise(void **state)
{
	struct world *w = world_make();
	(void)state;

	to_triage(w);
	assert_false(promise_of(w->dossier, w->now).begun);
	world_free(w);
	w = world_make();
	to_released(w);
	assert_false(promise_of(w->dossier, w->now).kept);
	pass(w, SPAN_HOURS(2));
	proof(w, MAIL_M21, PARTY_PATIENT, 1);
	assert_false(promise_of(w->dossier, w->now).kept);
	proof(w, MAIL_M21, PARTY_PATIENT, 2);
	struct promise p = promise_of(w->dossier, instant_plus(w->now, SPAN_DAYS(30)));
	assert_true(p.kept && !p.late);
	assert_int_equal(p.gross.us, SPAN_HOURS(51).us);
	assert_int_equal(p.net.us, SPAN_HOURS(51).us);
	world_free(w);
	/* A letter that was posted keeps it; a call before the release does not. */
	w = world_make();
	to_checked(w);
	reached(w, MAIL_M21);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_false(promise_of(w->dossier, w->now).kept);
	pass(w, SPAN_DAYS(6));
	add(w, (struct dossier_event){.kind = EVENT_CONTACT_MADE,
				      .contact = {.party = PARTY_PATIENT, .means = CONTACT_LETTER, .result = CONTACT_POSTED, .code = MAIL_M21}});
	p = promise_of(w->dossier, w->now);
	assert_true(p.kept && p.late);
	world_free(w);
}

/* Held time is in the promise, and told apart. */
static void holds(void **state)
{
	static const struct {
		const char *until, *end;
	} cases[] = {
		{"", "2026-03-11T10:00:00Z"}, {"2026-03-06T15:00:00Z", "2026-03-06T15:00:00Z"}, {"2026-03-30T15:00:00Z", "2026-03-11T10:00:00Z"},
		{"2026-03-01T15:00:00Z", "2026-03-11T10:00:00Z"}, {"demain", "2026-03-11T10:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *w = world_make();
		to_checked(w);
		command(w, POLICY_ACT_HOLD, cases[i].until, "annoncer d'abord");
		is_due(w, DEADLINE_HOLD_OVER, cases[i].end);
		pass(w, SPAN_HOURS(5));
		assert_int_equal(promise_of(w->dossier, w->now).held.us, SPAN_HOURS(5).us);
		command(w, POLICY_ACT_RELEASE, "", "");
		pass(w, SPAN_HOURS(5));
		assert_int_equal(promise_of(w->dossier, w->now).held.us, SPAN_HOURS(5).us);
		assert_int_equal(promise_of(w->dossier, w->now).paused.us, 0);
		assert_int_equal(w->dossier->held_at.us, 0);
		world_free(w);
	}
}

static void what_stops_a_row(void **state)
{
	struct world *w = world_make();
	(void)state;

	incomplete(w);
	assert_false(runs(w, DEADLINE_PIECES_CALL));   /* neither assisted nor elderly */
	text(w, EVENT_FROZEN, "court", "");
	assert_false(runs(w, DEADLINE_PIECES_FIRST));
	assert_false(runs(w, DEADLINE_BREACH_CLOCK));
	text(w, EVENT_UNFROZEN, "", "");
	assert_true(runs(w, DEADLINE_PIECES_FIRST));
	world_free(w);

	w = world_make();
	delivered_to_expert(w);
	assert_false(runs(w, DEADLINE_PARTS_LATE));
	assert_false(runs(w, DEADLINE_UNACCEPTED));
	add(w, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = {.code = MAIL_M13C, .party = PARTY_EXPERT, .mailbox = EXPERTS[0].mailbox, .reason = REASON_DELIVER_REFUSED}});
	assert_true(runs(w, DEADLINE_PARTS_LATE));
	text(w, EVENT_DIED, "", "");
	struct deadline list[DEADLINES];
	for (size_t n = deadline_list(NULL, w->dossier, list); n > 0; n--)
		assert_true(deadline_row(list[n - 1].kind)->always);
	world_free(w);

	w = world_make();
	taken(w);
	assert_false(runs(w, DEADLINE_REPORT_FALLBACK));
	assert_true(runs(w, DEADLINE_UNREAD_CALL));
	reached(w, MAIL_M21);
	assert_false(runs(w, DEADLINE_UNREAD_CALL));
	assert_false(runs(w, DEADLINE_UNREAD_NOTICE));
	assert_false(runs(w, DEADLINE_OVERDUE));
	world_free(w);

	w = world_make();
	asked(w);
	assert_false(runs(w, DEADLINE_EXCHANGE_END));   /* the answer would find it closed */
	text(w, EVENT_QUESTION_ANSWERED, "1", "");
	assert_true(runs(w, DEADLINE_EXCHANGE_END));
	assert_false(runs(w, DEADLINE_QUESTION_WAITS));
	world_free(w);

	w = world_make();
	urgent(w);
	pass(w, SPAN_MINUTES(5));
	reached(w, MAIL_NONE);
	assert_false(runs(w, DEADLINE_URGENT_CALL));
	world_free(w);

	w = world_make();
	cancelled(w);
	add(w, (struct dossier_event){.kind = EVENT_MAIL_PROOF, .mail = {.code = MAIL_M18, .party = PARTY_EXPERT, .mailbox = EXPERTS[0].mailbox, .level = 2}});
	assert_false(runs(w, DEADLINE_ENDED_UNTOLD));
	text(w, EVENT_COMPLAINED, "", "");
	assert_false(runs(w, DEADLINE_ARCHIVE));
	text(w, EVENT_COMPLAINT_SETTLED, "", "");
	assert_true(runs(w, DEADLINE_ARCHIVE));
	assert_false(runs(w, DEADLINE_COMPLAINT_WAITS));
	world_free(w);

	w = world_make();
	erasure(w);
	pass(w, SPAN_DAYS(3));
	text(w, EVENT_ERASURE_ASKED, "", "encore, par lettre");
	is_due(w, DEADLINE_ERASURE_WAITS, "2026-04-01T08:00:00Z");   /* the month is that of the first request */
	text(w, EVENT_ERASURE_ANSWERED, "", "par lettre : gardé vingt ans");
	assert_false(runs(w, DEADLINE_ERASURE_WAITS));
	world_free(w);
}

/* The next expert's silence is counted anew, and reminded of anew. */
static void offers_one_after_another(void **state)
{
	struct world *w = world_make();
	(void)state;

	to_offered(w);
	at_due(w, DEADLINE_OFFER_REMINDER);
	at_due(w, DEADLINE_OFFER_SILENCE);
	assert_true(bytes_equal(w->last.mails[0].to, EXPERTS[1].mailbox));
	is_due(w, DEADLINE_OFFER_REMINDER, "2026-03-04T07:00:00Z");
	is_due(w, DEADLINE_OFFER_SILENCE, "2026-03-04T09:00:00Z");
	/* The due date is still the first one. */
	assert_int_equal(instant_since(w->dossier->complete_at, w->dossier->due_at).us, SPAN_DAYS(7).us);
	send(w, reply_message(w, "deux@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_false(runs(w, DEADLINE_OFFER_SILENCE));
	pass(w, SPAN_DAYS(2));
	assert_int_equal(fire(w, DEADLINE_OFFER_SILENCE), POLICY_IGNORED);
	world_free(w);
}

/* Saturday and Sunday both fall on the Friday: one reminder, and the stand-by is chosen and asked. His silence leaves the first in place, and the next is asked. */
static void the_standby(void **state)
{
	struct world *w = world_make();
	(void)state;

	delivered_to_expert(w);
	at_due(w, DEADLINE_DAY_3);
	at_due(w, DEADLINE_DAY_5);
	assert_string_equal(mails_of(w), "M14 expert");
	assert_true(bytes_equal(w->dossier->standby.rpps, EXPERTS[1].rpps));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M14, "time_left"), BYTES("3 jours")));
	at_due(w, DEADLINE_DAY_6);
	assert_string_equal(mails_of(w), "M10 standby");
	assert_string_equal(events_of(w), "deadline_passed, standby_offered");
	at_due(w, DEADLINE_OFFER_REMINDER);
	assert_string_equal(mails_of(w), "M11 standby");
	w->now = instant_plus(dossier_live_offer(w->dossier)->at, SPAN_HOURS(24));
	assert_int_equal(fire(w, DEADLINE_OFFER_SILENCE), POLICY_APPLIED);
	assert_string_equal(events_of(w), "deadline_passed, offer_expired, standby_offered");
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_true(bytes_equal(dossier_accepted_offer(w->dossier)->rpps, EXPERTS[0].rpps));
	world_free(w);

	w = world_make();
	delivered_to_expert(w);
	w->rules.n_experts = 1;   /* nobody beside him: the alerts come all the same */
	at_due(w, DEADLINE_DAY_6);
	assert_string_equal(events_of(w), "deadline_passed");
	assert_int_equal(w->last.reason, REASON_EXPERT_NONE);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

/* A corrected report has its own fifteen days; what was said of the first does not count for it. */
static void a_correction_begins_anew(void **state)
{
	struct world *w = world_make();
	(void)state;

	read_by_patient(w);
	at_due(w, DEADLINE_EXCHANGE_SOON);
	pass(w, SPAN_HOURS(1));
	send(w, correction_message(w, "Autrement."));
	assert_int_equal(w->dossier->state, DOSSIER_REVISION);
	assert_false(runs(w, DEADLINE_EXCHANGE_END));
	command(w, POLICY_ACT_RELEASE, "", "");
	struct instant from;
	assert_true(deadline_exchange_from(w->dossier, &from));
	assert_int_equal(from.us, calendar_plus_days(CALENDAR_FRANCE, w->now, 10).us);
	assert_true(runs(w, DEADLINE_EXCHANGE_SOON));
	pass(w, SPAN_HOURS(3));
	add(w, (struct dossier_event){.kind = EVENT_REPORT_READ, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}});
	assert_true(deadline_exchange_from(w->dossier, &from));
	assert_int_equal(from.us, w->now.us);
	world_free(w);
}

static void the_addendum_once_a_day(void **state)
{
	struct world *w = world_make();
	(void)state;

	added(w);
	at_due(w, DEADLINE_ADDENDUM);
	assert_int_equal(mail_of(&w->last, MAIL_M13C)->n_documents, 1);
	assert_false(runs(w, DEADLINE_ADDENDUM));
	pass(w, SPAN_HOURS(1));
	send(w, record_message(w, "irm-2", "18755-9", "i2"));
	is_due(w, DEADLINE_ADDENDUM, "2026-03-03T15:00:00Z");   /* a day after the one before, and the time to gather what comes together */
	world_free(w);
}

static void texts(void **state)
{
	struct world *w = world_make();
	(void)state;

	incomplete(w);
	at_due(w, DEADLINE_PIECES_FIRST);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M03, "missing"), BYTES("- Mammographie\n- Compte rendu de RCP")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M03, "close_date"), BYTES("mercredi 1er avril 2026")));
	world_free(w);
	w = world_make();
	to_accepted(w);
	at_due(w, DEADLINE_OVERDUE_PATIENT);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M09, "new_date"), BYTES("jeudi 12 mars 2026")));
	world_free(w);
	w = world_make();
	w->rules.language = "en";
	read_by_patient(w);
	at_due(w, DEADLINE_EXCHANGE_SOON);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M34, "time_left"), BYTES("3 days")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M34, "exchange_until"), BYTES("Friday 20 March 2026")));
	world_free(w);
	/* Who has no mailbox is a nurse's. */
	w = world_make();
	incomplete(w);
	w->log[0].request.mailbox = BYTES_NONE;
	refold(w);
	at_due(w, DEADLINE_PIECES_FIRST);
	assert_int_equal(w->last.n_mails, 0);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

static void settings_are_read(void **state)
{
	static const struct {
		const char *name, *value;
		enum reason reason;
	} cases[] = {
		{"offer_reminder", "6 h", REASON_NONE}, {"offer_reminder", "90 min", REASON_NONE}, {"day_5", "4 d", REASON_NONE}, {"triage_waits", "2 wh", REASON_NONE},
		{"request_waits", "3 wd", REASON_NONE}, {"due_soon", "6 h", REASON_NONE}, {"overdue", "0 min", REASON_NONE}, {"offer_reminder", "default", REASON_NONE},
		{"window.patients", "10:00-18:30", REASON_NONE}, {"window.nurses", "0:00-24:00", REASON_NONE}, {"window.nurses", "default", REASON_NONE},
		{"offer", "6 h", REASON_NOT_FOUND}, {"none", "6 h", REASON_NOT_FOUND}, {"", "6 h", REASON_NOT_FOUND}, {"window.doctors", "8:00-19:00", REASON_NOT_FOUND},
		{"offer_reminder", "", REASON_USAGE}, {"offer_reminder", "6", REASON_USAGE}, {"offer_reminder", "6 ", REASON_USAGE}, {"offer_reminder", "6h", REASON_USAGE},
		{"offer_reminder", "0 h", REASON_USAGE}, {"offer_reminder", "-1 h", REASON_USAGE}, {"offer_reminder", "1 month", REASON_USAGE},
		{"offer_reminder", "36501 d", REASON_USAGE}, {"offer_reminder", "99999999999999999999 h", REASON_USAGE}, {"triage_waits", "5001 wh", REASON_USAGE},
		{"due_soon", "4 wh", REASON_USAGE}, {"hold_ends", "1 wd", REASON_USAGE}, {"overdue", "0 wd", REASON_USAGE},
		{"window.patients", "9:00", REASON_USAGE}, {"window.patients", "20:00-9:00", REASON_USAGE}, {"window.patients", "9:00-9:30", REASON_USAGE},
		{"window.patients", "9:00-24:30", REASON_USAGE}, {"window.patients", "9:0-20:00", REASON_USAGE}, {"window.patients", "9:60-20:00", REASON_USAGE},
		{"window.patients", "9-20", REASON_USAGE}, {"window.patients", "9:00-20:00-21:00", REASON_USAGE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct deadline_settings s = {0}, before = {0};
		if (deadline_settings_set(&s, T(cases[i].name), T(cases[i].value), 3) != cases[i].reason)
			fail_msg("%s = \"%s\"", cases[i].name, cases[i].value);
		if (cases[i].reason != REASON_NONE)
			assert_memory_equal(&s, &before, sizeof s);
	}
}

static void settings_count(void **state)
{
	struct world *w = world_make();
	struct deadline_settings s = {0};
	(void)state;

	w->rules.settings = &s;
	to_offered(w);
	assert_int_equal(deadline_settings_set(&s, BYTES("offer_reminder"), BYTES("2 h"), 3), REASON_NONE);
	assert_int_equal(deadline_settings_set(&s, BYTES("window.professionals"), BYTES("8:00-12:30"), 1), REASON_NONE);
	is_due(w, DEADLINE_OFFER_REMINDER, "2026-03-02T11:00:00Z");
	assert_string_equal(deadline_span_text(w->arena, &s, DEADLINE_OFFER_REMINDER), "2 h");
	assert_string_equal(deadline_span_text(w->arena, NULL, DEADLINE_OFFER_REMINDER), "12 h");
	assert_string_equal(deadline_window_text(w->arena, &s, WINDOW_PROFESSIONALS), "8:00-12:30");
	assert_string_equal(deadline_window_text(w->arena, NULL, WINDOW_PATIENTS), "9:00-20:00");
	at_due(w, DEADLINE_OFFER_REMINDER);
	/* The event tells when it was due and which setting said so. */
	assert_true(bytes_equal(w->last.events[0].text.text, BYTES("2026-03-02T11:00:00.000000Z setting/3")));
	assert_true(bytes_equal(w->last.events[0].text.id, BYTES("offer_reminder")));
	assert_int_equal(deadline_settings_set(&s, BYTES("offer_reminder"), BYTES("default"), 4), REASON_NONE);
	assert_false(s.spans[DEADLINE_OFFER_REMINDER].told);
	/* A shorter span does not bring back what has fired. */
	assert_false(runs(w, DEADLINE_OFFER_REMINDER));
	/* An alert that is set to before its own beginning comes at once, and once. */
	assert_int_equal(deadline_settings_set(&s, BYTES("due_soon"), BYTES("30 d"), 1), REASON_NONE);
	at_due(w, DEADLINE_DUE_SOON);
	assert_false(runs(w, DEADLINE_DUE_SOON));
	world_free(w);
}

/* What holds a message is not a dossier's: the spans are in the same table. */
static void spans_of_messages(void **state)
{
	(void)state;
	assert_int_equal(instant_since(MORNING, deadline_after(NULL, DEADLINE_QUARANTINE_OWNER, MORNING)).us, SPAN_HOURS(4).us);
	assert_int_equal(instant_since(MORNING, deadline_after(NULL, DEADLINE_QUARANTINE_MANAGER, MORNING)).us, SPAN_HOURS(24).us);
	struct world *w = world_make();
	to_accepted(w);
	assert_int_equal(deadline_alerts(w->dossier, DEADLINE_DUE_SOON), ALERT_NURSES | ALERT_MANAGER | ALERT_OPERATOR);   /* the dossier has not reached him */
	proof(w, MAIL_M13, PARTY_EXPERT, 2);
	assert_int_equal(deadline_alerts(w->dossier, DEADLINE_DUE_SOON), ALERT_NURSES | ALERT_MANAGER);
	world_free(w);
}

static void withhold(struct world *w, enum party party)
{
	add(w, (struct dossier_event){.kind = EVENT_CONSENT_CHANGED, .consent = {party, false}});
}

/* A physician waits for a reading that does not come: a person is asked, until he has it, or is not to have it. The machine sends nothing: the
 * consent says "after I have read". */
static void a_physician_who_waits_for_a_reading(void **state)
{
	(void)state;
	struct world *w = world_make();

	unread_for_two(w);
	assert_true(runs(w, DEADLINE_SHARE_DUE));
	at_due(w, DEADLINE_SHARE_DUE);
	assert_string_equal(mails_of(w), "");
	world_free(w);

	w = world_make();
	unread_for_two(w);
	add(w, (struct dossier_event){.kind = EVENT_SHARED, .release = {.version = 1, .to = dossier_party_bit(PARTY_ATTENDING)}});
	assert_true(runs(w, DEADLINE_SHARE_DUE));
	withhold(w, PARTY_FIRST_OPINION);
	assert_false(runs(w, DEADLINE_SHARE_DUE));
	world_free(w);

	/* Read, or heard on the telephone: then it goes by itself. */
	w = world_make();
	unread_for_two(w);
	add(w, (struct dossier_event){.kind = EVENT_REPORT_READ, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}});
	proof(w, MAIL_M21, PARTY_PATIENT, 4);
	assert_false(runs(w, DEADLINE_SHARE_DUE));
	world_free(w);

	/* Whom he chose "when I ask", or "at once", waits for no reading. */
	for (enum share_when when = SHARE_AT_ONCE; when < SHARE_WHENS; when++) {
		w = world_make();
		unread_for_two(w);
		w->log[0].request.attending.when = w->log[0].request.first_opinion.when = when;
		refold(w);
		assert_false(runs(w, DEADLINE_SHARE_DUE));
		world_free(w);
	}
	/* Closed without a reading: the task stays hers. */
	w = world_make();
	unread_for_two(w);
	plain(w, EVENT_CLOSED);
	assert_true(runs(w, DEADLINE_SHARE_DUE));
	world_free(w);
}

/* --- every hour of a year ----------------------------------------------------------------------------- */

static struct dossier begun(struct arena *arena, const struct dossier *triage, struct instant t0, int accepted_after)
{
	struct dossier d = dossier_copy(arena, triage);
	const struct dossier_offer_data offer = {.rpps = EXPERTS[0].rpps, .name = EXPERTS[0].name, .mailbox = EXPERTS[0].mailbox};
	const struct dossier_event events[] = {
		{.kind = EVENT_TRIAGED, .at = t0}, {.kind = EVENT_OFFERED, .at = t0, .offer = offer},
		{.kind = EVENT_OFFER_ACCEPTED, .at = instant_plus(t0, SPAN_HOURS(accepted_after)), .offer = offer},
	};
	for (size_t i = 0; i < (accepted_after < 0 ? 2u : 3u); i++)
		assert_int_equal(dossier_apply(&d, &events[i]), REASON_NONE);
	return d;
}

/* The days' reminders as they fall due, each decided at its time: never two within half a day, nor one to who has just said yes. */
static void remind(struct world *w, const struct dossier *triage, struct instant t0, int accepted_after)
{
	static const enum deadline_kind days[] = {DEADLINE_DAY_3, DEADLINE_DAY_5, DEADLINE_DAY_6};
	struct arena *arena = arena_create(8u << 20);
	struct dossier d = begun(arena, triage, t0, accepted_after);
	struct instant last = instant_plus(t0, SPAN_HOURS(accepted_after)), now = last;
	char at[INSTANT_TEXT];

	for (int round = 0; round < 3; round++) {
		enum deadline_kind next = DEADLINE_NONE;
		struct instant due, first = {INT64_MAX};
		for (size_t i = 0; i < COUNT(days); i++)
			if (deadline_next(NULL, &d, days[i], &due) && instant_before(due, first)) {
				first = due;
				next = days[i];
			}
		if (next == DEADLINE_NONE)
			break;
		now = instant_before(now, first) ? first : now;
		struct policy_decision decision;
		policy_decide_timer(arena, &w->rules, &d, next, now, &decision);
		assert_true(decision.n_events > 0);
		for (size_t i = 0; i < decision.n_mails; i++) {
			instant_write(t0, at);
			if (decision.mails[i].code == MAIL_M14 && instant_since(last, now).us < SPAN_HOURS(12).us)
				fail_msg("begun %s, accepted after %d h: %s reminds %d minutes after the last word", at, accepted_after, deadline_name(next),
					 (int)(instant_since(last, now).us / SPAN_MINUTES(1).us));
			last = decision.mails[i].code == MAIL_M14 ? now : last;
		}
		for (size_t i = 0; i < decision.n_events; i++)
			assert_int_equal(dossier_apply(&d, &decision.events[i]), REASON_NONE);
	}
	arena_destroy(&arena);
}

static void reminders_never_come_together(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_triage(w);
	for (int64_t hours = 0; hours < 24 * 370; hours += 7) {
		static const int accepted[] = {1, 20, 71, 75, 119, 121, 143, 146};
		for (size_t i = 0; i < COUNT(accepted); i++)
			remind(w, w->dossier, instant_plus(MORNING, SPAN_HOURS(hours)), accepted[i]);
	}
	world_free(w);
}

/* Shortened to a day, the third day's reminder of a dossier that was complete on a Saturday comes on Monday, and not before the dossier was complete. */
static void no_alert_comes_before_its_beginning(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct arena *arena = arena_create(4u << 20);
	struct deadline_settings s = {0};
	struct instant t0, at, monday;

	to_triage(w);
	assert_int_equal(deadline_settings_set(&s, BYTES("day_3"), BYTES("1 d"), 1), REASON_NONE);
	assert_true(instant_read(BYTES("2026-03-07T11:00:00Z"), &t0) && instant_read(BYTES("2026-03-09T07:00:00Z"), &monday));
	struct dossier d = begun(arena, w->dossier, t0, 1);
	assert_true(deadline_next(&s, &d, DEADLINE_DAY_3, &at));
	assert_int_equal(at.us, monday.us);
	arena_destroy(&arena);
	world_free(w);
}

/* What says "for 24 hours" is true when it says so; it reaches the nurses in their week, and while it still helps. */
static void nobody_is_called_before_the_time(void **state)
{
	(void)state;
	struct world *w = world_make();
	char text[INSTANT_TEXT];

	to_triage(w);
	for (int64_t hours = 0; hours < 24 * 370; hours += 5) {
		struct arena *arena = arena_create(4u << 20);
		struct instant at, t0 = instant_plus(MORNING, SPAN_HOURS(hours));
		struct dossier d = begun(arena, w->dossier, t0, -1);
		assert_true(deadline_next(NULL, &d, DEADLINE_UNACCEPTED, &at));
		instant_write(t0, text);
		if (instant_since(t0, at).us < SPAN_HOURS(24).us || instant_since(t0, at).us > SPAN_DAYS(6).us)
			fail_msg("begun %s: the alert comes after %d minutes", text, (int)(instant_since(t0, at).us / SPAN_MINUTES(1).us));
		arena_destroy(&arena);
	}
	world_free(w);
}

/* --- what ends a row, and that its span is a setting --- */

static void by_pieces(struct world *w)
{
	text(w, EVENT_PIECES_MISSING, "mammography", "");
}

static void by_all_pieces(struct world *w)
{
	plain(w, EVENT_PIECES_COMPLETE);
}

static void by_comparing(struct world *w)
{
	text(w, EVENT_IDENTITY_CONFIRMED, "compared", "");
}

static void by_triage(struct world *w)
{
	plain(w, EVENT_TRIAGED);
}

static void by_offer(struct world *w)
{
	add(w, (struct dossier_event){.kind = EVENT_OFFERED, .offer = {.rpps = EXPERTS[0].rpps, .name = EXPERTS[0].name, .mailbox = EXPERTS[0].mailbox}});
}

static void by_acceptance(struct world *w)
{
	const struct dossier_offer *live = dossier_live_offer(w->dossier);
	add(w, (struct dossier_event){.kind = EVENT_OFFER_ACCEPTED, .offer = {.rpps = live->rpps, .name = live->name, .mailbox = live->mailbox}});
}

static void by_taking_back(struct world *w)
{
	const struct dossier_offer *holder = dossier_accepted_offer(w->dossier);
	add(w, (struct dossier_event){.kind = EVENT_REASSIGNED, .offer = {.rpps = holder->rpps, .mailbox = holder->mailbox, .why = TAKEN_PERSON}});
}

static void by_arrival_at_expert(struct world *w)
{
	proof(w, MAIL_M13, PARTY_EXPERT, 2);
}

static void by_opinion(struct world *w)
{
	add(w, (struct dossier_event){.kind = EVENT_OPINION_RECEIVED,
				      .opinion = {.rpps = dossier_accepted_offer(w->dossier)->rpps, .digest = BYTES("d9"), .is_signed = true}});
}

static void by_arrival(struct world *w)
{
	proof(w, MAIL_M21, PARTY_PATIENT, 3);
}

static void by_report(struct world *w)
{
	while (w->dossier->state == DOSSIER_ACCEPTED)
		by_opinion(w);
	plain(w, EVENT_OPINION_CHECKED);
	add(w, (struct dossier_event){.kind = EVENT_RELEASED, .release = {.version = 1, .to = 1u << PARTY_PATIENT}});
	by_arrival(w);
}

static void by_check(struct world *w)
{
	plain(w, EVENT_OPINION_CHECKED);
}

static void by_release(struct world *w)
{
	add(w, (struct dossier_event){.kind = EVENT_RELEASED, .release = {.version = w->dossier->n_releases > 0 ? dossier_version(w->dossier) : 1, .to = 1u << PARTY_PATIENT}});
}

static void by_answer_to_more(struct world *w)
{
	text(w, EVENT_MORE_ANSWERED, "answered", "");
}

static void by_going_on(struct world *w)
{
	text(w, EVENT_RESUMED, "", "");
}

static void by_arrival_at_physician(struct world *w)
{
	proof(w, MAIL_M64, PARTY_ATTENDING, 3);
}

static void by_reading(struct world *w)
{
	add(w, (struct dossier_event){.kind = EVENT_REPORT_READ, .mail = {.code = MAIL_M21, .party = PARTY_PATIENT}});
}

static void by_proven_reading(struct world *w)
{
	by_reading(w);
	proof(w, MAIL_M21, PARTY_PATIENT, 4);
}

static void by_answer(struct world *w)
{
	text(w, EVENT_QUESTION_ANSWERED, "all", "");
}

static void by_close(struct world *w)
{
	plain(w, EVENT_CLOSED);
}

static void by_death(struct world *w)
{
	text(w, EVENT_DIED, "", "famille");
}

static void by_archive(struct world *w)
{
	plain(w, EVENT_ARCHIVED);
}

static void by_erasure(struct world *w)
{
	text(w, EVENT_ERASED, "", "ordre");
}

static void by_call(struct world *w)
{
	reached(w, MAIL_NONE);
}

static void by_demand_to_erase(struct world *w)
{
	proof(w, MAIL_M18, PARTY_EXPERT, 2);
}

static void by_settling(struct world *w)
{
	text(w, EVENT_COMPLAINT_SETTLED, "", "");
}

static void by_answering_erasure(struct world *w)
{
	text(w, EVENT_ERASURE_ANSWERED, "", "");
}

static void by_thaw(struct world *w)
{
	text(w, EVENT_UNFROZEN, "", "");
}

static void by_their_end(struct world *w)
{
	text(w, EVENT_REPRESENTATIVE_ENDED, "r1", "");
	text(w, EVENT_REPRESENTATIVE_ENDED, "r2", "");
}

static void by_posting(struct world *w)
{
	add(w, (struct dossier_event){.kind = EVENT_CONTACT_MADE,
				      .contact = {.party = PARTY_PATIENT, .means = CONTACT_LETTER, .result = CONTACT_POSTED, .code = MAIL_M01}});
}

static const struct {
	enum deadline_kind kind;
	void (*end)(struct world *w);
} ends[] = {
	{DEADLINE_REQUEST_WAITS, by_pieces},
	{DEADLINE_IDENTITY_WAITS, by_comparing}, {DEADLINE_IDENTITY_CALL, by_comparing},
	{DEADLINE_PIECES_FIRST, by_all_pieces}, {DEADLINE_PIECES_SECOND, by_all_pieces}, {DEADLINE_PIECES_CALL, by_all_pieces}, {DEADLINE_PIECES_THIRD, by_all_pieces},
	{DEADLINE_PIECES_FOURTH, by_all_pieces}, {DEADLINE_PIECES_EXPIRE, by_all_pieces}, {DEADLINE_TRIAGE_WAITS, by_triage},
	{DEADLINE_OFFER_WAITS, by_offer}, {DEADLINE_NO_EXPERT_MANAGER, by_offer}, {DEADLINE_NO_EXPERT_PATIENT, by_offer},
	{DEADLINE_OFFER_REMINDER, by_acceptance}, {DEADLINE_OFFER_SILENCE, by_acceptance}, {DEADLINE_UNACCEPTED, by_acceptance},
	{DEADLINE_PARTS_LATE, by_arrival_at_expert}, {DEADLINE_ADDENDUM, by_taking_back},
	{DEADLINE_DAY_3, by_opinion}, {DEADLINE_DAY_5, by_opinion}, {DEADLINE_DAY_6, by_opinion},
	{DEADLINE_DUE_SOON, by_report}, {DEADLINE_OVERDUE, by_report}, {DEADLINE_OVERDUE_PATIENT, by_report},
	{DEADLINE_MORE_FIRST, by_answer_to_more}, {DEADLINE_MORE_SECOND, by_answer_to_more}, {DEADLINE_MORE_DECIDE, by_answer_to_more}, {DEADLINE_PAUSE_WAITS, by_going_on},
	{DEADLINE_OPINION_WAITS, by_check}, {DEADLINE_RELEASE_WAITS, by_release},
	{DEADLINE_HOLD_PATIENT, by_release}, {DEADLINE_HOLD_ENDS, by_release}, {DEADLINE_HOLD_OVER, by_release},
	{DEADLINE_REPORT_WARN, by_arrival}, {DEADLINE_REPORT_LATE, by_arrival}, {DEADLINE_REPORT_FALLBACK, by_arrival},
	{DEADLINE_SHARE_LATE, by_arrival_at_physician}, {DEADLINE_SHARE_DUE, by_proven_reading}, {DEADLINE_SHARE_PAPER, by_arrival_at_physician},
	{DEADLINE_UNREAD_NOTICE, by_reading}, {DEADLINE_UNREAD_CALL, by_reading}, {DEADLINE_UNREAD_LETTER, by_reading}, {DEADLINE_UNDELIVERABLE_WAITS, by_release},
	{DEADLINE_QUESTION_WAITS, by_answer}, {DEADLINE_QUESTION_LATE, by_answer}, {DEADLINE_EXCHANGE_SOON, by_close}, {DEADLINE_EXCHANGE_END, by_close},
	{DEADLINE_SIX_MONTHS, by_erasure}, {DEADLINE_ARCHIVE, by_archive}, {DEADLINE_RETENTION, by_erasure}, {DEADLINE_RETENTION_SHORT, by_erasure},
	{DEADLINE_REDIRECT_CALL, by_call}, {DEADLINE_URGENT_CALL, by_call}, {DEADLINE_ENDED_UNTOLD, by_demand_to_erase}, {DEADLINE_DEATH_WAITS, by_archive},
	{DEADLINE_COMPLAINT_WAITS, by_settling}, {DEADLINE_ERASURE_WAITS, by_answering_erasure}, {DEADLINE_FROZEN_WAITS, by_thaw}, {DEADLINE_BREACH_CLOCK, by_thaw},
	{DEADLINE_REPRESENTATIVE_END, by_their_end}, {DEADLINE_REPRESENTATIVE_TOLD, by_death}, {DEADLINE_LETTER_WAITS, by_posting},
};

static const struct row *row_of(enum deadline_kind kind)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].kind == kind)
			return &rows[i];
	return NULL;
}

/* What a row waits for comes a minute before its time: it does not run any more, nor fires at its time. */
static void what_it_waited_for_ends_it(void **state)
{
	bool covered[DEADLINES] = {[DEADLINE_QUARANTINE_OWNER] = true, [DEADLINE_QUARANTINE_MANAGER] = true};
	(void)state;

	for (size_t i = 0; i < COUNT(ends); i++) {
		const struct row *row = row_of(ends[i].kind);
		struct world *w = at_stage(row);
		struct instant due;
		assert_true(deadline_next(NULL, w->dossier, row->kind, &due));
		w->now = instant_before(w->now, due) ? (struct instant){due.us - SPAN_MINUTES(1).us} : w->now;
		ends[i].end(w);
		if (runs(w, row->kind))
			fail_msg("%s still runs", deadline_name(row->kind));
		w->now = instant_plus(due, SPAN_DAYS(1));
		assert_int_equal(fire(w, row->kind), POLICY_IGNORED);
		covered[row->kind] = true;
		world_free(w);
	}
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++)
		if (!covered[k])
			fail_msg("no row tells what ends %s", deadline_name(k));
}

/* Three days more, whatever the unit, so that no window or week-end hides it: later, or earlier where it is counted back, and the event says whose setting it was. */
static void every_span_is_a_setting(void **state)
{
	static const struct {
		const char *name;
		int days_3;
	} units[DEADLINE_UNITS] = {{"min", 4320}, {"h", 72}, {"d", 3}, {"wh", 30}, {"wd", 3}};
	(void)state;

	for (size_t i = 0; i < COUNT(ends); i++) {
		const struct row *row = row_of(ends[i].kind);
		const struct deadline_row *told = deadline_row(row->kind);
		/* The day of a judgment, which nobody sets. */
		if (row->kind == DEADLINE_REPRESENTATIVE_END)
			continue;
		struct world *w = at_stage(row);
		struct deadline_settings s = {0};
		struct instant before, after;
		const char *value = arena_printf(w->arena, "%d %s", told->span.count + units[told->span.unit].days_3, units[told->span.unit].name);
		assert_true(deadline_next(NULL, w->dossier, row->kind, &before));
		assert_int_equal(deadline_settings_set(&s, T(told->name), T(value), 9), REASON_NONE);
		w->rules.settings = &s;
		assert_true(deadline_next(&s, w->dossier, row->kind, &after));
		/* Counted back it may stand before the present: it is due at once then. */
		if (told->back ? !instant_before(after, before) : !instant_before(before, after))
			fail_msg("%s does not move with its setting", told->name);
		w->now = instant_before(w->now, after) ? after : w->now;
		assert_int_equal(fire(w, row->kind), POLICY_APPLIED);
		if (row->kind != DEADLINE_ADDENDUM)
			assert_true(bytes_ends(w->last.events[0].text.text, BYTES(" setting/9")));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row), cmocka_unit_test(the_table), cmocka_unit_test(the_list_is_in_order), cmocka_unit_test(the_patients_zone),
		cmocka_unit_test(asked_of_a_physician), cmocka_unit_test(pauses), cmocka_unit_test(the_promise), cmocka_unit_test(holds),
		cmocka_unit_test(what_stops_a_row), cmocka_unit_test(offers_one_after_another), cmocka_unit_test(the_standby),
		cmocka_unit_test(a_correction_begins_anew), cmocka_unit_test(the_addendum_once_a_day), cmocka_unit_test(texts),
		cmocka_unit_test(settings_are_read), cmocka_unit_test(settings_count), cmocka_unit_test(spans_of_messages),
		cmocka_unit_test(reminders_never_come_together), cmocka_unit_test(nobody_is_called_before_the_time), cmocka_unit_test(no_alert_comes_before_its_beginning),
		cmocka_unit_test(a_physician_who_waits_for_a_reading),
		cmocka_unit_test(what_it_waited_for_ends_it), cmocka_unit_test(every_span_is_a_setting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

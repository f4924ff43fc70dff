/* policy/decide_expert_test.c - a dossier changes hands: delegates, teams, the stand-by, what is given back, taken back and comes too late. */
#include "policy/test_world.h"

#include "policy/decide_step.h"

#define UN "un@experts.exemple.fr"
#define DEUX "deux@experts.exemple.fr"
#define TROIS "trois@experts.exemple.fr"

/* A step as a timer would take it, and stored like one. */
static enum reason step(struct world *w, enum reason (*what)(struct build *))
{
	struct build b = build_begin(w->arena, &w->rules, NULL, w->now);

	b.rule = "test.step/1";
	build_dossier(&b, w->dossier);
	enum reason reason = what(&b);
	if (reason == REASON_NONE)
		build_done(&b, POLICY_APPLIED, b.reason, b.owner);
	else
		build_refuse(&b, reason);
	build_end(&b, &w->last);
	world_store(w);
	return reason;
}

static const struct policy_decision *act(struct world *w, enum policy_act act, const char *id, const char *how, const char *text)
{
	const struct policy_command c = {.act = act, .actor = BYTES("nurse"), .id = T(id), .how = T(how), .text = T(text)};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static const struct policy_decision *says(struct world *w, const char *mailbox, enum policy_word word)
{
	return send(w, reply_message(w, mailbox, word));
}

static const char *to_of(struct world *w, enum mail_code code)
{
	const struct policy_mail *m = mail_of(&w->last, code);
	return m == NULL ? "" : arena_text(w->arena, m->to);
}

/* --- delegates and teams --- */

static const struct bytes SECRETARY[] = {BYTES_OF("secretariat@chu.exemple.fr")};

static struct world *world_with_secretary(void)
{
	struct world *w = world_make();
	struct expert *list = arena_alloc(w->arena, sizeof EXPERTS);

	memcpy(list, EXPERTS, sizeof EXPERTS);
	list[0].delegates = (struct policy_texts){SECRETARY, 1};
	w->rules.experts = list;
	return w;
}

static void a_delegate_answers_an_offer(void **state)
{
	(void)state;
	static const struct {
		enum policy_word word;
		const char *events;
	} rows[] = {
		{POLICY_WORD_ACCEPT, "offer_accepted"},
		{POLICY_WORD_REFUSE, "offer_declined, offered"},
		{POLICY_WORD_ABSENT, "offer_declined, offered"},
		{POLICY_WORD_UNCLEAR, "reply_unclear"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_with_secretary();
		to_offered(w);
		says(w, "Secretariat@chu.exemple.fr", rows[i].word);
		assert_string_equal(events_of(w), rows[i].events);
		assert_true(bytes_equal(w->last.events[0].actor, BYTES("delegate:Secretariat@chu.exemple.fr")));
		if (rows[i].word == POLICY_WORD_ACCEPT)
			assert_string_equal(to_of(w, MAIL_M13), UN);
		world_free(w);
	}
}

static void a_delegate_gives_no_opinion(void **state)
{
	(void)state;
	struct world *w = world_with_secretary();

	to_offered(w);
	send(w, opinion_message(w, "secretariat@chu.exemple.fr", "e1"));
	assert_int_equal(w->last.reason, REASON_REPLY_DELEGATE);
	says(w, UN, POLICY_WORD_ACCEPT);
	pass(w, SPAN_HOURS(1));
	/* Not even one that the expert has signed: it comes from his own mailbox. */
	struct policy_message m = opinion_message(w, "secretariat@chu.exemple.fr", "e1");
	m.signature.email = BYTES("secretariat@chu.exemple.fr");
	send(w, m);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	assert_int_equal(w->last.reason, REASON_REPLY_DELEGATE);
	assert_string_equal(mails_of(w), "M71 sender");
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	/* He tells that the expert is away. */
	struct policy_message away = reply_message(w, "secretariat@chu.exemple.fr", POLICY_WORD_ABSENT);
	away.reply.until = BYTES("2026-03-20");
	send(w, away);
	assert_string_equal(events_of(w), "reassigned, offered");
	world_free(w);
}

static void a_stranger_is_no_delegate(void **state)
{
	(void)state;
	struct world *w = world_with_secretary();

	to_offered(w);
	says(w, "autre@chu.exemple.fr", POLICY_WORD_ACCEPT);
	assert_int_equal(w->last.reason, REASON_REPLY_PARTY);
	/* The second one's delegate he is not. */
	says(w, UN, POLICY_WORD_REFUSE);
	says(w, "secretariat@chu.exemple.fr", POLICY_WORD_ACCEPT);
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	world_free(w);
}

static const struct expert_member MEMBERS[] = {{.rpps = BYTES_OF("805555555555"), .name = BYTES_OF("Dr CINQ"), .fingerprints = ONE("e5")},
					       {.rpps = BYTES_OF("806666666666"), .name = BYTES_OF("Dr SIX"), .fingerprints = ONE("e6")}};

static struct world *world_with_team(void)
{
	struct world *w = world_make();
	struct expert *list = arena_alloc(w->arena, sizeof EXPERTS);

	memcpy(list, EXPERTS, sizeof EXPERTS);
	list[0].rpps = BYTES("rcp-sein");
	list[0].name = BYTES("RCP sein du CHU");
	list[0].members = MEMBERS;
	list[0].n_members = 2;
	w->rules.experts = list;
	return w;
}

/* The mailbox answers, a named person signs. */
static void a_team_gives_an_opinion(void **state)
{
	(void)state;
	struct world *w = world_with_team();

	to_accepted(w);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M07, "expert"), BYTES("RCP sein du CHU")));
	pass(w, SPAN_HOURS(1));
	/* The record's own certificate, left from before, is nobody's. */
	send(w, opinion_message(w, UN, "e1"));
	assert_int_equal(w->last.reason, REASON_OPINION_SIGNER);
	struct policy_message m = opinion_message(w, UN, "e6");
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_NONE};
	send(w, m);
	assert_string_equal(events_of(w), "opinion_unsigned");
	m = opinion_message(w, UN, "e6");
	m.signature.email = BYTES("dr.six@chu.exemple.fr");
	send(w, m);
	assert_string_equal(events_of(w), "opinion_received, opinion_checked");
	assert_true(bytes_equal(w->dossier->opinion.data.signer, BYTES("806666666666")));
	assert_true(bytes_equal(w->dossier->opinion.data.rpps, BYTES("rcp-sein")));
	world_free(w);
}

/* --- the next one --- */

static void two_refusals_are_a_nurses(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	says(w, UN, POLICY_WORD_REFUSE);
	assert_string_equal(events_of(w), "offer_declined, offered");
	says(w, DEUX, POLICY_WORD_REFUSE);
	assert_string_equal(events_of(w), "offer_declined");
	assert_int_equal(w->last.reason, REASON_EXPERT_REFUSED);
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->dossier->state, DOSSIER_COMPLETE);
	/* She has looked. */
	act(w, POLICY_ACT_OFFER, "", "", "");
	assert_string_equal(events_of(w), "offered");
	assert_string_equal(to_of(w, MAIL_M10), TROIS);
	world_free(w);
}

static void silence_and_absence_are_no_refusals(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	says(w, UN, POLICY_WORD_ABSENT);
	assert_string_equal(events_of(w), "offer_declined, offered");
	says(w, DEUX, POLICY_WORD_CONFLICT);
	assert_string_equal(events_of(w), "offer_declined, offered");
	assert_int_equal(dossier_refusals(w->dossier), 0);
	world_free(w);
}

/* --- given back --- */

static void given_back(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum policy_word word;
		const char *until, *events;
		enum taken_back why;
	} rows[] = {
		{"RENDRE", POLICY_WORD_RETURN, "", "reassigned, offered", TAKEN_RETURNED},
		{"CONFLIT", POLICY_WORD_CONFLICT, "", "reassigned, offered", TAKEN_CONFLICT},
		/* Due on the 9th. */
		{"away until after the promise", POLICY_WORD_ABSENT, "2026-03-20", "reassigned, offered", TAKEN_LEAVE},
		{"back on the day itself", POLICY_WORD_ABSENT, "2026-03-08", "reassigned, offered", TAKEN_LEAVE},
		{"back two days before", POLICY_WORD_ABSENT, "2026-03-06", "absence_told", TAKEN_LEAVE},
		{"away, but until when?", POLICY_WORD_ABSENT, "", "", TAKEN_UNSAID},
		{"refuses what he has accepted: a person asks him", POLICY_WORD_REFUSE, "", "", TAKEN_UNSAID},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		struct instant due = w->dossier->due_at;
		struct policy_message m = reply_message(w, UN, rows[i].word);
		m.reply.until = T(rows[i].until);
		send(w, m);
		if (strcmp(events_of(w), rows[i].events) != 0)
			fail_msg("%s: %s", rows[i].what, events_of(w));
		if (strcmp(rows[i].events, "reassigned, offered") == 0) {
			assert_string_equal(mails_of(w), "M18 expert, M08 patient, M10 expert");
			assert_string_equal(to_of(w, MAIL_M18), UN);
			assert_string_equal(to_of(w, MAIL_M10), DEUX);
			assert_int_equal(w->dossier->offers[0].answer, OFFER_ENDED);
			assert_int_equal(w->dossier->offers[0].why, rows[i].why);
			assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
			assert_true(event_closes(&w->last.events[0]));
		} else {
			assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
		}
		assert_int_equal(w->dossier->due_at.us, due.us);
		if (rows[i].events[0] == '\0')
			assert_int_equal(w->last.reason, REASON_REPLY_NOT_AWAITED);
		world_free(w);
	}
}

/* Only his own word makes a row of his calendar. */
static void leave_of_an_event(void **state)
{
	(void)state;
	struct expert_leave leave;
	struct dossier_event e = {.kind = EVENT_OFFER_DECLINED, .at = MORNING, .offer = {.word = POLICY_WORD_ABSENT, .until = BYTES("2026-03-20")}};

	assert_true(event_leave(&e, &leave));
	assert_int_equal(leave.from.us, MORNING.us);
	e.kind = EVENT_OFFER_EXPIRED;
	assert_false(event_leave(&e, &leave));
	e.kind = EVENT_REASSIGNED;
	assert_true(event_leave(&e, &leave));
	/* A refusal that names the days, and one that names none. */
	e.offer.word = POLICY_WORD_REFUSE;
	assert_true(event_leave(&e, &leave));
	e.offer.until = BYTES_NONE;
	assert_false(event_leave(&e, &leave));
}

static void who_gave_it_back_is_refused(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	says(w, UN, POLICY_WORD_RETURN);
	pass(w, SPAN_HOURS(1));
	send(w, opinion_message(w, UN, "e1"));
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	assert_int_equal(w->last.reason, REASON_EXPERT_CLOSED);
	assert_string_equal(mails_of(w), "M71 sender");
	assert_int_equal(w->dossier->n_late_opinions, 0);
	world_free(w);
}

/* --- a person --- */

static void assigned_by_a_person(void **state)
{
	(void)state;
	static const struct expert_leave away = {{0}, {INT64_MAX}};
	struct world *w = world_make();
	struct expert *list = arena_alloc(w->arena, sizeof EXPERTS);

	memcpy(list, EXPERTS, sizeof EXPERTS);
	w->rules.experts = list;
	to_offered(w);
	act(w, POLICY_ACT_ASSIGN, "809999999999", "", "");
	assert_int_equal(w->last.reason, REASON_NOT_FOUND);
	act(w, POLICY_ACT_ASSIGN, "801111111111", "", "");
	assert_int_equal(w->last.reason, REASON_EXPERT_ASKED);
	list[1].leave = &away;
	list[1].n_leave = 1;
	act(w, POLICY_ACT_ASSIGN, "802222222222", "", "");
	assert_int_equal(w->last.reason, REASON_EXPERT_AWAY);
	list[1].n_leave = 0;
	list[1].week = 7;
	act(w, POLICY_ACT_ASSIGN, "802222222222", "", "");
	assert_string_equal(events_of(w), "offer_expired, offered");
	assert_int_equal(w->last.events[0].offer.why, TAKEN_PERSON);
	assert_string_equal(to_of(w, MAIL_M10), DEUX);
	/* Who was asked before may be asked again by a person. */
	act(w, POLICY_ACT_ASSIGN, "01111111111", "", "");
	assert_string_equal(to_of(w, MAIL_M10), UN);
	says(w, UN, POLICY_WORD_CONFLICT);
	act(w, POLICY_ACT_ASSIGN, "801111111111", "", "");
	assert_int_equal(w->last.reason, REASON_EXPERT_CONFLICT);
	world_free(w);
}

static void reassigned_by_a_person(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	act(w, POLICY_ACT_REASSIGN, "", "boredom", "");
	assert_int_equal(w->last.reason, REASON_USAGE);
	act(w, POLICY_ACT_ASSIGN, "803333333333", "", "");
	assert_int_equal(w->last.reason, REASON_DOSSIER_ORDER);
	act(w, POLICY_ACT_REASSIGN, "801111111111", "silence", "");
	assert_int_equal(w->last.reason, REASON_DOSSIER_ORDER);
	act(w, POLICY_ACT_REASSIGN, "803333333333", "silence", "appelé deux fois");
	assert_string_equal(events_of(w), "reassigned, offered");
	assert_string_equal(mails_of(w), "M18 expert, M08 patient, M10 expert");
	assert_string_equal(to_of(w, MAIL_M18), UN);
	assert_string_equal(to_of(w, MAIL_M10), TROIS);
	assert_true(bytes_equal(w->last.events[0].offer.text, BYTES("appelé deux fois")));
	assert_int_equal(w->dossier->offers[0].why, TAKEN_SILENCE);
	assert_false(event_closes(&w->last.events[0]));
	world_free(w);
}

/* Nothing goes to a mailbox that is not there any more. */
static void a_mailbox_that_ended(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	act(w, POLICY_ACT_REASSIGN, "", "mailbox", "");
	assert_string_equal(mails_of(w), "M08 patient, M10 expert");
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
}

/* --- conflict that comes to light --- */

static struct policy_message record_by(struct world *w, const char *id, const char *author)
{
	struct policy_author *who = arena_alloc(w->arena, sizeof *who);
	struct policy_message m = record_message(w, id, "11502-2", id);

	*who = (struct policy_author){.id = T(author), .name = BYTES("Pr")};
	struct policy_document *d = arena_alloc(w->arena, sizeof *d);
	*d = m.documents[0];
	d->authors = who;
	d->n_authors = 1;
	m.documents = d;
	return m;
}

static void a_conflict_that_comes_to_light(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	send(w, record_by(w, "late-1", "801111111111"));
	assert_string_equal(events_of(w), "document_filed, offer_expired, offered");
	assert_string_equal(to_of(w, MAIL_M10), DEUX);
	says(w, DEUX, POLICY_WORD_ACCEPT);
	send(w, record_by(w, "late-2", "807777777777"));
	assert_string_equal(events_of(w), "document_filed");
	send(w, record_by(w, "late-3", "802222222222"));
	assert_string_equal(events_of(w), "document_filed, reassigned, offered");
	assert_string_equal(to_of(w, MAIL_M18), DEUX);
	assert_string_equal(to_of(w, MAIL_M10), TROIS);
	assert_int_equal(w->dossier->offers[1].why, TAKEN_CONFLICT);
	world_free(w);
}

/* --- the stand-by, and the late first opinion --- */

static struct world *to_standby(void)
{
	struct world *w = world_make();

	to_accepted(w);
	pass(w, SPAN_DAYS(5));
	assert_int_equal(step(w, step_standby_choose), REASON_NONE);
	assert_string_equal(events_of(w), "standby_chosen");
	assert_int_equal(w->last.n_mails, 0);
	pass(w, SPAN_DAYS(1));
	assert_int_equal(step(w, step_standby_offer), REASON_NONE);
	assert_string_equal(events_of(w), "standby_offered");
	assert_string_equal(mails_of(w), "M10 standby");
	assert_string_equal(to_of(w, MAIL_M10), DEUX);
	return w;
}

static struct policy_message standby_says(struct world *w, const char *mailbox, enum policy_word word)
{
	struct policy_message m = reply_message(w, mailbox, word);
	m.party = PARTY_STANDBY;
	return m;
}

/* Who was prepared may have gone on leave since. */
static void the_prepared_one_is_looked_at_again(void **state)
{
	(void)state;
	static const struct expert_leave away = {{0}, {INT64_MAX}};
	struct world *w = world_make();
	struct expert *list = arena_alloc(w->arena, sizeof EXPERTS);

	memcpy(list, EXPERTS, sizeof EXPERTS);
	w->rules.experts = list;
	to_accepted(w);
	assert_int_equal(step(w, step_standby_choose), REASON_NONE);
	assert_true(bytes_equal(w->dossier->standby.rpps, EXPERTS[1].rpps));
	list[1].leave = &away;
	list[1].n_leave = 1;
	assert_int_equal(step(w, step_standby_offer), REASON_NONE);
	assert_string_equal(to_of(w, MAIL_M10), TROIS);
	assert_int_equal(step(w, step_standby_offer), REASON_DOSSIER_ORDER);
	world_free(w);
}

static void the_stand_by_takes_over(void **state)
{
	(void)state;
	struct world *w = to_standby();
	struct instant due = w->dossier->due_at;

	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	assert_string_equal(events_of(w), "offer_accepted");
	assert_string_equal(mails_of(w), "M18 expert, M08 patient, M07 patient, M13 expert");
	assert_string_equal(to_of(w, MAIL_M18), UN);
	assert_string_equal(to_of(w, MAIL_M13), DEUX);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M07, "expert"), BYTES("Pr DEUX")));
	assert_int_equal(w->dossier->offers[0].why, TAKEN_STANDBY);
	assert_int_equal(w->dossier->due_at.us, due.us);
	/* The first has no say any more, but for his opinion. */
	says(w, UN, POLICY_WORD_ACCEPT);
	assert_int_equal(w->last.reason, REASON_EXPERT_CLOSED);
	pass(w, SPAN_HOURS(1));
	send(w, opinion_message(w, DEUX, "e2"));
	assert_string_equal(events_of(w), "opinion_received, opinion_checked");
	world_free(w);
}

static void the_first_answers_first(void **state)
{
	(void)state;
	struct world *w = to_standby();

	send(w, opinion_message(w, UN, "e1"));
	assert_string_equal(events_of(w), "opinion_received, offer_expired, opinion_checked");
	assert_string_equal(mails_of(w), "M18 standby");
	assert_string_equal(to_of(w, MAIL_M18), DEUX);
	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	assert_int_equal(w->last.reason, REASON_REPLY_NOT_AWAITED);
	world_free(w);
}

/* Half an opinion does not end the search: the patient still waits. */
static void half_an_opinion_keeps_the_stand_by(void **state)
{
	(void)state;
	struct world *w = to_standby();
	struct policy_message m = opinion_message(w, UN, "e1");

	m.form.summary = BYTES_NONE;
	send(w, m);
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_string_equal(to_of(w, MAIL_M15), UN);
	assert_non_null(dossier_live_offer(w->dossier));
	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	assert_string_equal(events_of(w), "offer_accepted");
	/* What the first had written is not for the second to complete. */
	assert_int_equal(w->dossier->draft.n_mails, 0);
	pass(w, SPAN_HOURS(1));
	struct policy_message rest = opinion_message(w, DEUX, "e2");
	rest.form.opinion = BYTES_NONE;
	send(w, rest);
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	world_free(w);
}

static void the_stand_by_declines(void **state)
{
	(void)state;
	struct world *w = to_standby();

	send(w, standby_says(w, DEUX, POLICY_WORD_REFUSE));
	assert_string_equal(events_of(w), "offer_declined, standby_offered");
	assert_string_equal(to_of(w, MAIL_M10), TROIS);
	send(w, standby_says(w, TROIS, POLICY_WORD_ABSENT));
	assert_string_equal(events_of(w), "offer_declined");
	assert_int_equal(w->last.reason, REASON_EXPERT_NONE);
	assert_string_equal(w->last.owner, "nurses");
	assert_true(bytes_equal(dossier_accepted_offer(w->dossier)->rpps, EXPERTS[0].rpps));
	world_free(w);
}

/* He was asked already: the offer becomes one for the dossier itself. */
static void the_first_gives_back_while_the_stand_by_is_asked(void **state)
{
	(void)state;
	struct world *w = to_standby();

	says(w, UN, POLICY_WORD_RETURN);
	assert_string_equal(events_of(w), "offer_expired, reassigned, offered");
	assert_string_equal(mails_of(w), "M18 expert, M08 patient");
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	assert_true(bytes_equal(dossier_live_offer(w->dossier)->rpps, EXPERTS[1].rpps));
	/* His answer to the mail that he has. */
	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	assert_string_equal(events_of(w), "offer_accepted");
	assert_string_equal(mails_of(w), "M07 patient, M13 expert");
	world_free(w);
}

static void a_late_first_opinion(void **state)
{
	(void)state;
	struct world *w = to_standby();

	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	pass(w, SPAN_HOURS(1));
	/* Another's signature makes no evidence. */
	send(w, opinion_message(w, UN, "e2"));
	assert_int_equal(w->last.reason, REASON_OPINION_SIGNER);
	assert_int_equal(w->dossier->n_late_opinions, 0);
	send(w, opinion_message(w, UN, "e1"));
	assert_string_equal(events_of(w), "opinion_late");
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_OPINION_LATE);
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_false(w->dossier->opinion.present);
	struct dossier before = *w->dossier;
	/* A nurse takes it: the second is told to delete. */
	act(w, POLICY_ACT_TAKE, "", "", "le premier avis est complet");
	assert_string_equal(events_of(w), "reassigned, offered, offer_accepted, opinion_received, opinion_checked");
	assert_string_equal(mails_of(w), "M18 expert");
	assert_string_equal(to_of(w, MAIL_M18), DEUX);
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	assert_true(bytes_equal(dossier_accepted_offer(w->dossier)->rpps, EXPERTS[0].rpps));
	assert_int_equal(w->dossier->opinion.inbox, before.late_opinions[0].inbox);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(to_of(w, MAIL_M16), UN);
	world_free(w);
}

static void not_when_the_second_has_answered(void **state)
{
	(void)state;
	struct world *w = to_standby();

	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	pass(w, SPAN_HOURS(1));
	act(w, POLICY_ACT_TAKE, "", "", "");
	assert_int_equal(w->last.reason, REASON_NOT_FOUND);
	send(w, opinion_message(w, UN, "e1"));
	send(w, opinion_message(w, DEUX, "e2"));
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	act(w, POLICY_ACT_TAKE, "", "", "");
	assert_int_equal(w->last.reason, REASON_DOSSIER_ORDER);
	assert_true(bytes_equal(w->dossier->opinion.data.rpps, EXPERTS[1].rpps));
	/* One that comes after the second's is evidence all the same. */
	pass(w, SPAN_HOURS(1));
	struct policy_message again = opinion_message(w, UN, "e1");
	again.form.summary = BYTES("Autrement dit.");
	send(w, again);
	assert_string_equal(events_of(w), "opinion_late");
	world_free(w);
}

/* What is incomplete goes back to who wrote it, who holds the dossier again. */
static void a_late_opinion_that_lacks_something(void **state)
{
	(void)state;
	struct world *w = to_standby();

	send(w, standby_says(w, DEUX, POLICY_WORD_ACCEPT));
	pass(w, SPAN_HOURS(1));
	struct policy_message m = opinion_message(w, UN, "e1");
	m.form.summary = BYTES_NONE;
	send(w, m);
	act(w, POLICY_ACT_TAKE, "", "", "");
	assert_string_equal(events_of(w), "reassigned, offered, offer_accepted, opinion_received, opinion_returned");
	assert_string_equal(to_of(w, MAIL_M15), UN);
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	world_free(w);
}

/* After silence the door stays open for an opinion, and an offer to the next does not close it. */
static void late_after_silence(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	act(w, POLICY_ACT_REASSIGN, "", "silence", "");
	pass(w, SPAN_HOURS(1));
	send(w, opinion_message(w, UN, "e1"));
	assert_string_equal(events_of(w), "opinion_late");
	act(w, POLICY_ACT_TAKE, "", "", "");
	assert_string_equal(events_of(w), "offer_expired, offered, offer_accepted, opinion_received, opinion_checked");
	world_free(w);
}

/* He had written late, had the dossier once more, and told of a conflict: nobody overrules that, not even with his own opinion in hand. */
static void not_of_one_in_conflict(void **state)
{
	(void)state;
	for (int registered = 0; registered < 2; registered++) {
		struct world *w = world_make();
		to_accepted(w);
		act(w, POLICY_ACT_REASSIGN, "", "silence", "");
		pass(w, SPAN_HOURS(1));
		send(w, opinion_message(w, UN, "e1"));
		act(w, POLICY_ACT_ASSIGN, "801111111111", "", "");
		send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
		says(w, UN, POLICY_WORD_CONFLICT);
		if (!registered) {
			w->rules.experts = &EXPERTS[1];
			w->rules.n_experts = 1;
		}
		act(w, POLICY_ACT_TAKE, "", "", "");
		assert_int_equal(w->last.outcome, POLICY_REFUSED);
		assert_int_equal(w->last.reason, REASON_EXPERT_CONFLICT);
		world_free(w);
	}
}

/* By when he is to answer, and the day on which the patient has to decide: both he needs before he says yes. */
static void the_offer_says_by_when(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_answer answers[COUNT(REQUEST_ANSWERS) + 1];
	struct policy_message m = request_message(w);

	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("decision.date"), .text = BYTES(""), .value = BYTES("2026-04-13")};
	m.answers = answers;
	m.n_answers = COUNT(answers);
	send(w, m);
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "offer_until"), BYTES("mar. 3/03, 10\u00a0h")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "decision_date"), BYTES("lundi 13 avril 2026")));
	pass(w, SPAN_HOURS(13));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_OFFER_REMINDER, w->now, &w->last);
	world_store(w);
	assert_int_equal(w->last.n_mails, 0);   /* at night */
	pass(w, SPAN_HOURS(10));
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_OFFER_REMINDER, w->now, &w->last);
	world_store(w);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M11, "offer_until"), BYTES("mar. 3/03, 10\u00a0h")));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_delegate_answers_an_offer), cmocka_unit_test(a_delegate_gives_no_opinion), cmocka_unit_test(a_stranger_is_no_delegate),
		cmocka_unit_test(a_team_gives_an_opinion), cmocka_unit_test(two_refusals_are_a_nurses), cmocka_unit_test(silence_and_absence_are_no_refusals),
		cmocka_unit_test(given_back), cmocka_unit_test(leave_of_an_event), cmocka_unit_test(who_gave_it_back_is_refused),
		cmocka_unit_test(assigned_by_a_person), cmocka_unit_test(reassigned_by_a_person), cmocka_unit_test(a_mailbox_that_ended),
		cmocka_unit_test(a_conflict_that_comes_to_light), cmocka_unit_test(the_prepared_one_is_looked_at_again), cmocka_unit_test(the_stand_by_takes_over),
		cmocka_unit_test(the_first_answers_first), cmocka_unit_test(half_an_opinion_keeps_the_stand_by), cmocka_unit_test(the_stand_by_declines),
		cmocka_unit_test(the_first_gives_back_while_the_stand_by_is_asked), cmocka_unit_test(a_late_first_opinion),
		cmocka_unit_test(not_when_the_second_has_answered), cmocka_unit_test(a_late_opinion_that_lacks_something), cmocka_unit_test(late_after_silence),
		cmocka_unit_test(the_offer_says_by_when), cmocka_unit_test(not_of_one_in_conflict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

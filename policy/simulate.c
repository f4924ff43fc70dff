/* policy/simulate.c - the run: take what happens next, have it decided, plan what people will do about it. */
#include "policy/simulate.h"

#include <string.h>

#include "policy/simulate_run.h"

enum { DOSSIER_MEMORY = 64 * 1024 * 1024, OFFER_TRIES = 10, TEXT_ROOM = 32 };

/* --- what the shell counts of experts --------------------------------------------------- */

static size_t expert_number(const struct simulate_run *run, struct bytes rpps)
{
	for (size_t i = 0; i < run->rules.n_experts; i++)
		if (bytes_equal(run->experts[i].rpps, rpps))
			return i;
	return SIZE_MAX;
}

static void count_holder(struct simulate_run *run, struct simulate_dossier *d)
{
	const struct dossier_offer *live = dossier_live_offer(d->dossier), *offer = live != NULL ? live : dossier_accepted_offer(d->dossier);
	bool open = !dossier_is_over(d->dossier->state) && offer != NULL;

	if (d->expert != SIZE_MAX) {
		run->experts[d->expert].load--;
		run->experts[d->expert].asked -= d->asked;
	}
	d->expert = open ? expert_number(run, offer->rpps) : SIZE_MAX;
	d->asked = d->expert != SIZE_MAX && live != NULL;
	if (d->expert != SIZE_MAX) {
		run->experts[d->expert].load++;
		run->experts[d->expert].asked += d->asked;
	}
}

static void count_acceptance(struct simulate_run *run, size_t expert)
{
	struct simulate_tally *t = &run->tallies[expert];

	if (t->n_accepted == t->room_accepted) {
		t->room_accepted = t->room_accepted == 0 ? 16 : t->room_accepted * 2;
		struct instant *larger = arena_alloc(run->arena, t->room_accepted * sizeof *larger);
		if (t->n_accepted > 0)
			memcpy(larger, t->accepted, t->n_accepted * sizeof *larger);
		t->accepted = larger;
	}
	t->accepted[t->n_accepted++] = run->now;
}

static void count_weeks(struct simulate_run *run)
{
	for (size_t i = 0; i < run->rules.n_experts; i++) {
		struct simulate_tally *t = &run->tallies[i];
		while (t->first < t->n_accepted && instant_since(t->accepted[t->first], run->now).us >= EXPERT_WEEK.us)
			t->first++;
		run->experts[i].week = (unsigned)(t->n_accepted - t->first);
	}
}

static void count_expert_event(struct simulate_run *run, const struct dossier_event *e)
{
	size_t expert = dossier_event_data(e->kind) == EVENT_DATA_OFFER ? expert_number(run, e->offer.rpps) : SIZE_MAX;

	if (expert == SIZE_MAX)
		return;
	struct simulate_expert_result *r = &run->tallies[expert].result;
	r->offers += e->kind == EVENT_OFFERED || e->kind == EVENT_STANDBY_OFFERED;
	r->accepted += e->kind == EVENT_OFFER_ACCEPTED;
	r->declined += e->kind == EVENT_OFFER_DECLINED;
	r->silent += e->kind == EVENT_OFFER_EXPIRED;
	if (e->kind == EVENT_OFFERED || e->kind == EVENT_STANDBY_OFFERED)
		run->experts[expert].offered_at = run->now;
	if (e->kind == EVENT_OFFER_ACCEPTED)
		count_acceptance(run, expert);
}

/* --- what people do about it --------------------------------------------------------------- */

static uint64_t number_of(const struct simulate_run *run, const struct simulate_dossier *d)
{
	return (uint64_t)(d - run->dossiers);
}

static uint32_t draw(const struct simulate_run *run, const struct simulate_dossier *d, enum simulate_matter matter, uint64_t nth)
{
	return simulate_draw(run->population->seed, number_of(run, d), matter, nth);
}

static bool share(const struct simulate_run *run, const struct simulate_dossier *d, enum simulate_matter matter, uint64_t nth, unsigned thousandths)
{
	return simulate_share(run->population->seed, number_of(run, d), matter, nth, thousandths);
}

static void plan(struct simulate_run *run, const struct simulate_dossier *d, struct span after, struct simulate_item item)
{
	item.dossier = (uint32_t)number_of(run, d);
	item.at = instant_plus(run->now, after);
	simulate_push(&run->queue, item);
}

static const struct simulate_expert *person(const struct simulate_run *run, size_t expert)
{
	return &run->population->experts[expert];
}

/* Each expert does with each dossier what he would do with it whenever he is asked. */
static void plan_offer(struct simulate_run *run, const struct simulate_dossier *d)
{
	const struct dossier_offer *live = dossier_live_offer(d->dossier);
	size_t expert = live == NULL ? SIZE_MAX : expert_number(run, live->rpps);

	if (expert == SIZE_MAX || share(run, d, MATTER_YES, 2 * expert, person(run, expert)->silent))
		return;
	struct span after = simulate_span(&person(run, expert)->answer, draw(run, d, MATTER_ANSWER, expert));
	bool first = d->plan.answer.us >= 0 && d->dossier->n_offers == 1;
	plan(run, d, first ? d->plan.answer : after, (struct simulate_item){.kind = ITEM_OFFER, .offer = d->dossier->n_offers - 1});
}

static size_t offer_number(const struct dossier *d, const struct dossier_offer *offer)
{
	return (size_t)(offer - d->offers);
}

/* What is to be completed is sent after a quarter of the time. */
static void plan_opinion(struct simulate_run *run, const struct simulate_dossier *d, bool again)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d->dossier);
	size_t expert = holder == NULL ? SIZE_MAX : expert_number(run, holder->rpps);

	if (expert == SIZE_MAX)
		return;
	struct span after = d->plan.opinion.us >= 0 ? d->plan.opinion : simulate_span(&person(run, expert)->opinion, draw(run, d, MATTER_OPINION, expert));
	struct simulate_item item = {.kind = ITEM_OPINION, .offer = offer_number(d->dossier, holder), .again = again};
	if (again)
		after.us /= 4;
	if (!again && !d->plan.told && share(run, d, MATTER_MORE, expert, person(run, expert)->more)) {
		item.kind = ITEM_MORE;
		after.us /= 2;
	}
	plan(run, d, after, item);
}

static bool bounces(const struct simulate_run *run, const struct simulate_dossier *d, const struct policy_mail *m, size_t nth)
{
	return m->party == PARTY_PATIENT && (!d->plan.mailbox || (!d->plan.told && share(run, d, MATTER_BOUNCE, nth, run->population->patients.bounces)));
}

/* What becomes of it at the recipient's operator, some minutes later. */
static void plan_outcome(struct simulate_run *run, const struct simulate_dossier *d, const struct policy_mail *m)
{
	struct policy_delivery *outcome = arena_alloc(d->arena, sizeof *outcome);
	size_t nth = (size_t)d->dossier->seq * 16 + (size_t)m->code % 16;

	*outcome = (struct policy_delivery){.code = m->code, .party = m->party, .mailbox = m->to, .accepted = !bounces(run, d, m, nth)};
	outcome->reason = outcome->accepted ? REASON_NONE : REASON_DELIVER_REFUSED;
	struct span after = SPAN_SECONDS(10 + draw(run, d, MATTER_TRANSPORT, nth) * 230 / 1000000);
	plan(run, d, after, (struct simulate_item){.kind = ITEM_OUTCOME, .mail = outcome});
}

static bool reminds(enum mail_code code)
{
	return code == MAIL_M03 || code == MAIL_M11 || code == MAIL_M14 || code == MAIL_M22;
}

static void plan_mail(struct simulate_run *run, const struct simulate_dossier *d, const struct policy_mail *m)
{
	run->result->mails[m->code]++;
	run->result->reminders += reminds(m->code);
	if (m->party == PARTY_SENDER)
		return;
	plan_outcome(run, d, m);
	if (m->code == MAIL_M10)
		plan_offer(run, d);
	else if (m->code == MAIL_M13)
		plan_opinion(run, d, false);
	else if (m->code == MAIL_M15)
		plan_opinion(run, d, true);
	else if (m->code == MAIL_M30)
		plan(run, d, simulate_span(&run->population->experts[0].answer, draw(run, d, MATTER_ANSWER, SIZE_MAX)), (struct simulate_item){.kind = ITEM_ANSWER});
}

/* Nobody is there, or two have said no and a person looks before a third is asked. */
static bool waits_for_expert(enum dossier_state s)
{
	return s == DOSSIER_NO_EXPERT || s == DOSSIER_COMPLETE || s == DOSSIER_REASSIGNED;
}

/* The nurses see it in their list as long as it stands there; how long each thing takes is counted in their hours. */
static void plan_nurse(struct simulate_run *run, const struct simulate_dossier *d)
{
	const struct simulate_nurses *n = &run->population->nurses;
	enum dossier_state s = d->state;
	struct span after;

	if (s == DOSSIER_TRIAGE)
		after = d->plan.triage.us >= 0 ? d->plan.triage : simulate_span(&n->triage, draw(run, d, MATTER_TRIAGE, 0));
	else if (s == DOSSIER_CHECKED || s == DOSSIER_REVISION)
		after = d->plan.check.us >= 0 ? d->plan.check : simulate_span(&n->check, draw(run, d, MATTER_CHECK, d->stay));
	else if (s == DOSSIER_HOLD || s == DOSSIER_UNDELIVERABLE || s == DOSSIER_IDENTITY || waits_for_expert(s))
		after = simulate_span(&n->other, draw(run, d, MATTER_OTHER, d->stay + d->tries));
	else
		return;
	bool told = d->plan.told && !waits_for_expert(s) && (s == DOSSIER_TRIAGE ? d->plan.triage.us : d->plan.check.us) >= 0;
	struct instant at = told ? instant_plus(run->now, after) : calendar_plus_working(CALENDAR_FRANCE, &calendar_nurses, run->now, after);
	plan(run, d, instant_since(run->now, at), (struct simulate_item){.kind = ITEM_NURSE, .stay = d->stay});
}

static void plan_timer(struct simulate_run *run, const struct simulate_dossier *d)
{
	struct deadline due[DEADLINES];

	if (deadline_list(run->rules.settings, d->dossier, due) == 0)
		return;
	struct span after = instant_since(run->now, due[0].at);
	plan(run, d, after.us < 0 ? (struct span){0} : after, (struct simulate_item){.kind = ITEM_TIMER});
}

/* --- a decision ------------------------------------------------------------------------------- */

static void move(struct simulate_run *run, struct simulate_dossier *d, enum dossier_state to)
{
	struct span stay = instant_since(d->since, run->now);

	if (to == d->state)
		return;
	d->spent[d->state].us += stay.us;
	d->passed[to] = true;
	d->state = to;
	d->since = run->now;
	d->stay++;
	d->tries = 0;
	plan_nurse(run, d);
}

/* States that the decision passed through took no time, but were passed. */
static void note_event(struct simulate_run *run, struct simulate_dossier *d, const struct dossier_event *e)
{
	count_expert_event(run, e);
	run->result->events++;
	if (e->kind == EVENT_TRIAGED)
		d->complete_at = run->now;
	if (e->kind == EVENT_OFFER_ACCEPTED && d->accepted_at.us == 0)
		d->accepted_at = run->now;
	if (e->kind == EVENT_EXPERT_NONE)
		d->passed[DOSSIER_NO_EXPERT] = true;
	if (e->kind == EVENT_RELEASED && d->released_at.us == 0)
		d->released_at = run->now;
	if (e->kind == EVENT_OPINION_CHECKED && d->expert != SIZE_MAX)
		run->tallies[d->expert].result.opinions++;
}

/* It is over, and nothing more is looked at: its memory goes. */
static void put_away(struct simulate_dossier *d)
{
	d->dossier = NULL;
	arena_destroy(&d->arena);
}

static void settle(struct simulate_run *run, struct simulate_dossier *d, const struct policy_decision *decision)
{
	run->result->decisions++;
	if (decision->after == NULL)
		return;
	struct dossier *after = arena_alloc(d->arena, sizeof *after);
	*after = *decision->after;
	after->id = (int64_t)number_of(run, d) + 1;
	after->reference = bytes_of_text(arena_printf(d->arena, "A-SIM-%06zu", (size_t)number_of(run, d) + 1));
	d->dossier = after;
	for (size_t i = 0; i < decision->n_events; i++)
		note_event(run, d, &decision->events[i]);
	count_holder(run, d);
	move(run, d, after->state);
	for (size_t i = 0; i < decision->n_mails; i++)
		plan_mail(run, d, &decision->mails[i]);
	if (dossier_is_over(after->state))
		put_away(d);
	else
		plan_timer(run, d);
}

static void send(struct simulate_run *run, struct simulate_dossier *d, struct policy_message m)
{
	struct policy_decision decision;
	const struct dossier *of = m.party != PARTY_NONE || m.report != NULL ? d->dossier : NULL;

	count_weeks(run);
	policy_decide_message(d->arena, &run->rules, of, &d->dossier, d->dossier != NULL, &m, run->now, &decision);
	settle(run, d, &decision);
}

static bool act(struct simulate_run *run, struct simulate_dossier *d, struct policy_command command)
{
	struct policy_decision decision;

	command.actor = BYTES("simulation");
	count_weeks(run);
	policy_decide_command(d->arena, &run->rules, d->dossier, &command, run->now, &decision);
	bool done = decision.outcome == POLICY_APPLIED;
	run->result->acts++;
	settle(run, d, &decision);
	return done;
}

/* --- what happens --------------------------------------------------------------------------------- */

static void arrive(struct simulate_run *run, struct simulate_dossier *d)
{
	d->arena = arena_create(DOSSIER_MEMORY);
	d->state = DOSSIER_NEW;
	d->since = run->now;
	d->expert = SIZE_MAX;
	run->result->requests++;
	send(run, d, simulate_request(run, d));
	if (d->dossier != NULL && d->plan.missing > 0 && !d->plan.never)
		plan(run, d, d->plan.pieces, (struct simulate_item){.kind = ITEM_PIECES});
}

/* The letter is the other way that always exists. */
static void deliver_otherwise(struct simulate_run *run, struct simulate_dossier *d)
{
	const struct policy_command letter = {.act = POLICY_ACT_CONTACT, .party = PARTY_PATIENT, .id = BYTES("letter"), .how = BYTES("posted"),
					      .mail = BYTES("M21"), .text = BYTES("recommandé")};

	if (d->arrived_at.us == 0 && act(run, d, letter))
		d->arrived_at = run->now;
}

/* Asked again each working day; at last the patient is told that there is nobody. */
static void find_expert(struct simulate_run *run, struct simulate_dossier *d)
{
	if (act(run, d, (struct policy_command){.act = POLICY_ACT_OFFER}))
		return;
	if (++d->tries >= OFFER_TRIES) {
		act(run, d, (struct policy_command){.act = POLICY_ACT_CANCEL, .text = BYTES("pas d'expert")});
		return;
	}
	struct instant at = calendar_plus_working_days(CALENDAR_FRANCE, run->now, 1);
	plan(run, d, instant_since(run->now, at), (struct simulate_item){.kind = ITEM_NURSE, .stay = d->stay});
}

static void nurse(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	if (item->stay != d->stay)
		return;
	if (d->state == DOSSIER_TRIAGE)
		act(run, d, (struct policy_command){.act = POLICY_ACT_TRIAGE});
	else if (d->state == DOSSIER_CHECKED || d->state == DOSSIER_REVISION || d->state == DOSSIER_HOLD)
		act(run, d, (struct policy_command){.act = POLICY_ACT_RELEASE});
	else if (waits_for_expert(d->state))
		find_expert(run, d);
	else if (d->state == DOSSIER_IDENTITY)
		act(run, d, (struct policy_command){.act = POLICY_ACT_IDENTITY, .text = BYTES("pièce d'identité")});
	else if (d->state == DOSSIER_UNDELIVERABLE)
		deliver_otherwise(run, d);
}

static void answer_offer(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	const struct dossier_offer *offer = &d->dossier->offers[item->offer];
	size_t expert = expert_number(run, offer->rpps);

	if (offer->answer != OFFER_LIVE || expert == SIZE_MAX)
		return;
	const struct simulate_expert *e = person(run, expert);
	bool unclear = !item->again && share(run, d, MATTER_YES, 2 * expert + 1000000, e->unclear);
	bool yes = share(run, d, MATTER_YES, 2 * expert + 1, e->accepts) || d->plan.told;
	send(run, d, simulate_reply(run, d, offer, unclear ? POLICY_WORD_UNCLEAR : yes ? POLICY_WORD_ACCEPT : POLICY_WORD_REFUSE));
	if (unclear && d->dossier != NULL)
		plan(run, d, SPAN_HOURS(1), (struct simulate_item){.kind = ITEM_OFFER, .offer = item->offer, .again = true});
}

static const struct dossier_offer *holder_still(const struct simulate_dossier *d, const struct simulate_item *item)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d->dossier);

	return holder != NULL && offer_number(d->dossier, holder) == item->offer ? holder : NULL;
}

/* He asks, whoever asked for the opinion finds it, and he writes the second half. */
static void ask_more(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	if (holder_still(d, item) == NULL)
		return;
	act(run, d, (struct policy_command){.act = POLICY_ACT_MORE, .text = BYTES("IRM de 2023 ?")});
	struct span after = simulate_span(&run->population->patients.pieces, draw(run, d, MATTER_PIECES, 1));
	if (d->dossier != NULL)
		plan(run, d, after, (struct simulate_item){.kind = ITEM_MORE_ANSWERED, .offer = item->offer});
}

static void answer_more(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	const struct dossier_offer *holder = holder_still(d, item);
	size_t expert = holder == NULL ? SIZE_MAX : expert_number(run, holder->rpps);

	if (d->state == DOSSIER_MORE_INFO)
		act(run, d, (struct policy_command){.act = POLICY_ACT_ANSWERED, .text = BYTES("par téléphone")});
	if (d->dossier == NULL || expert == SIZE_MAX)
		return;
	struct span half = simulate_span(&person(run, expert)->opinion, draw(run, d, MATTER_OPINION, expert));
	half.us /= 2;
	plan(run, d, half, (struct simulate_item){.kind = ITEM_OPINION, .offer = item->offer});
}

static void opinion(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	const struct dossier_offer *holder = holder_still(d, item);
	size_t expert = holder == NULL ? SIZE_MAX : expert_number(run, holder->rpps);

	if (expert == SIZE_MAX || (d->state != DOSSIER_ACCEPTED && d->state != DOSSIER_MORE_INFO))
		return;
	bool whole = item->again || d->plan.told || !share(run, d, MATTER_OPINION, 1000000 + expert, person(run, expert)->incomplete);
	send(run, d, simulate_opinion(run, d, holder, whole));
}

static struct span paused_between(const struct dossier *d, struct instant from, struct instant until)
{
	struct span all = {0};

	for (size_t i = 0; i < d->n_pauses; i++) {
		int64_t begin = d->pauses[i].from.us > from.us ? d->pauses[i].from.us : from.us;
		int64_t end = d->pauses[i].until.us != 0 && d->pauses[i].until.us < until.us ? d->pauses[i].until.us : until.us;
		all.us += end > begin ? end - begin : 0;
	}
	return all;
}

static void outcome(struct simulate_run *run, struct simulate_dossier *d, const struct simulate_item *item)
{
	const struct simulate_patients *p = &run->population->patients;
	struct policy_decision decision;

	policy_decide_outcome(d->arena, &run->rules, d->dossier, item->mail, run->now, &decision);
	bool report = item->mail->code == MAIL_M21 && item->mail->accepted;
	if (report && d->arrived_at.us == 0) {
		d->arrived_at = run->now;
		d->paused = paused_between(d->dossier, d->complete_at, run->now);
		bool reads = d->plan.told ? d->plan.read.us >= 0 : share(run, d, MATTER_READ, 0, p->reads);
		struct span after = d->plan.read.us >= 0 ? d->plan.read : simulate_span(&p->read, draw(run, d, MATTER_READ, 1));
		if (reads)
			plan(run, d, after, (struct simulate_item){.kind = ITEM_READ});
	}
	settle(run, d, &decision);
}

static void read_report(struct simulate_run *run, struct simulate_dossier *d)
{
	const struct simulate_patients *p = &run->population->patients;

	send(run, d, simulate_reading(run, d));
	if (d->dossier != NULL && !d->plan.told && share(run, d, MATTER_ASK, 0, p->asks))
		plan(run, d, simulate_span(&p->ask, draw(run, d, MATTER_ASK, 1)), (struct simulate_item){.kind = ITEM_ASK});
}

static void timer(struct simulate_run *run, struct simulate_dossier *d)
{
	struct deadline due[DEADLINES];
	struct policy_decision decision;

	if (deadline_list(run->rules.settings, d->dossier, due) == 0 || instant_before(run->now, due[0].at))
		return;
	count_weeks(run);
	policy_decide_timer(d->arena, &run->rules, d->dossier, due[0].kind, run->now, &decision);
	settle(run, d, &decision);
}

static void answer_question(struct simulate_run *run, struct simulate_dossier *d)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d->dossier);

	if (holder != NULL)
		send(run, d, simulate_answer(run, d, holder));
}

static void happen(struct simulate_run *run, const struct simulate_item *item)
{
	struct simulate_dossier *d = &run->dossiers[item->dossier];

	/* Whatever was still to come to it comes to nothing. */
	if (item->kind != ITEM_ARRIVE && d->dossier == NULL)
		return;
	switch (item->kind) {
	case ITEM_ARRIVE:
		arrive(run, d);
		return;
	case ITEM_PIECES:
		send(run, d, simulate_pieces(run, d));
		return;
	case ITEM_NURSE:
		nurse(run, d, item);
		return;
	case ITEM_OFFER:
		answer_offer(run, d, item);
		return;
	case ITEM_MORE:
		ask_more(run, d, item);
		return;
	case ITEM_MORE_ANSWERED:
		answer_more(run, d, item);
		return;
	case ITEM_OPINION:
		opinion(run, d, item);
		return;
	case ITEM_OUTCOME:
		outcome(run, d, item);
		return;
	case ITEM_READ:
		read_report(run, d);
		return;
	case ITEM_ASK:
		send(run, d, simulate_question(run, d));
		return;
	case ITEM_ANSWER:
		answer_question(run, d);
		return;
	case ITEM_TIMER:
		timer(run, d);
		return;
	}
}

/* --- the run ------------------------------------------------------------------------------------------ */

static void fill_rules(struct simulate_run *run)
{
	const struct simulate_population *p = run->population;
	struct pathology *pathologies = arena_alloc(run->arena, (p->n_pathologies + 1) * sizeof *pathologies);

	run->experts = arena_alloc(run->arena, (p->n_experts + 1) * sizeof *run->experts);
	run->tallies = arena_alloc(run->arena, (p->n_experts + 1) * sizeof *run->tallies);
	for (size_t i = 0; i < p->n_pathologies; i++)
		pathologies[i] = *p->pathologies[i].rule;
	for (size_t i = 0; i < p->n_experts; i++) {
		run->experts[i] = p->experts[i].rule;
		run->experts[i].load = run->experts[i].asked = run->experts[i].week = 0;
		run->experts[i].offered_at = (struct instant){0};
		run->tallies[i].result = (struct simulate_expert_result){.rpps = run->experts[i].rpps, .name = run->experts[i].name};
	}
	run->rules = p->rules;
	run->rules.test_identities = true;
	run->rules.opinion_unsigned = true;
	run->rules.patient_domain = BYTES("patient.exemple.fr");
	run->rules.organisations = simulate_organisations;
	run->rules.n_organisations = SIMULATE_ORGANISATIONS;
	run->rules.pathologies = pathologies;
	run->rules.n_pathologies = p->n_pathologies;
	run->rules.experts = run->experts;
	run->rules.n_experts = p->n_experts;
	run->rules.n_recipients = 0;
}

/* At the end each still stands where it stands. */
static void close_run(struct simulate_run *run)
{
	run->now = run->end;
	for (size_t i = 0; i < run->n_dossiers; i++) {
		struct simulate_dossier *d = &run->dossiers[i];
		if (d->passed[d->state] && d->arena != NULL)
			d->spent[d->state].us += instant_since(d->since, run->end).us;
		run->result->ends[d->state]++;
		d->dossier = NULL;
		arena_destroy(&d->arena);
	}
}

void simulate_run(struct arena *arena, const struct simulate_population *p, struct simulate_result *out)
{
	struct simulate_run run = {.arena = arena, .population = p, .result = out, .queue = {.arena = arena}};
	struct simulate_item item;

	*out = (struct simulate_result){0};
	fill_rules(&run);
	simulate_plan_all(&run);
	run.end = instant_plus(p->from, SPAN_DAYS(p->days + p->tail));
	for (size_t i = 0; i < run.n_dossiers; i++)
		simulate_push(&run.queue, (struct simulate_item){.at = run.dossiers[i].plan.at, .dossier = (uint32_t)i, .kind = ITEM_ARRIVE});
	while (simulate_pop(&run.queue, &item) && instant_before(item.at, run.end)) {
		run.now = item.at;
		happen(&run, &item);
	}
	close_run(&run);
	simulate_figures(&run);
}

/* policy/figures.c - see figures.h. */
#include "policy/figures.h"

#include <string.h>

#include "policy/deadline.h"
#include "policy/promise.h"

#define QUESTION_SOON SPAN_HOURS(72)   /* product 3.2 EXCHANGE */

struct figures figures_begin(struct instant from, struct instant until)
{
	return (struct figures){.from = from, .until = until};
}

static bool is_in(const struct figures *f, struct instant at)
{
	return at.us != 0 && !instant_before(at, f->from) && instant_before(at, f->until);
}

static int64_t begun_hours(struct span span)
{
	int64_t hour = SPAN_HOURS(1).us;

	return span.us <= 0 ? 0 : (span.us + hour - 1) / hour;
}

static void add_delay(struct figures_delays *d, struct span span)
{
	int64_t hours = begun_hours(span);

	hours = hours > FIGURES_HOURS ? FIGURES_HOURS : hours;
	d->n++;
	d->hours += hours;
	d->at[hours]++;
}

int64_t figures_within(const struct figures_delays *delays, unsigned share)
{
	uint64_t wanted = (delays->n * share + 99) / 100, so_far = 0;

	for (int64_t h = 0; h <= FIGURES_HOURS && delays->n > 0; h++) {
		so_far += delays->at[h];
		if (so_far >= wanted)
			return h;
	}
	return 0;
}

static struct figures_family *family_of(struct figures *f, struct bytes name)
{
	struct bytes cut = bytes_slice(name, 0, name.len < FIGURES_FAMILY_TEXT ? name.len : FIGURES_FAMILY_TEXT - 1);
	size_t i = 0;

	while (i < f->n_families && !bytes_equal_text(cut, f->families[i].name))
		i++;
	if (i == FIGURES_FAMILIES)
		return &f->families[FIGURES_FAMILIES - 1];
	if (i == f->n_families) {
		memcpy(f->families[i].name, cut.at, cut.len);
		f->n_families++;
	}
	return &f->families[i];
}

void figures_expect(struct figures *figures, struct bytes family)
{
	(void)family_of(figures, family);
}

/* --- one dossier ------------------------------------------------------------------------ */

/* What is noted while its events are read. */
struct reading {
	struct instant missing_at, complete_at;      /* the first of each */
	struct instant asked_at;                     /* the question that waits */
	struct instant sent_after;                   /* the questionnaire after six months left */
	bool proved;                                 /* a physician has the report */
};

static bool is_physician(enum party party)
{
	return party == PARTY_ATTENDING || party == PARTY_FIRST_OPINION || party == PARTY_REQUESTER;
}

static void note_proof(struct reading *r, const struct dossier_event *e)
{
	enum { ACCEPTED = 2 };
	const struct dossier_contact_data *c = &e->contact;

	if (e->kind == EVENT_MAIL_PROOF && e->mail.code == MAIL_M40 && e->mail.party == PARTY_PATIENT && e->mail.level >= ACCEPTED && r->sent_after.us == 0)
		r->sent_after = e->at;
	if (e->kind == EVENT_MAIL_PROOF)
		r->proved |= e->mail.code == MAIL_M64 && is_physician(e->mail.party) && e->mail.level >= ACCEPTED;
	if (e->kind == EVENT_CONTACT_MADE)
		r->proved |= c->code == MAIL_M64 && is_physician(c->party) &&
			     (c->result == CONTACT_REACHED || c->result == CONTACT_POSTED || c->result == CONTACT_SIGNED);
}

static void note(struct reading *r, const struct dossier_event *e)
{
	if (e->kind == EVENT_PIECES_MISSING && r->missing_at.us == 0 && r->complete_at.us == 0)
		r->missing_at = e->at;
	if (e->kind == EVENT_PIECES_COMPLETE && r->complete_at.us == 0)
		r->complete_at = e->at;
	note_proof(r, e);
}

static void count_deadline(struct figures *f, struct bytes name)
{
	static const enum deadline_kind reminders[] = {DEADLINE_PIECES_FIRST, DEADLINE_PIECES_SECOND, DEADLINE_PIECES_THIRD, DEADLINE_PIECES_FOURTH};
	enum deadline_kind kind = deadline_of_name(name);

	for (size_t i = 0; i < sizeof reminders / sizeof reminders[0]; i++)
		f->reminders += kind == reminders[i];
	f->overdue += kind == DEADLINE_OVERDUE;
}

static void count_question(struct figures *f, struct reading *r, const struct dossier_event *e, bool in)
{
	if (e->kind == EVENT_QUESTION_RECEIVED) {
		f->questions += in;
		r->asked_at = r->asked_at.us == 0 ? e->at : r->asked_at;
		return;
	}
	if (r->asked_at.us == 0)
		return;
	f->answered += in;
	f->answered_soon += in && instant_since(r->asked_at, e->at).us <= QUESTION_SOON.us;
	r->asked_at = (struct instant){0};
}

/* Kinds that are counted as they are. */
static void count_plain(struct figures *f, enum dossier_event_kind kind)
{
	const struct {
		enum dossier_event_kind kind;
		uint64_t *count;
	} all[] = {
		{EVENT_TRIAGED, &f->promised}, {EVENT_REDIRECTED, &f->no_diagnosis}, {EVENT_EXPIRED, &f->expired}, {EVENT_CANCELLED, &f->cancelled},
		{EVENT_WITHDRAWN, &f->withdrawn}, {EVENT_DIED, &f->deaths}, {EVENT_OFFERED, &f->offers}, {EVENT_STANDBY_OFFERED, &f->offers},
		{EVENT_OFFER_ACCEPTED, &f->accepted}, {EVENT_OFFER_DECLINED, &f->declined}, {EVENT_OFFER_EXPIRED, &f->silent},
		{EVENT_QUESTION_LATE, &f->late_questions}, {EVENT_URGENT, &f->urgent}, {EVENT_COMPLAINED, &f->complaints},
		{EVENT_REPORT_UNDELIVERED, &f->undelivered}, {EVENT_STUDY_ANSWERED, &f->answered_after},
	};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		*all[i].count += all[i].kind == kind;
}

static void count_event(struct figures *f, struct reading *r, const struct dossier_event *e)
{
	bool in = is_in(f, e->at);

	note(r, e);
	if (e->kind == EVENT_QUESTION_RECEIVED || e->kind == EVENT_QUESTION_ANSWERED)
		count_question(f, r, e, in);
	if (!in)
		return;
	if (e->kind == EVENT_DEADLINE_PASSED)
		count_deadline(f, e->text.id);
	if (e->kind == EVENT_RELEASED && e->release.version > 1)
		f->revisions++;
	count_plain(f, e->kind);
}

static void count_request(struct figures *f, const struct dossier *d, struct figures_family *family)
{
	if (!is_in(f, d->opened_at))
		return;
	f->requests++;
	f->by_physician += d->request.requester == REQUESTER_PHYSICIAN;
	family->requests++;
}

static void count_complete(struct figures *f, const struct reading *r)
{
	if (!is_in(f, r->complete_at))
		return;
	f->completed++;
	f->first_try += r->missing_at.us == 0;
	f->waited += r->missing_at.us != 0;
	f->waited_hours += r->missing_at.us != 0 ? begun_hours(instant_since(r->missing_at, r->complete_at)) : 0;
}

static enum figures_said said(const struct dossier *d)
{
	struct bytes word = d->delivered.data.form.convergence;

	return bytes_equal_text(word, "yes") ? SAID_YES : bytes_equal_text(word, "partly") ? SAID_PARTLY : bytes_equal_text(word, "no") ? SAID_NO : SAID_NOTHING;
}

static void count_opinion(struct figures *f, const struct reading *r, const struct dossier *d, struct figures_family *family)
{
	if (!is_in(f, d->kept_at))
		return;
	struct promise p = promise_of(d, d->kept_at);
	struct span week = {instant_since(d->complete_at, calendar_plus_days(CALENDAR_FRANCE, d->complete_at, 7)).us};
	bool may = d->attending.given || d->first_opinion.given;
	f->opinions++;
	f->in_time += p.gross.us <= week.us;
	f->in_time_net += p.net.us <= week.us;
	f->consented += may;
	f->reached += may && r->proved;
	f->proved += r->proved;
	family->opinions[said(d)]++;
	add_delay(&f->gross, p.gross);
	add_delay(&f->net, p.net);
	add_delay(&f->request, instant_since(d->opened_at, d->kept_at));
}

void figures_add(struct figures *figures, const struct dossier_event *events, size_t n, const struct dossier *fold, struct bytes family)
{
	struct reading r = {0};
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		any |= is_in(figures, events[i].at);
		count_event(figures, &r, &events[i]);
	}
	if (!any)
		return;
	struct figures_family *of = family_of(figures, family);
	figures->dossiers++;
	figures->asked_after += is_in(figures, r.sent_after);
	count_request(figures, fold, of);
	count_complete(figures, &r);
	count_opinion(figures, &r, fold, of);
}

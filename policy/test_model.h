/* policy/test_model.h - random lives of dossiers as scripts: moves that are told, kept, run again, cut down and read out.
 *
 * A move is a few numbers; what it means is found out when it is made ("the expert who was asked says yes"), so that a script from which
 * moves were taken is still a script. After every move the watcher (test_watch.h) looks; the first sentence that does not hold ends the life.
 * New acts, deadlines and events come in by themselves: acts and deadlines are drawn by their number, and what was never reached is told
 * (model_uncovered). */
#ifndef RELAIS_POLICY_TEST_MODEL_H
#define RELAIS_POLICY_TEST_MODEL_H

#include "policy/retry.h"
#include "policy/test_watch.h"
#include "policy/worklist.h"

enum model_kind {
	MOVE_REQUEST, MOVE_RECORD, MOVE_DELETE, MOVE_REPLY, MOVE_OPINION, MOVE_PATIENT, MOVE_TALK, MOVE_AGAIN, MOVE_REPORT, MOVE_OUTCOME, MOVE_LATE,
	MOVE_COMMAND, MOVE_TIMER, MOVE_DUE, MOVE_ATTACH, MOVE_GIVE_BACK, MOVE_RESTART, MOVE_RULES, MOVE_DIRECTORY, MOVE_STOPPED,
	MODEL_KINDS
};

/* Who writes: found out when the move is made. */
enum model_who { WHO_ASKED, WHO_HOLDER, WHO_LOST, WHO_UN, WHO_DEUX, WHO_TROIS, WHO_PATIENT, WHO_HOSPITAL, WHO_OTHER_HOSPITAL, WHO_PLATFORM, WHO_PHYSICIAN, WHO_STRANGER, MODEL_WHO };

struct model_move {
	uint8_t kind, who, spoil, what;
	uint16_t minutes;                /* that pass before it */
	uint32_t a, b;
};

enum { MODEL_MOVES = 96, MODEL_FILES = 4, MODEL_EVENTS = 512, MODEL_SENT = 24, MODEL_MAILS = 64, MODEL_SPOILS = 16 };

/* What all lives together have seen. */
struct model_seen {
	uint64_t lives, moves, decisions, events[DOSSIER_EVENTS], states[DOSSIER_STATES], acts[POLICY_ACTS], deadlines[DEADLINES], mails[MAIL_CODES],
		outcomes[POLICY_OUTCOMES];
};

/* One dossier of the patient. */
struct model_file {
	const struct dossier *dossier;
	struct dossier_event *log;
	size_t n_log;
	struct watch watch;
	enum dossier_state alerted;      /* a deadline called a person while it stood in that state; NOWHERE: none has */
};

struct model {
	struct world world;              /* of its log nothing is used: lives are short and many */
	struct arena *arena;
	struct model_file files[MODEL_FILES];
	size_t n_files;                  /* the last one is the dossier that things are about */
	struct policy_message sent[MODEL_SENT];
	size_t n_sent;
	struct policy_delivery mails[MODEL_MAILS];   /* that left for a party; stopped: what each carries, whether it was stopped or not */
	size_t n_mails;
	struct policy_decision last;
	const char *broken;
	struct model_seen *seen;
	FILE *story;                     /* NULL: nothing is told */
	/* How the store keeps an event; NULL: as it is. */
	void (*keep)(struct arena *arena, const struct dossier_event *event, struct dossier_event *out);
	uint64_t step;
	bool slow;                       /* mostly nobody does anything, and the timers go on */
	const char *born;                /* a minor, on that day; NULL: the patient of the test world */
};

static UNUSED uint64_t model_chance(uint64_t *seed, uint64_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (*seed >> 11) % n;
}

static UNUSED struct model_file *model_file(struct model *m)
{
	return m->n_files == 0 ? NULL : &m->files[m->n_files - 1];
}

static UNUSED const struct dossier *model_dossier(struct model *m)
{
	return m->n_files == 0 ? NULL : m->files[m->n_files - 1].dossier;
}

static UNUSED void model_break(struct model *m, const char *sentence)
{
	if (m->broken == NULL)
		m->broken = sentence;
}

/* --- every byte of a fold ---------------------------------------------------------------- */

/* A field was added to the fold? Write it below, then say here how large it is now: what is not written is not compared. */
_Static_assert(sizeof(struct dossier) == 3120, "struct dossier has changed: write its new fields in model_write()");
_Static_assert(sizeof(struct dossier_offer) == 120, "struct dossier_offer has changed: write its new fields in model_offer()");
_Static_assert(sizeof(struct dossier_document) == 560, "struct dossier_document has changed: write its new fields in model_filing()");
_Static_assert(sizeof(struct dossier_opinion) == 360, "struct dossier_opinion has changed: write its new fields in model_opinion()");
_Static_assert(sizeof(struct dossier_request) == 368, "struct dossier_request has changed: write its new fields in model_request()");

static UNUSED void model_bytes(struct buf *b, struct bytes text)
{
	buf_u32(b, (uint32_t)text.len);
	buf_add(b, text);
}

static UNUSED void model_patient(struct buf *b, const struct policy_patient *p)
{
	const struct bytes all[] = {p->ins, p->oid, p->family_birth, p->given_birth_first, p->given_birth_all, p->birth_time, p->sex,
				    p->birth_place, p->family_used, p->given_used};
	for (size_t i = 0; i < COUNT(all); i++)
		model_bytes(b, all[i]);
}

static UNUSED void model_request(struct buf *b, const struct dossier_request *r)
{
	const struct bytes all[] = {r->mailbox, r->pathology, r->version, r->organisation, r->sender, r->attending.name, r->attending.mailbox,
				    r->first_opinion.name, r->first_opinion.mailbox, r->form};
	model_patient(b, &r->patient);
	for (size_t i = 0; i < COUNT(all); i++)
		model_bytes(b, all[i]);
	buf_u32(b, (uint32_t)(r->requester << 8 | r->consent_processing << 4 | r->consent_expert << 3 | r->unqualified << 2 | r->attending.consent << 1 |
			      r->first_opinion.consent));
	for (size_t i = 0; i < r->n_answers; i++) {
		const struct policy_answer *a = &r->answers[i];
		const struct bytes texts[] = {a->question, a->text, a->value, a->label, a->unit, a->null, a->section};
		buf_u32(b, (uint32_t)a->kind);
		for (size_t k = 0; k < COUNT(texts); k++)
			model_bytes(b, texts[k]);
	}
}

static UNUSED void model_filing(struct buf *b, const struct dossier_document *f)
{
	const struct policy_document *d = &f->filing.document;
	const struct bytes all[] = {d->name, d->id, d->set_id, d->version, d->replaces, d->type, d->title, d->digest, d->part_of, d->labelled.root,
				    d->labelled.extension, d->custodian.id, d->custodian.name, f->filing.organisation, d->entered_by};
	for (size_t i = 0; i < COUNT(all); i++)
		model_bytes(b, all[i]);
	if (d->has_patient)
		model_patient(b, &d->patient);
	for (size_t i = 0; i < d->n_authors; i++)
		model_bytes(b, d->authors[i].id);
	buf_u64(b, (uint64_t)f->at.us);
	buf_u64(b, (uint64_t)f->inbox);
	buf_u64(b, d->timed ? (uint64_t)d->time.us : 0);
	buf_u64(b, d->size);
	buf_u32(b, (uint32_t)(d->kind << 16 | d->realm_fr << 9 | d->has_patient << 8 | d->masked_professionals << 7 | d->masked_patient << 6 |
			      d->masked_representatives << 5 | f->filing.vouched << 4 | f->filing.confirmed << 3 | f->replaced << 2 | f->withdrawn << 1 | f->shared));
}

static UNUSED void model_offer(struct buf *b, const struct dossier_offer *o)
{
	model_bytes(b, o->rpps);
	model_bytes(b, o->name);
	model_bytes(b, o->mailbox);
	model_bytes(b, o->organisation);
	buf_u64(b, (uint64_t)o->at.us);
	buf_u64(b, (uint64_t)o->reminded_at.us);
	buf_u64(b, (uint64_t)o->answered_at.us);
	buf_u64(b, (uint64_t)o->ended_at.us);
	buf_u32(b, (uint32_t)(o->answer << 24 | o->why << 16 | o->word << 8 | o->standby));
}

static UNUSED void model_form(struct buf *b, const struct policy_form *f)
{
	const struct bytes all[] = {f->reference, f->opinion, f->convergence, f->remark, f->advice, f->delay, f->summary, f->limits, f->help,
				    f->interests, f->document};
	for (size_t i = 0; i < COUNT(all); i++)
		model_bytes(b, all[i]);
	for (size_t i = 0; i < f->n_answers; i++) {
		buf_u32(b, f->answers[i].number);
		model_bytes(b, f->answers[i].text);
	}
}

static UNUSED void model_opinion(struct buf *b, const struct dossier_opinion *o)
{
	buf_u32(b, (uint32_t)(o->present << 8 | o->checked << 4 | o->data.is_signed << 1 | o->data.timed));
	buf_u64(b, (uint64_t)o->inbox);
	buf_u64(b, (uint64_t)o->at.us);
	buf_u64(b, o->data.timed ? (uint64_t)o->data.signed_at.us : 0);
	model_bytes(b, o->data.rpps);
	model_bytes(b, o->data.signer);
	model_bytes(b, o->data.digest);
	model_bytes(b, o->data.fingerprint);
	model_form(b, &o->data.form);
	for (size_t i = 0; i < o->n_mails; i++) {
		buf_u64(b, (uint64_t)o->mails[i].inbox);
		buf_u64(b, (uint64_t)o->mails[i].at.us);
		model_bytes(b, o->mails[i].digest);
		model_bytes(b, o->mails[i].fingerprint);
		buf_u64(b, o->mails[i].timed ? (uint64_t)o->mails[i].signed_at.us : 0);
		buf_u32(b, (uint32_t)(o->mails[i].is_signed << 1 | o->mails[i].timed));
	}
	for (size_t i = 0; i < o->n_annexes; i++) {
		model_bytes(b, o->annexes[i].digest);
		model_bytes(b, o->annexes[i].name);
		model_bytes(b, o->annexes[i].type);
		buf_u64(b, o->annexes[i].size);
		buf_u64(b, (uint64_t)o->annexes[i].inbox);
	}
}

static UNUSED void model_representative(struct buf *b, const struct dossier_representative *r)
{
	model_bytes(b, r->data.id);
	model_bytes(b, r->data.name);
	model_bytes(b, r->data.mailbox);
	model_bytes(b, r->data.proof);
	buf_u64(b, r->data.timed_from ? (uint64_t)r->data.from.us : 0);
	buf_u64(b, r->data.timed_until ? (uint64_t)r->data.until.us : 0);
	buf_u64(b, (uint64_t)r->at.us);
	buf_u64(b, (uint64_t)r->ended_at.us);
	buf_u32(b, (uint32_t)(r->data.role << 8 | r->data.informed_only));
}

/* What is around the straight line. */
static UNUSED void model_life(struct buf *b, const struct dossier *d)
{
	model_offer(b, &d->standby);
	model_bytes(b, d->more);
	model_bytes(b, d->frozen_why);
	const int64_t times[] = {d->frozen_at.us, d->urgent_at.us, d->closed_at.us, d->died_at.us, d->withdrawn_at.us, (int64_t)d->n_late_questions,
				 d->late_question_at.us, d->answer_doubted_at.us, (int64_t)d->n_late_opinions, d->erasure_at.us};
	for (size_t i = 0; i < COUNT(times); i++)
		buf_u64(b, (uint64_t)times[i]);
	for (size_t i = 0; i < d->n_pauses; i++) {
		buf_u64(b, (uint64_t)d->pauses[i].from.us);
		buf_u64(b, (uint64_t)d->pauses[i].until.us);
		buf_u8(b, d->pauses[i].by_expert);
	}
	for (size_t i = 0; i < d->n_passed; i++) {
		model_bytes(b, d->passed[i].name);
		buf_u64(b, (uint64_t)d->passed[i].at.us);
		buf_u32(b, d->passed[i].times);
	}
	for (size_t i = 0; i < d->n_contacts; i++) {
		const struct dossier_contact_data *c = &d->contacts[i].data;
		buf_u32(b, (uint32_t)(c->party << 24 | c->means << 16 | c->result << 8 | c->code));
		model_bytes(b, c->text);
		buf_u64(b, (uint64_t)d->contacts[i].at.us);
	}
	for (size_t i = 0; i < d->n_representatives; i++)
		model_representative(b, &d->representatives[i]);
	for (size_t i = 0; i < d->n_complaints; i++) {
		buf_u64(b, (uint64_t)d->complaints[i].at.us);
		buf_u64(b, (uint64_t)d->complaints[i].settled_at.us);
	}
	for (size_t i = 0; i < d->n_links; i++)
		model_bytes(b, d->links[i]);
	for (size_t i = 0; i < d->n_stopped; i++) {
		model_bytes(b, d->stopped[i].id);
		buf_u32(b, (uint32_t)d->stopped[i].reason);
		buf_u64(b, (uint64_t)d->stopped[i].at.us);
	}
	for (size_t i = 0; i < d->n_late_opinions; i++) {
		const struct dossier_late_opinion *late = &d->late_opinions[i];
		model_opinion(b, &(struct dossier_opinion){.data = late->data, .annexes = late->data.annexes, .n_annexes = late->data.n_annexes});
		buf_u64(b, (uint64_t)late->at.us);
		buf_u64(b, (uint64_t)late->inbox);
	}
	for (size_t i = 0; i < d->n_returned; i++)
		model_bytes(b, d->returned[i]);
	model_bytes(b, d->fee.rpps);
	buf_u64(b, (uint64_t)d->fee.at.us);
	buf_u64(b, (uint64_t)d->fee.seq);
	buf_u64(b, (uint64_t)d->study_at.us);
	buf_u64(b, (uint64_t)d->study_stopped_at.us);
	for (enum party p = PARTY_NONE; p < PARTIES; p++) {
		buf_u32(b, (uint32_t)(d->channels[p].party << 8 | d->channels[p].channel));
		buf_u32(b, (uint32_t)d->awaited[p]);
		buf_u64(b, (uint64_t)d->wishes[p].paper_at.us);
		buf_u64(b, (uint64_t)d->wishes[p].address_at.us);
		model_bytes(b, d->wishes[p].address);
		model_bytes(b, d->channels[p].address);
		model_bytes(b, d->channels[p].why);
	}
}

static UNUSED void model_lists(struct buf *b, const struct dossier *d)
{
	for (size_t i = 0; i < d->n_documents; i++)
		model_filing(b, &d->documents[i]);
	for (size_t i = 0; i < d->n_waived; i++) {
		model_bytes(b, d->waived[i].id);
		model_bytes(b, d->waived[i].why);
	}
	for (size_t i = 0; i < d->n_offers; i++)
		model_offer(b, &d->offers[i]);
	for (size_t i = 0; i < d->n_proofs; i++) {
		const struct dossier_proof *p = &d->proofs[i];
		buf_u32(b, (uint32_t)(p->code << 24 | p->party << 16 | p->level << 8 | p->failed));
		buf_u32(b, (uint32_t)p->reason);
		buf_u32(b, (uint32_t)p->part);
		model_bytes(b, p->mailbox);
		buf_u64(b, (uint64_t)p->at.us);
	}
	for (size_t i = 0; i < d->n_questions; i++) {
		buf_u64(b, (uint64_t)d->questions[i].inbox);
		buf_u64(b, (uint64_t)d->questions[i].at.us);
		buf_u8(b, d->questions[i].answered);
	}
	for (size_t i = 0; i < d->n_digests; i++)
		model_bytes(b, d->digests[i]);
	for (size_t i = 0; i < d->n_releases; i++) {
		buf_u32(b, d->releases[i].version);
		buf_u32(b, d->releases[i].to);
		buf_u64(b, (uint64_t)d->releases[i].at.us);
	}
}

/* All of it but the shell's number and reference. */
static UNUSED void model_write(struct buf *b, const struct dossier *d)
{
	const int64_t numbers[] = {d->seq, d->opened_at.us, d->changed_at.us, d->complete_at.us, d->due_at.us, d->released_at.us, d->read_at.us,
				   d->kept_at.us, d->held_at.us, d->held_until.us, d->held.us,
				   d->attending.at.us, d->first_opinion.at.us, (int64_t)d->n_documents, (int64_t)d->n_waived, (int64_t)d->n_offers,
				   (int64_t)d->n_proofs, (int64_t)d->n_questions, (int64_t)d->n_digests, (int64_t)d->n_releases, (int64_t)d->n_pauses,
				   (int64_t)d->n_passed, (int64_t)d->n_contacts, (int64_t)d->n_representatives, (int64_t)d->n_complaints, (int64_t)d->n_links, (int64_t)d->n_stopped, (int64_t)d->n_returned,
				   d->representatives_consent.given, d->representatives_consent.at.us, d->requester.given, d->requester.at.us,
				   d->unknown_at.us, d->alert_at.us};

	buf_u32(b, (uint32_t)(d->state << 16 | d->interrupted << 8 | d->pieces_complete << 2 | d->attending.given << 1 | d->first_opinion.given));
	for (size_t i = 0; i < COUNT(numbers); i++)
		buf_u64(b, (uint64_t)numbers[i]);
	model_bytes(b, d->missing);
	model_bytes(b, d->misfits);
	model_request(b, &d->request);
	model_lists(b, d);
	model_opinion(b, &d->draft);
	model_opinion(b, &d->opinion);
	model_opinion(b, &d->delivered);
	model_life(b, d);
}

static UNUSED bool model_same(const struct dossier *a, const struct dossier *b)
{
	struct buf x = buf_make(1 << 20), y = buf_make(1 << 20);

	model_write(&x, a);
	model_write(&y, b);
	bool same = buf_ok(&x) && bytes_equal(buf_bytes(&x), buf_bytes(&y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

static UNUSED const struct dossier *model_refold(struct model *m, const struct model_file *f)
{
	struct dossier *d = arena_alloc(m->arena, sizeof *d);

	*d = dossier_begin(m->arena, f->dossier->id, f->dossier->reference);
	if (dossier_fold(d, f->log, f->n_log, NULL) != REASON_NONE)
		model_break(m, "the gate refuses an event that it had let pass");
	return d;
}

/* --- what a decision leaves behind ---------------------------------------------------------- */

static UNUSED struct model_file *model_begin_file(struct model *m)
{
	if (m->n_files == MODEL_FILES) {
		model_break(m, "a patient has more dossiers than the model has room for");
		return NULL;
	}
	struct model_file *f = &m->files[m->n_files++];
	*f = (struct model_file){.log = arena_alloc(m->arena, MODEL_EVENTS * sizeof *f->log), .watch = {.arena = m->arena}};
	return f;
}

static UNUSED struct model_file *model_find(struct model *m, const struct dossier *d)
{
	for (size_t i = 0; i < m->n_files; i++)
		if (m->files[i].dossier == d)
			return &m->files[i];
	return NULL;
}

static UNUSED void model_story(struct model *m)
{
	const struct policy_decision *d = &m->last;

	fprintf(m->story, "           -> %s%s%s by %s", policy_outcome_name(d->outcome), d->reason != REASON_NONE ? " " : "",
		d->reason != REASON_NONE ? reason_code(d->reason) : "", d->rule);
	for (size_t i = 0; i < d->n_events; i++)
		fprintf(m->story, "%s%s", i > 0 ? ", " : "; ", dossier_event_name(d->events[i].kind));
	for (size_t i = 0; i < d->n_mails; i++)
		fprintf(m->story, "%s%s to the %s", i > 0 ? ", " : "; sends ", mail_code_name(d->mails[i].code), party_name(d->mails[i].party));
	if (d->after != NULL)
		fprintf(m->story, "; it is %s", dossier_state_name(d->after->state));
	fputc('\n', m->story);
}

/* A running dossier is somebody's: a timer's, a person's; or it waits for others, which is told at the end. */
static UNUSED void model_kept(struct model *m, struct model_file *f)
{
	struct deadline due[DEADLINES];
	enum dossier_state state = f->dossier->state;
	bool timer = m->last.n_events > 0 && m->last.events[0].kind == EVENT_DEADLINE_PASSED && m->last.owner != NULL;

	f->alerted = timer ? state : f->alerted == state ? state : DOSSIER_NOWHERE;
	size_t n = deadline_list(m->world.rules.settings, f->dossier, due);

	for (size_t i = 1; i < n; i++)
		if (instant_before(due[i].at, due[i - 1].at))
			model_break(m, "the deadlines are not in their order");
	/* Frozen, it is in the hands of who froze it; and who was called because time ran out has it. */
	if (watch_keeper(state) == KEEPER_TIMER && n == 0 && f->alerted != state && !dossier_stands_still(f->dossier))
		model_break(m, arena_printf(m->arena, "a dossier that is \"%s\" is forgotten: no deadline runs, and no person has it", dossier_state_name(state)));
	/* Whoever has it finds it in a list: what was called out once and stands nowhere is forgotten the next day. */
	struct work_task tasks[WORK_TASKS];
	if (watch_keeper(state) != KEEPER_NOBODY && n == 0 && worklist(m->world.rules.settings, f->dossier, tasks) == 0)
		model_break(m, arena_printf(m->arena, "a dossier that is \"%s\" stands in nobody's list, and no deadline runs", dossier_state_name(state)));
	if (watch_keeper(state) == KEEPER_PERSON && state != DOSSIER_HOLD && dossier_paused(f->dossier) == NULL && worklist(m->world.rules.settings, f->dossier, tasks) == 0)
		model_break(m, arena_printf(m->arena, "a dossier that is \"%s\" waits for a person, and stands in nobody's list", dossier_state_name(state)));
}

/* As the shell tells it of a mail that it stopped. */
static UNUSED const struct policy_stopped *model_carried(struct model *m, const struct policy_mail *mail)
{
	const struct dossier *d = model_dossier(m);
	struct policy_stopped *s = arena_alloc(m->arena, sizeof *s);
	struct policy_place *places = arena_alloc(m->arena, (mail->n_documents + 1) * sizeof *places);

	*s = (struct policy_stopped){.documents = places, .n = mail->n_documents, .part = mail->part, .parts = mail->parts};
	for (size_t i = 0; i < mail->n_documents; i++)
		places[i] = (struct policy_place){d->documents[mail->documents[i]].inbox, d->documents[mail->documents[i]].filing.document.digest};
	for (size_t i = 0; i < mail->n_fields; i++)
		if (strcmp(mail->fields[i].name, "answer") == 0)
			s->words = mail->fields[i].text;
	return s;
}

static UNUSED void model_remember_mails(struct model *m)
{
	for (size_t i = 0; i < m->last.n_mails; i++) {
		const struct policy_mail *mail = &m->last.mails[i];
		m->seen->mails[mail->code]++;
		if (mail->party != PARTY_SENDER)
			m->mails[m->n_mails++ % MODEL_MAILS] = (struct policy_delivery){.code = mail->code, .party = mail->party, .mailbox = mail->to,
				.stopped = mail->attach == POLICY_ATTACH_DOSSIER && m->last.after != NULL && model_dossier(m)->n_documents == m->last.after->n_documents ? model_carried(m, mail) : NULL};
	}
}

static UNUSED void model_count(struct model *m)
{
	m->seen->decisions++;
	m->seen->outcomes[m->last.outcome]++;
	for (size_t i = 0; i < m->last.n_events; i++)
		m->seen->events[m->last.events[i].kind]++;
	if (m->last.after != NULL)
		m->seen->states[m->last.after->state]++;
}

/* Appends as the store does, and looks. */
static UNUSED void model_append(struct model *m, struct model_file *f)
{
	struct policy_decision *d = &m->last;
	struct dossier *after = arena_alloc(m->arena, sizeof *after);

	for (size_t i = 0; i < d->n_events; i++) {
		if (f->n_log == MODEL_EVENTS) {
			model_break(m, "one life has more events than the model has room for");
			return;
		}
		struct dossier_event *kept = &f->log[f->n_log++];
		if (m->keep != NULL)
			m->keep(m->arena, &d->events[i], kept);
		else
			*kept = d->events[i];
		watch_event(&f->watch, kept);
	}
	*after = *d->after;
	after->id = 7;
	after->reference = T(REFERENCE);
	f->dossier = after;
	watch_fold(&f->watch, f->dossier);
	/* What is read again from the store is what was decided. */
	if (m->keep != NULL) {
		const struct dossier *read = model_refold(m, f);
		if (m->broken == NULL && !model_same(read, f->dossier))
			model_break(m, "what the store gives back is another dossier than the one that was decided");
		f->dossier = read;
	}
}

static UNUSED void model_settle(struct model *m)
{
	struct policy_decision *d = &m->last;
	struct model_file *f = d->creates ? model_begin_file(m) : d->dossier != NULL ? model_find(m, d->dossier) : model_file(m);
	struct watch nobody = {.arena = m->arena};

	if (m->story != NULL)
		model_story(m);
	model_count(m);
	if (f == NULL && d->n_events > 0)
		model_break(m, "a decision is about a dossier that it was not given");
	if (f != NULL && d->n_events > 0 && m->broken == NULL)
		model_append(m, f);
	struct watch *w = f != NULL ? &f->watch : &nobody;
	if (m->broken == NULL)
		watch_decision(w, d);
	if (w->broken != NULL)
		model_break(m, w->broken);
	if (f != NULL && f->dossier != NULL)
		model_kept(m, f);
	model_remember_mails(m);
}

/* --- messages -------------------------------------------------------------------------------- */

static UNUSED const char *model_address(struct model *m, enum model_who who)
{
	static const char *const fixed[MODEL_WHO] = {
		[WHO_UN] = "un@experts.exemple.fr", [WHO_DEUX] = "deux@experts.exemple.fr", [WHO_TROIS] = "trois@experts.exemple.fr",
		[WHO_PATIENT] = PATIENT_MAILBOX, [WHO_HOSPITAL] = "pfi@chu-x.exemple.fr", [WHO_OTHER_HOSPITAL] = "pfi@chu-y.exemple.fr",
		[WHO_PLATFORM] = "depot@plateforme.exemple.fr", [WHO_PHYSICIAN] = "general@cabinet.exemple.fr", [WHO_STRANGER] = "x@inconnu.exemple.fr",
	};
	const struct dossier *d = model_dossier(m);
	const struct dossier_offer *offer = NULL;

	if (d != NULL && who == WHO_ASKED)
		offer = dossier_live_offer(d);
	if (d != NULL && who == WHO_HOLDER)
		offer = dossier_accepted_offer(d);
	for (size_t i = 0; d != NULL && who == WHO_LOST && i < d->n_offers; i++)
		if (d->offers[i].answer == OFFER_ENDED)
			offer = &d->offers[i];
	if (offer != NULL)
		return (const char *)offer->mailbox.at;
	return fixed[who] != NULL ? fixed[who] : fixed[WHO_UN];
}

/* "un" signs with e1, "deux" with e2; "trois" has no certificate. */
static UNUSED const char *model_certificate(const char *address)
{
	return address[0] == 'u' ? "e1" : address[0] == 'd' ? "e2" : "e3";
}

static UNUSED const char *model_name(struct model *m, uint32_t a)
{
	return arena_printf(m->arena, "doc-%u", a % 12);
}

static UNUSED struct policy_document model_document(struct model *m, const struct model_move *v)
{
	static const char *const types[] = {"18748-4", "51851-4", "18748-4", "51851-4", "74465-6", "11502-2"};
	struct policy_document d = document(&m->world, model_name(m, v->a), types[v->b % COUNT(types)], arena_printf(m->arena, "h%u", v->b / 8 % 4));

	if (v->what % 8 == 1)
		d.replaces = T(model_name(m, v->b));
	if (v->what % 32 == 2)
		d.patient.ins = BYTES("179035121518989");
	if (v->what % 32 == 3)
		d.patient.given_birth_first = BYTES("DOMITILLE");
	if (v->what % 32 == 4)
		d.has_patient = false;
	if (v->what % 32 == 5)
		d.patient.oid = BYTES("1.2.250.1.213.1.4.8");
	if (v->what % 32 == 6)
		d.masked_professionals = true;
	if (v->what % 32 == 7)
		d.aside = true, d.reason = REASON_DOCUMENT_MASKED;
	return d;
}

/* By a physician's own software: without her agreement, or with what is another patient's beside it. */
static UNUSED void model_by_physician(struct model *m, const struct model_move *v, struct policy_answer *answers, struct policy_message *x)
{
	struct policy_document *two = arena_alloc(m->arena, 2 * sizeof *two);

	for (size_t i = 0; i < x->n_answers; i++) {
		if (bytes_equal_text(answers[i].question, "relais.requester"))
			answers[i].value = BYTES("physician");
		if (bytes_equal_text(answers[i].question, "consent.expert") && v->b / 64 % 3 == 0)
			answers[i].value = BYTES_NONE;
	}
	if (v->b / 256 % 3 != 0)
		return;
	two[0] = x->documents[0];
	two[1] = document(&m->world, "other-1", "18748-4", "o1");
	two[1].patient.ins = BYTES("179035121518989");
	x->documents = two;
	x->n_documents = 2;
}

/* A request: whole, with a gap, of a physician, for a person to complete, with other consents. */
static UNUSED struct policy_message model_request_of(struct model *m, const struct model_move *v)
{
	struct policy_message x = request_message(&m->world);
	struct policy_answer *answers = arena_alloc(m->arena, sizeof REQUEST_ANSWERS + 2 * sizeof *answers);
	struct policy_document *d = documents(&m->world, document(&m->world, arena_printf(m->arena, "request-%u", v->a % 3), "74465-6",
								  arena_printf(m->arena, "f%u", v->a % 3)));

	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	x.answers = answers;
	x.documents = d;
	for (size_t i = 0; i < x.n_answers; i++) {
		bool first = bytes_equal_text(answers[i].question, "consent.first-opinion");
		if (first || bytes_equal_text(answers[i].question, "consent.attending"))
			answers[i].value = v->b / (first ? 2 : 1) % 2 ? BYTES("true") : BYTES("false");
		if (bytes_ends(answers[i].question, BYTES(".when")))
			answers[i].value = T(share_when_name((enum share_when)(v->b / 4 % SHARE_WHENS)));
	}
	if (v->what % 8 == 1)
		x.n_answers--;                                   /* nothing is asked */
	if (v->what % 8 == 6) {                                  /* somebody helps her, and she takes part in the study */
		answers[x.n_answers++] = (struct policy_answer){.question = BYTES("patient.assisted"), .value = BYTES("true")};
		answers[x.n_answers++] = (struct policy_answer){.question = BYTES("consent.study"), .value = BYTES("true")};
	}
	if (v->what % 8 == 2)
		answers[8].value = answers[10].value;            /* one doctor is both */
	if (v->what % 8 == 3)
		answers[8].value = BYTES("un@experts.exemple.fr");
	if (v->what % 8 == 4 || v->what % 8 == 5) {
		d->type = BYTES("75496-0");
		x.n_answers = 0;
	}
	if (v->what % 8 == 7)
		model_by_physician(m, v, answers, &x);
	return x;
}

static UNUSED struct policy_message model_record(struct model *m, const struct model_move *v)
{
	struct policy_message x = from(&m->world, model_address(m, (enum model_who)v->who), POLICY_CLASS_RECORD);

	x.documents = documents(&m->world, model_document(m, v));
	x.n_documents = 1;
	return x;
}

static UNUSED struct policy_message model_delete(struct model *m, const struct model_move *v)
{
	struct policy_message x = model_record(m, v);
	struct policy_document *d = (struct policy_document *)x.documents;

	d->action = POLICY_ACTION_DELETE;
	d->digest = BYTES_NONE;
	return x;
}

static UNUSED struct policy_message model_opinion_of(struct model *m, const struct model_move *v)
{
	const char *address = model_address(m, (enum model_who)v->who);
	struct policy_message x = opinion_message(&m->world, address, model_certificate(address));

	x.form.summary = T(arena_printf(m->arena, "En clair, %u.", v->b % 4));
	if (v->what % 8 == 4)
		x.form.delay = BYTES("Sous 48 h.");
	if (v->what % 8 == 1)
		x.form.limits = BYTES_NONE;
	if (v->what % 8 == 2)
		x.signature = (struct policy_signature){0};
	if (v->what % 8 == 3) {
		x.documents = documents(&m->world, (struct policy_document){.kind = POLICY_KIND_PDF, .name = BYTES("schema.pdf"), .digest = T(arena_printf(m->arena, "x%u", v->a % 4)),
									    .size = 1000, .is_annex = true, .annex = v->a % 3 == 0 ? REASON_DOCUMENT_MASKED : REASON_NONE});
		x.n_documents = 1;
	}
	return x;
}

static UNUSED struct policy_message model_talk(struct model *m, const struct model_move *v)
{
	static const char *const texts[] = {"Voici ma réponse.", "COMPLÉMENT : IRM de 2023 ?", "", "Complement : le compte rendu opératoire", "Merci."};
	struct policy_message x = reply_message(&m->world, model_address(m, (enum model_who)v->who), POLICY_WORD_NONE);

	x.text = T(texts[v->a % COUNT(texts)]);
	return x;
}

/* What she writes: a question, a wish in a word, an emergency, with a document or without; or the physician who asked writes. */
static UNUSED struct policy_message model_patient_words(struct model *m, const struct model_move *v)
{
	static const struct policy_emergency emergency = {BYTES_OF("chest"), BYTES_OF("douleur dans la poitrine")};
	const struct dossier *d = model_dossier(m);
	struct policy_message x = patient_message(&m->world, v->what % 8 == 0 ? "" : "Mon numéro 2 79 03 51 215 189 89, que faire ?");

	if (v->b % 3 == 0)
		x.reply.patient = x.reply.physician = (enum policy_word)(v->a % POLICY_WORDS);
	if (d != NULL && dossier_passed(d, "six_months") != NULL && v->what % 4 != 0) {
		static const char *const answers[] = {"1. oui\n2. non", "1) No, not at all.\n4: yes\n\nPuis-je vous demander autre chose ?", "STOP", "oui\nnon\nun peu\noui"};
		x.text = T(answers[v->a % COUNT(answers)]);
		x.reply.patient = v->a % COUNT(answers) == 2 ? POLICY_WORD_STOP : POLICY_WORD_NONE;
	}
	if (v->b % 16 == 1) {
		x.emergencies = &emergency;
		x.n_emergencies = 1;
	}
	if (v->b % 8 == 2) {
		x.documents = documents(&m->world, model_document(m, v));
		x.n_documents = 1;
	}
	if (v->b % 8 == 3 && d != NULL) {
		x.from = x.mail_from = d->request.sender;
		x.peer_domains = from(&m->world, arena_text(m->arena, d->request.sender), POLICY_CLASS_REPLY).peer_domains;
		x.party = PARTY_REQUESTER;
	}
	if (v->b % 8 == 4 && d != NULL) {
		x.party = v->a / 64 % 2 ? PARTY_ATTENDING : PARTY_FIRST_OPINION;
		x.from = x.mail_from = dossier_mailbox(d, x.party);
		x.peer_domains = from(&m->world, arena_text(m->arena, x.from), POLICY_CLASS_REPLY).peer_domains;
	}
	if (x.party != PARTY_PATIENT && v->b / 8 % 2) {
		static const enum policy_word words[] = {POLICY_WORD_PDF_ONLY, POLICY_WORD_PAPER, POLICY_WORD_ADDRESS, POLICY_WORD_AGREE, POLICY_WORD_REFUSE};
		x.reply.physician = words[v->a % COUNT(words)];
		x.reply.address = BYTES("autre@medecins.exemple.fr");
		if (v->b / 16 % 4 == 0)
			x.subject = BYTES("[KO Intégration système !][906] XDM/1.0/DDM+Deuxième avis");
	}
	return x;
}

/* One in four is spoiled somewhere. */
static UNUSED void model_spoil(struct model *m, const struct model_move *v, struct policy_message *x)
{
	switch (v->spoil) {
	case 1:
		x->signature.verdict = (enum policy_verdict)(v->a % POLICY_VERDICTS);
		break;
	case 2:
		x->from = T(model_address(m, (enum model_who)(v->b % MODEL_WHO)));
		break;
	case 3:
		x->automatic = true;
		break;
	case 4:
		x->mail_from = BYTES_NONE;
		break;
	case 5:
		x->source = POLICY_SOURCE_IMAP;
		x->vouched = v->a % 2;
		break;
	case 6:
		x->party = (enum party)(v->a % PARTIES);
		break;
	case 7:
		x->class = (enum policy_class)(v->a % POLICY_CLASSES);
		break;
	case 8:
		x->form.reference = BYTES("A-2026-000000-XX");
		break;
	case 9:
		x->archive = REASON_ARCHIVE_LIMIT;
		break;
	case 10:
		x->scan = v->a % 2 ? POLICY_SCAN_QUARANTINE : POLICY_SCAN_REFUSE;
		x->scan_reason = REASON_MAIL_AMBIGUOUS;
		break;
	case 11:
		x->documents = documents(&m->world, model_document(m, v));
		x->n_documents = 1;
		break;
	case 12:
		x->signature.timed = false;
		break;
	case 13:
		x->peer_domains.n = 0;
		break;
	case 14:
		x->source = POLICY_SOURCE_SUBMISSION;
		x->account = T(model_address(m, (enum model_who)(v->b % MODEL_WHO)));
		break;
	case 15:
		x->own = true;
		break;
	default:
		break;
	}
}

static UNUSED struct policy_message model_report(struct model *m, const struct model_move *v)
{
	static const char *const actions[] = {"failed", "delivered", "delayed", "relayed"};
	static const char *const dispositions[] = {"manual-action/MDN-sent-manually; displayed", "automatic-action/MDN-sent-automatically; processed/error", "x; deleted"};
	struct policy_report *r = arena_alloc(m->arena, sizeof *r);
	struct policy_report_recipient *line = arena_alloc(m->arena, sizeof *line);
	const struct policy_delivery *about = m->n_mails > 0 ? &m->mails[v->a % (m->n_mails < MODEL_MAILS ? m->n_mails : MODEL_MAILS)] : NULL;

	*r = (struct policy_report){.kind = v->what % 2 ? POLICY_REPORT_DSN : POLICY_REPORT_MDN, .recipients = line, .n = 1, .matched = about != NULL,
				    .code = about != NULL ? about->code : MAIL_M21, .party = about != NULL ? about->party : PARTY_PATIENT,
				    .mailbox = about != NULL ? about->mailbox : BYTES(PATIENT_MAILBOX)};
	*line = (struct policy_report_recipient){.address = r->mailbox, .action = T(actions[v->b % COUNT(actions)]),
						 .disposition = T(dispositions[v->b % COUNT(dispositions)])};
	struct policy_message x = from(&m->world, arena_printf(m->arena, "postmaster@%.*s", (int)sender_domain(r->mailbox).len,
							       (const char *)sender_domain(r->mailbox).at), POLICY_CLASS_REPORT);
	x.report = r;
	x.automatic = true;
	x.mail_from = BYTES_NONE;
	return x;
}

/* --- determinism ----------------------------------------------------------------------------- */

static UNUSED bool model_same_decision(const struct policy_decision *a, const struct policy_decision *b)
{
	struct buf x = buf_make(1 << 20), y = buf_make(1 << 20);

	dump_decision(&x, a);
	dump_decision(&y, b);
	bool same = buf_ok(&x) && bytes_equal(buf_bytes(&x), buf_bytes(&y)) && (a->after == NULL) == (b->after == NULL) &&
		    (a->after == NULL || model_same(a->after, b->after));
	buf_free(&x);
	buf_free(&y);
	return same;
}

/* The same rules in another order are the same rules. */
static UNUSED struct policy_rules model_reversed(struct model *m)
{
	struct policy_rules r = m->world.rules;
	struct expert *experts = arena_alloc(m->arena, (r.n_experts + 1) * sizeof *experts);
	struct organisation *organisations = arena_alloc(m->arena, (r.n_organisations + 1) * sizeof *organisations);

	for (size_t i = 0; i < r.n_experts; i++)
		experts[r.n_experts - 1 - i] = r.experts[i];
	for (size_t i = 0; i < r.n_organisations; i++)
		organisations[r.n_organisations - 1 - i] = r.organisations[i];
	r.experts = experts;
	r.organisations = organisations;
	return r;
}

/* --- the moves --------------------------------------------------------------------------------- */

static UNUSED void model_decide(struct model *m, const struct policy_message *x, const struct policy_rules *rules, struct policy_decision *out)
{
	const struct dossier *candidates[MODEL_FILES], *dossier = x->party != PARTY_NONE || x->report != NULL ? model_dossier(m) : NULL;

	for (size_t i = 0; i < m->n_files; i++)
		candidates[i] = m->files[i].dossier;
	policy_decide_message(m->arena, rules, dossier, candidates, m->n_files, x, m->world.now, out);
}

/* Nobody is taken for somebody else, and no machine for a person. */
static UNUSED void model_check_writer(struct model *m, const struct policy_message *x)
{
	bool told = m->last.n_events > 0 && x->report == NULL;

	if (told && (x->automatic || (x->source != POLICY_SOURCE_IMAP && x->mail_from.len == 0)) && x->party != PARTY_NONE)
		model_break(m, "an automatic message moved a dossier");
	if (told && x->party == PARTY_PATIENT && !sender_same_address(x->from, BYTES(PATIENT_MAILBOX)))
		model_break(m, "somebody else was taken for the patient");
	if (told && (x->own || x->scan != POLICY_SCAN_ACCEPT || sender_verdict(&x->signature) != REASON_NONE))
		model_break(m, "a message that is not to be believed moved a dossier");
	if (sender_unlinked(x) == REASON_AUTH_FROM && x->report == NULL && m->last.n_events + m->last.n_mails > 0)
		model_break(m, "who wrote in another's name moved something");
}

static UNUSED void model_message(struct model *m, struct policy_message x)
{
	x.inbox = ++m->world.inbox;
	x.received = m->world.now;
	model_decide(m, &x, &m->world.rules, &m->last);
	if (m->step % 8 == 0) {
		struct policy_rules reversed = model_reversed(m);
		struct policy_decision again;
		model_decide(m, &x, m->step % 16 == 0 ? &reversed : &m->world.rules, &again);
		if (!model_same_decision(&m->last, &again))
			model_break(m, "the same facts were decided in two ways");
	}
	model_check_writer(m, &x);
	m->sent[m->n_sent++ % MODEL_SENT] = x;
	model_settle(m);
}

static UNUSED const struct policy_message *model_sent(struct model *m, uint32_t a)
{
	return m->n_sent == 0 ? NULL : &m->sent[a % (m->n_sent < MODEL_SENT ? m->n_sent : MODEL_SENT)];
}

/* The same again: the same bytes, or the same content in another envelope. */
static UNUSED void model_again(struct model *m, const struct model_move *v)
{
	const struct policy_message *before = model_sent(m, v->a);

	if (before == NULL)
		return;
	struct policy_message x = *before;
	x.seen = v->what % 2;
	bool opinion = x.class == POLICY_CLASS_OPINION;
	model_message(m, x);
	for (size_t i = 0; i < m->last.n_events; i++)
		if (x.seen || (opinion && m->last.events[i].kind == EVENT_OPINION_RECEIVED && v->what % 2))
			model_break(m, "a message that was there before was done again");
	if (x.seen && m->last.n_mails > 0)
		model_break(m, "a message that was there before was answered again");
}

static UNUSED void model_outcome(struct model *m, const struct model_move *v)
{
	const struct policy_delivery any = {.code = (enum mail_code)(1 + v->a % (MAIL_CODES - 1)), .party = (enum party)(1 + v->b % (PARTIES - 1)),
					    .mailbox = T(model_address(m, (enum model_who)(v->b / 8 % MODEL_WHO)))};
	struct policy_delivery d = m->n_mails > 0 && v->what % 8 != 0 ? m->mails[v->a % (m->n_mails < MODEL_MAILS ? m->n_mails : MODEL_MAILS)] : any;

	/* What a document was taken out of, or what only might have been, was stopped. */
	if (v->kind == MOVE_LATE || v->b % 3 != 0)
		d.stopped = NULL;
	d.accepted = d.stopped == NULL && v->b % 4 != 0;
	d.reason = d.accepted ? REASON_NONE : d.stopped != NULL ? REASON_DOCUMENT_STOPPED : REASON_DELIVER_EXPIRED;
	if (!d.accepted && d.stopped == NULL && v->b / 4 % 4 == 0) {
		d.reason = REASON_DELIVER_MAILBOX_NONE;
		d.status = BYTES("5.1.1");
	}
	if (v->kind == MOVE_LATE)
		policy_decide_late(m->arena, &m->world.rules, model_dossier(m), &d, m->world.now, &m->last);
	else
		policy_decide_outcome(m->arena, &m->world.rules, model_dossier(m), &d, m->world.now, &m->last);
	model_settle(m);
}

static UNUSED void model_stopped(struct model *m, const struct model_move *v)
{
	static const enum reason why[] = {REASON_SHIELD_IDENTITY, REASON_SHIELD_UNREAD, REASON_MAIL_VIRUS, REASON_ANTIVIRUS_SIZE};

	if (model_dossier(m) == NULL)
		return;
	policy_decide_stopped(m->arena, &m->world.rules, model_dossier(m), v->a % 2 ? BYTES("S1") : BYTES("S2"), why[v->b % COUNT(why)], m->world.now, &m->last);
	if (m->last.n_events != 1 || m->last.n_mails != 0)
		model_break(m, "a mail was stopped, and the dossier does not know, or writes another");
	model_settle(m);
}

/* Words that acts go with. An act that asks for another is told by model_uncovered(): give it its word here. */
static UNUSED struct policy_command model_words(const struct model_move *v)
{
	static const char *const ids[] = {"mdt", "mammography", "", "question.1", "cancer-sein", "", "history", "r1", "802222222222", "breach", "call",
					  "physician.attending.mailbox", "letter", "A-2026-000009-AB", "801111111111", "802222222222", "803333333333", "general@cabinet.exemple.fr", "Mme X|1 rue des Lilas|75001 PARIS", "Mme X|2 rue des Lilas|75001 PARIS",
					  "un-bis@experts.exemple.fr", "patient", "officer", "expert", "breach", "S1", "S2"};
	static const char *const texts[] = {"texte", "1", "", "2026-04-01", "2026-03-20T08:00:00Z", "autre@cabinet.exemple.fr"};
	static const char *const hows[] = {"reached", "no_answer", "signed", "posted", "", "returned", "silence", "conflict", "person", "paper", "mail", "telephone", "physician", "pdf", "pdf+xdm", "paper"};
	static const char *const mailboxes[] = {"a@famille.exemple.fr", "b@famille.exemple.fr", "", "c@famille.exemple.fr"};
	static const char *const mails[] = {"M21", "", "M02", "M64", "M21", "X"};

	return (struct policy_command){
		.act = (enum policy_act)(v->who % POLICY_ACTS), .actor = BYTES("n"), .id = T(ids[v->a % COUNT(ids)]), .text = T(texts[v->b % COUNT(texts)]),
		.how = T(hows[v->b / 16 % COUNT(hows)]), .mail = T(mails[v->b / 256 % COUNT(mails)]), .say = v->a / 256 % 2 ? BYTES("Bon courage.") : BYTES_NONE,
		.party = (enum party)(v->a / 16 % PARTIES), .given = v->what % 2,
		.representative = {.role = (enum representative_role)(v->a % ROLES), .name = BYTES("Une PERSONNE"), .mailbox = T(mailboxes[v->b % COUNT(mailboxes)]),
				   .proof = v->b / 16 % 2 ? BYTES("jugement") : BYTES_NONE, .informed_only = v->b / 32 % 4 == 0,
				   .timed_until = v->b / 128 % 2, .until = instant_plus(MORNING, SPAN_DAYS(1 + v->b / 256 % 40))}};
}

static UNUSED void model_command(struct model *m, const struct model_move *v)
{
	struct policy_command c = model_words(v);

	if (model_dossier(m) == NULL)
		return;
	policy_decide_command(m->arena, &m->world.rules, model_dossier(m), &c, m->world.now, &m->last);
	if ((m->last.outcome == POLICY_APPLIED) != (m->last.n_events > 0))
		model_break(m, "an act was done that changed nothing, or was refused and done all the same");
	m->seen->acts[c.act] += m->last.outcome == POLICY_APPLIED;
	model_settle(m);
}

static UNUSED bool model_is_due(struct model *m, const struct dossier *d, enum deadline_kind kind)
{
	struct deadline list[DEADLINES];
	size_t n = deadline_list(m->world.rules.settings, d, list);

	for (size_t i = 0; i < n; i++)
		if (list[i].kind == kind && !instant_before(m->world.now, list[i].at))
			return true;
	return false;
}

/* Early it does nothing; due it does something, and is not due again at once. */
static UNUSED void model_timer(struct model *m, enum deadline_kind kind)
{
	const struct dossier *d = model_dossier(m);

	if (d == NULL || kind == DEADLINE_NONE || kind >= DEADLINES)
		return;
	bool due = model_is_due(m, d, kind);
	policy_decide_timer(m->arena, &m->world.rules, d, kind, m->world.now, &m->last);
	if (due != (m->last.n_events > 0))
		model_break(m, arena_printf(m->arena, due ? "the deadline \"%s\" passed and nothing came of it: it would be due for ever"
							  : "the deadline \"%s\" was not due, and something came of it", deadline_name(kind)));
	m->seen->deadlines[kind] += m->last.n_events > 0;
	model_settle(m);
	if (due && m->broken == NULL && model_is_due(m, model_dossier(m), kind))
		model_break(m, arena_printf(m->arena, "the deadline \"%s\" passed and is due again at once", deadline_name(kind)));
}

/* The clock goes on to what is due first, and sometimes stops a moment before it. */
static UNUSED void model_due(struct model *m, const struct model_move *v)
{
	struct deadline list[DEADLINES];
	size_t n = model_dossier(m) == NULL ? 0 : deadline_list(m->world.rules.settings, model_dossier(m), list);

	if (n == 0)
		return;
	if (instant_before(m->world.now, list[0].at))
		m->world.now = (struct instant){list[0].at.us - (v->what % 16 == 0)};
	model_timer(m, list[0].kind);
}

static UNUSED void model_attach(struct model *m, const struct model_move *v)
{
	const struct policy_message *before = model_sent(m, v->a);

	if (before == NULL || model_dossier(m) == NULL)
		return;
	if (v->kind == MOVE_ATTACH)
		policy_decide_attach(m->arena, &m->world.rules, model_dossier(m), before, BYTES("n"), m->world.now, &m->last);
	else
		policy_decide_return(m->arena, &m->world.rules, before, REASON_MAIL_UNKNOWN_CLASS, BYTES("n"), &m->last);
	model_settle(m);
}

/* Lines that come and go, or become old, and mailboxes that end: of experts and of the physician. Then the dossier is looked at, or is not. */
static UNUSED void model_directory(struct model *m, const struct model_move *v)
{
	static const struct directory_entry lines[] = {
		{.address = BYTES_OF("un@experts.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF("801111111111")},
		{.address = BYTES_OF("un-bis@experts.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF("801111111111"), .rank = 1},
		{.address = BYTES_OF("deux@experts.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF("802222222222")},
		{.address = BYTES_OF("general@cabinet.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF("810000000009"), .family = BYTES_OF("GENERAL"),
		 .given = BYTES_OF("Dr")},
		{.address = BYTES_OF("premier@chu-x.exemple.fr"), .kind = DIRECTORY_PERSONAL, .person = BYTES_OF("810000000008"), .family = BYTES_OF("PREMIER"),
		 .given = BYTES_OF("Dr")},
	};
	static const struct directory_end ends[] = {
		{BYTES_OF("un@experts.exemple.fr"), BYTES_OF("801111111111")}, {BYTES_OF("deux@experts.exemple.fr"), BYTES_OF("802222222222")},
		{BYTES_OF("general@cabinet.exemple.fr"), BYTES_OF("810000000009")},
	};
	struct directory *d = arena_alloc(m->arena, sizeof *d);
	struct directory_entry *entries = arena_alloc(m->arena, sizeof lines);
	size_t skip = v->a % COUNT(lines);

	for (size_t i = 0; i < COUNT(lines); i++) {
		entries[i] = lines[i];
		entries[i].old = v->b / 32 % 4 == 0;
	}
	*d = (struct directory){.used = v->what % 8 != 0, .entries = entries + skip, .n_entries = COUNT(lines) - skip, .ends = ends + v->b % COUNT(ends),
				.n_ends = v->b / 4 % 2};
	m->world.rules.directory = d;
	if (model_dossier(m) == NULL || v->b / 8 % 4 == 0)
		return;
	policy_decide_directory(m->arena, &m->world.rules, model_dossier(m), m->world.now, &m->last);
	model_settle(m);
}

/* All that was in memory is gone; what the store has is read again. */
static UNUSED void model_restart(struct model *m)
{
	for (size_t i = 0; i < m->n_files; i++) {
		const struct dossier *read = model_refold(m, &m->files[i]);
		if (m->broken == NULL && !model_same(read, m->files[i].dossier))
			model_break(m, "the events give another dossier than the one that was carried on");
		m->files[i].dossier = read;
	}
}

static UNUSED const char *const MODEL_WORDS[MODEL_KINDS] = {
	[MOVE_REQUEST] = "a request comes", [MOVE_RECORD] = "a document comes", [MOVE_DELETE] = "an order to delete comes", [MOVE_REPLY] = "somebody answers an offer",
	[MOVE_OPINION] = "an opinion comes", [MOVE_PATIENT] = "the patient writes", [MOVE_TALK] = "an expert writes", [MOVE_AGAIN] = "an earlier message comes again",
	[MOVE_REPORT] = "a report on a mail comes", [MOVE_OUTCOME] = "a mail ends", [MOVE_LATE] = "a mail is late", [MOVE_COMMAND] = "a person acts",
	[MOVE_TIMER] = "a timer is tried", [MOVE_DUE] = "the clock goes on to what is due", [MOVE_ATTACH] = "a person files a message",
	[MOVE_GIVE_BACK] = "a person gives a message back", [MOVE_RESTART] = "the gateway starts again", [MOVE_RULES] = "the pool of experts changes",
	[MOVE_DIRECTORY] = "the directory changes", [MOVE_STOPPED] = "a mail is stopped before its seal",
};

static UNUSED void model_tell(struct model *m, const struct model_move *v)
{
	char at[INSTANT_TEXT];
	instant_write(m->world.now, at);
	fprintf(m->story, "%.16s %s", at, MODEL_WORDS[v->kind]);
	if (v->kind == MOVE_COMMAND) {
		struct policy_command c = model_words(v);
		fprintf(m->story, ": %s \"%.*s\" \"%.*s\" %s %s", policy_act_name(c.act), (int)c.id.len, (const char *)c.id.at, (int)c.text.len,
			(const char *)c.text.at, party_name(c.party), c.given ? "yes" : "no");
	} else if (v->kind <= MOVE_TALK) {
		fprintf(m->story, " from %s (%u, %u, %u%s%u)", model_address(m, (enum model_who)v->who), v->what, v->a, v->b, v->spoil > 0 && v->spoil < MODEL_SPOILS ? ", spoiled " : ", ", v->spoil);
	} else {
		fprintf(m->story, " (%u, %u, %u)", v->what, v->a, v->b);
	}
	fputc('\n', m->story);
}

/* So many days from now, "YYYY-MM-DD"; 0: untold. */
static UNUSED struct bytes model_day(struct model *m, uint32_t days)
{
	struct date d = instant_date(instant_plus(m->world.now, SPAN_DAYS(days)), 60);

	return days == 0 ? BYTES_NONE : T(arena_printf(m->arena, "%04d-%02d-%02d", d.year, d.month, d.day));
}

static UNUSED void model_born(struct model *m, struct policy_message *x)
{
	struct policy_document *all = arena_alloc(m->arena, (x->n_documents + 1) * sizeof *all);

	for (size_t i = 0; i < x->n_documents; i++) {
		all[i] = x->documents[i];
		all[i].patient.birth_time = T(m->born);
	}
	x->documents = all;
}

static UNUSED void model_speak(struct model *m, const struct model_move *v)
{
	struct policy_message x;

	switch ((enum model_kind)v->kind) {
	case MOVE_REQUEST:
		x = model_request_of(m, v);
		break;
	case MOVE_RECORD:
		x = model_record(m, v);
		break;
	case MOVE_DELETE:
		x = model_delete(m, v);
		break;
	case MOVE_REPLY:
		x = reply_message(&m->world, model_address(m, (enum model_who)v->who), (enum policy_word)(v->what % POLICY_WORDS));
		x.reply.until = model_day(m, v->b % 14);
		break;
	case MOVE_OPINION:
		x = model_opinion_of(m, v);
		break;
	case MOVE_TALK:
		x = model_talk(m, v);
		break;
	case MOVE_REPORT:
		x = model_report(m, v);
		break;
	default:
		x = model_patient_words(m, v);
		break;
	}
	if (m->born != NULL)
		model_born(m, &x);
	model_spoil(m, v, &x);
	model_message(m, x);
}

static UNUSED void model_move(struct model *m, const struct model_move *v)
{
	m->world.now = instant_plus(m->world.now, SPAN_MINUTES(v->minutes));
	m->step++;
	m->seen->moves++;
	if (m->story != NULL)
		model_tell(m, v);
	switch ((enum model_kind)v->kind) {
	case MOVE_AGAIN:
		model_again(m, v);
		return;
	case MOVE_OUTCOME:
	case MOVE_LATE:
		model_outcome(m, v);
		return;
	case MOVE_STOPPED:
		model_stopped(m, v);
		return;
	case MOVE_COMMAND:
		model_command(m, v);
		return;
	case MOVE_TIMER:
		model_timer(m, (enum deadline_kind)(v->a % DEADLINES));
		return;
	case MOVE_DUE:
		model_due(m, v);
		return;
	case MOVE_ATTACH:
	case MOVE_GIVE_BACK:
		model_attach(m, v);
		return;
	case MOVE_RESTART:
		model_restart(m);
		return;
	case MOVE_DIRECTORY:
		model_directory(m, v);
		return;
	case MOVE_RULES:
		m->world.rules.n_experts = v->what % 3 == 0 ? v->a % (COUNT(EXPERTS) + 1) : COUNT(EXPERTS);
		return;
	default:
		model_speak(m, v);
	}
}

/* --- a life ------------------------------------------------------------------------------------ */

/* What leads on from a state; a state without a row is left to chance alone. */
static const struct model_likely {
	enum dossier_state state;
	uint8_t kind, who, what;   /* what: as moves have it; 255 any */
	const char *act;           /* of a command */
} MODEL_LIKELY[] = {
	{DOSSIER_NEW, MOVE_REQUEST, WHO_PLATFORM, 255, NULL},
	{DOSSIER_UNQUALIFIED, MOVE_COMMAND, 0, 255, "consent"},      {DOSSIER_UNQUALIFIED, MOVE_COMMAND, 0, 255, "triage"},
	{DOSSIER_INCOMPLETE, MOVE_RECORD, WHO_HOSPITAL, 0, NULL},    {DOSSIER_INCOMPLETE, MOVE_RECORD, WHO_OTHER_HOSPITAL, 0, NULL},
	{DOSSIER_INCOMPLETE, MOVE_COMMAND, 0, 255, "waive"},
	{DOSSIER_TRIAGE, MOVE_COMMAND, 0, 255, "triage"},            {DOSSIER_TRIAGE, MOVE_DELETE, WHO_HOSPITAL, 0, NULL},
	{DOSSIER_OFFERED, MOVE_REPLY, WHO_ASKED, POLICY_WORD_ACCEPT, NULL}, {DOSSIER_OFFERED, MOVE_REPLY, WHO_ASKED, 255, NULL},
	{DOSSIER_OFFERED, MOVE_OUTCOME, 0, 1, NULL},
	{DOSSIER_NO_EXPERT, MOVE_COMMAND, 0, 255, "offer"},          {DOSSIER_NO_EXPERT, MOVE_RULES, 0, 1, NULL},
	{DOSSIER_ACCEPTED, MOVE_OPINION, WHO_HOLDER, 0, NULL},       {DOSSIER_ACCEPTED, MOVE_OPINION, WHO_HOLDER, 255, NULL},
	{DOSSIER_ACCEPTED, MOVE_TALK, WHO_HOLDER, 255, NULL},        {DOSSIER_MORE_INFO, MOVE_OPINION, WHO_HOLDER, 0, NULL},
	{DOSSIER_MORE_INFO, MOVE_RECORD, WHO_HOSPITAL, 0, NULL},     {DOSSIER_ACCEPTED, MOVE_REPLY, WHO_ASKED, 255, NULL},
	{DOSSIER_CHECKED, MOVE_COMMAND, 0, 255, "release"},          {DOSSIER_CHECKED, MOVE_COMMAND, 0, 255, "hold"},
	{DOSSIER_CHECKED, MOVE_COMMAND, 0, 255, "return"},           {DOSSIER_HOLD, MOVE_COMMAND, 0, 255, "release"},
	{DOSSIER_RELEASED, MOVE_REPORT, 0, 255, NULL},               {DOSSIER_RELEASED, MOVE_OUTCOME, 0, 1, NULL},
	{DOSSIER_RELEASED, MOVE_PATIENT, WHO_PATIENT, 1, NULL},      {DOSSIER_UNDELIVERABLE, MOVE_COMMAND, 0, 255, "release"},
	{DOSSIER_EXCHANGE, MOVE_PATIENT, WHO_PATIENT, 1, NULL},      {DOSSIER_EXCHANGE, MOVE_TALK, WHO_HOLDER, 255, NULL},
	{DOSSIER_EXCHANGE, MOVE_OPINION, WHO_HOLDER, 0, NULL},       {DOSSIER_REVISION, MOVE_COMMAND, 0, 255, "release"},
	{DOSSIER_REVISION, MOVE_COMMAND, 0, 255, "return"},          {DOSSIER_CLOSED, MOVE_OPINION, WHO_HOLDER, 0, NULL},
	{DOSSIER_CLOSED, MOVE_PATIENT, WHO_PATIENT, 1, NULL},        {DOSSIER_IDENTITY, MOVE_COMMAND, 0, 255, "identity"},
	{DOSSIER_MORE_INFO, MOVE_DUE, 0, 1, NULL},                   {DOSSIER_MORE_INFO, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_HOLD, MOVE_DUE, 0, 1, NULL},                        {DOSSIER_HOLD, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_CLOSED, MOVE_DUE, 0, 1, NULL},                      {DOSSIER_CLOSED, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_INCOMPLETE, MOVE_DUE, 0, 1, NULL},                  {DOSSIER_UNDELIVERABLE, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_IDENTITY, MOVE_DUE, 0, 1, NULL},                    {DOSSIER_IDENTITY, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_INCOMPLETE, MOVE_DUE, 0, 1, NULL},                  {DOSSIER_ARCHIVED, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_MORE_INFO, MOVE_COMMAND, 0, 255, "answered"},       {DOSSIER_MORE_INFO, MOVE_COMMAND, 0, 255, "without"},
	{DOSSIER_CLOSED, MOVE_COMMAND, 0, 255, "archive"},           {DOSSIER_CANCELLED, MOVE_COMMAND, 0, 255, "archive"},
	{DOSSIER_ARCHIVED, MOVE_PATIENT, WHO_PATIENT, 1, NULL},      {DOSSIER_ARCHIVED, MOVE_COMMAND, 0, 255, "erase"},           {DOSSIER_WITHDRAWN, MOVE_COMMAND, 0, 255, "erase"},
	{DOSSIER_ACCEPTED, MOVE_COMMAND, 0, 255, "reassign"},        {DOSSIER_ACCEPTED, MOVE_REPLY, WHO_HOLDER, 255, NULL},
	{DOSSIER_ACCEPTED, MOVE_DIRECTORY, 0, 255, NULL},            {DOSSIER_RELEASED, MOVE_DIRECTORY, 0, 255, NULL},
	{DOSSIER_OFFERED, MOVE_OPINION, WHO_LOST, 0, NULL},          {DOSSIER_ACCEPTED, MOVE_OPINION, WHO_LOST, 0, NULL},
	{DOSSIER_OFFERED, MOVE_COMMAND, 0, 255, "take"},             {DOSSIER_NO_EXPERT, MOVE_OPINION, WHO_LOST, 0, NULL},
	{DOSSIER_NO_EXPERT, MOVE_COMMAND, 0, 255, "assign"},         {DOSSIER_NO_EXPERT, MOVE_COMMAND, 0, 255, "assign"},
	{DOSSIER_WITHDRAWN, MOVE_DUE, 0, 1, NULL},                   {DOSSIER_CANCELLED, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_MORE_INFO, MOVE_COMMAND, 0, 255, "freeze"},         {DOSSIER_UNDELIVERABLE, MOVE_COMMAND, 0, 255, "freeze"},
	{DOSSIER_NO_EXPERT, MOVE_COMMAND, 0, 255, "take"},           {DOSSIER_REASSIGNED, MOVE_OPINION, WHO_LOST, 0, NULL},
	{DOSSIER_COMPLETE, MOVE_COMMAND, 0, 255, "offer"},           {DOSSIER_COMPLETE, MOVE_COMMAND, 0, 255, "assign"},
	{DOSSIER_REASSIGNED, MOVE_COMMAND, 0, 255, "offer"},         {DOSSIER_REASSIGNED, MOVE_COMMAND, 0, 255, "assign"},
	{DOSSIER_ACCEPTED, MOVE_COMMAND, 0, 255, "more"},            {DOSSIER_MORE_INFO, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_ACCEPTED, MOVE_DELETE, WHO_HOSPITAL, 0, NULL},      {DOSSIER_ACCEPTED, MOVE_OUTCOME, 0, 1, NULL},
	{DOSSIER_MORE_INFO, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_EXCHANGE, MOVE_COMMAND, 0, 255, "close"},           {DOSSIER_RELEASED, MOVE_COMMAND, 0, 255, "contact"},
	{DOSSIER_UNQUALIFIED, MOVE_PATIENT, WHO_PATIENT, 255, NULL}, {DOSSIER_RELEASED, MOVE_COMMAND, 0, 255, "profile"},
	{DOSSIER_CANCELLED, MOVE_DUE, 0, 1, NULL},                   {DOSSIER_WITHDRAWN, MOVE_DUE, 0, 1, NULL},
	{DOSSIER_ACCEPTED, MOVE_COMMAND, 0, 255, "mailbox"},         {DOSSIER_TRIAGE, MOVE_COMMAND, 0, 255, "pause"},
	{DOSSIER_TRIAGE, MOVE_COMMAND, 0, 255, "represent"},         {DOSSIER_TRIAGE, MOVE_COMMAND, 0, 255, "channel"},
	{DOSSIER_TRIAGE, MOVE_COMMAND, 0, 255, "secret"},            {DOSSIER_ACCEPTED, MOVE_COMMAND, 0, 255, "secret"},
	{DOSSIER_RELEASED, MOVE_COMMAND, 0, 255, "share"},           {DOSSIER_EXCHANGE, MOVE_COMMAND, 0, 255, "share"},
	{DOSSIER_ARCHIVED, MOVE_COMMAND, 0, 255, "erase-asked"},     {DOSSIER_OFFERED, MOVE_COMMAND, 0, 255, "assign"},
};

static UNUSED struct model_move model_any(uint64_t *seed)
{
	struct model_move v = {
		.kind = (uint8_t)model_chance(seed, MODEL_KINDS), .who = (uint8_t)model_chance(seed, MODEL_WHO), .what = (uint8_t)model_chance(seed, 256),
		.spoil = (uint8_t)model_chance(seed, MODEL_SPOILS * 4), .minutes = (uint16_t)model_chance(seed, 600), .a = (uint32_t)model_chance(seed, 1 << 20),
		.b = (uint32_t)model_chance(seed, 1 << 20)};

	if (v.kind == MOVE_COMMAND)
		v.who = (uint8_t)model_chance(seed, POLICY_ACTS);
	return v;
}

/* What was begun is sometimes ended: a pause, a freeze. NULL: nothing is. */
static UNUSED const char *model_partner(const struct dossier *d, uint64_t *seed)
{
	const struct dossier_pause *pause = d == NULL ? NULL : dossier_paused(d);

	if (d != NULL && d->frozen_at.us != 0 && model_chance(seed, 8) == 0)
		return "unfreeze";
	if (d != NULL && study_awaits(d) && model_chance(seed, 8) == 0)
		return "study-answered";
	if (d != NULL && d->n_representatives > 0 && d->representatives[0].ended_at.us == 0 && model_chance(seed, 24) == 0)
		return "represent-end";
	if (d != NULL && d->channels[PARTY_PATIENT].channel == CHANNEL_PHYSICIAN && model_chance(seed, 16) == 0)
		return "unsecret";
	if (d != NULL && d->erasure_at.us != 0 && model_chance(seed, 8) == 0)
		return "erase-answered";
	return pause != NULL && !pause->by_expert && model_chance(seed, 8) == 0 ? "resume" : NULL;
}

static UNUSED struct model_move model_choose(struct model *m, uint64_t *seed)
{
	enum dossier_state state = m->n_files == 0 ? DOSSIER_NEW : model_dossier(m)->state;
	const struct model_likely *likely[COUNT(MODEL_LIKELY)];
	struct model_move v = model_any(seed);
	size_t n = 0;

	for (size_t i = 0; i < COUNT(MODEL_LIKELY); i++)
		if (MODEL_LIKELY[i].state == state)
			likely[n++] = &MODEL_LIKELY[i];
	const char *partner = model_partner(model_dossier(m), seed);
	if (partner != NULL) {
		v.kind = MOVE_COMMAND;
		v.a = 7;   /* "r1" among the words */
		v.who = (uint8_t)policy_act_of_name(T(partner));
		return v;
	}
	uint64_t road = model_chance(seed, 10);
	bool waits = m->slow ? road < 6 : road == 0;
	if (waits)
		v.kind = MOVE_DUE;
	if (n == 0 || waits || road > 7)
		return v;
	const struct model_likely *l = likely[model_chance(seed, n)];
	v.kind = l->kind;
	v.who = l->act != NULL ? (uint8_t)policy_act_of_name(T(l->act)) : l->who;
	v.what = l->what == 255 ? v.what : l->what;
	return v;
}

static UNUSED bool model_ends(const struct model_move *v)
{
	static const char *const ends[] = {"redirect", "withdraw", "cancel", "close", "died", "expire"};

	for (size_t i = 0; v->kind == MOVE_COMMAND && i < COUNT(ends); i++)
		if (strcmp(policy_act_name((enum policy_act)(v->who % POLICY_ACTS)), ends[i]) == 0)
			return true;
	return false;
}

/* The hospitals of the test world, which may order their documents out, too. */
static UNUSED const struct organisation *model_organisations(struct model *m)
{
	struct organisation *list = arena_alloc(m->arena, sizeof ORGANISATIONS);

	memcpy(list, ORGANISATIONS, sizeof ORGANISATIONS);
	for (size_t i = 0; i < COUNT(ORGANISATIONS); i++)
		list[i].classes |= (list[i].classes & SENDER_RECORD) != 0 ? SENDER_DELETION : 0;
	return list;
}

static UNUSED void model_start(struct model *m, uint64_t life, struct model_seen *seen)
{
	*m = (struct model){.arena = arena_create(64u * 1024 * 1024), .seen = seen};
	m->world.arena = m->arena;
	m->world.rules = RULES;
	m->world.rules.print_mailbox = BYTES("impression@avis.exemple.fr");
	m->world.now = instant_plus(MORNING, SPAN_HOURS(life % (24 * 400)));
	m->world.rules.triage_by_nurse = life % 2;
	m->world.rules.release_by_nurse = life % 3;
	m->world.rules.opinion_unsigned = life % 5 == 0;
	m->world.rules.language = life % 7 == 0 ? "en" : "fr";
	m->slow = life % 4 == 0;
	m->born = life % 13 == 0 ? "20080601" : life % 13 == 1 ? "20120229" : NULL;   /* some come of age meanwhile */
	m->world.rules.n_experts = life % 11 == 0 ? 1 : COUNT(EXPERTS);
	m->world.rules.organisations = model_organisations(m);
}

/* At the end: all is folded again from the first event. */
static UNUSED void model_finish(struct model *m)
{
	if (m->broken == NULL)
		model_restart(m);
	arena_destroy(&m->arena);
}

/* One life; its script is left in moves. NULL, or the sentence that was broken, with *n moves. The sentence is in text. */
static UNUSED bool model_live(uint64_t life, struct model_seen *seen, void (*keep)(struct arena *, const struct dossier_event *, struct dossier_event *),
			      struct model_move moves[MODEL_MOVES], size_t *n, char text[256])
{
	struct model m;
	uint64_t seed = (life + 1) * 0x9e3779b97f4a7c15u;
	size_t after = 0;

	model_start(&m, life, seen);
	m.keep = keep;
	seen->lives++;
	for (*n = 0; *n < MODEL_MOVES && m.broken == NULL && after < 10; (*n)++) {
		moves[*n] = model_choose(&m, &seed);
		if (model_ends(&moves[*n]) && model_chance(&seed, 8) > 0)
			moves[*n].kind = MOVE_DUE;
		model_move(&m, &moves[*n]);
		after += m.n_files > 0 && dossier_is_over(model_dossier(&m)->state);
	}
	if (m.broken == NULL)
		model_restart(&m);
	bool holds = m.broken == NULL;
	snprintf(text, 256, "%s", holds ? "" : m.broken);
	arena_destroy(&m.arena);
	return holds;
}

/* The same life from a script. True when the same sentence is broken. */
static UNUSED bool model_play(uint64_t life, const struct model_move *moves, size_t n,
			      void (*keep)(struct arena *, const struct dossier_event *, struct dossier_event *), const char *text, FILE *story)
{
	struct model_seen seen = {0};
	struct model m;

	model_start(&m, life, &seen);
	m.keep = keep;
	m.story = story;
	for (size_t i = 0; i < n && m.broken == NULL; i++)
		model_move(&m, &moves[i]);
	if (m.broken == NULL)
		model_restart(&m);
	bool same = m.broken != NULL && strncmp(m.broken, text, 255) == 0;
	if (story != NULL)
		fprintf(story, "%s\n", m.broken != NULL ? m.broken : "nothing is broken");
	arena_destroy(&m.arena);
	return same;
}

/* Two moves at once, where neither can go alone: an answer and its question. */
static UNUSED size_t model_shrink_pairs(uint64_t life, struct model_move *moves, size_t n,
					void (*keep)(struct arena *, const struct dossier_event *, struct dossier_event *), const char *text)
{
	struct model_move less[MODEL_MOVES];

	for (size_t i = 0; i + 1 < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			size_t left = 0;
			for (size_t j = 0; j < n; j++)
				if (j != i && j != k)
					less[left++] = moves[j];
			if (model_play(life, less, left, keep, text, NULL)) {
				memcpy(moves, less, left * sizeof *moves);
				n = left;
				k = i;
			}
		}
	return n;
}

/* Takes away what the failure does not need: halves, quarters, single moves; then pairs, hours and spoils. Gives how many moves are left. */
static UNUSED size_t model_shrink(uint64_t life, struct model_move *moves, size_t n,
				  void (*keep)(struct arena *, const struct dossier_event *, struct dossier_event *), const char *text)
{
	struct model_move less[MODEL_MOVES];

	for (size_t width = n; width > 0; width = width == 1 ? 0 : width / 2) {
		for (size_t at = 0; at + width <= n;) {
			memcpy(less, moves, at * sizeof *moves);
			memcpy(less + at, moves + at + width, (n - at - width) * sizeof *moves);
			if (model_play(life, less, n - width, keep, text, NULL)) {
				n -= width;
				memcpy(moves, less, n * sizeof *moves);
			} else {
				at += width;
			}
		}
	}
	n = model_shrink_pairs(life, moves, n, keep, text);
	for (size_t i = 0; i < n; i++) {
		struct model_move old = moves[i];
		moves[i].minutes = 0;
		if (!model_play(life, moves, n, keep, text, NULL))
			moves[i] = old;
		old = moves[i];
		moves[i].spoil = 0;
		if (!model_play(life, moves, n, keep, text, NULL))
			moves[i] = old;
	}
	return n;
}

static UNUSED void model_report_failure(uint64_t life, struct model_move *moves, size_t n,
					void (*keep)(struct arena *, const struct dossier_event *, struct dossier_event *), const char *text)
{
	n = model_shrink(life, moves, n, keep, text);
	fprintf(stderr, "\nlife %llu breaks after %zu moves: %s\n", (unsigned long long)life, n, text);
	(void)model_play(life, moves, n, keep, text, stderr);
}

#endif

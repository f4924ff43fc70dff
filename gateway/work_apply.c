/* gateway/work_apply.c - carries out a decision, inside the transaction of its step. */
#include "gateway/work.h"

#include <uuid/uuid.h>

#include "base/limits.h"
#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_service.h"
#include "policy/fee.h"
#include "policy/people.h"
#include "policy/worklist.h"

static enum reason create(struct work *work, const struct dossier_event *first, int64_t *id, struct bytes *reference)
{
	struct store_rows *rows = NULL;
	const struct dossier_request *r = &first->request;
	enum reason reason = STORE_RUN(work->store, &rows, "select id, ref from relais.dossier_create($1, $2, $3, $4)", P_TEXT_B(r->patient.ins),
				       P_TEXT_B(r->patient.oid), P_TEXT_B(r->pathology), P_INSTANT(first->at));
	if (reason == REASON_NONE) {
		*id = store_int(rows, 0, 0);
		*reference = arena_copy(work->arena, store_bytes(rows, 0, 1));
	}
	store_free(&rows);
	return reason;
}

static enum reason file_document(struct work *work, int64_t dossier, const struct dossier_event *event)
{
	const struct policy_document *d = &event->document.document;
	return STORE_RUN(work->store, NULL, "select relais.document_file($1, $2, $3, $4, $5, $6, $7)", P_INT(dossier),
			 P_TEXT_B(dossier_document_key(d)), P_INT(event->inbox), P_TEXT_B(d->digest), P_TEXT_B(d->type), P_TEXT_B(d->title),
			 d->replaces.len > 0 ? P_TEXT_B(d->replaces) : P_NULL);
}

static enum reason withdraw_document(struct work *work, int64_t dossier, const struct dossier_event *event)
{
	return STORE_RUN(work->store, NULL, "select relais.document_withdraw($1, $2)", P_INT(dossier), P_TEXT_B(event->text.id));
}

/* data keeps, beside the event's own, how many mails the decision made (on its last event) and which mail it speaks of:
 * reconcile counts by them. */
static enum reason append(struct work *work, int64_t dossier, const struct dossier_event *event, const struct work_cause *cause, int mails)
{
	json_t *data = event_write(event);
	if (mails >= 0)
		json_object_set_new(data, "mails", json_integer(mails));
	if (cause->outbox > 0)
		json_object_set_new(data, "outbox", json_integer(cause->outbox));
	return STORE_RUN(work->store, NULL, "select relais.dossier_append($1, $2::bigint::integer, $3, $4, $5, $6, $7, $8)", P_INT(dossier),
			 P_INT(event->seq), P_INSTANT(event->at), P_TEXT(dossier_event_name(event->kind)), P_JSON(json_write(work->arena, data)),
			 P_TEXT_B(event->actor), P_TEXT_B(event->rule), event->inbox > 0 ? P_INT(event->inbox) : P_NULL);
}

/* What an event of an expert's changes beside his dossier: the room he has, his calendar, the address that he answers to. */
static enum reason change_expert(struct work *work, const struct policy_decision *decision, int64_t dossier, const struct dossier_event *event)
{
	const struct dossier_offer_data *o = &event->offer;
	const struct dossier_offer *holder = decision->dossier == NULL ? NULL : dossier_accepted_offer(decision->dossier);
	struct expert_leave leave;
	enum reason reason = REASON_NONE;

	if (event->kind == EVENT_OFFERED || event->kind == EVENT_STANDBY_OFFERED)
		reason = STORE_RUN(work->store, NULL, "select relais.expert_take($1, $2, $3, $4)", P_TEXT_B(o->rpps), P_INT(o->load), P_INT(o->taken),
				   P_INSTANT(work->now));
	if (reason == REASON_NONE && event_leave(event, &leave))
		reason = STORE_RUN(work->store, NULL, "select relais.leave_add($1, $2, $3, 'answer', $4, $5, $6::bigint::integer, $7)", P_TEXT_B(o->rpps),
				   P_INSTANT(leave.from), P_INSTANT(leave.until), P_TEXT_B(event->actor), P_INT(dossier), P_INT(event->seq), P_INSTANT(work->now));
	/* The stand-by holds it now: nothing more goes to the first, and where he gave it back nothing more comes from him. */
	if (reason == REASON_NONE && event->kind == EVENT_OFFER_ACCEPTED && holder != NULL)
		reason = STORE_RUN(work->store, NULL, "select relais.outbox_cancel_mailbox($1, $2, $3)", P_INT(dossier), P_TEXT_B(holder->mailbox),
				   P_INSTANT(work_real(work)));
	if (reason == REASON_NONE && event_closes(event))
		reason = STORE_RUN(work->store, NULL, "select relais.relay_close($1, $2, $3)", P_INT(dossier), P_TEXT_B(o->mailbox), P_INSTANT(work->now));
	return reason;
}

/* It counts for that mailbox in every dossier; another address is a person's to settle. */
static enum reason learn(struct work *work, const struct dossier_event *event)
{
	const struct dossier_profile_data *p = &event->profile;

	if (p->form == PROFILE_ADDRESS)
		return REASON_NONE;
	return STORE_RUN(work->store, NULL, "select relais.recipient_learn($1, $2, $3)", P_TEXT_B(p->mailbox), P_TEXT(profile_form_name(p->form)),
			 P_TEXT(profile_why_name(p->why)));
}

/* A late opinion that a person takes was held for her: its message is done. */
static enum reason end_held(struct work *work, int64_t dossier, const struct dossier_event *event)
{
	return STORE_RUN(work->store, NULL, "select relais.held_done($1, 'applied', 'none', $2, $3, $4, 0)", P_INT(event->inbox), P_TEXT_B(event->rule),
			 P_INT(dossier), P_INSTANT(work_real(work)));
}

/* A person has looked at a stopped mail; its number follows the letter. */
static enum reason end_stopped(struct work *work, int64_t dossier, const struct dossier_event *event)
{
	uint64_t outbox;

	if (!bytes_number(bytes_from(event->text.id, 1), INT64_MAX, &outbox))
		return REASON_NOT_FOUND;
	return event->kind == EVENT_MAIL_LET_GO ? STORE_RUN(work->store, NULL, "select relais.shield_let_go($1, $2)", P_INT(outbox), P_INT(dossier))
						: STORE_RUN(work->store, NULL, "select relais.shield_drop($1, $2)", P_INT(outbox), P_INT(dossier));
}

static enum reason append_all(struct work *work, const struct policy_decision *decision, int64_t dossier, const struct work_cause *cause)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < decision->n_events; i++) {
		const struct dossier_event *event = &decision->events[i];
		bool last = i + 1 == decision->n_events;
		reason = append(work, dossier, event, cause, last ? (int)decision->n_mails : -1);
		if (reason == REASON_NONE && event->kind == EVENT_DOCUMENT_FILED)
			reason = file_document(work, dossier, event);
		if (reason == REASON_NONE && event->kind == EVENT_DOCUMENT_WITHDRAWN)
			reason = withdraw_document(work, dossier, event);
		if (reason == REASON_NONE && event->kind == EVENT_OPINION_RECEIVED && event->inbox > 0 && event->inbox != cause->inbox)
			reason = end_held(work, dossier, event);
		if (reason == REASON_NONE && dossier_event_data(event->kind) == EVENT_DATA_OFFER)
			reason = change_expert(work, decision, dossier, event);
		if (reason == REASON_NONE && event->kind == EVENT_PROFILE_TOLD)
			reason = learn(work, event);
		if (reason == REASON_NONE && (event->kind == EVENT_MAIL_LET_GO || event->kind == EVENT_MAIL_DROPPED))
			reason = end_stopped(work, dossier, event);
	}
	return reason;
}

static json_t *owners_of(unsigned set)
{
	static const struct {
		enum deadline_alert alert;
		const char *name;
	} all[] = {{ALERT_NURSES, "nurses"}, {ALERT_MANAGER, "manager"}, {ALERT_OPERATOR, "operator"}, {ALERT_OFFICER, "officer"}};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if ((set & all[i].alert) != 0)
			json_array_append_new(list, json_string(all[i].name));
	return list;
}

static enum reason keep_tasks(struct work *work, int64_t id, const struct dossier *d)
{
	struct work_task tasks[WORK_TASKS];
	size_t n = worklist(&work->settings, d, tasks);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct work_task *t = &tasks[i];
		json_t *o = json_pack("{s:s, s:o, s:b, s:o, s:i}", "name", t->name, "since", json_of_instant(t->since), "late", t->late, "owners", owners_of(t->owners),
				      "rank", (int)t->rank);
		if (t->due.us != 0)
			json_object_set_new(o, "due", json_of_instant(t->due));
		json_array_append_new(list, o);
	}
	return STORE_RUN(work->store, NULL, "select relais.dossier_tasks($1, $2)", P_INT(id), P_JSON(json_write(work->arena, list)));
}

static enum reason keep_fold(struct work *work, int64_t id, const struct dossier *d)
{
	struct deadline due[DEADLINES];
	enum reason reason = work_settings(work);
	if (reason != REASON_NONE)
		return reason;
	size_t n = deadline_list(&work->settings, d, due);
	const struct dossier_offer *asked = dossier_live_offer(d), *offer = dossier_accepted_offer(d);
	if (offer == NULL)
		offer = asked;
	reason = keep_tasks(work, id, d);
	if (reason != REASON_NONE)
		return reason;
	return STORE_RUN(work->store, NULL, "select relais.dossier_fold($1, $2, $3, $4, $5, $6, $7, $8, $9)", P_INT(id),
			 P_TEXT_B(d->request.pathology), P_TEXT(dossier_state_name(d->state)), P_BOOL(!dossier_is_over(d->state)), offer != NULL ? P_TEXT_B(offer->rpps) : P_NULL, asked != NULL ? P_TEXT_B(asked->rpps) : P_NULL,
			 d->complete_at.us > 0 ? P_INSTANT(d->complete_at) : P_NULL, d->due_at.us > 0 ? P_INSTANT(d->due_at) : P_NULL,
			 n > 0 ? P_INSTANT(due[0].at) : P_NULL);
}

/* What the decision earned, and what a questionnaire says: money and answers are written with the events that they come of, or not at all. */
static enum reason book_fee(struct work *work, const struct policy_decision *decision, int64_t dossier)
{
	const struct dossier_fee *fee = &decision->after->fee;

	if (fee->rpps.len == 0 || (decision->dossier != NULL && decision->dossier->fee.rpps.len > 0))
		return REASON_NONE;
	enum reason reason = work_settings(work);
	if (reason != REASON_NONE)
		return reason;
	return STORE_RUN(work->store, NULL, "select relais.fee_book($1, $2::bigint::integer, $3, $4, $5::bigint::integer)", P_INT(dossier), P_INT(fee->seq),
			 P_INSTANT(fee->at), P_TEXT_B(fee->rpps), P_INT(fee_cents(&work->settings)));
}

static enum reason count_study(struct work *work, const struct study_answers *answers)
{
	struct bytes questions[STUDY_QUESTIONS], said[STUDY_QUESTIONS];
	size_t n = 0;

	for (size_t i = 0; i < STUDY_QUESTIONS; i++) {
		if (answers->at[i] == STUDY_UNSAID)
			continue;
		questions[n] = bytes_of_text(study_question_name(i));
		said[n++] = bytes_of_text(study_answer_name(answers->at[i]));
	}
	return STORE_RUN(work->store, NULL, "select relais.study_add($1::bigint::integer, $2, $3)",
			 P_INT(calendar_date(CALENDAR_FRANCE, work->now).year), P_TEXTS(questions, n), P_TEXTS(said, n));
}

static const char *message_id(struct work *work)
{
	uuid_t uuid;
	char text[37];
	uuid_generate_random(uuid);
	uuid_unparse_lower(uuid, text);
	return arena_printf(work->arena, "<%s@%s>", text, work->config->hostname);
}

/* The text of a request with its Message-ID in place. */
static struct bytes with_id(struct work *work, json_t *request, const char *id)
{
	json_object_set_new(request, "message_id", json_string(id));
	return json_write(work->arena, request);
}

/* What was decided for him and has not left. */
static enum reason stop_representative(struct work *work, int64_t dossier, struct bytes mailbox)
{
	return STORE_RUN(work->store, NULL, "select relais.outbox_cancel_representative($1, $2, $3)", P_INT(dossier), P_TEXT_B(mailbox), P_INSTANT(work_real(work)));
}

/* Rights that ended, the agreement to let curator and trusted person have all, and a minor's secret. */
static enum reason stop_people(struct work *work, const struct policy_decision *decision, int64_t dossier, const struct dossier_event *e)
{
	const struct dossier *d = decision->after;
	bool secret = e->kind == EVENT_CHANNEL_CHANGED && people_is_secret(d);
	bool agreed = e->kind == EVENT_CONSENT_CHANGED && e->consent.party == PARTY_REPRESENTATIVE && !e->consent.given;
	enum reason reason = REASON_NONE;

	if (secret)
		reason = STORE_RUN(work->store, NULL, "select relais.outbox_cancel($1, $2, $3)", P_INT(dossier), P_TEXT("patient"), P_INSTANT(work_real(work)));
	for (size_t i = 0; reason == REASON_NONE && i < d->n_representatives; i++) {
		const struct dossier_representative *r = &d->representatives[i];
		bool ended = e->kind == EVENT_REPRESENTATIVE_ENDED && bytes_equal(e->text.id, r->data.id);
		if (secret || ended || (agreed && people_share(d, r) != PEOPLE_WHOLE))
			reason = stop_representative(work, dossier, r->data.mailbox);
	}
	return reason;
}

/* What an offer or a document had on its way when it was over. A stand-by's offer that goes on as one for the dossier is not. */
static enum reason stop_over(struct work *work, const struct policy_decision *decision, int64_t dossier, const struct dossier_event *e)
{
	const struct dossier_offer *live = decision->after == NULL ? NULL : dossier_live_offer(decision->after);
	bool over = e->kind == EVENT_OFFER_EXPIRED || e->kind == EVENT_OFFER_DECLINED || e->kind == EVENT_OFFER_ACCEPTED;

	if (e->kind == EVENT_DOCUMENT_WITHDRAWN)
		return STORE_RUN(work->store, NULL, "select relais.outbox_cancel_document($1, $2, $3)", P_INT(dossier), P_TEXT_B(e->text.id), P_INSTANT(work_real(work)));
	if (!over || (live != NULL && bytes_equal(live->rpps, e->offer.rpps)))
		return REASON_NONE;
	return STORE_RUN(work->store, NULL, "select relais.outbox_cancel_offer($1, $2, $3)", P_INT(dossier), P_TEXT_B(e->offer.mailbox), P_INSTANT(work_real(work)));
}

/* A consent that ends, or a request that does, stops the mails that were decided before and have not left; so does a new version of the
 * report those that carry an older one. */
static enum reason stop_mails(struct work *work, const struct policy_decision *decision, int64_t dossier)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < decision->n_events; i++) {
		const struct dossier_event *e = &decision->events[i];
		bool one = (e->kind == EVENT_CONSENT_CHANGED && !e->consent.given && e->consent.party != PARTY_REPRESENTATIVE) || e->kind == EVENT_REASSIGNED;
		bool all = e->kind == EVENT_WITHDRAWN || e->kind == EVENT_CANCELLED || e->kind == EVENT_REDIRECTED || e->kind == EVENT_EXPIRED ||
			   e->kind == EVENT_DIED;
		enum party party = e->kind == EVENT_REASSIGNED ? PARTY_EXPERT : one ? e->consent.party : PARTY_NONE;
		if (e->kind == EVENT_FROZEN || e->kind == EVENT_UNFROZEN)
			reason = STORE_RUN(work->store, NULL, "select relais.outbox_freeze($1, $2)", P_INT(dossier), P_BOOL(e->kind == EVENT_FROZEN));
		if (e->kind == EVENT_RELEASED && e->release.version > 1)
			reason = STORE_RUN(work->store, NULL, "select relais.report_cancel($1, $2, $3)", P_INT(dossier), P_INT(e->release.version), P_INSTANT(work_real(work)));
		if (reason == REASON_NONE)
			reason = stop_people(work, decision, dossier, e);
		if (reason == REASON_NONE)
			reason = stop_over(work, decision, dossier, e);
		if (reason == REASON_NONE && (one || all))
			reason = STORE_RUN(work->store, NULL, "select relais.outbox_cancel($1, $2, $3)", P_INT(dossier),
					   one ? P_TEXT(party_name(party)) : P_NULL, P_INSTANT(work_real(work)));
	}
	return reason;
}

/* *added grows by one unless this effect was decided before. */
static enum reason queue_mail(struct work *work, const struct policy_decision *decision, size_t i, int64_t dossier, const struct dossier *after,
			      const struct work_cause *cause, int *added)
{
	static const char *const forms[] = {[POLICY_MAIL_SEALED] = "", [POLICY_MAIL_DSN] = ".dsn", [POLICY_MAIL_MDN] = ".mdn"};
	const struct policy_mail *mail = &decision->mails[i];
	bool evented = decision->n_events > 0;
	int64_t event = evented ? decision->events[decision->n_events - 1].seq : 0;
	const char *id = message_id(work);
	json_t *request = NULL, *attach = NULL;
	enum reason reason = work_mail(work, mail, after, dossier, cause, &request, &attach);

	if (reason != REASON_NONE)
		return reason;
	const char *effect = arena_printf(work->arena, "%s:d%lld:e%lld:%s%s:%s:%zu", cause->effect, (long long)dossier, (long long)event,
					  mail_code_name(mail->code), forms[mail->form], party_name(mail->party), i);
	struct store_rows *rows = NULL;
	reason = STORE_RUN(work->store, &rows, "select relais.outbox_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", P_TEXT(effect),
			   evented && dossier > 0 ? P_INT(dossier) : P_NULL, evented ? P_INT(event) : P_NULL,
			   cause->inbox > 0 ? P_INT(cause->inbox) : P_NULL, P_TEXT(mail_code_name(mail->code)), P_TEXT(party_name(mail->party)),
			   P_TEXT_B(mail->to), P_TEXT(mail->form == POLICY_MAIL_SEALED ? work->config->signer.mailbox : ""), P_TEXT(id), P_TEXT(decision->rule),
			   P_JSON(with_id(work, request, id)), P_JSON(json_write(work->arena, attach)), P_INSTANT(work_real(work)), P_TEXT(mail->channel == CHANNEL_PAPER ? "paper" : "mail"));
	if (reason == REASON_NONE)
		*added += store_int(rows, 0, 0) != 0;
	if (reason == REASON_NONE)
		log_event("decided-mail", LOG_NUMBER("outbox", store_int(rows, 0, 0)), LOG_TEXT("code", mail_code_name(mail->code)), LOG_TEXT("form", forms[mail->form]),
			  LOG_TEXT("party", party_name(mail->party)), LOG_NUMBER("dossier", dossier), LOG_END);
	store_free(&rows);
	return reason;
}

enum reason work_apply(struct work *work, const struct policy_decision *decision, const struct work_cause *cause, int64_t *dossier, int *notices)
{
	enum reason reason = REASON_NONE;
	struct dossier after;
	int added = 0;
	bool known = decision->after != NULL || decision->dossier != NULL;

	*dossier = decision->dossier != NULL ? decision->dossier->id : 0;
	if (known)
		after = *(decision->after != NULL ? decision->after : decision->dossier);
	if (decision->creates)
		reason = create(work, &decision->events[0], dossier, &after.reference);
	if (decision->creates)
		after.id = *dossier;
	if (reason == REASON_NONE && decision->n_events > 0)
		reason = append_all(work, decision, *dossier, cause);
	if (reason == REASON_NONE)
		reason = stop_mails(work, decision, *dossier);
	for (size_t i = 0; reason == REASON_NONE && i < decision->n_mails; i++)
		reason = queue_mail(work, decision, i, *dossier, known ? &after : NULL, cause, &added);
	if (reason == REASON_NONE && decision->n_events > 0)
		reason = work_calls(work, decision, &after);
	if (reason == REASON_NONE && decision->n_events > 0)
		reason = keep_fold(work, *dossier, &after);
	if (reason == REASON_NONE && decision->n_events > 0)
		reason = book_fee(work, decision, *dossier);
	if (reason == REASON_NONE && decision->study != NULL)
		reason = count_study(work, decision->study);
	*notices = decision->n_events == 0 ? added : 0;
	return reason;
}

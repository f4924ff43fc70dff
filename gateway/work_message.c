/* gateway/work_message.c - one incoming message: have it read, decide, write. */
#include "gateway/work_message.h"

#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_report.h"
#include "gateway/work_service.h"
#include "policy/sender.h"
#include "policy/story.h"

/* What is kept of the reading, as evidence: the facts with the signature's, and what was told to the sender. */
static struct bytes kept_facts(struct work *work, const struct work_message *m, int notices)
{
	json_t *kept = m->facts.facts != NULL ? json_copy(m->facts.facts) : json_object();
	static const char *const keys[] = {"scan", "signature", "head", "range", "content", "digest", "range_digest", "received_by", "opened"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *value = json_object_get(m->facts.verified, keys[i]);
		if (value != NULL)
			json_object_set(kept, keys[i], value);
	}
	json_object_set_new(kept, "notices", json_integer(notices));
	if (m->facts.antivirus != NULL)
		json_object_set(kept, "antivirus", m->facts.antivirus);
	if (m->view.vouched)
		json_object_set_new(kept, "vouched", json_true());
	return json_write(work->arena, kept);
}

static const char *class_name(const struct work_message *m)
{
	struct bytes name = json_view(m->facts.facts, "class");
	return name.len > 0 ? (const char *)name.at : NULL;
}

static enum reason finish(struct work *work, const struct work_message *m, int64_t dossier, int notices)
{
	const struct policy_decision *d = &m->decision;
	const char *owner = d->outcome != POLICY_HELD ? NULL : d->owner != NULL ? d->owner : "operator";

	return STORE_RUN(work->store, NULL, "select relais.work_done($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", P_INT(m->inbox.id),
			 P_INT(work->session), m->view.id.len > 0 ? P_TEXT_B(m->view.id) : P_NULL, P_TEXT_B(m->view.from),
			 P_TEXT_OR_NULL(json_view(m->facts.verified, "range_digest")), P_TEXT(class_name(m)), P_JSON(kept_facts(work, m, notices)),
			 P_TEXT(policy_outcome_name(d->outcome)), P_TEXT(reason_code(d->reason)), P_TEXT(owner), P_TEXT(d->rule),
			 dossier > 0 ? P_INT(dossier) : P_NULL, P_INSTANT(work_real(work)));
}

static enum reason prove(struct work *work, int64_t outbox, int level, enum reason failed)
{
	return STORE_RUN(work->store, NULL, "select relais.outbox_proof($1, $2::bigint::integer, $3)", P_INT(outbox), P_INT(level),
			 failed != REASON_NONE ? P_TEXT(reason_code(failed)) : P_NULL);
}

/* The proof level that a report gives is kept on the mail it speaks of, too. */
static enum reason keep_proof(struct work *work, const struct work_message *m)
{
	const struct policy_decision *d = &m->decision;

	if (m->outbox != 0 && d->proof != 0)
		return prove(work, m->outbox, d->proof > 0 ? d->proof : 0, d->proof > 0 ? REASON_NONE : REASON_DELIVER_REFUSED);
	for (size_t i = 0; i < d->n_events && m->outbox != 0; i++) {
		const struct dossier_event *e = &d->events[i];
		if (e->kind == EVENT_MAIL_PROOF || e->kind == EVENT_MAIL_FAILED)
			return prove(work, m->outbox, e->mail.level, e->kind == EVENT_MAIL_FAILED ? e->mail.reason : REASON_NONE);
	}
	return REASON_NONE;
}

static enum reason decide_and_write(struct work *work, struct work_message *m)
{
	const struct dossier *dossier = NULL;
	struct work_candidates c = {0};
	struct policy_rules rules;
	int64_t written = 0;
	int notices = 0;

	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		work_message_view(work, &m->inbox, &m->facts, &m->view);
	if (reason == REASON_NONE)
		reason = work_gather(work, m, &dossier, &c, &rules);
	if (reason == REASON_NONE) {
		policy_decide_message(work->arena, &rules, dossier, c.list, c.n, &m->view, work->now, &m->decision);
		struct work_cause cause = {
			.inbox = m->inbox.id, .outbox = m->outbox, .message_id = m->view.id, .message = &m->view,
			.head = json_object_get(m->facts.facts, "mail"),
			.effect = arena_printf(work->arena, "i%lld", (long long)m->inbox.id),
		};
		reason = work_apply(work, &m->decision, &cause, &written, &notices);
	}
	if (reason == REASON_NONE)
		reason = keep_proof(work, m);
	if (reason == REASON_NONE)
		reason = work_keep_material(work, &m->facts);
	if (reason == REASON_NONE)
		reason = finish(work, m, written, notices);
	if (reason == REASON_NONE)
		reason = store_commit(work->store);
	if (reason != REASON_NONE)
		store_rollback(work->store);
	return reason;
}

/* The reading failed again and again: it is kept apart, undecided, with the operator as its owner. */
static enum reason give_up(struct work *work, struct work_message *m)
{
	m->decision = (struct policy_decision){.outcome = POLICY_HELD, .reason = REASON_TRIES_OUT, .owner = "operator", .rule = "work.tries/1"};
	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = finish(work, m, 0, 0);
	if (reason == REASON_NONE)
		reason = store_commit(work->store);
	if (reason != REASON_NONE)
		store_rollback(work->store);
	return reason;
}

static void tell(const struct work_message *m, enum reason reason)
{
	if (reason == REASON_NONE && m->decision.limited)
		log_event("notices-limited", LOG_NUMBER("inbox", m->inbox.id), LOG_NUMBER("limit", LIMIT_NOTICES_DAY), LOG_END);
	if (reason == REASON_NONE)
		log_event("decided", LOG_NUMBER("inbox", m->inbox.id), LOG_TEXT("outcome", policy_outcome_name(m->decision.outcome)),
			  LOG_REASON(m->decision.reason), LOG_TEXT("rule", m->decision.rule), LOG_NUMBER("events", m->decision.n_events),
			  LOG_NUMBER("mails", m->decision.n_mails), LOG_END);
	else
		log_event("not-decided", LOG_NUMBER("inbox", m->inbox.id), LOG_REASON(reason), LOG_NUMBER("tries", m->inbox.tries), LOG_END);
}

static void release(struct work *work, int64_t inbox, enum reason reason)
{
	(void)!STORE_RUN(work->store, NULL, "select relais.work_release($1, $2, $3, $4)", P_INT(inbox), P_INT(work->session), P_BOOL(work_is_ours(reason)),
			 P_BOOL(work_is_away(reason)));
}

/* False when it may have held the worker up for long: the scanner said nothing about it, or the opener nothing at all. */
static bool one_message(struct work *work, struct work_message *m)
{
	enum reason reason = REASON_NONE;

	work->last_try = m->inbox.tries >= LIMIT_CLAMD_TRIES;
	if (m->inbox.tries > LIMIT_TRIES)
		reason = give_up(work, m);
	else
		reason = work_read(work, m->inbox.body, m->inbox.mail_from.len > 0 ? (const char *)m->inbox.mail_from.at : NULL, &m->facts);
	if (reason == REASON_NONE && m->inbox.tries <= LIMIT_TRIES)
		reason = decide_and_write(work, m);
	tell(m, reason);
	work_facts_free(&m->facts);
	if (reason != REASON_NONE)
		release(work, m->inbox.id, reason);
	return reason != REASON_ANTIVIRUS_SILENT && reason != REASON_OPEN_AWAY;
}

static struct bytes text_of(struct work *work, const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : arena_copy(work->arena, store_bytes(rows, row, column));
}

/* A word that we do not know is believed least. */
static enum policy_source source_of(struct bytes word)
{
	return bytes_equal_text(word, "smtp") ? POLICY_SOURCE_SMTP :
	       bytes_equal_text(word, "submission") ? POLICY_SOURCE_SUBMISSION : POLICY_SOURCE_IMAP;
}

static struct work_inbox inbox_of(struct work *work, const struct store_rows *rows, size_t i)
{
	struct work_inbox inbox = {
		.id = store_int(rows, i, 0), .body = store_int(rows, i, 1), .digest = text_of(work, rows, i, 2),
		.source = source_of(store_bytes(rows, i, 3)), .peer_name = text_of(work, rows, i, 4),
		.mail_from = text_of(work, rows, i, 5), .received = store_instant(rows, i, 7), .tries = store_int(rows, i, 8),
		.account = text_of(work, rows, i, 9),
		.mailbox = text_of(work, rows, i, 11),
	};
	inbox.n_recipients = store_texts(rows, work->arena, i, 6, &inbox.recipients);
	inbox.params = json_read(store_bytes(rows, i, 10));
	json_array_append_new(work->kept, inbox.params);
	return inbox;
}

/* Whoever asks for content is the officer's concern; by the number of the message alone. */
static enum reason tell_officer(struct work *work, int64_t inbox)
{
	bool en = work_english(work);
	json_t *f = json_pack("{s:s, s:s, s:s}", "sentence",
			      arena_printf(work->arena, en ? "Content of a person or a file was asked for (message R%lld): refused, nothing was told." : "Un contenu a été demandé sur une personne ou un dossier (message R%lld) : refusé, rien n'a été dit.",
					   (long long)inbox),
			      "since", story_time(work->arena, work->now, work->config->language), "todo_list",
			      en ? "1. Enter the request in your register.\n2. A court's order comes to you by registered letter: answer it yourself." : "1. Inscrivez la demande à votre registre.\n2. Une décision de justice vous parvient par courrier recommandé : répondez-y vous-même.");
	struct work_service mail = {.code = MAIL_M93, .party = SERVICE_OFFICER, .rule = "operator.decline/1", .fields = f, .occasion = arena_printf(work->arena, "R%lld:declined", (long long)inbox),
				    .subject = en ? "Request for content refused" : "Demande de contenu refusée"};
	return work_service_add(work, &mail, NULL);
}

/* The decision on a held message, and its rows. */
static enum reason decide_held(struct work *work, struct work_message *m, struct bytes actor, const char *effect)
{
	const struct dossier *dossier = NULL;
	struct work_candidates c = {0};
	struct policy_rules rules;
	int64_t chosen = m->dossier, written = 0;
	int notices = 0;

	work_message_view(work, &m->inbox, &m->facts, &m->view);
	enum reason reason = work_gather(work, m, &dossier, &c, &rules);
	struct dossier *to = NULL;
	if (reason == REASON_NONE && chosen != 0)
		reason = work_load(work, chosen, &to);
	if (reason == REASON_NONE && to != NULL)
		reason = work_rules(work, sender_domain(m->view.from), to->request.pathology, to, BYTES_NONE, &rules);
	if (reason != REASON_NONE)
		return reason;
	if (to != NULL)
		policy_decide_attach(work->arena, &rules, to, &m->view, actor, work->now, &m->decision);
	else if (m->declined)
		policy_decide_decline(work->arena, &rules, &m->view, actor, &m->decision);
	else
		policy_decide_return(work->arena, &rules, &m->view, m->held_for, actor, &m->decision);
	struct work_cause cause = {.inbox = m->inbox.id, .message_id = m->view.id, .message = &m->view,
				   .head = json_object_get(m->facts.facts, "mail"), .effect = effect};
	reason = work_apply(work, &m->decision, &cause, &written, &notices);
	if (reason == REASON_NONE && m->declined)
		reason = tell_officer(work, m->inbox.id);
	if (reason != REASON_NONE || (to != NULL && m->decision.n_events == 0))
		return reason;   /* an attachment that the policy refuses leaves the message held */
	return STORE_RUN(work->store, NULL, "select relais.held_done($1, $2, $3, $4, $5, $6, $7::bigint::integer)", P_INT(m->inbox.id),
			 P_TEXT(policy_outcome_name(m->decision.outcome)), P_TEXT(reason_code(m->decision.reason)), P_TEXT(m->decision.rule),
			 written > 0 ? P_INT(written) : P_NULL, P_INSTANT(work_real(work)), P_INT(notices));
}

enum reason work_held_read(struct work *work, int64_t inbox, struct work_facts *facts)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select body from relais.held_claim($1)", P_INT(inbox));
	int64_t body = reason == REASON_NONE && store_count(rows) == 1 ? store_int(rows, 0, 0) : 0;

	store_free(&rows);
	work->last_try = true;
	return reason != REASON_NONE ? reason : body == 0 ? REASON_NOT_FOUND : work_read(work, body, NULL, facts);
}

enum reason work_held(struct work *work, const struct work_facts *facts, int64_t inbox, int64_t dossier, struct bytes kind, struct bytes actor, const char *effect,
		      struct policy_decision *decision)
{
	struct store_rows *rows = NULL;
	struct work_message m = {.held = true, .declined = bytes_equal_text(kind, "decline"), .dossier = dossier, .facts = *facts};
	enum reason reason = STORE_RUN(work->store, &rows,
				       "select $1, body, digest, source, peer_name, mail_from, recipients, received_at, 0::bigint, account, params, mailbox, reason "
				       "from relais.held_claim($1)", P_INT(inbox));

	if (reason == REASON_NONE && store_count(rows) != 1) {
		*decision = (struct policy_decision){.outcome = POLICY_REFUSED, .reason = REASON_NOT_FOUND};
	} else if (reason == REASON_NONE) {
		m.inbox = inbox_of(work, rows, 0);
		m.held_for = reason_of_code(store_bytes(rows, 0, 12));
		reason = decide_held(work, &m, actor, effect);
		*decision = m.decision;
		/* Given back as asked: its reason is the sender's news, not a failure of the act. */
		if (dossier == 0)
			decision->reason = REASON_NONE;
	}
	store_free(&rows);
	return reason;
}

bool work_messages(struct work *work)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows,
				       "select inbox, body, digest, source, peer_name, mail_from, recipients, received_at, tries::bigint, account, params, mailbox "
				       "from relais.work_claim($1, $2::bigint::integer)", P_INT(work->session), P_INT(LIMIT_CLAIM_BATCH));
	size_t n = reason == REASON_NONE ? store_count(rows) : 0;
	bool goes_on = true;

	for (size_t i = 0; i < n; i++) {
		struct work_message m = {0};
		work_begin(work);
		m.inbox = inbox_of(work, rows, i);
		/* What was claimed behind one that held us up goes back as it came, so that whatever else waits has its turn. */
		if (goes_on)
			goes_on = one_message(work, &m);
		else
			(void)!STORE_RUN(work->store, NULL, "select relais.work_return($1, $2)", P_INT(m.inbox.id), P_INT(work->session));
		work_end(work);
	}
	store_free(&rows);
	return n > 0;
}

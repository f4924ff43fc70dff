/* gateway/work_message.c - one incoming message: have it read, decide, write. */
#include "gateway/work.h"

#include "base/limits.h"
#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "policy/receipt.h"

/* ---------------------------------------------------------------- whose message is it */

struct address {
	struct bytes local, domain;
};

static struct address split(struct bytes address)
{
	size_t at = bytes_find_byte(address, '@', 0);
	return (struct address){bytes_slice(address, 0, at), bytes_from(address, at + 1)};
}

/* The domains among those of From, envelope and reported recipient that the peer's certificate speaks for: none, when it
 * proved to be one of our own mailboxes. */
static enum reason peer_domains(struct work *work, const struct work_inbox *inbox, struct policy_message *m)
{
	const struct bytes asked[] = {split(m->from).domain, split(m->mail_from).domain,
				      m->report != NULL ? split(m->report->mailbox).domain : BYTES_NONE};
	struct bytes *found = arena_alloc(work->arena, sizeof asked);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && inbox->source == POLICY_SOURCE_SMTP && i < 3; i++) {
		struct store_rows *rows = NULL;
		if (asked[i].len == 0 || (i == 1 && bytes_equal_nocase(asked[0], asked[1])))
			continue;
		reason = STORE_RUN(work->store, &rows, "select relais.intake_sender($1, $2)", P_TEXT_B(inbox->peer_name), P_TEXT_B(asked[i]));
		if (reason == REASON_NONE && store_int(rows, 0, 0))
			found[m->peer_domains.n++] = asked[i];
		store_free(&rows);
	}
	m->peer_domains.at = found;
	return reason;
}

/* Message-IDs that an answer names, at most so many: mail programs cut the list, too. */
static size_t named_mails(struct work *work, const json_t *mail, const char *key, struct bytes **out)
{
	const json_t *list = json_object_get(mail, key);
	size_t n = json_array_size(list), skip = n > LIMIT_COMPOSE_REFERENCES ? n - LIMIT_COMPOSE_REFERENCES : 0;

	*out = arena_alloc(work->arena, (n + 1) * sizeof **out);
	for (size_t i = skip; i < n; i++)
		(*out)[i - skip] = json_text_view(json_array_get(list, i));
	return n - skip;
}

static enum reason find_named(struct work *work, const struct work_facts *facts, const char *key, struct policy_message *m, int64_t *dossier)
{
	struct store_rows *rows = NULL;
	struct bytes *ids;
	size_t n = named_mails(work, json_object_get(facts->facts, "mail"), key, &ids);

	if (n == 0)
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select dossier, party from relais.relay_by_thread($1, $2)", P_TEXTS(ids, n),
				       P_TEXT_B(m->from));
	if (reason == REASON_NONE && store_count(rows) == 1) {
		*dossier = store_int(rows, 0, 0);
		m->party = party_of_name(store_bytes(rows, 0, 1));
	}
	store_free(&rows);
	return reason;
}

/* An answer to a mail of ours that came to a mailbox of the service and not to a relay address (client mode; a mail program that ignores
 * Reply-To). It stands as it would under the relay address: only from the one whom we wrote to, in the envelope as in From. What an
 * organisation or a physician files by itself keeps its own road, whatever it answers. */
static enum reason find_thread(struct work *work, const struct work_inbox *inbox, const struct work_facts *facts, struct policy_message *m,
			       int64_t *dossier)
{
	if (m->from.len == 0 || m->report != NULL ||
	    (inbox->source != POLICY_SOURCE_IMAP && inbox->mail_from.len > 0 && !bytes_equal_nocase(inbox->mail_from, m->from)))
		return REASON_NONE;
	enum reason reason = find_named(work, facts, "in_reply_to", m, dossier);
	if (reason == REASON_NONE && *dossier == 0)
		reason = find_named(work, facts, "references", m, dossier);
	bool files = m->class == POLICY_CLASS_REQUEST || m->class == POLICY_CLASS_RECORD;
	if (files && m->party != PARTY_PATIENT && m->party != PARTY_EXPERT) {
		*dossier = 0;
		m->party = PARTY_NONE;
	}
	return reason;
}

/* A relay address names the dossier and the party; so does the mail that is answered. */
static enum reason find_recipient(struct work *work, const struct work_inbox *inbox, const struct work_facts *facts, struct policy_message *m,
				  int64_t *dossier)
{
	*dossier = 0;
	m->recipient = inbox->n_recipients > 0 ? inbox->recipients[0] : BYTES_NONE;
	for (size_t i = 0; i < inbox->n_recipients; i++) {
		struct store_rows *rows = NULL;
		enum reason reason = STORE_RUN(work->store, &rows, "select dossier, party, mailbox from relais.relay_find($1)",
					       P_TEXT_B(split(inbox->recipients[i]).local));
		if (reason != REASON_NONE)
			return reason;
		/* valid only from the party it was made for, in the envelope and in From */
		if (store_count(rows) == 1 && bytes_equal_nocase(store_bytes(rows, 0, 2), m->from)) {
			*dossier = store_int(rows, 0, 0);
			m->party = party_of_name(store_bytes(rows, 0, 1));
			m->recipient = inbox->recipients[i];
		}
		store_free(&rows);
		if (*dossier != 0)
			return REASON_NONE;
	}
	return find_thread(work, inbox, facts, m, dossier);
}

static bool same_content(const struct store_rows *rows, const struct work_facts *facts)
{
	struct bytes digest = json_view(facts->verified, "range_digest");
	return store_count(rows) == 1 && digest.len > 0 && bytes_equal(store_bytes(rows, 0, 1), digest);
}

static enum reason was_seen(struct work *work, const struct work_inbox *inbox, const struct work_facts *facts, struct policy_message *m)
{
	struct store_rows *rows = NULL;
	if (m->id.len == 0 || m->from.len == 0)
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select earlier, entity_digest, outcome from relais.work_earlier($1, $2, $3)",
				       P_INT(inbox->id), P_TEXT_B(m->id), P_TEXT_B(m->from));
	if (reason == REASON_NONE)
		m->seen = same_content(rows, facts);
	store_free(&rows);
	return reason;
}

/* What it is to us: our own mail that comes back, how often its sender was told today, whether a report went out on it. */
static enum reason find_context(struct work *work, const struct work_inbox *inbox, struct policy_message *m)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select own, receipted, notices from relais.work_context($1, $2, $3)", P_INT(inbox->id),
				       P_TEXT_B(m->id), P_TEXT_B(receipt_address(m)));

	if (reason == REASON_NONE && store_count(rows) == 1) {
		m->own = store_int(rows, 0, 0) != 0 || bytes_equal_nocase(m->from, bytes_of_text(work->config->signer.mailbox));
		m->receipted = store_int(rows, 0, 1) != 0;
		m->notices = (uint64_t)store_int(rows, 0, 2);
	}
	store_free(&rows);
	return reason;
}

/* The mail of ours that a party answers: the one that In-Reply-To names, else the last that reached him. */
static enum reason find_answered(struct work *work, const struct work_facts *facts, const struct policy_message *m, int64_t dossier, int64_t *outbox)
{
	const json_t *list = json_object_get(json_object_get(facts->facts, "mail"), "in_reply_to");
	struct store_rows *rows = NULL;

	if (dossier == 0 || m->party == PARTY_NONE || m->report != NULL)
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.answer_match($1, $2, $3)", P_INT(dossier), P_TEXT(party_name(m->party)),
				       P_TEXT_B(json_text_view(json_array_get(list, 0))));
	if (reason == REASON_NONE && store_count(rows) == 1 && !store_is_null(rows, 0, 0))
		*outbox = store_int(rows, 0, 0);
	store_free(&rows);
	return reason;
}

/* A report is matched to a mail of ours by its envelope id, else by Message-ID, and the recipient. */
static enum reason match_report(struct work *work, const struct work_facts *facts, struct policy_message *m, int64_t *dossier, int64_t *outbox)
{
	const json_t *o = json_object_get(facts->facts, "report");
	struct bytes envelope = json_view(o, "envelope_id"), original = json_view(o, "original_message_id");
	struct policy_report *report = (struct policy_report *)m->report;
	enum reason reason = REASON_NONE;

	for (size_t i = 0; report != NULL && !report->matched && reason == REASON_NONE && i < report->n; i++) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(work->store, &rows, "select outbox, dossier, code, party, recipient_is, proof from relais.report_match($1, $2, $3)",
				   envelope.len > 0 ? P_TEXT_B(envelope) : P_NULL, P_TEXT_B(original), P_TEXT_B(report->recipients[i].address));
		if (reason == REASON_NONE && store_count(rows) == 1) {
			report->matched = true;
			report->by_envelope = envelope.len > 0;
			report->code = mail_code_of_name(store_bytes(rows, 0, 2));
			report->party = party_of_name(store_bytes(rows, 0, 3));
			report->mailbox = arena_copy(work->arena, store_bytes(rows, 0, 4));
			*outbox = store_int(rows, 0, 0);
			*dossier = store_is_null(rows, 0, 1) ? 0 : store_int(rows, 0, 1);
		}
		store_free(&rows);
	}
	return reason;
}

/* ---------------------------------------------------------------- dossiers that it may concern */

struct candidates {
	const struct dossier **list;
	size_t n;
};

static bool known(const struct candidates *c, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i]->id == id)
			return true;
	return false;
}

/* Every dossier of a matricule, locked; no second message of this patient decides at the same time. */
static enum reason of_patient(struct work *work, struct bytes ins, struct candidates *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select id from relais.dossier_of_patient($1)", P_TEXT_B(ins));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows) && c->n < LIMIT_DOCUMENTS; i++) {
		struct dossier *d = NULL;
		if (known(c, store_int(rows, i, 0)))
			continue;
		reason = work_load(work, store_int(rows, i, 0), &d);
		if (reason == REASON_NONE)
			c->list[c->n++] = d;
	}
	store_free(&rows);
	return reason;
}

static enum reason find_candidates(struct work *work, const struct policy_message *m, struct candidates *c)
{
	enum reason reason = REASON_NONE;
	struct bytes done[LIMIT_DOCUMENTS];
	size_t n = 0;

	c->list = arena_alloc(work->arena, (LIMIT_DOCUMENTS + 1) * sizeof *c->list);
	for (size_t i = 0; reason == REASON_NONE && i < m->n_documents; i++) {
		struct bytes ins = m->documents[i].patient.ins;
		bool again = ins.len == 0;
		for (size_t k = 0; k < n; k++)
			again = again || bytes_equal(done[k], ins);
		if (again || n == LIMIT_DOCUMENTS)
			continue;
		done[n++] = ins;
		reason = of_patient(work, ins, c);
	}
	return reason;
}

static struct bytes asked_pathology(const struct policy_message *m, const struct dossier *d, const struct candidates *c)
{
	for (size_t i = 0; i < m->n_answers; i++)
		if (bytes_equal_text(m->answers[i].question, "relais.pathology"))
			return m->answers[i].value;
	if (d != NULL)
		return d->request.pathology;
	for (size_t i = 0; i < c->n; i++)
		if (!dossier_is_over(c->list[i]->state))
			return c->list[i]->request.pathology;
	return BYTES_NONE;
}

/* ---------------------------------------------------------------- the step */

struct message {
	struct work_inbox inbox;
	struct work_facts facts;
	struct policy_message view;
	struct policy_decision decision;
	int64_t dossier, outbox;
	bool held;                   /* a person decides on a held one: the row is no claim */
	enum reason held_for;
};

static enum reason gather(struct work *work, struct message *m, const struct dossier **dossier, struct candidates *c, struct policy_rules *rules)
{
	enum reason reason = find_recipient(work, &m->inbox, &m->facts, &m->view, &m->dossier);
	struct dossier *loaded = NULL;

	if (reason == REASON_NONE && !m->held)
		reason = was_seen(work, &m->inbox, &m->facts, &m->view);
	if (reason == REASON_NONE)
		reason = match_report(work, &m->facts, &m->view, &m->dossier, &m->outbox);
	if (reason == REASON_NONE)
		reason = find_answered(work, &m->facts, &m->view, m->dossier, &m->outbox);
	if (reason == REASON_NONE)
		reason = find_context(work, &m->inbox, &m->view);
	if (reason == REASON_NONE)
		reason = peer_domains(work, &m->inbox, &m->view);
	if (reason == REASON_NONE)
		reason = find_candidates(work, &m->view, c);
	for (size_t i = 0; m->dossier != 0 && i < c->n; i++)
		if (c->list[i]->id == m->dossier)
			*dossier = c->list[i];
	if (reason == REASON_NONE && m->dossier != 0 && *dossier == NULL) {
		reason = work_load(work, m->dossier, &loaded);
		*dossier = loaded;
	}
	if (reason == REASON_NONE)
		reason = work_rules(work, split(m->view.from).domain, asked_pathology(&m->view, *dossier, c), rules);
	return reason;
}

/* What is kept of the reading, as evidence: the facts with the signature's, and what was told to the sender. */
static struct bytes kept_facts(struct work *work, const struct message *m, int notices)
{
	json_t *kept = m->facts.facts != NULL ? json_copy(m->facts.facts) : json_object();
	static const char *const keys[] = {"scan", "signature", "head", "range", "content", "digest", "range_digest", "received_by"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		json_t *value = json_object_get(m->facts.verified, keys[i]);
		if (value != NULL)
			json_object_set(kept, keys[i], value);
	}
	json_object_set_new(kept, "notices", json_integer(notices));
	if (m->view.vouched)
		json_object_set_new(kept, "vouched", json_true());
	return json_write(work->arena, kept);
}

static const char *class_name(const struct message *m)
{
	struct bytes name = json_view(m->facts.facts, "class");
	return name.len > 0 ? (const char *)name.at : NULL;
}

static enum reason finish(struct work *work, const struct message *m, int64_t dossier, int notices)
{
	const struct policy_decision *d = &m->decision;
	const char *owner = d->outcome != POLICY_HELD ? NULL : d->owner != NULL ? d->owner : "operator";

	return STORE_RUN(work->store, NULL, "select relais.work_done($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", P_INT(m->inbox.id),
			 P_INT(work->session), m->view.id.len > 0 ? P_TEXT_B(m->view.id) : P_NULL, P_TEXT_B(m->view.from),
			 P_TEXT_OR_NULL(json_view(m->facts.verified, "range_digest")), P_TEXT(class_name(m)), P_JSON(kept_facts(work, m, notices)),
			 P_TEXT(policy_outcome_name(d->outcome)), P_TEXT(reason_code(d->reason)), P_TEXT(owner), P_TEXT(d->rule),
			 dossier > 0 ? P_INT(dossier) : P_NULL, P_INSTANT(work->now));
}

static enum reason prove(struct work *work, int64_t outbox, int level, enum reason failed)
{
	return STORE_RUN(work->store, NULL, "select relais.outbox_proof($1, $2::bigint::integer, $3)", P_INT(outbox), P_INT(level),
			 failed != REASON_NONE ? P_TEXT(reason_code(failed)) : P_NULL);
}

/* The proof level that a report gives is kept on the mail it speaks of, too. */
static enum reason keep_proof(struct work *work, const struct message *m)
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

static enum reason decide_and_write(struct work *work, struct message *m)
{
	const struct dossier *dossier = NULL;
	struct candidates c = {0};
	struct policy_rules rules;
	int64_t written = 0;
	int notices = 0;

	enum reason reason = store_begin(work->store);
	if (reason == REASON_NONE)
		reason = gather(work, m, &dossier, &c, &rules);
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
static enum reason give_up(struct work *work, struct message *m)
{
	m->decision = (struct policy_decision){.outcome = POLICY_HELD, .reason = REASON_TRIES_OUT, .owner = "operator", .rule = "work.tries/1"};
	return finish(work, m, 0, 0);
}

static void tell(const struct message *m, enum reason reason)
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

static void one_message(struct work *work, struct message *m)
{
	enum reason reason = REASON_NONE;

	if (m->inbox.tries > LIMIT_TRIES)
		reason = give_up(work, m);
	else
		reason = work_read(work, m->inbox.body, m->inbox.mail_from.len > 0 ? (const char *)m->inbox.mail_from.at : NULL, &m->facts);
	if (reason == REASON_NONE && m->inbox.tries <= LIMIT_TRIES) {
		work_message_view(work, &m->inbox, &m->facts, &m->view);
		reason = decide_and_write(work, m);
	}
	tell(m, reason);
	work_facts_free(&m->facts);
	if (reason != REASON_NONE)
		(void)!STORE_RUN(work->store, NULL, "select relais.work_release($1, $2, $3::bigint::integer, $4)", P_INT(m->inbox.id),
				 P_INT(work->session), P_INT(m->inbox.tries), P_BOOL(work_is_ours(reason)));
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

/* The decision on a held message, and its rows. */
static enum reason decide_held(struct work *work, struct message *m, struct bytes actor, const char *effect)
{
	const struct dossier *dossier = NULL;
	struct candidates c = {0};
	struct policy_rules rules;
	int64_t chosen = m->dossier, written = 0;
	int notices = 0;

	work_message_view(work, &m->inbox, &m->facts, &m->view);
	enum reason reason = gather(work, m, &dossier, &c, &rules);
	struct dossier *to = NULL;
	if (reason == REASON_NONE && chosen != 0)
		reason = work_load(work, chosen, &to);
	if (reason == REASON_NONE && to != NULL)
		reason = work_rules(work, split(m->view.from).domain, to->request.pathology, &rules);
	if (reason != REASON_NONE)
		return reason;
	if (to != NULL)
		policy_decide_attach(work->arena, &rules, to, &m->view, actor, work->now, &m->decision);
	else
		policy_decide_return(work->arena, &rules, &m->view, m->held_for, actor, &m->decision);
	struct work_cause cause = {.inbox = m->inbox.id, .message_id = m->view.id, .message = &m->view,
				   .head = json_object_get(m->facts.facts, "mail"), .effect = effect};
	reason = work_apply(work, &m->decision, &cause, &written, &notices);
	if (reason != REASON_NONE || (to != NULL && m->decision.n_events == 0))
		return reason;   /* an attachment that the policy refuses leaves the message held */
	return STORE_RUN(work->store, NULL, "select relais.held_done($1, $2, $3, $4, $5, $6, $7::bigint::integer)", P_INT(m->inbox.id),
			 P_TEXT(policy_outcome_name(m->decision.outcome)), P_TEXT(reason_code(m->decision.reason)), P_TEXT(m->decision.rule),
			 written > 0 ? P_INT(written) : P_NULL, P_INSTANT(work->now), P_INT(notices));
}

enum reason work_held(struct work *work, int64_t inbox, int64_t dossier, struct bytes actor, const char *effect, struct policy_decision *decision)
{
	struct store_rows *rows = NULL;
	struct message m = {.held = true, .dossier = dossier};
	enum reason reason = STORE_RUN(work->store, &rows,
				       "select $1, body, digest, source, peer_name, mail_from, recipients, received_at, 0::bigint, account, params, mailbox, reason "
				       "from relais.held_claim($1)", P_INT(inbox));

	if (reason == REASON_NONE && store_count(rows) != 1) {
		*decision = (struct policy_decision){.outcome = POLICY_REFUSED, .reason = REASON_NOT_FOUND};
	} else if (reason == REASON_NONE) {
		m.inbox = inbox_of(work, rows, 0);
		m.held_for = reason_of_code(store_bytes(rows, 0, 12));
		reason = work_read(work, m.inbox.body, NULL, &m.facts);
		if (reason == REASON_NONE)
			reason = decide_held(work, &m, actor, effect);
		*decision = m.decision;
		/* Given back as asked: its reason is the sender's news, not a failure of the act. */
		if (dossier == 0)
			decision->reason = REASON_NONE;
		work_facts_free(&m.facts);
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

	for (size_t i = 0; i < n; i++) {
		struct message m = {0};
		work_begin(work);
		m.inbox = inbox_of(work, rows, i);
		one_message(work, &m);
		work_end(work);
	}
	store_free(&rows);
	return n > 0;
}

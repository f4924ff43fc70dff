/* gateway/work_origin.c - whose message is it, and which dossiers may it concern? See work_message.h. */
#include "gateway/work_message.h"

#include "base/limits.h"
#include "gateway/json_view.h"
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
	if (files && m->party != PARTY_PATIENT && m->party != PARTY_EXPERT && m->party != PARTY_STANDBY) {
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
		enum reason reason = STORE_RUN(work->store, &rows, "select dossier, party from relais.relay_find($1, $2)",
					       P_TEXT_B(split(inbox->recipients[i]).local), P_TEXT_B(m->from));
		if (reason != REASON_NONE)
			return reason;
		/* valid only from the party it was made for, or his delegate: in the envelope and in From */
		if (store_count(rows) == 1) {
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

/* Which of the patient's questions an expert answers: that of the mail which In-Reply-To names; without that field the last of References. */
static enum reason find_question(struct work *work, const struct work_facts *facts, struct policy_message *m, int64_t dossier)
{
	struct store_rows *rows = NULL;
	const json_t *mail = json_object_get(facts->facts, "mail");
	struct bytes *ids;
	size_t n = named_mails(work, mail, "in_reply_to", &ids);

	if (dossier == 0 || m->party != PARTY_EXPERT || m->report != NULL)
		return REASON_NONE;
	if (n == 0) {
		size_t all = named_mails(work, mail, "references", &ids);
		n = all > 0 ? 1 : 0;
		ids += all - n;
	}
	if (n == 0)
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.question_match($1, $2)", P_INT(dossier), P_TEXTS(ids, n));
	if (reason == REASON_NONE)
		m->question = store_int(rows, 0, 0);
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
		reason = STORE_RUN(work->store, &rows, "select outbox, dossier, code, party, recipient_is, proof, part from relais.report_match($1, $2, $3)",
				   envelope.len > 0 ? P_TEXT_B(envelope) : P_NULL, P_TEXT_B(original), P_TEXT_B(report->recipients[i].address));
		if (reason == REASON_NONE && store_count(rows) == 1) {
			report->matched = true;
			report->by_envelope = envelope.len > 0;
			report->code = mail_code_of_name(store_bytes(rows, 0, 2));
			report->party = party_of_name(store_bytes(rows, 0, 3));
			report->mailbox = arena_copy(work->arena, store_bytes(rows, 0, 4));
			report->part = store_is_null(rows, 0, 6) ? 0 : work_part(store_bytes(rows, 0, 6), NULL);
			*outbox = store_int(rows, 0, 0);
			*dossier = store_is_null(rows, 0, 1) ? 0 : store_int(rows, 0, 1);
		}
		store_free(&rows);
	}
	return reason;
}

/* ---------------------------------------------------------------- dossiers that it may concern */

static bool known(const struct work_candidates *c, int64_t id)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i]->id == id)
			return true;
	return false;
}

/* Every dossier of a matricule, locked; no second message of this patient decides at the same time. */
static enum reason of_patient(struct work *work, struct bytes ins, struct work_candidates *c)
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

static enum reason find_candidates(struct work *work, const struct policy_message *m, struct work_candidates *c)
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

static struct bytes asked_pathology(const struct policy_message *m, const struct dossier *d, const struct work_candidates *c)
{
	for (size_t i = 0; i < m->n_answers; i++)
		if (bytes_equal_text(m->answers[i].question, "relais.pathology") && m->answers[i].value.len > 0)
			return m->answers[i].value;
	/* A form names its pathology as well as its version. */
	for (size_t i = 0; d == NULL && i < m->n_answers; i++)
		if (m->answers[i].form.len > 0)
			return m->answers[i].form;
	if (d != NULL)
		return d->request.pathology;
	for (size_t i = 0; i < c->n; i++)
		if (!dossier_is_over(c->list[i]->state))
			return c->list[i]->request.pathology;
	return BYTES_NONE;
}

/* ---------------------------------------------------------------- all of it */

enum reason work_gather(struct work *work, struct work_message *m, const struct dossier **dossier, struct work_candidates *c,
			struct policy_rules *rules)
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
		reason = find_question(work, &m->facts, &m->view, m->dossier);
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
		reason = work_rules(work, split(m->view.from).domain, asked_pathology(&m->view, *dossier, c), *dossier, BYTES_NONE, rules);
	return reason;
}

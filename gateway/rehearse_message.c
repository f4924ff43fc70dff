/* gateway/rehearse_message.c - messages of the past, as the policy saw them: out of the facts that were kept with them. */
#include "gateway/dossier_snapshots.h"
#include "gateway/json_view.h"
#include "gateway/rehearse_private.h"
#include "gateway/work.h"

enum { BATCH = 20, MESSAGE_MEMORY = 512 * 1024 * 1024 };

enum { ID, SOURCE, ACCOUNT, MAILBOX, MAIL_FROM, RECIPIENTS, RECEIVED_AT, DECIDED_AT, PARAMS, MESSAGE_ID, FROM_ADDRESS, OUTCOME, REASON, RULE, DOSSIER, FACTS, PARTY, OF,
       CANDIDATES, SPOKE_FOR };
#define COLUMNS "id, source, account, mailbox, mail_from, recipients, received_at, decided_at, params, message_id, from_address, outcome, reason, rule, " \
		"dossier, facts, party, of, candidates::text[], spoke_for"

/* One message while it is decided again. */
struct past_message {
	struct work work;                /* what work_message_view looks at: the configuration and the arena */
	const struct store_rows *rows;
	size_t row;
	struct policy_message view;
	struct rehearse_input in;
};

static struct bytes text(const struct past_message *m, size_t column)
{
	return store_is_null(m->rows, m->row, column) ? BYTES_NONE : store_bytes(m->rows, m->row, column);
}

static int64_t number(const struct past_message *m, size_t column)
{
	return store_is_null(m->rows, m->row, column) ? 0 : store_int(m->rows, m->row, column);
}

static json_t *keep(struct past_message *m, json_t *value)
{
	json_array_append_new(m->work.kept, value);
	return value;
}

/* --- the dossiers as they stood ------------------------------------------------------------ */

/* NULL in *out: it had not begun. */
static enum reason load(struct rehearsal *r, struct past_message *m, int64_t id, struct dossier_snapshot *s, const struct dossier **out)
{
	enum reason reason = dossier_snapshot_read(r->cli->store, m->work.arena, id, s);

	*out = reason == REASON_NONE ? rehearse_fold(m->work.arena, id, s->reference, s->events, s->n_events, m->in.at) : NULL;
	return reason == REASON_NOT_FOUND ? REASON_NONE : reason;
}

/* What the message made of its dossier. */
static void take_events(struct past_message *m, const struct dossier_snapshot *s)
{
	size_t from = 0, to;

	while (from < s->n_events && (s->events[from].inbox != m->view.inbox || s->events[from].at.us != m->in.at.us))
		from++;
	for (to = from; to < s->n_events && s->events[to].inbox == m->view.inbox && s->events[to].at.us == m->in.at.us;)
		to++;
	m->in.events = s->events + from;
	m->in.n_events = to - from;
}

static bool is_known(const struct dossier *const *list, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->id == id)
			return true;
	return false;
}

static enum reason load_candidates(struct rehearsal *r, struct past_message *m)
{
	struct bytes *ids;
	size_t n = store_texts(m->rows, m->work.arena, m->row, CANDIDATES, &ids);
	const struct dossier **list = arena_alloc(m->work.arena, (n + 1) * sizeof *list);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		struct dossier_snapshot s;
		const struct dossier *d = NULL;
		uint64_t id;
		if (!bytes_number(ids[i], INT64_MAX, &id))
			continue;
		reason = load(r, m, (int64_t)id, &s, &d);
		if (d != NULL && !is_known(list, m->in.n_candidates, d->id))
			list[m->in.n_candidates++] = d;
	}
	m->in.candidates = list;
	return reason;
}

/* The dossier of the relay address, of the mail that a report speaks of, or that a person chose; and what became of the one it was filed to. */
static enum reason load_dossier(struct rehearsal *r, struct past_message *m)
{
	bool chosen = m->in.kind == REHEARSE_ATTACH || m->view.report != NULL;
	int64_t of = chosen ? number(m, DOSSIER) : number(m, OF), filed = number(m, DOSSIER);
	struct dossier_snapshot s = {0};
	const struct dossier *d = NULL;
	enum reason reason = REASON_NONE;

	if (filed != 0)
		reason = load(r, m, filed, &s, &d);
	if (reason == REASON_NONE && s.n_events > 0) {
		m->in.id = filed;
		m->in.subject = arena_text(m->work.arena, s.reference);
		take_events(m, &s);
	}
	if (reason == REASON_NONE && of != filed && of != 0)
		reason = load(r, m, of, &s, &d);
	m->in.dossier = of != 0 ? d : NULL;
	return reason;
}

/* --- the message --------------------------------------------------------------------------------- */

static enum policy_source source_of(struct bytes word)
{
	return bytes_equal_text(word, "smtp") ? POLICY_SOURCE_SMTP : bytes_equal_text(word, "submission") ? POLICY_SOURCE_SUBMISSION : POLICY_SOURCE_IMAP;
}

/* The report speaks of the mail that its event names, and its peer for that domain: it was believed. One that made no event proved nothing, and
 * does not now. */
static bool match_report(struct past_message *m)
{
	struct policy_report *report = (struct policy_report *)m->view.report;
	struct bytes *domain = arena_alloc(m->work.arena, sizeof *domain);
	const struct dossier_event *e = m->in.n_events > 0 ? &m->in.events[0] : NULL;

	if (report == NULL)
		return true;
	if (e == NULL || dossier_event_data(e->kind) != EVENT_DATA_MAIL)
		return false;
	report->matched = report->by_envelope = true;
	report->code = e->mail.code;
	report->party = e->mail.party;
	report->mailbox = e->mail.mailbox;
	report->part = e->mail.part;
	*domain = sender_domain(report->mailbox);
	m->view.peer_domains = (struct policy_texts){domain, 1};
	return true;
}

/* What the reading found, with what the row alone tells. */
static void view(struct past_message *m)
{
	json_t *facts = keep(m, json_read(text(m, FACTS))), *verified = keep(m, json_copy(facts));
	struct work_inbox inbox = {
		.id = number(m, ID), .source = source_of(text(m, SOURCE)), .account = text(m, ACCOUNT), .mailbox = text(m, MAILBOX),
		.mail_from = text(m, MAIL_FROM), .received = store_instant(m->rows, m->row, RECEIVED_AT), .params = keep(m, json_read(text(m, PARAMS)))};
	const struct work_facts read = {.verified = verified, .facts = facts};
	struct bytes *domains;

	json_object_set_new(verified, "message_id", json_of(text(m, MESSAGE_ID)));
	json_object_set_new(verified, "from", json_pack("{s:o}", "address", json_of(text(m, FROM_ADDRESS))));
	inbox.n_recipients = store_texts(m->rows, m->work.arena, m->row, RECIPIENTS, &inbox.recipients);
	work_message_view(&m->work, &inbox, &read, &m->view);
	m->view.recipient = inbox.n_recipients > 0 ? inbox.recipients[0] : BYTES_NONE;
	m->view.vouched = json_truth(facts, "vouched");
	m->view.party = party_of_name(text(m, PARTY));
	m->view.peer_domains.n = store_texts(m->rows, m->work.arena, m->row, SPOKE_FOR, &domains);
	m->view.peer_domains.at = domains;
	m->view.seen = bytes_starts(text(m, RULE), BYTES("message.once/"));
	m->view.own = bytes_starts(text(m, RULE), BYTES("message.loop/"));
}

static enum reason decide(struct rehearsal *r, struct past_message *m)
{
	struct bytes rule = text(m, RULE);

	m->in = (struct rehearse_input){
		.kind = bytes_starts(rule, BYTES("operator.attach/")) ? REHEARSE_ATTACH : REHEARSE_MESSAGE, .at = store_instant(m->rows, m->row, DECIDED_AT),
		.message = &m->view, .actor = BYTES("rehearsal"), .outcome = text(m, OUTCOME), .reason = text(m, REASON)};
	view(m);
	struct bytes class = json_view(json_array_get(m->work.kept, 0), "class");
	m->in.subject = arena_printf(m->work.arena, "R%lld", (long long)m->view.inbox);
	m->in.name = arena_printf(m->work.arena, "message R%lld (%.*s)", (long long)m->view.inbox, (int)class.len, (const char *)class.at);
	enum reason reason = load_candidates(r, m);
	if (reason == REASON_NONE)
		reason = load_dossier(r, m);
	bool chosen = m->in.kind != REHEARSE_ATTACH || m->in.dossier != NULL;
	if (reason == REASON_NONE && chosen && match_report(m))
		rehearse_input(r, m->work.arena, &m->in);
	return reason;
}

/* A person's word on a message, or a reading that failed, is not decided again. */
static bool is_decided(const struct store_rows *rows, size_t row)
{
	struct bytes rule = store_bytes(rows, row, RULE);
	return !store_is_null(rows, row, RULE) && !bytes_starts(rule, BYTES("operator.give-back/")) && !bytes_starts(rule, BYTES("operator.decline/")) && !bytes_starts(rule, BYTES("work."));
}

static enum reason one(struct rehearsal *r, const struct store_rows *rows, size_t row)
{
	struct past_message m = {.rows = rows, .row = row};

	m.work = (struct work){.config = r->cli->config, .arena = arena_create(MESSAGE_MEMORY), .kept = json_array()};
	enum reason reason = decide(r, &m);
	json_decref(m.work.kept);
	arena_destroy(&m.work.arena);
	return reason;
}

enum reason rehearse_messages(struct rehearsal *r)
{
	enum reason reason = REASON_NONE;
	int64_t after = 0;
	size_t n = BATCH;

	while (reason == REASON_NONE && n == BATCH) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(r->cli->store, &rows, "select " COLUMNS " from relais.rehearse_messages($1, $2)", P_INT(after), P_INT(BATCH));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
			after = store_int(rows, i, ID);
			if (is_decided(rows, i))
				reason = one(r, rows, i);
		}
		store_free(&rows);
	}
	return reason;
}

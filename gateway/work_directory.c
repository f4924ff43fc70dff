/* gateway/work_directory.c - what the directory says of a dossier's professionals, for its decisions; and the dossiers that it touched. */
#include "gateway/work.h"

#include <string.h>

#include "gateway/log.h"
#include "policy/degraded.h"

/* Who is asked for: numbers and mailboxes of the dossier's professionals, with those that a person names now. */
struct wanted {
	struct bytes persons[8], mailboxes[8];
	size_t n_persons, n_mailboxes;
};

/* Without the 8 of the national number, as the directory keeps it. */
static void want_person(struct wanted *w, struct bytes rpps)
{
	rpps = bytes_trim(rpps);
	size_t at = bytes_find_byte(rpps, '^', 0);
	if (at < rpps.len)
		rpps = bytes_from(rpps, at + 1);
	if (rpps.len == 12 && rpps.at[0] == '8')
		rpps = bytes_from(rpps, 1);
	if (rpps.len > 0 && w->n_persons < sizeof w->persons / sizeof w->persons[0])
		w->persons[w->n_persons++] = rpps;
}

static void want_mailbox(struct work *work, struct wanted *w, struct bytes mailbox)
{
	unsigned char *to = arena_alloc(work->arena, mailbox.len + 1);

	if (mailbox.len == 0 || w->n_mailboxes == sizeof w->mailboxes / sizeof w->mailboxes[0])
		return;
	for (size_t i = 0; i < mailbox.len; i++)
		to[i] = mailbox.at[i] >= 'A' && mailbox.at[i] <= 'Z' ? (unsigned char)(mailbox.at[i] + 0x20) : mailbox.at[i];
	w->mailboxes[w->n_mailboxes++] = (struct bytes){to, mailbox.len};
}

static void want_physicians(const struct dossier *d, struct wanted *w)
{
	struct bytes rpps;

	if (dossier_answer(d, BYTES("physician.attending.rpps"), 0, &rpps))
		want_person(w, rpps);
	if (dossier_answer(d, BYTES("physician.first-opinion.rpps"), 0, &rpps))
		want_person(w, rpps);
}

/* The expert who holds it, and the one who is asked. */
static void want_experts(const struct dossier *d, struct wanted *w)
{
	const struct dossier_offer *offers[] = {dossier_accepted_offer(d), dossier_live_offer(d)};

	for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++)
		if (offers[i] != NULL)
			want_person(w, offers[i]->rpps);
}

/* By the row's first word it is a line (an old one), a confirmation or an end. */
struct taken {
	struct directory_entry *entries;
	struct directory_confirmation *confirmations;
	struct directory_end *ends;
};

static struct bytes text(struct work *work, const struct store_rows *rows, size_t row, size_t column)
{
	return arena_copy(work->arena, store_bytes(rows, row, column));
}

static void take(struct work *work, const struct store_rows *rows, size_t i, struct taken *t, struct directory *d)
{
	struct bytes what = store_bytes(rows, i, 0), address = text(work, rows, i, 1), person = text(work, rows, i, 2);

	if (bytes_equal_text(what, "used"))
		d->used = true;
	else if (bytes_equal_text(what, "confirmed"))
		t->confirmations[d->n_confirmations++] = (struct directory_confirmation){address, person};
	else if (bytes_equal_text(what, "ended"))
		t->ends[d->n_ends++] = (struct directory_end){address, person};
	else
		t->entries[d->n_entries++] = (struct directory_entry){
			.address = address, .person = person, .structure = text(work, rows, i, 3), .kind = directory_kind_of_name(store_bytes(rows, i, 4)),
			.family = text(work, rows, i, 5), .given = text(work, rows, i, 6), .rank = (unsigned)store_int(rows, i, 7),
			.red = store_int(rows, i, 8) != 0, .preferred = store_int(rows, i, 9) != 0, .old = bytes_equal_text(what, "old"),
		};
}

static struct directory *read_rows(struct work *work, const struct store_rows *rows)
{
	size_t n = store_count(rows);
	struct directory *d = arena_alloc(work->arena, sizeof *d);
	struct taken t = {arena_alloc(work->arena, (n + 1) * sizeof *t.entries), arena_alloc(work->arena, (n + 1) * sizeof *t.confirmations),
			  arena_alloc(work->arena, (n + 1) * sizeof *t.ends)};

	for (size_t i = 0; i < n; i++)
		take(work, rows, i, &t, d);
	d->entries = t.entries;
	d->confirmations = t.confirmations;
	d->ends = t.ends;
	return d;
}

/* A physician whom a look-up may find has been asked for long before he is written to. */
static enum reason ask_for(struct work *work, const struct wanted *w)
{
	const struct config *c = work->config;

	if (w->n_persons == 0 || (c->directory.fhir_url[0] == '\0' && c->directory.ldap_url[0] == '\0'))
		return REASON_NONE;
	return STORE_RUN(work->store, NULL, "select relais.directory_ask($1)", P_TEXTS(w->persons, w->n_persons));
}

enum reason work_directory_facts(struct work *work, const struct dossier *dossier, struct bytes told, const struct directory **out)
{
	struct store_rows *rows = NULL;
	struct wanted w = {.n_persons = 0};
	const char *use = work->config->directory.use;

	*out = NULL;
	if (dossier != NULL)
		want_physicians(dossier, &w);
	enum reason reason = strcmp(use, "off") == 0 ? REASON_NONE : ask_for(work, &w);
	if (dossier != NULL)
		want_experts(dossier, &w);
	want_mailbox(work, &w, told);
	for (enum party p = PARTY_NONE + 1; dossier != NULL && p < PARTIES; p++)
		if (p != PARTY_PATIENT && p != PARTY_SENDER)
			want_mailbox(work, &w, dossier_mailbox(dossier, p));
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select what, address, person, structure, kind, family, given, rank, red, preferred from relais.directory_facts($1, $2, $3)",
				   P_TEXTS(w.persons, w.n_persons), P_TEXTS(w.mailboxes, w.n_mailboxes), P_INSTANT(degraded_oldest(work->now, work->config->directory.stale_days)));
	if (reason != REASON_NONE)
		return reason;
	struct directory *d = read_rows(work, rows);
	store_free(&rows);
	d->used = strcmp(use, "required") == 0 || (d->used && strcmp(use, "auto") == 0);
	*out = d;
	return REASON_NONE;
}

/* --- dossiers that it touched ------------------------------------------------------- */

static enum reason look_again(struct work *work, int64_t id, size_t *events)
{
	struct policy_decision decision = {0};
	struct dossier *dossier = NULL;
	struct policy_rules rules;
	int64_t changed;
	int notices;
	enum reason reason = work_load(work, id, &dossier);

	if (reason == REASON_NONE)
		reason = work_rules(work, BYTES_NONE, dossier->request.pathology, dossier, BYTES_NONE, &rules);
	if (reason != REASON_NONE)
		return reason;
	policy_decide_directory(work->arena, &rules, dossier, work->now, &decision);
	*events = decision.n_events;
	struct work_cause cause = {.effect = arena_printf(work->arena, "y%lld", (long long)dossier->seq)};
	if (decision.n_events > 0)
		reason = work_apply(work, &decision, &cause, &changed, &notices);
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, NULL, "select relais.directory_done($1)", P_INT(id));
	return reason;
}

bool work_directory(struct work *work)
{
	struct store_rows *rows = NULL;
	size_t events = 0;
	bool done = false;

	work_begin(work);
	enum reason reason = work_transaction(work);
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select t from relais.directory_claim() t where $1", P_BOOL(true));
	int64_t id = reason == REASON_NONE && store_count(rows) == 1 && !store_is_null(rows, 0, 0) ? store_int(rows, 0, 0) : 0;
	store_free(&rows);
	if (id != 0)
		reason = look_again(work, id, &events);
	if (id != 0 && reason == REASON_NONE)
		reason = store_commit(work->store);
	done = id != 0 && reason == REASON_NONE;
	if (!done)
		store_rollback(work->store);
	if (id != 0)
		log_event("directory-looked", LOG_NUMBER("dossier", id), LOG_NUMBER("events", events), LOG_REASON(reason), LOG_END);
	if (id != 0 && !done)
		(void)!STORE_RUN(work->store, NULL, "select relais.directory_later($1)", P_INT(id));
	work_end(work);
	return done;
}

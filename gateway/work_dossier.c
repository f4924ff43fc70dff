/* gateway/work_dossier.c - a dossier out of its events, and the rules that a decision can need. */
#include "gateway/work.h"

#include <string.h>

#include "gateway/dossier_rows.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/pathology_json.h"
#include "gateway/rules_json.h"

static struct bytes copy(struct arena *arena, const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : arena_copy(arena, store_bytes(rows, row, column));
}

enum reason work_load(struct work *work, int64_t id, struct dossier **out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select seq, at, kind, data, actor, rule, inbox, ref from relais.dossier_load($1)", P_INT(id));
	if (reason == REASON_NONE) {
		struct dossier *dossier = arena_alloc(work->arena, sizeof *dossier);
		*dossier = dossier_begin(work->arena, id, store_count(rows) > 0 ? copy(work->arena, rows, 0, 7) : BYTES_NONE);
		reason = dossier_rows(rows, dossier);
		struct instant last = store_count(rows) > 0 ? store_instant(rows, store_count(rows) - 1, 1) : work->now;
		/* Another worker read its clock later and was quicker: what is decided now comes after. */
		if (instant_before(work->now, last))
			work->now = last;
		*out = dossier;
		if (reason != REASON_NONE)
			log_event("dossier-unreadable", LOG_NUMBER("dossier", id), LOG_NUMBER("after_event", dossier->seq), LOG_REASON(reason), LOG_END);
	}
	store_free(&rows);
	return reason;
}

/* The items of a query (version, data), parsed by read into an array of elements of size. */
typedef const char *rules_reader(struct arena *arena, const json_t *item, void *out);

static const char *read_organisation(struct arena *arena, const json_t *item, void *out)
{
	return rules_organisation(arena, item, out);
}

/* Kept with the work's item. */
static json_t *take_item(struct work *work, const struct store_rows *rows, size_t row)
{
	json_t *item = json_read(copy(work->arena, rows, row, 1));

	json_array_append_new(work->kept, item);
	return item;
}

/* A rule that cannot be read any more is left out and told: what it allowed is then not allowed. */
static bool read_item(struct work *work, const struct store_rows *rows, size_t row, rules_reader *read, void *out)
{
	const char *wrong = read(work->arena, take_item(work, rows, row), out);

	if (wrong != NULL)
		log_event("rule-unreadable", LOG_TEXT("what", wrong), LOG_NUMBER("version", store_int(rows, row, 0)), LOG_END);
	return wrong == NULL;
}

static enum reason read_items(struct work *work, const char *sql, struct bytes key, rules_reader *read, size_t size, void **out, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, sql, P_TEXT_B(key));

	*n = 0;
	if (reason != REASON_NONE)
		return reason;
	unsigned char *items = arena_alloc(work->arena, (store_count(rows) + 1) * size);
	for (size_t i = 0; i < store_count(rows); i++)
		*n += read_item(work, rows, i, read, items + *n * size);
	*out = items;
	store_free(&rows);
	return reason;
}

/* Those of the pathology, those whom the dossier names, and the one whom a person names: with what each has in hand. */
static enum reason read_experts(struct work *work, struct bytes pathology, const struct dossier *dossier, struct bytes asked_for, struct policy_rules *out)
{
	size_t offers = dossier == NULL ? 0 : dossier->n_offers, n = 0;
	struct bytes *named = arena_alloc(work->arena, (offers + 2) * sizeof *named);
	struct store_rows *rows = NULL;

	for (size_t i = 0; i < offers; i++)
		named[n++] = dossier->offers[i].rpps;
	if (dossier != NULL && dossier->standby.rpps.len > 0)
		named[n++] = dossier->standby.rpps;
	if (asked_for.len > 0)
		named[n++] = asked_for;
	enum reason reason = STORE_RUN(work->store, &rows, "select " EXPERT_COLUMNS " from relais.expert_candidates($1, $2, $3)", P_TEXT_B(pathology),
				       P_TEXTS(named, n), P_INSTANT(work->now));
	struct expert *experts = reason == REASON_NONE ? expert_rows(work->arena, work->kept, rows, &out->n_experts) : NULL;
	for (size_t i = 0; i < out->n_experts; i++)
		experts[i].ended = experts[i].ended && strcmp(work->config->directory.use, "off") != 0;
	out->experts = experts;
	store_free(&rows);
	return reason;
}

static const char *read_recipient(struct arena *arena, const json_t *item, void *out)
{
	return rules_recipient(arena, item, out);
}

/* Each version with the questionnaire that it names. */
static enum reason read_pathologies(struct work *work, struct bytes code, struct pathology **out, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data, questionnaire from relais.rule_pathology($1)", P_TEXT_B(code));

	*n = 0;
	if (reason != REASON_NONE)
		return reason;
	struct pathology *all = arena_alloc(work->arena, (store_count(rows) + 1) * sizeof *all);
	for (size_t i = 0; i < store_count(rows); i++) {
		json_t *item = json_read(copy(work->arena, rows, i, 1)), *questionnaire = json_read(copy(work->arena, rows, i, 2));
		const char *wrong = pathology_read_stored(work->arena, item, questionnaire, &all[*n]);
		if (wrong != NULL)
			log_event("rule-unreadable", LOG_TEXT("what", wrong), LOG_NUMBER("version", store_int(rows, i, 0)), LOG_END);
		*n += wrong == NULL;
		json_array_append_new(work->kept, item);
		json_array_append_new(work->kept, questionnaire);
	}
	*out = all;
	store_free(&rows);
	return reason;
}

/* What is told of the mailboxes of a dossier's parties and of their domains. */
static enum reason read_recipients(struct work *work, const struct dossier *dossier, struct policy_rules *out)
{
	struct bytes mailboxes[PARTIES];
	struct store_rows *rows = NULL;
	size_t n = 0;

	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if (dossier_mailbox(dossier, p).len > 0)
			mailboxes[n++] = dossier_mailbox(dossier, p);
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data from relais.rule_recipients($1)", P_TEXTS(mailboxes, n));
	if (reason != REASON_NONE)
		return reason;
	struct recipient *recipients = arena_alloc(work->arena, (store_count(rows) + 1) * sizeof *recipients);
	for (size_t i = 0; i < store_count(rows); i++)
		out->n_recipients += read_item(work, rows, i, read_recipient, &recipients[out->n_recipients]);
	out->recipients = recipients;
	store_free(&rows);
	return REASON_NONE;
}

enum reason work_settings(struct work *work)
{
	struct store_rows *rows = NULL;

	if (work->settings_known)
		return REASON_NONE;
	work->settings = (struct deadline_settings){0};
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data from relais.rule_settings()");
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		const char *wrong = rules_setting(work->arena, take_item(work, rows, i), (int)store_int(rows, i, 0), &work->settings);
		/* One that cannot be read any more is not in force: the default is. */
		if (wrong != NULL)
			log_event("rule-unreadable", LOG_TEXT("what", wrong), LOG_NUMBER("version", store_int(rows, i, 0)), LOG_END);
	}
	work->settings_known = reason == REASON_NONE;
	store_free(&rows);
	return reason;
}

enum reason work_rules(struct work *work, struct bytes from_domain, struct bytes pathology, const struct dossier *dossier,
		       struct bytes expert, struct policy_rules *out)
{
	const struct config *c = work->config;
	void *organisations = NULL;
	struct pathology *pathologies = NULL;
	enum reason reason = work_settings(work);

	*out = (struct policy_rules){
		.language = c->language, .test_identities = c->test_identities, .triage_by_nurse = c->gates.triage_by_nurse,
		.release_by_nurse = c->gates.release_by_nurse, .patient_domain = bytes_of_text(c->patient_domain),
		.print_mailbox = bytes_of_text(c->print.mailbox),
		.settings = &work->settings,
	};
	if (reason == REASON_NONE && from_domain.len > 0)
		reason = read_items(work, "select version, data from relais.rule_sender($1)", from_domain, read_organisation,
				    sizeof(struct organisation), &organisations, &out->n_organisations);
	if (reason == REASON_NONE && pathology.len > 0)
		reason = read_pathologies(work, pathology, &pathologies, &out->n_pathologies);
	/* It may have been named by one of its forms. */
	if (out->n_pathologies > 0)
		pathology = pathologies[0].code;
	if (reason == REASON_NONE && pathology.len > 0)
		reason = read_experts(work, pathology, dossier, expert, out);
	if (reason == REASON_NONE && dossier != NULL)
		reason = read_recipients(work, dossier, out);
	if (reason == REASON_NONE)
		reason = work_directory_facts(work, dossier, BYTES_NONE, &out->directory);
	out->organisations = organisations;
	out->pathologies = pathologies;
	return reason;
}

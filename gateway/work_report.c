/* gateway/work_report.c - see work_report.h.
 *
 * A version of the report is one document whoever gets it and however often it is sent: what it is made of is fixed by the first mail that
 * carries it (relais.report_asked), and every text is as it was at its release. */
#include "gateway/work_report.h"

#include "gateway/day_words.h"
#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/work_report_text.h"
#include "policy/opinion.h"

/* ---------------------------------------------------------------- rules */

static void put(json_t *object, const char *key, struct bytes text)
{
	if (bytes_trim(text).len > 0)
		json_object_set_new(object, key, json_of(text));
}

/* The member of a team who signed; the record itself for a person. */
static const json_t *signer_of(const json_t *record, struct bytes signer)
{
	size_t i;
	json_t *m;
	json_array_foreach(json_object_get(record, "members"), i, m) {
		if (expert_same_rpps(json_view(m, "rpps"), signer))
			return m;
	}
	return signer.len == 0 ? record : NULL;
}

/* The expert as he was imported: his registered names and structure. signer: who of a team signed; empty for a person. */
static enum reason expert_json(struct work *work, struct bytes rpps, struct bytes signer, json_t **out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data from relais.expert_get($1)", P_TEXT_B(rpps));
	json_t *e = reason == REASON_NONE && store_count(rows) == 1 ? json_read(store_bytes(rows, 0, 1)) : NULL;
	const json_t *person = signer_of(e, signer);

	if (reason == REASON_NONE && (e == NULL || person == NULL))
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE) {
		struct bytes specialty = json_view(person, "specialty");
		*out = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rpps", json_of(json_view(person, "rpps")), "given", json_of(json_view(person, "given")),
				 "family", json_of(json_view(person, "family")), "organisation", json_of(json_view(e, "organisation")),
				 "organisation_id", json_of(json_view(e, "organisation_id")),
				 "specialty_code", specialty.len > 0 ? json_of(specialty) : json_string("G15_10"));
		put(*out, "title", json_view(person, "title"));
		put(*out, "practice", json_view(e, "setting"));
	}
	json_decref(e);
	store_free(&rows);
	return reason;
}

/* The questionnaire's version that the patient filled in, else any; NULL when there is none. */
static enum reason pathology_json(struct work *work, const struct dossier *d, json_t **out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data from relais.rule_pathology($1)", P_TEXT_B(d->request.pathology));

	*out = NULL;
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		json_t *p = json_read(store_bytes(rows, i, 1));
		bool same = bytes_equal(json_view(p, "version"), d->request.version);
		if (*out == NULL || same) {
			json_decref(*out);
			*out = json_incref(p);
		}
		json_decref(p);
	}
	store_free(&rows);
	return reason;
}

/* ---------------------------------------------------------------- people and numbers */

static struct bytes answer_of(const struct dossier *d, const char *question)
{
	struct bytes value = BYTES_NONE;
	return dossier_answer(d, bytes_of_text(question), 0, &value) ? bytes_trim(value) : BYTES_NONE;
}

static json_t *patient_json(const struct dossier *d)
{
	json_t *p = event_write_patient(&d->request.patient), *guardian = json_object();
	uint64_t order;

	put(guardian, "family", answer_of(d, "patient.guardian.family"));
	if (json_object_size(guardian) > 0)
		put(guardian, "given", answer_of(d, "patient.guardian.given"));
	if (json_object_size(guardian) > 0)
		json_object_set(p, "guardian", guardian);
	json_decref(guardian);
	if (bytes_number(answer_of(d, "patient.birth-order"), 9, &order) && order > 0)
		json_object_set_new(p, "birth_order", json_integer((json_int_t)order));
	return p;
}

/* The physicians whom this version was released to: a record, never a way to send (cda.md 1.5). */
static json_t *recipients_json(const struct work_sheet *s)
{
	const struct dossier_request *r = &s->dossier->request;
	const struct dossier_release *release = dossier_release_of(s->dossier, s->version);
	const struct {
		enum party party;
		struct bytes name;
		const char *rpps;
	} rows[] = {
		{PARTY_ATTENDING, r->attending.name, "physician.attending.rpps"},
		{PARTY_FIRST_OPINION, r->first_opinion.name, "physician.first-opinion.rpps"},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bytes rpps = answer_of(s->dossier, rows[i].rpps);
		uint64_t digits;
		if (release == NULL || (release->to & dossier_party_bit(rows[i].party)) == 0 || bytes_trim(rows[i].name).len == 0)
			continue;
		json_t *to = json_pack("{s:o}", "name", json_of(rows[i].name));
		if (rpps.len == 11 && bytes_number(rpps, UINT64_MAX, &digits))
			put(to, "rpps", rpps);
		json_array_append_new(list, to);
	}
	return list;
}

/* The document that the opinion answers; a request without one is named by the dossier's reference under our own OID. */
static struct bytes request_document(struct work *work, const struct dossier *d)
{
	static const char *const types[] = {"74465-6", "75496-0"};   /* a questionnaire, else a physician's request */

	for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
		for (size_t i = 0; i < d->n_documents; i++)
			if (bytes_equal_text(d->documents[i].filing.document.type, types[t]) && d->documents[i].filing.document.id.len > 0)
				return d->documents[i].filing.document.id;
	return bytes_of_text(arena_printf(work->arena, "%s^%.*s", work->config->oid, (int)d->reference.len, (const char *)d->reference.at));
}

static const char *report_id(const struct work_sheet *s, int64_t dossier, unsigned version)
{
	return arena_printf(s->work->arena, "%s.2.%lld.%u", s->work->config->oid, (long long)dossier, version);
}

static void add_times(const struct work_sheet *s, json_t *r)
{
	const struct dossier_offer *offer = dossier_accepted_offer(s->dossier);
	const struct dossier_opinion *o = &s->dossier->opinion;
	struct instant end = o->data.timed ? o->data.signed_at : o->at;
	struct instant begin = offer != NULL && instant_before(offer->answered_at, end) ? offer->answered_at : end;

	json_object_set_new(r, "time", json_of_instant(s->at));
	json_object_set_new(r, "signed_time", json_of_instant(end));
	json_object_set_new(r, "service_time", json_of_instant(begin));
	json_object_set_new(r, "service_end", json_of_instant(end));
}

static void add_version(const struct work_sheet *s, int64_t dossier, json_t *r)
{
	json_object_set_new(r, "id", json_string(report_id(s, dossier, s->version)));
	json_object_set_new(r, "set_id", json_string(arena_printf(s->work->arena, "%s.1.%lld", s->work->config->oid, (long long)dossier)));
	json_object_set_new(r, "version", json_integer(s->version));
	if (s->version <= 1)
		return;
	json_object_set_new(r, "replaces", json_string(report_id(s, dossier, s->version - 1)));
	json_object_set_new(r, "replaced_time", json_of_instant(dossier_release_of(s->dossier, s->version - 1)->at));
}

static json_t *whole(const struct work_sheet *s, int64_t dossier, json_t *expert)
{
	struct work *work = s->work;
	const struct dossier *d = s->dossier;
	struct bytes act = json_view(s->pathology, "act");
	json_t *r = json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "reference", json_of(d->reference),
		"level", bytes_equal_text(bytes_of_text(work->config->report.body), "sections") ? 3 : 1, "patient", patient_json(d), "expert", expert,
		"custodian", work_custodian(work->config), "recipients", recipients_json(s), "request_id", json_of(request_document(work, d)),
		"title", s->english ? "Second medical opinion" : "Deuxième avis médical", "summary", json_of(d->opinion.data.form.summary),
		"rows", work_report_rows(s), "sections", work_report_sections(s));

	put(r, "act", act);
	add_times(s, r);
	add_version(s, dossier, r);
	return r;
}

/* ---------------------------------------------------------------- public */

bool work_english(const struct work *work)
{
	return work->config->language[0] == 'e';
}

const char *work_date(struct work *work, struct instant at)
{
	return day_words_date(work->arena, work_english(work), at);
}

struct bytes work_questions(struct work *work, const struct dossier *d)
{
	const char *all = "";
	struct bytes *list;
	size_t n = opinion_questions(work->arena, d, &list);

	for (size_t i = 0; i < n; i++)
		all = arena_printf(work->arena, "%s%s%zu. %.*s", all, i > 0 ? "\n" : "", i + 1, (int)list[i].len, (const char *)list[i].at);
	return bytes_of_text(all);
}

json_t *work_custodian(const struct config *c)
{
	return json_pack("{s:s, s:s}", "id", c->structure_id, "name", c->organisation);
}

void work_section(json_t *list, const char *heading, struct bytes text)
{
	if (text.len > 0)
		json_array_append_new(list, json_pack("{s:s, s:o}", "heading", heading, "text", json_of(text)));
}

/* The same number is the same document: what an earlier mail of it asked for. *out is NULL when there is none. */
static enum reason asked_before(struct work *work, int64_t dossier, const char *id, json_t **out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select r from relais.report_asked($1, $2) r", P_INT(dossier), P_TEXT(id));

	*out = NULL;
	if (reason == REASON_NONE && store_count(rows) == 1 && !store_is_null(rows, 0, 0))
		*out = json_read(store_bytes(rows, 0, 0));
	store_free(&rows);
	return reason;
}

enum reason work_report(struct work *work, const struct dossier *d, int64_t id, json_t *request)
{
	struct work_sheet s = {.work = work, .dossier = d, .english = work_english(work), .version = dossier_version(d)};
	const struct dossier_release *release = dossier_release_of(d, s.version);
	json_t *report = NULL, *expert = NULL;

	if (release == NULL)
		return REASON_DOSSIER_ORDER;
	s.at = release->at;
	enum reason reason = asked_before(work, id, report_id(&s, id, s.version), &report);
	if (reason == REASON_NONE && report == NULL)
		reason = expert_json(work, d->opinion.data.rpps, d->opinion.data.signer, &expert);
	if (reason == REASON_NONE && report == NULL)
		reason = pathology_json(work, d, &s.pathology);
	if (reason == REASON_NONE && report == NULL)
		report = whole(&s, id, json_incref(expert));
	json_decref(expert);
	json_decref(s.pathology);
	if (reason != REASON_NONE)
		return reason;
	json_object_set_new(request, "report", report);
	return report == NULL ? REASON_MEMORY : REASON_NONE;
}

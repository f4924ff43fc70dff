/* gateway/work_report.c - see work_report.h. */
#include "gateway/work_report.h"

#include "gateway/event_json.h"
#include "gateway/json_view.h"

/* The expert as he was imported: his registered names and structure. */
static enum reason expert_json(struct work *work, struct bytes rpps, json_t **out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select version, data from relais.expert_get($1)", P_TEXT_B(rpps));
	if (reason == REASON_NONE && store_count(rows) != 1)
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE) {
		json_t *e = json_read(store_bytes(rows, 0, 1));
		struct bytes specialty = json_view(e, "specialty");
		*out = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rpps", json_of(json_view(e, "rpps")), "given", json_of(json_view(e, "given")),
				 "family", json_of(json_view(e, "family")), "organisation", json_of(json_view(e, "organisation")),
				 "organisation_id", json_of(json_view(e, "organisation_id")),
				 "specialty_code", specialty.len > 0 ? json_of(specialty) : json_string("G15_10"));
		json_decref(e);
	}
	store_free(&rows);
	return reason;
}

/* The document that the opinion answers; a request without one is named by the dossier's reference under our own OID. */
static struct bytes request_document(struct work *work, const struct dossier *d)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal_text(d->documents[i].filing.document.type, "74465-6"))
			return d->documents[i].filing.document.id;
	return bytes_of_text(arena_printf(work->arena, "%s^%.*s", work->config->oid, (int)d->reference.len, (const char *)d->reference.at));
}

static json_t *report_sections(struct work *work, const struct dossier *d)
{
	const struct policy_form *f = &d->opinion.data.form;
	bool en = work_english(work);
	json_t *list = json_array();

	work_section(list, en ? "Questions asked" : "Questions posées", work_questions(work, d));
	work_section(list, en ? "Answers to the questions" : "Réponse aux questions", f->answer);
	work_section(list, en ? "Reasoned opinion" : "Avis motivé", f->opinion);
	work_section(list, en ? "Convergence with the first opinion" : "Convergence avec le premier avis", f->convergence);
	work_section(list, en ? "What to do, and how soon" : "Conduite à tenir et délai", f->advice);
	work_section(list, en ? "Help used" : "Aide utilisée", f->help);
	work_section(list, en ? "Links of interest" : "Liens d'intérêts", f->interests);
	return list;
}

bool work_english(const struct work *work)
{
	return work->config->language[0] == 'e';
}

const char *work_date(struct work *work, struct instant at)
{
	static const char *const fr[] = {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"};
	static const char *const en[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
	struct date d = instant_date(at, instant_paris_offset(at));
	return arena_printf(work->arena, "%d %s %d", d.day, (work_english(work) ? en : fr)[d.month - 1], d.year);
}

struct bytes work_questions(struct work *work, const struct dossier *d)
{
	const char *all = "";
	for (size_t i = 0, n = 0; i < d->request.n_answers; i++) {
		const struct policy_answer *a = &d->request.answers[i];
		if (bytes_starts(a->question, BYTES("question.")))
			all = arena_printf(work->arena, "%s%s%zu. %.*s", all, n > 0 ? "\n" : "", n + 1, (int)a->value.len, (const char *)a->value.at), n++;
	}
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

enum reason work_report(struct work *work, const struct dossier *d, int64_t id, json_t *request)
{
	const struct dossier_opinion *o = &d->opinion;
	json_t *expert = NULL;
	enum reason reason = expert_json(work, o->data.rpps, &expert);
	const char *oid = work->config->oid;

	if (reason != REASON_NONE)
		return reason;
	json_t *r = json_pack("{s:o, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
		"reference", json_of(d->reference), "id", arena_printf(work->arena, "%s.2.%lld.%zu", oid, (long long)id, d->n_digests),
		"set_id", arena_printf(work->arena, "%s.1.%lld", oid, (long long)id), "version", 1,
		"patient", event_write_patient(&d->request.patient), "expert", expert, "custodian", work_custodian(work->config),
		"request_id", json_of(request_document(work, d)), "time", json_of_instant(d->released_at.us > 0 ? d->released_at : o->at),
		"service_time", json_of_instant(o->data.timed ? o->data.signed_at : o->at),
		"title", work_english(work) ? "Second medical opinion" : "Deuxième avis médical",
		"summary", json_of(o->data.form.summary), "sections", report_sections(work, d));
	json_object_set_new(request, "report", r);
	return r == NULL ? REASON_MEMORY : REASON_NONE;
}

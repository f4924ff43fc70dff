/* gateway/compose_report.c - see compose_report.h. */
#include "gateway/compose_report.h"

#include "gateway/compose_words.h"

/* One report while it is being built. */
struct work {
	struct arena *arena;
	const struct compose_report *report;
	bool english;
	const char **field;
};

static struct bytes say(const struct work *w, const char *fr, const char *en)
{
	return bytes_of_text(w->english ? en : fr);
}

static struct bytes expert_words(const struct work *w, const struct cda_write_expert *e)
{
	return bytes_of_text(arena_printf(w->arena, "Dr %s %s, RPPS %s", arena_text(w->arena, e->given), arena_text(w->arena, e->family),
					  arena_text(w->arena, e->rpps)));
}

static struct bytes version_words(const struct work *w, const struct cda_write_report *r)
{
	if (r->version <= 1 && r->replaces.len == 0)
		return BYTES_NONE;
	return bytes_of_text(arena_printf(w->arena, w->english ? "%u, cancels and replaces the one before" : "%u, annule et remplace la précédente", r->version));
}

static struct pdf_row *report_rows(const struct work *w, size_t *count)
{
	const struct compose_report *report = w->report;
	const struct cda_write_report *r = &report->cda;
	const struct pdf_row own[] = {
		{say(w, "Patient", "Patient"), compose_words_patient(w->arena, w->english, &r->patient)},
		{say(w, "Matricule INS", "INS number"), compose_words_ins(w->arena, w->english, &r->patient)},
		{say(w, "Médecin expert", "Medical expert"), expert_words(w, &r->expert)},
		{say(w, "Structure", "Organisation"), r->expert.organisation},
		{say(w, "Avis rendu le", "Opinion given on"), compose_words_time(w->arena, w->english, r->time)},
		{say(w, "Dossier", "File"), report->reference},
		{say(w, "Version", "Version"), version_words(w, r)},
	};
	enum { OWN = sizeof own / sizeof own[0] };
	struct pdf_row *rows = arena_alloc(w->arena, (OWN + report->row_count) * sizeof *rows);
	for (size_t i = 0; i < OWN; i++)
		rows[i] = own[i];
	for (size_t i = 0; i < report->row_count; i++)
		rows[OWN + i] = report->rows[i];
	*count = OWN + report->row_count;
	return rows;
}

static struct pdf_section talk(const struct work *w)
{
	return (struct pdf_section){
		.heading = say(w, "En parler avec votre médecin", "Talking about it with your doctor"),
		.text = say(w,
			    "Montrez ce rapport au médecin qui vous suit et lisez-le avec lui : il connaît votre histoire, et cet avis a été rendu "
			    "sur dossier, sans examen. Trois questions peuvent aider :\n"
			    "- Qu’est-ce que cet avis change pour moi ?\n"
			    "- Quelles sont les prochaines étapes, et à quelles dates ?\n"
			    "- Que se passe-t-il si nous attendons ?",
			    "Show this report to the doctor who looks after you and read it together: your doctor knows your history, and this "
			    "opinion was given on file, without examining you. Three questions may help:\n"
			    "- What does this opinion change for me?\n"
			    "- What are the next steps, and when?\n"
			    "- What happens if we wait?"),
	};
}

/* Summary first, then the sections as given, then how to talk about it. */
static struct pdf_section *report_sections(const struct work *w, size_t *count)
{
	const struct compose_report *report = w->report;
	struct pdf_section *sections = arena_alloc(w->arena, (report->section_count + 2) * sizeof *sections);
	size_t n = 0;
	if (report->summary.len > 0)
		sections[n++] = (struct pdf_section){say(w, "En clair, pour le patient", "In plain words, for the patient"), report->summary, true};
	for (size_t i = 0; i < report->section_count; i++) {
		sections[n] = report->sections[i];
		sections[n++].text = compose_words_section(w->english, report->sections[i].text);
	}
	sections[n++] = talk(w);
	*count = n;
	return sections;
}

static enum reason report_pdf(struct work *w, struct bytes *out)
{
	const struct cda_write_report *r = &w->report->cda;
	struct pdf_input input = {
		.title = r->title,
		.service = r->custodian.name,
		.reference = w->report->reference,
		.author = expert_words(w, &r->expert),
		.note = say(w, "Avis rendu sur dossier : il ne remplace pas votre médecin. Document confidentiel.",
			    "Opinion given on file: it does not replace your doctor. Confidential."),
		.english = w->english,
		.time = r->time.at,
	};
	input.rows = report_rows(w, &input.row_count);
	input.sections = report_sections(w, &input.section_count);
	return pdf_make(w->arena, &input, out, w->field);
}

/* How the report describes itself in the package. */
static struct xdm_write_document report_document(const struct work *w, const struct cda_write_report *r, struct bytes content)
{
	struct xdm_write_person expert = {
		.id = bytes_of_text(arena_printf(w->arena, "8%s", arena_text(w->arena, r->expert.rpps))),
		.family = r->expert.family, .given = r->expert.given,
		.organisation = r->expert.organisation, .organisation_id = r->expert.organisation_id,
		.specialty_code = r->expert.specialty_code, .specialty_name = r->expert.specialty_name,
	};
	return (struct xdm_write_document){
		.content = content, .id = r->id, .replaces = r->replaces, .title = r->title,
		.type_code = BYTES(CDA_WRITE_TYPE), .type_name = BYTES(CDA_WRITE_TYPE_NAME), .level = 1,
		.facility_code = r->custodian.facility_code.len > 0 ? r->custodian.facility_code : BYTES("SA64"),
		.practice_code = r->custodian.practice_code.len > 0 ? r->custodian.practice_code : BYTES("AMBULATOIRE"),
		.language = r->english ? BYTES("en-GB") : BYTES_NONE,
		.time = r->time.at, .service_start = r->service_time.at, .author = expert, .legal_authenticator = expert,
	};
}

enum reason compose_report_build(struct arena *arena, const struct compose_report *report, bool english,
				 struct compose_report_files *out, const char **field)
{
	struct work w = {arena, report, english, field};
	struct cda_write_report cda = report->cda;
	struct bytes document;
	enum reason reason = report_pdf(&w, &cda.pdf);
	if (reason == REASON_NONE)
		reason = cda_write_report(arena, &cda, &document, field);
	if (reason != REASON_NONE)
		return reason;
	*out = (struct compose_report_files){
		.name = compose_words_file(arena, cda.service_time, cda.title, cda.patient.family_birth, cda.patient.given_birth_first,
					   report->reference),
		.pdf = cda.pdf,
		.document = report_document(&w, &cda, document),
	};
	return REASON_NONE;
}

/* gateway/compose_report.c - see compose_report.h. */
#include "gateway/compose_report.h"

#include "cda/write_codes.h"
#include "gateway/compose_words.h"

/* One report while it is being built. */
struct work {
	struct arena *arena;
	const struct compose_report *report;
	bool english;
	struct cda_write_section *sections;
	size_t section_count;
	const char **field;
};

static struct bytes say(const struct work *w, const char *fr, const char *en)
{
	return bytes_of_text(w->english ? en : fr);
}

/* "Pr Claire MOREAU, RPPS 01234567123". */
static struct bytes expert_words(const struct work *w, const struct cda_write_expert *e)
{
	const char *title = bytes_equal_text(e->title, "PR") ? "Pr" : "Dr";
	return bytes_of_text(arena_printf(w->arena, "%s %s %s, RPPS %s", title, arena_text(w->arena, e->given), arena_text(w->arena, e->family),
					  arena_text(w->arena, e->rpps)));
}

static struct bytes guardian_words(const struct work *w, const struct cda_write_person *g)
{
	if (g->family.len == 0)
		return BYTES_NONE;
	return bytes_of_text(arena_printf(w->arena, "%s%s%s", arena_text(w->arena, g->given), g->given.len > 0 ? " " : "", arena_text(w->arena, g->family)));
}

/* "2, annule et remplace la version 1 du 21/11/2026 à 22 h 50". */
static struct bytes version_words(const struct work *w, const struct cda_write_report *r)
{
	const struct cda_write_time before = w->report->replaced;
	if (r->version <= 1 && r->replaces.len == 0)
		return BYTES("1");
	const char *when = before.at.us == 0 ? "" : arena_printf(w->arena, w->english ? " of %s" : " du %s",
								  arena_text(w->arena, compose_words_time(w->arena, w->english, before)));
	return bytes_of_text(arena_printf(w->arena, w->english ? "%u, cancels and replaces version %u%s" : "%u, annule et remplace la version %u%s",
					  r->version, r->version - 1, when));
}

/* "Oncologie, opt médicale" of "Médecin - Oncologie, opt médicale (SM)": what the value set adds is for machines. */
static struct bytes specialty_words(const struct cda_write_expert *e)
{
	struct bytes name = e->specialty_name.len > 0 ? e->specialty_name : write_code_name(WRITE_SET_PROFESSION, e->specialty_code);
	struct bytes before = BYTES("Médecin - "), after = BYTES(" (SM)");
	if (bytes_starts(name, before))
		name = bytes_from(name, before.len);
	if (name.len > after.len && bytes_equal(bytes_from(name, name.len - after.len), after))
		name = bytes_slice(name, 0, name.len - after.len);
	return name;
}

static struct bytes place_words(const struct work *w, const struct cda_write_expert *e)
{
	struct bytes specialty = specialty_words(e);
	return bytes_of_text(arena_printf(w->arena, "%s%s%s", arena_text(w->arena, specialty), specialty.len > 0 ? ", " : "",
					  arena_text(w->arena, e->organisation)));
}

static struct pdf_row *report_rows(const struct work *w, size_t *count)
{
	const struct compose_report *report = w->report;
	const struct cda_write_report *r = &w->report->cda;
	const struct pdf_row head[] = {
		{.label = say(w, "Patient", "Patient"), .value = compose_words_patient(w->arena, w->english, &r->patient)},
		{.label = say(w, "Matricule INS", "INS number"), .value = compose_words_ins(w->arena, w->english, &r->patient)},
		{.label = say(w, "Représentant", "Represented by"), .value = guardian_words(w, &r->patient.guardian)},
		{.label = say(w, "Médecin expert", "Medical expert"), .value = expert_words(w, &r->expert)},
		{.label = say(w, "Spécialité et lieu", "Specialty and place"), .value = place_words(w, &r->expert)},
	};
	const struct pdf_row foot[] = {
		{.label = say(w, "Rapport établi le", "Report made on"), .value = compose_words_time(w->arena, w->english, r->time)},
		{.label = say(w, "Dossier", "File"), .value = report->reference},
		{.label = say(w, "Version", "Version"), .value = version_words(w, r)},
	};
	enum { HEAD = sizeof head / sizeof head[0], FOOT = sizeof foot / sizeof foot[0] };
	struct pdf_row *rows = arena_alloc(w->arena, (HEAD + FOOT + report->row_count) * sizeof *rows);
	size_t n = 0;
	for (size_t i = 0; i < HEAD; i++)
		rows[n++] = head[i];
	for (size_t i = 0; i < report->row_count; i++)
		rows[n++] = report->rows[i];
	for (size_t i = 0; i < FOOT; i++)
		rows[n++] = foot[i];
	*count = n;
	return rows;
}

static struct cda_write_section talk(const struct work *w)
{
	return (struct cda_write_section){
		.title = say(w, "En parler avec votre médecin", "Talking about it with your doctor"),
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

/* Summary first, then the sections as given, then how to talk about it: the same for the PDF and for the document. */
static void report_sections(struct work *w)
{
	const struct compose_report *report = w->report;
	struct cda_write_section *sections = arena_alloc(w->arena, (report->section_count + 2) * sizeof *sections);
	size_t n = 0;
	if (bytes_trim(report->summary).len > 0)
		sections[n++] = (struct cda_write_section){CDA_WRITE_SUMMARY, say(w, "En clair, pour le patient", "In plain words, for the patient"),
							   report->summary};
	for (size_t i = 0; i < report->section_count; i++) {
		sections[n] = report->sections[i];
		sections[n++].text = compose_words_section(w->english, report->sections[i].text);
	}
	sections[n++] = talk(w);
	w->sections = sections;
	w->section_count = n;
}

static struct pdf_section *pdf_sections(const struct work *w)
{
	struct pdf_section *sections = arena_alloc(w->arena, w->section_count * sizeof *sections);
	for (size_t i = 0; i < w->section_count; i++)
		sections[i] = (struct pdf_section){.heading = w->sections[i].title, .text = w->sections[i].text,
						   .strong = w->sections[i].kind == CDA_WRITE_SUMMARY};
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
	input.sections = pdf_sections(w);
	input.section_count = w->section_count;
	return pdf_make(w->arena, &input, out, w->field);
}

/* How the report describes itself in the package. */
static struct xdm_write_document report_document(const struct work *w, const struct cda_write_report *r, struct bytes content)
{
	struct xdm_write_person expert = {
		.id = bytes_of_text(arena_printf(w->arena, "8%s", arena_text(w->arena, r->expert.rpps))),
		.family = r->expert.family, .given = r->expert.given,
		.organisation = r->expert.organisation, .organisation_id = r->expert.organisation_id,
		.specialty_code = r->expert.specialty_code,
		.specialty_name = r->expert.specialty_name.len > 0 ? r->expert.specialty_name : write_code_name(WRITE_SET_PROFESSION, r->expert.specialty_code),
	};
	return (struct xdm_write_document){
		.content = content, .id = r->id, .replaces = r->replaces, .title = r->title,
		.type_code = BYTES(CDA_WRITE_TYPE), .type_name = BYTES(CDA_WRITE_TYPE_NAME),
		.level = r->level, .format_code = r->level == 1 ? BYTES(CDA_WRITE_FORMAT) : BYTES(CDA_WRITE_FORMAT_LEVEL_3),
		.facility_code = r->custodian.facility_code.len > 0 ? r->custodian.facility_code : BYTES("SA64"),
		.practice_code = r->expert.practice_code.len > 0 ? r->expert.practice_code : BYTES("AMBULATOIRE"),
		.language = r->english ? BYTES("en-GB") : BYTES_NONE,
		.time = r->time.at, .service_start = r->service_time.at, .service_stop = r->service_end.at, .author = expert, .legal_authenticator = expert,
	};
}

enum reason compose_report_build(struct arena *arena, const struct compose_report *report, bool english,
				 struct compose_report_files *out, const char **field)
{
	struct work w = {.arena = arena, .report = report, .english = english, .field = field};
	struct cda_write_report cda = report->cda;
	struct bytes document;
	report_sections(&w);
	cda.sections = w.sections;
	cda.section_count = w.section_count;
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

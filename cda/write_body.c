/* cda/write_body.c - the body of a report: its PDF (level 1), or coded sections and the PDF as a copy (level 3); see write_parts.h.
 *
 * Codes and templates are those that French documents carry (cda.md 3, FR-Document-PDF-copie and FR-Document-attache). A section for which
 * LOINC has no code that they use has a title and no code: a wrong code would file it wrongly. */
#include "cda/write_parts.h"

#define MEDIA_ID "PDF1"
#define MEDIA_PLACE_ID "PDF1-PLACE"

static const struct {
	const char *code, *name;   /* NULL: none */
} kinds[CDA_WRITE_KINDS] = {
	[CDA_WRITE_OTHER] = {NULL, NULL},
	[CDA_WRITE_SUMMARY] = {"34895-3", "Education du patient"},
	[CDA_WRITE_QUESTION] = {"42349-1", "Raison de la recommandation"},
	[CDA_WRITE_CASE] = {"10164-2", "Histoire de la maladie"},
	[CDA_WRITE_DOCUMENTS] = {"55107-7", "Documents référencés"},
	[CDA_WRITE_ANSWERS] = {NULL, NULL},
	[CDA_WRITE_OPINION] = {"51848-0", "Évaluation"},
	[CDA_WRITE_CONVERGENCE] = {NULL, NULL},
	[CDA_WRITE_ADVICE] = {"18776-5", "Plan de soins"},
	[CDA_WRITE_LIMITS] = {NULL, NULL},
	[CDA_WRITE_HELP] = {NULL, NULL},
	[CDA_WRITE_INTERESTS] = {NULL, NULL},
};

static void add_code(struct xml_write *w, const char *element, const char *code, const char *name)
{
	EMPTY(w, element, {"code", bytes_of_text(code)}, {"displayName", bytes_of_text(name)}, {"codeSystem", BYTES(SYSTEM_LOINC)},
	      {"codeSystemName", BYTES("LOINC")});
}

/* --- text ---------------------------------------------------------------------- */

static bool is_item(struct bytes line)
{
	return bytes_starts(line, BYTES("- ")) && bytes_trim(bytes_from(line, 2)).len > 0;
}

/* A line is a paragraph; lines "- …" that follow one another are a list. */
static void add_lines(struct xml_write *w, struct bytes text)
{
	struct cursor lines = cursor_on(text);
	bool in_list = false;
	while (lines.left.len > 0) {
		struct bytes line = bytes_trim(cursor_until(&lines, '\n'));
		if (in_list != is_item(line)) {
			if (in_list)
				xml_write_end(w);
			else
				xml_write_start(w, "list");
			in_list = !in_list;
		}
		if (in_list)
			xml_write_element(w, "item", bytes_trim(bytes_from(line, 2)));
		else if (line.len > 0)
			xml_write_element(w, "paragraph", line);
	}
	if (in_list)
		xml_write_end(w);
}

static void add_section(struct xml_write *w, const struct cda_write_section *s)
{
	xml_write_start(w, "component");
	xml_write_start(w, "section");
	if (kinds[s->kind].code != NULL)
		add_code(w, "code", kinds[s->kind].code, kinds[s->kind].name);
	xml_write_element(w, "title", s->title);
	xml_write_start(w, "text");
	add_lines(w, s->text);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

/* --- the copy ------------------------------------------------------------------- */

/* Ids inside the document: made of its own, which is unique. */
static void add_part_id(struct arena *arena, struct xml_write *w, struct bytes id, const char *part)
{
	size_t caret = bytes_find_byte(id, '^', 0);
	struct bytes extension = bytes_from(id, caret + 1);
	EMPTY(w, "id", {"root", bytes_slice(id, 0, caret)},
	      {"extension", bytes_of_text(arena_printf(arena, "%s%s%s", arena_text(arena, extension), extension.len > 0 ? "-" : "", part))});
}

static void add_template(struct xml_write *w, const char *root)
{
	EMPTY(w, "templateId", {"root", bytes_of_text(root)});
}

/* FR-Type-document-attache. */
static void add_copy_type(struct arena *arena, struct xml_write *w, struct bytes id)
{
	xml_write_start(w, "component");
	xml_write_start(w, "observation");
	xml_write_attribute(w, "classCode", BYTES("OBS"));
	xml_write_attribute(w, "moodCode", BYTES("EVN"));
	add_template(w, "1.3.6.1.4.1.19376.1.5.3.1.4.13");
	add_template(w, "1.2.250.1.213.1.1.3.48");
	add_template(w, "1.2.250.1.213.1.1.3.48.18");
	add_part_id(arena, w, id, "pdf-type");
	add_code(w, "code", "69764-9", "Type de document");
	xml_write_start(w, "text");
	EMPTY(w, "reference", {"value", BYTES("#" MEDIA_PLACE_ID)});
	xml_write_end(w);
	EMPTY(w, "statusCode", {"code", BYTES("completed")});
	EMPTY(w, "effectiveTime", {"nullFlavor", BYTES("NA")});
	EMPTY(w, "value", {"xsi:type", BYTES("CD")}, {"code", BYTES("55108-5")}, {"displayName", BYTES("Copie du document")},
	      {"codeSystem", BYTES(SYSTEM_LOINC)}, {"codeSystemName", BYTES("LOINC")});
	xml_write_end(w);
	xml_write_end(w);
}

static void add_copy_media(struct xml_write *w, struct bytes pdf)
{
	xml_write_start(w, "component");
	xml_write_start(w, "observationMedia");
	xml_write_attribute(w, "classCode", BYTES("OBS"));
	xml_write_attribute(w, "moodCode", BYTES("EVN"));
	xml_write_attribute(w, "ID", BYTES(MEDIA_ID));
	xml_write_start(w, "value");
	xml_write_attribute(w, "mediaType", BYTES("application/pdf"));
	xml_write_attribute(w, "representation", BYTES("B64"));
	xml_write_base64(w, pdf);
	xml_write_end(w);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_copy_entry(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "entry");
	xml_write_start(w, "organizer");
	xml_write_attribute(w, "classCode", BYTES("CLUSTER"));
	xml_write_attribute(w, "moodCode", BYTES("EVN"));
	add_template(w, "1.2.250.1.213.1.1.3.18");
	add_part_id(arena, w, r->id, "pdf");
	add_code(w, "code", "55107-7", "Document attaché");
	EMPTY(w, "statusCode", {"code", BYTES("completed")});
	add_copy_type(arena, w, r->id);
	add_copy_media(w, r->pdf);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_copy(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "component");
	xml_write_start(w, "section");
	add_template(w, "1.2.250.1.213.1.1.2.243");
	add_part_id(arena, w, r->id, "copy");
	add_code(w, "code", "55108-5", "Copie du document");
	xml_write_element(w, "title", r->english ? BYTES("Copy of the document") : BYTES("Copie du document"));
	xml_write_start(w, "text");
	xml_write_start(w, "paragraph");
	xml_write_attribute(w, "ID", BYTES(MEDIA_PLACE_ID));
	EMPTY(w, "renderMultiMedia", {"referencedObject", BYTES(MEDIA_ID)});
	xml_write_end(w);
	xml_write_end(w);
	add_copy_entry(arena, w, r);
	xml_write_end(w);
	xml_write_end(w);
}

/* --- the whole ------------------------------------------------------------------ */

static void add_file(struct xml_write *w, struct bytes pdf)
{
	xml_write_start(w, "nonXMLBody");
	xml_write_start(w, "text");
	xml_write_attribute(w, "mediaType", BYTES("application/pdf"));
	xml_write_attribute(w, "representation", BYTES("B64"));
	xml_write_base64(w, pdf);
	xml_write_end(w);
	xml_write_end(w);
}

static void add_structure(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "structuredBody");
	for (size_t i = 0; i < r->section_count; i++)
		add_section(w, &r->sections[i]);
	add_copy(arena, w, r);
	xml_write_end(w);
}

void write_body(struct arena *arena, struct xml_write *w, const struct cda_write_report *r)
{
	xml_write_start(w, "component");
	if (r->level == 1)
		add_file(w, r->pdf);
	else
		add_structure(arena, w, r);
	xml_write_end(w);
}

/* gateway/compose_sheet.c - see compose_sheet.h. */
#include "gateway/compose_sheet.h"

#include "cda/pdf.h"
#include "gateway/json_view.h"

enum { ROWS = 40, SECTIONS = 20 };

static bool read_sheet(struct arena *arena, const json_t *sheet, struct pdf_input *out)
{
	const json_t *rows = json_object_get(sheet, "rows"), *sections = json_object_get(sheet, "sections");
	size_t n_rows = json_array_size(rows), n_sections = json_array_size(sections);
	struct pdf_row *row = arena_alloc(arena, (ROWS + 1) * sizeof *row);
	struct pdf_section *section = arena_alloc(arena, (SECTIONS + 1) * sizeof *section);

	if (n_rows > ROWS || n_sections > SECTIONS)
		return false;
	for (size_t i = 0; i < n_rows; i++)
		row[i] = (struct pdf_row){.label = json_view(json_array_get(rows, i), "label"), .value = json_view(json_array_get(rows, i), "value")};
	for (size_t i = 0; i < n_sections; i++) {
		const json_t *one = json_array_get(sections, i);
		section[i] = (struct pdf_section){.heading = json_view(one, "heading"), .text = json_view(one, "text"), .strong = json_truth(one, "strong")};
	}
	*out = (struct pdf_input){.title = json_view(sheet, "title"), .service = json_view(sheet, "service"), .reference = json_view(sheet, "reference"),
				  .note = json_view(sheet, "note"), .english = bytes_equal_text(json_view(sheet, "language"), "en"), .rows = row, .row_count = n_rows,
				  .sections = section, .section_count = n_sections};
	return json_instant(sheet, "time", &out->time);
}

bool compose_sheet(struct arena *arena, struct bytes request, enum reason *reason, struct bytes *pdf, const char **field)
{
	json_t *whole = json_read(request);
	const json_t *sheet = json_object_get(whole, "sheet");
	struct pdf_input input;

	if (!json_is_object(sheet)) {
		json_decref(whole);
		return false;
	}
	*field = "sheet";
	*reason = read_sheet(arena, sheet, &input) ? pdf_make(arena, &input, pdf, field) : REASON_COMPOSE_FIELD;
	json_decref(whole);
	return true;
}

/* cda/pdf_body.c - see pdf_body.h. */
#include "cda/pdf_body.h"

#include <cairo-pdf.h>

#include "base/limits.h"
#include "cda/pdf_flow.h"
#include "cda/pdf_letter.h"
#include "cda/pdf_words.h"

#define INK 0.09, 0.11, 0.13
#define TEAL 0.03, 0.30, 0.37

static const struct pdf_style title_style = {"H1", 22, 28, true, TEAL, 0, 14};
static const struct pdf_style heading_style = {"H2", 14.5, 20, true, TEAL, 18, 4};
static const struct pdf_style framed_style = {"H2", 14.5, 20, true, TEAL, 0, 4};
static const struct pdf_style lower_style = {"H3", 12, 17, true, INK, 10, 2};
static const struct pdf_style text_style = {"P", 11.5, 17, false, INK, 0, 7};
static const struct pdf_style item_style = {"LBody", 11.5, 17, false, INK, 0, 3};
static const struct pdf_style label_style = {"TH", 10, 15.5, false, 0.30, 0.34, 0.37, 0, 0};
static const struct pdf_style value_style = {"TD", 10.5, 15.5, false, INK, 0, 0};
/* The first row says whom the paper is about: nobody should take it for another's. */
static const struct pdf_style whom_style = {"TD", 10.5, 15.5, true, INK, 0, 0};

/* Three lines of text: a paragraph of three is never cut, so that no heading stands alone at the foot of a page. */
#define KEEP (3 * text_style.step)

static const struct pdf_flow_styles section_styles = {.text = &text_style, .item = &item_style};

/* --- sections --------------------------------------------------------------- */

/* Where we are in the tree: the open elements and the bookmark of the last section of level 1. */
struct outline {
	unsigned depth;
	int upper;
};

static void close_sections(struct pdf_sheet *sheet, struct outline *outline, unsigned depth)
{
	for (; outline->depth > depth; outline->depth--)
		pdf_sheet_end(sheet, "Sect");
}

static void bookmark(struct pdf_sheet *sheet, struct outline *outline, struct bytes heading, size_t number, unsigned level)
{
	if (!sheet->draw || heading.len == 0)
		return;
	int parent = level == 2 ? outline->upper : CAIRO_PDF_OUTLINE_ROOT;
	int id = cairo_pdf_surface_add_outline(cairo_get_target(sheet->cr), parent, arena_text(sheet->arena, pdf_words_plain(sheet->arena, heading)),
					       arena_printf(sheet->arena, "dest='s%zu'", number), CAIRO_PDF_OUTLINE_FLAG_OPEN);
	if (level == 1)
		outline->upper = id;
}

/* A heading without text of its own keeps the heading below it on its page. */
static double keep_of(const struct pdf_section *section, const struct pdf_section *next)
{
	double below = lower_style.before + lower_style.step + lower_style.after;
	return section->text.len == 0 && next != NULL ? KEEP + below : KEEP;
}

static void set_section(struct pdf_sheet *sheet, struct outline *outline, size_t i, const struct pdf_input *raw)
{
	const struct pdf_section *section = &sheet->input->sections[i];
	const struct pdf_section *next = i + 1 < sheet->input->section_count ? section + 1 : NULL;
	unsigned level = section->level == 2 && outline->depth > 0 ? 2 : 1;
	const struct pdf_style *style = level == 2 ? &lower_style : section->strong ? &framed_style : &heading_style;
	close_sections(sheet, outline, level - 1);
	pdf_sheet_begin(sheet, "Sect");
	outline->depth = level;
	if (section->strong) {
		pdf_sheet_gap(sheet, 14);
		pdf_sheet_frame(sheet, true);
	}
	pdf_sheet_heading(sheet, style, section->heading, i + 1, keep_of(section, next));
	if (i < raw->section_count)
		bookmark(sheet, outline, raw->sections[i].heading, i + 1, level);
	pdf_flow_set(sheet, &section_styles, section->text);
	if (section->strong)
		pdf_sheet_frame(sheet, false);
}

static void set_rows(struct pdf_sheet *sheet)
{
	const struct pdf_input *input = sheet->input;
	bool begun = false;
	for (size_t i = 0; i < input->row_count && sheet->page <= LIMIT_PDF_PAGES; i++) {
		if (input->rows[i].value.len == 0)
			continue;
		if (!begun) {
			pdf_sheet_rule(sheet, true);
			pdf_sheet_begin(sheet, "Table");
		}
		pdf_sheet_row(sheet, &label_style, begun ? &value_style : &whom_style, &input->rows[i]);
		begun = true;
	}
	if (begun)
		pdf_sheet_end(sheet, "Table");
}

/* --- public ----------------------------------------------------------------- */

void pdf_body_set(struct pdf_sheet *sheet, const struct pdf_input *raw)
{
	const struct pdf_input *input = sheet->input;
	struct outline outline = {0, CAIRO_PDF_OUTLINE_ROOT};
	if (input->letter != NULL) {
		pdf_letter_set(sheet);
		return;
	}
	pdf_sheet_begin(sheet, "Document");
	pdf_sheet_open(sheet);
	pdf_sheet_heading(sheet, &title_style, input->title, 0, 0);
	if (input->rows_below == 0)
		set_rows(sheet);
	for (size_t i = 0; i < input->section_count && sheet->page <= LIMIT_PDF_PAGES; i++) {
		set_section(sheet, &outline, i, raw);
		if (input->rows_below == i + 1)
			set_rows(sheet);
	}
	close_sections(sheet, &outline, 0);
	pdf_sheet_close(sheet);
	pdf_sheet_end(sheet, "Document");
}

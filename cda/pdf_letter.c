/* cda/pdf_letter.c - see pdf_letter.h. */
#include "cda/pdf_letter.h"

#include "cda/barcode.h"
#include "cda/pdf_flow.h"
#include "cda/pdf_line.h"

#define INK 0.09, 0.11, 0.13
#define TEAL 0.03, 0.30, 0.37
#define MM (72 / 25.4)

/* DL envelope, window of 35 × 100 mm, 20 mm from the right and from the foot (NF Q 11-001): what is seen of a sheet folded in three,
 * wherever it slides, is 55 to 79 mm from its head and 100 to 190 mm from its left edge. */
#define WINDOW_X (105 * MM)
#define WINDOW_Y (54.5 * MM)
#define WINDOW_WIDTH (85 * MM)
#define FOLD (99 * MM)
#define FROM_Y 74.0
#define DATE_Y 240.0
#define TEXT_Y 264.0

/* A mark that a hand scanner reads: modules of 0.42 mm, 14 mm high. */
#define MODULE 1.2
#define BARS_HEIGHT 40.0

static const struct pdf_style title_style = {"H1", 17, 23, true, TEAL, 0, 10};
static const struct pdf_style text_style = {"P", 14, 19, false, INK, 0, 8};
static const struct pdf_style item_style = {"LBody", 14, 19, false, INK, 0, 3};
static const struct pdf_style heading_style = {"H2", 14, 19, true, INK, 1, 2};
static const struct pdf_style address_style = {"P", 11, 11.5, false, INK, 0, 0};
static const struct pdf_style from_style = {"P", 9.5, 12.5, false, 0.30, 0.34, 0.37, 0, 0};
static const struct pdf_style date_style = {"P", 12, 16, false, INK, 0, 0};
static const struct pdf_style code_style = {"P", 11, 14, false, INK, 0, 8};

/* Below a line that was written on. */
static const struct pdf_style label_style = {"H2", 14, 19, true, INK, 9, 3};

static const struct pdf_flow_styles letter_styles = {&text_style, &item_style, &heading_style, false};
static const struct pdf_flow_styles form_styles = {&text_style, &item_style, &label_style, true};

/* One line that stands at a place of its own. */
static void set_at(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double x, double y, double width)
{
	if (!sheet->draw)
		return;
	pdf_sheet_begin(sheet, style->tag);
	pdf_line_draw_alone(sheet, style, text, x, y, width, false);
	pdf_sheet_end(sheet, style->tag);
}

static void set_lines_at(struct pdf_sheet *sheet, const struct pdf_style *style, const struct bytes *lines, size_t count, double x, double y,
			 double width)
{
	for (size_t i = 0; i < count; i++)
		set_at(sheet, style, lines[i], x, y + (double)i * style->step, width);
}

/* Where to fold, at the left edge. */
static void draw_folds(struct pdf_sheet *sheet)
{
	if (!sheet->draw)
		return;
	cairo_set_source_rgb(sheet->cr, 0.6, 0.6, 0.6);
	for (int i = 1; i <= 2; i++) {
		cairo_rectangle(sheet->cr, 12, i * FOLD, 10, 0.5);
		cairo_fill(sheet->cr);
	}
}

static void set_head(struct pdf_sheet *sheet, const struct pdf_letter *letter)
{
	draw_folds(sheet);
	set_lines_at(sheet, &from_style, letter->from, letter->from_count, PDF_SHEET_LEFT, FROM_Y, WINDOW_X - PDF_SHEET_LEFT - 10);
	set_lines_at(sheet, &address_style, letter->to, letter->to_count, WINDOW_X, WINDOW_Y, WINDOW_WIDTH);
	set_at(sheet, &date_style, letter->date, PDF_SHEET_LEFT, DATE_Y, PDF_SHEET_WIDTH);
	pdf_sheet_down_to(sheet, TEXT_Y);
}

/* --- the sheet to send back ------------------------------------------------------ */

static void draw_bars(struct pdf_sheet *sheet, struct bytes code, double x, double y)
{
	struct bytes widths;
	double at = x;

	if (!sheet->draw || !barcode_write(sheet->arena, code, &widths))
		return;
	cairo_set_source_rgb(sheet->cr, 0, 0, 0);
	for (size_t i = 0; i < widths.len; i++) {
		if (i % 2 == 0) {
			cairo_rectangle(sheet->cr, at, y, widths.at[i] * MODULE, BARS_HEIGHT);
			cairo_fill(sheet->cr);
		}
		at += widths.at[i] * MODULE;
	}
}

static void set_sheet(struct pdf_sheet *sheet, const struct pdf_letter *letter, struct bytes text)
{
	pdf_sheet_turn(sheet);
	pdf_sheet_heading(sheet, &title_style, letter->sheet_title, 0, 0);
	draw_bars(sheet, letter->sheet_code, PDF_SHEET_LEFT, sheet->y);
	pdf_sheet_gap(sheet, BARS_HEIGHT + 3);
	pdf_sheet_paragraph(sheet, &code_style, letter->sheet_code);
	pdf_sheet_paragraph(sheet, &text_style, letter->sheet_way);
	pdf_flow_set(sheet, &form_styles, text);
}

/* --- public ------------------------------------------------------------------- */

void pdf_letter_set(struct pdf_sheet *sheet)
{
	const struct pdf_input *input = sheet->input;
	const struct pdf_letter *letter = input->letter;
	bool replied = letter->sheet_code.len > 0;

	pdf_sheet_begin(sheet, "Document");
	pdf_sheet_open(sheet);
	set_head(sheet, letter);
	pdf_sheet_heading(sheet, &title_style, input->title, 0, 0);
	/* The first section is the letter, the second the sheet; one more names signs that could not be written. */
	for (size_t i = 0; i < input->section_count; i++)
		if (i != 1 || !replied)
			pdf_flow_set(sheet, &letter_styles, input->sections[i].text);
	if (replied)
		set_sheet(sheet, letter, input->sections[1].text);
	pdf_sheet_close(sheet);
	pdf_sheet_end(sheet, "Document");
}

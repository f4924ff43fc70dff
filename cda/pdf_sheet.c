/* cda/pdf_sheet.c - see pdf_sheet.h. */
#include "cda/pdf_sheet.h"

#include "base/limits.h"
#include "cda/pdf_font.h"

#define PAGE_WIDTH 595.276
#define PAGE_HEIGHT 841.89
#define MARGIN 62.0
#define TOP 92.0
#define BOTTOM 764.0
#define WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define PADDING 14.0
#define HANGING 15.0
#define LABEL_WIDTH 118.0
#define BAR 3.0

static const struct pdf_style service_style = {.size = 10, .leading = 1.2, .bold = true, .red = 0.05, .green = 0.33, .blue = 0.40};
static const struct pdf_style small_style = {.size = 8, .leading = 1.25, .red = 0.36, .green = 0.40, .blue = 0.43};

/* --- lines -------------------------------------------------------------------- */

static PangoLayout *layout_make(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double width)
{
	PangoLayout *layout = pango_layout_new(sheet->context);
	PangoFontDescription *font = pdf_font_describe(style->size, style->bold);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_text(layout, (const char *)text.at, (int)text.len);
	return layout;
}

/* Height of one line: its own, with the leading. */
static double line_height(PangoLayoutLine *line, const struct pdf_style *style)
{
	int height = 0;
	pango_layout_line_get_height(line, &height);
	return (double)height / PANGO_SCALE * style->leading;
}

static void colour(struct pdf_sheet *sheet, const struct pdf_style *style)
{
	cairo_set_source_rgb(sheet->cr, style->red, style->green, style->blue);
}

static void draw_line(struct pdf_sheet *sheet, PangoLayoutLine *line, const struct pdf_style *style, double x, double y)
{
	int height = 0;
	PangoRectangle ink, logical;
	pango_layout_line_get_height(line, &height);
	pango_layout_line_get_extents(line, &ink, &logical);
	colour(sheet, style);
	/* Half of the leading above, half below; logical.y is the ascent, counted upwards. */
	double lead = (double)height / PANGO_SCALE * (style->leading - 1) / 2;
	cairo_move_to(sheet->cr, x, y + lead - (double)logical.y / PANGO_SCALE);
	pango_cairo_show_layout_line(sheet->cr, line);
}

static void draw_alone(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double x, double y, double width,
		       bool right)
{
	PangoLayout *layout = layout_make(sheet, style, text, width);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
	PangoRectangle ink, logical;
	pango_layout_line_get_extents(line, &ink, &logical);
	draw_line(sheet, line, style, right ? x + width - (double)logical.width / PANGO_SCALE : x, y);
	g_object_unref(layout);
}

/* --- pages -------------------------------------------------------------------- */

static void rule(struct pdf_sheet *sheet, double y)
{
	cairo_set_source_rgb(sheet->cr, 0.78, 0.84, 0.86);
	cairo_rectangle(sheet->cr, MARGIN, y, WIDTH, 0.7);
	cairo_fill(sheet->cr);
}

static void draw_head(struct pdf_sheet *sheet)
{
	const struct pdf_input *input = sheet->input;
	if (sheet->page == 1)
		draw_alone(sheet, &service_style, input->service, MARGIN, 44, WIDTH * 0.62, false);
	else
		draw_alone(sheet, &small_style, input->title, MARGIN, 46, WIDTH * 0.62, false);
	draw_alone(sheet, &small_style, input->reference, MARGIN + WIDTH * 0.64, 46, WIDTH * 0.36, true);
	rule(sheet, 64);
}

static void draw_foot(struct pdf_sheet *sheet)
{
	const char *number =
		arena_printf(sheet->arena, "Page %u %s %u", sheet->page, sheet->input->english ? "of" : "sur", sheet->pages);
	rule(sheet, 782);
	draw_alone(sheet, &small_style, sheet->input->note, MARGIN, 789, WIDTH * 0.8, false);
	draw_alone(sheet, &small_style, bytes_of_text(number), MARGIN + WIDTH * 0.8, 789, WIDTH * 0.2, true);
}

static void page_end(struct pdf_sheet *sheet)
{
	if (!sheet->draw)
		return;
	draw_foot(sheet);
	cairo_show_page(sheet->cr);
}

static void page_start(struct pdf_sheet *sheet)
{
	sheet->page++;
	sheet->y = sheet->page == 1 ? TOP : TOP - 8;
	if (sheet->draw)
		draw_head(sheet);
}

static void page_turn(struct pdf_sheet *sheet)
{
	page_end(sheet);
	page_start(sheet);
}

/* The tint and its bar behind what stands between y and y + height. */
static void tint(struct pdf_sheet *sheet, double y, double height)
{
	if (!sheet->draw || !sheet->framed || height <= 0)
		return;
	cairo_set_source_rgb(sheet->cr, 0.937, 0.961, 0.965);
	cairo_rectangle(sheet->cr, MARGIN, y, WIDTH, height);
	cairo_fill(sheet->cr);
	cairo_set_source_rgb(sheet->cr, 0.05, 0.42, 0.48);
	cairo_rectangle(sheet->cr, MARGIN, y, BAR, height);
	cairo_fill(sheet->cr);
}

static void tag_start(struct pdf_sheet *sheet, const char *tag)
{
	if (sheet->draw)
		cairo_tag_begin(sheet->cr, tag, NULL);
}

static void tag_stop(struct pdf_sheet *sheet, const char *tag)
{
	if (sheet->draw)
		cairo_tag_end(sheet->cr, tag);
}

/* How many of the lines from first fit on the page; no line is left alone at its foot or sent alone to the next. */
static int lines_that_fit(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int first, double *height)
{
	int count = pango_layout_get_line_count(layout), fit = 0;
	double room = BOTTOM - sheet->y - (sheet->framed ? PADDING / 2 : 0), used = 0, last = 0;
	for (int i = first; i < count; i++) {
		double step = line_height(pango_layout_get_line_readonly(layout, i), style);
		if (used + step > room)
			break;
		used += step;
		last = step;
		fit++;
	}
	int left = count - first - fit;
	if (left == 1 && fit > 2) {
		fit--;
		used -= last;
	}
	if (left > 0 && fit == 1 && first == 0) {
		fit = 0;
		used = 0;
	}
	*height = used;
	return fit;
}

static void draw_mark(struct pdf_sheet *sheet, const struct pdf_style *style, const char *mark, double x, double y)
{
	if (*mark == 0)
		return;
	PangoLayout *layout = layout_make(sheet, style, bytes_of_text(mark), WIDTH);
	draw_line(sheet, pango_layout_get_line_readonly(layout, 0), style, x, y);
	g_object_unref(layout);
}

static void draw_lines(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int first, int count, double x)
{
	double y = sheet->y;
	for (int i = first; i < first + count; i++) {
		PangoLayoutLine *line = pango_layout_get_line_readonly(layout, i);
		draw_line(sheet, line, style, x, y);
		y += line_height(line, style);
	}
}

/* --- public ------------------------------------------------------------------- */

void pdf_sheet_open(struct pdf_sheet *sheet)
{
	sheet->page = 0;
	sheet->framed = false;
	page_start(sheet);
}

void pdf_sheet_close(struct pdf_sheet *sheet)
{
	page_end(sheet);
}

void pdf_sheet_gap(struct pdf_sheet *sheet, double height)
{
	if (sheet->y + height > BOTTOM)
		height = BOTTOM - sheet->y;
	if (height <= 0)
		return;
	tint(sheet, sheet->y, height);
	sheet->y += height;
}

void pdf_sheet_frame(struct pdf_sheet *sheet, bool framed)
{
	if (framed && BOTTOM - sheet->y < 90)
		page_turn(sheet);
	if (!framed)
		pdf_sheet_gap(sheet, PADDING - 4);
	sheet->framed = framed;
	if (framed)
		pdf_sheet_gap(sheet, PADDING - 4);
}

void pdf_sheet_text(struct pdf_sheet *sheet, const struct pdf_style *style, const char *mark, struct bytes text)
{
	double hang = *mark != 0 ? HANGING : 0, inside = sheet->framed ? PADDING : 0;
	double x = MARGIN + inside + hang;
	PangoLayout *layout = layout_make(sheet, style, text, WIDTH - 2 * inside - hang);
	int count = pango_layout_get_line_count(layout);
	if (style->keep > 0 && BOTTOM - sheet->y < style->before + style->keep)
		page_turn(sheet);
	pdf_sheet_gap(sheet, style->before);
	for (int first = 0; first < count && sheet->page <= LIMIT_PDF_PAGES;) {
		double height;
		int fit = lines_that_fit(sheet, layout, style, first, &height);
		if (fit > 0) {
			tint(sheet, sheet->y, height);
			if (sheet->draw) {
				tag_start(sheet, style->tag);
				if (first == 0)
					draw_mark(sheet, style, mark, x - hang, sheet->y);
				draw_lines(sheet, layout, style, first, fit, x);
				tag_stop(sheet, style->tag);
			}
			sheet->y += height;
			first += fit;
		}
		if (first < count)
			page_turn(sheet);
	}
	pdf_sheet_gap(sheet, style->after);
	g_object_unref(layout);
}

void pdf_sheet_row(struct pdf_sheet *sheet, const struct pdf_style *label, const struct pdf_style *value, const struct pdf_row *row)
{
	double x = MARGIN + PADDING;
	PangoLayout *left = layout_make(sheet, label, row->label, LABEL_WIDTH - 8);
	PangoLayout *right = layout_make(sheet, value, row->value, WIDTH - 2 * PADDING - LABEL_WIDTH);
	int left_count = pango_layout_get_line_count(left), right_count = pango_layout_get_line_count(right);
	double left_height = 0, right_height = 0;
	for (int i = 0; i < left_count; i++)
		left_height += line_height(pango_layout_get_line_readonly(left, i), label);
	for (int i = 0; i < right_count; i++)
		right_height += line_height(pango_layout_get_line_readonly(right, i), value);
	double height = (left_height > right_height ? left_height : right_height) + 2;
	if (sheet->y + height > BOTTOM)
		page_turn(sheet);
	tint(sheet, sheet->y, height);
	if (sheet->draw) {
		tag_start(sheet, "P");
		draw_lines(sheet, left, label, 0, left_count, x);
		draw_lines(sheet, right, value, 0, right_count, x + LABEL_WIDTH);
		tag_stop(sheet, "P");
	}
	sheet->y += height;
	g_object_unref(left);
	g_object_unref(right);
}

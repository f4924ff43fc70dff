/* cda/pdf_sheet.c - see pdf_sheet.h. */
#include "cda/pdf_sheet.h"

#include "base/limits.h"
#include "cda/pdf_line.h"

#define MARGIN PDF_SHEET_LEFT
#define TOP 98.0
#define BOTTOM 766.0
#define WIDTH PDF_SHEET_WIDTH
#define PADDING 16.0
#define MEASURE (WIDTH - 2 * PADDING)   /* of a line of text, in a frame or not: 60 to 80 signs, which the eye follows best */
#define HANGING 17.0
#define LABEL_WIDTH 124.0
#define BAR 3.5
#define ROW_ROOM 7.0

static const struct pdf_style service_style = {.tag = "P", .size = 11, .step = 14, .bold = true, .red = 0.03, .green = 0.30, .blue = 0.37};
static const struct pdf_style small_style = {.tag = "P", .size = 8.5, .step = 11, .red = 0.33, .green = 0.37, .blue = 0.40};

/* --- pages -------------------------------------------------------------------- */

static void fill(struct pdf_sheet *sheet, const double colour[3], double x, double y, double width, double height)
{
	if (!sheet->draw)
		return;
	cairo_set_source_rgb(sheet->cr, colour[0], colour[1], colour[2]);
	cairo_rectangle(sheet->cr, x, y, width, height);
	cairo_fill(sheet->cr);
}

static const double dark[3] = {0.03, 0.42, 0.49}, grey[3] = {0.76, 0.81, 0.83}, pale[3] = {0.925, 0.957, 0.961};

/* Whose paper it is belongs to what is read, once; a later page only repeats. */
static void draw_head(struct pdf_sheet *sheet)
{
	const struct pdf_input *input = sheet->input;
	if (sheet->page == 1) {
		fill(sheet, dark, MARGIN, 40, WIDTH, 2.5);
		pdf_sheet_begin(sheet, "P");
		pdf_line_draw_alone(sheet, &service_style, input->service, MARGIN, 51, WIDTH * 0.66, false);
		pdf_sheet_end(sheet, "P");
	} else {
		fill(sheet, grey, MARGIN, 66, WIDTH, 0.6);
		pdf_line_draw_alone(sheet, &small_style, input->title, MARGIN, 51, WIDTH * 0.66, false);
	}
	pdf_line_draw_alone(sheet, &small_style, input->reference, MARGIN + WIDTH * 0.68, sheet->page == 1 ? 53 : 51, WIDTH * 0.32, true);
}

static void draw_foot(struct pdf_sheet *sheet)
{
	const char *number =
		arena_printf(sheet->arena, "Page %u %s %u", sheet->page, sheet->input->english ? "of" : "sur", sheet->pages);
	fill(sheet, grey, MARGIN, 785, WIDTH, 0.6);
	pdf_line_draw_alone(sheet, &small_style, sheet->input->note, MARGIN, 791, WIDTH * 0.82, false);
	pdf_line_draw_alone(sheet, &small_style, bytes_of_text(number), MARGIN + WIDTH * 0.82, 791, WIDTH * 0.18, true);
}

/* A frame goes on with the next page: while counting its part is noted, while drawing the part is filled before its text. */
static void tint_open(struct pdf_sheet *sheet)
{
	if (!sheet->draw) {
		struct pdf_tint *tint = arena_alloc(sheet->arena, sizeof *tint);
		*tint = (struct pdf_tint){sheet->y, 0, NULL};
		if (sheet->tint == NULL)
			sheet->tints = tint;
		else
			sheet->tint->next = tint;
		sheet->tint = tint;
		return;
	}
	fill(sheet, pale, MARGIN, sheet->tint->y, WIDTH, sheet->tint->height);
	fill(sheet, dark, MARGIN, sheet->tint->y, BAR, sheet->tint->height);
	sheet->tint = sheet->tint->next;
}

static void tint_close(struct pdf_sheet *sheet)
{
	if (!sheet->draw)
		sheet->tint->height = sheet->y - sheet->tint->y;
}

static void page_end(struct pdf_sheet *sheet)
{
	if (sheet->framed)
		tint_close(sheet);
	if (!sheet->draw)
		return;
	draw_foot(sheet);
	cairo_show_page(sheet->cr);
}

static void page_start(struct pdf_sheet *sheet)
{
	sheet->page++;
	sheet->fresh = true;
	sheet->y = sheet->page == 1 ? TOP : TOP - 14;
	if (sheet->draw)
		draw_head(sheet);
	if (sheet->framed) {
		tint_open(sheet);
		sheet->y += PADDING / 2;
	}
}

static void page_turn(struct pdf_sheet *sheet)
{
	page_end(sheet);
	page_start(sheet);
}

static double room(const struct pdf_sheet *sheet)
{
	return BOTTOM - sheet->y - (sheet->framed ? PADDING / 2 : 0);
}

static void use(struct pdf_sheet *sheet, double height)
{
	sheet->y += height;
	sheet->fresh = false;
}

/* How many of the lines from first stand on this page; none is left alone at its foot or sent alone to the next. */
static int lines_that_fit(const struct pdf_sheet *sheet, const struct pdf_style *style, int first, int count)
{
	int fit = (int)(room(sheet) / style->step), left = count - first - fit;
	if (left <= 0)
		return count - first;
	if (left == 1)
		fit--;
	return fit < 2 && !sheet->fresh ? 0 : fit;
}

static void set_part(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, const char *tag, int first, int count,
		     double x)
{
	pdf_sheet_begin(sheet, tag);
	if (sheet->draw)
		pdf_line_draw(sheet, layout, style, first, count, x);
	pdf_sheet_end(sheet, tag);
	use(sheet, count * style->step);
}

/* The lines of a layout over as many pages as they take: one leaf, or one element with a leaf for each page. */
static void set_lines(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, const char *tag, double x)
{
	int count = pango_layout_get_line_count(layout);
	if (lines_that_fit(sheet, style, 0, count) == 0)
		page_turn(sheet);
	int fit = lines_that_fit(sheet, style, 0, count);
	if (fit == count) {
		set_part(sheet, layout, style, tag, 0, count, x);
		return;
	}
	pdf_sheet_begin(sheet, tag);
	for (int first = 0; first < count && sheet->page <= LIMIT_PDF_PAGES; first += fit) {
		if (first > 0)
			page_turn(sheet);
		fit = lines_that_fit(sheet, style, first, count);
		set_part(sheet, layout, style, "Span", first, fit, x);
	}
	pdf_sheet_end(sheet, tag);
}

static double inside(const struct pdf_sheet *sheet)
{
	return sheet->framed ? PADDING : 0;
}

static void place(struct pdf_sheet *sheet, size_t number)
{
	if (!sheet->draw || number == 0)
		return;
	cairo_tag_begin(sheet->cr, CAIRO_TAG_DEST,
			arena_printf(sheet->arena, "name='s%zu' x=%d y=%d", number, (int)MARGIN, (int)sheet->y - 6));
	cairo_tag_end(sheet->cr, CAIRO_TAG_DEST);
}

/* --- rows ------------------------------------------------------------------- */

/* A cell of the value's column: a link where it leads somewhere. */
static void draw_value(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int first, int count, size_t link)
{
	double x = MARGIN + LABEL_WIDTH;
	pdf_sheet_begin(sheet, "TD");
	if (link > 0)
		cairo_tag_begin(sheet->cr, CAIRO_TAG_LINK, arena_printf(sheet->arena, "dest='s%zu'", link));
	pdf_line_draw(sheet, layout, style, first, count, x);
	if (link > 0)
		cairo_tag_end(sheet->cr, CAIRO_TAG_LINK);
	pdf_sheet_end(sheet, "TD");
}

/* The part of a row that stands on this page. */
static void draw_row(struct pdf_sheet *sheet, PangoLayout *const layouts[2], const struct pdf_style *const styles[2], int first, int count,
		     size_t link)
{
	int labels = pango_layout_get_line_count(layouts[0]);
	pdf_sheet_begin(sheet, "TR");
	pdf_sheet_begin(sheet, "TH");
	pdf_line_draw(sheet, layouts[0], styles[0], 0, first == 0 ? labels : 0, MARGIN);
	pdf_sheet_end(sheet, "TH");
	draw_value(sheet, layouts[1], styles[1], first, count, link);
	pdf_sheet_end(sheet, "TR");
}

/* --- public ------------------------------------------------------------------- */

void pdf_sheet_open(struct pdf_sheet *sheet)
{
	sheet->page = 0;
	sheet->framed = false;
	sheet->tint = sheet->draw ? sheet->tints : NULL;
	sheet->last = sheet->draw ? sheet->laid : NULL;
	page_start(sheet);
}

void pdf_sheet_close(struct pdf_sheet *sheet)
{
	page_end(sheet);
}

void pdf_sheet_free(struct pdf_sheet *sheet)
{
	for (; sheet->laid != NULL; sheet->laid = sheet->laid->next)
		g_object_unref(sheet->laid->layout);
	g_clear_object(&sheet->space);
}

void pdf_sheet_begin(struct pdf_sheet *sheet, const char *tag)
{
	if (sheet->draw)
		cairo_tag_begin(sheet->cr, tag, NULL);
}

void pdf_sheet_end(struct pdf_sheet *sheet, const char *tag)
{
	if (sheet->draw)
		cairo_tag_end(sheet->cr, tag);
}

void pdf_sheet_gap(struct pdf_sheet *sheet, double height)
{
	/* No room is left at the head of a page. */
	if (!sheet->fresh)
		sheet->y += height < room(sheet) ? height : room(sheet) > 0 ? room(sheet) : 0;
}

void pdf_sheet_blank(struct pdf_sheet *sheet, double height)
{
	if (room(sheet) < height)
		page_turn(sheet);
	use(sheet, height);
	fill(sheet, grey, MARGIN, sheet->y - 1, MEASURE, 0.8);
}

void pdf_sheet_down_to(struct pdf_sheet *sheet, double y)
{
	if (sheet->y < y)
		use(sheet, y - sheet->y);
}

void pdf_sheet_turn(struct pdf_sheet *sheet)
{
	page_turn(sheet);
}

void pdf_sheet_rule(struct pdf_sheet *sheet, bool strong)
{
	fill(sheet, strong ? dark : grey, MARGIN, sheet->y, WIDTH, strong ? 1.0 : 0.5);
}

void pdf_sheet_frame(struct pdf_sheet *sheet, bool framed)
{
	if (framed) {
		if (room(sheet) < 130)
			page_turn(sheet);
		tint_open(sheet);
		sheet->y += PADDING * 0.75;
	} else {
		sheet->y += PADDING * 0.3;
		tint_close(sheet);
	}
	sheet->framed = framed;
}

void pdf_sheet_heading(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, size_t number, double keep)
{
	PangoLayout *layout = pdf_line_lay_out(sheet, style, text, MEASURE);
	double height = style->before + pango_layout_get_line_count(layout) * style->step + style->after + keep;
	if (room(sheet) < height && !sheet->fresh)
		page_turn(sheet);
	pdf_sheet_gap(sheet, style->before);
	place(sheet, number);
	if (text.len > 0)
		set_lines(sheet, layout, style, style->tag, MARGIN + inside(sheet));
	pdf_sheet_gap(sheet, style->after);
}

void pdf_sheet_paragraph(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text)
{
	PangoLayout *layout = pdf_line_lay_out(sheet, style, text, MEASURE);
	pdf_sheet_gap(sheet, style->before);
	set_lines(sheet, layout, style, style->tag, MARGIN + inside(sheet));
	pdf_sheet_gap(sheet, style->after);
}

void pdf_sheet_item(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes mark, struct bytes text)
{
	PangoLayout *hung = pdf_line_lay_out(sheet, style, mark, WIDTH);
	double wide = pdf_line_width(pango_layout_get_line_readonly(hung, 0), style) + 6, hang = wide > HANGING ? wide : HANGING;
	double x = MARGIN + inside(sheet);
	PangoLayout *layout = pdf_line_lay_out(sheet, style, text, MEASURE - hang);
	pango_layout_set_auto_dir(layout, FALSE);
	pdf_sheet_gap(sheet, style->before);
	/* The mark stands beside the first line: both go to the next page, or none. */
	if (lines_that_fit(sheet, style, 0, pango_layout_get_line_count(layout)) == 0)
		page_turn(sheet);
	pdf_sheet_begin(sheet, "LI");
	pdf_sheet_begin(sheet, "Lbl");
	if (sheet->draw)
		pdf_line_draw(sheet, hung, style, 0, 1, x);
	pdf_sheet_end(sheet, "Lbl");
	set_lines(sheet, layout, style, "LBody", x + hang);
	pdf_sheet_end(sheet, "LI");
	pdf_sheet_gap(sheet, style->after);
}

void pdf_sheet_row(struct pdf_sheet *sheet, const struct pdf_style *label, const struct pdf_style *value, const struct pdf_row *row)
{
	PangoLayout *layouts[2] = {pdf_line_lay_out(sheet, label, row->label, LABEL_WIDTH - 12),
				   pdf_line_lay_out(sheet, value, row->value, WIDTH - LABEL_WIDTH)};
	const struct pdf_style *styles[2] = {label, value};
	for (size_t i = 0; i < 2; i++)
		pango_layout_set_auto_dir(layouts[i], FALSE);
	int labels = pango_layout_get_line_count(layouts[0]), count = pango_layout_get_line_count(layouts[1]);
	int lines = labels > count ? labels : count;
	if (row->to_section > 0 && !sheet->draw)
		pdf_line_attribute(layouts[1], pango_attr_underline_new(PANGO_UNDERLINE_SINGLE));
	double height = lines * value->step + ROW_ROOM;
	if (room(sheet) < height && height < BOTTOM - TOP && !sheet->fresh)
		page_turn(sheet);
	for (int first = 0; first < lines && sheet->page <= LIMIT_PDF_PAGES;) {
		int fit = (int)((room(sheet) - ROW_ROOM) / value->step);
		if (fit < 2 && fit < lines - first) {
			page_turn(sheet);
			continue;
		}
		fit = fit < lines - first ? fit : lines - first;
		int left = count - first;
		sheet->y += ROW_ROOM / 2;
		if (sheet->draw)
			draw_row(sheet, layouts, styles, first, left < fit ? (left > 0 ? left : 0) : fit, row->to_section);
		use(sheet, fit * value->step + ROW_ROOM / 2);
		first += fit;
		if (first < lines)
			page_turn(sheet);
	}
	pdf_sheet_rule(sheet, false);
}

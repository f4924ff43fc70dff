/* cda/pdf_line.c - see pdf_line.h. */
#include "cda/pdf_line.h"

#include "cda/pdf_font.h"

#define ANY_WIDTH 400.0   /* of a space */

static double scale(const struct pdf_style *style)
{
	return style->size / PDF_FONT_SIZE;
}

enum { REFERENCE_SIGNS = 32, REFERENCE_HYPHENS = 3 };

/* A reference ("A-2026-000123-KQ") is dictated and typed as one word: no line ends at its hyphens. */
static void keep_references(PangoLayout *layout, struct bytes text)
{
	size_t hyphens = 0, start = 0;
	for (size_t i = 0; i <= text.len; i++) {
		unsigned char c = i < text.len ? text.at[i] : ' ';
		bool within = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-' || c == '/';
		hyphens += c == '-';
		if (within)
			continue;
		if (hyphens >= REFERENCE_HYPHENS && i - start <= REFERENCE_SIGNS) {
			PangoAttribute *whole = pango_attr_allow_breaks_new(FALSE);
			whole->start_index = (guint)start;
			whole->end_index = (guint)i;
			pdf_line_attribute(layout, whole);
		}
		start = i + 1;
		hyphens = 0;
	}
}

static PangoLayout *layout_make(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double width)
{
	PangoLayout *layout = pango_layout_new(sheet->context);
	PangoFontDescription *font = pdf_font_describe(style->bold);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	pango_layout_set_width(layout, (int)(width / scale(style) * PANGO_SCALE));
	pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
	/* "fi" and "ti" as letters of their own: they are found when searched for, and easier for a slow reader. */
	pdf_line_attribute(layout, pango_attr_font_features_new("liga=0"));
	/* A long address that is cut gets no sign that is not its own. */
	pdf_line_attribute(layout, pango_attr_insert_hyphens_new(FALSE));
	pango_layout_set_text(layout, (const char *)text.at, (int)text.len);
	keep_references(layout, text);
	return layout;
}

/* One line, its letters at the same height in every font: the base line stands at a fixed part of the step. */
static void draw_line(struct pdf_sheet *sheet, PangoLayoutLine *line, const struct pdf_style *style, double x, double y)
{
	cairo_set_source_rgb(sheet->cr, style->red, style->green, style->blue);
	cairo_save(sheet->cr);
	cairo_translate(sheet->cr, x, y + style->step / 2 + style->size * 0.35);
	cairo_scale(sheet->cr, scale(style), scale(style));
	cairo_move_to(sheet->cr, 0, 0);
	pango_cairo_show_layout_line(sheet->cr, line);
	cairo_restore(sheet->cr);
}

/* The space that a line was broken at is part of the text, for who has it read aloud or copies it. */
static void draw_space(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int next, double x, double y)
{
	const char *text = pango_layout_get_text(layout);
	if (next >= pango_layout_get_line_count(layout))
		return;
	char last = text[pango_layout_get_line_readonly(layout, next)->start_index - 1];
	if (last != ' ' && last != '\n')
		return;
	if (sheet->space == NULL || sheet->space_bold != style->bold) {
		g_clear_object(&sheet->space);
		sheet->space = layout_make(sheet, style, BYTES(" "), ANY_WIDTH);
		sheet->space_bold = style->bold;
	}
	draw_line(sheet, pango_layout_get_line_readonly(sheet->space, 0), style, x, y);
}

/* --- public ------------------------------------------------------------------- */

void pdf_line_attribute(PangoLayout *layout, PangoAttribute *attribute)
{
	PangoAttrList *before = pango_layout_get_attributes(layout);
	PangoAttrList *list = before == NULL ? pango_attr_list_new() : pango_attr_list_copy(before);
	pango_attr_list_insert(list, attribute);
	pango_layout_set_attributes(layout, list);
	pango_attr_list_unref(list);
}

PangoLayout *pdf_line_lay_out(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double width)
{
	struct pdf_laid *laid;
	if (sheet->draw) {
		laid = sheet->last;
		sheet->last = laid->next;
		return laid->layout;
	}
	laid = arena_alloc(sheet->arena, sizeof *laid);
	*laid = (struct pdf_laid){layout_make(sheet, style, text, width), NULL};
	if (sheet->laid == NULL)
		sheet->laid = laid;
	else
		sheet->last->next = laid;
	sheet->last = laid;
	return laid->layout;
}

double pdf_line_width(PangoLayoutLine *line, const struct pdf_style *style)
{
	PangoRectangle ink, logical;
	pango_layout_line_get_extents(line, &ink, &logical);
	return (double)logical.width / PANGO_SCALE * scale(style);
}

void pdf_line_draw(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int first, int count, double x)
{
	double width = (double)pango_layout_get_width(layout) / PANGO_SCALE * scale(style);
	for (int i = 0; i < count; i++) {
		PangoLayoutLine *line = pango_layout_get_line_readonly(layout, first + i);
		bool from_right = line->resolved_dir == PANGO_DIRECTION_RTL;
		double wide = pdf_line_width(line, style), at = from_right ? x + width - wide : x, y = sheet->y + i * style->step;
		draw_line(sheet, line, style, at, y);
		draw_space(sheet, layout, style, first + i + 1, from_right ? at : at + wide, y);
	}
}

void pdf_line_draw_alone(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double x, double y, double width,
			 bool right)
{
	PangoLayout *layout = layout_make(sheet, style, text, width);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	PangoLayoutLine *line = pango_layout_get_line_readonly(layout, 0);
	draw_line(sheet, line, style, right ? x + width - pdf_line_width(line, style) : x, y);
	g_object_unref(layout);
}

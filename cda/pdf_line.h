/* cda/pdf_line.h - texts laid out and their lines drawn. For pdf_sheet.c alone. Lengths are points. */
#ifndef RELAIS_CDA_PDF_LINE_H
#define RELAIS_CDA_PDF_LINE_H

#include "cda/pdf_sheet.h"

/* A text cut into lines of this width, in the sheet's one size (pdf_font.h). The layout belongs to the sheet: each is made while
 * counting, and while drawing they come again in the same order. */
PangoLayout *pdf_line_lay_out(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double width);
/* Takes the attribute over. To be called before the layout is asked for its lines. */
void pdf_line_attribute(PangoLayout *layout, PangoAttribute *attribute);
/* As it is drawn in this style. */
double pdf_line_width(PangoLayoutLine *line, const struct pdf_style *style);

/* Count lines from first, one below the other from sheet->y on. */
void pdf_line_draw(struct pdf_sheet *sheet, PangoLayout *layout, const struct pdf_style *style, int first, int count, double x);
/* A text of its own, cut with "…" where it is too long; right: it ends at x + width. */
void pdf_line_draw_alone(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, double x, double y, double width,
			 bool right);

#endif

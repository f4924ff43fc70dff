/* cda/pdf_sheet.h - sets text on numbered A4 pages, with tags. For pdf.c alone.
 *
 * Works twice over the same text: once without drawing to count the pages, once to draw "page x/y". Lengths are points. */
#ifndef RELAIS_CDA_PDF_SHEET_H
#define RELAIS_CDA_PDF_SHEET_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "cda/pdf.h"

/* A way of setting text. */
struct pdf_style {
	const char *tag;         /* structure element: "H1", "H2", "P" */
	double size, leading;    /* of the type; distance of lines as a multiple of its own */
	bool bold;
	double red, green, blue;
	double before, after;    /* room above and below */
	double keep;             /* room that must be left under it on the page: a heading is not left alone */
};

struct pdf_sheet {
	cairo_t *cr;
	PangoContext *context;
	const struct pdf_input *input;
	bool draw;
	unsigned page, pages;    /* the present page from 1; how many there are, 0 while counting */
	double y;                /* where the next line goes */
	bool framed;             /* what is set now stands in a tinted frame */
	struct arena *arena;
};

void pdf_sheet_open(struct pdf_sheet *sheet);    /* the first page */
void pdf_sheet_close(struct pdf_sheet *sheet);   /* the foot of the last one */
/* A paragraph; mark is "" or what hangs before it ("•", "1."). */
void pdf_sheet_text(struct pdf_sheet *sheet, const struct pdf_style *style, const char *mark, struct bytes text);
/* Label and value in two columns. */
void pdf_sheet_row(struct pdf_sheet *sheet, const struct pdf_style *label, const struct pdf_style *value, const struct pdf_row *row);
void pdf_sheet_frame(struct pdf_sheet *sheet, bool framed);
void pdf_sheet_gap(struct pdf_sheet *sheet, double height);

#endif

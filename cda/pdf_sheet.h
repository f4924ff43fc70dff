/* cda/pdf_sheet.h - sets text on numbered A4 pages, with tags. For pdf*.c alone.
 *
 * Works twice over the same text: once without drawing to lay it out, to count the pages and to know how high each frame
 * is, once to draw. Both rounds make the same calls. Lengths are points. What is drawn outside of a leaf of the structure
 * (heads, feet, rules, tints) is decoration: pdf_archive marks it so. */
#ifndef RELAIS_CDA_PDF_SHEET_H
#define RELAIS_CDA_PDF_SHEET_H

#include <cairo.h>
#include <pango/pangocairo.h>

#include "cda/pdf.h"

/* Where the text stands on a page. */
#define PDF_SHEET_LEFT 77.0
#define PDF_SHEET_WIDTH (595.276 - 2 * PDF_SHEET_LEFT)

/* A way of setting text. */
struct pdf_style {
	const char *tag;         /* structure element: "H1", "P" */
	double size, step;       /* of the type; distance of lines */
	bool bold;
	double red, green, blue;
	double before, after;    /* room above and below */
};

/* The part of a frame that stands on one page. */
struct pdf_tint {
	double y, height;
	struct pdf_tint *next;
};

/* A text as it was laid out while counting, to be drawn as it is. */
struct pdf_laid {
	PangoLayout *layout;   /* owned */
	struct pdf_laid *next;
};

struct pdf_sheet {
	cairo_t *cr;
	PangoContext *context;
	const struct pdf_input *input;
	struct arena *arena;
	bool draw;
	unsigned page, pages;    /* the present page from 1; how many there are, 0 while counting */
	double y;                /* where the next line goes */
	bool framed;             /* what is set now stands in a tinted frame */
	bool fresh;              /* nothing stands on the page yet */
	struct pdf_tint *tints, *tint;   /* the first one, and the present one (counting) or the next one (drawing) */
	struct pdf_laid *laid, *last;    /* the same */
	PangoLayout *space;              /* a space, bold or not; owned */
	bool space_bold;
};

void pdf_sheet_open(struct pdf_sheet *sheet);    /* the first page, at the beginning of each of the two rounds */
void pdf_sheet_close(struct pdf_sheet *sheet);   /* the foot of the last one */
void pdf_sheet_free(struct pdf_sheet *sheet);    /* after both rounds */

/* An element of the structure that holds others. */
void pdf_sheet_begin(struct pdf_sheet *sheet, const char *tag);
void pdf_sheet_end(struct pdf_sheet *sheet, const char *tag);

/* A heading, with room for `keep` points of what follows on the same page, and the destination "sn" where number is n > 0. */
void pdf_sheet_heading(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text, size_t number, double keep);
void pdf_sheet_paragraph(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes text);
/* An item of a list: what hangs before it ("•", "1.") and its text. */
void pdf_sheet_item(struct pdf_sheet *sheet, const struct pdf_style *style, struct bytes mark, struct bytes text);
/* Label and value in two columns, on one page unless a page cannot hold them. to_section: as in struct pdf_row. */
void pdf_sheet_row(struct pdf_sheet *sheet, const struct pdf_style *label, const struct pdf_style *value, const struct pdf_row *row);
void pdf_sheet_rule(struct pdf_sheet *sheet, bool strong);
void pdf_sheet_frame(struct pdf_sheet *sheet, bool framed);
void pdf_sheet_gap(struct pdf_sheet *sheet, double height);
/* A line to write on, and the room above it. */
void pdf_sheet_blank(struct pdf_sheet *sheet, double height);
/* Goes on at this height of the page, or stays where it is below it. */
void pdf_sheet_down_to(struct pdf_sheet *sheet, double y);
void pdf_sheet_turn(struct pdf_sheet *sheet);

#endif

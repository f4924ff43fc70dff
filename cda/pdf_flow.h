/* cda/pdf_flow.h - sets the lines of a plain text: paragraphs, lists, and where it is wanted headings and lines to write on. For pdf*.c alone. */
#ifndef RELAIS_CDA_PDF_FLOW_H
#define RELAIS_CDA_PDF_FLOW_H

#include "cda/pdf_sheet.h"

struct pdf_flow_styles {
	const struct pdf_style *text, *item;
	const struct pdf_style *heading;   /* of a line that begins a block and ends with ":"; NULL: it is text as any other */
	bool form;                         /* items are boxes to tick, lines of underscores are lines to write on */
};

/* Paragraphs are parted by an empty line; lines that follow one another stay lines; "- …" and "1. …" begin items. It stops early
 * past LIMIT_PDF_PAGES. */
void pdf_flow_set(struct pdf_sheet *sheet, const struct pdf_flow_styles *styles, struct bytes text);

#endif

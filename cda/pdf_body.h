/* cda/pdf_body.h - what stands where on our pages: title, rows, sections. For pdf.c alone. */
#ifndef RELAIS_CDA_PDF_BODY_H
#define RELAIS_CDA_PDF_BODY_H

#include "cda/pdf_sheet.h"

/* Sets sheet->input (dressed) from its first page to its last; in the drawing round the headings become bookmarks, with the
 * words of raw. It stops early past LIMIT_PDF_PAGES. */
void pdf_body_set(struct pdf_sheet *sheet, const struct pdf_input *raw);

#endif

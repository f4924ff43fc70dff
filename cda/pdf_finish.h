/* cda/pdf_finish.h - puts into a drawn PDF what the drawing library cannot: language, title on display, properties that
 * agree with XMP, the colour space, an identifier made of the content. For pdf.c alone. */
#ifndef RELAIS_CDA_PDF_FINISH_H
#define RELAIS_CDA_PDF_FINISH_H

#include "cda/pdf.h"

MUST_USE enum reason pdf_finish(struct arena *arena, struct bytes drawn, const struct pdf_input *input, struct bytes *out);

#endif

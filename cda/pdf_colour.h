/* cda/pdf_colour.h - the colour space that our pages are written in, as the profile that an archived file must carry. For
 * pdf_finish.c alone. */
#ifndef RELAIS_CDA_PDF_COLOUR_H
#define RELAIS_CDA_PDF_COLOUR_H

#include "base/buf.h"

/* Appends an ICC profile of sRGB (IEC 61966-2-1) in the version that PDF 1.4 knows (ICC.1:1998-09), about 1 KB, ours. */
void pdf_colour_profile(struct buf *out);

#endif

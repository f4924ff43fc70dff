/* cda/pdf_archive.h - brings what the drawing library wrote to the form that an archive keeps (ISO 19005-1). For
 * pdf_finish.c alone. */
#ifndef RELAIS_CDA_PDF_ARCHIVE_H
#define RELAIS_CDA_PDF_ARCHIVE_H

#include <stdbool.h>

#include <qpdf/qpdf-c.h>

#include "base/arena.h"

/* Each page: no transparency group (6.4), what is not in the structure marked as decoration (ISO 32000-1 14.8.2.2.2), links
 * that print (6.5.3); each subset of a font tells its signs (6.3.5); row headings say so. False: a page is not as the
 * drawing library writes it. */
MUST_USE bool pdf_archive_pages(struct arena *arena, qpdf_data pdf);

#endif

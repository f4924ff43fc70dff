/* cda/pdf_quiet.h - libqpdf on memory, silent: nothing of a file is told to a log. For pdf_clean*.c and pdf_join.c. */
#ifndef RELAIS_CDA_PDF_QUIET_H
#define RELAIS_CDA_PDF_QUIET_H

#include <qpdf/qpdf-c.h>

#include "base/arena.h"
#include "base/reason.h"

/* The bytes stay borrowed until it is closed. PDF_ENCRYPTED, PDF_BROKEN, MEMORY; *out is then NULL. */
MUST_USE enum reason pdf_quiet_open(struct bytes pdf, qpdf_data *out);
/* Without object streams, streams as they are, the identifier out of the content. PDF_BROKEN, MEMORY. */
MUST_USE enum reason pdf_quiet_write(qpdf_data pdf, struct arena *arena, struct bytes *out);
/* Accepts NULL, leaves NULL behind. */
void pdf_quiet_close(qpdf_data *pdf);
/* What the library gave as a buffer of its own. */
void pdf_quiet_free(unsigned char *data);

#endif

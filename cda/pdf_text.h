/* cda/pdf_text.h - the words of a PDF, for who searches them (poppler). Nothing is drawn, run or followed.
 *
 * What people see as text: pages with the appearances of their forms and notes, and the title, subject, author and keywords of the file.
 * Not read: pictures of text (a scan), files attached to it, scripts. */
#ifndef RELAIS_CDA_PDF_TEXT_H
#define RELAIS_CDA_PDF_TEXT_H

#include "base/buf.h"
#include "base/reason.h"

/* Once, before the jail: what the library loads at its first use. False when it cannot read a page of ours. */
bool pdf_text_open(void);

/* Appends the text, UTF-8, a line feed behind each line; as far as out has room (buf_ok) and as the most pages. *bare counts pages without
 * a word. PDF_BROKEN, PDF_ENCRYPTED; PDF_LIMIT: there are more pages, the first are read. */
MUST_USE enum reason pdf_text(struct bytes pdf, size_t most, struct buf *out, size_t *bare);

#endif

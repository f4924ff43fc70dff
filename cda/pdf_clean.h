/* cda/pdf_clean.h - a PDF of others, written again as pages and nothing else.
 *
 * What stays is named, all else goes: of the catalogue the pages and their layers; of a page its content, resources, boxes and turn;
 * of the annotations those that are drawn and do nothing (notes, marks, stamps, fields as they look). So no script, no action,
 * no link, no embedded file, no form, no film, no sound; and in what stays no XMP, no private data of programs, no file named outside,
 * no EXIF in photographs. The file's properties go with the machine and the person that they name. Streams are not decoded, but for
 * the wrapping of photographs: the images and fonts are the original's. The same input gives the same bytes. */
#ifndef RELAIS_CDA_PDF_CLEAN_H
#define RELAIS_CDA_PDF_CLEAN_H

#include "base/arena.h"
#include "base/reason.h"

struct pdf_clean {
	struct bytes content;   /* in the arena */
	size_t pages;
};

/* PDF_ENCRYPTED; PDF_BROKEN: no page can be read; PDF_LIMIT: pages, objects, levels, bytes or memory; PDF_FORM: what people would
 * see lives in the form's data (XFA, fields without an appearance) or in the files of a portfolio. *out is untouched then.
 * The library recovers from much damage and has no bound of time of its own: for children with a limit. */
MUST_USE enum reason pdf_clean(struct arena *arena, struct bytes pdf, struct pdf_clean *out);

#endif

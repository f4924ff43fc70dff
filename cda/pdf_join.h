/* cda/pdf_join.h - sets the pages of cleaned PDFs behind our own, with a bookmark for each. */
#ifndef RELAIS_CDA_PDF_JOIN_H
#define RELAIS_CDA_PDF_JOIN_H

#include "base/arena.h"
#include "base/reason.h"

struct pdf_part {
	struct bytes pdf;       /* what pdf_clean or pdf_picture made: its references are not deep */
	struct bytes title;     /* of its bookmark, UTF-8 */
};

/* *out in the arena: the pages of drawn (what pdf_make made), then those of each part in order. The parts' pages are not tagged, and
 * what drawn says of itself (title, language, its own bookmarks and destinations) stays. The same input gives the same bytes.
 * COMPOSE_FAILED: the library failed on one of them. */
MUST_USE enum reason pdf_join(struct arena *arena, struct bytes drawn, const struct pdf_part *parts, size_t n, struct bytes *out);

/* How many pages it has; 0 when it cannot be read. */
size_t pdf_join_pages(struct bytes pdf);

/* True when some of its layers are not to be seen (ISO 32000-1 8.11.4.3): joined they would be, over what is. */
bool pdf_join_hides(struct bytes pdf);

#endif

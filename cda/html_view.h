/* cda/html_view.h - any CDA as one HTML page that a person can read: header, narrative, pictures; our own style sheet, on libxslt.
 *
 * The page stands alone: no script, no form, nothing from outside (its Content-Security-Policy says so to the browser too), no
 * link but within the page; addresses are shown as text. The document's own style sheet is never looked at. Of the document the
 * page shows what CDA R2 4.3.5 calls the narrative; coded entries are left out, pictures named by the narrative are shown when
 * they are JPEG or PNG by their bytes. The page is a view: it says that the document itself is what counts. */
#ifndef RELAIS_CDA_HTML_VIEW_H
#define RELAIS_CDA_HTML_VIEW_H

#include "base/arena.h"
#include "base/reason.h"

struct html_view;   /* the compiled style sheet; read-only once loaded, and shared by forked children */

/* From the sheet built into the program; opens no file. MEMORY when it cannot be compiled. */
MUST_USE enum reason html_view_open(struct html_view **out);
void html_view_close(struct html_view **view);   /* accepts a closed one */

/* The page (UTF-8) in the arena; english chooses the words around the content. Reasons as cda_read: DOCUMENT_DOCTYPE,
 * DOCUMENT_MALFORMED, DOCUMENT_LIMIT (also LIMIT_HTML_NODES, or a page over LIMIT_HTML_PAGE); DOCUMENT_NOT_CDA when there is no
 * ClinicalDocument in it. *out is untouched then. */
MUST_USE enum reason html_view_make(struct arena *arena, const struct html_view *view, struct bytes document, bool english,
				    struct bytes *out);

#endif

/* gateway/inspect_html.h - the CDA documents of what was read, as pages for a person (cda/html_view.h). Second child only. */
#ifndef RELAIS_GATEWAY_INSPECT_HTML_H
#define RELAIS_GATEWAY_INSPECT_HTML_H

#include <jansson.h>

#include "cda/html_view.h"
#include "gateway/inspect_read.h"

/* The answer to "html": {"pages": [{"name", "title"}…]}, and its BLOBs in the same order: *n pages in *pages, in the arena.
 * A document that gives no page is left out. */
json_t *inspect_html(struct arena *arena, const struct html_view *view, const struct inspection *inspection, bool english,
		     struct bytes **pages, size_t *n);

#endif

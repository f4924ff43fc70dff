/* gateway/cli_inspect_html.h - writes the pages that relais-inspect made of a file's CDA documents (relais inspect --html). */
#ifndef RELAIS_GATEWAY_CLI_INSPECT_HTML_H
#define RELAIS_GATEWAY_CLI_INSPECT_HTML_H

#include "base/arena.h"

/* answer: JSON, then one BLOB a page. Writes folder/NAME.html, or folder/NAME-1.html… when there are several, readable by the caller
 * alone, and tells each path on `standard error`; a link in the way is not followed. False when a page could not be written (told too). */
MUST_USE bool cli_inspect_pages(struct arena *arena, const char *folder, const char *name, struct bytes answer);

#endif

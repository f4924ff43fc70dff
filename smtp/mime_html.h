/* smtp/mime_html.h - an HTML mail reduced to its words.
 *
 * Nothing is rendered: tags fall away, a short list of them makes line ends, quotes (blockquote) get "> ",
 * what a reader would not see (script, style, hidden elements) is left out. */
#ifndef RELAIS_SMTP_MIME_HTML_H
#define RELAIS_SMTP_MIME_HTML_H

#include "base/arena.h"

/* html is UTF-8. The text is UTF-8 with LF line ends, in the arena, never longer than html + a few quote marks;
 * it stops at LIMIT_TEXT. */
struct bytes mime_html_text(struct arena *arena, struct bytes html);

#endif

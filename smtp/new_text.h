/* smtp/new_text.h - what the writer of a reply added: without the quoted mail and without the signature.
 *
 * French and English clients first, the usual ones of other languages after. When in doubt nothing is hidden. */
#ifndef RELAIS_SMTP_NEW_TEXT_H
#define RELAIS_SMTP_NEW_TEXT_H

#include "base/arena.h"

/* text is UTF-8 with LF or CRLF line ends. *out has LF line ends, is trimmed, and is in the arena.
 * False: nothing but quotes and signature was found; *out is then the whole text, which a person may read but
 * which must not be taken for the writer's answer. */
bool new_text_read(struct arena *arena, struct bytes text, struct bytes *out);

#endif

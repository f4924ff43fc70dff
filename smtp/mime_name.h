/* smtp/mime_name.h - a file name from a stranger made harmless. */
#ifndef RELAIS_SMTP_MIME_NAME_H
#define RELAIS_SMTP_MIME_NAME_H

#include "base/arena.h"

/* UTF-8 in, UTF-8 out, in the arena: what follows the last slash, without controls, text-direction marks and
 * leading or trailing dots and blanks, at most 120 bytes (its ending is kept).
 * *odd is set when something dangerous was taken away. May be empty. */
struct bytes mime_name_clean(struct arena *arena, struct bytes name, bool *odd);

#endif

/* base/fold.h - UTF-8 text in lower case ASCII, to compare words that people type.
 *
 * Latin accents fall away, typographic apostrophes, dashes, quotes and blanks become their ASCII kin;
 * any other character stays as its bytes. */
#ifndef RELAIS_BASE_FOLD_H
#define RELAIS_BASE_FOLD_H

#include "base/arena.h"

struct bytes fold_text(struct arena *arena, struct bytes text);

#endif

/* cda/barcode.h - Code 128 (ISO/IEC 15417), set B: printable ASCII as bars that any scanner of a mail room reads.
 *
 * Chosen before a square code: the reference is short, the bars need no error correction of their own (it has two check letters, the
 * code a check sign), and both writing and proof reading are a table. No drawing here: widths of bars and spaces in turn. */
#ifndef RELAIS_CDA_BARCODE_H
#define RELAIS_CDA_BARCODE_H

#include "base/arena.h"

enum {
	BARCODE_TEXT = 40,       /* signs at most: at 0.4 mm a module that is as broad as a page */
	BARCODE_MODULE_SUM = 11, /* modules of one sign; the stop has two more */
};

/* *widths: one byte (1 to 4) for each bar and space, the first one a bar. In the arena. False: empty, too long, or a sign that the set lacks. */
MUST_USE bool barcode_write(struct arena *arena, struct bytes text, struct bytes *widths);
/* All modules, without the quiet zones (10 modules on each side, to be left white). */
size_t barcode_modules(struct bytes widths);

#endif

/* cda/pdf_font.h - the type faces of our pages, and what they can write. For pdf*.c alone.
 *
 * Lato writes French, English, Greek, Cyrillic and Vietnamese; what it lacks (Arabic, Hebrew, arrows, signs of mathematics)
 * comes from DejaVu Sans. There is no third: a sign that both lack would make the layout library look for another font; it
 * would start a thread and open files, which a jailed child may not. Such a sign is replaced by □, and the page says so.
 * For the same reason every style is set once with one letter of every script before the jail. */
#ifndef RELAIS_CDA_PDF_FONT_H
#define RELAIS_CDA_PDF_FONT_H

#include <pango/pangocairo.h>

#include "base/arena.h"

enum { PDF_FONT_FACES = 4, PDF_FONT_NAMED = 12 };

struct pdf_font {
	PangoCoverage *faces[PDF_FONT_FACES];   /* owned: both families, regular and bold; NULL when the font was not found */
};

/* The first signs that could not be written, each once. */
struct pdf_missing {
	uint32_t signs[PDF_FONT_NAMED];
	size_t count;
	bool more;   /* there were others */
};

/* Every text is laid out in this one size and scaled when drawn: the layout library keeps what it found out about 256 pairs
 * of a font and a language, and forgets the oldest. */
#define PDF_FONT_SIZE 10.0

/* Owned by the caller; to be freed with pango_font_description_free. */
PangoFontDescription *pdf_font_describe(bool bold);

/* False: one of the two families is not installed. */
MUST_USE bool pdf_font_open(struct pdf_font *font, PangoContext *context);
void pdf_font_close(struct pdf_font *font);

/* Signs without a form of their own: joiners, soft hyphens, marks of direction. They are dropped: nothing is lost to the
 * eye, and no text can turn round what stands beside it. */
bool pdf_font_formless(gunichar sign);
/* The text (UTF-8) with □ for every sign that cannot be written; these are added to *missing. */
struct bytes pdf_font_keep(struct arena *arena, const struct pdf_font *font, struct bytes text, struct pdf_missing *missing);
/* One letter of every script for each family that writes some of it, with a sign of no script from each family behind it: the
 * layout library looks at a font anew for every language, even if only to know how high it is. Parted by spaces. */
struct bytes pdf_font_letters(struct arena *arena, const struct pdf_font *font);

#endif

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

/* Owned by the caller; to be freed with pango_font_description_free. */
PangoFontDescription *pdf_font_describe(double size, bool bold);

/* False: one of the two families is not installed. */
MUST_USE bool pdf_font_open(struct pdf_font *font, PangoContext *context);
void pdf_font_close(struct pdf_font *font);

/* The text (UTF-8) with □ for every sign that cannot be written; these are added to *missing. */
struct bytes pdf_font_keep(struct arena *arena, const struct pdf_font *font, struct bytes text, struct pdf_missing *missing);
/* One letter of every script that can be written, parted by spaces. */
struct bytes pdf_font_letters(struct arena *arena, const struct pdf_font *font);

#endif

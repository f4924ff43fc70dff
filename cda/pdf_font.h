/* cda/pdf_font.h - the one type face of our pages, and what it can write. For pdf*.c alone.
 *
 * Pages use two fonts, regular and bold, and no other. A sign that both do not have would make the layout library look for
 * another font: it would start a thread and open files, which a jailed child may not. Such a sign is replaced by □, and
 * the page says so. For the same reason every style is set once with one letter of every script before the jail. */
#ifndef RELAIS_CDA_PDF_FONT_H
#define RELAIS_CDA_PDF_FONT_H

#include <pango/pangocairo.h>

#include "base/arena.h"

struct pdf_font {
	PangoCoverage *regular, *bold;   /* owned; NULL when no font was found */
};

/* Owned by the caller; to be freed with pango_font_description_free. */
PangoFontDescription *pdf_font_describe(double size, bool bold);

MUST_USE bool pdf_font_open(struct pdf_font *font, PangoContext *context);
void pdf_font_close(struct pdf_font *font);

/* The text (UTF-8) with □ for every sign that cannot be written; *replaced is set when there was one, and else left alone. */
struct bytes pdf_font_keep(struct arena *arena, const struct pdf_font *font, struct bytes text, bool *replaced);
/* One letter of every script that can be written, parted by spaces. */
struct bytes pdf_font_letters(struct arena *arena, const struct pdf_font *font);

#endif

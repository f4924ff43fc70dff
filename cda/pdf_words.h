/* cda/pdf_words.h - texts as a page sets them: the typography of the language, and only signs that the fonts have. For
 * pdf.c alone.
 *
 * No word is changed. French: a narrow space that no line breaks at before ; : ! ? » and after «. Both languages: a number
 * is not parted from its unit, nor a dash, nor a doctor from his name. */
#ifndef RELAIS_CDA_PDF_WORDS_H
#define RELAIS_CDA_PDF_WORDS_H

#include "cda/pdf.h"
#include "cda/pdf_font.h"

/* A copy of the input; where a sign was replaced by □, it has one section more, which says so. */
struct pdf_input pdf_words_dress(struct arena *arena, const struct pdf_font *font, const struct pdf_input *input);

/* A text for the file's properties and bookmarks, which are set in the reader's own fonts: without marks that turn the
 * direction round, and with U+FFFD for the code points that are no signs, which neither PDF's library nor XML takes. */
struct bytes pdf_words_plain(struct arena *arena, struct bytes text);

/* Length of "12. " or "3) " at the head of a line; 0 when there is none. */
size_t pdf_words_number(struct bytes line);
/* Length of "- ", "• ", "– " or "* " at the head of a line; 0 when there is none. */
size_t pdf_words_dash(struct bytes line);

#endif

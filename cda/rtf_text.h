/* cda/rtf_text.h - the words of an RTF file (Rich Text Format 1.9), for who searches them. */
#ifndef RELAIS_CDA_RTF_TEXT_H
#define RELAIS_CDA_RTF_TEXT_H

#include "base/buf.h"

/* Appends the text as UTF-8, as far as out has room. Pictures, fonts, styles and what a reader may leave out (\*) give nothing; any bytes
 * give something or nothing. Bytes beyond ASCII are read as windows-1252 (Latin-1). */
void rtf_text(struct bytes rtf, struct buf *out);

#endif

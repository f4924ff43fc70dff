/* smtp/compose_word.h - header values in 7 bit: encoded words (RFC 2047) and folding (RFC 5322 2.2.3).
 *
 * Plain ASCII stays as it is. Anything else, and ASCII that could be taken for an encoded word, becomes encoded words of at most
 * 64 characters that never cut a character, so that decoding gives the same text back. */
#ifndef RELAIS_SMTP_COMPOSE_WORD_H
#define RELAIS_SMTP_COMPOSE_WORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/instant.h"

/* The text is UTF-8 without control characters. For a phrase (a display name) an ASCII text that is not of atoms is quoted. */
struct bytes compose_word_text(struct arena *arena, struct bytes text);
struct bytes compose_word_phrase(struct arena *arena, struct bytes text);

/* Appends "Name: value" CRLF, broken before spaces so that lines keep to 78 characters where spaces allow. */
void compose_word_fold(struct buf *out, const char *name, struct bytes value);

/* RFC 5322 3.3, the day of the week and the month always in English; offset in minutes. */
struct bytes compose_word_date(struct arena *arena, struct instant at, int offset);

#endif

/* smtp/mime_decode.h - transfer encodings (RFC 2045 section 6) and charsets, to plain bytes and UTF-8.
 *
 * The decoders are strict in what they call right and lenient in what they give:
 * the caller decides whether a badly encoded part may be used. */
#ifndef RELAIS_SMTP_MIME_DECODE_H
#define RELAIS_SMTP_MIME_DECODE_H

#include "base/arena.h"

/* Converters held open by a warm parent: what they need is then loaded, and a jailed child opens no file. */
enum { MIME_CHARSETS = 96 };
struct mime_charsets {
	void *open[MIME_CHARSETS];
	size_t n;
};
void mime_charsets_open(struct mime_charsets *out);
void mime_charsets_close(struct mime_charsets *charsets);
/* Our own spelling of a charset on the named list, or NULL: it is then not decoded. */
const char *mime_charset_known(struct bytes name);

/* True when every byte is of the alphabet or white space, the padding is right and nothing follows it.
 * *out (in the arena) has what could be decoded, in both cases. */
bool mime_decode_base64(struct arena *arena, struct bytes encoded, struct bytes *out);
/* True when each "=" begins two hexadecimal digits or a soft line end. */
bool mime_decode_quoted(struct arena *arena, struct bytes encoded, struct bytes *out);
/* To UTF-8. An empty name means US-ASCII or, when that does not fit, UTF-8, then windows-1252.
 * False: a byte had no meaning or the charset is not on the list; U+FFFD stands for each such byte. */
bool mime_decode_text(struct arena *arena, struct bytes charset, struct bytes raw, struct bytes *out);

#endif

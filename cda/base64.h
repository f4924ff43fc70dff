/* cda/base64.h - base64 (RFC 4648 section 4): a lenient decoder that is fed piece by piece, and an encoder.
 *
 * Official samples hold blanks and line breaks inside their base64 (cda.md section 3): blanks are skipped.
 * Any other foreign byte, or data after the padding, sets `dirty`; it is skipped too, so that the
 * caller may report it and still say what the object is. */
#ifndef RELAIS_CDA_BASE64_H
#define RELAIS_CDA_BASE64_H

#include "base/arena.h"
#include "base/buf.h"

struct base64 {
	uint32_t bits;
	unsigned held;       /* how many characters wait in bits: 0…3 */
	bool padded, dirty;
	size_t size;         /* bytes decoded so far */
};

/* Most bytes that n characters may give. */
size_t base64_room(size_t n);
/* Decodes a piece into out (room for base64_room(piece.len + 3) bytes); gives how many bytes were written. */
size_t base64_feed(struct base64 *b, struct bytes piece, unsigned char *out);
/* True when the whole was clean base64 and ended on a whole group or with its padding. */
bool base64_clean(const struct base64 *b);
/* All at once, into the arena; *clean may be NULL. */
struct bytes base64_decode(struct arena *arena, struct bytes text, bool *clean);
/* Appends the base64 of data, with padding; with a line feed after each `line` characters, none when line is 0. */
void base64_encode(struct buf *out, struct bytes data, size_t line);

#endif

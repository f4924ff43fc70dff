/* cda/base64.c - see base64.h. */
#include "cda/base64.h"

enum { FOREIGN = 64, BLANK = 65, PADDING = 66, NO_DIGIT = 64 };   /* NO_DIGIT: the bit that these three share */

#define F FOREIGN
#define B BLANK
#define P PADDING
static const unsigned char values[128] = {
	 F,  F,  F,  F,  F,  F,  F,  F,  F,  B,  B,  F,  F,  B,  F,  F,
	 F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F,
	 B,  F,  F,  F,  F,  F,  F,  F,  F,  F,  F, 62,  F,  F,  F, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61,  F,  F,  F,  P,  F,  F,
	 F,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,  F,  F,  F,  F,  F,
	 F, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,  F,  F,  F,  F,  F,
};
#undef F
#undef B
#undef P

static unsigned value_of(unsigned char c)
{
	return c < sizeof values ? values[c] : FOREIGN;
}

/* Whole groups of four digits, up to the first that has anything else; gives how many characters were taken. */
static size_t groups(struct bytes piece, unsigned char *out)
{
	size_t i = 0;

	for (; piece.len - i >= 4; i += 4, out += 3) {
		unsigned a = value_of(piece.at[i]), b = value_of(piece.at[i + 1]), c = value_of(piece.at[i + 2]),
			 d = value_of(piece.at[i + 3]);
		if (((a | b | c | d) & NO_DIGIT) != 0)
			break;
		out[0] = (unsigned char)(a << 2 | b >> 4);
		out[1] = (unsigned char)(b << 4 | c >> 2);
		out[2] = (unsigned char)(c << 6 | d);
	}
	return i;
}

size_t base64_room(size_t n)
{
	return n / 4 * 3 + 3;
}

/* A pad ends the data: what waits is written out. The second pad of a pair finds nothing waiting. */
static size_t pad(struct base64 *b, unsigned char *out)
{
	size_t n = 0;
	if (b->held == 1 || (b->held == 0 && !b->padded))
		b->dirty = true;
	if (b->held >= 2)
		out[n++] = (unsigned char)(b->bits >> (b->held == 3 ? 10 : 4));
	if (b->held == 3)
		out[n++] = (unsigned char)(b->bits >> 2);
	b->held = 0;
	b->bits = 0;
	b->padded = true;
	return n;
}

size_t base64_feed(struct base64 *b, struct bytes piece, unsigned char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < piece.len; i++) {
		if (b->held == 0 && !b->padded) {
			size_t taken = groups(bytes_from(piece, i), out + n);
			n += taken / 4 * 3;
			i += taken;
			if (i == piece.len)
				break;
		}
		unsigned value = value_of(piece.at[i]);
		if (value == BLANK)
			continue;
		if (value == PADDING) {
			n += pad(b, out + n);
			continue;
		}
		if (value == FOREIGN || b->padded) {
			b->dirty = true;
			continue;
		}
		b->bits = b->bits << 6 | value;
		if (++b->held < 4)
			continue;
		out[n++] = (unsigned char)(b->bits >> 16);
		out[n++] = (unsigned char)(b->bits >> 8);
		out[n++] = (unsigned char)b->bits;
		b->held = 0;
		b->bits = 0;
	}
	b->size += n;
	return n;
}

bool base64_clean(const struct base64 *b)
{
	return !b->dirty && b->held == 0;
}

struct bytes base64_decode(struct arena *arena, struct bytes text, bool *clean)
{
	struct base64 b = {0};
	unsigned char *data = arena_alloc(arena, base64_room(text.len + 3));
	size_t len = base64_feed(&b, text, data);
	if (clean != NULL)
		*clean = base64_clean(&b);
	return (struct bytes){data, len};
}

static void group(struct bytes data, char quad[4])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = (uint32_t)data.at[0] << 16;
	if (data.len > 1)
		bits |= (uint32_t)data.at[1] << 8;
	if (data.len > 2)
		bits |= data.at[2];
	quad[0] = alphabet[bits >> 18];
	quad[1] = alphabet[bits >> 12 & 63];
	quad[2] = data.len > 1 ? alphabet[bits >> 6 & 63] : '=';
	quad[3] = data.len > 2 ? alphabet[bits & 63] : '=';
}

void base64_encode(struct buf *out, struct bytes data, size_t line)
{
	size_t column = 0;

	for (size_t at = 0; at < data.len; at += 3) {
		char quad[4];
		if (line > 0 && column >= line) {
			buf_text(out, "\n");
			column = 0;
		}
		group(bytes_slice(data, at, 3), quad);
		buf_add(out, (struct bytes){(const unsigned char *)quad, sizeof quad});
		column += sizeof quad;
	}
}

/* cda/base64.c - see base64.h. */
#include "cda/base64.h"

enum { FOREIGN = 64, BLANK = 65, PADDING = 66 };

static unsigned value_of(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		return BLANK;
	return c == '=' ? PADDING : FOREIGN;
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

/* base/buf.c - see buf.h. */
#include "base/buf.h"

#include "base/fault.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buf buf_make(size_t ceiling)
{
	return (struct buf){.ceiling = ceiling};
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = buf_make(b->ceiling);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = b->starved = false;
}

bool buf_ok(const struct buf *b)
{
	return !b->overflow;
}

enum reason buf_reason(const struct buf *b, enum reason too_long)
{
	return b->starved ? REASON_MEMORY : too_long;
}

struct bytes buf_bytes(const struct buf *b)
{
	return (struct bytes){b->data, b->len};
}

/* Room for n more bytes and a NUL behind them, which keeps vsnprintf simple. */
static bool reserve(struct buf *b, size_t n)
{
	if (b->overflow || n > b->ceiling - b->len) {
		b->overflow = true;
		return false;
	}
	if (b->len + n + 1 <= b->room)
		return true;
	size_t room = b->room < 256 ? 256 : b->room * 2;
	if (room < b->len + n + 1)
		room = b->len + n + 1;
	if (room > b->ceiling + 1)
		room = b->ceiling + 1;
	/* The fault asks for what no machine has, so that it ends a reader, too (gateway/reader_heap.c). */
	unsigned char *data = realloc(b->data, FAULT(FAULT_ALLOCATE) ? (size_t)PTRDIFF_MAX : room);
	if (data == NULL) {
		b->overflow = b->starved = true;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

void buf_add(struct buf *b, struct bytes from)
{
	if (from.len == 0 || !reserve(b, from.len))
		return;
	memcpy(b->data + b->len, from.at, from.len);
	b->len += from.len;
}

void buf_text(struct buf *b, const char *text)
{
	buf_add(b, bytes_of_text(text));
}

static void add_big_endian(struct buf *b, uint64_t value, size_t width)
{
	unsigned char wire[8];
	for (size_t i = 0; i < width; i++)
		wire[i] = (unsigned char)(value >> (8 * (width - 1 - i)));
	buf_add(b, (struct bytes){wire, width});
}

void buf_u8(struct buf *b, uint8_t value)
{
	add_big_endian(b, value, 1);
}

void buf_u32(struct buf *b, uint32_t value)
{
	add_big_endian(b, value, 4);
}

void buf_u64(struct buf *b, uint64_t value)
{
	add_big_endian(b, value, 8);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list list, again;
	va_start(list, format);
	va_copy(again, list);
	int len = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (len >= 0 && reserve(b, (size_t)len)) {
		vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void buf_drop(struct buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n > 0)
		memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

void buf_markup(struct buf *b, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.at[i]) {
		case '&':
			buf_text(b, "&amp;");
			break;
		case '<':
			buf_text(b, "&lt;");
			break;
		case '>':
			buf_text(b, "&gt;");
			break;
		case '"':
			buf_text(b, "&quot;");
			break;
		case '\'':
			buf_text(b, "&#39;");
			break;
		default:
			buf_u8(b, text.at[i]);
		}
	}
}

/* base/buf.h - bounded output. A buffer is born with its ceiling; it refuses, it never truncates.
 *
 * An append that does not fit sets overflow, appends nothing, and every later append
 * is refused too: ask buf_ok() once at the end. */
#ifndef RELAIS_BASE_BUF_H
#define RELAIS_BASE_BUF_H

#include "base/bytes.h"
#include "base/reason.h"

struct buf {
	unsigned char *data;   /* owned; grows up to ceiling */
	size_t len, room, ceiling;
	bool overflow;
	bool starved;          /* the overflow is the system's: there was no memory. It says nothing about the data */
};

struct buf buf_make(size_t ceiling);
void buf_free(struct buf *b);    /* accepts a freed one; leaves an empty buffer with its ceiling */
void buf_clear(struct buf *b);   /* empty again, overflow forgotten, memory kept */
bool buf_ok(const struct buf *b);
/* Of a buffer that is not ok: MEMORY when the system had none, else too_long. */
enum reason buf_reason(const struct buf *b, enum reason too_long);
struct bytes buf_bytes(const struct buf *b);   /* borrowed until the next append */

void buf_add(struct buf *b, struct bytes from);
void buf_text(struct buf *b, const char *text);
/* As the text of an element or of an attribute of XML or HTML: & < > " and ' by their references. */
void buf_markup(struct buf *b, struct bytes text);
void buf_u8(struct buf *b, uint8_t value);
void buf_u32(struct buf *b, uint32_t value);   /* big-endian */
void buf_u64(struct buf *b, uint64_t value);   /* big-endian */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes n bytes away at the front (what was written out). */
void buf_drop(struct buf *b, size_t n);

#endif

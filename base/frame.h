/* base/frame.h - a sequence of tagged pieces, as processes hand answers to one another.
 *
 * On the wire: four ASCII letters, a length (u32, big-endian), that many bytes; again,
 * to the exact end. The first piece is "JSON"; "BLOB" pieces follow in the order
 * in which the JSON names them. A reader refuses what does not end exactly. */
#ifndef RELAIS_BASE_FRAME_H
#define RELAIS_BASE_FRAME_H

#include "base/buf.h"
#include "base/bytes.h"

struct frame {
	struct bytes tag;      /* four letters */
	struct bytes payload;  /* borrowed from the bytes that are read */
};

#define FRAME_JSON "JSON"
#define FRAME_BLOB "BLOB"

void frame_add(struct buf *out, const char tag[4], struct bytes payload);
/* The header alone, when the payload is written apart. */
void frame_head(struct buf *out, const char tag[4], size_t len);
/* False at the end and on a broken frame: then cursor_done() tells which. */
MUST_USE bool frame_next(struct cursor *c, struct frame *out);

#endif

/* base/frame.c - see frame.h. */
#include "base/frame.h"

void frame_head(struct buf *out, const char tag[4], size_t len)
{
	if (len > UINT32_MAX) {
		out->overflow = true;
		return;
	}
	buf_add(out, (struct bytes){(const unsigned char *)tag, 4});
	buf_u32(out, (uint32_t)len);
}

void frame_add(struct buf *out, const char tag[4], struct bytes payload)
{
	frame_head(out, tag, payload.len);
	buf_add(out, payload);
}

bool frame_next(struct cursor *c, struct frame *out)
{
	if (c->failed || c->left.len == 0)
		return false;
	struct bytes tag = cursor_take(c, 4);
	struct bytes payload = cursor_take(c, cursor_u32(c));
	if (c->failed)
		return false;
	*out = (struct frame){tag, payload};
	return true;
}

/* policy/gather.c - see gather.h. */
#include "policy/gather.h"

struct gather gather_begin(void)
{
	return (struct gather){buf_make(GATHER_MAX), false};
}

void gather_parts(struct gather *g, const struct bytes *parts, size_t n)
{
	size_t len = 8;

	if (g->cut)
		return;
	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	if (len > GATHER_MAX - g->buf.len) {
		g->cut = true;
		buf_text(&g->buf, "\n[...]");
		return;
	}
	if (g->buf.len > 0)
		buf_u8(&g->buf, '\n');
	for (size_t i = 0; i < n; i++)
		buf_add(&g->buf, parts[i]);
}

void gather_line(struct gather *g, struct bytes before, struct bytes text, struct bytes after)
{
	gather_parts(g, (const struct bytes[]){before, text, after}, 3);
}

struct bytes gather_bytes(const struct gather *g)
{
	return buf_bytes(&g->buf);
}

struct bytes gather_end(struct arena *arena, struct gather *g)
{
	struct bytes text = arena_copy(arena, buf_bytes(&g->buf));
	buf_free(&g->buf);
	return text;
}

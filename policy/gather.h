/* policy/gather.h - lines gathered to one text of a mail. A text over its bound is cut by whole lines, as its last line then says. */
#ifndef RELAIS_POLICY_GATHER_H
#define RELAIS_POLICY_GATHER_H

#include "base/arena.h"
#include "base/buf.h"

enum { GATHER_MAX = 256 * 1024 };   /* of one field; the questions of a request are under it */

struct gather {
	struct buf buf;
	bool cut;
};

struct gather gather_begin(void);
/* One line more, made of these parts; of three. */
void gather_parts(struct gather *g, const struct bytes *parts, size_t n);
void gather_line(struct gather *g, struct bytes before, struct bytes text, struct bytes after);
/* What there is so far; borrowed until the next line. */
struct bytes gather_bytes(const struct gather *g);
/* In the arena; the gather is spent. */
struct bytes gather_end(struct arena *arena, struct gather *g);

#endif

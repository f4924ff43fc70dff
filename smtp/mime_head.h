/* smtp/mime_head.h - header fields: walking over them, and their facts. */
#ifndef RELAIS_SMTP_MIME_HEAD_H
#define RELAIS_SMTP_MIME_HEAD_H

#include "smtp/mime_read.h"

/* One field: name and raw value (still folded), borrowed. */
struct mime_field {
	struct bytes name, value;
};

/* The header block of an entity: up to and without its empty line. *body is what follows it. */
struct bytes mime_head_block(struct bytes entity, struct bytes *body);
/* The next field, or false. *left moves on; a line that is no field is skipped. */
MUST_USE bool mime_field_next(struct bytes *left, struct mime_field *out);
/* The value of the first field of that name, unfolded and trimmed, in the arena; empty when there is none. */
struct bytes mime_field_value(struct arena *arena, struct bytes block, const char *name);

/* All facts of a header block. Returns false when a field was badly written (the rest is still read). */
bool mime_head_read(struct arena *arena, struct bytes block, struct mime_head *out);

#endif

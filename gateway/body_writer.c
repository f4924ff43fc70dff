/* gateway/body_writer.c - see body_writer.h. */
#include "gateway/body_writer.h"

#include <string.h>

enum reason body_writer_begin(struct body_writer *out, const struct keeper_public *to, struct bytes digest, uint64_t size, unsigned char *room)
{
	if (digest.len != BODY_DIGEST)
		return REASON_USAGE;
	*out = (struct body_writer){.size = size, .room = room};
	memcpy(out->name, to->name, sizeof out->name);
	const struct body_bound bound = body_bound(digest.at, size);
	enum reason reason = body_key_make(&out->key);
	return reason == REASON_NONE ? body_key_seal(&out->key, to->at, &bound, out->sealed) : reason;
}

enum reason body_writer_chunk(struct body_writer *w, struct bytes plain, struct bytes *out)
{
	uint64_t left = w->size - w->at;

	/* Another length would make a body that nobody can open. */
	if (plain.len != (left < LIMIT_CHUNK ? left : LIMIT_CHUNK))
		return REASON_IO;
	enum reason reason = body_chunk_seal(&w->key, w->number, left <= LIMIT_CHUNK, plain, w->room);
	w->number++;
	w->at += plain.len;
	*out = (struct bytes){w->room, plain.len + BODY_TAG};
	return reason;
}

void body_writer_end(struct body_writer *w)
{
	body_key_wipe(&w->key);
}

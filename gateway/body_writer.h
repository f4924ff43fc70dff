/* gateway/body_writer.h - a body on its way into the store: chunk by chunk, under a key that nobody keeps but the keeper. */
#ifndef RELAIS_GATEWAY_BODY_WRITER_H
#define RELAIS_GATEWAY_BODY_WRITER_H

#include "base/limits.h"
#include "gateway/keeper_client.h"

enum { BODY_ROOM = LIMIT_CHUNK + BODY_TAG };      /* a sealed chunk */

struct body_writer {
	struct body_key key;
	unsigned char sealed[BODY_TO_PUBLIC];     /* the key, for the row of the body */
	char name[KEEPER_NAME];                   /* under which key it is sealed */
	uint64_t size, number, at;
	unsigned char *room;                      /* borrowed: BODY_ROOM bytes */
};

/* digest: SHA-256 of the size bytes to come. A key is made for this body alone. */
MUST_USE enum reason body_writer_begin(struct body_writer *out, const struct keeper_public *to, struct bytes digest, uint64_t size, unsigned char *room);
/* The next chunk: LIMIT_CHUNK bytes, or what is left. *out is a view on the room. */
MUST_USE enum reason body_writer_chunk(struct body_writer *writer, struct bytes plain, struct bytes *out);
void body_writer_end(struct body_writer *writer);

#endif

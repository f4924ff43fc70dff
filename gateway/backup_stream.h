/* gateway/backup_stream.h - the output of a program into the files of a backup, and back into a program: in parts, each encrypted by itself.
 *
 * With a certificate each part is a CMS AuthEnvelopedData (AES-256-GCM) to its key, as `openssl cms -decrypt` reads it; a part that was altered gives
 * nothing. Parts have at most LIMIT_BACKUP_PART bytes of the output, because openssl holds one in memory to decrypt it. */
#ifndef RELAIS_GATEWAY_BACKUP_STREAM_H
#define RELAIS_GATEWAY_BACKUP_STREAM_H

#include "base/arena.h"
#include "base/reason.h"

struct backup_stream {
	struct arena *arena;
	const char *folder;
	const char *certificate;   /* of whom it is for; "" = as it is */
	const char *key;           /* to read it again; "" = as it is */
	bool moving;               /* what the program reads is added to meanwhile: tar ends with 1 then, and what it has is whole as of its look at each file */
};

/* "database.000", "database.000.cms": the n-th part of a name. In the arena. */
const char *backup_stream_part(struct arena *arena, const char *name, unsigned n, bool encrypted);
/* Runs argv and keeps what it says under that name. IO: it, openssl or the disk failed; what it says of itself goes to standard error. */
MUST_USE enum reason backup_stream_write(const struct backup_stream *stream, const char *name, char *const argv[], unsigned *parts);
/* Runs argv with all parts of that name as its input. IO as above; a part that is altered ends it. */
MUST_USE enum reason backup_stream_read(const struct backup_stream *stream, const char *name, unsigned parts, char *const argv[]);

#endif

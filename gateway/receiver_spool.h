/* gateway/receiver_spool.h - where a message's bytes wait until its last dot: memory first, then one unnamed file.
 *
 * The file is opened before the jail and shared by all messages: each that outgrows LIMIT_SMTP_MEMORY gets a place of
 * LIMIT_MESSAGE bytes and a little in it, which are holes until they are written and holes again afterwards. So nothing is left
 * on the disk whatever ends the process, and no file need be opened while strangers are connected. What is in the file is
 * sealed, in pieces of LIMIT_SMTP_MEMORY, under a key of that one body that is in our memory alone (certs/body_seal.h).
 * Adding and releasing are for one thread; reading a finished body for any. */
#ifndef RELAIS_GATEWAY_RECEIVER_SPOOL_H
#define RELAIS_GATEWAY_RECEIVER_SPOOL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/reason.h"
#include "certs/body_seal.h"

struct spool;

/* What an arena must have for one, and a little more. */
enum { SPOOL_ROOM = LIMIT_SMTP_MEMORY + 64 * 1024 };
/* In folder, else in $TMPDIR or /tmp, else in memory (memfd). Lives in the arena. IO when none of them can be. */
MUST_USE enum reason spool_open(struct arena *arena, const char *folder, struct spool **out);
void spool_close(struct spool *spool);

struct spool_body {
	struct buf part;          /* what is not in the file yet */
	struct body_key key;      /* of what is in the file */
	int place;                /* in the file; 0 = none */
	uint64_t size, written;
};

struct spool_body spool_body_make(void);
/* STORE_FULL: the budget or the disk; IO. The body is then good for release only. */
MUST_USE enum reason spool_add(struct spool *spool, struct spool_body *body, struct bytes piece);
/* After the last piece, before the first read. */
MUST_USE enum reason spool_finish(struct spool *spool, struct spool_body *body);
/* len bytes from offset: a view on the body's memory, or read into scratch. IO; BODY_SEAL: the disk gives back other bytes. */
MUST_USE enum reason spool_read(const struct spool *spool, const struct spool_body *body, uint64_t offset, size_t len,
				unsigned char *scratch, struct bytes *out);
/* Gives its room back; the body is empty and may be filled anew. */
void spool_release(struct spool *spool, struct spool_body *body);

#endif

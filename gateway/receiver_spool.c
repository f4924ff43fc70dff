/* gateway/receiver_spool.c - see receiver_spool.h. */
#include "gateway/receiver_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/limits.h"
#include "base/secret.h"

/* A piece in the file, and a place: all pieces of a message of LIMIT_MESSAGE bytes, a round number of the disk's blocks. */
enum { PIECE = LIMIT_SMTP_MEMORY + BODY_TAG, PLACE = LIMIT_MESSAGE + 8192 };
_Static_assert(LIMIT_MESSAGE % LIMIT_SMTP_MEMORY == 0 && LIMIT_MESSAGE / LIMIT_SMTP_MEMORY * BODY_TAG <= 8192, "a place holds the tags of its pieces");

struct spool {
	int fd;
	unsigned char sealed[PIECE];                    /* the piece that is being written */
	uint64_t used;                                  /* bytes in the file, all messages together */
	bool taken[LIMIT_SMTP_SPOOLED];
};

static int open_unnamed(const char *folder)
{
	if (folder == NULL || folder[0] == '\0')
		return -1;
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

enum reason spool_open(struct arena *arena, const char *folder, struct spool **out)
{
	struct spool *spool = arena_try(arena, sizeof *spool);

	if (spool == NULL)
		return REASON_MEMORY;
	spool->fd = open_unnamed(folder);
	if (spool->fd < 0)
		spool->fd = open_unnamed(getenv("TMPDIR"));
	if (spool->fd < 0)
		spool->fd = open_unnamed("/tmp");
	if (spool->fd < 0)
		spool->fd = memfd_create("spool", MFD_CLOEXEC);
	if (spool->fd < 0)
		return REASON_IO;
	*out = spool;
	return REASON_NONE;
}

void spool_close(struct spool *spool)
{
	if (spool != NULL)
		close(spool->fd);
}

struct spool_body spool_body_make(void)
{
	return (struct spool_body){.part = buf_make(LIMIT_SMTP_MEMORY)};
}

static off_t place_offset(const struct spool_body *body)
{
	return (off_t)(body->place - 1) * (off_t)PLACE;
}

/* With a key of its own: places are used again, and a piece's number seals but once. */
static bool take_place(struct spool *spool, struct spool_body *body)
{
	for (int i = 0; body->place == 0 && i < LIMIT_SMTP_SPOOLED; i++)
		if (!spool->taken[i] && body_key_make(&body->key) == REASON_NONE) {
			spool->taken[i] = true;
			body->place = i + 1;
		}
	return body->place != 0;
}

static enum reason write_all(int fd, struct bytes data, off_t at)
{
	while (data.len > 0) {
		if (FAULT(FAULT_WRITE))
			return REASON_STORE_FULL;
		ssize_t n = pwrite(fd, data.at, data.len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno != ENOSPC && errno != EDQUOT && errno != EFBIG ? REASON_IO : REASON_STORE_FULL;
		data = bytes_from(data, (size_t)n);
		at += n;
	}
	return REASON_NONE;
}

/* Memory to file. */
static enum reason flush(struct spool *spool, struct spool_body *body)
{
	size_t len = body->part.len;

	if (spool->used + len > LIMIT_SMTP_SPOOL || body->written + len > LIMIT_MESSAGE || !take_place(spool, body))
		return REASON_STORE_FULL;
	/* Counted before it is written: what a failed write left is given back with the rest. Pieces are whole but the last. */
	uint64_t number = body->written / LIMIT_SMTP_MEMORY;
	spool->used += len;
	body->written += len;
	enum reason reason = body_chunk_seal(&body->key, number, false, buf_bytes(&body->part), spool->sealed);
	if (reason == REASON_NONE)
		reason = write_all(spool->fd, (struct bytes){spool->sealed, len + BODY_TAG}, place_offset(body) + (off_t)number * PIECE);
	buf_clear(&body->part);
	return reason;
}

enum reason spool_add(struct spool *spool, struct spool_body *body, struct bytes piece)
{
	while (piece.len > 0) {
		size_t room = LIMIT_SMTP_MEMORY - body->part.len;
		if (room == 0) {
			enum reason reason = flush(spool, body);
			if (reason != REASON_NONE)
				return reason;
			continue;
		}
		struct bytes part = bytes_slice(piece, 0, room);
		buf_add(&body->part, part);
		if (!buf_ok(&body->part))
			return REASON_MEMORY;
		body->size += part.len;
		piece = bytes_from(piece, part.len);
	}
	return REASON_NONE;
}

enum reason spool_finish(struct spool *spool, struct spool_body *body)
{
	return body->place == 0 || body->part.len == 0 ? REASON_NONE : flush(spool, body);
}

/* One piece of the file, opened where it was read to. */
static enum reason read_piece(const struct spool *spool, const struct spool_body *body, uint64_t number, unsigned char room[PIECE], struct bytes *out)
{
	uint64_t left = body->written - number * LIMIT_SMTP_MEMORY;
	size_t len = left < LIMIT_SMTP_MEMORY ? (size_t)left : LIMIT_SMTP_MEMORY;

	*out = (struct bytes){room, len};
	for (size_t got = 0; got < len + BODY_TAG;) {
		ssize_t n = pread(spool->fd, room + got, len + BODY_TAG - got, place_offset(body) + (off_t)number * PIECE + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return REASON_IO;
		got += (size_t)n;
	}
	return body_chunk_open(&body->key, number, false, (struct bytes){room, len + BODY_TAG}, room);
}

enum reason spool_read(const struct spool *spool, const struct spool_body *body, uint64_t offset, size_t len,
		       unsigned char *scratch, struct bytes *out)
{
	if (offset > body->size || len > body->size - offset)
		return REASON_IO;
	if (body->place == 0) {
		*out = bytes_slice(buf_bytes(&body->part), (size_t)offset, len);
		return REASON_NONE;
	}
	enum reason reason = REASON_NONE;
	for (size_t got = 0; got < len && reason == REASON_NONE;) {
		struct bytes piece;
		unsigned char room[PIECE];
		reason = read_piece(spool, body, (offset + got) / LIMIT_SMTP_MEMORY, room, &piece);
		piece = bytes_slice(piece, (size_t)((offset + got) % LIMIT_SMTP_MEMORY), len - got);
		if (reason == REASON_NONE)
			memcpy(scratch + got, piece.at, piece.len);
		got += piece.len;
		secret_wipe(room, sizeof room);
	}
	*out = (struct bytes){scratch, len};
	return reason;
}

void spool_release(struct spool *spool, struct spool_body *body)
{
	if (body->place != 0) {
		/* A file system that knows no holes keeps the blocks for the next message in this place. */
		int done = fallocate(spool->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, place_offset(body), PLACE);
		(void)done;
		spool->taken[body->place - 1] = false;
		spool->used -= body->written;
	}
	buf_free(&body->part);
	body_key_wipe(&body->key);
	*body = spool_body_make();
}

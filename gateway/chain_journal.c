/* gateway/chain_journal.c - see chain_journal.h. */
#include "gateway/chain_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"

enum { LINE = 4096 };

/* The last line, or what stands for it after a crash in the middle of one. */
static bool read_tail(struct chain_journal *j)
{
	unsigned char tail[LINE];
	struct stat st;

	if (fstat(j->fd, &st) != 0)
		return false;
	memset(j->previous, '0', DIGEST_SHA256_TEXT - 1);
	if (st.st_size == 0)
		return true;
	off_t from = st.st_size > (off_t)sizeof(tail) ? st.st_size - (off_t)sizeof(tail) : 0;
	ssize_t n = pread(j->fd, tail, sizeof(tail), from);
	if (n <= 0)
		return false;
	struct bytes last = {tail, (size_t)n};
	j->torn = last.at[last.len - 1] != '\n';
	if (!j->torn)
		last.len--;
	for (size_t i = last.len; i > 0; i--)
		if (last.at[i - 1] == '\n') {
			last = bytes_from(last, i);
			break;
		}
	digest_sha256_text(last, j->previous);
	return true;
}

enum reason chain_journal_open(const char *path, struct chain_journal *out)
{
	struct chain_journal j = {.fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)};

	if (j.fd < 0)
		return REASON_IO;
	/* Two writers would break the chain. */
	if (flock(j.fd, LOCK_EX | LOCK_NB) != 0 || !read_tail(&j)) {
		close(j.fd);
		return REASON_IO;
	}
	*out = j;
	return REASON_NONE;
}

static enum reason write_line(struct chain_journal *j, struct bytes line)
{
	/* A fault here is a full disk: a part of the line stands, as it would. */
	ssize_t n = write(j->fd, line.at, FAULT(FAULT_WRITE) ? line.len / 2 : line.len);

	if (n == (ssize_t)line.len)
		return REASON_NONE;
	enum reason reason = n >= 0 || errno == ENOSPC || errno == EDQUOT ? REASON_STORE_FULL : REASON_IO;
	/* Whatever is there now, the next line stands alone and names it. */
	j->unread = !read_tail(j);
	return reason;
}

enum reason chain_journal_add(struct chain_journal *j, struct instant at, struct bytes members)
{
	struct buf line = buf_make(LINE);
	char time[INSTANT_TEXT], next[DIGEST_SHA256_TEXT];

	if (j->unread && !read_tail(j))
		return REASON_IO;
	j->unread = false;
	instant_write(at, time);
	if (j->torn)
		buf_text(&line, "\n");
	size_t start = buf_bytes(&line).len;
	buf_printf(&line, "{\"at\":\"%s\",", time);
	buf_add(&line, members);
	buf_printf(&line, ",\"previous\":\"%s\"}", j->previous);
	digest_sha256_text(bytes_from(buf_bytes(&line), start), next);
	buf_text(&line, "\n");

	enum reason reason = buf_ok(&line) ? write_line(j, buf_bytes(&line)) : REASON_MEMORY;
	if (reason == REASON_NONE) {
		j->torn = false;
		memcpy(j->previous, next, sizeof(next));
	}
	buf_free(&line);
	return reason;
}

enum reason chain_journal_sync(struct chain_journal *j)
{
	if (!FAULT(FAULT_SYNC) && fdatasync(j->fd) == 0)
		return REASON_NONE;
	return errno == ENOSPC || errno == EDQUOT ? REASON_STORE_FULL : REASON_IO;
}

void chain_journal_close(struct chain_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

/* gateway/signer_journal.c - see signer_journal.h. */
#include "gateway/signer_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"

enum { LINE = 1024 };

static void remember(struct signer_journal *j, struct bytes line)
{
	digest_sha256_text(line, j->previous);
}

/* The last line, or what stands for it after a crash in the middle of one. */
static bool read_tail(struct signer_journal *j)
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
	remember(j, last);
	return true;
}

enum reason signer_journal_open(const char *path, struct signer_journal *out)
{
	struct signer_journal j = {.fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640)};

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

static void add_digest(struct buf *line, const char *key, const unsigned char *raw)
{
	char text[DIGEST_SHA256_TEXT];
	digest_text(raw, text);
	buf_printf(line, ",\"%s\":\"%s\"", key, text);
}

static enum reason write_line(struct signer_journal *j, struct bytes line)
{
	/* A fault here is a full disk: a part of the line stands, as it would. */
	ssize_t n = write(j->fd, line.at, FAULT(FAULT_WRITE) ? line.len / 2 : line.len);

	if (n == (ssize_t)line.len && !FAULT(FAULT_SYNC) && fdatasync(j->fd) == 0)
		return REASON_NONE;
	enum reason reason = n >= 0 || errno == ENOSPC || errno == EDQUOT ? REASON_STORE_FULL : REASON_IO;
	/* Whatever is there now, the next line stands alone and names it. */
	if (!read_tail(j))
		j->torn = true;
	return reason;
}

/* What every line begins with; gives where it does. */
static size_t begin(struct signer_journal *j, struct buf *line, struct instant at)
{
	char text[INSTANT_TEXT];

	instant_write(at, text);
	if (j->torn)
		buf_text(line, "\n");
	size_t start = buf_bytes(line).len;
	buf_printf(line, "{\"at\":\"%s\"", text);
	return start;
}

/* What every line ends with, and onto the disk. */
static enum reason finish(struct signer_journal *j, struct buf *line, size_t start, struct bytes fingerprint)
{
	char next[DIGEST_SHA256_TEXT];

	buf_text(line, ",\"fingerprint\":\"");
	buf_add(line, fingerprint);
	buf_printf(line, "\",\"previous\":\"%s\"}", j->previous);
	digest_sha256_text(bytes_from(buf_bytes(line), start), next);
	buf_text(line, "\n");
	enum reason reason = buf_ok(line) ? write_line(j, buf_bytes(line)) : REASON_MEMORY;
	if (reason == REASON_NONE) {
		j->torn = false;
		memcpy(j->previous, next, sizeof(next));
	}
	buf_free(line);
	return reason;
}

enum reason signer_journal_add(struct signer_journal *j, const struct signer_entry *entry)
{
	struct buf line = buf_make(LINE);
	size_t start = begin(j, &line, entry->at);

	buf_printf(&line, ",\"outbox\":%lld", (long long)entry->outbox);
	add_digest(&line, "entity", entry->entity);
	add_digest(&line, "sent", entry->sent);
	return finish(j, &line, start, entry->fingerprint);
}

enum reason signer_journal_add_checkpoint(struct signer_journal *j, const struct signer_checkpoint_entry *entry)
{
	struct buf line = buf_make(LINE);
	size_t start = begin(j, &line, entry->at);

	buf_printf(&line, ",\"checkpoint\":%lld,\"position\":%lld", (long long)entry->checkpoint, (long long)entry->position);
	add_digest(&line, "statement", entry->statement);
	return finish(j, &line, start, entry->fingerprint);
}

void signer_journal_close(struct signer_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

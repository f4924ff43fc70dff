/* gateway/journal_file.c - see journal_file.h. */
#include "gateway/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"

static enum reason reason_of(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? REASON_STORE_FULL : REASON_IO;
}

/* Of a device, which a test may name, nothing can be torn. */
static bool torn(int fd)
{
	struct stat about;
	char last = '\n';

	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0)
		return false;
	return pread(fd, &last, 1, about.st_size - 1) == 1 && last != '\n';
}

static ssize_t put(int fd, struct bytes line)
{
	ssize_t done;

	if (FAULT(FAULT_WRITE)) {
		errno = ENOSPC;
		return -1;
	}
	do
		done = write(fd, line.at, line.len);
	while (done < 0 && errno == EINTR);
	return done;
}

static int sync_file(int fd)
{
	if (FAULT(FAULT_SYNC)) {
		errno = EIO;
		return -1;
	}
	/* What has no disk below it (a test's device) cannot be brought there. */
	return fdatasync(fd) == 0 || errno == EINVAL ? 0 : -1;
}

enum reason journal_file_open(const char *path, int *fd)
{
	*fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (*fd < 0)
		return reason_of(errno);
	if (!torn(*fd) || write(*fd, "\n", 1) == 1)
		return REASON_NONE;
	enum reason reason = reason_of(errno);
	close(*fd);
	*fd = -1;
	return reason;
}

enum reason journal_file_add(int fd, struct bytes line, bool sync)
{
	ssize_t done = put(fd, line);

	if (done == (ssize_t)line.len)
		return !sync || sync_file(fd) == 0 ? REASON_NONE : reason_of(errno);
	enum reason reason = done < 0 ? reason_of(errno) : REASON_STORE_FULL;
	if (done > 0 && write(fd, "\n", 1) != 1)
		reason = REASON_STORE_FULL;   /* it stays torn until the file is opened anew */
	return reason;
}

struct bytes journal_file_tail(int fd, struct arena *arena, size_t most)
{
	struct stat about;

	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
		return BYTES_NONE;
	size_t size = (uintmax_t)about.st_size < most ? (size_t)about.st_size : most;
	unsigned char *at = arena_try(arena, size);
	ssize_t n = at == NULL ? -1 : pread(fd, at, size, about.st_size - (off_t)size);
	if (n <= 0)
		return BYTES_NONE;
	struct bytes text = {at, (size_t)n};
	return (uintmax_t)about.st_size > most ? bytes_from(text, bytes_find_byte(text, '\n', 0) + 1) : text;
}

struct bytes journal_file_line(struct bytes text, size_t *end)
{
	while (*end > 0 && text.at[*end - 1] == '\n')
		(*end)--;
	size_t from = *end;
	while (from > 0 && text.at[from - 1] != '\n')
		from--;
	struct bytes line = bytes_slice(text, from, *end - from);
	*end = from;
	return line;
}

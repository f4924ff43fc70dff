/* gateway/intake_journal.c - see intake_journal.h. */
#include "gateway/intake_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE = 320 };

static enum reason reason_of(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? REASON_STORE_FULL : REASON_IO;
}

enum reason intake_journal_open(const char *path, int *fd)
{
	*fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	return *fd >= 0 ? REASON_NONE : reason_of(errno);
}

enum reason intake_journal_add(int fd, struct instant at, int64_t inbox, uint64_t size, struct bytes digest, const char *source)
{
	char time[INSTANT_TEXT], hex[2 * 32 + 1] = "", line[LINE];

	instant_write(at, time);
	for (size_t i = 0; i < digest.len && i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest.at[i]);
	int len = snprintf(line, sizeof line, "{\"at\":\"%s\",\"inbox\":%lld,\"size\":%llu,\"digest\":\"%s\",\"source\":\"%s\"}\n", time,
			   (long long)inbox, (unsigned long long)size, hex, source);
	ssize_t done;
	do
		done = write(fd, line, (size_t)len);
	while (done < 0 && errno == EINTR);
	if (done == len)
		return REASON_NONE;
	enum reason reason = done < 0 ? reason_of(errno) : REASON_STORE_FULL;
	if (done > 0 && write(fd, "\n", 1) != 1)
		reason = REASON_STORE_FULL;   /* the torn line stays open; a reader drops lines that are no JSON */
	return reason;
}

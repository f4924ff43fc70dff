/* gateway/cli_inspect_html.c - see cli_inspect_html.h. */
#include "gateway/cli_inspect_html.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"

static bool write_all(int file, struct bytes page)
{
	while (page.len > 0) {
		ssize_t n = write(file, page.at, page.len);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			page = bytes_from(page, (size_t)n);
	}
	return true;
}

static bool write_page(const char *path, struct bytes page)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good = file >= 0 && write_all(file, page);

	if (file >= 0)
		good = close(file) == 0 && good;
	fprintf(stderr, good ? "%s\n" : "relais inspect: %s: %s\n", path, strerror(errno));
	return good;
}

static size_t pages_in(struct bytes answer)
{
	struct cursor c = cursor_on(answer);
	struct frame frame;
	size_t n = 0;

	while (frame_next(&c, &frame))
		n += bytes_equal_text(frame.tag, FRAME_BLOB);
	return n;
}

bool cli_inspect_pages(struct arena *arena, const char *folder, const char *name, struct bytes answer)
{
	struct cursor c = cursor_on(answer);
	struct frame frame;
	size_t n = pages_in(answer), i = 0;
	bool good = true;

	while (frame_next(&c, &frame)) {
		if (!bytes_equal_text(frame.tag, FRAME_BLOB))
			continue;
		i++;
		const char *path = n == 1 ? arena_printf(arena, "%s/%s.html", folder, name) : arena_printf(arena, "%s/%s-%zu.html", folder, name, i);
		good = write_page(path, frame.payload) && good;
	}
	return good;
}

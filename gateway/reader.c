/* gateway/reader.c - see reader.h. */
#include "gateway/reader.h"

#include <string.h>

#include "base/buf.h"
#include "base/frame.h"
#include "gateway/jail.h"
#include "gateway/oneshot.h"

bool reader_alone;

static bool read_socket(const char *name, struct bytes value, struct reader_socket *out)
{
	uint64_t number;
	if (!bytes_number(value, 1 << 20, &number))
		return false;
	*out = (struct reader_socket){(int)number, strcmp(name, "--listen") == 0};
	return true;
}

static bool read_own(const char *name, const char *value, const struct reader_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, options[i].name) == 0) {
			*options[i].value = value;
			return true;
		}
	return false;
}

bool reader_options(int argc, char **argv, const struct reader_option *options, size_t n, struct reader_socket *out)
{
	*out = (struct reader_socket){-1, false};
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return false;
		bool where = strcmp(argv[i], "--listen") == 0 || strcmp(argv[i], "--socket") == 0;
		if (where ? !read_socket(argv[i], bytes_of_text(argv[i + 1]), out) : !read_own(argv[i], argv[i + 1], options, n))
			return false;
	}
	return out->descriptor >= 0;
}

void reader_piece(int answer_fd, const char tag[4], struct bytes piece)
{
	struct buf head = buf_make(64);
	frame_head(&head, tag, piece.len);
	oneshot_write(answer_fd, buf_bytes(&head));
	oneshot_write(answer_fd, piece);
	buf_free(&head);
}

void reader_narrow(void)
{
	(void)jail_enter(JAIL_READER_CHILD);
	reader_alone = true;
}

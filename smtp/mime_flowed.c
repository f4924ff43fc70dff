/* smtp/mime_flowed.c - see mime_flowed.h. */
#include "smtp/mime_flowed.h"

#include <string.h>

#include "base/buf.h"

enum { WIDTH = 76 };

/* --- reading ------------------------------------------------------------------ */

struct joining {
	struct buf out;
	bool open;            /* the last line was soft: the next of the same depth goes on with it */
	size_t depth;         /* of the line that is open */
};

static struct bytes next_line(struct bytes *left)
{
	size_t end = bytes_find_byte(*left, '\n', 0);
	struct bytes line = bytes_slice(*left, 0, end);
	*left = bytes_from(*left, end + 1);
	return line;
}

/* RFC 3676 4.5: one space behind the marks is stuffing. */
static struct bytes unquote(struct bytes line, size_t *depth)
{
	size_t n = 0;
	while (n < line.len && line.at[n] == '>')
		n++;
	*depth = n;
	line = bytes_from(line, n);
	return line.len > 0 && line.at[0] == ' ' ? bytes_from(line, 1) : line;
}

static void join_line(struct joining *j, struct bytes raw, bool delsp)
{
	size_t depth;
	struct bytes line = unquote(raw, &depth);
	bool signature = bytes_equal(line, BYTES("-- "));
	bool soft = line.len > 0 && line.at[line.len - 1] == ' ' && !signature;

	/* 4.5: a paragraph ends where the depth changes, and before a signature. */
	if (j->open && (depth != j->depth || signature)) {
		buf_u8(&j->out, '\n');
		j->open = false;
	}
	if (!j->open) {
		for (size_t i = 0; i < depth; i++)
			buf_u8(&j->out, '>');
		if (depth > 0 && line.len > 0)
			buf_u8(&j->out, ' ');
	}
	if (soft && delsp)
		line.len--;
	buf_add(&j->out, line);
	if (!soft)
		buf_u8(&j->out, '\n');
	j->open = soft;
	j->depth = depth;
}

struct bytes mime_flowed_join(struct arena *arena, struct bytes text, bool delsp)
{
	/* One space more a quoted line than there was, at most: stuffing is optional behind marks. */
	struct joining j = {.out = buf_make(2 * text.len + 2)};

	while (text.len > 0)
		join_line(&j, next_line(&text), delsp);
	struct bytes out = arena_copy(arena, buf_bytes(&j.out));
	buf_free(&j.out);
	return out;
}

/* --- writing ------------------------------------------------------------------ */

static size_t character_length(struct bytes text)
{
	size_t n = 1;
	while (n < text.len && (text.at[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* How many bytes go on this line: to behind the last blank before WIDTH characters, or behind the first one after; all that is left, when it fits. */
static size_t line_length(struct bytes text)
{
	size_t characters = 0, blank = 0;

	for (size_t i = 0; i < text.len; i += character_length(bytes_from(text, i))) {
		if (characters >= WIDTH && blank > 0)
			return blank;
		characters++;
		/* A run of blanks is not cut inside, and "-- " alone on a line would begin a signature. */
		if (text.at[i] == ' ' && (i + 1 == text.len || text.at[i + 1] != ' ') && !bytes_equal(bytes_slice(text, 0, i + 1), BYTES("-- ")))
			blank = i + 1;
	}
	return text.len;
}

/* RFC 3676 4.4: what would be read as a quote, as stuffing, or as the beginning of an mbox message. */
static void add_stuffed(struct buf *out, struct bytes line)
{
	if (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '>' || bytes_starts(line, BYTES("From "))))
		buf_u8(out, ' ');
	buf_add(out, line);
}

static void cut_line(struct buf *out, struct bytes line)
{
	/* A blank at the end of a line would make it soft; the mark of a signature keeps its own. */
	while (!bytes_equal(line, BYTES("-- ")) && line.len > 0 && line.at[line.len - 1] == ' ')
		line.len--;
	do {
		size_t n = line_length(line);
		add_stuffed(out, bytes_slice(line, 0, n));
		buf_u8(out, '\n');
		line = bytes_from(line, n);
	} while (line.len > 0);
}

struct bytes mime_flowed_cut(struct arena *arena, struct bytes text)
{
	struct buf out = buf_make(3 * text.len + 2);

	while (text.len > 0)
		cut_line(&out, next_line(&text));
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

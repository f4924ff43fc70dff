/* tests/fuzz/fuzz_data.c - bytes after DATA and in chunks, against a second, plain reading of the rules that sees all at once.
 * The first byte says how the rest is cut. */
#include <assert.h>

#include "base/buf.h"
#include "smtp/data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool bare(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool after = i > 0 && text.at[i - 1] == '\r', before = i + 1 < text.len && text.at[i + 1] == '\n';
		if ((text.at[i] == '\n' && !after) || (text.at[i] == '\r' && !before))
			return true;
	}
	return false;
}

static bool has(struct bytes text, bool eight_bit)
{
	for (size_t i = 0; i < text.len; i++)
		if (eight_bit ? text.at[i] > 127 : text.at[i] == 0)
			return true;
	return false;
}

/* The text up to its first CRLF.CRLF (a line end stands before the text, too), without the dots that stand first in a line. */
static size_t undotted(struct bytes text, struct buf *out, bool *ends)
{
	size_t at = 0;

	*ends = false;
	for (bool start = true; at < text.len && !*ends; at++) {
		if (start && bytes_starts(bytes_from(text, at), BYTES(".\r\n"))) {
			*ends = true;
			at += 2;
		} else if (!start || text.at[at] != '.') {
			buf_u8(out, text.at[at]);
		}
		start = at > 0 && text.at[at] == '\n' && text.at[at - 1] == '\r';
	}
	return at;
}

static void after_data(struct bytes in, size_t step)
{
	struct buf got = buf_make(in.len), wanted = buf_make(in.len);
	struct smtp_data d = {0};
	size_t at = 0;
	bool ends;

	while (at < in.len && d.state != SMTP_DATA_END) {
		struct bytes piece;
		size_t used = smtp_data_read(&d, bytes_slice(in, at, step), &piece);
		assert(used > 0 && used <= step);
		assert(piece.len == 0 || (piece.at >= in.at + at && piece.at + piece.len <= in.at + at + used));
		buf_add(&got, piece);
		at += used;
	}
	assert(d.size == got.len);
	size_t used = undotted(in, &wanted, &ends);
	assert(ends == (d.state == SMTP_DATA_END) && (!ends || used == at));
	if (!ends) {   /* a dot or a CR that waits for what follows is not offered yet */
		buf_free(&got);
		buf_free(&wanted);
		return;
	}
	assert(d.nul == has(buf_bytes(&wanted), false) && d.bare_newline == bare(bytes_slice(in, 0, at)));
	if (!d.nul && !d.bare_newline) {
		assert(bytes_equal(buf_bytes(&got), buf_bytes(&wanted)));
		assert(d.eight_bit == has(buf_bytes(&wanted), true));
	}
	buf_free(&got);
	buf_free(&wanted);
}

static void in_chunks(struct bytes in, size_t step)
{
	struct smtp_data d = {0};

	for (struct bytes left = in; left.len > 0; left = bytes_from(left, step))
		smtp_data_chunk(&d, bytes_slice(left, 0, step));
	bool whole = smtp_data_chunks_end(&d);
	assert(d.size == in.len && d.nul == has(in, false) && d.eight_bit == has(in, true) && d.bare_newline == bare(in));
	assert(d.bare_newline || whole == (in.len == 0 || bytes_ends(in, BYTES("\r\n"))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct bytes in = {data + 1, size - 1};
	size_t step = data[0] == 0 ? size : data[0];

	after_data(in, step);
	in_chunks(in, step);
	return 0;
}

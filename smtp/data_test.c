/* smtp/data_test.c - where a message ends, whole and cut at every place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "smtp/data.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Feeds in pieces of step bytes; returns how many bytes were used up to the end of the message. */
static size_t feed(struct smtp_data *d, struct bytes in, size_t step, struct buf *out)
{
	size_t at = 0;
	while (at < in.len && d->state != SMTP_DATA_END) {
		struct bytes piece;
		at += smtp_data_read(d, bytes_slice(in, at, step), &piece);
		buf_add(out, piece);
	}
	return at;
}

static void test_table(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes in;
		bool ends;
		const char *message;      /* NULL: has a defect */
		size_t left;              /* bytes behind the end */
		bool bare, nul;
	} rows[] = {
		{"empty message", BYTES_OF(".\r\n"), true, "", 0, false, false},
		{"one line", BYTES_OF("a\r\n.\r\n"), true, "a\r\n", 0, false, false},
		{"bytes behind the end", BYTES_OF("a\r\n.\r\nQUIT\r\n"), true, "a\r\n", 6, false, false},
		{"dots taken away", BYTES_OF("..\r\n..a\r\n.b\r\n.\r\n"), true, ".\r\n.a\r\nb\r\n", 0, false, false},
		{"dot within a line", BYTES_OF("a.\r\n.\r\n"), true, "a.\r\n", 0, false, false},
		{"empty lines", BYTES_OF("\r\n\r\n.\r\n"), true, "\r\n\r\n", 0, false, false},
		{"not ended", BYTES_OF("a\r\n."), false, "a\r\n", 0, false, false},
		{"LF . LF", BYTES_OF("a\n.\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"LF . CRLF", BYTES_OF("a\n.\r\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CR . CR", BYTES_OF("a\r.\rb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CR . LF", BYTES_OF("a\r.\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CR . CRLF", BYTES_OF("a\r.\r\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CRLF . LF", BYTES_OF("a\r\n.\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CRLF . CR", BYTES_OF("a\r\n.\rb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CRLF . CR CR LF", BYTES_OF("a\r\n.\r\r\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"CRLF NUL . CRLF", BYTES_OF("a\r\n\0.\r\nb\r\n.\r\n"), true, NULL, 0, false, true},
		{"CRLF . NUL CRLF", BYTES_OF("a\r\n.\0\r\nb\r\n.\r\n"), true, NULL, 0, false, true},
		{"bare LF at the very start", BYTES_OF("\n.\r\nb\r\n.\r\n"), true, NULL, 0, true, false},
		{"bare CR before a good line end", BYTES_OF("a\r\r\n.\r\n"), true, NULL, 0, true, false},
		{"NUL in a line", BYTES_OF("a\0b\r\n.\r\n"), true, NULL, 0, false, true},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step <= rows[i].in.len; step++) {
			struct smtp_data d = {0};
			struct buf out = buf_make(256);
			size_t used = feed(&d, rows[i].in, step, &out);
			if ((d.state == SMTP_DATA_END) != rows[i].ends || rows[i].in.len - used != rows[i].left)
				fail_msg("%s, step %zu: ends elsewhere", rows[i].what, step);
			if (d.bare_newline != rows[i].bare || d.nul != rows[i].nul)
				fail_msg("%s, step %zu: defect", rows[i].what, step);
			if (rows[i].message && (!bytes_equal_text(buf_bytes(&out), rows[i].message) || d.size != out.len))
				fail_msg("%s, step %zu: other bytes", rows[i].what, step);
			buf_free(&out);
		}
}

/* Fed as chunks cut at every place: whole, each byte, and all between. */
static void test_chunks(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes in;
		bool whole, bare, nul, eight_bit;
	} rows[] = {
		{"a message", BYTES_OF("a\r\n.\r\n\r\n..b\r\n"), true, false, false, false},
		{"nothing", BYTES_OF(""), true, false, false, false},
		{"an empty line", BYTES_OF("\r\n"), true, false, false, false},
		{"last line not ended", BYTES_OF("a\r\nb"), false, false, false, false},
		{"CR at the end", BYTES_OF("a\r\nb\r"), false, true, false, false},
		{"bare LF", BYTES_OF("a\nb\r\n"), true, true, false, false},
		{"bare LF first", BYTES_OF("\nb\r\n"), true, true, false, false},
		{"LF behind a line end", BYTES_OF("a\r\n\n"), false, true, false, false},
		{"bare CR", BYTES_OF("a\rb\r\n"), true, true, false, false},
		{"two CR", BYTES_OF("a\r\r\n"), true, true, false, false},
		{"CR, dot, CR LF", BYTES_OF("a\r.\r\n"), true, true, false, false},
		{"NUL", BYTES_OF("a\0b\r\n"), true, false, true, false},
		{"NUL behind a CR", BYTES_OF("a\r\0\r\n"), true, true, true, false},
		{"8-bit", BYTES_OF("\303\251\r\n"), true, false, false, true},
		{"8-bit behind a CR", BYTES_OF("\r\351\r\n"), true, true, false, true},
	};
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t step = 1; step <= rows[i].in.len + 1; step++) {
			struct smtp_data d = {0};
			for (struct bytes in = rows[i].in; in.len > 0; in = bytes_from(in, step))
				smtp_data_chunk(&d, bytes_slice(in, 0, step));
			bool whole = smtp_data_chunks_end(&d);
			if (whole != rows[i].whole || d.bare_newline != rows[i].bare || d.nul != rows[i].nul ||
			    d.eight_bit != rows[i].eight_bit || d.size != rows[i].in.len)
				fail_msg("%s, step %zu", rows[i].what, step);
		}
}

static void test_eight_bit(void **state)
{
	(void)state;
	struct smtp_data d = {0};
	struct bytes piece;
	smtp_data_read(&d, BYTES("abc\r\n"), &piece);
	assert_false(d.eight_bit);
	smtp_data_read(&d, BYTES("caf\303\251\r\n"), &piece);
	assert_true(d.eight_bit);
}

/* sequences.tsv: name, bytes in hex, source, expected, note. Each stands in a message that has a true end behind it. */
static void test_corpus(void **state)
{
	(void)state;
	char path[1024], text[4096];
	unsigned rows = 0;
	const char *corpus = getenv("RELAIS_CORPUS");

	if (corpus == NULL) {
		print_message("RELAIS_CORPUS is unset: corpus of line ends skipped\n");
		skip();
	}
	snprintf(path, sizeof path, "%s/hostile/smtp/end-of-data/sequences.tsv", corpus);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(text, 1, sizeof text, file);
	fclose(file);
	for (struct cursor lines = cursor_on((struct bytes){(unsigned char *)text, len}); lines.left.len > 0;) {
		struct cursor c = cursor_on(cursor_until(&lines, '\n'));
		struct bytes name = cursor_until(&c, '\t'), hex = cursor_until(&c, '\t');
		if (bytes_equal_text(name, "name") || hex.len == 0)
			continue;
		struct buf in = buf_make(256), out = buf_make(256);
		struct smtp_data d = {0};
		buf_text(&in, "text");
		for (size_t i = 0; i + 1 < hex.len; i += 2) {
			char two[3] = {(char)hex.at[i], (char)hex.at[i + 1], 0};
			buf_u8(&in, (uint8_t)strtoul(two, NULL, 16));
		}
		size_t mark = in.len;
		buf_text(&in, "MAIL FROM:<smuggled@exemple.fr>\r\n.\r\n");
		size_t used = feed(&d, buf_bytes(&in), in.len, &out);
		bool standard = bytes_equal_text(name, "std");
		if (standard ? used != mark || d.bare_newline || d.nul : used != in.len || !(d.bare_newline || d.nul))
			fail_msg("%.*s", (int)name.len, (const char *)name.at);
		/* The same bytes as a chunk: no spelling ends it, and each but the true one is a defect. */
		struct smtp_data chunk = {0};
		smtp_data_chunk(&chunk, buf_bytes(&in));
		if (!smtp_data_chunks_end(&chunk) || chunk.size != in.len || (chunk.bare_newline || chunk.nul) == standard)
			fail_msg("%.*s, as a chunk", (int)name.len, (const char *)name.at);
		buf_free(&in);
		buf_free(&out);
		rows++;
	}
	print_message("end-of-data sequences of the corpus: %u\n", rows);
	assert_true(rows >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_eight_bit),
		cmocka_unit_test(test_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

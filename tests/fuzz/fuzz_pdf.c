/* tests/fuzz/fuzz_pdf.c - a whole page: lines that begin with a sign are title, row, headings; the rest is text. The same input
 * gives the same bytes. What is not UTF-8 is refused before; half of the runs mend it first, to come further. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cda/pdf.h"

enum { SECTIONS = 12, ROWS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

/* Latin 1 read as what it says: always well-formed. */
static struct bytes mended(struct arena *arena, struct bytes text)
{
	struct buf out = buf_make(2 * text.len + 1);
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c >= 0x80) {
			buf_u8(&out, (uint8_t)(0xc0 | c >> 6));
			buf_u8(&out, (uint8_t)(0x80 | (c & 0x3f)));
		} else if (c >= 0x20 || c == '\n' || c == '\t') {
			buf_u8(&out, c);
		}
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static void make(struct bytes text, struct pdf_input *input, struct pdf_section *sections, struct pdf_row *rows)
{
	struct cursor cursor = cursor_on(text);
	input->title = cursor_until(&cursor, '\n');
	while (cursor.left.len > 0) {
		struct bytes line = cursor_until(&cursor, '\n');
		bool row = bytes_starts(line, BYTES("=")), heading = bytes_starts(line, BYTES("#")) || bytes_starts(line, BYTES("!"));
		if (row && input->row_count < ROWS)
			rows[input->row_count++] = (struct pdf_row){bytes_slice(line, 1, 9), bytes_from(line, 10), line.len % 5};
		else if (heading && input->section_count < SECTIONS)
			sections[input->section_count++] = (struct pdf_section){bytes_from(line, 1), {line.at + line.len, 0}, line.at[0] == '!', (unsigned)(line.len % 3)};
		else if (input->section_count > 0)
			sections[input->section_count - 1].text.len = (size_t)(line.at + line.len - sections[input->section_count - 1].text.at);
	}
	input->rows = rows;
	input->sections = sections;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(128u * 1024 * 1024);
	struct bytes text = {data, size}, once, twice;
	struct pdf_section sections[SECTIONS];
	struct pdf_row rows[ROWS];
	const char *field;
	struct pdf_input input = {.english = size % 3 == 0, .joined = size % 5 == 0, .time = {1795297800000000}};
	if (size > 8192)
		text.len = 8192;
	if (size % 2 == 0)
		text = mended(arena, text);
	make(text, &input, sections, rows);
	enum reason first = pdf_make(arena, &input, &once, &field);
	/* A text that may be set is set, and always the same; that is tried with one in four, since each takes milliseconds. */
	if (first == REASON_COMPOSE_FAILED)
		abort();
	if (size % 4 == 0 && (pdf_make(arena, &input, &twice, &field) != first || (first == REASON_NONE && !bytes_equal(once, twice))))
		abort();
	arena_destroy(&arena);
	return 0;
}

/* tests/fuzz/fuzz_pdf_words.c - a text as a page sets it: well-formed, nothing but spaces and boxes added, the same each time. */
#include <stdlib.h>

#include "cda/pdf_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

/* Two fonts of two families, found once. */
static const struct pdf_font *fonts(void)
{
	static struct pdf_font font;
	static bool open;
	if (!open) {
		PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
		open = pdf_font_open(&font, context);
		g_object_unref(context);
	}
	return open ? &font : NULL;
}

static struct bytes set(struct arena *arena, struct bytes text, bool english)
{
	const struct pdf_section section = {.heading = pdf_words_plain(arena, text), .text = text};
	const struct pdf_input input = {.english = english, .sections = &section, .section_count = 1};
	return pdf_words_dress(arena, fonts(), &input).sections[0].text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {data, size};
	if (size > 16384 || !bytes_utf8(text) || bytes_find_byte(text, 0, 0) < size)
		return 0;
	struct arena *arena = arena_create(16u * 1024 * 1024);
	bool english = size % 2 == 0;
	struct bytes once = set(arena, text, english), twice = set(arena, text, english), settled = set(arena, once, english);
	if (fonts() == NULL || !bytes_utf8(once) || !bytes_equal(once, twice) || settled.len < once.len / 4)
		abort();
	arena_destroy(&arena);
	return 0;
}

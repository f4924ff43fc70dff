/* cda/pdf_join_test.c - our own pages, then those of others, then pictures: one file, as other programs read it. */
#include "cda/pdf.h"
#include "cda/pdf_clean.h"
#include "cda/pdf_join.h"
#include "cda/pdf_picture.h"
#include "cda/sample_test.h"

static const struct pdf_section sections[] = {{.heading = BYTES_OF("Question"), .text = BYTES_OF("Faut-il opérer ?"), .strong = true}};

static struct bytes drawn(struct arena *arena)
{
	const struct pdf_input input = {.title = BYTES("Dossier d'avis"), .reference = BYTES("A-1"), .time = {1795297800000000}, .sections = sections, .section_count = 1};
	struct bytes out;
	const char *field = "";
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_NONE);
	return out;
}

static struct bytes letter(struct arena *arena)
{
	struct pdf_clean out;
	assert_int_equal(pdf_clean(arena, sample_pdf(arena, "/OpenAction<</S/JavaScript/JS(1)>>", "", ""), &out), REASON_NONE);
	return out.content;
}

static void one_file_in_order(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct bytes picture, out, again;
	(void)state;
	assert_int_equal(pdf_picture(arena, SNIFF_JPEG, BYTES(SAMPLE_JPEG_HEAD SAMPLE_JPEG_TAIL), (struct instant){1795297800000000}, &picture), REASON_NONE);
	const struct pdf_part parts[] = {{letter(arena), BYTES("Lettre du 3 mai")}, {picture, BYTES("Écho")}, {letter(arena), BYTES("La même")}};
	assert_int_equal(pdf_join(arena, drawn(arena), parts, 3, &out), REASON_NONE);
	assert_int_equal(pdf_join(arena, drawn(arena), parts, 3, &again), REASON_NONE);
	assert_true(bytes_equal(out, again));
	assert_int_equal(pdf_join_pages(out), 4);
	assert_int_equal(pdf_join_pages(BYTES("nothing")), 0);
	if (!sample_have("pdftotext") || !sample_have("qpdf")) {
		print_message("no poppler or qpdf tools here: their opinion is not asked\n");
		skip();
	}
	assert_true(bytes_contains(sample_tool(arena, "qpdf --check $F 2>&1", out), BYTES("No syntax or stream encoding errors found")));
	struct bytes words = sample_tool(arena, "pdftotext $F -", out);
	size_t ours = bytes_find(words, BYTES("Faut-il"), 0), theirs = bytes_find(words, BYTES("Bonjour docteur"), 0);
	assert_true(ours < theirs && theirs < words.len && bytes_find(words, BYTES("Bonjour docteur"), theirs + 1) < words.len);
	assert_true(bytes_contains(sample_tool(arena, "pdfinfo $F", out), BYTES("Title:           Dossier d'avis")));
	struct bytes marks = sample_tool(arena, "qpdf --json --json-key=outlines $F", out);
	static const char *const wanted[] = {"\"Lettre du 3 mai\"", "\"\u00c9cho\"", "\"La m\u00eame\"", "\"destpageposfrom1\": 2", "\"destpageposfrom1\": 3", "\"destpageposfrom1\": 4"};
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (!bytes_contains(marks, bytes_of_text(wanted[i])))
			fail_msg("no %s in %.*s", wanted[i], (int)marks.len, (const char *)marks.at);
	arena_destroy(&arena);
}

/* Darkness of the middle of each half, top to bottom or left to right, as poppler draws it. */
static void pictures_stand_upright(void **state)
{
	static const struct {
		const char *what, *turn;
		const char *size;
		const char *dark;      /* the side that is black */
	} cases[] = {
		{"as stored", "1", "841.89 x 595.276", "left"},   {"mirrored", "2", "841.89 x 595.276", "right"},
		{"upside down", "3", "841.89 x 595.276", "right"}, {"to the right", "6", "595.276 x 841.89", "top"},
		{"to the left", "8", "595.276 x 841.89", "bottom"},
	};
	struct arena *arena = arena_create(64 << 20);
	(void)state;
	if (!sample_have("pdftoppm")) {
		print_message("no poppler tools here: their opinion is not asked\n");
		skip();
	}
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf image = buf_make(4096);
		struct bytes page;
		print_message("%s\n", cases[i].what);
		buf_add(&image, BYTES(SAMPLE_JPEG_HEAD "\xff\xe1\0\x22" "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0"));
		buf_u8(&image, (uint8_t)(cases[i].turn[0] - '0'));
		buf_add(&image, BYTES("\0\0\0\0\0\0" SAMPLE_JPEG_TAIL));
		assert_int_equal(pdf_picture(arena, SNIFF_JPEG, buf_bytes(&image), (struct instant){0}, &page), REASON_NONE);
		assert_true(bytes_contains(page, BYTES(SAMPLE_JPEG_TAIL)));
		assert_true(bytes_contains(sample_tool(arena, "pdfinfo $F", page), bytes_of_text(cases[i].size)));
		/* A grey map of one point for each of the page's: the head line, then the points. */
		struct bytes map = sample_tool(arena, "pdftoppm -r 72 -gray $F | tail -c +16", page);
		bool lies = cases[i].size[0] == '8';
		size_t broad = lies ? 842 : 596, high = lies ? 596 : 842;
		assert_true(map.len >= broad * high - 16);
		int dx = cases[i].dark[0] == 'l' ? -4 : cases[i].dark[0] == 'r' ? 4 : 0, dy = cases[i].dark[0] == 't' ? -4 : cases[i].dark[0] == 'b' ? 4 : 0;
		size_t dark = (high / 2 + (size_t)dy) * broad + broad / 2 + (size_t)dx, light = (high / 2 - (size_t)dy) * broad + broad / 2 - (size_t)dx;
		assert_true(map.at[dark] < 64 && map.at[light] > 192);
		buf_free(&image);
	}
	arena_destroy(&arena);
}

static void pictures_that_cannot_be_drawn_are_told(void **state)
{
	struct arena *arena = arena_create(8 << 20);
	struct bytes page;
	(void)state;
	struct bytes png = sample_png(arena, NULL, 0);
	assert_int_equal(pdf_picture(arena, SNIFF_PNG, png, (struct instant){0}, &page), REASON_NONE);
	/* Sound chunks around what is no deflated data. */
	struct buf bad = buf_make(4096);
	buf_add(&bad, BYTES("\x89PNG\r\n\x1a\n"));
	sample_chunk(&bad, "IHDR", BYTES("\0\0\0\2\0\0\0\1\x08\0\0\0\0"));
	sample_chunk(&bad, "IDAT", BYTES("nothing"));
	sample_chunk(&bad, "IEND", BYTES_NONE);
	assert_int_equal(pdf_picture(arena, SNIFF_PNG, buf_bytes(&bad), (struct instant){0}, &page), REASON_IMAGE_BROKEN);
	assert_int_equal(pdf_picture(arena, SNIFF_TIFF, png, (struct instant){0}, &page), REASON_ANNEX_TYPE);
	assert_int_equal(pdf_picture(arena, SNIFF_JPEG, BYTES(SAMPLE_JPEG_HEAD "\xff\xc0\0\x0b\x08\x1f\x40\x1f\x40\1\1\x11\0\xff\xda\0\2\xff\xd9"), (struct instant){0}, &page),
			 REASON_IMAGE_LIMIT);
	buf_free(&bad);
	arena_destroy(&arena);
}

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file_in_order),
		cmocka_unit_test(pictures_stand_upright),
		cmocka_unit_test(pictures_that_cannot_be_drawn_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

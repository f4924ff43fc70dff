/* cda/image_clean_test.c - what stays of a picture and what goes. */
#include "base/limits.h"
#include "cda/image_clean.h"
#include "cda/sample_test.h"

#define SEGMENT(marker, length, text) "\xff" marker "\0" length text
/* Orientation, and beside it what tells the place (GPS directory, maker). */
#define EXIF(order, magic, first, count, tag, type, n, value, rest) "Exif\0\0" order magic first count tag type n value rest
#define TURNED EXIF("II", "*\0", "\x08\0\0\0", "\1\0", "\x12\1", "\3\0", "\1\0\0\0", "\6\0\0\0", "\0\0\0\0" "GPS-48.85N-2.35E")

static const struct {
	const char *what;
	struct bytes image;
	enum reason reason;
	unsigned turn;
	const char *gone;      /* must not be in what comes out */
} jpegs[] = {
	{"as a camera writes it", BYTES_OF(SAMPLE_JPEG_HEAD SAMPLE_JPEG_TAIL), REASON_NONE, 1, NULL},
	{"without JFIF", BYTES_OF("\xff\xd8" SAMPLE_JPEG_TAIL), REASON_NONE, 1, NULL},
	{"EXIF with a place", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe1", "\x32", TURNED) SAMPLE_JPEG_TAIL), REASON_NONE, 6, "GPS"},
	{"big-endian EXIF", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe1", "\x22", "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\3\0\0\0\0\0\0") SAMPLE_JPEG_TAIL),
	 REASON_NONE, 3, NULL},
	{"a turn that there is not", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe1", "\x22", "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\x63\0\0\0\0\0\0") SAMPLE_JPEG_TAIL),
	 REASON_NONE, 1, NULL},
	{"a directory beyond the end", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe1", "\x10", "Exif\0\0MM\0*\xff\xff\xff\xff") SAMPLE_JPEG_TAIL), REASON_NONE, 1, "Exif"},
	{"a comment", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xfe", "\x0a", "Dr Alpha") SAMPLE_JPEG_TAIL), REASON_NONE, 1, "Dr Alpha"},
	{"XMP", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe1", "\x21", "http://ns.adobe.com/xap/1.0/\0<x") SAMPLE_JPEG_TAIL), REASON_NONE, 1, "adobe"},
	{"several pictures in one (MPF)", BYTES_OF(SAMPLE_JPEG_HEAD SEGMENT("\xe2", "\x08", "MPF\0xx") SAMPLE_JPEG_TAIL), REASON_NONE, 1, "MPF"},
	{"bytes behind the end", BYTES_OF(SAMPLE_JPEG_HEAD SAMPLE_JPEG_TAIL "PK\3\4 hidden"), REASON_NONE, 1, "hidden"},
	{"a thumbnail in JFIF", BYTES_OF("\xff\xd8\xff\xe0\0\x13" "JFIF\0\1\1\0\0\1\0\1\1\1" "RGB" SAMPLE_JPEG_TAIL), REASON_NONE, 1, "RGB"},
	{"cut off", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xdb\0\x43\0\x10"), REASON_IMAGE_BROKEN, 0, NULL},
	{"nothing but a head", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xd9"), REASON_IMAGE_BROKEN, 0, NULL},
	{"a length of one", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xdb\0\1"), REASON_IMAGE_BROKEN, 0, NULL},
	{"a scan before its frame", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xda\0\2\xff\xd9"), REASON_IMAGE_BROKEN, 0, NULL},
	{"no width", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xc0\0\x0b\x08\0\x08\0\0\1\1\x11\0"), REASON_IMAGE_BROKEN, 0, NULL},
	{"two frames", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0"), REASON_IMAGE_BROKEN, 0, NULL},
	{"too many points", BYTES_OF(SAMPLE_JPEG_HEAD "\xff\xc0\0\x0b\x08\x7f\xff\x7f\xff\1\1\x11\0"), REASON_IMAGE_LIMIT, 0, NULL},
	{"a PNG under its name", BYTES_OF("\x89PNG\r\n\x1a\n"), REASON_IMAGE_BROKEN, 0, NULL},
	{"empty", BYTES_OF(""), REASON_IMAGE_BROKEN, 0, NULL},
};

static void keeps_the_picture_of_a_jpeg(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof jpegs / sizeof jpegs[0]; i++) {
		struct image_clean out = {.turn = 0}, again;
		print_message("%s\n", jpegs[i].what);
		assert_int_equal(image_clean(arena, SNIFF_JPEG, jpegs[i].image, &out), jpegs[i].reason);
		assert_int_equal(out.turn, jpegs[i].turn);
		if (jpegs[i].reason != REASON_NONE)
			continue;
		assert_true(bytes_ends(out.content, BYTES(SAMPLE_JPEG_TAIL)));
		assert_int_equal(out.width, 16);
		assert_int_equal(out.height, 8);
		if (jpegs[i].gone != NULL)
			assert_false(bytes_contains(out.content, bytes_of_text(jpegs[i].gone)));
		assert_int_equal(bytes_contains(out.content, BYTES("Exif")), out.turn > 1);
		assert_int_equal(image_clean(arena, SNIFF_JPEG, out.content, &again), REASON_NONE);
		assert_true(bytes_equal(out.content, again.content) && again.turn == out.turn);
	}
	arena_destroy(&arena);
}

static void too_many_segments_are_refused(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	struct buf image = buf_make(1 << 20);
	struct image_clean out;
	(void)state;
	buf_add(&image, BYTES(SAMPLE_JPEG_HEAD));
	for (size_t i = 0; i < LIMIT_IMAGE_SEGMENTS; i++)
		buf_add(&image, BYTES("\xff\xfe\0\2"));
	buf_add(&image, BYTES(SAMPLE_JPEG_TAIL));
	assert_int_equal(image_clean(arena, SNIFF_JPEG, buf_bytes(&image), &out), REASON_IMAGE_LIMIT);
	buf_free(&image);
	arena_destroy(&arena);
}

static void keeps_the_chunks_of_a_png_that_are_seen(void **state)
{
	static const char *const chunks[][2] = {{"gAMA", "\1\1\1\1"}, {"tEXt", "Author=Dr Secret"}, {"eXIf", "MM-GPS"}, {"pHYs", "123456789"},
						{"tIME", "1234567"}, {"iTXt", "XML:com.adobe.xmp"}, {"tRNS", "12"}};
	static const char *const gone[] = {"tEXt", "eXIf", "tIME", "iTXt", "Secret", "GPS", "adobe"}, *const kept[] = {"gAMA", "pHYs", "tRNS", "IDAT", "IEND"};
	struct arena *arena = arena_create(1 << 20);
	struct image_clean out, again;
	(void)state;
	struct bytes png = sample_png(arena, chunks, 7);
	struct bytes longer = bytes_of_text("");
	assert_int_equal(image_clean(arena, SNIFF_PNG, png, &out), REASON_NONE);
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
		assert_false(bytes_contains(out.content, bytes_of_text(gone[i])));
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		assert_true(bytes_contains(out.content, bytes_of_text(kept[i])));
	assert_true(out.width == 2 && out.height == 1 && out.turn == 1);
	assert_int_equal(image_clean(arena, SNIFF_PNG, out.content, &again), REASON_NONE);
	assert_true(bytes_equal(out.content, again.content));
	/* What hides behind the end goes. */
	longer = bytes_of_text(arena_printf(arena, "%s", "PK hidden"));
	struct buf more = buf_make(4096);
	buf_add(&more, png);
	buf_add(&more, longer);
	assert_int_equal(image_clean(arena, SNIFF_PNG, buf_bytes(&more), &again), REASON_NONE);
	assert_true(bytes_equal(out.content, again.content));
	buf_free(&more);
	arena_destroy(&arena);
}

static void refuses_a_png_that_is_not_whole(void **state)
{
	static const char *const unknown[][2] = {{"ABCD", "x"}}, *const second[][2] = {{"IHDR", "1234567890123"}};
	struct arena *arena = arena_create(4 << 20);
	struct image_clean out;
	(void)state;
	struct bytes png = sample_png(arena, NULL, 0);
	for (size_t len = 0; len < png.len; len++)
		assert_int_equal(image_clean(arena, SNIFF_PNG, bytes_slice(png, 0, len), &out), REASON_IMAGE_BROKEN);
	/* Every byte behind the signature is under a CRC or is one. */
	for (size_t i = 0; i < png.len; i++) {
		char *bent = arena_text(arena, png);
		bent[i] ^= 1;
		assert_int_equal(image_clean(arena, SNIFF_PNG, (struct bytes){(unsigned char *)bent, png.len}, &out), REASON_IMAGE_BROKEN);
	}
	assert_int_equal(image_clean(arena, SNIFF_PNG, sample_png(arena, unknown, 1), &out), REASON_IMAGE_BROKEN);
	assert_int_equal(image_clean(arena, SNIFF_PNG, sample_png(arena, second, 1), &out), REASON_IMAGE_BROKEN);
	assert_int_equal(image_clean(arena, SNIFF_TIFF, BYTES("II*\0"), &out), REASON_ANNEX_TYPE);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_picture_of_a_jpeg),
		cmocka_unit_test(too_many_segments_are_refused),
		cmocka_unit_test(keeps_the_chunks_of_a_png_that_are_seen),
		cmocka_unit_test(refuses_a_png_that_is_not_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

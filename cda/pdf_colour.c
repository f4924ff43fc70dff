/* cda/pdf_colour.c - see pdf_colour.h. */
#include "cda/pdf_colour.h"

#include <math.h>

enum { HEAD = 128, TAGS = 9, TABLE = 4 + 12 * TAGS, POINTS = 256, TEXT = 8 + 16, NAME = 90 + 5, XYZ = 20, CURVE = 12 + 2 * POINTS };

static const char name[] = "sRGB";

/* What each tag is and where it begins; the three curves are one. */
enum place {
	AT_TEXT = HEAD + TABLE,
	AT_NAME = AT_TEXT + TEXT,
	AT_WHITE = AT_NAME + NAME + 1,
	AT_RED = AT_WHITE + XYZ,
	AT_GREEN = AT_RED + XYZ,
	AT_BLUE = AT_GREEN + XYZ,
	AT_CURVE = AT_BLUE + XYZ,
	END = AT_CURVE + CURVE,
};

static void add_u16(struct buf *out, unsigned value)
{
	buf_u8(out, (uint8_t)(value >> 8));
	buf_u8(out, (uint8_t)value);
}

static void add_zeros(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_u8(out, 0);
}

static void add_fixed(struct buf *out, double value)
{
	buf_u32(out, (uint32_t)(value * 65536 + 0.5));
}

/* 6.1: size, version 2.1, a display, RGB to XYZ, a date, the illuminant D50. */
static void add_head(struct buf *out)
{
	buf_u32(out, END);
	buf_u32(out, 0);
	buf_u32(out, 0x02100000);
	buf_text(out, "mntrRGB XYZ ");
	static const unsigned date[] = {2026, 1, 1, 0, 0, 0};
	for (size_t i = 0; i < 6; i++)
		add_u16(out, date[i]);
	buf_text(out, "acsp");
	add_zeros(out, 28);
	add_fixed(out, 0.9642);
	add_fixed(out, 1.0);
	add_fixed(out, 0.8249);
	add_zeros(out, HEAD - 80);
}

static void add_table(struct buf *out)
{
	static const struct {
		char tag[5];
		uint32_t at, size;
	} tags[TAGS] = {
		{"cprt", AT_TEXT, TEXT}, {"desc", AT_NAME, NAME}, {"wtpt", AT_WHITE, XYZ}, {"rXYZ", AT_RED, XYZ}, {"gXYZ", AT_GREEN, XYZ},
		{"bXYZ", AT_BLUE, XYZ}, {"rTRC", AT_CURVE, CURVE}, {"gTRC", AT_CURVE, CURVE}, {"bTRC", AT_CURVE, CURVE},
	};
	buf_u32(out, TAGS);
	for (size_t i = 0; i < TAGS; i++) {
		buf_text(out, tags[i].tag);
		buf_u32(out, tags[i].at);
		buf_u32(out, tags[i].size);
	}
}

/* 6.5.17 and 6.5.16: a licence that asks nothing; a name in ASCII, and none in the two other forms. */
static void add_words(struct buf *out)
{
	buf_text(out, "text");
	add_zeros(out, 4);
	static const char free_of[] = "no rights held\0";   /* 16 bytes with both NULs: the next tag begins at a multiple of 4 */
	_Static_assert(sizeof free_of == TEXT - 8, "the table tells its size");
	buf_add(out, (struct bytes){(const unsigned char *)free_of, sizeof free_of});
	buf_text(out, "desc");
	add_zeros(out, 4);
	buf_u32(out, sizeof name);
	buf_add(out, (struct bytes){(const unsigned char *)name, sizeof name});
	add_zeros(out, NAME - 12 - sizeof name + 1);
}

static void add_xyz(struct buf *out, double x, double y, double z)
{
	buf_text(out, "XYZ ");
	add_zeros(out, 4);
	add_fixed(out, x);
	add_fixed(out, y);
	add_fixed(out, z);
}

/* From what is written to light, IEC 61966-2-1 clause 5.2. */
static void add_curve(struct buf *out)
{
	buf_text(out, "curv");
	add_zeros(out, 4);
	buf_u32(out, POINTS);
	for (int i = 0; i < POINTS; i++) {
		double written = (double)i / (POINTS - 1);
		double light = written <= 0.04045 ? written / 12.92 : pow((written + 0.055) / 1.055, 2.4);
		add_u16(out, (unsigned)(light * 65535 + 0.5));
	}
}

void pdf_colour_profile(struct buf *out)
{
	add_head(out);
	add_table(out);
	add_words(out);
	add_xyz(out, 0.9642, 1.0, 0.8249);
	/* The three primaries of sRGB, brought from D65 to D50 by the Bradford matrix. */
	add_xyz(out, 0.43607, 0.22249, 0.01392);
	add_xyz(out, 0.38515, 0.71687, 0.09708);
	add_xyz(out, 0.14307, 0.06061, 0.71410);
	add_curve(out);
}

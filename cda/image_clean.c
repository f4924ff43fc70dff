/* cda/image_clean.c - see image_clean.h. */
#include "cda/image_clean.h"

#include "base/buf.h"
#include "base/limits.h"

struct walk {
	struct cursor in;
	struct buf out;
	struct image_clean found;
	unsigned segments;
};

static unsigned u16(struct bytes at, size_t offset)
{
	return offset + 2 <= at.len ? (unsigned)at.at[offset] << 8 | at.at[offset + 1] : 0;
}

static void put16(struct buf *out, unsigned value)
{
	buf_u8(out, (uint8_t)(value >> 8));
	buf_u8(out, (uint8_t)value);
}

static enum reason measure(struct walk *w, uint32_t width, uint32_t height)
{
	if (width == 0 || height == 0)
		return REASON_IMAGE_BROKEN;
	if (width > LIMIT_IMAGE_SIDE || height > LIMIT_IMAGE_SIDE || (uint64_t)width * height > LIMIT_IMAGE_PIXELS)
		return REASON_IMAGE_LIMIT;
	w->found.width = width;
	w->found.height = height;
	return REASON_NONE;
}

/* --- JPEG ----------------------------------------------------------------------- */

enum {
	SOF0 = 0xc0, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf, RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda,
	DQT = 0xdb, DRI = 0xdd, APP0 = 0xe0, APP1 = 0xe1, APP2 = 0xe2, APP14 = 0xee
};

static bool is_frame(unsigned marker)
{
	return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static bool is_table(unsigned marker)
{
	return marker == DHT || marker == DAC || marker == DQT || marker == DRI;
}

/* A number of a TIFF header in its own byte order; 0 beyond its end. */
static uint32_t tiff_number(struct bytes tiff, size_t at, size_t len)
{
	bool little = tiff.len > 0 && tiff.at[0] == 'I';
	uint32_t value = 0;
	if (at > tiff.len || len > tiff.len - at)
		return 0;
	for (size_t i = 0; i < len; i++)
		value = value << 8 | tiff.at[little ? at + len - 1 - i : at + i];
	return value;
}

/* Tag 0x0112 of the first directory (TIFF 6.0 section 8, EXIF 2.3 4.6.4). 1 when it is not there or not one of eight. */
static unsigned orientation(struct bytes exif)
{
	struct bytes tiff = bytes_from(exif, 6);
	uint32_t first = tiff_number(tiff, 4, 4), entries = tiff_number(tiff, first, 2);
	for (uint32_t i = 0; i < entries && (uint64_t)first + 2 + 12 * (uint64_t)i + 12 <= tiff.len; i++) {
		size_t entry = first + 2 + 12 * (size_t)i;
		uint32_t value = tiff_number(tiff, entry + 8, 2);
		if (tiff_number(tiff, entry, 2) == 0x0112)
			return value >= 1 && value <= 8 ? value : 1;
	}
	return 1;
}

static void put_segment(struct walk *w, unsigned marker, struct bytes data)
{
	buf_u8(&w->out, 0xff);
	buf_u8(&w->out, (uint8_t)marker);
	put16(&w->out, (unsigned)data.len + 2);
	buf_add(&w->out, data);
}

/* JFIF 1.02: identifier, version, density; the two last bytes are the size of a thumbnail, which shows what was cut off. */
static void put_jfif(struct walk *w, struct bytes data)
{
	unsigned char plain[14] = {0};
	for (size_t i = 0; i < 12; i++)
		plain[i] = data.at[i];
	put_segment(w, APP0, (struct bytes){plain, sizeof plain});
}

static enum reason frame(struct walk *w, struct bytes data)
{
	/* Two frames are a hierarchy; a height of 0 comes later, in DNL: no camera writes either. */
	if (w->found.width != 0 || data.len < 6 || data.at[0] != 8)
		return REASON_IMAGE_BROKEN;
	if (data.at[5] != 1 && data.at[5] != 3 && data.at[5] != 4)
		return REASON_IMAGE_BROKEN;
	return measure(w, u16(data, 3), u16(data, 1));
}

static enum reason segment(struct walk *w, unsigned marker, struct bytes data)
{
	if (is_frame(marker)) {
		enum reason reason = frame(w, data);
		if (reason != REASON_NONE)
			return reason;
	} else if (marker == SOS) {
		if (w->found.width == 0)
			return REASON_IMAGE_BROKEN;
	} else if (marker == APP0 && data.len >= 14 && bytes_starts(data, BYTES("JFIF\0"))) {
		put_jfif(w, data);
		return REASON_NONE;
	} else if (marker == APP1 && bytes_starts(data, BYTES("Exif\0\0"))) {
		w->found.turn = orientation(data);
		return REASON_NONE;
	} else if (!is_table(marker) && !(marker == APP2 && bytes_starts(data, BYTES("ICC_PROFILE\0"))) &&
		   !(marker == APP14 && bytes_starts(data, BYTES("Adobe")))) {
		return marker >= APP0 ? REASON_NONE : REASON_IMAGE_BROKEN;   /* application data, comments; what nobody writes */
	}
	put_segment(w, marker, data);
	return REASON_NONE;
}

/* The coded data of a scan: up to the next marker that is neither a stuffed byte nor a restart (T.81 B.1.1.5). */
static void scan(struct walk *w)
{
	struct bytes in = w->in.left;
	size_t at = 0;
	for (; at + 1 < in.len; at++) {
		if (in.at[at] != 0xff)
			continue;
		unsigned next = in.at[at + 1];
		if (next != 0 && next != 0xff && !(next >= RST0 && next <= RST7))
			break;
	}
	buf_add(&w->out, cursor_take(&w->in, at));
}

static unsigned next_marker(struct walk *w)
{
	if (cursor_u8(&w->in) != 0xff)
		return 0;
	unsigned marker = 0xff;
	while (marker == 0xff && !w->in.failed)
		marker = cursor_u8(&w->in);
	return marker;
}

/* All that is kept, behind its SOI. */
static enum reason jpeg_walk(struct walk *w)
{
	bool scanned = false;
	for (;;) {
		unsigned marker = next_marker(w);
		if (marker == EOI && scanned && !w->in.failed)
			return REASON_NONE;
		if (++w->segments > LIMIT_IMAGE_SEGMENTS)
			return REASON_IMAGE_LIMIT;
		uint8_t high = cursor_u8(&w->in), low = cursor_u8(&w->in);
		size_t len = (size_t)high << 8 | low;
		struct bytes data = len < 2 ? BYTES_NONE : cursor_take(&w->in, len - 2);
		if (len < 2 || w->in.failed || marker < SOF0 || (marker >= RST0 && marker <= EOI))
			return REASON_IMAGE_BROKEN;
		enum reason reason = segment(w, marker, data);
		if (reason != REASON_NONE)
			return reason;
		if (marker == SOS) {
			scan(w);
			scanned = true;
		}
	}
}

/* How the picture is turned, and nothing else of EXIF: one directory with one entry, in big-endian order. */
static void put_turn(struct buf *out, unsigned turn)
{
	buf_add(out, BYTES("\xff\xe1\0\x22" "Exif\0\0" "MM\0*\0\0\0\x08" "\0\x01" "\x01\x12\0\x03\0\0\0\x01\0"));
	buf_u8(out, (uint8_t)turn);
	buf_add(out, BYTES("\0\0" "\0\0\0\0"));
}

static enum reason jpeg(struct walk *w, struct buf *whole)
{
	if (!bytes_equal(cursor_take(&w->in, 2), BYTES("\xff\xd8")))
		return REASON_IMAGE_BROKEN;
	enum reason reason = jpeg_walk(w);
	if (reason != REASON_NONE)
		return reason;
	struct bytes body = buf_bytes(&w->out);
	size_t head = bytes_starts(body, BYTES("\xff\xe0")) ? 18 : 0;   /* JFIF stands right behind SOI */
	buf_add(whole, BYTES("\xff\xd8"));
	buf_add(whole, bytes_slice(body, 0, head));
	if (w->found.turn > 1)
		put_turn(whole, w->found.turn);
	buf_add(whole, bytes_from(body, head));
	buf_add(whole, BYTES("\xff\xd9"));
	return REASON_NONE;
}

/* --- PNG ------------------------------------------------------------------------ */

static void crc_table(uint32_t table[256])
{
	for (uint32_t n = 0; n < 256; n++) {
		uint32_t c = n;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[n] = c;
	}
}

static uint32_t crc_of(const uint32_t table[256], struct bytes data)
{
	uint32_t c = 0xffffffffu;
	for (size_t i = 0; i < data.len; i++)
		c = table[(c ^ data.at[i]) & 0xff] ^ c >> 8;
	return c ^ 0xffffffffu;
}

/* ISO/IEC 15948 11.2.2: which bit depths each colour type may have. */
static bool depth_allowed(unsigned colour, unsigned depth)
{
	switch (colour) {
	case 0:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
	case 3:
		return depth == 1 || depth == 2 || depth == 4 || depth == 8;
	case 2: case 4: case 6:
		return depth == 8 || depth == 16;
	default:
		return false;
	}
}

static enum reason png_head(struct walk *w, struct bytes data)
{
	struct cursor c = cursor_on(data);
	uint32_t width = cursor_u32(&c), height = cursor_u32(&c);
	if (data.len != 13 || !depth_allowed(data.at[9], data.at[8]) || data.at[10] != 0 || data.at[11] != 0 || data.at[12] > 1)
		return REASON_IMAGE_BROKEN;
	return measure(w, width, height);
}

static bool png_keeps(struct bytes type)
{
	static const char *const kept[] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "pHYs"};
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (bytes_equal_text(type, kept[i]))
			return true;
	return false;
}

/* One chunk; *type is its name. The first is IHDR, and no other is. */
static enum reason chunk(struct walk *w, const uint32_t table[256], struct bytes *type)
{
	struct bytes whole = w->in.left;
	uint32_t len = cursor_u32(&w->in);
	*type = cursor_take(&w->in, 4);
	struct bytes data = cursor_take(&w->in, len);
	uint32_t crc = cursor_u32(&w->in);
	if (w->in.failed || crc != crc_of(table, bytes_slice(whole, 4, 4 + (size_t)len)))
		return REASON_IMAGE_BROKEN;
	bool head = bytes_equal(*type, BYTES("IHDR"));
	if (head != (w->found.width == 0))
		return REASON_IMAGE_BROKEN;
	enum reason reason = head ? png_head(w, data) : REASON_NONE;
	if (reason == REASON_NONE && png_keeps(*type))
		buf_add(&w->out, bytes_slice(whole, 0, 12 + (size_t)len));
	/* A critical chunk that we do not know changes what is seen (5.4: the fifth bit of its first letter is clear). */
	else if (reason == REASON_NONE && (type->at[0] & 0x20) == 0)
		return REASON_IMAGE_BROKEN;
	return reason;
}

static enum reason png(struct walk *w, struct buf *whole)
{
	uint32_t table[256];
	struct bytes type = BYTES_NONE;
	bool pixels = false;
	if (!bytes_equal(cursor_take(&w->in, 8), BYTES("\x89PNG\r\n\x1a\n")))
		return REASON_IMAGE_BROKEN;
	crc_table(table);
	while (!bytes_equal(type, BYTES("IEND"))) {
		if (++w->segments > LIMIT_IMAGE_SEGMENTS)
			return REASON_IMAGE_LIMIT;
		enum reason reason = chunk(w, table, &type);
		if (reason != REASON_NONE)
			return reason;
		pixels |= bytes_equal(type, BYTES("IDAT"));
	}
	buf_add(whole, BYTES("\x89PNG\r\n\x1a\n"));
	buf_add(whole, buf_bytes(&w->out));
	return pixels ? REASON_NONE : REASON_IMAGE_BROKEN;
}

enum reason image_clean(struct arena *arena, enum sniff type, struct bytes image, struct image_clean *out)
{
	if (type != SNIFF_JPEG && type != SNIFF_PNG)
		return REASON_ANNEX_TYPE;
	struct walk w = {.in = cursor_on(image), .out = buf_make(image.len + 64), .found = {.turn = 1}};
	struct buf whole = buf_make(image.len + 128);
	enum reason reason = type == SNIFF_JPEG ? jpeg(&w, &whole) : png(&w, &whole);
	if (reason == REASON_NONE && !(buf_ok(&w.out) && buf_ok(&whole)))
		reason = REASON_MEMORY;
	if (reason == REASON_NONE) {
		w.found.content = arena_copy(arena, buf_bytes(&whole));
		*out = w.found;
	}
	buf_free(&w.out);
	buf_free(&whole);
	return reason;
}

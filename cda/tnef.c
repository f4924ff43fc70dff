/* cda/tnef.c - see tnef.h. Section numbers are those of [MS-OXTNEF]; the encoding of properties is that of its 2.1.3.4. */
#include "cda/tnef.h"

#include "base/buf.h"
#include "base/limits.h"

enum {
	LEVEL_MESSAGE = 1,
	LEVEL_FILE = 2,
	FILE_BEGINS = 0x00069002,     /* attAttachRendData: first of each attachment (2.1.3.2) */
	FILE_TITLE = 0x00018010,      /* attAttachTitle */
	FILE_DATA = 0x0006800f,       /* attAttachData */
	FILE_PROPERTIES = 0x00069005, /* attAttachment */
	TYPE_MASK = 0x0fff,
	TYPE_SEVERAL = 0x1000,
	TYPE_STRING8 = 0x1e,
	TYPE_UNICODE = 0x1f,
	PROPERTY_FILENAME = 0x3704,   /* PidTagAttachFilename */
	PROPERTY_LONG_NAME = 0x3707,  /* PidTagAttachLongFilename */
	PROPERTY_NAMED = 0x8000,
	GUID_SIZE = 16,
	NAME_MAX_BYTES = 1024,
};

/* Little-endian, unlike the cursor's own numbers. */
static uint32_t take_le(struct cursor *c, size_t width)
{
	struct bytes field = cursor_take(c, width);
	uint32_t value = 0;
	for (size_t i = field.len; i > 0; i--)
		value = value << 8 | field.at[i - 1];
	return value;
}

/* --- names --------------------------------------------------------------------------- */

static void add_rune(struct buf *out, uint32_t rune)
{
	if (rune < 0x80) {
		buf_u8(out, (uint8_t)rune);
	} else if (rune < 0x800) {
		buf_u8(out, (uint8_t)(0xc0 | rune >> 6));
		buf_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	} else if (rune < 0x10000) {
		buf_u8(out, (uint8_t)(0xe0 | rune >> 12));
		buf_u8(out, (uint8_t)(0x80 | (rune >> 6 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	} else {
		buf_u8(out, (uint8_t)(0xf0 | rune >> 18));
		buf_u8(out, (uint8_t)(0x80 | (rune >> 12 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (rune >> 6 & 0x3f)));
		buf_u8(out, (uint8_t)(0x80 | (rune & 0x3f)));
	}
}

static void add_utf16(struct buf *out, struct bytes text)
{
	struct cursor c = cursor_on(text);

	while (c.left.len >= 2) {
		uint32_t unit = take_le(&c, 2);
		if (unit == 0)
			return;
		if (unit >= 0xd800 && unit < 0xdc00 && c.left.len >= 2) {
			uint32_t low = take_le(&c, 2);
			bool pair = low >= 0xdc00 && low < 0xe000;
			unit = pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
		} else if (unit >= 0xd800 && unit < 0xe000) {
			unit = 0xfffd;
		}
		add_rune(out, unit);
	}
}

/* In the writer's own code page: UTF-8 where it is, else taken as Latin-1. A name is for people; nothing depends on it. */
static void add_8bit(struct buf *out, struct bytes text)
{
	text = bytes_slice(text, 0, bytes_find_byte(text, 0, 0));
	if (bytes_utf8(text)) {
		buf_add(out, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++)
		add_rune(out, text.at[i]);
}

static void set_name(struct arena *arena, struct tnef_file *file, struct bytes raw, bool unicode)
{
	struct buf name = buf_make(4 * NAME_MAX_BYTES);

	raw = bytes_slice(raw, 0, NAME_MAX_BYTES);
	if (unicode)
		add_utf16(&name, raw);
	else
		add_8bit(&name, raw);
	struct bytes text = bytes_trim(buf_bytes(&name));
	if (text.len > 0)
		file->name = arena_copy(arena, text);
	buf_free(&name);
}

/* --- properties (2.1.3.4) ---------------------------------------------------------------- */

/* Bytes of one value of a type of fixed size; 0: its size is told before it. The failed cursor says: no such type. */
static size_t fixed_size(struct cursor *c, unsigned type)
{
	switch (type) {
	case 0x02: case 0x03: case 0x04: case 0x0a: case 0x0b:
		return 4;   /* two bytes are filled up to four */
	case 0x05: case 0x06: case 0x07: case 0x14: case 0x40:
		return 8;
	case 0x48:
		return GUID_SIZE;
	case 0x0d: case TYPE_STRING8: case TYPE_UNICODE: case 0x102:
		return 0;
	default:
		c->failed = true;
		return 4;
	}
}

static void skip_padding(struct cursor *c, size_t len)
{
	(void)cursor_take(c, (4 - len % 4) % 4);
}

static struct bytes take_long(struct cursor *c)
{
	size_t len = take_le(c, 4);
	struct bytes value = cursor_take(c, len);
	skip_padding(c, len);
	return value;
}

/* A property whose number is not its own has a GUID, and a number or a name. */
static void skip_property_name(struct cursor *c)
{
	(void)cursor_take(c, GUID_SIZE);
	if (take_le(c, 4) == 0)
		(void)cursor_take(c, 4);
	else
		(void)take_long(c);
}

/* Gives the last value of the property: only names are looked at, and they have one. */
static struct bytes take_property(struct cursor *c, unsigned type)
{
	unsigned kind = type & TYPE_MASK;
	size_t size = fixed_size(c, kind);
	struct bytes value = BYTES_NONE;
	/* Values of told length have a count even when there is one. */
	uint32_t n = (type & TYPE_SEVERAL) != 0 || size == 0 ? take_le(c, 4) : 1;

	for (uint32_t i = 0; i < n && !c->failed; i++)
		value = size == 0 ? take_long(c) : cursor_take(c, size);
	return value;
}

/* The long name is the better one; the short one fits eight letters. False: broken. */
static bool read_properties(struct arena *arena, struct bytes data, struct tnef_file *file)
{
	struct cursor c = cursor_on(data);
	uint32_t n = take_le(&c, 4);
	bool has_long = false;

	for (uint32_t i = 0; i < n && !c.failed; i++) {
		unsigned type = take_le(&c, 2), id = take_le(&c, 2);
		if (id >= PROPERTY_NAMED)
			skip_property_name(&c);
		struct bytes value = take_property(&c, type);
		bool text = type == TYPE_STRING8 || type == TYPE_UNICODE;
		if (!text || c.failed || (id != PROPERTY_LONG_NAME && (id != PROPERTY_FILENAME || has_long)))
			continue;
		set_name(arena, file, value, type == TYPE_UNICODE);
		has_long |= id == PROPERTY_LONG_NAME;
	}
	return !c.failed;
}

/* --- attributes (2.1.3.3) -------------------------------------------------------------------- */

struct attribute {
	unsigned level;
	uint32_t id;
	struct bytes data;
};

static bool take_attribute(struct cursor *c, struct attribute *out)
{
	out->level = cursor_u8(c);
	out->id = take_le(c, 4);
	out->data = cursor_take(c, take_le(c, 4));
	uint32_t sum = 0, told = take_le(c, 2);
	for (size_t i = 0; i < out->data.len; i++)
		sum += out->data.at[i];
	return !c->failed && (sum & 0xffff) == told && (out->level == LEVEL_MESSAGE || out->level == LEVEL_FILE);
}

/* What comes before the first attachment, or speaks of the message, is passed over. False: broken. */
static bool take_part(struct arena *arena, const struct attribute *a, struct tnef_content *content)
{
	if (a->level != LEVEL_FILE)
		return true;
	if (a->id == FILE_BEGINS) {
		if (content->count == LIMIT_TNEF_FILES)
			return false;
		content->files[content->count++] = (struct tnef_file){0};
		return true;
	}
	if (content->count == 0)
		return false;
	struct tnef_file *file = &content->files[content->count - 1];
	if (a->id == FILE_DATA)
		file->content = a->data;
	else if (a->id == FILE_TITLE && file->name.len == 0)
		set_name(arena, file, a->data, false);
	else if (a->id == FILE_PROPERTIES)
		return read_properties(arena, a->data, file);
	return true;
}

enum reason tnef_read(struct arena *arena, struct bytes data, struct tnef_content *out)
{
	struct cursor c = cursor_on(data);
	struct tnef_content content = {arena_alloc(arena, LIMIT_TNEF_FILES * sizeof(struct tnef_file)), 0};
	struct attribute attribute;

	if (!bytes_equal(cursor_take(&c, 4), BYTES("\x78\x9f\x3e\x22")))
		return REASON_ATTACHMENT_TNEF;
	(void)cursor_take(&c, 2);   /* its key: a number that nobody needs */
	while (c.left.len > 0 && !c.failed)
		if (!take_attribute(&c, &attribute) || !take_part(arena, &attribute, &content))
			return REASON_ATTACHMENT_TNEF;
	if (c.failed)
		return REASON_ATTACHMENT_TNEF;
	*out = content;
	return REASON_NONE;
}

/* gateway/inspect_normalise.c - see inspect_normalise.h. */
#include "gateway/inspect_normalise.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cda/image_clean.h"
#include "cda/pdf_clean.h"
#include "cda/read.h"

/* --- text ------------------------------------------------------------------------- */

static void put_character(struct buf *out, unsigned code)
{
	if (code < 0x80) {
		buf_u8(out, (uint8_t)code);
	} else if (code < 0x800) {
		buf_u8(out, (uint8_t)(0xc0 | code >> 6));
		buf_u8(out, (uint8_t)(0x80 | (code & 63)));
	} else {
		buf_u8(out, (uint8_t)(0xe0 | code >> 12));
		buf_u8(out, (uint8_t)(0x80 | (code >> 6 & 63)));
		buf_u8(out, (uint8_t)(0x80 | (code & 63)));
	}
}

/* What 0x80 to 0x9f are in windows-1252, which is Latin-1 everywhere else; 0: nothing. */
static unsigned western(unsigned char c)
{
	static const unsigned short high[32] = {
		0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0, 0x17d, 0,
		0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0, 0x17e, 0x178,
	};
	return c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c;
}

/* Lines end in LF; tabs and what else has no shape become a space. A text that is not UTF-8 is read as windows-1252. */
static struct bytes plain_text(struct arena *arena, struct bytes in, size_t max)
{
	bool utf8 = bytes_utf8(in);
	struct buf out = buf_make(max + 8);
	if (bytes_starts(in, BYTES("\xef\xbb\xbf")))
		in = bytes_from(in, 3);
	for (size_t i = 0; i < in.len && (out.len < max || (utf8 && (in.at[i] & 0xc0) == 0x80)); i++) {
		unsigned code = utf8 || in.at[i] < 0x80 ? in.at[i] : western(in.at[i]);
		if (code == '\r' && i + 1 < in.len && in.at[i + 1] == '\n')
			continue;
		if (code == '\r' || code == '\f')
			code = '\n';
		if ((code < 0x20 && code != '\n') || code == 0x7f)
			code = ' ';
		if (utf8)
			buf_u8(&out, (uint8_t)code);
		else
			put_character(&out, code);
	}
	struct bytes text = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

static bool has_control(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.at[i] < 0x20 && text.at[i] != '\t' && text.at[i] != '\n' && text.at[i] != '\r' && text.at[i] != '\f') || text.at[i] == 0x7f)
			return true;
	return false;
}

/* Sniffing sees the beginning alone. */
static enum reason take_text(struct arena *arena, struct bytes content, struct inspect_normal *out)
{
	if (has_control(content))
		return REASON_ANNEX_TYPE;
	if (content.len > LIMIT_TEXT / 3)
		return REASON_ANNEX_LIMIT;
	out->text = out->file = plain_text(arena, content, LIMIT_TEXT);
	return REASON_NONE;
}

/* --- files ------------------------------------------------------------------------- */

static enum reason take_pdf(struct arena *arena, struct bytes content, struct inspect_normal *out)
{
	struct pdf_clean clean;
	enum reason reason = pdf_clean(arena, content, &clean);
	if (reason == REASON_NONE) {
		out->file = clean.content;
		out->pages = clean.pages;
	}
	return reason;
}

static enum reason take_image(struct arena *arena, enum sniff type, struct bytes content, struct inspect_normal *out)
{
	struct image_clean clean;
	enum reason reason = image_clean(arena, type, content, &clean);
	if (reason == REASON_NONE) {
		out->file = clean.content;
		out->pages = 1;
	}
	return reason;
}

static void take_file(struct arena *arena, enum sniff type, struct bytes content, struct inspect_normal *out)
{
	out->type = type;
	switch (type) {
	case SNIFF_PDF:
		out->reason = take_pdf(arena, content, out);
		break;
	case SNIFF_JPEG:
	case SNIFF_PNG:
		out->reason = take_image(arena, type, content, out);
		break;
	case SNIFF_TXT:
		out->reason = take_text(arena, content, out);
		break;
	default:
		out->reason = REASON_ANNEX_TYPE;
	}
}

/* --- CDA ---------------------------------------------------------------------------- */

/* The body of a level-1 document, else the first PDF: the "copy of the document" of level 3. */
static const struct cda_embedded *stands_for(const struct cda_document *cda)
{
	for (size_t i = 0; i < cda->embedded_count; i++)
		if (cda->embedded[i].body && cda->embedded[i].content.len > 0)
			return &cda->embedded[i];
	for (size_t i = 0; i < cda->embedded_count; i++)
		if (cda->embedded[i].detected == SNIFF_PDF && cda->embedded[i].content.len > 0)
			return &cda->embedded[i];
	return NULL;
}

static void take_cda(struct arena *arena, struct bytes content, struct inspect_normal *out)
{
	const struct cda_options options = {.keep_embedded = true, .narrative = true};
	struct cda_document cda;
	enum reason reason = cda_read(arena, content, &options, &cda);
	out->reason = REASON_ANNEX_TYPE;
	if (reason_entry(reason)->class > REASON_CLASS_TOLERATED || !cda.cda)
		return;
	const struct cda_embedded *file = stands_for(&cda);
	if (file != NULL)
		take_file(arena, file->detected, file->content, out);
	out->left = cda.embedded_count - (file != NULL);
	struct bytes narrative = plain_text(arena, cda.narrative, LIMIT_TEXT / 2);
	if (bytes_trim(narrative).len > 0)
		out->text = narrative;
}

void inspect_normalise(struct arena *arena, struct bytes content, struct inspect_normal *out)
{
	enum sniff type = sniff_type(content);
	*out = (struct inspect_normal){.type = type};
	if (type == SNIFF_XML)
		take_cda(arena, content, out);
	else
		take_file(arena, type, content, out);
}

json_t *inspect_normal_json(const struct inspect_normal *n)
{
	return json_pack("{s:s, s:s?, s:I, s:I, s:b, s:b}", "reason", reason_code(n->reason), "media", n->file.len > 0 ? sniff_media(n->type) : NULL,
			 "pages", (json_int_t)n->pages, "left", (json_int_t)n->left, "text", n->text.len > 0, "file", n->file.len > 0);
}

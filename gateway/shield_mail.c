/* gateway/shield_mail.c - see shield_mail.h. */
#include "gateway/shield_mail.h"

#include "base/limits.h"
#include "cda/base64.h"
#include "cda/pdf_text.h"
#include "cda/rtf_text.h"
#include "cda/sniff.h"
#include "cda/xml.h"
#include "cda/zip.h"
#include "smtp/mime_html.h"
#include "smtp/mime_read.h"

struct reading {
	struct arena *arena;
	struct shield_reader *reader;
	struct shield_mail *mail;
};

static void read_file(struct reading *r, struct bytes content, unsigned depth);

/* --- texts ---------------------------------------------------------------------------------- */

static void put_latin(struct buf *out, unsigned code)
{
	if (code >= 0x80) {
		buf_u8(out, (uint8_t)(0xc0 | (code >> 6 & 31)));
		code = 0x80 | (code & 63);
	}
	buf_u8(out, (uint8_t)code);
}

/* What is not UTF-8 is read as UTF-16 behind its mark, else as Latin-1: names have no other letters in those. */
static struct bytes as_utf8(struct reading *r, struct bytes text)
{
	bool little = bytes_starts(text, BYTES("\xff\xfe")), wide = little || bytes_starts(text, BYTES("\xfe\xff"));
	size_t step = wide ? 2 : 1;

	if (!wide && bytes_utf8(text))
		return text;
	struct buf out = buf_make(2 * text.len + 2);
	for (size_t i = wide ? 2 : 0; i + step <= text.len; i += step) {
		unsigned code = !wide ? text.at[i] : little ? text.at[i] | (unsigned)text.at[i + 1] << 8 : (unsigned)text.at[i] << 8 | text.at[i + 1];
		put_latin(&out, code > 0x7ff ? ' ' : code);
	}
	struct bytes copy = arena_copy(r->arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static void read_text(struct reading *r, struct bytes text)
{
	/* More is not read anyway, and is told so (policy/shield.h). */
	shield_read(r->reader, as_utf8(r, bytes_slice(text, 0, LIMIT_SHIELD_TEXT + 1)));
}

static void read_buf(struct reading *r, struct buf *text)
{
	/* A buffer takes a piece whole or not at all: what it refused was over the bound. */
	if (!buf_ok(text))
		r->mail->text.cut = true;
	read_text(r, arena_copy(r->arena, buf_bytes(text)));
	buf_free(text);
}

/* --- XML -------------------------------------------------------------------------------------- */

struct xml_words {
	struct buf words, packed;    /* packed: base64, while inside is not 0 */
	unsigned inside;             /* depth of the element that holds base64 */
	struct bytes files[LIMIT_CDA_EMBEDDED];
	size_t n;
	struct reading *reading;
};

static void unpack(struct xml_words *x)
{
	struct bytes file = base64_decode(x->reading->arena, buf_bytes(&x->packed), NULL);

	if (x->n < LIMIT_CDA_EMBEDDED)
		x->files[x->n++] = file;
	else
		x->reading->mail->text.cut = true;
	buf_clear(&x->packed);
	x->inside = 0;
}

static enum reason xml_start(void *context, const struct xml_element *element)
{
	struct xml_words *x = context;

	if (x->inside == 0 && bytes_equal_text(xml_attribute(element, "representation"), "B64"))
		x->inside = element->depth;
	for (size_t i = 0; i < element->count; i++) {
		buf_add(&x->words, element->attributes[i].value);
		buf_u8(&x->words, '\n');
	}
	return REASON_NONE;
}

static enum reason xml_text(void *context, struct bytes piece)
{
	struct xml_words *x = context;
	buf_add(x->inside != 0 ? &x->packed : &x->words, piece);
	return REASON_NONE;
}

static enum reason xml_end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct xml_words *x = context;
	(void)ns, (void)name;
	if (x->inside != 0 && depth == x->inside)
		unpack(x);
	buf_u8(&x->words, '\n');
	return REASON_NONE;
}

/* Its values and texts; what cannot be parsed is read as the text that it is. */
static void read_xml(struct reading *r, struct bytes content, unsigned depth)
{
	static const struct xml_events events = {.start = xml_start, .text = xml_text, .end = xml_end};
	struct xml_words *x = arena_alloc(r->arena, sizeof *x);

	*x = (struct xml_words){.words = buf_make(LIMIT_SHIELD_TEXT + 1), .packed = buf_make(LIMIT_XML), .reading = r};
	if (xml_parse(content, &events, x, NULL, NULL) != REASON_NONE) {
		buf_free(&x->words);
		read_text(r, content);
	} else {
		read_buf(r, &x->words);
		for (size_t i = 0; i < x->n; i++)
			read_file(r, x->files[i], depth + 1);
	}
	buf_free(&x->packed);
}

/* --- files --------------------------------------------------------------------------------------- */

static void read_pdf(struct reading *r, struct bytes content)
{
	struct buf text = buf_make(LIMIT_SHIELD_TEXT + 1);
	size_t bare;
	enum reason reason = pdf_text(content, LIMIT_SHIELD_PAGES, &text, &bare);

	r->mail->unread += bare + (reason == REASON_PDF_BROKEN || reason == REASON_PDF_ENCRYPTED);
	r->mail->text.cut |= reason == REASON_PDF_LIMIT;
	read_buf(r, &text);
}

static void read_rtf(struct reading *r, struct bytes content)
{
	struct buf text = buf_make(LIMIT_SHIELD_TEXT + 1);
	rtf_text(content, &text);
	read_buf(r, &text);
}

static void read_zip(struct reading *r, struct bytes content, unsigned depth)
{
	struct zip_content zip;

	if (zip_content_read(r->arena, content, &zip) != REASON_NONE) {
		r->mail->unread++;
		return;
	}
	for (size_t i = 0; i < zip.count; i++) {
		read_text(r, zip.members[i].name);
		read_file(r, zip.members[i].content, depth + 1);
	}
}

static void read_file(struct reading *r, struct bytes content, unsigned depth)
{
	if (depth > LIMIT_SHIELD_NESTING) {
		r->mail->text.cut = true;
		return;
	}
	r->mail->files++;
	switch (sniff_type(content)) {
	case SNIFF_PDF:
		read_pdf(r, content);
		break;
	case SNIFF_XML:
	case SNIFF_CCR:
		read_xml(r, content, depth);
		break;
	case SNIFF_HTML:
		read_text(r, mime_html_text(r->arena, as_utf8(r, content)));
		break;
	case SNIFF_RTF:
		read_rtf(r, content);
		break;
	case SNIFF_ZIP:
		read_zip(r, content, depth);
		break;
	case SNIFF_TXT:
		read_text(r, content);
		break;
	case SNIFF_DICOM:
	case SNIFF_OTHER:
		read_text(r, bytes_slice(content, 0, LIMIT_SHIELD_HEADER));
		r->mail->unread += content.len > LIMIT_SHIELD_HEADER;
		break;
	default:
		r->mail->unread++;
	}
}

static void read_part(struct reading *r, const struct mime_part *part)
{
	if (part->role == MIME_ROLE_SIGNATURE)
		return;
	read_text(r, part->name);
	if (bytes_equal_text(part->media, "text/html"))
		read_text(r, mime_html_text(r->arena, as_utf8(r, part->content)));
	else
		read_file(r, part->content, 0);
}

bool shield_mail_read(struct arena *arena, struct bytes head, struct bytes entity, struct shield_mail *out)
{
	struct reading r = {arena, shield_reader_make(arena), out};
	struct mime_message message;

	*out = (struct shield_mail){0};
	if (mime_read(arena, head, entity, &message) != REASON_NONE)
		return false;
	read_text(&r, message.head.subject);
	for (size_t i = 0; i < message.n; i++)
		read_part(&r, &message.parts[i]);
	bool cut = out->text.cut;
	shield_read_end(r.reader, &out->text);
	out->text.cut |= cut;
	return true;
}

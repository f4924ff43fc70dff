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

static void put_code(struct buf *out, unsigned code)
{
	if (code >= 0x80) {
		buf_u8(out, (uint8_t)(0xc0 | (code >> 6 & 31)));
		code = 0x80 | (code & 63);
	}
	buf_u8(out, (uint8_t)code);
}

/* Windows-1252, which is Latin-1 and more: where it has letters or signs that stand in names, as those. */
static void put_latin(struct buf *out, unsigned char byte)
{
	switch (byte) {
	case 0x8c:
	case 0x9c:
		buf_text(out, "oe");
		break;
	case 0x91:
	case 0x92:
		buf_u8(out, '\'');
		break;
	case 0x96:
	case 0x97:
		buf_u8(out, '-');
		break;
	default:
		put_code(out, byte);
	}
}

static struct bytes kept(struct reading *r, struct buf *out)
{
	struct bytes copy = arena_copy(r->arena, buf_bytes(out));
	buf_free(out);
	return copy;
}

/* Behind its mark. Names have no other letters than those below U+0800. */
static struct bytes of_utf16(struct reading *r, struct bytes text, bool little)
{
	struct buf out = buf_make(2 * text.len + 2);

	for (size_t i = 2; i + 2 <= text.len; i += 2) {
		unsigned code = little ? text.at[i] | (unsigned)text.at[i + 1] << 8 : (unsigned)text.at[i] << 8 | text.at[i + 1];
		put_code(&out, code > 0x7ff ? ' ' : code);
	}
	return kept(r, &out);
}

/* How long the character of UTF-8 is that stands there, of more than one byte; 0: there is none. */
static size_t sequence(struct bytes text, size_t at)
{
	for (size_t n = 2; n <= 4 && text.at[at] >= 0xc2 && at + n <= text.len; n++)
		if (bytes_utf8(bytes_slice(text, at, n)))
			return n;
	return 0;
}

/* Neither: what is UTF-8 stays so, unless all is asked to be Latin-1. *mixed: there was some. */
static struct bytes of_bytes(struct reading *r, struct bytes text, bool latin, bool *mixed)
{
	struct buf out = buf_make(2 * text.len + 2);

	*mixed = false;
	for (size_t i = 0, n; i < text.len; i += n > 0 ? n : 1) {
		n = latin ? 0 : sequence(text, i);
		*mixed |= n > 0;
		if (n > 0)
			buf_add(&out, bytes_slice(text, i, n));
		else
			put_latin(&out, text.at[i]);
	}
	return kept(r, &out);
}

/* A stray byte does not make another text of it: it is read character by character, and where that leaves a doubt as Latin-1, too. */
static struct bytes as_utf8(struct reading *r, struct bytes text)
{
	bool little = bytes_starts(text, BYTES("\xff\xfe")), mixed;

	if (little || bytes_starts(text, BYTES("\xfe\xff")))
		return of_utf16(r, text, little);
	if (bytes_utf8(text))
		return text;
	struct bytes one = of_bytes(r, text, false, &mixed);
	if (mixed)
		shield_read(r->reader, of_bytes(r, text, true, &mixed));
	return one;
}

static void read_text(struct reading *r, struct bytes text)
{
	/* More is not read anyway, and is told so (policy/shield.h). */
	shield_read(r->reader, as_utf8(r, bytes_slice(text, 0, LIMIT_SHIELD_TEXT + 1)));
}

static void read_html(struct reading *r, struct bytes content)
{
	read_text(r, mime_html_text(r->arena, as_utf8(r, content)));
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

/* Its values and texts. What cannot be parsed is read as the text that it is, and counted: the files inside are not seen. */
static void read_xml(struct reading *r, struct bytes content, unsigned depth)
{
	static const struct xml_events events = {.start = xml_start, .text = xml_text, .end = xml_end};
	struct xml_words *x = arena_alloc(r->arena, sizeof *x);

	*x = (struct xml_words){.words = buf_make(LIMIT_SHIELD_TEXT + 1), .packed = buf_make(LIMIT_XML), .reading = r};
	if (xml_parse(content, &events, x, NULL, NULL) != REASON_NONE) {
		buf_free(&x->words);
		r->mail->unread++;
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

	/* Over the bounds against bombs, as a text of blanks that we packed ourselves may be, or broken: nobody knows what is in it. */
	if (zip_content_read(r->arena, content, &zip) != REASON_NONE) {
		r->mail->text.cut = true;
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
		read_html(r, content);
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

/* A mail before its seal has no signature: a part that says it is one is a file. */
static void read_part(struct reading *r, const struct mime_part *part)
{
	read_text(r, part->name);
	/* What a file is its bytes say; its type was a stranger's to choose. */
	if (bytes_equal_text(part->media, "text/html") && sniff_type(part->content) != SNIFF_HTML)
		read_html(r, part->content);
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

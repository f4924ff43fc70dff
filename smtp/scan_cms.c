/* smtp/scan_cms.c - see scan.h and scan_field.h. Transfer encoding, CMS by its OID, the shape of a multipart/signed. */
#include "smtp/scan_field.h"

#include <string.h>

/* Software writes a line such as "This is an S/MIME signed message" before the first part; a longer text is a message. */
enum { PREAMBLE_NOTICE = 512 };

static int base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool scan_base64(struct bytes text, unsigned char *out, size_t room, size_t *n)
{
	uint32_t bits = 0;
	unsigned held = 0;
	bool padded = false;

	*n = 0;
	for (size_t i = 0; i < text.len && *n < room; i++) {
		unsigned char c = text.at[i];
		if (c == '\r' || c == '\n' || c == ' ' || c == '\t')
			continue;
		if (c == '=') {
			padded = true;
			continue;
		}
		int value = base64_value(c);
		if (value < 0 || padded)
			return false;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[(*n)++] = (unsigned char)(bits >> held);
		}
	}
	/* One character more than whole bytes carries nothing: something was cut off. */
	return held < 6;
}

enum reason scan_decode(struct arena *arena, struct bytes encoded, enum scan_encoding encoding, struct bytes *out)
{
	if (encoding == SCAN_IDENTITY) {
		*out = encoded;
		return REASON_NONE;
	}
	if (encoding != SCAN_BASE64)
		return REASON_MAIL_BAD_ENCODING;
	size_t room = encoded.len / 4 * 3 + 3, n;
	unsigned char *data = arena_try(arena, room);

	if (data == NULL)
		return REASON_MEMORY;
	if (!scan_base64(encoded, data, room, &n))
		return REASON_MAIL_BAD_ENCODING;
	*out = (struct bytes){data, n};
	return REASON_NONE;
}

/* The content type OID of a ContentInfo: SEQUENCE, any length form, OBJECT IDENTIFIER. */
static struct bytes outer_oid(struct bytes der)
{
	struct cursor c = cursor_on(der);

	if (cursor_u8(&c) != 0x30)
		return BYTES_NONE;
	uint8_t length = cursor_u8(&c);
	if (length > 0x84)
		return BYTES_NONE;
	(void)cursor_take(&c, length > 0x80 ? length - 0x80u : 0);
	if (cursor_u8(&c) != 0x06)
		return BYTES_NONE;
	struct bytes oid = cursor_take(&c, cursor_u8(&c));
	return c.failed ? BYTES_NONE : oid;
}

enum scan_cms scan_cms_kind(struct bytes der)
{
	static const struct bytes pkcs7 = BYTES_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x07");             /* 1.2.840.113549.1.7 */
	static const struct bytes smime = BYTES_OF("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01");     /* …1.9.16.1 */
	struct bytes oid = outer_oid(der);

	if (oid.len == pkcs7.len + 1 && bytes_starts(oid, pkcs7)) {
		unsigned char arc = oid.at[pkcs7.len];
		if (arc == 2)
			return SCAN_CMS_SIGNED;
		return arc == 3 || arc == 4 || arc == 6 ? SCAN_CMS_ENCRYPTED : SCAN_CMS_OTHER;
	}
	if (oid.len == smime.len + 1 && bytes_starts(oid, smime))   /* 23: authEnvelopedData (RFC 5083) */
		return oid.at[smime.len] == 23 ? SCAN_CMS_ENCRYPTED : SCAN_CMS_OTHER;
	return SCAN_CMS_NOT;
}

enum scan_cms scan_cms_peek(struct bytes body, enum scan_encoding encoding)
{
	unsigned char head[48];
	size_t n = 0;

	if (encoding == SCAN_IDENTITY)
		return scan_cms_kind(bytes_slice(body, 0, sizeof head));
	if (encoding != SCAN_BASE64)
		return SCAN_CMS_NOT;
	/* Foreign bytes further on are the decoder's matter. */
	(void)!scan_base64(bytes_slice(body, 0, 4 * sizeof head), head, sizeof head, &n);
	return scan_cms_kind((struct bytes){head, n});
}

bool scan_normalise(struct arena *arena, struct bytes raw, struct bytes *out)
{
	size_t bare = 0;

	if (bytes_starts(raw, BYTES("From "))) {
		size_t end = bytes_find_byte(raw, '\n', 0);
		raw = bytes_from(raw, end + 1);
	}
	for (size_t i = bytes_find_byte(raw, '\n', 0); i < raw.len; i = bytes_find_byte(raw, '\n', i + 1))
		bare += i == 0 || raw.at[i - 1] != '\r';
	*out = raw;
	if (bare == 0)
		return true;
	unsigned char *to = arena_try(arena, raw.len + bare);
	if (to == NULL)
		return false;
	size_t n = 0;
	for (size_t i = 0; i < raw.len; i++) {
		if (raw.at[i] == '\n' && (i == 0 || raw.at[i - 1] != '\r'))
			to[n++] = '\r';
		to[n++] = raw.at[i];
	}
	*out = (struct bytes){to, n};
	return true;
}

/* Where a multipart/signed is cut. */
struct cut {
	size_t n;                  /* opening delimiters */
	size_t line[2], after[2];  /* of the first two: where the line begins, where the next one does */
	size_t close, tail;        /* of the closing one */
	bool closed, doubtful;
};

static void find_cuts(struct bytes raw, struct scan_range body, struct bytes boundary, struct cut *cut)
{
	struct bytes all = bytes_slice(raw, 0, body.at + body.len), text;

	for (size_t at = body.at, next = at; scan_line_next(all, &next, &text); at = next) {
		switch (scan_delimiter(text, boundary)) {
		case SCAN_DELIMITER_NOT:
			break;
		case SCAN_DELIMITER_PREFIX:
			cut->doubtful = true;
			break;
		case SCAN_DELIMITER_OPEN:
			if (cut->n < 2) {
				cut->line[cut->n] = at;
				cut->after[cut->n] = next;
			}
			cut->n++;
			break;
		case SCAN_DELIMITER_CLOSE:
			if (!cut->closed) {
				cut->close = at;
				cut->tail = next;
			}
			cut->closed = true;
			break;
		}
	}
}

/* The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
static struct scan_range part_between(struct bytes raw, size_t from, size_t delimiter)
{
	size_t end = delimiter;

	if (end > from && raw.at[end - 1] == '\n')
		end--;
	if (end > from && raw.at[end - 1] == '\r')
		end--;
	return (struct scan_range){from, end - from};
}

static bool blank(struct bytes text)
{
	return bytes_trim(text).len == 0;
}

/* The second part must be the signature. */
static bool signature_part(struct bytes raw, struct scan_range part, struct scan *out)
{
	struct bytes all = bytes_slice(raw, 0, part.at + part.len), text;
	struct scan_block block;
	size_t at = part.at;

	scan_block_start(&block, at);
	for (size_t next = at; scan_line_next(all, &next, &text) && text.len > 0; at = next)
		scan_block_line(&block, raw, at, text, next);
	scan_block_finish(&block, raw, false);
	if (at >= all.len || (block.kind != SCAN_KIND_CMS_SIGNATURE && block.kind != SCAN_KIND_CMS_BY_NAME))
		return false;
	at = bytes_find_byte(all, '\n', at) + 1;
	if (at >= all.len)
		return false;
	out->cms = (struct scan_range){at, all.len - at};
	out->cms_encoding = block.encoding;
	return true;
}

bool scan_signed(struct bytes raw, struct scan_range body, struct bytes boundary, struct scan *out)
{
	struct cut cut = {0};

	out->layer = SCAN_LAYER_MALFORMED;
	find_cuts(raw, body, boundary, &cut);
	if (cut.n < 2 || !cut.closed || cut.close < cut.after[1])
		return cut.doubtful;
	struct scan_range entity = part_between(raw, cut.after[0], cut.line[1]);
	struct bytes preamble = bytes_slice(raw, body.at, cut.line[0] - body.at);
	struct bytes epilogue = bytes_slice(raw, cut.tail, body.at + body.len - cut.tail);

	if (entity.len == 0 || !signature_part(raw, part_between(raw, cut.after[1], cut.close), out))
		return cut.doubtful;
	/* Anything that some reader might show beside the signed part makes the whole unsigned (attacks S6). */
	if (cut.n > 2 || !blank(epilogue) || (preamble.len > PREAMBLE_NOTICE && !blank(preamble)))
		out->layer = SCAN_LAYER_PARTIAL;
	else if (!cut.doubtful)
		out->layer = SCAN_LAYER_SIGNED;
	if (out->layer == SCAN_LAYER_SIGNED)
		out->entity = entity;
	return cut.doubtful;
}

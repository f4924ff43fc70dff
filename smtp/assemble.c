/* smtp/assemble.c - see assemble.h. */
#include "smtp/assemble.h"

#include <string.h>

#include "base/limits.h"

/* 32 of the 64 digits of the entity's SHA-256: no line of the entity can be made to hold its own digest. "=_" occurs in no
 * base64 and no quoted-printable text (RFC 2045 6.7). */
enum { BOUNDARY_DIGITS = 32, DIGEST_DIGITS = 64, LINE = 76 };

#define BOUNDARY_MARK "=_relais_"

static const struct bytes type_before = BYTES_OF("Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
						 "\tmicalg=sha-256; boundary=\"" BOUNDARY_MARK);
static const struct bytes type_after = BYTES_OF("\"\r\n\r\n");
static const struct bytes dashes_first = BYTES_OF("--" BOUNDARY_MARK);
static const struct bytes dashes = BYTES_OF("\r\n--" BOUNDARY_MARK);
static const struct bytes line_end = BYTES_OF("\r\n");
static const struct bytes signature_head = BYTES_OF("\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
						    "Content-Transfer-Encoding: base64\r\n"
						    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n");
static const struct bytes last = BYTES_OF("--\r\n");
static const struct bytes object_before = BYTES_OF("Content-Type: application/pkcs7-mime; smime-type=");
static const struct bytes object_after = BYTES_OF("; name=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n"
						  "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n");

static bool is_digest(struct bytes a)
{
	for (size_t i = 0; i < a.len; i++)
		if (!((a.at[i] >= '0' && a.at[i] <= '9') || (a.at[i] >= 'a' && a.at[i] <= 'f')))
			return false;
	return a.len == DIGEST_DIGITS;
}

/* Whole fields: no empty line that would end the header early, no second Content-Type, no bare CR or LF. */
static bool is_head(struct bytes head)
{
	struct cursor c = cursor_on(head);

	if (head.len == 0 || !bytes_ends(head, line_end))
		return false;
	while (c.left.len > 0) {
		struct bytes line = cursor_until(&c, '\n');
		if (line.len < 2 || line.at[line.len - 1] != '\r')
			return false;
		line.len--;
		if (bytes_find_byte(line, '\r', 0) < line.len || bytes_find_byte(line, '\0', 0) < line.len ||
		    bytes_starts_nocase(line, BYTES("Content-Type")))
			return false;
	}
	return true;
}

static size_t encoded_size(size_t len)
{
	size_t characters = (len + 2) / 3 * 4;

	return characters + (characters + LINE - 1) / LINE * 2;
}

/* One line of base64: LINE characters of 57 bytes. */
static size_t encode_line(struct bytes from, unsigned char to[LINE + 2])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;

	for (size_t i = 0; i < from.len; i += 3) {
		size_t left = from.len - i;
		uint32_t bits = (uint32_t)from.at[i] << 16;
		if (left > 1)
			bits |= (uint32_t)from.at[i + 1] << 8;
		if (left > 2)
			bits |= from.at[i + 2];
		to[n++] = (unsigned char)digits[bits >> 18];
		to[n++] = (unsigned char)digits[bits >> 12 & 63];
		to[n++] = left > 1 ? (unsigned char)digits[bits >> 6 & 63] : '=';
		to[n++] = left > 2 ? (unsigned char)digits[bits & 63] : '=';
	}
	to[n++] = '\r';
	to[n++] = '\n';
	return n;
}

static bool encode(struct bytes p7s, assemble_sink *sink, void *context)
{
	unsigned char line[LINE + 2];

	for (size_t at = 0; at < p7s.len; at += LINE / 4 * 3) {
		size_t n = encode_line(bytes_slice(p7s, at, LINE / 4 * 3), line);
		if (!sink(context, (struct bytes){line, n}))
			return false;
	}
	return true;
}

static bool buf_sink(void *context, struct bytes piece)
{
	struct buf *out = context;

	buf_add(out, piece);
	return buf_ok(out);
}

bool assemble_is_report(struct bytes entity)
{
	return bytes_starts_nocase(entity, BYTES("Content-Type: multipart/report;"));
}

/* The entity's own header ends the head: head + entity is the mail. */
static enum reason report_pieces(const struct assemble *mail, assemble_sink *sink, void *context)
{
	if (mail->p7s.len > 0 || !assemble_is_report(mail->entity))
		return REASON_SIGN_REFUSED;
	return sink(context, mail->head) && sink(context, mail->entity) ? REASON_NONE : REASON_IO;
}

static bool is_encrypted(const struct assemble *mail)
{
	return mail->form == ASSEMBLE_AUTHENTICATED || mail->form == ASSEMBLE_ENVELOPED;
}

/* RFC 8551 3.2.2 */
static struct bytes object_kind(const struct assemble *mail)
{
	return mail->form == ASSEMBLE_AUTHENTICATED ? BYTES("authEnveloped-data") : BYTES("enveloped-data");
}

static enum reason object_pieces(const struct assemble *mail, assemble_sink *sink, void *context)
{
	if (!is_head(mail->head) || mail->p7s.len == 0 || mail->p7s.len > LIMIT_MESSAGE)
		return REASON_COMPOSE_FIELD;
	bool ok = sink(context, mail->head) && sink(context, object_before) && sink(context, object_kind(mail)) && sink(context, object_after) &&
		  encode(mail->p7s, sink, context);
	return ok ? REASON_NONE : REASON_IO;
}

enum reason assemble_pieces(const struct assemble *mail, assemble_sink *sink, void *context)
{
	if (is_encrypted(mail))
		return object_pieces(mail, sink, context);
	if (!is_head(mail->head) || !is_digest(mail->digest) || mail->entity.len == 0)
		return REASON_COMPOSE_FIELD;
	if (mail->form == ASSEMBLE_REPORT)
		return report_pieces(mail, sink, context);
	if (mail->p7s.len == 0 || mail->p7s.len > LIMIT_CMS)
		return REASON_SIGN_REFUSED;
	struct bytes digits = bytes_slice(mail->digest, 0, BOUNDARY_DIGITS);
	const struct bytes before[] = {mail->head, type_before, digits, type_after, dashes_first, digits, line_end, mail->entity,
				       dashes, digits, signature_head};
	const struct bytes after[] = {dashes_first, digits, last};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof before / sizeof before[0]; i++)
		ok = sink(context, before[i]);
	ok = ok && encode(mail->p7s, sink, context);
	for (size_t i = 0; ok && i < sizeof after / sizeof after[0]; i++)
		ok = sink(context, after[i]);
	return ok ? REASON_NONE : REASON_IO;
}

enum reason assemble_message(const struct assemble *mail, struct buf *out)
{
	enum reason reason = assemble_pieces(mail, buf_sink, out);

	return reason == REASON_IO ? REASON_MEMORY : reason;
}

size_t assemble_size(const struct assemble *mail)
{
	if (mail->form == ASSEMBLE_REPORT)
		return mail->head.len + mail->entity.len;
	if (is_encrypted(mail))
		return mail->head.len + object_before.len + object_kind(mail).len + object_after.len + encoded_size(mail->p7s.len);
	return mail->head.len + type_before.len + type_after.len + 2 * dashes_first.len + dashes.len + 4 * BOUNDARY_DIGITS +
	       line_end.len + mail->entity.len + signature_head.len + encoded_size(mail->p7s.len) + last.len;
}

const char *assemble_encrypted_name(enum assemble_form form)
{
	return form == ASSEMBLE_AUTHENTICATED ? "authenticated" : form == ASSEMBLE_ENVELOPED ? "enveloped" : NULL;
}

enum assemble_form assemble_encrypted_form(struct bytes name)
{
	return bytes_equal_text(name, "authenticated") ? ASSEMBLE_AUTHENTICATED : bytes_equal_text(name, "enveloped") ? ASSEMBLE_ENVELOPED : ASSEMBLE_SIGNED;
}

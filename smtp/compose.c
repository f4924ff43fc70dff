/* smtp/compose.c - see compose.h. */
#include "smtp/compose.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "smtp/compose_word.h"
#include "smtp/mime_build.h"
#include "smtp/mime_flowed.h"

/* --- checks ----------------------------------------------------------------- */

static bool visible(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= 0x20 || text.at[i] >= 0x7f)
			return false;
	return text.len > 0;
}

/* A header value before it is encoded: no control character, those of Unicode (U+0080 to U+009F) and its line ends included. */
static bool one_line(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
		if (text.at[i] == 0xc2 && i + 1 < text.len && text.at[i + 1] < 0xa0)
			return false;
	}
	return text.len <= LIMIT_COMPOSE_LINE && bytes_utf8(text) && !bytes_contains(text, BYTES("\u2028")) &&
	       !bytes_contains(text, BYTES("\u2029"));
}

static bool atom_sign(unsigned char c)
{
	static const struct bytes signs = BYTES_OF("!#$%&'*+-/=?^_`{|}~");
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return letter || bytes_find_byte(signs, c, 0) < signs.len;
}

/* RFC 5322 3.4.1: dot-atoms on both sides. What we write to is never a quoted local part. */
static bool dot_atoms(struct bytes text, size_t max)
{
	bool dot = true;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '.' ? dot : !atom_sign(text.at[i]))
			return false;
		dot = text.at[i] == '.';
	}
	return text.len > 0 && text.len <= max && !dot;
}

static bool address_allowed(struct bytes address)
{
	size_t at = bytes_find_byte(address, '@', 0);
	return address.len <= LIMIT_SMTP_PATH && dot_atoms(bytes_slice(address, 0, at), LIMIT_SMTP_LOCAL_PART) &&
	       dot_atoms(bytes_from(address, at + 1), LIMIT_SMTP_DOMAIN);
}

/* "<left@right>" of visible characters. */
static bool id_allowed(struct bytes id)
{
	if (id.len < 5 || id.len > LIMIT_COMPOSE_LINE || !visible(id) || id.at[0] != '<' || id.at[id.len - 1] != '>')
		return false;
	struct bytes inside = bytes_slice(id, 1, id.len - 2);
	return bytes_find_byte(inside, '<', 0) == inside.len && bytes_find_byte(inside, '>', 0) == inside.len &&
	       bytes_find_byte(inside, '@', 0) < inside.len;
}

static bool media_allowed(struct bytes media)
{
	size_t slash = bytes_find_byte(media, '/', 0);
	bool composite = bytes_starts_nocase(media, BYTES("multipart/")) || bytes_starts_nocase(media, BYTES("message/"));
	return media.len <= 100 && !composite && dot_atoms(bytes_slice(media, 0, slash), 50) && dot_atoms(bytes_from(media, slash + 1), 80) &&
	       bytes_find_byte(bytes_from(media, slash + 1), '/', 0) == media.len - slash - 1;
}

/* A name that stays in the folder where it is saved. */
static bool name_allowed(struct bytes name)
{
	return name.len > 0 && name.len <= LIMIT_ZIP_NAME && one_line(name) && bytes_find_byte(name, '/', 0) == name.len &&
	       bytes_find_byte(name, '\\', 0) == name.len && name.at[0] != '.';
}

static bool codes_allowed(struct bytes codes)
{
	for (size_t i = 0; i < codes.len; i++)
		if (!atom_sign(codes.at[i]) && codes.at[i] != ',' && codes.at[i] != '.')
			return false;
	return codes.len <= 500;
}

/* A body takes line ends and tabs; no NUL and no other control character (RFC 5322 2.3). */
static bool text_allowed(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		bool end = c == '\n' || (c == '\r' && i + 1 < text.len && text.at[i + 1] == '\n');
		if ((c < 0x20 && !end && c != '\t') || c == 0x7f)
			return false;
	}
	return text.len > 0 && text.len <= 4 * LIMIT_TEXT && bytes_utf8(text);
}

static const char *bad_part(const struct smtp_compose *mail)
{
	if (mail->part_count > LIMIT_MIME_PARTS - 2 || (mail->notice != NULL && mail->part_count > 0))
		return "attachments";
	for (size_t i = 0; i < mail->part_count; i++) {
		if (!name_allowed(mail->parts[i].name))
			return "attachments.name";
		if (!media_allowed(mail->parts[i].media))
			return "attachments.media";
	}
	return NULL;
}

static const char *bad_reference(const struct smtp_compose *mail)
{
	if (!one_line(mail->in_reply_to))
		return "in_reply_to";
	for (size_t i = 0; i < mail->reference_count; i++)
		if (!one_line(mail->references[i]))
			return "references";
	return NULL;
}

static const char *bad_mss(const struct smtp_compose *mail)
{
	if (mail->mss_ins.len > 0 && !bytes_equal_text(mail->mss_ins, "O") && !bytes_equal_text(mail->mss_ins, "N"))
		return "mss.ins";
	if (!codes_allowed(mail->mss_codes))
		return "mss.codes";
	if (mail->mss_nil.len > 0 && (!visible(mail->mss_nil) || mail->mss_nil.len > 100))
		return "mss.nil";
	return NULL;
}

static const char *bad_field(const struct smtp_compose *mail)
{
	if (!id_allowed(mail->message_id))
		return "message_id";
	if (!address_allowed(mail->from_address))
		return "from.address";
	if (!one_line(mail->from_name))
		return "from.name";
	if (!address_allowed(mail->to))
		return "to";
	if (mail->reply_to.len > 0 && !address_allowed(mail->reply_to))
		return "reply_to";
	if (mail->notification_to.len > 0 && !address_allowed(mail->notification_to))
		return "notification_to";
	if (bytes_trim(mail->subject).len == 0 || !one_line(mail->subject))
		return "subject";
	if (!text_allowed(mail->text))
		return "text";
	if (mail->language.len > 0 && !dot_atoms(mail->language, 20))
		return "language";
	const char *bad = bad_reference(mail);
	if (bad == NULL)
		bad = bad_mss(mail);
	return bad != NULL ? bad : bad_part(mail);
}

/* --- the head --------------------------------------------------------------- */

static struct bytes from_text(struct arena *arena, const struct smtp_compose *mail)
{
	struct bytes name = compose_word_phrase(arena, mail->from_name);
	if (name.len == 0)
		return mail->from_address;
	return bytes_of_text(arena_printf(arena, "%s <%s>", arena_text(arena, name), arena_text(arena, mail->from_address)));
}

static struct bytes references_text(struct arena *arena, const struct smtp_compose *mail)
{
	struct buf out = buf_make((size_t)(LIMIT_COMPOSE_REFERENCES + 1) * (LIMIT_COMPOSE_LINE + 1));
	size_t count = mail->reference_count;
	for (size_t i = count > LIMIT_COMPOSE_REFERENCES ? count - LIMIT_COMPOSE_REFERENCES : 0; i < count; i++) {
		if (!id_allowed(mail->references[i]))
			continue;
		if (out.len > 0)
			buf_u8(&out, ' ');
		buf_add(&out, mail->references[i]);
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static void add(struct buf *out, const char *name, struct bytes value)
{
	if (value.len > 0)
		compose_word_fold(out, name, value);
}

static void add_head(struct arena *arena, struct buf *out, const struct smtp_compose *mail)
{
	add(out, "From", from_text(arena, mail));
	add(out, "To", mail->to);
	add(out, "Reply-To", mail->reply_to);
	add(out, "Subject", compose_word_text(arena, mail->subject));
	add(out, "Date", compose_word_date(arena, mail->date, mail->offset_minutes));
	add(out, "Message-ID", mail->message_id);
	/* Ids of others are theirs: one that is not of the form is left out, not a reason to send nothing. */
	add(out, "In-Reply-To", id_allowed(mail->in_reply_to) ? mail->in_reply_to : BYTES_NONE);
	add(out, "References", references_text(arena, mail));
	add(out, "Disposition-Notification-To", mail->notification_to);
	/* RFC 3834 5: keeps automatic answers from answering us. */
	add(out, "Auto-Submitted", mail->notice != NULL ? BYTES("auto-replied") : BYTES("auto-generated"));
	add(out, "X-MSS-INS", mail->mss_ins);
	add(out, "X-MSS-CODECDA", mail->mss_codes);
	add(out, "X-MSS-NIL", mail->mss_nil);
	add(out, "X-MSS-MES", mail->mss_end ? BYTES("FIN") : BYTES_NONE);
	add(out, "MIME-Version", BYTES("1.0"));
}

/* --- the text --------------------------------------------------------------- */

/* LF alone at each end, and one at the very end. */
static struct bytes lines(struct arena *arena, struct bytes text)
{
	unsigned char *copy = arena_alloc(arena, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] != '\r')
			copy[len++] = text.at[i];
	if (len == 0 || copy[len - 1] != '\n')
		copy[len++] = '\n';
	return (struct bytes){copy, len};
}

static enum reason build(struct arena *arena, const struct smtp_compose *mail, const char *boundary, struct bytes *out, const char **field)
{
	struct notice_written notice;
	struct bytes text = lines(arena, mail->text);

	if (mail->notice == NULL) {
		const struct mime_build_text body = {
			.language = mail->language, .plain = mime_flowed_cut(arena, text),
			.html = compose_html(arena, text, mail->subject, mail->language, mail->links, mail->link_count),
		};
		return mime_build_entity(arena, boundary, &body, mail->parts, mail->part_count, out);
	}
	enum reason reason = notice_write(arena, mail->notice, &notice, field);
	return reason == REASON_NONE ? mime_build_report(arena, boundary, mime_flowed_cut(arena, text), mail->language, &notice, out) : reason;
}

enum reason smtp_compose(struct arena *arena, const struct smtp_compose *mail, struct bytes *head, struct bytes *entity,
			 const char **field)
{
	const char *bad = bad_field(mail);
	if (bad != NULL) {
		*field = bad;
		return REASON_COMPOSE_FIELD;
	}
	char digest[DIGEST_SHA256_TEXT];
	digest_sha256_text(mail->message_id, digest);
	const char *boundary = arena_printf(arena, "=_relais_%.32s", digest);
	struct bytes built;
	enum reason reason = build(arena, mail, boundary, &built, field);
	if (reason != REASON_NONE)
		return reason;
	struct buf out = buf_make(LIMIT_HEADER_BLOCK);
	add_head(arena, &out, mail);
	reason = !buf_ok(&out) || out.len + built.len > LIMIT_COMPOSE_MAIL ? REASON_COMPOSE_SIZE : REASON_NONE;
	if (reason == REASON_NONE) {
		*head = arena_copy(arena, buf_bytes(&out));
		*entity = built;
	}
	buf_free(&out);
	return reason;
}

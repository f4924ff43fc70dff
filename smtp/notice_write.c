/* smtp/notice_write.c - see notice_write.h. */
#include "smtp/notice_write.h"

#include "base/buf.h"
#include "base/limits.h"
#include "smtp/compose_word.h"

enum {
	FIELDS_MAX = 256 * 1024,
	ADDRESS_MAX = 254,           /* RFC 5321 4.5.3.1.3 less the angle brackets */
	ORIGINAL_MAX = 500,          /* RFC 3461 4.2 */
	TO_MAX = 20,
};

/* --- checks ------------------------------------------------------------------------ */

static bool is_ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] > 0x7e)
			return false;
	return true;
}

/* No control character, those of Unicode (U+0080 to U+009F, U+2028, U+2029) included. */
static bool is_line(struct bytes text, size_t max)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] == 0x7f || (text.at[i] == 0xc2 && i + 1 < text.len && text.at[i + 1] < 0xa0))
			return false;
	return text.len <= max && bytes_utf8(text) && !bytes_contains(text, BYTES("\u2028")) &&
	       !bytes_contains(text, BYTES("\u2029"));
}

static bool is_words(struct bytes text, size_t max)
{
	return bytes_trim(text).len > 0 && is_ascii(text) && is_line(text, max);
}

static bool has_any(struct bytes text, const char *signs)
{
	for (const char *s = signs; *s != '\0'; s++)
		if (bytes_find_byte(text, (unsigned char)*s, 0) < text.len)
			return true;
	return false;
}

/* local@domain without quotes, blanks or comments: no other mailbox is ours, and of others no other is told. */
static bool is_mailbox(struct bytes text)
{
	size_t at = bytes_find_byte(text, '@', 0);

	return at > 0 && at + 1 < text.len && bytes_find_byte(text, '@', at + 1) == text.len && is_line(text, ADDRESS_MAX) &&
	       !has_any(text, " <>()[],;:\"\\");
}

/* "type;address" (RFC 3464 2.1.2). */
static bool is_typed(struct bytes text)
{
	size_t end = bytes_find_byte(text, ';', 0);

	for (size_t i = 0; i < end; i++) {
		unsigned char c = text.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return false;
	}
	return end > 0 && end < text.len && bytes_trim(bytes_from(text, end + 1)).len > 0 && is_line(text, ORIGINAL_MAX);
}

static bool is_status(struct bytes text)
{
	bool good = text.len >= 5 && text.len <= 9 && (text.at[0] == '2' || text.at[0] == '4' || text.at[0] == '5') && text.at[1] == '.';

	for (size_t i = 2; good && i < text.len; i++)
		good = text.at[i] == '.' || (text.at[i] >= '0' && text.at[i] <= '9');
	return good;
}

static bool is_message_id(struct bytes id)
{
	if (id.len < 5 || id.len > LIMIT_COMPOSE_LINE || id.at[0] != '<' || id.at[id.len - 1] != '>' || !is_ascii(id))
		return false;
	struct bytes inside = bytes_slice(id, 1, id.len - 2);
	return is_line(inside, LIMIT_COMPOSE_LINE) && !has_any(inside, " <>") && bytes_find_byte(inside, '@', 0) < inside.len;
}

static const char *bad_recipients(const struct notice_write *n)
{
	if (n->n == 0 || n->n > LIMIT_SMTP_RECIPIENTS || (n->kind == NOTICE_WRITE_MDN && n->n > 1))
		return "notice.recipients";
	for (size_t i = 0; i < n->n; i++)
		if (!is_mailbox(n->recipients[i].final))
			return "notice.recipients.final";
	return NULL;
}

static const char *bad_field(const struct notice_write *n)
{
	if (!is_words(n->agent, 300) || (n->kind == NOTICE_WRITE_DSN && has_any(n->agent, " ;")))
		return "notice.agent";
	if (n->kind == NOTICE_WRITE_DSN && !is_status(n->status))
		return "notice.status";
	if (n->diagnostic.len > 0 && !is_words(n->diagnostic, LIMIT_COMPOSE_LINE))
		return "notice.diagnostic";
	if (n->error.len > 0 && !is_words(n->error, 200))
		return "notice.error";
	return bad_recipients(n);
}

/* --- fields ------------------------------------------------------------------------- */

static void add(struct buf *out, const char *name, const char *before, struct bytes value)
{
	buf_printf(out, "%s: %s", name, before);
	buf_add(out, value);
	buf_text(out, "\r\n");
}

static void add_final(struct buf *out, const struct notice_write_recipient *r)
{
	add(out, "Final-Recipient", is_ascii(r->final) ? "rfc822; " : "utf-8; ", r->final);
}

static void add_recipient(struct arena *arena, struct buf *out, const struct notice_write *n, const struct notice_write_recipient *r)
{
	buf_text(out, "\r\n");
	if (is_typed(r->original))
		add(out, "Original-Recipient", "", r->original);
	add_final(out, r);
	add(out, "Action", "", n->failed ? BYTES("failed") : BYTES("delivered"));
	add(out, "Status", "", n->status);
	if (n->diagnostic.len > 0)
		compose_word_fold(out, "Diagnostic-Code", bytes_of_text(arena_printf(arena, "smtp; %.*s", (int)n->diagnostic.len,
										     (const char *)n->diagnostic.at)));
}

/* RFC 3464 2.2, 2.3. */
static void add_delivery(struct arena *arena, struct buf *out, const struct notice_write *n)
{
	if (is_words(n->envelope_id, LIMIT_SMTP_ENVID))
		add(out, "Original-Envelope-Id", "", n->envelope_id);
	add(out, "Reporting-MTA", "dns; ", n->agent);
	add(out, "Arrival-Date", "", compose_word_date(arena, n->arrival, n->offset_minutes));
	for (size_t i = 0; i < n->n; i++)
		add_recipient(arena, out, n, &n->recipients[i]);
}

/* RFC 8098 3.1. The trust space writes the error behind the disposition as well as in its own field (volet HL7v2). */
static void add_disposition(struct buf *out, const struct notice_write *n)
{
	const struct notice_write_recipient *r = &n->recipients[0];

	add(out, "Reporting-UA", "", n->agent);
	if (is_typed(r->original))
		add(out, "Original-Recipient", "", r->original);
	else
		add(out, "Original-Recipient", is_ascii(r->final) ? "rfc822; " : "utf-8; ", r->final);
	add_final(out, r);
	if (is_message_id(n->original_id))
		add(out, "Original-Message-ID", "", n->original_id);
	if (n->error.len == 0) {
		add(out, "Disposition", "automatic-action/MDN-sent-automatically; processed", BYTES_NONE);
		return;
	}
	add(out, "Disposition", "automatic-action/MDN-sent-automatically; processed/Error: ", n->error);
	add(out, "Error", "", n->error);
}

static void add_headers(struct arena *arena, struct buf *out, const struct notice_write *n)
{
	struct buf to = buf_make((size_t)TO_MAX * (ADDRESS_MAX + 2));
	size_t told = 0;

	if (is_message_id(n->original_id))
		add(out, "Message-ID", "", n->original_id);
	if (n->dated)
		add(out, "Date", "", compose_word_date(arena, n->date, n->offset_minutes));
	if (is_mailbox(n->original_from))
		add(out, "From", "", n->original_from);
	for (size_t i = 0; i < n->n_to && told < TO_MAX; i++) {
		if (!is_mailbox(n->original_to[i]))
			continue;
		buf_text(&to, told++ > 0 ? ", " : "");
		buf_add(&to, n->original_to[i]);
	}
	if (told > 0)
		compose_word_fold(out, "To", buf_bytes(&to));
	buf_free(&to);
}

enum reason notice_write(struct arena *arena, const struct notice_write *notice, struct notice_written *out, const char **field)
{
	const char *bad = bad_field(notice);
	struct buf fields = buf_make(FIELDS_MAX), headers = buf_make(LIMIT_HEADER_BLOCK);
	enum reason reason = REASON_COMPOSE_FIELD;

	if (bad != NULL) {
		*field = bad;
		goto out;
	}
	if (notice->kind == NOTICE_WRITE_DSN)
		add_delivery(arena, &fields, notice);
	else
		add_disposition(&fields, notice);
	add_headers(arena, &headers, notice);
	reason = buf_ok(&fields) && buf_ok(&headers) ? REASON_NONE : REASON_COMPOSE_SIZE;
	if (reason != REASON_NONE)
		goto out;
	bool global = !is_ascii(buf_bytes(&fields)) || !is_ascii(buf_bytes(&headers)), dsn = notice->kind == NOTICE_WRITE_DSN;
	*out = (struct notice_written){
		.global = global,
		.report_type = dsn ? "delivery-status" : "disposition-notification",
		.media = dsn ? (global ? "message/global-delivery-status" : "message/delivery-status")
			     : (global ? "message/global-disposition-notification" : "message/disposition-notification"),
		.fields = arena_copy(arena, buf_bytes(&fields)),
		.headers_media = global ? "message/global-headers" : "text/rfc822-headers",
		.headers = arena_copy(arena, buf_bytes(&headers)),
	};
out:
	buf_free(&fields);
	buf_free(&headers);
	return reason;
}

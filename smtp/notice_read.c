/* smtp/notice_read.c - see notice_read.h. */
#include "smtp/notice_read.h"

#include "smtp/mime_head.h"
#include "smtp/notice_words.h"

const char *notice_type_name(enum notice_type type)
{
	static const char *const names[] = {
		[NOTICE_DSN] = "dsn",
		[NOTICE_MDN] = "mdn",
		[NOTICE_ARF] = "arf",
		[NOTICE_AUTO_REPLY] = "auto-reply",
	};
	return names[type];
}

static const struct mime_part *part_of(const struct mime_message *message, const char *media)
{
	for (size_t i = 0; i < message->n; i++)
		if (bytes_equal_text(message->parts[i].media, media))
			return &message->parts[i];
	return NULL;
}

static const struct mime_part *part_of_two(const struct mime_message *message, const char *media, const char *global)
{
	const struct mime_part *part = part_of(message, media);
	return part != NULL ? part : part_of(message, global);
}

static struct bytes lower(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i];
	return (struct bytes){out, text.len};
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3461 section 4: "+" and two capital hexadecimal digits. Controls stay encoded. */
static struct bytes xtext(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '+' && i + 2 < text.len && hex_value(text.at[i + 1]) >= 0 && hex_value(text.at[i + 2]) >= 0) {
			int byte = hex_value(text.at[i + 1]) << 4 | hex_value(text.at[i + 2]);
			if (byte > ' ' && byte < 0x7f) {
				out[len++] = (unsigned char)byte;
				i += 2;
				continue;
			}
		}
		out[len++] = text.at[i];
	}
	return (struct bytes){out, len};
}

/* "rfc822; <a@b>" gives a@b; the type may be missing (RFC 3464 2.3.2 in the wild). */
static struct bytes address_of(struct bytes value)
{
	size_t semicolon = bytes_find_byte(value, ';', 0);
	struct bytes address = bytes_trim(semicolon < value.len ? bytes_from(value, semicolon + 1) : value);

	size_t open = bytes_find_byte(address, '<', 0), close = bytes_find_byte(address, '>', open);
	if (close < address.len)
		address = bytes_slice(address, open + 1, close - open - 1);
	size_t blank = bytes_find_byte(address, ' ', 0);
	return bytes_slice(address, 0, blank);
}

static size_t put_utf8(unsigned char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (unsigned char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (unsigned char)(0xc0 | point >> 6);
		out[1] = (unsigned char)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (unsigned char)(0xe0 | point >> 12);
		out[1] = (unsigned char)(0x80 | (point >> 6 & 63));
		out[2] = (unsigned char)(0x80 | (point & 63));
		return 3;
	}
	out[0] = (unsigned char)(0xf0 | point >> 18);
	out[1] = (unsigned char)(0x80 | (point >> 12 & 63));
	out[2] = (unsigned char)(0x80 | (point >> 6 & 63));
	out[3] = (unsigned char)(0x80 | (point & 63));
	return 4;
}

/* A character written as "\x{E9}" (RFC 6533 3) at the front of text. Length of what stands for it, or 0: none, a control, a surrogate. */
static size_t escaped(struct bytes text, uint32_t *point)
{
	size_t at = 3;

	if (!bytes_starts(text, BYTES("\\x{")))
		return 0;
	for (*point = 0; at < text.len && at < 9 && text.at[at] != '}'; at++) {
		int value = hex_value(text.at[at]);
		if (value < 0)
			return 0;
		*point = *point << 4 | (uint32_t)value;
	}
	bool allowed = *point > ' ' && *point != 0x7f && !(*point >= 0x80 && *point < 0xa0) && !(*point >= 0xd800 && *point < 0xe000) && *point < 0x110000;
	return at > 3 && at < text.len && text.at[at] == '}' && allowed ? at + 1 : 0;
}

/* An address of type utf-8 in its ASCII form, as it is meant; each escape is longer than what it stands for. */
static struct bytes plain_address(struct arena *arena, struct bytes value)
{
	struct bytes address = address_of(value);
	unsigned char *out = arena_alloc(arena, address.len + 1);
	size_t len = 0;
	uint32_t point;

	if (!bytes_starts_nocase(value, BYTES("utf-8")))
		return address;
	for (size_t i = 0; i < address.len;) {
		size_t n = escaped(bytes_from(address, i), &point);
		if (n > 0)
			len += put_utf8(out + len, point);
		else
			out[len++] = address.at[i];
		i += n > 0 ? n : 1;
	}
	return (struct bytes){out, len};
}

static struct bytes first_word(struct bytes value)
{
	size_t end = 0;
	while (end < value.len && value.at[end] != ' ' && value.at[end] != ';' && value.at[end] != '(' && value.at[end] != '\t')
		end++;
	return bytes_slice(value, 0, end);
}

/* "5.1.0": other or undefined (RFC 3463 3). */
static bool says_little(struct bytes status)
{
	return status.len == 0 || bytes_ends(status, BYTES(".0"));
}

/* One group of the report; a second recipient field without an empty line before it begins another (seen in the wild). */
struct reading {
	struct arena *arena;
	struct notice *out;
	struct notice_recipient now;
	struct bytes diagnostic;
	bool open, final_seen, original_seen;
};

static void finish(struct reading *r)
{
	struct notice_recipient *now = &r->now;

	if (r->open && r->out->n < NOTICE_RECIPIENTS) {
		if (says_little(now->status)) {
			/* The remote server's own words say more than "something went wrong". */
			struct bytes better = notice_words_status(r->arena, r->diagnostic);
			bool says_more = !says_little(better) && bytes_starts(better, bytes_slice(now->status, 0, 1));
			/* A failure that calls itself temporary: the server's "5" says what it is. */
			bool mends = bytes_equal_text(now->action, "failed") && bytes_starts(now->status, BYTES("4")) && bytes_starts(better, BYTES("5")) &&
				     !bytes_ends(better, BYTES(".0.0"));
			if (better.len > 0 && (now->status.len == 0 || says_more || mends))
				now->status = better;
		}
		if (now->address.len == 0)
			now->address = now->original;
		if (now->address.len > 0 || now->disposition.len > 0 || now->status.len > 0)
			r->out->recipients[r->out->n++] = *now;
	}
	r->now = (struct notice_recipient){0};
	r->diagnostic = BYTES_NONE;
	r->open = r->final_seen = r->original_seen = false;
}

static void take_recipient(struct reading *r, struct bytes value, bool original)
{
	if (original ? r->original_seen : r->final_seen)
		finish(r);
	r->open = true;
	if (original) {
		r->original_seen = true;
		r->now.original = xtext(r->arena, plain_address(r->arena, value));
	} else {
		r->final_seen = true;
		r->now.address = plain_address(r->arena, value);
	}
}

static void take_field(struct reading *r, struct bytes name, struct bytes value)
{
	if (bytes_equal_nocase(name, BYTES("Final-Recipient"))) {
		take_recipient(r, value, false);
	} else if (bytes_equal_nocase(name, BYTES("Original-Recipient"))) {
		take_recipient(r, value, true);
	} else if (bytes_equal_nocase(name, BYTES("Action"))) {
		r->open = true;
		r->now.action = lower(r->arena, first_word(value));
	} else if (bytes_equal_nocase(name, BYTES("Status"))) {
		r->open = true;
		r->now.status = notice_words_status(r->arena, value);
	} else if (bytes_equal_nocase(name, BYTES("Diagnostic-Code"))) {
		r->diagnostic = value;
	} else if (bytes_equal_nocase(name, BYTES("Disposition"))) {
		/* "automatic-action/MDN-sent-automatically; displayed" (RFC 8098 3.2.6) */
		r->open = true;
		r->now.disposition = lower(r->arena, bytes_trim(bytes_from(value, bytes_find_byte(value, ';', 0) + 1)));
	} else if (bytes_equal_nocase(name, BYTES("Original-Message-ID"))) {
		r->out->original_message_id = value;
	} else if (bytes_equal_nocase(name, BYTES("Original-Envelope-Id"))) {
		r->out->envelope_id = xtext(r->arena, value);
	} else if (bytes_equal_nocase(name, BYTES("Original-Rcpt-To"))) {
		take_recipient(r, value, false);
	}
}

static struct bytes without_fold(struct arena *arena, struct bytes value)
{
	unsigned char *out = arena_alloc(arena, value.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] != '\r' && value.at[i] != '\n')
			out[len++] = value.at[i] < ' ' ? ' ' : value.at[i];
	return bytes_trim((struct bytes){out, len});
}

static void read_fields(struct arena *arena, struct bytes content, struct notice *out)
{
	struct reading r = {.arena = arena, .out = out};
	struct mime_field field;

	while (content.len > 0) {
		while (mime_field_next(&content, &field))
			take_field(&r, field.name, without_fold(arena, field.value));
		finish(&r);
		/* mime_field_next stopped at an empty line. */
		content = bytes_from(content, bytes_find_byte(content, '\n', 0) + 1);
	}
}

/* The header of the mail reported on, which is usually a part of the report; empty when it is not. */
static struct bytes original_header(const struct mime_message *message)
{
	static const char *const media[] = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"};

	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		const struct mime_part *part = part_of(message, media[i]);
		if (part == NULL)
			continue;
		struct bytes content = part->content;
		while (content.len > 0 && (content.at[0] == '\r' || content.at[0] == '\n'))
			content = bytes_from(content, 1);
		return mime_head_block(content, NULL);
	}
	return BYTES_NONE;
}

/* A report that names nobody at all: whom the mail had been written to, when that was one. */
static void read_addressee(struct arena *arena, struct bytes header, struct notice *out)
{
	struct mime_head head;

	(void)mime_head_read(arena, header, &head);
	if (head.to.n != 1)
		return;
	out->recipients[0] = (struct notice_recipient){.address = head.to.at[0], .action = BYTES("failed")};
	out->n = 1;
}

static enum notice_type structured(const struct mime_message *message, const struct mime_part **fields)
{
	static const struct {
		const char *media, *global;
		enum notice_type type;
	} kinds[] = {
		{"message/delivery-status", "message/global-delivery-status", NOTICE_DSN},
		{"message/disposition-notification", "message/global-disposition-notification", NOTICE_MDN},
		{"message/feedback-report", "message/feedback-report", NOTICE_ARF},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*fields = part_of_two(message, kinds[i].media, kinds[i].global);
		if (*fields != NULL)
			return kinds[i].type;
	}
	return NOTICE_NONE;
}

/* multipart/report without the part that it announces. */
static enum notice_type announced(const struct mime_message *message)
{
	if (bytes_equal_nocase(message->report_type, BYTES("delivery-status")))
		return NOTICE_DSN;
	if (bytes_equal_nocase(message->report_type, BYTES("disposition-notification")))
		return NOTICE_MDN;
	return bytes_equal_nocase(message->report_type, BYTES("feedback-report")) ? NOTICE_ARF : NOTICE_NONE;
}

static void forget_actions(struct notice *out)
{
	for (size_t i = 0; i < out->n; i++)
		out->recipients[i].action = out->recipients[i].status = BYTES_NONE;
}

void notice_read(struct arena *arena, const struct mime_message *message, struct notice *out)
{
	const struct mime_part *fields = NULL;
	enum notice_type type = structured(message, &fields);

	*out = (struct notice){.recipients = arena_alloc(arena, NOTICE_RECIPIENTS * sizeof(struct notice_recipient))};
	if (type == NOTICE_NONE) {
		type = announced(message);
		if (type == NOTICE_NONE && notice_words_is_report(arena, message))
			type = NOTICE_DSN;
		out->worded = type != NOTICE_NONE;
	}
	if (type == NOTICE_NONE && notice_words_is_auto_reply(arena, message))
		type = NOTICE_AUTO_REPLY;
	out->type = type;
	if (type == NOTICE_NONE || type == NOTICE_AUTO_REPLY)
		return;
	if (fields != NULL)
		read_fields(arena, fields->content, out);
	struct bytes original = original_header(message);
	if (out->original_message_id.len == 0)
		out->original_message_id = mime_field_value(arena, original, "Message-ID");
	if (type == NOTICE_DSN && out->n == 0) {
		out->worded = true;
		notice_words_read(arena, message, out);
		if (out->n == 0)
			read_addressee(arena, original, out);
	} else if (type == NOTICE_DSN) {
		notice_words_refine(arena, message, out);
	}
	/* A complaint is not a failure of delivery, and an answer to a mail is no proof of one. */
	if (type == NOTICE_ARF)
		forget_actions(out);
}

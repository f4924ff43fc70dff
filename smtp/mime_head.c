/* smtp/mime_head.c - see mime_head.h. */
#include "smtp/mime_head.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

enum { LIST_MAX = 200 };

/* Length of the first line with its line end. */
static size_t line_length(struct bytes a)
{
	size_t end = bytes_find_byte(a, '\n', 0);
	return end < a.len ? end + 1 : a.len;
}

static bool line_is_empty(struct bytes line)
{
	return line.len == 0 || line.at[0] == '\n' || (line.len > 1 && line.at[0] == '\r' && line.at[1] == '\n');
}

struct bytes mime_head_block(struct bytes entity, struct bytes *body)
{
	size_t at = 0;

	while (at < entity.len && !line_is_empty(bytes_from(entity, at)))
		at += line_length(bytes_from(entity, at));
	if (body != NULL)
		*body = bytes_from(entity, at + line_length(bytes_from(entity, at)));
	return bytes_slice(entity, 0, at);
}

/* A field with its folded lines. */
static size_t field_length(struct bytes left)
{
	size_t at = line_length(left);
	while (at < left.len && (left.at[at] == ' ' || left.at[at] == '\t') && !line_is_empty(bytes_from(left, at)))
		at += line_length(bytes_from(left, at));
	return at;
}

bool mime_field_next(struct bytes *left, struct mime_field *out)
{
	while (left->len > 0 && !line_is_empty(*left)) {
		struct bytes field = bytes_slice(*left, 0, field_length(*left));
		size_t colon = bytes_find_byte(field, ':', 0);
		*left = bytes_from(*left, field.len);
		struct bytes name = bytes_trim(bytes_slice(field, 0, colon));
		if (colon == field.len || name.len == 0 || bytes_find_byte(name, ' ', 0) < name.len)
			continue;
		*out = (struct mime_field){name, bytes_from(field, colon + 1)};
		return true;
	}
	return false;
}

/* One line, trimmed: line ends fall away (RFC 5322 2.2.3), controls become blanks. */
static struct bytes unfold(struct arena *arena, struct bytes value)
{
	unsigned char *out = arena_alloc(arena, value.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.at[i];
		if (c != '\r' && c != '\n')
			out[len++] = c < ' ' ? ' ' : c;
	}
	struct bytes line = bytes_trim((struct bytes){out, len});
	return arena_copy(arena, line);
}

static bool find(struct bytes block, const char *name, struct bytes *value)
{
	struct mime_field field;
	while (mime_field_next(&block, &field)) {
		if (!bytes_equal_nocase(field.name, bytes_of_text(name)))
			continue;
		*value = field.value;
		return true;
	}
	return false;
}

struct bytes mime_field_value(struct arena *arena, struct bytes block, const char *name)
{
	struct bytes value;
	return find(block, name, &value) ? unfold(arena, value) : BYTES_NONE;
}

static struct bytes lower(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		out[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i];
	return (struct bytes){out, text.len};
}

/* Whatever a library gave back, as UTF-8 in the arena. */
static struct bytes kept(struct arena *arena, const char *text)
{
	struct bytes out;
	(void)mime_decode_text(arena, BYTES("utf-8"), bytes_of_text(text), &out);
	return arena_copy(arena, out);
}

/* Every <...> of a field of message identifiers (RFC 5322 3.6.4). Without brackets: the words that have an "@". */
static struct mime_list identifiers(struct arena *arena, struct bytes value)
{
	struct mime_list list = {arena_alloc(arena, LIST_MAX * sizeof(struct bytes)), 0};
	size_t at = 0;

	while (list.n < LIST_MAX && (at = bytes_find_byte(value, '<', at)) < value.len) {
		size_t end = bytes_find_byte(value, '>', at);
		if (end == value.len)
			break;
		struct bytes id = bytes_slice(value, at, end + 1 - at);
		if (id.len > 2 && bytes_find_byte(id, ' ', 0) == id.len)
			list.at[list.n++] = id;
		at = end + 1;
	}
	return list;
}

static struct bytes identifier(struct arena *arena, struct bytes value)
{
	struct mime_list list = identifiers(arena, value);
	return list.n > 0 ? list.at[0] : value;
}

static struct bytes decoded(struct arena *arena, struct bytes value)
{
	char *text = g_mime_utils_header_decode_text(NULL, arena_text(arena, value));
	struct bytes out = unfold(arena, kept(arena, text));
	g_free(text);
	return out;
}

/* Nested groups make GMime's address parser call itself (upstream #15): refuse them before. */
static bool addresses_bearable(struct bytes value)
{
	size_t colons = 0;
	for (size_t i = 0; i < value.len; i++)
		colons += value.at[i] == ':';
	return colons <= LIMIT_HEADER_ADDRESSES && value.len <= LIMIT_HEADER_FIELD * 4;
}

struct address_list {
	struct mime_address *at;
	size_t n;
};

static void collect(struct arena *arena, InternetAddressList *from, struct address_list *to)
{
	for (int i = 0; i < internet_address_list_length(from) && to->n < LIMIT_HEADER_ADDRESSES; i++) {
		InternetAddress *address = internet_address_list_get_address(from, i);
		if (INTERNET_ADDRESS_IS_GROUP(address)) {
			InternetAddressList *members = internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address));
			if (members != NULL && members != from)
				collect(arena, members, to);
			continue;
		}
		const char *mailbox = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
		const char *name = internet_address_get_name(address);
		to->at[to->n++] = (struct mime_address){kept(arena, mailbox), unfold(arena, kept(arena, name))};
	}
}

static struct address_list addresses(struct arena *arena, struct bytes value)
{
	struct address_list list = {arena_alloc(arena, LIMIT_HEADER_ADDRESSES * sizeof(struct mime_address)), 0};

	if (value.len == 0 || !addresses_bearable(value))
		return list;
	InternetAddressList *parsed = internet_address_list_parse(NULL, arena_text(arena, value));
	if (parsed != NULL) {
		collect(arena, parsed, &list);
		g_object_unref(parsed);
	}
	return list;
}

/* A receipt asked for by several is asked for by nobody (RFC 8098 2.1). */
static struct bytes only_address(struct arena *arena, struct bytes value)
{
	struct address_list list = addresses(arena, value);
	return list.n == 1 ? list.at[0].address : BYTES_NONE;
}

static struct bytes first_address(struct arena *arena, struct bytes value)
{
	struct address_list list = addresses(arena, value);
	return list.n > 0 ? list.at[0].address : BYTES_NONE;
}

static void read_date(struct arena *arena, struct bytes value, struct mime_head *out)
{
	GDateTime *date = value.len == 0 ? NULL : g_mime_utils_header_decode_date(arena_text(arena, value));
	if (date == NULL)
		return;
	out->has_date = true;
	out->date = (struct instant){g_date_time_to_unix(date) * 1000000};
	out->date_offset = (int)(g_date_time_get_utc_offset(date) / 60000000);
	g_date_time_unref(date);
}

/* Fields whose presence or words say that no person wrote this mail (RFC 3834 section 2, and what older systems send). */
static bool is_automatic(struct arena *arena, struct bytes block, struct bytes auto_submitted)
{
	static const char *const marks[] = {"X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id", "X-Failed-Recipients",
					    "X-MLServer", "X-Amz-Sns-Message-Id"};
	static const char *const words[] = {"bulk", "junk", "list", "auto_reply", "auto-reply"};
	struct bytes precedence = lower(arena, mime_field_value(arena, block, "Precedence")), ignored;

	if (auto_submitted.len > 0 && !bytes_equal(auto_submitted, BYTES("no")))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bytes_equal_text(precedence, words[i]))
			return true;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (find(block, marks[i], &ignored))
			return true;
	return false;
}

/* The word of Auto-Submitted without parameters and comments. */
static struct bytes automatic_word(struct arena *arena, struct bytes block)
{
	struct bytes value = mime_field_value(arena, block, "Auto-Submitted");
	size_t end = 0;
	while (end < value.len && value.at[end] != ';' && value.at[end] != ' ' && value.at[end] != '(')
		end++;
	return lower(arena, bytes_slice(value, 0, end));
}

static bool fields_well_written(struct bytes block)
{
	while (block.len > 0 && !line_is_empty(block)) {
		struct bytes field = bytes_slice(block, 0, field_length(block));
		size_t colon = bytes_find_byte(field, ':', 0);
		if (colon == field.len || colon == 0)
			return false;
		for (size_t i = 0; i < field.len; i++)
			if (field.at[i] >= 0x80 || (i < colon && field.at[i] <= ' '))
				return false;
		block = bytes_from(block, field.len);
	}
	return true;
}

bool mime_head_read(struct arena *arena, struct bytes block, struct mime_head *out)
{
	struct bytes raw_from = mime_field_value(arena, block, "From");
	struct address_list from = addresses(arena, raw_from);
	struct address_list to = addresses(arena, mime_field_value(arena, block, "To"));
	struct bytes return_path = mime_field_value(arena, block, "Return-Path");

	*out = (struct mime_head){
		.message_id = identifier(arena, mime_field_value(arena, block, "Message-ID")),
		.in_reply_to = identifiers(arena, mime_field_value(arena, block, "In-Reply-To")),
		.references = identifiers(arena, mime_field_value(arena, block, "References")),
		.subject = decoded(arena, mime_field_value(arena, block, "Subject")),
		.reply_to = first_address(arena, mime_field_value(arena, block, "Reply-To")),
		.notification_to = only_address(arena, mime_field_value(arena, block, "Disposition-Notification-To")),
		.return_path = only_address(arena, return_path),
		.auto_submitted = automatic_word(arena, block),
		.failed_recipients = mime_field_value(arena, block, "X-Failed-Recipients"),
		.null_sender = bytes_equal(return_path, BYTES("<>")) || bytes_ends(raw_from, BYTES("<>")),
	};
	if (from.n > 0)
		out->from = from.at[0];
	out->to.at = arena_alloc(arena, (to.n + 1) * sizeof(struct bytes));
	for (size_t i = 0; i < to.n; i++)
		out->to.at[out->to.n++] = to.at[i].address;
	read_date(arena, mime_field_value(arena, block, "Date"), out);
	out->automatic = out->null_sender || is_automatic(arena, block, out->auto_submitted);
	return fields_well_written(block);
}

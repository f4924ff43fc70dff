/* smtp/address.c - see address.h. The grammar is RFC 5321 4.1.2 and 4.1.3; each scanner names its rule. */
#include "smtp/address.h"

#include "base/limits.h"

enum { LABEL_MAX = 63, GROUPS_FULL = 8, GROUPS_COMPRESSED = 6, MAILBOX_MAX = LIMIT_SMTP_PATH - 2 };

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_high(unsigned char c)
{
	return c > 127;
}

/* RFC 5322 atext, which RFC 5321 takes over, and the UTF-8 of RFC 6531 3.3 (checked as a whole: is_letters). */
static bool is_atext(unsigned char c)
{
	return is_alnum(c) || is_high(c) || bytes_find_byte(BYTES("!#$%&'*+-/=?^_`{|}~"), c, 0) < 19;
}

/* Each scan_… starts at an offset and returns the offset behind what it read, or the same offset: nothing there. */
static size_t scan_while(struct bytes text, size_t from, bool (*is)(unsigned char))
{
	while (from < text.len && is(text.at[from]))
		from++;
	return from;
}

/* Dot-string = Atom *("." Atom) */
static size_t scan_dot_string(struct bytes text, size_t from)
{
	size_t at = scan_while(text, from, is_atext);
	while (at > from && at < text.len && text.at[at] == '.') {
		size_t next = scan_while(text, at + 1, is_atext);
		if (next == at + 1)
			return from;
		at = next;
	}
	return at;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE: printable ASCII, a backslash takes the next one with it. */
static size_t scan_quoted(struct bytes text, size_t from)
{
	if (from >= text.len || text.at[from] != '"')
		return from;
	for (size_t at = from + 1; at < text.len; at++) {
		if (text.at[at] == '"')
			return at + 1;
		if (text.at[at] == '\\' && ++at == text.len)
			return from;
		if (text.at[at] < 32 || text.at[at] == 127)
			return from;
	}
	return from;
}

static bool is_domain_char(unsigned char c)
{
	return is_alnum(c) || c == '-' || c == '.' || is_high(c);
}

static size_t scan_domain(struct bytes text, size_t from, bool *literal)
{
	*literal = from < text.len && text.at[from] == '[';
	if (!*literal)
		return scan_while(text, from, is_domain_char);
	size_t end = bytes_find_byte(text, ']', from);
	return end < text.len ? end + 1 : from;
}

/* IPv4-address-literal = Snum 3("." Snum); Snum is 0 to 255 in one to three digits. */
static bool is_ipv4(struct bytes text)
{
	struct cursor c = cursor_on(text);
	uint64_t number;
	for (int i = 0; i < 4; i++) {
		struct bytes part = cursor_until(&c, '.');
		if (part.len < 1 || part.len > 3 || !bytes_number(part, 255, &number))
			return false;
		if (i < 3 && c.left.len == 0)
			return false;
	}
	return c.left.len == 0 && text.at[text.len - 1] != '.';
}

/* IPv6-addr, all four forms: "::" stands for two groups at least, so that six may be written beside it. */
static bool is_ipv6(struct bytes text)
{
	unsigned groups = 0;
	bool compressed = bytes_starts(text, BYTES("::"));
	size_t at = compressed ? 2 : 0;

	while (at < text.len) {
		size_t end = scan_while(text, at, is_hex);
		if (end < text.len && text.at[end] == '.') {
			if (!is_ipv4(bytes_from(text, at)))
				return false;
			groups += 2;
			break;
		}
		if (end == at || end - at > 4)
			return false;
		groups++;
		at = end;
		if (at == text.len)
			break;
		if (text.at[at] != ':' || at + 1 == text.len)
			return false;
		at++;
		if (text.at[at] == ':') {
			if (compressed)
				return false;
			compressed = true;
			at++;
		}
	}
	return compressed ? groups <= GROUPS_COMPRESSED : groups == GROUPS_FULL;
}

/* Labels of letters, digits and hyphens, and of other letters too (RFC 6531 3.3, U-label), which the caller refuses where they may not
 * be. What IDNA forbids beyond control characters is not judged: names are compared by bytes, and nobody looks a sender's domain up. */
static bool is_name(struct bytes text)
{
	if (text.len == 0 || text.len > LIMIT_SMTP_DOMAIN || text.at[text.len - 1] == '.')
		return false;
	for (struct cursor c = cursor_on(text); c.left.len > 0;) {
		struct bytes label = cursor_until(&c, '.');
		if (label.len == 0 || label.len > LABEL_MAX || label.at[0] == '-' || label.at[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!is_alnum(label.at[i]) && label.at[i] != '-' && !is_high(label.at[i]))
				return false;
	}
	return true;
}

static bool has_high(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_high(text.at[i]))
			return true;
	return false;
}

/* Well-formed UTF-8; no C1 control, which is C2 80 to C2 9F. */
static bool is_letters(struct bytes text)
{
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.at[i] == 0xc2 && text.at[i + 1] < 0xa0)
			return false;
	return bytes_utf8(text);
}

/* Mailbox = Local-part "@" ( Domain / address-literal ), from the given offset; the same offset: none is there. */
static size_t scan_mailbox(struct bytes text, size_t from, struct smtp_address *out)
{
	struct smtp_address found = {.quoted = from < text.len && text.at[from] == '"'};
	size_t at = found.quoted ? scan_quoted(text, from) : scan_dot_string(text, from);

	if (at == from || at - from > LIMIT_SMTP_LOCAL_PART || at == text.len || text.at[at] != '@')
		return from;
	found.local = bytes_slice(text, from, at - from);
	size_t end = scan_domain(text, at + 1, &found.literal);
	found.domain = bytes_slice(text, at + 1, end - at - 1);
	if (end - from > MAILBOX_MAX)
		return from;
	if (!(found.literal ? smtp_address_is_literal(found.domain) : is_name(found.domain)))
		return from;
	found.utf8 = has_high(bytes_slice(text, from, end - from));
	if (found.utf8 && !is_letters(bytes_slice(text, from, end - from)))
		return from;
	*out = found;
	return end;
}

bool smtp_address_is_literal(struct bytes text)
{
	if (text.len < 2 || text.at[0] != '[' || text.at[text.len - 1] != ']')
		return false;
	struct bytes inside = bytes_slice(text, 1, text.len - 2);
	/* Other tags of the general form are registered nowhere: none is taken. */
	if (bytes_starts_nocase(inside, BYTES("IPv6:")))
		return is_ipv6(bytes_from(inside, 5));
	return inside.len > 0 && is_ipv4(inside);
}

enum reason smtp_address_read_utf8(struct bytes text, struct smtp_address *out)
{
	struct smtp_address found;
	if (text.len == 0 || scan_mailbox(text, 0, &found) != text.len)
		return REASON_SMTP_ADDRESS;
	*out = found;
	return REASON_NONE;
}

enum reason smtp_address_read(struct bytes text, struct smtp_address *out)
{
	struct smtp_address found;
	enum reason reason = smtp_address_read_utf8(text, &found);
	if (reason == REASON_NONE && found.utf8)
		reason = REASON_SMTP_UTF8;
	if (reason == REASON_NONE)
		*out = found;
	return reason;
}

enum reason smtp_address_read_path(struct bytes text, struct smtp_address *out, struct bytes *rest)
{
	struct smtp_address found = {0};
	size_t end = 1;

	if (text.len < 2 || text.at[0] != '<')
		return REASON_SMTP_ADDRESS;
	if (text.at[1] != '>')
		end = scan_mailbox(text, 1, &found);
	if (end == text.len || text.at[end] != '>' || (end == 1 && text.at[1] != '>'))
		return REASON_SMTP_ADDRESS;
	*out = found;
	*rest = bytes_from(text, end + 1);
	return REASON_NONE;
}

void smtp_address_write_local(struct buf *out, const struct smtp_address *address)
{
	struct bytes local = address->local;
	if (!address->quoted) {
		buf_add(out, local);
		return;
	}
	for (size_t i = 1; i + 1 < local.len; i++) {
		if (local.at[i] == '\\')
			i++;
		buf_u8(out, local.at[i]);
	}
}

void smtp_address_write(struct buf *out, const struct smtp_address *address)
{
	if (address->local.len == 0)
		return;
	struct buf plain = buf_make(LIMIT_SMTP_LOCAL_PART);
	smtp_address_write_local(&plain, address);
	struct bytes local = buf_bytes(&plain);
	/* Without room or memory it is no address at all, never another one. */
	out->overflow |= plain.overflow;
	out->starved |= plain.starved;
	if (local.len > 0 && scan_dot_string(local, 0) == local.len) {
		buf_add(out, local);
	} else {
		buf_u8(out, '"');
		for (size_t i = 0; i < local.len; i++) {
			if (local.at[i] == '"' || local.at[i] == '\\')
				buf_u8(out, '\\');
			buf_u8(out, local.at[i]);
		}
		buf_u8(out, '"');
	}
	buf_free(&plain);
	if (address->domain.len == 0)
		return;
	buf_u8(out, '@');
	for (size_t i = 0; i < address->domain.len; i++) {
		unsigned char c = address->domain.at[i];
		buf_u8(out, c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c);
	}
}

bool smtp_address_equal(const struct smtp_address *a, const struct smtp_address *b)
{
	struct buf left = buf_make(LIMIT_SMTP_PATH), right = buf_make(LIMIT_SMTP_PATH);

	smtp_address_write_local(&left, a);
	smtp_address_write_local(&right, b);
	bool same = buf_ok(&left) && buf_ok(&right) && bytes_equal(buf_bytes(&left), buf_bytes(&right)) &&
		    bytes_equal_nocase(a->domain, b->domain);
	buf_free(&left);
	buf_free(&right);
	return same;
}

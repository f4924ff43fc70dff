/* smtp/scan_from.c - the single mailbox of a From field, by a grammar of our own (RFC 5322 3.4, 3.6.2; attacks M11, M12).
 *
 * Narrower than the RFC on purpose: what this reader takes, every reader takes for the same address. */
#include "base/limits.h"
#include "smtp/scan_field.h"

struct reader {
	struct bytes value;
	size_t i;
	size_t mailboxes;          /* addresses met */
	struct bytes address, domain;
	struct bytes quoted;       /* last quoted string of the display name */
	bool has_word;             /* a display name, or what may be one, is open */
	bool closed;               /* an angle address was read, perhaps an empty one: nothing may follow */
};

/* RFC 5322 3.2.3 */
static bool is_atom(unsigned char c)
{
	static const struct bytes marks = BYTES_OF("!#$%&'*+-/=?^_`{|}~");

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       bytes_find_byte(marks, c, 0) < marks.len;
}

static bool is_let_dig(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* dot-atom of at most LIMIT_SMTP_LOCAL_PART; an encoded-word is no address (RFC 2047 5). */
static bool is_local_part(struct bytes a)
{
	bool dot = true;

	if (a.len == 0 || a.len > LIMIT_SMTP_LOCAL_PART || bytes_contains(a, BYTES("=?")))
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.at[i] == '.' && dot)
			return false;
		dot = a.at[i] == '.';
		if (!dot && !is_atom(a.at[i]))
			return false;
	}
	return !dot;
}

/* Labels of letters, digits and hyphens (RFC 5321 4.1.2). */
static bool is_domain(struct bytes a)
{
	size_t label = 0;

	if (a.len == 0 || a.len > LIMIT_SMTP_DOMAIN)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		unsigned char c = a.at[i];
		bool edge = label == 0 || i + 1 == a.len || a.at[i + 1] == '.';
		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!is_let_dig(c) && (c != '-' || edge))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0;
}

static enum reason take_address(struct reader *r, struct bytes text)
{
	size_t at = bytes_find_byte(text, '@', 0);
	struct bytes local = bytes_slice(text, 0, at), domain = bytes_from(text, at + 1);

	/* Source route, quoted local part, domain literal, blanks, a second "@": readers differ. */
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c == '"' || c == '[' || c == ':' || c == ',' || c == '(' || c == '\\' || c <= ' ' || c == 0x7f ||
		    (c == '@' && i != at))
			return REASON_MAIL_AMBIGUOUS;
	}
	if (!is_local_part(local) || !is_domain(domain))
		return REASON_MAIL_FROM_SYNTAX;
	/* "other@place" <me@here>: one reader shows the first, one answers to the second. */
	if (bytes_find_byte(r->quoted, '@', 0) < r->quoted.len && !bytes_equal_nocase(bytes_trim(r->quoted), text))
		return REASON_MAIL_AMBIGUOUS;
	r->mailboxes++;
	r->address = text;
	r->domain = domain;
	return REASON_NONE;
}

static enum reason take_angle(struct reader *r)
{
	size_t end = bytes_find_byte(r->value, '>', r->i);
	struct bytes text = bytes_slice(r->value, r->i + 1, end - r->i - 1);

	if (end == r->value.len)
		return REASON_MAIL_FROM_SYNTAX;
	if (r->mailboxes > 0 || r->closed)
		return REASON_MAIL_SEVERAL_FROM;
	r->i = end + 1;
	r->has_word = false;
	r->closed = true;
	return text.len == 0 ? REASON_NONE : take_address(r, text);
}

static enum reason take_quoted(struct reader *r)
{
	size_t from = ++r->i;

	for (; r->i < r->value.len && r->value.at[r->i] != '"'; r->i++)
		if (r->value.at[r->i] == '\\')
			return REASON_MAIL_AMBIGUOUS;
	if (r->i >= r->value.len)
		return REASON_MAIL_FROM_SYNTAX;
	r->quoted = bytes_slice(r->value, from, r->i - from);
	r->i++;
	/* A quoted local part would be followed by "@" at once. */
	if (r->i < r->value.len && r->value.at[r->i] == '@')
		return REASON_MAIL_AMBIGUOUS;
	r->has_word = true;
	return REASON_NONE;
}

/* A run of atoms, dots and 8-bit bytes: a word of the display name, or a whole addr-spec. */
static enum reason take_word(struct reader *r)
{
	size_t from = r->i;
	bool address = false;

	for (; r->i < r->value.len; r->i++) {
		unsigned char c = r->value.at[r->i];
		if (c == '@')
			address = true;
		else if (!is_atom(c) && c != '.' && c < 0x80)
			break;
	}
	if (r->i == from)
		return REASON_MAIL_AMBIGUOUS;
	if (!address) {
		r->has_word = true;
		return REASON_NONE;
	}
	if (r->mailboxes > 0 || r->closed)
		return REASON_MAIL_SEVERAL_FROM;
	/* Words before a bare addr-spec, an addr-spec in a display name, an address literal. */
	if (r->has_word || (r->i < r->value.len && (r->value.at[r->i] == '<' || r->value.at[r->i] == '[')))
		return REASON_MAIL_AMBIGUOUS;
	return take_address(r, bytes_slice(r->value, from, r->i - from));
}

/* A comment may name anybody; with an address in it, readers differ. */
static enum reason skip_comments(struct reader *r)
{
	size_t to = scan_skip(r->value, r->i);
	struct bytes skipped = bytes_slice(r->value, r->i, to - r->i);

	if (bytes_find_byte(skipped, '@', 0) < skipped.len || bytes_find_byte(skipped, '<', 0) < skipped.len ||
	    bytes_find_byte(skipped, '\\', 0) < skipped.len)
		return REASON_MAIL_AMBIGUOUS;
	r->i = to;
	return REASON_NONE;
}

static enum reason step(struct reader *r)
{
	unsigned char c = r->value.at[r->i];

	if (c == '<')
		return take_angle(r);
	if (c == '"')
		return take_quoted(r);
	if (c == ':' || c == ';')                      /* a group, RFC 6854: never one sender */
		return REASON_MAIL_SEVERAL_FROM;
	if (c == ',') {
		/* "Doe, John <john@…>": not a list, but some read it as one. A second mailbox says what it is. */
		if (r->mailboxes == 0 && r->has_word)
			return REASON_MAIL_AMBIGUOUS;
		return REASON_MAIL_SEVERAL_FROM;
	}
	if (c < ' ' || c == 0x7f)
		return REASON_MAIL_FROM_SYNTAX;
	return take_word(r);
}

enum reason scan_from(struct bytes value, struct bytes *address, struct bytes *domain)
{
	struct reader r = {.value = value};

	for (;;) {
		enum reason reason = skip_comments(&r);
		if (reason == REASON_NONE && r.i >= value.len)
			break;
		if (reason == REASON_NONE)
			reason = step(&r);
		if (reason != REASON_NONE)
			return reason;
	}
	if (r.mailboxes == 0)
		return r.has_word ? REASON_MAIL_FROM_SYNTAX : REASON_MAIL_NO_FROM;
	if (r.has_word)
		return REASON_MAIL_AMBIGUOUS;
	*address = r.address;
	*domain = r.domain;
	return REASON_NONE;
}

/* base/bytes.c - see bytes.h. */
#include "base/bytes.h"

#include <string.h>

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

struct bytes bytes_of_text(const char *text)
{
	return text == NULL ? BYTES_NONE : (struct bytes){(const unsigned char *)text, strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_of_text(text));
}

bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
	return a.len == b.len && bytes_starts_nocase(a, b);
}

bool bytes_starts(struct bytes a, struct bytes prefix)
{
	return bytes_equal(bytes_slice(a, 0, prefix.len), prefix);
}

bool bytes_starts_nocase(struct bytes a, struct bytes prefix)
{
	if (a.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (lower(a.at[i]) != lower(prefix.at[i]))
			return false;
	return true;
}

bool bytes_ends(struct bytes a, struct bytes suffix)
{
	return a.len >= suffix.len && bytes_equal(bytes_from(a, a.len - suffix.len), suffix);
}

size_t bytes_find(struct bytes a, struct bytes needle, size_t from)
{
	if (needle.len == 0 || from >= a.len || a.len - from < needle.len)
		return a.len;
	const unsigned char *hit = memmem(a.at + from, a.len - from, needle.at, needle.len);
	return hit == NULL ? a.len : (size_t)(hit - a.at);
}

size_t bytes_find_byte(struct bytes a, unsigned char byte, size_t from)
{
	if (from >= a.len)
		return a.len;
	const unsigned char *hit = memchr(a.at + from, byte, a.len - from);
	return hit == NULL ? a.len : (size_t)(hit - a.at);
}

bool bytes_contains(struct bytes a, struct bytes needle)
{
	return bytes_find(a, needle, 0) < a.len;
}

bool bytes_contains_nocase(struct bytes a, struct bytes needle)
{
	for (size_t i = 0; needle.len > 0 && i + needle.len <= a.len; i++)
		if (bytes_starts_nocase(bytes_from(a, i), needle))
			return true;
	return false;
}

struct bytes bytes_slice(struct bytes a, size_t from, size_t len)
{
	struct bytes rest = bytes_from(a, from);
	if (rest.len > len)
		rest.len = len;
	return rest;
}

struct bytes bytes_from(struct bytes a, size_t from)
{
	if (from >= a.len)
		return BYTES_NONE;
	return (struct bytes){a.at + from, a.len - from};
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes bytes_trim(struct bytes a)
{
	while (a.len > 0 && is_blank(a.at[0]))
		a = (struct bytes){a.at + 1, a.len - 1};
	while (a.len > 0 && is_blank(a.at[a.len - 1]))
		a.len--;
	return a;
}

bool bytes_number(struct bytes a, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (a.len == 0)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.at[i] < '0' || a.at[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(a.at[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}

/* How many bytes the sequence at a.at has when it is well-formed, else 0 (RFC 3629 section 4). */
static size_t utf8_sequence(struct bytes a)
{
	unsigned char c = a.at[0];
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (a.len < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((a.at[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && a.at[1] < 0xa0) || (c == 0xed && a.at[1] > 0x9f) ||
	    (c == 0xf0 && a.at[1] < 0x90) || (c == 0xf4 && a.at[1] > 0x8f))
		return 0;
	return n;
}

bool bytes_utf8(struct bytes a)
{
	while (a.len > 0) {
		size_t n = utf8_sequence(a);
		if (n == 0)
			return false;
		a = (struct bytes){a.at + n, a.len - n};
	}
	return true;
}

size_t bytes_unseen(struct bytes text)
{
	static const struct bytes starts[] = {BYTES_OF("\xe2\x80"), BYTES_OF("\xe2\x81"), BYTES_OF("\xef\xbb\xbf")};
	unsigned char last = text.len > 2 ? text.at[2] : 0;
	if (text.len > 1 && text.at[0] == 0xc2 && text.at[1] < 0xa0)
		return 2;
	if (bytes_starts(text, starts[0]) && ((last >= 0x8b && last <= 0x8f) || (last >= 0xa8 && last <= 0xae)))
		return 3;
	if (bytes_starts(text, starts[1]) && last >= 0xa0 && last <= 0xaf)
		return 3;
	return bytes_starts(text, starts[2]) ? 3 : 0;
}

bool bytes_one_line(struct bytes a, size_t max)
{
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] < 0x20 || a.at[i] == 0x7f)
			return false;
	return a.len <= max && bytes_utf8(a);
}

struct cursor cursor_on(struct bytes a)
{
	return (struct cursor){a, false};
}

struct bytes cursor_take(struct cursor *c, size_t len)
{
	if (c->failed || c->left.len < len) {
		c->failed = true;
		return BYTES_NONE;
	}
	struct bytes taken = {c->left.at, len};
	c->left = bytes_from(c->left, len);
	return taken;
}

static uint64_t big_endian(struct bytes a)
{
	uint64_t value = 0;
	for (size_t i = 0; i < a.len; i++)
		value = value << 8 | a.at[i];
	return value;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)big_endian(cursor_take(c, 1));
}

uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)big_endian(cursor_take(c, 4));
}

uint64_t cursor_u64(struct cursor *c)
{
	return big_endian(cursor_take(c, 8));
}

struct bytes cursor_until(struct cursor *c, unsigned char separator)
{
	size_t at = bytes_find_byte(c->left, separator, 0);
	struct bytes taken = cursor_take(c, at);
	if (c->left.len > 0)
		cursor_take(c, 1);
	return taken;
}

bool cursor_done(const struct cursor *c)
{
	return !c->failed && c->left.len == 0;
}

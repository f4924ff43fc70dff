/* certs/name.c - see name.h. Text only: no OpenSSL here. */
#include "certs/name.h"

#include <string.h>

static const struct {
	struct bytes key, oid;
} keys[] = {
	{BYTES_OF("CN"), BYTES_OF("2.5.4.3")},
	{BYTES_OF("OU"), BYTES_OF("2.5.4.11")},
	{BYTES_OF("O"), BYTES_OF("2.5.4.10")},
	{BYTES_OF("ST"), BYTES_OF("2.5.4.8")},
	{BYTES_OF("S"), BYTES_OF("2.5.4.8")},
	{BYTES_OF("C"), BYTES_OF("2.5.4.6")},
	{BYTES_OF("L"), BYTES_OF("2.5.4.7")},
	{BYTES_OF("SN"), BYTES_OF("2.5.4.4")},
	{BYTES_OF("GN"), BYTES_OF("2.5.4.42")},
	{BYTES_OF("SERIALNUMBER"), BYTES_OF("2.5.4.5")},
	{BYTES_OF("TITLE"), BYTES_OF("2.5.4.12")},
	{BYTES_OF("STREET"), BYTES_OF("2.5.4.9")},
	{BYTES_OF("POSTALCODE"), BYTES_OF("2.5.4.17")},
	{BYTES_OF("ORGANIZATIONIDENTIFIER"), BYTES_OF("2.5.4.97")},
	{BYTES_OF("DC"), BYTES_OF("0.9.2342.19200300.100.1.25")},
	{BYTES_OF("UID"), BYTES_OF("0.9.2342.19200300.100.1.1")},
	{BYTES_OF("E"), BYTES_OF("1.2.840.113549.1.9.1")},
	{BYTES_OF("EMAILADDRESS"), BYTES_OF("1.2.840.113549.1.9.1")},
};

/* --- folding --------------------------------------------------------------- */

/* One scalar of text that is known to be UTF-8. */
static uint32_t take_scalar(struct bytes text, size_t *i)
{
	unsigned char c = text.at[(*i)++];
	unsigned more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	uint32_t scalar = more == 0 ? c : c & (0x3fu >> more);

	while (more-- > 0)
		scalar = scalar << 6 | (text.at[(*i)++] & 0x3fu);
	return scalar;
}

static size_t put_scalar(unsigned char *to, uint32_t scalar)
{
	if (scalar < 0x80) {
		to[0] = (unsigned char)scalar;
		return 1;
	}
	size_t n = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n - 1; i > 0; i--, scalar >>= 6)
		to[i] = (unsigned char)(0x80 | (scalar & 0x3f));
	to[0] = (unsigned char)(lead[n] | scalar);
	return n;
}

/* Latin, Greek and Cyrillic capitals. */
static uint32_t lower(uint32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
		return c + 0x20;
	if (c == 0x178)
		return 0xff;
	if (c == 0x130)
		return 'i';
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

/* Marks that differ only in how they were typed. */
static uint32_t plain(uint32_t c)
{
	if (c == 0x2019 || c == 0x2018 || c == 0x02bc)
		return '\'';
	if (c == 0x2010 || c == 0x2011)
		return '-';
	if (c == 0xa0 || c == 0x202f || c == 0x2009 || c == 0x3000)
		return ' ';
	return lower(c);
}

/* A lower-case letter and the combining mark after it, as one letter; 0 when there is none (Latin-1 only). */
static uint32_t compose(uint32_t letter, uint32_t mark)
{
	static const struct {
		unsigned char letter;
		uint16_t mark, whole;
	} table[] = {
		{'a', 0x300, 0xe0}, {'a', 0x301, 0xe1}, {'a', 0x302, 0xe2}, {'a', 0x303, 0xe3}, {'a', 0x308, 0xe4},
		{'a', 0x30a, 0xe5}, {'c', 0x327, 0xe7}, {'e', 0x300, 0xe8}, {'e', 0x301, 0xe9}, {'e', 0x302, 0xea},
		{'e', 0x308, 0xeb}, {'i', 0x300, 0xec}, {'i', 0x301, 0xed}, {'i', 0x302, 0xee}, {'i', 0x308, 0xef},
		{'n', 0x303, 0xf1}, {'o', 0x300, 0xf2}, {'o', 0x301, 0xf3}, {'o', 0x302, 0xf4}, {'o', 0x303, 0xf5},
		{'o', 0x308, 0xf6}, {'u', 0x300, 0xf9}, {'u', 0x301, 0xfa}, {'u', 0x302, 0xfb}, {'u', 0x308, 0xfc},
		{'y', 0x301, 0xfd}, {'y', 0x308, 0xff},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].letter == letter && table[i].mark == mark)
			return table[i].whole;
	return 0;
}

enum reason name_fold(struct arena *arena, struct bytes utf8, struct bytes *out)
{
	uint32_t held = ' ';            /* the last scalar, not yet written; a blank at the start is dropped */
	size_t n = 0;

	if (utf8.len > NAME_VALUE || !bytes_utf8(utf8))
		return REASON_CONFIG_VALUE;
	unsigned char *to = arena_try(arena, 2 * utf8.len + 8);
	if (to == NULL)
		return REASON_MEMORY;
	for (size_t i = 0; i < utf8.len;) {
		uint32_t c = take_scalar(utf8, &i);
		if (c == '\t' || c == '\r' || c == '\n')
			c = ' ';
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			return REASON_CONFIG_VALUE;
		c = plain(c);
		uint32_t whole = compose(held, c);
		if (whole != 0) {
			held = whole;
			continue;
		}
		if (held != ' ' || (n > 0 && c != ' '))
			n += put_scalar(to + n, held);
		held = c;
	}
	if (held != ' ')
		n += put_scalar(to + n, held);
	*out = (struct bytes){to, n};
	return REASON_NONE;
}

/* --- order ----------------------------------------------------------------- */

static int compare(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n == 0 ? 0 : memcmp(a.at, b.at, n);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_attributes(const struct name_attribute *a, const struct name_attribute *b)
{
	int order = compare(a->oid, b->oid);

	return order != 0 ? order : compare(a->value, b->value);
}

static size_t add_value(unsigned char *to, struct bytes value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == ',' || value.at[i] == '\\')
			to[n++] = '\\';
		to[n++] = value.at[i];
	}
	return n;
}

static void sort(struct name_attribute *attributes, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct name_attribute one = attributes[i];
		size_t k = i;
		for (; k > 0 && compare_attributes(&attributes[k - 1], &one) > 0; k--)
			attributes[k] = attributes[k - 1];
		attributes[k] = one;
	}
}

enum reason name_join(struct arena *arena, struct name_attribute *attributes, size_t n, struct bytes *canonical)
{
	size_t room = 1, len = 0;

	sort(attributes, n);
	for (size_t i = 0; i < n; i++)
		room += attributes[i].oid.len + 2 * attributes[i].value.len + 2;
	unsigned char *to = arena_try(arena, room);
	if (to == NULL)
		return REASON_MEMORY;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			to[len++] = ',';
		memcpy(to + len, attributes[i].oid.at, attributes[i].oid.len);
		len += attributes[i].oid.len;
		to[len++] = '=';
		len += add_value(to + len, attributes[i].value);
	}
	*canonical = (struct bytes){to, len};
	return REASON_NONE;
}

/* --- printed names --------------------------------------------------------- */

static bool is_dotted(struct bytes key)
{
	bool dot = false;

	for (size_t i = 0; i < key.len; i++) {
		if (key.at[i] == '.')
			dot = true;
		else if (key.at[i] < '0' || key.at[i] > '9')
			return false;
	}
	return dot && key.at[0] != '.' && key.at[key.len - 1] != '.';
}

/* "CN=" at the beginning of text: the OID, and where the value begins. False when text begins otherwise. */
static bool key_of(struct bytes text, struct bytes *oid, size_t *value_at)
{
	size_t equal = bytes_find_byte(text, '=', 0);
	struct bytes key = bytes_trim(bytes_slice(text, 0, equal));

	if (equal == text.len || key.len == 0)
		return false;
	*value_at = equal + 1;
	if (is_dotted(key)) {
		*oid = key;
		return true;
	}
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (bytes_equal_nocase(key, keys[i].key)) {
			*oid = keys[i].oid;
			return true;
		}
	return false;
}

/*
 * Where the value that begins at `from` ends: at a "," or "+" that is neither escaped nor quoted and that a known key follows.
 * The white list prints organisations as they are, so a comma of their own is part of the value.
 */
static size_t value_end(struct bytes text, size_t from)
{
	bool quoted = false;
	struct bytes oid;
	size_t at;

	for (size_t i = from; i < text.len; i++) {
		if (text.at[i] == '\\')
			i++;
		else if (text.at[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text.at[i] == ',' || text.at[i] == '+') && key_of(bytes_from(text, i + 1), &oid, &at))
			return i;
	}
	return text.len;
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4514 3: escapes and quotes taken away. */
static enum reason unescape(struct arena *arena, struct bytes value, struct bytes *out)
{
	unsigned char *to = arena_try(arena, value.len + 1);
	size_t n = 0;

	if (to == NULL)
		return REASON_MEMORY;
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.at[i];
		if (c == '"')
			continue;
		if (c != '\\') {
			to[n++] = c;
			continue;
		}
		if (++i == value.len)
			return REASON_CONFIG_VALUE;
		int high = hex_value(value.at[i]), low = i + 1 < value.len ? hex_value(value.at[i + 1]) : -1;
		if (high >= 0 && low >= 0) {
			to[n++] = (unsigned char)(high << 4 | low);
			i++;
		} else {
			to[n++] = value.at[i];
		}
	}
	*out = (struct bytes){to, n};
	return REASON_NONE;
}

/* The next attribute of a printed name, its value unescaped; *rest moves behind it. */
static enum reason take_attribute(struct arena *arena, struct bytes *rest, struct name_attribute *out)
{
	size_t at;

	if (!key_of(*rest, &out->oid, &at))
		return REASON_CONFIG_VALUE;
	size_t end = value_end(*rest, at);
	struct bytes raw = bytes_trim(bytes_slice(*rest, at, end - at));
	if (raw.len == 0 || raw.at[0] == '#')
		return REASON_CONFIG_VALUE;
	*rest = bytes_from(*rest, end + 1);
	return unescape(arena, raw, &out->value);
}

enum reason name_of_text(struct arena *arena, struct bytes printed, struct bytes *canonical)
{
	struct name_attribute attributes[NAME_ATTRIBUTES];
	struct bytes rest = bytes_trim(printed);
	size_t n = 0;

	if (rest.len == 0 || rest.len > 4 * NAME_VALUE)
		return REASON_CONFIG_VALUE;
	while (rest.len > 0) {
		if (n == NAME_ATTRIBUTES)
			return REASON_CONFIG_VALUE;
		enum reason reason = take_attribute(arena, &rest, &attributes[n]);
		if (reason == REASON_NONE)
			reason = name_fold(arena, attributes[n].value, &attributes[n].value);
		if (reason == REASON_NONE && attributes[n].value.len == 0)
			reason = REASON_CONFIG_VALUE;
		if (reason != REASON_NONE)
			return reason;
		n++;
	}
	return name_join(arena, attributes, n, canonical);
}

struct bytes name_text_part(struct arena *arena, struct bytes printed, const char *key)
{
	struct bytes rest = bytes_trim(printed), wanted = BYTES_NONE;
	struct name_attribute one;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (bytes_equal_text(keys[i].key, key))
			wanted = keys[i].oid;
	while (rest.len > 0 && rest.len <= 4 * NAME_VALUE && take_attribute(arena, &rest, &one) == REASON_NONE)
		if (bytes_equal(one.oid, wanted))
			return bytes_utf8(one.value) ? one.value : BYTES_NONE;
	return BYTES_NONE;
}

/* --- two names beside one another -------------------------------------------- */

/* One attribute of a canonical name; false at its end. The value keeps its backslashes. */
static bool canonical_next(struct bytes *rest, struct name_attribute *out)
{
	size_t equal = bytes_find_byte(*rest, '=', 0), end = equal;

	if (equal >= rest->len)
		return false;
	while (end < rest->len && rest->at[end] != ',')
		end += rest->at[end] == '\\' ? 2 : 1;
	if (end > rest->len)
		end = rest->len;
	*out = (struct name_attribute){bytes_slice(*rest, 0, equal), bytes_slice(*rest, equal + 1, end - equal - 1)};
	*rest = bytes_from(*rest, end + 1);
	return true;
}

static size_t canonical_read(struct bytes canonical, struct name_attribute out[NAME_ATTRIBUTES])
{
	size_t n = 0;

	while (n < NAME_ATTRIBUTES && canonical_next(&canonical, &out[n]))
		n++;
	sort(out, n);   /* the backslashes may have moved a value among those of its attribute */
	return n;
}

/* What a has and b has not: both are in order, so one pass does. */
static size_t only_in(const struct name_attribute *a, size_t n_a, const struct name_attribute *b, size_t n_b, struct name_attribute *out)
{
	size_t n = 0;

	for (size_t i = 0, k = 0; i < n_a; i++) {
		while (k < n_b && compare_attributes(&b[k], &a[i]) < 0)
			k++;
		if (k < n_b && compare_attributes(&b[k], &a[i]) == 0)
			k++;
		else
			out[n++] = a[i];
	}
	return n;
}

/* The attribute on the other side with the same OID that has no partner yet. */
static struct bytes partner(struct name_attribute *list, size_t n, struct bytes oid)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].oid.len > 0 && bytes_equal(list[i].oid, oid)) {
			list[i].oid = BYTES_NONE;
			return list[i].value;
		}
	return BYTES_NONE;
}

size_t name_differences(struct bytes left, struct bytes right, struct name_difference out[NAME_DIFFERENCES])
{
	struct name_attribute a[NAME_ATTRIBUTES], b[NAME_ATTRIBUTES], more[NAME_ATTRIBUTES], less[NAME_ATTRIBUTES];
	size_t n_a = canonical_read(left, a), n_b = canonical_read(right, b), n = 0;
	size_t n_more = only_in(a, n_a, b, n_b, more), n_less = only_in(b, n_b, a, n_a, less);

	for (size_t i = 0; i < n_more; i++)
		out[n++] = (struct name_difference){more[i].oid, more[i].value, partner(less, n_less, more[i].oid)};
	for (size_t i = 0; i < n_less; i++)
		if (less[i].oid.len > 0)
			out[n++] = (struct name_difference){less[i].oid, BYTES_NONE, less[i].value};
	return n;
}

struct bytes name_key(struct bytes oid)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (bytes_equal(keys[i].oid, oid))
			return keys[i].key;
	return oid;
}

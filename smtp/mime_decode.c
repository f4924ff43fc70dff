/* smtp/mime_decode.c - see mime_decode.h. */
#include "smtp/mime_decode.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

/* What people write, and what iconv is asked for. ISO-8859-1 is read as windows-1252, its superset in mail.
 * UTF-7 and the stateful Chinese charsets are left out on purpose: they hide text from other readers. */
static const struct charset {
	struct bytes name;
	const char *converter;
} charsets[] = {
	{BYTES_OF("utf-8"), "UTF-8"},
	{BYTES_OF("utf8"), "UTF-8"},
	{BYTES_OF("us-ascii"), "US-ASCII"},
	{BYTES_OF("ascii"), "US-ASCII"},
	{BYTES_OF("ansi_x3.4-1968"), "US-ASCII"},
	{BYTES_OF("iso-8859-1"), "WINDOWS-1252"},
	{BYTES_OF("iso8859-1"), "WINDOWS-1252"},
	{BYTES_OF("latin1"), "WINDOWS-1252"},
	{BYTES_OF("windows-1252"), "WINDOWS-1252"},
	{BYTES_OF("cp1252"), "WINDOWS-1252"},
	{BYTES_OF("iso-8859-15"), "ISO-8859-15"},
	{BYTES_OF("iso-8859-2"), "ISO-8859-2"},
	{BYTES_OF("iso-8859-3"), "ISO-8859-3"},
	{BYTES_OF("iso-8859-4"), "ISO-8859-4"},
	{BYTES_OF("iso-8859-5"), "ISO-8859-5"},
	{BYTES_OF("iso-8859-6"), "ISO-8859-6"},
	{BYTES_OF("iso-8859-7"), "ISO-8859-7"},
	{BYTES_OF("iso-8859-8"), "ISO-8859-8"},
	{BYTES_OF("iso-8859-9"), "ISO-8859-9"},
	{BYTES_OF("iso-8859-14"), "ISO-8859-14"},
	{BYTES_OF("windows-1250"), "WINDOWS-1250"},
	{BYTES_OF("windows-1251"), "WINDOWS-1251"},
	{BYTES_OF("windows-1253"), "WINDOWS-1253"},
	{BYTES_OF("windows-1254"), "WINDOWS-1254"},
	{BYTES_OF("windows-1255"), "WINDOWS-1255"},
	{BYTES_OF("windows-1256"), "WINDOWS-1256"},
	{BYTES_OF("macintosh"), "MACINTOSH"},
	{BYTES_OF("koi8-r"), "KOI8-R"},
	{BYTES_OF("koi8-u"), "KOI8-U"},
	{BYTES_OF("utf-16"), "UTF-16"},
	{BYTES_OF("utf-16le"), "UTF-16LE"},
	{BYTES_OF("utf-16be"), "UTF-16BE"},
	{BYTES_OF("iso-2022-jp"), "ISO-2022-JP"},
	{BYTES_OF("shift_jis"), "SHIFT_JIS"},
	{BYTES_OF("euc-jp"), "EUC-JP"},
	{BYTES_OF("euc-kr"), "EUC-KR"},
	{BYTES_OF("gb2312"), "GB18030"},
	{BYTES_OF("gbk"), "GB18030"},
	{BYTES_OF("gb18030"), "GB18030"},
	{BYTES_OF("big5"), "BIG5"},
};
_Static_assert(2 * sizeof(charsets) / sizeof(charsets[0]) <= MIME_CHARSETS, "room for every charset");

static const unsigned char REPLACEMENT[] = {0xef, 0xbf, 0xbd};   /* U+FFFD */

const char *mime_charset_known(struct bytes name)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (bytes_equal_nocase(name, charsets[i].name))
			return charsets[i].converter;
	return NULL;
}

static void hold(struct mime_charsets *out, const char *name)
{
	iconv_t converter = iconv_open("UTF-8", name);
	if (converter != (iconv_t)-1)
		out->open[out->n++] = converter;
}

/* Under both spellings: libraries ask for the name that the sender wrote. */
void mime_charsets_open(struct mime_charsets *out)
{
	out->n = 0;
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
		hold(out, charsets[i].converter);
		hold(out, (const char *)charsets[i].name.at);
	}
}

void mime_charsets_close(struct mime_charsets *opened)
{
	while (opened->n > 0)
		iconv_close(opened->open[--opened->n]);
}

/* 0 to 63; 64 for padding, 65 for white space, 66 for anything else. */
static const unsigned char base64_values[128] = {
	66, 66, 66, 66, 66, 66, 66, 66, 66, 65, 65, 66, 66, 65, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
	65, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 64, 66, 66,
	66, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
	66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
};

static unsigned base64_value(unsigned char c)
{
	return c < sizeof(base64_values) ? base64_values[c] : 66;
}

/* Whole groups of four, as nearly all of a large attachment is; stops before anything else. Gives how many were written. */
static size_t base64_groups(const unsigned char *at, size_t groups, unsigned char *to)
{
	size_t len = 0;

	for (; groups > 0; groups--, at += 4) {
		unsigned a = base64_value(at[0]), b = base64_value(at[1]), c = base64_value(at[2]), d = base64_value(at[3]);
		if ((a | b | c | d) > 63)
			break;
		uint32_t word = a << 18 | b << 12 | c << 6 | d;
		to[len++] = (unsigned char)(word >> 16);
		to[len++] = (unsigned char)(word >> 8);
		to[len++] = (unsigned char)word;
	}
	return len;
}

bool mime_decode_base64(struct arena *arena, struct bytes encoded, struct bytes *out)
{
	unsigned char *to = arena_alloc(arena, encoded.len / 4 * 3 + 4);
	size_t len = 0, padding = 0;
	uint32_t word = 0;
	unsigned held = 0;
	bool right = true;

	for (size_t i = 0; i < encoded.len; i++) {
		unsigned value = base64_value(encoded.at[i]);
		if (held == 0 && padding == 0 && value < 64) {
			size_t n = base64_groups(encoded.at + i, (encoded.len - i) / 4, to + len);
			len += n;
			i += n / 3 * 4;
			if (i == encoded.len)
				break;
			value = base64_value(encoded.at[i]);
		}
		if (value == 65)
			continue;
		if (value == 64)
			padding++;
		if (value > 63 || padding > 0) {
			right = right && value == 64;
			continue;
		}
		word = word << 6 | value;
		if (++held < 4)
			continue;
		to[len++] = (unsigned char)(word >> 16);
		to[len++] = (unsigned char)(word >> 8);
		to[len++] = (unsigned char)word;
		held = 0;
		word = 0;
	}
	if (held == 3) {
		to[len++] = (unsigned char)(word >> 10);
		to[len++] = (unsigned char)(word >> 2);
	} else if (held == 2) {
		to[len++] = (unsigned char)(word >> 4);
	}
	*out = (struct bytes){to, len};
	return right && held != 1 && padding == (held == 0 ? 0u : 4u - held);
}

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* After an "=": how many bytes a soft line end takes (blanks may stand before it), 0 when there is none. */
static size_t soft_line_end(struct bytes rest)
{
	size_t i = 0;
	while (i < rest.len && (rest.at[i] == ' ' || rest.at[i] == '\t'))
		i++;
	if (i < rest.len && rest.at[i] == '\n')
		return i + 1;
	if (i + 1 < rest.len && rest.at[i] == '\r' && rest.at[i + 1] == '\n')
		return i + 2;
	return 0;
}

bool mime_decode_quoted(struct arena *arena, struct bytes encoded, struct bytes *out)
{
	unsigned char *to = arena_alloc(arena, encoded.len + 1);
	size_t len = 0;
	bool right = true;

	for (size_t i = 0; i < encoded.len; i++) {
		unsigned char c = encoded.at[i];
		if (c != '=') {
			to[len++] = c;
			continue;
		}
		struct bytes rest = bytes_from(encoded, i + 1);
		size_t soft = soft_line_end(rest);
		if (soft > 0 || rest.len == 0) {
			i += soft;
			continue;
		}
		int high = hex_value(rest.at[0]), low = rest.len > 1 ? hex_value(rest.at[1]) : -1;
		if (high < 0 || low < 0) {
			to[len++] = c;
			right = false;
			continue;
		}
		to[len++] = (unsigned char)(high << 4 | low);
		i += 2;
	}
	*out = (struct bytes){to, len};
	return right;
}

/* Every byte above 0x7f, or every byte that the converter refuses, becomes U+FFFD. */
static struct bytes ascii_only(struct arena *arena, struct bytes raw)
{
	unsigned char *to = arena_alloc(arena, raw.len * 3 + 1);
	size_t len = 0;

	for (size_t i = 0; i < raw.len; i++) {
		if (raw.at[i] < 0x80) {
			to[len++] = raw.at[i];
			continue;
		}
		memcpy(to + len, REPLACEMENT, 3);
		len += 3;
	}
	return (struct bytes){to, len};
}

/* Length of the well-formed sequence at the start, 0 when there is none. */
static size_t sequence(struct bytes raw)
{
	for (size_t n = 1; n <= 4 && n <= raw.len; n++)
		if (bytes_utf8(bytes_slice(raw, 0, n)))
			return n;
	return 0;
}

/* UTF-8 in which each byte that has no meaning is U+FFFD. The C library's own converter lets some of them pass. */
static struct bytes repaired(struct arena *arena, struct bytes raw)
{
	unsigned char *to = arena_alloc(arena, raw.len * 3 + 1);
	size_t len = 0;

	for (size_t i = 0; i < raw.len;) {
		size_t n = sequence(bytes_from(raw, i));
		memcpy(to + len, n > 0 ? raw.at + i : REPLACEMENT, n > 0 ? n : 3);
		len += n > 0 ? n : 3;
		i += n > 0 ? n : 1;
	}
	return (struct bytes){to, len};
}

static bool only_ascii(struct bytes raw)
{
	for (size_t i = 0; i < raw.len; i++)
		if (raw.at[i] >= 0x80)
			return false;
	return true;
}

static bool convert(struct arena *arena, const char *converter, struct bytes raw, struct bytes *out)
{
	iconv_t cd = iconv_open("UTF-8", converter);
	if (cd == (iconv_t)-1) {
		*out = ascii_only(arena, raw);
		return false;
	}
	/* No charset of the list gives more than four bytes of UTF-8 for one of its own, nor does the replacement. */
	size_t room = raw.len * 4 + 16;
	unsigned char *to = arena_alloc(arena, room);
	char *in = (char *)raw.at, *at = (char *)to;
	size_t left = raw.len, free_room = room - 8;
	bool right = true;

	while (left > 0 && iconv(cd, &in, &left, &at, &free_room) == (size_t)-1) {
		right = false;
		if (errno == E2BIG || free_room < 3)
			break;
		memcpy(at, REPLACEMENT, 3);
		at += 3;
		free_room -= 3;
		in++;
		left--;
	}
	iconv_close(cd);
	*out = (struct bytes){to, (size_t)(at - (char *)to)};
	if (bytes_utf8(*out))
		return right;
	*out = repaired(arena, *out);
	return false;
}

bool mime_decode_text(struct arena *arena, struct bytes charset, struct bytes raw, struct bytes *out)
{
	const char *converter = charset.len == 0 ? "US-ASCII" : mime_charset_known(charset);

	if (converter == NULL) {
		*out = ascii_only(arena, raw);
		return false;
	}
	struct bytes wanted = bytes_of_text(converter);
	bool ascii = bytes_equal(wanted, BYTES("US-ASCII"));
	if ((ascii || bytes_equal(wanted, BYTES("UTF-8"))) && bytes_utf8(raw)) {
		*out = raw;
		return !ascii || charset.len == 0 || only_ascii(raw);
	}
	if (bytes_equal(wanted, BYTES("UTF-8"))) {
		*out = repaired(arena, raw);
		return false;
	}
	if (!ascii)
		return convert(arena, converter, raw, out);
	/* Eight-bit text that calls itself ASCII is nearly always of a Western Windows. */
	(void)convert(arena, "WINDOWS-1252", raw, out);
	return false;
}

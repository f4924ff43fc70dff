/* base/fold.c - see fold.h. */
#include "base/fold.h"

#include <string.h>

/* U+00C0 to U+00FF without their accents; "" where there is no kin. */
static const char latin[64][3] = {
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "x", "o", "u", "u", "u", "u", "y", "th", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "/", "o", "u", "u", "u", "u", "y", "th", "y",
};

/* U+0100 to U+017F likewise; '?' where there is no kin of one letter. */
static const char extended[129] =
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkklllllll"
	"lllnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const struct kin {
	uint32_t code;
	const char *as;
} kins[] = {
	{0xa0, " "},    {0xab, "\""},   {0xbb, "\""},   {0xb0, "o"},    {0xb4, "'"},    {0x152, "oe"},  {0x153, "oe"},
	{0x178, "y"},   {0x2009, " "},  {0x2010, "-"},  {0x2011, "-"},  {0x2012, "-"},  {0x2013, "-"},  {0x2014, "-"},
	{0x2018, "'"},  {0x2019, "'"},  {0x201a, ","},  {0x201c, "\""}, {0x201d, "\""}, {0x2022, "*"},  {0x2026, "..."},
	{0x202f, " "},  {0x2003, " "},  {0x2002, " "},  {0x200b, ""},   {0xfeff, ""},   {0xad, ""},     {0x200e, ""},
	{0x200f, ""},   {0x2c, ","},    {0xfb00, "ff"}, {0xfb01, "fi"}, {0xfb02, "fl"}, {0xfb03, "ffi"}, {0xfb04, "ffl"},
};

/* One character of well-formed UTF-8; a stray byte is itself. */
static uint32_t code_at(struct bytes text, size_t *len)
{
	unsigned char c = text.at[0];
	size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t code = n == 1 ? c : n == 2 ? c & 0x1fu : n == 3 ? c & 0x0fu : c & 0x07u;

	*len = 1;
	if ((c >= 0x80 && c < 0xc2) || n > text.len)
		return 0xfffd;
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (text.at[i] & 0x3fu);
	*len = n;
	return code;
}

/* NULL: the character stays as it is. */
static const char *kin_of(uint32_t code)
{
	if (code >= 0xc0 && code <= 0xff)
		return latin[code - 0xc0];
	if (code >= 0x300 && code <= 0x36f)
		return "";                    /* accents written apart */
	for (size_t i = 0; i < sizeof(kins) / sizeof(kins[0]); i++)
		if (kins[i].code == code)
			return kins[i].as;
	return NULL;
}

/* A letter with its accent or stroke taken away, or 0. */
static unsigned char letter_of(uint32_t code)
{
	if (code < 0x100 || code > 0x17f || extended[code - 0x100] == '?')
		return 0;
	return (unsigned char)extended[code - 0x100];
}

struct bytes fold_text(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len * 3 + 4);
	size_t len = 0;

	for (size_t i = 0; i < text.len;) {
		size_t n;
		uint32_t code = code_at(bytes_from(text, i), &n);
		const char *kin = code < 0x80 ? NULL : kin_of(code);
		unsigned char letter = letter_of(code);
		if (letter != 0) {
			out[len++] = letter;
		} else if (code < 0x80) {
			out[len++] = (unsigned char)(code >= 'A' && code <= 'Z' ? code | 0x20 : code);
		} else if (kin != NULL) {
			for (; *kin != 0; kin++)
				out[len++] = (unsigned char)*kin;
		} else {
			memcpy(out + len, text.at + i, n);
			len += n;
		}
		i += n;
	}
	return (struct bytes){out, len};
}

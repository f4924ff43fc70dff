/* cda/rtf_text.c - see rtf_text.h. */
#include "cda/rtf_text.h"

enum { GROUPS = 200, WORD = 32 };

struct rtf {
	struct bytes left;
	struct buf *out;
	bool silent[GROUPS];         /* of the open groups: gives no text */
	unsigned fallback[GROUPS];   /* signs that stand for a \u, to be passed over */
	size_t depth;
	unsigned pass;               /* of these, still to come */
};

static void put(struct rtf *r, unsigned code)
{
	if (r->silent[r->depth] || code == 0)
		return;
	if (code < 0x80) {
		buf_u8(r->out, (uint8_t)code);
	} else if (code < 0x800) {
		buf_u8(r->out, (uint8_t)(0xc0 | code >> 6));
		buf_u8(r->out, (uint8_t)(0x80 | (code & 63)));
	} else {
		buf_u8(r->out, (uint8_t)(0xe0 | code >> 12));
		buf_u8(r->out, (uint8_t)(0x80 | (code >> 6 & 63)));
		buf_u8(r->out, (uint8_t)(0x80 | (code & 63)));
	}
}

/* A byte of text, unless it stands for a \u before it. */
static void put_byte(struct rtf *r, unsigned char c)
{
	if (r->pass > 0)
		r->pass--;
	else
		put(r, c);
}

static int hex(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static unsigned char next(struct rtf *r)
{
	unsigned char c = r->left.at[0];
	r->left = bytes_from(r->left, 1);
	return c;
}

static void open_group(struct rtf *r)
{
	bool silent = r->silent[r->depth];
	unsigned fallback = r->fallback[r->depth];

	/* Deeper than any file goes: the rest gives nothing. */
	if (r->depth + 1 == GROUPS) {
		r->left = BYTES_NONE;
		return;
	}
	r->depth++;
	r->silent[r->depth] = silent;
	r->fallback[r->depth] = fallback;
	r->pass = 0;
}

static void close_group(struct rtf *r)
{
	if (r->depth > 0)
		r->depth--;
	r->pass = 0;
}

static bool gives_nothing(struct bytes word)
{
	static const char *const names[] = {"fonttbl", "colortbl", "stylesheet", "pict", "objdata", "themedata", "datastore", "listtable", "rsidtbl", NULL};
	for (size_t i = 0; names[i] != NULL; i++)
		if (bytes_equal_text(word, names[i]))
			return true;
	return false;
}

/* \u8364 and its like: a number of 16 bits that may be written below zero. */
static void put_unicode(struct rtf *r, long number)
{
	unsigned code = (unsigned)number & 0xffff;

	r->pass = r->fallback[r->depth];
	if (code >= 0xd800 && code < 0xe000)
		return;              /* beyond the letters of names */
	put(r, code);
}

static void word(struct rtf *r, struct bytes name, long number)
{
	static const char *const blanks[] = {"par", "line", "tab", "cell", "row", "page", "sect", NULL};

	for (size_t i = 0; blanks[i] != NULL; i++)
		if (bytes_equal_text(name, blanks[i]))
			put(r, '\n');
	if (gives_nothing(name))
		r->silent[r->depth] = true;
	else if (bytes_equal_text(name, "u"))
		put_unicode(r, number);
	else if (bytes_equal_text(name, "uc") && number >= 0 && number < 16)
		r->fallback[r->depth] = (unsigned)number;
	else if (bytes_equal_text(name, "bin"))
		r->left = bytes_from(r->left, number > 0 ? (size_t)number : 0);
}

static void control_word(struct rtf *r)
{
	size_t n = 0;
	long number = 0;
	bool minus = false;

	while (n < r->left.len && n < WORD && ((r->left.at[n] | 32) >= 'a' && (r->left.at[n] | 32) <= 'z'))
		n++;
	struct bytes name = bytes_slice(r->left, 0, n);
	r->left = bytes_from(r->left, n);
	if (r->left.len > 0 && r->left.at[0] == '-') {
		minus = true;
		r->left = bytes_from(r->left, 1);
	}
	for (n = 0; r->left.len > 0 && r->left.at[0] >= '0' && r->left.at[0] <= '9'; n++)
		number = n < 9 ? number * 10 + (next(r) - '0') : (next(r), number);
	if (r->left.len > 0 && r->left.at[0] == ' ')
		r->left = bytes_from(r->left, 1);
	word(r, name, minus ? -number : number);
}

static void control(struct rtf *r)
{
	if (r->left.len == 0)
		return;
	unsigned char c = r->left.at[0];
	if ((c | 32) >= 'a' && (c | 32) <= 'z') {
		control_word(r);
		return;
	}
	next(r);
	if (c == '\'' && r->left.len >= 2 && hex(r->left.at[0]) >= 0 && hex(r->left.at[1]) >= 0) {
		unsigned high = (unsigned)hex(next(r)), low = (unsigned)hex(next(r));
		put_byte(r, (unsigned char)(high << 4 | low));
	} else if (c == '*') {
		r->silent[r->depth] = true;
	} else if (c == '~') {
		put(r, ' ');
	} else if (c == '\\' || c == '{' || c == '}' || c == '_') {
		put_byte(r, c == '_' ? '-' : c);
	}
}

void rtf_text(struct bytes rtf, struct buf *out)
{
	struct rtf r = {.left = rtf, .out = out, .fallback = {1}};

	while (r.left.len > 0 && buf_ok(out)) {
		unsigned char c = next(&r);
		if (c == '{')
			open_group(&r);
		else if (c == '}')
			close_group(&r);
		else if (c == '\\')
			control(&r);
		else if (c != '\r' && c != '\n')
			put_byte(&r, c);
	}
}

/* cda/pdf_words.c - see pdf_words.h. */
#include "cda/pdf_words.h"

#include "base/buf.h"
#include "base/limits.h"

#define NARROW "\u202f"
#define FIXED "\u00a0"

/* --- spaces ----------------------------------------------------------------- */

/* Places in a text; outside of it there is nothing (0). */
static unsigned char sign_at(struct bytes text, size_t at)
{
	return at < text.len ? text.at[at] : 0;
}

static bool digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool ends_word(unsigned char c)
{
	return c == 0 || c == ' ' || c == '\n' || c == '\t';
}

static bool word_ends_at(struct bytes text, size_t at)
{
	return ends_word(sign_at(text, at));
}

/* ; ! ? : and the closing guillemet are not parted from their word in French. */
static bool tight(struct bytes text, size_t at)
{
	unsigned char c = sign_at(text, at);
	bool sign = c == ';' || c == '!' || c == '?' || c == ':';
	return (sign && (word_ends_at(text, at + 1) || sign_at(text, at + 1) == ')' || sign_at(text, at + 1) == '!')) ||
	       bytes_starts(bytes_from(text, at), BYTES("»"));
}

static bool opened_before(struct bytes text, size_t at)
{
	return at >= 2 && bytes_starts(bytes_from(text, at - 2), BYTES("«"));
}

static bool letter_before(struct bytes text, size_t at)
{
	unsigned char c = at > 0 ? text.at[at - 1] : 0;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || digit(c) || c == ')' || c == '%' || c >= 0x80;
}

/* A word of the list that ends where the text ends. */
static bool word_before(struct bytes text, size_t at)
{
	static const char *const words[] = {"Dr", "Pr", "M.", "Mme", "Mr", "Mrs", "n°", "N°", "no.", "p."};
	struct bytes before = bytes_slice(text, 0, at);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct bytes word = bytes_of_text(words[i]);
		if (bytes_ends(before, word) && (before.len == word.len || ends_word(before.at[before.len - word.len - 1])))
			return true;
	}
	return false;
}

static bool unit(struct bytes text, size_t at)
{
	static const char *const units[] = {"%",  "‰",  "€",  "°C", "µm", "µg", "mg", "g",   "kg",  "mL", "ml", "L",   "mm",   "cm",
					    "m",  "kPa", "dB", "D",  "h",  "min", "s",  "UI",  "IU",  "Gy", "mmHg", "mmol/L", "g/L", "g/dL"};
	struct bytes rest = bytes_from(text, at);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct bytes one = bytes_of_text(units[i]);
		unsigned char next = sign_at(rest, one.len);
		if (bytes_starts(rest, one) && (ends_word(next) || next == '.' || next == ',' || next == ';' || next == ')'))
			return true;
	}
	return false;
}

static bool dash(struct bytes text, size_t at)
{
	return (bytes_starts(bytes_from(text, at), BYTES("–")) || bytes_starts(bytes_from(text, at), BYTES("—"))) && word_ends_at(text, at + 3);
}

/* Three digits, and no fourth: a group of a long number. */
static bool group(struct bytes text, size_t at)
{
	return digit(sign_at(text, at)) && digit(sign_at(text, at + 1)) && digit(sign_at(text, at + 2)) && !digit(sign_at(text, at + 3));
}

/* How the space at this place is set: NULL when it is an ordinary one. */
static const char *space_at(struct bytes text, size_t at, bool english)
{
	bool number = at > 0 && digit(text.at[at - 1]);
	if (!english && (tight(text, at + 1) || opened_before(text, at)))
		return NARROW;
	return (number && (group(text, at + 1) || unit(text, at + 1))) || word_before(text, at) || dash(text, at + 1) ? FIXED : NULL;
}

static bool starts_fixed(struct bytes text)
{
	return bytes_starts(text, BYTES(FIXED)) || bytes_starts(text, BYTES(NARROW)) || bytes_starts(text, BYTES("\u2009"));
}

/* A text that was written without the space, or with one that already holds, gets one space and no more. */
static bool space_wanted(struct bytes text, size_t at)
{
	bool held = (at >= 2 && starts_fixed(bytes_slice(text, at - 2, 2))) || (at >= 3 && starts_fixed(bytes_slice(text, at - 3, 3)));
	if (opened_before(text, at))
		return !word_ends_at(text, at) && !starts_fixed(bytes_from(text, at));
	return !held && tight(text, at) && letter_before(text, at);
}

/* A line is cut here whatever stands in it: the layout library's time grows with the square of a word's length. */
enum { WORD_SIGNS = 400 };

static struct bytes spaced(struct arena *arena, struct bytes text, bool english)
{
	struct buf out = buf_make(text.len * 4 + 16);
	size_t signs = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i] == '\t' ? ' ' : text.at[i];
		bool begins = (c & 0xc0) != 0x80;
		signs = c == ' ' || c == '\n' ? 0 : signs + begins;
		if (begins && signs > 0 && signs % WORD_SIGNS == 0)
			buf_u8(&out, '\n');
		const char *instead = c == ' ' ? space_at(text, i, english) : NULL;
		if (c != ' ' && !english && space_wanted(text, i))
			buf_text(&out, NARROW);
		if (instead != NULL)
			buf_text(&out, instead);
		else
			buf_u8(&out, c);
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

/* --- dressing --------------------------------------------------------------- */

struct dressing {
	struct arena *arena;
	const struct pdf_font *font;
	bool english;
	struct pdf_missing missing;
};

static struct bytes dress(struct dressing *d, struct bytes text)
{
	return pdf_font_keep(d->arena, d->font, spaced(d->arena, text, d->english), &d->missing);
}

/* "□ stands for a sign that this page cannot write: U+65E5, U+672C." */
static struct pdf_section note(struct dressing *d)
{
	struct buf out = buf_make(1024);
	buf_text(&out, d->english ? "\u25a1 stands for a sign that this page cannot write (Unicode: "
				  : "\u25a1 remplace un signe que cette page ne sait pas écrire (Unicode" NARROW ": ");
	for (size_t i = 0; i < d->missing.count; i++)
		buf_printf(&out, "%sU+%04X", i == 0 ? "" : ", ", (unsigned)d->missing.signs[i]);
	buf_text(&out, d->missing.more ? ", …)." : ").");
	struct pdf_section section = {.text = arena_copy(d->arena, buf_bytes(&out)), .level = 1};
	buf_free(&out);
	return section;
}

static struct pdf_section *dress_sections(struct dressing *d, const struct pdf_input *input)
{
	struct pdf_section *sections = arena_alloc(d->arena, (input->section_count + 1) * sizeof *sections);
	for (size_t i = 0; i < input->section_count; i++) {
		sections[i] = input->sections[i];
		sections[i].heading = dress(d, input->sections[i].heading);
		sections[i].text = dress(d, input->sections[i].text);
	}
	return sections;
}

static struct bytes *dress_lines(struct dressing *d, const struct bytes *lines, size_t count)
{
	struct bytes *out = arena_alloc(d->arena, (count + 1) * sizeof *out);
	for (size_t i = 0; i < count; i++)
		out[i] = dress(d, lines[i]);
	return out;
}

/* The code of the sheet is ASCII and stays: bars are made of it. */
static const struct pdf_letter *dress_letter(struct dressing *d, const struct pdf_letter *letter)
{
	if (letter == NULL)
		return NULL;
	struct pdf_letter *out = arena_alloc(d->arena, sizeof *out);
	*out = *letter;
	out->to = dress_lines(d, letter->to, letter->to_count);
	out->from = dress_lines(d, letter->from, letter->from_count);
	out->date = dress(d, letter->date);
	out->sheet_title = dress(d, letter->sheet_title);
	out->sheet_way = dress(d, letter->sheet_way);
	return out;
}

/* --- public ----------------------------------------------------------------- */

size_t pdf_words_number(struct bytes line)
{
	size_t n = 0;
	while (n < 3 && digit(sign_at(line, n)))
		n++;
	bool mark = n > 0 && (sign_at(line, n) == '.' || sign_at(line, n) == ')') && sign_at(line, n + 1) == ' ';
	return mark ? n + 2 : 0;
}

size_t pdf_words_dash(struct bytes line)
{
	static const char *const marks[] = {"- ", "• ", "– ", "* "};
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (bytes_starts(line, bytes_of_text(marks[i])))
			return bytes_of_text(marks[i]).len;
	return 0;
}

struct bytes pdf_words_plain(struct arena *arena, struct bytes text)
{
	struct buf out = buf_make(text.len * 3 + 16);
	for (size_t at = 0; at < text.len;) {
		const char *from = (const char *)text.at + at;
		gunichar sign = g_utf8_get_char(from);
		size_t len = (size_t)(g_utf8_next_char(from) - from);
		if ((sign & 0xfffe) == 0xfffe || (sign >= 0xfdd0 && sign <= 0xfdef))
			buf_text(&out, "\ufffd");
		else if (!pdf_font_formless(sign))
			buf_add(&out, bytes_slice(text, at, len));
		at += len;
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

struct pdf_input pdf_words_dress(struct arena *arena, const struct pdf_font *font, const struct pdf_input *input)
{
	struct dressing d = {.arena = arena, .font = font, .english = input->english};
	struct pdf_input out = *input;
	struct pdf_row *rows = arena_alloc(arena, (input->row_count + 1) * sizeof *rows);
	for (size_t i = 0; i < input->row_count; i++) {
		size_t to = input->rows[i].to_section <= input->section_count ? input->rows[i].to_section : 0;
		rows[i] = (struct pdf_row){dress(&d, input->rows[i].label), dress(&d, input->rows[i].value), to};
	}
	struct pdf_section *sections = dress_sections(&d, input);
	out.rows = rows;
	out.sections = sections;
	out.title = dress(&d, input->title);
	out.service = dress(&d, input->service);
	out.reference = dress(&d, input->reference);
	out.note = dress(&d, input->note);
	out.letter = dress_letter(&d, input->letter);
	if (d.missing.count > 0)
		sections[out.section_count++] = note(&d);
	return out;
}

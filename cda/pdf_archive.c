/* cda/pdf_archive.c - see pdf_archive.h. */
#include "cda/pdf_archive.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"

enum { CONTENT_CEILING = 4 * 1024 * 1024, DEPTH = 6, TABLE_HEAD = 12, TABLE_ENTRY = 16, MAXP_GLYPHS = 4 };

/* --- content ------------------------------------------------------------------ */

static bool blank(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool delimiter(unsigned char c)
{
	return blank(c) || c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '/';
}

/* Past a string in parentheses, which may hold others. */
static size_t after_string(struct bytes text, size_t at)
{
	int open = 0;
	for (; at < text.len; at++) {
		if (text.at[at] == '\\')
			at++;
		else if (text.at[at] == '(')
			open++;
		else if (text.at[at] == ')' && --open == 0)
			return at + 1;
	}
	return text.len;
}

/* The next token of a content stream (ISO 32000-1 7.8.2); strings are one token. Empty at the end. */
static struct bytes token(struct bytes text, size_t *at)
{
	while (*at < text.len && blank(text.at[*at]))
		(*at)++;
	size_t from = *at;
	if (from == text.len)
		return BYTES_NONE;
	if (text.at[from] == '(') {
		*at = after_string(text, from);
	} else if (text.at[from] == '<' && from + 1 < text.len && text.at[from + 1] != '<') {
		*at = bytes_find_byte(text, '>', from);
	} else {
		(*at)++;
		while (*at < text.len && !delimiter(text.at[*at]) && (text.at[from] == '/' || !delimiter(text.at[from])))
			(*at)++;
	}
	return bytes_slice(text, from, *at - from);
}

/* What is drawn outside of every marked sequence, and how the page goes through them. */
struct marking {
	struct bytes text;
	struct buf *out;
	size_t written;    /* up to here the text is copied */
	unsigned depth;
	bool decorating;   /* a sequence of ours is open */
};

static void copy_up_to(struct marking *m, size_t at)
{
	buf_add(m->out, bytes_slice(m->text, m->written, at - m->written));
	m->written = at;
}

/* Operators that change how things are drawn and draw nothing. */
static bool only_state(struct bytes word)
{
	static const char *const words[] = {"q", "Q", "cm", "gs", "rg", "RG", "g", "G", "w", "J", "j", "M", "d", "i", "ri", "EMC"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(word, words[i]))
			return true;
	return false;
}

/* The operands that belong to an operator end up inside of the sequence with it. */
static void on_operator(struct marking *m, struct bytes word, size_t operands, size_t end)
{
	bool begins = bytes_equal_text(word, "BDC") || bytes_equal_text(word, "BMC");
	if (begins && m->depth == 0 && m->decorating) {
		copy_up_to(m, operands);
		buf_text(m->out, "\nEMC");
		m->decorating = false;
	}
	if (!begins && m->depth == 0 && !m->decorating && !only_state(word)) {
		copy_up_to(m, operands);
		buf_text(m->out, "\n/Artifact BMC");
		m->decorating = true;
	}
	copy_up_to(m, end);
	if (begins)
		m->depth++;
	else if (bytes_equal_text(word, "EMC") && m->depth > 0)
		m->depth--;
}

static bool is_operator(struct bytes word)
{
	unsigned char c = word.at[0];
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\'' || c == '"';
}

static bool mark_decoration(struct bytes text, struct buf *out)
{
	struct marking m = {.text = text, .out = out};
	size_t at = 0, operands = 0;
	for (struct bytes word; word = token(text, &at), word.len > 0;) {
		if (!is_operator(word))
			continue;
		on_operator(&m, word, operands, at);
		operands = at;
	}
	copy_up_to(&m, text.len);
	if (m.decorating)
		buf_text(out, "\nEMC\n");
	return m.depth == 0 && buf_ok(out);
}

static bool page_content(qpdf_data pdf, qpdf_oh page)
{
	unsigned char *data = NULL;
	size_t len = 0;
	struct buf out = buf_make(CONTENT_CEILING);
	qpdf_oh content = qpdf_oh_get_key(pdf, page, "/Contents");
	bool good = qpdf_oh_is_stream(pdf, content) &&
		    qpdf_oh_get_stream_data(pdf, content, qpdf_dl_generalized, NULL, &data, &len) == QPDF_SUCCESS &&
		    mark_decoration((struct bytes){data, len}, &out);
	if (good)
		qpdf_oh_replace_stream_data(pdf, content, out.data, out.len, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	free(data);
	buf_free(&out);
	return good;
}

/* --- fonts ------------------------------------------------------------------ */

static unsigned u16_at(struct bytes file, size_t at)
{
	return at + 2 <= file.len ? (unsigned)file.at[at] << 8 | file.at[at + 1] : 0;
}

static size_t u32_at(struct bytes file, size_t at)
{
	return (size_t)u16_at(file, at) << 16 | u16_at(file, at + 2);
}

/* How many signs a TrueType file has: its table "maxp" tells. 0: there is none. */
static unsigned glyphs_in(struct bytes file)
{
	unsigned tables = u16_at(file, 4);
	for (unsigned i = 0; i < tables; i++) {
		size_t entry = TABLE_HEAD + (size_t)TABLE_ENTRY * i;
		if (bytes_equal_text(bytes_slice(file, entry, 4), "maxp"))
			return u16_at(file, u32_at(file, entry + 8) + MAXP_GLYPHS);
	}
	return 0;
}

/* One bit for each sign, the first one the highest: in our subsets they are all those from 0 on. */
static void add_set(qpdf_data pdf, qpdf_oh descriptor, unsigned glyphs)
{
	struct buf set = buf_make(8192 + 1);
	for (unsigned i = 0; i < glyphs / 8; i++)
		buf_u8(&set, 0xff);
	if (glyphs % 8 != 0)
		buf_u8(&set, (uint8_t)(0xff00 >> glyphs % 8));
	qpdf_oh stream = qpdf_oh_new_stream(pdf);
	qpdf_oh_replace_stream_data(pdf, stream, set.data, set.len, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	qpdf_oh_replace_key(pdf, descriptor, "/CIDSet", stream);
	buf_free(&set);
}

static bool font_set(qpdf_data pdf, qpdf_oh font)
{
	qpdf_oh below = qpdf_oh_get_key(pdf, font, "/DescendantFonts");
	if (!qpdf_oh_is_array(pdf, below))
		return true;
	qpdf_oh only = qpdf_oh_get_array_item(pdf, below, 0), descriptor = qpdf_oh_get_key(pdf, only, "/FontDescriptor");
	if (qpdf_oh_has_key(pdf, descriptor, "/CIDSet"))
		return true;
	unsigned char *data = NULL;
	size_t len = 0;
	qpdf_oh file = qpdf_oh_get_key(pdf, descriptor, "/FontFile2");
	unsigned glyphs = 0;
	if (qpdf_oh_is_stream(pdf, file) && qpdf_oh_get_stream_data(pdf, file, qpdf_dl_generalized, NULL, &data, &len) == QPDF_SUCCESS)
		glyphs = glyphs_in((struct bytes){data, len});
	if (glyphs > 0)
		add_set(pdf, descriptor, glyphs);
	qpdf_oh_replace_key(pdf, only, "/CIDToGIDMap", qpdf_oh_new_name(pdf, "/Identity"));
	free(data);
	return glyphs > 0;
}

static bool page_fonts(struct arena *arena, qpdf_data pdf, qpdf_oh page)
{
	qpdf_oh fonts = qpdf_oh_get_key(pdf, qpdf_oh_get_key(pdf, page, "/Resources"), "/Font");
	bool good = true;
	if (!qpdf_oh_is_dictionary(pdf, fonts))
		return true;
	qpdf_oh_begin_dict_key_iter(pdf, fonts);
	while (good && qpdf_oh_dict_more_keys(pdf)) {
		/* The name lives until the next one is asked for. */
		const char *key = arena_text(arena, bytes_of_text(qpdf_oh_dict_next_key(pdf)));
		good = font_set(pdf, qpdf_oh_get_key(pdf, fonts, key));
	}
	return good;
}

/* --- links and rows ----------------------------------------------------------- */

enum { PRINTS = 4 };

static void page_links(qpdf_data pdf, qpdf_oh page)
{
	qpdf_oh links = qpdf_oh_get_key(pdf, page, "/Annots");
	if (!qpdf_oh_is_array(pdf, links))
		return;
	for (int i = 0; i < qpdf_oh_get_array_n_items(pdf, links); i++)
		qpdf_oh_replace_key(pdf, qpdf_oh_get_array_item(pdf, links, i), "/F", qpdf_oh_new_integer(pdf, PRINTS));
	qpdf_oh_replace_key(pdf, page, "/Tabs", qpdf_oh_new_name(pdf, "/S"));
}

/* A table stands directly in the document: no need to look into the sections. */
static bool leads_to_rows(qpdf_data pdf, qpdf_oh kind)
{
	return qpdf_oh_is_name_and_equals(pdf, kind, "/Document") || qpdf_oh_is_name_and_equals(pdf, kind, "/Table") ||
	       qpdf_oh_is_name_and_equals(pdf, kind, "/TR") || !qpdf_oh_is_name(pdf, kind);
}

static void say_scope(qpdf_data pdf, qpdf_oh element, unsigned depth)
{
	qpdf_oh kind = qpdf_oh_get_key(pdf, element, "/S"), below = qpdf_oh_get_key(pdf, element, "/K");
	if (qpdf_oh_is_name_and_equals(pdf, kind, "/TH"))
		qpdf_oh_replace_key(pdf, element, "/A", qpdf_oh_parse(pdf, "<< /O /Table /Scope /Row >>"));
	if (depth == DEPTH || !leads_to_rows(pdf, kind))
		return;
	if (qpdf_oh_is_dictionary(pdf, below))
		say_scope(pdf, below, depth + 1);
	for (int i = 0; qpdf_oh_is_array(pdf, below) && i < qpdf_oh_get_array_n_items(pdf, below); i++)
		say_scope(pdf, qpdf_oh_get_array_item(pdf, below, i), depth + 1);
}

/* --- public ----------------------------------------------------------------- */

bool pdf_archive_pages(struct arena *arena, qpdf_data pdf)
{
	int count = qpdf_get_num_pages(pdf);
	bool good = count > 0;
	for (int i = 0; i < count && good; i++) {
		qpdf_oh page = qpdf_get_page_n(pdf, (size_t)i);
		qpdf_oh_remove_key(pdf, page, "/Group");
		page_links(pdf, page);
		good = page_content(pdf, page) && page_fonts(arena, pdf, page);
	}
	say_scope(pdf, qpdf_oh_get_key(pdf, qpdf_get_root(pdf), "/StructTreeRoot"), 0);
	return good && !qpdf_has_error(pdf);
}

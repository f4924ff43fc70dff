/* smtp/compose_html.c - see compose_html.h. */
#include "smtp/compose_html.h"

#include "base/buf.h"
#include "base/limits.h"

enum {
	HEADING_MAX = 90,   /* characters of a line that ends with ":" and is no sentence of a paragraph */
	SHORT = 20,         /* a number or a reference that stays on one line of a telephone */
	REFERENCE_HYPHENS = 3,
};

static const char page[] =
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<style>:root{color-scheme:light dark}</style>\n</head>\n"
	"<body style=\"margin:0;padding:16px;font-family:sans-serif;font-size:16px;line-height:1.5;overflow-wrap:anywhere;word-break:break-word\">\n"
	"<div style=\"max-width:34em\">\n";

struct page {
	struct buf out;
	const struct compose_link *links;
	size_t link_count;
	const char *list;      /* "ul" or "ol" while one is open */
	bool paragraph;        /* open */
};

/* --- text ----------------------------------------------------------------------- */

static bool is_word_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The link whose text stands at this place, by itself. */
static const struct compose_link *link_at(const struct page *p, struct bytes line, size_t at)
{
	for (size_t i = 0; i < p->link_count; i++) {
		const struct compose_link *link = &p->links[i];
		size_t end = at + link->text.len;
		bool alone = (at == 0 || !is_word_byte(line.at[at - 1])) && (end >= line.len || !is_word_byte(line.at[end]));
		if (link->text.len > 0 && (at == 0 || !link->word) && alone && bytes_starts(bytes_from(line, at), link->text))
			return link;
	}
	return NULL;
}

/* "A-2026-000123-KQ": how long it is, 0 when none begins here. */
static size_t reference_at(struct bytes line, size_t at)
{
	size_t n = 0, hyphens = 0;

	if (at > 0 && (is_word_byte(line.at[at - 1]) || line.at[at - 1] == '-'))
		return 0;
	for (; at + n < line.len && (is_word_byte(line.at[at + n]) || line.at[at + n] == '-'); n++)
		hyphens += line.at[at + n] == '-';
	return hyphens >= REFERENCE_HYPHENS && n <= SHORT ? n : 0;
}

static void add_line(struct page *p, struct bytes line)
{
	size_t done = 0;

	for (size_t at = 0; at < line.len; at++) {
		const struct compose_link *link = link_at(p, line, at);
		size_t reference = link == NULL ? reference_at(line, at) : 0;
		if (reference > 0) {
			buf_markup(&p->out, bytes_slice(line, done, at - done));
			buf_text(&p->out, "<span style=\"white-space:nowrap\">");
			buf_markup(&p->out, bytes_slice(line, at, reference));
			buf_text(&p->out, "</span>");
			done = at + reference;
			at = done - 1;
		}
		if (link == NULL)
			continue;
		buf_markup(&p->out, bytes_slice(line, done, at - done));
		buf_text(&p->out, "<a href=\"");
		buf_markup(&p->out, link->href);
		/* A word is touched with a thumb: some 40 pixels high. */
		buf_printf(&p->out, "\" style=\"%s\">", link->word ? "display:inline-block;padding:8px 0" : link->text.len <= SHORT ? "white-space:nowrap" : "");
		buf_markup(&p->out, link->text);
		buf_text(&p->out, "</a>");
		done = at + link->text.len;
		at = done - 1;
	}
	buf_markup(&p->out, bytes_from(line, done));
}

/* --- blocks --------------------------------------------------------------------- */

static void close_list(struct page *p)
{
	if (p->list != NULL)
		buf_printf(&p->out, "</%s>\n", p->list);
	p->list = NULL;
}

static void close_paragraph(struct page *p)
{
	if (p->paragraph)
		buf_text(&p->out, "</p>\n");
	p->paragraph = false;
}

static void close_block(struct page *p)
{
	close_paragraph(p);
	close_list(p);
}

/* "- " or "12. ": bytes of the mark; *number is 0 for a bullet. */
static size_t item_mark(struct bytes line, uint64_t *number)
{
	size_t n = 0;

	*number = 0;
	if (bytes_starts(line, BYTES("- ")))
		return 2;
	while (n < line.len && n < 3 && line.at[n] >= '0' && line.at[n] <= '9')
		n++;
	if (n == 0 || n + 1 >= line.len || line.at[n] != '.' || line.at[n + 1] != ' ' || !bytes_number(bytes_slice(line, 0, n), 999, number))
		return 0;
	return *number > 0 ? n + 2 : 0;
}

static void add_item(struct page *p, struct bytes words, uint64_t number)
{
	const char *list = number > 0 ? "ol" : "ul";

	close_paragraph(p);
	if (p->list != NULL && p->list[0] != list[0])
		close_list(p);
	if (p->list == NULL)
		buf_printf(&p->out, "<%s style=\"margin:0 0 16px;padding-left:28px\">\n", list);
	p->list = list;
	if (number > 0)
		buf_printf(&p->out, "<li value=\"%u\">", (unsigned)number);
	else
		buf_text(&p->out, "<li>");
	add_line(p, words);
	buf_text(&p->out, "</li>\n");
}

static bool is_rule(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != '_')
			return false;
	return line.len >= 4;
}

/* Characters without the form's own words in brackets. */
static size_t heading_length(struct bytes line)
{
	size_t n = 0, open = bytes_find_byte(line, '[', 0);

	for (size_t i = 0; i < line.len && i < open; i++)
		n += (line.at[i] & 0xc0) != 0x80;
	return n;
}

static bool is_heading(struct bytes line)
{
	return line.len > 1 && line.at[line.len - 1] == ':' && heading_length(line) <= HEADING_MAX;
}

static void add_heading(struct page *p, struct bytes line)
{
	size_t open = bytes_find_byte(line, '[', 0), end = bytes_find_byte(line, ']', open);

	close_block(p);
	buf_text(&p->out, "<h2 style=\"font-size:16px;margin:16px 0 8px\">");
	add_line(p, bytes_slice(line, 0, open));
	/* What the form says itself is not as loud as its headings. */
	if (end < line.len) {
		buf_text(&p->out, "<span style=\"font-weight:normal\">");
		add_line(p, bytes_slice(line, open, end + 1 - open));
		buf_text(&p->out, "</span>");
		add_line(p, bytes_from(line, end + 1));
	} else {
		add_line(p, bytes_from(line, open));
	}
	buf_text(&p->out, "</h2>\n");
}

static void add_words(struct page *p, struct bytes line)
{
	close_list(p);
	buf_text(&p->out, p->paragraph ? "<br>\n" : "<p style=\"margin:0 0 16px\">");
	p->paragraph = true;
	add_line(p, line);
}

static void add_text_line(struct page *p, struct bytes line, bool first)
{
	uint64_t number;
	size_t mark = item_mark(line, &number);

	if (is_rule(line)) {
		close_block(p);
		buf_text(&p->out, "<hr>\n");
	} else if (mark > 0) {
		add_item(p, bytes_from(line, mark), number);
	} else if (first && is_heading(line)) {
		add_heading(p, line);
	} else {
		add_words(p, line);
	}
}

static void add_body(struct page *p, struct bytes text)
{
	struct cursor lines = cursor_on(text);
	size_t empty = 1;

	while (lines.left.len > 0) {
		struct bytes line = bytes_trim(cursor_until(&lines, '\n'));
		if (line.len > 0) {
			add_text_line(p, line, empty > 0);
			empty = 0;
			continue;
		}
		close_block(p);
		if (empty++ == 1)
			buf_text(&p->out, "<p style=\"margin:0 0 16px\"><br></p>\n");
	}
	close_block(p);
}

struct bytes compose_html(struct arena *arena, struct bytes text, struct bytes subject, struct bytes language,
			  const struct compose_link *links, size_t link_count)
{
	struct page p = {.out = buf_make(LIMIT_COMPOSE_MAIL), .links = links, .link_count = link_count};
	struct bytes lang = language.len > 0 ? language : BYTES("fr");

	buf_text(&p.out, "<!DOCTYPE html>\n<html lang=\"");
	buf_markup(&p.out, lang);
	buf_text(&p.out, "\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	buf_markup(&p.out, subject);
	buf_text(&p.out, "</title>\n");
	buf_text(&p.out, page);
	add_body(&p, text);
	buf_text(&p.out, "</div>\n</body>\n</html>\n");
	struct bytes html = buf_ok(&p.out) ? arena_copy(arena, buf_bytes(&p.out)) : BYTES_NONE;
	buf_free(&p.out);
	return html;
}

/* --- links ---------------------------------------------------------------------- */

static void add_percent(struct buf *out, struct bytes text, bool address)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		bool plain = is_word_byte(c) || c == '-' || c == '.' || c == '_' || c == '~' || (address && (c == '@' || c == '+'));
		if (plain)
			buf_u8(out, c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

struct bytes compose_html_mailto(struct arena *arena, struct bytes address, struct bytes subject, struct bytes body)
{
	struct buf out = buf_make(8 * LIMIT_COMPOSE_LINE);

	buf_text(&out, "mailto:");
	add_percent(&out, address, true);
	buf_text(&out, "?subject=");
	add_percent(&out, subject, false);
	buf_text(&out, "&body=");
	add_percent(&out, body, false);
	struct bytes href = buf_ok(&out) ? arena_copy(arena, buf_bytes(&out)) : BYTES_NONE;
	buf_free(&out);
	return href;
}

struct bytes compose_html_tel(struct arena *arena, struct bytes text)
{
	struct buf out = buf_make(32);
	size_t digits = 0;

	buf_text(&out, "tel:");
	for (size_t i = 0; i < text.len && digits < 15; i++) {
		unsigned char c = text.at[i];
		bool digit = c >= '0' && c <= '9';
		if (digit || (c == '+' && digits == 0 && out.len == 4))
			buf_u8(&out, c);
		else if (digits > 0 && c != ' ' && c != '.' && c != '-' && c < 0x80)
			break;
		digits += digit;
	}
	struct bytes href = digits >= 2 ? arena_copy(arena, buf_bytes(&out)) : BYTES_NONE;
	buf_free(&out);
	return href;
}

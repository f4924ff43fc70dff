/* cda/read_narrative.c - the readable text of a structured document, as plain lines.
 *
 * Elements give line breaks and cell separators only; no attribute, link, image or style is followed (attacks X7). */
#include "cda/read_parts.h"

static void put(struct reader_narrative *n, struct bytes piece)
{
	buf_add(&n->out, piece);
}

static void line_break(struct reader_narrative *n)
{
	if (n->line_begun)
		put(n, BYTES("\n"));
	n->line_begun = n->blank_due = n->cell_due = false;
}

static void word(struct reader_narrative *n, struct bytes piece)
{
	if (n->cell_due && n->line_begun)
		put(n, BYTES(" | "));
	else if (n->blank_due && n->line_begun)
		put(n, BYTES(" "));
	n->cell_due = n->blank_due = false;
	n->line_begun = n->any = true;
	put(n, piece);
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool breaks_line(struct bytes name)
{
	static const char *const names[] = {"paragraph", "list", "item", "table", "tr", "br", "caption", "thead",
					    "tbody", "tfoot", "footnote", NULL};
	for (size_t i = 0; names[i] != NULL; i++)
		if (bytes_equal_text(name, names[i]))
			return true;
	return false;
}

void reader_narrative_start(struct reader *r, const struct xml_element *element)
{
	struct reader_narrative *n = &r->narrative;

	if (n->text > 0) {
		if (breaks_line(element->name))
			line_break(n);
		if (bytes_equal_text(element->name, "item")) {
			word(n, BYTES("-"));
			n->blank_due = true;
		}
		return;
	}
	if (bytes_equal_text(element->name, "section"))
		n->section = element->depth;
	if (n->section == 0 || element->depth != n->section + 1)
		return;
	if (bytes_equal_text(element->name, "title")) {
		line_break(n);
		put(n, BYTES("\n"));
		n->title = element->depth;
	} else if (bytes_equal_text(element->name, "text")) {
		line_break(n);
		n->text = element->depth;
		n->text_from = n->out.len;
	}
}

void reader_narrative_text(struct reader *r, struct bytes piece)
{
	struct reader_narrative *n = &r->narrative;
	size_t at = 0;

	if (n->title == 0 && n->text == 0)
		return;
	while (at < piece.len) {
		size_t from = at;
		while (at < piece.len && !is_blank(piece.at[at]))
			at++;
		if (at > from)
			word(n, bytes_slice(piece, from, at - from));
		for (; at < piece.len && is_blank(piece.at[at]); at++)
			n->blank_due = true;
	}
}

void reader_narrative_end(struct reader *r, struct bytes name, unsigned depth)
{
	struct reader_narrative *n = &r->narrative;

	if (n->text > 0 && breaks_line(name))
		line_break(n);
	else if (n->text > 0 && (bytes_equal_text(name, "td") || bytes_equal_text(name, "th")))
		n->cell_due = true;
	if (depth == n->title || depth == n->text) {
		line_break(n);
		if (depth == n->text)
			reader_section_text(r, bytes_from(buf_bytes(&n->out), n->text_from));
		n->title = n->text = 0;
	}
	if (depth == n->section)
		n->section = 0;
}

/* cda/pdf_flow.c - see pdf_flow.h. */
#include "cda/pdf_flow.h"

#include "base/limits.h"
#include "cda/pdf_words.h"

/* A paragraph of more lines is two: the layout library's time grows with the square of their number. */
enum { PARAGRAPH_LINES = 100 };

/* Three lines stay with their heading. */
enum { KEEP_LINES = 3 };

/* What is being set: lines that follow one another are one paragraph, items that follow one another are one list. */
struct flow {
	struct pdf_sheet *sheet;
	const struct pdf_flow_styles *styles;
	struct bytes paragraph;
	size_t lines;   /* of the paragraph */
	bool listing;
	bool within;    /* a line of this block was set */
};

static void end_paragraph(struct flow *flow)
{
	if (flow->paragraph.len > 0)
		pdf_sheet_paragraph(flow->sheet, flow->styles->text, flow->paragraph);
	flow->paragraph = BYTES_NONE;
	flow->lines = 0;
}

static void end_list(struct flow *flow)
{
	if (!flow->listing)
		return;
	pdf_sheet_end(flow->sheet, "L");
	pdf_sheet_gap(flow->sheet, flow->styles->text->after - flow->styles->item->after);
	flow->listing = false;
}

static void set_item(struct flow *flow, struct bytes line, size_t number, size_t dash)
{
	end_paragraph(flow);
	if (!flow->listing)
		pdf_sheet_begin(flow->sheet, "L");
	flow->listing = true;
	struct bytes bullet = flow->styles->form ? BYTES("\u2610") : BYTES("\u2022");
	struct bytes mark = number > 0 ? bytes_slice(line, 0, number - 1) : bullet;
	pdf_sheet_item(flow->sheet, flow->styles->item, mark, bytes_trim(bytes_from(line, number + dash)));
}

static bool is_blank_line(struct bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] != '_')
			return false;
	return line.len >= 4;
}

/* The first line of a block that ends with a colon, whatever space stands before it. */
static bool is_heading(const struct flow *flow, struct bytes line)
{
	return flow->styles->heading != NULL && !flow->within && line.len > 1 && line.at[line.len - 1] == ':';
}

static void set_words(struct flow *flow, struct bytes line)
{
	end_list(flow);
	if (flow->lines == PARAGRAPH_LINES)
		end_paragraph(flow);
	if (flow->paragraph.len == 0)
		flow->paragraph = line;
	else
		flow->paragraph.len = (size_t)(line.at + line.len - flow->paragraph.at);
	flow->lines++;
}

static void set_special(struct flow *flow, struct bytes line, bool heading)
{
	const struct pdf_style *style = flow->styles->heading;

	end_paragraph(flow);
	end_list(flow);
	if (heading)
		pdf_sheet_heading(flow->sheet, style, line, 0, KEEP_LINES * flow->styles->text->step);
	else
		pdf_sheet_blank(flow->sheet, flow->styles->text->step * 1.5);
}

static void set_line(struct flow *flow, struct bytes line)
{
	size_t number = pdf_words_number(line), dash = pdf_words_dash(line);
	bool heading = is_heading(flow, line);

	if (line.len == 0) {
		end_paragraph(flow);
		flow->within = false;
		return;
	}
	if (number + dash > 0)
		set_item(flow, line, number, dash);
	else if (heading || (flow->styles->form && is_blank_line(line)))
		set_special(flow, line, heading);
	else
		set_words(flow, line);
	flow->within = true;
}

void pdf_flow_set(struct pdf_sheet *sheet, const struct pdf_flow_styles *styles, struct bytes text)
{
	struct flow flow = {.sheet = sheet, .styles = styles};
	struct cursor cursor = cursor_on(text);
	while (cursor.left.len > 0 && sheet->page <= LIMIT_PDF_PAGES)
		set_line(&flow, bytes_trim(cursor_until(&cursor, '\n')));
	end_paragraph(&flow);
	end_list(&flow);
}

/* cda/pdf.c - see pdf.h. */
#include "cda/pdf.h"

#include <cairo-pdf.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/pdf_finish.h"
#include "cda/pdf_font.h"
#include "cda/pdf_sheet.h"

#define PDF_CEILING (8u * 1024 * 1024)

static const struct pdf_style title_style = {"H1", 21, 1.2, true, 0.05, 0.26, 0.33, 0, 14, 60};
static const struct pdf_style heading_style = {"H2", 12.5, 1.25, true, 0.05, 0.33, 0.40, 14, 4, 62};
static const struct pdf_style framed_heading_style = {"H2", 12.5, 1.25, true, 0.05, 0.33, 0.40, 0, 4, 62};
static const struct pdf_style text_style = {"P", 10, 1.42, false, 0.11, 0.13, 0.15, 2, 5, 0};
static const struct pdf_style item_style = {"P", 10, 1.42, false, 0.11, 0.13, 0.15, 0, 3, 0};
static const struct pdf_style label_style = {"P", 9, 1.5, false, 0.32, 0.37, 0.40, 0, 0, 0};
static const struct pdf_style value_style = {"P", 9, 1.5, true, 0.11, 0.13, 0.15, 0, 0, 0};

/* --- checks ----------------------------------------------------------------- */

static bool allowed(struct bytes text, bool lines, size_t max)
{
	for (size_t i = 0; i < text.len; i++) {
		bool control = text.at[i] < 0x20 || text.at[i] == 0x7f;
		if (control && !(lines && (text.at[i] == '\n' || text.at[i] == '\t')))
			return false;
	}
	return text.len <= max && bytes_utf8(text);
}

static const char *bad_field(const struct pdf_input *input)
{
	if (input->title.len == 0 || !allowed(input->title, false, 512))
		return "title";
	if (!allowed(input->service, false, 512))
		return "service";
	if (!allowed(input->reference, false, 512))
		return "reference";
	if (!allowed(input->author, false, 512) || !allowed(input->note, false, 512))
		return "note";
	for (size_t i = 0; i < input->row_count; i++)
		if (!allowed(input->rows[i].label, false, 512) || !allowed(input->rows[i].value, false, 4096))
			return "rows";
	for (size_t i = 0; i < input->section_count; i++)
		if (!allowed(input->sections[i].heading, false, 512) || !allowed(input->sections[i].text, true, LIMIT_TEXT))
			return "sections";
	return NULL;
}

/* --- text ------------------------------------------------------------------- */

static bool ends_tight(struct bytes text, size_t at)
{
	/* ; ! ? : and the closing guillemet are not parted from their word in French. */
	unsigned char c = at < text.len ? text.at[at] : 0;
	bool alone = at + 1 >= text.len || text.at[at + 1] == ' ' || text.at[at + 1] == '\n';
	return ((c == ';' || c == '!' || c == '?' || c == ':') && alone) || bytes_starts(bytes_from(text, at), BYTES("»"));
}

/* The same words, with spaces that a line may not break at before and inside French punctuation. */
static struct bytes french(struct arena *arena, struct bytes text)
{
	struct buf out = buf_make(LIMIT_TEXT * 3);
	for (size_t i = 0; i < text.len; i++) {
		bool opened = i >= 2 && text.at[i - 2] == 0xc2 && text.at[i - 1] == 0xab;
		struct bytes next = bytes_from(text, i + 1);
		if (text.at[i] == ' ' && (ends_tight(text, i + 1) || opened))
			/* The colon and the guillemets take a full space, the others a narrow one. */
			buf_text(&out, opened || bytes_starts(next, BYTES(":")) || bytes_starts(next, BYTES("»")) ? "\u00a0" : "\u202f");
		else if (text.at[i] == '\t')
			buf_u8(&out, ' ');
		else
			buf_u8(&out, text.at[i]);
	}
	struct bytes copy = arena_copy(arena, buf_ok(&out) ? buf_bytes(&out) : text);
	buf_free(&out);
	return copy;
}

/* The input as it is set: typography of the language, and only signs that the fonts have. */
struct dressing {
	struct arena *arena;
	const struct pdf_font *font;
	bool english, replaced;
};

static struct bytes dress(struct dressing *d, struct bytes text)
{
	return pdf_font_keep(d->arena, d->font, d->english ? text : french(d->arena, text), &d->replaced);
}

static struct pdf_section *dress_sections(struct dressing *d, const struct pdf_input *input, size_t *count)
{
	struct pdf_section *sections = arena_alloc(d->arena, (input->section_count + 1) * sizeof *sections);
	for (size_t i = 0; i < input->section_count; i++) {
		sections[i] = input->sections[i];
		sections[i].heading = dress(d, input->sections[i].heading);
		sections[i].text = dress(d, input->sections[i].text);
	}
	*count = input->section_count;
	if (d->replaced)
		sections[(*count)++] = (struct pdf_section){.text = d->english ? BYTES("\u25a1 stands for a sign that this page cannot write.")
						       : BYTES("\u25a1 remplace un signe que cette page ne sait pas écrire.")};
	return sections;
}

static struct pdf_input dressed(struct dressing *d, const struct pdf_input *input)
{
	struct pdf_input out = *input;
	struct pdf_row *rows = arena_alloc(d->arena, (input->row_count + 1) * sizeof *rows);
	for (size_t i = 0; i < input->row_count; i++)
		rows[i] = (struct pdf_row){dress(d, input->rows[i].label), dress(d, input->rows[i].value), input->rows[i].to_section};
	out.rows = rows;
	out.title = dress(d, input->title);
	out.service = dress(d, input->service);
	out.reference = dress(d, input->reference);
	out.note = dress(d, input->note);
	out.sections = dress_sections(d, input, &out.section_count);
	return out;
}

/* Length of "12. " or "3) " at the head of a line; 0 when there is none. */
static size_t number_mark(struct bytes line)
{
	size_t n = 0;
	while (n < line.len && n < 3 && line.at[n] >= '0' && line.at[n] <= '9')
		n++;
	bool sign = n > 0 && n + 1 < line.len && (line.at[n] == '.' || line.at[n] == ')') && line.at[n + 1] == ' ';
	return sign ? n + 2 : 0;
}

static bool is_item(struct bytes line)
{
	return bytes_starts(line, BYTES("- ")) || bytes_starts(line, BYTES("• ")) || number_mark(line) > 0;
}

static void set_item(struct pdf_sheet *sheet, struct bytes line)
{
	size_t mark = number_mark(line);
	if (mark > 0) {
		pdf_sheet_text(sheet, &item_style, arena_text(sheet->arena, bytes_slice(line, 0, mark - 1)), bytes_from(line, mark));
		return;
	}
	size_t skip = line.at[0] == '-' ? 2 : sizeof "• " - 1;
	pdf_sheet_text(sheet, &item_style, "•", bytes_from(line, skip));
}

/* Lines that follow one another are one paragraph with line breaks, unless one begins an item. */
static void set_text(struct pdf_sheet *sheet, struct bytes text)
{
	struct cursor cursor = cursor_on(text);
	struct bytes paragraph = BYTES_NONE;
	while (cursor.left.len > 0) {
		struct bytes line = cursor_until(&cursor, '\n');
		bool empty = bytes_trim(line).len == 0, item = is_item(line);
		if ((empty || item) && paragraph.len > 0) {
			pdf_sheet_text(sheet, &text_style, "", paragraph);
			paragraph = BYTES_NONE;
		}
		if (item)
			set_item(sheet, line);
		else if (!empty && paragraph.len == 0)
			paragraph = line;
		else if (!empty)
			paragraph.len = (size_t)(line.at + line.len - paragraph.at);
	}
	if (paragraph.len > 0)
		pdf_sheet_text(sheet, &text_style, "", paragraph);
}

static void set_section(struct pdf_sheet *sheet, const struct pdf_section *section)
{
	if (section->strong) {
		pdf_sheet_gap(sheet, 12);
		pdf_sheet_frame(sheet, true);
	}
	if (section->heading.len > 0)
		pdf_sheet_text(sheet, section->strong ? &framed_heading_style : &heading_style, "", section->heading);
	set_text(sheet, section->text);
	if (section->strong)
		pdf_sheet_frame(sheet, false);
}

static void set_all(struct pdf_sheet *sheet)
{
	const struct pdf_input *input = sheet->input;
	pdf_sheet_open(sheet);
	pdf_sheet_text(sheet, &title_style, "", input->title);
	if (input->row_count > 0) {
		pdf_sheet_frame(sheet, true);
		for (size_t i = 0; i < input->row_count; i++)
			if (input->rows[i].value.len > 0)
				pdf_sheet_row(sheet, &label_style, &value_style, &input->rows[i]);
		pdf_sheet_frame(sheet, false);
	}
	for (size_t i = 0; i < input->section_count && sheet->page <= LIMIT_PDF_PAGES; i++)
		set_section(sheet, &input->sections[i]);
	pdf_sheet_close(sheet);
}

/* --- the surface ------------------------------------------------------------ */

static cairo_status_t keep(void *closure, const unsigned char *data, unsigned int length)
{
	struct buf *out = closure;
	buf_add(out, (struct bytes){data, length});
	return buf_ok(out) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void set_properties(struct arena *arena, cairo_surface_t *surface, const struct pdf_input *input)
{
	char time[INSTANT_TEXT];
	instant_write(input->time, time);
	const char *date = arena_printf(arena, "%.19sZ", time);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, arena_text(arena, input->title));
	if (input->author.len > 0)
		cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, arena_text(arena, input->author));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Relais");
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, date);
}

static PangoContext *context_make(cairo_t *cr, bool english)
{
	PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	pango_cairo_context_set_resolution(context, 72);
	pango_context_set_language(context, pango_language_from_string(english ? "en" : "fr"));
	pango_cairo_update_context(cr, context);
	cairo_font_options_destroy(options);
	return context;
}

/* Sets all once to count the pages and once to draw them. False: more than LIMIT_PDF_PAGES. */
static bool set_twice(struct arena *arena, cairo_t *cr, PangoContext *context, const struct pdf_input *input)
{
	struct pdf_sheet sheet = {.cr = cr, .context = context, .input = input, .arena = arena};
	set_all(&sheet);
	if (sheet.page > LIMIT_PDF_PAGES)
		return false;
	sheet.pages = sheet.page;
	sheet.draw = true;
	set_all(&sheet);
	return true;
}

static enum reason draw(struct arena *arena, const struct pdf_input *input, struct buf *out, const char **field)
{
	enum reason reason = REASON_COMPOSE_FAILED;
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep, out, 595.276, 841.89);
	cairo_t *cr = cairo_create(surface);
	PangoContext *context = context_make(cr, input->english);
	struct pdf_font font;
	if (pdf_font_open(&font, context)) {
		struct dressing dressing = {arena, &font, input->english, false};
		const struct pdf_input ready = dressed(&dressing, input);
		set_properties(arena, surface, input);
		reason = set_twice(arena, cr, context, &ready) ? REASON_NONE : REASON_COMPOSE_FIELD;
		if (reason == REASON_COMPOSE_FIELD)
			*field = "sections";
	}
	pdf_font_close(&font);
	g_object_unref(context);
	cairo_destroy(cr);
	cairo_surface_finish(surface);
	if (reason == REASON_NONE && (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS || !buf_ok(out)))
		reason = REASON_COMPOSE_FAILED;
	cairo_surface_destroy(surface);
	return reason;
}

/* --- public ----------------------------------------------------------------- */

enum reason pdf_make(struct arena *arena, const struct pdf_input *input, struct bytes *out, const char **field)
{
	const char *bad = bad_field(input);
	if (bad != NULL) {
		*field = bad;
		return REASON_COMPOSE_FIELD;
	}
	struct buf drawn = buf_make(PDF_CEILING);
	enum reason reason = draw(arena, input, &drawn, field);
	if (reason == REASON_NONE)
		reason = pdf_finish(arena, buf_bytes(&drawn), input, out);
	buf_free(&drawn);
	return reason;
}

/* One letter of every script, in whatever language the page is. */
static struct bytes letters(struct arena *arena)
{
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(NULL, NULL, 1, 1);
	cairo_t *cr = cairo_create(surface);
	PangoContext *context = context_make(cr, false);
	struct pdf_font font;
	struct bytes out = pdf_font_open(&font, context) ? pdf_font_letters(arena, &font) : BYTES_NONE;
	pdf_font_close(&font);
	g_object_unref(context);
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return out;
}

static enum reason warm_once(struct arena *arena, struct bytes every, bool english)
{
	const struct pdf_row row = {every, every, 0};
	/* The umbrella is one of the signs that the layout library takes for pictures. */
	const struct pdf_section sections[] = {{every, every, true, 1}, {every, BYTES("- \u2614\n1. \u65e5 \U0001f600 é"), false, 2}};
	const struct pdf_input input = {.title = every, .service = every, .reference = every, .note = every, .english = english,
					.rows = &row, .row_count = 1, .sections = sections, .section_count = 2};
	struct bytes out;
	const char *field;
	return pdf_make(arena, &input, &out, &field);
}

bool pdf_warm(void)
{
	struct arena *arena = arena_create(PDF_CEILING);
	struct bytes every = arena == NULL ? BYTES_NONE : letters(arena);
	bool good = every.len > 0 && warm_once(arena, every, false) == REASON_NONE && warm_once(arena, every, true) == REASON_NONE;
	arena_destroy(&arena);
	return good;
}

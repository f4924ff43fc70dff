/* cda/pdf.c - see pdf.h. */
#include "cda/pdf.h"

#include <cairo-pdf.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/barcode.h"
#include "cda/pdf_body.h"
#include "cda/pdf_finish.h"
#include "cda/pdf_font.h"
#include "cda/pdf_words.h"

#define PDF_CEILING (8u * 1024 * 1024)

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

static bool lines_allowed(const struct bytes *lines, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!allowed(lines[i], false, 512))
			return false;
	return count <= PDF_LETTER_LINES;
}

static bool letter_allowed(struct arena *arena, const struct pdf_input *input)
{
	const struct pdf_letter *l = input->letter;
	struct bytes bars;
	bool replied = l->sheet_code.len > 0;
	return (!replied || barcode_write(arena, l->sheet_code, &bars)) && lines_allowed(l->to, l->to_count) && lines_allowed(l->from, l->from_count) && allowed(l->date, false, 512) &&
	       allowed(l->sheet_title, false, 512) && allowed(l->sheet_way, false, 1024) && input->section_count == (replied ? 2 : 1);
}

static const char *bad_field(struct arena *arena, const struct pdf_input *input)
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
	if (input->letter != NULL && !letter_allowed(arena, input))
		return "letter";
	return NULL;
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
	/* Letters stand where their widths put them, not at the next whole point. */
	pango_context_set_round_glyph_positions(context, FALSE);
	pango_context_set_language(context, pango_language_from_string(english ? "en" : "fr"));
	pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
	pango_cairo_update_context(cr, context);
	cairo_font_options_destroy(options);
	return context;
}

/* Sets all once to lay it out and count the pages, and once to draw. False: more than LIMIT_PDF_PAGES. */
static bool set_twice(struct arena *arena, cairo_t *cr, PangoContext *context, const struct pdf_input *input, const struct pdf_input *raw)
{
	struct pdf_sheet sheet = {.cr = cr, .context = context, .input = input, .arena = arena};
	pdf_body_set(&sheet, raw);
	bool fits = sheet.page <= LIMIT_PDF_PAGES;
	sheet.pages = sheet.page;
	sheet.draw = fits;
	if (fits)
		pdf_body_set(&sheet, raw);
	pdf_sheet_free(&sheet);
	return fits;
}

static enum reason draw(struct arena *arena, const struct pdf_input *input, struct buf *out, const char **field)
{
	enum reason reason = REASON_COMPOSE_FAILED;
	cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep, out, 595.276, 841.89);
	cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);
	cairo_t *cr = cairo_create(surface);
	PangoContext *context = context_make(cr, input->english);
	struct pdf_font font;
	if (pdf_font_open(&font, context)) {
		const struct pdf_input ready = pdf_words_dress(arena, &font, input);
		set_properties(arena, surface, input);
		reason = set_twice(arena, cr, context, &ready, input) ? REASON_NONE : REASON_COMPOSE_FIELD;
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
	const char *bad = bad_field(arena, input);
	if (bad != NULL) {
		*field = bad;
		return REASON_COMPOSE_FIELD;
	}
	struct buf drawn = buf_make(PDF_CEILING);
	struct pdf_input plain = *input;
	plain.title = pdf_words_plain(arena, input->title);
	plain.author = pdf_words_plain(arena, input->author);
	enum reason reason = draw(arena, &plain, &drawn, field);
	if (reason == REASON_NONE)
		reason = pdf_finish(arena, buf_bytes(&drawn), &plain, out);
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
	const struct pdf_row rows[] = {{every, every, 1}, {every, every, 0}};
	/* The umbrella is one of the signs that the layout library takes for pictures. */
	const struct pdf_section sections[] = {{every, every, true, 1}, {every, BYTES("- \u2614\n1. \u65e5 \U0001f600 é"), false, 2}};
	const struct pdf_input input = {.title = every, .service = every, .reference = every, .note = every, .english = english,
					.rows = rows, .row_count = 2, .sections = sections, .section_count = 2};
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

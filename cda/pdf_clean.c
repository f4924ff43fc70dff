/* cda/pdf_clean.c - see pdf_clean.h.
 *
 * Twice through the library. First the catalogue and the pages are cut down to what is named, and written: what nothing leads to any
 * more is gone, the objects that are left are numbered from 1 without a gap. Then every one of these is looked at by its number, so that
 * no chain of references is ever followed by recursion. */
#include "cda/pdf_clean.h"

#include "base/limits.h"
#include "cda/image_clean.h"
#include "cda/pdf_clean_keys.h"
#include "cda/pdf_quiet.h"

/* --- what would not look the same ------------------------------------------------ */

static bool is_true(qpdf_data pdf, qpdf_oh dictionary, const char *key)
{
	QPDF_BOOL value = QPDF_FALSE;
	return qpdf_oh_get_value_as_bool(pdf, qpdf_oh_get_key_if_dict(pdf, dictionary, key), &value) && value;
}

/* A portfolio shows a cover sheet; a form that a program renders shows nothing. */
static bool lives_elsewhere(qpdf_data pdf, qpdf_oh root)
{
	return qpdf_oh_is_dictionary(pdf, qpdf_oh_get_key_if_dict(pdf, root, "/Collection")) || is_true(pdf, root, "/NeedsRendering");
}

/* A field that holds something and shows nothing: its value, or that of the field it belongs to. */
static bool hides_value(qpdf_data pdf, qpdf_oh field)
{
	for (unsigned level = 0; level < LIMIT_PDF_TREE && qpdf_oh_is_dictionary(pdf, field); level++) {
		qpdf_oh value = qpdf_oh_get_key(pdf, field, "/V");
		if (qpdf_oh_is_string(pdf, value)) {
			size_t len = 0;
			(void)qpdf_oh_get_binary_string_value(pdf, value, &len);
			return len > 0;
		}
		if (!qpdf_oh_is_null(pdf, value))
			return !qpdf_oh_is_name(pdf, value);
		field = qpdf_oh_get_key(pdf, field, "/Parent");
	}
	return false;
}

/* --- pages ------------------------------------------------------------------------ */

/* Neither on the screen nor on paper (12.5.3, Hidden). */
static bool is_hidden(qpdf_data pdf, qpdf_oh annotation)
{
	enum { HIDDEN = 2 };
	qpdf_oh flags = qpdf_oh_get_key(pdf, annotation, "/F");
	return qpdf_oh_is_integer(pdf, flags) && (qpdf_oh_get_int_value(pdf, flags) & HIDDEN) != 0;
}

/* What is drawn of an annotation. stale: what fields look like is to be made anew from their values (12.7.3.3), which nobody will do;
 * *form: it is a field with a value that is not seen. */
static bool keep_annotation(qpdf_data pdf, qpdf_oh annotation, bool stale, bool *form)
{
	if (!qpdf_oh_is_dictionary(pdf, annotation) || is_hidden(pdf, annotation))
		return false;
	qpdf_oh subtype = qpdf_oh_get_key(pdf, annotation, "/Subtype");
	bool field = qpdf_oh_is_name_and_equals(pdf, subtype, "/Widget");
	bool drawn = qpdf_oh_is_dictionary(pdf, qpdf_oh_get_key(pdf, annotation, "/AP"));
	if (field && (stale || !drawn))
		*form |= hides_value(pdf, annotation);
	if (field ? !drawn : !pdf_keys_named(qpdf_oh_is_name(pdf, subtype) ? qpdf_oh_get_name(pdf, subtype) : "", PDF_KEYS_ANNOTATIONS))
		return false;
	pdf_keys_keep(pdf, annotation, PDF_KEYS_ANNOTATION);
	/* A field by itself is a stamp: readers draw that without asking the form, which is gone. */
	if (field)
		qpdf_oh_replace_key(pdf, annotation, "/Subtype", qpdf_oh_new_name(pdf, "/Stamp"));
	return true;
}

static enum reason clean_annotations(qpdf_data pdf, qpdf_oh page, bool stale)
{
	qpdf_oh old = qpdf_oh_get_key(pdf, page, "/Annots"), kept = qpdf_oh_new_array(pdf);
	int count = qpdf_oh_is_array(pdf, old) ? qpdf_oh_get_array_n_items(pdf, old) : 0;
	bool form = false;
	if (count > LIMIT_PDF_ANNOTATIONS)
		return REASON_PDF_LIMIT;
	for (int i = 0; i < count; i++) {
		qpdf_oh annotation = qpdf_oh_get_array_item(pdf, old, i);
		if (keep_annotation(pdf, annotation, stale, &form))
			qpdf_oh_append_item(pdf, kept, annotation);
	}
	if (qpdf_oh_get_array_n_items(pdf, kept) > 0)
		qpdf_oh_replace_key(pdf, page, "/Annots", kept);
	else
		qpdf_oh_remove_key(pdf, page, "/Annots");
	return form ? REASON_PDF_FORM : REASON_NONE;
}

static enum reason clean_pages(qpdf_data pdf, size_t pages)
{
	bool stale = is_true(pdf, qpdf_oh_get_key(pdf, qpdf_get_root(pdf), "/AcroForm"), "/NeedAppearances");
	for (size_t i = 0; i < pages; i++) {
		qpdf_oh page = qpdf_get_page_n(pdf, i);
		enum reason reason = clean_annotations(pdf, page, stale);
		if (reason != REASON_NONE)
			return reason;
		pdf_keys_keep(pdf, page, PDF_KEYS_PAGE);
		qpdf_oh_release_all(pdf);
	}
	return qpdf_has_error(pdf) ? REASON_PDF_BROKEN : REASON_NONE;
}

/* One way down the page tree, before the library goes it by recursion: bounded in levels and in nodes. */
struct level {
	qpdf_oh kids;
	int next, count;
};

static enum reason check_tree(qpdf_data pdf, qpdf_oh root)
{
	struct level levels[LIMIT_PDF_TREE];
	size_t depth = 0;
	unsigned nodes = 0;
	qpdf_oh node = qpdf_oh_get_key_if_dict(pdf, root, "/Pages");
	for (;;) {
		qpdf_oh kids = qpdf_oh_get_key_if_dict(pdf, node, "/Kids");
		if (++nodes > 2 * LIMIT_PDF_CLEAN_PAGES || (qpdf_oh_is_array(pdf, kids) && depth == LIMIT_PDF_TREE))
			return REASON_PDF_LIMIT;
		if (qpdf_oh_is_array(pdf, kids))
			levels[depth++] = (struct level){kids, 0, qpdf_oh_get_array_n_items(pdf, kids)};
		while (depth > 0 && levels[depth - 1].next == levels[depth - 1].count)
			depth--;
		if (depth == 0)
			return REASON_NONE;
		node = qpdf_oh_get_array_item(pdf, levels[depth - 1].kids, levels[depth - 1].next++);
	}
}

static enum reason cut_down(qpdf_data pdf, size_t *pages)
{
	qpdf_oh root = qpdf_get_root(pdf);
	if (!qpdf_oh_is_dictionary(pdf, root))
		return REASON_PDF_BROKEN;
	if (lives_elsewhere(pdf, root))
		return REASON_PDF_FORM;
	enum reason reason = check_tree(pdf, root);
	if (reason != REASON_NONE)
		return reason;
	int count = qpdf_get_num_pages(pdf);
	if (count <= 0 || qpdf_has_error(pdf))
		return REASON_PDF_BROKEN;
	if (count > LIMIT_PDF_CLEAN_PAGES)
		return REASON_PDF_LIMIT;
	*pages = (size_t)count;
	reason = clean_pages(pdf, *pages);
	pdf_keys_keep(pdf, qpdf_get_root(pdf), PDF_KEYS_CATALOGUE);
	pdf_keys_keep(pdf, qpdf_get_trailer(pdf), PDF_KEYS_TRAILER);
	return reason;
}

/* --- every object ------------------------------------------------------------------ */

/* What a stream's first n filters and parameters hold, as those of a stream of its own. */
static qpdf_oh first_of(qpdf_data pdf, qpdf_oh list, int n)
{
	qpdf_oh part = qpdf_oh_new_array(pdf);
	for (int i = 0; i < n && qpdf_oh_is_array(pdf, list); i++)
		qpdf_oh_append_item(pdf, part, qpdf_oh_get_array_item(pdf, list, i));
	return part;
}

static bool take(qpdf_data pdf, qpdf_oh stream, enum qpdf_stream_decode_level_e level, struct bytes *out)
{
	unsigned char *data = NULL;
	size_t len = 0;
	bool known = qpdf_has_error(pdf);
	(void)qpdf_oh_get_stream_data(pdf, stream, level, NULL, &data, &len);
	/* A photograph that is not what it says does not spoil the pages. */
	if (!known && qpdf_has_error(pdf))
		(void)qpdf_get_error(pdf);
	*out = (struct bytes){data, len};
	return data != NULL;
}

/* A JPEG behind other filters (some programs write it as text, or compress it once more): these are undone in a stream that is not kept. */
static bool unwrap(qpdf_data pdf, qpdf_oh stream, qpdf_oh filters, qpdf_oh parameters, int n, struct bytes *out)
{
	struct bytes wrapped;
	if (!take(pdf, stream, qpdf_dl_none, &wrapped))
		return false;
	qpdf_oh plain = qpdf_oh_new_stream(pdf);
	qpdf_oh_replace_stream_data(pdf, plain, wrapped.at, wrapped.len, first_of(pdf, filters, n), first_of(pdf, parameters, n));
	pdf_quiet_free((unsigned char *)(uintptr_t)wrapped.at);
	return take(pdf, plain, qpdf_dl_generalized, out);
}

/* EXIF and its kin inside a photograph. One that we cannot read is left as it is: it is drawn or not as before. It is turned by the page,
 * never by EXIF: what is left of that changes nothing. */
static void clean_photograph(qpdf_data pdf, qpdf_oh stream, struct arena *arena)
{
	qpdf_oh dict = qpdf_oh_get_dict(pdf, stream), filter = qpdf_oh_get_key(pdf, dict, "/Filter"), parameters = qpdf_oh_get_key(pdf, dict, "/DecodeParms");
	int before = qpdf_oh_is_array(pdf, filter) ? qpdf_oh_get_array_n_items(pdf, filter) - 1 : 0;
	struct image_clean image;
	struct bytes data = BYTES_NONE;
	if (before < 0 || before > LIMIT_PDF_FILTERS ||
	    !qpdf_oh_is_name_and_equals(pdf, qpdf_oh_is_array(pdf, filter) ? qpdf_oh_get_array_item(pdf, filter, before) : filter, "/DCTDecode"))
		return;
	if (before > 0 ? !unwrap(pdf, stream, filter, parameters, before, &data) : !take(pdf, stream, qpdf_dl_none, &data))
		return;
	qpdf_oh own = qpdf_oh_is_array(pdf, parameters) ? qpdf_oh_get_array_item(pdf, parameters, before) : parameters;
	if (image_clean(arena, SNIFF_JPEG, data, &image) == REASON_NONE && !bytes_equal(image.content, data))
		qpdf_oh_replace_stream_data(pdf, stream, image.content.at, image.content.len, qpdf_oh_new_name(pdf, "/DCTDecode"), own);
	pdf_quiet_free((unsigned char *)(uintptr_t)data.at);
}

static void clean_stream(qpdf_data pdf, qpdf_oh stream, struct arena *arena)
{
	qpdf_oh dict = qpdf_oh_get_dict(pdf, stream);
	pdf_keys_drop(pdf, dict, PDF_KEYS_STREAM_NEVER);
	pdf_keys_scrub(pdf, dict, 0);
	if (qpdf_oh_is_name_and_equals(pdf, qpdf_oh_get_key(pdf, dict, "/Subtype"), "/PS"))
		qpdf_oh_replace_stream_data(pdf, stream, (const unsigned char *)"", 0, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	clean_photograph(pdf, stream, arena);
}

static enum reason clean_objects(qpdf_data pdf, struct arena *arena)
{
	int size = qpdf_oh_get_int_value_as_int(pdf, qpdf_oh_get_key(pdf, qpdf_get_trailer(pdf), "/Size"));
	if (size > LIMIT_PDF_OBJECTS)
		return REASON_PDF_LIMIT;
	for (int id = 1; id < size; id++) {
		qpdf_oh object = qpdf_get_object_by_id(pdf, id, 0);
		if (qpdf_oh_is_stream(pdf, object))
			clean_stream(pdf, object, arena);
		else
			pdf_keys_scrub(pdf, object, 0);
		qpdf_oh_release_all(pdf);
	}
	if (qpdf_has_error(pdf))
		return REASON_PDF_BROKEN;
	return pdf_keys_shallow(pdf, (size_t)size, arena) ? REASON_NONE : REASON_PDF_LIMIT;
}

/* --- the whole --------------------------------------------------------------------- */

static enum reason first_pass(struct arena *arena, struct bytes in, struct bytes *out, size_t *pages)
{
	qpdf_data pdf = NULL;
	enum reason reason = pdf_quiet_open(in, &pdf);
	if (reason == REASON_NONE)
		reason = cut_down(pdf, pages);
	if (reason == REASON_NONE)
		reason = pdf_quiet_write(pdf, arena, out);
	pdf_quiet_close(&pdf);
	return reason;
}

static enum reason second_pass(struct arena *arena, struct bytes in, struct bytes *out)
{
	qpdf_data pdf = NULL;
	enum reason reason = pdf_quiet_open(in, &pdf);
	if (reason == REASON_NONE)
		reason = clean_objects(pdf, arena);
	if (reason == REASON_NONE)
		reason = pdf_quiet_write(pdf, arena, out);
	pdf_quiet_close(&pdf);
	return reason;
}

/* An object may have been two things at once, a page and the catalogue: what comes out must still be what went in. */
static enum reason same_pages(struct bytes content, size_t pages)
{
	qpdf_data pdf = NULL;
	enum reason reason = pdf_quiet_open(content, &pdf);
	if (reason == REASON_NONE && (check_tree(pdf, qpdf_get_root(pdf)) != REASON_NONE || qpdf_get_num_pages(pdf) != (int)pages))
		reason = REASON_PDF_BROKEN;
	pdf_quiet_close(&pdf);
	return reason;
}

enum reason pdf_clean(struct arena *arena, struct bytes pdf, struct pdf_clean *out)
{
	struct bytes pages_only, content;
	size_t pages = 0;
	if (pdf.len > LIMIT_PDF_CLEAN)
		return REASON_PDF_LIMIT;
	enum reason reason = first_pass(arena, pdf, &pages_only, &pages);
	if (reason == REASON_NONE)
		reason = second_pass(arena, pages_only, &content);
	if (reason == REASON_NONE)
		reason = same_pages(content, pages);
	if (reason == REASON_NONE)
		*out = (struct pdf_clean){content, pages};
	return reason;
}

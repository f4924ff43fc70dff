/* cda/pdf_join.c - see pdf_join.h. */
#include "cda/pdf_join.h"

#include "cda/pdf_quiet.h"

/* The list of bookmarks of the first level; made when there is none. */
static qpdf_oh outlines(qpdf_data pdf)
{
	qpdf_oh root = qpdf_get_root(pdf), list = qpdf_oh_get_key(pdf, root, "/Outlines");
	if (qpdf_oh_is_dictionary(pdf, list))
		return list;
	list = qpdf_make_indirect_object(pdf, qpdf_oh_new_dictionary(pdf));
	qpdf_oh_replace_key(pdf, list, "/Type", qpdf_oh_new_name(pdf, "/Outlines"));
	qpdf_oh_replace_key(pdf, root, "/Outlines", list);
	return list;
}

/* One more at its end (ISO 32000-1 12.3.3). */
static void add_bookmark(struct arena *arena, qpdf_data pdf, struct bytes title, qpdf_oh page)
{
	qpdf_oh list = outlines(pdf), last = qpdf_oh_get_key(pdf, list, "/Last"), count = qpdf_oh_get_key(pdf, list, "/Count");
	qpdf_oh item = qpdf_make_indirect_object(pdf, qpdf_oh_new_dictionary(pdf)), place = qpdf_oh_new_array(pdf);
	qpdf_oh_append_item(pdf, place, page);
	qpdf_oh_append_item(pdf, place, qpdf_oh_new_name(pdf, "/Fit"));
	qpdf_oh_replace_key(pdf, item, "/Title", qpdf_oh_new_unicode_string(pdf, arena_text(arena, title)));
	qpdf_oh_replace_key(pdf, item, "/Dest", place);
	qpdf_oh_replace_key(pdf, item, "/Parent", list);
	if (qpdf_oh_is_dictionary(pdf, last)) {
		qpdf_oh_replace_key(pdf, item, "/Prev", last);
		qpdf_oh_replace_key(pdf, last, "/Next", item);
	} else {
		qpdf_oh_replace_key(pdf, list, "/First", item);
	}
	qpdf_oh_replace_key(pdf, list, "/Last", item);
	long long before = qpdf_oh_is_integer(pdf, count) ? qpdf_oh_get_int_value(pdf, count) : 0;
	qpdf_oh_replace_key(pdf, list, "/Count", qpdf_oh_new_integer(pdf, before + 1));
}

/* The layers of a part are its own; those of drawn, which has none, stay. Without them all that is layered is seen: a part that
 * hides some (pdf_join_hides) is not for joining. */
static enum reason add_part(struct arena *arena, qpdf_data pdf, const struct pdf_part *part)
{
	qpdf_data from = NULL;
	if (pdf_quiet_open(part->pdf, &from) != REASON_NONE)
		return REASON_COMPOSE_FAILED;
	int before = qpdf_get_num_pages(pdf), count = qpdf_get_num_pages(from);
	bool good = count > 0;
	for (int i = 0; i < count && good; i++)
		good = (qpdf_add_page(pdf, from, qpdf_get_page_n(from, (size_t)i), QPDF_FALSE) & QPDF_ERRORS) == 0;
	if (good)
		add_bookmark(arena, pdf, part->title, qpdf_get_page_n(pdf, (size_t)before));
	good = good && !qpdf_has_error(from) && !qpdf_has_error(pdf);
	qpdf_oh_release_all(pdf);
	/* Streams are taken at the end, out of the bytes that the part lies in: these stay, what was read of them need not. */
	pdf_quiet_close(&from);
	return good ? REASON_NONE : REASON_COMPOSE_FAILED;
}

bool pdf_join_hides(struct bytes pdf)
{
	qpdf_data opened = NULL;
	if (pdf_quiet_open(pdf, &opened) != REASON_NONE)
		return false;
	qpdf_oh layers = qpdf_oh_get_key_if_dict(opened, qpdf_get_root(opened), "/OCProperties");
	qpdf_oh shown = qpdf_oh_get_key_if_dict(opened, layers, "/D"), off = qpdf_oh_get_key_if_dict(opened, shown, "/OFF");
	qpdf_oh base = qpdf_oh_get_key_if_dict(opened, shown, "/BaseState");
	bool hides = (qpdf_oh_is_array(opened, off) && qpdf_oh_get_array_n_items(opened, off) > 0) || qpdf_oh_is_name_and_equals(opened, base, "/OFF");
	pdf_quiet_close(&opened);
	return hides;
}

enum reason pdf_join(struct arena *arena, struct bytes drawn, const struct pdf_part *parts, size_t n, struct bytes *out)
{
	qpdf_data pdf = NULL;
	enum reason reason = pdf_quiet_open(drawn, &pdf);
	for (size_t i = 0; i < n && reason == REASON_NONE; i++)
		reason = add_part(arena, pdf, &parts[i]);
	if (reason == REASON_NONE)
		reason = pdf_quiet_write(pdf, arena, out);
	pdf_quiet_close(&pdf);
	return reason == REASON_NONE ? REASON_NONE : REASON_COMPOSE_FAILED;
}

size_t pdf_join_pages(struct bytes pdf)
{
	qpdf_data opened = NULL;
	if (pdf_quiet_open(pdf, &opened) != REASON_NONE)
		return 0;
	int count = qpdf_get_num_pages(opened);
	pdf_quiet_close(&opened);
	return count > 0 ? (size_t)count : 0;
}

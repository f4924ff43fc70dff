/* cda/pdf_clean_keys.c - see pdf_clean_keys.h. */
#include "cda/pdf_clean_keys.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

/* Parted by blanks, each name behind its slash. */
static const char *const lists[PDF_KEYS_LISTS] = {
	[PDF_KEYS_TRAILER] = "/Root /Size",
	[PDF_KEYS_CATALOGUE] = "/Type /Pages /OCProperties",
	[PDF_KEYS_TREE] = "/Type /Parent /Kids /Count /Resources /MediaBox /CropBox /Rotate",
	[PDF_KEYS_PAGE] = "/Type /Parent /Contents /Resources /MediaBox /CropBox /BleedBox /TrimBox /ArtBox /Rotate /UserUnit /Group /Annots",
	[PDF_KEYS_ANNOTATIONS] = "/Text /FreeText /Line /Square /Circle /Polygon /PolyLine /Highlight /Underline /Squiggly /StrikeOut /Stamp /Caret /Ink",
	[PDF_KEYS_ANNOTATION] = "/Type /Subtype /Rect /Contents /F /AP /AS /Border /C /CA /QuadPoints /L /LE /LL /LLE /Vertices /InkList /BS /BE /IC /DA /Q /Name /RD /CL",
	[PDF_KEYS_NEVER] = "/Metadata /PieceInfo /AF /AA /JS /JavaScript /OpenAction /OPI /LastModified /StructParent /StructParents /EmbeddedFiles /XFA",
	[PDF_KEYS_STREAM_NEVER] = "/F /FFilter /FDecodeParms /Ref",
};

bool pdf_keys_named(const char *name, enum pdf_keys list)
{
	struct cursor c = cursor_on(bytes_of_text(lists[list]));
	while (c.left.len > 0)
		if (bytes_equal_text(cursor_until(&c, ' '), name))
			return true;
	return false;
}

void pdf_keys_keep(qpdf_data pdf, qpdf_oh dictionary, enum pdf_keys list)
{
	if (!qpdf_oh_is_dictionary(pdf, dictionary))
		return;
	/* The iteration goes over a copy of the keys. */
	qpdf_oh_begin_dict_key_iter(pdf, dictionary);
	while (qpdf_oh_dict_more_keys(pdf)) {
		const char *key = qpdf_oh_dict_next_key(pdf);
		if (!pdf_keys_named(key, list))
			qpdf_oh_remove_key(pdf, dictionary, key);
	}
}

void pdf_keys_drop(qpdf_data pdf, qpdf_oh dictionary, enum pdf_keys list)
{
	char name[32];
	struct cursor c = cursor_on(bytes_of_text(lists[list]));
	while (c.left.len > 0) {
		struct bytes key = cursor_until(&c, ' ');
		memcpy(name, key.at, key.len);
		name[key.len] = '\0';
		if (qpdf_oh_has_key(pdf, dictionary, name))
			qpdf_oh_remove_key(pdf, dictionary, name);
	}
}

static void add_child(qpdf_data pdf, qpdf_oh child, struct buf *out)
{
	if (qpdf_oh_is_scalar(pdf, child))
		qpdf_oh_release(pdf, child);
	else
		buf_u32(out, child);
}

/* The members of a container that are no scalars, as handles, in the library's order. */
static struct buf children(qpdf_data pdf, qpdf_oh object)
{
	struct buf out = buf_make(SIZE_MAX / 4);
	qpdf_oh holder = qpdf_oh_is_stream(pdf, object) ? qpdf_oh_get_dict(pdf, object) : object;
	if (qpdf_oh_is_array(pdf, holder)) {
		int count = qpdf_oh_get_array_n_items(pdf, holder);
		for (int i = 0; i < count; i++)
			add_child(pdf, qpdf_oh_get_array_item(pdf, holder, i), &out);
	} else if (qpdf_oh_is_dictionary(pdf, holder)) {
		qpdf_oh_begin_dict_key_iter(pdf, holder);
		while (qpdf_oh_dict_more_keys(pdf))
			add_child(pdf, qpdf_oh_get_key(pdf, holder, qpdf_oh_dict_next_key(pdf)), &out);
	}
	return out;
}

void pdf_keys_scrub(qpdf_data pdf, qpdf_oh object, unsigned level)
{
	if (level > LIMIT_PDF_NESTING || qpdf_oh_is_scalar(pdf, object))
		return;
	if (qpdf_oh_is_dictionary_of_type(pdf, object, "/Pages", NULL))
		pdf_keys_keep(pdf, object, PDF_KEYS_TREE);
	if (qpdf_oh_is_dictionary(pdf, object))
		pdf_keys_drop(pdf, object, PDF_KEYS_NEVER);
	struct buf inside = children(pdf, object);
	struct cursor c = cursor_on(buf_bytes(&inside));
	while (c.left.len > 0) {
		qpdf_oh child = cursor_u32(&c);
		if (!qpdf_oh_is_indirect(pdf, child))
			pdf_keys_scrub(pdf, child, level + 1);
		qpdf_oh_release(pdf, child);
	}
	buf_free(&inside);
}

struct descent {
	qpdf_data pdf;
	unsigned char *seen;   /* a byte an object */
	size_t objects;
};

/* A page inside a page's objects is not copied with it. */
static bool is_page(qpdf_data pdf, qpdf_oh object)
{
	return qpdf_oh_is_dictionary_of_type(pdf, object, "/Page", NULL) || qpdf_oh_is_dictionary_of_type(pdf, object, "/Pages", NULL);
}

static bool descend(struct descent *d, qpdf_oh object, unsigned level)
{
	if (qpdf_oh_is_indirect(d->pdf, object)) {
		size_t id = (size_t)qpdf_oh_get_object_id(d->pdf, object);
		if (id >= d->objects || d->seen[id] || (level > 0 && is_page(d->pdf, object)))
			return true;
		d->seen[id] = 1;
	}
	if (level > LIMIT_PDF_NESTING)
		return false;
	bool good = true;
	struct buf inside = children(d->pdf, object);
	struct cursor c = cursor_on(buf_bytes(&inside));
	while (c.left.len > 0 && good) {
		qpdf_oh child = cursor_u32(&c);
		good = descend(d, child, level + 1);
		qpdf_oh_release(d->pdf, child);
	}
	buf_free(&inside);
	return good;
}

bool pdf_keys_shallow(qpdf_data pdf, size_t objects, struct arena *arena)
{
	struct descent d = {pdf, arena_alloc(arena, objects + 1), objects};
	int pages = qpdf_get_num_pages(pdf);
	bool good = true;
	for (int i = 0; i < pages && good; i++) {
		good = descend(&d, qpdf_get_page_n(pdf, (size_t)i), 0);
		qpdf_oh_release_all(pdf);
	}
	return good;
}

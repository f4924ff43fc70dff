/* cda/html_tree.c - see html_tree.h.
 *
 * The tree has names of the CDA namespace alone, without the namespace: the sheet then reads like the standard. An element
 * inside an entry gets no node, but for a picture, which goes to its section. */
#include "cda/html_tree.h"

#include <libxml/parser.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/base64.h"
#include "cda/sniff.h"
#include "cda/xml.h"

#define CDA "urn:hl7-org:v3"

struct tree {
	xmlDocPtr doc;
	xmlNodePtr at[LIMIT_XML_DEPTH + 2];   /* by depth; NULL: left out, and what is below it goes to the nearest node above */
	unsigned depth;                       /* of the element that we are in */
	unsigned base;                        /* depth of ClinicalDocument; 0: not met */
	bool done;                            /* it has ended: what follows is not the document's */
	unsigned entry;                       /* depth of the entry we are in; 0: none */
	unsigned picture;                     /* depth of the observationMedia in it */
	unsigned file;                        /* depth of the element whose text is an embedded file */
	struct base64 base64;
	struct buf text;                      /* its base64, while it may still be a picture */
	struct buf told;                      /* text of the narrative that has no node yet: a text comes in many pieces */
	unsigned char head[SNIFF_BYTES];
	size_t head_len;
	size_t nodes, pictures;               /* made; bytes of base64 kept */
	unsigned char *scratch;               /* decoded pieces; owned */
	size_t scratch_room;
};

static bool named(const struct xml_element *e, const char *name)
{
	return bytes_equal_text(e->name, name) && bytes_equal_text(e->ns, CDA);
}

static xmlNodePtr parent_of(const struct tree *t, unsigned depth)
{
	for (unsigned d = depth - 1; d >= t->base; d--)
		if (t->at[d] != NULL)
			return t->at[d];
	return NULL;
}

static bool is_shown(struct tree *t, const struct xml_element *e)
{
	if (!bytes_equal_text(e->ns, CDA))
		return false;
	if (t->entry == 0 && bytes_equal_text(e->name, "entry"))
		t->entry = e->depth;
	if (t->entry != 0 && t->picture == 0 && bytes_equal_text(e->name, "observationMedia"))
		t->picture = e->depth;
	return t->entry == 0 || t->picture != 0;
}

/* Names and values are NUL-ended for the library: a NUL cannot stand in XML. */
static bool set_attribute(xmlNodePtr node, struct bytes name, struct bytes value)
{
	xmlChar *key = xmlStrndup(name.at, (int)name.len), *text = xmlStrndup(value.at, (int)value.len);
	bool good = key != NULL && text != NULL && xmlNewProp(node, key, text) != NULL;
	xmlFree(key);
	xmlFree(text);
	return good;
}

static enum reason add_text(struct tree *t, xmlNodePtr node, struct bytes piece)
{
	xmlNodePtr text = xmlNewDocTextLen(t->doc, piece.at, (int)piece.len);
	if (text == NULL)
		return REASON_MEMORY;
	xmlAddChild(node, text);
	return ++t->nodes > LIMIT_HTML_NODES ? REASON_DOCUMENT_LIMIT : REASON_NONE;
}

/* Before an element begins or ends: what was told belongs to the one that we are in. */
static enum reason flush(struct tree *t)
{
	if (!buf_ok(&t->told))
		return REASON_DOCUMENT_LIMIT;
	if (t->told.len == 0)
		return REASON_NONE;
	enum reason reason = add_text(t, t->at[t->depth], buf_bytes(&t->told));
	buf_clear(&t->told);
	return reason;
}

static enum reason add_node(struct tree *t, const struct xml_element *e)
{
	xmlChar *name = xmlStrndup(e->name.at, (int)e->name.len);
	xmlNodePtr node = name == NULL ? NULL : xmlNewDocNode(t->doc, NULL, name, NULL), parent = parent_of(t, e->depth);
	bool good = node != NULL;

	xmlFree(name);
	if (!good)
		return REASON_MEMORY;
	if (parent == NULL)
		xmlDocSetRootElement(t->doc, node);
	else
		xmlAddChild(parent, node);
	t->at[e->depth] = node;
	t->nodes += 1 + e->count;
	for (size_t i = 0; i < e->count && good; i++)
		if (e->attributes[i].ns.len == 0)
			good = set_attribute(node, e->attributes[i].name, e->attributes[i].value);
	return !good ? REASON_MEMORY : t->nodes > LIMIT_HTML_NODES ? REASON_DOCUMENT_LIMIT : REASON_NONE;
}

static enum reason on_start(void *context, const struct xml_element *e)
{
	struct tree *t = context;
	enum reason reason = t->base == 0 ? REASON_NONE : flush(t);

	if (reason != REASON_NONE)
		return reason;
	t->depth = e->depth;
	t->at[e->depth] = NULL;
	if (t->base == 0 && !t->done && named(e, "ClinicalDocument"))
		t->base = e->depth;
	if (t->base == 0 || t->file != 0 || !is_shown(t, e))
		return REASON_NONE;
	if (bytes_equal_text(xml_attribute(e, "representation"), "B64")) {
		t->file = e->depth;
		t->base64 = (struct base64){0};
		t->head_len = 0;
		buf_clear(&t->text);
	}
	return add_node(t, e);
}

static bool make_room(struct tree *t, size_t room)
{
	if (room <= t->scratch_room)
		return true;
	free(t->scratch);
	t->scratch = malloc(room);
	t->scratch_room = t->scratch == NULL ? 0 : room;
	return t->scratch != NULL;
}

/* Only what may be a picture that we show is kept; the rest is counted. */
static enum reason file_text(struct tree *t, struct bytes piece)
{
	if (!make_room(t, base64_room(piece.len + 3)))
		return REASON_MEMORY;
	size_t n = base64_feed(&t->base64, piece, t->scratch);
	for (size_t i = 0; i < n && t->head_len < SNIFF_BYTES; i++)
		t->head[t->head_len++] = t->scratch[i];
	for (size_t i = 0; i < piece.len && t->base64.size <= LIMIT_HTML_PICTURE; i++)
		if (piece.at[i] > ' ')
			buf_u8(&t->text, piece.at[i]);
	return REASON_NONE;
}

static enum reason on_text(void *context, struct bytes piece)
{
	struct tree *t = context;
	if (t->base == 0)
		return REASON_NONE;
	if (t->file != 0)
		return file_text(t, piece);
	if (t->at[t->depth] != NULL)
		buf_add(&t->told, piece);
	return buf_ok(&t->told) ? REASON_NONE : REASON_DOCUMENT_LIMIT;
}

static enum reason end_file(struct tree *t)
{
	xmlNodePtr node = t->at[t->file];
	enum sniff type = sniff_type((struct bytes){t->head, t->head_len});
	bool picture = (type == SNIFF_JPEG || type == SNIFF_PNG) && t->picture != 0 && base64_clean(&t->base64) && buf_ok(&t->text) &&
		       t->base64.size <= LIMIT_HTML_PICTURE && t->pictures + t->text.len <= LIMIT_HTML_PICTURES;
	char size[24];

	t->file = 0;
	snprintf(size, sizeof size, "%zu", t->base64.size);
	if (xmlNewProp(node, BAD_CAST "bytes", BAD_CAST size) == NULL ||
	    xmlNewProp(node, BAD_CAST "detected", BAD_CAST sniff_name(type)) == NULL)
		return REASON_MEMORY;
	if (!picture)
		return REASON_NONE;
	t->pictures += t->text.len;
	return add_text(t, node, buf_bytes(&t->text));
}

static enum reason on_end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct tree *t = context;

	(void)ns, (void)name;
	if (t->base == 0)
		return REASON_NONE;
	enum reason reason = flush(t);
	if (reason == REASON_NONE && t->file == depth)
		reason = end_file(t);
	if (t->picture == depth)
		t->picture = 0;
	if (t->entry == depth)
		t->entry = 0;
	t->at[depth] = NULL;
	t->depth = depth - 1;
	if (t->base == depth) {
		t->base = 0;
		t->done = true;
	}
	return reason;
}

enum reason html_tree_read(struct bytes document, xmlDocPtr *out)
{
	static const struct xml_events events = {on_start, on_text, on_end};
	struct tree t = {.doc = xmlNewDoc(BAD_CAST "1.0"), .text = buf_make(2 * LIMIT_HTML_PICTURE), .told = buf_make(LIMIT_HTML_PAGE)};
	enum reason reason = t.doc == NULL ? REASON_MEMORY : xml_parse(document, &events, &t, NULL, NULL);

	if (reason == REASON_NONE && !t.done)
		reason = REASON_DOCUMENT_NOT_CDA;
	buf_free(&t.text);
	buf_free(&t.told);
	free(t.scratch);
	if (reason == REASON_NONE)
		*out = t.doc;
	else
		xmlFreeDoc(t.doc);
	return reason;
}

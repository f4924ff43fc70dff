/* cda/schematron_source.c - see schematron_source.h. */
#include "cda/schematron_source.h"

#include <string.h>

#include "base/limits.h"
#include "cda/xml_tree.h"

#define SCHEMATRON_NS (const xmlChar *)"http://purl.oclc.org/dsdl/schematron"

void schematron_tell(struct schematron_parts *parts, xmlNodePtr at, const char *what, struct bytes expression)
{
	struct schematron_problem *p = arena_alloc(parts->arena, sizeof *p);

	*p = (struct schematron_problem){at == NULL ? "" : at->doc->_private, at == NULL ? 0 : (unsigned)xmlGetLineNo(at), what, expression, NULL};
	*parts->problem_end = p;
	parts->problem_end = &p->next;
	parts->out->n_problems++;
}

bool schematron_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns != NULL && xmlStrEqual(node->ns->href, SCHEMATRON_NS) &&
	       (name == NULL || xmlStrEqual(node->name, (const xmlChar *)name));
}

struct bytes schematron_attribute(struct schematron_parts *parts, xmlNodePtr node, const char *name)
{
	xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)name);
	struct bytes out = text == NULL ? BYTES_NONE : arena_copy(parts->arena, bytes_of_text((const char *)text));

	xmlFree(text);
	return out;
}

static xmlDocPtr read_doc(struct schematron_parts *parts, const char *path, xmlNodePtr at)
{
	struct bytes text;
	xmlDocPtr doc = NULL;

	if (parts->n_docs == sizeof parts->docs / sizeof parts->docs[0]) {
		schematron_tell(parts, at, "too many files are included", BYTES_NONE);
		return NULL;
	}
	if (parts->source->file(parts->source->context, parts->arena, path, &text) != REASON_NONE) {
		schematron_tell(parts, at, arena_printf(parts->arena, "the file %s is missing", path), BYTES_NONE);
		return NULL;
	}
	enum reason reason = xml_tree_read(text, 0, &doc);
	if (reason != REASON_NONE) {
		schematron_tell(parts, at, arena_printf(parts->arena, "the file %s is refused: %s", path, reason_entry(reason)->en), BYTES_NONE);
		return NULL;
	}
	digest_add(&parts->digest, text);
	doc->_private = arena_text(parts->arena, bytes_of_text(path));
	return parts->docs[parts->n_docs++] = doc;
}

xmlDocPtr schematron_doc(struct schematron_parts *parts, const char *path, xmlNodePtr at)
{
	for (size_t i = 0; i < parts->n_docs; i++)
		if (strcmp(parts->docs[i]->_private, path) == 0)
			return parts->docs[i];
	return read_doc(parts, path, at);
}

static xmlNodePtr included(struct schematron_parts *parts, xmlNodePtr include)
{
	struct bytes href = schematron_attribute(parts, include, "href");
	const char *path = schematron_path(parts->arena, include->doc->_private, href);

	if (path == NULL) {
		schematron_tell(parts, include, "an include that leaves the folder, or has a scheme or a fragment", href);
		return NULL;
	}
	xmlDocPtr doc = schematron_doc(parts, path, include);
	return doc == NULL ? NULL : xmlDocGetRootElement(doc);
}

struct growing {
	struct schematron_nodes nodes;
	size_t room;
};

static void append(struct schematron_parts *parts, struct growing *g, xmlNodePtr node)
{
	if (g->nodes.n == g->room) {
		size_t room = g->room == 0 ? 16 : g->room * 2;
		xmlNodePtr *bigger = arena_alloc(parts->arena, room * sizeof *bigger);
		if (g->nodes.n > 0)
			memcpy(bigger, g->nodes.at, g->nodes.n * sizeof *bigger);
		g->nodes.at = bigger;
		g->room = room;
	}
	g->nodes.at[g->nodes.n++] = node;
}

/* A file may consist of an include. */
static void append_included(struct schematron_parts *parts, struct growing *g, xmlNodePtr node)
{
	for (unsigned nest = 0; node != NULL && schematron_is(node, "include"); nest++) {
		if (nest == LIMIT_SCHEMATRON_NEST) {
			schematron_tell(parts, node, "includes run in a circle", BYTES_NONE);
			return;
		}
		node = included(parts, node);
	}
	if (node != NULL && schematron_is(node, NULL))
		append(parts, g, node);
}

struct schematron_nodes schematron_children(struct schematron_parts *parts, xmlNodePtr parent)
{
	struct growing g = {0};

	for (xmlNodePtr child = parent->children; child != NULL; child = child->next)
		if (schematron_is(child, NULL))
			append_included(parts, &g, child);
	return g.nodes;
}

void schematron_parts_free(struct schematron_parts *parts)
{
	for (size_t i = 0; i < parts->n_docs; i++)
		xmlFreeDoc(parts->docs[i]);
	parts->n_docs = 0;
}

/* --- paths ------------------------------------------------------------------------ */

enum { PARTS_MAX = 40 };

/* Adds the parts of a path to the list; false when ".." leads out of the folder. */
static bool add_parts(struct bytes path, struct bytes *list, size_t *n)
{
	struct cursor c = cursor_on(path);

	while (c.left.len > 0) {
		struct bytes part = cursor_until(&c, '/');
		if (part.len == 0 || bytes_equal(part, BYTES(".")))
			continue;
		if (bytes_equal(part, BYTES(".."))) {
			if (*n == 0)
				return false;
			--*n;
			continue;
		}
		if (*n == PARTS_MAX)
			return false;
		list[(*n)++] = part;
	}
	return true;
}

const char *schematron_path(struct arena *arena, const char *from, struct bytes href)
{
	struct bytes list[PARTS_MAX], base = bytes_of_text(from);
	size_t n = 0;
	const char *out = "";

	while (base.len > 0 && base.at[base.len - 1] != '/')
		base.len--;
	if (href.len == 0 || href.at[0] == '/' || href.len > 1000 || bytes_find_byte(href, ':', 0) < href.len || bytes_find_byte(href, '#', 0) < href.len ||
	    bytes_find_byte(href, '\\', 0) < href.len || bytes_find_byte(href, 0, 0) < href.len)
		return NULL;
	if (!add_parts(base, list, &n) || !add_parts(href, list, &n) || n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		out = arena_printf(arena, "%s%s%.*s", out, i == 0 ? "" : "/", (int)list[i].len, (const char *)list[i].at);
	return out;
}

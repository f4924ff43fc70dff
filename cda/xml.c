/* cda/xml.c - see xml.h.
 *
 * Invariants:
 * 1. Nothing is told to the caller before xml_scan has let the whole document through.
 * 2. The first reason stands: once set, no further event is told.
 * 3. Success asks three things: the library's result, well-formedness, and that nobody stopped it. */
#include "cda/xml.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/xml_library.h"
#include "cda/xml_scan.h"

enum { CHUNK = 32 * 1024 };

struct parse {
	const struct xml_events *events;
	void *context;
	xmlParserCtxtPtr parser;
	enum reason reason;
	unsigned depth;
	struct buf values;              /* attribute values of one element that held an ampersand */
	struct xml_attribute attributes[LIMIT_XML_ATTRIBUTES];
	size_t moved[LIMIT_XML_ATTRIBUTES];   /* offset in values, or NOT_MOVED */
};

#define NOT_MOVED SIZE_MAX

static struct bytes of_xml(const xmlChar *text)
{
	return bytes_of_text((const char *)text);
}

static void stop(struct parse *p, enum reason reason)
{
	if (p->reason == REASON_NONE)
		p->reason = reason;
	xmlStopParser(p->parser);
}

/* The library gives every ampersand of a value as "&#38;", which it meant for its own tree builder. */
static void unescape(struct buf *out, struct bytes value)
{
	static const struct bytes escaped = BYTES_OF("&#38;");
	size_t from = 0;
	while (from < value.len) {
		size_t at = bytes_find(value, escaped, from);
		buf_add(out, bytes_slice(value, from, at - from));
		if (at == value.len)
			break;
		buf_text(out, "&");
		from = at + escaped.len;
	}
}

/* Five pointers an attribute: local name, prefix, namespace, value, end of value. */
static bool take_attributes(struct parse *p, size_t count, const xmlChar **list)
{
	buf_clear(&p->values);
	for (size_t i = 0; i < count; i++, list += 5) {
		struct bytes value = {list[3], (size_t)(list[4] - list[3])};
		p->attributes[i] = (struct xml_attribute){of_xml(list[2]), of_xml(list[0]), value};
		p->moved[i] = NOT_MOVED;
		if (bytes_find_byte(value, '&', 0) == value.len)
			continue;
		p->moved[i] = p->values.len;
		unescape(&p->values, value);
		p->attributes[i].value.len = p->values.len - p->moved[i];
	}
	/* The buffer no longer moves: now its addresses are good. */
	for (size_t i = 0; i < count; i++)
		if (p->moved[i] != NOT_MOVED)
			p->attributes[i].value.at = p->values.data + p->moved[i];
	return buf_ok(&p->values);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns, int namespaces,
		     const xmlChar **declared, int count, int defaulted, const xmlChar **attributes)
{
	struct parse *p = context;

	(void)prefix, (void)declared, (void)defaulted;
	p->depth++;
	if (p->reason != REASON_NONE)
		return;
	if (p->depth > LIMIT_XML_DEPTH || count > LIMIT_XML_ATTRIBUTES || namespaces > LIMIT_XML_NAMESPACES) {
		stop(p, REASON_DOCUMENT_LIMIT);
		return;
	}
	if (p->events->start == NULL)
		return;
	if (!take_attributes(p, (size_t)count, attributes)) {
		stop(p, REASON_DOCUMENT_LIMIT);
		return;
	}
	struct xml_element element = {of_xml(ns), of_xml(name), p->depth, p->attributes, (size_t)count};
	enum reason reason = p->events->start(p->context, &element);
	if (reason != REASON_NONE)
		stop(p, reason);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct parse *p = context;
	unsigned depth = p->depth--;

	(void)prefix;
	if (p->reason != REASON_NONE || p->events->end == NULL)
		return;
	enum reason reason = p->events->end(p->context, of_xml(ns), of_xml(name), depth);
	if (reason != REASON_NONE)
		stop(p, reason);
}

static void on_text(void *context, const xmlChar *text, int len)
{
	struct parse *p = context;

	if (p->reason != REASON_NONE || p->events->text == NULL || len <= 0)
		return;
	enum reason reason = p->events->text(p->context, (struct bytes){text, (size_t)len});
	if (reason != REASON_NONE)
		stop(p, reason);
}

static void on_doctype(void *context, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(context, REASON_DOCUMENT_DOCTYPE);
}

/* What is NULL here is not told: processing instructions, comments, anything of a DTD. */
static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.internalSubset = on_doctype,
	.externalSubset = on_doctype,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.serror = xml_library_silence,
};

static void feed(struct parse *p, struct bytes document)
{
	int result = 0;

	for (size_t at = 0; at < document.len && result == 0 && p->reason == REASON_NONE; at += CHUNK) {
		struct bytes chunk = bytes_slice(document, at, CHUNK);
		result = xmlParseChunk(p->parser, (const char *)chunk.at, (int)chunk.len, 0);
	}
	if (result == 0 && p->reason == REASON_NONE)
		result = xmlParseChunk(p->parser, "", 0, 1);
	if (p->reason == REASON_NONE && (result != 0 || !p->parser->wellFormed ||
					 !p->parser->nsWellFormed || p->depth != 0))
		p->reason = REASON_DOCUMENT_MALFORMED;
}

static bool feed_validated(struct parse *p, struct bytes document, struct schema *schema)
{
	bool valid = false;
	xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(schema_native(schema));

	if (validator == NULL) {
		p->reason = REASON_MEMORY;
		return false;
	}
	xmlSchemaSetValidStructuredErrors(validator, xml_library_silence, NULL);
	xmlSchemaSAXPlugPtr plug = xmlSchemaSAXPlug(validator, &p->parser->sax, &p->parser->userData);
	if (plug == NULL) {
		p->reason = REASON_MEMORY;
	} else {
		feed(p, document);
		valid = p->reason == REASON_NONE && xmlSchemaIsValid(validator) == 1;
		xmlSchemaSAXUnplug(plug);
	}
	xmlSchemaFreeValidCtxt(validator);
	return valid;
}

static enum reason parse_events(struct parse *p, struct bytes document, struct schema *schema, bool *valid)
{
	xmlSAXHandler sax = handler;

	xml_library_refuse_files();
	p->parser = xmlCreatePushParserCtxt(&sax, p, NULL, 0, NULL);
	if (p->parser == NULL)
		return REASON_MEMORY;
	xmlCtxtUseOptions(p->parser, XML_PARSE_NONET);
	if (schema != NULL)
		*valid = feed_validated(p, document, schema);
	else
		feed(p, document);
	xmlFreeParserCtxt(p->parser);
	return p->reason;
}

enum reason xml_parse(struct bytes document, const struct xml_events *events, void *context, struct schema *schema,
		      bool *schema_valid)
{
	struct parse p = {.events = events, .context = context, .values = buf_make(LIMIT_XML_TAG)};
	bool valid = false;
	enum reason reason = xml_scan(document, LIMIT_XML);

	if (reason == REASON_NONE)
		reason = parse_events(&p, document, schema, &valid);
	buf_free(&p.values);
	if (schema_valid != NULL)
		*schema_valid = valid;
	return reason;
}

enum reason xml_parse_up_to(size_t max, struct bytes document, const struct xml_events *events, void *context)
{
	struct parse p = {.events = events, .context = context, .values = buf_make(LIMIT_XML_TAG)};
	bool valid;
	enum reason reason = xml_scan(document, max);

	if (reason == REASON_NONE)
		reason = parse_events(&p, document, NULL, &valid);
	buf_free(&p.values);
	return reason;
}

struct bytes xml_attribute(const struct xml_element *element, const char *name)
{
	for (size_t i = 0; i < element->count; i++)
		if (element->attributes[i].ns.len == 0 && bytes_equal_text(element->attributes[i].name, name))
			return element->attributes[i].value;
	return BYTES_NONE;
}

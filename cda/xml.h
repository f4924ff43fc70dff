/* cda/xml.h - bounded XML reading as a stream of events. No type of the XML library shows here.
 *
 * One pass, no tree: memory does not grow with the document. Refused before any content is told:
 * a DOCTYPE (so there are no entities but the five of XML), other encodings than UTF-8, US-ASCII,
 * ISO-8859-1, ISO-8859-15 and windows-1252, too many attributes. Nothing is ever loaded:
 * no entity, no schema location, no XInclude, no style sheet. Bounds: LIMIT_XML_* of base/limits.h. */
#ifndef RELAIS_CDA_XML_H
#define RELAIS_CDA_XML_H

#include "base/reason.h"
#include "cda/schema.h"

struct xml_attribute {
	struct bytes ns, name, value;   /* ns is empty for an attribute without prefix */
};

struct xml_element {
	struct bytes ns, name;
	unsigned depth;                 /* 1 = the root */
	const struct xml_attribute *attributes;
	size_t count;
};

/* Everything given to a handler is UTF-8 and borrowed until it returns. A handler that returns another reason
 * than REASON_NONE ends the parse with that reason. Any handler may be NULL. */
struct xml_events {
	enum reason (*start)(void *context, const struct xml_element *element);
	enum reason (*text)(void *context, struct bytes piece);   /* also CDATA; a text may come in many pieces */
	enum reason (*end)(void *context, struct bytes ns, struct bytes name, unsigned depth);
};

/*
 * Reads the whole document. With a schema it is validated in the same pass and *schema_valid is set;
 * with NULL *schema_valid is set to false and may be NULL. Reasons: DOCUMENT_DOCTYPE, DOCUMENT_MALFORMED,
 * DOCUMENT_LIMIT, or a handler's. Events told before an error stand for nothing.
 */
MUST_USE enum reason xml_parse(struct bytes document, const struct xml_events *events, void *context,
			       struct schema *schema, bool *schema_valid);
/* The same without a schema, for a document of ours that may be longer than a LIMIT_XML: up to max bytes. */
MUST_USE enum reason xml_parse_up_to(size_t max, struct bytes document, const struct xml_events *events, void *context);

/* The value of an attribute without namespace; empty when it is absent. */
struct bytes xml_attribute(const struct xml_element *element, const char *name);

#endif

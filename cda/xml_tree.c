/* cda/xml_tree.c - see xml_tree.h. */
#include "cda/xml_tree.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>

#include "base/limits.h"
#include "cda/xml_library.h"
#include "cda/xml_scan.h"

enum { CHUNK = 32 * 1024 };

/* The tree builder of the library wants its own context as user data: ours hangs on it as private data. */
struct tree {
	enum reason reason;
	unsigned depth;
	size_t nodes, text, text_max;
};

static struct tree *tree_of(void *parser)
{
	return ((xmlParserCtxtPtr)parser)->_private;
}

static void stop(void *parser, enum reason reason)
{
	struct tree *tree = tree_of(parser);

	if (tree->reason == REASON_NONE)
		tree->reason = reason;
	xmlStopParser(parser);
}

static void on_start(void *parser, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns, int namespaces,
		     const xmlChar **declared, int count, int defaulted, const xmlChar **attributes)
{
	struct tree *tree = tree_of(parser);

	tree->depth++;
	tree->text = 0;
	tree->nodes += 1 + (size_t)count;
	if (tree->reason != REASON_NONE)
		return;
	if (tree->depth > LIMIT_XML_DEPTH || count > LIMIT_XML_ATTRIBUTES || namespaces > LIMIT_XML_NAMESPACES || tree->nodes > LIMIT_XML_TREE_NODES) {
		stop(parser, REASON_DOCUMENT_LIMIT);
		return;
	}
	xmlSAX2StartElementNs(parser, name, prefix, ns, namespaces, declared, count, defaulted, attributes);
}

static void on_end(void *parser, const xmlChar *name, const xmlChar *prefix, const xmlChar *ns)
{
	struct tree *tree = tree_of(parser);

	tree->depth--;
	tree->text = 0;
	if (tree->reason == REASON_NONE)
		xmlSAX2EndElementNs(parser, name, prefix, ns);
}

/* Characters are cut between two of them only. */
static int kept_of(const struct tree *tree, const xmlChar *text, int len)
{
	if (tree->text_max == 0 || tree->text + (size_t)len <= tree->text_max)
		return len;
	size_t kept = tree->text < tree->text_max ? tree->text_max - tree->text : 0;
	while (kept > 0 && (text[kept] & 0xc0) == 0x80)
		kept--;
	return (int)kept;
}

static void on_text(void *parser, const xmlChar *text, int len)
{
	struct tree *tree = tree_of(parser);

	if (tree->reason != REASON_NONE || len <= 0)
		return;
	int kept = kept_of(tree, text, len);
	tree->nodes += tree->text == 0;
	tree->text += (size_t)len;
	if (tree->nodes > LIMIT_XML_TREE_NODES)
		stop(parser, REASON_DOCUMENT_LIMIT);
	else if (kept > 0)
		xmlSAX2Characters(parser, text, kept);
}

static void on_doctype(void *parser, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	stop(parser, REASON_DOCUMENT_DOCTYPE);
}

/* They part texts; what they say is read by no rule. */
static void between(void *parser)
{
	struct tree *tree = tree_of(parser);

	tree->text = 0;
	if (++tree->nodes > LIMIT_XML_TREE_NODES)
		stop(parser, REASON_DOCUMENT_LIMIT);
}

static void on_comment(void *parser, const xmlChar *text)
{
	(void)text;
	between(parser);
	if (tree_of(parser)->reason == REASON_NONE)
		xmlSAX2Comment(parser, (const xmlChar *)"");
}

static void on_instruction(void *parser, const xmlChar *target, const xmlChar *text)
{
	(void)text;
	between(parser);
	if (tree_of(parser)->reason == REASON_NONE)
		xmlSAX2ProcessingInstruction(parser, target, (const xmlChar *)"");
}

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startDocument = xmlSAX2StartDocument,
	.endDocument = xmlSAX2EndDocument,
	.internalSubset = on_doctype,
	.externalSubset = on_doctype,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
	.comment = on_comment,
	.processingInstruction = on_instruction,
	.serror = xml_library_silence,
};

static void feed(xmlParserCtxtPtr parser, struct tree *tree, struct bytes document)
{
	int result = 0;

	for (size_t at = 0; at < document.len && result == 0 && tree->reason == REASON_NONE; at += CHUNK) {
		struct bytes chunk = bytes_slice(document, at, CHUNK);
		result = xmlParseChunk(parser, (const char *)chunk.at, (int)chunk.len, 0);
	}
	if (result == 0 && tree->reason == REASON_NONE)
		result = xmlParseChunk(parser, "", 0, 1);
	if (tree->reason == REASON_NONE && (result != 0 || !parser->wellFormed || !parser->nsWellFormed || tree->depth != 0 || parser->myDoc == NULL))
		tree->reason = REASON_DOCUMENT_MALFORMED;
}

enum reason xml_tree_read(struct bytes document, size_t text_max, struct _xmlDoc **out)
{
	struct tree tree = {.text_max = text_max};
	xmlSAXHandler sax = handler;
	enum reason reason = xml_scan(document, LIMIT_XML);

	if (reason != REASON_NONE)
		return reason;
	xml_library_refuse_files();
	xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
	if (parser == NULL)
		return REASON_MEMORY;
	parser->_private = &tree;
	xmlCtxtUseOptions(parser, XML_PARSE_NONET);
	parser->linenumbers = 1;
	feed(parser, &tree, document);
	xmlDocPtr doc = parser->myDoc;
	parser->myDoc = NULL;
	xmlFreeParserCtxt(parser);
	if (tree.reason != REASON_NONE) {
		xmlFreeDoc(doc);
		return tree.reason;
	}
	*out = doc;
	return REASON_NONE;
}

/* cda/xml_tree.h - a whole document as the XML library's tree, behind the same walls as cda/xml.h: for what needs XPath.
 *
 * Comments and processing instructions keep their place and lose their text. Refused: a DOCTYPE, other encodings, too many attributes, namespaces or levels (LIMIT_XML_*), more nodes than
 * LIMIT_XML_TREE_NODES. Nothing is ever loaded. */
#ifndef RELAIS_CDA_XML_TREE_H
#define RELAIS_CDA_XML_TREE_H

#include "base/reason.h"

struct _xmlDoc;

/*
 * text_max: what is kept of one text (the files that documents carry are texts of megabytes, and no rule
 * reads them); 0: every byte. Reasons: DOCUMENT_DOCTYPE, DOCUMENT_MALFORMED, DOCUMENT_LIMIT, MEMORY.
 * *out is freed by the caller with xmlFreeDoc.
 */
MUST_USE enum reason xml_tree_read(struct bytes document, size_t text_max, struct _xmlDoc **out);

#endif

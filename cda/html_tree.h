/* cda/html_tree.h - a tree of what a reader of the page may see, built from the bounded stream of cda/xml.h. */
#ifndef RELAIS_CDA_HTML_TREE_H
#define RELAIS_CDA_HTML_TREE_H

#include <libxml/tree.h>

#include "base/reason.h"

/* Without coded entries, embedded files and foreign namespaces; pictures as base64 without blanks and with their real media type.
 * Each embedded file has an attribute "bytes" (decoded size) and "detected" (its type by its bytes). The caller frees *out with xmlFreeDoc. */
MUST_USE enum reason html_tree_read(struct bytes document, xmlDocPtr *out);

#endif

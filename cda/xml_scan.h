/* cda/xml_scan.h - a look at the bytes of an XML document before the XML library sees them.
 *
 * The library collects a whole start tag before it tells of it, and compares its attributes in pairs: both
 * must be bounded before. Only encodings whose ASCII bytes mean ASCII are let through, so that this scan and
 * the library see the same markup (attacks X5). */
#ifndef RELAIS_CDA_XML_SCAN_H
#define RELAIS_CDA_XML_SCAN_H

#include "base/reason.h"

/*
 * DOCUMENT_DOCTYPE: a DOCTYPE anywhere outside comments and CDATA. DOCUMENT_LIMIT: over max bytes, a start tag over
 * LIMIT_XML_TAG or with more than LIMIT_XML_ATTRIBUTES attributes (namespaces included). DOCUMENT_MALFORMED: another
 * encoding, or no markup. REASON_NONE says nothing yet about well-formedness.
 */
MUST_USE enum reason xml_scan(struct bytes document, size_t max);

#endif

/* cda/pdf_clean_keys.h - which keys of a PDF's dictionaries stay. For pdf_clean.c alone. */
#ifndef RELAIS_CDA_PDF_CLEAN_KEYS_H
#define RELAIS_CDA_PDF_CLEAN_KEYS_H

#include "cda/pdf_quiet.h"

enum pdf_keys {
	PDF_KEYS_TRAILER,        /* kept of the trailer (ISO 32000-1 table 15) */
	PDF_KEYS_CATALOGUE,      /* kept of the document's root (table 28) */
	PDF_KEYS_TREE,           /* kept of a node of the page tree (table 29) */
	PDF_KEYS_PAGE,           /* kept of a page (table 30) */
	PDF_KEYS_ANNOTATIONS,    /* subtypes that are drawn and do nothing (table 169) */
	PDF_KEYS_ANNOTATION,     /* kept of one of these (tables 164 to 182) */
	PDF_KEYS_NEVER,          /* dropped from every dictionary */
	PDF_KEYS_STREAM_NEVER,   /* dropped from a stream's dictionary: among them its bytes in another file (table 5) */
	PDF_KEYS_LISTS
};

/* True when the list has this name ("/Text"). */
bool pdf_keys_named(const char *name, enum pdf_keys list);
/* Only the keys of the list stay. */
void pdf_keys_keep(qpdf_data pdf, qpdf_oh dictionary, enum pdf_keys list);
/* The keys of the list go. */
void pdf_keys_drop(qpdf_data pdf, qpdf_oh dictionary, enum pdf_keys list);
/* PDF_KEYS_NEVER goes from this object and from what stands inside it, references not followed; a node of the page tree is cut to
 * PDF_KEYS_TREE. level: 0. */
void pdf_keys_scrub(qpdf_data pdf, qpdf_oh object, unsigned level);
/* False: references follow one another more than LIMIT_PDF_NESTING deep below a page, in the order in which the library copies them
 * (by recursion, without a bound of its own). objects: how many there are. */
bool pdf_keys_shallow(qpdf_data pdf, size_t objects, struct arena *arena);

#endif

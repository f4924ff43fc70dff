/* cda/xml_write.h - writes XML: a thin bounded writer, so that escaping is the library's and never ours.
 *
 * UTF-8, two spaces a level, line feeds. A name or a value that is not well-formed UTF-8 or holds a character
 * that XML forbids makes the whole fail: ask once at the end. Names are our own literals. */
#ifndef RELAIS_CDA_XML_WRITE_H
#define RELAIS_CDA_XML_WRITE_H

#include "base/arena.h"
#include "base/reason.h"

struct xml_write;

/* Owned by the caller until xml_write_close. NULL when the library has no memory. */
struct xml_write *xml_write_open(struct arena *arena);
/* Accepts NULL, leaves NULL behind. */
void xml_write_close(struct xml_write **w);

void xml_write_start(struct xml_write *w, const char *name);
/* Only between start and the first content of that element. */
void xml_write_attribute(struct xml_write *w, const char *name, struct bytes value);
void xml_write_text(struct xml_write *w, struct bytes text);
/* Base64 of data, in one run without line ends. */
void xml_write_base64(struct xml_write *w, struct bytes data);
void xml_write_end(struct xml_write *w);

struct xml_write_pair {
	const char *name;
	struct bytes value;              /* empty: not written */
};
/* An element of attributes only. */
void xml_write_empty(struct xml_write *w, const char *name, const struct xml_write_pair *pairs, size_t count);
/* start, text, end. */
void xml_write_element(struct xml_write *w, const char *name, struct bytes text);

/* Ends the document. COMPOSE_FAILED when anything was refused; *out is in the arena. */
MUST_USE enum reason xml_write_finish(struct xml_write *w, struct bytes *out);

#endif

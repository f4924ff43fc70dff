/* cda/schema.h - the XML schema of the French CDA, read once by the warm process before its jail.
 *
 * The schema imports that of XSLT, so that a style sheet as root is "valid" too: who validates
 * must check the root element himself (cda/read.c does). */
#ifndef RELAIS_CDA_SCHEMA_H
#define RELAIS_CDA_SCHEMA_H

#include "base/reason.h"

struct schema;

/*
 * Reads CDA_extended.xsd and what it includes from a folder; no network. NOT_FOUND: no such file, or
 * it is no schema. *out is closed by schema_close. Afterwards no entity or file is ever loaded by the XML library.
 */
MUST_USE enum reason schema_load(const char *folder, struct schema **out);
void schema_close(struct schema **schema);

/* For cda/xml.c: the XML library's own object, borrowed. */
struct _xmlSchema *schema_native(const struct schema *schema);

#endif

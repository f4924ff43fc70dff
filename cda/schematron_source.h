/* cda/schematron_source.h - the files of one schematron as trees, with includes put in place. For cda/schematron_read.c. */
#ifndef RELAIS_CDA_SCHEMATRON_SOURCE_H
#define RELAIS_CDA_SCHEMATRON_SOURCE_H

#include <libxml/tree.h>

#include "base/digest.h"
#include "cda/schematron_read.h"

struct schematron_parts {
	struct arena *arena;
	const struct schematron_source *source;
	struct schematron_import *out;
	struct schematron_problem **problem_end;
	struct digest_run digest;       /* of every file, in the order of reading */
	xmlDocPtr docs[2048];           /* each has its path as private data */
	size_t n_docs;
};

/* A list of elements in the arena. */
struct schematron_nodes {
	xmlNodePtr *at;
	size_t n;
};

/* The file's tree, read once; NULL after a problem was told (at: the element that asked for it, or NULL). */
xmlDocPtr schematron_doc(struct schematron_parts *parts, const char *path, xmlNodePtr at);
/* Elements of ISO schematron below parent; includes are replaced by the roots of their files. */
struct schematron_nodes schematron_children(struct schematron_parts *parts, xmlNodePtr parent);
bool schematron_is(const xmlNode *node, const char *name);
/* An attribute's value in the arena; empty when it is absent. */
struct bytes schematron_attribute(struct schematron_parts *parts, xmlNodePtr node, const char *name);
void schematron_tell(struct schematron_parts *parts, xmlNodePtr at, const char *what, struct bytes expression);
void schematron_parts_free(struct schematron_parts *parts);

#endif

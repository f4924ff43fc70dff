/* cda/schematron_read.h - reads an ISO schematron (ISO/IEC 19757-3, queryBinding xslt2) and expands it to a table.
 *
 * Understood: include, abstract patterns with their parameters, abstract rules with extends, let at each level, phases (the default one
 * counts), ns, assert, report, roles, value-of and name. As the XSLT that is made of schematrons has it, lets of a pattern are
 * seen by all patterns. Nothing is dropped in silence: what cannot be rewritten is a problem with its file and line. */
#ifndef RELAIS_CDA_SCHEMATRON_READ_H
#define RELAIS_CDA_SCHEMATRON_READ_H

#include "cda/schematron_table.h"

/* Where files come from. A path is relative to the imported folder and never leaves it: no "..", no leading slash. */
struct schematron_source {
	MUST_USE enum reason (*file)(void *context, struct arena *arena, const char *path, struct bytes *out);
	void *context;
};

struct schematron_problem {
	const char *file;
	unsigned line;
	const char *what;       /* a sentence, English */
	struct bytes expression; /* empty when it is not about one */
	struct schematron_problem *next;
};

/* A value set, without what rules do not read: to be stored under its name. */
struct schematron_values {
	const char *name;       /* SHA-256 of its bytes, and ".xml" */
	struct bytes content;
	struct schematron_values *next;
};

struct schematron_import {
	struct schematron_table *table;
	struct schematron_problem *problems;
	size_t n_problems;
	struct schematron_values *values;
};

/*
 * Reads the schematron at path. NOT_FOUND: the file's root is another element (a part that others include).
 * SCHEMATRON_FORM: it, or what it includes, cannot be read: out->problems says which. All is in the arena.
 */
MUST_USE enum reason schematron_import(struct arena *arena, const struct schematron_source *source, const char *path, struct schematron_import *out);

/* The path of href as written in the file at from; NULL when it would leave the folder, or has a scheme or a fragment. */
const char *schematron_path(struct arena *arena, const char *from, struct bytes href);

#endif

/* cda/schematron_table.h - one schematron, expanded to rules whose expressions are XPath 1.0 with our functions, and its file.
 *
 * The file is text: a first line with the version, then one record a line, fields parted by tabs ("\t", "\n", "\\" written so within
 * a field), and a last line that counts. It is made by cda/schematron_read.c and read once by the warm process. */
#ifndef RELAIS_CDA_SCHEMATRON_TABLE_H
#define RELAIS_CDA_SCHEMATRON_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/reason.h"
#include "cda/read.h"

struct _xmlXPathCompExpr;
struct _xmlDoc;

struct schematron_expr {
	struct bytes text;
	struct _xmlXPathCompExpr *compiled; /* NULL until cda/schematron_set.c has compiled it */
	struct schematron_expr *next;
};

struct schematron_item {                /* of a rule, in its order */
	enum { SCHEMATRON_LET, SCHEMATRON_ASSERT, SCHEMATRON_REPORT } kind;
	const char *name;               /* of a let */
	enum cda_level level;           /* by its role: warning, or info */
	const char *message;            /* values of the document are shown as "…" */
	unsigned line;                  /* in the rule's file, or in that of the rule it extends */
	struct schematron_expr expr;
	struct schematron_item *next;
};

struct schematron_rule {
	unsigned line;
	struct bytes file;              /* of the folder that was imported */
	struct schematron_expr *contexts;
	struct schematron_item *items;
	struct schematron_rule *next;
};

struct schematron_pattern {
	struct bytes id;
	struct schematron_rule *rules;
	struct schematron_pattern *next;
};

struct schematron_pair {                /* a namespace: prefix, URI; a value set: as it is written, its file */
	const char *a, *b;
	struct _xmlDoc *doc;            /* of a value set, once it is loaded; borrowed */
	struct schematron_pair *next;
};

struct schematron_word {
	struct bytes text;
	struct schematron_word *next;
};

struct schematron_table {
	const char *name;               /* "CI-SIS_TLM-CR_2022.01" */
	struct bytes family, version;   /* "CI-SIS_TLM-CR", "2022.01"; both views on the name */
	struct bytes source, digest;    /* the file, and SHA-256 in hex of all files that it is made of */
	bool every;                     /* of every French document, and not of one model */
	struct schematron_word *types, *templates; /* of the model: type codes and templates that its rules ask for */
	struct schematron_pair *namespaces, *files;
	struct schematron_expr *subs;   /* bodies, by number */
	size_t n_subs;
	struct schematron_item *lets;   /* of the whole schematron */
	struct schematron_pattern *patterns;
	size_t rules, tests;
	size_t unknown;                 /* expressions that could not be rewritten: their tests, or patterns, are left out */
};

/* Appends the file to out. */
void schematron_table_write(struct buf *out, const struct schematron_table *table);
/* Reads it; texts are copied into the arena. SCHEMATRON_TABLE: another version, or not such a file, or not all of it. */
MUST_USE enum reason schematron_table_read(struct arena *arena, struct bytes file, struct schematron_table **out);

/* Sets name, family and version. */
void schematron_table_name(struct arena *arena, struct schematron_table *table, struct bytes name);

#endif

/* cda/schematron_read_private.h - what the three files of cda/schematron_read.h share: one schematron while it is expanded. */
#ifndef RELAIS_CDA_SCHEMATRON_READ_PRIVATE_H
#define RELAIS_CDA_SCHEMATRON_READ_PRIVATE_H

#include "cda/schematron_expr.h"
#include "cda/schematron_source.h"

enum { PARAMS_MAX = 30, NAMES_MAX = 4000 };

struct known {                          /* a variable that is in sight */
	struct bytes name, literal;     /* literal: its text, when it is one; at NULL otherwise */
};

struct pattern {
	xmlNodePtr node;
	struct schematron_nodes kids;
};

struct param {
	struct bytes name, value;
};

struct reading {
	struct schematron_parts parts;
	struct arena *arena;
	struct schematron_table *table;
	struct x_scope scope;
	struct pattern *patterns;
	size_t n_patterns;
	struct known known[NAMES_MAX];
	size_t n_known;
	struct param params[PARAMS_MAX]; /* of the abstract pattern that is being expanded */
	size_t n_params;
	struct schematron_item **let_end;
	struct schematron_pair **file_end;
	struct schematron_values **values_end;
	bool broken;                    /* of the pattern: a context that cannot be written */
};

/* schematron_read_expr.c */
bool rd_name_char(unsigned char c);
/* An attribute, the parameters of the abstract pattern put in. */
struct bytes rd_attribute(struct reading *r, xmlNodePtr node, const char *name);
bool rd_prefix_known(void *context, struct bytes prefix);
bool rd_variable_known(void *context, struct bytes name);
/* The variable of that name that was bound last; NULL when there is none. */
const struct known *rd_known(const struct reading *r, struct bytes name);
/* The text of an expression that is a string and nothing else; at is NULL for any other. */
struct bytes rd_literal(struct bytes expression);
/* A problem with something that is then left out. */
void rd_unknown(struct reading *r, xmlNodePtr at, const char *what, struct bytes expression);
MUST_USE bool rd_expression(struct reading *r, xmlNodePtr at, struct bytes expression, struct bytes *out);
MUST_USE bool rd_contexts(struct reading *r, xmlNodePtr at, struct schematron_rule *rule);

/* schematron_read_rule.c */
void rd_let(struct reading *r, xmlNodePtr node, struct schematron_item ***end);
void rd_rule(struct reading *r, xmlNodePtr node, struct schematron_rule ***end);

#endif

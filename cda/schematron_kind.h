/* cda/schematron_kind.h - which functions expressions may call, and what an expression gives, as far as it can be seen. For schematron_expr.c. */
#ifndef RELAIS_CDA_SCHEMATRON_KIND_H
#define RELAIS_CDA_SCHEMATRON_KIND_H

#include "cda/schematron_parse.h"

enum x_gives { X_KIND_NODES, X_KIND_TRUTH, X_KIND_NUMBER, X_KIND_TEXT, X_KIND_ANY };

enum x_form {
	X_FORM_SAME,      /* XPath 1 has it */
	X_FORM_OURS,      /* registered under this name */
	X_FORM_NODES,     /* XPath 1 has it for nodes: a sequence of values is made one */
	X_FORM_EXISTS, X_FORM_EMPTY, X_FORM_FIRST, /* FIRST: the argument itself */
	X_FORM_ROOT,
};

struct x_function {
	const char *name;
	unsigned min, max;              /* arguments */
	enum x_form form;
	enum x_gives kind;
	const char *to;                 /* how it is written; NULL when by its form alone */
};

struct x_constructor {                  /* of XML Schema: xs:integer("5") */
	const char *type, *to;
	enum x_gives kind;
};

enum x_gives x_kind_of(const struct x_node *n);
/* NULL: not one that we know. */
const struct x_function *x_function_of(struct bytes name);
const struct x_constructor *x_constructor_of(struct bytes type);
/* xs:… or xsd:… */
bool x_is_schema(struct bytes name);
/* Without its prefix. */
struct bytes x_local_part(struct bytes name);

#endif

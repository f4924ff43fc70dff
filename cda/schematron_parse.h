/* cda/schematron_parse.h - the expressions of XPath 2.0 as a tree. For cda/schematron_expr.c.
 *
 * The whole grammar but: "instance of", "treat as", "is", "<<", ">>", idiv, numbers with exponents, and the kind tests
 * of schema types. Comments (: :) are skipped. */
#ifndef RELAIS_CDA_SCHEMATRON_PARSE_H
#define RELAIS_CDA_SCHEMATRON_PARSE_H

#include "base/arena.h"

enum x_kind {
	X_LITERAL,  /* text: the string */
	X_NUMBER,   /* text */
	X_VARIABLE, /* text: its name */
	X_DOT,      /* the context item */
	X_CALL,     /* text: name with prefix; children: arguments */
	X_SEQUENCE, /* ( a, b ): children */
	X_PATH,     /* children: steps; absolute: '/' or 'D' (//) or 0 */
	X_AXIS,     /* a step: text: axis and test, written as XPath 1 has it ("@code", "parent::*") */
	X_OR, X_AND,
	X_COMPARE,  /* text: = != < <= > >=; two children */
	X_ARITHMETIC, /* text: + - * div mod */
	X_TO, X_UNION, X_INTERSECT, X_EXCEPT,
	X_MINUS,
	X_IF,       /* three children */
	X_FOR, X_SOME, X_EVERY, /* text: the variable; two children: where from, and what */
	X_CASTABLE, X_CAST, /* text: the type; optional: "?" behind it; one child */
};

struct x_node {
	enum x_kind kind;
	struct bytes text;
	char absolute;
	bool deep;     /* of a step: it follows "//" */
	bool optional;
	struct x_node *child, *next;     /* next: the sibling */
	struct x_node *predicates;       /* of a step; siblings by next */
};

struct x_problem {
	const char *what;       /* one sentence, our own */
	size_t at;              /* offset in the expression */
};

/* NULL: *problem says why. Texts point into the expression or the arena. */
struct x_node *x_parse(struct arena *arena, struct bytes expression, struct x_problem *problem);

#endif

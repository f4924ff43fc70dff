/* cda/schematron_expr.h - writes an expression of XPath 2.0 so that an evaluator of XPath 1.0 with the functions of
 * cda/schematron_functions.h gives the same result.
 *
 * What XPath 1.0 has stays as it is. Rewritten are: sequences, if, for, some, every, castable, value comparisons, functions as steps
 * ("a/count(b)"), parentheses as steps, ranges, intersect, except, tests of kinds. Bodies that are evaluated once for each
 * item (for, some, every, a step that is no axis) become expressions of their own, known by number. */
#ifndef RELAIS_CDA_SCHEMATRON_EXPR_H
#define RELAIS_CDA_SCHEMATRON_EXPR_H

#include "base/arena.h"
#include "base/buf.h"
#include "cda/schematron_parse.h"

enum { X_SUBS_MAX = 4000 };

/* What an expression may name, and where its bodies go. */
struct x_scope {
	struct arena *arena;
	bool (*prefix)(void *context, struct bytes prefix);     /* declared by the schematron? */
	bool (*variable)(void *context, struct bytes name);     /* bound by a let that goes before? */
	void *context;
	struct bytes *subs;      /* X_SUBS_MAX of them: bodies, in the order of their numbers */
	size_t n_subs;
};

/* False: *problem says what cannot be written. *out is in the arena of the scope. */
MUST_USE bool x_write(struct x_scope *scope, struct bytes expression, struct bytes *out, struct x_problem *problem);

/*
 * The context of a rule (an XSLT pattern): each alternative as a path from the root of the document, so that what it
 * selects is what the pattern matches. At most max; *n says how many.
 */
MUST_USE bool x_write_context(struct x_scope *scope, struct bytes pattern, struct bytes *out, size_t max, size_t *n, struct x_problem *problem);

/* The names of functions of ours that a written expression may call; ends with NULL. */
extern const char *const x_functions[];

#endif

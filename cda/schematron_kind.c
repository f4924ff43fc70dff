/* cda/schematron_kind.c - see schematron_kind.h. */
#include "cda/schematron_kind.h"

#include "cda/schematron_expr.h"

static const struct x_function functions[] = {
	{"last", 0, 0, X_FORM_SAME, X_KIND_NUMBER, "last"},
	{"position", 0, 0, X_FORM_SAME, X_KIND_NUMBER, "position"},
	{"true", 0, 0, X_FORM_SAME, X_KIND_TRUTH, "true"},
	{"false", 0, 0, X_FORM_SAME, X_KIND_TRUTH, "false"},
	{"boolean", 1, 1, X_FORM_SAME, X_KIND_TRUTH, "boolean"},
	{"not", 1, 1, X_FORM_SAME, X_KIND_TRUTH, "not"},
	{"lang", 1, 1, X_FORM_SAME, X_KIND_TRUTH, "lang"},
	{"string", 0, 1, X_FORM_SAME, X_KIND_TEXT, "string"},
	{"concat", 2, 200, X_FORM_SAME, X_KIND_TEXT, "concat"},
	{"starts-with", 2, 2, X_FORM_SAME, X_KIND_TRUTH, "starts-with"},
	{"contains", 2, 2, X_FORM_SAME, X_KIND_TRUTH, "contains"},
	{"substring-before", 2, 2, X_FORM_SAME, X_KIND_TEXT, "substring-before"},
	{"substring-after", 2, 2, X_FORM_SAME, X_KIND_TEXT, "substring-after"},
	{"substring", 2, 3, X_FORM_SAME, X_KIND_TEXT, "substring"},
	{"string-length", 0, 1, X_FORM_SAME, X_KIND_NUMBER, "string-length"},
	{"normalize-space", 0, 1, X_FORM_SAME, X_KIND_TEXT, "normalize-space"},
	{"translate", 3, 3, X_FORM_SAME, X_KIND_TEXT, "translate"},
	{"number", 0, 1, X_FORM_SAME, X_KIND_NUMBER, "number"},
	{"floor", 1, 1, X_FORM_SAME, X_KIND_NUMBER, "floor"},
	{"ceiling", 1, 1, X_FORM_SAME, X_KIND_NUMBER, "ceiling"},
	{"round", 1, 1, X_FORM_SAME, X_KIND_NUMBER, "round"},
	{"local-name", 0, 1, X_FORM_NODES, X_KIND_TEXT, "local-name"},
	{"namespace-uri", 0, 1, X_FORM_NODES, X_KIND_TEXT, "namespace-uri"},
	{"name", 0, 1, X_FORM_NODES, X_KIND_TEXT, "name"},
	{"count", 1, 1, X_FORM_NODES, X_KIND_NUMBER, "count"},
	{"sum", 1, 1, X_FORM_NODES, X_KIND_NUMBER, "sum"},
	{"exists", 1, 1, X_FORM_EXISTS, X_KIND_TRUTH, NULL},
	{"empty", 1, 1, X_FORM_EMPTY, X_KIND_TRUTH, NULL},
	{"data", 1, 1, X_FORM_FIRST, X_KIND_ANY, NULL},
	{"exactly-one", 1, 1, X_FORM_FIRST, X_KIND_ANY, NULL},
	{"zero-or-one", 1, 1, X_FORM_FIRST, X_KIND_ANY, NULL},
	{"one-or-more", 1, 1, X_FORM_FIRST, X_KIND_ANY, NULL},
	{"root", 0, 0, X_FORM_ROOT, X_KIND_NODES, NULL},
	{"current", 0, 0, X_FORM_OURS, X_KIND_NODES, "current"},
	{"doc", 1, 1, X_FORM_OURS, X_KIND_NODES, "doc"},
	{"document", 1, 1, X_FORM_OURS, X_KIND_NODES, "doc"},
	{"doc-available", 1, 1, X_FORM_OURS, X_KIND_TRUTH, "doc-available"},
	{"matches", 2, 3, X_FORM_OURS, X_KIND_TRUTH, "matches"},
	{"replace", 3, 4, X_FORM_OURS, X_KIND_TEXT, "replace"},
	{"tokenize", 1, 3, X_FORM_OURS, X_KIND_NODES, "tokenize"},
	{"ends-with", 2, 2, X_FORM_OURS, X_KIND_TRUTH, "ends-with"},
	{"lower-case", 1, 1, X_FORM_OURS, X_KIND_TEXT, "lower-case"},
	{"upper-case", 1, 1, X_FORM_OURS, X_KIND_TEXT, "upper-case"},
	{"distinct-values", 1, 1, X_FORM_OURS, X_KIND_NODES, "distinct-values"},
	{"string-join", 1, 2, X_FORM_OURS, X_KIND_TEXT, "string-join"},
	{"QName", 2, 2, X_FORM_OURS, X_KIND_TEXT, "QName"},
	{"resolve-QName", 2, 2, X_FORM_OURS, X_KIND_NODES, "resolve-QName"},
	{"abs", 1, 1, X_FORM_OURS, X_KIND_NUMBER, "abs"},
	{"max", 1, 1, X_FORM_OURS, X_KIND_NUMBER, "max"},
	{"min", 1, 1, X_FORM_OURS, X_KIND_NUMBER, "min"},
};

const char *const x_functions[] = {"current", "doc", "doc-available", "matches", "replace", "tokenize", "ends-with", "lower-case", "upper-case",
				   "distinct-values", "string-join", "QName", "resolve-QName", "abs", "max", "min", "r-sequence", "r-each", "r-if",
				   "r-for", "r-some", "r-every", "r-castable", "r-instant", "r-compare", "r-range", "r-except", "r-intersect", NULL};

/* The constructors of XML Schema: xs:integer("5"). */
static const struct x_constructor constructors[] = {
	{"string", "string", X_KIND_TEXT}, {"anyURI", "normalize-space", X_KIND_TEXT}, {"token", "normalize-space", X_KIND_TEXT},
	{"integer", "number", X_KIND_NUMBER}, {"int", "number", X_KIND_NUMBER}, {"long", "number", X_KIND_NUMBER}, {"short", "number", X_KIND_NUMBER},
	{"decimal", "number", X_KIND_NUMBER}, {"double", "number", X_KIND_NUMBER}, {"float", "number", X_KIND_NUMBER},
	{"positiveInteger", "number", X_KIND_NUMBER}, {"nonNegativeInteger", "number", X_KIND_NUMBER},
	{"dateTime", "r-instant", X_KIND_NUMBER}, {"date", "r-instant", X_KIND_NUMBER},
};

struct bytes x_local_part(struct bytes name)
{
	size_t colon = bytes_find_byte(name, ':', 0);
	return colon < name.len ? bytes_from(name, colon + 1) : name;
}

bool x_is_schema(struct bytes name)
{
	return bytes_starts(name, BYTES("xs:")) || bytes_starts(name, BYTES("xsd:"));
}

const struct x_constructor *x_constructor_of(struct bytes type)
{
	struct bytes local = x_local_part(type);

	for (size_t i = 0; x_is_schema(type) && i < sizeof constructors / sizeof constructors[0]; i++)
		if (bytes_equal_text(local, constructors[i].type))
			return &constructors[i];
	return NULL;
}

const struct x_function *x_function_of(struct bytes name)
{
	if (bytes_starts(name, BYTES("fn:")))
		name = bytes_from(name, 3);
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (bytes_equal_text(name, functions[i].name))
			return &functions[i];
	return NULL;
}

/* --- what an expression gives ------------------------------------------------------------------ */

static enum x_gives kind_of_step(const struct x_node *n)
{
	if (n->kind == X_AXIS || n->kind == X_DOT || n->predicates != NULL)
		return X_KIND_NODES;
	return x_kind_of(n);
}

static enum x_gives kind_of_call(const struct x_node *n)
{
	const struct x_constructor *constructor = x_constructor_of(n->text);
	const struct x_function *function = x_function_of(n->text);

	if (constructor != NULL)
		return constructor->kind;
	if (function != NULL && function->form == X_FORM_FIRST && n->child != NULL)
		return x_kind_of(n->child);
	return function == NULL ? X_KIND_ANY : function->kind;
}

enum x_gives x_kind_of(const struct x_node *n)
{
	switch (n->kind) {
	case X_LITERAL:
		return X_KIND_TEXT;
	case X_NUMBER:
	case X_ARITHMETIC:
	case X_MINUS:
		return X_KIND_NUMBER;
	case X_OR:
	case X_AND:
	case X_COMPARE:
	case X_SOME:
	case X_EVERY:
	case X_CASTABLE:
		return X_KIND_TRUTH;
	case X_CAST:
	case X_CALL:
		return kind_of_call(n);
	case X_SEQUENCE:
		return n->child != NULL && n->child->next == NULL ? x_kind_of(n->child) : X_KIND_NODES;
	case X_PATH:
		/* "./count(b)" is a call at the end of "."; any longer path gives nodes. */
		if (n->absolute == 0 && n->child->next == NULL)
			return kind_of_step(n->child);
		if (n->absolute == 0 && n->child->kind == X_DOT && n->child->predicates == NULL && n->child->next->next == NULL && !n->child->next->deep)
			return kind_of_step(n->child->next);
		return X_KIND_NODES;
	case X_IF:
		return x_kind_of(n->child->next) == x_kind_of(n->child->next->next) ? x_kind_of(n->child->next) : X_KIND_ANY;
	case X_VARIABLE:
		return X_KIND_ANY;
	default:
		return X_KIND_NODES;
	}
}

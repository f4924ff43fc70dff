/* cda/schematron_parse.c - see schematron_parse.h: the operators, by recursive descent. */
#include "cda/schematron_parse_private.h"

enum { DEPTH_MAX = 120 };

static struct x_node *pair(struct parse *p, enum x_kind kind, struct bytes text, struct x_node *a, struct x_node *b)
{
	struct x_node *n = p->failed ? NULL : xp_node(p, kind, text);

	if (n == NULL || a == NULL || b == NULL)
		return NULL;
	n->child = a;
	a->next = b;
	return n;
}

/* --- operators, the closest first --------------------------------------------------------- */

static struct x_node *unary(struct parse *p)
{
	bool minus = false, any = false;

	for (xp_skip(p); xp_look(p, 0) == '-' || xp_look(p, 0) == '+'; xp_skip(p)) {
		minus ^= xp_look(p, 0) == '-';
		any = true;
		p->at++;
	}
	struct x_node *n = xp_path(p);
	if (n == NULL || !any || !minus)
		return n;
	struct x_node *out = xp_node(p, X_MINUS, BYTES_NONE);
	if (out != NULL)
		out->child = n;
	return out;
}

/* castable as T, cast as T: they are written one behind the other at most once each. */
static struct x_node *cast(struct parse *p)
{
	struct x_node *n = unary(p);

	for (bool more = n != NULL; more;) {
		size_t from = p->at;
		bool castable = xp_word(p, "castable");
		more = castable || xp_word(p, "cast");
		if (!more)
			break;
		if (!xp_word(p, "as")) {
			p->at = from;
			break;
		}
		xp_skip(p);
		struct x_node *out = xp_node(p, castable ? X_CASTABLE : X_CAST, xp_qname(p));
		if (out == NULL || out->text.len == 0)
			return xp_fail(p, "a type is missing");
		out->optional = xp_sign(p, "?");
		out->child = n;
		n = out;
	}
	if (n != NULL && (xp_word(p, "instance") || xp_word(p, "treat")))
		return xp_fail(p, "\"instance of\" and \"treat as\" are not known");
	return n;
}

static struct x_node *intersect(struct parse *p)
{
	struct x_node *n = cast(p);

	while (n != NULL) {
		bool both = xp_word(p, "intersect");
		if (!both && !xp_word(p, "except"))
			break;
		n = pair(p, both ? X_INTERSECT : X_EXCEPT, BYTES_NONE, n, cast(p));
	}
	return n;
}

static struct x_node *unite(struct parse *p)
{
	struct x_node *n = intersect(p);

	while (n != NULL && (xp_sign(p, "|") || xp_word(p, "union")))
		n = pair(p, X_UNION, BYTES_NONE, n, intersect(p));
	return n;
}

static struct x_node *multiply(struct parse *p)
{
	struct x_node *n = unite(p);

	while (n != NULL) {
		if (xp_word(p, "idiv"))
			return xp_fail(p, "idiv is not known");
		struct bytes op = xp_sign(p, "*") ? BYTES("*") : xp_word(p, "div") ? BYTES("div") : xp_word(p, "mod") ? BYTES("mod") : BYTES_NONE;
		if (op.len == 0)
			break;
		n = pair(p, X_ARITHMETIC, op, n, unite(p));
	}
	return n;
}

static struct x_node *add(struct parse *p)
{
	struct x_node *n = multiply(p);

	while (n != NULL) {
		struct bytes op = xp_sign(p, "+") ? BYTES("+") : xp_sign(p, "-") ? BYTES("-") : BYTES_NONE;
		if (op.len == 0)
			break;
		n = pair(p, X_ARITHMETIC, op, n, multiply(p));
	}
	return n;
}

static struct x_node *range(struct parse *p)
{
	struct x_node *n = add(p);

	if (n != NULL && xp_word(p, "to"))
		n = pair(p, X_TO, BYTES_NONE, n, add(p));
	return n;
}

/* The operator that stands here, as XPath 1 writes it; empty when there is none. */
static struct bytes comparison(struct parse *p)
{
	static const struct {
		const char *word, *sign;
	} known[] = {{"eq", "="}, {"ne", "!="}, {"le", "<="}, {"lt", "<"}, {"ge", ">="}, {"gt", ">"}};
	static const char *const signs[] = {"!=", "<=", ">=", "=", "<", ">"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (xp_word(p, known[i].word))
			return bytes_of_text(known[i].sign);
	if (xp_starts(p, "<<") || xp_starts(p, ">>") || xp_word(p, "is")) {
		xp_fail(p, "comparisons of places in the document are not known");
		return BYTES_NONE;
	}
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (xp_sign(p, signs[i]))
			return bytes_of_text(signs[i]);
	return BYTES_NONE;
}

static struct x_node *compare(struct parse *p)
{
	struct x_node *n = range(p);
	struct bytes op = n == NULL ? BYTES_NONE : comparison(p);

	if (op.len > 0)
		n = pair(p, X_COMPARE, op, n, range(p));
	return p->failed ? NULL : n;
}

static struct x_node *both(struct parse *p)
{
	struct x_node *n = compare(p);

	while (n != NULL && xp_word(p, "and"))
		n = pair(p, X_AND, BYTES_NONE, n, compare(p));
	return n;
}

static struct x_node *either(struct parse *p)
{
	struct x_node *n = both(p);

	while (n != NULL && xp_word(p, "or"))
		n = pair(p, X_OR, BYTES_NONE, n, both(p));
	return n;
}

/* for $a in A, $b in B return C, and the two quantifiers, as one node a variable. */
static struct x_node *bound(struct parse *p, enum x_kind kind)
{
	xp_skip(p);
	struct x_node *name = xp_look(p, 0) == '$' ? xp_variable(p) : xp_fail(p, "a variable is missing");
	if (name == NULL)
		return NULL;
	if (!xp_word(p, "in"))
		return xp_fail(p, "\"in\" is missing");
	struct x_node *from = xp_expr_single(p);
	if (from == NULL)
		return NULL;
	struct x_node *what;
	if (xp_sign(p, ","))
		what = bound(p, kind);
	else if (xp_word(p, kind == X_FOR ? "return" : "satisfies"))
		what = xp_expr_single(p);
	else
		what = xp_fail(p, "\"satisfies\" or \"return\" is missing");
	return pair(p, kind, name->text, from, what);
}

static struct x_node *choice(struct parse *p)
{
	if (!xp_sign(p, "("))
		return xp_fail(p, "a condition is missing");
	struct x_node *condition = xp_list(p, X_SEQUENCE, BYTES_NONE);
	if (condition == NULL || !xp_word(p, "then"))
		return xp_fail(p, "\"then\" is missing");
	struct x_node *yes = xp_expr_single(p);
	if (yes == NULL || !xp_word(p, "else"))
		return xp_fail(p, "\"else\" is missing");
	struct x_node *no = xp_expr_single(p);
	struct x_node *n = pair(p, X_IF, BYTES_NONE, condition, yes);
	if (n == NULL || no == NULL)
		return NULL;
	yes->next = no;
	return n;
}

/* A keyword counts as one only before what must follow it: "for" and "if" are names of elements, too. */
static bool keyword(struct parse *p, const char *name, unsigned char follows)
{
	size_t from = p->at;

	if (!xp_word(p, name))
		return false;
	xp_skip(p);
	if (xp_look(p, 0) == follows)
		return true;
	p->at = from;
	return false;
}

struct x_node *xp_expr_single(struct parse *p)
{
	struct x_node *n;

	if (p->failed || ++p->depth > DEPTH_MAX)
		return xp_fail(p, "the expression is nested too deeply");
	xp_skip(p);
	if (keyword(p, "for", '$'))
		n = bound(p, X_FOR);
	else if (keyword(p, "some", '$'))
		n = bound(p, X_SOME);
	else if (keyword(p, "every", '$'))
		n = bound(p, X_EVERY);
	else if (keyword(p, "if", '('))
		n = choice(p);
	else
		n = either(p);
	p->depth--;
	return n;
}

struct x_node *x_parse(struct arena *arena, struct bytes expression, struct x_problem *problem)
{
	struct parse p = {.arena = arena, .in = expression, .problem = problem};
	struct x_node *n = xp_expr_single(&p);

	xp_skip(&p);
	if (n != NULL && p.at < p.in.len)
		n = xp_fail(&p, "something stands behind the expression");
	return p.failed ? NULL : n;
}

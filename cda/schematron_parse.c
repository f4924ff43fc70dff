/* cda/schematron_parse.c - see schematron_parse.h. Recursive descent without a list of tokens: whether "div" is an operator or
 * a name depends on where it stands (XPath 2.0, A.2.2). */
#include "cda/schematron_parse.h"

#include <string.h>

enum { DEPTH_MAX = 120, NODES_MAX = 20000 };

struct parse {
	struct arena *arena;
	struct bytes in;
	size_t at;
	unsigned depth, nodes;
	struct x_problem *problem;
	bool failed;
};

static struct x_node *expr_single(struct parse *p);

static struct x_node *fail(struct parse *p, const char *what)
{
	if (!p->failed)
		*p->problem = (struct x_problem){what, p->at};
	p->failed = true;
	return NULL;
}

static unsigned char look(const struct parse *p, size_t ahead)
{
	return p->at + ahead < p->in.len ? p->in.at[p->at + ahead] : 0;
}

static bool starts(const struct parse *p, const char *text)
{
	return bytes_starts(bytes_from(p->in, p->at), bytes_of_text(text));
}

static void skip_comment(struct parse *p)
{
	unsigned nest = 0;

	do {
		if (starts(p, "(:")) {
			nest++;
			p->at += 2;
		} else if (starts(p, ":)")) {
			nest--;
			p->at += 2;
		} else {
			p->at++;
		}
	} while (nest > 0 && p->at < p->in.len);
	if (nest > 0)
		fail(p, "a comment does not end");
}

static void skip(struct parse *p)
{
	for (;;) {
		unsigned char c = look(p, 0);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			p->at++;
		else if (starts(p, "(:"))
			skip_comment(p);
		else
			return;
	}
}

static bool name_start(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool name_char(unsigned char c)
{
	return name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static struct bytes ncname(struct parse *p)
{
	size_t from = p->at;

	if (name_start(look(p, 0)))
		while (name_char(look(p, 0)))
			p->at++;
	return bytes_slice(p->in, from, p->at - from);
}

/* prefix:name or name. */
static struct bytes qname(struct parse *p)
{
	size_t from = p->at;

	ncname(p);
	if (p->at > from && look(p, 0) == ':' && name_start(look(p, 1))) {
		p->at++;
		ncname(p);
	}
	return bytes_slice(p->in, from, p->at - from);
}

/* The word, not a longer name that begins so. */
static bool word(struct parse *p, const char *text)
{
	struct bytes want = bytes_of_text(text);

	skip(p);
	if (!starts(p, text) || name_char(look(p, want.len)) || (look(p, want.len) == ':' && name_start(look(p, want.len + 1))))
		return false;
	p->at += want.len;
	return true;
}

static bool sign(struct parse *p, const char *text)
{
	skip(p);
	if (!starts(p, text))
		return false;
	p->at += bytes_of_text(text).len;
	return true;
}

static struct x_node *node(struct parse *p, enum x_kind kind, struct bytes text)
{
	if (++p->nodes > NODES_MAX)
		return fail(p, "the expression is too long");
	struct x_node *n = arena_alloc(p->arena, sizeof *n);
	n->kind = kind;
	n->text = text;
	return n;
}

static struct x_node *pair(struct parse *p, enum x_kind kind, struct bytes text, struct x_node *a, struct x_node *b)
{
	struct x_node *n = p->failed ? NULL : node(p, kind, text);

	if (n == NULL || a == NULL || b == NULL)
		return NULL;
	n->child = a;
	a->next = b;
	return n;
}

/* --- primaries ------------------------------------------------------------------------ */

/* A quote within is written twice. */
static struct x_node *literal(struct parse *p)
{
	unsigned char quote = look(p, 0);
	unsigned char *text = arena_alloc(p->arena, p->in.len - p->at + 1);
	size_t n = 0;

	for (p->at++; p->at < p->in.len; p->at++) {
		if (look(p, 0) == quote) {
			if (look(p, 1) != quote)
				break;
			p->at++;
		}
		text[n++] = look(p, 0);
	}
	if (p->at == p->in.len)
		return fail(p, "a string does not end");
	p->at++;
	return node(p, X_LITERAL, (struct bytes){text, n});
}

static struct x_node *number(struct parse *p)
{
	size_t from = p->at;

	while (look(p, 0) == '.' || (look(p, 0) >= '0' && look(p, 0) <= '9'))
		p->at++;
	if (name_start(look(p, 0)))
		return fail(p, "a number with an exponent, or a name that begins with a digit");
	return node(p, X_NUMBER, bytes_slice(p->in, from, p->at - from));
}

/* What stands between parentheses, up to and with the closing one. */
static struct x_node *list(struct parse *p, enum x_kind kind, struct bytes text)
{
	struct x_node *n = node(p, kind, text);

	if (n == NULL || sign(p, ")"))
		return n;
	struct x_node **end = &n->child;
	do {
		struct x_node *item = expr_single(p);
		if (item == NULL)
			return NULL;
		*end = item;
		end = &item->next;
	} while (sign(p, ","));
	return sign(p, ")") ? n : fail(p, "a closing parenthesis is missing");
}

static struct x_node *variable(struct parse *p)
{
	p->at++;
	skip(p);
	struct bytes name = qname(p);
	return name.len == 0 ? fail(p, "a variable without a name") : node(p, X_VARIABLE, name);
}

/* --- steps ------------------------------------------------------------------------------ */

static bool is_one_of(struct bytes name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (bytes_equal_text(name, *names))
			return true;
	return false;
}

static const char *const kind_tests[] = {"node", "text", "comment", "processing-instruction", "element", "attribute", "item", "document-node",
					 "schema-element", "schema-attribute", NULL};

static struct bytes joined(struct parse *p, const char *axis, struct bytes test)
{
	return bytes_of_text(arena_printf(p->arena, "%s%.*s", axis, (int)test.len, (const char *)test.at));
}

/* element(name) is the test "name", element() is "*"; likewise attributes. */
static struct x_node *kind_test(struct parse *p, struct bytes kind, const char *axis)
{
	static const char *const same[] = {"node", "text", "comment", NULL};
	struct bytes name = BYTES_NONE;

	p->at++;
	skip(p);
	if (look(p, 0) == '*')
		p->at++;
	else
		name = qname(p);
	if (!sign(p, ")"))
		return fail(p, "a kind test that is not known");
	if (is_one_of(kind, same) && name.len == 0)
		return node(p, X_AXIS, joined(p, axis, bytes_of_text(arena_printf(p->arena, "%.*s()", (int)kind.len, (const char *)kind.at))));
	if (bytes_equal(kind, BYTES("item")) && name.len == 0)
		return node(p, X_AXIS, joined(p, axis, BYTES("node()")));
	struct bytes test = name.len == 0 ? BYTES("*") : name;
	if (bytes_equal(kind, BYTES("element")))
		return node(p, X_AXIS, joined(p, axis, test));
	if (bytes_equal(kind, BYTES("attribute")) && (*axis == '\0' || bytes_equal_text(BYTES("attribute::"), axis)))
		return node(p, X_AXIS, joined(p, "attribute::", test));
	return fail(p, "a kind test that is not known");
}

/* Name test: name, prefix:name, prefix:*, *, *:name. */
static struct x_node *node_test(struct parse *p, const char *axis)
{
	skip(p);
	if (look(p, 0) == '*' && look(p, 1) == ':' && name_start(look(p, 2))) {
		p->at += 2;
		struct bytes local = ncname(p);
		return node(p, X_AXIS, bytes_of_text(arena_printf(p->arena, "%s*[local-name()='%.*s']", axis, (int)local.len, (const char *)local.at)));
	}
	if (look(p, 0) == '*') {
		p->at++;
		return node(p, X_AXIS, joined(p, axis, BYTES("*")));
	}
	size_t from = p->at;
	struct bytes name = qname(p);
	if (name.len == 0)
		return fail(p, "a name or a value is missing");
	if (look(p, 0) == ':' && look(p, 1) == '*') {
		p->at += 2;
		return node(p, X_AXIS, joined(p, axis, bytes_slice(p->in, from, p->at - from)));
	}
	skip(p);
	if (look(p, 0) == '(')
		return kind_test(p, name, axis);
	return node(p, X_AXIS, joined(p, axis, name));
}

static const char *const axes[] = {"child", "descendant", "attribute", "self", "descendant-or-self", "following-sibling", "following", "namespace",
				   "parent", "ancestor", "preceding-sibling", "preceding", "ancestor-or-self", NULL};

/* axis::test, or a call, or a name test. */
static struct x_node *named(struct parse *p)
{
	size_t from = p->at;
	struct bytes name = qname(p);

	skip(p);
	if (starts(p, "::")) {
		if (!is_one_of(name, axes))
			return fail(p, "an axis that is not known");
		p->at += 2;
		return node_test(p, arena_printf(p->arena, "%.*s::", (int)name.len, (const char *)name.at));
	}
	if (look(p, 0) == '(' && look(p, 1) != ':' && !is_one_of(name, kind_tests)) {
		p->at++;
		return list(p, X_CALL, name);
	}
	p->at = from;
	return node_test(p, "");
}

static struct x_node *step_start(struct parse *p)
{
	skip(p);
	unsigned char c = look(p, 0), next = look(p, 1);

	if (c == '\'' || c == '"')
		return literal(p);
	if ((c >= '0' && c <= '9') || (c == '.' && next >= '0' && next <= '9'))
		return number(p);
	if (c == '$')
		return variable(p);
	if (c == '(') {
		p->at++;
		return list(p, X_SEQUENCE, BYTES_NONE);
	}
	if (c == '.') {
		p->at += next == '.' ? 2 : 1;
		return next == '.' ? node(p, X_AXIS, BYTES("..")) : node(p, X_DOT, BYTES_NONE);
	}
	if (c == '@') {
		p->at++;
		return node_test(p, "attribute::");
	}
	return name_start(c) ? named(p) : node_test(p, "");
}

static struct x_node *step(struct parse *p)
{
	struct x_node *n = step_start(p);
	struct x_node **end = n == NULL ? NULL : &n->predicates;

	while (n != NULL && sign(p, "[")) {
		*end = expr_single(p);
		if (*end == NULL)
			return NULL;
		if (!sign(p, "]"))
			return fail(p, "a closing bracket is missing");
		end = &(*end)->next;
	}
	return n;
}

static bool begins_step(struct parse *p)
{
	skip(p);
	unsigned char c = look(p, 0);
	return name_start(c) || (c >= '0' && c <= '9') || (c != 0 && strchr("*@.$('\"", c) != NULL);
}

static struct x_node *path(struct parse *p)
{
	struct x_node *n = node(p, X_PATH, BYTES_NONE);

	skip(p);
	if (n == NULL)
		return NULL;
	if (look(p, 0) == '/') {
		n->absolute = look(p, 1) == '/' ? 'D' : '/';
		p->at += n->absolute == 'D' ? 2 : 1;
		if (n->absolute == '/' && !begins_step(p))
			return n;
	}
	struct x_node **end = &n->child;
	bool deep = false, more = true;
	while (more) {
		*end = step(p);
		if (*end == NULL)
			return NULL;
		(*end)->deep = deep;
		end = &(*end)->next;
		skip(p);
		more = look(p, 0) == '/';
		deep = more && look(p, 1) == '/';
		p->at += more + deep;
	}
	return n;
}

/* --- operators, the closest first --------------------------------------------------------- */

static struct x_node *unary(struct parse *p)
{
	bool minus = false, any = false;

	for (skip(p); look(p, 0) == '-' || look(p, 0) == '+'; skip(p)) {
		minus ^= look(p, 0) == '-';
		any = true;
		p->at++;
	}
	struct x_node *n = path(p);
	if (n == NULL || !any || !minus)
		return n;
	struct x_node *out = node(p, X_MINUS, BYTES_NONE);
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
		bool castable = word(p, "castable");
		more = castable || word(p, "cast");
		if (!more)
			break;
		if (!word(p, "as")) {
			p->at = from;
			break;
		}
		skip(p);
		struct x_node *out = node(p, castable ? X_CASTABLE : X_CAST, qname(p));
		if (out == NULL || out->text.len == 0)
			return fail(p, "a type is missing");
		out->optional = sign(p, "?");
		out->child = n;
		n = out;
	}
	if (n != NULL && (word(p, "instance") || word(p, "treat")))
		return fail(p, "\"instance of\" and \"treat as\" are not known");
	return n;
}

static struct x_node *intersect(struct parse *p)
{
	struct x_node *n = cast(p);

	while (n != NULL) {
		bool both = word(p, "intersect");
		if (!both && !word(p, "except"))
			break;
		n = pair(p, both ? X_INTERSECT : X_EXCEPT, BYTES_NONE, n, cast(p));
	}
	return n;
}

static struct x_node *unite(struct parse *p)
{
	struct x_node *n = intersect(p);

	while (n != NULL && (sign(p, "|") || word(p, "union")))
		n = pair(p, X_UNION, BYTES_NONE, n, intersect(p));
	return n;
}

static struct x_node *multiply(struct parse *p)
{
	struct x_node *n = unite(p);

	while (n != NULL) {
		if (word(p, "idiv"))
			return fail(p, "idiv is not known");
		struct bytes op = sign(p, "*") ? BYTES("*") : word(p, "div") ? BYTES("div") : word(p, "mod") ? BYTES("mod") : BYTES_NONE;
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
		struct bytes op = sign(p, "+") ? BYTES("+") : sign(p, "-") ? BYTES("-") : BYTES_NONE;
		if (op.len == 0)
			break;
		n = pair(p, X_ARITHMETIC, op, n, multiply(p));
	}
	return n;
}

static struct x_node *range(struct parse *p)
{
	struct x_node *n = add(p);

	if (n != NULL && word(p, "to"))
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
		if (word(p, known[i].word))
			return bytes_of_text(known[i].sign);
	if (starts(p, "<<") || starts(p, ">>") || word(p, "is")) {
		fail(p, "comparisons of places in the document are not known");
		return BYTES_NONE;
	}
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (sign(p, signs[i]))
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

	while (n != NULL && word(p, "and"))
		n = pair(p, X_AND, BYTES_NONE, n, compare(p));
	return n;
}

static struct x_node *either(struct parse *p)
{
	struct x_node *n = both(p);

	while (n != NULL && word(p, "or"))
		n = pair(p, X_OR, BYTES_NONE, n, both(p));
	return n;
}

/* for $a in A, $b in B return C, and the two quantifiers, as one node a variable. */
static struct x_node *bound(struct parse *p, enum x_kind kind)
{
	skip(p);
	struct x_node *name = look(p, 0) == '$' ? variable(p) : fail(p, "a variable is missing");
	if (name == NULL)
		return NULL;
	if (!word(p, "in"))
		return fail(p, "\"in\" is missing");
	struct x_node *from = expr_single(p);
	if (from == NULL)
		return NULL;
	struct x_node *what;
	if (sign(p, ","))
		what = bound(p, kind);
	else if (word(p, kind == X_FOR ? "return" : "satisfies"))
		what = expr_single(p);
	else
		what = fail(p, "\"satisfies\" or \"return\" is missing");
	return pair(p, kind, name->text, from, what);
}

static struct x_node *choice(struct parse *p)
{
	if (!sign(p, "("))
		return fail(p, "a condition is missing");
	struct x_node *condition = list(p, X_SEQUENCE, BYTES_NONE);
	if (condition == NULL || !word(p, "then"))
		return fail(p, "\"then\" is missing");
	struct x_node *yes = expr_single(p);
	if (yes == NULL || !word(p, "else"))
		return fail(p, "\"else\" is missing");
	struct x_node *no = expr_single(p);
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

	if (!word(p, name))
		return false;
	skip(p);
	if (look(p, 0) == follows)
		return true;
	p->at = from;
	return false;
}

static struct x_node *expr_single(struct parse *p)
{
	struct x_node *n;

	if (p->failed || ++p->depth > DEPTH_MAX)
		return fail(p, "the expression is nested too deeply");
	skip(p);
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
	struct x_node *n = expr_single(&p);

	skip(&p);
	if (n != NULL && p.at < p.in.len)
		n = fail(&p, "something stands behind the expression");
	return p.failed ? NULL : n;
}

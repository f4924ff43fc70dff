/* cda/schematron_parse_path.c - words, values and paths: the lower half of schematron_parse.h. No list of tokens: whether "div" is an operator or
 * a name depends on where it stands (XPath 2.0, A.2.2). */
#include <string.h>

#include "cda/schematron_parse_private.h"

enum { NODES_MAX = 20000 };

struct x_node *xp_fail(struct parse *p, const char *what)
{
	if (!p->failed)
		*p->problem = (struct x_problem){what, p->at};
	p->failed = true;
	return NULL;
}

unsigned char xp_look(const struct parse *p, size_t ahead)
{
	return p->at + ahead < p->in.len ? p->in.at[p->at + ahead] : 0;
}

bool xp_starts(const struct parse *p, const char *text)
{
	return bytes_starts(bytes_from(p->in, p->at), bytes_of_text(text));
}

static void skip_comment(struct parse *p)
{
	unsigned nest = 0;

	do {
		if (xp_starts(p, "(:")) {
			nest++;
			p->at += 2;
		} else if (xp_starts(p, ":)")) {
			nest--;
			p->at += 2;
		} else {
			p->at++;
		}
	} while (nest > 0 && p->at < p->in.len);
	if (nest > 0)
		xp_fail(p, "a comment does not end");
}

void xp_skip(struct parse *p)
{
	for (;;) {
		unsigned char c = xp_look(p, 0);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			p->at++;
		else if (xp_starts(p, "(:"))
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

	if (name_start(xp_look(p, 0)))
		while (name_char(xp_look(p, 0)))
			p->at++;
	return bytes_slice(p->in, from, p->at - from);
}

/* prefix:name or name. */
struct bytes xp_qname(struct parse *p)
{
	size_t from = p->at;

	ncname(p);
	if (p->at > from && xp_look(p, 0) == ':' && name_start(xp_look(p, 1))) {
		p->at++;
		ncname(p);
	}
	return bytes_slice(p->in, from, p->at - from);
}

/* The word, not a longer name that begins so. */
bool xp_word(struct parse *p, const char *text)
{
	struct bytes want = bytes_of_text(text);

	xp_skip(p);
	if (!xp_starts(p, text) || name_char(xp_look(p, want.len)) || (xp_look(p, want.len) == ':' && name_start(xp_look(p, want.len + 1))))
		return false;
	p->at += want.len;
	return true;
}

bool xp_sign(struct parse *p, const char *text)
{
	xp_skip(p);
	if (!xp_starts(p, text))
		return false;
	p->at += bytes_of_text(text).len;
	return true;
}

struct x_node *xp_node(struct parse *p, enum x_kind kind, struct bytes text)
{
	if (++p->nodes > NODES_MAX)
		return xp_fail(p, "the expression is too long");
	struct x_node *n = arena_alloc(p->arena, sizeof *n);
	n->kind = kind;
	n->text = text;
	return n;
}

/* --- primaries ------------------------------------------------------------------------ */

/* A quote within is written twice. */
static struct x_node *literal(struct parse *p)
{
	unsigned char quote = xp_look(p, 0);
	unsigned char *text = arena_alloc(p->arena, p->in.len - p->at + 1);
	size_t n = 0;

	for (p->at++; p->at < p->in.len; p->at++) {
		if (xp_look(p, 0) == quote) {
			if (xp_look(p, 1) != quote)
				break;
			p->at++;
		}
		text[n++] = xp_look(p, 0);
	}
	if (p->at == p->in.len)
		return xp_fail(p, "a string does not end");
	p->at++;
	return xp_node(p, X_LITERAL, (struct bytes){text, n});
}

static struct x_node *number(struct parse *p)
{
	size_t from = p->at;

	while (xp_look(p, 0) == '.' || (xp_look(p, 0) >= '0' && xp_look(p, 0) <= '9'))
		p->at++;
	if (name_start(xp_look(p, 0)))
		return xp_fail(p, "a number with an exponent, or a name that begins with a digit");
	return xp_node(p, X_NUMBER, bytes_slice(p->in, from, p->at - from));
}

/* What stands between parentheses, up to and with the closing one. */
struct x_node *xp_list(struct parse *p, enum x_kind kind, struct bytes text)
{
	struct x_node *n = xp_node(p, kind, text);

	if (n == NULL || xp_sign(p, ")"))
		return n;
	struct x_node **end = &n->child;
	do {
		struct x_node *item = xp_expr_single(p);
		if (item == NULL)
			return NULL;
		*end = item;
		end = &item->next;
	} while (xp_sign(p, ","));
	return xp_sign(p, ")") ? n : xp_fail(p, "a closing parenthesis is missing");
}

struct x_node *xp_variable(struct parse *p)
{
	p->at++;
	xp_skip(p);
	struct bytes name = xp_qname(p);
	return name.len == 0 ? xp_fail(p, "a variable without a name") : xp_node(p, X_VARIABLE, name);
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
	xp_skip(p);
	if (xp_look(p, 0) == '*')
		p->at++;
	else
		name = xp_qname(p);
	if (!xp_sign(p, ")"))
		return xp_fail(p, "a kind test that is not known");
	if (is_one_of(kind, same) && name.len == 0)
		return xp_node(p, X_AXIS, joined(p, axis, bytes_of_text(arena_printf(p->arena, "%.*s()", (int)kind.len, (const char *)kind.at))));
	if (bytes_equal(kind, BYTES("item")) && name.len == 0)
		return xp_node(p, X_AXIS, joined(p, axis, BYTES("node()")));
	struct bytes test = name.len == 0 ? BYTES("*") : name;
	if (bytes_equal(kind, BYTES("element")))
		return xp_node(p, X_AXIS, joined(p, axis, test));
	if (bytes_equal(kind, BYTES("attribute")) && (*axis == '\0' || bytes_equal_text(BYTES("attribute::"), axis)))
		return xp_node(p, X_AXIS, joined(p, "attribute::", test));
	return xp_fail(p, "a kind test that is not known");
}

/* Name test: name, prefix:name, prefix:*, *, *:name. */
static struct x_node *node_test(struct parse *p, const char *axis)
{
	xp_skip(p);
	if (xp_look(p, 0) == '*' && xp_look(p, 1) == ':' && name_start(xp_look(p, 2))) {
		p->at += 2;
		struct bytes local = ncname(p);
		return xp_node(p, X_AXIS, bytes_of_text(arena_printf(p->arena, "%s*[local-name()='%.*s']", axis, (int)local.len, (const char *)local.at)));
	}
	if (xp_look(p, 0) == '*') {
		p->at++;
		return xp_node(p, X_AXIS, joined(p, axis, BYTES("*")));
	}
	size_t from = p->at;
	struct bytes name = xp_qname(p);
	if (name.len == 0)
		return xp_fail(p, "a name or a value is missing");
	if (xp_look(p, 0) == ':' && xp_look(p, 1) == '*') {
		p->at += 2;
		return xp_node(p, X_AXIS, joined(p, axis, bytes_slice(p->in, from, p->at - from)));
	}
	xp_skip(p);
	if (xp_look(p, 0) == '(')
		return kind_test(p, name, axis);
	return xp_node(p, X_AXIS, joined(p, axis, name));
}

static const char *const axes[] = {"child", "descendant", "attribute", "self", "descendant-or-self", "following-sibling", "following", "namespace",
				   "parent", "ancestor", "preceding-sibling", "preceding", "ancestor-or-self", NULL};

/* axis::test, or a call, or a name test. */
static struct x_node *named(struct parse *p)
{
	size_t from = p->at;
	struct bytes name = xp_qname(p);

	xp_skip(p);
	if (xp_starts(p, "::")) {
		if (!is_one_of(name, axes))
			return xp_fail(p, "an axis that is not known");
		p->at += 2;
		return node_test(p, arena_printf(p->arena, "%.*s::", (int)name.len, (const char *)name.at));
	}
	if (xp_look(p, 0) == '(' && xp_look(p, 1) != ':' && !is_one_of(name, kind_tests)) {
		p->at++;
		return xp_list(p, X_CALL, name);
	}
	p->at = from;
	return node_test(p, "");
}

static struct x_node *step_start(struct parse *p)
{
	xp_skip(p);
	unsigned char c = xp_look(p, 0), next = xp_look(p, 1);

	if (c == '\'' || c == '"')
		return literal(p);
	if ((c >= '0' && c <= '9') || (c == '.' && next >= '0' && next <= '9'))
		return number(p);
	if (c == '$')
		return xp_variable(p);
	if (c == '(') {
		p->at++;
		return xp_list(p, X_SEQUENCE, BYTES_NONE);
	}
	if (c == '.') {
		p->at += next == '.' ? 2 : 1;
		return next == '.' ? xp_node(p, X_AXIS, BYTES("..")) : xp_node(p, X_DOT, BYTES_NONE);
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

	while (n != NULL && xp_sign(p, "[")) {
		*end = xp_expr_single(p);
		if (*end == NULL)
			return NULL;
		if (!xp_sign(p, "]"))
			return xp_fail(p, "a closing bracket is missing");
		end = &(*end)->next;
	}
	return n;
}

static bool begins_step(struct parse *p)
{
	xp_skip(p);
	unsigned char c = xp_look(p, 0);
	return name_start(c) || (c >= '0' && c <= '9') || (c != 0 && strchr("*@.$('\"", c) != NULL);
}

struct x_node *xp_path(struct parse *p)
{
	struct x_node *n = xp_node(p, X_PATH, BYTES_NONE);

	xp_skip(p);
	if (n == NULL)
		return NULL;
	if (xp_look(p, 0) == '/') {
		n->absolute = xp_look(p, 1) == '/' ? 'D' : '/';
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
		xp_skip(p);
		more = xp_look(p, 0) == '/';
		deep = more && xp_look(p, 1) == '/';
		p->at += more + deep;
	}
	return n;
}

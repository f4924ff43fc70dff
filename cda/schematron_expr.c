/* cda/schematron_expr.c - see schematron_expr.h.
 *
 * Of a sequence of plain values the evaluator makes nodes that stand in no document (cda/schematron_functions.c), because
 * XPath 1.0 knows no other sequence; "kind" below says what an expression gives, as far as it can be seen. */
#include "cda/schematron_expr.h"

#include "cda/schematron_kind.h"
#include "cda/schematron_regex.h"

enum { NAMES_MAX = 16, BODY_MAX = 256 * 1024 };

struct name {
	struct bytes from, to;
};

struct write {
	struct x_scope *scope;
	struct x_problem *problem;
	struct name names[NAMES_MAX];   /* variables of for, some, every that are in sight, the last one first to be found */
	size_t n_names;
	bool failed;
};

static void write_node(struct write *w, struct buf *out, const struct x_node *n);

static void fail(struct write *w, const char *what)
{
	if (!w->failed)
		*w->problem = (struct x_problem){what, 0};
	w->failed = true;
}

/* --- writing --------------------------------------------------------------------------------------- */

/* XPath 1 has no way to write a quote within the same quotes. */
static void write_text(struct buf *out, struct bytes text)
{
	char quote = bytes_find_byte(text, '\'', 0) == text.len ? '\'' : '"';

	if (quote == '\'' || bytes_find_byte(text, '"', 0) == text.len) {
		buf_printf(out, "%c", quote);
		buf_add(out, text);
		buf_printf(out, "%c", quote);
		return;
	}
	buf_text(out, "concat(''");
	for (struct cursor c = cursor_on(text); c.left.len > 0;) {
		bool ends = bytes_find_byte(c.left, '\'', 0) == c.left.len;
		buf_text(out, ",'");
		buf_add(out, cursor_until(&c, '\''));
		buf_text(out, ends ? "'" : "',\"'\"");
	}
	buf_text(out, ")");
}

static void write_nodes(struct write *w, struct buf *out, const struct x_node *n)
{
	bool nodes = x_kind_of(n) == X_KIND_NODES;

	buf_text(out, nodes ? "" : "r-sequence(");
	write_node(w, out, n);
	buf_text(out, nodes ? "" : ")");
}

static void write_list(struct write *w, struct buf *out, const struct x_node *first, bool nodes)
{
	for (const struct x_node *n = first; n != NULL; n = n->next) {
		if (nodes)
			write_nodes(w, out, n);
		else
			write_node(w, out, n);
		buf_text(out, n->next == NULL ? "" : ",");
	}
}

static void write_call_as(struct write *w, struct buf *out, const char *name, const struct x_node *arguments, bool nodes)
{
	buf_text(out, name);
	buf_text(out, "(");
	write_list(w, out, arguments, nodes);
	buf_text(out, ")");
}

/* A body, evaluated once for each item: its number. */
static size_t body(struct write *w, struct buf *text)
{
	struct x_scope *scope = w->scope;

	if (!buf_ok(text))
		fail(w, "the expression is too long");
	if (scope->n_subs == X_SUBS_MAX)
		fail(w, "the schematron has too many rewritten expressions");
	if (w->failed)
		return 0;
	scope->subs[scope->n_subs] = arena_copy(scope->arena, buf_bytes(text));
	return scope->n_subs++;
}

static void write_exists(struct write *w, struct buf *out, const struct x_node *n, bool wanted)
{
	buf_text(out, wanted ? "boolean(" : "not(");
	write_nodes(w, out, n);
	buf_text(out, ")");
}

static void write_constructed(struct write *w, struct buf *out, const struct x_constructor *c, const struct x_node *argument)
{
	buf_text(out, c->to);
	buf_text(out, "(");
	write_node(w, out, argument);
	if (c->kind == X_KIND_NUMBER && c->to[0] == 'r')
		buf_printf(out, ",'%s'", c->type);
	buf_text(out, ")");
}

/* A pattern that is written out is looked at now; one in a variable when it is used. */
static bool pattern_known(struct write *w, const struct x_function *function, const struct x_node *pattern)
{
	static const char *const takes[] = {"matches", "replace", "tokenize"};
	bool is = false;

	for (size_t i = 0; i < sizeof takes / sizeof takes[0]; i++)
		is |= bytes_equal_text(bytes_of_text(function->name), takes[i]);
	const struct x_node *n = pattern->kind == X_PATH && pattern->absolute == 0 ? pattern->child : pattern;
	if (!is || n->kind != X_LITERAL || n->next != NULL || n->predicates != NULL)
		return true;
	return regex_compile(w->scope->arena, n->text, BYTES_NONE) != NULL;
}

static void write_call(struct write *w, struct buf *out, const struct x_node *n)
{
	const struct x_constructor *constructor = x_constructor_of(n->text);
	const struct x_function *function = x_function_of(n->text);
	size_t count = 0;

	for (const struct x_node *a = n->child; a != NULL; a = a->next)
		count++;
	if (constructor != NULL && count == 1) {
		write_constructed(w, out, constructor, n->child);
		return;
	}
	if (function == NULL || count < function->min || count > function->max) {
		fail(w, arena_printf(w->scope->arena, "the function %.*s is not known", (int)n->text.len, (const char *)n->text.at));
		return;
	}
	if (function->form == X_FORM_OURS && count > 1 && !pattern_known(w, function, n->child->next))
		fail(w, "a regular expression that is not known");
	switch (function->form) {
	case X_FORM_SAME:
	case X_FORM_OURS:
		write_call_as(w, out, function->to, n->child, false);
		break;
	case X_FORM_NODES:
		write_call_as(w, out, function->to, n->child, true);
		break;
	case X_FORM_EXISTS:
	case X_FORM_EMPTY:
		write_exists(w, out, n->child, function->form == X_FORM_EXISTS);
		break;
	case X_FORM_FIRST:
		write_node(w, out, n->child);
		break;
	case X_FORM_ROOT:
		buf_text(out, "/");
		break;
	}
}

static void write_variable(struct write *w, struct buf *out, struct bytes name)
{
	struct bytes to = name;
	bool found = false;

	for (size_t i = w->n_names; i > 0 && !found; i--) {
		found = bytes_equal(w->names[i - 1].from, name);
		if (found)
			to = w->names[i - 1].to;
	}
	if (!found && !w->scope->variable(w->scope->context, name))
		fail(w, arena_printf(w->scope->arena, "the variable %.*s is not known", (int)name.len, (const char *)name.at));
	buf_text(out, "$");
	buf_add(out, to);
}

/* Every prefix of the test must have its namespace. */
static void write_axis(struct write *w, struct buf *out, const struct x_node *n)
{
	struct bytes test = n->text;
	size_t axis = bytes_find(test, BYTES("::"), 0);

	if (axis < test.len)
		test = bytes_from(test, axis + 2);
	size_t colon = bytes_find_byte(test, ':', 0);
	if (colon < bytes_find_byte(test, '[', 0) && colon < test.len && !w->scope->prefix(w->scope->context, bytes_slice(test, 0, colon)))
		fail(w, arena_printf(w->scope->arena, "the prefix %.*s is not declared", (int)colon, (const char *)test.at));
	buf_add(out, n->text);
}

static void write_predicates(struct write *w, struct buf *out, const struct x_node *n)
{
	for (const struct x_node *p = n->predicates; p != NULL; p = p->next) {
		buf_text(out, "[");
		write_node(w, out, p);
		buf_text(out, "]");
	}
}

static void write_primary(struct write *w, struct buf *out, const struct x_node *n)
{
	switch (n->kind) {
	case X_LITERAL:
		write_text(out, n->text);
		break;
	case X_NUMBER:
		buf_add(out, n->text);
		break;
	case X_VARIABLE:
		write_variable(w, out, n->text);
		break;
	case X_DOT:
		buf_text(out, n->predicates != NULL ? "self::node()" : ".");
		break;
	case X_CALL:
		write_call(w, out, n);
		break;
	case X_AXIS:
		write_axis(w, out, n);
		break;
	default: /* X_SEQUENCE */
		if (n->child != NULL && n->child->next == NULL) {
			buf_text(out, "(");
			write_node(w, out, n->child);
			buf_text(out, ")");
		} else {
			write_call_as(w, out, "r-sequence", n->child, false);
		}
	}
}

/* The first step of a path: with more behind it, it must give nodes. */
static void write_first(struct write *w, struct buf *out, const struct x_node *n)
{
	bool plain = n->kind == X_AXIS || n->kind == X_DOT || (n->predicates == NULL && n->next == NULL);
	bool wrap = !plain && x_kind_of(n) != X_KIND_NODES;

	buf_text(out, wrap ? "r-sequence(" : "");
	write_primary(w, out, n);
	buf_text(out, wrap ? ")" : "");
	write_predicates(w, out, n);
}

/* A step that is no axis: for each node so far its value. */
static void write_each(struct write *w, struct buf *so_far, const struct x_node *n)
{
	struct buf text = buf_make(BODY_MAX), whole = buf_make(BODY_MAX);

	write_primary(w, &text, n);
	write_predicates(w, &text, n);
	buf_text(&whole, "r-each(");
	buf_add(&whole, buf_bytes(so_far));
	buf_text(&whole, n->deep ? "/descendant-or-self::node()" : "");
	buf_printf(&whole, ",%zu)", body(w, &text));
	if (!buf_ok(&whole))
		fail(w, "the expression is too long");
	buf_clear(so_far);
	buf_add(so_far, buf_bytes(&whole));
	buf_free(&text);
	buf_free(&whole);
}

static void write_step(struct write *w, struct buf *so_far, const struct x_node *n, bool root)
{
	if (n->kind != X_AXIS && n->kind != X_DOT) {
		write_each(w, so_far, n);
		return;
	}
	if (!root)
		buf_text(so_far, n->deep ? "//" : "/");
	write_primary(w, so_far, n);
	write_predicates(w, so_far, n);
}

static void write_path(struct write *w, struct buf *out, const struct x_node *path)
{
	struct buf so_far = buf_make(BODY_MAX);
	const struct x_node *n = path->child;

	if (path->absolute != 0) {
		buf_text(&so_far, path->absolute == 'D' ? "//" : "/");
		if (n != NULL && (n->kind == X_AXIS || n->kind == X_DOT)) {
			write_step(w, &so_far, n, true);
			n = n->next;
		} else if (path->absolute == 'D') {
			buf_clear(&so_far);
			buf_text(&so_far, "/descendant-or-self::node()");
		}
	} else if (n->kind == X_DOT && n->predicates == NULL && n->next != NULL && !n->next->deep) {
		/* "./count(b)" is "count(b)" here. */
		n = n->next;
		write_first(w, &so_far, n);
		n = n->next;
	} else {
		write_first(w, &so_far, n);
		n = n->next;
	}
	for (; n != NULL; n = n->next)
		write_step(w, &so_far, n, false);
	if (!buf_ok(&so_far))
		fail(w, "the expression is too long");
	buf_add(out, buf_bytes(&so_far));
	buf_free(&so_far);
}

/* Operands in parentheses, but for a chain of the same operator. */
static void write_operand(struct write *w, struct buf *out, const struct x_node *n, const struct x_node *of)
{
	bool bare = n->kind == X_PATH || (n->kind == of->kind && (n->kind == X_AND || n->kind == X_OR));

	buf_text(out, bare ? "" : "(");
	write_node(w, out, n);
	buf_text(out, bare ? "" : ")");
}

static void write_infix(struct write *w, struct buf *out, const struct x_node *n, const char *op)
{
	write_operand(w, out, n->child, n);
	buf_printf(out, " %s ", op);
	write_operand(w, out, n->child->next, n);
}

/*
 * XPath 1 compares nodes by "<" as numbers, XPath 2 as texts, unless the other side is a number; and a truth with nodes by whether there
 * are any, XPath 2 by what they say.
 */
static void write_compare(struct write *w, struct buf *out, const struct x_node *n)
{
	enum x_gives a = x_kind_of(n->child), b = x_kind_of(n->child->next);
	bool order = n->text.at[0] == '<' || n->text.at[0] == '>';
	char *op = arena_text(w->scope->arena, n->text);

	if (order ? a == X_KIND_NUMBER || b == X_KIND_NUMBER : (a == X_KIND_TRUTH) == (b == X_KIND_TRUTH)) {
		write_infix(w, out, n, op);
		return;
	}
	buf_printf(out, "r-compare('%s',", op);
	write_list(w, out, n->child, false);
	buf_text(out, ")");
}

static void write_bound(struct write *w, struct buf *out, const struct x_node *n)
{
	struct buf text = buf_make(BODY_MAX);
	const char *name = n->kind == X_FOR ? "r-for" : n->kind == X_SOME ? "r-some" : "r-every";

	buf_printf(out, "%s(", name);
	write_nodes(w, out, n->child);
	if (w->n_names == NAMES_MAX) {
		fail(w, "too many variables within one another");
		buf_free(&text);
		return;
	}
	/* A name of its own, so that nothing has to be put back afterwards. */
	char *own = arena_printf(w->scope->arena, "r-%zu-%zu", w->scope->n_subs, w->n_names);
	w->names[w->n_names++] = (struct name){n->text, bytes_of_text(own)};
	write_node(w, &text, n->child->next);
	w->n_names--;
	buf_printf(out, ",'%s',%zu)", own, body(w, &text));
	buf_free(&text);
}

static void write_castable(struct write *w, struct buf *out, const struct x_node *n)
{
	struct bytes type = x_local_part(n->text);

	if (!x_is_schema(n->text))
		fail(w, "a type that is not one of XML Schema");
	buf_text(out, "r-castable(");
	write_node(w, out, n->child);
	buf_printf(out, ",'%.*s',%s)", (int)type.len, (const char *)type.at, n->optional ? "true()" : "false()");
}

static void write_cast(struct write *w, struct buf *out, const struct x_node *n)
{
	const struct x_constructor *constructor = x_constructor_of(n->text);

	if (constructor == NULL)
		fail(w, "a cast to a type that is not known");
	else
		write_constructed(w, out, constructor, n->child);
}

static void write_if(struct write *w, struct buf *out, const struct x_node *n)
{
	buf_text(out, "r-if(boolean(");
	write_node(w, out, n->child);
	buf_text(out, "),");
	write_list(w, out, n->child->next, false);
	buf_text(out, ")");
}

static void write_union(struct write *w, struct buf *out, const struct x_node *n)
{
	write_nodes(w, out, n->child);
	buf_text(out, "|");
	write_nodes(w, out, n->child->next);
}

static void write_node(struct write *w, struct buf *out, const struct x_node *n)
{
	if (w->failed)
		return;
	switch (n->kind) {
	case X_PATH:
		write_path(w, out, n);
		break;
	case X_OR:
		write_infix(w, out, n, "or");
		break;
	case X_AND:
		write_infix(w, out, n, "and");
		break;
	case X_ARITHMETIC:
		write_infix(w, out, n, arena_text(w->scope->arena, n->text));
		break;
	case X_COMPARE:
		write_compare(w, out, n);
		break;
	case X_UNION:
		write_union(w, out, n);
		break;
	case X_TO:
		write_call_as(w, out, "r-range", n->child, false);
		break;
	case X_INTERSECT:
		write_call_as(w, out, "r-intersect", n->child, true);
		break;
	case X_EXCEPT:
		write_call_as(w, out, "r-except", n->child, true);
		break;
	case X_MINUS:
		buf_text(out, "-(");
		write_node(w, out, n->child);
		buf_text(out, ")");
		break;
	case X_IF:
		write_if(w, out, n);
		break;
	case X_FOR:
	case X_SOME:
	case X_EVERY:
		write_bound(w, out, n);
		break;
	case X_CASTABLE:
		write_castable(w, out, n);
		break;
	case X_CAST:
		write_cast(w, out, n);
		break;
	default:
		write_primary(w, out, n);
	}
}

static bool written(struct write *w, const struct x_node *n, const char *before, struct bytes *out)
{
	struct buf text = buf_make(BODY_MAX);

	buf_text(&text, before);
	write_node(w, &text, n);
	if (!buf_ok(&text))
		fail(w, "the expression is too long");
	if (!w->failed)
		*out = arena_copy(w->scope->arena, buf_bytes(&text));
	buf_free(&text);
	return !w->failed;
}

bool x_write(struct x_scope *scope, struct bytes expression, struct bytes *out, struct x_problem *problem)
{
	struct write w = {.scope = scope, .problem = problem};
	const struct x_node *n = x_parse(scope->arena, expression, problem);

	return n != NULL && written(&w, n, "", out);
}

static bool is_pattern(const struct x_node *n)
{
	if (n->kind != X_PATH)
		return false;
	for (const struct x_node *step = n->child; step != NULL; step = step->next)
		if (step->kind != X_AXIS)
			return false;
	return true;
}

bool x_write_context(struct x_scope *scope, struct bytes pattern, struct bytes *out, size_t max, size_t *n, struct x_problem *problem)
{
	struct write w = {.scope = scope, .problem = problem};
	const struct x_node *at = x_parse(scope->arena, pattern, problem);

	if (at == NULL)
		return false;
	*n = 0;
	/* a | b | c is ((a | b) | c). */
	for (;;) {
		const struct x_node *last = at->kind == X_UNION ? at->child->next : at;
		if (!is_pattern(last) || *n == max) {
			fail(&w, *n == max ? "a context with too many alternatives" : "a context that is not a path of steps");
			return false;
		}
		if (!written(&w, last, last->absolute != 0 ? "" : "//", &out[(*n)++]))
			return false;
		if (at->kind != X_UNION)
			return true;
		at = at->child;
	}
}

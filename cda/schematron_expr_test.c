/* cda/schematron_expr_test.c - expressions of XPath 2.0 as they are written for an evaluator of XPath 1.0, and what cannot be. What the written
 * ones give is compared with Saxon's by tests/schematron.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cda/schematron_expr.h"

static bool prefix(void *context, struct bytes name)
{
	(void)context;
	return bytes_equal(name, BYTES("c"));
}

static bool variable(void *context, struct bytes name)
{
	(void)context;
	return bytes_equal(name, BYTES("v"));
}

static struct x_scope scope_of(struct arena *arena)
{
	return (struct x_scope){arena, prefix, variable, NULL, arena_alloc(arena, X_SUBS_MAX * sizeof(struct bytes)), 0};
}

static void writes(void **state)
{
	static const struct {
		const char *what, *from, *to, *sub;   /* sub: the first body, NULL when there is none */
	} cases[] = {
		{"what XPath 1 has stays", "c:id[@root = 'x']/@extension", "c:id[attribute::root = 'x']/attribute::extension", NULL},
		{"a chain of or", "@a or @b or not(@c)", "attribute::a or attribute::b or not(attribute::c)", NULL},
		{"a value comparison", "count(c:a) ge 1", "count(c:a) >= 1", NULL},
		{"names that look like operators", "c:div div 2", "c:div div 2", NULL},
		{"a sequence", "@a = ('x', 'y')", "attribute::a = r-sequence('x','y')", NULL},
		{"one in parentheses", "@a = ('x')", "attribute::a = ('x')", NULL},
		{"nothing", "()", "r-sequence()", NULL},
		{"a function behind a dot", "./count(c:a) = 1", "count(c:a) = 1", NULL},
		{"a function as a step", "c:a/string(@b)", "r-each(c:a,0)", "string(attribute::b)"},
		{"a union as a step", "c:a/(c:b | c:d)/c:e", "r-each(c:a,0)/c:e", "(c:b|c:d)"},
		{"if", "if (@a) then 'x' else ()", "r-if(boolean((attribute::a)),'x',r-sequence())", NULL},
		{"every", "every $i in c:a satisfies $i/@b", "r-every(c:a,'r-0-0',0)", "r-sequence($r-0-0)/attribute::b"},
		{"a variable that hides another", "some $v in c:a satisfies $v = $v", "r-some(c:a,'r-0-0',0)", "$r-0-0 = $r-0-0"},
		{"castable", "@a castable as xs:integer", "r-castable(attribute::a,'integer',false())", NULL},
		{"count of a truth", "count(@a = 'x')", "count(r-sequence(attribute::a = 'x'))", NULL},
		{"empty and exists", "empty(@a) and exists($v)", "not(attribute::a) and boolean(r-sequence($v))", NULL},
		{"nodes in order are texts", "@a < @b", "r-compare('<',attribute::a,attribute::b)", NULL},
		{"nodes and a number", "@a < 3", "attribute::a < 3", NULL},
		{"document and doc", "document('x')//c:a", "doc('x')//c:a", NULL},
		{"any namespace", "*:a", "*[local-name()='a']", NULL},
		{"tests of kinds", "element(c:a) | attribute(b)", "c:a|attribute::b", NULL},
		{"a place of a variable", "$v[1]", "r-sequence($v)[1]", NULL},
		{"a comment", "(: (: x :) :) @a", "attribute::a", NULL},
		{"both quotes", "'a''b\"c'", "concat('','a',\"'\",'b\"c')", NULL},
		{"keywords as names", "if/for/some", "if/for/some", NULL},
		{"a minus is part of a name", "c:a-b", "c:a-b", NULL},
		{"the root", "/", "/", NULL},
		{"a dot with a predicate", ".[@a]", "self::node()[attribute::a]", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(4u << 20);
		struct x_scope scope = scope_of(arena);
		struct x_problem problem = {"", 0};
		struct bytes out = BYTES_NONE;
		print_message("%s\n", cases[i].what);
		if (!x_write(&scope, bytes_of_text(cases[i].from), &out, &problem))
			fail_msg("%s", problem.what);
		assert_string_equal((const char *)out.at, cases[i].to);
		assert_int_equal(scope.n_subs, cases[i].sub != NULL);
		if (cases[i].sub != NULL)
			assert_string_equal((const char *)scope.subs[0].at, cases[i].sub);
		arena_destroy(&arena);
	}
}

static void says_what_it_does_not_know(void **state)
{
	static const struct {
		const char *from, *part; /* part: of the sentence */
	} cases[] = {
		{"", "missing"},
		{"@a =", "missing"},
		{"count(@a", "closing parenthesis"},
		{"c:a[1", "closing bracket"},
		{"'x", "does not end"},
		{"(: x", "does not end"},
		{"frobnicate(@a)", "frobnicate"},
		{"substring(@a)", "substring"},
		{"d:a", "prefix d"},
		{"$w", "variable w"},
		{"some $i in c:a satisfies $j", "variable j"},
		{"@a instance of xs:string", "instance of"},
		{"@a is @b", "places"},
		{"4 idiv 2", "idiv"},
		{"@a castable as c:mine", "not one of XML Schema"},
		{"matches(@a, '[')", "regular expression"},
		{"@a @b", "behind"},
		{"1e3", "exponent"},
		{"up::a", "axis"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(4u << 20);
		struct x_scope scope = scope_of(arena);
		struct x_problem problem = {"", 0};
		struct bytes out = BYTES_NONE;
		print_message("%s\n", cases[i].from);
		assert_false(x_write(&scope, bytes_of_text(cases[i].from), &out, &problem));
		assert_true(bytes_contains(bytes_of_text(problem.what), bytes_of_text(cases[i].part)));
		arena_destroy(&arena);
	}
}

static void contexts_become_paths(void **state)
{
	struct arena *arena = arena_create(4u << 20);
	struct x_scope scope = scope_of(arena);
	struct x_problem problem = {"", 0};
	struct bytes out[4];
	size_t n = 0;
	(void)state;
	assert_true(x_write_context(&scope, BYTES("c:a[1]/c:b | //c:d | /c:e | @f"), out, 4, &n, &problem));
	assert_int_equal(n, 4);
	assert_string_equal((const char *)out[0].at, "//attribute::f");
	assert_string_equal((const char *)out[1].at, "/c:e");
	assert_string_equal((const char *)out[2].at, "//c:d");
	assert_string_equal((const char *)out[3].at, "//c:a[1]/c:b");
	assert_true(x_write_context(&scope, BYTES("/"), out, 4, &n, &problem));
	assert_string_equal((const char *)out[0].at, "/");
	assert_false(x_write_context(&scope, BYTES("count(c:a)"), out, 4, &n, &problem));
	assert_false(x_write_context(&scope, BYTES("a|b|c|d|e"), out, 4, &n, &problem));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes),
		cmocka_unit_test(says_what_it_does_not_know),
		cmocka_unit_test(contexts_become_paths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

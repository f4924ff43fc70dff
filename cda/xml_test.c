/* cda/xml_test.c - events, refusals, bounds, the hostile XML corpus and the schema in the same pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/corpus_test.h"
#include "cda/xml.h"

struct told {
	struct buf out;
	unsigned starts;
	unsigned stop_at;   /* the start that is refused; 0: none */
};

static enum reason on_start(void *context, const struct xml_element *element)
{
	struct told *t = context;
	if (++t->starts == t->stop_at)
		return REASON_DOCUMENT_HEADER;
	buf_printf(&t->out, "<%u{%.*s}%.*s", element->depth, (int)element->ns.len, element->ns.at,
		   (int)element->name.len, element->name.at);
	for (size_t i = 0; i < element->count; i++) {
		const struct xml_attribute *a = &element->attributes[i];
		buf_printf(&t->out, " {%.*s}%.*s=[%.*s]", (int)a->ns.len, a->ns.at, (int)a->name.len, a->name.at,
			   (int)a->value.len, a->value.at);
	}
	buf_text(&t->out, ">");
	return REASON_NONE;
}

static enum reason on_text(void *context, struct bytes piece)
{
	struct told *t = context;
	buf_add(&t->out, piece);
	return REASON_NONE;
}

static enum reason on_end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct told *t = context;
	(void)ns;
	buf_printf(&t->out, "</%u%.*s>", depth, (int)name.len, name.at);
	return REASON_NONE;
}

static const struct xml_events events = {on_start, on_text, on_end};

static const struct {
	const char *what;
	struct bytes document;
	enum reason reason;
	const char *told;   /* NULL: not looked at */
} cases[] = {
	{"one element", BYTES_OF("<a/>"), REASON_NONE, "<1{}a></1a>"},
	{"namespaces and attributes", BYTES_OF("<x:a xmlns:x='u' b='1' x:c=\"2\"/>"), REASON_NONE,
	 "<1{u}a {}b=[1] {u}c=[2]></1a>"},
	{"the five entities and character references", BYTES_OF("<a b='&lt;&amp;&#38;&quot;&amp;amp;'>&gt;&apos;&amp;&#233;</a>"),
	 REASON_NONE, "<1{}a {}b=[<&&\"&amp;]>>'&\xc3\xa9</1a>"},
	{"two values with ampersands stay apart", BYTES_OF("<a b='&amp;1' c='x' d='2&amp;'/>"), REASON_NONE,
	 "<1{}a {}b=[&1] {}c=[x] {}d=[2&]></1a>"},
	{"CDATA is text", BYTES_OF("<a>1<![CDATA[<2>&amp;]]>3</a>"), REASON_NONE, "<1{}a>1<2>&amp;3</1a>"},
	{"comments and instructions are not told", BYTES_OF("<?xml version='1.0'?><!-- <b> --><a><?p <x?><!--y-->t</a>"),
	 REASON_NONE, "<1{}a>t</1a>"},
	{"a byte order mark", BYTES_OF("\xef\xbb\xbf<a/>"), REASON_NONE, "<1{}a></1a>"},
	{"Latin-1 becomes UTF-8", BYTES_OF("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"), REASON_NONE,
	 "<1{}a>\xc3\xa9</1a>"},
	{"a style sheet named from outside is not fetched",
	 BYTES_OF("<?xml-stylesheet href='file:///etc/passwd'?><a/>"), REASON_NONE, "<1{}a></1a>"},
	{"XInclude is not followed", BYTES_OF("<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='/etc/passwd'/>"),
	 REASON_NONE, "<1{http://www.w3.org/2001/XInclude}include {}href=[/etc/passwd]></1include>"},
	{"DOCTYPE", BYTES_OF("<!DOCTYPE a><a/>"), REASON_DOCUMENT_DOCTYPE, ""},
	{"DOCTYPE with entities", BYTES_OF("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"), REASON_DOCUMENT_DOCTYPE, ""},
	{"DOCTYPE in the wrong place", BYTES_OF("<a><!DOCTYPE a></a>"), REASON_DOCUMENT_DOCTYPE, ""},
	{"DOCTYPE in a comment is a comment", BYTES_OF("<!-- <!DOCTYPE a> --><a/>"), REASON_NONE, "<1{}a></1a>"},
	{"DOCTYPE in CDATA is text", BYTES_OF("<a><![CDATA[<!DOCTYPE a>]]></a>"), REASON_NONE, NULL},
	{"an undeclared entity", BYTES_OF("<a>&e;</a>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"an undeclared entity in a value", BYTES_OF("<a b='&e;'/>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"cut short", BYTES_OF("<a><b></b>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"wrong nesting", BYTES_OF("<a><b></a></b>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"two roots", BYTES_OF("<a/><b/>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"an attribute twice", BYTES_OF("<a b='' b=''/>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"an unbound prefix", BYTES_OF("<x:a/>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"not UTF-8", BYTES_OF("<a>\xe9</a>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"overlong UTF-8", BYTES_OF("<a>\xc0\xaf</a>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"a NUL", BYTES_OF("<a>x\0y</a>"), REASON_DOCUMENT_MALFORMED, NULL},
	{"text without markup", BYTES_OF("hello"), REASON_DOCUMENT_MALFORMED, ""},
	{"nothing", BYTES_OF(""), REASON_DOCUMENT_MALFORMED, ""},
	{"blanks only", BYTES_OF("  \n"), REASON_DOCUMENT_MALFORMED, ""},
	{"UTF-16", BYTES_OF("\xff\xfe<\0a\0/\0>\0"), REASON_DOCUMENT_MALFORMED, ""},
	{"UTF-16 without mark", BYTES_OF("<\0a\0/\0>\0"), REASON_DOCUMENT_MALFORMED, ""},
	{"UTF-7 by name", BYTES_OF("<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-"), REASON_DOCUMENT_MALFORMED, ""},
	{"EBCDIC by name", BYTES_OF("<?xml version='1.0' encoding = \"IBM037\"?><a/>"), REASON_DOCUMENT_MALFORMED, ""},
	{"a second encoding hidden in the version",
	 BYTES_OF("<?xml version='1.0 encoding=\"UTF-8\"' encoding='UTF-7'?><a/>"), REASON_DOCUMENT_MALFORMED, ""},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct told t = {.out = buf_make(100000)};
		enum reason reason = xml_parse(cases[i].document, &events, &t, NULL, NULL);
		if (reason != cases[i].reason)
			fail_msg("%s: %s", cases[i].what, reason_code(reason));
		if (cases[i].told != NULL && !bytes_equal_text(buf_bytes(&t.out), cases[i].told))
			fail_msg("%s: %.*s", cases[i].what, (int)t.out.len, t.out.data);
		buf_free(&t.out);
	}
}

static enum reason parse(struct bytes document)
{
	struct told t = {.out = buf_make(100u << 20)};
	enum reason reason = xml_parse(document, &events, &t, NULL, NULL);
	buf_free(&t.out);
	return reason;
}

static enum reason parse_nested(unsigned depth)
{
	struct buf b = buf_make(1u << 20);
	for (unsigned i = 0; i < depth; i++)
		buf_text(&b, "<a>");
	for (unsigned i = 0; i < depth; i++)
		buf_text(&b, "</a>");
	enum reason reason = parse(buf_bytes(&b));
	buf_free(&b);
	return reason;
}

static enum reason parse_attributes(unsigned count, const char *format, const char *tail)
{
	struct buf b = buf_make(64u << 20);
	buf_text(&b, "<a ");
	for (unsigned i = 0; i < count; i++) {
		buf_text(&b, format);
		buf_printf(&b, "%u='%s' ", i, format[1] == '\0' ? "v>" : "urn:v");
	}
	buf_text(&b, tail);
	enum reason reason = parse(buf_bytes(&b));
	buf_free(&b);
	return reason;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_int_equal(parse_nested(LIMIT_XML_DEPTH), REASON_NONE);
	assert_int_equal(parse_nested(LIMIT_XML_DEPTH + 1), REASON_DOCUMENT_LIMIT);
	assert_int_equal(parse_attributes(LIMIT_XML_ATTRIBUTES, "x", "/>"), REASON_NONE);
	assert_int_equal(parse_attributes(LIMIT_XML_ATTRIBUTES + 1, "x", "/>"), REASON_DOCUMENT_LIMIT);
	assert_int_equal(parse_attributes(LIMIT_XML_NAMESPACES, "xmlns:n", "/>"), REASON_NONE);
	assert_int_equal(parse_attributes(LIMIT_XML_NAMESPACES + 1, "xmlns:n", "/>"), REASON_DOCUMENT_LIMIT);
	double begin = cpu_ms();
	assert_int_equal(parse_attributes(3000000, "x", ""), REASON_DOCUMENT_LIMIT);
	print_message("three million attributes refused after %.0f ms (built by the test)\n", cpu_ms() - begin);
}

static void test_stop(void **state)
{
	(void)state;
	struct told t = {.out = buf_make(1000), .stop_at = 2};
	assert_int_equal(xml_parse(BYTES("<a><b/><c/></a>"), &events, &t, NULL, NULL), REASON_DOCUMENT_HEADER);
	assert_int_equal(t.starts, 2);
	buf_free(&t.out);
}

/* A file of 30 MB in one text: memory must not grow with it. */
static enum reason count_text(void *context, struct bytes piece)
{
	*(size_t *)context += piece.len;
	return REASON_NONE;
}

static void test_long_text(void **state)
{
	(void)state;
	static const struct xml_events only_text = {.text = count_text};
	enum { SIZE = 30 << 20 };
	struct arena *arena = arena_create(SIZE + 4096);
	unsigned char *data = arena_alloc(arena, SIZE);
	size_t told = 0;
	memset(data, 'A', SIZE);
	memcpy(data, "<a>", 3);
	memcpy(data + SIZE - 4, "</a>", 4);
	long before = peak_kb();
	double begin = cpu_ms();
	assert_int_equal(xml_parse((struct bytes){data, SIZE}, &only_text, &told, NULL, NULL), REASON_NONE);
	print_message("one text of 30 MB: %.0f ms, %ld KB more at the peak\n", cpu_ms() - begin, peak_kb() - before);
	assert_int_equal(told, SIZE - 7);
	arena_destroy(&arena);
}

struct tally {
	const char *root;
	int rows, refused, other_root, doctype;
};

static void check_row(void *context, struct bytes file, struct bytes expected)
{
	struct tally *tally = context;
	struct arena *arena = arena_create(64u << 20);
	struct bytes data = corpus_file(arena, arena_printf(arena, "%s/hostile/xml/%.*s", tally->root, (int)file.len, file.at));
	double begin = cpu_ms();
	enum reason reason = parse(data);

	tally->rows++;
	if (bytes_contains(expected, BYTES("DOCTYPE present (no entity")) || bytes_contains(expected, BYTES("not well-formed")))
		assert_int_not_equal(reason, REASON_NONE);
	if (bytes_contains(expected, BYTES("DOCTYPE present (no entity"))) {
		if (reason != REASON_DOCUMENT_DOCTYPE)
			fail_msg("%.*s: %s", (int)file.len, file.at, reason_code(reason));
		tally->doctype++;
	}
	tally->refused += reason != REASON_NONE;
	tally->other_root += reason == REASON_NONE;
	assert_true(cpu_ms() - begin < 2000);
	arena_destroy(&arena);
}

static void test_hostile(void **state)
{
	(void)state;
	struct tally tally = {.root = corpus_root()};
	struct arena *arena = arena_create(10u << 20);
	struct bytes table = corpus_file(arena, arena_printf(arena, "%s/hostile/xml/expectations.tsv", tally.root));
	double begin = cpu_ms();
	corpus_expectations(table, check_row, &tally);
	print_message("xml corpus: %d rows, %d refused here (%d for a DOCTYPE), %d well-formed without ClinicalDocument, %.0f ms\n",
		      tally.rows, tally.refused, tally.doctype, tally.other_root, cpu_ms() - begin);
	assert_int_equal(tally.rows, 37);
	assert_int_equal(tally.doctype, 15);
	arena_destroy(&arena);
}

/* Every line of the list of XXE payloads is a document of its own. */
static void test_hostile_lines(void **state)
{
	(void)state;
	const char *root = corpus_root();
	struct arena *arena = arena_create(10u << 20);
	struct bytes list = corpus_file(arena, arena_printf(arena, "%s/hostile/xml/xxe-list/Intruder/xxe-injection-payload-list.txt.txt", root));
	struct cursor lines = cursor_on(list);
	int count = 0;
	while (lines.left.len > 0) {
		struct bytes line = bytes_trim(cursor_until(&lines, '\n'));
		enum reason reason = parse(line);
		count++;
		if (bytes_contains(line, BYTES("<!ENTITY")) || bytes_contains(line, BYTES("<!DOCTYPE")))
			assert_int_not_equal(reason, REASON_NONE);
	}
	print_message("%d payload lines read\n", count);
	assert_true(count > 20);
	arena_destroy(&arena);
}

static void test_schema(void **state)
{
	(void)state;
	const char *root = corpus_root();
	struct arena *arena = arena_create(10u << 20);
	struct schema *schema = NULL;
	static const struct xml_events none = {0};
	bool valid = true;
	double begin = cpu_ms();
	assert_int_equal(schema_load("/nonexistent", &schema), REASON_NOT_FOUND);
	assert_int_equal(schema_load(arena_printf(arena, "%s/cda-schema", root), &schema), REASON_NONE);
	print_message("schema read in %.0f ms\n", cpu_ms() - begin);
	struct bytes good = corpus_file(arena, arena_printf(arena, "%s/cda/fr-testcontenu-3.0/TLM-CR_2022.01.xml", root));
	assert_int_equal(xml_parse(good, &none, NULL, schema, &valid), REASON_NONE);
	assert_true(valid);
	/* One letter of a name: still well-formed, no longer valid. */
	char *bad = arena_text(arena, good);
	for (char *at = bad; (at = strstr(at, "realmCode")) != NULL; at++)
		*at = 'R';
	assert_int_equal(xml_parse(bytes_of_text(bad), &none, NULL, schema, &valid), REASON_NONE);
	assert_false(valid);
	/* The trap: a truncated document must not be called valid. */
	valid = true;
	assert_int_equal(xml_parse(bytes_slice(good, 0, good.len / 2), &none, NULL, schema, &valid), REASON_DOCUMENT_MALFORMED);
	assert_false(valid);
	/* Nor one that we stopped. */
	struct told t = {.out = buf_make(100000), .stop_at = 5};
	valid = true;
	assert_int_equal(xml_parse(good, &events, &t, schema, &valid), REASON_DOCUMENT_HEADER);
	assert_false(valid);
	buf_free(&t.out);
	schema_close(&schema);
	assert_null(schema);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),     cmocka_unit_test(test_bounds),  cmocka_unit_test(test_stop),
		cmocka_unit_test(test_long_text), cmocka_unit_test(test_hostile), cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_schema),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

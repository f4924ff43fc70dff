/* cda/schematron_read_test.c - a schematron in memory: what is expanded, what is told, what the table's file gives back, and what the tables do to
 * documents. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "cda/schematron_read.h"
#include "cda/schematron_run.h"

#define SCHEMA(body) "<schema xmlns='http://purl.oclc.org/dsdl/schematron' queryBinding='xslt2'><ns prefix='c' uri='urn:hl7-org:v3'/>" body "</schema>"
#define PART(name, attributes, body) "<" name " xmlns='http://purl.oclc.org/dsdl/schematron' " attributes ">" body "</" name ">"

struct file {
	const char *path, *text;
};

static enum reason file_of(void *context, struct arena *arena, const char *path, struct bytes *out)
{
	(void)arena;
	for (const struct file *f = context; f->path != NULL; f++) {
		if (strcmp(f->path, path) != 0)
			continue;
		*out = bytes_of_text(f->text);
		return REASON_NONE;
	}
	return REASON_NOT_FOUND;
}

static enum reason import(struct arena *arena, const struct file *files, struct schematron_import *out)
{
	const struct schematron_source source = {file_of, (void *)(uintptr_t)files};
	return schematron_import(arena, &source, files[0].path, out);
}

static void tells_what_it_leaves_out(void **state)
{
	static const struct {
		const char *what;
		struct file files[3];
		const char *said, *at;    /* of the first problem */
		size_t tests, unknown;
	} cases[] = {
		{"a function that nobody knows",
		 {{"a.sch", SCHEMA("<pattern>\n<rule context='c:a'>\n<assert test='frob(@b)'>x</assert><assert test='@b'>y</assert></rule></pattern>")}},
		 "frob", "a.sch:3", 1, 1},
		{"a context that is no path takes its pattern along",
		 {{"a.sch", SCHEMA("<pattern><rule context='count(c:a)'><assert test='@b'>x</assert></rule><rule context='c:a'><assert test='@b'>y</assert></rule></pattern>")}},
		 "not a path", "a.sch:1", 0, 1},
		{"an include that is not there", {{"a.sch", SCHEMA("<include href='b.sch'/>")}}, "b.sch is missing", "a.sch:1", 0, 0},
		{"an include out of the folder", {{"a.sch", SCHEMA("<include href='../b.sch'/>")}}, "leaves the folder", "a.sch:1", 0, 0},
		{"an include with a scheme", {{"a.sch", SCHEMA("<include href='file:b.sch'/>")}}, "scheme", "a.sch:1", 0, 0},
		{"an include of itself by a part", {{"a.sch", SCHEMA("<include href='b.sch'/>")}, {"b.sch", PART("include", "href='b.sch'", "")}}, "circle", "b.sch:1", 0, 0},
		{"an include with a DOCTYPE", {{"a.sch", SCHEMA("<include href='b.sch'/>")}, {"b.sch", "<!DOCTYPE x><x/>"}}, "refused", "a.sch:1", 0, 0},
		{"a rule that extends itself",
		 {{"a.sch", SCHEMA("<pattern><rule abstract='true' id='R'><extends rule='R'/></rule><rule context='c:a'><extends rule='R'/><assert test='1'>x</assert></rule></pattern>")}},
		 "extends itself", "a.sch:1", 1, 1},
		{"an abstract pattern that is not there", {{"a.sch", SCHEMA("<pattern is-a='P'/>")}}, "abstract pattern", "a.sch:1", 0, 2},
		{"a value set that is not there",
		 {{"a.sch", SCHEMA("<pattern><rule context='c:a'><assert test=\"doc('v.xml')//x\">x</assert></rule></pattern>")}},
		 "v.xml is missing", "a.sch:1", 1, 0},
		{"a variable of another rule",
		 {{"a.sch", SCHEMA("<pattern><rule context='c:a'><let name='v' value='1'/></rule><rule context='c:b'><assert test='$v'>x</assert></rule></pattern>")}},
		 "variable v", "a.sch:1", 0, 1},
		{"a phase that is not there",
		 {{"a.sch", "<schema xmlns='http://purl.oclc.org/dsdl/schematron' defaultPhase='p'><pattern><rule context='a'><assert test='1'>x</assert></rule></pattern></schema>"}},
		 "phase", "a.sch:1", 1, 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena *arena = arena_create(64u << 20);
		struct schematron_import out;
		print_message("%s\n", cases[i].what);
		assert_int_equal(import(arena, cases[i].files, &out), REASON_NONE);
		assert_true(out.n_problems > 0);
		assert_true(bytes_contains(bytes_of_text(out.problems->what), bytes_of_text(cases[i].said)));
		assert_string_equal(arena_printf(arena, "%s:%u", out.problems->file, out.problems->line), cases[i].at);
		assert_int_equal(out.table->tests, cases[i].tests);
		assert_int_equal(out.table->unknown, cases[i].unknown);
		arena_destroy(&arena);
	}
}

static const struct file model[] = {
	{"rules/MODEL_2024.01.sch",
	 SCHEMA("<include href='part/in.sch'/><include href='part/rule.sch'/>"
		"<pattern id='p'><let name='set' value=\"'../values/v.xml'\"/>"
		"<rule context='c:ClinicalDocument'><assert test=\"c:code[@code='85208-7']\">Code\n\t <value-of select=\"'here'\"/> of <value-of select='$set'/>: <value-of select='@x'/> <name/>.</assert>"
		"<assert test=\"c:templateId[@root='1.2.3']\" role='warning'>T</assert>"
		"<assert test=\"not(c:templateId[@root='9.9'])\">N</assert></rule></pattern>"
		"<pattern id='in' is-a='within'><param name='what' value='c:code'/><param name='set' value=\"'../values/v.xml'\"/></pattern>")},
	{"rules/part/in.sch", PART("pattern", "id='within' abstract='true'", "<rule context='$what'><extends rule='coded'/><let name='k' value='@code'/>"
											  "<assert test='document($set)//v[@code=$k]'>one of the values</assert></rule>")},
	{"rules/part/rule.sch", PART("pattern", "", "<rule abstract='true' id='coded'><assert test='@code'>a code</assert></rule>")},
	{"values/v.xml", "<vs>\n  <!-- c -->\n  <v code='85208-7'/>\n  <v code='1'/>\n</vs>"},
	{NULL, NULL},
};

static void expands(void **state)
{
	struct arena *arena = arena_create(64u << 20);
	struct schematron_import out;
	(void)state;
	assert_int_equal(import(arena, model, &out), REASON_NONE);
	for (const struct schematron_problem *p = out.problems; p != NULL; p = p->next)
		fail_msg("%s", p->what);
	const struct schematron_table *t = out.table;
	assert_string_equal(t->name, "MODEL_2024.01");
	assert_true(bytes_equal(t->family, BYTES("MODEL")) && bytes_equal(t->version, BYTES("2024.01")));
	assert_int_equal(t->rules, 2);
	assert_int_equal(t->tests, 5);
	assert_false(t->every);
	assert_true(bytes_equal(t->types->text, BYTES("85208-7")) && t->types->next == NULL);
	assert_true(bytes_equal(t->templates->text, BYTES("1.2.3")) && t->templates->next == NULL);
	/* What is known beforehand is said, what the document says is not. */
	assert_string_equal(t->patterns->rules->items->message, "Code here of ../values/v.xml: \xe2\x80\xa6 \xe2\x80\xa6.");
	assert_int_equal(t->patterns->rules->items->level, CDA_LEVEL_WARNING);
	assert_int_equal(t->patterns->rules->items->next->level, CDA_LEVEL_INFO);
	assert_string_equal(t->patterns->next->rules->contexts->text.at, "//c:code");
	/* The value set without its blanks, under its digest. */
	assert_non_null(out.values);
	assert_null(out.values->next);
	assert_string_equal(t->files->b, out.values->name);
	assert_false(bytes_contains(out.values->content, BYTES("  ")));
	arena_destroy(&arena);
}

static void a_part_is_no_schematron(void **state)
{
	const struct file part[] = {model[1], {NULL, NULL}}, broken[] = {{"a.sch", "<schema"}, {NULL, NULL}};
	struct arena *arena = arena_create(64u << 20);
	struct schematron_import out;
	(void)state;
	assert_int_equal(import(arena, part, &out), REASON_NOT_FOUND);
	assert_int_equal(import(arena, broken, &out), REASON_SCHEMATRON_FORM);
	assert_int_equal(out.n_problems, 1);
	arena_destroy(&arena);
}

static void the_file_gives_back_the_table(void **state)
{
	struct arena *arena = arena_create(64u << 20);
	struct schematron_import out;
	struct schematron_table *again;
	struct buf first = buf_make(1 << 20), second = buf_make(1 << 20);
	(void)state;
	assert_int_equal(import(arena, model, &out), REASON_NONE);
	schematron_table_write(&first, out.table);
	assert_int_equal(schematron_table_read(arena, buf_bytes(&first), &again), REASON_NONE);
	schematron_table_write(&second, again);
	assert_true(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
	/* A file that lost its end, or a line, is none. */
	for (size_t cut = 0; cut < first.len; cut++)
		assert_int_equal(schematron_table_read(arena, bytes_slice(buf_bytes(&first), 0, cut), &again), cut + 1 == first.len ? REASON_NONE : REASON_SCHEMATRON_TABLE);
	assert_int_equal(schematron_table_read(arena, BYTES("relais-schematron 2\n"), &again), REASON_SCHEMATRON_TABLE);
	buf_free(&first);
	buf_free(&second);
	arena_destroy(&arena);
}

/* --- over documents -------------------------------------------------------------- */

static void file_write(const char *folder, const char *name, struct bytes content)
{
	char path[300];
	struct buf out = buf_make(sizeof path);
	buf_printf(&out, "%s/%s%c", folder, name, 0);
	memcpy(path, out.data, out.len);
	buf_free(&out);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(descriptor >= 0 && write(descriptor, content.at, content.len) == (ssize_t)content.len);
	close(descriptor);
}

static void file_remove(const char *folder, const char *name)
{
	struct arena *arena = arena_create(4096);
	unlink(arena_printf(arena, "%s/%s", folder, name));
	arena_destroy(&arena);
}

static void add(struct arena *arena, const char *folder, const struct file *files, const char **values)
{
	struct buf text = buf_make(1 << 20);
	struct schematron_import out;

	assert_int_equal(import(arena, files, &out), REASON_NONE);
	schematron_table_write(&text, out.table);
	file_write(folder, arena_printf(arena, "%s" SCHEMATRON_SUFFIX, out.table->name), buf_bytes(&text));
	for (const struct schematron_values *v = out.values; v != NULL; v = v->next) {
		file_write(folder, v->name, v->content);
		*values = v->name;
	}
	buf_free(&text);
}

#define DOCUMENT(body) "<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='FR'/>" body "</ClinicalDocument>"

static void judges(void **state)
{
	static const struct file newer[] = {{"MODEL_2025.01.sch", SCHEMA("<pattern><rule context='c:ClinicalDocument'><assert test=\"c:code/@code='85208-7'\">C</assert>"
									 "<assert test=\"c:templateId/@root='1.2.3'\">T</assert><assert test='c:newer'>newer</assert></rule></pattern>")},
					    {NULL, NULL}};
	static const struct file all[] = {{"profils/every.sch", SCHEMA("<pattern><rule context='c:ClinicalDocument'><assert test='not(c:bad)'>bad</assert>"
								     "<assert test=\"not(c:lost) or doc('lost.xml')//x\">lost</assert></rule></pattern>")},
					  {NULL, NULL}};
	static const struct {
		const char *what;
		struct bytes document;
		enum schematron_state state;
		size_t checked, findings, unjudged;
		const char *rule;    /* of the first finding */
	} cases[] = {
		{"a French document without a model", BYTES_OF(DOCUMENT("")), SCHEMATRON_CLEAN, 1, 0, 0, NULL},
		{"a foreign one", BYTES_OF("<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='US'/></ClinicalDocument>"), SCHEMATRON_NOT_CHECKED, 0, 0, 0, NULL},
		{"another root", BYTES_OF("<x/>"), SCHEMATRON_NOT_CHECKED, 0, 0, 0, NULL},
		{"a DOCTYPE", BYTES_OF("<!DOCTYPE ClinicalDocument><ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='FR'/></ClinicalDocument>"), SCHEMATRON_NOT_CHECKED, 0, 0, 0, NULL},
		{"no XML", BYTES_OF("x"), SCHEMATRON_NOT_CHECKED, 0, 0, 0, NULL},
		{"a rule of all is broken", BYTES_OF(DOCUMENT("<bad/>")), SCHEMATRON_FINDINGS, 1, 1, 0, "schematron.every"},
		{"a value set that is not there is no verdict", BYTES_OF(DOCUMENT("<lost/>")), SCHEMATRON_CLEAN, 1, 0, 1, NULL},
		{"the version that it names", BYTES_OF(DOCUMENT("<code code='85208-7'/><templateId root='1.2.3' extension='2024.01'/>")), SCHEMATRON_CLEAN, 2, 0, 0, NULL},
		{"else the newest", BYTES_OF(DOCUMENT("<code code='85208-7'/><templateId root='1.2.3'/>")), SCHEMATRON_FINDINGS, 2, 1, 0, "schematron.MODEL_2025.01"},
		{"another type with the template", BYTES_OF(DOCUMENT("<code code='1'/><templateId root='1.2.3' extension='2024.01'/>")), SCHEMATRON_CLEAN, 1, 0, 0, NULL},
		{"a test that fails twice is told once", BYTES_OF(DOCUMENT("<code code='85208-7'/><templateId root='1.2.3' extension='2024.01'/><code code='2'/><x><code code='3'/></x>")),
		 SCHEMATRON_FINDINGS, 2, 1, 0, "schematron.MODEL_2024.01"},
	};
	char folder[] = "/tmp/relais-schematron-XXXXXX";
	struct arena *arena = arena_create(64u << 20);
	struct schematron_set *set = NULL;
	const char *values = "";
	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(schematron_load(arena, folder, &set, NULL), REASON_NOT_FOUND);
	add(arena, folder, model, &values);
	add(arena, folder, newer, &values);
	add(arena, folder, all, &values);
	assert_int_equal(schematron_load(arena, folder, &set, NULL), REASON_NONE);
	assert_int_equal(schematron_count(set), 3);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct schematron_result result;
		print_message("%s\n", cases[i].what);
		schematron_check(set, arena, cases[i].document, &result);
		assert_string_equal(schematron_state_name(result.state), schematron_state_name(cases[i].state));
		assert_int_equal(result.checked, cases[i].checked);
		assert_int_equal(result.n, cases[i].findings);
		assert_int_equal(result.unjudged, cases[i].unjudged);
		if (cases[i].rule != NULL)
			assert_string_equal(result.findings[0].rule, cases[i].rule);
	}
	schematron_close(&set);
	assert_null(set);
	/* A table whose value set is gone is not half loaded. */
	file_remove(folder, values);
	const char *at = "";
	assert_int_equal(schematron_load(arena, folder, &set, &at), REASON_SCHEMATRON_TABLE);
	assert_string_equal(at, values);
	const char *const names[] = {"MODEL_2024.01" SCHEMATRON_SUFFIX, "MODEL_2025.01" SCHEMATRON_SUFFIX, "every" SCHEMATRON_SUFFIX};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		file_remove(folder, names[i]);
	assert_int_equal(rmdir(folder), 0);
	arena_destroy(&arena);
}

/* A rule that asks each node for all others, over a document of many nodes: the bound ends it, and half of a judgement is none. */
static void ends_on_a_costly_rule(void **state)
{
	static const struct file costly[] = {{"profils/costly.sch", SCHEMA("<pattern><rule context='c:x'><assert test='count(//c:x[count(//c:x[@a = //c:x/@b]) = 1]) = 0'>x</assert></rule></pattern>")},
					     {NULL, NULL}};
	char folder[] = "/tmp/relais-schematron-XXXXXX";
	struct arena *arena = arena_create(64u << 20);
	struct schematron_set *set = NULL;
	struct schematron_result result;
	struct buf document = buf_make(1 << 20);
	const char *values;
	(void)state;
	assert_non_null(mkdtemp(folder));
	add(arena, folder, costly, &values);
	assert_int_equal(schematron_load(arena, folder, &set, NULL), REASON_NONE);
	buf_text(&document, "<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='FR'/>");
	for (size_t i = 0; i < 3000; i++)
		buf_text(&document, "<x a='1' b='2'/>");
	buf_text(&document, "</ClinicalDocument>");
	schematron_check(set, arena, buf_bytes(&document), &result);
	assert_int_equal(result.state, SCHEMATRON_NOT_CHECKED);
	assert_int_equal(result.n, 0);
	schematron_close(&set);
	buf_free(&document);
	file_remove(folder, "costly" SCHEMATRON_SUFFIX);
	assert_int_equal(rmdir(folder), 0);
	arena_destroy(&arena);
}

static void paths_stay_inside(void **state)
{
	static const struct {
		const char *from, *href, *to;
	} cases[] = {
		{"a/b.sch", "c.sch", "a/c.sch"},   {"a/b.sch", "../c.xml", "c.xml"},  {"a/b.sch", "../../c.xml", NULL}, {"b.sch", "../b.sch", NULL},
		{"a/b.sch", "./x//y", "a/x/y"},    {"a/b.sch", "/etc/passwd", NULL}, {"a/b.sch", "http://x/y", NULL},  {"a/b.sch", "x#y", NULL},
		{"a/b.sch", "x\\..\\y", NULL},     {"a/b.sch", "", NULL},            {"a/b.sch", "..", NULL},
	};
	struct arena *arena = arena_create(1 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *path = schematron_path(arena, cases[i].from, bytes_of_text(cases[i].href));
		print_message("%s\n", cases[i].href);
		if (cases[i].to == NULL)
			assert_null(path);
		else
			assert_string_equal(path, cases[i].to);
	}
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_it_leaves_out),
		cmocka_unit_test(expands),
		cmocka_unit_test(a_part_is_no_schematron),
		cmocka_unit_test(the_file_gives_back_the_table),
		cmocka_unit_test(judges),
		cmocka_unit_test(ends_on_a_costly_rule),
		cmocka_unit_test(paths_stay_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

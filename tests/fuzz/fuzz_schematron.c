/* tests/fuzz/fuzz_schematron.c - any bytes as an expression, as a regular expression, as a table's file, or as a schematron.
 *
 * The first byte says which. Whatever comes: no crash, an end within the bounds; what the rewriter writes, the evaluator takes; a table that is read is
 * written again to what reads back. */
#include <assert.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include "base/limits.h"
#include "cda/schematron_expr.h"
#include "cda/schematron_functions.h"
#include "cda/schematron_read.h"
#include "cda/schematron_regex.h"
#include "cda/xml_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bytes document = BYTES_OF(
	"<c:ClinicalDocument xmlns:c='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><c:realmCode code='FR'/><c:id root='1.2.3' extension='A b'/>"
	"<c:effectiveTime value='20240229120000+0100'/><c:code code='85208-7' xsi:type='c:CE'/><c:title>Avis \xc3\xa9</c:title>"
	"<c:author><c:time value='2024'/><c:id root='1'/><c:id root='2' nullFlavor='UNK'/></c:author></c:ClinicalDocument>");

static void silence(void *context, xmlErrorPtr error)
{
	(void)context, (void)error;
}

static bool yes(void *context, struct bytes name)
{
	(void)context;
	return bytes_equal(name, BYTES("c")) || bytes_equal(name, BYTES("xsi")) || bytes_equal(name, BYTES("v"));
}

static void evaluate(struct arena *arena, const struct x_scope *scope, struct bytes text)
{
	struct schematron_table table = {.n_subs = scope->n_subs};
	struct schematron_pair xsi = {"xsi", "http://www.w3.org/2001/XMLSchema-instance", NULL, NULL}, c = {"c", "urn:hl7-org:v3", NULL, &xsi};
	struct schematron_run run = {.arena = arena_create(8u << 20), .table = &table, .steps = 20000};
	xmlDocPtr doc = NULL;

	run.subs = arena_alloc(arena, (scope->n_subs + 1) * sizeof *run.subs);
	table.namespaces = &c;
	xmlXPathCompExprPtr compiled = xmlXPathCompile(text.at);
	for (size_t i = 0; i < scope->n_subs; i++)
		run.subs[i] = xmlXPathCompile(scope->subs[i].at);
	assert(xml_tree_read(document, 0, &doc) == REASON_NONE);
	xmlXPathContextPtr context = xmlXPathNewContext(doc);
	assert(schematron_functions_register(context, &run));
	xmlXPathRegisterVariable(context, (const xmlChar *)"v", xmlXPathNewNodeSet(xmlDocGetRootElement(doc)));
	context->error = silence;
	context->opLimit = 20000;
	context->node = run.current = xmlDocGetRootElement(doc);
	if (compiled != NULL)
		xmlXPathFreeObject(xmlXPathCompiledEval(compiled, context));
	xmlXPathFreeContext(context);
	for (size_t i = 0; i < scope->n_subs; i++)
		xmlXPathFreeCompExpr(run.subs[i]);
	xmlXPathFreeCompExpr(compiled);
	xmlFreeDoc(run.values);
	xmlFreeDoc(doc);
	arena_destroy(&run.arena);
}

static void expression(struct arena *arena, struct bytes text)
{
	struct x_scope scope = {arena, yes, yes, NULL, arena_alloc(arena, X_SUBS_MAX * sizeof(struct bytes)), 0};
	struct x_problem problem = {NULL, 0};
	struct bytes out, paths[8];
	size_t n = 0;

	if (!bytes_utf8(text) || bytes_find_byte(text, 0, 0) < text.len)
		return;
	if (x_write(&scope, text, &out, &problem))
		evaluate(arena, &scope, out);
	else
		assert(problem.what != NULL && problem.at <= text.len);
	if (x_write_context(&scope, text, paths, 8, &n, &problem))
		assert(n >= 1 && n <= 8);
}

static void regex(struct arena *arena, struct bytes text)
{
	size_t half = bytes_find_byte(text, '\n', 0);
	const struct regex *compiled = regex_compile(arena, bytes_slice(text, 0, half), BYTES_NONE);
	unsigned long steps = 100000;
	struct regex_match match;

	if (compiled == NULL)
		return;
	struct bytes subject = half < text.len ? bytes_from(text, half + 1) : BYTES_NONE;
	if (regex_search(compiled, subject, 0, &steps, &match) == REGEX_YES)
		for (size_t i = 0; i < REGEX_GROUPS; i++)
			assert(match.from[i] > match.to[i] || match.to[i] <= subject.len);
}

static void table(struct arena *arena, struct bytes text)
{
	struct schematron_table *first, *second;
	struct buf out = buf_make(LIMIT_SCHEMATRON_TABLE), again = buf_make(LIMIT_SCHEMATRON_TABLE);

	if (schematron_table_read(arena, text, &first) == REASON_NONE) {
		schematron_table_write(&out, first);
		assert(buf_ok(&out) && schematron_table_read(arena, buf_bytes(&out), &second) == REASON_NONE);
		schematron_table_write(&again, second);
		assert(bytes_equal(buf_bytes(&out), buf_bytes(&again)));
	}
	buf_free(&out);
	buf_free(&again);
}

static enum reason file_of(void *context, struct arena *arena, const char *path, struct bytes *out)
{
	(void)arena, (void)path;
	*out = *(struct bytes *)context;
	return REASON_NONE;
}

/* Every include, and every value set, is the file itself. */
static void schematron(struct arena *arena, struct bytes text)
{
	const struct schematron_source source = {file_of, &text};
	struct schematron_import out;
	struct schematron_table *read;
	struct buf file = buf_make(LIMIT_SCHEMATRON_TABLE);

	if (schematron_import(arena, &source, "a/b.sch", &out) == REASON_NONE) {
		schematron_table_write(&file, out.table);
		assert(schematron_table_read(arena, buf_bytes(&file), &read) == REASON_NONE);
	}
	buf_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ways[])(struct arena *arena, struct bytes text) = {expression, regex, table, schematron};
	struct arena *arena = arena_create(256u << 20);

	/* Long inputs tell nothing more, and cost much. */
	if (size > 1 && size < 20000) {
		xmlSetStructuredErrorFunc(NULL, silence);
		ways[data[0] % 4](arena, (struct bytes){data + 1, size - 1});
		xmlSetStructuredErrorFunc(NULL, NULL);
	}
	arena_destroy(&arena);
	return 0;
}

/* cda/schematron_read_expr.c - the expressions of a schematron: parameters, names, value sets, rewriting. A part of schematron_read.h. */
#include <libxml/xpath.h>
#include <string.h>

#include "cda/schematron_read_private.h"

enum { CONTEXTS_MAX = 200 };

/* --- parameters of abstract patterns --------------------------------------------------- */

bool rd_name_char(unsigned char c)
{
	unsigned char l = c | 0x20;
	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c >= 0x80;
}

static const struct param *param_at(const struct reading *r, struct bytes text)
{
	size_t len = 0;

	while (len < text.len && rd_name_char(text.at[len]))
		len++;
	for (size_t i = 0; i < r->n_params; i++)
		if (bytes_equal(r->params[i].name, bytes_slice(text, 0, len)))
			return &r->params[i];
	return NULL;
}

/* "$name" gives way to the parameter's text, also within a string, as the expansion of the standard has it. */
static struct bytes substituted(struct reading *r, struct bytes text)
{
	struct buf out = buf_make(1024 * 1024);

	if (r->n_params == 0)
		return text;
	for (size_t i = 0; i < text.len;) {
		const struct param *p = text.at[i] == '$' ? param_at(r, bytes_from(text, i + 1)) : NULL;
		buf_add(&out, p == NULL ? bytes_slice(text, i, 1) : p->value);
		i += p == NULL ? 1 : 1 + p->name.len;
	}
	/* What outgrew the bound is not half there: nothing of it is, and that is told as an expression that is missing. */
	struct bytes kept = buf_ok(&out) ? arena_copy(r->arena, buf_bytes(&out)) : BYTES_NONE;
	buf_free(&out);
	return kept;
}

struct bytes rd_attribute(struct reading *r, xmlNodePtr node, const char *name)
{
	return substituted(r, schematron_attribute(&r->parts, node, name));
}

/* --- what expressions may name ------------------------------------------------------------ */

bool rd_prefix_known(void *context, struct bytes prefix)
{
	const struct reading *r = context;

	for (const struct schematron_pair *p = r->table->namespaces; p != NULL; p = p->next)
		if (bytes_equal_text(prefix, p->a))
			return true;
	return bytes_equal(prefix, BYTES("xml"));
}

const struct known *rd_known(const struct reading *r, struct bytes name)
{
	for (size_t i = r->n_known; i > 0; i--)
		if (bytes_equal(r->known[i - 1].name, name))
			return &r->known[i - 1];
	return NULL;
}

bool rd_variable_known(void *context, struct bytes name)
{
	return rd_known(context, name) != NULL;
}

/* 'text' or "text", nothing else. */
struct bytes rd_literal(struct bytes expression)
{
	struct bytes e = bytes_trim(expression);

	if (e.len < 2 || (e.at[0] != '\'' && e.at[0] != '"') || e.at[e.len - 1] != e.at[0])
		return BYTES_NONE;
	struct bytes inner = bytes_slice(e, 1, e.len - 2);
	return bytes_find_byte(inner, e.at[0], 0) == inner.len ? inner : BYTES_NONE;
}

/* --- value sets ------------------------------------------------------------------------------- */

static void drop_blanks(xmlNodePtr node)
{
	for (xmlNodePtr child = node->children, next; child != NULL; child = next) {
		next = child->next;
		if (xmlIsBlankNode(child)) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		} else if (child->type == XML_ELEMENT_NODE) {
			drop_blanks(child);
		}
	}
}

static void keep_values(struct reading *r, const char *name, struct bytes content)
{
	for (const struct schematron_values *v = r->parts.out->values; v != NULL; v = v->next)
		if (strcmp(v->name, name) == 0)
			return;
	struct schematron_values *v = arena_alloc(r->arena, sizeof *v);
	*v = (struct schematron_values){name, arena_copy(r->arena, content), NULL};
	*r->values_end = v;
	r->values_end = &v->next;
}

/* Its name in the folder of tables; "" when it is not there. */
static const char *values_name(struct reading *r, const char *path, xmlNodePtr at)
{
	char digest[DIGEST_SHA256_TEXT];
	xmlChar *text = NULL;
	int len = 0;
	xmlDocPtr doc = schematron_doc(&r->parts, path, at);

	if (doc == NULL)
		return "";
	drop_blanks(xmlDocGetRootElement(doc));
	xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
	struct bytes content = {text, (size_t)len};
	digest_sha256_text(content, digest);
	const char *name = arena_printf(r->arena, "%s.xml", digest);
	keep_values(r, name, content);
	xmlFree(text);
	return name;
}

/* Paths count from the file of the schematron itself, as in the XSLT that stands beside it. */
static void take_file(struct reading *r, struct bytes written, xmlNodePtr at)
{
	const char *text = arena_text(r->arena, written);

	for (const struct schematron_pair *p = r->table->files; p != NULL; p = p->next)
		if (strcmp(p->a, text) == 0)
			return;
	const char *path = schematron_path(r->arena, (const char *)r->table->source.at, written);
	struct schematron_pair *p = arena_alloc(r->arena, sizeof *p);
	*p = (struct schematron_pair){.a = text, .b = ""};
	*r->file_end = p;
	r->file_end = &p->next;
	if (path == NULL)
		schematron_tell(&r->parts, at, "a value set outside of the folder: the tests that ask for it will not be judged", written);
	else
		p->b = values_name(r, path, at);
}

/* Every string that names an XML file. */
static void take_files(struct reading *r, struct bytes expression, xmlNodePtr at)
{
	for (size_t i = 0; i < expression.len; i++) {
		unsigned char quote = expression.at[i];
		if (quote != '\'' && quote != '"')
			continue;
		size_t end = bytes_find_byte(expression, quote, i + 1);
		struct bytes text = bytes_slice(expression, i + 1, end - i - 1);
		if (text.len < 300 && bytes_ends(text, BYTES(".xml")))
			take_file(r, text, at);
		i = end;
	}
}

/* --- expressions ---------------------------------------------------------------------------------- */

static bool compiles(struct bytes text)
{
	xmlXPathCompExprPtr compiled = xmlXPathCompile(text.at);
	bool good = compiled != NULL;

	xmlXPathFreeCompExpr(compiled);
	return good;
}

void rd_unknown(struct reading *r, xmlNodePtr at, const char *what, struct bytes expression)
{
	schematron_tell(&r->parts, at, what, expression);
	r->table->unknown++;
}

bool rd_expression(struct reading *r, xmlNodePtr at, struct bytes expression, struct bytes *out)
{
	struct x_problem problem = {0};
	size_t subs = r->scope.n_subs;

	take_files(r, expression, at);
	if (!x_write(&r->scope, expression, out, &problem)) {
		rd_unknown(r, at, problem.what, expression);
		return false;
	}
	bool good = compiles(*out);
	for (size_t i = subs; i < r->scope.n_subs && good; i++)
		good = compiles(r->scope.subs[i]);
	if (!good)
		rd_unknown(r, at, "an expression that the evaluator does not take", expression);
	return good;
}

bool rd_contexts(struct reading *r, xmlNodePtr at, struct schematron_rule *rule)
{
	struct bytes pattern = rd_attribute(r, at, "context"), paths[CONTEXTS_MAX];
	struct x_problem problem = {0};
	size_t n = 0;

	if (!x_write_context(&r->scope, pattern, paths, CONTEXTS_MAX, &n, &problem)) {
		rd_unknown(r, at, problem.what, pattern);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct schematron_expr *e = arena_alloc(r->arena, sizeof *e);
		*e = (struct schematron_expr){.text = paths[i], .next = rule->contexts};
		rule->contexts = e;
		if (!compiles(paths[i])) {
			rd_unknown(r, at, "a context that the evaluator does not take", pattern);
			return false;
		}
	}
	return true;
}

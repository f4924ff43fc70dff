/* cda/schematron_read.c - see schematron_read.h. */
#include "cda/schematron_read.h"

#include <libxml/xpath.h>
#include <string.h>

#include "base/limits.h"
#include "cda/schematron_expr.h"
#include "cda/schematron_source.h"
#include "cda/xml_library.h"
#include "cda/xml_tree.h"

enum { PARAMS_MAX = 30, CONTEXTS_MAX = 200, MESSAGE_MAX = 1500, NAMES_MAX = 4000 };

struct known {                          /* a variable that is in sight */
	struct bytes name, literal;     /* literal: its text, when it is one; at NULL otherwise */
};

struct pattern {
	xmlNodePtr node;
	struct schematron_nodes kids;
};

struct param {
	struct bytes name, value;
};

struct reading {
	struct schematron_parts parts;
	struct arena *arena;
	struct schematron_table *table;
	struct x_scope scope;
	struct pattern *patterns;
	size_t n_patterns;
	struct known known[NAMES_MAX];
	size_t n_known;
	struct param params[PARAMS_MAX]; /* of the abstract pattern that is being expanded */
	size_t n_params;
	struct schematron_item **let_end;
	struct schematron_pair **file_end;
	struct schematron_values **values_end;
	bool broken;                    /* of the pattern: a context that cannot be written */
};

/* --- parameters of abstract patterns --------------------------------------------------- */

static bool name_char(unsigned char c)
{
	unsigned char l = c | 0x20;
	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c >= 0x80;
}

static const struct param *param_at(const struct reading *r, struct bytes text)
{
	size_t len = 0;

	while (len < text.len && name_char(text.at[len]))
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
	struct bytes kept = arena_copy(r->arena, buf_bytes(&out));
	buf_free(&out);
	return kept;
}

static struct bytes attribute(struct reading *r, xmlNodePtr node, const char *name)
{
	return substituted(r, schematron_attribute(&r->parts, node, name));
}

/* --- what expressions may name ------------------------------------------------------------ */

static bool prefix_known(void *context, struct bytes prefix)
{
	const struct reading *r = context;

	for (const struct schematron_pair *p = r->table->namespaces; p != NULL; p = p->next)
		if (bytes_equal_text(prefix, p->a))
			return true;
	return bytes_equal(prefix, BYTES("xml"));
}

static const struct known *known_of(const struct reading *r, struct bytes name)
{
	for (size_t i = r->n_known; i > 0; i--)
		if (bytes_equal(r->known[i - 1].name, name))
			return &r->known[i - 1];
	return NULL;
}

static bool variable_known(void *context, struct bytes name)
{
	return known_of(context, name) != NULL;
}

/* 'text' or "text", nothing else. */
static struct bytes literal_of(struct bytes expression)
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

static void unknown(struct reading *r, xmlNodePtr at, const char *what, struct bytes expression)
{
	schematron_tell(&r->parts, at, what, expression);
	r->table->unknown++;
}

static bool expression_write(struct reading *r, xmlNodePtr at, struct bytes expression, struct bytes *out)
{
	struct x_problem problem = {0};
	size_t subs = r->scope.n_subs;

	take_files(r, expression, at);
	if (!x_write(&r->scope, expression, out, &problem)) {
		unknown(r, at, problem.what, expression);
		return false;
	}
	bool good = compiles(*out);
	for (size_t i = subs; i < r->scope.n_subs && good; i++)
		good = compiles(r->scope.subs[i]);
	if (!good)
		unknown(r, at, "an expression that the evaluator does not take", expression);
	return good;
}

static bool contexts_write(struct reading *r, xmlNodePtr at, struct schematron_rule *rule)
{
	struct bytes pattern = attribute(r, at, "context"), paths[CONTEXTS_MAX];
	struct x_problem problem = {0};
	size_t n = 0;

	if (!x_write_context(&r->scope, pattern, paths, CONTEXTS_MAX, &n, &problem)) {
		unknown(r, at, problem.what, pattern);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		struct schematron_expr *e = arena_alloc(r->arena, sizeof *e);
		*e = (struct schematron_expr){.text = paths[i], .next = rule->contexts};
		rule->contexts = e;
		if (!compiles(paths[i])) {
			unknown(r, at, "a context that the evaluator does not take", pattern);
			return false;
		}
	}
	return true;
}

/* --- messages ------------------------------------------------------------------------------------------ */

static void add_message(struct reading *r, struct buf *out, xmlNodePtr node);

/* What is known beforehand is said; what the document says is not repeated. */
static void add_value(struct reading *r, struct buf *out, xmlNodePtr node)
{
	struct bytes select = bytes_trim(attribute(r, node, "select"));
	struct bytes literal = literal_of(select);
	const struct known *known = select.len > 1 && select.at[0] == '$' ? known_of(r, bytes_from(select, 1)) : NULL;

	if (literal.at == NULL && known != NULL)
		literal = known->literal;
	if (literal.at != NULL)
		buf_add(out, literal);
	else
		buf_text(out, "\xe2\x80\xa6");
}

static void add_message(struct reading *r, struct buf *out, xmlNodePtr node)
{
	for (xmlNodePtr child = node->children; child != NULL; child = child->next) {
		if (child->type == XML_TEXT_NODE)
			buf_add(out, bytes_of_text((const char *)child->content));
		else if (schematron_is(child, "value-of"))
			add_value(r, out, child);
		else if (schematron_is(child, "name"))
			buf_text(out, "\xe2\x80\xa6");
		else if (child->type == XML_ELEMENT_NODE)
			add_message(r, out, child);
	}
}

/* Blanks become one, the end is cut between two characters. */
static const char *message_of(struct reading *r, xmlNodePtr node)
{
	struct buf out = buf_make(256 * 1024);
	bool blank = true;

	add_message(r, &out, node);
	struct bytes text = buf_bytes(&out);
	unsigned char *to = arena_alloc(r->arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len && (n < MESSAGE_MAX || (text.at[i] & 0xc0) == 0x80); i++) {
		bool is = text.at[i] <= ' ';
		if (!is)
			to[n++] = text.at[i];
		else if (!blank)
			to[n++] = ' ';
		blank = is;
	}
	if (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	buf_free(&out);
	return (const char *)to;
}

/* --- which documents --------------------------------------------------------------------------------------- */

static void add_word(struct reading *r, struct schematron_word **list, struct bytes text)
{
	/* Those of every French document say nothing of a model. */
	if (bytes_equal(text, BYTES("2.16.840.1.113883.2.8.2.1")) || bytes_equal(text, BYTES("1.2.250.1.213.1.1.1.1")))
		return;
	for (; *list != NULL; list = &(*list)->next)
		if (bytes_equal((*list)->text, text))
			return;
	*list = arena_alloc(r->arena, sizeof **list);
	(*list)->text = arena_copy(r->arena, text);
}

/* Every 'text' behind the words: templateId[@root = 'text'], code[@code='text']. */
static void add_words(struct reading *r, struct bytes expression, const char *words, struct schematron_word **list)
{
	struct bytes needle = bytes_of_text(words);

	for (size_t at = bytes_find(expression, needle, 0); at < expression.len; at = bytes_find(expression, needle, at + 1)) {
		struct bytes rest = bytes_trim(bytes_from(expression, at + needle.len));
		/* "code" must not be the end of a longer name. */
		if (at > 0 && name_char(expression.at[at - 1]))
			continue;
		if (rest.len == 0 || rest.at[0] != '=')
			continue;
		rest = bytes_trim(bytes_from(rest, 1));
		if (rest.len == 0 || (rest.at[0] != '\'' && rest.at[0] != '"'))
			continue;
		add_word(r, list, bytes_slice(rest, 1, bytes_find_byte(rest, rest.at[0], 1) - 1));
	}
}

/* What the rules ask of the document as a whole tells for which model they are. */
static void learn(struct reading *r, struct bytes context, struct bytes test)
{
	struct bytes last = bytes_trim(context);

	if (!bytes_ends(last, BYTES("ClinicalDocument")) || bytes_contains(test, BYTES("not(")) || bytes_contains(test, BYTES("!=")))
		return;
	add_words(r, test, "templateId[@root", &r->table->templates);
	add_words(r, test, "templateId/@root", &r->table->templates);
	add_words(r, test, "code[@code", &r->table->types);
	add_words(r, test, "code/@code", &r->table->types);
}

/* --- rules ------------------------------------------------------------------------------------------------------ */

static bool let_write(struct reading *r, xmlNodePtr node, struct schematron_item ***end)
{
	struct bytes name = attribute(r, node, "name"), value = attribute(r, node, "value"), text;

	if (name.len == 0 || value.len == 0) {
		unknown(r, node, "a let without a name or a value", BYTES_NONE);
		return false;
	}
	if (r->n_known == NAMES_MAX || !expression_write(r, node, value, &text))
		return false;
	struct schematron_item *item = arena_alloc(r->arena, sizeof *item);
	*item = (struct schematron_item){.kind = SCHEMATRON_LET, .name = arena_text(r->arena, name), .line = (unsigned)xmlGetLineNo(node), .expr = {.text = text}};
	**end = item;
	*end = &item->next;
	r->known[r->n_known++] = (struct known){name, literal_of(value)};
	return true;
}

static enum cda_level level_of(struct bytes role)
{
	return bytes_starts_nocase(role, BYTES("info")) || bytes_starts_nocase(role, BYTES("warn")) ? CDA_LEVEL_INFO : CDA_LEVEL_WARNING;
}

static void test_write(struct reading *r, xmlNodePtr node, struct bytes context, struct schematron_item ***end)
{
	struct bytes test = attribute(r, node, "test"), text;

	if (!expression_write(r, node, test, &text))
		return;
	struct schematron_item *item = arena_alloc(r->arena, sizeof *item);
	bool assertion = schematron_is(node, "assert");
	*item = (struct schematron_item){.kind = assertion ? SCHEMATRON_ASSERT : SCHEMATRON_REPORT,
					 .level = level_of(attribute(r, node, "role")),
					 .message = message_of(r, node),
					 .line = (unsigned)xmlGetLineNo(node),
					 .expr = {.text = text}};
	**end = item;
	*end = &item->next;
	r->table->tests++;
	if (assertion)
		learn(r, context, test);
}

static xmlNodePtr abstract_rule(struct reading *r, struct bytes id)
{
	for (size_t p = 0; p < r->n_patterns; p++)
		for (size_t i = 0; i < r->patterns[p].kids.n; i++) {
			xmlNodePtr node = r->patterns[p].kids.at[i];
			if (schematron_is(node, "rule") && bytes_equal(schematron_attribute(&r->parts, node, "abstract"), BYTES("true")) &&
			    bytes_equal(schematron_attribute(&r->parts, node, "id"), id))
				return node;
		}
	return NULL;
}

static void items_write(struct reading *r, xmlNodePtr rule, struct bytes context, struct schematron_item ***end, unsigned nest)
{
	struct schematron_nodes kids = schematron_children(&r->parts, rule);

	for (size_t i = 0; i < kids.n; i++) {
		xmlNodePtr node = kids.at[i];
		if (schematron_is(node, "let")) {
			(void)let_write(r, node, end);
		} else if (schematron_is(node, "assert") || schematron_is(node, "report")) {
			test_write(r, node, context, end);
		} else if (schematron_is(node, "extends")) {
			struct bytes id = attribute(r, node, "rule");
			xmlNodePtr from = nest < LIMIT_SCHEMATRON_NEST ? abstract_rule(r, id) : NULL;
			if (from == NULL)
				unknown(r, node, "a rule is extended that is not there, or extends itself", id);
			else
				items_write(r, from, context, end, nest + 1);
		}
	}
}

static void rule_write(struct reading *r, xmlNodePtr node, struct schematron_rule ***end)
{
	struct schematron_rule *rule = arena_alloc(r->arena, sizeof *rule);
	struct schematron_item **item_end = &rule->items;
	size_t known = r->n_known;

	*rule = (struct schematron_rule){.line = (unsigned)xmlGetLineNo(node), .file = bytes_of_text(node->doc->_private)};
	r->broken |= !contexts_write(r, node, rule);
	items_write(r, node, attribute(r, node, "context"), &item_end, 0);
	r->n_known = known;
	**end = rule;
	*end = &rule->next;
	r->table->rules++;
}

/* --- patterns ------------------------------------------------------------------------------------------------------ */

static const struct pattern *pattern_of(struct reading *r, struct bytes id)
{
	for (size_t i = 0; i < r->n_patterns; i++)
		if (bytes_equal(schematron_attribute(&r->parts, r->patterns[i].node, "id"), id))
			return &r->patterns[i];
	return NULL;
}

static bool is_abstract(struct reading *r, const struct pattern *p)
{
	return bytes_equal(schematron_attribute(&r->parts, p->node, "abstract"), BYTES("true"));
}

static void take_params(struct reading *r, const struct pattern *p)
{
	r->n_params = 0;
	for (size_t i = 0; i < p->kids.n; i++) {
		if (!schematron_is(p->kids.at[i], "param"))
			continue;
		if (r->n_params == PARAMS_MAX) {
			unknown(r, p->kids.at[i], "too many parameters", BYTES_NONE);
			return;
		}
		r->params[r->n_params++] = (struct param){schematron_attribute(&r->parts, p->kids.at[i], "name"),
							  schematron_attribute(&r->parts, p->kids.at[i], "value")};
	}
}

/* The pattern itself, or the abstract one that it is made of, with its parameters set. */
static const struct pattern *real_pattern(struct reading *r, const struct pattern *p)
{
	struct bytes of = schematron_attribute(&r->parts, p->node, "is-a");

	r->n_params = 0;
	if (of.len == 0)
		return p;
	const struct pattern *abstract = pattern_of(r, of);
	if (abstract == NULL || !is_abstract(r, abstract)) {
		unknown(r, p->node, "an abstract pattern that is not there", of);
		return NULL;
	}
	take_params(r, p);
	return abstract;
}

static void pattern_lets(struct reading *r, const struct pattern *p)
{
	const struct pattern *real = real_pattern(r, p);

	for (size_t i = 0; real != NULL && i < real->kids.n; i++)
		if (schematron_is(real->kids.at[i], "let"))
			(void)let_write(r, real->kids.at[i], &r->let_end);
	r->n_params = 0;
}

static void pattern_write(struct reading *r, const struct pattern *p, struct schematron_pattern ***end)
{
	const struct pattern *real = real_pattern(r, p);
	struct schematron_pattern *pattern = arena_alloc(r->arena, sizeof *pattern);
	struct schematron_rule **rule_end = &pattern->rules;
	size_t rules = r->table->rules, tests = r->table->tests;

	pattern->id = schematron_attribute(&r->parts, p->node, "id");
	r->broken = false;
	for (size_t i = 0; real != NULL && i < real->kids.n; i++) {
		xmlNodePtr node = real->kids.at[i];
		if (schematron_is(node, "rule") && !bytes_equal(schematron_attribute(&r->parts, node, "abstract"), BYTES("true")))
			rule_write(r, node, &rule_end);
	}
	r->n_params = 0;
	if (r->broken) {
		/* Without one of its rules, the others would fire where it should have. */
		schematron_tell(&r->parts, p->node, "the pattern is left out, because of a context that cannot be written", pattern->id);
		r->table->rules = rules;
		r->table->tests = tests;
		return;
	}
	if (pattern->rules == NULL)
		return;
	**end = pattern;
	*end = &pattern->next;
}

/* --- the schematron -------------------------------------------------------------------------------------------------- */

static void namespaces(struct reading *r, const struct schematron_nodes *top)
{
	struct schematron_pair **end = &r->table->namespaces;

	for (size_t i = 0; i < top->n; i++) {
		if (!schematron_is(top->at[i], "ns"))
			continue;
		struct schematron_pair *p = arena_alloc(r->arena, sizeof *p);
		p->a = arena_text(r->arena, schematron_attribute(&r->parts, top->at[i], "prefix"));
		p->b = arena_text(r->arena, schematron_attribute(&r->parts, top->at[i], "uri"));
		*end = p;
		end = &p->next;
	}
}

static void collect_patterns(struct reading *r, const struct schematron_nodes *top)
{
	r->patterns = arena_alloc(r->arena, (top->n + 1) * sizeof *r->patterns);
	for (size_t i = 0; i < top->n; i++)
		if (schematron_is(top->at[i], "pattern"))
			r->patterns[r->n_patterns++] = (struct pattern){top->at[i], schematron_children(&r->parts, top->at[i])};
}

/* The element of the default phase; NULL: all patterns count. */
static xmlNodePtr default_phase(struct reading *r, xmlNodePtr root, const struct schematron_nodes *top)
{
	struct bytes id = schematron_attribute(&r->parts, root, "defaultPhase");

	if (id.len == 0 || bytes_equal(id, BYTES("#ALL")))
		return NULL;
	for (size_t i = 0; i < top->n; i++)
		if (schematron_is(top->at[i], "phase") && bytes_equal(schematron_attribute(&r->parts, top->at[i], "id"), id))
			return top->at[i];
	unknown(r, root, "the default phase is not there: all patterns count", id);
	return NULL;
}

static bool is_active(struct reading *r, xmlNodePtr phase, const struct pattern *p)
{
	if (is_abstract(r, p))
		return false;
	if (phase == NULL)
		return true;
	struct bytes id = schematron_attribute(&r->parts, p->node, "id");
	for (xmlNodePtr child = phase->children; child != NULL; child = child->next)
		if (schematron_is(child, "active") && bytes_equal(schematron_attribute(&r->parts, child, "pattern"), id))
			return true;
	return false;
}

static void lets_of(struct reading *r, const struct schematron_nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++)
		if (schematron_is(nodes->at[i], "let"))
			(void)let_write(r, nodes->at[i], &r->let_end);
}

static void schema_write(struct reading *r, xmlNodePtr root)
{
	struct schematron_nodes top = schematron_children(&r->parts, root);
	struct schematron_pattern **end = &r->table->patterns;

	namespaces(r, &top);
	collect_patterns(r, &top);
	xmlNodePtr phase = default_phase(r, root, &top);
	lets_of(r, &top);
	if (phase != NULL) {
		struct schematron_nodes kids = schematron_children(&r->parts, phase);
		lets_of(r, &kids);
	}
	for (size_t i = 0; i < r->n_patterns; i++)
		if (is_active(r, phase, &r->patterns[i]))
			pattern_lets(r, &r->patterns[i]);
	for (size_t i = 0; i < r->n_patterns; i++)
		if (is_active(r, phase, &r->patterns[i]))
			pattern_write(r, &r->patterns[i], &end);
}

/* "folder/CI-SIS_X_2022.01.sch" is called CI-SIS_X_2022.01; other characters than the plain ones become "-". */
static struct bytes name_of(struct arena *arena, const char *path)
{
	struct bytes name = bytes_of_text(path);

	for (size_t slash = bytes_find_byte(name, '/', 0); slash < name.len; slash = bytes_find_byte(name, '/', 0))
		name = bytes_from(name, slash + 1);
	if (bytes_ends(name, BYTES(".sch")))
		name.len -= 4;
	unsigned char *out = arena_alloc(arena, name.len + 1);
	for (size_t i = 0; i < name.len; i++)
		out[i] = name.at[i] < 0x80 && name_char(name.at[i]) ? name.at[i] : '-';
	return (struct bytes){out, name.len > 120 ? 120 : name.len};
}

static void finish(struct reading *r)
{
	unsigned char raw[DIGEST_SHA256];
	char text[DIGEST_SHA256_TEXT];
	struct schematron_expr **end = &r->table->subs;

	for (size_t i = 0; i < r->scope.n_subs; i++) {
		*end = arena_alloc(r->arena, sizeof **end);
		(*end)->text = r->scope.subs[i];
		end = &(*end)->next;
	}
	r->table->n_subs = r->scope.n_subs;
	digest_end(&r->parts.digest, raw);
	digest_text(raw, text);
	r->table->digest = arena_copy(r->arena, bytes_of_text(text));
}

enum reason schematron_import(struct arena *arena, const struct schematron_source *source, const char *path, struct schematron_import *out)
{
	struct reading *r = arena_alloc(arena, sizeof *r);
	enum reason reason = REASON_SCHEMATRON_FORM;

	*out = (struct schematron_import){.table = arena_alloc(arena, sizeof *out->table)};
	r->arena = arena;
	r->table = out->table;
	r->parts = (struct schematron_parts){.arena = arena, .source = source, .out = out, .problem_end = &out->problems, .digest = digest_start()};
	r->scope = (struct x_scope){arena, prefix_known, variable_known, r, arena_alloc(arena, X_SUBS_MAX * sizeof(struct bytes)), 0};
	r->let_end = &out->table->lets;
	r->file_end = &out->table->files;
	r->values_end = &out->values;
	out->table->source = arena_copy(arena, bytes_of_text(path));
	schematron_table_name(arena, out->table, name_of(arena, path));
	xmlSetStructuredErrorFunc(NULL, xml_library_silence);
	xmlDocPtr doc = schematron_doc(&r->parts, path, NULL);
	xmlNodePtr root = doc == NULL ? NULL : xmlDocGetRootElement(doc);
	if (root != NULL) {
		reason = schematron_is(root, "schema") ? REASON_NONE : REASON_NOT_FOUND;
		/* What stands in "profils" is for every document, the rest is for the model that its rules name. */
		out->table->every = bytes_starts(out->table->source, BYTES("profils/")) || bytes_contains(out->table->source, BYTES("/profils/"));
	}
	if (reason == REASON_NONE) {
		schema_write(r, root);
		finish(r);
	}
	xmlSetStructuredErrorFunc(NULL, NULL);
	schematron_parts_free(&r->parts);
	return reason;
}

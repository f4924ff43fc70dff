/* cda/schematron_read.c - see schematron_read.h: patterns, phases, and the whole. */
#include "cda/schematron_read_private.h"
#include "cda/xml_library.h"

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
			rd_unknown(r, p->kids.at[i], "too many parameters", BYTES_NONE);
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
		rd_unknown(r, p->node, "an abstract pattern that is not there", of);
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
			rd_let(r, real->kids.at[i], &r->let_end);
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
			rd_rule(r, node, &rule_end);
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
	rd_unknown(r, root, "the default phase is not there: all patterns count", id);
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
			rd_let(r, nodes->at[i], &r->let_end);
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
		out[i] = name.at[i] < 0x80 && rd_name_char(name.at[i]) ? name.at[i] : '-';
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
	r->scope = (struct x_scope){arena, rd_prefix_known, rd_variable_known, r, arena_alloc(arena, X_SUBS_MAX * sizeof(struct bytes)), 0};
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

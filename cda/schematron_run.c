/* cda/schematron_run.c - holds documents against loaded schematrons: the second half of schematron_run.h.
 *
 * Invariants:
 * 1. A node fires at most one rule of a pattern, the first whose context it matches: each node carries the number of the pattern
 *    that it fired in last (its private field).
 * 2. A test whose expression failed, or asked for a value set that is not there, counts as not judged, never as kept or broken. */
#include "cda/schematron_run.h"

#include <libxml/xpathInternals.h>
#include <time.h>

#include "cda/schematron_functions.h"
#include "cda/schematron_set.h"
#include "cda/xml_library.h"
#include "cda/xml_tree.h"

#define CDA_NS (const xmlChar *)"urn:hl7-org:v3"

enum { RUN_ROOM = 48 * 1024 * 1024 };

struct checking {
	const struct schematron_set *set;
	const struct schematron_loaded *loaded;
	struct arena *arena;
	xmlDocPtr doc;
	xmlXPathContextPtr xpath;
	struct schematron_run run;
	const struct schematron_watch *watch;
	struct schematron_result *out;
	uintptr_t stamp;                /* number of the pattern, over all schematrons of the document */
	unsigned long ops, steps;       /* done so far */
	size_t values;
	bool stopped;                   /* a bound was reached */
	const struct schematron_item *told[LIMIT_SCHEMATRON_FINDINGS];
};

/* --- one test -------------------------------------------------------------------------- */

static bool out_of_time(void)
{
	struct timespec used;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0 && used.tv_sec >= LIMIT_SCHEMATRON_CPU_SECONDS;
}

/* NULL: it failed, or says nothing. */
static xmlXPathObjectPtr value_of(struct checking *c, struct schematron_expr *expr, xmlNodePtr node)
{
	c->run.unjudged = false;
	c->xpath->node = node;
	c->xpath->contextSize = c->xpath->proximityPosition = 1;
	xmlXPathObjectPtr value = xmlXPathCompiledEval(expr->compiled, c->xpath);
	if (c->xpath->opCount >= c->xpath->opLimit || c->run.steps == 0)
		c->stopped = true;
	if (value != NULL && c->run.unjudged) {
		xmlXPathFreeObject(value);
		value = NULL;
	}
	return value;
}

static void tell(struct checking *c, const struct schematron_item *item)
{
	struct schematron_result *out = c->out;

	out->state = SCHEMATRON_FINDINGS;
	for (size_t i = 0; i < out->n; i++)
		if (c->told[i] == item)
			return;
	if (out->n == LIMIT_SCHEMATRON_FINDINGS)
		return;
	c->told[out->n] = item;
	out->findings[out->n++] = (struct cda_finding){.rule = c->loaded->rule, .level = item->level, .text = item->message, .text_fr = item->message,
							.source = (const char *)c->loaded->table->source.at};
}

static void test(struct checking *c, struct schematron_item *item, xmlNodePtr node, size_t pattern, size_t rule, size_t number)
{
	xmlXPathObjectPtr value = value_of(c, &item->expr, node);

	if (value == NULL) {
		c->out->unjudged++;
		return;
	}
	bool truth = xmlXPathCastToBoolean(value) != 0;
	xmlXPathFreeObject(value);
	if (truth == (item->kind == SCHEMATRON_ASSERT))
		return;
	tell(c, item);
	if (c->watch != NULL)
		c->watch->failed(c->watch->context, pattern, rule, number);
}

/* A let that cannot be evaluated leaves its variable unbound: what uses it is not judged. */
static void let(struct checking *c, struct schematron_item *item, xmlNodePtr node)
{
	xmlXPathRegisterVariable(c->xpath, (const xmlChar *)item->name, NULL);
	xmlXPathObjectPtr value = value_of(c, &item->expr, node);
	if (value != NULL)
		xmlXPathRegisterVariable(c->xpath, (const xmlChar *)item->name, value);
}

/* --- rules -------------------------------------------------------------------------------- */

static void fire(struct checking *c, struct schematron_rule *rule, xmlNodePtr node, size_t pattern, size_t number)
{
	size_t tests = 0;

	if (c->watch != NULL)
		c->watch->fired(c->watch->context, pattern, number);
	c->run.current = node;
	for (struct schematron_item *item = rule->items; item != NULL && !c->stopped; item = item->next) {
		if (item->kind == SCHEMATRON_LET)
			let(c, item, node);
		else
			test(c, item, node, pattern, number, tests++);
	}
}

static void walk(struct checking *c, struct schematron_rule *rule, xmlNodeSetPtr nodes, size_t pattern, size_t number)
{
	for (int i = 0; nodes != NULL && i < nodes->nodeNr && !c->stopped; i++) {
		xmlNodePtr node = nodes->nodeTab[i];
		/* A namespace is no context, and has no place for the mark. */
		if (node->type == XML_NAMESPACE_DECL || (uintptr_t)node->_private == c->stamp)
			continue;
		node->_private = (void *)c->stamp;
		fire(c, rule, node, pattern, number);
	}
}

static void rule_run(struct checking *c, struct schematron_rule *rule, size_t pattern, size_t number)
{
	for (struct schematron_expr *context = rule->contexts; context != NULL && !c->stopped; context = context->next) {
		c->run.current = (xmlNodePtr)c->doc;
		xmlXPathObjectPtr found = value_of(c, context, (xmlNodePtr)c->doc);
		if (found == NULL)
			c->out->unjudged++;
		else if (found->type == XPATH_NODESET)
			walk(c, rule, found->nodesetval, pattern, number);
		xmlXPathFreeObject(found);
	}
}

static void pattern_run(struct checking *c, struct schematron_pattern *p, size_t pattern)
{
	size_t number = 0;

	c->stamp++;
	for (struct schematron_rule *rule = p->rules; rule != NULL && !c->stopped; rule = rule->next) {
		c->stopped |= out_of_time();
		rule_run(c, rule, pattern, number++);
	}
}

static void table_run(struct checking *c, struct schematron_table *table)
{
	size_t pattern = 0;

	for (struct schematron_item *item = table->lets; item != NULL && !c->stopped; item = item->next)
		let(c, item, (xmlNodePtr)c->doc);
	for (struct schematron_pattern *p = table->patterns; p != NULL && !c->stopped; p = p->next)
		pattern_run(c, p, pattern++);
}

/* One schematron with an evaluator of its own; what is left of the bounds goes from one to the next. */
static void schematron_run(struct checking *c, const struct schematron_loaded *loaded)
{
	struct arena *arena = arena_create(RUN_ROOM);

	c->loaded = loaded;
	c->run = (struct schematron_run){.arena = arena, .table = loaded->table, .subs = loaded->subs, .steps = LIMIT_SCHEMATRON_STEPS - c->steps, .n_values = c->values};
	c->xpath = xmlXPathNewContext(c->doc);
	if (c->xpath == NULL || !schematron_functions_register(c->xpath, &c->run)) {
		c->stopped = true;
	} else {
		c->xpath->error = xml_library_silence;
		c->xpath->opLimit = LIMIT_SCHEMATRON_STEPS;
		c->xpath->opCount = c->ops;
		xmlXPathContextSetCache(c->xpath, 1, -1, 0);
		table_run(c, loaded->table);
		c->ops = c->xpath->opCount;
		c->steps = LIMIT_SCHEMATRON_STEPS - c->run.steps;
		c->values = c->run.n_values;
		c->out->checked++;
	}
	xmlXPathFreeContext(c->xpath);
	xmlFreeDoc(c->run.values);
	arena_destroy(&arena);
}

/* --- which apply -------------------------------------------------------------------------------- */

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns != NULL && xmlStrEqual(node->ns->href, CDA_NS) && xmlStrEqual(node->name, (const xmlChar *)name);
}

static bool has_value(xmlNodePtr node, const char *attribute, struct bytes value)
{
	xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)attribute);
	bool same = text != NULL && bytes_equal_text(value, (const char *)text);

	xmlFree(text);
	return same;
}

static bool child_has(xmlNodePtr root, const char *name, const char *attribute, struct bytes value)
{
	for (xmlNodePtr child = root->children; child != NULL; child = child->next)
		if (is_element(child, name) && has_value(child, attribute, value))
			return true;
	return false;
}

static bool any_child_has(xmlNodePtr root, const char *name, const char *attribute, const struct schematron_word *of)
{
	for (; of != NULL; of = of->next)
		if (child_has(root, name, attribute, of->text))
			return true;
	return false;
}

/* The model's rules ask for a type, for templates, or for both. */
static bool applies(const struct schematron_table *t, xmlNodePtr root)
{
	if (t->every)
		return true;
	if (t->types == NULL && t->templates == NULL)
		return false;
	return (t->types == NULL || any_child_has(root, "code", "code", t->types)) &&
	       (t->templates == NULL || any_child_has(root, "templateId", "root", t->templates));
}

static bool names_version(const struct schematron_table *t, xmlNodePtr root)
{
	return t->version.len > 0 && child_has(root, "templateId", "extension", t->version);
}

static int version_order(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.at[i] != b.at[i])
			return a.at[i] > b.at[i] ? 1 : -1;
	return (a.len > b.len) - (a.len < b.len);
}

/* Of several versions of a model: the one that the document names, else the newest. */
static bool is_the_version(const struct schematron_set *set, const struct schematron_table *t, xmlNodePtr root)
{
	bool named = names_version(t, root);

	for (size_t i = 0; i < set->n; i++) {
		const struct schematron_table *other = set->all[i].table;
		if (other == t || !bytes_equal(other->family, t->family) || !applies(other, root))
			continue;
		bool other_named = names_version(other, root);
		if (other_named != named ? other_named : version_order(other->version, t->version) > 0)
			return false;
	}
	return true;
}

/* --- a document ------------------------------------------------------------------------------------ */

static bool begin(struct checking *c, const struct schematron_set *set, struct arena *arena, struct bytes document, struct schematron_result *out)
{
	*out = (struct schematron_result){0};
	*c = (struct checking){.set = set, .arena = arena, .out = out};
	if (set == NULL || out_of_time() || xml_tree_read(document, LIMIT_SCHEMATRON_TEXT, &c->doc) != REASON_NONE)
		return false;
	out->findings = arena_alloc(arena, LIMIT_SCHEMATRON_FINDINGS * sizeof *out->findings);
	xmlXPathOrderDocElems(c->doc);
	return true;
}

static void end(struct checking *c)
{
	struct schematron_result *out = c->out;

	xmlFreeDoc(c->doc);
	if (c->stopped) {
		/* Half of a judgement is none. */
		out->state = SCHEMATRON_NOT_CHECKED;
		out->n = 0;
	} else if (out->checked > 0 && out->state == SCHEMATRON_NOT_CHECKED) {
		out->state = SCHEMATRON_CLEAN;
	}
}

void schematron_check(const struct schematron_set *set, struct arena *arena, struct bytes document, struct schematron_result *out)
{
	struct checking c;

	if (!begin(&c, set, arena, document, out))
		return;
	xmlNodePtr root = xmlDocGetRootElement(c.doc);
	bool french = is_element(root, "ClinicalDocument") && child_has(root, "realmCode", "code", BYTES("FR"));
	for (size_t i = 0; french && i < set->n && !c.stopped; i++)
		if (applies(set->all[i].table, root) && is_the_version(set, set->all[i].table, root))
			schematron_run(&c, &set->all[i]);
	end(&c);
}

void schematron_check_one(const struct schematron_set *set, size_t i, struct arena *arena, struct bytes document, const struct schematron_watch *watch,
			  struct schematron_result *out)
{
	struct checking c;

	if (!begin(&c, set, arena, document, out))
		return;
	c.watch = watch;
	schematron_run(&c, &set->all[i]);
	end(&c);
}

const char *schematron_state_name(enum schematron_state state)
{
	static const char *const names[] = {"not-checked", "clean", "findings"};
	return names[state];
}

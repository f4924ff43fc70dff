/* cda/schematron_functions.c - see schematron_functions.h. Arguments stand on the evaluator's stack; each function takes exactly as many as it was
 * called with and puts one result back. */
#include "cda/schematron_functions.h"

#include <libxml/xpathInternals.h>
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "cda/schematron_expr.h"
#include "cda/schematron_functions_private.h"

struct schematron_run *fn_run(xmlXPathParserContextPtr eval)
{
	return eval->context->userData;
}

/* The i-th of n arguments, still on the stack. */
xmlXPathObjectPtr fn_argument(xmlXPathParserContextPtr eval, int n, int i)
{
	return eval->valueTab[eval->valueNr - n + i];
}

void fn_give(xmlXPathParserContextPtr eval, int n, xmlXPathObjectPtr result)
{
	for (int i = 0; i < n; i++)
		xmlXPathFreeObject(valuePop(eval));
	if (result == NULL)
		xmlXPathErr(eval, XPATH_MEMORY_ERROR);
	else
		valuePush(eval, result);
}

/* The result says nothing: what it needs is not there. */
void fn_give_up(xmlXPathParserContextPtr eval, int n)
{
	fn_run(eval)->unjudged = true;
	fn_give(eval, n, xmlXPathNewBoolean(0));
}

bool fn_has_arguments(xmlXPathParserContextPtr eval, int n, int min, int max)
{
	if (n >= min && n <= max && eval->valueNr >= n)
		return true;
	xmlXPathErr(eval, XPATH_INVALID_ARITY);
	return false;
}

/* --- items of a value ---------------------------------------------------------------- */

bool fn_is_nodes(const xmlXPathObject *value)
{
	return value->type == XPATH_NODESET || value->type == XPATH_XSLT_TREE;
}

int fn_items(const xmlXPathObject *value)
{
	if (!fn_is_nodes(value))
		return 1;
	return value->nodesetval == NULL ? 0 : value->nodesetval->nodeNr;
}

/* In the arena of the run; when that is full, the test is not judged. */
struct bytes fn_kept(struct schematron_run *run, xmlChar *text)
{
	struct bytes from = bytes_of_text((const char *)text);
	unsigned char *copy = arena_try(run->arena, from.len + 1);

	if (copy != NULL && from.len > 0)
		memcpy(copy, from.at, from.len);
	run->unjudged |= copy == NULL || text == NULL;
	xmlFree(text);
	return copy == NULL ? BYTES_NONE : (struct bytes){copy, from.len};
}

/* The caller frees it. */
xmlChar *fn_item_chars(xmlXPathObjectPtr value, int i)
{
	return fn_is_nodes(value) ? xmlXPathCastNodeToString(value->nodesetval->nodeTab[i]) : xmlXPathCastToString(value);
}

struct bytes fn_item_text(struct schematron_run *run, xmlXPathObjectPtr value, int i)
{
	return fn_kept(run, fn_item_chars(value, i));
}

struct bytes fn_text(struct schematron_run *run, xmlXPathObjectPtr value)
{
	return fn_items(value) == 0 ? BYTES_NONE : fn_item_text(run, value, 0);
}

xmlXPathObjectPtr fn_new_text(struct bytes text)
{
	return xmlXPathWrapString(xmlStrndup(text.at != NULL ? text.at : (const xmlChar *)"", (int)text.len));
}

/* A plain value as a node. NULL: too many. */
static xmlNodePtr value_node(struct schematron_run *run, struct bytes text)
{
	if (run->values == NULL) {
		run->values = xmlNewDoc(NULL);
		xmlNodePtr root = run->values == NULL ? NULL : xmlNewDocNode(run->values, NULL, (const xmlChar *)"values", NULL);
		if (root != NULL)
			xmlDocSetRootElement(run->values, root);
	}
	xmlNodePtr root = run->values == NULL ? NULL : xmlDocGetRootElement(run->values);
	if (root == NULL || ++run->n_values > LIMIT_SCHEMATRON_VALUES)
		return NULL;
	xmlNodePtr node = xmlNewDocNode(run->values, NULL, (const xmlChar *)"value", NULL);
	xmlNodePtr content = node == NULL ? NULL : xmlNewDocTextLen(run->values, text.at != NULL ? text.at : (const xmlChar *)"", (int)text.len);
	if (content == NULL) {
		xmlFreeNode(node);
		return NULL;
	}
	xmlAddChild(node, content);
	/* The order of making is the order of the document, by which sets are sorted. */
	return xmlAddChild(root, node);
}

bool fn_add_value(struct schematron_run *run, xmlNodeSetPtr set, struct bytes text)
{
	xmlNodePtr node = value_node(run, text);
	return node != NULL && xmlXPathNodeSetAddUnique(set, node) == 0;
}

/* Nodes stay what they are, a plain value becomes a node. */
static bool add_items(struct schematron_run *run, xmlNodeSetPtr set, xmlXPathObjectPtr value)
{
	if (!fn_is_nodes(value))
		return fn_add_value(run, set, fn_text(run, value));
	for (int i = 0; i < fn_items(value); i++)
		if (xmlXPathNodeSetAddUnique(set, value->nodesetval->nodeTab[i]) != 0)
			return false;
	return true;
}

void fn_give_set(xmlXPathParserContextPtr eval, int n, xmlNodeSetPtr set, bool good)
{
	if (!good) {
		xmlXPathFreeNodeSet(set);
		fn_run(eval)->unjudged = true;
		set = xmlXPathNodeSetCreate(NULL);
	}
	fn_give(eval, n, set == NULL ? NULL : xmlXPathWrapNodeSet(set));
}

static void f_sequence(xmlXPathParserContextPtr eval, int n)
{
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL;

	for (int i = 0; i < n && good; i++)
		good = add_items(fn_run(eval), set, fn_argument(eval, n, i));
	fn_give_set(eval, n, set, good);
}

/* --- bodies that are evaluated once for each item ------------------------------------------- */

/* The value of body number with the given context; NULL after an error, which is set. */
static xmlXPathObjectPtr evaluate(xmlXPathParserContextPtr eval, double number, xmlNodePtr node, int position, int size)
{
	struct schematron_run *run = fn_run(eval);
	xmlXPathContextPtr context = eval->context;
	xmlNodePtr old_node = context->node;
	int old_position = context->proximityPosition, old_size = context->contextSize;

	if (!(number >= 0 && number < (double)run->table->n_subs)) {
		xmlXPathErr(eval, XPATH_EXPR_ERROR);
		return NULL;
	}
	context->node = node;
	context->proximityPosition = position;
	context->contextSize = size;
	xmlXPathObjectPtr result = xmlXPathCompiledEval(run->subs[(size_t)number], context);
	context->node = old_node;
	context->proximityPosition = old_position;
	context->contextSize = old_size;
	if (result == NULL)
		xmlXPathErr(eval, XPATH_EXPR_ERROR);
	return result;
}

/* r-each(nodes, body): what the body gives for each node. */
static void f_each(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	xmlXPathObjectPtr from = fn_argument(eval, n, 0);
	double body = xmlXPathCastToNumber(fn_argument(eval, n, 1));
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && fn_is_nodes(from), nodes = true;
	int count = good ? fn_items(from) : 0;

	for (int i = 0; i < count && good; i++) {
		xmlXPathObjectPtr one = evaluate(eval, body, from->nodesetval->nodeTab[i], i + 1, count);
		good = one != NULL && add_items(fn_run(eval), set, one);
		nodes = nodes && one != NULL && fn_is_nodes(one);
		xmlXPathFreeObject(one);
	}
	if (good && nodes)
		xmlXPathNodeSetSort(set);
	fn_give_set(eval, n, set, good);
}

/* Binds the variable to the i-th item. */
static bool bind(xmlXPathParserContextPtr eval, const xmlChar *name, xmlXPathObjectPtr from, int i)
{
	xmlXPathObjectPtr value = fn_is_nodes(from) ? xmlXPathNewNodeSet(from->nodesetval->nodeTab[i]) : xmlXPathObjectCopy(from);
	return value != NULL && xmlXPathRegisterVariable(eval->context, name, value) == 0;
}

/* The body's value with the variable bound to the i-th item. */
static xmlXPathObjectPtr with_item(xmlXPathParserContextPtr eval, int n, int i)
{
	xmlXPathContextPtr context = eval->context;

	if (!bind(eval, fn_argument(eval, n, 1)->stringval, fn_argument(eval, n, 0), i)) {
		xmlXPathErr(eval, XPATH_MEMORY_ERROR);
		return NULL;
	}
	return evaluate(eval, xmlXPathCastToNumber(fn_argument(eval, n, 2)), context->node, context->proximityPosition, context->contextSize);
}

static bool bound_arguments(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 3, 3))
		return false;
	if (fn_argument(eval, n, 1)->type == XPATH_STRING)
		return true;
	xmlXPathErr(eval, XPATH_INVALID_TYPE);
	return false;
}

/* r-for(items, variable, body) */
static void f_for(xmlXPathParserContextPtr eval, int n)
{
	if (!bound_arguments(eval, n))
		return;
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL;

	for (int i = 0; i < fn_items(fn_argument(eval, n, 0)) && good; i++) {
		xmlXPathObjectPtr one = with_item(eval, n, i);
		good = one != NULL && add_items(fn_run(eval), set, one);
		xmlXPathFreeObject(one);
	}
	fn_give_set(eval, n, set, good);
}

/* Is there an item for which the body is wanted? */
static void quantified(xmlXPathParserContextPtr eval, int n, bool wanted)
{
	bool found = false;

	if (!bound_arguments(eval, n))
		return;
	for (int i = 0; i < fn_items(fn_argument(eval, n, 0)) && !found; i++) {
		xmlXPathObjectPtr one = with_item(eval, n, i);
		if (one == NULL)
			break;
		found = (xmlXPathCastToBoolean(one) != 0) == wanted;
		xmlXPathFreeObject(one);
	}
	fn_give(eval, n, xmlXPathNewBoolean(found == wanted));
}

static void f_some(xmlXPathParserContextPtr eval, int n)
{
	quantified(eval, n, true);
}

/* Every one, unless one is found that is not. */
static void f_every(xmlXPathParserContextPtr eval, int n)
{
	quantified(eval, n, false);
}

static void f_if(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 3, 3))
		return;
	bool yes = xmlXPathCastToBoolean(fn_argument(eval, n, 0)) != 0;
	fn_give(eval, n, xmlXPathObjectCopy(fn_argument(eval, n, yes ? 1 : 2)));
}

/* --- sets -------------------------------------------------------------------------------------------- */

static void chosen(xmlXPathParserContextPtr eval, int n, bool in_both)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	xmlXPathObjectPtr a = fn_argument(eval, n, 0), b = fn_argument(eval, n, 1);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && fn_is_nodes(a) && fn_is_nodes(b);

	for (int i = 0; good && i < fn_items(a); i++) {
		xmlNodePtr node = a->nodesetval->nodeTab[i];
		if ((xmlXPathNodeSetContains(b->nodesetval, node) == 1) == in_both)
			good = xmlXPathNodeSetAddUnique(set, node) == 0;
	}
	fn_give_set(eval, n, set, good);
}

static void f_except(xmlXPathParserContextPtr eval, int n)
{
	chosen(eval, n, false);
}

static void f_intersect(xmlXPathParserContextPtr eval, int n)
{
	chosen(eval, n, true);
}

static bool has_text(xmlNodeSetPtr set, struct bytes text)
{
	for (int i = 0; i < set->nodeNr; i++) {
		xmlChar *one = xmlXPathCastNodeToString(set->nodeTab[i]);
		bool same = bytes_equal_text(text, (const char *)one);
		xmlFree(one);
		if (same)
			return true;
	}
	return false;
}

static void f_distinct(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 1, 1))
		return;
	struct schematron_run *run = fn_run(eval);
	xmlXPathObjectPtr from = fn_argument(eval, n, 0);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && fn_items(from) <= 2000; /* each is compared with each */

	for (int i = 0; good && i < fn_items(from); i++) {
		struct bytes text = fn_item_text(run, from, i);
		if (!has_text(set, text))
			good = fn_add_value(run, set, text);
	}
	fn_give_set(eval, n, set, good);
}

static void extreme(xmlXPathParserContextPtr eval, int n, bool largest)
{
	if (!fn_has_arguments(eval, n, 1, 1))
		return;
	xmlXPathObjectPtr from = fn_argument(eval, n, 0);
	double best = NAN;

	for (int i = 0; i < fn_items(from); i++) {
		xmlChar *text = fn_item_chars(from, i);
		double one = xmlXPathCastStringToNumber(text);
		xmlFree(text);
		if (i == 0 || isnan(one) || (largest ? one > best : one < best))
			best = one;
		if (isnan(one))
			break;
	}
	fn_give(eval, n, xmlXPathNewFloat(best));
}

static void f_max(xmlXPathParserContextPtr eval, int n)
{
	extreme(eval, n, true);
}

static void f_min(xmlXPathParserContextPtr eval, int n)
{
	extreme(eval, n, false);
}

static double magnitude(double value)
{
	return value < 0 ? -value : value;
}

static void f_abs(xmlXPathParserContextPtr eval, int n)
{
	if (fn_has_arguments(eval, n, 1, 1))
		fn_give(eval, n, xmlXPathNewFloat(magnitude(xmlXPathCastToNumber(fn_argument(eval, n, 0)))));
}

/* --- all of them --------------------------------------------------------------------------------------------- */

/* In the order of x_functions. */
static const xmlXPathFunction all[] = {fn_current, fn_doc, fn_doc_available, fn_matches, fn_replace, fn_tokenize, fn_ends_with, fn_lower, fn_upper,
				       f_distinct, fn_string_join, fn_qname, fn_resolve, f_abs, f_max, f_min, f_sequence, f_each, f_if,
				       f_for, f_some, f_every, fn_castable, fn_instant, fn_compare, fn_range, f_except, f_intersect};

bool schematron_functions_register(xmlXPathContextPtr context, struct schematron_run *run)
{
	bool good = true;

	for (size_t i = 0; x_functions[i] != NULL && good; i++)
		good = xmlXPathRegisterFunc(context, (const xmlChar *)x_functions[i], all[i]) == 0;
	for (const struct schematron_pair *p = run->table->namespaces; p != NULL && good; p = p->next)
		good = xmlXPathRegisterNs(context, (const xmlChar *)p->a, (const xmlChar *)p->b) == 0;
	context->userData = run;
	return good;
}

/* cda/schematron_functions.c - see schematron_functions.h. Arguments stand on the evaluator's stack; each function takes exactly as many as it was
 * called with and puts one result back. */
#include "cda/schematron_functions.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlschemastypes.h>
#include <libxml/xpathInternals.h>
#include <math.h>
#include <string.h>
#include <wctype.h>

#include "base/instant.h"
#include "base/limits.h"
#include "cda/schematron_expr.h"
#include "cda/schematron_regex.h"

enum { REGEX_KEPT_MAX = 500, TEXT_MAX = 4 * 1024 * 1024 };

#define XSD (const xmlChar *)"http://www.w3.org/2001/XMLSchema"

struct schematron_regex_kept {
	struct bytes pattern, flags;
	const struct regex *regex;
	struct schematron_regex_kept *next;
};

static struct schematron_run *run_of(xmlXPathParserContextPtr eval)
{
	return eval->context->userData;
}

/* The i-th of n arguments, still on the stack. */
static xmlXPathObjectPtr argument(xmlXPathParserContextPtr eval, int n, int i)
{
	return eval->valueTab[eval->valueNr - n + i];
}

static void give(xmlXPathParserContextPtr eval, int n, xmlXPathObjectPtr result)
{
	for (int i = 0; i < n; i++)
		xmlXPathFreeObject(valuePop(eval));
	if (result == NULL)
		xmlXPathErr(eval, XPATH_MEMORY_ERROR);
	else
		valuePush(eval, result);
}

/* The result says nothing: what it needs is not there. */
static void give_up(xmlXPathParserContextPtr eval, int n)
{
	run_of(eval)->unjudged = true;
	give(eval, n, xmlXPathNewBoolean(0));
}

static bool has_arguments(xmlXPathParserContextPtr eval, int n, int min, int max)
{
	if (n >= min && n <= max && eval->valueNr >= n)
		return true;
	xmlXPathErr(eval, XPATH_INVALID_ARITY);
	return false;
}

/* --- items of a value ---------------------------------------------------------------- */

static bool is_nodes(const xmlXPathObject *value)
{
	return value->type == XPATH_NODESET || value->type == XPATH_XSLT_TREE;
}

static int items(const xmlXPathObject *value)
{
	if (!is_nodes(value))
		return 1;
	return value->nodesetval == NULL ? 0 : value->nodesetval->nodeNr;
}

/* In the arena of the run; when that is full, the test is not judged. */
static struct bytes kept(struct schematron_run *run, xmlChar *text)
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
static xmlChar *item_chars(xmlXPathObjectPtr value, int i)
{
	return is_nodes(value) ? xmlXPathCastNodeToString(value->nodesetval->nodeTab[i]) : xmlXPathCastToString(value);
}

static struct bytes item_text(struct schematron_run *run, xmlXPathObjectPtr value, int i)
{
	return kept(run, item_chars(value, i));
}

static struct bytes text_of(struct schematron_run *run, xmlXPathObjectPtr value)
{
	return items(value) == 0 ? BYTES_NONE : item_text(run, value, 0);
}

static xmlXPathObjectPtr new_text(struct bytes text)
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

static bool add_value(struct schematron_run *run, xmlNodeSetPtr set, struct bytes text)
{
	xmlNodePtr node = value_node(run, text);
	return node != NULL && xmlXPathNodeSetAddUnique(set, node) == 0;
}

/* Nodes stay what they are, a plain value becomes a node. */
static bool add_items(struct schematron_run *run, xmlNodeSetPtr set, xmlXPathObjectPtr value)
{
	if (!is_nodes(value))
		return add_value(run, set, text_of(run, value));
	for (int i = 0; i < items(value); i++)
		if (xmlXPathNodeSetAddUnique(set, value->nodesetval->nodeTab[i]) != 0)
			return false;
	return true;
}

static void give_set(xmlXPathParserContextPtr eval, int n, xmlNodeSetPtr set, bool good)
{
	if (!good) {
		xmlXPathFreeNodeSet(set);
		run_of(eval)->unjudged = true;
		set = xmlXPathNodeSetCreate(NULL);
	}
	give(eval, n, set == NULL ? NULL : xmlXPathWrapNodeSet(set));
}

static void f_sequence(xmlXPathParserContextPtr eval, int n)
{
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL;

	for (int i = 0; i < n && good; i++)
		good = add_items(run_of(eval), set, argument(eval, n, i));
	give_set(eval, n, set, good);
}

/* --- bodies that are evaluated once for each item ------------------------------------------- */

/* The value of body number with the given context; NULL after an error, which is set. */
static xmlXPathObjectPtr evaluate(xmlXPathParserContextPtr eval, double number, xmlNodePtr node, int position, int size)
{
	struct schematron_run *run = run_of(eval);
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
	if (!has_arguments(eval, n, 2, 2))
		return;
	xmlXPathObjectPtr from = argument(eval, n, 0);
	double body = xmlXPathCastToNumber(argument(eval, n, 1));
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && is_nodes(from), nodes = true;
	int count = good ? items(from) : 0;

	for (int i = 0; i < count && good; i++) {
		xmlXPathObjectPtr one = evaluate(eval, body, from->nodesetval->nodeTab[i], i + 1, count);
		good = one != NULL && add_items(run_of(eval), set, one);
		nodes = nodes && one != NULL && is_nodes(one);
		xmlXPathFreeObject(one);
	}
	if (good && nodes)
		xmlXPathNodeSetSort(set);
	give_set(eval, n, set, good);
}

/* Binds the variable to the i-th item. */
static bool bind(xmlXPathParserContextPtr eval, const xmlChar *name, xmlXPathObjectPtr from, int i)
{
	xmlXPathObjectPtr value = is_nodes(from) ? xmlXPathNewNodeSet(from->nodesetval->nodeTab[i]) : xmlXPathObjectCopy(from);
	return value != NULL && xmlXPathRegisterVariable(eval->context, name, value) == 0;
}

/* The body's value with the variable bound to the i-th item. */
static xmlXPathObjectPtr with_item(xmlXPathParserContextPtr eval, int n, int i)
{
	xmlXPathContextPtr context = eval->context;

	if (!bind(eval, argument(eval, n, 1)->stringval, argument(eval, n, 0), i)) {
		xmlXPathErr(eval, XPATH_MEMORY_ERROR);
		return NULL;
	}
	return evaluate(eval, xmlXPathCastToNumber(argument(eval, n, 2)), context->node, context->proximityPosition, context->contextSize);
}

static bool bound_arguments(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 3, 3))
		return false;
	if (argument(eval, n, 1)->type == XPATH_STRING)
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

	for (int i = 0; i < items(argument(eval, n, 0)) && good; i++) {
		xmlXPathObjectPtr one = with_item(eval, n, i);
		good = one != NULL && add_items(run_of(eval), set, one);
		xmlXPathFreeObject(one);
	}
	give_set(eval, n, set, good);
}

/* Is there an item for which the body is wanted? */
static void quantified(xmlXPathParserContextPtr eval, int n, bool wanted)
{
	bool found = false;

	if (!bound_arguments(eval, n))
		return;
	for (int i = 0; i < items(argument(eval, n, 0)) && !found; i++) {
		xmlXPathObjectPtr one = with_item(eval, n, i);
		if (one == NULL)
			break;
		found = (xmlXPathCastToBoolean(one) != 0) == wanted;
		xmlXPathFreeObject(one);
	}
	give(eval, n, xmlXPathNewBoolean(found == wanted));
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
	if (!has_arguments(eval, n, 3, 3))
		return;
	bool yes = xmlXPathCastToBoolean(argument(eval, n, 0)) != 0;
	give(eval, n, xmlXPathObjectCopy(argument(eval, n, yes ? 1 : 2)));
}

/* --- comparing and types ----------------------------------------------------------------------- */

static int text_order(struct bytes a, struct bytes b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.at, b.at, shorter);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool holds(const char *op, int order)
{
	switch (op[0]) {
	case '<':
		return op[1] == '=' ? order <= 0 : order < 0;
	case '>':
		return op[1] == '=' ? order >= 0 : order > 0;
	case '!':
		return order != 0;
	default:
		return order == 0;
	}
}

static int number_order(double a, double b)
{
	return (a > b) - (a < b);
}

/* "true" and "1" as truth, when the other side is one (XPath 2.0, 3.5.2). */
static int truth_of(struct bytes text)
{
	struct bytes word = bytes_trim(text);
	return bytes_equal(word, BYTES("true")) || bytes_equal(word, BYTES("1"));
}

static bool texts_hold(const char *op, const xmlXPathObject *a, const xmlChar *left, const xmlXPathObject *b, const xmlChar *right)
{
	struct bytes x = bytes_of_text((const char *)left), y = bytes_of_text((const char *)right);

	if (a->type == XPATH_BOOLEAN || b->type == XPATH_BOOLEAN)
		return holds(op, truth_of(x) - truth_of(y));
	if (a->type != XPATH_NUMBER && b->type != XPATH_NUMBER)
		return holds(op, text_order(x, y));
	double m = xmlXPathCastStringToNumber(left), n = xmlXPathCastStringToNumber(right);
	return !isnan(m) && !isnan(n) && holds(op, number_order(m, n));
}

static bool pair_holds(const char *op, xmlXPathObjectPtr a, int i, xmlXPathObjectPtr b, int j)
{
	xmlChar *left = item_chars(a, i), *right = item_chars(b, j);
	bool found = left != NULL && right != NULL && texts_hold(op, a, left, b, right);

	xmlFree(left);
	xmlFree(right);
	return found;
}

/* r-compare('<', a, b): true when any item of a stands so to any of b. */
static void f_compare(xmlXPathParserContextPtr eval, int n)
{
	bool found = false;

	if (!has_arguments(eval, n, 3, 3))
		return;
	xmlXPathObjectPtr a = argument(eval, n, 1), b = argument(eval, n, 2);
	xmlChar *op = xmlXPathCastToString(argument(eval, n, 0));
	for (int i = 0; op != NULL && i < items(a) && !found; i++)
		for (int j = 0; j < items(b) && !found; j++)
			found = pair_holds((const char *)op, a, i, b, j);
	xmlFree(op);
	give(eval, n, xmlXPathNewBoolean(found));
}

/* Whether the text is in the lexical space of a type of XML Schema; blanks at its ends do not count. */
static bool is_of_type(struct schematron_run *run, struct bytes text, const xmlChar *name)
{
	xmlSchemaTypePtr type = xmlSchemaGetPredefinedType(name, XSD);
	xmlSchemaValPtr value = NULL;

	if (type == NULL) {
		run->unjudged = true;
		return false;
	}
	const char *plain = arena_text(run->arena, bytes_trim(text));
	bool good = xmlSchemaValPredefTypeNode(type, (const xmlChar *)plain, &value, NULL) == 0;
	xmlSchemaFreeValue(value);
	return good;
}

/* r-castable(value, type, may be empty) */
static void f_castable(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 3, 3))
		return;
	xmlXPathObjectPtr value = argument(eval, n, 0);
	bool good = items(value) == 0 && xmlXPathCastToBoolean(argument(eval, n, 2)) != 0;
	xmlChar *type = xmlXPathCastToString(argument(eval, n, 1));

	if (items(value) == 1)
		good = type != NULL && is_of_type(run_of(eval), item_text(run_of(eval), value, 0), type);
	xmlFree(type);
	give(eval, n, xmlXPathNewBoolean(good));
}

static bool number_at(struct bytes text, size_t from, size_t len, double *out)
{
	uint64_t value;

	if (from + len > text.len || !bytes_number(bytes_slice(text, from, len), UINT32_MAX, &value))
		return false;
	*out = (double)value;
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar. */
static double days_of(double year, double month, double day)
{
	double y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
	return 365 * y + floor(y / 4) - floor(y / 100) + floor(y / 400) + floor((153 * m + 2) / 5) + day - 1 - 719468;
}

/* Behind the seconds: a fraction, then Z, or an offset, or nothing. */
static double zone_and_fraction(struct bytes rest)
{
	double fraction = 0, hours, minutes;
	size_t at = 0;

	if (at < rest.len && rest.at[at] == '.')
		for (double unit = 0.1; ++at < rest.len && rest.at[at] >= '0' && rest.at[at] <= '9'; unit /= 10)
			fraction += unit * (rest.at[at] - '0');
	rest = bytes_from(rest, at);
	if (rest.len == 6 && number_at(rest, 1, 2, &hours) && number_at(rest, 4, 2, &minutes))
		fraction -= (rest.at[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
	return fraction;
}

/* Seconds since 1970 of a text that is of the type; without a zone, of UTC. */
static double instant_of(struct bytes text, bool time)
{
	double year, month, day, hour = 0, minute = 0, second = 0;
	size_t rest = time ? 19 : 10;

	if (!number_at(text, 0, 4, &year) || !number_at(text, 5, 2, &month) || !number_at(text, 8, 2, &day))
		return NAN;
	if (time && (!number_at(text, 11, 2, &hour) || !number_at(text, 14, 2, &minute) || !number_at(text, 17, 2, &second)))
		return NAN;
	return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second + zone_and_fraction(bytes_from(text, rest));
}

/* r-instant(text, 'dateTime' or 'date') */
static void f_instant(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = run_of(eval);
	struct bytes text = bytes_trim(text_of(run, argument(eval, n, 0)));
	xmlChar *type = xmlXPathCastToString(argument(eval, n, 1));
	double seconds = NAN;

	if (type != NULL && is_of_type(run, text, type))
		seconds = instant_of(text, xmlStrEqual(type, (const xmlChar *)"dateTime") == 1);
	xmlFree(type);
	give(eval, n, xmlXPathNewFloat(seconds));
}

static void f_range(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 2, 2))
		return;
	double from = xmlXPathCastToNumber(argument(eval, n, 0)), to = xmlXPathCastToNumber(argument(eval, n, 1));
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && to - from < LIMIT_SCHEMATRON_VALUES;

	for (double i = from; i <= to && good; i++)
		good = add_value(run_of(eval), set, kept(run_of(eval), xmlXPathCastNumberToString(i)));
	give_set(eval, n, set, good);
}

/* --- sets -------------------------------------------------------------------------------------------- */

static void chosen(xmlXPathParserContextPtr eval, int n, bool in_both)
{
	if (!has_arguments(eval, n, 2, 2))
		return;
	xmlXPathObjectPtr a = argument(eval, n, 0), b = argument(eval, n, 1);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && is_nodes(a) && is_nodes(b);

	for (int i = 0; good && i < items(a); i++) {
		xmlNodePtr node = a->nodesetval->nodeTab[i];
		if ((xmlXPathNodeSetContains(b->nodesetval, node) == 1) == in_both)
			good = xmlXPathNodeSetAddUnique(set, node) == 0;
	}
	give_set(eval, n, set, good);
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
	if (!has_arguments(eval, n, 1, 1))
		return;
	struct schematron_run *run = run_of(eval);
	xmlXPathObjectPtr from = argument(eval, n, 0);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && items(from) <= 2000; /* each is compared with each */

	for (int i = 0; good && i < items(from); i++) {
		struct bytes text = item_text(run, from, i);
		if (!has_text(set, text))
			good = add_value(run, set, text);
	}
	give_set(eval, n, set, good);
}

static void extreme(xmlXPathParserContextPtr eval, int n, bool largest)
{
	if (!has_arguments(eval, n, 1, 1))
		return;
	xmlXPathObjectPtr from = argument(eval, n, 0);
	double best = NAN;

	for (int i = 0; i < items(from); i++) {
		xmlChar *text = item_chars(from, i);
		double one = xmlXPathCastStringToNumber(text);
		xmlFree(text);
		if (i == 0 || isnan(one) || (largest ? one > best : one < best))
			best = one;
		if (isnan(one))
			break;
	}
	give(eval, n, xmlXPathNewFloat(best));
}

static void f_max(xmlXPathParserContextPtr eval, int n)
{
	extreme(eval, n, true);
}

static void f_min(xmlXPathParserContextPtr eval, int n)
{
	extreme(eval, n, false);
}

static void f_abs(xmlXPathParserContextPtr eval, int n)
{
	if (has_arguments(eval, n, 1, 1))
		give(eval, n, xmlXPathNewFloat(fabs(xmlXPathCastToNumber(argument(eval, n, 0)))));
}

/* --- texts --------------------------------------------------------------------------------------------- */

static void f_string_join(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 1, 2))
		return;
	struct schematron_run *run = run_of(eval);
	xmlXPathObjectPtr from = argument(eval, n, 0);
	struct bytes between = n == 2 ? text_of(run, argument(eval, n, 1)) : BYTES_NONE;
	struct buf out = buf_make(TEXT_MAX);

	for (int i = 0; i < items(from); i++) {
		if (i > 0)
			buf_add(&out, between);
		buf_add(&out, item_text(run, from, i));
	}
	run->unjudged |= !buf_ok(&out);
	give(eval, n, new_text(buf_bytes(&out)));
	buf_free(&out);
}

static void f_ends_with(xmlXPathParserContextPtr eval, int n)
{
	if (has_arguments(eval, n, 2, 2))
		give(eval, n, xmlXPathNewBoolean(bytes_ends(text_of(run_of(eval), argument(eval, n, 0)), text_of(run_of(eval), argument(eval, n, 1)))));
}

/* Letters of every script, in a process whose LC_CTYPE is a UTF-8 one. */
static void cased(xmlXPathParserContextPtr eval, int n, wint_t (*other)(wint_t))
{
	if (!has_arguments(eval, n, 1, 1))
		return;
	struct bytes text = text_of(run_of(eval), argument(eval, n, 0));
	struct buf out = buf_make(TEXT_MAX);

	for (size_t at = 0; at < text.len;) {
		int len = text.len - at < 8 ? (int)(text.len - at) : 8;
		int c = xmlGetUTF8Char(text.at + at, &len);
		xmlChar one[8];
		if (c < 0)
			break;
		at += (size_t)len;
		buf_add(&out, (struct bytes){one, (size_t)xmlCopyChar(0, one, (int)other((wint_t)c))});
	}
	give(eval, n, new_text(buf_bytes(&out)));
	buf_free(&out);
}

static void f_lower(xmlXPathParserContextPtr eval, int n)
{
	cased(eval, n, towlower);
}

static void f_upper(xmlXPathParserContextPtr eval, int n)
{
	cased(eval, n, towupper);
}

/* --- regular expressions ------------------------------------------------------------------------------------ */

/* Compiled once a run. NULL: not one that we know. */
static const struct regex *regex_of(struct schematron_run *run, struct bytes pattern, struct bytes flags)
{
	size_t n = 0;

	for (const struct schematron_regex_kept *k = run->regexes; k != NULL; k = k->next, n++)
		if (bytes_equal(k->pattern, pattern) && bytes_equal(k->flags, flags))
			return k->regex;
	if (n >= REGEX_KEPT_MAX)
		return NULL;
	struct schematron_regex_kept *k = arena_alloc(run->arena, sizeof *k);
	*k = (struct schematron_regex_kept){arena_copy(run->arena, pattern), arena_copy(run->arena, flags), regex_compile(run->arena, pattern, flags), run->regexes};
	run->regexes = k;
	return k->regex;
}

struct search {
	const struct regex *regex;
	struct bytes text;
	bool good;
};

/* Text, pattern and, where there is one, the flags. */
static struct search search_of(xmlXPathParserContextPtr eval, int n, int flags)
{
	struct schematron_run *run = run_of(eval);
	struct search s = {.text = text_of(run, argument(eval, n, 0))};

	s.regex = regex_of(run, text_of(run, argument(eval, n, 1)), n > flags ? text_of(run, argument(eval, n, flags)) : BYTES_NONE);
	s.good = s.regex != NULL;
	return s;
}

static bool next_match(struct schematron_run *run, struct search *s, size_t from, struct regex_match *out)
{
	enum regex_result result = s->good && from <= s->text.len ? regex_search(s->regex, s->text, from, &run->steps, out) : REGEX_NO;

	s->good = s->good && result != REGEX_LIMIT;
	return result == REGEX_YES;
}

static void f_matches(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;

	if (!has_arguments(eval, n, 2, 3))
		return;
	struct search s = search_of(eval, n, 2);
	bool found = next_match(run_of(eval), &s, 0, &match);
	if (s.good)
		give(eval, n, xmlXPathNewBoolean(found));
	else
		give_up(eval, n);
}

/* $1 is a group, "\$" and "\\" are themselves. */
static void add_replacement(struct buf *out, struct bytes with, struct bytes text, const struct regex_match *match)
{
	for (size_t i = 0; i < with.len; i++) {
		unsigned char c = with.at[i], next = i + 1 < with.len ? with.at[i + 1] : 0;
		if (c == '$' && next >= '0' && next <= '9') {
			size_t group = next - (size_t)'0';
			if (match->from[group] <= match->to[group])
				buf_add(out, bytes_slice(text, match->from[group], match->to[group] - match->from[group]));
			i++;
		} else if (c == '\\' && next != 0) {
			buf_u8(out, next);
			i++;
		} else {
			buf_u8(out, c);
		}
	}
}

static void f_replace(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;
	size_t at = 0;

	if (!has_arguments(eval, n, 3, 4))
		return;
	struct schematron_run *run = run_of(eval);
	struct search s = search_of(eval, n, 3);
	struct bytes with = text_of(run, argument(eval, n, 2));
	struct buf out = buf_make(TEXT_MAX);
	while (next_match(run, &s, at, &match)) {
		/* An expression that takes nothing is an error (FORX0003). */
		s.good = match.to[0] > match.from[0];
		if (!s.good)
			break;
		buf_add(&out, bytes_slice(s.text, at, match.from[0] - at));
		add_replacement(&out, with, s.text, &match);
		at = match.to[0];
	}
	buf_add(&out, bytes_from(s.text, at));
	if (s.good && buf_ok(&out))
		give(eval, n, new_text(buf_bytes(&out)));
	else
		give_up(eval, n);
	buf_free(&out);
}

static void f_tokenize(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;
	size_t at = 0;

	if (!has_arguments(eval, n, 1, 3))
		return;
	struct schematron_run *run = run_of(eval);
	struct search s = n > 1 ? search_of(eval, n, 2) : (struct search){regex_of(run, BYTES("\\s+"), BYTES_NONE), bytes_trim(text_of(run, argument(eval, n, 0))), true};
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL;
	while (good && s.text.len > 0 && next_match(run, &s, at, &match)) {
		good = match.to[0] > match.from[0] && add_value(run, set, bytes_slice(s.text, at, match.from[0] - at));
		at = match.to[0];
	}
	/* An empty text has no token (5.3.4). */
	if (good && s.text.len > 0)
		good = add_value(run, set, bytes_from(s.text, at));
	give_set(eval, n, set, good && s.good);
}

/* --- names and documents ----------------------------------------------------------------------------------- */

static struct bytes expanded(struct schematron_run *run, struct bytes uri, struct bytes name)
{
	return bytes_of_text(arena_printf(run->arena, "{%.*s}%.*s", (int)uri.len, (const char *)uri.at, (int)name.len, (const char *)name.at));
}

static struct bytes without_prefix(struct bytes name)
{
	size_t colon = bytes_find_byte(name, ':', 0);
	return colon < name.len ? bytes_from(name, colon + 1) : name;
}

static void f_qname(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = run_of(eval);
	struct bytes uri = text_of(run, argument(eval, n, 0)), name = text_of(run, argument(eval, n, 1));
	give(eval, n, new_text(expanded(run, uri, without_prefix(name))));
}

/* By the namespaces in force at the element; a prefix that is not declared there is an error (FONS0004). */
static bool add_resolved(struct schematron_run *run, xmlNodeSetPtr set, struct bytes name, xmlNodePtr element)
{
	size_t colon = bytes_find_byte(name, ':', 0);
	const char *prefix = colon < name.len ? arena_text(run->arena, bytes_slice(name, 0, colon)) : NULL;

	if (element->type == XML_ATTRIBUTE_NODE)
		element = element->parent;
	xmlNsPtr ns = xmlSearchNs(element->doc, element, (const xmlChar *)prefix);
	if (ns == NULL && prefix != NULL)
		return false;
	struct bytes uri = ns == NULL ? BYTES_NONE : bytes_of_text((const char *)ns->href);
	return add_value(run, set, expanded(run, uri, without_prefix(name)));
}

static void f_resolve(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = run_of(eval);
	xmlXPathObjectPtr name = argument(eval, n, 0), at = argument(eval, n, 1);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && is_nodes(at) && items(at) > 0;

	if (good && items(name) > 0)
		good = add_resolved(run, set, bytes_trim(text_of(run, name)), at->nodesetval->nodeTab[0]);
	give_set(eval, n, set, good);
}

static xmlDocPtr doc_of(const struct schematron_run *run, struct bytes written)
{
	for (const struct schematron_pair *p = run->table->files; p != NULL; p = p->next)
		if (bytes_equal_text(written, p->a))
			return p->doc;
	return NULL;
}

/* Only what was imported is there. */
static void f_doc(xmlXPathParserContextPtr eval, int n)
{
	if (!has_arguments(eval, n, 1, 1))
		return;
	struct schematron_run *run = run_of(eval);
	xmlXPathObjectPtr from = argument(eval, n, 0);
	xmlDocPtr doc = items(from) == 0 ? NULL : doc_of(run, text_of(run, from));

	/* document(()) is empty; a file that is not there is an error. */
	run->unjudged |= doc == NULL && items(from) > 0;
	give(eval, n, xmlXPathNewNodeSet((xmlNodePtr)doc));
}

static void f_doc_available(xmlXPathParserContextPtr eval, int n)
{
	if (has_arguments(eval, n, 1, 1))
		give(eval, n, xmlXPathNewBoolean(doc_of(run_of(eval), text_of(run_of(eval), argument(eval, n, 0))) != NULL));
}

static void f_current(xmlXPathParserContextPtr eval, int n)
{
	if (has_arguments(eval, n, 0, 0))
		give(eval, n, xmlXPathNewNodeSet(run_of(eval)->current));
}

/* In the order of x_functions. */
static const xmlXPathFunction all[] = {f_current, f_doc, f_doc_available, f_matches, f_replace, f_tokenize, f_ends_with, f_lower, f_upper,
				       f_distinct, f_string_join, f_qname, f_resolve, f_abs, f_max, f_min, f_sequence, f_each, f_if,
				       f_for, f_some, f_every, f_castable, f_instant, f_compare, f_range, f_except, f_intersect};

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

/* cda/schematron_functions_types.c - comparing, types of XML Schema, dates: a part of schematron_functions.h. */
#include <libxml/xmlschemastypes.h>
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "cda/schematron_functions_private.h"

#define XSD (const xmlChar *)"http://www.w3.org/2001/XMLSchema"

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
	xmlChar *left = fn_item_chars(a, i), *right = fn_item_chars(b, j);
	bool found = left != NULL && right != NULL && texts_hold(op, a, left, b, right);

	xmlFree(left);
	xmlFree(right);
	return found;
}

/* r-compare('<', a, b): true when any item of a stands so to any of b. */
void fn_compare(xmlXPathParserContextPtr eval, int n)
{
	bool found = false;

	if (!fn_has_arguments(eval, n, 3, 3))
		return;
	xmlXPathObjectPtr a = fn_argument(eval, n, 1), b = fn_argument(eval, n, 2);
	xmlChar *op = xmlXPathCastToString(fn_argument(eval, n, 0));
	for (int i = 0; op != NULL && i < fn_items(a) && !found; i++)
		for (int j = 0; j < fn_items(b) && !found; j++)
			found = pair_holds((const char *)op, a, i, b, j);
	xmlFree(op);
	fn_give(eval, n, xmlXPathNewBoolean(found));
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
void fn_castable(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 3, 3))
		return;
	xmlXPathObjectPtr value = fn_argument(eval, n, 0);
	bool good = fn_items(value) == 0 && xmlXPathCastToBoolean(fn_argument(eval, n, 2)) != 0;
	xmlChar *type = xmlXPathCastToString(fn_argument(eval, n, 1));

	if (fn_items(value) == 1)
		good = type != NULL && is_of_type(fn_run(eval), fn_item_text(fn_run(eval), value, 0), type);
	xmlFree(type);
	fn_give(eval, n, xmlXPathNewBoolean(good));
}

static bool number_at(struct bytes text, size_t from, size_t len, double *out)
{
	uint64_t value;

	if (from + len > text.len || !bytes_number(bytes_slice(text, from, len), UINT32_MAX, &value))
		return false;
	*out = (double)value;
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar; the year counts from March, so that the leap day is its last. */
static double days_of(double year, double month, double day)
{
	int64_t m = month <= 2 ? (int64_t)month + 9 : (int64_t)month - 3, y = month <= 2 ? (int64_t)year - 1 : (int64_t)year;
	return (double)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 - 719469) + day;
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
void fn_instant(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = fn_run(eval);
	struct bytes text = bytes_trim(fn_text(run, fn_argument(eval, n, 0)));
	xmlChar *type = xmlXPathCastToString(fn_argument(eval, n, 1));
	double seconds = NAN;

	if (type != NULL && is_of_type(run, text, type))
		seconds = instant_of(text, xmlStrEqual(type, (const xmlChar *)"dateTime") == 1);
	xmlFree(type);
	fn_give(eval, n, xmlXPathNewFloat(seconds));
}

void fn_range(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	double from = xmlXPathCastToNumber(fn_argument(eval, n, 0)), to = xmlXPathCastToNumber(fn_argument(eval, n, 1));
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && to - from < LIMIT_SCHEMATRON_VALUES;

	for (double i = from; i <= to && good; i++)
		good = fn_add_value(fn_run(eval), set, fn_kept(fn_run(eval), xmlXPathCastNumberToString(i)));
	fn_give_set(eval, n, set, good);
}

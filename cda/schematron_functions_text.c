/* cda/schematron_functions_text.c - texts, regular expressions, names and documents: the functions of schematron_functions.h whose arguments
 * are texts. */
#include <libxml/parserInternals.h>
#include <string.h>
#include <wctype.h>

#include "base/limits.h"
#include "cda/schematron_functions_private.h"
#include "cda/schematron_regex.h"

enum { REGEX_KEPT_MAX = 500, TEXT_MAX = 4 * 1024 * 1024 };

struct schematron_regex_kept {
	struct bytes pattern, flags;
	const struct regex *regex;
	struct schematron_regex_kept *next;
};

/* --- texts --------------------------------------------------------------------------------------------- */

void fn_string_join(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 1, 2))
		return;
	struct schematron_run *run = fn_run(eval);
	xmlXPathObjectPtr from = fn_argument(eval, n, 0);
	struct bytes between = n == 2 ? fn_text(run, fn_argument(eval, n, 1)) : BYTES_NONE;
	struct buf out = buf_make(TEXT_MAX);

	for (int i = 0; i < fn_items(from); i++) {
		if (i > 0)
			buf_add(&out, between);
		buf_add(&out, fn_item_text(run, from, i));
	}
	run->unjudged |= !buf_ok(&out);
	fn_give(eval, n, fn_new_text(buf_bytes(&out)));
	buf_free(&out);
}

void fn_ends_with(xmlXPathParserContextPtr eval, int n)
{
	if (fn_has_arguments(eval, n, 2, 2))
		fn_give(eval, n, xmlXPathNewBoolean(bytes_ends(fn_text(fn_run(eval), fn_argument(eval, n, 0)), fn_text(fn_run(eval), fn_argument(eval, n, 1)))));
}

/* Letters of every script, in a process whose LC_CTYPE is a UTF-8 one. */
static void cased(xmlXPathParserContextPtr eval, int n, wint_t (*other)(wint_t))
{
	if (!fn_has_arguments(eval, n, 1, 1))
		return;
	struct bytes text = fn_text(fn_run(eval), fn_argument(eval, n, 0));
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
	fn_give(eval, n, fn_new_text(buf_bytes(&out)));
	buf_free(&out);
}

void fn_lower(xmlXPathParserContextPtr eval, int n)
{
	cased(eval, n, towlower);
}

void fn_upper(xmlXPathParserContextPtr eval, int n)
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
	struct schematron_run *run = fn_run(eval);
	struct search s = {.text = fn_text(run, fn_argument(eval, n, 0))};

	s.regex = regex_of(run, fn_text(run, fn_argument(eval, n, 1)), n > flags ? fn_text(run, fn_argument(eval, n, flags)) : BYTES_NONE);
	s.good = s.regex != NULL;
	return s;
}

static bool next_match(struct schematron_run *run, struct search *s, size_t from, struct regex_match *out)
{
	enum regex_result result = s->good && from <= s->text.len ? regex_search(s->regex, s->text, from, &run->steps, out) : REGEX_NO;

	s->good = s->good && result != REGEX_LIMIT;
	return result == REGEX_YES;
}

void fn_matches(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;

	if (!fn_has_arguments(eval, n, 2, 3))
		return;
	struct search s = search_of(eval, n, 2);
	bool found = next_match(fn_run(eval), &s, 0, &match);
	if (s.good)
		fn_give(eval, n, xmlXPathNewBoolean(found));
	else
		fn_give_up(eval, n);
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

void fn_replace(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;
	size_t at = 0;

	if (!fn_has_arguments(eval, n, 3, 4))
		return;
	struct schematron_run *run = fn_run(eval);
	struct search s = search_of(eval, n, 3);
	struct bytes with = fn_text(run, fn_argument(eval, n, 2));
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
		fn_give(eval, n, fn_new_text(buf_bytes(&out)));
	else
		fn_give_up(eval, n);
	buf_free(&out);
}

void fn_tokenize(xmlXPathParserContextPtr eval, int n)
{
	struct regex_match match;
	size_t at = 0;

	if (!fn_has_arguments(eval, n, 1, 3))
		return;
	struct schematron_run *run = fn_run(eval);
	struct search s = n > 1 ? search_of(eval, n, 2) : (struct search){regex_of(run, BYTES("\\s+"), BYTES_NONE), bytes_trim(fn_text(run, fn_argument(eval, n, 0))), true};
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL;
	while (good && s.text.len > 0 && next_match(run, &s, at, &match)) {
		good = match.to[0] > match.from[0] && fn_add_value(run, set, bytes_slice(s.text, at, match.from[0] - at));
		at = match.to[0];
	}
	/* An empty text has no token (5.3.4). */
	if (good && s.text.len > 0)
		good = fn_add_value(run, set, bytes_from(s.text, at));
	fn_give_set(eval, n, set, good && s.good);
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

void fn_qname(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = fn_run(eval);
	struct bytes uri = fn_text(run, fn_argument(eval, n, 0)), name = fn_text(run, fn_argument(eval, n, 1));
	fn_give(eval, n, fn_new_text(expanded(run, uri, without_prefix(name))));
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
	return fn_add_value(run, set, expanded(run, uri, without_prefix(name)));
}

void fn_resolve(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 2, 2))
		return;
	struct schematron_run *run = fn_run(eval);
	xmlXPathObjectPtr name = fn_argument(eval, n, 0), at = fn_argument(eval, n, 1);
	xmlNodeSetPtr set = xmlXPathNodeSetCreate(NULL);
	bool good = set != NULL && fn_is_nodes(at) && fn_items(at) > 0;

	if (good && fn_items(name) > 0)
		good = add_resolved(run, set, bytes_trim(fn_text(run, name)), at->nodesetval->nodeTab[0]);
	fn_give_set(eval, n, set, good);
}

static xmlDocPtr doc_of(const struct schematron_run *run, struct bytes written)
{
	for (const struct schematron_pair *p = run->table->files; p != NULL; p = p->next)
		if (bytes_equal_text(written, p->a))
			return p->doc;
	return NULL;
}

/* Only what was imported is there. */
void fn_doc(xmlXPathParserContextPtr eval, int n)
{
	if (!fn_has_arguments(eval, n, 1, 1))
		return;
	struct schematron_run *run = fn_run(eval);
	xmlXPathObjectPtr from = fn_argument(eval, n, 0);
	xmlDocPtr doc = fn_items(from) == 0 ? NULL : doc_of(run, fn_text(run, from));

	/* document(()) is empty; a file that is not there is an error. */
	run->unjudged |= doc == NULL && fn_items(from) > 0;
	fn_give(eval, n, xmlXPathNewNodeSet((xmlNodePtr)doc));
}

void fn_doc_available(xmlXPathParserContextPtr eval, int n)
{
	if (fn_has_arguments(eval, n, 1, 1))
		fn_give(eval, n, xmlXPathNewBoolean(doc_of(fn_run(eval), fn_text(fn_run(eval), fn_argument(eval, n, 0))) != NULL));
}

void fn_current(xmlXPathParserContextPtr eval, int n)
{
	if (fn_has_arguments(eval, n, 0, 0))
		fn_give(eval, n, xmlXPathNewNodeSet(fn_run(eval)->current));
}

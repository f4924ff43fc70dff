/* cda/schematron_functions_private.h - what the two files of cda/schematron_functions.h share. */
#ifndef RELAIS_CDA_SCHEMATRON_FUNCTIONS_PRIVATE_H
#define RELAIS_CDA_SCHEMATRON_FUNCTIONS_PRIVATE_H

#include <libxml/xpathInternals.h>

#include "cda/schematron_functions.h"

struct schematron_run *fn_run(xmlXPathParserContextPtr eval);
/* The i-th of n arguments, still on the stack. */
xmlXPathObjectPtr fn_argument(xmlXPathParserContextPtr eval, int n, int i);
MUST_USE bool fn_has_arguments(xmlXPathParserContextPtr eval, int n, int min, int max);
/* Takes the n arguments away and puts the result in their place; it is owned from here on. NULL: no memory. */
void fn_give(xmlXPathParserContextPtr eval, int n, xmlXPathObjectPtr result);
/* The same with a set; when it did not become good, the test is not judged. */
void fn_give_set(xmlXPathParserContextPtr eval, int n, xmlNodeSetPtr set, bool good);
/* The result says nothing: what it needs is not there. */
void fn_give_up(xmlXPathParserContextPtr eval, int n);

bool fn_is_nodes(const xmlXPathObject *value);
/* How many items the value has; a plain value is one. */
int fn_items(const xmlXPathObject *value);
/* The text of an item; the caller frees it. */
xmlChar *fn_item_chars(xmlXPathObjectPtr value, int i);
/* In the arena of the run, the text freed; when that is full, the test is not judged. */
struct bytes fn_kept(struct schematron_run *run, xmlChar *text);
struct bytes fn_item_text(struct schematron_run *run, xmlXPathObjectPtr value, int i);
/* Of the first item; empty when there is none. */
struct bytes fn_text(struct schematron_run *run, xmlXPathObjectPtr value);
xmlXPathObjectPtr fn_new_text(struct bytes text);
/* Adds a plain value as a node. False: too many. */
MUST_USE bool fn_add_value(struct schematron_run *run, xmlNodeSetPtr set, struct bytes text);

void fn_string_join(xmlXPathParserContextPtr eval, int n);
void fn_ends_with(xmlXPathParserContextPtr eval, int n);
void fn_lower(xmlXPathParserContextPtr eval, int n);
void fn_upper(xmlXPathParserContextPtr eval, int n);
void fn_matches(xmlXPathParserContextPtr eval, int n);
void fn_replace(xmlXPathParserContextPtr eval, int n);
void fn_tokenize(xmlXPathParserContextPtr eval, int n);
void fn_qname(xmlXPathParserContextPtr eval, int n);
void fn_resolve(xmlXPathParserContextPtr eval, int n);
void fn_doc(xmlXPathParserContextPtr eval, int n);
void fn_doc_available(xmlXPathParserContextPtr eval, int n);
void fn_compare(xmlXPathParserContextPtr eval, int n);
void fn_castable(xmlXPathParserContextPtr eval, int n);
void fn_instant(xmlXPathParserContextPtr eval, int n);
void fn_range(xmlXPathParserContextPtr eval, int n);
void fn_current(xmlXPathParserContextPtr eval, int n);

#endif

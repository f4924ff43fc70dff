/* cda/schematron_functions.h - the functions of XPath 2.0 that rules use, for the XPath 1.0 evaluator of the XML library.
 *
 * A sequence of plain values is a set of elements that stand in a document of their own, which ends with the run. Everything is
 * bounded: values made, steps of regular expressions. An error of a function ends the expression: its test is not judged. */
#ifndef RELAIS_CDA_SCHEMATRON_FUNCTIONS_H
#define RELAIS_CDA_SCHEMATRON_FUNCTIONS_H

#include <libxml/xpath.h>

#include "cda/schematron_table.h"

struct schematron_regex_kept;

/* One schematron over one document. The user data of its XPath context. */
struct schematron_run {
	struct arena *arena;
	const struct schematron_table *table;
	xmlXPathCompExprPtr *subs;      /* by number */
	xmlDocPtr values;               /* where values of sequences stand; made when the first one is */
	size_t n_values;
	unsigned long steps;            /* left, of regular expressions */
	xmlNodePtr current;             /* what current() gives */
	struct schematron_regex_kept *regexes;
	bool unjudged;                  /* the expression asked for what is not there: its result says nothing */
};

/* Namespaces, functions and user data of the run. False: no memory. */
MUST_USE bool schematron_functions_register(xmlXPathContextPtr context, struct schematron_run *run);

#endif

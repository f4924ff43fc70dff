/* cda/schematron_regex.h - regular expressions as XPath 2 has them (W3C XPath functions and operators, 7.6.1).
 *
 * Of our own, because neither POSIX nor the XML library has them: anchors, groups that replace() gives back, reluctant
 * quantifiers, classes by Unicode category, subtraction. Bounded: the size of the program and the steps of a search;
 * backtracking on a stack of its own, no recursion over the text. Not known: \p{IsBlock}, flag q. */
#ifndef RELAIS_CDA_SCHEMATRON_REGEX_H
#define RELAIS_CDA_SCHEMATRON_REGEX_H

#include "base/arena.h"

enum { REGEX_GROUPS = 10 }; /* 0 is the whole match */

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

struct regex_match {
	size_t from[REGEX_GROUPS], to[REGEX_GROUPS]; /* a group that took no part has from > to */
};

struct regex;

/* Compiles into the arena; flags: any of "smix". NULL: not an expression that we know, or too large a one. */
const struct regex *regex_compile(struct arena *arena, struct bytes pattern, struct bytes flags);

/* The first match at or after from. *steps is what may still be done; it is counted down, and at zero the result is LIMIT. */
enum regex_result regex_search(const struct regex *regex, struct bytes text, size_t from, unsigned long *steps, struct regex_match *out);

#endif

/* cda/schematron_parse_private.h - what the two files of cda/schematron_parse.h share. A function that gives a node gives NULL after a failure. */
#ifndef RELAIS_CDA_SCHEMATRON_PARSE_PRIVATE_H
#define RELAIS_CDA_SCHEMATRON_PARSE_PRIVATE_H

#include "cda/schematron_parse.h"

struct parse {
	struct arena *arena;
	struct bytes in;
	size_t at;
	unsigned depth, nodes;
	struct x_problem *problem;
	bool failed;
};

/* The first failure stands; gives NULL. */
struct x_node *xp_fail(struct parse *p, const char *what);
/* The byte so far ahead; 0 behind the end. */
unsigned char xp_look(const struct parse *p, size_t ahead);
bool xp_starts(const struct parse *p, const char *text);
/* Over blanks and comments. */
void xp_skip(struct parse *p);
/* Takes the word, but not a longer name that begins so; or the sign. */
bool xp_word(struct parse *p, const char *text);
bool xp_sign(struct parse *p, const char *text);
struct bytes xp_qname(struct parse *p);
struct x_node *xp_node(struct parse *p, enum x_kind kind, struct bytes text);
struct x_node *xp_variable(struct parse *p);
/* What stands between parentheses, up to and with the closing one. */
struct x_node *xp_list(struct parse *p, enum x_kind kind, struct bytes text);
struct x_node *xp_path(struct parse *p);
/* schematron_parse.c */
struct x_node *xp_expr_single(struct parse *p);

#endif

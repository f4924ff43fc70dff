/* cda/schematron_regex_private.h - the program that a pattern becomes: made by schematron_regex.c, run by schematron_regex_search.c. */
#ifndef RELAIS_CDA_SCHEMATRON_REGEX_PRIVATE_H
#define RELAIS_CDA_SCHEMATRON_REGEX_PRIVATE_H

#include "cda/schematron_regex.h"

enum {
	ITEMS_MAX = 60,     /* of one class */
	LOOPS_MAX = 100,
};

enum code { OP_CLASS, OP_SPLIT, OP_JUMP, OP_SAVE, OP_BEGIN, OP_END, OP_MARK, OP_MOVED, OP_BACK, OP_DONE };

struct instruction {
	enum code code;
	unsigned a, b; /* SPLIT: first and second choice; JUMP: where; CLASS, SAVE, MARK, BACK: which; MOVED: which, and where out */
};

enum item_kind { ITEM_RANGE, ITEM_DIGIT, ITEM_SPACE, ITEM_WORD, ITEM_NAME_START, ITEM_NAME, ITEM_CATEGORY, ITEM_NOT_NEWLINE, ITEM_ANY };

struct item {
	enum item_kind kind;
	bool negative;
	unsigned from, to;
	char category[3];
};

struct class {
	struct item items[ITEMS_MAX];
	unsigned n;
	bool negative;
	const struct class *without;
};

struct regex {
	struct instruction *program;
	unsigned n;
	const struct class **classes;
	bool any_case, lines;
};

/* One UTF-8 character from *at on; an ill-formed byte stands for itself (the texts come from an XML reader). */
unsigned regex_character(struct bytes text, size_t *at);

#endif

/* cda/schematron_run.h - the schematrons that `relais schematron import` has expanded: loaded once, then held against documents.
 *
 * The warm process loads and compiles them before its jail; a child that reads a message uses them as they are. A document is judged by
 * those of every French document and by that of its model (type code and templates). Nothing is refused: what fails is told. */
#ifndef RELAIS_CDA_SCHEMATRON_RUN_H
#define RELAIS_CDA_SCHEMATRON_RUN_H

#include "base/arena.h"
#include "base/reason.h"
#include "cda/read.h"

struct schematron_set;
struct schematron_table;

/* Files of the folder: NAME.rules (a table), and value sets under the names that the tables give. */
#define SCHEMATRON_SUFFIX ".rules"

/*
 * Loads every table of the folder and the value sets that they name. NOT_FOUND: no such folder, or no table in it. SCHEMATRON_TABLE: a
 * table that cannot be read, an expression that does not compile, or a value set that is not there; *at, which may be NULL, is then
 * its name, in the arena. *out lives as long as the arena and is closed by schematron_close before it.
 * Letters of other scripts have upper and lower case only in a process whose LC_CTYPE is a UTF-8 one.
 */
MUST_USE enum reason schematron_load(struct arena *arena, const char *folder, struct schematron_set **out, const char **at);
void schematron_close(struct schematron_set **set);
size_t schematron_count(const struct schematron_set *set);
/* By number, for lists. */
const struct schematron_table *schematron_table_at(const struct schematron_set *set, size_t i);

enum schematron_state { SCHEMATRON_NOT_CHECKED, SCHEMATRON_CLEAN, SCHEMATRON_FINDINGS };

struct schematron_result {
	enum schematron_state state;
	struct cda_finding *findings;  /* rule "schematron.NAME", source its file; the text is in the schematron's language, twice.
					* A test that fails at many places is told once */
	size_t n;
	size_t checked;                /* schematrons that were held against it */
	size_t unjudged;               /* tests whose value set is missing, or whose evaluation failed */
};

/* For tests: what happened, by numbers counted from 0 within the table. NULL for nobody. */
struct schematron_watch {
	void (*fired)(void *context, size_t pattern, size_t rule);
	void (*failed)(void *context, size_t pattern, size_t rule, size_t test);
	void *context;
};

/*
 * Holds a document against what applies to it. NOT_CHECKED: no set, no French CDA as root, nothing applies, or a bound was reached
 * (LIMIT_SCHEMATRON_*). Findings are in the arena, their texts in that of the set.
 */
void schematron_check(const struct schematron_set *set, struct arena *arena, struct bytes document, struct schematron_result *out);
/* One schematron of the set by its number, whatever the document is. */
void schematron_check_one(const struct schematron_set *set, size_t i, struct arena *arena, struct bytes document, const struct schematron_watch *watch,
			  struct schematron_result *out);

const char *schematron_state_name(enum schematron_state state); /* "not-checked", "clean", "findings" */

#endif

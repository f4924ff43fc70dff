/* cda/schematron_set.h - the loaded schematrons, for cda/schematron_run.c alone. */
#ifndef RELAIS_CDA_SCHEMATRON_SET_H
#define RELAIS_CDA_SCHEMATRON_SET_H

#include <libxml/xpath.h>

#include "base/limits.h"
#include "cda/schematron_run.h"
#include "cda/schematron_table.h"

struct schematron_loaded {
	struct schematron_table *table;
	xmlXPathCompExprPtr *subs;      /* by number */
	const char *rule;               /* "schematron.NAME" */
};

struct schematron_file {
	const char *name;
	xmlDocPtr doc;
};

struct schematron_set {
	struct schematron_loaded all[LIMIT_SCHEMATRONS];
	size_t n;
	struct schematron_file files[LIMIT_SCHEMATRON_FILES];
	size_t n_files;
};

#endif

/* gateway/schematron_folder.h - the agency's files as they lie in a folder, and the folder of tables that is made of them. */
#ifndef RELAIS_GATEWAY_SCHEMATRON_FOLDER_H
#define RELAIS_GATEWAY_SCHEMATRON_FOLDER_H

#include "cda/schematron_read.h"

/* Reads a file below the folder (the context, a path) for schematron_source. A name that is only there in other letters' case is taken: one
 * include of the agency's is written so. No link as the file itself. NOT_FOUND; DOCUMENT_LIMIT: over LIMIT_XML. */
MUST_USE enum reason schematron_folder_file(void *folder, struct arena *arena, const char *path, struct bytes *out);

/* All *.sch below the folder, sorted, relative to it; folders that begin with "_" or "." are passed over (old versions). The count, or
 * -1 when the folder cannot be read or has more than max. */
int schematron_folder_list(struct arena *arena, const char *folder, const char **paths, int max);

struct schematron_folder;

/* The new tables come up beside those in force (FOLDER.new) and take their place at the end. IO. */
MUST_USE enum reason schematron_folder_begin(struct arena *arena, const char *folder, struct schematron_folder **out);
/* NAME.rules, and the value sets of the import under their names. */
MUST_USE enum reason schematron_folder_add(struct schematron_folder *to, const struct schematron_import *import);
MUST_USE enum reason schematron_folder_end(struct schematron_folder *to);

#endif

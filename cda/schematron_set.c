/* cda/schematron_set.c - loads and compiles tables: the first half of schematron_run.h. */
#include "cda/schematron_set.h"

#include <dirent.h>
#include <fcntl.h>
#include <libxml/xmlschemastypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cda/xml_library.h"
#include "cda/xml_tree.h"

struct loading {
	struct arena *arena;
	struct schematron_set *set;
	const char *folder;
	const char *at;         /* the file that was looked at last */
};

static bool read_all(int descriptor, unsigned char *to, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t n = read(descriptor, to + got, size - got);
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

/* A whole file of the folder; its name is one of ours, without a slash. */
static bool file_read(struct loading *l, struct arena *arena, const char *name, size_t max, struct bytes *out)
{
	struct stat is;
	int descriptor = strchr(name, '/') != NULL ? -1 : open(arena_printf(l->arena, "%s/%s", l->folder, name), O_RDONLY | O_CLOEXEC);
	bool good = descriptor >= 0 && fstat(descriptor, &is) == 0 && S_ISREG(is.st_mode) && (uintmax_t)is.st_size <= max;

	if (good) {
		unsigned char *text = arena_try(arena, (size_t)is.st_size + 1);
		good = text != NULL && read_all(descriptor, text, (size_t)is.st_size);
		*out = (struct bytes){text, (size_t)is.st_size};
	}
	if (descriptor >= 0)
		close(descriptor);
	return good;
}

/* --- value sets ----------------------------------------------------------------- */

static xmlDocPtr file_load(struct loading *l, const char *name)
{
	struct schematron_set *set = l->set;
	struct arena *scratch = arena_create(LIMIT_XML + 4096u);
	struct bytes text;
	xmlDocPtr doc = NULL;

	l->at = name;
	if (set->n_files < LIMIT_SCHEMATRON_FILES && file_read(l, scratch, name, LIMIT_XML, &text) && xml_tree_read(text, 0, &doc) == REASON_NONE) {
		/* Sets of nodes are then sorted by a number and not by walking. */
		xmlXPathOrderDocElems(doc);
		set->files[set->n_files++] = (struct schematron_file){name, doc};
	}
	arena_destroy(&scratch);
	return doc;
}

/* Several tables name the same file. */
static xmlDocPtr file_of(struct loading *l, const char *name)
{
	for (size_t i = 0; i < l->set->n_files; i++)
		if (strcmp(l->set->files[i].name, name) == 0)
			return l->set->files[i].doc;
	return file_load(l, name);
}

/* A value set that was missing at the import has no file: its tests are not judged. */
static bool files_load(struct loading *l, struct schematron_table *table)
{
	for (struct schematron_pair *p = table->files; p != NULL; p = p->next) {
		p->doc = *p->b == '\0' ? NULL : file_of(l, p->b);
		if (p->doc == NULL && *p->b != '\0')
			return false;
	}
	return true;
}

/* --- expressions ---------------------------------------------------------------------- */

static bool compile(struct schematron_expr *e)
{
	e->compiled = xmlXPathCompile(e->text.at);
	return e->compiled != NULL;
}

static bool compile_list(struct schematron_expr *e)
{
	for (; e != NULL; e = e->next)
		if (!compile(e))
			return false;
	return true;
}

static bool compile_items(struct schematron_item *item)
{
	for (; item != NULL; item = item->next)
		if (!compile(&item->expr))
			return false;
	return true;
}

static bool compile_table(struct schematron_table *t)
{
	if (!compile_list(t->subs) || !compile_items(t->lets))
		return false;
	for (struct schematron_pattern *p = t->patterns; p != NULL; p = p->next)
		for (struct schematron_rule *r = p->rules; r != NULL; r = r->next)
			if (!compile_list(r->contexts) || !compile_items(r->items))
				return false;
	return true;
}

static void free_items(struct schematron_item *item)
{
	for (; item != NULL; item = item->next)
		xmlXPathFreeCompExpr(item->expr.compiled);
}

static void free_list(struct schematron_expr *e)
{
	for (; e != NULL; e = e->next)
		xmlXPathFreeCompExpr(e->compiled);
}

static void free_table(struct schematron_table *t)
{
	free_list(t->subs);
	free_items(t->lets);
	for (struct schematron_pattern *p = t->patterns; p != NULL; p = p->next)
		for (struct schematron_rule *r = p->rules; r != NULL; r = r->next) {
			free_list(r->contexts);
			free_items(r->items);
		}
}

/* --- tables ----------------------------------------------------------------------------- */

static enum reason table_load(struct loading *l, const char *name)
{
	struct schematron_set *set = l->set;
	struct arena *scratch = arena_create(LIMIT_SCHEMATRON_TABLE + 4096u);
	struct schematron_table *table = NULL;
	struct bytes text;
	enum reason reason = REASON_SCHEMATRON_TABLE;

	l->at = name;
	if (set->n < LIMIT_SCHEMATRONS && file_read(l, scratch, name, LIMIT_SCHEMATRON_TABLE, &text))
		reason = schematron_table_read(l->arena, text, &table);
	arena_destroy(&scratch);
	if (reason != REASON_NONE)
		return reason;
	struct schematron_loaded *loaded = &set->all[set->n++];
	*loaded = (struct schematron_loaded){table, arena_alloc(l->arena, (table->n_subs + 1) * sizeof *loaded->subs),
					     arena_printf(l->arena, "schematron.%s", table->name)};
	if (!compile_table(table) || !files_load(l, table))
		return REASON_SCHEMATRON_TABLE;
	size_t i = 0;
	for (const struct schematron_expr *e = table->subs; e != NULL; e = e->next)
		loaded->subs[i++] = e->compiled;
	return REASON_NONE;
}

static int is_table(const struct dirent *entry)
{
	return bytes_ends(bytes_of_text(entry->d_name), BYTES(SCHEMATRON_SUFFIX));
}

static enum reason folder_load(struct loading *l)
{
	struct dirent **entries = NULL;
	int n = scandir(l->folder, &entries, is_table, alphasort);
	enum reason reason = n <= 0 ? REASON_NOT_FOUND : REASON_NONE;

	for (int i = 0; i < n; i++) {
		if (reason == REASON_NONE)
			reason = table_load(l, (const char *)arena_copy(l->arena, bytes_of_text(entries[i]->d_name)).at);
		free(entries[i]);
	}
	free(entries);
	return reason;
}

enum reason schematron_load(struct arena *arena, const char *folder, struct schematron_set **out, const char **at)
{
	struct schematron_set *set = arena_alloc(arena, sizeof *set);
	struct loading l = {arena, set, folder, ""};

	xml_library_refuse_files();
	/* Tells no error of an expression on standard error. */
	xmlSetStructuredErrorFunc(NULL, xml_library_silence);
	xmlSchemaInitTypes();
	enum reason reason = folder_load(&l);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (at != NULL)
		*at = l.at;
	if (reason != REASON_NONE) {
		schematron_close(&set);
		return reason;
	}
	*out = set;
	return REASON_NONE;
}

void schematron_close(struct schematron_set **set)
{
	if (*set == NULL)
		return;
	for (size_t i = 0; i < (*set)->n; i++)
		free_table((*set)->all[i].table);
	for (size_t i = 0; i < (*set)->n_files; i++)
		xmlFreeDoc((*set)->files[i].doc);
	*set = NULL;
}

size_t schematron_count(const struct schematron_set *set)
{
	return set->n;
}

const struct schematron_table *schematron_table_at(const struct schematron_set *set, size_t i)
{
	return set->all[i].table;
}

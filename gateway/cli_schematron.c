/* gateway/cli_schematron.c - relais schematron import DIR | list: the agency's rules as tables of our own. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cda/schematron_run.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/schematron_folder.h"

static const char usage[] = "schematron import DIR | list";

enum { FILES_MAX = 20000, EXPRESSION_SHOWN = 300 };
#define IMPORT_ROOM ((size_t)1024 * 1024 * 1024)

struct importing {
	struct cli *cli;
	struct schematron_source source;
	struct schematron_folder *to;
	json_t *rows;
	size_t problems, failed;
};

static const char *folder_of(const struct cli *cli)
{
	const char *set = cli->config->inspect.schematron;
	return *set != '\0' ? set : arena_printf(cli->arena, "%s/schematron", cli->config->folder);
}

/* --- what a table is for --------------------------------------------------------------- */

static void add_words(struct buf *out, const char *before, const struct schematron_word *words)
{
	for (; words != NULL; words = words->next) {
		buf_text(out, out->len > 0 ? " " : "");
		buf_text(out, before);
		buf_add(out, words->text);
	}
}

static json_t *applies_of(const struct cli *cli, const struct schematron_table *t)
{
	struct buf out = buf_make(64 * 1024);

	if (t->every) {
		buf_text(&out, cli->french ? "tout document français" : "every French document");
	} else {
		add_words(&out, "", t->types);
		add_words(&out, "", t->templates);
	}
	if (out.len == 0)
		buf_text(&out, cli->french ? "rien" : "nothing");
	json_t *text = json_of(buf_bytes(&out));
	buf_free(&out);
	return text;
}

static json_t *row_of(const struct cli *cli, const struct schematron_table *t)
{
	return json_pack("{s:s, s:o, s:I, s:I, s:I, s:o, s:o}", "name", t->name, "applies", applies_of(cli, t), "rules", (json_int_t)t->rules, "tests",
			 (json_int_t)t->tests, "unknown", (json_int_t)t->unknown, "source", json_of(t->source), "digest", json_of(t->digest));
}

/* --- import -------------------------------------------------------------------------------- */

static void say(struct importing *i, const struct schematron_import *import)
{
	for (const struct schematron_problem *p = import->problems; p != NULL; p = p->next) {
		fprintf(stderr, "%s: %s:%u: %s", import->table->name, p->file, p->line, p->what);
		if (p->expression.len > 0)
			fprintf(stderr, ": %.*s", (int)bytes_slice(p->expression, 0, EXPRESSION_SHOWN).len, (const char *)p->expression.at);
		fprintf(stderr, "\n");
	}
	i->problems += import->n_problems;
}

static enum reason import_one(struct importing *i, const char *path)
{
	struct arena *arena = arena_create(IMPORT_ROOM);
	struct schematron_import import;
	enum reason reason = schematron_import(arena, &i->source, path, &import);

	/* A part that others include is none by itself. */
	if (reason != REASON_NOT_FOUND)
		say(i, &import);
	if (reason == REASON_NONE) {
		reason = schematron_folder_add(i->to, &import);
		json_array_append_new(i->rows, row_of(i->cli, import.table));
	} else if (reason == REASON_NOT_FOUND || reason == REASON_SCHEMATRON_FORM) {
		i->failed += reason == REASON_SCHEMATRON_FORM;
		reason = REASON_NONE;
	}
	arena_destroy(&arena);
	return reason;
}

static enum reason import_all(struct importing *i, const char *folder)
{
	const char **paths = arena_alloc(i->cli->arena, FILES_MAX * sizeof *paths);
	int n = schematron_folder_list(i->cli->arena, folder, paths, FILES_MAX);
	enum reason reason = n < 0 ? REASON_NOT_FOUND : schematron_folder_begin(i->cli->arena, folder_of(i->cli), &i->to);

	for (int k = 0; k < n && reason == REASON_NONE; k++)
		reason = import_one(i, paths[k]);
	if (reason == REASON_NONE && json_array_size(i->rows) == 0)
		reason = REASON_NOT_FOUND;
	return reason == REASON_NONE ? schematron_folder_end(i->to) : reason;
}

static int import(struct cli *cli)
{
	const char *folder = cli->arguments[1];
	struct importing i = {.cli = cli, .source = {schematron_folder_file, (void *)(uintptr_t)folder}, .rows = json_array()};
	enum reason reason = import_all(&i, folder);

	if (reason != REASON_NONE) {
		json_decref(i.rows);
		return cli_refuse(cli, reason, folder);
	}
	cli_show(cli, i.rows, "name applies rules tests unknown");
	if (*cli->config->inspect.schematron == '\0')
		fprintf(stderr, cli->french ? "Tables écrites dans %s ; pour qu'elles servent : inspect.schematron, puis redémarrer.\n" :
					      "Tables written to %s; for them to be used: inspect.schematron, then start again.\n",
			folder_of(cli));
	return i.problems > 0 || i.failed > 0 ? CLI_FAILED : CLI_OK;
}

/* --- list ---------------------------------------------------------------------------------------- */

static int list(struct cli *cli)
{
	struct arena *arena = arena_create(IMPORT_ROOM);
	struct schematron_set *set = NULL;
	const char *at = NULL;
	enum reason reason = schematron_load(arena, folder_of(cli), &set, &at);
	int status = CLI_OK;

	if (reason != REASON_NONE) {
		status = cli_refuse(cli, reason, arena_printf(cli->arena, "%s/%s", folder_of(cli), at));
	} else {
		json_t *rows = json_array();
		for (size_t i = 0; i < schematron_count(set); i++)
			json_array_append_new(rows, row_of(cli, schematron_table_at(set, i)));
		status = cli_show(cli, rows, "name applies rules tests unknown source");
	}
	schematron_close(&set);
	arena_destroy(&arena);
	return status;
}

int cli_schematron(int argc, char **argv)
{
	struct cli cli;
	int status = cli_open(&cli, argc, argv, 1, 2, usage);

	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (cli.n == 2 && strcmp(cli.arguments[0], "import") == 0)
		return cli_close(&cli, import(&cli));
	if (cli.n == 1 && strcmp(cli.arguments[0], "list") == 0)
		return cli_close(&cli, list(&cli));
	fprintf(stderr, "usage: relais %s [--dir DIR] [--json]\n", usage);
	return cli_close(&cli, CLI_USAGE);
}

/* gateway/cli_pathology.c - relais pathology|questionnaire import FILE… | list | check FILE….
 *
 * Files are checked whole before anything of them is loaded, and loaded together or not at all. A check asks no database: a pathology is
 * held against the questionnaires among the files. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/pathology_json.h"
#include "gateway/questionnaire_json.h"

enum { FILES_MAX = 200 };
#define CHECK_ROOM (64u * 1024 * 1024)   /* of all files' names and faults */
#define ITEM_ROOM (16u * 1024 * 1024)    /* of one item while it is read */

struct rule_file {
	const char *path;
	json_t *items;                   /* a list */
};

struct loading {
	struct cli *cli;
	bool pathologies;                /* what is loaded; the other kind is only looked up */
	struct rule_file files[FILES_MAX];
	int n;
};

/* ---------------------------------------------------------------- files */

/* "FILE: item 2: item[3](pain).enableWhen: a sentence: what [code]" */
static void tell(const struct loading *l, const struct rules_reader *r, const char *path, size_t item)
{
	const struct reason_entry *entry = reason_entry(r->reason);

	fprintf(stderr, "relais: %s: ", path);
	if (item > 0)
		fprintf(stderr, "item %zu: ", item);
	fprintf(stderr, "%s%s%s%s%s [%s]\n", r->place, r->place[0] != '\0' ? ": " : "", l->cli->french ? entry->fr : entry->en,
		r->detail != NULL ? " " : "", r->detail != NULL ? r->detail : "", entry->code);
}

static bool read_file(struct loading *l, const char *path)
{
	struct rules_reader r = {.arena = l->cli->arena};
	json_t *value = rules_parse_file(&r, path);

	if (value == NULL) {
		tell(l, &r, path, 0);
		return false;
	}
	json_t *list = json_is_array(value) ? json_incref(value) : json_array();
	if (!json_is_array(value))
		json_array_append(list, value);
	json_decref(value);
	l->files[l->n++] = (struct rule_file){path, list};
	return true;
}

static bool read_files(struct loading *l, char **paths, int n)
{
	bool good = true;

	for (int i = 0; i < n; i++)
		good &= read_file(l, paths[i]);
	return good;
}

static void close_files(struct loading *l)
{
	for (int i = 0; i < l->n; i++)
		json_decref(l->files[i].items);
}

static bool is_questionnaire(const json_t *item)
{
	return json_object_get(item, "resourceType") != NULL;
}

/* ---------------------------------------------------------------- checks */

static bool is_canonical(struct bytes canonical, const json_t *item)
{
	struct bytes url = json_view(item, "url"), version = json_view(item, "version");

	return canonical.len == url.len + 1 + version.len && bytes_starts(canonical, url) && canonical.at[url.len] == '|' && bytes_ends(canonical, version);
}

/* Among the files; a new reference, or NULL. */
static json_t *find_in_files(const struct loading *l, struct bytes canonical)
{
	for (int f = 0; f < l->n; f++) {
		size_t i;
		json_t *item;
		json_array_foreach(l->files[f].items, i, item) {
			if (is_questionnaire(item) && is_canonical(canonical, item))
				return json_incref(item);
		}
	}
	return NULL;
}

static json_t *find_in_store(const struct loading *l, struct bytes canonical)
{
	struct store_rows *rows = NULL;
	json_t *found = NULL;

	if (STORE_RUN(l->cli->store, &rows, "select relais.rule_questionnaire($1)", P_TEXT_B(canonical)) == REASON_NONE && !store_is_null(rows, 0, 0))
		found = json_read(store_bytes(rows, 0, 0));
	store_free(&rows);
	return found;
}

static void show_pathology(const struct pathology *p)
{
	printf("pathology %.*s %.*s: %zu questions, %zu exams, %zu red flags%s\n", (int)p->code.len, (const char *)p->code.at, (int)p->version.len,
	       (const char *)p->version.at, p->n_answers, p->n_exams, p->n_redflags, p->validated ? "" : ", not validated");
}

static bool check_pathology(const struct loading *l, struct rules_reader *r, const json_t *item, bool show)
{
	struct pathology out;
	struct bytes canonical = json_view(item, "questionnaire");
	json_t *questionnaire = l->cli->store != NULL ? find_in_store(l, canonical) : find_in_files(l, canonical);
	bool good = pathology_read(r, item, questionnaire, &out);

	if (good && show)
		show_pathology(&out);
	json_decref(questionnaire);
	return good;
}

static bool check_questionnaire(struct rules_reader *r, const json_t *item, bool show)
{
	struct questionnaire out;
	bool good = questionnaire_read(r, item, &out);

	if (good && show)
		printf("questionnaire %.*s|%.*s: %zu questions\n", (int)out.url.len, (const char *)out.url.at, (int)out.version.len,
		       (const char *)out.version.at, out.n);
	return good;
}

static bool check_item(const struct loading *l, const char *path, size_t number, const json_t *item, bool show)
{
	struct rules_reader r = {.arena = arena_create(ITEM_ROOM)};
	bool pathology = l->pathologies && !is_questionnaire(item);
	bool good = pathology ? check_pathology(l, &r, item, show) : check_questionnaire(&r, item, show);

	if (!good)
		tell(l, &r, path, number);
	arena_destroy(&r.arena);
	return good;
}

/* Every item of every file; of each the first fault is told. */
static bool check_all(const struct loading *l, bool show)
{
	bool good = true;

	for (int f = 0; f < l->n; f++) {
		size_t i;
		json_t *item;
		if (json_array_size(l->files[f].items) == 0)
			fprintf(stderr, "relais: %s: nothing in it\n", l->files[f].path);
		good &= json_array_size(l->files[f].items) > 0;
		json_array_foreach(l->files[f].items, i, item) {
			good &= check_item(l, l->files[f].path, i + 1, item, show);
		}
	}
	return good;
}

static int check(struct cli *cli, bool pathologies, int argc, char **argv)
{
	struct loading *l = arena_alloc(cli->arena, sizeof *l);

	*l = (struct loading){.cli = cli, .pathologies = pathologies};
	bool good = read_files(l, argv, argc) && check_all(l, true);
	close_files(l);
	return good ? CLI_OK : CLI_FAILED;
}

/* ---------------------------------------------------------------- import and list */

static enum reason load(const struct loading *l)
{
	const char *kind = l->pathologies ? "pathology" : "questionnaire";
	enum reason reason = store_begin(l->cli->store);

	for (int f = 0; f < l->n; f++) {
		size_t i;
		json_t *item;
		json_array_foreach(l->files[f].items, i, item) {
			struct store_rows *rows = NULL;
			if (reason != REASON_NONE)
				return reason;
			reason = STORE_RUN(l->cli->store, &rows, "select relais.rule_import($1, $2)::bigint", P_TEXT(kind),
					   P_JSON(json_write(l->cli->arena, json_incref(item))));
			if (reason == REASON_NONE)
				printf("%s %s: version %s\n", kind, json_string_value(json_object_get(item, l->pathologies ? "code" : "url")),
				       json_string_value(json_object_get(item, "version")));
			else
				fprintf(stderr, "relais: %s: item %zu\n", l->files[f].path, i + 1);
			store_free(&rows);
		}
	}
	return reason == REASON_NONE ? store_commit(l->cli->store) : reason;
}

static bool all_of_kind(const struct loading *l)
{
	bool good = true;

	for (int f = 0; f < l->n; f++) {
		size_t i;
		json_t *item;
		json_array_foreach(l->files[f].items, i, item) {
			if (is_questionnaire(item) != l->pathologies)
				continue;
			fprintf(stderr, "relais: %s: item %zu: this is a %s: relais %s import\n", l->files[f].path, i + 1,
				l->pathologies ? "questionnaire" : "pathology", l->pathologies ? "questionnaire" : "pathology");
			good = false;
		}
	}
	return good;
}

static int import(struct cli *cli, bool pathologies, char **paths, int n)
{
	struct loading *l = arena_alloc(cli->arena, sizeof *l);
	int status = CLI_FAILED;

	*l = (struct loading){.cli = cli, .pathologies = pathologies};
	if (read_files(l, paths, n) && all_of_kind(l) && check_all(l, false)) {
		enum reason reason = load(l);
		status = reason == REASON_NONE ? CLI_OK : cli_refuse(cli, reason, NULL);
	}
	close_files(l);
	return status;
}

static int list(struct cli *cli, bool pathologies)
{
	json_t *rows = CLI_QUERY(cli, "select coalesce(jsonb_agg(jsonb_build_object('code', t.key, 'url', t.data->>'url', 'version', t.data->>'version', "
				      "'title', coalesce(t.data->>'title_fr', t.data->>'title'), 'family', t.data->>'family', 'questionnaire', t.data->>'questionnaire', "
				      "'exams', jsonb_array_length(coalesce(t.data->'exams', '[]')), 'validated', coalesce(t.data->>'validated_on', '-'), "
				      "'until', coalesce(t.data->>'valid_until', '-'), 'data', t.data)), '[]') from relais.rule_list($1) t",
				 P_TEXT(pathologies ? "pathology" : "questionnaire"));
	return cli_show(cli, rows, pathologies ? "code version title family exams validated until questionnaire" : "url version title");
}

static int rules(bool pathologies, int argc, char **argv)
{
	struct cli cli;
	const char *usage = pathologies ? "pathology list | import FILE… | check FILE…" : "questionnaire list | import FILE… | check FILE…";

	if (argc > 2 && argc <= FILES_MAX && strcmp(argv[1], "check") == 0) {
		cli = (struct cli){.arena = arena_create(CHECK_ROOM), .french = cli_speaks_french(NULL)};
		return cli_close(&cli, check(&cli, pathologies, argc - 2, argv + 2));
	}
	int status = cli_open(&cli, argc, argv, 1, FILES_MAX, usage);
	if (status != CLI_OK)
		return cli_close(&cli, status);
	if (strcmp(cli.arguments[0], "list") == 0 && cli.n == 1)
		return cli_close(&cli, list(&cli, pathologies));
	if (strcmp(cli.arguments[0], "import") == 0 && cli.n > 1)
		return cli_close(&cli, import(&cli, pathologies, cli.arguments + 1, cli.n - 1));
	fprintf(stderr, "usage: relais %s\n", usage);
	return cli_close(&cli, CLI_USAGE);
}

int cli_pathology(int argc, char **argv)
{
	return rules(true, argc, argv);
}

int cli_questionnaire(int argc, char **argv)
{
	return rules(false, argc, argv);
}

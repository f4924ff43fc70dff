/* gateway/cli_view.c - see cli_view.h. */
#include "gateway/cli_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/cli_access.h"

enum { PATH_ROOM = 4096 };

static const char *take_option(int *n, char **arguments, const char *name, bool has_value)
{
	for (int i = 0; i < *n; i++) {
		if (strcmp(arguments[i], name) != 0)
			continue;
		if (has_value && i + 1 >= *n)
			return NULL;
		const char *found = has_value ? arguments[i + 1] : arguments[i];
		int width = has_value ? 2 : 1;
		for (int k = i; k + width < *n; k++)
			arguments[k] = arguments[k + width];
		*n -= width;
		return found;
	}
	return NULL;
}

const char *cli_option(struct cli *cli, const char *name, bool has_value)
{
	return take_option(&cli->n, cli->arguments, name, has_value);
}

const char *cli_actor(void)
{
	const char *name = getenv("RELAIS_ACTOR");
	if (name == NULL)
		name = getenv("SUDO_USER");
	if (name == NULL)
		name = getenv("USER");
	return name != NULL && name[0] != '\0' ? name : "operator";
}

bool cli_speaks_french(const struct config *config)
{
	const char *language = getenv("LANG");
	if (language != NULL && (strncmp(language, "fr", 2) == 0 || strncmp(language, "en", 2) == 0))
		return language[0] == 'f';
	return config == NULL || strcmp(config->language, "en") != 0;
}

int cli_refuse(const struct cli *cli, enum reason reason, const char *detail)
{
	const struct reason_entry *entry = reason_entry(reason);
	fprintf(stderr, "relais: %s%s%s [%s]\n", detail != NULL ? detail : "", detail != NULL ? ": " : "",
		cli->french ? entry->fr : entry->en, entry->code);
	if (entry->hint[0] != '\0')
		fprintf(stderr, "  %s\n", entry->hint);
	return reason == REASON_NOT_FOUND ? CLI_NOT_FOUND : CLI_FAILED;
}

static int read_config(struct cli *cli)
{
	struct config_problem problem = {0};
	const char *path = arena_printf(cli->arena, "%s/relais.conf", cli->dir);
	enum reason reason = config_read(cli->arena, path, &cli->config, &problem);
	cli->french = cli_speaks_french(reason == REASON_NONE ? cli->config : NULL);
	if (reason == REASON_NONE)
		return CLI_OK;
	cli_refuse(cli, reason, arena_printf(cli->arena, "%s:%d: %s%s%s", path, problem.line,
					     problem.key != NULL ? problem.key : "", problem.detail != NULL ? " " : "",
					     problem.detail != NULL ? problem.detail : ""));
	return CLI_CONFIG;
}

/* The leading words of a usage line: what an operator opens bodies for, in the keeper's journal. */
static const char *verb_of(struct arena *arena, const char *usage)
{
	size_t n = 0;

	while ((usage[n] >= 'a' && usage[n] <= 'z') || (usage[n] == ' ' && usage[n + 1] >= 'a' && usage[n + 1] <= 'z'))
		n++;
	return arena_text(arena, bytes_slice(bytes_of_text(usage), 0, n));
}

int cli_open(struct cli *cli, int argc, char **argv, int min, int max, const char *usage)
{
	*cli = (struct cli){.arena = arena_create(64u * 1024 * 1024), .n = argc - 1, .arguments = argv + 1};
	const char *dir = take_option(&cli->n, cli->arguments, "--dir", true);
	cli->json = take_option(&cli->n, cli->arguments, "--json", false) != NULL;
	if (dir == NULL)
		dir = getenv("RELAIS_DIR");
	cli->dir = dir != NULL ? dir : ".";
	if (cli->n < min || cli->n > max) {
		fprintf(stderr, "usage: relais %s [--dir DIR] [--json]\n", usage);
		return CLI_USAGE;
	}
	int status = read_config(cli);
	if (status != CLI_OK)
		return status;
	cli->store = store_open(cli->config->database, "operator");
	*store_keeper(cli->store) = keeper_client_make(arena_printf(cli->arena, "%s/keeper-operator.sock", cli->config->run_folder), verb_of(cli->arena, usage));
	return cli_access(cli, argv[0]);
}

const char *cli_beside(struct arena *arena, const char *name)
{
	char path[PATH_ROOM];
	ssize_t len = readlink("/proc/self/exe", path, sizeof path);

	if (len <= 0 || len >= (ssize_t)sizeof path)
		return NULL;
	while (len > 0 && path[len - 1] != '/')
		len--;
	return arena_printf(arena, "%.*s%s", (int)len, path, name);
}

int cli_close(struct cli *cli, int status)
{
	store_close(&cli->store);
	arena_destroy(&cli->arena);
	return status;
}

json_t *cli_query(struct cli *cli, const char *sql, const struct store_param *params, size_t n)
{
	struct store_rows *rows = NULL;
	enum reason reason = store_run(cli->store, sql, params, n, &rows);
	json_t *value = NULL;

	if (reason != REASON_NONE) {
		cli_refuse(cli, reason, NULL);
		return NULL;
	}
	if (store_count(rows) == 1 && !store_is_null(rows, 0, 0)) {
		struct bytes text = store_bytes(rows, 0, 0);
		value = json_loadb((const char *)text.at, text.len, JSON_DECODE_ANY, NULL);
	}
	store_free(&rows);
	if (value == NULL)
		cli_refuse(cli, REASON_NOT_FOUND, NULL);
	return value;
}

const char *cli_value(const json_t *row, const char *key, char buffer[64])
{
	const json_t *value = json_object_get(row, key);
	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		snprintf(buffer, 64, "%lld", (long long)json_integer_value(value));
		return buffer;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return "";
	}
}

void cli_proof_words(const struct cli *cli, json_t *rows)
{
	static const char *const words[][2] = {
		{"0 queued", "0 en file"},       {"1 left", "1 parti"}, {"2 accepted", "2 accepté"},
		{"3 delivered", "3 remis"},      {"4 read", "4 lu"},    {"5 answered", "5 répondu"},
	};
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		json_int_t level = json_integer_value(json_object_get(row, "proof"));
		if (level >= 0 && level < (json_int_t)(sizeof words / sizeof words[0]))
			json_object_set_new(row, "proof", json_string(words[level][cli->french]));
	}
}

/* Columns, not bytes: accents must not shift a table. */
static int width_of(const char *text)
{
	int width = 0;
	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

enum { COLUMNS_MAX = 16 };

struct table {
	const char *keys[COLUMNS_MAX];
	int widths[COLUMNS_MAX];
	int n;
};

static void table_read(struct table *t, char *columns, json_t *rows)
{
	char buffer[64], *save = NULL;
	size_t i;
	json_t *row;

	for (char *key = strtok_r(columns, " ", &save); key != NULL && t->n < COLUMNS_MAX; key = strtok_r(NULL, " ", &save)) {
		t->keys[t->n] = key;
		t->widths[t->n] = width_of(key);
		json_array_foreach(rows, i, row) {
			int width = width_of(cli_value(row, key, buffer));
			if (width > t->widths[t->n])
				t->widths[t->n] = width;
		}
		t->n++;
	}
}

void cli_plain(const struct cli *cli, json_t *rows)
{
	const char *key;
	json_t *row, *value;
	void *next;
	size_t i;

	json_array_foreach(rows, i, row) {
		json_object_foreach_safe(row, next, key, value) {
			if (json_is_string(value))
				json_object_set_new(row, key, json_stringn_nocheck(arena_line(cli->arena, bytes_of_text(json_string_value(value))), strlen(json_string_value(value))));
		}
	}
}

static void cell(const char *text, int width, bool last)
{
	printf("%s%*s", text, last ? 0 : width - width_of(text) + 2, "");
}

int cli_show(const struct cli *cli, json_t *rows, const char *columns)
{
	struct table t = {0};
	char buffer[64];
	size_t i;
	json_t *row;

	if (rows == NULL)
		return CLI_FAILED;
	if (cli->json) {
		json_dumpf(rows, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(rows);
		return CLI_OK;
	}
	cli_plain(cli, rows);
	table_read(&t, arena_text(cli->arena, bytes_of_text(columns)), rows);
	for (int c = 0; c < t.n; c++)
		cell(t.keys[c], t.widths[c], c == t.n - 1);
	printf("\n");
	json_array_foreach(rows, i, row) {
		for (int c = 0; c < t.n; c++)
			cell(cli_value(row, t.keys[c], buffer), t.widths[c], c == t.n - 1);
		printf("\n");
	}
	json_decref(rows);
	return CLI_OK;
}

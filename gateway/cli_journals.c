/* gateway/cli_journals.c - see cli_journals.h. */
#include "gateway/cli_journals.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/json_view.h"

static bool is_journal(const char *name, enum cli_journal which)
{
	static const char *const prefixes[][2] = {
		[CLI_JOURNAL_ACCEPTED] = {"receiver", "collector"}, [CLI_JOURNAL_SENT] = {"deliverer", NULL}, [CLI_JOURNAL_SEALED] = {"signer", NULL}};
	bool ours = false;

	for (size_t i = 0; i < 2 && prefixes[which][i] != NULL; i++)
		ours |= strncmp(name, prefixes[which][i], strlen(prefixes[which][i])) == 0;
	return ours && bytes_ends(bytes_of_text(name), BYTES(".jsonl"));
}

bool cli_journals_find(struct cli *cli, enum cli_journal which, struct cli_journals *out)
{
	const char *folder = arena_printf(cli->arena, "%s/journal", cli->config->folder), *unread = NULL;
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat about;

	out->n = 0;
	while (dir != NULL && unread == NULL && (entry = readdir(dir)) != NULL) {
		const char *path = arena_printf(cli->arena, "%s/%s", folder, entry->d_name);
		if (!is_journal(entry->d_name, which))
			continue;
		if (out->n == CLI_JOURNALS_MAX || stat(path, &about) != 0) {
			unread = path;
			break;
		}
		out->list[out->n].path = path;
		out->list[out->n++].size = about.st_size;
	}
	if (dir == NULL)
		unread = folder;
	else
		closedir(dir);
	return unread == NULL || cli_refuse(cli, REASON_IO, unread) == CLI_OK;
}

/* False: it could not be read as far as it went. */
static bool read_one(const char *path, off_t size, cli_journals_take *take, void *context, long *torn)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	off_t at = 0;
	ssize_t len;

	if (file == NULL)
		return false;
	while (at < size && (len = getline(&text, &room, file)) > 0) {
		at += len;
		json_t *line = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(line))
			take(context, line);
		else if (len > 1)
			(*torn)++;
		json_decref(line);
	}
	free(text);
	fclose(file);
	return at >= size;
}

bool cli_journals_read(struct cli *cli, const struct cli_journals *journals, cli_journals_take *take, void *context, long *torn)
{
	for (size_t i = 0; i < journals->n; i++)
		if (!read_one(journals->list[i].path, journals->list[i].size, take, context, torn))
			return cli_refuse(cli, REASON_IO, journals->list[i].path) == CLI_OK;
	return true;
}

/* ---------------------------------------------------------------- accepted, and not here */

/* Lines that the database is asked of at once. */
enum { BATCH = 4096, BATCH_MEMORY = 64 * 1024 * 1024 };

struct search {
	struct cli *cli;
	struct cli_missing *out;
	json_t *lines, *asked;   /* as they stand in the journal; as they are asked */
	bool failed;             /* which was told */
};

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text == NULL ? "" : text;
}

static void count_line(struct cli_missing *out, const char *what, json_t *line)
{
	out->unknown -= strcmp(what, "here") == 0;
	out->differs += strchr(what, '!') != NULL;
	out->again += strncmp(what, "again", 5) == 0;
	out->noted += strncmp(what, "noted", 5) == 0;
	if (strncmp(what, "lost", 4) == 0)
		json_array_append(out->lost, line);
}

static void ask(struct search *s)
{
	struct arena *arena = arena_create(BATCH_MEMORY);
	json_t *told = s->failed ? NULL : CLI_QUERY(s->cli, "select relais.reconcile_inbox($1)", P_JSON(json_write(arena, json_incref(s->asked)))), *line;
	size_t i;

	s->failed = told == NULL;
	json_array_foreach(s->lines, i, line) {
		const char *what = json_string_value(json_array_get(told, i));
		count_line(s->out, what == NULL ? "" : what, line);
	}
	json_decref(told);
	json_array_clear(s->lines);
	json_array_clear(s->asked);
	arena_destroy(&arena);
}

static void compare(void *context, json_t *line)
{
	struct search *s = context;

	s->out->lines++;
	json_array_append(s->lines, line);
	json_array_append_new(s->asked, json_pack("{s:I, s:I, s:s, s:s}", "inbox", json_integer_value(json_object_get(line, "inbox")), "size",
						  json_integer_value(json_object_get(line, "size")), "digest", text_at(line, "digest"), "message_id", text_at(line, "message_id")));
	if (json_array_size(s->lines) == BATCH)
		ask(s);
}

bool cli_missing_find(struct cli *cli, const struct cli_journals *journals, struct cli_missing *out)
{
	struct search s = {.cli = cli, .out = out, .lines = json_array(), .asked = json_array()};

	*out = (struct cli_missing){.lost = json_array()};
	json_t *rows = CLI_QUERY(cli, "select to_jsonb(relais.reconcile_rows()) where $1", P_BOOL(true));
	bool found = rows != NULL;
	out->unknown = (long)json_integer_value(rows);
	json_decref(rows);
	found = found && cli_journals_read(cli, journals, compare, &s, &out->torn);
	if (found)
		ask(&s);
	json_decref(s.lines);
	json_decref(s.asked);
	return found && !s.failed;
}

void cli_missing_tell(const struct cli *cli, const struct cli_missing *missing)
{
	size_t i;
	json_t *line;

	cli_plain(cli, missing->lost);
	json_array_foreach(missing->lost, i, line) {
		printf("  R%lld  %s  %s  %s  %s  %lld\n", (long long)json_integer_value(json_object_get(line, "inbox")), text_at(line, "at"),
		       text_at(line, "source"), text_at(line, "from"), text_at(line, "message_id"),
		       (long long)json_integer_value(json_object_get(line, "size")));
	}
}

/* gateway/cli_journals.c - see cli_journals.h. */
#include "gateway/cli_journals.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_journal(const char *name, enum cli_journal which)
{
	static const char *const prefixes[][2] = {
		[CLI_JOURNAL_ACCEPTED] = {"receiver", "collector"}, [CLI_JOURNAL_SENT] = {"deliverer", NULL}, [CLI_JOURNAL_SEALED] = {"signer", NULL}};
	bool ours = false;

	for (size_t i = 0; i < 2 && prefixes[which][i] != NULL; i++)
		ours |= strncmp(name, prefixes[which][i], strlen(prefixes[which][i])) == 0;
	return ours && bytes_ends(bytes_of_text(name), BYTES(".jsonl"));
}

void cli_journals_find(struct cli *cli, enum cli_journal which, struct cli_journals *out)
{
	const char *folder = arena_printf(cli->arena, "%s/journal", cli->config->folder);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat about;

	out->n = 0;
	while (dir != NULL && out->n < CLI_JOURNALS_MAX && (entry = readdir(dir)) != NULL) {
		const char *path = arena_printf(cli->arena, "%s/%s", folder, entry->d_name);
		if (!is_journal(entry->d_name, which) || stat(path, &about) != 0)
			continue;
		out->list[out->n].path = path;
		out->list[out->n++].size = about.st_size;
	}
	if (dir != NULL)
		closedir(dir);
}

static void read_one(const char *path, off_t size, cli_journals_take *take, void *context, long *torn)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	off_t at = 0;
	ssize_t len;

	if (file == NULL)
		return;
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
}

void cli_journals_read(const struct cli_journals *journals, cli_journals_take *take, void *context, long *torn)
{
	for (size_t i = 0; i < journals->n; i++)
		read_one(journals->list[i].path, journals->list[i].size, take, context, torn);
}

/* ---------------------------------------------------------------- accepted, and not here */

struct search {
	json_t *rows, *digests, *ids, *notes;   /* rows by number; what else is known of them; what was settled */
	struct cli_missing *out;
};

static bool row_of(const json_t *row, const json_t *line)
{
	return json_equal(json_object_get(row, "digest"), json_object_get(line, "digest")) &&
	       json_integer_value(json_object_get(row, "size")) == json_integer_value(json_object_get(line, "size"));
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text == NULL ? "" : text;
}

static void compare(void *context, json_t *line)
{
	struct search *s = context;
	char key[32 + 65];

	s->out->lines++;
	snprintf(key, sizeof key, "%lld", (long long)json_integer_value(json_object_get(line, "inbox")));
	const json_t *row = json_object_get(s->rows, key);
	if (row != NULL && row_of(row, line)) {
		s->out->unknown--;
		return;
	}
	s->out->differs += row != NULL && json_object_get(s->digests, text_at(line, "digest")) == NULL;
	snprintf(key, sizeof key, "%lld:%.64s", (long long)json_integer_value(json_object_get(line, "inbox")), text_at(line, "digest"));
	if (json_object_get(s->digests, text_at(line, "digest")) != NULL ||
	    (*text_at(line, "message_id") != '\0' && json_object_get(s->ids, text_at(line, "message_id")) != NULL))
		s->out->again++;
	else if (json_object_get(s->notes, key) != NULL)
		s->out->noted++;
	else
		json_array_append(s->out->lost, line);
}

/* By their bytes and by their name. */
static void index_rows(struct search *s)
{
	const char *key;
	json_t *row;

	s->digests = json_object();
	s->ids = json_object();
	json_object_foreach(s->rows, key, row) {
		json_object_set_new(s->digests, text_at(row, "digest"), json_true());
		json_object_set_new(s->ids, text_at(row, "message_id"), json_true());
	}
}

bool cli_missing_find(struct cli *cli, const struct cli_journals *journals, struct cli_missing *out)
{
	struct search s = {.out = out};

	*out = (struct cli_missing){.lost = json_array()};
	s.rows = CLI_QUERY(cli, "select coalesce(jsonb_object_agg(t.inbox, jsonb_build_object('size', t.size, 'digest', encode(t.digest, 'hex'), "
				"'message_id', coalesce(t.message_id, ''))), '{}') from relais.reconcile_inbox() t where $1", P_BOOL(true));
	s.notes = s.rows == NULL ? NULL : CLI_QUERY(cli, "select coalesce(jsonb_object_agg(t.inbox || ':' || t.digest, t.words), '{}') from relais.missing_notes() t where $1", P_BOOL(true));
	if (s.notes != NULL) {
		index_rows(&s);
		out->unknown = (long)json_object_size(s.rows);
		cli_journals_read(journals, compare, &s, &out->torn);
	}
	bool found = s.notes != NULL;
	json_decref(s.rows);
	json_decref(s.notes);
	json_decref(s.digests);
	json_decref(s.ids);
	return found;
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

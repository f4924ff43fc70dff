/* gateway/restore_destroyed.c - see restore_destroyed.h. */
#include "gateway/restore_destroyed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "gateway/chain_journal.h"
#include "gateway/json_view.h"
#include "gateway/keeper_client.h"

enum { MEMBERS_ROOM = 4096 };

/* n 0: who names it has no number of it; another's stays. */
static void add_name(json_t *names, struct bytes name, int64_t n)
{
	if (name.len > 0 && name.len < KEEPER_NAME && (n > 0 || json_object_getn(names, (const char *)name.at, name.len) == NULL))
		json_object_setn_new(names, (const char *)name.at, name.len, json_integer(n));
}

/* {"name", "n"} of the list; {"event": "destroyed", "key", "n"} of the journal, whose other lines name keys that live. */
static void take_line(json_t *names, struct bytes text)
{
	json_t *line = json_read(text);
	int64_t n = json_integer_value(json_object_get(line, "n"));

	if (bytes_equal_text(json_view(line, "event"), "destroyed"))
		add_name(names, json_view(line, "key"), n);
	else
		add_name(names, json_view(line, "name"), n);
	json_decref(line);
}

static enum reason read_file(const char *path, json_t *names)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (file == NULL)
		return errno == ENOENT ? REASON_NONE : REASON_IO;
	while ((len = getline(&text, &room, file)) > 0)
		take_line(names, bytes_trim((struct bytes){(unsigned char *)text, (size_t)len}));
	bool whole = !ferror(file);
	free(text);
	fclose(file);
	return whole ? REASON_NONE : REASON_IO;
}

static const char *list_in(struct arena *arena, const char *folder)
{
	return arena_printf(arena, "%s/destroyed.jsonl", folder);
}

enum reason restore_destroyed_read(struct arena *arena, const char *folder, const char *journal, json_t *names)
{
	enum reason reason = read_file(list_in(arena, folder), names);

	return reason == REASON_NONE ? read_file(journal, names) : reason;
}

enum reason restore_destroyed_known(struct store *store, struct arena *arena, json_t *names)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select ref, (key->>'n')::bigint from relais.erasure_list() where key ? 'n' and $1", P_BOOL(true));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		add_name(names, bytes_of_text(arena_printf(arena, "dossier:%s", store_text(rows, i, 0))), store_int(rows, i, 1));
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = STORE_RUN(store, &rows, "select name from relais.keeper_destroyed() name where $1", P_BOOL(true));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		add_name(names, store_bytes(rows, i, 0), 0);
	store_free(&rows);
	return reason;
}

static int64_t highest_of(const json_t *names)
{
	int64_t top = 0;
	const char *name;
	const json_t *n;

	json_object_foreach((json_t *)(uintptr_t)names, name, n) {
		if (json_integer_value(n) > top)
			top = json_integer_value(n);
	}
	return top;
}

static enum reason add_line(struct chain_journal *list, const char *name, int64_t n, struct instant now)
{
	struct buf members = buf_make(MEMBERS_ROOM);

	buf_printf(&members, "\"n\":%lld,\"name\":\"%s\",\"by\":\"restore\"", (long long)n, name);
	enum reason reason = buf_ok(&members) ? chain_journal_add(list, now, buf_bytes(&members)) : REASON_MEMORY;
	buf_free(&members);
	return reason;
}

/* A record has the number that it had, where that is free: certificates name it. */
static enum reason add_all(struct chain_journal *list, const json_t *names, const json_t *have, struct instant now, size_t *added)
{
	int64_t top = highest_of(have), all = highest_of(names);
	enum reason reason = REASON_NONE;
	const char *name;
	const json_t *n;

	json_object_foreach((json_t *)(uintptr_t)names, name, n) {
		if (reason != REASON_NONE || json_object_get(have, name) != NULL)
			continue;
		reason = add_line(list, name, json_integer_value(n) > top ? json_integer_value(n) : ++all, now);
		*added += reason == REASON_NONE;
	}
	return reason == REASON_NONE ? chain_journal_sync(list) : reason;
}

enum reason restore_destroyed_add(struct arena *arena, const char *folder, const json_t *names, struct instant now, size_t *added)
{
	json_t *have = json_object();
	struct chain_journal list;
	enum reason reason = read_file(list_in(arena, folder), have);

	*added = 0;
	if (reason == REASON_NONE)
		reason = chain_journal_open(list_in(arena, folder), &list);
	if (reason == REASON_NONE) {
		reason = add_all(&list, names, have, now, added);
		chain_journal_close(&list);
	}
	json_decref(have);
	return reason;
}

/* gateway/erasure_key.c - see erasure_key.h. */
#include "gateway/erasure_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/json_view.h"

enum { FIRST_ROOM = 64, LINE_MAX_BYTES = 4096 };

/* --- the keeper's list -------------------------------------------------------------------------- */

struct listing {
	struct arena *arena;
	struct erasure_key *list;
	size_t n, room;
};

static bool is_listed(const struct listing *l, const char *ref)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].ref, ref) == 0)
			return true;
	return false;
}

static void add(struct listing *l, struct erasure_key key)
{
	if (l->n == l->room) {
		size_t room = l->room == 0 ? FIRST_ROOM : l->room * 2;
		struct erasure_key *more = arena_alloc(l->arena, room * sizeof *more);
		for (size_t i = 0; i < l->n; i++)
			more[i] = l->list[i];
		l->list = more;
		l->room = room;
	}
	l->list[l->n++] = key;
}

/* {"at", "n", "name": "dossier:REF", …}; keys of other things are not ours to follow. A line that a crash cut short named nothing destroyed. */
static void read_line(struct listing *l, struct bytes line)
{
	json_t *o = json_read(line);
	struct bytes name = json_view(o, "name"), prefix = BYTES("dossier:");
	json_t *n = json_object_get(o, "n");

	if (bytes_starts(name, prefix) && json_is_integer(n)) {
		const char *ref = arena_text(l->arena, bytes_from(name, prefix.len));
		json_t *record = json_pack("{s:O, s:o}", "n", n, "at", json_of(json_view(o, "at")));
		if (!is_listed(l, ref))
			add(l, (struct erasure_key){.n = (uint64_t)json_integer_value(n), .ref = ref, .record = json_write(l->arena, record)});
		else
			json_decref(record);
	}
	json_decref(o);
}

enum reason erasure_key_list(struct arena *arena, const char *folder, struct erasure_key **out, size_t *n)
{
	struct listing l = {.arena = arena};
	const char *path = arena_printf(arena, "%s/destroyed.jsonl", folder);
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	*out = NULL;
	*n = 0;
	if (file == NULL)
		return errno == ENOENT ? REASON_NONE : REASON_IO;
	while ((len = getline(&text, &room, file)) > 0)
		if (len <= LINE_MAX_BYTES)
			read_line(&l, bytes_trim((struct bytes){(unsigned char *)text, (size_t)len}));
	bool whole = !ferror(file);
	free(text);
	fclose(file);
	*out = l.list;
	*n = l.n;
	return whole ? REASON_NONE : REASON_IO;
}

/* --- against the database ---------------------------------------------------------------------------- */

static bool is_known(const struct store_rows *rows, const char *ref)
{
	for (size_t i = 0; i < store_count(rows); i++)
		if (bytes_equal_text(store_bytes(rows, i, 0), ref))
			return true;
	return false;
}

enum reason erasure_key_unknown(struct store *store, struct arena *arena, const char *folder, struct erasure_key **out, size_t *n)
{
	struct store_rows *rows = NULL;
	size_t all, left = 0;
	enum reason reason = erasure_key_list(arena, folder, out, &all);

	if (reason == REASON_NONE && all > 0)
		reason = STORE_RUN(store, &rows, "select ref from relais.erasure_list() where done_at is not null and $1", P_BOOL(true));
	for (size_t i = 0; reason == REASON_NONE && i < all; i++)
		if (!is_known(rows, (*out)[i].ref))
			(*out)[left++] = (*out)[i];
	store_free(&rows);
	*n = left;
	return reason;
}

/* gateway/erasure_key.c - see erasure_key.h. */
#include "gateway/erasure_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "gateway/json_view.h"

#define LIST_MAX ((size_t)256 << 20)

enum { LINE_MAX_BYTES = 4096, PATH_ROOM = 4096 };

/* Words of the keeper's own: nothing in them wants an escape. */
static bool is_plain(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c < 0x21 || c > 0x7e || c == '"' || c == '\\')
			return false;
	}
	return text.len > 0;
}

/* {"at", "n", "name": "dossier:REF", …}; keys of other things are not ours to follow. */
static enum reason read_line(struct buf *json, size_t *n, struct bytes line)
{
	json_t *o = json_read(line);
	struct bytes name = json_view(o, "name"), at = json_view(o, "at"), prefix = BYTES("dossier:");
	const json_t *number = json_object_get(o, "n");
	bool ours = bytes_starts(name, prefix), good = is_plain(name) && is_plain(at) && json_is_integer(number);

	if (ours && good) {
		struct bytes ref = bytes_from(name, prefix.len);
		buf_printf(json, "%s{\"ref\":\"%.*s\",\"n\":%lld,\"at\":\"%.*s\"}", *n == 0 ? "" : ",", (int)ref.len, (const char *)ref.at, (long long)json_integer_value(number),
			   (int)at.len, (const char *)at.at);
		(*n)++;
	}
	json_decref(o);
	return ours && !good ? REASON_FRAME : REASON_NONE;
}

static enum reason read_lines(FILE *file, struct buf *json, size_t *n)
{
	enum reason reason = REASON_NONE;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	while (reason == REASON_NONE && (len = getline(&text, &room, file)) > 0)
		if (len <= LINE_MAX_BYTES)
			reason = read_line(json, n, bytes_trim((struct bytes){(unsigned char *)text, (size_t)len}));
	free(text);
	return reason == REASON_NONE && ferror(file) ? REASON_IO : reason;
}

/* As one JSON array of {"ref", "n", "at"}, a line each. */
static enum reason read_list(const char *folder, struct buf *json, size_t *n)
{
	char path[PATH_ROOM];
	int len = snprintf(path, sizeof path, "%s/destroyed.jsonl", folder);
	FILE *file = len > 0 && (size_t)len < sizeof path ? fopen(path, "re") : NULL;
	enum reason reason = file != NULL || errno == ENOENT ? REASON_NONE : REASON_IO;

	*n = 0;
	buf_text(json, "[");
	if (file != NULL) {
		reason = read_lines(file, json, n);
		fclose(file);
	}
	buf_text(json, "]");
	return reason == REASON_NONE && !buf_ok(json) ? buf_reason(json, REASON_FRAME) : reason;
}

enum reason erasure_key_count(const char *folder, size_t *n)
{
	struct buf json = buf_make(LIST_MAX);
	enum reason reason = read_list(folder, &json, n);

	buf_free(&json);
	return reason;
}

enum reason erasure_key_refs(struct arena *arena, const char *folder, struct bytes **refs, size_t *n)
{
	struct buf json = buf_make(LIST_MAX);
	enum reason reason = read_list(folder, &json, n);
	json_t *list = reason == REASON_NONE ? json_read(buf_bytes(&json)) : NULL;

	buf_free(&json);
	*refs = arena_alloc(arena, (*n + 1) * sizeof **refs);
	for (size_t i = 0; list != NULL && i < *n; i++)
		(*refs)[i] = bytes_of_text(arena_text(arena, json_view(json_array_get(list, i), "ref")));
	if (reason == REASON_NONE && json_array_size(list) != *n)
		reason = REASON_MEMORY;
	json_decref(list);
	return reason;
}

enum reason erasure_key_unknown(struct store *store, const char *folder, bool begun, struct store_rows **rows)
{
	struct buf json = buf_make(LIST_MAX);
	size_t n;
	enum reason reason = read_list(folder, &json, &n);

	*rows = NULL;
	if (reason == REASON_NONE && n > 0)
		reason = STORE_RUN(store, rows, "select ref, record from relais.erasure_unknown($1, $2)", P_JSON(buf_bytes(&json)), P_BOOL(begun));
	buf_free(&json);
	return reason;
}

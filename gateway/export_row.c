/* gateway/export_row.c - see export_private.h. */
#include "gateway/export_private.h"

#include <signal.h>
#include <string.h>

#include "gateway/json_view.h"

/* Who stops us does it between two files. */
static bool is_stopped(void)
{
	sigset_t waiting;
	return sigpending(&waiting) == 0 && (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM) || sigismember(&waiting, SIGHUP));
}

static char *word(const char *text_of)
{
	return (char *)(uintptr_t)text_of;
}

static enum reason ask_readers(struct export_copy *c, struct arena *arena, int64_t body, struct bytes raw, struct work_file **files, size_t *n, json_t **list)
{
	char *verify_argv[] = {word(c->wish->verify), word("--anchors"), word(""), word("--crls"), word(""), NULL};
	char *inspect_argv[] = {word(c->wish->inspect), word("--schema"), word(""), word("--schematron"), word(""), NULL};
	struct work work = {.config = c->wish->config, .arena = arena, .opener = c->wish->opener, .verify = oneshot_spawn(c->wish->verify, verify_argv),
			    .inspect = oneshot_spawn(c->wish->inspect, inspect_argv)};
	enum reason reason = work.verify == NULL || work.inspect == NULL ? REASON_IO : work_extract_raw(&work, body, raw, files, n, list);

	oneshot_close(&work.verify);
	oneshot_close(&work.inspect);
	return reason;
}

/* In a package each is called DOC0001.XML: its title says more. */
static const char *file_name(struct export_copy *c, const char *folder, char letter, int64_t id, size_t i, const struct work_file *file)
{
	const char *name = export_name(c->arena, file->name), *dot = strrchr(name, '.');
	struct bytes title = bytes_trim(json_view(file->facts, "title"));

	if (title.len > 0)
		name = export_name(c->arena, bytes_of_text(arena_printf(c->arena, "%.*s%s", (int)title.len, (const char *)title.at, dot != NULL ? dot : "")));
	return arena_printf(c->arena, "%s/%c%lld-%zu_%s", folder, letter, (long long)id, i + 1, name);
}

static json_t *about_file(const struct export_copy *c, const struct work_file *file, const char *what, const char *of, int64_t id)
{
	json_t *about = json_pack("{s:s, s:I, s:o, s:o}", "what", what, of, (json_int_t)id, "original_name", json_of(file->name), "media", json_of(file->media));
	const struct dossier_document *doc = export_find_document(c, json_view(file->facts, "digest"));

	if (doc != NULL) {
		json_object_set_new(about, "document", json_of(dossier_document_key(&doc->filing.document)));
		json_object_set_new(about, "title", json_of(doc->filing.document.title));
		json_object_set_new(about, "withdrawn", json_boolean(doc->withdrawn));
		json_object_set_new(about, "replaced", json_boolean(doc->replaced));
	}
	return about;
}

/* Our own trouble ends the copy; that a message cannot be read is told in it. */
static enum reason note_unread(struct export_copy *c, const char *of, int64_t id, enum reason reason)
{
	if (reason == REASON_NONE || work_is_ours(reason))
		return reason;
	c->result->unread++;
	json_array_append_new(c->files, json_pack("{s:s, s:I, s:s}", "what", "unread", of, (json_int_t)id, "reason", reason_code(reason)));
	return REASON_NONE;
}

enum reason export_put(struct export_copy *c, const char *name, struct bytes content, json_t *about)
{
	char digest[DIGEST_SHA256_TEXT] = "";
	enum reason reason = is_stopped() ? REASON_IO : export_out_add(c->out, name, content, digest);

	json_object_set_new(about, "name", json_string(name));
	json_object_set_new(about, "size", json_integer((json_int_t)content.len));
	json_object_set_new(about, "sha256", json_string(digest));
	json_array_append_new(c->files, about);
	return reason;
}

bool export_is_same(struct bytes content, struct bytes digest)
{
	unsigned char now[DIGEST_SHA256];
	digest_sha256(content, now);
	return bytes_equal((struct bytes){now, sizeof now}, digest);
}

struct bytes export_view(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : store_bytes(rows, row, column);
}

json_t *export_text(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_of(store_bytes(rows, row, column));
}

json_t *export_number(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_integer(store_int(rows, row, column));
}

json_t *export_instant(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_of_instant(store_instant(rows, row, column));
}

json_t *export_tree(const struct store_rows *rows, size_t row, size_t column)
{
	json_t *value = store_is_null(rows, row, column) ? NULL : json_read(store_bytes(rows, row, column));
	return value != NULL ? value : json_null();
}

const struct dossier_document *export_find_document(const struct export_copy *c, struct bytes digest)
{
	const struct dossier *d = c->about.dossier;

	for (size_t i = 0; digest.len > 0 && i < d->n_documents; i++)
		if (bytes_equal_nocase(d->documents[i].filing.document.digest, digest))
			return &d->documents[i];
	return NULL;
}

bool export_is_given(const struct export_copy *c, struct bytes digest, bool whole)
{
	const struct dossier *d = c->about.dossier;

	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal_nocase(d->documents[i].filing.document.digest, digest) && !export_document(&d->documents[i], c->wish->whom))
			return false;
	return whole || export_find_document(c, digest) != NULL;
}

enum reason export_extract(struct export_copy *c, struct arena *arena, int64_t body, struct bytes raw, const char *of, int64_t id, struct work_file **files, size_t *n, json_t **list)
{
	*n = 0;
	return note_unread(c, of, id, ask_readers(c, arena, body, raw, files, n, list));
}

enum reason export_put_file(struct export_copy *c, const char *folder, const char *what, const char *of, int64_t id, size_t i, const struct work_file *file)
{
	return export_put(c, file_name(c, folder, of[0] == 'i' ? 'R' : 'S', id, i, file), file->content, about_file(c, file, what, of, id));
}

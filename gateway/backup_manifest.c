/* gateway/backup_manifest.c - see backup_manifest.h. */
#include "gateway/backup_manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/json_view.h"

enum { PIECE = 64 * 1024, FILES_MAX = 100000 };

static bool digest_file(const char *path, uint64_t *size, char digest[DIGEST_SHA256_TEXT])
{
	unsigned char piece[PIECE], raw[DIGEST_SHA256];
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct digest_run run = digest_start();
	ssize_t n = -1;

	*size = 0;
	while (file >= 0 && ((n = read(file, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))) {
		if (n < 0)
			continue;
		digest_add(&run, (struct bytes){piece, (size_t)n});
		*size += (uint64_t)n;
	}
	if (file >= 0)
		close(file);
	digest_end(&run, raw);
	digest_text(raw, digest);
	return n == 0;
}

static bool is_ours(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, BACKUP_MANIFEST) != 0;
}

/* --- written ---------------------------------------------------------------------------------- */

static json_t *files_of(struct arena *arena, const char *folder)
{
	DIR *entries = opendir(folder);
	json_t *files = entries == NULL ? NULL : json_array();

	for (struct dirent *e; files != NULL && (e = readdir(entries)) != NULL;) {
		char digest[DIGEST_SHA256_TEXT];
		uint64_t size;
		if (!is_ours(e->d_name))
			continue;
		if (!digest_file(arena_printf(arena, "%s/%s", folder, e->d_name), &size, digest)) {
			json_decref(files);
			files = NULL;
			break;
		}
		json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", e->d_name, "size", (json_int_t)size, "sha256", digest));
	}
	if (entries != NULL)
		closedir(entries);
	return files;
}

static bool write_synced(const char *path, const char *text)
{
	struct bytes b = bytes_of_text(text);
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool whole = file >= 0 && write(file, b.at, b.len) == (ssize_t)b.len && fsync(file) == 0;

	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole;
}

enum reason backup_manifest_write(struct arena *arena, const char *folder, json_t *manifest, char digest[DIGEST_SHA256_TEXT])
{
	json_t *files = files_of(arena, folder);

	if (files == NULL || json_object_set_new(manifest, "files", files) != 0)
		return REASON_IO;
	char *text = json_dumps(manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
	bool whole = text != NULL && write_synced(arena_printf(arena, "%s/%s", folder, BACKUP_MANIFEST), text);
	if (whole)
		digest_sha256_text(bytes_of_text(text), digest);
	free(text);
	return whole ? REASON_NONE : REASON_IO;
}

/* --- read -------------------------------------------------------------------------------------- */

/* A name of a manifest is a file beside it and nothing else. */
static bool is_plain_name(struct bytes name)
{
	return name.len > 0 && name.at[0] != '.' && bytes_find_byte(name, '/', 0) == name.len;
}

static const char *look_at_files(struct arena *arena, const char *folder, const json_t *files)
{
	size_t i;
	const json_t *o;

	json_array_foreach(files, i, o) {
		struct bytes name = json_view(o, "name");
		char digest[DIGEST_SHA256_TEXT];
		uint64_t size;
		if (!is_plain_name(name))
			return BACKUP_MANIFEST;
		const char *text = arena_text(arena, name);
		if (!digest_file(arena_printf(arena, "%s/%s", folder, text), &size, digest) ||
		    size != (uint64_t)json_integer_value(json_object_get(o, "size")) || !bytes_equal_text(json_view(o, "sha256"), digest))
			return text;
	}
	return NULL;
}

static bool is_named(const json_t *files, const char *name)
{
	size_t i;
	const json_t *o;

	json_array_foreach(files, i, o) {
		if (bytes_equal_text(json_view(o, "name"), name))
			return true;
	}
	return false;
}

static const char *look_for_strangers(struct arena *arena, const char *folder, const json_t *files)
{
	DIR *entries = opendir(folder);
	const char *found = NULL;

	for (struct dirent *e; entries != NULL && found == NULL && (e = readdir(entries)) != NULL;)
		if (is_ours(e->d_name) && !is_named(files, e->d_name))
			found = arena_text(arena, bytes_of_text(e->d_name));
	if (entries != NULL)
		closedir(entries);
	return found;
}

enum reason backup_manifest_read(struct arena *arena, const char *folder, json_t **out, const char **what)
{
	const char *path = arena_printf(arena, "%s/%s", folder, BACKUP_MANIFEST);

	*out = NULL;
	*what = path;
	if (access(path, R_OK) != 0)
		return REASON_NOT_FOUND;
	json_t *manifest = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	const json_t *files = json_object_get(manifest, "files");
	if (json_integer_value(json_object_get(manifest, "backup")) == 1 && json_is_array(files) && json_array_size(files) <= FILES_MAX) {
		*what = look_at_files(arena, folder, files);
		if (*what == NULL)
			*what = look_for_strangers(arena, folder, files);
	}
	if (*what != NULL) {
		json_decref(manifest);
		return REASON_BACKUP_ALTERED;
	}
	*out = manifest;
	return REASON_NONE;
}

/* gateway/restore_begun.c - see restore_begun.h. */
#include "gateway/restore_begun.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/digest.h"
#include "gateway/master_status.h"

enum { LINE_MAX_BYTES = 256 };

static const char brought_line[] = "brought\n";

static const char *line_of(const struct instance *instance, const json_t *manifest, const char *system, const char *database)
{
	char digest[DIGEST_SHA256_TEXT];
	char *text = json_dumps(manifest, JSON_INDENT(1) | JSON_SORT_KEYS);

	if (text == NULL)
		return NULL;
	digest_sha256_text(bytes_of_text(text), digest);
	free(text);
	return arena_printf(instance->arena, "%s %s %s\n", digest, system, database);
}

static enum reason read_file(const struct instance *instance, struct restore_begun *begun)
{
	char text[LINE_MAX_BYTES];
	int file = open(instance_path(instance, MASTER_RESTORING), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (file < 0)
		return errno == ENOENT ? REASON_NONE : REASON_IO;
	ssize_t len = read(file, text, sizeof text);
	close(file);
	if (len < 0)
		return REASON_IO;
	begun->brought = bytes_equal_text((struct bytes){(unsigned char *)text, (size_t)len}, arena_printf(instance->arena, "%s%s", begun->line, brought_line));
	begun->other = !begun->brought;
	return REASON_NONE;
}

enum reason restore_begun_look(struct store *store, const struct instance *instance, const json_t *manifest, struct restore_begun *out, bool *empty)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows,
				       "select system_identifier::text, current_database()::text, not exists (select from relais.inbox) and not exists (select from relais.dossier) and"
				       " not exists (select from relais.outbox) from pg_control_system() where $1", P_BOOL(true));

	*out = (struct restore_begun){0};
	if (reason == REASON_NONE) {
		*empty = store_int(rows, 0, 2) != 0;
		out->line = line_of(instance, manifest, store_text(rows, 0, 0), store_text(rows, 0, 1));
		reason = out->line != NULL ? read_file(instance, out) : REASON_MEMORY;
	}
	store_free(&rows);
	return reason;
}

static bool write_synced(const char *path, struct bytes text)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool whole = file >= 0 && write(file, text.at, text.len) == (ssize_t)text.len && fsync(file) == 0;

	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole;
}

static bool sync_folder(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = folder >= 0 && fsync(folder) == 0;

	if (folder >= 0)
		close(folder);
	return synced;
}

enum reason restore_begun_write(const struct instance *instance, const struct restore_begun *begun, bool brought)
{
	const char *path = instance_path(instance, MASTER_RESTORING), *fresh = instance_path(instance, MASTER_RESTORING ".new");
	struct bytes text = bytes_of_text(arena_printf(instance->arena, "%s%s", begun->line, brought ? brought_line : ""));

	return write_synced(fresh, text) && rename(fresh, path) == 0 && sync_folder(instance_path(instance, "run")) ? REASON_NONE : REASON_IO;
}

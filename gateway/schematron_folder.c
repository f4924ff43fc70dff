/* gateway/schematron_folder.c - see schematron_folder.h. */
#include "gateway/schematron_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "cda/schematron_run.h"

/* --- files to import ---------------------------------------------------------------- */

/* The name in the folder that differs in case alone; NULL when there is none. */
static const char *other_case(struct arena *arena, const char *folder, const char *name)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	const char *found = NULL;

	while (dir != NULL && found == NULL && (entry = readdir(dir)) != NULL)
		if (strcasecmp(entry->d_name, name) == 0)
			found = arena_text(arena, bytes_of_text(entry->d_name));
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* The path below the folder as it is on disk; NULL when it is not there. */
static const char *on_disk(struct arena *arena, const char *folder, const char *path)
{
	const char *at = folder;
	struct cursor c = cursor_on(bytes_of_text(path));

	while (c.left.len > 0) {
		const char *part = arena_text(arena, cursor_until(&c, '/'));
		const char *next = arena_printf(arena, "%s/%s", at, part);
		if (access(next, F_OK) != 0) {
			part = other_case(arena, at, part);
			if (part == NULL)
				return NULL;
			next = arena_printf(arena, "%s/%s", at, part);
		}
		at = next;
	}
	return at;
}

static enum reason descriptor_read(int descriptor, struct arena *arena, struct bytes *out)
{
	struct stat is;
	size_t got = 0;

	if (fstat(descriptor, &is) != 0 || !S_ISREG(is.st_mode))
		return REASON_NOT_FOUND;
	if (is.st_size > LIMIT_XML)
		return REASON_DOCUMENT_LIMIT;
	unsigned char *text = arena_try(arena, (size_t)is.st_size + 1);
	if (text == NULL)
		return REASON_MEMORY;
	while (got < (size_t)is.st_size) {
		ssize_t n = read(descriptor, text + got, (size_t)is.st_size - got);
		if (n <= 0)
			return REASON_IO;
		got += (size_t)n;
	}
	*out = (struct bytes){text, got};
	return REASON_NONE;
}

enum reason schematron_folder_file(void *folder, struct arena *arena, const char *path, struct bytes *out)
{
	const char *found = on_disk(arena, folder, path);
	int descriptor = found == NULL ? -1 : open(found, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (descriptor < 0)
		return REASON_NOT_FOUND;
	enum reason reason = descriptor_read(descriptor, arena, out);
	close(descriptor);
	return reason;
}

struct listing {
	struct arena *arena;
	const char **paths;
	int n, max;
	unsigned nest;
};

static bool list_below(struct listing *l, const char *folder, const char *below);

static bool list_one(struct listing *l, const char *folder, const char *below, const char *name)
{
	struct stat is;
	const char *path = arena_printf(l->arena, "%s/%s", folder, name), *relative = arena_printf(l->arena, "%s%s%s", below, *below != '\0' ? "/" : "", name);

	if (name[0] == '.' || name[0] == '_' || lstat(path, &is) != 0)
		return true;
	if (S_ISDIR(is.st_mode))
		return list_below(l, path, relative);
	if (!S_ISREG(is.st_mode) || !bytes_ends(bytes_of_text(name), BYTES(".sch")))
		return true;
	if (l->n == l->max)
		return false;
	l->paths[l->n++] = relative;
	return true;
}

static bool list_below(struct listing *l, const char *folder, const char *below)
{
	struct dirent **entries = NULL;
	int n = ++l->nest > LIMIT_SCHEMATRON_NEST ? -1 : scandir(folder, &entries, NULL, alphasort);
	bool good = n >= 0;

	for (int i = 0; i < n; i++) {
		good = good && list_one(l, folder, below, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	l->nest--;
	return good;
}

int schematron_folder_list(struct arena *arena, const char *folder, const char **paths, int max)
{
	struct listing l = {arena, paths, 0, max, 0};

	return list_below(&l, folder, "") ? l.n : -1;
}

/* --- tables in force --------------------------------------------------------------------- */

struct schematron_folder {
	struct arena *arena;
	const char *name, *new, *old;
};

/* The folder holds files only, and only ours. */
static bool removed(struct arena *arena, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (dir == NULL)
		return errno == ENOENT;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			unlink(arena_printf(arena, "%s/%s", folder, entry->d_name));
	closedir(dir);
	return rmdir(folder) == 0;
}

enum reason schematron_folder_begin(struct arena *arena, const char *folder, struct schematron_folder **out)
{
	struct schematron_folder *to = arena_alloc(arena, sizeof *to);

	*to = (struct schematron_folder){arena, arena_text(arena, bytes_of_text(folder)), arena_printf(arena, "%s.new", folder), arena_printf(arena, "%s.old", folder)};
	if (!removed(arena, to->new) || mkdir(to->new, 0755) != 0)
		return REASON_IO;
	*out = to;
	return REASON_NONE;
}

static bool written(struct schematron_folder *to, const char *name, struct bytes content)
{
	int descriptor = open(arena_printf(to->arena, "%s/%s", to->new, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = descriptor >= 0 && fchmod(descriptor, 0644) == 0;

	for (size_t done = 0; good && done < content.len;) {
		ssize_t n = write(descriptor, content.at + done, content.len - done);
		good = n > 0;
		done += good ? (size_t)n : 0;
	}
	if (descriptor >= 0)
		good &= fsync(descriptor) == 0 && close(descriptor) == 0;
	return good;
}

enum reason schematron_folder_add(struct schematron_folder *to, const struct schematron_import *import)
{
	struct buf table = buf_make(LIMIT_SCHEMATRON_TABLE);
	bool good;

	schematron_table_write(&table, import->table);
	good = buf_ok(&table) && written(to, arena_printf(to->arena, "%s" SCHEMATRON_SUFFIX, import->table->name), buf_bytes(&table));
	buf_free(&table);
	for (const struct schematron_values *v = import->values; v != NULL && good; v = v->next)
		good = written(to, v->name, v->content);
	return good ? REASON_NONE : REASON_IO;
}

enum reason schematron_folder_end(struct schematron_folder *to)
{
	if (!removed(to->arena, to->old) || (rename(to->name, to->old) != 0 && errno != ENOENT) || rename(to->new, to->name) != 0)
		return REASON_IO;
	return removed(to->arena, to->old) ? REASON_NONE : REASON_IO;
}

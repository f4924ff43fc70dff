/* gateway/migrate.c - see migrate.h. */
#include "gateway/migrate.h"

#include "base/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 1000, FILE_MAX = 4 * 1024 * 1024, NUMBER_DIGITS = 4 };

struct migration {
	const char *name;              /* "0001_mail.sql" */
	int version;
	const char *sql;
	char digest[DIGEST_SHA256_TEXT];
	bool applied;
};

struct migrations {
	struct migration *list;
	size_t n;
};

static const char set_up[] =
	"create schema if not exists relais authorization relais_owner;"
	"set role relais_owner;"
	"create table if not exists relais.migration (version integer primary key, name text not null,"
	" sha256 text not null, at timestamptz not null default now());";

/* --- the files ------------------------------------------------------------------------ */

static bool is_migration(const char *name, int *version)
{
	struct bytes all = bytes_of_text(name);
	uint64_t number;
	if (all.len < NUMBER_DIGITS + 6 || all.at[NUMBER_DIGITS] != '_' || !bytes_ends(all, BYTES(".sql")) ||
	    !bytes_number(bytes_slice(all, 0, NUMBER_DIGITS), 9999, &number) || number == 0)
		return false;
	*version = (int)number;
	return true;
}

static enum reason read_sql(struct arena *arena, const char *path, struct bytes *out)
{
	struct stat about;
	enum reason reason = REASON_IO;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return REASON_IO;
	if (fstat(file, &about) == 0 && about.st_size > 0 && about.st_size <= FILE_MAX) {
		char *text = arena_alloc(arena, (size_t)about.st_size + 1);
		if (read(file, text, (size_t)about.st_size) == about.st_size) {
			*out = (struct bytes){(unsigned char *)text, (size_t)about.st_size};
			reason = REASON_NONE;
		}
	}
	close(file);
	/* A NUL would end the statement early. */
	if (reason == REASON_NONE && bytes_find_byte(*out, '\0', 0) != out->len)
		reason = REASON_IO;
	return reason;
}

static enum reason load_one(struct arena *arena, const char *folder, const char *name, int version,
			    struct migration *out)
{
	struct bytes sql;
	enum reason reason = read_sql(arena, arena_printf(arena, "%s/%s", folder, name), &sql);
	if (reason != REASON_NONE)
		return reason;
	*out = (struct migration){.version = version, .sql = (const char *)sql.at};
	out->name = arena_text(arena, bytes_of_text(name));
	digest_sha256_text(sql, out->digest);
	return REASON_NONE;
}

static int by_version(const void *a, const void *b)
{
	return ((const struct migration *)a)->version - ((const struct migration *)b)->version;
}

/* Numbers without gap or double, so that two branches cannot both have 0004. */
static enum reason check_numbers(const struct migrations *m, struct migrate_report *report)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->list[i].version != (int)i + 1) {
			report->file = m->list[i].name;
			report->message = "the numbers of the files are not 1, 2, 3…";
			return REASON_STORE_MIGRATION;
		}
	return REASON_NONE;
}

static enum reason load(struct arena *arena, const char *folder, struct migrations *m, struct migrate_report *report)
{
	DIR *entries = opendir(folder);
	enum reason reason = entries == NULL ? REASON_IO : REASON_NONE;
	int version;

	report->file = folder;
	m->list = arena_alloc(arena, FILES_MAX * sizeof *m->list);
	while (reason == REASON_NONE) {
		struct dirent *entry = readdir(entries);
		if (entry == NULL)
			break;
		if (!is_migration(entry->d_name, &version))
			continue;
		reason = m->n < FILES_MAX ? load_one(arena, folder, entry->d_name, version, &m->list[m->n])
					  : REASON_MEMORY;
		m->n++;
	}
	if (entries != NULL)
		closedir(entries);
	if (reason == REASON_NONE && m->n == 0)
		reason = REASON_NOT_FOUND;
	if (reason != REASON_NONE)
		return reason;
	report->file = NULL;
	qsort(m->list, m->n, sizeof *m->list, by_version);
	return check_numbers(m, report);
}

/* --- the database ------------------------------------------------------------------------ */

static enum reason compare(struct store *store, struct arena *arena, struct migrations *m,
			   struct migrate_report *report)
{
	struct store_rows *rows;
	enum reason reason =
		STORE_RUN(store, &rows, "select version, name, sha256 from relais.migration where $1 order by version",
			  P_BOOL(true));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		int64_t version = store_int(rows, i, 0);
		report->file = arena_text(arena, store_bytes(rows, i, 1));
		if (version < 1 || version > (int64_t)m->n) {
			report->message = "the database knows this file and this version of Relais does not";
			reason = REASON_STORE_MIGRATION;
		} else if (!bytes_equal_text(store_bytes(rows, i, 2), m->list[version - 1].digest)) {
			report->message = "this file was changed after it was applied";
			reason = REASON_STORE_MIGRATION;
		} else {
			m->list[version - 1].applied = true;
			report->present++;
			report->file = NULL;
		}
	}
	store_free(&rows);
	return reason;
}

static enum reason apply(struct store *store, struct arena *arena, const struct migration *one,
			 struct migrate_report *report)
{
	enum reason reason = store_begin(store);
	if (reason == REASON_NONE)
		reason = store_script(store, arena, one->sql, &report->message);
	if (reason == REASON_NONE)
		reason = STORE_RUN(store, NULL,
				   "insert into relais.migration (version, name, sha256) values ($1, $2, $3)",
				   P_INT(one->version), P_TEXT(one->name), P_TEXT(one->digest));
	if (reason == REASON_NONE)
		return store_commit(store);
	store_rollback(store);
	report->file = one->name;
	return reason;
}

enum reason migrate_run(struct store *store, struct arena *arena, const char *folder, struct migrate_report *report)
{
	struct migrations m = {0};

	*report = (struct migrate_report){0};
	enum reason reason = load(arena, folder, &m, report);
	/* The lock is the session's: it falls when the connection is closed, even by a kill. */
	if (reason == REASON_NONE)
		reason = store_script(store, arena,
				      "set lock_timeout = 0; set statement_timeout = 0; select pg_advisory_lock(4712)",
				      &report->message);
	if (reason == REASON_NONE)
		reason = store_script(store, arena, set_up, &report->message);
	if (reason == REASON_NONE)
		reason = compare(store, arena, &m, report);
	for (size_t i = 0; reason == REASON_NONE && i < m.n; i++) {
		if (m.list[i].applied)
			continue;
		reason = apply(store, arena, &m.list[i], report);
		report->applied += reason == REASON_NONE;
	}
	return reason;
}

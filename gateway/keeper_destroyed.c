/* gateway/keeper_destroyed.c - see keeper_destroyed.h. */
#include "gateway/keeper_destroyed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/json_view.h"
#include "gateway/keeper_wire.h"
#include "gateway/log.h"

enum { LINE_ROOM = 4096 };
#define RECORDS_MAX ((size_t)1 << 30)

void keeper_mark(const char *name, unsigned char out[KEEPER_MARK])
{
	unsigned char digest[DIGEST_SHA256];

	digest_sha256(bytes_of_text(name), digest);
	memcpy(out, digest, KEEPER_MARK);
}

/* --- in memory -------------------------------------------------------------------- */

static struct keeper_record *all(const struct keeper_destroyed *d, size_t *n)
{
	*n = d->records.len / sizeof(struct keeper_record);
	return (struct keeper_record *)(void *)d->records.data;
}

static int by_mark(const void *a, const void *b)
{
	return memcmp(((const struct keeper_record *)a)->mark, ((const struct keeper_record *)b)->mark, KEEPER_MARK);
}

static int by_mark_and_number(const void *a, const void *b)
{
	const struct keeper_record *x = a, *y = b;
	int order = by_mark(x, y);
	return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

/* What was read in the order of the lines, once for all. */
static void sort(struct keeper_destroyed *d)
{
	size_t n, kept = 0;
	struct keeper_record *list = all(d, &n);

	if (n == 0)
		return;
	qsort(list, n, sizeof *list, by_mark_and_number);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && by_mark(&list[kept - 1], &list[i]) == 0)
			list[kept - 1].places |= list[i].places;
		else
			list[kept++] = list[i];
	d->records.len = kept * sizeof *list;
}

static struct keeper_record *find(const struct keeper_destroyed *d, const char *name)
{
	struct keeper_record key;
	size_t n;
	struct keeper_record *list = all(d, &n);

	keeper_mark(name, key.mark);
	return n == 0 ? NULL : bsearch(&key, list, n, sizeof *list, by_mark);
}

/* One more, in its place among the sorted. */
static bool insert(struct keeper_destroyed *d, const struct keeper_record *record)
{
	size_t n, at;

	buf_add(&d->records, (struct bytes){(const unsigned char *)record, sizeof *record});
	if (!buf_ok(&d->records))
		return false;
	struct keeper_record *list = all(d, &n);
	for (at = n - 1; at > 0 && by_mark(&list[at - 1], record) > 0; at--)
		list[at] = list[at - 1];
	list[at] = *record;
	return true;
}

/* --- the lists ------------------------------------------------------------------------- */

/* stands: the line is in the file, synced or not. One that could not be synced is written again, under its number, when it is asked for again. */
static enum reason write_record(struct keeper_destroyed *d, size_t place, struct keeper_record *record, const char *name, const char *by, bool *stands)
{
	struct buf members = buf_make(LINE_ROOM);

	buf_printf(&members, "\"n\":%llu,\"name\":\"%s\",\"by\":\"%s\"", (unsigned long long)record->n, name, by);
	enum reason reason = buf_ok(&members) ? chain_journal_add(&d->lists[place], record->at, buf_bytes(&members)) : REASON_MEMORY;
	*stands = *stands || reason == REASON_NONE;
	if (reason == REASON_NONE)
		reason = chain_journal_sync(&d->lists[place]);
	if (reason == REASON_NONE)
		record->places |= 1u << place;
	buf_free(&members);
	return reason;
}

struct line {
	char name[KEEPER_NAME], by[LINE_ROOM];
	uint64_t n;
	struct instant at;
};

/* False: it names nothing destroyed. */
static bool read_line(struct bytes text, struct line *out)
{
	json_t *one = json_read(text);
	struct bytes name = json_view(one, "name"), by = json_view(one, "by");
	json_int_t n = json_integer_value(json_object_get(one, "n"));
	bool good = name.len > 0 && name.len < sizeof out->name && by.len < sizeof out->by && n > 0;

	if (good) {
		snprintf(out->name, sizeof out->name, "%.*s", (int)name.len, (const char *)name.at);
		snprintf(out->by, sizeof out->by, "%.*s", (int)by.len, (const char *)by.at);
		out->n = (uint64_t)n;
		if (!json_instant(one, "at", &out->at))
			out->at = (struct instant){0};
	}
	json_decref(one);
	return good;
}

/* Each line of a list. IO: it cannot be read. */
static enum reason each_line(struct keeper_destroyed *d, size_t place, bool (*take)(struct keeper_destroyed *d, size_t place, const struct line *line))
{
	char text[LINE_ROOM];
	FILE *file = fopen(d->paths[place], "re");
	bool good = file != NULL;

	while (good && fgets(text, sizeof text, file) != NULL) {
		struct line line;
		if (read_line(bytes_trim(bytes_of_text(text)), &line))
			good = take(d, place, &line);
		else if (text[0] == '{' && strchr(text, '\n') != NULL)
			log_event("destruction-unreadable", LOG_TEXT("file", d->paths[place]), LOG_END);
	}
	good = good && ferror(file) == 0;
	if (file != NULL)
		fclose(file);
	return good ? REASON_NONE : REASON_IO;
}

static bool learn(struct keeper_destroyed *d, size_t place, const struct line *line)
{
	struct keeper_record record = {.n = line->n, .at = line->at, .places = 1u << place};

	keeper_mark(line->name, record.mark);
	if (line->n > d->highest)
		d->highest = line->n;
	buf_add(&d->records, (struct bytes){(const unsigned char *)&record, sizeof record});
	return buf_ok(&d->records);
}

/* Added to each list that lacks it; a disk that has no room for it is asked again at the next start. */
static bool carry(struct keeper_destroyed *d, size_t place, const struct line *line)
{
	struct keeper_record *record = find(d, line->name);
	bool stands = true;

	(void)place;
	for (size_t i = 0; i < d->n; i++) {
		if ((record->places & 1u << i) != 0)
			continue;
		enum reason reason = write_record(d, i, record, line->name, line->by, &stands);
		log_event("destruction-carried", LOG_TEXT("key", line->name), LOG_TEXT("file", d->paths[i]), LOG_REASON(reason), LOG_END);
	}
	return true;
}

static bool same_everywhere(const struct keeper_destroyed *d)
{
	size_t n;
	const struct keeper_record *list = all(d, &n);

	for (size_t i = 0; i < n; i++)
		if (list[i].places != (1u << d->n) - 1)
			return false;
	return true;
}

/* --- for all --------------------------------------------------------------------------------- */

enum reason keeper_destroyed_open(const char *const *paths, size_t n, struct keeper_destroyed *out)
{
	enum reason reason = REASON_NONE;

	*out = (struct keeper_destroyed){.n = n, .records = buf_make(RECORDS_MAX)};
	for (size_t i = 0; i < KEEPER_PLACES; i++)
		out->lists[i].fd = -1;
	for (size_t i = 0; i < n && reason == REASON_NONE; i++) {
		out->paths[i] = paths[i];
		reason = chain_journal_open(paths[i], &out->lists[i]);
		if (reason == REASON_NONE)
			reason = each_line(out, i, learn);
	}
	if (reason != REASON_NONE)
		return reason;
	sort(out);
	for (size_t i = 0; i < n && reason == REASON_NONE && !same_everywhere(out); i++)
		reason = each_line(out, i, carry);
	return reason;
}

void keeper_destroyed_close(struct keeper_destroyed *d)
{
	for (size_t i = 0; i < d->n; i++)
		chain_journal_close(&d->lists[i]);
	buf_free(&d->records);
}

const struct keeper_record *keeper_destroyed_all(const struct keeper_destroyed *d, size_t *n)
{
	return all(d, n);
}

const struct keeper_record *keeper_destroyed_find(const struct keeper_destroyed *d, const char *name)
{
	return find(d, name);
}

enum reason keeper_destroyed_add(struct keeper_destroyed *d, const char *name, const char *by, struct instant at, struct keeper_record *out)
{
	struct keeper_record *known = find(d, name), fresh = {.n = d->highest + 1, .at = at};
	struct keeper_record *record = known != NULL ? known : &fresh;
	enum reason reason = REASON_NONE;
	bool stands = known != NULL;

	if (known == NULL) {
		keeper_mark(name, fresh.mark);
		d->highest++;
	}
	for (size_t i = 0; i < d->n && reason == REASON_NONE; i++)
		if ((record->places & 1u << i) == 0)
			reason = write_record(d, i, record, name, by, &stands);
	*out = *record;
	if (known == NULL && stands && !insert(d, &fresh))
		return REASON_MEMORY;
	return reason;
}

/* gateway/sent_journal.c - see sent_journal.h. */
#include "gateway/sent_journal.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/journal_file.h"
#include "gateway/json_view.h"

static const char *const events[] = {[SENT_BEGUN] = "begun", [SENT_TAKEN] = "taken", [SENT_LATER] = "later", [SENT_REFUSED] = "refused"};

enum { LINE_MEMORY = 64 * 1024 };

static json_t *line_of(enum sent_event event, const struct sent_entry *e, const struct smtp_client_result *result, const char *host)
{
	json_t *about = e->about.len > 0 ? json_read(e->about) : NULL;
	json_t *line = json_pack("{s:o, s:s, s:I, s:I, s:o, s:o*}", "at", json_of_instant(e->at), "event", events[event], "outbox", (json_int_t)e->outbox,
				 "attempt", (json_int_t)e->attempt, "message_id", json_of(e->message_id), "about", about);

	if (line != NULL && result != NULL) {
		json_object_set_new(line, "host", json_of(bytes_of_text(host)));
		json_object_set_new(line, "code", json_integer((json_int_t)result->status.code));
		json_object_set_new(line, "enhanced", json_of(bytes_of_text(result->status.enhanced)));
		json_object_set_new(line, "queue_id", json_of(bytes_of_text(result->queue_id)));
	}
	return line;
}

enum reason sent_journal_add(int fd, enum sent_event event, const struct sent_entry *entry, const struct smtp_client_result *result,
			     const char *host)
{
	struct arena *arena = arena_create(LINE_MEMORY);
	json_t *line = line_of(event, entry, result, host);
	enum reason reason = REASON_MEMORY;

	if (line != NULL) {
		struct bytes text = json_write(arena, line);
		char *whole = arena_try(arena, text.len + 2);
		int n = whole == NULL ? 0 : snprintf(whole, text.len + 2, "%.*s\n", (int)text.len, (const char *)text.at);
		if (n > 0)
			reason = journal_file_add(fd, (struct bytes){(const unsigned char *)whole, (size_t)n}, event == SENT_TAKEN);
	}
	arena_destroy(&arena);
	return reason;
}

/* The end of the file, from the start of a line. */
static struct bytes tail(int fd, struct arena *arena)
{
	struct stat about;

	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0)
		return BYTES_NONE;
	size_t size = about.st_size < SENT_TAIL ? (size_t)about.st_size : SENT_TAIL;
	unsigned char *at = arena_try(arena, size);
	ssize_t n = at == NULL ? -1 : pread(fd, at, size, about.st_size - (off_t)size);
	if (n <= 0)
		return BYTES_NONE;
	struct bytes text = {at, (size_t)n};
	return about.st_size > SENT_TAIL ? bytes_from(text, bytes_find_byte(text, '\n', 0) + 1) : text;
}

/* The line that ends before *end, which moves to its start; empty when there is none. */
static struct bytes line_before(struct bytes text, size_t *end)
{
	while (*end > 0 && text.at[*end - 1] == '\n')
		(*end)--;
	size_t from = *end;
	while (from > 0 && text.at[from - 1] != '\n')
		from--;
	struct bytes line = bytes_slice(text, from, *end - from);
	*end = from;
	return line;
}

static void copy_text(char *out, size_t room, struct bytes text)
{
	snprintf(out, room, "%.*s", (int)text.len, text.len > 0 ? (const char *)text.at : "");
}

static void read_result(const json_t *line, struct arena *arena, struct smtp_client_result *out, const char **host)
{
	*out = (struct smtp_client_result){.reason = REASON_NONE, .stage = REPLY_END};
	out->status.code = (unsigned)json_integer_value(json_object_get(line, "code"));
	copy_text(out->status.enhanced, sizeof out->status.enhanced, json_view(line, "enhanced"));
	copy_text(out->queue_id, sizeof out->queue_id, json_view(line, "queue_id"));
	*host = arena_text(arena, json_view(line, "host"));
}

bool sent_journal_taken(int fd, struct arena *arena, struct bytes message_id, struct smtp_client_result *out, const char **host)
{
	struct bytes text = tail(fd, arena);
	bool taken = false;

	for (size_t end = text.len; end > 0 && !taken;) {
		struct bytes line = line_before(text, &end);
		if (bytes_find(line, message_id, 0) == line.len)
			continue;
		json_t *entry = json_read(line);
		taken = entry != NULL && bytes_equal(json_view(entry, "message_id"), message_id) && bytes_equal_text(json_view(entry, "event"), "taken");
		if (taken)
			read_result(entry, arena, out, host);
		json_decref(entry);
	}
	return taken;
}

bool sent_journal_last(int fd, struct arena *arena, struct sent_entry *out)
{
	struct bytes text = tail(fd, arena);

	for (size_t end = text.len; end > 0;) {
		json_t *entry = json_read(line_before(text, &end));
		if (entry == NULL)
			continue;
		*out = (struct sent_entry){.outbox = json_integer_value(json_object_get(entry, "outbox")),
					   .attempt = (unsigned)json_integer_value(json_object_get(entry, "attempt")),
					   .message_id = arena_copy(arena, json_view(entry, "message_id"))};
		json_decref(entry);
		return true;
	}
	return false;
}

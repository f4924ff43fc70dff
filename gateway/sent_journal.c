/* gateway/sent_journal.c - see sent_journal.h. */
#include "gateway/sent_journal.h"

#include <stdio.h>

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
	struct bytes text = journal_file_tail(fd, arena, SENT_TAIL);
	bool taken = false;

	for (size_t end = text.len; end > 0 && !taken;) {
		struct bytes line = journal_file_line(text, &end);
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

/* Of a mail that was put off or refused nothing left. */
static void take_left(json_t *left, json_t *seen, const json_t *line)
{
	struct bytes id = json_view(line, "message_id"), event = json_view(line, "event");
	struct instant at;

	if (id.len == 0 || !json_instant(line, "at", &at) || json_object_getn(seen, (const char *)id.at, id.len) != NULL)
		return;
	json_object_setn_new(seen, (const char *)id.at, id.len, json_true());
	if (bytes_equal_text(event, events[SENT_TAKEN]) || bytes_equal_text(event, events[SENT_BEGUN]))
		json_array_append_new(left, json_pack("{s:O?, s:O?, s:O?}", "outbox", json_object_get(line, "outbox"), "attempt", json_object_get(line, "attempt"),
						      "message_id", json_object_get(line, "message_id")));
}

json_t *sent_journal_left(int fd, struct arena *arena)
{
	struct bytes text = journal_file_tail(fd, arena, SENT_LEFT_TAIL);
	json_t *left = json_array(), *seen = json_object();

	for (size_t end = text.len; end > 0;) {
		json_t *line = json_read(journal_file_line(text, &end));
		if (line != NULL)
			take_left(left, seen, line);
		json_decref(line);
	}
	json_decref(seen);
	return left;
}

/* gateway/fence.c - see fence.h. */
#include "gateway/fence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gateway/journal_file.h"
#include "gateway/json_view.h"
#include "gateway/sent_journal.h"

enum { ACCEPTED_TAIL = 64 * 1024 };

struct ends {
	struct arena *arena;
	json_t *left;        /* what was sent (sent_journal_left) */
	json_t *accepted;    /* what was accepted: [{"inbox", "digest"}…] */
	const char *unread;
};

static void take_accepted(struct ends *ends, int fd)
{
	struct bytes text = journal_file_tail(fd, ends->arena, ACCEPTED_TAIL);

	for (size_t end = text.len; end > 0;) {
		json_t *line = json_read(journal_file_line(text, &end));
		json_t *inbox = json_object_get(line, "inbox"), *digest = json_object_get(line, "digest");
		if (json_is_integer(inbox) && json_is_string(digest))
			json_array_append_new(ends->accepted, json_pack("{s:O, s:O}", "inbox", inbox, "digest", digest));
		json_decref(line);
	}
}

static void take_sent(struct ends *ends, int fd)
{
	json_t *left = sent_journal_left(fd, ends->arena);

	json_array_extend(ends->left, left);
	json_decref(left);
}

static enum reason take(struct ends *ends, const char *folder, const char *file)
{
	struct bytes name = bytes_of_text(file);
	bool sent = bytes_starts(name, BYTES("deliverer")), accepted = bytes_starts(name, BYTES("receiver")) || bytes_starts(name, BYTES("collector"));

	if ((!sent && !accepted) || !bytes_ends(name, BYTES(".jsonl")))
		return REASON_NONE;
	const char *path = arena_printf(ends->arena, "%s/%s", folder, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) {
		ends->unread = path;
		return REASON_IO;
	}
	if (sent)
		take_sent(ends, fd);
	else
		take_accepted(ends, fd);
	close(fd);
	return REASON_NONE;
}

static enum reason take_all(struct ends *ends, const char *folder)
{
	DIR *entries = opendir(folder);
	enum reason reason = entries != NULL || errno == ENOENT ? REASON_NONE : REASON_IO;

	ends->unread = reason == REASON_NONE ? NULL : folder;
	for (struct dirent *e; reason == REASON_NONE && entries != NULL && (e = readdir(entries)) != NULL;)
		reason = take(ends, folder, e->d_name);
	if (entries != NULL)
		closedir(entries);
	return reason;
}

enum reason fence_look(struct store *store, struct arena *arena, const char *folder, struct fence_looked *looked)
{
	struct ends ends = {.arena = arena, .left = json_array(), .accepted = json_array()};
	struct store_rows *rows = NULL;
	enum reason reason = take_all(&ends, folder);

	*looked = (struct fence_looked){.closed = true, .unread = ends.unread};
	struct bytes left = json_write(arena, ends.left), accepted = json_write(arena, ends.accepted);
	if (reason == REASON_NONE)
		reason = STORE_RUN(store, &rows, "select relais.fence_look($1, $2)", P_JSON(left), P_JSON(accepted));
	if (reason == REASON_NONE)
		looked->closed = store_int(rows, 0, 0) != 0;
	store_free(&rows);
	return reason;
}

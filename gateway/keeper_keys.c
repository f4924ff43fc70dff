/* gateway/keeper_keys.c - see keeper_keys.h.
 *
 * 1. Nothing is written over: a key is made beside its place, synced, renamed into it, and its folder synced; the copy first, so that a key
 *    that is used is in both.
 * 2. Destroyed is what destroyed.jsonl names; files are taken away after that and again at each start. */
#include "gateway/keeper_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secret.h"
#include "gateway/json_view.h"
#include "gateway/log.h"

enum { PLACES = 2, SUBFOLDERS = 256, PATH_ROOM = 4096, LINE_ROOM = 4096, DESTROYED_MAX = 1 << 30, MARK = 16, PUBLIC_FILE = 512 };

struct place {
	const char *folder;
	struct chain_journal destroyed;
};

struct keeper_keys {
	struct place places[PLACES];      /* the folder, and its copy when there is one */
	size_t n;
	struct body_key *master;          /* pages of its own (base/secret.h): it stays as long as the process */
	struct buf marks;                 /* of names that were destroyed, MARK bytes each, sorted */
	uint64_t destroyed;               /* records written */
	struct keeper_intake intake;
};

/* --- names of files ------------------------------------------------------------ */

/* What stands for a key's name: the first bytes of its digest. */
static void mark_of(const char *name, unsigned char out[MARK])
{
	unsigned char digest[DIGEST_SHA256];

	digest_sha256(bytes_of_text(name), digest);
	memcpy(out, digest, MARK);
}

static bool path_of(const struct place *place, const char *name, const char *end, char out[PATH_ROOM])
{
	unsigned char mark[MARK];
	char hex[2 * MARK + 1];

	mark_of(name, mark);
	for (size_t i = 0; i < MARK; i++)
		snprintf(hex + 2 * i, 3, "%02x", mark[i]);
	return snprintf(out, PATH_ROOM, "%s/%.2s/%s.%s", place->folder, hex, hex, end) < PATH_ROOM;
}

static bool folder_of(const char *path, char out[PATH_ROOM])
{
	const char *slash = strrchr(path, '/');
	return slash != NULL && snprintf(out, PATH_ROOM, "%.*s", (int)(slash - path), path) < PATH_ROOM;
}

/* --- files -------------------------------------------------------------------------- */

static enum reason reason_of(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG ? REASON_STORE_FULL : REASON_IO;
}

static bool sync_folder(const char *file)
{
	char folder[PATH_ROOM];
	int fd = folder_of(file, folder) ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool done = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return done;
}

/* Whole and on disk, or not there. */
static enum reason write_file(const char *path, struct bytes content, mode_t mode)
{
	char beside[PATH_ROOM];

	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
		return REASON_IO;
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	bool done = fd >= 0 && write(fd, content.at, content.len) == (ssize_t)content.len && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int error = done ? 0 : errno;
	if (fd >= 0 && close(fd) != 0)
		done = false;
	if (done && rename(beside, path) == 0 && sync_folder(path))
		return REASON_NONE;
	return reason_of(error);
}

static enum reason write_both(struct keeper_keys *k, const char *name, struct bytes wrapped)
{
	char path[PATH_ROOM];
	enum reason reason = REASON_NONE;

	for (size_t i = k->n; i > 0 && reason == REASON_NONE; i--)
		reason = path_of(&k->places[i - 1], name, "key", path) ? write_file(path, wrapped, 0600) : REASON_IO;
	return reason;
}

static bool read_wrapped(const struct keeper_keys *k, const struct place *place, const char *name, unsigned char wrapped[BODY_UNDER_KEY], struct body_key *out)
{
	char path[PATH_ROOM];
	int fd = path_of(place, name, "key", path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, wrapped, BODY_UNDER_KEY);

	if (fd >= 0)
		close(fd);
	return n == BODY_UNDER_KEY && body_key_unwrap((struct bytes){wrapped, BODY_UNDER_KEY}, k->master, bytes_of_text(name), out) == REASON_NONE;
}

/* --- what was destroyed ------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, MARK);
}

static bool is_destroyed(const struct keeper_keys *k, const char *name)
{
	unsigned char mark[MARK];

	mark_of(name, mark);
	return k->marks.len > 0 && bsearch(mark, k->marks.data, k->marks.len / MARK, MARK, compare) != NULL;
}

static bool remember(struct keeper_keys *k, const char *name)
{
	unsigned char mark[MARK];

	mark_of(name, mark);
	buf_add(&k->marks, (struct bytes){mark, MARK});
	if (!buf_ok(&k->marks))
		return false;
	qsort(k->marks.data, k->marks.len / MARK, MARK, compare);
	return true;
}

/* Overwritten first: a disk that writes elsewhere keeps only what the master key opens. */
static enum reason take_away(const struct place *place, const char *name)
{
	char path[PATH_ROOM];
	struct body_key noise[2];

	if (!path_of(place, name, "key", path))
		return REASON_IO;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return REASON_NONE;
	bool done = fd >= 0 && body_key_make(&noise[0]) == REASON_NONE && body_key_make(&noise[1]) == REASON_NONE &&
		    write(fd, noise, BODY_UNDER_KEY) == BODY_UNDER_KEY && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return done && unlink(path) == 0 && sync_folder(path) ? REASON_NONE : REASON_IO;
}

static enum reason take_away_all(struct keeper_keys *k, const char *name)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < k->n; i++)
		if (take_away(&k->places[i], name) != REASON_NONE)
			reason = REASON_IO;
	return reason;
}

/* One line of a list; names end in what chain_journal_add was given. */
static bool learn_line(struct keeper_keys *k, struct bytes line)
{
	json_t *one = json_read(line);
	char name[KEEPER_NAME];
	struct bytes text = json_view(one, "name");
	json_int_t n = json_integer_value(json_object_get(one, "n"));
	bool good = text.len > 0 && text.len < sizeof name && n > 0;

	if (good) {
		snprintf(name, sizeof name, "%.*s", (int)text.len, (const char *)text.at);
		if ((uint64_t)n > k->destroyed)
			k->destroyed = (uint64_t)n;
		if (!is_destroyed(k, name))
			good = remember(k, name);
		if (good && take_away_all(k, name) != REASON_NONE)
			log_event("key-not-destroyed", LOG_TEXT("key", name), LOG_END);
	}
	json_decref(one);
	return good;
}

static enum reason learn_destroyed(struct keeper_keys *k, struct place *place)
{
	char path[PATH_ROOM], line[LINE_ROOM];

	if (snprintf(path, sizeof path, "%s/destroyed.jsonl", place->folder) >= (int)sizeof path || chain_journal_open(path, &place->destroyed) != REASON_NONE)
		return REASON_IO;
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (!learn_line(k, bytes_trim(bytes_of_text(line))) && line[0] == '{' && strchr(line, '\n') != NULL)
			log_event("destruction-unreadable", LOG_TEXT("file", path), LOG_END);
	bool whole = file != NULL && ferror(file) == 0;
	if (file != NULL)
		fclose(file);
	return whole ? REASON_NONE : REASON_IO;
}

static enum reason write_destroyed(struct keeper_keys *k, const char *name, const char *by, struct instant at)
{
	struct buf members = buf_make(LINE_ROOM);
	enum reason reason = REASON_NONE;

	buf_printf(&members, "\"n\":%llu,\"name\":\"%s\",\"by\":\"%s\"", (unsigned long long)(k->destroyed + 1), name, by);
	for (size_t i = 0; i < k->n && reason == REASON_NONE; i++) {
		reason = chain_journal_add(&k->places[i].destroyed, at, buf_bytes(&members));
		if (reason == REASON_NONE)
			reason = chain_journal_sync(&k->places[i].destroyed);
	}
	buf_free(&members);
	return reason;
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool make_subfolders(const struct place *place)
{
	char path[PATH_ROOM];
	bool made = false;

	if (access(place->folder, R_OK | W_OK | X_OK) != 0)
		return false;
	for (unsigned i = 0; i < SUBFOLDERS; i++) {
		if (snprintf(path, sizeof path, "%s/%02x", place->folder, i) >= (int)sizeof path)
			return false;
		if (mkdir(path, 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return false;
	}
	return !made || sync_folder(path);
}

static bool read_master(const char *path, struct body_key *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : read(fd, out->at, sizeof out->at);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)sizeof out->at;
}

static bool read_intake(struct keeper_keys *k, const struct place *place)
{
	char path[PATH_ROOM], text[PUBLIC_FILE];
	struct keeper_intake found = {0};

	if (snprintf(path, sizeof path, "%s/intake.pub", place->folder) >= (int)sizeof path)
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	if (fd >= 0)
		close(fd);
	struct bytes whole = {(unsigned char *)text, n < 0 ? 0 : (size_t)n};
	struct cursor c = cursor_on(whole);
	cursor_until(&c, ' ');
	cursor_until(&c, ' ');
	if (!keeper_public_parse(whole, &found.key) || !instant_read(bytes_trim(c.left), &found.made) ||
	    !bytes_starts(bytes_of_text(found.key.name), BYTES("intake:")) ||
	    !bytes_number(bytes_from(bytes_of_text(found.key.name), 7), INT64_MAX, &found.number))
		return false;
	k->intake = found;
	return true;
}

static const char *open_all(struct keeper_keys *k, const char *master)
{
	struct body_key half;

	k->master = secret_room(sizeof *k->master);
	if (k->master == NULL || !read_master(master, k->master))
		return master;
	for (size_t i = 0; i < k->n; i++)
		if (!make_subfolders(&k->places[i]) || learn_destroyed(k, &k->places[i]) != REASON_NONE)
			return k->places[i].folder;
	for (size_t i = 0; i < k->n && k->intake.number == 0; i++)
		(void)read_intake(k, &k->places[i]);
	/* A master key that is not the one of this folder: better not to start than to lose what comes in. */
	if (k->intake.number != 0 && keeper_keys_find(k, k->intake.key.name, &half) != REASON_NONE)
		return master;
	body_key_wipe(&half);
	return NULL;
}

enum reason keeper_keys_open(struct arena *arena, const char *folder, const char *copy, const char *master, struct keeper_keys **out, const char **detail)
{
	struct keeper_keys *k = arena_alloc(arena, sizeof *k);

	k->marks = buf_make(DESTROYED_MAX);
	k->places[0] = (struct place){folder, {.fd = -1}};
	k->places[1] = (struct place){copy, {.fd = -1}};
	k->n = copy[0] != '\0' ? 2 : 1;
	*out = k;
	*detail = open_all(k, master);
	return *detail == NULL ? REASON_NONE : REASON_CONFIG_VALUE;
}

void keeper_keys_close(struct keeper_keys **keys)
{
	struct keeper_keys *k = *keys;

	if (k == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++)
		chain_journal_close(&k->places[i].destroyed);
	buf_free(&k->marks);
	secret_room_free(k->master, sizeof *k->master);
	*keys = NULL;
}

/* --- keys ----------------------------------------------------------------------------------------------- */

enum reason keeper_keys_find(struct keeper_keys *k, const char *name, struct body_key *out)
{
	unsigned char wrapped[BODY_UNDER_KEY];
	char path[PATH_ROOM];

	if (is_destroyed(k, name))
		return REASON_KEEPER_ERASED;
	for (size_t i = 0; i < k->n; i++) {
		if (!read_wrapped(k, &k->places[i], name, wrapped, out))
			continue;
		if (i > 0 && path_of(&k->places[0], name, "key", path)) {
			enum reason reason = write_file(path, (struct bytes){wrapped, sizeof wrapped}, 0600);
			log_event("key-from-copy", LOG_TEXT("key", name), LOG_REASON(reason), LOG_END);
		}
		return REASON_NONE;
	}
	return REASON_KEEPER_KEY;
}

static enum reason keep(struct keeper_keys *k, const char *name, const struct body_key *key)
{
	unsigned char wrapped[BODY_UNDER_KEY];
	enum reason reason = body_key_wrap(key, k->master, bytes_of_text(name), wrapped);

	return reason == REASON_NONE ? write_both(k, name, (struct bytes){wrapped, sizeof wrapped}) : reason;
}

static bool is_there(const struct keeper_keys *k, const char *name)
{
	char path[PATH_ROOM];

	for (size_t i = 0; i < k->n; i++)
		if (!path_of(&k->places[i], name, "key", path) || access(path, F_OK) == 0)
			return true;
	return false;
}

enum reason keeper_keys_make(struct keeper_keys *k, const char *name, struct body_key *out)
{
	enum reason reason = keeper_keys_find(k, name, out);

	/* What is there and does not open is for a person to look at: a new key would end the chance to mend it. */
	if (reason != REASON_KEEPER_KEY || is_there(k, name))
		return reason;
	reason = body_key_make(out);
	return reason == REASON_NONE ? keep(k, name, out) : reason;
}

/* A record that is there. */
static struct keeper_record record_of(const struct keeper_keys *k, const char *name)
{
	char path[PATH_ROOM], line[LINE_ROOM];
	struct keeper_record out = {0};
	FILE *file = snprintf(path, sizeof path, "%s/destroyed.jsonl", k->places[0].folder) < (int)sizeof path ? fopen(path, "re") : NULL;

	while (file != NULL && out.n == 0 && fgets(line, sizeof line, file) != NULL) {
		json_t *one = json_read(bytes_trim(bytes_of_text(line)));
		if (bytes_equal_text(json_view(one, "name"), name) && json_instant(one, "at", &out.at))
			out.n = (uint64_t)json_integer_value(json_object_get(one, "n"));
		json_decref(one);
	}
	if (file != NULL)
		fclose(file);
	return out;
}

enum reason keeper_keys_destroy(struct keeper_keys *k, const char *name, const char *by, struct instant at, struct keeper_record *out)
{
	if (is_destroyed(k, name)) {
		*out = record_of(k, name);
		return take_away_all(k, name);
	}
	enum reason reason = write_destroyed(k, name, by, at);
	if (reason != REASON_NONE)
		return reason;
	*out = (struct keeper_record){++k->destroyed, at};
	if (!remember(k, name))
		return REASON_MEMORY;
	return take_away_all(k, name);
}

uint64_t keeper_keys_destroyed(const struct keeper_keys *k)
{
	return k->destroyed;
}

/* --- the pair of intake ------------------------------------------------------------------------------------ */

const struct keeper_intake *keeper_keys_intake(const struct keeper_keys *k)
{
	return &k->intake;
}

enum reason keeper_keys_intake_make(struct keeper_keys *k, uint64_t above, struct instant at, struct keeper_intake *out)
{
	struct body_key half;

	*out = (struct keeper_intake){.number = (above > k->intake.number ? above : k->intake.number) + 1, .made = at};
	snprintf(out->key.name, sizeof out->key.name, "intake:%llu", (unsigned long long)out->number);
	enum reason reason = body_pair_make(&half, out->key.at);
	if (reason == REASON_NONE)
		reason = keep(k, out->key.name, &half);
	body_key_wipe(&half);
	return reason;
}

enum reason keeper_keys_intake_publish(struct keeper_keys *k, const struct keeper_intake *intake)
{
	struct buf text = buf_make(PUBLIC_FILE);
	char path[PATH_ROOM], at[INSTANT_TEXT];
	enum reason reason = REASON_NONE;

	instant_write(intake->made, at);
	buf_printf(&text, "%s ", intake->key.name);
	for (size_t i = 0; i < BODY_KEY; i++)
		buf_printf(&text, "%02x", intake->key.at[i]);
	buf_printf(&text, " %s\n", at);
	for (size_t i = k->n; i > 0 && reason == REASON_NONE; i--)
		reason = snprintf(path, sizeof path, "%s/intake.pub", k->places[i - 1].folder) < (int)sizeof path
				 ? write_file(path, buf_bytes(&text), 0644) : REASON_IO;
	buf_free(&text);
	if (reason == REASON_NONE)
		k->intake = *intake;
	return reason;
}

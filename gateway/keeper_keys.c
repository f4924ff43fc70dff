/* gateway/keeper_keys.c - see keeper_keys.h.
 *
 * 1. Nothing is written over: a key is made beside its place, synced, renamed into it, and its folder synced; the copy first, so that a key
 *    that is used is in both. A pair of intake gets a number that no key in either place has or had.
 * 2. Destroyed is what keeper_destroyed.h says; files are taken away after that and again at each start. */
#include "gateway/keeper_keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/secret.h"
#include "gateway/log.h"

enum { SUBFOLDERS = 256, PATH_ROOM = 4096, PUBLIC_FILE = 512 };

struct keeper_keys {
	const char *folders[KEEPER_PLACES];     /* the folder, and its copy when there is one */
	size_t n;
	struct body_key *master;                /* pages of its own (base/secret.h): it stays as long as the process */
	struct keeper_destroyed destroyed;
	struct keeper_intake intake, made;      /* in use; made and not published yet */
	uint64_t highest;                       /* of the pairs that were published, whatever became of them */
};

/* --- names of files ------------------------------------------------------------ */

static bool path_of_mark(const char *folder, const unsigned char mark[KEEPER_MARK], const char *end, char out[PATH_ROOM])
{
	char hex[2 * KEEPER_MARK + 1];

	for (size_t i = 0; i < KEEPER_MARK; i++)
		snprintf(hex + 2 * i, 3, "%02x", mark[i]);
	return snprintf(out, PATH_ROOM, "%s/%.2s/%s.%s", folder, hex, hex, end) < PATH_ROOM;
}

static bool path_of(const char *folder, const char *name, char out[PATH_ROOM])
{
	unsigned char mark[KEEPER_MARK];

	keeper_mark(name, mark);
	return path_of_mark(folder, mark, "key", out);
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
	bool done = fd >= 0 && !FAULT(FAULT_SYNC) && fsync(fd) == 0;

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
	/* A fault here is a full disk: a part of it stands, as it would. */
	ssize_t n = fd < 0 ? -1 : write(fd, content.at, FAULT(FAULT_WRITE) ? content.len / 2 : content.len);
	bool whole = n == (ssize_t)content.len, done = whole && fchmod(fd, mode) == 0 && !FAULT(FAULT_SYNC) && fsync(fd) == 0;
	int error = done ? 0 : n >= 0 && !whole ? ENOSPC : errno;
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
		reason = path_of(k->folders[i - 1], name, path) ? write_file(path, wrapped, 0600) : REASON_IO;
	return reason;
}

static bool read_wrapped(const struct keeper_keys *k, const char *folder, const char *name, unsigned char wrapped[BODY_UNDER_KEY], struct body_key *out)
{
	char path[PATH_ROOM];
	int fd = path_of(folder, name, path) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, wrapped, BODY_UNDER_KEY);

	if (fd >= 0)
		close(fd);
	return n == BODY_UNDER_KEY && body_key_unwrap((struct bytes){wrapped, BODY_UNDER_KEY}, k->master, bytes_of_text(name), out) == REASON_NONE;
}

/* --- what was destroyed ------------------------------------------------------------------ */

/* Overwritten first: a disk that writes elsewhere keeps only what the master key opens. */
static bool remove_file(const char *path, bool *removed)
{
	struct body_key noise[2];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return true;
	bool done = fd >= 0 && body_key_make(&noise[0]) == REASON_NONE && body_key_make(&noise[1]) == REASON_NONE && !FAULT(FAULT_WRITE) &&
		    write(fd, noise, BODY_UNDER_KEY) == BODY_UNDER_KEY && !FAULT(FAULT_SYNC) && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	*removed = done && unlink(path) == 0;
	return *removed;
}

/* The key's file, and what a rename that failed left beside it. */
static bool take_away(const char *folder, const unsigned char mark[KEEPER_MARK])
{
	char path[PATH_ROOM];
	bool key = false, beside = false;

	return path_of_mark(folder, mark, "key.new", path) && remove_file(path, &beside) && path_of_mark(folder, mark, "key", path) && remove_file(path, &key) &&
	       (!(key || beside) || sync_folder(path));
}

static enum reason take_away_all(struct keeper_keys *k, const unsigned char mark[KEEPER_MARK])
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < k->n; i++)
		if (!take_away(k->folders[i], mark))
			reason = REASON_IO;
	return reason;
}

static bool is_destroyed(const struct keeper_keys *k, const char *name)
{
	return keeper_destroyed_find(&k->destroyed, name) != NULL;
}

/* The lists, and what a crash left undone, or a backup of the folder put back. */
static enum reason open_destroyed(struct keeper_keys *k, struct arena *arena)
{
	const char *list[KEEPER_PLACES];
	size_t n;

	for (size_t i = 0; i < k->n; i++)
		list[i] = arena_printf(arena, "%s/destroyed.jsonl", k->folders[i]);
	enum reason reason = keeper_destroyed_open(list, k->n, &k->destroyed);
	const struct keeper_record *record = keeper_destroyed_all(&k->destroyed, &n);
	for (size_t i = 0; reason == REASON_NONE && i < n; i++)
		if (take_away_all(k, record[i].mark) != REASON_NONE)
			log_event("key-not-destroyed", LOG_NUMBER("record", record[i].n), LOG_END);
	return reason;
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool make_subfolders(const char *folder)
{
	char path[PATH_ROOM];
	bool made = false;

	if (access(folder, R_OK | W_OK | X_OK) != 0)
		return false;
	for (unsigned i = 0; i < SUBFOLDERS; i++) {
		if (snprintf(path, sizeof path, "%s/%02x", folder, i) >= (int)sizeof path)
			return false;
		if (mkdir(path, 0700) == 0)
			made = true;
		else if (errno != EEXIST)
			return false;
	}
	return !made || sync_folder(path);
}

/* A key that one place has and the other lacks, as a disk was lost, goes there as it stands; it is looked at when it is used. */
static bool mirror_one(const char *from, const char *to, const char *name)
{
	unsigned char wrapped[BODY_UNDER_KEY];
	char path[PATH_ROOM];

	if (strlen(name) != 2 * KEEPER_MARK + 4 || strcmp(name + 2 * KEEPER_MARK, ".key") != 0)
		return true;
	if (snprintf(path, sizeof path, "%s/%.2s/%s", to, name, name) >= (int)sizeof path || access(path, F_OK) == 0)
		return true;
	char source[PATH_ROOM];
	int fd = snprintf(source, sizeof source, "%s/%.2s/%s", from, name, name) < (int)sizeof source ? open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, wrapped, sizeof wrapped);
	if (fd >= 0)
		close(fd);
	return n != BODY_UNDER_KEY || write_file(path, (struct bytes){wrapped, sizeof wrapped}, 0600) == REASON_NONE;
}

static bool mirror(const char *from, const char *to)
{
	char path[PATH_ROOM];
	bool good = true;

	for (unsigned i = 0; i < SUBFOLDERS && good; i++) {
		DIR *folder = snprintf(path, sizeof path, "%s/%02x", from, i) < (int)sizeof path ? opendir(path) : NULL;
		good = folder != NULL;
		for (struct dirent *file; good && (file = readdir(folder)) != NULL;)
			good = mirror_one(from, to, file->d_name);
		if (folder != NULL)
			closedir(folder);
	}
	return good;
}

/* Of text, or of another's, there is no such key. */
static bool read_master(const char *path, struct body_key *out)
{
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool good = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
		    (about.st_uid == geteuid() || about.st_uid == 0) && about.st_size == (off_t)sizeof out->at &&
		    read(fd, out->at, sizeof out->at) == (ssize_t)sizeof out->at;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool read_intake(const char *folder, struct keeper_intake *out)
{
	char path[PATH_ROOM], text[PUBLIC_FILE];

	if (snprintf(path, sizeof path, "%s/intake.pub", folder) >= (int)sizeof path)
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	if (fd >= 0)
		close(fd);
	struct bytes whole = {(unsigned char *)text, n < 0 ? 0 : (size_t)n};
	struct cursor c = cursor_on(whole);
	cursor_until(&c, ' ');
	cursor_until(&c, ' ');
	return keeper_public_parse(whole, &out->key) && instant_read(bytes_trim(c.left), &out->made) && bytes_starts(bytes_of_text(out->key.name), BYTES("intake:")) &&
	       bytes_number(bytes_from(bytes_of_text(out->key.name), 7), INT64_MAX, &out->number);
}

/* The last that is published in either place and opens; none, when what was published is destroyed since. False: it is there, or was, and the master key is
 * not the one of this folder: better not to start than to lose what comes in. */
static bool take_intake(struct keeper_keys *k)
{
	bool closed = false;

	for (size_t i = 0; i < k->n; i++) {
		struct keeper_intake one;
		struct body_key half;
		if (!read_intake(k->folders[i], &one))
			continue;
		enum reason reason = keeper_keys_find(k, one.key.name, &half);
		body_key_wipe(&half);
		closed = closed || reason == REASON_KEEPER_KEY;
		if (reason == REASON_NONE && one.number > k->intake.number)
			k->intake = one;
		if (one.number > k->highest)
			k->highest = one.number;
	}
	return !closed || k->intake.number != 0;
}

/* What a new disk lacks. One that takes nothing is no reason not to open what is there. */
static void make_whole(struct keeper_keys *k)
{
	const struct keeper_intake intake = k->intake;
	bool good = k->n < 2 || (mirror(k->folders[0], k->folders[1]) && mirror(k->folders[1], k->folders[0])), published = true;
	struct keeper_intake there;

	for (size_t i = 0; i < k->n; i++)
		published = published && read_intake(k->folders[i], &there) && there.number == intake.number;
	if (!published && intake.number != 0)
		good = keeper_keys_intake_publish(k, &intake) == REASON_NONE && good;
	if (!good)
		log_event("keys-not-in-both", LOG_TEXT("copy", k->n > 1 ? k->folders[1] : ""), LOG_END);
}

static const char *open_all(struct keeper_keys *k, struct arena *arena, const char *master)
{
	k->master = secret_room(sizeof *k->master);
	if (k->master == NULL || !read_master(master, k->master))
		return master;
	for (size_t i = 0; i < k->n; i++)
		if (!make_subfolders(k->folders[i]))
			return k->folders[i];
	if (open_destroyed(k, arena) != REASON_NONE)
		return "destroyed.jsonl";
	if (!take_intake(k))
		return master;
	make_whole(k);
	return NULL;
}

enum reason keeper_keys_open(struct arena *arena, const char *folder, const char *copy, const char *master, struct keeper_keys **out, const char **detail)
{
	struct keeper_keys *k = arena_alloc(arena, sizeof *k);

	*k = (struct keeper_keys){.folders = {folder, copy}};
	k->n = copy[0] != '\0' ? 2 : 1;
	*out = k;
	*detail = open_all(k, arena, master);
	return *detail == NULL ? REASON_NONE : REASON_CONFIG_VALUE;
}

void keeper_keys_close(struct keeper_keys **keys)
{
	struct keeper_keys *k = *keys;

	if (k == NULL)
		return;
	keeper_destroyed_close(&k->destroyed);
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
		if (!read_wrapped(k, k->folders[i], name, wrapped, out))
			continue;
		if (i > 0 && path_of(k->folders[0], name, path)) {
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
		if (!path_of(k->folders[i], name, path) || access(path, F_OK) == 0)
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

enum reason keeper_keys_destroy(struct keeper_keys *k, const char *name, const char *by, struct instant at, struct keeper_record *out)
{
	enum reason reason = keeper_destroyed_add(&k->destroyed, name, by, at, out);

	return reason == REASON_NONE ? take_away_all(k, out->mark) : reason;
}

uint64_t keeper_keys_destroyed(const struct keeper_keys *k)
{
	return k->destroyed.highest;
}

/* --- the pair of intake ------------------------------------------------------------------------------------ */

const struct keeper_intake *keeper_keys_intake(const struct keeper_keys *k)
{
	return &k->intake;
}

/* Where one of the two could not be written neither stays: nothing lies under it. */
static enum reason keep_half(struct keeper_keys *k, struct keeper_intake *intake)
{
	unsigned char mark[KEEPER_MARK];
	struct body_key half;
	enum reason reason = body_pair_make(&half, intake->key.at);

	if (reason == REASON_NONE)
		reason = keep(k, intake->key.name, &half);
	body_key_wipe(&half);
	keeper_mark(intake->key.name, mark);
	if (reason != REASON_NONE)
		(void)!take_away_all(k, mark);
	return reason;
}

enum reason keeper_keys_intake_make(struct keeper_keys *k, uint64_t above, struct instant at, struct keeper_intake *out)
{
	enum reason reason = REASON_NONE;
	/* The database may know it already; that it could not be published makes no other. */
	bool waits = k->made.number > k->highest && k->made.number >= above;

	if (above < k->highest)
		above = k->highest;
	if (!waits) {
		struct keeper_intake next = {.number = above, .made = at};
		do
			snprintf(next.key.name, sizeof next.key.name, "intake:%llu", (unsigned long long)++next.number);
		while (is_destroyed(k, next.key.name) || is_there(k, next.key.name));
		reason = keep_half(k, &next);
		if (reason == REASON_NONE)
			k->made = next;
	}
	*out = k->made;
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
		reason = snprintf(path, sizeof path, "%s/intake.pub", k->folders[i - 1]) < (int)sizeof path
				 ? write_file(path, buf_bytes(&text), 0644) : REASON_IO;
	buf_free(&text);
	if (reason == REASON_NONE) {
		k->intake = *intake;
		k->highest = intake->number;
	}
	return reason;
}

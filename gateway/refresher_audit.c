/* gateway/refresher_audit.c - the trail's linker, its daily checkpoint, and the copy of each checkpoint outside the database.
 *
 * 1. The key of the rows' digests is read once, before the jail, and leaves this process never: the linker's function is handed the keys of the rows
 *    that it links, one each. The linking itself is the database's: whoever takes this process over can bind rows to keys that nobody has, which is
 *    found, and can pass over none for more than a minute.
 * 2. A checkpoint's files appear whole (rename) and are never written again, but for the time-stamp that comes later. */
#include "gateway/refresher.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/limits.h"
#include "base/secret.h"
#include "certs/stamp.h"
#include "gateway/alarm.h"
#include "gateway/audit_key.h"
#include "gateway/fetch.h"
#include "gateway/log.h"

/* A pass takes a few milliseconds a hundred rows; a flood is followed without keeping the parent from its other duties. */
enum { LINK_MOST = 1000, LINK_PASSES = 10, LINK_ROOM = 256 * 1024, COPY_MOST = 50, STAMP_MEMORY = 4 * 1024 * 1024 };

bool refresher_audit_open(struct refresher *r)
{
	r->key = secret_room(sizeof *r->key);
	enum reason reason = r->key == NULL ? REASON_MEMORY : audit_key_read(r->service.config->audit.key, r->key);

	if (reason != REASON_NONE)
		log_event("audit-key-refused", LOG_REASON(reason), LOG_TEXT("file", r->service.config->audit.key), LOG_END);
	return reason == REASON_NONE;
}

/* One pass over rows that wait, each with a key of its own. */
static enum reason link_rows(struct refresher *r, struct arena *arena, const struct store_rows *rows, size_t n)
{
	unsigned char *keys = arena_alloc(arena, n * DIGEST_SHA256);
	struct bytes *ids = arena_alloc(arena, n * sizeof *ids);
	char name[DIGEST_SHA256_TEXT];

	audit_key_name(r->key, name);
	for (size_t i = 0; i < n; i++) {
		audit_row_key(r->key, store_int(rows, i, 0), keys + i * DIGEST_SHA256);
		ids[i] = store_bytes(rows, i, 1);
	}
	enum reason reason = STORE_RUN(r->store, NULL, "select relais.audit_link($1, $2::text[]::bigint[], $3)", P_TEXT(name), P_TEXTS(ids, n),
				       P_BYTES(((struct bytes){keys, n * DIGEST_SHA256})));
	secret_wipe(keys, n * DIGEST_SHA256);
	return reason;
}

/* Nothing is bound by a key that is not the trail's: the rows wait until the right one is back. */
static void tell_key(struct refresher *r, enum reason reason)
{
	if (reason == REASON_AUDIT_KEY && !r->strange_key)
		log_event("audit-key-refused", LOG_REASON(reason), LOG_TEXT("file", r->service.config->audit.key), LOG_END);
	if (reason == REASON_AUDIT_KEY)
		(void)!alarm_raise(r->store, "audit.key", ALARM_CRITICAL, BYTES("{}"));
	else if (reason == REASON_NONE && (r->strange_key || !r->key_known))
		(void)!alarm_clear(r->store, "audit.key");
	r->strange_key = reason == REASON_AUDIT_KEY;
	r->key_known = r->key_known || reason == REASON_NONE;
}

void refresher_audit_link(struct refresher *r)
{
	size_t n = LINK_MOST;

	for (int i = 0; i < LINK_PASSES && n == LINK_MOST; i++) {
		struct arena *arena = arena_create(LINK_ROOM);
		struct store_rows *rows = NULL;
		enum reason reason = arena == NULL ? REASON_MEMORY : STORE_RUN(r->store, &rows, "select id, id::text from relais.audit_wait($1::integer)", P_INT(LINK_MOST));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		if (n > 0 && (reason = link_rows(r, arena, rows, n)) != REASON_STORE_DOWN)
			tell_key(r, reason);
		n = reason == REASON_NONE ? n : 0;
		store_free(&rows);
		arena_destroy(&arena);
	}
}

/* --- the copy outside ---------------------------------------------------------- */

/* Is it there already, just so? */
static bool stands(struct arena *arena, const char *path, struct bytes content)
{
	unsigned char *text = arena_alloc(arena, content.len + 1);
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = file < 0 ? -1 : read(file, text, content.len + 1);

	if (file >= 0)
		close(file);
	return n >= 0 && bytes_equal((struct bytes){text, (size_t)n}, content);
}

/* False: it could not be written, or another stands in its place, which is never written over. */
static bool put_file(struct arena *arena, const char *folder, int64_t number, const char *ending, struct bytes content)
{
	const char *path = arena_printf(arena, "%s/%lld.%s", folder, (long long)number, ending), *aside = arena_printf(arena, "%s/.%lld.new", folder, (long long)number);

	if (access(path, F_OK) == 0)
		return stands(arena, path, content);
	int file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool whole = file >= 0 && !FAULT(FAULT_WRITE) && write(file, content.at, content.len) == (ssize_t)content.len && !FAULT(FAULT_SYNC) && fsync(file) == 0;
	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole && rename(aside, path) == 0;
}

static bool copy_one(const char *folder, const struct store_rows *rows, size_t i)
{
	struct arena *arena = arena_create(4 * LIMIT_CMS);
	int64_t number = store_int(rows, i, 0);
	bool done = arena != NULL && put_file(arena, folder, number, "json", store_bytes(rows, i, 1)) && put_file(arena, folder, number, "p7s", store_bytes(rows, i, 2)) &&
		    (store_is_null(rows, i, 3) || put_file(arena, folder, number, "tsr", store_bytes(rows, i, 3)));

	arena_destroy(&arena);
	return done;
}

/* All were looked at: from the first one that is missing outside they are again. */
static void round_of_copies(struct refresher *r)
{
	if (r->uncopied_number == 0) {
		(void)!alarm_clear(r->store, "audit.folder");
		return;
	}
	log_event("checkpoint-not-written", LOG_TEXT("folder", r->service.config->audit.folder), LOG_NUMBER("checkpoint", r->uncopied_number), LOG_END);
	(void)!alarm_raise(r->store, "audit.folder", ALARM_CRITICAL, BYTES("{}"));
	r->copied = r->uncopied;
	r->uncopied_number = 0;
}

static void copy_new(struct refresher *r)
{
	const char *folder = r->service.config->audit.folder;
	struct store_rows *rows = NULL;
	size_t n = 0;

	if (STORE_RUN(r->store, &rows, "select checkpoint, statement, seal, stamp, changed_at from relais.checkpoint_since($1, $2::integer)",
				       P_INSTANT(r->copied), P_INT(COPY_MOST)) == REASON_NONE)
		n = store_count(rows);
	for (size_t i = 0; i < n; i++) {
		r->copied = store_instant(rows, i, 4);
		if (copy_one(folder, rows, i) || r->uncopied_number != 0)
			continue;
		r->uncopied = r->copied;
		r->uncopied_number = store_int(rows, i, 0);
	}
	store_free(&rows);
	if (n > 0 && n < COPY_MOST)
		round_of_copies(r);
}

/* --- the daily round ------------------------------------------------------------ */

/* One that was asked for and is not sealed in time: the signer is away, or holds the trail for broken. */
static void watch(struct refresher *r)
{
	struct store_rows *rows = NULL;

	if (STORE_RUN(r->store, &rows, "select relais.checkpoint_late($1::integer)", P_INT(r->service.config->audit.checkpoint_hours)) == REASON_NONE) {
		if (store_int(rows, 0, 0) != 0)
			(void)!alarm_raise(r->store, "audit.checkpoint", ALARM_CRITICAL, BYTES("{}"));
		else
			(void)!alarm_clear(r->store, "audit.checkpoint");
	}
	store_free(&rows);
}

void refresher_audit_checkpoint(struct refresher *r)
{
	(void)!STORE_RUN(r->store, NULL, "select relais.checkpoint_due($1::integer)", P_INT(r->service.config->audit.checkpoint_hours));
	watch(r);
}

void refresher_audit_copy(struct refresher *r)
{
	copy_new(r);
}

/* --- the time-stamp, in a child --------------------------------------------------- */

static enum reason ask(const struct config *config, struct arena *arena, struct bytes seal, struct buf *answer, struct instant *at)
{
	struct stamp_query query;
	struct fetch_told told;
	enum reason reason = stamp_query(arena, seal, &query);
	const struct fetch file = {.url = config->audit.tsa_url, .anchors = config->trust.list_anchors, .plain = true, .body = query.der,
				   .header = "Content-Type: application/timestamp-query"};

	if (reason == REASON_NONE)
		reason = fetch_get(&file, answer, &told);
	if (reason == REASON_NONE)
		reason = stamp_read(config->audit.tsa_anchors, seal, &query, buf_bytes(answer), at);
	if (reason != REASON_NONE)
		log_event("stamp-failed", LOG_TEXT("url", config->audit.tsa_url), LOG_REASON(reason), LOG_END);
	return reason;
}

enum reason refresher_stamp(const struct config *config)
{
	struct arena *arena = arena_create(STAMP_MEMORY);
	struct buf answer = buf_make(LIMIT_STAMP);
	struct store *store = store_open(config->database, "refresher");
	struct store_rows *rows = NULL;
	struct instant at;
	enum reason reason = arena == NULL || store == NULL ? REASON_MEMORY :
		STORE_RUN(store, &rows, "select checkpoint, seal from relais.checkpoint_unstamped() where $1", P_BOOL(true));

	if (reason == REASON_NONE && store_count(rows) == 1) {
		int64_t number = store_int(rows, 0, 0);
		reason = ask(config, arena, store_bytes(rows, 0, 1), &answer, &at);
		if (reason == REASON_NONE)
			reason = STORE_RUN(store, NULL, "select relais.checkpoint_stamp($1, $2)", P_INT(number), P_BYTES(buf_bytes(&answer)));
		if (reason == REASON_NONE)
			log_event("checkpoint-stamped", LOG_NUMBER("checkpoint", number), LOG_END);
	}
	store_free(&rows);
	store_close(&store);
	buf_free(&answer);
	arena_destroy(&arena);
	return reason;
}

bool refresher_stamp_wanted(struct refresher *r)
{
	struct store_rows *rows = NULL;
	bool wanted = STORE_RUN(r->store, &rows, "select checkpoint from relais.checkpoint_unstamped() where $1", P_BOOL(true)) == REASON_NONE && store_count(rows) > 0;

	store_free(&rows);
	return wanted;
}

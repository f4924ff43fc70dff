/* gateway/refresher_audit.c - the trail's linker, its daily checkpoint, and the copy of each checkpoint outside the database.
 *
 * 1. The key of the rows' digests is read once, before the jail; it is handed to the linker's function as two blocks (RFC 2104) and stands
 *    in no row. The linking itself is the database's: whoever takes this process over can link, and cannot choose what.
 * 2. A checkpoint's files appear whole (rename) and are never written again, but for the time-stamp that comes later. */
#include "gateway/refresher.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/secret.h"
#include "certs/stamp.h"
#include "gateway/alarm.h"
#include "gateway/audit_key.h"
#include "gateway/fetch.h"
#include "gateway/log.h"

/* A pass takes a few milliseconds a hundred rows; a flood is followed without keeping the parent from its other duties. */
enum { LINK_MOST = 1000, LINK_PASSES = 10, COPY_MOST = 50, STAMP_MEMORY = 4 * 1024 * 1024 };

bool refresher_audit_open(struct refresher *r)
{
	r->key = secret_room(sizeof *r->key);
	enum reason reason = r->key == NULL ? REASON_MEMORY : audit_key_read(r->service.config->audit.key, r->key);

	if (reason != REASON_NONE)
		log_event("audit-key-refused", LOG_REASON(reason), LOG_TEXT("file", r->service.config->audit.key), LOG_END);
	return reason == REASON_NONE;
}

void refresher_audit_link(struct refresher *r)
{
	int64_t taken = LINK_MOST;

	for (int i = 0; i < LINK_PASSES && taken == LINK_MOST; i++) {
		struct store_rows *rows = NULL;
		taken = 0;
		if (STORE_RUN(r->store, &rows, "select relais.audit_link($1::integer, $2, $3)", P_INT(LINK_MOST), P_BYTES(audit_key_inner(r->key)),
			      P_BYTES(audit_key_outer(r->key))) == REASON_NONE)
			taken = store_int(rows, 0, 0);
		store_free(&rows);
	}
}

/* --- the copy outside ---------------------------------------------------------- */

static bool put_file(struct arena *arena, const char *folder, int64_t number, const char *ending, struct bytes content)
{
	const char *path = arena_printf(arena, "%s/%lld.%s", folder, (long long)number, ending), *aside = arena_printf(arena, "%s/.%lld.new", folder, (long long)number);

	if (access(path, F_OK) == 0)
		return true;
	int file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool whole = file >= 0 && write(file, content.at, content.len) == (ssize_t)content.len && fsync(file) == 0;
	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole && rename(aside, path) == 0;
}

static bool copy_one(struct arena *arena, const char *folder, const struct store_rows *rows, size_t i)
{
	int64_t number = store_int(rows, i, 0);

	return put_file(arena, folder, number, "json", store_bytes(rows, i, 1)) && put_file(arena, folder, number, "p7s", store_bytes(rows, i, 2)) &&
	       (store_is_null(rows, i, 3) || put_file(arena, folder, number, "tsr", store_bytes(rows, i, 3)));
}

static void copy_new(struct refresher *r)
{
	const char *folder = r->service.config->audit.folder;
	struct arena *arena = arena_create(COPY_MOST * 4096);
	struct store_rows *rows = NULL;
	size_t done = 0, n = 0;

	if (arena != NULL && STORE_RUN(r->store, &rows, "select checkpoint, statement, seal, stamp, changed_at from relais.checkpoint_since($1, $2::integer)",
				       P_INSTANT(r->copied), P_INT(COPY_MOST)) == REASON_NONE)
		n = store_count(rows);
	while (done < n && copy_one(arena, folder, rows, done))
		r->copied = store_instant(rows, done++, 4);
	if (done < n)
		log_event("checkpoint-not-written", LOG_TEXT("folder", folder), LOG_NUMBER("checkpoint", store_int(rows, done, 0)), LOG_END);
	store_free(&rows);
	arena_destroy(&arena);
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

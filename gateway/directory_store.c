/* gateway/directory_store.c - see directory_store.h.
 *
 * One transaction from the first batch to the last word: an extract that breaks off leaves nothing behind. */
#include "gateway/directory_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/json_view.h"
#include "policy/directory.h"

enum { FIELDS = 12, FOLDED_MAX = 400, PIECE = 64 * 1024, BATCH_MEMORY = 64 * 1024 * 1024, BATCH_TEXT = 4 * 1024 * 1024 };

struct batch {
	struct store *store;
	struct arena *arena;        /* of the lines in hand; made anew for each batch */
	struct bytes *field[FIELDS];
	size_t n;
	enum reason reason;
};

static void batch_begin(struct batch *b)
{
	b->arena = arena_create(BATCH_MEMORY);
	for (size_t i = 0; i < FIELDS; i++)
		b->field[i] = arena_alloc(b->arena, LIMIT_DIRECTORY_BATCH * sizeof *b->field[i]);
	b->n = 0;
}

static enum reason batch_send(struct batch *b)
{
	enum reason reason = REASON_NONE;
	struct bytes **f = b->field;

	if (b->n > 0)
		reason = STORE_RUN(b->store, NULL, "select relais.directory_stage($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", P_TEXTS(f[0], b->n),
				   P_TEXTS(f[1], b->n), P_TEXTS(f[2], b->n), P_TEXTS(f[3], b->n), P_TEXTS(f[4], b->n), P_TEXTS(f[5], b->n),
				   P_TEXTS(f[6], b->n), P_TEXTS(f[7], b->n), P_TEXTS(f[8], b->n), P_TEXTS(f[9], b->n), P_TEXTS(f[10], b->n), P_TEXTS(f[11], b->n));
	arena_destroy(&b->arena);
	batch_begin(b);
	return reason;
}

static bool take(void *context, const struct directory_line *line)
{
	struct batch *b = context;
	const struct bytes named[] = {line->family, line->given, line->place, line->service, line->postcode};
	unsigned char folded[FOLDED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof named / sizeof named[0] && n + 1 < FOLDED_MAX; i++) {
		if (n > 0)
			folded[n++] = ' ';
		n += directory_plain(named[i], folded + n, FOLDED_MAX - n);
	}
	const struct bytes fields[FIELDS] = {line->address, line->person, line->structure, line->kind, line->family, line->given, line->profession,
					     line->speciality, line->service, line->place, line->postcode, {folded, n}};

	for (size_t i = 0; i < FIELDS; i++)
		b->field[i][b->n] = arena_copy(b->arena, fields[i]);
	b->n++;
	if (b->n == LIMIT_DIRECTORY_BATCH || arena_used(b->arena) > BATCH_TEXT + FIELDS * LIMIT_DIRECTORY_BATCH * sizeof(struct bytes))
		b->reason = batch_send(b);
	return b->reason == REASON_NONE;
}

static enum reason read_file(const char *path, struct directory_extract *e)
{
	unsigned char piece[PIECE];
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	enum reason reason = file < 0 ? REASON_NOT_FOUND : fstat(file, &about) != 0 || !S_ISREG(about.st_mode) ? REASON_IO : REASON_NONE;

	for (ssize_t n = 1; reason == REASON_NONE && n > 0;) {
		n = read(file, piece, sizeof piece);
		reason = n < 0 ? REASON_IO : directory_extract_feed(e, (struct bytes){piece, (size_t)n});
	}
	if (file >= 0)
		close(file);
	return reason;
}

static struct bytes about(struct arena *arena, const struct directory_order *order, const struct directory_extract *e, const unsigned char *digest)
{
	char text[DIGEST_SHA256_TEXT], at[INSTANT_TEXT];

	digest_text(digest, text);
	instant_write(order->day, at);
	return json_write(arena, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "source", order->source, "actor", order->actor, "digest", text, "generated_at",
					   at, "lines", (json_int_t)(e->entries + e->bad), "unread", (json_int_t)e->bad));
}

/* The database's word on what was staged. */
static enum reason conclude(struct batch *b, const struct directory_order *order, const struct directory_extract *e, const unsigned char *digest,
			    json_t **answer)
{
	struct store_rows *rows = NULL;
	enum reason reason = order->compare ? STORE_RUN(b->store, &rows, "select relais.directory_compare() where $1", P_BOOL(true))
					    : STORE_RUN(b->store, &rows, "select relais.directory_replace($1, $2)",
							P_JSON(about(b->arena, order, e, digest)), P_BOOL(order->force));
	if (reason != REASON_NONE)
		return reason;
	*answer = store_count(rows) == 1 ? json_read(store_bytes(rows, 0, 0)) : NULL;
	store_free(&rows);
	if (*answer == NULL)
		return REASON_STORE_REFUSED;
	struct bytes refused = json_view(*answer, "refused");
	reason = refused.len > 0 ? reason_of_code(refused) : REASON_NONE;
	return reason == REASONS ? REASON_STORE_REFUSED : reason;
}

enum reason directory_import(struct store *store, const struct directory_order *order, struct directory_extract *told, json_t **answer)
{
	struct batch b = {.store = store};
	unsigned char digest[DIGEST_SHA256];

	*answer = NULL;
	batch_begin(&b);
	directory_extract_begin(told, take, &b);
	/* Half a million lines take longer than any other statement may. */
	const char *message = NULL;
	enum reason reason = store_script(store, b.arena, "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0", &message);
	if (reason == REASON_NONE)
		reason = store_begin(store);
	if (reason == REASON_NONE)
		reason = STORE_RUN(store, NULL, "select relais.directory_begin() where $1", P_BOOL(true));
	if (reason == REASON_NONE)
		reason = read_file(order->path, told);
	enum reason end = directory_extract_end(told, digest);
	if (reason == REASON_IO && b.reason != REASON_NONE)
		reason = b.reason;
	if (reason == REASON_NONE)
		reason = end != REASON_NONE ? end : batch_send(&b);
	if (reason == REASON_NONE)
		reason = conclude(&b, order, told, digest, answer);
	if (reason == REASON_NONE)
		reason = store_commit(store);
	else
		store_rollback(store);
	arena_destroy(&b.arena);
	return reason;
}

/* gateway/audit_verify_journals.c - see audit_verify.h: the journals outside the database against the trail's checkpoints and the outbox.
 *
 * The signer's journal is read once: its chain, what each checkpoint says of it, each seal and its outbox row, each row and its seal. */
#include "gateway/audit_verify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "gateway/journal_chain.h"
#include "gateway/json_view.h"

enum { BATCH = 1000, TEXT = DIGEST_SHA256_TEXT - 1 };
#define SEALS_MEMORY ((size_t)4 << 30)   /* of more than twenty million mails */

struct seal {
	int64_t outbox;
	uint64_t line, end;          /* its number; where it ends in the file */
	char entity[TEXT], sent[TEXT];
	bool met;                    /* its row was there */
};

/* Of a chained journal: what was read, and the first line that does not fit. */
struct reading {
	struct audit_verify *v;
	uint64_t lines, pieces, bad;
	const char *where;
};

struct signer_reading {
	struct audit_verify *v;
	struct reading read;
	struct buf seals;            /* struct seal, one behind the other */
	struct seal *list;           /* the same, once all are read */
	size_t n;
	uint64_t points, lost;
	size_t heads;                /* checkpoints whose word on this journal was met */
	int64_t unknown;             /* a checkpoint that the database did not know */
	enum { UNSEEN, WRONG, MET } *met;   /* of each checkpoint */
};

/* Of this node: a checkpoint speaks of the journals beside its signer. */
static bool is_here(const struct audit_verify *v, const struct audit_point *p)
{
	return bytes_equal_text(json_view(p->told, "node"), v->cli->config->hostname);
}

static void told_wrong(struct reading *r, const char *what, const struct journal_line *line)
{
	if (r->bad++ == 0)
		r->where = arena_printf(r->v->cli->arena, "%s: line %llu", what, (unsigned long long)line->number);
}

/* False: the piece of a line that a crash left. */
static bool take_line(struct reading *r, const struct journal_line *line)
{
	if (!journal_whole(line->text)) {
		r->pieces++;
		return false;
	}
	r->lines++;
	if (!journal_chained(line))
		told_wrong(r, "the line before it is missing or altered", line);
	return true;
}

/* --- the signer's own ------------------------------------------------------------- */

/* One that was sealed before a crash, and once more after it, has two lines: it is enough that one is the database's. */
static void point_line(struct signer_reading *r, const json_t *entry)
{
	int64_t number = json_integer_value(json_object_get(entry, "checkpoint"));
	char digest[DIGEST_SHA256_TEXT];

	r->points++;
	for (size_t k = 0; k < r->v->n; k++) {
		const struct audit_point *p = &r->v->points[k];
		if (p->number != number)
			continue;
		digest_sha256_text(p->statement, digest);
		bool same = bytes_equal_text(json_view(entry, "statement"), digest) && bytes_equal(json_view(entry, "fingerprint"), p->fingerprint);
		r->met[k] = same || r->met[k] == MET ? MET : WRONG;
		return;
	}
	if (audit_point_lost(r->v, number))
		r->lost++;
	else
		r->unknown = number;
}

static void seal_line(struct signer_reading *r, const json_t *entry, const struct journal_line *line)
{
	struct bytes entity = json_view(entry, "entity"), sent = json_view(entry, "sent");
	struct seal seal = {.outbox = json_integer_value(json_object_get(entry, "outbox")), .line = line->number, .end = line->end};

	if (seal.outbox <= 0 || entity.len != TEXT || sent.len != TEXT) {
		told_wrong(&r->read, "it cannot be read", line);
		return;
	}
	memcpy(seal.entity, entity.at, TEXT);
	memcpy(seal.sent, sent.at, TEXT);
	buf_add(&r->seals, (struct bytes){(const unsigned char *)&seal, sizeof seal});
}

/* What a checkpoint says of this journal: at that size that was its last line. A piece left by a crash has got its line end since. */
static void meet_heads(struct signer_reading *r, const struct journal_line *line)
{
	for (; r->heads < r->v->n; r->heads++) {
		const struct audit_point *p = &r->v->points[r->heads];
		const json_t *head = json_object_get(p->told, "signer");
		uint64_t size = (uint64_t)json_integer_value(json_object_get(head, "size"));
		if (is_here(r->v, p) && size > line->end)
			return;
		if (is_here(r->v, p) && size > 0 && ((size != line->end && size + 1 != line->end) || !bytes_equal_text(json_view(head, "last"), line->digest)))
			told_wrong(&r->read, arena_printf(r->v->cli->arena, "not as checkpoint %lld has it", (long long)p->number), line);
	}
}

static void signer_line(void *context, const struct journal_line *line)
{
	struct signer_reading *r = context;

	meet_heads(r, line);
	if (!take_line(&r->read, line))
		return;
	json_t *entry = json_read(line->text);
	if (entry == NULL)
		told_wrong(&r->read, "it cannot be read", line);
	else if (json_object_get(entry, "checkpoint") != NULL)
		point_line(r, entry);
	else
		seal_line(r, entry, line);
	json_decref(entry);
}

/* --- seals and rows, both ways ------------------------------------------------------ */

static int by_outbox(const void *a, const void *b)
{
	const struct seal *x = a, *y = b;
	return x->outbox != y->outbox ? (x->outbox > y->outbox) - (x->outbox < y->outbox) : (x->line > y->line) - (x->line < y->line);
}

struct both_ways {
	uint64_t rows, unsealed, unfinished, other, told;
	const char *unsealed_where, *other_where;
};

static size_t first_of(const struct signer_reading *r, int64_t outbox)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (r->list[middle].outbox < outbox)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A seal whose row is gone, or is another's: a restore may tell of it, and of no more than there were then. */
static void without_row(struct signer_reading *r, struct both_ways *w, const struct seal *s, const char *what)
{
	bool told = false;

	for (size_t k = 0; k < r->v->n_restores; k++) {
		struct audit_restore *one = &r->v->restores[k];
		if (!one->here || s->end <= one->from || s->end > one->to)
			continue;
		told = told || one->met < one->seals;
		one->met++;
	}
	w->told += told;
	if (!told && w->other++ == 0)
		w->other_where = what;
}

/* A crash between journal and database leaves a line whose seal nobody has; the row is then sealed once more, with a line of its own. */
static void look_at_row(struct signer_reading *r, struct both_ways *w, const struct store_rows *rows, size_t i)
{
	int64_t outbox = store_int(rows, i, 0);
	bool left = !store_is_null(rows, i, 2), found = false;

	for (size_t k = first_of(r, outbox); k < r->n && r->list[k].outbox == outbox; k++) {
		struct seal *s = &r->list[k];
		s->met = true;
		if (!bytes_equal(store_bytes(rows, i, 1), (struct bytes){(const unsigned char *)s->entity, TEXT}))
			without_row(r, w, s, arena_printf(r->v->cli->arena, "S%lld: line %llu sealed something else", (long long)outbox, (unsigned long long)s->line));
		found = found || (left && bytes_equal(store_bytes(rows, i, 2), (struct bytes){(const unsigned char *)s->sent, TEXT}));
		w->unfinished += !left;
	}
	w->rows += left;
	if (left && !found && w->unsealed++ == 0)
		w->unsealed_where = arena_printf(r->v->cli->arena, "S%lld", (long long)outbox);
}

static enum reason compare_rows(struct signer_reading *r, struct instant until, struct both_ways *w)
{
	int64_t after = 0;
	size_t n = BATCH;
	enum reason reason = REASON_NONE;

	if (r->n > 0)
		qsort(r->list, r->n, sizeof *r->list, by_outbox);
	while (reason == REASON_NONE && n == BATCH) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(r->v->cli->store, &rows, "select outbox, entity, sent from relais.audit_sealed($1, $2, $3)", P_INT(after), P_INT(BATCH),
				   P_INSTANT(until));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; i < n; i++)
			look_at_row(r, w, rows, i);
		after = n > 0 ? store_int(rows, n - 1, 0) : after;
		store_free(&rows);
	}
	for (size_t k = 0; k < r->n; k++)
		if (!r->list[k].met)
			without_row(r, w, &r->list[k], arena_printf(r->v->cli->arena, "line %llu: there is no S%lld", (unsigned long long)r->list[k].line, (long long)r->list[k].outbox));
	return reason;
}

static uint64_t missing_heads(const struct signer_reading *r, const char **where)
{
	uint64_t missing = 0;

	for (size_t k = r->heads; k < r->v->n; k++)
		if (is_here(r->v, &r->v->points[k]) && missing++ == 0)
			*where = arena_printf(r->v->cli->arena, "it is shorter than checkpoint %lld has it", (long long)r->v->points[k].number);
	return missing;
}

/* Each checkpoint of this node has its line, and each line its checkpoint: known is that of the unknown one, asked after the reading. */
static void told_points(const struct signer_reading *r, bool known)
{
	uint64_t bad = r->unknown != 0 && !known;
	const char *where = bad ? arena_printf(r->v->cli->arena, "the database has no checkpoint %lld", (long long)r->unknown) : NULL;

	for (size_t k = 0; k < r->v->n; k++)
		if ((r->met[k] == WRONG || (r->met[k] == UNSEEN && is_here(r->v, &r->v->points[k]))) && bad++ == 0)
			where = arena_printf(r->v->cli->arena, "the journal has no such checkpoint %lld", (long long)r->v->points[k].number);
	audit_check(r->v, "checkpoints in the signer's journal and in the database", r->points, bad, where);
	audit_check(r->v, "of them left behind by a restore (told, not counted as wrong)", r->lost, 0, NULL);
}

static void told_signer(const struct signer_reading *r, const struct both_ways *w, bool known)
{
	const char *short_where = NULL;
	uint64_t missing = missing_heads(r, &short_where);

	audit_check(r->v, "lines of the signer's journal in their chain", r->read.lines, r->read.bad + missing,
		    r->read.where != NULL ? r->read.where : short_where);
	audit_check(r->v, "pieces of lines that crashes left in it (told, not counted as wrong)", r->read.pieces, 0, NULL);
	audit_check(r->v, "seals without their outbox row", r->n, w->other, w->other_where);
	audit_check(r->v, "seals that a restore left without their row (told, not counted as wrong)", w->told, 0, NULL);
	audit_check(r->v, "seals that a crash made in vain (told, not counted as wrong)", w->unfinished, 0, NULL);
	audit_check(r->v, "outbox rows without their seal", w->rows, w->unsealed, w->unsealed_where);
	told_points(r, known);
}

/* What is sealed while this runs is in the journal first: rows count that were sealed before the journal was read. */
static enum reason verify_signer(struct audit_verify *v)
{
	struct signer_reading r = {.v = v, .read.v = v, .seals = buf_make(SEALS_MEMORY), .met = arena_alloc(v->cli->arena, (v->n + 1) * sizeof *r.met)};
	struct both_ways w = {0};
	struct store_rows *rows = NULL;
	bool known = false;
	enum reason reason = STORE_RUN(v->cli->store, &rows, "select clock_timestamp() where $1", P_BOOL(true));
	struct instant until = reason == REASON_NONE ? store_instant(rows, 0, 0) : (struct instant){0};

	store_free(&rows);
	memset(r.met, 0, (v->n + 1) * sizeof *r.met);
	if (reason == REASON_NONE)
		reason = journal_lines(v->cli->config->signer.journal, signer_line, &r);
	if (reason == REASON_NOT_FOUND)
		reason = REASON_NONE;
	if (reason == REASON_NONE && !buf_ok(&r.seals))
		reason = REASON_MEMORY;
	r.list = (struct seal *)(void *)r.seals.data;
	r.n = r.seals.len / sizeof *r.list;
	if (reason == REASON_NONE)
		reason = compare_rows(&r, until, &w);
	if (reason == REASON_NONE)
		reason = audit_point_known(v, r.unknown, &known);
	if (reason == REASON_NONE)
		told_signer(&r, &w, known);
	buf_free(&r.seals);
	return reason;
}

/* --- journals of the receivers, the collector, the keeper ------------------------------ */

struct prefix {
	struct audit_verify *v;
	const char *name;
	int file;
	uint64_t size, counted, bad;
	struct digest_run run;
	const char *where;
};

/* Up to that size; false: it is shorter. */
static bool read_to(struct prefix *p, uint64_t size)
{
	unsigned char piece[65536];

	while (p->file >= 0 && p->size < size) {
		uint64_t left = size - p->size;
		ssize_t n = read(p->file, piece, left < sizeof piece ? (size_t)left : sizeof piece);
		if (n <= 0)
			return false;
		digest_add(&p->run, (struct bytes){piece, (size_t)n});
		p->size += (uint64_t)n;
	}
	return p->size == size;
}

static void look_at_head(struct prefix *p, const json_t *head, int64_t checkpoint)
{
	uint64_t size = (uint64_t)json_integer_value(json_object_get(head, "size"));
	bool whole = size >= p->size && read_to(p, size);
	struct digest_run copy = p->run;
	unsigned char raw[DIGEST_SHA256];
	char digest[DIGEST_SHA256_TEXT];

	digest_end(&copy, raw);
	digest_text(raw, digest);
	p->counted++;
	if ((!whole || !bytes_equal_text(json_view(head, "digest"), digest)) && p->bad++ == 0)
		p->where = arena_printf(p->v->cli->arena, "%s.jsonl is not what it was at checkpoint %lld", p->name, (long long)checkpoint);
}

static void verify_prefix(struct audit_verify *v, const char *name, uint64_t *counted, uint64_t *bad, const char **where)
{
	const char *path = strcmp(name, "keeper") == 0 ? v->cli->config->keeper.journal : arena_printf(v->cli->arena, "%s/journal/%s.jsonl", v->cli->config->folder, name);
	struct prefix p = {.v = v, .name = name, .file = open(path, O_RDONLY | O_CLOEXEC), .run = digest_start()};

	for (size_t k = 0; k < v->n; k++) {
		const json_t *heads = json_object_get(v->points[k].told, "journals"), *head;
		size_t i;
		json_array_foreach(heads, i, head) {
			if (is_here(v, &v->points[k]) && bytes_equal_text(json_view(head, "name"), name))
				look_at_head(&p, head, v->points[k].number);
		}
	}
	if (p.file >= 0)
		close(p.file);
	*counted += p.counted;
	*bad += p.bad;
	*where = *where != NULL ? *where : p.where;
}

struct chain_reading {
	struct reading read;
	json_t *names;               /* of the keys that it has as destroyed: their numbers */
};

/* {"event": "destroyed", "key", "n"} in the keeper's journal, {"name", "n"} in a list: its other lines have no number. */
static void chain_line(void *context, const struct journal_line *line)
{
	struct chain_reading *r = context;

	if (!take_line(&r->read, line) || !bytes_contains(line->text, BYTES("\"n\":")))
		return;
	json_t *entry = json_read(line->text), *n = json_object_get(entry, "n");
	struct bytes key = json_view(entry, "key"), name = key.len > 0 ? key : json_view(entry, "name");
	if (n != NULL && name.len > 0)
		json_object_setn(r->names, (const char *)name.at, name.len, n);
	json_decref(entry);
}

/* A chain like the signer's. destroyed: what those before it have, by name, and it must have as well; what it has more is added. */
static enum reason verify_chain(struct audit_verify *v, const char *path, const char *name, json_t *destroyed)
{
	struct chain_reading r = {.read.v = v, .names = json_object()};
	enum reason reason = journal_lines(path, chain_line, &r);
	const char *key;
	json_t *n;

	if (reason == REASON_NONE || reason == REASON_NOT_FOUND)
		json_object_foreach(destroyed, key, n) {
			if (json_object_get(r.names, key) == NULL && r.read.bad++ == 0)
				r.read.where = arena_printf(v->cli->arena, "it does not tell of record no. %lld, which another has", (long long)json_integer_value(n));
		}
	if (reason == REASON_NONE || (reason == REASON_NOT_FOUND && r.read.bad > 0))
		audit_check(v, name, r.read.lines, r.read.bad, r.read.where);
	json_object_update(destroyed, r.names);
	json_decref(r.names);
	return reason == REASON_NOT_FOUND ? REASON_NONE : reason;
}

/* The keeper's journal, which the checkpoints hold, and the lists of the keys that it destroyed. */
static enum reason verify_keeper(struct audit_verify *v)
{
	const struct config *c = v->cli->config;
	const char *const folders[] = {c->keeper.folder, c->keeper.copy};
	json_t *destroyed = json_object();
	enum reason reason = verify_chain(v, c->keeper.journal, "lines of the keeper's journal in their chain", destroyed);

	for (size_t i = 0; reason == REASON_NONE && i < sizeof folders / sizeof folders[0]; i++)
		if (folders[i][0] != '\0')
			reason = verify_chain(v, arena_printf(v->cli->arena, "%s/destroyed.jsonl", folders[i]), i == 0 ? "keys that the keeper destroyed, in their chain"
													   : "keys that the keeper destroyed, in the chain of their copy", destroyed);
	json_decref(destroyed);
	return reason;
}

enum reason audit_verify_journals(struct audit_verify *v)
{
	static const char *const names[] = {"receiver", "collector", "keeper", "deliverer", "opener"};
	uint64_t counted = 0, bad = 0;
	const char *where = NULL;
	enum reason reason = verify_signer(v);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		verify_prefix(v, names[i], &counted, &bad, &where);
	audit_check(v, "journals of others against the checkpoints", counted, bad, where);
	return reason == REASON_NONE ? verify_keeper(v) : reason;
}

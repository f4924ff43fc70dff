/* gateway/audit_verify.c - see audit_verify.h: the trail itself, and its checkpoints. */
#include "gateway/audit_verify.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/secret.h"
#include "certs/stamp.h"
#include "gateway/json_view.h"

enum { BATCH = 1000 };

void audit_check(struct audit_verify *v, const char *name, uint64_t counted, uint64_t bad, const char *where)
{
	json_array_append_new(v->checks, json_pack("{s:s, s:I, s:I, s:s?}", "name", name, "counted", (json_int_t)counted, "bad", (json_int_t)bad, "where",
						   bad > 0 ? where : NULL));
}

/* --- one count of what was looked at, with the first place that is wrong --------- */

struct count {
	uint64_t counted, bad;
	const char *where;
};

static void wrong(struct audit_verify *v, struct count *c, const char *what, int64_t place)
{
	if (c->bad++ == 0)
		c->where = arena_printf(v->cli->arena, "%s %lld", what, (long long)place);
}

/* --- the trail ------------------------------------------------------------------- */

struct trail {
	struct audit_key key;
	bool keyed, strange;         /* the key is there; it is not the trail's */
	int64_t position;
	char link[DIGEST_SHA256_TEXT];
	struct count chain, stands, points;
	uint64_t erased;
	size_t point;                /* the next checkpoint */
	struct arena *arena;
};

static void next_link(const char *before, struct bytes line, char out[DIGEST_SHA256_TEXT])
{
	char text[2 * DIGEST_SHA256_TEXT];

	memcpy(text, before, DIGEST_SHA256_TEXT - 1);
	text[DIGEST_SHA256_TEXT - 1] = ' ';
	digest_sha256_text(line, text + DIGEST_SHA256_TEXT);
	digest_sha256_text((struct bytes){(const unsigned char *)text, sizeof text - 1}, out);
}

enum reason audit_key_fits(struct cli *cli, const struct audit_key *key)
{
	struct store_rows *rows = NULL;
	char name[DIGEST_SHA256_TEXT];

	audit_key_name(key, name);
	enum reason reason = STORE_RUN(cli->store, &rows, "select relais.audit_key_name() <> $1", P_TEXT(name));
	if (reason == REASON_NONE && store_int(rows, 0, 0) != 0)
		reason = REASON_AUDIT_KEY;
	store_free(&rows);
	return reason;
}

bool audit_erased(struct cli *cli, int64_t position)
{
	struct store_rows *rows = NULL;
	bool erased = STORE_RUN(cli->store, &rows, "select relais.audit_erased($1)", P_INT(position)) == REASON_NONE && store_int(rows, 0, 0) != 0;

	store_free(&rows);
	return erased;
}

/* The row's digest and what it stands for: neither is without the other. */
static void look_at_proof(struct audit_verify *v, struct trail *t, const struct store_rows *rows, size_t i)
{
	int64_t position = store_int(rows, i, 0);
	struct bytes proof = store_bytes(rows, i, 4), evidence = store_bytes(rows, i, 5);
	bool bound = !store_is_null(rows, i, 4), gone = store_is_null(rows, i, 5);
	char computed[DIGEST_SHA256_TEXT];

	if (!bound && gone)
		return;
	t->stands.counted++;
	if (t->keyed)
		audit_row_proof(&t->key, store_int(rows, i, 3), evidence, computed);
	bool altered = t->keyed && bound && !gone && !bytes_equal_text(proof, computed);
	if ((gone || altered) && audit_erased(v->cli, position))
		t->erased++;
	else if (gone || altered || !bound)
		wrong(v, &t->stands, !bound ? "it is bound to nothing: position" : gone ? "what it stands for is gone: position" : "what it stands for was altered: position", position);
}

static void look_at_row(struct audit_verify *v, struct trail *t, const struct store_rows *rows, size_t i)
{
	int64_t position = store_int(rows, i, 0);
	struct bytes line = store_bytes(rows, i, 1), link = store_bytes(rows, i, 2);
	const char *begin = arena_printf(t->arena, "{\"position\":%lld,", (long long)position);
	char computed[DIGEST_SHA256_TEXT];

	t->chain.counted++;
	next_link(t->link, line, computed);
	if (position != t->position + 1)
		wrong(v, &t->chain, "rows are missing before position", position);
	else if (!bytes_equal_text(link, computed) || !bytes_starts(line, bytes_of_text(begin)))
		wrong(v, &t->chain, "altered, put in or out of its order: position", position);
	look_at_proof(v, t, rows, i);
	/* In the order of their numbers they go forward, or somebody altered one: then it is not met. */
	for (; t->point < v->n && v->points[t->point].position <= position; t->point++) {
		struct audit_point *p = &v->points[t->point];
		p->met = p->position == position;
		if (p->met && !bytes_equal(p->link, link))
			wrong(v, &t->points, "the trail is not the one that was sealed: checkpoint", p->number);
	}
	t->position = position;
	/* From here on what is stored: one altered row is told once. */
	memcpy(t->link, link.at, link.len < sizeof t->link ? link.len : sizeof t->link - 1);
}

static enum reason read_batch(struct audit_verify *v, struct trail *t, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(v->cli->store, &rows, "select position, line, link, id, proof, evidence from relais.audit_read($1, $2)", P_INT(t->position),
				       P_INT(BATCH));

	*n = reason == REASON_NONE ? store_count(rows) : 0;
	t->arena = arena_create(1 << 20);
	for (size_t i = 0; i < *n; i++)
		look_at_row(v, t, rows, i);
	arena_destroy(&t->arena);
	store_free(&rows);
	return reason;
}

enum reason audit_verify_trail(struct audit_verify *v)
{
	struct trail t = {.position = 0};
	size_t n = BATCH;
	enum reason reason = REASON_NONE;

	t.keyed = audit_key_read(v->cli->config->audit.key, &t.key) == REASON_NONE;
	t.strange = t.keyed && audit_key_fits(v->cli, &t.key) == REASON_AUDIT_KEY;
	t.keyed = t.keyed && !t.strange;
	memset(t.link, '0', sizeof t.link - 1);
	while (reason == REASON_NONE && n == BATCH)
		reason = read_batch(v, &t, &n);
	for (size_t k = 0; reason == REASON_NONE && k < v->n; k++) {
		t.points.counted++;
		if (!v->points[k].met && v->points[k].position > 0)
			wrong(v, &t.points, "the trail does not reach where it was sealed: checkpoint", v->points[k].number);
	}
	secret_wipe(&t.key, sizeof t.key);
	if (reason != REASON_NONE)
		return reason;
	audit_check(v, "rows of the trail in their chain", t.chain.counted, t.chain.bad, t.chain.where);
	audit_check(v, t.keyed ? "rows against what they stand for" : "rows whose evidence is there (it was not compared)", t.stands.counted, t.stands.bad,
		    t.stands.where);
	if (!t.keyed)
		audit_check(v, "the key of the trail", 1, 1, t.strange ? "audit.key is not the one that its rows were bound with: nothing was compared with it"
								       : "audit.key cannot be read: nothing was compared with it");
	audit_check(v, "rows whose evidence was erased (told, not counted as wrong)", t.erased, 0, NULL);
	audit_check(v, "checkpoints against the trail", t.points.counted, t.points.bad, t.points.where);
	return REASON_NONE;
}

enum reason audit_point_known(struct audit_verify *v, int64_t number, bool *known)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(v->cli->store, &rows, "select count(*) from relais.checkpoint_list() where checkpoint = $1", P_INT(number));

	*known = reason == REASON_NONE && store_int(rows, 0, 0) != 0;
	store_free(&rows);
	return reason;
}

bool audit_point_lost(const struct audit_verify *v, int64_t number)
{
	bool lost = false;

	for (size_t k = 0; k < v->n_restores; k++)
		lost = lost || (number >= v->restores[k].first && number <= v->restores[k].last);
	return lost;
}

/* --- checkpoints ------------------------------------------------------------------ */

/* A file of the folder outside; empty when it is not there. */
static struct bytes outside(struct arena *arena, const char *folder, int64_t number, const char *ending)
{
	const char *path = arena_printf(arena, "%s/%lld.%s", folder, (long long)number, ending);
	unsigned char *text = arena_alloc(arena, LIMIT_CMS);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = file < 0 ? 0 : read(file, text, LIMIT_CMS);

	if (file >= 0)
		close(file);
	return (struct bytes){text, n > 0 ? (size_t)n : 0};
}

static bool is_copied(const struct audit_point *p, struct bytes content, struct bytes copy)
{
	return bytes_equal(copy, content) || (p->fresh && copy.len == 0);
}

static void look_outside(struct audit_verify *v, const struct audit_point *p, struct count *c)
{
	struct arena *arena = arena_create(4 * LIMIT_CMS);
	const char *folder = v->cli->config->audit.folder;

	c->counted++;
	if (!is_copied(p, p->statement, outside(arena, folder, p->number, "json")) || !is_copied(p, p->seal, outside(arena, folder, p->number, "p7s")) ||
	    (p->stamp.len > 0 && !is_copied(p, p->stamp, outside(arena, folder, p->number, "tsr"))))
		wrong(v, c, "not there or not the same in audit.folder: checkpoint", p->number);
	arena_destroy(&arena);
}

/* What the folder has and the database does not: a database that was set back, or checkpoints that somebody took out. */
static void look_for_more(struct audit_verify *v, struct count *c, struct count *lost)
{
	DIR *entries = opendir(v->cli->config->audit.folder);

	for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;) {
		struct bytes name = bytes_of_text(e->d_name);
		uint64_t number;
		bool known = false;
		if (!bytes_ends(name, BYTES(".json")) || !bytes_number(bytes_slice(name, 0, name.len - 5), INT64_MAX, &number))
			continue;
		for (size_t k = 0; k < v->n; k++)
			known = known || v->points[k].number == (int64_t)number;
		if (!known && audit_point_lost(v, (int64_t)number))
			lost->counted++;
		else if (!known && (audit_point_known(v, (int64_t)number, &known) != REASON_NONE || !known))
			wrong(v, c, "in audit.folder and not in the database: checkpoint", (int64_t)number);
	}
	if (entries != NULL)
		closedir(entries);
}

/* Its seal, its place behind the one before it, and whose time-stamp it has. */
static void look_at_point(struct audit_verify *v, const struct audit_point *p, const struct audit_point *before, struct count *seals, struct count *stamps)
{
	char fingerprint[STAMP_FINGERPRINT] = "", digest[DIGEST_SHA256_TEXT];
	const char *anchors = v->cli->config->audit.tsa_anchors;

	memset(digest, '0', sizeof digest - 1);
	digest[sizeof digest - 1] = '\0';
	if (before != NULL)
		digest_sha256_text(before->statement, digest);
	seals->counted++;
	if (seal_check(p->statement, p->seal, fingerprint) != REASON_NONE || !bytes_equal_text(p->fingerprint, fingerprint))
		wrong(v, seals, "the seal is not of this statement: checkpoint", p->number);
	else if (json_integer_value(json_object_get(p->told, "checkpoint")) != p->number)
		wrong(v, seals, "the statement is another's: checkpoint", p->number);
	else if (!bytes_equal_text(json_view(p->told, "before"), digest))
		wrong(v, seals, "the one before it is missing or altered: checkpoint", p->number);
	if (p->stamp.len == 0 || anchors[0] == '\0')
		return;
	stamps->counted++;
	if (stamp_check(anchors, p->seal, p->stamp, NULL) != REASON_NONE)
		wrong(v, stamps, "the time-stamp does not hold: checkpoint", p->number);
}

enum reason audit_verify_points(struct audit_verify *v)
{
	struct count seals = {0}, stamps = {0}, copies = {0}, lost = {0};

	for (size_t k = 0; k < v->n; k++) {
		look_at_point(v, &v->points[k], k > 0 ? &v->points[k - 1] : NULL, &seals, &stamps);
		look_outside(v, &v->points[k], &copies);
	}
	look_for_more(v, &copies, &lost);
	audit_check(v, "checkpoints: seal, and the one before", seals.counted, seals.bad, seals.where);
	audit_check(v, "time-stamps of checkpoints", stamps.counted, stamps.bad, stamps.where);
	audit_check(v, "checkpoints outside the database", copies.counted, copies.bad, copies.where);
	audit_check(v, "of them left behind by a restore (told, not counted as wrong)", lost.counted, 0, NULL);
	return REASON_NONE;
}

/* --- the whole --------------------------------------------------------------------- */

static enum reason open_points(struct audit_verify *v)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(v->cli->store, &rows, "select checkpoint, statement, seal, fingerprint, stamp, changed_at > now() - interval '1 minute' "
								  "from relais.checkpoint_list() where $1", P_BOOL(true));

	v->n = reason == REASON_NONE ? store_count(rows) : 0;
	v->points = arena_alloc(v->cli->arena, (v->n + 1) * sizeof *v->points);
	for (size_t i = 0; i < v->n; i++) {
		struct audit_point *p = &v->points[i];
		*p = (struct audit_point){.number = store_int(rows, i, 0), .statement = arena_copy(v->cli->arena, store_bytes(rows, i, 1)),
					  .seal = arena_copy(v->cli->arena, store_bytes(rows, i, 2)), .fingerprint = arena_copy(v->cli->arena, store_bytes(rows, i, 3)),
					  .stamp = arena_copy(v->cli->arena, store_bytes(rows, i, 4))};
		p->fresh = store_int(rows, i, 5) != 0;
		p->told = json_read(p->statement);
		p->position = json_integer_value(json_object_get(json_object_get(p->told, "trail"), "position"));
		p->link = json_view(json_object_get(p->told, "trail"), "link");
	}
	store_free(&rows);
	return reason;
}

static enum reason open_restores(struct audit_verify *v)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(v->cli->store, &rows, "select first, last, node = $1, from_size, to_size, seals, fenced, concat('a restore: position ', position, ', ', "
							     "to_char(at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ', ', actor, ': ', greatest(last - first + 1, 0), ' checkpoints and ', "
							     "seals, ' seals left behind') from relais.audit_restores()", P_TEXT(v->cli->config->hostname));

	v->n_restores = reason == REASON_NONE ? store_count(rows) : 0;
	v->restores = arena_alloc(v->cli->arena, (v->n_restores + 1) * sizeof *v->restores);
	for (size_t i = 0; i < v->n_restores; i++) {
		struct audit_restore *one = &v->restores[i];
		*one = (struct audit_restore){.first = store_int(rows, i, 0), .last = store_int(rows, i, 1), .here = store_int(rows, i, 2) != 0, .from = (uint64_t)store_int(rows, i, 3),
					      .to = (uint64_t)store_int(rows, i, 4), .seals = (uint64_t)store_int(rows, i, 5), .fenced = store_int(rows, i, 6) != 0,
					      .told = arena_printf(v->cli->arena, "%s", store_text(rows, i, 7))};
	}
	store_free(&rows);
	return reason;
}

/* Each by name: what it says was lost is believed, if a fence stood around it. */
static void told_restores(struct audit_verify *v)
{
	for (size_t k = 0; k < v->n_restores; k++)
		audit_check(v, v->restores[k].told, 1, !v->restores[k].fenced, "no fence was closed before it and lifted after it");
}

enum reason audit_verify(struct cli *cli, json_t *checks)
{
	struct audit_verify v = {.cli = cli, .checks = checks};
	enum reason reason = open_points(&v);

	if (reason == REASON_NONE)
		reason = open_restores(&v);
	if (reason == REASON_NONE)
		reason = audit_verify_trail(&v);
	if (reason == REASON_NONE)
		reason = audit_verify_points(&v);
	if (reason == REASON_NONE)
		reason = audit_verify_journals(&v);
	if (reason == REASON_NONE)
		told_restores(&v);
	for (size_t k = 0; k < v.n; k++)
		json_decref(v.points[k].told);
	return reason;
}

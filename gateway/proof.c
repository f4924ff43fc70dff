/* gateway/proof.c - see proof.h: what it is about, and the rows of the trail with the links to their checkpoints. */
#include "gateway/proof.h"

#include <signal.h>
#include <string.h>

#include "base/secret.h"
#include "gateway/audit_export.h"
#include "gateway/audit_verify.h"
#include "gateway/cli_audit.h"
#include "gateway/json_view.h"

#define TRAIL_MAX ((size_t)256 << 20)   /* three million rows between a row and its checkpoint */

static const char readme[] =
	"PROOF of a dossier, or of one delivery, by a Relais gateway. MEDICAL DATA AND IDENTITIES: whoever holds this folder answers for it.\n"
	"\n"
	"sheet.pdf            one page that says what is proved\n"
	"received/  sent/     messages as they came and mails as they left, byte for byte; beside each what is known of its way\n"
	"trust/               certificates and revocation lists that each verdict rested on, as they were then\n"
	"evidence/            what each row of the audit trail stands for: events with their rule and its version, messages, mails, attempts, acts of persons\n"
	"trail/               those rows, and the links that join each of them to the next checkpoint\n"
	"checkpoints/         what the gateway sealed: statement, seal, time-stamp of an authority where there is one\n"
	"manifest.json        every file and its SHA-256;  SHA256SUMS the same for sha256sum\n"
	"seal/                which proof was made: a row of the trail with the digest of SHA256SUMS, and a checkpoint over it\n"
	"\n"
	"How to check it with sha256sum, openssl and python3, without the gateway: docs/proof.md.\n";
static const char lisezmoi[] =
	"PREUVE d'un dossier, ou d'une remise, par une passerelle Relais. DONNÉES DE SANTÉ ET IDENTITÉS : qui détient ce dossier en répond.\n"
	"\n"
	"sheet.pdf            une page qui dit ce qui est prouvé\n"
	"received/  sent/     les messages tels qu'ils sont venus et tels qu'ils sont partis, octet pour octet ; à côté de chacun, ce que l'on sait de son chemin\n"
	"trust/               les certificats et listes de révocation sur lesquels chaque verdict reposait, tels qu'ils étaient alors\n"
	"evidence/            ce que désigne chaque ligne de la piste d'audit : événements avec leur règle et sa version, messages, tentatives, actes de personnes\n"
	"trail/               ces lignes, et les maillons qui relient chacune au point de contrôle suivant\n"
	"checkpoints/         ce que la passerelle a scellé : énoncé, sceau, jeton d'une autorité d'horodatage s'il y en a une\n"
	"manifest.json        chaque fichier et son SHA-256 ;  SHA256SUMS les mêmes pour sha256sum\n"
	"seal/                quelle preuve a été faite : une ligne de la piste avec l'empreinte de SHA256SUMS, et un point de contrôle dessus\n"
	"\n"
	"Pour le vérifier avec sha256sum, openssl et python3, sans la passerelle : docs/preuve.md.\n";

static bool is_stopped(void)
{
	sigset_t waiting;
	return sigpending(&waiting) == 0 && (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM) || sigismember(&waiting, SIGHUP));
}

enum reason proof_put(struct proof *p, const char *name, const char *what, struct bytes content)
{
	char digest[DIGEST_SHA256_TEXT];
	enum reason reason = is_stopped() ? REASON_IO : export_out_add(p->out, name, content, digest);

	if (reason == REASON_NONE)
		json_array_append_new(p->files, json_pack("{s:s, s:s, s:I, s:s}", "name", name, "what", what, "size", (json_int_t)content.len, "sha256", digest));
	return reason;
}

/* --- what it is about ---------------------------------------------------------------- */

enum reason proof_open(struct proof *p)
{
	struct store_rows *rows = NULL;
	enum reason reason = audit_key_read(p->cli->config->audit.key, &p->key);

	p->files = json_array();
	p->received = json_array();
	p->sent = json_array();
	p->events = json_array();
	p->checkpoints = json_array();
	p->there = json_object();
	p->left_out = json_array();
	if (reason == REASON_NONE)
		reason = audit_key_fits(p->cli, &p->key);
	if (reason == REASON_NONE)
		reason = STORE_RUN(p->cli->store, &rows, "select ref, inboxes::text[], outboxes::text[] from relais.proof_of($1)", P_TEXT(p->wanted));
	if (reason == REASON_NONE && store_count(rows) != 1)
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE) {
		p->ref = store_is_null(rows, 0, 0) ? BYTES_NONE : arena_copy(p->arena, store_bytes(rows, 0, 0));
		p->n_inboxes = store_texts(rows, p->arena, 0, 1, &p->inboxes);
		p->n_outboxes = store_texts(rows, p->arena, 0, 2, &p->outboxes);
	}
	store_free(&rows);
	return reason;
}

void proof_close(struct proof *p)
{
	secret_wipe(&p->key, sizeof p->key);
	json_decref(p->files);
	json_decref(p->received);
	json_decref(p->sent);
	json_decref(p->events);
	json_decref(p->checkpoints);
	json_decref(p->there);
	json_decref(p->left_out);
}

/* --- rows ------------------------------------------------------------------------------ */

/* A message or a mail that the row vouches for, byte for byte, and that is not here. */
static void note_left_out(struct proof *p, const json_t *line)
{
	struct bytes what = json_view(line, "what");
	bool message = bytes_starts(what, BYTES("message."));
	const char *id = arena_printf(p->arena, "%c%lld", message ? 'R' : 'S', (long long)json_integer_value(json_object_get(line, message ? "inbox" : "outbox")));

	if ((message || bytes_equal_text(what, "mail.sealed")) && json_object_get(p->there, id) == NULL) {
		json_object_set_new(p->there, id, json_false());
		json_array_append_new(p->left_out, json_string(id));
	}
}

/* Does the evidence fit its row? What was erased by order is shown no more, and told. */
static bool stands(struct proof *p, const struct store_rows *rows, size_t i, const json_t *line)
{
	char proof[DIGEST_SHA256_TEXT] = "";

	if (json_view(line, "proof").len == 0)
		return false;
	if (!store_is_null(rows, i, 3))
		audit_row_proof(&p->key, store_int(rows, i, 1), store_bytes(rows, i, 3), proof);
	if (bytes_equal_text(json_view(line, "proof"), proof))
		return true;
	bool erased = audit_erased(p->cli, store_int(rows, i, 0));
	p->erased += erased;
	p->altered += !erased;
	return !erased && !store_is_null(rows, i, 3);
}

/* The line is kept as a text within JSON: its digest is over exactly these bytes. */
static enum reason put_row(struct proof *p, struct buf *lines, const struct store_rows *rows, size_t i)
{
	int64_t position = store_int(rows, i, 0);
	unsigned char raw[DIGEST_SHA256];
	char key[DIGEST_SHA256_TEXT];
	struct arena *arena = arena_create(1 << 20);
	json_t *line = json_read(store_bytes(rows, i, 2));
	enum reason reason = arena == NULL || line == NULL ? REASON_MEMORY : REASON_NONE;
	bool shown = reason == REASON_NONE && stands(p, rows, i, line);

	audit_row_key(&p->key, store_int(rows, i, 1), raw);
	digest_text(raw, key);
	secret_wipe(raw, sizeof raw);
	if (reason == REASON_NONE) {
		buf_add(lines, json_write(arena, json_pack("{s:I, s:o, s:s?}", "position", (json_int_t)position, "line", json_of(store_bytes(rows, i, 2)), "key",
							   shown ? key : NULL)));
		buf_text(lines, "\n");
		note_left_out(p, line);
	}
	if (shown)
		reason = proof_put(p, arena_printf(p->arena, "evidence/%lld.json", (long long)position), "what a row of the trail stands for", store_bytes(rows, i, 3));
	if (reason == REASON_NONE && p->rows++ == 0)
		p->first = position;
	p->last = position;
	json_decref(line);
	arena_destroy(&arena);
	return reason;
}

/* --- links ------------------------------------------------------------------------------- */

struct point {
	int64_t number, position;
	struct instant sealed;
	bool stamped, used;
};

static enum reason read_points(struct proof *p, struct point **out, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select checkpoint, (statement::jsonb->'trail'->>'position')::bigint, sealed_at, stamp is not null "
							     "from relais.checkpoint_list() where $1 order by 2, 1", P_BOOL(true));

	*n = reason == REASON_NONE ? store_count(rows) : 0;
	struct point *list = arena_alloc(p->arena, (*n + 1) * sizeof *list);
	for (size_t i = 0; i < *n; i++)
		list[i] = (struct point){store_int(rows, i, 0), store_int(rows, i, 1), store_instant(rows, i, 2), store_int(rows, i, 3) != 0, false};
	*out = list;
	store_free(&rows);
	return reason;
}

/* From the row before the first one, whose link the first one is built upon. */
enum reason proof_span(struct proof *p, struct buf *links, int64_t from, int64_t to)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select position, digest, link from relais.proof_links($1, $2)", P_INT(from - 1), P_INT(to));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		buf_printf(links, "%lld %s %s\n", (long long)store_int(rows, i, 0), store_text(rows, i, 1), store_text(rows, i, 2));
	store_free(&rows);
	return reason;
}

/* Each row up to the next checkpoint; spans that touch are one. */
static enum reason put_links(struct proof *p, const int64_t *positions, size_t n, struct point *points, size_t n_points, struct buf *links)
{
	enum reason reason = REASON_NONE;
	int64_t from = 0, to = 0;
	size_t k = 0;

	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		while (k < n_points && points[k].position < positions[i])
			k++;
		if (k == n_points) {
			p->uncovered++;
			continue;
		}
		points[k].used = true;
		if (positions[i] > to + 1 || to == 0) {
			if (to > 0)
				reason = proof_span(p, links, from, to);
			from = positions[i];
		}
		to = points[k].position;
	}
	return reason == REASON_NONE && to > 0 ? proof_span(p, links, from, to) : reason;
}

static enum reason put_points(struct proof *p, const struct point *points, size_t n)
{
	struct store_rows *rows = NULL;
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		if (!points[i].used)
			continue;
		const char *name = arena_printf(p->arena, "checkpoints/%lld", (long long)points[i].number);
		reason = STORE_RUN(p->cli->store, &rows, "select statement, seal, stamp from relais.checkpoint_list() where checkpoint = $1", P_INT(points[i].number));
		if (reason == REASON_NONE)
			reason = proof_put(p, arena_printf(p->arena, "%s.json", name), "statement of a checkpoint", store_bytes(rows, 0, 0));
		if (reason == REASON_NONE)
			reason = proof_put(p, arena_printf(p->arena, "%s.p7s", name), "its seal", store_bytes(rows, 0, 1));
		if (reason == REASON_NONE && !store_is_null(rows, 0, 2))
			reason = proof_put(p, arena_printf(p->arena, "%s.tsr", name), "the time-stamp on its seal", store_bytes(rows, 0, 2));
		store_free(&rows);
		json_array_append_new(p->checkpoints, json_pack("{s:I, s:I, s:o, s:b}", "checkpoint", (json_int_t)points[i].number, "position", (json_int_t)points[i].position,
								"sealed_at", json_of_instant(points[i].sealed), "stamped", points[i].stamped));
	}
	return reason;
}

enum reason proof_put_trail(struct proof *p)
{
	struct store_rows *rows = NULL;
	struct buf lines = buf_make(TRAIL_MAX), links = buf_make(TRAIL_MAX);
	struct point *points;
	size_t n_points, n;
	enum reason reason = STORE_RUN(p->cli->store, &rows, "select position, id, line, evidence from relais.proof_rows($1, $2::text[]::bigint[], $3::text[]::bigint[])",
				       P_TEXT_OR_NULL(p->ref), P_TEXTS(p->inboxes, p->n_inboxes), P_TEXTS(p->outboxes, p->n_outboxes));

	n = reason == REASON_NONE ? store_count(rows) : 0;
	int64_t *positions = arena_alloc(p->arena, (n + 1) * sizeof *positions);
	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		positions[i] = store_int(rows, i, 0);
		reason = put_row(p, &lines, rows, i);
	}
	store_free(&rows);
	if (reason == REASON_NONE)
		reason = read_points(p, &points, &n_points);
	if (reason == REASON_NONE)
		reason = put_links(p, positions, n, points, n_points, &links);
	if (reason == REASON_NONE)
		reason = !buf_ok(&lines) || !buf_ok(&links) ? REASON_ARCHIVE_LIMIT : proof_put(p, "trail/rows.jsonl", "rows of the trail", buf_bytes(&lines));
	if (reason == REASON_NONE)
		reason = proof_put(p, "trail/links.txt", "links to the checkpoints", buf_bytes(&links));
	if (reason == REASON_NONE)
		reason = put_points(p, points, n_points);
	buf_free(&lines);
	buf_free(&links);
	return reason;
}

enum reason proof_put_all(struct proof *p)
{
	enum reason reason = proof_put(p, "README.txt", "what is what", BYTES(readme));

	if (reason == REASON_NONE)
		reason = proof_put(p, "LISEZMOI.txt", "what is what", BYTES(lisezmoi));
	if (reason == REASON_NONE)
		reason = proof_put_received(p);
	if (reason == REASON_NONE)
		reason = proof_put_sent(p);
	if (reason == REASON_NONE)
		reason = proof_put_trail(p);
	return reason == REASON_NONE ? audit_put_anchors(p->cli, p->out) : reason;
}

/* gateway/audit_export.c - see audit_export.h. */
#include "gateway/audit_export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/json_view.h"

/* ROWS: of one file of the trail. A journal is read whole: a gigabyte is more than four million lines. */
enum { ROWS = 20000, BATCH = 1000 };
#define FILE_MAX ((size_t)1 << 30)
#define EXPORT_MEMORY ((size_t)256 << 20)

static const char readme[] =
	"The audit trail of a Relais gateway, without content: no name, number or address of a patient, no subject, no text.\n"
	"\n"
	"trail/N.jsonl       the rows from position N on, a line each\n"
	"links/N.txt         their links: link = SHA-256(link before, a space, SHA-256 of the line), in hexadecimal; before the first 64 zeros\n"
	"checkpoints/        N.json what the signer sealed, N.p7s its seal (CMS, detached), N.tsr the time-stamp on the seal (RFC 3161)\n"
	"signer.jsonl        the signer's journal: each line names the SHA-256 of the line before it\n"
	"sealed.jsonl        every mail of the outbox: what was composed, what left\n"
	"journals/           what the receivers and the keeper wrote outside the database\n"
	"anchors.pem tsa.pem the authorities that this gateway believes; take your own from theirs\n"
	"SHA256SUMS          of all these files\n"
	"\n"
	"How to check all of it with sha256sum, openssl and python3: docs/proof.md, section \"An export of the trail\".\n";
static const char lisezmoi[] =
	"La piste d'audit d'une passerelle Relais, sans contenu : ni nom, ni numéro, ni adresse d'un patient, ni objet, ni texte.\n"
	"\n"
	"trail/N.jsonl       les lignes à partir de la position N\n"
	"links/N.txt         leurs maillons : maillon = SHA-256(maillon d'avant, une espace, SHA-256 de la ligne), en hexadécimal ; avant le premier, 64 zéros\n"
	"checkpoints/        N.json ce que le signataire a scellé, N.p7s son sceau (CMS, détaché), N.tsr le jeton d'horodatage du sceau (RFC 3161)\n"
	"signer.jsonl        le journal du signataire : chaque ligne nomme le SHA-256 de celle d'avant\n"
	"sealed.jsonl        chaque message de la file d'envoi : ce qui a été composé, ce qui est parti\n"
	"journals/           ce que les récepteurs et le gardien ont écrit hors de la base\n"
	"anchors.pem tsa.pem les autorités que cette passerelle reconnaît ; prenez les vôtres chez elles\n"
	"SHA256SUMS          de tous ces fichiers\n"
	"\n"
	"Pour tout vérifier avec sha256sum, openssl et python3 : docs/preuve.md, « Un export de la piste ».\n";

static enum reason put(struct export_out *out, const char *name, struct bytes content)
{
	char digest[DIGEST_SHA256_TEXT];
	return export_out_add(out, name, content, digest);
}

/* A file that may not be there is left out. */
static enum reason put_file(struct export_out *out, const char *path, const char *name)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct buf all = buf_make(FILE_MAX);
	unsigned char piece[65536];
	ssize_t n = 0;

	if (file < 0)
		return errno == ENOENT ? REASON_NONE : REASON_IO;
	while ((n = read(file, piece, sizeof piece)) > 0)
		buf_add(&all, (struct bytes){piece, (size_t)n});
	close(file);
	enum reason reason = n < 0 ? REASON_IO : !buf_ok(&all) ? REASON_ARCHIVE_LIMIT : put(out, name, buf_bytes(&all));
	buf_free(&all);
	return reason;
}

/* --- the trail ------------------------------------------------------------------- */

static enum reason read_rows(struct cli *cli, int64_t *position, struct buf *lines, struct buf *links, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select position, line, link from relais.audit_read($1, $2)", P_INT(*position), P_INT(BATCH));

	*n = reason == REASON_NONE ? store_count(rows) : 0;
	for (size_t i = 0; i < *n; i++) {
		buf_add(lines, store_bytes(rows, i, 1));
		buf_text(lines, "\n");
		buf_add(links, store_bytes(rows, i, 2));
		buf_text(links, "\n");
		*position = store_int(rows, i, 0);
	}
	store_free(&rows);
	return reason;
}

static enum reason put_trail(struct cli *cli, struct export_out *out)
{
	int64_t position = 0;
	size_t n = BATCH;
	enum reason reason = REASON_NONE;

	while (reason == REASON_NONE && n == BATCH) {
		struct buf lines = buf_make(FILE_MAX), links = buf_make(FILE_MAX);
		int64_t first = position + 1;
		for (size_t taken = 0; reason == REASON_NONE && n == BATCH && taken < ROWS; taken += n)
			reason = read_rows(cli, &position, &lines, &links, &n);
		if (reason == REASON_NONE && lines.len > 0)
			reason = put(out, arena_printf(out->arena, "trail/%012lld.jsonl", (long long)first), buf_bytes(&lines));
		if (reason == REASON_NONE && lines.len > 0)
			reason = put(out, arena_printf(out->arena, "links/%012lld.txt", (long long)first), buf_bytes(&links));
		buf_free(&lines);
		buf_free(&links);
	}
	return reason;
}

enum reason audit_put_checkpoints(struct cli *cli, struct export_out *out, int64_t first, const char *folder)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select checkpoint, statement, seal, stamp from relais.checkpoint_list() where checkpoint >= $1", P_INT(first));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		const char *name = arena_printf(out->arena, "%s/%lld", folder, (long long)store_int(rows, i, 0));
		reason = put(out, arena_printf(out->arena, "%s.json", name), store_bytes(rows, i, 1));
		if (reason == REASON_NONE)
			reason = put(out, arena_printf(out->arena, "%s.p7s", name), store_bytes(rows, i, 2));
		if (reason == REASON_NONE && !store_is_null(rows, i, 3))
			reason = put(out, arena_printf(out->arena, "%s.tsr", name), store_bytes(rows, i, 3));
	}
	store_free(&rows);
	return reason;
}

enum reason audit_put_anchors(struct cli *cli, struct export_out *out)
{
	enum reason reason = put_file(out, cli->config->inspect.anchors, "anchors.pem");

	if (reason == REASON_NONE && cli->config->audit.tsa_anchors[0] != '\0')
		reason = put_file(out, cli->config->audit.tsa_anchors, "tsa.pem");
	return reason;
}

/* --- seals and journals ------------------------------------------------------------ */

static enum reason put_sealed(struct cli *cli, struct export_out *out, struct instant until)
{
	struct buf lines = buf_make(FILE_MAX);
	int64_t after = 0;
	size_t n = BATCH;
	enum reason reason = REASON_NONE;

	while (reason == REASON_NONE && n == BATCH) {
		struct store_rows *rows = NULL;
		reason = STORE_RUN(cli->store, &rows, "select outbox, json_strip_nulls(row_to_json(t))::text from relais.audit_sealed($1, $2, $3) t", P_INT(after), P_INT(BATCH),
				   P_INSTANT(until));
		n = reason == REASON_NONE ? store_count(rows) : 0;
		for (size_t i = 0; i < n; i++) {
			buf_add(&lines, store_bytes(rows, i, 1));
			buf_text(&lines, "\n");
			after = store_int(rows, i, 0);
		}
		store_free(&rows);
	}
	if (reason == REASON_NONE)
		reason = buf_ok(&lines) ? put(out, "sealed.jsonl", buf_bytes(&lines)) : REASON_ARCHIVE_LIMIT;
	buf_free(&lines);
	return reason;
}

static enum reason put_journals(struct cli *cli, struct export_out *out)
{
	static const char *const names[] = {"receiver", "collector", "deliverer", "opener"};
	enum reason reason = put_file(out, cli->config->keeper.journal, "journals/keeper.jsonl");

	for (size_t i = 0; reason == REASON_NONE && i < sizeof names / sizeof names[0]; i++)
		reason = put_file(out, arena_printf(out->arena, "%s/journal/%s.jsonl", cli->config->folder, names[i]),
				  arena_printf(out->arena, "journals/%s.jsonl", names[i]));
	return reason;
}

/* The clock, then the journal, then the rows: what is sealed meanwhile is in the journal first (audit_verify_journals.c). */
static enum reason put_all(struct cli *cli, struct export_out *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select clock_timestamp() where $1", P_BOOL(true));
	struct instant until = reason == REASON_NONE ? store_instant(rows, 0, 0) : (struct instant){0};

	store_free(&rows);
	if (reason == REASON_NONE)
		reason = put(out, "README.txt", BYTES(readme));
	if (reason == REASON_NONE)
		reason = put(out, "LISEZMOI.txt", BYTES(lisezmoi));
	if (reason == REASON_NONE)
		reason = audit_put_checkpoints(cli, out, 0, "checkpoints");
	if (reason == REASON_NONE)
		reason = put_trail(cli, out);
	if (reason == REASON_NONE)
		reason = put_file(out, cli->config->signer.journal, "signer.jsonl");
	if (reason == REASON_NONE)
		reason = put_sealed(cli, out, until);
	if (reason == REASON_NONE)
		reason = put_journals(cli, out);
	return reason == REASON_NONE ? audit_put_anchors(cli, out) : reason;
}

enum reason audit_export(struct cli *cli, const char *to, size_t *files, char digest[DIGEST_SHA256_TEXT])
{
	struct arena *arena = arena_create(EXPORT_MEMORY);
	struct export_out out = {0};
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	enum reason reason = arena == NULL ? REASON_MEMORY : export_out_open(arena, to, (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000}, &out);
	if (reason == REASON_NONE)
		reason = put_all(cli, &out);
	if (reason == REASON_NONE)
		reason = export_out_end(&out, digest);
	*files = out.files;
	export_out_close(&out);
	arena_destroy(&arena);
	return reason;
}

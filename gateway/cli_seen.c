/* gateway/cli_seen.c - relais dossier seen REF: who could see what, since when, with what proof. */
#include "gateway/cli_dossier.h"

#include <stdio.h>

#include "gateway/dossier_snapshots.h"
#include "gateway/json_view.h"
#include "policy/mask.h"
#include "policy/seen.h"

enum { SEEN_MEMORY = 512 * 1024 * 1024, MATRICULE = 13 };
enum { OUTBOX, CODE, PARTY, TO, CHANNEL, PROOF, CREATED, ENDED, ATTACH, VERSION, PROVED };
#define COLUMNS "outbox, code, party, recipient, channel, proof, created_at, ended_at, attach, version, proved"

/* --- rows to values ------------------------------------------------------------------ */

static size_t digests_of(const json_t *list, struct bytes *out, size_t n)
{
	size_t i;
	const json_t *place;

	json_array_foreach(list, i, place) {
		out[n++] = json_view(place, "digest");
	}
	return n;
}

/* attach lives as long as what was kept with kept. */
static struct seen_mail mail_of(struct arena *arena, json_t *kept, const struct store_rows *rows, size_t row)
{
	json_t *attach = json_read(store_bytes(rows, row, ATTACH));
	const json_t *documents = json_object_get(attach, "documents"), *elsewhere = json_object_get(attach, "elsewhere");
	struct bytes kind = json_view(attach, "kind"), *digests = arena_alloc(arena, (json_array_size(documents) + json_array_size(elsewhere) + 1) * sizeof *digests);
	bool ended = store_int(rows, row, PROOF) > 1 && !store_is_null(rows, row, ENDED);
	struct seen_mail m = {
		.outbox = store_int(rows, row, OUTBOX), .code = mail_code_of_name(store_bytes(rows, row, CODE)), .party = party_of_name(store_bytes(rows, row, PARTY)),
		.mailbox = arena_copy(arena, store_bytes(rows, row, TO)), .paper = bytes_equal_text(store_bytes(rows, row, CHANNEL), "paper"),
		.proof = (int)store_int(rows, row, PROOF), .proved = (int)store_int(rows, row, PROVED), .at = store_instant(rows, row, ended ? ENDED : CREATED), .documents = digests};

	m.n_documents = digests_of(elsewhere, digests, digests_of(documents, digests, 0));
	if (bytes_equal_text(kind, "report"))
		m.version = (unsigned)store_int(rows, row, VERSION);
	if (bytes_equal_text(kind, "message"))
		m.message = json_integer_value(json_object_get(attach, "inbox"));
	json_array_append_new(kept, attach);
	return m;
}

static enum reason mails_of(struct cli *cli, struct arena *arena, int64_t id, json_t *kept, struct seen_mail **out, size_t *n)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(cli->store, &rows, "select " COLUMNS " from relais.dossier_sent($1)", P_INT(id));

	*n = reason == REASON_NONE ? store_count(rows) : 0;
	*out = arena_alloc(arena, (*n + 1) * sizeof **out);
	for (size_t i = 0; i < *n; i++)
		(*out)[i] = mail_of(arena, kept, rows, i);
	store_free(&rows);
	return reason;
}

/* --- told ------------------------------------------------------------------------------ */

/* A patient's mailbox is his number, which no screen shows: anybody's, since a wrong reader may be another patient. */
static struct bytes shown(struct arena *arena, struct bytes mailbox)
{
	struct bytes local = bytes_slice(mailbox, 0, bytes_find_byte(mailbox, '@', 0));
	size_t digits = 0;

	for (size_t i = 0; i < local.len; i++)
		digits += local.at[i] >= '0' && local.at[i] <= '9';
	return local.len >= MATRICULE && digits + 1 >= MATRICULE ? mask_matricule(arena, mailbox, local) : mailbox;
}

static const char *what_of(enum seen_what what, bool french)
{
	static const char *const words[SEEN_WHATS] = {"texte", "document", "rapport", "message transmis", "copie du dossier"};
	return french ? words[what] : seen_what_name(what);
}

static const char *thing_of(struct arena *arena, const struct dossier *d, const struct seen *s)
{
	if (s->what == SEEN_DOCUMENT) {
		struct bytes title = d->documents[s->document - 1].filing.document.title;
		return arena_printf(arena, "%zu %.*s", s->document, (int)title.len, (const char *)title.at);
	}
	if (s->what == SEEN_REPORT)
		return arena_printf(arena, "%u", s->version);
	if (s->what == SEEN_COPY)
		return arena_text(arena, s->by);
	return s->what == SEEN_MESSAGE ? arena_printf(arena, "R%lld", (long long)s->message) : "";
}

static json_t *instant_or_null(struct instant at)
{
	return at.us != 0 ? json_of_instant(at) : json_null();
}

static json_t *line_of(const struct cli *cli, struct arena *arena, const struct dossier *d, const struct seen *s)
{
	json_t *o = json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:b, s:b}", "at", json_of_instant(s->at), "who",
			      json_of(s->mailbox.len > 0 ? shown(arena, s->mailbox) : s->by), "party", party_name(s->party), "what",
			      cli->json ? seen_what_name(s->what) : what_of(s->what, cli->french), "of", thing_of(arena, d, s), "mail",
			      s->outbox != 0 ? arena_printf(arena, "S%lld", (long long)s->outbox) : "", "code", mail_code_name(s->code), "proof", s->proof, "read_at",
			      instant_or_null(s->read_at), "erase_at", instant_or_null(s->erase_at), "withdrawn", s->withdrawn, "paper", s->paper);

	if (s->what == SEEN_DOCUMENT)
		json_object_set_new(o, "document", json_of(dossier_document_key(&d->documents[s->document - 1].filing.document)));
	json_object_set_new(o, "by", json_of(s->by));
	return o;
}

/* By its number in the list, or by its own. */
static bool is_wanted(const struct dossier *d, const struct seen *s, const char *document, const char *mailbox)
{
	uint64_t number = 0;

	if (mailbox != NULL && !bytes_equal_nocase(s->mailbox, bytes_of_text(mailbox)))
		return false;
	if (document == NULL)
		return true;
	if (bytes_number(bytes_of_text(document), UINT32_MAX, &number) && seen_holds(d, s, (size_t)number))
		return true;
	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal_text(dossier_document_key(&d->documents[i].filing.document), document) && seen_holds(d, s, i + 1))
			return true;
	return false;
}

static enum reason list(struct cli *cli, struct arena *arena, int64_t id, const char *document, const char *mailbox, json_t *kept, json_t *lines)
{
	struct dossier_snapshot file;
	struct seen_mail *mails;
	size_t n_mails, n;
	enum reason reason = dossier_snapshot_read(cli->store, arena, id, &file);

	if (reason != REASON_NONE)
		return reason;
	struct dossier d = dossier_begin(arena, id, file.reference);
	reason = dossier_fold(&d, file.events, file.n_events, NULL);
	if (reason == REASON_NONE)
		reason = mails_of(cli, arena, id, kept, &mails, &n_mails);
	if (reason != REASON_NONE)
		return reason;
	const struct seen *seen = seen_list(arena, &d, file.events, file.n_events, mails, n_mails, &n);
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&d, &seen[i], document, mailbox))
			json_array_append_new(lines, line_of(cli, arena, &d, &seen[i]));
	return REASON_NONE;
}

int cli_dossier_seen(struct cli *cli, int64_t id, const char *document, const char *mailbox)
{
	struct arena *arena = arena_create(SEEN_MEMORY);
	json_t *kept = json_array(), *lines = json_array();
	enum reason reason = list(cli, arena, id, document, mailbox, kept, lines);
	int status = CLI_OK;

	if (reason != REASON_NONE)
		status = cli_refuse(cli, reason, NULL);
	else if (!cli->json && json_array_size(lines) == 0)
		printf(cli->french ? "personne n'a rien pu voir de cela\n" : "nobody could see anything of it\n");
	else {
		if (!cli->json)
			cli_proof_words(cli, lines);
		status = cli_show(cli, json_incref(lines), "at who party what of mail code proof read_at erase_at withdrawn");
	}
	json_decref(lines);
	json_decref(kept);
	arena_destroy(&arena);
	return status;
}

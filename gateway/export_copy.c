/* gateway/export_copy.c - see export_copy.h. */
#include "gateway/export_copy.h"

#include <signal.h>
#include <string.h>

#include "base/limits.h"
#include "gateway/dossier_snapshots.h"
#include "gateway/export_words.h"
#include "gateway/json_view.h"
#include "gateway/work.h"
#include "policy/given.h"
#include "policy/story.h"
#include "smtp/assemble.h"

/* Of one message: its bytes, the content of an opaque signature beside them, and what was taken out. */
#define MESSAGE_MEMORY (6 * (size_t)LIMIT_MESSAGE + LIMIT_EXTRACT_ANSWER)

struct copy {
	const struct export_wish *wish;
	struct arena *arena;
	struct export_out *out;
	struct export_about about;
	struct dossier_snapshot file;
	json_t *files, *mails, *messages, *reports;   /* reports: digests of the report's files that are in it already */
	struct export_result *result;
};

/* Who stops us does it between two files. */
static bool is_stopped(void)
{
	sigset_t waiting;
	return sigpending(&waiting) == 0 && (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM) || sigismember(&waiting, SIGHUP));
}

/* Takes the reference to about. */
static enum reason put(struct copy *c, const char *name, struct bytes content, json_t *about)
{
	char digest[DIGEST_SHA256_TEXT];
	enum reason reason = is_stopped() ? REASON_IO : export_out_add(c->out, name, content, digest);

	json_object_set_new(about, "name", json_string(name));
	json_object_set_new(about, "size", json_integer((json_int_t)content.len));
	json_object_set_new(about, "sha256", json_string(digest));
	json_array_append_new(c->files, about);
	return reason;
}

/* Lines for people's eyes; borrows value. */
static struct bytes pretty(struct arena *arena, const json_t *value)
{
	size_t size = json_dumpb(value, NULL, 0, JSON_INDENT(1));
	char *at = arena_alloc(arena, size + 1);

	json_dumpb(value, at, size, JSON_INDENT(1));
	at[size] = '\n';
	return (struct bytes){(unsigned char *)at, size + 1};
}

static enum reason put_json(struct copy *c, const char *name, const char *what, const json_t *value)
{
	return put(c, name, pretty(c->arena, value), json_pack("{s:s}", "what", what));
}

static bool is_same(struct bytes content, struct bytes digest)
{
	unsigned char now[DIGEST_SHA256];
	digest_sha256(content, now);
	return bytes_equal((struct bytes){now, sizeof now}, digest);
}

/* --- columns ------------------------------------------------------------------------ */

static struct bytes view(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? BYTES_NONE : store_bytes(rows, row, column);
}

static json_t *text(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_of(store_bytes(rows, row, column));
}

static json_t *number(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_integer(store_int(rows, row, column));
}

static json_t *instant(const struct store_rows *rows, size_t row, size_t column)
{
	return store_is_null(rows, row, column) ? json_null() : json_of_instant(store_instant(rows, row, column));
}

static json_t *tree(const struct store_rows *rows, size_t row, size_t column)
{
	json_t *value = store_is_null(rows, row, column) ? NULL : json_read(store_bytes(rows, row, column));
	return value != NULL ? value : json_null();
}

/* --- files out of messages -------------------------------------------------------------- */

static char *word(const char *text_of)
{
	return (char *)(uintptr_t)text_of;
}

/* In readers of their own, so that a message that ends one spoils no other. */
static enum reason extract(struct copy *c, struct arena *arena, struct bytes raw, struct work_file **files, size_t *n, json_t **list)
{
	char *verify_argv[] = {word(c->wish->verify), word("--anchors"), word(""), word("--crls"), word(""), NULL};
	char *inspect_argv[] = {word(c->wish->inspect), word("--schema"), word(""), word("--schematron"), word(""), NULL};
	struct work work = {.config = c->wish->config, .arena = arena, .verify = oneshot_spawn(c->wish->verify, verify_argv),
			    .inspect = oneshot_spawn(c->wish->inspect, inspect_argv)};
	enum reason reason = work.verify == NULL || work.inspect == NULL ? REASON_IO : work_extract_raw(&work, raw, files, n, list);

	oneshot_close(&work.verify);
	oneshot_close(&work.inspect);
	return reason;
}

/* The dossier's document with that content; NULL: it was filed as none. */
static const struct dossier_document *find_document(const struct dossier *d, struct bytes digest)
{
	for (size_t i = 0; digest.len > 0 && i < d->n_documents; i++)
		if (bytes_equal_nocase(d->documents[i].filing.document.digest, digest))
			return &d->documents[i];
	return NULL;
}

/* A document may be filed under two numbers, of which one is hidden. What was filed as none goes with its message. */
static bool is_given(const struct copy *c, struct bytes digest, bool whole)
{
	const struct dossier *d = c->about.dossier;

	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal_nocase(d->documents[i].filing.document.digest, digest) && !export_document(&d->documents[i], c->wish->whom))
			return false;
	return whole || find_document(d, digest) != NULL;
}

static json_t *about_file(const struct copy *c, const struct work_file *file, const char *what, const char *of, int64_t id)
{
	json_t *about = json_pack("{s:s, s:I, s:o, s:o}", "what", what, of, (json_int_t)id, "original_name", json_of(file->name), "media", json_of(file->media));
	const struct dossier_document *doc = find_document(c->about.dossier, json_view(file->facts, "digest"));

	if (doc != NULL) {
		json_object_set_new(about, "document", json_of(dossier_document_key(&doc->filing.document)));
		json_object_set_new(about, "title", json_of(doc->filing.document.title));
		json_object_set_new(about, "withdrawn", json_boolean(doc->withdrawn));
		json_object_set_new(about, "replaced", json_boolean(doc->replaced));
	}
	return about;
}

/* In a package each is called DOC0001.XML: its title says more. */
static const char *file_name(struct copy *c, const char *folder, char letter, int64_t id, size_t i, const struct work_file *file)
{
	const char *name = export_name(c->arena, file->name), *dot = strrchr(name, '.');
	struct bytes title = bytes_trim(json_view(file->facts, "title"));

	if (title.len > 0)
		name = export_name(c->arena, bytes_of_text(arena_printf(c->arena, "%.*s%s", (int)title.len, (const char *)title.at, dot != NULL ? dot : "")));
	return arena_printf(c->arena, "%s/%c%lld-%zu_%s", folder, letter, (long long)id, i + 1, name);
}

/* Our own trouble ends the copy; that a message cannot be read is told in it. */
static enum reason note_unread(struct copy *c, const char *of, int64_t id, enum reason reason)
{
	if (reason == REASON_NONE || work_is_ours(reason))
		return reason;
	c->result->unread++;
	json_array_append_new(c->files, json_pack("{s:s, s:I, s:s}", "what", "unread", of, (json_int_t)id, "reason", reason_code(reason)));
	return REASON_NONE;
}

/* --- what came -------------------------------------------------------------------------- */

enum { R_INBOX, R_AT, R_SOURCE, R_MAIL_FROM, R_PEER, R_FROM, R_MESSAGE_ID, R_CLASS, R_OUTCOME, R_REASON, R_RULE, R_BODY, R_DIGEST, R_ACTOR, R_DOCUMENTS, R_SIGNATURE };
#define RECEIVED "inbox, received_at, source, mail_from, peer_name, from_address, message_id, class, outcome, reason, rule, body, decode(digest, 'hex'), actor, documents, signature"

static bool is_masked(const json_t *o, enum export_for whom)
{
	static const char *const words[] = {"patient", "professionals", "representatives"};
	struct policy_document d = {0};
	bool *const masks[] = {&d.masked_patient, &d.masked_professionals, &d.masked_representatives};
	size_t i;
	const json_t *name;

	json_array_foreach(json_object_get(o, "masking"), i, name) {
		for (size_t k = 0; k < 3; k++)
			*masks[k] |= bytes_equal_text(json_text_view(name), words[k]);
	}
	return whom != EXPORT_OFFICER && !given_unmasked(&d, whom == EXPORT_EXPERT ? PARTY_EXPERT : PARTY_PATIENT);
}

/* By its own mask, or by that of the dossier's document that it is. */
static bool hides(const struct copy *c, const json_t *documents)
{
	size_t i;
	const json_t *o;

	json_array_foreach(documents, i, o) {
		struct bytes digest = json_view(o, "digest");
		if (is_masked(o, c->wish->whom) || (find_document(c->about.dossier, digest) != NULL && !is_given(c, digest, true)))
			return true;
	}
	return false;
}

static json_t *about_message(const struct copy *c, const struct store_rows *rows, size_t row)
{
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "message", arena_printf(c->arena, "R%lld", (long long)store_int(rows, row, R_INBOX)), "received_at",
			      instant(rows, row, R_AT), "class", text(rows, row, R_CLASS), "outcome", text(rows, row, R_OUTCOME), "reason", text(rows, row, R_REASON),
			      "message_id", text(rows, row, R_MESSAGE_ID), "signature", tree(rows, row, R_SIGNATURE));

	if (c->wish->whom == EXPORT_OFFICER) {
		json_object_set_new(o, "source", text(rows, row, R_SOURCE));
		json_object_set_new(o, "mail_from", text(rows, row, R_MAIL_FROM));
		json_object_set_new(o, "peer", text(rows, row, R_PEER));
		json_object_set_new(o, "from", text(rows, row, R_FROM));
		json_object_set_new(o, "rule", text(rows, row, R_RULE));
		json_object_set_new(o, "documents", tree(rows, row, R_DOCUMENTS));
	}
	return o;
}

static enum reason put_documents(struct copy *c, struct arena *arena, int64_t inbox, struct bytes raw, bool whole)
{
	json_t *list = NULL;
	struct work_file *files = NULL;
	size_t n = 0;
	enum reason reason = note_unread(c, "inbox", inbox, extract(c, arena, raw, &files, &n, &list));

	for (size_t i = 0; reason == REASON_NONE && i < n; i++)
		if (is_given(c, json_view(files[i].facts, "digest"), whole))
			reason = put(c, file_name(c, "documents", 'R', inbox, i, &files[i]), files[i].content, about_file(c, &files[i], "document", "inbox", inbox));
	json_decref(list);
	return reason;
}

static enum reason put_message(struct copy *c, struct arena *arena, const struct store_rows *rows, size_t row, const json_t *documents, bool whole)
{
	struct bytes raw;
	int64_t inbox = store_int(rows, row, R_INBOX);
	enum reason reason = store_body_read(c->wish->store, arena, store_int(rows, row, R_BODY), &raw);
	bool same = reason == REASON_NONE && is_same(raw, view(rows, row, R_DIGEST));

	if (reason != REASON_NONE)
		return reason;
	c->result->altered += !same;
	if (whole) {
		json_array_append_new(c->messages, about_message(c, rows, row));
		reason = put(c, arena_printf(c->arena, "received/R%lld.eml", (long long)inbox), raw,
			     json_pack("{s:s, s:I, s:o, s:b}", "what", "received", "inbox", (json_int_t)inbox, "at", instant(rows, row, R_AT), "intact", same));
	}
	return reason == REASON_NONE && json_array_size(documents) > 0 ? put_documents(c, arena, inbox, raw, whole) : reason;
}

static bool holds_given(const struct copy *c, const json_t *documents)
{
	size_t i;
	const json_t *o;

	json_array_foreach(documents, i, o) {
		if (is_given(c, json_view(o, "digest"), false))
			return true;
	}
	return false;
}

/* By what became of it: a reply with the form in it is one, too. */
static bool is_opinion(const struct copy *c, int64_t inbox)
{
	for (size_t i = 0; i < c->about.n_events; i++) {
		const struct dossier_event *e = &c->about.events[i];
		if (e->inbox == inbox && (e->kind == EVENT_OPINION_RECEIVED || e->kind == EVENT_OPINION_LATE || e->kind == EVENT_OPINION_UNSIGNED))
			return true;
	}
	return false;
}

static enum reason one_message(struct copy *c, const struct store_rows *rows, size_t row)
{
	json_t *documents = tree(rows, row, R_DOCUMENTS);
	struct bytes outcome = view(rows, row, R_OUTCOME);
	const struct export_message m = {
		.actor = view(rows, row, R_ACTOR), .from = view(rows, row, R_FROM), .hides = hides(c, documents),
		.inbox = store_int(rows, row, R_INBOX), .opinion = is_opinion(c, store_int(rows, row, R_INBOX)),
		.report = bytes_equal_text(view(rows, row, R_CLASS), "report"), .settled = bytes_equal_text(outcome, "filed") || bytes_equal_text(outcome, "applied")};
	bool whole = export_received(c->about.dossier, c->wish->whom, &m);
	enum reason reason = REASON_NONE;

	if (whole || (m.settled && holds_given(c, documents))) {
		struct arena *arena = arena_create(MESSAGE_MEMORY);
		reason = put_message(c, arena, rows, row, documents, whole);
		arena_destroy(&arena);
	}
	json_decref(documents);
	return reason;
}

static enum reason put_received(struct copy *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(c->wish->store, &rows, "select " RECEIVED " from relais.dossier_received($1)", P_INT(c->wish->dossier));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = one_message(c, rows, i);
	store_free(&rows);
	return reason;
}

/* --- what left ---------------------------------------------------------------------------- */

enum { S_OUTBOX, S_CODE, S_PARTY, S_TO, S_CHANNEL, S_FORM, S_STATE, S_PROOF, S_CREATED, S_ENDED, S_MESSAGE_ID, S_HOST, S_QUEUE, S_REPLY, S_REPLY_TEXT, S_TLS, S_REASON, S_EVENT,
       S_ATTACH, S_HEAD, S_ENTITY, S_SEAL, S_SENT_DIGEST, S_ATTEMPTS };
#define SENT "outbox, code, party, recipient, channel, form, state, proof, created_at, ended_at, message_id, host, queue_id, reply_code, reply_text, tls, reason, event, " \
	     "attach, head, entity, seal, sent_digest, attempts"

static json_t *about_mail(const struct copy *c, const struct store_rows *rows, size_t row)
{
	json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mail", arena_printf(c->arena, "S%lld", (long long)store_int(rows, row, S_OUTBOX)), "code",
			      text(rows, row, S_CODE), "party", text(rows, row, S_PARTY), "channel", text(rows, row, S_CHANNEL), "state", text(rows, row, S_STATE), "proof",
			      number(rows, row, S_PROOF), "decided_at", instant(rows, row, S_CREATED), "ended_at", instant(rows, row, S_ENDED), "message_id",
			      text(rows, row, S_MESSAGE_ID));

	json_object_set_new(o, "host", text(rows, row, S_HOST));
	json_object_set_new(o, "reply_code", number(rows, row, S_REPLY));
	json_object_set_new(o, "queue_id", text(rows, row, S_QUEUE));
	json_object_set_new(o, "reason", text(rows, row, S_REASON));
	if (c->wish->whom == EXPORT_OFFICER) {
		json_object_set_new(o, "recipient", text(rows, row, S_TO));
		json_object_set_new(o, "reply_text", text(rows, row, S_REPLY_TEXT));
		json_object_set_new(o, "tls", tree(rows, row, S_TLS));
		json_object_set_new(o, "event", number(rows, row, S_EVENT));
		json_object_set_new(o, "attempts", tree(rows, row, S_ATTEMPTS));
	}
	return o;
}

/* The bytes that left, put together again as the deliverer did. */
static enum reason whole_mail(struct copy *c, struct arena *arena, const struct store_rows *rows, size_t row, struct buf *out)
{
	char digest[DIGEST_SHA256_TEXT];
	struct bytes entity;
	enum reason reason = store_body_read(c->wish->store, arena, store_int(rows, row, S_ENTITY), &entity);

	if (reason != REASON_NONE)
		return reason;
	digest_sha256_text(entity, digest);
	const struct assemble mail = {view(rows, row, S_HEAD), entity, view(rows, row, S_SEAL), bytes_of_text(digest),
				      bytes_equal_text(view(rows, row, S_FORM), "report") ? ASSEMBLE_REPORT : ASSEMBLE_SIGNED};
	return assemble_message(&mail, out);
}

/* Each file of it once, whoever it went to. */
static enum reason put_report(struct copy *c, struct arena *arena, int64_t outbox, struct bytes raw)
{
	json_t *list = NULL;
	struct work_file *files = NULL;
	size_t n = 0;
	enum reason reason = note_unread(c, "outbox", outbox, extract(c, arena, raw, &files, &n, &list));

	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		const char *digest = arena_text(arena, json_view(files[i].facts, "digest"));
		if (json_object_get(c->reports, digest) != NULL)
			continue;
		json_object_set_new(c->reports, digest, json_true());
		reason = put(c, file_name(c, "reports", 'S', outbox, i, &files[i]), files[i].content, about_file(c, &files[i], "report", "outbox", outbox));
	}
	json_decref(list);
	return reason;
}

static enum reason put_mail(struct copy *c, struct arena *arena, const struct store_rows *rows, size_t row, bool given, bool report)
{
	struct buf whole = buf_make(2 * (size_t)LIMIT_MESSAGE);
	int64_t outbox = store_int(rows, row, S_OUTBOX);
	struct bytes code = view(rows, row, S_CODE), party = view(rows, row, S_PARTY);
	enum reason reason = whole_mail(c, arena, rows, row, &whole);
	bool same = reason == REASON_NONE && is_same(buf_bytes(&whole), view(rows, row, S_SENT_DIGEST));

	if (reason == REASON_NONE && given) {
		c->result->altered += !same;
		reason = put(c, arena_printf(c->arena, "sent/S%lld-%.*s-%.*s.eml", (long long)outbox, (int)code.len, (const char *)code.at, (int)party.len, (const char *)party.at),
			     buf_bytes(&whole), json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:b}", "what", "sent", "outbox", (json_int_t)outbox, "code", text(rows, row, S_CODE),
			     "party", text(rows, row, S_PARTY), "at", instant(rows, row, S_ENDED), "proof", number(rows, row, S_PROOF), "intact", same));
	}
	if (reason == REASON_NONE && report)
		reason = put_report(c, arena, outbox, buf_bytes(&whole));
	buf_free(&whole);
	return reason;
}

static enum reason one_mail(struct copy *c, const struct store_rows *rows, size_t row)
{
	json_t *attach = tree(rows, row, S_ATTACH);
	bool given = export_sent(c->about.dossier, c->wish->whom, party_of_name(view(rows, row, S_PARTY)), view(rows, row, S_TO));
	bool report = (given || c->wish->whom == EXPORT_EXPERT) && bytes_equal_text(json_view(attach, "kind"), "report");
	bool left = store_int(rows, row, S_PROOF) > 0 && !store_is_null(rows, row, S_SENT_DIGEST);
	enum reason reason = REASON_NONE;

	json_decref(attach);
	if (given)
		json_array_append_new(c->mails, about_mail(c, rows, row));
	if (left && (given || report)) {
		struct arena *arena = arena_create(MESSAGE_MEMORY);
		reason = put_mail(c, arena, rows, row, given, report);
		arena_destroy(&arena);
	}
	return reason;
}

static enum reason put_sent(struct copy *c)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(c->wish->store, &rows, "select " SENT " from relais.dossier_sent($1)", P_INT(c->wish->dossier));

	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = one_mail(c, rows, i);
	store_free(&rows);
	return reason;
}

/* --- events and words ------------------------------------------------------------------------ */

/* For the officer as they are stored; for others the sentences, since an event's data names third persons. */
static enum reason put_events(struct copy *c)
{
	struct store_rows *rows = NULL;
	json_t *list = json_array();
	enum reason reason = REASON_NONE;

	if (c->wish->whom == EXPORT_OFFICER) {
		json_decref(list);
		reason = STORE_RUN(c->wish->store, &rows, "select jsonb_agg(t order by t.seq) from relais.dossier_history($1) t", P_INT(c->wish->dossier));
		list = reason == REASON_NONE ? tree(rows, 0, 0) : json_null();
		store_free(&rows);
	}
	for (size_t i = 0; c->wish->whom != EXPORT_OFFICER && i < c->about.n_events; i++) {
		const struct dossier_event *e = &c->about.events[i];
		if (export_event(c->about.dossier, c->wish->whom, e))
			json_array_append_new(list, json_pack("{s:I, s:o, s:s, s:s, s:s}", "seq", (json_int_t)e->seq, "at", json_of_instant(e->at), "kind",
							      dossier_event_name(e->kind), "fr", story_line(c->arena, e, "fr"), "en", story_line(c->arena, e, "en")));
	}
	if (reason == REASON_NONE)
		reason = put_json(c, "events.json", "events", list);
	json_decref(list);
	return reason;
}

static enum reason put_words(struct copy *c)
{
	const struct {
		const char *name, *what;
		struct bytes content;
	} texts[] = {
		{"history.fr.txt", "history", export_history(c->arena, &c->about, "fr")}, {"history.en.txt", "history", export_history(c->arena, &c->about, "en")},
		{"LISEZMOI.txt", "readme", export_readme(c->arena, &c->about, "fr")}, {"README.txt", "readme", export_readme(c->arena, &c->about, "en")},
	};
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < sizeof texts / sizeof texts[0]; i++)
		reason = put(c, texts[i].name, texts[i].content, json_pack("{s:s}", "what", texts[i].what));
	return reason;
}

static enum reason put_manifest(struct copy *c)
{
	const struct dossier *d = c->about.dossier;
	char digest[DIGEST_SHA256_TEXT];
	json_t *manifest = json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:i, s:I, s:s, s:O}", "format", "relais-export/1", "reference", json_of(d->reference), "for",
				     export_for_name(c->wish->whom), "made_by", c->about.actor, "made_at", json_of_instant(c->about.at), "state", dossier_state_name(d->state),
				     "opened_at", json_of_instant(d->opened_at), "report_version", (int)dossier_version(d), "altered", (json_int_t)c->result->altered,
				     "software", "relais " RELAIS_VERSION, "files", c->files);
	enum reason reason = export_out_add(c->out, "manifest.json", pretty(c->arena, manifest), digest);

	json_decref(manifest);
	return reason;
}

static enum reason load(struct copy *c)
{
	struct dossier *d = arena_alloc(c->arena, sizeof *d);
	enum reason reason = dossier_snapshot_read(c->wish->store, c->arena, c->wish->dossier, &c->file);

	if (reason != REASON_NONE)
		return reason;
	*d = dossier_begin(c->arena, c->wish->dossier, c->file.reference);
	reason = dossier_fold(d, c->file.events, c->file.n_events, NULL);
	c->about = (struct export_about){c->wish->whom, d, c->file.events, c->file.n_events, c->wish->actor, c->file.now};
	return reason == REASON_NONE ? export_check(d, c->wish->whom) : reason;
}

enum reason export_copy(struct arena *arena, const struct export_wish *wish, struct export_out *out, struct export_result *result)
{
	struct copy c = {.wish = wish, .arena = arena, .out = out, .files = json_array(), .mails = json_array(), .messages = json_array(), .reports = json_object(),
			 .result = result};
	static enum reason (*const steps[])(struct copy *) = {load, put_words, put_received, put_sent, put_events};
	enum reason reason = REASON_NONE;

	*result = (struct export_result){0};
	for (size_t i = 0; reason == REASON_NONE && i < sizeof steps / sizeof steps[0]; i++)
		reason = steps[i](&c);
	if (reason == REASON_NONE)
		reason = put_json(&c, "mails.json", "mails", c.mails);
	if (reason == REASON_NONE)
		reason = put_json(&c, "messages.json", "messages", c.messages);
	if (reason == REASON_NONE)
		reason = put_manifest(&c);
	json_decref(c.files);
	json_decref(c.mails);
	json_decref(c.messages);
	json_decref(c.reports);
	return reason;
}

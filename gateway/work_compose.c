/* gateway/work_compose.c - has one decided mail composed, with the files that go with it, and stores it for the signer. */
#include "gateway/work_shield.h"

#include <string.h>

#include "base/digest.h"
#include "base/frame.h"
#include "base/limits.h"
#include "gateway/body_writer.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_antivirus.h"

struct wanted {
	int64_t inbox;
	struct bytes digest;
	bool elsewhere;              /* told of in the PDF alone: the original goes in another mail */
	bool taken;
};

/* The description of a document in the facts kept with its message; borrowed from facts. */
static json_t *document_facts(const json_t *facts, struct bytes digest)
{
	size_t i;
	json_t *d;
	json_array_foreach(json_object_get(facts, "documents"), i, d) {
		if (bytes_equal(json_view(d, "digest"), digest))
			return d;
	}
	return NULL;
}

static enum reason facts_of(struct work *work, int64_t inbox, int64_t *body, json_t **facts)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select body, facts from relais.inbox_facts($1)", P_INT(inbox));
	if (reason == REASON_NONE && store_count(rows) != 1)
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE) {
		*body = store_int(rows, 0, 0);
		*facts = json_read(store_bytes(rows, 0, 1));
	}
	store_free(&rows);
	return reason;
}

/* Each is taken once: the same file may lie in the archive and beside it, and was filed once. */
static const struct wanted *take_wanted(struct wanted *wanted, size_t n, int64_t inbox, struct bytes digest)
{
	for (size_t i = 0; i < n; i++)
		if (!wanted[i].taken && wanted[i].inbox == inbox && bytes_equal(wanted[i].digest, digest)) {
			wanted[i].taken = true;
			return &wanted[i];
		}
	return NULL;
}

static enum reason add_wanted(struct work *work, const struct wanted *one, const struct work_file *file, const json_t *facts, struct work_parcel *parcel)
{
	if (one == NULL)
		return REASON_NONE;
	return one->elsewhere ? work_parcel_tell(work, parcel, file, facts) : work_parcel_add(work, parcel, file, facts);
}

static enum reason add_files(struct work *work, int64_t inbox, struct wanted *wanted, size_t n, struct work_parcel *parcel)
{
	json_t *facts = NULL, *list = NULL;
	struct work_file *files = NULL;
	size_t n_files = 0;
	int64_t body = 0;
	enum reason reason = facts_of(work, inbox, &body, &facts);

	if (reason == REASON_NONE)
		reason = work_extract(work, body, &files, &n_files, &list);
	for (size_t i = 0; reason == REASON_NONE && i < n_files; i++) {
		struct bytes digest = json_view(files[i].facts, "digest");
		if (wanted == NULL)
			reason = work_parcel_exchange(work, parcel, &files[i]);
		else
			reason = add_wanted(work, take_wanted(wanted, n, inbox, digest), &files[i], document_facts(facts, digest), parcel);
	}
	json_decref(facts);
	json_decref(list);
	if (reason == REASON_NONE && !buf_ok(&parcel->payload))
		reason = REASON_COMPOSE_SIZE;
	return reason;
}

/* The wanted files of one message; all of them, as loose files, when wanted is NULL. A message is read in memory of its own: a
 * dossier may have come in more of them than an item has room for. */
static enum reason add_message(struct work *work, int64_t inbox, struct wanted *wanted, size_t n, struct work_parcel *parcel)
{
	struct work one = *work;

	work_begin(&one);
	enum reason reason = add_files(&one, inbox, wanted, n, parcel);
	work_end(&one);
	return reason;
}

/* What the expert sent beside his opinion and can be handed on; what can not was asked back before the opinion counted. */
static enum reason annex_files(struct work *work, int64_t inbox, struct wanted *wanted, size_t n, struct work_parcel *parcel)
{
	json_t *facts = NULL, *list = NULL;
	struct work_file *files = NULL;
	size_t n_files = 0;
	int64_t body = 0;
	enum reason reason = facts_of(work, inbox, &body, &facts);

	if (reason == REASON_NONE)
		reason = work_extract(work, body, &files, &n_files, &list);
	for (size_t i = 0; reason == REASON_NONE && i < n_files; i++) {
		struct bytes digest = json_view(files[i].facts, "digest");
		if (take_wanted(wanted, n, inbox, digest) != NULL && bytes_equal_text(json_view(document_facts(facts, digest), "annex"), "none"))
			reason = work_parcel_annex(work, parcel, &files[i]);
	}
	json_decref(facts);
	json_decref(list);
	if (reason == REASON_NONE && !buf_ok(&parcel->payload))
		reason = REASON_COMPOSE_SIZE;
	return reason;
}

/* The report names what goes with it. */
static void list_annexes(struct work *work, json_t *request, const struct work_parcel *parcel)
{
	bool en = work->config->language[0] == 'e';
	const char *lines = "";
	size_t i;
	json_t *line;
	json_array_foreach(parcel->annexes, i, line) {
		lines = arena_printf(work->arena, "%s%s- %s", lines, i > 0 ? "\n" : "", json_string_value(line));
	}
	if (lines[0] != '\0')
		json_array_append_new(json_object_get(json_object_get(request, "report"), "sections"),
				      json_pack("{s:s, s:s}", "heading", en ? "Attached by the expert" : "Pièces jointes par l'expert", "text", lines));
}

static bool met_before(const struct wanted *wanted, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (wanted[k].inbox == wanted[i].inbox)
			return true;
	return false;
}

static struct wanted wanted_of(const json_t *place, bool elsewhere)
{
	return (struct wanted){.inbox = json_integer_value(json_object_get(place, "inbox")), .digest = json_view(place, "digest"), .elsewhere = elsewhere};
}

/* Of each mail that the opinion rests on; each message in memory of its own, as add_message. */
static enum reason add_annexes(struct work *work, const json_t *list, struct work_parcel *parcel)
{
	size_t n = json_array_size(list);
	struct wanted *wanted = arena_alloc(work->arena, (n + 1) * sizeof *wanted);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < n; i++)
		wanted[i] = wanted_of(json_array_get(list, i), false);
	for (size_t i = 0; reason == REASON_NONE && i < n; i++) {
		struct work one = *work;
		if (met_before(wanted, i))
			continue;
		work_begin(&one);
		reason = annex_files(&one, wanted[i].inbox, wanted, n, parcel);
		work_end(&one);
	}
	return reason;
}

static enum reason add_dossier(struct work *work, const json_t *attach, struct work_parcel *parcel)
{
	const json_t *documents = json_object_get(attach, "documents"), *elsewhere = json_object_get(attach, "elsewhere");
	size_t carried = json_array_size(documents), n = carried + json_array_size(elsewhere);
	struct wanted *wanted = arena_alloc(work->arena, (n + 1) * sizeof *wanted);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < n; i++)
		wanted[i] = wanted_of(i < carried ? json_array_get(documents, i) : json_array_get(elsewhere, i - carried), i >= carried);
	for (size_t i = 0; reason == REASON_NONE && i < n; i++)
		if (!met_before(wanted, i))
			reason = add_message(work, wanted[i].inbox, wanted, n, parcel);
	return reason == REASON_NONE && json_array_size(parcel->list) != carried ? REASON_COMPOSE_FAILED : reason;
}

static void set_codes(struct work *work, json_t *request, const struct work_parcel *parcel)
{
	const char *codes = "";
	size_t i;
	json_t *code;
	json_array_foreach(parcel->codes, i, code) {
		codes = arena_printf(work->arena, "%s%s%s", codes, i > 0 ? "," : "", json_string_value(code));
	}
	if (codes[0] != '\0')
		json_object_set_new(json_object_get(request, "mss"), "codes", json_string(codes));
}

struct job {
	int64_t outbox, tries;
	json_t *request, *attach;
	struct work_mail_row row;
	bool stopped;                /* it waits for a person's look */
};

static enum reason gather(struct work *work, const struct job *job, struct work_parcel *parcel)
{
	struct bytes kind = json_view(job->attach, "kind");
	enum reason reason = REASON_NONE;

	if (bytes_equal_text(kind, "dossier"))
		reason = add_dossier(work, job->attach, parcel);
	else if (bytes_equal_text(kind, "message"))
		reason = add_message(work, json_integer_value(json_object_get(job->attach, "inbox")), NULL, 0, parcel);
	else if (bytes_equal_text(kind, "report"))
		reason = add_annexes(work, json_object_get(job->attach, "annexes"), parcel);
	if (json_array_size(parcel->list) > 0)
		json_object_set(job->request, "attachments", parcel->list);
	if (bytes_equal_text(kind, "dossier"))
		set_codes(work, job->request, parcel);
	if (parcel->sheets != NULL)
		json_object_set(json_object_get(job->request, "dossier_pdf"), "documents", parcel->sheets);
	list_annexes(work, job->request, parcel);
	return reason;
}

/* What makes files, or brings them: which mails are scanned and read again is not for the one that writes them to say. */
static bool may_have_files(const struct job *job)
{
	static const char *const made[] = {"letter", "report", "dossier_pdf"};
	struct bytes kind = json_view(job->attach, "kind");

	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
		if (json_is_object(json_object_get(job->request, made[i])))
			return true;
	return bytes_equal_text(kind, "dossier") || bytes_equal_text(kind, "message") || bytes_equal_text(kind, "report");
}

/* JSON, head, entity. */
static enum reason pieces(struct work *work, struct bytes answer, json_t **told, struct bytes *head, struct bytes *entity)
{
	struct cursor c = cursor_on(answer);
	struct frame json, first, second;

	if (frame_next(&c, &json) && frame_next(&c, &first) && frame_next(&c, &second) && cursor_done(&c)) {
		*told = json_read(json.payload);
		json_array_append_new(work->kept, *told);
		*head = first.payload;
		*entity = second.payload;
		return REASON_NONE;
	}
	c = cursor_on(answer);
	if (!frame_next(&c, &json) || !cursor_done(&c))
		return REASON_FRAME;
	json_t *failure = json_read(json.payload);
	enum reason reason = reason_of_code(json_view(failure, "error"));
	log_event("compose-refused", LOG_BYTES("error", json_view(failure, "error")), LOG_BYTES("field", json_view(failure, "detail")), LOG_END);
	json_decref(failure);
	return reason == REASONS || reason == REASON_NONE ? REASON_FRAME : reason;
}

static enum reason store_chunks(struct work *work, const struct job *job, struct bytes head, struct bytes entity, struct bytes digest, struct body_writer *writer)
{
	struct bytes chunk;
	enum reason reason = body_writer_chunk(writer, bytes_slice(entity, 0, LIMIT_CHUNK), &chunk);

	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, NULL, "select relais.compose_done($1, $2, $3, $4, $5, $6, $7, $8)", P_INT(job->outbox), P_INT(work->session),
				   P_BYTES(head), P_INT(entity.len), P_BYTES(digest), P_BYTES(((struct bytes){writer->sealed, sizeof writer->sealed})),
				   P_TEXT(writer->name), P_BYTES(chunk));
	for (size_t i = 1; reason == REASON_NONE && i * LIMIT_CHUNK < entity.len; i++) {
		reason = body_writer_chunk(writer, bytes_slice(entity, i * LIMIT_CHUNK, LIMIT_CHUNK), &chunk);
		if (reason == REASON_NONE)
			reason = STORE_RUN(work->store, NULL, "select relais.compose_chunk($1, $2::bigint::integer, $3)", P_INT(job->outbox), P_INT(i), P_BYTES(chunk));
	}
	return reason;
}

static enum reason store_entity(struct work *work, const struct job *job, struct bytes head, struct bytes entity, const struct work_look *look)
{
	unsigned char room_of_digest[DIGEST_SHA256];
	struct bytes digest = {room_of_digest, sizeof room_of_digest};
	struct body_writer writer = {0};
	struct keeper_public to;
	unsigned char *room = arena_try(work->arena, BODY_ROOM);
	enum reason reason = room == NULL ? REASON_MEMORY : keeper_client_public(store_keeper(work->store), &to);

	digest_sha256(entity, room_of_digest);
	if (reason == REASON_NONE)
		reason = body_writer_begin(&writer, &to, digest, entity.len, room);
	/* One row is one statement, and needs no transaction around it. */
	bool several = reason == REASON_NONE && (entity.len > LIMIT_CHUNK || look->searched || json_object_size(look->note) > 0);
	if (several)
		reason = store_begin(work->store);
	if (reason == REASON_NONE)
		reason = store_chunks(work, job, head, entity, digest, &writer);
	if (reason == REASON_NONE)
		reason = work_look_keep(work, &job->row, look);
	if (reason == REASON_NONE && several)
		reason = store_commit(work->store);
	if (reason != REASON_NONE && several)
		store_rollback(work->store);
	body_writer_end(&writer);
	return reason;
}

static struct bytes joined(struct work *work, struct bytes head, struct bytes entity)
{
	unsigned char *both = arena_alloc(work->arena, head.len + entity.len + 1);

	memcpy(both, head.at, head.len);
	memcpy(both + head.len, entity.at, entity.len);
	return (struct bytes){both, head.len + entity.len};
}

enum { LOOKS = 5 };

/* A dossier that was opened between the look and the end of its transaction may be meant, too: it is looked once more. */
static enum reason look_and_store(struct work *work, struct job *job, const json_t *answer, struct bytes head, struct bytes entity)
{
	struct bytes mail = joined(work, head, entity);
	enum reason reason = REASON_STORE_CONFLICT;

	for (unsigned i = 0; i < LOOKS && reason == REASON_STORE_CONFLICT; i++) {
		struct work_look look;
		reason = work_look(work, &job->row, answer, mail, head.len, &look);
		job->stopped = reason == REASON_NONE && look.stop != REASON_NONE;
		if (reason == REASON_NONE && !job->stopped)
			reason = store_entity(work, job, head, entity, &look);
		else if (reason == REASON_NONE)
			reason = job->row.dossier != 0 ? work_look_stop(work, &job->row, &look) : look.stop;
		work_look_free(&look);
	}
	return reason;
}

static enum reason compose(struct work *work, struct job *job, struct work_parcel *parcel)
{
	struct bytes answer, head, entity;
	json_t *told = NULL;
	enum reason reason = may_have_files(job) ? work_antivirus_ready(work) : REASON_NONE;

	work->last_try = job->tries >= LIMIT_CLAMD_TRIES;
	if (reason == REASON_NONE)
		reason = gather(work, job, parcel);
	job->row.files = may_have_files(job) || parcel->payload.len > 0;
	if (reason == REASON_NONE)
		reason = oneshot_call(work->compose, work->arena, json_write(work->arena, json_incref(job->request)), buf_bytes(&parcel->payload),
				      LIMIT_COMPOSE_ANSWER, LIMIT_INSPECT_SECONDS * 1000, &answer);
	if (reason == REASON_NONE)
		reason = pieces(work, answer, &told, &head, &entity);
	return reason == REASON_NONE ? look_and_store(work, job, told, head, entity) : reason;
}

static void one_mail(struct work *work, struct job *job)
{
	struct work_parcel parcel = work_parcel_make(json_object_get(job->request, "dossier_pdf") != NULL);
	/* It ended its worker again and again: another try would end the next one. */
	enum reason reason = job->tries > LIMIT_TRIES ? REASON_TRIES_OUT : compose(work, job, &parcel);

	if (reason != REASON_NONE || !job->stopped)
		log_event(reason == REASON_NONE ? "composed" : "not-composed", LOG_NUMBER("outbox", job->outbox), LOG_REASON(reason), LOG_END);
	if (reason != REASON_NONE)
		(void)!STORE_RUN(work->store, NULL, "select relais.compose_failed($1, $2, $3, $4, $5, $6)", P_INT(job->outbox), P_INT(work->session),
				 P_TEXT(reason_code(reason)), P_BOOL(work_is_over(reason, job->tries)), P_BOOL(work_is_ours(reason)), P_BOOL(work_is_away(reason)));
	work_parcel_free(&parcel);
}

bool work_composes(struct work *work)
{
	struct store_rows *rows = NULL;
	work_begin(work);
	enum reason reason = STORE_RUN(work->store, &rows, "select outbox, request, attach, tries::bigint, dossier, form, passed from relais.compose_claim($1)", P_INT(work->session));
	bool found = reason == REASON_NONE && store_count(rows) == 1;

	if (found) {
		json_t *passed = store_is_null(rows, 0, 6) ? NULL : json_read(store_bytes(rows, 0, 6));
		json_array_append_new(work->kept, passed);
		struct job job = {
			.outbox = store_int(rows, 0, 0), .request = json_read(store_bytes(rows, 0, 1)), .attach = json_read(store_bytes(rows, 0, 2)),
			.tries = store_int(rows, 0, 3),
			.row = {.outbox = store_int(rows, 0, 0), .dossier = store_is_null(rows, 0, 4) ? 0 : store_int(rows, 0, 4),
				.sealed = bytes_equal_text(store_bytes(rows, 0, 5), "signed"),
				.passed = passed},
		};
		store_keeper(work->store)->mail = work->composing = job.outbox;
		one_mail(work, &job);
		store_keeper(work->store)->mail = work->composing = 0;
		json_decref(job.request);
		json_decref(job.attach);
	}
	store_free(&rows);
	work_end(work);
	return found;
}

/* gateway/work_read.c - has a message read: verify first, then a second, fresh child for exactly the range it named. */
#include "gateway/work.h"

#include <string.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/open_message.h"
#include "gateway/work_antivirus.h"
#include "gateway/work_opener.h"

/* The JSON of an answer, and its BLOBs in order. */
struct answer {
	json_t *json;
	struct bytes blobs[LIMIT_DOCUMENTS + 2];
	size_t n;
};

static enum reason answer_read(struct bytes bytes, struct answer *out)
{
	struct cursor c = cursor_on(bytes);
	struct frame frame;

	*out = (struct answer){0};
	while (frame_next(&c, &frame)) {
		if (bytes_equal_text(frame.tag, FRAME_JSON) && out->json == NULL)
			out->json = json_read(frame.payload);
		else if (bytes_equal_text(frame.tag, FRAME_BLOB) && out->n < sizeof out->blobs / sizeof out->blobs[0])
			out->blobs[out->n++] = frame.payload;
		else
			c.failed = true;
	}
	if (cursor_done(&c) && json_is_object(out->json))
		return REASON_NONE;
	json_decref(out->json);
	out->json = NULL;
	return REASON_FRAME;
}

static enum reason ask(struct work *work, struct oneshot *reader, json_t *request, struct bytes payload, size_t max, struct answer *out)
{
	struct bytes bytes;
	struct bytes text = json_write(work->arena, request);
	enum reason reason = oneshot_call(reader, work->arena, text, payload, max, LIMIT_INSPECT_SECONDS * 1000, &bytes);

	*out = (struct answer){0};
	return reason == REASON_NONE ? answer_read(bytes, out) : reason;
}

static struct bytes range_of(const json_t *object, const char *key, struct bytes whole)
{
	const json_t *pair = json_object_get(object, key);
	json_int_t offset = json_integer_value(json_array_get(pair, 0)), length = json_integer_value(json_array_get(pair, 1));

	if (json_array_size(pair) != 2 || offset < 0 || length < 0 || (uint64_t)offset > whole.len ||
	    (uint64_t)length > whole.len - (uint64_t)offset)
		return BYTES_NONE;
	return (struct bytes){whole.at + offset, (size_t)length};
}

/* What the second child is given. The content of an opaque signature is set behind the outer header block. */
static void second_payload(struct work *work, struct bytes raw, const struct answer *verified, struct work_facts *out)
{
	struct bytes head = range_of(verified->json, "head", raw);

	if (!json_truth(verified->json, "content") || verified->n == 0) {
		out->payload = raw;
		out->head = head;
		out->range = range_of(verified->json, "range", raw);
		return;
	}
	struct bytes content = verified->blobs[verified->n - 1];
	unsigned char *both = arena_alloc(work->arena, head.len + content.len + 1);
	memcpy(both, head.at, head.len);
	memcpy(both + head.len, content.at, content.len);
	out->payload = (struct bytes){both, head.len + content.len};
	out->head = (struct bytes){both, head.len};
	struct bytes whole = {both + head.len, content.len};
	out->range = range_of(verified->json, "range", whole);
}

static json_t *pair_of(struct bytes part, struct bytes whole)
{
	if (part.at == NULL)
		return json_null();
	return json_pack("[I,I]", (json_int_t)(part.at - whole.at), (json_int_t)part.len);
}

/* What is ours is not masked in the texts of others: the help line, our domain. */
static json_t *inspect_request(const struct config *config, const struct work_facts *facts, const char *op)
{
	struct bytes verdict = json_view(json_object_get(facts->verified, "signature"), "verdict");
	return json_pack("{s:s, s:s, s:n, s:o, s:o, s:b, s:b, s:s, s:[s,s]}", "op", op, "kind", "mail", "name",
			 "head", pair_of(facts->head, facts->payload), "range", pair_of(facts->range, facts->payload),
			 "signed", !bytes_equal_text(verdict, "none"), "schema", 1, "language", config->language, "own", config->phone, config->domain);
}

/* Beyond a refusal by our own scan no library sees the message: its limits are what keeps them safe. */
static bool may_be_parsed(const json_t *verified)
{
	struct bytes verdict = json_view(json_object_get(verified, "scan"), "verdict");
	return bytes_starts(verdict, BYTES("accept"));
}

static enum reason ask_verify(struct work *work, struct bytes raw, const char *mail_from, struct answer *verified)
{
	return ask(work, work->verify, json_pack("{s:s?, s:n, s:n, s:s}", "mail_from", mail_from, "time", "digests", "source", "mail"),
		   raw, 2 * LIMIT_MESSAGE + LIMIT_INSPECT_ANSWER, verified);
}

/* What the encryption itself does not vouch for, only a good signature inside can: without it the sender hears what he hears of a
 * message that does not open, so that nobody learns anything by sending altered ones (EFAIL 2018; RFC 8551 6). */
static enum reason judge_opened(const json_t *verified, bool authenticated, bool deciding)
{
	struct bytes verdict = json_view(json_object_get(verified, "signature"), "verdict");

	if (bytes_equal_text(verdict, "encrypted"))
		return authenticated || !deciding ? REASON_OPEN_TWICE : REASON_OPEN_FAILED;
	return authenticated || !deciding || bytes_equal_text(verdict, "valid") ? REASON_NONE : REASON_OPEN_FAILED;
}

/* What is said of a message that stays closed. */
static void say_why(json_t *verified, enum reason reason)
{
	bool told = reason == REASON_SIG_ENCRYPTED || reason == REASON_OPEN_OTHER || reason == REASON_OPEN_ALGORITHM || reason == REASON_OPEN_TWICE;

	json_object_set_new(json_object_get(verified, "signature"), "reason", json_string(reason_code(told ? reason : REASON_OPEN_FAILED)));
}

/* An encrypted message in the place of which its content stands from here on, read as any message; *raw is then that. deciding: what is not
 * authenticated must be signed; later, when it was decided, its signer may have been revoked. */
static enum reason open_encrypted(struct work *work, int64_t body, const char *mail_from, bool deciding, struct bytes *raw, struct answer *verified)
{
	struct answer inside = {0};
	struct bytes message;
	bool authenticated;
	enum reason reason = work_opener_open(work, body, *raw, &message, &authenticated);

	if (reason == REASON_NONE)
		reason = ask_verify(work, message, mail_from, &inside);
	if (reason == REASON_NONE)
		reason = judge_opened(inside.json, authenticated, deciding);
	if (reason != REASON_NONE) {
		json_decref(inside.json);
		if (reason_entry(reason)->class == REASON_CLASS_LATER || reason_entry(reason)->class == REASON_CLASS_LOCAL)
			return reason;
		say_why(verified->json, reason);
		return REASON_NONE;
	}
	/* The digest names the message as it came. */
	json_object_set(inside.json, "digest", json_object_get(verified->json, "digest"));
	json_object_set_new(inside.json, "opened", json_pack("{s:b}", "authenticated", authenticated));
	json_decref(verified->json);
	*verified = inside;
	*raw = message;
	return REASON_NONE;
}

/* *raw is what was read in the end: an encrypted message's content stands in its place. */
static enum reason verify_raw(struct work *work, int64_t body, struct bytes *raw, const char *mail_from, bool deciding, struct answer *verified, struct work_facts *out)
{
	enum reason reason = ask_verify(work, *raw, mail_from, verified);

	if (reason == REASON_NONE && body != 0 && work->opener != NULL && open_message_wanted(verified->json))
		reason = open_encrypted(work, body, mail_from, deciding, raw, verified);
	if (reason == REASON_NONE) {
		out->verified = verified->json;
		second_payload(work, *raw, verified, out);
	} else {
		json_decref(verified->json);
		verified->json = NULL;
	}
	return reason;
}

/* What the virus scanner keeps apart is kept apart as our own scan does it: who sent it is found out, and nobody reads what it says. */
static void keep_apart(struct answer *verified, enum reason why)
{
	if (why != REASON_NONE)
		json_object_set_new(verified->json, "scan", json_pack("{s:s, s:s, s:[]}", "verdict", "quarantine", "reason", reason_code(why), "anomalies"));
}

static enum reason verify_body(struct work *work, int64_t body, const char *mail_from, struct answer *verified, struct work_facts *out)
{
	struct bytes raw = BYTES_NONE;
	enum reason reason = work_antivirus_ready(work);

	if (reason == REASON_NONE)
		reason = store_body_read(work->store, work->arena, body, &raw);
	const unsigned char *as_it_came = raw.at;

	if (reason == REASON_NONE)
		reason = work_antivirus_message(work, raw, &out->antivirus);
	if (reason == REASON_NONE)
		reason = verify_raw(work, body, &raw, mail_from, true, verified, out);
	/* Of what came encrypted little could be found before it was opened. */
	if (reason == REASON_NONE && raw.at != as_it_came) {
		json_t *inside = NULL;
		reason = work_antivirus_message(work, raw, &inside);
		out->antivirus = work_antivirus_worse(out->antivirus, inside);
	}
	if (reason == REASON_NONE)
		keep_apart(verified, work_antivirus_held(out->antivirus));
	return reason;
}

bool work_is_away(enum reason reason)
{
	return reason == REASON_STORE_DOWN || reason == REASON_STORE_FULL || reason == REASON_KEEPER_AWAY || reason == REASON_ANTIVIRUS_AWAY ||
	       reason == REASON_OPEN_AWAY;
}

bool work_is_ours(enum reason reason)
{
	/* Refused by the keeper: a claim that went with its session, as when the database failed over under it. */
	return reason == REASON_IO || reason == REASON_MEMORY || reason == REASON_SIG_MATERIAL || reason == REASON_KEEPER_KEY ||
	       reason == REASON_KEEPER_REFUSED || work_is_away(reason);
}

bool work_is_over(enum reason reason, int64_t tries)
{
	if (work_is_away(reason))
		return false;
	return reason == REASON_MAIL_VIRUS || tries >= LIMIT_TRIES || (reason_entry(reason)->class == REASON_CLASS_LOCAL && tries >= 2);
}

enum reason work_read(struct work *work, int64_t body, const char *mail_from, struct work_facts *out)
{
	struct answer verified, facts;

	*out = (struct work_facts){.failed = REASON_NONE};
	enum reason reason = verify_body(work, body, mail_from, &verified, out);
	if (reason == REASON_NONE && may_be_parsed(out->verified) && out->range.at != NULL) {
		reason = ask(work, work->inspect, inspect_request(work->config, out, "facts"), out->payload, LIMIT_INSPECT_ANSWER, &facts);
		if (reason == REASON_NONE)
			out->facts = facts.json;
	}
	/* Not being able to ask is our trouble: the message waits. Anything else is a fact about the message. */
	if (work_is_ours(reason) || reason_entry(reason)->class == REASON_CLASS_LOCAL ||
	    (out->verified == NULL && reason_entry(reason)->class == REASON_CLASS_LATER && reason != REASON_FRAME))
		return reason;
	out->failed = reason;
	return REASON_NONE;
}

static enum reason keep_piece(struct work *work, struct bytes digest)
{
	struct answer answer;
	enum reason reason = ask(work, work->verify, json_pack("{s:s, s:o}", "op", "material", "digest", json_of(digest)), BYTES_NONE,
				 LIMIT_CRL + LIMIT_INSPECT_ANSWER, &answer);

	if (reason != REASON_NONE)
		return reason;
	struct bytes kind = json_view(answer.json, "kind");
	if (kind.len == 0 || answer.n != 1)
		reason = REASON_SIG_MATERIAL;
	else
		reason = STORE_RUN(work->store, NULL, "select relais.material_keep($1, $2)", P_TEXT_B(kind), P_BYTES(answer.blobs[0]));
	json_decref(answer.json);
	return reason;
}

enum reason work_keep_material(struct work *work, const struct work_facts *facts)
{
	struct store_rows *rows = NULL;
	const struct bytes *named;
	size_t n = json_views(work->arena, json_object_get(facts->verified, "signature"), "material", &named);

	if (n == 0)
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.material_missing($1)", P_TEXTS(named, n));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = keep_piece(work, store_bytes(rows, i, 0));
	store_free(&rows);
	return reason;
}

void work_facts_free(struct work_facts *facts)
{
	json_decref(facts->verified);
	json_decref(facts->facts);
	json_decref(facts->antivirus);
	*facts = (struct work_facts){0};
}

enum reason work_extract(struct work *work, int64_t body, struct work_file **out, size_t *n, json_t **list)
{
	struct bytes raw;
	enum reason reason = store_body_read(work->store, work->arena, body, &raw);

	return reason == REASON_NONE ? work_extract_raw(work, body, raw, out, n, list) : reason;
}

/* NONE: it can be read. What stays closed has documents, too: it must not be taken for a message without any. */
static enum reason closed(const json_t *verified)
{
	const json_t *signature = json_object_get(verified, "signature");
	enum reason why = reason_of_code(json_view(signature, "reason"));

	if (!bytes_equal_text(json_view(signature, "verdict"), "encrypted"))
		return REASON_NONE;
	return why == REASONS || why == REASON_NONE ? REASON_SIG_ENCRYPTED : why;
}

enum reason work_extract_raw(struct work *work, int64_t body, struct bytes raw, struct work_file **out, size_t *n, json_t **list)
{
	struct work_facts facts = {0};
	struct answer verified, extracted = {0};
	enum reason reason = verify_raw(work, body, &raw, NULL, false, &verified, &facts);

	if (reason == REASON_NONE)
		reason = closed(facts.verified);
	if (reason == REASON_NONE)
		reason = ask(work, work->inspect, inspect_request(work->config, &facts, "extract"), facts.payload, LIMIT_EXTRACT_ANSWER, &extracted);
	work_facts_free(&facts);
	if (reason != REASON_NONE)
		return reason;
	json_t *documents = json_object_get(extracted.json, "documents");
	if (json_array_size(documents) != extracted.n) {
		json_decref(extracted.json);
		return REASON_FRAME;
	}
	struct work_file *files = arena_alloc(work->arena, (extracted.n + 1) * sizeof *files);
	for (size_t i = 0; i < extracted.n; i++) {
		json_t *d = json_array_get(documents, i);
		files[i] = (struct work_file){json_view(d, "name"), json_view(d, "media"), extracted.blobs[i], d};
	}
	*out = files;
	*n = extracted.n;
	*list = extracted.json;
	return REASON_NONE;
}

/* What came back, or that its reader did not end well. */
static enum reason normal_read(const struct answer *answer, struct work_normal *out)
{
	size_t n = 0;
	bool text = json_truth(answer->json, "text"), file = json_truth(answer->json, "file");

	if (answer->n != (size_t)text + (size_t)file)
		return REASON_FRAME;
	enum reason reason = reason_of_code(json_view(answer->json, "reason"));
	*out = (struct work_normal){
		.pages = (size_t)json_integer_value(json_object_get(answer->json, "pages")),
		.left = (size_t)json_integer_value(json_object_get(answer->json, "left")),
		.reason = reason == REASONS ? REASON_MAIL_UNREADABLE : reason,
	};
	if (text)
		out->text = answer->blobs[n++];
	if (file)
		out->file = answer->blobs[n];
	return REASON_NONE;
}

enum reason work_normalise(struct work *work, struct bytes content, struct work_normal *out)
{
	struct answer answer;
	json_t *request = json_pack("{s:s, s:s, s:[i,I]}", "op", "normalise", "kind", "other", "range", 0, (json_int_t)content.len);
	enum reason reason = ask(work, work->inspect, request, content, LIMIT_EXTRACT_ANSWER, &answer);

	*out = (struct work_normal){.reason = reason == REASON_MAIL_TIME ? REASON_MAIL_TIME : REASON_MAIL_UNREADABLE};
	if (work_is_ours(reason))
		return reason;
	if (reason == REASON_NONE) {
		reason = normal_read(&answer, out);
		out->media = arena_copy(work->arena, json_view(answer.json, "media"));
		json_decref(answer.json);
	}
	return REASON_NONE;
}

/* gateway/verify_message.c - see verify_message.h. */
#include "gateway/verify_message.h"

#include <time.h>

#include "base/limits.h"
#include "certs/verify.h"
#include "gateway/json_view.h"
#include "smtp/scan.h"
#include "smtp/scan_field.h"
#include "smtp/trace.h"

enum kind { KIND_MAIL, KIND_CMS, KIND_OTHER };

struct task {
	struct arena *arena;
	const struct verify_warm *warm;
	bool file, null_sender;
	struct instant at;
	unsigned digests;

	enum kind kind;
	struct bytes message;          /* normalised, or the payload itself */
	bool normalised;
	struct scan scan;
	struct verify_facts facts;
	struct scan_range range;
	bool covers, content;
};

/* --- request ----------------------------------------------------------------- */

static struct instant now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct instant){(int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000};
}

static bool read_request(struct bytes text, struct task *task)
{
	json_t *request = json_read(text);
	struct bytes source = json_view(request, "source"), digests = json_view(request, "digests");
	const json_t *sender = json_object_get(request, "mail_from");
	struct bytes mail_from = json_view(request, "mail_from");
	bool good = json_is_object(request) && (bytes_equal_text(source, "mail") || bytes_equal_text(source, "file"));

	task->file = bytes_equal_text(source, "file");
	if (json_is_string(sender))
		task->null_sender = mail_from.len == 0 || bytes_equal_text(mail_from, "<>");
	else
		task->null_sender = !task->file;
	task->at = now();
	if (json_is_string(json_object_get(request, "time")))
		good = good && json_instant(request, "time", &task->at);
	task->digests = task->warm->digests;
	if (digests.len > 0)
		good = good && verify_digests_read(digests, &task->digests) && (task->file || (task->digests & VERIFY_SHA1) == 0);
	json_decref(request);
	return good;
}

/* --- what kind of file --------------------------------------------------------- */

/* A mail begins with a letter or "From "; these begin otherwise, and some are found in folders of mails. */
static bool is_binary(struct bytes a)
{
	struct bytes start = bytes_slice(a, 0, 512), text = bytes_trim(start);

	return start.len == 0 || bytes_find_byte(start, '\0', 0) < start.len || bytes_starts(start, BYTES("PK\3\4")) ||
	       bytes_starts(start, BYTES("PK\5\6")) || bytes_starts(start, BYTES("%PDF-")) || bytes_starts(text, BYTES("<")) ||
	       bytes_starts(start, BYTES("\xef\xbb\xbf<"));
}

static bool is_cms(struct bytes a)
{
	return scan_cms_kind(bytes_slice(a, 0, 64)) != SCAN_CMS_NOT;
}

/* The DER inside "-----BEGIN CMS-----" or PKCS7, or nothing. */
static enum reason read_pem(struct arena *arena, struct bytes a, struct bytes *out)
{
	static const struct bytes begins[] = {BYTES_OF("-----BEGIN CMS-----"), BYTES_OF("-----BEGIN PKCS7-----")};

	*out = BYTES_NONE;
	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
		if (!bytes_starts(a, begins[i]))
			continue;
		struct bytes text = bytes_from(a, begins[i].len);
		text.len = bytes_find(text, BYTES("-----END"), 0);
		return scan_decode(arena, text, SCAN_BASE64, out);
	}
	return REASON_MAIL_BAD_ENCODING;
}

static enum reason find_kind(struct task *task, struct bytes payload)
{
	struct bytes der;

	task->kind = KIND_MAIL;
	task->message = payload;
	if (!task->file)
		return REASON_NONE;
	enum reason reason = read_pem(task->arena, payload, &der);
	if (reason == REASON_MEMORY)
		return reason;
	if (reason == REASON_NONE)
		task->message = der;
	if (reason == REASON_NONE || is_cms(payload)) {
		task->kind = KIND_CMS;
	} else if (is_binary(payload)) {
		task->kind = KIND_OTHER;
	} else {
		if (!scan_normalise(task->arena, payload, &task->message))
			return REASON_MEMORY;
		task->normalised = task->message.at != payload.at || task->message.len != payload.len;
	}
	return REASON_NONE;
}

/* --- verdicts -------------------------------------------------------------------- */

static void say(struct task *task, enum verify_verdict verdict, enum reason reason)
{
	task->facts = (struct verify_facts){.verdict = verdict, .reason = reason};
}

static struct bytes slice(const struct task *task, struct scan_range range)
{
	return bytes_slice(task->message, range.at, range.len);
}

static enum reason verify(struct task *task, struct bytes cms, bool detached)
{
	const struct verify_request request = {
		.cms = cms,
		.detached = detached,
		.content = detached ? slice(task, task->scan.entity) : BYTES_NONE,
		.from = task->scan.address,
		.at = task->at,
		.digests = task->digests,
	};

	return verify_cms(task->arena, task->warm->trust, &request, &task->facts);
}

static enum reason judge_detached(struct task *task)
{
	struct bytes cms;
	enum reason reason = scan_decode(task->arena, slice(task, task->scan.cms), task->scan.cms_encoding, &cms);

	task->range = task->scan.entity;
	task->covers = true;
	if (reason == REASON_MEMORY)
		return reason;
	if (reason == REASON_NONE)
		return verify(task, cms, true);
	say(task, VERIFY_MALFORMED, REASON_SIG_MALFORMED);
	return REASON_NONE;
}

/* The content is a MIME entity of its own: it has to pass the same limits before a library sees it. */
static void judge_content(struct task *task)
{
	struct scan inner;

	scan_entity(task->facts.content, &inner);
	task->content = true;
	task->covers = true;
	task->range = (struct scan_range){0, inner.unsafe ? 0 : task->facts.content.len};
	for (size_t i = 0; i < inner.n_anomalies && task->scan.n_anomalies < SCAN_ANOMALIES; i++)
		task->scan.anomalies[task->scan.n_anomalies++] = inner.anomalies[i];
	if (inner.verdict > task->scan.verdict) {
		task->scan.verdict = inner.verdict;
		task->scan.reason = inner.reason;
	}
}

static enum reason judge_opaque(struct task *task)
{
	struct bytes cms = BYTES_NONE;
	enum reason reason = scan_decode(task->arena, slice(task, task->scan.cms), task->scan.cms_encoding, &cms);

	if (reason == REASON_MEMORY)
		return reason;
	if (reason != REASON_NONE) {
		say(task, VERIFY_MALFORMED, REASON_SIG_MALFORMED);
		return REASON_NONE;
	}
	/* The OID decides, before anything else is parsed (attacks S12, S17). */
	if (scan_cms_kind(cms) == SCAN_CMS_ENCRYPTED) {
		say(task, VERIFY_ENCRYPTED, REASON_SIG_ENCRYPTED);
		return REASON_NONE;
	}
	reason = verify(task, cms, false);
	if (reason == REASON_NONE && task->facts.content.len > 0)
		judge_content(task);
	return reason;
}

static enum reason judge_mail(struct task *task)
{
	scan_message(task->message, task->null_sender, &task->scan);
	task->range = (struct scan_range){0, task->scan.unsafe ? 0 : task->message.len};
	switch (task->scan.layer) {
	case SCAN_LAYER_SIGNED:
		if (task->scan.unsafe)
			break;
		return judge_detached(task);
	case SCAN_LAYER_OPAQUE:
		return judge_opaque(task);
	case SCAN_LAYER_MALFORMED:
		say(task, VERIFY_MALFORMED, REASON_SIG_MALFORMED);
		return REASON_NONE;
	case SCAN_LAYER_PARTIAL:
		say(task, VERIFY_PARTIAL, REASON_SIG_PARTIAL);
		return REASON_NONE;
	case SCAN_LAYER_ENCRYPTED:
		say(task, VERIFY_ENCRYPTED, REASON_SIG_ENCRYPTED);
		return REASON_NONE;
	case SCAN_LAYER_NONE:
		if (task->scan.inner == SCAN_CMS_ENCRYPTED)
			say(task, VERIFY_ENCRYPTED, REASON_SIG_ENCRYPTED);
		else if (task->scan.inner != SCAN_CMS_NOT)
			say(task, VERIFY_PARTIAL, REASON_SIG_PARTIAL);
		else
			say(task, VERIFY_NONE, REASON_SIG_NONE);
		return REASON_NONE;
	}
	/* Over the limits: not looked into, so not believed either. */
	say(task, VERIFY_MALFORMED, REASON_SIG_MALFORMED);
	return REASON_NONE;
}

static enum reason judge_cms(struct task *task)
{
	enum reason reason = verify(task, task->message, false);

	/* A file on its own is no message: what is not signed-data has no signer, encrypted or not. */
	if (reason == REASON_NONE && task->facts.verdict == VERIFY_ENCRYPTED)
		say(task, VERIFY_NONE, REASON_SIG_NONE);
	return reason;
}

/* --- answer ------------------------------------------------------------------------ */

static json_t *json_range(struct scan_range range)
{
	return json_pack("[I,I]", (json_int_t)range.at, (json_int_t)range.len);
}

static json_t *json_or_null(struct bytes text)
{
	return text.len == 0 ? json_null() : json_of(text);
}

static json_t *json_scan(const struct scan *scan)
{
	json_t *anomalies = json_array();

	for (size_t i = 0; i < scan->n_anomalies; i++)
		json_array_append_new(anomalies, json_string(reason_code(scan->anomalies[i])));
	return json_pack("{s:s, s:s, s:o}", "verdict", scan_verdict_name(scan->verdict), "reason", reason_code(scan->reason),
			 "anomalies", anomalies);
}

static json_t *json_from(struct task *task)
{
	struct bytes domain = arena_copy(task->arena, task->scan.domain);

	if (task->scan.address.len == 0)
		return json_null();
	for (size_t i = 0; i < domain.len; i++)
		if (domain.at[i] >= 'A' && domain.at[i] <= 'Z')
			((unsigned char *)domain.at)[i] = (unsigned char)(domain.at[i] + 32);
	return json_pack("{s:o, s:o}", "address", json_of(task->scan.address), "domain", json_of(domain));
}

static json_t *json_crls(const struct verify_facts *facts)
{
	json_t *crls = json_array();

	for (size_t i = 0; i < facts->n_crls; i++)
		json_array_append_new(crls, json_pack("{s:o, s:o, s:o}", "issuer", json_of(facts->crls[i].issuer), "number",
						      json_or_null(facts->crls[i].number), "digest", json_of(facts->crls[i].digest)));
	return crls;
}

static json_t *json_texts(const struct bytes *list, size_t n)
{
	json_t *texts = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(texts, json_of(list[i]));
	return texts;
}

static json_t *json_signers(const struct verify_facts *facts)
{
	json_t *signers = json_array();

	for (size_t i = 0; i < facts->n_signers; i++) {
		const struct verify_signer *one = &facts->signers[i];
		json_array_append_new(signers, json_pack("{s:s, s:s, s:o, s:o}", "verdict", verify_verdict_name(one->verdict), "reason",
							 reason_code(one->reason), "subject", json_or_null(one->subject), "fingerprint",
							 json_or_null(one->fingerprint)));
	}
	return signers;
}

static json_t *json_signature(const struct task *task)
{
	const struct verify_facts *f = &task->facts;
	bool bound = f->bound && f->verdict == VERIFY_VALID;

	return json_pack("{s:s, s:s, s:o, s:o, s:s?, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:s}",
			 "verdict", verify_verdict_name(f->verdict), "bound", bound ? "from" : "none",
			 "signer", json_or_null(f->signer), "email", json_or_null(f->email), "digest", f->digest,
			 "reason", reason_code(f->reason), "fingerprint", json_or_null(f->fingerprint),
			 "subject", json_or_null(f->subject), "issuer", json_or_null(f->issuer), "serial", json_or_null(f->serial),
			 "time", f->has_time ? json_of_instant(f->time) : json_null(), "checked_at", json_of_instant(task->at),
			 "crls", json_crls(f), "chain", json_texts(f->chain, f->n_chain), "material", json_texts(f->material, f->n_material),
			 "signers", json_signers(f), "revocation", trust_checks_revocation(task->warm->trust), "measure",
			 verify_digests_name(task->digests));
}

/* The Message-ID, by which a message is found again when nothing else of it could be read. */
static struct bytes message_id(const struct task *task)
{
	struct bytes head = slice(task, task->scan.head), line;
	size_t at = 0;

	while (scan_line_next(head, &at, &line)) {
		if (!bytes_starts_nocase(line, BYTES("Message-ID:")))
			continue;
		struct bytes id = bytes_trim(bytes_from(line, 11));
		if (id.len == 0 && scan_line_next(head, &at, &line))
			id = bytes_trim(line);   /* folded right behind the colon */
		size_t end = bytes_find_byte(id, '>', 0);
		if (id.len < LIMIT_LINE && end < id.len && id.at[0] == '<' && bytes_utf8(id))
			return bytes_slice(id, 0, end + 1);
	}
	return BYTES_NONE;
}

/* Without the trace fields that relays add, the same message has the same digest each time it comes. */
static const char *range_digest(struct task *task)
{
	char *text = arena_alloc(task->arena, VERIFY_DIGEST_TEXT);
	struct bytes whole = task->content ? task->facts.content : task->message;
	struct scan_range range = task->range;

	if (!task->content && range.at == 0 && task->kind == KIND_MAIL)
		range = task->scan.body;
	verify_digest(bytes_slice(whole, range.at, range.len), text);
	return text;
}

static json_t *json_answer(struct task *task, const char *digest)
{
	static const char *const kinds[] = {"mail", "cms", "other"};
	bool mail = task->kind == KIND_MAIL;

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:b, s:b, s:b, s:s, s:s, s:o, s:o, s:o}", "scan", json_scan(&task->scan),
			 "kind", kinds[task->kind], "from", json_from(task),
			 "head", mail ? json_range(task->scan.head) : json_null(), "range", json_range(task->range),
			 "covers", task->covers, "content", task->content, "normalised", task->normalised, "digest", digest,
			 "range_digest", range_digest(task), "message_id", mail ? json_or_null(message_id(task)) : json_null(),
			 "received_by", mail ? json_or_null(trace_by(slice(task, task->scan.head))) : json_null(),
			 "signature", json_signature(task));
}

enum reason verify_message(struct arena *arena, const struct verify_warm *warm, struct bytes request, struct bytes payload,
			   struct verify_answer *out)
{
	struct task task = {.arena = arena, .warm = warm};
	char digest[VERIFY_DIGEST_TEXT];
	enum reason reason = REASON_FRAME;

	if (read_request(request, &task))
		reason = find_kind(&task, payload);
	if (reason != REASON_NONE)
		return reason;
	task.range = (struct scan_range){0, task.message.len};
	say(&task, VERIFY_NONE, REASON_SIG_NONE);
	if (task.kind == KIND_MAIL)
		reason = judge_mail(&task);
	else if (task.kind == KIND_CMS)
		reason = judge_cms(&task);
	if (reason != REASON_NONE)
		return reason;
	verify_digest(payload, digest);
	json_t *json = json_answer(&task, digest);
	if (json == NULL)
		return REASON_MEMORY;
	*out = (struct verify_answer){.json = json_write(arena, json)};
	if (task.normalised)
		out->blobs[out->n++] = task.message;
	if (task.content)
		out->blobs[out->n++] = task.facts.content;
	return REASON_NONE;
}

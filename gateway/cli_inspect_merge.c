/* gateway/cli_inspect_merge.c - see cli_inspect_merge.h. */
#include "gateway/cli_inspect_merge.h"

#include <stdio.h>
#include <string.h>

#include "gateway/json_view.h"

enum { ACCEPT, ACCEPT_TOLERANT, QUARANTINE, REFUSE };
static const char *const verdicts[] = {"accept", "accept-tolerant", "quarantine", "refuse"};

struct verdict {
	int rank;
	enum reason reason;
};

static int rank_of(struct bytes name)
{
	for (int i = ACCEPT; i <= REFUSE; i++)
		if (bytes_equal_text(name, verdicts[i]))
			return i;
	return QUARANTINE;
}

/* The verdict and reason of one answer; none when it is not there. */
static struct verdict verdict_in(const json_t *object)
{
	if (!json_is_object(object))
		return (struct verdict){ACCEPT, REASON_NONE};
	enum reason reason = reason_of_code(json_view(object, "reason"));
	return (struct verdict){rank_of(json_view(object, "verdict")), reason == REASONS ? REASON_MAIL_UNREADABLE : reason};
}

static struct verdict worst(const struct inspect_answers *a)
{
	struct verdict found[] = {
		verdict_in(json_object_get(a->verified, "scan")),
		verdict_in(a->facts),
	};
	struct verdict out = {ACCEPT, REASON_NONE};

	if (a->failed != REASON_NONE) {
		bool refused = reason_entry(a->failed)->class == REASON_CLASS_REFUSED;
		out = (struct verdict){refused ? REFUSE : QUARANTINE, a->failed};
	}
	for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
		if (found[i].rank > out.rank)
			out = found[i];
	return out;
}

/* "550 5.6.0", or null: what an SMTP peer would have been told. */
static json_t *smtp_json(struct verdict verdict)
{
	const struct reason_entry *entry = reason_entry(verdict.reason);
	char text[32];

	if (verdict.rank != REFUSE || entry->smtp == 0)
		return json_null();
	snprintf(text, sizeof text, "%d %s", entry->smtp, entry->enhanced);
	return json_string(text);
}

/* A copy of the members named, each null when it is absent. */
static json_t *only(const json_t *from, const char *const *keys, size_t n)
{
	json_t *out = json_object();
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(from, keys[i]);
		json_object_set_new(out, keys[i], value == NULL ? json_null() : json_deep_copy(value));
	}
	return out;
}
#define ONLY(from, keys) only((from), (keys), sizeof(keys) / sizeof((keys)[0]))

static json_t *signature_json(const struct inspect_answers *a)
{
	static const char *const keys[] = {"verdict", "bound", "signer", "email", "digest", "reason"};
	const json_t *signature = json_object_get(a->verified, "signature");

	if (json_is_object(signature))
		return ONLY(signature, keys);
	return json_pack("{s:s, s:s, s:n, s:n, s:n, s:s}", "verdict", "none", "bound", "none", "signer", "email", "digest", "reason",
			 reason_code(a->failed != REASON_NONE ? a->failed : REASON_SIG_NONE));
}

static json_t *report_json(const json_t *report)
{
	static const char *const keys[] = {"address", "action", "status", "disposition"};
	size_t i;
	json_t *recipient;

	if (!json_is_object(report))
		return json_null();
	json_t *recipients = json_array();
	json_array_foreach(json_object_get(report, "recipients"), i, recipient) {
		json_array_append_new(recipients, ONLY(recipient, keys));
	}
	return json_pack("{s:O, s:o}", "type", json_object_get(report, "type"), "recipients", recipients);
}

static json_t *document_json(const json_t *document)
{
	static const char *const keys[] = {
		"name", "kind", "type", "title", "realm", "id", "set_id", "version", "replaces", "time", "level", "patient",
		"authors", "data_enterer", "legal_authenticator", "custodian", "orders", "embedded", "answers", "definition", "sections", "schema", "schematron", "findings",
		"action", "masking", "foreign", "aside",
	};
	static const char *const author_keys[] = {"id", "name", "organization"};
	json_t *out = ONLY(document, keys), *authors = json_array(), *author;
	size_t i;

	json_array_foreach(json_object_get(document, "authors"), i, author) {
		json_array_append_new(authors, ONLY(author, author_keys));
	}
	json_object_set_new(out, "authors", authors);
	return out;
}

static json_t *documents_json(const json_t *facts)
{
	json_t *out = json_array(), *document;
	size_t i;

	json_array_foreach(json_object_get(facts, "documents"), i, document) {
		json_array_append_new(out, document_json(document));
	}
	return out;
}

static void add_once(json_t *list, json_t *more)
{
	size_t i, k;
	json_t *value, *known;

	json_array_foreach(more, i, value) {
		bool seen = false;
		json_array_foreach(list, k, known) {
			seen = seen || json_equal(known, value);
		}
		if (!seen)
			json_array_append(list, value);
	}
}

static json_t *anomalies_json(const struct inspect_answers *a)
{
	json_t *out = json_array();
	add_once(out, json_object_get(json_object_get(a->verified, "scan"), "anomalies"));
	add_once(out, json_object_get(a->facts, "anomalies"));
	return out;
}

static json_t *copy_or_null(const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);
	return value == NULL ? json_null() : json_deep_copy(value);
}

json_t *cli_inspect_merge(const struct inspect_answers *a)
{
	struct verdict verdict = worst(a);
	const struct reason_entry *entry = reason_entry(verdict.reason);
	const json_t *class = json_object_get(a->facts, "class");
	json_t *out = json_object();

	json_object_set_new(out, "file", json_of(bytes_of_text(a->file)));
	json_object_set_new(out, "kind", json_string(a->kind));
	json_object_set_new(out, "verdict", json_string(verdicts[verdict.rank]));
	json_object_set_new(out, "reason", json_string(entry->code));
	json_object_set_new(out, "smtp", smtp_json(verdict));
	json_object_set_new(out, "message", json_string(a->french ? entry->fr : entry->en));
	json_object_set_new(out, "signature", signature_json(a));
	json_object_set_new(out, "class", class == NULL ? json_string("unknown") : json_deep_copy(class));
	json_object_set_new(out, "auto", json_boolean(json_truth(a->facts, "auto")));
	json_object_set_new(out, "report", report_json(json_object_get(a->facts, "report")));
	json_object_set_new(out, "documents", documents_json(a->facts));
	json_object_set_new(out, "archive", copy_or_null(a->facts, "archive"));
	json_object_set_new(out, "anomalies", anomalies_json(a));
	json_object_set_new(out, "new_text", copy_or_null(a->facts, "new_text"));
	return out;
}

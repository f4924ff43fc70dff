/* gateway/work_facts.c - from what the readers said (JSON) to the values that the policy looks at. */
#include "gateway/work.h"

#include "gateway/json_view.h"
#include "policy/identity.h"
#include "smtp/trace.h"

static enum reason reason_of(const json_t *object, const char *key)
{
	enum reason reason = reason_of_code(json_view(object, key));
	return reason == REASONS ? REASON_NONE : reason;
}

/* root^extension, or what there is of it. */
static struct bytes id_text(struct arena *arena, const json_t *id)
{
	struct bytes root = json_view(id, "root"), extension = json_view(id, "extension");
	if (extension.len == 0)
		return root;
	if (root.len == 0)
		return extension;
	return bytes_of_text(arena_printf(arena, "%.*s^%.*s", (int)root.len, (const char *)root.at, (int)extension.len, (const char *)extension.at));
}

/* An id stands as text, or as {root, extension}. */
static struct bytes any_id(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_object(value) ? id_text(arena, value) : json_text_view(value);
}

static void patient_view(struct arena *arena, const json_t *o, struct policy_patient *out)
{
	const json_t *list = json_object_get(o, "ids");
	struct policy_id *ids = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *ids);
	size_t i;
	json_t *id;

	*out = (struct policy_patient){
		.family_birth = json_view(o, "family_birth"), .given_birth_first = json_view(o, "given_birth_first"),
		.given_birth_all = json_view(o, "given_birth_all"), .birth_time = json_view(o, "birth_time"),
		.sex = json_view(o, "sex"), .birth_place = json_view(o, "birth_place"),
		.family_used = json_view(o, "family_used"), .given_used = json_view(o, "given_used"),
	};
	json_array_foreach(list, i, id) {
		ids[i] = (struct policy_id){json_view(id, "root"), json_view(id, "extension")};
	}
	identity_from_ids(ids, json_array_size(list), out);
}

static struct bytes organisation_of(struct arena *arena, const json_t *author)
{
	struct bytes id = any_id(arena, author, "organization_id");
	return id.len > 0 ? id : json_view(author, "organization");
}

static enum policy_kind kind_of(struct bytes name)
{
	if (bytes_equal_text(name, "cda"))
		return POLICY_KIND_CDA;
	if (bytes_equal_text(name, "pdf"))
		return POLICY_KIND_PDF;
	if (bytes_equal_text(name, "jpeg") || bytes_equal_text(name, "png") || bytes_equal_text(name, "tiff"))
		return POLICY_KIND_IMAGE;
	return POLICY_KIND_OTHER;
}

static void authors_view(struct arena *arena, const json_t *o, struct policy_document *out)
{
	const json_t *list = json_object_get(o, "authors"), *custodian = json_object_get(o, "custodian");
	struct policy_author *authors = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *authors);
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		authors[i] = (struct policy_author){any_id(arena, a, "id"), json_view(a, "name"), organisation_of(arena, a),
						    json_view(a, "organization")};
	}
	out->authors = authors;
	out->n_authors = json_array_size(list);
	out->custodian = (struct policy_author){any_id(arena, custodian, "id"), json_view(custodian, "name"), any_id(arena, custodian, "id"),
						json_view(custodian, "name")};
}

static enum policy_action action_of(struct bytes name)
{
	return bytes_equal_text(name, "delete")	   ? POLICY_ACTION_DELETE
	       : bytes_equal_text(name, "replace") ? POLICY_ACTION_REPLACE
						   : POLICY_ACTION_NEW;
}

static void masking_view(const json_t *o, struct policy_document *d)
{
	size_t i;
	json_t *word;

	json_array_foreach(json_object_get(o, "masking"), i, word) {
		struct bytes name = json_text_view(word);
		d->masked_patient |= bytes_equal_text(name, "patient");
		d->masked_professionals |= bytes_equal_text(name, "professionals");
		d->masked_representatives |= bytes_equal_text(name, "representatives");
	}
}

static void labelled_view(const json_t *o, struct policy_document *d)
{
	const json_t *labelled = json_object_get(o, "labelled");
	d->labelled = (struct policy_id){json_view(labelled, "root"), json_view(labelled, "extension")};
}

/* Of a document of another country's rules nothing is believed: neither its patient nor its number, its author or its date. That its package
 * is another patient's is. */
static struct policy_document foreign_view(const json_t *o)
{
	struct policy_document d = {
		.name = json_view(o, "name"), .digest = json_view(o, "digest"), .foreign = true, .reason = reason_of(o, "reason"),
		.size = (uint64_t)json_integer_value(json_object_get(o, "size")), .aside = json_truth(o, "aside"),
	};
	masking_view(o, &d);
	labelled_view(o, &d);
	return d;
}

static struct policy_document document_view(struct arena *arena, const json_t *o)
{
	if (json_truth(o, "foreign"))
		return foreign_view(o);
	const json_t *patient = json_object_get(o, "patient"), *size = json_object_get(o, "size");
	struct policy_document d = {
		.kind = kind_of(json_view(o, "kind")), .name = json_view(o, "name"), .id = any_id(arena, o, "id"),
		.set_id = any_id(arena, o, "set_id"), .replaces = any_id(arena, o, "replaces"), .type = json_view(o, "type"),
		.title = json_view(o, "title"), .digest = json_view(o, "digest"), .size = (uint64_t)json_integer_value(size),
		.realm_fr = bytes_equal_text(json_view(o, "realm"), "FR"), .has_patient = json_is_object(patient),
		.action = action_of(json_view(o, "action")), .aside = json_truth(o, "aside"), .reason = reason_of(o, "reason"),
	};
	masking_view(o, &d);
	d.is_annex = json_view(o, "annex").len > 0;
	d.annex = d.is_annex ? reason_of(o, "annex") : REASON_NONE;
	labelled_view(o, &d);
	d.part_of = json_view(o, "part_of");
	const json_t *version = json_object_get(o, "version");
	d.version = json_is_integer(version) ? bytes_of_text(arena_printf(arena, "%lld", (long long)json_integer_value(version)))
					     : json_text_view(version);
	struct bytes time = json_view(o, "time");
	d.timed = instant_read(time, &d.time) || instant_read_hl7(time, &d.time);
	authors_view(arena, o, &d);
	d.entered_by = json_view(json_object_get(o, "data_enterer"), "name");
	d.orders.n = json_views(arena, o, "orders", &d.orders.at);
	if (d.has_patient)
		patient_view(arena, patient, &d.patient);
	return d;
}

/* The same file beside the archive that holds it asks nothing twice. */
static bool came_before(const json_t *documents, size_t i)
{
	struct bytes digest = json_view(json_array_get(documents, i), "digest");

	for (size_t k = 0; digest.len > 0 && k < i; k++)
		if (bytes_equal_nocase(json_view(json_array_get(documents, k), "digest"), digest))
			return true;
	return false;
}

/* root^extension of the definition that was filled in, and its version where it is told. */
static struct bytes form_text(struct arena *arena, const json_t *form)
{
	struct bytes id = json_view(form, "id"), version = json_view(form, "version");

	if (id.len == 0 || version.len == 0)
		return id;
	return bytes_of_text(arena_printf(arena, "%.*s#%.*s", (int)id.len, (const char *)id.at, (int)version.len, (const char *)version.at));
}

static struct policy_answer answer_view(struct arena *arena, const json_t *a)
{
	return (struct policy_answer){
		.question = json_view(a, "question"), .text = json_view(a, "text"), .value = json_view(a, "value"),
		.kind = policy_answer_kind_of_name(json_view(a, "kind")), .label = json_view(a, "label"), .unit = json_view(a, "unit"),
		.null = json_view(a, "null"), .section = json_view(a, "section"), .form = form_text(arena, json_object_get(a, "form")),
	};
}

/* Sections that say why the opinion is asked (LOINC): reason for referral, reason for visit, chief complaint. */
static bool asks(struct bytes code)
{
	static const char *const codes[] = {"42349-1", "29299-5", "46239-0", "10154-3"};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (bytes_equal_text(code, codes[i]))
			return true;
	return false;
}

/* A section of a physician's request: a question to the expert, or what he is to know. */
static struct policy_answer section_view(struct arena *arena, const json_t *s, unsigned *questions)
{
	struct bytes code = json_view(s, "code");
	const char *id = asks(code) ? arena_printf(arena, "question.%u", ++*questions)
				    : arena_printf(arena, "section.%.*s", (int)code.len, (const char *)code.at);

	return (struct policy_answer){
		.question = bytes_of_text(id), .text = json_view(s, "title"), .value = json_view(s, "text"), .kind = POLICY_ANSWER_SECTION,
	};
}

/* What is asked stands in the request itself: a French questionnaire or physician's request. */
static bool speaks(const json_t *documents, size_t i)
{
	const json_t *d = json_array_get(documents, i);
	struct bytes type = json_view(d, "type");
	bool request = bytes_equal_text(type, "74465-6") || bytes_equal_text(type, "75496-0");

	return request && !json_truth(d, "foreign") && !json_truth(d, "aside") && !came_before(documents, i);
}

static void answers_view(struct arena *arena, const json_t *documents, struct policy_message *out)
{
	size_t n = 0, i, k;
	unsigned questions = 0;
	json_t *d, *a;

	json_array_foreach(documents, i, d) {
		n += json_array_size(json_object_get(d, "answers")) + json_array_size(json_object_get(d, "sections"));
	}
	struct policy_answer *answers = arena_alloc(arena, (n + 1) * sizeof *answers);
	n = 0;
	json_array_foreach(documents, i, d) {
		if (!speaks(documents, i))
			continue;
		json_array_foreach(json_object_get(d, "answers"), k, a) {
			answers[n++] = answer_view(arena, a);
		}
		json_array_foreach(json_object_get(d, "sections"), k, a) {
			answers[n++] = section_view(arena, a, &questions);
		}
	}
	out->answers = answers;
	out->n_answers = n;
}

static void documents_view(struct arena *arena, const json_t *facts, struct policy_message *out)
{
	const json_t *list = json_object_get(facts, "documents");
	struct policy_document *documents = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *documents);
	size_t i;
	json_t *d;

	json_array_foreach(list, i, d) {
		documents[i] = document_view(arena, d);
	}
	out->documents = documents;
	out->n_documents = json_array_size(list);
	answers_view(arena, list, out);
}

static void signature_view(const struct work *work, const json_t *o, struct policy_signature *out)
{
	*out = (struct policy_signature){
		.verdict = policy_verdict_of_name(json_view(o, "verdict")),
		.bound = bytes_equal_text(json_view(o, "bound"), "from") ? POLICY_BOUND_FROM : POLICY_BOUND_NONE,
		.reason = reason_of(o, "reason"), .fingerprint = json_view(o, "fingerprint"), .subject = json_view(o, "subject"),
		.email = json_view(o, "email"),
	};
	out->timed = json_instant(o, "time", &out->time);
	if (out->timed)
		out->time = work_lived(work, out->time);
}

static const struct policy_report *report_view(struct arena *arena, const json_t *o)
{
	if (!json_is_object(o))
		return NULL;
	const json_t *list = json_object_get(o, "recipients");
	struct policy_report *report = arena_alloc(arena, sizeof *report);
	struct policy_report_recipient *recipients = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *recipients);
	struct bytes type = json_view(o, "type");
	size_t i;
	json_t *r;

	json_array_foreach(list, i, r) {
		recipients[i] = (struct policy_report_recipient){json_view(r, "address"), json_view(r, "action"), json_view(r, "status"),
								 json_view(r, "disposition")};
	}
	*report = (struct policy_report){
		.kind = bytes_equal_text(type, "dsn") ? POLICY_REPORT_DSN : bytes_equal_text(type, "mdn") ? POLICY_REPORT_MDN :
			bytes_equal_text(type, "auto-reply") ? POLICY_REPORT_AUTO_REPLY : POLICY_REPORT_OTHER,
		.worded = json_truth(o, "worded"), .recipients = recipients, .n = json_array_size(list),
	};
	return report;
}

static void form_view(struct arena *arena, const json_t *o, struct policy_form *out)
{
	const json_t *list = json_object_get(o, "answers");
	struct policy_form_answer *answers = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *answers);
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		answers[i] = (struct policy_form_answer){(unsigned)json_integer_value(json_object_get(a, "number")), json_view(a, "text")};
	}
	*out = (struct policy_form){
		.found = json_truth(o, "found"), .reference = json_view(o, "reference"), .answers = answers, .n_answers = json_array_size(list),
		.opinion = json_view(o, "opinion"), .convergence = json_view(o, "convergence"), .remark = json_view(o, "remark"),
		.advice = json_view(o, "advice"), .delay = json_view(o, "delay"), .summary = json_view(o, "summary"),
		.limits = json_view(o, "limits"), .help = json_view(o, "help"), .interests = json_view(o, "interests"),
		.document = json_view(o, "document"),
	};
}

/* Verdict of our own scan; a message that a reader could not get through is kept apart like an ambiguous one. */
static void scan_view(const struct work_facts *facts, struct policy_message *out)
{
	const json_t *scan = json_object_get(facts->verified, "scan");
	struct bytes verdict = json_view(scan, "verdict");

	out->scan = bytes_equal_text(verdict, "refuse") ? POLICY_SCAN_REFUSE :
		    bytes_starts(verdict, BYTES("accept")) ? POLICY_SCAN_ACCEPT : POLICY_SCAN_QUARANTINE;
	out->scan_reason = reason_of(scan, "reason");
	if (facts->failed != REASON_NONE) {
		out->scan = POLICY_SCAN_QUARANTINE;
		out->scan_reason = facts->failed == REASON_MAIL_TIME ? REASON_MAIL_TIME : REASON_MAIL_UNREADABLE;
	}
}

/* The mailbox's operator checks whose mail it takes, and it was its own host that put this one there. */
static bool is_vouched(const struct config *config, const struct work_inbox *inbox, struct bytes received_by)
{
	for (size_t i = 0; inbox->source == POLICY_SOURCE_IMAP && i < config->collector.n; i++) {
		const struct config_mailbox *box = &config->collector.mailboxes[i];
		if (bytes_equal_text(inbox->mailbox, box->name))
			return box->origin_check && trace_is_under(received_by, bytes_of_text(box->origin));
	}
	return false;
}

static struct policy_reply reply_view(const json_t *reply)
{
	return (struct policy_reply){
		.word = policy_word_of_name(json_view(reply, "word")), .from = json_view(reply, "from"), .until = json_view(reply, "until"),
		.motive = policy_motive_of_name(json_view(reply, "motive")), .delegate = json_truth(reply, "delegate"), .on_behalf = json_truth(reply, "on_behalf"),
		.more = json_truth(reply, "more"), .address = json_view(reply, "address"), .rest = json_view(reply, "rest"),
		.patient = policy_word_of_name(json_view(reply, "patient")), .physician = policy_word_of_name(json_view(reply, "physician")),
	};
}

static size_t count_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));
	return value > 0 ? (size_t)value : 0;
}

/* What stands in the text beside the word: signs of an emergency, an absence, what must not go through a relay. */
static void said_view(struct arena *arena, const json_t *f, struct policy_message *out)
{
	const json_t *list = json_object_get(f, "emergency"), *absence = json_object_get(f, "absence"), *folded = json_object_get(f, "folded"),
		     *relayed = json_object_get(f, "relayed");
	size_t n = json_array_size(list);
	struct policy_emergency *emergencies = arena_alloc(arena, (n + 1) * sizeof *emergencies);

	for (size_t i = 0; i < n; i++) {
		const json_t *e = json_array_get(list, i);
		emergencies[i] = (struct policy_emergency){json_view(e, "kind"), json_view(e, "words")};
	}
	out->emergencies = emergencies;
	out->n_emergencies = n;
	out->absence = (struct policy_absence){json_view(absence, "from"), json_view(absence, "until")};
	out->folded = count_of(folded, "quoted") + count_of(folded, "signature") + count_of(folded, "disclaimer");
	out->masked = count_of(relayed, "addresses") + count_of(relayed, "numbers");
	out->relayed = out->masked > 0 ? json_view(relayed, "text") : out->text;
}

void work_message_view(struct work *work, const struct work_inbox *inbox, const struct work_facts *facts, struct policy_message *out)
{
	struct arena *arena = work->arena;
	const json_t *v = facts->verified, *f = facts->facts, *mail = json_object_get(f, "mail");
	struct bytes text = json_view(f, "new_text");

	*out = (struct policy_message){
		.inbox = inbox->id, .id = json_view(v, "message_id"), .digest = json_view(v, "range_digest"), .received = work_lived(work, inbox->received),
		.source = inbox->source, .account = inbox->account, .mail_from = inbox->mail_from,
		.from = json_view(json_object_get(v, "from"), "address"),
		.class = policy_class_of_name(json_view(f, "class")), .automatic = json_truth(f, "auto"),
		.archive = reason_of(json_object_get(f, "archive"), "reason"),
		.reply = reply_view(json_object_get(f, "reply")),
		.report = report_view(arena, json_object_get(f, "report")),
		.text = text.len > 0 ? text : json_view(f, "text"),
	};
	if (out->id.len == 0)
		out->id = json_view(mail, "message_id");
	out->return_path = json_view(mail, "return_path");
	out->notification_to = json_view(mail, "notification_to");
	out->subject = json_view(mail, "subject");
	work_envelope(work, inbox, out);
	if (reason_entry(out->archive)->class == REASON_CLASS_TOLERATED)
		out->archive = REASON_NONE;
	out->vouched = is_vouched(work->config, inbox, json_view(v, "received_by"));
	scan_view(facts, out);
	signature_view(work, json_object_get(v, "signature"), &out->signature);
	documents_view(arena, f, out);
	said_view(arena, f, out);
	form_view(arena, json_object_get(f, "form"), &out->form);
}

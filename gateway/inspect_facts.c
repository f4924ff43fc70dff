/* gateway/inspect_facts.c - see inspect_facts.h. */
#include "gateway/inspect_facts.h"

#include "base/digest.h"
#include "gateway/json_view.h"

/* --- the request ------------------------------------------------------------ */

static bool range_read(const json_t *pair, struct bytes payload, struct bytes *out)
{
	json_int_t at = json_integer_value(json_array_get(pair, 0)), len = json_integer_value(json_array_get(pair, 1));

	if (json_array_size(pair) != 2 || at < 0 || len < 0 || (uint64_t)at > payload.len || (uint64_t)len > payload.len - (uint64_t)at)
		return false;
	*out = bytes_slice(payload, (size_t)at, (size_t)len);
	return true;
}

static bool kind_read(struct bytes name, enum inspect_kind *out)
{
	for (enum inspect_kind kind = INSPECT_MAIL; kind <= INSPECT_OTHER; kind++) {
		if (!bytes_equal_text(name, inspect_kind_name(kind)))
			continue;
		*out = kind;
		return true;
	}
	return false;
}

static bool op_read(struct bytes word, enum inspect_op *out)
{
	static const char *const words[] = {[INSPECT_FACTS] = "facts", [INSPECT_EXTRACT] = "extract", [INSPECT_HTML] = "html", [INSPECT_NORMALISE] = "normalise"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(word, words[i])) {
			*out = (enum inspect_op)i;
			return true;
		}
	return false;
}

/* Beyond INSPECT_OWN they are not ours to name: the configuration has two. */
static void own_read(const json_t *array, struct inspect_request *out)
{
	size_t i;
	const json_t *value;

	json_array_foreach(array, i, value)
		if (out->n_own < INSPECT_OWN && json_is_string(value))
			out->own[out->n_own++] = json_text_view(value);
}

bool inspect_request_read(const json_t *json, struct bytes payload, struct inspect_request *out, bool *schema)
{
	const json_t *head = json_object_get(json, "head");

	*out = (struct inspect_request){.name = json_view(json, "name"), .english = bytes_equal_text(json_view(json, "language"), "en")};
	*schema = json_truth(json, "schema");
	if (!op_read(json_view(json, "op"), &out->op))
		return false;
	if (!kind_read(json_view(json, "kind"), &out->kind) || !range_read(json_object_get(json, "range"), payload, &out->range))
		return false;
	own_read(json_object_get(json, "own"), out);
	return head == NULL || json_is_null(head) || range_read(head, payload, &out->head);
}

/* --- small values --------------------------------------------------------------- */

/* Absent, or not UTF-8: null. */
static json_t *text(struct bytes value)
{
	return value.len == 0 ? json_null() : json_of(value);
}

static json_t *texts(struct mime_list list)
{
	json_t *array = json_array();
	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(array, text(list.at[i]));
	return array;
}

static json_t *id_text(struct arena *arena, struct cda_id id)
{
	return id.root.len == 0 && id.extension.len == 0 ? json_null() : text(cda_id_text(arena, id));
}

static struct bytes first_of(struct bytes own, struct bytes told)
{
	return own.len > 0 ? own : told;
}

/* "3" as a number, anything else as text. */
static json_t *version(struct bytes value)
{
	uint64_t number;
	return bytes_number(value, 1000000000, &number) ? json_integer((json_int_t)number) : text(value);
}

/* --- documents --------------------------------------------------------------------- */

static json_t *patient_json(const struct cda_patient *patient)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < patient->id_count; i++)
		json_array_append_new(ids, json_pack("{s:o, s:o}", "root", text(patient->ids[i].root), "extension",
						     text(patient->ids[i].extension)));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "ids", ids, "family_birth", text(patient->family_birth),
			 "family_used", text(patient->family_used), "given_birth_first", text(patient->given_birth_first),
			 "given_birth_all", text(patient->given_birth_all), "given_used", text(patient->given_used), "birth_time",
			 text(patient->birth_time), "sex", text(patient->sex), "birth_place", text(patient->birth_place));
}

static bool names_a_patient(const struct cda_patient *p)
{
	return p->id_count > 0 || p->family_birth.len > 0 || p->family_used.len > 0 || p->birth_time.len > 0;
}

/* An order to delete need not bring its document again: then the metadata alone tell the patient, by his number. */
static json_t *document_patient(const struct inspect_document *d)
{
	struct cda_id id = d->meta_patient;
	const struct cda_patient told = {.ids = &id, .id_count = 1};

	if (names_a_patient(&d->cda.patient))
		return patient_json(&d->cda.patient);
	return d->action == XDM_ACTION_DELETE && id.extension.len > 0 ? patient_json(&told) : json_null();
}

static json_t *labelled_json(struct cda_id id)
{
	return id.extension.len == 0 ? json_null() : json_pack("{s:o, s:o}", "root", text(id.root), "extension", text(id.extension));
}

static json_t *masking_json(const struct inspect_document *d)
{
	json_t *array = json_array();
	if (d->masked_patient)
		json_array_append_new(array, json_string("patient"));
	if (d->masked_professionals)
		json_array_append_new(array, json_string("professionals"));
	if (d->masked_representatives)
		json_array_append_new(array, json_string("representatives"));
	return array;
}

static const char *action_name(enum xdm_action action)
{
	static const char *const names[] = {
		[XDM_ACTION_NEW] = "new", [XDM_ACTION_REPLACE] = "replace", [XDM_ACTION_DELETE] = "delete",
	};
	return names[action];
}

static json_t *authors_json(struct arena *arena, const struct cda_document *cda)
{
	json_t *array = json_array();

	for (size_t i = 0; i < cda->author_count; i++) {
		const struct cda_party *author = &cda->authors[i];
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id", id_text(arena, author->id), "name",
						       text(author->name), "given", text(author->given), "family", text(author->family), "organization", text(author->organization), "organization_id",
						       id_text(arena, author->organization_id)));
	}
	return array;
}

static json_t *party_json(struct arena *arena, const struct cda_party *party)
{
	if (party->id.root.len == 0 && party->id.extension.len == 0 && party->name.len == 0)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o}", "id", id_text(arena, party->id), "name", text(party->name), "given", text(party->given),
			 "family", text(party->family));
}

static json_t *orders_json(struct arena *arena, const struct cda_document *cda)
{
	json_t *array = json_array();
	for (size_t i = 0; i < cda->order_count; i++)
		json_array_append_new(array, id_text(arena, cda->orders[i]));
	return array;
}

static json_t *embedded_json(const struct cda_document *cda)
{
	json_t *array = json_array();
	for (size_t i = 0; i < cda->embedded_count; i++)
		json_array_append_new(array, json_pack("{s:o, s:s, s:I}", "media", text(cda->embedded[i].media), "detected",
						       sniff_name(cda->embedded[i].detected), "size",
						       (json_int_t)cda->embedded[i].size));
	return array;
}

static json_t *word(const char *name)
{
	return name == NULL ? json_null() : json_string(name);
}

static json_t *range_json(const struct cda_answer *a)
{
	if (a->low.len == 0 && a->high.len == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "low", text(a->low), "high", text(a->high));
}

static json_t *form_reference(struct arena *arena, const struct cda_form *form)
{
	if (form->root.len == 0)
		return json_null();
	return json_pack("{s:o, s:o}", "id", text(cda_id_text(arena, (struct cda_id){form->root, form->extension})), "version",
			 text(form->version));
}

static json_t *answers_json(struct arena *arena, const struct cda_document *cda)
{
	json_t *array = json_array();
	for (size_t i = 0; i < cda->answer_count; i++) {
		const struct cda_answer *a = &cda->answers[i];
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "question",
						       text(a->question), "text", text(a->text), "value", text(a->value), "kind",
						       word(cda_answer_kind_name(a->kind)), "null", word(cda_null_name(a->null)), "label",
						       text(a->label), "unit", text(a->unit), "range", range_json(a), "section",
						       text(a->section), "sequence", text(a->sequence), "form",
						       form_reference(arena, &a->form)));
	}
	return array;
}

static json_t *sections_json(const struct cda_document *cda)
{
	json_t *array = json_array();
	for (size_t i = 0; i < cda->section_count; i++)
		json_array_append_new(array, json_pack("{s:o, s:o, s:o}", "code", text(cda->sections[i].code), "title",
						       text(cda->sections[i].title), "text", text(cda->sections[i].text)));
	return array;
}

static void add_findings(json_t *array, const struct cda_finding *findings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:s}", "rule", findings[i].rule, "level",
						       cda_level_name(findings[i].level), "text", findings[i].text, "text_fr",
						       findings[i].text_fr, "source", findings[i].source));
}

static json_t *findings_json(const struct inspect_document *d)
{
	json_t *array = json_array();
	add_findings(array, d->findings, d->n_findings);
	add_findings(array, d->cda.findings, d->cda.finding_count);
	add_findings(array, d->schematron.findings, d->schematron.n);
	return array;
}

static json_t *digest_json(struct bytes content)
{
	char digest[DIGEST_SHA256_TEXT];
	digest_sha256_text(content, digest);
	return json_string(digest);
}

/* A document that is no CDA has the same members, empty: d->cda is zero then. */
static json_t *document_json(struct arena *arena, const struct inspect_document *d)
{
	const struct cda_document *cda = &d->cda;
	struct bytes replaces = cda->replaces.root.len > 0 ? cda_id_text(arena, cda->replaces) : d->meta_replaces;
	json_t *o = json_object();

	json_object_set_new(o, "name", text(d->name));
	json_object_set_new(o, "kind", json_string(inspect_document_kind(d)));
	json_object_set_new(o, "type", text(first_of(cda->type, d->meta_type)));
	json_object_set_new(o, "type_name", text(cda->type_name));
	json_object_set_new(o, "type_system", text(cda->type_system));
	json_object_set_new(o, "title", text(first_of(cda->title, d->meta_title)));
	json_object_set_new(o, "language", text(cda->language));
	json_object_set_new(o, "confidentiality", text(cda->confidentiality));
	json_object_set_new(o, "facility", text(cda->facility));
	json_object_set_new(o, "practice", text(cda->practice));
	json_object_set_new(o, "service_start", text(cda->service_start));
	json_object_set_new(o, "service_stop", text(cda->service_stop));
	json_object_set_new(o, "realm", text(cda->realm));
	json_object_set_new(o, "id", d->is_cda ? id_text(arena, cda->id) : text(d->meta_id));
	json_object_set_new(o, "set_id", id_text(arena, cda->set_id));
	json_object_set_new(o, "version", version(cda->version));
	json_object_set_new(o, "replaces", text(replaces));
	json_object_set_new(o, "time", text(first_of(cda->time, d->meta_time)));
	json_object_set_new(o, "level", cda->level > 0 ? json_integer((json_int_t)cda->level) : json_null());
	json_object_set_new(o, "patient", document_patient(d));
	json_object_set_new(o, "labelled", labelled_json(d->meta_patient));
	json_object_set_new(o, "part_of", id_text(arena, d->part_of));
	json_object_set_new(o, "authors", authors_json(arena, cda));
	json_object_set_new(o, "data_enterer", party_json(arena, &cda->data_enterer));
	json_object_set_new(o, "legal_authenticator", party_json(arena, &cda->legal_authenticator));
	json_object_set_new(o, "custodian", party_json(arena, &cda->custodian));
	json_object_set_new(o, "orders", orders_json(arena, cda));
	json_object_set_new(o, "embedded", embedded_json(cda));
	json_object_set_new(o, "answers", answers_json(arena, cda));
	json_object_set_new(o, "definition", json_boolean(cda->definition));
	json_object_set_new(o, "sections", sections_json(cda));
	json_object_set_new(o, "schema", json_string(cda_schema_name(cda->schema)));
	json_object_set_new(o, "schematron", json_string(schematron_state_name(d->schematron.state)));
	json_object_set_new(o, "findings", findings_json(d));
	json_object_set_new(o, "action", json_string(action_name(d->action)));
	json_object_set_new(o, "masking", masking_json(d));
	json_object_set_new(o, "foreign", json_boolean(d->foreign));
	json_object_set_new(o, "aside", json_boolean(d->aside));
	json_object_set_new(o, "reason", json_string(reason_code(d->reason)));
	json_object_set_new(o, "annex", d->is_annex ? json_string(reason_code(d->annex)) : json_null());
	json_object_set_new(o, "size", json_integer((json_int_t)d->content.len));
	json_object_set_new(o, "digest", digest_json(d->content));
	return o;
}

static json_t *documents_json(struct arena *arena, const struct inspection *in)
{
	json_t *array = json_array();
	for (size_t i = 0; i < in->n; i++)
		json_array_append_new(array, document_json(arena, &in->documents[i]));
	return array;
}

/* --- mail ------------------------------------------------------------------------------ */

static json_t *mail_json(const struct inspection *in)
{
	const struct mime_head *head = &in->mail.head;
	json_t *from = head->from.address.len == 0 ? json_null() :
		       json_pack("{s:o, s:o}", "address", text(head->from.address), "name", text(head->from.name));

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "message_id", text(head->message_id),
			 "in_reply_to", texts(head->in_reply_to), "references", texts(head->references), "from", from, "subject",
			 text(head->subject), "date", head->has_date ? json_of_instant(head->date) : json_null(), "to",
			 texts(head->to), "reply_to", text(head->reply_to), "auto_submitted", text(head->auto_submitted),
			 "notification_to", text(head->notification_to), "return_path", text(head->return_path), "original_envelope_id", text(in->notice.envelope_id));
}

static json_t *report_json(const struct notice *notice)
{
	const char *type = notice_type_name(notice->type);
	if (type == NULL)
		return json_null();
	json_t *recipients = json_array();
	for (size_t i = 0; i < notice->n; i++) {
		const struct notice_recipient *r = &notice->recipients[i];
		json_array_append_new(recipients, json_pack("{s:o, s:o, s:o, s:o, s:o}", "address", text(r->address), "action",
							    text(r->action), "status", text(r->status), "disposition",
							    text(r->disposition), "original", text(r->original)));
	}
	return json_pack("{s:s, s:o, s:o, s:o, s:b}", "type", type, "recipients", recipients, "original_message_id",
			 text(notice->original_message_id), "envelope_id", text(notice->envelope_id), "worded", notice->worded);
}

static json_t *form_json(const struct inspection *in)
{
	const struct form *form = &in->form;
	json_t *answers = json_array();

	for (size_t i = 0; i < form->answer_count; i++)
		json_array_append_new(answers, json_pack("{s:I, s:o}", "number", (json_int_t)form->answers[i].number, "text", text(form->answers[i].text)));
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "found", form->found, "reference", text(form->reference),
			 "answers", answers, "opinion", text(form->opinion), "convergence", text(form->convergence), "remark", text(form->remark),
			 "advice", text(form->advice), "delay", text(form->delay), "summary", text(form->summary), "limits", text(form->limits),
			 "help", text(form->help), "interests", text(form->interests), "document",
			 in->form_document == NULL ? json_null() : digest_json(in->form_document->content));
}

static json_t *anomalies_json(const struct inspection *in)
{
	json_t *array = json_array();
	for (size_t i = 0; i < in->mail.n_anomalies; i++)
		json_array_append_new(array, json_string(reason_code(in->mail.anomalies[i])));
	return array;
}

/* An XML file on its own that is no CDA is not what the gateway takes; attached to a mail it is a file like others. */
static const char *verdict_of(const struct inspection *in)
{
	if (in->kind == INSPECT_CDA && in->reason == REASON_DOCUMENT_NOT_CDA)
		return "refuse";
	return inspect_verdict_name(in->reason);
}

static json_t *archive_json(const struct inspection *in)
{
	if (!in->has_archive)
		return json_null();
	return json_pack("{s:s, s:s}", "verdict", inspect_verdict_name(in->archive), "reason", reason_code(in->archive));
}

json_t *inspect_facts_json(struct arena *arena, const struct inspection *in)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", json_string(inspect_kind_name(in->kind)));
	json_object_set_new(o, "verdict", json_string(verdict_of(in)));
	json_object_set_new(o, "reason", json_string(reason_code(in->reason)));
	json_object_set_new(o, "class", json_string(in->class));
	json_object_set_new(o, "auto", json_boolean(in->automatic));
	json_object_set_new(o, "report", report_json(&in->notice));
	json_object_set_new(o, "documents", documents_json(arena, in));
	json_object_set_new(o, "archive", archive_json(in));
	json_object_set_new(o, "anomalies", anomalies_json(in));
	json_object_set_new(o, "mail", in->is_mail ? mail_json(in) : json_null());
	json_object_set_new(o, "text", in->is_mail ? json_of(in->mail.text) : json_null());
	inspect_said_put(arena, &in->said, in->is_mail, o);
	json_object_set_new(o, "form", form_json(in));
	return o;
}

json_t *inspect_extract_json(struct arena *arena, const struct inspection *in)
{
	json_t *array = json_array();

	for (size_t i = 0; i < in->n; i++) {
		const struct inspect_document *d = &in->documents[i];
		const char *kind = inspect_document_kind(d);
		if (!inspect_document_is_given(d))
			continue;
		struct bytes known = bytes_of_text(sniff_media(d->type));
		json_array_append_new(array, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o}", "name", text(d->name), "kind", kind,
						       "media", text(d->type == SNIFF_OTHER ? first_of(d->media, known) : known), "type",
						       text(first_of(d->cda.type, d->meta_type)), "title",
						       text(first_of(d->cda.title, d->meta_title)), "id",
						       d->is_cda ? id_text(arena, d->cda.id) : text(d->meta_id), "time",
						       text(first_of(d->cda.time, d->meta_time)), "size",
						       (json_int_t)d->content.len, "digest", digest_json(d->content)));
	}
	return json_pack("{s:o}", "documents", array);
}

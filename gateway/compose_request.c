/* gateway/compose_request.c - see compose_request.h. */
#include "gateway/compose_request.h"

#include "base/limits.h"
#include "gateway/compose_dossier.h"
#include "gateway/compose_json.h"
#include "gateway/compose_notice.h"

enum { NAME = 256, CODE = 64, ID = 320, ADDRESS = 320, SECTION = 64 * 1024 };

#define REQUEST_KEYS                                                                                                     \
	"code language message_id in_reply_to references date from reply_to to notification_to subject fields mss report " \
	"dossier_pdf xdm attachments notice pdf_only limit"
#define PATIENT_KEYS                                                                                                     \
	"ins oid family_birth family_used given_birth_first given_birth_all given_used birth_time sex birth_place"
#define REPORT_KEYS                                                                                                      \
	"reference id set_id version replaces patient expert custodian request_id time service_time title summary rows sections"
#define DOCUMENT_KEYS                                                                                                    \
	"id type type_name type_system title time service_time service_stop level replaces class format facility practice " \
	"confidentiality language authors legal_authenticator"

/* --- people and places ------------------------------------------------------- */

static struct cda_write_patient read_patient(struct compose_place place, enum compose_need need)
{
	struct compose_place p = compose_json_object(place, "patient", PATIENT_KEYS, need);
	struct cda_write_patient patient = {
		.ins = compose_json_line(p, "ins", CODE, COMPOSE_REQUIRED),
		.oid = compose_json_line(p, "oid", CODE, COMPOSE_REQUIRED),
		.family_birth = compose_json_line(p, "family_birth", NAME, COMPOSE_REQUIRED),
		.given_birth_first = compose_json_line(p, "given_birth_first", NAME, COMPOSE_REQUIRED),
		.given_birth_all = compose_json_line(p, "given_birth_all", NAME, COMPOSE_REQUIRED),
		.family_used = compose_json_line(p, "family_used", NAME, COMPOSE_OPTIONAL),
		.given_used = compose_json_line(p, "given_used", NAME, COMPOSE_OPTIONAL),
		.birth_time = bytes_slice(compose_json_line(p, "birth_time", CODE, COMPOSE_REQUIRED), 0, 8),
		.sex = compose_json_line(p, "sex", CODE, COMPOSE_REQUIRED),
		.birth_place = compose_json_line(p, "birth_place", CODE, COMPOSE_REQUIRED),
	};
	const char *field;
	if (p.object != NULL && place.reader->field == NULL && cda_write_patient_check(&patient, &field) != REASON_NONE)
		compose_json_fail(place, field);
	return patient;
}

static struct cda_write_custodian read_custodian(struct compose_place place)
{
	struct compose_place c = compose_json_object(place, "custodian", "id name facility practice", COMPOSE_REQUIRED);
	return (struct cda_write_custodian){
		.id = compose_json_line(c, "id", CODE, COMPOSE_REQUIRED),
		.name = compose_json_line(c, "name", NAME, COMPOSE_REQUIRED),
		.facility_code = compose_json_line(c, "facility", CODE, COMPOSE_OPTIONAL),
		.practice_code = compose_json_line(c, "practice", CODE, COMPOSE_OPTIONAL),
	};
}

/* RPPS, or PS_IdNat, which is "8" and the RPPS. */
static struct bytes rpps_of(struct bytes id)
{
	return id.len == 12 && id.at[0] == '8' ? bytes_from(id, 1) : id;
}

static struct cda_write_expert read_expert(struct compose_place place)
{
	struct compose_place e = compose_json_object(
		place, "expert", "rpps given family organisation organisation_id specialty_code specialty_name", COMPOSE_REQUIRED);
	return (struct cda_write_expert){
		.rpps = rpps_of(compose_json_line(e, "rpps", CODE, COMPOSE_REQUIRED)),
		.given = compose_json_line(e, "given", NAME, COMPOSE_REQUIRED),
		.family = compose_json_line(e, "family", NAME, COMPOSE_REQUIRED),
		.organisation = compose_json_line(e, "organisation", NAME, COMPOSE_REQUIRED),
		.organisation_id = compose_json_line(e, "organisation_id", CODE, COMPOSE_REQUIRED),
		.specialty_code = compose_json_line(e, "specialty_code", CODE, COMPOSE_REQUIRED),
		.specialty_name = compose_json_line(e, "specialty_name", NAME, COMPOSE_OPTIONAL),
	};
}

/* --- what a PDF holds ---------------------------------------------------------- */

static struct pdf_row *read_rows(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "rows", LIMIT_COMPOSE_SECTIONS, COMPOSE_OPTIONAL);
	struct pdf_row *rows = arena_alloc(place.reader->arena, (*count + 1) * sizeof *rows);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place row = compose_json_item(place, "rows", i, "label value");
		rows[i] = (struct pdf_row){.label = compose_json_line(row, "label", NAME, COMPOSE_REQUIRED),
					   .value = compose_json_line(row, "value", 4096, COMPOSE_OPTIONAL)};
	}
	return rows;
}

static struct pdf_section *read_sections(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "sections", LIMIT_COMPOSE_SECTIONS, COMPOSE_REQUIRED);
	struct pdf_section *sections = arena_alloc(place.reader->arena, (*count + 1) * sizeof *sections);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place section = compose_json_item(place, "sections", i, "heading text");
		sections[i] = (struct pdf_section){.heading = compose_json_line(section, "heading", NAME, COMPOSE_OPTIONAL),
						   .text = compose_json_lines(section, "text", SECTION, COMPOSE_REQUIRED)};
	}
	return sections;
}

static struct cda_write_time paris(struct instant at)
{
	return (struct cda_write_time){at, instant_paris_offset(at)};
}

static void read_report(struct compose_place request, struct compose_request *out)
{
	struct compose_place r = compose_json_object(request, "report", REPORT_KEYS, COMPOSE_OPTIONAL);
	if (r.object == NULL)
		return;
	out->has_report = true;
	struct compose_report *report = &out->report;
	report->reference = compose_json_line(r, "reference", CODE, COMPOSE_REQUIRED);
	report->summary = compose_json_lines(r, "summary", SECTION, COMPOSE_OPTIONAL);
	report->rows = read_rows(r, &report->row_count);
	report->sections = read_sections(r, &report->section_count);
	report->cda = (struct cda_write_report){
		.id = compose_json_line(r, "id", ID, COMPOSE_REQUIRED),
		.set_id = compose_json_line(r, "set_id", ID, COMPOSE_REQUIRED),
		.replaces = compose_json_line(r, "replaces", ID, COMPOSE_OPTIONAL),
		.version = (unsigned)compose_json_number(r, "version", 9999, COMPOSE_REQUIRED),
		.request_id = compose_json_line(r, "request_id", ID, COMPOSE_REQUIRED),
		.title = compose_json_line(r, "title", NAME, COMPOSE_REQUIRED),
		.english = bytes_equal_text(out->language, "en"),
		.time = paris(compose_json_time(r, "time", COMPOSE_REQUIRED)),
		.service_time = paris(compose_json_time(r, "service_time", COMPOSE_REQUIRED)),
		.patient = read_patient(r, COMPOSE_REQUIRED),
		.expert = read_expert(r),
		.custodian = read_custodian(r),
	};
	out->xdm_patient = report->cda.patient;
	out->xdm_custodian = report->cda.custodian;
	out->xdm_title = report->cda.title;
}

static void read_dossier(struct compose_place request, struct bytes payload, struct compose_request *out)
{
	struct compose_place d = compose_json_object(request, "dossier_pdf", "title reference rows sections documents", COMPOSE_OPTIONAL);
	if (d.object == NULL)
		return;
	out->has_dossier = true;
	out->dossier.title = compose_json_line(d, "title", NAME, COMPOSE_REQUIRED);
	out->dossier.reference = compose_json_line(d, "reference", CODE, COMPOSE_REQUIRED);
	out->dossier.rows = read_rows(d, &out->dossier.row_count);
	out->dossier.sections = read_sections(d, &out->dossier.section_count);
	compose_dossier_read(d, payload, &out->dossier);
}

/* --- the package --------------------------------------------------------------- */

static void read_xdm(struct compose_place request, struct compose_request *out)
{
	struct compose_place x = compose_json_object(request, "xdm", "patient custodian title", COMPOSE_OPTIONAL);
	if (x.object == NULL)
		return;
	out->has_xdm = true;
	struct cda_write_patient patient = read_patient(x, COMPOSE_REQUIRED);
	struct cda_write_custodian custodian = read_custodian(x);
	struct bytes title = compose_json_line(x, "title", NAME, COMPOSE_OPTIONAL);
	if (out->has_report)
		return;   /* one mail, one patient: the report's */
	out->xdm_patient = patient;
	out->xdm_custodian = custodian;
	out->xdm_title = title;
}

static bool in_capitals(struct bytes word)
{
	size_t letters = 0;
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] >= 'a' && word.at[i] <= 'z')
			return false;
		letters += word.at[i] >= 'A' && word.at[i] <= 'Z';
	}
	return letters > 1;
}

static bool is_title(struct bytes word)
{
	static const struct bytes titles[] = {BYTES_OF("DR"), BYTES_OF("DR."), BYTES_OF("PR"), BYTES_OF("PR."), BYTES_OF("M"), BYTES_OF("M."),
					      BYTES_OF("MME"), BYTES_OF("MLLE"), BYTES_OF("DOCTEUR"), BYTES_OF("PROFESSEUR")};
	for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
		if (bytes_equal_nocase(word, titles[i]))
			return true;
	return false;
}

/* "DR Olivier DUMAS": titles off; the family name begins at the first word in capitals, or is the last word. */
static void split_name(struct bytes name, struct xdm_write_person *out)
{
	name = bytes_trim(name);
	size_t end = bytes_find_byte(name, ' ', 0);
	while (end < name.len && is_title(bytes_slice(name, 0, end))) {
		name = bytes_trim(bytes_from(name, end));
		end = bytes_find_byte(name, ' ', 0);
	}
	size_t family = 0, last = 0;
	bool found = false;
	for (size_t at = 0; at < name.len; at = bytes_find_byte(name, ' ', at) + 1) {
		last = at;
		if (!found && in_capitals(bytes_slice(name, at, bytes_find_byte(name, ' ', at) - at))) {
			found = true;
			family = at;
		}
	}
	if (!found)
		family = last;
	out->family = bytes_trim(bytes_from(name, family));
	out->given = bytes_trim(bytes_slice(name, 0, family));
}

/* The id is "ROOT^EXTENSION", or the extension alone. */
static void set_person(struct compose_place p, enum compose_need need, struct xdm_write_person *out)
{
	struct bytes id = compose_json_line(p, "id", ID, COMPOSE_OPTIONAL);
	size_t caret = bytes_find_byte(id, '^', 0);
	out->id = caret < id.len ? bytes_from(id, caret + 1) : id;
	out->id_root = caret < id.len ? bytes_slice(id, 0, caret) : BYTES_NONE;
	split_name(compose_json_line(p, "name", NAME, need), out);
	struct bytes family = compose_json_line(p, "family", NAME, COMPOSE_OPTIONAL);
	if (family.len == 0)
		return;
	out->family = family;
	out->given = compose_json_line(p, "given", NAME, COMPOSE_OPTIONAL);
}

static struct xdm_write_person read_author(struct compose_place d)
{
	struct xdm_write_person author = {0};
	if (compose_json_count(d, "authors", 50, COMPOSE_REQUIRED) == 0) {
		compose_json_fail(d, "authors");
		return author;
	}
	struct compose_place a = compose_json_item(d, "authors", 0, "id name given family organization organization_id");
	set_person(a, COMPOSE_OPTIONAL, &author);
	author.organisation = compose_json_line(a, "organization", NAME, COMPOSE_OPTIONAL);
	author.organisation_id = compose_json_line(a, "organization_id", CODE, COMPOSE_OPTIONAL);
	return author;
}

static struct xdm_write_document read_document(struct compose_place d, struct bytes content)
{
	struct xdm_write_document document = {
		.content = content,
		.id = compose_json_line(d, "id", ID, COMPOSE_REQUIRED),
		.replaces = compose_json_line(d, "replaces", ID, COMPOSE_OPTIONAL),
		.title = compose_json_line(d, "title", NAME, COMPOSE_REQUIRED),
		.type_code = compose_json_line(d, "type", CODE, COMPOSE_REQUIRED),
		.type_name = compose_json_line(d, "type_name", NAME, COMPOSE_OPTIONAL),
		.type_system = compose_json_line(d, "type_system", CODE, COMPOSE_OPTIONAL),
		.format_code = compose_json_line(d, "format", NAME, COMPOSE_OPTIONAL),
		.class_code = compose_json_line(d, "class", CODE, COMPOSE_OPTIONAL),
		.facility_code = compose_json_line(d, "facility", CODE, COMPOSE_OPTIONAL),
		.practice_code = compose_json_line(d, "practice", CODE, COMPOSE_OPTIONAL),
		.language = compose_json_line(d, "language", CODE, COMPOSE_OPTIONAL),
		.level = (unsigned)compose_json_number(d, "level", 3, COMPOSE_REQUIRED),
		.time = compose_json_time(d, "time", COMPOSE_REQUIRED),
		.service_start = compose_json_time(d, "service_time", COMPOSE_OPTIONAL),
		.service_stop = compose_json_time(d, "service_stop", COMPOSE_OPTIONAL),
		.author = read_author(d),
	};
	size_t codes = compose_json_count(d, "confidentiality", 4, COMPOSE_OPTIONAL);
	for (size_t i = 0; i < codes; i++)
		document.confidentiality[i] = compose_json_line_at(d, "confidentiality", i, CODE);
	struct compose_place legal = compose_json_object(d, "legal_authenticator", "id name given family", COMPOSE_OPTIONAL);
	if (legal.object != NULL)
		set_person(legal, COMPOSE_REQUIRED, &document.legal_authenticator);
	return document;
}

static void read_attachments(struct compose_place request, struct bytes payload, struct compose_request *out)
{
	size_t count = compose_json_count(request, "attachments", LIMIT_MIME_PARTS - 10, COMPOSE_OPTIONAL);
	out->attachments = arena_alloc(request.reader->arena, (count + 1) * sizeof *out->attachments);
	for (size_t i = 0; i < count; i++) {
		struct compose_attachment *a = &out->attachments[i];
		struct compose_place p = compose_json_item(request, "attachments", i, "name media offset length xdm");
		uint64_t offset = compose_json_number(p, "offset", payload.len, COMPOSE_REQUIRED);
		uint64_t length = compose_json_number(p, "length", payload.len - offset, COMPOSE_REQUIRED);
		a->name = compose_json_line(p, "name", LIMIT_ZIP_NAME, COMPOSE_REQUIRED);
		a->media = compose_json_line(p, "media", CODE, COMPOSE_REQUIRED);
		a->content = bytes_slice(payload, offset, length);
		struct compose_place d = compose_json_object(p, "xdm", DOCUMENT_KEYS, COMPOSE_OPTIONAL);
		a->packed = d.object != NULL;
		if (a->packed)
			a->document = read_document(d, a->content);
		if (a->packed && !out->has_report && !out->has_xdm)
			compose_json_fail(request, "xdm");
	}
	out->attachment_count = count;
}

/* --- the mail ------------------------------------------------------------------ */

static void read_envelope(struct compose_place request, struct compose_request *out)
{
	struct smtp_compose *mail = &out->mail;
	struct compose_place from = compose_json_object(request, "from", "address name", COMPOSE_REQUIRED);
	struct compose_place mss = compose_json_object(request, "mss", "ins codes nil end", COMPOSE_OPTIONAL);
	size_t count = compose_json_count(request, "references", 200, COMPOSE_OPTIONAL);
	struct bytes *references = arena_alloc(request.reader->arena, (count + 1) * sizeof *references);
	for (size_t i = 0; i < count; i++)
		references[i] = compose_json_line_at(request, "references", i, LIMIT_COMPOSE_LINE);
	struct instant date = compose_json_time(request, "date", COMPOSE_REQUIRED);
	*mail = (struct smtp_compose){
		.message_id = compose_json_line(request, "message_id", LIMIT_COMPOSE_LINE, COMPOSE_REQUIRED),
		.in_reply_to = compose_json_line(request, "in_reply_to", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.references = references,
		.reference_count = count,
		.date = date,
		.offset_minutes = instant_paris_offset(date),
		.from_address = compose_json_line(from, "address", ADDRESS, COMPOSE_REQUIRED),
		.from_name = compose_json_line(from, "name", NAME, COMPOSE_OPTIONAL),
		.to = compose_json_line(request, "to", ADDRESS, COMPOSE_REQUIRED),
		.reply_to = compose_json_line(request, "reply_to", ADDRESS, COMPOSE_OPTIONAL),
		.notification_to = compose_json_line(request, "notification_to", ADDRESS, COMPOSE_OPTIONAL),
		.subject = compose_json_line(request, "subject", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.language = out->language,
		.mss_ins = compose_json_line(mss, "ins", 1, COMPOSE_OPTIONAL),
		.mss_codes = compose_json_line(mss, "codes", 500, COMPOSE_OPTIONAL),
		.mss_nil = compose_json_line(mss, "nil", CODE, COMPOSE_OPTIONAL),
		.mss_end = compose_json_true(mss, "end"),
	};
}

static void read_fields(struct compose_place request, struct compose_request *out)
{
	const json_t *object = json_object_get(request.object, "fields");
	struct compose_place place = {request.reader, object, "fields"};
	if (object == NULL || !json_is_object(object)) {
		compose_json_fail(request, "fields");
		return;
	}
	out->fields = arena_alloc(request.reader->arena, (json_object_size(object) + 1) * sizeof *out->fields);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value) {
		if (json_is_null(value))
			continue;
		struct template_field *field = &out->fields[out->field_count++];
		field->name = arena_copy(request.reader->arena, bytes_of_text(key));
		/* A field of one line stays as it is, so that a line end in it is refused. */
		bool lines = template_field_check(field->name, BYTES("a\nb")) == REASON_NONE;
		field->value = lines ? compose_json_lines(place, key, LIMIT_TEXT, COMPOSE_OPTIONAL)
				     : compose_json_line(place, key, LIMIT_COMPOSE_LINE * 2, COMPOSE_OPTIONAL);
		if (template_field_check(field->name, field->value) != REASON_NONE)
			compose_json_fail(place, key);
	}
}

enum reason compose_request_read(struct arena *arena, struct bytes request, struct bytes payload, struct compose_request *out,
				 const char **field)
{
	struct compose_reader reader = {.arena = arena};
	struct compose_request read = {0};
	json_t *json = json_loadb((const char *)request.at, request.len, JSON_REJECT_DUPLICATES, NULL);
	struct compose_place root = compose_json_root(&reader, json, REQUEST_KEYS);
	if (root.object != NULL) {
		read.code = compose_json_line(root, "code", CODE, COMPOSE_REQUIRED);
		read.language = compose_json_line(root, "language", CODE, COMPOSE_REQUIRED);
		read.pdf_only = compose_json_true(root, "pdf_only");
		read.limit = compose_json_number(root, "limit", LIMIT_MESSAGE, COMPOSE_OPTIONAL);
		read_envelope(root, &read);
		read_fields(root, &read);
		read_report(root, &read);
		read_dossier(root, payload, &read);
		read_xdm(root, &read);
		read_attachments(root, payload, &read);
		read.has_notice = compose_notice_read(root, read.mail.offset_minutes, &read.notice);
	}
	json_decref(json);
	if (reader.field != NULL) {
		*field = reader.field;
		return REASON_COMPOSE_FIELD;
	}
	*out = read;
	return REASON_NONE;
}

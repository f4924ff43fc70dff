/* gateway/compose_request.c - see compose_request.h. */
#include "gateway/compose_request.h"

#include "base/calendar.h"
#include "base/limits.h"
#include "gateway/compose_dossier.h"
#include "gateway/compose_json.h"
#include "gateway/compose_notice.h"
#include "gateway/compose_request_parts.h"

enum { ADDRESS = 320 };

#define REQUEST_KEYS                                                                                                     \
	"code language message_id in_reply_to references date from reply_to to notification_to subject fields mss report " \
	"dossier_pdf xdm attachments notice pdf_only limit easy letter rehearsal opening"
#define DOCUMENT_KEYS                                                                                                    \
	"id type type_name type_system title time service_time service_stop level replaces class format facility practice " \
	"confidentiality language authors legal_authenticator"

/* --- what a PDF holds ---------------------------------------------------------- */

static struct pdf_section *read_sections(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "sections", LIMIT_COMPOSE_SECTIONS, COMPOSE_REQUIRED);
	struct pdf_section *sections = arena_alloc(place.reader->arena, (*count + 1) * sizeof *sections);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place section = compose_json_item(place, "sections", i, "heading text");
		sections[i] = (struct pdf_section){.heading = compose_json_line(section, "heading", COMPOSE_NAME, COMPOSE_OPTIONAL),
						   .text = compose_json_lines(section, "text", COMPOSE_SECTION, COMPOSE_REQUIRED)};
	}
	return sections;
}

static void read_report(struct compose_place request, struct compose_request *out)
{
	out->has_report = compose_report_read(request, bytes_equal_text(out->language, "en"), &out->report);
	if (!out->has_report)
		return;
	out->xdm_patient = out->report.cda.patient;
	out->xdm_custodian = out->report.cda.custodian;
	out->xdm_title = out->report.cda.title;
}

static void read_dossier(struct compose_place request, struct bytes payload, struct compose_request *out)
{
	struct compose_place d = compose_json_object(request, "dossier_pdf", "title reference rows sections documents", COMPOSE_OPTIONAL);
	if (d.object == NULL)
		return;
	out->has_dossier = true;
	out->dossier.title = compose_json_line(d, "title", COMPOSE_NAME, COMPOSE_REQUIRED);
	out->dossier.reference = compose_json_line(d, "reference", COMPOSE_CODE, COMPOSE_REQUIRED);
	out->dossier.rows = compose_rows_read(d, &out->dossier.row_count);
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
	struct cda_write_patient patient = compose_patient_read(x);
	struct cda_write_custodian custodian = compose_custodian_read(x);
	struct bytes title = compose_json_line(x, "title", COMPOSE_NAME, COMPOSE_OPTIONAL);
	if (out->has_report)
		return;   /* one mail, one patient: the report's */
	out->xdm_patient = patient;
	out->xdm_custodian = custodian;
	out->xdm_title = title;
}

/* The id is "ROOT^EXTENSION", or the extension alone. */
static void set_person(struct compose_place p, enum compose_need need, struct xdm_write_person *out)
{
	struct bytes id = compose_json_line(p, "id", COMPOSE_ID, COMPOSE_OPTIONAL);
	size_t caret = bytes_find_byte(id, '^', 0);
	out->id = caret < id.len ? bytes_from(id, caret + 1) : id;
	out->id_root = caret < id.len ? bytes_slice(id, 0, caret) : BYTES_NONE;
	struct bytes title;
	compose_name_split(compose_json_line(p, "name", COMPOSE_NAME, need), &title, &out->given, &out->family);
	struct bytes family = compose_json_line(p, "family", COMPOSE_NAME, COMPOSE_OPTIONAL);
	if (family.len == 0)
		return;
	out->family = family;
	out->given = compose_json_line(p, "given", COMPOSE_NAME, COMPOSE_OPTIONAL);
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
	author.organisation = compose_json_line(a, "organization", COMPOSE_NAME, COMPOSE_OPTIONAL);
	author.organisation_id = compose_json_line(a, "organization_id", COMPOSE_CODE, COMPOSE_OPTIONAL);
	return author;
}

static struct xdm_write_document read_document(struct compose_place d, struct bytes content)
{
	struct xdm_write_document document = {
		.content = content,
		.id = compose_json_line(d, "id", COMPOSE_ID, COMPOSE_REQUIRED),
		.replaces = compose_json_line(d, "replaces", COMPOSE_ID, COMPOSE_OPTIONAL),
		.title = compose_json_line(d, "title", COMPOSE_NAME, COMPOSE_REQUIRED),
		.type_code = compose_json_line(d, "type", COMPOSE_CODE, COMPOSE_REQUIRED),
		.type_name = compose_json_line(d, "type_name", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.type_system = compose_json_line(d, "type_system", COMPOSE_CODE, COMPOSE_OPTIONAL),
		.format_code = compose_json_line(d, "format", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.class_code = compose_json_line(d, "class", COMPOSE_CODE, COMPOSE_OPTIONAL),
		.facility_code = compose_json_line(d, "facility", COMPOSE_CODE, COMPOSE_OPTIONAL),
		.practice_code = compose_json_line(d, "practice", COMPOSE_CODE, COMPOSE_OPTIONAL),
		.language = compose_json_line(d, "language", COMPOSE_CODE, COMPOSE_OPTIONAL),
		.level = (unsigned)compose_json_number(d, "level", 3, COMPOSE_REQUIRED),
		.time = compose_json_time(d, "time", COMPOSE_REQUIRED),
		.service_start = compose_json_time(d, "service_time", COMPOSE_OPTIONAL),
		.service_stop = compose_json_time(d, "service_stop", COMPOSE_OPTIONAL),
		.author = read_author(d),
	};
	size_t codes = compose_json_count(d, "confidentiality", 4, COMPOSE_OPTIONAL);
	for (size_t i = 0; i < codes; i++)
		document.confidentiality[i] = compose_json_line_at(d, "confidentiality", i, COMPOSE_CODE);
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
		a->media = compose_json_line(p, "media", COMPOSE_CODE, COMPOSE_REQUIRED);
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

/* --- the letter ---------------------------------------------------------------- */

static size_t signs(struct bytes line)
{
	size_t n = 0;
	for (size_t i = 0; i < line.len; i++)
		n += (line.at[i] & 0xc0) != 0x80;
	return n;
}

static struct bytes *read_address(struct compose_place letter, const char *key, enum compose_need need, size_t *count)
{
	*count = compose_json_count(letter, key, PDF_LETTER_LINES, need);
	struct bytes *lines = arena_alloc(letter.reader->arena, (*count + 1) * sizeof *lines);
	for (size_t i = 0; i < *count; i++) {
		lines[i] = compose_json_line_at(letter, key, i, COMPOSE_NAME);
		if (lines[i].len == 0 || signs(lines[i]) > LIMIT_ADDRESS_LINE)
			compose_json_fail(letter, key);
	}
	if (need == COMPOSE_REQUIRED && *count == 0)
		compose_json_fail(letter, key);
	return lines;
}

/* A package cannot be printed. */
static void read_letter(struct compose_place request, struct compose_request *out)
{
	struct compose_place l = compose_json_object(request, "letter", "to from alone", COMPOSE_OPTIONAL);
	if (l.object == NULL)
		return;
	out->has_letter = out->pdf_only = true;
	out->letter.to = read_address(l, "to", COMPOSE_REQUIRED, &out->letter.to_count);
	out->letter.from = read_address(l, "from", COMPOSE_OPTIONAL, &out->letter.from_count);
	out->letter.alone = compose_json_true(l, "alone");
	for (size_t i = 0; i < out->attachment_count; i++)
		if (out->attachments[i].packed)
			compose_json_fail(request, "letter");
	if (out->has_notice || out->has_dossier)
		compose_json_fail(request, "letter");
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
		.offset_minutes = calendar_offset(CALENDAR_FRANCE, date),
		.from_address = compose_json_line(from, "address", ADDRESS, COMPOSE_REQUIRED),
		.from_name = compose_json_line(from, "name", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.to = compose_json_line(request, "to", ADDRESS, COMPOSE_REQUIRED),
		.reply_to = compose_json_line(request, "reply_to", ADDRESS, COMPOSE_OPTIONAL),
		.notification_to = compose_json_line(request, "notification_to", ADDRESS, COMPOSE_OPTIONAL),
		.subject = compose_json_line(request, "subject", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.language = out->language,
		.mss_ins = compose_json_line(mss, "ins", 1, COMPOSE_OPTIONAL),
		.mss_codes = compose_json_line(mss, "codes", 500, COMPOSE_OPTIONAL),
		.mss_nil = compose_json_line(mss, "nil", COMPOSE_CODE, COMPOSE_OPTIONAL),
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
	out->fields = arena_alloc(request.reader->arena, (json_object_size(object) + 4) * sizeof *out->fields);
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
		read.code = compose_json_line(root, "code", COMPOSE_CODE, COMPOSE_REQUIRED);
		read.language = compose_json_line(root, "language", COMPOSE_CODE, COMPOSE_REQUIRED);
		read.pdf_only = compose_json_true(root, "pdf_only");
		read.opening = compose_json_line(root, "opening", COMPOSE_NAME, COMPOSE_OPTIONAL);
		read.rehearsal = compose_json_line(root, "rehearsal", COMPOSE_NAME, COMPOSE_OPTIONAL);
		read.limit = compose_json_number(root, "limit", LIMIT_MESSAGE, COMPOSE_OPTIONAL);
		read_envelope(root, &read);
		read_fields(root, &read);
		read_report(root, &read);
		read_dossier(root, payload, &read);
		read_xdm(root, &read);
		read_attachments(root, payload, &read);
		read.has_notice = compose_notice_read(root, read.mail.offset_minutes, &read.notice);
		read.easy = compose_json_true(root, "easy");
		read_letter(root, &read);
	}
	json_decref(json);
	if (reader.field != NULL) {
		*field = reader.field;
		return REASON_COMPOSE_FIELD;
	}
	*out = read;
	return REASON_NONE;
}

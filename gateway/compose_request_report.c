/* gateway/compose_request_report.c - people and the report in what compose is asked for; see compose_request_parts.h. */
#include "gateway/compose_request_parts.h"

#include "base/calendar.h"
#include "base/limits.h"
#include "cda/write_codes.h"

#define PATIENT_KEYS                                                                                                     \
	"ins oid family_birth family_used given_birth_first given_birth_all given_used birth_time sex birth_place birth_order guardian"
#define REPORT_KEYS                                                                                                      \
	"reference level id set_id version replaces replaced_time patient expert custodian recipients request_id act time signed_time " \
	"service_time service_end title summary rows sections"

enum { RECIPIENTS = 20 };

/* --- people and places ------------------------------------------------------- */

static struct cda_write_person read_guardian(struct compose_place patient)
{
	struct compose_place g = compose_json_object(patient, "guardian", "given family", COMPOSE_OPTIONAL);
	return (struct cda_write_person){
		.given = compose_json_line(g, "given", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.family = compose_json_line(g, "family", COMPOSE_NAME, COMPOSE_REQUIRED),
	};
}

struct cda_write_patient compose_patient_read(struct compose_place place)
{
	struct compose_place p = compose_json_object(place, "patient", PATIENT_KEYS, COMPOSE_REQUIRED);
	struct cda_write_patient patient = {
		.ins = compose_json_line(p, "ins", COMPOSE_CODE, COMPOSE_REQUIRED),
		.oid = compose_json_line(p, "oid", COMPOSE_CODE, COMPOSE_REQUIRED),
		.family_birth = compose_json_line(p, "family_birth", COMPOSE_NAME, COMPOSE_REQUIRED),
		.given_birth_first = compose_json_line(p, "given_birth_first", COMPOSE_NAME, COMPOSE_REQUIRED),
		.given_birth_all = compose_json_line(p, "given_birth_all", COMPOSE_NAME, COMPOSE_REQUIRED),
		.family_used = compose_json_line(p, "family_used", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.given_used = compose_json_line(p, "given_used", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.birth_time = bytes_slice(compose_json_line(p, "birth_time", COMPOSE_CODE, COMPOSE_REQUIRED), 0, 8),
		.sex = compose_json_line(p, "sex", COMPOSE_CODE, COMPOSE_REQUIRED),
		.birth_place = compose_json_line(p, "birth_place", COMPOSE_CODE, COMPOSE_REQUIRED),
		.birth_order = (unsigned)compose_json_number(p, "birth_order", 9, COMPOSE_OPTIONAL),
		.guardian = read_guardian(p),
	};
	const char *field;
	if (p.object != NULL && place.reader->field == NULL && cda_write_patient_check(&patient, &field) != REASON_NONE)
		compose_json_fail(place, field);
	return patient;
}

struct cda_write_custodian compose_custodian_read(struct compose_place place)
{
	struct compose_place c = compose_json_object(place, "custodian", "id name facility", COMPOSE_REQUIRED);
	return (struct cda_write_custodian){
		.id = compose_json_line(c, "id", COMPOSE_CODE, COMPOSE_REQUIRED),
		.name = compose_json_line(c, "name", COMPOSE_NAME, COMPOSE_REQUIRED),
		.facility_code = compose_json_line(c, "facility", COMPOSE_CODE, COMPOSE_OPTIONAL),
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
		place, "expert", "rpps title given family organisation organisation_id specialty_code specialty_name practice", COMPOSE_REQUIRED);
	return (struct cda_write_expert){
		.rpps = rpps_of(compose_json_line(e, "rpps", COMPOSE_CODE, COMPOSE_REQUIRED)),
		.title = write_code_title(compose_json_line(e, "title", COMPOSE_NAME, COMPOSE_OPTIONAL)),
		.given = compose_json_line(e, "given", COMPOSE_NAME, COMPOSE_REQUIRED),
		.family = compose_json_line(e, "family", COMPOSE_NAME, COMPOSE_REQUIRED),
		.organisation = compose_json_line(e, "organisation", COMPOSE_NAME, COMPOSE_REQUIRED),
		.organisation_id = compose_json_line(e, "organisation_id", COMPOSE_CODE, COMPOSE_REQUIRED),
		.specialty_code = compose_json_line(e, "specialty_code", COMPOSE_CODE, COMPOSE_REQUIRED),
		.specialty_name = compose_json_line(e, "specialty_name", COMPOSE_NAME, COMPOSE_OPTIONAL),
		.practice_code = compose_json_line(e, "practice", COMPOSE_CODE, COMPOSE_OPTIONAL),
	};
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

static bool is_civility(struct bytes word)
{
	static const struct bytes civilities[] = {BYTES_OF("M"), BYTES_OF("M."), BYTES_OF("MME"), BYTES_OF("MLLE")};
	for (size_t i = 0; i < sizeof civilities / sizeof civilities[0]; i++)
		if (bytes_equal_nocase(word, civilities[i]))
			return true;
	return false;
}

/* What comes before a name as its title; initials such as "MG" are a given name. */
static struct bytes title_of(struct bytes word)
{
	struct bytes code = write_code_title(word);
	return bytes_equal_text(code, "DR") || bytes_equal_text(code, "PR") ? code : BYTES_NONE;
}

void compose_name_split(struct bytes name, struct bytes *title, struct bytes *given, struct bytes *family)
{
	*title = BYTES_NONE;
	name = bytes_trim(name);
	size_t end = bytes_find_byte(name, ' ', 0);
	while (end < name.len && (is_civility(bytes_slice(name, 0, end)) || title_of(bytes_slice(name, 0, end)).len > 0)) {
		if (title->len == 0)
			*title = title_of(bytes_slice(name, 0, end));
		name = bytes_trim(bytes_from(name, end));
		end = bytes_find_byte(name, ' ', 0);
	}
	size_t begin = 0, last = 0;
	bool found = false;
	for (size_t at = 0; at < name.len; at = bytes_find_byte(name, ' ', at) + 1) {
		last = at;
		if (!found && in_capitals(bytes_slice(name, at, bytes_find_byte(name, ' ', at) - at))) {
			found = true;
			begin = at;
		}
	}
	if (!found)
		begin = last;
	*family = bytes_trim(bytes_from(name, begin));
	*given = bytes_trim(bytes_slice(name, 0, begin));
}

static struct cda_write_recipient *read_recipients(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "recipients", RECIPIENTS, COMPOSE_OPTIONAL);
	struct cda_write_recipient *recipients = arena_alloc(place.reader->arena, (*count + 1) * sizeof *recipients);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place r = compose_json_item(place, "recipients", i, "rpps name");
		struct cda_write_person *p = &recipients[i].person;
		recipients[i].rpps = rpps_of(compose_json_line(r, "rpps", COMPOSE_CODE, COMPOSE_OPTIONAL));
		compose_name_split(compose_json_line(r, "name", COMPOSE_NAME, COMPOSE_REQUIRED), &p->title, &p->given, &p->family);
	}
	return recipients;
}

/* --- what it says --------------------------------------------------------------- */

struct pdf_row *compose_rows_read(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "rows", LIMIT_COMPOSE_SECTIONS, COMPOSE_OPTIONAL);
	struct pdf_row *rows = arena_alloc(place.reader->arena, (*count + 1) * sizeof *rows);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place row = compose_json_item(place, "rows", i, "label value");
		rows[i] = (struct pdf_row){.label = compose_json_line(row, "label", COMPOSE_NAME, COMPOSE_REQUIRED),
					   .value = compose_json_line(row, "value", 4096, COMPOSE_OPTIONAL)};
	}
	return rows;
}

static enum cda_write_kind read_kind(struct compose_place section)
{
	static const char *const names[CDA_WRITE_KINDS] = {
		[CDA_WRITE_OTHER] = "other",	     [CDA_WRITE_SUMMARY] = "summary",	[CDA_WRITE_QUESTION] = "question",
		[CDA_WRITE_CASE] = "case",	     [CDA_WRITE_DOCUMENTS] = "documents", [CDA_WRITE_ANSWERS] = "answers",
		[CDA_WRITE_OPINION] = "opinion",     [CDA_WRITE_CONVERGENCE] = "convergence", [CDA_WRITE_ADVICE] = "advice",
		[CDA_WRITE_LIMITS] = "limits",	     [CDA_WRITE_HELP] = "help",		[CDA_WRITE_INTERESTS] = "interests",
	};
	struct bytes name = compose_json_line(section, "kind", COMPOSE_CODE, COMPOSE_OPTIONAL);
	for (enum cda_write_kind kind = 0; kind < CDA_WRITE_KINDS; kind++)
		if (bytes_equal_text(name, names[kind]))
			return kind;
	if (name.len > 0)
		compose_json_fail(section, "kind");
	return CDA_WRITE_OTHER;
}

static struct cda_write_section *read_sections(struct compose_place place, size_t *count)
{
	*count = compose_json_count(place, "sections", LIMIT_COMPOSE_SECTIONS, COMPOSE_REQUIRED);
	struct cda_write_section *sections = arena_alloc(place.reader->arena, (*count + 1) * sizeof *sections);
	for (size_t i = 0; i < *count; i++) {
		struct compose_place section = compose_json_item(place, "sections", i, "kind heading text");
		sections[i] = (struct cda_write_section){
			.kind = read_kind(section),
			.title = compose_json_line(section, "heading", COMPOSE_NAME, COMPOSE_REQUIRED),
			.text = compose_json_lines(section, "text", COMPOSE_SECTION, COMPOSE_REQUIRED),
		};
	}
	return sections;
}

static struct cda_write_time paris(struct instant at)
{
	return (struct cda_write_time){at, calendar_offset(CALENDAR_FRANCE, at)};
}

/* A time that is absent is otherwise. */
static struct cda_write_time time_or(struct compose_place place, const char *key, struct instant otherwise)
{
	struct instant at = compose_json_time(place, key, COMPOSE_OPTIONAL);
	return paris(at.us != 0 ? at : otherwise);
}

static struct bytes read_act(struct compose_place place)
{
	struct bytes act = compose_json_line(place, "act", COMPOSE_CODE, COMPOSE_OPTIONAL);
	return act.len > 0 ? act : BYTES("TE2");
}

static void read_times(struct compose_place place, struct cda_write_report *cda)
{
	cda->time = paris(compose_json_time(place, "time", COMPOSE_REQUIRED));
	cda->signed_time = time_or(place, "signed_time", cda->time.at);
	cda->service_time = paris(compose_json_time(place, "service_time", COMPOSE_REQUIRED));
	cda->service_end = time_or(place, "service_end", cda->signed_time.at);
}

bool compose_report_read(struct compose_place request, bool english, struct compose_report *out)
{
	struct compose_place r = compose_json_object(request, "report", REPORT_KEYS, COMPOSE_OPTIONAL);
	if (r.object == NULL)
		return false;
	uint64_t level = compose_json_number(r, "level", 3, COMPOSE_OPTIONAL);
	*out = (struct compose_report){
		.reference = compose_json_line(r, "reference", COMPOSE_CODE, COMPOSE_REQUIRED),
		.summary = compose_json_lines(r, "summary", COMPOSE_SECTION, COMPOSE_OPTIONAL),
		.cda = {
			.level = level == 0 ? 1 : (unsigned)level,
			.id = compose_json_line(r, "id", COMPOSE_ID, COMPOSE_REQUIRED),
			.set_id = compose_json_line(r, "set_id", COMPOSE_ID, COMPOSE_REQUIRED),
			.replaces = compose_json_line(r, "replaces", COMPOSE_ID, COMPOSE_OPTIONAL),
			.version = (unsigned)compose_json_number(r, "version", 9999, COMPOSE_REQUIRED),
			.request_id = compose_json_line(r, "request_id", COMPOSE_ID, COMPOSE_REQUIRED),
			.title = compose_json_line(r, "title", COMPOSE_NAME, COMPOSE_REQUIRED),
			.english = english,
			.act = read_act(r),
			.patient = compose_patient_read(r),
			.expert = read_expert(r),
			.custodian = compose_custodian_read(r),
		},
	};
	read_times(r, &out->cda);
	out->replaced = time_or(r, "replaced_time", (struct instant){0});
	out->rows = compose_rows_read(r, &out->row_count);
	out->sections = read_sections(r, &out->section_count);
	out->cda.recipients = read_recipients(r, &out->cda.recipient_count);
	return true;
}

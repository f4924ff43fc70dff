/* cda/write_check.c - see write_check.h, and write.h for the patient alone. */
#include "cda/write_check.h"

#include "base/limits.h"
#include "cda/write_codes.h"

static bool digits(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

static bool filled(struct bytes text)
{
	return bytes_trim(text).len > 0 && bytes_one_line(text, 512);
}

/* A code of a value set: letters, digits and the few signs that occur in them. */
static bool code_allowed(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && c != '_' && c != '/' && c != '-' && c != '.')
			return false;
	}
	return text.len <= 64;
}

/* The root of an II is an OID or a UUID (CDA R2 datatypes-base: uid). The first arc of an OID is 0, 1 or 2 (ITU-T X.660). */
static bool root_allowed(struct bytes root)
{
	bool oid = root.len >= 3 && root.at[0] <= '2' && root.at[1] == '.', uuid = root.len == 36;
	for (size_t i = 0; i < root.len; i++) {
		unsigned char c = root.at[i];
		bool digit = c >= '0' && c <= '9';
		bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? c != '-' : !hex)
			uuid = false;
		bool dot_fits = c == '.' && i > 0 && i + 1 < root.len && root.at[i - 1] != '.';
		/* No arc begins with a zero, unless it is the zero. */
		bool zero_first = digit && i > 0 && root.at[i - 1] == '0' && (i == 1 || root.at[i - 2] == '.');
		if ((!digit && !dot_fits) || zero_first)
			oid = false;
	}
	return root.len <= 128 && (uuid || oid);
}

static bool id_allowed(struct bytes id)
{
	size_t caret = bytes_find_byte(id, '^', 0);
	return root_allowed(bytes_slice(id, 0, caret)) && bytes_one_line(bytes_from(id, caret), 256) && caret + 1 != id.len;
}

static bool ins_root(struct bytes oid)
{
	static const struct bytes roots[] = {BYTES_OF("1.2.250.1.213.1.4.8"), BYTES_OF("1.2.250.1.213.1.4.9"),
					     BYTES_OF("1.2.250.1.213.1.4.10"), BYTES_OF("1.2.250.1.213.1.4.11")};
	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
		if (bytes_equal(oid, roots[i]))
			return true;
	return false;
}

/* Corsican numbers hold a letter (2A, 2B) in the sixth or seventh place. */
static bool ins_allowed(struct bytes ins)
{
	for (size_t i = 0; i < ins.len; i++) {
		bool letter = i == 6 && (ins.at[i] == 'A' || ins.at[i] == 'B');
		if (!letter && (ins.at[i] < '0' || ins.at[i] > '9'))
			return false;
	}
	return ins.len == 15;
}

struct check {
	bool good;
	const char *field;
};

static enum reason first_bad(const struct check *checks, size_t count, const char **field)
{
	for (size_t i = 0; i < count; i++)
		if (!checks[i].good) {
			*field = checks[i].field;
			return REASON_COMPOSE_FIELD;
		}
	return REASON_NONE;
}

/* A name that is there must have something to read in it. */
static bool empty_or_filled(struct bytes text)
{
	return text.len == 0 || filled(text);
}

static bool of_set(enum write_set set, struct bytes code)
{
	return code.len == 0 || write_code_name(set, code).len > 0;
}

/* A stamp has four digits of year: 1900-01-02 to 9999-12-30 in UTC. No zone is further away than these (Line Islands +14, Howland -12). */
static bool time_allowed(struct cda_write_time time)
{
	static const int64_t first = INT64_C(-2208902400) * 1000000, last = INT64_C(253402214400) * 1000000;
	return time.at.us >= first && time.at.us < last && time.offset_minutes >= -12 * 60 && time.offset_minutes <= 14 * 60;
}

static bool rpps_allowed(struct bytes rpps)
{
	return rpps.len == 11 && digits(rpps);
}

/* Lines parted by LF, without any other control character. */
static bool lines_allowed(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.at[i] < 0x20 && text.at[i] != '\n') || text.at[i] == 0x7f)
			return false;
	return text.len <= LIMIT_TEXT && bytes_utf8(text) && bytes_trim(text).len > 0;
}

static bool sections_allowed(const struct cda_write_report *r)
{
	for (size_t i = 0; i < r->section_count; i++)
		if (r->sections[i].kind >= CDA_WRITE_KINDS || !filled(r->sections[i].title) || !lines_allowed(r->sections[i].text))
			return false;
	return r->level == 1 || r->section_count > 0;
}

static bool recipients_allowed(const struct cda_write_report *r)
{
	for (size_t i = 0; i < r->recipient_count; i++) {
		const struct cda_write_recipient *to = &r->recipients[i];
		if ((to->rpps.len > 0 && !rpps_allowed(to->rpps)) || !filled(to->person.family) || !empty_or_filled(to->person.given) ||
		    !of_set(WRITE_SET_TITLE, to->person.title))
			return false;
	}
	return true;
}

/* Commune or, behind 99, country: INSEE; 2A and 2B for Corsica. */
static bool place_allowed(struct bytes code)
{
	for (size_t i = 0; i < code.len; i++) {
		bool letter = i == 1 && (code.at[i] == 'A' || code.at[i] == 'B');
		if (!letter && (code.at[i] < '0' || code.at[i] > '9'))
			return false;
	}
	return code.len == 5;
}

enum reason cda_write_patient_check(const struct cda_write_patient *p, const char **field)
{
	const struct check checks[] = {
		{ins_allowed(p->ins), "patient.ins"},
		{ins_root(p->oid), "patient.oid"},
		{filled(p->family_birth), "patient.family_birth"},
		{filled(p->given_birth_first), "patient.given_birth_first"},
		{filled(p->given_birth_all), "patient.given_birth_all"},
		{empty_or_filled(p->family_used), "patient.family_used"},
		{empty_or_filled(p->given_used), "patient.given_used"},
		{p->birth_time.len == 8 && digits(p->birth_time), "patient.birth_time"},
		{p->sex.len > 0 && of_set(WRITE_SET_SEX, p->sex), "patient.sex"},
		{place_allowed(p->birth_place), "patient.birth_place"},
		{p->birth_order <= 9, "patient.birth_order"},
		{empty_or_filled(p->guardian.family) && empty_or_filled(p->guardian.given) && of_set(WRITE_SET_TITLE, p->guardian.title) &&
		 (p->guardian.family.len > 0 || p->guardian.given.len == 0), "patient.guardian"},
	};
	return first_bad(checks, sizeof checks / sizeof checks[0], field);
}

static enum reason check_expert(const struct cda_write_expert *e, const char **field)
{
	bool physician = bytes_starts(e->specialty_code, BYTES("G15_10"));
	bool named = physician || e->specialty_name.len > 0 || write_code_name(WRITE_SET_PROFESSION, e->specialty_code).len > 0;
	const struct check checks[] = {
		{rpps_allowed(e->rpps), "expert.rpps"},
		{of_set(WRITE_SET_TITLE, e->title), "expert.title"},
		{filled(e->family), "expert.family"},
		{filled(e->given), "expert.given"},
		{filled(e->organisation), "expert.organisation"},
		{filled(e->organisation_id) && code_allowed(e->organisation_id), "expert.organisation_id"},
		{filled(e->specialty_code) && code_allowed(e->specialty_code), "expert.specialty_code"},
		{empty_or_filled(e->specialty_name) && named, "expert.specialty_name"},
		{of_set(WRITE_SET_PRACTICE, e->practice_code), "expert.practice"},
	};
	return first_bad(checks, sizeof checks / sizeof checks[0], field);
}

static enum reason check_document(const struct cda_write_report *r, const char **field)
{
	bool first = r->replaces.len == 0;
	const struct check checks[] = {
		{r->level == 1 || r->level == 3, "level"},
		{id_allowed(r->id), "id"},
		{id_allowed(r->set_id), "set_id"},
		{first || (id_allowed(r->replaces) && !bytes_equal(r->replaces, r->id)), "replaces"},
		{r->version >= (first ? 1 : 2) && r->version <= 9999, "version"},
		{id_allowed(r->request_id), "request_id"},
		{filled(r->title), "title"},
		{time_allowed(r->time), "time"},
		{time_allowed(r->signed_time), "signed_time"},
		{r->act.len > 0 && of_set(WRITE_SET_ACT, r->act), "act"},
		{time_allowed(r->service_time), "service_time"},
		{time_allowed(r->service_end) && !instant_before(r->service_end.at, r->service_time.at), "service_end"},
		{filled(r->custodian.id) && code_allowed(r->custodian.id), "custodian.id"},
		{filled(r->custodian.name), "custodian.name"},
		{of_set(WRITE_SET_FACILITY, r->custodian.facility_code), "custodian.facility"},
		{recipients_allowed(r), "recipients"},
		{sections_allowed(r), "sections"},
		{r->pdf.len > 0, "pdf"},
	};
	return first_bad(checks, sizeof checks / sizeof checks[0], field);
}

enum reason write_check_report(const struct cda_write_report *r, const char **field)
{
	enum reason reason = cda_write_patient_check(&r->patient, field);
	if (reason == REASON_NONE)
		reason = check_expert(&r->expert, field);
	return reason == REASON_NONE ? check_document(r, field) : reason;
}
